/* A set of ports, as -p lists them. */
#ifndef NETSTAT_PORTSET_H
#define NETSTAT_PORTSET_H

#include <stdbool.h>
#include <stdint.h>

struct portset {
	uint64_t	bits[65536 / 64];
};

/*
 * Add "80,443,8000-8080" to the set: numbers and ranges, both ends included.
 * 0, or EINVAL (no such list) or ERANGE (no such port, or a range that goes
 * backwards); the set may then hold a part of it.
 */
int	portset_parse(struct portset *s, const char *list);

/* port in host byte order */
static inline bool
portset_has(const struct portset *s, uint16_t port)
{
	return (s->bits[port / 64] >> port % 64 & 1) != 0;
}

#endif
