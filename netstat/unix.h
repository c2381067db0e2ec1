/* The table of Unix-domain sockets. */
#ifndef NETSTAT_UNIX_H
#define NETSTAT_UNIX_H

#include "netstat/fetch.h"
#include "netstat/xo.h"
#include "netstat/view.h"

/*
 * Show a listing (net.local.*.pcblist) of sockets of type `type', a word for
 * the remark on sockets that came or went.  *titled says whether title and head
 * are out already, and is set when they are.  Returns as
 * inet_table_print().
 */
int	unix_table_print(struct xo *x, const struct view *v, const char *type,
	    bool *titled, struct feed *f);

#endif
