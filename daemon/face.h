/*
 * A face: the AF_UNIX socket pair that stands for one socket of the stack.
 *
 * The program holds the app end under whatever numbers it likes, in as many
 * processes as it likes; the daemon knows it by its SO_COOKIE and holds the
 * other end.  What the program sees of the app end (poll masks, end of file,
 * errors) is steered from the daemon's end so that it is what a TCP or UDP
 * socket shows:
 *
 * state	app end polls	daemon's end
 * NEW		nothing		prefilled; only a hang-up counts
 * CONNECTING	nothing		the same
 * LISTENING	IN per waiting	one token byte per connection that waits to be
 *		connection	accepted
 * OPEN		as the bytes say  bytes both ways; shutdown = FIN
 * DGRAM	the same	one packet per datagram
 * DIAG		the same	one packet per netlink message or group of them:
 *				no socket of the stack (sockdiag.h)
 * GONE		IN OUT ERR HUP	closed: refused, timed out or reset.  Kept for
 *				a while to answer SO_ERROR and the names
 *
 * A face is freed when the app end's last descriptor is closed (hang-up).
 */
#ifndef DAEMON_FACE_H
#define DAEMON_FACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/htable.h"
#include "base/inaddr.h"
#include "daemon/daemon.h"
#include "stack/socket.h"

enum face_state {
	FACE_NEW, FACE_CONNECTING, FACE_LISTENING, FACE_OPEN, FACE_DGRAM,
	FACE_DIAG, FACE_GONE, FACE_NSTATES
};

#define FACE_MAXGONE	4096	/* GONE faces remembered, all jails together */

struct sockdiag;
struct dgaddr;			/* source of a datagram in the app's queue */
STAILQ_HEAD(dgaddrs, dgaddr);

struct face {
	struct source	 src;		/* the daemon's end; fd -1: closed */
	struct daemon	*d;
	struct djail	*jail;		/* counted there */
	struct socket	*so;		/* NULL when DIAG or GONE */
	uint64_t	 cookie;
	uint64_t	 ino;		/* of the app end */
	struct hlink	 hlink;		/* in daemon->faces */
	struct hlink	 inolink;	/* in daemon->inos */
	TAILQ_ENTRY(face) jlink;	/* in jail->faces, GONE ones first */
	TAILQ_ENTRY(face) dlink;	/* dirty, later, or gone */
	enum face_state	 state;		/* face_set_state() only */
	bool		 isdirty;
	bool		 islater;	/* dirty again in the next turn */
	bool		 rx_ready;	/* the program may have written */
	bool		 tx_ready;	/* its receive queue may have room */
	bool		 want_out;	/* epoll tells when it has: face_blocked() */
	bool		 fin_sent;	/* the program was told end of file */
	bool		 app_shut;	/* epoll said so: there is an end to read */
	bool		 app_eof;	/* it shut down its sending side */
	bool		 app_gone;	/* it closed its last descriptor */
	bool		 told;		/* connect() has reported success */
	bool		 bound;		/* bind() was called: lname */
	int		 error;		/* GONE: for SO_ERROR, once */
	unsigned	 tokens;	/* LISTENING: bytes in its queue */
	struct calls	 waiters;	/* parked calls that wait on it */
	pid_t		 hint_tid;	/* where the app end was last seen */
	int		 hint_fd;
	int64_t		 hint_pos;	/* where its search in /proc goes on */
	int		*kept;		/* GONE: its options; or NULL */
	struct endpoint	 lname;		/* as bound; GONE: getsockname()'s */
	struct dgaddrs	 dgaddrs;	/* DGRAM: of what is in its queue */
	uint64_t	 dgbytes;	/* they are as long together */
	unsigned	 dgcount;	/* and as many */
	unsigned	 dgtrim;	/* so many are too many to be unread */
	bool		 pktinfo;	/* IP_PKTINFO wanted */
	bool		 err_shown;	/* DGRAM: a token tells of so_error */
	struct sockdiag	*diag;		/* DIAG: owned */
};

/* Make a face in state NEW, OPEN, DGRAM or DIAG for so (owned from here on; DIAG:
 * NULL) out of pair p; p->own is taken over, p->app stays the caller's.  NULL: no memory,
 * nothing was taken. */
struct face *face_new(struct daemon *d, struct djail *j, struct socket *so,
	    const struct pair *p, enum face_state state);

struct face *face_find(const struct daemon *d, uint64_t cookie);

/* The hash that a cookie or an inode number is kept under. */
uint64_t face_hash(uint64_t n);

/* Out of all tables, socket closed or (abort) reset, freed.  Parked calls on
 * it are answered. */
void	face_free(struct face *f, bool abort);

void	face_set_state(struct face *f, enum face_state to);

/* The program's queue is full: epoll is to say when it is not; face_writable()
 * is for when epoll has said so.  At other times EPOLLOUT is not asked for, or
 * every read of the program would wake the daemon. */
void	face_blocked(struct face *f);
void	face_writable(struct face *f);

/* Was the program's end closed?  Its event may be still to come. */
bool	face_hungup(const struct face *f);

/* Notice now if the program's end was closed.  May free f. */
void	face_poll(struct face *f);

/* Serve it at the next daemon_settle(). */
void	face_dirty(struct face *f);

/* Serve it, or some of those that wait for it, in the next turn. */
void	face_later(struct face *f);
void	face_turn(struct daemon *d);

/* What daemon_settle() does for a dirty face. */
void	face_serve(struct face *f);

/*
 * End the connection as an error: what was received first still reaches the
 * program (reset = true: then ECONNRESET; else the refused look), SO_ERROR
 * says `error' once, and the socket is given up.  False: nothing is done yet,
 * for who holds the app end is still searched for (reset); do it again.
 */
bool	face_fail(struct face *f, int error, bool reset);

/*
 * Give the face a new socket with the old one's options and binding, after a
 * failed connect() or a shut-down listener, as Linux lets a program go on with
 * the same descriptor.  Back to NEW.  On error the face keeps the old one.
 */
int	face_renew(struct face *f);

/* Options of its socket; when it is GONE those it had, which may still be set
 * and read, to no effect.  0 or errno. */
int	face_getopt(const struct face *f, enum sockopt opt, int *val);
int	face_setopt(struct face *f, enum sockopt opt, int val,
	    const struct cred *cred);

/* CONNECTING -> OPEN.  app: the app end or -1. */
void	face_connected(struct face *f, int app);

/* For sosetparked(): a face's socket is listed; the bytes that wait outside the
 * stack are counted. */
unsigned face_parked(struct socket *so, void *upcallarg);

#endif
