/*
 * target.c - memory, descriptors and state of the calling thread.
 *
 * pidfds are cached by thread id in a direct-mapped table.  PIDFD_THREAD (Linux
 * 6.9) names the thread itself; before that only thread group leaders can be
 * named, so another thread's leader is read from /proc each time and is not
 * cached, for a cached pidfd must die with the number it is kept under.
 *
 * A search reads /proc from a position on, so that it can stop after any
 * process and go on in another turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "daemon/loop.h"
#include "daemon/target.h"

#define SEARCH_NS	200000	/* a turn's searches together */
#define SEARCH_BYTES	1024	/* some 30 processes' names at once */

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* PIDFD_GET_INFO (Linux 6.13); Debian 12's headers do not know it. */
struct pidfd_creds {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	uint32_t spare;
};
#define PIDFD_INFO_WANT_CREDS 0x2
#define PIDFD_GET_CREDS	      _IOWR(0xff, 11, struct pidfd_creds)

struct proc_entry {		/* as getdents64(2) writes it */
	uint64_t ino;
	int64_t	 next;		/* position of the one behind */
	uint16_t len;
	uint8_t	 type;
	char	 name[];
};

void
targets_init(struct targets *ts)
{
	memset(ts, 0, sizeof(*ts));
}

static void
slot_drop(struct targets *ts, unsigned i)
{
	if (ts->slot[i].tid == 0)
		return;
	close(ts->slot[i].pidfd);
	ts->slot[i].tid = 0;
}

void
targets_fini(struct targets *ts)
{
	unsigned i;

	for (i = 0; i < TARGET_CACHE; i++)
		slot_drop(ts, i);
}

void
targets_sweep(struct targets *ts)
{
	struct pollfd p = { .events = POLLIN };
	unsigned i;

	for (i = 0; i < TARGET_CACHE; i++) {
		p.fd = ts->slot[i].pidfd;
		if (ts->slot[i].tid != 0 && poll(&p, 1, 0) != 0)
			slot_drop(ts, i);
	}
}

bool
proc_status(pid_t tid, char *buf, size_t len)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	n = read(fd, buf, len - 1);
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	return true;
}

pid_t
proc_other_thread(pid_t pid)
{
	_Alignas(struct proc_entry) char buf[SEARCH_BYTES];
	const struct proc_entry *e;
	pid_t tid, found = 0;
	char path[64];
	long n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	if ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return 0;
	n = syscall(SYS_getdents64, fd, buf, sizeof(buf));
	close(fd);
	for (long i = 0; i < n && found == 0; i += e->len) {
		e = (const struct proc_entry *)(const void *)(buf + i);
		tid = (pid_t)strtol(e->name, NULL, 10);
		if (tid > 0 && tid != pid)
			found = tid;
	}
	return found;
}

uint64_t
status_value(const char *status, const char *name, int base, unsigned skip)
{
	const char *p = strstr(status, name);
	char *end;
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	p += strlen(name);
	do {
		v = strtoull(p, &end, base);
		p = end;
	} while (skip-- > 0);
	return v;
}

static int
pidfd_open_leader(pid_t tid)
{
	char buf[PROC_STATUS];
	pid_t tgid;

	if (!proc_status(tid, buf, sizeof(buf))) {
		errno = ESRCH;
		return -1;
	}
	tgid = (pid_t)status_value(buf, "\nTgid:", 10, 0);
	return (int)syscall(SYS_pidfd_open, tgid, 0);
}

/* A pidfd for tid; *cached says that the table owns it. */
static int
target_pidfd(struct targets *ts, pid_t tid, bool *cached)
{
	unsigned i = (unsigned)tid & (TARGET_CACHE - 1);
	int fd;

	*cached = true;
	if (ts->slot[i].tid == tid)
		return ts->slot[i].pidfd;
	fd = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	if (fd < 0 && errno == EINVAL)
		fd = (int)syscall(SYS_pidfd_open, tid, 0);
	if (fd < 0 && (errno == EINVAL || errno == ENOENT)) {
		*cached = false;
		return pidfd_open_leader(tid);
	}
	if (fd < 0)
		return -1;
	slot_drop(ts, i);
	ts->slot[i].tid = tid;
	ts->slot[i].pidfd = fd;
	return fd;
}

int
target_getfd(struct targets *ts, pid_t tid, int fd)
{
	bool cached;
	int pidfd, got, tries, error;

	/* The second try: the number was reused since it was cached. */
	for (tries = 0; tries < 2; tries++) {
		if ((pidfd = target_pidfd(ts, tid, &cached)) < 0)
			return -1;
		got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
		error = errno;
		if (!cached)
			close(pidfd);
		errno = error;
		if (got >= 0 || error != ESRCH || !cached)
			return got;
		slot_drop(ts, (unsigned)tid & (TARGET_CACHE - 1));
	}
	errno = ESRCH;
	return -1;
}

bool
is_socket(int fd, uint64_t cookie)
{
	uint64_t c = 0;
	socklen_t len = sizeof(c);

	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, &c, &len) == 0 &&
	    c == cookie;
}

/* The socket as descriptor fd of the process behind pidfd, or -1. */
static int
pidfd_getsocket(int pidfd, int fd, uint64_t cookie)
{
	int got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	if (got >= 0 && !is_socket(got, cookie)) {
		close(got);
		errno = EBADF;
		got = -1;
	}
	return got;
}

/* The socket as descriptor *nump or 0 of the process behind pidfd, which is
 * closed.  -1: neither; errno ESRCH: the thread that pidfd names has ended. */
static int
pidfd_search(int pidfd, int *nump, uint64_t cookie)
{
	int got, error;

	if (pidfd < 0)
		return -1;
	got = pidfd_getsocket(pidfd, *nump, cookie);
	if (got < 0 && (got = pidfd_getsocket(pidfd, 0, cookie)) >= 0)
		*nump = 0;
	error = errno;
	close(pidfd);
	errno = error;
	return got;
}

/* The same of process *tidp.  One whose first thread has ended has descriptors
 * under the number of another, which is then in *tidp; before Linux 6.9 that
 * cannot be seen. */
static int
pid_getsocket(pid_t *tidp, int *nump, uint64_t cookie)
{
	int got = pidfd_search((int)syscall(SYS_pidfd_open, *tidp, 0), nump,
	    cookie);
	pid_t tid;

	if (got >= 0 || errno != ESRCH ||
	    (tid = proc_other_thread(*tidp)) == 0)
		return got;
	*tidp = tid;
	return pidfd_search((int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD),
	    nump, cookie);
}

/* Is there time in this turn?  It has some for one process at least. */
static bool
search_time(struct targets *ts, uint64_t turn)
{
	if (ts->turn != turn) {
		ts->turn = turn;
		ts->turn_end = loop_now() + SEARCH_NS;
		return true;
	}
	return loop_now() < ts->turn_end;
}

/* Those of the processes in buf; as target_search(). */
static int
search_some(struct targets *ts, uint64_t turn, const char *buf, long len,
    uint64_t cookie, int64_t *pos, pid_t *tidp, int *nump)
{
	const struct proc_entry *e;
	int got, num = *nump;
	pid_t pid;

	for (long i = 0; i < len; i += e->len) {
		e = (const struct proc_entry *)(const void *)(buf + i);
		if (!search_time(ts, turn))
			break;
		pid = (pid_t)strtol(e->name, NULL, 10);
		if (pid > 0 &&
		    (got = pid_getsocket(&pid, &num, cookie)) >= 0) {
			*tidp = pid;
			*nump = num;
			return got;
		}
		*pos = e->next;
	}
	errno = EAGAIN;
	return -1;
}

int
target_search(struct targets *ts, uint64_t turn, int fd, uint64_t cookie,
    int64_t *pos, pid_t *tidp, int *nump)
{
	_Alignas(struct proc_entry) char buf[SEARCH_BYTES];
	int proc, got = -1, error = EAGAIN;
	long n;

	if ((proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	*nump = fd;
	while (got < 0 && error == EAGAIN && search_time(ts, turn)) {
		if (lseek(proc, *pos, SEEK_SET) < 0 || (n = syscall(
		    SYS_getdents64, proc, buf, sizeof(buf))) <= 0) {
			error = ESRCH;
			break;
		}
		got = search_some(ts, turn, buf, n, cookie, pos, tidp, nump);
		error = errno;
	}
	close(proc);
	errno = error;
	return got;
}

int
target_euid(struct targets *ts, pid_t tid, uid_t *uidp)
{
	struct pidfd_creds pc = { .mask = PIDFD_INFO_WANT_CREDS };
	char buf[PROC_STATUS];
	bool cached;
	int pidfd, r;

	if ((pidfd = target_pidfd(ts, tid, &cached)) >= 0) {
		r = ioctl(pidfd, PIDFD_GET_CREDS, &pc);
		if (!cached)
			close(pidfd);
		if (r == 0) {
			*uidp = pc.euid;
			return 0;
		}
	}
	if (!proc_status(tid, buf, sizeof(buf)))
		return ESRCH;
	*uidp = (uid_t)status_value(buf, "\nUid:", 10, 1);
	return 0;
}

/* The number of the process behind pidfd, or 0. */
static pid_t
pidfd_pid(int pidfd)
{
	char path[64], line[128];
	int pid = 0;
	FILE *fp;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if ((fp = fopen(path, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), fp) != NULL &&
	    sscanf(line, "Pid: %d", &pid) != 1)
		continue;
	fclose(fp);
	return pid;
}

void
target_uidmap(int pidfd, struct idmap *map, unsigned n)
{
	char path[64];
	unsigned i = 0;
	FILE *fp;

	memset(map, 0, n * sizeof(*map));
	snprintf(path, sizeof(path), "/proc/%d/uid_map",
	    (int)pidfd_pid(pidfd));
	if ((fp = fopen(path, "re")) == NULL)
		return;
	while (i < n && fscanf(fp, "%u %u %u", &map[i].inside,
	    &map[i].outside, &map[i].count) == 3)
		i++;
	fclose(fp);
}

int
target_read(pid_t tid, uint64_t addr, void *buf, size_t len)
{
	struct iovec l = { buf, len };
	struct iovec r = { (void *)(uintptr_t)addr, len };

	if (len == 0)
		return 0;
	return process_vm_readv(tid, &l, 1, &r, 1, 0) == (ssize_t)len ? 0 :
									EFAULT;
}

int
target_write(pid_t tid, uint64_t addr, const void *buf, size_t len)
{
	struct iovec l = { (void *)(uintptr_t)buf, len };
	struct iovec r = { (void *)(uintptr_t)addr, len };

	if (len == 0)
		return 0;
	return process_vm_writev(tid, &l, 1, &r, 1, 0) == (ssize_t)len ?
	    0 : EFAULT;
}

ssize_t
target_readv(pid_t tid, const struct iovec *local, int nlocal,
    const struct iovec *remote, int nremote)
{
	return process_vm_readv(tid, local, (unsigned long)nlocal, remote,
	    (unsigned long)nremote, 0);
}

ssize_t
target_writev(pid_t tid, const struct iovec *local, int nlocal,
    const struct iovec *remote, int nremote)
{
	return process_vm_writev(tid, local, (unsigned long)nlocal, remote,
	    (unsigned long)nremote, 0);
}

bool
target_alone(pid_t tid)
{
	char buf[PROC_STATUS];

	return proc_status(tid, buf, sizeof(buf)) &&
	    status_value(buf, "\nThreads:", 10, 0) == 1;
}

bool
target_interrupted(pid_t tid)
{
	char buf[PROC_STATUS];
	uint64_t pending, blocked, caught;

	if (!proc_status(tid, buf, sizeof(buf)))
		return false;
	pending = status_value(buf, "\nSigPnd:", 16, 0) |
	    status_value(buf, "\nShdPnd:", 16, 0);
	blocked = status_value(buf, "\nSigBlk:", 16, 0);
	caught = status_value(buf, "\nSigCgt:", 16, 0);
	return (pending & ~blocked & caught) != 0;
}
