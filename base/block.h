/*
 * Blocks: the memory that zones and hash tables are made of, in pieces of
 * ZBLOCK bytes (base/zone.h).  For base/ only: others call zblock().
 */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

/* Under AddressSanitizer each object and each block is a malloc(). */
#if defined(__SANITIZE_ADDRESS__)
#define ZONE_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZONE_MALLOC 1
#endif
#endif
#ifndef ZONE_MALLOC
#define ZONE_MALLOC 0
#endif

struct chunk;
struct zreserve;

RB_HEAD(chunktree, chunk);

struct blocks {
	struct chunktree chunks;	/* by address */
	LIST_HEAD(, chunk) partial;	/* have free blocks */
	struct chunk	*spare;		/* has nothing but free blocks */
	size_t		 nchunks;
	struct zreserve	*reserve;	/* NULL: nobody */
};

void	blocks_init(struct blocks *bs);
void	blocks_fini(struct blocks *bs);	/* asserts that all are back */

void	*block_get(struct blocks *bs);	/* NULL: no memory */
void	block_put(struct blocks *bs, void *block);

#endif
