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
	struct hlink	 ip_hash;	/* in by_addr, if below nlinked */
	struct inaddr	 ip_addr;
	struct prison	*ip_prison;
};

enum { PR_PORTS_DEFAULT, PR_PORTS_HIGH, PR_PORTRANGES };

struct prison_ports {
	uint16_t	 first, last;	/* zeros: the parent's */
};

/* Addresses of a family; see prison_list.c. */
struct prison_list {
	struct prison_ip *ip;
	unsigned	 n;
	unsigned	 nlinked;	/* the first ones, in by_addr */
};

/* How far a jail's lists are. */
struct prison_making {
	struct prison_list *list;	/* PR_FAMILIES of them, the jail's */
	const struct inaddr *addr;	/* the parameter; the caller's */
	unsigned	 naddr;
	int		 family;
	enum { PR_IP_COPY, PR_IP_HEAP, PR_IP_SORT, PR_IP_LINK } phase;
	unsigned	 next;		/* what the phase goes on with */
	unsigned	 n;		/* PR_IP_COPY: in the list so far */
};

struct prison_update;

LIST_HEAD(prisonlist, prison);

struct prison {
	/* What a packet asks: one cache line. */
	_Alignas(64) int pr_id;
	enum prison_state pr_state;
	unsigned	 pr_depth;
	bool		 pr_lost;	/* an address, once */
	bool		 pr_saddrsel[PR_FAMILIES];
	/*
	 * Who owns the family's addresses: this jail, or the nearest one above
	 * that does; prison0: the family is unrestricted.
	 */
	struct prison	*pr_owner[PR_FAMILIES];
	struct prison_list pr_list[PR_FAMILIES];	/* own */

	/* The rest. */
	struct hlink	 pr_idlink;	/* keeps the jid until freed */
	struct hlink	 pr_namelink;	/* until it is dying */
	RB_ENTRY(prison) pr_order;	/* by jid, while alive */
	unsigned	 pr_refs;
	uint32_t	 pr_allow;
	bool		 pr_linked;	/* the tree has a reference */
	bool		 pr_persist;
	bool		 pr_hostown;	/* pr_host is not the parent's */
	struct prison_ports pr_ports[PR_PORTRANGES];	/* own */
	unsigned	 pr_childmax, pr_childcount;	/* below it */
	unsigned	 pr_nbusy;	/* of them, being made or changed */
	unsigned	 pr_maxsockets, pr_sockets;	/* with those below */
	struct prison	*pr_parent;	/* holds a reference */
	struct prisonlist pr_children;	/* made and not gone yet */
	LIST_ENTRY(prison) pr_sibling;
	struct prison_making pr_making;	/* PRISON_MAKING */
	struct prison_list pr_other[PR_FAMILIES];	/* while it is changed */
	struct prison_update *pr_update;	/* of it, or NULL */
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
 * which prison_ip_free() frees whatever happens.  prison_making_step() goes on.
 */
int	prison_ip_begin(const struct vnet *v, struct prison *pr,
	    const struct prison_params *pp, char *errmsg, size_t errlen);
void	prison_ip_free(struct prison *pr);

/* Out of by_addr, *budget addresses at most, which is lowered; true: some are
 * left.  prison_by_addr() finds those of jails that are alive only. */
bool	prison_ip_unlink(struct vnet *v, struct prison *pr, unsigned *budget);

/*
 * Make, of the addresses in pp, lists of the wanted families in lists[], which
 * are empty and pr->pr_list or pr->pr_other.  Errors as prison_create(); what
 * has been made by then is the caller's to take apart.
 */
int	prison_making_begin(const struct vnet *v, struct prison_making *m,
	    struct prison_list *lists, const struct prison_params *pp,
	    const bool want[PR_FAMILIES], char *errmsg, size_t errlen);
/* Go on: see prison_create_step(). */
int	prison_making_step(struct vnet *v, struct prison *pr,
	    struct prison_making *m, unsigned *budget, char *errmsg,
	    size_t errlen);

/* Make room for n, to be appended in order; ENOMEM. */
int	prison_list_alloc(struct prison_list *list, unsigned n, char *errmsg,
	    size_t errlen);
void	prison_list_append(struct vnet *v, struct prison *pr,
	    struct prison_list *list, const struct inaddr *a);
/* As prison_ip_unlink(). */
bool	prison_list_unlink(struct vnet *v, struct prison_list *list,
	    unsigned *budget);
void	prison_list_free(struct prison_list *list);	/* none is linked */
const struct prison_ip *prison_list_find(const struct prison_list *list,
	    const struct inaddr *a);

/* pr leaves the tree: updates that have come to it go on with the next. */
void	prison_update_pass(struct prison *pr);

/* Jails below it, dying ones that still have some below included, each after
 * its parent: as prison_descend(). */
struct prison *prison_walk(const struct prison *root, const struct prison *pr);

/* One more, or less, of those below it is being made or changed. */
void	prison_busy(struct prison *pr, int n);

/* The nearest at or above pr that is dying; NULL: none. */
const struct prison *prison_dying_above(const struct prison *pr);

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

#endif
