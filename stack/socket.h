/*
 * The socket layer: BSD's so*() calls over pr_usrreqs, without blocking.
 *
 * What would sleep in a kernel returns EWOULDBLOCK (or EINPROGRESS) here; the
 * owner of the socket hears by so_upcall when to try again.  An upcall comes
 * from inside the stack, so it only notes what happened and returns.
 *
 * Life: socreate() or soaccept() give a socket to the owner; soclose() ends
 * ownership.  The PCB may outlive the socket (TIME_WAIT), and the socket its
 * owner (so_snd not yet delivered).  A socket in a listener's queue is owned by
 * the listener.  A listening or idle socket holds no buffers.
 *
 * soclose() in order: the owner's upcall is cut off; a listener's queued
 * connections are aborted; SO_LINGER of 0 s calls pr_abort(); pr_detach() is
 * called unless that cleared so_pcb; SS_NOFDREF is set and what was not read is
 * dropped; sofree().  So pr_detach() still sees so_rcv and can answer unread
 * data with a reset.  It either is done with the socket and clears so_pcb, or
 * keeps it to deliver so_snd and later clears so_pcb and calls sofree().
 *
 * Of a listener's queued connections hundreds are aborted at once, the rest in
 * the milliseconds after it (stack/socket_listen.c).
 */
#ifndef STACK_SOCKET_H
#define STACK_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <bsd/sys/queue.h>

#include "base/cred.h"
#include "base/inaddr.h"
#include "base/vnet.h"
#include "include/bsd/sys/socketvar.h"
#include "stack/mbuf.h"

struct inpcb;
struct protosw;
struct socket;
struct unpcb;

/* so_state, beside what listings show (include/bsd) */
#define SS_LISTENING		0x10000
#define SS_INCOMP		0x20000	/* in a listener's so_incomp */
#define SS_COMP			0x40000	/* in a listener's so_comp */
#define SS_NOFDREF		0x80000	/* closed by its owner */

/* sb_state */
#define SBS_CANTSENDMORE	0x0010
#define SBS_CANTRCVMORE		0x0020

/* What so_upcall reports; several may be or-ed. */
#define SO_UP_READ	0x1	/* data, a datagram or EOF to receive */
#define SO_UP_WRITE	0x2	/* room to send */
#define SO_UP_CONNECTED	0x4
#define SO_UP_ACCEPT	0x8	/* the accept queue grew */
#define SO_UP_ERROR	0x10	/* so_error set, or the connection is gone */

struct sockbuf {
	struct mbuf	*sb_mb;		/* first record; stream: the only one */
	struct mbuf	*sb_tail;	/* last mbuf of the last record */
	struct mbuf	*sb_lastrecord;
	uint32_t	 sb_cc;		/* bytes of data */
	uint32_t	 sb_hiwat;
	uint32_t	 sb_lowat;
	uint32_t	 sb_mbcnt;	/* memory held */
	uint32_t	 sb_state;
	/*
	 * Bytes that left the buffer towards the program, or are on the way
	 * into it, but have not arrived: set by the owner (daemon/) when it is
	 * listed, stale at other times; the window does not depend on it.
	 */
	uint32_t	 sb_parked;
};

/* The inpcb of so; NULL: none, or so is not of an Internet domain. */
#define sotoinpcb(so) ((so)->so_domain == AF_UNIX ? NULL : (so)->so_pcb)

TAILQ_HEAD(soqueue, socket);

struct socket {
	struct vnet	*so_vnet;
	const struct protosw *so_proto;
	union {
		struct inpcb	*so_pcb;
		struct unpcb	*so_unpcb;	/* AF_UNIX */
	};
	uint16_t	 so_type;	/* SOCK_STREAM, ... */
	uint16_t	 so_domain;	/* AF_INET, AF_INET6, AF_UNIX */
	uint8_t		 so_protocol;	/* IPPROTO_; SOCK_RAW: as asked for */
	uint32_t	 so_options;	/* SOPT_* */
	uint32_t	 so_state;
	int32_t		 so_linger;	/* seconds; with SOPT_LINGER */
	int		 so_error;	/* taken by sogeterror() */
	struct cred	 so_cred;	/* creator; holds a prison reference */
	/*
	 * A listener (SS_LISTENING) has no data; where the buffers' pointers
	 * would be it has its queues.  All else of the buffers is there, for
	 * its connections.
	 */
	union {
		struct {
			struct sockbuf	 so_rcv, so_snd;
		};
		struct {
			struct soqueue	 so_comp;
			uint32_t	 so_qlen;	/* in so_comp */
			uint32_t	 so_qlimit;
			uint32_t	 so_rcvrest[6];
			struct soqueue	 so_incomp;
			uint32_t	 so_incqlen;	/* in so_incomp */
			uint32_t	 so_qdrops;	/* refused: queue full */
		};
	};
	uint64_t	 so_gencnt;

	struct socket	*so_head;	/* listener whose queue it is in */
	TAILQ_ENTRY(socket) so_link;	/* in so_head's queue */

	void		(*so_upcall)(struct socket *, void *, unsigned);
	void		*so_upcallarg;
};

_Static_assert(offsetof(struct socket, so_rcvrest) ==
    offsetof(struct socket, so_rcv.sb_cc), "a queue, for three pointers");
_Static_assert(offsetof(struct socket, so_incomp) ==
    offsetof(struct socket, so_snd), "the same");
_Static_assert(offsetof(struct socket, so_qdrops) + sizeof(uint32_t) ==
    offsetof(struct socket, so_snd.sb_cc), "and no more");
/* A million of them are a plan, not an accident. */
_Static_assert(sizeof(struct socket) <= 208, "socket has outgrown its place");

/* pr_ctloutput names, one number space whatever the caller's system says. */
enum sockopt {
	/* values of struct socket: flags are int 0/1 */
	OPT_REUSEADDR, OPT_REUSEPORT, OPT_REUSEPORT_LB, OPT_KEEPALIVE,
	OPT_DONTROUTE, OPT_BROADCAST, OPT_OOBINLINE,
	OPT_LINGER,		/* int: -1 off, else seconds */
	OPT_SNDBUF, OPT_RCVBUF, OPT_SNDLOWAT, OPT_RCVLOWAT,
	OPT_ERROR,		/* get only, clears */
	OPT_ACCEPTCONN,		/* get only */
	/* IP */
	OPT_IP_PORTRANGE, OPT_IP_TTL, OPT_IP_TOS, OPT_IP_BINDANY,
	OPT_IP_NOPORT,		/* IP_BIND_ADDRESS_NO_PORT */
	OPT_IP_LOCALPORTS,	/* IP_LOCAL_PORT_RANGE: hi << 16 | lo */
	OPT_IP_HDRINCL,		/* raw: the sender makes the IP header */
	/* TCP */
	OPT_TCP_NODELAY, OPT_TCP_MAXSEG, OPT_TCP_NOPUSH,
	OPT_TCP_KEEPINIT, OPT_TCP_KEEPIDLE, OPT_TCP_KEEPINTVL, OPT_TCP_KEEPCNT,
	OPT_TCP_MAXUNACKTIME,	/* ms (RFC 5482's user timeout); 0: none */
	OPT_NOPTS
};

/* A protocol's half of the calls.  All return 0 or an errno. */
struct protosw {
	const char	*pr_name;
	uint16_t	 pr_domain;	/* AF_; 0: AF_INET */
	uint16_t	 pr_type;	/* SOCK_ */
	uint8_t		 pr_protocol;	/* IPPROTO_ */
	bool		 pr_atomic;	/* a send is a record */
	bool		 pr_connrequired;
	int	(*pr_attach)(struct socket *, const struct cred *);
	void	(*pr_detach)(struct socket *);	/* the owner has gone; above */
	int	(*pr_bind)(struct socket *, const struct endpoint *,
		    const struct cred *);
	int	(*pr_listen)(struct socket *, int backlog, const struct cred *);
	int	(*pr_connect)(struct socket *, const struct endpoint *,
		    const struct cred *);
	int	(*pr_disconnect)(struct socket *);	/* orderly */
	void	(*pr_abort)(struct socket *);		/* at once (RST) */
	int	(*pr_shutdown)(struct socket *);	/* no more sends */
	/* data or a record has been taken out of so_rcv; may be NULL */
	void	(*pr_rcvd)(struct socket *);
	/* m is consumed whatever happens; stream: m NULL means "so_snd grew" */
	int	(*pr_send)(struct socket *, struct mbuf *m,
		    const struct endpoint *to, const struct cred *);
	/* ENOPROTOOPT: not ours.  Also told, its answer ignored, of the options
	 * of struct socket after they were set (SO_KEEPALIVE). */
	int	(*pr_setopt)(struct socket *, enum sockopt, int val,
		    const struct cred *);
	int	(*pr_getopt)(struct socket *, enum sockopt, int *val);
};
/* Rows of this table are found by (domain, type, protocol). */
#define PROTOSW_ADD(var) LINKERSET_ADD(protosw, var)

/* ---- for the owner of sockets ---- */

/*
 * domain: AF_INET, or AF_UNIX, whose names are in stack/uipc.h (an endpoint is
 * EAFNOSUPPORT there, or zero).  protocol 0: the type's default.
 * EPROTONOSUPPORT, EPROTOTYPE (no such type), EPERM (raw), ENOBUFS,
 * EAFNOSUPPORT.
 */
int	socreate(struct vnet *v, int domain, int type, int protocol,
	    const struct cred *cred, struct socket **sop);
/* Give up ownership: orderly close, SO_LINGER with 0 s resets. */
void	soclose(struct socket *so);
/* Give up ownership and reset the connection. */
void	soabort(struct socket *so);
int	sobind(struct socket *so, const struct endpoint *name,
	    const struct cred *cred);
/* backlog < 0 or above kern.ipc.soacceptqueue: that limit; 0: 1.  Again: resets
 * it.  EOPNOTSUPP, EINVAL (connected). */
int	solisten(struct socket *so, int backlog, const struct cred *cred);
/*
 * 0: connected; EINPROGRESS: SO_UP_CONNECTED or SO_UP_ERROR follows; EALREADY,
 * EISCONN and the errors of in_pcbconnect().  A datagram socket may connect
 * again: the old peer is forgotten first.
 */
int	soconnect(struct socket *so, const struct endpoint *name,
	    const struct cred *cred);
int	sodisconnect(struct socket *so);	/* UDP: AF_UNSPEC */
/* EWOULDBLOCK: nobody; EINVAL: not listening; ECONNABORTED. */
int	soaccept(struct socket *so, struct socket **nsop,
	    struct endpoint *peer);
/* Put a connection from soaccept() back at the head of its queue. */
void	sounaccept(struct socket *head, struct socket *so);
/* how: SHUT_RD, SHUT_WR, SHUT_RDWR.  ENOTCONN, EINVAL.  A listener that is
 * shut down for reading reports ECONNABORTED to accept once. */
int	soshutdown(struct socket *so, int how);
void	sosockaddr(const struct socket *so, struct endpoint *name);
/* ENOTCONN */
int	sopeeraddr(const struct socket *so, struct endpoint *name);
int	sosetopt(struct socket *so, enum sockopt opt, int val,
	    const struct cred *cred);
int	sogetopt(struct socket *so, enum sockopt opt, int *val);
int	sogeterror(struct socket *so);		/* and clear */

/*
 * Send.  Stream: takes as much as fits, *sent says how much, EWOULDBLOCK if
 * nothing did.  Datagram: all or nothing; to NULL: the connected peer.
 * EPIPE, ENOTCONN, EDESTADDRREQ, EMSGSIZE, EISCONN, ENOBUFS, or so_error.
 */
int	sosend(struct socket *so, const struct iovec *iov, int iovcnt,
	    const struct endpoint *to, const struct cred *cred, size_t *sent);
/* Stream: append a chain made by m_get() (room was checked by sosendspace());
 * consumed whatever happens. */
int	sosend_mbuf(struct socket *so, struct mbuf *m, const struct cred *cred);
size_t	sosendspace(const struct socket *so);
/*
 * Receive into iov.  *got 0 with return 0 on a stream is EOF.  Datagram: one
 * record, *got its whole length (may exceed the iov: truncated), from its
 * source.  flags: MSG_PEEK.  EWOULDBLOCK, ENOTCONN, or so_error.
 */
int	soreceive(struct socket *so, const struct iovec *iov, int iovcnt,
	    struct endpoint *from, int flags, size_t *got);
/* Stream, without copying: describe up to *cnt pieces from the front of so_rcv;
 * then drop what was used with soreceive_done(). */
void	soreceive_iov(struct socket *so, struct iovec *iov, int *cnt);
void	soreceive_done(struct socket *so, size_t len);

/* ---- for protocols ---- */

/*
 * A socket for a connection that arrived on head, in its so_incomp (connstatus
 * 0) or so_comp (SS_ISCONNECTED), with head's options, cred and buffer sizes.
 * The protocol attaches the PCB it made.  NULL: the queue is full (so_comp and
 * so_incomp together above 3/2 of the backlog, counted) or no memory.
 */
struct socket *sonewconn(struct socket *head, uint32_t connstatus);
void	soisconnecting(struct socket *so);
void	soisconnected(struct socket *so);	/* so_incomp -> so_comp too */
void	soisdisconnecting(struct socket *so);
void	soisdisconnected(struct socket *so);
void	socantrcvmore(struct socket *so);
void	socantsendmore(struct socket *so);
void	sorwakeup(struct socket *so);
void	sowwakeup(struct socket *so);
/* Set so_error and wake both sides. */
void	soseterror(struct socket *so, int error);
/*
 * The protocol is done with a socket; so_pcb must be NULL.  Frees it if its
 * owner has closed it (SS_NOFDREF) or it is in so_incomp (it then leaves the
 * queue); leaves it otherwise: soaccept() and soclose() will see to it.
 */
void	sofree(struct socket *so);

/* Set both buffer limits (bytes); the memory limits follow. */
void	soreserve(struct socket *so, uint32_t snd, uint32_t rcv);
void	sbreserve(struct sockbuf *sb, uint32_t hiwat);

/* Memory it may hold. */
uint32_t sb_mbmax(const struct sockbuf *sb);
/* < 0: over full.  sb_parked is not counted: who needs it subtracts it. */
long	sbspace(const struct sockbuf *sb);
void	sbappendstream(struct vnet *v, struct sockbuf *sb, struct mbuf *m);
/* One datagram; false: no room (m is not consumed). */
bool	sbappendrecord(struct sockbuf *sb, struct mbuf *m);
void	sbdrop(struct vnet *v, struct sockbuf *sb, size_t len);
void	sbdroprecord(struct vnet *v, struct sockbuf *sb);
void	sbflush(struct vnet *v, struct sockbuf *sb);
/* Take all that a stream buffer holds; NULL: nothing. */
struct mbuf *sbtake(struct sockbuf *sb);
/* Share bytes [off, off+len) of a stream buffer (m_copym). */
struct mbuf *sbcopy(struct vnet *v, const struct sockbuf *sb, size_t off,
	    size_t len);
/* The same; *cur, zero at first, makes the search for what is behind them short
 * as long as the buffer stays as it is. */
struct sbcursor {
	struct mbuf	*mb;
	size_t		 off;		/* of mb's first byte */
};
struct mbuf *sbcopynext(struct vnet *v, const struct sockbuf *sb, size_t off,
	    size_t len, struct sbcursor *cur);

/*
 * Have fn called with each socket, and its so_upcallarg, that is about to be
 * listed and has an owner's upcall, to set sb_parked.  It returns how long that
 * took, in records (of a microsecond or less): a slice of a listing is that
 * much shorter; SOPARKED_LATER: it cannot say yet, and is to be asked again in
 * the next slice.  NULL: nothing is parked.
 */
#define SOPARKED_LATER	(~0u)
typedef unsigned soparkedfn(struct socket *so, void *upcallarg);
void	sosetparked(struct vnet *v, soparkedfn *fn);
/* For listings: call it.  0 where there is nobody to ask; then nothing is
 * parked, unless fn was never set. */
unsigned soparked(struct socket *so);

/* How many sockets there are: kern.ipc.numopensockets; may be: maxsockets. */
uint64_t sonumopen(const struct vnet *v);
uint32_t somaxsockets(const struct vnet *v);
/* The last so_gencnt given: xig_sogen of listings. */
uint64_t sogencnt(const struct vnet *v);

#endif
