/*
 * loop.c - one epoll set, handled in batches.
 *
 * A handler may delete any source, also one whose event waits later in the
 * same batch; loop_del() therefore blanks that event.  Descriptors are
 * registered by pointer to their source, so a closed and reused number can
 * never reach the wrong handler.
 */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "daemon/loop.h"

int
loop_init(struct loop *lp)
{
	lp->nready = lp->next = 0;
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

void
loop_del(struct loop *lp, struct source *s)
{
	int i;

	(void)loop_ctl(lp, EPOLL_CTL_DEL, s, 0);
	for (i = lp->next; i < lp->nready; i++)
		if (lp->ready[i].data.ptr == s)
			lp->ready[i].data.ptr = NULL;
}

int
loop_wait(struct loop *lp, int timeout)
{
	lp->next = 0;
	lp->nready = epoll_wait(lp->epfd, lp->ready, LOOP_BATCH, timeout);
	if (lp->nready < 0)
		lp->nready = 0;		/* EINTR */
	return lp->nready;
}

void
loop_dispatch(struct loop *lp)
{
	struct epoll_event *ev;
	struct source *s;

	while (lp->next < lp->nready) {
		ev = &lp->ready[lp->next++];
		if ((s = ev->data.ptr) != NULL)
			s->fn(s, ev->events);
	}
	lp->next = lp->nready = 0;
}

uint64_t
loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}
