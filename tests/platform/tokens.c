/*
 * tokens: the same pair can pass for a listening socket.
 *
 * The daemon puts one byte into the program's end for each connection that
 * waits; whoever accepts takes one out, through a copy of the program's own
 * descriptor.
 */
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <poll.h>
#include <signal.h>

#include "tests/run/t.h"

static int
edge(int ep)
{
	struct epoll_event ev = { 0 };

	return epoll_wait(ep, &ev, 1, 0) == 1 ? (int)ev.events : 0;
}

static bool
readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN);
}

static void
edges(int a, int d)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(0);
	char c;

	if (epoll_ctl(ep, EPOLL_CTL_ADD, a, &ev) != 0)
		err(2, "epoll_ctl");
	ok(edge(ep) == 0, "no connection waits: no edge");
	if (write(d, "c", 1) != 1)
		err(2, "write");
	ok(edge(ep) == EPOLLIN, "the first: an edge");
	ok(edge(ep) == 0, "and only one");
	if (write(d, "c", 1) != 1)
		err(2, "write");
	ok(edge(ep) == EPOLLIN, "another while the first waits: another edge");
	ok(recv(a, &c, 1, MSG_DONTWAIT) == 1 && readable(a),
	    "one taken: still readable");
	ok(edge(ep) == 0, "taking is no edge");
	ok(recv(a, &c, 1, MSG_DONTWAIT) == 1 && !readable(a),
	    "both taken: not readable");
	close(ep);
}

/* Take a token out of a descriptor that only another process holds. */
static void
from_outside(int a, int d)
{
	int p[2], pidfd, fd;
	pid_t pid;
	char c;

	if (pipe(p) != 0)
		err(2, "pipe");
	if ((pid = fork()) == 0) {
		/* no write end of our own, or its end of file never comes */
		close(p[1]);
		(void)!read(p[0], &c, 1);
		_exit(readable(a));
	}
	close(a);
	if (write(d, "c", 1) != 1)
		err(2, "write");
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, a, 0);
	ok(fd >= 0 && recv(fd, &c, 1, MSG_DONTWAIT) == 1,
	    "a token is taken through pidfd_getfd");
	close(fd);
	close(p[1]);
	{
		int status;

		waitpid(pid, &status, 0);
		ok(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    "and the program sees it gone");
	}
	close(pidfd);
}

int
main(void)
{
	int sp[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sp) != 0)
		err(2, "socketpair");
	edges(sp[0], sp[1]);
	from_outside(sp[0], sp[1]);
	return t_failures > 0;
}
