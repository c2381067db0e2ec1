/*
 * What the test programs of this folder share: sentences and addresses.
 *
 * Not part of netjail, and nothing here is: these are programs as anybody
 * would write them for Linux, and they know nothing of jails.
 */
#ifndef TESTS_RUN_T_H
#define TESTS_RUN_T_H

#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int t_failures;

/* Print `ok - ...' or `not ok - ...'; with errno, which may be why. */
__attribute__((format(printf, 2, 3), unused)) static bool
ok(bool good, const char *fmt, ...)
{
	int e = errno;
	va_list ap;

	printf("%sok - ", good ? "" : "not ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	if (!good) {
		printf(" (errno %d %s)", e, strerror(e));
		t_failures++;
	}
	printf("\n");
	fflush(stdout);
	return good;
}

/* ret is what a call returned: it must have failed with e. */
__attribute__((unused)) static bool
fails(long ret, int e, const char *what)
{
	if (ret >= 0)
		errno = 0;
	return ok(ret < 0 && errno == e, "%s", what);
}

__attribute__((unused)) static struct sockaddr_in
in4(const char *addr, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	sin.sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, addr, &sin.sin_addr) != 1)
		errx(2, "bad address %s", addr);
	return sin;
}

__attribute__((unused)) static int
xsocket(int type)
{
	int s = socket(AF_INET, type, 0);

	if (s < 0)
		err(2, "socket");
	return s;
}

__attribute__((unused)) static int
bindto(int s, const char *addr, int port)
{
	struct sockaddr_in sin = in4(addr, port);

	return bind(s, (struct sockaddr *)&sin, sizeof sin);
}

__attribute__((unused)) static int
connectto(int s, const char *addr, int port)
{
	struct sockaddr_in sin = in4(addr, port);

	return connect(s, (struct sockaddr *)&sin, sizeof sin);
}

/* A listening socket; ends the program where that fails. */
__attribute__((unused)) static int
listener(const char *addr, int port)
{
	int s = xsocket(SOCK_STREAM), one = 1;

	if (setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
	    bindto(s, addr, port) != 0 || listen(s, 128) != 0)
		err(2, "listen on %s:%d", addr, port);
	return s;
}

__attribute__((unused)) static struct sockaddr_in
name_of(int s)
{
	struct sockaddr_in sin = { 0 };
	socklen_t len = sizeof sin;

	if (getsockname(s, (struct sockaddr *)&sin, &len) != 0)
		err(2, "getsockname");
	return sin;
}

__attribute__((unused)) static struct sockaddr_in
peer_of(int s)
{
	struct sockaddr_in sin = { 0 };
	socklen_t len = sizeof sin;

	if (getpeername(s, (struct sockaddr *)&sin, &len) != 0)
		sin.sin_family = AF_UNSPEC;
	return sin;
}

__attribute__((unused)) static int
port_of(int s)
{
	return ntohs(name_of(s).sin_port);
}

__attribute__((unused)) static bool
is_addr(struct sockaddr_in sin, const char *addr)
{
	return sin.sin_family == AF_INET &&
	    sin.sin_addr.s_addr == inet_addr(addr);
}

__attribute__((unused)) static int
so_error(int s)
{
	int e = -1;
	socklen_t len = sizeof e;

	if (getsockopt(s, SOL_SOCKET, SO_ERROR, &e, &len) != 0)
		return errno;
	return e;
}

/* Move n bytes or fail: -1, 0 at an early end, 1. */
__attribute__((unused)) static int
write_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;

	while (n > 0) {
		ssize_t r = write(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return (int)r;
		p += r;
		n -= (size_t)r;
	}
	return 1;
}

__attribute__((unused)) static int
read_all(int fd, void *buf, size_t n)
{
	char *p = buf;

	while (n > 0) {
		ssize_t r = read(fd, p, n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return (int)r;
		p += r;
		n -= (size_t)r;
	}
	return 1;
}

#endif
