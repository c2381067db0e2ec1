/*
 * unpcb.c - PF_LOCAL PCBs: their lists, names and links.
 *
 * Theory of operation
 *
 * Names are in a hash table, by jail and bytes; the hash is keyed, as programs
 * choose them.  All PCBs of a type are in a tree by generation count, which is
 * by age, and in another by jail and count: so a listing that is made in slices
 * finds its place again whatever has gone meanwhile, and one for a jail without
 * children costs what that jail has.
 *
 * A PCB holds a reference to its jail as long as it lives, so the number that
 * stands for the jail in keys is not given to another.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "base/zone.h"
#include "netjail/prison.h"
#include "pcb/unpcb.h"

enum { UNP_STREAM, UNP_DGRAM, UNP_SEQPACKET, UNP_NTYPES };

RB_HEAD(unpages, unpcb);
RB_HEAD(unpjails, unpcb);

struct unptype {
	struct unpages	 byage;
	struct unpjails	 byjail;
	uint64_t	 count;
	uint64_t	 gencnt;	/* last given to one of them */
};

struct unpcbs {
	struct zone	*zone, *names;
	struct htable	 table;		/* of names */
	uint64_t	 gencnt;
	struct unptype	 type[UNP_NTYPES];
};

static int unp_init(struct vnet *v);
static void unp_fini(struct vnet *v);

static VNET_MODULE(unp_module, struct unpcbs, VNET_PCB, unp_init, unp_fini);
#define V_unp(v) ((struct unpcbs *)vnet_data((v), &unp_module))

static int
unp_init(struct vnet *v)
{
	struct unpcbs *u = V_unp(v);

	if (htable_init(v, &u->table) != 0)
		return ENOMEM;
	u->zone = zinit(v, "unpcb", sizeof(struct unpcb), sizeof(uint64_t),
	    0);
	u->names = zinit(v, "unpname", sizeof(struct unpname), 0, 0);
	if (u->zone != NULL && u->names != NULL)
		return 0;
	unp_fini(v);
	return ENOMEM;
}

static void
unp_fini(struct vnet *v)
{
	struct unpcbs *u = V_unp(v);

	htable_fini(&u->table);
	if (u->zone != NULL)
		zdestroy(u->zone);
	if (u->names != NULL)
		zdestroy(u->names);
}

static int
age_cmp(const struct unpcb *a, const struct unpcb *b)
{
	return (a->unp_gencnt > b->unp_gencnt) -
	    (a->unp_gencnt < b->unp_gencnt);
}

static int
jail_cmp(const struct unpcb *a, const struct unpcb *b)
{
	int x = prison_jid(a->unp_cred.prison);
	int y = prison_jid(b->unp_cred.prison);

	return x != y ? (x > y) - (x < y) : age_cmp(a, b);
}

RB_PROTOTYPE(unpages, unpcb, unp_byage, age_cmp);
RB_PROTOTYPE(unpjails, unpcb, unp_byjail, jail_cmp);
RB_GENERATE(unpages, unpcb, unp_byage, age_cmp);
RB_GENERATE(unpjails, unpcb, unp_byjail, jail_cmp);

static struct unptype *
type_of(const struct vnet *v, int type)
{
	struct unpcbs *u = V_unp(v);

	if (type == SOCK_STREAM)
		return &u->type[UNP_STREAM];
	if (type == SOCK_DGRAM)
		return &u->type[UNP_DGRAM];
	assert(type == SOCK_SEQPACKET);
	return &u->type[UNP_SEQPACKET];
}

/* ---- names ---- */

static uint64_t
hash_name(const struct vnet *v, int jid, const void *name, size_t len)
{
	uint64_t key[2] = { siphash24(v->hashkey, name, len), (uint64_t)jid };

	return siphash24(v->hashkey, key, sizeof(key));
}

struct unpcb *
unp_lookup(const struct vnet *v, const struct prison *pr, const void *name,
    size_t len)
{
	int jid = prison_jid(pr);
	uint64_t h = hash_name(v, jid, name, len);
	struct hlink *l;

	HTABLE_FOREACH(l, &V_unp(v)->table, h) {
		struct unpname *un = HT_OBJECT(l, struct unpname, un_hash);

		if (un->un_jid == jid && un->un_len == len &&
		    memcmp(un->un_name, name, len) == 0)
			return un->un_owner;
	}
	return NULL;
}

int
unp_bind(struct vnet *v, struct unpcb *unp, const void *name, size_t len)
{
	const struct prison *pr = unp->unp_cred.prison;
	struct unpcbs *u = V_unp(v);
	struct unpname *un;

	if (unp->unp_name != NULL || len == 0)
		return EINVAL;
	if (len > UNP_MAXNAME)
		return ENAMETOOLONG;
	if (unp_lookup(v, pr, name, len) != NULL)
		return EADDRINUSE;
	if ((un = zalloc(u->names)) == NULL)
		return ENOBUFS;
	un->un_owner = unp;
	un->un_jid = prison_jid(pr);
	un->un_refs = 1;
	un->un_len = (uint32_t)len;
	memcpy(un->un_name, name, len);
	htable_insert(&u->table, &un->un_hash,
	    hash_name(v, un->un_jid, name, len));
	unp->unp_name = un;
	return 0;
}

void
unp_share_name(struct unpcb *unp, const struct unpcb *listener)
{
	assert(unp->unp_name == NULL);
	unp->unp_name = listener->unp_name;
	if (unp->unp_name != NULL)
		unp->unp_name->un_refs++;
}

static void
drop_name(struct vnet *v, struct unpcb *unp)
{
	struct unpcbs *u = V_unp(v);
	struct unpname *un = unp->unp_name;

	if (un == NULL)
		return;
	unp->unp_name = NULL;
	if (un->un_owner == unp) {
		htable_remove(&u->table, &un->un_hash);
		un->un_owner = NULL;
	}
	if (--un->un_refs == 0)
		zfree(u->names, un);
}

/* ---- life ---- */

static void
newgen(struct vnet *v, struct unptype *t, struct unpcb *unp)
{
	t->gencnt = unp->unp_gencnt = ++V_unp(v)->gencnt;
}

int
unp_alloc(struct vnet *v, int type, struct socket *so,
    const struct cred *cred, struct unpcb **unpp)
{
	struct unptype *t = type_of(v, type);
	struct unpcb *unp;

	*unpp = NULL;
	if ((unp = zalloc(V_unp(v)->zone)) == NULL)
		return ENOBUFS;
	newgen(v, t, unp);
	unp->unp_socket = so;
	unp->unp_type = type;
	unp->unp_cred = *cred;
	prison_get(unp->unp_cred.prison);
	LIST_INIT(&unp->unp_refs);
	RB_INSERT(unpages, &t->byage, unp);
	RB_INSERT(unpjails, &t->byjail, unp);
	t->count++;
	*unpp = unp;
	return 0;
}

void
unp_free(struct vnet *v, struct unpcb *unp)
{
	struct unptype *t = type_of(v, unp->unp_type);

	assert(unp->unp_conn == NULL && LIST_EMPTY(&unp->unp_refs));
	drop_name(v, unp);
	RB_REMOVE(unpages, &t->byage, unp);
	RB_REMOVE(unpjails, &t->byjail, unp);
	t->count--;
	prison_put(v, unp->unp_cred.prison);
	newgen(v, t, unp);
	zfree(V_unp(v)->zone, unp);
}

void
unp_limit(struct vnet *v, uint64_t limit)
{
	zlimit(V_unp(v)->zone, limit);
}

/* ---- links ---- */

int
unp_connect2(struct unpcb *unp, struct unpcb *peer)
{
	bool dgram = unp->unp_type == SOCK_DGRAM;

	if (unp->unp_type != peer->unp_type)
		return EPROTOTYPE;
	if (unp->unp_conn != NULL || (!dgram && peer->unp_conn != NULL))
		return EISCONN;
	unp->unp_conn = peer;
	if (dgram)
		LIST_INSERT_HEAD(&peer->unp_refs, unp, unp_reflink);
	else
		peer->unp_conn = unp;
	return 0;
}

struct unpcb *
unp_disconnect(struct unpcb *unp)
{
	struct unpcb *peer = unp->unp_conn;

	if (peer == NULL)
		return NULL;
	unp->unp_conn = NULL;
	if (unp->unp_type == SOCK_DGRAM)
		LIST_REMOVE(unp, unp_reflink);
	else
		peer->unp_conn = NULL;
	return peer;
}

/* ---- lists ---- */

uint64_t
unp_count(const struct vnet *v, int type)
{
	return type_of(v, type)->count;
}

uint64_t
unp_gencnt(const struct vnet *v, int type)
{
	return type_of(v, type)->gencnt;
}

struct unpcb *
unp_after(const struct vnet *v, int type, const struct prison *pr,
    uint64_t gen)
{
	struct unptype *t = type_of(v, type);
	struct unpcb key = { .unp_gencnt = gen + 1 }, *unp;

	if (pr == NULL)
		return RB_NFIND(unpages, &t->byage, &key);
	/* Only compared with. */
	key.unp_cred.prison = (struct prison *)(uintptr_t)pr;
	unp = RB_NFIND(unpjails, &t->byjail, &key);
	return unp != NULL && unp->unp_cred.prison == pr ? unp : NULL;
}
