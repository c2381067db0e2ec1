/*
 * Theory of operation
 *
 * A zone's memory is slabs: a power of two bytes, aligned to their size, so
 * that an object's slab is found by masking its address.  A slab
 * begins with its header; behind it stand objects at equal distances.  Those
 * never handed out yet are not touched (`fresh' counts up to `perslab'); those
 * given back are linked, newest first, through a pointer behind their `keep'
 * bytes.
 *
 *	full slab	in no list
 *	partial slab	in zone->partial
 *	empty slab	zone->spare, if that is unset; else back to the system
 *
 * Objects come from partial slabs, then from the spare one, then from a new
 * one; so a zone that breathes around the border of a slab costs no malloc().
 *
 * A slab is a block (base/block.c); one for large objects is an allocation of
 * its own.
 *
 * Under AddressSanitizer there are no slabs: see zone_get() and zone_put().
 * Not here: per-CPU caches (a vnet has one thread), constructors, colouring.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/sys/queue.h>

#include "base/block.h"
#include "base/vnet.h"
#include "base/zone.h"

#define SLAB_MINOBJS	16	/* bounds what the header and the tail waste */

struct slab {
	LIST_ENTRY(slab) link;	/* in zone->partial, if partial */
	struct zone	*zone;
	void		*freelist;
	uint32_t	 used;
	uint32_t	 fresh;	/* objects handed out at least once */
};

struct zone {
	TAILQ_ENTRY(zone) link;	/* in the vnet's list */
	struct vnet	*vnet;
	const char	*name;
	size_t		 size;
	size_t		 keep;
	size_t		 align;
	size_t		 stride;	/* distance of objects */
	size_t		 linkoff;	/* of a free object's link */
	size_t		 slabsize;
	size_t		 first;		/* offset of a slab's first object */
	uint32_t	 perslab;
	uint64_t	 nslabs;
	uint64_t	 limit;
	uint64_t	 used;
	uint64_t	 requests;
	uint64_t	 failures;
	uint64_t	 high;
	int		 failat;	/* zfail(); -1: off */
	LIST_HEAD(, slab) partial;
	struct slab	*spare;
};

struct zones {
	TAILQ_HEAD(, zone) list;
	struct blocks	 blocks;
	int		 failat;	/* zfail_any(); -1: off */
};

static int zones_init(struct vnet *v);
static void zones_fini(struct vnet *v);

VNET_MODULE(zone_module, struct zones, VNET_ZONES, zones_init, zones_fini);

static inline struct zones *
V_zones(const struct vnet *v)
{
	return vnet_data(v, &zone_module);
}

static int
zones_init(struct vnet *v)
{
	TAILQ_INIT(&V_zones(v)->list);
	blocks_init(&V_zones(v)->blocks);
	V_zones(v)->failat = -1;
	return 0;
}

static void
zones_fini(struct vnet *v)
{
	assert(TAILQ_EMPTY(&V_zones(v)->list));
	blocks_fini(&V_zones(v)->blocks);
}

/* Is it the turn of zfail_any()? */
static bool
fails(struct vnet *v)
{
	struct zones *zs = V_zones(v);

	return zs->failat >= 0 && zs->failat-- == 0;
}

void *
zblock(struct vnet *v)
{
	return fails(v) ? NULL : block_get(&V_zones(v)->blocks);
}

void
zblock_free(struct vnet *v, void *block)
{
	block_put(&V_zones(v)->blocks, block);
}

void *
zarray(struct vnet *v, size_t n, size_t size)
{
	void *p;

	if (fails(v) || n > SIZE_MAX / size ||
	    posix_memalign(&p, 64, n * size) != 0)
		return NULL;
	return memset(p, 0, n * size);
}

void *
zarray_resize(struct vnet *v, void *p, size_t size)
{
	return fails(v) ? NULL : realloc(p, size);
}

void
zreserve(struct vnet *v, struct zreserve *zr)
{
	V_zones(v)->blocks.reserve = zr;
}

static inline size_t
roundup2(size_t n, size_t to)
{
	return (n + to - 1) & ~(to - 1);
}

static void
zone_layout(struct zone *z)
{
	z->align = z->size & -z->size;
	if (z->align < 8)
		z->align = 8;
	else if (z->align > 64)
		z->align = 64;
	z->linkoff = roundup2(z->keep, sizeof(void *));
	z->stride = z->linkoff + sizeof(void *);
	if (z->stride < z->size)
		z->stride = z->size;
	z->stride = roundup2(z->stride, z->align);
	z->first = roundup2(sizeof(struct slab), z->align);
	z->slabsize = ZBLOCK;
	while ((z->slabsize - z->first) / z->stride < SLAB_MINOBJS)
		z->slabsize *= 2;
	z->perslab = (z->slabsize - z->first) / z->stride;
}

static void
slab_free(struct zone *z, struct slab *s)
{
	if (z->slabsize == ZBLOCK)
		zblock_free(z->vnet, s);
	else
		free(s);
	z->nslabs--;
}

struct zone *
zinit(struct vnet *v, const char *name, size_t size, size_t keep,
    uint64_t limit)
{
	struct zone *z;

	assert(size > 0 && keep <= size);
	if ((z = calloc(1, sizeof(*z))) == NULL)
		return NULL;
	z->vnet = v;
	z->name = name;
	z->size = size;
	z->keep = keep;
	z->limit = limit;
	z->failat = -1;
	LIST_INIT(&z->partial);
	zone_layout(z);
	TAILQ_INSERT_TAIL(&V_zones(v)->list, z, link);
	return z;
}

void
zdestroy(struct zone *z)
{
	assert(z->used == 0);
	assert(LIST_EMPTY(&z->partial));
	if (z->spare != NULL)
		slab_free(z, z->spare);
	TAILQ_REMOVE(&V_zones(z->vnet)->list, z, link);
	free(z);
}

#if ZONE_MALLOC

/* An object of its own, so that the sanitizer sees both its ends. */
static void *
zone_get(struct zone *z)
{
	void *obj;

	if (posix_memalign(&obj, z->align, z->size) != 0)
		return NULL;
	memset(obj, 0, z->keep);
	return obj;
}

static void
zone_put(struct zone *z, void *obj)
{
	(void)z;
	free(obj);
}

#else

static inline void **
obj_link(const struct zone *z, void *obj)
{
	return (void **)((char *)obj + z->linkoff);
}

static struct slab *
slab_new(struct zone *z)
{
	struct slab *s;

	s = z->slabsize == ZBLOCK ? block_get(&V_zones(z->vnet)->blocks) :
	    aligned_alloc(z->slabsize, z->slabsize);
	if (s == NULL)
		return NULL;
	s->zone = z;
	s->freelist = NULL;
	s->used = 0;
	s->fresh = 0;
	z->nslabs++;
	return s;
}

#define FETCH	512	/* bytes, of a larger object */

/* The next object that was never handed out; who gets it will write all of it,
 * and whoever comes next finds his in the cache. */
static void *
slab_fresh(const struct zone *z, struct slab *s)
{
	char *obj = (char *)s + z->first + s->fresh++ * z->stride;
	size_t i;

	memset(obj, 0, z->keep);
	if (s->fresh < z->perslab)
		for (i = 0; i < z->stride && i < FETCH; i += 64)
			__builtin_prefetch(obj + z->stride + i, 1);
	return obj;
}

/* A slab with a free object, in the list of partial ones.  NULL: no memory. */
static struct slab *
slab_partial(struct zone *z)
{
	struct slab *s;

	if ((s = LIST_FIRST(&z->partial)) != NULL)
		return s;
	if ((s = z->spare) != NULL)
		z->spare = NULL;
	else if ((s = slab_new(z)) == NULL)
		return NULL;
	LIST_INSERT_HEAD(&z->partial, s, link);
	return s;
}

static void *
zone_get(struct zone *z)
{
	struct slab *s;
	void *obj;

	if ((s = slab_partial(z)) == NULL)
		return NULL;
	if ((obj = s->freelist) != NULL)
		s->freelist = *obj_link(z, obj);
	else
		obj = slab_fresh(z, s);
	if (++s->used == z->perslab)
		LIST_REMOVE(s, link);
	return obj;
}

static void
zone_put(struct zone *z, void *obj)
{
	struct slab *s;

	s = (struct slab *)((uintptr_t)obj & ~(uintptr_t)(z->slabsize - 1));
	assert(s->zone == z && s->used > 0);
	*obj_link(z, obj) = s->freelist;
	s->freelist = obj;
	if (s->used-- == z->perslab)
		LIST_INSERT_HEAD(&z->partial, s, link);
	if (s->used > 0)
		return;
	LIST_REMOVE(s, link);
	if (z->spare == NULL)
		z->spare = s;
	else
		slab_free(z, s);
}

#endif

static bool
zone_refuses(struct zone *z)
{
	if (z->limit != 0 && z->used >= z->limit)
		return true;
	if (z->failat >= 0 && z->failat-- == 0)
		return true;
	return fails(z->vnet);
}

void *
zalloc(struct zone *z)
{
	void *obj;

	if (zone_refuses(z) || (obj = zone_get(z)) == NULL) {
		z->failures++;
		return NULL;
	}
	memset((char *)obj + z->keep, 0, z->size - z->keep);
	z->requests++;
	if (++z->used > z->high)
		z->high = z->used;
	return obj;
}

void
zfree(struct zone *z, void *obj)
{
	assert(z->used > 0);
	zone_put(z, obj);
	z->used--;
}

void
zlimit(struct zone *z, uint64_t limit)
{
	z->limit = limit;
}

void
zstats(const struct zone *z, struct zone_stats *st)
{
	*st = (struct zone_stats) {
		.name = z->name,
		.size = z->size,
		.limit = z->limit,
		.used = z->used,
		.free = ZONE_MALLOC ? 0 : z->nslabs * z->perslab - z->used,
		.requests = z->requests,
		.failures = z->failures,
		.high = z->high,
		.bytes = ZONE_MALLOC ? z->used * z->size :
		    z->nslabs * z->slabsize,
	};
}

struct zone *
znext(struct vnet *v, struct zone *z)
{
	return z == NULL ? TAILQ_FIRST(&V_zones(v)->list) : TAILQ_NEXT(z, link);
}

void
zfail(struct zone *z, int n)
{
	z->failat = n;
}

int
zfail_any(struct vnet *v, int n)
{
	int left = V_zones(v)->failat;

	V_zones(v)->failat = n;
	return left;
}
