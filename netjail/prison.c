/*
 * prison.c - jails as objects: the tree, names and numbers, life and death.
 *
 * Theory of operation
 *
 * A jail is alive from prison_create_end() to its removal.  While it is alive
 * it is in the tree (its parent's pr_children), in the order of jids, and found
 * by jid, by name and by each of its own addresses, all in hash tables; the
 * tree holds one reference.  Before, it holds its name, its jid and as many of
 * its addresses as were looked at, against others that are made.
 *
 * From prison_condemn() on it is found no more, and nothing is made below it,
 * but it keeps its place and its name until the jails below it are gone, leaves
 * first; so its removal may take its time.  A dead jail only waits for its last
 * reference (sockets, children, callers); till then its jid is not given to
 * another.
 *
 * A jail holds a reference to its parent, so that what a socket's credential
 * points to, and all above it, is there as long as the socket.
 *
 * jids count up from 1 and start again after JAIL_MAX, so one that was just
 * freed is not given soon.  A name is unique in the whole tree, because it
 * begins with the parent's.
 *
 * Jails below a jail are counted until they are freed, so a jail that makes and
 * removes children all the time is held to its number of them, too.
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

void
prison_name_link(struct vnet *v, struct prison *pr)
{
	htable_insert(&V_prisons(v)->by_name, &pr->pr_namelink,
	    hash_name(v, pr->pr_name));
}

/* Its jid and name are taken. */
static void
prison_link(struct vnet *v, struct prison *pr)
{
	struct prisons *ps = V_prisons(v);

	htable_insert(&ps->by_id, &pr->pr_idlink, hash_id(v, pr->pr_id));
	prison_name_link(v, pr);
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
	pr->pr_hostown = true;
	pr->pr_saddrsel[PR_INET] = pr->pr_saddrsel[PR_INET6] = true;
	pr->pr_childmax = JAIL_MAX;
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

int
prison_refuse(int error, char *errmsg, size_t errlen, const char *fmt, ...)
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

/* In the last part of a name. */
static bool
has_bad_char(const char *leaf)
{
	for (; *leaf != '\0'; leaf++)
		if ((unsigned char)*leaf < ' ' || *leaf == '\177' ||
		    *leaf == '.')
			return true;
	return false;
}

/* The full name: that of a parent other than prison0, a dot, the leaf. */
int
prison_name_make(const struct vnet *v, const struct prison *pr,
    const char *name, char *buf, char *errmsg, size_t errlen)
{
	const struct prison *parent = pr->pr_parent;
	bool top = parent->pr_depth == 0;
	size_t plen = top ? 0 : strlen(parent->pr_name);
	const struct prison *other;
	char digits[16];
	int len;

	snprintf(digits, sizeof(digits), "%d", pr->pr_id);
	if (name == NULL || name[0] == '\0')
		name = digits;
	else if (!top && strncmp(name, parent->pr_name, plen) == 0 &&
	    name[plen] == '.')
		name += plen + 1;
	if (name[0] == '\0' || has_bad_char(name))
		return prison_refuse(EINVAL, errmsg, errlen,
		    "name \"%s\" has a dot or a control character", name);
	if (strspn(name, "0123456789") == strlen(name) &&
	    strcmp(name, digits) != 0)
		return prison_refuse(EINVAL, errmsg, errlen,
		    "name cannot be numeric (unless it is the jid)");
	len = snprintf(buf, PRISON_NAMELEN, "%s%s%s",
	    top ? "" : parent->pr_name, top ? "" : ".", name);
	if (len >= PRISON_NAMELEN)
		return prison_refuse(ENAMETOOLONG, errmsg, errlen,
		    "name too long");
	other = find_name(v, buf);
	if (other != NULL && other != pr)
		return prison_refuse(EEXIST, errmsg, errlen,
		    "jail \"%s\" already exists", buf);
	return 0;
}

/* name: what the names of both parameters begin with. */
int
prison_ports_check(uint16_t first, uint16_t last, const char *name,
    char *errmsg, size_t errlen)
{
	if (first == 0 && last == 0)
		return 0;
	if (first == 0 || last == 0)
		return prison_refuse(EINVAL, errmsg, errlen,
		    "%sfirst and %slast must be given together", name, name);
	if (first < IPPORT_RESERVED || last < IPPORT_RESERVED)
		return prison_refuse(EINVAL, errmsg, errlen,
		    "%sfirst and %slast must be at least %d", name, name,
		    IPPORT_RESERVED);
	if (first > last)
		return prison_refuse(EINVAL, errmsg, errlen,
		    "%sfirst is larger than %slast", name, name);
	return 0;
}

static int
set_portranges(struct prison *pr, const struct prison_params *pp,
    char *errmsg, size_t errlen)
{
	int error;

	error = prison_ports_check(pp->portrange_first, pp->portrange_last,
	    "portrange.", errmsg, errlen);
	if (error == 0)
		error = prison_ports_check(pp->portrange_hifirst,
		    pp->portrange_hilast, "portrange.hi", errmsg, errlen);
	pr->pr_ports[PR_PORTS_DEFAULT] = (struct prison_ports){
	    pp->portrange_first, pp->portrange_last };
	pr->pr_ports[PR_PORTS_HIGH] = (struct prison_ports){
	    pp->portrange_hifirst, pp->portrange_hilast };
	return error;
}

static int
set_params(struct vnet *v, struct prison *pr, const struct prison_params *pp,
    char *errmsg, size_t errlen)
{
	const struct prison *parent = pr->pr_parent;
	const char *host = pp->hostname != NULL ? pp->hostname :
	    parent->pr_host;
	int error;

	error = prison_name_make(v, pr, pp->name, pr->pr_name, errmsg, errlen);
	if (error != 0)
		return error;
	if (strlcpy(pr->pr_host, host, sizeof(pr->pr_host)) >=
	    sizeof(pr->pr_host))
		return prison_refuse(ENAMETOOLONG, errmsg, errlen,
		    "hostname too long");
	if (strlcpy(pr->pr_path, pp->path != NULL ? pp->path : "/",
	    sizeof(pr->pr_path)) >= sizeof(pr->pr_path))
		return prison_refuse(ENAMETOOLONG, errmsg, errlen,
		    "path too long");
	if ((pp->allow & ~parent->pr_allow) != 0)
		return prison_refuse(EPERM, errmsg, errlen,
		    "a right that jail \"%s\" lacks", parent->pr_name);
	pr->pr_allow = pp->allow;
	if (pp->children_max > 0 && pp->children_max >= parent->pr_childmax)
		return prison_refuse(EPERM, errmsg, errlen,
		    "children.max must be below that of jail \"%s\"",
		    parent->pr_name);
	pr->pr_persist = pp->persist;
	pr->pr_hostown = pp->hostname != NULL;
	pr->pr_childmax = pp->children_max;
	pr->pr_maxsockets = pp->maxsockets;
	pr->pr_saddrsel[PR_INET] = !pp->no_ip4_saddrsel;
	pr->pr_saddrsel[PR_INET6] = !pp->no_ip6_saddrsel;
	if ((error = set_portranges(pr, pp, errmsg, errlen)) != 0)
		return error;
	return prison_ip_begin(v, pr, pp, errmsg, errlen);
}

const struct prison *
prison_dying_above(const struct prison *pr)
{
	while (pr != NULL && pr->pr_state != PRISON_DYING)
		pr = pr->pr_parent;
	return pr;
}

void
prison_busy(struct prison *pr, int n)
{
	while ((pr = pr->pr_parent) != NULL)
		pr->pr_nbusy += (unsigned)n;
}

/* May something be made below parent, or at last be there? */
static int
check_parent(const struct prison *parent, char *errmsg, size_t errlen)
{
	const struct prison *pr = prison_dying_above(parent);

	if (pr != NULL)
		return prison_refuse(EINVAL, errmsg, errlen,
		    "jail \"%s\" is dying", pr->pr_name);
	for (pr = parent; pr != NULL; pr = pr->pr_parent)
		if (pr->pr_update != NULL)
			return prison_refuse(EAGAIN, errmsg, errlen,
			    "jail \"%s\" is being changed", pr->pr_name);
	return 0;
}

/* May there be another jail with this jid below its creator? */
static int
check_room(const struct vnet *v, const struct prison_params *pp, char *errmsg,
    size_t errlen)
{
	const struct prison *pr = pp->creator != NULL ? pp->creator :
	    prison0(v);
	struct zone_stats zs;

	if (pp->jid < 0)
		return prison_refuse(EINVAL, errmsg, errlen, "negative jid");
	if (pp->jid > JAIL_MAX)
		return prison_refuse(EINVAL, errmsg, errlen,
		    "jid: at most %d", JAIL_MAX);
	if (pp->jid > 0 && find_id(v, pp->jid) != NULL)
		return prison_refuse(EEXIST, errmsg, errlen,
		    "jail %d already exists", pp->jid);
	for (; pr != NULL; pr = pr->pr_parent)
		if (pr->pr_childcount >= pr->pr_childmax)
			return prison_refuse(EPERM, errmsg, errlen,
			    "prison limit exceeded");
	zstats(V_prisons(v)->zone, &zs);
	if (zs.used >= JAIL_MAX)
		return prison_refuse(EAGAIN, errmsg, errlen,
		    "no available jail IDs");
	return 0;
}

int
prison_create_begin(struct vnet *v, struct prison *parent,
    const struct prison_params *pp, struct prison **prp, char *errmsg,
    size_t errlen)
{
	struct prisons *ps = V_prisons(v);
	struct prison *pr;
	int error;

	*prp = NULL;
	if (errlen > 0)
		errmsg[0] = '\0';
	if ((error = check_room(v, pp, errmsg, errlen)) != 0 ||
	    (error = check_parent(parent, errmsg, errlen)) != 0)
		return error;
	if ((pr = zalloc(ps->zone)) == NULL) {
		(void)prison_refuse(ENOMEM, errmsg, errlen, "out of memory");
		return ENOMEM;
	}
	pr->pr_id = pp->jid;
	if (pp->jid == 0)
		pr->pr_id = ps->lastid = next_id(v);
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
	pr->pr_linked = true;
	pr->pr_state = PRISON_MAKING;
	prison_get(parent);
	prison_link(v, pr);
	for (; parent != NULL; parent = parent->pr_parent)
		parent->pr_childcount++;
	/* While a jail is made, those above it are not changed. */
	prison_busy(pr, 1);
	*prp = pr;
	return 0;
}

int
prison_create_step(struct vnet *v, struct prison *pr, unsigned *budget,
    char *errmsg, size_t errlen)
{
	assert(pr->pr_state == PRISON_MAKING);
	return prison_making_step(v, pr, &pr->pr_making, budget, errmsg,
	    errlen);
}

int
prison_create_end(struct vnet *v, struct prison *pr, char *errmsg,
    size_t errlen)
{
	struct prisons *ps = V_prisons(v);
	struct prison *parent = pr->pr_parent;
	int error;

	assert(pr->pr_state == PRISON_MAKING);
	if ((error = check_parent(parent, errmsg, errlen)) != 0)
		return error;
	/* The parent's may have become another since. */
	if (!pr->pr_hostown)
		strlcpy(pr->pr_host, parent->pr_host, sizeof(pr->pr_host));
	prison_busy(pr, -1);
	pr->pr_state = PRISON_ALIVE;
	LIST_INSERT_HEAD(&parent->pr_children, pr, pr_sibling);
	RB_INSERT(prisontree, &ps->order, pr);
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
	if (error == 0)
		error = prison_create_end(v, *prp, errmsg, errlen);
	if (error != 0) {
		prison_remove(v, *prp);
		prison_put(v, *prp);
		*prp = NULL;
	}
	return error;
}

/* ---- death ---- */

void
prison_condemn(struct vnet *v, struct prison *pr)
{
	struct prisons *ps = V_prisons(v);

	assert(pr->pr_depth > 0);
	if (pr->pr_state == PRISON_ALIVE) {
		RB_REMOVE(prisontree, &ps->order, pr);
		ps->count--;
	} else if (pr->pr_state == PRISON_MAKING) {
		LIST_INSERT_HEAD(&pr->pr_parent->pr_children, pr, pr_sibling);
		prison_busy(pr, -1);
	}
	pr->pr_state = PRISON_DYING;
}

/* One without children leaves the tree. */
static void
prison_bury(struct vnet *v, struct prison *pr)
{
	prison_condemn(v, pr);
	prison_update_pass(pr);
	LIST_REMOVE(pr, pr_sibling);
	htable_remove(&V_prisons(v)->by_name, &pr->pr_namelink);
	pr->pr_linked = false;
	prison_put(v, pr);
}

struct prison *
prison_leaf(struct prison *pr)
{
	while (!LIST_EMPTY(&pr->pr_children))
		pr = LIST_FIRST(&pr->pr_children);
	return pr;
}

void
prison_remove(struct vnet *v, struct prison *pr)
{
	struct prison *p, *up;

	if (!pr->pr_linked)
		return;
	for (p = prison_leaf(pr); p != pr; p = prison_leaf(up)) {
		up = p->pr_parent;
		prison_bury(v, p);
	}
	prison_bury(v, pr);
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
		assert(parent != NULL);	/* prison0 does not die */
		for (struct prison *up = parent; up != NULL; up = up->pr_parent)
			up->pr_childcount--;
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
prison_path_in(const struct prison *viewer, const struct prison *pr)
{
	size_t len = strlen(viewer->pr_path);

	if (strcmp(viewer->pr_path, "/") == 0 ||
	    strncmp(pr->pr_path, viewer->pr_path, len) != 0)
		return pr->pr_path;
	if (pr->pr_path[len] == '\0')
		return "/";
	return pr->pr_path[len] == '/' ? pr->pr_path + len : pr->pr_path;
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
	pr->pr_hostown = true;
	prison_host_spread(pr, name);
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

void
prison_own_portrange(const struct prison *pr, bool high, uint16_t *first,
    uint16_t *last)
{
	const struct prison_ports *ports =
	    &pr->pr_ports[high ? PR_PORTS_HIGH : PR_PORTS_DEFAULT];

	*first = ports->first;
	*last = ports->last;
}

bool
prison_portrange(const struct prison *pr, bool high, uint16_t *first,
    uint16_t *last)
{
	uint16_t lo, hi;

	for (; pr != NULL; pr = pr->pr_parent) {
		prison_own_portrange(pr, high, &lo, &hi);
		if (lo != 0) {
			*first = lo;
			*last = hi;
			return true;
		}
	}
	return false;
}

bool
prison_host_inherited(const struct prison *pr)
{
	return !pr->pr_hostown;
}

unsigned
prison_children_max(const struct prison *pr)
{
	return pr->pr_childmax;
}

unsigned
prison_children_cur(const struct prison *pr)
{
	return pr->pr_childcount;
}

unsigned
prison_maxsockets(const struct prison *pr)
{
	return pr->pr_maxsockets;
}

unsigned
prison_sockets(const struct prison *pr)
{
	return pr->pr_sockets;
}

struct prison *
prison_walk(const struct prison *root, const struct prison *pr)
{
	struct prison *next = LIST_FIRST(&pr->pr_children);

	for (; next == NULL && pr != root; pr = pr->pr_parent)
		next = LIST_NEXT(pr, pr_sibling);
	return next;
}

struct prison *
prison_descend(const struct prison *root, const struct prison *pr)
{
	struct prison *next = prison_walk(root, pr);

	while (next != NULL && next->pr_state != PRISON_ALIVE)
		next = prison_walk(root, next);
	return next;
}

/* ---- sockets ---- */

bool
prison_socket_add(struct prison *pr)
{
	struct prison *p;

	for (p = pr; p != NULL; p = p->pr_parent)
		if (p->pr_maxsockets != 0 && p->pr_sockets >= p->pr_maxsockets)
			return false;
	for (p = pr; p != NULL; p = p->pr_parent)
		p->pr_sockets++;
	return true;
}

void
prison_socket_remove(struct prison *pr)
{
	for (; pr != NULL; pr = pr->pr_parent)
		pr->pr_sockets--;
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
