/*
 * Theory of operation
 *
 * Questions about addresses, and their text.  An IPv4 address is its mapped
 * form (base/inaddr.h), so comparing all sixteen bytes in order gives the
 * order by host value within IPv4, by bytes within IPv6, and keeps the two
 * apart.  Zones of link-local addresses ("%if") are not known here.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/inaddr.h"

bool
inaddr_is_loopback(const struct inaddr *a)
{
	if (inaddr_is_v4(a))
		return inaddr_to_v4(a) == htonl(INADDR_LOOPBACK);
	return a->d[0] == 0 && a->w[2] == 0 && a->w[3] == htonl(1);
}

bool
inaddr_is_multicast(const struct inaddr *a)
{
	if (inaddr_is_v4(a))
		return IN_MULTICAST(ntohl(inaddr_to_v4(a)));
	return a->b[0] == 0xff;
}

int
inaddr_cmp(const struct inaddr *a, const struct inaddr *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

const char *
inaddr_ntop(const struct inaddr *a, char buf[INADDR_STRLEN])
{
	if (inaddr_is_v4(a))
		return inet_ntop(AF_INET, &a->w[3], buf, INADDR_STRLEN);
	return inet_ntop(AF_INET6, a->b, buf, INADDR_STRLEN);
}

bool
inaddr_pton(const char *s, struct inaddr *a)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, s, &v4) == 1) {
		*a = inaddr_v4(v4.s_addr);
		return true;
	}
	if (inet_pton(AF_INET6, s, &v6) == 1) {
		memcpy(a->b, &v6, sizeof(a->b));
		return true;
	}
	return false;
}
