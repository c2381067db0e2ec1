/* What netstat shows, from fetching to printing. */
#ifndef NETSTAT_SHOW_H
#define NETSTAT_SHOW_H

#include "netstat/fetch.h"
#include "netstat/proto.h"
#include "netstat/view.h"
#include "netstat/xo.h"

/*
 * The first that v asks for of: watchers, memory of packets, input queue,
 * interfaces, routes, multicast routing.  If none: the tables of sockets, or
 * with v->stats the counters, of one protocol or (only == NULL) of all that
 * v->af asks for; a protocol the stack does not have is passed over.  What goes
 * wrong is told on stderr, one line each, and the rest is shown.  Returns the
 * exit status.
 */
int	show(struct xo *x, const struct view *v, const struct mib *mib,
	    const struct protox *only);

#endif
