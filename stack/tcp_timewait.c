/*
 * tcp_timewait.c - TIME_WAIT (RFC 9293, 3.6.1).
 *
 * Theory of operation.  For two MSL the four-tuple is kept, so that old
 * segments find it taken and the peer's FIN, should it come again, is
 * acknowledged.  The socket goes at once if its owner has closed it; the
 * control block stays alone and holds no buffers.
 *
 * A SYN may end the wait early if it cannot be an old one: its sequence number
 * is above all of the last connection (RFC 9293, 3.6.1), or, with timestamps,
 * its timestamp is (RFC 6191).  Resets are ignored (RFC 1337, fix F1): they
 * would end the wait for the benefit of nobody.
 *
 * A jail that goes does not wait: its addresses are about to go too, and with
 * them whatever an old segment could disturb.
 */
#include "netjail/prison.h"
#include "stack/socket.h"
#include "stack/tcp_int.h"

static void
wait_again(struct tcpcb *tp)
{
	bool dying = prison_state(tp->t_inpcb.inp_cred.prison) ==
	    PRISON_DYING;

	tcp_timer_start(tp, TT_2MSL,
	    dying ? 1 : 2 * (uint32_t)V_tcp(tcp_vnetof(tp))->msl);
}

void
tcp_purge(struct vnet *v, const struct prison *pr)
{
	struct inpcb *inp;
	struct tcpcb *tp;

	for (inp = in_pcbfirst(tcp_pcbinfo(v), pr); inp != NULL;
	    inp = in_pcbnext(inp, true)) {
		tp = intotcpcb(inp);
		if (tp->t_state == TCPS_TIME_WAIT)
			tcp_timer_start(tp, TT_2MSL, 1);
	}
}

void
tcp_twstart(struct tcpcb *tp)
{
	struct socket *so = tp->t_inpcb.inp_socket;

	tcp_state_change(tp, TCPS_TIME_WAIT);
	tcp_timer_stopall(tp);
	tcp_reass_flush(tp);
	wait_again(tp);
	if (tp->t_flags & (TF_ACKNOW | TF_DELACK))
		tcp_respond(tp, tcp_ackseq(tp), TH_ACK);
	if (so == NULL)
		return;
	soisdisconnected(so);
	if (so->so_state & SS_NOFDREF)
		sofree(tcp_unlink_socket(tp));
}

/* May this SYN begin a new connection? */
static bool
newer(const struct tcpcb *tp, const struct tcpseg *s)
{
	bool ts = (tp->t_flags & TF_RCVD_TSTMP) != 0 &&
	    (s->opt.to_flags & TOF_TS) != 0;

	if (ts && s->opt.to_tsval != tp->ts_recent)
		return TSTMP_LT(tp->ts_recent, s->opt.to_tsval);
	return SEQ_GT(s->seq, tp->rcv_nxt);
}

bool
tcp_timewait_input(struct tcpcb *tp, struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));

	if (s->flags & TH_RST)
		return false;
	if ((s->flags & (TH_SYN | TH_ACK)) == TH_SYN && newer(tp, s)) {
		st->tcps_tw_recycles++;
		(void)tcp_close(tp);
		return true;
	}
	if (s->flags & TH_SYN) {
		st->tcps_tw_responds++;
		tcp_challenge_ack(tp);
		return false;
	}
	if ((s->flags & TH_ACK) == 0)
		return false;
	/* The peer's FIN again: our ACK was lost. */
	if (s->flags & TH_FIN && s->seq + s->len + 1 == tp->rcv_nxt)
		wait_again(tp);
	/* Anything but a plain ACK of what was sent wants an answer. */
	if (tcpseg_span(s) > 0 || s->seq != tp->rcv_nxt ||
	    s->ack != tp->snd_max) {
		st->tcps_tw_responds++;
		tcp_challenge_ack(tp);
	}
	return false;
}
