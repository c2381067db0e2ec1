/*
 * Listings of local sockets: net.local.{stream,dgram,seqpacket}.pcblist.
 *
 * Names and layout are FreeBSD's (sys/unpcb.h, 12 and later) and are ABI; how a
 * listing is read says netinet/in_pcb.h.
 */
#ifndef _NETJAIL_SYS_UNPCB_H_
#define _NETJAIL_SYS_UNPCB_H_

#include "_abi.h"
#include "socketvar.h"
#include "xsockaddr_un.h"

/* Header and trailer. */
struct xunpgen {
	ksize_t		xug_len;
	uint32_t	xug_count;
	uint32_t	xug_spare32;
	uint64_t	xug_gen;
	so_gen_t	xug_sogen;
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


_ABI_SIZE(xunpgen, 32);
_ABI_SIZE(xunpcb, 904);
_ABI_AT(xunpcb, xu_addr, 152);
_ABI_AT(xunpcb, xu_caddr, 408);
_ABI_AT(xunpcb, xu_socket, 664);

#endif
