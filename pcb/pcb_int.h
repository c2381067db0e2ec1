/*
 * What the files of pcb/ share; for them alone.
 *
 * pcb.c	the inpcbinfo; PCBs come and go
 * pcb_list.c	the lists of them, in order of age
 * pcb_hash.c	the tables: who is where
 * pcb_lookup.c	whose a packet is
 * pcb_peers.c	the unconnected PCBs of a table entry
 * pcb_tally.c	whose sockets are in a table entry
 * pcb_bind.c	bind
 * pcb_connect.c connect, accept, disconnect
 * lbgroup.c	load-balance groups
 */
#ifndef PCB_PCB_INT_H
#define PCB_PCB_INT_H

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "base/htable.h"
#include "base/zone.h"
#include "netjail/prison.h"
#include "pcb/in_pcb.h"

/* ---- lists (pcb_list.c) ---- */

#define INP_BLOCKBITS	8	/* generation counts to a block, as a power */

RB_HEAD(inpblocks, inpblock);

/* The PCBs of a list whose gencnt >> INP_BLOCKBITS is the same. */
struct inpblock {
	RB_ENTRY(inpblock) ib_entry;
	uint64_t	 ib_no;
	struct inpcb	*ib_first;
	uint32_t	 ib_n;
};

struct inplist {
	struct inpcbhead il_head;
	struct inpblocks il_blocks;
	struct inpblock	*il_last;
};

/* The PCBs of one jail. */
struct inpjail {
	struct hlink	 ij_hash;
	const struct prison *ij_prison;
	struct inplist	 ij_list;
};

/* ---- who is in a table entry (pcb_tally.c) ---- */

/* How many PCBs, and whose those are that bind() by another user must spare. */
struct tally {
	uint32_t	 n;
	uint32_t	 nuid;		/* of n: those that count */
	uint32_t	 nusers;	/* whose they are; if more than one each
					 * has an inpuid */
	uint32_t	 users;		/* exclusive or of these users */
};

/* Of a tally with several users: how many are of this one. */
struct inpuid {
	struct hlink	 iu_hash;
	const struct tally *iu_tally;
	uint32_t	 iu_uid;
	uint32_t	 iu_n;
};

/* ---- tables (pcb_hash.c) ---- */

/* All PCBs of one port in one port space and family, connected ones too. */
struct inpport {
	struct hlink	 pt_hash;
	struct prison	*pt_owner;	/* names the port space */
	struct tally	 pt_tally;
	in_port_t	 pt_port;
	bool		 pt_v6;
};

#define INP_NREUSE	8	/* combinations of INP_REUSE* */

struct lbgroup;

/* Those of them that have one local address, which may be a wildcard. */
struct inpaddr {
	struct inpend	 ia_end;	/* INP_SHARED */
	struct inpport	*ia_port;	/* its owner and port are ours */
	uintptr_t	 ia_peers;	/* pcb_peers.c */
	struct tally	 ia_tally;
};

static_assert(offsetof(struct inpcb, inp_flags) == 64, "one cache line");
static_assert(offsetof(struct inpcb, inp_list) < 128, "who owns it: two");

/* What inpend_reserve() has found, or made, for a PCB on its way to a table. */
struct inpplace {
	struct inpport	*pl_port;
	struct inpaddr	*pl_addr;	/* NULL: it will be alone */
	uint64_t	 pl_hash;	/* of its entry */
};

struct inpcbinfo {
	struct vnet	*pi_vnet;
	struct zone	*pi_zone;
	struct zone	*pi_smallzone;	/* NULL: none */
	size_t		 pi_smallsize;
	struct zone	*pi_compact;	/* of in_pcbcompact(); NULL: none */
	uint8_t		 pi_proto;
	bool		 pi_stream;
	bool		(*pi_islocal)(const struct vnet *,
			    const struct inaddr *);
	uint64_t	 pi_gencnt;
	uint64_t	 pi_count;
	uint64_t	 pi_njailwild;	/* wildcard entries of jails */
	struct htable	 pi_connected;	/* inpcb */
	struct htable	 pi_ends;	/* inpend: inpcb or inpaddr */
	struct htable	 pi_ports;	/* inpport */
	struct htable	 pi_uids;	/* inpuid */
	struct htable	 pi_jails;	/* inpjail */
	struct inplist	 pi_list;
};

/* State of the module: what all protocols share. */
struct pcbs {
	struct zone	*ports, *addrs, *shares, *uids, *jails, *blocks;
	uint64_t	 gencnt;
};

extern struct vnet_module pcb_module;

static inline struct pcbs *
V_pcb(const struct vnet *v)
{
	return vnet_data(v, &pcb_module);
}

static inline struct prison *
inp_owner(const struct inpcb *inp)
{
	return prison_ip_owner_of(inp->inp_cred.prison, &inp->inp_laddr);
}

/* The wildcard of inp's family. */
static inline struct inaddr
inp_any(const struct inpcb *inp)
{
	struct inaddr any6 = { 0 };

	return (inp->inp_vflag & INP_IPV6) != 0 ? any6 :
	    inaddr_v4(htonl(INADDR_ANY));
}

static inline bool
inp_family_ok(const struct inpcb *inp, const struct inaddr *a)
{
	return inaddr_is_v4(a) == ((inp->inp_vflag & INP_IPV4) != 0);
}

/* pcb_list.c: ENOMEM */
void	inplist_init(struct inplist *il);
int	inplist_insert(struct vnet *v, struct inplist *il, int which,
	    struct inpcb *inp);
void	inplist_remove(struct vnet *v, struct inplist *il, int which,
	    struct inpcb *inp);
/* new, a copy of old, takes its place. */
void	inplist_replace(struct inplist *il, int which, struct inpcb *old,
	    struct inpcb *new);
struct inpjail *inpjail_find(const struct inpcbinfo *pi,
	    const struct prison *pr);
int	inpjail_insert(struct inpcbinfo *pi, struct inpcb *inp);
void	inpjail_remove(struct inpcbinfo *pi, struct inpcb *inp);

/* pcb_tally.c.  counts: the PCB is one that other users must spare. */
int	tally_add(struct inpcbinfo *pi, struct tally *t, uint32_t uid,
	    bool counts);	/* ENOMEM: nothing changed */
void	tally_remove(struct inpcbinfo *pi, struct tally *t, uint32_t uid,
	    bool counts);
bool	tally_has_other(const struct tally *t, uint32_t uid);

/* pcb_hash.c */
struct inpport *inpport_find(const struct inpcbinfo *pi,
	    const struct prison *owner, bool v6, in_port_t port);
/* hash: hash_end() of the rest, the owner counting for wildcards alone. */
struct inpend *inpend_find_hash(const struct inpcbinfo *pi, uint64_t hash,
	    const struct prison *owner, const struct inaddr *laddr,
	    in_port_t lport);
const struct inpend *inpend_find(const struct inpcbinfo *pi,
	    const struct prison *owner, const struct inaddr *laddr,
	    in_port_t lport);
/* Have what inp's search for its own reads first fetched. */
void	inpend_prefetch(const struct inpcb *inp, const struct inaddr *laddr,
	    in_port_t lport);
/* Has an entry a PCB of another user, that bind() must spare? */
bool	inpend_has_other(const struct inpend *e, uint32_t uid);
/* Has it an unconnected one whose inp_bindreuse has none of mask? */
bool	inpend_without(const struct inpend *e, unsigned mask);
/*
 * Do all that can fail of putting inp in a table with this local end; ENOMEM.
 * Then in_pcbinshash() with the place, or inpend_release().
 */
int	inpend_reserve(const struct inpcb *inp, const struct inaddr *laddr,
	    in_port_t lport, bool connected, struct inpplace *pl);
void	inpend_release(const struct inpcb *inp, const struct inpplace *pl,
	    bool connected);
/* inp's addresses and ports are set; into the table that fits them. */
void	in_pcbinshash(struct inpcb *inp, const struct inpplace *pl);
/* `to' becomes a copy of the first `size' bytes of inp, which it replaces. */
void	in_pcbreplace(struct inpcb *inp, struct inpcb *to, size_t size);

#define FETCH_MIN 4096	/* PCBs that are cached anyway */
#define NOSPACE	UINT32_MAX	/* in the key of a specific address */
uint64_t hash_connected(const struct inpcbinfo *pi,
	    const struct endpoint *local, const struct endpoint *foreign);
uint64_t hash_end(const struct inpcbinfo *pi, uint32_t space,
	    const struct inaddr *laddr, in_port_t lport);

/* An entry as what it is. */
static inline struct inpaddr *
inpend_shared(const struct inpend *e)
{
	return HT_OBJECT(e, struct inpaddr, ia_end);
}

static inline struct inpcb *
inpend_alone(const struct inpend *e)
{
	return HT_OBJECT(e, struct inpcb, inp_end);
}

/* Whose port space it is in; what inpend_is_of() tells with one look less. */
static inline struct prison *
inpend_owner(const struct inpend *e)
{
	return e->inp_table != INP_SHARED ? inp_owner(inpend_alone(e)) :
	    inpend_shared(e)->ia_port->pt_owner;
}

static inline bool
inpend_is_of(const struct inpend *e, const struct prison *owner)
{
	return (e->inp_table != INP_SHARED &&
	    inpend_alone(e)->inp_cred.prison == owner) ||
	    inpend_owner(e) == owner;
}

/* pcb_peers.c */
struct zone *inpshare_zone(struct vnet *v);	/* NULL: no memory */
/* Make room for one more, with these options (inp_reuse).  ENOMEM. */
int	peers_reserve(struct inpcbinfo *pi, struct inpaddr *ia,
	    unsigned reuse);
/* inp_eligible and inp_bindreuse must not change between the two. */
void	peers_insert(struct inpaddr *ia, struct inpcb *inp);
void	peers_remove(struct inpaddr *ia, struct inpcb *inp);
/* NULL: none */
struct inpcb *peers_first(const struct inpaddr *ia);
/* Whose a packet is, eligible or not; hash: of its four values.  NULL: none. */
struct inpcb *peers_pick(const struct inpaddr *ia, uint64_t hash);
/* Is there one whose inp_bindreuse has none of mask? */
bool	peers_without(const struct inpaddr *ia, unsigned mask);
/* Give back what a reservation took, or those now gone needed. */
void	peers_trim(struct inpcbinfo *pi, struct inpaddr *ia);

/* lbgroup.c; *lbp NULL: not made yet.  ENOMEM */
int	lbgroup_reserve(struct vnet *v, struct lbgroup **lbp, uint32_t need);
void	lbgroup_join(struct lbgroup *lb, struct inpcb *inp);
void	lbgroup_leave(struct lbgroup *lb, struct inpcb *inp);
/* lb may be NULL.  NULL: it has no members. */
struct inpcb *lbgroup_pick(const struct lbgroup *lb, uint64_t hash);
void	lbgroup_free(struct lbgroup *lb);

/* pcb_bind.c: the range inp's ports are chosen from.  EPERM. */
int	in_pcblimits(const struct inpcb *inp, const struct cred *cred,
	    struct portlimits *lim);
struct portkey in_pcbportkey(const struct inpcb *inp,
	    const struct inaddr *laddr);
/*
 * Count inp_lport as used by inp, and remember how; dstused: towards its peer.
 * ENOMEM.  in_pcbputport() gives it back, if one is taken; inp's addresses,
 * ports and INP_CONNADDR must then be as they were.
 */
int	in_pcbtakeport(struct inpcb *inp, enum port_use use, bool dstused);
void	in_pcbputport(struct inpcb *inp);

#endif
