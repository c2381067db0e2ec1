/*
 * What netjail(8) and jexec(8) share: reaching the daemon, making a jail's
 * namespaces, and starting a command on the stack.
 *
 * Functions here belong to programs: a failure has been told on standard error
 * in one line when they return it.  They fork and change the namespaces of the
 * calling process, which must have one thread.
 */
#ifndef NETJAIL_LAUNCH_H
#define NETJAIL_LAUNCH_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/inaddr.h"

/*
 * Make sure that 0, 1 and 2 are open, so that nothing of ours comes to be there
 * and is taken for the command's; errors are written line by line from now on.
 * To be called first.
 */
void	launch_stdio(void);

/*
 * A connection to the daemon; one is started if none runs.  Close-on-exec.
 * -1: it could not be reached.
 */
int	launch_connect(void);

/*
 * The path of one of our own programs: beside the running one, or in
 * ../libexec/netjail from there.  False if it is in neither; nothing is told.
 */
bool	launch_program(const char *name, char *buf, size_t len);

/*
 * The directories of our tools: noted before a change of root, put first in
 * PATH after it, those of them that the new root has under the same name.
 */
struct launch_tools {
	struct {
		char	path[PATH_MAX];
		dev_t	dev;
		ino_t	ino;
	} dir[2];
	unsigned n;
};

void	launch_tools_note(struct launch_tools *t);
void	launch_tools_path(const struct launch_tools *t);

/* What a jail's own namespaces are made from. */
struct launch_jail {
	uint32_t	 jid;
	const char	*path;		/* real path of its root */
	const char	*hostname;
	const struct inaddr *addr;	/* for lo */
	unsigned	 naddr;
	int		 parent;	/* pidfd of init of the jail to make it
					 * in, or -1: where we are */
	char *const	*mounts;	/* launch_mount()'s lines, or NULL */
	bool		 verbose;	/* tell what could not be had */
};

/*
 * Mount file systems below path, which is to become our root: lines of
 * fstab(5), NULL-terminated.  In a mount namespace of our own.  0 or -1.
 */
int	launch_mount(const char *path, char *const *lines);

/*
 * In a mount namespace of our own, before any program of the jail: hold what is
 * the machine's in the tree below path (an absolute one, of a mount): devices,
 * before launch_mount() adds to them; after it, file systems by which the
 * kernel is ruled, and the devices that any jail may have are let go; then the proc on
 * ./proc.  0 or -1.
 */
int	launch_shield_devices(const char *path);
int	launch_shield_mounts(const char *path);
int	launch_shield_proc(void);

/*
 * Make user, mount, UTS, IPC, network and pid namespaces, with an init in them
 * that holds its leash to the daemon (base/ctlmsg.h), does what is said over
 * it, and nothing else, and tell
 * the daemon (CTL_JAIL_INIT).  *pidfdp is a pidfd of init, the caller's.  0 or
 * -1; then nothing is left of them.
 */
int	launch_init(const struct launch_jail *j, int *pidfdp);

/*
 * Give the process pid, which has just got a user namespace of its own, its
 * ids: all of ours if we are root; else our own as 0, and what /etc/subuid and
 * /etc/subgid grant us from 1 on.  0 or -1.
 */
int	launch_map_ids(pid_t pid, bool verbose);

/* Bring lo of our network namespace up, with these addresses.  0 or -1. */
int	launch_lo(const struct inaddr *addr, unsigned naddr);

/* lo of a network namespace, to be changed later. */
struct launch_lo {
	int	 sock;		/* netlink; in a place the caller may choose */
	unsigned index;
};

/* 0 or -1.  Changing fails in silence, and needs no memory and no descriptor:
 * sendto(2) and recvfrom(2) on sock. */
int	launch_lo_open(struct launch_lo *lo);
void	launch_lo_change(const struct launch_lo *lo, const struct inaddr *a,
	    bool add);

/* Are we in a jail? */
bool	launch_inside(void);

/*
 * Into the namespaces of a jail's init, and become the jail's root: what this
 * process makes from then on is the jail's, but it itself stays in the pid
 * namespace it is in.  0 or -1.
 */
int	launch_enter(int pidfd);
int	launch_become_root(void);

/* Keep only the capabilities that root of a jail may have, for good.  0, -1. */
int	launch_caps_drop(void);

/*
 * Close what is ours, but a and b.  All of it is close-on-exec, but who is in a
 * jail before its exec could have it taken by a root there, with a debugger's
 * rights.  0 or -1.
 */
int	launch_close_ours(int a, int b);

/* Whom a command runs as, and that user's environment. */
struct launch_user {
	char	*name;
	char	*home;
	char	*shell;
	uid_t	 uid;
	gid_t	 gid;
	gid_t	*groups;
	int	 ngroups;
};

/*
 * Fill *u from the user database of the current root; launch_user_free() frees
 * what it holds.  0 or -1, then it holds nothing.
 */
int	launch_user_find(const char *name, struct launch_user *u);

/* The same for the user we are; one the database does not know will do. */
int	launch_user_self(struct launch_user *u);
void	launch_user_free(struct launch_user *u);

/* Take on u's ids for good.  0 or -1. */
int	launch_user_become(const struct launch_user *u);

/* HOME, SHELL, USER and LOGNAME as u's.  clean: drop all else but TERM. */
void	launch_user_env(const struct launch_user *u, bool clean);

/* A command to start. */
struct launch_cmd {
	int	 sock;		/* connection to the daemon */
	uint32_t jid;		/* 0: on the stack, in no jail */
	int	 pidfd;		/* of the jail's init; -1 if jid is 0 */
	char	**argv;		/* NULL: a shell */
	const struct launch_user *user;	/* NULL: see user_inside */
	const char *user_inside; /* look this one up in the jail; or NULL */
	bool	 clean;		/* clean environment */
	bool	 verbose;
	bool	 stay;		/* run no command, go on as this program */
};

/*
 * Start c in its jail with the jail's filter installed; inside a jail, where
 * there is one already, in a jail below.  Returns its pid once the daemon
 * serves it and it has been let go; -1: it has not been started.
 * With c->stay it returns 0 in the new process, as fork(2) does; that has all
 * descriptors of this one but c->sock and c->pidfd, and none of c's other
 * wishes but jid and pidfd are heard.
 */
pid_t	launch_start(const struct launch_cmd *c);

/*
 * Wait for what launch_start() started, passing on signals sent to us.  Returns
 * its exit status; if a signal ended it, that signal ends us as well.  what:
 * the jail's name for people, or NULL.
 */
int	launch_wait(const struct launch_cmd *c, pid_t pid, const char *what);

#endif
