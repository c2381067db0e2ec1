/*
 * launch_mount.c - file systems of a jail, from lines of fstab(5).
 *
 * Theory of operation
 *
 * A jail's init mounts them in its own mount namespace, before its root becomes
 * the root: nobody outside sees them, they go with the jail, and whoever may
 * make a jail may have them.  That is why only three kinds can be had: a
 * directory or file that the user sees (nullfs; also called bind), a new tmpfs,
 * and one of these with the devices in it that any program may expect (devfs):
 * they are the system's, for in a user namespace none can be made.  Devices in
 * the other two work only with the option `dev' (launch_shield.c says why).
 *
 * Where it is mounted is looked up with the jail's path as the root.  So what a
 * jail has left in its tree, symbolic links included, cannot lead out of it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "netjail/launch.h"

#define BLANK	" \t\n"

/* The fields of a line, and what the options say. */
struct fsline {
	const char *what, *where, *type;
	uint64_t attr;		/* MOUNT_ATTR_ */
	bool	 dev;		/* devices in it work */
	const char *size, *mode; /* of a tmpfs; or NULL */
};

/* False: not an option that is known. */
static bool
read_option(struct fsline *l, const char *option)
{
	static const struct { const char *name; uint64_t attr; } attrs[] = {
		{ "ro", MOUNT_ATTR_RDONLY }, { "nosuid", MOUNT_ATTR_NOSUID },
		{ "nodev", MOUNT_ATTR_NODEV }, { "noexec", MOUNT_ATTR_NOEXEC },
		{ "noatime", MOUNT_ATTR_NOATIME },
		{ "rw", 0 }, { "bind", 0 }, { "rbind", 0 }, { "defaults", 0 },
		{ "late", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		if (strcmp(attrs[i].name, option) == 0) {
			l->attr |= attrs[i].attr;
			return true;
		}
	if (strcmp(option, "dev") == 0)
		l->dev = true;
	else if (strncmp(option, "size=", 5) == 0)
		l->size = option + 5;
	else if (strncmp(option, "mode=", 5) == 0)
		l->mode = option + 5;
	else
		return false;
	return true;
}

/* Read a line, which is cut up.  0 or -1 told; an empty line has no `what'. */
static int
read_line(struct fsline *l, char *line)
{
	char *save = NULL, *options, *option;

	line[strcspn(line, "#")] = '\0';
	*l = (struct fsline){ .what = strtok_r(line, BLANK, &save) };
	l->where = strtok_r(NULL, BLANK, &save);
	l->type = strtok_r(NULL, BLANK, &save);
	options = strtok_r(NULL, BLANK, &save);
	if (l->what == NULL)
		return 0;
	if (l->type == NULL) {
		warnx("mount: %s: missing information", l->what);
		return -1;
	}
	for (option = strtok_r(options, ",", &save);
	    options != NULL && option != NULL;
	    option = strtok_r(NULL, ",", &save))
		if (!read_option(l, option)) {
			warnx("mount: %s: unknown option \"%s\"", l->where,
			    option);
			return -1;
		}
	return 0;
}

/* A copy of a tree, in nobody's sight yet.  -1 with errno. */
static int
bind_tree(const struct fsline *l)
{
	return (int)syscall(SYS_open_tree, AT_FDCWD, l->what,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

static int
new_tmpfs(const struct fsline *l)
{
	int fs, fd = -1, error;

	if ((fs = fsopen("tmpfs", FSOPEN_CLOEXEC)) < 0)
		return -1;
	if ((l->size == NULL || fsconfig(fs, FSCONFIG_SET_STRING, "size",
	    l->size, 0) == 0) && (l->mode == NULL || fsconfig(fs,
	    FSCONFIG_SET_STRING, "mode", l->mode, 0) == 0) &&
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	error = errno;
	close(fs);
	errno = error;
	return fd;
}

/* The device `name' in the tmpfs dir. */
static int
add_device(int dir, const char *name)
{
	char path[32];
	int fd = -1, place, error = -1;

	snprintf(path, sizeof(path), "/dev/%s", name);
	place = openat(dir, name, O_CREAT | O_RDWR | O_CLOEXEC, 0666);
	if (place >= 0 && (fd = (int)syscall(SYS_open_tree, AT_FDCWD, path,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)) >= 0 &&
	    move_mount(fd, "", place, "", MOVE_MOUNT_F_EMPTY_PATH |
	    MOVE_MOUNT_T_EMPTY_PATH) == 0)
		error = 0;
	else
		warn("mount: %s", path);
	if (fd >= 0)
		close(fd);
	if (place >= 0)
		close(place);
	return error;
}

/* What any program may expect in /dev, in the tmpfs dir, which is mounted. */
static int
fill_devfs(int dir)
{
	static const char *const devices[] = {
		"null", "zero", "full", "random", "urandom", "tty",
	};
	static const struct { const char *name, *to; } links[] = {
		{ "fd", "/proc/self/fd" }, { "stdin", "fd/0" },
		{ "stdout", "fd/1" }, { "stderr", "fd/2" },
	};
	size_t i;

	for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (add_device(dir, devices[i]) != 0)
			return -1;
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlinkat(links[i].to, dir, links[i].name) != 0) {
			warn("mount: /dev/%s", links[i].name);
			return -1;
		}
	if (mkdirat(dir, "shm", 0777) != 0 || fchmodat(dir, "shm", 01777, 0) !=
	    0) {
		warn("mount: /dev/shm");
		return -1;
	}
	return 0;
}

static bool
is_devfs(const struct fsline *l)
{
	return strcmp(l->type, "devfs") == 0;
}

static int
make_mount(const struct fsline *l)
{
	if (strcmp(l->type, "nullfs") == 0 || strcmp(l->type, "bind") == 0 ||
	    strcmp(l->type, "none") == 0)
		return bind_tree(l);
	if (strcmp(l->type, "tmpfs") == 0 || is_devfs(l))
		return new_tmpfs(l);
	errno = ENODEV;
	return -1;
}

/* The place, below the jail's root.  -1 with errno. */
static int
open_place(int root, const char *path, const char *where)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	size_t len = strcmp(path, "/") == 0 ? 0 : strlen(path);

	/* A full path must lie below the jail's. */
	if (*where == '/') {
		if (strncmp(where, path, len) != 0 ||
		    (where[len] != '/' && where[len] != '\0')) {
			errno = EXDEV;
			return -1;
		}
		where += len;
	}
	return (int)syscall(SYS_openat2, root, *where != '\0' ? where : ".",
	    &how, sizeof(how));
}

static int
mount_one(int root, const char *path, const struct fsline *l)
{
	struct mount_attr attr = {
		.attr_set = l->attr | (l->dev ? 0 : MOUNT_ATTR_NODEV),
		.attr_clr = l->dev ? MOUNT_ATTR_NODEV & ~l->attr : 0,
	};
	int fd, place = -1, error = -1;

	if ((fd = make_mount(l)) < 0)
		warn("mount: %s (%s)", l->what, l->type);
	else if (mount_setattr(fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
	    sizeof(attr)) != 0)
		warn("mount: %s: options", l->where);
	else if ((place = open_place(root, path, l->where)) < 0 ||
	    move_mount(fd, "", place, "", MOVE_MOUNT_F_EMPTY_PATH |
	    MOVE_MOUNT_T_EMPTY_PATH) != 0)
		warn("mount: %s", l->where);
	else
		error = is_devfs(l) ? fill_devfs(fd) : 0;
	if (fd >= 0)
		close(fd);
	if (place >= 0)
		close(place);
	return error;
}

int
launch_mount(const char *path, char *const *lines)
{
	struct fsline l;
	int root, error = 0;
	char *line;

	for (; lines != NULL && *lines != NULL && error == 0; lines++) {
		/* Anew each time: the last one may have covered the root. */
		if ((root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0 ||
		    (line = strdup(*lines)) == NULL) {
			warn("%s", path);
			return -1;
		}
		error = read_line(&l, line);
		if (error == 0 && l.what != NULL)
			error = mount_one(root, path, &l);
		free(line);
		close(root);
	}
	return error;
}
