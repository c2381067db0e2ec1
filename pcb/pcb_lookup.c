/*
 * pcb_lookup.c - whose a packet is.
 *
 * Theory of operation
 *
 * A look-up waits for memory as often as it does not know yet where to read
 * next:
 *
 *	connected	bucket, PCB
 *	bound		bucket of the connected, bucket, PCB
 *	wildcard of	these two buckets, bucket of the jails with the address,
 *	a jail		address, jail, bucket, PCB
 *
 * An entry that several PCBs share stands before the PCB; there are few of
 * these beside connections.  Hashes are of 64 bits and tell who is another
 * without reading him.
 *
 * Of many packets (in_pcblookup_batch(), in_pcbprefetch()) all go one step of
 * this way before any goes the next, so they wait together.  What was found out
 * on the way is remembered in a struct way.
 */
#include "pcb/pcb_int.h"

/* What a look-up knows so far; it begins with the hash of both ends. */
struct way {
	uint64_t	connected, bound, wild;	/* hashes */
	bool		hasbound;
	bool		haswild;	/* and jail, which may be NULL */
	struct prison	*jail;		/* the first that lists dst */
};

static struct way
way_begin(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst)
{
	return (struct way){ .connected = hash_connected(pi, dst, src) };
}

static void
way_bound(const struct inpcbinfo *pi, struct way *w,
    const struct endpoint *dst)
{
	w->bound = hash_end(pi, NOSPACE, &dst->addr, dst->port);
	w->hasbound = true;
}

static struct inaddr
any_for(const struct inaddr *a)
{
	const struct inaddr any6 = { 0 };

	return inaddr_is_v4(a) ? inaddr_v4(htonl(INADDR_ANY)) : any6;
}

static uint64_t
hash_wild(const struct inpcbinfo *pi, const struct prison *owner,
    const struct endpoint *dst)
{
	const struct inaddr any = any_for(&dst->addr);

	return hash_end(pi, (uint32_t)prison_jid(owner), &any, dst->port);
}

static void
way_wild(const struct inpcbinfo *pi, struct way *w, struct prison *jail,
    const struct endpoint *dst)
{
	w->jail = jail;
	if (jail != NULL)
		w->wild = hash_wild(pi, jail, dst);
	w->haswild = true;
}

/* ---- of one ---- */

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

/* An entry may have the packet; on equal terms the innermost jail's does. */
static void
offer(struct found *f, const struct inpend *e, const struct prison *owner,
    uint64_t h)
{
	unsigned depth = prison_depth(owner);
	struct inpcb *inp = e->inp_table == INP_SHARED ?
	    peers_pick(inpend_shared(e), h) : inpend_alone(e);

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

static void
lookup_bound(const struct inpcbinfo *pi, const struct way *w,
    const struct endpoint *dst, struct found *f)
{
	struct hlink *l;

	HTABLE_FOREACH(l, &pi->pi_ends, w->bound) {
		struct inpend *e = HT_OBJECT(l, struct inpend, inp_hash);

		if (e->inp_lport == dst->port &&
		    inaddr_eq(&e->inp_laddr, &dst->addr) &&
		    !prison_lost(inpend_owner(e), &dst->addr))
			offer(f, e, inpend_owner(e), w->connected);
	}
}

/* hash: hash_wild()'s. */
static void
lookup_wild(const struct inpcbinfo *pi, const struct prison *owner,
    uint64_t hash, const struct way *w, const struct endpoint *dst,
    struct found *f)
{
	const struct inaddr any = any_for(&dst->addr);
	const struct inpend *e = inpend_find_hash(pi, hash, owner, &any,
	    dst->port);

	if (e != NULL)
		offer(f, e, owner, w->connected);
}

static void
lookup_jails(const struct inpcbinfo *pi, struct way *w,
    const struct endpoint *dst, struct found *f)
{
	const struct vnet *v = pi->pi_vnet;
	struct prison *pr;

	if (!w->haswild)
		way_wild(pi, w, prison_by_addr(v, &dst->addr, NULL), dst);
	if ((pr = w->jail) == NULL)
		return;
	lookup_wild(pi, pr, w->wild, w, dst, f);
	while ((pr = prison_by_addr(v, &dst->addr, pr)) != NULL)
		lookup_wild(pi, pr, hash_wild(pi, pr, dst), w, dst, f);
}

/* To the unconnected. */
static struct inpcb *
lookup_listener(const struct inpcbinfo *pi, struct way *w,
    const struct endpoint *dst)
{
	const struct prison *host = prison0(pi->pi_vnet);
	struct found f = { 0 }, wild = { 0 };

	lookup_bound(pi, w, dst, &f);
	if (f.inp != NULL && f.depth > 0)
		return f.inp;
	if (pi->pi_njailwild > 0)
		lookup_jails(pi, w, dst, &wild);
	if (wild.inp != NULL)
		return wild.inp;
	if (f.inp != NULL)
		return f.inp;
	lookup_wild(pi, host, hash_wild(pi, host, dst), w, dst, &wild);
	if (wild.inp != NULL)
		return wild.inp;
	return f.refused != NULL ? f.refused : wild.refused;
}

static struct inpcb *
lookup(const struct inpcbinfo *pi, struct way *w, const struct endpoint *src,
    const struct endpoint *dst)
{
	struct inpcb *inp = lookup_connected(pi, w->connected, src, dst);

	if (inp != NULL)
		return inp;
	if (!w->hasbound)
		way_bound(pi, w, dst);
	return lookup_listener(pi, w, dst);
}

struct inpcb *
in_pcblookup(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst)
{
	struct way w = way_begin(pi, src, dst);

	return lookup(pi, &w, src, dst);
}

/* ---- of many ---- */

#define BATCH	32	/* as many lines as are fetched at a time */

static_assert(BATCH <= PRISON_BATCH, "jails are found for all at a time");

/* The entry itself has been fetched, of a PCB nearly always.  owner: have whose
 * it is fetched; all: that, and what the protocol will read first. */
static void
fetch_pcb(const struct hlink *l, bool owner, bool all)
{
	const struct inpcb *inp = HT_OBJECT(l, struct inpcb, inp_hash);

	if (owner || all)
		__builtin_prefetch(&inp->inp_cred);
	if (all)
		__builtin_prefetch(inp + 1);
}

/* Fetch connections; where there is none, the bucket of those bound. */
static void
fetch_connected(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst, struct way *w, unsigned n, bool all)
{
	const struct hlink *l;

	for (unsigned i = 0; i < n; i++) {
		w[i] = way_begin(pi, &src[i], &dst[i]);
		htable_prefetch(&pi->pi_connected, w[i].connected);
	}
	for (unsigned i = 0; i < n; i++) {
		l = htable_prefetch_entry(&pi->pi_connected, w[i].connected);
		if (l != NULL) {
			fetch_pcb(l, false, all);
			continue;
		}
		way_bound(pi, &w[i], &dst[i]);
		htable_prefetch(&pi->pi_ends, w[i].bound);
	}
}

/* Fetch those; returns how many packets there is none for: left[]. */
static unsigned
fetch_bound(const struct inpcbinfo *pi, const struct way *w, unsigned n,
    bool all, uint8_t left[BATCH])
{
	const struct hlink *l;
	unsigned nleft = 0;

	for (unsigned i = 0; i < n; i++) {
		if (!w[i].hasbound)
			continue;
		l = htable_prefetch_entry(&pi->pi_ends, w[i].bound);
		if (l != NULL)
			fetch_pcb(l, true, all);
		else
			left[nleft++] = (uint8_t)i;
	}
	return nleft;
}

/* Find the jails of these, and fetch their wildcard PCBs. */
static void
fetch_wild(const struct inpcbinfo *pi, const struct endpoint *dst,
    struct way *w, const uint8_t left[BATCH], unsigned nleft, bool all)
{
	const struct inaddr *addr[BATCH] = { NULL };
	struct prison *jail[BATCH];
	const struct hlink *l;

	for (unsigned i = 0; i < nleft; i++)
		addr[i] = &dst[left[i]].addr;
	prison_by_addr_batch(pi->pi_vnet, addr, jail, nleft);
	for (unsigned i = 0; i < nleft; i++) {
		struct way *wi = &w[left[i]];

		way_wild(pi, wi, jail[i], &dst[left[i]]);
		if (jail[i] != NULL)
			htable_prefetch(&pi->pi_ends, wi->wild);
	}
	for (unsigned i = 0; i < nleft; i++) {
		if (jail[i] == NULL)
			continue;
		l = htable_prefetch_entry(&pi->pi_ends, w[left[i]].wild);
		if (l != NULL)
			fetch_pcb(l, true, all);
	}
}

static void
fetch(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst, struct way *w, unsigned n, bool all)
{
	uint8_t left[BATCH];
	unsigned nleft;

	fetch_connected(pi, src, dst, w, n, all);
	nleft = fetch_bound(pi, w, n, all, left);
	if (nleft > 0 && pi->pi_njailwild > 0)
		fetch_wild(pi, dst, w, left, nleft, all);
}

static void
batch_lookup(const struct inpcbinfo *pi, const struct endpoint *src,
    const struct endpoint *dst, struct inpcb **to, unsigned n)
{
	struct way w[BATCH];

	fetch(pi, src, dst, w, n, false);
	for (unsigned i = 0; i < n; i++)
		to[i] = lookup(pi, &w[i], &src[i], &dst[i]);
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
	struct way w[BATCH];

	for (unsigned i = 0; i < n && pi->pi_count > FETCH_MIN; i += BATCH)
		fetch(pi, src + i, dst + i, w, n - i < BATCH ? n - i : BATCH,
		    true);
}
