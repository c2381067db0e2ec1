/*
 * tcp_input.c - a segment arrives (RFC 9293, 3.10.7).
 *
 * Theory of operation.  tcp_input() checks the segment's form, turns it into a
 * struct tcpseg, finds its connection and gives it to the function of the
 * state.  For synchronised states the steps of 3.10.7.4 are functions, called
 * in the RFC's order; each may end the processing (enum verdict).  Resets and
 * SYNs check their sequence numbers themselves, as RFC 5961 makes their rules
 * stricter than the window's, and come before the rest is trimmed to it.
 *
 * The usual segment, next in order with nothing unusual about it, takes a short
 * cut through all this (header prediction).
 *
 * Urgent data is data like other: the pointer is ignored (RFC 6093, 5).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/tcp_int.h"
#include "stack/vlog.h"
#include "stack/wire.h"

#define PAWS_IDLE	(24 * 86400 * UINT32_C(1000))	/* ms; RFC 7323, 5.5 */

/* ---- form ---- */

/* Header and options contiguous, length and checksum right.  NULL: dropped. */
static struct mbuf *
check_form(struct vnet *v, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst)
{
	struct tcpstat *st = TCPSTAT(v);
	uint32_t len = m->m_pktlen, hlen;
	uint64_t *why = &st->tcps_rcvshort;

	if (len < TCP_HDRLEN || len > UINT16_MAX)
		goto drop;
	if ((m = m_pullup(v, m, TCP_HDRLEN)) == NULL) {
		st->tcps_rcvshort++;
		return NULL;
	}
	why = &st->tcps_rcvbadsum;
	if ((m->m_flags & M_CSUM_VALID) == 0 && in_cksum_fold(m_sum(m, 0, len,
	    pseudo_sum(src, dst, IPPROTO_TCP, (uint16_t)len))) != 0)
		goto drop;
	why = &st->tcps_rcvbadoff;
	hlen = (m->m_data[THO_OFF] >> 4) * 4u;
	if (hlen < TCP_HDRLEN || hlen > len)
		goto drop;
	if ((m = m_pullup(v, m, hlen)) == NULL)
		st->tcps_rcvshort++;
	return m;
drop:
	(*why)++;
	m_freem(v, m);
	return NULL;
}

/* The header's fields; the options stay where they are. */
static uint8_t
parse(struct tcpseg *s, const uint8_t *h, const struct inaddr *src,
    const struct inaddr *dst)
{
	uint8_t hlen = (uint8_t)((h[THO_OFF] >> 4) * 4);

	s->src.addr = *src;
	s->src.port = get16n(h + THO_SPORT);
	s->dst.addr = *dst;
	s->dst.port = get16n(h + THO_DPORT);
	s->seq = get32(h + THO_SEQ);
	s->ack = get32(h + THO_ACK);
	s->flags = h[THO_FLAGS];
	s->wnd = get16(h + THO_WIN);
	tcp_dooptions(&s->opt, h + TCP_HDRLEN, hlen - (size_t)TCP_HDRLEN,
	    (s->flags & TH_SYN) != 0);
	/* Blocks lie in the header, which is about to go. */
	s->opt.to_sacks = NULL;
	return hlen;
}

/* Header off, and mbufs that held nothing else. */
static struct mbuf *
strip_header(struct vnet *v, struct mbuf *m, uint8_t hlen)
{
	m_adj(m, hlen);
	while (m->m_len == 0 && m->m_next != NULL)
		m = m_free(v, m);
	m->m_flags = 0;
	m->m_nextpkt = NULL;
	return m;
}

/* ---- data ---- */

void
tcp_deliver(struct tcpcb *tp, struct mbuf *m, uint32_t len)
{
	struct socket *so = tp->t_inpcb.inp_socket;

	tp->t_bytes_received += len;
	if (so->so_rcv.sb_state & SBS_CANTRCVMORE) {
		m_freem(so->so_vnet, m);
		return;
	}
	sbappendstream(so->so_vnet, &so->so_rcv, m);
	sorwakeup(so);
}

/* Data came in order: acknowledge it, at the latest with every second segment
 * (RFC 9293, 3.8.6.3). */
static void
owe_ack(struct tcpcb *tp)
{
	const struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));

	if (t->delayed_ack == 0 ||
	    (tp->t_flags & (TF_DELACK | TF_RXWIN0SENT)) != 0) {
		tp->t_flags |= TF_ACKNOW;
		return;
	}
	tp->t_flags |= TF_DELACK;
	tcp_timer_start(tp, TT_DELACK, (uint32_t)t->delacktime);
}

static uint32_t
receive_space(const struct tcpcb *tp)
{
	const struct sockbuf *sb = &tp->t_inpcb.inp_socket->so_rcv;
	long space = sbspace(sb);

	return space > 0 ? (uint32_t)space : 0;
}

/* What we accept: what there is room for, but no less than we promised. */
static void
compute_rcv_wnd(struct tcpcb *tp)
{
	uint32_t space = receive_space(tp);
	uint32_t promised = SEQ_GT(tp->rcv_adv, tp->rcv_nxt) ?
	    tp->rcv_adv - tp->rcv_nxt : 0;

	tp->rcv_wnd = space > promised ? space : promised;
}

/* ---- header prediction ---- */

static void
remember_timestamp(struct tcpcb *tp, const struct tcpseg *s)
{
	/* RFC 7323, 4.3: of the segment that the next ACK will be about. */
	if ((tp->t_flags & TF_RCVD_TSTMP) == 0 ||
	    (s->opt.to_flags & TOF_TS) == 0 ||
	    SEQ_GT(s->seq, tp->last_ack_sent) ||
	    TSTMP_LT(s->opt.to_tsval, tp->ts_recent))
		return;
	tp->ts_recent = s->opt.to_tsval;
	tp->ts_recent_age = tcp_ms(tcp_vnetof(tp));
}

static bool
predicted(const struct tcpcb *tp, const struct tcpseg *s)
{
	const uint8_t unusual = TH_SYN | TH_FIN | TH_RST | TH_URG;

	if (tp->t_state != TCPS_ESTABLISHED ||
	    (s->flags & (unusual | TH_ACK)) != TH_ACK ||
	    s->seq != tp->rcv_nxt || tp->snd_nxt != tp->snd_max ||
	    s->wnd == 0 || (tp->t_flags & TF_FASTRECOVERY) != 0)
		return false;
	return (tp->t_flags & TF_RCVD_TSTMP) == 0 ||
	    ((s->opt.to_flags & TOF_TS) != 0 &&
	    !TSTMP_LT(s->opt.to_tsval, tp->ts_recent));
}

/* Send if the segment asked for it or made room.  A window update does not
 * happen here: only reading opens the window. */
static void
output_if_due(struct tcpcb *tp)
{
	const struct socket *so = tp->t_inpcb.inp_socket;
	bool fin = (tcp_state_outflags(tp->t_state) & TH_FIN) != 0 &&
	    (tp->t_flags & TF_SENTFIN) == 0;

	if (so->so_snd.sb_cc > 0 || fin || tp->snd_nxt != tp->snd_max ||
	    (tp->t_flags & TF_ACKNOW) != 0)
		(void)tcp_output(tp);
}

/* True if s was one of the two usual kinds and has been dealt with. */
static bool
fast_path(struct tcpcb *tp, struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));

	if (!predicted(tp, s))
		return false;
	if (s->len == 0) {
		if (SEQ_LEQ(s->ack, tp->snd_una) ||
		    SEQ_GT(s->ack, tp->snd_max))
			return false;
		st->tcps_predack++;
		remember_timestamp(tp, s);
		(void)tcp_ack_advance(tp, s);
	} else {
		if (s->ack != tp->snd_una || tp->t_segq != NULL ||
		    s->len > receive_space(tp))
			return false;
		st->tcps_preddat++;
		st->tcps_rcvpack++;
		st->tcps_rcvbyte += s->len;
		remember_timestamp(tp, s);
		tp->rcv_nxt += s->len;
		owe_ack(tp);
		tcp_deliver(tp, s->m, s->len);
		s->m = NULL;
	}
	tcp_window_update(tp, s);
	output_if_due(tp);
	return true;
}

/* ---- the steps of 3.10.7.4 ---- */

static bool
in_window(const struct tcpcb *tp, tcp_seq seq)
{
	return SEQ_GEQ(seq, tp->rcv_nxt) && (seq == tp->rcv_nxt ||
	    SEQ_LT(seq, tp->rcv_nxt + tp->rcv_wnd));
}

/* Second step, RST; RFC 5961, 3.2: exactly in place, or challenged. */
static enum verdict
segment_rst(struct tcpcb *tp, const struct tcpseg *s)
{
	const struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));
	int error = ECONNRESET;

	if (!in_window(tp, s->seq) && s->seq != tp->last_ack_sent)
		return TV_DROP;
	if (t->insecure_rst == 0 && s->seq != tp->rcv_nxt &&
	    s->seq != tp->last_ack_sent) {
		st->tcps_badrst++;
		tcp_challenge_ack(tp);
		return TV_DROP;
	}
	if (tp->t_state == TCPS_SYN_RECEIVED)
		error = ECONNREFUSED;
	if (tcp_embryonic(tp))
		st->tcps_sc_reset++;
	else
		st->tcps_drops++;
	if (tp->t_state < TCPS_CLOSING || tp->t_state == TCPS_FIN_WAIT_2)
		soseterror(tp->t_inpcb.inp_socket, error);
	return tcp_close(tp) ? TV_DROP : TV_GONE;
}

/* RFC 7323, 5.3: protection against wrapped sequence numbers. */
static enum verdict
segment_paws(struct tcpcb *tp, const struct tcpseg *s)
{
	uint32_t now = tcp_ms(tcp_vnetof(tp));

	if ((tp->t_flags & TF_RCVD_TSTMP) == 0)
		return TV_GO;
	if ((s->opt.to_flags & TOF_TS) == 0)
		return TV_DROP;
	if (!TSTMP_LT(s->opt.to_tsval, tp->ts_recent))
		return TV_GO;
	if (now - tp->ts_recent_age > PAWS_IDLE) {
		tp->ts_recent = s->opt.to_tsval;
		return TV_GO;
	}
	TCPSTAT(tcp_vnetof(tp))->tcps_pawsdrop++;
	if (tcpseg_span(s) > 0)
		tcp_challenge_ack(tp);
	return TV_DROP;
}

/* Fourth step, SYN.  Ours again, because our answer was lost: answer again.
 * Any other: challenge it (RFC 9293; RFC 5961, 4.2). */
static enum verdict
segment_syn(struct tcpcb *tp, struct tcpseg *s)
{
	struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));

	if (tp->t_state == TCPS_SYN_RECEIVED && s->seq == tp->irs) {
		if (s->flags & TH_ACK) {
			/* The other half of a simultaneous open; the window
			 * of a SYN is not scaled. */
			s->flags &= ~TH_SYN;
			s->seq++;
			s->wnd >>= tp->snd_scale;
			return TV_GO;
		}
		t->stat.tcps_sc_dupsyn++;
		tp->snd_nxt = tp->iss;
		tp->t_flags &= ~TF_TIMING;
		(void)tcp_output(tp);
		return TV_DROP;
	}
	t->stat.tcps_badsyn++;
	if (t->insecure_syn != 0 && in_window(tp, s->seq))
		return tcp_drop(tp, ECONNRESET) ? TV_DROP : TV_GONE;
	tcp_challenge_ack(tp);
	return TV_DROP;
}

/* Drop what was received before from the front of s. */
static void
trim_left(struct tcpcb *tp, struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));
	uint32_t old = tp->rcv_nxt - s->seq;

	if (SEQ_GEQ(s->seq, tp->rcv_nxt))
		return;
	tp->t_flags |= TF_ACKNOW;
	if (old >= tcpseg_span(s)) {
		/* All of it, with its FIN; the ACK still counts. */
		st->tcps_rcvduppack++;
		st->tcps_rcvdupbyte += s->len;
		s->flags &= ~TH_FIN;
		old = s->len;
	} else {
		st->tcps_rcvpartduppack++;
		st->tcps_rcvpartdupbyte += old;
	}
	m_adj(s->m, (ssize_t)old);
	s->len -= old;
	s->seq = tp->rcv_nxt;
}

/* Drop what is beyond the window from the end of s. */
static enum verdict
trim_right(struct tcpcb *tp, struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));
	tcp_seq edge = tp->rcv_nxt + tp->rcv_wnd;
	uint32_t beyond = s->seq + s->len - edge;

	if (SEQ_LEQ(s->seq + s->len, edge))
		return TV_GO;
	st->tcps_rcvpackafterwin++;
	if (beyond >= s->len && (tp->rcv_wnd != 0 || s->seq != tp->rcv_nxt)) {
		st->tcps_rcvbyteafterwin += s->len;
		tcp_challenge_ack(tp);
		return TV_DROP;
	}
	tp->t_flags |= TF_ACKNOW;
	if (beyond >= s->len) {
		st->tcps_rcvwinprobe++;
		beyond = s->len;
	}
	st->tcps_rcvbyteafterwin += beyond;
	m_adj(s->m, -(ssize_t)beyond);
	s->len -= beyond;
	s->flags &= ~(TH_PUSH | TH_FIN);
	return TV_GO;
}

/* First step: is it in the window?  s is trimmed to what is. */
static enum verdict
segment_seq(struct tcpcb *tp, struct tcpseg *s)
{
	const struct socket *so = tp->t_inpcb.inp_socket;

	trim_left(tp, s);
	/* Data for a program that has gone (RFC 9293, 3.6; RFC 2525, 2.17). */
	if (s->len > 0 && (so->so_state & SS_NOFDREF) != 0 &&
	    tp->t_state > TCPS_CLOSE_WAIT) {
		TCPSTAT(tcp_vnetof(tp))->tcps_rcvafterclose++;
		tcp_respond_reset(tcp_vnetof(tp), s);
		return tcp_close(tp) ? TV_DROP : TV_GONE;
	}
	return trim_right(tp, s);
}

/* Seventh step: the data.  On return s has its FIN only if it is in order. */
enum verdict
tcp_segment_text(struct tcpcb *tp, struct tcpseg *s)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));

	if (TCPS_HAVERCVDFIN(tp->t_state)) {
		s->flags &= ~TH_FIN;
		return TV_GO;
	}
	if (s->len == 0 && (s->flags & TH_FIN) == 0)
		return TV_GO;
	if (s->seq == tp->rcv_nxt && tp->t_segq == NULL) {
		if (s->len == 0)
			return TV_GO;
		st->tcps_rcvpack++;
		st->tcps_rcvbyte += s->len;
		owe_ack(tp);
		tp->rcv_nxt += s->len;
		tcp_deliver(tp, s->m, s->len);
		s->m = NULL;
		return TV_GO;
	}
	/* A hole appears, or is filled: the sender must know at once. */
	tp->t_flags |= TF_ACKNOW;
	tcp_reass(tp, s);
	return TV_GO;
}

/* Eighth step: the FIN. */
enum verdict
tcp_segment_fin(struct tcpcb *tp, struct tcpseg *s)
{
	if ((s->flags & TH_FIN) == 0)
		return TV_GO;
	tp->rcv_nxt++;
	tp->t_flags |= TF_ACKNOW;
	socantrcvmore(tp->t_inpcb.inp_socket);
	if (tp->t_state == TCPS_ESTABLISHED)
		tcp_state_change(tp, TCPS_CLOSE_WAIT);
	else if (tp->t_state == TCPS_FIN_WAIT_1)
		tcp_state_change(tp, TCPS_CLOSING);
	else if (tp->t_state == TCPS_FIN_WAIT_2) {
		tcp_twstart(tp);
		return TV_GONE;
	}
	return TV_GO;
}

/* From SYN_RECEIVED on, TIME_WAIT apart. */
static enum verdict
synchronised_input(struct tcpcb *tp, struct tcpseg *s)
{
	enum verdict verdict;

	tp->t_rcvtime = tcp_ms(tcp_vnetof(tp));
	if (fast_path(tp, s))
		return TV_DROP;
	compute_rcv_wnd(tp);
	if (s->flags & TH_RST)
		return segment_rst(tp, s);
	if ((verdict = segment_paws(tp, s)) != TV_GO)
		return verdict;
	if (s->flags & TH_SYN &&
	    (verdict = segment_syn(tp, s)) != TV_GO)
		return verdict;
	if ((verdict = segment_seq(tp, s)) != TV_GO)
		return verdict;
	remember_timestamp(tp, s);
	if ((verdict = tcp_segment_ack(tp, s)) != TV_GO)
		return verdict;
	if ((verdict = tcp_segment_text(tp, s)) != TV_GO)
		return verdict;
	if ((verdict = tcp_segment_fin(tp, s)) != TV_GO)
		return verdict;
	output_if_due(tp);
	return TV_GO;
}

/* ---- dispatch ---- */

/* Do blackhole and log_in_vain, whose values mean the same, mean s? */
static bool
concerns(int knob, const struct tcpseg *s)
{
	return knob == 2 || (knob == 1 && (s->flags & TH_SYN) != 0);
}

/* Nobody, or nobody alive: RFC 9293, 3.10.7.1. */
static void
closed_input(struct vnet *v, const struct tcpseg *s)
{
	const struct tcp_vnet *t = V_tcp(v);

	if (concerns(t->blackhole, s) && (t->blackhole_local != 0 ||
	    !in_localaddr(v, &s->src.addr)))
		return;
	tcp_respond_reset(v, s);
}

/* As FreeBSD's log has it: the flags as printf(9)'s %b prints them. */
static void
log_in_vain(struct vnet *v, const struct tcpseg *s)
{
	static const char *const names[] = { "FIN", "SYN", "RST", "PUSH",
		"ACK", "URG", "ECE", "CWR" };
	char src[INADDR_STRLEN], dst[INADDR_STRLEN], flags[64] = "";
	size_t len = 0;

	for (unsigned i = 0; i < 8; i++)
		if ((s->flags >> i & 1) != 0)
			len += (size_t)sprintf(flags + len, "%c%s",
			    len == 0 ? '<' : ',', names[i]);
	vlog(v, "TCP: [%s]:%u to [%s]:%u tcpflags 0x%x%s%s; tcp_input: "
	    "Connection attempt to closed port",
	    inaddr_ntop(&s->src.addr, src), ntohs(s->src.port),
	    inaddr_ntop(&s->dst.addr, dst), ntohs(s->dst.port), s->flags,
	    flags, len == 0 ? "" : ">");
}

static void
nobody_input(struct vnet *v, const struct tcpseg *s)
{
	if (concerns(V_tcp(v)->log_in_vain, s))
		log_in_vain(v, s);
	closed_input(v, s);
}

/* True: look up again. */
static bool
connection_input(struct inpcb *inp, struct tcpseg *s)
{
	struct tcpcb *tp = intotcpcb(inp);

	if (inp->inp_compact)
		return tcp_tw_input(intotcptw(inp), s);
	if (tp->t_state > TCPS_LISTEN)
		tp->t_segs_in++;
	switch ((enum tcp_state)tp->t_state) {
	case TCPS_CLOSED:
		closed_input(tcp_vnetof(tp), s);
		return false;
	case TCPS_LISTEN:
		tcp_listen_input(tp, s);
		return false;
	case TCPS_SYN_SENT:
		(void)tcp_synsent_input(tp, s);
		return false;
	case TCPS_TIME_WAIT:
		return tcp_timewait_input(tp, s);
	case TCPS_SYN_RECEIVED:
	case TCPS_ESTABLISHED:
	case TCPS_CLOSE_WAIT:
	case TCPS_FIN_WAIT_1:
	case TCPS_CLOSING:
	case TCPS_LAST_ACK:
	case TCPS_FIN_WAIT_2:
		(void)synchronised_input(tp, s);
		return false;
	case TCP_NSTATES:
		break;
	}
	return false;
}

void
tcp_input(struct vnet *v, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t ttl, uint8_t tos)
{
	struct tcp_vnet *t = V_tcp(v);
	struct tcpseg s;
	struct inpcb *inp;
	uint8_t hlen;

	(void)ttl;
	(void)tos;
	t->stat.tcps_rcvtotal++;
	if ((m = check_form(v, m, src, dst)) == NULL)
		return;
	hlen = parse(&s, m->m_data, src, dst);
	t->stat.tcps_sack_rcv_blocks += (s.opt.to_flags & TOF_SACK) != 0;
	s.len = m->m_pktlen - hlen;
	s.m = strip_header(v, m, hlen);
	if (t->drop_synfin != 0 &&
	    (s.flags & (TH_SYN | TH_FIN)) == (TH_SYN | TH_FIN)) {
		m_freem(v, s.m);
		return;
	}
	do {
		inp = in_pcblookup(t->pcbinfo, &s.src, &s.dst);
		if (inp == NULL)
			nobody_input(v, &s);
	} while (inp != NULL && connection_input(inp, &s));
	if (s.m != NULL)
		m_freem(v, s.m);
}
