/*
 * pcb_list.c - all PCBs of a protocol, and those of each jail, by age.
 *
 * Theory of operation
 *
 * A new PCB goes to the end, so a list is in order of generation counts and a
 * listing that is cut into slices need only remember the last count it saw.
 * To find its place again when that PCB may be gone, each list has an index:
 * a tree with one block per 256 consecutive counts that knows the first PCB of
 * the block.  Finding costs a descent and at most 256 steps, whatever was
 * freed; insertion and removal touch the tree only when a block comes or goes.
 *
 * A jail has a list while it has PCBs, found by its jid.
 */
#include "base/hash.h"
#include "pcb/pcb_int.h"

static int
block_cmp(const struct inpblock *a, const struct inpblock *b)
{
	return (a->ib_no > b->ib_no) - (a->ib_no < b->ib_no);
}

RB_PROTOTYPE(inpblocks, inpblock, ib_entry, block_cmp);
RB_GENERATE(inpblocks, inpblock, ib_entry, block_cmp);

void
inplist_init(struct inplist *il)
{
	TAILQ_INIT(&il->il_head);
	RB_INIT(&il->il_blocks);
	il->il_last = NULL;
}

int
inplist_insert(struct vnet *v, struct inplist *il, int which,
    struct inpcb *inp)
{
	uint64_t no = inp->inp_gencnt >> INP_BLOCKBITS;
	struct inpblock *ib = il->il_last;

	if (ib == NULL || ib->ib_no != no) {
		if ((ib = zalloc(V_pcb(v)->blocks)) == NULL)
			return ENOMEM;
		ib->ib_no = no;
		ib->ib_first = inp;
		RB_INSERT(inpblocks, &il->il_blocks, ib);
		il->il_last = ib;
	}
	ib->ib_n++;
	inp->inp_block[which] = ib;
	TAILQ_INSERT_TAIL(&il->il_head, inp, inp_list[which]);
	return 0;
}

void
inplist_remove(struct vnet *v, struct inplist *il, int which,
    struct inpcb *inp)
{
	struct inpblock *ib = inp->inp_block[which];

	if (ib->ib_first == inp)
		ib->ib_first = TAILQ_NEXT(inp, inp_list[which]);
	TAILQ_REMOVE(&il->il_head, inp, inp_list[which]);
	if (--ib->ib_n > 0)
		return;
	if (il->il_last == ib)
		il->il_last = RB_PREV(inpblocks, &il->il_blocks, ib);
	RB_REMOVE(inpblocks, &il->il_blocks, ib);
	zfree(V_pcb(v)->blocks, ib);
}

void
inplist_replace(struct inplist *il, int which, struct inpcb *old,
    struct inpcb *new)
{
	struct inpblock *ib = old->inp_block[which];

	TAILQ_INSERT_AFTER(&il->il_head, old, new, inp_list[which]);
	TAILQ_REMOVE(&il->il_head, old, inp_list[which]);
	if (ib->ib_first == old)
		ib->ib_first = new;
}

static struct inpcb *
inplist_after(const struct inplist *il, int which, uint64_t gen)
{
	uint64_t no = gen >> INP_BLOCKBITS;
	struct inpblock *ib = RB_ROOT(&il->il_blocks), *found = NULL;
	struct inpcb *inp;

	while (ib != NULL) {
		if (ib->ib_no >= no) {
			found = ib;
			ib = RB_LEFT(ib, ib_entry);
		} else
			ib = RB_RIGHT(ib, ib_entry);
	}
	if (found == NULL)
		return NULL;
	inp = found->ib_first;
	while (inp != NULL && inp->inp_gencnt <= gen)
		inp = TAILQ_NEXT(inp, inp_list[which]);
	return inp;
}

/* ---- lists of jails ---- */

static uint64_t
hash_jail(const struct inpcbinfo *pi, const struct prison *pr)
{
	const uint64_t jid = (uint32_t)prison_jid(pr);

	return siphash13_words(pi->pi_vnet->hashkey, &jid, 1);
}

struct inpjail *
inpjail_find(const struct inpcbinfo *pi, const struct prison *pr)
{
	uint64_t h = hash_jail(pi, pr);
	struct hlink *l;

	HTABLE_FOREACH(l, &pi->pi_jails, h) {
		struct inpjail *ij = HT_OBJECT(l, struct inpjail, ij_hash);

		if (ij->ij_prison == pr)
			return ij;
	}
	return NULL;
}

static void
inpjail_drop(struct inpcbinfo *pi, struct inpjail *ij)
{
	if (!TAILQ_EMPTY(&ij->ij_list.il_head))
		return;
	htable_remove(&pi->pi_jails, &ij->ij_hash);
	zfree(V_pcb(pi->pi_vnet)->jails, ij);
}

int
inpjail_insert(struct inpcbinfo *pi, struct inpcb *inp)
{
	const struct prison *pr = inp->inp_cred.prison;
	struct inpjail *ij = inpjail_find(pi, pr);
	int error;

	if (ij == NULL) {
		if ((ij = zalloc(V_pcb(pi->pi_vnet)->jails)) == NULL)
			return ENOMEM;
		ij->ij_prison = pr;
		inplist_init(&ij->ij_list);
		htable_insert(&pi->pi_jails, &ij->ij_hash, hash_jail(pi, pr));
	}
	error = inplist_insert(pi->pi_vnet, &ij->ij_list, INP_JAILLIST, inp);
	if (error != 0)
		inpjail_drop(pi, ij);
	return error;
}

void
inpjail_remove(struct inpcbinfo *pi, struct inpcb *inp)
{
	struct inpjail *ij = inpjail_find(pi, inp->inp_cred.prison);

	inplist_remove(pi->pi_vnet, &ij->ij_list, INP_JAILLIST, inp);
	inpjail_drop(pi, ij);
}

/* ---- reading ---- */

struct inpcb *
in_pcbfirst(const struct inpcbinfo *pi, const struct prison *pr)
{
	const struct inpjail *ij;

	if (pr == NULL)
		return TAILQ_FIRST(&pi->pi_list.il_head);
	ij = inpjail_find(pi, pr);
	return ij == NULL ? NULL : TAILQ_FIRST(&ij->ij_list.il_head);
}

struct inpcb *
in_pcbnext(const struct inpcb *inp, bool sameprison)
{
	return TAILQ_NEXT(inp,
	    inp_list[sameprison ? INP_JAILLIST : INP_ALLLIST]);
}

struct inpcb *
in_pcbafter(const struct inpcbinfo *pi, const struct prison *pr, uint64_t gen)
{
	const struct inpjail *ij;

	if (pr == NULL)
		return inplist_after(&pi->pi_list, INP_ALLLIST, gen);
	ij = inpjail_find(pi, pr);
	return ij == NULL ? NULL :
	    inplist_after(&ij->ij_list, INP_JAILLIST, gen);
}
