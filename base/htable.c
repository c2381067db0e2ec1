/*
 * Theory of operation
 *
 * The table has nbuckets buckets, half <= nbuckets < 2 * half.  An entry's
 * bucket is its hash modulo 2 * half, or modulo half where that bucket does
 * not exist yet.  To grow by one, bucket nbuckets comes to be and takes from
 * bucket nbuckets - half the entries that belong to it; to shrink, the last
 * bucket's entries go back there.  The table grows above HT_LOAD entries to a
 * bucket and shrinks below a quarter of that, so it does not swing.
 *
 * A slot of a bucket holds a chain of entries, nearly always of one.  All
 * entries with the same hash are in the same chain, the newest first.
 *
 *	slots 0 to 6	one hash to a chain; tag and first entry
 *	slot 7		the same, or any number of hashes (HT_MIXED): what
 *			finds no room elsewhere.  In the tag's place are 16
 *			bits, those that belong to one of the hashes set
 *
 * With four entries to a bucket on average, and a third more where a bucket is
 * about to be split, one bucket in twenty has such a chain.
 *
 * Segments come and go with their buckets.  Only the directory (8 bytes per
 * 1024 buckets) is ever copied.  Splitting has to read all entries of a bucket,
 * so those of the next one to be split, and the bucket that some of them will be
 * in, are fetched in advance.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/htable.h"
#include "base/zone.h"

#define HT_GROW		2	/* splits per insertion, at most */
#define HT_SHRINK	4	/* merges per removal, at most */
#define HT_NSMALL	(HT_LARGE / HT_SMALL)

_Static_assert(HT_LARGE * sizeof(struct htbucket) == ZBLOCK, "a block");
_Static_assert(HT_MINBUCKETS == HT_SMALL, "one segment at first");

/* Whether bucket i is the first of a segment, and of which. */
static bool
begins_segment(uint64_t i, size_t *seg)
{
	bool small = i < HT_LARGE;

	*seg = small ? i / HT_SMALL : HT_NSMALL - 1 + i / HT_LARGE;
	return i % (small ? HT_SMALL : HT_LARGE) == 0;
}

static bool
grow_directory(struct htable *t)
{
	size_t cap = t->segcap == 0 ? 4 : 2 * t->segcap;
	struct htbucket **seg;

	seg = zarray_resize(t->vnet, t->seg, cap * sizeof(struct htbucket *));
	if (seg == NULL)
		return false;
	t->seg = seg;
	t->segcap = cap;
	return true;
}

static bool
add_segment(struct htable *t, size_t n)
{
	struct htbucket *b;

	if (n == t->segcap && !grow_directory(t))
		return false;
	if (n < HT_NSMALL)
		b = zarray(t->vnet, HT_SMALL, sizeof(*b));
	else if ((b = zblock(t->vnet)) != NULL)
		memset(b, 0, ZBLOCK);
	if (b == NULL)
		return false;
	t->seg[n] = b;
	return true;
}

static void
free_segment(struct htable *t, size_t n)
{
	if (n < HT_NSMALL)
		free(t->seg[n]);
	else
		zblock_free(t->vnet, t->seg[n]);
}

int
htable_init(struct vnet *v, struct htable *t)
{
	*t = (struct htable){ .vnet = v };
	if (!add_segment(t, 0)) {
		free(t->seg);
		t->seg = NULL;
		return ENOMEM;
	}
	t->nbuckets = t->half = HT_MINBUCKETS;
	return 0;
}

void
htable_fini(struct htable *t)
{
	size_t n;

	while (t->nbuckets > 0)
		if (begins_segment(--t->nbuckets, &n))
			free_segment(t, n);
	free(t->seg);
	*t = (struct htable){ 0 };
}

/* ---- slots ---- */

static uint64_t
make_slot(const struct hlink *l)
{
	uint64_t p = (uintptr_t)l;

	assert((p & ~HT_PTRMASK) == 0 && (p & HT_MIXED) == 0);
	return ht_tag(l->hash) << HT_TAGSHIFT | p;
}

/* The same for a chain of several hashes; filter: of those behind l. */
static uint64_t
make_mixed(const struct hlink *l, uint64_t filter)
{
	return (filter & ~HT_PTRMASK) | ht_bit(l->hash) | (uintptr_t)l |
	    HT_MIXED;
}

/* Does the slot's chain have an entry with this hash? */
static bool
chain_has(uint64_t slot, uint64_t hash)
{
	struct hlink *l = ht_link(slot);

	return ht_maybe(slot, hash) &&
	    (l->hash == hash || htable_next(l, hash) != NULL);
}

/* The slot that l, with its hash set, goes to. */
static unsigned
choose_slot(const struct htbucket *b, uint64_t hash)
{
	unsigned i, room = HT_LAST;

	for (i = HT_SLOTS; i-- > 0;) {
		if (b->slot[i] == 0)
			room = i;
		else if (chain_has(b->slot[i], hash))
			return i;
	}
	return room;
}

static void
bucket_insert(struct htbucket *b, struct hlink *l)
{
	uint64_t *slot = &b->slot[choose_slot(b, l->hash)];
	struct hlink *first = ht_link(*slot);

	l->next = first;
	if ((*slot & HT_MIXED) != 0)
		*slot = make_mixed(l, *slot);
	else if (first != NULL && first->hash != l->hash)
		*slot = make_mixed(l, ht_bit(first->hash));
	else
		*slot = make_slot(l);
}

/* The chain of a slot is what begins at l now. */
static void
set_chain(uint64_t *slot, struct hlink *l)
{
	uint64_t filter = 0;

	if (l == NULL)
		*slot = 0;
	else if ((*slot & HT_MIXED) == 0 || l->next == NULL)
		*slot = make_slot(l);
	else {
		for (const struct hlink *n = l; n != NULL; n = n->next)
			filter |= ht_bit(n->hash);
		*slot = make_mixed(l, filter);
	}
}

/* False: it is not in this chain. */
static bool
chain_remove(uint64_t *slot, struct hlink *l)
{
	struct hlink *first = ht_link(*slot), **p = &first;

	while (*p != NULL && *p != l)
		p = &(*p)->next;
	if (*p == NULL)
		return false;
	*p = l->next;
	l->next = NULL;
	set_chain(slot, first);
	return true;
}

/* False: old is not in this chain. */
static bool
chain_replace(uint64_t *slot, const struct hlink *old, struct hlink *l)
{
	struct hlink *p = ht_link(*slot);

	if (p == old) {
		*slot = (*slot & (~HT_PTRMASK | HT_MIXED)) | (uintptr_t)l;
		return true;
	}
	while (p != NULL && p->next != old)
		p = p->next;
	if (p == NULL)
		return false;
	p->next = l;
	return true;
}

/* Empty the bucket; its entries as one chain, those of equal hash in reverse
 * order, so that inserting one by one restores it. */
static struct hlink *
bucket_take(struct htbucket *b)
{
	struct hlink *all = NULL, *l, *next;

	for (unsigned i = 0; i < HT_SLOTS; i++) {
		for (l = ht_link(b->slot[i]); l != NULL; l = next) {
			next = l->next;
			l->next = all;
			all = l;
		}
		b->slot[i] = 0;
	}
	return all;
}

/* ---- resizing ---- */

/* Inline, or gcc finds that a call of it has no effect and drops it. */
static inline __attribute__((always_inline)) void
prefetch_split(const struct htable *t)
{
	uint64_t n = t->nbuckets, from = n - t->half;
	const struct htbucket *b = ht_bucket(t, from);
	size_t seg;

	if (!begins_segment(n, &seg))
		__builtin_prefetch(ht_bucket(t, n), 1);
	for (unsigned i = 0; i < HT_SLOTS; i++)
		if (b->slot[i] != 0)	/* no address takes longest */
			__builtin_prefetch(ht_link(b->slot[i]));
	__builtin_prefetch(ht_bucket(t, from + 1));
}

static bool
split(struct htable *t)
{
	uint64_t n = t->nbuckets;
	struct htbucket *from, *to;
	struct hlink *l, *next;
	size_t seg;

	if (begins_segment(n, &seg) && !add_segment(t, seg))
		return false;
	from = ht_bucket(t, n - t->half);
	to = ht_bucket(t, n);
	for (l = bucket_take(from); l != NULL; l = next) {
		next = l->next;
		bucket_insert((l->hash & (2 * t->half - 1)) == n ? to : from,
		    l);
	}
	if (++t->nbuckets == 2 * t->half)
		t->half *= 2;
	prefetch_split(t);
	return true;
}

static void
merge(struct htable *t)
{
	struct htbucket *to;
	struct hlink *l, *next;
	size_t seg;

	if (t->nbuckets == t->half)
		t->half /= 2;
	t->nbuckets--;
	to = ht_bucket(t, t->nbuckets - t->half);
	for (l = bucket_take(ht_bucket(t, t->nbuckets)); l != NULL; l = next) {
		next = l->next;
		bucket_insert(to, l);
	}
	if (begins_segment(t->nbuckets, &seg))
		free_segment(t, seg);
}

void
htable_insert(struct htable *t, struct hlink *l, uint64_t hash)
{
	t->n++;
	for (int i = 0; i < HT_GROW && t->n > HT_LOAD * t->nbuckets; i++)
		if (!split(t))
			break;
	l->hash = hash;
	bucket_insert(htable_bucket(t, hash), l);
}

void
htable_remove(struct htable *t, struct hlink *l)
{
	struct htbucket *b = htable_bucket(t, l->hash);
	unsigned i = 0;

	while (i < HT_SLOTS && (!ht_maybe(b->slot[i], l->hash) ||
	    !chain_remove(&b->slot[i], l)))
		i++;
	assert(i < HT_SLOTS);
	t->n--;
	for (int k = 0; k < HT_SHRINK && t->nbuckets > HT_MINBUCKETS &&
	    t->n < t->nbuckets * HT_LOAD / 4; k++)
		merge(t);
}

void
htable_replace(struct htable *t, const struct hlink *old, struct hlink *l)
{
	struct htbucket *b = htable_bucket(t, old->hash);
	unsigned i = 0;

	*l = *old;
	while (i < HT_SLOTS && (!ht_maybe(b->slot[i], l->hash) ||
	    !chain_replace(&b->slot[i], old, l)))
		i++;
	assert(i < HT_SLOTS);
}

unsigned
htable_probes(const struct htable *t, uint64_t hash)
{
	const struct htbucket *b = htable_bucket(t, hash);
	unsigned n = 0;

	for (unsigned i = 0; i < HT_SLOTS; i++) {
		const struct hlink *l = ht_link(b->slot[i]);

		for (; l != NULL && ht_maybe(b->slot[i], hash); l = l->next) {
			n++;
			if (l->hash == hash)
				return n;
		}
	}
	return n;
}
