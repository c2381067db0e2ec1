/* Which sockets the user asked to see. */
#ifndef NETSTAT_FILTER_H
#define NETSTAT_FILTER_H

#include "netstat/fetch.h"
#include "netstat/view.h"

/*
 * protocol: IPPROTO_.  af: AF_INET or AF_INET6 to see sockets of one family
 * (one that serves both is of either), AF_UNSPEC for both.
 */
bool	filter_conn(const struct view *v, int protocol, int af,
	    const struct conn *c);
bool	filter_unpcb(const struct view *v, const struct xunpcb *xu);

#endif
