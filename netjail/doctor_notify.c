/*
 * doctor_notify.c - can socket calls be handed to the daemon here?
 *
 * One child installs a filter that hands one call of its own, getppid(2), to a
 * supervisor; this process is that supervisor.  As netjaild would, it takes the
 * listener out of the child, reads the child's memory, and answers the call
 * with a descriptor.  The checks look at how each of these ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "netjail/doctor.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define CALL_MS	5000	/* for the child's call to arrive */

/* What the child tells of its filter. */
struct report {
	int	 listener;	/* its number there, or -1 */
	int	 error;		/* errno, of the filter */
	bool	 killable;	/* WAIT_KILLABLE_RECV was taken */
};

static struct {
	bool	 done;
	struct report report;
	int	 getfd_error, memory_error, addfd_error;
} probe;

/* Read by the supervisor at its address in the child, which is ours. */
static volatile char word[] = "here";

/* ---- in the child ---- */

static int
install(unsigned long flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code,
	};

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, &prog);
}

static void
install_and_report(struct report *r)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	r->listener = install(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	r->killable = r->listener >= 0;
	if (r->listener < 0 && errno == EINVAL)
		r->listener = install(0);
	r->error = r->listener < 0 ? errno : 0;
}

/* The answer to getppid() must be a descriptor that is open. */
static void __attribute__((noreturn))
child_main(int chan)
{
	struct report r = { .listener = -1 };
	int fd, error;
	char c;

	word[0] = 'H';
	install_and_report(&r);
	if (write(chan, &r, sizeof(r)) != sizeof(r) || r.listener < 0 ||
	    read(chan, &c, 1) != 1)
		_exit(1);
	fd = (int)syscall(SYS_getppid);
	error = fd > 0 && fcntl(fd, F_GETFD) >= 0 ? 0 : EBADF;
	(void)!write(chan, &error, sizeof(error));
	_exit(0);
}

/* ---- outside ---- */

static int
fetch_listener(pid_t pid, int number)
{
	int fd = -1, pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (pidfd >= 0)
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	probe.getfd_error = fd < 0 ? errno : 0;
	if (pidfd >= 0)
		close(pidfd);
	return fd;
}

static int
read_memory(pid_t pid)
{
	char got[sizeof(word)] = "";
	struct iovec here = { got, sizeof(got) };
	struct iovec there = { .iov_len = sizeof(word) };
	volatile char *at = word;

	memcpy(&there.iov_base, &at, sizeof(at));
	if (process_vm_readv(pid, &here, 1, &there, 1, 0) != sizeof(got))
		return errno;
	return strcmp(got, "Here") == 0 ? 0 : EIO;
}

static int
answer_call(int listener, int chan)
{
	struct pollfd pfd = { .fd = listener, .events = POLLIN };
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_addfd a = { .srcfd = (uint32_t)chan,
	    .flags = SECCOMP_ADDFD_FLAG_SEND, .newfd_flags = O_CLOEXEC };
	int error;

	if (write(chan, "", 1) != 1)
		return errno;
	if (poll(&pfd, 1, CALL_MS) != 1)
		return ETIMEDOUT;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) != 0)
		return errno;
	a.id = n.id;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a) < 0)
		return errno;
	return read(chan, &error, sizeof(error)) == sizeof(error) ? error :
	    ECHILD;
}

static void
supervise(pid_t pid, int chan)
{
	struct report *r = &probe.report;
	int listener;

	if (read(chan, r, sizeof(*r)) != sizeof(*r)) {
		*r = (struct report){ .listener = -1, .error = ECHILD };
		return;
	}
	if (r->listener < 0)
		return;
	probe.memory_error = read_memory(pid);
	if ((listener = fetch_listener(pid, r->listener)) < 0)
		return;
	probe.addfd_error = answer_call(listener, chan);
	close(listener);
}

static void
run_probe(void)
{
	int chan[2];
	pid_t pid;

	if (probe.done)
		return;
	probe.done = true;
	probe.report = (struct report){ .listener = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, chan) != 0) {
		probe.report.error = errno;
		return;
	}
	if ((pid = fork()) == 0) {
		close(chan[0]);
		child_main(chan[1]);
	}
	close(chan[1]);
	if (pid > 0) {
		supervise(pid, chan[0]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	} else
		probe.report.error = errno;
	close(chan[0]);
}

/* ---- the checks ---- */

void
check_filter(struct finding *f)
{
	int error;

	run_probe();
	error = probe.report.error;
	if (error == 0)
		found(f, OK, "calls can be handed to another process");
	else if (error == EBUSY)
		found(f, MISSING, "another supervisor has this process "
		    "already: run netjail outside of that container "
		    "or sandbox");
	else
		found(f, MISSING, "seccomp with a listener: %s: the kernel "
		    "lacks CONFIG_SECCOMP_FILTER, or a container's profile "
		    "forbids seccomp(2): allow it there", strerror(error));
}

/* False: there is no filter to try it with; says so. */
static bool
filtered(struct finding *f)
{
	run_probe();
	if (probe.report.listener >= 0)
		return true;
	found(f, MISSING, "not tried, for want of a filter");
	return false;
}

void
check_killable(struct finding *f)
{
	if (!filtered(f))
		return;
	if (probe.report.killable)
		found(f, OK, "a signal that is caught does not break off a "
		    "call");
	else
		found(f, WARNING, "WAIT_KILLABLE_RECV is unknown: signals "
		    "break off socket calls that the daemon is answering: use "
		    "Linux 5.19 or later");
}

void
check_pidfd(struct finding *f)
{
	long scope;

	if (!filtered(f))
		return;
	if (probe.getfd_error == 0) {
		found(f, OK, "the daemon is given the filter's listener");
		return;
	}
	scope = proc_number("/proc/sys/kernel/yama/ptrace_scope", 0);
	if (scope > 1)
		found(f, MISSING, "pidfd_getfd: %s: kernel.yama.ptrace_scope "
		    "is %ld: sysctl -w kernel.yama.ptrace_scope=1%s",
		    strerror(probe.getfd_error), scope,
		    scope > 2 ? " after a reboot" : "");
	else
		found(f, MISSING, "pidfd_getfd: %s: the kernel is older than "
		    "5.6, or a container's seccomp profile forbids it: allow "
		    "pidfd_open and pidfd_getfd there",
		    strerror(probe.getfd_error));
}

void
check_memory(struct finding *f)
{
	if (!filtered(f))
		return;
	if (probe.memory_error == 0)
		found(f, OK, "the daemon can read what a call points to");
	else
		found(f, MISSING, "process_vm_readv: %s: lower "
		    "kernel.yama.ptrace_scope to 1, or allow the call in the "
		    "container's profile", strerror(probe.memory_error));
}

void
check_addfd(struct finding *f)
{
	if (!filtered(f))
		return;
	if (probe.getfd_error != 0)
		found(f, MISSING, "not tried, for want of the listener");
	else if (probe.addfd_error == 0)
		found(f, OK, "the daemon can answer a call with a socket");
	else
		found(f, MISSING, "SECCOMP_IOCTL_NOTIF_ADDFD: %s: use Linux "
		    "5.14 or later", strerror(probe.addfd_error));
}
