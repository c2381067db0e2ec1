/*
 * jail(2): jails of the netjail stack this process belongs to, see jail(2) of
 * netjail, and the records of security.jail.list.  After FreeBSD's sys/jail.h.
 */
#ifndef _NETJAIL_SYS_JAIL_H_
#define _NETJAIL_SYS_JAIL_H_

#include <sys/types.h>
#include <sys/uio.h>
#include <netinet/in.h>

#include "jailflags.h"
#include "xprison.h"

#define JAIL_API_VERSION	2

/* What jail() makes a jail from.  Addresses are in network byte order. */
struct jail {
	uint32_t	 version;	/* JAIL_API_VERSION */
	char		*path;
	char		*hostname;
	char		*jailname;	/* NULL: the jid */
	uint32_t	 ip4s;
	uint32_t	 ip6s;
	struct in_addr	*ip4;
	struct in6_addr	*ip6;
};

#ifdef __cplusplus
extern "C" {
#endif
int	jail(struct jail *);
int	jail_set(struct iovec *, unsigned int, int);
int	jail_get(struct iovec *, unsigned int, int);
int	jail_attach(int);
int	jail_remove(int);
#ifdef __cplusplus
}
#endif

#endif
