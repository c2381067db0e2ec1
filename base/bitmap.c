/*
 * Theory of operation
 *
 * A tree has three levels: a root of 64 leaves, a leaf of 16 words, a word of
 * 64 bits.  The root keeps the number of members of each leaf; a leaf without
 * members does not exist.  Counting and selecting walk the counts of the root
 * between the two ends, the words of one leaf, and one word.
 *
 *	count <= BITMAP_FEW	may be an array or a tree
 *	count > BITMAP_FEW	is a tree
 *
 * The array turns into a tree when it overflows, and the tree back into an
 * array when it is down to half of one, so that a set at the border does not
 * turn with every change.  Turning back only frees: clearing cannot fail.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/zone.h"

#define NLEAVES		64
#define LEAFBITS	BITMAP_ROW
#define LEAFWORDS	(LEAFBITS / 64)

struct bitmap_leaf {
	uint64_t word[LEAFWORDS];
};

struct bitmap_root {
	uint16_t count[NLEAVES];
	struct bitmap_leaf *leaf[NLEAVES];	/* NULL where count is 0 */
};

_Static_assert(NLEAVES * LEAFBITS == BITMAP_SIZE, "all bits have a leaf");

static inline uint64_t
mask(unsigned bit)
{
	return UINT64_C(1) << (bit & 63);
}

static inline unsigned
wordof(unsigned bit)
{
	return bit / 64 % LEAFWORDS;
}

int
bitmap_pool_init(struct vnet *v, struct bitmap_pool *pool, const char *roots,
    const char *leaves)
{
	pool->roots = zinit(v, roots, sizeof(struct bitmap_root), 0, 0);
	if (pool->roots == NULL)
		return ENOMEM;
	pool->leaves = zinit(v, leaves, sizeof(struct bitmap_leaf), 0, 0);
	if (pool->leaves == NULL) {
		zdestroy(pool->roots);
		pool->roots = NULL;
		return ENOMEM;
	}
	return 0;
}

void
bitmap_pool_fini(struct bitmap_pool *pool)
{
	zdestroy(pool->leaves);
	zdestroy(pool->roots);
}

/* Set a bit that is clear. */
static int
root_set(struct bitmap_pool *pool, struct bitmap_root *r, unsigned bit)
{
	unsigned i = bit / LEAFBITS;

	if (r->leaf[i] == NULL && (r->leaf[i] = zalloc(pool->leaves)) == NULL)
		return ENOMEM;
	r->leaf[i]->word[wordof(bit)] |= mask(bit);
	r->count[i]++;
	return 0;
}

static void
root_free(struct bitmap_pool *pool, struct bitmap_root *r)
{
	unsigned i;

	for (i = 0; i < NLEAVES; i++)
		if (r->leaf[i] != NULL)
			zfree(pool->leaves, r->leaf[i]);
	zfree(pool->roots, r);
}

static int
grow_tree(struct bitmap_pool *pool, struct bitmap *bm)
{
	struct bitmap_root *r;
	unsigned i;

	if ((r = zalloc(pool->roots)) == NULL)
		return ENOMEM;
	for (i = 0; i < bm->count; i++)
		if (root_set(pool, r, bm->few[i]) != 0) {
			root_free(pool, r);
			return ENOMEM;
		}
	bm->tree = true;
	bm->root = r;
	return 0;
}

static void
fold_tree(struct bitmap_pool *pool, struct bitmap *bm)
{
	struct bitmap_root *r = bm->root;
	unsigned i, w, n = 0;
	uint64_t word;

	for (i = 0; i < NLEAVES; i++)
		for (w = 0; r->count[i] > 0 && w < LEAFWORDS; w++)
			for (word = r->leaf[i]->word[w]; word != 0;
			    word &= word - 1)
				bm->few[n++] = i * LEAFBITS + w * 64 +
				    __builtin_ctzll(word);
	bm->tree = false;
	root_free(pool, r);
}

/* How many of the array are below end. */
static unsigned
few_rank(const struct bitmap *bm, unsigned end)
{
	unsigned i = 0;

	while (i < bm->count && bm->few[i] < end)
		i++;
	return i;
}

static void
few_insert(struct bitmap *bm, unsigned bit)
{
	unsigned i = few_rank(bm, bit);

	memmove(&bm->few[i + 1], &bm->few[i],
	    (bm->count - i) * sizeof(bm->few[0]));
	bm->few[i] = bit;
}

static void
few_remove(struct bitmap *bm, unsigned bit)
{
	unsigned i = few_rank(bm, bit);

	memmove(&bm->few[i], &bm->few[i + 1],
	    (bm->count - i - 1) * sizeof(bm->few[0]));
}

int
bitmap_set(struct bitmap_pool *pool, struct bitmap *bm, unsigned bit)
{
	int error;

	assert(bit < BITMAP_SIZE);
	if (bitmap_test(bm, bit))
		return 0;
	if (!bm->tree && bm->count < BITMAP_FEW) {
		few_insert(bm, bit);
		bm->count++;
		return 0;
	}
	if (!bm->tree && (error = grow_tree(pool, bm)) != 0)
		return error;
	if ((error = root_set(pool, bm->root, bit)) != 0)
		return error;
	bm->count++;
	return 0;
}

static void
root_clear(struct bitmap_pool *pool, struct bitmap_root *r, unsigned bit)
{
	unsigned i = bit / LEAFBITS;

	r->leaf[i]->word[wordof(bit)] &= ~mask(bit);
	if (--r->count[i] > 0)
		return;
	zfree(pool->leaves, r->leaf[i]);
	r->leaf[i] = NULL;
}

void
bitmap_clear(struct bitmap_pool *pool, struct bitmap *bm, unsigned bit)
{
	assert(bit < BITMAP_SIZE);
	if (!bitmap_test(bm, bit))
		return;
	if (!bm->tree) {
		few_remove(bm, bit);
		bm->count--;
		return;
	}
	root_clear(pool, bm->root, bit);
	if (--bm->count <= BITMAP_FEW / 2)
		fold_tree(pool, bm);
}

bool
bitmap_test(const struct bitmap *bm, unsigned bit)
{
	const struct bitmap_leaf *leaf;
	unsigned i;

	if (bm->tree) {
		leaf = bm->root->leaf[bit / LEAFBITS];
		return leaf != NULL &&
		    (leaf->word[wordof(bit)] & mask(bit)) != 0;
	}
	i = few_rank(bm, bit);
	return i < bm->count && bm->few[i] == bit;
}

/* Members below bit in its leaf. */
static unsigned
leaf_rank(const struct bitmap_root *r, unsigned bit)
{
	const struct bitmap_leaf *leaf;
	unsigned w, n = 0;

	if (bit % LEAFBITS == 0 || (leaf = r->leaf[bit / LEAFBITS]) == NULL)
		return 0;
	for (w = 0; w < wordof(bit); w++)
		n += word_count(leaf->word[w]);
	return n + word_count(leaf->word[w] & (mask(bit) - 1));
}

static unsigned
root_between(const struct bitmap_root *r, unsigned lo, unsigned end)
{
	unsigned i, n = 0;

	for (i = lo / LEAFBITS; i < end / LEAFBITS; i++)
		n += r->count[i];
	return n + leaf_rank(r, end) - leaf_rank(r, lo);
}

unsigned
bitmap_between(const struct bitmap *bm, unsigned lo, unsigned end)
{
	assert(lo <= end && end <= BITMAP_SIZE);
	return bm->tree ? root_between(bm->root, lo, end) :
	    few_rank(bm, end) - few_rank(bm, lo);
}

#define BYTES	UINT64_C(0x0101010101010101)	/* 1 in each */

/* Of eight ascending numbers below 128, a byte each: how many are <= n. */
static unsigned
bytes_upto(uint64_t bytes, unsigned n)
{
	const uint64_t high = 0x80 * BYTES;
	uint64_t not_above = ((n * BYTES | high) - bytes) & high;

	return (not_above >> 7) * BYTES >> 56;
}

/* Multiplying by BYTES adds up the bytes below each: the set bits up to the end
 * of each byte tell which one it is in; those of this byte, spread to a byte
 * each, which bit. */
unsigned
word_select(uint64_t w, unsigned n)
{
	const uint64_t diagonal = UINT64_C(0x8040201008040201);
	uint64_t sums, spread;
	unsigned shift;

	sums = w - (w >> 1 & 0x55 * BYTES);
	sums = (sums & 0x33 * BYTES) + (sums >> 2 & 0x33 * BYTES);
	sums = ((sums + (sums >> 4)) & 0x0f * BYTES) * BYTES;
	shift = 8 * bytes_upto(sums, n);
	n -= sums << 8 >> shift & 0xff;
	spread = (w >> shift & 0xff) * BYTES & diagonal;
	spread = ((spread + 0x7f * BYTES) >> 7 & BYTES) * BYTES;
	return shift + bytes_upto(spread, n);
}

static unsigned
root_select_clear(const struct bitmap_root *r, unsigned lo, unsigned n)
{
	unsigned i = lo / LEAFBITS, w, clear;

	n += lo % LEAFBITS - leaf_rank(r, lo);
	for (; n >= (clear = LEAFBITS - r->count[i]); i++)
		n -= clear;
	if (r->leaf[i] == NULL)
		return i * LEAFBITS + n;
	for (w = 0; n >= (clear = 64 - word_count(r->leaf[i]->word[w])); w++)
		n -= clear;
	return i * LEAFBITS + w * 64 + word_select(~r->leaf[i]->word[w], n);
}

unsigned
bitmap_select_clear(const struct bitmap *bm, unsigned lo, unsigned n)
{
	unsigned i;

	assert(n < BITMAP_SIZE - lo - bitmap_between(bm, lo, BITMAP_SIZE));
	if (bm->tree)
		return root_select_clear(bm->root, lo, n);
	n += lo;
	for (i = few_rank(bm, lo); i < bm->count && bm->few[i] <= n; i++)
		n++;
	return n;
}

void
bitmap_or(const struct bitmap *bm, unsigned first, unsigned last,
    uint64_t words[BITMAP_WORDS])
{
	const struct bitmap_leaf *leaf;
	uint64_t *to;
	unsigned i, w;

	if (!bm->tree) {
		for (i = 0; i < bm->count; i++)
			if (bm->few[i] / LEAFBITS >= first &&
			    bm->few[i] / LEAFBITS <= last)
				words[bm->few[i] / 64] |= mask(bm->few[i]);
		return;
	}
	for (i = first; i <= last; i++) {
		if ((leaf = bm->root->leaf[i]) == NULL)
			continue;
		to = words + i * LEAFWORDS;
		for (w = 0; w < LEAFWORDS; w++)
			to[w] |= leaf->word[w];
	}
}
