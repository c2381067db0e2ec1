/*
 * For programs here that serve seccomp notifications: a child whose calls of
 * one number are trapped, and the other end of that.
 */
#ifndef TESTS_PLATFORM_TARGET_H
#define TESTS_PLATFORM_TARGET_H

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>

#include "tests/run/t.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	(1UL << 0)
#endif
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND	(1UL << 1)
#endif
#define SKIPPED	77

/* Trap calls of number nr, from now on, in this process.  The listener. */
__attribute__((unused)) static int
trap_calls(int nr, unsigned long flags)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, &prog);
}

struct target {
	pid_t	pid;
	int	pidfd;
	int	listener;
};

/*
 * Fork a child that traps nr and then runs body, whose result is its exit
 * status.  Ends the program as skipped where the kernel has not the means.
 */
__attribute__((unused)) static struct target
target_start(int nr, unsigned long flags, int (*body)(void))
{
	struct target t;
	int p[2], fd;

	if (pipe(p) != 0)
		err(2, "pipe");
	if ((t.pid = fork()) == 0) {
		alarm(20);
		fd = trap_calls(nr, flags);
		if (write(p[1], &fd, sizeof fd) != sizeof fd || fd < 0)
			_exit(2);
		_exit(body());
	}
	close(p[1]);
	if (read(p[0], &fd, sizeof fd) != sizeof fd || fd < 0) {
		printf("skip - seccomp notification with flags %lx: this "
		    "kernel refuses it\n", flags);
		exit(SKIPPED);
	}
	close(p[0]);
	t.pidfd = (int)syscall(SYS_pidfd_open, t.pid, 0);
	t.listener = (int)syscall(SYS_pidfd_getfd, t.pidfd, fd, 0);
	if (t.listener < 0)
		err(2, "pidfd_getfd");
	return t;
}

/* The exit status of a target, -1 if it did not exit. */
__attribute__((unused)) static int
target_end(struct target *t)
{
	int status;

	waitpid(t->pid, &status, 0);
	close(t->pidfd);
	close(t->listener);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The next notification; false after 5 s without. */
__attribute__((unused)) static bool
notif_recv(const struct target *t, struct seccomp_notif *n)
{
	struct pollfd p = { .fd = t->listener, .events = POLLIN };

	memset(n, 0, sizeof *n);
	return poll(&p, 1, 5000) == 1 &&
	    ioctl(t->listener, SECCOMP_IOCTL_NOTIF_RECV, n) == 0;
}

/* Answer it: error is 0 or a negative errno. */
__attribute__((unused)) static int
notif_send(const struct target *t, uint64_t id, int error, int64_t val)
{
	struct seccomp_notif_resp r = { .id = id, .error = error, .val = val };

	return ioctl(t->listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

#endif
