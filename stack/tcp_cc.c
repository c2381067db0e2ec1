/*
 * tcp_cc.c - congestion control: NewReno.
 *
 * Theory of operation.  Slow start and congestion avoidance of RFC 5681 with
 * byte counting (RFC 3465, L is abc_l_var; rfc3465 is off: without); fast
 * retransmit and NewReno recovery of RFC 6582; initial window of RFC 6928 or an
 * earlier one, one segment after a lost SYN.  Whoever retransmits is told to by
 * these functions; they alone write snd_cwnd and snd_ssthresh.
 *
 * The window grows only by ACKs of data that filled it (up to snd_full): an
 * application or receiver that keeps below it proves nothing (RFC 7661).
 *
 * SACK would replace tcp_cc_dupack()'s and tcp_cc_recovery_ack()'s choice of
 * what to retransmit, nothing else.
 */
#include "stack/tcp_int.h"

#define DUPTHRESH	3

static uint32_t
max32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t
min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t
flight(const struct tcpcb *tp)
{
	return tp->snd_max - tp->snd_una;
}

static uint32_t
cwnd_limit(const struct tcpcb *tp)
{
	return (uint32_t)TCP_MAXWIN << tp->snd_scale;
}

uint32_t
tcp_initcwnd(const struct tcpcb *tp)
{
	const struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));
	uint32_t mss = tcp_maxseg(tp), n = (uint32_t)t->initcwnd_segments;

	if (n > 0)
		return min32(n * mss, max32(2 * mss, 1460 * n));
	if (t->rfc3390 != 0)
		return min32(4 * mss, max32(2 * mss, 4380));
	/* RFC 5681, 3.1 */
	return mss > 2190 ? 2 * mss : mss > 1095 ? 3 * mss : 4 * mss;
}

void
tcp_cc_init(struct tcpcb *tp)
{
	/* A SYN that had to be repeated speaks of congestion. */
	tp->snd_cwnd = tp->t_rxtshift > 0 ? tcp_maxseg(tp) : tcp_initcwnd(tp);
	tp->snd_ssthresh = (uint32_t)TCP_MAXWIN << TCP_MAXWINSHIFT;
	tp->t_bytesacked = 0;
}

/* Half of what is on the way: RFC 5681, equation 4. */
static void
halve(struct tcpcb *tp)
{
	tp->snd_ssthresh = max32(flight(tp) / 2, 2 * tcp_maxseg(tp));
	tp->t_bytesacked = 0;
}

/* What the window grows by for an ACK of so many bytes. */
static uint32_t
growth(struct tcpcb *tp, uint32_t acked)
{
	const struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));
	bool abc = t->rfc3465 != 0;
	uint32_t mss = tcp_maxseg(tp);

	if (tp->snd_cwnd < tp->snd_ssthresh)
		return min32(acked, abc ? (uint32_t)t->abc_l_var * mss : mss);
	if (!abc)
		return max32((uint32_t)((uint64_t)mss * mss / tp->snd_cwnd),
		    1);
	tp->t_bytesacked += acked;
	if (tp->t_bytesacked < tp->snd_cwnd)
		return 0;
	tp->t_bytesacked -= tp->snd_cwnd;
	return mss;
}

/* acked bytes are no longer in flight; called before snd_una moves. */
void
tcp_cc_acked(struct tcpcb *tp, uint32_t acked)
{
	uint32_t limit = cwnd_limit(tp), incr;

	if (SEQ_GEQ(tp->snd_una, tp->snd_full))
		return;
	incr = growth(tp, acked);
	tp->snd_cwnd = limit - tp->snd_cwnd > incr && tp->snd_cwnd < limit ?
	    tp->snd_cwnd + incr : limit;
}

void
tcp_cc_timeout(struct tcpcb *tp)
{
	/* Further time-outs of the same data say nothing new. */
	if (tp->t_rxtshift <= 1)
		halve(tp);
	tp->snd_cwnd = tcp_maxseg(tp);
	tp->snd_recover = tp->snd_max;
	tp->t_dupacks = 0;
	tp->t_flags &= ~TF_FASTRECOVERY;
}

/* Nothing was sent for longer than the RTO: RFC 5681, 4.1. */
void
tcp_cc_idle(struct tcpcb *tp)
{
	uint32_t iw = tcp_initcwnd(tp);

	if (tp->snd_cwnd > iw)
		tp->snd_cwnd = iw;
	tp->t_bytesacked = 0;
}

static void
recovery_start(struct tcpcb *tp)
{
	halve(tp);
	tp->t_flags |= TF_FASTRECOVERY;
	tp->snd_recover = tp->snd_max;
	tp->t_flags &= ~TF_TIMING;
	tcp_retransmit_first(tp);
	tp->snd_cwnd = tp->snd_ssthresh + DUPTHRESH * tcp_maxseg(tp);
}

/*
 * RFC 3042: each of the first two duplicates has taken a segment off the
 * network, so one may go in, without cwnd growing.
 */
static void
limited_transmit(struct tcpcb *tp)
{
	uint32_t cwnd = tp->snd_cwnd;
	uint32_t may = flight(tp) + tcp_maxseg(tp);

	if (V_tcp(tcp_vnetof(tp))->rfc3042 == 0 || tp->snd_nxt != tp->snd_max)
		return;
	if (may > cwnd && may <= cwnd + 2 * tcp_maxseg(tp))
		tp->snd_cwnd = may;
	(void)tcp_output(tp);
	tp->snd_cwnd = cwnd;
}

void
tcp_cc_dupack(struct tcpcb *tp)
{
	if (tp->t_dupacks < UINT8_MAX)
		tp->t_dupacks++;
	if (tp->t_flags & TF_FASTRECOVERY) {
		tp->snd_cwnd += tcp_maxseg(tp);
		(void)tcp_output(tp);
		return;
	}
	if (tp->t_dupacks < DUPTHRESH) {
		limited_transmit(tp);
		return;
	}
	/* RFC 6582, 3.2: not twice for one window of data. */
	if (tp->t_dupacks == DUPTHRESH &&
	    SEQ_GT(tp->snd_una, tp->snd_recover))
		recovery_start(tp);
}

static void
recovery_end(struct tcpcb *tp, tcp_seq ack)
{
	uint32_t mss = tcp_maxseg(tp);
	uint32_t left = max32(tp->snd_max - ack, mss) + mss;

	tp->snd_cwnd = left < tp->snd_ssthresh ? left : tp->snd_ssthresh;
	tp->t_flags &= ~TF_FASTRECOVERY;
	tp->t_dupacks = 0;
}

void
tcp_cc_recovery_ack(struct tcpcb *tp, tcp_seq ack, uint32_t acked)
{
	uint32_t mss = tcp_maxseg(tp);

	if (SEQ_GEQ(ack, tp->snd_recover)) {
		recovery_end(tp, ack);
		return;
	}
	/* Partial: the next hole begins at ack.  Deflate by what has left. */
	tp->snd_cwnd = tp->snd_cwnd > acked ? tp->snd_cwnd - acked : 0;
	if (acked >= mss)
		tp->snd_cwnd += mss;
	if (tp->snd_cwnd < mss)
		tp->snd_cwnd = mss;
}
