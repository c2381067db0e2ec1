/* The MIB of the stack this process belongs to. */
#ifndef NETSTAT_SOURCE_H
#define NETSTAT_SOURCE_H

#include "netstat/fetch.h"

extern const struct mib stack_mib;

/* Reach the stack.  -1 with errno: there is none. */
int	source_connect(void);

#endif
