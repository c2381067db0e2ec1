/*
 * files.c - kern.file (include/bsd/sys/xfile.h): which processes hold which
 * sockets.
 *
 * Theory of operation
 *
 * A program's socket is one end of an AF_UNIX pair, and /proc says who has it:
 * a link in /proc/PID/fd to "socket:[inode]".  A face knows the inode number of
 * its program's end; so the list is made by reading those links of every
 * process in sight.  Descriptors that were inherited, duplicated or passed on
 * need no care of their own.  What is read is what the first thread has; once
 * that has ended the directory is empty, and another thread's is read.
 *
 * Sockets of jailed programs that are the kernel's are listed as well, under
 * the names that net.local.*.pcblist has for them; who holds one but is in no
 * jail is left out, for most of what the system holds is none of ours.
 *
 * Who asks sees what it could name.  Outside jails that is every process, by
 * its number there, but for the daemon.  In a jail it is those in the jail's
 * pid namespace and the ones below it, by their number in that; others are
 * passed over before their descriptors are looked at.  A process is of the
 * innermost jail whose pid namespace it is in; names it chose itself are not
 * believed in this.
 *
 * The list is made in slices of SLICE_COST, about 0.1 ms.  Between them no
 * descriptor is kept, only the places in /proc and in the process's fd
 * directory; both directories go by number, so that a place stays good whatever
 * comes and goes.  Processes are visited once and in the order of their numbers
 * outside; one that starts later than the list has passed its number is not in
 * it.
 *
 * A jail is hostile, and what is read here is only what the kernel answers from
 * its own memory: links and status, which take no lock that a process could
 * hold.  A process with a table for a million descriptors, most of them closed,
 * makes the kernel pass over these in one piece, some 0.5 ms.
 *
 * Inode numbers of sockets are reused after 4 billion.  Who keeps a socket of
 * his own for so long may be taken for the holder of another.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/nsfs.h>

#include "daemon/face.h"
#include "daemon/files.h"
#include "daemon/nest.h"
#include "daemon/target.h"
#include "netjail/prison.h"
#include "stack/uipc.h"
#include "sysctl/sysctl.h"
#include "include/bsd/sys/xfile.h"

/* What is done between packets, in microseconds or so. */
#define SLICE_COST	80
#define PROCESS_COST	8	/* to find a process and open its directory */
#define FD_COST		2	/* to read a link */
#define NS_COST		4	/* to compare a pid namespace */
#define STATUS_COST	20	/* to read a status */

#define MAXNSDEPTH	32	/* the kernel's limit of nested pid namespaces */
#define KERN_FILE	15	/* FreeBSD's number */

/* What goes from slice to slice, in req->cursor. */
enum {
	CUR_PROC,		/* place in /proc */
	CUR_PID,		/* the process that is not finished, or 0; */
	CUR_FD,			/* then: place in its fd directory */
};

struct files {
	struct daemon	*d;	/* NULL: this stack has none */
};

static VNET_MODULE(files_module, struct files, VNET_PROTO, NULL, NULL);

/* A slice being made. */
struct scan {
	const struct daemon *d;
	struct sysctl_req *req;
	const struct djail *viewer;	/* NULL: outside */
	pid_t		 self;		/* the daemon */
	int		 proc;		/* /proc */
	int		 left;		/* of SLICE_COST */
};

/* A process that holds something, as far as that was asked. */
struct holder {
	pid_t		 pid;		/* outside */
	int		 jid;		/* or -1 */
	bool		 known;
	bool		 gone;
	struct xfile	 xf;		/* all but descriptor and socket */
};

/* What a descriptor is. */
struct held {
	kvaddr_t	 data;		/* 0: no socket that is listed */
	bool		 kernel;	/* the kernel's */
};

void
files_init(struct daemon *d)
{
	struct files *f = vnet_data(d->vnet, &files_module);
	struct stat st;

	f->d = d;
	d->pidns = stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

struct face *
files_face(const struct daemon *d, uint64_t ino)
{
	uint64_t h = face_hash(ino);
	struct hlink *l;

	HTABLE_FOREACH(l, &d->inos, h) {
		struct face *f = HT_OBJECT(l, struct face, inolink);

		if (f->ino == ino)
			return f;
	}
	return NULL;
}

/* ---- pid namespaces ---- */

/* The numbers a status gives a process, outermost first, in nr[].  How many. */
static unsigned
ns_pids(const char *status, pid_t nr[MAXNSDEPTH + 1])
{
	const char *p = strstr(status, "\nNSpid:");
	unsigned n = 0;
	char *end;

	if (p == NULL)
		return 0;
	for (p += strlen("\nNSpid:"); n <= MAXNSDEPTH && *p == '\t'; p = end)
		nr[n++] = (pid_t)strtol(p + 1, &end, 10);
	return n;
}

/* The pid namespace of a process.  -1: it is gone, or not ours to look at. */
static int
ns_open(int proc, pid_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "%d/ns/pid", (int)pid);
	return openat(proc, path, O_RDONLY | O_CLOEXEC);
}

/* The inode number that names a namespace, 0: none. */
static uint64_t
ns_ino(int ns)
{
	struct stat st;

	return fstat(ns, &st) < 0 ? 0 : st.st_ino;
}

/* The namespace above, in place of ns, which is closed.  -1: out of sight. */
static int
ns_up(int ns)
{
	int up = ioctl(ns, NS_GET_PARENT);

	close(ns);
	return up;
}

/* Is the process in the jail's pid namespace, or one below? */
static bool
in_jail(struct scan *s, const struct djail *j, pid_t pid)
{
	uint64_t ino;
	int ns;

	for (ns = ns_open(s->proc, pid); ns >= 0; ns = ns_up(ns)) {
		s->left -= NS_COST;
		ino = ns_ino(ns);
		if (ino == j->nest.id || ino == s->d->pidns) {
			close(ns);
			return ino == j->nest.id;
		}
	}
	return false;
}

/* The jid of the jail a process is in; 0: none. */
static int
holder_jid(struct scan *s, pid_t pid)
{
	const struct djail *j = NULL;
	uint64_t ino;
	int ns;

	for (ns = ns_open(s->proc, pid); ns >= 0; ns = ns_up(ns)) {
		s->left -= NS_COST;
		ino = ns_ino(ns);
		j = nest_by_id(s->d, ino);
		if (ino == s->d->pidns || j != NULL) {
			close(ns);
			break;
		}
	}
	return j == NULL ? 0 : prison_jid(j->prison);
}

/* ---- who a process is ---- */

pid_t
files_pid(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	char path[48], buf[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return -1;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0 || poll(&p, 1, 0) != 0)
		return -1;
	buf[n] = '\0';
	return (pid_t)status_value(buf, "\nPid:", 10, 0);
}

void
files_jail(struct djail *j)
{
	pid_t pid = files_pid(j->init.fd), nr[MAXNSDEPTH + 1];
	char status[PROC_STATUS];
	unsigned n;

	if (pid <= 0 || !proc_status(pid, status, sizeof(status)) ||
	    (n = ns_pids(status, nr)) == 0)
		return;
	j->initpid = pid;
	j->nslevel = n - 1;
}

/* The command's name, of which a status escapes two characters. */
static void
holder_comm(char comm[XF_COMMLEN], const char *status)
{
	const char *p = status + strlen("Name:\t");
	size_t n;
	char c;

	for (n = 0; n < XF_COMMLEN - 1 && *p != '\n' && *p != '\0'; n++) {
		c = *p++;
		if (c == '\\' && *p == '\\')
			p++;
		else if (c == '\\' && *p == 'n')
			c = *p++ - 'n';
		comm[n] = c >= ' ' && c <= '~' ? c : '?';
	}
}

/* Find out who it is.  h->gone: nobody the reader could know. */
static void
holder_learn(struct scan *s, struct holder *h)
{
	const struct djail *j = s->viewer;
	unsigned level = j == NULL ? 0 : j->nslevel;
	pid_t nr[MAXNSDEPTH + 1];
	char status[PROC_STATUS];
	uint32_t uid;

	h->known = true;
	h->gone = true;
	s->left -= STATUS_COST;
	if (!proc_status(h->pid, status, sizeof(status)) ||
	    strncmp(status, "Name:\t", strlen("Name:\t")) != 0 ||
	    ns_pids(status, nr) <= level)
		return;
	h->gone = false;
	uid = (uint32_t)status_value(status, "\nUid:", 10, 1);
	h->xf = (struct xfile) {
		.xf_size = sizeof(h->xf), .xf_pid = nr[level],
		.xf_uid = j == NULL ? uid : djail_mapuid(j, uid),
		.xf_type = DTYPE_SOCKET, .xf_flag = XF_FREAD | XF_FWRITE,
		.xf_jid = h->jid,
	};
	holder_comm(h->xf.xf_comm, status);
}

/* ---- directories ---- */

struct dir {
	int	 fd;
	size_t	 at, len;		/* in buf */
	_Alignas(8) char buf[512];	/* some 20 entries */
};

/* Open path, which is below `below', at a place that dir_next() gave. */
static bool
dir_open(struct dir *dir, int below, const char *path, uint64_t place)
{
	dir->at = dir->len = 0;
	dir->fd = openat(below, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir->fd < 0)
		return false;
	if (place == 0 || lseek(dir->fd, (off_t)place, SEEK_SET) >= 0)
		return true;
	close(dir->fd);
	return false;
}

/* Go to the next entry that is a number.  NULL: none. */
static const struct dirent64 *
dir_peek(struct dir *dir)
{
	const struct dirent64 *de;
	ssize_t n;

	for (;;) {
		if (dir->at == dir->len) {
			n = getdents64(dir->fd, dir->buf, sizeof(dir->buf));
			if (n <= 0)
				return NULL;
			dir->at = 0;
			dir->len = (size_t)n;
		}
		de = (const void *)(dir->buf + dir->at);
		if (isdigit((unsigned char)de->d_name[0]))
			return de;
		dir->at += de->d_reclen;
	}
}

/* The next entry that is a number, and the place behind it. */
static bool
dir_next(struct dir *dir, int *nr, uint64_t *place)
{
	const struct dirent64 *de = dir_peek(dir);

	if (de == NULL)
		return false;
	dir->at += de->d_reclen;
	*place = (uint64_t)de->d_off;
	*nr = (int)strtol(de->d_name, NULL, 10);
	return true;
}

/* Open the directory of a process's descriptors, at a place of it. */
static bool
dir_open_fds(struct dir *dir, struct scan *s, pid_t pid, uint64_t place)
{
	char path[48];
	pid_t tid;

	snprintf(path, sizeof(path), "%d/fd", (int)pid);
	if (dir_open(dir, s->proc, path, place)) {
		if (dir_peek(dir) != NULL)
			return true;
		close(dir->fd);
	} else if (errno != EACCES)	/* root's, of an ended first thread */
		return false;
	s->left -= PROCESS_COST;
	if ((tid = proc_other_thread(pid)) == 0)
		return false;
	snprintf(path, sizeof(path), "%d/task/%d/fd", (int)pid, (int)tid);
	return dir_open(dir, s->proc, path, place);
}

/* ---- the list ---- */

/*
 * What entry nr of an fd directory is.  False: the process is not ours to look
 * at.
 */
static bool
fd_held(const struct scan *s, int dir, int nr, struct held *held)
{
	static const char socket[] = "socket:[";
	const size_t len = sizeof(socket) - 1;
	char name[16], link[64];
	const struct face *f;
	uint64_t ino;
	ssize_t n;

	held->data = 0;
	snprintf(name, sizeof(name), "%d", nr);
	n = readlinkat(dir, name, link, sizeof(link) - 1);
	if (n < 0)
		return errno != EACCES;
	if (n <= (ssize_t)len || memcmp(link, socket, len) != 0)
		return true;
	link[n] = '\0';
	ino = strtoull(link + len, NULL, 10);
	f = files_face(s->d, ino);
	held->kernel = f == NULL;
	if (held->kernel)
		held->data = UNP_FOREIGN(ino);
	else if (f->so != NULL)
		held->data = f->so->so_gencnt;
	return true;
}

/* A process has something as descriptor nr.  0 or ENOMEM. */
static int
fd_out(struct scan *s, struct holder *h, const struct held *held, int nr)
{
	if (h->jid == -1)
		h->jid = holder_jid(s, h->pid);
	if (held->kernel && h->jid == 0)
		return 0;
	if (!h->known)
		holder_learn(s, h);
	if (h->gone)
		return 0;
	h->xf.xf_fd = nr;
	h->xf.xf_data = held->data;
	return SYSCTL_OUT(s->req, &h->xf, sizeof(h->xf));
}

/* What a process holds.  0, SYSCTL_MORE or ENOMEM. */
static int
process_out(struct scan *s, pid_t pid)
{
	uint64_t *cur = s->req->cursor, place;
	bool again = cur[CUR_PID] == (uint64_t)pid;
	struct holder h = { .pid = pid, .jid = -1 };
	struct held held;
	struct dir dir;
	int nr, error = 0;

	s->left -= PROCESS_COST;
	if (pid == s->self)
		return 0;
	if (s->viewer != NULL && !in_jail(s, s->viewer, pid))
		return 0;
	if (!dir_open_fds(&dir, s, pid, again ? cur[CUR_FD] : 0))
		return 0;
	while (error == 0 && dir_next(&dir, &nr, &place)) {
		s->left -= FD_COST;
		if (!fd_held(s, dir.fd, nr, &held))
			break;
		if (held.data != 0)
			error = fd_out(s, &h, &held, nr);
		cur[CUR_FD] = place;
		if (error == 0 && s->left <= 0)
			error = SYSCTL_MORE;
	}
	close(dir.fd);
	cur[CUR_PID] = error == SYSCTL_MORE ? (uint64_t)pid : 0;
	return error;
}

static int
processes_out(struct scan *s)
{
	uint64_t *cur = s->req->cursor, place;
	struct dir dir;
	int pid, error = 0;

	if (!dir_open(&dir, AT_FDCWD, "/proc", cur[CUR_PROC]))
		return errno;
	s->proc = dir.fd;
	while (error == 0 && dir_next(&dir, &pid, &place)) {
		if ((error = process_out(s, pid)) != 0)
			break;
		cur[CUR_PROC] = place;
		if (s->left <= 0)
			error = SYSCTL_MORE;
	}
	close(dir.fd);
	return error;
}

static int
sysctl_file(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct files *f = vnet_data(req->vnet, &files_module);
	struct scan s = { .d = f->d, .req = req, .self = getpid(),
		.left = SLICE_COST };

	(void)oid;
	if (f->d == NULL)
		return 0;
	if (req->sizeonly) {
		/* Some are held twice, and some come meanwhile. */
		req->total = (2 * f->d->inos.n + 10) * sizeof(struct xfile);
		return 0;
	}
	if (req->jailed) {
		s.viewer = djail_find(f->d, prison_jid(req->cred->prison));
		if (s.viewer == NULL || s.viewer->nest.fd < 0 ||
		    s.viewer->nslevel == 0)
			return 0;
	}
	return processes_out(&s);
}

SYSCTL_PROC(kern_file, "kern.file", KERN_FILE, CTLTYPE_OPAQUE | CTLFLAG_RD,
    sysctl_file, 0, "S,xfile", "Sockets of this stack and who holds them");
