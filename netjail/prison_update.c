/*
 * prison_update.c - changing a jail that lives.
 *
 * Theory of operation
 *
 * An update is done wholly or not at all, and lists of tens of thousands of
 * addresses are replaced without holding anybody up.  So first everything is
 * checked.  If addresses change, then step by step
 *
 *	the jail's next list is made, beside the one that counts;
 *	it is looked whether the old one has an address that it has not;
 *	if so the next list of each jail below is made: what it keeps.
 *
 * All of this may fail, or be given up, and is seen by nobody but those who
 * want one of the addresses: it is taken.  Then what was checked first is
 * checked again, for a name may be taken meanwhile, and with nothing left that
 * can fail the lists of the jail change places and the rest is written
 * (prison_update_commit()).  There is no way back; those below change places
 * one by one, in as many steps as it takes.  At each time each jail has its old
 * list or its new one, and no other.  At last the old lists are taken apart;
 * until then their addresses are nobody else's.
 *
 * Meanwhile jails may go, the changed one as well: what a dying jail has beside
 * its list leaves with it (prison_forget()).  Nothing comes: no jail is made or
 * changed below one that is being changed, nor above one.
 *
 * Whatever makes a jail smaller makes all jails below it smaller: rights that
 * it loses they lose, addresses too, and their children.max stays below its.
 * What it gains they do not.  Who loses an address is marked (pr_lost): for
 * those alone the look-up of listeners asks whether an address still is theirs.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "netjail/prison_int.h"

struct prison_update {
	struct prison	*pr;		/* a reference */
	struct prison_params pp;	/* with the texts below */
	uint32_t	 what, allowmask;
	enum { UP_MAKE, UP_LOOK, UP_BELOW, UP_SPREAD, UP_SHOW,
	    UP_END } phase;
	struct prison_making making;
	struct prison	*at;		/* the jail a walk has come to, */
	int		 family;	/* and where in it */
	unsigned	 next;
	bool		 lost[PR_FAMILIES];	/* some, of its old list */
	char		 name[PRISON_NAMELEN];
	char		 hostname[PRISON_NAMELEN];
};

/* ---- checks ---- */

/* A name of this length must leave room for those of the jails below. */
static int
check_names_below(const struct prison *pr, size_t newlen, char *errmsg,
    size_t errlen)
{
	size_t oldlen = strlen(pr->pr_name);
	const struct prison *p = pr;

	while ((p = prison_walk(pr, p)) != NULL)
		if (strlen(p->pr_name) - oldlen + newlen >= PRISON_NAMELEN)
			return prison_refuse(ENAMETOOLONG, errmsg, errlen,
			    "name too long for jail \"%s\"", p->pr_name);
	return 0;
}

static int
check_name(const struct vnet *v, const struct prison *pr, const char *name,
    char *newname, char *errmsg, size_t errlen)
{
	int error;

	error = prison_name_make(v, pr, name, newname, errmsg, errlen);
	if (error == 0)
		error = check_names_below(pr, strlen(newname), errmsg, errlen);
	return error;
}

/* All but name and addresses. */
static int
check(const struct prison *pr, const struct prison_params *pp, uint32_t what,
    uint32_t allowmask, char *errmsg, size_t errlen)
{
	const struct prison *parent = pr->pr_parent;
	int error = 0;

	if (what & PRC_HOSTNAME && pp->hostname != NULL &&
	    strlen(pp->hostname) >= sizeof(pr->pr_host))
		return prison_refuse(ENAMETOOLONG, errmsg, errlen,
		    "hostname too long");
	if ((pp->allow & allowmask & ~parent->pr_allow) != 0)
		return prison_refuse(EPERM, errmsg, errlen,
		    "a right that jail \"%s\" lacks", parent->pr_name);
	if (what & PRC_CHILDREN && pp->children_max > 0 &&
	    pp->children_max >= parent->pr_childmax)
		return prison_refuse(EPERM, errmsg, errlen,
		    "children.max must be below that of jail \"%s\"",
		    parent->pr_name);
	if (what & PRC_PORTS)
		error = prison_ports_check(pp->portrange_first,
		    pp->portrange_last, "portrange.", errmsg, errlen);
	if (error == 0 && what & PRC_HIPORTS)
		error = prison_ports_check(pp->portrange_hifirst,
		    pp->portrange_hilast, "portrange.hi", errmsg, errlen);
	return error;
}

/* ---- the rest, which cannot fail ---- */

static void
rename_one(struct vnet *v, struct prison *pr, const char *name)
{
	htable_remove(&V_prisons(v)->by_name, &pr->pr_namelink);
	strlcpy(pr->pr_name, name, sizeof(pr->pr_name));
	prison_name_link(v, pr);
}

static void
rename_all(struct vnet *v, struct prison *pr, const char *name)
{
	size_t oldlen = strlen(pr->pr_name);
	struct prison *p = pr;
	char full[PRISON_NAMELEN];

	rename_one(v, pr, name);
	while ((p = prison_walk(pr, p)) != NULL) {
		strlcpy(full, name, sizeof(full));
		strlcat(full, p->pr_name + oldlen, sizeof(full));
		rename_one(v, p, full);
	}
}

void
prison_host_spread(struct prison *pr, const char *name)
{
	struct prison *p = pr;

	strlcpy(pr->pr_host, name, sizeof(pr->pr_host));
	/* Those below with a name of their own end the copying: their parent
	 * is not the one whose name was copied. */
	while ((p = prison_walk(pr, p)) != NULL)
		if (!p->pr_hostown)
			strlcpy(p->pr_host, p->pr_parent->pr_host,
			    sizeof(p->pr_host));
}

static void
limit_children(struct prison *pr, unsigned max)
{
	struct prison *p = pr;

	pr->pr_childmax = max;
	while ((p = prison_walk(pr, p)) != NULL)
		if (p->pr_childmax > 0 &&
		    p->pr_childmax >= p->pr_parent->pr_childmax)
			p->pr_childmax = p->pr_parent->pr_childmax > 0 ?
			    p->pr_parent->pr_childmax - 1 : 0;
}

static void
set_allow(struct prison *pr, uint32_t allow, uint32_t mask)
{
	uint32_t gone = mask & ~allow;
	struct prison *p = pr;

	pr->pr_allow = (pr->pr_allow & ~mask) | (allow & mask);
	while ((p = prison_walk(pr, p)) != NULL)
		p->pr_allow &= ~gone;
}

static void
apply(struct prison *pr, const struct prison_params *pp, uint32_t what)
{
	if (what & PRC_HOSTNAME) {
		pr->pr_hostown = pp->hostname != NULL;
		prison_host_spread(pr, pp->hostname != NULL ? pp->hostname :
		    pr->pr_parent->pr_host);
	}
	if (what & PRC_PERSIST)
		pr->pr_persist = pp->persist;
	if (what & PRC_PORTS)
		pr->pr_ports[PR_PORTS_DEFAULT] = (struct prison_ports){
		    pp->portrange_first, pp->portrange_last };
	if (what & PRC_HIPORTS)
		pr->pr_ports[PR_PORTS_HIGH] = (struct prison_ports){
		    pp->portrange_hifirst, pp->portrange_hilast };
	if (what & PRC_MAXSOCKETS)
		pr->pr_maxsockets = pp->maxsockets;
	if (what & PRC_SADDRSEL4)
		pr->pr_saddrsel[PR_INET] = !pp->no_ip4_saddrsel;
	if (what & PRC_SADDRSEL6)
		pr->pr_saddrsel[PR_INET6] = !pp->no_ip6_saddrsel;
	if (what & PRC_CHILDREN)
		limit_children(pr, pp->children_max);
}

/* ---- an update ---- */

static bool
changes(uint32_t what, int f)
{
	static const uint32_t bit[PR_FAMILIES] = { PRC_IP4, PRC_IP6 };

	return (what & bit[f]) != 0;
}

/* newname: room for one. */
static int
check_all(const struct vnet *v, const struct prison *pr,
    const struct prison_params *pp, uint32_t what, uint32_t allowmask,
    char *newname, char *errmsg, size_t errlen)
{
	int error;

	if (pr->pr_state != PRISON_ALIVE || pr->pr_depth == 0)
		return prison_refuse(EINVAL, errmsg, errlen,
		    "jail \"%s\" is dying", pr->pr_name);
	error = check(pr, pp, what, allowmask, errmsg, errlen);
	if (error == 0 && what & PRC_NAME)
		error = check_name(v, pr, pp->name, newname, errmsg, errlen);
	return error;
}

static int
check_busy(const struct prison *pr, char *errmsg, size_t errlen)
{
	if (pr->pr_nbusy > 0)
		return prison_refuse(EAGAIN, errmsg, errlen,
		    "a jail below \"%s\" is being made or changed",
		    pr->pr_name);
	for (; pr != NULL; pr = pr->pr_parent)
		if (pr->pr_update != NULL)
			return prison_refuse(EAGAIN, errmsg, errlen,
			    "jail \"%s\" is being changed", pr->pr_name);
	return 0;
}

static int
check_owner(const struct prison *pr, uint32_t what, char *errmsg,
    size_t errlen)
{
	for (int f = 0; f < PR_FAMILIES; f++)
		if (changes(what, f) && pr->pr_owner[f] != pr)
			return prison_refuse(EINVAL, errmsg, errlen,
			    "ip%c cannot be changed after creation",
			    f == PR_INET ? '4' : '6');
	return 0;
}

static void
write_all(struct vnet *v, struct prison *pr, const struct prison_params *pp,
    uint32_t what, uint32_t allowmask, const char *newname)
{
	if (what & PRC_NAME)
		rename_all(v, pr, newname);
	apply(pr, pp, what);
	set_allow(pr, pp->allow, allowmask);
}

/* What the caller need not keep is kept here. */
static void
keep_texts(struct prison_update *u)
{
	struct prison_params *pp = &u->pp;

	if (u->what & PRC_NAME && pp->name != NULL) {
		strlcpy(u->name, pp->name, sizeof(u->name));
		pp->name = u->name;
	}
	if (u->what & PRC_HOSTNAME && pp->hostname != NULL) {
		strlcpy(u->hostname, pp->hostname, sizeof(u->hostname));
		pp->hostname = u->hostname;
	}
}

static int
update_new(struct vnet *v, struct prison *pr, const struct prison_params *pp,
    uint32_t what, uint32_t allowmask, struct prison_update **up,
    char *errmsg, size_t errlen)
{
	const bool want[PR_FAMILIES] = { changes(what, PR_INET),
		changes(what, PR_INET6) };
	struct prison_update *u;
	int error;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return prison_refuse(ENOMEM, errmsg, errlen, "out of memory");
	error = prison_making_begin(v, &u->making, pr->pr_other, pp, want,
	    errmsg, errlen);
	if (error != 0) {
		prison_list_free(&pr->pr_other[PR_INET]);
		prison_list_free(&pr->pr_other[PR_INET6]);
		free(u);
		return error;
	}
	u->pr = prison_get(pr);
	u->pp = *pp;
	u->what = what;
	u->allowmask = allowmask;
	keep_texts(u);
	pr->pr_update = *up = u;
	prison_busy(pr, 1);
	return EINPROGRESS;
}

int
prison_update_begin(struct vnet *v, struct prison *pr,
    const struct prison_params *pp, uint32_t what, uint32_t allowmask,
    struct prison_update **up, char *errmsg, size_t errlen)
{
	char newname[PRISON_NAMELEN];
	int error;

	*up = NULL;
	if (errlen > 0)
		errmsg[0] = '\0';
	error = check_all(v, pr, pp, what, allowmask, newname, errmsg, errlen);
	if (error == 0)
		error = check_busy(pr, errmsg, errlen);
	if (error == 0)
		error = check_owner(pr, what, errmsg, errlen);
	if (error != 0)
		return error;
	if ((what & (PRC_IP4 | PRC_IP6)) != 0)
		return update_new(v, pr, pp, what, allowmask, up, errmsg,
		    errlen);
	write_all(v, pr, pp, what, allowmask, newname);
	return 0;
}

/* ---- its steps ---- */

/* at: where a walk begins or has come to; NULL: it is over. */
static void
walk_to(struct prison_update *u, struct prison *at)
{
	u->at = at;
	u->family = 0;
	u->next = 0;
}

void
prison_update_pass(struct prison *pr)
{
	struct prison_update *u;
	struct prison *p;

	for (p = pr; p != NULL; p = p->pr_parent)
		if ((u = p->pr_update) != NULL && u->at == pr)
			walk_to(u, prison_walk(u->pr, pr));
}

/* Does p, below the jail that is changed, have a list that may get shorter? */
static bool
loses(const struct prison_update *u, const struct prison *p, int f)
{
	return u->lost[f] && p->pr_owner[f] == p && p != u->pr &&
	    p->pr_state == PRISON_ALIVE;
}

/* Which families lose an address? */
static int
look(struct prison_update *u, unsigned *budget)
{
	const struct prison *pr = u->pr;

	for (; u->family < PR_FAMILIES; u->family++, u->next = 0) {
		int f = u->family;
		const struct prison_list *old = &pr->pr_list[f];

		if (!changes(u->what, f))
			continue;
		for (; u->next < old->n && !u->lost[f]; u->next++) {
			if (*budget == 0)
				return EINPROGRESS;
			(*budget)--;
			u->lost[f] = prison_list_find(&pr->pr_other[f],
			    &old->ip[u->next].ip_addr) == NULL;
		}
	}
	return 0;
}

/* What a jail below keeps of family f becomes its next list. */
static int
keep(struct vnet *v, struct prison_update *u, int f, unsigned *budget,
    char *errmsg, size_t errlen)
{
	struct prison *p = u->at;
	const struct prison_list *old = &p->pr_list[f];
	struct prison_list *next = &p->pr_other[f];

	if (next->ip == NULL &&
	    prison_list_alloc(next, old->n, errmsg, errlen) != 0)
		return ENOMEM;
	for (; u->next < old->n; u->next++) {
		const struct inaddr *a = &old->ip[u->next].ip_addr;

		if (*budget == 0)
			return EINPROGRESS;
		(*budget)--;
		if (prison_list_find(&u->pr->pr_other[f], a) != NULL)
			prison_list_append(v, p, next, a);
	}
	next->n = next->nlinked;
	return 0;
}

/* One jail of the walk, what is left of it. */
static int
keep_all(struct vnet *v, struct prison_update *u, unsigned *budget,
    char *errmsg, size_t errlen)
{
	int error;

	for (; u->family < PR_FAMILIES; u->family++, u->next = 0) {
		if (!loses(u, u->at, u->family))
			continue;
		error = keep(v, u, u->family, budget, errmsg, errlen);
		if (error != 0)
			return error;
	}
	return 0;
}

static int
below(struct vnet *v, struct prison_update *u, unsigned *budget, char *errmsg,
    size_t errlen)
{
	int error;

	for (; u->at != NULL; walk_to(u, prison_walk(u->pr, u->at))) {
		error = keep_all(v, u, budget, errmsg, errlen);
		if (error != 0)
			return error;
		if (*budget == 0)
			return EINPROGRESS;
		(*budget)--;
	}
	return 0;
}

int
prison_update_step(struct vnet *v, struct prison_update *u, unsigned *budget,
    char *errmsg, size_t errlen)
{
	int error = 0;

	if (u->pr->pr_state != PRISON_ALIVE)
		return prison_refuse(EINVAL, errmsg, errlen,
		    "jail \"%s\" is dying", u->pr->pr_name);
	if (u->phase == UP_MAKE) {
		error = prison_making_step(v, u->pr, &u->making, budget,
		    errmsg, errlen);
		if (error != 0)
			return error;
		u->phase = UP_LOOK;
	}
	if (u->phase == UP_LOOK) {
		if ((error = look(u, budget)) != 0)
			return error;
		u->phase = UP_BELOW;
		walk_to(u, u->lost[PR_INET] || u->lost[PR_INET6] ? u->pr :
		    NULL);
	}
	return below(v, u, budget, errmsg, errlen);
}

/* The list that counts and the other one change places. */
static void
swap(struct prison *pr, int f)
{
	struct prison_list was = pr->pr_list[f];

	pr->pr_list[f] = pr->pr_other[f];
	pr->pr_other[f] = was;
}

int
prison_update_commit(struct vnet *v, struct prison_update *u, char *errmsg,
    size_t errlen)
{
	struct prison *pr = u->pr;
	char newname[PRISON_NAMELEN];
	int error;

	error = check_all(v, pr, &u->pp, u->what, u->allowmask, newname,
	    errmsg, errlen);
	if (error != 0)
		return error;
	for (int f = 0; f < PR_FAMILIES; f++)
		if (changes(u->what, f)) {
			swap(pr, f);
			pr->pr_lost |= u->lost[f];
		}
	write_all(v, pr, &u->pp, u->what, u->allowmask, newname);
	u->phase = UP_SPREAD;
	walk_to(u, pr);
	return 0;
}

bool
prison_update_spread(struct prison_update *u, unsigned *budget)
{
	if (u->phase != UP_SPREAD)
		return false;
	for (; u->at != NULL; walk_to(u, prison_walk(u->pr, u->at))) {
		if (*budget == 0)
			return true;
		(*budget)--;
		for (int f = 0; f < PR_FAMILIES; f++)
			if (loses(u, u->at, f)) {
				swap(u->at, f);
				u->at->pr_lost |= u->at->pr_list[f].n <
				    u->at->pr_other[f].n;
			}
	}
	u->phase = UP_SHOW;
	walk_to(u, u->pr);
	return false;
}

/* The other list leaves by_addr and is freed. */
static bool
drop_other(struct vnet *v, struct prison *pr, unsigned *budget)
{
	for (int f = 0; f < PR_FAMILIES; f++) {
		if (prison_list_unlink(v, &pr->pr_other[f], budget))
			return true;
		prison_list_free(&pr->pr_other[f]);
	}
	return false;
}

bool
prison_update_end(struct vnet *v, struct prison_update *u, unsigned *budget)
{
	struct prison *pr = u->pr;

	assert(pr->pr_update == u);
	if (u->phase != UP_END) {
		u->phase = UP_END;
		walk_to(u, pr);
	}
	for (; u->at != NULL; walk_to(u, prison_walk(pr, u->at))) {
		if (u->at->pr_state == PRISON_ALIVE &&
		    drop_other(v, u->at, budget))
			return true;
		if (*budget == 0)
			return true;
		(*budget)--;
	}
	pr->pr_update = NULL;
	prison_busy(pr, -1);
	free(u);
	prison_put(v, pr);
	return false;
}

int
prison_update(struct vnet *v, struct prison *pr,
    const struct prison_params *pp, uint32_t what, uint32_t allowmask,
    char *errmsg, size_t errlen)
{
	unsigned all = UINT_MAX;
	struct prison_update *u;
	int error;

	error = prison_update_begin(v, pr, pp, what, allowmask, &u, errmsg,
	    errlen);
	if (u == NULL)
		return error;
	error = prison_update_step(v, u, &all, errmsg, errlen);
	if (error == 0)
		error = prison_update_commit(v, u, errmsg, errlen);
	if (error == 0)
		(void)prison_update_spread(u, &all);
	(void)prison_update_end(v, u, &all);
	return error;
}

/* ---- what it does, for those who have to hear of it ---- */

struct prison *
prison_update_at(const struct prison_update *u)
{
	return u->at;
}

void
prison_update_next(struct prison_update *u)
{
	walk_to(u, prison_walk(u->pr, u->at));
}

/* Who owns pr's addresses of family f, if an update has changed his list. */
static const struct prison *
changed_owner(const struct prison *pr, int f)
{
	const struct prison *owner = pr->pr_owner[f], *p;
	const struct prison_update *u;

	for (p = owner; p != NULL; p = p->pr_parent)
		if ((u = p->pr_update) != NULL)
			return p == owner ? (changes(u->what, f) ? p : NULL) :
			    loses(u, owner, f) ? owner : NULL;
	return NULL;
}

bool
prison_change(const struct prison *pr, unsigned i, struct prison_change *c)
{
	for (int f = 0; f < PR_FAMILIES; f++) {
		const struct prison *p = changed_owner(pr, f);
		const struct prison_list *now, *was;

		if (p == NULL)
			continue;
		now = &p->pr_list[f];
		was = &p->pr_other[f];
		if (i >= now->n + was->n) {
			i -= now->n + was->n;
			continue;
		}
		c->old = i >= now->n;
		c->addr = c->old ? &was->ip[i - now->n].ip_addr :
		    &now->ip[i].ip_addr;
		c->both = prison_list_find(c->old ? now : was, c->addr) !=
		    NULL;
		return true;
	}
	return false;
}
