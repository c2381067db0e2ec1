/*
 * tcp_rtt.c - round trip time and retransmission time-out (RFC 6298).
 *
 * Theory of operation.  One segment at a time is timed with the vnet's clock in
 * microseconds (TF_TIMING), which a fast path needs; a retransmission ends the
 * timing (Karn).  When no timing is under way, the echo of a timestamp serves,
 * which is good to a millisecond and unambiguous even after retransmissions.
 *
 * RTO = SRTT + max(G, 4 * RTTVAR) + rexmit_slop, not below rexmit_min:
 * FreeBSD's way to cover the peer's delayed acknowledgment without RFC 6298's
 * floor of a second.
 */
#include "stack/tcp_int.h"

#define GRANULARITY	1000	/* us, of the timer wheel */
#define RTO_MAX		64000	/* ms */

void
tcp_rtt_sample(struct tcpcb *tp, uint32_t us)
{
	uint32_t delta;

	TCPSTAT(tcp_vnetof(tp))->tcps_rttupdated++;
	if (us == 0)
		us = 1;
	if (tp->t_srtt == 0) {
		tp->t_srtt = us;
		tp->t_rttvar = us / 2;
	} else {
		delta = us > tp->t_srtt ? us - tp->t_srtt : tp->t_srtt - us;
		tp->t_rttvar = (uint32_t)((3 * (uint64_t)tp->t_rttvar + delta)
		    / 4);
		tp->t_srtt = (uint32_t)((7 * (uint64_t)tp->t_srtt + us) / 8);
		if (tp->t_srtt == 0)
			tp->t_srtt = 1;
	}
	tp->t_rxtshift = 0;
	tp->t_softerror = 0;
	tp->t_rxtcur = tcp_rto(tp);
}

uint32_t
tcp_rto(const struct tcpcb *tp)
{
	const struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));
	uint64_t us, ms;

	if (tp->t_srtt == 0)
		return (uint32_t)t->rexmit_initial;
	us = 4 * (uint64_t)tp->t_rttvar;
	us = tp->t_srtt + (us > GRANULARITY ? us : GRANULARITY);
	ms = (us + 999) / 1000 + (uint64_t)t->rexmit_slop;
	if (ms < (uint64_t)t->rexmit_min)
		ms = (uint64_t)t->rexmit_min;
	return (uint32_t)(ms < RTO_MAX ? ms : RTO_MAX);
}

void
tcp_rtt_ack(struct tcpcb *tp, const struct tcpseg *s)
{
	const struct vnet *v = tcp_vnetof(tp);

	if (tp->t_flags & TF_TIMING) {
		if (SEQ_LEQ(s->ack, tp->t_rtseq))
			return;
		tp->t_flags &= ~TF_TIMING;
		tcp_rtt_sample(tp, tcp_us(v) - tp->t_rtttime);
		return;
	}
	if ((tp->t_flags & TF_RCVD_TSTMP) != 0 && (s->opt.to_flags & TOF_TS) &&
	    s->opt.to_tsecr != 0) {
		uint32_t ms = tcp_ts_now(tp) - s->opt.to_tsecr;

		/* Nonsense, or an echo of another incarnation. */
		if (ms > RTO_MAX)
			return;
		tcp_rtt_sample(tp, ms * 1000);
	}
}
