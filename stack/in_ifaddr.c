/*
 * in_ifaddr.c - the addresses of interfaces.
 *
 * Theory of operation
 *
 * Every packet asks whether an address is ours, and tens of thousands of them
 * may be: a hash answers, keyed with the vnet's secret.  A list keeps them in
 * order of arrival for those who show them, with a cursor where the last
 * question was, so that walking by index costs one step per address.
 *
 * Addresses are counted, since two jails may bring the same one.  They are
 * configuration: what is left when the vnet ends is freed here.
 */
#include <assert.h>
#include <errno.h>
#include <bsd/sys/queue.h>

#include "base/hash.h"
#include "base/htable.h"
#include "base/zone.h"
#include "stack/ip_int.h"

#define PREFETCH_MIN 4096	/* addresses that are cached anyway */

struct in_ifaddr {
	struct hlink	 ia_hash;
	struct inaddr	 ia_addr;
	struct ifnet	*ia_ifp;
	uint32_t	 ia_refs;
	TAILQ_ENTRY(in_ifaddr) ia_link;
};

struct ifaddrstate {
	struct zone	*zone;
	struct htable	 table;
	TAILQ_HEAD(, in_ifaddr) list;
	unsigned	 curidx;	/* index of cur */
	struct in_ifaddr *cur;		/* NULL: start over */
};

static int ifaddr_init(struct vnet *v);
static void ifaddr_fini(struct vnet *v);

static VNET_MODULE(ifaddr_module, struct ifaddrstate, VNET_IF, ifaddr_init,
    ifaddr_fini);
#define V_ifaddr(v) ((struct ifaddrstate *)vnet_data((v), &ifaddr_module))

static int
ifaddr_init(struct vnet *v)
{
	struct ifaddrstate *s = V_ifaddr(v);
	int error;

	TAILQ_INIT(&s->list);
	if ((error = htable_init(v, &s->table)) != 0)
		return error;
	s->zone = zinit(v, "in_ifaddr", sizeof(struct in_ifaddr), 0, 0);
	if (s->zone == NULL) {
		htable_fini(&s->table);
		return ENOMEM;
	}
	return 0;
}

static void
ifaddr_free(struct ifaddrstate *s, struct in_ifaddr *ia)
{
	htable_remove(&s->table, &ia->ia_hash);
	TAILQ_REMOVE(&s->list, ia, ia_link);
	s->cur = NULL;
	zfree(s->zone, ia);
}

static void
ifaddr_fini(struct vnet *v)
{
	struct ifaddrstate *s = V_ifaddr(v);
	struct in_ifaddr *ia;

	while ((ia = TAILQ_FIRST(&s->list)) != NULL)
		ifaddr_free(s, ia);
	zdestroy(s->zone);
	htable_fini(&s->table);
}

static uint64_t
ifaddr_hash(const struct vnet *v, const struct inaddr *a)
{
	return siphash24(v->hashkey, a, sizeof(*a));
}

static struct in_ifaddr *
ifaddr_find(const struct vnet *v, const struct inaddr *a)
{
	uint64_t hash = ifaddr_hash(v, a);
	struct hlink *l;

	HTABLE_FOREACH(l, &V_ifaddr(v)->table, hash) {
		struct in_ifaddr *ia = HT_OBJECT(l, struct in_ifaddr, ia_hash);

		if (inaddr_eq(&ia->ia_addr, a))
			return ia;
	}
	return NULL;
}

int
in_ifaddr_add(struct vnet *v, struct ifnet *ifp, const struct inaddr *a)
{
	struct ifaddrstate *s = V_ifaddr(v);
	struct in_ifaddr *ia;

	if (inaddr_is_any(a) || inaddr_is_multicast(a) || (inaddr_is_v4(a) &&
	    inaddr_to_v4(a) == INADDR_BROADCAST))
		return EINVAL;
	if ((ia = ifaddr_find(v, a)) != NULL) {
		ia->ia_refs++;
		return 0;
	}
	if ((ia = zalloc(s->zone)) == NULL)
		return ENOMEM;
	ia->ia_addr = *a;
	ia->ia_ifp = ifp;
	ia->ia_refs = 1;
	htable_insert(&s->table, &ia->ia_hash, ifaddr_hash(v, a));
	TAILQ_INSERT_TAIL(&s->list, ia, ia_link);
	return 0;
}

int
in_ifaddr_remove(struct vnet *v, const struct inaddr *a)
{
	struct in_ifaddr *ia = ifaddr_find(v, a);

	if (ia == NULL)
		return EADDRNOTAVAIL;
	if (--ia->ia_refs == 0)
		ifaddr_free(V_ifaddr(v), ia);
	return 0;
}

void
in_localaddr_prefetch(const struct vnet *v, const struct endpoint *e,
    unsigned n)
{
	const struct htable *t = &V_ifaddr(v)->table;
	uint64_t hash[IP_AHEAD];
	unsigned i;

	if (t->n < PREFETCH_MIN)
		return;
	assert(n <= IP_AHEAD);
	for (i = 0; i < n; i++) {
		hash[i] = ifaddr_hash(v, &e[i].addr);
		htable_prefetch(t, hash[i]);
	}
	for (i = 0; i < n; i++)
		htable_prefetch_entry(t, hash[i]);
}

bool
in_localaddr(const struct vnet *v, const struct inaddr *a)
{
	if (inaddr_is_v4(a) &&
	    ntohl(inaddr_to_v4(a)) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET)
		return true;
	return ifaddr_find(v, a) != NULL;
}

bool
in_ifaddr_get(const struct vnet *v, unsigned i, struct inaddr *a,
    struct ifnet **ifp)
{
	struct ifaddrstate *s = V_ifaddr(v);

	if (s->cur == NULL || i < s->curidx) {
		s->cur = TAILQ_FIRST(&s->list);
		s->curidx = 0;
	}
	while (s->cur != NULL && s->curidx < i) {
		s->cur = TAILQ_NEXT(s->cur, ia_link);
		s->curidx++;
	}
	if (s->cur == NULL)
		return false;
	*a = s->cur->ia_addr;
	*ifp = s->cur->ia_ifp;
	return true;
}
