/*
 * pcb_hash.c - the tables: where a PCB is found.
 *
 * Theory of operation
 *
 * The local end of each PCB that is in a table, its address and port in its
 * port space, has one entry in pi_ends, a struct inpend:
 *
 *	inp_alone	the PCB itself: it is not connected and nobody else has
 *			this end.  A listener nearly always is.
 *	INP_SHARED	a struct inpaddr, for connected ones and for several;
 *			unconnected ones hang off it
 *
 * All PCBs of one port space, family and port have an inpport in common.  These
 * exist while they have PCBs, and answer bind()'s questions by counters instead
 * of walks: is the port used (here, or on any address of the space)?
 * unconnected, with which SO_REUSE options? by another user?
 *
 * Connected PCBs are in a table of their own too, whose key no two of them
 * share, whatever their jails.
 *
 * An end is hashed by address and port alone, so a packet finds it before its
 * jail is known; the chain has one entry per port space that uses the pair (the
 * host's and the jail's, or those of jails that share an address).  A wildcard
 * one is hashed with its port space too, and is looked for in each jail that
 * lists the packet's destination.
 *
 * Entering a table is split in two: inpend_reserve() does what may fail, with
 * the PCB still where it was; in_pcbinshash() cannot fail.
 */
#include <string.h>

#include "base/hash.h"
#include "pcb/pcb_int.h"

uint64_t
hash_connected(const struct inpcbinfo *pi, const struct endpoint *local,
    const struct endpoint *foreign)
{
	const struct inaddr *l = &local->addr, *f = &foreign->addr;
	const uint64_t key[] = { l->d[0], l->d[1], f->d[0], f->d[1],
		(uint32_t)local->port << 16 | foreign->port };

	return siphash13_words(pi->pi_vnet->hashkey, key, 5);
}

uint64_t
hash_end(const struct inpcbinfo *pi, uint32_t space,
    const struct inaddr *laddr, in_port_t lport)
{
	const uint64_t key[] = { laddr->d[0], laddr->d[1],
		(uint64_t)lport << 32 | space };

	return siphash13_words(pi->pi_vnet->hashkey, key, 3);
}

/* The hash of an inpaddr: with its port space if it is a wildcard. */
static uint64_t
hash_entry(const struct inpcbinfo *pi, const struct prison *owner,
    const struct inaddr *laddr, in_port_t lport)
{
	return hash_end(pi, inaddr_is_any(laddr) ?
	    (uint32_t)prison_jid(owner) : NOSPACE, laddr, lport);
}

static uint64_t
hash_port(const struct inpcbinfo *pi, const struct prison *owner, bool v6,
    in_port_t port)
{
	const uint64_t key = (uint64_t)v6 << 48 | (uint64_t)port << 32 |
	    (uint32_t)prison_jid(owner);

	return siphash13_words(pi->pi_vnet->hashkey, &key, 1);
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

struct inpend *
inpend_find_hash(const struct inpcbinfo *pi, uint64_t h,
    const struct prison *owner, const struct inaddr *laddr, in_port_t lport)
{
	struct hlink *l;

	HTABLE_FOREACH(l, &pi->pi_ends, h) {
		struct inpend *e = HT_OBJECT(l, struct inpend, inp_hash);

		if (e->inp_lport == lport &&
		    inaddr_eq(&e->inp_laddr, laddr) && inpend_is_of(e, owner))
			return e;
	}
	return NULL;
}

const struct inpend *
inpend_find(const struct inpcbinfo *pi, const struct prison *owner,
    const struct inaddr *laddr, in_port_t lport)
{
	return inpend_find_hash(pi, hash_entry(pi, owner, laddr, lport), owner,
	    laddr, lport);
}

void
inpend_prefetch(const struct inpcb *inp, const struct inaddr *laddr,
    in_port_t lport)
{
	const struct inpcbinfo *pi = inp->inp_pcbinfo;
	const struct prison *owner =
	    prison_ip_owner_of(inp->inp_cred.prison, laddr);

	htable_prefetch(&pi->pi_ends, hash_entry(pi, owner, laddr, lport));
}

bool
inpend_has_other(const struct inpend *e, uint32_t uid)
{
	if (e->inp_table == INP_SHARED)
		return tally_has_other(&inpend_shared(e)->ia_tally, uid);
	return inpend_alone(e)->inp_cred.uid != uid;
}

bool
inpend_without(const struct inpend *e, unsigned mask)
{
	if (e->inp_table == INP_SHARED)
		return peers_without(inpend_shared(e), mask);
	return (inpend_alone(e)->inp_bindreuse & mask) == 0;
}

/* ---- entries ---- */

static struct inpport *
inpport_get(struct inpcbinfo *pi, struct prison *owner, bool v6,
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
jail_wildcard(const struct inpend *e)
{
	return inaddr_is_any(&e->inp_laddr) && prison_depth(inpend_owner(e)) > 0;
}

static void
insert_end(struct inpcbinfo *pi, struct inpend *e, uint64_t h)
{
	htable_insert(&pi->pi_ends, &e->inp_hash, h);
	pi->pi_njailwild += jail_wildcard(e);
}

static void
remove_end(struct inpcbinfo *pi, struct inpend *e)
{
	pi->pi_njailwild -= jail_wildcard(e);
	htable_remove(&pi->pi_ends, &e->inp_hash);
}

/* An entry for several, of which there is none yet. */
static struct inpaddr *
inpaddr_new(struct inpcbinfo *pi, struct inpport *pt,
    const struct inaddr *laddr, uint64_t h)
{
	struct inpaddr *ia = zalloc(V_pcb(pi->pi_vnet)->addrs);

	if (ia == NULL)
		return NULL;
	ia->ia_end.inp_table = INP_SHARED;
	ia->ia_end.inp_laddr = *laddr;
	ia->ia_end.inp_lport = pt->pt_port;
	ia->ia_port = pt;
	insert_end(pi, &ia->ia_end, h);
	return ia;
}

/* After something left: an entry of none goes, and of one unconnected PCB. */
static void
inpaddr_trim(struct inpcbinfo *pi, struct inpaddr *ia)
{
	uint64_t h = ia->ia_end.inp_hash.hash;
	struct inpcb *inp;

	peers_trim(pi, ia);
	inp = peers_first(ia);
	if (ia->ia_tally.n > (inp != NULL ? 1 : 0))
		return;
	remove_end(pi, &ia->ia_end);
	if (inp != NULL) {
		peers_remove(ia, inp);
		inp->inp_alone = true;
		inp->inp_port = ia->ia_port;
		insert_end(pi, &inp->inp_end, h);
	}
	zfree(V_pcb(pi->pi_vnet)->addrs, ia);
}

/* Put the entry of inp, which is to be alone no longer, behind one. */
static struct inpaddr *
inpaddr_for(struct inpcb *inp)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	struct inpaddr *ia = inpaddr_new(pi, inp->inp_port, &inp->inp_laddr,
	    inp->inp_hash.hash);

	if (ia == NULL)
		return NULL;
	remove_end(pi, &inp->inp_end);
	inp->inp_alone = false;
	inp->inp_addr = ia;
	/* The first of an entry needs no memory. */
	(void)tally_add(pi, &ia->ia_tally, inp->inp_cred.uid, true);
	peers_insert(ia, inp);
	return ia;
}

/* A stream's connections do not hinder other users' bind(). */
static bool
counts(const struct inpcbinfo *pi, bool connected)
{
	return !connected || !pi->pi_stream;
}

/* Make pl's entry one that inp can share. */
static int
reserve_shared(const struct inpcb *inp, const struct inaddr *laddr,
    bool connected, struct inpend *e, struct inpplace *pl)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	struct inpaddr *ia;

	if (e == NULL)
		ia = inpaddr_new(pi, pl->pl_port, laddr, pl->pl_hash);
	else if (e->inp_table == INP_SHARED)
		ia = inpend_shared(e);
	else
		ia = inpaddr_for(inpend_alone(e));
	if (ia == NULL)
		return ENOMEM;
	if ((connected || peers_reserve(pi, ia, inp->inp_reuse) == 0) &&
	    tally_add(pi, &ia->ia_tally, inp->inp_cred.uid,
	    counts(pi, connected)) == 0) {
		pl->pl_addr = ia;
		return 0;
	}
	inpaddr_trim(pi, ia);
	return ENOMEM;
}

int
inpend_reserve(const struct inpcb *inp, const struct inaddr *laddr,
    in_port_t lport, bool connected, struct inpplace *pl)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	struct prison *owner = prison_ip_owner_of(inp->inp_cred.prison, laddr);
	uint32_t uid = inp->inp_cred.uid;
	bool c = counts(pi, connected);
	struct inpend *e;

	pl->pl_addr = NULL;
	pl->pl_hash = hash_entry(pi, owner, laddr, lport);
	pl->pl_port = inpport_get(pi, owner, !inaddr_is_v4(laddr), lport);
	if (pl->pl_port == NULL)
		return ENOMEM;
	if (tally_add(pi, &pl->pl_port->pt_tally, uid, c) != 0)
		goto noport;
	e = inpend_find_hash(pi, pl->pl_hash, owner, laddr, lport);
	if ((e == NULL && !connected) ||
	    reserve_shared(inp, laddr, connected, e, pl) == 0)
		return 0;
	tally_remove(pi, &pl->pl_port->pt_tally, uid, c);
noport:
	inpport_drop(pi, pl->pl_port);
	return ENOMEM;
}

void
inpend_release(const struct inpcb *inp, const struct inpplace *pl,
    bool connected)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	uint32_t uid = inp->inp_cred.uid;
	bool c = counts(pi, connected);

	if (pl->pl_addr != NULL) {
		tally_remove(pi, &pl->pl_addr->ia_tally, uid, c);
		inpaddr_trim(pi, pl->pl_addr);
	}
	tally_remove(pi, &pl->pl_port->pt_tally, uid, c);
	inpport_drop(pi, pl->pl_port);
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

static void
insert_connected(struct inpcb *inp)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	struct endpoint local, foreign;

	ends(inp, &local, &foreign);
	inp->inp_table = INP_CONNECTED;
	htable_insert(&pi->pi_connected, &inp->inp_hash,
	    hash_connected(pi, &local, &foreign));
}

static void
insert_unconnected(struct inpcb *inp, const struct inpplace *pl)
{
	inp->inp_table = inaddr_is_any(&inp->inp_laddr) ? INP_WILD : INP_BOUND;
	inp->inp_bindreuse = inp->inp_reuse & (INP_NREUSE - 1);
	if (pl->pl_addr != NULL) {
		peers_insert(pl->pl_addr, inp);
		return;
	}
	inp->inp_alone = true;
	inp->inp_port = pl->pl_port;
	insert_end(inp->inp_pcbinfo, &inp->inp_end, pl->pl_hash);
}

void
in_pcbinshash(struct inpcb *inp, const struct inpplace *pl)
{
	assert(inp->inp_table == INP_NOWHERE);
	inp->inp_addr = pl->pl_addr;
	if (inp->inp_fport != 0)
		insert_connected(inp);
	else
		insert_unconnected(inp, pl);
}

void
in_pcbremhash(struct inpcb *inp)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	bool connected = inp->inp_table == INP_CONNECTED;
	struct inpplace pl = { 0 };

	if (inp->inp_table == INP_NOWHERE)
		return;
	if (inp->inp_alone) {
		pl.pl_port = inp->inp_port;
		remove_end(pi, &inp->inp_end);
	} else {
		pl.pl_addr = inp->inp_addr;
		pl.pl_port = pl.pl_addr->ia_port;
		if (connected)
			htable_remove(&pi->pi_connected, &inp->inp_hash);
		else
			peers_remove(pl.pl_addr, inp);
	}
	inp->inp_table = INP_NOWHERE;
	inp->inp_alone = false;
	inp->inp_addr = NULL;
	inpend_release(inp, &pl, connected);
}

/* The table that inp itself is an entry of; NULL: none. */
static struct htable *
table_of(const struct inpcb *inp)
{
	if (inp->inp_table == INP_CONNECTED)
		return &inp->inp_pcbinfo->pi_connected;
	return inp->inp_alone ? &inp->inp_pcbinfo->pi_ends : NULL;
}

void
in_pcbreplace(struct inpcb *inp, struct inpcb *to, size_t size)
{
	struct htable *t = table_of(inp);
	bool peer = t == NULL && inp->inp_table != INP_NOWHERE;

	if (peer)
		peers_remove(inp->inp_addr, inp);
	memcpy(to, inp, size);
	if (t != NULL)
		htable_replace(t, &inp->inp_hash, &to->inp_hash);
	if (peer)
		peers_insert(to->inp_addr, to);
}

void
in_pcbeligible(struct inpcb *inp, bool eligible)
{
	bool peer = !inp->inp_alone &&
	    (inp->inp_table == INP_BOUND || inp->inp_table == INP_WILD);

	if (inp->inp_eligible == eligible)
		return;
	if (peer)
		peers_remove(inp->inp_addr, inp);
	inp->inp_eligible = eligible;
	if (peer)
		peers_insert(inp->inp_addr, inp);
}
