/*
 * mib.c - the tree of values: building it and finding things in it.
 *
 * Theory of operation
 *
 * The declarations (sysctl.h) are rows of a linker set in whatever order the
 * linker met them.  mib_init() sorts them by name, component by component, and
 * walks them once: each name adds the nodes it does not share with the one
 * before it, so the nodes come out in the order of names with every parent
 * before its children, and a row for a node comes before the rows below it.
 *
 * Numbers a row leaves to us (OID_AUTO) are given in the order of names, from
 * OID_AUTO_START up, so that the same set of rows has the same numbers in every
 * run and build; fixed numbers are below that.  Children are found by binary
 * search, by name and by number.
 *
 * Rows that contradict each other (a name or number given twice, a value with
 * values below it, a variable of another size than its type) are mistakes of
 * the programmer; vnet_new() then fails with EINVAL.
 *
 * The tree is constant after mib_init().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sysctl/mib_int.h"

LINKERSET_DECLARE(sysctl, const struct sysctl_oid);

#define OID_AUTO_START	0x100

struct mib {
	struct mib_node	 *nodes;	/* nodes[0]: the root */
	unsigned	  nnodes;
	struct mib_node	**links;	/* all children by name, by number */
};

static int	mib_init(struct vnet *);
static void	mib_fini(struct vnet *);

VNET_MODULE(mib_module, struct mib, VNET_SYSCTL, mib_init, mib_fini);

/* Compare two names of given lengths. */
static int
component_cmp(const char *a, size_t alen, const char *b, size_t blen)
{
	int c = memcmp(a, b, alen < blen ? alen : blen);

	if (c != 0)
		return c;
	return alen < blen ? -1 : alen > blen;
}

/* Order of rows: by component, a prefix first; "." sorts below all else. */
static int
row_cmp(const void *pa, const void *pb)
{
	const struct sysctl_oid *const *a = pa, *const *b = pb;
	const char *s = (*a)->name, *t = (*b)->name;

	while (*s != '\0' && *s == *t) {
		s++;
		t++;
	}
	if (*s == *t)
		return 0;
	if (*s == '\0' || *t == '\0')
		return *s == '\0' ? -1 : 1;
	if (*s == '.' || *t == '.')
		return *s == '.' ? -1 : 1;
	return (unsigned char)*s < (unsigned char)*t ? -1 : 1;
}

static unsigned
ncomponents(const char *name)
{
	unsigned n = 1;

	for (; *name != '\0'; name++)
		n += *name == '.';
	return n;
}

/* Bytes of a variable of this type; 0: any. */
static size_t
type_size(uint32_t kind)
{
	static const uint8_t sizes[CTLTYPE + 1] = {
		[CTLTYPE_INT] = sizeof(int), [CTLTYPE_UINT] = sizeof(int),
		[CTLTYPE_LONG] = sizeof(long), [CTLTYPE_ULONG] = sizeof(long),
		[CTLTYPE_S8] = 1, [CTLTYPE_U8] = 1,
		[CTLTYPE_S16] = 2, [CTLTYPE_U16] = 2,
		[CTLTYPE_S32] = 4, [CTLTYPE_U32] = 4,
		[CTLTYPE_S64] = 8, [CTLTYPE_U64] = 8,
	};

	return sizes[kind & CTLTYPE];
}

static bool
row_ok(const struct sysctl_oid *oid)
{
	size_t size = type_size(oid->kind);

	if ((oid->kind & CTLTYPE) == 0 || *oid->name == '\0' ||
	    oid->number < OID_AUTO || oid->number >= OID_AUTO_START ||
	    ncomponents(oid->name) > CTL_MAXNAME)
		return false;
	if ((oid->kind & CTLTYPE) == CTLTYPE_NODE)
		return true;
	if (oid->module == NULL)
		return oid->handler != NULL;
	return size == 0 || size == oid->size;
}

/* The rows, sorted.  The caller frees them. */
static int
rows_sorted(const struct sysctl_oid ***rowsp, unsigned *np, unsigned *maxnodes)
{
	const struct sysctl_oid *const *pp;
	const struct sysctl_oid **rows;
	unsigned n = 0;

	LINKERSET_FOREACH (pp, sysctl)
		n++;
	if ((rows = calloc(n + 1, sizeof(*rows))) == NULL)
		return ENOMEM;
	n = 0;
	*maxnodes = 1;
	LINKERSET_FOREACH (pp, sysctl) {
		if (!row_ok(*pp)) {
			free(rows);
			return EINVAL;
		}
		rows[n++] = *pp;
		*maxnodes += ncomponents((*pp)->name);
	}
	qsort(rows, n, sizeof(*rows), row_cmp);
	*rowsp = rows;
	*np = n;
	return 0;
}

/*
 * Make path[1], the latest node below path[0], the one of this name; a new one
 * has nothing below it yet.
 */
static void
node_enter(struct mib *m, struct mib_node **path, const char *name,
    size_t len)
{
	struct mib_node *n = path[1];

	if (n != NULL && component_cmp(n->name, n->namelen, name, len) == 0)
		return;
	n = &m->nodes[m->nnodes++];
	n->name = name;
	n->namelen = len;
	n->parent = path[0];
	n->number = OID_AUTO;
	path[0]->nchildren++;
	path[1] = n;
	path[2] = NULL;
}

/* Add a row.  path: the latest node of each depth, the root at 0. */
static int
row_enter(struct mib *m, struct mib_node **path, const struct sysctl_oid *oid)
{
	const char *s = oid->name;
	size_t len;

	for (;; s += len + 1) {
		len = strcspn(s, ".");
		/* The last may be empty, as in FreeBSD's "jail.param.ip4.". */
		if ((len == 0 && *s != '\0') || !mib_isdir(*path))
			return EINVAL;
		node_enter(m, path++, s, len);
		if (s[len] == '\0')
			break;
	}
	if ((*path)->oid != NULL)
		return EINVAL;
	(*path)->oid = oid;
	(*path)->number = oid->number;
	return 0;
}

static int
number_cmp(const void *pa, const void *pb)
{
	const struct mib_node *const *a = pa, *const *b = pb;

	return (*a)->number < (*b)->number ? -1 : (*a)->number > (*b)->number;
}

/* Give each node its slices of the arrays of children, and fill these. */
static void
children_link(struct mib *m)
{
	struct mib_node **byname = m->links, **bynumber = m->links + m->nnodes;
	struct mib_node *n;
	unsigned i;

	for (i = 0; i < m->nnodes; i++) {
		n = &m->nodes[i];
		n->byname = byname;
		n->bynumber = bynumber;
		byname += n->nchildren;
		bynumber += n->nchildren;
		n->nchildren = 0;
	}
	for (i = 1; i < m->nnodes; i++) {
		n = m->nodes[i].parent;
		n->byname[n->nchildren] = &m->nodes[i];
		n->bynumber[n->nchildren++] = &m->nodes[i];
	}
}

/* Number the children of dir.  EINVAL: two have the same. */
static int
children_number(struct mib_node *dir)
{
	int number = OID_AUTO_START;
	unsigned i;

	for (i = 0; i < dir->nchildren; i++)
		if (dir->byname[i]->number == OID_AUTO)
			dir->byname[i]->number = number++;
	qsort(dir->bynumber, dir->nchildren, sizeof(*dir->bynumber),
	    number_cmp);
	for (i = 1; i < dir->nchildren; i++)
		if (dir->bynumber[i - 1]->number == dir->bynumber[i]->number)
			return EINVAL;
	return 0;
}

static int
nodes_build(struct mib *m, const struct sysctl_oid **rows, unsigned n)
{
	struct mib_node *path[CTL_MAXNAME + 2] = { &m->nodes[0] };
	unsigned i;
	int error;

	m->nnodes = 1;
	for (i = 0; i < n; i++)
		if ((error = row_enter(m, path, rows[i])) != 0)
			return error;
	if ((m->links = calloc(2 * (size_t)m->nnodes, sizeof(*m->links))) ==
	    NULL)
		return ENOMEM;
	children_link(m);
	for (i = 0; i < m->nnodes; i++)
		if ((error = children_number(&m->nodes[i])) != 0)
			return error;
	return 0;
}

static int
mib_init(struct vnet *v)
{
	struct mib *m = vnet_data(v, &mib_module);
	const struct sysctl_oid **rows;
	unsigned n, maxnodes;
	int error;

	if ((error = rows_sorted(&rows, &n, &maxnodes)) != 0)
		return error;
	if ((m->nodes = calloc(maxnodes, sizeof(*m->nodes))) == NULL)
		error = ENOMEM;
	else
		error = nodes_build(m, rows, n);
	free(rows);
	if (error != 0)
		mib_fini(v);
	return error;
}

static void
mib_fini(struct vnet *v)
{
	struct mib *m = vnet_data(v, &mib_module);

	free(m->links);
	free(m->nodes);
	m->links = NULL;
	m->nodes = NULL;
}

const struct mib_node *
mib_root(const struct vnet *v)
{
	const struct mib *m = vnet_data(v, &mib_module);

	return m->nodes;
}

/* Index of the first child whose number is not below `number'. */
static unsigned
child_lower(const struct mib_node *n, int number)
{
	unsigned lo = 0, hi = n->nchildren, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (n->bynumber[mid]->number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct mib_node *
mib_child(const struct mib_node *n, int number)
{
	unsigned i = child_lower(n, number);

	if (i == n->nchildren || n->bynumber[i]->number != number)
		return NULL;
	return n->bynumber[i];
}

static const struct mib_node *
child_named(const struct mib_node *n, const char *name, size_t len)
{
	unsigned lo = 0, hi = n->nchildren, mid;
	int c;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = component_cmp(n->byname[mid]->name,
		    n->byname[mid]->namelen, name, len);
		if (c == 0)
			return n->byname[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

int
mib_find(const struct vnet *v, const int *name, unsigned len,
    const struct mib_node **np, unsigned *usedp)
{
	const struct mib_node *n = mib_root(v);
	unsigned i;

	for (i = 0; i < len && mib_isdir(n); i++)
		if ((n = mib_child(n, name[i])) == NULL)
			return ENOENT;
	*np = n;
	*usedp = i;
	return 0;
}

/* The first value at or below n. */
static const struct mib_node *
first_value(const struct mib_node *n, bool skip)
{
	const struct mib_node *found;
	unsigned i;

	if (skip && (mib_kind(n) & CTLFLAG_SKIP) != 0)
		return NULL;
	if (!mib_isdir(n))
		return n;
	for (i = 0; i < n->nchildren; i++)
		if ((found = first_value(n->bynumber[i], skip)) != NULL)
			return found;
	return NULL;
}

/* The first value below dir whose number, from dir on, is after (name, len). */
static const struct mib_node *
next_value(const struct mib_node *dir, const int *name, unsigned len,
    bool skip)
{
	const struct mib_node *found;
	unsigned i;

	if (len == 0)
		return first_value(dir, skip);
	i = child_lower(dir, name[0]);
	if (i < dir->nchildren && dir->bynumber[i]->number == name[0]) {
		if (mib_isdir(dir->bynumber[i]) &&
		    (found = next_value(dir->bynumber[i], name + 1, len - 1,
		    skip)) != NULL)
			return found;
		i++;
	}
	for (; i < dir->nchildren; i++)
		if ((found = first_value(dir->bynumber[i], skip)) != NULL)
			return found;
	return NULL;
}

const struct mib_node *
mib_next(const struct vnet *v, const int *name, unsigned len, bool skip)
{
	return next_value(mib_root(v), name, len, skip);
}

int
sysctl_lookup(const struct vnet *v, const char *name, int *mib,
    unsigned *lenp)
{
	const struct mib_node *n = mib_root(v);
	unsigned i;
	size_t len;

	for (i = 0;; name += len + 1) {
		len = strcspn(name, ".");
		if (!mib_isdir(n) || (n = child_named(n, name, len)) == NULL)
			return ENOENT;
		if (i == *lenp)
			return ENOMEM;
		mib[i++] = n->number;
		if (name[len] == '\0')
			break;
		/* "a.b." is a.b, unless that has a child without a name. */
		if (name[len + 1] == '\0' &&
		    (!mib_isdir(n) || child_named(n, "", 0) == NULL))
			break;
	}
	*lenp = i;
	return 0;
}
