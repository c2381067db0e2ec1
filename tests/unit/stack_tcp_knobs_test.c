/*
 * What is shown and what can be set: net.inet.tcp.*, listing records, socket
 * options; and the option bytes of headers.
 */
#include <stdio.h>

#include "tests/unit/stack_tcp_fixture.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

/* Read, or write if newp is given; the value goes to out. */
static int
mib(struct net *n, const char *name, const void *newp, size_t newlen,
    void *out, size_t outlen)
{
	struct sysctl_req req = { .vnet = n->v, .cred = &n->cred,
		.newptr = newp, .newlen = newlen };
	int oid[CTL_MAXNAME], error;
	unsigned len = CTL_MAXNAME;

	error = sysctl_lookup(n->v, name, oid, &len);
	if (error != 0)
		return error;
	error = sysctl_step(oid, len, &req);
	if (error == 0 && out != NULL) {
		assert_int_equal(req.outlen, outlen);
		memcpy(out, req.out, outlen);
	}
	free(req.out);
	return error;
}

static void
knobs_have_freebsds_names_and_numbers(void **state)
{
	static const struct {
		const char *name;
		int last;
	} fixed[] = {
		{ "net.inet.tcp.rfc1323", 1 }, { "net.inet.tcp.mssdflt", 3 },
		{ "net.inet.tcp.stats", 4 }, { "net.inet.tcp.keepidle", 6 },
		{ "net.inet.tcp.keepintvl", 7 },
		{ "net.inet.tcp.sendspace", 8 },
		{ "net.inet.tcp.recvspace", 9 },
		{ "net.inet.tcp.keepinit", 10 },
		{ "net.inet.tcp.delacktime", 12 },
		{ "net.inet.tcp.states", 16 },
	};
	struct net *n = net_of(state);

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		int oid[CTL_MAXNAME];
		unsigned len = CTL_MAXNAME;

		assert_int_equal(sysctl_lookup(n->v, fixed[i].name, oid,
		    &len), 0);
		assert_int_equal(len, 4);
		assert_int_equal(oid[0], 4);
		assert_int_equal(oid[1], 2);
		assert_int_equal(oid[2], 6);
		assert_int_equal(oid[3], fixed[i].last);
	}
}

static void
knobs_refuse_nonsense_and_keep_their_value(void **state)
{
	static const struct {
		const char *name;
		int bad, good;
	} knobs[] = {
		{ "net.inet.tcp.msl", 0, 1000 },
		{ "net.inet.tcp.retries", 101, 3 },
		{ "net.inet.tcp.keepidle", -1, 5000 },
		{ "net.inet.tcp.sendspace", 1, 65536 },
		{ "net.inet.tcp.mssdflt", 65536, 1460 },
		{ "net.inet.tcp.delayed_ack", 2, 0 },
		{ "net.inet.tcp.blackhole", 3, 2 },
		{ "net.inet.tcp.reass.maxqueuelen", -1, 0 },
		{ "net.inet.tcp.keepcnt", 0, 100 },
	};
	struct net *n = net_of(state);

	for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++) {
		const char *name = knobs[i].name;
		int before, val;

		assert_int_equal(mib(n, name, NULL, 0, &before, 4), 0);
		assert_int_equal(mib(n, name, &knobs[i].bad, 4, NULL, 0),
		    EINVAL);
		assert_int_equal(mib(n, name, NULL, 0, &val, 4), 0);
		assert_int_equal(val, before);
		assert_int_equal(mib(n, name, &knobs[i].good, 4, NULL, 0), 0);
		assert_int_equal(mib(n, name, NULL, 0, &val, 4), 0);
		assert_int_equal(val, knobs[i].good);
	}
}

static void
msl_and_buffer_sizes_are_obeyed(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	int msl = 100, space = 10000, val;

	assert_int_equal(mib(n, "net.inet.tcp.msl", &msl, 4, NULL, 0), 0);
	assert_int_equal(mib(n, "net.inet.tcp.recvspace", &space, 4, NULL,
	    0), 0);
	pair(n, &c, &s);
	assert_int_equal(sogetopt(c, OPT_RCVBUF, &val), 0);
	assert_int_equal(val, 10000);
	soclose(c);
	soclose(s);
	pass(n, 201);
	expect_no_pcbs(n);
}

static void
nolocaltimewait_leaves_nothing_behind(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	put_knob(n, "net.inet.tcp.nolocaltimewait", 1);
	pair(n, &c, &s);
	soclose(c);
	run(n);
	soclose(s);
	run(n);
	expect_no_pcbs(n);
	/* One whose owner is still there ends, and says so to it. */
	pair(n, &c, &s);
	assert_int_equal(soshutdown(c, SHUT_WR), 0);
	run(n);
	soclose(s);
	run(n);
	assert_int_equal(state_of(c), TCPS_CLOSED);
	assert_int_equal(read_error(c), 0);
	soclose(c);
	expect_no_pcbs(n);
}

/* In the window, but not where RFC 5961 wants it. */
static void
insecure_rst_and_syn_end_a_connection_by_guess(void **state)
{
	static const struct {
		const char *name;
		uint8_t flags;
	} ends[] = {
		{ "net.inet.tcp.insecure_rst", TH_RST },
		{ "net.inet.tcp.insecure_syn", TH_SYN },
	};
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;

	for (size_t i = 0; i < 2; i++) {
		static struct pkt p;

		so = peer_connection(n, &pe, false);
		peer_send_at(n, &pe, pe.nxt + 5, ends[i].flags, NULL, 0);
		peer_expect(n, &pe, &p, TH_ACK);
		assert_int_equal(state_of(so), TCPS_ESTABLISHED);
		assert_int_equal(st(n)->tcps_badrst, 1);
		assert_int_equal(st(n)->tcps_badsyn, i);
		put_knob(n, ends[i].name, 1);
		peer_send_at(n, &pe, pe.nxt - 5, ends[i].flags, NULL, 0);
		assert_int_equal(state_of(so), TCPS_ESTABLISHED);
		while (peer_get(n, &p))
			continue;
		peer_send_at(n, &pe, pe.nxt + 5, ends[i].flags, NULL, 0);
		assert_int_equal(read_error(so), ECONNRESET);
		assert_int_equal(state_of(so), TCPS_CLOSED);
		while (peer_get(n, &p))
			continue;
		soclose(so);
	}
	assert_int_equal(st(n)->tcps_badrst, 1);
	assert_int_equal(st(n)->tcps_badsyn, 3);
}

/* Seconds until the stack gives up so, whose peer is silent; 0: never. */
static int
given_up_after(struct net *n, const struct socket *so, int most)
{
	for (int s = 1; s <= most; s++) {
		static struct pkt p;

		vnet_settime(n->v, n->v->now + 1000 * MSEC);
		callout_run(n->v);
		while (peer_get(n, &p))
			continue;
		if (so->so_error != 0)
			return s;
	}
	return 0;
}

static void
maxunacktime_bounds_how_long_data_waits(void **state)
{
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;

	so = peer_connection(n, &pe, false);
	put_knob(n, "net.inet.tcp.maxunacktime", 7000);
	assert_int_equal(put(n, so, "x", 1), 1);
	assert_in_range(given_up_after(n, so, 100), 7, 8);
	assert_int_equal(st(n)->tcps_progdrops, 1);
	soclose(so);
	/* What the program asked for goes before. */
	so = peer_connection(n, &pe, false);
	assert_int_equal(sosetopt(so, OPT_TCP_MAXUNACKTIME, 3000, &n->cred),
	    0);
	assert_int_equal(put(n, so, "x", 1), 1);
	assert_in_range(given_up_after(n, so, 100), 3, 4);
	soclose(so);
}

static void
rexmtlimit_is_how_often_a_syn_is_answered(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe = { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 1000, .wnd = 65535 };

	for (int limit = 0; limit <= 3; limit += 3) {
		static struct pkt p;
		int answers = 0;

		put_knob(n, "net.inet.tcp.syncache.rexmtlimit", limit);
		peer_send(n, &pe, TH_SYN, NULL, 0);
		for (int s = 0; s < 60; s++) {
			while (peer_get(n, &p))
				answers += (p.flags & TH_SYN) != 0;
			vnet_settime(n->v, n->v->now + 1000 * MSEC);
			callout_run(n->v);
		}
		assert_int_equal(answers, 1 + limit);
		assert_int_equal(l->so_incqlen, 0);
		pe.nxt = 1000;
	}
	assert_int_equal(st(n)->tcps_sc_stale, 2);
	soclose(l);
}

/* A congestion window of cwnd, and what an ACK of five segments adds to it. */
struct opening {
	uint32_t	cwnd, mss, by;
};

/* That of a connection whose slow start ends at `ssthresh'. */
static struct opening
opening(struct net *n, uint32_t ssthresh)
{
	static const char data[100000];
	static struct pkt p;
	struct socket *so;
	struct opening o;
	struct peer pe;

	so = peer_connection(n, &pe, false);
	o.cwnd = tcb(so)->snd_cwnd;
	o.mss = tcp_maxseg(tcb(so));
	tcb(so)->snd_ssthresh = ssthresh;
	(void)put(n, so, data, sizeof(data));
	for (int i = 0; i < 5; i++)
		assert_true(peer_get(n, &p));
	pe.rcv = p.seq + p.len;
	peer_send(n, &pe, TH_ACK, NULL, 0);
	o.by = tcb(so)->snd_cwnd - o.cwnd;
	while (peer_get(n, &p))
		continue;
	soabort(so);
	while (peer_get(n, &p))
		continue;
	return o;
}

static void
abc_l_var_caps_slow_start(void **state)
{
	struct net *n = net_of(state);

	for (uint32_t l = 1; l <= 4; l *= 2) {
		struct opening o;

		put_knob(n, "net.inet.tcp.abc_l_var", (int)l);
		o = opening(n, UINT32_MAX);
		assert_int_equal(o.by, l * o.mss);
	}
}

static void
without_rfc3465_it_is_acks_that_count_and_not_bytes(void **state)
{
	struct net *n = net_of(state);
	struct opening o;

	put_knob(n, "net.inet.tcp.abc_l_var", 3);
	o = opening(n, UINT32_MAX);
	assert_int_equal(o.by, 3 * o.mss);
	o = opening(n, 1);
	assert_int_equal(o.by, 0);
	put_knob(n, "net.inet.tcp.rfc3465", 0);
	o = opening(n, UINT32_MAX);
	assert_int_equal(o.by, o.mss);
	o = opening(n, 1);
	assert_int_equal(o.by, o.mss * o.mss / o.cwnd);
}

static void
the_initial_window_is_that_of_the_rfc_asked_for(void **state)
{
	static const struct {
		int segments, rfc3390;
		uint32_t mss, window;
	} cases[] = {
		{ 10, 1, 1460, 14600 }, { 10, 0, 1460, 14600 },
		{ 10, 1, 9000, 18000 }, { 10, 1, 536, 5360 },
		{ 0, 1, 1460, 4380 }, { 0, 1, 536, 2144 },
		{ 0, 1, 9000, 18000 }, { 0, 0, 1460, 4380 },
		{ 0, 0, 536, 2144 }, { 0, 0, 2191, 4382 },
	};
	struct net *n = net_of(state);
	struct socket *so = newsock(n);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_knob(n, "net.inet.tcp.initcwnd_segments",
		    cases[i].segments);
		put_knob(n, "net.inet.tcp.rfc3390", cases[i].rfc3390);
		tcb(so)->t_maxseg = (uint16_t)cases[i].mss;
		assert_int_equal(tcp_initcwnd(tcb(so)), cases[i].window);
	}
	soclose(so);
}

static void
there_is_one_set_of_functions_and_it_is_the_default(void **state)
{
	struct net *n = net_of(state);
	struct socket *so = newsock(n);
	char name[sizeof("netjail")], text[160], wanted[160];
	struct xtcpcb xt;

	tcp_inptoxtp(so->so_pcb, &xt);
	assert_int_equal(mib(n, "net.inet.tcp.functions_default", NULL, 0,
	    name, sizeof(name)), 0);
	assert_string_equal(name, xt.xt_stack);
	snprintf(wanted, sizeof(wanted), "\n%-32sD %-32s PCB count\n%-32s* "
	    "%-32s 1\n", "Stack", "Alias", name, "-");
	assert_int_equal(mib(n, "net.inet.tcp.functions_available", NULL, 0,
	    text, strlen(wanted) + 1), 0);
	assert_string_equal(text, wanted);
	soclose(so);
}

static void
fast_finwait2_recycle_is_for_those_who_cannot_wait(void **state)
{
	struct net *n = net_of(state);

	for (int fast = 0; fast <= 1; fast++) {
		static struct pkt p;
		struct peer pe;
		uint32_t left = 0;

		put_knob(n, "net.inet.tcp.fast_finwait2_recycle", fast);
		soclose(peer_connection(n, &pe, false));
		peer_expect(n, &pe, &p, TH_FIN | TH_ACK);
		peer_send(n, &pe, TH_ACK, NULL, 0);
		left = tcp_timer_left(intotcpcb(in_pcbfirst(
		    tcp_pcbinfo(n->v), NULL)), TT_2MSL);
		assert_int_equal(left, fast ? 60000 : 8 * 75000);
		peer_send(n, &pe, TH_RST, NULL, 0);
		expect_no_pcbs(n);
	}
}

static void
states_and_pcbcount_add_up(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s, *l = listener_on(n, "127.0.0.1", 1, 1);
	struct socket *x = newsock(n);
	uint64_t states[TCP_NSTATES];
	uint32_t count;

	pair(n, &c, &s);
	assert_int_equal(mib(n, "net.inet.tcp.states", NULL, 0, states,
	    sizeof(states)), 0);
	assert_int_equal(states[TCPS_CLOSED], 1);
	assert_int_equal(states[TCPS_LISTEN], 1);
	assert_int_equal(states[TCPS_ESTABLISHED], 2);
	assert_int_equal(mib(n, "net.inet.tcp.pcbcount", NULL, 0, &count,
	    sizeof(count)), 0);
	assert_int_equal(count, 4);
	soclose(c);
	soclose(s);
	soclose(l);
	soclose(x);
}

static void
statistics_can_be_read_and_reset(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	static struct tcpstat stat, zero;

	pair(n, &c, &s);
	assert_int_equal(mib(n, "net.inet.tcp.stats", NULL, 0, &stat,
	    sizeof(stat)), 0);
	assert_int_equal(stat.tcps_connattempt, 1);
	assert_int_equal(stat.tcps_accepts, 1);
	assert_int_equal(stat.tcps_connects, 2);
	assert_int_equal(stat.tcps_sndtotal, 3);
	assert_int_equal(stat.tcps_rcvtotal, 3);
	assert_int_equal(mib(n, "net.inet.tcp.stats", &zero, sizeof(zero),
	    NULL, 0), 0);
	assert_int_equal(st(n)->tcps_connects, 0);
	soclose(c);
	soclose(s);
}

static void
every_packet_sent_is_counted_as_one_kind(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	const struct tcpstat *t = st(n);
	static char data[300000];

	pair(n, &c, &s);
	for (int i = 0; i < 5; i++) {
		(void)put(n, c, data, sizeof(data));
		(void)put(n, s, "x", 1);
		run(n);
		(void)get(s, data, sizeof(data));
		pass(n, 50);
	}
	soclose(c);
	soabort(s);
	run(n);
	assert_int_equal(t->tcps_sndtotal, n->npkts);
	assert_int_equal(t->tcps_sndtotal, t->tcps_sndpack +
	    t->tcps_sndrexmitpack + t->tcps_sndacks + t->tcps_sndprobe +
	    t->tcps_sndwinup + t->tcps_sndctrl);
	assert_int_equal(t->tcps_rcvtotal, t->tcps_sndtotal);
}

static void
listing_record_shows_timers_and_windows(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	static struct xtcpcb xt;
	char name[sizeof("newreno")];

	pair(n, &c, &s);
	assert_int_equal(put(n, c, "x", 1), 1);
	vnet_settime(n->v, n->v->now + 5 * MSEC);
	tcp_inptoxtp(c->so_pcb, &xt);
	assert_int_equal(xt.t_state, TCPS_ESTABLISHED);
	assert_int_equal(xt.t_maxseg, 65495);
	assert_int_equal(xt.t_snd_wnd, tcb(c)->snd_wnd);
	assert_in_range(xt.tt_rexmt, 150, 250);
	assert_int_equal(xt.tt_persist, 0);
	assert_int_equal(xt.tt_2msl, 0);
	assert_in_range(xt.tt_keep, 7199000, 7200000);
	assert_int_equal(xt.t_rcvtime, 5);
	assert_string_equal(xt.xt_cc, "newreno");
	assert_int_equal(mib(n, "net.inet.tcp.cc.algorithm", NULL, 0, name,
	    sizeof(name)), 0);
	assert_string_equal(name, xt.xt_cc);
	assert_int_equal(mib(n, "net.inet.tcp.cc.available", NULL, 0, name,
	    sizeof(name)), 0);
	assert_string_equal(name, xt.xt_cc);
	run(n);
	tcp_inptoxtp(s->so_pcb, &xt);
	assert_in_range(xt.tt_delack, 1, 40);
	soclose(c);
	run(n);
	soclose(s);
}

static void
socket_options_are_checked_and_read_back(void **state)
{
	static const struct {
		enum sockopt opt;
		int bad, good;
	} opts[] = {
		{ OPT_TCP_MAXSEG, 100, 1000 },
		{ OPT_TCP_KEEPIDLE, 0, 10 },
		{ OPT_TCP_KEEPINTVL, 32768, 20 },
		{ OPT_TCP_KEEPINIT, -5, 30 },
		{ OPT_TCP_KEEPCNT, 128, 127 },
	};
	struct net *n = net_of(state);
	struct socket *c, *s;
	int val;

	pair(n, &c, &s);
	for (size_t i = 0; i < sizeof(opts) / sizeof(opts[0]); i++) {
		assert_int_equal(sosetopt(c, opts[i].opt, opts[i].bad,
		    &n->cred), EINVAL);
		assert_int_equal(sosetopt(c, opts[i].opt, opts[i].good,
		    &n->cred), 0);
		assert_int_equal(sogetopt(c, opts[i].opt, &val), 0);
		assert_int_equal(val, opts[i].good);
	}
	assert_int_equal(sogetopt(s, OPT_TCP_KEEPIDLE, &val), 0);
	assert_int_equal(val, 7200);
	assert_int_equal(sosetopt(c, OPT_TCP_NODELAY, 5, &n->cred), 0);
	assert_int_equal(sogetopt(c, OPT_TCP_NODELAY, &val), 0);
	assert_int_equal(val, 1);
	/* A larger MSS than was agreed on is not to be had. */
	assert_int_equal(sosetopt(c, OPT_TCP_MAXSEG, 1001, &n->cred), EINVAL);
	soclose(c);
	soclose(s);
}

static void
accepted_sockets_inherit_from_their_listener(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener(n), *c = newsock(n), *s;
	struct tcp_facts f;
	int val;

	tcp_facts(l, &f);
	assert_int_equal(f.state, TCPS_LISTEN);
	assert_int_equal(f.snd_mss, 536);
	assert_int_equal(f.rcv_mss, 536);
	assert_int_equal(sosetopt(l, OPT_TCP_NODELAY, 1, &n->cred), 0);
	assert_int_equal(sosetopt(l, OPT_TCP_KEEPIDLE, 77, &n->cred), 0);
	assert_int_equal(sogetopt(l, OPT_TCP_MAXSEG, &val), 0);
	assert_int_equal(val, 536);
	assert_int_equal(sosetopt(l, OPT_TCP_MAXSEG, 1200, &n->cred), 0);
	assert_int_equal(sogetopt(l, OPT_TCP_MAXSEG, &val), 0);
	assert_int_equal(val, 1200);
	assert_int_equal(connect_to(n, c, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	s = accept_one(l);
	assert_int_equal(sogetopt(s, OPT_TCP_NODELAY, &val), 0);
	assert_int_equal(val, 1);
	assert_int_equal(sogetopt(s, OPT_TCP_KEEPIDLE, &val), 0);
	assert_int_equal(val, 77);
	assert_int_equal(tcb(c)->t_maxseg, 1200);
	soclose(l);
	soclose(c);
	soclose(s);
}

static void
options_survive_a_round_trip(void **state)
{
	struct tcpopt in = { .to_flags = TOF_MSS | TOF_SCALE | TOF_TS |
		TOF_SACKPERM, .to_mss = 1460, .to_wscale = 7,
		.to_tsval = 0x01020304, .to_tsecr = 0xfffefdfc }, out;
	uint8_t b[TCP_MAXOLEN];
	uint8_t len = tcp_addoptions(&in, b);

	(void)state;
	assert_int_equal(len % 4, 0);
	tcp_dooptions(&out, b, len, true);
	assert_int_equal(out.to_flags, in.to_flags);
	assert_int_equal(out.to_mss, 1460);
	assert_int_equal(out.to_wscale, 7);
	assert_int_equal(out.to_tsval, in.to_tsval);
	assert_int_equal(out.to_tsecr, in.to_tsecr);
	/* Without SYN only timestamps have a meaning. */
	tcp_dooptions(&out, b, len, false);
	assert_int_equal(out.to_flags, TOF_TS);
}

static void
malformed_options_end_the_walk(void **state)
{
	static const uint8_t zero[] = { 1, 2, 0, 5, 180 };
	static const uint8_t one[] = { 3, 1, 2, 4, 5, 180 };
	static const uint8_t beyond[] = { 2, 4, 5, 180, 8, 10, 1, 2 };
	static const uint8_t cut[] = { 2 };
	static const uint8_t eol[] = { 0, 2, 4, 5, 180 };
	static const uint8_t oddlen[] = { 2, 3, 5, 3, 3, 99 };
	static const uint8_t sack[] = { 5, 10, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct tcpopt to;

	(void)state;
	tcp_dooptions(&to, zero, sizeof(zero), true);
	assert_int_equal(to.to_flags, 0);
	tcp_dooptions(&to, one, sizeof(one), true);
	assert_int_equal(to.to_flags, 0);
	tcp_dooptions(&to, beyond, sizeof(beyond), true);
	assert_int_equal(to.to_flags, TOF_MSS);
	tcp_dooptions(&to, cut, sizeof(cut), true);
	assert_int_equal(to.to_flags, 0);
	tcp_dooptions(&to, eol, sizeof(eol), true);
	assert_int_equal(to.to_flags, 0);
	tcp_dooptions(&to, oddlen, sizeof(oddlen), true);
	assert_int_equal(to.to_flags, TOF_SCALE);
	assert_int_equal(to.to_wscale, 14);
	tcp_dooptions(&to, sack, sizeof(sack), false);
	assert_int_equal(to.to_flags, TOF_SACK);
	assert_int_equal(to.to_nsacks, 1);
	assert_ptr_equal(to.to_sacks, sack + 2);
}

static void
sequence_numbers_compare_on_a_circle(void **state)
{
	(void)state;
	assert_true(SEQ_LT(0xfffffff0, 5));
	assert_true(SEQ_GT(5, 0xfffffff0));
	assert_true(SEQ_LEQ(7, 7) && SEQ_GEQ(7, 7));
	assert_false(SEQ_LT(7, 7) || SEQ_GT(7, 7));
	assert_int_equal(SEQ_MAX(0xfffffff0, 5), 5);
	assert_true(TSTMP_LT(0xffffffff, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(knobs_have_freebsds_names_and_numbers),
		net_test(knobs_refuse_nonsense_and_keep_their_value),
		net_test(msl_and_buffer_sizes_are_obeyed),
		net_test(nolocaltimewait_leaves_nothing_behind),
		net_test(insecure_rst_and_syn_end_a_connection_by_guess),
		net_test(maxunacktime_bounds_how_long_data_waits),
		net_test(rexmtlimit_is_how_often_a_syn_is_answered),
		net_test(abc_l_var_caps_slow_start),
		net_test(without_rfc3465_it_is_acks_that_count_and_not_bytes),
		net_test(the_initial_window_is_that_of_the_rfc_asked_for),
		net_test(there_is_one_set_of_functions_and_it_is_the_default),
		net_test(fast_finwait2_recycle_is_for_those_who_cannot_wait),
		net_test(states_and_pcbcount_add_up),
		net_test(statistics_can_be_read_and_reset),
		net_test(every_packet_sent_is_counted_as_one_kind),
		net_test(listing_record_shows_timers_and_windows),
		net_test(socket_options_are_checked_and_read_back),
		net_test(accepted_sockets_inherit_from_their_listener),
		cmocka_unit_test(options_survive_a_round_trip),
		cmocka_unit_test(malformed_options_end_the_walk),
		cmocka_unit_test(sequence_numbers_compare_on_a_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
