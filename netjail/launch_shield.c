/*
 * launch_shield.c - what of a jail's file tree is the machine's.
 *
 * Theory of operation
 *
 * root of a jail that root made is the machine's root to files: whatever needs
 * no capability but the owner's id is open to him.  Three kinds of files are
 * not a tree's own but lead into the kernel, so they are held here, in all
 * jails alike, before the first program of the jail can start:
 *
 *   devices	of a tree of the jail's own work where a mount says so only:
 *		those in devices[] if they are in its dev, and terminals of
 *		devpts.  A jail that has all of the machine's tree has its
 *		devices with it: who may write its files gains nothing by its
 *		disks.
 *   sysfs, cgroups and the like	can be read, as far as their files can
 *   /proc	what is not about processes can be read only
 *
 * All of this lies in the jail's mount namespace, whose mounts nobody in the
 * jail has the capability to change (launch_caps.c); in those that are made
 * from it the kernel locks them.
 *
 * The kernel lets a user namespace mount a new proc only where one is in sight
 * of which nothing is covered.  Jails below this one need that.  So one is put
 * where it counts but no path leads to it: under what covers /proc/sys.  Who
 * may use it, the daemon says: jails with children.max (daemon/sockcall.c).
 *
 * What is mounted outside later, below the jail's path, comes as it is.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "netjail/launch.h"

/* FreeBSD's devfs rules for jails show these, too. */
static const struct {
	const char *name, *from;
	unsigned major, minor;
} devices[] = {
	{ "null", "null", 1, 3 }, { "zero", "zero", 1, 5 },
	{ "full", "full", 1, 7 }, { "random", "random", 1, 8 },
	{ "urandom", "urandom", 1, 9 }, { "tty", "tty", 5, 0 },
	/* One of another file system does not find its terminals. */
	{ "ptmx", "pts/ptmx", 5, 2 },
	{ "fuse", "fuse", 10, 229 },
};

/* File systems by which the kernel is ruled. */
static const char *const control[] = {
	"proc", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs",
	"securityfs", "selinuxfs", "smackfs", "bpf", "efivarfs", "configfs",
	"pstore", "binfmt_misc", "fusectl", "resctrl", "nfsd", "rpc_pipefs",
	"devpts",
};

static int
set_attr(int fd, const char *path, unsigned flags, uint64_t set, uint64_t clr)
{
	struct mount_attr a = { .attr_set = set, .attr_clr = clr };

	return mount_setattr(fd, path, flags, &a, sizeof(a));
}

static bool
is_control(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(control) / sizeof(control[0]); i++)
		if (strcmp(control[i], type) == 0)
			return true;
	return false;
}

/* path: "" for all. */
static bool
is_below(const char *dir, const char *path)
{
	size_t len = strlen(path);

	return strncmp(dir, path, len) == 0 &&
	    (dir[len] == '/' || dir[len] == '\0');
}

/* A mount of the tree.  0 or -1 with errno. */
static int
hold_mount(const struct mntent *m)
{
	int error;

	if (strcmp(m->mnt_type, "devpts") == 0)
		error = set_attr(AT_FDCWD, m->mnt_dir, 0, 0,
		    MOUNT_ATTR_NODEV);
	else
		error = set_attr(AT_FDCWD, m->mnt_dir, 0, MOUNT_ATTR_RDONLY, 0);
	/* Covered by another one, or out of our own reach; or a devpts that
	 * had no devices before. */
	if (error != 0 && (errno == ENOENT || errno == EINVAL ||
	    errno == EACCES || errno == ENOTDIR ||
	    (errno == EPERM && strcmp(m->mnt_type, "devpts") == 0)))
		return 0;
	return error;
}

static int
hold_mounts(const char *path)
{
	const char *slash = strcmp(path, "/") == 0 ? "" : path;
	size_t len = strlen(slash);
	const struct mntent *m;
	FILE *f = setmntent("/proc/self/mounts", "re");
	int error = 0;

	if (f == NULL) {
		warn("/proc/self/mounts");
		return -1;
	}
	/* path/proc is what launch_shield_proc() is for. */
	while (error == 0 && (m = getmntent(f)) != NULL)
		if (is_control(m->mnt_type) && is_below(m->mnt_dir, slash) &&
		    strcmp(m->mnt_dir + len, "/proc") != 0 &&
		    (error = hold_mount(m)) != 0)
			warn("%s", m->mnt_dir);
	endmntent(f);
	return error;
}

/* The device dev/name of the tree; -1: it has none. */
static int
find_device(int root, const char *name, dev_t dev)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS };
	char path[32];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "dev/%s", name);
	fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	/* A jail can rename what is in its tree. */
	if (fd < 0 || (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_rdev == dev))
		return fd;
	close(fd);
	return -1;
}

/* Let one work.  It is no matter if it cannot. */
static void
open_device(int root, unsigned i)
{
	dev_t dev = makedev(devices[i].major, devices[i].minor);
	int copy = -1, from, place;

	place = find_device(root, devices[i].name, dev);
	from = find_device(root, devices[i].from, dev);
	if (place >= 0 && from >= 0)
		copy = (int)syscall(SYS_open_tree, from, "", AT_EMPTY_PATH |
		    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (copy >= 0 &&
	    set_attr(copy, "", AT_EMPTY_PATH, 0, MOUNT_ATTR_NODEV) == 0)
		(void)move_mount(copy, "", place, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	if (place >= 0)
		close(place);
	if (from >= 0)
		close(from);
	if (copy >= 0)
		close(copy);
}

static int
open_devices(const char *path)
{
	unsigned i;
	int root;

	if ((root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
		warn("%s", path);
		return -1;
	}
	for (i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		open_device(root, i);
	close(root);
	return 0;
}

int
launch_shield_devices(const char *path)
{
	if (strcmp(path, "/") == 0 || set_attr(AT_FDCWD, path, AT_RECURSIVE,
	    MOUNT_ATTR_NODEV, 0) == 0)
		return 0;
	warn("%s", path);
	return -1;
}

int
launch_shield_mounts(const char *path)
{
	if (strcmp(path, "/") != 0 && open_devices(path) != 0)
		return -1;
	return hold_mounts(path);
}

/* ---- /proc ---- */

/* A copy of what is at proc/name, over it, which can be read only. */
static int
hold_entry(int proc, const char *name)
{
	int fd, error = -1;

	fd = (int)syscall(SYS_open_tree, proc, name, OPEN_TREE_CLONE |
	    OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (set_attr(fd, "", AT_EMPTY_PATH, MOUNT_ATTR_RDONLY, 0) == 0) {
		if (strcmp(name, "sys") == 0)
			(void)mount("proc", "proc/sys/kernel", "proc",
			    MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
		error = move_mount(fd, "", proc, name, MOVE_MOUNT_F_EMPTY_PATH);
	}
	close(fd);
	return error;
}

/* Is it neither a process nor something that cannot be written to anyway? */
static bool
writable(int proc, const struct dirent *de)
{
	struct stat st;

	if (strspn(de->d_name, "0123456789") == strlen(de->d_name) ||
	    de->d_name[0] == '.')
		return false;
	return fstatat(proc, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (S_ISDIR(st.st_mode) ||
	    (S_ISREG(st.st_mode) && (st.st_mode & 0222) != 0));
}

int
launch_shield_proc(void)
{
	const struct dirent *de;
	DIR *dir = opendir("proc");
	int error = 0;

	if (dir == NULL) {
		warn("/proc of the jail");
		return -1;
	}
	while (error == 0 && (de = readdir(dir)) != NULL)
		if (writable(dirfd(dir), de) &&
		    (error = hold_entry(dirfd(dir), de->d_name)) != 0)
			warn("/proc/%s of the jail", de->d_name);
	closedir(dir);
	return error;
}
