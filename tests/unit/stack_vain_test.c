/*
 * What comes to a port where nobody listens: who is told of it in the log, and
 * whether its sender is.
 */
#include "tests/unit/stack_tcp_fixture.h"
#include "stack/vlog.h"
#include "sysctl/sysctl.h"

struct said {
	char	 last[VLOG_LINE];
	unsigned n;
};

static void
hear(void *arg, const char *line)
{
	struct said *s = arg;

	strcpy(s->last, line);
	s->n++;
}

/* The bare peer sends that to a port where nobody is.  True: it is answered. */
static bool
knock(struct net *n, uint8_t flags)
{
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 100 };
	static struct pkt p;

	peer_send(n, &pe, flags, NULL, 0);
	return peer_get(n, &p);
}

static void
attempts_at_closed_tcp_ports_are_logged_where_wanted(void **state)
{
	struct net *n = net_of(state);
	struct said said = { .n = 0 };
	struct socket *l;

	vlog_set(n->v, hear, &said);
	(void)knock(n, TH_SYN);
	assert_int_equal(said.n, 0);
	put_knob(n, "net.inet.tcp.log_in_vain", 1);
	(void)knock(n, TH_SYN);
	assert_int_equal(said.n, 1);
	assert_string_equal(said.last, "TCP: [127.0.0.9]:9000 to "
	    "[127.0.0.2]:7000 tcpflags 0x2<SYN>; tcp_input: Connection "
	    "attempt to closed port");
	(void)knock(n, TH_FIN | TH_ACK);
	assert_int_equal(said.n, 1);
	put_knob(n, "net.inet.tcp.log_in_vain", 2);
	(void)knock(n, TH_FIN | TH_ACK);
	assert_int_equal(said.n, 2);
	assert_string_equal(said.last, "TCP: [127.0.0.9]:9000 to "
	    "[127.0.0.2]:7000 tcpflags 0x11<FIN,ACK>; tcp_input: Connection "
	    "attempt to closed port");
	l = listener(n);
	(void)knock(n, TH_SYN);
	assert_int_equal(said.n, 2);
	soclose(l);
}

static struct socket *
datagram_to(struct net *n, const char *addr, uint16_t port)
{
	struct endpoint to = ep(addr, port), from = ep("127.0.0.1", 4000);
	struct socket *so;

	if_settap(n->v, NULL, NULL);	/* the tap knows TCP only */
	assert_int_equal(socreate(n->v, AF_INET, SOCK_DGRAM, 0, &n->cred,
	    &so), 0);
	assert_int_equal(sobind(so, &from, &n->cred), 0);
	assert_int_equal(soconnect(so, &to, &n->cred), 0);
	assert_int_equal(put(n, so, "x", 1), 1);
	run(n);
	return so;
}

static void
datagrams_for_closed_ports_are_logged_where_wanted(void **state)
{
	struct net *n = net_of(state);
	struct said said = { .n = 0 };

	vlog_set(n->v, hear, &said);
	soclose(datagram_to(n, "127.0.0.2", 9));
	assert_int_equal(said.n, 0);
	put_knob(n, "net.inet.udp.log_in_vain", 1);
	soclose(datagram_to(n, "127.0.0.2", 9));
	assert_int_equal(said.n, 1);
	assert_string_equal(said.last, "Connection attempt to UDP "
	    "127.0.0.2:9 from 127.0.0.1:4000");
}

static void
a_flood_of_attempts_fills_no_log(void **state)
{
	struct net *n = net_of(state);
	struct said said = { .n = 0 };

	vlog_set(n->v, hear, &said);
	put_knob(n, "net.inet.tcp.log_in_vain", 1);
	for (int i = 0; i < VLOG_RATE + 20; i++)
		(void)knock(n, TH_SYN);
	assert_int_equal(said.n, VLOG_RATE);
	vnet_settime(n->v, n->v->now + NSEC_PER_SEC);
	said.n = 0;
	vlog(n->v, "the next");
	assert_int_equal(said.n, 2);
	assert_string_equal(said.last, "the next");
	vnet_settime(n->v, n->v->now + NSEC_PER_SEC);
	vlog(n->v, "%.*s", 2 * VLOG_LINE, "another");
	assert_int_equal(said.n, 3);
	vlog_set(n->v, NULL, NULL);
	vlog(n->v, "nobody hears it");
	assert_int_equal(said.n, 3);
}

static void
blackholes_are_for_local_senders_unless_told_otherwise(void **state)
{
	struct net *n = net_of(state);
	struct socket *so;

	put_knob(n, "net.inet.tcp.blackhole", 2);
	assert_false(knock(n, TH_SYN));
	put_knob(n, "net.inet.tcp.blackhole_local", 0);
	assert_true(knock(n, TH_SYN));

	put_knob(n, "net.inet.udp.blackhole", 1);
	so = datagram_to(n, "127.0.0.2", 9);
	assert_int_equal(so->so_error, 0);
	soclose(so);
	put_knob(n, "net.inet.udp.blackhole_local", 0);
	so = datagram_to(n, "127.0.0.2", 9);
	assert_int_equal(so->so_error, ECONNREFUSED);
	soclose(so);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(attempts_at_closed_tcp_ports_are_logged_where_wanted),
		net_test(datagrams_for_closed_ports_are_logged_where_wanted),
		net_test(a_flood_of_attempts_fills_no_log),
		net_test(
		    blackholes_are_for_local_senders_unless_told_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
