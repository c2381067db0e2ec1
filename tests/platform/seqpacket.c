/*
 * seqpacket: an AF_UNIX SOCK_SEQPACKET pair carries datagrams.
 */
#include <sys/epoll.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "tests/run/t.h"

static unsigned
poll_mask(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP };

	poll(&p, 1, 0);
	return (unsigned)p.revents;
}

int
main(void)
{
	char buf[16];
	struct iovec iov = { buf, 2 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int sp[2], n = -1, big = 1 << 18;
	static char large[65536];

	signal(SIGPIPE, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, sp) != 0)
		err(2, "socketpair");
	ok(poll_mask(sp[0]) == POLLOUT, "a fresh pair is writable");
	ok(write(sp[1], "first", 5) == 5 && write(sp[1], "2nd", 3) == 3,
	    "two records are written");
	ok(ioctl(sp[0], FIONREAD, &n) == 0 && n >= 5, "FIONREAD tells of them");
	ok(read(sp[0], buf, sizeof buf) == 5, "a read gives one, whole");
	ok(recvmsg(sp[0], &m, 0) == 2 && (m.msg_flags & MSG_TRUNC),
	    "a short one is cut, and told by MSG_TRUNC");
	fails(read(sp[0], buf, sizeof buf), EAGAIN, "and its rest is gone");
	ok(send(sp[1], "", 0, 0) == 0 && (poll_mask(sp[0]) & POLLIN),
	    "a record of no bytes is one");
	ok(recv(sp[0], buf, sizeof buf, 0) == 0, "and is read as 0");
	setsockopt(sp[0], SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
	ok(write(sp[0], large, 65535) == 65535 &&
	    read(sp[1], large, sizeof large) == 65535,
	    "a record may have 65535 bytes");
	close(sp[0]);
	ok((poll_mask(sp[1]) & (POLLIN | POLLHUP)) == (POLLIN | POLLHUP),
	    "close of one end is HUP on the other");
	ok(read(sp[1], buf, sizeof buf) == 0, "and end of file");
	return t_failures > 0;
}
