/*
 * ctljail.c - what netjaild answers on the control socket beside the MIB: jails
 * are made, filled and removed here (base/ctlmsg.h).
 *
 * A jail that no program has entered goes with the connection that made it, and
 * one whose init has let go of its leash is removed.
 */
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>

#include "daemon/ctljail.h"
#include "daemon/daemon.h"
#include "daemon/djail.h"
#include "daemon/filter.h"
#include "daemon/face.h"
#include "daemon/jailset.h"
#include "daemon/jailwork.h"
#include "daemon/notify.h"
#include "daemon/sockcall.h"
#include "daemon/sockdiag.h"
#include "netjail/prison.h"

/* Connections that see the stack as one jail, 64 KB each; leashes beside. */
#define CONNS_MAX	256

/* The end of one, in things of some 100 ns. */
#define DROP_COST	32

static struct daemon *
conn_daemon(const struct conn *cn)
{
	return (struct daemon *)(void *)((char *)cn->ctl -
	    offsetof(struct daemon, control));
}

/* ---- requests ---- */

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

static int
req_filter(struct conn *cn, bool jail)
{
	size_t len;
	void *prog;
	int error;

	if ((prog = filter_make(jail, &len)) == NULL)
		return conn_end(cn, errno, 0);
	error = conn_reply(cn, CTL_DATA, 0, 0, prog, len);
	free(prog);
	return error != 0 ? error : conn_end(cn, 0, 0);
}

static int
req_jail_init(struct conn *cn, struct djail *j)
{
	int error;

	if (cn->infd < 0 || j->leash != NULL || j->state == DJAIL_DYING)
		return conn_end(cn, EINVAL, 0);
	if ((error = djail_watch(j, conn_takefd(cn))) == 0) {
		j->leash = cn;
		cn->leash = j;
		/* One for each jail, whose number has a limit of its own. */
		if (cn->jail != NULL)
			cn->jail->nconns--;
	}
	return conn_end(cn, error, 0);
}

static int
req_notify(struct conn *cn, struct djail *j)
{
	int error = djail_listen(j, conn_takefd(cn));

	if (error == 0)
		djail_release(j, cn);
	return conn_end(cn, error, 0);
}

static int
req_diag(struct conn *cn, struct djail *j)
{
	struct face *f;
	int error, fd;

	if ((error = sockdiag_open(j, SOCK_RAW, &fd, &f)) != 0)
		return conn_end(cn, error, 0);
	error = conn_end_fd(cn, fd);
	close(fd);
	return error;
}

void
conn_inside(struct conn *cn, struct djail *j)
{
	cn->jail = j;
	j->nconns++;
	LIST_INSERT_HEAD(&j->conns, cn, jlink);
}

static void
conn_leave(struct conn *cn)
{
	if (cn->jail == NULL)
		return;
	LIST_REMOVE(cn, jlink);
	if (cn->leash == NULL)
		cn->jail->nconns--;
}

/* A new one that sees the stack as j, and its other end in *fdp. */
static int
conn_make(struct control *ctl, struct djail *j, struct cred cred, int *fdp,
    struct conn **cnp)
{
	int fds[2];

	if (j->nconns >= CONNS_MAX)
		return ENOBUFS;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return errno;
	if ((*cnp = conn_new(ctl, fds[1], cred)) == NULL) {
		close(fds[0]);
		return ENOMEM;
	}
	conn_inside(*cnp, j);
	*fdp = fds[0];
	return 0;
}

static int
req_view(struct conn *cn, struct djail *j)
{
	const struct cred nobody = djail_cred(j, DJAIL_NOBODY);
	struct conn *view;
	int fd = -1, error;

	if ((error = conn_make(cn->ctl, j, nobody, &fd, &view)) != 0)
		return conn_end(cn, error, 0);
	error = conn_end_fd(cn, fd);
	close(fd);
	return error;
}

static int
req_jail(struct conn *cn, const struct ctlmsg *m)
{
	struct daemon *d = conn_daemon(cn);
	struct djail *j = djail_find(d, (int)m->arg);
	bool host = j == TAILQ_FIRST(&d->djails);

	if (j == NULL || !prison_check(cn->cred.prison, j->prison) ||
	    (cn->jail != NULL && j == cn->jail))
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
	case CTL_DIAG:
		return req_diag(cn, j);
	case CTL_VIEW:
		return req_view(cn, j);
	case CTL_JAIL_REMOVE:
		if (host)
			return conn_end(cn, EINVAL, 0);
		djail_remove(j);
		return djail_await(j, cn);
	}
	return conn_end(cn, EINVAL, 0);
}

static int
request(struct conn *cn, const struct ctlmsg *m)
{
	struct daemon *d = conn_daemon(cn);
	bool inside = jailed(d->vnet, &cn->cred);

	if (m->op == CTL_JAIL_GET)
		return jailget(d, cn, m);
	/* `netjail host' may have changed its user; in a jail a program is
	 * under the jail's filter, and gets no other. */
	if (priv_check(d->vnet, &cn->cred, PRIV_JAIL_SET) != 0 ||
	    (inside && (m->op == CTL_FILTER || m->op == CTL_NOTIFY)))
		return conn_end(cn, EPERM, 0);
	if (m->op == CTL_JAIL_SET)
		return jailset(d, cn, m);
	if (m->op == CTL_FILTER)
		return req_filter(cn, m->arg != 0);
	return req_jail(cn, m);
}

/* ---- connections ---- */

static void
gone(struct conn *cn)
{
	struct daemon *d = conn_daemon(cn);
	struct djail *j = cn->leash;

	conn_leave(cn);
	jailget_free(cn);
	jailwork_gone(cn);
	djail_unwait(cn);
	if (j != NULL && j->leash == cn) {	/* init is gone */
		j->leash = NULL;
		djail_remove(j);
	}
	djail_release_all(d, cn);
}

static int
slice(struct conn *cn)
{
	return jailget_slice(conn_daemon(cn), cn);
}

/* It may have been its host name. */
static void
written(struct conn *cn)
{
	if (cn->jail != NULL)
		djail_tell_host(cn->jail);
}

const struct control_ops ctljail_ops = {
	.request = request, .gone = gone, .slice = slice, .written = written,
};

int
control_inject(struct call *c)
{
	struct conn *cn = NULL;
	int fd = -1, error, num;

	error = conn_make(&c->d->control, c->jail, call_cred(c), &fd, &cn);
	if (error != 0)
		return error;
	error = notify_addfd(c, fd, true, &num);
	close(fd);
	if (error == 0)
		return CALL_ANSWERED;
	conn_free(cn);
	return error;
}

bool
control_drop(struct djail *j, unsigned *budget)
{
	struct conn *cn;

	while ((cn = LIST_FIRST(&j->conns)) != NULL) {
		if (*budget < DROP_COST)
			return true;
		*budget -= DROP_COST;
		conn_free(cn);
	}
	return false;
}
