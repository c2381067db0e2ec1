/* The remark below a table that changed while it was read. */
#ifndef NETSTAT_CHANGE_H
#define NETSTAT_CHANGE_H

#include "netstat/fetch.h"
#include "netstat/out.h"

/* w is a walk that came to its end (WALK_END) over sockets called `name'. */
void	print_change(struct out *o, const char *name, const struct walk *w);

#endif
