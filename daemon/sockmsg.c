/*
 * sockmsg.c - datagrams with addresses: sendto, recvfrom and the four msg
 * calls.
 *
 * On streams these go on to the kernel, whose AF_UNIX socket carries the bytes;
 * control messages passed there reach the daemon's end, which reads without
 * room for any, so descriptors passed are dropped, as TCP drops them.
 *
 * On datagram sockets the daemon does all of it: gathers the payload from the
 * caller's memory, or scatters a datagram into it, with names and IP_PKTINFO.
 * Netlink sockets (sockdiag.h) receive the same way.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>

#include "daemon/dgram.h"
#include "daemon/face.h"
#include "daemon/notify.h"
#include "daemon/sockcall.h"
#include "daemon/sockdiag.h"

#define DGRAM_MAX	65507	/* payload of the largest UDP datagram */
#define MSG_MAXIOV	64	/* pieces copied at a time; more are refused */
#define MMSG_MAX	1024	/* as the kernel */

/* One lengthy buffer serves all calls: the daemon has one thread. */
static char payload[DGRAM_MAX + 1];

/* ---- sending ---- */

static int
dgram_send(struct call *c, size_t len, const struct endpoint *to)
{
	struct iovec iov = { payload, len };
	size_t sent;
	int error;

	/* What it wrote before stands in line before this. */
	dgram_flush(c->face);
	error = sosend(c->face->so, &iov, 1, to, &c->face->so->so_cred,
	    &sent);
	if (error == 0)
		c->val = (int64_t)sent;
	return error == EWOULDBLOCK ? EAGAIN : error;
}

/* A destination: none (0 bytes), or AF_INET. */
static int
dest_in(struct call *c, uint64_t addr, uint32_t len, struct endpoint *ep,
    const struct endpoint **to)
{
	int family, error;

	*to = NULL;
	if (addr == 0 || len == 0)
		return 0;
	if ((error = sockaddr_in(c, addr, len, &family, ep)) != 0)
		return error;
	if (family == AF_UNSPEC)
		return 0;
	if (family != AF_INET)
		return EAFNOSUPPORT;
	*to = ep;
	return 0;
}

/* On a connected stream the address is ignored, which AF_UNIX would not do. */
static int
stream_sendto(struct call *c)
{
	size_t len = c->args[2] < DGRAM_MAX ? c->args[2] : DGRAM_MAX;
	int flags = (int)c->args[3], error;
	ssize_t n;

	if (c->face->state != FACE_OPEN || c->args[4] == 0)
		return CALL_CONTINUE;
	if ((error = call_copyin(c, c->args[1], payload, len)) != 0)
		return error;
	n = send(c->app, payload, len, flags | MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0) {
		c->val = n;
		return 0;
	}
	if (errno != EAGAIN || call_nonblock(c, flags))
		return errno;
	c->timeout = call_timeout(c, SO_SNDTIMEO);
	return CALL_PARK;
}

int
sys_sendto(struct call *c)
{
	const struct endpoint *to;
	struct endpoint ep;
	size_t len = c->args[2];
	int error;

	if (c->face->state != FACE_DGRAM)
		return stream_sendto(c);
	error = dest_in(c, c->args[4], (uint32_t)c->args[5], &ep, &to);
	if (error != 0)
		return error;
	if (len > DGRAM_MAX)
		return EMSGSIZE;
	if ((error = call_copyin(c, c->args[1], payload, len)) != 0)
		return error;
	return dgram_send(c, len, to);
}

/* Copy mh's vector of pieces in.  *total: bytes they hold. */
static int
iov_in(struct call *c, const struct msghdr *mh, struct iovec *iov,
    size_t *total)
{
	size_t i;
	int error;

	if (mh->msg_iovlen > MSG_MAXIOV)
		return EMSGSIZE;
	error = call_copyin(c, (uintptr_t)mh->msg_iov, iov,
	    mh->msg_iovlen * sizeof(*iov));
	if (error != 0)
		return error;
	for (*total = 0, i = 0; i < mh->msg_iovlen; i++) {
		if (iov[i].iov_len > SSIZE_MAX - *total)
			return EINVAL;
		*total += iov[i].iov_len;
	}
	return 0;
}

static int
send_one(struct call *c, uint64_t msg, int flags)
{
	struct iovec iov[MSG_MAXIOV], local = { payload, 0 };
	const struct endpoint *to;
	struct endpoint ep;
	struct msghdr mh;
	int error;

	(void)flags;	/* a datagram is sent at once or not at all */
	if ((error = call_copyin(c, msg, &mh, sizeof(mh))) != 0 ||
	    (error = dest_in(c, (uintptr_t)mh.msg_name, mh.msg_namelen, &ep,
		 &to)) != 0 ||
	    (error = iov_in(c, &mh, iov, &local.iov_len)) != 0)
		return error;
	if (local.iov_len > DGRAM_MAX)
		return EMSGSIZE;
	if (local.iov_len > 0 && target_readv(c->tid, &local, 1, iov,
	    (int)mh.msg_iovlen) != (ssize_t)local.iov_len)
		return EFAULT;
	if (!call_valid(c))
		return ENOENT;
	return dgram_send(c, local.iov_len, to);
}

int
sys_sendmsg(struct call *c)
{
	if (c->face->state != FACE_DGRAM)
		return CALL_CONTINUE;
	return send_one(c, c->args[1], (int)c->args[2]);
}

/* ---- receiving ---- */

/* Does what arrives come in pieces of its own, with an address each? */
static bool
has_records(const struct face *f)
{
	return f->state == FACE_DGRAM || f->state == FACE_DIAG;
}

/* A datagram into payload, or the reason to wait or fail. */
static int
dgram_next(struct call *c, uint32_t room, int flags, struct dgram *dg)
{
	bool peek = (flags & MSG_PEEK) != 0;
	int error;

	if (c->face->state == FACE_DIAG)
		error = sockdiag_receive(c->face, c->app, payload, room, peek,
		    &dg->len);
	else
		error = dgram_receive(c->face, c->app, payload, room, peek, dg);
	if (error != EWOULDBLOCK)
		return error;
	if (call_nonblock(c, flags))
		return EAGAIN;
	c->timeout = call_timeout(c, SO_RCVTIMEO);
	return CALL_PARK;
}

int
sys_recvfrom(struct call *c)
{
	struct dgram dg;
	int flags = (int)c->args[3], error;
	uint32_t room = c->args[2] > DGRAM_MAX ? DGRAM_MAX :
						 (uint32_t)c->args[2];

	if (!has_records(c->face))
		return CALL_CONTINUE;
	if ((error = dgram_next(c, room, flags, &dg)) != 0)
		return error;
	c->val = flags & MSG_TRUNC || dg.len < room ? dg.len : room;
	error = call_copyout(c, c->args[1], payload,
	    dg.len < room ? dg.len : room);
	if (error != 0)
		return error;
	return c->face->state == FACE_DIAG ?
	    sockdiag_fromlen(c, c->args[4], c->args[5]) :
	    sockaddr_out(c, c->args[4], c->args[5], &dg.from);
}

/* IP_PKTINFO, if wanted and if it fits; mh's control fields become results. */
static int
control_out(struct call *c, struct msghdr *mh, const struct dgram *dg)
{
	struct in_pktinfo pi = { .ipi_ifindex = 1 };	/* lo in the jail */
	char space[CMSG_SPACE(sizeof(pi))];
	struct cmsghdr h = { CMSG_LEN(sizeof(pi)), IPPROTO_IP, IP_PKTINFO };
	size_t room = mh->msg_controllen;

	mh->msg_controllen = 0;
	if (!c->face->pktinfo)
		return 0;
	if (room < sizeof(space)) {
		mh->msg_flags |= MSG_CTRUNC;
		return 0;
	}
	pi.ipi_addr.s_addr = inaddr_to_v4(&dg->to);
	pi.ipi_spec_dst = pi.ipi_addr;
	memset(space, 0, sizeof(space));
	memcpy(space, &h, sizeof(h));
	memcpy(space + CMSG_LEN(0), &pi, sizeof(pi));
	mh->msg_controllen = sizeof(space);
	return call_copyout(c, (uintptr_t)mh->msg_control, space,
	    sizeof(space));
}

/* The results in the caller's msghdr: lengths and flags, not its pointers. */
static int
msghdr_out(struct call *c, uint64_t msg, const struct msghdr *mh)
{
	int error;

	error = call_copyout(c, msg + offsetof(struct msghdr, msg_namelen),
	    &mh->msg_namelen, sizeof(mh->msg_namelen));
	if (error == 0)
		error = call_copyout(c,
		    msg + offsetof(struct msghdr, msg_controllen),
		    &mh->msg_controllen, sizeof(mh->msg_controllen));
	if (error == 0)
		error = call_copyout(c,
		    msg + offsetof(struct msghdr, msg_flags),
		    &mh->msg_flags, sizeof(mh->msg_flags));
	return error;
}

static int
name_out(struct call *c, struct msghdr *mh, const struct endpoint *from)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = from->port,
		.sin_addr.s_addr = inaddr_to_v4(&from->addr),
	};
	size_t len = sizeof(sin);

	if (mh->msg_name == NULL) {
		mh->msg_namelen = 0;
		return 0;
	}
	if (c->face->state == FACE_DIAG)
		return sockdiag_from(c, (uintptr_t)mh->msg_name,
		    &mh->msg_namelen);
	if (len > mh->msg_namelen)
		len = mh->msg_namelen;
	mh->msg_namelen = sizeof(sin);
	return call_copyout(c, (uintptr_t)mh->msg_name, &sin, len);
}

static int
recv_one(struct call *c, uint64_t msg, int flags)
{
	struct iovec iov[MSG_MAXIOV], local = { payload, 0 };
	struct msghdr mh;
	struct dgram dg;
	size_t room;
	int error;

	if ((error = call_copyin(c, msg, &mh, sizeof(mh))) != 0 ||
	    (error = iov_in(c, &mh, iov, &room)) != 0)
		return error;
	if (room > DGRAM_MAX)
		room = DGRAM_MAX;
	if ((error = dgram_next(c, (uint32_t)room, flags, &dg)) != 0)
		return error;
	mh.msg_flags = dg.len > room ? MSG_TRUNC : 0;
	local.iov_len = dg.len < room ? dg.len : room;
	if (local.iov_len > 0 && target_writev(c->tid, &local, 1, iov,
	    (int)mh.msg_iovlen) != (ssize_t)local.iov_len)
		return EFAULT;
	c->val = flags & MSG_TRUNC ? dg.len : (int64_t)local.iov_len;
	if ((error = name_out(c, &mh, &dg.from)) != 0 ||
	    (error = control_out(c, &mh, &dg)) != 0)
		return error;
	return msghdr_out(c, msg, &mh);
}

int
sys_recvmsg(struct call *c)
{
	if (!has_records(c->face))
		return CALL_CONTINUE;
	return recv_one(c, c->args[1], (int)c->args[2]);
}

/* ---- several at a time ---- */

/* One message of a vector: its number of bytes goes into call->val. */
typedef int one_message(struct call *, uint64_t msg, int flags);

/*
 * As many as there are.  Only the first is waited for (MSG_WAITFORONE's way
 * for all), and an error after it is left for the next call.
 */
static int
each_message(struct call *c, one_message *one)
{
	uint32_t vlen = (uint32_t)c->args[2], i, len;
	int flags = (int)c->args[3], error = 0;
	uint64_t msg = c->args[1];

	if (!has_records(c->face))
		return CALL_CONTINUE;
	for (i = 0; i < vlen && i < MMSG_MAX; i++) {
		error = one(c, msg, i == 0 ? flags : flags | MSG_DONTWAIT);
		if (error != 0)
			break;
		len = (uint32_t)c->val;
		error = call_copyout(c, msg + offsetof(struct mmsghdr, msg_len),
		    &len, sizeof(len));
		if (error != 0)
			break;
		msg += sizeof(struct mmsghdr);
	}
	if (i == 0)
		return error;
	c->val = i;
	return 0;
}

int
sys_sendmmsg(struct call *c)
{
	return each_message(c, send_one);
}

int
sys_recvmmsg(struct call *c)
{
	return each_message(c, recv_one);
}
