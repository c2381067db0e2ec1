/*
 * priv.c - which of the superuser's privileges a jail leaves him.
 *
 * Theory of operation
 *
 * One row per privilege.  Outside jails uid 0 has them all.  Inside, a row says
 * whether a jail's uid 0 has it always, never, or where the jail has a right;
 * without allow.suser he has none at all.
 * Anybody else has none.
 */
#include <errno.h>

#include "netjail/prison.h"

enum keep { NEVER, ALWAYS, IF_ALLOWED };

static const struct {
	enum keep	keep;
	uint32_t	allow;
} injail[PRIV_NPRIVS] = {
	[PRIV_NETINET_RAW]		= { IF_ALLOWED, PR_ALLOW_RAW_SOCKETS },
	[PRIV_NETINET_RESERVEDPORT]	= { IF_ALLOWED,
					    PR_ALLOW_RESERVED_PORTS },
	[PRIV_NETINET_REUSEPORT]	= { ALWAYS, 0 },
	[PRIV_NETINET_BINDANY]		= { NEVER, 0 },
	[PRIV_SYSCTL_WRITE]		= { NEVER, 0 },
	[PRIV_SYSCTL_WRITEJAIL]		= { ALWAYS, 0 },
	[PRIV_JAIL_SET]			= { ALWAYS, 0 },
};

int
priv_check(const struct vnet *v, const struct cred *cred,
    enum prison_priv priv)
{
	if (cred->uid != 0)
		return EPERM;
	if (!jailed(v, cred))
		return 0;
	if ((prison_allow(cred->prison) & PR_ALLOW_SUSER) == 0)
		return EPERM;
	switch (injail[priv].keep) {
	case NEVER:
		return EPERM;
	case ALWAYS:
		return 0;
	case IF_ALLOWED:
		return (prison_allow(cred->prison) & injail[priv].allow) != 0 ?
		    0 : EPERM;
	}
	return EPERM;
}
