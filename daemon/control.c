/*
 * control.c - requests of the tools, one at a time per connection.
 *
 * A connection is read while no request is in hand, and written while a reply
 * waits; never both, so a client that does not read is not read from, and costs
 * one slice of output at the most.  It is neither while an answer takes its
 * time elsewhere (conn_wait()).  A sysctl runs a slice at a time, between other
 * events.  What a slice has said is sent from where its handler put it.
 *
 * Who asks is fixed when the connection is made: the owner of the stack or
 * root over the socket file; a jail's process over an injected descriptor, and
 * then it may read and write the MIB as that jail, and see to the jails below
 * it.
 *
 * This file knows a stack and its MIB, and no jails: it serves any vnet that an
 * event loop drives.  What else a daemon answers is in its control_ops.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/control.h"
#include "daemon/turn.h"
#include "netjail/prison.h"

/*
 * How long all readers together may keep packets waiting in one turn, and how
 * much of a listing is on its way to each (the system may grant less): enough
 * that a reader on another CPU seldom has to be waited for.
 */
#define TURN_NS		(NSEC_PER_MSEC / 10)
#define SEND_BYTES	(4 << 20)

/* ---- output ---- */

static int
conn_put(struct conn *cn, const void *p, size_t len)
{
	uint8_t *n;
	size_t cap;

	if (cn->outlen + len > cn->outcap) {
		cap = (cn->outlen + len) * 2;
		if ((n = realloc(cn->out, cap)) == NULL)
			return ENOMEM;
		cn->out = n;
		cn->outcap = cap;
	}
	if (len > 0)
		memcpy(cn->out + cn->outlen, p, len);
	cn->outlen += len;
	return 0;
}

int
conn_reply(struct conn *cn, unsigned op, int error, uint32_t arg,
    const void *payload, size_t len)
{
	struct ctlmsg m = {
		.len = (uint32_t)(sizeof(m) + len), .op = (uint16_t)op,
		.error = error, .arg = arg,
	};

	if (conn_put(cn, &m, sizeof(m)) != 0)
		return ENOMEM;
	return conn_put(cn, payload, len);
}

int
conn_end(struct conn *cn, int error, uint32_t arg)
{
	return conn_reply(cn, CTL_END, error, arg, NULL, 0);
}

size_t
conn_waits(const struct conn *cn)
{
	return cn->outlen - cn->outpos;
}

/* n bytes of what waits, data first, have been written. */
static void
conn_sent(struct conn *cn, size_t n)
{
	size_t data = cn->datalen - cn->datapos;

	if (n < data) {
		cn->datapos += n;
		return;
	}
	cn->datalen = cn->datapos = 0;
	cn->outpos += n - data;
	if (cn->outpos == cn->outlen)
		cn->outpos = cn->outlen = 0;
}

/* What waits, as sendmsg(2) wants it. */
static int
conn_waiting(const struct conn *cn, struct iovec iov[3])
{
	const struct iovec all[3] = {
		{ (void *)(uintptr_t)&cn->datahdr,
		    cn->datalen == 0 ? 0 : sizeof(cn->datahdr) },
		{ cn->req.out,
		    cn->datalen == 0 ? 0 : cn->datalen - sizeof(cn->datahdr) },
		{ cn->outlen == 0 ? NULL : cn->out + cn->outpos,
		    cn->outlen - cn->outpos },
	};
	size_t skip = cn->datapos;
	int i, n = 0;

	for (i = 0; i < 3; i++) {
		if (all[i].iov_len <= skip) {
			skip -= all[i].iov_len;
			continue;
		}
		iov[n].iov_base = (char *)all[i].iov_base + skip;
		iov[n++].iov_len = all[i].iov_len - skip;
		skip = 0;
	}
	return n;
}

/* True: all is written.  False: wait, or (*error) the peer is gone. */
static bool
conn_flush(struct conn *cn, int *error)
{
	struct iovec iov[3];
	struct msghdr mh = { .msg_iov = iov };
	ssize_t n;

	*error = 0;
	while ((mh.msg_iovlen = (size_t)conn_waiting(cn, iov)) > 0) {
		n = sendmsg(cn->src.fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*error = errno == EAGAIN ? 0 : errno;
			return false;
		}
		conn_sent(cn, (size_t)n);
	}
	return true;
}

/* ---- sysctl ---- */

static int
sysctl_begin(struct conn *cn, const struct ctlmsg *m)
{
	struct ctl_sysctl cs;
	const uint8_t *p = cn->in + sizeof(*m);
	size_t len = m->len - sizeof(*m);

	if (len < sizeof(cs))
		return EINVAL;
	memcpy(&cs, p, sizeof(cs));
	if (cs.namelen > CTL_MAXNAME || len - sizeof(cs) !=
	    cs.namelen * sizeof(int) + (uint64_t)cs.newlen)
		return EINVAL;
	memcpy(cn->mib, p + sizeof(cs), cs.namelen * sizeof(int));
	cn->miblen = cs.namelen;
	free(cn->req.out);
	memset(&cn->req, 0, sizeof(cn->req));
	cn->newval = NULL;
	if (cs.flags & CTL_NEW) {
		if ((cn->newval = malloc(cs.newlen + 1)) == NULL)
			return ENOMEM;
		memcpy(cn->newval, p + sizeof(cs) + cs.namelen * sizeof(int),
		    cs.newlen);
		cn->req.newptr = cn->newval;
		cn->req.newlen = cs.newlen;
	}
	cn->req.vnet = cn->ctl->vnet;
	cn->req.cred = &cn->cred;
	cn->req.jailed = jailed(cn->ctl->vnet, &cn->cred);
	cn->req.sizeonly = (cs.flags & CTL_SIZEONLY) != 0;
	cn->room = cs.oldlen;
	cn->short_room = false;
	cn->busy = true;
	return 0;
}

static int
sysctl_end(struct conn *cn, int error)
{
	cn->busy = false;
	if (error == 0 && cn->req.newptr != NULL && cn->ctl->ops != NULL)
		cn->ctl->ops->written(cn);
	if (error == 0 && cn->short_room)
		error = ENOMEM;
	free(cn->newval);
	cn->newval = NULL;
	cn->req.newptr = NULL;
	return conn_end(cn, error, (uint32_t)cn->req.total);
}

/* One slice, whose bytes stay in req.out until they are sent.  0, or ENOMEM. */
static int
sysctl_slice(struct conn *cn)
{
	size_t len;
	int r;

	cn->req.outlen = 0;
	r = sysctl_step(cn->mib, cn->miblen, &cn->req);
	len = cn->req.outlen;
	if (len > cn->room) {
		len = (size_t)cn->room;
		cn->short_room = true;
	}
	cn->room -= len;
	if (len > 0) {
		cn->datalen = sizeof(cn->datahdr) + len;
		cn->datahdr = (struct ctlmsg) {
			.len = (uint32_t)cn->datalen, .op = CTL_DATA,
		};
	}
	return r == SYSCTL_MORE ? 0 : sysctl_end(cn, r);
}

/* ---- requests ---- */

int
conn_takefd(struct conn *cn)
{
	int fd = cn->infd;

	cn->infd = -1;
	return fd;
}

/* 0, or an errno that ends the connection. */
static int
conn_request(struct conn *cn, const struct ctlmsg *m)
{
	int error;

	/* A jail's root can take the leash from init: it must be of no use. */
	if (cn->leash != NULL)
		return EBADMSG;
	if (m->op == CTL_MIB) {
		error = sysctl_begin(cn, m);
		return error != 0 ? conn_end(cn, error, 0) : 0;
	}
	if (m->op == CTL_PING)
		return conn_end(cn, 0, 0);
	if (cn->ctl->ops == NULL)
		return conn_end(cn, EINVAL, 0);
	return cn->ctl->ops->request(cn, m);
}

/* Handle a whole request in cn->in, if there is one.  *did says so. */
static int
conn_next(struct conn *cn, bool *did)
{
	struct ctlmsg m;
	int error;

	*did = false;
	if (cn->inlen < sizeof(m))
		return 0;
	memcpy(&m, cn->in, sizeof(m));
	if (m.len < sizeof(m) || m.len > sizeof(cn->in))
		return EBADMSG;
	if (cn->inlen < m.len)
		return 0;
	*did = true;
	error = conn_request(cn, &m);
	cn->inlen -= m.len;
	memmove(cn->in, cn->in + m.len, cn->inlen);
	if (cn->infd >= 0)
		close(conn_takefd(cn));
	return error;
}

/* Read what is there.  0, EAGAIN, or an errno that ends the connection. */
static int
conn_read(struct conn *cn)
{
	struct iovec iov = { cn->in + cn->inlen, sizeof(cn->in) - cn->inlen };
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} cm;
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &cm, .msg_controllen = sizeof(cm),
	};
	struct cmsghdr *h;
	ssize_t n;

	n = recvmsg(cn->src.fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EINTR ? EAGAIN : errno;
	h = CMSG_FIRSTHDR(&mh);
	if (h != NULL && h->cmsg_type == SCM_RIGHTS) {
		if (cn->infd >= 0)
			close(cn->infd);
		memcpy(&cn->infd, CMSG_DATA(h), sizeof(cn->infd));
	}
	cn->inlen += (size_t)n;
	return n == 0 ? ECONNRESET : 0;
}

/* ---- connections ---- */

static void
conn_want(struct conn *cn, uint32_t events)
{
	if (cn->want == events)
		return;
	cn->want = events;
	(void)loop_mod(cn->ctl->loop, &cn->src, events);
}

void
conn_wait(struct conn *cn)
{
	cn->waits = true;
}

void
conn_answered(struct conn *cn, int error)
{
	/* At once: its jail may be about to go, and take it along. */
	if (error == 0)
		(void)conn_flush(cn, &error);
	if (error != 0) {
		conn_free(cn);
		return;
	}
	cn->waits = false;
	conn_want(cn, EPOLLOUT);
}

/* A turn is known by its time. */
static void
control_turn(struct control *ctl, uint64_t now)
{
	ctl->turn = ctl->vnet->now;
	ctl->turn_end = now + TURN_NS;
	ctl->nturn++;
	ctl->queue = ctl->put_off;
	ctl->put_off = ctl->served = false;
}

/*
 * Must cn wait for another turn?  One turn is for those that had nothing of the
 * last, if there are any: events come in the same order each time, and the
 * first may have enough to do for all of it.  Of them whoever comes first has a
 * slice for certain.  worked: cn has had one in this turn.
 */
static bool
turn_over(struct conn *cn, bool worked)
{
	struct control *ctl = cn->ctl;
	uint64_t now = loop_now();

	if (ctl->turn != ctl->vnet->now)
		control_turn(ctl, now);
	if (worked || !ctl->queue || cn->put_off + 1 == ctl->nturn) {
		if (!ctl->served || now < ctl->turn_end) {
			ctl->served = true;
			return false;
		}
	}
	if (!worked) {
		cn->put_off = ctl->nturn;
		ctl->put_off = true;
	}
	turn_putoff(ctl->vnet);
	return true;
}

int
conn_push(struct conn *cn, const void *p, size_t len)
{
	int error = conn_put(cn, p, len);

	if (error == 0)
		conn_want(cn, EPOLLOUT);
	return error;
}

/* Is there a request, or rubbish, to be handled? */
static bool
conn_asks(const struct conn *cn)
{
	struct ctlmsg m;

	if (cn->inlen < sizeof(m))
		return false;
	memcpy(&m, cn->in, sizeof(m));
	return m.len <= cn->inlen;
}

/* Go on until the client has to do something, or the turn is long: thousands of
 * requests may have come together. */
static int
conn_work(struct conn *cn)
{
	bool did = true, worked = false;
	int error;

	while (did) {
		if (!conn_flush(cn, &error)) {
			conn_want(cn, EPOLLOUT);
			return error;
		}
		if (cn->waits) {
			conn_want(cn, 0);
			return 0;
		}
		if (cn->busy || conn_asks(cn)) {
			if (turn_over(cn, worked)) {
				conn_want(cn, EPOLLOUT);
				return 0;
			}
			worked = true;
		}
		if (!cn->busy)
			error = conn_next(cn, &did);
		else if (cn->answer != NULL)
			error = cn->ctl->ops->slice(cn);
		else
			error = sysctl_slice(cn);
		if (error != 0)
			return error;
	}
	conn_want(cn, EPOLLIN);
	return 0;
}

void
conn_free(struct conn *cn)
{
	struct control *ctl = cn->ctl;

	if (ctl->ops != NULL)
		ctl->ops->gone(cn);
	TAILQ_REMOVE(&ctl->conns, cn, link);
	loop_del(ctl->loop, &cn->src);
	close(cn->src.fd);
	if (cn->infd >= 0)
		close(cn->infd);
	free(cn->newval);
	free(cn->req.out);
	free(cn->out);
	free(cn);
}

static void
conn_event(struct source *src, uint32_t events)
{
	struct conn *cn = (struct conn *)(void *)src;
	int error = 0;

	if (cn->want == EPOLLIN && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		error = conn_read(cn);
	else if (events & (EPOLLHUP | EPOLLERR))
		error = ECONNRESET;
	if (error == EAGAIN)
		return;
	if (error == 0)
		error = conn_work(cn);
	if (error != 0)
		conn_free(cn);
}

/* Privilege first: it is not bound by the system's maximum. */
static void
send_buffer(int fd)
{
	const int want = SEND_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &want,
	    sizeof(want)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &want,
		    sizeof(want));
}

struct conn *
conn_new(struct control *ctl, int fd, struct cred cred)
{
	struct conn *cn;

	if ((cn = calloc(1, sizeof(*cn))) == NULL) {
		close(fd);
		return NULL;
	}
	cn->src.fd = fd;
	cn->src.fn = conn_event;
	cn->ctl = ctl;
	cn->cred = cred;
	cn->infd = -1;
	cn->want = EPOLLIN;
	send_buffer(fd);
	if (loop_add(ctl->loop, &cn->src, EPOLLIN) != 0) {
		close(fd);
		free(cn);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&ctl->conns, cn, link);
	return cn;
}

/* ---- the listening socket ---- */

/*
 * Is the process at the other end of fd one of the outside?  The socket file
 * may be reached from a jail whose root is "/", and a jail's root may have the
 * owner's uid; what it never has is our user namespace.  peer.pid may have been
 * reused since it connected, so the pidfd must be alive afterwards; kernels
 * without SO_PEERPIDFD (before 6.5) leave that gap.
 */
static bool
peer_outside(int fd, pid_t pid)
{
	struct pollfd p = { .events = POLLIN };
	socklen_t len = sizeof(p.fd);
	struct stat ours, theirs;
	char path[64];
	bool same;

	snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	same = stat("/proc/self/ns/user", &ours) == 0 &&
	    stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	    ours.st_ino == theirs.st_ino;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &p.fd, &len) < 0)
		return same;
	if (poll(&p, 1, 0) != 0)
		same = false;
	close(p.fd);
	return same;
}

static bool
peer_allowed(const struct control *ctl, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return (peer.uid == ctl->owner || peer.uid == 0) &&
	    peer_outside(fd, peer.pid);
}

static void
control_event(struct source *src, uint32_t events)
{
	struct control *ctl = (struct control *)(void *)((char *)src -
	    offsetof(struct control, src));
	const struct cred host = { .prison = prison0(ctl->vnet) };
	int fd;

	(void)events;
	fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (!peer_allowed(ctl, fd)) {
		close(fd);
		return;
	}
	(void)conn_new(ctl, fd, host);
}

/* The directory, private to us.  It may exist. */
static int
control_dir(const char *path)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)], *slash;

	strcpy(dir, path);
	if ((slash = strrchr(dir, '/')) == NULL || slash == dir)
		return 0;
	*slash = '\0';
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return errno;
	return 0;
}

/* One daemon a socket: whoever holds the lock may remove a stale one. */
static int
control_lock(const char *path)
{
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + 8];
	int fd;

	strcpy(name, path);
	strcat(name, ".lock");
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	/* Held, with the descriptor, until the process ends. */
	return flock(fd, LOCK_EX | LOCK_NB) < 0 ? EADDRINUSE : 0;
}

/* All but the socket. */
static int
control_begin(struct control *ctl, struct loop *loop, struct vnet *v,
    const struct control_ops *ops, const char *path)
{
	int error;

	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return ENAMETOOLONG;
	if ((error = control_dir(path)) != 0 ||
	    (error = control_lock(path)) != 0)
		return error;
	ctl->vnet = v;
	ctl->loop = loop;
	ctl->ops = ops;
	ctl->owner = geteuid();
	TAILQ_INIT(&ctl->conns);
	ctl->src.fn = control_event;
	return 0;
}

int
control_init(struct control *ctl, struct loop *loop, struct vnet *v,
    const struct control_ops *ops, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int error;

	if ((error = control_begin(ctl, loop, v, ops, path)) != 0)
		return error;
	strcpy(sun.sun_path, path);
	(void)unlink(path);
	ctl->src.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (ctl->src.fd < 0 ||
	    bind(ctl->src.fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    chmod(path, 0600) < 0 || listen(ctl->src.fd, 64) < 0)
		return errno;
	return loop_add(loop, &ctl->src, EPOLLIN);
}

int
control_adopt(struct control *ctl, struct loop *loop, struct vnet *v,
    const struct control_ops *ops, const char *path, int fd)
{
	struct stat st;
	int error;

	if ((error = control_begin(ctl, loop, v, ops, path)) != 0)
		return error;
	if (lstat(path, &st) < 0)
		return errno;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != ctl->owner)
		return EPERM;
	if (chmod(path, 0600) < 0)
		return errno;
	ctl->src.fd = fd;
	ctl->adopted = true;
	return loop_add(loop, &ctl->src, EPOLLIN);
}

void
control_fini(struct control *ctl)
{
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);
	struct conn *cn;

	while ((cn = TAILQ_FIRST(&ctl->conns)) != NULL)
		conn_free(cn);
	if (!ctl->adopted &&
	    getsockname(ctl->src.fd, (struct sockaddr *)&sun, &len) == 0 &&
	    len > offsetof(struct sockaddr_un, sun_path))
		(void)unlink(sun.sun_path);
	close(ctl->src.fd);
}
