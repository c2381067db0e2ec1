/* sockstat's table, as FreeBSD 14 prints it. */
#ifndef NETSTAT_SOCKSTAT_H
#define NETSTAT_SOCKSTAT_H

#include "netstat/socks.h"
#include "netstat/xo.h"

/* Print what was gathered for v, with a title unless it says to leave that
 * out; marks s->sock[].shown. */
void	sockstat_print(struct xo *x, const struct sockview *v,
	    const struct socks *s);

#endif
