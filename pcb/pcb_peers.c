/*
 * pcb_peers.c - the unconnected PCBs that have one local address and port.
 *
 * Theory of operation
 *
 * Nearly always there is one, or none where all are connected, and the inpaddr
 * points to it.  For more than one it points to a struct inpshare:
 *
 *	ia_peers == 0		none
 *	bit 0 clear		one: its address
 *	bit 0 set		any number: the share's address
 *
 * A share keeps the eligible ones before those that are not, counts them by
 * the SO_REUSE* options that bind() has to know, and has their load-balance
 * group.
 */
#include "pcb/pcb_int.h"

#define SHARED	((uintptr_t)1)

struct inpshare {
	struct inpcbhead is_pcbs;	/* eligible ones first, the last to
					 * become so before others */
	struct lbgroup	*is_lb;		/* NULL: none yet */
	uint32_t	 is_nreuse[INP_NREUSE];
};

struct zone *
inpshare_zone(struct vnet *v)
{
	return zinit(v, "inpshare", sizeof(struct inpshare), 0, 0);
}

static struct inpshare *
share_of(const struct inpaddr *ia)
{
	return (ia->ia_peers & SHARED) == 0 ? NULL :
	    (struct inpshare *)(ia->ia_peers & ~SHARED);
}

static struct inpcb *
only_one(const struct inpaddr *ia)
{
	return (struct inpcb *)ia->ia_peers;
}

static uint32_t
count_lb(const struct inpshare *is)
{
	uint32_t n = 0;

	for (unsigned c = 0; c < INP_NREUSE; c++)
		if ((c & INP_REUSEPORT_LB) != 0)
			n += is->is_nreuse[c];
	return n;
}

static void
share_insert(struct inpshare *is, struct inpcb *inp)
{
	is->is_nreuse[inp->inp_bindreuse]++;
	if (!inp->inp_eligible) {
		TAILQ_INSERT_TAIL(&is->is_pcbs, inp, inp_peers);
		return;
	}
	TAILQ_INSERT_HEAD(&is->is_pcbs, inp, inp_peers);
	if ((inp->inp_bindreuse & INP_REUSEPORT_LB) != 0)
		lbgroup_join(is->is_lb, inp);
}

/* Turn an inpaddr with one PCB into one with a share. */
static int
share_new(struct inpcbinfo *pi, struct inpaddr *ia)
{
	struct inpcb *first = only_one(ia);
	struct inpshare *is = zalloc(V_pcb(pi->pi_vnet)->shares);

	if (is == NULL)
		return ENOMEM;
	TAILQ_INIT(&is->is_pcbs);
	if ((first->inp_bindreuse & INP_REUSEPORT_LB) != 0 &&
	    lbgroup_reserve(pi->pi_vnet, &is->is_lb, 1) != 0) {
		zfree(V_pcb(pi->pi_vnet)->shares, is);
		return ENOMEM;
	}
	share_insert(is, first);
	ia->ia_peers = (uintptr_t)is | SHARED;
	return 0;
}

int
peers_reserve(struct inpcbinfo *pi, struct inpaddr *ia, unsigned reuse)
{
	struct inpshare *is;

	if (ia->ia_peers == 0)
		return 0;
	if (share_of(ia) == NULL && share_new(pi, ia) != 0)
		return ENOMEM;
	if ((reuse & INP_REUSEPORT_LB) == 0)
		return 0;
	is = share_of(ia);
	return lbgroup_reserve(pi->pi_vnet, &is->is_lb, count_lb(is) + 1);
}

void
peers_insert(struct inpaddr *ia, struct inpcb *inp)
{
	struct inpshare *is = share_of(ia);

	if (is != NULL) {
		share_insert(is, inp);
		return;
	}
	assert(ia->ia_peers == 0);
	ia->ia_peers = (uintptr_t)inp;
}

void
peers_remove(struct inpaddr *ia, struct inpcb *inp)
{
	struct inpshare *is = share_of(ia);

	if (is == NULL) {
		assert(only_one(ia) == inp);
		ia->ia_peers = 0;
		return;
	}
	TAILQ_REMOVE(&is->is_pcbs, inp, inp_peers);
	is->is_nreuse[inp->inp_bindreuse]--;
	if (is->is_lb != NULL)
		lbgroup_leave(is->is_lb, inp);
}

void
peers_trim(struct inpcbinfo *pi, struct inpaddr *ia)
{
	struct inpshare *is = share_of(ia);
	struct inpcb *first;

	if (is == NULL)
		return;
	first = TAILQ_FIRST(&is->is_pcbs);
	if (first != NULL && TAILQ_NEXT(first, inp_peers) != NULL)
		return;
	if (first != NULL)
		first->inp_lbslot = 0;
	ia->ia_peers = (uintptr_t)first;
	lbgroup_free(is->is_lb);
	zfree(V_pcb(pi->pi_vnet)->shares, is);
}

struct inpcb *
peers_first(const struct inpaddr *ia)
{
	const struct inpshare *is = share_of(ia);

	return is == NULL ? only_one(ia) : TAILQ_FIRST(&is->is_pcbs);
}

struct inpcb *
peers_pick(const struct inpaddr *ia, uint64_t hash)
{
	const struct inpshare *is = share_of(ia);
	struct inpcb *inp;

	inp = is == NULL ? NULL : lbgroup_pick(is->is_lb, hash);
	return inp != NULL ? inp : peers_first(ia);
}

bool
peers_without(const struct inpaddr *ia, unsigned mask)
{
	const struct inpshare *is = share_of(ia);

	if (ia->ia_peers == 0)
		return false;
	if (is == NULL)
		return (only_one(ia)->inp_bindreuse & mask) == 0;
	for (unsigned c = 0; c < INP_NREUSE; c++)
		if (is->is_nreuse[c] > 0 && (c & mask) == 0)
			return true;
	return false;
}
