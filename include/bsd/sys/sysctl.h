/*
 * sysctl(3): named values of the netjail stack this process belongs to, see
 * sysctl(3) of netjail.  Numbers and flags are FreeBSD's (sys/sysctl.h, 14).
 */
#ifndef _NETJAIL_SYS_SYSCTL_H_
#define _NETJAIL_SYS_SYSCTL_H_

#include <sys/types.h>
#include <stddef.h>

#define CTL_MAXNAME	24	/* components of a number */

/* The kind of a value, and flags beside it. */
#define CTLTYPE		0xf
#define CTLTYPE_NODE	1
#define CTLTYPE_INT	2
#define CTLTYPE_STRING	3
#define CTLTYPE_S64	4
#define CTLTYPE_OPAQUE	5
#define CTLTYPE_STRUCT	CTLTYPE_OPAQUE
#define CTLTYPE_UINT	6
#define CTLTYPE_LONG	7
#define CTLTYPE_ULONG	8
#define CTLTYPE_U64	9
#define CTLTYPE_U8	0xa
#define CTLTYPE_U16	0xb
#define CTLTYPE_S8	0xc
#define CTLTYPE_S16	0xd
#define CTLTYPE_S32	0xe
#define CTLTYPE_U32	0xf

#define CTLFLAG_RD	0x80000000u
#define CTLFLAG_WR	0x40000000u
#define CTLFLAG_RW	(CTLFLAG_RD | CTLFLAG_WR)
#define CTLFLAG_DORMANT	0x20000000u
#define CTLFLAG_ANYBODY	0x10000000u	/* all may write */
#define CTLFLAG_SECURE	0x08000000u
#define CTLFLAG_PRISON	0x04000000u	/* a jail's root may write */
#define CTLFLAG_DYN	0x02000000u
#define CTLFLAG_SKIP	0x01000000u	/* not shown by sysctl -a */
#define CTLFLAG_TUN	0x00080000u	/* set at the start of the stack */
#define CTLFLAG_RDTUN	(CTLFLAG_RD | CTLFLAG_TUN)
#define CTLFLAG_RWTUN	(CTLFLAG_RW | CTLFLAG_TUN)
#define CTLFLAG_MPSAFE	0x00040000u
#define CTLFLAG_VNET	0x00020000u
#define CTLFLAG_DYING	0x00010000u
#define CTLFLAG_CAPRD	0x00008000u
#define CTLFLAG_CAPWR	0x00004000u
#define CTLFLAG_CAPRW	(CTLFLAG_CAPRD | CTLFLAG_CAPWR)
#define CTLFLAG_STATS	0x00002000u	/* a counter, not a setting */
#define CTLFLAG_NOFETCH	0x00001000u

#define OID_AUTO	(-1)
#define CTL_AUTO_START	0x100		/* numbers given by name order */

/* First component. */
#define CTL_SYSCTL	0
#define CTL_KERN	1
#define CTL_VM		2
#define CTL_VFS		3
#define CTL_NET		4
#define CTL_DEBUG	5
#define CTL_HW		6
#define CTL_MACHDEP	7
#define CTL_USER	8

/* Below CTL_SYSCTL: what is known about a value. */
#define CTL_SYSCTL_NAME		1
#define CTL_SYSCTL_NEXT		2
#define CTL_SYSCTL_NAME2OID	3
#define CTL_SYSCTL_OIDFMT	4
#define CTL_SYSCTL_OIDDESCR	5
#define CTL_SYSCTL_OIDLABEL	6
#define CTL_SYSCTL_NEXTNOSKIP	7

/* Below CTL_KERN. */
#define KERN_OSTYPE	1
#define KERN_OSRELEASE	2
#define KERN_VERSION	4
#define KERN_HOSTNAME	10
#define KERN_CLOCKRATE	12
#define KERN_FILE	15
#define KERN_BOOTTIME	21
#define KERN_OSRELDATE	24
#define KERN_IPC	30

/* Below CTL_KERN, KERN_IPC. */
#define KIPC_MAXSOCKBUF		1
#define KIPC_SOCKBUF_WASTE	2
#define KIPC_SOMAXCONN		3

/* Below CTL_NET, PF_INET, IPPROTO_IP. */
#define IPCTL_FORWARDING	1
#define IPCTL_SENDREDIRECTS	2
#define IPCTL_DEFTTL		3
#define IPCTL_INTRQMAXLEN	10
#define IPCTL_INTRQDROPS	11
#define IPCTL_STATS		12

/* ... IPPROTO_ICMP */
#define ICMPCTL_MASKREPL	1
#define ICMPCTL_STATS		2
#define ICMPCTL_ICMPLIM		3

/* ... IPPROTO_TCP */
#define TCPCTL_DO_RFC1323	1
#define TCPCTL_MSSDFLT		3
#define TCPCTL_STATS		4
#define TCPCTL_KEEPIDLE		6
#define TCPCTL_KEEPINTVL	7
#define TCPCTL_SENDSPACE	8
#define TCPCTL_RECVSPACE	9
#define TCPCTL_KEEPINIT		10
#define TCPCTL_PCBLIST		11
#define TCPCTL_DELACKTIME	12
#define TCPCTL_V6MSSDFLT	13
#define TCPCTL_SACK		14
#define TCPCTL_DROP		15
#define TCPCTL_STATES		16

/* ... IPPROTO_UDP */
#define UDPCTL_CHECKSUM		1
#define UDPCTL_STATS		2
#define UDPCTL_MAXDGRAM		3
#define UDPCTL_RECVSPACE	4
#define UDPCTL_PCBLIST		5

#ifdef __cplusplus
extern "C" {
#endif
int	sysctl(const int *, unsigned int, void *, size_t *, const void *,
	    size_t);
int	sysctlbyname(const char *, void *, size_t *, const void *, size_t);
int	sysctlnametomib(const char *, int *, size_t *);
#ifdef __cplusplus
}
#endif

#endif
