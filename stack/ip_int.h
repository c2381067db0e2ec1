/*
 * What the files of IP share: stack/ip_*.c, icmp.c, raw.c.
 */
#ifndef STACK_IP_INT_H
#define STACK_IP_INT_H

#include <stdbool.h>
#include <stdint.h>

#include <bsd/sys/tree.h>

#include "base/htable.h"
#include "stack/ip.h"
#include "stack/wire.h"
#include "sysctl/xbpf.h"
#include "sysctl/xroute.h"

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
	int		 connect_wild;	/* connect_inaddr_wild */
	const struct ipproto *proto[UINT8_MAX + 1];
};

/* The list of interfaces, and who watches them. */
struct ifstate {
	struct ifnet	*first;
	uint32_t	 count;
	uint16_t	 lastindex;
	if_tapfn	*tap;
	void		*taparg;
	int32_t		 tappid;
	uint64_t	 tapped, tapdrops;	/* packets shown, not shown */
};

extern struct vnet_module if_module;
#define V_ifstate(v)	((struct ifstate *)vnet_data((v), &if_module))

/* An address of an interface. */
struct in_ifaddr {
	struct hlink	 ia_hash;
	struct inaddr	 ia_addr;
	struct ifnet	*ia_ifp;
	uint32_t	 ia_refs;
	uint64_t	 ia_seq;	/* order of arrival, from 1 */
	uint64_t	 ia_ipackets, ia_ibytes;	/* sent to it */
	uint64_t	 ia_opackets, ia_obytes;	/* sent from it */
	RB_ENTRY(in_ifaddr) ia_link;	/* by ia_seq */
};

/* Borrowed; NULL: not ours, or (127.0.0.0/8) not added. */
struct in_ifaddr *in_ifaddr_find(const struct vnet *v, const struct inaddr *a);
/* The first that came after the one with that ia_seq, which may be gone; 0: the
 * first of all.  O(log n). */
struct in_ifaddr *in_ifaddr_after(const struct vnet *v, uint64_t seq);
uint64_t in_ifaddr_count(const struct vnet *v);
/* Bits of its network: 8 where it is in 127.0.0.0/8, else all. */
unsigned in_ifaddr_plen(const struct in_ifaddr *ia);

/* in_localaddr() of a packet's destination; counts the packet if so. */
bool	in_ifaddr_input(const struct vnet *v, const struct inaddr *dst,
	    uint32_t len);
/* Count a packet that is sent from src. */
void	in_ifaddr_output(const struct vnet *v, const struct inaddr *src,
	    uint32_t len);

/* The queue of input packets, and what was done with it. */
struct netisr {
	struct mbuf	*head, **tailp;
	uint32_t	 len;
	uint32_t	 maxlen;
	uint32_t	 watermark;	/* largest len */
	uint64_t	 bytes;
	uint64_t	 drops;
	uint64_t	 queued, handled;
	uint64_t	 charged;	/* by netisr_charge(), all told */
};

extern struct vnet_module netisr_module;
#define V_netisr(v)	((struct netisr *)vnet_data((v), &netisr_module))
#define NETISR_MAXLEN	16384	/* maxlen at first, packets */

extern struct vnet_module ip_module;
#define V_ipstate(v)	((struct ipstate *)vnet_data((v), &ip_module))
#define IPSTAT(v)	(&V_ipstate(v)->stat)

static inline uint8_t
ip_hdrlen(const uint8_t *h)
{
	return (uint8_t)((h[IPO_VHL] & 0xf) * 4);
}

/* What a record of an interface says of its packets. */
void	if_data_fill(struct if_data *ifd, const struct ifnet *ifp);

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
