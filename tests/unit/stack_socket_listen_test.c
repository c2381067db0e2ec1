/*
 * Theory of operation
 *
 * Listeners, streams and the end of sockets, over a protocol that is the
 * test's: it has no packets, and does what the test says.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/ip.h"
#include "stack/socket.h"
#include "sysctl/sysctl.h"

struct toy {
	struct inpcbinfo *pcbinfo;
	unsigned aborts, detaches, rcvds, sends;
	uint32_t unread;	/* so_rcv.sb_cc at the last pr_detach() */
	bool	 keep;		/* pr_detach() keeps the PCB */
};

static int toy_init(struct vnet *v);
static void toy_fini(struct vnet *v);

static VNET_MODULE(toy_module, struct toy, VNET_PROTO, toy_init, toy_fini);
#define V_toy(v) ((struct toy *)vnet_data((v), &toy_module))

static int
toy_init(struct vnet *v)
{
	return in_pcbinfo_init(v, &V_toy(v)->pcbinfo, "toypcb", 250,
	    sizeof(struct inpcb), 0, in_localaddr);
}

static void
toy_fini(struct vnet *v)
{
	in_pcbinfo_destroy(v, V_toy(v)->pcbinfo);
}

static int
toy_attach(struct socket *so, const struct cred *cred)
{
	soreserve(so, 5000, 6000);
	return in_pcballoc(V_toy(so->so_vnet)->pcbinfo, so, cred, INP_IPV4,
	    &so->so_pcb);
}

/* The protocol is done with so's PCB. */
static void
toy_drop(struct socket *so)
{
	in_pcbfree(so->so_pcb);
	so->so_pcb = NULL;
}

static void
toy_detach(struct socket *so)
{
	struct toy *t = V_toy(so->so_vnet);

	t->detaches++;
	t->unread = so->so_rcv.sb_cc;
	if (!t->keep)
		toy_drop(so);
}

static void
toy_abort(struct socket *so)
{
	V_toy(so->so_vnet)->aborts++;
	soisdisconnected(so);
}

static int
toy_listen(struct socket *so, int backlog, const struct cred *cred)
{
	(void)so;
	(void)cred;
	assert_true(backlog > 0);
	return 0;
}

static int
toy_connect(struct socket *so, const struct endpoint *name,
    const struct cred *cred)
{
	(void)name;
	(void)cred;
	soisconnecting(so);
	return 0;
}

static int
toy_disconnect(struct socket *so)
{
	soisdisconnecting(so);
	return 0;
}

static int
toy_shutdown(struct socket *so)
{
	socantsendmore(so);
	return 0;
}

static void
toy_rcvd(struct socket *so)
{
	V_toy(so->so_vnet)->rcvds++;
}

static int
toy_send(struct socket *so, struct mbuf *m, const struct endpoint *to,
    const struct cred *cred)
{
	(void)cred;
	assert_null(m);
	assert_null(to);
	V_toy(so->so_vnet)->sends++;
	return 0;
}

static const struct protosw toy_protosw = {
	.pr_name = "toy",
	.pr_type = SOCK_SEQPACKET,
	.pr_protocol = 250,
	.pr_connrequired = true,
	.pr_attach = toy_attach,
	.pr_detach = toy_detach,
	.pr_listen = toy_listen,
	.pr_connect = toy_connect,
	.pr_disconnect = toy_disconnect,
	.pr_abort = toy_abort,
	.pr_shutdown = toy_shutdown,
	.pr_rcvd = toy_rcvd,
	.pr_send = toy_send,
};
PROTOSW_ADD(toy_protosw);

struct fixture {
	struct vnet	*v;
	struct cred	 cred;
	struct socket	*so;	/* a listener, or whatever a test makes of it */
	unsigned	 events;
	unsigned	 calls;
};

static void
upcall(struct socket *so, void *arg, unsigned events)
{
	struct fixture *f = arg;

	assert_ptr_equal(so, f->so);
	f->events |= events;
	f->calls++;
}

static struct socket *
toy(struct fixture *f)
{
	struct socket *so;

	assert_int_equal(socreate(f->v, AF_INET, SOCK_SEQPACKET, 0, &f->cred,
	    &so), 0);
	return so;
}

static int
setup(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = "listen";
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(vnet_new(seed, 0, &f->v), 0);
	f->cred.prison = prison0(f->v);
	f->so = toy(f);
	f->so->so_upcall = upcall;
	f->so->so_upcallarg = f;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	if (f->so != NULL)
		soclose(f->so);
	assert_int_equal(sonumopen(f->v), 0);
	vnet_free(f->v);
	free(f);
	return 0;
}

/* A connection arrives; NULL: refused. */
static struct socket *
arrive(struct fixture *f, uint32_t status)
{
	struct socket *so = sonewconn(f->so, status);

	if (so != NULL)
		assert_int_equal(toy_attach(so, &f->cred), 0);
	return so;
}

static unsigned
events(struct fixture *f)
{
	unsigned seen = f->events;

	f->events = 0;
	return seen;
}

static int
accept_one(struct fixture *f, struct socket **sop)
{
	struct endpoint peer;

	*sop = NULL;
	return soaccept(f->so, sop, &peer);
}

static int
send_bytes(struct socket *so, const void *data, size_t len, size_t *sent)
{
	union {
		const void *c;
		void *p;
	} u = { .c = data };
	struct iovec iov = { .iov_base = u.p, .iov_len = len };

	return sosend(so, &iov, 1, NULL, &so->so_cred, sent);
}

static int
receive(struct socket *so, char *buf, size_t len, int flags, size_t *got)
{
	struct iovec iov = { buf, len };

	return soreceive(so, &iov, 1, NULL, flags, got);
}

/* ---- listeners ---- */

/* Its queues are where other sockets have their data. */
static void
a_listener_has_no_data_however_many_wait(void **state)
{
	struct fixture *f = *state;
	char buf[8];
	struct iovec iov = { buf, sizeof(buf) };
	struct socket *so[2];
	size_t got;
	int n = 1;

	assert_int_equal(sosetopt(f->so, OPT_RCVBUF, 4000, &f->cred), 0);
	assert_int_equal(solisten(f->so, 5, &f->cred), 0);
	so[0] = arrive(f, SS_ISCONNECTED);
	so[1] = arrive(f, 0);
	assert_int_equal(soreceive(f->so, &iov, 1, NULL, 0, &got), ENOTCONN);
	assert_int_equal(sosend(f->so, &iov, 1, NULL, &f->cred, &got),
	    ENOTCONN);
	soreceive_iov(f->so, &iov, &n);
	assert_int_equal(n, 0);
	assert_int_equal(soshutdown(f->so, SHUT_RDWR), ENOTCONN);
	assert_int_equal(sosetopt(f->so, OPT_SNDBUF, 5000, &f->cred), 0);
	assert_int_equal(solisten(f->so, 3, &f->cred), 0);
	assert_int_equal(f->so->so_qlen, 1);
	assert_int_equal(f->so->so_incqlen, 1);
	assert_int_equal(f->so->so_rcv.sb_hiwat, 4000);
	assert_int_equal(f->so->so_snd.sb_hiwat, 5000);
	assert_ptr_equal(TAILQ_FIRST(&f->so->so_comp), so[0]);
	assert_ptr_equal(TAILQ_FIRST(&f->so->so_incomp), so[1]);
}

static void
connections_are_accepted_in_the_order_they_complete(void **state)
{
	struct fixture *f = *state;
	struct socket *one, *two, *so;

	assert_int_equal(solisten(f->so, 5, &f->cred), 0);
	one = arrive(f, 0);
	two = arrive(f, 0);
	assert_int_equal(f->so->so_incqlen, 2);
	assert_int_equal(accept_one(f, &so), EWOULDBLOCK);
	assert_int_equal(events(f), 0);
	soisconnected(two);
	assert_int_equal(events(f), SO_UP_ACCEPT);
	soisconnected(one);
	assert_int_equal(f->so->so_qlen, 2);
	assert_int_equal(f->so->so_incqlen, 0);
	assert_int_equal(accept_one(f, &so), 0);
	assert_ptr_equal(so, two);
	assert_int_equal(accept_one(f, &so), 0);
	assert_ptr_equal(so, one);
	assert_int_equal(accept_one(f, &so), EWOULDBLOCK);
	soclose(one);
	soclose(two);
}

static void
an_accepted_socket_is_like_its_listener(void **state)
{
	struct fixture *f = *state;
	struct socket *so;
	int val;

	assert_int_equal(sosetopt(f->so, OPT_RCVBUF, 1234, &f->cred), 0);
	assert_int_equal(sosetopt(f->so, OPT_KEEPALIVE, 1, &f->cred), 0);
	assert_int_equal(sosetopt(f->so, OPT_LINGER, 3, &f->cred), 0);
	assert_int_equal(solisten(f->so, 5, &f->cred), 0);
	assert_non_null(arrive(f, SS_ISCONNECTED));
	assert_int_equal(accept_one(f, &so), 0);
	assert_true(so->so_state & SS_ISCONNECTED);
	assert_false(so->so_options & SOPT_ACCEPTCONN);
	assert_int_equal(sogetopt(so, OPT_KEEPALIVE, &val), 0);
	assert_int_equal(val, 1);
	assert_int_equal(sogetopt(so, OPT_LINGER, &val), 0);
	assert_int_equal(val, 3);
	assert_null(so->so_upcall);
	soclose(so);
}

static void
a_queue_holds_one_and_a_half_backlogs_and_one_more(void **state)
{
	struct fixture *f = *state;
	static const int backlogs[] = { 0, 1, 2, 5, 10 };

	for (unsigned i = 0; i < 5; i++) {
		unsigned qlimit = backlogs[i] > 0 ? (unsigned)backlogs[i] : 1;
		unsigned room = 3 * qlimit / 2 + 1;

		assert_int_equal(solisten(f->so, backlogs[i], &f->cred), 0);
		assert_int_equal(f->so->so_qlimit, qlimit);
		while (f->so->so_qlen + f->so->so_incqlen < room)
			assert_non_null(arrive(f, f->so->so_qlen % 2 == 0 ?
			    SS_ISCONNECTED : 0));
		assert_null(arrive(f, 0));
		assert_null(arrive(f, SS_ISCONNECTED));
		assert_int_equal(f->so->so_qdrops, 2 * (i + 1));
	}
}

static void
a_backlog_out_of_bounds_is_the_limit(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(solisten(f->so, -1, &f->cred), 0);
	assert_int_equal(f->so->so_qlimit, 4096);
	assert_int_equal(solisten(f->so, INT32_MAX, &f->cred), 0);
	assert_int_equal(f->so->so_qlimit, 4096);
	assert_true(f->so->so_options & SOPT_ACCEPTCONN);
}

static void
closing_a_listener_resets_what_waits_in_it(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(solisten(f->so, 5, &f->cred), 0);
	assert_non_null(arrive(f, 0));
	assert_non_null(arrive(f, SS_ISCONNECTED));
	assert_non_null(arrive(f, SS_ISCONNECTED));
	soclose(f->so);
	f->so = NULL;
	assert_int_equal(V_toy(f->v)->aborts, 3);
	assert_int_equal(sonumopen(f->v), 0);
}

static void
a_handshake_that_fails_leaves_the_queue(void **state)
{
	struct fixture *f = *state;
	struct socket *so;

	assert_int_equal(solisten(f->so, 5, &f->cred), 0);
	so = arrive(f, 0);
	toy_drop(so);
	sofree(so);
	assert_int_equal(f->so->so_incqlen, 0);
	assert_int_equal(sonumopen(f->v), 1);
}

static void
a_connection_reset_before_accept_is_reported_as_aborted(void **state)
{
	struct fixture *f = *state;
	struct socket *so;

	assert_int_equal(solisten(f->so, 5, &f->cred), 0);
	so = arrive(f, SS_ISCONNECTED);
	toy_drop(so);
	soisdisconnected(so);
	sofree(so);
	assert_int_equal(f->so->so_qlen, 1);
	assert_int_equal(accept_one(f, &so), ECONNABORTED);
	assert_int_equal(accept_one(f, &so), EWOULDBLOCK);
	assert_int_equal(sonumopen(f->v), 1);
}

static void
a_connection_put_back_is_the_next_one_accepted(void **state)
{
	struct fixture *f = *state;
	struct socket *one, *two, *so;

	assert_int_equal(solisten(f->so, 5, &f->cred), 0);
	one = arrive(f, SS_ISCONNECTED);
	two = arrive(f, SS_ISCONNECTED);
	assert_int_equal(accept_one(f, &so), 0);
	assert_ptr_equal(so, one);
	sounaccept(f->so, so);
	assert_int_equal(f->so->so_qlen, 2);
	assert_int_equal(accept_one(f, &so), 0);
	assert_ptr_equal(so, one);
	sounaccept(f->so, so);
	soclose(f->so);		/* owns both again */
	f->so = NULL;
	assert_int_equal(V_toy(f->v)->aborts, 2);
	assert_ptr_not_equal(one, two);
	assert_int_equal(sonumopen(f->v), 0);
}

static void
a_listener_shut_down_wakes_who_accepts(void **state)
{
	struct fixture *f = *state;
	struct socket *so;

	assert_int_equal(solisten(f->so, 5, &f->cred), 0);
	assert_int_equal(soshutdown(f->so, SHUT_RD), ENOTCONN);
	assert_true(events(f) & SO_UP_ACCEPT);
	assert_int_equal(accept_one(f, &so), ECONNABORTED);
	assert_int_equal(accept_one(f, &so), EWOULDBLOCK);
}

static void
a_connected_socket_cannot_listen_nor_a_listener_connect(void **state)
{
	struct fixture *f = *state;
	struct endpoint e = { inaddr_v4(htonl(INADDR_LOOPBACK)), htons(9) };
	struct socket *so = toy(f);

	soisconnected(so);
	assert_int_equal(solisten(so, 5, &f->cred), EINVAL);
	assert_int_equal(solisten(f->so, 5, &f->cred), 0);
	assert_int_equal(soconnect(f->so, &e, &f->cred), EOPNOTSUPP);
	soclose(so);
}

/* ---- streams ---- */

static void
connecting_goes_through_its_states(void **state)
{
	struct fixture *f = *state;
	struct endpoint e = { inaddr_v4(htonl(INADDR_LOOPBACK)), htons(9) };
	size_t n;

	assert_int_equal(send_bytes(f->so, "x", 1, &n), ENOTCONN);
	assert_int_equal(soconnect(f->so, &e, &f->cred), EINPROGRESS);
	assert_int_equal(soconnect(f->so, &e, &f->cred), EALREADY);
	assert_int_equal(send_bytes(f->so, "x", 1, &n), EWOULDBLOCK);
	soisconnected(f->so);
	assert_true(events(f) & SO_UP_CONNECTED);
	assert_int_equal(soconnect(f->so, &e, &f->cred), EISCONN);
	assert_int_equal(send_bytes(f->so, "x", 1, &n), 0);
	assert_int_equal(n, 1);
}

static void
a_stream_takes_what_fits(void **state)
{
	struct fixture *f = *state;
	char data[4000] = { 0 };
	size_t n;

	soisconnected(f->so);
	assert_int_equal(send_bytes(f->so, data, 4000, &n), 0);
	assert_int_equal(n, 4000);
	assert_int_equal(sosendspace(f->so), 1000);
	assert_int_equal(send_bytes(f->so, data, 4000, &n), 0);
	assert_int_equal(n, 1000);
	assert_int_equal(V_toy(f->v)->sends, 2);
	assert_int_equal(send_bytes(f->so, data, 1, &n), EWOULDBLOCK);
	assert_int_equal(n, 0);
	assert_int_equal(send_bytes(f->so, data, 0, &n), 0);
	sbdrop(f->v, &f->so->so_snd, 10);
	assert_int_equal(send_bytes(f->so, data, 4000, &n), 0);
	assert_int_equal(n, 10);
}

static void
a_stream_can_be_read_in_any_pieces(void **state)
{
	struct fixture *f = *state;
	char buf[20];
	struct iovec iov[4];
	int cnt = 4;
	size_t n;

	soisconnected(f->so);
	assert_int_equal(receive(f->so, buf, 1, 0, &n), EWOULDBLOCK);
	sbappendstream(f->v, &f->so->so_rcv, m_frombuf(f->v, "hello, ", 7, 0));
	sbappendstream(f->v, &f->so->so_rcv, m_frombuf(f->v, "world", 5, 0));
	assert_int_equal(receive(f->so, buf, sizeof(buf), MSG_PEEK, &n), 0);
	assert_int_equal(n, 12);
	assert_int_equal(V_toy(f->v)->rcvds, 0);
	assert_int_equal(receive(f->so, buf, 3, 0, &n), 0);
	assert_int_equal(n, 3);
	assert_memory_equal(buf, "hel", 3);
	assert_int_equal(V_toy(f->v)->rcvds, 1);
	soreceive_iov(f->so, iov, &cnt);
	assert_int_equal(cnt, 1);
	assert_int_equal(iov[0].iov_len, 9);
	assert_memory_equal(iov[0].iov_base, "lo, world", 9);
	soreceive_done(f->so, 4);
	assert_int_equal(receive(f->so, buf, sizeof(buf), 0, &n), 0);
	assert_int_equal(n, 5);
	assert_memory_equal(buf, "world", 5);
}

static void
data_comes_before_the_error_and_the_error_before_the_end(void **state)
{
	struct fixture *f = *state;
	char buf[4];
	size_t n;

	soisconnected(f->so);
	sbappendstream(f->v, &f->so->so_rcv, m_frombuf(f->v, "abc", 3, 0));
	soseterror(f->so, ECONNRESET);
	soisdisconnected(f->so);
	assert_true(events(f) & SO_UP_ERROR);
	assert_int_equal(receive(f->so, buf, 4, 0, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(receive(f->so, buf, 4, MSG_PEEK, &n), ECONNRESET);
	assert_int_equal(receive(f->so, buf, 4, 0, &n), ECONNRESET);
	assert_int_equal(receive(f->so, buf, 4, 0, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(send_bytes(f->so, "x", 1, &n), EPIPE);
}

static void
a_chain_is_sent_without_a_copy(void **state)
{
	struct fixture *f = *state;
	struct mbuf *m = m_frombuf(f->v, "0123456789", 10, 0);

	assert_int_equal(sosend_mbuf(f->so, m, &f->cred), ENOTCONN);
	soisconnected(f->so);
	m = m_frombuf(f->v, "0123456789", 10, 0);
	assert_int_equal(sosend_mbuf(f->so, m, &f->cred), 0);
	assert_ptr_equal(f->so->so_snd.sb_mb, m);
	assert_int_equal(f->so->so_snd.sb_cc, 10);
}

/* ---- the end ---- */

static void
the_protocol_sees_unread_data_when_a_socket_is_closed(void **state)
{
	struct fixture *f = *state;

	soisconnected(f->so);
	sbappendstream(f->v, &f->so->so_rcv, m_frombuf(f->v, "abc", 3, 0));
	soclose(f->so);
	f->so = NULL;
	assert_int_equal(V_toy(f->v)->unread, 3);
	assert_int_equal(V_toy(f->v)->aborts, 0);
	assert_int_equal(V_toy(f->v)->detaches, 1);
}

static void
lingering_for_no_time_resets(void **state)
{
	struct fixture *f = *state;
	struct socket *so = toy(f);

	assert_int_equal(sosetopt(so, OPT_LINGER, 0, &f->cred), 0);
	soclose(so);		/* nothing to reset */
	assert_int_equal(V_toy(f->v)->aborts, 0);
	assert_int_equal(sosetopt(f->so, OPT_LINGER, 0, &f->cred), 0);
	soisconnected(f->so);
	soclose(f->so);
	f->so = NULL;
	assert_int_equal(V_toy(f->v)->aborts, 1);
}

static void
a_socket_outlives_its_owner_while_the_protocol_needs_it(void **state)
{
	struct fixture *f = *state;
	struct socket *so = f->so;
	unsigned calls;
	size_t n;

	soisconnected(so);
	assert_int_equal(send_bytes(so, "abc", 3, &n), 0);
	V_toy(f->v)->keep = true;
	calls = f->calls;
	soclose(so);
	f->so = NULL;
	assert_int_equal(sonumopen(f->v), 1);
	assert_int_equal(so->so_snd.sb_cc, 3);
	soisdisconnected(so);
	assert_int_equal(f->calls, calls);
	toy_drop(so);
	sofree(so);
	assert_int_equal(sonumopen(f->v), 0);
}

static void
a_socket_outlives_its_connection_while_it_is_owned(void **state)
{
	struct fixture *f = *state;
	struct endpoint e;
	int val;

	soisconnected(f->so);
	toy_drop(f->so);
	soisdisconnected(f->so);
	sofree(f->so);
	assert_int_equal(sonumopen(f->v), 1);
	sosockaddr(f->so, &e);
	assert_int_equal(e.port, 0);
	assert_int_equal(sopeeraddr(f->so, &e), ENOTCONN);
	assert_int_equal(sogetopt(f->so, OPT_IP_TTL, &val), ECONNRESET);
	assert_int_equal(sobind(f->so, &e, &f->cred), EINVAL);
	assert_int_equal(solisten(f->so, 1, &f->cred), EINVAL);
	assert_int_equal(soconnect(f->so, &e, &f->cred), EINVAL);
}

static void
a_socket_keeps_its_jail_until_it_is_freed(void **state)
{
	struct fixture *f = *state;
	struct prison_params pp = { .name = "j", .persist = true };
	struct cred cred = { 0 };
	struct socket *so;
	char msg[100];

	assert_int_equal(prison_create(f->v, prison0(f->v), &pp, &cred.prison,
	    msg, sizeof(msg)), 0);
	assert_int_equal(socreate(f->v, AF_INET, SOCK_SEQPACKET, 0, &cred,
	    &so), 0);
	prison_remove(f->v, cred.prison);
	prison_put(f->v, cred.prison);
	assert_int_equal(prison_state(so->so_cred.prison), PRISON_DYING);
	soclose(so);
}

/* A vnet per test: each ends with all zones empty. */
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_listener_has_no_data_however_many_wait),
		TEST(connections_are_accepted_in_the_order_they_complete),
		TEST(an_accepted_socket_is_like_its_listener),
		TEST(a_queue_holds_one_and_a_half_backlogs_and_one_more),
		TEST(a_backlog_out_of_bounds_is_the_limit),
		TEST(closing_a_listener_resets_what_waits_in_it),
		TEST(a_handshake_that_fails_leaves_the_queue),
		TEST(a_connection_reset_before_accept_is_reported_as_aborted),
		TEST(a_connection_put_back_is_the_next_one_accepted),
		TEST(a_listener_shut_down_wakes_who_accepts),
		TEST(a_connected_socket_cannot_listen_nor_a_listener_connect),
		TEST(connecting_goes_through_its_states),
		TEST(a_stream_takes_what_fits),
		TEST(a_stream_can_be_read_in_any_pieces),
		TEST(data_comes_before_the_error_and_the_error_before_the_end),
		TEST(a_chain_is_sent_without_a_copy),
		TEST(the_protocol_sees_unread_data_when_a_socket_is_closed),
		TEST(lingering_for_no_time_resets),
		TEST(a_socket_outlives_its_owner_while_the_protocol_needs_it),
		TEST(a_socket_outlives_its_connection_while_it_is_owned),
		TEST(a_socket_keeps_its_jail_until_it_is_freed),
	};

	return cmocka_run_group_tests_name("stack_socket_listen", tests, NULL,
	    NULL);
}
