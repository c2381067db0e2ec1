/*
 * Callouts: functions to be called at a later time, on a hierarchical timing
 * wheel.  Arming, moving and stopping are O(1); the cost of a tick depends on
 * what expires in it and not on what is armed.  Resolution 1 ms; a callout
 * never fires early.
 *
 * A callout is embedded in its object and must be stopped before that goes.
 * A handler may arm, stop or free any callout, its own included.
 */
#ifndef BASE_CALLOUT_H
#define BASE_CALLOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vnet;

struct callink {		/* of a circular list; NULL: in none */
	struct callink	*next, *prev;
};

struct callout {
	struct callink	  link;		/* must be first */
	uint64_t	  when;		/* ns */
	void		(*fn)(struct vnet *, void *arg);
	void		 *arg;
};

void	callout_init(struct callout *c, void (*fn)(struct vnet *, void *),
	    void *arg);

/*
 * Call c's function once, `delay' ns from vnet->now; moves an armed one.  It is
 * called by callout_run() in a later millisecond than the last one that ran, so
 * that a handler which arms itself without delay does not run for ever.
 */
void	callout_reset(struct vnet *v, struct callout *c, uint64_t delay);

/* True if it was armed. */
bool	callout_stop(struct vnet *v, struct callout *c);

static inline bool
callout_pending(const struct callout *c)
{
	return c->link.next != NULL;
}

/* ns from vnet->now until it fires, 0 if not armed or due. */
uint64_t callout_left(const struct vnet *v, const struct callout *c);

/*
 * A time (ns) before which nothing is due, for the sleep of an event loop;
 * UINT64_MAX: nothing armed.  Exact for what is near; for what is far, a time
 * on the way to it (at most seven of these before it fires).  In the past if
 * callout_run() has more to do.
 */
uint64_t callout_next(struct vnet *v);

#define CALLOUT_MAXFIRE	256	/* handlers in one callout_run() */
#define CALLOUT_MAXDEAL	2048	/* far callouts brought near in one */

/*
 * Fire what is due at v->now, in order of time; within one millisecond in the
 * order of arming.  Not more than the above is done at once; true: call again,
 * soon, with packets between.  Where CALLOUT_MAXDEAL is not enough, those of
 * the many callouts that were armed long ago may fire late, and out of order,
 * by the time it takes; others do not wait for them.
 * Not to be called from a handler.
 */
bool	callout_run(struct vnet *v);

/* What callout_run() has done so far. */
struct callout_stats {
	uint64_t fired;		/* handlers called */
	uint64_t dealt;		/* callouts moved to a nearer slot */
	uint64_t slots;		/* slots looked at */
};
void	callout_stats(const struct vnet *v, struct callout_stats *st);

#endif
