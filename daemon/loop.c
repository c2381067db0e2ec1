/*
 * loop.c - one epoll set, handled in batches.
 *
 * A handler may delete any source, also one whose event waits later in the
 * same batch; loop_del() therefore blanks that event.  Descriptors are
 * registered by pointer to their source, so a closed and reused number can
 * never reach the wrong handler.
 *
 * A program may close a socket and then make a trapped call that relies on it
 * (bind() to the port that is free now).  epoll does not report the two in that
 * order, for a level-triggered descriptor stays in its list.  So listeners of
 * trapped calls are late: a turn's hang-ups and bytes come first, the stack
 * runs, then the calls.
 */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "daemon/loop.h"

int
loop_init(struct loop *lp)
{
	lp->nready = 0;
	lp->epfd = epoll_create1(EPOLL_CLOEXEC);
	return lp->epfd < 0 ? errno : 0;
}

static int
loop_ctl(struct loop *lp, int op, struct source *s, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = s };

	return epoll_ctl(lp->epfd, op, s->fd, &ev) < 0 ? errno : 0;
}

int
loop_add(struct loop *lp, struct source *s, uint32_t events)
{
	return loop_ctl(lp, EPOLL_CTL_ADD, s, events);
}

int
loop_mod(struct loop *lp, struct source *s, uint32_t events)
{
	return loop_ctl(lp, EPOLL_CTL_MOD, s, events);
}

static void
loop_blank(struct loop *lp, const struct source *s)
{
	int i;

	for (i = 0; i < lp->nready; i++)
		if (lp->ready[i].data.ptr == s)
			lp->ready[i].data.ptr = NULL;
}

void
loop_del(struct loop *lp, struct source *s)
{
	(void)loop_ctl(lp, EPOLL_CTL_DEL, s, 0);
	loop_blank(lp, s);
}

void
loop_close(struct loop *lp, struct source *s)
{
	loop_blank(lp, s);
	close(s->fd);	/* its last descriptor: epoll forgets it too */
	s->fd = -1;
}

int
loop_wait(struct loop *lp, int timeout)
{
	lp->nready = epoll_wait(lp->epfd, lp->ready, LOOP_BATCH, timeout);
	if (lp->nready < 0)
		lp->nready = 0;		/* EINTR */
	return lp->nready;
}

bool
loop_dispatch(struct loop *lp, bool late, uint64_t most)
{
	uint64_t start = 0;
	struct source *s;
	int i;

	for (i = 0; i < lp->nready; i++) {
		s = lp->ready[i].data.ptr;
		if (s == NULL || s->late != late)
			continue;
		if (start == 0)
			start = loop_now();
		else if (loop_now() - start >= most)
			return true;
		lp->ready[i].data.ptr = NULL;
		s->fn(s, lp->ready[i].events);
	}
	return false;
}

uint64_t
loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
