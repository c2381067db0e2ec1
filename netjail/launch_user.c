/*
 * launch_user.c - running as another user of the same file tree.
 */
#include <err.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netjail/launch.h"

static int
find_groups(struct launch_user *u)
{
	gid_t *more;
	int n = 16;

	for (;;) {
		more = realloc(u->groups, (size_t)n * sizeof(*more));
		if (more == NULL)
			return -1;
		u->groups = more;
		u->ngroups = n;
		if (getgrouplist(u->name, u->gid, u->groups, &u->ngroups) >= 0)
			return 0;
		n = u->ngroups > n ? u->ngroups : 2 * n;
	}
}

void
launch_user_free(struct launch_user *u)
{
	free(u->name);
	free(u->home);
	free(u->shell);
	free(u->groups);
	*u = (struct launch_user) { .name = NULL };
}

static int
fill(struct launch_user *u, const struct passwd *pw)
{
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	u->groups = NULL;
	u->name = strdup(pw->pw_name);
	u->home = strdup(pw->pw_dir);
	u->shell = strdup(*pw->pw_shell != '\0' ? pw->pw_shell : "/bin/sh");
	if (u->name != NULL && u->home != NULL && u->shell != NULL &&
	    find_groups(u) == 0)
		return 0;
	warn("%s", pw->pw_name);
	launch_user_free(u);
	return -1;
}

int
launch_user_find(const char *name, struct launch_user *u)
{
	const struct passwd *pw;

	errno = 0;
	if ((pw = getpwnam(name)) != NULL)
		return fill(u, pw);
	if (errno != 0 && errno != ENOENT)
		warn("getpwnam: %s", name);
	else
		warnx("%s: no such user", name);
	return -1;
}

int
launch_user_self(struct launch_user *u)
{
	char name[] = "root", home[] = "/", shell[] = "";
	struct passwd nobody_knows = {
		.pw_name = name, .pw_dir = home, .pw_shell = shell,
		.pw_uid = geteuid(), .pw_gid = getegid(),
	};
	const struct passwd *pw = getpwuid(geteuid());

	return fill(u, pw != NULL ? pw : &nobody_knows);
}

int
launch_user_become(const struct launch_user *u)
{
	/* EPERM: a jail with one group id, where none can be dropped. */
	if (setgroups((size_t)u->ngroups, u->groups) != 0 && errno != EPERM) {
		warn("setgroups: %s", u->name);
		return -1;
	}
	if (setresgid(u->gid, u->gid, u->gid) != 0 ||
	    setresuid(u->uid, u->uid, u->uid) != 0) {
		if (errno == EINVAL)
			warnx("%s: the jail has no such id", u->name);
		else
			warn("%s", u->name);
		return -1;
	}
	return 0;
}

void
launch_user_env(const struct launch_user *u, bool clean)
{
	char *term = getenv("TERM");

	if (clean) {
		if (term != NULL && (term = strdup(term)) == NULL)
			err(1, NULL);
		clearenv();
		if (term != NULL)
			setenv("TERM", term, 1);
		free(term);
		setenv("PATH", "/usr/local/sbin:/usr/local/bin:"
		    "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	}
	setenv("HOME", u->home, 1);
	setenv("SHELL", u->shell, 1);
	setenv("USER", u->name, 1);
	setenv("LOGNAME", u->name, 1);
}
