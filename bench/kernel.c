/*
 * kernel WORK: what capacity does, on the Linux kernel.
 *
 *	bind			bind() without a port in a range of 16384, at
 *				the same fills
 *	connect			the same for connect() to one destination
 *	listeners N		N listeners on one port, one per address of
 *				127/8, then how long their listings take
 *
 * Runs in a network namespace of its own, whose lo has all of 127/8.  Where
 * descriptors run out more processes are made; they hold their listeners until
 * the parent's end of a pipe is closed.  One line a figure: `name value unit'.
 */
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST	49152
#define PORTS	16384
#define SERVER	80
#define ROUND_NS 200000000LL	/* time given to each fill */
#define MAXPROCS 64
#define SPARE	64		/* descriptors kept free */

static const struct {
	const char *name;
	unsigned used;
} fills[] = {
	{ "0", 0 }, { "10", PORTS / 10 }, { "50", PORTS / 2 },
	{ "75", PORTS * 3 / 4 }, { "90", PORTS * 9 / 10 },
	{ "99", PORTS * 99 / 100 }, { "99.9", PORTS - 16 },
	{ "99.99", PORTS - 2 }, { "full", PORTS },
};

static long long
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* ---- the namespace ---- */

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
	close(fd);
}

static void
own_namespace(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int s;

	if (unshare(CLONE_NEWNET) < 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		err(1, "network namespace");
	s = socket(AF_INET, SOCK_DGRAM, 0);
	if (s < 0 || ioctl(s, SIOCSIFFLAGS, &ifr) < 0)
		err(1, "lo");
	close(s);
	put("/proc/sys/net/ipv4/ip_local_port_range", "49152 65535");
	put("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
}

/* As many descriptors as this process may have. */
static unsigned long
descriptors(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		err(1, "getrlimit");
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	return rl.rlim_max > 1000000 ? 1000000 : rl.rlim_max;
}

/* ---- ports ---- */

static struct sockaddr_in
address(in_addr_t host, unsigned port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(host),
		.sin_port = htons((in_port_t)port),
	};
}

static int
tcp(void)
{
	int s = socket(AF_INET, SOCK_STREAM, 0);

	if (s < 0)
		err(1, "socket");
	return s;
}

static int
do_bind(int s)
{
	struct sockaddr_in sin = address(INADDR_LOOPBACK, 0);

	return bind(s, (struct sockaddr *)&sin, sizeof(sin));
}

/* Nobody listens there, and what is sent there is lost: see silence(). */
static int
do_connect(int s)
{
	struct sockaddr_in sin = address(INADDR_LOOPBACK, SERVER);

	if (connect(s, (struct sockaddr *)&sin, sizeof(sin)) == 0 ||
	    errno == EINPROGRESS)
		return 0;
	return -1;
}

/* A listener whose queue is full does not answer: the SYNs stay unanswered, and
 * what is timed is the choice of a port. */
static void
silence(void)
{
	struct sockaddr_in sin = address(INADDR_LOOPBACK, SERVER);
	int i, s = tcp();

	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    listen(s, 1) < 0)
		err(1, "listener");
	sin = address(INADDR_LOOPBACK + 1, FIRST - 1);
	for (i = 0; i < 8; i++) {
		struct sockaddr_in to = address(INADDR_LOOPBACK, SERVER);
		int c = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

		sin.sin_port = htons((in_port_t)(1000 + i));
		if (c < 0 || bind(c, (struct sockaddr *)&sin,
		    sizeof(sin)) < 0)
			err(1, "filler");
		(void)connect(c, (struct sockaddr *)&to, sizeof(to));
	}
}

static int
new_socket(void)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (s < 0)
		err(1, "socket");
	return s;
}

/* us of one call, on average. */
static double
one_call(int (*call)(int), int refused)
{
	long long end = now() + ROUND_NS, sum = 0, t, n = 0;
	int s, r;

	for (; now() < end; n++) {
		s = new_socket();
		t = now();
		r = call(s);
		sum += now() - t;
		if ((r != 0) != refused)
			err(1, "unexpected answer");
		close(s);
	}
	return (double)sum / (double)n / 1e3;
}

static void
ports(const char *name, int (*call)(int))
{
	unsigned used = 0;
	size_t i;

	for (i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		for (; used < fills[i].used; used++)
			if (call(new_socket()) != 0)
				err(1, "fill");
		printf("%s.%s %.3f us\n", name, fills[i].name,
		    one_call(call, fills[i].used == PORTS));
		fflush(stdout);
	}
}

/* ---- listeners ---- */

static double
meminfo(const char *name)
{
	FILE *f = fopen("/proc/meminfo", "r");
	size_t len = strlen(name);
	double kb = 0;
	char line[128];

	if (f == NULL)
		err(1, "/proc/meminfo");
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, len) == 0)
			kb = atof(line + len);
	fclose(f);
	return kb * 1024;
}

static void
listen_at(unsigned long i)
{
	struct sockaddr_in sin = address(0x7f000001 + (in_addr_t)i, SERVER);
	int s = tcp();

	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		err(1, "bind");
	if (listen(s, 128) < 0)
		err(1, "listen");
}

/* Listeners from first up to end; says when; until wait's other end closes. */
static void
holder(unsigned long first, unsigned long end, int said, int waits)
{
	char c = 0;

	while (first < end)
		listen_at(first++);
	if (write(said, &c, 1) == 1)
		(void)!read(waits, &c, 1);
	_exit(0);
}

/* us that one listener took. */
static double
make_listeners(unsigned long n, unsigned long each, pid_t *pid, int *np,
    int *hold)
{
	int said[2], waits[2];
	long long t = now();
	unsigned long i;
	char c;

	if (pipe2(said, O_CLOEXEC) < 0 || pipe2(waits, O_CLOEXEC) < 0)
		err(1, "pipe");
	for (i = 0; i < n; i += each) {
		if (*np == MAXPROCS)
			errx(1, "too few descriptors for %lu", n);
		if ((pid[(*np)++] = fork()) == 0) {
			close(waits[1]);
			close(said[0]);
			holder(i, i + each < n ? i + each : n, said[1],
			    waits[0]);
		}
		if (*np > 0 && pid[*np - 1] < 0)
			err(1, "fork");
		close(i + each >= n ? said[1] : -1);
		if (read(said[0], &c, 1) != 1)
			errx(1, "a process failed");
	}
	*hold = waits[1];
	return (double)(now() - t) / (double)n / 1e3;
}

static void
listing(const char *name, const char *size, unsigned long n,
    const char *command)
{
	char text[256];
	long long t;

	snprintf(text, sizeof(text), "command -v %s >/dev/null", command);
	if (system(text) != 0)
		return;
	snprintf(text, sizeof(text), "%s >/dev/null", command);
	t = now();
	if (system(text) != 0)
		return;
	t = now() - t;
	printf("listing.%s.%s %.3f s\n", size, name, (double)t / 1e9);
	printf("listing.%s.%s.rate %.0f records/s\n", size, name,
	    (double)n * 1e9 / (double)t);
	fflush(stdout);
}

static void
listeners(const char *size)
{
	unsigned long n = strtoul(size, NULL, 10), each = descriptors() - SPARE;
	double before, us;
	pid_t pid[MAXPROCS];
	int np = 0, hold = -1, i;

	n *= strchr(size, 'M') != NULL ? 1000000 :
	    strchr(size, 'k') != NULL ? 1000 : 1;
	before = meminfo("Slab:");
	us = make_listeners(n, each, pid, &np, &hold);
	printf("listener.%s.make %.3f us\n", size, us);
	printf("listener.%s.memory %.0f B\n", size,
	    (meminfo("Slab:") - before) / (double)n);
	fflush(stdout);
	listing("proc", size, n, "cat /proc/net/tcp");
	listing("ss", size, n, "ss -Htan");
	listing("netstat", size, n, "/bin/netstat -tan");
	close(hold);
	for (i = 0; i < np; i++) {
		kill(pid[i], SIGTERM);
		waitpid(pid[i], NULL, 0);
	}
}

static void
usage(void)
{
	fputs("usage: kernel bind|connect|listeners N\n", stderr);
	exit(2);
}

int
main(int argc, char **argv)
{
	if (argc < 2 || argc != (strcmp(argv[1], "listeners") == 0 ? 3 : 2))
		usage();
	(void)descriptors();
	own_namespace();
	if (strcmp(argv[1], "bind") == 0) {
		ports("bind", do_bind);
	} else if (strcmp(argv[1], "connect") == 0) {
		silence();
		ports("connect", do_connect);
	} else if (strcmp(argv[1], "listeners") == 0) {
		listeners(argv[2]);
	} else {
		usage();
	}
	return 0;
}
