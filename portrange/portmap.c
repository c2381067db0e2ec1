/*
 * Theory of operation
 *
 * Nearly every port is used once, so a map is two sets: a port in `used' is
 * used, by bind() if it is in `bound' too.  Only a port with two uses or more
 * has a struct portshare, found by map and port, that counts them by kind:
 *
 *	no share	one use; BOUND if in bound, else CONN
 *	a share		n[CONN] + n[BOUND] >= 2; in bound if n[BOUND] > 0
 *
 * A listener's port with a million accepted connections is one such share.
 *
 * A million aliases with a listener each are a million maps.  A map whose first
 * port comes from bind() has no sets as long as that is its only use: the port
 * is in its key (`lone').  With the next use it makes room for a struct portsets
 * and moves.  Shares and sets of destinations are of maps with sets only.
 *
 * A set per destination says which ports have a connection there.  It belongs
 * to a map and lasts no longer, since each of its ports is used in the map.
 *
 * Everything is found by keyed hashes, as jails choose addresses and ports;
 * the hash of a map stands for its key in those of its shares and sets.
 *
 * To take: first what can fail, then the counts; on failure the bits set so
 * far are cleared again, and clearing needs no memory.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/zone.h"
#include "portrange/portmap.h"

struct portsets {
	struct portmap	map;		/* must be first; lone is 0 */
	struct bitmap	used;		/* by connections or by bind() */
	struct bitmap	bound;		/* by bind() */
};

_Static_assert(sizeof(struct portmap) == 40, "a listener's map has grown");

struct portshare {
	struct hlink	link;
	const struct portsets *map;
	uint32_t	n[2];	/* by enum port_use */
	uint16_t	port;
};

struct portdst {
	struct hlink	link;
	const struct portsets *map;
	struct endpoint	dst;
	struct bitmap	used;
};

static int
zones_init(struct vnet *v, struct portmaps *pm)
{
	pm->lonezone = zinit(v, "port map", sizeof(struct portmap), 0, 0);
	pm->mapzone = zinit(v, "port sets", sizeof(struct portsets), 0, 0);
	pm->sharezone = zinit(v, "port share", sizeof(struct portshare), 0, 0);
	pm->dstzone = zinit(v, "port destination", sizeof(struct portdst), 0,
	    0);
	if (pm->lonezone == NULL || pm->mapzone == NULL ||
	    pm->sharezone == NULL || pm->dstzone == NULL)
		return ENOMEM;
	return bitmap_pool_init(v, &pm->pool, "port bitmap",
	    "port bitmap leaf");
}

static void
zones_fini(struct portmaps *pm)
{
	if (pm->pool.roots != NULL)
		bitmap_pool_fini(&pm->pool);
	if (pm->dstzone != NULL)
		zdestroy(pm->dstzone);
	if (pm->sharezone != NULL)
		zdestroy(pm->sharezone);
	if (pm->mapzone != NULL)
		zdestroy(pm->mapzone);
	if (pm->lonezone != NULL)
		zdestroy(pm->lonezone);
}

void
portmaps_fini(struct portmaps *pm)
{
	zones_fini(pm);
	htable_fini(&pm->dsts);
	htable_fini(&pm->shares);
	htable_fini(&pm->maps);
}

int
portmaps_init(struct vnet *v, struct portmaps *pm)
{
	int error;

	if ((error = htable_init(v, &pm->maps)) == 0 &&
	    (error = htable_init(v, &pm->shares)) == 0 &&
	    (error = htable_init(v, &pm->dsts)) == 0)
		error = zones_init(v, pm);
	if (error != 0)
		portmaps_fini(pm);
	return error;
}

struct mapkey
portmap_key(const struct portkey *k)
{
	return (struct mapkey) {
		.space = k->space, .proto = k->proto, .laddr = k->laddr,
	};
}

struct mapkey
portmap_key_all(const struct portkey *k)
{
	return (struct mapkey) {
		.space = k->space, .proto = k->proto, .all = true,
	};
}

/* Of a key that is looked for: lone is 0. */
static uint64_t
map_hash(const struct vnet *v, const struct mapkey *key)
{
	const uint64_t word[] = { key->laddr.d[0], key->laddr.d[1],
		(uint64_t)key->all << 40 | (uint64_t)key->proto << 32 |
		    key->space };

	return siphash13_words(v->hashkey, word, 3);
}

static bool
mapkey_eq(const struct mapkey *a, const struct mapkey *b)
{
	return a->space == b->space && a->proto == b->proto &&
	    a->all == b->all && inaddr_eq(&a->laddr, &b->laddr);
}

static struct portmap *
map_find(const struct portmaps *pm, const struct mapkey *key, uint64_t hash)
{
	struct hlink *l;
	struct portmap *m;

	HTABLE_FOREACH(l, &pm->maps, hash) {
		m = HT_OBJECT(l, struct portmap, link);
		if (mapkey_eq(&m->key, key))
			return m;
	}
	return NULL;
}

void
portmap_prefetch(const struct vnet *v, const struct portmaps *pm,
    const struct mapkey *key)
{
	htable_prefetch(&pm->maps, map_hash(v, key));
}

struct portmap *
portmap_find(const struct vnet *v, const struct portmaps *pm,
    const struct mapkey *key)
{
	return map_find(pm, key, map_hash(v, key));
}

static struct portsets *
sets_of(const struct portmap *m)
{
	assert(m->key.lone == 0);
	return HT_OBJECT(m, struct portsets, map);
}

struct bitmap
portmap_ports(const struct portmap *m, enum port_use least)
{
	if (m->key.lone != 0)
		return (struct bitmap) {
			.count = 1, .few = { m->key.lone },
		};
	return least == PORT_BOUND ? sets_of(m)->bound : sets_of(m)->used;
}

/* An empty map.  It must get a use, or map_release(). */
static struct portsets *
sets_new(struct portmaps *pm, const struct mapkey *key, uint64_t hash)
{
	struct portsets *m;

	if ((m = zalloc(pm->mapzone)) == NULL)
		return NULL;
	m->map.key = *key;
	htable_insert(&pm->maps, &m->map.link, hash);
	return m;
}

static int
lone_new(struct portmaps *pm, const struct mapkey *key, uint64_t hash,
    uint16_t port)
{
	struct portmap *m;

	if ((m = zalloc(pm->lonezone)) == NULL)
		return ENOMEM;
	m->key = *key;
	m->key.lone = port;
	htable_insert(&pm->maps, &m->link, hash);
	return 0;
}

static void
lone_free(struct portmaps *pm, struct portmap *m)
{
	htable_remove(&pm->maps, &m->link);
	zfree(pm->lonezone, m);
}

/* The map of a lone port, to be given sets. */
static struct portsets *
lone_move(struct portmaps *pm, struct portmap *m, const struct mapkey *key)
{
	struct portsets *ps = sets_new(pm, key, m->link.hash);

	if (ps == NULL)
		return NULL;
	/* First members need no memory. */
	(void)bitmap_set(&pm->pool, &ps->used, m->key.lone);
	(void)bitmap_set(&pm->pool, &ps->bound, m->key.lone);
	lone_free(pm, m);
	return ps;
}

static void
map_release(struct portmaps *pm, struct portsets *m)
{
	if (m->used.count > 0)
		return;
	htable_remove(&pm->maps, &m->map.link);
	zfree(pm->mapzone, m);
}

static uint64_t
share_hash(const struct vnet *v, const struct portsets *m, uint16_t port)
{
	const uint64_t in[] = { m->map.link.hash, port };

	return siphash13_words(v->hashkey, in, 2);
}

static struct portshare *
share_find(const struct vnet *v, const struct portmaps *pm,
    const struct portsets *m, uint16_t port)
{
	uint64_t hash = share_hash(v, m, port);
	struct portshare *s;
	struct hlink *l;

	HTABLE_FOREACH(l, &pm->shares, hash) {
		s = HT_OBJECT(l, struct portshare, link);
		if (s->map == m && s->port == port)
			return s;
	}
	return NULL;
}

/* For a port that has its second use now. */
static struct portshare *
share_new(const struct vnet *v, struct portmaps *pm, const struct portsets *m,
    uint16_t port)
{
	struct portshare *s;

	if ((s = zalloc(pm->sharezone)) == NULL)
		return NULL;
	s->map = m;
	s->port = port;
	s->n[bitmap_test(&m->bound, port) ? PORT_BOUND : PORT_CONN] = 1;
	htable_insert(&pm->shares, &s->link, share_hash(v, m, port));
	return s;
}

static int
use_first(struct portmaps *pm, struct portsets *m, uint16_t port,
    enum port_use use)
{
	int error;

	if ((error = bitmap_set(&pm->pool, &m->used, port)) != 0)
		return error;
	if (use == PORT_BOUND &&
	    (error = bitmap_set(&pm->pool, &m->bound, port)) != 0)
		bitmap_clear(&pm->pool, &m->used, port);
	return error;
}

static int
use_again(const struct vnet *v, struct portmaps *pm, struct portsets *m,
    uint16_t port, enum port_use use)
{
	bool fresh = use == PORT_BOUND && !bitmap_test(&m->bound, port);
	struct portshare *s;
	int error;

	if ((s = share_find(v, pm, m, port)) == NULL &&
	    (s = share_new(v, pm, m, port)) == NULL)
		return ENOMEM;
	if (fresh && (error = bitmap_set(&pm->pool, &m->bound, port)) != 0) {
		if (s->n[PORT_CONN] == 1) {
			htable_remove(&pm->shares, &s->link);
			zfree(pm->sharezone, s);
		}
		return error;
	}
	s->n[use]++;
	return 0;
}

int
portmap_take(const struct vnet *v, struct portmaps *pm,
    const struct mapkey *key, uint16_t port, enum port_use use)
{
	uint64_t hash = map_hash(v, key);
	struct portmap *m = map_find(pm, key, hash);
	struct portsets *ps;
	int error;

	if (m == NULL && use == PORT_BOUND && port != 0)
		return lone_new(pm, key, hash, port);
	if (m == NULL)
		ps = sets_new(pm, key, hash);
	else
		ps = m->key.lone != 0 ? lone_move(pm, m, key) : sets_of(m);
	if (ps == NULL)
		return ENOMEM;
	if (bitmap_test(&ps->used, port))
		error = use_again(v, pm, ps, port, use);
	else
		error = use_first(pm, ps, port, use);
	if (error != 0)
		map_release(pm, ps);
	return error;
}

/* Take a use from a port with several; with one left the share goes. */
static void
share_put(struct portmaps *pm, struct portsets *m, struct portshare *s,
    enum port_use use)
{
	assert(s->n[use] > 0);
	if (--s->n[use] == 0 && use == PORT_BOUND)
		bitmap_clear(&pm->pool, &m->bound, s->port);
	if (s->n[PORT_CONN] + (uint64_t)s->n[PORT_BOUND] > 1)
		return;
	htable_remove(&pm->shares, &s->link);
	zfree(pm->sharezone, s);
}

static void
sets_put(const struct vnet *v, struct portmaps *pm, struct portsets *m,
    uint16_t port, enum port_use use)
{
	struct portshare *s;

	assert(bitmap_test(&m->used, port));
	if ((s = share_find(v, pm, m, port)) != NULL) {
		share_put(pm, m, s, use);
		return;
	}
	assert(bitmap_test(&m->bound, port) == (use == PORT_BOUND));
	bitmap_clear(&pm->pool, &m->bound, port);
	bitmap_clear(&pm->pool, &m->used, port);
	map_release(pm, m);
}

void
portmap_put(const struct vnet *v, struct portmaps *pm,
    const struct mapkey *key, uint16_t port, enum port_use use)
{
	struct portmap *m = portmap_find(v, pm, key);

	assert(m != NULL);
	if (m->key.lone == 0) {
		sets_put(v, pm, sets_of(m), port, use);
		return;
	}
	assert(m->key.lone == port && use == PORT_BOUND);
	lone_free(pm, m);
}

static uint64_t
dst_hash(const struct vnet *v, const struct portsets *m,
    const struct endpoint *dst)
{
	const uint64_t in[] = {
		m->map.link.hash, dst->addr.d[0], dst->addr.d[1], dst->port
	};

	return siphash13_words(v->hashkey, in, 4);
}

static struct portdst *
dst_find(const struct portmaps *pm, const struct portsets *m,
    const struct endpoint *dst, uint64_t hash)
{
	struct portdst *d;
	struct hlink *l;

	HTABLE_FOREACH(l, &pm->dsts, hash) {
		d = HT_OBJECT(l, struct portdst, link);
		if (d->map == m && d->dst.port == dst->port &&
		    inaddr_eq(&d->dst.addr, &dst->addr))
			return d;
	}
	return NULL;
}

const struct bitmap *
portdst_find(const struct vnet *v, const struct portmaps *pm,
    const struct portmap *m, const struct endpoint *dst)
{
	const struct portsets *ps;
	const struct portdst *d;

	if (m->key.lone != 0)
		return NULL;
	ps = sets_of(m);
	d = dst_find(pm, ps, dst, dst_hash(v, ps, dst));
	return d == NULL ? NULL : &d->used;
}

static struct portdst *
dst_get(const struct vnet *v, struct portmaps *pm, const struct portsets *m,
    const struct endpoint *dst)
{
	uint64_t hash = dst_hash(v, m, dst);
	struct portdst *d;

	if ((d = dst_find(pm, m, dst, hash)) != NULL)
		return d;
	if ((d = zalloc(pm->dstzone)) == NULL)
		return NULL;
	d->map = m;
	d->dst = *dst;
	htable_insert(&pm->dsts, &d->link, hash);
	return d;
}

static void
dst_release(struct portmaps *pm, struct portdst *d)
{
	if (d->used.count > 0)
		return;
	htable_remove(&pm->dsts, &d->link);
	zfree(pm->dstzone, d);
}

int
portdst_take(const struct vnet *v, struct portmaps *pm, struct portmap *m,
    const struct endpoint *dst, uint16_t port)
{
	struct portdst *d;
	int error;

	if ((d = dst_get(v, pm, sets_of(m), dst)) == NULL)
		return ENOMEM;
	if (bitmap_test(&d->used, port))
		return EADDRINUSE;
	if ((error = bitmap_set(&pm->pool, &d->used, port)) != 0)
		dst_release(pm, d);
	return error;
}

void
portdst_put(const struct vnet *v, struct portmaps *pm, struct portmap *m,
    const struct endpoint *dst, uint16_t port)
{
	const struct portsets *ps = sets_of(m);
	struct portdst *d = dst_find(pm, ps, dst, dst_hash(v, ps, dst));

	assert(d != NULL && bitmap_test(&d->used, port));
	bitmap_clear(&pm->pool, &d->used, port);
	dst_release(pm, d);
}
