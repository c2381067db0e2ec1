/*
 * tcp_drop.c - net.inet.tcp.drop: end a connection of somebody else's, as
 * tcpdrop(8) does.
 *
 * Theory of operation
 *
 * The new value is two addresses in the room of a struct sockaddr_storage each,
 * the foreign and the local one; there is no old value.  What is dropped is a
 * connection: its peer gets a reset, its owner ECONNABORTED.  What is in
 * TIME_WAIT ends as well.  Listeners are not connections.
 *
 * Errors are FreeBSD's: EINVAL for families that differ or are not AF_INET,
 * ENOMEM for a value too short, EPERM without one, ESRCH where there is no such
 * connection.
 */
#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "include/bsd/sys/sysctl.h"
#include "stack/tcp_int.h"
#include "sysctl/sysctl.h"

/* EINVAL: not an address of the family the stack speaks. */
static int
endpoint_of(const struct sockaddr_storage *ss, struct endpoint *e)
{
	struct sockaddr_in sin;

	if (ss->ss_family != AF_INET)
		return EINVAL;
	memcpy(&sin, ss, sizeof(sin));
	e->addr = inaddr_v4(sin.sin_addr.s_addr);
	e->port = sin.sin_port;
	return 0;
}

static int
drop(struct vnet *v, const struct endpoint *foreign,
    const struct endpoint *local)
{
	struct inpcb *inp;

	inp = in_pcblookup_connected(tcp_pcbinfo(v), foreign, local);
	if (inp == NULL)
		return ESRCH;
	if (inp->inp_compact)
		tcp_tw_close(intotcptw(inp));
	else
		(void)tcp_drop(intotcpcb(inp), ECONNABORTED);
	return 0;
}

static int
sysctl_drop(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct sockaddr_storage addr[2];
	struct endpoint foreign, local;
	int error;

	(void)oid;
	if (req->newptr == NULL)
		return EPERM;
	if (SYSCTL_IN(req, addr, sizeof(addr)) != 0)
		return ENOMEM;
	if ((error = endpoint_of(&addr[0], &foreign)) != 0 ||
	    (error = endpoint_of(&addr[1], &local)) != 0)
		return error;
	return drop(req->vnet, &foreign, &local);
}

SYSCTL_PROC(tcp_drop, "net.inet.tcp.drop", TCPCTL_DROP, CTLTYPE_OPAQUE |
    CTLFLAG_WR | CTLFLAG_SKIP, sysctl_drop, 0, "", "Drop TCP connection");
