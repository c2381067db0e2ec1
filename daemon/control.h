/*
 * The control socket (base/ctlmsg.h) and its connections, for any vnet.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <bsd/sys/queue.h>

#include "base/cred.h"
#include "base/ctlmsg.h"
#include "daemon/loop.h"
#include "sysctl/sysctl.h"

#ifndef SO_PEERPIDFD		/* Linux 6.5 */
#define SO_PEERPIDFD 77
#endif

struct conn;
struct djail;
struct holdset;

TAILQ_HEAD(conns, conn);

/* What a daemon does beside showing the MIB. */
struct control_ops {
	/* Answer what is not the MIB's, with conn_end().  0, or an errno that
	 * ends the connection. */
	int	(*request)(struct conn *cn, const struct ctlmsg *m);
	void	(*gone)(struct conn *cn);
	/* Of an answer that is made in slices (cn->answer): the next one, into
	 * the output.  The last one ends it with conn_end() and sets busy to
	 * false.  0, or an errno that ends the connection. */
	int	(*slice)(struct conn *cn);
	/* A value of the MIB was written. */
	void	(*written)(struct conn *cn);
};

struct control {
	struct source	 src;		/* the listening socket */
	struct vnet	*vnet;
	struct loop	*loop;
	const struct control_ops *ops;	/* NULL: the MIB is all */
	bool		 adopted;	/* src is somebody else's, too */
	struct conns	 conns;
	uid_t		 owner;		/* who may connect, beside root */
	uint64_t	 turn;		/* vnet's time in the last turn that */
	uint64_t	 turn_end;	/* had a listing; when it was over */
	uint64_t	 nturn;		/* turns that had one */
	bool		 served;	/* somebody in this turn */
	bool		 put_off;	/* somebody in this turn, with nothing */
	bool		 queue;		/* somebody in the last one: he is first */
};

struct conn {
	struct source	 src;
	struct control	*ctl;
	struct cred	 cred;		/* whose eyes it sees with */
	struct djail	*jail;		/* the same; NULL: from outside */
	LIST_ENTRY(conn) jlink;		/* the others of its jail */
	TAILQ_ENTRY(conn) link;
	uint8_t		 in[CTL_MAXREQUEST];
	size_t		 inlen;
	int		 infd;		/* passed with the request, or -1 */
	uint8_t		*out;		/* goes out behind data */
	size_t		 outlen, outpos, outcap;
	struct ctlmsg	 datahdr;	/* of req.out's bytes */
	size_t		 datalen, datapos;	/* both together */
	bool		 busy;		/* an answer in slices is going on */
	bool		 waits;		/* for an answer: conn_wait() */
	struct jailget	*answer;	/* the ops', not the MIB's; or NULL */
	struct jailwork	*work;		/* what it waits for, or NULL */
	struct djail	*removed;	/* the same: */
	LIST_ENTRY(conn) rlink;		/* who waits until it is gone */
	struct djail	*leash;		/* whose init's it is: conn_request() */
	struct holdset	*holdset;	/* of jails: djail_hold(); or NULL */
	uint32_t	 want;		/* events: EPOLLIN, EPOLLOUT or none */
	uint64_t	 put_off;	/* ctl->nturn when it was */
	int		 mib[CTL_MAXNAME];
	unsigned	 miblen;
	uint64_t	 room;		/* of the old value, left */
	bool		 short_room;
	void		*newval;
	struct sysctl_req req;
};

/*
 * Listen at path, making its directory (0700) if that is missing; loop, v and
 * ops are borrowed.  0 or errno; EADDRINUSE: another daemon is there.
 */
int	control_init(struct control *ctl, struct loop *loop, struct vnet *v,
	    const struct control_ops *ops, const char *path);
/*
 * The same on fd, a socket that listens at path already and is taken over.
 * EPERM: path is not a socket of ours.  When control ends somebody else goes on
 * listening there, so path stays.
 */
int	control_adopt(struct control *ctl, struct loop *loop, struct vnet *v,
	    const struct control_ops *ops, const char *path, int fd);
void	control_fini(struct control *ctl);

/* A connection on fd, which is taken over (and closed on NULL: no memory). */
struct conn *conn_new(struct control *ctl, int fd, struct cred cred);

/* End a connection. */
void	conn_free(struct conn *cn);

/* Have bytes sent that are no reply.  0 or ENOMEM. */
int	conn_push(struct conn *cn, const void *p, size_t len);

/*
 * The answer to the request in hand will come later: put it into the output,
 * then conn_answered() with 0, or with an errno that ends the connection.
 */
void	conn_wait(struct conn *cn);
void	conn_answered(struct conn *cn, int error);

/* Bytes that wait to be sent. */
size_t	conn_waits(const struct conn *cn);

/* Put a reply into the output.  0 or ENOMEM. */
int	conn_reply(struct conn *cn, unsigned op, int error, uint32_t arg,
	    const void *payload, size_t len);
int	conn_end(struct conn *cn, int error, uint32_t arg);

/* The descriptor that came with the request; the caller's to keep. */
int	conn_takefd(struct conn *cn);

#endif
