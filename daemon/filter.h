/*
 * The seccomp program of a jail, made from the table in sockcall.c.
 */
#ifndef DAEMON_FILTER_H
#define DAEMON_FILTER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The program of a jail, or of programs in none, as an array of struct sock_filter, malloc()ed, *lenp bytes.
 * NULL with errno.
 */
void	*filter_make(bool jail, size_t *lenp);

#endif
