/* How packets are queued on their way in (-Q). */
#ifndef NETSTAT_NETISR_H
#define NETSTAT_NETISR_H

#include "netstat/fetch.h"
#include "netstat/xo.h"

/* 0 or the errno of reading *namep; EPROTO: it is damaged. */
int	netisr_print(struct xo *x, const struct mib *mib, const char **namep);

#endif
