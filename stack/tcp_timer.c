/*
 * tcp_timer.c - what happens when nothing happens.
 *
 * Theory of operation.  A connection has five timers but one callout, armed for
 * a time at or before the earliest deadline.  Starting, moving and stopping a
 * timer is then mostly the writing of a number: a deadline that moves away (as
 * that of the retransmit timer does with every acknowledgment) leaves the
 * callout where it is, and when this fires early it is armed anew.
 *
 * A deadline is a millisecond of the stack's clock, the first that is not too
 * early, as a number of 32 bits, which is compared as TCP compares sequence
 * numbers: no timer is for longer than INT32_MAX.
 *
 * Keepalive does not even move its deadline per packet: the handler looks at
 * t_rcvtime and goes back to sleep for what is left.
 *
 * Handlers return false when the control block is gone.
 */
#include <errno.h>

#include "stack/socket.h"
#include "stack/tcp_int.h"

#define RTO_MAX		64000	/* ms */

/* ns until then; negative: it has been. */
static int64_t
ns_until(const struct vnet *v, uint32_t deadline)
{
	int32_t ms = (int32_t)(deadline - tcp_ms(v));

	return ms * (int64_t)NSEC_PER_MSEC - (int64_t)(v->now % NSEC_PER_MSEC);
}

static void
arm(struct tcpcb *tp, uint32_t deadline)
{
	struct vnet *v = tcp_vnetof(tp);
	int64_t left = ns_until(v, deadline);
	uint64_t delay = left > 0 ? (uint64_t)left : 0;

	if (callout_pending(&tp->t_callout) &&
	    tp->t_callout.when <= v->now + delay)
		return;
	callout_reset(v, &tp->t_callout, delay);
}

void
tcp_timer_start(struct tcpcb *tp, enum tcp_timer which, uint32_t ms)
{
	uint64_t now = tcp_vnetof(tp)->now + NSEC_PER_MSEC - 1;
	uint32_t deadline = (uint32_t)(now / NSEC_PER_MSEC) + ms;

	tp->t_timers[which] = deadline != 0 ? deadline : 1;
	arm(tp, tp->t_timers[which]);
}

void
tcp_timer_stop(struct tcpcb *tp, enum tcp_timer which)
{
	tp->t_timers[which] = 0;
}

void
tcp_timer_stopall(struct tcpcb *tp)
{
	for (int i = 0; i < TT_N; i++)
		tp->t_timers[i] = 0;
	callout_stop(tcp_vnetof(tp), &tp->t_callout);
}

uint32_t
tcp_timer_left(const struct tcpcb *tp, enum tcp_timer which)
{
	int64_t left;

	if (tp->t_timers[which] == 0)
		return 0;
	left = ns_until(tcp_vnetof(tp), tp->t_timers[which]);
	return left <= 0 ? 1 : (uint32_t)((left + NSEC_PER_MSEC - 1) /
	    NSEC_PER_MSEC);
}

uint32_t
tcp_backoff(uint32_t ms, unsigned shift)
{
	uint64_t t = (uint64_t)ms << (shift < 16 ? shift : 16);

	return (uint32_t)(t < RTO_MAX ? t : RTO_MAX);
}

static uint32_t
own_or(uint32_t own, int knob)
{
	return own != 0 ? own : (uint32_t)knob;
}

uint32_t
tcp_keepinit(const struct tcpcb *tp)
{
	return own_or(tp->t_keepinit, V_tcp(tcp_vnetof(tp))->keepinit);
}

uint32_t
tcp_keepidle(const struct tcpcb *tp)
{
	return own_or(tp->t_keepidle, V_tcp(tcp_vnetof(tp))->keepidle);
}

static uint32_t
keepintvl(const struct tcpcb *tp)
{
	return own_or(tp->t_keepintvl, V_tcp(tcp_vnetof(tp))->keepintvl);
}

/* ms of silence after the first probe that end a connection. */
static uint64_t
keepmaxidle(const struct tcpcb *tp)
{
	return (uint64_t)keepintvl(tp) *
	    own_or(tp->t_keepcnt, V_tcp(tcp_vnetof(tp))->keepcnt);
}

static bool
keepalive_wanted(const struct tcpcb *tp)
{
	const struct socket *so = tp->t_inpcb.inp_socket;

	if (so == NULL || tp->t_state > TCPS_CLOSING)
		return false;
	return V_tcp(tcp_vnetof(tp))->always_keepalive != 0 ||
	    (so->so_options & SOPT_KEEPALIVE) != 0;
}

void
tcp_keepalive_start(struct tcpcb *tp)
{
	if (keepalive_wanted(tp))
		tcp_timer_start(tp, TT_KEEP, tcp_keepidle(tp));
	else
		tcp_timer_stop(tp, TT_KEEP);
}

void
tcp_finwait2_start(struct tcpcb *tp)
{
	const struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));
	uint64_t ms = keepmaxidle(tp);

	if (t->fast_finwait2_recycle != 0)
		ms = (uint32_t)t->finwait2_timeout;
	tcp_timer_start(tp, TT_2MSL, ms < UINT32_MAX ? (uint32_t)ms :
	    UINT32_MAX);
}

static uint32_t
idle_ms(const struct tcpcb *tp)
{
	return tcp_ms(tcp_vnetof(tp)) - tp->t_rcvtime;
}

static bool
timer_delack(struct tcpcb *tp)
{
	if ((tp->t_flags & TF_DELACK) == 0)
		return true;
	tp->t_flags &= ~TF_DELACK;
	tp->t_flags |= TF_ACKNOW;
	TCPSTAT(tcp_vnetof(tp))->tcps_delack++;
	(void)tcp_output(tp);
	return true;
}

static bool
timer_keep(struct tcpcb *tp)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));
	uint32_t idle = idle_ms(tp), wait = tcp_keepidle(tp);

	if (tcp_embryonic(tp)) {
		st->tcps_sc_stale++;
		return tcp_drop(tp, ETIMEDOUT);
	}
	if (!TCPS_HAVEESTABLISHED(tp->t_state)) {
		st->tcps_keeptimeo++;
		st->tcps_keepdrops++;
		return tcp_drop(tp, ETIMEDOUT);
	}
	if (!keepalive_wanted(tp))
		return true;
	if (idle < wait) {
		tcp_timer_start(tp, TT_KEEP, wait - idle);
		return true;
	}
	st->tcps_keeptimeo++;
	if (idle >= wait + keepmaxidle(tp)) {
		st->tcps_keepdrops++;
		return tcp_drop(tp, ETIMEDOUT);
	}
	/* An old sequence number, which the peer must answer. */
	st->tcps_keepprobe++;
	tcp_respond(tp, tp->snd_una - 1, TH_ACK);
	tcp_timer_start(tp, TT_KEEP, keepintvl(tp));
	return true;
}

/* Silence that ends persist mode: as long as keepalive would wait, or as long
 * as all backoffs together.  For a closed socket an answer is not enough: a
 * peer could hold its data for ever. */
static bool
persist_hopeless(const struct tcpcb *tp)
{
	uint64_t total = 0;

	if (tp->t_rxtshift < TCP_MAXRXTSHIFT)
		return false;
	if (tp->t_inpcb.inp_socket->so_state & SS_NOFDREF)
		return true;
	for (unsigned i = 0; i <= TCP_MAXRXTSHIFT; i++)
		total += tcp_backoff(tcp_rto(tp), i);
	return idle_ms(tp) >= tcp_keepidle(tp) || idle_ms(tp) >= total;
}

static bool
timer_persist(struct tcpcb *tp)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));

	st->tcps_persisttimeo++;
	if (persist_hopeless(tp)) {
		st->tcps_persistdrop++;
		return tcp_drop(tp, ETIMEDOUT);
	}
	tcp_setpersist(tp);
	tp->t_flags |= TF_FORCEDATA;
	(void)tcp_output(tp);
	tp->t_flags &= ~TF_FORCEDATA;
	return true;
}

/* ms left of the time that data may stay unacknowledged (RFC 5482). */
static uint32_t
unack_left(struct tcpcb *tp)
{
	uint64_t now = tcp_vnetof(tp)->now, past;
	uint32_t max = own_or(tp->t_maxunacktime,
	    V_tcp(tcp_vnetof(tp))->maxunacktime);

	if (max == 0)
		return UINT32_MAX;
	if (tp->t_rxtshift == 0)
		tp->t_rxtstart = now - tp->t_rxtcur * NSEC_PER_MSEC;
	past = (now - tp->t_rxtstart) / NSEC_PER_MSEC;
	return past >= max ? 0 : max - (uint32_t)past;
}

static void
count_rexmt(struct tcpcb *tp, bool over, bool late)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));

	if (tcp_embryonic(tp)) {
		st->tcps_sc_stale += over;
		st->tcps_sc_retransmitted += !over;
		return;
	}
	st->tcps_rexmttimeo++;
	st->tcps_timeoutdrop += over;
	st->tcps_progdrops += late;
}

static bool
timer_rexmt(struct tcpcb *tp)
{
	struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));
	uint32_t left = unack_left(tp);
	int retries = tcp_embryonic(tp) ? t->syncache_rexmtlimit : t->retries;
	bool over = tp->t_rxtshift >= retries || left == 0;

	/* RFC 5461: an ICMP error, and still no answer to three SYNs. */
	if (!TCPS_HAVEESTABLISHED(tp->t_state) && tp->t_rxtshift >= 3 &&
	    tp->t_softerror != 0) {
		t->stat.tcps_sc_unreach += tcp_embryonic(tp);
		t->stat.tcps_rexmttimeo += !tcp_embryonic(tp);
		return tcp_drop(tp, tp->t_softerror);
	}
	count_rexmt(tp, over, left == 0);
	if (over)
		return tcp_drop(tp, ETIMEDOUT);
	tp->t_rxtshift++;
	tp->t_rxtcur = tcp_backoff(tcp_rto(tp), tp->t_rxtshift);
	if (tp->t_rxtcur > left)
		tp->t_rxtcur = left;
	tcp_cc_timeout(tp);
	tp->snd_nxt = tp->snd_una;
	tp->t_flags &= ~TF_TIMING;
	tp->t_flags |= TF_ACKNOW;
	tcp_timer_start(tp, TT_REXMT, tp->t_rxtcur);
	(void)tcp_output(tp);
	return true;
}

static bool
timer_2msl(struct tcpcb *tp)
{
	if (tp->t_state != TCPS_TIME_WAIT)
		TCPSTAT(tcp_vnetof(tp))->tcps_finwait2_drops++;
	return tcp_close(tp);
}

static bool (*const handlers[TT_N])(struct tcpcb *) = {
	[TT_DELACK] = timer_delack, [TT_REXMT] = timer_rexmt,
	[TT_PERSIST] = timer_persist, [TT_KEEP] = timer_keep,
	[TT_2MSL] = timer_2msl,
};

/* The timer that is next, of those that are on; TT_N: none is. */
static int
next_timer(const struct tcpcb *tp)
{
	int next = TT_N;

	for (int i = 0; i < TT_N; i++)
		if (tp->t_timers[i] != 0 && (next == TT_N || (int32_t)
		    (tp->t_timers[i] - tp->t_timers[next]) < 0))
			next = i;
	return next;
}

static void
tcp_timer_fire(struct vnet *v, void *arg)
{
	struct tcpcb *tp = arg;
	int next;

	for (int i = 0; i < TT_N; i++) {
		if (tp->t_timers[i] == 0 || ns_until(v, tp->t_timers[i]) > 0)
			continue;
		tp->t_timers[i] = 0;
		if (!handlers[i](tp))
			return;
	}
	if ((next = next_timer(tp)) != TT_N)
		arm(tp, tp->t_timers[next]);
}

void
tcp_timer_init(struct tcpcb *tp)
{
	callout_init(&tp->t_callout, tcp_timer_fire, tp);
}
