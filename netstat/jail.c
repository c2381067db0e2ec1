/*
 * jail.c - from -j's argument to jids.
 *
 * FreeBSD's netstat enters the jail and so sees what the jail sees: the
 * sockets of the jail and of those below it, whose names begin with its own and
 * a dot, and of addresses its own.  Here these are looked up and the records
 * filtered, which needs no right to enter.  Dying jails are found by nobody.
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

/* The jail that -j means, and where its addresses are; false: none such. */
static bool
find(struct jails l, const char *jail, struct xprison *xp,
    const uint8_t **addrs)
{
	const uint8_t *here;
	bool match;

	while (here = l.p, next_jail(&l, xp)) {
		match = is_jid(jail) ? xp->pr_id == strtol(jail, NULL, 10) :
		    strcmp(xp->pr_name, jail) == 0;
		if (match && xp->pr_state == XPRISON_ALIVE) {
			*addrs = here + sizeof(*xp);
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

static int
compare_addr(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct inaddr));
}

/* n > 0: how many jails there are. */
static int
collect_jids(struct jails l, size_t n, const char *top, struct jailset *set)
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

/* The addresses of xp, IPv4 first, which are at p. */
static int
collect_addrs(const struct xprison *xp, const uint8_t *p,
    struct jailset *set)
{
	size_t n = (size_t)xp->pr_ip4s + xp->pr_ip6s, i;
	uint32_t v4;

	if (n == 0)
		return 0;
	if ((set->addr = calloc(n, sizeof(*set->addr))) == NULL)
		return ENOMEM;
	set->naddr = n;
	for (i = 0; i < xp->pr_ip4s; i++, p += sizeof(v4)) {
		memcpy(&v4, p, sizeof(v4));
		set->addr[i] = inaddr_v4(v4);
	}
	for (; i < n; i++, p += sizeof(set->addr[i].b))
		memcpy(set->addr[i].b, p, sizeof(set->addr[i].b));
	qsort(set->addr, n, sizeof(*set->addr), compare_addr);
	return 0;
}

static int
collect(struct jails l, size_t n, const struct xprison *xp,
    const uint8_t *addrs, struct jailset *set)
{
	struct jailset found = { .n = 0 };
	int error = collect_jids(l, n, xp->pr_name, &found);

	if (error == 0)
		error = collect_addrs(xp, addrs, &found);
	if (error == 0)
		*set = found;
	else
		jailset_free(&found);
	return error;
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
	const uint8_t *addrs;
	struct xprison xp;
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
	else if (n == 0 || !find(l, jail, &xp, &addrs))
		error = ESRCH;
	else
		error = collect(l, n, &xp, addrs, set);
	free(buf);
	return error;
}

void
jailset_free(struct jailset *set)
{
	free(set->jid);
	free(set->addr);
	*set = (struct jailset) { .n = 0 };
}

bool
jailset_has(const struct jailset *set, int64_t jid)
{
	size_t low = 0, high = set->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (set->jid[mid] == jid)
			return true;
		if (set->jid[mid] < jid)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}
