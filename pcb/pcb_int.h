/*
 * What the files of pcb/ share; for them alone.
 *
 * pcb.c	the inpcbinfo; PCBs come and go
 * pcb_list.c	the lists of them, in order of age
 * pcb_hash.c	the tables: who is where; look-up
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
	const struct prison *pt_owner;	/* names the port space */
	struct tally	 pt_tally;
	in_port_t	 pt_port;
	bool		 pt_v6;
};

#define INP_NREUSE	8	/* combinations of INP_REUSE* */

struct lbgroup;

/* Those of them that have one local address, which may be a wildcard. */
struct inpaddr {
	struct hlink	 ia_hash;
	struct inaddr	 ia_laddr;
	struct inpport	*ia_port;	/* its owner and port are ours */
	uintptr_t	 ia_peers;	/* pcb_peers.c */
	struct tally	 ia_tally;
};

static_assert(sizeof(struct inpaddr) == 64, "one cache line");
static_assert(offsetof(struct inpcb, inp_flags) == 64, "one cache line");

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
	uint64_t	 pi_njailwild;	/* wildcard inpaddrs of jails */
	struct htable	 pi_connected;	/* inpcb */
	struct htable	 pi_addrs;	/* inpaddr */
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
struct inpaddr *inpaddr_find(const struct inpcbinfo *pi,
	    const struct prison *owner, const struct inaddr *laddr,
	    in_port_t lport);
/*
 * Do all that can fail of putting inp in a table with this local end; ENOMEM.
 * Then in_pcbinshash() with the entry, or inpaddr_release().
 */
int	inpaddr_reserve(const struct inpcb *inp, const struct inaddr *laddr,
	    in_port_t lport, bool connected, struct inpaddr **iap);
void	inpaddr_release(const struct inpcb *inp, struct inpaddr *ia,
	    bool connected);
/* inp's addresses and ports are set; into the table that fits them. */
void	in_pcbinshash(struct inpcb *inp, struct inpaddr *ia);
/* `to' becomes a copy of inp, which is connected, and takes its place. */
void	in_pcbreplace(struct inpcb *inp, struct inpcb *to);

/* pcb_peers.c */
struct zone *inpshare_zone(struct vnet *v);	/* NULL: no memory */
/* Make room for one more, with these options (inp_reuse).  ENOMEM. */
int	peers_reserve(struct inpcbinfo *pi, struct inpaddr *ia,
	    unsigned reuse);
/* inp_eligible and inp_bindreuse must not change between the two. */
void	peers_insert(struct inpaddr *ia, struct inpcb *inp);
void	peers_remove(struct inpaddr *ia, struct inpcb *inp);
/* Whose a packet is, eligible or not; hash: of its four values.  NULL: none. */
struct inpcb *peers_pick(const struct inpaddr *ia, uint64_t hash);
/* Have what peers_pick() reads first fetched. */
void	peers_prefetch(const struct inpaddr *ia);
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
