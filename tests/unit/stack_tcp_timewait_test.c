/*
 * TIME_WAIT in bulk: what a wait costs, how many there may be, and that neither
 * their end nor that of their jail comes all at once.
 */
#include "stack/purge.h"
#include "sysctl/sysctl.h"
#include "tests/unit/stack_tcp_fixture.h"

#define TWO_MSL	60000

static struct zone_stats
zone_of(struct net *n, const char *name)
{
	struct zone_stats zs = { .name = NULL };
	struct zone *z = NULL;

	while ((z = znext(n->v, z)) != NULL) {
		zstats(z, &zs);
		if (strcmp(zs.name, name) == 0)
			return zs;
	}
	fail_msg("no zone %s", name);
	return zs;
}

static uint64_t
waiting(struct net *n)
{
	return V_tcp(n->v)->states[TCPS_TIME_WAIT];
}

/* A connection of cred's through listener l that ends in TIME_WAIT on the
 * client's side. */
static void
one_wait(struct net *n, struct socket *l, const struct cred *cred)
{
	struct endpoint name = ep("127.0.0.2", PORT);
	struct socket *c, *s;

	assert_int_equal(socreate(n->v, AF_INET, SOCK_STREAM, 0, cred, &c), 0);
	assert_int_equal(soconnect(c, &name, cred), EINPROGRESS);
	run(n);
	s = accept_one(l);
	soclose(c);
	run(n);
	soclose(s);
	run(n);
}

static void
waits(struct net *n, unsigned count)
{
	struct socket *l = listener(n);

	while (count-- > 0)
		one_wait(n, l, &n->cred);
	soclose(l);
}

static void
set_knob(struct net *n, const char *name, int value, int expect)
{
	struct sysctl_req req = { .vnet = n->v, .cred = &n->cred,
		.newptr = &value, .newlen = sizeof(value) };
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;

	assert_int_equal(sysctl_lookup(n->v, name, mib, &len), 0);
	assert_int_equal(sysctl_step(mib, len, &req), expect);
	free(req.out);
}

static int
get_knob(struct net *n, const char *name)
{
	struct sysctl_req req = { .vnet = n->v, .cred = &n->cred };
	int mib[CTL_MAXNAME], value;
	unsigned len = CTL_MAXNAME;

	assert_int_equal(sysctl_lookup(n->v, name, mib, &len), 0);
	assert_int_equal(sysctl_step(mib, len, &req), 0);
	assert_int_equal(req.outlen, sizeof(value));
	memcpy(&value, req.out, sizeof(value));
	free(req.out);
	return value;
}

static void
a_wait_costs_a_tcptw_and_neither_socket_nor_tcpcb(void **state)
{
	struct net *n = net_of(state);

	waits(n, 1000);
	assert_int_equal(waiting(n), 1000);
	assert_int_equal(zone_of(n, "tcptw").used, 1000);
	assert_int_equal(zone_of(n, "tcp_inpcb").used, 0);
	assert_int_equal(zone_of(n, "socket").used, 0);
	assert_in_range(zone_of(n, "tcptw").size, 1, 256);
	assert_true(zone_of(n, "tcptw").size <= sizeof(struct tcpcb) / 2 + 16);
	pass(n, TWO_MSL + 10);
	expect_no_pcbs(n);
	assert_int_equal(zone_of(n, "tcptw").used, 0);
	assert_int_equal(st(n)->tcps_closed, 2000);
}

static void
each_wait_ends_when_its_own_time_is_over(void **state)
{
	struct net *n = net_of(state);

	for (int i = 0; i < 5; i++) {
		waits(n, 1);
		pass(n, 1000);
	}
	pass(n, TWO_MSL - 5000 - 1);
	for (unsigned left = 5; left > 0; left--) {
		assert_int_equal(waiting(n), left);
		pass(n, 2);
		assert_int_equal(waiting(n), left - 1);
		pass(n, 998);
	}
	expect_no_pcbs(n);
}

static void
no_millisecond_ends_more_than_a_batch(void **state)
{
	struct net *n = net_of(state);
	uint64_t before;
	unsigned ticks = 0;

	waits(n, 3000);
	pass(n, TWO_MSL - 1);
	assert_int_equal(waiting(n), 3000);
	for (; waiting(n) > 0; ticks++) {
		before = waiting(n);
		vnet_settime(n->v, n->v->now + MSEC);
		callout_run(n->v);
		assert_true(before - waiting(n) <= 512);
		assert_true(ticks < 10);
	}
	assert_in_range(ticks, 6, 9);
	expect_no_pcbs(n);
}

static void
above_the_limit_the_oldest_makes_room(void **state)
{
	struct net *n = net_of(state);
	uint64_t recycled;

	set_knob(n, "net.inet.tcp.maxtcptw", 31, EINVAL);
	set_knob(n, "net.inet.tcp.maxtcptw", 32, 0);
	assert_int_equal(get_knob(n, "net.inet.tcp.maxtcptw"), 32);
	waits(n, 32);
	pass(n, 1000);
	assert_int_equal(st(n)->tcps_tw_recycles, 0);
	waits(n, 10);
	assert_int_equal(waiting(n), 32);
	assert_int_equal(st(n)->tcps_tw_recycles, 10);
	assert_int_equal(zone_of(n, "tcptw").limit, 32);
	assert_int_equal(zone_of(n, "tcptw").failures, 0);
	/* It was the older ones that went. */
	pass(n, TWO_MSL - 999);
	assert_int_equal(waiting(n), 10);
	recycled = st(n)->tcps_tw_recycles;
	pass(n, 1000);
	expect_no_pcbs(n);
	assert_int_equal(st(n)->tcps_tw_recycles, recycled);
}

static void
the_limit_follows_maxsockets_until_it_is_set(void **state)
{
	struct net *n = net_of(state);
	int max = get_knob(n, "kern.ipc.maxsockets");

	assert_int_equal(get_knob(n, "net.inet.tcp.maxtcptw"), max / 5);
	set_knob(n, "kern.ipc.maxsockets", 2 * max, 0);
	assert_int_equal(get_knob(n, "net.inet.tcp.maxtcptw"), 2 * max / 5);
	waits(n, 1);
	assert_int_equal(zone_of(n, "tcptw").limit, 2 * max / 5);
	set_knob(n, "net.inet.tcp.maxtcptw", 100, 0);
	set_knob(n, "kern.ipc.maxsockets", max, 0);
	assert_int_equal(get_knob(n, "net.inet.tcp.maxtcptw"), 100);
}

static void
a_lowered_limit_is_reached_by_and_by(void **state)
{
	struct net *n = net_of(state);

	waits(n, 100);
	set_knob(n, "net.inet.tcp.maxtcptw", 40, 0);
	assert_int_equal(waiting(n), 100);
	waits(n, 10);
	assert_int_equal(waiting(n), 90);
	assert_int_equal(zone_of(n, "tcptw").failures, 0);
	waits(n, 51);
	assert_int_equal(waiting(n), 40);
	waits(n, 5);
	assert_int_equal(waiting(n), 40);
}

static void
without_memory_the_control_block_waits_itself(void **state)
{
	struct net *n = net_of(state);
	struct zone *z = NULL;
	struct zone_stats zs;

	do {
		z = znext(n->v, z);
		assert_non_null(z);
		zstats(z, &zs);
	} while (strcmp(zs.name, "tcptw") != 0);
	zfail(z, 0);
	waits(n, 2);
	assert_int_equal(waiting(n), 2);
	assert_int_equal(zone_of(n, "tcptw").used, 1);
	assert_int_equal(zone_of(n, "tcp_inpcb").used, 1);
	pass(n, TWO_MSL - 1);
	assert_int_equal(waiting(n), 2);
	pass(n, 2);
	expect_no_pcbs(n);
}

/* shutdown() brings the client into TIME_WAIT with its socket. */
static struct socket *
waiting_with_socket(struct net *n)
{
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(soshutdown(c, SHUT_WR), 0);
	run(n);
	soclose(s);
	run(n);
	assert_int_equal(state_of(c), TCPS_TIME_WAIT);
	return c;
}

static void
a_socket_closed_late_leaves_the_rest_of_the_wait(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = waiting_with_socket(n);

	pass(n, TWO_MSL - 1000);
	assert_int_equal(zone_of(n, "tcptw").used, 0);
	soclose(c);
	assert_int_equal(zone_of(n, "tcptw").used, 1);
	assert_int_equal(zone_of(n, "tcp_inpcb").used, 0);
	pass(n, 998);
	assert_int_equal(waiting(n), 1);
	pass(n, 3);
	expect_no_pcbs(n);
}

static void
an_owner_who_never_closes_keeps_a_dead_control_block_only(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = waiting_with_socket(n);

	pass(n, TWO_MSL + 1);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	assert_int_equal(waiting(n), 0);
	soclose(c);
	expect_no_pcbs(n);
}

static void
the_fin_again_is_acknowledged_and_the_wait_begins_anew(void **state)
{
	struct net *n = net_of(state);
	static struct pkt p;
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, true);
	uint32_t tsval;

	soclose(so);
	peer_expect(n, &pe, &p, TH_FIN | TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	peer_send(n, &pe, TH_FIN | TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	tsval = p.opt.to_tsval;
	waits(n, 1);
	pass(n, TWO_MSL / 2);
	peer_send_at(n, &pe, pe.nxt - 1, TH_FIN | TH_ACK, NULL, 0);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	assert_int_equal(p.seq, pe.rcv);
	assert_int_equal(p.opt.to_flags, TOF_TS);
	/* The clock of the timestamps is still the connection's. */
	assert_int_equal(p.opt.to_tsval, tsval + TWO_MSL / 2);
	assert_int_equal(p.opt.to_tsecr, pe.tsval);
	pass(n, TWO_MSL / 2 + 10);
	assert_int_equal(waiting(n), 1);
	pass(n, TWO_MSL / 2);
	expect_no_pcbs(n);
}

static void
answers_in_time_wait_are_rate_limited(void **state)
{
	struct net *n = net_of(state);
	static struct pkt p;
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, false);
	int answers = 0;

	soclose(so);
	peer_expect(n, &pe, &p, TH_FIN | TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	peer_send(n, &pe, TH_FIN | TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	for (int i = 0; i < 100; i++) {
		peer_send_at(n, &pe, pe.nxt - 5, TH_ACK, "x", 1);
		answers += peer_get(n, &p);
	}
	assert_int_equal(answers, V_tcp(n->v)->ack_war_cnt);
	assert_int_equal(st(n)->tcps_tw_responds, 100);
	peer_send_at(n, &pe, pe.nxt, TH_RST, NULL, 0);
	assert_int_equal(waiting(n), 1);
}

static struct prison *
jail(struct net *n, const char *addr)
{
	struct inaddr a = ep(addr, 0).addr;
	struct prison_params pp = { .addr = &a, .naddr = 1,
		.ip4_restricted = true, .allow = PR_ALLOW_DEFAULT };
	struct prison *pr;
	char msg[100];

	assert_int_equal(prison_create(n->v, prison0(n->v), &pp, &pr, msg,
	    sizeof(msg)), 0);
	return pr;
}

static void
a_jails_waits_go_in_slices_and_no_others_with_them(void **state)
{
	struct net *n = net_of(state);
	struct prison *pr = jail(n, "127.0.0.3");
	struct cred cred = { .prison = pr };
	struct socket *l = listener(n);
	uint64_t gen = 0, before = 0;
	unsigned calls = 0, budget;
	bool more;

	for (int i = 0; i < 1000; i++) {
		one_wait(n, l, &cred);
		if (i % 10 == 0)
			one_wait(n, l, &n->cred);
	}
	assert_int_equal(waiting(n), 1100);
	prison_remove(n->v, pr);
	do {
		before = waiting(n);
		budget = 64;
		more = tcp_purge(n->v, pr, false, &gen, &budget);
		assert_true(before - waiting(n) <= 64);
		/* Packets are handled in between, and sockets come. */
		one_wait(n, l, &n->cred);
		calls++;
	} while (more);
	assert_in_range(calls, 16, 17);
	assert_null(in_pcbfirst(tcp_pcbinfo(n->v), pr));
	assert_int_equal(waiting(n), 100 + calls);
	prison_put(n->v, pr);
	soclose(l);
}

static void
a_dying_jails_connections_do_not_wait_at_all(void **state)
{
	struct net *n = net_of(state);
	struct prison *pr = jail(n, "127.0.0.3");
	struct cred cred = { .prison = pr };
	struct endpoint name = ep("127.0.0.2", PORT);
	struct socket *l = listener(n), *c, *s;

	assert_int_equal(socreate(n->v, AF_INET, SOCK_STREAM, 0, &cred, &c),
	    0);
	assert_int_equal(soconnect(c, &name, &cred), EINPROGRESS);
	run(n);
	s = accept_one(l);
	prison_remove(n->v, pr);
	soclose(c);
	run(n);
	soclose(s);
	run(n);
	assert_int_equal(waiting(n), 0);
	assert_null(in_pcbfirst(tcp_pcbinfo(n->v), pr));
	prison_put(n->v, pr);
	soclose(l);
}

static void
a_purge_with_reset_ends_what_nobody_owns_and_nothing_else(void **state)
{
	struct net *n = net_of(state);
	struct prison *pr = jail(n, "127.0.0.3");
	struct cred cred = { .prison = pr };
	struct endpoint name = ep("127.0.0.2", PORT);
	struct socket *l = listener(n), *c[6], *s[6];
	struct prison_purge pp = { .reset = true };
	unsigned budget = 1, steps = 0;

	for (int i = 0; i < 6; i++) {
		assert_int_equal(socreate(n->v, AF_INET, SOCK_STREAM, 0, &cred,
		    &c[i]), 0);
		assert_int_equal(soconnect(c[i], &name, &cred), EINPROGRESS);
		run(n);
		s[i] = accept_one(l);
		if (i % 2 == 0)
			soclose(c[i]);	/* FIN_WAIT_2 */
		run(n);
	}
	prison_remove(n->v, pr);
	for (; prison_purge_step(n->v, pr, &pp, &budget); steps++) {
		assert_int_equal(budget, 0);
		budget = 1;
	}
	/* One address, six connections, the last of which was the last. */
	assert_int_equal(steps, 6);
	run(n);
	for (int i = 0; i < 6; i++)
		assert_int_equal(state_of(s[i]), i % 2 == 0 ? TCPS_CLOSED :
		    TCPS_ESTABLISHED);
	assert_true(prison_has_pcbs(n->v, pr));
	for (int i = 0; i < 6; i++) {
		if (i % 2 != 0)
			soabort(c[i]);
		soclose(s[i]);
	}
	run(n);
	assert_false(prison_has_pcbs(n->v, pr));
	prison_put(n->v, pr);
	soclose(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(a_wait_costs_a_tcptw_and_neither_socket_nor_tcpcb),
		net_test(each_wait_ends_when_its_own_time_is_over),
		net_test(no_millisecond_ends_more_than_a_batch),
		net_test(above_the_limit_the_oldest_makes_room),
		net_test(the_limit_follows_maxsockets_until_it_is_set),
		net_test(a_lowered_limit_is_reached_by_and_by),
		net_test(without_memory_the_control_block_waits_itself),
		net_test(a_socket_closed_late_leaves_the_rest_of_the_wait),
		net_test(
		    an_owner_who_never_closes_keeps_a_dead_control_block_only),
		net_test(
		    the_fin_again_is_acknowledged_and_the_wait_begins_anew),
		net_test(answers_in_time_wait_are_rate_limited),
		net_test(a_jails_waits_go_in_slices_and_no_others_with_them),
		net_test(a_dying_jails_connections_do_not_wait_at_all),
		net_test(
		    a_purge_with_reset_ends_what_nobody_owns_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
