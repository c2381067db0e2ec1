/*
 * inpcb_sysctl.c - values about one socket, which is named by its addresses:
 *
 *	net.inet.tcp.drop	end a connection, as tcpdrop(8) does
 *	net.inet.tcp.getcred	whose it is, as identd(8) asks
 *	net.inet.udp.getcred
 *
 * Theory of operation
 *
 * What is written is two addresses.  For drop each has the room of a struct
 * sockaddr_storage, the foreign one is first, and there is no old value; for
 * getcred they are struct sockaddr_in, the local one is first, and the old value
 * is a struct xucred.  FreeBSD has it so, and these errors:
 *
 *	drop	EPERM without addresses, ENOMEM if they are too short, EINVAL for
 *		another family, ESRCH where there is no such connection
 *	getcred	EPERM, EINVAL, ENOENT likewise
 *
 * What is dropped is a connection: its peer gets a reset, its owner
 * ECONNABORTED.  What is in TIME_WAIT ends as well.  Listeners are not
 * connections, but have an owner.
 */
#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "include/bsd/sys/sysctl.h"
#include "include/bsd/sys/ucred.h"
#include "netjail/prison.h"
#include "stack/tcp_int.h"
#include "stack/udp.h"
#include "sysctl/sysctl.h"

/* EINVAL: not an address of the family the stack speaks. */
static int
endpoint_of(const struct sockaddr_in *sin, struct endpoint *e)
{
	if (sin->sin_family != AF_INET)
		return EINVAL;
	e->addr = inaddr_v4(sin->sin_addr.s_addr);
	e->port = sin->sin_port;
	return 0;
}

/* ---- net.inet.tcp.drop ---- */

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
	struct sockaddr_in sin[2];
	struct endpoint foreign, local;
	int error;

	(void)oid;
	if (req->newptr == NULL)
		return EPERM;
	if (SYSCTL_IN(req, addr, sizeof(addr)) != 0)
		return ENOMEM;
	memcpy(&sin[0], &addr[0], sizeof(sin[0]));
	memcpy(&sin[1], &addr[1], sizeof(sin[1]));
	if ((error = endpoint_of(&sin[0], &foreign)) != 0 ||
	    (error = endpoint_of(&sin[1], &local)) != 0)
		return error;
	return drop(req->vnet, &foreign, &local);
}

SYSCTL_PROC(tcp_drop, "net.inet.tcp.drop", TCPCTL_DROP, CTLTYPE_OPAQUE |
    CTLFLAG_WR | CTLFLAG_SKIP, sysctl_drop, 0, "", "Drop TCP connection");

/* ---- net.inet.{tcp,udp}.getcred ---- */

/* oid->arg: the protocol. */
static int
sysctl_getcred(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct inpcbinfo *pi = oid->arg == IPPROTO_TCP ?
	    tcp_pcbinfo(req->vnet) : udp_pcbinfo(req->vnet);
	struct xucred xuc = { .cr_version = XUCRED_VERSION };
	struct endpoint foreign, local;
	struct sockaddr_in sin[2];
	const struct inpcb *inp;
	int error;

	if (req->newptr == NULL)
		return EPERM;
	if ((error = SYSCTL_IN(req, sin, sizeof(sin))) != 0 ||
	    (error = endpoint_of(&sin[0], &local)) != 0 ||
	    (error = endpoint_of(&sin[1], &foreign)) != 0)
		return error;
	inp = in_pcblookup(pi, &foreign, &local);
	if (inp == NULL || !cr_cansee(req->vnet, req->cred, &inp->inp_cred))
		return ENOENT;
	xuc.cr_uid = inp->inp_cred.uid;
	return SYSCTL_OUT(req, &xuc, sizeof(xuc));
}

#define GETCRED(id, nm, proto, des)					\
	SYSCTL_PROC(id, nm, OID_AUTO, CTLTYPE_OPAQUE | CTLFLAG_RW |	\
	    CTLFLAG_PRISON | CTLFLAG_SKIP, sysctl_getcred, proto,	\
	    "S,xucred", des)

GETCRED(tcp_getcred, "net.inet.tcp.getcred", IPPROTO_TCP,
    "Get the xucred of a TCP connection");
GETCRED(udp_getcred, "net.inet.udp.getcred", IPPROTO_UDP,
    "Get the xucred of a UDP connection");
