/*
 * Theory of operation
 *
 * Modules declared here, out of order, record when they come up and go down;
 * one of them fails on request.  The log is a global, as the modules' functions
 * have no argument of the test's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/vnet.h"
#include "base/zone.h"

static char event_log[256];
static bool fail_second;

static void
note(const char *what)
{
	strcat(event_log, what);
}

static int
first_init(struct vnet *v)
{
	(void)v;
	note("+1");
	return 0;
}

static void
first_fini(struct vnet *v)
{
	(void)v;
	note("-1");
}

static int
second_init(struct vnet *v)
{
	(void)v;
	if (fail_second)
		return EIO;
	note("+2");
	return 0;
}

static void
second_fini(struct vnet *v)
{
	(void)v;
	note("-2");
}

static int
third_init(struct vnet *v)
{
	(void)v;
	note("+3");
	return 0;
}

static void
third_fini(struct vnet *v)
{
	(void)v;
	note("-3");
}

struct state {
	uint64_t word[4];
};

VNET_MODULE(third_module, struct state, VNET_PROTO, third_init, third_fini);
VNET_MODULE(second_b, struct state, VNET_PCB, second_init, second_fini);
VNET_MODULE(first_module, struct state, VNET_BASE, first_init, first_fini);
VNET_MODULE(second_a, struct state, VNET_PCB, NULL, NULL);

static const uint8_t seed[VNET_SEEDLEN] = { 1, 2, 3 };

static void
modules_come_up_by_level_and_go_down_in_reverse(void **unused)
{
	struct vnet *v;

	(void)unused;
	event_log[0] = '\0';
	assert_int_equal(vnet_new(seed, 7, &v), 0);
	assert_string_equal(event_log, "+1+2+3");
	assert_true(second_a.index < second_b.index);
	assert_int_equal(v->now, 7);
	vnet_free(v);
	assert_string_equal(event_log, "+1+2+3-3-2-1");
}

static void
failure_of_a_module_takes_down_those_before_it(void **unused)
{
	struct vnet other, *v = &other;

	(void)unused;
	event_log[0] = '\0';
	fail_second = true;
	assert_int_equal(vnet_new(seed, 0, &v), EIO);
	fail_second = false;
	assert_null(v);
	assert_string_equal(event_log, "+1-1");
}

static void
two_vnets_have_states_of_their_own(void **unused)
{
	struct vnet *a, *b;
	struct state *s;

	(void)unused;
	assert_int_equal(vnet_new(seed, 0, &a), 0);
	assert_int_equal(vnet_new(seed, 0, &b), 0);
	s = vnet_data(a, &second_a);
	assert_int_equal(s->word[3], 0);
	s->word[3] = 1;
	s = vnet_data(b, &second_a);
	assert_int_equal(s->word[3], 0);
	vnet_free(a);
	vnet_free(b);
}

static void
time_does_not_go_back(void **unused)
{
	struct vnet *v;

	(void)unused;
	assert_int_equal(vnet_new(seed, 10, &v), 0);
	vnet_settime(v, 20);
	vnet_settime(v, 15);
	assert_int_equal(v->now, 20);
	vnet_free(v);
}

static void
random_numbers_follow_from_the_seed(void **unused)
{
	static const uint8_t other[VNET_SEEDLEN] = { 1, 2, 4 };
	struct vnet *a, *b, *c;
	int i, same = 0;

	(void)unused;
	assert_int_equal(vnet_new(seed, 0, &a), 0);
	assert_int_equal(vnet_new(seed, 5, &b), 0);
	assert_int_equal(vnet_new(other, 0, &c), 0);
	for (i = 0; i < 1000; i++) {
		uint64_t x = vnet_random(a);

		assert_int_equal(x, vnet_random(b));
		same += x == vnet_random(c);
	}
	assert_int_equal(same, 0);
	vnet_free(a);
	vnet_free(b);
	vnet_free(c);
}

/* 255 degrees of freedom: 347 is passed once in 10000. */
static void
random_below_is_uniform(void **unused)
{
	enum { CELLS = 256, DRAWS = 256 * 400 };
	unsigned count[CELLS] = { 0 };
	double chi2 = 0;
	struct vnet *v;
	int i;

	(void)unused;
	assert_int_equal(vnet_new(seed, 0, &v), 0);
	for (i = 0; i < DRAWS; i++)
		count[vnet_random_below(v, 3 * CELLS) / 3]++;
	for (i = 0; i < CELLS; i++) {
		double d = count[i] - 400.0;

		chi2 += d * d / 400.0;
	}
	assert_true(chi2 < 347);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(vnet_random_below(v, 1), 0);
		assert_true(vnet_random_below(v, 0xfffffffe) < 0xfffffffe);
	}
	vnet_free(v);
}

/*
 * With n three quarters of 2^32, plain scaling would give every third result
 * twice as often as the others.
 */
static void
random_below_is_fair_where_the_range_does_not_divide(void **unused)
{
	enum { DRAWS = 30000 };
	unsigned count[3] = { 0 };
	struct vnet *v;
	int i;

	(void)unused;
	assert_int_equal(vnet_new(seed, 0, &v), 0);
	for (i = 0; i < DRAWS; i++)
		count[vnet_random_below(v, 3u << 30) % 3]++;
	for (i = 0; i < 3; i++)
		assert_in_range(count[i], DRAWS / 3 - 400, DRAWS / 3 + 400);
	vnet_free(v);
}

/* Test values of the paper (appendix A) and of its authors' vectors.h. */
static void
siphash_gives_the_papers_values(void **unused)
{
	static const uint64_t key[2] = {
		UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)
	};
	uint8_t msg[40];
	int i;

	(void)unused;
	for (i = 0; i < (int)sizeof(msg); i++)
		msg[i] = i;
	assert_true(siphash24(key, msg, 15) == UINT64_C(0xa129ca6149be45e5));
	assert_true(siphash24(key, msg, 0) == UINT64_C(0x726fdb47dd0e0e31));
	assert_true(siphash24(key, msg, 8) == UINT64_C(0x93f5f5799a932462));
	assert_true(siphash13(key, msg, 0) == UINT64_C(0xabac0158050fc4dc));
	for (unsigned n = 0; n <= 5; n++) {
		uint64_t word[5];

		memcpy(word, msg, n * sizeof(*word));
		assert_true(siphash13_words(key, word, n) ==
		    siphash13(key, msg, n * sizeof(*word)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    modules_come_up_by_level_and_go_down_in_reverse),
		cmocka_unit_test(
		    failure_of_a_module_takes_down_those_before_it),
		cmocka_unit_test(two_vnets_have_states_of_their_own),
		cmocka_unit_test(time_does_not_go_back),
		cmocka_unit_test(random_numbers_follow_from_the_seed),
		cmocka_unit_test(random_below_is_uniform),
		cmocka_unit_test(
		    random_below_is_fair_where_the_range_does_not_divide),
		cmocka_unit_test(siphash_gives_the_papers_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
