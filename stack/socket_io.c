/*
 * socket_io.c - sending and receiving.
 *
 * Theory of operation
 *
 * A program's bytes are copied once on the way in, into mbufs of fitting size,
 * and once on the way out.  On a stream they go to so_snd and the protocol is
 * told; a datagram is built as one packet with headroom for the headers and
 * given to the protocol.  It never waits in so_snd, whose limit therefore does
 * not concern it (FreeBSD refuses what is larger; Linux, whose programs these
 * are, does not).
 *
 * What is in so_rcv is delivered before so_error is: a peer's data counts even
 * if a reset followed it into the buffer.
 *
 * Nothing waits: EWOULDBLOCK, and an upcall follows.
 */
#include <errno.h>
#include <string.h>

#include "stack/socket_int.h"

/* No protocol has longer records; a bound on memory before it is asked. */
#define DGRAM_MAX 65535

/* A place in an iovec. */
struct iocursor {
	const struct iovec *iov;
	int	 cnt;
	size_t	 off;		/* in *iov */
};

static size_t
iov_length(const struct iovec *iov, int cnt)
{
	size_t len = 0;

	for (int i = 0; i < cnt; i++)
		len += iov[i].iov_len;
	return len;
}

/* Copy up to len bytes between buf and the cursor; the number copied. */
static size_t
iov_move(struct iocursor *c, uint8_t *buf, size_t len, bool tobuf)
{
	size_t done = 0;

	while (done < len && c->cnt > 0) {
		uint8_t *p = (uint8_t *)c->iov->iov_base + c->off;
		size_t n = c->iov->iov_len - c->off;

		if (n > len - done)
			n = len - done;
		if (n > 0 && tobuf)
			memcpy(buf + done, p, n);
		else if (n > 0)
			memcpy(p, buf + done, n);
		done += n;
		c->off += n;
		if (c->off == c->iov->iov_len) {
			c->iov++;
			c->cnt--;
			c->off = 0;
		}
	}
	return done;
}

/* A chain with the next len bytes of the cursor, head bytes free in front. */
static struct mbuf *
iov_to_mbufs(struct vnet *v, struct iocursor *c, size_t len, size_t head)
{
	struct mbuf *top = NULL, **tailp = &top;

	do {
		size_t want = len < MCL_LARGE ? len : MCL_LARGE;
		struct mbuf *m = m_get(v, head, want);

		if (m == NULL) {
			m_freem(v, top);
			return NULL;
		}
		m->m_len = (uint32_t)iov_move(c, m->m_data, want, true);
		len -= m->m_len;
		head = 0;
		*tailp = m;
		tailp = &m->m_next;
	} while (len > 0);
	return top;
}

/* May this socket send?  0 or errno; so_error is taken, and told before EPIPE,
 * so that a writer learns of the reset as it does on Linux. */
static int
send_allowed(struct socket *so, const struct endpoint *to)
{
	if (so->so_error != 0)
		return sotakeerror(so);
	if (so->so_snd.sb_state & SBS_CANTSENDMORE)
		return EPIPE;
	if (so->so_state & SS_ISCONNECTED)
		return 0;
	if (so->so_proto->pr_connrequired)
		return so->so_state & SS_ISCONNECTING ? EWOULDBLOCK :
		    ENOTCONN;
	return to == NULL ? EDESTADDRREQ : 0;
}

size_t
sosendspace(const struct socket *so)
{
	long space = sbspace(&so->so_snd);

	return space > 0 ? (size_t)space : 0;
}

int
sosend_mbuf(struct socket *so, struct mbuf *m, const struct cred *cred)
{
	int error = send_allowed(so, NULL);

	if (error != 0) {
		m_freem(so->so_vnet, m);
		return error;
	}
	sbappendstream(so->so_vnet, &so->so_snd, m);
	return so->so_proto->pr_send(so, NULL, NULL, cred);
}

static int
sosend_stream(struct socket *so, struct iocursor *c, size_t len,
    const struct cred *cred, size_t *sent)
{
	size_t space = sosendspace(so);
	struct mbuf *m;
	int error;

	if (len == 0)
		return 0;
	if (space == 0)
		return EWOULDBLOCK;
	if (len > space)
		len = space;
	if ((m = iov_to_mbufs(so->so_vnet, c, len, 0)) == NULL)
		return ENOBUFS;
	sbappendstream(so->so_vnet, &so->so_snd, m);
	if ((error = so->so_proto->pr_send(so, NULL, NULL, cred)) == 0)
		*sent = len;
	return error;
}

static int
sosend_dgram(struct socket *so, struct iocursor *c, size_t len,
    const struct endpoint *to, const struct cred *cred, size_t *sent)
{
	struct mbuf *m;
	int error;

	if (len > DGRAM_MAX)
		return EMSGSIZE;
	m = iov_to_mbufs(so->so_vnet, c, len, MHEADROOM);
	if (m == NULL)
		return ENOBUFS;
	if ((error = so->so_proto->pr_send(so, m, to, cred)) == 0)
		*sent = len;
	return error;
}

int
sosend(struct socket *so, const struct iovec *iov, int iovcnt,
    const struct endpoint *to, const struct cred *cred, size_t *sent)
{
	struct iocursor c = { iov, iovcnt, 0 };
	size_t len = iov_length(iov, iovcnt);
	int error;

	*sent = 0;
	if ((error = send_allowed(so, to)) != 0)
		return error;
	if (!so->so_proto->pr_atomic)
		return sosend_stream(so, &c, len, cred, sent);
	if (to != NULL && !inaddr_is_v4(&to->addr))
		return EAFNOSUPPORT;
	return sosend_dgram(so, &c, len, to, cred, sent);
}

/* Copy the chain's bytes out as far as there is room; the number copied. */
static size_t
mbufs_to_iov(const struct mbuf *m, struct iocursor *c)
{
	size_t done = 0;

	for (; m != NULL && c->cnt > 0; m = m->m_next)
		done += iov_move(c, m->m_data, m->m_len, false);
	return done;
}

/* The first record; NULL: none. */
static struct mbuf *
first_record(const struct socket *so)
{
	return so->so_state & SS_LISTENING ? NULL : so->so_rcv.sb_mb;
}

/* Why there is nothing to receive: 0 because no more comes (EOF). */
static int
receive_none(struct socket *so, int flags)
{
	if (so->so_error != 0)
		return flags & MSG_PEEK ? so->so_error : sotakeerror(so);
	if (so->so_rcv.sb_state & SBS_CANTRCVMORE)
		return 0;
	if (so->so_proto->pr_connrequired &&
	    !(so->so_state & (SS_ISCONNECTED | SS_ISCONNECTING)))
		return ENOTCONN;
	return EWOULDBLOCK;
}

static void
receive_dgram(struct socket *so, struct iocursor *c, struct endpoint *from,
    int flags, size_t *got)
{
	struct mbuf *m = so->so_rcv.sb_mb;

	mbufs_to_iov(m, c);
	*got = m->m_pktlen;
	if (from != NULL)
		*from = m->m_from;
	if (flags & MSG_PEEK)
		return;
	sbdroprecord(so->so_vnet, &so->so_rcv);
	if (so->so_pcb != NULL && so->so_proto->pr_rcvd != NULL)
		so->so_proto->pr_rcvd(so);
}

int
soreceive(struct socket *so, const struct iovec *iov, int iovcnt,
    struct endpoint *from, int flags, size_t *got)
{
	struct iocursor c = { iov, iovcnt, 0 };

	*got = 0;
	if (first_record(so) == NULL)
		return receive_none(so, flags);
	if (so->so_proto->pr_atomic) {
		receive_dgram(so, &c, from, flags, got);
		return 0;
	}
	*got = mbufs_to_iov(so->so_rcv.sb_mb, &c);
	if (from != NULL)
		sopeeraddr(so, from);
	if (!(flags & MSG_PEEK) && *got > 0)
		soreceive_done(so, *got);
	return 0;
}

void
soreceive_iov(struct socket *so, struct iovec *iov, int *cnt)
{
	int i = 0;

	for (struct mbuf *m = first_record(so); m != NULL && i < *cnt;
	    m = m->m_next) {
		iov[i].iov_base = m->m_data;
		iov[i++].iov_len = m->m_len;
	}
	*cnt = i;
}

void
soreceive_done(struct socket *so, size_t len)
{
	sbdrop(so->so_vnet, &so->so_rcv, len);
	if (so->so_pcb != NULL && so->so_proto->pr_rcvd != NULL)
		so->so_proto->pr_rcvd(so);
}
