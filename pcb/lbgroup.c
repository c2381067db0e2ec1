/*
 * lbgroup.c - load-balance groups (SO_REUSEPORT_LB).
 *
 * Theory of operation
 *
 * The eligible PCBs of one inpaddr that were bound with INP_REUSEPORT_LB share
 * its packets: a hash of the packet's four values, scaled by multiplication to
 * the number of members, says whose it is, so a flow keeps its member while
 * none comes or goes.  Members are an array; one that leaves is replaced by the
 * last.  Room for all that may become members is made when they are bound, so
 * that in_pcbeligible() cannot fail.
 *
 * A group has LB_MAX members at most, four million.  It goes before the other
 * PCBs of its address and port, but not before a more specific address.
 */
#include <stdlib.h>

#include "pcb/pcb_int.h"

#define LB_MIN	8	/* members of the smallest array */
#define LB_MAX	((1u << INP_LBBITS) - 1)	/* inp_lbslot can tell apart */

struct lbgroup {
	uint32_t	 n, cap;
	struct inpcb	*member[];
};

int
lbgroup_reserve(struct vnet *v, struct lbgroup **lbp, uint32_t need)
{
	struct lbgroup *lb = *lbp;
	uint32_t cap = lb == NULL ? 0 : lb->cap;

	if (need <= cap)
		return 0;
	if (need > LB_MAX)
		return ENOMEM;
	cap = cap == 0 ? LB_MIN : 2 * cap;
	lb = zarray_resize(v, lb, sizeof(*lb) + cap * sizeof(lb->member[0]));
	if (lb == NULL)
		return ENOMEM;
	if (*lbp == NULL)
		lb->n = 0;
	lb->cap = cap;
	*lbp = lb;
	return 0;
}

void
lbgroup_join(struct lbgroup *lb, struct inpcb *inp)
{
	assert(lb->n < lb->cap && inp->inp_lbslot == 0);
	lb->member[lb->n++] = inp;
	inp->inp_lbslot = lb->n;
}

void
lbgroup_leave(struct lbgroup *lb, struct inpcb *inp)
{
	struct inpcb *last;

	if (inp->inp_lbslot == 0)
		return;
	last = lb->member[--lb->n];
	lb->member[inp->inp_lbslot - 1] = last;
	last->inp_lbslot = inp->inp_lbslot;
	inp->inp_lbslot = 0;
}

struct inpcb *
lbgroup_pick(const struct lbgroup *lb, uint64_t hash)
{
	if (lb == NULL || lb->n == 0)
		return NULL;
	return lb->member[((hash >> 32) * lb->n) >> 32];
}

void
lbgroup_free(struct lbgroup *lb)
{
	free(lb);
}
