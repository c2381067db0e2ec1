/*
 * golden_test.c - netstat's text, byte for byte.
 *
 * A test builds listings, lets show() print them and compares with a file in
 * tests/netstat/golden; the files were checked by hand against FreeBSD 14's
 * formats.  Run from the top of the tree.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/inet.h"
#include "netstat/jail.h"
#include "netstat/mbuf.h"
#include "netstat/name.h"
#include "netstat/show.h"
#include "sysctl/stats.h"
#include "sysctl/xprison.h"
#include "tests/netstat/fake.h"
#include "tests/netstat/golden.h"

#define TCP_LIST "net.inet.tcp.pcblist"
#define UDP_LIST "net.inet.udp.pcblist"
#define RAW_LIST "net.inet.raw.pcblist"

enum { CLOSED, LISTEN, SYN_SENT, SYN_RCVD, ESTABLISHED, CLOSE_WAIT, FIN_WAIT_1,
	CLOSING, LAST_ACK, FIN_WAIT_2, TIME_WAIT };

/* ---- the stack that most tests look at ---- */

static void
queues(struct xsocket *so, uint32_t rcv, uint32_t snd)
{
	so->so_rcv.sb_cc = rcv;
	so->so_snd.sb_cc = snd;
}

static void
set_tcp(void)
{
	static const char *const peer[] = { "10.0.0.9:1024", "*:0",
		"192.168.100.200:65535", "10.0.0.9:40000", "10.0.0.9:51234",
		"10.0.0.9:51235", "10.0.0.9:51236", "10.0.0.9:51237",
		"10.0.0.9:51238", "10.0.0.9:51239", "10.0.0.9:51240" };
	struct stream s = { .len = 0 };
	struct xtcpcb *tp;
	int i;

	add_gen(&s, 15, 100);
	for (i = CLOSED; i <= TIME_WAIT; i++)
		queues(&add_tcp(&s, "10.0.0.5:22", peer[i], i)->
		    xt_inp.xi_socket, (uint32_t)i * 1000, 0);
	tp = add_tcp(&s, "*:80", "*:0", LISTEN);
	tp->xt_inp.inp_vflag = INP_IPV4 | INP_IPV6;
	tp->xt_inp.xi_socket.so_qlen = 3;
	tp->xt_inp.xi_socket.so_incqlen = 1;
	tp->xt_inp.xi_socket.so_qlimit = 128;
	tp = add_tcp(&s, "[::1]:7777", "[2001:db8::9]:80", ESTABLISHED);
	tp->xt_inp.inp_flags = INP_ANONPORT;
	queues(&tp->xt_inp.xi_socket, 0, 4294967295);
	tp = add_tcp(&s, "[2001:db8:1111:2222:3333:4444:5555:6666]:65535",
	    "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:12345", SYN_SENT);
	queues(&tp->xt_inp.xi_socket, 1234567, 12345678);
	tp = add_tcp(&s, "10.0.0.5:99", "10.0.0.9:99", ESTABLISHED);
	tp->xt_inp.inp_gencnt = 101;	/* younger than the listing */
	add_gen(&s, 15, 100);
	fake_set_stream(TCP_LIST, &s);
}

static void
set_udp(void)
{
	struct stream s = { .len = 0 };

	add_gen(&s, 3, 7);
	add_inp(&s, IPPROTO_UDP, "*:514", "*:0");
	queues(&add_inp(&s, IPPROTO_UDP, "10.0.0.5:53", "10.0.0.9:53")->
	    xi_socket, 512, 0);
	add_inp(&s, IPPROTO_UDP, "[::]:5353", "[::]:0");
	add_gen(&s, 3, 7);
	fake_set_stream(UDP_LIST, &s);
}

static void
set_raw(void)
{
	struct stream s = { .len = 0 };

	add_gen(&s, 4, 7);
	add_inp(&s, IPPROTO_ICMP, "10.0.0.5:0", "*:0");
	add_inp(&s, IPPROTO_RAW, "*:0", "*:0");
	add_inp(&s, IPPROTO_RAW, "[::1]:0", "[::]:0");
	add_inp(&s, IPPROTO_ICMPV6, "[::]:0", "[::]:0");
	add_gen(&s, 4, 7);
	fake_set_stream(RAW_LIST, &s);
}

static int
setup(void **state)
{
	(void)state;
	set_tcp();
	set_udp();
	set_raw();
	return 0;
}

static void
all_sockets_numeric(void **state)
{
	(void)state;
	golden("an", (struct view) { .all = true, NUMERIC });
}

static void
without_a_no_listener_and_no_wildcard(void **state)
{
	(void)state;
	golden("n", (struct view) { NUMERIC });
}

static void
names_of_services_only_where_they_mean_something(void **state)
{
	(void)state;
	golden("aS", (struct view) { .all = true, .numeric_addr = true });
}

static void
names_of_hosts_are_cut_to_sixteen(void **state)
{
	(void)state;
	golden("a", (struct view) { .all = true });
}

static void
one_family_takes_its_sockets_and_those_of_both(void **state)
{
	(void)state;
	golden("an4", (struct view) { .all = true, .af = AF_INET, NUMERIC });
	golden("an6", (struct view) { .all = true, .af = AF_INET6, NUMERIC });
}

static void
listen_queues_need_a(void **state)
{
	(void)state;
	golden("Lan", (struct view) { .queues = true, .all = true, NUMERIC });
	golden("Ln", (struct view) { .queues = true, NUMERIC });
}

static void
pcb_addresses_narrow_the_other_columns(void **state)
{
	(void)state;
	golden("Aan", (struct view) { .pcb = true, .all = true, NUMERIC });
	golden("Aa", (struct view) { .pcb = true, .all = true });
	golden("AanL", (struct view) { .pcb = true, .all = true,
	    .queues = true, NUMERIC });
}

static void
wide_cuts_nothing(void **state)
{
	(void)state;
	golden("Wan", (struct view) { .wide = true, .all = true, NUMERIC });
	golden("Wa", (struct view) { .wide = true, .all = true });
	golden("Wa4", (struct view) { .wide = true, .all = true,
	    .af = AF_INET });
	golden("AWan", (struct view) { .pcb = true, .wide = true, .all = true,
	    NUMERIC });
}

/* ---- columns of single sockets ---- */

static void
set_one_tcp(const struct xtcpcb *like)
{
	struct stream s = { .len = 0 };
	struct xtcpcb *tp;

	add_gen(&s, 1, 7);
	tp = add_tcp(&s, "10.0.0.5:22", "10.0.0.9:51234", ESTABLISHED);
	memcpy(&tp->t_state, &like->t_state, sizeof(*tp) -
	    offsetof(struct xtcpcb, t_state));
	memcpy(tp->xt_cc, like->xt_cc, sizeof(tp->xt_cc));
	memcpy(tp->xt_stack, like->xt_stack, sizeof(tp->xt_stack));
	tp->xt_inp.xi_socket.so_rcv = like->xt_inp.xi_socket.so_rcv;
	tp->xt_inp.xi_socket.so_snd = like->xt_inp.xi_socket.so_snd;
	tp->xt_inp.inp_flowid = like->xt_inp.inp_flowid;
	tp->xt_inp.inp_flowtype = like->xt_inp.inp_flowtype;
	add_gen(&s, 1, 7);
	fake_set_stream(TCP_LIST, &s);
	set_udp();
}

static void
buffers_and_timers(void **state)
{
	static const struct xtcpcb tp = {
		.t_state = ESTABLISHED, .tt_rexmt = 230, .tt_keep = 7200000,
		.tt_2msl = 59999, .tt_delack = 5, .t_rcvtime = 1234567,
		.xt_inp.xi_socket.so_rcv = { .sb_hiwat = 65536, .sb_lowat = 1,
		    .sb_mbcnt = 0, .sb_mbmax = 524288 },
		.xt_inp.xi_socket.so_snd = { .sb_hiwat = 32768,
		    .sb_lowat = 2048, .sb_mbcnt = 10000000,
		    .sb_mbmax = 262144 },
		.xt_inp.inp_flowid = 0xbeef, .xt_inp.inp_flowtype = 178,
	};

	(void)state;
	set_one_tcp(&tp);
	golden("xan", (struct view) { .buffers = true, .all = true, NUMERIC });
	golden("xRan", (struct view) { .buffers = true, .flows = true,
	    .all = true, NUMERIC });
	golden("Ran", (struct view) { .flows = true, .all = true, NUMERIC });
}

static void
losses_are_blank_for_udp(void **state)
{
	static const struct xtcpcb tp = { .t_state = ESTABLISHED,
		.t_sndrexmitpack = 12, .t_rcvoopack = 345678,
		.t_sndzerowin = 9 };

	(void)state;
	set_one_tcp(&tp);
	golden("Tan", (struct view) { .losses = true, .all = true, NUMERIC });
}

static void
congestion_column_is_as_wide_as_its_longest_name(void **state)
{
	static const struct xtcpcb tp = { .t_state = ESTABLISHED,
		.xt_stack = "netjail", .xt_cc = "newreno", .t_snd_cwnd = 14480,
		.t_snd_ssthresh = 1073725440, .t_maxseg = 1448, .xt_ecn = 1 };
	static const struct xtcpcb young = { .t_state = SYN_SENT,
		.t_maxseg = 536 };

	(void)state;
	set_one_tcp(&tp);
	golden("Can", (struct view) { .congestion = true, .all = true,
	    NUMERIC });
	golden("can", (struct view) { .stacks = true, .all = true, NUMERIC });
	golden("xcCan", (struct view) { .stacks = true, .congestion = true,
	    .buffers = true, .all = true, NUMERIC });
	set_one_tcp(&young);
	golden("Can-young", (struct view) { .congestion = true, .all = true,
	    NUMERIC });
}

static void
log_ids_are_a_dash_where_there_is_none(void **state)
{
	struct stream s = { .len = 0 };
	struct xtcpcb *tp;

	(void)state;
	add_gen(&s, 2, 7);
	add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", ESTABLISHED);
	tp = add_tcp(&s, "1.2.3.4:1", "5.6.7.8:3", ESTABLISHED);
	memset(tp->xt_logid, 'x', sizeof(tp->xt_logid));
	add_gen(&s, 2, 7);
	fake_set_stream(TCP_LIST, &s);
	set_udp();
	golden("Pan", (struct view) { .logids = true, .all = true, NUMERIC });
}

static void
odd_states_and_flags(void **state)
{
	struct stream s = { .len = 0 };

	(void)state;
	add_gen(&s, 5, 7);
	add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", 11);
	add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", -2147483647 - 1);
	add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", SYN_SENT)->t_flags = TF_NEEDFIN;
	add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", CLOSING)->t_flags = TF_TOE;
	add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", CLOSED)->xt_inp.inp_vflag = 0;
	add_gen(&s, 5, 7);
	fake_set_stream(TCP_LIST, &s);
	golden("odd", (struct view) { NUMERIC });
}

/* ---- what else may stand below or instead of a table ---- */

static void
set_changed(uint32_t before, uint32_t after)
{
	struct stream s = { .len = 0 };

	add_gen(&s, before, 7);
	add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", ESTABLISHED);
	add_gen(&s, after, 8);
	fake_set_stream(TCP_LIST, &s);
}

static void
a_table_that_changed_meanwhile_says_so(void **state)
{
	(void)state;
	set_changed(2, 1);
	golden("deleted", (struct view) { NUMERIC });
	set_changed(1, 2);
	golden("created", (struct view) { NUMERIC });
	set_changed(2, 2);
	golden("changed", (struct view) { NUMERIC });
}

static void
nothing_is_shown_of_an_empty_stack(void **state)
{
	struct view v = { .all = true, .names = &fake_names };
	char *text;
	int status;

	(void)state;
	text = shown(&v, NULL, &status);
	assert_string_equal(text, "");
	assert_int_equal(status, 0);
	free(text);
}

static void
a_listing_that_cannot_be_read_is_an_error(void **state)
{
	struct view v = { .all = true, NUMERIC, .names = &fake_names };
	char *text;
	int status;

	(void)state;
	set_tcp();
	fake_fail(UDP_LIST, EPERM);
	text = shown(&v, NULL, &status);
	assert_int_equal(status, 1);
	assert_non_null(strstr(text, "TIME_WAIT"));
	free(text);
}

static void
one_protocol(void **state)
{
	struct view v = { .all = true, NUMERIC, .names = &fake_names };
	char *text;
	int status;

	(void)state;
	text = shown(&v, proto_find("udp"), &status);
	compare("p-udp", "txt", text);
	free(text);
	text = shown(&v, proto_find("ICMP"), &status);
	compare("p-icmp", "txt", text);
	free(text);
	assert_null(proto_find("sctp"));
	assert_null(proto_find("nonsense"));
}

/* ---- jails ---- */

static void
add_prison(struct stream *s, int jid, const char *name, unsigned nip4)
{
	struct xprison xp = { .pr_version = XPRISON_VERSION, .pr_id = jid,
		.pr_state = XPRISON_ALIVE, .pr_ip4s = nip4 };
	size_t len = sizeof(xp) + nip4 * 4u;

	memcpy(xp.pr_name, name, strlen(name));
	s->buf = realloc(s->buf, s->len + len);
	assert_non_null(s->buf);
	memset(s->buf + s->len, 0, len);
	memcpy(s->buf + s->len, &xp, sizeof(xp));
	s->len += len;
}

static void
set_jails(void)
{
	struct stream s = { .len = 0 };

	add_prison(&s, 4, "www.inner", 0);
	add_prison(&s, 3, "www", 1);
	add_prison(&s, 7, "wwwother", 3);
	add_prison(&s, 2, "www.a.b", 0);
	fake_set_stream("security.jail.list", &s);
	add_gen(&s, 4, 7);
	add_tcp(&s, "10.0.0.1:1", "10.0.0.9:1", ESTABLISHED);
	add_tcp(&s, "10.0.0.3:3", "10.0.0.9:3", ESTABLISHED)->
	    xt_inp.inp_spare64[0] = 3;
	add_tcp(&s, "10.0.0.4:4", "10.0.0.9:4", ESTABLISHED)->
	    xt_inp.inp_spare64[0] = 4;
	add_tcp(&s, "10.0.0.7:7", "10.0.0.9:7", ESTABLISHED)->
	    xt_inp.inp_spare64[0] = 7;
	add_gen(&s, 4, 7);
	fake_set_stream(TCP_LIST, &s);
}

static void
jail_golden(const char *jail, const char *name)
{
	struct view v = { NUMERIC, .one_jail = true };

	assert_int_equal(jail_select(&fake_mib, jail, &v.jails), 0);
	golden(name, v);
	jailset_free(&v.jails);
}

static void
a_jail_is_shown_with_those_below_it(void **state)
{
	(void)state;
	set_jails();
	jail_golden("www", "j-www");
	jail_golden("3", "j-www");
	jail_golden("7", "j-7");
	jail_golden("0", "j-host");
}

static void
a_jail_that_is_not_there_is_not_found(void **state)
{
	struct jailset set = { .n = 0 };
	struct stream s = { .len = 0 };

	(void)state;
	set_jails();
	assert_int_equal(jail_select(&fake_mib, "ww", &set), ESRCH);
	assert_int_equal(jail_select(&fake_mib, "5", &set), ESRCH);
	assert_int_equal(jail_select(&fake_mib, "", &set), ESRCH);
	add_prison(&s, 3, "www", 1);
	fake_set("security.jail.list", s.buf, s.len - 1);
	stream_free(&s);
	assert_int_equal(jail_select(&fake_mib, "www", &set), EPROTO);
	fake_reset();
	assert_int_equal(jail_select(&fake_mib, "www", &set), ENOENT);
}

/* ---- Unix-domain sockets ---- */

static void
unix_sockets(void **state)
{
	struct stream s = { .len = 0 };
	struct xunpcb *xu;

	(void)state;
	add_ungen(&s, 2, 7);
	xu = add_unix(&s, SOCK_STREAM, "/var/run/log");
	xu->unp_vnode = 0xfffff80003aaa000;
	xu->xu_socket.so_qlen = 2;
	xu->xu_socket.so_qlimit = 5;
	xu = add_unix(&s, SOCK_STREAM, NULL);
	xu->unp_conn = 0xfffff80003bbb000;
	queues(&xu->xu_socket, 17, 4096);
	add_ungen(&s, 2, 7);
	fake_set_stream("net.local.stream.pcblist", &s);
	add_ungen(&s, 1, 7);
	xu = add_unix(&s, SOCK_SEQPACKET, "/tmp/s");
	xu->xu_firstref = 1;
	xu->xu_nextref = 0xabc;
	add_ungen(&s, 2, 8);
	fake_set_stream("net.local.seqpacket.pcblist", &s);
	golden("unix", (struct view) { .af = AF_UNIX });
	golden("unix-L", (struct view) { .af = AF_UNIX, .queues = true });
}

/* ---- counters ---- */

/* Fill a struct of counters with first, first + step, ... */
static void
set_counters(const char *name, size_t len, uint64_t first, uint64_t step)
{
	uint64_t counter[512];
	size_t i;

	assert_true(len <= sizeof(counter));
	for (i = 0; i < len / sizeof(counter[0]); i++)
		counter[i] = first + i * step;
	fake_set(name, counter, len);
}

static void
set_stats(uint64_t first, uint64_t step)
{
	int maskrepl = first == 1;

	set_counters("net.inet.tcp.stats", sizeof(struct tcpstat), first, step);
	set_counters("net.inet.tcp.states", 11 * sizeof(uint64_t), first, step);
	set_counters("net.inet.udp.stats", sizeof(struct udpstat), first, step);
	set_counters("net.inet.ip.stats", sizeof(struct ipstat), first, step);
	set_counters("net.inet.icmp.stats", sizeof(struct icmpstat), first,
	    step);
	fake_set("net.inet.icmp.maskrepl", &maskrepl, sizeof(maskrepl));
}

static void
counters(void **state)
{
	(void)state;
	set_stats(1000, 1);
	golden("s", (struct view) { .stats = 1 });
	set_stats(1, 0);
	golden("s-ones", (struct view) { .stats = 1 });
	set_stats(0, 0);
	golden("s-zeros", (struct view) { .stats = 1 });
	golden("ss-zeros", (struct view) { .stats = 2 });
}

static void
counters_twice_s_leaves_out_what_is_zero(void **state)
{
	static const struct tcpstat tcp = { .tcps_sndtotal = 5,
		.tcps_sndbyte = 1, .tcps_sc_added = 1 };
	static const struct ipstat ip = { .ips_forward = 2 };
	static const uint64_t states[11] = { [ESTABLISHED] = 1, [LISTEN] = 2 };

	(void)state;
	fake_set("net.inet.tcp.stats", &tcp, sizeof(tcp));
	fake_set("net.inet.tcp.states", states, sizeof(states));
	fake_set("net.inet.ip.stats", &ip, sizeof(ip));
	golden("ss", (struct view) { .stats = 2 });
}

static void
z_shows_and_sets_back(void **state)
{
	struct view v = { .stats = 1, .zero = true };
	char *text;
	int status;

	(void)state;
	set_stats(1000, 1);
	text = shown(&v, NULL, &status);
	compare("s", "txt", text);
	free(text);
	assert_true(fake_was_zeroed("net.inet.tcp.stats"));
	assert_true(fake_was_zeroed("net.inet.icmp.stats"));
	assert_false(fake_was_zeroed("net.inet.tcp.states"));
	v.af = AF_INET6;
	text = shown(&v, NULL, &status);
	assert_non_null(strstr(text, "tcp:\n\t0 packets sent\n"));
	assert_null(strstr(text, "ip:\n"));
	free(text);
}

static void
counters_of_another_size_are_an_error(void **state)
{
	struct view v = { .stats = 1 };
	char *text;
	int status;

	(void)state;
	set_counters("net.inet.udp.stats", sizeof(struct udpstat) - 8, 0, 0);
	text = shown(&v, NULL, &status);
	assert_int_equal(status, 1);
	assert_string_equal(text, "");
	free(text);
}

/* ---- memory of packets ---- */

static void
add_zone(struct stream *s, const char *name, const struct xzone *like,
    size_t more)
{
	struct xzone xz = *like;

	xz.xz_len = sizeof(xz) + more;
	strncpy(xz.xz_name, name, sizeof(xz.xz_name) - 1);
	s->buf = realloc(s->buf, s->len + xz.xz_len);
	assert_non_null(s->buf);
	memset(s->buf + s->len, 0xff, xz.xz_len);
	memcpy(s->buf + s->len, &xz, sizeof(xz));
	s->len += xz.xz_len;
}

static void
set_zones(void)
{
	static const struct xzone
	    mbuf = { .xz_size = 352, .xz_used = 1030, .xz_free = 245,
		.xz_failures = 3, .xz_bytes = 8 * 65536, .xz_high = 1200 },
	    two = { .xz_size = 2120, .xz_used = 512, .xz_free = 8,
		.xz_limit = 25600, .xz_failures = 17, .xz_bytes = 18 * 65536 },
	    sixteen = { .xz_size = 16456, .xz_used = 1, .xz_free = 30,
		.xz_bytes = 524288 },
	    large = { .xz_size = 65608, .xz_limit = 4294967296,
		.xz_failures = 18446744073709551615u },
	    other = { .xz_size = 1000, .xz_used = 999, .xz_bytes = 999999 };
	struct stream s = { .len = 0 };

	add_zone(&s, "prison", &other, 0);
	add_zone(&s, "mbuf", &mbuf, 0);
	add_zone(&s, "mbuf_cluster_2k", &two, 0);
	add_zone(&s, "mbuf_cluster_16k", &sixteen, 8);
	add_zone(&s, "mbuf_cluster_64k", &large, 0);
	add_zone(&s, "mbuf_cluster_64ku", &other, 0);
	fake_set_stream(MBUF_VALUE, &s);
}

static void
memory_of_packets(void **state)
{
	(void)state;
	set_zones();
	golden("m", (struct view) { .mbufs = true });
}

static void
memory_is_shown_instead_of_sockets_and_counters(void **state)
{
	(void)state;
	set_zones();
	set_stats(1000, 1);
	golden("m", (struct view) { .mbufs = true, .all = true, .stats = 1 });
}

/* What mbuf_print() says to these bytes; text only where that is 0. */
static int
judged(const uint8_t *buf, size_t len)
{
	FILE *null = fopen("/dev/null", "w");
	struct xo xo;
	int error;

	assert_non_null(null);
	fake_set(MBUF_VALUE, buf, len);
	xo_init(&xo, null, &text_style);
	error = mbuf_print(&xo, &fake_mib);
	assert_int_equal(error == 0, xo.text.n > 0);
	assert_true(xo_finish(&xo));
	fclose(null);
	fake_reset();
	return error;
}

static void
zones_that_are_damaged_or_missing_are_an_error(void **state)
{
	static const struct xzone any = { .xz_size = 1 };
	struct view v = { .mbufs = true };
	struct stream s = { .len = 0 };
	uint64_t bad;
	char *text;
	int status;
	size_t i;

	(void)state;
	add_zone(&s, "mbuf", &any, 0);
	add_zone(&s, "mbuf_cluster_2k", &any, 0);
	add_zone(&s, "mbuf_cluster_16k", &any, 0);
	add_zone(&s, "mbuf_cluster_64k", &any, 0);
	assert_int_equal(judged(s.buf, s.len), 0);
	for (i = 0; i < s.len; i++)
		assert_int_equal(judged(s.buf, i), EPROTO);
	for (bad = 0; bad < sizeof(any); bad++) {
		memcpy(s.buf, &bad, sizeof(bad));
		assert_int_equal(judged(s.buf, s.len), EPROTO);
	}
	bad = UINT64_MAX;
	memcpy(s.buf, &bad, sizeof(bad));
	assert_int_equal(judged(s.buf, s.len), EPROTO);
	stream_free(&s);
	fake_fail(MBUF_VALUE, EPERM);
	text = shown(&v, NULL, &status);
	assert_int_equal(status, 1);
	free(text);
}

/* ---- the parts ---- */

static void
numbers_are_as_printf_prints_them(void **state)
{
	static const uint64_t edge[] = { 0, 1, 9, 10, 99, 100, 999999, 1000000,
		4294967295, INT64_MAX, (uint64_t)INT64_MAX + 1, UINT64_MAX };
	struct out out;
	char *text = NULL, want[8192];
	size_t i, n = 0, len;
	FILE *fp = open_memstream(&text, &len);

	(void)state;
	out_init(&out, fp);
	for (i = 0; i < sizeof(edge) / sizeof(edge[0]); i++) {
		n += (size_t)snprintf(want + n, sizeof(want) - n,
		    "%6ju %6jd %16jx %08jx\n", (uintmax_t)edge[i],
		    (intmax_t)edge[i], (uintmax_t)edge[i], (uintmax_t)edge[i]);
		out_uint(&out, edge[i], 6);
		out_str(&out, " ");
		out_int(&out, (int64_t)edge[i], 6);
		out_str(&out, " ");
		out_hex(&out, edge[i], 16, ' ');
		out_str(&out, " ");
		out_hex(&out, edge[i], 8, '0');
		out_str(&out, "\n");
	}
	assert_true(out_flush(&out));
	out_fini(&out);
	fclose(fp);
	assert_string_equal(text, want);
	free(text);
}

static void
a_table_larger_than_the_buffer_comes_out_whole(void **state)
{
	enum { ROWS = 5000 };
	static const char line[] = "tcp4       0      0 10.0.0.5.22            "
	    "10.0.0.9.51234         ESTABLISHED\n";
	struct view v = { NUMERIC, .names = &fake_names };
	struct stream s = { .len = 0 };
	char *text, *p;
	int i, status;

	(void)state;
	add_gen(&s, ROWS, 7);
	for (i = 0; i < ROWS; i++)
		add_tcp(&s, "10.0.0.5:22", "10.0.0.9:51234", ESTABLISHED);
	add_gen(&s, ROWS, 7);
	fake_set_stream(TCP_LIST, &s);
	text = shown(&v, NULL, &status);
	p = strstr(text, "tcp4");
	for (i = 0; i < ROWS; i++, p += sizeof(line) - 1)
		assert_memory_equal(p, line, sizeof(line) - 1);
	assert_int_equal(*p, '\0');
	free(text);
}

static void
a_full_disk_is_told(void **state)
{
	FILE *fp = fopen("/dev/full", "w");
	struct out out;

	(void)state;
	assert_non_null(fp);
	out_init(&out, fp);
	out_str(&out, "text");
	assert_false(out_flush(&out));
	out_fini(&out);
	fclose(fp);
}

/* ---- JSON ---- */

/* What a document of one string is, in one line. */
static char *
json_of(const char *value, const struct xo_style *style)
{
	struct xo xo;
	char *text = NULL;
	size_t len;
	FILE *fp = open_memstream(&text, &len);

	assert_non_null(fp);
	xo_init(&xo, fp, style);
	xo_open_list(&xo, "list");
	xo_open_instance(&xo);
	out_str(&xo.text, "text alone");
	xo_left(&xo, "s", value, 3);
	xo_close(&xo);
	xo_open_instance(&xo);
	xo_close(&xo);		/* what is open now xo_finish() closes */
	assert_true(xo_finish(&xo));
	fclose(fp);
	return text;
}

static void
strings_of_any_bytes_become_json(void **state)
{
	static const struct {
		const char *value, *want;
	} cases[] = {
		{ "", "{\"list\":[{\"s\":\"\"},{}]}\n" },
		{ "plain", "{\"list\":[{\"s\":\"plain\"},{}]}\n" },
		{ "q\"b\\n\n\x01", "{\"list\":[{\"s\":"
		    "\"q\\\"b\\\\n\\n\\u0001\"},{}]}\n" },
		{ "\xc3\xa9", "{\"list\":[{\"s\":\"\xc3\xa9\"},{}]}\n" },
		{ "a\xff" "b", "{\"list\":[{\"s\":"
		    "\"a\xef\xbf\xbd" "b\"},{}]}\n" },
	};
	static const struct xo_style json = { .json = true };
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text = json_of(cases[i].value, &json);
		assert_string_equal(text, cases[i].want);
		check_json(text);
		free(text);
	}
	text = json_of("plain", &text_style);
	assert_string_equal(text, "text alonepla");
	free(text);
}

/* What xo_parse_args() leaves of a command line, or NULL. */
static const char *
left_of(const char *line, struct xo_style *style)
{
	static char buf[128], text[128];
	char *argv[16], *p;
	int argc = 0, i;

	snprintf(buf, sizeof(buf), "%s", line);
	for (p = strtok(buf, " "); p != NULL; p = strtok(NULL, " "))
		argv[argc++] = p;
	argv[argc] = NULL;
	if ((argc = xo_parse_args(argc, argv, style)) == -1)
		return NULL;
	assert_null(argv[argc]);
	text[0] = '\0';
	for (i = 0; i < argc; i++)
		strcat(strcat(text, i > 0 ? " " : ""), argv[i]);
	return text;
}

static void
libxo_options_are_taken_out_of_the_arguments(void **state)
{
	static const struct {
		const char *line, *left;
		struct xo_style style;
	} cases[] = {
		{ "x -an", "x -an", { false, false } },
		{ "x -a --libxo json -n", "x -a -n", { true, false } },
		{ "x --libxo=json,pretty -n", "x -n", { true, true } },
		{ "x -n --libxo:JP", "x -n", { true, true } },
		{ "x --libxo:JT", "x", { false, false } },
		{ "x --libxo json --libxo text", "x", { false, false } },
		{ "x -- --libxo xml", "x -- --libxo xml", { false, false } },
		{ "x --libxonomy", "x --libxonomy", { false, false } },
		{ "x --libxo xml", NULL, { false, false } },
		{ "x --libxo json,html", NULL, { false, false } },
		{ "x --libxo:X", NULL, { false, false } },
		{ "x --libxo", NULL, { false, false } },
		{ "x --libxo=", NULL, { false, false } },
	};
	struct xo_style style;
	const char *left;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		left = left_of(cases[i].line, &style);
		assert_int_equal(left == NULL, cases[i].left == NULL);
		if (left == NULL)
			continue;
		assert_string_equal(left, cases[i].left);
		assert_int_equal(style.json, cases[i].style.json);
		assert_int_equal(style.pretty, cases[i].style.pretty);
	}
}

/* Twice, as the second answer comes from memory. */
static void
services_are_those_of_the_system(void **state)
{
	const struct servent *sp;
	const char *name;
	int i, port;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (port = 1; port < 200; port++) {
			name = system_names.service(htons((uint16_t)port),
			    "tcp");
			sp = getservbyport(htons((uint16_t)port), "tcp");
			assert_int_equal(name == NULL, sp == NULL);
			if (sp != NULL)
				assert_string_equal(name, sp->s_name);
		}
	}
}

/* ---- damaged listings ---- */

/* Show a listing of these bytes; true: nothing was wrong with it. */
static bool
accepts(const uint8_t *buf, size_t len, int protocol)
{
	static const struct view v = { .all = true, .buffers = true,
		.congestion = true, NUMERIC, .names = &fake_names };
	const struct inet_part part = { .name = "tcp", .protocol = protocol };
	struct feed *f = feed_new(buf, len);
	FILE *null = fopen("/dev/null", "w");
	struct inet_table t;
	struct xo xo;
	int error;

	assert_non_null(null);
	xo_init(&xo, null, &text_style);
	inet_table_init(&t, &xo, &v);
	error = inet_table_print(&t, &part, f);
	assert_true(error == 0 || error == EPROTO);
	assert_true(xo_finish(&xo));
	fclose(null);
	feed_free(f);
	return error == 0;
}

static void
a_listing_cut_off_anywhere_is_refused(void **state)
{
	struct stream s = { .len = 0 };
	size_t len;

	(void)state;
	add_gen(&s, 2, 7);
	add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", ESTABLISHED);
	add_tcp(&s, "[::1]:1", "[::1]:2", ESTABLISHED);
	add_gen(&s, 2, 7);
	for (len = 0; len < s.len; len++)
		assert_false(accepts(s.buf, len, IPPROTO_TCP));
	assert_true(accepts(s.buf, s.len, IPPROTO_TCP));
	add_gen(&s, 2, 7);
	assert_false(accepts(s.buf, s.len, IPPROTO_TCP));
	stream_free(&s);
}

static void
odd_lengths_are_refused(void **state)
{
	static const uint64_t bad[] = { 0, 1, 8, 63, 65, 72, 400, 743, 745,
		UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 63 };
	struct stream s = { .len = 0 };
	size_t i;

	(void)state;
	add_gen(&s, 1, 7);
	add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", ESTABLISHED);
	add_gen(&s, 1, 7);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(s.buf + sizeof(struct xinpgen), &bad[i], 8);
		assert_false(accepts(s.buf, s.len, IPPROTO_TCP));
	}
	stream_free(&s);
}

static void
longer_records_of_a_newer_stack_are_stepped_over(void **state)
{
	struct stream s = { .len = 0 };
	uint64_t len = sizeof(struct xinpcb) + sizeof(struct xinpgen);

	(void)state;
	add_gen(&s, 1, 7);
	add_inp(&s, IPPROTO_UDP, "1.2.3.4:1", "5.6.7.8:2");
	add_gen(&s, 1, 7);	/* becomes part of the record */
	memcpy(s.buf + sizeof(struct xinpgen), &len, sizeof(len));
	add_gen(&s, 1, 7);
	assert_true(accepts(s.buf, s.len, IPPROTO_UDP));
	stream_free(&s);
}

static uint64_t
next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void
random_damage_never_leads_out_of_the_buffer(void **state)
{
	struct stream s = { .len = 0 };
	uint64_t x = UINT64_C(0x2545f4914f6cdd1d);
	uint8_t *copy;
	int round, i;

	(void)state;
	add_gen(&s, 3, 7);
	for (i = 0; i < 3; i++)
		add_tcp(&s, "1.2.3.4:1", "5.6.7.8:2", ESTABLISHED);
	add_gen(&s, 3, 7);
	for (round = 0; round < 5000; round++) {
		size_t len = s.len - next_random(&x) % 3 *
		    (next_random(&x) % s.len) / 2;

		copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, s.buf, len);
		for (i = (int)(next_random(&x) % 40); i > 0 && len > 0; i--)
			copy[next_random(&x) % len] = (uint8_t)next_random(&x);
		fake_piece = next_random(&x) % 400;
		accepts(copy, len, round % 2 ? IPPROTO_TCP : IPPROTO_UDP);
		free(copy);
	}
	stream_free(&s);
}

static void
pieces_of_any_size_give_the_same_text(void **state)
{
	(void)state;
	for (fake_piece = 1; fake_piece < 1000; fake_piece += 37)
		golden("an", (struct view) { .all = true, NUMERIC });
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define STACK(f) cmocka_unit_test_setup_teardown(f, setup, golden_teardown)
#define EMPTY(f) cmocka_unit_test_teardown(f, golden_teardown)
		STACK(all_sockets_numeric),
		STACK(without_a_no_listener_and_no_wildcard),
		STACK(names_of_services_only_where_they_mean_something),
		STACK(names_of_hosts_are_cut_to_sixteen),
		STACK(one_family_takes_its_sockets_and_those_of_both),
		STACK(listen_queues_need_a),
		STACK(pcb_addresses_narrow_the_other_columns),
		STACK(wide_cuts_nothing),
		STACK(one_protocol),
		STACK(pieces_of_any_size_give_the_same_text),
		EMPTY(buffers_and_timers),
		EMPTY(losses_are_blank_for_udp),
		EMPTY(congestion_column_is_as_wide_as_its_longest_name),
		EMPTY(log_ids_are_a_dash_where_there_is_none),
		EMPTY(odd_states_and_flags),
		EMPTY(a_table_that_changed_meanwhile_says_so),
		EMPTY(nothing_is_shown_of_an_empty_stack),
		EMPTY(a_listing_that_cannot_be_read_is_an_error),
		EMPTY(a_jail_is_shown_with_those_below_it),
		EMPTY(a_jail_that_is_not_there_is_not_found),
		EMPTY(unix_sockets),
		EMPTY(counters),
		EMPTY(counters_twice_s_leaves_out_what_is_zero),
		EMPTY(z_shows_and_sets_back),
		EMPTY(counters_of_another_size_are_an_error),
		EMPTY(memory_of_packets),
		EMPTY(memory_is_shown_instead_of_sockets_and_counters),
		EMPTY(zones_that_are_damaged_or_missing_are_an_error),
		EMPTY(numbers_are_as_printf_prints_them),
		EMPTY(a_table_larger_than_the_buffer_comes_out_whole),
		EMPTY(a_full_disk_is_told),
		EMPTY(strings_of_any_bytes_become_json),
		EMPTY(libxo_options_are_taken_out_of_the_arguments),
		EMPTY(services_are_those_of_the_system),
		EMPTY(a_listing_cut_off_anywhere_is_refused),
		EMPTY(odd_lengths_are_refused),
		EMPTY(longer_records_of_a_newer_stack_are_stepped_over),
		EMPTY(random_damage_never_leads_out_of_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
