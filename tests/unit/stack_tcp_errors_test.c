/*
 * When memory or the way out is missing, at every point where it can be; and
 * the calls that end a connection in unusual ways.
 */
#include "tests/unit/stack_tcp_fixture.h"

static char data[100000], got[100000];

static struct zone *
zone_named(struct net *n, const char *name)
{
	struct zone_stats zs;
	struct zone *z = NULL;

	while ((z = znext(n->v, z)) != NULL) {
		zstats(z, &zs);
		if (strcmp(zs.name, name) == 0)
			return z;
	}
	fail_msg("no zone %s", name);
	return NULL;
}

/* Move all of data from c to s while allocations from z fail: one of the first
 * `every' in every third round. */
static void
transfer_with_failures(struct net *n, struct socket *c, struct socket *s,
    struct zone *z, int every)
{
	size_t out = 0, in = 0;

	for (int i = 0; i < 3000 && in < sizeof(data); i++) {
		struct iovec iov = { data + out, sizeof(data) - out };
		size_t sent = 0;
		ssize_t k;
		int error;

		/* Not each time, or nothing would ever be sent. */
		zfail(z, i % 3 == 0 ? i / 3 % every : -1);
		error = out < sizeof(data) ?
		    sosend(c, &iov, 1, NULL, &n->cred, &sent) : 0;
		assert_true(error == 0 || error == EWOULDBLOCK ||
		    error == ENOBUFS);
		out += sent;
		pass(n, 20);
		while ((k = get(s, got + in, sizeof(got) - in)) > 0)
			in += (size_t)k;
	}
	zfail(z, -1);
	assert_int_equal(in, sizeof(data));
	assert_memory_equal(data, got, sizeof(data));
}

static void
data_survives_failing_allocations(void **state)
{
	struct net *n = net_of(state);

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 13 >> 3);
	for (int every = 2; every < 12; every++) {
		struct socket *c, *s;

		pair(n, &c, &s);
		assert_int_equal(sosetopt(c, OPT_TCP_MAXSEG, 4000, &n->cred),
		    0);
		transfer_with_failures(n, c, s, zone_named(n, "mbuf"), every);
		soclose(c);
		soclose(s);
	}
	pass(n, 200000);
	expect_no_pcbs(n);
}

static void
handshake_survives_failing_allocations(void **state)
{
	static const char *const zones[] = { "mbuf", "socket", "tcp_inpcb" };
	struct net *n = net_of(state);

	for (size_t z = 0; z < 3; z++) {
		for (int at = 0; at < 8; at++) {
			struct socket *l = listener(n), *c = newsock(n), *s;

			zfail(zone_named(n, zones[z]), at);
			assert_int_equal(connect_to(n, c, "127.0.0.2", PORT),
			    EINPROGRESS);
			pass(n, 5000);
			zfail(zone_named(n, zones[z]), -1);
			assert_int_equal(state_of(c), TCPS_ESTABLISHED);
			s = accept_one(l);
			soclose(c);
			soclose(s);
			soclose(l);
			pass(n, 70000);
			expect_no_pcbs(n);
		}
	}
}

static void
close_survives_failing_allocations(void **state)
{
	struct net *n = net_of(state);

	for (int at = 0; at < 12; at++) {
		struct socket *c, *s;

		pair(n, &c, &s);
		zfail(zone_named(n, "mbuf"), at);
		soclose(c);
		pass(n, 1000);
		soclose(s);
		pass(n, 100000);
		zfail(zone_named(n, "mbuf"), -1);
		expect_no_pcbs(n);
	}
}

static void
no_block_for_reassembly_drops_the_segment(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	zfail(zone_named(n, "tcpreass"), 0);
	peer_send_at(n, &pe, pe.nxt + 3, TH_ACK, "def", 3);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(st(n)->tcps_rcvreassfull, 1);
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "abc", 3);
	expect_data(so, "abc");
	soabort(so);
}

static void
no_socket_no_memory(void **state)
{
	struct net *n = net_of(state);
	struct socket *so = NULL;

	zfail(zone_named(n, "tcp_inpcb"), 0);
	assert_int_equal(socreate(n->v, AF_INET, SOCK_STREAM, 0, &n->cred,
	    &so), ENOBUFS);
	assert_null(so);
	expect_no_pcbs(n);
}

static void
no_control_block_for_a_second_connect(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n);

	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	assert_int_equal(sogeterror(c), ECONNREFUSED);
	zfail(zone_named(n, "tcp_inpcb"), 0);
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), ENOBUFS);
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	assert_int_equal(sogeterror(c), ECONNREFUSED);
	soclose(c);
	expect_no_pcbs(n);
}

static void
interface_that_is_down_fails_connect_and_delays_data(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s, *x = newsock(n);

	pair(n, &c, &s);
	lo0(n->v)->if_flags &= ~(uint32_t)IFF_UP;
	assert_int_equal(connect_to(n, x, "127.0.0.2", PORT), ENETDOWN);
	assert_int_equal(state_of(x), TCPS_CLOSED);
	assert_int_equal(put(n, c, "later", 5), 5);
	assert_int_equal(tcb(c)->t_softerror, ENETDOWN);
	pass(n, 2000);
	lo0(n->v)->if_flags |= IFF_UP;
	pass(n, 5000);
	expect_data(s, "later");
	/* The socket that could not connect may try again. */
	assert_int_equal(connect_to(n, x, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	assert_int_equal(sogeterror(x), ECONNREFUSED);
	soclose(c);
	soclose(s);
	soclose(x);
}

static void
timeout_names_what_was_in_the_way(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	lo0(n->v)->if_flags &= ~(uint32_t)IFF_UP;
	assert_int_equal(put(n, c, "never", 5), 5);
	pass(n, 3600000);
	assert_int_equal(read_error(c), ENETDOWN);
	soclose(c);
	soabort(s);
}

static void
smaller_mtu_on_our_own_interface_is_noticed(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	lo0(n->v)->if_mtu = 9000;
	assert_int_equal(put(n, c, data, 50000), 50000);
	for (int i = 0; i < 100 && s->so_rcv.sb_cc < 50000; i++)
		pass(n, 50);
	assert_int_equal(tcb(c)->t_maxseg, 8960);
	assert_int_equal(get(s, got, 50000), 50000);
	assert_memory_equal(data, got, 50000);
	soclose(c);
	soclose(s);
}

static void
shutdown_before_the_handshake_ends_is_remembered(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n), *c = newsock(n), *s;
	char b;

	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	assert_int_equal(soshutdown(c, SHUT_WR), 0);
	run(n);
	s = accept_one(l);
	assert_int_equal(state_of(c), TCPS_FIN_WAIT_2);
	assert_int_equal(state_of(s), TCPS_CLOSE_WAIT);
	assert_int_equal(get(s, &b, 1), 0);
	assert_int_equal(put(n, s, "x", 1), 1);
	run(n);
	expect_data(c, "x");
	soclose(l);
	soclose(s);
	soclose(c);
	pass(n, 70000);
	expect_no_pcbs(n);
}

static void
close_in_simultaneous_open_sends_fin_after_the_handshake(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n);
	struct peer pe = { .self = ep("127.0.0.9", PORT), .nxt = 5,
		.wnd = 1000 };
	static struct pkt p;

	assert_int_equal(connect_to(n, c, "127.0.0.9", PORT), EINPROGRESS);
	peer_expect(n, &pe, &p, TH_SYN);
	pe.other = p.src;
	peer_send(n, &pe, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	soclose(c);
	expect_silence(n);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_FIN | TH_ACK);
	peer_send(n, &pe, TH_FIN | TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	pass(n, 60001);
	expect_no_pcbs(n);
}

static void
disconnect_is_an_orderly_close(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	char b;

	pair(n, &c, &s);
	assert_int_equal(sodisconnect(c), 0);
	run(n);
	assert_int_equal(get(s, &b, 1), 0);
	assert_int_equal(state_of(s), TCPS_CLOSE_WAIT);
	assert_int_equal(sodisconnect(c), EALREADY);
	soclose(c);
	soclose(s);
	pass(n, 60001);
	expect_no_pcbs(n);
}

static void
disconnect_with_linger_of_zero_resets(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(sosetopt(c, OPT_LINGER, 0, &n->cred), 0);
	assert_int_equal(sodisconnect(c), 0);
	run(n);
	assert_int_equal(read_error(s), ECONNRESET);
	soclose(c);
	soclose(s);
	expect_no_pcbs(n);
}

static void
socket_that_listens_without_a_port_gets_one(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = newsock(n), *c = newsock(n), *s;
	struct endpoint name;

	assert_int_equal(solisten(l, 1, &n->cred), 0);
	sosockaddr(l, &name);
	assert_int_not_equal(name.port, 0);
	assert_int_equal(solisten(l, 5, &n->cred), 0);
	assert_int_equal(connect_to(n, c, "127.0.0.1", ntohs(name.port)),
	    EINPROGRESS);
	run(n);
	s = accept_one(l);
	soclose(l);
	soclose(c);
	soclose(s);
}

static void
closed_half_of_a_shut_down_connection_times_out(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(soshutdown(c, SHUT_WR), 0);
	run(n);
	assert_int_equal(state_of(c), TCPS_FIN_WAIT_2);
	pass(n, 100000);
	/* Only now nobody is left to read. */
	soclose(c);
	pass(n, 60001);
	assert_int_equal(st(n)->tcps_finwait2_drops, 1);
	soclose(s);
	run(n);
	expect_no_pcbs(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(data_survives_failing_allocations),
		net_test(handshake_survives_failing_allocations),
		net_test(close_survives_failing_allocations),
		net_test(no_block_for_reassembly_drops_the_segment),
		net_test(no_socket_no_memory),
		net_test(no_control_block_for_a_second_connect),
		net_test(interface_that_is_down_fails_connect_and_delays_data),
		net_test(timeout_names_what_was_in_the_way),
		net_test(smaller_mtu_on_our_own_interface_is_noticed),
		net_test(shutdown_before_the_handshake_ends_is_remembered),
		net_test(
		    close_in_simultaneous_open_sends_fin_after_the_handshake),
		net_test(disconnect_is_an_orderly_close),
		net_test(disconnect_with_linger_of_zero_resets),
		net_test(socket_that_listens_without_a_port_gets_one),
		net_test(closed_half_of_a_shut_down_connection_times_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
