/*
 * Idle connections cost nothing: what the timers do is counted, not timed.
 */
#include "tests/unit/stack_tcp_fixture.h"

#define MAXCONN 1500

static struct socket *con[MAXCONN], *srv[MAXCONN];

static void
connections(struct net *n, unsigned count)
{
	struct socket *l = listener(n);

	for (unsigned i = 0; i < count; i++) {
		con[i] = newsock(n);
		assert_int_equal(connect_to(n, con[i], "127.0.0.2", PORT),
		    EINPROGRESS);
		run(n);
		srv[i] = accept_one(l);
		assert_int_equal(put(n, con[i], "x", 1), 1);
		run(n);
	}
	soclose(l);
	/* Delayed ACKs, and retransmit callouts that find nothing to do. */
	pass(n, 5000);
}

static void
close_all(struct net *n, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		soabort(con[i]);
		run(n);
		soclose(srv[i]);
	}
}

static struct callout_stats
stats(struct net *n)
{
	struct callout_stats cs;

	callout_stats(n->v, &cs);
	return cs;
}

static void
idle_connections_have_no_handler_called_for_two_hours(void **state)
{
	static const unsigned size[] = { 10, MAXCONN };
	struct net *n = net_of(state);
	struct callout_stats was, is;

	for (int i = 0; i < 2; i++) {
		connections(n, size[i]);
		was = stats(n);
		/* Keepalive is on: all of them wait for it. */
		for (unsigned k = 0; k < size[i]; k++)
			assert_true(callout_pending(&tcb(con[k])->t_callout));
		pass(n, 7190 * 1000);
		is = stats(n);
		assert_int_equal(is.fired, was.fired);
		/* Once for each row of the wheel at most. */
		assert_in_range(is.dealt - was.dealt, 0, 7 * 2 * size[i]);
		/* Then one probe of either end, or the answer to the other's. */
		pass(n, 10 * 1000);
		is = stats(n);
		assert_in_range(is.fired - was.fired, size[i], 4 * size[i]);
		assert_in_range(st(n)->tcps_keepprobe, size[i], 2 * size[i]);
		st(n)->tcps_keepprobe = 0;
		for (unsigned k = 0; k < size[i]; k++)
			assert_int_equal(state_of(con[k]), TCPS_ESTABLISHED);
		close_all(n, size[i]);
	}
}

static void
a_millisecond_with_idle_connections_looks_at_no_slot(void **state)
{
	struct net *n = net_of(state);
	struct callout_stats was, is;
	unsigned slots = 0;

	connections(n, MAXCONN);
	for (int ms = 0; ms < 60000; ms++) {
		was = stats(n);
		vnet_settime(n->v, n->v->now + MSEC);
		assert_false(vnet_run(n->v, 0));
		is = stats(n);
		assert_int_equal(is.fired, was.fired);
		slots += (unsigned)(is.slots - was.slots);
	}
	/* A minute passes few borders of slots that are not empty. */
	assert_in_range(slots, 0, 32);
	close_all(n, MAXCONN);
}

/* 49 days after the clock began its milliseconds no longer fit in 32 bits. */
static void
timers_go_on_where_32_bits_of_milliseconds_end(void **state)
{
	struct net *n = net_of(state);
	struct callout_stats was;

	vnet_settime(n->v, (UINT64_C(1) << 32) * MSEC - 3600 * NSEC_PER_SEC);
	connections(n, 2);
	was = stats(n);
	pass(n, 7190 * 1000);
	assert_int_equal(stats(n).fired, was.fired);
	assert_int_equal(st(n)->tcps_keepprobe, 0);
	pass(n, 10 * 1000);
	assert_in_range(st(n)->tcps_keepprobe, 2, 4);
	for (int k = 0; k < 2; k++)
		assert_int_equal(state_of(con[k]), TCPS_ESTABLISHED);
	close_all(n, 2);
}

static void
retransmission_goes_on_there_too_as_often_as_elsewhere(void **state)
{
	static const int64_t before[] = { 600000, 100000, 999, 1, 0 };
	struct net *n = net_of(state);
	uint64_t days = 0, first = 0, count;

	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		connections(n, 1);
		days += UINT64_C(1) << 32;
		vnet_settime(n->v, (days - (uint64_t)before[i]) * MSEC + 1);
		run(n);
		count = st(n)->tcps_rexmttimeo;
		assert_int_equal(put(n, con[0], "x", 1), 1);
		n->filter = drop_all;
		run(n);
		pass(n, 120000);
		n->filter = NULL;
		count = st(n)->tcps_rexmttimeo - count;
		if (i == 0)
			first = count;
		assert_true(count > 5);
		assert_int_equal(count, first);
		close_all(n, 1);
		run(n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(idle_connections_have_no_handler_called_for_two_hours),
		net_test(a_millisecond_with_idle_connections_looks_at_no_slot),
		net_test(timers_go_on_where_32_bits_of_milliseconds_end),
		net_test(
		    retransmission_goes_on_there_too_as_often_as_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
