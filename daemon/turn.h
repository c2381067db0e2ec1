/*
 * What packets wait for in this process: how long it does anything else before
 * it looks at them again.  debug.turn.* shows it; off at first, for it costs a
 * system call each time.
 */
#ifndef DAEMON_TURN_H
#define DAEMON_TURN_H

#include "base/vnet.h"

/* The thread has slept: what comes now begins. */
void	turn_begin(struct vnet *v);

/* Packets are about to be looked at, or have been for the last time before the
 * next sleep: a turn is over, another begins. */
void	turn_end(struct vnet *v);

/* Something has had its share of this turn and goes on in a later one: counted
 * whether turns are measured or not. */
void	turn_putoff(struct vnet *v);

#endif
