/*
 * tcp_listen.c - how a connection comes to be: LISTEN and SYN_SENT (RFC 9293,
 * 3.10.7.2 and 3.10.7.3).
 *
 * Theory of operation.  A SYN for a listener makes a whole connection in
 * SYN_RECEIVED, with a socket in the listener's so_incomp, so that netstat
 * shows it and the rules of that state are in one place.  What a flood of SYNs
 * can take is limited by the listener's backlog: a SYN that finds the queue
 * full is dropped (tcps_listendrop), and its sender tries again.
 *
 * Data in a SYN is not kept: its sender repeats it.
 */
#include <errno.h>

#include "stack/socket.h"
#include "stack/tcp_int.h"

/* Largest receive buffer a connection may grow to: kern.ipc.maxsockbuf's
 * default.  The scale is fixed when the SYN is sent, the buffer is not. */
#define SPACE_EXPECTED	(2 * 1024 * 1024)

void
tcp_choose_scale(struct tcpcb *tp)
{
	uint32_t hiwat = tp->t_inpcb.inp_socket->so_rcv.sb_hiwat;

	tp->request_r_scale = tcp_wscale(hiwat > SPACE_EXPECTED ? hiwat :
	    SPACE_EXPECTED);
}

/* The peer's SYN, in either direction: its numbers and options. */
static void
take_syn(struct tcpcb *tp, const struct tcpseg *s)
{
	const struct tcpopt *to = &s->opt;

	tcp_rcvseqinit(tp, s->seq);
	if (to->to_flags & TOF_SCALE && tp->t_flags & TF_REQ_SCALE) {
		tp->t_flags |= TF_RCVD_SCALE;
		tp->snd_scale = to->to_wscale;
		tp->rcv_scale = tp->request_r_scale;
	}
	if (to->to_flags & TOF_TS && tp->t_flags & TF_REQ_TSTMP) {
		tp->t_flags |= TF_RCVD_TSTMP;
		tp->ts_recent = to->to_tsval;
		tp->ts_recent_age = tcp_ms(tcp_vnetof(tp));
	}
	tcp_mss_set(tp, to->to_flags & TOF_MSS ? to->to_mss : 0);
	tp->snd_wnd = s->wnd;
	tp->max_sndwnd = s->wnd;
	tp->snd_wl1 = s->seq;
	tp->snd_wl2 = tp->snd_una;
}

/* What an accepted connection has from its listener's control block. */
static void
inherit(struct tcpcb *tp, const struct tcpcb *lp)
{
	tp->t_flags |= (lp->t_flags & (TF_NODELAY | TF_NOPUSH)) | TF_PASSIVE;
	tp->t_usermss = lp->t_usermss;
	tp->t_keepinit = lp->t_keepinit;
	tp->t_maxunacktime = lp->t_maxunacktime;
	tp->t_keepidle = lp->t_keepidle;
	tp->t_keepintvl = lp->t_keepintvl;
	tp->t_keepcnt = lp->t_keepcnt;
}

/* A connection in CLOSED for the SYN s, with its socket.  NULL: no room. */
static struct tcpcb *
new_connection(struct tcpcb *lp, const struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(lp));
	struct inpcb *inp;
	struct tcpcb *tp;
	struct socket *so;

	if (in_pcbaccept(&lp->t_inpcb, NULL, &s->dst, &s->src, &inp) != 0) {
		st->tcps_sc_zonefail++;
		return NULL;
	}
	tp = intotcpcb(inp);
	tcp_newtcpcb(tp);
	if ((so = sonewconn(lp->t_inpcb.inp_socket, 0)) == NULL) {
		st->tcps_listendrop++;
		tcp_discard(tp);
		return NULL;
	}
	so->so_pcb = inp;
	inp->inp_socket = so;
	inherit(tp, lp);
	return tp;
}

static void
listen_syn(struct tcpcb *lp, const struct tcpseg *s)
{
	struct vnet *v = tcp_vnetof(lp);
	struct tcpcb *tp = new_connection(lp, s);

	if (tp == NULL)
		return;
	TCPSTAT(v)->tcps_sc_added++;
	tcp_choose_scale(tp);
	tcp_state_change(tp, TCPS_SYN_RECEIVED);
	tcp_sendseqinit(tp);
	take_syn(tp, s);
	tp->t_segs_in = 1;
	tp->t_flags |= TF_ACKNOW;
	tcp_timer_start(tp, TT_KEEP, tcp_keepinit(tp));
	(void)tcp_output(tp);
}

void
tcp_listen_input(struct tcpcb *lp, struct tcpseg *s)
{
	struct vnet *v = tcp_vnetof(lp);
	bool land = s->src.port == s->dst.port &&
	    inaddr_eq(&s->src.addr, &s->dst.addr);

	if (s->flags & TH_RST)
		return;
	if (s->flags & TH_ACK) {
		TCPSTAT(v)->tcps_badsyn++;
		tcp_respond_reset(v, s);
		return;
	}
	if ((s->flags & TH_SYN) == 0)
		return;
	if (land || inaddr_is_multicast(&s->src.addr) ||
	    inaddr_is_multicast(&s->dst.addr) || s->src.port == 0) {
		TCPSTAT(v)->tcps_badsyn++;
		return;
	}
	listen_syn(lp, s);
}

void
tcp_established(struct tcpcb *tp)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));

	st->tcps_connects++;
	if (tp->t_flags & TF_PASSIVE) {
		st->tcps_accepts++;
		st->tcps_sc_completed++;
	}
	tcp_state_change(tp, TCPS_ESTABLISHED);
	tcp_cc_init(tp);
	tcp_keepalive_start(tp);
	soisconnected(tp->t_inpcb.inp_socket);
}

/* SYN without ACK: both ends opened at once (RFC 9293, 3.5, figure 7). */
static void
simultaneous_open(struct tcpcb *tp, const struct tcpseg *s)
{
	take_syn(tp, s);
	tcp_state_change(tp, TCPS_SYN_RECEIVED);
	tp->snd_nxt = tp->iss;
	tp->t_flags |= TF_ACKNOW;
	tp->t_flags &= ~TF_TIMING;
	tcp_timer_start(tp, TT_REXMT, tp->t_rxtcur);
	(void)tcp_output(tp);
}

enum verdict
tcp_synsent_input(struct tcpcb *tp, struct tcpseg *s)
{
	struct vnet *v = tcp_vnetof(tp);

	if (s->flags & TH_ACK &&
	    (SEQ_LEQ(s->ack, tp->iss) || SEQ_GT(s->ack, tp->snd_max))) {
		tcp_respond_reset(v, s);
		return TV_DROP;
	}
	if (s->flags & TH_RST) {
		if ((s->flags & TH_ACK) == 0)
			return TV_DROP;
		return tcp_drop(tp, ECONNREFUSED) ? TV_DROP : TV_GONE;
	}
	if ((s->flags & TH_SYN) == 0)
		return TV_DROP;
	if ((s->flags & TH_ACK) == 0) {
		simultaneous_open(tp, s);
		return TV_DROP;
	}
	take_syn(tp, s);
	tcp_established(tp);
	(void)tcp_ack_advance(tp, s);
	tp->t_flags |= TF_ACKNOW;
	tcp_closed_early(tp);
	(void)tcp_output(tp);
	return TV_DROP;
}

void
tcp_closed_early(struct tcpcb *tp)
{
	if ((tp->t_flags & TF_NEEDFIN) == 0)
		return;
	tp->t_flags &= ~TF_NEEDFIN;
	tcp_state_change(tp, TCPS_FIN_WAIT_1);
}
