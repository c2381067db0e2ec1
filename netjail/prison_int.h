/* What the files of prison*.c and priv.c share; for them alone. */
#ifndef NETJAIL_PRISON_INT_H
#define NETJAIL_PRISON_INT_H

#include <stddef.h>

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

#include "base/htable.h"
#include "base/zone.h"
#include "netjail/prison.h"

enum { PR_INET, PR_INET6, PR_FAMILIES };

/* One address of a jail's own list. */
struct prison_ip {
	struct hlink	 ip_hash;	/* in by_addr, if below pr_nlinked */
	struct inaddr	 ip_addr;
	struct prison	*ip_prison;
};

enum { PR_PORTS_DEFAULT, PR_PORTS_HIGH, PR_PORTRANGES };

struct prison_ports {
	uint16_t	 first, last;	/* zeros: the parent's */
};

/* How far a new jail's lists are. */
struct prison_ip_making {
	const struct inaddr *addr;	/* the parameter; the caller's */
	unsigned	 naddr;
	int		 family;
	enum { PR_IP_COPY, PR_IP_HEAP, PR_IP_SORT, PR_IP_LINK } phase;
	unsigned	 next;		/* what the phase goes on with */
	unsigned	 n;		/* PR_IP_COPY: in the list so far */
};

LIST_HEAD(prisonlist, prison);

struct prison {
	/* What a packet asks: one cache line. */
	_Alignas(64) int pr_id;
	enum prison_state pr_state;
	unsigned	 pr_refs;
	unsigned	 pr_depth;
	/*
	 * Who owns the family's addresses: this jail, or the nearest one above
	 * that does; prison0: the family is unrestricted.
	 */
	struct prison	*pr_owner[PR_FAMILIES];
	struct prison_ip *pr_ip[PR_FAMILIES];	/* own; see prison_ip.c */
	unsigned	 pr_nip[PR_FAMILIES];
	bool		 pr_lost;	/* an address, once */
	bool		 pr_saddrsel[PR_FAMILIES];

	struct hlink	 pr_idlink;	/* keeps the jid until freed */
	struct hlink	 pr_namelink;	/* until it is dying */
	RB_ENTRY(prison) pr_order;	/* by jid, while alive */
	unsigned	 pr_nlinked[PR_FAMILIES]; /* addresses, in by_addr */
	uint32_t	 pr_allow;
	bool		 pr_persist;
	bool		 pr_hostown;	/* pr_host is not the parent's */
	struct prison_ports pr_ports[PR_PORTRANGES];	/* own */
	unsigned	 pr_childmax, pr_childcount;	/* below it */
	unsigned	 pr_nmaking;	/* of them, PRISON_MAKING */
	unsigned	 pr_maxsockets, pr_sockets;	/* with those below */
	struct prison	*pr_parent;	/* holds a reference */
	struct prisonlist pr_children;	/* alive ones */
	LIST_ENTRY(prison) pr_sibling;
	struct prison_ip_making pr_making;	/* PRISON_MAKING */
	char		 pr_name[PRISON_NAMELEN];	/* with parents' */
	char		 pr_host[PRISON_NAMELEN];
	char		 pr_path[PRISON_PATHLEN];
};

_Static_assert(offsetof(struct prison, pr_idlink) == 64, "one cache line");

RB_HEAD(prisontree, prison);

/* State of the module, one per vnet. */
struct prisons {
	struct zone	*zone;
	struct prison	 zero;		/* prison0 */
	struct htable	 by_id, by_name, by_addr;
	struct prisontree order;
	uint64_t	 count;		/* alive, without prison0 */
	int		 lastid;
	uint32_t	 max_af_ips;	/* security.jail.jail_max_af_ips */
	uint32_t	 default_allow;	/* security.jail.*_allowed */
};

extern struct vnet_module prison_module;

static inline struct prisons *
V_prisons(const struct vnet *v)
{
	return vnet_data(v, &prison_module);
}

static inline int
family(const struct inaddr *a)
{
	return inaddr_is_v4(a) ? PR_INET : PR_INET6;
}

/*
 * Begin to give a new jail, whose parent is set, its addresses: room for them,
 * which prison_ip_free() frees whatever happens.
 */
int	prison_ip_begin(const struct vnet *v, struct prison *pr,
	    const struct prison_params *pp, char *errmsg, size_t errlen);
/* Go on: see prison_create_step(). */
int	prison_ip_step(struct vnet *v, struct prison *pr, unsigned *budget,
	    char *errmsg, size_t errlen);
void	prison_ip_free(struct prison *pr);

/* A list that was replaced. */
struct prison_iplist {
	struct prison_ip *ip;
	unsigned	 nip;
};

/*
 * Give an alive owner another list of family f, in two steps: replace, with
 * errors as above (then nothing has changed), and keep the old one, or revert.
 * Keeping it takes what is gone away from all jails below.
 */
int	prison_ip_replace(struct vnet *v, struct prison *pr,
	    const struct prison_params *pp, int f, struct prison_iplist *old,
	    char *errmsg, size_t errlen);
void	prison_ip_revert(struct vnet *v, struct prison *pr, int f,
	    struct prison_iplist *old);
void	prison_ip_keep(struct vnet *v, struct prison *pr, int f,
	    struct prison_iplist *old);

/* Checks of creation and update; errors as prison_create(). */
__attribute__((format(printf, 4, 5)))
int	prison_refuse(int error, char *errmsg, size_t errlen, const char *fmt,
	    ...);
/* The full name of pr, called `name', into buf of PRISON_NAMELEN bytes. */
int	prison_name_make(const struct vnet *v, const struct prison *pr,
	    const char *name, char *buf, char *errmsg, size_t errlen);
int	prison_ports_check(uint16_t first, uint16_t last, const char *name,
	    char *errmsg, size_t errlen);

/* Name the host of pr, and of those below that have its name. */
void	prison_host_spread(struct prison *pr, const char *name);

/* In the table of names. */
void	prison_name_link(struct vnet *v, struct prison *pr);

/* Out of by_addr, *budget addresses at most, which is lowered; true: some are
 * left.  prison_by_addr() finds those of jails that are alive only. */
bool	prison_ip_unlink(struct vnet *v, struct prison *pr, unsigned *budget);

#endif
