/* Interfaces (-i) and what passes them from second to second (-w). */
#ifndef NETSTAT_IF_H
#define NETSTAT_IF_H

#include "netstat/fetch.h"
#include "netstat/view.h"
#include "netstat/xo.h"

/* The table; v->interface: of one alone.  0 or errno, EPROTO: damaged. */
int	if_print(struct xo *x, const struct view *v, const struct mib *mib);

/*
 * A line every v->interval seconds, v->howmany of them (0: until v->wait()
 * says no).  0, errno as above, or ENXIO: there is no v->interface.
 */
int	if_rates(struct xo *x, const struct view *v, const struct mib *mib);

#endif
