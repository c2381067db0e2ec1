/*
 * How connections come to be, or not.
 */
#include "tests/unit/stack_tcp_fixture.h"
#include "stack/pcblist_int.h"

static void
handshake_connects_both_ends(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s, *l = listener(n);
	struct endpoint a, b;

	c = newsock(n);
	c->so_upcall = upcall;
	c->so_upcallarg = n;
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	assert_int_equal(state_of(c), TCPS_SYN_SENT);
	assert_int_equal(n->last.flags, TH_SYN);
	run(n);
	assert_true(n->events & SO_UP_CONNECTED);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	s = accept_one(l);
	assert_int_equal(state_of(s), TCPS_ESTABLISHED);
	assert_int_equal(n->npkts, 3);
	assert_int_equal(tcb(c)->rcv_nxt, tcb(s)->snd_nxt);
	assert_int_equal(tcb(s)->rcv_nxt, tcb(c)->snd_nxt);
	sosockaddr(c, &a);
	assert_int_equal(sopeeraddr(s, &b), 0);
	assert_true(inaddr_eq(&a.addr, &b.addr));
	assert_int_equal(a.port, b.port);
	assert_int_equal(st(n)->tcps_connects, 2);
	assert_int_equal(st(n)->tcps_accepts, 1);
	soclose(l);
	soclose(s);
	soclose(c);
	pass(n, 60001);
	expect_no_pcbs(n);
}

static void
syn_carries_mss_scale_and_timestamp(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(tcb(c)->t_maxseg, 65535 - 40);
	assert_int_equal(tcb(c)->snd_scale, 6);
	assert_int_equal(tcb(c)->rcv_scale, 6);
	assert_true(tcb(s)->t_flags & TF_RCVD_TSTMP);
	assert_int_equal(tcp_maxseg(tcb(s)), 65535 - 52);
	assert_true(tcb(c)->snd_wnd > 65000);
	soclose(c);
	soclose(s);
}

static void
without_rfc1323_no_option_but_mss(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	V_tcp(n->v)->rfc1323 = 0;
	pair(n, &c, &s);
	assert_int_equal(tcb(c)->t_flags & (TF_RCVD_TSTMP | TF_RCVD_SCALE), 0);
	assert_int_equal(tcb(c)->snd_scale, 0);
	assert_int_equal(put(n, c, "hello", 5), 5);
	run(n);
	expect_data(s, "hello");
	soclose(c);
	soclose(s);
}

static void
closed_port_refuses(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n);

	c->so_upcall = upcall;
	c->so_upcallarg = n;
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	assert_true(n->events & SO_UP_ERROR);
	assert_int_equal(sogeterror(c), ECONNREFUSED);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	assert_int_equal(n->last.flags, TH_RST | TH_ACK);
	soclose(c);
	expect_no_pcbs(n);
}

static void
refused_socket_may_connect_again(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n), *l, *s;
	struct endpoint name = ep("127.0.0.1", 4000), local;

	assert_int_equal(sobind(c, &name, &n->cred), 0);
	assert_int_equal(sosetopt(c, OPT_TCP_NODELAY, 1, &n->cred), 0);
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	assert_int_equal(sogeterror(c), ECONNREFUSED);
	l = listener(n);
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	s = accept_one(l);
	sosockaddr(c, &local);
	assert_int_equal(local.port, name.port);
	assert_true(tcb(c)->t_flags & TF_NODELAY);
	assert_int_equal(put(n, c, "again", 5), 5);
	run(n);
	expect_data(s, "again");
	soclose(l);
	soclose(c);
	soclose(s);
}

static void
blackhole_keeps_silent_until_keepinit(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n);
	uint64_t began = n->v->now;

	V_tcp(n->v)->blackhole = 1;
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	pass(n, 74999);
	assert_int_equal(state_of(c), TCPS_SYN_SENT);
	/* Sent at 0, 1, 3, 7, 15, 31 and 63 s. */
	assert_int_equal(n->npkts, 7);
	pass(n, 2);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	assert_int_equal(sogeterror(c), ETIMEDOUT);
	assert_true(n->v->now - began >= 75 * NSEC_PER_SEC);
	assert_int_equal(st(n)->tcps_conndrops, 1);
	assert_int_equal(st(n)->tcps_keepdrops, 1);
	soclose(c);
	expect_no_pcbs(n);
}

static bool
drop_first_syn(struct net *n, const struct pkt *p)
{
	return p->flags == TH_SYN && n->count++ == 0;
}

static bool
drop_first_synack(struct net *n, const struct pkt *p)
{
	return p->flags == (TH_SYN | TH_ACK) && n->count++ == 0;
}

static bool
drop_first_ack(struct net *n, const struct pkt *p)
{
	return p->flags == TH_ACK && n->count++ == 0;
}

/* Connect with one packet of the handshake lost; it works after ms. */
static void
lossy_handshake(struct net *n, bool (*filter)(struct net *,
    const struct pkt *), uint64_t ms)
{
	struct socket *l = listener(n), *c = newsock(n), *s;

	n->filter = filter;
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	pass(n, ms);
	assert_int_equal(n->count > 0, 1);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	s = accept_one(l);
	/* RFC 5681: a lost SYN leaves one segment to begin with. */
	assert_int_equal(put(n, c, "x", 1), 1);
	run(n);
	expect_data(s, "x");
	soclose(l);
	soclose(c);
	soclose(s);
}

static void
lost_syn_is_repeated_after_a_second(void **state)
{
	struct net *n = net_of(state);

	lossy_handshake(n, drop_first_syn, 1001);
	assert_int_equal(st(n)->tcps_rexmttimeo, 1);
}

static void
lost_synack_is_repeated(void **state)
{
	lossy_handshake(net_of(state), drop_first_synack, 1001);
}

static void
lost_ack_of_handshake_is_made_up_for(void **state)
{
	lossy_handshake(net_of(state), drop_first_ack, 1001);
}

static void
lost_syn_begins_with_one_segment(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n), *c = newsock(n);

	n->filter = drop_first_syn;
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	pass(n, 1001);
	assert_int_equal(tcb(c)->snd_cwnd, tcp_maxseg(tcb(c)));
	soclose(l);
	soclose(c);
}

static void
syn_received_gives_up_after_keepinit(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 1000 };
	struct xsocket xso = { .xso_len = sizeof(xso) };
	static struct pkt p;

	V_tcp(n->v)->syncache_rexmtlimit = TCP_MAXRXTSHIFT;
	peer_send(n, &pe, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	assert_int_equal(l->so_incqlen, 1);
	assert_int_equal(V_tcp(n->v)->states[TCPS_SYN_RECEIVED], 1);
	xsocket_fill(&xso, TAILQ_FIRST(&l->so_incomp));
	assert_int_equal(xso.so_state & (SQ_INCOMP | SQ_COMP), SQ_INCOMP);
	for (int i = 0; i < 70; i++) {
		vnet_settime(n->v, n->v->now + NSEC_PER_SEC);
		callout_run(n->v);
		while (peer_get(n, &p))
			continue;
	}
	assert_int_equal(l->so_incqlen, 1);
	for (int i = 0; i < 10; i++) {
		vnet_settime(n->v, n->v->now + NSEC_PER_SEC);
		callout_run(n->v);
		while (peer_get(n, &p))
			continue;
	}
	assert_int_equal(l->so_incqlen, 0);
	assert_int_equal(p.flags, TH_RST | TH_ACK);
	assert_int_equal(in_pcbinfo_count(tcp_pcbinfo(n->v)), 1);
	soclose(l);
}

static void
repeated_syn_is_answered_again(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 1000 };
	static struct pkt p, q;

	peer_send_at(n, &pe, 7, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	peer_send_at(n, &pe, 7, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &q, TH_SYN | TH_ACK);
	assert_int_equal(p.seq, q.seq);
	assert_int_equal(l->so_incqlen, 1);
	assert_int_equal(st(n)->tcps_sc_dupsyn, 1);
	soclose(l);
	/* The listener takes the embryo with it, and tells the peer. */
	peer_expect(n, &pe, &p, TH_RST | TH_ACK);
	expect_no_pcbs(n);
}

static void
reset_of_an_embryo_frees_it(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 1000 };
	static struct pkt p;

	peer_send(n, &pe, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	peer_send(n, &pe, TH_RST, NULL, 0);
	assert_int_equal(l->so_incqlen, 0);
	assert_int_equal(in_pcbinfo_count(tcp_pcbinfo(n->v)), 1);
	soclose(l);
}

static void
wrong_ack_of_a_synack_is_reset(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 1000 };
	static struct pkt p;

	peer_send(n, &pe, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	pe.rcv += 5;
	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_RST);
	assert_int_equal(p.seq, pe.rcv);
	assert_int_equal(l->so_incqlen, 1);
	soclose(l);
}

static void
connection_reset_in_the_queue_is_told_to_accept(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n), *so;
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 1000 };
	struct endpoint from;
	static struct pkt p;

	peer_send(n, &pe, TH_SYN, NULL, 0);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	peer_send(n, &pe, TH_RST, NULL, 0);
	assert_int_equal(in_pcbinfo_count(tcp_pcbinfo(n->v)), 1);
	assert_int_equal(soaccept(l, &so, &from), ECONNABORTED);
	assert_int_equal(soaccept(l, &so, &from), EWOULDBLOCK);
	soclose(l);
}

static void
full_queue_drops_the_syn_and_the_client_tries_again(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener_on(n, "127.0.0.2", PORT, 2);
	struct socket *c[5], *s[5];

	for (int i = 0; i < 5; i++) {
		c[i] = newsock(n);
		assert_int_equal(connect_to(n, c[i], "127.0.0.2", PORT),
		    EINPROGRESS);
		run(n);
	}
	/* 3/2 of the backlog, and one. */
	assert_int_equal(l->so_qlen, 4);
	assert_int_equal(state_of(c[4]), TCPS_SYN_SENT);
	assert_int_equal(st(n)->tcps_listendrop, 1);
	for (int i = 0; i < 4; i++)
		s[i] = accept_one(l);
	pass(n, 1100);
	assert_int_equal(state_of(c[4]), TCPS_ESTABLISHED);
	s[4] = accept_one(l);
	soclose(l);
	for (int i = 0; i < 5; i++) {
		soclose(c[i]);
		soclose(s[i]);
	}
}

static void
listener_that_closes_resets_its_queue(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n), *c = newsock(n);

	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	soclose(l);
	run(n);
	assert_int_equal(sogeterror(c), ECONNRESET);
	soclose(c);
	expect_no_pcbs(n);
}

static void
both_ends_may_open_at_once(void **state)
{
	struct net *n = net_of(state);
	struct socket *a = newsock(n), *b = newsock(n);
	struct endpoint an = ep("127.0.0.1", 4000);
	struct endpoint bn = ep("127.0.0.2", 5000);

	assert_int_equal(sobind(a, &an, &n->cred), 0);
	assert_int_equal(sobind(b, &bn, &n->cred), 0);
	assert_int_equal(soconnect(a, &bn, &n->cred), EINPROGRESS);
	assert_int_equal(soconnect(b, &an, &n->cred), EINPROGRESS);
	/* Both SYNs are on the way; each is answered with SYN|ACK. */
	run(n);
	assert_int_equal(state_of(a), TCPS_ESTABLISHED);
	assert_int_equal(state_of(b), TCPS_ESTABLISHED);
	assert_int_equal(put(n, a, "from a", 6), 6);
	assert_int_equal(put(n, b, "from b", 6), 6);
	run(n);
	expect_data(b, "from a");
	expect_data(a, "from b");
	/* The window of a SYN is not scaled; that of the rest is. */
	assert_true(tcb(a)->snd_wnd <= 262144);
	assert_true(tcb(b)->snd_wnd <= 262144);
	soclose(a);
	soclose(b);
	pass(n, 61000);
	expect_no_pcbs(n);
}

static bool
drop_synacks(struct net *n, const struct pkt *p)
{
	return p->flags == (TH_SYN | TH_ACK) && n->count++ < 2;
}

static void
simultaneous_open_survives_loss(void **state)
{
	struct net *n = net_of(state);
	struct socket *a = newsock(n), *b = newsock(n);
	struct endpoint an = ep("127.0.0.1", 4000);
	struct endpoint bn = ep("127.0.0.2", 5000);

	n->filter = drop_synacks;
	assert_int_equal(sobind(a, &an, &n->cred), 0);
	assert_int_equal(sobind(b, &bn, &n->cred), 0);
	assert_int_equal(soconnect(a, &bn, &n->cred), EINPROGRESS);
	assert_int_equal(soconnect(b, &an, &n->cred), EINPROGRESS);
	run(n);
	assert_int_equal(state_of(a), TCPS_SYN_RECEIVED);
	assert_int_equal(state_of(b), TCPS_SYN_RECEIVED);
	pass(n, 1100);
	assert_int_equal(state_of(a), TCPS_ESTABLISHED);
	assert_int_equal(state_of(b), TCPS_ESTABLISHED);
	soclose(a);
	soclose(b);
}

static void
a_socket_may_connect_to_itself(void **state)
{
	struct net *n = net_of(state);
	struct socket *a = newsock(n);
	struct endpoint an = ep("127.0.0.1", 4000);

	assert_int_equal(sobind(a, &an, &n->cred), 0);
	assert_int_equal(soconnect(a, &an, &n->cred), EINPROGRESS);
	run(n);
	assert_int_equal(state_of(a), TCPS_ESTABLISHED);
	assert_int_equal(put(n, a, "me", 2), 2);
	run(n);
	expect_data(a, "me");
	soclose(a);
	pass(n, 130000);
	expect_no_pcbs(n);
}

static void
land_attack_is_ignored(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe = { .self = ep("127.0.0.2", PORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .wnd = 1000 };

	peer_send(n, &pe, TH_SYN, NULL, 0);
	assert_int_equal(n->npkts, 0);
	assert_int_equal(st(n)->tcps_badsyn, 1);
	soclose(l);
}

static void
ack_for_a_listener_is_reset(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 7, .rcv = 77 };
	static struct pkt p;

	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_RST);
	assert_int_equal(p.seq, 77);
	peer_send(n, &pe, TH_RST | TH_ACK, NULL, 0);
	peer_send(n, &pe, TH_FIN, NULL, 0);
	expect_silence(n);
	soclose(l);
}

static void
bad_ack_in_syn_sent_is_reset_and_good_reset_refuses(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n);
	struct peer pe = { .self = ep("127.0.0.9", PORT), .nxt = 5 };
	static struct pkt p;

	assert_int_equal(connect_to(n, c, "127.0.0.9", PORT), EINPROGRESS);
	assert_true(peer_get(n, &p));
	sosockaddr(c, &pe.other);
	pe.rcv = p.seq + 2;
	peer_send(n, &pe, TH_SYN | TH_ACK, NULL, 0);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_RST);
	assert_int_equal(p.seq, pe.rcv);
	/* A reset must acknowledge our SYN. */
	peer_send(n, &pe, TH_RST | TH_ACK, NULL, 0);
	assert_int_equal(state_of(c), TCPS_SYN_SENT);
	pe.rcv--;
	peer_send(n, &pe, TH_RST, NULL, 0);
	assert_int_equal(state_of(c), TCPS_SYN_SENT);
	peer_send(n, &pe, TH_RST | TH_ACK, NULL, 0);
	assert_int_equal(sogeterror(c), ECONNREFUSED);
	soclose(c);
}

static void
unreachable_destination_is_told_at_once(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n);

	assert_int_equal(connect_to(n, c, "192.0.2.1", PORT), ENETUNREACH);
	assert_int_equal(connect_to(n, c, "224.0.0.1", PORT), EAFNOSUPPORT);
	assert_int_equal(connect_to(n, c, "255.255.255.255", PORT), EACCES);
	assert_int_equal(connect_to(n, c, "127.0.0.1", 0), EADDRNOTAVAIL);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	soclose(c);
	expect_no_pcbs(n);
}

static void
calls_in_the_wrong_state_say_so(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s, *l = listener(n), *x = newsock(n);
	struct endpoint name = ep("127.0.0.1", 4001);
	size_t sent;
	struct iovec iov = { (void *)(uintptr_t)"x", 1 };

	assert_int_equal(connect_to(n, l, "127.0.0.2", PORT), EOPNOTSUPP);
	assert_int_equal(sosend(x, &iov, 1, NULL, &n->cred, &sent), ENOTCONN);
	assert_int_equal(soshutdown(x, SHUT_WR), ENOTCONN);
	soclose(l);
	pair(n, &c, &s);
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EISCONN);
	assert_int_equal(solisten(c, 1, &n->cred), EINVAL);
	assert_int_equal(sobind(c, &name, &n->cred), EINVAL);
	assert_int_equal(soshutdown(c, SHUT_WR), 0);
	assert_int_equal(sosend(c, &iov, 1, NULL, &n->cred, &sent), EPIPE);
	soclose(x);
	soclose(c);
	soclose(s);
}

static void
close_before_the_handshake_ends_leaves_nothing(void **state)
{
	struct net *n = net_of(state);
	struct socket *c = newsock(n);

	assert_int_equal(connect_to(n, c, "127.0.0.9", PORT), EINPROGRESS);
	soclose(c);
	expect_no_pcbs(n);
}

static void
initial_numbers_grow_with_time_and_differ_by_tuple(void **state)
{
	struct net *n = net_of(state);
	struct socket *a = newsock(n), *b = newsock(n);
	struct endpoint an = ep("127.0.0.1", 4000);
	struct endpoint bn = ep("127.0.0.1", 4001);
	static struct pkt p, q;

	assert_int_equal(sobind(a, &an, &n->cred), 0);
	assert_int_equal(sobind(b, &bn, &n->cred), 0);
	assert_int_equal(connect_to(n, a, "127.0.0.9", PORT), EINPROGRESS);
	assert_int_equal(connect_to(n, b, "127.0.0.9", PORT), EINPROGRESS);
	assert_true(peer_get(n, &p));
	assert_true(peer_get(n, &q));
	assert_int_not_equal(p.seq, q.seq);
	assert_int_not_equal(p.opt.to_tsval, q.opt.to_tsval);
	soclose(a);
	a = newsock(n);
	vnet_settime(n->v, n->v->now + 1000000);
	assert_int_equal(sobind(a, &an, &n->cred), 0);
	assert_int_equal(connect_to(n, a, "127.0.0.9", PORT), EINPROGRESS);
	assert_true(peer_get(n, &q));
	assert_int_equal(q.seq - p.seq, 250);
	assert_int_equal(q.opt.to_tsval - p.opt.to_tsval, 1);
	soclose(a);
	soclose(b);
}

static void
no_memory_for_a_connection_drops_the_syn(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n), *c = newsock(n), *s;
	struct zone *z = NULL;
	struct zone_stats zs;

	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	while ((z = znext(n->v, z)) != NULL) {
		zstats(z, &zs);
		if (strcmp(zs.name, "tcp_inpcb") == 0)
			zfail(z, 0);
	}
	run(n);
	assert_int_equal(state_of(c), TCPS_SYN_SENT);
	assert_int_equal(st(n)->tcps_sc_zonefail, 1);
	pass(n, 1001);
	s = accept_one(l);
	soclose(l);
	soclose(c);
	soclose(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(handshake_connects_both_ends),
		net_test(syn_carries_mss_scale_and_timestamp),
		net_test(without_rfc1323_no_option_but_mss),
		net_test(closed_port_refuses),
		net_test(refused_socket_may_connect_again),
		net_test(blackhole_keeps_silent_until_keepinit),
		net_test(lost_syn_is_repeated_after_a_second),
		net_test(lost_synack_is_repeated),
		net_test(lost_ack_of_handshake_is_made_up_for),
		net_test(lost_syn_begins_with_one_segment),
		net_test(syn_received_gives_up_after_keepinit),
		net_test(repeated_syn_is_answered_again),
		net_test(reset_of_an_embryo_frees_it),
		net_test(wrong_ack_of_a_synack_is_reset),
		net_test(connection_reset_in_the_queue_is_told_to_accept),
		net_test(full_queue_drops_the_syn_and_the_client_tries_again),
		net_test(listener_that_closes_resets_its_queue),
		net_test(both_ends_may_open_at_once),
		net_test(simultaneous_open_survives_loss),
		net_test(a_socket_may_connect_to_itself),
		net_test(land_attack_is_ignored),
		net_test(ack_for_a_listener_is_reset),
		net_test(bad_ack_in_syn_sent_is_reset_and_good_reset_refuses),
		net_test(unreachable_destination_is_told_at_once),
		net_test(calls_in_the_wrong_state_say_so),
		net_test(close_before_the_handshake_ends_leaves_nothing),
		net_test(initial_numbers_grow_with_time_and_differ_by_tuple),
		net_test(no_memory_for_a_connection_drops_the_syn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
