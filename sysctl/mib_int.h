/*
 * The tree of a vnet's MIB: for this folder's mib files alone.
 */
#ifndef SYSCTL_MIB_INT_H
#define SYSCTL_MIB_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "sysctl/sysctl.h"

/*
 * One component of a name.  Nodes lie in one array in the order of their
 * names, the root first, so children come in the order of names; that order
 * and the order of numbers each have an array of pointers to search in.
 */
struct mib_node {
	const char	*name;		/* into the oid's name: not NUL-ended */
	size_t		 namelen;
	int		 number;
	const struct sysctl_oid *oid;	/* NULL: an interior node not declared */
	struct mib_node	*parent;	/* NULL: the root */
	struct mib_node	**byname;	/* children */
	struct mib_node	**bynumber;	/* the same */
	unsigned	 nchildren;
};

/* The root of v's tree. */
const struct mib_node *mib_root(const struct vnet *v);

/*
 * CTLTYPE_ | CTLFLAG_ of a node, declared or not.  Every setting may be given
 * at the start of the stack (assign.c), which CTLFLAG_TUN says.
 */
static inline uint32_t
mib_kind(const struct mib_node *n)
{
	uint32_t kind = n->oid != NULL ? n->oid->kind :
	    (CTLTYPE_NODE | CTLFLAG_RD);

	if ((kind & (CTLFLAG_WR | CTLFLAG_STATS | CTLFLAG_SKIP)) == CTLFLAG_WR)
		kind |= CTLFLAG_TUN;
	return kind;
}

/* True if names go on below n: a node that does not handle them itself. */
static inline bool
mib_isdir(const struct mib_node *n)
{
	return (mib_kind(n) & CTLTYPE) == CTLTYPE_NODE &&
	    (n->oid == NULL || n->oid->handler == NULL);
}

/* The child of that number, or NULL. */
const struct mib_node *mib_child(const struct mib_node *n, int number);

/*
 * Follow (name, len) from the root as far as it leads: to its end, or to the
 * first node that is no directory.  *usedp: components taken.  ENOENT.
 */
int	mib_find(const struct vnet *v, const int *name, unsigned len,
	    const struct mib_node **np, unsigned *usedp);

/*
 * The first value whose number comes after (name, len), in lexicographic
 * order; NULL: none.  skip: pass over CTLFLAG_SKIP.
 */
const struct mib_node *mib_next(const struct vnet *v, const int *name,
	    unsigned len, bool skip);

#endif
