/*
 * The messages of net.routetable (sysctl/xroute.h), one by one.
 */
#ifndef NETSTAT_RTMSG_H
#define NETSTAT_RTMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/inaddr.h"
#include "sysctl/xroute.h"

struct rtwalk {
	const uint8_t	*p, *end;	/* what is left */
	bool		 bad;		/* what comes next makes no sense */
};

/* A message whose lengths have been checked.  Pointers lead into the buffer. */
struct rtmsg {
	uint8_t		 type;		/* RTM_ */
	uint16_t	 index;		/* of the interface */
	int32_t		 flags;
	const struct rt_msghdr *rtm;	/* RTM_GET */
	const struct if_data *data;	/* RTM_IFINFO, RTM_NEWADDR */
	/* by the number of its RTA_ bit, NULL: not there */
	const struct xsockaddr *addr[RTAX_MAX];
};

#define RTAX_DST	0
#define RTAX_GATEWAY	1
#define RTAX_NETMASK	2
#define RTAX_IFP	4
#define RTAX_IFA	5

/* buf: aligned as by malloc(), borrowed. */
void	rtwalk_init(struct rtwalk *w, const void *buf, size_t len);

/* The next message; of other types than the three there is only the type.
 * False: none is left, or w->bad. */
bool	rtmsg_next(struct rtwalk *w, struct rtmsg *m);

/* The address of sa; false: it is NULL or of another family than IP's. */
bool	rtmsg_inaddr(const struct xsockaddr *sa, struct inaddr *a);

/* The length of the prefix that a netmask (NULL: all bits) makes of address a;
 * the part of a in that net, the rest zero. */
unsigned rtmsg_plen(const struct xsockaddr *mask, const struct inaddr *a);
struct inaddr rtmsg_net(const struct inaddr *a, unsigned plen);

#endif
