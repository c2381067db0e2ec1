/*
 * The end of a jail, in steps: what prison_remove() left and nobody owns.
 */
#ifndef STACK_PURGE_H
#define STACK_PURGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vnet.h"

struct prison;

/* How far it has got; zero at first but for reset. */
struct prison_purge {
	bool	 reset;		/* do not let closed sockets deliver and linger:
				 * reset their connections */
	uint64_t tcpgen;
};

/*
 * One step for pr, which is dying: it leaves the address table, and its
 * connections without an owner end.  Does *budget things of some 100 ns each at
 * most and lowers it by what was done.  True: there is more to do.
 *
 * Sockets that somebody owns are his to close, at whatever pace; pr is free of
 * PCBs when that is done and no connection is being closed any more.
 */
bool	prison_purge_step(struct vnet *v, struct prison *pr,
	    struct prison_purge *pp, unsigned *budget);

/* Is any PCB of pr left? */
bool	prison_has_pcbs(const struct vnet *v, const struct prison *pr);

#endif
