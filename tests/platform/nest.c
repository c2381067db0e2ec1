/*
 * nest: how a jail inside a jail is told from the one around it.
 */
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <linux/nsfs.h>
#include <sys/stat.h>

#include "tests/platform/target.h"

#define SPACES	(CLONE_NEWUSER | CLONE_NEWPID)

/* The child's verdict on itself goes out as its exit status. */
static int
status_of(int (*fn)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(fn());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int
second_listener(void)
{
	if (trap_calls(SYS_getppid, 0) < 0)
		return SKIPPED;
	return trap_calls(SYS_getppid, 0) == -1 && errno == EBUSY ? 0 : 1;
}

/* Process 1 of a new pid namespace. */
static int
in_new_pidns(int (*fn)(void))
{
	return unshare(SPACES) != 0 ? SKIPPED : status_of(fn);
}

static int
knows_alone(void)
{
	pid_t pid;

	if (kill(-1, 0) != -1 || errno != ESRCH)
		return 1;
	if ((pid = fork()) == 0) {
		pause();
		_exit(0);
	}
	if (kill(-1, 0) != 0)
		return 2;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return kill(-1, 0) == -1 && errno == ESRCH ? 0 : 3;
}

static int
alone(void)
{
	return in_new_pidns(knows_alone);
}

static int above = -1;		/* the pid namespace we came from */

static int
goes_up(void)
{
	/* All rights over its own, and in its own the one above. */
	return setns(above, CLONE_NEWPID) == -1 ? 0 : 1;
}

static int
no_way_up(void)
{
	if ((above = open("/proc/self/ns/pid", O_RDONLY)) < 0)
		return 2;
	return in_new_pidns(goes_up);
}

/* From outside, a caller's namespace leads to the one above it. */
static int
climbs(void)
{
	struct stat own, up;
	char path[64];
	int fd, ns;
	pid_t pid;

	if (stat("/proc/self/ns/pid", &own) != 0)
		return 2;
	if (unshare(SPACES) != 0)
		return SKIPPED;
	if ((pid = fork()) == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	ns = open(path, O_RDONLY);
	fd = ioctl(ns, NS_GET_PARENT);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return fd >= 0 && fstat(fd, &up) == 0 && up.st_ino == own.st_ino ? 0 :
									   1;
}

static void
say(int (*fn)(void), const char *sentence)
{
	int r = status_of(fn);

	if (r == SKIPPED)
		printf("skip - %s: not allowed here\n", sentence);
	else
		ok(r == 0, "%s", sentence);
}

int
main(void)
{
	setbuf(stdout, NULL);
	say(second_listener, "there is one listener among all filters");
	say(alone, "process 1 can tell whether it is alone");
	say(no_way_up, "a process cannot go back to a pid namespace above");
	say(climbs, "a pid namespace says which one is above it");
	return t_failures > 0;
}
