/*
 * djupdate.c - jails that are changed, from the daemon's side.
 *
 * The new addresses of a jail are put on lo0 before it gets them and the old
 * ones are taken away after it had them; lo0 counts, so what is in both stays.
 * Then the init of each jail whose list has changed, by its own or by one above
 * it, hears what came and what went.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "base/ctlmsg.h"
#include "daemon/djail.h"
#include "stack/ip.h"

#define LEASH_MAX	(1 << 20)	/* bytes that init has not read yet */

/* The addresses of a jail as they were, in order. */
struct before {
	struct djail	*j;
	struct inaddr	*addr;
	unsigned	 n;
};

struct update {
	struct daemon	*d;
	struct djail	*j;
	struct before	*jail;		/* j and all below it */
	unsigned	 njails;
};

void
djail_tell(struct djail *j, unsigned op, const void *data, size_t len)
{
	uint8_t cmd[2 + UINT8_MAX] = { (uint8_t)op, (uint8_t)len };

	/* A jail's root may keep init from reading. */
	if (j->leash == NULL || conn_waits(j->leash) > 2 * LEASH_MAX)
		return;
	if (len > 0)
		memcpy(cmd + 2, data, len);
	(void)conn_push(j->leash, cmd, 2 + len);
}

void
djail_tell_host(struct djail *j)
{
	struct djail *k;
	const char *host;

	TAILQ_FOREACH(k, &j->d->djails, link) {
		if (!prison_check(j->prison, k->prison) || (k != j &&
		    !prison_host_inherited(k->prison)))
			continue;
		host = prison_hostname(k->prison);
		djail_tell(k, LEASH_HOSTNAME, host, strnlen(host, 64));
	}
}

static int
cmp(const void *a, const void *b)
{
	return inaddr_cmp(a, b);
}

/* The addresses of a jail, sorted.  Unrestricted ones have none. */
static int
list(const struct prison *pr, struct inaddr **addrp, unsigned *np)
{
	unsigned i, n = prison_naddr(pr);
	struct inaddr *a = calloc(n + 1, sizeof(*a));

	if (a == NULL)
		return ENOMEM;
	for (i = 0; i < n; i++)
		a[i] = *prison_addr(pr, i);
	qsort(a, n, sizeof(*a), cmp);
	*addrp = a;
	*np = n;
	return 0;
}

/*
 * Is init there, and does it listen, where it has to be told?  Those of jails
 * below are not asked for: what they do is not to keep a jail from being
 * changed, and what they miss is what lo shows.
 */
static bool
init_ready(const struct djail *j, uint32_t what)
{
	return (what & (PRC_IP4 | PRC_HOSTNAME)) == 0 ||
	    (j->leash != NULL && conn_waits(j->leash) <= LEASH_MAX);
}

static int
remember(struct update *u)
{
	struct djail *k;
	unsigned n = 0;
	int error;

	TAILQ_FOREACH(k, &u->d->djails, link)
		n += prison_check(u->j->prison, k->prison);
	if ((u->jail = calloc(n + 1, sizeof(*u->jail))) == NULL)
		return ENOMEM;
	TAILQ_FOREACH(k, &u->d->djails, link) {
		struct before *b = &u->jail[u->njails];

		if (!prison_check(u->j->prison, k->prison))
			continue;
		if ((error = list(k->prison, &b->addr, &b->n)) != 0)
			return error;
		b->j = k;
		u->njails++;
	}
	return 0;
}

static void
forget(struct update *u)
{
	while (u->njails > 0)
		free(u->jail[--u->njails].addr);
	free(u->jail);
}

/* Tell init what is in the one list and not in the other. */
static void
tell_changes(const struct before *b)
{
	struct inaddr *now;
	unsigned i = 0, k = 0, n;
	int c;

	if (list(b->j->prison, &now, &n) != 0)
		return;
	while (i < b->n || k < n) {
		c = i == b->n ? 1 : k == n ? -1 :
		    inaddr_cmp(&b->addr[i], &now[k]);
		if (c < 0)
			djail_tell(b->j, LEASH_DELADDR, &b->addr[i],
			    sizeof(*now));
		else if (c > 0)
			djail_tell(b->j, LEASH_ADDADDR, &now[k],
			    sizeof(*now));
		i += c <= 0;
		k += c >= 0;
	}
	free(now);
}

static int
change_addresses(struct update *u, const struct prison_params *pp,
    uint32_t what, uint32_t mask, char *errmsg, size_t errlen)
{
	struct djail *j = u->j;
	bool own = djail_has_own(j->prison);
	struct before *b;
	int error;

	if ((error = remember(u)) != 0)
		return error;
	if (own && (error = djail_addrs_add(u->d->vnet, pp->addr,
	    pp->naddr)) != 0)
		return error;
	error = prison_update(u->d->vnet, j->prison, pp, what, mask, errmsg,
	    errlen);
	if (error != 0) {
		if (own)
			djail_addrs_remove(u->d->vnet, pp->addr, pp->naddr);
		return error;
	}
	for (b = u->jail; b < u->jail + u->njails; b++) {
		tell_changes(b);
		if (own && b->j == j)
			djail_addrs_remove(u->d->vnet, b->addr, b->n);
	}
	if (own)
		j->naddr = prison_naddr(j->prison);
	return 0;
}

int
djail_update(struct djail *j, const struct prison_params *pp, uint32_t what,
    uint32_t allowmask, char *errmsg, size_t errlen)
{
	struct update u = { .d = j->d, .j = j };
	int error;

	if (!init_ready(j, what)) {
		strlcpy(errmsg, "init of the jail is not ready", errlen);
		return EAGAIN;
	}
	if (what & PRC_IP4)
		error = change_addresses(&u, pp, what, allowmask, errmsg,
		    errlen);
	else
		error = prison_update(j->d->vnet, j->prison, pp, what,
		    allowmask, errmsg, errlen);
	forget(&u);
	if (error != 0)
		return error;
	if (what & PRC_HOSTNAME)
		djail_tell_host(j);
	if (what & PRC_PERSIST && pp->persist) {
		djail_tell(j, LEASH_STAY, NULL, 0);
		j->ending = false;
	}
	return 0;
}
