/*
 * Pairs of connected AF_UNIX sockets: one end becomes a program's "TCP" or
 * "UDP" socket, the other stays with the daemon.  They are made ahead of need,
 * when the daemon has nothing else to do.
 *
 * PAIR_FRESH	a stream whose app end has a send buffer of the least size,
 *		full of PAIR_PREFILL bytes: it polls as nothing, like a TCP
 *		socket that is connecting or listening with nobody waiting.
 *		pair_open() makes it a PAIR_STREAM.
 * PAIR_STREAM	an open stream, as an accepted connection gets.
 * PAIR_DGRAM	SOCK_SEQPACKET: keeps boundaries as SOCK_DGRAM does, but tells
 *		the daemon when the program's end is closed.
 */
#ifndef DAEMON_PAIR_H
#define DAEMON_PAIR_H

#include <stdbool.h>
#include <stdint.h>

enum pair_kind { PAIR_FRESH, PAIR_STREAM, PAIR_DGRAM, PAIR_NKINDS };

#define PAIR_POOL	16	/* ready pairs kept of each kind */
#define PAIR_PREFILL	4096	/* bytes */
#define PAIR_SNDBUF	212992	/* of an open app end, in bytes as set */

struct pair {
	int	 app, own;	/* descriptors, close-on-exec */
	uint64_t cookie;	/* SO_COOKIE of app */
	uint64_t ino;		/* inode number of app */
};

struct pairs {
	struct pair	pool[PAIR_NKINDS][PAIR_POOL];
	unsigned	n[PAIR_NKINDS];
};

/* Take a pair; both descriptors are the caller's.  0, or EMFILE, ENFILE... */
int	pair_get(struct pairs *ps, enum pair_kind kind, struct pair *p);

/* Is there room in the pool?  Make one more; false: that failed. */
bool	pairs_low(const struct pairs *ps);
bool	pairs_refill(struct pairs *ps);
void	pairs_fini(struct pairs *ps);

/*
 * The connection is there: take the prefill out of own and give app its real
 * send buffer, in this order, so that app polls writable exactly once.  app may
 * be -1 where it cannot be had; its buffer then stays small.
 */
void	pair_open(int own, int app);

#endif
