/*
 * Netlink's messages, and the attributes in them, one after another.
 *
 * A buffer, aligned to four bytes, is *p and *len; each call gives the next and
 * moves both behind it.  NULL: none is left that is whole.
 */
#ifndef BASE_NLMSG_H
#define BASE_NLMSG_H

#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>

static inline void
nl_skip(const uint8_t **p, size_t *len, size_t n)
{
	n = NLMSG_ALIGN(n) < *len ? NLMSG_ALIGN(n) : *len;
	*p += n;
	*len -= n;
}

static inline const struct nlmsghdr *
nl_message(const uint8_t **p, size_t *len)
{
	const struct nlmsghdr *h = (const void *)*p;

	if (*len < sizeof(*h) || h->nlmsg_len < sizeof(*h) ||
	    h->nlmsg_len > *len)
		return NULL;
	nl_skip(p, len, h->nlmsg_len);
	return h;
}

static inline const struct nlattr *
nl_attr(const uint8_t **p, size_t *len)
{
	const struct nlattr *a = (const void *)*p;

	if (*len < sizeof(*a) || a->nla_len < sizeof(*a) || a->nla_len > *len)
		return NULL;
	nl_skip(p, len, a->nla_len);
	return a;
}

/* What is behind the header, and how long it is. */
static inline const void *
nl_body(const struct nlmsghdr *h, size_t *len)
{
	*len = h->nlmsg_len - sizeof(*h);
	return h + 1;
}

static inline const void *
nl_value(const struct nlattr *a, size_t *len)
{
	*len = a->nla_len - sizeof(*a);
	return a + 1;
}

#endif
