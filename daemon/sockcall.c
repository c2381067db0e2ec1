/*
 * sockcall.c - the trapped calls, one row and one function each.
 *
 * Every call on an AF_INET socket is answered here and never continued on a
 * decision that rests on the caller's memory.  Calls on descriptors that are
 * not ours (AF_UNIX, netlink) go on to the kernel.  close, dup, fork, exec,
 * read, write, poll are not trapped at all: the AF_UNIX pair does them.
 *
 * Who asks is looked up where it decides: socket() (the creator's credentials
 * stay with the socket), bind() and setsockopt().  Other calls use the creator's.
 *
 * Rights of a jail that are not about sockets are seen to here, too: System V
 * IPC, the host name and mounts.
 *
 * Errnos are the stack's, which are FreeBSD's; where a Linux program expects
 * another one, linux_errno[] has the row.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <linux/netlink.h>

#include "base/ctlmsg.h"
#include "daemon/ctljail.h"
#include "daemon/dgram.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/ifreq.h"
#include "daemon/nest.h"
#include "daemon/notify.h"
#include "daemon/sockcall.h"
#include "daemon/sockdiag.h"
#include "netjail/prison.h"
#include "stack/ip.h"

#define LINUX_HOSTMAX	64	/* of a UTS namespace */

/* Where Linux says something else than FreeBSD. */
static const struct {
	int nr, bsd, here;
} linux_errno[] = {
	{ SYS_bind, EAGAIN, ENOMEM },
	{ SYS_connect, EAGAIN, ENOMEM },
	{ SYS_listen, EADDRNOTAVAIL, EADDRINUSE },	/* no port left */
};

static int
to_linux(const struct call *c, int error)
{
	unsigned i;

	for (i = 0; i < sizeof(linux_errno) / sizeof(linux_errno[0]); i++)
		if (linux_errno[i].nr == c->row->nr &&
		    linux_errno[i].bsd == error)
			return linux_errno[i].here;
	return error;
}

/* ---- helpers of all handlers ---- */

struct cred
call_cred(const struct call *c)
{
	uid_t uid;

	if (target_euid(&c->d->targets, c->tid, &uid) != 0)
		uid = (uid_t)-1;
	/* A socket stays its maker's jail's, whoever it is handed to. */
	return djail_cred(c->face != NULL ? c->face->jail : c->jail, uid);
}

int
sockaddr_in(struct call *c, uint64_t addr, uint32_t len, int *family,
    struct endpoint *ep)
{
	struct sockaddr_storage ss;
	struct sockaddr_in sin;
	int error;

	if (len < sizeof(ss.ss_family) || len > sizeof(ss))
		return EINVAL;
	if ((error = call_copyin(c, addr, &ss, len)) != 0)
		return error;
	*family = ss.ss_family;
	if (*family != AF_INET)
		return 0;
	if (len < sizeof(sin))
		return EINVAL;
	memcpy(&sin, &ss, sizeof(sin));
	ep->addr = inaddr_v4(sin.sin_addr.s_addr);
	ep->port = sin.sin_port;
	return 0;
}

int
sockaddr_out(struct call *c, uint64_t addr, uint64_t lenaddr,
    const struct endpoint *ep)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int32_t len;
	int error;

	if (addr == 0)
		return 0;
	if ((error = call_copyin(c, lenaddr, &len, sizeof(len))) != 0)
		return error;
	if (len < 0)
		return EINVAL;
	sin.sin_addr.s_addr = inaddr_to_v4(&ep->addr);
	sin.sin_port = ep->port;
	if ((size_t)len > sizeof(sin))
		len = (int32_t)sizeof(sin);
	error = call_copyout(c, addr, &sin, (size_t)len);
	if (error != 0)
		return error;
	len = (int32_t)sizeof(sin);
	return call_copyout(c, lenaddr, &len, sizeof(len));
}

bool
call_nonblock(const struct call *c, int flags)
{
	if (flags & MSG_DONTWAIT)
		return true;
	return (fcntl(c->app, F_GETFL) & O_NONBLOCK) != 0;
}

uint64_t
call_timeout(const struct call *c, int optname)
{
	struct timeval tv = { 0, 0 };
	socklen_t len = sizeof(tv);

	if (getsockopt(c->app, SOL_SOCKET, optname, &tv, &len) < 0)
		return 0;
	return (uint64_t)tv.tv_sec * NSEC_PER_SEC + (uint64_t)tv.tv_usec * 1000;
}

static bool
is_dgram(const struct face *f)
{
	return f->state == FACE_DGRAM;
}

/* ---- socket ---- */

/*
 * A free number for a UDP socket among those the filter knows (dgram.h), or -1.
 * Another thread could take it meanwhile, so a process of several is not asked.
 */
static int
dgram_number(const struct call *c)
{
	int fd, n;

	if (!target_alone(c->tid))
		return -1;
	for (n = DGRAM_FDS + (int)~DGRAM_FDMASK; n >= DGRAM_FDS; n--) {
		fd = target_getfd(&c->d->targets, c->tid, n);
		if (fd < 0)
			return errno == EBADF ? n : -1;
		close(fd);
	}
	return -1;
}

static int
inject_app(struct call *c, int app, bool dgram, bool cloexec, int *num)
{
	if (dgram && (*num = dgram_number(c)) >= 0 &&
	    notify_addfd_at(c, app, cloexec, *num) == 0)
		return 0;
	return notify_addfd(c, app, cloexec, num);
}

static int
socket_inject(struct call *c, struct socket *so, int flags)
{
	bool dgram = so->so_type != SOCK_STREAM;
	struct pair p;
	struct face *f;
	int error, num;

	error = pair_get(&c->d->pairs, dgram ? PAIR_DGRAM : PAIR_FRESH, &p);
	if (error != 0) {
		soclose(so);
		return error;
	}
	if (flags & SOCK_NONBLOCK)
		(void)fcntl(p.app, F_SETFL, O_RDWR | O_NONBLOCK);
	f = face_new(c->d, c->jail, so, &p, dgram ? FACE_DGRAM : FACE_NEW);
	if (f == NULL) {
		close(p.app);
		close(p.own);
		soclose(so);
		return ENOBUFS;
	}
	error = inject_app(c, p.app, dgram, (flags & SOCK_CLOEXEC) != 0, &num);
	close(p.app);
	if (error != 0) {
		face_free(f, false);
		return error;
	}
	f->hint_tid = c->tid;
	f->hint_fd = num;
	return CALL_ANSWERED;
}

/* Families of which the kernel's sockets are held to the network namespace they
 * were made in, or have no network. */
bool
kernel_family(const struct call *c, int domain)
{
	return (domain == AF_ALG || domain == AF_PACKET) &&
	    prison_jid(c->jail->prison) != 0 &&
	    (prison_allow(c->jail->prison) & PR_ALLOW_SOCKET_AF) != 0;
}

static int
sys_socket(struct call *c)
{
	int domain = (int)c->args[0], type = (int)c->args[1];
	int flags = type & (SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct cred cred;
	struct socket *so;
	int error;

	if (domain == AF_NETLINK && (int)c->args[2] == NETLINK_SOCK_DIAG)
		return sockdiag_socket(c);
	if (domain == AF_UNIX || domain == AF_NETLINK)
		return CALL_CONTINUE;
	if (domain == AF_NETJAIL)
		return control_inject(c);
	if (kernel_family(c, domain))
		return CALL_CONTINUE;
	if (domain != AF_INET)
		return EAFNOSUPPORT;
	type &= ~flags;
	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW)
		return type >= 0 && type <= SOCK_PACKET ? ESOCKTNOSUPPORT :
							   EINVAL;
	cred = call_cred(c);
	if (prison_check_af(c->d->vnet, &cred, AF_INET) != 0)
		return EAFNOSUPPORT;	/* BSD: EPROTONOSUPPORT */
	error = socreate(c->d->vnet, AF_INET, type, (int)c->args[2], &cred,
	    &so);
	if (error != 0)
		return error;
	return socket_inject(c, so, flags);
}

/* ---- bind, listen ---- */

/*
 * BSD's EADDRNOTAVAIL has two meanings: not an address of ours, and no port
 * left in the range; the second is EADDRINUSE on Linux.
 */
static int
bind_errno(const struct call *c, const struct cred *cred,
    const struct endpoint *ep, int error)
{
	struct inaddr a = ep->addr;

	if (error != EADDRNOTAVAIL || ep->port != 0)
		return to_linux(c, error);
	if (prison_local_ip(cred, &a) != 0)
		return error;
	if (!inaddr_is_any(&a) && !in_localaddr(c->d->vnet, &a))
		return error;
	return EADDRINUSE;
}

static int
sys_bind(struct call *c)
{
	struct endpoint ep = { .port = 0 };
	struct cred cred;
	int error, family;

	error = sockaddr_in(c, c->args[1], (uint32_t)c->args[2], &family, &ep);
	if (error != 0)
		return error;
	if (family != AF_INET)
		return EAFNOSUPPORT;
	if (c->face->so == NULL)
		return EINVAL;
	cred = call_cred(c);
	error = sobind(c->face->so, &ep, &cred);
	/* Each refusal is counted: not again unless something has changed. */
	if (error == EADDRINUSE && notify_reap(c->d))
		error = sobind(c->face->so, &ep, &cred);
	if (error != 0)
		return bind_errno(c, &cred, &ep, error);
	c->face->bound = true;
	c->face->lname = ep;
	return 0;
}

static int
sys_listen(struct call *c)
{
	struct face *f = c->face;
	int error;

	if (is_dgram(f))
		return EOPNOTSUPP;
	if (f->state != FACE_NEW && f->state != FACE_LISTENING)
		return EINVAL;
	if ((error = solisten(f->so, (int)c->args[1], &f->so->so_cred)) != 0)
		return to_linux(c, error);
	if (f->state == FACE_NEW)
		face_set_state(f, FACE_LISTENING);
	return 0;
}

/* ---- connect ---- */

static int
connect_dgram(struct call *c, int family, const struct endpoint *ep)
{
	struct socket *so = c->face->so;

	if (family == AF_UNSPEC)
		return sodisconnect(so);
	return to_linux(c, soconnect(so, ep, &so->so_cred));
}

/* The handshake has ended one way or the other, or goes on. */
static int
connect_outcome(struct call *c)
{
	struct face *f = c->face;
	int error;

	if (f->so->so_state & SS_ISCONNECTED) {
		if (f->state == FACE_CONNECTING)
			face_connected(f, c->app);
		f->told = true;
		return 0;
	}
	if (f->so->so_state & SS_ISCONNECTING) {
		if (call_nonblock(c, 0))
			return c->parked ? CALL_PARK : EINPROGRESS;
		c->timeout = call_timeout(c, SO_SNDTIMEO);
		return CALL_PARK;
	}
	error = sogeterror(f->so);
	(void)face_renew(f);
	return error != 0 ? error : ECONNABORTED;
}

static int
connect_begin(struct call *c, const struct endpoint *ep)
{
	struct face *f = c->face;
	int error;

	if (ep->port == 0)
		return ECONNREFUSED;	/* BSD: EADDRNOTAVAIL */
	error = soconnect(f->so, ep, &f->so->so_cred);
	if (error != 0 && error != EINPROGRESS)
		return to_linux(c, error);
	face_set_state(f, FACE_CONNECTING);
	/* On lo0 the answer is here as soon as the queue has been run. */
	(void)vnet_run(c->d->vnet, 64);
	return connect_outcome(c);
}

static int
connect_gone(struct face *f)
{
	int error = f->error;

	f->error = 0;
	return error != 0 ? error : ECONNABORTED;
}

static int
sys_connect(struct call *c)
{
	struct face *f = c->face;
	struct endpoint ep = { .port = 0 };
	int error, family;

	if (c->parked)
		return f->state == FACE_GONE ? connect_gone(f) :
					       connect_outcome(c);
	error = sockaddr_in(c, c->args[1], (uint32_t)c->args[2], &family, &ep);
	if (error != 0)
		return error;
	if (family != AF_INET && family != AF_UNSPEC)
		return EAFNOSUPPORT;
	switch (f->state) {
	case FACE_DGRAM:
		return connect_dgram(c, family, &ep);
	case FACE_NEW:
		return family == AF_UNSPEC ? 0 : connect_begin(c, &ep);
	case FACE_CONNECTING:
		if ((f->so->so_state & SS_ISCONNECTING) && call_nonblock(c, 0))
			return EALREADY;
		return connect_outcome(c);
	case FACE_OPEN:
		if (f->told)
			return EISCONN;
		f->told = true;
		return 0;
	case FACE_LISTENING:
		return EISCONN;
	case FACE_GONE:
		return connect_gone(f);
	case FACE_DIAG:
	case FACE_NSTATES:
		break;
	}
	return EINVAL;
}

/* ---- accept ---- */

/* As many tokens in the program's queue as connections still wait. */
static void
accept_tokens(const struct call *c)
{
	struct face *f = c->face;
	char byte;
	int n = 0;

	if (f->tokens <= f->so->so_qlen)
		return;
	/* The program may have read some itself. */
	if (ioctl(c->app, FIONREAD, &n) == 0 && n >= 0 &&
	    (unsigned)n < f->tokens)
		f->tokens = (unsigned)n;
	while (f->tokens > f->so->so_qlen) {
		if (recv(c->app, &byte, 1, MSG_DONTWAIT) != 1)
			break;
		f->tokens--;
	}
}

/* A face for the accepted socket; its app end in *app. */
static int
accept_face(struct call *c, struct socket *so, int flags, struct face **fp,
    int *app)
{
	struct pair p;
	int error;

	if ((error = pair_get(&c->d->pairs, PAIR_STREAM, &p)) != 0)
		return error;
	if (flags & SOCK_NONBLOCK)
		(void)fcntl(p.app, F_SETFL, O_RDWR | O_NONBLOCK);
	*fp = face_new(c->d, c->face->jail, so, &p, FACE_OPEN);
	if (*fp == NULL) {
		close(p.app);
		close(p.own);
		return ENOBUFS;
	}
	*app = p.app;
	return 0;
}

/* Give the caller the connection; on error it is still the caller's of ours. */
static int
accept_deliver(struct call *c, struct socket *so, const struct endpoint *peer,
    int flags)
{
	struct face *f;
	int app, error, num;

	error = sockaddr_out(c, c->args[1], c->args[2], peer);
	if (error == 0)
		error = accept_face(c, so, flags, &f, &app);
	if (error != 0)
		return error;
	error = notify_addfd(c, app, (flags & SOCK_CLOEXEC) != 0, &num);
	close(app);
	if (error != 0) {
		f->so = NULL;
		face_free(f, false);
		return error;
	}
	f->told = true;
	f->hint_tid = c->tid;
	f->hint_fd = num;
	face_dirty(f);
	return 0;
}

static int
accept_common(struct call *c, int flags)
{
	struct face *f = c->face;
	struct socket *so;
	struct endpoint peer;
	int error;

	if (is_dgram(f))
		return EOPNOTSUPP;
	if (f->state != FACE_LISTENING)
		return EINVAL;
	error = soaccept(f->so, &so, &peer);
	if (error == 0 && (error = accept_deliver(c, so, &peer, flags)) != 0)
		sounaccept(f->so, so);
	else if (error == 0)
		error = CALL_ANSWERED;
	accept_tokens(c);
	if (error != EWOULDBLOCK)
		return error;
	if (call_nonblock(c, 0))
		return EAGAIN;
	c->timeout = call_timeout(c, SO_RCVTIMEO);
	return CALL_PARK;
}

static int
sys_accept(struct call *c)
{
	return accept_common(c, 0);
}

static int
sys_accept4(struct call *c)
{
	int flags = (int)c->args[3];

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return EINVAL;
	return accept_common(c, flags);
}

/* ---- names, shutdown, ioctl ---- */

static int
sys_getsockname(struct call *c)
{
	struct endpoint ep = c->face->lname;

	if (c->args[1] == 0 || c->args[2] == 0)
		return EFAULT;
	if (c->face->so != NULL)
		sosockaddr(c->face->so, &ep);
	return sockaddr_out(c, c->args[1], c->args[2], &ep);
}

static int
sys_getpeername(struct call *c)
{
	struct endpoint ep;
	int error;

	if (c->face->so == NULL)
		return ENOTCONN;
	if ((error = sopeeraddr(c->face->so, &ep)) != 0)
		return error;
	if (c->args[1] == 0 || c->args[2] == 0)
		return EFAULT;
	return sockaddr_out(c, c->args[1], c->args[2], &ep);
}

static int
sys_shutdown(struct call *c)
{
	struct face *f = c->face;
	struct endpoint peer;
	int how = (int)c->args[1];

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return EINVAL;
	switch (f->state) {
	case FACE_OPEN:
		return CALL_CONTINUE;	/* pump.c sees it at our end */
	case FACE_LISTENING:
		if (how == SHUT_WR)
			return 0;
		notify_cancel(f, EINVAL);
		return face_renew(f);
	case FACE_DGRAM:
		if (sopeeraddr(f->so, &peer) != 0)
			return ENOTCONN;
		if (how != SHUT_RD)
			f->app_eof = true;
		(void)shutdown(c->app, how);
		return soshutdown(f->so, how);
	case FACE_NEW:
	case FACE_CONNECTING:
	case FACE_GONE:
	case FACE_DIAG:
	case FACE_NSTATES:
		break;
	}
	return ENOTCONN;
}

/* Bytes written but not yet acknowledged; datagrams are gone when sent. */
static int
output_queue(const struct face *f)
{
	int n = 0;

	if (f->state != FACE_OPEN)
		return 0;
	(void)ioctl(f->src.fd, FIONREAD, &n);
	return n + (int)f->so->so_snd.sb_cc;
}

static int
sys_ioctl(struct call *c)
{
	struct face *f = c->face;
	struct dgram dg;
	int n;

	if (is_ifreq((unsigned)c->args[1]))
		return ifreq_ioctl(c);
	if ((unsigned)c->args[1] == SIOCOUTQ)
		n = output_queue(f);
	else if (f->state == FACE_LISTENING)
		return EINVAL;
	else if (!is_dgram(f))
		return CALL_CONTINUE;
	else if (dgram_receive(f, c->app, NULL, 0, 1, &dg) == 0)
		n = (int)dg.len;	/* UDP: of the next one only */
	else
		n = 0;
	return call_copyout(c, c->args[2], &n, sizeof(n));
}

static int
diag_ioctl(struct call *c)
{
	return is_ifreq((unsigned)c->args[1]) ? ifreq_ioctl(c) : CALL_CONTINUE;
}

/* ---- what a jail may be allowed beside sockets ---- */

/* Making or finding what System V knows; it is in the jail's own namespace. */
static int
sys_sysvipc(struct call *c)
{
	if (prison_jid(c->jail->prison) == 0 ||
	    (prison_allow(c->jail->prison) & PR_ALLOW_SYSVIPC) != 0)
		return CALL_CONTINUE;
	return ENOSYS;
}

/*
 * Programs lack the capability over the jail's own mounts (launch_caps.c), but
 * not over those of a user namespace that they make.  Nothing can be mounted
 * there, either, but by a jail that may have jails below it, which need it.
 */
static int
sys_mount(struct call *c)
{
	const struct prison *pr = c->jail->prison;

	return prison_jid(pr) == 0 || prison_children_max(pr) > 0 ?
	    CALL_CONTINUE : EPERM;
}

/* A jail's init sets it: programs lack the capability (launch_caps.c).  In
 * another UTS namespace than the jail's it is between them and the kernel. */
static int
sys_sethostname(struct call *c)
{
	struct prison *pr = c->jail->prison;
	char name[LINUX_HOSTMAX + 1] = "";
	size_t i, len = c->args[1];
	int error;

	if (prison_jid(pr) == 0)
		return CALL_CONTINUE;
	if ((prison_allow(pr) & PR_ALLOW_SET_HOSTNAME) == 0)
		return EPERM;
	if (call_cred(c).uid != 0 || len > LINUX_HOSTMAX ||
	    !nest_same_uts(c->jail, c->tid))
		return CALL_CONTINUE;
	if ((error = call_copyin(c, c->args[0], name, len)) != 0)
		return error;
	for (i = 0; i < strlen(name); i++)
		if ((unsigned char)name[i] < ' ' || name[i] == '\177')
			return EINVAL;
	if ((error = prison_set_hostname(pr, name)) != 0)
		return error;
	djail_tell_host(c->jail);
	return 0;
}

/* ---- the table ---- */

#define INT_EQ(n, v)	 { .arg = (n), .test = ARG_INT_EQ, .value = (v) }
#define NOT(n, v)	 { .arg = (n), .test = ARG_NOT, .value = (v) }
#define GE(n, v)	 { .arg = (n), .test = ARG_GE, .value = (v) }
#define SOL_AND(v)                                                         \
	{ .arg = 1, .test = ARG_INT_EQ, .value = SOL_SOCKET,               \
	    .arg2 = 2, .test2 = ARG_INT_EQ, .value2 = (v) }

/* Families: UNIX (1) is the kernel's, and so is NETLINK (16) but for one. */
static const struct trap trap_socket[] = {
	INT_EQ(0, 0), INT_EQ(0, AF_INET), INT_EQ(0, 3), INT_EQ(0, 4),
	INT_EQ(0, 5), INT_EQ(0, 6), INT_EQ(0, 7), INT_EQ(0, 8), INT_EQ(0, 9),
	INT_EQ(0, AF_INET6), INT_EQ(0, 11), INT_EQ(0, 12), INT_EQ(0, 13),
	INT_EQ(0, 14), INT_EQ(0, 15), GE(0, 17),
	{ .arg = 0, .test = ARG_INT_EQ, .value = AF_NETLINK,
	    .arg2 = 2, .test2 = ARG_INT_EQ, .value2 = NETLINK_SOCK_DIAG },
};

static const struct trap trap_getsockopt[] = {
	NOT(1, SOL_SOCKET), SOL_AND(SO_ERROR), SOL_AND(SO_TYPE),
	SOL_AND(SO_DOMAIN), SOL_AND(SO_PROTOCOL), SOL_AND(SO_ACCEPTCONN),
	SOL_AND(SO_PEERCRED), SOL_AND(SO_LINGER), SOL_AND(SO_KEEPALIVE),
	SOL_AND(SO_REUSEADDR), SOL_AND(SO_REUSEPORT), SOL_AND(SO_BROADCAST),
	SOL_AND(SO_DONTROUTE), SOL_AND(SO_OOBINLINE), SOL_AND(SO_SNDBUF),
	SOL_AND(SO_RCVBUF), SOL_AND(SO_BINDTODEVICE), SOL_AND(SO_PEERPIDFD),
	SOL_AND(SO_PEERGROUPS), SOL_AND(SO_PEERSEC),
};

static const struct trap trap_setsockopt[] = {
	NOT(1, SOL_SOCKET), SOL_AND(SO_LINGER), SOL_AND(SO_KEEPALIVE),
	SOL_AND(SO_REUSEADDR), SOL_AND(SO_REUSEPORT), SOL_AND(SO_BROADCAST),
	SOL_AND(SO_DONTROUTE), SOL_AND(SO_OOBINLINE), SOL_AND(SO_SNDBUF),
	SOL_AND(SO_RCVBUF), SOL_AND(SO_SNDBUFFORCE), SOL_AND(SO_RCVBUFFORCE),
	SOL_AND(SO_BINDTODEVICE), SOL_AND(SO_PASSCRED), SOL_AND(SO_ZEROCOPY),
};

/* With an address, or on a descriptor that may be a UDP socket (dgram.h). */
static const struct trap trap_address[] = {
	NOT(4, 0), { .arg = 0, .test = ARG_DGRAM_FD },
};
static const struct trap trap_ioctl[] = {
	INT_EQ(1, FIONREAD), INT_EQ(1, SIOCOUTQ), GE(1, IFREQ_FIRST),
};

#define TRAPS(t) .traps = (t), .ntraps = sizeof(t) / sizeof((t)[0])

/* By number of the call in the kernel's table of the machine. */
static const struct sockcall sockcalls[] = {
	{ SYS_socket, "socket", sys_socket, TRAPS(trap_socket) },
	{ SYS_bind, "bind", sys_bind, .wantfd = true,
	    .diag = sockdiag_bind },
	{ SYS_listen, "listen", sys_listen, .wantfd = true },
	{ SYS_connect, "connect", sys_connect, .wantfd = true,
	    .diag = sockdiag_connect, .timedout = EINPROGRESS },
	{ SYS_accept, "accept", sys_accept, .wantfd = true,
	    .timedout = EAGAIN },
	{ SYS_accept4, "accept4", sys_accept4, .wantfd = true,
	    .timedout = EAGAIN },
	{ SYS_getsockname, "getsockname", sys_getsockname, .wantfd = true,
	    .diag = sockdiag_getsockname, .harmless = true },
	{ SYS_getpeername, "getpeername", sys_getpeername, .wantfd = true,
	    .diag = sockdiag_getpeername, .harmless = true },
	{ SYS_shutdown, "shutdown", sys_shutdown, .wantfd = true,
	    .harmless = true },
	{ SYS_getsockopt, "getsockopt", sys_getsockopt, .wantfd = true,
	    .diag = sockdiag_getsockopt, .harmless = true, TRAPS(trap_getsockopt) },
	{ SYS_setsockopt, "setsockopt", sys_setsockopt, .wantfd = true,
	    .diag = sockdiag_setsockopt, .harmless = true, TRAPS(trap_setsockopt) },
	{ SYS_sendto, "sendto", sys_sendto, .wantfd = true,
	    .diag = sockdiag_continue, .timedout = EAGAIN, TRAPS(trap_address) },
	{ SYS_recvfrom, "recvfrom", sys_recvfrom, .wantfd = true,
	    .diag = sys_recvfrom, .harmless = true, .timedout = EAGAIN, TRAPS(trap_address) },
	{ SYS_sendmsg, "sendmsg", sys_sendmsg, .wantfd = true,
	    .diag = sockdiag_continue },
	{ SYS_recvmsg, "recvmsg", sys_recvmsg, .wantfd = true,
	    .diag = sys_recvmsg, .harmless = true, .timedout = EAGAIN },
	{ SYS_sendmmsg, "sendmmsg", sys_sendmmsg, .wantfd = true,
	    .diag = sockdiag_continue },
	{ SYS_recvmmsg, "recvmmsg", sys_recvmmsg, .wantfd = true,
	    .diag = sys_recvmmsg, .harmless = true, .timedout = EAGAIN },
	{ SYS_ioctl, "ioctl", sys_ioctl, .wantfd = true,
	    .diag = diag_ioctl, .harmless = true,
	    TRAPS(trap_ioctl) },
	{ SYS_shmget, "shmget", .fn = sys_sysvipc },
	{ SYS_semget, "semget", .fn = sys_sysvipc },
	{ SYS_msgget, "msgget", .fn = sys_sysvipc },
	{ SYS_sethostname, "sethostname", .fn = sys_sethostname },
	{ SYS_mount, "mount", .fn = sys_mount },
	{ SYS_umount2, "umount2", .fn = sys_mount },
	{ SYS_pivot_root, "pivot_root", .fn = sys_mount },
	{ SYS_fsopen, "fsopen", .fn = sys_mount },
	{ SYS_fspick, "fspick", .fn = sys_mount },
	{ SYS_fsmount, "fsmount", .fn = sys_mount },
	{ SYS_move_mount, "move_mount", .fn = sys_mount },
	{ SYS_mount_setattr, "mount_setattr", .fn = sys_mount },
	/* A way around the filter; programs fall back to what is above. */
	{ SYS_io_uring_setup, "io_uring_setup", .fn = NULL },
	{ SYS_io_uring_enter, "io_uring_enter", .fn = NULL },
	{ SYS_io_uring_register, "io_uring_register", .fn = NULL },
};

const struct sockcall *
sockcall_row(unsigned i)
{
	return i < sizeof(sockcalls) / sizeof(sockcalls[0]) ? &sockcalls[i] :
							      NULL;
}

const struct sockcall *
sockcall_find(int nr)
{
	unsigned i;

	for (i = 0; i < sizeof(sockcalls) / sizeof(sockcalls[0]); i++)
		if (sockcalls[i].nr == nr)
			return &sockcalls[i];
	return NULL;
}
