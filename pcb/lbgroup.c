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
 * There is no limit to the number of members.  A group goes before the other
 * PCBs of its address and port, but not before a more specific address.
 */
#include <stdlib.h>

#include "pcb/pcb_int.h"

#define LB_MIN	8	/* members of the smallest array */

struct lbgroup {
	uint32_t	 n, cap;
	struct inpcb	*member[];
};

/* Room for one more than are bound now, with which the group begins. */
int
lbgroup_reserve(struct inpaddr *ia)
{
	struct lbgroup *lb = ia->ia_lb;
	uint32_t need = 1, cap;

	for (unsigned c = 0; c < INP_NREUSE; c++)
		if ((c & INP_REUSEPORT_LB) != 0)
			need += ia->ia_nreuse[c];
	cap = lb == NULL ? 0 : lb->cap;
	if (need <= cap)
		return 0;
	cap = cap == 0 ? LB_MIN : 2 * cap;
	lb = realloc(lb, sizeof(*lb) + cap * sizeof(lb->member[0]));
	if (lb == NULL)
		return ENOMEM;
	if (ia->ia_lb == NULL)
		lb->n = 0;
	lb->cap = cap;
	ia->ia_lb = lb;
	return 0;
}

void
lbgroup_join(struct inpaddr *ia, struct inpcb *inp)
{
	struct lbgroup *lb = ia->ia_lb;

	assert(lb->n < lb->cap && inp->inp_lbslot == 0);
	lb->member[lb->n++] = inp;
	inp->inp_lbslot = lb->n;
	ia->ia_haslb = true;
}

void
lbgroup_leave(struct inpaddr *ia, struct inpcb *inp)
{
	struct lbgroup *lb = ia->ia_lb;
	struct inpcb *last;

	if (inp->inp_lbslot == 0)
		return;
	last = lb->member[--lb->n];
	lb->member[inp->inp_lbslot - 1] = last;
	last->inp_lbslot = inp->inp_lbslot;
	inp->inp_lbslot = 0;
	ia->ia_haslb = lb->n > 0;
}

struct inpcb *
lbgroup_pick(const struct inpaddr *ia, uint64_t hash)
{
	const struct lbgroup *lb = ia->ia_lb;

	return lb->member[((hash >> 32) * lb->n) >> 32];
}

void
lbgroup_free(struct inpaddr *ia)
{
	free(ia->ia_lb);
	ia->ia_lb = NULL;
}
