/*
 * The seccomp program of a jail, made from the table in sockcall.c.
 */
#ifndef DAEMON_FILTER_H
#define DAEMON_FILTER_H

#include <stddef.h>

/*
 * The program as an array of struct sock_filter, malloc()ed, *lenp bytes.
 * NULL with errno.
 */
void	*filter_make(size_t *lenp);

#endif
