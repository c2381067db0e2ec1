/*
 * Zones: type-stable allocation with a limit and honest counters.
 *
 * A zone hands out objects of one size.  Its memory never turns into another
 * type, and the first `keep' bytes of an object (a generation number, say)
 * survive zfree() and the next zalloc(), so that a stale pointer or index can
 * be told from a fresh one.  All other bytes are zero after zalloc().
 *
 * Memory comes in slabs; a slab that empties goes back once a second one is
 * spare.  Under AddressSanitizer each object is a malloc() of its own, so that
 * use after free is seen; `keep' bytes are then zero.
 *
 * Slabs are made of blocks, which all zones and hash tables of a vnet share;
 * where there are many they come to lie on huge pages (base/block.c).
 *
 * Zones are listed in the vnet for vm.zone.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vnet;
struct zone;

struct zone_stats {
	const char *name;
	size_t	 size;		/* bytes of an object */
	uint64_t limit;		/* objects; 0 = none */
	uint64_t used;		/* objects handed out now */
	uint64_t free;		/* objects ready in slabs */
	uint64_t requests;	/* successful zalloc() calls */
	uint64_t failures;	/* refused ones, by limit or memory */
	uint64_t high;		/* largest `used' so far */
	uint64_t bytes;		/* memory held from the system */
};

/*
 * Make a zone of objects of `size' bytes, aligned to the largest power of two
 * from 8 to 64 that divides size (8, if none does).  name is not copied.
 * limit: objects, 0 for none.  NULL: no memory.
 */
struct zone *zinit(struct vnet *v, const char *name, size_t size, size_t keep,
	    uint64_t limit);

/* Asserts that the zone is empty. */
void	zdestroy(struct zone *z);

/* NULL at the limit, out of memory, or when zfail() says so. */
void	*zalloc(struct zone *z);
void	zfree(struct zone *z, void *obj);

/* Raise or lower the limit; objects above a lowered one stay. */
void	zlimit(struct zone *z, uint64_t limit);

void	zstats(const struct zone *z, struct zone_stats *st);

/* The zones of v in order of creation: NULL gives the first, NULL ends. */
struct zone *znext(struct vnet *v, struct zone *z);

/* For tests: the n-th zalloc() from now fails (0: the next), then all work
 * again.  n < 0 switches it off. */
void	zfail(struct zone *z, int n);

/* The same for zalloc() of whatever zone of v, zblock(), zarray() and
 * zarray_resize() together.  Returns what was left of the n before; negative:
 * it has failed, or was off. */
int	zfail_any(struct vnet *v, int n);

#define ZCHUNK	((size_t)2 * 1024 * 1024)

/*
 * Who has memory ready for a vnet: pieces of ZCHUNK bytes, aligned to that, from
 * mmap(2), whatever is in them.  Neither function waits.  have: pieces that the
 * vnet holds without this one.
 */
struct zreserve {
	/* One is needed; NULL: none is ready, the vnet asks the system. */
	void	*(*take)(struct zreserve *zr, size_t have);
	/* One is not needed any more, whoever it came from. */
	void	 (*give)(struct zreserve *zr, void *chunk, size_t have);
};

/* zr is the caller's, and must stay until vnet_free() or another call of this.
 * NULL: nobody, as at first. */
void	zreserve(struct vnet *v, struct zreserve *zr);

/* Such a piece, for who makes them ready; not a page of it is there yet.  NULL:
 * no memory. */
void	*zchunk(void);

#define ZBLOCK	((size_t)64 * 1024)

/* A block of ZBLOCK bytes, aligned to that, not zeroed.  NULL: no memory. */
void	*zblock(struct vnet *v);
void	zblock_free(struct vnet *v, void *block);

/* An array of n members of `size' bytes, zeroed, aligned to 64; free(3) frees
 * it.  NULL: no memory. */
void	*zarray(struct vnet *v, size_t n, size_t size);
/* As realloc(3), without the alignment. */
void	*zarray_resize(struct vnet *v, void *p, size_t size);

#endif
