/* The list of interfaces, row by row. */
#ifndef NETSTAT_IFROW_H
#define NETSTAT_IFROW_H

#include "netstat/rtmsg.h"
#include "netstat/view.h"
#include "netstat/xo.h"

/* An interface's row, or that of one of its addresses. */
struct ifrow {
	char		 name[XIFNAMSIZ + 1];
	unsigned	 index;
	int32_t		 flags;
	uint32_t	 mtu;
	const struct xsockaddr_dl *link;	/* NULL: an address's row */
	struct inaddr	 addr;
	unsigned	 plen;
	const struct if_data *data;
};

#define DATA(field)	offsetof(struct if_data, ifi_##field)
#define WHEN(field)	offsetof(struct view, field)	/* a bool */

/*
 * The next row of NET_RT_IFLISTL.  r is that of the row before, whose interface
 * it keeps, or has index 0.  False: no more, or w->bad.
 */
bool	ifrow_next(struct rtwalk *w, struct ifrow *r);

/* The counter of r that is at an offset of struct if_data. */
uint64_t ifrow_value(const struct ifrow *r, size_t at);

/* Is the option set whose offset WHEN() is?  0: none is needed. */
bool	ifrow_when(const struct view *v, size_t when);

/* A field, in few characters with -h; JSON has all its digits. */
void	ifrow_counter(struct xo *x, const struct view *v, const char *key,
	    uint64_t value, size_t width);

#endif
