/*
 * pcb_tally.c - how many PCBs a table entry has, and of which users.
 *
 * Theory of operation
 *
 * bind() by one user must not take a port beside another's socket.  So for a
 * port, and for an address with a port, it must be known whether any PCB there
 * is not of user u; looking at each would cost as much as there are.
 *
 * Nearly always all are of one user, and it is enough to know which.  When a
 * second user's arrives (only a privileged bind() gets that far) the tally is
 * mixed, and from then on until it is empty the PCBs of each user are counted
 * in an inpuid, found by (tally, user).
 */
#include "base/hash.h"
#include "pcb/pcb_int.h"

static uint64_t
hash_uid(const struct inpcbinfo *pi, const struct tally *t, uint32_t uid)
{
	const uint64_t key[2] = { (uintptr_t)t, uid };

	return siphash24(pi->pi_vnet->hashkey, key, sizeof(key));
}

static struct inpuid *
find_uid(const struct inpcbinfo *pi, const struct tally *t, uint32_t uid)
{
	uint64_t h = hash_uid(pi, t, uid);
	struct hlink *l;

	HTABLE_FOREACH(l, &pi->pi_uids, h) {
		struct inpuid *iu = HT_OBJECT(l, struct inpuid, iu_hash);

		if (iu->iu_tally == t && iu->iu_uid == uid)
			return iu;
	}
	return NULL;
}

/* Count n more of user uid. */
static int
add_uid(struct inpcbinfo *pi, const struct tally *t, uint32_t uid, uint32_t n)
{
	struct inpuid *iu = find_uid(pi, t, uid);

	if (iu == NULL) {
		if ((iu = zalloc(V_pcb(pi->pi_vnet)->uids)) == NULL)
			return ENOMEM;
		iu->iu_tally = t;
		iu->iu_uid = uid;
		htable_insert(&pi->pi_uids, &iu->iu_hash,
		    hash_uid(pi, t, uid));
	}
	iu->iu_n += n;
	return 0;
}

static void
remove_uid(struct inpcbinfo *pi, const struct tally *t, uint32_t uid,
    uint32_t n)
{
	struct inpuid *iu = find_uid(pi, t, uid);

	iu->iu_n -= n;
	if (iu->iu_n > 0)
		return;
	htable_remove(&pi->pi_uids, &iu->iu_hash);
	zfree(V_pcb(pi->pi_vnet)->uids, iu);
}

int
tally_add(struct inpcbinfo *pi, struct tally *t, uint32_t uid, bool counts)
{
	bool mix = counts && t->nuid > 0 && !t->mixed && t->uid != uid;

	if (mix && add_uid(pi, t, t->uid, t->nuid) != 0)
		return ENOMEM;
	if (counts && (mix || t->mixed) && add_uid(pi, t, uid, 1) != 0) {
		if (mix)
			remove_uid(pi, t, t->uid, t->nuid);
		return ENOMEM;
	}
	t->n++;
	if (!counts)
		return 0;
	if (t->nuid++ == 0)
		t->uid = uid;
	t->mixed |= mix;
	return 0;
}

void
tally_remove(struct inpcbinfo *pi, struct tally *t, uint32_t uid, bool counts)
{
	t->n--;
	if (!counts)
		return;
	if (t->mixed)
		remove_uid(pi, t, uid, 1);
	if (--t->nuid == 0)
		t->mixed = false;
}

bool
tally_has_other(const struct inpcbinfo *pi, const struct tally *t,
    uint32_t uid)
{
	const struct inpuid *iu;

	if (t->nuid == 0)
		return false;
	if (!t->mixed)
		return t->uid != uid;
	iu = find_uid(pi, t, uid);
	return iu == NULL || iu->iu_n < t->nuid;
}
