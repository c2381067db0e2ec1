/*
 * Who is bound to, and connected with, what.
 *
 * An inpcb is the network identity of a socket: local and foreign address and
 * port, options that concern them, and the jail of its creator.  A protocol
 * (udp, tcp, raw) has one inpcbinfo with three hash tables, all keyed with the
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
 * different users.
 */
#ifndef PCB_IN_PCB_H
#define PCB_IN_PCB_H

#include <stdbool.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#include "base/cred.h"
#include "base/inaddr.h"
#include "base/vnet.h"
#include "base/zone.h"
#include "portrange/portrange.h"

struct inpcb;
struct inpcbinfo;
struct socket;

/* inp_vflag */
#define INP_IPV4	0x1
#define INP_IPV6	0x2

/* inp_flags; FreeBSD's values where it has them */
#define INP_HIGHPORT	0x00000010	/* IP_PORTRANGE_HIGH */
#define INP_LOWPORT	0x00000020
#define INP_ANONPORT	0x00000040	/* port chosen by us */
#define INP_BINDANY	0x00001000	/* any local address (IP_BINDANY) */
#define INP_NOPORTYET	0x00002000	/* IP_BIND_ADDRESS_NO_PORT */

/* inp_reuse: the socket's SO_REUSE* options as bind sees them */
#define INP_REUSEADDR	0x1
#define INP_REUSEPORT	0x2
#define INP_REUSEPORT_LB 0x4

enum inp_table {		/* which table it is in */
	INP_NOWHERE,
	INP_BOUND,
	INP_WILD,
	INP_CONNECTED,
};

struct inpcb {
	uint64_t	 inp_gencnt;	/* survives free (zone's keep) */
	struct inaddr	 inp_laddr, inp_faddr;
	in_port_t	 inp_lport, inp_fport;
	uint8_t		 inp_vflag;
	uint8_t		 inp_table;	/* enum inp_table */
	uint8_t		 inp_reuse;
	uint8_t		 inp_portuse;	/* what the port is taken for + 1; 0 none */
	uint32_t	 inp_flags;
	struct inpcb	*inp_hnext;	/* in its table's chain */
	struct socket	*inp_socket;	/* NULL: detached (TIME_WAIT) */
	struct inpcbinfo *inp_pcbinfo;
	struct cred	 inp_cred;	/* of the creator; holds a prison ref */
	uint8_t		 inp_ip_p;	/* protocol */
	uint8_t		 inp_ip_ttl;
	uint8_t		 inp_ip_tos;
	uint16_t	 inp_portlo, inp_porthi; /* IP_LOCAL_PORT_RANGE; 0: unset */
	bool		 inp_anyport;	/* raw: match any port */
	TAILQ_ENTRY(inpcb) inp_list;	/* all of the inpcbinfo */
	TAILQ_ENTRY(inpcb) inp_jlist;	/* those of the jail */
};

TAILQ_HEAD(inpcbhead, inpcb);

/*
 * Make the tables of a protocol.  size: of the protocol's control block, whose
 * first member is a struct inpcb (struct tcpcb).  islocal tells whether an
 * address is one of the interfaces'.  ENOMEM.
 */
int	in_pcbinfo_init(struct vnet *v, struct inpcbinfo **ip, const char *name,
	    uint8_t proto, size_t size, uint64_t limit,
	    bool (*islocal)(const struct vnet *, const struct inaddr *));
void	in_pcbinfo_destroy(struct vnet *v, struct inpcbinfo *pi);

struct vnet *in_pcbinfo_vnet(const struct inpcbinfo *pi);
uint64_t in_pcbinfo_count(const struct inpcbinfo *pi);	 /* PCBs now */
uint64_t in_pcbinfo_gencnt(const struct inpcbinfo *pi);	 /* last given */
void	in_pcbinfo_limit(struct inpcbinfo *pi, uint64_t limit);

/* First and next in order of age; NULL ends.  With pr, only that jail's own. */
struct inpcb *in_pcbfirst(const struct inpcbinfo *pi, const struct prison *pr);
struct inpcb *in_pcbnext(const struct inpcb *inp, bool sameprison);
/* The oldest PCB whose gencnt is > gen: where a sliced listing goes on. */
struct inpcb *in_pcbafter(const struct inpcbinfo *pi, const struct prison *pr,
	    uint64_t gen);

/* A fresh PCB for so (may be NULL).  vflag INP_IPV4 or INP_IPV6.  ENOBUFS. */
int	in_pcballoc(struct inpcbinfo *pi, struct socket *so,
	    const struct cred *cred, uint8_t vflag, struct inpcb **inpp);

/* Out of all tables, port given back, freed. */
void	in_pcbfree(struct inpcb *inp);

/*
 * Bind.  name NULL: an ephemeral port on the address it has (any).  cred: of
 * the caller.  EINVAL (bound already), EADDRNOTAVAIL (not local, not the
 * jail's, no port left), EACCES (reserved port), EPERM (low range),
 * EADDRINUSE, EAGAIN (memory).
 */
int	in_pcbbind(struct inpcb *inp, const struct endpoint *name,
	    const struct cred *cred);

/*
 * Connect: choose source address and port where unset, and move to the
 * connected table.  The destination's loopback coercion is done here.
 * EADDRNOTAVAIL (port 0, no port left), EADDRINUSE (4-tuple exists),
 * ENETUNREACH, EISCONN, EAGAIN.
 */
int	in_pcbconnect(struct inpcb *inp, const struct endpoint *name,
	    const struct cred *cred);

/* Forget the peer (UDP connect to AF_UNSPEC); the local end stays. */
void	in_pcbdisconnect(struct inpcb *inp);

/*
 * The local address that in_pcbconnect() would use towards faddr, for a
 * datagram sent without connecting.  ENETUNREACH, EAFNOSUPPORT.
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

/* Who gets a packet.  Connected, then bound, then wildcard of a jail that
 * lists dst, then prison0's wildcard.  NULL: nobody. */
struct inpcb *in_pcblookup(const struct inpcbinfo *pi,
	    const struct endpoint *src, const struct endpoint *dst);

/* The connected one only. */
struct inpcb *in_pcblookup_connected(const struct inpcbinfo *pi,
	    const struct endpoint *src, const struct endpoint *dst);

/* Take inp out of its table (its port stays counted until in_pcbfree). */
void	in_pcbremhash(struct inpcb *inp);

#endif
