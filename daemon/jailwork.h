/*
 * Requests about jails that take more than one turn.
 */
#ifndef DAEMON_JAILWORK_H
#define DAEMON_JAILWORK_H

#include <stdbool.h>
#include <stddef.h>

struct conn;
struct daemon;
struct djail;
struct djupdate;
struct inaddr;

/*
 * Go on with j for cn, in slices: it is being made, or changed by update.  addr
 * is from malloc(3) and freed at the end.  The answer is jailwork_answer()'s.
 * 0; or ENOMEM, then all is as before.
 */
int	jailwork_begin(struct conn *cn, struct djail *j,
	    struct djupdate *update, struct inaddr *addr, unsigned flags);

/* Answer CTL_JAIL_SET about j, with the jid or with error and a sentence.  0,
 * or an errno that ends the connection. */
int	jailwork_answer(struct conn *cn, struct djail *j, unsigned flags,
	    int error, char *errmsg, size_t errlen);

/* A piece of it, for a fraction of a millisecond.  True: there is more. */
bool	jailwork_run(struct daemon *d);

/* cn ends, and nobody waits any more. */
void	jailwork_gone(struct conn *cn);

/* At the daemon's end, when no connections are left. */
void	jailwork_fini(struct daemon *d);

#endif
