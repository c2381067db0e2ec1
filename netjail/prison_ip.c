/*
 * prison_ip.c - which addresses a jail has, and what they do to its sockets'.
 *
 * Theory of operation
 *
 * A jail either owns its addresses of a family or takes its parent's as they
 * are.  pr_owner says whose list counts; if that is prison0 the family is
 * unrestricted.  An owner's list may be empty: then the family is disabled.
 *
 * In a list the first address is the one given first, the primary; the others
 * follow in ascending order, so membership is one comparison and a binary
 * search.  Each address of an alive jail is also in the table by_addr, which
 * answers the reverse question; those of a dead one leave it step by step, as a
 * jail may have tens of thousands.  Lists never change.
 *
 * An address may be in two jails if both have no other of the family (then the
 * jails share it, as one host's processes would), or if one jail is below the
 * other (a child's list is a part of its parent's).
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <bsd/string.h>

#include "base/hash.h"
#include "netjail/prison_int.h"

static const char *const family_name[PR_FAMILIES] = { "IPv4", "IPv6" };

/* ---- lists ---- */

static const struct prison_ip *
find_ip(const struct prison *pr, const struct inaddr *a)
{
	int f = family(a);
	const struct prison_ip *ip = pr->pr_ip[f];
	unsigned lo = 1, hi = pr->pr_nip[f];

	if (hi > 0 && inaddr_eq(&ip[0].ip_addr, a))
		return &ip[0];
	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;
		int c = inaddr_cmp(a, &ip[mid].ip_addr);

		if (c == 0)
			return &ip[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static int
ip_cmp(const void *a, const void *b)
{
	const struct prison_ip *x = a, *y = b;

	return inaddr_cmp(&x->ip_addr, &y->ip_addr);
}

/* True for an address no jail can have. */
static bool
ip_invalid(const struct inaddr *a)
{
	return inaddr_is_any(a) ||
	    (inaddr_is_v4(a) && inaddr_to_v4(a) == htonl(INADDR_BROADCAST));
}

static int
complain(int error, char *errmsg, size_t errlen, const char *head,
    const char *tail)
{
	strlcpy(errmsg, head, errlen);
	strlcat(errmsg, tail, errlen);
	return error;
}

/* Copy the addresses of family f from pp into pr's list, sort, check. */
static int
fill_list(const struct vnet *v, struct prison *pr,
    const struct prison_params *pp, int f, char *errmsg, size_t errlen)
{
	struct prison_ip *ip = pr->pr_ip[f];
	char text[INADDR_STRLEN];
	unsigned n = 0;

	if (pr->pr_nip[f] > V_prisons(v)->max_af_ips) {
		snprintf(errmsg, errlen, "too many %s addresses",
		    family_name[f]);
		return EINVAL;
	}
	for (unsigned i = 0; i < pp->naddr; i++) {
		if (family(&pp->addr[i]) != f)
			continue;
		if (ip_invalid(&pp->addr[i]))
			return complain(EINVAL, errmsg, errlen,
			    inaddr_ntop(&pp->addr[i], text),
			    ": not an address for a jail");
		ip[n].ip_prison = pr;
		ip[n++].ip_addr = pp->addr[i];
	}
	if (n > 2)
		qsort(ip + 1, n - 1, sizeof(*ip), ip_cmp);
	for (unsigned i = 1; i < n; i++)
		if (inaddr_eq(&ip[i].ip_addr, &ip[0].ip_addr) ||
		    (i > 1 && inaddr_eq(&ip[i].ip_addr, &ip[i - 1].ip_addr)))
			return complain(EINVAL, errmsg, errlen,
			    inaddr_ntop(&ip[i].ip_addr, text),
			    ": given twice");
	return 0;
}

/* Does another jail's having *a forbid pr to have it? */
static bool
clashes(const struct vnet *v, const struct prison *pr, const struct inaddr *a)
{
	int f = family(a);
	struct prison *t = NULL;

	while ((t = prison_by_addr(v, a, t)) != NULL)
		if ((pr->pr_nip[f] > 1 || t->pr_nip[f] > 1) &&
		    !prison_check(t, pr))
			return true;
	return false;
}

/* The parent must have the addresses, and no unrelated jail may. */
static int
check_list(const struct vnet *v, const struct prison *pr, int f, char *errmsg,
    size_t errlen)
{
	const struct prison *above = pr->pr_parent->pr_owner[f];
	char text[INADDR_STRLEN];

	for (unsigned i = 0; i < pr->pr_nip[f]; i++) {
		const struct inaddr *a = &pr->pr_ip[f][i].ip_addr;

		if (above->pr_depth > 0 && find_ip(above, a) == NULL)
			return complain(EPERM, errmsg, errlen,
			    inaddr_ntop(a, text),
			    ": not an address of the parent jail");
		if (clashes(v, pr, a)) {
			snprintf(errmsg, errlen, "%s addresses clash: %s",
			    family_name[f], inaddr_ntop(a, text));
			return EADDRINUSE;
		}
	}
	return 0;
}

int
prison_ip_set(struct vnet *v, struct prison *pr, const struct prison_params *pp,
    char *errmsg, size_t errlen)
{
	bool restricted[PR_FAMILIES] = {
		[PR_INET] = pp->ip4_restricted,
		[PR_INET6] = pp->ip6_restricted,
	};
	int error = 0;

	for (unsigned i = 0; i < pp->naddr; i++)
		pr->pr_nip[family(&pp->addr[i])]++;
	for (int f = 0; f < PR_FAMILIES && error == 0; f++) {
		unsigned n = pr->pr_nip[f];

		pr->pr_owner[f] = n > 0 || restricted[f] ? pr :
		    pr->pr_parent->pr_owner[f];
		if (n == 0)
			continue;
		pr->pr_ip[f] = calloc(n, sizeof(*pr->pr_ip[f]));
		if (pr->pr_ip[f] == NULL)
			error = complain(ENOMEM, errmsg, errlen,
			    "out of memory", "");
		else
			error = fill_list(v, pr, pp, f, errmsg, errlen);
		if (error == 0)
			error = check_list(v, pr, f, errmsg, errlen);
	}
	if (error != 0)
		prison_ip_free(pr);
	return error;
}

void
prison_ip_free(struct prison *pr)
{
	for (int f = 0; f < PR_FAMILIES; f++) {
		free(pr->pr_ip[f]);
		pr->pr_ip[f] = NULL;
	}
}

static uint64_t
hash_addr(const struct vnet *v, const struct inaddr *a)
{
	return siphash24(v->hashkey, a, sizeof(*a));
}

void
prison_ip_link(struct vnet *v, struct prison *pr)
{
	for (int f = 0; f < PR_FAMILIES; f++)
		for (unsigned i = 0; i < pr->pr_nip[f]; i++) {
			struct prison_ip *ip = &pr->pr_ip[f][i];

			htable_insert(&V_prisons(v)->by_addr, &ip->ip_hash,
			    hash_addr(v, &ip->ip_addr));
			pr->pr_nlinked[f]++;
		}
}

bool
prison_ip_unlink(struct vnet *v, struct prison *pr, unsigned *budget)
{
	for (int f = 0; f < PR_FAMILIES; f++)
		for (; pr->pr_nlinked[f] > 0; (*budget)--) {
			if (*budget == 0)
				return true;
			htable_remove(&V_prisons(v)->by_addr,
			    &pr->pr_ip[f][--pr->pr_nlinked[f]].ip_hash);
		}
	return false;
}

/* The first alive jail from l on. */
static struct prison *
alive_from(struct hlink *l, uint64_t h, const struct inaddr *a)
{
	for (; l != NULL; l = htable_next(l, h)) {
		struct prison_ip *ip = HT_OBJECT(l, struct prison_ip, ip_hash);

		if (inaddr_eq(&ip->ip_addr, a) &&
		    ip->ip_prison->pr_state == PRISON_ALIVE)
			return ip->ip_prison;
	}
	return NULL;
}

struct prison *
prison_by_addr(const struct vnet *v, const struct inaddr *a,
    struct prison *prev)
{
	const struct hlink *l;
	uint64_t h;

	if (prev != NULL) {
		l = &find_ip(prev, a)->ip_hash;
		return alive_from(htable_next(l, l->hash), l->hash, a);
	}
	h = hash_addr(v, a);
	return alive_from(htable_first(&V_prisons(v)->by_addr, h), h, a);
}

void
prison_by_addr_batch(const struct vnet *v, const struct inaddr *const *a,
    struct prison **prp, unsigned n)
{
	const struct htable *t = &V_prisons(v)->by_addr;
	uint64_t h[PRISON_BATCH];
	struct hlink *l[PRISON_BATCH];

	assert(n <= PRISON_BATCH);
	for (unsigned i = 0; i < n; i++) {
		h[i] = hash_addr(v, a[i]);
		htable_prefetch(t, h[i]);
	}
	for (unsigned i = 0; i < n; i++)
		(void)htable_prefetch_entry(t, h[i]);
	for (unsigned i = 0; i < n; i++) {
		l[i] = htable_first(t, h[i]);
		if (l[i] != NULL)
			__builtin_prefetch(&HT_OBJECT(l[i], struct prison_ip,
			    ip_hash)->ip_prison->pr_state);
	}
	for (unsigned i = 0; i < n; i++)
		prp[i] = alive_from(l[i], h[i], a[i]);
}

/* ---- questions ---- */

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
	return pr->pr_owner[PR_INET]->pr_nip[PR_INET] +
	    pr->pr_owner[PR_INET6]->pr_nip[PR_INET6];
}

const struct inaddr *
prison_addr(const struct prison *pr, unsigned i)
{
	const struct prison *o4 = pr->pr_owner[PR_INET];

	if (i < o4->pr_nip[PR_INET])
		return &o4->pr_ip[PR_INET][i].ip_addr;
	i -= o4->pr_nip[PR_INET];
	return &pr->pr_owner[PR_INET6]->pr_ip[PR_INET6][i].ip_addr;
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
	if (pr->pr_nip[family(a)] == 0)
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
		if (pr->pr_nip[f] == 1)
			*a = pr->pr_ip[f][0].ip_addr;
		return 0;
	}
	if (find_ip(pr, a) != NULL)
		return 0;
	if (!inaddr_is_loopback(a))
		return EADDRNOTAVAIL;
	*a = pr->pr_ip[f][0].ip_addr;
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
		*a = pr->pr_ip[family(a)][0].ip_addr;
	return 0;
}

int
prison_get_ip(const struct cred *cred, struct inaddr *a)
{
	const struct prison *pr;
	int error = deciding(cred, a, &pr);

	if (error == 0 && pr != NULL)
		*a = pr->pr_ip[family(a)][0].ip_addr;
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
		    owner->pr_nip[af == AF_INET ? PR_INET : PR_INET6] > 0)
			return 0;
		return EPROTONOSUPPORT;
	default:
		return (pr->pr_allow & PR_ALLOW_SOCKET_AF) != 0 ? 0 :
		    EPROTONOSUPPORT;
	}
}
