/*
 * Theory of operation
 *
 * A naive oracle stands beside the wheel: an array of times, searched from end
 * to end.  Random callouts are armed, moved and stopped, time jumps by anything
 * from nothing to days, and after every run the two must agree on what fired,
 * and that nothing fired early, late or out of order.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/callout.h"
#include "base/vnet.h"

#define MS	NSEC_PER_MSEC
#define DAY	(86400 * NSEC_PER_SEC)
#define N	200

static const uint8_t seed[VNET_SEEDLEN] = { 9 };

struct timer {
	struct callout	c;
	uint64_t	when;	/* the oracle's; 0: not armed */
	uint64_t	serial;	/* order of arming */
	uint64_t	floor;	/* first ms in which it may run */
	struct world	*w;
};

struct world {
	struct vnet	*v;
	uint64_t	ran;	/* ms; all up to here have run */
	uint64_t	serial;
	uint64_t	lastms, lastserial;	/* of what fired last */
	unsigned	fired;
	bool		rearm;
	struct timer	t[N];
};

static uint64_t
max64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The ms in which the oracle lets it fire. */
static uint64_t
fires_at(const struct timer *t)
{
	return max64((t->when + MS - 1) / MS, t->floor);
}

static void
arm(struct world *w, struct timer *t, uint64_t delay)
{
	callout_reset(w->v, &t->c, delay);
	t->when = w->v->now + delay;
	t->floor = w->ran + 1;
	t->serial = ++w->serial;
	assert_true(callout_pending(&t->c));
	assert_int_equal(callout_left(w->v, &t->c), delay);
}

static void
disarm(struct world *w, struct timer *t)
{
	assert_int_equal(callout_stop(w->v, &t->c), t->when != 0);
	assert_false(callout_pending(&t->c));
	assert_int_equal(callout_left(w->v, &t->c), 0);
	t->when = 0;
}

static uint64_t
random_delay(struct vnet *v)
{
	static const uint64_t scale[] = {
		1, MS / 3, 5 * MS, 64 * MS, 70 * MS, 4096 * MS, NSEC_PER_SEC,
		300 * NSEC_PER_SEC, DAY, 40 * DAY, 2000 * DAY
	};
	uint64_t s = scale[vnet_random_below(v, 11)];

	switch (vnet_random_below(v, 4)) {
	case 0:
		return s;
	case 1:
		return 0;
	default:
		return vnet_random(v) % (2 * s);
	}
}

static void
handler(struct vnet *v, void *arg)
{
	struct timer *t = arg;
	struct world *w = t->w;
	uint64_t ms = fires_at(t);

	assert_ptr_equal(v, w->v);
	assert_true(t->when != 0 && t->when <= v->now);
	assert_true(ms <= v->now / MS);
	assert_true(ms > w->lastms ||
	    (ms == w->lastms && t->serial > w->lastserial));
	assert_false(callout_pending(&t->c));
	w->lastms = ms;
	w->lastserial = t->serial;
	w->ran = max64(w->ran, ms);
	w->fired++;
	t->when = 0;
	if (!w->rearm)
		return;
	if (vnet_random_below(v, 3) == 0)
		arm(w, t, random_delay(v));
	if (vnet_random_below(v, 3) == 0)
		disarm(w, &w->t[vnet_random_below(v, N)]);
	if (vnet_random_below(v, 3) == 0)
		arm(w, &w->t[vnet_random_below(v, N)], random_delay(v));
}

static void
world_init(struct world *w, uint64_t now)
{
	int i;

	memset(w, 0, sizeof(*w));
	assert_int_equal(vnet_new(seed, now, &w->v), 0);
	w->ran = now / MS;
	for (i = 0; i < N; i++) {
		w->t[i].w = w;
		callout_init(&w->t[i].c, handler, &w->t[i]);
	}
}

/* The ms of the oracle's next one; UINT64_MAX: nothing armed. */
static uint64_t
oracle_next(const struct world *w)
{
	uint64_t next = UINT64_MAX;
	int i;

	for (i = 0; i < N; i++)
		if (w->t[i].when != 0 && fires_at(&w->t[i]) < next)
			next = fires_at(&w->t[i]);
	return next;
}

static void
run_and_compare(struct world *w)
{
	uint64_t next;

	while (callout_run(w->v))
		assert_true(callout_next(w->v) <= w->v->now);
	w->ran = max64(w->ran, w->v->now / MS);
	next = oracle_next(w);
	assert_true(next > w->v->now / MS);
	if (next == UINT64_MAX) {
		assert_true(callout_next(w->v) == UINT64_MAX);
		return;
	}
	assert_true(callout_next(w->v) <= next * MS);
	assert_true(callout_next(w->v) > w->v->now);
}

static void
world_fini(struct world *w)
{
	int i;

	for (i = 0; i < N; i++)
		callout_stop(w->v, &w->t[i].c);
	vnet_free(w->v);
}

static void
random_arms_stops_and_jumps(uint64_t start, bool rearm)
{
	struct world w;
	int i;

	world_init(&w, start);
	w.rearm = rearm;
	for (i = 0; i < 60000; i++) {
		struct timer *t = &w.t[vnet_random_below(w.v, N)];

		switch (vnet_random_below(w.v, 8)) {
		case 0:
			disarm(&w, t);
			break;
		case 1:
			vnet_settime(w.v, w.v->now + random_delay(w.v) / 30);
			break;
		case 2:
			vnet_settime(w.v,
			    w.v->now + vnet_random(w.v) % (3 * MS));
			run_and_compare(&w);
			break;
		case 3:
			run_and_compare(&w);
			break;
		default:
			arm(&w, t, random_delay(w.v));
			break;
		}
	}
	assert_true(w.fired > 1000);
	world_fini(&w);
}

static void
wheel_agrees_with_a_list(void **unused)
{
	(void)unused;
	random_arms_stops_and_jumps(0, false);
	random_arms_stops_and_jumps(UINT64_C(123456789012345), false);
}

static void
wheel_agrees_with_a_list_when_handlers_arm_and_stop(void **unused)
{
	(void)unused;
	random_arms_stops_and_jumps(64 * 64 * MS - 1, true);
}

static void
sleeping_until_next_fires_on_the_millisecond_in_few_steps(void **unused)
{
	struct world w;
	int i, steps;

	(void)unused;
	world_init(&w, 777777);
	for (i = 0; i < 300; i++) {
		arm(&w, &w.t[0], random_delay(w.v));
		for (steps = 0; w.t[0].when != 0; steps++) {
			assert_true(steps <= 8);
			vnet_settime(w.v, callout_next(w.v));
			callout_run(w.v);
			w.ran = max64(w.ran, w.v->now / MS);
		}
		assert_int_equal(w.v->now, w.lastms * MS);
	}
	assert_int_equal(w.fired, 300);
	world_fini(&w);
}

static void
arm_again(struct vnet *v, void *arg)
{
	struct timer *t = arg;

	t->w->fired++;
	callout_reset(v, &t->c, 0);
}

static void
handler_arming_itself_without_delay_runs_once_per_tick(void **unused)
{
	struct world w;

	(void)unused;
	world_init(&w, 0);
	w.t[0].c.fn = arm_again;
	callout_reset(w.v, &w.t[0].c, 0);
	for (int ms = 1; ms < 200; ms++) {
		vnet_settime(w.v, ms * MS);
		callout_run(w.v);
		callout_run(w.v);
		assert_int_equal(w.fired, ms);
	}
	world_fini(&w);
}

static void
count(struct vnet *v, void *arg)
{
	struct timer *t = arg;

	(void)v;
	t->w->fired++;
}

static void
a_delay_past_the_end_of_time_fires_at_its_end(void **unused)
{
	struct world w;

	(void)unused;
	world_init(&w, 5 * MS);
	w.t[0].c.fn = w.t[1].c.fn = count;
	callout_reset(w.v, &w.t[0].c, UINT64_MAX);
	callout_reset(w.v, &w.t[1].c, UINT64_MAX - 5 * MS - 1);
	vnet_settime(w.v, 500 * 365 * DAY);
	callout_run(w.v);
	assert_int_equal(w.fired, 0);
	vnet_settime(w.v, UINT64_MAX);
	callout_run(w.v);
	assert_int_equal(w.fired, 2);
	world_fini(&w);
}

/* ---- many ---- */

#define IDLE	(7200 * NSEC_PER_SEC)	/* as keepalive waits */
#define FAR	(1000 * 1000)

struct far {
	struct callout	c;
	struct crowd	*w;
};

struct crowd {
	struct vnet	*v;
	struct far	*t;
	uint64_t	fired, early, late;	/* late: by more than 1 ms */
	uint64_t	beats, missed;		/* of beat */
	struct callout	beat;			/* every 10 ms */
	uint64_t	nextbeat;
};

static void
far_handler(struct vnet *v, void *arg)
{
	struct far *t = arg;

	t->w->fired++;
	t->w->early += v->now < t->c.when;
	t->w->late += v->now > t->c.when + MS;
}

static void
beat_handler(struct vnet *v, void *arg)
{
	struct crowd *w = arg;

	w->beats++;
	w->missed += v->now > w->nextbeat;
	w->nextbeat = v->now + 10 * MS;
	callout_reset(v, &w->beat, 10 * MS);
}

/* n connections that began within a second and say nothing since. */
static void
crowd_init(struct crowd *w, unsigned n)
{
	memset(w, 0, sizeof(*w));
	assert_int_equal(vnet_new(seed, 12345 * NSEC_PER_SEC, &w->v), 0);
	w->t = calloc(n, sizeof(*w->t));
	assert_non_null(w->t);
	for (unsigned i = 0; i < n; i++) {
		w->t[i].w = w;
		callout_init(&w->t[i].c, far_handler, &w->t[i]);
		callout_reset(w->v, &w->t[i].c, IDLE +
		    vnet_random_below(w->v, 1000) * MS);
	}
	callout_init(&w->beat, beat_handler, w);
	callout_reset(w->v, &w->beat, 10 * MS);
	w->nextbeat = w->v->now + 10 * MS;
}

static void
crowd_fini(struct crowd *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		callout_stop(w->v, &w->t[i].c);
	callout_stop(w->v, &w->beat);
	vnet_free(w->v);
	free(w->t);
}

static void
a_tick_costs_what_expires_in_it_whatever_is_armed(void **unused)
{
	static const unsigned size[] = { 1000, FAR };
	struct callout_stats st[2];
	struct crowd w;

	(void)unused;
	for (int i = 0; i < 2; i++) {
		crowd_init(&w, size[i]);
		/* An hour, to the half of their time, ends with a minute. */
		vnet_settime(w.v, w.v->now + 3540 * NSEC_PER_SEC);
		(void)callout_run(w.v);
		w.nextbeat = w.v->now + 10 * MS;
		for (int ms = 0; ms < 60000; ms++) {
			vnet_settime(w.v, w.v->now + MS);
			assert_false(callout_run(w.v));
		}
		callout_stats(w.v, &st[i]);
		assert_int_equal(w.fired, 0);
		assert_int_equal(w.beats, 6001);
		crowd_fini(&w, size[i]);
	}
	/* Not about the same: the same. */
	assert_int_equal(st[0].fired, st[1].fired);
	assert_int_equal(st[0].dealt, st[1].dealt);
	assert_int_equal(st[0].slots, st[1].slots);
}

static void
a_million_that_come_near_at_once_hold_nobody_up(void **unused)
{
	struct callout_stats was, is;
	struct crowd w;

	(void)unused;
	crowd_init(&w, FAR);
	vnet_settime(w.v, w.v->now + IDLE - 600 * NSEC_PER_SEC);
	while (callout_run(w.v))
		continue;
	w.nextbeat = w.v->now + 10 * MS;
	w.missed = 0;
	callout_stats(w.v, &is);
	/* A run a millisecond: until they are near. */
	for (int ms = 0; ms < 590 * 1000; ms++) {
		was = is;
		vnet_settime(w.v, w.v->now + MS);
		(void)callout_run(w.v);
		callout_stats(w.v, &is);
		assert_true(is.dealt - was.dealt <= CALLOUT_MAXDEAL);
		assert_true(is.slots - was.slots <= 3);
	}
	assert_true(is.dealt >= FAR);
	assert_int_equal(w.missed, 0);
	assert_int_equal(w.fired, 0);
	/* Time to go on where there was too much for a millisecond. */
	for (int ms = 0; ms < 12000; ms++) {
		vnet_settime(w.v, w.v->now + MS);
		do {
			was = is;
			callout_next(w.v);
			(void)callout_run(w.v);
			callout_stats(w.v, &is);
			assert_true(is.fired - was.fired <= CALLOUT_MAXFIRE);
			assert_true(is.dealt - was.dealt <= CALLOUT_MAXDEAL);
		} while (callout_next(w.v) <= w.v->now);
	}
	assert_int_equal(w.fired, FAR);
	assert_int_equal(w.early, 0);
	assert_int_equal(w.late, 0);
	assert_int_equal(w.missed, 0);
	crowd_fini(&w, FAR);
}

static void
what_is_being_brought_near_may_still_be_stopped_and_moved(void **unused)
{
	enum { MANY = 3 * CALLOUT_MAXDEAL };
	struct crowd w;
	uint64_t end;

	(void)unused;
	crowd_init(&w, MANY);
	callout_stop(w.v, &w.beat);
	end = w.v->now + IDLE + 2 * NSEC_PER_SEC;
	/* Stop where a slot has been opened and not emptied. */
	while (!callout_run(w.v))
		vnet_settime(w.v, callout_next(w.v));
	for (unsigned i = 0; i < MANY; i++) {
		assert_true(callout_pending(&w.t[i].c));
		if (i % 3 == 0)
			assert_true(callout_stop(w.v, &w.t[i].c));
		else if (i % 3 == 1)
			callout_reset(w.v, &w.t[i].c, 7 * MS);
	}
	vnet_settime(w.v, w.v->now + 7 * MS);
	while (callout_run(w.v))
		continue;
	assert_int_equal(w.fired, MANY / 3);
	while (callout_next(w.v) <= end) {
		vnet_settime(w.v, callout_next(w.v));
		(void)callout_run(w.v);
	}
	assert_int_equal(w.fired, 2 * MANY / 3);
	assert_int_equal(w.early, 0);
	assert_true(callout_next(w.v) == UINT64_MAX);
	crowd_fini(&w, MANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wheel_agrees_with_a_list),
		cmocka_unit_test(
		    wheel_agrees_with_a_list_when_handlers_arm_and_stop),
		cmocka_unit_test(
		    sleeping_until_next_fires_on_the_millisecond_in_few_steps),
		cmocka_unit_test(
		    handler_arming_itself_without_delay_runs_once_per_tick),
		cmocka_unit_test(a_delay_past_the_end_of_time_fires_at_its_end),
		cmocka_unit_test(
		    a_tick_costs_what_expires_in_it_whatever_is_armed),
		cmocka_unit_test(
		    a_million_that_come_near_at_once_hold_nobody_up),
		cmocka_unit_test(
		    what_is_being_brought_near_may_still_be_stopped_and_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
