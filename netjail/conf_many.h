/*
 * Several jails of a file at the same time.
 */
#ifndef NETJAIL_CONF_MANY_H
#define NETJAIL_CONF_MANY_H

#include <stdbool.h>

#include "netjail/conf.h"

/* What has become of a jail.  Errors have been told. */
enum conf_outcome {
	CONF_WELL,
	CONF_FAILED,	/* what comes after it is held up; also exit(1) */
	CONF_TOLD	/* an error that holds up nobody */
};

struct conf_many {
	const struct conf *c;
	bool	 stop;		/* jails are removed */
	unsigned limit;		/* so many at a time; 0: any number */
	/* See to a jail, by its index; held: one that it comes after has
	 * failed.  Called in a process of its own. */
	enum conf_outcome (*work)(const void *arg, unsigned jail, bool held);
	const void *arg;
};

/* See to n jails, in the order that conf_order() gave: each when those that it
 * comes after have been seen to.  An exit status. */
int	conf_many(const struct conf_many *m, const unsigned *order,
	    unsigned n);

#endif
