/*
 * SipHash (Aumasson and Bernstein, 2012), a keyed hash: where the input is
 * chosen by others, they cannot choose the output.
 *
 * siphash13, with half the rounds, is for tables: what they would give away is
 * at most which entries share a bucket.  siphash24 is for values that are seen
 * (random numbers, sequence numbers).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash13(const uint64_t key[2], const void *data, size_t len);
uint64_t siphash24(const uint64_t key[2], const void *data, size_t len);

/* ---- the same of words; its rounds ---- */

struct sip {
	uint64_t a, b, c, d;
};

static inline struct sip
sip_begin(const uint64_t key[2])
{
	return (struct sip) {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};
}

static inline uint64_t
sip_rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void
sip_round(struct sip *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = sip_rotl(s->b, 13) ^ s->a;
	s->d = sip_rotl(s->d, 16) ^ s->c;
	s->a = sip_rotl(s->a, 32);
	s->c += s->b;
	s->a += s->d;
	s->b = sip_rotl(s->b, 17) ^ s->c;
	s->d = sip_rotl(s->d, 21) ^ s->a;
	s->c = sip_rotl(s->c, 32);
}

static inline void
sip_word(struct sip *s, uint64_t word, int rounds)
{
	s->d ^= word;
	for (int i = 0; i < rounds; i++)
		sip_round(s);
	s->a ^= word;
}

static inline uint64_t
sip_end(struct sip *s, int rounds)
{
	s->c ^= 0xff;
	for (int i = 0; i < rounds; i++)
		sip_round(s);
	return s->a ^ s->b ^ s->c ^ s->d;
}

/*
 * siphash13 of n words, as the paper reads them from memory.  For tables that
 * are searched for every packet: inline, the words need not be in memory.
 */
static inline __attribute__((always_inline)) uint64_t
siphash13_words(const uint64_t key[2], const uint64_t *word, unsigned n)
{
	struct sip s = sip_begin(key);

	for (unsigned i = 0; i < n; i++)
		sip_word(&s, word[i], 1);
	sip_word(&s, (uint64_t)(n * sizeof(*word)) << 56, 1);
	return sip_end(&s, 3);
}

#endif
