/*
 * The whole MIB of a stack: everything in it says what it is, and every setting
 * moves something.  A setting that is not in the table below is a failure, so
 * none can come without a test; a row without a test here names where it is.
 */
#include "tests/unit/stack_tcp_fixture.h"
#include "include/bsd/sys/sysctl.h"
#include "include/bsd/sys/ucred.h"
#include "stack/uipc.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

/* One request by number; the old value in out, its length returned. */
static int
ask(struct net *n, const int *mib, unsigned len, const void *newp,
    size_t newlen, void *out, size_t *outlen)
{
	struct sysctl_req req = { .vnet = n->v, .cred = &n->cred,
		.newptr = newp, .newlen = newlen };
	int error = sysctl_step(mib, len, &req);

	if (error == 0 && out != NULL) {
		assert_true(req.outlen <= *outlen);
		memcpy(out, req.out, req.outlen);
		*outlen = req.outlen;
	}
	free(req.out);
	return error;
}

static const struct xtcpcb *
shown(const struct socket *so)
{
	static struct xtcpcb xt;

	tcp_inptoxtp(so->so_pcb, &xt);
	return &xt;
}

/* The bare peer answers nothing that run() finds. */
static bool
is_for_peer(struct net *n, const struct pkt *p)
{
	struct endpoint peer = ep("127.0.0.9", 0);

	(void)n;
	return inaddr_eq(&p->dst.addr, &peer.addr);
}

static void
silent_peer(struct net *n)
{
	n->filter = is_for_peer;
}

/* ---- what settings do ---- */

static void
maxsockbuf_bounds_buffers(struct net *n)
{
	struct socket *so = newsock(n);
	int val;

	put_knob(n, "kern.ipc.maxsockbuf", 100000);
	(void)sosetopt(so, OPT_RCVBUF, 1 << 20, &n->cred);
	assert_int_equal(sogetopt(so, OPT_RCVBUF, &val), 0);
	assert_in_range(val, 1, 100000);
	soclose(so);
}

static void
soacceptqueue_bounds_backlogs(struct net *n)
{
	struct socket *l;

	put_knob(n, "kern.ipc.soacceptqueue", 7);
	l = listener_on(n, "127.0.0.2", PORT, 100);
	assert_int_equal(l->so_qlimit, 7);
	soclose(l);
}

static void
ttl_is_in_packets(struct net *n)
{
	struct socket *so = newsock(n);
	struct mbuf *m;

	put_knob(n, "net.inet.ip.ttl", 77);
	assert_int_equal(connect_to(n, so, "127.0.0.9", 1), EINPROGRESS);
	m = netisr_dequeue(n->v);
	assert_non_null(m);
	assert_int_equal(m->m_data[8], 77);
	m_freem(n->v, m);
	soclose(so);
}

static void
keepalive_times_end_a_dead_connection(struct net *n)
{
	struct peer pe;
	struct socket *so;

	silent_peer(n);
	put_knob(n, "net.inet.tcp.keepidle", 10000);
	put_knob(n, "net.inet.tcp.keepintvl", 1000);
	put_knob(n, "net.inet.tcp.keepcnt", 3);
	so = peer_connection(n, &pe, false);
	assert_in_range(shown(so)->tt_keep, 9000, 10000);
	pass(n, 9000);
	assert_int_equal(st(n)->tcps_keepprobe, 0);
	pass(n, 3500);
	assert_int_equal(st(n)->tcps_keepprobe, 3);
	pass(n, 1000);
	assert_int_equal(read_error(so), ETIMEDOUT);
	soclose(so);
}

static void
keepinit_ends_an_attempt(struct net *n)
{
	struct socket *so;

	silent_peer(n);
	put_knob(n, "net.inet.tcp.keepinit", 500);
	put_knob(n, "net.inet.tcp.rexmit_initial", 60000);
	so = newsock(n);
	assert_int_equal(connect_to(n, so, "127.0.0.9", 1), EINPROGRESS);
	pass(n, 400);
	assert_int_equal(so->so_error, 0);
	pass(n, 200);
	assert_int_equal(so->so_error, ETIMEDOUT);
	soclose(so);
}

static void
rexmit_initial_is_the_first_timeout(struct net *n)
{
	struct socket *so;

	silent_peer(n);
	put_knob(n, "net.inet.tcp.rexmit_initial", 300);
	so = newsock(n);
	assert_int_equal(connect_to(n, so, "127.0.0.9", 1), EINPROGRESS);
	assert_in_range(shown(so)->tt_rexmt, 299, 301);
	soclose(so);
	run(n);
}

/* Of a connection measured as fast as can be. */
static int
timeout_of_data(struct net *n)
{
	struct socket *c, *s;
	int ms;

	pair(n, &c, &s);
	assert_int_equal(put(n, c, "x", 1), 1);
	ms = shown(c)->tt_rexmt;
	run(n);
	soclose(c);
	run(n);
	soclose(s);
	run(n);
	return ms;
}

static void
rexmit_min_and_slop_make_the_timeout(struct net *n)
{
	put_knob(n, "net.inet.tcp.rexmit_slop", 500);
	assert_in_range(timeout_of_data(n), 500, 510);
	put_knob(n, "net.inet.tcp.rexmit_slop", 1);
	put_knob(n, "net.inet.tcp.rexmit_min", 900);
	assert_int_equal(timeout_of_data(n), 900);
}

static void
persmin_and_persmax_bound_the_probe_timer(struct net *n)
{
	struct peer pe;
	struct socket *so;

	silent_peer(n);
	put_knob(n, "net.inet.tcp.persmin", 700);
	put_knob(n, "net.inet.tcp.persmax", 800);
	so = peer_connection(n, &pe, false);
	pe.wnd = 0;
	/* A window shrinks with new data only. */
	peer_send(n, &pe, TH_ACK, "y", 1);
	peer_send(n, &pe, TH_ACK, "z", 1);
	assert_int_equal(put(n, so, "x", 1), 1);
	assert_in_range(shown(so)->tt_persist, 699, 701);
	pass(n, 750);
	assert_in_range(shown(so)->tt_persist, 640, 760);
	pass(n, 10000);
	assert_in_range(shown(so)->tt_persist, 1, 800);
	peer_send(n, &pe, TH_RST | TH_ACK, NULL, 0);
	soclose(so);
}

static void
finwait2_timeout_ends_a_closed_socket(struct net *n)
{
	static struct pkt p;
	struct peer pe;
	struct socket *so;

	silent_peer(n);
	put_knob(n, "net.inet.tcp.finwait2_timeout", 2000);
	so = peer_connection(n, &pe, false);
	soclose(so);
	peer_expect(n, &pe, &p, TH_FIN | TH_ACK);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	assert_int_equal(V_tcp(n->v)->states[TCPS_FIN_WAIT_2], 1);
	pass(n, 1900);
	assert_int_equal(V_tcp(n->v)->states[TCPS_FIN_WAIT_2], 1);
	pass(n, 200);
	assert_int_equal(V_tcp(n->v)->states[TCPS_FIN_WAIT_2], 0);
}

static void
delacktime_is_how_long_an_ack_waits(struct net *n)
{
	struct socket *c, *s;

	put_knob(n, "net.inet.tcp.delacktime", 90);
	pair(n, &c, &s);
	assert_int_equal(put(n, c, "x", 1), 1);
	run(n);
	assert_in_range(shown(s)->tt_delack, 89, 91);
	soclose(c);
	run(n);
	soclose(s);
}

static void
ack_war_timewindow_gives_new_challenge_acks(struct net *n)
{
	uint32_t start = tcp_ms(n->v) - 100;
	uint8_t cnt = 5;

	assert_false(tcp_challenge_ok(n->v, &start, &cnt));
	put_knob(n, "net.inet.tcp.ack_war_timewindow", 50);
	assert_true(tcp_challenge_ok(n->v, &start, &cnt));
}

static void
mss_of_peers_is_bounded_and_has_a_default(struct net *n)
{
	struct peer pe;
	struct socket *so;

	put_knob(n, "net.inet.tcp.mssdflt", 700);
	so = peer_connection(n, &pe, false);	/* names none */
	assert_int_equal(shown(so)->t_maxseg, 700);
	put_knob(n, "net.inet.tcp.minmss", 800);
	tcp_mss_set(tcb(so), 100);
	assert_int_equal(shown(so)->t_maxseg, 800);
	peer_send(n, &pe, TH_RST | TH_ACK, NULL, 0);
	soclose(so);
}

/* A connection attempt to the bare peer is told that there is no such port. */
static int
unreachable_while_connecting(struct net *n)
{
	struct socket *so = newsock(n);
	struct inaddr self, peer = ep("127.0.0.9", 0).addr;
	static struct pkt p;
	struct mbuf *m;
	int error;

	assert_int_equal(connect_to(n, so, "127.0.0.9", 1), EINPROGRESS);
	m = netisr_dequeue(n->v);
	assert_non_null(m);
	dissect(m, &p, false);
	self = p.src.addr;
	tcp_ctlinput(n->v, ECONNREFUSED, &self, &peer, m->m_data + 20);
	m_freem(n->v, m);
	error = so->so_error;
	soclose(so);
	return error;
}

static void
icmp_may_rst_believes_unreachables(struct net *n)
{
	assert_int_equal(unreachable_while_connecting(n), ECONNREFUSED);
	put_knob(n, "net.inet.tcp.icmp_may_rst", 0);
	assert_int_equal(unreachable_while_connecting(n), 0);
}

static void
rfc3042_sends_on_two_duplicates(struct net *n)
{
	static const char data[BIG];
	static struct pkt p;
	struct peer pe;
	struct socket *so;
	int sent[2];

	for (int on = 0; on < 2; on++) {
		put_knob(n, "net.inet.tcp.rfc3042", on);
		put_knob(n, "net.inet.tcp.initcwnd_segments", 2);
		so = peer_connection(n, &pe, false);
		put(n, so, data, 20000);
		while (peer_get(n, &p))
			continue;
		sent[on] = 0;
		for (int dup = 0; dup < 2; dup++) {
			peer_send(n, &pe, TH_ACK, NULL, 0);
			while (peer_get(n, &p))
				sent[on]++;
		}
		peer_send(n, &pe, TH_RST | TH_ACK, NULL, 0);
		soclose(so);
	}
	assert_int_equal(sent[0], 0);
	assert_int_equal(sent[1], 2);
}

/* The tap knows TCP only. */
static struct socket *
datagram(struct net *n, int type, int proto)
{
	struct socket *so;

	if_settap(n->v, NULL, NULL);
	assert_int_equal(socreate(n->v, AF_INET, type, proto, &n->cred, &so),
	    0);
	return so;
}

static int
send_len(struct net *n, struct socket *so, size_t len)
{
	static char buf[65536];
	struct iovec iov = { buf, len };
	struct endpoint to = ep("127.0.0.9", 9);
	size_t sent;
	int error = sosend(so, &iov, 1, &to, &n->cred, &sent);

	run(n);
	return error;
}

static int
send_to_any(struct net *n, struct socket *so)
{
	struct endpoint to = ep("0.0.0.0", 9);
	struct iovec iov = { (char []){ 'x' }, 1 };
	size_t sent;
	int error = sosend(so, &iov, 1, &to, &n->cred, &sent);

	run(n);
	return error;
}

static void
connect_inaddr_wild_lets_any_address_be_this_host(struct net *n)
{
	struct socket *l = listener_on(n, "127.0.0.1", PORT, 1);
	struct socket *c = newsock(n), *s, *u = datagram(n, SOCK_DGRAM, 0);

	put_knob(n, "net.inet.ip.connect_inaddr_wild", 0);
	assert_int_equal(connect_to(n, c, "0.0.0.0", PORT), ENETUNREACH);
	assert_int_equal(send_to_any(n, u), ENETUNREACH);
	assert_int_equal(connect_to(n, u, "0.0.0.0", 9), ENETUNREACH);
	put_knob(n, "net.inet.ip.connect_inaddr_wild", 1);
	assert_int_equal(connect_to(n, c, "0.0.0.0", PORT), EINPROGRESS);
	run(n);
	s = accept_one(l);
	assert_int_equal(send_to_any(n, u), 0);
	assert_int_equal(connect_to(n, u, "0.0.0.0", 9), 0);
	soclose(u);
	soclose(c);
	soclose(s);
	soclose(l);
}

static void
maxdgram_bounds_what_is_sent(struct net *n)
{
	struct socket *u = datagram(n, SOCK_DGRAM, 0);
	struct socket *r = datagram(n, SOCK_RAW, 200);

	put_knob(n, "net.inet.udp.maxdgram", 1000);
	put_knob(n, "net.inet.raw.maxdgram", 2000);
	assert_int_equal(send_len(n, u, 1000), 0);
	assert_int_equal(send_len(n, u, 1001), EMSGSIZE);
	assert_int_equal(send_len(n, r, 2000), 0);
	assert_int_equal(send_len(n, r, 2001), EMSGSIZE);
	soclose(u);
	soclose(r);
}

static void
recvspace_is_the_room_of_a_new_socket(struct net *n)
{
	struct socket *u, *r;

	put_knob(n, "net.inet.udp.recvspace", 5000);
	put_knob(n, "net.inet.raw.recvspace", 6000);
	u = datagram(n, SOCK_DGRAM, 0);
	r = datagram(n, SOCK_RAW, 200);
	assert_int_equal(u->so_rcv.sb_hiwat, 5000);
	assert_int_equal(r->so_rcv.sb_hiwat, 6000);
	soclose(u);
	soclose(r);
}

static void
local_space(struct net *n, int type, const char *snd, const char *rcv)
{
	struct socket *so;

	put_knob(n, snd, 5000);
	put_knob(n, rcv, 6000);
	assert_int_equal(socreate(n->v, AF_UNIX, type, 0, &n->cred, &so), 0);
	assert_int_equal(so->so_snd.sb_hiwat, 5000);
	assert_int_equal(so->so_rcv.sb_hiwat, 6000);
	soclose(so);
}

static void
local_sockets_get_their_room(struct net *n)
{
	local_space(n, SOCK_STREAM, "net.local.stream.sendspace",
	    "net.local.stream.recvspace");
	local_space(n, SOCK_DGRAM, "net.local.dgram.maxdgram",
	    "net.local.dgram.recvspace");
	local_space(n, SOCK_SEQPACKET, "net.local.seqpacket.maxseqpacket",
	    "net.local.seqpacket.recvspace");
}

static int
refused_datagram(struct net *n)
{
	struct socket *so = datagram(n, SOCK_DGRAM, 0);
	struct endpoint to = ep("127.0.0.2", 9);
	int error;

	assert_int_equal(soconnect(so, &to, &n->cred), 0);
	assert_int_equal(put(n, so, "x", 1), 1);
	run(n);
	error = so->so_error;
	soclose(so);
	return error;
}

static void
udp_blackhole_says_nothing_of_closed_ports(struct net *n)
{
	assert_int_equal(refused_datagram(n), ECONNREFUSED);
	put_knob(n, "net.inet.udp.blackhole", 1);
	assert_int_equal(refused_datagram(n), 0);
}

/* TCP sockets that cred's listing shows. */
static unsigned
seen_by(struct net *n, const struct cred *cred)
{
	struct sysctl_req req = { .vnet = n->v, .cred = cred,
		.jailed = jailed(n->v, cred) };
	const int mib[] = { CTL_NET, 2, IPPROTO_TCP, TCPCTL_PCBLIST };
	size_t len;

	while (sysctl_step(mib, 4, &req) == SYSCTL_MORE)
		continue;
	len = req.outlen;
	free(req.out);
	return (unsigned)((len - 2 * sizeof(struct xinpgen)) /
	    sizeof(struct xtcpcb));
}

static void
listings_show_others_where_the_policy_lets_them(struct net *n)
{
	const struct cred user = { .uid = 1, .prison = prison0(n->v) };
	struct socket *roots = newsock(n), *users;

	assert_int_equal(socreate(n->v, AF_INET, SOCK_STREAM, 0, &user,
	    &users), 0);
	assert_int_equal(seen_by(n, &user), 2);
	put_knob(n, "security.bsd.see_other_uids", 0);
	assert_int_equal(seen_by(n, &user), 1);
	assert_int_equal(seen_by(n, &n->cred), 2);
	soclose(roots);
	soclose(users);
}

static void
a_user_outside_may_be_kept_from_seeing_jails(struct net *n)
{
	struct inaddr addr = ep("10.0.0.1", 0).addr;
	const struct prison_params pp = { .name = "j", .addr = &addr,
		.naddr = 1, .ip4_restricted = true };
	const struct cred user = { .uid = 1, .prison = prison0(n->v) };
	struct cred in = { .uid = 0 };
	struct socket *so;
	char msg[256];

	assert_int_equal(prison_create(n->v, prison0(n->v), &pp, &in.prison,
	    msg, sizeof(msg)), 0);
	assert_int_equal(socreate(n->v, AF_INET, SOCK_STREAM, 0, &in, &so), 0);
	assert_int_equal(seen_by(n, &user), 1);
	put_knob(n, "security.bsd.see_jail_proc", 0);
	assert_int_equal(seen_by(n, &user), 0);
	assert_int_equal(seen_by(n, &n->cred), 1);
	assert_int_equal(seen_by(n, &in), 1);
	soclose(so);
	prison_remove(n->v, in.prison);
	prison_put(n->v, in.prison);
}

/* ---- the table ---- */

static const struct {
	const char *name;
	void	  (*moves)(struct net *);
	const char *elsewhere;
} settings[] = {
	{ "kern.hostname", NULL, "netjail_sysctl_test" },
	{ "kern.ipc.maxsockbuf", maxsockbuf_bounds_buffers, NULL },
	{ "kern.ipc.maxsockets", NULL, "stack_socket_udp_test" },
	{ "kern.ipc.soacceptqueue", soacceptqueue_bounds_backlogs, NULL },
	{ "net.local.stream.sendspace", local_sockets_get_their_room, NULL },
	{ "net.local.stream.recvspace", NULL, "net.local.stream.sendspace" },
	{ "net.local.dgram.maxdgram", NULL, "net.local.stream.sendspace" },
	{ "net.local.dgram.recvspace", NULL, "net.local.stream.sendspace" },
	{ "net.local.seqpacket.maxseqpacket", NULL,
	    "net.local.stream.sendspace" },
	{ "net.local.seqpacket.recvspace", NULL,
	    "net.local.stream.sendspace" },
	{ "net.inet.ip.ttl", ttl_is_in_packets, NULL },
	{ "net.inet.ip.connect_inaddr_wild",
	    connect_inaddr_wild_lets_any_address_be_this_host, NULL },
	{ "net.inet.ip.intr_queue_maxlen", NULL, "stack_socket_udp_test" },
	{ "net.inet.ip.portrange.first", NULL, "portrange_sysctl_test" },
	{ "net.inet.ip.portrange.last", NULL, "portrange_sysctl_test" },
	{ "net.inet.ip.portrange.hifirst", NULL, "portrange_sysctl_test" },
	{ "net.inet.ip.portrange.hilast", NULL, "portrange_sysctl_test" },
	{ "net.inet.ip.portrange.lowfirst", NULL, "portrange_sysctl_test" },
	{ "net.inet.ip.portrange.lowlast", NULL, "portrange_sysctl_test" },
	{ "net.inet.ip.portrange.randomized", NULL, "portrange_sysctl_test" },
	{ "net.inet.ip.portrange.reservedhigh", NULL,
	    "portrange_sysctl_test" },
	{ "net.inet.ip.portrange.reservedlow", NULL, "portrange_sysctl_test" },
	{ "net.inet.icmp.icmplim", NULL, "stack_socket_udp_test" },
	{ "net.inet.icmp.icmplim_jitter", NULL, "stack_socket_udp_test" },
	{ "net.inet.icmp.icmplim_output", NULL, "stack_socket_udp_test" },
	{ "net.inet.icmp.maskfake", NULL, "stack_stats_test" },
	{ "net.inet.icmp.maskrepl", NULL, "stack_stats_test" },
	{ "net.inet.icmp.quotelen", NULL, "stack_stats_test" },
	{ "net.inet.icmp.tstamprepl", NULL, "stack_stats_test" },
	{ "net.inet.tcp.rfc1323", NULL, "stack_tcp_open_test" },
	{ "net.inet.tcp.mssdflt", mss_of_peers_is_bounded_and_has_a_default,
	    NULL },
	{ "net.inet.tcp.minmss", NULL, "net.inet.tcp.mssdflt" },
	{ "net.inet.tcp.keepidle", keepalive_times_end_a_dead_connection,
	    NULL },
	{ "net.inet.tcp.keepintvl", NULL, "net.inet.tcp.keepidle" },
	{ "net.inet.tcp.keepcnt", NULL, "net.inet.tcp.keepidle" },
	{ "net.inet.tcp.keepinit", keepinit_ends_an_attempt, NULL },
	{ "net.inet.tcp.sendspace", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.recvspace", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.delacktime", delacktime_is_how_long_an_ack_waits,
	    NULL },
	{ "net.inet.tcp.abc_l_var", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.rfc3390", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.rfc3465", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.syncache.see_other", NULL, "stack_pcblist_test" },
	{ "net.inet.tcp.fast_finwait2_recycle", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.insecure_rst", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.insecure_syn", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.maxunacktime", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.nolocaltimewait", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.syncache.rexmtlimit", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.ack_war_cnt", NULL, "stack_tcp_timewait_test" },
	{ "net.inet.tcp.ack_war_timewindow",
	    ack_war_timewindow_gives_new_challenge_acks, NULL },
	{ "net.inet.tcp.always_keepalive", NULL, "stack_tcp_guard_test" },
	{ "net.inet.tcp.blackhole", NULL, "stack_tcp_open_test" },
	{ "net.inet.tcp.blackhole_local", NULL, "stack_vain_test" },
	{ "net.inet.tcp.log_in_vain", NULL, "stack_vain_test" },
	{ "net.inet.tcp.delayed_ack", NULL, "stack_tcp_data_test" },
	{ "net.inet.tcp.drop_synfin", NULL, "stack_tcp_guard_test" },
	{ "net.inet.tcp.finwait2_timeout",
	    finwait2_timeout_ends_a_closed_socket, NULL },
	{ "net.inet.tcp.icmp_may_rst", icmp_may_rst_believes_unreachables,
	    NULL },
	{ "net.inet.tcp.initcwnd_segments", NULL, "stack_tcp_data_test" },
	{ "net.inet.tcp.maxtcptw", NULL, "stack_tcp_timewait_test" },
	{ "net.inet.tcp.msl", NULL, "stack_tcp_knobs_test" },
	{ "net.inet.tcp.persmin", persmin_and_persmax_bound_the_probe_timer,
	    NULL },
	{ "net.inet.tcp.persmax", NULL, "net.inet.tcp.persmin" },
	{ "net.inet.tcp.reass.maxqueuelen", NULL, "stack_tcp_data_test" },
	{ "net.inet.tcp.retries", NULL, "stack_tcp_data_test" },
	{ "net.inet.tcp.rexmit_initial", rexmit_initial_is_the_first_timeout,
	    NULL },
	{ "net.inet.tcp.rexmit_min", rexmit_min_and_slop_make_the_timeout,
	    NULL },
	{ "net.inet.tcp.rexmit_slop", NULL, "net.inet.tcp.rexmit_min" },
	{ "net.inet.tcp.rfc3042", rfc3042_sends_on_two_duplicates, NULL },
	{ "net.inet.udp.blackhole",
	    udp_blackhole_says_nothing_of_closed_ports, NULL },
	{ "net.inet.udp.blackhole_local", NULL, "stack_vain_test" },
	{ "net.inet.udp.log_in_vain", NULL, "stack_vain_test" },
	{ "net.inet.udp.checksum", NULL, "stack_socket_udp_test" },
	{ "net.inet.udp.maxdgram", maxdgram_bounds_what_is_sent, NULL },
	{ "net.inet.udp.recvspace", recvspace_is_the_room_of_a_new_socket,
	    NULL },
	{ "net.inet.raw.maxdgram", NULL, "net.inet.udp.maxdgram" },
	{ "net.inet.raw.recvspace", NULL, "net.inet.udp.recvspace" },
	{ "jail.set_hostname_allowed", NULL, "netjail_sysctl_test" },
	{ "jail.socket_unixiproute_only", NULL, "netjail_sysctl_test" },
	{ "jail.sysvipc_allowed", NULL, "netjail_sysctl_test" },
	{ "security.bsd.see_other_uids",
	    listings_show_others_where_the_policy_lets_them, NULL },
	{ "security.bsd.see_jail_proc",
	    a_user_outside_may_be_kept_from_seeing_jails, NULL },
	{ "security.jail.allow_raw_sockets", NULL, "netjail_sysctl_test" },
	{ "security.jail.jail_max_af_ips", NULL, "netjail_sysctl_test" },
	{ "security.jail.set_hostname_allowed", NULL, "netjail_sysctl_test" },
	{ "security.jail.socket_unixiproute_only", NULL,
	    "netjail_sysctl_test" },
	{ "security.jail.sysvipc_allowed", NULL, "netjail_sysctl_test" },
};

static void
every_setting_moves_something(void **state)
{
	for (size_t i = 0; i < NITEMS(settings); i++) {
		if (settings[i].moves == NULL)
			continue;
		print_message("# %s\n", settings[i].name);
		settings[i].moves(net_of(state));
		assert_int_equal(net_teardown(state), 0);
		assert_int_equal(net_setup(state), 0);
	}
}

/* The next value after (mib, *len), skip marks ignored.  False: the end. */
static bool
next(struct net *n, int *mib, unsigned *len)
{
	int req[CTL_MAXNAME + 2] = { CTL_SYSCTL, CTL_SYSCTL_NEXTNOSKIP };
	size_t size = CTL_MAXNAME * sizeof(int);

	memcpy(req + 2, mib, *len * sizeof(int));
	if (ask(n, req, *len + 2, NULL, 0, mib, &size) != 0)
		return false;
	*len = (unsigned)(size / sizeof(int));
	return true;
}

/* Text that the MIB has about (mib, len); false: none. */
static bool
about(struct net *n, int what, const int *mib, unsigned len, void *text,
    size_t size)
{
	int req[CTL_MAXNAME + 2] = { CTL_SYSCTL, what };

	memcpy(req + 2, mib, len * sizeof(int));
	return ask(n, req, len + 2, NULL, 0, text, &size) == 0;
}

static void
every_value_and_every_node_says_what_it_is(void **state)
{
	struct net *n = net_of(state);
	int mib[CTL_MAXNAME] = { CTL_SYSCTL };
	unsigned len = 1, values = 0;
	char name[1024], text[1024];

	for (; next(n, mib, &len); values++)
		for (unsigned i = 1; i <= len; i++) {
			assert_true(about(n, CTL_SYSCTL_NAME, mib, i, name,
			    sizeof(name)));
			if (!about(n, CTL_SYSCTL_OIDDESCR, mib, i, text,
			    sizeof(text)) || strlen(text) < 2)
				fail_msg("%s: no description", name);
			assert_true(about(n, CTL_SYSCTL_OIDFMT, mib, i, text,
			    sizeof(text)));
		}
	assert_in_range(values, NITEMS(settings), 10000);
}

static bool
in_table(const char *name)
{
	for (size_t i = 0; i < NITEMS(settings); i++)
		if (strcmp(settings[i].name, name) == 0)
			return true;
	return false;
}

static void
no_setting_is_without_a_test(void **state)
{
	struct net *n = net_of(state);
	int mib[CTL_MAXNAME] = { CTL_SYSCTL };
	unsigned len = 1, found = 0;
	char name[1024], fmt[1024];
	uint32_t kind;

	while (next(n, mib, &len)) {
		assert_true(about(n, CTL_SYSCTL_OIDFMT, mib, len, fmt,
		    sizeof(fmt)));
		memcpy(&kind, fmt, sizeof(kind));
		if ((kind & CTLFLAG_TUN) == 0)
			continue;
		assert_true(about(n, CTL_SYSCTL_NAME, mib, len, name,
		    sizeof(name)));
		/* That a parameter of jails may be set, not here. */
		if (strncmp(name, "security.jail.param.", 20) == 0)
			continue;
		if (!in_table(name))
			fail_msg("%s: no test moves it", name);
		found++;
	}
	assert_int_equal(found, NITEMS(settings));
}

static void
whatever_is_written_to_counters_makes_them_zero(void **state)
{
	struct net *n = net_of(state);
	const int mib[] = { CTL_NET, 2, IPPROTO_TCP, TCPCTL_STATS };
	struct tcpstat before;
	size_t len = sizeof(before);
	struct socket *c, *s;

	pair(n, &c, &s);
	assert_int_equal(ask(n, mib, 4, "x", 1, &before, &len), 0);
	assert_int_equal(len, sizeof(before));
	assert_int_equal(before.tcps_connects, 2);
	assert_int_equal(st(n)->tcps_connects, 0);
	assert_int_equal(st(n)->tcps_sndtotal, 0);
	soclose(c);
	run(n);
	soclose(s);
}

/* ---- net.inet.tcp.drop ---- */

static struct sockaddr_storage
sockaddr_of(const struct endpoint *e)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = e->port,
		.sin_addr.s_addr = inaddr_to_v4(&e->addr) };
	struct sockaddr_storage ss = { .ss_family = AF_INET };

	memcpy(&ss, &sin, sizeof(sin));
	return ss;
}

static int
drop(struct net *n, const struct sockaddr_storage ss[2], size_t len)
{
	const int mib[] = { CTL_NET, 2, IPPROTO_TCP, TCPCTL_DROP };

	return ask(n, mib, 4, ss, len, NULL, NULL);
}

static void
a_connection_can_be_dropped_from_outside(void **state)
{
	struct net *n = net_of(state);
	struct endpoint here = ep("127.0.0.2", PORT), there;
	struct socket *c, *s, *l;
	struct sockaddr_storage ss[2];

	pair(n, &c, &s);
	there = (struct endpoint) { c->so_pcb->inp_laddr,
		c->so_pcb->inp_lport };
	ss[0] = sockaddr_of(&there);
	ss[1] = sockaddr_of(&here);
	assert_int_equal(drop(n, ss, sizeof(ss) - 1), ENOMEM);
	assert_int_equal(drop(n, ss, sizeof(ss)), 0);
	run(n);
	assert_int_equal(read_error(s), ECONNABORTED);
	assert_int_equal(read_error(c), ECONNRESET);
	assert_int_equal(drop(n, ss, sizeof(ss)), ESRCH);
	soclose(c);
	soclose(s);
	l = listener(n);
	assert_int_equal(drop(n, ss, sizeof(ss)), ESRCH);
	ss[1].ss_family = AF_UNIX;
	assert_int_equal(drop(n, ss, sizeof(ss)), EINVAL);
	soclose(l);
	expect_no_pcbs(n);
}

static void
time_wait_can_be_dropped(void **state)
{
	struct net *n = net_of(state);
	struct endpoint here, there = ep("127.0.0.2", PORT);
	struct sockaddr_storage ss[2];
	struct socket *c, *s;

	pair(n, &c, &s);
	here = (struct endpoint) { c->so_pcb->inp_laddr,
		c->so_pcb->inp_lport };
	soclose(c);
	run(n);
	soclose(s);
	run(n);
	assert_int_equal(V_tcp(n->v)->states[TCPS_TIME_WAIT], 1);
	ss[0] = sockaddr_of(&there);
	ss[1] = sockaddr_of(&here);
	assert_int_equal(drop(n, ss, sizeof(ss)), 0);
	expect_no_pcbs(n);
}

static int
getcred(struct net *n, const char *name, const struct endpoint *local,
    const struct endpoint *foreign, struct xucred *xuc)
{
	const struct endpoint *e[2] = { local, foreign };
	struct sockaddr_in sin[2];
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;
	size_t size = sizeof(*xuc);

	for (int i = 0; i < 2; i++)
		sin[i] = (struct sockaddr_in) { .sin_family = AF_INET,
			.sin_port = e[i]->port,
			.sin_addr.s_addr = inaddr_to_v4(&e[i]->addr) };
	assert_int_equal(sysctl_lookup(n->v, name, mib, &len), 0);
	return ask(n, mib, len, sin, sizeof(sin), xuc, &size);
}

static void
the_owner_of_a_socket_can_be_asked_for(void **state)
{
	struct net *n = net_of(state);
	const struct cred user = { .uid = 17, .prison = prison0(n->v) };
	struct endpoint here = ep("127.0.0.2", 53), there = ep("127.0.0.1", 9);
	struct socket *so;
	struct xucred xuc;

	assert_int_equal(socreate(n->v, AF_INET, SOCK_DGRAM, 0, &user, &so),
	    0);
	here.port = htons(5300);
	assert_int_equal(sobind(so, &here, &user), 0);
	assert_int_equal(getcred(n, "net.inet.udp.getcred", &here, &there,
	    &xuc), 0);
	assert_int_equal(xuc.cr_uid, 17);
	assert_int_equal(xuc.cr_ngroups, 0);
	assert_int_equal(getcred(n, "net.inet.tcp.getcred", &here, &there,
	    &xuc), ENOENT);
	soclose(so);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(every_value_and_every_node_says_what_it_is),
		net_test(no_setting_is_without_a_test),
		net_test(every_setting_moves_something),
		net_test(whatever_is_written_to_counters_makes_them_zero),
		net_test(a_connection_can_be_dropped_from_outside),
		net_test(time_wait_can_be_dropped),
		net_test(the_owner_of_a_socket_can_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
