/*
 * Theory of operation
 *
 * Datagram and raw sockets of the host and of jails talk over lo0; the test is
 * the pump.  Upcalls note what they were told.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/udp.h"
#include "stack/vlog.h"
#include "stack/wire.h"
#include "sysctl/sysctl.h"

#define NSOCKS 8

/* The value of OPT_IP_LOCALPORTS */
#define PORTS(lo, hi) ((int)((uint32_t)(hi) << 16 | (lo)))

struct fixture {
	struct vnet	*v;
	struct cred	 host, user;	/* user: not root */
	struct cred	 a, b, multi;	/* jails: 10.0.0.1, .2, .3 and .4 */
	struct socket	*so[NSOCKS];	/* closed by teardown */
	unsigned	 events[NSOCKS];
	unsigned	 nso;
};

static struct endpoint
ep(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = htons(port) };

	assert_true(inaddr_pton(addr, &e.addr));
	return e;
}

static struct cred
jail(struct fixture *f, const char *name, const char *a1, const char *a2)
{
	struct inaddr addrs[2];
	struct prison_params pp = { .name = name, .path = "/",
		.hostname = name, .addr = addrs, .naddr = 1,
		.ip4_restricted = true, .ip6_restricted = true,
		.persist = true, .allow = PR_ALLOW_DEFAULT };
	struct cred c = { 0 };
	char msg[128];

	addrs[0] = ep(a1, 0).addr;
	if (a2 != NULL)
		addrs[pp.naddr++] = ep(a2, 0).addr;
	for (unsigned i = 0; i < pp.naddr; i++)
		assert_int_equal(in_ifaddr_add(f->v, lo0(f->v), &addrs[i]), 0);
	assert_int_equal(prison_create(f->v, prison0(f->v), &pp, &c.prison,
	    msg, sizeof(msg)), 0);
	return c;
}

static int
setup(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = "udp";
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(vnet_new(seed, NSEC_PER_SEC, &f->v), 0);
	f->host.prison = f->user.prison = prison0(f->v);
	f->user.uid = 1000;
	f->a = jail(f, "a", "10.0.0.1", NULL);
	f->b = jail(f, "b", "10.0.0.2", NULL);
	f->multi = jail(f, "multi", "10.0.0.3", "10.0.0.4");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	struct prison *prisons[] = { f->a.prison, f->b.prison,
		f->multi.prison };

	for (unsigned i = 0; i < f->nso; i++)
		soclose(f->so[i]);
	assert_int_equal(sonumopen(f->v), 0);
	assert_int_equal(in_pcbinfo_count(udp_pcbinfo(f->v)), 0);
	for (unsigned i = 0; i < 3; i++) {
		prison_remove(f->v, prisons[i]);
		prison_put(f->v, prisons[i]);
	}
	vnet_free(f->v);
	free(f);
	return 0;
}

static void
upcall(struct socket *so, void *arg, unsigned events)
{
	unsigned *seen = arg;

	(void)so;
	*seen |= events;
}

static struct socket *
udp(struct fixture *f, const struct cred *c)
{
	struct socket *so;

	assert_int_equal(socreate(f->v, AF_INET, SOCK_DGRAM, 0, c, &so), 0);
	so->so_upcall = upcall;
	so->so_upcallarg = &f->events[f->nso];
	f->so[f->nso++] = so;
	return so;
}

/* What so's upcall has reported since the last call. */
static unsigned
events(struct fixture *f, const struct socket *so)
{
	unsigned seen;

	for (unsigned i = 0; i < f->nso; i++) {
		if (f->so[i] == so) {
			seen = f->events[i];
			f->events[i] = 0;
			return seen;
		}
	}
	return 0;
}

static struct socket *
udp_bound(struct fixture *f, const struct cred *c, const char *addr,
    uint16_t port)
{
	struct socket *so = udp(f, c);
	struct endpoint e = ep(addr, port);

	assert_int_equal(sobind(so, &e, c), 0);
	return so;
}

static int
send_to(struct socket *so, const void *data, size_t len, const char *addr,
    uint16_t port)
{
	union {
		const void *c;
		void *p;
	} u = { .c = data };
	struct iovec iov = { .iov_base = u.p, .iov_len = len };
	struct endpoint to;
	size_t sent;
	int error;

	if (addr != NULL)
		to = ep(addr, port);
	error = sosend(so, &iov, 1, addr != NULL ? &to : NULL, &so->so_cred,
	    &sent);
	assert_int_equal(sent, error == 0 ? len : 0);
	return error;
}

static int
connect_to(struct socket *so, const char *addr, uint16_t port)
{
	struct endpoint e = ep(addr, port);

	return soconnect(so, &e, &so->so_cred);
}

static void
run(struct fixture *f)
{
	while (vnet_run(f->v, 10))
		;
}

static void
assert_endpoint(const struct endpoint *e, const char *addr, uint16_t port)
{
	char buf[INADDR_STRLEN];

	assert_string_equal(inaddr_ntop(&e->addr, buf), addr);
	assert_int_equal(ntohs(e->port), port);
}

/* The next datagram of so is `data' from that source; *from may be NULL. */
static void
assert_receives(struct socket *so, const char *data, struct endpoint *from)
{
	char buf[100];
	struct iovec iov = { buf, sizeof(buf) };
	struct endpoint src;
	size_t got;

	assert_int_equal(soreceive(so, &iov, 1, &src, 0, &got), 0);
	assert_int_equal(got, strlen(data));
	assert_memory_equal(buf, data, got);
	if (from != NULL)
		*from = src;
}

static int
receive_error(struct socket *so)
{
	char buf[10];
	struct iovec iov = { buf, sizeof(buf) };
	size_t got;

	return soreceive(so, &iov, 1, NULL, 0, &got);
}

static uint64_t
udpstat_field(struct fixture *f, size_t offset)
{
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;
	struct sysctl_req req = { .vnet = f->v, .cred = &f->host };
	uint64_t value;

	assert_int_equal(sysctl_lookup(f->v, "net.inet.udp.stats", mib, &len),
	    0);
	assert_int_equal(sysctl_step(mib, len, &req), 0);
	assert_int_equal(req.outlen, sizeof(struct udpstat));
	memcpy(&value, req.out + offset, sizeof(value));
	free(req.out);
	return value;
}
#define UDPSTAT(f, field) udpstat_field((f), offsetof(struct udpstat, field))

static int
sysctl_set(struct fixture *f, const char *name, int value)
{
	int mib[CTL_MAXNAME], error;
	unsigned len = CTL_MAXNAME;
	struct sysctl_req req = { .vnet = f->v, .cred = &f->host,
		.newptr = &value, .newlen = sizeof(value) };

	assert_int_equal(sysctl_lookup(f->v, name, mib, &len), 0);
	error = sysctl_step(mib, len, &req);
	free(req.out);
	return error;
}

/* ---- between sockets ---- */

static void
two_jails_exchange_datagrams(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *client = udp(f, &f->b);
	struct endpoint from, own;

	assert_int_equal(send_to(client, "question", 8, "10.0.0.1", 53), 0);
	assert_int_equal(receive_error(server), EWOULDBLOCK);
	run(f);
	assert_int_equal(events(f, server), SO_UP_READ);
	assert_receives(server, "question", &from);
	sosockaddr(client, &own);
	assert_endpoint(&from, "10.0.0.2", ntohs(own.port));
	assert_int_not_equal(own.port, 0);

	assert_int_equal(send_to(server, "answer", 6, "10.0.0.2",
	    ntohs(from.port)), 0);
	run(f);
	assert_receives(client, "answer", &from);
	assert_endpoint(&from, "10.0.0.1", 53);
	assert_int_equal(UDPSTAT(f, udps_opackets), 2);
	assert_int_equal(UDPSTAT(f, udps_ipackets), 2);
}

static void
a_wildcard_bind_in_a_jail_gets_its_only_address(void **state)
{
	struct fixture *f = *state;
	struct socket *so = udp_bound(f, &f->a, "0.0.0.0", 53);
	struct socket *both = udp_bound(f, &f->multi, "0.0.0.0", 53);
	struct endpoint own;

	sosockaddr(so, &own);
	assert_endpoint(&own, "10.0.0.1", 53);
	sosockaddr(both, &own);
	assert_endpoint(&own, "0.0.0.0", 53);
}

static void
loopback_in_a_jail_is_its_first_address(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->multi, "127.0.0.1", 53);
	struct socket *client = udp(f, &f->multi);
	struct socket *host = udp_bound(f, &f->host, "127.0.0.1", 53);
	struct endpoint e;

	sosockaddr(server, &e);
	assert_endpoint(&e, "10.0.0.3", 53);
	assert_int_equal(send_to(client, "x", 1, "127.0.0.1", 53), 0);
	assert_int_equal(send_to(client, "y", 1, "0.0.0.0", 53), 0);
	run(f);
	assert_receives(server, "x", &e);
	assert_receives(server, "y", NULL);
	assert_int_equal(receive_error(host), EWOULDBLOCK);
}

static void
binding_to_anothers_address_is_refused(void **state)
{
	struct fixture *f = *state;
	struct socket *so = udp(f, &f->a);
	struct endpoint e = ep("10.0.0.2", 53), v6 = ep("::1", 53);

	assert_int_equal(sobind(so, &e, &f->a), EADDRNOTAVAIL);
	assert_int_equal(sobind(so, &v6, &f->a), EAFNOSUPPORT);
}

static void
sending_binds_the_port_and_in_a_jail_the_address(void **state)
{
	struct fixture *f = *state;
	struct socket *host = udp(f, &f->host);
	struct socket *one = udp(f, &f->a), *two = udp(f, &f->multi);
	struct socket *all[] = { host, one, two };
	static const char *want[] = { "0.0.0.0", "10.0.0.1", "10.0.0.3" };

	for (unsigned i = 0; i < 3; i++) {
		struct endpoint e;

		assert_int_equal(send_to(all[i], "x", 1, "10.0.0.2", 9), 0);
		sosockaddr(all[i], &e);
		assert_int_not_equal(e.port, 0);
		assert_endpoint(&e, want[i], ntohs(e.port));
	}
}

static void
the_source_of_a_host_datagram_suits_its_destination(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->host, "0.0.0.0", 53);
	struct socket *client = udp(f, &f->host);
	struct endpoint from;

	assert_int_equal(send_to(client, "x", 1, "127.0.0.1", 53), 0);
	run(f);
	assert_receives(server, "x", &from);
	assert_endpoint(&from, "127.0.0.1", ntohs(from.port));
	assert_int_equal(send_to(client, "y", 1, "0.0.0.0", 53), 0);
	run(f);
	assert_receives(server, "y", NULL);
}

static void
a_port_set_aside_by_no_port_is_chosen_when_sending(void **state)
{
	struct fixture *f = *state;
	struct socket *so = udp(f, &f->a), *bound = udp(f, &f->a);
	struct endpoint any = ep("0.0.0.0", 0), e;

	assert_int_equal(sosetopt(so, OPT_IP_NOPORT, 1, &f->a), 0);
	assert_int_equal(send_to(so, "x", 1, "10.0.0.2", 9), 0);
	sosockaddr(so, &e);
	assert_int_not_equal(e.port, 0);
	assert_int_equal(sosetopt(bound, OPT_IP_NOPORT, 1, &f->a), 0);
	assert_int_equal(sobind(bound, &any, &f->a), 0);
	sosockaddr(bound, &e);
	assert_endpoint(&e, "10.0.0.1", 0);
	assert_int_equal(send_to(bound, "x", 1, "10.0.0.2", 9), 0);
	sosockaddr(bound, &e);
	assert_int_not_equal(e.port, 0);
}

/* ---- datagrams ---- */

static void
an_empty_datagram_arrives(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *client = udp(f, &f->b);

	assert_int_equal(send_to(client, "", 0, "10.0.0.1", 53), 0);
	assert_int_equal(send_to(client, "x", 1, "10.0.0.1", 53), 0);
	run(f);
	assert_receives(server, "", NULL);
	assert_receives(server, "x", NULL);
	assert_int_equal(receive_error(server), EWOULDBLOCK);
}

static void
the_largest_datagram_arrives_and_a_larger_one_is_refused(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *client = udp(f, &f->b);
	uint8_t *data = malloc(65536), *back = malloc(65536);
	struct iovec iov = { back, 65536 };
	size_t got;

	for (size_t i = 0; i < 65536; i++)
		data[i] = (uint8_t)vnet_random(f->v);
	assert_int_equal(send_to(client, data, 65508, "10.0.0.1", 53),
	    EMSGSIZE);
	assert_int_equal(send_to(client, data, 65536, "10.0.0.1", 53),
	    EMSGSIZE);
	assert_int_equal(send_to(client, data, 65507, "10.0.0.1", 53), 0);
	run(f);
	assert_int_equal(soreceive(server, &iov, 1, NULL, 0, &got), 0);
	assert_int_equal(got, 65507);
	assert_memory_equal(back, data, 65507);
	free(data);
	free(back);
}

static void
a_datagram_is_cut_to_the_room_and_its_length_told(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *client = udp(f, &f->b);
	char one[3], two[2];
	struct iovec iov[] = { { one, sizeof(one) }, { two, sizeof(two) } };
	size_t got;

	assert_int_equal(send_to(client, "0123456789", 10, "10.0.0.1", 53), 0);
	assert_int_equal(send_to(client, "next", 4, "10.0.0.1", 53), 0);
	run(f);
	assert_int_equal(soreceive(server, iov, 2, NULL, MSG_PEEK, &got), 0);
	assert_int_equal(got, 10);
	memset(one, 0, sizeof(one));
	assert_int_equal(soreceive(server, iov, 2, NULL, 0, &got), 0);
	assert_int_equal(got, 10);
	assert_memory_equal(one, "012", 3);
	assert_memory_equal(two, "34", 2);
	assert_receives(server, "next", NULL);
}

static void
a_full_receive_buffer_loses_datagrams_and_counts_them(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *client = udp(f, &f->b);
	char data[400] = { 0 };

	assert_int_equal(sosetopt(server, OPT_RCVBUF, 1000, &f->a), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_to(client, data, sizeof(data),
		    "10.0.0.1", 53), 0);
	run(f);
	assert_int_equal(server->so_rcv.sb_cc, 800);
	assert_int_equal(UDPSTAT(f, udps_fullsock), 3);
	assert_int_equal(receive_error(server), 0);
	assert_int_equal(send_to(client, data, sizeof(data), "10.0.0.1", 53),
	    0);
	run(f);
	assert_int_equal(server->so_rcv.sb_cc, 800);
}

static void
the_input_queue_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *client = udp(f, &f->b);

	assert_int_equal(sysctl_set(f, "net.inet.ip.intr_queue_maxlen", 3), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(send_to(client, "x", 1, "10.0.0.1", 53), 0);
	assert_int_equal(lo0(f->v)->if_iqdrops, 2);
	run(f);
	assert_int_equal(server->so_rcv.sb_cc, 3);
}

/* ---- connected sockets ---- */

static void
a_connected_socket_hears_its_peer_only(void **state)
{
	struct fixture *f = *state;
	struct socket *client = udp(f, &f->b);
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *other = udp_bound(f, &f->a, "10.0.0.1", 54);
	struct endpoint own, peer;

	assert_int_equal(connect_to(client, "10.0.0.1", 53), 0);
	sosockaddr(client, &own);
	assert_int_equal(sopeeraddr(client, &peer), 0);
	assert_endpoint(&peer, "10.0.0.1", 53);
	assert_int_equal(send_to(server, "peer", 4, "10.0.0.2",
	    ntohs(own.port)), 0);
	assert_int_equal(send_to(other, "other", 5, "10.0.0.2",
	    ntohs(own.port)), 0);
	run(f);
	assert_receives(client, "peer", NULL);
	assert_int_equal(receive_error(client), EWOULDBLOCK);
	assert_int_equal(UDPSTAT(f, udps_noport), 1);
}

static void
a_connected_socket_may_still_send_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct socket *client = udp(f, &f->b);
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *other = udp_bound(f, &f->a, "10.0.0.1", 54);
	struct endpoint peer;

	assert_int_equal(connect_to(client, "10.0.0.1", 53), 0);
	assert_int_equal(send_to(client, "there", 5, "10.0.0.1", 54), 0);
	assert_int_equal(send_to(client, "here", 4, NULL, 0), 0);
	run(f);
	assert_receives(other, "there", NULL);
	assert_receives(server, "here", NULL);
	assert_int_equal(sopeeraddr(client, &peer), 0);
	assert_endpoint(&peer, "10.0.0.1", 53);
}

static void
connecting_again_changes_the_peer(void **state)
{
	struct fixture *f = *state;
	struct socket *client = udp(f, &f->b);
	struct socket *one = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *two = udp_bound(f, &f->multi, "10.0.0.4", 53);

	assert_int_equal(connect_to(client, "10.0.0.1", 53), 0);
	assert_int_equal(connect_to(client, "10.0.0.4", 53), 0);
	assert_int_equal(send_to(client, "x", 1, NULL, 0), 0);
	run(f);
	assert_receives(two, "x", NULL);
	assert_int_equal(receive_error(one), EWOULDBLOCK);
}

static void
after_disconnecting_there_is_no_peer(void **state)
{
	struct fixture *f = *state;
	struct socket *client = udp(f, &f->b);
	struct endpoint peer;

	assert_int_equal(sodisconnect(client), ENOTCONN);
	assert_int_equal(connect_to(client, "10.0.0.1", 53), 0);
	assert_int_equal(sodisconnect(client), 0);
	assert_int_equal(sopeeraddr(client, &peer), ENOTCONN);
	assert_int_equal(send_to(client, "x", 1, NULL, 0), EDESTADDRREQ);
}

static void
a_closed_port_refuses_a_connected_socket(void **state)
{
	struct fixture *f = *state;
	struct socket *client = udp(f, &f->b), *plain = udp(f, &f->b);

	assert_int_equal(connect_to(client, "10.0.0.1", 99), 0);
	assert_int_equal(send_to(client, "x", 1, NULL, 0), 0);
	assert_int_equal(send_to(plain, "x", 1, "10.0.0.1", 99), 0);
	events(f, client);
	run(f);
	assert_true(events(f, client) & SO_UP_ERROR);
	assert_int_equal(receive_error(client), ECONNREFUSED);
	assert_int_equal(receive_error(client), EWOULDBLOCK);
	assert_int_equal(receive_error(plain), EWOULDBLOCK);
	assert_int_equal(UDPSTAT(f, udps_noport), 2);

	assert_int_equal(send_to(client, "x", 1, NULL, 0), 0);
	run(f);
	assert_int_equal(send_to(client, "x", 1, NULL, 0), ECONNREFUSED);
	assert_int_equal(send_to(client, "x", 1, NULL, 0), 0);
	run(f);
	assert_int_equal(sogeterror(client), ECONNREFUSED);
	assert_int_equal(sogeterror(client), 0);
}

/* How many of so many datagrams for a closed port, sent in a new second, are
 * answered. */
static int
refusals(struct fixture *f, struct socket *client, int sent)
{
	int refused = 0;

	vnet_settime(f->v, f->v->now + NSEC_PER_SEC);
	for (int i = 0; i < sent; i++) {
		sogeterror(client);
		assert_int_equal(send_to(client, "x", 1, NULL, 0), 0);
		run(f);
		refused += sogeterror(client) == ECONNREFUSED;
	}
	return refused;
}

static void
hear(void *arg, const char *line)
{
	char *said = arg;

	strcpy(said, line);
}

static void
unreachable_messages_are_limited_by_the_second(void **state)
{
	struct fixture *f = *state;
	struct socket *client = udp(f, &f->b);
	char said[VLOG_LINE] = "";

	vlog_set(f->v, hear, said);
	assert_int_equal(sysctl_set(f, "net.inet.icmp.icmplim", 3), 0);
	assert_int_equal(sysctl_set(f, "net.inet.icmp.icmplim_jitter", 0), 0);
	assert_int_equal(connect_to(client, "10.0.0.1", 99), 0);
	assert_int_equal(refusals(f, client, 10), 3);
	assert_string_equal(said, "");
	assert_int_equal(refusals(f, client, 1), 1);
	assert_string_equal(said, "Limiting icmp response from 10 to 3 "
	    "packets/sec");
	*said = '\0';
	assert_int_equal(sysctl_set(f, "net.inet.icmp.icmplim_output", 0), 0);
	assert_int_equal(refusals(f, client, 10), 3);
	assert_int_equal(refusals(f, client, 1), 1);
	assert_string_equal(said, "");
	assert_int_equal(sysctl_set(f, "net.inet.icmp.icmplim", 0), 0);
	assert_int_equal(refusals(f, client, 500), 500);
}

static void
how_many_messages_a_second_has_cannot_be_foretold(void **state)
{
	struct fixture *f = *state;
	struct socket *client = udp(f, &f->b);
	int least = 100, most = 0;

	assert_int_equal(sysctl_set(f, "net.inet.icmp.icmplim", 20), 0);
	assert_int_equal(sysctl_set(f, "net.inet.icmp.icmplim_jitter", 4), 0);
	assert_int_equal(connect_to(client, "10.0.0.1", 99), 0);
	for (int s = 0; s < 200; s++) {
		int n = refusals(f, client, 30);

		least = n < least ? n : least;
		most = n > most ? n : most;
	}
	assert_int_equal(least, 16);
	assert_int_equal(most, 24);
	/* Some get out, however large it is. */
	assert_int_equal(sysctl_set(f, "net.inet.icmp.icmplim_jitter", 99), 0);
	for (int s = 0; s < 200; s++)
		assert_in_range(refusals(f, client, 150), 1, 119);
}

/* ---- refusals and options ---- */

static void
sending_without_a_destination_is_refused(void **state)
{
	struct fixture *f = *state;
	struct socket *so = udp(f, &f->a);

	assert_int_equal(send_to(so, "x", 1, NULL, 0), EDESTADDRREQ);
	assert_int_equal(send_to(so, "x", 1, "10.0.0.2", 0), EADDRNOTAVAIL);
	assert_int_equal(send_to(so, "x", 1, "::1", 9), EAFNOSUPPORT);
	assert_int_equal(send_to(so, "x", 1, "192.0.2.1", 9), ENETUNREACH);
}

static void
shutdown_needs_a_peer_and_ends_both_directions(void **state)
{
	struct fixture *f = *state;
	struct socket *so = udp(f, &f->a);
	char buf[4];
	struct iovec iov = { buf, sizeof(buf) };
	size_t got = 1;

	assert_int_equal(soshutdown(so, SHUT_RDWR), ENOTCONN);
	assert_int_equal(soshutdown(so, 7), EINVAL);
	assert_int_equal(connect_to(so, "10.0.0.2", 53), 0);
	assert_int_equal(soshutdown(so, SHUT_RDWR), 0);
	assert_int_equal(send_to(so, "x", 1, NULL, 0), EPIPE);
	assert_int_equal(soreceive(so, &iov, 1, NULL, 0, &got), 0);
	assert_int_equal(got, 0);
}

static void
a_datagram_socket_cannot_listen(void **state)
{
	struct fixture *f = *state;
	struct socket *so = udp(f, &f->a), *nso;
	struct endpoint peer;

	assert_int_equal(solisten(so, 1, &f->a), EOPNOTSUPP);
	assert_int_equal(soaccept(so, &nso, &peer), EINVAL);
}

static void
sockets_that_cannot_be_are_refused(void **state)
{
	struct fixture *f = *state;
	struct socket *so;

	assert_int_equal(socreate(f->v, AF_INET6, SOCK_DGRAM, 0, &f->host,
	    &so), EAFNOSUPPORT);
	assert_int_equal(socreate(f->v, AF_INET6, SOCK_DGRAM, 0, &f->a, &so),
	    EPROTONOSUPPORT);
	assert_int_equal(socreate(f->v, AF_PACKET, SOCK_RAW, 0, &f->a, &so),
	    EPROTONOSUPPORT);
	assert_int_equal(socreate(f->v, AF_INET, SOCK_DGRAM, IPPROTO_TCP,
	    &f->host, &so), EPROTONOSUPPORT);
	assert_int_equal(socreate(f->v, AF_INET, SOCK_SEQPACKET, 0, &f->host,
	    &so), EPROTOTYPE);
	assert_int_equal(socreate(f->v, AF_INET, SOCK_RAW, IPPROTO_ICMP,
	    &f->a, &so), EPERM);
	assert_int_equal(socreate(f->v, AF_INET, SOCK_RAW, IPPROTO_ICMP,
	    &f->user, &so), EPERM);
	assert_int_equal(sonumopen(f->v), 0);
}

static void
maxsockets_limits_but_not_below_what_is_open(void **state)
{
	struct fixture *f = *state;
	struct zone *zone = NULL;
	struct zone_stats st;
	struct socket *so;

	assert_int_equal(sysctl_set(f, "kern.ipc.maxsockets", 0), EINVAL);
	assert_int_equal(sysctl_set(f, "kern.ipc.maxsockets", 300000), 0);
	do {
		zone = znext(f->v, zone);
		zstats(zone, &st);
	} while (strcmp(st.name, "socket") != 0);
	assert_int_equal(st.limit, 300000);
	udp(f, &f->a);
	udp(f, &f->a);
	assert_int_equal(sysctl_set(f, "kern.ipc.maxsockets", 1), EINVAL);
	assert_int_equal(sysctl_set(f, "kern.ipc.maxsockets", 2), 0);
	assert_int_equal(socreate(f->v, AF_INET, SOCK_DGRAM, 0, &f->a, &so),
	    ENOBUFS);
	assert_int_equal(sysctl_set(f, "kern.ipc.maxsockets", 3), 0);
	udp(f, &f->a);
}

static void
without_memory_a_call_fails_and_leaves_nothing(void **state)
{
	static const char *zones[] = { "socket", "udp_inpcb", "mbuf" };
	struct fixture *f = *state;

	for (unsigned i = 0; i < 3; i++) {
		struct zone *zone = NULL;
		struct zone_stats st;
		struct socket *so;
		int error;

		do {
			zone = znext(f->v, zone);
			zstats(zone, &st);
		} while (strcmp(st.name, zones[i]) != 0);
		zfail(zone, 0);
		error = socreate(f->v, AF_INET, SOCK_DGRAM, 0, &f->a, &so);
		assert_int_equal(error, i < 2 ? ENOBUFS : 0);
		if (error != 0)
			continue;
		assert_int_equal(send_to(so, "x", 1, "10.0.0.2", 9), ENOBUFS);
		soclose(so);
	}
	assert_int_equal(sonumopen(f->v), 0);
}

static void
assert_option(struct socket *so, enum sockopt opt, int want)
{
	int val = -2;

	assert_int_equal(sogetopt(so, opt, &val), 0);
	assert_int_equal(val, want);
}

static void
options_are_checked_and_kept(void **state)
{
	struct fixture *f = *state;
	struct socket *so = udp(f, &f->a);
	const struct cred *c = &f->a;

	assert_option(so, OPT_IP_PORTRANGE, 0);
	assert_int_equal(sosetopt(so, OPT_IP_PORTRANGE, 1, c), 0);
	assert_int_equal(so->so_pcb->inp_flags & (INP_HIGHPORT | INP_LOWPORT),
	    INP_HIGHPORT);
	assert_int_equal(sosetopt(so, OPT_IP_PORTRANGE, 2, c), 0);
	assert_int_equal(so->so_pcb->inp_flags & (INP_HIGHPORT | INP_LOWPORT),
	    INP_LOWPORT);
	assert_int_equal(sosetopt(so, OPT_IP_PORTRANGE, 3, c), EINVAL);
	assert_option(so, OPT_IP_PORTRANGE, 2);

	assert_option(so, OPT_IP_TTL, 64);
	assert_int_equal(sosetopt(so, OPT_IP_TTL, 0, c), EINVAL);
	assert_int_equal(sosetopt(so, OPT_IP_TTL, 256, c), EINVAL);
	assert_int_equal(sosetopt(so, OPT_IP_TTL, 3, c), 0);
	assert_option(so, OPT_IP_TTL, 3);
	assert_int_equal(sosetopt(so, OPT_IP_TTL, -1, c), 0);
	assert_option(so, OPT_IP_TTL, 64);
	assert_int_equal(sosetopt(so, OPT_IP_TOS, 0x10, c), 0);
	assert_option(so, OPT_IP_TOS, 0x10);
	assert_int_equal(sosetopt(so, OPT_IP_TOS, 256, c), EINVAL);

	assert_int_equal(sosetopt(so, OPT_IP_LOCALPORTS, PORTS(50000, 50001),
	    c), 0);
	assert_option(so, OPT_IP_LOCALPORTS, PORTS(50000, 50001));
	assert_int_equal(sosetopt(so, OPT_IP_LOCALPORTS, PORTS(6, 5), c),
	    EINVAL);
	assert_int_equal(sosetopt(so, OPT_IP_BINDANY, 1, c), EPERM);
	assert_int_equal(sosetopt(so, OPT_IP_HDRINCL, 1, c), ENOPROTOOPT);
	assert_int_equal(sosetopt(so, OPT_TCP_NODELAY, 1, c), ENOPROTOOPT);
	assert_int_equal(sosetopt(so, OPT_ERROR, 1, c), ENOPROTOOPT);

	assert_int_equal(sosetopt(so, OPT_REUSEADDR, 7, c), 0);
	assert_int_equal(sosetopt(so, OPT_REUSEPORT, 1, c), 0);
	assert_option(so, OPT_REUSEADDR, 1);
	assert_int_equal(so->so_pcb->inp_reuse, INP_REUSEADDR | INP_REUSEPORT);
	assert_int_equal(sosetopt(so, OPT_REUSEADDR, 0, c), 0);
	assert_int_equal(so->so_pcb->inp_reuse, INP_REUSEPORT);

	assert_option(so, OPT_LINGER, -1);
	assert_int_equal(sosetopt(so, OPT_LINGER, 5, c), 0);
	assert_option(so, OPT_LINGER, 5);
	assert_int_equal(sosetopt(so, OPT_LINGER, -1, c), 0);
	assert_option(so, OPT_LINGER, -1);
	assert_option(so, OPT_ACCEPTCONN, 0);

	assert_int_equal(sosetopt(so, OPT_RCVBUF, 0, c), EINVAL);
	assert_int_equal(sosetopt(so, OPT_RCVBUF, INT32_MAX, c), 0);
	assert_option(so, OPT_RCVBUF, 2 * 1024 * 1024);
	assert_int_equal(sosetopt(so, OPT_RCVLOWAT, 10, c), 0);
	assert_option(so, OPT_RCVLOWAT, 10);
}

static void
the_port_range_option_decides_the_port(void **state)
{
	struct fixture *f = *state;
	struct socket *so = udp(f, &f->a), *local = udp(f, &f->a);
	struct endpoint e;

	assert_int_equal(sosetopt(so, OPT_IP_PORTRANGE, 2, &f->a), 0);
	assert_int_equal(send_to(so, "x", 1, "10.0.0.2", 9), 0);
	sosockaddr(so, &e);
	assert_in_range(ntohs(e.port), 600, 1023);
	assert_int_equal(sosetopt(local, OPT_IP_LOCALPORTS,
	    PORTS(50000, 50000), &f->a), 0);
	assert_int_equal(send_to(local, "x", 1, "10.0.0.2", 9), 0);
	sosockaddr(local, &e);
	assert_int_equal(ntohs(e.port), 50000);
}

/* ---- the tap, raw sockets, ICMP ---- */

struct capture {
	unsigned n;
	size_t	 len;
	uint8_t	 bytes[2000];	/* the last packet */
};

static void
capture(void *arg, const struct vnet *v, const struct ifnet *ifp,
    const struct mbuf *m)
{
	struct capture *c = arg;

	assert_ptr_equal(ifp, lo0(v));
	c->n++;
	c->len = m->m_pktlen;
	assert_int_equal(m_length(m), c->len);
	m_copydata(m, 0, c->len, c->bytes);
}

/* One's complement sum of big-endian words. */
static uint32_t
sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)p[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void
a_capture_shows_whole_packets_with_right_checksums(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *client = udp(f, &f->b);
	struct capture c = { 0 };
	char data[1001];

	memset(data, 'd', sizeof(data));
	if_settap(f->v, capture, &c);
	assert_int_equal(send_to(client, data, sizeof(data), "10.0.0.1", 53),
	    0);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.len, 20 + 8 + sizeof(data));
	assert_int_equal(sum16(c.bytes, 20, 0), 0xffff);
	assert_int_equal(sum16(c.bytes + 20, c.len - 20, sum16(c.bytes + 12, 8,
	    IPPROTO_UDP + (uint32_t)c.len - 20)), 0xffff);
	run(f);
	assert_int_equal(c.n, 1);
	if_settap(f->v, NULL, NULL);
	assert_int_equal(send_to(client, "x", 1, "10.0.0.1", 53), 0);
	assert_int_equal(c.n, 1);
	assert_int_equal(lo0(f->v)->if_opackets, 2);
	run(f);
	assert_int_equal(lo0(f->v)->if_ipackets, 2);
	assert_int_equal(server->so_rcv.sb_cc, sizeof(data) + 1);
}

static void
without_udp_checksums_the_field_is_zero(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *client = udp(f, &f->b);
	struct capture c = { 0 };

	assert_int_equal(sysctl_set(f, "net.inet.udp.checksum", 0), 0);
	if_settap(f->v, capture, &c);
	assert_int_equal(send_to(client, "x", 1, "10.0.0.1", 53), 0);
	assert_int_equal(get16(c.bytes + 26), 0);
	run(f);
	assert_receives(server, "x", NULL);
	assert_int_equal(UDPSTAT(f, udps_nosum), 1);
}

static struct socket *
raw(struct fixture *f, const struct cred *c, int protocol)
{
	struct socket *so;

	assert_int_equal(socreate(f->v, AF_INET, SOCK_RAW, protocol, c, &so),
	    0);
	so->so_upcall = upcall;
	so->so_upcallarg = &f->events[f->nso];
	f->so[f->nso++] = so;
	return so;
}

static void
an_echo_request_is_answered(void **state)
{
	struct fixture *f = *state;
	struct socket *so = raw(f, &f->host, IPPROTO_ICMP);
	uint8_t ping[1000] = { 8, 0, 0, 0, 0x12, 0x34, 0, 1 }, buf[1100];
	struct iovec iov = { buf, sizeof(buf) };
	struct endpoint from;
	size_t got;

	memset(ping + 8, 'p', sizeof(ping) - 8);
	put16(ping + 2, (uint16_t)~sum16(ping, sizeof(ping), 0));
	assert_int_equal(send_to(so, ping, sizeof(ping), "10.0.0.1", 0), 0);
	run(f);
	/* The request itself, then the answer. */
	assert_int_equal(soreceive(so, &iov, 1, &from, 0, &got), 0);
	assert_int_equal(buf[20], 8);
	assert_int_equal(soreceive(so, &iov, 1, &from, 0, &got), 0);
	assert_int_equal(got, 20 + sizeof(ping));
	assert_endpoint(&from, "10.0.0.1", 0);
	assert_int_equal(buf[20], 0);
	assert_memory_equal(buf + 24, ping + 4, sizeof(ping) - 4);
	assert_int_equal(sum16(buf + 20, sizeof(ping), 0), 0xffff);
	assert_int_equal(receive_error(so), EWOULDBLOCK);
}

static void
a_raw_socket_hears_its_protocol_and_addresses_only(void **state)
{
	struct fixture *f = *state;
	struct socket *so = raw(f, &f->host, 200);
	struct socket *bound = raw(f, &f->host, 200);
	struct socket *other = raw(f, &f->host, 201);
	struct endpoint e = ep("10.0.0.2", 0), foreign = ep("192.0.2.1", 0);

	assert_int_equal(sobind(bound, &foreign, &f->host), EADDRNOTAVAIL);
	assert_int_equal(sobind(bound, &e, &f->host), 0);
	assert_int_equal(send_to(so, "x", 1, "10.0.0.1", 0), 0);
	run(f);
	assert_int_equal(receive_error(so), 0);
	assert_int_equal(receive_error(bound), EWOULDBLOCK);
	assert_int_equal(receive_error(other), EWOULDBLOCK);
	assert_int_equal(connect_to(so, "10.0.0.2", 0), 0);
	assert_int_equal(send_to(so, "x", 1, NULL, 0), 0);
	run(f);
	assert_int_equal(receive_error(bound), 0);
}

static void
a_raw_socket_may_bring_its_own_header(void **state)
{
	struct fixture *f = *state;
	struct socket *so = raw(f, &f->host, 200);
	uint8_t pkt[21] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 9, 200, 0, 0,
		0, 0, 0, 0, 10, 0, 0, 1, 'x' };
	uint8_t buf[40];
	struct iovec iov = { buf, sizeof(buf) };
	size_t got;

	assert_int_equal(sosetopt(so, OPT_IP_HDRINCL, 1, &f->host), 0);
	assert_option(so, OPT_IP_HDRINCL, 1);
	assert_int_equal(send_to(so, pkt, 19, "10.0.0.1", 0), EINVAL);
	assert_int_equal(send_to(so, pkt, sizeof(pkt), "10.0.0.1", 0), 0);
	pkt[0] = 0x4f;
	assert_int_equal(send_to(so, pkt, sizeof(pkt), "10.0.0.1", 0), EINVAL);
	run(f);
	assert_int_equal(soreceive(so, &iov, 1, NULL, 0, &got), 0);
	assert_int_equal(got, sizeof(pkt));
	assert_int_equal(buf[8], 9);
	assert_int_equal(get16(buf + 2), sizeof(pkt));
	assert_int_equal(sum16(buf, 20, 0), 0xffff);
	assert_int_equal(buf[20], 'x');
}

static void
closing_a_socket_drops_what_it_had_not_read(void **state)
{
	struct fixture *f = *state;
	struct socket *server = udp_bound(f, &f->a, "10.0.0.1", 53);
	struct socket *client = udp(f, &f->b);

	for (int i = 0; i < 10; i++)
		assert_int_equal(send_to(client, "x", 1, "10.0.0.1", 53), 0);
	vnet_run(f->v, 5);
	assert_int_equal(server->so_rcv.sb_cc, 5);
	/* The rest is in the queue when the vnet ends. */
}

/* A vnet per test: each ends with all zones empty. */
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_jails_exchange_datagrams),
		TEST(a_wildcard_bind_in_a_jail_gets_its_only_address),
		TEST(loopback_in_a_jail_is_its_first_address),
		TEST(binding_to_anothers_address_is_refused),
		TEST(sending_binds_the_port_and_in_a_jail_the_address),
		TEST(the_source_of_a_host_datagram_suits_its_destination),
		TEST(a_port_set_aside_by_no_port_is_chosen_when_sending),
		TEST(an_empty_datagram_arrives),
		TEST(the_largest_datagram_arrives_and_a_larger_one_is_refused),
		TEST(a_datagram_is_cut_to_the_room_and_its_length_told),
		TEST(a_full_receive_buffer_loses_datagrams_and_counts_them),
		TEST(the_input_queue_is_bounded),
		TEST(a_connected_socket_hears_its_peer_only),
		TEST(a_connected_socket_may_still_send_elsewhere),
		TEST(connecting_again_changes_the_peer),
		TEST(after_disconnecting_there_is_no_peer),
		TEST(a_closed_port_refuses_a_connected_socket),
		TEST(unreachable_messages_are_limited_by_the_second),
		TEST(how_many_messages_a_second_has_cannot_be_foretold),
		TEST(sending_without_a_destination_is_refused),
		TEST(shutdown_needs_a_peer_and_ends_both_directions),
		TEST(a_datagram_socket_cannot_listen),
		TEST(sockets_that_cannot_be_are_refused),
		TEST(maxsockets_limits_but_not_below_what_is_open),
		TEST(without_memory_a_call_fails_and_leaves_nothing),
		TEST(options_are_checked_and_kept),
		TEST(the_port_range_option_decides_the_port),
		TEST(a_capture_shows_whole_packets_with_right_checksums),
		TEST(without_udp_checksums_the_field_is_zero),
		TEST(an_echo_request_is_answered),
		TEST(a_raw_socket_hears_its_protocol_and_addresses_only),
		TEST(a_raw_socket_may_bring_its_own_header),
		TEST(closing_a_socket_drops_what_it_had_not_read),
	};

	return cmocka_run_group_tests_name("stack_socket_udp", tests, NULL,
	    NULL);
}
