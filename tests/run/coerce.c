/*
 * coerce SELF OTHER HOSTPORT CONTROL HOSTPID: what a jail may touch.
 *
 * Runs in a jail that has the one address SELF.  OTHER is the address of
 * another jail, where TCP port 80 is served; HOSTPORT is a TCP port served on
 * the host's own 127.0.0.1; CONTROL is the path of the daemon's socket, which
 * this jail's file tree contains; HOSTPID is a process outside.
 */
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <linux/if_packet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>

#include "base/ctlmsg.h"
#include "tests/run/t.h"

static const char *self, *other;

static void
bind_rules(int type, const char *proto)
{
	int s;

	s = xsocket(type);
	ok(bindto(s, "0.0.0.0", 0) == 0 && is_addr(name_of(s), self),
	    "%s: bind to 0.0.0.0 becomes the jail's address", proto);
	ok(port_of(s) != 0, "%s: and port 0 becomes a real one", proto);
	fails(bindto(s, "0.0.0.0", 0), EINVAL, "binding twice is EINVAL");
	close(s);

	s = xsocket(type);
	ok(bindto(s, "127.0.0.1", 0) == 0 && is_addr(name_of(s), self),
	    "%s: bind to 127.0.0.1 becomes the jail's address", proto);
	close(s);

	s = xsocket(type);
	ok(bindto(s, self, 0) == 0 && is_addr(name_of(s), self),
	    "%s: bind to the jail's own address", proto);
	close(s);

	s = xsocket(type);
	fails(bindto(s, other, 7000), EADDRNOTAVAIL,
	    "bind to another jail's address is EADDRNOTAVAIL");
	ok(name_of(s).sin_port == 0, "%s: and leaves the socket unbound",
	    proto);
	close(s);

	s = xsocket(type);
	fails(bindto(s, "10.77.77.77", 7000), EADDRNOTAVAIL,
	    "bind to nobody's address is EADDRNOTAVAIL");
	close(s);
}

static void
two_binds(void)
{
	int a = xsocket(SOCK_STREAM), b = xsocket(SOCK_STREAM);

	ok(bindto(a, "0.0.0.0", 7001) == 0 && listen(a, 1) == 0,
	    "listen on 0.0.0.0:7001");
	fails(bindto(b, "127.0.0.1", 7001), EADDRINUSE,
	    "127.0.0.1:7001 is then in use: it is the same address");
	close(a);
	close(b);
}

static void
refused(void)
{
	int s = xsocket(SOCK_STREAM);

	fails(connectto(s, other, 7000), ECONNREFUSED,
	    "a refused bind has left no listener behind");
	close(s);
	s = xsocket(SOCK_STREAM);
	fails(connectto(s, self, 7000), ECONNREFUSED,
	    "nor one at this jail's address");
	close(s);
}

static void
loopback_is_the_jail(int hostport)
{
	int l = listener("0.0.0.0", 7002), s = xsocket(SOCK_STREAM), c;
	char ch = 0;

	ok(connectto(s, "127.0.0.1", 7002) == 0,
	    "connect to 127.0.0.1 reaches the jail itself");
	c = accept(l, NULL, NULL);
	ok(c >= 0 && write(c, "x", 1) == 1 && read(s, &ch, 1) == 1 && ch == 'x',
	    "and bytes pass");
	ok(is_addr(name_of(s), self) && is_addr(peer_of(s), self),
	    "both ends have the jail's address");
	close(s);
	close(c);
	close(l);

	s = xsocket(SOCK_STREAM);
	fails(connectto(s, "127.0.0.1", hostport), ECONNREFUSED,
	    "127.0.0.1 never is the host: its listener cannot be reached");
	close(s);
}

static void
source_address(void)
{
	struct sockaddr_in to = in4(other, 9);
	int s = xsocket(SOCK_STREAM);

	ok(connectto(s, other, 80) == 0 && is_addr(name_of(s), self),
	    "an outgoing connection has the jail's address");
	ok(is_addr(peer_of(s), other), "and the other jail as its peer");
	close(s);

	s = xsocket(SOCK_DGRAM);
	ok(connectto(s, other, 9) == 0 && is_addr(name_of(s), self),
	    "a connected datagram socket has the jail's address");
	close(s);

	s = xsocket(SOCK_DGRAM);
	ok(sendto(s, "x", 1, 0, (struct sockaddr *)&to, sizeof to) == 1,
	    "a datagram is sent without bind");
	ok(port_of(s) != 0, "and fixes the port");
	close(s);
}

static void
refused_families(void)
{
	char ring[256] = { 0 };
	int s;

	fails(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM,
	    "a raw socket is EPERM");
	ok(socket(AF_PACKET, SOCK_RAW, htons(3)) < 0,
	    "a packet socket is refused");
	ok(socket(AF_VSOCK, SOCK_STREAM, 0) < 0, "a vsock is refused");
	ok(syscall(SYS_io_uring_setup, 4, ring) < 0, "io_uring is refused");
	s = socket(AF_INET6, SOCK_STREAM, 0);
	if (s >= 0) {
		struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
		    .sin6_port = htons(7003) };

		ok(bind(s, (struct sockaddr *)&sin6, sizeof sin6) < 0,
		    "a jail without an IPv6 address cannot bind one");
		close(s);
	} else
		ok(true, "a jail without an IPv6 address has no AF_INET6");
}

/*
 * A jail's root can take descriptors from init, whose last is the leash.  The
 * daemon takes no request on it and ends the jail, this program with it, so
 * nothing is said here unless it did answer.
 */
static int
leash(void)
{
	struct ctlmsg m = { .len = sizeof m, .op = CTL_FILTER }, reply;
	int init = (int)syscall(SYS_pidfd_open, 1, 0), fd;

	fd = init < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, init, 3, 0);
	if (fd < 0) {
		printf("init keeps its descriptors to itself\n");
		return 0;
	}
	if (write(fd, &m, sizeof m) == sizeof m &&
	    read(fd, &reply, sizeof reply) > 0)
		printf("answered\n");
	return 1;
}

/* Talk to the daemon as the tools outside jails do: must come to nothing. */
static void
control_socket(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct ctlmsg m = { .len = sizeof m, .op = CTL_FILTER }, reply = { 0 };
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	struct pollfd p = { .fd = s, .events = POLLIN };
	bool answered = false;

	strncpy(un.sun_path, path, sizeof un.sun_path - 1);
	if (connect(s, (struct sockaddr *)&un, sizeof un) == 0 &&
	    send(s, &m, sizeof m, MSG_NOSIGNAL) == sizeof m &&
	    poll(&p, 1, 1000) == 1)
		answered = read(s, &reply, sizeof reply) ==
		    (ssize_t)sizeof reply && reply.error == 0;
	ok(!answered, "the daemon's own socket does not answer a jail");
	close(s);
}

static void
outside(int hostpid)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char path[64];
	struct stat st;
	int s = socket(AF_UNIX, SOCK_STREAM, 0);

	fails(kill(hostpid, 0), ESRCH, "a process outside cannot be signalled");
	snprintf(path, sizeof path, "/proc/%d/stat", hostpid);
	ok(stat(path, &st) != 0, "nor be seen in /proc");
	(void)kill(1, SIGKILL);
	ok(kill(1, 0) == 0, "process 1 of the jail survives its SIGKILL");
	strcpy(un.sun_path + 1, "netjail-test-outside");
	fails(connect(s, (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 21)),
	    ECONNREFUSED, "an abstract AF_UNIX name outside is not there");
	close(s);
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "leash") == 0)
		return leash();
	if (argc != 6)
		errx(2, "usage: coerce SELF OTHER HOSTPORT CONTROL HOSTPID");
	self = argv[1];
	other = argv[2];
	bind_rules(SOCK_STREAM, "tcp");
	bind_rules(SOCK_DGRAM, "udp");
	two_binds();
	refused();
	loopback_is_the_jail(atoi(argv[3]));
	source_address();
	refused_families();
	control_socket(argv[4]);
	outside(atoi(argv[5]));
	return t_failures > 0;
}
