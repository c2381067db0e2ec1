/*
 * Whose program called, among jails in jails.
 */
#ifndef DAEMON_NEST_H
#define DAEMON_NEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct daemon;
struct djail;

/*
 * The process of pidfd is init of j: remember its pid namespace.  EPERM: it is
 * not below that of the jail above j, or another jail's; ESRCH: it has ended.
 */
int	nest_enter(struct djail *j, int pidfd);

/* The namespace is empty, or j goes. */
void	nest_leave(struct djail *j);

/*
 * The jail of thread tid, which called through a listener of j: j, or one below
 * it.  NULL: the thread has ended.  The caller must find the call still valid
 * afterwards; else the number may have been another's.
 */
struct djail *nest_find(struct djail *j, pid_t tid);

/* The jail whose init began in the pid namespace of this inode number; one that
 * is going, too, until all in it are dead.  NULL: none. */
struct djail *nest_by_id(const struct daemon *d, uint64_t id);

/* Is the thread in the UTS namespace that j's init began with? */
bool	nest_same_uts(const struct djail *j, pid_t tid);

#endif
