/*
 * Theory of operation
 *
 * SipHash-c-d as its paper defines it: c rounds for each eight bytes of the
 * message taken as a little-endian word, the last word ending in the length,
 * then d rounds.  It is a pseudo-random function of the key; who does not
 * know the key cannot make entries of a table collide.  The key's words are
 * those of the paper on a little-endian machine; the result on others is
 * different but no worse.
 */
#include <endian.h>
#include <string.h>

#include "base/hash.h"

struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t
rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static inline void
sip_round(struct sip *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = rotl(s->b, 13) ^ s->a;
	s->d = rotl(s->d, 16) ^ s->c;
	s->a = rotl(s->a, 32);
	s->c += s->b;
	s->a += s->d;
	s->b = rotl(s->b, 17) ^ s->c;
	s->d = rotl(s->d, 21) ^ s->a;
	s->c = rotl(s->c, 32);
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
siphash(const uint64_t key[2], const void *data, size_t len, int c, int d)
{
	struct sip s = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *p = data;
	uint64_t word;
	size_t left;

	for (left = len; left >= sizeof(word); left -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sip_word(&s, le64toh(word), c);
		p += sizeof(word);
	}
	word = (uint64_t)len << 56;
	while (left-- > 0)
		word |= (uint64_t)p[left] << 8 * left;
	sip_word(&s, word, c);
	s.c ^= 0xff;
	for (int i = 0; i < d; i++)
		sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t
siphash13(const uint64_t key[2], const void *data, size_t len)
{
	return siphash(key, data, len, 1, 3);
}

uint64_t
siphash24(const uint64_t key[2], const void *data, size_t len)
{
	return siphash(key, data, len, 2, 4);
}
