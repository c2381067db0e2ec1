/*
 * What a service manager tells the daemon, and is told: sd_listen_fds(3) and
 * sd_notify(3), whose protocol is environment variables.
 */
#ifndef DAEMON_ACTIVATE_H
#define DAEMON_ACTIVATE_H

#include <stddef.h>

/*
 * The listening socket that this process was started with, now with
 * FD_CLOEXEC, and its path, as getsockname(2) has it.  0, with *fd -1 if there
 * is none; EINVAL: what was passed is not one AF_UNIX stream socket that
 * listens at a path; ENAMETOOLONG.  The variables are taken out of the environment, so
 * this is for before there are threads or children.
 */
int	activate_listener(int *fd, char *path, size_t size);

/*
 * Say that requests are answered from now on, to whom $NOTIFY_SOCKET names.
 * Whoever does not hear it is nobody's loss.
 */
void	activate_ready(void);

#endif
