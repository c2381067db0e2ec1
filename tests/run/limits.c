/*
 * limits: what a program meets at its own limits and at the stack's.
 *
 *	limits files ADDRESS PORT	RLIMIT_NOFILE used up; PORT is served
 *	limits sockets N		the stack allows only N more sockets
 */
#include <sys/resource.h>
#include <poll.h>
#include <unistd.h>

#include "tests/run/t.h"

#define MAXFD 64

/* Open descriptors until none is left; how many there were. */
static int
use_up(int *fd)
{
	int n = 0;

	while (n < MAXFD && (fd[n] = dup(0)) >= 0)
		n++;
	return n;
}

static void
files(const char *addr, int port)
{
	struct rlimit rl = { MAXFD, MAXFD };
	struct pollfd p;
	int fd[MAXFD], n, s, l, c;

	if (setrlimit(RLIMIT_NOFILE, &rl) != 0)
		err(2, "setrlimit");
	l = listener("0.0.0.0", 7301);
	s = xsocket(SOCK_STREAM);
	ok(connectto(s, "127.0.0.1", 7301) == 0, "a connection waits");
	n = use_up(fd);
	fails(socket(AF_INET, SOCK_STREAM, 0), EMFILE,
	    "socket() with no descriptor free is EMFILE");
	fails(accept(l, NULL, NULL), EMFILE, "and so is accept()");
	p = (struct pollfd){ .fd = l, .events = POLLIN };
	ok(poll(&p, 1, 0) == 1 && (p.revents & POLLIN),
	    "the connection still waits");
	close(fd[--n]);
	c = accept(l, NULL, NULL);
	ok(c >= 0 && write_all(c, "late", 4) == 1,
	    "and is accepted once there is a descriptor");
	close(c);
	c = socket(AF_INET, SOCK_STREAM, 0);
	ok(c >= 0 && connectto(c, addr, port) == 0,
	    "which serves for a connection then");
	close(c);
	while (n > 0)
		close(fd[--n]);
	close(s);
	close(l);
}

static void
sockets(int max)
{
	int *fd = calloc((size_t)max + 1, sizeof *fd), n = 0;

	while (n <= max && (fd[n] = socket(AF_INET, SOCK_STREAM, 0)) >= 0)
		n++;
	ok(n <= max && (errno == ENOBUFS || errno == ENFILE),
	    "beyond kern.ipc.maxsockets socket() fails (after %d)", n);
	while (n > 0)
		close(fd[--n]);
	usleep(200000);
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	ok(fd[0] >= 0, "and works again after close");
	free(fd);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "files") == 0)
		files(argv[2], atoi(argv[3]));
	else if (argc == 3 && strcmp(argv[1], "sockets") == 0)
		sockets(atoi(argv[2]));
	else
		errx(2, "usage: limits files ADDRESS PORT | sockets N");
	return t_failures > 0;
}
