/*
 * What a stack holds at one moment: its jails, with their sockets counted, and
 * its own counters.  What netjail-top(8) and netjail-metrics(8) show.
 */
#ifndef NETJAIL_CENSUS_H
#define NETJAIL_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/inaddr.h"
#include "netstat/fetch.h"
#include "sysctl/stats.h"
#include "sysctl/xport.h"
#include "sysctl/xprison.h"

enum census_proto { CENSUS_TCP, CENSUS_UDP, CENSUS_RAW, CENSUS_NPROTO };
extern const char *const census_proto_name[CENSUS_NPROTO];

/* t_state of LISTEN and so on, as tcp_state_name has them. */
enum { CENSUS_LISTEN = 1, CENSUS_ESTABLISHED = 4, CENSUS_TIME_WAIT = 10 };

/*
 * A jail as its records say; jid 0 is the stack itself, named "0" as in
 * FreeBSD.  A jail that has sockets and is not in the list of jails (the one we
 * are in ourselves, or one that came or went meanwhile) has its jid for a name.
 */
struct census_jail {
	int	 jid;
	bool	 dying;
	bool	 listed;
	char	 name[sizeof(((struct xprison *)0)->pr_name)];
	char	 host[sizeof(((struct xprison *)0)->pr_host)];
	char	 path[sizeof(((struct xprison *)0)->pr_path)];
	struct inaddr addr;		/* the first; if naddr > 0 */
	unsigned naddr;
	uint64_t sockets[CENSUS_NPROTO];
	uint64_t states[TCP_NSTATES];
	uint64_t recvq, sendq;		/* bytes, listeners left out */
	uint64_t qlen, incqlen, qlimit;	/* of all listeners together */
	/* Ports taken in the default range, on the address (and of the
	 * protocol) that has most of them. */
	uint32_t ports;
};

/* One socket of the jail looked into. */
struct census_socket {
	enum census_proto proto;
	int	 state;			/* of TCP, or -1 */
	struct inaddr laddr, faddr;
	in_port_t lport, fport;		/* host byte order */
	uint64_t recvq, sendq;		/* of a listener: queued, its limit */
};

enum census_range { RANGE_DEFAULT, RANGE_HIGH, RANGE_LOW, RANGE_N };
extern const char *const census_range_name[RANGE_N];

struct census {
	char	 version[64];		/* the stack's */
	struct census_jail *jails;	/* by jid */
	size_t	 njails;
	uint64_t total;			/* sockets */
	struct tcpstat tcp;
	struct udpstat udp;
	struct ipstat ip;
	struct icmpstat icmp;
	struct { int first, last; } range[RANGE_N];	/* ports, ascending */
	struct {
		uint64_t picks, exhausted, conflicts, denied;
	} ports;
	uint64_t intr_drops;		/* packets the input queue had no room
					 * for */
	struct {
		int	 measured;	/* or the rest means nothing */
		uint64_t count, longest, over1ms;	/* longest in ns */
	} turns;			/* of the daemon's loop */
	struct xzone *zones;
	size_t	 nzones;
	/* Sockets of the jail looked into: at most CENSUS_LOOK of found. */
	struct census_socket *look;
	size_t	 nlook, found;
};

#define CENSUS_LOOK	10000
#define CENSUS_NOBODY	(-1)

/*
 * Take the census of the stack that mib belongs to, and keep the sockets of
 * the jail `look' (CENSUS_NOBODY: of none).  0, or an errno, EPROTO for damaged
 * records; *what is then the name of the value that could not be had.
 * census_free() in both cases.
 */
int	census_take(struct census *c, const struct mib *mib, int look,
	    const char **what);
void	census_free(struct census *c);

/* The jail with this jid, or NULL. */
const struct census_jail *census_find(const struct census *c, int jid);

/* How many ports a range has. */
int	census_range_size(const struct census *c, enum census_range r);

#endif
