/*
 * launch.c - start a command on the stack: in a jail, or in none.
 *
 * There is one way, used for the first command of a jail and for all later
 * ones.  This process P forks E, which enters the namespaces of the jail's init
 * and there makes C, P's child and not its own, and is done.  (Entering a pid
 * namespace concerns children only; so P stays wholly outside, and no path
 * leads from the jail to it or to its connection.)
 *
 * Nor does C show anything of us to the jail's root, who sees it in /proc: it
 * is not dumpable until it is the command, for else he could open our program,
 * /proc/PID/exe, and write it when nobody runs it.  That hides its descriptors
 * from P as well; so C shares them with E, which is not in sight in there and
 * stays until P has what it needs, or C has ended.
 *
 *	P			C				daemon
 *	get filter
 *				install filter
 *				drop capabilities
 *				write number of listener
 *	fetch the listener,
 *	pass it on (CTL_NOTIFY)					serves C
 *	write "go"		close listener, change user,
 *				execvp
 *
 * From its installation until the daemon answers, any trapped call of C would
 * hang; sendmsg(2) may well be trapped, so C cannot send the listener itself.
 * C writes its number, reads the go-ahead (neither is ever trapped), and P
 * takes the listener from E with pidfd_getfd(2).
 *
 * Inside a jail there is a filter already, which C inherits and which cannot be
 * joined by another one's listener; the daemon knows C by its pid namespace.
 *
 * A command in no jail stays where it is, but gets a network namespace with
 * no way out if one can be had: what the filter does not know reaches nothing.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/ctlmsg.h"
#include "netjail/launch.h"
#include "sysctl/client.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS |	\
	CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID)

#define EXIT_NOEXEC	126	/* as env(1) */
#define EXIT_NOENT	127

/* How long the daemon's end may come after that of a jail it held (ms). */
#define GONE_MS		200

static const int passed_on[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH,
};

/* What E and C need and have no other way to know. */
struct child {
	const struct launch_cmd *cmd;
	const struct launch_tools *tools;
	struct sock_fprog prog;
	sigset_t	 mask;		/* to run the command with */
	int		 starter;	/* channel to P */
	bool		 inside;	/* there is a filter already */
	/* E's and C's: */
	int		 ready;		/* eventfd: E can be looked into */
	int		 watch;		/* C's pidfd, for E */
};

static void
signals_waited_for(sigset_t *set)
{
	size_t i;

	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(set, passed_on[i]);
}

/* The daemon's filter program for jail jid, malloc()ed.  0 or -1. */
static int
fetch_filter(int sock, uint32_t jid, struct sock_fprog *prog)
{
	char msg[256] = "";
	void *code = NULL;
	size_t len = 0;

	if (ctl_call(sock, CTL_FILTER, jid, NULL, 0, -1, &code, &len, NULL, NULL,
	    msg, sizeof(msg)) != 0) {
		warnx("filter: %s", *msg != '\0' ? msg : strerror(errno));
		return -1;
	}
	if (len == 0 || len % sizeof(struct sock_filter) != 0 ||
	    len / sizeof(struct sock_filter) > BPF_MAXINSNS) {
		warnx("filter: not one (%zu bytes)", len);
		free(code);
		return -1;
	}
	prog->filter = code;
	prog->len = (unsigned short)(len / sizeof(struct sock_filter));
	return 0;
}

int
launch_enter(int pidfd)
{
	if (setns(pidfd, NAMESPACES) != 0) {
		warn("entering the jail");
		return -1;
	}
	if (chdir("/") != 0) {
		warn("chdir: /");
		return -1;
	}
	return 0;
}

int
launch_become_root(void)
{
	if (setresgid(0, 0, 0) == 0 && setresuid(0, 0, 0) == 0)
		return 0;
	warn("becoming root of the jail");
	return -1;
}

bool
launch_inside(void)
{
	int jailed = 0;
	size_t len = sizeof(jailed);

	return nj_sysctlbyname("security.jail.jailed", &jailed, &len, NULL,
	    0) == 0 && jailed != 0;
}

static int
put_file(const char *path, const char *text)
{
	ssize_t n;
	int fd;

	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

/* A user namespace in which we are who we are, and a network in it. */
static int
unshare_user(void)
{
	char uid[64], gid[64];

	snprintf(uid, sizeof(uid), "%u %u 1\n", geteuid(), geteuid());
	snprintf(gid, sizeof(gid), "%u %u 1\n", getegid(), getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return -1;
	if (put_file("/proc/self/setgroups", "deny") != 0 ||
	    put_file("/proc/self/uid_map", uid) != 0 ||
	    put_file("/proc/self/gid_map", gid) != 0)
		return -1;
	return 0;
}

/* Away from the machine's network. */
static int
step_aside(bool verbose)
{
	if (unshare(CLONE_NEWNET) == 0 || unshare_user() == 0)
		return launch_lo(NULL, 0);
	if (verbose)
		warn("no network namespace of its own");
	return 0;
}

/* The listener, or -1 with errno. */
static int
install(const struct sock_fprog *prog)
{
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
	    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	int fd;

	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, prog);
	if (fd < 0 && errno == EINVAL) {	/* before Linux 5.19 */
		flags &= ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
		    prog);
	}
	if (fd < 0 && errno == EACCES &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
		    prog);
	return fd;
}

/* Ids and environment of the command, as far as they go before the filter:
 * looking up a user may talk to a name service. */
static int
prepare(struct child *ch, struct launch_user *u)
{
	const struct launch_cmd *c = ch->cmd;
	const char *name = c->user_inside;

	if (c->pidfd >= 0 && launch_become_root() != 0)
		return -1;
	if (c->pidfd >= 0)
		unsetenv("NETJAIL_SOCK");
	if (c->stay)
		return 0;
	if (c->user != NULL)
		*u = *c->user;
	else if (name != NULL ? launch_user_find(name, u) != 0 :
	    c->clean && launch_user_self(u) != 0)
		return -1;
	if (u->name != NULL)
		launch_user_env(u, c->clean);
	launch_tools_path(ch->tools);
	return 0;
}

static void __attribute__((noreturn))
run(const struct launch_cmd *c)
{
	char sh[] = "/bin/sh", flag[] = "-i", *shell[] = { sh, flag, NULL };
	char **argv = c->argv != NULL ? c->argv : shell;
	char *preferred = getenv("SHELL");
	int status;

	if (preferred != NULL)
		shell[0] = preferred;
	execvp(argv[0], argv);
	status = errno == ENOENT ? EXIT_NOENT : EXIT_NOEXEC;
	warn("execvp: %s", argv[0]);
	_exit(status);
}

/* The life of C.  Returns where it is not to run a command. */
static void
child_main(struct child *ch)
{
	const struct launch_cmd *c = ch->cmd;
	struct launch_user u = { .name = NULL };
	int listener = -1;
	uint64_t n;
	char go;

	if (read(ch->ready, &n, sizeof(n)) != sizeof(n) ||
	    prepare(ch, &u) != 0)
		_exit(1);
	if (!ch->inside && (listener = install(&ch->prog)) < 0) {
		if (errno == EBUSY)
			warnx("already on a netjail stack, or under another "
			    "supervisor");
		else
			warn("installing the filter");
		_exit(1);
	}
	if (c->pidfd >= 0 && launch_caps_drop() != 0)
		_exit(1);
	if (write(ch->starter, &listener, sizeof(listener)) !=
	    sizeof(listener) || read(ch->starter, &go, 1) != 1)
		_exit(1);
	if (listener >= 0)
		close(listener);
	close(ch->ready);
	close(ch->watch);
	if ((c->user != NULL || c->user_inside != NULL) &&
	    launch_user_become(&u) != 0)
		_exit(1);
	sigprocmask(SIG_SETMASK, &ch->mask, NULL);
	if (!c->stay)
		run(c);
	prctl(PR_SET_DUMPABLE, 1);
	close(ch->starter);
}

/* A child of our parent's with our descriptors, its pidfd in *pidfdp; or 0 in
 * it. */
static pid_t
fork_sibling(int *pidfdp)
{
	int fd = -1;
	struct clone_args ca = {
		.flags = CLONE_PARENT | CLONE_FILES | CLONE_PIDFD,
		.pidfd = (uintptr_t)&fd,
	};
	pid_t pid;

	pid = (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));
	*pidfdp = fd;
	return pid;
}

/* C has been made: let P look, until it has seen enough or C has ended. */
static void __attribute__((noreturn))
lend(const struct child *ch, int pidfd)
{
	struct pollfd p = { .fd = ch->watch, .events = POLLIN };
	const uint64_t one = 1;

	/* Where C knows to close it. */
	if (prctl(PR_SET_DUMPABLE, 1) != 0 ||
	    dup3(pidfd, ch->watch, O_CLOEXEC) < 0) {
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		_exit(1);
	}
	/* Before C goes on: it shares our descriptors. */
	close(pidfd);
	(void)!write(ch->ready, &one, sizeof(one));
	while (poll(&p, 1, -1) <= 0)
		continue;
	_exit(0);
}

int
launch_close_ours(int a, int b)
{
	const struct dirent *de;
	DIR *dir;
	int fd;

	if ((dir = opendir("/proc/self/fd")) == NULL) {
		warn("/proc/self/fd");
		return -1;
	}
	while ((de = readdir(dir)) != NULL) {
		fd = (int)strtol(de->d_name, NULL, 10);
		if (fd <= STDERR_FILENO || fd == a || fd == b ||
		    fd == dirfd(dir))
			continue;
		if (fcntl(fd, F_GETFD) & FD_CLOEXEC)
			close(fd);
	}
	closedir(dir);
	return 0;
}

/* The life of E.  Returns in C, where that is not to run a command. */
static void
enter_main(struct child *ch)
{
	const struct launch_cmd *c = ch->cmd;
	int pidfd;
	pid_t pid;

	if (c->stay)
		close(c->sock);
	else if (launch_close_ours(ch->starter, c->pidfd) != 0)
		_exit(1);
	if ((c->pidfd >= 0 ? launch_enter(c->pidfd) :
	    step_aside(c->verbose)) != 0)
		_exit(1);
	if (c->pidfd >= 0)
		close(c->pidfd);
	ch->ready = eventfd(0, EFD_CLOEXEC);
	ch->watch = dup(ch->ready);
	if (ch->ready < 0 || ch->watch < 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    (pid = fork_sibling(&pidfd)) < 0) {
		warn("starting a process in the jail");
		_exit(1);
	}
	if (pid > 0)
		lend(ch, pidfd);
	child_main(ch);
}

/* A duplicate of another process's descriptor, or -1 told. */
static int
fetch_fd(pid_t pid, int fd)
{
	int copy = -1, pidfd;

	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0) {
		copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
		if (copy < 0)
			warn("fetching the listener");
		close(pidfd);
	} else
		warn("pidfd_open");
	return copy;
}

/* Let the daemon serve C.  0, or -1 told. */
static int
hand_over(const struct launch_cmd *c, pid_t e, int number)
{
	char msg[256] = "";
	int error, listener;

	if ((listener = fetch_fd(e, number)) < 0)
		return -1;
	error = ctl_call(c->sock, CTL_NOTIFY, c->jid, NULL, 0, listener, NULL,
	    NULL, NULL, NULL, msg, sizeof(msg));
	if (error != 0)
		warnx("netjaild: %s", *msg != '\0' ? msg : strerror(errno));
	close(listener);
	return error;
}

/*
 * Read the number of C's listener.  That C's pid comes with it, in our
 * numbers, is the kernel's word.  -1: C or E has told why not.
 */
static pid_t
hear(int chan, int *listenerp)
{
	int number = -1;
	struct iovec iov = { &number, sizeof(number) };
	union {
		struct cmsghdr	hdr;
		char		room[CMSG_SPACE(sizeof(struct ucred))];
	} ctl;
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl.room, .msg_controllen = sizeof(ctl.room),
	};
	const struct cmsghdr *cmsg;
	struct ucred cred;
	ssize_t n;

	do {
		n = recvmsg(chan, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	cmsg = n == sizeof(number) ? CMSG_FIRSTHDR(&msg) : NULL;
	if (cmsg == NULL || cmsg->cmsg_type != SCM_CREDENTIALS)
		return -1;
	memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
	*listenerp = number;
	return cred.pid > 0 ? cred.pid : -1;
}

/* E is of no use any more. */
static void
dismiss(pid_t e)
{
	kill(e, SIGKILL);
	waitpid(e, NULL, 0);
}

/* Hear from C, have it served, and let it go; E is gone by then.  Its pid or
 * -1. */
static pid_t
see_off(const struct child *ch, int chan, pid_t e)
{
	const struct launch_cmd *c = ch->cmd;
	int listener = -1;
	pid_t pid;

	if ((pid = hear(chan, &listener)) >= 0 && !ch->inside &&
	    hand_over(c, e, listener) != 0)
		pid = -1;
	dismiss(e);
	return pid >= 0 && write(chan, "", 1) == 1 ? pid : -1;
}

/* Make C by way of E.  Its pid when it has been let go, or -1; 0 in C. */
static pid_t
start_child(struct child *ch)
{
	int chan[2], on = 1;
	pid_t e, pid = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, chan) != 0 ||
	    setsockopt(chan[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) !=
	    0) {
		warn("socketpair");
		return -1;
	}
	fflush(NULL);
	if ((e = fork()) == 0) {
		close(chan[0]);
		ch->starter = chan[1];
		enter_main(ch);
		return 0;
	}
	close(chan[1]);
	if (e < 0)
		warn("fork");
	else
		pid = see_off(ch, chan[0], e);
	/* Where that failed, the end of the channel ends C. */
	close(chan[0]);
	return pid;
}

pid_t
launch_start(const struct launch_cmd *c)
{
	struct launch_tools tools;
	struct child ch = { .cmd = c, .tools = &tools };
	sigset_t set;
	pid_t pid;

	launch_tools_note(&tools);
	ch.inside = launch_inside();
	if (!ch.inside && fetch_filter(c->sock, c->jid, &ch.prog) != 0)
		return -1;
	/* Blocked, so that launch_wait() finds those that come before it. */
	signal(SIGCHLD, SIG_DFL);
	signals_waited_for(&set);
	sigprocmask(SIG_BLOCK, &set, &ch.mask);
	pid = start_child(&ch);
	free(ch.prog.filter);
	return pid;
}

/* Is the other end of a connection on which nothing is due gone? */
static bool
hung_up(int sock)
{
	struct pollfd pfd = { .fd = sock, .events = POLLIN };

	return poll(&pfd, 1, GONE_MS) > 0;
}

/* End as the command did. */
static int
die_of(int sig)
{
	const struct rlimit none = { 0, 0 };
	sigset_t set;

	if (sig != SIGKILL && sig != SIGSTOP) {
		setrlimit(RLIMIT_CORE, &none);
		signal(sig, SIG_DFL);
		sigemptyset(&set);
		sigaddset(&set, sig);
		raise(sig);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	}
	return 128 + sig;
}

int
launch_wait(const struct launch_cmd *c, pid_t pid, const char *what)
{
	sigset_t set;
	siginfo_t si;
	int status;
	pid_t ended;

	signals_waited_for(&set);
	while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
		/* From a process only; the terminal tells C itself. */
		if (sigwaitinfo(&set, &si) > 0 && si.si_signo != SIGCHLD &&
		    si.si_code <= 0)
			kill(pid, si.si_signo);
	}
	if (ended < 0) {
		warn("wait");
		return 1;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (what != NULL && WTERMSIG(status) == SIGKILL && hung_up(c->sock)) {
		warnx("the stack is gone, jail %s ended", what);
		return 1;
	}
	return die_of(WTERMSIG(status));
}
