/*
 * Listings of internet sockets: net.inet.{tcp,udp,raw}.pcblist.
 *
 * Names and layout are FreeBSD's (netinet/in_pcb.h, 12 and later) and are ABI.
 * A listing is a header (xinpgen), records (xinpcb, or xtcpcb of
 * netinet/tcp_var.h) and a trailer like the header.  Everything begins with its
 * own length, by which a reader steps; a length no larger than the header's is
 * the trailer.  A record whose generation count is above the header's is
 * younger than the listing; a trailer whose generation differs from the
 * header's says that sockets came or went meanwhile.
 *
 * Addresses and ports are in network byte order, all else in the host's.
 */
#ifndef _NETINET_IN_PCB_H_
#define _NETINET_IN_PCB_H_

#include <netinet/in.h>

#include "../sys/_abi.h"
#include "../sys/socketvar.h"

/* Header and trailer. */
struct xinpgen {
	ksize_t		xig_len;
	uint32_t	xig_count;	/* PCBs, those not shown included */
	uint32_t	xig_spare32;
	inp_gen_t	xig_gen;
	so_gen_t	xig_sogen;
	uint64_t	xig_spare64[4];
};

/* An address of either family; IPv4 in the last four bytes. */
union in_dependaddr {
	struct {
		uint32_t	ia46_pad32[3];
		struct in_addr	ia46_addr4;
	} id46_addr;
	struct in6_addr	id6_addr;
};

struct in_endpoints {
	in_port_t	ie_fport;
	in_port_t	ie_lport;
	union in_dependaddr ie_dependfaddr;
	union in_dependaddr ie_dependladdr;
	uint32_t	ie6_zoneid;
};

#define ie_faddr	ie_dependfaddr.id46_addr.ia46_addr4
#define ie_laddr	ie_dependladdr.id46_addr.ia46_addr4
#define ie6_faddr	ie_dependfaddr.id6_addr
#define ie6_laddr	ie_dependladdr.id6_addr

/* inc_flags */
#define INC_ISIPV6	0x01

struct in_conninfo {
	uint8_t		inc_flags;
	uint8_t		inc_len;
	uint16_t	inc_fibnum;
	struct in_endpoints inc_ie;
};

#define inc_fport	inc_ie.ie_fport
#define inc_lport	inc_ie.ie_lport
#define inc_faddr	inc_ie.ie_faddr
#define inc_laddr	inc_ie.ie_laddr
#define inc6_faddr	inc_ie.ie6_faddr
#define inc6_laddr	inc_ie.ie6_laddr
#define inc6_zoneid	inc_ie.ie6_zoneid

/* inp_vflag */
#define INP_IPV4	0x1
#define INP_IPV6	0x2
#define INP_IPV6PROTO	0x4		/* made in the AF_INET6 domain */

/* inp_flags */
#define INP_HDRINCL	0x00000008	/* raw: the sender makes the header */
#define INP_HIGHPORT	0x00000010	/* IP_PORTRANGE_HIGH */
#define INP_LOWPORT	0x00000020	/* IP_PORTRANGE_LOW */
#define INP_ANONPORT	0x00000040	/* port chosen by the stack */

/*
 * inp_inc may also be read by the names FreeBSD has macros for (inp_lport,
 * in6p_laddr, ...); members do that here, so that the names stay free for the
 * PCB's own.
 */
struct xinpcb {
	ksize_t		xi_len;
	struct xsocket	xi_socket;
	union {
		struct in_conninfo inp_inc;
		struct {
			uint32_t	inp_incpad;
			in_port_t	inp_fport;
			in_port_t	inp_lport;
			union {
				struct {
					uint32_t	inp_fpad32[3];
					struct in_addr	inp_faddr;
				};
				struct in6_addr	in6p_faddr;
			};
			union {
				struct {
					uint32_t	inp_lpad32[3];
					struct in_addr	inp_laddr;
				};
				struct in6_addr	in6p_laddr;
			};
			uint32_t	in6p_zoneid;
		};
	};
	inp_gen_t	inp_gencnt;
	kvaddr_t	inp_ppcb;
	int64_t		inp_spare64[4];	/* [0]: owner's jid, ours */
	uint32_t	inp_flow;
	uint32_t	inp_flowid;
	uint32_t	inp_flowtype;
	int32_t		inp_flags;
	int32_t		inp_flags2;
	uint32_t	inp_unused;
	int32_t		in6p_cksum;
	int32_t		inp_spare32[4];
	uint16_t	in6p_hops;
	uint8_t		inp_ip_tos;
	int8_t		inp_pad8;
	uint8_t		inp_vflag;
	uint8_t		inp_ip_ttl;
	uint8_t		inp_ip_p;
	uint8_t		inp_ip_minttl;
	int8_t		inp_spare8[4];
};


_ABI_SIZE(xinpgen, 64);
_ABI_SIZE(in_conninfo, 44);
_ABI_SIZE(xinpcb, 400);
_ABI_AT(xinpcb, xi_len, 0);
_ABI_AT(xinpcb, xi_socket, 8);
_ABI_AT(xinpcb, inp_inc, 248);
_ABI_AT(xinpcb, inp_fport, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_fport));
_ABI_AT(xinpcb, inp_lport, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_lport));
_ABI_AT(xinpcb, inp_faddr, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_dependfaddr.id46_addr.ia46_addr4));
_ABI_AT(xinpcb, inp_laddr, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_dependladdr.id46_addr.ia46_addr4));
_ABI_AT(xinpcb, in6p_faddr, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_dependfaddr));
_ABI_AT(xinpcb, in6p_laddr, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_dependladdr));
_ABI_AT(xinpcb, inp_gencnt, 296);
_ABI_AT(xinpcb, inp_ppcb, 304);
_ABI_AT(xinpcb, inp_flow, 344);
_ABI_AT(xinpcb, inp_vflag, 392);

#endif
