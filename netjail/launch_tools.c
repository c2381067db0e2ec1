/*
 * launch_tools.c - where our own programs are, and what they start from.
 *
 * Built, they are all in one directory; installed, those that bear the name of
 * a tool of the system are in libexec/netjail, so that they are found first
 * inside a jail and not at all outside.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <bsd/string.h>

#include "netjail/launch.h"

#define LIBEXEC "/../libexec/netjail"
#define SBIN	"/../../sbin"		/* seen from there */

void
launch_stdio(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	/* err(3) writes a line in pieces, and others may write there, too. */
	setvbuf(stderr, NULL, _IOLBF, 0);
}

static bool
exists(const char *dir, const char *sub, const char *name, char *buf,
    size_t len)
{
	int n;

	n = snprintf(buf, len, "%s%s/%s", dir, sub, name);
	return n > 0 && (size_t)n < len && access(buf, X_OK) == 0;
}

bool
launch_program(const char *name, char *buf, size_t len)
{
	char dir[PATH_MAX], *slash;
	ssize_t n;

	n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	if (n <= 0)
		return false;
	dir[n] = '\0';
	if ((slash = strrchr(dir, '/')) == NULL)
		return false;
	*slash = '\0';
	return exists(dir, "", name, buf, len) ||
	    exists(dir, LIBEXEC, name, buf, len) ||
	    exists(dir, SBIN, name, buf, len);
}

/* Note the directory of a program unless it is known. */
static void
note(struct launch_tools *t, const char *name)
{
	char file[PATH_MAX], dir[PATH_MAX];
	struct stat st;

	if (!launch_program(name, file, sizeof(file)))
		return;
	*strrchr(file, '/') = '\0';
	if (realpath(file, dir) == NULL || stat(dir, &st) != 0)
		return;
	if (t->n > 0 && strcmp(t->dir[0].path, dir) == 0)
		return;
	strlcpy(t->dir[t->n].path, dir, sizeof(t->dir[0].path));
	t->dir[t->n].dev = st.st_dev;
	t->dir[t->n].ino = st.st_ino;
	t->n++;
}

void
launch_tools_note(struct launch_tools *t)
{
	t->n = 0;
	note(t, "netstat");
	note(t, "jls");
}

void
launch_tools_path(const struct launch_tools *t)
{
	const char *old;
	struct stat st;
	char *path;
	unsigned i;

	for (i = t->n; i-- > 0;) {
		if (stat(t->dir[i].path, &st) != 0 ||
		    st.st_dev != t->dir[i].dev || st.st_ino != t->dir[i].ino)
			continue;
		old = getenv("PATH");
		if (asprintf(&path, "%s:%s", t->dir[i].path, old != NULL ? old :
		    "/usr/local/bin:/usr/bin:/bin") < 0)
			return;
		setenv("PATH", path, 1);
		free(path);
	}
}
