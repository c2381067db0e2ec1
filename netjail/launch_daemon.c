/*
 * launch_daemon.c - reach the daemon, starting it first if need be.
 *
 * Who finds nobody listening takes a lock beside the socket, looks again, and
 * only then starts netjaild, which returns once it listens.  The lock belongs
 * to an open file and goes with it, so a starter that dies blocks nobody.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <bsd/string.h>

#include "netjail/launch.h"
#include "sysctl/client.h"

#define PATIENCE_MS	10000	/* for another starter, and for the daemon */
#define STEP_MS		10

static void
sleep_ms(int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

/*
 * The directory of the socket.  A directory in a place of ours that is not
 * ours was put there by somebody else.
 */
static int
make_directory(const char *sock)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat st;
	char *slash;

	strlcpy(dir, sock, sizeof(dir));
	if ((slash = strrchr(dir, '/')) == NULL || slash == dir)
		return 0;
	*slash = '\0';
	if (mkdir(dir, 0700) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	if (getenv("NETJAIL_SOCK") != NULL)
		return 0;
	if (lstat(dir, &st) != 0)
		return -1;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		errno = EPERM;
		return -1;
	}
	return 0;
}

/* The starters' lock, held.  -1 with errno. */
static int
lock_start(const char *sock)
{
	char path[PATH_MAX];
	int fd, waited;

	if (make_directory(sock) != 0)
		return -1;
	snprintf(path, sizeof(path), "%s.start", sock);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -1;
	for (waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += STEP_MS) {
		if (errno != EWOULDBLOCK || waited >= PATIENCE_MS) {
			close(fd);
			return -1;
		}
		sleep_ms(STEP_MS);
	}
	return fd;
}

/* Run netjaild until it has put itself in the background.  0, or -1 told. */
static int
run_daemon(void)
{
	char path[PATH_MAX], name[] = "netjaild", *argv[] = { name, NULL };
	posix_spawn_file_actions_t fa;
	int error, status;
	pid_t pid;

	if (!launch_program(name, path, sizeof(path)))
		strlcpy(path, name, sizeof(path));
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(&pid, path, &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (error != 0) {
		warnx("cannot reach netjaild: %s: %s", path, strerror(error));
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) {
			warn("cannot reach netjaild: wait");
			return -1;
		}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		warnx("cannot reach netjaild: it ended with status %d",
		    WEXITSTATUS(status));
	else
		warnx("cannot reach netjaild: it ended by signal %d",
		    WTERMSIG(status));
	return -1;
}

static bool
nobody_listens(void)
{
	return errno == ENOENT || errno == ECONNREFUSED;
}

/* Under the lock. */
static int
start_and_connect(void)
{
	int s, waited;

	if ((s = ctl_connect()) >= 0)
		return s;
	if (run_daemon() != 0)
		return -1;
	for (waited = 0; (s = ctl_connect()) < 0; waited += STEP_MS) {
		if (!nobody_listens() || waited >= PATIENCE_MS) {
			warn("cannot reach netjaild");
			return -1;
		}
		sleep_ms(STEP_MS);
	}
	return s;
}

int
launch_connect(void)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int lock, s;

	if ((s = ctl_connect()) >= 0)
		return s;
	if (!nobody_listens() || ctl_path(path, sizeof(path)) != 0) {
		warn("cannot reach netjaild");
		return -1;
	}
	if ((lock = lock_start(path)) < 0) {
		warn("cannot reach netjaild: %s.start", path);
		return -1;
	}
	s = start_and_connect();
	close(lock);
	return s;
}
