/*
 * Memory made ready by another thread: what is given out is memory, what comes
 * back is held or unmapped, and a stack is the same with it as without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "base/vnet.h"
#include "base/zone.h"
#include "daemon/reserve.h"

#define MANY	100		/* pieces */

static size_t
ready(struct reserve *r)
{
	size_t n;

	pthread_mutex_lock(&r->lock);
	n = r->n;
	pthread_mutex_unlock(&r->lock);
	return n;
}

/* The thread takes as long as it takes; some seconds would be a defect. */
static void
await_ready(struct reserve *r, size_t want)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < 60000 && ready(r) != want; i++)
		nanosleep(&ms, NULL);
	assert_int_equal(ready(r), want);
}

static void *
taken(struct reserve *r, size_t have)
{
	void *p = r->zr.take(&r->zr, have);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % ZCHUNK, 0);
	memset(p, 0x5a, ZCHUNK);
	return p;
}

static void
nothing_is_ready_at_first_and_a_piece_soon(void **state)
{
	struct reserve r;
	void *p;

	(void)state;
	reserve_init(&r);
	assert_null(r.zr.take(&r.zr, 1));
	await_ready(&r, 1);
	p = taken(&r, 2);
	r.zr.give(&r.zr, p, 2);
	await_ready(&r, 1);
	reserve_fini(&r);
}

static void
the_more_a_stack_has_the_more_is_ready_to_a_limit(void **state)
{
	struct reserve r;

	(void)state;
	reserve_init(&r);
	assert_null(r.zr.take(&r.zr, 1));
	await_ready(&r, 1);
	r.zr.give(&r.zr, taken(&r, 64), 64);
	await_ready(&r, 3);
	r.zr.give(&r.zr, taken(&r, 1000000), 1000000);
	await_ready(&r, 4);
	reserve_fini(&r);
}

static void
a_stack_that_shrinks_leaves_nothing_ready(void **state)
{
	struct reserve r;
	void *p[MANY];

	(void)state;
	reserve_init(&r);
	for (size_t i = 0; i < MANY; i++)
		if ((p[i] = r.zr.take(&r.zr, i + 1)) == NULL)
			p[i] = zchunk();
	for (size_t i = MANY; i-- > 0; )
		r.zr.give(&r.zr, p[i], i);
	await_ready(&r, 0);
	reserve_fini(&r);
}

/* A stack that has r for its memory. */
static struct vnet *
stack_with(struct reserve *r)
{
	const uint8_t seed[VNET_SEEDLEN] = { 0 };
	struct vnet *v;

	reserve_init(r);
	assert_int_equal(vnet_new(seed, 0, &v), 0);
	zreserve(v, &r->zr);
	return v;
}

static void
a_small_stack_has_no_thread(void **state)
{
	struct reserve r;
	struct vnet *v = stack_with(&r);
	struct zone *z = zinit(v, "small", 1000, 0, 0);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		void *p = zalloc(z);

		assert_non_null(p);
		zfree(z, p);
	}
	zdestroy(z);
	vnet_free(v);
	assert_false(r.started);
	reserve_fini(&r);
}

static void
a_stack_grows_and_shrinks_with_it_as_without(void **state)
{
	static uint64_t *p[MANY * 256];
	const size_t size = 4096, n = sizeof(p) / sizeof(p[0]);
	struct reserve r;
	struct vnet *v = stack_with(&r);
	struct zone *z = zinit(v, "large", size, sizeof(**p), 0);

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < n; i++) {
			assert_non_null(p[i] = zalloc(z));
			for (size_t j = 1; j < size / sizeof(**p); j++)
				assert_true(p[i][j] == 0);
			memset(p[i] + 1, 0xff, size - sizeof(**p));
			p[i][0] = i;
		}
		for (uint64_t i = 0; i < n; i++)
			assert_int_equal(p[i][0], i);
		for (uint64_t i = 0; i < n; i++)
			zfree(z, p[i]);
	}
	zdestroy(z);
	vnet_free(v);
	await_ready(&r, 0);
	reserve_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_ready_at_first_and_a_piece_soon),
		cmocka_unit_test(
		    the_more_a_stack_has_the_more_is_ready_to_a_limit),
		cmocka_unit_test(a_stack_that_shrinks_leaves_nothing_ready),
		cmocka_unit_test(a_small_stack_has_no_thread),
		cmocka_unit_test(a_stack_grows_and_shrinks_with_it_as_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
