/*
 * Theory of operation
 *
 * Objects of several sizes are filled with a pattern of their own and given
 * back in several orders; after each step the zone's figures are compared with
 * what the test counted itself.  What depends on slabs is not asked where the
 * zone runs in malloc mode (AddressSanitizer), recognised by free == 0.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/vnet.h"
#include "base/zone.h"

#define N 3000

static const uint8_t seed[VNET_SEEDLEN] = { 4 };

struct figures {
	uint64_t used, requests, failures, high;
};

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

static void
compare(const struct zone *z, const struct figures *f)
{
	struct zone_stats st;

	zstats(z, &st);
	assert_int_equal(st.used, f->used);
	assert_int_equal(st.requests, f->requests);
	assert_int_equal(st.failures, f->failures);
	assert_int_equal(st.high, f->high);
	assert_true(st.bytes >= (st.used + st.free) * st.size);
}

static bool
malloc_mode(struct vnet *v)
{
	struct zone *z = zinit(v, "probe", 32, 0, 0);
	struct zone_stats st;
	void *obj = zalloc(z);

	zstats(z, &st);
	zfree(z, obj);
	zdestroy(z);
	return st.free == 0;
}

static void
shuffle(struct vnet *v, void **obj, int n)
{
	for (int i = n - 1; i > 0; i--) {
		int j = vnet_random_below(v, i + 1);
		void *tmp = obj[i];

		obj[i] = obj[j];
		obj[j] = tmp;
	}
}

static void
check_zero(const uint8_t *obj, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(obj[i], 0);
}

static void
fill_and_empty(struct vnet *v, size_t size, bool backwards, bool random)
{
	static void *obj[N];
	struct figures f = { 0 };
	struct zone *z = zinit(v, "test", size, 0, 0);
	size_t align = size % 64 == 0 ? 64 : size % 16 == 0 ? 16 : 8;
	int i;

	for (i = 0; i < N; i++) {
		assert_non_null(obj[i] = zalloc(z));
		assert_int_equal((uintptr_t)obj[i] % align, 0);
		check_zero(obj[i], size);
		memset(obj[i], i, size);
		f.used++, f.requests++, f.high++;
		compare(z, &f);
	}
	for (i = 0; i < N; i++)
		for (size_t b = 0; b < size; b++)
			assert_int_equal(((uint8_t *)obj[i])[b], (uint8_t)i);
	if (random)
		shuffle(v, obj, N);
	for (i = 0; i < N; i++) {
		zfree(z, obj[backwards ? N - 1 - i : i]);
		f.used--;
		compare(z, &f);
	}
	zdestroy(z);
}

static void
objects_of_all_sizes_are_apart_aligned_zero_and_counted(void **state)
{
	static const size_t sizes[] = { 1, 8, 24, 63, 64, 100, 456, 2048 };

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fill_and_empty(*state, sizes[i], false, false);
		fill_and_empty(*state, sizes[i], true, false);
		fill_and_empty(*state, sizes[i], false, true);
	}
}

static void
random_use_agrees_with_the_books(void **state)
{
	static void *obj[N];
	struct vnet *v = *state;
	struct figures f = { 0 };
	struct zone *z = zinit(v, "test", 200, 8, 1200);
	int i;

	memset(obj, 0, sizeof(obj));
	for (int step = 0; step < 200000; step++) {
		i = vnet_random_below(v, N);
		if (obj[i] != NULL) {
			assert_int_equal(((uint64_t *)obj[i])[24], i);
			zfree(z, obj[i]);
			obj[i] = NULL;
			f.used--;
		} else if ((obj[i] = zalloc(z)) == NULL) {
			assert_int_equal(f.used, 1200);
			f.failures++;
		} else {
			check_zero((uint8_t *)obj[i] + 8, 192);
			((uint64_t *)obj[i])[24] = i;
			f.requests++;
			if (++f.used > f.high)
				f.high = f.used;
		}
		if (step % 64 == 0)
			compare(z, &f);
	}
	for (i = 0; i < N; i++)
		if (obj[i] != NULL)
			zfree(z, obj[i]);
	zdestroy(z);
}

static void
kept_bytes_survive_and_the_rest_is_zero(void **state)
{
	struct vnet *v = *state;
	struct zone *z = zinit(v, "test", 40, 8, 0);
	bool inherits = !malloc_mode(v);
	uint64_t *obj, *again;

	obj = zalloc(z);
	check_zero((uint8_t *)obj, 40);
	memset(obj, 0xff, 40);
	obj[0] = 4711;
	zfree(z, obj);
	again = zalloc(z);
	if (inherits) {
		assert_ptr_equal(again, obj);
		assert_int_equal(again[0], 4711);
	} else {
		assert_int_equal(again[0], 0);
	}
	check_zero((uint8_t *)again + 8, 32);
	zfree(z, again);
	zdestroy(z);
}

static void
an_object_may_be_kept_whole(void **state)
{
	struct vnet *v = *state;
	struct zone *z = zinit(v, "test", 16, 16, 0);
	bool inherits = !malloc_mode(v);
	uint64_t *obj = zalloc(z);

	check_zero((uint8_t *)obj, 16);
	obj[0] = obj[1] = 99;
	zfree(z, obj);
	obj = zalloc(z);
	assert_int_equal(obj[0], inherits ? 99 : 0);
	assert_int_equal(obj[1], inherits ? 99 : 0);
	zfree(z, obj);
	zdestroy(z);
}

static void
empty_slabs_but_one_go_back_to_the_system(void **state)
{
	static void *obj[N];
	struct zone *z = zinit(*state, "test", 256, 0, 0);
	struct zone_stats full, st;
	int i;

	for (i = 0; i < N; i++)
		assert_non_null(obj[i] = zalloc(z));
	zstats(z, &full);
	for (i = 0; i < N; i++)
		zfree(z, obj[i]);
	zstats(z, &st);
	assert_true(full.bytes >= N * 256);
	assert_true(full.bytes < N * 256 * 5 / 4);
	assert_int_equal(st.used, 0);
	assert_true(st.bytes <= 64 * 1024);
	assert_int_equal(st.bytes == 0, malloc_mode(*state));
	zdestroy(z);
}

static void
the_limit_holds_and_may_move(void **state)
{
	struct zone *z = zinit(*state, "test", 100, 0, 2);
	struct zone_stats st;
	void *a = zalloc(z), *b = zalloc(z), *c;

	assert_non_null(a);
	assert_non_null(b);
	assert_null(zalloc(z));
	zlimit(z, 3);
	assert_non_null(c = zalloc(z));
	zlimit(z, 1);
	assert_null(zalloc(z));
	zfree(z, c);
	zfree(z, b);
	assert_null(zalloc(z));
	zfree(z, a);
	assert_non_null(a = zalloc(z));
	zlimit(z, 0);
	assert_non_null(b = zalloc(z));
	zstats(z, &st);
	assert_int_equal(st.failures, 3);
	assert_int_equal(st.high, 3);
	assert_int_equal(st.limit, 0);
	zfree(z, a);
	zfree(z, b);
	zdestroy(z);
}

static void
zfail_fails_the_nth_only(void **state)
{
	struct zone *z = zinit(*state, "test", 100, 0, 0);
	void *obj[5];
	int i;

	zfail(z, 2);
	for (i = 0; i < 5; i++)
		obj[i] = zalloc(z);
	for (i = 0; i < 5; i++) {
		assert_int_equal(obj[i] == NULL, i == 2);
		if (obj[i] != NULL)
			zfree(z, obj[i]);
	}
	zfail(z, 0);
	zfail(z, -1);
	assert_non_null(obj[0] = zalloc(z));
	zfree(z, obj[0]);
	zdestroy(z);
}

static void
zfail_any_fails_the_nth_of_all(void **state)
{
	struct vnet *v = *state;
	struct zone *a = zinit(v, "a", 100, 0, 0);
	struct zone *b = zinit(v, "b", 100, 0, 0);
	void *p[5];

	for (int n = 0; n < 5; n++) {
		zfail_any(v, n);
		p[0] = zalloc(a);
		p[1] = zalloc(b);
		p[2] = zblock(v);
		p[3] = zarray(v, 10, 8);
		p[4] = zarray_resize(v, NULL, 100);
		for (int i = 0; i < 5; i++)
			assert_int_equal(p[i] == NULL, i == n);
		if (p[0] != NULL)
			zfree(a, p[0]);
		if (p[1] != NULL)
			zfree(b, p[1]);
		if (p[2] != NULL)
			zblock_free(v, p[2]);
		free(p[3]);
		free(p[4]);
	}
	zdestroy(a);
	zdestroy(b);
}

static void
blocks_are_apart_and_aligned(void **state)
{
	uint8_t *block[200];
	struct vnet *v = *state;
	unsigned i;

	for (unsigned round = 0; round < 3; round++) {
		for (i = 0; i < 200; i++) {
			assert_non_null(block[i] = zblock(v));
			assert_int_equal((uintptr_t)block[i] % ZBLOCK, 0);
			block[i][0] = block[i][ZBLOCK - 1] = (uint8_t)i;
		}
		for (i = 0; i < 200; i++) {
			assert_int_equal(block[i][0], i);
			assert_int_equal(block[i][ZBLOCK - 1], i);
		}
		shuffle(v, (void **)(void *)block, 200);
		for (i = 0; i < 200; i++)
			zblock_free(v, block[i]);
	}
}

static void
zones_are_listed_in_order_of_creation(void **state)
{
	struct vnet *v = *state;
	struct zone *last = NULL;
	struct zone *a, *b, *c, *z;
	struct zone_stats st;

	for (z = znext(v, NULL); z != NULL; z = znext(v, z))
		last = z;
	a = zinit(v, "a", 8, 0, 0);
	b = zinit(v, "b", 24, 0, 7);
	c = zinit(v, "c", 8, 0, 0);
	assert_ptr_equal(znext(v, last), a);
	assert_ptr_equal(znext(v, a), b);
	assert_ptr_equal(znext(v, b), c);
	assert_null(znext(v, c));
	zstats(b, &st);
	assert_string_equal(st.name, "b");
	assert_int_equal(st.size, 24);
	assert_int_equal(st.limit, 7);
	zdestroy(b);
	assert_ptr_equal(znext(v, a), c);
	zdestroy(a);
	zdestroy(c);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(objects_of_all_sizes_are_apart_aligned_zero_and_counted),
		TEST(random_use_agrees_with_the_books),
		TEST(kept_bytes_survive_and_the_rest_is_zero),
		TEST(an_object_may_be_kept_whole),
		TEST(empty_slabs_but_one_go_back_to_the_system),
		TEST(the_limit_holds_and_may_move),
		TEST(zfail_fails_the_nth_only),
		TEST(zfail_any_fails_the_nth_of_all),
		TEST(blocks_are_apart_and_aligned),
		TEST(zones_are_listed_in_order_of_creation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
