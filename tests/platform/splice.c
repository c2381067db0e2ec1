/*
 * splice: bytes move from one AF_UNIX stream to another through a pipe without
 * passing through a process.
 */
#include <fcntl.h>
#include <signal.h>

#include "tests/run/t.h"

int
main(void)
{
	int a[2], b[2], p[2];
	char buf[64];

	signal(SIGPIPE, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a) != 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b) != 0 ||
	    pipe2(p, O_NONBLOCK) != 0)
		err(2, "pair");
	fails(splice(a[1], NULL, p[1], NULL, 4096, SPLICE_F_NONBLOCK), EAGAIN,
	    "nothing to move is EAGAIN");
	ok(write(a[0], "moved", 5) == 5 &&
	    splice(a[1], NULL, p[1], NULL, 4096, SPLICE_F_NONBLOCK) == 5,
	    "a socket into a pipe");
	ok(splice(p[0], NULL, b[0], NULL, 5, SPLICE_F_NONBLOCK) == 5 &&
	    read(b[1], buf, sizeof buf) == 5 && memcmp(buf, "moved", 5) == 0,
	    "and the pipe into another socket");
	shutdown(a[0], SHUT_WR);
	ok(splice(a[1], NULL, p[1], NULL, 4096, SPLICE_F_NONBLOCK) == 0,
	    "the end is 0");
	close(b[1]);
	if (write(p[1], "x", 1) != 1)
		err(2, "write");
	fails(splice(p[0], NULL, b[0], NULL, 1, SPLICE_F_NONBLOCK), EPIPE,
	    "a closed destination is EPIPE");
	return t_failures > 0;
}
