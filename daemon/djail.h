/*
 * A jail as the daemon sees it: its prison in the stack, the seccomp listeners
 * of its programs, the leash of its init, and its faces.
 *
 *	MADE	by CTL_JAIL_SET; no program yet.  Goes with the connection that
 *		made it, unless it becomes
 *	LIVE	by its first listener, or by its init if it persists.  When the last listener hangs up (no
 *		process is left), and it does not persist, it becomes
 *		As long as its maker has not started the first program itself,
 *		a jail waits for it: jexec may have come and gone before.
 *	DYING	the leash is let go, so that init ends.  Freed, and its
 *		addresses taken from lo0, when its last PCB is gone.
 *
 * The first djail is the stack itself (prison0); it never goes.
 */
#ifndef DAEMON_DJAIL_H
#define DAEMON_DJAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cred.h"
#include "daemon/daemon.h"
#include "stack/purge.h"

enum djail_state { DJAIL_MADE, DJAIL_LIVE, DJAIL_DYING, DJAIL_NSTATES };

struct listener {		/* a seccomp listener */
	struct source	 src;
	struct daemon	*d;
	struct djail	*jail;
	TAILQ_ENTRY(listener) link;
};

#define DJAIL_IDMAPS	8

struct djail {
	struct daemon	*d;
	struct prison	*prison;	/* a reference */
	enum djail_state state;
	TAILQ_HEAD(, listener) listeners;
	struct faces	 faces;
	struct conn	*maker;		/* until it has started a program there */
	struct conn	*leash;		/* init's connection */
	struct source	 init;		/* pidfd of init, or fd -1 */
	pid_t		 initpid;	/* its number, while it is watched */
	uint64_t	 pidns;		/* its pid namespace; 0: not known */
	unsigned	 nslevel;	/* how far below ours that is */
	struct idmap	 uids[DJAIL_IDMAPS];	/* count 0 ends */
	struct prison_purge purge;	/* DYING: how far it has got */
	unsigned	 naddr;		/* of its addresses, on lo0 */
	TAILQ_ENTRY(djail) link;
};

/* Make the djail of prison0.  0 or errno. */
int	djail_init(struct daemon *d);

/*
 * Make a jail from "name=value" strings, NUL-terminated, in len bytes.
 * 0, or errno with a sentence in errmsg.
 */
int	djail_create(struct daemon *d, const char *params, size_t len,
	    struct djail **jp, char *errmsg, size_t errlen);

struct djail *djail_find(const struct daemon *d, int jid);

/* Take over a listener descriptor.  0 or errno (fd is then closed). */
int	djail_listen(struct djail *j, int fd);

/* Take over the pidfd of the jail's init; its end is the jail's.  0 or errno
 * (fd is then closed). */
int	djail_watch(struct djail *j, int fd);

/* Begin the end if nothing holds the jail: no program, no maker, no persist. */
void	djail_check(struct djail *j);

/* Begin the end: programs are killed with init, sockets follow. */
void	djail_remove(struct djail *j);

/* Go on with the removal of dying jails, for a fraction of a millisecond.  Sets
 * d->busy if there is more to do at once, d->reap_at if some time later. */
void	djail_reap(struct daemon *d);

/* At the daemon's end: free all, whatever their state. */
void	djail_fini(struct daemon *d);

/* How j's programs see this uid of a cred: their own number, or the one that
 * stands for those they do not know. */
uint32_t djail_uid(const struct djail *j, uint32_t uid);

/* The credentials of a thread of this jail with the given (outer) uid. */
struct cred djail_cred(const struct djail *j, uid_t uid);

#endif
