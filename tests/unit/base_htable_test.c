/*
 * Theory of operation
 *
 * Numbered entries go in and out at random, and the table must find exactly
 * those that are in, whatever its size was and is.  Several entries share a
 * hash, as keys may.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "base/hash.h"
#include "base/htable.h"
#include "base/vnet.h"
#include "base/zone.h"

#define N 20000

static const uint8_t seed[VNET_SEEDLEN] = { 7 };

struct entry {
	struct hlink link;
	unsigned key;
	bool in;
};

struct world {
	struct vnet *v;
	struct htable t;
	struct entry e[N];
	unsigned n;
};

static struct world world;

static int
setup(void **state)
{
	struct world *w = &world;
	unsigned i;

	*state = w;
	memset(w, 0, sizeof(*w));
	for (i = 0; i < N; i++)
		w->e[i].key = i;
	return vnet_new(seed, 0, &w->v) != 0 || htable_init(w->v, &w->t) != 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	htable_fini(&w->t);
	vnet_free(w->v);
	return 0;
}

/* Three neighbours share a hash. */
static uint64_t
hash(const struct world *w, unsigned key)
{
	key /= 3;
	return siphash24(w->v->hashkey, &key, sizeof(key));
}

static struct entry *
find(const struct world *w, unsigned key)
{
	uint64_t h = hash(w, key);
	struct entry *e;
	struct hlink *l;

	HTABLE_FOREACH(l, &w->t, h) {
		e = HT_OBJECT(l, struct entry, link);
		assert_true(l->hash == h);
		if (e->key == key)
			return e;
	}
	return NULL;
}

static void
flip(struct world *w, unsigned key)
{
	struct entry *e = &w->e[key];

	if (e->in)
		htable_remove(&w->t, &e->link);
	else
		htable_insert(&w->t, &e->link, hash(w, key));
	e->in = !e->in;
	w->n += e->in ? 1 : -1;
}

static void
compare(const struct world *w)
{
	for (unsigned i = 0; i < N; i++)
		assert_ptr_equal(find(w, i),
		    w->e[i].in ? &w->e[i] : NULL);
	assert_int_equal(w->t.n, w->n);
}

static void
entries_are_found_at_every_size(void **state)
{
	struct world *w = *state;
	unsigned i, key;

	for (i = 0; i < 200000; i++) {
		key = vnet_random_below(w->v, N);
		if (w->e[key].in == (i / 50000 % 2 != 0) ||
		    vnet_random_below(w->v, 4) == 0)
			flip(w, key);
		assert_ptr_equal(find(w, key),
		    w->e[key].in ? &w->e[key] : NULL);
		if (i % 5000 == 0)
			compare(w);
	}
	compare(w);
}

/* Each entry has a double that is in its place every other time. */
static void
a_replaced_entry_is_found_instead_of_the_old_one(void **state)
{
	static struct hlink twin[N];
	struct world *w = *state;
	struct hlink *l;
	unsigned i, k;

	for (i = 0; i < N; i++)
		flip(w, i);
	for (i = 0; i < N; i += 1 + vnet_random_below(w->v, 2))
		htable_replace(&w->t, &w->e[i].link, &twin[i]);
	for (i = 0; i < N; i++) {
		bool moved = twin[i].hash != 0, found = false;

		HTABLE_FOREACH(l, &w->t, hash(w, i)) {
			found |= l == &twin[i];
			assert_false(moved && l == &w->e[i].link);
		}
		assert_int_equal(found, moved);
	}
	for (k = 0; k < N; k++)
		if (twin[k].hash != 0)
			htable_replace(&w->t, &twin[k], &w->e[k].link);
	compare(w);
}

static void
size_follows_the_number_of_entries(void **state)
{
	struct world *w = *state;
	unsigned i;

	for (i = 0; i < N; i++)
		flip(w, i);
	assert_in_range(w->t.nbuckets, N / HT_LOAD, N / HT_LOAD + 2);
	compare(w);
	for (i = 0; i < N - 1; i++)
		flip(w, i);
	assert_int_equal(w->t.nbuckets, HT_MINBUCKETS);
	compare(w);
	flip(w, N - 1);
	assert_int_equal(w->t.n, 0);
}

static void
no_operation_changes_more_than_a_few_buckets(void **state)
{
	struct world *w = *state;
	uint64_t before;
	unsigned i;

	for (i = 0; i < 2 * N; i++) {
		before = w->t.nbuckets;
		flip(w, i % N);
		assert_in_range(w->t.nbuckets + 4, before, before + 6);
	}
}

static void
without_memory_chains_get_longer_until_there_is_some(void **state)
{
	struct world *w = *state;
	unsigned i;

	for (i = 0; i < N / 4; i++) {
		zfail_any(w->v, 0);
		flip(w, i);
	}
	assert_int_equal(w->t.nbuckets, HT_MINBUCKETS);
	compare(w);
	zfail_any(w->v, -1);
	for (; i < N / 2; i++)
		flip(w, i);
	assert_in_range(w->t.nbuckets, N / 2 / HT_LOAD, N / 2 / HT_LOAD + 2);
	compare(w);
}

static void
a_search_looks_at_few_entries(void **state)
{
	struct world *w = *state;
	unsigned i, sum = 0;

	for (i = 0; i < N; i += 3)
		flip(w, i);
	for (i = 0; i < N; i += 3)
		sum += htable_probes(&w->t, hash(w, i));
	assert_in_range(sum, w->n, w->n * 11 / 10);
	for (sum = 0, i = 0; i < N; i++)
		sum += htable_probes(&w->t, hash(w, i + 3 * N));
	assert_in_range(sum, 0, N / 5);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_replaced_entry_is_found_instead_of_the_old_one),
		TEST(entries_are_found_at_every_size),
		TEST(size_follows_the_number_of_entries),
		TEST(no_operation_changes_more_than_a_few_buckets),
		TEST(without_memory_chains_get_longer_until_there_is_some),
		TEST(a_search_looks_at_few_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
