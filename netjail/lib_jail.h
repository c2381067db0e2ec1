/*
 * What the files of libnetjail's jail family share.
 */
#ifndef NETJAIL_LIB_JAIL_H
#define NETJAIL_LIB_JAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "include/bsd/jail.h"
#include "netjail/launch.h"

/* Set jail_errmsg and errno.  Returns -1. */
int	lib_refuse(int error, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/*
 * A connection from outside all jails, where the calls below make sense.
 * -1: EPERM, this process is on a stack already, or errno.
 */
int	lib_connect(void);

/*
 * Run fn(arg) with what it tells on standard error kept: if that is -1, it
 * becomes jail_errmsg.  Returns what fn does.
 */
int	lib_quietly(int (*fn)(void *), void *arg);

/* Make the namespaces of a jail that has none.  0, or -1 with errno. */
int	lib_populate(struct launch_jail *lj);

/* jail_attach() over a connection, which is closed. */
int	lib_attach(int sock, uint32_t jid);

#endif
