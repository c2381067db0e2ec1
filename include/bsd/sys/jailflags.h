/*
 * Numbers of jail_set(2) and jail_get(2), which are FreeBSD's; in a header of
 * their own for those who speak to the daemon themselves.
 */
#ifndef _NETJAIL_SYS_JAILFLAGS_H_
#define _NETJAIL_SYS_JAILFLAGS_H_

/* flags */
#define JAIL_CREATE	0x01	/* make it */
#define JAIL_UPDATE	0x02	/* change it */
#define JAIL_ATTACH	0x04	/* and enter it */
#define JAIL_DYING	0x08	/* one that is dying will do */
#define JAIL_SET_MASK	0x0f
#define JAIL_GET_MASK	0x08

/* Values of the parameters "ip4", "ip6" and the like. */
#define JAIL_SYS_DISABLE	0
#define JAIL_SYS_NEW		1
#define JAIL_SYS_INHERIT	2

#endif
