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
 * answers the reverse question.  A jail may have tens of thousands: a new one's
 * are copied, sorted (a heap sort, which can stop after any element) and put
 * into the table step by step, and a dead one's leave it so.
 *
 * An owner's list may be replaced, at once.  Who loses an address so, and every
 * owner below him, is marked (pr_lost): for those alone the look-up of
 * listeners asks whether an address still is theirs.
 *
 * An address may be in two jails if both have no other of the family (then the
 * jails share it, as one host's processes would), or if one jail is below the
 * other (a child's list is a part of its parent's).
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
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

static uint64_t
hash_addr(const struct vnet *v, const struct inaddr *a)
{
	return siphash13_words(v->hashkey, a->d, 2);
}

/* The first from l on that lists *a and is not dying. */
static struct prison *
listed_from(struct hlink *l, uint64_t h, const struct inaddr *a)
{
	for (; l != NULL; l = htable_next(l, h)) {
		struct prison_ip *ip = HT_OBJECT(l, struct prison_ip, ip_hash);

		if (inaddr_eq(&ip->ip_addr, a) &&
		    ip->ip_prison->pr_state != PRISON_DYING)
			return ip->ip_prison;
	}
	return NULL;
}

/* The next that lists *a and is not dying; NULL is before the first. */
static struct prison *
next_by_addr(const struct vnet *v, const struct inaddr *a,
    const struct prison *prev)
{
	const struct hlink *l;
	uint64_t h;

	if (prev != NULL) {
		l = &find_ip(prev, a)->ip_hash;
		return listed_from(htable_next(l, l->hash), l->hash, a);
	}
	h = hash_addr(v, a);
	return listed_from(htable_first(&V_prisons(v)->by_addr, h), h, a);
}

struct prison *
prison_by_addr(const struct vnet *v, const struct inaddr *a,
    struct prison *prev)
{
	do
		prev = next_by_addr(v, a, prev);
	while (prev != NULL && prev->pr_state != PRISON_ALIVE);
	return prev;
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
	for (unsigned i = 0; i < n; i++) {
		prp[i] = listed_from(l[i], h[i], a[i]);
		if (prp[i] != NULL && prp[i]->pr_state != PRISON_ALIVE)
			prp[i] = prison_by_addr(v, a[i], prp[i]);
	}
}

/* ---- a new jail's lists, step by step ---- */

static unsigned
count_family(const struct prison_params *pp, int f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pp->naddr; i++)
		n += family(&pp->addr[i]) == f;
	return n;
}

/* A list of n addresses of family f, to be filled. */
static int
make_room(const struct vnet *v, struct prison *pr, int f, unsigned n,
    char *errmsg, size_t errlen)
{
	pr->pr_ip[f] = NULL;
	pr->pr_nip[f] = n;
	if (n == 0)
		return 0;
	if (n > V_prisons(v)->max_af_ips) {
		snprintf(errmsg, errlen, "too many %s addresses",
		    family_name[f]);
		return EINVAL;
	}
	if ((pr->pr_ip[f] = calloc(n, sizeof(*pr->pr_ip[f]))) == NULL)
		return complain(ENOMEM, errmsg, errlen, "out of memory", "");
	return 0;
}

int
prison_ip_begin(const struct vnet *v, struct prison *pr,
    const struct prison_params *pp, char *errmsg, size_t errlen)
{
	bool restricted[PR_FAMILIES] = {
		[PR_INET] = pp->ip4_restricted,
		[PR_INET6] = pp->ip6_restricted,
	};

	pr->pr_making = (struct prison_ip_making) {
		.addr = pp->addr, .naddr = pp->naddr,
	};
	for (int f = 0; f < PR_FAMILIES; f++) {
		unsigned n = count_family(pp, f);
		int error;

		pr->pr_owner[f] = n > 0 || restricted[f] ? pr :
		    pr->pr_parent->pr_owner[f];
		error = make_room(v, pr, f, n, errmsg, errlen);
		if (error != 0)
			return error;
	}
	return 0;
}

/* One address of the parameter, into the list if it is of the family. */
static int
ip_copy(struct prison *pr, struct prison_ip_making *m, char *errmsg,
    size_t errlen)
{
	const struct inaddr *a = &m->addr[m->next];
	char text[INADDR_STRLEN];
	struct prison_ip *ip;

	if (family(a) != m->family)
		return 0;
	if (ip_invalid(a))
		return complain(EINVAL, errmsg, errlen, inaddr_ntop(a, text),
		    ": not an address for a jail");
	ip = &pr->pr_ip[m->family][m->n++];
	ip->ip_prison = pr;
	ip->ip_addr = *a;
	return 0;
}

/* Restore the heap h[0..n) whose h[i] may be too small. */
static void
sift_down(struct prison_ip *h, unsigned i, unsigned n)
{
	struct inaddr a = h[i].ip_addr;
	unsigned child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && inaddr_cmp(&h[child].ip_addr,
		    &h[child + 1].ip_addr) < 0)
			child++;
		if (inaddr_cmp(&a, &h[child].ip_addr) >= 0)
			break;
		h[i].ip_addr = h[child].ip_addr;
		i = child;
	}
	h[i].ip_addr = a;
}

/* The largest of h[0..n) to its end. */
static void
heap_pop(struct prison_ip *h, unsigned n)
{
	struct inaddr a = h[0].ip_addr;

	h[0].ip_addr = h[n - 1].ip_addr;
	h[n - 1].ip_addr = a;
	sift_down(h, 0, n - 1);
}

/* Does another jail's having *a forbid pr to have it? */
static bool
clashes(const struct vnet *v, const struct prison *pr, const struct inaddr *a)
{
	int f = family(a);
	struct prison *t = NULL;

	while ((t = next_by_addr(v, a, t)) != NULL)
		if ((pr->pr_nip[f] > 1 || t->pr_nip[f] > 1) &&
		    !prison_check(t, pr) && !prison_check(pr, t))
			return true;
	return false;
}

/* The list is in order.  The parent must have the i-th address, no unrelated
 * jail may, and it must not be there twice: then others find it. */
static int
ip_link(struct vnet *v, struct prison *pr, int f, unsigned i, char *errmsg,
    size_t errlen)
{
	const struct prison *above = pr->pr_parent->pr_owner[f];
	struct prison_ip *ip = &pr->pr_ip[f][i];
	const struct inaddr *a = &ip->ip_addr;
	char text[INADDR_STRLEN];

	if (i > 0 && (inaddr_eq(a, &ip[-1].ip_addr) ||
	    inaddr_eq(a, &pr->pr_ip[f][0].ip_addr)))
		return complain(EINVAL, errmsg, errlen, inaddr_ntop(a, text),
		    ": given twice");
	if (above->pr_depth > 0 && find_ip(above, a) == NULL)
		return complain(EPERM, errmsg, errlen, inaddr_ntop(a, text),
		    ": not an address of the parent jail");
	if (clashes(v, pr, a)) {
		snprintf(errmsg, errlen, "%s addresses clash",
		    family_name[f]);
		return EADDRINUSE;
	}
	htable_insert(&V_prisons(v)->by_addr, &ip->ip_hash, hash_addr(v, a));
	pr->pr_nlinked[f]++;
	return 0;
}

/* Things the phase has to do. */
static unsigned
phase_length(const struct prison *pr, const struct prison_ip_making *m)
{
	unsigned n = pr->pr_nip[m->family];

	if (n == 0)
		return 0;
	switch (m->phase) {
	case PR_IP_COPY:
		return m->naddr;
	case PR_IP_HEAP:
		return (n - 1) / 2;
	case PR_IP_SORT:
		return n - 1;
	case PR_IP_LINK:
		break;
	}
	return n;
}

/* The phase's next thing. */
static int
phase_do(struct vnet *v, struct prison *pr, struct prison_ip_making *m,
    char *errmsg, size_t errlen)
{
	struct prison_ip *rest = pr->pr_ip[m->family] + 1;
	unsigned n = pr->pr_nip[m->family] - 1;

	switch (m->phase) {
	case PR_IP_COPY:
		return ip_copy(pr, m, errmsg, errlen);
	case PR_IP_HEAP:
		sift_down(rest, n / 2 - 1 - m->next, n);
		return 0;
	case PR_IP_SORT:
		heap_pop(rest, n - m->next);
		return 0;
	case PR_IP_LINK:
		break;
	}
	return ip_link(v, pr, m->family, m->next, errmsg, errlen);
}

/* As prison_ip_step(), for the families below `end'. */
static int
step(struct vnet *v, struct prison *pr, int end, unsigned *budget,
    char *errmsg, size_t errlen)
{
	struct prison_ip_making *m = &pr->pr_making;
	int error;

	while (m->family < end) {
		for (; m->next < phase_length(pr, m); m->next++) {
			if (*budget == 0)
				return EINPROGRESS;
			(*budget)--;
			error = phase_do(v, pr, m, errmsg, errlen);
			if (error != 0)
				return error;
		}
		m->next = 0;
		if (m->phase != PR_IP_LINK)
			m->phase++;
		else {
			m->phase = PR_IP_COPY;
			m->family++;
			m->n = 0;
		}
	}
	return 0;
}

int
prison_ip_step(struct vnet *v, struct prison *pr, unsigned *budget,
    char *errmsg, size_t errlen)
{
	return step(v, pr, PR_FAMILIES, budget, errmsg, errlen);
}

void
prison_ip_free(struct prison *pr)
{
	for (int f = 0; f < PR_FAMILIES; f++) {
		free(pr->pr_ip[f]);
		pr->pr_ip[f] = NULL;
	}
}

static bool
unlink_family(struct vnet *v, struct prison *pr, int f, unsigned *budget)
{
	for (; pr->pr_nlinked[f] > 0; (*budget)--) {
		if (*budget == 0)
			return true;
		htable_remove(&V_prisons(v)->by_addr,
		    &pr->pr_ip[f][--pr->pr_nlinked[f]].ip_hash);
	}
	return false;
}

bool
prison_ip_unlink(struct vnet *v, struct prison *pr, unsigned *budget)
{
	for (int f = 0; f < PR_FAMILIES; f++)
		if (unlink_family(v, pr, f, budget))
			return true;
	return false;
}

/* ---- another list ---- */

static void
link_family(struct vnet *v, struct prison *pr, int f)
{
	struct prison_ip *ip = pr->pr_ip[f];

	for (; pr->pr_nlinked[f] < pr->pr_nip[f]; pr->pr_nlinked[f]++, ip++)
		htable_insert(&V_prisons(v)->by_addr, &ip->ip_hash,
		    hash_addr(v, &ip->ip_addr));
}

void
prison_ip_revert(struct vnet *v, struct prison *pr, int f,
    struct prison_iplist *old)
{
	unsigned all = UINT_MAX;

	(void)unlink_family(v, pr, f, &all);
	free(pr->pr_ip[f]);
	pr->pr_ip[f] = old->ip;
	pr->pr_nip[f] = old->nip;
	link_family(v, pr, f);
}

int
prison_ip_replace(struct vnet *v, struct prison *pr,
    const struct prison_params *pp, int f, struct prison_iplist *old,
    char *errmsg, size_t errlen)
{
	unsigned all = UINT_MAX;
	int error;

	if (pr->pr_owner[f] != pr) {
		snprintf(errmsg, errlen,
		    "ip%c cannot be changed after creation",
		    f == PR_INET ? '4' : '6');
		return EINVAL;
	}
	*old = (struct prison_iplist){ pr->pr_ip[f], pr->pr_nip[f] };
	(void)unlink_family(v, pr, f, &all);
	error = make_room(v, pr, f, count_family(pp, f), errmsg, errlen);
	pr->pr_making = (struct prison_ip_making) {
		.addr = pp->addr, .naddr = pp->naddr, .family = f,
	};
	all = UINT_MAX;
	if (error == 0)
		error = step(v, pr, f + 1, &all, errmsg, errlen);
	if (error != 0)
		prison_ip_revert(v, pr, f, old);
	return error;
}

/* An owner keeps what the one above him has. */
static void
restrict_list(struct vnet *v, struct prison *pr, int f)
{
	const struct prison *above = pr->pr_parent->pr_owner[f];
	struct prison_ip *ip = pr->pr_ip[f];
	unsigned all = UINT_MAX, n = 0;

	(void)unlink_family(v, pr, f, &all);
	for (unsigned i = 0; i < pr->pr_nip[f]; i++)
		if (find_ip(above, &ip[i].ip_addr) != NULL)
			ip[n++] = ip[i];
	pr->pr_lost |= n < pr->pr_nip[f];
	pr->pr_nip[f] = n;
	link_family(v, pr, f);
}

void
prison_ip_keep(struct vnet *v, struct prison *pr, int f,
    struct prison_iplist *old)
{
	struct prison *p = pr;

	for (unsigned i = 0; i < old->nip && !pr->pr_lost; i++)
		pr->pr_lost = find_ip(pr, &old->ip[i].ip_addr) == NULL;
	free(old->ip);
	while ((p = prison_descend(pr, p)) != NULL)
		if (p->pr_owner[f] == p)
			restrict_list(v, p, f);
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
