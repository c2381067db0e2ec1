/*
 * cookie: a socket is known by SO_COOKIE, whoever holds it and under which
 * number.
 */
#include <sys/syscall.h>
#include <sys/wait.h>
#include <signal.h>

#include "tests/run/t.h"

static uint64_t
cookie(int fd)
{
	uint64_t c = 0;
	socklen_t len = sizeof c;

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &c, &len) != 0)
		return 0;
	return c;
}

/* The cookie of fd in another process. */
static uint64_t
cookie_there(int pidfd, int fd)
{
	int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	uint64_t c = copy < 0 ? 0 : cookie(copy);

	if (copy >= 0)
		close(copy);
	return c;
}

int
main(void)
{
	int sp[2], moved, pidfd;
	uint64_t a, b;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sp) != 0)
		err(2, "socketpair");
	a = cookie(sp[0]);
	b = cookie(sp[1]);
	ok(a != 0 && b != 0 && a != b, "each end of a pair has its own");
	ok(cookie(sp[0]) == a, "it stays");
	moved = dup2(sp[0], 50);
	ok(cookie(moved) == a, "dup2 keeps it");
	if ((pid = fork()) == 0) {
		dup2(sp[0], 60);
		close(sp[0]);
		close(moved);
		for (;;)
			pause();
	}
	usleep(50000);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ok(pidfd >= 0 && cookie_there(pidfd, 60) == a,
	    "a child's descriptor, fetched by pidfd_getfd, has it");
	close(sp[0]);
	close(moved);
	ok(cookie_there(pidfd, 60) == a, "also when only the child holds it");
	ok(cookie_there(pidfd, 0) != a, "another file of the child has not");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sp) != 0)
		err(2, "socketpair");
	ok(cookie(sp[0]) != a && cookie(sp[0]) != b, "a new socket has a new one");
	return t_failures > 0;
}
