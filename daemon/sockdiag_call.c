/*
 * sockdiag_call.c - the trapped calls on a NETLINK_SOCK_DIAG descriptor.
 *
 * Sending goes on to the kernel, whose pair carries the request and ignores the
 * address.  Receiving is shared with datagrams (sockmsg.c).  What is left are
 * names and options.  An id of its own choice is granted to every socket; that
 * another has it too does no harm, for replies follow the descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <linux/netlink.h>

#include "daemon/face.h"
#include "daemon/notify.h"
#include "daemon/sockcall.h"
#include "daemon/sockdiag.h"
#include "daemon/sockdiag_int.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

int
sockdiag_socket(struct call *c)
{
	int type = (int)c->args[1] & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct face *f;
	int app, error, num;

	if (type != SOCK_RAW && type != SOCK_DGRAM)
		return ESOCKTNOSUPPORT;
	if ((error = sockdiag_open(c->jail, type, &app, &f)) != 0)
		return error;
	if (c->args[1] & SOCK_NONBLOCK)
		(void)fcntl(app, F_SETFL, O_RDWR | O_NONBLOCK);
	error = notify_addfd(c, app, (c->args[1] & SOCK_CLOEXEC) != 0, &num);
	close(app);
	if (error != 0) {
		face_free(f, false);
		return error;
	}
	return CALL_ANSWERED;
}

static int
name_in(struct call *c, struct sockaddr_nl *nl)
{
	int error;

	if ((uint32_t)c->args[2] < sizeof(*nl))
		return EINVAL;
	error = call_copyin(c, c->args[1], nl, sizeof(*nl));
	if (error == 0 && nl->nl_family != AF_NETLINK)
		return EINVAL;
	return error;
}

int
sockdiag_bind(struct call *c)
{
	struct sockaddr_nl nl;
	int error;

	if ((error = name_in(c, &nl)) != 0)
		return error;
	if (nl.nl_groups != 0)
		return EOPNOTSUPP;	/* nothing is ever told there */
	if (nl.nl_pid != 0)
		c->face->diag->portid = nl.nl_pid;
	return 0;
}

/* To the kernel: the only peer. */
int
sockdiag_connect(struct call *c)
{
	struct sockaddr_nl nl;
	int error;

	if ((error = name_in(c, &nl)) != 0)
		return error;
	return nl.nl_pid == 0 && nl.nl_groups == 0 ? 0 : EPERM;
}

/* At most *lenp bytes; *lenp becomes the whole length. */
static int
name_out(struct call *c, uint64_t addr, uint32_t *lenp, uint32_t portid)
{
	const struct sockaddr_nl nl = {
		.nl_family = AF_NETLINK, .nl_pid = portid,
	};
	uint32_t len = *lenp;

	*lenp = sizeof(nl);
	return call_copyout(c, addr, &nl,
	    len < sizeof(nl) ? len : sizeof(nl));
}

static int
value_name(struct call *c, uint64_t addr, uint64_t lenaddr, uint32_t portid)
{
	int32_t room;
	uint32_t len;
	int error;

	error = call_copyin(c, lenaddr, &room, sizeof(room));
	if (error != 0)
		return error;
	if (room < 0)
		return EINVAL;
	len = (uint32_t)room;
	if ((error = name_out(c, addr, &len, portid)) != 0)
		return error;
	return call_copyout(c, lenaddr, &len, sizeof(len));
}

int
sockdiag_getsockname(struct call *c)
{
	return value_name(c, c->args[1], c->args[2], c->face->diag->portid);
}

int
sockdiag_getpeername(struct call *c)
{
	return value_name(c, c->args[1], c->args[2], 0);
}

int
sockdiag_from(struct call *c, uint64_t addr, uint32_t *lenp)
{
	return name_out(c, addr, lenp, 0);
}

int
sockdiag_fromlen(struct call *c, uint64_t addr, uint64_t lenaddr)
{
	return addr == 0 ? 0 : value_name(c, addr, lenaddr, 0);
}

int
sockdiag_continue(struct call *c)
{
	(void)c;
	return CALL_CONTINUE;
}

int
sockdiag_getsockopt(struct call *c)
{
	if ((int)c->args[1] != SOL_SOCKET)
		return ENOPROTOOPT;
	switch ((int)c->args[2]) {
	case SO_DOMAIN:
		return opt_out_int(c, AF_NETLINK);
	case SO_TYPE:
		return opt_out_int(c, c->face->diag->type);
	case SO_PROTOCOL:
		return opt_out_int(c, NETLINK_SOCK_DIAG);
	}
	return CALL_CONTINUE;
}

int
sockdiag_setsockopt(struct call *c)
{
	if ((int)c->args[1] == SOL_SOCKET)
		/* With it the pair would speak of who sent. */
		return (int)c->args[2] == SO_PASSCRED ? 0 : CALL_CONTINUE;
	if ((int)c->args[1] != SOL_NETLINK)
		return ENOPROTOOPT;
	switch ((int)c->args[2]) {
	case NETLINK_EXT_ACK:
	case NETLINK_CAP_ACK:
	case NETLINK_GET_STRICT_CHK:
	case NETLINK_NO_ENOBUFS:
		return 0;		/* hints: so it is, or may be */
	case NETLINK_ADD_MEMBERSHIP:
		return EOPNOTSUPP;
	}
	return ENOPROTOOPT;
}
