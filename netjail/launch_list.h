/*
 * Jails as the tools see them: the records of security.jail.list.
 */
#ifndef NETJAIL_LAUNCH_LIST_H
#define NETJAIL_LAUNCH_LIST_H

#include <stddef.h>
#include <netinet/in.h>

#include "sysctl/xprison.h"

struct jail_list {
	char	*buf;		/* records; malloc()ed */
	size_t	 len;
};

/* Read the jails below our own.  0, or -1 told on standard error. */
int	jail_list_read(struct jail_list *l);

/* The record after x, the first for NULL; NULL at the end. */
const struct xprison *jail_list_next(const struct jail_list *l,
	    const struct xprison *x);

/*
 * The jail with this jid, name, or host name, tried in this order; dying ones
 * have only their jid.  A host name that two jails bear finds neither.
 */
const struct xprison *jail_list_find(const struct jail_list *l,
	    const char *what);

/* Addresses of x, network byte order: pr_ip4s and pr_ip6s of them. */
const struct in_addr *jail_list_ip4(const struct xprison *x);
const struct in6_addr *jail_list_ip6(const struct xprison *x);

#endif
