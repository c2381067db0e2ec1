/*
 * prison.c - jails as objects: the tree, names and numbers, life and death.
 *
 * Theory of operation
 *
 * A jail is alive from the last prison_create_step() to prison_remove().  While
 * it is alive it is in the tree (its parent's pr_children), in the order of
 * jids, and found by jid, by name and by each of its own addresses, all in hash
 * tables; the tree holds one reference.  Before, it holds its name, its jid and
 * as many of its addresses as were looked at, against others that are made.
 * prison_remove() takes a whole subtree out of all that at once.  A dead jail
 * only waits for its last reference (sockets, children, callers); till then its
 * jid is not given to another.
 *
 * A jail holds a reference to its parent, so that what a socket's credential
 * points to, and all above it, is there as long as the socket.
 *
 * jids count up from 1 and start again after JAIL_MAX, so one that was just
 * freed is not given soon.  A name is unique in the whole tree, because it
 * begins with the parent's.
 *
 * What a jail is allowed never changes after creation, nor do its addresses:
 * the ports its sockets hold are accounted under the jail that owns them.  The
 * range its ports are chosen from does not change either, so a child that says
 * nothing has a copy of its parent's.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>

#include <bsd/string.h>

#include "base/hash.h"
#include "netjail/prison_int.h"

static int
prison_cmp(const struct prison *a, const struct prison *b)
{
	return (a->pr_id > b->pr_id) - (a->pr_id < b->pr_id);
}

RB_PROTOTYPE(prisontree, prison, pr_order, prison_cmp);
RB_GENERATE(prisontree, prison, pr_order, prison_cmp);

static uint64_t
hash_id(const struct vnet *v, int jid)
{
	return siphash24(v->hashkey, &jid, sizeof(jid));
}

static uint64_t
hash_name(const struct vnet *v, const char *name)
{
	return siphash24(v->hashkey, name, strlen(name));
}

struct prison *
prison0(const struct vnet *v)
{
	return &V_prisons(v)->zero;
}

/* By jid, dying ones included. */
static struct prison *
find_id(const struct vnet *v, int jid)
{
	uint64_t h = hash_id(v, jid);
	struct hlink *l;

	HTABLE_FOREACH(l, &V_prisons(v)->by_id, h) {
		struct prison *pr = HT_OBJECT(l, struct prison, pr_idlink);

		if (pr->pr_id == jid)
			return pr;
	}
	return NULL;
}

struct prison *
prison_find(const struct vnet *v, int jid)
{
	struct prison *pr = find_id(v, jid);

	return pr != NULL && pr->pr_state == PRISON_ALIVE ? pr : NULL;
}

/* By name, those that are being made included. */
static struct prison *
find_name(const struct vnet *v, const char *name)
{
	uint64_t h = hash_name(v, name);
	struct hlink *l;

	HTABLE_FOREACH(l, &V_prisons(v)->by_name, h) {
		struct prison *pr = HT_OBJECT(l, struct prison, pr_namelink);

		if (strcmp(pr->pr_name, name) == 0)
			return pr;
	}
	return NULL;
}

struct prison *
prison_find_name(const struct vnet *v, const char *name)
{
	struct prison *pr = find_name(v, name);

	return pr != NULL && pr->pr_state == PRISON_ALIVE ? pr : NULL;
}

/* Its jid and name are taken. */
static void
prison_link(struct vnet *v, struct prison *pr)
{
	struct prisons *ps = V_prisons(v);

	htable_insert(&ps->by_id, &pr->pr_idlink, hash_id(v, pr->pr_id));
	htable_insert(&ps->by_name, &pr->pr_namelink,
	    hash_name(v, pr->pr_name));
}

static int
prisons_init(struct vnet *v)
{
	struct prisons *ps = V_prisons(v);
	struct prison *pr = &ps->zero;

	ps->max_af_ips = JAIL_MAXAFIPS;
	ps->default_allow = PR_ALLOW_DEFAULT;
	ps->zone = zinit(v, "prison", sizeof(struct prison), 0, JAIL_MAX);
	if (ps->zone == NULL)
		return ENOMEM;
	if (htable_init(v, &ps->by_id) != 0 ||
	    htable_init(v, &ps->by_name) != 0 ||
	    htable_init(v, &ps->by_addr) != 0) {
		htable_fini(&ps->by_id);
		htable_fini(&ps->by_name);
		zdestroy(ps->zone);
		return ENOMEM;
	}
	pr->pr_refs = 1;
	pr->pr_allow = PR_ALLOW_ALL;
	pr->pr_persist = true;
	pr->pr_owner[PR_INET] = pr->pr_owner[PR_INET6] = pr;
	strlcpy(pr->pr_name, "0", sizeof(pr->pr_name));
	strlcpy(pr->pr_path, "/", sizeof(pr->pr_path));
	prison_link(v, pr);
	RB_INSERT(prisontree, &ps->order, pr);
	return 0;
}

static void
prisons_fini(struct vnet *v)
{
	struct prisons *ps = V_prisons(v);
	struct prison *pr;

	while ((pr = LIST_FIRST(&ps->zero.pr_children)) != NULL)
		prison_remove(v, pr);
	htable_fini(&ps->by_id);
	htable_fini(&ps->by_name);
	htable_fini(&ps->by_addr);
	zdestroy(ps->zone);
}

VNET_MODULE(prison_module, struct prisons, VNET_PRISON, prisons_init,
    prisons_fini);

/* ---- creation ---- */

__attribute__((format(printf, 4, 5))) static int
refuse(int error, char *errmsg, size_t errlen, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(errmsg, errlen, fmt, ap);
	va_end(ap);
	return error;
}

static int
next_id(const struct vnet *v)
{
	int id = V_prisons(v)->lastid;

	do
		id = id == JAIL_MAX ? 1 : id + 1;
	while (find_id(v, id) != NULL);
	return id;
}

/* May a jail with this jid have this last part of a name? */
static bool
leaf_ok(const char *leaf, int jid)
{
	char digits[16];

	for (const char *p = leaf; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == '\177' || *p == '.')
			return false;
	if (strspn(leaf, "0123456789") != strlen(leaf))
		return true;
	snprintf(digits, sizeof(digits), "%d", jid);
	return strcmp(leaf, digits) == 0;
}

/* The full name: that of a parent other than prison0, a dot, the leaf. */
static int
set_name(const struct vnet *v, struct prison *pr, const char *name,
    char *errmsg, size_t errlen)
{
	const struct prison *parent = pr->pr_parent;
	bool top = parent->pr_depth == 0;
	size_t plen = top ? 0 : strlen(parent->pr_name);
	char digits[16];
	int len;

	snprintf(digits, sizeof(digits), "%d", pr->pr_id);
	if (name == NULL || name[0] == '\0')
		name = digits;
	else if (!top && strncmp(name, parent->pr_name, plen) == 0 &&
	    name[plen] == '.')
		name += plen + 1;
	if (name[0] == '\0' || !leaf_ok(name, pr->pr_id))
		return refuse(EINVAL, errmsg, errlen,
		    "name \"%s\" has a dot or control character, or is a "
		    "number other than the jid", name);
	len = snprintf(pr->pr_name, sizeof(pr->pr_name), "%s%s%s",
	    top ? "" : parent->pr_name, top ? "" : ".", name);
	if (len >= (int)sizeof(pr->pr_name))
		return refuse(ENAMETOOLONG, errmsg, errlen, "name too long");
	if (find_name(v, pr->pr_name) != NULL)
		return refuse(EEXIST, errmsg, errlen,
		    "jail \"%s\" already exists", pr->pr_name);
	return 0;
}

/* name: what the names of both parameters begin with. */
static int
set_ports(struct prison_ports *ports, uint16_t first, uint16_t last,
    const char *name, char *errmsg, size_t errlen)
{
	if (first == 0 && last == 0)
		return 0;
	if (first == 0 || last == 0)
		return refuse(EINVAL, errmsg, errlen,
		    "%sfirst and %slast must be given together", name, name);
	if (first < IPPORT_RESERVED || last < IPPORT_RESERVED)
		return refuse(EINVAL, errmsg, errlen,
		    "%sfirst and %slast must be at least %d", name, name,
		    IPPORT_RESERVED);
	if (first > last)
		return refuse(EINVAL, errmsg, errlen,
		    "%sfirst is larger than %slast", name, name);
	*ports = (struct prison_ports){ first, last };
	return 0;
}

static int
set_portranges(struct prison *pr, const struct prison_params *pp,
    char *errmsg, size_t errlen)
{
	int error;

	memcpy(pr->pr_ports, pr->pr_parent->pr_ports, sizeof(pr->pr_ports));
	error = set_ports(&pr->pr_ports[PR_PORTS_DEFAULT], pp->portrange_first,
	    pp->portrange_last, "portrange.", errmsg, errlen);
	if (error != 0)
		return error;
	return set_ports(&pr->pr_ports[PR_PORTS_HIGH], pp->portrange_hifirst,
	    pp->portrange_hilast, "portrange.hi", errmsg, errlen);
}

static int
set_params(struct vnet *v, struct prison *pr, const struct prison_params *pp,
    char *errmsg, size_t errlen)
{
	const struct prison *parent = pr->pr_parent;
	const char *host = pp->hostname != NULL ? pp->hostname :
	    parent->pr_host;
	int error;

	if (parent->pr_state != PRISON_ALIVE)
		return refuse(EINVAL, errmsg, errlen,
		    "jail \"%s\" is dying", parent->pr_name);
	if ((error = set_name(v, pr, pp->name, errmsg, errlen)) != 0)
		return error;
	if (strlcpy(pr->pr_host, host, sizeof(pr->pr_host)) >=
	    sizeof(pr->pr_host))
		return refuse(ENAMETOOLONG, errmsg, errlen,
		    "hostname too long");
	if (strlcpy(pr->pr_path, pp->path != NULL ? pp->path : "/",
	    sizeof(pr->pr_path)) >= sizeof(pr->pr_path))
		return refuse(ENAMETOOLONG, errmsg, errlen, "path too long");
	if ((pp->allow & ~parent->pr_allow) != 0)
		return refuse(EPERM, errmsg, errlen,
		    "a right that jail \"%s\" lacks", parent->pr_name);
	pr->pr_allow = pp->allow;
	pr->pr_persist = pp->persist;
	if ((error = set_portranges(pr, pp, errmsg, errlen)) != 0)
		return error;
	return prison_ip_begin(v, pr, pp, errmsg, errlen);
}

int
prison_create_begin(struct vnet *v, struct prison *parent,
    const struct prison_params *pp, struct prison **prp, char *errmsg,
    size_t errlen)
{
	struct prisons *ps = V_prisons(v);
	struct zone_stats zs;
	struct prison *pr;
	int error;

	*prp = NULL;
	if (errlen > 0)
		errmsg[0] = '\0';
	zstats(ps->zone, &zs);
	if (zs.used >= JAIL_MAX)
		return refuse(EAGAIN, errmsg, errlen, "no free jid");
	if ((pr = zalloc(ps->zone)) == NULL)
		return refuse(ENOMEM, errmsg, errlen, "out of memory");
	pr->pr_id = next_id(v);
	pr->pr_parent = parent;
	pr->pr_depth = parent->pr_depth + 1;
	LIST_INIT(&pr->pr_children);
	error = set_params(v, pr, pp, errmsg, errlen);
	if (error != 0) {
		prison_ip_free(pr);
		zfree(ps->zone, pr);
		return error;
	}
	pr->pr_refs = 2;	/* the tree's and the caller's */
	pr->pr_state = PRISON_MAKING;
	prison_get(parent);
	prison_link(v, pr);
	*prp = pr;
	return 0;
}

int
prison_create_step(struct vnet *v, struct prison *pr, unsigned *budget,
    char *errmsg, size_t errlen)
{
	struct prisons *ps = V_prisons(v);
	struct prison *parent = pr->pr_parent;
	int error;

	assert(pr->pr_state == PRISON_MAKING);
	error = prison_ip_step(v, pr, budget, errmsg, errlen);
	if (error != 0)
		return error;
	if (parent->pr_state != PRISON_ALIVE)
		return refuse(EINVAL, errmsg, errlen,
		    "jail \"%s\" is dying", parent->pr_name);
	pr->pr_state = PRISON_ALIVE;
	LIST_INSERT_HEAD(&parent->pr_children, pr, pr_sibling);
	RB_INSERT(prisontree, &ps->order, pr);
	ps->lastid = pr->pr_id;
	ps->count++;
	return 0;
}

int
prison_create(struct vnet *v, struct prison *parent,
    const struct prison_params *pp, struct prison **prp, char *errmsg,
    size_t errlen)
{
	unsigned all = UINT_MAX;
	int error;

	error = prison_create_begin(v, parent, pp, prp, errmsg, errlen);
	if (error != 0)
		return error;
	error = prison_create_step(v, *prp, &all, errmsg, errlen);
	if (error != 0) {
		prison_remove(v, *prp);
		prison_put(v, *prp);
		*prp = NULL;
	}
	return error;
}

/* ---- death ---- */

/* A jail without living children leaves the tree. */
static void
prison_kill(struct vnet *v, struct prison *pr)
{
	struct prisons *ps = V_prisons(v);

	assert(pr->pr_state != PRISON_DYING);
	if (pr->pr_state == PRISON_ALIVE) {
		LIST_REMOVE(pr, pr_sibling);
		RB_REMOVE(prisontree, &ps->order, pr);
		ps->count--;
	}
	htable_remove(&ps->by_name, &pr->pr_namelink);
	pr->pr_state = PRISON_DYING;
	prison_put(v, pr);
}

void
prison_remove(struct vnet *v, struct prison *pr)
{
	struct prison *p, *up;

	if (pr->pr_state == PRISON_DYING)
		return;
	assert(pr->pr_depth > 0);
	for (p = pr;; p = up) {
		while (!LIST_EMPTY(&p->pr_children))
			p = LIST_FIRST(&p->pr_children);
		up = p->pr_parent;
		if (p == pr)
			break;
		prison_kill(v, p);
	}
	prison_kill(v, pr);
}

struct prison *
prison_get(struct prison *pr)
{
	pr->pr_refs++;
	return pr;
}

void
prison_put(struct vnet *v, struct prison *pr)
{
	struct prisons *ps = V_prisons(v);
	unsigned all = UINT_MAX;
	struct prison *parent;

	/* The last child of a dead jail takes it along, and so on up. */
	for (; --pr->pr_refs == 0; pr = parent) {
		assert(pr->pr_state == PRISON_DYING);
		parent = pr->pr_parent;
		htable_remove(&ps->by_id, &pr->pr_idlink);
		(void)prison_ip_unlink(v, pr, &all);
		prison_ip_free(pr);
		zfree(ps->zone, pr);
	}
}

bool
prison_forget(struct vnet *v, struct prison *pr, unsigned *budget)
{
	assert(pr->pr_state == PRISON_DYING);
	return prison_ip_unlink(v, pr, budget);
}

/* ---- reading ---- */

struct prison *
prison_after(const struct vnet *v, int jid)
{
	struct prisons *ps = V_prisons(v);
	struct prison *pr = RB_ROOT(&ps->order), *best = NULL;

	while (pr != NULL) {
		if (pr->pr_id > jid) {
			best = pr;
			pr = RB_LEFT(pr, pr_order);
		} else
			pr = RB_RIGHT(pr, pr_order);
	}
	return best;
}

struct prison *
prison_next(const struct vnet *v, const struct prison *pr)
{
	return pr == NULL ? prison0(v) : prison_after(v, pr->pr_id);
}

uint64_t
prison_count(const struct vnet *v)
{
	return V_prisons(v)->count;
}

uint32_t
prison_default_allow(const struct vnet *v)
{
	return V_prisons(v)->default_allow;
}

int
prison_jid(const struct prison *pr)
{
	return pr->pr_id;
}

const char *
prison_name(const struct prison *pr)
{
	return pr->pr_name;
}

const char *
prison_name_in(const struct prison *viewer, const struct prison *pr)
{
	assert(prison_check(viewer, pr));
	if (viewer == pr || viewer->pr_depth == 0)
		return pr->pr_name;
	return pr->pr_name + strlen(viewer->pr_name) + 1;
}

const char *
prison_path(const struct prison *pr)
{
	return pr->pr_path;
}

const char *
prison_hostname(const struct prison *pr)
{
	return pr->pr_host;
}

int
prison_set_hostname(struct prison *pr, const char *name)
{
	if (strlen(name) >= sizeof(pr->pr_host))
		return ENAMETOOLONG;
	strlcpy(pr->pr_host, name, sizeof(pr->pr_host));
	return 0;
}

struct prison *
prison_parent(const struct prison *pr)
{
	return pr->pr_parent;
}

bool
prison_haschildren(const struct prison *pr)
{
	return !LIST_EMPTY(&pr->pr_children);
}

enum prison_state
prison_state(const struct prison *pr)
{
	return pr->pr_state;
}

bool
prison_persist(const struct prison *pr)
{
	return pr->pr_persist;
}

uint32_t
prison_allow(const struct prison *pr)
{
	return pr->pr_allow;
}

bool
prison_portrange(const struct prison *pr, bool high, uint16_t *first,
    uint16_t *last)
{
	const struct prison_ports *ports =
	    &pr->pr_ports[high ? PR_PORTS_HIGH : PR_PORTS_DEFAULT];

	if (ports->first == 0)
		return false;
	*first = ports->first;
	*last = ports->last;
	return true;
}

unsigned
prison_depth(const struct prison *pr)
{
	return pr->pr_depth;
}

bool
prison_check(const struct prison *viewer, const struct prison *owner)
{
	while (owner != NULL && owner->pr_depth > viewer->pr_depth)
		owner = owner->pr_parent;
	return owner == viewer;
}
