/*
 * nest.c - jails in jails.
 *
 * Theory of operation
 *
 * The kernel allows one seccomp listener among all filters of a process.  What
 * is started inside a jail has that jail's filter for good, so a jail that is
 * made inside another shares the other's listener, and the daemon must find out
 * who called.
 *
 * It asks for the caller's pid namespace.  A process cannot leave the one it
 * was born in, nor can it be born in one above its parent's; so who is in the
 * namespace of a jail's init, or in one below that, is the jail's, whatever it
 * does.  Namespaces that programs make for themselves are climbed to the first
 * that is a jail's.
 *
 * Each jail with an init holds its namespace open, so its number is not given
 * to another, until all in it are dead: a process of a jail that is being removed
 * never passes for one of the jail above.
 *
 * Jails with nothing below them, which are most, are spared all this.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "daemon/djail.h"
#include "daemon/files.h"
#include "daemon/nest.h"

#define DEPTH	32	/* the kernel's limit of pid namespaces in a row */

/* Namespaces are the inodes of one file system. */
static uint64_t
ns_id(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static uint64_t
ns_hash(const struct daemon *d, uint64_t id)
{
	return siphash24(d->vnet->hashkey, &id, sizeof(id));
}

struct djail *
nest_by_id(const struct daemon *d, uint64_t id)
{
	uint64_t h = ns_hash(d, id);
	struct hlink *l;

	HTABLE_FOREACH(l, &d->nests, h) {
		struct djail *j = HT_OBJECT(l, struct djail, nest.link);

		if (j->nest.id == id)
			return j;
	}
	return NULL;
}

/* The jail of a namespace: its own or the nearest one's above.  NULL: none. */
static struct djail *
climb(const struct daemon *d, int ns)
{
	struct djail *j = NULL;
	int i, up, fd = dup(ns);

	for (i = 0; i <= DEPTH && fd >= 0; i++) {
		if ((j = nest_by_id(d, ns_id(fd))) != NULL)
			break;
		up = ioctl(fd, NS_GET_PARENT);
		close(fd);
		fd = up;
	}
	if (fd >= 0)
		close(fd);
	return j;
}

static int
open_ns(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)pid);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* 0: it has ended. */
static uint64_t
uts_id(pid_t pid)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/uts", (int)pid);
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

static bool
alive(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 0;
}

int
nest_enter(struct djail *j, int pidfd)
{
	struct daemon *d = j->d;
	pid_t pid = files_pid(pidfd);
	struct djail *above;
	uint64_t uts;
	int ns;

	if (pid < 0 || (ns = open_ns(pid)) < 0)
		return ESRCH;
	uts = uts_id(pid);
	/* After it was looked up by number, it still is what it was. */
	if (!alive(pidfd)) {
		close(ns);
		return ESRCH;
	}
	above = climb(d, ns);
	if (above != (prison_jid(j->up->prison) == 0 ? NULL : j->up) ||
	    nest_by_id(d, ns_id(ns)) != NULL) {
		close(ns);
		return EPERM;
	}
	j->nest.fd = ns;
	j->nest.id = ns_id(ns);
	j->nest.uts = uts;
	htable_insert(&d->nests, &j->nest.link, ns_hash(d, j->nest.id));
	return 0;
}

bool
nest_same_uts(const struct djail *j, pid_t tid)
{
	return j->nest.fd >= 0 && uts_id(tid) == j->nest.uts;
}

void
nest_leave(struct djail *j)
{
	if (j->nest.fd < 0)
		return;
	htable_remove(&j->d->nests, &j->nest.link);
	close(j->nest.fd);
	j->nest.fd = -1;
}

struct djail *
nest_find(struct djail *j, pid_t tid)
{
	struct djail *found;
	uint64_t id;
	int ns;

	if (j->nbelow == 0 || j->up == NULL)
		return j;
	if ((ns = open_ns(tid)) < 0)
		return NULL;
	id = ns_id(ns);
	found = id == j->nest.id ? j : climb(j->d, ns);
	close(ns);
	return found;
}
