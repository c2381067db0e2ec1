/*
 * Records of interfaces, addresses and routes: what net.routetable tells.
 *
 * The name is {CTL_NET, PF_ROUTE, 0, af, NET_RT_IFLISTL or NET_RT_DUMP, 0},
 * after FreeBSD's routing socket (net/route.h, net/if.h, 14, LP64); names,
 * layout and values are FreeBSD's, but for address families, which are Linux's
 * (XAF_LINK is not in use there).  af 0: of all families.
 *
 * The value is a sequence of messages.  Each begins with its length in two
 * bytes, its version and its type; after its header follow the addresses that
 * its `addrs' names, in the order of their bits, each with its own length in
 * its first byte and padded to 8 bytes (a length of 0 takes 8).
 *
 *	NET_RT_IFLISTL	an RTM_IFINFO (if_msghdrl, then a sockaddr_dl) for each
 *			interface, and behind it an RTM_NEWADDR (ifa_msghdrl,
 *			netmask, address) for each of its addresses
 *	NET_RT_DUMP	an RTM_GET (rt_msghdr, destination, gateway, netmask
 *			unless RTF_HOST) for each route
 *
 * Fields for which this stack has no value are zero.
 */
#ifndef SYSCTL_XROUTE_H
#define SYSCTL_XROUTE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#define ROUTE_MIB	"net.routetable"
#define NET_PF_ROUTE	17
#define NET_PF_LINK	18
#define XAF_LINK	18

#define NET_RT_DUMP	1
#define NET_RT_IFLISTL	5

#define RTM_VERSION	5
#define RTM_GET		0x4
#define RTM_NEWADDR	0xc
#define RTM_IFINFO	0xe

/* Which addresses follow. */
#define RTA_DST		0x1
#define RTA_GATEWAY	0x2
#define RTA_NETMASK	0x4
#define RTA_IFP		0x10
#define RTA_IFA		0x20
#define RTAX_MAX	8

/* rtm_flags */
#define RTF_UP		0x1
#define RTF_GATEWAY	0x2
#define RTF_HOST	0x4
#define RTF_REJECT	0x8
#define RTF_DYNAMIC	0x10
#define RTF_MODIFIED	0x20
#define RTF_DONE	0x40
#define RTF_XRESOLVE	0x200
#define RTF_LLINFO	0x400
#define RTF_STATIC	0x800
#define RTF_BLACKHOLE	0x1000
#define RTF_PROTO2	0x4000
#define RTF_PROTO1	0x8000
#define RTF_PROTO3	0x40000
#define RTF_BROADCAST	0x400000

/* ifm_flags */
#define XIFF_UP		0x1
#define XIFF_LOOPBACK	0x8
#define XIFF_RUNNING	0x40

#define IFT_LOOP	0x18		/* ifi_type */
#define XIFNAMSIZ	16

struct if_data {
	uint8_t		ifi_type;
	uint8_t		ifi_physical;
	uint8_t		ifi_addrlen;
	uint8_t		ifi_hdrlen;
	uint8_t		ifi_link_state;
	uint8_t		ifi_vhid;
	uint16_t	ifi_datalen;	/* of this struct */
	uint32_t	ifi_mtu;
	uint32_t	ifi_metric;
	uint64_t	ifi_baudrate;
	uint64_t	ifi_ipackets;
	uint64_t	ifi_ierrors;
	uint64_t	ifi_opackets;
	uint64_t	ifi_oerrors;
	uint64_t	ifi_collisions;
	uint64_t	ifi_ibytes;
	uint64_t	ifi_obytes;
	uint64_t	ifi_imcasts;
	uint64_t	ifi_omcasts;
	uint64_t	ifi_iqdrops;	/* dropped on input */
	uint64_t	ifi_oqdrops;	/* dropped on output */
	uint64_t	ifi_noproto;
	uint64_t	ifi_hwassist;
	uint64_t	ifi_epoch;
	uint64_t	ifi_lastchange[2];
};

struct if_msghdrl {
	uint16_t	ifm_msglen;
	uint8_t		ifm_version;
	uint8_t		ifm_type;
	int32_t		ifm_addrs;
	int32_t		ifm_flags;
	uint16_t	ifm_index;
	uint16_t	_ifm_spare1;
	uint16_t	ifm_len;	/* of this header */
	uint16_t	ifm_data_off;	/* of ifm_data */
	int32_t		_ifm_spare2;
	struct if_data	ifm_data;
};

struct ifa_msghdrl {
	uint16_t	ifam_msglen;
	uint8_t		ifam_version;
	uint8_t		ifam_type;
	int32_t		ifam_addrs;
	int32_t		ifam_flags;
	uint16_t	ifam_index;
	uint16_t	_ifam_spare1;
	uint16_t	ifam_len;
	uint16_t	ifam_data_off;
	int32_t		ifam_metric;
	struct if_data	ifam_data;	/* packets and bytes of the address */
};

struct rt_metrics {
	uint64_t	rmx_locks;
	uint64_t	rmx_mtu;
	uint64_t	rmx_hopcount;
	uint64_t	rmx_expire;	/* s since the start; 0: never */
	uint64_t	rmx_recvpipe;
	uint64_t	rmx_sendpipe;
	uint64_t	rmx_ssthresh;
	uint64_t	rmx_rtt;
	uint64_t	rmx_rttvar;
	uint64_t	rmx_pksent;
	uint64_t	rmx_weight;
	uint64_t	rmx_nhidx;
	uint64_t	rmx_filler[2];
};

struct rt_msghdr {
	uint16_t	rtm_msglen;
	uint8_t		rtm_version;
	uint8_t		rtm_type;
	uint16_t	rtm_index;	/* of the interface */
	uint16_t	_rtm_spare1;
	int32_t		rtm_flags;
	int32_t		rtm_addrs;
	int32_t		rtm_pid;
	int32_t		rtm_seq;
	int32_t		rtm_errno;
	int32_t		rtm_fmask;
	uint64_t	rtm_inits;
	struct rt_metrics rtm_rmx;
};

/* Addresses, with BSD's length in front. */
struct xsockaddr {
	uint8_t		sa_len;
	uint8_t		sa_family;
};

struct xsockaddr_in {
	uint8_t		sin_len;
	uint8_t		sin_family;
	in_port_t	sin_port;
	struct in_addr	sin_addr;
	uint8_t		sin_zero[8];
};

struct xsockaddr_in6 {
	uint8_t		sin6_len;
	uint8_t		sin6_family;
	in_port_t	sin6_port;
	uint32_t	sin6_flowinfo;
	struct in6_addr	sin6_addr;
	uint32_t	sin6_scope_id;
};

struct xsockaddr_dl {
	uint8_t		sdl_len;
	uint8_t		sdl_family;	/* XAF_LINK */
	uint16_t	sdl_index;
	uint8_t		sdl_type;
	uint8_t		sdl_nlen;	/* of the name, */
	uint8_t		sdl_alen;	/* and of the address behind it */
	uint8_t		sdl_slen;
	char		sdl_data[46];
};

/* Room that an address of len bytes takes in a message. */
#define SA_SIZE(len) ((len) == 0 ? 8u : (((size_t)(len) + 7u) & ~(size_t)7u))

/* net.route.stats */
struct rtstat {
	uint64_t	rts_badredirect;
	uint64_t	rts_dynamic;
	uint64_t	rts_newgateway;
	uint64_t	rts_unreach;	/* destinations without a route */
	uint64_t	rts_wildcard;
};

/* net.link.generic.ifdata.INDEX.1 */
struct ifmibdata {
	char		ifmd_name[XIFNAMSIZ];
	int32_t		ifmd_pcount;
	int32_t		ifmd_flags;
	int32_t		ifmd_snd_len;
	int32_t		ifmd_snd_maxlen;
	int32_t		ifmd_snd_drops;
	int32_t		ifmd_filler[4];
	struct if_data	ifmd_data;
};

static_assert(sizeof(struct if_data) == 152, "ABI: size of if_data");
static_assert(sizeof(struct if_msghdrl) == 176, "ABI: size of if_msghdrl");
static_assert(sizeof(struct ifa_msghdrl) == 176, "ABI: size of ifa_msghdrl");
static_assert(sizeof(struct rt_msghdr) == 152, "ABI: size of rt_msghdr");
static_assert(offsetof(struct rt_msghdr, rtm_rmx) == 40, "ABI: rtm_rmx");
static_assert(sizeof(struct xsockaddr_in) == 16, "ABI: sockaddr_in");
static_assert(sizeof(struct xsockaddr_in6) == 28, "ABI: sockaddr_in6");
static_assert(sizeof(struct xsockaddr_dl) == 54, "ABI: sockaddr_dl");
static_assert(sizeof(struct ifmibdata) == 208, "ABI: size of ifmibdata");

#endif
