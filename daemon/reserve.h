/*
 * Memory made ready by a thread of its own, so that the one that owns the stack
 * never waits for the system to find, or clear, or take back a huge page.
 *
 *	struct reserve r;
 *	reserve_init(&r);
 *	zreserve(v, &r.zr);
 *	...
 *	vnet_free(v);
 *	reserve_fini(&r);
 */
#ifndef DAEMON_RESERVE_H
#define DAEMON_RESERVE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/zone.h"

struct piece;

struct reserve {
	struct zreserve	 zr;		/* must be first */
	pthread_t	 thread;
	bool		 started;	/* there is a thread */
	pthread_mutex_t	 lock;		/* of what follows; held for a moment */
	pthread_cond_t	 work;		/* n is not want, or ending */
	struct piece	*ready;
	size_t		 n;		/* pieces in ready */
	size_t		 want;		/* how many there should be */
	bool		 ending;
};

/* The thread starts when it is needed for the first time, with all signals
 * blocked. */
void	reserve_init(struct reserve *r);

/* The stack takes no more, and has given all back. */
void	reserve_fini(struct reserve *r);

#endif
