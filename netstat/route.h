/* Routes (-r), and what is counted of them (-rs). */
#ifndef NETSTAT_ROUTE_H
#define NETSTAT_ROUTE_H

#include "netstat/fetch.h"
#include "netstat/view.h"
#include "netstat/xo.h"

#define ROUTE_STATS "net.route.stats"

/* 0 or errno; EPROTO: damaged. */
int	route_print(struct xo *x, const struct view *v, const struct mib *mib);
int	route_stats(struct xo *x, const struct view *v, const struct mib *mib);

#endif
