/*
 * PF_LOCAL: who has which name and who is connected with whom.
 *
 * An unpcb is the identity of a PF_LOCAL socket: its type, the name it is bound
 * to, its peer, and the jail of its creator.  It comes from a type-stable zone;
 * the generation count goes up on allocation and on free and is never used
 * twice in a vnet.
 *
 * There is no file tree here: a name lives as long as the socket it was bound
 * to, and every jail has names of its own.
 *
 *	stream, seqpacket	unp_conn of either names the other
 *	datagram		unp_conn is where it sends; who sends to it is in
 *				unp_refs, and may be many
 *
 * Nothing here touches the sockets.  0 or an errno; on error nothing has
 * changed.
 */
#ifndef PCB_UNPCB_H
#define PCB_UNPCB_H

#include <stddef.h>
#include <stdint.h>
#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "base/cred.h"
#include "base/htable.h"
#include "base/vnet.h"

#define UNP_MAXNAME	104	/* bytes; FreeBSD's sun_path */

struct prison;
struct socket;
struct unpcb;

/* A name, shared by who is bound to it and who was accepted there. */
struct unpname {
	struct hlink	 un_hash;
	struct unpcb	*un_owner;	/* who is bound; NULL: gone */
	int		 un_jid;	/* whose name space */
	uint32_t	 un_refs;
	uint32_t	 un_len;
	char		 un_name[UNP_MAXNAME];	/* any bytes */
};

LIST_HEAD(unprefs, unpcb);

struct unpcb {
	uint64_t	 unp_gencnt;	/* survives free (zone's keep) */
	struct socket	*unp_socket;
	struct unpcb	*unp_conn;	/* NULL: not connected */
	struct unprefs	 unp_refs;	/* datagram: who is connected to it */
	LIST_ENTRY(unpcb) unp_reflink;
	struct unpname	*unp_name;	/* NULL: none */
	struct cred	 unp_cred;	/* of the creator; holds a prison ref */
	int		 unp_type;	/* SOCK_ */
	RB_ENTRY(unpcb)	 unp_byage;	/* of all of its type */
	RB_ENTRY(unpcb)	 unp_byjail;	/* by jail, then by age */
};

/* A fresh PCB.  type: SOCK_STREAM, _DGRAM or _SEQPACKET.  ENOBUFS. */
int	unp_alloc(struct vnet *v, int type, struct socket *so,
	    const struct cred *cred, struct unpcb **unpp);
/* It must not be connected, nor anybody to it.  Its name goes. */
void	unp_free(struct vnet *v, struct unpcb *unp);
void	unp_limit(struct vnet *v, uint64_t limit);

/* EINVAL (bound already, no name), ENAMETOOLONG, EADDRINUSE, ENOBUFS. */
int	unp_bind(struct vnet *v, struct unpcb *unp, const void *name,
	    size_t len);
/* Who is bound to a name in this jail; NULL: nobody. */
struct unpcb *unp_lookup(const struct vnet *v, const struct prison *pr,
	    const void *name, size_t len);
/* The name of unp's listener, which it was accepted at, is its too. */
void	unp_share_name(struct unpcb *unp, const struct unpcb *listener);

/* Connect: both ways, but for datagrams unp to peer only.  EPROTOTYPE (another
 * type), EISCONN. */
int	unp_connect2(struct unpcb *unp, struct unpcb *peer);
/* The way back; the former peer, or NULL. */
struct unpcb *unp_disconnect(struct unpcb *unp);

/* Of a type: how many, the last count given, and the oldest one whose count is
 * above gen; with pr, only that jail's own.  O(log n). */
uint64_t unp_count(const struct vnet *v, int type);
uint64_t unp_gencnt(const struct vnet *v, int type);
struct unpcb *unp_after(const struct vnet *v, int type,
	    const struct prison *pr, uint64_t gen);

#endif
