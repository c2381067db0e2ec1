/*
 * control.c - requests of the tools, one at a time per connection.
 *
 * A connection is read while no request is in hand, and written while a reply
 * waits; never both, so a client that does not read is not read from, and costs
 * one slice of output at the most.  A sysctl runs a slice at a time, between
 * other events.
 *
 * Who asks is fixed when the connection is made: the owner of the stack or
 * root over the socket file; a jail's process over an injected descriptor, and
 * then it may read and write the MIB as that jail, and nothing else.
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

#include "base/ctlmsg.h"
#include "daemon/control.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/filter.h"
#include "daemon/notify.h"
#include "daemon/sockcall.h"
#include "netjail/prison.h"
#include "sysctl/sysctl.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

#define CONN_SLICES 16		/* of a sysctl in one turn */

struct conn {
	struct source	 src;
	struct daemon	*d;
	struct djail	*jail;		/* whose eyes it sees with */
	struct cred	 cred;
	TAILQ_ENTRY(conn) link;
	uint8_t		 in[CTL_MAXREQUEST];
	size_t		 inlen;
	int		 infd;		/* passed with the request, or -1 */
	uint8_t		*out;
	size_t		 outlen, outpos, outcap;
	bool		 busy;		/* a sysctl is running */
	bool		 leash;		/* of a jail's init: see conn_request() */
	bool		 writing;	/* waits for EPOLLOUT */
	int		 mib[CTL_MAXNAME];
	unsigned	 miblen;
	uint64_t	 room;		/* of the old value, left */
	bool		 short_room;
	void		*newval;
	struct sysctl_req req;
};

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

static int
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

static int
conn_end(struct conn *cn, int error, uint32_t arg)
{
	return conn_reply(cn, CTL_END, error, arg, NULL, 0);
}

/* An end with a descriptor; nothing else is queued at that time. */
static int
conn_end_fd(struct conn *cn, int fd)
{
	struct ctlmsg m = { .len = sizeof(m), .op = CTL_END };
	struct iovec iov = { &m, sizeof(m) };
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} cm = { .h = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr mh = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &cm, .msg_controllen = sizeof(cm),
	};

	memcpy(CMSG_DATA(&cm.h), &fd, sizeof(fd));
	return sendmsg(cn->src.fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	    (ssize_t)sizeof(m) ? 0 : EIO;
}

/* True: all is written.  False: wait, or (*error) the peer is gone. */
static bool
conn_flush(struct conn *cn, int *error)
{
	ssize_t n;

	*error = 0;
	while (cn->outpos < cn->outlen) {
		n = send(cn->src.fd, cn->out + cn->outpos,
		    cn->outlen - cn->outpos, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*error = errno == EAGAIN ? 0 : errno;
			return false;
		}
		cn->outpos += (size_t)n;
	}
	cn->outpos = cn->outlen = 0;
	return true;
}

/* ---- sysctl ---- */

/* Bytes of sockets that wait outside the stack belong into a PCB listing. */
static void
count_parked(struct conn *cn)
{
	static const char *const lists[] = {
		"net.inet.tcp.pcblist", "net.inet.udp.pcblist",
	};
	int mib[CTL_MAXNAME];
	unsigned i, len;
	struct djail *j;
	struct face *f;

	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		len = CTL_MAXNAME;
		if (sysctl_lookup(cn->d->vnet, lists[i], mib, &len) != 0 ||
		    len != cn->miblen ||
		    memcmp(mib, cn->mib, len * sizeof(mib[0])) != 0)
			continue;
		TAILQ_FOREACH(j, &cn->d->djails, link)
			if (prison_check(cn->cred.prison, j->prison))
				TAILQ_FOREACH(f, &j->faces, jlink)
					face_count_parked(f);
	}
}

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
	cn->req.vnet = cn->d->vnet;
	cn->req.cred = &cn->cred;
	cn->req.jailed = jailed(cn->d->vnet, &cn->cred);
	cn->req.sizeonly = (cs.flags & CTL_SIZEONLY) != 0;
	cn->room = cs.oldlen;
	cn->short_room = false;
	cn->busy = true;
	count_parked(cn);
	return 0;
}

static int
sysctl_end(struct conn *cn, int error)
{
	cn->busy = false;
	free(cn->newval);
	free(cn->req.out);
	cn->newval = NULL;
	cn->req.out = NULL;
	if (error == 0 && cn->short_room)
		error = ENOMEM;
	return conn_end(cn, error, (uint32_t)cn->req.total);
}

/* One slice.  0, or ENOMEM. */
static int
sysctl_slice(struct conn *cn)
{
	size_t len;
	int r;

	r = sysctl_step(cn->mib, cn->miblen, &cn->req);
	len = cn->req.outlen;
	if (len > cn->room) {
		len = (size_t)cn->room;
		cn->short_room = true;
	}
	if (len > 0 && conn_reply(cn, CTL_DATA, 0, 0, cn->req.out, len) != 0)
		return ENOMEM;
	cn->room -= len;
	cn->req.outlen = 0;
	return r == SYSCTL_MORE ? 0 : sysctl_end(cn, r);
}

/* ---- jails ---- */

static int
req_jail_set(struct conn *cn, const struct ctlmsg *m)
{
	char msg[256] = "";
	struct djail *j;
	int error;

	error = djail_create(cn->d, (const char *)cn->in + sizeof(*m),
	    m->len - sizeof(*m), &j, msg, sizeof(msg));
	if (error != 0)
		return conn_reply(cn, CTL_END, error, 0, msg, strlen(msg));
	j->maker = cn;
	return conn_end(cn, 0, (uint32_t)prison_jid(j->prison));
}

static int
req_filter(struct conn *cn)
{
	size_t len;
	void *prog;
	int error;

	if ((prog = filter_make(&len)) == NULL)
		return conn_end(cn, errno, 0);
	error = conn_reply(cn, CTL_DATA, 0, 0, prog, len);
	free(prog);
	return error != 0 ? error : conn_end(cn, 0, 0);
}

/* The descriptor that came with the request; ours to keep. */
static int
take_fd(struct conn *cn)
{
	int fd = cn->infd;

	cn->infd = -1;
	return fd;
}

static int
req_jail_init(struct conn *cn, struct djail *j)
{
	int error;

	if (cn->infd < 0 || j->leash != NULL || j->state == DJAIL_DYING)
		return conn_end(cn, EINVAL, 0);
	if ((error = djail_watch(j, take_fd(cn))) == 0) {
		j->leash = cn;
		cn->leash = true;
	}
	return conn_end(cn, error, 0);
}

static int
req_notify(struct conn *cn, struct djail *j)
{
	int error = djail_listen(j, take_fd(cn));

	if (error == 0 && j->maker == cn)
		j->maker = NULL;
	return conn_end(cn, error, 0);
}

static int
req_jail(struct conn *cn, const struct ctlmsg *m)
{
	struct djail *j = djail_find(cn->d, (int)m->arg);
	bool host = j == TAILQ_FIRST(&cn->d->djails);

	if (j == NULL)
		return conn_end(cn, ESRCH, 0);
	switch (m->op) {
	case CTL_JAIL_INIT:
		return host ? conn_end(cn, EINVAL, 0) : req_jail_init(cn, j);
	case CTL_ENTER:
		if (j->init.fd < 0)
			return conn_end(cn, host ? 0 : ESRCH, 0);
		return conn_end_fd(cn, j->init.fd);
	case CTL_NOTIFY:
		if (cn->infd < 0)
			return conn_end(cn, EINVAL, 0);
		return req_notify(cn, j);
	case CTL_JAIL_REMOVE:
		if (host)
			return conn_end(cn, EINVAL, 0);
		if (j->leash == cn)
			j->leash = NULL;
		djail_remove(j);
		return conn_end(cn, 0, 0);
	}
	return conn_end(cn, EINVAL, 0);
}

/* ---- requests ---- */

/* 0, or an errno that ends the connection. */
static int
conn_request(struct conn *cn, const struct ctlmsg *m)
{
	int error;

	/* A jail's root can take the leash from init: it must be of no use. */
	if (cn->leash)
		return EBADMSG;
	if (m->op == CTL_SYSCTL) {
		error = sysctl_begin(cn, m);
		return error != 0 ? conn_end(cn, error, 0) : 0;
	}
	if (m->op == CTL_PING)
		return conn_end(cn, 0, 0);
	if (jailed(cn->d->vnet, &cn->cred))
		return conn_end(cn, EPERM, 0);
	if (m->op == CTL_JAIL_SET)
		return req_jail_set(cn, m);
	if (m->op == CTL_FILTER)
		return req_filter(cn);
	return req_jail(cn, m);
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
		close(take_fd(cn));
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
conn_want(struct conn *cn, bool writing)
{
	if (cn->writing == writing)
		return;
	cn->writing = writing;
	(void)loop_mod(&cn->d->loop, &cn->src, writing ? EPOLLOUT : EPOLLIN);
}

/* Go on until the client has to do something, or the turn is long. */
static int
conn_work(struct conn *cn)
{
	int error, slices = CONN_SLICES;
	bool did = true;

	while (did) {
		if (!conn_flush(cn, &error)) {
			conn_want(cn, true);
			return error;
		}
		if (cn->busy && slices-- == 0) {
			conn_want(cn, true);
			return 0;
		}
		error = cn->busy ? sysctl_slice(cn) : conn_next(cn, &did);
		if (error != 0)
			return error;
	}
	conn_want(cn, false);
	return 0;
}

void
conn_free(struct conn *cn)
{
	struct daemon *d = cn->d;
	struct djail *j, *next;

	for (j = TAILQ_FIRST(&d->djails); j != NULL; j = next) {
		next = TAILQ_NEXT(j, link);
		if (j->maker == cn) {
			j->maker = NULL;
			djail_check(j);
		}
		if (j->leash == cn) {	/* init is gone */
			j->leash = NULL;
			djail_remove(j);
		}
	}
	TAILQ_REMOVE(&d->conns, cn, link);
	loop_del(&d->loop, &cn->src);
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

	if (!cn->writing && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
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

/* fd is taken over; on NULL it is closed. */
static struct conn *
conn_new(struct daemon *d, int fd, struct djail *j, struct cred cred)
{
	struct conn *cn;

	if ((cn = calloc(1, sizeof(*cn))) == NULL) {
		close(fd);
		return NULL;
	}
	cn->src.fd = fd;
	cn->src.fn = conn_event;
	cn->d = d;
	cn->jail = j;
	cn->cred = cred;
	cn->infd = -1;
	if (loop_add(&d->loop, &cn->src, EPOLLIN) != 0) {
		close(fd);
		free(cn);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&d->conns, cn, link);
	return cn;
}

int
control_inject(struct call *c)
{
	struct conn *cn;
	int fds[2], error, num;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return errno;
	cn = conn_new(c->d, fds[1], c->jail, call_cred(c));
	error = cn == NULL ? ENOMEM : notify_addfd(c, fds[0], true, &num);
	close(fds[0]);
	if (error == 0)
		return CALL_ANSWERED;
	if (cn != NULL)
		conn_free(cn);
	return error;
}

void
control_drop(struct daemon *d, struct djail *j)
{
	struct conn *cn, *next;

	for (cn = TAILQ_FIRST(&d->conns); cn != NULL; cn = next) {
		next = TAILQ_NEXT(cn, link);
		if (cn->jail == j)
			conn_free(cn);
	}
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
peer_allowed(const struct daemon *d, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	return (peer.uid == d->owner || peer.uid == 0) &&
	    peer_outside(fd, peer.pid);
}

static void
control_event(struct source *src, uint32_t events)
{
	struct daemon *d = (struct daemon *)(void *)((char *)src -
	    offsetof(struct daemon, control));
	struct djail *host = TAILQ_FIRST(&d->djails);
	int fd;

	(void)events;
	fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (!peer_allowed(d, fd)) {
		close(fd);
		return;
	}
	(void)conn_new(d, fd, host, djail_cred(host, d->owner));
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

int
control_init(struct daemon *d, const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int error;

	if (strlen(path) >= sizeof(sun.sun_path))
		return ENAMETOOLONG;
	if ((error = control_dir(path)) != 0 ||
	    (error = control_lock(path)) != 0)
		return error;
	strcpy(sun.sun_path, path);
	(void)unlink(path);
	d->control.fn = control_event;
	d->control.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (d->control.fd < 0 ||
	    bind(d->control.fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    chmod(path, 0600) < 0 || listen(d->control.fd, 64) < 0)
		return errno;
	return loop_add(&d->loop, &d->control, EPOLLIN);
}

void
control_fini(struct daemon *d)
{
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);
	struct conn *cn;

	while ((cn = TAILQ_FIRST(&d->conns)) != NULL)
		conn_free(cn);
	if (getsockname(d->control.fd, (struct sockaddr *)&sun, &len) == 0 &&
	    len > offsetof(struct sockaddr_un, sun_path))
		(void)unlink(sun.sun_path);
	close(d->control.fd);
}
