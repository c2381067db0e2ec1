/*
 * activate.c - started by a service manager.
 *
 * A manager that listens for us passes its socket as descriptor 3 and says so
 * in LISTEN_FDS; LISTEN_PID says who is meant, for the variables may reach a
 * grandchild.  One that waits until we are ready names a datagram socket in
 * NOTIFY_SOCKET, where @ stands for the zero byte of an abstract name.  Both
 * protocols are promised to be stable, and are too little for a library.
 *
 * No names of sockets (LISTEN_FDNAMES) are looked at: the daemon has only one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/activate.h"

#define LISTEN_FD	3	/* the first, sd_listen_fds(3) */

static long
number_of(const char *name)
{
	const char *s = getenv(name);

	return s == NULL ? 0 : strtol(s, NULL, 10);
}

/* Where fd listens, if it is a stream socket that does. */
static int
listens_at(int fd, char *path, size_t size)
{
	struct sockaddr_un sun = { .sun_family = AF_UNSPEC };
	int listens = 0, type = 0;
	socklen_t len = sizeof(sun), one = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &one) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &one) < 0 ||
	    getsockname(fd, (struct sockaddr *)&sun, &len) < 0 ||
	    type != SOCK_STREAM || !listens || sun.sun_family != AF_UNIX ||
	    len <= offsetof(struct sockaddr_un, sun_path) ||
	    sun.sun_path[0] == '\0')
		return EINVAL;
	/* A path may fill its field, without a zero behind it. */
	len = (socklen_t)strnlen(sun.sun_path, sizeof(sun.sun_path));
	if (len >= size)
		return ENAMETOOLONG;
	memcpy(path, sun.sun_path, len);
	path[len] = '\0';
	return 0;
}

int
activate_listener(int *fd, char *path, size_t size)
{
	long n = number_of("LISTEN_FDS"), pid = number_of("LISTEN_PID");
	int error;

	*fd = -1;
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	if (n == 0 || pid != (long)getpid())
		return 0;
	if (n != 1)
		return EINVAL;
	if ((error = listens_at(LISTEN_FD, path, size)) != 0)
		return error;
	if (fcntl(LISTEN_FD, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(LISTEN_FD, F_SETFL, O_NONBLOCK) < 0)
		return errno;
	*fd = LISTEN_FD;
	return 0;
}

void
activate_ready(void)
{
	static const char text[] = "READY=1";
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	const char *name = getenv("NOTIFY_SOCKET");
	socklen_t len;
	int fd;

	if (name == NULL || strlen(name) >= sizeof(sun.sun_path))
		return;
	strcpy(sun.sun_path, name);
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
	    strlen(name));
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	unsetenv("NOTIFY_SOCKET");
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return;
	(void)sendto(fd, text, sizeof(text) - 1, MSG_NOSIGNAL,
	    (struct sockaddr *)&sun, len);
	close(fd);
}
