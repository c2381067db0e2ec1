/*
 * launch_list.c - stepping through security.jail.list.
 *
 * A record says how many addresses follow it; what would reach beyond the end
 * of the buffer ends the list.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/launch_list.h"
#include "sysctl/client.h"

int
jail_list_read(struct jail_list *l)
{
	if (nj_sysctl_open() == -1) {
		warnx("cannot reach netjaild: %s", ctl_strerror(errno));
		return -1;
	}
	l->buf = nj_sysctl_read("security.jail.list", &l->len);
	if (l->buf != NULL)
		return 0;
	warn("security.jail.list");
	return -1;
}

static size_t
record_size(const struct xprison *x)
{
	return sizeof(*x) + (size_t)x->pr_ip4s * sizeof(struct in_addr) +
	    (size_t)x->pr_ip6s * sizeof(struct in6_addr);
}

const struct xprison *
jail_list_next(const struct jail_list *l, const struct xprison *x)
{
	const char *p = l->buf;
	size_t left;

	if (x != NULL)
		p = (const char *)x + record_size(x);
	left = l->len - (size_t)(p - l->buf);
	x = (const void *)p;
	if (left < sizeof(*x) || x->pr_version != XPRISON_VERSION ||
	    left < record_size(x))
		return NULL;
	return x;
}

static const struct xprison *
find_jid(const struct jail_list *l, const char *what)
{
	const struct xprison *x = NULL;
	char *end;
	long jid;

	jid = strtol(what, &end, 10);
	if (*end != '\0')
		return NULL;
	while ((x = jail_list_next(l, x)) != NULL)
		if (x->pr_id == jid)
			return x;
	return NULL;
}

static const struct xprison *
find_name(const struct jail_list *l, const char *what)
{
	const struct xprison *x = NULL;

	while ((x = jail_list_next(l, x)) != NULL)
		if (x->pr_state == XPRISON_ALIVE &&
		    strcmp(x->pr_name, what) == 0)
			return x;
	return NULL;
}

static const struct xprison *
find_host(const struct jail_list *l, const char *what)
{
	const struct xprison *x = NULL, *found = NULL;

	while ((x = jail_list_next(l, x)) != NULL) {
		if (x->pr_state != XPRISON_ALIVE ||
		    strcmp(x->pr_host, what) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = x;
	}
	return found;
}

const struct xprison *
jail_list_find(const struct jail_list *l, const char *what)
{
	const struct xprison *x;

	if ((x = find_jid(l, what)) == NULL && (x = find_name(l, what)) == NULL)
		x = find_host(l, what);
	return x;
}

const struct in_addr *
jail_list_ip4(const struct xprison *x)
{
	return (const void *)(x + 1);
}

const struct in6_addr *
jail_list_ip6(const struct xprison *x)
{
	return (const void *)(jail_list_ip4(x) + x->pr_ip4s);
}
