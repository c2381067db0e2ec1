/*
 * stack_pcblist_test.c - listings tell the truth: every socket once, with its
 * own values, and to a jail only what is its own.
 *
 * Theory of operation
 *
 * Sockets are made by socreate() in a stack with two jails and one below the
 * first; each is noted in all[], the oracle: what a listing must contain is
 * found by walking that array.  Listings are read as the daemon does it, slice
 * by slice, with a hook between slices where a test may make and close sockets.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/ip.h"
#include "stack/pcblist_int.h"
#include "stack/socket.h"
#include "stack/tcp.h"
#include "stack/udp.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

#define MAXSOCK	2000

static struct vnet *v;
static struct prison *jail_a, *jail_b, *jail_ac;	/* ac is below a */
static struct socket *all[MAXSOCK];
static unsigned nall;

static struct inaddr
addr(const char *s)
{
	struct inaddr a;

	assert_true(inaddr_pton(s, &a));
	return a;
}

static struct prison *
make_jail(struct prison *parent, const char *name, const struct inaddr *a,
    unsigned n)
{
	struct prison_params pp = { .name = name, .path = "/",
		.hostname = name, .addr = a, .naddr = n,
		.ip4_restricted = true, .ip6_restricted = true,
		.persist = true, .allow = PR_ALLOW_DEFAULT };
	struct prison *pr;
	char msg[100] = "";

	if (prison_create(v, parent, &pp, &pr, msg, sizeof(msg)) != 0)
		fail_msg("jail %s: %s", name, msg);
	return pr;
}

static int
setup(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = { 3 };
	struct inaddr a[2] = { addr("10.0.0.1"), addr("10.0.0.2") };
	struct inaddr b = addr("10.0.0.3");

	(void)state;
	if (vnet_new(seed, 1000 * NSEC_PER_SEC, &v) != 0)
		return -1;
	nall = 0;
	assert_int_equal(in_ifaddr_add(v, lo0(v), &a[0]), 0);
	assert_int_equal(in_ifaddr_add(v, lo0(v), &a[1]), 0);
	assert_int_equal(in_ifaddr_add(v, lo0(v), &b), 0);
	jail_a = make_jail(prison0(v), "a", a, 2);
	jail_b = make_jail(prison0(v), "b", &b, 1);
	jail_ac = make_jail(jail_a, "c", &a[1], 1);
	return 0;
}

/* Let the stack run, and time go on, until nothing happens any more. */
static void
run(unsigned seconds)
{
	unsigned i;

	for (i = 0; i <= seconds * 10; i++) {
		while (vnet_run(v, 1000))
			continue;
		if (i < seconds * 10)
			vnet_settime(v, v->now + 100 * NSEC_PER_MSEC);
	}
}

static int
teardown(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < nall; i++)
		if (all[i] != NULL)
			soabort(all[i]);
	run(1);
	prison_remove(v, jail_ac);
	prison_remove(v, jail_a);
	prison_remove(v, jail_b);
	prison_put(v, jail_ac);
	prison_put(v, jail_a);
	prison_put(v, jail_b);
	vnet_free(v);
	return 0;
}

static struct socket *
note(struct socket *so)
{
	assert_true(nall < MAXSOCK);
	return all[nall++] = so;
}

/* A socket of pr's, bound to port (host order) of a, "" for none. */
static struct socket *
make(struct prison *pr, uint32_t uid, int domain, int type, const char *a,
    uint16_t port)
{
	struct cred cred = { .uid = uid, .prison = pr };
	struct endpoint name = { .port = htons(port) };
	struct socket *so;

	assert_int_equal(socreate(v, domain, type, 0, &cred, &so), 0);
	note(so);
	if (*a != '\0') {
		name.addr = addr(a);
		assert_int_equal(sobind(so, &name, &cred), 0);
	}
	return so;
}

static struct socket *
make_listener(struct prison *pr, const char *a, uint16_t port, int backlog)
{
	struct cred cred = { .uid = 0, .prison = pr };
	struct socket *so = make(pr, 0, AF_INET, SOCK_STREAM, a, port);

	assert_int_equal(solisten(so, backlog, &cred), 0);
	return so;
}

static struct socket *
make_client(struct prison *pr, const char *to, uint16_t port)
{
	struct cred cred = { .uid = 0, .prison = pr };
	struct endpoint name = { .addr = addr(to), .port = htons(port) };
	struct socket *so = make(pr, 0, AF_INET, SOCK_STREAM, "", 0);
	int error = soconnect(so, &name, &cred);

	assert_true(error == 0 || error == EINPROGRESS);
	run(0);
	return so;
}

static void
forget(struct socket *so)
{
	unsigned i;

	for (i = 0; all[i] != so; i++)
		assert_true(i < nall);
	all[i] = NULL;
}

/* ---- reading a listing ---- */

struct listing {
	uint8_t	*data;
	size_t	 len;
	unsigned steps;
	struct xinpgen head, tail;
	unsigned n;
	const struct xinpcb *rec[MAXSOCK];
};

static void
listing_append(struct listing *l, struct sysctl_req *req)
{
	if (req->outlen == 0)
		return;
	l->data = realloc(l->data, l->len + req->outlen);
	assert_non_null(l->data);
	memcpy(l->data + l->len, req->out, req->outlen);
	l->len += req->outlen;
	req->outlen = 0;
}

/* Step through the records by their own lengths, as readers do. */
static void
listing_parse(struct listing *l, size_t recsize)
{
	const struct xtcpcb *xt;
	uint64_t len;
	size_t off;

	assert_true(l->len >= 2 * sizeof(struct xinpgen));
	memcpy(&l->head, l->data, sizeof(l->head));
	assert_int_equal(l->head.xig_len, sizeof(struct xinpgen));
	for (off = l->head.xig_len;; off += len) {
		memcpy(&len, l->data + off, sizeof(len));
		if (len <= sizeof(struct xinpgen))
			break;
		assert_int_equal(len, recsize);
		xt = (const void *)(l->data + off);
		l->rec[l->n++] = len == sizeof(struct xtcpcb) ? &xt->xt_inp :
		    (const void *)xt;
	}
	memcpy(&l->tail, l->data + off, sizeof(l->tail));
	assert_int_equal(off + sizeof(l->tail), l->len);
}

static void
read_listing(struct listing *l, const char *name, struct prison *viewer,
    void (*between)(void))
{
	struct cred cred = { .uid = 1000, .prison = viewer };
	struct sysctl_req req = { .vnet = v, .cred = &cred,
		.jailed = viewer != prison0(v) };
	int mib[CTL_MAXNAME], error;
	unsigned len = CTL_MAXNAME;

	memset(l, 0, sizeof(*l));
	assert_int_equal(sysctl_lookup(v, name, mib, &len), 0);
	while ((error = sysctl_step(mib, len, &req)) == SYSCTL_MORE) {
		l->steps++;
		listing_append(l, &req);
		if (between != NULL)
			between();
	}
	assert_int_equal(error, 0);
	listing_append(l, &req);
	free(req.out);
	listing_parse(l, strstr(name, "tcp") != NULL ? sizeof(struct xtcpcb) :
	    sizeof(struct xinpcb));
}

static const struct xinpcb *
record_of(const struct listing *l, const struct socket *so)
{
	unsigned i;

	for (i = 0; i < l->n; i++)
		if (l->rec[i]->xi_socket.xso_so == so->so_gencnt)
			return l->rec[i];
	return NULL;
}

/* t_state and the like of a record of a TCP listing. */
static const struct xtcpcb *
tcp_record_of(const struct listing *l, const struct socket *so)
{
	const struct xinpcb *xi = record_of(l, so);

	assert_non_null(xi);
	return (const void *)((const char *)xi - offsetof(struct xtcpcb,
	    xt_inp));
}

/* How many records have that bit of so_state. */
static unsigned
in_state(const struct listing *l, int bit)
{
	unsigned n = 0;

	for (unsigned i = 0; i < l->n; i++)
		n += (l->rec[i]->xi_socket.so_state & bit) != 0;
	return n;
}

/* The listing shows exactly the noted sockets of type that viewer may see. */
static void
check_against_all(const struct listing *l, const struct prison *viewer,
    int type)
{
	unsigned i, want = 0;

	for (i = 0; i < nall; i++) {
		if (all[i] == NULL || all[i]->so_type != type)
			continue;
		if (prison_check(viewer, all[i]->so_cred.prison)) {
			want++;
			assert_non_null(record_of(l, all[i]));
			assert_int_equal(record_of(l,
			    all[i])->inp_spare64[0],
			    prison_jid(all[i]->so_cred.prison));
		} else {
			assert_null(record_of(l, all[i]));
		}
	}
	assert_int_equal(l->n, want);
}

/* ---- tests ---- */

static void
an_empty_listing_is_header_and_trailer(void **state)
{
	static const char *const names[] = { "net.inet.tcp.pcblist",
		"net.inet.udp.pcblist", "net.inet.raw.pcblist" };
	struct listing l;
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++) {
		read_listing(&l, names[i], prison0(v), NULL);
		assert_int_equal(l.len, 2 * sizeof(struct xinpgen));
		assert_memory_equal(&l.head, &l.tail, sizeof(l.head));
		assert_int_equal(l.head.xig_count, 0);
		free(l.data);
	}
}

static void
every_socket_is_listed_once_oldest_first(void **state)
{
	struct listing l;
	unsigned i;

	(void)state;
	for (i = 0; i < 1000; i++)
		make(prison0(v), i, AF_INET, SOCK_STREAM, "10.0.0.3",
		    (uint16_t)(20000 + i));
	read_listing(&l, "net.inet.tcp.pcblist", prison0(v), NULL);
	check_against_all(&l, prison0(v), SOCK_STREAM);
	assert_true(l.steps >= 3);
	assert_int_equal(l.head.xig_count, 1000);
	assert_memory_equal(&l.head, &l.tail, sizeof(l.head));
	for (i = 0; i < 1000; i++) {
		const struct xinpcb *xi = l.rec[i];

		assert_int_equal(xi->xi_len, sizeof(*xi));
		assert_int_equal(xi->xi_socket.xso_len,
		    sizeof(struct xsocket));
		assert_int_equal(xi->inp_lport, htons(20000 + i));
		assert_int_equal(xi->inp_laddr.s_addr, inet_addr("10.0.0.3"));
		assert_int_equal(xi->inp_faddr.s_addr, 0);
		assert_int_equal(xi->inp_fport, 0);
		assert_int_equal(xi->inp_vflag, INP_IPV4);
		assert_int_equal(xi->xi_socket.so_uid, i);
		assert_int_equal(xi->xi_socket.xso_protocol, IPPROTO_TCP);
		assert_int_equal(xi->xi_socket.xso_family, AF_INET);
		assert_true(xi->inp_gencnt <= l.head.xig_gen);
		assert_true(i == 0 ||
		    xi->inp_gencnt > l.rec[i - 1]->inp_gencnt);
		assert_int_equal(((const struct xtcpcb *)(const void *)
		    ((const char *)xi - 8))->t_state, TCPS_CLOSED);
	}
	free(l.data);
}

static void
a_listener_shows_its_queues_and_no_buffers(void **state)
{
	struct socket *so = make_listener(jail_a, "10.0.0.1", 80, 5), *nso;
	const struct xtcpcb *xt;
	struct endpoint peer;
	struct listing l;

	(void)state;
	make_client(jail_a, "10.0.0.1", 80);
	make_client(jail_b, "10.0.0.1", 80);
	read_listing(&l, "net.inet.tcp.pcblist", prison0(v), NULL);
	assert_int_equal(l.n, 5);
	xt = tcp_record_of(&l, so);
	assert_int_equal(xt->t_state, TCPS_LISTEN);
	assert_int_equal(xt->xt_inp.xi_socket.so_qlen, 2);
	assert_int_equal(xt->xt_inp.xi_socket.so_incqlen, 0);
	assert_int_equal(xt->xt_inp.xi_socket.so_qlimit, 5);
	assert_int_equal(xt->xt_inp.xi_socket.so_rcv.sb_hiwat, 0);
	assert_true((xt->xt_inp.xi_socket.so_options & SOPT_ACCEPTCONN) != 0);
	assert_int_equal(xt->xt_inp.xi_socket.so_state & (SQ_COMP | SQ_INCOMP),
	    0);
	assert_int_equal(in_state(&l, SQ_COMP), 2);
	assert_int_equal(in_state(&l, SQ_INCOMP), 0);
	free(l.data);
	assert_int_equal(soaccept(so, &nso, &peer), 0);
	note(nso);
	read_listing(&l, "net.inet.tcp.pcblist", prison0(v), NULL);
	assert_int_equal(record_of(&l, so)->xi_socket.so_qlen, 1);
	assert_int_equal(in_state(&l, SQ_COMP), 1);
	xt = tcp_record_of(&l, nso);
	assert_int_equal(xt->t_state, TCPS_ESTABLISHED);
	assert_int_equal(xt->xt_inp.inp_lport, htons(80));
	assert_int_equal(xt->xt_inp.inp_fport, peer.port);
	assert_int_equal(xt->xt_inp.xi_socket.so_qlimit, 0);
	assert_int_equal(xt->xt_inp.xi_socket.so_state & SS_ISCONNECTED,
	    SS_ISCONNECTED);
	free(l.data);
}

static void
bytes_waiting_include_those_parked_with_the_owner(void **state)
{
	struct socket *so = make_listener(jail_a, "10.0.0.1", 80, 5), *nso;
	struct socket *cl = make_client(jail_b, "10.0.0.1", 80);
	struct iovec iov = { (char[]) { "twelve bytes" }, 12 };
	const struct xsocket *xso;
	struct endpoint peer;
	struct listing l;
	size_t sent;

	(void)state;
	assert_int_equal(soaccept(so, &nso, &peer), 0);
	note(nso);
	assert_int_equal(sosend(cl, &iov, 1, NULL, &cl->so_cred, &sent), 0);
	run(1);
	nso->so_rcv.sb_parked = 7;
	cl->so_snd.sb_parked = 3;
	read_listing(&l, "net.inet.tcp.pcblist", prison0(v), NULL);
	xso = &record_of(&l, nso)->xi_socket;
	assert_int_equal(xso->so_rcv.sb_cc, 19);
	assert_int_equal(xso->so_rcv.sb_hiwat, nso->so_rcv.sb_hiwat);
	assert_int_equal(xso->so_rcv.sb_lowat, nso->so_rcv.sb_lowat);
	assert_int_equal(record_of(&l, cl)->xi_socket.so_snd.sb_cc, 3);
	nso->so_rcv.sb_parked = 0;
	cl->so_snd.sb_parked = 0;
	free(l.data);
}

static unsigned asked, cost;

static void
no_upcall(struct socket *so, void *arg, unsigned events)
{
	(void)so;
	(void)arg;
	(void)events;
}

/* arg: what is parked. */
static unsigned
ask(struct socket *so, void *arg)
{
	asked++;
	so->so_rcv.sb_parked = *(uint32_t *)arg;
	so->so_snd.sb_parked = *(uint32_t *)arg + 1;
	return cost;
}

static void
owners_are_asked_when_their_socket_is_listed_and_no_others(void **state)
{
	uint32_t parked[600];
	struct listing l;
	unsigned i, slices = 0;

	(void)state;
	sosetparked(v, ask);
	for (i = 0; i < 600; i++) {
		struct socket *so = make(i % 2 == 0 ? jail_a : jail_b, 0,
		    AF_INET, SOCK_DGRAM, "", 0);

		parked[i] = i;
		so->so_rcv.sb_parked = 77;	/* of an earlier listing */
		if (i % 3 == 0)
			continue;
		so->so_upcall = no_upcall;
		so->so_upcallarg = &parked[i];
	}
	asked = cost = 0;
	read_listing(&l, "net.inet.udp.pcblist", jail_a, NULL);
	assert_int_equal(asked, 200);
	for (i = 0; i < 600; i += 2) {
		const struct xsocket *xso = &record_of(&l, all[i])->xi_socket;

		assert_int_equal(xso->so_rcv.sb_cc, i % 3 == 0 ? 0 : i);
		assert_int_equal(xso->so_snd.sb_cc, i % 3 == 0 ? 0 : i + 1);
	}
	slices = l.steps;
	free(l.data);
	/* Slow owners make slices short. */
	asked = 0;
	cost = 63;
	read_listing(&l, "net.inet.udp.pcblist", jail_a, NULL);
	assert_int_equal(asked, 200);
	assert_int_equal(l.n, 300);
	assert_in_range(l.steps, 200 * 63 / PCBLIST_SLICE,
	    200 * 64 / PCBLIST_SLICE + 1);
	assert_true(l.steps > 10 * slices);
	free(l.data);
}

static void
a_jail_sees_its_own_and_those_below_it(void **state)
{
	struct prison *const viewers[] = { prison0(v), jail_a, jail_ac,
		jail_b };
	static const char *const addrs[] = { "127.0.0.1", "10.0.0.1",
		"10.0.0.2", "10.0.0.3" };
	struct listing l;
	unsigned i;

	(void)state;
	for (i = 0; i < 1500; i++)
		make(viewers[i * 7 % 4], 0, AF_INET,
		    i % 3 == 0 ? SOCK_DGRAM : SOCK_STREAM, addrs[i * 7 % 4],
		    (uint16_t)(20000 + i));
	for (i = 0; i < 4; i++) {
		read_listing(&l, "net.inet.tcp.pcblist", viewers[i], NULL);
		check_against_all(&l, viewers[i], SOCK_STREAM);
		assert_int_equal(l.head.xig_count, 1000);
		free(l.data);
		read_listing(&l, "net.inet.udp.pcblist", viewers[i], NULL);
		check_against_all(&l, viewers[i], SOCK_DGRAM);
		free(l.data);
	}
}

static void
a_jail_with_none_below_does_not_wait_for_others_sockets(void **state)
{
	struct listing l;
	unsigned i;

	(void)state;
	for (i = 0; i < 700; i++)
		make(prison0(v), 0, AF_INET, SOCK_STREAM, "", 0);
	make(jail_b, 0, AF_INET, SOCK_STREAM, "", 0);
	read_listing(&l, "net.inet.tcp.pcblist", jail_b, NULL);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.steps, 0);
	free(l.data);
	read_listing(&l, "net.inet.tcp.pcblist", jail_a, NULL);
	assert_int_equal(l.n, 0);
	assert_int_equal(l.steps, 701 / PCBLIST_SLICE);
	free(l.data);
}

static unsigned nbetween;

/* Three times, close every ninth of the first sockets; make some. */
static void
churn(void)
{
	unsigned i;

	for (i = nbetween; i < 900 && nbetween < 9; i += 9) {
		soabort(all[i]);
		all[i] = NULL;
	}
	nbetween += 3;
	for (i = 0; i < 20; i++)
		make(prison0(v), 0, AF_INET, SOCK_STREAM, "", 0);
}

static void
what_lives_throughout_is_listed_and_what_is_younger_is_not(void **state)
{
	static struct listing l;
	unsigned i, j;

	(void)state;
	nbetween = 0;
	for (i = 0; i < 900; i++)
		make(prison0(v), 0, AF_INET, SOCK_STREAM, "", 0);
	read_listing(&l, "net.inet.tcp.pcblist", prison0(v), churn);
	assert_true(nbetween >= 9);
	for (i = 0; i < 900; i++)
		if (all[i] != NULL)
			assert_non_null(record_of(&l, all[i]));
	for (; i < nall; i++)
		assert_null(record_of(&l, all[i]));
	for (i = 0; i < l.n; i++)
		for (j = i + 1; j < l.n; j++)
			assert_true(l.rec[i]->inp_gencnt !=
			    l.rec[j]->inp_gencnt);
	assert_int_equal(l.head.xig_count, 900);
	assert_true(l.tail.xig_gen > l.head.xig_gen);
	free(l.data);
}

static void
close_everything(void)
{
	unsigned i;

	for (i = 0; i < nall; i++) {
		if (all[i] != NULL)
			soabort(all[i]);
		all[i] = NULL;
	}
}

static void
a_listing_ends_well_when_all_sockets_go(void **state)
{
	struct listing l;
	unsigned i;

	(void)state;
	for (i = 0; i < 600; i++)
		make(jail_b, 0, AF_INET, SOCK_STREAM, "", 0);
	read_listing(&l, "net.inet.tcp.pcblist", jail_b, close_everything);
	assert_true(l.n < 600);
	assert_int_equal(l.tail.xig_count, 0);
	free(l.data);
}

static void
nobody_writes_a_listing(void **state)
{
	struct cred root = { .uid = 0, .prison = prison0(v) };
	struct sysctl_req req = { .vnet = v, .cred = &root, .newptr = "x",
		.newlen = 1 };
	static const int tcp[] = { 4, 2, 6, 11 }, udp[] = { 4, 2, 17, 5 };

	(void)state;
	assert_int_equal(sysctl_step(tcp, 4, &req), EPERM);
	assert_int_equal(sysctl_step(udp, 4, &req), EPERM);
}

static void
the_size_estimate_is_enough(void **state)
{
	struct cred user = { .uid = 5, .prison = prison0(v) };
	struct sysctl_req req = { .vnet = v, .cred = &user,
		.sizeonly = true };
	static const int tcp[] = { 4, 2, 6, 11 };
	struct listing l;
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++)
		make(prison0(v), 0, AF_INET, SOCK_STREAM, "", 0);
	assert_int_equal(sysctl_step(tcp, 4, &req), 0);
	assert_int_equal(req.outlen, 0);
	assert_int_equal(req.total, 128 + 112 * sizeof(struct xtcpcb));
	read_listing(&l, "net.inet.tcp.pcblist", prison0(v), NULL);
	assert_true(req.total >= l.len);
	free(l.data);
}

/* Made as a bare PCB: the socket layer has no AF_INET6 yet. */
static void
ipv6_addresses_are_whole(void **state)
{
	struct cred root = { .uid = 0, .prison = prison0(v) };
	struct endpoint name = { addr("fd00::1:2"), htons(5353) };
	const struct xinpcb *xi;
	struct inpcb *inp;
	struct listing l;

	(void)state;
	assert_int_equal(in_ifaddr_add(v, lo0(v), &name.addr), 0);
	assert_int_equal(in_pcballoc(udp_pcbinfo(v), NULL, &root, INP_IPV6,
	    &inp), 0);
	assert_int_equal(in_pcbbind(inp, &name, &root), 0);
	read_listing(&l, "net.inet.udp.pcblist", prison0(v), NULL);
	assert_int_equal(l.n, 1);
	xi = l.rec[0];
	assert_memory_equal(&xi->in6p_laddr, name.addr.b, 16);
	assert_int_equal(xi->inp_lport, htons(5353));
	assert_int_equal(xi->inp_vflag, INP_IPV6);
	assert_int_equal(xi->inp_inc.inc_flags, INC_ISIPV6);
	assert_int_equal(xi->xi_socket.xso_family, AF_INET6);
	assert_int_equal(xi->xi_socket.xso_protocol, IPPROTO_UDP);
	free(l.data);
	in_pcbfree(inp);
	assert_int_equal(in_ifaddr_remove(v, &name.addr), 0);
}

static void
raw_sockets_show_their_protocol(void **state)
{
	struct cred root = { .uid = 0, .prison = prison0(v) };
	struct socket *so;
	struct listing l;

	(void)state;
	assert_int_equal(socreate(v, AF_INET, SOCK_RAW, IPPROTO_ICMP, &root,
	    &so), 0);
	note(so);
	read_listing(&l, "net.inet.raw.pcblist", prison0(v), NULL);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.rec[0]->xi_socket.xso_protocol, IPPROTO_ICMP);
	assert_int_equal(l.rec[0]->xi_socket.so_type, SOCK_RAW);
	free(l.data);
}

static void
a_connection_in_time_wait_is_listed_without_its_socket(void **state)
{
	struct socket *so = make_listener(jail_a, "10.0.0.1", 80, 5), *nso;
	struct socket *cl = make_client(jail_b, "10.0.0.1", 80);
	const struct xtcpcb *xt = NULL;
	struct endpoint peer;
	struct listing l;
	unsigned i;

	(void)state;
	assert_int_equal(soaccept(so, &nso, &peer), 0);
	forget(cl);
	soclose(cl);
	run(0);
	soclose(nso);
	run(1);
	read_listing(&l, "net.inet.tcp.pcblist", jail_b, NULL);
	assert_int_equal(l.n, 1);
	for (i = 0; i < l.n; i++)
		xt = (const void *)((const char *)l.rec[i] -
		    offsetof(struct xtcpcb, xt_inp));
	assert_int_equal(xt->t_state, TCPS_TIME_WAIT);
	assert_int_equal(xt->xt_inp.xi_socket.xso_protocol, IPPROTO_TCP);
	assert_int_equal(xt->xt_inp.inp_fport, htons(80));
	assert_int_equal(xt->xt_inp.inp_lport, peer.port);
	assert_true(xt->tt_2msl > 0);
	free(l.data);
	run(120);
	read_listing(&l, "net.inet.tcp.pcblist", jail_b, NULL);
	assert_int_equal(l.n, 0);
	free(l.data);
}

static void
set_see_other(int on)
{
	struct cred root = { .uid = 0, .prison = prison0(v) };
	struct sysctl_req req = { .vnet = v, .cred = &root, .newptr = &on,
		.newlen = sizeof(on) };
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;

	assert_int_equal(sysctl_lookup(v, "net.inet.tcp.syncache.see_other",
	    mib, &len), 0);
	assert_int_equal(sysctl_step(mib, len, &req), 0);
	free(req.out);
}

static void
half_open_connections_are_everybodys_where_see_other_says_so(void **state)
{
	struct socket *so = make_listener(jail_a, "10.0.0.1", 80, 5);
	struct endpoint name = { addr("10.0.0.1"), htons(80) };
	struct socket *cl = make(jail_a, 0, AF_INET, SOCK_STREAM, "", 0);
	struct cred cred = { .uid = 0, .prison = jail_a };
	const struct xtcpcb *xt;
	struct listing l;

	(void)state;
	assert_int_equal(soconnect(cl, &name, &cred), EINPROGRESS);
	ip_input(v, netisr_dequeue(v));		/* the SYN, and no more */
	assert_int_equal(so->so_incqlen, 1);
	read_listing(&l, "net.inet.tcp.pcblist", jail_b, NULL);
	assert_int_equal(l.n, 0);
	free(l.data);
	set_see_other(1);
	read_listing(&l, "net.inet.tcp.pcblist", jail_b, NULL);
	assert_int_equal(l.n, 1);
	xt = (const void *)((const char *)l.rec[0] - offsetof(struct xtcpcb,
	    xt_inp));
	assert_int_equal(xt->t_state, TCPS_SYN_RECEIVED);
	assert_int_equal(xt->xt_inp.inp_lport, htons(80));
	free(l.data);
	run(0);
	read_listing(&l, "net.inet.tcp.pcblist", jail_b, NULL);
	assert_int_equal(l.n, 0);
	free(l.data);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_empty_listing_is_header_and_trailer),
		T(every_socket_is_listed_once_oldest_first),
		T(a_listener_shows_its_queues_and_no_buffers),
		T(bytes_waiting_include_those_parked_with_the_owner),
		T(owners_are_asked_when_their_socket_is_listed_and_no_others),
		T(a_jail_sees_its_own_and_those_below_it),
		T(a_jail_with_none_below_does_not_wait_for_others_sockets),
		T(what_lives_throughout_is_listed_and_what_is_younger_is_not),
		T(a_listing_ends_well_when_all_sockets_go),
		T(nobody_writes_a_listing),
		T(the_size_estimate_is_enough),
		T(ipv6_addresses_are_whole),
		T(raw_sockets_show_their_protocol),
		T(a_connection_in_time_wait_is_listed_without_its_socket),
		T(half_open_connections_are_everybodys_where_see_other_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
