/*
 * crowd: sockets whose holder the daemon has to look for, among many.
 *
 *	crowd N ADDRESS PORT	N processes that do nothing; then connect, hand
 *				the socket to a child and end: the child, which
 *				never made a socket call, says "held", and when
 *				it is sent a byte on its standard input reads
 *				until the end, and says how that was
 *	crowd accept PORT N	N threads in accept() of one listener; say how many
 *				at each byte on standard input: the first
 *				shuts the listener down
 *	crowd sockets N ADDRESS PORT  N sockets, a third of them listeners, a third
 *				datagram sockets, a third connected to a
 *				listener of its own; wait for a byte
 *	crowd pingpong ADDRESS PORT   a byte there and back until standard input
 *				ends; then say how often
 *	crowd ping SOCKET N	ask the daemon N times at once whether it is there
 *	crowd reset PORT N	accept one, send N bytes, wait for a byte on
 *				standard input, reset the connection
 */

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "base/ctlmsg.h"
#include "tests/run/t.h"

static void
await_byte(void)
{
	char c;

	if (read(0, &c, 1) != 1)
		err(1, "standard input");
}

/* Only plain system calls on the socket from here on. */
static void
hold(int s)
{
	char buf[4096];
	size_t total = 0;
	ssize_t n;

	puts("held");
	await_byte();
	while ((n = read(s, buf, sizeof(buf))) > 0)
		total += (size_t)n;
	printf("%zu %s\n", total, n == 0 ? "end" : strerror(errno));
	exit(0);
}

static void
crowd(int n, const char *addr, int port)
{
	int s, p[2];

	/* They end with the last who could write to them. */
	if (pipe(p) < 0)
		err(1, "pipe");
	for (int i = 0; i < n; i++)
		if (fork() == 0) {
			close(p[1]);
			_exit((int)read(p[0], &s, 1));
		}
	s = xsocket(SOCK_STREAM);
	if (connectto(s, addr, port) != 0)
		err(1, "connect");
	if (fork() == 0)
		hold(s);
	exit(0);
}

static void
reset(int port, size_t n)
{
	const struct linger l = { 1, 0 };
	char *buf = calloc(1, n);
	int c = accept(listener("0.0.0.0", port), NULL, NULL);

	if (c < 0 || buf == NULL || write_all(c, buf, n) != 1)
		err(1, "send");
	free(buf);
	puts("sent");
	await_byte();
	if (setsockopt(c, SOL_SOCKET, SO_LINGER, &l, sizeof(l)) < 0)
		err(1, "SO_LINGER");
	close(c);
	exit(0);
}

static int listening;
static atomic_int in_accept, accepted, refused;

static void *
accepting(void *arg)
{
	int c;

	atomic_fetch_add(&in_accept, 1);
	while ((c = accept(listening, NULL, NULL)) >= 0) {
		atomic_fetch_add(&accepted, 1);
		close(c);
	}
	if (errno == EINVAL)
		atomic_fetch_add(&refused, 1);
	return arg;
}

/* Wait until count is n; it will be, or the caller's time is up. */
static void
await_count(atomic_int *count, int n)
{
	while (atomic_load(count) != n)
		usleep(10000);
}

static void
accept_threads(int port, int n)
{
	pthread_attr_t small;
	pthread_t t;

	listening = listener("0.0.0.0", port);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < n; i++)
		if (pthread_create(&t, &small, accepting, NULL) != 0)
			errx(1, "%d threads", i);
	await_count(&in_accept, n);
	puts("in accept");
	await_byte();
	printf("accepted %d\n", atomic_load(&accepted));
	shutdown(listening, SHUT_RDWR);
	await_count(&refused, n);
	printf("refused %d\n", n);
	await_byte();
	exit(0);
}

static void
one_socket(int i, int l, const char *addr, int port)
{
	if (i % 3 == 0)
		listener("0.0.0.0", 0);
	else if (i % 3 == 1) {
		if (bindto(xsocket(SOCK_DGRAM), "0.0.0.0", 0) != 0)
			err(1, "bind");
	} else if (connectto(xsocket(SOCK_STREAM), addr, port) != 0 ||
	    accept(l, NULL, NULL) < 0)
		err(1, "connect");
}

/* By several processes, as one may not have so many. */
static void
sockets(int n, const char *addr, int port)
{
	int l = listener("0.0.0.0", port), i = 0, p[2], end[2];
	struct rlimit rl;
	char c;

	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	if (pipe(end) < 0)
		err(1, "pipe");
	for (; n > 0; n -= 3000) {
		if (pipe(p) < 0)
			err(1, "pipe");
		if (fork() == 0) {
			close(end[1]);
			for (i = 0; i < n && i < 3000; i++)
				one_socket(i, l, addr, port);
			if (write(p[1], "", 1) != 1)
				err(1, "pipe");
			_exit((int)read(end[0], &c, 1));
		}
		close(p[1]);
		if (read(p[0], &c, 1) != 1)
			errx(1, "a child has not made its sockets");
		close(p[0]);
	}
	puts("there");
	await_byte();
	exit(0);
}

static void
pingpong(const char *addr, int port)
{
	struct pollfd in = { .fd = 0, .events = POLLIN };
	int s = xsocket(SOCK_STREAM);
	unsigned long n = 0;
	char c = 'x';

	if (connectto(s, addr, port) != 0)
		err(1, "connect");
	while (poll(&in, 1, 0) == 0) {
		if (write_all(s, &c, 1) != 1 || read_all(s, &c, 1) != 1)
			err(1, "ping-pong");
		if (n++ == 0)
			puts("begun");
	}
	printf("%lu times\n", n);
	exit(0);
}

static void
ping(const char *path, size_t n)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct ctlmsg m = { .len = sizeof(m), .op = CTL_PING };
	struct ctlmsg *all = calloc(n, sizeof(m));
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t i;

	strcpy(sun.sun_path, path);
	if (all == NULL || s < 0 ||
	    connect(s, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		err(1, "%s", path);
	for (i = 0; i < n; i++)
		all[i] = m;
	if (write_all(s, (char *)all, n * sizeof(m)) != 1 ||
	    read_all(s, (char *)all, n * sizeof(m)) != 1)
		err(1, "control socket");
	for (i = 0; i < n && all[i].op == CTL_END && all[i].error == 0; i++)
		continue;
	printf("%zu answers\n", i);
	exit(0);
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && strcmp(argv[1], "reset") == 0)
		reset(atoi(argv[2]), (size_t)atoi(argv[3]));
	else if (argc == 4 && strcmp(argv[1], "ping") == 0)
		ping(argv[2], (size_t)atoi(argv[3]));
	else if (argc == 4 && strcmp(argv[1], "accept") == 0)
		accept_threads(atoi(argv[2]), atoi(argv[3]));
	else if (argc == 4 && strcmp(argv[1], "pingpong") == 0)
		pingpong(argv[2], atoi(argv[3]));
	else if (argc == 5 && strcmp(argv[1], "sockets") == 0)
		sockets(atoi(argv[2]), argv[3], atoi(argv[4]));
	else if (argc == 4)
		crowd(atoi(argv[1]), argv[2], atoi(argv[3]));
	errx(2, "usage: crowd N address port | sockets N address port |"
	    " pingpong address port | accept port N | ping socket N |"
	    " reset port N");
}
