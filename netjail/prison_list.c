/*
 * prison_list.c - the lists of jails' addresses, made step by step, and the
 * table of who has an address.
 *
 * Theory of operation
 *
 * In a list the first address is the one given first, the primary; the others
 * follow in ascending order, so membership is one comparison and a binary
 * search.  Each address in a list is also in the table by_addr, which answers
 * the reverse question.  A jail may have tens of thousands: they are copied,
 * sorted (a heap sort, which can stop after any element) and put into the table
 * step by step, and leave it so.
 *
 * Of a family a jail has one list that counts (pr_list) and, while it is
 * changed, another beside it (pr_other): the next one, which is made there, and
 * after the two have changed places the last one, until it is taken apart.
 * Where an entry of the table lies says in which of them it is.  Both keep
 * others from their addresses; packets see the one that counts, and so never a
 * half of one.
 *
 * An address may be in two jails if both have no other of the family (then the
 * jails share it, as one host's processes would), or if one jail is below the
 * other (a child's list is a part of its parent's).
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <netinet/in.h>

#include "base/hash.h"
#include "netjail/prison_int.h"

static const char *const family_name[PR_FAMILIES] = { "IPv4", "IPv6" };

const struct prison_ip *
prison_list_find(const struct prison_list *list, const struct inaddr *a)
{
	const struct prison_ip *ip = list->ip;
	unsigned lo = 1, hi = list->n;

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

/* ---- the table ---- */

static uint64_t
hash_addr(const struct vnet *v, const struct inaddr *a)
{
	return siphash13_words(v->hashkey, a->d, 2);
}

static bool
lies_in(const struct prison_list *list, const struct prison_ip *ip)
{
	return (uintptr_t)ip - (uintptr_t)list->ip < list->n * sizeof(*ip);
}

/* The first from l on, of a jail that is alive and has *a in the list that
 * counts. */
static struct prison *
listed_from(struct hlink *l, uint64_t h, const struct inaddr *a)
{
	int f = family(a);

	for (; l != NULL; l = htable_next(l, h)) {
		struct prison_ip *ip = HT_OBJECT(l, struct prison_ip, ip_hash);
		struct prison *pr = ip->ip_prison;

		if (inaddr_eq(&ip->ip_addr, a) &&
		    pr->pr_state == PRISON_ALIVE &&
		    lies_in(&pr->pr_list[f], ip))
			return pr;
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
		l = &prison_list_find(&prev->pr_list[family(a)], a)->ip_hash;
		return listed_from(htable_next(l, l->hash), l->hash, a);
	}
	h = hash_addr(v, a);
	return listed_from(htable_first(&V_prisons(v)->by_addr, h), h, a);
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
		prp[i] = listed_from(l[i], h[i], a[i]);
}

/* Does another jail's having *a forbid pr to have it in a list of n? */
static bool
clashes(const struct vnet *v, const struct prison *pr, unsigned n,
    const struct inaddr *a)
{
	uint64_t h = hash_addr(v, a);
	struct hlink *l;
	int f = family(a);

	HTABLE_FOREACH(l, &V_prisons(v)->by_addr, h) {
		struct prison_ip *ip = HT_OBJECT(l, struct prison_ip, ip_hash);
		const struct prison *t = ip->ip_prison;
		const struct prison_list *list = &t->pr_list[f];

		if (!inaddr_eq(&ip->ip_addr, a) ||
		    t->pr_state == PRISON_DYING)
			continue;
		if (!lies_in(list, ip))
			list = &t->pr_other[f];
		if ((n > 1 || list->n > 1) && !prison_check(t, pr) &&
		    !prison_check(pr, t))
			return true;
	}
	return false;
}

/* ---- one list ---- */

int
prison_list_alloc(struct prison_list *list, unsigned n, char *errmsg,
    size_t errlen)
{
	*list = (struct prison_list){ .n = n };
	if (n > 0 && (list->ip = calloc(n, sizeof(*list->ip))) == NULL) {
		list->n = 0;
		return prison_refuse(ENOMEM, errmsg, errlen, "out of memory");
	}
	return 0;
}

void
prison_list_free(struct prison_list *list)
{
	free(list->ip);
	*list = (struct prison_list){ 0 };
}

static void
list_link(struct vnet *v, struct prison_list *list)
{
	struct prison_ip *ip = &list->ip[list->nlinked++];

	htable_insert(&V_prisons(v)->by_addr, &ip->ip_hash,
	    hash_addr(v, &ip->ip_addr));
}

void
prison_list_append(struct vnet *v, struct prison *pr,
    struct prison_list *list, const struct inaddr *a)
{
	struct prison_ip *ip = &list->ip[list->nlinked];

	ip->ip_prison = pr;
	ip->ip_addr = *a;
	list_link(v, list);
}

bool
prison_list_unlink(struct vnet *v, struct prison_list *list, unsigned *budget)
{
	for (; list->nlinked > 0; (*budget)--) {
		if (*budget == 0)
			return true;
		htable_remove(&V_prisons(v)->by_addr,
		    &list->ip[--list->nlinked].ip_hash);
	}
	return false;
}

/* ---- making them ---- */

static unsigned
count_family(const struct prison_params *pp, int f)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pp->naddr; i++)
		n += family(&pp->addr[i]) == f;
	return n;
}

int
prison_making_begin(const struct vnet *v, struct prison_making *m,
    struct prison_list *lists, const struct prison_params *pp,
    const bool want[PR_FAMILIES], char *errmsg, size_t errlen)
{
	int error = 0;

	*m = (struct prison_making){
		.list = lists, .addr = pp->addr, .naddr = pp->naddr,
	};
	for (int f = 0; f < PR_FAMILIES && error == 0; f++) {
		unsigned n = want[f] ? count_family(pp, f) : 0;

		if (n > V_prisons(v)->max_af_ips)
			return prison_refuse(EINVAL, errmsg, errlen,
			    "too many %s addresses", family_name[f]);
		error = prison_list_alloc(&lists[f], n, errmsg, errlen);
	}
	return error;
}

/* True for an address no jail can have. */
static bool
ip_invalid(const struct inaddr *a)
{
	return inaddr_is_any(a) ||
	    (inaddr_is_v4(a) && inaddr_to_v4(a) == htonl(INADDR_BROADCAST));
}

static int
complain(int error, char *errmsg, size_t errlen, const struct inaddr *a,
    const char *what)
{
	char text[INADDR_STRLEN];

	return prison_refuse(error, errmsg, errlen, "%s: %s",
	    inaddr_ntop(a, text), what);
}

/* One address of the parameter, into the list if it is of the family. */
static int
ip_copy(struct prison *pr, struct prison_making *m, char *errmsg,
    size_t errlen)
{
	const struct inaddr *a = &m->addr[m->next];
	struct prison_ip *ip;

	if (family(a) != m->family)
		return 0;
	if (ip_invalid(a))
		return complain(EINVAL, errmsg, errlen, a,
		    "not an address for a jail");
	ip = &m->list[m->family].ip[m->n++];
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

/* The list is in order.  The parent must have its next address, no unrelated
 * jail may, and it must not be there twice: then others find it. */
static int
ip_link(struct vnet *v, struct prison *pr, struct prison_list *list, int f,
    char *errmsg, size_t errlen)
{
	const struct prison *above = pr->pr_parent->pr_owner[f];
	unsigned i = list->nlinked;
	const struct inaddr *a = &list->ip[i].ip_addr;

	if (i > 0 && (inaddr_eq(a, &list->ip[i - 1].ip_addr) ||
	    inaddr_eq(a, &list->ip[0].ip_addr)))
		return complain(EINVAL, errmsg, errlen, a, "given twice");
	if (above->pr_depth > 0 &&
	    prison_list_find(&above->pr_list[f], a) == NULL)
		return complain(EPERM, errmsg, errlen, a,
		    "not an address of the parent jail");
	if (clashes(v, pr, list->n, a))
		return prison_refuse(EADDRINUSE, errmsg, errlen,
		    "%s addresses clash", family_name[f]);
	list_link(v, list);
	return 0;
}

/* Things the phase has to do. */
static unsigned
phase_length(const struct prison_making *m)
{
	unsigned n = m->list[m->family].n;

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
phase_do(struct vnet *v, struct prison *pr, struct prison_making *m,
    char *errmsg, size_t errlen)
{
	struct prison_list *list = &m->list[m->family];
	struct prison_ip *rest = list->ip + 1;
	unsigned n = list->n - 1;

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
	return ip_link(v, pr, list, m->family, errmsg, errlen);
}

static void
next_phase(struct prison_making *m)
{
	m->next = 0;
	if (m->phase != PR_IP_LINK) {
		m->phase++;
		return;
	}
	m->phase = PR_IP_COPY;
	m->family++;
	m->n = 0;
}

int
prison_making_step(struct vnet *v, struct prison *pr, struct prison_making *m,
    unsigned *budget, char *errmsg, size_t errlen)
{
	int error;

	for (; m->family < PR_FAMILIES; next_phase(m))
		for (; m->next < phase_length(m); m->next++) {
			if (*budget == 0)
				return EINPROGRESS;
			(*budget)--;
			error = phase_do(v, pr, m, errmsg, errlen);
			if (error != 0)
				return error;
		}
	return 0;
}
