/*
 * reserve.c - memory for a stack that grows, ready before it is asked for.
 *
 * Theory of operation
 *
 * A stack that doubles asks for chunk after chunk (base/block.c).  To give it
 * one on a huge page costs 0.2 ms where memory lies ready, and several where it
 * must be compacted, or fetched by a hypervisor.  A thread does that beforehand,
 * for some chunks more than there are; it touches them, for a fault locks no
 * more than the mapping it is in, and the other thread's faults and mmap(2) go
 * on.  The same thread unmaps what is given back.
 *
 *	want	0 while the stack has one chunk or none: a small stack has no
 *		thread and holds nothing ready; then more and more, up to MOST
 *	n > want	the thread unmaps one
 *	n < want	the thread makes one
 *
 * If the stack is faster than the thread it gets nothing, and asks the system
 * itself.  If the system has no memory the thread waits until the stack's needs
 * change.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "daemon/reserve.h"

#define MOST	4	/* pieces ready at most */
#define GROWTH	32	/* pieces the stack has, for each but the first */
#define PAGE	4096	/* the smallest */

/* What stands at the beginning of one that is ready. */
struct piece {
	struct piece	*next;
};

/* On one huge page if the system has any, else on small ones.  NULL: no
 * memory. */
static struct piece *
piece_make(void)
{
	char *p = zchunk();

	if (p == NULL)
		return NULL;
	madvise(p, ZCHUNK, MADV_HUGEPAGE);
	for (size_t i = 0; i < ZCHUNK; i += PAGE)
		*(volatile char *)(p + i) = 0;
	return (struct piece *)(void *)p;
}

static void
push(struct reserve *r, struct piece *p)
{
	p->next = r->ready;
	r->ready = p;
	r->n++;
}

static struct piece *
pop(struct reserve *r)
{
	struct piece *p = r->ready;

	if (p != NULL) {
		r->ready = p->next;
		r->n--;
	}
	return p;
}

/* One more.  Locked before and after, not meanwhile. */
static void
make_one(struct reserve *r)
{
	struct piece *p;

	pthread_mutex_unlock(&r->lock);
	p = piece_make();
	pthread_mutex_lock(&r->lock);
	if (p != NULL)
		push(r, p);
	else
		r->want = r->n;
}

static void
unmake_one(struct reserve *r)
{
	struct piece *p = pop(r);

	pthread_mutex_unlock(&r->lock);
	munmap(p, ZCHUNK);
	pthread_mutex_lock(&r->lock);
}

static void *
reserve_thread(void *arg)
{
	struct reserve *r = arg;

	pthread_mutex_lock(&r->lock);
	while (!r->ending) {
		if (r->n < r->want)
			make_one(r);
		else if (r->n > r->want)
			unmake_one(r);
		else
			pthread_cond_wait(&r->work, &r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* The stack will have so many.  Locked. */
static void
needs(struct reserve *r, size_t have)
{
	r->want = have < 2 ? 0 : 1 + have / GROWTH;
	if (r->want > MOST)
		r->want = MOST;
	pthread_cond_signal(&r->work);
}

/* If there can be no thread nothing gets ready. */
static void
start(struct reserve *r)
{
	sigset_t all, was;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	r->started = pthread_create(&r->thread, NULL, reserve_thread, r) == 0;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
}

static void *
take(struct zreserve *zr, size_t have)
{
	struct reserve *r = (struct reserve *)zr;
	struct piece *p;

	pthread_mutex_lock(&r->lock);
	p = pop(r);
	needs(r, have + 1);
	pthread_mutex_unlock(&r->lock);
	if (!r->started)
		start(r);
	return p;
}

static void
give(struct zreserve *zr, void *chunk, size_t have)
{
	struct reserve *r = (struct reserve *)zr;

	if (!r->started) {
		munmap(chunk, ZCHUNK);
		return;
	}
	pthread_mutex_lock(&r->lock);
	push(r, chunk);
	needs(r, have);
	pthread_mutex_unlock(&r->lock);
}

void
reserve_init(struct reserve *r)
{
	*r = (struct reserve) { .zr = { .take = take, .give = give } };
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
}

void
reserve_fini(struct reserve *r)
{
	struct piece *p;

	pthread_mutex_lock(&r->lock);
	r->ending = true;
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
	if (r->started)
		pthread_join(r->thread, NULL);
	while ((p = pop(r)) != NULL)
		munmap(p, ZCHUNK);
	pthread_cond_destroy(&r->work);
	pthread_mutex_destroy(&r->lock);
}
