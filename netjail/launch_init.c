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
 * After that init has no descriptor but the leash and /dev/null, no terminal,
 * and a filter that leaves it read(2) and its exit: whoever attaches a debugger
 * to it from inside the jail gains nothing.  All this is so before the first
 * program of the jail can start.  Init then reads from the leash, which ends
 * when the daemon closes it or dies; init exits and the kernel kills what is
 * left in its namespace.
 * Orphans are reaped by the kernel, for init ignores SIGCHLD.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

/* Leave read(), close(), exit_group() and write() to the starter. */
static int
confine(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 0, 8),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 3),
		/* A descriptor is an int; all machines here are little-endian. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, STARTER_FD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
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
arrange(int null, int leash, int starter)
{
	int i;

	/* Out of the way of the places first. */
	null = fcntl(null, F_DUPFD, STARTER_FD + 1);
	leash = fcntl(leash, F_DUPFD, STARTER_FD + 1);
	starter = fcntl(starter, F_DUPFD, STARTER_FD + 1);
	if (null < 0 || leash < 0 || starter < 0)
		return -1;
	for (i = 0; i < LEASH_FD; i++)
		if (dup2(null, i) < 0)
			return -1;
	if (dup2(leash, LEASH_FD) < 0 || dup2(starter, STARTER_FD) < 0)
		return -1;
	return (int)syscall(SYS_close_range, STARTER_FD + 1, UINT_MAX, 0);
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

/* The life of init.  Never returns. */
static void __attribute__((noreturn))
init_main(const struct launch_jail *j, int leash, int starter)
{
	char c;
	int null;

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
	if (build(j) != 0)
		_exit(1);
	if (arrange(null, leash, starter) != 0 || confine() != 0)
		_exit(1);
	/* While the starter waits for an answer on the leash, do not read it. */
	if (write(STARTER_FD, "", 1) != 1 || read(STARTER_FD, &c, 1) != 1)
		syscall(SYS_exit_group, 1);
	close(STARTER_FD);
	while (read(LEASH_FD, &c, 1) > 0 || errno == EINTR)
		errno = 0;
	syscall(SYS_exit_group, 0);
	__builtin_unreachable();
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
 * Give init its ids, hear that the jail is built, announce it, let it go on.
 * 0, or -1 told: end of file on the channel says that init told.
 */
static int
raise_init(const struct launch_jail *j, pid_t pid, int pidfd, int leash,
    int child)
{
	char c = 0;

	if (launch_map_ids(pid, j->verbose) != 0)
		return -1;
	if (write(child, &c, 1) != 1 || read(child, &c, 1) != 1)
		return -1;
	if (announce_init(j->jid, pidfd, leash) != 0)
		return -1;
	return write(child, &c, 1) == 1 ? 0 : -1;
}

/* Make init and see it on its way; 0 or -1. */
static int
start_init(const struct launch_jail *j, int leash, int *pidfdp)
{
	int chan[2], error;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, chan) != 0) {
		warn("socketpair");
		return -1;
	}
	fflush(NULL);
	pid = clone_apart(pidfdp);
	if (pid == 0) {
		close(chan[0]);
		init_main(j, leash, chan[1]);
	}
	close(chan[1]);
	if (pid < 0) {
		explain_clone();
		close(chan[0]);
		return -1;
	}
	error = raise_init(j, pid, *pidfdp, leash, chan[0]);
	close(chan[0]);
	if (error != 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		close(*pidfdp);
	}
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
