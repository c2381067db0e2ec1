/*
 * rtmsg.c - from bytes to messages about interfaces and routes.
 *
 * The daemon is trusted no more than any peer: a message is looked at only when
 * all of it is there, the part of it that we know fits into it, and each of its
 * addresses holds what its family needs.  Longer headers than ours are fine.
 */
#include <string.h>

#include "netstat/rtmsg.h"

#define MSGALIGN	8	/* bytes */

void
rtwalk_init(struct rtwalk *w, const void *buf, size_t len)
{
	w->p = buf;
	w->end = w->p + len;
	w->bad = false;
}

/* Does an address of this length hold what its family needs? */
static bool
addr_ok(const struct xsockaddr *sa)
{
	const struct xsockaddr_dl *sdl = (const void *)sa;

	switch (sa->sa_family) {
	case AF_INET:
		return sa->sa_len >= sizeof(struct xsockaddr_in);
	case AF_INET6:
		return sa->sa_len >= sizeof(struct xsockaddr_in6);
	case XAF_LINK:
		return sa->sa_len >= sizeof(*sdl) &&
		    sdl->sdl_nlen + (size_t)sdl->sdl_alen <=
		    sizeof(sdl->sdl_data);
	}
	return true;
}

/* The addresses that `addrs' names, between p and end. */
static bool
read_addrs(struct rtmsg *m, int32_t addrs, const uint8_t *p,
    const uint8_t *end)
{
	const struct xsockaddr *sa;
	unsigned i;

	for (i = 0; i < RTAX_MAX; i++) {
		if (((unsigned)addrs & 1u << i) == 0)
			continue;
		if ((size_t)(end - p) < MSGALIGN ||
		    (size_t)(end - p) < SA_SIZE(*p))
			return false;
		sa = (const void *)p;
		if (sa->sa_len >= sizeof(*sa) && !addr_ok(sa))
			return false;
		m->addr[i] = sa;
		p += SA_SIZE(*p);
	}
	return true;
}

/* Is there an if_data at `off' of a header of hlen bytes, in len bytes? */
static bool
data_ok(size_t off, size_t hlen, size_t len)
{
	return off % MSGALIGN == 0 && hlen % MSGALIGN == 0 && hlen <= len &&
	    off + sizeof(struct if_data) <= hlen;
}

static bool
read_ifinfo(struct rtmsg *m, const uint8_t *p, size_t len)
{
	const struct if_msghdrl *ifm = (const void *)p;

	if (len < sizeof(*ifm) || ifm->ifm_len < sizeof(*ifm) ||
	    !data_ok(ifm->ifm_data_off, ifm->ifm_len, len))
		return false;
	m->index = ifm->ifm_index;
	m->flags = ifm->ifm_flags;
	m->data = (const void *)(p + ifm->ifm_data_off);
	return read_addrs(m, ifm->ifm_addrs, p + ifm->ifm_len, p + len);
}

static bool
read_newaddr(struct rtmsg *m, const uint8_t *p, size_t len)
{
	const struct ifa_msghdrl *ifam = (const void *)p;

	if (len < sizeof(*ifam) || ifam->ifam_len < sizeof(*ifam) ||
	    !data_ok(ifam->ifam_data_off, ifam->ifam_len, len))
		return false;
	m->index = ifam->ifam_index;
	m->flags = ifam->ifam_flags;
	m->data = (const void *)(p + ifam->ifam_data_off);
	return read_addrs(m, ifam->ifam_addrs, p + ifam->ifam_len, p + len);
}

static bool
read_route(struct rtmsg *m, const uint8_t *p, size_t len)
{
	if (len < sizeof(*m->rtm))
		return false;
	m->rtm = (const void *)p;
	m->index = m->rtm->rtm_index;
	m->flags = m->rtm->rtm_flags;
	return read_addrs(m, m->rtm->rtm_addrs, p + sizeof(*m->rtm), p + len);
}

static bool
read_message(struct rtmsg *m, const uint8_t *p, size_t len)
{
	switch (m->type) {
	case RTM_IFINFO:
		return read_ifinfo(m, p, len);
	case RTM_NEWADDR:
		return read_newaddr(m, p, len);
	case RTM_GET:
		return read_route(m, p, len);
	}
	return true;
}

bool
rtmsg_next(struct rtwalk *w, struct rtmsg *m)
{
	size_t left = (size_t)(w->end - w->p);
	uint16_t len;

	*m = (struct rtmsg) { .type = 0 };
	if (left == 0 || w->bad)
		return false;
	w->bad = true;
	if (left < MSGALIGN)
		return false;
	memcpy(&len, w->p, sizeof(len));
	if (len < MSGALIGN || len % MSGALIGN != 0 || len > left ||
	    w->p[2] != RTM_VERSION)
		return false;
	m->type = w->p[3];
	if (!read_message(m, w->p, len))
		return false;
	w->p += len;
	w->bad = false;
	return true;
}

bool
rtmsg_inaddr(const struct xsockaddr *sa, struct inaddr *a)
{
	if (sa == NULL || sa->sa_len < sizeof(*sa))
		return false;
	if (sa->sa_family == AF_INET) {
		*a = inaddr_v4(((const struct xsockaddr_in *)
		    (const void *)sa)->sin_addr.s_addr);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(a->b, &((const struct xsockaddr_in6 *)
	    (const void *)sa)->sin6_addr, sizeof(a->b));
	return true;
}

/* Where in an inaddr the bits of its family begin. */
static unsigned
first_bit(const struct inaddr *a)
{
	return inaddr_is_v4(a) ? 96 : 0;
}

unsigned
rtmsg_plen(const struct xsockaddr *mask, const struct inaddr *a)
{
	unsigned first = first_bit(a), i;
	struct inaddr m;

	if (!rtmsg_inaddr(mask, &m))
		return 128 - first;
	for (i = first; i < 128; i++)
		if ((m.b[i / 8] & 0x80 >> i % 8) == 0)
			break;
	return i - first;
}

struct inaddr
rtmsg_net(const struct inaddr *a, unsigned plen)
{
	struct inaddr net = *a;
	unsigned i;

	for (i = first_bit(a) + plen; i < 128; i++)
		net.b[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	return net;
}
