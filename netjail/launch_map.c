/*
 * launch_map.c - which user and group ids exist in a jail.
 *
 * root gives a jail every id it has itself, under the same number.  Anybody
 * else is the jail's root; further ids come from the ranges the administrator
 * granted in /etc/subuid and /etc/subgid, through newuidmap(1) and
 * newgidmap(1), from 1 upwards.  Without them id 0 is the only one, and the
 * kernel then insists that setgroups(2) be given up.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "netjail/launch.h"

#define MAXRANGES	16

/* The two kinds of id differ in names only. */
struct idkind {
	const char *map;	/* file in /proc/PID */
	const char *grants;
	const char *helper;
};

static const struct idkind uids = { "uid_map", "/etc/subuid", "newuidmap" };
static const struct idkind gids = { "gid_map", "/etc/subgid", "newgidmap" };

/* Write a file of /proc/PID in one piece, as the kernel wants it.  0 or -1. */
static int
proc_write(pid_t pid, const char *name, const char *text)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if ((fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

/* Every id we have ourselves, under the same number. */
static int
map_identity(pid_t pid, const struct idkind *k)
{
	char from[64], text[4096] = "";
	unsigned long first, outside, count;
	size_t len = 0;
	FILE *f;

	snprintf(from, sizeof(from), "/proc/self/%s", k->map);
	if ((f = fopen(from, "re")) == NULL)
		return -1;
	while (fscanf(f, "%lu %lu %lu", &first, &outside, &count) == 3 &&
	    len < sizeof(text) - 64)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%lu %lu %lu\n", first, first, count);
	fclose(f);
	return proc_write(pid, k->map, text);
}

/* Our one id as 0. */
static int
map_single(pid_t pid, const struct idkind *k, unsigned id)
{
	char text[64];

	snprintf(text, sizeof(text), "0 %u 1\n", id);
	return proc_write(pid, k->map, text);
}

/* Is this line of a grants file ours?  NAME-OR-UID:FIRST:COUNT */
static bool
granted(char *line, const char *login, char **first, char **count)
{
	char *end, *who, *save = NULL;

	who = strtok_r(line, ":", &save);
	*first = strtok_r(NULL, ":", &save);
	*count = strtok_r(NULL, ":\n", &save);
	if (*count == NULL)
		return false;
	if (login != NULL && strcmp(who, login) == 0)
		return true;
	return strtoul(who, &end, 10) == getuid() && *end == '\0';
}

/* The helper's arguments; each malloc()ed.  Returns how many ranges. */
static unsigned
helper_args(const struct idkind *k, pid_t pid, unsigned id, char **argv)
{
	char line[512], *first, *count;
	const struct passwd *pw = getpwuid(getuid());
	unsigned long next = 1;
	unsigned n, argc = 0;
	FILE *f;

	if (asprintf(&argv[argc++], "%s", k->helper) < 0 ||
	    asprintf(&argv[argc++], "%d", (int)pid) < 0 ||
	    asprintf(&argv[argc++], "0") < 0 ||
	    asprintf(&argv[argc++], "%u", id) < 0 ||
	    asprintf(&argv[argc++], "1") < 0)
		err(1, "%s", k->helper);
	if ((f = fopen(k->grants, "re")) == NULL)
		return 0;
	for (n = 0; n < MAXRANGES && fgets(line, sizeof(line), f) != NULL;) {
		if (!granted(line, pw != NULL ? pw->pw_name : NULL, &first,
		    &count))
			continue;
		if (asprintf(&argv[argc++], "%lu", next) < 0 ||
		    asprintf(&argv[argc++], "%s", first) < 0 ||
		    asprintf(&argv[argc++], "%s", count) < 0)
			err(1, "%s", k->helper);
		next += strtoul(count, NULL, 10);
		n++;
	}
	fclose(f);
	return n;
}

/* Run argv without its chatter.  True if it ended well. */
static bool
run_helper(char **argv)
{
	posix_spawn_file_actions_t fa;
	int error, status;
	pid_t pid;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(&pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (error != 0)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Our id as 0 and the granted ones behind it.  False: not to be had. */
static bool
map_granted(pid_t pid, const struct idkind *k, unsigned id)
{
	char *argv[5 + 3 * MAXRANGES + 1] = { NULL };
	bool done;
	unsigned i;

	done = helper_args(k, pid, id, argv) > 0 && run_helper(argv);
	for (i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	return done;
}

/* Ids of somebody who is not root. */
static int
map_user(pid_t pid, bool verbose)
{
	if (!map_granted(pid, &uids, getuid())) {
		if (verbose)
			warnx("no further user ids in the jail (%s)",
			    uids.grants);
		if (map_single(pid, &uids, getuid()) != 0)
			return -1;
	}
	if (map_granted(pid, &gids, getgid()))
		return 0;
	if (verbose)
		warnx("no further group ids in the jail (%s)", gids.grants);
	if (proc_write(pid, "setgroups", "deny") != 0)
		return -1;
	return map_single(pid, &gids, getgid());
}

int
launch_map_ids(pid_t pid, bool verbose)
{
	int error;

	if (geteuid() == 0)
		error = map_identity(pid, &uids) == 0 ?
		    map_identity(pid, &gids) : -1;
	else
		error = map_user(pid, verbose);
	if (error != 0)
		warn("ids of the jail's user namespace");
	return error;
}
