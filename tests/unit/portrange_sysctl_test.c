/*
 * Theory of operation
 *
 * The knobs are read and written by name, as sysctl(8) does, by the superuser
 * of the stack and by that of a jail; then the choice of ports is looked at.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vnet.h"
#include "netjail/prison.h"
#include "portrange/portrange.h"
#include "sysctl/sysctl.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

static const uint8_t seed[VNET_SEEDLEN] = { 8 };

static int
setup(void **state)
{
	return vnet_new(seed, 0, (struct vnet **)state);
}

static int
teardown(void **state)
{
	vnet_free(*state);
	return 0;
}

/* Read (and write, if newp is not NULL) a value of len bytes. */
static int
knob(struct vnet *v, const char *name, void *oldp, const void *newp, size_t len,
    bool jailed)
{
	struct cred cred = { .uid = 0, .prison = prison0(v) };
	struct sysctl_req req = {
		.vnet = v, .cred = &cred, .jailed = jailed, .newptr = newp,
		.newlen = newp == NULL ? 0 : len,
	};
	char full[80];
	int mib[CTL_MAXNAME];
	unsigned miblen = CTL_MAXNAME;
	int error;

	snprintf(full, sizeof(full), "net.inet.ip.portrange.%s", name);
	assert_int_equal(sysctl_lookup(v, full, mib, &miblen), 0);
	error = sysctl_step(mib, miblen, &req);
	if (error == 0) {
		assert_int_equal(req.outlen, len);
		memcpy(oldp, req.out, len);
	}
	free(req.out);
	return error;
}

static int
get(struct vnet *v, const char *name)
{
	int val;

	assert_int_equal(knob(v, name, &val, NULL, sizeof(val), false), 0);
	return val;
}

static void
set(struct vnet *v, const char *name, int val)
{
	int old;

	assert_int_equal(knob(v, name, &old, &val, sizeof(val), false), 0);
}

static uint64_t
stat(struct vnet *v, const char *name)
{
	char full[80];
	uint64_t val;

	snprintf(full, sizeof(full), "stats.%s", name);
	assert_int_equal(knob(v, full, &val, NULL, sizeof(val), false), 0);
	return val;
}

static void
defaults_are_freebsd_14s(void **state)
{
	static const struct {
		const char *name;
		int val;
	} row[] = {
		{ "lowfirst", 1023 }, { "lowlast", 600 }, { "first", 10000 },
		{ "last", 65535 }, { "hifirst", 49152 }, { "hilast", 65535 },
		{ "reservedhigh", 1023 }, { "reservedlow", 0 },
		{ "randomized", 1 },
	};

	for (size_t i = 0; i < NITEMS(row); i++)
		assert_int_equal(get(*state, row[i].name), row[i].val);
}

static void
limits_out_of_bounds_move_to_the_nearest_bound(void **state)
{
	static const struct {
		const char *name;
		int least, most;
	} row[] = {
		{ "lowfirst", 1, 1023 }, { "lowlast", 1, 1023 },
		{ "first", 1024, 65535 }, { "last", 1024, 65535 },
		{ "hifirst", 1024, 65535 }, { "hilast", 1024, 65535 },
	};
	static const int tries[] = {
		-70000, -1, 0, 1, 600, 1023, 1024, 50000, 65535, 65536, 1 << 30
	};

	for (size_t i = 0; i < NITEMS(row); i++)
		for (size_t j = 0; j < NITEMS(tries); j++) {
			int want = tries[j];

			if (want < row[i].least)
				want = row[i].least;
			if (want > row[i].most)
				want = row[i].most;
			set(*state, row[i].name, tries[j]);
			assert_int_equal(get(*state, row[i].name), want);
		}
}

static void
new_limits_hold_from_the_next_choice_on(void **state)
{
	struct portkey k = { .proto = 6, .laddr = inaddr_v4(1) };
	struct vnet *v = *state;
	uint16_t port;

	set(v, "first", 30001);
	set(v, "last", 30000);
	for (int i = 0; i < 2; i++) {
		struct portlimits lim =
		    portrange_limits(v, IP_PORTRANGE_DEFAULT);

		assert_int_equal(lim.lo, 30000);
		assert_int_equal(lim.hi, 30001);
		assert_int_equal(portrange_pick(v, &k, lim, NULL, &port), 0);
		assert_int_equal(
		    portrange_take(v, &k, port, PORT_BOUND, NULL), 0);
	}
	set(v, "first", 40000);
	set(v, "last", 40000);
	assert_int_equal(portrange_pick(v, &k,
	    portrange_limits(v, IP_PORTRANGE_DEFAULT), NULL, &port), 0);
	assert_int_equal(port, 40000);
	assert_true(portrange_used(v, &k, 30000, PORT_BOUND));
	portrange_put(v, &k, 30000, PORT_BOUND, NULL);
	portrange_put(v, &k, 30001, PORT_BOUND, NULL);
}

static void
each_range_has_limits_of_its_own(void **state)
{
	struct portlimits lim;

	lim = portrange_limits(*state, IP_PORTRANGE_LOW);
	assert_int_equal(lim.lo, 600);
	assert_int_equal(lim.hi, 1023);
	set(*state, "hifirst", 50000);
	set(*state, "hilast", 51000);
	lim = portrange_limits(*state, IP_PORTRANGE_HIGH);
	assert_int_equal(lim.lo, 50000);
	assert_int_equal(lim.hi, 51000);
	lim = portrange_limits(*state, IP_PORTRANGE_DEFAULT);
	assert_int_equal(lim.lo, 10000);
	assert_int_equal(lim.hi, 65535);
}

static void
reserved_ports_follow_the_knobs(void **state)
{
	struct vnet *v = *state;

	assert_true(portrange_reserved(v, 1));
	assert_true(portrange_reserved(v, 1023));
	assert_false(portrange_reserved(v, 1024));
	set(v, "reservedlow", 100);
	set(v, "reservedhigh", 2000);
	assert_false(portrange_reserved(v, 99));
	assert_true(portrange_reserved(v, 100));
	assert_true(portrange_reserved(v, 2000));
	assert_false(portrange_reserved(v, 2001));
	set(v, "reservedlow", 2001);
	assert_false(portrange_reserved(v, 2000));
	set(v, "reservedlow", -5);
	assert_true(portrange_reserved(v, 0));
}

static void
not_random_means_in_sequence(void **state)
{
	struct portkey k = { .proto = 6, .laddr = inaddr_v4(1) };
	struct portlimits lim = { 2000, 2999 };
	uint16_t port;

	set(*state, "randomized", 0);
	for (int i = 0; i < 2500; i++) {
		assert_int_equal(
		    portrange_pick(*state, &k, lim, NULL, &port), 0);
		assert_int_equal(port, 2000 + i % 1000);
	}
}

static void
counters_count_and_cannot_be_written(void **state)
{
	struct portkey k = { .proto = 17, .laddr = inaddr_v4(1) };
	struct portlimits one = { 7, 7 };
	struct vnet *v = *state;
	uint64_t val = 0;
	uint16_t port;

	assert_int_equal(portrange_pick(v, &k, one, NULL, &port), 0);
	assert_int_equal(portrange_pick(v, &k, one, NULL, &port), 0);
	assert_int_equal(portrange_take(v, &k, port, PORT_BOUND, NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(portrange_pick(v, &k, one, NULL, &port),
		    EADDRNOTAVAIL);
	portrange_put(v, &k, port, PORT_BOUND, NULL);
	for (int i = 0; i < 4; i++)
		portrange_count_conflict(v);
	for (int i = 0; i < 5; i++)
		portrange_count_denied(v);
	assert_int_equal(stat(v, "picks"), 2);
	assert_int_equal(stat(v, "exhausted"), 3);
	assert_int_equal(stat(v, "conflicts"), 4);
	assert_int_equal(stat(v, "denied"), 5);
	assert_int_equal(
	    knob(v, "stats.picks", &val, &val, sizeof(val), false), EPERM);
}

static void
a_jail_reads_but_does_not_write(void **state)
{
	int val = 20000, old;

	assert_int_equal(
	    knob(*state, "first", &old, NULL, sizeof(old), true), 0);
	assert_int_equal(old, 10000);
	assert_int_equal(
	    knob(*state, "first", &old, &val, sizeof(val), true), EPERM);
	assert_int_equal(get(*state, "first"), 10000);
}

static void
a_value_too_short_changes_nothing(void **state)
{
	int16_t val = 20000, old;

	assert_int_equal(
	    knob(*state, "first", &old, &val, sizeof(val), false), EINVAL);
	assert_int_equal(get(*state, "first"), 10000);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(defaults_are_freebsd_14s),
		TEST(limits_out_of_bounds_move_to_the_nearest_bound),
		TEST(new_limits_hold_from_the_next_choice_on),
		TEST(each_range_has_limits_of_its_own),
		TEST(reserved_ports_follow_the_knobs),
		TEST(not_random_means_in_sequence),
		TEST(counters_count_and_cannot_be_written),
		TEST(a_jail_reads_but_does_not_write),
		TEST(a_value_too_short_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
