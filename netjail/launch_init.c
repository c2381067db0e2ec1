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
 *		What is the machine's in the tree is held (launch_shield.c).
 *   /proc	a new one, of the jail's processes (where the directory exists
 *		and the kernel allows it)
 *   /proc/net	the stack's sockets in the kernel's format, served by init
 *		(launch_procnet.c), where there is FUSE
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
 * pid namespace, too.  F makes init, gives it its ids, and sends the pidfd
 * back.  Neither has anything a root of the jail there should not have.
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
#include <linux/netlink.h>
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
#include "netjail/launch_procnet.h"
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
/* Those of /proc/net. */
#define FUSE_FD		6
#define DIAG_FD		7
#define VIEW_FD		8

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

/* What init has from its beginning on. */
struct init {
	const struct launch_jail *jail;
	int	 starter;
	int	 fuse;
	struct procnet *procnet;	/* NULL: there is none */
	struct launch_lo lo;
};

/* A new proc on ./proc, with a net of ours in it.  0 or -1. */
static int
mount_proc(struct init *in)
{
	bool verbose = in->jail->verbose;
	int error;

	if (access("proc", F_OK) != 0)
		return 0;
	error = mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
	    NULL);
	if (error != 0 && verbose)
		warn("mount /proc");
	if (launch_shield_proc() != 0)
		return -1;
	if (error == 0)
		in->procnet = procnet_mount(verbose, &in->fuse);
	return 0;
}

/*
 * Make path the root.  proc is mounted before the old root goes: in a user
 * namespace the kernel allows a new one only where one is in sight.
 */
static int
enter_root(struct init *in)
{
	const char *path = in->jail->path;
	bool whole = strcmp(path, "/") == 0;

	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) {
		warn("mount /");
		return -1;
	}
	if (!whole && mount(path, path, NULL, MS_BIND | MS_REC, NULL) != 0) {
		warn("mount %s", path);
		return -1;
	}
	if (launch_shield_devices(path) != 0 ||
	    launch_mount(path, in->jail->mounts) != 0 ||
	    launch_shield_mounts(path) != 0)
		return -1;
	if (chdir(path) != 0) {
		warn("%s", path);
		return -1;
	}
	if (mount_proc(in) != 0)
		return -1;
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

/* For the daemon to take; without it, it does not know these sockets. */
static void
show_unix(void)
{
	int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	if (s < 0 || s == INIT_UNIX_FD)
		return;
	(void)dup2(s, INIT_UNIX_FD);
	close(s);
}

static int
build(struct init *in)
{
	const struct launch_jail *j = in->jail;

	if (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) {
		warn("ids of the jail's init");
		return -1;
	}
	if (enter_root(in) != 0)
		return -1;
	if (sethostname(j->hostname, strlen(j->hostname)) != 0) {
		warn("hostname %s", j->hostname);
		return -1;
	}
	show_unix();
	if (launch_lo(j->addr, j->naddr) != 0)
		return -1;
	return launch_lo_open(&in->lo);
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

#define ALLOW_LIFE                                                          \
	LOAD(arch),                                                         \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 1, 0),             \
	RET(SECCOMP_RET_ERRNO | EPERM),                                     \
	LOAD(nr),                                                           \
	ALLOW_CALL(SYS_read), ALLOW_CALL(SYS_close), ALLOW_CALL(SYS_ppoll), \
	ALLOW_CALL(SYS_sethostname), ALLOW_CALL(SYS_exit_group)
#define ALLOW_REST                                                          \
	ALLOW_IF(SYS_kill, 1, 0),                                           \
	ALLOW_IF(SYS_sendto, 0, NETLINK_FD),                                \
	ALLOW_IF(SYS_recvfrom, 0, NETLINK_FD),                              \
	ALLOW_IF(SYS_write, 0, STARTER_FD),                                 \
	RET(SECCOMP_RET_ERRNO | EPERM)

/* Where it serves /proc/net: memory, and writing to what descriptors it has. */
static int
confine_serving(void)
{
	struct sock_filter code[] = {
		ALLOW_LIFE,
		ALLOW_CALL(SYS_write), ALLOW_CALL(SYS_writev),
		ALLOW_CALL(SYS_brk), ALLOW_CALL(SYS_mmap),
		ALLOW_CALL(SYS_munmap), ALLOW_CALL(SYS_mremap),
		ALLOW_CALL(SYS_madvise), ALLOW_CALL(SYS_futex),
		ALLOW_CALL(SYS_sendmsg), ALLOW_CALL(SYS_recvmsg),
		ALLOW_CALL(SYS_getpid), ALLOW_CALL(SYS_restart_syscall),
		ALLOW_REST,
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

/* What init does is all that it may do. */
static int
confine_quiet(void)
{
	struct sock_filter code[] = {
		ALLOW_LIFE,
		ALLOW_REST,
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static int
confine(const struct init *in)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return in->procnet != NULL ? confine_serving() : confine_quiet();
}

/* Every descriptor to its place, and no other left; -1 has none. */
static int
arrange(struct init *in, int null, int leash, int diag, int view)
{
	bool net = in->procnet != NULL;
	const int from[] = {
		null, null, null, leash, in->starter, in->lo.sock,
		net ? in->fuse : -1, net ? diag : -1, net ? view : -1,
	};
	int i, fd[VIEW_FD + 1];

	/* Out of the way of the places first. */
	for (i = 0; i <= VIEW_FD; i++) {
		fd[i] = fcntl(from[i], F_DUPFD, VIEW_FD + 1);
		if (fd[i] < 0 && from[i] >= 0)
			return -1;
	}
	for (i = 0; i <= VIEW_FD; i++) {
		if (fd[i] < 0)
			close(i);
		else if (dup2(fd[i], i) < 0)
			return -1;
	}
	in->lo.sock = NETLINK_FD;
	if (net)
		procnet_place(in->procnet, FUSE_FD, DIAG_FD, VIEW_FD);
	return (int)syscall(SYS_close_range, VIEW_FD + 1, UINT_MAX, 0);
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
		if (sethostname((const char *)data, head[1]) != 0)
			warn("hostname");
		break;
	case LEASH_EXITEMPTY:
	case LEASH_STAY:
		*ending = head[0] == LEASH_EXITEMPTY;
		break;
	}
}

/* Until the leash is cut, or nobody is left to be there for. */
static void __attribute__((noreturn))
serve(struct init *in)
{
	const struct timespec pause = { 0, ALONE_MS * 1000000L };
	struct pollfd p[1 + PROCNET_FDS] = {
		{ .fd = LEASH_FD, .events = POLLIN },
	};
	nfds_t n = in->procnet != NULL ? 1 + PROCNET_FDS : 1;
	bool ending = false;

	for (;;) {
		if (ending && kill(-1, 0) != 0 && errno == ESRCH)
			init_exit(0);
		if (in->procnet != NULL)
			procnet_poll(in->procnet, p + 1);
		if (syscall(SYS_ppoll, p, n, ending ? &pause : NULL, NULL,
		    0) <= 0)
			continue;
		if (p[0].revents != 0)
			obey(&in->lo, &ending);
		if (in->procnet != NULL)
			procnet_work(in->procnet, p + 1);
	}
}

/* The life of init.  Never returns. */
static void __attribute__((noreturn))
init_main(const struct launch_jail *j, int starter)
{
	struct init in = { .jail = j, .starter = starter, .fuse = -1 };
	int diag, leash, null, view;
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
	if (build(&in) != 0)
		_exit(1);
	if (write(starter, &c, 1) != 1 || (leash = receive_fd(starter)) < 0 ||
	    (diag = receive_fd(starter)) < 0 ||
	    (view = receive_fd(starter)) < 0)
		_exit(1);
	if (arrange(&in, null, leash, diag, view) != 0 || confine(&in) != 0)
		_exit(1);
	if (write(STARTER_FD, &c, 1) != 1)
		init_exit(1);
	close(STARTER_FD);
	serve(&in);
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

/* A descriptor for init, from the daemon. */
static int
fetch_fd(const struct launch_jail *j, int leash, enum ctlop op)
{
	int fd = -1;

	if (ctl_call(leash, op, j->jid, NULL, 0, -1, NULL, NULL, NULL, &fd,
	    NULL, 0) != 0)
		warn("netjaild");
	return fd;
}

/* All that init needs for its life: the leash, and what /proc/net is made
 * from.  0 or -1. */
static int
equip(int chan, int leash, int diag, int view)
{
	return send_fd(chan, leash) != 0 || send_fd(chan, diag) != 0 ||
	    send_fd(chan, view) != 0 ? -1 : 0;
}

/*
 * Init has its ids: let it build the jail, announce it, give it the leash.  0,
 * or -1 told: end of file on the channel says that init told.
 */
static int
raise_init(const struct launch_jail *j, int pidfd, int leash, int chan)
{
	int diag, error = -1, view;
	char c = 0;

	if (write(chan, &c, 1) != 1 || read(chan, &c, 1) != 1)
		return -1;
	diag = fetch_fd(j, leash, CTL_DIAG);
	view = fetch_fd(j, leash, CTL_VIEW);
	if (diag >= 0 && view >= 0 &&
	    announce_init(j->jid, pidfd, leash) == 0 &&
	    equip(chan, leash, diag, view) == 0 && read(chan, &c, 1) == 1)
		error = 0;
	if (diag >= 0)
		close(diag);
	if (view >= 0)
		close(view);
	return error;
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
