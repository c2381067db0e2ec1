/*
 * djupdate.c - jails that are changed, from the daemon's side.
 *
 * Theory of operation
 *
 * A jail's new addresses are made a list (netjail/prison_update.c) and put on
 * lo0 before it gets them; the old ones are taken away after it had them.  lo0
 * counts, so what is in both stays.  Then the init of each jail whose list has
 * changed, by its own or by one above it, hears what came and what went.  All
 * this goes in slices, whose order is that of enum phase.
 *
 * What may fail comes first, and is undone if it does or if it is given up.  A
 * jail that goes meanwhile ends its update; what is on lo0 for it leaves with
 * it, what the update has put there or is to take away, by the update.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "base/ctlmsg.h"
#include "daemon/djail.h"
#include "stack/ip.h"

#define LEASH_MAX	(1 << 20)	/* bytes that init has not read yet */

enum phase {
	PHASE_LISTS, PHASE_ADD, PHASE_COMMIT, PHASE_SPREAD, PHASE_TAKE,
	PHASE_TELL, PHASE_UNDO, PHASE_END, PHASE_OVER
};

struct djupdate {
	struct djail	*j;
	struct prison_update *u;
	const struct inaddr *addr;	/* to be on lo0; none, if that is for */
	unsigned	 naddr;		/* a jail above to see to */
	unsigned	 nadded;
	enum phase	 phase;
	unsigned	 next;		/* address of PHASE_TAKE, PHASE_TELL */
	const struct prison *told;	/* whose that is */
	uint32_t	 what;
	bool		 persist;
	int		 error;		/* why it is undone */
	char		 errmsg[512];
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

/* What was there to be told of without addresses. */
static void
tell_rest(struct djail *j, uint32_t what, bool persist)
{
	if (what & PRC_HOSTNAME)
		djail_tell_host(j);
	if (what & PRC_PERSIST && persist) {
		djail_tell(j, LEASH_STAY, NULL, 0);
		j->ending = false;
	}
}

int
djupdate_begin(struct djail *j, const struct prison_params *pp, uint32_t what,
    uint32_t allowmask, struct djupdate **upp, char *errmsg, size_t errlen)
{
	struct djupdate *up;
	int error;

	if (!init_ready(j, what)) {
		strlcpy(errmsg, "init of the jail is not ready", errlen);
		return EAGAIN;
	}
	if ((up = calloc(1, sizeof(*up))) == NULL)
		return ENOMEM;
	*up = (struct djupdate){ .j = j, .what = what, .persist = pp->persist };
	if (djail_has_own(j->prison)) {
		up->addr = pp->addr;
		up->naddr = pp->naddr;
	}
	error = prison_update_begin(j->d->vnet, j->prison, pp, what, allowmask,
	    &up->u, errmsg, errlen);
	if (error == EINPROGRESS) {
		j->update = *upp = up;
		return error;
	}
	free(up);
	if (error == 0)
		tell_rest(j, what, pp->persist);
	return error;
}

/* ---- phases: 0 if it is over, EINPROGRESS, or why it is to be undone ---- */

static int
phase_add(struct djupdate *up, unsigned *budget)
{
	struct vnet *v = up->j->d->vnet;
	int error;

	for (; up->nadded < up->naddr; up->nadded++, (*budget)--) {
		if (*budget == 0)
			return EINPROGRESS;
		error = in_ifaddr_add(v, lo0(v), &up->addr[up->nadded]);
		if (error != 0)
			return error;
	}
	return 0;
}

static int
phase_undo(struct djupdate *up, unsigned *budget)
{
	for (; up->nadded > 0; (*budget)--) {
		if (*budget == 0)
			return EINPROGRESS;
		(void)in_ifaddr_remove(up->j->d->vnet,
		    &up->addr[--up->nadded]);
	}
	return 0;
}

static int
phase_commit(struct djupdate *up)
{
	struct djail *j = up->j;
	int error = prison_update_commit(j->d->vnet, up->u, up->errmsg,
	    sizeof(up->errmsg));

	if (error == 0 && djail_has_own(j->prison))
		j->naddr = prison_naddr(j->prison);
	return error;
}

/* The old ones leave lo0. */
static int
phase_take(struct djupdate *up, unsigned *budget)
{
	const struct djail *j = up->j;
	struct prison_change c;

	for (; djail_has_own(j->prison) &&
	    prison_change(j->prison, up->next, &c); up->next++) {
		if (*budget == 0)
			return EINPROGRESS;
		(*budget)--;
		if (c.old)
			(void)in_ifaddr_remove(j->d->vnet, c.addr);
	}
	return 0;
}

/* Tell the init of pr what came and what went. */
static int
tell_changes(struct djupdate *up, const struct prison *pr, unsigned *budget)
{
	struct djail *j = djail_find(up->j->d, prison_jid(pr));
	struct prison_change c;

	if (up->told != pr) {
		up->told = pr;
		up->next = 0;
	}
	for (; j != NULL && prison_change(pr, up->next, &c); up->next++) {
		if (*budget == 0)
			return EINPROGRESS;
		(*budget)--;
		if (!c.both)
			djail_tell(j, c.old ? LEASH_DELADDR : LEASH_ADDADDR,
			    c.addr, sizeof(*c.addr));
	}
	return 0;
}

static int
phase_tell(struct djupdate *up, unsigned *budget)
{
	const struct prison *pr;

	while ((pr = prison_update_at(up->u)) != NULL) {
		if (tell_changes(up, pr, budget) != 0 || *budget == 0)
			return EINPROGRESS;
		(*budget)--;
		prison_update_next(up->u);
	}
	return 0;
}

static int
phase_step(struct djupdate *up, unsigned *budget)
{
	struct vnet *v = up->j->d->vnet;

	switch (up->phase) {
	case PHASE_LISTS:
		return prison_update_step(v, up->u, budget, up->errmsg,
		    sizeof(up->errmsg));
	case PHASE_ADD:
		return phase_add(up, budget);
	case PHASE_COMMIT:
		return phase_commit(up);
	case PHASE_SPREAD:
		return prison_update_spread(up->u, budget) ? EINPROGRESS : 0;
	case PHASE_TAKE:
		return phase_take(up, budget);
	case PHASE_TELL:
		return phase_tell(up, budget);
	case PHASE_UNDO:
		return phase_undo(up, budget);
	case PHASE_END:
		return prison_update_end(v, up->u, budget) ? EINPROGRESS : 0;
	case PHASE_OVER:
		break;
	}
	return 0;
}

static void
next_phase(struct djupdate *up, int error)
{
	if (error != 0) {
		up->error = error;
		up->phase = PHASE_UNDO;
	} else
		up->phase = up->phase == PHASE_TELL ? PHASE_END :
		    up->phase + 1;
}

void
djupdate_cancel(struct djupdate *up)
{
	if (up->phase <= PHASE_COMMIT)
		next_phase(up, ECANCELED);
}

int
djupdate_step(struct djupdate *up, unsigned *budget, char *errmsg,
    size_t errlen)
{
	struct djail *j = up->j;
	int error;

	while (up->phase != PHASE_OVER) {
		error = phase_step(up, budget);
		if (error == EINPROGRESS)
			return error;
		next_phase(up, error);
	}
	j->update = NULL;
	error = up->error;
	if (error == 0)
		tell_rest(j, up->what, up->persist);
	else
		strlcpy(errmsg, up->errmsg, errlen);
	free(up);
	return error;
}
