/*
 * Which local ports are free, and which comes next.
 *
 * Ports are occupied per map: one per (port space, protocol, local address),
 * where the space is the address-owning jail (prison_ip_owner()).  A port in a
 * map is free, CONN (held only by connections whose port was chosen for them:
 * it may serve further destinations) or BOUND (held by bind()).  Uses are
 * counted, so that several sockets may share a port by SO_REUSE*.
 *
 * The wildcard address has a map of its own: a port BOUND there is used on
 * every address of the space, and a wildcard bind wants a port that no address
 * of the space uses.
 *
 * A choice is uniform over the acceptable ports of the range, unpredictable
 * without the vnet's seed, and costs a bounded number of word operations at
 * any fill; a full range is refused by a counter.  Whether ports with a
 * matching socket conflict after all (SO_REUSE*) is for pcb/ to decide.
 */
#ifndef PORTRANGE_PORTRANGE_H
#define PORTRANGE_PORTRANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/inaddr.h"
#include "base/vnet.h"
#include "include/bsd/netinet/ip_portrange.h"

struct prison;

struct portkey {
	uint32_t	space;	/* jid of prison_ip_owner() */
	uint8_t		proto;	/* IPPROTO_ */
	struct inaddr	laddr;	/* may be a wildcard */
};

enum port_use { PORT_CONN, PORT_BOUND };

/* Limits in host byte order, both ends included; lo > hi are swapped. */
struct portlimits {
	uint16_t lo, hi;
};

/*
 * The range a prison has of its own for IP_PORTRANGE_DEFAULT or, if high, _HIGH
 * (host byte order); false: it has none.
 */
typedef bool portrange_own(const struct prison *pr, bool high,
	    uint16_t *first, uint16_t *last);

/* Who is asked what a jail reads as its limits; NULL at first: no jail has any.
 * Said by a layer that knows jails. */
void	portrange_jails(struct vnet *v, portrange_own *own);

/* The limits that IP_PORTRANGE_DEFAULT/HIGH/LOW stand for now. */
struct portlimits portrange_limits(const struct vnet *v, int which);

/* True if binding to port (host order) needs PRIV_NETINET_RESERVEDPORT. */
bool	portrange_reserved(const struct vnet *v, uint16_t port);

/*
 * Choose a port for k within lim; never port 0.
 * dst NULL (bind): one that is free in k's map and the wildcard's, and, if
 *	k->laddr is a wildcard, in every map of the space.
 * dst given (connect): one that is not BOUND in k's map nor the wildcard's,
 *	and not used from k->laddr to dst.
 * For an IPv4 address, :: is the wildcard too: its sockets may serve both
 * families.
 * Takes nothing.  *port in host order.  EADDRNOTAVAIL: none left, counted.
 */
int	portrange_pick(struct vnet *v, const struct portkey *k,
	    struct portlimits lim, const struct endpoint *dst, uint16_t *port);

/*
 * Count a use of port (host order); dst (with PORT_CONN only, may be NULL)
 * also marks it used towards dst.  ENOMEM, or EADDRINUSE where it is so
 * marked already (there is one connection with these four values): nothing
 * changed.
 */
int	portrange_take(struct vnet *v, const struct portkey *k, uint16_t port,
	    enum port_use use, const struct endpoint *dst);

/* Undo exactly one portrange_take() with the same arguments. */
void	portrange_put(struct vnet *v, const struct portkey *k, uint16_t port,
	    enum port_use use, const struct endpoint *dst);

/* Have what a choice or a take for k reads first fetched. */
void	portrange_prefetch(const struct vnet *v, const struct portkey *k);

/*
 * Is the port used by anyone (of that use or a stronger one) in k's map?
 * Other maps, the wildcard's among them, are not asked.
 */
bool	portrange_used(const struct vnet *v, const struct portkey *k,
	    uint16_t port, enum port_use least);

/* Counters: net.inet.ip.portrange.stats.* */
struct portrange_stats {
	uint64_t picks;		/* ports chosen */
	uint64_t exhausted;	/* refusals: no acceptable port */
	uint64_t conflicts;	/* explicit binds refused: EADDRINUSE */
	uint64_t denied;	/* reserved port, low range: no privilege */
};
void	portrange_count_conflict(struct vnet *v);
void	portrange_count_denied(struct vnet *v);

#endif
