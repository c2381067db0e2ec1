/*
 * prison_update.c - changing a jail that lives.
 *
 * Theory of operation
 *
 * First everything is checked, then the lists of addresses are replaced (the
 * one step that may still fail, and can be taken back), then the rest is
 * written; so an update is done wholly or not at all.
 *
 * Whatever makes a jail smaller makes all jails below it smaller: rights that
 * it loses they lose, addresses too, and their children.max stays below its.
 * What it gains they do not.
 */
#include <errno.h>
#include <string.h>

#include <bsd/string.h>

#include "netjail/prison_int.h"

/* A name of this length must leave room for those of the jails below. */
static int
check_names_below(const struct prison *pr, size_t newlen, char *errmsg,
    size_t errlen)
{
	size_t oldlen = strlen(pr->pr_name);
	const struct prison *p = pr;

	while ((p = prison_descend(pr, p)) != NULL)
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

/* Both families or none. */
static int
change_addresses(struct vnet *v, struct prison *pr,
    const struct prison_params *pp, uint32_t what, char *errmsg, size_t errlen)
{
	static const uint32_t bit[PR_FAMILIES] = { PRC_IP4, PRC_IP6 };
	struct prison_iplist old[PR_FAMILIES];
	int f, error = 0;

	for (f = 0; f < PR_FAMILIES && error == 0; f++)
		if (what & bit[f])
			error = prison_ip_replace(v, pr, pp, f, &old[f],
			    errmsg, errlen);
	if (error != 0) {
		/* The last one has seen to itself. */
		for (f -= 2; f >= 0; f--)
			if (what & bit[f])
				prison_ip_revert(v, pr, f, &old[f]);
		return error;
	}
	for (f = 0; f < PR_FAMILIES; f++)
		if (what & bit[f])
			prison_ip_keep(v, pr, f, &old[f]);
	return 0;
}

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
	while ((p = prison_descend(pr, p)) != NULL) {
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
	while ((p = prison_descend(pr, p)) != NULL)
		if (!p->pr_hostown)
			strlcpy(p->pr_host, p->pr_parent->pr_host,
			    sizeof(p->pr_host));
}

static void
limit_children(struct prison *pr, unsigned max)
{
	struct prison *p = pr;

	pr->pr_childmax = max;
	while ((p = prison_descend(pr, p)) != NULL)
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
	while ((p = prison_descend(pr, p)) != NULL)
		p->pr_allow &= ~gone;
}

/* What cannot fail any more. */
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

int
prison_update(struct vnet *v, struct prison *pr,
    const struct prison_params *pp, uint32_t what, uint32_t allowmask,
    char *errmsg, size_t errlen)
{
	char newname[PRISON_NAMELEN];
	int error;

	if (errlen > 0)
		errmsg[0] = '\0';
	if (pr->pr_state != PRISON_ALIVE || pr->pr_depth == 0)
		return prison_refuse(EINVAL, errmsg, errlen,
		    "jail \"%s\" is dying", pr->pr_name);
	if (pr->pr_nmaking > 0)
		return prison_refuse(EAGAIN, errmsg, errlen,
		    "a jail below \"%s\" is being made", pr->pr_name);
	error = check(pr, pp, what, allowmask, errmsg, errlen);
	if (error == 0 && what & PRC_NAME)
		error = check_name(v, pr, pp->name, newname, errmsg, errlen);
	if (error == 0)
		error = change_addresses(v, pr, pp, what, errmsg, errlen);
	if (error != 0)
		return error;
	if (what & PRC_NAME)
		rename_all(v, pr, newname);
	apply(pr, pp, what);
	set_allow(pr, pp->allow, allowmask);
	return 0;
}
