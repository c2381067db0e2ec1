/*
 * Where netstat's data come from: values of the MIB, and the records in them.
 *
 * A source of values is an argument, so that a test can be one.  A listing is
 * walked record by record while it arrives; nothing keeps the whole of it.
 */
#ifndef NETSTAT_FETCH_H
#define NETSTAT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/inaddr.h"
#include "sysctl/xport.h"

/* A value of the MIB that arrives in pieces. */
struct feed {
	/*
	 * The next piece: *bufp is aligned as by malloc() and good until the
	 * next call.  1, or 0 (there is no more), or -1 with errno.
	 */
	int	 (*next)(struct feed *f, const void **bufp, size_t *lenp);
};

/* Values by name. */
struct mib {
	/* Long ones.  NULL with errno; close with close(), at any time. */
	struct feed *(*open)(const char *name);
	void	 (*close)(struct feed *f);
	/* All of one, malloc()ed.  NULL with errno. */
	void	*(*read)(const char *name, size_t *lenp);
	/* net.routetable.0.af.op.0 (sysctl/xroute.h), as read(). */
	void	*(*route)(int af, int op, size_t *lenp);
	/* sysctlbyname(3). */
	int	 (*swap)(const char *name, void *oldp, size_t *oldlenp,
		     const void *newp, size_t newlen);
};

/* Names of t_state, FreeBSD's (tcp_fsm.h). */
#define TCP_NSTATES 11
extern const char *const tcp_state_name[TCP_NSTATES];

enum walk_state { WALK_MORE, WALK_END, WALK_BAD };

/*
 * A listing being walked.  `count' and `gen' are those of the header;
 * the last_ ones are those of the trailer, valid in WALK_END.
 */
struct walk {
	struct feed	*feed;
	const uint8_t	*p, *end;	/* what is left of the piece */
	uint8_t		*joined;	/* pieces, where a record is in two */
	size_t		 genlen;	/* bytes of a header */
	size_t		 reclen;	/* least bytes of a record */
	bool		 tcp;		/* records are xtcpcbs */
	enum walk_state	 state;
	int		 error;		/* WALK_BAD: errno, if the feed's */
	uint32_t	 count, last_count;
	uint64_t	 gen, last_gen;
};

/* An Internet socket.  Pointers lead into the listing. */
struct conn {
	const struct xinpcb *inp;
	const struct xsocket *so;	/* inp->xi_socket */
	const struct xtcpcb *tp;	/* NULL: not TCP */
	struct inaddr	 laddr, faddr;	/* v4 where INP_IPV4 is set */
};

/*
 * Start on a listing of TCP's, or of other protocols' records.  The feed is
 * borrowed until walk_end().
 */
void	walk_inet(struct walk *w, struct feed *f, bool tcp);
void	walk_unix(struct walk *w, struct feed *f);
void	walk_end(struct walk *w);

/*
 * The next record that belongs to the listing (those younger than its header
 * are passed over), good until the next call.  False: w->state says whether
 * that was the end (WALK_END) or the listing is damaged or cut off (WALK_BAD).
 */
bool	walk_conn(struct walk *w, struct conn *c);
bool	walk_unpcb(struct walk *w, const struct xunpcb **xup);

#endif
