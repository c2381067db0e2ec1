/*
 * What a jail is and what it may touch: policy only, no I/O.
 *
 * A prison is a node in the tree under prison0 (the stack itself).  A child
 * never holds an address or a right its parent lacks.  Semantics are those of
 * FreeBSD 8 and later (in_jail.c, kern_jail.c): a list of addresses per family,
 * the first one primary, and a port space per address-owning jail.
 *
 * A jail's name, host name, addresses, rights and limits may be changed while
 * it lives (prison_update()); whose addresses it has, its own or its parent's,
 * may not: the ports of its sockets are accounted under the one who owns them.
 *
 * Life: MAKING while its addresses are looked at, until prison_create_end();
 * ALIVE from then until prison_condemn() or prison_remove(); then DYING until
 * the last reference (one per socket, one for the tree) is put.  Only those
 * that are ALIVE are found.
 */
#ifndef NETJAIL_PRISON_H
#define NETJAIL_PRISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cred.h"
#include "base/inaddr.h"
#include "base/vnet.h"

#define JAIL_MAX	999999	/* largest jid */
#define JAIL_MAXAFIPS	65536	/* security.jail.jail_max_af_ips at first;
				 * FreeBSD's 255 is for linear lists */
#define PRISON_NAMELEN	256	/* MAXHOSTNAMELEN */
#define PRISON_PATHLEN	1024	/* MAXPATHLEN */

enum prison_state {
	PRISON_ALIVE, PRISON_DYING, PRISON_MAKING, PRISON_NSTATES
};

/* Rights: bits of pr_allow. Defaults as FreeBSD 14. */
enum {
	PR_ALLOW_SET_HOSTNAME	= 0x01,	/* default on */
	PR_ALLOW_SYSVIPC	= 0x02,
	PR_ALLOW_RAW_SOCKETS	= 0x04,
	PR_ALLOW_SOCKET_AF	= 0x08,
	PR_ALLOW_RESERVED_PORTS	= 0x10,	/* default on */
	PR_ALLOW_SUSER		= 0x20,	/* default on */
	PR_ALLOW_DEFAULT	= PR_ALLOW_SET_HOSTNAME |
				    PR_ALLOW_RESERVED_PORTS | PR_ALLOW_SUSER,
	PR_ALLOW_ALL		= 0x3f
};

/* Privileges asked of prison_priv_check(). */
enum prison_priv {
	PRIV_NETINET_RAW,
	PRIV_NETINET_RESERVEDPORT,
	PRIV_NETINET_REUSEPORT,
	PRIV_NETINET_BINDANY,
	PRIV_SYSCTL_WRITE,
	PRIV_SYSCTL_WRITEJAIL,
	PRIV_JAIL_SET,			/* and JAIL_REMOVE, JAIL_ATTACH */
	PRIV_NPRIVS
};

struct prison;

struct prison_params {
	/*
	 * NULL or "": the jid's digits.  Below another jail the full name is
	 * "parent.name" and may be given so.  Digits alone that are not the
	 * jid, and control characters, are refused.
	 */
	const char *name;
	int	jid;		/* 0: the next free one */
	/* Whose limit of jails counts, with those of all above; NULL: the
	 * stack's own. */
	const struct prison *creator;
	const char *path;	/* NULL: "/" */
	const char *hostname;	/* NULL: the parent's, whatever it becomes */
	const struct inaddr *addr;	/* in order, v4 and v6 mixed */
	unsigned naddr;
	/*
	 * False: inherit the parent's addresses of the family, unless some
	 * are in addr.  True and none in addr: the family is disabled.
	 */
	bool	ip4_restricted;
	bool	ip6_restricted;
	bool	persist;		/* lives without a process */
	uint32_t allow;			/* PR_ALLOW_* */
	/*
	 * Where ports are chosen from for sockets of IP_PORTRANGE_DEFAULT and
	 * of _HIGH, host byte order, both ends included, 1024 or more.  Two
	 * zeros: inherit the parent's.
	 */
	uint16_t portrange_first, portrange_last;
	uint16_t portrange_hifirst, portrange_hilast;
	unsigned children_max;		/* jails it may make below it */
	/* Sockets of its own and of all below it; 0: as many as its parent. */
	unsigned maxsockets;
	/* The primary address is the source of all that is not bound, even
	 * where another of the jail's is nearer (FreeBSD's noip4.saddrsel). */
	bool	no_ip4_saddrsel, no_ip6_saddrsel;
};

/* What of struct prison_params an update is to change. */
enum {
	PRC_NAME	= 0x001,
	PRC_HOSTNAME	= 0x002,
	PRC_PERSIST	= 0x004,
	PRC_IP4		= 0x008,	/* the addresses of the family in addr */
	PRC_IP6		= 0x010,
	PRC_PORTS	= 0x020,
	PRC_HIPORTS	= 0x040,
	PRC_CHILDREN	= 0x080,
	PRC_MAXSOCKETS	= 0x100,
	PRC_SADDRSEL4	= 0x200,
	PRC_SADDRSEL6	= 0x400
};

/* The stack itself.  Borrowed. */
struct prison *prison0(const struct vnet *v);

/*
 * Make a jail below parent and give the caller a reference in *prp.  Refusals
 * leave nothing behind and put a sentence for people in errmsg: EINVAL (bad
 * address, name, number of addresses or range of ports; a jail above it dying),
 * ENAMETOOLONG, EEXIST (name), EPERM (an address or a right the parent lacks),
 * EADDRINUSE (address clash: one address in two jails is allowed only where
 * both have just that one of the family, or one is below the other), EAGAIN (no
 * free jid; the addresses of a jail above it are being changed), ENOMEM; EEXIST
 * also for a jid in use, EPERM for more jails than a jail may have below it.
 */
int	prison_create(struct vnet *v, struct prison *parent,
	    const struct prison_params *pp, struct prison **prp,
	    char *errmsg, size_t errlen);

/*
 * The same in steps, for those who cannot wait for tens of thousands of
 * addresses.  After prison_create_begin() name and jid are taken; what pp->addr
 * points to must stay as it is until prison_create_step() has returned anything
 * but EINPROGRESS.  A step does *budget things of some 100 ns at most, and
 * lowers it.  Other jails may be made and removed between steps; who gets to an
 * address first has it.
 *
 * EINPROGRESS: go on.  0: it has its addresses, to be read by prison_addr(),
 * and prison_create_end() makes it ALIVE.  Other errors as above: the caller
 * does away with it by prison_remove(), as he may before it is done, and
 * prison_put().
 */
int	prison_create_begin(struct vnet *v, struct prison *parent,
	    const struct prison_params *pp, struct prison **prp,
	    char *errmsg, size_t errlen);
int	prison_create_step(struct vnet *v, struct prison *pr, unsigned *budget,
	    char *errmsg, size_t errlen);
int	prison_create_end(struct vnet *v, struct prison *pr, char *errmsg,
	    size_t errlen);

/*
 * Change what `what' (PRC_*) names, to what pp says, and the rights in
 * allowmask to those of pp->allow.  All of it or, with an errno and a sentence
 * as above, nothing; EINVAL also for addresses of a family in which the jail
 * has none of its own but its parent's, EAGAIN while a jail below it is being
 * made or changed, or it or one above it is.  What a jail loses, all below it
 * lose.  Sockets stay as they are: one bound to an address that went keeps its
 * port, and gets nothing that comes for it.
 */
int	prison_update(struct vnet *v, struct prison *pr,
	    const struct prison_params *pp, uint32_t what, uint32_t allowmask,
	    char *errmsg, size_t errlen);

/*
 * The same in steps, as for prison_create_begin().  0: it is done, there were
 * no addresses to be changed.  EINPROGRESS: *up, which is NULL otherwise, is to
 * be stepped on, until prison_update_end() has freed it, in this order:
 *
 * step: until it returns anything but EINPROGRESS.  Nobody sees anything yet.
 * commit: 0, or an errno; then, as after one of step, nothing has changed.
 * spread: until it returns false the jails below that lose addresses get their
 *	new lists, one after the other.  Once it has been committed it is for
 *	the caller to see to this, or jails below keep what their parent lost.
 * end: until it returns false.  Before commit, it gives the update up.
 *
 * A jail's list changes in an instant, from the old one to the new one.  An
 * address of either is nobody else's until the end.  Jails may be removed at
 * any time, pr too; none is made or changed above or below pr (EAGAIN).
 */
struct prison_update;

int	prison_update_begin(struct vnet *v, struct prison *pr,
	    const struct prison_params *pp, uint32_t what, uint32_t allowmask,
	    struct prison_update **up, char *errmsg, size_t errlen);
int	prison_update_step(struct vnet *v, struct prison_update *u,
	    unsigned *budget, char *errmsg, size_t errlen);
int	prison_update_commit(struct vnet *v, struct prison_update *u,
	    char *errmsg, size_t errlen);
bool	prison_update_spread(struct prison_update *u, unsigned *budget);
bool	prison_update_end(struct vnet *v, struct prison_update *u,
	    unsigned *budget);

/* After spread and before end: pr, then the jails below it.  NULL: no more.  A
 * jail that is removed makes way for the next. */
struct prison *prison_update_at(const struct prison_update *u);
void	prison_update_next(struct prison_update *u);

/* At the same time: the i-th address of a jail's new list and its old one
 * together, be it its own or the one it inherits.  False: no such, as where
 * nothing has changed. */
struct prison_change {
	const struct inaddr *addr;	/* the list's */
	bool	 old;			/* of the old one */
	bool	 both;			/* it is in the other, too */
};

bool	prison_change(const struct prison *pr, unsigned i,
	    struct prison_change *c);

/* To DYING for pr and all below it; no longer found.  Their sockets are the
 * caller's to close. */
void	prison_remove(struct vnet *v, struct prison *pr);

/*
 * For those who cannot wait for thousands of jails below pr: to DYING for pr
 * alone.  It keeps its name, and those below are as they were, but nothing is
 * made below it any more.  Then prison_remove(), leaf by leaf, pr at last.
 */
void	prison_condemn(struct vnet *v, struct prison *pr);
/* A jail with none below it, at or below pr.  Borrowed. */
struct prison *prison_leaf(struct prison *pr);

/*
 * What prison_remove() leaves to be done: a step of *budget addresses at most,
 * which is lowered by what was done.  True: not all.  The rest is done by the
 * last prison_put(), at once.
 */
bool	prison_forget(struct vnet *v, struct prison *pr, unsigned *budget);

struct prison *prison_get(struct prison *pr);	/* +1, returns pr */
void	prison_put(struct vnet *v, struct prison *pr);

/* Alive ones only.  Borrowed; NULL: none.  prison_find(v, 0) is prison0. */
struct prison *prison_find(const struct vnet *v, int jid);
struct prison *prison_find_name(const struct vnet *v, const char *name);
/* In order of jid: NULL gives prison0, NULL ends. */
struct prison *prison_next(const struct vnet *v, const struct prison *pr);
/* The first with a jid > jid: where a sliced listing goes on. */
struct prison *prison_after(const struct vnet *v, int jid);
uint64_t prison_count(const struct vnet *v);	/* without prison0 */

/* What security.jail.*_allowed say a new jail may do: PR_ALLOW_*. */
uint32_t prison_default_allow(const struct vnet *v);

/* Reading a prison. Borrowed text. */
int	prison_jid(const struct prison *pr);
const char *prison_name(const struct prison *pr);
/* pr's name as `viewer' (at or above it) knows it: without its own in front. */
const char *prison_name_in(const struct prison *viewer,
	    const struct prison *pr);
const char *prison_path(const struct prison *pr);
/* pr's path as `viewer' sees it, whose own is its "/". */
const char *prison_path_in(const struct prison *viewer,
	    const struct prison *pr);
/* True: what the parent has of IPv6. */
bool	prison_ip6_inherited(const struct prison *pr);
/* True: the parent's host name. */
bool	prison_host_inherited(const struct prison *pr);
const char *prison_hostname(const struct prison *pr);
/* ENAMETOOLONG */
int	prison_set_hostname(struct prison *pr, const char *name);
unsigned prison_children_max(const struct prison *pr);
/* Jails below it, those included that are dying. */
unsigned prison_children_cur(const struct prison *pr);
unsigned prison_maxsockets(const struct prison *pr);	/* its own; 0: none */
unsigned prison_sockets(const struct prison *pr);	/* with those below */
/* After pr among root and all alive jails below it, parents first; NULL ends.
 * Begin with root. */
struct prison *prison_descend(const struct prison *root,
	    const struct prison *pr);
struct prison *prison_parent(const struct prison *pr);
/* Ones that are not gone yet, see prison_condemn(). */
bool	prison_haschildren(const struct prison *pr);
enum prison_state prison_state(const struct prison *pr);
bool	prison_persist(const struct prison *pr);
uint32_t prison_allow(const struct prison *pr);
/*
 * Where ports are chosen from in pr (high: for IP_PORTRANGE_HIGH), by its own
 * parameters or those of the nearest jail above that has some.  False: none
 * has, the stack's limits count; *first and *last are unchanged.
 */
bool	prison_portrange(const struct prison *pr, bool high, uint16_t *first,
	    uint16_t *last);
/* Its own; zeros: none. */
void	prison_own_portrange(const struct prison *pr, bool high,
	    uint16_t *first, uint16_t *last);
bool	prison_restricted_v4(const struct prison *pr);
bool	prison_restricted_v6(const struct prison *pr);
unsigned prison_depth(const struct prison *pr);	/* 0: prison0 */
/* Own or inherited from a restricted jail; IPv4 before IPv6, of each family
 * the primary first. */
unsigned prison_naddr(const struct prison *pr);
const struct inaddr *prison_addr(const struct prison *pr, unsigned i);

static inline bool
jailed(const struct vnet *v, const struct cred *cred)
{
	return cred->prison != prison0(v);
}

/* True if `owner' is `viewer' or below it: what viewer may see. */
bool	prison_check(const struct prison *viewer, const struct prison *owner);

/* May viewer see what owner made?  A policy within prison_check(). */
bool	cr_cansee(const struct vnet *v, const struct cred *viewer,
	    const struct cred *owner);

/* 0 or EPERM.  uid 0 asks for a privilege; jails keep only the listed ones. */
int	priv_check(const struct vnet *v, const struct cred *cred,
	    enum prison_priv priv);

/*
 * The address rules; a is in and out.  The family is that of *a.  Common
 * returns: EAFNOSUPPORT where the jail has no address of the family.
 *
 * prison_local_ip: an address to bind to.  A wildcard becomes the jail's only
 *	address (with two or more it stays); 127.0.0.1 not listed becomes the
 *	primary; EADDRNOTAVAIL: not the jail's.
 * prison_remote_ip: a destination.  127.0.0.1 not listed becomes the primary.
 * prison_get_ip: *a becomes the primary; unchanged where unrestricted.
 * prison_check_ip: 0 if *a is the jail's, else EADDRNOTAVAIL; no rewriting.
 */
int	prison_local_ip(const struct cred *cred, struct inaddr *a);
int	prison_remote_ip(const struct cred *cred, struct inaddr *a);
int	prison_get_ip(const struct cred *cred, struct inaddr *a);
int	prison_check_ip(const struct cred *cred, const struct inaddr *a);

/*
 * May the source of something that is not bound be an address other than the
 * primary?  The family is that of *a.
 */
bool	prison_saddrsel(const struct prison *pr, const struct inaddr *a);

/*
 * Has the jail lost addresses since it was made, and is *a not its?  Then what
 * comes for *a is not for its sockets.
 */
bool	prison_lost(const struct prison *pr, const struct inaddr *a);

/* A socket more of pr, and one less.  False: one of the limits is reached. */
bool	prison_socket_add(struct prison *pr);
void	prison_socket_remove(struct prison *pr);

/* 0 or EPROTONOSUPPORT: may cred make sockets of this domain (AF_INET...)? */
int	prison_check_af(const struct vnet *v, const struct cred *cred, int af);

/*
 * The nearest jail at or above pr that owns addresses, or prison0: two sockets
 * contend for ports only if these are the same.  Its jid names the port space.
 */
struct prison *prison_ip_owner(const struct prison *pr);

/* The same for the family of a alone: a jail may own IPv4 and inherit IPv6. */
struct prison *prison_ip_owner_of(const struct prison *pr,
	    const struct inaddr *a);

/*
 * The alive jails that list address a themselves, in no order, for wildcard
 * listeners: call with prev NULL first; NULL ends.  O(1) per call.
 */
struct prison *prison_by_addr(const struct vnet *v, const struct inaddr *a,
	    struct prison *prev);

/* The first of each of n addresses, at most PRISON_BATCH, whose memory is
 * waited for together. */
#define PRISON_BATCH	32
void	prison_by_addr_batch(const struct vnet *v,
	    const struct inaddr *const *a, struct prison **prp, unsigned n);

#endif
