/*
 * Occupancy maps: which ports one local address, or one whole port space, uses
 * and how often.  For portrange/ only.
 */
#ifndef PORTRANGE_PORTMAP_H
#define PORTRANGE_PORTMAP_H

#include "base/bitmap.h"
#include "base/htable.h"
#include "portrange/portrange.h"

struct zone;

/* Every byte is hashed: make one with portmap_key(). */
struct mapkey {
	uint32_t	space;
	uint8_t		proto;
	bool		all;	/* the space's addresses together */
	uint16_t	lone;	/* 0; in a map: see portmap.c */
	struct inaddr	laddr;	/* zero if all */
};

/* Exists while a port of it is used. */
struct portmap {
	struct hlink	link;
	struct mapkey	key;
};

struct portmaps {
	struct htable	maps;	/* struct portmap */
	struct htable	shares;	/* uses of ports that have several */
	struct htable	dsts;	/* ports used towards a destination */
	struct zone	*lonezone, *mapzone, *sharezone, *dstzone;
	struct bitmap_pool pool;
};

int	portmaps_init(struct vnet *v, struct portmaps *pm);	/* pm is zero */
void	portmaps_fini(struct portmaps *pm);

struct mapkey portmap_key(const struct portkey *k);
struct mapkey portmap_key_all(const struct portkey *k);

/* Borrowed; NULL: no port of it is used. */
struct portmap *portmap_find(const struct vnet *v, const struct portmaps *pm,
	    const struct mapkey *key);

/* Have what a search for it reads first fetched. */
void	portmap_prefetch(const struct vnet *v, const struct portmaps *pm,
	    const struct mapkey *key);

/* The ports of that use or a stronger one.  A view: not to be changed, and stale
 * once the map is. */
struct bitmap portmap_ports(const struct portmap *m, enum port_use least);

/* Count a use, making the map if need be.  ENOMEM: nothing changed. */
int	portmap_take(const struct vnet *v, struct portmaps *pm,
	    const struct mapkey *key, uint16_t port, enum port_use use);

/* Undo one; the map goes with its last use. */
void	portmap_put(const struct vnet *v, struct portmaps *pm,
	    const struct mapkey *key, uint16_t port, enum port_use use);

/* The ports used from m's address to dst; NULL: none. */
const struct bitmap *portdst_find(const struct vnet *v,
	    const struct portmaps *pm, const struct portmap *m,
	    const struct endpoint *dst);

/* Mark a port used from m's address to dst.  ENOMEM, EADDRINUSE: it is. */
int	portdst_take(const struct vnet *v, struct portmaps *pm,
	    struct portmap *m, const struct endpoint *dst, uint16_t port);
void	portdst_put(const struct vnet *v, struct portmaps *pm,
	    struct portmap *m, const struct endpoint *dst, uint16_t port);

#endif
