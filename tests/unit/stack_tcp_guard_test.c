/*
 * What a connection must withstand: resets and SYNs of others, old and wrong
 * segments, broken headers, ICMP errors, and noise.
 */
#include "tests/unit/stack_tcp_fixture.h"

static void
reset_must_be_exactly_in_place(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	/* Outside the window: ignored. */
	peer_send_at(n, &pe, pe.nxt - 1000, TH_RST, NULL, 0);
	peer_send_at(n, &pe, pe.nxt + 10000000, TH_RST, NULL, 0);
	expect_silence(n);
	/* Inside, but not next: challenged. */
	peer_send_at(n, &pe, pe.nxt + 10, TH_RST, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	assert_int_equal(st(n)->tcps_badrst, 1);
	assert_int_equal(state_of(so), TCPS_ESTABLISHED);
	/* Next: obeyed. */
	peer_send_at(n, &pe, pe.nxt, TH_RST, NULL, 0);
	assert_int_equal(state_of(so), TCPS_CLOSED);
	assert_int_equal(read_error(so), ECONNRESET);
	soclose(so);
	expect_no_pcbs(n);
}

static void
reset_after_data_lets_the_data_be_read_first(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, false);

	peer_send(n, &pe, TH_ACK, "last words", 10);
	peer_send(n, &pe, TH_RST | TH_ACK, NULL, 0);
	expect_data(so, "last words");
	assert_int_equal(read_error(so), ECONNRESET);
	soclose(so);
}

static void
syn_on_a_connection_is_challenged(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	peer_send_at(n, &pe, pe.nxt + 5, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	peer_send_at(n, &pe, pe.nxt - 50000, TH_SYN | TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	assert_int_equal(state_of(so), TCPS_ESTABLISHED);
	soabort(so);
}

static void
challenges_are_limited(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	int answers = 0;

	for (int i = 0; i < 100; i++)
		peer_send_at(n, &pe, pe.nxt + 5, TH_SYN, NULL, 0);
	while (peer_get(n, &p))
		answers++;
	assert_int_equal(answers, 5);
	pass(n, 1000);
	peer_send_at(n, &pe, pe.nxt + 5, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	soabort(so);
}

static void
impossible_acks_are_challenged_and_change_nothing(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	tcp_seq good = pe.rcv;

	pe.rcv = good + 100000;
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "bad", 3);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.ack, pe.nxt);
	assert_int_equal(st(n)->tcps_rcvacktoomuch, 1);
	pe.rcv = good - 1000000;
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "bad", 3);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.ack, pe.nxt);
	assert_int_equal(so->so_rcv.sb_cc, 0);
	/* No ACK at all: nothing. */
	peer_send_at(n, &pe, pe.nxt, TH_PUSH, "bad", 3);
	expect_silence(n);
	assert_int_equal(so->so_rcv.sb_cc, 0);
	soabort(so);
}

static void
segments_outside_the_window_are_dropped(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	peer_send_at(n, &pe, pe.nxt - 10, TH_ACK, "old", 3);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	peer_send_at(n, &pe, pe.nxt + 10000000, TH_ACK, "far", 3);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(st(n)->tcps_rcvpackafterwin, 1);
	/* Half old, half new. */
	peer_send(n, &pe, TH_ACK, "abc", 3);
	peer_send_at(n, &pe, pe.nxt - 3, TH_ACK, "abcdef", 6);
	pe.nxt += 3;
	expect_data(so, "abcdef");
	soabort(so);
}

static void
data_is_cut_at_the_window(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, false);
	static char data[60000];
	uint32_t total = 0;

	for (int i = 0; i < 10; i++)
		peer_send(n, &pe, TH_ACK, data, sizeof(data));
	total = so->so_rcv.sb_cc;
	assert_int_equal(total, 262144);
	assert_int_equal(tcb(so)->rcv_nxt, tcb(so)->irs + 1 + total);
	soabort(so);
}

static void
old_timestamps_are_dropped(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, true);

	assert_true(tcb(so)->t_flags & TF_RCVD_TSTMP);
	pe.tsval = 200;
	peer_send(n, &pe, TH_ACK, "new", 3);
	assert_int_equal(tcb(so)->ts_recent, 200);
	pe.tsval = 150;
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "old", 3);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.opt.to_tsecr, 200);
	assert_int_equal(st(n)->tcps_pawsdrop, 1);
	/* No timestamp where one was agreed on: dropped. */
	pe.ts = false;
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "non", 3);
	expect_silence(n);
	expect_data(so, "new");
	assert_int_equal(read_error(so), EWOULDBLOCK);
	/* But a reset needs none. */
	peer_send(n, &pe, TH_RST, NULL, 0);
	assert_int_equal(state_of(so), TCPS_CLOSED);
	soclose(so);
}

static void
old_timestamp_is_believed_after_24_days(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *so;

	V_tcp(n->v)->always_keepalive = 0;
	so = peer_connection(n, &pe, true);
	vnet_settime(n->v, n->v->now + 25 * 86400 * NSEC_PER_SEC);
	pe.tsval -= 50;
	peer_send(n, &pe, TH_ACK, "late", 4);
	expect_data(so, "late");
	assert_int_equal(tcb(so)->ts_recent, pe.tsval);
	soabort(so);
}

static void
port_unreachable_refuses_a_syn_only(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n), *so;
	struct endpoint local;
	struct peer pe;
	uint8_t hdr[8];
	static struct pkt p;

	assert_int_equal(connect_to(n, c, "127.0.0.9", PORT), EINPROGRESS);
	assert_true(peer_get(n, &p));
	sosockaddr(c, &local);
	put16n(hdr, local.port);
	put16(hdr + 2, PORT);
	/* Wrong sequence number: a guess. */
	put32(hdr + 4, p.seq + 1);
	tcp_ctlinput(n->v, ECONNREFUSED, &local.addr, &p.dst.addr, hdr);
	assert_int_equal(state_of(c), TCPS_SYN_SENT);
	put32(hdr + 4, p.seq);
	tcp_ctlinput(n->v, EHOSTUNREACH, &local.addr, &p.dst.addr, hdr);
	assert_int_equal(state_of(c), TCPS_SYN_SENT);
	tcp_ctlinput(n->v, ECONNREFUSED, &local.addr, &p.dst.addr, hdr);
	assert_int_equal(sogeterror(c), ECONNREFUSED);
	soclose(c);
	so = peer_connection(n, &pe, false);
	assert_int_equal(put(n, so, "x", 1), 1);
	put16(hdr, PORT);
	put16(hdr + 2, PEERPORT);
	put32(hdr + 4, tcb(so)->snd_una);
	tcp_ctlinput(n->v, ECONNREFUSED, &pe.other.addr, &pe.self.addr, hdr);
	assert_int_equal(state_of(so), TCPS_ESTABLISHED);
	soabort(so);
}

static void
soft_error_names_the_reason_of_a_timeout(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n);
	struct endpoint local;
	uint8_t hdr[8];
	static struct pkt p;

	assert_int_equal(connect_to(n, c, "127.0.0.9", PORT), EINPROGRESS);
	assert_true(peer_get(n, &p));
	sosockaddr(c, &local);
	put16n(hdr, local.port);
	put16(hdr + 2, PORT);
	put32(hdr + 4, p.seq);
	tcp_ctlinput(n->v, EHOSTUNREACH, &local.addr, &p.dst.addr, hdr);
	for (int i = 0; i < 20; i++) {
		vnet_settime(n->v, n->v->now + NSEC_PER_SEC);
		callout_run(n->v);
		while (peer_get(n, &p))
			continue;
	}
	assert_int_equal(sogeterror(c), EHOSTUNREACH);
	soclose(c);
}

static void
smaller_mtu_retransmits_smaller_segments(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	struct endpoint local, peer;
	uint8_t hdr[8];
	static char data[50000], got[50000];

	memset(data, 'm', sizeof(data));
	pair(n, &c, &s);
	assert_int_equal(put(n, c, data, sizeof(data)), sizeof(data));
	m_freem(n->v, netisr_dequeue(n->v));
	lo0(n->v)->if_mtu = 1500;
	sosockaddr(c, &local);
	sosockaddr(s, &peer);
	put16n(hdr, local.port);
	put16n(hdr + 2, peer.port);
	put32(hdr + 4, tcb(c)->snd_una);
	tcp_ctlinput(n->v, EMSGSIZE, &local.addr, &peer.addr, hdr);
	assert_int_equal(tcb(c)->t_maxseg, 1460);
	assert_int_equal(n->last.len, 1448);
	for (int i = 0; i < 200 && s->so_rcv.sb_cc < sizeof(data); i++)
		pass(n, 50);
	assert_int_equal(get(s, got, sizeof(got)), sizeof(got));
	assert_memory_equal(data, got, sizeof(data));
	soclose(c);
	soclose(s);
}

/* A segment as bytes, with its checksum made. */
static void
send_bytes(struct net *n, uint8_t *b, size_t len)
{
	struct endpoint src = ep("127.0.0.9", 0), dst = ep("127.0.0.2", 0);
	struct mbuf *m;

	put16(b + 16, 0);
	m = m_frombuf(n->v, b, len, 0);
	put16n(b + 16, in_cksum_fold(m_sum(m, 0, len, pseudo_sum(&src.addr,
	    &dst.addr, IPPROTO_TCP, (uint16_t)len))));
	m_freem(n->v, m);
	inject_raw(n, &src.addr, &dst.addr, b, len);
}

static void
broken_headers_are_counted_and_dropped(void **state)
{
	struct net *n = net_of(state);
	struct endpoint src = ep("127.0.0.9", 0), dst = ep("127.0.0.2", 0);
	uint8_t b[64] = { 0 };

	inject_raw(n, &src.addr, &dst.addr, b, 19);
	assert_int_equal(st(n)->tcps_rcvshort, 1);
	b[12] = 4 << 4;
	send_bytes(n, b, 20);
	assert_int_equal(st(n)->tcps_rcvbadoff, 1);
	b[12] = 15 << 4;
	send_bytes(n, b, 40);
	assert_int_equal(st(n)->tcps_rcvbadoff, 2);
	b[12] = 5 << 4;
	b[17] ^= 1;
	inject_raw(n, &src.addr, &dst.addr, b, 20);
	assert_int_equal(st(n)->tcps_rcvbadsum, 1);
	assert_int_equal(n->npkts, 0);
	assert_int_equal(st(n)->tcps_rcvtotal, 4);
}

static void
corrupted_data_does_not_get_through(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, false);
	uint8_t b[40] = { 0 };

	put16(b, PEERPORT);
	put16(b + 2, PORT);
	put32(b + 4, pe.nxt);
	put32(b + 8, pe.rcv);
	b[12] = 5 << 4;
	b[13] = TH_ACK;
	put16(b + 14, 1000);
	memcpy(b + 20, "data", 4);
	put16(b + 16, 0x1234);
	inject_raw(n, &pe.self.addr, &pe.other.addr, b, 24);
	assert_int_equal(st(n)->tcps_rcvbadsum, 1);
	assert_int_equal(so->so_rcv.sb_cc, 0);
	send_bytes(n, b, 24);
	expect_data(so, "data");
	soabort(so);
}

static void
no_reset_is_sent_in_answer_to_a_reset(void **state)
{
	struct net *n = net_of(state);
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .rcv = 77 };
	static struct pkt p;

	peer_send(n, &pe, TH_RST, NULL, 0);
	peer_send(n, &pe, TH_RST | TH_ACK, NULL, 0);
	expect_silence(n);
	/* RFC 9293, 3.5.2: the numbers of a reset come from its cause. */
	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_RST);
	assert_int_equal(p.seq, 77);
	peer_send_at(n, &pe, 500, TH_SYN, "abc", 3);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_RST | TH_ACK);
	assert_int_equal(p.seq, 0);
	assert_int_equal(p.ack, 504);
	V_tcp(n->v)->blackhole = 2;
	peer_send(n, &pe, TH_ACK, NULL, 0);
	expect_silence(n);
}

static void
synfin_is_dropped_if_asked_for(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 100 };

	V_tcp(n->v)->drop_synfin = 1;
	peer_send(n, &pe, TH_SYN | TH_FIN, NULL, 0);
	expect_silence(n);
	assert_int_equal(l->so_incqlen, 0);
	soclose(l);
}

static void
tiny_mss_is_not_accepted(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n), *so;
	const uint8_t opts[4] = { 2, 4, 0, 1 };
	static struct pkt p;
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 65535 };

	p.src = pe.self;
	p.dst = pe.other;
	p.seq = pe.nxt++;
	p.ack = 0;
	p.flags = TH_SYN;
	p.len = 0;
	p.wnd = 65535;
	inject(n, &p, opts, sizeof(opts));
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	so = accept_one(l);
	assert_int_equal(tcb(so)->t_maxseg, 216);
	soclose(l);
	soabort(so);
}

static void
divided_acks_do_not_inflate_the_window(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, true);
	uint32_t cwnd = tcb(so)->snd_cwnd;
	static char data[14480];
	tcp_seq una = tcb(so)->snd_una;

	assert_int_equal(put(n, so, data, sizeof(data)), sizeof(data));
	while (peer_get(n, &p))
		continue;
	/* 100 ACKs for one segment count as one (RFC 3465). */
	for (uint32_t i = 1; i <= 100; i++) {
		pe.rcv = una + i * 14;
		peer_send(n, &pe, TH_ACK, NULL, 0);
	}
	assert_in_range(tcb(so)->snd_cwnd, cwnd, cwnd + 1448);
	soabort(so);
}

/* ---- noise ---- */

static uint32_t seed = 1;

static uint32_t
rnd(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* A number near one that matters. */
static uint32_t
near(uint32_t x)
{
	switch (rnd() % 6) {
	case 0:
		return x;
	case 1:
		return x + rnd() % 4;
	case 2:
		return x - rnd() % 4;
	case 3:
		return x + rnd() % 70000;
	case 4:
		return x - rnd() % 70000;
	default:
		return rnd() << 16 ^ rnd();
	}
}

static size_t
random_options(uint8_t *o, const struct tcpcb *tp)
{
	size_t len = rnd() % 11 * 4;

	for (size_t i = 0; i < len; i++)
		o[i] = rnd() % 3 == 0 ? (uint8_t)(rnd() % 12) :
		    (uint8_t)rnd();
	if (len >= 12 && rnd() % 2 == 0) {
		o[0] = o[1] = 1;
		o[2] = 8;
		o[3] = 10;
		put32(o + 4, near(tp != NULL ? tp->ts_recent : 0));
		put32(o + 8, near(tp != NULL ? tcp_ts_now(tp) : 0));
	}
	return len;
}

/* One random segment for the connection of so (NULL: the listener). */
static void
noise(struct net *n, struct socket *so, const struct peer *pe)
{
	static const uint8_t kinds[] = { TH_ACK, TH_ACK, TH_ACK,
		TH_ACK | TH_PUSH, TH_FIN | TH_ACK, TH_SYN, TH_SYN | TH_ACK,
		TH_RST, TH_RST | TH_ACK, 0 };
	const struct tcpcb *tp = so != NULL && so->so_pcb != NULL ? tcb(so) :
	    NULL;
	uint8_t o[TCP_MAXOLEN];
	static struct pkt p;

	p.src = pe->self;
	p.dst = pe->other;
	p.seq = near(tp != NULL ? tp->rcv_nxt : pe->nxt);
	p.ack = near(tp != NULL ? tp->snd_max : pe->rcv);
	p.flags = rnd() % 8 == 0 ? (uint8_t)rnd() :
	    kinds[rnd() % sizeof(kinds)];
	if (rnd() % 4 != 0)
		p.flags &= ~TH_RST;
	p.wnd = rnd() % 3 == 0 ? 0 : (uint16_t)rnd();
	p.len = rnd() % 3 == 0 ? rnd() % 3000 : 0;
	inject(n, &p, o, random_options(o, tp));
}

/* What must hold for a live connection whatever came. */
static void
check_sanity(const struct socket *so)
{
	const struct tcpcb *tp;

	if (so->so_pcb == NULL)
		return;
	tp = tcb(so);
	if (tp->t_state < TCPS_SYN_SENT)
		return;
	assert_true(SEQ_LEQ(tp->snd_una, tp->snd_nxt));
	assert_true(SEQ_LEQ(tp->snd_nxt, tp->snd_max));
	assert_true(tp->snd_cwnd >= tcp_maxseg(tp));
	assert_true(tp->t_maxseg >= 216);
	assert_false(tcp_timer_active(tp, TT_REXMT) &&
	    tcp_timer_active(tp, TT_PERSIST));
	if (tp->t_state >= TCPS_ESTABLISHED && tp->t_state < TCPS_TIME_WAIT) {
		uint32_t out = tp->snd_max - tp->snd_una;

		assert_true(out <= so->so_snd.sb_cc + 1);
		if (out > 0 && so->so_snd.sb_cc > 0)
			assert_true(tcp_timer_active(tp, TT_REXMT) ||
			    tcp_timer_active(tp, TT_PERSIST));
	}
}

static void
drain(struct net *n)
{
	static struct pkt p;

	while (peer_get(n, &p))
		continue;
}

/* Something a program might do now; true: it has shut down. */
static bool
user_action(struct net *n, struct socket *so, bool closed)
{
	static char buf[4000];

	if (rnd() % 8 == 0 && state_of(so) == TCPS_ESTABLISHED &&
	    so->so_error == 0 && !closed)
		(void)put(n, so, buf, 1 + rnd() % sizeof(buf));
	if (rnd() % 8 == 0 && so->so_error == 0)
		while (so->so_rcv.sb_cc > 0)
			(void)get(so, buf, sizeof(buf));
	if (rnd() % 200 == 0 && state_of(so) != TCPS_CLOSED) {
		(void)soshutdown(so, SHUT_WR);
		return true;
	}
	return closed;
}

/* Until the last PCB is gone, by timers alone. */
static void
wait_for_the_end(struct net *n)
{
	while (in_pcbinfo_count(tcp_pcbinfo(n->v)) > 0) {
		assert_true(callout_next(n->v) != UINT64_MAX);
		vnet_settime(n->v, callout_next(n->v));
		callout_run(n->v);
		drain(n);
	}
	expect_no_pcbs(n);
}

static void
one_noisy_life(struct net *n, int steps)
{
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, rnd() % 2 == 0);
	bool closed = false;

	for (int i = 0; i < steps; i++) {
		noise(n, so, &pe);
		check_sanity(so);
		drain(n);
		closed = user_action(n, so, closed);
		if (rnd() % 4 == 0) {
			vnet_settime(n->v, n->v->now + rnd() % 2000 * MSEC);
			callout_run(n->v);
		}
		check_sanity(so);
	}
	soclose(so);
	drain(n);
	/* The orphan's end, in noise as well. */
	for (int i = 0; i < 20; i++) {
		noise(n, NULL, &pe);
		drain(n);
	}
	wait_for_the_end(n);
}

static void
random_segments_do_no_harm(void **state)
{
	struct net *n = net_of(state);

	for (int i = 0; i < 150; i++) {
		seed = (uint32_t)i * 7919 + 1;
		one_noisy_life(n, 300);
	}
}

static void
random_segments_at_a_listener_do_no_harm(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener_on(n, "127.0.0.2", PORT, 3), *so;
	struct endpoint from;
	static struct pkt p;
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7 };

	seed = 4711;
	for (int i = 0; i < 20000; i++) {
		pe.self.port = htons((uint16_t)(PEERPORT + rnd() % 8));
		pe.rcv = p.seq + 1;
		noise(n, NULL, &pe);
		while (peer_get(n, &p))
			continue;
		if (soaccept(l, &so, &from) == 0)
			soclose(so);
		assert_true(l->so_qlen + l->so_incqlen <= 5);
		vnet_settime(n->v, n->v->now + rnd() % 100 * MSEC);
		callout_run(n->v);
	}
	soclose(l);
	wait_for_the_end(n);
}

static void
random_bytes_do_no_harm(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	static struct pkt p;
	uint8_t b[128];

	seed = 815;
	for (int i = 0; i < 20000; i++) {
		size_t len = rnd() % sizeof(b);

		for (size_t k = 0; k < len; k++)
			b[k] = (uint8_t)rnd();
		if (len < 20)
			continue;
		if (rnd() % 2 == 0)
			put16(b + 2, PORT);
		if (rnd() % 2 == 0)
			b[12] = (uint8_t)(5 << 4);
		send_bytes(n, b, len);
		while (peer_get(n, &p))
			continue;
	}
	soclose(l);
	run(n);
	expect_no_pcbs(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(reset_must_be_exactly_in_place),
		net_test(reset_after_data_lets_the_data_be_read_first),
		net_test(syn_on_a_connection_is_challenged),
		net_test(challenges_are_limited),
		net_test(impossible_acks_are_challenged_and_change_nothing),
		net_test(segments_outside_the_window_are_dropped),
		net_test(data_is_cut_at_the_window),
		net_test(old_timestamps_are_dropped),
		net_test(old_timestamp_is_believed_after_24_days),
		net_test(port_unreachable_refuses_a_syn_only),
		net_test(soft_error_names_the_reason_of_a_timeout),
		net_test(smaller_mtu_retransmits_smaller_segments),
		net_test(broken_headers_are_counted_and_dropped),
		net_test(corrupted_data_does_not_get_through),
		net_test(no_reset_is_sent_in_answer_to_a_reset),
		net_test(synfin_is_dropped_if_asked_for),
		net_test(tiny_mss_is_not_accepted),
		net_test(divided_acks_do_not_inflate_the_window),
		net_test(random_segments_do_no_harm),
		net_test(random_segments_at_a_listener_do_no_harm),
		net_test(random_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
