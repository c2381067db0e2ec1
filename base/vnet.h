/*
 * One network stack instance: the root that all state hangs from.
 *
 * A vnet holds a block of state per module (zones, MIB, jails, ports, PCBs,
 * protocols).  A module says so itself, beside its state, with VNET_MODULE();
 * vnet_new() then allocates and initialises whatever modules are linked in,
 * lowest level first, and vnet_free() undoes it in reverse.  There is no other
 * global state: two vnets in one process do not know of each other.
 *
 * Time and randomness come from outside.  vnet_settime() is the only clock;
 * the seed given to vnet_new() is the only entropy.  The same calls with the
 * same seed and the same times give the same packets.
 *
 * A vnet belongs to one thread.
 */
#ifndef BASE_VNET_H
#define BASE_VNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/linkerset.h"

#define VNET_MAXMODULES 32
#define VNET_SEEDLEN	32

#define NSEC_PER_MSEC	UINT64_C(1000000)
#define NSEC_PER_SEC	UINT64_C(1000000000)

/* Initialisation order; one level per folder, several where one needs it. */
enum vnet_level {
	VNET_ZONES,	/* first up, last down: all else allocates */
	VNET_BASE,	/* callouts */
	VNET_SYSCTL,	/* the MIB */
	VNET_PRISON,
	VNET_PORTRANGE,
	VNET_PCB,
	VNET_SOCKET,	/* mbufs, sockets */
	VNET_IF,	/* interfaces, routes */
	VNET_IP,
	VNET_PROTO,	/* icmp, udp, tcp */
	VNET_LATE,	/* first down: holds what is the others' */
	VNET_NLEVELS
};

struct vnet {
	uint64_t now;			/* ns, monotonic; vnet_settime() only */
	uint64_t boottime;		/* ns since 1970 when it began, told by
					 * its owner; 0: not known */
	void	*mod[VNET_MAXMODULES];	/* state of module i */
	unsigned ninit;			/* modules 0 to ninit - 1 are up */
	uint64_t rndkey[2];		/* vnet_random() */
	uint64_t rndctr;
	uint64_t hashkey[2];		/* key of every hash table */
};

struct vnet_module {
	const char	*name;
	size_t		 size;		/* of the state; handed over zeroed */
	enum vnet_level	 level;
	int		(*init)(struct vnet *);	 /* 0 or errno; may be NULL */
	void		(*fini)(struct vnet *);	 /* may be NULL */
	unsigned	 index;		/* in vnet.mod; set by vnet_new() */
};

#define VNET_MODULE(var, type, lvl, initfn, finifn)                        \
	struct vnet_module var = {                                         \
		.name = #var, .size = sizeof(type), .level = (lvl),        \
		.init = (initfn), .fini = (finifn),                        \
	};                                                                 \
	LINKERSET_ADD(vnet, var)

/* The state of a module; headers wrap it in a typed V_xxx(). */
static inline void *
vnet_data(const struct vnet *v, const struct vnet_module *m)
{
	return v->mod[m->index];
}

/*
 * Make a vnet.  seed: VNET_SEEDLEN bytes, secret where ports and sequence
 * numbers must not be guessed.  now: ns, monotonic.  Returns 0, or the errno
 * of the first module that failed (all others are undone); *vp is then NULL.
 */
int	vnet_new(const uint8_t seed[VNET_SEEDLEN], uint64_t now,
	    struct vnet **vp);

/* Destroy v and all it holds; asserts that every zone is empty. */
void	vnet_free(struct vnet *v);

/* Time goes on.  A smaller value than before is ignored. */
static inline void
vnet_settime(struct vnet *v, uint64_t now)
{
	if (now > v->now)
		v->now = now;
}

/* Unpredictable without the seed (SipHash-2-4 of a counter). */
uint64_t vnet_random(struct vnet *v);

/* Uniform in [0, n); n > 0. */
uint32_t vnet_random_below(struct vnet *v, uint32_t n);

#endif
