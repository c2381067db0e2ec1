/*
 * tcp_ack.c - the fifth step of RFC 9293, 3.10.7.4: acknowledgments.
 *
 * Theory of operation.  An ACK is one of four: for something never sent or long
 * gone (challenged, RFC 5961), old, a duplicate (a hint of loss, RFC 5681, 2),
 * or new: then snd_una moves, and with it everything that hangs from it, in
 * tcp_ack_advance().  The window is taken from the segment last, whatever the
 * ACK was, if the segment is newer than the one it was taken from before.
 */
#include "stack/socket.h"
#include "stack/tcp_int.h"

void
tcp_window_update(struct tcpcb *tp, const struct tcpseg *s)
{
	uint32_t wnd = s->wnd << tp->snd_scale;

	if (SEQ_LT(s->seq, tp->snd_wl1) || (s->seq == tp->snd_wl1 &&
	    (SEQ_LT(s->ack, tp->snd_wl2) ||
	    (s->ack == tp->snd_wl2 && wnd <= tp->snd_wnd))))
		return;
	if (s->len == 0 && s->ack == tp->snd_wl2 && wnd > tp->snd_wnd)
		TCPSTAT(tcp_vnetof(tp))->tcps_rcvwinupd++;
	tp->snd_wnd = wnd;
	tp->snd_wl1 = s->seq;
	tp->snd_wl2 = s->ack;
	if (wnd > tp->max_sndwnd)
		tp->max_sndwnd = wnd;
}

static void
restart_rexmt(struct tcpcb *tp, tcp_seq ack)
{
	if (ack == tp->snd_max)
		tcp_timer_stop(tp, TT_REXMT);
	else if (!tcp_timer_active(tp, TT_PERSIST))
		tcp_timer_start(tp, TT_REXMT, tp->t_rxtcur);
}

/* n bytes of so_snd have arrived. */
static void
drop_acked(struct tcpcb *tp, uint32_t n)
{
	struct socket *so = tp->t_inpcb.inp_socket;

	if (n == 0)
		return;
	tp->t_bytes_acked += n;
	tp->snd_wnd = tp->snd_wnd > n ? tp->snd_wnd - n : 0;
	sbdrop(so->so_vnet, &so->so_snd, n);
	sowwakeup(so);
}

static void
congestion(struct tcpcb *tp, tcp_seq ack, uint32_t acked)
{
	if (tp->t_flags & TF_FASTRECOVERY) {
		tcp_cc_recovery_ack(tp, ack, acked);
		return;
	}
	tp->t_dupacks = 0;
	tcp_cc_acked(tp, acked);
}

/* RFC 6298, 5.7: after a lost SYN, the first RTO is 3 s unless one is known. */
static void
syn_acked(struct tcpcb *tp, bool lost)
{
	tp->snd_una++;
	if (lost && tp->t_srtt == 0 && tp->t_rxtcur < 3000)
		tp->t_rxtcur = 3000;
}

bool
tcp_ack_advance(struct tcpcb *tp, const struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));
	const struct socket *so = tp->t_inpcb.inp_socket;
	bool lost = tp->t_rxtshift > 0, fin;
	uint32_t acked;

	tcp_rtt_ack(tp, s);
	if (tp->snd_una == tp->iss)
		syn_acked(tp, lost);
	acked = s->ack - tp->snd_una;
	st->tcps_rcvackpack++;
	st->tcps_rcvackbyte += acked;
	if (acked > 0)
		congestion(tp, s->ack, acked);
	restart_rexmt(tp, s->ack);
	fin = acked > so->so_snd.sb_cc;
	drop_acked(tp, fin ? so->so_snd.sb_cc : acked);
	tp->snd_una = s->ack;
	tp->snd_nxt = SEQ_MAX(tp->snd_nxt, s->ack);
	/* The circle must not turn under marks that stay behind. */
	tp->snd_sml = SEQ_MAX(tp->snd_sml, tp->snd_una);
	tp->snd_full = SEQ_MAX(tp->snd_full, tp->snd_una);
	if (tp->t_flags & TF_FASTRECOVERY)
		tcp_retransmit_first(tp);
	else
		tp->snd_recover = SEQ_MAX(tp->snd_recover, tp->snd_una - 1);
	return fin;
}

/* Is an ACK of nothing new a duplicate in the sense of RFC 5681? */
static bool
is_dupack(const struct tcpcb *tp, const struct tcpseg *s)
{
	return s->len == 0 && (s->flags & TH_FIN) == 0 &&
	    s->ack == tp->snd_una && tp->snd_una != tp->snd_max &&
	    s->wnd << tp->snd_scale == tp->snd_wnd &&
	    !tcp_timer_active(tp, TT_PERSIST);
}

static void
old_ack(struct tcpcb *tp, const struct tcpseg *s)
{
	if (!is_dupack(tp, s)) {
		if ((tp->t_flags & TF_FASTRECOVERY) == 0)
			tp->t_dupacks = 0;
		return;
	}
	TCPSTAT(tcp_vnetof(tp))->tcps_rcvdupack++;
	tcp_cc_dupack(tp);
}

/* SYN_RECEIVED: an ACK of our SYN and nothing else will do. */
static enum verdict
ack_handshake(struct tcpcb *tp, const struct tcpseg *s)
{
	if (SEQ_LEQ(s->ack, tp->snd_una) || SEQ_GT(s->ack, tp->snd_max)) {
		TCPSTAT(tcp_vnetof(tp))->tcps_sc_badack++;
		tcp_respond_reset(tcp_vnetof(tp), s);
		return TV_DROP;
	}
	tcp_established(tp);
	tcp_closed_early(tp);
	return TV_GO;
}

/* Our FIN is acknowledged. */
static enum verdict
fin_acked(struct tcpcb *tp)
{
	const struct socket *so = tp->t_inpcb.inp_socket;

	if (tp->t_state == TCPS_FIN_WAIT_1) {
		tcp_state_change(tp, TCPS_FIN_WAIT_2);
		if (so->so_state & SS_NOFDREF)
			tcp_finwait2_start(tp);
		return TV_GO;
	}
	if (tp->t_state == TCPS_CLOSING) {
		tcp_twstart(tp);
		return TV_GONE;
	}
	if (tp->t_state == TCPS_LAST_ACK)
		return tcp_close(tp) ? TV_DROP : TV_GONE;
	return TV_GO;
}

enum verdict
tcp_segment_ack(struct tcpcb *tp, struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));
	enum verdict verdict = TV_GO;

	if ((s->flags & TH_ACK) == 0)
		return TV_DROP;
	if (tp->t_state == TCPS_SYN_RECEIVED &&
	    ack_handshake(tp, s) != TV_GO)
		return TV_DROP;
	if (SEQ_GT(s->ack, tp->snd_max)) {
		st->tcps_rcvacktoomuch++;
		tcp_challenge_ack(tp);
		return TV_DROP;
	}
	/* RFC 5961, 5.2: too old to be true. */
	if (SEQ_LT(s->ack, tp->snd_una - tp->max_sndwnd)) {
		tcp_challenge_ack(tp);
		return TV_DROP;
	}
	if (SEQ_LEQ(s->ack, tp->snd_una))
		old_ack(tp, s);
	else if (tcp_ack_advance(tp, s))
		verdict = fin_acked(tp);
	if (verdict == TV_GO)
		tcp_window_update(tp, s);
	return verdict;
}
