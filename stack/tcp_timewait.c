/*
 * tcp_timewait.c - TIME_WAIT (RFC 9293, 3.6.1).
 *
 * Theory of operation.  For two MSL the four-tuple is kept, so that old
 * segments find it taken and the peer's FIN, should it come again, is
 * acknowledged.  The socket goes at once if its owner has closed it, and with
 * it the control block: a struct tcptw, half as large, takes its place in the
 * PCB layer's tables and keeps the few numbers that the wait needs.
 *
 * All tcptws stand in one queue in the order in which they got there.  As all
 * wait equally long, that is the order in which they end, and one callout for
 * the first serves any number.  One whose socket was closed late, when a part
 * of its wait was over, may so wait for those before it; one whose peer repeats
 * its FIN begins anew at the end.  At most TW_BATCH end in a millisecond, so
 * that a million of them do not hold up a packet.
 *
 * When there are net.inet.tcp.maxtcptw the oldest makes room.  Without memory
 * for a tcptw the tcpcb stays and waits on a timer of its own, as it does while
 * a socket is there.
 *
 * A SYN may end the wait early if it cannot be an old one: its sequence number
 * is above all of the last connection (RFC 9293, 3.6.1), or, with timestamps,
 * its timestamp is (RFC 6191).  Resets are ignored (RFC 1337, fix F1): they
 * would end the wait for the benefit of nobody.
 *
 * With net.inet.tcp.nolocaltimewait a connection whose peer is of this machine
 * does not wait at all: no old segment of it can be anywhere.
 *
 * A jail that goes does not wait: its addresses are about to go too, and with
 * them whatever an old segment could disturb.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "netjail/prison.h"
#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/tcp_int.h"

#define TW_BATCH	512	/* waits that end in one millisecond */
#define MAXTCPTW_PART	5	/* of kern.ipc.maxsockets */

static bool
dying(const struct inpcb *inp)
{
	return prison_state(inp->inp_cred.prison) == PRISON_DYING;
}

static uint64_t
wait_ns(const struct vnet *v)
{
	return 2 * (uint64_t)V_tcp(v)->msl * NSEC_PER_MSEC;
}

/* ---- the queue ---- */

static uint64_t
tw_left_ns(const struct vnet *v, const struct tcptw *tw)
{
	/* tw_start may lie before the clock's zero. */
	int64_t left = (int64_t)(tw->tw_start + wait_ns(v) - v->now);

	return left > 0 ? (uint64_t)left : 0;
}

uint32_t
tcp_tw_left(const struct vnet *v, const struct tcptw *tw)
{
	uint64_t left = (tw_left_ns(v, tw) + NSEC_PER_MSEC - 1) /
	    NSEC_PER_MSEC;

	return left == 0 ? 1 : (uint32_t)left;
}

uint32_t
tcp_tw_limit(const struct vnet *v)
{
	uint32_t set = V_tcp(v)->maxtcptw;

	return set != 0 ? set : somaxsockets(v) / MAXTCPTW_PART;
}

static void
tw_arm(struct vnet *v)
{
	struct tcp_vnet *t = V_tcp(v);
	const struct tcptw *tw = TAILQ_FIRST(&t->twq);

	if (tw != NULL && !callout_pending(&t->twcallout))
		callout_reset(v, &t->twcallout, tw_left_ns(v, tw));
}

static void
tw_expire(struct vnet *v, void *arg)
{
	struct tcp_vnet *t = V_tcp(v);
	struct tcptw *tw;

	(void)arg;
	for (int i = 0; i < TW_BATCH; i++) {
		tw = TAILQ_FIRST(&t->twq);
		if (tw == NULL || tw_left_ns(v, tw) > 0)
			break;
		tcp_tw_close(tw);
	}
	tw_arm(v);
}

int
tcp_tw_init(struct vnet *v)
{
	struct tcp_vnet *t = V_tcp(v);

	TAILQ_INIT(&t->twq);
	callout_init(&t->twcallout, tw_expire, NULL);
	t->twlimit = tcp_tw_limit(v);
	return in_pcbinfo_compact(t->pcbinfo, "tcptw", sizeof(struct tcptw),
	    t->twlimit);
}

static void
tw_restart(struct vnet *v, struct tcptw *tw)
{
	struct tcp_vnet *t = V_tcp(v);

	TAILQ_REMOVE(&t->twq, tw, tw_link);
	TAILQ_INSERT_TAIL(&t->twq, tw, tw_link);
	tw->tw_start = v->now;
}

void
tcp_tw_close(struct tcptw *tw)
{
	struct vnet *v = in_pcbinfo_vnet(tw->tw_inpcb.inp_pcbinfo);
	struct tcp_vnet *t = V_tcp(v);

	TAILQ_REMOVE(&t->twq, tw, tw_link);
	if (--t->ntw == 0)
		callout_stop(v, &t->twcallout);
	t->states[TCPS_TIME_WAIT]--;
	t->stat.tcps_closed++;
	in_pcbfree(&tw->tw_inpcb);
}

/* Room for one more.  The limits may have been changed since the last one. */
static void
tw_make_room(struct vnet *v)
{
	struct tcp_vnet *t = V_tcp(v);
	uint32_t limit = tcp_tw_limit(v), zone;

	/* Two at a time: after the limit was lowered the queue gets shorter. */
	for (int i = 0; i < 2 && t->ntw > 0 && t->ntw >= limit; i++) {
		t->stat.tcps_tw_recycles++;
		tcp_tw_close(TAILQ_FIRST(&t->twq));
	}
	zone = t->ntw < limit ? limit : t->ntw + 1;
	if (zone != t->twlimit)
		in_pcbinfo_compact_limit(t->pcbinfo, zone);
	t->twlimit = zone;
}

/* ---- into TIME_WAIT ---- */

static void
wait_again(struct tcpcb *tp)
{
	tcp_timer_start(tp, TT_2MSL, dying(&tp->t_inpcb) ? 1 :
	    2 * (uint32_t)V_tcp(tcp_vnetof(tp))->msl);
}

/* What tp's ACKs announce from now on. */
static uint16_t
last_window(const struct tcpcb *tp)
{
	uint32_t field = tcp_rcvwindow(tp) >> tp->rcv_scale;

	return (uint16_t)(field < TCP_MAXWIN ? field : TCP_MAXWIN);
}

/* tw's inpcb is in place; the rest of it is zero. */
static void
tw_begin(struct vnet *v, struct tcptw *tw, const struct tcptw *values)
{
	struct tcp_vnet *t = V_tcp(v);

	memcpy((char *)tw + sizeof(tw->tw_inpcb),
	    (const char *)values + sizeof(tw->tw_inpcb),
	    sizeof(*tw) - sizeof(tw->tw_inpcb));
	TAILQ_INSERT_TAIL(&t->twq, tw, tw_link);
	t->ntw++;
	tw_arm(v);
}

void
tcp_twdetach(struct tcpcb *tp)
{
	struct vnet *v = tcp_vnetof(tp);
	uint32_t left = tcp_timer_left(tp, TT_2MSL);
	const struct tcptw values = {
		.tw_start = v->now + left * NSEC_PER_MSEC - wait_ns(v),
		.tw_snd_nxt = tp->snd_max,
		.tw_rcv_nxt = tp->rcv_nxt,
		.tw_ts_recent = tp->ts_recent,
		.tw_ts_offset = tp->ts_offset,
		.tw_wartime = tp->t_wartime,
		.tw_warcnt = tp->t_warcnt,
		.tw_win = last_window(tp),
		.tw_tstmp = (tp->t_flags & TF_RCVD_TSTMP) != 0,
	};
	struct inpcb *inp;

	assert(tp->t_state == TCPS_TIME_WAIT && tp->t_segq == NULL);
	if (dying(&tp->t_inpcb)) {
		(void)tcp_close(tp);
		return;
	}
	tw_make_room(v);
	tcp_timer_stopall(tp);
	if ((inp = in_pcbcompact(&tp->t_inpcb)) != NULL)
		tw_begin(v, intotcptw(inp), &values);
	else
		tcp_timer_start(tp, TT_2MSL, left);
}

void
tcp_twstart(struct tcpcb *tp)
{
	struct vnet *v = tcp_vnetof(tp);
	struct socket *so = tp->t_inpcb.inp_socket;

	tcp_state_change(tp, TCPS_TIME_WAIT);
	tcp_timer_stopall(tp);
	tcp_reass_flush(tp);
	wait_again(tp);
	if (tp->t_flags & (TF_ACKNOW | TF_DELACK))
		tcp_respond(tp, tcp_ackseq(tp), TH_ACK);
	if (V_tcp(v)->nolocaltimewait != 0 &&
	    in_localaddr(v, &tp->t_inpcb.inp_faddr)) {
		(void)tcp_close(tp);
		return;
	}
	if (so != NULL) {
		soisdisconnected(so);
		if ((so->so_state & SS_NOFDREF) == 0)
			return;
		sofree(tcp_unlink_socket(tp));
	}
	tcp_twdetach(tp);
}

/* ---- segments ---- */

/* What a segment is judged by. */
struct waiting {
	tcp_seq		 snd_nxt, rcv_nxt;
	uint32_t	 ts_recent;
	bool		 tstmp;
};

enum answer {
	TW_NONE,
	TW_ACK,		/* challenge it */
	TW_FINAGAIN,	/* the wait begins anew; challenge it */
	TW_REPLACE	/* it begins a new connection */
};

/* May this SYN begin a new connection? */
static bool
newer(const struct waiting *w, const struct tcpseg *s)
{
	if (w->tstmp && (s->opt.to_flags & TOF_TS) != 0 &&
	    s->opt.to_tsval != w->ts_recent)
		return TSTMP_LT(w->ts_recent, s->opt.to_tsval);
	return SEQ_GT(s->seq, w->rcv_nxt);
}

static enum answer
judge(const struct waiting *w, const struct tcpseg *s)
{
	if (s->flags & TH_RST)
		return TW_NONE;
	if ((s->flags & (TH_SYN | TH_ACK)) == TH_SYN && newer(w, s))
		return TW_REPLACE;
	if (s->flags & TH_SYN)
		return TW_ACK;
	if ((s->flags & TH_ACK) == 0)
		return TW_NONE;
	/* The peer's FIN again: our ACK was lost. */
	if (s->flags & TH_FIN && s->seq + s->len + 1 == w->rcv_nxt)
		return TW_FINAGAIN;
	/* Anything but a plain ACK of what was sent wants an answer. */
	if (tcpseg_span(s) > 0 || s->seq != w->rcv_nxt ||
	    s->ack != w->snd_nxt)
		return TW_ACK;
	return TW_NONE;
}

/* Count it; true: there is something to be done. */
static bool
answered(struct vnet *v, enum answer a)
{
	if (a == TW_REPLACE)
		TCPSTAT(v)->tcps_tw_recycles++;
	else if (a != TW_NONE)
		TCPSTAT(v)->tcps_tw_responds++;
	return a != TW_NONE;
}

bool
tcp_timewait_input(struct tcpcb *tp, struct tcpseg *s)
{
	const struct waiting w = {
		.snd_nxt = tp->snd_max, .rcv_nxt = tp->rcv_nxt,
		.ts_recent = tp->ts_recent,
		.tstmp = (tp->t_flags & TF_RCVD_TSTMP) != 0,
	};
	enum answer a = judge(&w, s);

	if (!answered(tcp_vnetof(tp), a))
		return false;
	if (a == TW_REPLACE) {
		(void)tcp_close(tp);
		return true;
	}
	if (a == TW_FINAGAIN)
		wait_again(tp);
	tcp_challenge_ack(tp);
	return false;
}

/* As tcp_respond() does it with an ACK. */
static void
tw_respond(struct vnet *v, const struct tcptw *tw)
{
	const struct inpcb *inp = &tw->tw_inpcb;
	struct endpoint local = { inp->inp_laddr, inp->inp_lport };
	struct endpoint foreign = { inp->inp_faddr, inp->inp_fport };
	struct tcpopt to = {
		.to_flags = tw->tw_tstmp ? TOF_TS : 0,
		.to_tsval = tcp_ms(v) + tw->tw_ts_offset,
		.to_tsecr = tw->tw_ts_recent,
	};
	struct tcpemit e = {
		.src = &local, .dst = &foreign, .flags = TH_ACK,
		.seq = tw->tw_snd_nxt, .ack = tw->tw_rcv_nxt,
		.wnd = tw->tw_win, .ttl = inp->inp_ip_ttl,
		.tos = inp->inp_ip_tos,
	};

	e.optlen = tcp_addoptions(&to, e.opt);
	TCPSTAT(v)->tcps_sndacks++;
	(void)tcp_emit(v, &e);
}

bool
tcp_tw_input(struct tcptw *tw, struct tcpseg *s)
{
	struct vnet *v = in_pcbinfo_vnet(tw->tw_inpcb.inp_pcbinfo);
	const struct waiting w = {
		.snd_nxt = tw->tw_snd_nxt, .rcv_nxt = tw->tw_rcv_nxt,
		.ts_recent = tw->tw_ts_recent, .tstmp = tw->tw_tstmp,
	};
	enum answer a = judge(&w, s);

	if (!answered(v, a))
		return false;
	if (a == TW_REPLACE) {
		tcp_tw_close(tw);
		return true;
	}
	if (a == TW_FINAGAIN)
		tw_restart(v, tw);
	if (tcp_challenge_ok(v, &tw->tw_wartime, &tw->tw_warcnt))
		tw_respond(v, tw);
	return false;
}

/* ---- a jail goes ---- */

static void
purge_one(struct tcpcb *tp, bool reset)
{
	const struct socket *so = tp->t_inpcb.inp_socket;
	bool closed = so == NULL || (so->so_state & SS_NOFDREF) != 0;

	if (tp->t_state == TCPS_TIME_WAIT && closed)
		(void)tcp_close(tp);
	else if (tp->t_state == TCPS_TIME_WAIT)
		tcp_timer_start(tp, TT_2MSL, 1);
	else if (reset && closed)
		(void)tcp_drop(tp, ECONNABORTED);
}

bool
tcp_purge(struct vnet *v, const struct prison *pr, bool reset, uint64_t *gen,
    unsigned *budget)
{
	struct inpcb *inp, *next;

	inp = in_pcbafter(tcp_pcbinfo(v), pr, *gen);
	for (; inp != NULL; inp = next) {
		if (*budget == 0)
			return true;
		(*budget)--;
		next = in_pcbnext(inp, true);
		*gen = inp->inp_gencnt;
		if (inp->inp_compact)
			tcp_tw_close(intotcptw(inp));
		else
			purge_one(intotcpcb(inp), reset);
	}
	return false;
}
