/*
 * addr.c - addresses of interfaces and routes as words.
 *
 * A net's name is asked for only where it is not that of a single host: FreeBSD
 * asks for those, too, and gets no answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/addr.h"
#include "netstat/rtmsg.h"

const char *
addr_host(const struct view *v, const struct inaddr *a, char buf[ADDR_STRLEN])
{
	const char *name = v->numeric_addr ? NULL : v->names->host(a);
	char text[INADDR_STRLEN];

	snprintf(buf, ADDR_STRLEN, "%s",
	    name != NULL ? name : inaddr_ntop(a, text));
	return buf;
}

const char *
addr_net(const struct view *v, const struct inaddr *a, unsigned plen,
    char buf[ADDR_STRLEN])
{
	const struct inaddr net = rtmsg_net(a, plen);
	bool named = !v->numeric_addr && inaddr_is_v4(a) && plen < 32;
	const char *name = named ? v->names->net(&net) : NULL;
	char text[INADDR_STRLEN];

	if (plen == 0)
		name = "default";
	if (name != NULL)
		snprintf(buf, ADDR_STRLEN, "%s", name);
	else
		snprintf(buf, ADDR_STRLEN, "%s/%u", inaddr_ntop(&net, text),
		    plen);
	return buf;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct inaddr));
}

bool
addr_in_jail(const struct view *v, const struct inaddr *a)
{
	return v->jails.naddr == 0 || bsearch(a, v->jails.addr,
	    v->jails.naddr, sizeof(*a), compare) != NULL;
}
