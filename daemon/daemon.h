/*
 * netjaild's whole state, and who is who in this folder.
 *
 *	netjaild_main	start-up and the main loop
 *	loop, pair	descriptors: events, ready socket pairs
 *	control		the control socket: sysctl
 *	ctljail		the same: jails
 *	jailset, jailget  the same: their parameters
 *	jailwork	the same: what takes more than a turn
 *	djail		a jail as the daemon sees it: listeners, leash, end
 *	nest		whose program called, among jails in jails
 *	filter		the seccomp program, from the table in sockcall
 *	notify		trapped calls: receive, park, answer
 *	sockcall	one row and one function per trapped call
 *	sockopt, sockmsg  the long ones of these
 *	face, pump, dgram  the AF_UNIX socket in the program's hand, made to
 *			look and behave like the TCP or UDP socket behind it
 *	sockdiag	a netlink socket that asks which sockets there are;
 *			diagrec, diagbc: its records and filters
 *	unixdiag	the AF_UNIX sockets of jailed programs, from the kernel
 *	target		the calling thread's memory and descriptors
 *	files		kern.file: which processes hold which sockets
 *	capture		lo0's packets to a file
 *	turn		how long packets wait, for who wants to know
 *	reserve		a thread that has memory ready for a stack that grows
 *
 * One thread does all else.  A turn of the loop handles what is ready; each
 * handler may call into the stack; the stack's upcalls only mark faces dirty;
 * daemon_settle() then runs the stack and serves dirty faces until both rest.
 */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <bsd/sys/queue.h>

#include "base/htable.h"
#include "base/vnet.h"
#include "daemon/control.h"
#include "daemon/loop.h"
#include "daemon/pair.h"
#include "daemon/reserve.h"
#include "daemon/target.h"

struct call;
struct capture;
struct djail;
struct face;
struct sockdiag;
struct listener;

TAILQ_HEAD(calls, call);
TAILQ_HEAD(djails, djail);
TAILQ_HEAD(faces, face);
TAILQ_HEAD(sockdiags, sockdiag);
TAILQ_HEAD(listeners, listener);

struct daemon {
	struct vnet	*vnet;
	struct loop	 loop;
	struct targets	 targets;
	uint64_t	 sweep_at;	/* ns: when to sweep them; 0: not */
	struct pairs	 pairs;
	struct htable	 faces;		/* by cookie */
	struct htable	 inos;		/* the same by inode number */
	uint64_t	 pidns;		/* our own pid namespace */
	struct htable	 nests;		/* djails by pid namespace of init */
	struct faces	 dirty;		/* to be served by daemon_settle() */
	struct faces	 later;		/* but not in this turn */
	struct faces	 gone;		/* FACE_GONE, oldest first */
	unsigned	 ngone;
	struct calls	 parked;	/* trapped calls that wait */
	uint64_t	 probe_at;	/* ns: when parked calls are looked at */
	uint64_t	 unixround;	/* of unixdiag: the last begun */
	struct sockdiags diags;		/* that have something to do */
	uint64_t	 diag_turn;	/* vnet's time in the last turn that */
	uint64_t	 diag_end;	/* served some; when it was over */
	struct calls	 cancelled;	/* whose face has gone; to be answered */
	struct listeners hungup;	/* whose parked calls are being dropped */
	struct htable	 jids;		/* djails by jid, dying ones not */
	struct djails	 djails;	/* the first is the stack itself, jid 0 */
	struct djails	 dying;		/* not in djails any more */
	unsigned	 ndying;
	TAILQ_HEAD(, holdset) leaving;	/* let go of jails: djail_reap() */
	TAILQ_HEAD(, jailwork) works;	/* on jails, in slices */
	uint64_t	 reap_at;	/* ns: when to look at them; 0: not */
	struct reserve	 reserve;	/* of memory for vnet */
	struct control	 control;
	struct capture	*capture;
	struct mbuf	*spare;		/* the pump's next receive buffer */
	uid_t		 owner;		/* superuser of this stack */
	bool		 busy;		/* settle left work: do not sleep */
	bool		 ending;
	struct source	 signals;	/* signalfd */
};

/*
 * Make d's tables, with the stack itself as the first of its jails; d is zero
 * but for its vnet and loop, which are there.  0 or errno.  The end of it lets
 * all jails and pairs go, but not vnet and loop.
 */
int	daemon_tables_init(struct daemon *d);
void	daemon_tables_fini(struct daemon *d);

#endif
