/*
 * kern.clockrate, FreeBSD's layout.
 */
#ifndef _NETJAIL_SYS_CLOCKINFO_H_
#define _NETJAIL_SYS_CLOCKINFO_H_

#include "_abi.h"

struct clockinfo {
	int	hz;		/* ticks of the callouts in a second */
	int	tick;		/* microseconds of one */
	int	spare;
	int	stathz, profhz;	/* no other clock ticks here: hz */
};

_ABI_SIZE(clockinfo, 20);

#endif
