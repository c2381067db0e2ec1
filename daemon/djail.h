/*
 * A jail as the daemon sees it: its prison in the stack, the seccomp listeners
 * of its programs, the leash of its init, and its faces.
 *
 *	MAKING	while its addresses are looked at and brought to lo0, in slices;
 *		djail_find() passes over it.
 *	MADE	by CTL_JAIL_SET; no program yet.  Goes with the connection that
 *		made it, unless it becomes
 *	LIVE	by its first listener, or by its init if it persists or is
 *		below another jail.  When the last listener hangs up (no process
 *		is left), it does not persist and no jail is below it, it
 *		becomes DYING; one below another only when its init, told so,
 *		has found itself alone.  It waits for whoever has said that he
 *		is about to start a program there, its maker first, until then
 *		or the end of his connection: others may come and go before.
 *	DYING	the leash is let go, so that init ends, and the jails below it
 *		are removed one after the other, in slices.  It keeps its name
 *		until they are.  Freed, and its addresses taken from lo0, when
 *		init and its last PCB are gone.
 *
 * The first djail is the stack itself (prison0); it never goes.
 */
#ifndef DAEMON_DJAIL_H
#define DAEMON_DJAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cred.h"
#include "daemon/daemon.h"
#include "netjail/prison.h"
#include "stack/purge.h"

enum djail_state {
	DJAIL_MAKING, DJAIL_MADE, DJAIL_LIVE, DJAIL_DYING, DJAIL_NSTATES
};

struct listener {		/* a seccomp listener */
	struct source	 src;
	struct daemon	*d;
	struct djail	*jail;
	struct calls	 calls;		/* parked ones */
	TAILQ_ENTRY(listener) link;	/* in jail->listeners */
	TAILQ_ENTRY(listener) hlink;	/* in d->hungup */
	bool		 hungup;
};

/* Rows kept of a jail's uid_map; and the user that stands for all who are in
 * none. */
#define DJAIL_IDMAPS	8
#define DJAIL_NOBODY	65534

/* A jail waits for a connection: in the lists of both.  The connection's
 * outlives it, for it may be long. */
struct hold {
	struct djail	*jail;
	struct holdset	*holdset;
	LIST_ENTRY(hold) jlink;
	TAILQ_ENTRY(hold) link;
};

struct holdset {
	TAILQ_HEAD(, hold) holds;
	TAILQ_ENTRY(holdset) link;	/* in d->leaving: no connection */
};

struct djail {
	struct daemon	*d;
	struct prison	*prison;	/* a reference */
	struct hlink	 jidlink;	/* in daemon->jids until DYING */
	LIST_HEAD(, conn) conns;	/* that ask from inside it */
	unsigned	 nconns;	/* of them, but for leashes */
	enum djail_state state;
	struct listeners listeners;
	struct faces	 faces;
	LIST_HEAD(, conn) waiting;	/* until it is gone */
	LIST_HEAD(, hold) holds;	/* who is about to start a program */
	struct conn	*leash;		/* init's connection */
	struct source	 init;		/* pidfd of init while it lives, or
					 * fd -1 */
	pid_t		 initpid;	/* its number, while it is watched */
	unsigned	 nslevel;	/* how far below our pid namespace its
					 * own is; 0: not known */
	struct unixdiag	*unixdiag;	/* NULL: it cannot be had */
	struct idmap	 uids[DJAIL_IDMAPS];	/* count 0 ends */
	struct djail	*up;		/* of the jail above; NULL: none */
	unsigned	 nbelow;	/* djails below it, dying ones too */
	struct {
		struct hlink link;	/* in daemon->nests */
		int	 fd;		/* the namespace init is 1 in, or -1 */
		uint64_t id;
		uint64_t uts;	/* id of its UTS namespace */
	} nest;
	bool		 ending;	/* init was told to exit when alone */
	struct prison_purge purge;	/* DYING: how far it has got */
	unsigned	 naddr;		/* of its addresses, on lo0 */
	struct djupdate	*update;	/* of it, that is going on, or NULL */
	TAILQ_ENTRY(djail) link;
};

/* Make the djail of prison0.  0 or errno. */
int	djail_init(struct daemon *d);

/*
 * Begin to make a jail below parent, MAKING; 0, or errno with a sentence in
 * errmsg.  pp->addr must stay until djail_create_step(), which puts its
 * addresses on lo0 as well, and does *budget things of some 100 ns at most, has
 * returned anything but EINPROGRESS: 0, it is MADE, or errno with a sentence,
 * then it is DYING.
 */
int	djail_create(struct daemon *d, struct prison *parent,
	    const struct prison_params *pp, struct djail **jp, char *errmsg,
	    size_t errlen);
int	djail_create_step(struct djail *j, unsigned *budget, char *errmsg,
	    size_t errlen);

/*
 * Change one, as prison_update(); what changes for it and those below it goes
 * to their inits as well.  EAGAIN also: its own has to hear of it, and is not
 * there yet or does not read.  EINPROGRESS: *up is to be stepped on, and
 * pp->addr must stay, until djupdate_step() has returned anything else; then it
 * is freed, and the jail is as was asked, or with an errno as it was.
 */
int	djupdate_begin(struct djail *j, const struct prison_params *pp,
	    uint32_t what, uint32_t allowmask, struct djupdate **up,
	    char *errmsg, size_t errlen);
int	djupdate_step(struct djupdate *up, unsigned *budget, char *errmsg,
	    size_t errlen);

/* Who wanted it is gone: its steps undo it, if it can be undone. */
void	djupdate_cancel(struct djupdate *up);

/* cn is about to start a program in it: keep it till then.  0 or ENOMEM. */
int	djail_hold(struct djail *j, struct conn *cn);

/* cn has started one; or is gone, and djail_reap() sees to all that waited for
 * it. */
void	djail_release(struct djail *j, struct conn *cn);
void	djail_release_all(struct daemon *d, struct conn *cn);

/* A command for its init (enum leashop). */
void	djail_tell(struct djail *j, unsigned op, const void *data, size_t len);

/* Its host name is another now: tell the inits of it and of those that have it
 * from it. */
void	djail_tell_host(struct djail *j);

/* Does it bring addresses of its own to lo0?  Other jails' are among those of
 * the jails above them. */
bool	djail_has_own(const struct prison *pr);

struct djail *djail_find(const struct daemon *d, int jid);

/* Take over a listener descriptor.  0 or errno (fd is then closed). */
int	djail_listen(struct djail *j, int fd);

/* Take over the pidfd of the jail's init; its end is the jail's.  0 or errno
 * (fd is then closed). */
int	djail_watch(struct djail *j, int fd);

/* Begin the end if nothing holds the jail: no program, no maker, no persist. */
void	djail_check(struct djail *j);

/* Begin the end: programs are killed with init, the jails below it and sockets
 * follow. */
void	djail_remove(struct djail *j);

/* Answer cn when j, which is DYING, and all below it are out of the tree.  0,
 * or an errno that ends the connection.  cn ends, and does not wait any more.
 * */
int	djail_await(struct djail *j, struct conn *cn);
void	djail_unwait(struct conn *cn);

/* Go on with the removal of dying jails, and of those that nobody holds any
 * more, for a fraction of a millisecond.  Sets d->busy if there is more to do
 * at once, d->reap_at if some time later. */
void	djail_reap(struct daemon *d);

/* Go on with the end of listeners that have hung up; true: there is more. */
bool	djail_hungup(struct daemon *d);

/* At the daemon's end: free all, whatever their state. */
void	djail_fini(struct daemon *d);

/* A uid of ours as the jail's user namespace has it, or DJAIL_NOBODY. */
uint32_t djail_mapuid(const struct djail *j, uint32_t uid);

/* How j's programs see this uid of a cred: their own number, or the one that
 * stands for those they do not know. */
uint32_t djail_uid(const struct djail *j, uint32_t uid);

/* The credentials of a thread of this jail with the given (outer) uid. */
struct cred djail_cred(const struct djail *j, uid_t uid);

#endif
