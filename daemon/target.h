/*
 * The thread that made a trapped call, seen from outside: its memory, its
 * descriptors, its user, its signals.
 *
 * A thread is named by the number the notification gives (a thread id in the
 * daemon's pid namespace).  Numbers are reused, so descriptors are fetched
 * through a pidfd, which goes stale with the thread it was opened for, and
 * whoever reads or writes memory asks afterwards whether the notification is
 * still valid (notify.h).
 */
#ifndef DAEMON_TARGET_H
#define DAEMON_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#define TARGET_CACHE 256	/* pidfds kept open; a power of two */

struct targets {
	struct {
		pid_t	tid;	/* 0: empty */
		int	pidfd;
	} slot[TARGET_CACHE];
	uint64_t turn;		/* the last turn that had a search; */
	uint64_t turn_end;	/* when it had had enough of them */
};

void	targets_init(struct targets *ts);

/* Close the pidfds of threads that have ended. */
void	targets_sweep(struct targets *ts);
void	targets_fini(struct targets *ts);

/* A duplicate, close-on-exec, of the thread's descriptor fd.  -1 with errno:
 * EBADF, ESRCH, EMFILE. */
int	target_getfd(struct targets *ts, pid_t tid, int fd);

/* Has the thread's process no other threads? */
bool	target_alone(pid_t tid);

/*
 * Some process that holds the socket with this SO_COOKIE as descriptor fd or 0
 * (it was inherited, or moved to standard input).  A duplicate as above, and
 * the process in *tidp, the number in *nump; *pos, 0 at first, says where to go
 * on.  -1 with errno: ESRCH, nobody; EAGAIN: not yet.  It costs some
 * microseconds per process of the machine, and all searches of one turn, known
 * by its time, together take a fraction of a millisecond.
 */
int	target_search(struct targets *ts, uint64_t turn, int fd,
	    uint64_t cookie, int64_t *pos, pid_t *tidp, int *nump);

/* /proc/TID/status, NUL-terminated.  False: no such thread.  There is room for
 * all of it in PROC_STATUS bytes, where the filter has limited the groups. */
#define PROC_STATUS	16384
bool	proc_status(pid_t tid, char *buf, size_t len);

/* A thread of the process other than its first, or 0. */
pid_t	proc_other_thread(pid_t pid);

/* A number of such a text: the one that follows `skip' others behind name, which
 * is "\nName:".  0 where there is none. */
uint64_t status_value(const char *status, const char *name, int base,
	    unsigned skip);

/* Is fd the socket with this SO_COOKIE? */
bool	is_socket(int fd, uint64_t cookie);

/* The same thread's effective uid as the daemon sees it.  0 or errno. */
int	target_euid(struct targets *ts, pid_t tid, uid_t *uidp);

/* A row of a user namespace's uid_map. */
struct idmap {
	uint32_t inside, outside, count;
};

/* That of the process behind pidfd: n rows at most, what is left of them
 * zero. */
void	target_uidmap(int pidfd, struct idmap *map, unsigned n);

/* Copy len bytes from or to its memory.  0 or EFAULT (nothing or a part was
 * copied). */
int	target_read(pid_t tid, uint64_t addr, void *buf, size_t len);
int	target_write(pid_t tid, uint64_t addr, const void *buf, size_t len);

/* The same between pieces here and pieces there, as far as both reach. */
ssize_t	target_readv(pid_t tid, const struct iovec *local, int nlocal,
	    const struct iovec *remote, int nremote);
ssize_t	target_writev(pid_t tid, const struct iovec *local, int nlocal,
	    const struct iovec *remote, int nremote);

/*
 * Does a signal wait that would interrupt a sleeping system call: one with a
 * handler, not blocked?  (Fatal and stopping ones the kernel handles itself.)
 */
bool	target_interrupted(pid_t tid);

#endif
