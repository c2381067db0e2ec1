/*
 * dgram.c - the datagrams of a UDP face.
 *
 * Sources are kept beside the program's queue, in the same order, with the
 * datagrams' lengths.  What the program took by itself is found out when it
 * matters, by the number of bytes still in its queue: those in the list beyond
 * that many have been read.  (A datagram of length zero at the head cannot be
 * told from one that was read; then the next one's length puts it right.)
 *
 * A program may never ask for a source.  So a list that has grown is held to
 * what can be in the queue at most, by the memory that it takes.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/sockios.h>

#include "daemon/dgram.h"
#include "daemon/face.h"
#include "daemon/notify.h"

#define DGRAM_MAX	65536
#define DGRAM_BUDGET	64	/* datagrams a turn, each way */
#define DGRAM_LIST	256	/* sources that are kept without a look */
#define DGRAM_MEM	256	/* bytes a datagram takes of the queue at least:
				 * the kernel's struct sk_buff */

struct dgaddr {
	STAILQ_ENTRY(dgaddr) link;
	struct dgram	dg;
	bool		token;		/* no datagram: an error waits */
};

static void
dgaddr_pop(struct face *f)
{
	struct dgaddr *a = STAILQ_FIRST(&f->dgaddrs);

	STAILQ_REMOVE_HEAD(&f->dgaddrs, link);
	f->dgbytes -= a->dg.len;
	f->dgcount--;
	free(a);
}

static void
dgaddr_push(struct face *f, struct dgaddr *a)
{
	STAILQ_INSERT_TAIL(&f->dgaddrs, a, link);
	f->dgbytes += a->dg.len;
	f->dgcount++;
}

/* Drop sources of datagrams that cannot be in the queue any more. */
static void
dgram_bound(struct face *f)
{
	int mem = 0;

	if (f->dgcount < DGRAM_LIST || f->dgcount < f->dgtrim ||
	    ioctl(f->src.fd, SIOCOUTQ, &mem) < 0)
		return;
	while (f->dgcount > (unsigned)mem / DGRAM_MEM)
		dgaddr_pop(f);
	f->dgtrim = 2 * f->dgcount;
}

void
dgram_fini(struct face *f)
{
	while (!STAILQ_EMPTY(&f->dgaddrs))
		dgaddr_pop(f);
}

/* Drop the sources of what the program has taken by itself; app is its end. */
static void
dgram_trim(struct face *f, int app)
{
	int n = 0;

	if (ioctl(app, FIONREAD, &n) < 0 || n < 0)
		n = 0;
	while (f->dgbytes > (uint64_t)n)
		dgaddr_pop(f);
}

/* A datagram of len bytes was taken: drop sources up to and with its own.
 * False: it was a token. */
static bool
dgaddr_match(struct face *f, uint32_t len, struct dgram *dg, int peek)
{
	struct dgaddr *a;
	bool token;

	while ((a = STAILQ_FIRST(&f->dgaddrs)) != NULL && a->dg.len != len)
		dgaddr_pop(f);
	dg->len = len;
	if (a == NULL)
		return true;
	*dg = a->dg;
	token = a->token;
	if (!peek)
		dgaddr_pop(f);
	return !token;
}

void
dgram_drop_token(struct face *f, int app)
{
	char none;

	dgram_trim(f, app);
	while (!STAILQ_EMPTY(&f->dgaddrs) && STAILQ_FIRST(&f->dgaddrs)->token) {
		(void)recv(app, &none, 0, MSG_DONTWAIT);
		dgaddr_pop(f);
	}
	f->err_shown = false;
}

int
dgram_receive(struct face *f, int app, void *buf, uint32_t room, int peek,
    struct dgram *dg)
{
	ssize_t n;
	int error;

	if ((error = sogeterror(f->so)) != 0) {
		dgram_drop_token(f, app);
		return error;
	}
	dgram_trim(f, app);
	for (;;) {
		*dg = (struct dgram) { .len = 0 };
		n = recv(app, buf, room, MSG_DONTWAIT | MSG_TRUNC |
		    (peek ? MSG_PEEK : 0));
		if (n < 0)
			return EWOULDBLOCK;
		if (dgaddr_match(f, (uint32_t)n, dg, peek))
			return 0;
		if (peek)	/* a token: it must go all the same */
			(void)recv(app, buf, 0, MSG_DONTWAIT);
		if (peek)
			dgaddr_pop(f);
	}
}

/* There was nothing in what was received: an empty datagram, or the end?  Its
 * event may be still to come, and until then it would be one after another. */
static bool
dgram_end(const struct face *f)
{
	struct pollfd p = { .fd = f->src.fd, .events = POLLRDHUP };

	return f->app_gone || f->app_eof || (poll(&p, 1, 0) == 1 &&
	    (p.revents & (POLLRDHUP | POLLHUP)) != 0);
}

/* Program to stack.  False: the face was freed. */
static bool
dgram_pull(struct face *f)
{
	static char buf[DGRAM_MAX];
	struct iovec iov = { .iov_base = buf };
	size_t sent;
	ssize_t n;
	int budget = DGRAM_BUDGET;

	while (f->rx_ready) {
		if (budget-- == 0) {
			face_dirty(f);
			return true;
		}
		n = recv(f->src.fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0 || (n == 0 && dgram_end(f))) {
			f->rx_ready = false;
			if (!f->app_gone)
				return true;
			face_free(f, false);
			return false;
		}
		iov.iov_len = (size_t)n;
		/* Nobody waits for the outcome: an error stays on the socket. */
		(void)sosend(f->so, &iov, 1, NULL, &f->so->so_cred, &sent);
	}
	return true;
}

void
dgram_flush(struct face *f)
{
	f->rx_ready = true;
	(void)dgram_pull(f);
}

/* Put one datagram into the program's queue.  False: no room now. */
static bool
dgram_deliver(struct face *f)
{
	static char buf[DGRAM_MAX];
	struct iovec iov = { buf, sizeof(buf) };
	struct dgaddr *a;
	size_t len;
	int error;

	if (f->so->so_rcv.sb_mb == NULL)
		return false;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return false;
	error = soreceive(f->so, &iov, 1, &a->dg.from, MSG_PEEK, &len);
	if (error != 0) {
		free(a);
		return false;
	}
	a->dg.len = (uint32_t)len;
	a->dg.to = f->so->so_rcv.sb_mb->m_to;
	if (send(f->src.fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		/* Full; or shut down, which is for good. */
		if (errno == EAGAIN)
			face_blocked(f);
		f->tx_ready = false;
		free(a);
		return false;
	}
	iov.iov_len = 0;
	(void)soreceive(f->so, &iov, 1, NULL, 0, &len);
	dgaddr_push(f, a);
	dgram_bound(f);
	return true;
}

/* Wake a program that waits natively while an error waits for it. */
static void
dgram_show_error(struct face *f)
{
	struct dgaddr *a;

	if (f->so->so_error == 0)
		f->err_shown = false;
	if (f->so->so_error == 0 || f->err_shown)
		return;
	if ((a = calloc(1, sizeof(*a))) == NULL)
		return;
	if (send(f->src.fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		free(a);
		return;
	}
	a->token = true;
	f->err_shown = true;
	dgaddr_push(f, a);
}

void
dgram_run(struct face *f)
{
	int budget = DGRAM_BUDGET;

	while (f->tx_ready && dgram_deliver(f))
		if (--budget == 0) {
			face_dirty(f);
			break;
		}
	notify_retry(f);
	dgram_show_error(f);
	(void)dgram_pull(f);
}

