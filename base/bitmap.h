/*
 * Sets of numbers below 65536 that can be counted into: how many members lie
 * between two, and which is the n-th number that is not a member.
 *
 * A set of few members is an array inside struct bitmap; a larger one is a tree
 * of bits, whose nodes come from a pool.  No operation takes more than some
 * hundred word operations, and an empty set holds no memory: a zeroed struct
 * bitmap is one, and one whose last member was cleared needs no farewell.
 */
#ifndef BASE_BITMAP_H
#define BASE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#define BITMAP_SIZE	65536u
#define BITMAP_WORDS	(BITMAP_SIZE / 64)
#define BITMAP_ROW	1024u	/* what is looked at as one */
#define BITMAP_FEW	4	/* members kept in an array, at most */

struct vnet;
struct zone;
struct bitmap_root;

struct bitmap {
	uint32_t	count;
	bool		tree;
	union {
		uint16_t few[BITMAP_FEW];	/* ascending */
		struct bitmap_root *root;
	};
};

/* Where the nodes of trees come from. */
struct bitmap_pool {
	struct zone	*roots;
	struct zone	*leaves;
};

/* Names of the two zones; not copied.  ENOMEM: the pool's pointers are NULL. */
int	bitmap_pool_init(struct vnet *v, struct bitmap_pool *pool,
	    const char *roots, const char *leaves);
void	bitmap_pool_fini(struct bitmap_pool *pool);

/* Make bit a member, if it is not.  ENOMEM: nothing changed. */
int	bitmap_set(struct bitmap_pool *pool, struct bitmap *bm, unsigned bit);

/* Make bit no member, if it is one.  Cannot fail. */
void	bitmap_clear(struct bitmap_pool *pool, struct bitmap *bm, unsigned bit);

bool	bitmap_test(const struct bitmap *bm, unsigned bit);

/* Members from lo up to, but not including, end; lo <= end <= BITMAP_SIZE. */
unsigned bitmap_between(const struct bitmap *bm, unsigned lo, unsigned end);

/* The n-th number from lo on, n from 0, that is no member; there must be one. */
unsigned bitmap_select_clear(const struct bitmap *bm, unsigned lo, unsigned n);

/*
 * Or the members of rows `first' to `last' into words: bit b is bit b % 64 of
 * word b / 64, and in row b / BITMAP_ROW.
 */
void	bitmap_or(const struct bitmap *bm, unsigned first, unsigned last,
	    uint64_t words[BITMAP_WORDS]);

/* Set bits of a word.  Without a popcount instruction, which cannot be relied
 * on, the compiler's own is a call. */
static inline unsigned
word_count(uint64_t w)
{
	w -= w >> 1 & UINT64_C(0x5555555555555555);
	w = (w & UINT64_C(0x3333333333333333)) +
	    (w >> 2 & UINT64_C(0x3333333333333333));
	w = (w + (w >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	return w * UINT64_C(0x0101010101010101) >> 56;
}

/* The place of the n-th set bit, from 0; there must be one. */
unsigned word_select(uint64_t w, unsigned n);

#endif
