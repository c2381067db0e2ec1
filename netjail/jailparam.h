/*
 * The parameters of a jail: one table, from which come what jail_set(2) and
 * jail_get(2) take (CTL_JAIL_SET, CTL_JAIL_GET in base/ctlmsg.h), the names
 * below security.jail.param, the columns of jls(8) and the checks of
 * netjail(8).
 *
 * On the wire, in files and on command lines a parameter is text:
 *
 *	JPT_STRING	as it is
 *	JPT_INT		decimal
 *	JPT_BOOL		"true" or "false"; read also: 1, 0, or the name alone.
 *			The name with "no" before its last component is its
 *			opposite ("nopersist", "allow.noraw_sockets")
 *	JPT_JAILSYS	"disable", "new" or "inherit"
 *	JPT_IP4, JPT_IP6	addresses separated by commas, the primary first; may
 *			be empty
 *
 * No value has a NUL in it, and none a newline.
 */
#ifndef NETJAIL_JAILPARAM_H
#define NETJAIL_JAILPARAM_H

#include <stdbool.h>
#include <stddef.h>

#include "include/bsd/sys/jailflags.h"	/* JAIL_SYS_: of JPT_JAILSYS */

enum jp_type {
	JPT_STRING, JPT_INT, JPT_BOOL, JPT_JAILSYS, JPT_IP4, JPT_IP6
};

#define JP_RDONLY	0x1	/* cannot be set */
#define JP_CREATE	0x2	/* only when the jail is made */

/*
 * X(id, name, type, flags, size, description).  size: of a string, with its
 * NUL, of an int, or of one address; what FreeBSD's sysctl says of it.
 */
#define JAILPARAMS(X)                                                       \
	X(JID, "jid", INT, JP_CREATE, 4, "Jail ID")                         \
	X(PARENT, "parent", INT, JP_RDONLY, 4, "Jail parent ID")            \
	X(NAME, "name", STRING, 0, 256, "Jail name")                        \
	X(PATH, "path", STRING, JP_CREATE, 1024, "Jail root path")          \
	X(DYING, "dying", BOOL, JP_RDONLY, 4,                               \
	    "Jail is in the process of shutting down")                      \
	X(PERSIST, "persist", BOOL, 0, 4, "Jail persistence")               \
	X(CHILDREN_CUR, "children.cur", INT, JP_RDONLY, 4,                  \
	    "Current number of child jails")                                \
	X(CHILDREN_MAX, "children.max", INT, 0, 4,                          \
	    "Maximum number of child jails")                                \
	X(HOST, "host", JAILSYS, 0, 4, "Jail host info")                    \
	X(HOSTNAME, "host.hostname", STRING, 0, 256, "Jail hostname")       \
	X(IP4, "ip4", JAILSYS, JP_CREATE, 4,                                \
	    "Jail IPv4 address virtualization")                             \
	X(IP4_ADDR, "ip4.addr", IP4, 0, 4, "Jail IPv4 addresses")           \
	X(IP4_SADDRSEL, "ip4.saddrsel", BOOL, 0, 4,                         \
	    "Do (not) use IPv4 source address selection rather than the "   \
	    "primary jail IPv4 address.")                                   \
	X(IP6, "ip6", JAILSYS, JP_CREATE, 4,                                \
	    "Jail IPv6 address virtualization")                             \
	X(IP6_ADDR, "ip6.addr", IP6, 0, 16, "Jail IPv6 addresses")          \
	X(IP6_SADDRSEL, "ip6.saddrsel", BOOL, 0, 4,                         \
	    "Do (not) use IPv6 source address selection rather than the "   \
	    "primary jail IPv6 address.")                                   \
	X(ALLOW_SET_HOSTNAME, "allow.set_hostname", BOOL, 0, 4,             \
	    "Jail may set hostname")                                        \
	X(ALLOW_SYSVIPC, "allow.sysvipc", BOOL, 0, 4,                       \
	    "Jail may use SYSV IPC")                                        \
	X(ALLOW_RAW_SOCKETS, "allow.raw_sockets", BOOL, 0, 4,               \
	    "Jail may create raw sockets")                                  \
	X(ALLOW_SOCKET_AF, "allow.socket_af", BOOL, 0, 4,                   \
	    "Jail may create sockets other than just UNIX/IPv4/IPv6/route") \
	X(ALLOW_RESERVED_PORTS, "allow.reserved_ports", BOOL, 0, 4,         \
	    "Jail may bind sockets to reserved ports")                      \
	X(ALLOW_SUSER, "allow.suser", BOOL, 0, 4,                           \
	    "Processes in jail with uid 0 have privilege")                  \
	X(PORTRANGE_FIRST, "portrange.first", INT, 0, 4,                    \
	    "First of the jail's default ephemeral ports; 0: inherited")    \
	X(PORTRANGE_LAST, "portrange.last", INT, 0, 4,                      \
	    "Last of the jail's default ephemeral ports")                   \
	X(PORTRANGE_HIFIRST, "portrange.hifirst", INT, 0, 4,                \
	    "First of the jail's high ephemeral ports; 0: inherited")       \
	X(PORTRANGE_HILAST, "portrange.hilast", INT, 0, 4,                  \
	    "Last of the jail's high ephemeral ports")                      \
	X(MAXSOCKETS, "maxsockets", INT, 0, 4,                              \
	    "Maximum number of the jail's and its children's sockets; "     \
	    "0: no limit of its own")                                       \
	X(SOCKETS_CUR, "sockets.cur", INT, JP_RDONLY, 4,                    \
	    "Current number of the jail's and its children's sockets")

#define JAILPARAM_ID_(id, name, type, flags, size, descr) JP_##id,
enum jp_id { JAILPARAMS(JAILPARAM_ID_) JP_NPARAMS };
#undef JAILPARAM_ID_

struct jp_def {
	const char	*name;
	enum jp_type	 type;
	unsigned	 flags;
	size_t		 size;
	const char	*descr;
};

/* In the order of enum jp_id. */
extern const struct jp_def jailparams[JP_NPARAMS];

/*
 * The parameter called by the len bytes at name, or NULL.  *no: it is a boolean
 * and called by its opposite.
 */
const struct jp_def *jp_find(const char *name, size_t len, bool *no);

/*
 * Reading values.  NULL stands for the name alone, without "=".  False: not
 * such a value.
 */
bool	jp_bool(const char *value, bool *on);
bool	jp_jailsys(const char *value, int *sys);
bool	jp_int(const char *value, int *n);

/* "disable", "new", "inherit". */
const char *jp_jailsys_name(int sys);

#endif
