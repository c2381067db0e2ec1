/*
 * Who is bound to, and connected with, what.
 *
 * An inpcb is the network identity of a socket: local and foreign address and
 * port, options that concern them, and the jail of its creator.  A protocol
 * (udp, tcp, raw) has one inpcbinfo with its tables, all keyed with the
 * vnet's secret and all with the local address in the key:
 *
 *	connected	(laddr, lport, faddr, fport)
 *	bound		(laddr, lport), faddr unset, laddr not a wildcard
 *	wildcard	(jail, lport), laddr a wildcard; a packet's destination
 *			address is first mapped to the jails that list it
 *
 * A million sockets on one port, one per alias, cost a lookup as much as ten.
 *
 * An inpcb is in no table (fresh), or in exactly one; lport never changes while
 * it is in one.  It is always in its inpcbinfo's list and its jail's list, for
 * listings, newest last.  The generation count goes up on allocation and on
 * free, and is never used twice in a vnet.
 *
 * Addresses and ports are in network byte order.  All functions return 0 or an
 * errno; on error nothing has changed unless said otherwise.
 * Behaviour: FreeBSD 14 in_pcb.c; conflicts of bind: its table for equal and
 * different users.  IPv6 sockets serve IPv6 only (IPV6_V6ONLY).
 */
#ifndef PCB_IN_PCB_H
#define PCB_IN_PCB_H

#include <stdbool.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#include "base/cred.h"
#include "base/htable.h"
#include "base/inaddr.h"
#include "base/vnet.h"
#include "base/zone.h"
#include "include/bsd/netinet/in_pcb.h"
#include "portrange/portrange.h"

struct inpcb;
struct inpcbinfo;
struct inpaddr;
struct inpblock;
struct inpport;
struct prison;
struct socket;

/* inp_flags, beside those that listings show (include/bsd) */
#define INP_BINDANY	0x00001000	/* any local address (IP_BINDANY) */
#define INP_NOPORTYET	0x00002000	/* IP_BIND_ADDRESS_NO_PORT */
#define INP_CONNADDR	0x00004000	/* laddr chosen by connect, was ANY */

/*
 * inp_reuse: the socket's SO_REUSE* options.  What other sockets' bind() sees
 * is their value when this one's port was taken.
 */
#define INP_REUSEADDR	0x1
#define INP_REUSEPORT	0x2
#define INP_REUSEPORT_LB 0x4

#define INP_LBBITS	22	/* of a place in a load-balance group */

enum inp_table {		/* which table it is in */
	INP_NOWHERE,
	INP_BOUND,
	INP_WILD,
	INP_CONNECTED,
	INP_SHARED,		/* not a PCB: an entry that some share */
};

enum { INP_ALLLIST, INP_JAILLIST, INP_NLISTS };

/*
 * A local end.  A PCB begins with one, behind its gencnt, and so does a table
 * entry that several PCBs share (inp_table is INP_SHARED, and what follows it
 * is unused).
 */
#define INPEND_MEMBERS							\
	union {								\
		struct hlink	   inp_hash;	/* connected, or alone */ \
		TAILQ_ENTRY(inpcb) inp_peers;	/* else */		\
	};								\
	struct inaddr	 inp_laddr;					\
	in_port_t	 inp_lport, inp_fport;				\
	uint8_t		 inp_table;	/* enum inp_table */		\
	uint8_t		 inp_vflag;					\
	bool		 inp_eligible;	/* set by in_pcbeligible() only */ \
	uint8_t		 inp_reuse

struct inpend {
	INPEND_MEMBERS;
};

struct inpcb {
	uint64_t	 inp_gencnt;	/* survives free (zone's keep) */
	union {
		struct inpend	 inp_end;
		struct {
			INPEND_MEMBERS;
		};
	};
	struct inaddr	 inp_faddr;
	/* So far what a look-up reads: one cache line. */
	uint32_t	 inp_flags;
	uint32_t	 inp_lbslot:INP_LBBITS;	/* in its group + 1; 0: none */
	uint32_t	 inp_bindreuse:3; /* inp_reuse when the port was taken */
	uint32_t	 inp_portuse:2;	/* enum port_use + 1; 0: none taken */
	uint32_t	 inp_anyport:1;	/* raw: match any port */
	uint32_t	 inp_small:1;	/* in_pcbshrink() was here */
	uint32_t	 inp_dstused:1;	/* port is marked used to the peer */
	uint32_t	 inp_compact:1;	/* of in_pcbcompact()'s size */
	uint32_t	 inp_alone:1;	/* it is its own table entry */
	uint16_t	 inp_portlo, inp_porthi; /* IP_LOCAL_PORT_RANGE, host
					 * byte order; 0: unset */
	uint8_t		 inp_ip_p;	/* protocol */
	uint8_t		 inp_ip_ttl;
	uint8_t		 inp_ip_tos;
	union {
		struct inpport	*inp_port;	/* alone */
		struct inpaddr	*inp_addr;	/* the entry it is in */
	};
	struct socket	*inp_socket;	/* NULL: detached (TIME_WAIT) */
	struct inpcbinfo *inp_pcbinfo;
	struct cred	 inp_cred;	/* of the creator; holds a prison ref */
	TAILQ_ENTRY(inpcb) inp_list[INP_NLISTS]; /* all; those of the jail */
	struct inpblock	*inp_block[INP_NLISTS];	/* where in these lists */
};

TAILQ_HEAD(inpcbhead, inpcb);

/*
 * Make the tables of a protocol.  size: of the protocol's control block, whose
 * first member is a struct inpcb (struct tcpcb).  islocal tells whether an
 * address is one of the interfaces'.  limit: PCBs, 0 for none.  ENOMEM.
 */
int	in_pcbinfo_init(struct vnet *v, struct inpcbinfo **ip, const char *name,
	    uint8_t proto, size_t size, uint64_t limit,
	    bool (*islocal)(const struct vnet *, const struct inaddr *));
/*
 * A second zone, for PCBs that from some time on (listen) need only the first
 * `size' bytes of their control block.  At most once; ENOMEM.
 */
int	in_pcbinfo_small(struct inpcbinfo *pi, const char *name, size_t size);
/* All PCBs must be gone. */
void	in_pcbinfo_destroy(struct vnet *v, struct inpcbinfo *pi);

struct vnet *in_pcbinfo_vnet(const struct inpcbinfo *pi);
uint64_t in_pcbinfo_count(const struct inpcbinfo *pi);	 /* PCBs now */
uint64_t in_pcbinfo_gencnt(const struct inpcbinfo *pi);	 /* last given */
void	in_pcbinfo_limit(struct inpcbinfo *pi, uint64_t limit);

/* First and next in order of age; NULL ends.  With pr, only that jail's own. */
struct inpcb *in_pcbfirst(const struct inpcbinfo *pi, const struct prison *pr);
struct inpcb *in_pcbnext(const struct inpcb *inp, bool sameprison);
/* The oldest PCB whose gencnt is > gen: where a sliced listing goes on.
 * O(log n) whatever was freed meanwhile. */
struct inpcb *in_pcbafter(const struct inpcbinfo *pi, const struct prison *pr,
	    uint64_t gen);

/* A fresh PCB for so (may be NULL).  vflag INP_IPV4 or INP_IPV6.  ENOBUFS. */
int	in_pcballoc(struct inpcbinfo *pi, struct socket *so,
	    const struct cred *cred, uint8_t vflag, struct inpcb **inpp);

/*
 * Move inp, which is not connected, to the second zone; what is behind the
 * first bytes is lost.  All of pcb/ knows only the new one then, which is
 * returned and has inp's generation count; whoever else knows inp (its socket)
 * is the caller's to tell.  Without memory, or a second zone: inp itself.  Call
 * it before in_pcbeligible(): its place among its peers is lost.
 */
struct inpcb *in_pcbshrink(struct inpcb *inp);

/* Out of all tables, port given back, freed. */
void	in_pcbfree(struct inpcb *inp);

/*
 * Let connected PCBs that have lost their socket go on in less memory: size is
 * that of an object whose first member is a struct inpcb.  Once per inpcbinfo,
 * which then owns the zone.  ENOMEM.
 */
int	in_pcbinfo_compact(struct inpcbinfo *pi, const char *name, size_t size,
	    uint64_t limit);
void	in_pcbinfo_compact_limit(struct inpcbinfo *pi, uint64_t limit);

/*
 * Put such an object, zero behind its inpcb, in the place of inp, which is
 * freed; gencnt, tables, lists and port stay what they are.  NULL: no memory,
 * or the zone is full; inp is as it was.
 */
struct inpcb *in_pcbcompact(struct inpcb *inp);

/*
 * Bind.  name NULL: an ephemeral port on the address it has (any).  cred: of
 * the caller.  EINVAL (bound already), EADDRNOTAVAIL (not local, not the
 * jail's, no port left), EACCES (reserved port), EPERM (low range),
 * EADDRINUSE, EAFNOSUPPORT (wrong family, or none of it in the jail), EAGAIN
 * (memory).
 * With INP_NOPORTYET and port 0 only the address is set; in_pcbconnect() or
 * a second in_pcbbind(inp, NULL, cred) choose the port.
 */
int	in_pcbbind(struct inpcb *inp, const struct endpoint *name,
	    const struct cred *cred);

/* The decision of in_pcbbind() alone: *local is set on success only.  Its port
 * stays 0 with INP_NOPORTYET. */
int	in_pcbbind_setup(const struct inpcb *inp, const struct endpoint *name,
	    const struct cred *cred, struct endpoint *local);

/*
 * May inp take packets?  Where several unconnected PCBs have the same address
 * and port, in_pcblookup() gives the eligible one (of a load-balance group: one
 * of them; else the last to become so), and one that is not only where there
 * is no other at all.  TCP's become eligible at listen(); those of other
 * protocols are from the start.
 */
void	in_pcbeligible(struct inpcb *inp, bool eligible);

/*
 * Connect: choose source address and port where unset, and move to the
 * connected table.  The destination's loopback coercion is done here.
 * EADDRNOTAVAIL (port 0, no port left), EADDRINUSE (4-tuple exists),
 * ENETUNREACH, EISCONN, EPERM (low range), EAFNOSUPPORT, EAGAIN.
 */
int	in_pcbconnect(struct inpcb *inp, const struct endpoint *name,
	    const struct cred *cred);

/*
 * Forget the peer (UDP connect to AF_UNSPEC).  What bind() set stays; what
 * connect() chose is unset again, as a second connect() may choose otherwise.
 */
void	in_pcbdisconnect(struct inpcb *inp);

/*
 * What a destination given by a program stands for: 127.0.0.1 in a jail is its
 * primary address; 0.0.0.0 is that too, and 127.0.0.1 outside jails (as Linux
 * has it; ::1 for ::).  EAFNOSUPPORT.
 */
int	in_pcbfaddr(const struct cred *cred, struct inaddr *faddr);

/*
 * The local address that in_pcbconnect() would use towards faddr (after
 * in_pcbfaddr()), for a datagram sent without connecting.  ENETUNREACH,
 * EAFNOSUPPORT.
 */
int	in_pcbladdr(const struct inpcb *inp, const struct inaddr *faddr,
	    const struct cred *cred, struct inaddr *laddr);

/*
 * A PCB for a connection accepted on `listener', with all four values given
 * and the listener's cred and flags: into the connected table at once; the port
 * is counted as PORT_CONN's use of the listener's.  EADDRINUSE, ENOBUFS.
 */
int	in_pcbaccept(const struct inpcb *listener, struct socket *so,
	    const struct endpoint *local, const struct endpoint *foreign,
	    struct inpcb **inpp);

/*
 * Who gets a packet.  The connected one; else, of those bound to dst, to its
 * port on a wildcard in a jail that lists dst, or to either outside jails, the
 * first eligible in this order: jail's address, jail's wildcard, address,
 * wildcard (among jails that share dst: the innermost).  NULL: nobody.
 */
struct inpcb *in_pcblookup(const struct inpcbinfo *pi,
	    const struct endpoint *src, const struct endpoint *dst);

/*
 * The same for n packets: to[i] is whose packet i is.  All that is to be read
 * is fetched ahead, so where the tables do not fit in the caches this costs a
 * fraction of n times in_pcblookup().  A PCB may be in to[] several times, and
 * what is done for one packet may free that of another: see inp_gencnt.
 */
void	in_pcblookup_batch(const struct inpcbinfo *pi,
	    const struct endpoint *src, const struct endpoint *dst,
	    struct inpcb **to, unsigned n);

/* The fetching alone, for packets that are looked up one by one soon.  Does
 * nothing while the tables are small. */
void	in_pcbprefetch(const struct inpcbinfo *pi, const struct endpoint *src,
	    const struct endpoint *dst, unsigned n);

/* The connected one only. */
struct inpcb *in_pcblookup_connected(const struct inpcbinfo *pi,
	    const struct endpoint *src, const struct endpoint *dst);

/* Take inp out of its table (its port stays counted until in_pcbfree; bind()
 * may take it again). */
void	in_pcbremhash(struct inpcb *inp);

#endif
