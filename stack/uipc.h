/*
 * PF_LOCAL sockets of an embedded stack: socreate(AF_UNIX, ...) for streams,
 * datagrams and sequenced packets.  (Programs in jails have the system's.)
 *
 * Names are 1 to UNP_MAXNAME bytes of any value; no NUL is needed.  Each jail
 * has its own, and a name goes with the socket that was bound to it.  The other
 * calls are those of stack/socket.h; what is sent is in the peer's so_rcv at
 * once, as far as there is room.  Datagrams need a connected socket.
 */
#ifndef STACK_UIPC_H
#define STACK_UIPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pcb/unpcb.h"
#include "stack/socket.h"

struct prison;
struct xunpcb;

/*
 * Sockets that net.local.*.pcblist shows behind those of the stack, though they
 * are none: those which the system keeps for programs in jails.  fn fills *xu
 * with the next one of this type that viewer may see: 0; EINTR: with none, but
 * there may be more; EAGAIN: the same, and it is enough for this slice; ENOENT:
 * that was all.  cur is zero at first and fn's to keep its place in.
 */
#define UNP_CURSOR	3
typedef int unforeignfn(void *arg, const struct prison *viewer, int type,
	    uint64_t cur[UNP_CURSOR], struct xunpcb *xu);
void	unp_setforeign(struct vnet *v, unforeignfn *fn, void *arg);

/* A handle for records, of the system's number for the socket. */
#define UNP_FOREIGN(n)	(UINT64_C(6) << 56 | (n))

/* EINVAL (bound, or no name), ENAMETOOLONG, EADDRINUSE, ENOBUFS. */
int	sobindun(struct socket *so, const void *name, size_t len);

/*
 * ENOENT (nobody has this name), EPROTOTYPE (one of another type has),
 * ECONNREFUSED (it does not listen, its queue is full, or there is no memory for
 * another socket in it), EISCONN, EOPNOTSUPP (so listens), ENOBUFS.  Never
 * EINPROGRESS.  A datagram socket may connect again.
 */
int	soconnectun(struct socket *so, const void *name, size_t len);

/* As socketpair(2).  Both fresh; EPROTOTYPE, EISCONN. */
int	soconnect2(struct socket *so, struct socket *peer);

/* Its own name, or its peer's; *len 0: none.  ENOTCONN. */
int	sonameun(const struct socket *so, bool peer, char name[UNP_MAXNAME],
	    size_t *len);

#endif
