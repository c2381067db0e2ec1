/*
 * tcp_reass.c - segments that came too early (RFC 9293, 3.10.7.4, step 7).
 *
 * Theory of operation.  t_segq holds blocks of contiguous bytes, in order of
 * sequence number, disjoint and not adjacent: each block is an island behind a
 * hole, which is also what a SACK option would report.  Bytes that came first
 * win over later copies.  A FIN belongs to the block that ends with it; behind
 * it nothing is accepted.
 *
 * What may be kept is limited in bytes by the receive window (the caller has
 * trimmed the segment to it) and in segments by net.inet.tcp.reass.maxqueuelen,
 * since a byte in a segment of its own costs far more than a byte.
 *
 * Blocks come from their own zone.  The segment that fills the first hole needs
 * no block, so progress never depends on memory.
 */
#include <errno.h>

#include "stack/socket.h"
#include "stack/tcp_int.h"

struct tseg {
	struct tseg	*next;
	struct mbuf	*m, *tail;	/* NULL for a bare FIN */
	tcp_seq		 seq;
	uint32_t	 len;
	uint16_t	 nsegs;		/* segments it was made of */
	bool		 fin;
};

int
tcp_reass_init(struct vnet *v)
{
	struct zone **z = &V_tcp(v)->reasszone;

	*z = zinit(v, "tcpreass", sizeof(struct tseg), 0, 0);
	return *z != NULL ? 0 : ENOMEM;
}

void
tcp_reass_fini(struct vnet *v)
{
	zdestroy(V_tcp(v)->reasszone);
}

static tcp_seq
tseg_end(const struct tseg *q)
{
	return q->seq + q->len;
}

/* Take the block at *qp out; its bytes are the caller's. */
static struct mbuf *
tseg_take(struct tcpcb *tp, struct tseg **qp)
{
	struct tseg *q = *qp;
	struct mbuf *m = q->m;

	*qp = q->next;
	tp->t_segqlen -= q->nsegs;
	zfree(V_tcp(tcp_vnetof(tp))->reasszone, q);
	return m;
}

void
tcp_reass_flush(struct tcpcb *tp)
{
	while (tp->t_segq != NULL)
		m_freem(tcp_vnetof(tp), tseg_take(tp, &tp->t_segq));
}

static void
chain_append(struct tseg *q, struct mbuf *m)
{
	if (m == NULL)
		return;
	if (q->m == NULL)
		q->m = m;
	else
		q->tail->m_next = m;
	while (m->m_next != NULL)
		m = m->m_next;
	q->tail = m;
}

static void
trim_front(struct tcpseg *s, uint32_t n)
{
	m_adj(s->m, (ssize_t)n);
	s->seq += n;
	s->len -= n;
}

static void
trim_back(struct tcpseg *s, uint32_t n)
{
	m_adj(s->m, -(ssize_t)n);
	s->len -= n;
	s->flags &= ~TH_FIN;
}

/* Remove from s what q, which begins at or before it, has.  False: all. */
static bool
overlap_before(struct tcpcb *tp, struct tseg *q, struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));
	uint32_t over = SEQ_GT(tseg_end(q), s->seq) ? tseg_end(q) - s->seq : 0;

	if (q->fin || (over > 0 && over >= s->len)) {
		if (over == s->len && (s->flags & TH_FIN) != 0)
			q->fin = true;
		st->tcps_rcvduppack++;
		st->tcps_rcvdupbyte += s->len;
		return false;
	}
	if (over > 0) {
		st->tcps_rcvpartduppack++;
		st->tcps_rcvpartdupbyte += over;
		trim_front(s, over);
	}
	return true;
}

/* Remove what s and the blocks behind it have in common, whole blocks first. */
static void
overlap_after(struct tcpcb *tp, struct tseg **qp, struct tcpseg *s)
{
	tcp_seq end = s->seq + s->len;

	while (*qp != NULL && SEQ_LT((*qp)->seq, end)) {
		struct tseg *q = *qp;

		if (SEQ_GT(tseg_end(q), end)) {
			trim_back(s, end - q->seq);
			return;
		}
		if (q->fin) {
			/* Nothing of the stream is behind a FIN. */
			if (tseg_end(q) != end)
				trim_back(s, end - tseg_end(q));
			s->flags |= TH_FIN;
			end = s->seq + s->len;
		}
		m_freem(tcp_vnetof(tp), tseg_take(tp, qp));
	}
}

/* Where s belongs; *prev is the last block that begins at or before it. */
static struct tseg **
find_place(struct tcpcb *tp, const struct tcpseg *s, struct tseg **prev)
{
	struct tseg **qp = &tp->t_segq;

	*prev = NULL;
	while (*qp != NULL && SEQ_LEQ((*qp)->seq, s->seq)) {
		*prev = *qp;
		qp = &(*qp)->next;
	}
	return qp;
}

/* q and the next block touch: make them one. */
static void
join_next(struct tcpcb *tp, struct tseg *q)
{
	struct tseg *n = q->next;

	if (n == NULL || tseg_end(q) != n->seq)
		return;
	q->len += n->len;
	q->fin |= n->fin;
	q->nsegs += n->nsegs;
	tp->t_segqlen += n->nsegs;
	chain_append(q, tseg_take(tp, &q->next));
}

static void
keep(struct tcpcb *tp, struct tcpseg *s, struct tseg *prev, struct tseg **qp)
{
	struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));
	struct tseg *q = prev;

	if (tp->t_segqlen >= t->reass_maxqueuelen) {
		t->stat.tcps_rcvreassfull++;
		return;
	}
	if (prev == NULL || tseg_end(prev) != s->seq) {
		if ((q = zalloc(t->reasszone)) == NULL) {
			t->stat.tcps_rcvreassfull++;
			return;
		}
		q->seq = s->seq;
		q->next = *qp;
		*qp = q;
	}
	if (s->len > 0) {
		chain_append(q, s->m);
		s->m = NULL;
	}
	q->len += s->len;
	q->fin = (s->flags & TH_FIN) != 0;
	q->nsegs++;
	tp->t_segqlen++;
	join_next(tp, q);
}

/* s is next in order: it goes to the socket, with the first block if it
 * reaches that. */
static void
deliver(struct tcpcb *tp, struct tcpseg *s)
{
	struct tseg *q;

	tp->rcv_nxt += s->len;
	if (s->len > 0) {
		tcp_deliver(tp, s->m, s->len);
		s->m = NULL;
	}
	q = tp->t_segq;
	if (q == NULL || q->seq != tp->rcv_nxt)
		return;
	tp->rcv_nxt += q->len;
	if (q->fin)
		s->flags |= TH_FIN;
	if (q->len > 0) {
		uint32_t len = q->len;

		tcp_deliver(tp, tseg_take(tp, &tp->t_segq), len);
	} else
		(void)tseg_take(tp, &tp->t_segq);
}

void
tcp_reass(struct tcpcb *tp, struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));
	struct tseg *prev, **qp = find_place(tp, s, &prev);

	if (prev != NULL && !overlap_before(tp, prev, s)) {
		s->flags &= ~TH_FIN;
		return;
	}
	overlap_after(tp, qp, s);
	if (s->seq == tp->rcv_nxt) {
		deliver(tp, s);
		return;
	}
	st->tcps_rcvoopack++;
	st->tcps_rcvoobyte += s->len;
	tp->t_rcvoopack++;
	keep(tp, s, prev, qp);
	s->flags &= ~TH_FIN;
}
