/* Counters of the protocols (-s). */
#ifndef NETSTAT_STATS_H
#define NETSTAT_STATS_H

#include "netstat/fetch.h"
#include "netstat/view.h"
#include "netstat/xo.h"

/*
 * Each prints one protocol's counters under the heading `name' and, with
 * v->zero, sets them back in the same step.  0, or -1 with errno: they could
 * not be had, nothing is printed (ENOENT: the stack has no such counters;
 * EPROTO: they are not of the size we know).
 */
typedef int stats_fn(struct xo *x, const struct view *v,
    const struct mib *mib, const char *name);

stats_fn stats_tcp, stats_udp, stats_ip, stats_icmp;

#endif
