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
#include <stdint.h>

struct vnet;

struct callout {
	struct callout	 *next;		/* NULL next and prevp: not armed */
	struct callout	**prevp;
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
	return c->prevp != 0;
}

/* ns from vnet->now until it fires, 0 if not armed or due. */
uint64_t callout_left(const struct vnet *v, const struct callout *c);

/*
 * A time (ns) before which nothing is due, for the sleep of an event loop;
 * UINT64_MAX: nothing armed.  Exact for what is near; for what is far, a time
 * on the way to it (at most seven of these before it fires).
 */
uint64_t callout_next(struct vnet *v);

/*
 * Fire what is due at v->now, in order of time; within one millisecond in the
 * order of arming.  Not to be called from a handler.
 */
void	callout_run(struct vnet *v);

#endif
