/*
 * What the stack has to say to whoever runs it, a line at a time, as the
 * kernel's log(9) has: attempts at closed ports, limits that were reached.
 */
#ifndef STACK_VLOG_H
#define STACK_VLOG_H

#include "base/vnet.h"

/* Who hears it: one at a time; NULL, as at first, nobody.  The line has no
 * newline and is gone when the function returns. */
typedef void vlog_fn(void *arg, const char *line);
void	vlog_set(struct vnet *v, vlog_fn *fn, void *arg);

/* Say a line, cut to VLOG_LINE bytes.  Of more than VLOG_RATE in a second only
 * the number is said, before the next line. */
#define VLOG_LINE	256
#define VLOG_RATE	100
void	vlog(struct vnet *v, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#endif
