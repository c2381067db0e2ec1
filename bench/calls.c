/*
 * calls WHAT ADDRESS: what a program pays for a socket call.
 *
 * Runs unchanged on the kernel's loopback and in a jail, for about half a
 * second; prints microseconds.
 *
 *	getsockname	the cheapest call that needs the stack
 *	socket		socket() and close()
 *	accept		accept4() of a connection that waits
 *	connection	connect(), accept(), reset, close()
 *	pingpong	64 bytes there and back between two processes, TCP
 *	datagram	the same over UDP
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RUN_NS	500000000LL
#define BATCH	100

static struct sockaddr_in self;

static long long
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int
newsock(int type)
{
	int s = socket(AF_INET, type, 0);

	if (s < 0)
		err(1, "socket");
	return s;
}

static int
bound(int type, struct sockaddr_in *sin)
{
	socklen_t len = sizeof *sin;
	int s = newsock(type);

	*sin = self;
	if (bind(s, (struct sockaddr *)sin, len) != 0 ||
	    getsockname(s, (struct sockaddr *)sin, &len) != 0)
		err(1, "bind");
	if (type == SOCK_STREAM && listen(s, BATCH) != 0)
		err(1, "listen");
	return s;
}

static int
dial(const struct sockaddr_in *sin)
{
	struct linger lg = { 1, 0 };	/* no TIME_WAIT: ports never run out */
	int s = newsock(SOCK_STREAM);

	if (setsockopt(s, SOL_SOCKET, SO_LINGER, &lg, sizeof lg) != 0 ||
	    connect(s, (const struct sockaddr *)sin, sizeof *sin) != 0)
		err(1, "connect");
	return s;
}

static double
getsockname_us(void)
{
	struct sockaddr_in sin;
	int s = bound(SOCK_STREAM, &sin);
	long long t = now(), end = t + RUN_NS, n = 0;

	for (; now() < end; n++) {
		socklen_t len = sizeof sin;

		if (getsockname(s, (struct sockaddr *)&sin, &len) != 0)
			err(1, "getsockname");
	}
	return (double)(now() - t) / (double)n / 1e3;
}

static double
socket_us(void)
{
	long long t = now(), end = t + RUN_NS, n = 0;

	for (; now() < end; n++)
		close(newsock(SOCK_STREAM));
	return (double)(now() - t) / (double)n / 1e3;
}

static double
accept_us(void)
{
	struct sockaddr_in sin, peer;
	int l = bound(SOCK_STREAM, &sin), c[BATCH], a[BATCH], i;
	long long end = now() + RUN_NS, spent = 0, n = 0, t;

	while (now() < end) {
		for (i = 0; i < BATCH; i++)
			c[i] = dial(&sin);
		t = now();
		for (i = 0; i < BATCH; i++) {
			socklen_t len = sizeof peer;

			a[i] = accept4(l, (struct sockaddr *)&peer, &len,
			    SOCK_CLOEXEC);
			if (a[i] < 0)
				err(1, "accept4");
		}
		spent += now() - t;
		n += BATCH;
		for (i = 0; i < BATCH; i++) {
			close(c[i]);
			close(a[i]);
		}
	}
	return (double)spent / (double)n / 1e3;
}

static double
connection_us(void)
{
	struct sockaddr_in sin;
	int l = bound(SOCK_STREAM, &sin), c, a;
	long long t = now(), end = t + RUN_NS, n = 0;

	for (; now() < end; n++) {
		c = dial(&sin);
		if ((a = accept4(l, NULL, NULL, SOCK_CLOEXEC)) < 0)
			err(1, "accept4");
		close(c);
		close(a);
	}
	return (double)(now() - t) / (double)n / 1e3;
}

static void
echo_back(int s)
{
	char buf[64];
	ssize_t n;

	while ((n = read(s, buf, sizeof buf)) > 0)
		if (write(s, buf, (size_t)n) != n)
			break;
	_exit(0);
}

static double
there_and_back_us(int s, pid_t pid)
{
	char buf[64] = { 0 };
	long long t, end, n = 0;

	for (t = now(), end = t + RUN_NS; now() < end; n++)
		if (write(s, buf, sizeof buf) != (ssize_t)sizeof buf ||
		    read(s, buf, sizeof buf) <= 0)
			err(1, "pingpong");
	t = now() - t;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return (double)t / (double)n / 1e3;
}

static double
pingpong_us(void)
{
	struct sockaddr_in sin;
	int l = bound(SOCK_STREAM, &sin), s, c;
	pid_t pid;

	if ((pid = fork()) == 0) {
		if ((c = accept(l, NULL, NULL)) < 0)
			err(1, "accept");
		echo_back(c);
	}
	s = dial(&sin);
	return there_and_back_us(s, pid);
}

static double
datagram_us(void)
{
	struct sockaddr_in a, b;
	int sa = bound(SOCK_DGRAM, &a), sb = bound(SOCK_DGRAM, &b);
	pid_t pid;

	if (connect(sa, (struct sockaddr *)&b, sizeof b) != 0 ||
	    connect(sb, (struct sockaddr *)&a, sizeof a) != 0)
		err(1, "connect");
	if ((pid = fork()) == 0)
		echo_back(sb);
	return there_and_back_us(sa, pid);
}

static const struct {
	const char *name;
	double (*run)(void);
} figures[] = {
	{ "getsockname", getsockname_us },
	{ "socket", socket_us },
	{ "accept", accept_us },
	{ "connection", connection_us },
	{ "pingpong", pingpong_us },
	{ "datagram", datagram_us },
};

int
main(int argc, char **argv)
{
	size_t i;

	self.sin_family = AF_INET;
	if (argc != 3 || inet_pton(AF_INET, argv[2], &self.sin_addr) != 1)
		errx(2, "usage: calls WHAT ADDRESS");
	for (i = 0; i < sizeof figures / sizeof *figures; i++)
		if (strcmp(argv[1], figures[i].name) == 0) {
			printf("%.2f\n", figures[i].run());
			return 0;
		}
	errx(2, "no figure %s", argv[1]);
}
