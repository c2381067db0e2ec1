/*
 * Who a socket belongs to, as net.inet.*.getcred say: FreeBSD's struct xucred.
 * Groups and process are not known to the stack: there are none.
 */
#ifndef _NETJAIL_SYS_UCRED_H_
#define _NETJAIL_SYS_UCRED_H_

#include "_abi.h"

#define XU_NGROUPS	16
#define XUCRED_VERSION	0

struct xucred {
	unsigned	cr_version;	/* XUCRED_VERSION */
	uid_t		cr_uid;		/* effective; 0: the jail's superuser */
	short		cr_ngroups;
	gid_t		cr_groups[XU_NGROUPS];
	union {
		void	*_cr_unused1;
		pid_t	cr_pid;
	};
};

_ABI_SIZE(xucred, 88);

#endif
