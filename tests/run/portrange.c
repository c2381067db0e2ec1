/*
 * IP_PORTRANGE from a program's side.
 *
 *	portrange ranges DEFLO DEFHI HIGHLO HIGHHI LOWLO LOWHI
 *			each setting picks from its range; bad values
 *	portrange unprivileged
 *			as a uid that is not 0: low ports are refused
 *	portrange full LO HI PEER PORT
 *			the default range is LO..HI: use it up, by bind and by
 *			connect to a server
 *	portrange pick	print the port that bind to port 0 picks
 */

#include "include/bsd/netinet/ip_portrange.h"
#include "tests/run/t.h"

#define PICKS 64

static int
setrange(int s, int which)
{
	return setsockopt(s, IPPROTO_IP, IP_PORTRANGE, &which, sizeof which);
}

static void
picks_from(int type, int which, int lo, int hi, const char *name)
{
	int i, s, port = 0, first = 0, differ = 0, val = -1;
	socklen_t len = sizeof val;
	bool in = true;

	for (i = 0; i < PICKS && in; i++) {
		s = xsocket(type);
		in = setrange(s, which) == 0 && bindto(s, "0.0.0.0", 0) == 0;
		port = in ? port_of(s) : 0;
		in = in && port >= lo && port <= hi;
		if (i == 0)
			first = port;
		differ += port != first;
		if (i == 0)
			ok(getsockopt(s, IPPROTO_IP, IP_PORTRANGE, &val,
			    &len) == 0 && val == which,
			    "%s: getsockopt reads back the range", name);
		close(s);
	}
	ok(in, "%s: %d binds to port 0 stay in %d-%d (last %d)", name, PICKS,
	    lo, hi, port);
	ok(differ > 0, "%s: and do not all pick the same", name);
}

static void
bad_values(void)
{
	int s = xsocket(SOCK_STREAM), v = 1;

	fails(setrange(s, 3), EINVAL, "a range that is none is EINVAL");
	fails(setrange(s, -1), EINVAL, "and so is a negative one");
	fails(setsockopt(s, IPPROTO_IP, IP_PORTRANGE, &v, 0), EINVAL,
	    "and a value of no bytes");
	close(s);
}

static void
ranges(char **argv)
{
	int lim[6], i;

	for (i = 0; i < 6; i++)
		lim[i] = atoi(argv[i]);
	picks_from(SOCK_STREAM, IP_PORTRANGE_DEFAULT, lim[0], lim[1],
	    "tcp default");
	picks_from(SOCK_STREAM, IP_PORTRANGE_HIGH, lim[2], lim[3], "tcp high");
	picks_from(SOCK_DGRAM, IP_PORTRANGE_HIGH, lim[2], lim[3], "udp high");
	if (getuid() == 0)
		picks_from(SOCK_STREAM, IP_PORTRANGE_LOW,
		    lim[4] < lim[5] ? lim[4] : lim[5],
		    lim[4] < lim[5] ? lim[5] : lim[4], "tcp low");
	bad_values();
}

static void
unprivileged(void)
{
	int s;

	if (getuid() == 0 && setuid(1) != 0) {
		printf("skip - the low range needs privilege: the jail has no "
		    "user but 0 (no /etc/subuid grant)\n");
		return;
	}
	s = xsocket(SOCK_STREAM);
	ok(getuid() != 0, "the program is not the superuser of the jail");
	/* BSD says EPERM from either call; Linux EACCES for a reserved port */
	ok((setrange(s, IP_PORTRANGE_LOW) != 0 ||
	    bindto(s, "0.0.0.0", 0) != 0) &&
	    (errno == EPERM || errno == EACCES),
	    "the low range is refused to it");
	close(s);
	s = xsocket(SOCK_STREAM);
	fails(bindto(s, "0.0.0.0", 80), EACCES,
	    "and so is a reserved port by number");
	close(s);
}

static void
full_by_bind(int lo, int hi)
{
	int n = hi - lo + 1, i, s, *fd = calloc((size_t)n, sizeof *fd);
	unsigned char *seen = calloc((size_t)n, 1);
	bool all = true, once = true;

	for (i = 0; i < n; i++) {
		fd[i] = xsocket(SOCK_STREAM);
		all = all && bindto(fd[i], "0.0.0.0", 0) == 0;
		if (all)
			once = once && !seen[port_of(fd[i]) - lo]++;
	}
	ok(all, "every one of %d ports of the range can be had", n);
	ok(once, "each exactly once");
	s = xsocket(SOCK_STREAM);
	fails(bindto(s, "0.0.0.0", 0), EADDRINUSE,
	    "the next bind is refused with EADDRINUSE");
	close(fd[n / 2]);
	ok(bindto(s, "0.0.0.0", 0) == 0, "after a close there is one again");
	close(s);
	for (i = 0; i < n; i++)
		if (i != n / 2)
			close(fd[i]);
	free(fd);
	free(seen);
}

static void
full_by_connect(int lo, int hi, const char *peer, int port)
{
	int n = hi - lo + 1, i, s, *fd = calloc((size_t)n, sizeof *fd);
	bool all = true;

	for (i = 0; i < n; i++) {
		fd[i] = xsocket(SOCK_STREAM);
		all = all && connectto(fd[i], peer, port) == 0 &&
		    port_of(fd[i]) >= lo && port_of(fd[i]) <= hi;
	}
	ok(all, "%d connections to one destination use the whole range", n);
	s = xsocket(SOCK_STREAM);
	fails(connectto(s, peer, port), EADDRNOTAVAIL,
	    "one more is refused with EADDRNOTAVAIL");
	close(s);
	s = xsocket(SOCK_STREAM);
	ok(connectto(s, peer, port + 1) == 0,
	    "the same ports serve another destination");
	close(s);
	for (i = 0; i < n; i++)
		close(fd[i]);
	free(fd);
}

int
main(int argc, char **argv)
{
	if (argc == 8 && strcmp(argv[1], "ranges") == 0)
		ranges(argv + 2);
	else if (argc == 2 && strcmp(argv[1], "unprivileged") == 0)
		unprivileged();
	else if (argc == 6 && strcmp(argv[1], "full") == 0) {
		full_by_bind(atoi(argv[2]), atoi(argv[3]));
		full_by_connect(atoi(argv[2]), atoi(argv[3]), argv[4],
		    atoi(argv[5]));
	} else if (argc == 2 && strcmp(argv[1], "pick") == 0) {
		int s = xsocket(SOCK_STREAM);

		if (bindto(s, "0.0.0.0", 0) != 0)
			err(1, "bind");
		printf("%d\n", port_of(s));
	} else
		errx(2, "usage: portrange ranges|unprivileged|full|pick ...");
	return t_failures > 0;
}
