/*
 * Record of security.jail.list: FreeBSD's struct xprison, version 3.
 *
 * The struct is followed by pr_ip4s addresses of 4 bytes and pr_ip6s of 16,
 * in network byte order, the primary first; then comes the next record.
 */
#ifndef SYSCTL_XPRISON_H
#define SYSCTL_XPRISON_H

#include <stdint.h>

#define XPRISON_VERSION		3

/* pr_state */
#define XPRISON_ALIVE		1
#define XPRISON_DYING		2

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

#endif
