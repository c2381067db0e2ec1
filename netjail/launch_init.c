/*
 * launch_init.c - a jail's namespaces and the process that keeps them.
 *
 * One clone3() makes all namespaces; its child is process 1 in the new pid
 * namespace and stays there as the jail's init.  It waits for its ids, which
 * only a process outside can give it, then builds the jail around itself:
 *
 *   mounts	nothing it mounts is seen outside; what is mounted outside later
 *		is seen inside, as with a chroot.  The jail's path becomes the
 *		root of the mount namespace and the old root is unmounted, so
 *		there is nothing to escape to.
 *   /proc	a new one, of the jail's processes (where the directory exists
 *		and the kernel allows it)
 *   host name	the jail's
 *   lo		up, with the jail's addresses
 *
 * Then the starter tells the daemon, and gives init the leash, which by then is
 * of no use to anybody else.  After that init has no descriptor but the leash,
 * a netlink socket of the jail's own network and /dev/null, no terminal, and a
 * filter that leaves it reading, changing lo and the host name, looking whether
 * it is alone, and its exit: whoever attaches a debugger to it from inside the
 * jail gains nothing.  All this is so before the first program of the jail can
 * start.  Init does what comes over the leash (base/ctlmsg.h), until the daemon
 * closes it or dies; then init exits and the kernel kills what is left in its
 * namespace.  Orphans are reaped by the kernel, for init ignores SIGCHLD.
 *
 * A jail below another is made from within that one, so that all its
 * namespaces are below: a process E enters them, and F, its child, is in the
 * pid namespace, too.  F makes init, gives it its ids, and sends the pidfd back.
 * Neither has anything a root of the jail there should not have.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <bsd/unistd.h>

#include "base/ctlmsg.h"
#include "netjail/launch.h"
#include "sysctl/client.h"

#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS |	\
	CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID)

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#endif

/* Where init keeps the leash, and its starter for a while; 0 to 2 are
 * /dev/null. */
#define LEASH_FD	3
#define STARTER_FD	4
#define NETLINK_FD	5

/* How often init looks whether it is alone, if it is to end then. */
#define ALONE_MS	200

/* A child in namespaces of its own, its pidfd in *pidfdp; or 0 in the child. */
static pid_t
clone_apart(int *pidfdp)
{
	int fd = -1;
	struct clone_args ca = {
		.flags = NAMESPACES | CLONE_PIDFD,
		.pidfd = (uintptr_t)&fd,
		.exit_signal = SIGCHLD,
	};
	pid_t pid;

	pid = (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));
	*pidfdp = fd;
	return pid;
}

/* A new proc on ./proc. */
static void
mount_proc(bool verbose)
{
	if (access("proc", F_OK) != 0)
		return;
	if (mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
	    NULL) != 0 && verbose)
		warn("mount /proc");
}

/*
 * Make path the root.  proc is mounted before the old root goes: in a user
 * namespace the kernel allows a new one only where one is in sight.
 */
static int
enter_root(const char *path, bool verbose)
{
	bool whole = strcmp(path, "/") == 0;

	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) {
		warn("mount /");
		return -1;
	}
	if (!whole && mount(path, path, NULL, MS_BIND | MS_REC, NULL) != 0) {
		warn("mount %s", path);
		return -1;
	}
	if (chdir(path) != 0) {
		warn("%s", path);
		return -1;
	}
	mount_proc(verbose);
	if (whole)
		return 0;
	/* The old root is then mounted on top of the new one, at "." */
	if (syscall(SYS_pivot_root, ".", ".") != 0 ||
	    umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) {
		warn("pivot_root %s", path);
		return -1;
	}
	return 0;
}

static int
build(const struct launch_jail *j)
{
	if (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) {
		warn("ids of the jail's init");
		return -1;
	}
	if (enter_root(j->path, j->verbose) != 0)
		return -1;
	if (sethostname(j->hostname, strlen(j->hostname)) != 0) {
		warn("hostname %s", j->hostname);
		return -1;
	}
	return launch_lo(j->addr, j->naddr);
}

#define LOAD(field)                                                         \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(action)	BPF_STMT(BPF_RET | BPF_K, action)
#define ALLOW_CALL(nr)                                                      \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),                      \
	RET(SECCOMP_RET_ALLOW)
/* With this value in an int argument; all machines here are little-endian. */
#define ALLOW_IF(nr, n, value)                                              \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4),                      \
	LOAD(args[n]),                                                      \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),                   \
	RET(SECCOMP_RET_ALLOW),                                             \
	RET(SECCOMP_RET_ERRNO | EPERM)

/* What init does is all that it may do. */
static int
confine(void)
{
	struct sock_filter code[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),
		RET(SECCOMP_RET_ERRNO | EPERM),
		LOAD(nr),
		ALLOW_CALL(SYS_read),
		ALLOW_CALL(SYS_close),
		ALLOW_CALL(SYS_ppoll),
		ALLOW_CALL(SYS_sethostname),
		ALLOW_CALL(SYS_exit_group),
		ALLOW_IF(SYS_kill, 1, 0),
		ALLOW_IF(SYS_sendto, 0, NETLINK_FD),
		ALLOW_IF(SYS_recvfrom, 0, NETLINK_FD),
		ALLOW_IF(SYS_write, 0, STARTER_FD),
		RET(SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

/* Every descriptor to its place, and no other left. */
static int
arrange(int null, int leash, int starter, int netlink)
{
	const int from[] = { null, null, null, leash, starter, netlink };
	int i, fd[NETLINK_FD + 1];

	/* Out of the way of the places first. */
	for (i = 0; i <= NETLINK_FD; i++)
		if ((fd[i] = fcntl(from[i], F_DUPFD, NETLINK_FD + 1)) < 0)
			return -1;
	for (i = 0; i <= NETLINK_FD; i++)
		if (dup2(fd[i], i) < 0)
			return -1;
	return (int)syscall(SYS_close_range, NETLINK_FD + 1, UINT_MAX, 0);
}

static void
ignore_signals(void)
{
	sigset_t none;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A byte and a descriptor; -1: no. */
static int
receive_fd(int s)
{
	char c;
	struct iovec iov = { &c, 1 };
	union {
		struct cmsghdr	h;
		char		room[CMSG_SPACE(sizeof(int))];
	} cm;
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &cm, .msg_controllen = sizeof(cm),
	};
	const struct cmsghdr *h;
	int fd;

	if (recvmsg(s, &mh, MSG_CMSG_CLOEXEC) != 1 ||
	    (h = CMSG_FIRSTHDR(&mh)) == NULL || h->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	return fd;
}

/* 0 or -1. */
static int
send_fd(int s, int fd)
{
	char c = 0;
	struct iovec iov = { &c, 1 };
	union {
		struct cmsghdr	h;
		char		room[CMSG_SPACE(sizeof(int))];
	} cm = { .h = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &cm, .msg_controllen = sizeof(cm),
	};

	memcpy(CMSG_DATA(&cm.h), &fd, sizeof(fd));
	return sendmsg(s, &mh, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

static void __attribute__((noreturn))
init_exit(int status)
{
	syscall(SYS_exit_group, status);
	__builtin_unreachable();
}

/* All of it, from the leash, or the end. */
static void
leash_read(void *buf, size_t len)
{
	char *p = buf;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = read(LEASH_FD, p, len)) <= 0)
			init_exit(0);
}

/* One command.  *ending: whether init is to end when it is alone. */
static void
obey(const struct launch_lo *lo, bool *ending)
{
	uint8_t head[2], data[UINT8_MAX];
	struct inaddr a;

	leash_read(head, sizeof(head));
	leash_read(data, head[1]);
	switch (head[0]) {
	case LEASH_ADDADDR:
	case LEASH_DELADDR:
		memcpy(&a, data, sizeof(a));
		launch_lo_change(lo, &a, head[0] == LEASH_ADDADDR);
		break;
	case LEASH_HOSTNAME:
		(void)sethostname((const char *)data, head[1]);
		break;
	case LEASH_EXITEMPTY:
	case LEASH_STAY:
		*ending = head[0] == LEASH_EXITEMPTY;
		break;
	}
}

/* Until the leash is cut, or nobody is left to be there for. */
static void __attribute__((noreturn))
serve(const struct launch_lo *lo)
{
	const struct timespec pause = { 0, ALONE_MS * 1000000L };
	struct pollfd pfd = { .fd = LEASH_FD, .events = POLLIN };
	bool ending = false;

	for (;;) {
		if (ending && kill(-1, 0) != 0 && errno == ESRCH)
			init_exit(0);
		if (syscall(SYS_ppoll, &pfd, 1, ending ? &pause : NULL, NULL,
		    0) > 0)
			obey(lo, &ending);
	}
}

/* The life of init.  Never returns. */
static void __attribute__((noreturn))
init_main(const struct launch_jail *j, int starter)
{
	struct launch_lo lo;
	int leash, null;
	char c = 0;

	if (read(starter, &c, 1) != 1)
		_exit(1);
	setsid();
	ignore_signals();
	prctl(PR_SET_NAME, "netjail-init");
	setproctitle("-netjail-init: %s", j->hostname);
	/* The jail may have none. */
	if ((null = open("/dev/null", O_RDWR)) < 0) {
		warn("/dev/null");
		_exit(1);
	}
	if (build(j) != 0 || launch_lo_open(&lo) != 0)
		_exit(1);
	if (write(starter, &c, 1) != 1 || (leash = receive_fd(starter)) < 0)
		_exit(1);
	if (arrange(null, leash, starter, lo.sock) != 0 || confine() != 0)
		_exit(1);
	lo.sock = NETLINK_FD;
	if (write(STARTER_FD, &c, 1) != 1)
		init_exit(1);
	close(STARTER_FD);
	serve(&lo);
}

static void
explain_clone(void)
{
	switch (errno) {
	case EPERM:
		warnx("this kernel or container does not let us make user "
		    "namespaces");
		break;
	case ENOSPC:
		warnx("too many namespaces (user.max_*_namespaces)");
		break;
	default:
		warn("making namespaces");
		break;
	}
}

/* Tell the daemon about the init and its leash. */
static int
announce_init(uint32_t jid, int pidfd, int leash)
{
	char msg[256] = "";

	if (ctl_call(leash, CTL_JAIL_INIT, jid, NULL, 0, pidfd, NULL, NULL,
	    NULL, NULL, msg, sizeof(msg)) == 0)
		return 0;
	warnx("netjaild: %s", *msg != '\0' ? msg : strerror(errno));
	return -1;
}

/*
 * Init has its ids: let it build the jail, announce it, give it the leash.  0,
 * or -1 told: end of file on the channel says that init told.
 */
static int
raise_init(const struct launch_jail *j, int pidfd, int leash, int chan)
{
	char c = 0;

	if (write(chan, &c, 1) != 1 || read(chan, &c, 1) != 1)
		return -1;
	if (announce_init(j->jid, pidfd, leash) != 0)
		return -1;
	return send_fd(chan, leash) == 0 && read(chan, &c, 1) == 1 ? 0 : -1;
}

/* Make init, and give it its ids.  0, or -1 told. */
static int
make_init(const struct launch_jail *j, int chan[2], int *pidfdp)
{
	pid_t pid;

	fflush(NULL);
	pid = clone_apart(pidfdp);
	if (pid == 0) {
		if (chan[0] >= 0)
			close(chan[0]);
		init_main(j, chan[1]);
	}
	if (pid < 0) {
		explain_clone();
		return -1;
	}
	if (launch_map_ids(pid, j->verbose) == 0)
		return 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(*pidfdp);
	return -1;
}

/* The life of F. */
static void __attribute__((noreturn))
maker_main(const struct launch_jail *j, int starter)
{
	int chan[2] = { -1, starter }, pidfd;

	if (launch_become_root() != 0 || make_init(j, chan, &pidfd) != 0)
		_exit(1);
	_exit(send_fd(starter, pidfd) == 0 ? 0 : 1);
}

/* The life of E. */
static void __attribute__((noreturn))
enter_main(const struct launch_jail *j, int starter)
{
	pid_t pid;

	if (launch_close_ours(starter, j->parent) != 0 ||
	    launch_enter(j->parent) != 0)
		_exit(1);
	close(j->parent);
	if ((pid = fork()) == 0)
		maker_main(j, starter);
	if (pid < 0)
		warn("starting a process in the jail");
	_exit(pid < 0);
}

/* make_init() in the jail above. */
static int
make_init_below(const struct launch_jail *j, int chan[2], int *pidfdp)
{
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0)
		enter_main(j, chan[1]);
	if (pid < 0) {
		warn("fork");
		return -1;
	}
	close(chan[1]);
	chan[1] = -1;
	*pidfdp = receive_fd(chan[0]);	/* -1: it has been told why */
	waitpid(pid, NULL, 0);
	return *pidfdp >= 0 ? 0 : -1;
}

/* Make init and see it on its way; 0 or -1. */
static int
start_init(const struct launch_jail *j, int leash, int *pidfdp)
{
	int chan[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, chan) != 0) {
		warn("socketpair");
		return -1;
	}
	error = j->parent >= 0 ? make_init_below(j, chan, pidfdp) :
	    make_init(j, chan, pidfdp);
	if (chan[1] >= 0)
		close(chan[1]);
	if (error == 0) {
		error = raise_init(j, *pidfdp, leash, chan[0]);
		if (error != 0) {
			(void)syscall(SYS_pidfd_send_signal, *pidfdp, SIGKILL,
			    NULL, 0);
			close(*pidfdp);
		}
	}
	close(chan[0]);
	return error;
}

int
launch_init(const struct launch_jail *j, int *pidfdp)
{
	int error, leash;

	if ((leash = ctl_connect()) < 0) {
		warn("cannot reach netjaild");
		return -1;
	}
	error = start_init(j, leash, pidfdp);
	close(leash);
	return error;
}
