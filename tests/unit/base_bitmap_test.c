/*
 * Theory of operation
 *
 * The oracle is an array of 65536 booleans.  Sets are driven through every
 * fill, from an array of few to a full tree and back; memory is refused at
 * random; and what the set says must always be what the array says.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/vnet.h"
#include "base/zone.h"

static const uint8_t seed[VNET_SEEDLEN] = { 5 };

struct world {
	struct vnet *v;
	struct bitmap_pool pool;
	struct bitmap bm;
	unsigned count;
	bool in[BITMAP_SIZE];
};

static struct world world;

static int
setup(void **state)
{
	memset(&world, 0, sizeof(world));
	*state = &world;
	return vnet_new(seed, 0, &world.v) != 0 ||
	    bitmap_pool_init(world.v, &world.pool, "roots", "leaves") != 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	bitmap_pool_fini(&w->pool);
	vnet_free(w->v);
	return 0;
}

static void
compare_words(const struct world *w)
{
	static uint64_t words[BITMAP_WORDS];
	unsigned b;

	memset(words, 0, sizeof(words));
	/* In three pieces. */
	bitmap_or(&w->bm, 0, 9, words);
	bitmap_or(&w->bm, 11, BITMAP_SIZE / BITMAP_ROW - 1, words);
	for (b = 10 * BITMAP_ROW; b < 11 * BITMAP_ROW; b += 64)
		assert_true(words[b / 64] == 0);
	bitmap_or(&w->bm, 10, 10, words);
	for (b = 0; b < BITMAP_SIZE; b++)
		if ((words[b / 64] >> b % 64 & 1) != w->in[b])
			fail_msg("word of bit %u", b);
}

/* Counting and selecting from lo on. */
static void
compare_from(const struct world *w, unsigned lo)
{
	unsigned b, n = 0;

	for (b = lo; b < BITMAP_SIZE; b++) {
		if (b % 61 == 0 || b % 1024 < 2) {
			assert_int_equal(bitmap_between(&w->bm, lo, b), n);
			if (!w->in[b])
				assert_int_equal(bitmap_select_clear(&w->bm,
				    lo, b - lo - n), b);
		}
		n += w->in[b];
	}
	assert_int_equal(bitmap_between(&w->bm, lo, BITMAP_SIZE), n);
}

static void
compare(const struct world *w)
{
	unsigned b;

	assert_int_equal(w->bm.count, w->count);
	for (b = 0; b < BITMAP_SIZE; b++)
		if (bitmap_test(&w->bm, b) != w->in[b])
			fail_msg("bit %u", b);
	compare_words(w);
	compare_from(w, 0);
	compare_from(w, 48 * 1024);
	compare_from(w, vnet_random_below(w->v, BITMAP_SIZE));
	compare_from(w, 65535);
}

static void
set(struct world *w, unsigned bit)
{
	assert_int_equal(bitmap_set(&w->pool, &w->bm, bit), 0);
	w->count += !w->in[bit];
	w->in[bit] = true;
}

static void
clear(struct world *w, unsigned bit)
{
	bitmap_clear(&w->pool, &w->bm, bit);
	w->count -= w->in[bit];
	w->in[bit] = false;
}

static uint64_t
zone_used(const struct zone *z)
{
	struct zone_stats st;

	zstats(z, &st);
	return st.used;
}

static void
few_members_need_no_memory(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; i < BITMAP_FEW; i++)
		set(w, i * 5000);
	compare(w);
	assert_int_equal(zone_used(w->pool.roots), 0);
	set(w, 65535);
	compare(w);
	assert_int_equal(zone_used(w->pool.roots), 1);
	for (unsigned i = 0; i < BITMAP_FEW; i++) {
		clear(w, i * 5000);
		compare(w);
	}
	assert_int_equal(zone_used(w->pool.roots), 0);
	assert_int_equal(zone_used(w->pool.leaves), 0);
	clear(w, 65535);
}

static void
fill_goes_up_and_down_as_an_array_of_booleans(void **state)
{
	struct world *w = *state;
	unsigned i, b, odds;

	for (odds = 0; odds < 20; odds++) {
		unsigned up = odds < 10 ? odds : 20 - odds;

		for (i = 0; i < 40000; i++) {
			b = vnet_random_below(w->v, BITMAP_SIZE);
			if (vnet_random_below(w->v, 10) < up)
				set(w, b);
			else
				clear(w, b);
		}
		compare(w);
	}
	for (b = 0; b < BITMAP_SIZE; b++)
		clear(w, b);
	compare(w);
}

static void
a_full_set_has_no_clear_number_but_the_last(void **state)
{
	struct world *w = *state;
	unsigned b, last;

	for (b = 0; b < BITMAP_SIZE; b++)
		set(w, b);
	compare(w);
	for (int i = 0; i < 1000; i++) {
		last = vnet_random_below(w->v, BITMAP_SIZE);
		clear(w, last);
		assert_int_equal(bitmap_select_clear(&w->bm, 0, 0), last);
		set(w, last);
	}
	for (b = BITMAP_SIZE; b-- > 0;)
		clear(w, b);
	compare(w);
}

static void
small_sets_come_and_go(void **state)
{
	struct world *w = *state;
	unsigned b;

	for (int i = 0; i < 300; i++) {
		for (int j = 0; j < 20; j++) {
			b = vnet_random_below(w->v, 40) * 1638;
			if (vnet_random_below(w->v, 3) < 1)
				set(w, b);
			else
				clear(w, b);
		}
		compare(w);
	}
	for (b = 0; b < BITMAP_SIZE; b++)
		clear(w, b);
}

static void
refused_memory_changes_nothing(void **state)
{
	struct world *w = *state;
	unsigned b, refused = 0;

	for (int i = 0; i < 3000; i++) {
		zfail(w->pool.roots, (int)vnet_random_below(w->v, 3) - 1);
		zfail(w->pool.leaves, (int)vnet_random_below(w->v, 20) - 1);
		b = vnet_random_below(w->v, 64) * 1024;
		if (vnet_random_below(w->v, 10) < 7) {
			clear(w, b);
		} else if (bitmap_set(&w->pool, &w->bm, b) == 0) {
			w->count += !w->in[b];
			w->in[b] = true;
		} else {
			refused++;
			compare(w);
		}
		zfail(w->pool.roots, -1);
		zfail(w->pool.leaves, -1);
	}
	assert_true(refused > 10);
	compare(w);
	for (b = 0; b < BITMAP_SIZE; b++)
		clear(w, b);
}

static void
words_are_counted_and_selected_bit_by_bit(void **state)
{
	struct world *w = *state;

	assert_int_equal(word_count(0), 0);
	assert_int_equal(word_count(UINT64_MAX), 64);
	for (int i = 0; i < 10000; i++) {
		uint64_t x = vnet_random(w->v) & vnet_random(w->v);
		unsigned n = 0;

		for (unsigned b = 0; b < 64; b++)
			if (x >> b & 1)
				assert_int_equal(word_select(x, n++), b);
		assert_int_equal(word_count(x), n);
	}
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(few_members_need_no_memory),
		TEST(fill_goes_up_and_down_as_an_array_of_booleans),
		TEST(a_full_set_has_no_clear_number_but_the_last),
		TEST(small_sets_come_and_go),
		TEST(refused_memory_changes_nothing),
		TEST(words_are_counted_and_selected_bit_by_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
