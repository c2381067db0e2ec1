/*
 * Records of security.jail.list: FreeBSD's struct xprison, version 3.
 *
 * The struct is followed by pr_ip4s addresses of 4 bytes and pr_ip6s of 16, in
 * network byte order, the primary first; then comes the next record.
 */
#ifndef _NETJAIL_SYS_XPRISON_H_
#define _NETJAIL_SYS_XPRISON_H_

#include "_abi.h"

#define XPRISON_VERSION		3

/* pr_state */
#define PRISON_STATE_INVALID	0
#define PRISON_STATE_ALIVE	1
#define PRISON_STATE_DYING	2

struct xprison {
	int32_t		pr_version;
	int32_t		pr_id;
	int32_t		pr_state;
	int32_t		pr_cpusetid;
	char		pr_path[1024];
	char		pr_host[256];
	char		pr_name[256];	/* as the reader knows it */
	uint32_t	pr_ip4s;
	uint32_t	pr_ip6s;
};

_ABI_SIZE(xprison, 16 + 1024 + 256 + 256 + 8);
_ABI_AT(xprison, pr_path, 16);
_ABI_AT(xprison, pr_ip4s, 1552);

#endif
