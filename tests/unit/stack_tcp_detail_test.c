/*
 * Rules that a transfer does not miss at once when they are broken: which
 * window counts, which sequence number a bare ACK has, which round trip is
 * measured, what is retransmitted.
 */
#include "tests/unit/stack_tcp_fixture.h"

static char data[65536];

/* The peer closes its window: with new data, or it would seem an old ACK. */
static void
close_window(struct net *n, struct peer *pe, struct socket *so)
{
	static struct pkt p;
	char b[2];

	pe->wnd = 0;
	peer_send(n, pe, TH_ACK, "x", 1);
	peer_send(n, pe, TH_ACK, "y", 1);
	while (peer_get(n, &p))
		continue;
	assert_int_equal(get(so, b, 2), 2);
	while (peer_get(n, &p))
		continue;
}

/* Let ms pass; what is sent to the peer meanwhile is lost but for the last. */
static bool
wait_ms(struct net *n, uint64_t ms, struct pkt *p)
{
	uint64_t end = n->v->now + ms * MSEC;
	bool any = false;

	while (callout_next(n->v) <= end) {
		vnet_settime(n->v, callout_next(n->v));
		callout_run(n->v);
		while (peer_get(n, p))
			any = true;
	}
	vnet_settime(n->v, end);
	return any;
}

static void
window_of_the_last_handshake_ack_is_scaled(void **state)
{
	static const uint8_t opts[] = { 2, 4, 5, 180, 1, 3, 3, 3 };
	struct net *n = net_of(state);
	struct socket *l = listener(n), *so;
	static struct pkt p;
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 1000 };

	p.src = pe.self;
	p.dst = pe.other;
	p.seq = pe.nxt++;
	p.ack = p.len = 0;
	p.flags = TH_SYN;
	p.wnd = 500;
	inject(n, &p, opts, sizeof(opts));
	assert_int_equal(l->so_incqlen, 1);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	assert_int_equal(p.opt.to_wscale, 6);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	so = accept_one(l);
	assert_int_equal(tcb(so)->snd_wnd, 8000);
	assert_int_equal(tcb(so)->max_sndwnd, 8000);
	soclose(l);
	soabort(so);
}

static void
window_comes_from_the_newest_segment(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, false);

	assert_int_equal(put(n, so, "0123456789", 10), 10);
	pe.wnd = 5000;
	peer_send_at(n, &pe, pe.nxt + 100, TH_ACK, "early", 5);
	assert_int_equal(tcb(so)->snd_wnd, 5000);
	/* An older segment acknowledges, but its window does not count. */
	pe.wnd = 9999;
	pe.rcv += 10;
	peer_send_at(n, &pe, pe.nxt, TH_ACK, NULL, 0);
	assert_int_equal(tcb(so)->snd_una, tcb(so)->snd_max);
	assert_int_equal(tcb(so)->snd_wnd, 4990);
	soabort(so);
}

static void
old_fin_is_not_taken_for_a_new_one(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, false);

	peer_send_at(n, &pe, pe.nxt - 10, TH_FIN | TH_ACK, "old", 3);
	assert_int_equal(state_of(so), TCPS_ESTABLISHED);
	soabort(so);
}

static void
fin_beyond_the_window_is_cut_off(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, false);

	for (int i = 0; i < 5; i++)
		peer_send(n, &pe, TH_ACK, data, 50000);
	assert_int_equal(so->so_rcv.sb_cc, 250000);
	peer_send(n, &pe, TH_FIN | TH_ACK, data, 20000);
	assert_int_equal(so->so_rcv.sb_cc, 262144);
	assert_int_equal(state_of(so), TCPS_ESTABLISHED);
	soabort(so);
}

static void
timestamp_of_an_early_segment_is_not_echoed(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, true);

	pe.tsval = 300;
	peer_send_at(n, &pe, pe.nxt + 10, TH_ACK, "early", 5);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.opt.to_tsecr, 100);
	pe.tsval = 301;
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "0123456789", 10);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.opt.to_tsecr, 301);
	soabort(so);
}

static void
window_that_closes_over_data_in_flight_is_probed(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	tcp_seq una = pe.rcv;

	assert_int_equal(put(n, so, "abc", 3), 3);
	close_window(n, &pe, so);
	assert_true(tcp_timer_active(tcb(so), TT_PERSIST));
	assert_false(tcp_timer_active(tcb(so), TT_REXMT));
	for (int i = 0; i < 100; i++) {
		if (wait_ms(n, 20000, &p)) {
			assert_int_equal(p.len, 1);
			assert_int_equal(p.seq, una);
		}
		peer_send(n, &pe, TH_ACK, NULL, 0);
	}
	/* Half an hour: no retransmission time-out has ended it. */
	assert_int_equal(state_of(so), TCPS_ESTABLISHED);
	assert_int_equal(st(n)->tcps_rexmttimeo, 0);
	soabort(so);
}

static void
bare_ack_while_probing_stays_in_the_window(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	tcp_seq una = pe.rcv;

	close_window(n, &pe, so);
	assert_int_equal(put(n, so, "abc", 3), 3);
	assert_true(wait_ms(n, 6000, &p));
	assert_int_equal(p.len, 1);
	assert_int_equal(tcb(so)->snd_max, una + 1);
	peer_send(n, &pe, TH_ACK, "1", 1);
	peer_send(n, &pe, TH_ACK, "2", 1);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.len, 0);
	assert_int_equal(p.seq, una);
	soabort(so);
}

static void
bare_ack_during_repair_is_at_the_end(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	tcp_seq una = pe.rcv;

	assert_int_equal(put(n, so, data, 3 * 536), 3 * 536);
	assert_true(wait_ms(n, 1500, &p));
	assert_int_equal(p.seq, una);
	assert_int_equal(tcb(so)->snd_nxt, una + 536);
	peer_send(n, &pe, TH_ACK, "1", 1);
	peer_send(n, &pe, TH_ACK, "2", 1);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.len, 0);
	assert_int_equal(p.seq, una + 3 * 536);
	soabort(so);
}

static void
small_rest_does_not_wait_for_full_segments(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	assert_int_equal(put(n, so, data, 536 + 10), 546);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.len, 536);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.len, 10);
	/* A second small one waits for the first. */
	assert_int_equal(put(n, so, data, 10), 10);
	expect_silence(n);
	soabort(so);
}

static void
retransmitted_segments_are_not_timed(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	uint64_t before = st(n)->tcps_rttupdated;

	assert_int_equal(put(n, so, "abc", 3), 3);
	assert_true(wait_ms(n, 1500, &p));
	assert_int_equal(st(n)->tcps_rexmttimeo > 0, 1);
	pe.rcv += 3;
	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_int_equal(so->so_snd.sb_cc, 0);
	assert_int_equal(st(n)->tcps_rttupdated, before);
	/* The backoff stays until a new round trip has been measured. */
	assert_true(tcb(so)->t_rxtshift > 0);
	assert_int_equal(put(n, so, "def", 3), 3);
	peer_expect(n, &pe, &p, TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_int_equal(st(n)->tcps_rttupdated, before + 1);
	assert_int_equal(tcb(so)->t_rxtshift, 0);
	soabort(so);
}

static void
only_the_timed_segment_gives_the_round_trip(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	uint64_t before = st(n)->tcps_rttupdated;

	assert_int_equal(sosetopt(so, OPT_TCP_NODELAY, 1, &n->cred), 0);
	assert_int_equal(put(n, so, "a", 1), 1);
	vnet_settime(n->v, n->v->now + 10 * MSEC);
	assert_int_equal(put(n, so, "b", 1), 1);
	peer_expect(n, &pe, &p, TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_int_equal(st(n)->tcps_rttupdated, before + 1);
	/* Timed from here: c.  The ACK of b says nothing about it. */
	assert_int_equal(put(n, so, "c", 1), 1);
	vnet_settime(n->v, n->v->now + 5 * MSEC);
	peer_expect(n, &pe, &p, TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_int_equal(st(n)->tcps_rttupdated, before + 1);
	peer_expect(n, &pe, &p, TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_int_equal(st(n)->tcps_rttupdated, before + 2);
	soabort(so);
}

static void
reading_two_segments_announces_the_window(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	/* Down to where the field can say that the window opens. */
	for (int i = 0; i < 450; i++)
		peer_send(n, &pe, TH_ACK, data, 536);
	while (peer_get(n, &p))
		continue;
	assert_in_range(p.wnd, 0, 30000);
	assert_int_equal(get(so, data, 500), 500);
	expect_silence(n);
	assert_int_equal(get(so, data, 1000), 1000);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.len, 0);
	assert_int_equal(st(n)->tcps_sndwinup, 1);
	soabort(so);
}

static void
fast_retransmit_may_carry_the_fin(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);
	tcp_seq una = pe.rcv;

	assert_int_equal(sosetopt(so, OPT_TCP_NODELAY, 1, &n->cred), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(put(n, so, "abc", 3), 3);
	assert_int_equal(soshutdown(so, SHUT_WR), 0);
	while (peer_get(n, &p))
		continue;
	assert_int_equal(p.flags & TH_FIN, TH_FIN);
	for (int i = 0; i < 3; i++)
		peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.seq, una);
	assert_int_equal(p.len, 15);
	assert_int_equal(p.flags & TH_FIN, TH_FIN);
	assert_int_equal(st(n)->tcps_rexmttimeo, 0);
	soabort(so);
}

static void
duplicates_after_a_timeout_do_not_start_recovery(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	assert_int_equal(put(n, so, data, 8 * 536), 8 * 536);
	assert_true(wait_ms(n, 1100, &p));
	for (int i = 0; i < 6; i++)
		peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_int_equal(tcb(so)->t_flags & TF_FASTRECOVERY, 0);
	soabort(so);
}

static void
data_behind_a_fin_is_dropped(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *so = peer_connection(n, &pe, false);

	peer_send_at(n, &pe, pe.nxt + 3, TH_FIN | TH_ACK, "def", 3);
	peer_send_at(n, &pe, pe.nxt + 10, TH_ACK, "lie", 3);
	peer_send_at(n, &pe, pe.nxt + 5, TH_ACK, "flies", 5);
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "abc", 3);
	assert_int_equal(state_of(so), TCPS_CLOSE_WAIT);
	assert_int_equal(tcb(so)->rcv_nxt, pe.nxt + 7);
	assert_null(tcb(so)->t_segq);
	expect_data(so, "abcdef");
	soabort(so);
}

static void
window_of_the_syn_is_kept(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n);
	struct peer pe = { .self = ep("127.0.0.9", PORT), .nxt = 5,
		.wnd = 1000 };
	static struct pkt p;

	assert_int_equal(connect_to(n, c, "127.0.0.9", PORT), EINPROGRESS);
	peer_expect(n, &pe, &p, TH_SYN);
	assert_int_equal(p.wnd, 65535);
	assert_int_equal(sosetopt(c, OPT_RCVBUF, 4096, &n->cred), 0);
	pe.other = p.src;
	peer_send(n, &pe, TH_SYN | TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.wnd, 65535);
	soabort(c);
}

static void
keepalive_counts_from_the_last_segment(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	assert_int_equal(sosetopt(so, OPT_TCP_KEEPIDLE, 100, &n->cred), 0);
	assert_false(wait_ms(n, 90000, &p));
	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_false(wait_ms(n, 99000, &p));
	assert_true(wait_ms(n, 1001, &p));
	assert_int_equal(p.seq, pe.rcv - 1);
	assert_int_equal(p.len, 0);
	soabort(so);
}

static void
resets_in_time_wait_are_not_answered(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	soclose(so);
	peer_expect(n, &pe, &p, TH_FIN | TH_ACK);
	peer_send(n, &pe, TH_FIN | TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	peer_send_at(n, &pe, pe.nxt - 5, TH_RST | TH_ACK, NULL, 0);
	peer_send_at(n, &pe, pe.nxt + 5, TH_RST, NULL, 0);
	expect_silence(n);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(window_of_the_last_handshake_ack_is_scaled),
		net_test(window_comes_from_the_newest_segment),
		net_test(old_fin_is_not_taken_for_a_new_one),
		net_test(fin_beyond_the_window_is_cut_off),
		net_test(timestamp_of_an_early_segment_is_not_echoed),
		net_test(window_that_closes_over_data_in_flight_is_probed),
		net_test(bare_ack_while_probing_stays_in_the_window),
		net_test(bare_ack_during_repair_is_at_the_end),
		net_test(small_rest_does_not_wait_for_full_segments),
		net_test(retransmitted_segments_are_not_timed),
		net_test(only_the_timed_segment_gives_the_round_trip),
		net_test(reading_two_segments_announces_the_window),
		net_test(fast_retransmit_may_carry_the_fin),
		net_test(duplicates_after_a_timeout_do_not_start_recovery),
		net_test(data_behind_a_fin_is_dropped),
		net_test(window_of_the_syn_is_kept),
		net_test(keepalive_counts_from_the_last_segment),
		net_test(resets_in_time_wait_are_not_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
