/*
 * face.c - the life of a face.  face.h has the states and what they look like;
 * pump.c and dgram.c move the bytes.
 *
 * A face never outlives its jail, and holds one reference on the stack: its
 * socket.  The socket's upcall marks the face dirty and does nothing else, so
 * the stack is never entered twice.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

#include "daemon/dgram.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/notify.h"
#include "daemon/pump.h"
#include "daemon/sockdiag.h"
#include "daemon/turn.h"

#define RECORD_NS	500	/* a record of a listing takes as long */
#define LATER_BATCH	64	/* faces put off that a turn takes up again */

#define FROM(s) (1u << (s))

/* For each state, those it may be entered from. */
static const unsigned face_from[] = {
	[FACE_NEW] = FROM(FACE_CONNECTING) | FROM(FACE_LISTENING),
	[FACE_CONNECTING] = FROM(FACE_NEW),
	[FACE_LISTENING] = FROM(FACE_NEW),
	[FACE_OPEN] = FROM(FACE_NEW) | FROM(FACE_CONNECTING),
	[FACE_DGRAM] = FROM(FACE_NEW),
	[FACE_DIAG] = 0,
	[FACE_GONE] = FROM(FACE_CONNECTING) | FROM(FACE_OPEN),
};
_Static_assert(sizeof(face_from) / sizeof(face_from[0]) == FACE_NSTATES,
    "every state has its row");

void
face_set_state(struct face *f, enum face_state to)
{
	assert(face_from[to] & FROM(f->state));
	f->state = to;
}

/* ---- the table ---- */

/* The kernel hands cookies and inode numbers out in sequence, and nobody
 * chooses them: all that is needed is that neighbours scatter. */
uint64_t
face_hash(uint64_t n)
{
	uint64_t h = n * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

struct face *
face_find(const struct daemon *d, uint64_t cookie)
{
	uint64_t h = face_hash(cookie);
	struct hlink *l;

	HTABLE_FOREACH(l, &d->faces, h) {
		struct face *f = HT_OBJECT(l, struct face, hlink);

		if (f->cookie == cookie)
			return f;
	}
	return NULL;
}

/* ---- birth and death ---- */

static void
face_upcall(struct socket *so, void *arg, unsigned what)
{
	(void)so;
	(void)what;
	face_dirty(arg);
}

/* A pair that keeps boundaries: what came and went is seen by who reads it. */
static void
packet_event(struct face *f, uint32_t events)
{
	if (events & EPOLLHUP)
		f->app_gone = true;
	if (events & EPOLLRDHUP)
		f->app_shut = true;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		f->rx_ready = true;
	if (events & EPOLLOUT)
		face_writable(f);
	face_dirty(f);
}

static void
face_event(struct source *src, uint32_t events)
{
	struct face *f = (struct face *)(void *)src;

	switch (f->state) {
	case FACE_OPEN:
		pump_event(f, events);
		return;
	case FACE_DGRAM:
	case FACE_DIAG:
		packet_event(f, events);
		return;
	case FACE_NEW:
	case FACE_CONNECTING:
	case FACE_LISTENING:
	case FACE_GONE:
		if (events & EPOLLHUP)
			face_free(f, false);
		return;
	case FACE_NSTATES:
		break;
	}
}

/* What epoll is to report: the prefill would make IN a constant. */
static uint32_t
face_events(const struct face *f)
{
	uint32_t ev = EPOLLRDHUP | EPOLLET;

	if (f->state == FACE_OPEN || f->state == FACE_DGRAM ||
	    f->state == FACE_DIAG)
		ev |= EPOLLIN;
	return f->want_out ? ev | EPOLLOUT : ev;
}

void
face_blocked(struct face *f)
{
	f->tx_ready = false;
	f->want_out = true;
	(void)loop_mod(&f->d->loop, &f->src, face_events(f));
}

void
face_writable(struct face *f)
{
	f->tx_ready = true;
	if (!f->want_out)
		return;
	f->want_out = false;
	(void)loop_mod(&f->d->loop, &f->src, face_events(f));
}

bool
face_hungup(const struct face *f)
{
	struct pollfd p = { .fd = f->src.fd, .events = POLLIN };

	return p.fd >= 0 && poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

void
face_poll(struct face *f)
{
	if (face_hungup(f))
		face_event(&f->src, EPOLLHUP);
}

struct face *
face_new(struct daemon *d, struct djail *j, struct socket *so,
    const struct pair *p, enum face_state state)
{
	struct face *f;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return NULL;
	f->d = d;
	f->jail = j;
	f->so = so;
	f->cookie = p->cookie;
	f->ino = p->ino;
	f->state = state;
	f->tx_ready = true;
	f->hint_tid = -1;
	f->src.fd = p->own;
	f->src.fn = face_event;
	STAILQ_INIT(&f->dgaddrs);
	TAILQ_INIT(&f->waiters);
	if (loop_add(&d->loop, &f->src, face_events(f)) != 0) {
		free(f);
		return NULL;
	}
	htable_insert(&d->faces, &f->hlink, face_hash(f->cookie));
	htable_insert(&d->inos, &f->inolink, face_hash(f->ino));
	if (so != NULL) {
		so->so_upcall = face_upcall;
		so->so_upcallarg = f;
	}
	TAILQ_INSERT_TAIL(&j->faces, f, jlink);
	return f;
}

static void
face_close_own(struct face *f)
{
	if (f->src.fd < 0)
		return;
	loop_close(&f->d->loop, &f->src);
}

static void
face_drop_socket(struct face *f, bool abort)
{
	struct socket *so = f->so;

	if (so == NULL)
		return;
	f->so = NULL;
	so->so_upcall = NULL;
	if (abort)
		soabort(so);
	else
		soclose(so);
}

/* Out of the list of those to be served. */
static void
face_clean(struct face *f)
{
	if (f->isdirty)
		TAILQ_REMOVE(&f->d->dirty, f, dlink);
	else if (f->islater)
		TAILQ_REMOVE(&f->d->later, f, dlink);
	f->isdirty = f->islater = false;
}

void
face_free(struct face *f, bool abort)
{
	struct daemon *d = f->d;

	notify_cancel(f, f->state == FACE_LISTENING ? EINVAL : ECONNABORTED);
	if (f->state == FACE_GONE) {
		TAILQ_REMOVE(&d->gone, f, dlink);
		d->ngone--;
	} else
		face_clean(f);
	face_drop_socket(f, abort);
	face_close_own(f);
	dgram_fini(f);
	sockdiag_fini(f);
	htable_remove(&d->faces, &f->hlink);
	htable_remove(&d->inos, &f->inolink);
	TAILQ_REMOVE(&f->jail->faces, f, jlink);
	free(f->kept);
	free(f);
}

/* ---- options ---- */

/* Those that a renewed socket keeps, and that one that has gone is known by. */
static const enum sockopt face_kept[] = {
	/* Flags: read back as 0 or 1. */
	OPT_REUSEADDR, OPT_REUSEPORT, OPT_REUSEPORT_LB, OPT_KEEPALIVE,
	OPT_DONTROUTE, OPT_BROADCAST, OPT_OOBINLINE, OPT_IP_NOPORT,
	OPT_TCP_NODELAY, OPT_TCP_NOPUSH,
	/* Numbers. */
	OPT_LINGER, OPT_SNDBUF, OPT_RCVBUF, OPT_IP_PORTRANGE, OPT_IP_TTL,
	OPT_IP_TOS, OPT_IP_LOCALPORTS, OPT_TCP_KEEPINIT, OPT_TCP_KEEPIDLE,
	OPT_TCP_KEEPINTVL, OPT_TCP_KEEPCNT, OPT_TCP_MAXUNACKTIME,
};
#define FACE_NFLAGS 10
#define FACE_NKEPT (sizeof(face_kept) / sizeof(face_kept[0]))

static void
face_copy_options(const struct socket *from, struct socket *to)
{
	unsigned i;
	int val;

	for (i = 0; i < FACE_NKEPT; i++)
		if (sogetopt((struct socket *)(uintptr_t)from, face_kept[i],
		    &val) == 0)
			(void)sosetopt(to, face_kept[i], val, &from->so_cred);
}

/* Before the socket goes.  Without memory its options are not known. */
static void
face_keep_options(struct face *f)
{
	unsigned i;

	if ((f->kept = calloc(FACE_NKEPT, sizeof(*f->kept))) == NULL)
		return;
	for (i = 0; i < FACE_NKEPT; i++)
		(void)sogetopt(f->so, face_kept[i], &f->kept[i]);
}

static int *
face_kept_option(const struct face *f, enum sockopt opt)
{
	unsigned i;

	for (i = 0; i < FACE_NKEPT && f->kept != NULL; i++)
		if (face_kept[i] == opt)
			return &f->kept[i];
	return NULL;
}

int
face_getopt(const struct face *f, enum sockopt opt, int *val)
{
	const int *kept;

	if (f->so != NULL)
		return sogetopt(f->so, opt, val);
	*val = 0;
	if (opt == OPT_ACCEPTCONN)
		return 0;
	if ((kept = face_kept_option(f, opt)) == NULL)
		return EINVAL;
	*val = *kept;
	return 0;
}

int
face_setopt(struct face *f, enum sockopt opt, int val, const struct cred *cred)
{
	int *kept;

	if (f->so != NULL)
		return sosetopt(f->so, opt, val, cred);
	if ((kept = face_kept_option(f, opt)) == NULL)
		return EINVAL;
	*kept = kept < f->kept + FACE_NFLAGS ? val != 0 : val;
	return 0;
}

/* ---- what the stack reports ---- */

void
face_dirty(struct face *f)
{
	if (f->isdirty || f->islater || f->state == FACE_GONE)
		return;
	f->isdirty = true;
	TAILQ_INSERT_TAIL(&f->d->dirty, f, dlink);
}

void
face_later(struct face *f)
{
	face_clean(f);
	turn_putoff(f->d->vnet);
	f->islater = true;
	TAILQ_INSERT_TAIL(&f->d->later, f, dlink);
}

void
face_turn(struct daemon *d)
{
	struct face *f;
	int n = LATER_BATCH;

	while (n-- > 0 && (f = TAILQ_FIRST(&d->later)) != NULL) {
		face_clean(f);
		face_dirty(f);
	}
}

/* The app end: from the thread that used it last, or from whoever has it under
 * the same number since.  The caller closes it.  -1: not found, or (*later) not
 * in this turn. */
static int
face_app(struct face *f, bool *later)
{
	int fd;

	*later = false;
	if (f->hint_tid < 0)
		return -1;
	fd = target_getfd(&f->d->targets, f->hint_tid, f->hint_fd);
	if (fd >= 0 && is_socket(fd, f->cookie))
		return fd;
	if (fd >= 0)
		close(fd);
	fd = target_search(&f->d->targets, f->d->vnet->now, f->hint_fd,
	    f->cookie, &f->hint_pos, &f->hint_tid, &f->hint_fd);
	*later = fd < 0 && errno == EAGAIN;
	if (*later)
		return -1;
	f->hint_pos = 0;
	if (fd < 0)
		f->hint_tid = -1;	/* until a trapped call shows it again */
	return fd;
}

/* One unread byte at the daemon's end turns its close into ECONNRESET.  False:
 * later. */
static bool
face_sentinel(struct face *f)
{
	bool later;
	int app = face_app(f, &later);

	if (app < 0)
		return !later;
	(void)send(app, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	close(app);
	return true;
}

bool
face_fail(struct face *f, int error, bool reset)
{
	struct daemon *d = f->d;

	if (reset && !face_sentinel(f))
		return false;
	face_clean(f);
	sosockaddr(f->so, &f->lname);
	f->error = error;
	face_keep_options(f);
	face_close_own(f);
	face_drop_socket(f, true);
	face_set_state(f, FACE_GONE);
	/* In front, where the end of a jail looks for those that nobody but
	 * the daemon holds. */
	TAILQ_REMOVE(&f->jail->faces, f, jlink);
	TAILQ_INSERT_HEAD(&f->jail->faces, f, jlink);
	TAILQ_INSERT_TAIL(&d->gone, f, dlink);
	if (++d->ngone > FACE_MAXGONE)
		face_free(TAILQ_FIRST(&d->gone), true);
	return true;
}

int
face_renew(struct face *f)
{
	struct socket *old = f->so, *so;
	int error;

	error = socreate(f->d->vnet, old->so_domain, old->so_type, 0,
	    &old->so_cred, &so);
	if (error != 0)
		return error;
	face_copy_options(old, so);
	old->so_upcall = NULL;
	soabort(old);
	if (f->bound)
		(void)sobind(so, &f->lname, &so->so_cred);
	so->so_upcall = face_upcall;
	so->so_upcallarg = f;
	f->so = so;
	f->told = false;
	if (f->state != FACE_NEW)
		face_set_state(f, FACE_NEW);
	return 0;
}

void
face_connected(struct face *f, int app)
{
	face_set_state(f, FACE_OPEN);
	pair_open(f->src.fd, app);
	(void)loop_mod(&f->d->loop, &f->src, face_events(f));
	face_dirty(f);
}

static void
face_serve_connecting(struct face *f)
{
	bool later;
	int app;

	if (f->so->so_state & SS_ISCONNECTED) {
		if (face_hungup(f))
			return;		/* its event frees it */
		app = face_app(f, &later);
		if (later) {
			face_later(f);
			return;
		}
		face_connected(f, app);
		if (app >= 0)
			close(app);
		notify_retry(f);
		return;
	}
	if (f->so->so_state & SS_ISCONNECTING)
		return;
	/* A blocked connect() reports the error itself and may try again. */
	if (!TAILQ_EMPTY(&f->waiters))
		notify_retry(f);
	else
		(void)face_fail(f, sogeterror(f->so), false);
}

/* One token per connection that waits and that no parked accept() took. */
static void
face_serve_listening(struct face *f)
{
	notify_retry(f);
	while (f->tokens < f->so->so_qlen) {
		if (send(f->src.fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
			return;
		f->tokens++;
	}
}

void
face_serve(struct face *f)
{
	switch (f->state) {
	case FACE_CONNECTING:
		face_serve_connecting(f);
		return;
	case FACE_LISTENING:
		face_serve_listening(f);
		return;
	case FACE_OPEN:
		pump_run(f);
		return;
	case FACE_DGRAM:
		dgram_run(f);
		return;
	case FACE_DIAG:
		sockdiag_ready(f);
		return;
	case FACE_NEW:
	case FACE_GONE:
	case FACE_NSTATES:
		return;
	}
}

/* ---- listings ---- */

static uint32_t
fd_queue(int fd, unsigned long cmd)
{
	int n = 0;

	return ioctl(fd, cmd, &n) < 0 || n < 0 ? 0 : (uint32_t)n;
}

/* What is in the app end's queue, and how long it took to find out. */
static uint32_t
app_queue(struct face *f, unsigned *cost)
{
	uint64_t start = loop_now();
	uint32_t n = 0;
	bool later;
	int app;

	if ((app = face_app(f, &later)) >= 0) {
		n = fd_queue(app, FIONREAD);
		close(app);
	}
	*cost = later ? SOPARKED_LATER :
	    (unsigned)((loop_now() - start) / RECORD_NS);
	return n;
}

unsigned
face_parked(struct socket *so, void *upcallarg)
{
	struct face *f = upcallarg;
	unsigned cost = 0;

	so->so_snd.sb_parked = so->so_rcv.sb_parked = 0;
	if (f->state != FACE_OPEN && f->state != FACE_DGRAM)
		return 0;
	/* SIOCOUTQ counts memory, not bytes: good for "none" only. */
	if (fd_queue(f->src.fd, SIOCOUTQ) != 0)
		so->so_rcv.sb_parked = app_queue(f, &cost);
	so->so_snd.sb_parked = fd_queue(f->src.fd, FIONREAD);
	return cost;
}
