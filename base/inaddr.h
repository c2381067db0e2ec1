/*
 * One type for IPv4 and IPv6 addresses, so that keys, records and rules are
 * written once.  An IPv4 address a.b.c.d is held as ::ffff:a.b.c.d; the two
 * wildcards (0.0.0.0 and ::) are therefore different values.
 */
#ifndef BASE_INADDR_H
#define BASE_INADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <endian.h>
#include <netinet/in.h>

struct inaddr {
	union {
		uint8_t	 b[16];
		uint32_t w[4];	/* network byte order */
		uint64_t d[2];
	};
};

/* Text of the longest address and its NUL. */
#define INADDR_STRLEN INET6_ADDRSTRLEN

/* a in network byte order. */
static inline struct inaddr
inaddr_v4(in_addr_t a)
{
	/* Written as it will be read: two words in memory would be waited
	 * for. */
	const uint64_t mapped = htonl(0xffff), low = a;
	struct inaddr r;

	r.d[0] = 0;
	r.d[1] = BYTE_ORDER == LITTLE_ENDIAN ? low << 32 | mapped :
	    mapped << 32 | low;
	return r;
}

static inline bool
inaddr_is_v4(const struct inaddr *a)
{
	return a->d[0] == 0 && a->w[2] == htonl(0xffff);
}

/* The IPv4 address in network byte order; meaningless for an IPv6 one. */
static inline in_addr_t
inaddr_to_v4(const struct inaddr *a)
{
	return a->w[3];
}

static inline bool
inaddr_eq(const struct inaddr *a, const struct inaddr *b)
{
	return a->d[0] == b->d[0] && a->d[1] == b->d[1];
}

/* 0.0.0.0 or :: */
static inline bool
inaddr_is_any(const struct inaddr *a)
{
	return a->d[0] == 0 && a->w[3] == 0 &&
	    (a->w[2] == 0 || a->w[2] == htonl(0xffff));
}

/* 127.0.0.1 (exactly, as FreeBSD's jails have it) or ::1 */
bool	inaddr_is_loopback(const struct inaddr *a);

/* 224.0.0.0/4 or ff00::/8 */
bool	inaddr_is_multicast(const struct inaddr *a);

/* Order as FreeBSD sorts a jail's list: v4 by host order value, v6 by byte. */
int	inaddr_cmp(const struct inaddr *a, const struct inaddr *b);

/* Text as inet_ntop(3) gives it; v4 in dotted form.  Returns buf. */
const char *inaddr_ntop(const struct inaddr *a, char buf[INADDR_STRLEN]);

/* False if s is neither an IPv4 nor an IPv6 address; *a is then unchanged. */
bool	inaddr_pton(const char *s, struct inaddr *a);

/* An address and a port, as the socket calls carry them. */
struct endpoint {
	struct inaddr	addr;
	in_port_t	port;	/* network byte order */
};

#endif
