/*
 * The state of portrange/ in a vnet.
 */
#ifndef PORTRANGE_PORTRANGE_INT_H
#define PORTRANGE_PORTRANGE_INT_H

#include "portrange/portmap.h"
#include "portrange/portrange.h"

struct portrange {
	/* net.inet.ip.portrange.*; host byte order */
	int	first, last;
	int	hifirst, hilast;
	int	lowfirst, lowlast;
	int	reservedlow, reservedhigh;
	int	randomized;
	struct portrange_stats stats;
	portrange_own	*own;		/* portrange_jails() */

	struct portmaps	maps;
	uint16_t	cursor[256];	/* last port in sequence, by protocol */
};

extern struct vnet_module portrange_module;

static inline struct portrange *
V_portrange(const struct vnet *v)
{
	return vnet_data(v, &portrange_module);
}

#endif
