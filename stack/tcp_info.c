/*
 * tcp_info.c - what listings and getsockopt(TCP_INFO) show of a connection.
 *
 * Theory of operation.  Nothing here is computed for show: every value is the
 * one the protocol works with, in the unit of the record that carries it.
 * Values that a listener or a fresh socket does not have are 0.
 */
#include <string.h>

#include "stack/socket.h"
#include "stack/tcp_int.h"
#include "sysctl/xport.h"

void
tcp_facts(const struct socket *so, struct tcp_facts *f)
{
	const struct tcpcb *tp;
	uint32_t mss;

	memset(f, 0, sizeof(*f));
	if (so->so_pcb == NULL)
		return;
	tp = intotcpcb(so->so_pcb);
	/* A listener has none; what its connections begin with is shown. */
	mss = tp->t_inpcb.inp_small ?
	    (uint32_t)V_tcp(tcp_vnetof(tp))->mssdflt : tcp_maxseg(tp);
	f->state = tp->t_state;
	f->snd_mss = mss;
	f->rcv_mss = mss;
	if (tp->t_inpcb.inp_small)
		return;
	f->rto_us = tp->t_rxtcur * 1000;
	f->srtt_us = tp->t_srtt;
	f->rttvar_us = tp->t_rttvar;
	f->snd_cwnd = tp->snd_cwnd;
	f->snd_ssthresh = tp->snd_ssthresh;
	f->snd_wnd = tp->snd_wnd;
	f->rcv_wnd = tp->rcv_adv - tp->rcv_nxt;
	f->bytes_acked = tp->t_bytes_acked;
	f->bytes_received = tp->t_bytes_received;
	f->segs_out = tp->t_segs_out;
	f->segs_in = tp->t_segs_in;
	f->retransmits = tp->t_rxtshift;
	f->total_retrans = tp->t_sndrexmitpack;
	f->unacked = (tp->snd_max - tp->snd_una + mss - 1) / mss;
	f->snd_wscale = tp->snd_scale;
	f->rcv_wscale = tp->rcv_scale;
	f->wscale_ok = (tp->t_flags & TF_RCVD_SCALE) != 0;
	f->timestamps_ok = (tp->t_flags & TF_RCVD_TSTMP) != 0;
	f->sack_ok = (tp->t_flags & TF_SACK_PERMIT) != 0;
}

static int32_t
timer_left(const struct tcpcb *tp, enum tcp_timer which)
{
	uint32_t ms = tcp_timer_left(tp, which);

	return ms < INT32_MAX ? (int32_t)ms : INT32_MAX;
}

bool
tcp_see_other(const struct vnet *v, const struct inpcb *inp)
{
	return V_tcp(v)->syncache_see_other != 0 && (inp == NULL ||
	    (!inp->inp_compact && tcp_embryonic((const struct tcpcb *)inp)));
}

void
tcp_inptoxtp(const struct inpcb *inp, struct xtcpcb *xt)
{
	const struct tcpcb *tp = (const struct tcpcb *)inp;

	strcpy(xt->xt_stack, TCP_STACK_NAME);
	if (inp->inp_compact) {
		xt->t_state = TCPS_TIME_WAIT;
		xt->tt_2msl = (int32_t)tcp_tw_left(tcp_vnetof(tp),
		    (const struct tcptw *)inp);
		return;
	}
	strcpy(xt->xt_cc, TCP_CC_NAME);
	xt->t_state = tp->t_state;
	xt->t_flags = tp->t_flags & TF_EXPORTED;
	if (tp->t_state == TCPS_LISTEN || tp->t_inpcb.inp_small)
		return;
	xt->t_sndzerowin = (int32_t)tp->t_sndzerowin;
	xt->t_sndrexmitpack = (int32_t)tp->t_sndrexmitpack;
	xt->t_rcvoopack = (int32_t)tp->t_rcvoopack;
	xt->t_rcvtime = (int32_t)(tcp_ms(tcp_vnetof(tp)) - tp->t_rcvtime);
	xt->tt_rexmt = timer_left(tp, TT_REXMT);
	xt->tt_persist = timer_left(tp, TT_PERSIST);
	xt->tt_keep = timer_left(tp, TT_KEEP);
	xt->tt_2msl = timer_left(tp, TT_2MSL);
	xt->tt_delack = timer_left(tp, TT_DELACK);
	xt->t_snd_cwnd = tp->snd_cwnd;
	xt->t_snd_ssthresh = tp->snd_ssthresh;
	xt->t_maxseg = tp->t_maxseg;
	xt->t_rcv_wnd = tp->rcv_adv - tp->rcv_nxt;
	xt->t_snd_wnd = tp->snd_wnd;
}
