/*
 * Records of the listings net.inet.*.pcblist and net.local.*.pcblist.
 *
 * Names and layout are those of FreeBSD 12 and later on LP64 and are ABI, as
 * the assertions below say.  A listing is a header (xinpgen, xunpgen), records
 * (xinpcb, xtcpcb, xunpcb), and a trailer like the header.  Everything begins
 * with its own length, by which a reader steps; a length no larger than the
 * header's is the trailer.  A record whose generation count is above the
 * header's is younger than the listing; a trailer whose generation differs
 * from the header's says that sockets came or went meanwhile.
 *
 * Addresses and ports are in network byte order, all else in the host's.
 * kvaddr_t values name objects and are good for comparing only.
 */
#ifndef SYSCTL_XPORT_H
#define SYSCTL_XPORT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

typedef uint64_t ksize_t;
typedef uint64_t kvaddr_t;
typedef uint64_t inp_gen_t;
typedef uint64_t so_gen_t;

/* Header and trailer. */
struct xinpgen {
	ksize_t		xig_len;
	uint32_t	xig_count;	/* PCBs, those not shown included */
	uint32_t	xig_spare32;
	inp_gen_t	xig_gen;
	so_gen_t	xig_sogen;
	uint64_t	xig_spare64[4];
};

struct xsockbuf {
	uint32_t	sb_cc;		/* bytes of data */
	uint32_t	sb_hiwat;
	uint32_t	sb_mbcnt;	/* memory held */
	uint32_t	sb_spare0;
	uint32_t	sb_spare1;
	uint32_t	sb_mbmax;
	int32_t		sb_lowat;
	int32_t		sb_timeo;
	int16_t		sb_flags;
};

struct xsocket {
	ksize_t		xso_len;
	kvaddr_t	xso_so;
	kvaddr_t	so_pcb;
	uint64_t	so_oobmark;
	int64_t		so_spare64[8];
	int32_t		xso_protocol;	/* IPPROTO_ */
	int32_t		xso_family;	/* AF_, Linux's numbers */
	uint32_t	so_qlen;	/* listener: waiting to be accepted */
	uint32_t	so_incqlen;	/* listener: not yet connected */
	uint32_t	so_qlimit;	/* listener: backlog; else 0 */
	int32_t		so_pgid;
	uint32_t	so_uid;
	int32_t		so_spare32[8];
	int16_t		so_type;	/* SOCK_ */
	int16_t		so_options;	/* FreeBSD's SO_ bits, low 16 */
	int16_t		so_linger;	/* seconds */
	int16_t		so_state;	/* FreeBSD's SS_ bits */
	int16_t		so_timeo;
	uint16_t	so_error;
	struct xsockbuf	so_rcv;
	struct xsockbuf	so_snd;
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

/* inc_flags */
#define INC_ISIPV6	0x01

struct in_conninfo {
	uint8_t		inc_flags;
	uint8_t		inc_len;
	uint16_t	inc_fibnum;
	struct in_endpoints inc_ie;
};

/* inp_vflag, inp_flags; the same values as in the PCB itself */
#define INP_IPV4	0x1
#define INP_IPV6	0x2
#define INP_IPV6PROTO	0x4		/* made in the AF_INET6 domain */
#define INP_ANONPORT	0x00000040

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

#define TCP_FUNCTION_NAME_LEN_MAX 32
#define TCP_LOG_ID_LEN		64
#define TCP_CA_NAME_MAX		16

/* Bits of t_flags that listings show; FreeBSD's TF_ values. */
#define XT_NEEDSYN	0x00000400	/* half-synchronised: "*" after state */
#define XT_NEEDFIN	0x00000800
#define XT_TOE		0x10000000

struct xtcpcb {
	ksize_t		xt_len;
	struct xinpcb	xt_inp;
	char		xt_stack[TCP_FUNCTION_NAME_LEN_MAX];
	char		xt_logid[TCP_LOG_ID_LEN];
	char		xt_cc[TCP_CA_NAME_MAX];
	int64_t		spare64[6];
	int32_t		t_state;
	uint32_t	t_flags;
	int32_t		t_sndzerowin;
	int32_t		t_sndrexmitpack;
	int32_t		t_rcvoopack;
	int32_t		t_rcvtime;	/* ms since something came */
	int32_t		tt_rexmt;	/* ms to go; 0: not running */
	int32_t		tt_persist;
	int32_t		tt_keep;
	int32_t		tt_2msl;
	int32_t		tt_delack;
	int32_t		t_logstate;
	uint32_t	t_snd_cwnd;
	uint32_t	t_snd_ssthresh;
	uint32_t	t_maxseg;
	uint32_t	t_rcv_wnd;
	uint32_t	t_snd_wnd;
	uint32_t	xt_ecn;		/* 0 none, 1 ECN, 2 ACE */
	uint32_t	t_dsack_bytes;
	uint32_t	t_dsack_tlp_bytes;
	uint32_t	t_dsack_pack;
	uint16_t	xt_encaps_port;
	int16_t		spare16;
	int32_t		spare32[22];
};

/* Unix-domain sockets: header and trailer, record. */
struct xunpgen {
	ksize_t		xug_len;
	uint32_t	xug_count;
	uint32_t	xug_spare32;
	uint64_t	xug_gen;
	so_gen_t	xug_sogen;
};

/* FreeBSD's sockaddr_un; Linux's has no length. */
struct xsockaddr_un {
	uint8_t		sun_len;	/* of all, the path's NUL left out */
	uint8_t		sun_family;
	char		sun_path[104];
};

struct xunpcb {
	ksize_t		xu_len;
	kvaddr_t	xu_unpp;
	kvaddr_t	unp_vnode;
	kvaddr_t	unp_conn;
	kvaddr_t	xu_firstref;
	kvaddr_t	xu_nextref;
	uint64_t	unp_gencnt;
	int64_t		xu_spare64[8];
	int32_t		xu_spare32[8];
	union {
		struct xsockaddr_un xu_addr;
		char	xu_dummy1[256];
	};
	union {
		struct xsockaddr_un xu_caddr;
		char	xu_dummy2[256];
	};
	struct xsocket	xu_socket;
};

/* vm.zones: an array of these, in order of creation. */
struct xzone {
	ksize_t		xz_len;
	char		xz_name[32];	/* NUL-terminated, perhaps cut */
	uint64_t	xz_size;	/* bytes of an object */
	uint64_t	xz_limit;	/* objects; 0: none */
	uint64_t	xz_used;
	uint64_t	xz_free;
	uint64_t	xz_requests;
	uint64_t	xz_failures;
	uint64_t	xz_high;	/* largest xz_used so far */
	uint64_t	xz_bytes;	/* memory held from the system */
};

#define XPORT_SIZE(type, n)						\
	static_assert(sizeof(struct type) == (n), "ABI: size of " #type)
#define XPORT_AT(type, field, n)					\
	static_assert(offsetof(struct type, field) == (n),		\
	    "ABI: offset of " #type "." #field)

XPORT_SIZE(xinpgen, 64);
XPORT_SIZE(xsockbuf, 36);
XPORT_SIZE(xsocket, 240);
XPORT_AT(xsocket, xso_protocol, 96);
XPORT_AT(xsocket, so_qlen, 104);
XPORT_AT(xsocket, so_type, 156);
XPORT_AT(xsocket, so_rcv, 168);
XPORT_AT(xsocket, so_snd, 204);
XPORT_SIZE(in_conninfo, 44);
XPORT_SIZE(xinpcb, 400);
XPORT_AT(xinpcb, xi_len, 0);
XPORT_AT(xinpcb, xi_socket, 8);
XPORT_AT(xinpcb, inp_inc, 248);
XPORT_AT(xinpcb, inp_fport, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_fport));
XPORT_AT(xinpcb, inp_lport, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_lport));
XPORT_AT(xinpcb, inp_faddr, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_dependfaddr.id46_addr.ia46_addr4));
XPORT_AT(xinpcb, inp_laddr, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_dependladdr.id46_addr.ia46_addr4));
XPORT_AT(xinpcb, in6p_faddr, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_dependfaddr));
XPORT_AT(xinpcb, in6p_laddr, 248 + offsetof(struct in_conninfo,
    inc_ie.ie_dependladdr));
XPORT_AT(xinpcb, inp_gencnt, 296);
XPORT_AT(xinpcb, inp_ppcb, 304);
XPORT_AT(xinpcb, inp_flow, 344);
XPORT_AT(xinpcb, inp_vflag, 392);
XPORT_SIZE(xtcpcb, 744);
XPORT_AT(xtcpcb, xt_inp, 8);
XPORT_AT(xtcpcb, xt_stack, 408);
XPORT_AT(xtcpcb, t_state, 568);
XPORT_SIZE(xunpgen, 32);
XPORT_SIZE(xunpcb, 904);
XPORT_AT(xunpcb, xu_addr, 152);
XPORT_AT(xunpcb, xu_caddr, 408);
XPORT_AT(xunpcb, xu_socket, 664);
XPORT_SIZE(xzone, 104);

#endif
