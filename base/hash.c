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

static inline uint64_t
siphash(const uint64_t key[2], const void *data, size_t len, int c, int d)
{
	struct sip s = sip_begin(key);
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
	return sip_end(&s, d);
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
