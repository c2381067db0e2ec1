/*
 * in_ifaddr.c - the addresses of interfaces.
 *
 * Theory of operation
 *
 * Every packet asks whether an address is ours, and tens of thousands of them
 * may be: a hash answers, keyed with the vnet's secret.  A tree keeps them in
 * order of arrival, each with a number, for those who show them in slices: they
 * go on behind a number, whatever was added or removed meanwhile.
 *
 * An address counts the packets that came for it and those sent from it.
 *
 * Addresses are counted, since two jails may bring the same one.  They are
 * configuration: what is left when the vnet ends is freed here.
 */
#include <assert.h>
#include <errno.h>

#include "base/hash.h"
#include "base/htable.h"
#include "base/zone.h"
#include "stack/ip_int.h"

#define PREFETCH_MIN 4096	/* addresses that are cached anyway */

static int
compare(const struct in_ifaddr *a, const struct in_ifaddr *b)
{
	return (a->ia_seq > b->ia_seq) - (a->ia_seq < b->ia_seq);
}

RB_HEAD(in_ifaddrs, in_ifaddr);
RB_PROTOTYPE(in_ifaddrs, in_ifaddr, ia_link, compare);
RB_GENERATE(in_ifaddrs, in_ifaddr, ia_link, compare);

struct ifaddrstate {
	struct zone	*zone;
	struct htable	 table;
	struct in_ifaddrs order;
	uint64_t	 lastseq;
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

	RB_INIT(&s->order);
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
	RB_REMOVE(in_ifaddrs, &s->order, ia);
	zfree(s->zone, ia);
}

static void
ifaddr_fini(struct vnet *v)
{
	struct ifaddrstate *s = V_ifaddr(v);
	struct in_ifaddr *ia;

	while ((ia = RB_MIN(in_ifaddrs, &s->order)) != NULL)
		ifaddr_free(s, ia);
	zdestroy(s->zone);
	htable_fini(&s->table);
}

static uint64_t
ifaddr_hash(const struct vnet *v, const struct inaddr *a)
{
	return siphash13_words(v->hashkey, a->d, 2);
}

struct in_ifaddr *
in_ifaddr_find(const struct vnet *v, const struct inaddr *a)
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
	if ((ia = in_ifaddr_find(v, a)) != NULL) {
		ia->ia_refs++;
		return 0;
	}
	if ((ia = zalloc(s->zone)) == NULL)
		return ENOMEM;
	ia->ia_addr = *a;
	ia->ia_ifp = ifp;
	ia->ia_refs = 1;
	ia->ia_seq = ++s->lastseq;
	ia->ia_ipackets = ia->ia_ibytes = 0;
	ia->ia_opackets = ia->ia_obytes = 0;
	htable_insert(&s->table, &ia->ia_hash, ifaddr_hash(v, a));
	RB_INSERT(in_ifaddrs, &s->order, ia);
	return 0;
}

int
in_ifaddr_remove(struct vnet *v, const struct inaddr *a)
{
	struct in_ifaddr *ia = in_ifaddr_find(v, a);

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

static bool
is_loopnet(const struct inaddr *a)
{
	return inaddr_is_v4(a) &&
	    ntohl(inaddr_to_v4(a)) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

bool
in_localaddr(const struct vnet *v, const struct inaddr *a)
{
	return is_loopnet(a) || in_ifaddr_find(v, a) != NULL;
}

bool
in_ifaddr_input(const struct vnet *v, const struct inaddr *dst, uint32_t len)
{
	struct in_ifaddr *ia = in_ifaddr_find(v, dst);

	if (ia == NULL)
		return is_loopnet(dst);
	ia->ia_ipackets++;
	ia->ia_ibytes += len;
	return true;
}

void
in_ifaddr_output(const struct vnet *v, const struct inaddr *src, uint32_t len)
{
	struct in_ifaddr *ia = in_ifaddr_find(v, src);

	if (ia == NULL)
		return;
	ia->ia_opackets++;
	ia->ia_obytes += len;
}

struct in_ifaddr *
in_ifaddr_after(const struct vnet *v, uint64_t seq)
{
	struct in_ifaddr key = { .ia_seq = seq + 1 };

	return RB_NFIND(in_ifaddrs, &V_ifaddr(v)->order, &key);
}

uint64_t
in_ifaddr_count(const struct vnet *v)
{
	return V_ifaddr(v)->table.n;
}

unsigned
in_ifaddr_plen(const struct in_ifaddr *ia)
{
	if (!inaddr_is_v4(&ia->ia_addr))
		return 128;
	return is_loopnet(&ia->ia_addr) ? 8 : 32;
}
