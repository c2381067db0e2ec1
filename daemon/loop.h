/*
 * The event loop: descriptors, one timer, and work put off until a turn's end.
 *
 * A source is a descriptor with the function to call when epoll reports it.
 * Sources are embedded in their objects; after loop_del() neither this turn
 * nor a later one calls them.
 */
#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_BATCH 256

struct source {
	int	 fd;		/* owned by whoever embeds the source */
	void	(*fn)(struct source *, uint32_t events);
	bool	 late;		/* after all that are not: see loop.c */
};

struct loop {
	int	 epfd;
	int	 nready;	/* this turn's events */
	struct epoll_event ready[LOOP_BATCH];
};

/* 0 or errno. */
int	loop_init(struct loop *lp);
int	loop_add(struct loop *lp, struct source *s, uint32_t events);
int	loop_mod(struct loop *lp, struct source *s, uint32_t events);

/* Forget s; its descriptor stays open. */
void	loop_del(struct loop *lp, struct source *s);

/* Forget s and close its descriptor, which must have no duplicate; s->fd
 * becomes -1. */
void	loop_close(struct loop *lp, struct source *s);

/* Wait at most timeout ms (-1: for ever).  Returns how many sources are ready;
 * loop_dispatch() then calls those of them that are late, or are not: one at
 * least, none that would begin `most' ns later.  True: there are more. */
int	loop_wait(struct loop *lp, int timeout);
bool	loop_dispatch(struct loop *lp, bool late, uint64_t most);

/* The only clock of the daemon: CLOCK_MONOTONIC in ns. */
uint64_t loop_now(void);

#endif
