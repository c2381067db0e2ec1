/*
 * Theory of operation
 *
 * The system is asked for chunks of the size of a huge page, aligned to that.
 * A chunk is cut into blocks, and its free ones are the bits of a word.  A
 * table or a zone of a million objects touches pages at random; were they
 * small, finding out where each lies would cost more than reading it.  The
 * first chunk is left as it is: a small stack should not hold two megabytes
 * because of a few objects.
 *
 * Making a huge page takes the system a fraction of a millisecond, or several of
 * them, and packets would wait; so whoever has a second thread may let it keep
 * chunks ready (zreserve()).  Where none is ready a huge page is asked for, not
 * waited for: khugepaged makes it, by default for eight chunks in ten seconds.
 * Until it has been there a million new objects are on small pages, and each
 * look at one costs half as much again.
 *
 *	full chunk	in no list
 *	partial chunk	in blocks->partial
 *	empty chunk	blocks->spare, if that is unset; else given away
 *
 * mmap(2) and madvise(2) here, and malloc(3), are how the core gets memory;
 * there is nothing to be heard from them but whether there is some.  Without
 * huge pages all works the same, slower.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/block.h"
#include "base/zone.h"

#define NBLOCKS	(ZCHUNK / ZBLOCK)

struct chunk {
	RB_ENTRY(chunk)	 entry;
	LIST_ENTRY(chunk) link;	/* in blocks->partial, if partial */
	uintptr_t	 base;
	uint32_t	 free;	/* bit n: block n is */
};

_Static_assert(NBLOCKS == 32, "a bit for each block");

static int
chunk_cmp(const struct chunk *a, const struct chunk *b)
{
	return (a->base > b->base) - (a->base < b->base);
}

RB_PROTOTYPE(chunktree, chunk, entry, chunk_cmp);
RB_GENERATE(chunktree, chunk, entry, chunk_cmp);

void
blocks_init(struct blocks *bs)
{
	RB_INIT(&bs->chunks);
	LIST_INIT(&bs->partial);
	bs->spare = NULL;
	bs->nchunks = 0;
	bs->reserve = NULL;
}

/* Twice as much holds an aligned piece; the rest goes back. */
void *
zchunk(void)
{
	char *p = mmap(NULL, 2 * ZCHUNK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (p == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)p & (ZCHUNK - 1);
	if (before > 0)
		munmap(p, before);
	munmap(p + before + ZCHUNK, ZCHUNK - before);
	return p + before;
}

/*
 * From the system.  A fault in a chunk without a single page would make a huge
 * one at once; where there is one, the system does it behind our back.
 */
static void *
chunk_map(bool huge)
{
	void *p = zchunk();

	if (p == NULL)
		return NULL;
	*(volatile char *)p = 0;
	if (huge)
		madvise(p, ZCHUNK, MADV_HUGEPAGE);
	return p;
}

static void *
chunk_take(struct blocks *bs)
{
	struct zreserve *zr = bs->reserve;
	bool first = bs->nchunks == 0;
	void *p = NULL;

	if (!first && zr != NULL)
		p = zr->take(zr, bs->nchunks);
	return p != NULL ? p : chunk_map(!first);
}

static struct chunk *
chunk_new(struct blocks *bs)
{
	struct chunk *c = malloc(sizeof(*c));
	void *p;

	if (c == NULL)
		return NULL;
	if ((p = chunk_take(bs)) == NULL) {
		free(c);
		return NULL;
	}
	c->base = (uintptr_t)p;
	c->free = UINT32_MAX;
	RB_INSERT(chunktree, &bs->chunks, c);
	bs->nchunks++;
	return c;
}

static void
chunk_free(struct blocks *bs, struct chunk *c)
{
	RB_REMOVE(chunktree, &bs->chunks, c);
	bs->nchunks--;
	if (bs->reserve != NULL)
		bs->reserve->give(bs->reserve, (void *)c->base, bs->nchunks);
	else
		munmap((void *)c->base, ZCHUNK);
	free(c);
}

void
blocks_fini(struct blocks *bs)
{
	if (bs->spare != NULL)
		chunk_free(bs, bs->spare);
	assert(RB_EMPTY(&bs->chunks));
}

/* A chunk with a free block, in the list of partial ones. */
static struct chunk *
chunk_partial(struct blocks *bs)
{
	struct chunk *c = LIST_FIRST(&bs->partial);

	if (c != NULL)
		return c;
	if ((c = bs->spare) != NULL)
		bs->spare = NULL;
	else if ((c = chunk_new(bs)) == NULL)
		return NULL;
	LIST_INSERT_HEAD(&bs->partial, c, link);
	return c;
}

void *
block_get(struct blocks *bs)
{
	struct chunk *c;
	unsigned n;

	if (ZONE_MALLOC)
		return aligned_alloc(ZBLOCK, ZBLOCK);
	if ((c = chunk_partial(bs)) == NULL)
		return NULL;
	n = __builtin_ctz(c->free);
	c->free &= c->free - 1;
	if (c->free == 0)
		LIST_REMOVE(c, link);
	return (void *)(c->base + n * ZBLOCK);
}

void
block_put(struct blocks *bs, void *block)
{
	struct chunk key = { .base = (uintptr_t)block & ~(ZCHUNK - 1) };
	struct chunk *c;

	if (ZONE_MALLOC) {
		free(block);
		return;
	}
	c = RB_FIND(chunktree, &bs->chunks, &key);
	assert(c != NULL);
	if (c->free == 0)
		LIST_INSERT_HEAD(&bs->partial, c, link);
	c->free |= UINT32_C(1) << ((uintptr_t)block - c->base) / ZBLOCK;
	if (c->free != UINT32_MAX)
		return;
	LIST_REMOVE(c, link);
	if (bs->spare == NULL)
		bs->spare = c;
	else
		chunk_free(bs, c);
}
