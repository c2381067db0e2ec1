/*
 * pair: an AF_UNIX stream pair can pass for a TCP socket.
 *
 * A is the program's end and D the daemon's.  A is prefilled before the program
 * gets it: its send buffer is as small as the kernel allows and full, so that
 * it is not writable until D has drained it.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "tests/run/t.h"

#define ALL (POLLIN | POLLOUT | POLLRDHUP | POLLPRI)

struct pair {
	int a, d, ep;
};

static unsigned
poll_mask(int fd)
{
	struct pollfd p = { .fd = fd, .events = ALL };

	poll(&p, 1, 0);
	return (unsigned)p.revents;
}

/* The edge since the last call, 0 if there was none. */
static unsigned
edge(int ep)
{
	struct epoll_event ev = { 0 };

	return epoll_wait(ep, &ev, 1, 0) == 1 ? ev.events : 0;
}

static struct pair
prefilled(void)
{
	struct epoll_event ev = { .events = ALL | EPOLLET };
	static const char fill[4096];
	int sp[2], small = 1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sp) != 0 ||
	    setsockopt(sp[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small) != 0 ||
	    send(sp[0], fill, sizeof fill, 0) <= 0)
		err(2, "pair");
	struct pair p = { sp[0], sp[1], epoll_create1(0) };

	if (epoll_ctl(p.ep, EPOLL_CTL_ADD, p.a, &ev) != 0)
		err(2, "epoll_ctl");
	return p;
}

static void
drain(const struct pair *p)
{
	char buf[8192];

	while (read(p->d, buf, sizeof buf) > 0)
		continue;
}

static struct pair
established(void)
{
	struct pair p = prefilled();
	int room = 65536;

	drain(&p);
	setsockopt(p.a, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	edge(p.ep);
	return p;
}

static void
done(const struct pair *p)
{
	close(p->a);
	close(p->d);
	close(p->ep);
}

static void
connecting(void)
{
	struct pair p = prefilled();
	int room = 65536;

	ok(poll_mask(p.a) == 0, "prefilled: no event, as in SYN_SENT");
	ok(edge(p.ep) == 0, "nor an edge");
	fails(write(p.a, "x", 1), EAGAIN, "and a write would block");
	drain(&p);
	setsockopt(p.a, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	ok(edge(p.ep) == EPOLLOUT, "drained: one edge, OUT, as when connected");
	ok(edge(p.ep) == 0, "and only one");
	ok(write(p.a, "x", 1) == 1, "a write then succeeds");
	done(&p);
}

static void
refused(void)
{
	struct pair p = prefilled();
	unsigned all = POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR;
	int e = 0;
	socklen_t len = sizeof e;

	close(p.d);
	ok(edge(p.ep) == all, "D closed on the prefill: IN OUT RDHUP HUP ERR, "
	    "as when refused");
	getsockopt(p.a, SOL_SOCKET, SO_ERROR, &e, &len);
	ok(e == ECONNRESET, "SO_ERROR is ECONNRESET, and is consumed");
	getsockopt(p.a, SOL_SOCKET, SO_ERROR, &e, &len);
	ok(e == 0, "once");
	fails(send(p.a, "x", 1, MSG_NOSIGNAL), EPIPE, "a write is EPIPE");
	close(p.a);
	close(p.ep);
}

static void
fin(void)
{
	struct pair p = established();
	char buf[16];

	if (write(p.d, "data", 4) != 4)
		err(2, "write");
	shutdown(p.d, SHUT_WR);
	ok(poll_mask(p.a) == (POLLIN | POLLOUT | POLLRDHUP),
	    "data and FIN: IN OUT RDHUP");
	ok(read(p.a, buf, 16) == 4 && read(p.a, buf, 16) == 0,
	    "the data, then the end");
	ok(write(p.a, "x", 1) == 1, "the other direction is open");
	shutdown(p.a, SHUT_WR);
	ok(poll_mask(p.a) == (POLLIN | POLLOUT | POLLRDHUP | POLLHUP),
	    "both directions shut: HUP as well");
	done(&p);
}

static void
reset(void)
{
	struct pair p = established();
	char buf[16];
	int held = dup(p.a);

	/* unread bytes from A make D's close a reset */
	if (write(p.d, "data", 4) != 4 || send(held, "!", 1, 0) != 1)
		err(2, "write");
	close(held);
	close(p.d);
	ok((poll_mask(p.a) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP),
	    "D closed with a sentinel unread: ERR HUP");
	ok(read(p.a, buf, 16) == 4, "the data is read all the same");
	fails(read(p.a, buf, 16), ECONNRESET, "then ECONNRESET");
	fails(send(p.a, "x", 1, MSG_NOSIGNAL), EPIPE, "then EPIPE");
	close(p.a);
	close(p.ep);
}

/* What D learns of the program's doings. */
static void
daemon_side(void)
{
	struct pair p = established();
	int e = 0;
	socklen_t len = sizeof e;

	shutdown(p.a, SHUT_WR);
	ok((poll_mask(p.d) & (POLLRDHUP | POLLHUP)) == POLLRDHUP,
	    "shutdown(WR) of A: D sees RDHUP alone");
	close(p.a);
	ok(poll_mask(p.d) & POLLHUP, "close of A: D sees HUP");
	close(p.d);
	close(p.ep);

	p = established();
	if (write(p.d, "unread", 6) != 6)
		err(2, "write");
	close(p.a);
	getsockopt(p.d, SOL_SOCKET, SO_ERROR, &e, &len);
	ok(e == ECONNRESET, "close of A with bytes unread: D has ECONNRESET");
	close(p.d);
	close(p.ep);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	connecting();
	refused();
	fin();
	reset();
	daemon_side();
	return t_failures > 0;
}
