/*
 * tcp_respond.c - segments on the wire.
 *
 * Theory of operation.  tcp_emit() is the only place that makes a header: it
 * puts header and options in front of shared data and leaves the sum of the
 * pseudo header in the checksum field for whoever drives a real wire
 * (M_CSUM_LATER).  The other functions here send what is outside the stream's
 * order: resets, bare acknowledgments, probes, challenges.
 *
 * A reset in answer to a segment that belongs to nobody takes all its numbers
 * from that segment, so that no state is needed and no state can be guessed.
 */
#include <errno.h>
#include <string.h>

#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/tcp_int.h"
#include "stack/wire.h"

static void
put_header(uint8_t *p, const struct tcpemit *e, uint16_t sum)
{
	put16n(p + THO_SPORT, e->src->port);
	put16n(p + THO_DPORT, e->dst->port);
	put32(p + THO_SEQ, e->seq);
	put32(p + THO_ACK, e->ack);
	p[THO_OFF] = (uint8_t)((TCP_HDRLEN + e->optlen) / 4 << 4);
	p[THO_FLAGS] = e->flags;
	put16(p + THO_WIN, e->wnd);
	put16n(p + THO_SUM, sum);
	put16(p + THO_URP, 0);
	memcpy(p + TCP_HDRLEN, e->opt, e->optlen);
}

int
tcp_emit(struct vnet *v, struct tcpemit *e)
{
	uint32_t hlen = TCP_HDRLEN + e->optlen, len = hlen + e->datalen;
	struct mbuf *m = m_get(v, MHEADROOM, hlen);
	uint16_t sum;

	if (m == NULL) {
		m_freem(v, e->data);
		return ENOBUFS;
	}
	/* Not complemented: the sum over header and data is added to it. */
	sum = (uint16_t)~in_cksum_fold(pseudo_sum(&e->src->addr,
	    &e->dst->addr, IPPROTO_TCP, (uint16_t)len));
	put_header(m->m_data, e, sum);
	m->m_len = hlen;
	m->m_next = e->data;
	m->m_pktlen = len;
	m->m_flags |= M_CSUM_LATER;
	m->m_csum_off = THO_SUM;
	TCPSTAT(v)->tcps_sndtotal++;
	return ip_output(v, m, &e->src->addr, &e->dst->addr, IPPROTO_TCP,
	    e->ttl, e->tos);
}

void
tcp_respond_reset(struct vnet *v, const struct tcpseg *s)
{
	struct tcpemit e = { .src = &s->dst, .dst = &s->src };

	if (s->flags & TH_RST)
		return;
	if (inaddr_is_multicast(&s->src.addr) ||
	    inaddr_is_multicast(&s->dst.addr) ||
	    inaddr_is_any(&s->src.addr) || s->src.port == 0)
		return;
	if (s->flags & TH_ACK) {
		e.seq = s->ack;
		e.flags = TH_RST;
	} else {
		e.ack = s->seq + tcpseg_span(s);
		e.flags = TH_RST | TH_ACK;
	}
	TCPSTAT(v)->tcps_sndctrl++;
	(void)tcp_emit(v, &e);
}

uint32_t
tcp_rcvwindow(const struct tcpcb *tp)
{
	const struct socket *so = tp->t_inpcb.inp_socket;
	uint32_t open = SEQ_GT(tp->rcv_adv, tp->rcv_nxt) ?
	    tp->rcv_adv - tp->rcv_nxt : 0;
	uint32_t limit = (uint32_t)TCP_MAXWIN << tp->rcv_scale;
	uint32_t wnd;
	long space;

	if (so == NULL)
		return open;
	space = sbspace(&so->so_rcv);
	/* RFC 9293, 3.8.6.2.2: nothing rather than a little. */
	if (space < (long)so->so_rcv.sb_hiwat / 4 &&
	    space < (long)tp->t_maxseg)
		space = 0;
	wnd = space < (long)limit ? (uint32_t)space : limit;
	return wnd > open ? wnd : open;
}

uint16_t
tcp_announce(struct tcpcb *tp, uint32_t wnd, uint8_t flags)
{
	/* The window of a SYN is never scaled (RFC 7323, 2.2). */
	unsigned scale = flags & TH_SYN ? 0 : tp->rcv_scale;
	/*
	 * Rounded down, so that the edge a peer sees may retreat by less than
	 * one unit (RFC 7323, 2.4).  Rounding up would let the window creep
	 * open for who sends a byte at a time.  What was promised once is
	 * accepted all the same: rcv_adv does not retreat.
	 */
	uint32_t field = wnd >> scale;

	if (field > TCP_MAXWIN)
		field = TCP_MAXWIN;
	if (field == 0 && (tp->t_flags & TF_RXWIN0SENT) == 0) {
		tp->t_flags |= TF_RXWIN0SENT;
		tp->t_sndzerowin++;
	} else if (field != 0)
		tp->t_flags &= ~TF_RXWIN0SENT;
	if (SEQ_GT(tp->rcv_nxt + (field << scale), tp->rcv_adv))
		tp->rcv_adv = tp->rcv_nxt + (field << scale);
	tp->last_ack_sent = tp->rcv_nxt;
	tp->t_flags &= ~(TF_ACKNOW | TF_DELACK);
	tcp_timer_stop(tp, TT_DELACK);
	return (uint16_t)field;
}

void
tcp_respond(struct tcpcb *tp, tcp_seq seq, uint8_t flags)
{
	struct inpcb *inp = &tp->t_inpcb;
	struct vnet *v = tcp_vnetof(tp);
	struct endpoint local = { inp->inp_laddr, inp->inp_lport };
	struct endpoint foreign = { inp->inp_faddr, inp->inp_fport };
	struct tcpopt to = { 0 };
	struct tcpemit e = {
		.src = &local, .dst = &foreign, .seq = seq, .flags = flags,
		.ttl = inp->inp_ip_ttl, .tos = inp->inp_ip_tos,
	};

	if (flags & TH_ACK) {
		e.ack = tp->rcv_nxt;
		e.wnd = tcp_announce(tp, tcp_rcvwindow(tp), flags);
	}
	if ((tp->t_flags & TF_RCVD_TSTMP) && (flags & TH_RST) == 0) {
		to.to_flags = TOF_TS;
		to.to_tsval = tcp_ts_now(tp);
		to.to_tsecr = tp->ts_recent;
	}
	e.optlen = tcp_addoptions(&to, e.opt);
	if (flags & TH_CTL)
		TCPSTAT(v)->tcps_sndctrl++;
	else
		TCPSTAT(v)->tcps_sndacks++;
	tp->t_segs_out++;
	(void)tcp_emit(v, &e);
}

tcp_seq
tcp_ackseq(const struct tcpcb *tp)
{
	return tcp_timer_active(tp, TT_PERSIST) ? tp->snd_nxt : tp->snd_max;
}

bool
tcp_challenge_ok(const struct vnet *v, uint32_t *start, uint8_t *cnt)
{
	const struct tcp_vnet *t = V_tcp(v);
	uint32_t now = tcp_ms(v);

	if (now - *start >= (uint32_t)t->ack_war_timewindow) {
		*start = now;
		*cnt = 0;
	}
	if (*cnt >= t->ack_war_cnt)
		return false;
	(*cnt)++;
	return true;
}

void
tcp_challenge_ack(struct tcpcb *tp)
{
	if (tcp_challenge_ok(tcp_vnetof(tp), &tp->t_wartime, &tp->t_warcnt))
		tcp_respond(tp, tcp_ackseq(tp), TH_ACK);
}
