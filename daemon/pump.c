/*
 * pump.c - the bytes of a connection.
 *
 *	program --write--> own end --face_pull--> so_snd --> TCP
 *	program <--read--- own end <--face_push-- so_rcv <-- TCP
 *
 * Back-pressure is the buffers' own: nothing is read from the program while
 * so_snd is full, nothing taken from so_rcv while the program's queue is full,
 * so TCP's window closes and the peer stops.  epoll is edge triggered: rx_ready
 * and tx_ready remember an edge until the end of what it announced was seen.
 *
 * The program's ends of file: shutdown(SHUT_WR) becomes FIN; close() becomes
 * soclose() once all it wrote has been taken; close() with unread data becomes
 * RST, as on Linux.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "daemon/face.h"
#include "daemon/notify.h"
#include "daemon/pump.h"
#include "stack/mbuf.h"

#define PUMP_BUDGET	(1u << 20)	/* bytes a turn, each way */
#define PUMP_IOV	16
#define PUMP_CALLS	64	/* of PUMP_IOV pieces: they may be small */
#define PUMP_COPY	MCL_MEDIUM	/* reads below this are copied to size */

enum pump_end { PUMP_MORE, PUMP_STOP, PUMP_FREED };

/* A buffer to read into; it stays with the daemon while reads are small. */
static struct mbuf *
pump_buffer(struct daemon *d)
{
	if (d->spare == NULL)
		d->spare = m_get(d->vnet, 0, MCL_LARGE);
	return d->spare;
}

/* The n bytes just read into the spare buffer, as a chain of a fitting size. */
static struct mbuf *
pump_take(struct daemon *d, size_t n)
{
	struct mbuf *m = d->spare;

	if (n < PUMP_COPY)
		return m_frombuf(d->vnet, m->m_data, n, 0);
	d->spare = NULL;
	m->m_len = (uint32_t)n;
	return m;
}

/* recv() on the daemon's end found no byte: n is 0 or -1. */
static enum pump_end
pull_end(struct face *f, ssize_t n)
{
	f->rx_ready = false;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return PUMP_STOP;
	if (n < 0) {		/* closed with data unread */
		face_free(f, true);
		return PUMP_FREED;
	}
	if (f->app_gone) {
		face_free(f, false);
		return PUMP_FREED;
	}
	if (!f->app_eof) {
		f->app_eof = true;
		(void)soshutdown(f->so, SHUT_WR);
	}
	return PUMP_STOP;
}

static enum pump_end
pump_pull(struct face *f)
{
	struct daemon *d = f->d;
	size_t moved = 0, room;
	struct mbuf *m;
	ssize_t n;

	while (f->rx_ready && moved < PUMP_BUDGET) {
		if ((room = sosendspace(f->so)) == 0)
			return PUMP_STOP;	/* SO_UP_WRITE goes on */
		if ((m = pump_buffer(d)) == NULL)
			return PUMP_MORE;
		if (room > m_trailing(m))
			room = m_trailing(m);
		n = recv(f->src.fd, m->m_data, room, MSG_DONTWAIT);
		if (n <= 0)
			return pull_end(f, n);
		if ((m = pump_take(d, (size_t)n)) == NULL) {
			f->so->so_error = ENOBUFS;	/* pump_finish() */
			return PUMP_STOP;
		}
		/* EPIPE after a reset: the error itself is on its way. */
		(void)sosend_mbuf(f->so, m, &f->so->so_cred);
		moved += (size_t)n;
		/* A short read emptied the queue; what comes is an edge. */
		if ((size_t)n < room && !f->app_shut)
			f->rx_ready = false;
	}
	return f->rx_ready ? PUMP_MORE : PUMP_STOP;
}

static enum pump_end
pump_push(struct face *f)
{
	struct iovec iov[PUMP_IOV];
	struct msghdr mh = { .msg_iov = iov };
	size_t moved = 0;
	ssize_t n;
	int cnt, calls = PUMP_CALLS;

	while (f->tx_ready && f->so->so_rcv.sb_cc > 0) {
		if (moved >= PUMP_BUDGET || calls-- == 0)
			return PUMP_MORE;
		cnt = PUMP_IOV;
		soreceive_iov(f->so, iov, &cnt);
		mh.msg_iovlen = (size_t)cnt;
		n = sendmsg(f->src.fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			face_blocked(f);
			return PUMP_STOP;
		}
		if (n < 0) {	/* it shut down its receiving side */
			soreceive_done(f->so, f->so->so_rcv.sb_cc);
			return PUMP_STOP;
		}
		soreceive_done(f->so, (size_t)n);
		moved += (size_t)n;
	}
	return PUMP_STOP;
}

/* After the last byte: end of file, or the reset. */
static void
pump_finish(struct face *f)
{
	struct socket *so = f->so;

	if (so->so_rcv.sb_cc > 0)
		return;
	if (so->so_error != 0) {
		/* Nobody is searched for who would hold it. */
		if (f->app_gone || face_hungup(f))
			face_free(f, true);
		else if (!face_fail(f, so->so_error, true))
			face_later(f);
		return;
	}
	if ((so->so_rcv.sb_state & SBS_CANTRCVMORE) && !f->fin_sent) {
		f->fin_sent = true;
		(void)shutdown(f->src.fd, SHUT_WR);
	}
}

void
pump_run(struct face *f)
{
	enum pump_end in, out;

	out = pump_push(f);
	/* A pending error is pump_finish()'s; sending would take it away. */
	in = f->so->so_error != 0 ? PUMP_STOP : pump_pull(f);
	if (in == PUMP_FREED)
		return;
	if (in == PUMP_MORE || out == PUMP_MORE)
		face_dirty(f);
	notify_retry(f);
	pump_finish(f);
}

void
pump_event(struct face *f, uint32_t events)
{
	if (events & EPOLLHUP)
		f->app_gone = true;
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		f->app_shut = true;
	if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		f->rx_ready = true;
	if (events & EPOLLOUT)
		face_writable(f);
	face_dirty(f);
}
