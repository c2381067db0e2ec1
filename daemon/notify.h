/*
 * Trapped calls: received from a jail's seccomp listener, handled at once,
 * answered or parked.
 *
 * A handler (sockcall.h) returns an errno, 0 (answer call->val) or one of the
 * outcomes below.  A parked call is tried again, by the same handler, whenever
 * its face changes; it ends when the handler has an answer, when its time-out
 * passes, when a signal is to be delivered to the thread (then the kernel gets
 * -ERESTARTSYS and does what sigaction asks for), or when the thread dies.
 *
 * The listener is installed with WAIT_KILLABLE_RECV: once received, a call is
 * broken off by a fatal signal only, so an answer is never lost half way; that
 * is why parked calls must be probed for signals.
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/seccomp.h>

#include "daemon/daemon.h"

struct sockcall;

/* Outcomes beside 0 and errnos. */
#define CALL_CONTINUE	(-1)	/* not ours: let the kernel do it */
#define CALL_PARK	(-2)	/* wait; call->timeout (ns, 0: none) is set */
#define CALL_ANSWERED	(-3)	/* notify_addfd() has answered */

struct call {
	struct daemon	*d;
	struct djail	*jail;
	int		 listener;	/* borrowed */
	uint64_t	 id;
	pid_t		 tid;
	const uint64_t	*args;
	uint64_t	 argv[6];
	const struct sockcall *row;
	int		 app;		/* args[0] duplicated, or -1; owned */
	struct face	*face;		/* of app, or NULL */
	int64_t		 val;		/* the answer */
	uint64_t	 timeout;	/* ns to wait at most; 0: for ever */
	uint64_t	 deadline;	/* of a parked call; 0: none */
	uint64_t	 since;		/* ns: when it was parked */
	bool		 parked;
	bool		 checked;	/* the caller was seen alive in this run */
	TAILQ_ENTRY(call) link;		/* in daemon->parked */
	TAILQ_ENTRY(call) flink;	/* in face->waiters, or d->cancelled */
	struct calls	*via;		/* those of its listener */
	TAILQ_ENTRY(call) vlink;	/* there, while it is parked */
};

/* epoll says that listener has a call for j: receive and handle it.  If it is
 * parked it stands in via, which must be there until notify_drop() is through
 * with it. */
void	notify_event(struct daemon *d, struct djail *j, int listener,
	    struct calls *via);

/*
 * Copy between the caller's memory and ours.  EFAULT; ENOENT where the caller
 * died meanwhile (nothing may be done for it then).  The first of a handler's
 * run checks, before a write and after a read, that the thread id still is the
 * caller's.
 */
int	call_copyin(struct call *c, uint64_t addr, void *buf, size_t len);
int	call_copyout(struct call *c, uint64_t addr, const void *buf,
	    size_t len);
/* Is the caller still waiting for this answer? */
bool	call_valid(const struct call *c);

/*
 * Put fd into the caller's table, close-on-exec if cloexec, and make its
 * number the answer, in one step.  0 (then return CALL_ANSWERED), ENOENT
 * (the caller is gone: roll back), EMFILE.  *nump: the number.
 */
int	notify_addfd(const struct call *c, int fd, bool cloexec, int *nump);
/* The same under the number want, which must be free in the caller's table. */
int	notify_addfd_at(const struct call *c, int fd, bool cloexec, int want);

/* Try the parked calls on f again. */
void	notify_retry(struct face *f);

/* Answer the parked calls on f, which goes, with errno: of many some later,
 * by notify_cancelled(). */
void	notify_cancel(struct face *f, int error);
/* Some more of them; true: not all. */
bool	notify_cancelled(struct daemon *d);

/* Drop the parked calls of a listener that has hung up, *budget at most, which
 * is lowered.  True: there are more. */
bool	notify_drop(struct calls *via, unsigned *budget);

/* Let go of parked calls whose callers were killed, and of sockets that only
 * they still held: before an address is said to be in use.  Looks at some
 * hundred calls, others next time.  True: some were. */
bool	notify_reap(struct daemon *d);

/* Look at parked calls: time-outs, signals, deaths. */
void	notify_probe(struct daemon *d);

#endif
