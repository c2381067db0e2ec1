/*
 * pcb_tally.c - how many PCBs a table entry has, and of which users.
 *
 * Theory of operation
 *
 * bind() by one user must not take a port beside another's socket.  So for a
 * port, and for an address with a port, it must be known whether any PCB there
 * is not of user u; looking at each would cost as much as there are.
 *
 * Nearly always all are of one user, and it is enough to know which.  While
 * there are several users (only a privileged bind() gets that far) the PCBs of
 * each are counted in an inpuid, found by (tally, user), so that it is known
 * when a user's last one goes; the exclusive or of all users then names the
 * one that is left, if it is only one.
 */
#include "base/hash.h"
#include "pcb/pcb_int.h"

static uint64_t
hash_uid(const struct inpcbinfo *pi, const struct tally *t, uint32_t uid)
{
	const uint64_t key[2] = { (uintptr_t)t, uid };

	return siphash13(pi->pi_vnet->hashkey, key, sizeof(key));
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

/* Count n less; true if they were the last. */
static bool
remove_uid(struct inpcbinfo *pi, const struct tally *t, uint32_t uid,
    uint32_t n)
{
	struct inpuid *iu = find_uid(pi, t, uid);

	iu->iu_n -= n;
	if (iu->iu_n > 0)
		return false;
	htable_remove(&pi->pi_uids, &iu->iu_hash);
	zfree(V_pcb(pi->pi_vnet)->uids, iu);
	return true;
}

/* A PCB of another user than the only one so far. */
static int
add_second(struct inpcbinfo *pi, struct tally *t, uint32_t uid)
{
	if (add_uid(pi, t, t->users, t->nuid) != 0)
		return ENOMEM;
	if (add_uid(pi, t, uid, 1) == 0)
		return 0;
	remove_uid(pi, t, t->users, t->nuid);
	return ENOMEM;
}

int
tally_add(struct inpcbinfo *pi, struct tally *t, uint32_t uid, bool counts)
{
	bool new = counts && (t->nusers == 0 ||
	    (t->nusers == 1 && t->users != uid) ||
	    (t->nusers > 1 && find_uid(pi, t, uid) == NULL));
	int error = 0;

	if (counts && t->nusers > 1)
		error = add_uid(pi, t, uid, 1);
	else if (new && t->nusers == 1)
		error = add_second(pi, t, uid);
	if (error != 0)
		return error;
	t->n++;
	t->nuid += counts;
	if (new) {
		t->nusers++;
		t->users ^= uid;
	}
	return 0;
}

void
tally_remove(struct inpcbinfo *pi, struct tally *t, uint32_t uid, bool counts)
{
	bool last;

	t->n--;
	if (!counts)
		return;
	t->nuid--;
	last = t->nusers > 1 ? remove_uid(pi, t, uid, 1) : t->nuid == 0;
	if (!last)
		return;
	t->users ^= uid;
	if (--t->nusers == 1)
		remove_uid(pi, t, t->users, t->nuid);
}

bool
tally_has_other(const struct tally *t, uint32_t uid)
{
	return t->nusers > 1 || (t->nusers == 1 && t->users != uid);
}
