/*
 * park: a call that waits in the daemon can be interrupted by signals as a
 * waiting call of the kernel's own.
 *
 * With WAIT_KILLABLE_RECV a received notification is not broken off by a
 * signal; the daemon sees the signal pending in /proc and answers -ERESTARTSYS,
 * which the kernel turns into EINTR, or into the same call again.
 */
#include "tests/platform/target.h"

#define ERESTARTSYS 512	/* linux/errno.h has it for the kernel alone */

static volatile sig_atomic_t hits;

static void
on_signal(int sig)
{
	(void)sig;
	hits++;
}

static int
waiting(int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };
	long r;

	sigaction(SIGUSR1, &sa, NULL);
	r = syscall(SYS_getppid);
	if (flags & SA_RESTART)
		return r == 42 && hits == 1 ? 0 : 3;
	return r == -1 && errno == EINTR && hits == 1 ? 0 : 4;
}

static int
without_restart(void)
{
	return waiting(0);
}

static int
with_restart(void)
{
	return waiting(SA_RESTART);
}

static bool
pending(pid_t pid)
{
	unsigned long long sig = 0, shd = 0;
	char path[64], buf[256];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return false;
	while (fgets(buf, sizeof buf, f) != NULL) {
		sscanf(buf, "SigPnd: %llx", &sig);
		sscanf(buf, "ShdPnd: %llx", &shd);
	}
	fclose(f);
	return ((sig | shd) >> (SIGUSR1 - 1)) & 1;
}

static bool
becomes_pending(pid_t pid)
{
	int i;

	for (i = 0; i < 200; i++) {
		if (pending(pid))
			return true;
		usleep(10000);
	}
	return false;
}

static void
interrupted(int (*body)(void), bool restarts, const char *what)
{
	struct seccomp_notif n;
	struct target t;

	t = target_start(SYS_getppid, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	    body);
	ok(notif_recv(&t, &n), "%s: the call is parked", what);
	kill(t.pid, SIGUSR1);
	ok(becomes_pending(t.pid), "%s: a signal shows in /proc", what);
	ok(ioctl(t.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id) == 0,
	    "%s: and has not broken the call off", what);
	ok(notif_send(&t, n.id, -ERESTARTSYS, 0) == 0,
	    "%s: it is answered with -ERESTARTSYS", what);
	if (restarts)
		ok(notif_recv(&t, &n) && notif_send(&t, n.id, 0, 42) == 0,
		    "%s: and comes again", what);
	ok(target_end(&t) == 0, "%s: the program sees what POSIX says", what);
}

static int
just_wait(void)
{
	syscall(SYS_getppid);
	return 0;
}

static void
killed(void)
{
	struct seccomp_notif n;
	struct target t;
	int status;

	t = target_start(SYS_getppid, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	    just_wait);
	ok(notif_recv(&t, &n), "kill -9: the call is parked");
	kill(t.pid, SIGKILL);
	waitpid(t.pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	    "kill -9: the program dies at once");
	fails(notif_send(&t, n.id, 0, 0), ENOENT,
	    "an answer to it then is ENOENT");
	close(t.pidfd);
	close(t.listener);
}

int
main(void)
{
	alarm(30);
	interrupted(without_restart, false, "no SA_RESTART");
	interrupted(with_restart, true, "SA_RESTART");
	killed();
	return t_failures > 0;
}
