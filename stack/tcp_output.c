/*
 * tcp_output.c - what to send, when, and the books about it.
 *
 * Theory of operation.  tcp_output() is called whenever something may have
 * become sendable and sends until nothing is.  Each round has two parts that
 * know nothing of each other's reasons: plan() decides, changing no more than
 * timers of a closed window; transmit() sends the plan and does the books.
 * Data is not copied: a segment shares so_snd's clusters.
 *
 * so_snd begins with the byte at snd_una (the SYN is not in it, nor the FIN),
 * so a segment at snd_nxt takes its data from offset snd_nxt - snd_una.  After
 * a retransmit time-out snd_nxt falls back to snd_una and everything is sent
 * again from there, as cwnd allows (go-back-N).
 *
 * A segment is sent if one of these holds (RFC 9293, 3.8.6.2.1, and RFC 1122):
 * it is full; it empties the buffer and Nagle does not object; it is half of
 * the largest window the peer ever had; it was sent before; a probe is due; it
 * carries SYN or FIN; an ACK or a worthwhile window update is owed.
 *
 * Nagle is Minshall's version: a small segment waits only for an earlier small
 * segment.  A program that hands over its data in a few unequal pieces then
 * does not wait for the peer's delayed ACK.
 *
 * A packet that ip_output() refuses counts as sent and lost: the retransmit
 * timer takes care of it.
 */
#include <errno.h>

#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/tcp_int.h"

struct plan {
	tcp_seq	 seq;
	uint32_t off, len;	/* of so_snd */
	uint32_t wnd;		/* receive window to announce */
	uint8_t	 flags;
	bool	 more;		/* full segment: there may be another */
	bool	 winupdate;	/* the only reason is the window */
};

void
tcp_setpersist(struct tcpcb *tp)
{
	const struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));
	uint32_t ms = tcp_backoff(tcp_rto(tp) / 2, tp->t_rxtshift);

	if (ms < (uint32_t)t->persmin)
		ms = (uint32_t)t->persmin;
	if (ms > (uint32_t)t->persmax)
		ms = (uint32_t)t->persmax;
	tcp_timer_stop(tp, TT_REXMT);
	tcp_timer_start(tp, TT_PERSIST, ms);
	if (tp->t_rxtshift < TCP_MAXRXTSHIFT)
		tp->t_rxtshift++;
}

static uint32_t
sendable(const struct tcpcb *tp)
{
	const struct socket *so = tp->t_inpcb.inp_socket;

	return TCPS_HAVEESTABLISHED(tp->t_state) ? so->so_snd.sb_cc : 0;
}

/* The window closed with data waiting: nothing in flight, so fall back to una
 * and probe. */
static void
window_closed(struct tcpcb *tp)
{
	tcp_timer_stop(tp, TT_REXMT);
	tp->snd_nxt = tp->snd_una;
	if (!tcp_timer_active(tp, TT_PERSIST)) {
		tp->t_rxtshift = 0;
		tcp_setpersist(tp);
	}
}

/* A probe sends a byte more than is allowed; where the window is open, persist
 * mode is over and this is an ordinary segment. */
static uint32_t
plan_force(struct tcpcb *tp, uint32_t wnd)
{
	if (wnd == 0)
		return 1;
	tcp_timer_stop(tp, TT_PERSIST);
	tp->t_rxtshift = 0;
	return wnd;
}

/* How much data, from where. */
static void
plan_data(struct tcpcb *tp, struct plan *p)
{
	uint32_t have = sendable(tp), mss = tcp_maxseg(tp);
	uint32_t wnd = tp->snd_wnd < tp->snd_cwnd ? tp->snd_wnd : tp->snd_cwnd;

	p->off = tp->snd_nxt - tp->snd_una;
	if (tp->t_flags & TF_FORCEDATA)
		wnd = plan_force(tp, wnd);
	if (wnd > have)
		wnd = have;
	p->len = wnd > p->off ? wnd - p->off : 0;
	/* sendable() is 0 before ESTABLISHED, where off may count the SYN. */
	if (p->len == 0 && tp->snd_wnd == 0 && have > 0 &&
	    SEQ_LT(tp->snd_una, tp->snd_max) &&
	    !tcp_timer_active(tp, TT_PERSIST)) {
		window_closed(tp);
		p->off = 0;
	}
	if (p->len > mss) {
		p->len = mss;
		p->more = true;
	}
}

static void
plan_flags(struct tcpcb *tp, struct plan *p)
{
	p->flags = tcp_state_outflags(tp->t_state);
	if (p->flags & TH_SYN && tp->snd_nxt != tp->iss)
		p->flags &= ~TH_SYN;
	/* FIN goes out behind the last byte, and again only from there. */
	if (p->flags & TH_FIN && p->off + p->len != sendable(tp))
		p->flags &= ~TH_FIN;
	p->seq = tp->snd_nxt;
}

/* A segment that does not fill the MSS: may it go? */
static bool
small_segment_ok(const struct tcpcb *tp, const struct plan *p)
{
	bool idle = tp->snd_max == tp->snd_una;

	if (tp->t_flags & TF_FORCEDATA || SEQ_LT(tp->snd_nxt, tp->snd_max))
		return true;
	if (tp->max_sndwnd > 0 && p->len >= tp->max_sndwnd / 2)
		return true;
	if (p->flags & TH_FIN)
		return true;
	if (p->off + p->len < sendable(tp) || tp->t_flags & TF_NOPUSH)
		return false;
	return idle || (tp->t_flags & TF_NODELAY) != 0 ||
	    SEQ_GEQ(tp->snd_una, tp->snd_sml);
}

/* Is the window we could announce enough larger than the one we did? */
static bool
window_update_pays(const struct tcpcb *tp, const struct plan *p)
{
	const struct socket *so = tp->t_inpcb.inp_socket;
	uint32_t open = SEQ_GT(tp->rcv_adv, tp->rcv_nxt) ?
	    tp->rcv_adv - tp->rcv_nxt : 0;
	uint32_t more = p->wnd > open ? p->wnd - open : 0;

	if (!TCPS_HAVEESTABLISHED(tp->t_state) ||
	    TCPS_HAVERCVDFIN(tp->t_state) || more >> tp->rcv_scale == 0)
		return false;
	return more >= 2 * tcp_maxseg(tp) || more >= so->so_rcv.sb_hiwat / 2;
}

static bool
worth_sending(const struct tcpcb *tp, struct plan *p)
{
	if (p->len > 0 && (p->len == tcp_maxseg(tp) ||
	    small_segment_ok(tp, p)))
		return true;
	p->len = 0;
	p->more = false;
	if (p->flags & TH_SYN)
		return true;
	if (p->off != sendable(tp))
		p->flags &= ~TH_FIN;
	if (p->flags & TH_FIN)
		return true;
	if (tp->t_state == TCPS_SYN_SENT)
		return false;
	if (tp->t_flags & TF_ACKNOW)
		return true;
	p->winupdate = window_update_pays(tp, p);
	return p->winupdate;
}

/* Decide on the next segment; false: there is none. */
static bool
plan(struct tcpcb *tp, struct plan *p)
{
	*p = (struct plan) { 0 };
	plan_data(tp, p);
	plan_flags(tp, p);
	p->wnd = tcp_rcvwindow(tp);
	if (!worth_sending(tp, p))
		return false;
	/* A bare ACK says where the stream is, not where repairs are. */
	if (p->len == 0 && (p->flags & (TH_SYN | TH_FIN)) == 0)
		p->seq = tcp_ackseq(tp);
	return true;
}

static void
syn_options(struct tcpcb *tp, const struct plan *p, struct tcpopt *to)
{
	bool answer = (p->flags & TH_ACK) != 0;

	to->to_flags |= TOF_MSS;
	to->to_mss = tcp_mss_offer(tp);
	if (tp->t_flags & TF_REQ_SCALE &&
	    (!answer || tp->t_flags & TF_RCVD_SCALE)) {
		to->to_flags |= TOF_SCALE;
		to->to_wscale = tp->request_r_scale;
	}
}

static void
segment_options(struct tcpcb *tp, const struct plan *p, struct tcpemit *e)
{
	struct tcpopt to = { 0 };
	bool first = (p->flags & (TH_SYN | TH_ACK)) == TH_SYN;

	if (p->flags & TH_SYN)
		syn_options(tp, p, &to);
	if (tp->t_flags & (first ? TF_REQ_TSTMP : TF_RCVD_TSTMP)) {
		to.to_flags |= TOF_TS;
		to.to_tsval = tcp_ts_now(tp);
		to.to_tsecr = first ? 0 : tp->ts_recent;
	}
	e->optlen = tcp_addoptions(&to, e->opt);
}

static void
count_sent(struct tcpcb *tp, const struct plan *p)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));

	tp->t_segs_out++;
	if (p->len > 0 && tp->t_flags & TF_FORCEDATA && p->len == 1)
		st->tcps_sndprobe++;
	else if (p->len > 0 && SEQ_LT(p->seq, tp->snd_max)) {
		tp->t_sndrexmitpack++;
		st->tcps_sndrexmitpack++;
		st->tcps_sndrexmitbyte += p->len;
	} else if (p->len > 0) {
		st->tcps_sndpack++;
		st->tcps_sndbyte += p->len;
	} else if (p->flags & TH_CTL)
		st->tcps_sndctrl++;
	else if (p->winupdate)
		st->tcps_sndwinup++;
	else
		st->tcps_sndacks++;
}

/* Measure the round trip by the segment at seq, sent for the first time. */
static void
time_segment(struct tcpcb *tp, tcp_seq seq)
{
	if (tp->t_flags & (TF_TIMING | TF_FORCEDATA))
		return;
	tp->t_flags |= TF_TIMING;
	tp->t_rtseq = seq;
	tp->t_rtttime = tcp_us(tcp_vnetof(tp));
	TCPSTAT(tcp_vnetof(tp))->tcps_segstimed++;
}

/* snd_nxt, snd_max, RTT timing, retransmit timer: the segment is out. */
static void
sent(struct tcpcb *tp, const struct plan *p)
{
	bool ctl = (p->flags & (TH_SYN | TH_FIN)) != 0;
	tcp_seq end = p->seq + p->len + (p->flags & TH_SYN ? 1 : 0) +
	    (p->flags & TH_FIN ? 1 : 0);

	if (p->len == 0 && !ctl)
		return;
	if (p->flags & TH_FIN)
		tp->t_flags |= TF_SENTFIN;
	if (p->len > 0 && p->len < tcp_maxseg(tp))
		tp->snd_sml = SEQ_MAX(tp->snd_sml, end);
	if (SEQ_GEQ(p->seq, tp->snd_max))
		time_segment(tp, p->seq);
	tp->snd_max = SEQ_MAX(tp->snd_max, end);
	if (tp->snd_max - tp->snd_una + tcp_maxseg(tp) > tp->snd_cwnd)
		tp->snd_full = tp->snd_max;
	/* A probe stays at the edge of the window. */
	if (tp->t_flags & TF_FORCEDATA && tcp_timer_active(tp, TT_PERSIST))
		return;
	tp->snd_nxt = SEQ_MAX(tp->snd_nxt, end);
	if (tcp_timer_active(tp, TT_PERSIST)) {
		tcp_timer_stop(tp, TT_PERSIST);
		tp->t_rxtshift = 0;
	}
	if (!tcp_timer_active(tp, TT_REXMT))
		tcp_timer_start(tp, TT_REXMT, tp->t_rxtcur);
}

/* cur: of so_snd, for one segment after another. */
static int
transmit(struct tcpcb *tp, const struct plan *p, struct sbcursor *cur)
{
	struct inpcb *inp = &tp->t_inpcb;
	struct vnet *v = tcp_vnetof(tp);
	struct endpoint local = { inp->inp_laddr, inp->inp_lport };
	struct endpoint foreign = { inp->inp_faddr, inp->inp_fport };
	struct tcpemit e = {
		.src = &local, .dst = &foreign, .seq = p->seq,
		.flags = p->flags, .datalen = p->len,
		.ttl = inp->inp_ip_ttl, .tos = inp->inp_ip_tos,
	};

	segment_options(tp, p, &e);
	if (p->len > 0) {
		const struct sockbuf *sb = &inp->inp_socket->so_snd;

		e.data = sbcopynext(v, sb, p->off, p->len, cur);
		if (e.data == NULL) {
			if (!tcp_timer_active(tp, TT_PERSIST) &&
			    !tcp_timer_active(tp, TT_REXMT))
				tcp_timer_start(tp, TT_REXMT, tp->t_rxtcur);
			return ENOBUFS;
		}
		if (p->off + p->len == sb->sb_cc)
			e.flags |= TH_PUSH;
	}
	e.ack = p->flags & TH_ACK ? tp->rcv_nxt : 0;
	e.wnd = tcp_announce(tp, p->wnd, p->flags);
	count_sent(tp, p);
	sent(tp, p);
	return tcp_emit(v, &e);
}

/* ip_output() refused.  What of it does the caller have to know? */
static int
output_error(struct tcpcb *tp, int error)
{
	switch (error) {
	case ENOBUFS:
		if (TCPS_HAVEESTABLISHED(tp->t_state))
			tp->snd_cwnd = tcp_maxseg(tp);
		return 0;
	case EMSGSIZE:
		tcp_mss_set(tp, tp->t_maxseg);
		return 0;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ENETDOWN:
		if (TCPS_HAVERCVDSYN(tp->t_state)) {
			tp->t_softerror = (uint16_t)error;
			return 0;
		}
		return error;
	default:
		return error;
	}
}

/* Data waits, nothing is in flight, nobody will call: probe. */
static void
persist_if_stuck(struct tcpcb *tp)
{
	if (sendable(tp) == 0 || tcp_timer_active(tp, TT_REXMT) ||
	    tcp_timer_active(tp, TT_PERSIST))
		return;
	tp->t_rxtshift = 0;
	tcp_setpersist(tp);
}

/*
 * A window of megabytes may open at once, and segments may be small: not more
 * than MAXBURST are sent, as the ACK of one of them calls again.
 */
#define MAXBURST 64

int
tcp_output(struct tcpcb *tp)
{
	uint32_t now = tcp_ms(tcp_vnetof(tp));
	int error, burst = MAXBURST;
	struct sbcursor cur = { NULL, 0 };
	struct plan p;

	if (tp->t_inpcb.inp_socket == NULL || tp->t_state == TCPS_CLOSED ||
	    tp->t_state == TCPS_LISTEN)
		return 0;
	if (tp->snd_max == tp->snd_una && now - tp->t_rcvtime >= tp->t_rxtcur)
		tcp_cc_idle(tp);
	do {
		if (!plan(tp, &p)) {
			persist_if_stuck(tp);
			return 0;
		}
		if ((error = transmit(tp, &p, &cur)) != 0)
			return output_error(tp, error);
	} while (p.more && --burst > 0);
	return 0;
}

void
tcp_retransmit_first(struct tcpcb *tp)
{
	uint32_t len = tp->snd_max - tp->snd_una, mss = tcp_maxseg(tp);
	struct plan p = { .seq = tp->snd_una };
	struct sbcursor cur = { NULL, 0 };

	if (tp->t_inpcb.inp_socket == NULL)
		return;
	if (len > sendable(tp))
		len = sendable(tp);
	p.len = len < mss ? len : mss;
	p.flags = tcp_state_outflags(tp->t_state);
	if (p.len != sendable(tp) || (tp->t_flags & TF_SENTFIN) == 0)
		p.flags &= ~TH_FIN;
	if (p.len == 0 && (p.flags & TH_FIN) == 0)
		return;
	p.wnd = tcp_rcvwindow(tp);
	tcp_timer_start(tp, TT_REXMT, tp->t_rxtcur);
	(void)transmit(tp, &p, &cur);
}
