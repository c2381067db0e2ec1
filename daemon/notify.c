/*
 * notify.c - receive a trapped call, run its handler, answer or park it.
 *
 * A call's descriptor is duplicated at once and stays open while the call is
 * parked: so the face outlives it, as a file outlives the system calls that
 * sleep on it, and the socket is known by its cookie whatever the number means
 * by then.  A dead caller is found by notify_probe(), which lets go.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/nest.h"
#include "daemon/notify.h"
#include "daemon/sockcall.h"
#include "daemon/turn.h"

#define PROBE_FAST	(20 * NSEC_PER_MSEC)
#define PROBE_SLOW	(60 * NSEC_PER_MSEC)	/* for those parked > 1 s */
#define PROBE_BATCH	16			/* calls looked at in a round */
#define PROBE_ROUNDS	4			/* in such a time, of many */
#define REAP_BATCH	512			/* the same, only whether alive */
#define CANCEL_BATCH	48			/* calls answered in a turn */

#define KERNEL_ERESTARTSYS 512	/* never seen by a program */

bool
call_valid(const struct call *c)
{
	uint64_t id = c->id;

	return ioctl(c->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* A thread id can be reused only after its thread was killed, which takes far
 * longer than one run of a handler: once in it is enough. */
static bool
call_check(struct call *c)
{
	if (!c->checked)
		c->checked = call_valid(c);
	return c->checked;
}

int
call_copyin(struct call *c, uint64_t addr, void *buf, size_t len)
{
	int error = target_read(c->tid, addr, buf, len);

	if (error == 0 && !call_check(c))
		return ENOENT;
	return error;
}

int
call_copyout(struct call *c, uint64_t addr, const void *buf, size_t len)
{
	if (!call_check(c))
		return ENOENT;
	return target_write(c->tid, addr, buf, len);
}

/* ---- answers ---- */

static void
notify_send(const struct call *c, int64_t val, int error, uint32_t flags)
{
	struct seccomp_notif_resp r = {
		.id = c->id, .val = val, .error = -error, .flags = flags,
	};

	/* ENOENT: the caller died; nothing is left to be done for it. */
	(void)ioctl(c->listener, SECCOMP_IOCTL_NOTIF_SEND, &r);
}

int
notify_addfd(const struct call *c, int fd, bool cloexec, int *nump)
{
	struct seccomp_notif_addfd a = {
		.id = c->id, .srcfd = (uint32_t)fd,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.newfd_flags = cloexec ? O_CLOEXEC : 0,
	};
	int num;

	if ((num = ioctl(c->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a)) < 0)
		return errno;
	*nump = num;
	return 0;
}

int
notify_addfd_at(const struct call *c, int fd, bool cloexec, int want)
{
	struct seccomp_notif_addfd a = {
		.id = c->id, .srcfd = (uint32_t)fd, .newfd = (uint32_t)want,
		.flags = SECCOMP_ADDFD_FLAG_SEND | SECCOMP_ADDFD_FLAG_SETFD,
		.newfd_flags = cloexec ? O_CLOEXEC : 0,
	};

	return ioctl(c->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a) < 0 ? errno :
								       0;
}

static void
call_release(struct call *c)
{
	if (c->app >= 0)
		close(c->app);
	c->app = -1;
}

static void
call_unpark(struct call *c)
{
	TAILQ_REMOVE(c->via, c, vlink);
	if (c->face == NULL)
		TAILQ_REMOVE(&c->d->cancelled, c, flink);
	else {
		TAILQ_REMOVE(&c->d->parked, c, link);
		TAILQ_REMOVE(&c->face->waiters, c, flink);
	}
	call_release(c);
	free(c);
}

/* Give the handler's outcome to the kernel.  Parking is the caller's. */
static void
call_answer(const struct call *c, int outcome)
{
	switch (outcome) {
	case CALL_CONTINUE:
		notify_send(c, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
		return;
	case CALL_ANSWERED:
		return;
	case 0:
		notify_send(c, c->val, 0, 0);
		return;
	default:
		notify_send(c, 0, outcome, 0);
	}
}

static void
call_park(struct call *c)
{
	struct daemon *d = c->d;
	struct call *p;

	if ((p = malloc(sizeof(*p))) == NULL) {
		notify_send(c, 0, ENOBUFS, 0);
		call_release(c);
		return;
	}
	*p = *c;
	p->args = p->argv;
	p->parked = true;
	p->since = d->vnet->now;
	p->deadline = c->timeout != 0 ? d->vnet->now + c->timeout : 0;
	TAILQ_INSERT_TAIL(&d->parked, p, link);
	TAILQ_INSERT_TAIL(&c->face->waiters, p, flink);
	TAILQ_INSERT_TAIL(p->via, p, vlink);
	if (d->probe_at == 0)
		d->probe_at = d->vnet->now + PROBE_FAST;
}

/* ---- receiving ---- */

/* A socket that is not ours: leave it to the kernel, unless it would let the
 * program out into the network the daemon lives in. */
static int
call_foreign(const struct call *c)
{
	int domain = AF_UNSPEC;
	socklen_t len = sizeof(domain);

	if (getsockopt(c->app, SOL_SOCKET, SO_DOMAIN, &domain, &len) < 0)
		return CALL_CONTINUE;
	if (domain == AF_UNIX || domain == AF_NETLINK ||
	    kernel_family(c, domain) || c->row->harmless)
		return CALL_CONTINUE;
	return EACCES;
}

static int
call_run(struct call *c)
{
	if (c->face == NULL || c->face->state != FACE_DIAG)
		return c->row->fn(c);
	return c->row->diag != NULL ? c->row->diag(c) : EOPNOTSUPP;
}

static int
call_handle(struct call *c)
{
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	if (!c->row->wantfd)
		return c->row->fn(c);
	c->app = target_getfd(&c->d->targets, c->tid, (int)c->args[0]);
	if (c->app < 0)
		return errno == EBADF ? EBADF : errno == ESRCH ? EINTR : ENFILE;
	if (getsockopt(c->app, SOL_SOCKET, SO_COOKIE, &cookie, &len) < 0)
		return CALL_CONTINUE;	/* not a socket: the kernel says so */
	if ((c->face = face_find(c->d, cookie)) == NULL)
		return call_foreign(c);
	c->face->hint_tid = c->tid;
	c->face->hint_fd = (int)c->args[0];
	return call_run(c);
}

void
notify_event(struct daemon *d, struct djail *j, int listener,
    struct calls *via)
{
	struct seccomp_notif n;
	struct call c = { .d = d, .jail = j, .listener = listener, .via = via,
	    .app = -1 };
	int outcome;
	bool nested = j->nbelow > 0;

	memset(&n, 0, sizeof(n));	/* the kernel insists */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0)
		return;			/* ENOENT: broken off by a signal */
	c.id = n.id;
	c.tid = (pid_t)n.pid;
	memcpy(c.argv, n.data.args, sizeof(c.argv));
	c.args = c.argv;
	if (nested && ((c.jail = nest_find(j, c.tid)) == NULL ||
	    !call_valid(&c)))
		outcome = EPERM;	/* nobody is there to hear it */
	else if ((c.row = sockcall_find(n.data.nr)) == NULL)
		outcome = ENOSYS;
	else
		outcome = call_handle(&c);
	if (outcome == CALL_PARK) {
		call_park(&c);
		return;
	}
	call_answer(&c, outcome);
	call_release(&c);
}

/* ---- parked calls ---- */

/* What one call waits for, all of its kind wait for: thousands of threads may
 * accept() from one socket. */
void
notify_retry(struct face *f)
{
	const struct sockcall *waits = NULL;
	struct call *c, *next;
	int outcome, n = CANCEL_BATCH;

	for (c = TAILQ_FIRST(&f->waiters); c != NULL; c = next) {
		next = TAILQ_NEXT(c, flink);
		if (c->row == waits)
			continue;
		if (n-- == 0) {
			face_dirty(f);
			return;
		}
		c->checked = false;
		if ((outcome = call_run(c)) == CALL_PARK) {
			waits = c->row;
			continue;
		}
		call_answer(c, outcome);
		call_unpark(c);
	}
}

void
notify_cancel(struct face *f, int error)
{
	struct calls *parked = &f->d->parked;
	struct call *c;
	int n = CANCEL_BATCH;

	while ((c = TAILQ_FIRST(&f->waiters)) != NULL) {
		if (n-- > 0) {
			notify_send(c, 0, error, 0);
			call_unpark(c);
			continue;
		}
		TAILQ_REMOVE(parked, c, link);
		TAILQ_REMOVE(&f->waiters, c, flink);
		TAILQ_INSERT_TAIL(&f->d->cancelled, c, flink);
		c->face = NULL;
		c->val = error;
	}
}

bool
notify_cancelled(struct daemon *d)
{
	struct call *c;
	int n = CANCEL_BATCH;

	while (n-- > 0 && (c = TAILQ_FIRST(&d->cancelled)) != NULL) {
		notify_send(c, 0, (int)c->val, 0);
		call_unpark(c);
	}
	if (TAILQ_EMPTY(&d->cancelled))
		return false;
	turn_putoff(d->vnet);
	return true;
}

bool
notify_drop(struct calls *via, unsigned *budget)
{
	struct call *c;

	for (; (c = TAILQ_FIRST(via)) != NULL; (*budget)--) {
		if (*budget == 0)
			return true;
		call_unpark(c);
	}
	return false;
}

bool
notify_reap(struct daemon *d)
{
	struct call *c, *last = TAILQ_LAST(&d->parked, calls);
	int n = REAP_BATCH;
	bool end = last == NULL, any = false;
	struct face *f;

	while (!end && n-- > 0) {
		c = TAILQ_FIRST(&d->parked);
		end = c == last;
		if (call_valid(c)) {
			/* To the back: each has its turn. */
			TAILQ_REMOVE(&d->parked, c, link);
			TAILQ_INSERT_TAIL(&d->parked, c, link);
			continue;
		}
		f = c->face;
		call_unpark(c);
		any = true;
		/* The last waiter: epoll would tell of the hang-up too late. */
		if (TAILQ_EMPTY(&f->waiters))
			face_poll(f);
	}
	return any;
}

/* True if the call has ended. */
static bool
call_probe(struct call *c, uint64_t now)
{
	if (!call_valid(c)) {
		call_unpark(c);
		return true;
	}
	if (c->deadline != 0 && now >= c->deadline) {
		notify_send(c, 0, c->row->timedout, 0);
		call_unpark(c);
		return true;
	}
	if (!target_interrupted(c->tid))
		return false;
	/* As Linux: a call with a time-out is not restarted. */
	notify_send(c, 0, c->deadline != 0 ? EINTR : KERNEL_ERESTARTSYS, 0);
	call_unpark(c);
	return true;
}

void
notify_probe(struct daemon *d)
{
	uint64_t now = d->vnet->now, wait = PROBE_SLOW;
	struct call *c, *last;
	int n = PROBE_BATCH;
	bool end = false;

	if (d->probe_at == 0 || now < d->probe_at)
		return;
	last = TAILQ_LAST(&d->parked, calls);
	while (!end && n-- > 0 && (c = TAILQ_FIRST(&d->parked)) != NULL) {
		end = c == last;
		if (now - c->since < NSEC_PER_SEC)
			wait = PROBE_FAST;
		if (!call_probe(c, now)) {
			/* To the back: each has its turn. */
			TAILQ_REMOVE(&d->parked, c, link);
			TAILQ_INSERT_TAIL(&d->parked, c, link);
		}
	}
	if (!end)
		wait /= PROBE_ROUNDS;
	d->probe_at = TAILQ_EMPTY(&d->parked) ? 0 : now + wait;
}
