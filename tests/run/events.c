/*
 * events ADDRESS: what a program sees of its sockets, as a transcript.
 *
 * The program is run on the kernel's own TCP and UDP (ADDRESS 127.0.0.1, in an
 * empty network namespace) and in a jail (ADDRESS the jail's), and the two
 * transcripts are compared: the kernel is the oracle.  So nothing is asserted
 * here, and no line shows a port, an address, a time or a buffer's size.
 * Deviations that are meant stand in events.allowed, each with its reason.
 */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <linux/sockios.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "tests/run/t.h"

#define ALLEVENTS (POLLIN | POLLOUT | POLLRDHUP | POLLPRI)

static const char *self;
static const char *scene;

/*
 * Long enough for whatever loopback still has to do.  Where a machine is so busy
 * that a jail's daemon has not run in the meantime, its answer to a call says
 * that it has: what was written before reaches it first.  Two, for one end's
 * answer may have been on its way to the other.
 */
static void
settle(void)
{
	static int any = -1;

	usleep(30000);
	if (any < 0)
		any = xsocket(SOCK_DGRAM);
	for (int i = 0; i < 2; i++)
		(void)port_of(any);
}

__attribute__((format(printf, 2, 3))) static void
line(const char *what, const char *fmt, ...)
{
	va_list ap;

	printf("%s: %s = ", scene, what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	alarm(20);	/* a call that never returns shows as EINTR */
}

/* The result of a call: a number, or the errno's name. */
static long
res(const char *what, long r)
{
	if (r < 0)
		line(what, "%s", strerrorname_np(errno));
	else
		line(what, "%ld", r);
	return r;
}

/* As res(), for calls whose number does not matter. */
static long
yes(const char *what, long r)
{
	line(what, "%s", r < 0 ? strerrorname_np(errno) : "ok");
	return r;
}

static void
mask(const char *what, unsigned m)
{
	static const struct {
		unsigned bit;
		const char *name;
	} bits[] = {
		{ POLLIN, " IN" }, { POLLOUT, " OUT" }, { POLLPRI, " PRI" },
		{ POLLRDHUP, " RDHUP" }, { POLLERR, " ERR" },
		{ POLLHUP, " HUP" },
	};
	char names[64] = "";
	size_t i;

	for (i = 0; i < sizeof bits / sizeof *bits; i++)
		if (m & bits[i].bit)
			strcat(names, bits[i].name);
	line(what, "%s", m == 0 ? "none" : names + 1);
}

static void
polled(const char *what, int s)
{
	struct pollfd p = { .fd = s, .events = ALLEVENTS };

	settle();
	poll(&p, 1, 0);
	mask(what, (unsigned)p.revents);
}

/* An epoll that reports edges of s alone. */
static int
edges(int s)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
	    EPOLLPRI | EPOLLET };
	int ep = epoll_create1(0);

	if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, s, &ev) != 0)
		err(2, "epoll");
	return ep;
}

static void
edge(const char *what, int ep)
{
	struct epoll_event ev = { 0 };

	settle();
	mask(what, epoll_wait(ep, &ev, 1, 0) == 1 ? ev.events : 0);
}

static void
int_opt(const char *what, int s, int level, int opt)
{
	int v = -1;
	socklen_t len = sizeof v;

	if (getsockopt(s, level, opt, &v, &len) != 0)
		line(what, "%s", strerrorname_np(errno));
	else
		line(what, "%d len %u", v, (unsigned)len);
}

static void
error_of(int s)
{
	int e = so_error(s);

	line("SO_ERROR", "%s", e == 0 ? "0" : strerrorname_np(e));
}

static void
set_int(const char *what, int s, int level, int opt, int v)
{
	yes(what, setsockopt(s, level, opt, &v, sizeof v));
}

static void
nonblock(int s)
{
	fcntl(s, F_SETFL, fcntl(s, F_GETFL) | O_NONBLOCK);
}

/* A connected pair: [0] dialled, [1] was accepted. */
static void
pair(int p[2])
{
	int l = listener(self, 0);

	p[0] = xsocket(SOCK_STREAM);
	if (connectto(p[0], self, port_of(l)) != 0)
		err(2, "connect");
	p[1] = accept(l, NULL, NULL);
	if (p[1] < 0)
		err(2, "accept");
	close(l);
}

static int
closed_port(void)
{
	int s = listener(self, 0), port = port_of(s);

	close(s);
	settle();
	return port;
}

/* ---- stream sockets ---- */

static void
fresh(void)
{
	int s = xsocket(SOCK_STREAM);
	char c;

	scene = "fresh stream";
	polled("poll", s);
	res("recv", recv(s, &c, 1, MSG_DONTWAIT));
	res("send", send(s, "x", 1, MSG_DONTWAIT));
	res("shutdown", shutdown(s, SHUT_RDWR));
	res("accept", accept(s, NULL, NULL));
	line("getpeername", "%s", peer_of(s).sin_family == AF_INET ? "ok" :
	    "fails");
	line("local port", "%d", port_of(s));
	error_of(s);
	close(s);
}

static void
listening(void)
{
	int l = listener(self, 0), ep = edges(l), a, b, c, d;

	scene = "listening";
	nonblock(l);
	polled("poll, empty", l);
	edge("edge, empty", ep);
	res("accept, empty", accept(l, NULL, NULL));
	a = xsocket(SOCK_STREAM);
	connectto(a, self, port_of(l));
	edge("edge, one waits", ep);
	edge("edge, again", ep);
	polled("poll, one waits", l);
	b = xsocket(SOCK_STREAM);
	connectto(b, self, port_of(l));
	edge("edge, a second came", ep);
	c = accept(l, NULL, NULL);
	polled("poll, one accepted", l);
	edge("edge, one accepted", ep);
	d = accept(l, NULL, NULL);
	polled("poll, both accepted", l);
	res("accept, none left", accept(l, NULL, NULL));
	line("accepted is non-blocking", "%d",
	    (fcntl(c, F_GETFL) & O_NONBLOCK) != 0);
	close(a);
	close(b);
	close(c);
	close(d);
	a = xsocket(SOCK_STREAM);
	connectto(a, self, port_of(l));
	d = accept4(l, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	line("accept4 flags", "%d %d", (fcntl(d, F_GETFL) & O_NONBLOCK) != 0,
	    fcntl(d, F_GETFD) & FD_CLOEXEC);
	res("accept4, unknown flag", accept4(l, NULL, NULL, 1 << 20));
	close(a);
	close(d);
	res("connect on a listener", connectto(l, self, port_of(l)));
	res("listen again", listen(l, 5));
	int_opt("SO_ACCEPTCONN", l, SOL_SOCKET, SO_ACCEPTCONN);
	yes("shutdown(RD)", shutdown(l, SHUT_RD));
	res("accept after it", accept(l, NULL, NULL));
	close(l);
	close(ep);
}

static void
unbound_listen(void)
{
	int l = xsocket(SOCK_STREAM), s = xsocket(SOCK_STREAM);

	scene = "listen without bind";
	res("listen", listen(l, 1));
	line("has a port", "%d", port_of(l) != 0);
	yes("connect", connectto(s, self, port_of(l)));
	close(s);
	close(l);
}

static void
connect_refused(void)
{
	int s = xsocket(SOCK_STREAM), ep, port = closed_port();

	scene = "refused, non-blocking";
	nonblock(s);
	ep = edges(s);
	edge("edge before", ep);
	res("connect", connectto(s, self, port));
	edge("edge", ep);
	polled("poll", s);
	error_of(s);
	error_of(s);
	polled("poll after SO_ERROR", s);
	res("write", write(s, "x", 1));
	close(ep);
	close(s);

	scene = "refused, blocking";
	s = xsocket(SOCK_STREAM);
	res("connect", connectto(s, self, port));
	error_of(s);
	polled("poll", s);
	close(s);
}

static void
connect_nonblocking(void)
{
	int l = listener(self, 0), s = xsocket(SOCK_STREAM), ep;

	scene = "connect, non-blocking";
	nonblock(s);
	ep = edges(s);
	edge("edge before", ep);
	res("connect", connectto(s, self, port_of(l)));
	edge("edge", ep);
	edge("edge, again", ep);
	polled("poll", s);
	error_of(s);
	res("second connect", connectto(s, self, port_of(l)));
	res("third connect", connectto(s, self, port_of(l)));
	line("peer is known", "%d", peer_of(s).sin_family == AF_INET);
	close(ep);
	close(s);
	close(l);
}

static void
data_and_fin(void)
{
	char buf[64];
	int p[2], ep, n = -1;

	scene = "data and FIN";
	pair(p);
	nonblock(p[0]);
	ep = edges(p[0]);
	edge("edge, connected", ep);
	edge("edge, again", ep);
	res("read, nothing", read(p[0], buf, 1));
	write_all(p[1], "abcdef", 6);
	edge("edge, data", ep);
	edge("edge, again", ep);
	polled("poll, data", p[0]);
	ioctl(p[0], FIONREAD, &n);
	line("FIONREAD", "%d", n);
	res("peek", recv(p[0], buf, sizeof buf, MSG_PEEK));
	res("read 2", read(p[0], buf, 2));
	edge("edge, rest stays", ep);
	polled("poll, rest stays", p[0]);
	write_all(p[1], "gh", 2);
	edge("edge, more data", ep);
	res("read all", read(p[0], buf, sizeof buf));
	polled("poll, drained", p[0]);
	write_all(p[1], "z", 1);
	yes("peer shutdown(WR)", shutdown(p[1], SHUT_WR));
	edge("edge, data and FIN", ep);
	polled("poll, data and FIN", p[0]);
	res("read", read(p[0], buf, sizeof buf));
	res("read at end", read(p[0], buf, sizeof buf));
	polled("poll at end", p[0]);
	res("write, half closed", write(p[0], "12345", 5));
	res("peer reads", read(p[1], buf, sizeof buf));
	res("peer write", send(p[1], "x", 1, MSG_NOSIGNAL));
	yes("shutdown(WR)", shutdown(p[0], SHUT_WR));
	edge("edge, both shut", ep);
	polled("poll, both shut", p[0]);
	polled("peer poll, both shut", p[1]);
	res("peer reads the end", read(p[1], buf, sizeof buf));
	res("write after shutdown", write(p[0], "x", 1));
	error_of(p[0]);
	close(ep);
	close(p[0]);
	close(p[1]);
}

static void
peer_closes(void)
{
	char buf[64];
	int p[2];

	scene = "peer closes";
	pair(p);
	write_all(p[1], "bye", 3);
	close(p[1]);
	polled("poll", p[0]);
	res("read", read(p[0], buf, sizeof buf));
	res("read at end", read(p[0], buf, sizeof buf));
	res("first write", write(p[0], "x", 1));
	polled("poll after it", p[0]);
	res("second write", write(p[0], "x", 1));
	res("read after it", read(p[0], buf, sizeof buf));
	close(p[0]);
}

/* Of a connection that is no more. */
static void
options_then(int s)
{
	struct linger lg = { 1, 7 };
	struct tcp_info ti = { 0 };
	socklen_t len = sizeof lg;

	yes("set SO_LINGER", setsockopt(s, SOL_SOCKET, SO_LINGER, &lg, len));
	memset(&lg, 0, sizeof lg);
	yes("SO_LINGER", getsockopt(s, SOL_SOCKET, SO_LINGER, &lg, &len));
	line("SO_LINGER is", "%d %d", lg.l_onoff, lg.l_linger);
	int_opt("SO_KEEPALIVE", s, SOL_SOCKET, SO_KEEPALIVE);
	set_int("set SO_KEEPALIVE", s, SOL_SOCKET, SO_KEEPALIVE, 7);
	int_opt("SO_KEEPALIVE", s, SOL_SOCKET, SO_KEEPALIVE);
	set_int("set SO_REUSEADDR", s, SOL_SOCKET, SO_REUSEADDR, 1);
	int_opt("SO_TYPE", s, SOL_SOCKET, SO_TYPE);
	int_opt("SO_ACCEPTCONN", s, SOL_SOCKET, SO_ACCEPTCONN);
	set_int("set TCP_NODELAY", s, IPPROTO_TCP, TCP_NODELAY, 1);
	int_opt("TCP_NODELAY", s, IPPROTO_TCP, TCP_NODELAY);
	set_int("set IP_TTL", s, IPPROTO_IP, IP_TTL, 33);
	int_opt("IP_TTL", s, IPPROTO_IP, IP_TTL);
	int_opt("unknown option", s, IPPROTO_TCP, 9999);
	len = sizeof ti;
	yes("TCP_INFO", getsockopt(s, IPPROTO_TCP, TCP_INFO, &ti, &len));
	line("TCP_INFO state", "%d", ti.tcpi_state);
}

static void
peer_resets(void)
{
	struct linger lg = { 1, 0 };
	char buf[64];
	int p[2], ep;

	scene = "peer resets";
	pair(p);
	nonblock(p[0]);
	ep = edges(p[0]);
	edge("edge, connected", ep);
	setsockopt(p[1], SOL_SOCKET, SO_LINGER, &lg, sizeof lg);
	write_all(p[1], "data", 4);
	settle();
	close(p[1]);
	edge("edge", ep);
	polled("poll", p[0]);
	res("read", read(p[0], buf, sizeof buf));
	res("read again", read(p[0], buf, sizeof buf));
	res("read a third time", read(p[0], buf, sizeof buf));
	res("write", write(p[0], "x", 1));
	error_of(p[0]);
	options_then(p[0]);
	close(ep);
	close(p[0]);

	scene = "peer closes without reading";
	pair(p);
	write_all(p[0], "unread", 6);
	settle();
	close(p[1]);
	polled("poll", p[0]);
	res("read", read(p[0], buf, sizeof buf));
	close(p[0]);
}

static void
reset_before_accept(void)
{
	struct linger lg = { 1, 0 };
	int l = listener(self, 0), s = xsocket(SOCK_STREAM), c;
	char ch;

	scene = "reset before accept";
	connectto(s, self, port_of(l));
	setsockopt(s, SOL_SOCKET, SO_LINGER, &lg, sizeof lg);
	settle();
	close(s);
	polled("poll", l);
	nonblock(l);
	c = accept(l, NULL, NULL);
	yes("accept", c);
	if (c >= 0)
		res("read", read(c, &ch, 1));
	close(c);
	close(l);
}

static void
full_buffer(void)
{
	static char buf[65536];
	int p[2], ep;
	long sent = 0, got = 0;
	ssize_t n;

	scene = "full buffer";
	pair(p);
	nonblock(p[0]);
	nonblock(p[1]);
	ep = edges(p[0]);
	edge("edge, connected", ep);
	do {	/* what drains into the peer's buffer makes room once more */
		while ((n = write(p[0], buf, sizeof buf)) > 0)
			sent += n;
		settle();
		n = write(p[0], buf, sizeof buf);
		sent += n > 0 ? n : 0;
	} while (n > 0);
	res("write", write(p[0], buf, 1));
	polled("poll, full", p[0]);
	edge("edge, taken", ep);
	edge("edge, full", ep);
	do {
		while ((n = read(p[1], buf, sizeof buf)) > 0)
			got += n;
		settle();
		n = read(p[1], buf, sizeof buf);
		got += n > 0 ? n : 0;
	} while (n > 0);
	line("all arrived", "%d", got == sent);
	edge("edge, drained", ep);
	polled("poll, drained", p[0]);
	close(ep);
	close(p[0]);
	close(p[1]);
}

static void
stream_flags(void)
{
	char a[8], b[8];
	struct iovec iov[2] = { { a, 3 }, { b, 8 } };
	struct timeval tv = { 0, 50000 };
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	int p[2], n = -1;

	scene = "stream calls";
	pair(p);
	res("writev", writev(p[0], (struct iovec[]){ { strdup("abc"), 3 },
	    { strdup("defg"), 4 } }, 2));
	settle();
	res("readv", readv(p[1], iov, 2));
	line("readv bytes", "%.3s %.4s", a, b);
	res("recv DONTWAIT", recv(p[1], a, 1, MSG_DONTWAIT));
	yes("SO_RCVTIMEO", setsockopt(p[1], SOL_SOCKET, SO_RCVTIMEO, &tv,
	    sizeof tv));
	res("recv with timeout", recv(p[1], a, 1, 0));
	write_all(p[0], "12", 2);
	settle();
	write_all(p[0], "34", 2);
	res("recv WAITALL", recv(p[1], a, 4, MSG_WAITALL));
	usleep(250000);		/* as long as an acknowledgement may take */
	ioctl(p[0], SIOCOUTQ, &n);
	line("SIOCOUTQ, read by the peer", "%d", n);
	write_all(p[0], "z", 1);
	settle();
	from.sin_family = 77;
	res("recvfrom", recvfrom(p[1], a, 1, 0, (struct sockaddr *)&from,
	    &len));
	line("recvfrom address length", "%u", (unsigned)len);
	res("sendto with an address", sendto(p[0], "y", 1, 0,
	    (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET },
	    sizeof from));
	close(p[0]);
	close(p[1]);
}

static void
accept_timeout(void)
{
	struct timeval tv = { 0, 50000 };
	int l = listener(self, 0);

	scene = "accept with SO_RCVTIMEO";
	yes("set", setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv));
	res("accept", accept(l, NULL, NULL));
	close(l);
}

static void
addresses(void)
{
	struct sockaddr_in sin = in4(self, 0);
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	struct sockaddr_storage ss;
	socklen_t len;
	int s = xsocket(SOCK_STREAM), l = listener(self, 0), p[2];

	scene = "addresses";
	res("bind, short", bind(s, (struct sockaddr *)&sin, 8));
	res("bind, of another family", bind(s, (struct sockaddr *)&sin6,
	    sizeof sin6));
	res("bind, not ours", bindto(s, "192.0.2.1", 0));
	res("bind, in use", bindto(s, self, port_of(l)));
	res("bind, NULL", bind(s, NULL, sizeof sin));
	res("bind", bindto(s, self, 0));
	res("bind again", bindto(s, self, 0));
	res("connect, short", connect(s, (struct sockaddr *)&sin, 8));
	res("connect to port 0", connectto(s, self, 0));
	close(s);
	pair(p);
	len = 4;
	res("getsockname, little room", getsockname(p[0],
	    (struct sockaddr *)&ss, &len));
	line("length", "%u", (unsigned)len);
	len = sizeof ss;
	res("getpeername", getpeername(p[0], (struct sockaddr *)&ss, &len));
	line("length", "%u", (unsigned)len);
	len = (socklen_t)-1;
	res("getsockname, negative length", getsockname(p[0],
	    (struct sockaddr *)&ss, &len));
	res("getsockname, NULL", getsockname(p[0], NULL, NULL));
	res("connect again", connectto(p[0], self, port_of(l)));
	res("bind when connected", bindto(p[0], self, 0));
	res("listen when connected", listen(p[0], 1));
	close(p[0]);
	close(p[1]);
	close(l);
}

static void
reuse(void)
{
	int a = xsocket(SOCK_STREAM), b = xsocket(SOCK_STREAM), one = 1, port;

	scene = "SO_REUSEPORT";
	setsockopt(a, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	yes("first bind", bindto(a, self, 0));
	port = port_of(a);
	yes("listen", listen(a, 5));
	res("second bind without", bindto(b, self, port));
	setsockopt(b, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	res("second bind with", bindto(b, self, port));
	yes("second listen", listen(b, 5));
	close(a);
	close(b);

	scene = "SO_REUSEADDR";
	a = xsocket(SOCK_STREAM);
	b = xsocket(SOCK_STREAM);
	setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(b, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	yes("first bind", bindto(a, self, 0));
	yes("listen", listen(a, 5));
	res("second bind to a listener's port", bindto(b, self, port_of(a)));
	close(a);
	close(b);
}

static void
options(void)
{
	struct linger lg = { 1, 7 };
	struct tcp_info ti;
	socklen_t len = sizeof lg;
	char small = 1;
	int s = xsocket(SOCK_STREAM), p[2];

	scene = "options";
	int_opt("SO_TYPE", s, SOL_SOCKET, SO_TYPE);
	int_opt("SO_DOMAIN", s, SOL_SOCKET, SO_DOMAIN);
	int_opt("SO_PROTOCOL", s, SOL_SOCKET, SO_PROTOCOL);
	int_opt("SO_ACCEPTCONN", s, SOL_SOCKET, SO_ACCEPTCONN);
	int_opt("SO_REUSEADDR", s, SOL_SOCKET, SO_REUSEADDR);
	set_int("set SO_REUSEADDR", s, SOL_SOCKET, SO_REUSEADDR, 1);
	int_opt("SO_REUSEADDR", s, SOL_SOCKET, SO_REUSEADDR);
	int_opt("SO_KEEPALIVE", s, SOL_SOCKET, SO_KEEPALIVE);
	set_int("set SO_KEEPALIVE", s, SOL_SOCKET, SO_KEEPALIVE, 1);
	int_opt("SO_KEEPALIVE", s, SOL_SOCKET, SO_KEEPALIVE);
	set_int("set SO_REUSEPORT", s, SOL_SOCKET, SO_REUSEPORT, 1);
	int_opt("SO_REUSEPORT", s, SOL_SOCKET, SO_REUSEPORT);
	int_opt("SO_BROADCAST", s, SOL_SOCKET, SO_BROADCAST);
	int_opt("TCP_NODELAY", s, IPPROTO_TCP, TCP_NODELAY);
	set_int("set TCP_NODELAY", s, IPPROTO_TCP, TCP_NODELAY, 1);
	int_opt("TCP_NODELAY", s, IPPROTO_TCP, TCP_NODELAY);
	set_int("set TCP_KEEPIDLE", s, IPPROTO_TCP, TCP_KEEPIDLE, 33);
	int_opt("TCP_KEEPIDLE", s, IPPROTO_TCP, TCP_KEEPIDLE);
	set_int("set TCP_KEEPINTVL", s, IPPROTO_TCP, TCP_KEEPINTVL, 11);
	int_opt("TCP_KEEPINTVL", s, IPPROTO_TCP, TCP_KEEPINTVL);
	set_int("set TCP_KEEPCNT", s, IPPROTO_TCP, TCP_KEEPCNT, 5);
	int_opt("TCP_KEEPCNT", s, IPPROTO_TCP, TCP_KEEPCNT);
	set_int("set TCP_CORK", s, IPPROTO_TCP, TCP_CORK, 1);
	int_opt("IP_TTL", s, IPPROTO_IP, IP_TTL);
	set_int("set IP_TTL", s, IPPROTO_IP, IP_TTL, 33);
	int_opt("IP_TTL", s, IPPROTO_IP, IP_TTL);
	set_int("set IP_TTL 256", s, IPPROTO_IP, IP_TTL, 256);
	set_int("set IP_TOS", s, IPPROTO_IP, IP_TOS, 0x10);
	int_opt("IP_TOS", s, IPPROTO_IP, IP_TOS);
	yes("set SO_LINGER", setsockopt(s, SOL_SOCKET, SO_LINGER, &lg,
	    sizeof lg));
	lg.l_onoff = lg.l_linger = 0;
	yes("SO_LINGER", getsockopt(s, SOL_SOCKET, SO_LINGER, &lg, &len));
	line("SO_LINGER is", "%d %d", lg.l_onoff, lg.l_linger);
	res("set SO_KEEPALIVE, one byte", setsockopt(s, SOL_SOCKET,
	    SO_KEEPALIVE, &small, 1));
	res("set SO_KEEPALIVE, NULL", setsockopt(s, SOL_SOCKET, SO_KEEPALIVE,
	    NULL, 4));
	int_opt("unknown option", s, IPPROTO_TCP, 9999);
	int_opt("unknown level", s, 9999, 1);
	set_int("set SO_TYPE", s, SOL_SOCKET, SO_TYPE, 1);
	set_int("set SO_RCVBUF", s, SOL_SOCKET, SO_RCVBUF, 65536);
	close(s);

	pair(p);
	memset(&ti, 0, sizeof ti);
	len = sizeof ti;
	yes("TCP_INFO", getsockopt(p[0], IPPROTO_TCP, TCP_INFO, &ti, &len));
	line("TCP_INFO state", "%d", ti.tcpi_state);
	close(p[0]);
	close(p[1]);
}

static void
sockets(void)
{
	int s;

	scene = "socket()";
	res("unknown type", socket(AF_INET, 77, 0));
	res("unknown protocol", socket(AF_INET, SOCK_STREAM, 77));
	res("UDP stream", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	res("TCP datagram", socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
	res("unknown family", socket(200, SOCK_STREAM, 0));
	s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    IPPROTO_TCP);
	line("flags", "%d %d", (fcntl(s, F_GETFL) & O_NONBLOCK) != 0,
	    fcntl(s, F_GETFD) & FD_CLOEXEC);
	res("close", close(s));
	res("close again", close(s));
	res("bind when closed", bindto(s, self, 0));
	s = open("/dev/null", O_RDONLY);
	res("getsockname of a file", getsockname(s, (struct sockaddr *)
	    &(struct sockaddr_in){ 0 }, &(socklen_t){ sizeof(int) }));
}

/* ---- datagrams ---- */

static void
udp_basics(void)
{
	struct sockaddr_in from, to;
	socklen_t len = sizeof from;
	int a = xsocket(SOCK_DGRAM), b = xsocket(SOCK_DGRAM), n = -1, ep;
	char buf[64];

	scene = "udp";
	polled("poll, fresh", a);
	bindto(a, self, 0);
	ep = edges(a);
	edge("edge, bound", ep);
	nonblock(a);
	res("read, nothing", read(a, buf, 1));
	to = name_of(a);
	res("write, no peer", write(b, "x", 1));
	res("sendto", sendto(b, "hello", 5, 0, (struct sockaddr *)&to,
	    sizeof to));
	edge("edge, a datagram", ep);
	res("sendto", sendto(b, "second", 6, 0, (struct sockaddr *)&to,
	    sizeof to));
	edge("edge, another", ep);
	polled("poll, two wait", a);
	ioctl(a, FIONREAD, &n);
	line("FIONREAD", "%d", n);
	res("peek", recv(a, buf, sizeof buf, MSG_PEEK));
	res("recvfrom", recvfrom(a, buf, sizeof buf, 0,
	    (struct sockaddr *)&from, &len));
	line("its sender", "%d len %u", from.sin_port == name_of(b).sin_port &&
	    is_addr(from, self), (unsigned)len);
	res("recv, cut", recv(a, buf, 2, 0));
	res("recv, the rest is gone", recv(a, buf, 2, 0));
	res("sendto, empty", sendto(b, "", 0, 0, (struct sockaddr *)&to,
	    sizeof to));
	settle();
	res("recv, empty", recv(a, buf, 2, 0));
	sendto(b, "12345678", 8, 0, (struct sockaddr *)&to, sizeof to);
	settle();
	res("recv TRUNC", recv(a, buf, 2, MSG_TRUNC));
	close(ep);
	close(a);
	close(b);
}

static void
udp_messages(void)
{
	char b1[8], b2[8], name[128];
	struct iovec iov[2] = { { b1, 2 }, { b2, 3 } };
	struct msghdr m = { .msg_name = name, .msg_namelen = sizeof name,
	    .msg_iov = iov, .msg_iovlen = 2 };
	struct mmsghdr mm[3];
	struct sockaddr_in to;
	int a = xsocket(SOCK_DGRAM), b = xsocket(SOCK_DGRAM), i;

	scene = "udp messages";
	bindto(a, self, 0);
	to = name_of(a);
	memset(mm, 0, sizeof mm);
	memcpy(b1, "abc", 3);
	memcpy(b2, "defg", 4);
	for (i = 0; i < 3; i++) {
		mm[i].msg_hdr.msg_name = &to;
		mm[i].msg_hdr.msg_namelen = sizeof to;
		mm[i].msg_hdr.msg_iov = iov;
		mm[i].msg_hdr.msg_iovlen = (size_t)(i > 0 ? 2 : 1);
	}
	res("sendmmsg", sendmmsg(b, mm, 3, 0));
	line("lengths", "%u %u %u", mm[0].msg_len, mm[1].msg_len,
	    mm[2].msg_len);
	settle();
	iov[1].iov_len = 1;
	res("recvmsg", recvmsg(a, &m, 0));
	line("flags", "%s", m.msg_flags & MSG_TRUNC ? "TRUNC" : "none");
	line("name length", "%u", (unsigned)m.msg_namelen);
	res("recvmsg, cut", recvmsg(a, &m, 0));
	line("flags", "%s", m.msg_flags & MSG_TRUNC ? "TRUNC" : "none");
	for (i = 0; i < 3; i++)
		mm[i].msg_hdr.msg_namelen = 0;
	res("recvmmsg", recvmmsg(a, mm, 3, MSG_DONTWAIT, NULL));
	line("length", "%u", mm[0].msg_len);
	close(a);
	close(b);
}

static void
udp_connected(void)
{
	struct sockaddr un = { .sa_family = AF_UNSPEC };
	struct sockaddr_in to;
	int a = xsocket(SOCK_DGRAM), b = xsocket(SOCK_DGRAM),
	    c = xsocket(SOCK_DGRAM);
	static char big[70000];
	char buf[64];

	scene = "udp connected";
	bindto(a, self, 0);
	bindto(b, self, 0);
	res("connect", connectto(a, self, port_of(b)));
	line("peer is known", "%d", peer_of(a).sin_family == AF_INET);
	res("write", write(a, "x", 1));
	settle();
	res("read by the peer", recv(b, buf, sizeof buf, MSG_DONTWAIT));
	to = name_of(a);
	sendto(c, "alien", 5, 0, (struct sockaddr *)&to, sizeof to);
	settle();
	res("read of an alien's", recv(a, buf, sizeof buf, MSG_DONTWAIT));
	sendto(b, "peer", 4, 0, (struct sockaddr *)&to, sizeof to);
	settle();
	res("read of the peer's", recv(a, buf, sizeof buf, MSG_DONTWAIT));
	res("connect elsewhere", connectto(a, self, port_of(c)));
	res("disconnect", connect(a, &un, sizeof un));
	line("peer is known", "%d", peer_of(a).sin_family == AF_INET);
	res("write then", write(a, "x", 1));
	to = name_of(b);
	res("too long", sendto(a, big, sizeof big, 0, (struct sockaddr *)&to,
	    sizeof to));
	res("shutdown, not connected", shutdown(a, SHUT_RDWR));
	close(a);
	close(b);
	close(c);
}

static void
udp_refused(void)
{
	int a = xsocket(SOCK_DGRAM), b = xsocket(SOCK_DGRAM);
	char c;

	scene = "udp refused";
	bindto(b, self, 0);
	connectto(a, self, port_of(b));
	close(b);
	settle();
	res("first write", write(a, "x", 1));
	polled("poll", a);
	res("read", recv(a, &c, 1, MSG_DONTWAIT));
	polled("poll after it", a);
	res("write", write(a, "x", 1));
	settle();
	res("write, told so", write(a, "x", 1));
	settle();
	error_of(a);
	close(a);
}

static void
udp_shutdown(void)
{
	int a = xsocket(SOCK_DGRAM), b = xsocket(SOCK_DGRAM);
	char c;

	scene = "udp shutdown";
	bindto(b, self, 0);
	connectto(a, self, port_of(b));
	res("shutdown(RD)", shutdown(a, SHUT_RD));
	res("read", recv(a, &c, 1, 0));
	res("shutdown(WR)", shutdown(a, SHUT_WR));
	res("write", send(a, "x", 1, MSG_NOSIGNAL));
	polled("poll", a);
	close(a);
	close(b);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_alarm };

	if (argc != 2)
		errx(2, "usage: events ADDRESS");
	self = argv[1];
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGALRM, &sa, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	fresh();
	listening();
	unbound_listen();
	connect_refused();
	connect_nonblocking();
	data_and_fin();
	peer_closes();
	peer_resets();
	reset_before_accept();
	full_buffer();
	stream_flags();
	accept_timeout();
	addresses();
	reuse();
	options();
	sockets();
	udp_basics();
	udp_messages();
	udp_connected();
	udp_refused();
	udp_shutdown();
	return 0;
}
