/*
 * Datagrams between a DGRAM face and its socket.
 *
 * A datagram that arrives is put into the program's queue at once, so that
 * poll(), read() and recv() work natively; its source is remembered in
 * face->dgaddrs.  A call that wants the source is trapped, and the daemon then
 * takes the datagram out of the queue itself.
 *
 * An ICMP error for a connected socket is the answer of the next trapped call;
 * a datagram of length zero in the queue (the token) wakes a program that polls
 * or reads natively.  read() of it gives 0, where Linux would give the error.
 * So that recv() and send() without an address are trapped too, UDP sockets get
 * descriptor numbers from DGRAM_FDS on, where nothing else is, if they can.
 */
#ifndef DAEMON_DGRAM_H
#define DAEMON_DGRAM_H

#include <stdint.h>

#include "base/inaddr.h"

struct face;

/* 64 numbers below FD_SETSIZE; the filter tells them by a mask. */
#define DGRAM_FDS	960
#define DGRAM_FDMASK	0xffffffc0u

/* Move what can be moved, both ways.  May free f. */
void	dgram_run(struct face *f);

/* Send now what the program has written natively; its end must be held open
 * by the caller, so that f stays. */
void	dgram_flush(struct face *f);

struct dgram {
	struct endpoint	from;
	struct inaddr	to;	/* its destination */
	uint32_t	len;	/* may exceed the room given: truncated */
};

/*
 * Take the next datagram, or look at it (peek), for a trapped call; app is the
 * program's end.  EWOULDBLOCK, or the socket's pending error.
 */
int	dgram_receive(struct face *f, int app, void *buf, uint32_t room,
	    int peek, struct dgram *dg);

/* The error has been told: take its token away, if it is next. */
void	dgram_drop_token(struct face *f, int app);

void	dgram_fini(struct face *f);

#endif
