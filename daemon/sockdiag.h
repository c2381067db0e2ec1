/*
 * NETLINK_SOCK_DIAG for jailed programs: ss(8), lsof(8) and others ask it which
 * Internet sockets there are, and get the stack's instead of the kernel's.
 *
 * A program's descriptor is one end of a SOCK_SEQPACKET pair (pair.h), as that
 * of a UDP socket is; requests come out of the daemon's end and replies go into
 * it.  The face is FACE_DIAG and has no socket of the stack.
 */
#ifndef DAEMON_SOCKDIAG_H
#define DAEMON_SOCKDIAG_H

#include <stdbool.h>
#include <stdint.h>

struct call;
struct daemon;
struct djail;
struct face;

/* socket(AF_NETLINK, type, NETLINK_SOCK_DIAG). */
int	sockdiag_socket(struct call *c);

/*
 * A face of jail j around a new pair, whose other end is *fdp, the caller's.
 * ENOMEM, EMFILE...
 */
int	sockdiag_open(struct djail *j, int type, int *fdp, struct face **fp);

/* f is to be served when sockdiag_run() comes to it. */
void	sockdiag_ready(struct face *f);
void	sockdiag_fini(struct face *f);

/* Answer what was asked, for a fraction of a millisecond a turn.  Sets d->busy
 * if there is more to do. */
void	sockdiag_run(struct daemon *d);

/* The next reply for a trapped call; its length in *lenp may exceed room.
 * EWOULDBLOCK. */
int	sockdiag_receive(struct face *f, int app, void *buf, uint32_t room,
	    bool peek, uint32_t *lenp);

/* Calls on such a descriptor, where the kernel cannot answer. */
int	sockdiag_bind(struct call *c);
int	sockdiag_connect(struct call *c);
int	sockdiag_getsockname(struct call *c);
int	sockdiag_getpeername(struct call *c);
int	sockdiag_getsockopt(struct call *c);
int	sockdiag_setsockopt(struct call *c);
int	sockdiag_continue(struct call *c);

/* The address replies come from, to the caller's memory: *lenp is the room and
 * becomes the length; or both are in its memory, addr 0: nothing. */
int	sockdiag_from(struct call *c, uint64_t addr, uint32_t *lenp);
int	sockdiag_fromlen(struct call *c, uint64_t addr, uint64_t lenaddr);

#endif
