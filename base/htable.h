/*
 * A chained hash table that resizes a few buckets at a time.
 *
 * Linear hashing: an insertion into a full table splits one or two buckets, a
 * removal from an empty one merges a few, so no operation pays for the whole
 * table.  Buckets sit in segments that never move.  An entry is a struct hlink
 * embedded in its object, which keeps the hash that it was inserted with; who
 * chooses the keys must not be able to guess it (base/hash.h).
 */
#ifndef BASE_HTABLE_H
#define BASE_HTABLE_H

#include <stddef.h>
#include <stdint.h>

#define HT_SEGBITS	9
#define HT_SEGSIZE	(1u << HT_SEGBITS)

struct hlink {
	struct hlink	*next;
	uint64_t	 hash;
};

struct htable {
	struct hlink	***seg;		/* segments of HT_SEGSIZE buckets */
	size_t		 segcap;	/* room in seg */
	uint64_t	 nbuckets;
	uint64_t	 half;		/* power of 2 <= nbuckets < 2 * half */
	uint64_t	 n;		/* entries */
};

/* The object that embeds link as its member. */
#define HT_OBJECT(link, type, member) \
	((type *)(void *)((char *)(link) - offsetof(type, member)))

int	htable_init(struct htable *t);		/* 0 or ENOMEM */
void	htable_fini(struct htable *t);		/* entries are the owner's */

/* Cannot fail: without memory to grow, chains get longer. */
void	htable_insert(struct htable *t, struct hlink *l, uint64_t hash);
void	htable_remove(struct htable *t, struct hlink *l);

static inline struct hlink **
htable_bucket(const struct htable *t, uint64_t hash)
{
	uint64_t i = hash & (2 * t->half - 1);

	if (i >= t->nbuckets)
		i -= t->half;
	return &t->seg[i >> HT_SEGBITS][i & (HT_SEGSIZE - 1)];
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
	struct hlink *l = *htable_bucket(t, hash);

	return l == NULL || l->hash == hash ? l : htable_next(l, hash);
}

#define HTABLE_FOREACH(l, t, h) \
	for ((l) = htable_first((t), (h)); (l) != NULL; \
	    (l) = htable_next((l), (h)))

#endif
