/*
 * What the user asked to see: the options, in one place.
 */
#ifndef NETSTAT_VIEW_H
#define NETSTAT_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/inaddr.h"

/* Symbolic names; NULL where there is none.  Borrowed until the next call. */
struct names {
	const char *(*host)(const struct inaddr *a);
	/* port in network byte order; proto as in services(5) */
	const char *(*service)(in_port_t port, const char *proto);
	/* a net's address, the rest of its bits zero */
	const char *(*net)(const struct inaddr *a);
};

/* Jails by jid, ascending: one and those below it; and that one's addresses,
 * in order of their bytes (none: it is not restricted to any). */
struct jailset {
	int	*jid;		/* malloc()ed */
	size_t	 n;
	struct inaddr *addr;	/* malloc()ed */
	size_t	 naddr;
};

struct view {
	int	 af;		/* AF_UNSPEC: all */
	bool	 all;		/* -a */
	bool	 pcb;		/* -A */
	bool	 queues;	/* -L */
	bool	 flows;		/* -R */
	bool	 losses;	/* -T */
	bool	 buffers;	/* -x */
	bool	 congestion;	/* -C */
	bool	 stacks;	/* -c */
	bool	 logids;	/* -P */
	bool	 wide;		/* -W, -l */
	bool	 numeric_addr;	/* -n, -S */
	bool	 numeric_port;	/* -n */
	unsigned stats;		/* how many -s */
	bool	 zero;		/* -z */
	bool	 mbufs;		/* -m */
	bool	 interfaces;	/* -i, -I, -w */
	const char *interface;	/* -I; NULL: all */
	bool	 bytes;		/* -b */
	bool	 drops;		/* -d */
	bool	 human;		/* -h */
	unsigned interval;	/* -w, seconds; 0: a table */
	unsigned howmany;	/* -q, lines; 0: any number */
	bool	 routes;	/* -r */
	bool	 multicast;	/* -g */
	bool	 netisr;	/* -Q */
	bool	 bpf;		/* -B */
	bool	 one_jail;	/* -j; then: */
	struct jailset jails;
	const struct names *names;
	bool	(*wait)(unsigned seconds);	/* false: enough */
};

#endif
