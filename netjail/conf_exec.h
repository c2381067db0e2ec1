/*
 * Commands of a file of jails: exec.prestart, exec.start and so on.
 *
 * Functions here belong to a program: a failure has been told on standard
 * error when they return it.
 */
#ifndef NETJAIL_CONF_EXEC_H
#define NETJAIL_CONF_EXEC_H

#include <stdbool.h>
#include <stdint.h>

#include "netjail/conf.h"

struct conf_exec {
	const struct conf_jail *j;
	uint32_t jid;		/* 0: there is no jail yet, or any more */
	bool	 verbose;
};

/* Run every command of a parameter in turn, in the jail if inside.  0, or -1:
 * one has failed, and no other was run. */
int	conf_exec(const struct conf_exec *x, const char *param, bool inside);

/* Run one of our own programs, with argv[0] its name.  Its exit status; 1 where
 * it could not be run. */
int	conf_tool(char *const *argv);

/* Ask the processes of the jail to end (SIGTERM), and wait until they have, for
 * so many seconds.  0, or -1: it could not be asked. */
int	conf_end_processes(uint32_t jid, long seconds);

#endif
