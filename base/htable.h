/*
 * A hash table whose buckets are a cache line each and that resizes a few
 * buckets at a time.
 *
 * Linear hashing: an insertion into a full table splits one or two buckets, a
 * removal from an empty one merges a few, so no operation pays for the whole
 * table.  A bucket holds a bit of each entry's hash beside its address, so a
 * search reads the bucket and then, but for one time in some thousand, only the
 * entry it is for.  An entry is a struct hlink embedded in its object, which
 * keeps the hash that it was inserted with; who chooses the keys must not be
 * able to guess it (base/hash.h).
 */
#ifndef BASE_HTABLE_H
#define BASE_HTABLE_H

#include <stddef.h>
#include <stdint.h>

struct vnet;

#define HT_SLOTS	8	/* of a bucket */
#define HT_LAST		(HT_SLOTS - 1)	/* the one that may be HT_MIXED */
#define HT_LOAD		4	/* entries to a bucket, on average, at most */
#define HT_MINBUCKETS	64
/* Buckets come in segments: 16 small ones, then large ones. */
#define HT_SMALL	64u	/* 4 KB */
#define HT_LARGE	1024u	/* ZBLOCK */

struct hlink {
	struct hlink	*next;		/* in its slot */
	uint64_t	 hash;
};

/* 0, or a chain's first entry; its tag, or filter, in the upper 16 bits. */
struct htbucket {
	_Alignas(64) uint64_t slot[HT_SLOTS];
};

struct htable {
	struct htbucket	**seg;
	size_t		 segcap;	/* room in seg */
	uint64_t	 nbuckets;
	uint64_t	 half;		/* power of 2 <= nbuckets < 2 * half */
	uint64_t	 n;		/* entries */
	struct vnet	*vnet;
};

/* The object that embeds link as its member. */
#define HT_OBJECT(link, type, member) \
	((type *)((uintptr_t)(link) - offsetof(type, member)))

int	htable_init(struct vnet *v, struct htable *t);	/* 0 or ENOMEM */
void	htable_fini(struct htable *t);	/* entries are the owner's */

/* Cannot fail: without memory to grow, chains get longer. */
void	htable_insert(struct htable *t, struct hlink *l, uint64_t hash);
void	htable_remove(struct htable *t, struct hlink *l);

/* l takes the place of old, with its hash: searches find it instead. */
void	htable_replace(struct htable *t, const struct hlink *old,
	    struct hlink *l);

/* Entries that a search looks at until it finds this hash; for tests. */
unsigned htable_probes(const struct htable *t, uint64_t hash);

#define HT_TAGSHIFT	48
#define HT_PTRMASK	((UINT64_C(1) << HT_TAGSHIFT) - 1)
#define HT_MIXED	UINT64_C(1)	/* the chain's hashes differ: filter */

/* The tag of a hash, never 0; from the end that does not choose the bucket. */
static inline uint64_t
ht_tag(uint64_t hash)
{
	return hash >> HT_TAGSHIFT | 0x8000;
}

/* The bit of a hash in a filter. */
static inline uint64_t
ht_bit(uint64_t hash)
{
	return UINT64_C(1) << HT_TAGSHIFT << (hash >> 60);
}

static inline struct hlink *
ht_link(uint64_t slot)
{
	return (struct hlink *)(uintptr_t)(slot & HT_PTRMASK & ~HT_MIXED);
}

static inline struct htbucket *
ht_bucket(const struct htable *t, uint64_t i)
{
	if (i < HT_LARGE)
		return &t->seg[i / HT_SMALL][i % HT_SMALL];
	return &t->seg[HT_LARGE / HT_SMALL - 1 + i / HT_LARGE][i % HT_LARGE];
}

static inline struct htbucket *
htable_bucket(const struct htable *t, uint64_t hash)
{
	uint64_t i = hash & (2 * t->half - 1);

	if (i >= t->nbuckets)
		i -= t->half;
	return ht_bucket(t, i);
}

/* Could the slot's chain have an entry with this hash? */
static inline int
ht_maybe(uint64_t slot, uint64_t hash)
{
	return slot >> HT_TAGSHIFT == ht_tag(hash) ||
	    ((slot & HT_MIXED) != 0 && (slot & ht_bit(hash)) != 0);
}

/* The slots for which that is so, as bits: which one it is nobody foresees, so
 * a branch for each would cost more. */
static inline unsigned
ht_slots(const struct htbucket *b, uint64_t hash)
{
	const uint64_t tag = ht_tag(hash);
	unsigned set = (unsigned)ht_maybe(b->slot[HT_LAST], hash) << HT_LAST;

	for (unsigned i = 0; i < HT_LAST; i++)
		set |= (unsigned)(b->slot[i] >> HT_TAGSHIFT == tag) << i;
	return set;
}

/* The first entry with this hash, and the next one; keys are the caller's to
 * compare. */
static inline struct hlink *
htable_next(const struct hlink *l, uint64_t hash)
{
	struct hlink *n = l->next;

	while (n != NULL && n->hash != hash)
		n = n->next;
	return n;
}

static inline struct hlink *
htable_first(const struct htable *t, uint64_t hash)
{
	const struct htbucket *b = htable_bucket(t, hash);
	struct hlink *l;

	for (unsigned set = ht_slots(b, hash); set != 0; set &= set - 1) {
		l = ht_link(b->slot[__builtin_ctz(set)]);
		if (l->hash == hash || (l = htable_next(l, hash)) != NULL)
			return l;
	}
	return NULL;
}

#define HTABLE_FOREACH(l, t, h) \
	for ((l) = htable_first((t), (h)); (l) != NULL; \
	    (l) = htable_next((l), (h)))

/*
 * For those who search for many: have the bucket fetched; later, the entry,
 * which is returned unread (a search would look at it; NULL: at none).
 */
static inline void
htable_prefetch(const struct htable *t, uint64_t hash)
{
	__builtin_prefetch(htable_bucket(t, hash));
}

static inline struct hlink *
htable_prefetch_entry(const struct htable *t, uint64_t hash)
{
	const struct htbucket *b = htable_bucket(t, hash);
	unsigned set = ht_slots(b, hash);
	struct hlink *l;

	if (set == 0)
		return NULL;
	l = ht_link(b->slot[__builtin_ctz(set)]);
	__builtin_prefetch(l);
	return l;
}

#endif
