/*
 * Theory of operation
 *
 * Time is counted in ticks of 1 ms.  A tick is a number of eight digits to the
 * base 64, and the wheel has a row of 64 slots for each digit.  `tick' is the
 * last one that has been run.  A callout for tick t stands in the row of the
 * highest digit in which t differs from `tick', in the slot of that digit of t:
 *
 *	row 0		this group of 64 ticks; a slot is one tick
 *	row 1		this group of 4096; a slot is 64 ticks
 *	...		eight rows reach past the end of a 64-bit time in ns
 *
 * Invariant: in every row only slots above that digit of `tick' are occupied,
 * and everything in a row is due before everything in the rows above it.  So
 * the next thing to happen is at the lowest bit above the digit in the lowest
 * row that has one: a tick is due, or the time has come to deal the callouts of
 * a wider slot out to the rows below.  A callout is dealt at most seven times
 * in its life, a jump of days costs no more than what is armed within it, and
 * a bit per slot finds everything without walking.
 *
 * Lists are pushed at the head, and reversed before they are dealt out or run:
 * callouts of one tick run in the order in which they were armed.
 *
 * While a tick runs, its callouts hang from `due', where handlers may still
 * stop and move them.
 */
#include <assert.h>

#include "base/callout.h"
#include "base/vnet.h"

#define DIGIT	6
#define NSLOTS	(1 << DIGIT)
#define NROWS	8

struct wheel {
	uint64_t	 tick;		/* all up to this one have run */
	uint64_t	 busy[NROWS];	/* a bit for each slot not empty */
	struct callout	*slot[NROWS][NSLOTS];
	struct callout	*due;		/* of the tick that is running */
	bool		 running;
};

static int callouts_init(struct vnet *v);
static void callouts_fini(struct vnet *v);

VNET_MODULE(callout_module, struct wheel, VNET_BASE, callouts_init,
    callouts_fini);

static inline struct wheel *
V_wheel(const struct vnet *v)
{
	return vnet_data(v, &callout_module);
}

static int
callouts_init(struct vnet *v)
{
	V_wheel(v)->tick = v->now / NSEC_PER_MSEC;
	return 0;
}

static void
callouts_fini(struct vnet *v)
{
	unsigned row;

	for (row = 0; row < NROWS; row++)
		assert(V_wheel(v)->busy[row] == 0);
}

static inline unsigned
digit(uint64_t tick, unsigned row)
{
	return tick >> (DIGIT * row) & (NSLOTS - 1);
}

static void
list_push(struct callout **head, struct callout *c)
{
	c->next = *head;
	c->prevp = head;
	if (c->next != NULL)
		c->next->prevp = &c->next;
	*head = c;
}

static void
list_remove(struct callout *c)
{
	assert(c->prevp != NULL);
	*c->prevp = c->next;
	if (c->next != NULL)
		c->next->prevp = c->prevp;
	c->next = NULL;
	c->prevp = NULL;
}

/* Move all of `from' to the empty list `to', last one first. */
static void
list_reverse(struct callout **from, struct callout **to)
{
	struct callout *c;

	while ((c = *from) != NULL) {
		list_remove(c);
		list_push(to, c);
	}
}

/* The tick at whose beginning c is due: none of its time is early. */
static uint64_t
due_tick(const struct callout *c)
{
	uint64_t last = UINT64_MAX / NSEC_PER_MSEC;
	uint64_t t = c->when / NSEC_PER_MSEC;

	return t < last && c->when % NSEC_PER_MSEC != 0 ? t + 1 : t;
}

static void
wheel_place(struct wheel *w, struct callout *c, uint64_t t)
{
	uint64_t differ = t ^ w->tick;
	unsigned row, slot;

	row = differ == 0 ? 0 : (63 - __builtin_clzll(differ)) / DIGIT;
	slot = digit(t, row);
	list_push(&w->slot[row][slot], c);
	w->busy[row] |= UINT64_C(1) << slot;
}

static void
wheel_remove(struct wheel *w, struct callout *c)
{
	uintptr_t off = (uintptr_t)c->prevp - (uintptr_t)w->slot;
	struct callout **prevp = c->prevp;
	size_t i;

	list_remove(c);
	/* The last one of a slot?  Not if it hung from another, or `due'. */
	if (off >= sizeof(w->slot) || *prevp != NULL)
		return;
	i = off / sizeof(w->slot[0][0]);
	w->busy[i / NSLOTS] &= ~(UINT64_C(1) << i % NSLOTS);
}

/* Where the next thing happens: its first tick and its row.  False: nowhere. */
static bool
wheel_next(const struct wheel *w, uint64_t *tick, unsigned *row)
{
	uint64_t above, group;
	unsigned r;

	for (r = 0; r < NROWS; r++) {
		above = w->busy[r] & ~UINT64_C(1) << digit(w->tick, r);
		if (above == 0)
			continue;
		group = w->tick >> DIGIT * (r + 1) << DIGIT;
		*tick = (group | __builtin_ctzll(above)) << DIGIT * r;
		*row = r;
		return true;
	}
	return false;
}

/* Take a slot's callouts out, oldest first. */
static void
wheel_empty(struct wheel *w, unsigned row, unsigned slot, struct callout **to)
{
	list_reverse(&w->slot[row][slot], to);
	w->busy[row] &= ~(UINT64_C(1) << slot);
}

/*
 * Deal the slot that begins with w->tick out to the rows below.  One armed too
 * late for its tick was put in the next, which may be this.
 */
static void
wheel_deal(struct wheel *w, unsigned row)
{
	struct callout *list = NULL;
	struct callout *c;
	uint64_t t;

	wheel_empty(w, row, digit(w->tick, row), &list);
	while ((c = list) != NULL) {
		list_remove(c);
		t = due_tick(c);
		wheel_place(w, c, t > w->tick ? t : w->tick);
	}
}

static void
wheel_fire(struct vnet *v, struct wheel *w)
{
	struct callout *c;

	wheel_empty(w, 0, digit(w->tick, 0), &w->due);
	while ((c = w->due) != NULL) {
		list_remove(c);
		c->fn(v, c->arg);
	}
}

void
callout_init(struct callout *c, void (*fn)(struct vnet *, void *), void *arg)
{
	*c = (struct callout) { .fn = fn, .arg = arg };
}

void
callout_reset(struct vnet *v, struct callout *c, uint64_t delay)
{
	struct wheel *w = V_wheel(v);
	uint64_t t;

	callout_stop(v, c);
	c->when = delay < UINT64_MAX - v->now ? v->now + delay : UINT64_MAX;
	t = due_tick(c);
	wheel_place(w, c, t > w->tick ? t : w->tick + 1);
}

bool
callout_stop(struct vnet *v, struct callout *c)
{
	if (!callout_pending(c))
		return false;
	wheel_remove(V_wheel(v), c);
	return true;
}

uint64_t
callout_left(const struct vnet *v, const struct callout *c)
{
	return callout_pending(c) && c->when > v->now ? c->when - v->now : 0;
}

uint64_t
callout_next(struct vnet *v)
{
	uint64_t tick;
	unsigned row;

	if (!wheel_next(V_wheel(v), &tick, &row))
		return UINT64_MAX;
	return tick * NSEC_PER_MSEC;
}

void
callout_run(struct vnet *v)
{
	struct wheel *w = V_wheel(v);
	uint64_t last = v->now / NSEC_PER_MSEC;
	uint64_t tick;
	unsigned row;

	assert(!w->running);
	w->running = true;
	while (wheel_next(w, &tick, &row) && tick <= last) {
		w->tick = tick;
		if (row > 0)
			wheel_deal(w, row);
		wheel_fire(v, w);
	}
	if (w->tick < last)
		w->tick = last;
	w->running = false;
}
