/*
 * pcb_hash.c - the tables: where a PCB is found, and by whom.
 *
 * Theory of operation
 *
 * A PCB in a table has an inpaddr: what all PCBs of one port space, local
 * address and local port have in common.  An inpaddr has an inpport: what all
 * PCBs of one port space, family and port have in common.  Both exist while
 * they have PCBs.  They answer bind()'s questions by counters instead of walks:
 * is the port used (here, or on any address of the space)? unconnected, with
 * which SO_REUSE options? by another user?
 *
 * Unconnected PCBs hang off their inpaddr; connected ones are in a table of
 * their own, whose key no two of them share, whatever their jails.
 *
 * An inpaddr is hashed by address and port alone, so a packet finds it before
 * its jail is known; the chain has one entry per port space that uses the pair
 * (the host's and the jail's, or those of jails that share an address).  A
 * wildcard one is hashed with its port space too, and is looked for in each
 * jail that lists the packet's destination.
 *
 * A look-up waits for memory up to four times: bucket of the connected table,
 * bucket, inpaddr and PCB of a listener.  One of many packets does so for all
 * of them at a time, step by step (in_pcblookup_batch(), in_pcbprefetch()).
 *
 * Entering a table is split in two: inpaddr_reserve() does what may fail, with
 * the PCB still where it was; in_pcbinshash() cannot fail.
 */
#include "base/hash.h"
#include "pcb/pcb_int.h"

#define NOSPACE	UINT32_MAX	/* in the key of a specific address */

static uint64_t
hash_connected(const struct inpcbinfo *pi, const struct endpoint *local,
    const struct endpoint *foreign)
{
	struct {
		struct inaddr	laddr, faddr;
		uint64_t	ports;
	} key = {
		.laddr = local->addr, .faddr = foreign->addr,
		.ports = (uint32_t)local->port << 16 | foreign->port,
	};

	return siphash13(pi->pi_vnet->hashkey, &key, sizeof(key));
}

static uint64_t
hash_addr(const struct inpcbinfo *pi, uint32_t space,
    const struct inaddr *laddr, in_port_t lport)
{
	struct {
		struct inaddr	laddr;
		uint32_t	space;
		uint32_t	port;
	} key = { .laddr = *laddr, .space = space, .port = lport };

	return siphash13(pi->pi_vnet->hashkey, &key, sizeof(key));
}

/* The hash of an inpaddr: with its port space if it is a wildcard. */
static uint64_t
hash_entry(const struct inpcbinfo *pi, const struct prison *owner,
    const struct inaddr *laddr, in_port_t lport)
{
	return hash_addr(pi, inaddr_is_any(laddr) ?
	    (uint32_t)prison_jid(owner) : NOSPACE, laddr, lport);
}

static uint64_t
hash_port(const struct inpcbinfo *pi, const struct prison *owner, bool v6,
    in_port_t port)
{
	struct {
		uint32_t	space;
		uint16_t	port;
		uint16_t	v6;
	} key = {
		.space = (uint32_t)prison_jid(owner), .port = port, .v6 = v6,
	};

	return siphash13(pi->pi_vnet->hashkey, &key, sizeof(key));
}

static struct inpport *
find_port(const struct inpcbinfo *pi, uint64_t h, const struct prison *owner,
    bool v6, in_port_t port)
{
	struct hlink *l;

	HTABLE_FOREACH(l, &pi->pi_ports, h) {
		struct inpport *pt = HT_OBJECT(l, struct inpport, pt_hash);

		if (pt->pt_owner == owner && pt->pt_port == port &&
		    pt->pt_v6 == v6)
			return pt;
	}
	return NULL;
}

struct inpport *
inpport_find(const struct inpcbinfo *pi, const struct prison *owner, bool v6,
    in_port_t port)
{
	return find_port(pi, hash_port(pi, owner, v6, port), owner, v6, port);
}

static struct inpaddr *
find_addr(const struct inpcbinfo *pi, uint64_t h, const struct prison *owner,
    const struct inaddr *laddr, in_port_t lport)
{
	struct hlink *l;

	HTABLE_FOREACH(l, &pi->pi_addrs, h) {
		struct inpaddr *ia = HT_OBJECT(l, struct inpaddr, ia_hash);

		if (ia->ia_port->pt_owner == owner &&
		    ia->ia_port->pt_port == lport &&
		    inaddr_eq(&ia->ia_laddr, laddr))
			return ia;
	}
	return NULL;
}

struct inpaddr *
inpaddr_find(const struct inpcbinfo *pi, const struct prison *owner,
    const struct inaddr *laddr, in_port_t lport)
{
	return find_addr(pi, hash_entry(pi, owner, laddr, lport), owner, laddr,
	    lport);
}

/* ---- entries ---- */

static struct inpport *
inpport_get(struct inpcbinfo *pi, const struct prison *owner, bool v6,
    in_port_t port)
{
	uint64_t h = hash_port(pi, owner, v6, port);
	struct inpport *pt = find_port(pi, h, owner, v6, port);

	if (pt != NULL)
		return pt;
	if ((pt = zalloc(V_pcb(pi->pi_vnet)->ports)) == NULL)
		return NULL;
	pt->pt_owner = owner;
	pt->pt_port = port;
	pt->pt_v6 = v6;
	htable_insert(&pi->pi_ports, &pt->pt_hash, h);
	return pt;
}

static void
inpport_drop(struct inpcbinfo *pi, struct inpport *pt)
{
	if (pt->pt_tally.n > 0)
		return;
	htable_remove(&pi->pi_ports, &pt->pt_hash);
	zfree(V_pcb(pi->pi_vnet)->ports, pt);
}

static bool
jail_wildcard(const struct inpaddr *ia)
{
	return inaddr_is_any(&ia->ia_laddr) &&
	    prison_depth(ia->ia_port->pt_owner) > 0;
}

static struct inpaddr *
inpaddr_get(struct inpcbinfo *pi, struct inpport *pt,
    const struct inaddr *laddr)
{
	uint64_t h = hash_entry(pi, pt->pt_owner, laddr, pt->pt_port);
	struct inpaddr *ia = find_addr(pi, h, pt->pt_owner, laddr,
	    pt->pt_port);

	if (ia != NULL)
		return ia;
	if ((ia = zalloc(V_pcb(pi->pi_vnet)->addrs)) == NULL)
		return NULL;
	ia->ia_laddr = *laddr;
	ia->ia_port = pt;
	htable_insert(&pi->pi_addrs, &ia->ia_hash, h);
	pi->pi_njailwild += jail_wildcard(ia);
	return ia;
}

static void
inpaddr_drop(struct inpcbinfo *pi, struct inpaddr *ia)
{
	if (ia->ia_tally.n > 0)
		return;
	pi->pi_njailwild -= jail_wildcard(ia);
	htable_remove(&pi->pi_addrs, &ia->ia_hash);
	zfree(V_pcb(pi->pi_vnet)->addrs, ia);
}

/* A stream's connections do not hinder other users' bind(). */
static bool
counts(const struct inpcbinfo *pi, bool connected)
{
	return !connected || !pi->pi_stream;
}

int
inpaddr_reserve(const struct inpcb *inp, const struct inaddr *laddr,
    in_port_t lport, bool connected, struct inpaddr **iap)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	uint32_t uid = inp->inp_cred.uid;
	bool c = counts(pi, connected);
	struct inpport *pt;
	struct inpaddr *ia;

	pt = inpport_get(pi, prison_ip_owner_of(inp->inp_cred.prison, laddr),
	    !inaddr_is_v4(laddr), lport);
	if (pt == NULL)
		return ENOMEM;
	if ((ia = inpaddr_get(pi, pt, laddr)) == NULL)
		goto noaddr;
	if (!connected && peers_reserve(pi, ia, inp->inp_reuse) != 0)
		goto nopeers;
	if (tally_add(pi, &pt->pt_tally, uid, c) != 0)
		goto nopeers;
	if (tally_add(pi, &ia->ia_tally, uid, c) != 0)
		goto notally;
	*iap = ia;
	return 0;

notally:
	tally_remove(pi, &pt->pt_tally, uid, c);
nopeers:
	peers_trim(pi, ia);
	inpaddr_drop(pi, ia);
noaddr:
	inpport_drop(pi, pt);
	return ENOMEM;
}

void
inpaddr_release(const struct inpcb *inp, struct inpaddr *ia, bool connected)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	uint32_t uid = inp->inp_cred.uid;
	bool c = counts(pi, connected);
	struct inpport *pt = ia->ia_port;

	tally_remove(pi, &ia->ia_tally, uid, c);
	tally_remove(pi, &pt->pt_tally, uid, c);
	peers_trim(pi, ia);
	inpaddr_drop(pi, ia);
	inpport_drop(pi, pt);
}

/* ---- PCBs in and out ---- */

static void
ends(const struct inpcb *inp, struct endpoint *local,
    struct endpoint *foreign)
{
	local->addr = inp->inp_laddr;
	local->port = inp->inp_lport;
	foreign->addr = inp->inp_faddr;
	foreign->port = inp->inp_fport;
}

void
in_pcbinshash(struct inpcb *inp, struct inpaddr *ia)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	struct endpoint local, foreign;

	assert(inp->inp_table == INP_NOWHERE);
	inp->inp_addr = ia;
	if (inp->inp_fport != 0) {
		ends(inp, &local, &foreign);
		inp->inp_table = INP_CONNECTED;
		htable_insert(&pi->pi_connected, &inp->inp_hash,
		    hash_connected(pi, &local, &foreign));
		return;
	}
	inp->inp_table = inaddr_is_any(&inp->inp_laddr) ? INP_WILD : INP_BOUND;
	inp->inp_bindreuse = inp->inp_reuse & (INP_NREUSE - 1);
	peers_insert(ia, inp);
}

void
in_pcbremhash(struct inpcb *inp)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	struct inpaddr *ia = inp->inp_addr;
	bool connected = inp->inp_table == INP_CONNECTED;

	if (inp->inp_table == INP_NOWHERE)
		return;
	if (connected)
		htable_remove(&pi->pi_connected, &inp->inp_hash);
	else
		peers_remove(ia, inp);
	inp->inp_table = INP_NOWHERE;
	inp->inp_addr = NULL;
	inpaddr_release(inp, ia, connected);
}

void
in_pcbreplace(struct inpcb *inp, struct inpcb *to)
{
	struct htable *t = &inp->inp_pcbinfo->pi_connected;

	assert(inp->inp_table == INP_CONNECTED);
	htable_remove(t, &inp->inp_hash);
	*to = *inp;
	htable_insert(t, &to->inp_hash, inp->inp_hash.hash);
}

void
in_pcbeligible(struct inpcb *inp, bool eligible)
{
	bool listed = inp->inp_table == INP_BOUND || inp->inp_table == INP_WILD;

	if (inp->inp_eligible == eligible)
		return;
	if (listed)
		peers_remove(inp->inp_addr, inp);
	inp->inp_eligible = eligible;
	if (listed)
		peers_insert(inp->inp_addr, inp);
}

/* ---- look-up ---- */

static struct inpcb *
lookup_connected(const struct inpcbinfo *pi, uint64_t h,
    const struct endpoint *src, const struct endpoint *dst)
{
	struct hlink *l;

	HTABLE_FOREACH(l, &pi->pi_connected, h) {
		struct inpcb *inp = HT_OBJECT(l, struct inpcb, inp_hash);

		if (inp->inp_fport == src->port &&
		    inp->inp_lport == dst->port &&
		    inaddr_eq(&inp->inp_faddr, &src->addr) &&
		    inaddr_eq(&inp->inp_laddr, &dst->addr))
			return inp;
	}
	return NULL;
}

struct inpcb *
in_pcblookup_connected(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst)
{
	return lookup_connected(pi, hash_connected(pi, dst, src), src, dst);
}

/* What a look-up has found so far. */
struct found {
	struct inpcb	*inp;		/* eligible */
	unsigned	 depth;		/* of the jail of inp */
	struct inpcb	*refused;	/* the first one that is not */
};

/* An inpaddr may have the packet; on equal terms the innermost jail's does. */
static void
offer(struct found *f, const struct inpaddr *ia, uint64_t h)
{
	const struct prison *owner = ia->ia_port->pt_owner;
	unsigned depth = prison_depth(owner);
	struct inpcb *inp = peers_pick(ia, h);

	if (inp == NULL || prison_state(owner) != PRISON_ALIVE)
		return;
	if (!inp->inp_eligible) {
		if (f->refused == NULL)
			f->refused = inp;
	} else if (f->inp == NULL || depth > f->depth) {
		f->inp = inp;
		f->depth = depth;
	}
}

/* The hashes a look-up begins with; the second one is seldom needed. */
struct hashes {
	uint64_t	connected, bound;
	bool		hasbound;
};

static void
hash_bound(const struct inpcbinfo *pi, const struct endpoint *dst,
    struct hashes *hs)
{
	hs->bound = hash_addr(pi, NOSPACE, &dst->addr, dst->port);
	hs->hasbound = true;
}

static void
lookup_bound(const struct inpcbinfo *pi, const struct hashes *hs,
    const struct endpoint *dst, struct found *f)
{
	struct hlink *l;

	HTABLE_FOREACH(l, &pi->pi_addrs, hs->bound) {
		struct inpaddr *ia = HT_OBJECT(l, struct inpaddr, ia_hash);

		if (ia->ia_port->pt_port == dst->port &&
		    inaddr_eq(&ia->ia_laddr, &dst->addr))
			offer(f, ia, hs->connected);
	}
}

static void
lookup_wild(const struct inpcbinfo *pi, const struct prison *owner, uint64_t h,
    const struct endpoint *dst, struct found *f)
{
	const struct inaddr any6 = { 0 };
	const struct inaddr any = inaddr_is_v4(&dst->addr) ?
	    inaddr_v4(htonl(INADDR_ANY)) : any6;
	const struct inpaddr *ia = inpaddr_find(pi, owner, &any, dst->port);

	if (ia != NULL)
		offer(f, ia, h);
}

/* To the unconnected. */
static struct inpcb *
lookup_listener(const struct inpcbinfo *pi, const struct hashes *hs,
    const struct endpoint *dst)
{
	struct found f = { 0 }, wild = { 0 };
	uint64_t h = hs->connected;
	struct prison *pr = NULL;

	lookup_bound(pi, hs, dst, &f);
	if (f.inp != NULL && f.depth > 0)
		return f.inp;
	if (pi->pi_njailwild > 0)
		while ((pr = prison_by_addr(pi->pi_vnet, &dst->addr, pr)) !=
		    NULL)
			lookup_wild(pi, pr, h, dst, &wild);
	if (wild.inp != NULL)
		return wild.inp;
	if (f.inp != NULL)
		return f.inp;
	lookup_wild(pi, prison0(pi->pi_vnet), h, dst, &wild);
	if (wild.inp != NULL)
		return wild.inp;
	return f.refused != NULL ? f.refused : wild.refused;
}

static struct inpcb *
lookup(const struct inpcbinfo *pi, struct hashes *hs,
    const struct endpoint *src, const struct endpoint *dst)
{
	struct inpcb *inp = lookup_connected(pi, hs->connected, src, dst);

	if (inp != NULL)
		return inp;
	if (!hs->hasbound)
		hash_bound(pi, dst, hs);
	return lookup_listener(pi, hs, dst);
}

struct inpcb *
in_pcblookup(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst)
{
	struct hashes hs = { .connected = hash_connected(pi, dst, src) };

	return lookup(pi, &hs, src, dst);
}

/* ---- look-up of many ---- */

#define BATCH	32	/* as many lines as are fetched at a time */
#define FETCH_MIN 4096	/* PCBs that are cached anyway */

/* Fetch connections; where there is none, the bucket of listeners. */
static void
fetch_connected(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst, struct hashes *hs, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		hs[i] = (struct hashes){
			.connected = hash_connected(pi, &dst[i], &src[i]),
		};
		htable_prefetch(&pi->pi_connected, hs[i].connected);
	}
	for (unsigned i = 0; i < n; i++) {
		const struct hlink *l = htable_prefetch_entry(
		    &pi->pi_connected, hs[i].connected);

		if (l != NULL) {
			/* What the protocol will read first. */
			__builtin_prefetch(HT_OBJECT(l, const struct inpcb,
			    inp_hash) + 1);
			continue;
		}
		hash_bound(pi, &dst[i], &hs[i]);
		htable_prefetch(&pi->pi_addrs, hs[i].bound);
	}
}

/* From these buckets on to inpaddr and PCB. */
static void
fetch_listeners(const struct inpcbinfo *pi, const struct hashes *hs,
    unsigned n)
{
	struct hlink *l[BATCH];

	for (unsigned i = 0; i < n; i++)
		l[i] = !hs[i].hasbound ? NULL :
		    htable_prefetch_entry(&pi->pi_addrs, hs[i].bound);
	for (unsigned i = 0; i < n; i++)
		if (l[i] != NULL)
			peers_prefetch(HT_OBJECT(l[i], struct inpaddr,
			    ia_hash));
}

static void
fetch(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst, struct hashes *hs, unsigned n)
{
	fetch_connected(pi, src, dst, hs, n);
	fetch_listeners(pi, hs, n);
}

static void
batch_lookup(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst, struct inpcb **to, unsigned n)
{
	struct hashes hs[BATCH];

	fetch(pi, src, dst, hs, n);
	for (unsigned i = 0; i < n; i++)
		to[i] = lookup(pi, &hs[i], &src[i], &dst[i]);
}

void
in_pcblookup_batch(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst, struct inpcb **to, unsigned n)
{
	for (unsigned i = 0; i < n; i += BATCH)
		batch_lookup(pi, src + i, dst + i, to + i,
		    n - i < BATCH ? n - i : BATCH);
}

void
in_pcbprefetch(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst, unsigned n)
{
	struct hashes hs[BATCH];

	for (unsigned i = 0; i < n && pi->pi_count > FETCH_MIN; i += BATCH)
		fetch(pi, src + i, dst + i, hs, n - i < BATCH ? n - i : BATCH);
}
