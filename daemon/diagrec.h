/*
 * A socket of the stack as a record of inet_diag (linux/inet_diag.h).
 */
#ifndef DAEMON_DIAGREC_H
#define DAEMON_DIAGREC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/unix_diag.h>

struct djail;
struct inpcb;
struct unixrec;

/* Messages that are sent together.  All of them are multiples of four long. */
struct diag_part {
	uint8_t	*buf;
	size_t	 len, cap;	/* bytes */
};

/* What is asked for. */
struct diag_query {
	const struct djail *viewer;
	struct nlmsghdr	 hdr;		/* the request's */
	uint32_t	 portid;	/* of whom it is answered to */
	uint8_t		 family;
	uint8_t		 protocol;
	uint8_t		 ext;		/* bit INET_DIAG_x - 1: attribute x */
	uint32_t	 states;	/* bit TCP_x of Linux: state x */
	struct inet_diag_sockid id;
	const uint8_t	*bc;		/* a valid filter, or bclen 0 */
	size_t		 bclen;
	struct unix_diag_req un;	/* AF_UNIX: instead of all these */
};

/* inp's state in Linux's numbers; 0: Linux would not list it. */
unsigned diagrec_state(const struct inpcb *inp);

/* Do its state, its ports and the filter want inp to be listed? */
bool	diagrec_wanted(const struct diag_query *q, const struct inpcb *inp);

/* Is id's cookie inp's, or none? */
bool	diagrec_cookie(const struct inet_diag_sockid *id,
	    const struct inpcb *inp);

/* Append inp's record.  False: no room.  *cost: how long it took, in records
 * of a microsecond or less. */
bool	diagrec_put(struct diag_part *p, const struct diag_query *q,
	    const struct inpcb *inp, uint16_t flags, unsigned *cost);

/* The same for a socket of the kernel's (unixdiag.h).  False: no room. */
bool	diagrec_unix(struct diag_part *p, const struct diag_query *q,
	    const struct unixrec *rec, uint16_t flags);

/* Append a message with a body; false: no room. */
bool	diagrec_message(struct diag_part *p, const struct diag_query *q,
	    uint16_t type, uint16_t flags, const void *body, size_t len);

#endif
