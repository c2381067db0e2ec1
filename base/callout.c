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
 * Lists are circular: a callout leaves its list, and a whole slot moves,
 * without a look at the others.  What is armed goes to the end, so that
 * callouts of one tick run in the order in which they were armed.
 *
 * A slot may hold a million callouts: of connections that began in the same
 * minutes and will be probed hours later.  So a slot whose time has come is not
 * dealt out at once: it becomes its row's `deal' list, of which each run takes
 * CALLOUT_MAXDEAL, the last ones first: what is near came there lately.  Ticks
 * go on meanwhile, unless the next slot of that row is due before the list is
 * empty.  In the same way `due', what the current tick calls, may last for
 * several runs; no tick follows before it is empty.
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
	struct callink	 slot[NROWS][NSLOTS];
	struct callink	 deal[NROWS];	/* to go to rows below; [0]: empty */
	struct callink	 due;		/* of the tick that is running */
	unsigned	 fires, deals;	/* left in this run */
	struct callout_stats stats;
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

static void
list_init(struct callink *head)
{
	head->next = head->prev = head;
}

static bool
list_empty(const struct callink *head)
{
	return head->next == head;
}

/* Behind `at', which may be the head. */
static void
list_insert(struct callink *at, struct callink *l)
{
	l->prev = at;
	l->next = at->next;
	at->next->prev = l;
	at->next = l;
}

static void
list_remove(struct callink *l)
{
	assert(l->next != NULL);
	l->prev->next = l->next;
	l->next->prev = l->prev;
	l->next = l->prev = NULL;
}

/* All of `from' to the empty list `to'. */
static void
list_move(struct callink *from, struct callink *to)
{
	assert(list_empty(to));
	if (list_empty(from))
		return;
	*to = *from;
	to->next->prev = to->prev->next = to;
	list_init(from);
}

static int
callouts_init(struct vnet *v)
{
	struct wheel *w = V_wheel(v);

	w->tick = v->now / NSEC_PER_MSEC;
	for (unsigned row = 0; row < NROWS; row++) {
		for (unsigned i = 0; i < NSLOTS; i++)
			list_init(&w->slot[row][i]);
		list_init(&w->deal[row]);
	}
	list_init(&w->due);
	return 0;
}

static void
callouts_fini(struct vnet *v)
{
	for (unsigned row = 0; row < NROWS; row++) {
		assert(V_wheel(v)->busy[row] == 0);
		assert(list_empty(&V_wheel(v)->deal[row]));
	}
	assert(list_empty(&V_wheel(v)->due));
}

static inline unsigned
digit(uint64_t tick, unsigned row)
{
	return tick >> (DIGIT * row) & (NSLOTS - 1);
}

/* The tick at whose beginning c is due: none of its time is early. */
static uint64_t
due_tick(const struct callout *c)
{
	uint64_t last = UINT64_MAX / NSEC_PER_MSEC;
	uint64_t t = c->when / NSEC_PER_MSEC;

	return t < last && c->when % NSEC_PER_MSEC != 0 ? t + 1 : t;
}

/* The slot for tick t, which is about to be filled. */
static struct callink *
wheel_slot(struct wheel *w, uint64_t t)
{
	uint64_t differ = t ^ w->tick;
	unsigned row, slot;

	row = differ == 0 ? 0 : (63 - __builtin_clzll(differ)) / DIGIT;
	slot = digit(t, row);
	w->busy[row] |= UINT64_C(1) << slot;
	return &w->slot[row][slot];
}

static void
wheel_remove(struct wheel *w, struct callout *c)
{
	const struct callink *head = c->link.next;
	uintptr_t off = (uintptr_t)head - (uintptr_t)w->slot;
	size_t i;

	list_remove(&c->link);
	/* The last one of a slot?  Not if it stood before another. */
	if (off >= sizeof(w->slot) || !list_empty(head))
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

/* Move a slot's callouts to the empty list `to'. */
static void
wheel_empty(struct wheel *w, unsigned row, unsigned slot, struct callink *to)
{
	w->stats.slots++;
	list_move(&w->slot[row][slot], to);
	w->busy[row] &= ~(UINT64_C(1) << slot);
}

/*
 * Deal out to the rows below what there is time for, the last one first and
 * each in front of its new slot, for what is there was armed later.  One armed
 * too late for its tick was put in the next, which may be the one that is about
 * to run; one that had to wait here may be late itself.
 */
static void
wheel_deal(struct wheel *w, unsigned row, uint64_t soonest)
{
	struct callink *head = &w->deal[row], *l;
	uint64_t t;

	for (; w->deals > 0 && !list_empty(head); w->deals--) {
		l = head->prev;
		list_remove(l);
		/* The next one's memory is seldom in the cache. */
		__builtin_prefetch(head->prev);
		t = due_tick((struct callout *)l);
		list_insert(wheel_slot(w, t > soonest ? t : soonest), l);
		w->stats.dealt++;
	}
}

/* What could not be dealt when its slot's time came.  After all else, so that
 * what is near does not wait behind what was far. */
static void
wheel_deal_rest(struct wheel *w)
{
	for (unsigned row = 1; row < NROWS; row++)
		wheel_deal(w, row, w->tick + 1);
}

/* True: all of this tick's have been called. */
static bool
wheel_fire(struct vnet *v, struct wheel *w)
{
	struct callout *c;

	while (!list_empty(&w->due)) {
		if (w->fires == 0)
			return false;
		w->fires--;
		w->stats.fired++;
		c = (struct callout *)w->due.next;
		list_remove(&c->link);
		c->fn(v, c->arg);
	}
	return true;
}

/* Go on to a tick for which something is in this row.  False: not before what
 * is to be dealt from the row has been. */
static bool
wheel_advance(struct wheel *w, uint64_t tick, unsigned row)
{
	if (!list_empty(&w->deal[row]))
		return false;
	w->tick = tick;
	if (row != 0) {
		wheel_empty(w, row, digit(tick, row), &w->deal[row]);
		wheel_deal(w, row, tick);
	}
	wheel_empty(w, 0, digit(tick, 0), &w->due);
	return true;
}

/* Has an earlier tick left something? */
static bool
wheel_behind(const struct wheel *w)
{
	for (unsigned row = 1; row < NROWS; row++)
		if (!list_empty(&w->deal[row]))
			return true;
	return !list_empty(&w->due);
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
	list_insert(wheel_slot(w, t > w->tick ? t : w->tick + 1)->prev,
	    &c->link);
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
	const struct wheel *w = V_wheel(v);
	uint64_t tick;
	unsigned row;

	if (wheel_behind(w))
		return w->tick * NSEC_PER_MSEC;
	if (!wheel_next(w, &tick, &row))
		return UINT64_MAX;
	return tick * NSEC_PER_MSEC;
}

/* Call what is due up to tick `last', as far as the budget allows. */
static void
wheel_run(struct vnet *v, struct wheel *w, uint64_t last)
{
	uint64_t tick;
	unsigned row;

	while (wheel_fire(v, w)) {
		if (!wheel_next(w, &tick, &row) || tick > last) {
			if (w->tick < last)
				w->tick = last;
			return;
		}
		if (!wheel_advance(w, tick, row))
			return;
	}
}

bool
callout_run(struct vnet *v)
{
	struct wheel *w = V_wheel(v);

	assert(!w->running);
	w->running = true;
	w->fires = CALLOUT_MAXFIRE;
	w->deals = CALLOUT_MAXDEAL;
	wheel_run(v, w, v->now / NSEC_PER_MSEC);
	wheel_deal_rest(w);
	w->running = false;
	return callout_next(v) <= v->now;
}

void
callout_stats(const struct vnet *v, struct callout_stats *st)
{
	*st = V_wheel(v)->stats;
}
