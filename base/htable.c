/*
 * Theory of operation
 *
 * The table has nbuckets buckets, half <= nbuckets < 2 * half.  An entry's
 * bucket is its hash modulo 2 * half, or modulo half where that bucket does
 * not exist yet.  To grow by one, bucket nbuckets comes to be and takes from
 * bucket nbuckets - half the entries that belong to it; to shrink, the last
 * bucket's entries go back there.  The table grows above one entry in two
 * buckets and shrinks below one in eight, so it does not swing, and a search
 * seldom meets an entry that is not the one.
 *
 * Segments come and go with their buckets.  Only the directory (8 bytes per
 * 512 buckets) is ever copied.
 */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/htable.h"

#define HT_GROW		2	/* splits per insertion, at most */
#define HT_SHRINK	8	/* merges per removal, at most */

static bool
addsegment(struct htable *t)
{
	size_t nseg = t->nbuckets >> HT_SEGBITS;
	size_t cap = t->segcap == 0 ? 4 : 2 * t->segcap;
	struct hlink ***seg;

	if (nseg == t->segcap) {
		seg = realloc(t->seg, cap * sizeof(*seg));
		if (seg == NULL)
			return false;
		t->seg = seg;
		t->segcap = cap;
	}
	t->seg[nseg] = calloc(HT_SEGSIZE, sizeof(**t->seg));
	return t->seg[nseg] != NULL;
}

int
htable_init(struct htable *t)
{
	*t = (struct htable){ 0 };
	if (!addsegment(t)) {
		free(t->seg);
		t->seg = NULL;
		return ENOMEM;
	}
	t->nbuckets = t->half = HT_SEGSIZE;
	return 0;
}

void
htable_fini(struct htable *t)
{
	for (size_t i = 0; i < t->nbuckets >> HT_SEGBITS; i++)
		free(t->seg[i]);
	if ((t->nbuckets & (HT_SEGSIZE - 1)) != 0)
		free(t->seg[t->nbuckets >> HT_SEGBITS]);
	free(t->seg);
	*t = (struct htable){ 0 };
}

static struct hlink **
bucket(const struct htable *t, uint64_t i)
{
	return &t->seg[i >> HT_SEGBITS][i & (HT_SEGSIZE - 1)];
}

static bool
split(struct htable *t)
{
	struct hlink **from, **to, *l;

	if ((t->nbuckets & (HT_SEGSIZE - 1)) == 0 && !addsegment(t))
		return false;
	from = bucket(t, t->nbuckets - t->half);
	to = bucket(t, t->nbuckets);
	/* cppcheck-suppress uninitvar ; calloc() has cleared it */
	while ((l = *from) != NULL) {
		if ((l->hash & (2 * t->half - 1)) == t->nbuckets) {
			*from = l->next;
			l->next = NULL;
			*to = l;
			to = &l->next;
		} else
			from = &l->next;
	}
	if (++t->nbuckets == 2 * t->half)
		t->half *= 2;
	return true;
}

static void
merge(struct htable *t)
{
	struct hlink **to, **from;

	if (t->nbuckets == t->half)
		t->half /= 2;
	t->nbuckets--;
	to = bucket(t, t->nbuckets - t->half);
	from = bucket(t, t->nbuckets);
	while (*to != NULL)
		to = &(*to)->next;
	*to = *from;
	*from = NULL;
	if ((t->nbuckets & (HT_SEGSIZE - 1)) == 0)
		free(t->seg[t->nbuckets >> HT_SEGBITS]);
}

void
htable_insert(struct htable *t, struct hlink *l, uint64_t hash)
{
	struct hlink **b;

	t->n++;
	for (int i = 0; i < HT_GROW && t->n > t->nbuckets / 2; i++)
		if (!split(t))
			break;
	b = htable_bucket(t, hash);
	l->hash = hash;
	l->next = *b;
	*b = l;
}

void
htable_remove(struct htable *t, struct hlink *l)
{
	struct hlink **b = htable_bucket(t, l->hash);

	while (*b != l) {
		assert(*b != NULL);
		b = &(*b)->next;
	}
	*b = l->next;
	l->next = NULL;
	t->n--;
	for (int i = 0; i < HT_SHRINK && t->nbuckets > HT_SEGSIZE &&
	    t->n < t->nbuckets / 8; i++)
		merge(t);
}
