/*
 * prison_ip.c - which addresses a jail has, and what they do to its sockets'.
 *
 * Theory of operation
 *
 * A jail either owns its addresses of a family or takes its parent's as they
 * are.  pr_owner says whose list counts; if that is prison0 the family is
 * unrestricted.  An owner's list may be empty: then the family is disabled.
 * Lists are made in prison_list.c and changed in prison_update.c; here they are
 * read.
 */
#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

#include "netjail/prison_int.h"

static const struct prison_ip *
find_ip(const struct prison *pr, const struct inaddr *a)
{
	return prison_list_find(&pr->pr_list[family(a)], a);
}

int
prison_ip_begin(const struct vnet *v, struct prison *pr,
    const struct prison_params *pp, char *errmsg, size_t errlen)
{
	const bool both[PR_FAMILIES] = { true, true };
	const bool restricted[PR_FAMILIES] = {
		[PR_INET] = pp->ip4_restricted,
		[PR_INET6] = pp->ip6_restricted,
	};
	int f, error;

	error = prison_making_begin(v, &pr->pr_making, pr->pr_list, pp, both,
	    errmsg, errlen);
	for (f = 0; f < PR_FAMILIES; f++)
		pr->pr_owner[f] = restricted[f] || pr->pr_list[f].n > 0 ? pr :
		    pr->pr_parent->pr_owner[f];
	return error;
}

bool
prison_ip_unlink(struct vnet *v, struct prison *pr, unsigned *budget)
{
	for (int f = 0; f < PR_FAMILIES; f++)
		if (prison_list_unlink(v, &pr->pr_list[f], budget) ||
		    prison_list_unlink(v, &pr->pr_other[f], budget))
			return true;
	return false;
}

void
prison_ip_free(struct prison *pr)
{
	for (int f = 0; f < PR_FAMILIES; f++) {
		prison_list_free(&pr->pr_list[f]);
		prison_list_free(&pr->pr_other[f]);
	}
}

/* ---- questions ---- */

bool
prison_lost(const struct prison *pr, const struct inaddr *a)
{
	return pr->pr_lost && find_ip(pr, a) == NULL;
}

bool
prison_ip6_inherited(const struct prison *pr)
{
	return pr->pr_owner[PR_INET6] != pr;
}

bool
prison_saddrsel(const struct prison *pr, const struct inaddr *a)
{
	return pr->pr_saddrsel[family(a)];
}

bool
prison_restricted_v4(const struct prison *pr)
{
	return pr->pr_owner[PR_INET]->pr_depth > 0;
}

bool
prison_restricted_v6(const struct prison *pr)
{
	return pr->pr_owner[PR_INET6]->pr_depth > 0;
}

unsigned
prison_naddr(const struct prison *pr)
{
	return pr->pr_owner[PR_INET]->pr_list[PR_INET].n +
	    pr->pr_owner[PR_INET6]->pr_list[PR_INET6].n;
}

const struct inaddr *
prison_addr(const struct prison *pr, unsigned i)
{
	const struct prison *o4 = pr->pr_owner[PR_INET];

	if (i < o4->pr_list[PR_INET].n)
		return &o4->pr_list[PR_INET].ip[i].ip_addr;
	i -= o4->pr_list[PR_INET].n;
	return &pr->pr_owner[PR_INET6]->pr_list[PR_INET6].ip[i].ip_addr;
}

struct prison *
prison_ip_owner_of(const struct prison *pr, const struct inaddr *a)
{
	return pr->pr_owner[family(a)];
}

struct prison *
prison_ip_owner(const struct prison *pr)
{
	struct prison *o4 = pr->pr_owner[PR_INET];
	struct prison *o6 = pr->pr_owner[PR_INET6];

	return o4->pr_depth >= o6->pr_depth ? o4 : o6;
}

/*
 * Whose list decides over *a: in *prp an owner with at least one address, or
 * NULL where the family is unrestricted.  EAFNOSUPPORT: its list is empty.
 */
static int
deciding(const struct cred *cred, const struct inaddr *a,
    const struct prison **prp)
{
	const struct prison *pr = cred->prison->pr_owner[family(a)];

	*prp = NULL;
	if (pr->pr_depth == 0)
		return 0;
	if (pr->pr_list[family(a)].n == 0)
		return EAFNOSUPPORT;
	*prp = pr;
	return 0;
}

int
prison_local_ip(const struct cred *cred, struct inaddr *a)
{
	int f = family(a);
	const struct prison *pr;
	int error = deciding(cred, a, &pr);

	if (error != 0 || pr == NULL)
		return error;
	if (inaddr_is_any(a)) {
		if (pr->pr_list[f].n == 1)
			*a = pr->pr_list[f].ip[0].ip_addr;
		return 0;
	}
	if (find_ip(pr, a) != NULL)
		return 0;
	if (!inaddr_is_loopback(a))
		return EADDRNOTAVAIL;
	*a = pr->pr_list[f].ip[0].ip_addr;
	return 0;
}

int
prison_remote_ip(const struct cred *cred, struct inaddr *a)
{
	const struct prison *pr;
	int error = deciding(cred, a, &pr);

	if (error != 0 || pr == NULL)
		return error;
	if (inaddr_is_loopback(a) && find_ip(pr, a) == NULL)
		*a = pr->pr_list[family(a)].ip[0].ip_addr;
	return 0;
}

int
prison_get_ip(const struct cred *cred, struct inaddr *a)
{
	const struct prison *pr;
	int error = deciding(cred, a, &pr);

	if (error == 0 && pr != NULL)
		*a = pr->pr_list[family(a)].ip[0].ip_addr;
	return error;
}

int
prison_check_ip(const struct cred *cred, const struct inaddr *a)
{
	const struct prison *pr;
	int error = deciding(cred, a, &pr);

	if (error != 0 || pr == NULL)
		return error;
	return find_ip(pr, a) != NULL ? 0 : EADDRNOTAVAIL;
}

int
prison_check_af(const struct vnet *v, const struct cred *cred, int af)
{
	const struct prison *pr = cred->prison;
	const struct prison *owner;

	if (pr == prison0(v))
		return 0;
	switch (af) {
	case AF_UNIX:
	case AF_NETLINK:	/* AF_ROUTE is the same number */
		return 0;
	case AF_INET:
	case AF_INET6:
		owner = pr->pr_owner[af == AF_INET ? PR_INET : PR_INET6];
		if (owner->pr_depth == 0 ||
		    owner->pr_list[af == AF_INET ? PR_INET : PR_INET6].n > 0)
			return 0;
		return EPROTONOSUPPORT;
	default:
		return (pr->pr_allow & PR_ALLOW_SOCKET_AF) != 0 ? 0 :
		    EPROTONOSUPPORT;
	}
}
