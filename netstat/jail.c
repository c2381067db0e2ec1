/*
 * jail.c - from -j's argument to jids.
 *
 * FreeBSD's netstat enters the jail and so sees what the jail sees: the
 * sockets of the jail and of those below it, whose names begin with its own and
 * a dot.  Here the jids are looked up and the records filtered, which needs no
 * right to enter.  Dying jails are found by nobody.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/jail.h"
#include "sysctl/xprison.h"

/* security.jail.list, being walked.  Records are aligned to 4 bytes only. */
struct jails {
	const uint8_t	*p, *end;
	bool		 bad;
};

static bool
next_jail(struct jails *l, struct xprison *xp)
{
	size_t left = (size_t)(l->end - l->p);
	uint64_t len;

	if (left == 0)
		return false;
	l->bad = true;
	if (left < sizeof(*xp))
		return false;
	memcpy(xp, l->p, sizeof(*xp));
	len = sizeof(*xp) + xp->pr_ip4s * UINT64_C(4) +
	    xp->pr_ip6s * UINT64_C(16);
	if (xp->pr_version != XPRISON_VERSION || len > left)
		return false;
	l->bad = false;
	l->p += len;
	xp->pr_name[sizeof(xp->pr_name) - 1] = '\0';
	return true;
}

/* True if the jail called `name' is `top' or below it. */
static bool
at_or_below(const char *name, const char *top)
{
	size_t len = strlen(top);

	return strncmp(name, top, len) == 0 &&
	    (name[len] == '\0' || name[len] == '.');
}

static bool
is_jid(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* The name of the jail that -j means; false: none such. */
static bool
find(struct jails l, const char *jail, char *name)
{
	struct xprison xp;
	bool match;

	while (next_jail(&l, &xp)) {
		match = is_jid(jail) ? xp.pr_id == strtol(jail, NULL, 10) :
		    strcmp(xp.pr_name, jail) == 0;
		if (match && xp.pr_state == XPRISON_ALIVE) {
			memcpy(name, xp.pr_name, sizeof(xp.pr_name));
			return true;
		}
	}
	return false;
}

static int
compare(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* n > 0: how many jails there are. */
static int
collect(struct jails l, size_t n, const char *top, struct jailset *set)
{
	struct xprison xp;
	int *jid;

	if ((jid = calloc(n, sizeof(*jid))) == NULL)
		return ENOMEM;
	set->jid = jid;
	set->n = 0;
	while (next_jail(&l, &xp))
		if (at_or_below(xp.pr_name, top))
			jid[set->n++] = xp.pr_id;
	qsort(jid, set->n, sizeof(*jid), compare);
	return 0;
}

static int
select_host(struct jailset *set)
{
	if ((set->jid = calloc(1, sizeof(*set->jid))) == NULL)
		return ENOMEM;
	set->n = 1;
	return 0;
}

int
jail_select(const struct mib *mib, const char *jail, struct jailset *set)
{
	struct jails l = { .bad = false }, check;
	struct xprison xp;
	char name[sizeof(xp.pr_name)];
	size_t len, n = 0;
	void *buf;
	int error;

	if (is_jid(jail) && strtol(jail, NULL, 10) == 0)
		return select_host(set);
	if ((buf = mib->read("security.jail.list", &len)) == NULL)
		return errno;
	l.p = buf;
	l.end = l.p + len;
	for (check = l; next_jail(&check, &xp); )
		n++;
	if (check.bad)
		error = EPROTO;
	else if (n == 0 || !find(l, jail, name))
		error = ESRCH;
	else
		error = collect(l, n, name, set);
	free(buf);
	return error;
}
