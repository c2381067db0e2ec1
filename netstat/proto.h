/* The protocols netstat knows. */
#ifndef NETSTAT_PROTO_H
#define NETSTAT_PROTO_H

#include "netstat/stats.h"

struct protox {
	const char	*name;		/* NULL ends the table */
	int		 protocol;	/* IPPROTO_ */
	int		 af;		/* AF_UNSPEC: of both families */
	const char	*pcblist;	/* where its sockets are listed */
	stats_fn	*stats;		/* NULL: no counters */
};

/* In the order in which they are shown. */
extern const struct protox protox[];

/* By its name or an alias in protocols(5); NULL: none of ours. */
const struct protox *proto_find(const char *name);

/* True if -f af (AF_UNSPEC: no -f) asks for it. */
bool	proto_wanted(const struct protox *p, int af);

#endif
