/*
 * The socket in the records of net.inet.*.pcblist and net.local.*.pcblist.
 *
 * Names and layout are FreeBSD's (sys/socketvar.h, 12 and later) and are ABI.
 * so_options and so_state have FreeBSD's bits; since SO_* are the
 * numbers of socket options on Linux, not bits, the bits are called SOPT_*.
 */
#ifndef _NETJAIL_SYS_SOCKETVAR_H_
#define _NETJAIL_SYS_SOCKETVAR_H_

#include "_abi.h"

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


/* so_state */
#define SS_ISCONNECTED		0x0002
#define SS_ISCONNECTING		0x0004
#define SS_ISDISCONNECTING	0x0008
#define SS_ISDISCONNECTED	0x2000
/* ... and with them where it waits to be accepted */
#define SQ_INCOMP		0x0800	/* in so_incqlen of its listener */
#define SQ_COMP			0x1000	/* in so_qlen */

/* so_options; the last is lost in the 16 bits of a record, as in FreeBSD */
#define SOPT_ACCEPTCONN		0x00000002	/* listens */
#define SOPT_REUSEADDR		0x00000004
#define SOPT_KEEPALIVE		0x00000008
#define SOPT_DONTROUTE		0x00000010
#define SOPT_BROADCAST		0x00000020
#define SOPT_LINGER		0x00000080
#define SOPT_OOBINLINE		0x00000100
#define SOPT_REUSEPORT		0x00000200
#define SOPT_REUSEPORT_LB	0x00010000

_ABI_SIZE(xsockbuf, 36);
_ABI_SIZE(xsocket, 240);
_ABI_AT(xsocket, xso_protocol, 96);
_ABI_AT(xsocket, so_qlen, 104);
_ABI_AT(xsocket, so_type, 156);
_ABI_AT(xsocket, so_rcv, 168);
_ABI_AT(xsocket, so_snd, 204);

#endif
