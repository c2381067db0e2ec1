/* What the memory of packets is used for (-m). */
#ifndef NETSTAT_MBUF_H
#define NETSTAT_MBUF_H

#include "netstat/fetch.h"
#include "netstat/xo.h"

/* The value the lines are made from. */
#define MBUF_VALUE "vm.zones"

/*
 * Show FreeBSD 14's lines, but for those about what this stack does not have.
 * 0, or the errno of reading MBUF_VALUE, or EPROTO: it is damaged or lacks a
 * zone that is needed.  Nothing is shown then.
 */
int	mbuf_print(struct xo *x, const struct mib *mib);

#endif
