/*
 * Data: in order, lost, delayed, held back, and the timers that see to it.
 */
#include "tests/unit/stack_tcp_fixture.h"

static char big[BIG];

static void
fill_big(void)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < sizeof(big); i++) {
		x = x * 1103515245 + 12345;
		big[i] = (char)(x >> 16);
	}
}

static void
data_goes_both_ways(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	struct tcp_facts f;

	pair(n, &c, &s);
	assert_int_equal(put(n, c, "ping", 4), 4);
	assert_int_equal(put(n, s, "pong", 4), 4);
	run(n);
	expect_data(s, "ping");
	expect_data(c, "pong");
	pass(n, 41);
	tcp_facts(c, &f);
	assert_int_equal(f.state, TCPS_ESTABLISHED);
	assert_int_equal(f.bytes_acked, 4);
	assert_int_equal(f.bytes_received, 4);
	assert_int_equal(f.unacked, 0);
	assert_true(f.timestamps_ok && f.wscale_ok && !f.sack_ok);
	soclose(c);
	soclose(s);
}

/* Send len bytes from a to b, reading what comes; true if all came right. */
static bool
transfer(struct net *n, struct socket *a, struct socket *b, size_t len)
{
	static char buf[65536];
	size_t out = 0, in = 0;
	ssize_t k;

	for (int idle = 0; in < len && idle < 2000; idle++) {
		if (out < len) {
			size_t sent = put(n, a, big + out, len - out);

			out += sent;
		}
		run(n);
		while ((k = get(b, buf, sizeof(buf))) > 0) {
			if (memcmp(buf, big + in, (size_t)k) != 0)
				return false;
			in += (size_t)k;
			idle = 0;
		}
		run(n);
		if (in < len)
			pass(n, 50);
	}
	return in == len;
}

static void
bulk_data_shares_clusters_and_needs_no_retransmission(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_true(transfer(n, c, s, BIG));
	assert_int_equal(st(n)->tcps_sndrexmitpack, 0);
	assert_true(st(n)->tcps_preddat > 0);
	assert_true(st(n)->tcps_predack > 0);
	/* A megabyte in segments of up to 64 KB. */
	assert_in_range(st(n)->tcps_sndpack, BIG / 65536, BIG / 16384);
	soclose(c);
	soclose(s);
}

static bool
drop_first_data(struct net *n, const struct pkt *p)
{
	return p->len > 0 && n->count++ == 0;
}

static void
lost_segment_is_sent_again_after_the_rto(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	n->filter = drop_first_data;
	assert_int_equal(put(n, c, "lost", 4), 4);
	pass(n, 190);
	assert_int_equal(get(s, big, 1), -1);
	pass(n, 20);
	expect_data(s, "lost");
	assert_int_equal(st(n)->tcps_rexmttimeo, 1);
	assert_int_equal(tcb(c)->snd_cwnd, tcp_maxseg(tcb(c)));
	soclose(c);
	soclose(s);
}

static bool
drop_data(struct net *n, const struct pkt *p)
{
	n->count += p->len > 0;
	return p->len > 0;
}

static void
backoff_doubles_until_the_retries_are_used_up(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	uint64_t rto;
	int before;

	V_tcp(n->v)->retries = 5;
	pair(n, &c, &s);
	n->filter = drop_data;
	assert_int_equal(put(n, c, "lost", 4), 4);
	/* At 1, 3, 7, 15, 31 times the RTO; over at 63. */
	rto = tcb(c)->t_rxtcur;
	assert_in_range(rto, 201, 203);
	pass(n, rto - 1);
	for (int i = 0; i < 5; i++) {
		before = n->count;
		pass(n, 2);
		assert_int_equal(n->count, before + 1);
		pass(n, (2 * rto << i) - 2);
	}
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	pass(n, 2);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	assert_int_equal(read_error(c), ETIMEDOUT);
	assert_int_equal(st(n)->tcps_timeoutdrop, 1);
	run(n);
	assert_int_equal(read_error(s), ECONNRESET);
	soclose(c);
	soclose(s);
	expect_no_pcbs(n);
}

static void
user_timeout_ends_it_sooner(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(sosetopt(c, OPT_TCP_MAXUNACKTIME, 3000, &n->cred),
	    0);
	n->filter = drop_data;
	assert_int_equal(put(n, c, "lost", 4), 4);
	pass(n, 2990);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	pass(n, 20);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	assert_int_equal(read_error(c), ETIMEDOUT);
	assert_int_equal(st(n)->tcps_progdrops, 1);
	soclose(c);
	soclose(s);
}

static void
a_peer_cannot_hold_a_closed_socket_for_ever(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	pe.wnd = 0;
	peer_send(n, &pe, TH_ACK, "x", 1);
	peer_send(n, &pe, TH_ACK, "y", 1);
	(void)get(so, big + BIG / 2, 2);
	assert_int_equal(put(n, so, "abc", 3), 3);
	soclose(so);
	/* It answers every probe, and its window stays closed. */
	for (int i = 0; i < 2000 && sonumopen(n->v) > 0; i++) {
		vnet_settime(n->v, n->v->now + NSEC_PER_SEC);
		callout_run(n->v);
		while (peer_get(n, &p))
			if ((p.flags & TH_RST) == 0)
				peer_send(n, &pe, TH_ACK, NULL, 0);
	}
	expect_no_pcbs(n);
	assert_int_equal(st(n)->tcps_persistdrop, 1);
	fill_big();
}

/* n->count picks the one data segment that is lost. */
static bool
drop_nth_data(struct net *n, const struct pkt *p)
{
	return p->len > 0 && n->count-- == 0;
}

static void
three_duplicate_acks_repair_without_a_timeout(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	V_tcp(n->v)->initcwnd_segments = 20;
	pair(n, &c, &s);
	assert_int_equal(sosetopt(c, OPT_TCP_MAXSEG, 1460, &n->cred), 0);
	tcb(c)->snd_cwnd = 20 * 1448;
	n->filter = drop_nth_data;
	n->count = 5;
	assert_int_equal(put(n, c, big, 20 * 1448), 20 * 1448);
	run(n);
	assert_int_equal(s->so_rcv.sb_cc, 20 * 1448);
	assert_int_equal(st(n)->tcps_rexmttimeo, 0);
	assert_int_equal(st(n)->tcps_sndrexmitpack, 1);
	assert_int_equal(tcb(c)->t_flags & TF_FASTRECOVERY, 0);
	/* The window is halved, not closed. */
	assert_in_range(tcb(c)->snd_cwnd, 2 * 1448, 10 * 1448);
	assert_true(tcb(s)->t_rcvoopack >= 14);
	soclose(c);
	assert_int_equal(get(s, big + BIG / 2, 20 * 1448), 20 * 1448);
	assert_memory_equal(big, big + BIG / 2, 20 * 1448);
	soclose(s);
	fill_big();
}

static bool
drop_three(struct net *n, const struct pkt *p)
{
	int i;

	if (p->len == 0)
		return false;
	i = n->count++;
	return i == 3 || i == 7 || i == 8;
}

static void
newreno_repairs_several_holes_by_partial_acks(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	V_tcp(n->v)->initcwnd_segments = 20;
	pair(n, &c, &s);
	assert_int_equal(sosetopt(c, OPT_TCP_MAXSEG, 1460, &n->cred), 0);
	tcb(c)->snd_cwnd = 20 * 1448;
	n->filter = drop_three;
	assert_int_equal(put(n, c, big, 20 * 1448), 20 * 1448);
	run(n);
	assert_int_equal(s->so_rcv.sb_cc, 20 * 1448);
	assert_int_equal(st(n)->tcps_rexmttimeo, 0);
	assert_int_equal(st(n)->tcps_sndrexmitpack, 3);
	soclose(c);
	assert_int_equal(get(s, big + BIG / 2, 20 * 1448), 20 * 1448);
	assert_memory_equal(big, big + BIG / 2, 20 * 1448);
	soclose(s);
	fill_big();
}

static void
slow_start_doubles_and_congestion_avoidance_adds_one(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	uint32_t cwnd;

	pair(n, &c, &s);
	assert_int_equal(sosetopt(c, OPT_TCP_MAXSEG, 1460, &n->cred), 0);
	tcb(c)->snd_cwnd = cwnd = 10 * 1448;
	assert_int_equal(put(n, c, big, 10 * 1448), 10 * 1448);
	run(n);
	pass(n, 50);
	assert_in_range(tcb(c)->snd_cwnd, cwnd + 8 * 1448, cwnd + 10 * 1448);
	tcb(c)->snd_cwnd = cwnd;
	tcb(c)->snd_ssthresh = cwnd;
	tcb(c)->t_bytesacked = 0;
	assert_int_equal(put(n, c, big, 10 * 1448), 10 * 1448);
	run(n);
	pass(n, 50);
	assert_in_range(tcb(c)->snd_cwnd, cwnd, cwnd + 1448);
	soclose(c);
	soabort(s);
}

static void
idle_connection_begins_with_the_initial_window_again(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	tcb(c)->snd_cwnd = 1000000;
	pass(n, 10000);
	assert_int_equal(put(n, c, "x", 1), 1);
	assert_int_equal(tcb(c)->snd_cwnd, tcp_initcwnd(tcb(c)));
	soclose(c);
	soabort(s);
}

/* Read len bytes and compare them with big. */
static void
read_all(struct net *n, struct socket *so, size_t len)
{
	static char buf[65536];
	size_t in = 0;
	ssize_t k;

	while (in < len) {
		if ((k = get(so, buf, sizeof(buf))) > 0) {
			assert_memory_equal(big + in, buf, k);
			in += (size_t)k;
		} else
			pass(n, 10);
		run(n);
	}
}

static void
closed_window_is_probed_and_opens_when_read(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	uint64_t probes;

	/* Unscaled, so that the window can be closed to the byte. */
	V_tcp(n->v)->rfc1323 = 0;
	pair(n, &c, &s);
	assert_int_equal(sosetopt(s, OPT_RCVBUF, 8192, &n->cred), 0);
	/* More than the window that was announced before can take. */
	assert_int_equal(put(n, c, big, 262144), 262144);
	pass(n, 1000);
	assert_true(s->so_rcv.sb_cc < 262144);
	/* A rest of the window, too small to be worth a segment. */
	assert_in_range(tcb(c)->snd_wnd, 1, 100);
	assert_true(tcp_timer_active(tcb(c), TT_PERSIST));
	assert_false(tcp_timer_active(tcb(c), TT_REXMT));
	pass(n, 100000);
	probes = st(n)->tcps_sndprobe;
	assert_int_equal(tcb(c)->snd_wnd, 0);
	/* 5 s apart at first, since the RTO is short. */
	assert_in_range(probes, 3, 20);
	assert_int_equal(st(n)->tcps_persisttimeo, probes + 1);
	assert_true(st(n)->tcps_rcvwinprobe > 0);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	read_all(n, s, 262144);
	pass(n, 100);
	assert_int_equal(c->so_snd.sb_cc, 0);
	assert_false(tcp_timer_active(tcb(c), TT_PERSIST));
	soclose(c);
	soclose(s);
	fill_big();
}

static void
lost_window_update_is_made_up_by_a_probe(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	/* With new data, or it would be taken for an older ACK. */
	pe.wnd = 0;
	peer_send(n, &pe, TH_ACK, "x", 1);
	peer_send(n, &pe, TH_ACK, "y", 1);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(put(n, so, "abc", 3), 3);
	expect_silence(n);
	for (int i = 0; i < 6 && !peer_get(n, &p); i++) {
		vnet_settime(n->v, n->v->now + NSEC_PER_SEC);
		callout_run(n->v);
	}
	/* One byte, which does not fit. */
	assert_int_equal(p.len, 1);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	expect_silence(n);
	pe.wnd = 1000;
	peer_send(n, &pe, TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.len, 3);
	soabort(so);
}

static void
window_that_stays_closed_in_silence_ends_the_connection(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, false);
	static struct pkt p;

	V_tcp(n->v)->always_keepalive = 0;
	pe.wnd = 0;
	peer_send(n, &pe, TH_ACK, "x", 1);
	peer_send(n, &pe, TH_ACK, "y", 1);
	assert_int_equal(put(n, so, "abc", 3), 3);
	for (int i = 0; i < 10000 && state_of(so) != TCPS_CLOSED; i++) {
		vnet_settime(n->v, n->v->now + NSEC_PER_SEC);
		callout_run(n->v);
		while (peer_get(n, &p))
			continue;
	}
	assert_int_equal(state_of(so), TCPS_CLOSED);
	assert_int_equal(sogeterror(so), ETIMEDOUT);
	assert_int_equal(st(n)->tcps_persistdrop, 1);
	soclose(so);
}

static void
nagle_holds_a_second_small_segment(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	assert_int_equal(put(n, so, "a", 1), 1);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(put(n, so, "b", 1), 1);
	assert_int_equal(put(n, so, "c", 1), 1);
	expect_silence(n);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.len, 2);
	assert_true(p.flags & TH_PUSH);
	assert_int_equal(sosetopt(so, OPT_TCP_NODELAY, 1, &n->cred), 0);
	assert_int_equal(put(n, so, "d", 1), 1);
	peer_expect(n, &pe, &p, TH_ACK);
	soabort(so);
}

static void
nopush_holds_until_it_is_lifted(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	assert_int_equal(sosetopt(so, OPT_TCP_NOPUSH, 1, &n->cred), 0);
	assert_int_equal(put(n, so, "abc", 3), 3);
	expect_silence(n);
	assert_int_equal(sosetopt(so, OPT_TCP_NOPUSH, 0, &n->cred), 0);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.len, 3);
	soabort(so);
}

static void
every_second_segment_is_acknowledged_at_once(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	peer_send(n, &pe, TH_ACK, "one", 3);
	expect_silence(n);
	peer_send(n, &pe, TH_ACK, "two", 3);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	peer_send(n, &pe, TH_ACK, "three", 5);
	expect_silence(n);
	vnet_settime(n->v, n->v->now + 39 * MSEC);
	callout_run(n->v);
	expect_silence(n);
	vnet_settime(n->v, n->v->now + 2 * MSEC);
	callout_run(n->v);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	assert_int_equal(st(n)->tcps_delack, 1);
	V_tcp(n->v)->delayed_ack = 0;
	peer_send(n, &pe, TH_ACK, "four", 4);
	peer_expect(n, &pe, &p, TH_ACK);
	expect_data(so, "onetwothreefour");
	soabort(so);
}

static void
an_answer_carries_the_delayed_ack(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	peer_send(n, &pe, TH_ACK, "ask", 3);
	assert_int_equal(put(n, so, "answer", 6), 6);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	assert_int_equal(p.len, 6);
	pass(n, 50);
	assert_int_equal(st(n)->tcps_delack, 0);
	soabort(so);
}

static void
announced_window_never_shrinks(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	tcp_seq edge = 0;

	for (int i = 0; i < 40; i++) {
		peer_send(n, &pe, TH_ACK, big, 1 + (uint32_t)i * 37);
		peer_send(n, &pe, TH_ACK, big, 999);
		if (i == 10)
			assert_int_equal(sosetopt(so, OPT_RCVBUF, 20000,
			    &n->cred), 0);
		while (peer_get(n, &p)) {
			if (i > 0)
				assert_true(SEQ_GEQ(p.ack + p.wnd, edge));
			edge = p.ack + p.wnd;
		}
	}
	soabort(so);
}

static void
keepalive_leaves_a_peer_that_answers_alone(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(sosetopt(c, OPT_KEEPALIVE, 1, &n->cred), 0);
	assert_int_equal(sosetopt(c, OPT_TCP_KEEPIDLE, 100, &n->cred), 0);
	assert_int_equal(sosetopt(c, OPT_TCP_KEEPINTVL, 10, &n->cred), 0);
	assert_int_equal(sosetopt(c, OPT_TCP_KEEPCNT, 3, &n->cred), 0);
	/* The peer answers: nothing happens for long. */
	pass(n, 1000000);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	assert_in_range(st(n)->tcps_keepprobe, 5, 10);
	assert_int_equal(st(n)->tcps_keepdrops, 0);
	soabort(s);
	soabort(c);
}

static void
keepalive_gives_up_after_keepcnt_probes(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	V_tcp(n->v)->always_keepalive = 0;
	pair(n, &c, &s);
	assert_int_equal(tcp_timer_left(tcb(s), TT_KEEP), 0);
	assert_int_equal(sosetopt(c, OPT_KEEPALIVE, 1, &n->cred), 0);
	assert_int_equal(sosetopt(c, OPT_TCP_KEEPIDLE, 100, &n->cred), 0);
	assert_int_equal(sosetopt(c, OPT_TCP_KEEPINTVL, 10, &n->cred), 0);
	assert_int_equal(sosetopt(c, OPT_TCP_KEEPCNT, 3, &n->cred), 0);
	n->filter = drop_all;
	pass(n, 129000);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	assert_int_equal(st(n)->tcps_keepprobe, 3);
	pass(n, 1100);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	assert_int_equal(read_error(c), ETIMEDOUT);
	assert_int_equal(st(n)->tcps_keepdrops, 1);
	soclose(c);
	soabort(s);
}

static void
round_trip_time_is_measured_in_microseconds(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	struct tcp_facts f;

	tcb(so)->t_srtt = 0;
	for (int i = 0; i < 100; i++) {
		assert_int_equal(put(n, so, "x", 1), 1);
		peer_expect(n, &pe, &p, TH_ACK);
		vnet_settime(n->v, n->v->now + 1500 * 1000);
		peer_send(n, &pe, TH_ACK, NULL, 0);
	}
	tcp_facts(so, &f);
	assert_int_equal(f.srtt_us, 1500);
	assert_true(f.rttvar_us < 10);
	assert_int_equal(f.rto_us, 203000);
	soabort(so);
}

/* ---- loss, reordering, duplication ---- */

#define NHELD 64

struct wire {
	struct mbuf	*m[NHELD];
	uint64_t	 when[NHELD];
	unsigned	 loss, dup;	/* per mille */
	unsigned	 jitter;	/* ms */
	uint32_t	 rnd;
};

static uint32_t
rnd(struct wire *w)
{
	w->rnd = w->rnd * 1664525 + 1013904223;
	return w->rnd >> 8;
}

static void
hold(struct net *n, struct wire *w, struct mbuf *m)
{
	for (int i = 0; i < NHELD; i++) {
		if (w->m[i] == NULL) {
			w->m[i] = m;
			w->when[i] = n->v->now +
			    rnd(w) % (w->jitter * MSEC + 1);
			return;
		}
	}
	m_freem(n->v, m);	/* the wire is full: one more way to lose */
}

/* Everything in the queue goes onto the wire, or is lost, or twice on it. */
static void
to_wire(struct net *n, struct wire *w)
{
	struct mbuf *m;

	while ((m = netisr_dequeue(n->v)) != NULL) {
		if (rnd(w) % 1000 < w->loss) {
			m_freem(n->v, m);
			continue;
		}
		if (rnd(w) % 1000 < w->dup) {
			struct mbuf *d = m_copym(n->v, m, 0, m->m_pktlen);

			assert_non_null(d);
			d->m_pktlen = m->m_pktlen;
			d->m_flags = m->m_flags;
			d->m_rcvif = m->m_rcvif;
			hold(n, w, d);
		}
		hold(n, w, m);
	}
}

/* The next thing on the clock: a packet or a timer.  False: nothing. */
static bool
wire_step(struct net *n, struct wire *w)
{
	uint64_t next = callout_next(n->v);
	int best = -1;

	to_wire(n, w);
	for (int i = 0; i < NHELD; i++) {
		if (w->m[i] != NULL && w->when[i] <= next) {
			next = w->when[i];
			best = i;
		}
	}
	if (next == UINT64_MAX)
		return false;
	vnet_settime(n->v, next);
	if (best >= 0) {
		ip_input(n->v, w->m[best]);
		w->m[best] = NULL;
	} else
		callout_run(n->v);
	to_wire(n, w);
	return true;
}

/* Drive len bytes each way; both ends close when they have sent theirs. */
static void
exchange(struct net *n, struct wire *w, struct socket *so[2], size_t len)
{
	static char buf[65536];
	size_t out[2] = { 0 }, in[2] = { 0 };
	bool eof[2] = { false };

	for (int i = 0; i < 2000000 && !(eof[0] && eof[1]); i++) {
		for (int k = 0; k < 2; k++) {
			ssize_t got;

			if (out[k] < len) {
				out[k] += put(n, so[k], big + out[k],
				    len - out[k]);
				if (out[k] == len)
					assert_int_equal(soshutdown(so[k],
					    SHUT_WR), 0);
			}
			while (!eof[k] && rnd(w) % 4 != 0 &&
			    (got = get(so[k], buf, 1 + rnd(w) % 65536)) >= 0) {
				eof[k] = got == 0;
				assert_true(in[k] + (size_t)got <= len);
				assert_memory_equal(buf, big + in[k], got);
				in[k] += (size_t)got;
			}
		}
		if (!wire_step(n, w))
			break;
	}
	assert_int_equal(in[0], len);
	assert_int_equal(in[1], len);
	assert_true(eof[0] && eof[1]);
}

static void
random_transfer(struct net *n, struct wire *w, int mss, int rcvbuf,
    size_t len)
{
	struct socket *so[2];

	pair(n, &so[0], &so[1]);
	for (int k = 0; k < 2; k++) {
		if (mss != 0)
			assert_int_equal(sosetopt(so[k], OPT_TCP_MAXSEG, mss,
			    &n->cred), 0);
		if (rcvbuf != 0)
			assert_int_equal(sosetopt(so[k], OPT_RCVBUF, rcvbuf,
			    &n->cred), 0);
	}
	exchange(n, w, so, len);
	soclose(so[0]);
	soclose(so[1]);
	while (in_pcbinfo_count(tcp_pcbinfo(n->v)) > 0)
		assert_true(wire_step(n, w));
	for (int i = 0; i < NHELD; i++) {
		m_freem(n->v, w->m[i]);
		w->m[i] = NULL;
	}
	expect_no_pcbs(n);
}

static void
a_megabyte_survives_loss_reordering_and_duplication(void **state)
{
	struct net *n = net_of(state);
	static const struct {
		int mss, rcvbuf;
		unsigned loss, dup, jitter;
	} runs[] = {
		{ 1460, 0, 0, 0, 5 }, { 1460, 0, 20, 0, 0 },
		{ 1460, 0, 20, 20, 5 }, { 1460, 16384, 50, 100, 20 },
		{ 8000, 0, 100, 50, 10 }, { 0, 0, 50, 50, 10 },
		{ 536, 4096, 10, 500, 30 },
	};

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		struct wire w = { .loss = runs[i].loss, .dup = runs[i].dup,
			.jitter = runs[i].jitter, .rnd = (uint32_t)i };

		random_transfer(n, &w, runs[i].mss, runs[i].rcvbuf,
		    i == 0 ? BIG : BIG / 4);
	}
	assert_true(st(n)->tcps_sndrexmitpack > 100);
	assert_true(st(n)->tcps_rcvoopack > 100);
}

static void
without_timestamps_too(void **state)
{
	struct net *n = net_of(state);
	struct wire w = { .loss = 30, .dup = 30, .jitter = 5, .rnd = 99 };

	V_tcp(n->v)->rfc1323 = 0;
	random_transfer(n, &w, 1460, 0, BIG / 4);
}

static void
sequence_numbers_may_wrap(void **state)
{
	struct net *n = net_of(state);
	struct wire w = { .loss = 20, .dup = 20, .jitter = 3, .rnd = 5 };

	/* The ISN's clock decides where: stand shortly before the turn. */
	for (int i = 0; i < 8; i++) {
		struct socket *c, *s;
		uint64_t left;

		pair(n, &c, &s);
		left = (uint32_t)-tcb(c)->iss;
		soabort(c);
		soabort(s);
		run(n);
		vnet_settime(n->v, n->v->now + (left > 60000 ? left - 60000 :
		    0) * 4000);
		random_transfer(n, &w, 1460, 0, BIG / 8);
	}
}

/* ---- reassembly against a plain array ---- */

#define ARRAY 20000

/* Some bytes of the array, half of the time near the first that is missing. */
static uint32_t
choose_piece(struct wire *w, uint32_t next, uint32_t *len)
{
	uint32_t off = rnd(w) % ARRAY;

	if (rnd(w) % 2 == 0 && next < ARRAY)
		off = next + rnd(w) % 3000;
	if (off >= ARRAY)
		off = next < ARRAY ? next : ARRAY - 1;
	*len = 1 + rnd(w) % 1500;
	if (off + *len > ARRAY)
		*len = ARRAY - off;
	return off;
}

static void
drain(struct net *n)
{
	static struct pkt p;

	while (peer_get(n, &p))
		continue;
}

/* Send the array in random pieces; rcv_nxt must be where the array says. */
static void
send_shuffled(struct net *n, struct wire *w, struct peer *pe,
    const struct socket *so)
{
	bool have[ARRAY] = { false }, fin = false;
	uint32_t next = 0, off, k;

	while (next < ARRAY || !fin) {
		bool last;

		off = choose_piece(w, next, &k);
		last = off + k == ARRAY && rnd(w) % 2 == 0;
		peer_send_at(n, pe, pe->nxt + off,
		    last ? TH_FIN | TH_ACK : TH_ACK, big + off, k);
		memset(have + off, 1, k);
		fin |= last;
		while (next < ARRAY && have[next])
			next++;
		drain(n);
		assert_int_equal(tcb(so)->rcv_nxt,
		    pe->nxt + next + (next == ARRAY && fin));
	}
}

static void
reassembly_agrees_with_an_array(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static char got[ARRAY];
	struct wire w = { .rnd = 77 };

	for (int round = 0; round < 20; round++) {
		struct socket *so = peer_connection(n, &pe, false);

		send_shuffled(n, &w, &pe, so);
		assert_int_equal(get(so, got, ARRAY), ARRAY);
		assert_memory_equal(got, big, ARRAY);
		assert_int_equal(state_of(so), TCPS_CLOSE_WAIT);
		assert_null(tcb(so)->t_segq);
		assert_int_equal(tcb(so)->t_segqlen, 0);
		soabort(so);
		drain(n);
	}
}

static void
full_reassembly_queue_still_takes_what_is_in_order(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	V_tcp(n->v)->reass_maxqueuelen = 4;
	for (uint32_t i = 1; i < 10; i++)
		peer_send_at(n, &pe, pe.nxt + 10 * i, TH_ACK, "0123456789",
		    5);
	assert_int_equal(tcb(so)->t_segqlen, 4);
	assert_int_equal(st(n)->tcps_rcvreassfull, 5);
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "0123456789", 10);
	expect_data(so, "012345678901234");
	while (peer_get(n, &p))
		continue;
	assert_int_equal(p.ack, pe.nxt + 15);
	soabort(so);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(data_goes_both_ways),
		net_test(bulk_data_shares_clusters_and_needs_no_retransmission),
		net_test(lost_segment_is_sent_again_after_the_rto),
		net_test(backoff_doubles_until_the_retries_are_used_up),
		net_test(user_timeout_ends_it_sooner),
		net_test(a_peer_cannot_hold_a_closed_socket_for_ever),
		net_test(three_duplicate_acks_repair_without_a_timeout),
		net_test(newreno_repairs_several_holes_by_partial_acks),
		net_test(slow_start_doubles_and_congestion_avoidance_adds_one),
		net_test(idle_connection_begins_with_the_initial_window_again),
		net_test(closed_window_is_probed_and_opens_when_read),
		net_test(lost_window_update_is_made_up_by_a_probe),
		net_test(
		    window_that_stays_closed_in_silence_ends_the_connection),
		net_test(nagle_holds_a_second_small_segment),
		net_test(nopush_holds_until_it_is_lifted),
		net_test(every_second_segment_is_acknowledged_at_once),
		net_test(an_answer_carries_the_delayed_ack),
		net_test(announced_window_never_shrinks),
		net_test(keepalive_leaves_a_peer_that_answers_alone),
		net_test(keepalive_gives_up_after_keepcnt_probes),
		net_test(round_trip_time_is_measured_in_microseconds),
		net_test(a_megabyte_survives_loss_reordering_and_duplication),
		net_test(without_timestamps_too),
		net_test(sequence_numbers_may_wrap),
		net_test(reassembly_agrees_with_an_array),
		net_test(full_reassembly_queue_still_takes_what_is_in_order),
	};

	fill_big();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
