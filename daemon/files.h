/*
 * kern.file: which processes hold which of the stack's sockets.
 */
#ifndef DAEMON_FILES_H
#define DAEMON_FILES_H

#include "daemon/daemon.h"
#include "daemon/djail.h"

/* Let kern.file of d's stack know of d.  Before that, and where a stack has no
 * daemon, the list is empty. */
void	files_init(struct daemon *d);

/* The pid a pidfd stands for, while it lives; or -1. */
pid_t	files_pid(int pidfd);

/* Learn from the jail's init, whose pidfd it has, what its processes are known
 * by.  Where that fails the jail sees none of them. */
void	files_jail(struct djail *j);

/* The face whose app end has this inode number, or NULL. */
struct face *files_face(const struct daemon *d, uint64_t ino);

#endif
