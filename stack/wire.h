/*
 * Fields of packets: 16- and 32-bit values in network byte order, anywhere.
 */
#ifndef STACK_WIRE_H
#define STACK_WIRE_H

#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>

#include "base/inaddr.h"

static inline uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void
put16(uint8_t *p, uint16_t val)
{
	p[0] = (uint8_t)(val >> 8);
	p[1] = (uint8_t)val;
}

static inline uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void
put32(uint8_t *p, uint32_t val)
{
	put16(p, (uint16_t)(val >> 16));
	put16(p + 2, (uint16_t)val);
}

/* As it is in memory: ports, checksums, addresses in network order. */
static inline uint16_t
get16n(const uint8_t *p)
{
	uint16_t val;

	memcpy(&val, p, sizeof(val));
	return val;
}

static inline void
put16n(uint8_t *p, uint16_t val)
{
	memcpy(p, &val, sizeof(val));
}

static inline struct inaddr
getaddr(const uint8_t *p)
{
	in_addr_t a;

	memcpy(&a, p, sizeof(a));
	return inaddr_v4(a);
}

static inline void
putaddr(uint8_t *p, const struct inaddr *a)
{
	in_addr_t v4 = inaddr_to_v4(a);

	memcpy(p, &v4, sizeof(v4));
}

/* The sum of the pseudo header of RFC 768 and 9293, not folded. */
static inline uint64_t
pseudo_sum(const struct inaddr *src, const struct inaddr *dst, uint8_t proto,
    uint16_t len)
{
	return (uint64_t)inaddr_to_v4(src) + inaddr_to_v4(dst) +
	    htons(proto) + htons(len);
}

#endif
