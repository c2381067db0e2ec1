/*
 * What the user of sockstat asked to see: the options, in one place.
 */
#ifndef NETSTAT_SOCKVIEW_H
#define NETSTAT_SOCKVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "netstat/portset.h"
#include "netstat/view.h"

struct sockview {
	bool	 inet, inet6;	/* -4, -6 */
	bool	 local;		/* -u */
	bool	 tcp, udp;	/* -P */
	bool	 connected;	/* -c */
	bool	 listening;	/* -l */
	bool	 no_loopback;	/* -L */
	bool	 pcb;		/* -A */
	bool	 congestion;	/* -C */
	bool	 gencnt;	/* -i */
	bool	 numeric;	/* -n */
	bool	 quiet;		/* -q */
	bool	 stack;		/* -S */
	bool	 state;		/* -s */
	bool	 verbose;	/* -v */
	bool	 wide;		/* -w */
	const struct portset *ports;	/* -p; NULL: all */
	bool	 one_jail;	/* -j; then: */
	struct jailset jails;
	/* A user's name or NULL; borrowed until the next call. */
	const char *(*user)(uint32_t uid);
};

#endif
