/*
 * How connections end: every way from ESTABLISHED to CLOSED, TIME_WAIT, and
 * what is left behind (nothing).
 */
#include "tests/unit/stack_tcp_fixture.h"

#define TWO_MSL 60000

static void
active_close_ends_in_time_wait_and_passive_in_closed(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	char b[8];

	pair(n, &c, &s);
	soclose(c);
	assert_int_equal(V_tcp(n->v)->states[TCPS_FIN_WAIT_1], 1);
	run(n);
	assert_int_equal(V_tcp(n->v)->states[TCPS_FIN_WAIT_2], 1);
	assert_int_equal(state_of(s), TCPS_CLOSE_WAIT);
	assert_int_equal(get(s, b, sizeof(b)), 0);
	soclose(s);
	assert_int_equal(V_tcp(n->v)->states[TCPS_LAST_ACK], 1);
	run(n);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	assert_int_equal(in_pcbinfo_count(tcp_pcbinfo(n->v)), 1);
	/* Both sockets are gone, the PCB waits alone. */
	assert_int_equal(sonumopen(n->v), 0);
	pass(n, TWO_MSL - 1);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	pass(n, 2);
	expect_no_pcbs(n);
	assert_int_equal(st(n)->tcps_closed, 2);
	assert_int_equal(st(n)->tcps_drops, 0);
}

static void
half_close_lets_the_other_half_go_on(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	char b[8];

	pair(n, &c, &s);
	assert_int_equal(put(n, c, "request", 7), 7);
	assert_int_equal(soshutdown(c, SHUT_WR), 0);
	run(n);
	assert_int_equal(state_of(c), TCPS_FIN_WAIT_2);
	expect_data(s, "request");
	assert_int_equal(get(s, b, sizeof(b)), 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(put(n, s, "answer", 6), 6);
		pass(n, 10000);
		expect_data(c, "answer");
	}
	/* The owner is still there: FIN_WAIT_2 does not time out. */
	pass(n, 600000);
	assert_int_equal(state_of(c), TCPS_FIN_WAIT_2);
	assert_int_equal(soshutdown(s, SHUT_WR), 0);
	run(n);
	assert_int_equal(get(c, b, sizeof(b)), 0);
	assert_int_equal(state_of(c), TCPS_TIME_WAIT);
	assert_int_equal(state_of(s), TCPS_CLOSED);
	soclose(s);
	soclose(c);
	assert_int_equal(sonumopen(n->v), 0);
	pass(n, TWO_MSL + 1);
	expect_no_pcbs(n);
}

static void
both_ends_may_close_at_once(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	soclose(c);
	soclose(s);
	assert_int_equal(V_tcp(n->v)->states[TCPS_FIN_WAIT_1], 2);
	run(n);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 2);
	assert_int_equal(sonumopen(n->v), 0);
	pass(n, TWO_MSL + 1);
	expect_no_pcbs(n);
}

static bool
drop_fin_acks(struct net *n, const struct pkt *p)
{
	/* The ACKs of the two FINs, so that CLOSING can be seen. */
	return p->flags == TH_ACK && n->count++ < 2;
}

static void
simultaneous_close_passes_through_closing(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	n->filter = drop_fin_acks;
	soclose(c);
	soclose(s);
	run(n);
	assert_int_equal(V_tcp(n->v)->states[TCPS_CLOSING], 2);
	pass(n, 2000);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 2);
	pass(n, TWO_MSL + 1);
	expect_no_pcbs(n);
}

static void
data_before_close_arrives_although_the_owner_has_gone(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	static char big[200000], got[200000];
	size_t have = 0;
	ssize_t k;

	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7);
	pair(n, &c, &s);
	assert_int_equal(put(n, c, big, sizeof(big)), sizeof(big));
	soclose(c);
	while (have < sizeof(got)) {
		run(n);
		k = get(s, got + have, sizeof(got) - have);
		assert_true(k > 0);
		have += (size_t)k;
	}
	assert_memory_equal(big, got, sizeof(big));
	run(n);
	assert_int_equal(get(s, got, 1), 0);
	soclose(s);
	pass(n, TWO_MSL + 1);
	expect_no_pcbs(n);
}

static void
unread_data_at_close_resets_the_peer(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(put(n, c, "unread", 6), 6);
	run(n);
	soclose(s);
	run(n);
	assert_int_equal(n->last.flags, TH_RST | TH_ACK);
	assert_int_equal(read_error(c), ECONNRESET);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	soclose(c);
	expect_no_pcbs(n);
}

static void
linger_of_zero_resets(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(sosetopt(c, OPT_LINGER, 0, &n->cred), 0);
	soclose(c);
	run(n);
	assert_int_equal(read_error(s), ECONNRESET);
	soclose(s);
	expect_no_pcbs(n);
}

static void
abort_resets(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	soabort(c);
	run(n);
	assert_int_equal(sogeterror(s), ECONNRESET);
	soclose(s);
	expect_no_pcbs(n);
}

static void
data_after_close_is_reset(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	size_t sent;
	struct iovec iov = { (void *)(uintptr_t)"x", 1 };

	pair(n, &c, &s);
	soclose(s);
	run(n);
	assert_int_equal(state_of(c), TCPS_CLOSE_WAIT);
	assert_int_equal(put(n, c, "late", 4), 4);
	run(n);
	assert_int_equal(st(n)->tcps_rcvafterclose, 1);
	/* As on Linux: the error first, then EPIPE. */
	assert_int_equal(sosend(c, &iov, 1, NULL, &n->cred, &sent),
	    ECONNRESET);
	assert_int_equal(sosend(c, &iov, 1, NULL, &n->cred, &sent), EPIPE);
	soclose(c);
	expect_no_pcbs(n);
}

static void
data_after_shutdown_for_reading_is_dropped(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(soshutdown(s, SHUT_RD), 0);
	assert_int_equal(put(n, c, "nobody reads", 12), 12);
	pass(n, 100);
	assert_int_equal(c->so_snd.sb_cc, 0);
	assert_int_equal(s->so_rcv.sb_cc, 0);
	assert_int_equal(state_of(s), TCPS_ESTABLISHED);
	soclose(c);
	soclose(s);
	pass(n, TWO_MSL + 1);
	expect_no_pcbs(n);
}

static void
fin_wait_2_of_a_closed_socket_times_out(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	soclose(c);
	pass(n, 59000);
	assert_int_equal(V_tcp(n->v)->states[TCPS_FIN_WAIT_2], 1);
	pass(n, 1001);
	assert_int_equal(V_tcp(n->v)->states[TCPS_FIN_WAIT_2], 0);
	assert_int_equal(st(n)->tcps_finwait2_drops, 1);
	assert_int_equal(sonumopen(n->v), 1);
	soclose(s);
	pass(n, 1);
	expect_no_pcbs(n);
}

static bool
drop_first_fin(struct net *n, const struct pkt *p)
{
	return (p->flags & TH_FIN) != 0 && n->count++ == 0;
}

static void
lost_fin_is_sent_again(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	n->filter = drop_first_fin;
	assert_int_equal(put(n, c, "bye", 3), 3);
	soclose(c);
	pass(n, 1000);
	expect_data(s, "bye");
	assert_int_equal(state_of(s), TCPS_CLOSE_WAIT);
	n->count = 0;
	soclose(s);
	pass(n, 1000);
	assert_int_equal(n->count, 2);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	pass(n, TWO_MSL + 1);
	expect_no_pcbs(n);
}

static void
a_closed_socket_whose_peer_is_gone_gives_up(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	n->filter = drop_all;
	assert_int_equal(put(n, c, "bye", 3), 3);
	soclose(c);
	pass(n, 600000);
	assert_int_equal(st(n)->tcps_timeoutdrop, 1);
	assert_int_equal(sonumopen(n->v), 1);
	soabort(s);
	expect_no_pcbs(n);
}

static bool
drop_last_ack(struct net *n, const struct pkt *p)
{
	/* c is on 127.0.0.1: its ACK of the server's FIN. */
	return p->flags == TH_ACK && p->dst.port == htons(PORT) &&
	    n->count++ == 0;
}

static void
fin_in_time_wait_is_acknowledged_again(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	soclose(c);
	run(n);
	n->filter = drop_last_ack;
	soclose(s);
	run(n);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	assert_int_equal(V_tcp(n->v)->states[TCPS_LAST_ACK], 1);
	pass(n, 300);
	assert_int_equal(V_tcp(n->v)->states[TCPS_LAST_ACK], 0);
	assert_int_equal(st(n)->tcps_tw_responds, 1);
	pass(n, TWO_MSL - 200);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	pass(n, 250);
	expect_no_pcbs(n);
}

/* The bare peer's connection, closed by the stack first: TIME_WAIT. */
static void
time_wait_with_peer(struct net *n, struct peer *pe, bool ts)
{
	static struct pkt p;
	struct socket *so = peer_connection(n, pe, ts);

	soclose(so);
	peer_expect(n, pe, &p, TH_FIN | TH_ACK);
	peer_send(n, pe, TH_ACK, NULL, 0);
	peer_send(n, pe, TH_FIN | TH_ACK, NULL, 0);
	peer_expect(n, pe, &p, TH_ACK);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
}

static void
new_syn_with_higher_number_reuses_time_wait(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *l, *so;

	time_wait_with_peer(n, &pe, false);
	l = listener(n);
	pe.nxt += 100;
	peer_send(n, &pe, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	so = accept_one(l);
	assert_int_equal(st(n)->tcps_tw_recycles, 1);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 0);
	soclose(l);
	soclose(so);
}

static void
old_syn_in_time_wait_is_challenged(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *l;

	time_wait_with_peer(n, &pe, false);
	l = listener(n);
	peer_send_at(n, &pe, pe.nxt - 50, TH_SYN, NULL, 0);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	soclose(l);
}

static void
newer_timestamp_reuses_time_wait_whatever_the_number(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *l;

	time_wait_with_peer(n, &pe, true);
	l = listener(n);
	/* Lower number, same timestamp: no.  Later timestamp: yes. */
	peer_send_at(n, &pe, pe.nxt - 50, TH_SYN, NULL, 0);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_ACK);
	pe.tsval++;
	peer_send_at(n, &pe, pe.nxt - 50, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	assert_int_equal(st(n)->tcps_tw_recycles, 1);
	/* Higher number, older timestamp. */
	soclose(l);
}

static void
older_timestamp_does_not_reuse_time_wait(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *l;

	time_wait_with_peer(n, &pe, true);
	l = listener(n);
	pe.tsval--;
	peer_send_at(n, &pe, pe.nxt + 50, TH_SYN, NULL, 0);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_ACK);
	soclose(l);
}

static void
reset_does_not_end_time_wait(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;

	time_wait_with_peer(n, &pe, false);
	peer_send(n, &pe, TH_RST | TH_ACK, NULL, 0);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	expect_silence(n);
	pass(n, TWO_MSL + 1);
	expect_no_pcbs(n);
}

static void
socket_kept_open_through_time_wait_is_reused_below(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false), *l;

	assert_int_equal(soshutdown(so, SHUT_WR), 0);
	peer_expect(n, &pe, &p, TH_FIN | TH_ACK);
	peer_send(n, &pe, TH_FIN | TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(state_of(so), TCPS_TIME_WAIT);
	l = listener(n);
	pe.nxt += 5;
	peer_send(n, &pe, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	assert_int_equal(state_of(so), TCPS_CLOSED);
	soclose(so);
	soclose(l);
	pass(n, 1);
	expect_no_pcbs(n);
}

static void
fin_with_data_out_of_order_waits_for_the_hole(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	peer_send_at(n, &pe, pe.nxt + 3, TH_FIN | TH_ACK, "def", 3);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	assert_int_equal(state_of(so), TCPS_ESTABLISHED);
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "abc", 3);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt + 7);
	assert_int_equal(state_of(so), TCPS_CLOSE_WAIT);
	expect_data(so, "abcdef");
	soclose(so);
}

static void
bare_fin_out_of_order_waits_too(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	static struct pkt p;
	struct socket *so = peer_connection(n, &pe, false);

	peer_send_at(n, &pe, pe.nxt + 3, TH_FIN | TH_ACK, NULL, 0);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt);
	peer_send_at(n, &pe, pe.nxt, TH_ACK, "abc", 3);
	peer_expect(n, &pe, &p, TH_ACK);
	assert_int_equal(p.ack, pe.nxt + 4);
	assert_int_equal(state_of(so), TCPS_CLOSE_WAIT);
	expect_data(so, "abc");
	soclose(so);
}

static void
stack_that_ends_frees_what_nobody_owns(void **state)
{
	struct net *n = net_of(state);
	struct peer pe;
	struct socket *c, *s;

	time_wait_with_peer(n, &pe, false);
	pair(n, &c, &s);
	n->filter = drop_all;
	assert_int_equal(put(n, c, "orphan", 6), 6);
	soclose(c);
	soabort(s);
	run(n);
	assert_int_equal(V_tcp(n->v)->states[TCPS_FIN_WAIT_1], 1);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	/* The teardown asserts that all zones are empty. */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(active_close_ends_in_time_wait_and_passive_in_closed),
		net_test(half_close_lets_the_other_half_go_on),
		net_test(both_ends_may_close_at_once),
		net_test(simultaneous_close_passes_through_closing),
		net_test(data_before_close_arrives_although_the_owner_has_gone),
		net_test(unread_data_at_close_resets_the_peer),
		net_test(linger_of_zero_resets),
		net_test(abort_resets),
		net_test(data_after_close_is_reset),
		net_test(data_after_shutdown_for_reading_is_dropped),
		net_test(fin_wait_2_of_a_closed_socket_times_out),
		net_test(lost_fin_is_sent_again),
		net_test(a_closed_socket_whose_peer_is_gone_gives_up),
		net_test(fin_in_time_wait_is_acknowledged_again),
		net_test(new_syn_with_higher_number_reuses_time_wait),
		net_test(old_syn_in_time_wait_is_challenged),
		net_test(newer_timestamp_reuses_time_wait_whatever_the_number),
		net_test(older_timestamp_does_not_reuse_time_wait),
		net_test(reset_does_not_end_time_wait),
		net_test(socket_kept_open_through_time_wait_is_reused_below),
		net_test(fin_with_data_out_of_order_waits_for_the_hole),
		net_test(bare_fin_out_of_order_waits_too),
		net_test(stack_that_ends_frees_what_nobody_owns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
