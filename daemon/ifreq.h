/*
 * netdevice(7)'s ioctls on the sockets of jailed programs.
 */
#ifndef DAEMON_IFREQ_H
#define DAEMON_IFREQ_H

#include <stdbool.h>

struct call;

/* The first of their numbers. */
#define IFREQ_FIRST	0x890b

/* Is cmd one of them: routes, interfaces, drivers, wireless? */
bool	is_ifreq(unsigned cmd);

/* Answer one, as the functions of sockcall.h do. */
int	ifreq_ioctl(struct call *c);

#endif
