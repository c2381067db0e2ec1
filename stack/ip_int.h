/*
 * What the files of IP share: stack/ip_*.c, icmp.c, raw.c.
 */
#ifndef STACK_IP_INT_H
#define STACK_IP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "stack/ip.h"
#include "stack/wire.h"

/* Offsets in an IP header (RFC 791, 3.1) */
#define IP_HDRLEN	20
#define IP_MAXHDRLEN	60
#define IP_MAXPACKET	65535
#define IPO_VHL		0
#define IPO_TOS		1
#define IPO_LEN		2
#define IPO_ID		4
#define IPO_OFF		6
#define IPO_TTL		8
#define IPO_PROTO	9
#define IPO_SUM		10
#define IPO_SRC		12
#define IPO_DST		16

/* IPO_OFF */
#define IP_OFF_DF	0x4000
#define IP_OFF_MF	0x2000
#define IP_OFF_MASK	0x1fff

struct ipstate {
	struct ipstat	 stat;
	int		 defttl;
	const struct ipproto *proto[UINT8_MAX + 1];
};

extern struct vnet_module ip_module;
#define V_ipstate(v)	((struct ipstate *)vnet_data((v), &ip_module))
#define IPSTAT(v)	(&V_ipstate(v)->stat)

static inline uint8_t
ip_hdrlen(const uint8_t *h)
{
	return (uint8_t)((h[IPO_VHL] & 0xf) * 4);
}

/* The interface that leads to dst; NULL: none. */
struct ifnet *ip_route(const struct vnet *v, const struct inaddr *dst);

/* Tell the protocols about the packets of a queue that begins with m: at most
 * IP_AHEAD of them. */
#define IP_AHEAD	16
void	ip_prefetch(struct vnet *v, const struct mbuf *m);

/* Fetch what in_localaddr() reads of n <= IP_AHEAD addresses. */
void	in_localaddr_prefetch(const struct vnet *v, const struct endpoint *e,
	    unsigned n);

/*
 * Give raw sockets their copies of a packet; m begins with its checked IP
 * header and is not consumed.  True if anybody wanted it.
 */
bool	rip_input(struct vnet *v, const struct mbuf *m, uint8_t proto,
	    const struct inaddr *src, const struct inaddr *dst);

#endif
