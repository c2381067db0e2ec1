/*
 * Where netstat's data come from: values of the MIB, and the records in them.
 *
 * A source of values is an argument, so that a test can be one.  A listing is
 * read whole and then walked record by record; nothing is copied out of it.
 */
#ifndef NETSTAT_FETCH_H
#define NETSTAT_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/inaddr.h"
#include "sysctl/xport.h"

/* Values by name, as sysctl(3) gives them; nj_sysctl_read() and its sibling. */
struct mib {
	/* All of a value, malloc()ed.  NULL with errno. */
	void	*(*read)(const char *name, size_t *lenp);
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
	const uint8_t	*p, *end;	/* what is left */
	size_t		 genlen;	/* bytes of a header */
	size_t		 reclen;	/* least bytes of a record */
	bool		 tcp;		/* records are xtcpcbs */
	enum walk_state	 state;
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
 * Start on a listing of TCP's, or of other protocols' records.  buf is
 * borrowed and must be aligned as malloc() does.
 */
void	walk_inet(struct walk *w, const void *buf, size_t len, bool tcp);
void	walk_unix(struct walk *w, const void *buf, size_t len);

/*
 * The next record that belongs to the listing (those younger than its header
 * are passed over).  False: w->state says whether that was the end (WALK_END)
 * or the listing is damaged or cut off (WALK_BAD).
 */
bool	walk_conn(struct walk *w, struct conn *c);
bool	walk_unpcb(struct walk *w, const struct xunpcb **xup);

#endif
