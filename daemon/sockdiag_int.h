/*
 * What sockdiag.c and sockdiag_call.c share.
 */
#ifndef DAEMON_SOCKDIAG_INT_H
#define DAEMON_SOCKDIAG_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

struct face;

struct sockdiag {
	TAILQ_ENTRY(sockdiag) link;	/* in daemon->diags */
	struct face	*face;
	bool		 queued;
	bool		 begun;		/* a listing: upto and last are set */
	int		 type;		/* SOCK_RAW, SOCK_DGRAM */
	uint32_t	 portid;
	uint32_t	 room;		/* bytes of the longest part to send */
	size_t		 done;		/* bytes of the datagram answered */
	uint64_t	 upto, last;	/* generation counts; AF_UNIX: the
					 * round, the last inode number */
};

#endif
