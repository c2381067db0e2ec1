/*
 * Messages on the control socket, between the tools and netjaild.
 *
 * The same stream is spoken on the daemon's AF_UNIX socket (outside jails) and
 * on the descriptor that socket(AF_NETJAIL, SOCK_STREAM, 0) yields inside one;
 * the daemon knows by the descriptor which jail asks.  A client sends one
 * request and reads replies up to and including the one with CTL_END; then it
 * may send the next.  Both ends are on one machine: host byte order.
 *
 * Request	payload				replies
 * CTL_MIB	struct ctl_sysctl, int mib[],	CTL_DATA*, CTL_END; arg of END: low
 *		new value			32 bits of the true length
 * CTL_JAIL_SET	"name=value\0"...		CTL_END, arg = jid; on error the
 *						payload is a message for people
 * CTL_JAIL_GET	selector\0, "name\0"...	CTL_DATA*: "name=value\0"... in
 *						the order asked; CTL_END, arg =
 *						jid; on error as above
 * CTL_FILTER	arg=jid				CTL_DATA: struct sock_filter[]; END
 * CTL_JAIL_INIT -, fd: pidfd of jail's init	CTL_END.  The connection becomes the
 *						jail's leash, see below
 * CTL_ENTER	-				CTL_END with fd: pidfd of its init
 * CTL_NOTIFY	-, fd: seccomp listener		CTL_END
 * CTL_JAIL_REMOVE -				CTL_END
 * CTL_DIAG	-				CTL_END with fd: a netlink socket
 *						that knows the jail's sockets
 * CTL_VIEW	-				CTL_END with fd: a connection that
 *						asks as nobody in the jail
 * CTL_PING	-				CTL_END
 *
 * arg of CTL_JAIL_INIT, CTL_ENTER, CTL_NOTIFY, CTL_JAIL_REMOVE, CTL_DIAG and
 * CTL_VIEW is the jid (0: the stack itself).
 *
 * Parameters of jails (netjail/jailparam.h) are text.  arg of CTL_JAIL_SET is
 * JAIL_CREATE, JAIL_UPDATE or both (make it unless it exists), and JAIL_ATTACH:
 * this connection is about to start the jail's first program, so a jail that
 * does not persist waits for it, until then or the connection's end.  Which
 * jail to change is said by "jid=N" or "name=X" among the parameters; with jid,
 * name is a new one.  A name is relative to the asker's jail; "a.b" is jail b
 * below a.  A list of addresses given twice is one list.  A change is done as a
 * whole or not at all, also if the connection ends before the answer; it is
 * EAGAIN while another one of the jail, or of one above or below it, goes on.
 * CTL_JAIL_REMOVE is answered when the jail and all below it are gone: not to
 * be found, their names free.
 *
 * The selector of CTL_JAIL_GET is "jid=N", "name=X", or "lastjid=N": the first
 * jail with a jid above N.  arg may be JAIL_DYING: dying jails too.  A boolean
 * may be asked for by its opposite.  Errors: ENOENT, no such jail (that is how
 * walking by lastjid ends); EINVAL, a parameter that is not known.  jid=0 is no
 * jail.
 *
 * Inside a jail, CTL_MIB, CTL_PING and CTL_JAIL_GET are anybody's, and the
 * jail's superuser may also send CTL_JAIL_SET, CTL_JAIL_INIT, CTL_ENTER,
 * CTL_DIAG, CTL_VIEW and CTL_JAIL_REMOVE, about jails below his own.
 *
 * The leash: init of a jail (process 1 in it) makes a connection of its own
 * and sends CTL_JAIL_INIT on it.  The daemon keeps it.  It closes it when the
 * jail is to go (no process left in it, or CTL_JAIL_REMOVE), and the kernel
 * closes it when the daemon dies: on end of file init exits, and with it
 * everything in the jail.  What the daemon writes on it are commands to init,
 * which does in the jail's namespaces what concerns them: one byte of enum
 * leashop, one of length, and as many of data.
 */
#ifndef BASE_CTLMSG_H
#define BASE_CTLMSG_H

#include <stdint.h>

#include "include/bsd/sys/jailflags.h"	/* args of CTL_JAIL_* */

/* A family no Linux knows; the jail's filter hands it to the daemon. */
#define AF_NETJAIL	0x4e4a

/* Where init has a netlink socket (NETLINK_SOCK_DIAG) of its network namespace,
 * for the daemon to take, while CTL_JAIL_INIT is on its way. */
#define INIT_UNIX_FD	100

#define CTL_MAXREQUEST	65536	/* bytes, header included */

enum ctlop {
	CTL_MIB = 1,
	CTL_JAIL_SET,
	CTL_FILTER,
	CTL_JAIL_INIT,
	CTL_ENTER,
	CTL_NOTIFY,
	CTL_JAIL_REMOVE,
	CTL_PING,
	CTL_JAIL_GET,
	CTL_DIAG,
	CTL_VIEW,
	CTL_DATA = 100,		/* replies */
	CTL_END
};

enum leashop {
	LEASH_ADDADDR = 1,	/* struct inaddr: on lo from now on */
	LEASH_DELADDR,		/* struct inaddr: not any more */
	LEASH_HOSTNAME,		/* text, without a NUL */
	LEASH_EXITEMPTY,	/* exit when no other process is left */
	LEASH_STAY		/* but do not */
};

struct ctlmsg {
	uint32_t len;		/* header and payload */
	uint16_t op;
	uint16_t pad;
	int32_t	 error;		/* CTL_END: 0 or errno */
	uint32_t arg;
};

struct ctl_sysctl {
	uint64_t oldlen;	/* room the caller has; with CTL_SIZEONLY unused */
	uint32_t flags;
	uint32_t namelen;	/* ints in the mib that follows */
	uint32_t newlen;	/* bytes of new value after the mib */
	uint32_t pad;
};
#define CTL_SIZEONLY	0x1	/* oldp was NULL: only count */
#define CTL_NEW		0x2	/* newp was not NULL */

#endif
