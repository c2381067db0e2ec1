/*
 * net_test.c - netstat's text about interfaces, routes, queues and watchers.
 *
 * As golden_test.c, from listings built here message by message.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netstat/bpf.h"
#include "netstat/jail.h"
#include "netstat/route.h"
#include "netstat/show.h"
#include "sysctl/xbpf.h"
#include "sysctl/xnetisr.h"
#include "sysctl/xprison.h"
#include "tests/netstat/fake.h"
#include "tests/netstat/golden.h"

/* ---- messages ---- */

/* Append len bytes and zeros up to a multiple of 8. */
static void
append(struct stream *s, const void *p, size_t len)
{
	size_t room = SA_SIZE(len);

	s->buf = realloc(s->buf, s->len + room);
	assert_non_null(s->buf);
	memset(s->buf + s->len, 0, room);
	memcpy(s->buf + s->len, p, len);
	s->len += room;
}

/* An address, or with `mask' set the netmask of its length behind the slash. */
static void
append_addr(struct stream *s, const char *text, bool mask)
{
	struct xsockaddr_in sin = { .sin_len = sizeof(sin),
		.sin_family = AF_INET };
	struct xsockaddr_in6 sin6 = { .sin6_len = sizeof(sin6),
		.sin6_family = AF_INET6 };
	char addr[64];
	int plen = 0, i;

	assert_true(sscanf(text, "%63[^/]/%d", addr, &plen) >= 1);
	if (inet_pton(AF_INET, addr, &sin.sin_addr) == 1) {
		if (mask)
			sin.sin_addr.s_addr = plen == 0 ? 0 :
			    htonl(0xffffffffu << (32 - plen));
		append(s, &sin, sizeof(sin));
		return;
	}
	assert_int_equal(inet_pton(AF_INET6, addr, &sin6.sin6_addr), 1);
	for (i = 0; mask && i < 16; i++)
		sin6.sin6_addr.s6_addr[i] = i < plen / 8 ? 0xff : 0;
	append(s, &sin6, sizeof(sin6));
}

static void
append_link(struct stream *s, unsigned index, const char *name,
    const char *mac)
{
	struct xsockaddr_dl sdl = { .sdl_len = sizeof(sdl),
		.sdl_family = XAF_LINK, .sdl_index = (uint16_t)index,
		.sdl_nlen = (uint8_t)strlen(name),
		.sdl_alen = mac != NULL ? 6 : 0 };

	memcpy(sdl.sdl_data, name, sdl.sdl_nlen);
	if (mac != NULL)
		memcpy(sdl.sdl_data + sdl.sdl_nlen, mac, 6);
	append(s, &sdl, sizeof(sdl));
}

/* The length of what was begun at `at' is known now. */
static void
end_message(struct stream *s, size_t at)
{
	uint16_t len = (uint16_t)(s->len - at);

	memcpy(s->buf + at, &len, sizeof(len));
}

static void
add_interface(struct stream *s, unsigned index, const char *name,
    const char *mac, int flags, const struct if_data *data)
{
	struct if_msghdrl ifm = { .ifm_version = RTM_VERSION,
		.ifm_type = RTM_IFINFO, .ifm_addrs = RTA_IFP,
		.ifm_flags = flags, .ifm_index = (uint16_t)index,
		.ifm_len = sizeof(ifm),
		.ifm_data_off = offsetof(struct if_msghdrl, ifm_data),
		.ifm_data = *data };
	size_t at = s->len;

	append(s, &ifm, sizeof(ifm));
	append_link(s, index, name, mac);
	end_message(s, at);
}

static void
add_address(struct stream *s, unsigned index, const char *addr,
    const struct if_data *data)
{
	struct ifa_msghdrl ifam = { .ifam_version = RTM_VERSION,
		.ifam_type = RTM_NEWADDR, .ifam_addrs = RTA_NETMASK | RTA_IFA,
		.ifam_index = (uint16_t)index, .ifam_len = sizeof(ifam),
		.ifam_data_off = offsetof(struct ifa_msghdrl, ifam_data),
		.ifam_data = *data };
	size_t at = s->len;

	append(s, &ifam, sizeof(ifam));
	append_addr(s, addr, true);
	append_addr(s, addr, false);
	end_message(s, at);
}

/* gateway NULL: the interface itself. */
static void
add_route(struct stream *s, const char *dst, const char *gateway,
    unsigned index, int flags, uint64_t mtu)
{
	bool host = (flags & RTF_HOST) != 0;
	struct rt_msghdr rtm = { .rtm_version = RTM_VERSION,
		.rtm_type = RTM_GET, .rtm_index = (uint16_t)index,
		.rtm_flags = flags, .rtm_addrs = RTA_DST | RTA_GATEWAY |
		    (host ? 0 : RTA_NETMASK),
		.rtm_rmx = { .rmx_mtu = mtu, .rmx_nhidx = index,
		    .rmx_weight = 1 } };
	size_t at = s->len;

	append(s, &rtm, sizeof(rtm));
	append_addr(s, dst, false);
	if (gateway != NULL)
		append_addr(s, gateway, false);
	else
		append_link(s, index, "", NULL);
	if (!host)
		append_addr(s, dst, true);
	end_message(s, at);
}

/* ---- interfaces ---- */

static const struct if_data
    em0 = { .ifi_mtu = 1500, .ifi_ipackets = 120, .ifi_ierrors = 1,
	.ifi_iqdrops = 2, .ifi_ibytes = 12345678901, .ifi_opackets = 98,
	.ifi_oerrors = 3, .ifi_obytes = 4096, .ifi_collisions = 4,
	.ifi_oqdrops = 123456 },
    lo0 = { .ifi_mtu = 16384, .ifi_ipackets = 24, .ifi_opackets = 24,
	.ifi_ibytes = 1000, .ifi_obytes = 1000 },
    busy = { .ifi_mtu = 65535, .ifi_ipackets = 12345678,
	.ifi_opackets = 9999999999 };

static void
set_interfaces(void)
{
	struct stream s = { .len = 0 };

	add_interface(&s, 1, "em0", "\x08\x00\x27\x8d\xc0\x4d", XIFF_UP, &em0);
	add_address(&s, 1, "10.0.0.5/24", &lo0);
	add_address(&s, 1, "2001:db8::9/64", &lo0);
	add_interface(&s, 2, "lo0", NULL, XIFF_UP | XIFF_LOOPBACK, &lo0);
	add_address(&s, 2, "127.0.0.1/8", &lo0);
	add_address(&s, 2, "::1/128", &lo0);
	add_address(&s, 2, "10.0.0.9/8", &lo0);
	add_interface(&s, 3, "gre12345", NULL, 0, &busy);
	fake_set_stream(FAKE_IFLIST, &s);
}

static void
interfaces_with_a_line_per_address(void **state)
{
	(void)state;
	set_interfaces();
	golden("in", (struct view) { .interfaces = true, NUMERIC });
	golden("i", (struct view) { .interfaces = true });
	golden("inbd", (struct view) { .interfaces = true, .bytes = true,
	    .drops = true, NUMERIC });
	golden("inbdh", (struct view) { .interfaces = true, .bytes = true,
	    .drops = true, .human = true, NUMERIC });
}

static void
interfaces_of_one_name_or_family(void **state)
{
	(void)state;
	set_interfaces();
	golden("in-em0", (struct view) { .interfaces = true,
	    .interface = "em0", NUMERIC });
	golden("in-none", (struct view) { .interfaces = true,
	    .interface = "em", NUMERIC });
	golden("in4", (struct view) { .interfaces = true, .af = AF_INET,
	    NUMERIC });
	golden("in6", (struct view) { .interfaces = true, .af = AF_INET6,
	    NUMERIC });
	golden("in-link", (struct view) { .interfaces = true, .af = XAF_LINK,
	    NUMERIC });
}

static void
set_one_jail(void)
{
	struct xprison xp = { .pr_version = XPRISON_VERSION, .pr_id = 3,
		.pr_state = XPRISON_ALIVE, .pr_name = "www", .pr_ip4s = 2,
		.pr_ip6s = 1 };
	uint8_t buf[sizeof(xp) + 24] = { 0 };

	memcpy(buf, &xp, sizeof(xp));
	inet_pton(AF_INET, "10.0.0.9", buf + sizeof(xp));
	inet_pton(AF_INET, "10.0.0.5", buf + sizeof(xp) + 4);
	inet_pton(AF_INET6, "2001:db8::9", buf + sizeof(xp) + 8);
	fake_set("security.jail.list", buf, sizeof(buf));
}

static void
set_routes(void)
{
	struct stream s = { .len = 0 };

	add_route(&s, "::1", NULL, 2, RTF_UP | RTF_HOST, 16384);
	add_route(&s, "127.0.0.1", NULL, 2, RTF_UP | RTF_HOST, 16384);
	add_route(&s, "127.0.0.0/8", NULL, 2, RTF_UP, 16384);
	add_route(&s, "10.0.0.5", NULL, 2, RTF_UP | RTF_HOST | RTF_STATIC,
	    16384);
	add_route(&s, "10.0.0.0/24", NULL, 1, RTF_UP, 1500);
	add_route(&s, "10.0.0.0/8", "10.0.0.9", 1, RTF_UP | RTF_GATEWAY |
	    RTF_REJECT | RTF_DYNAMIC | RTF_MODIFIED | RTF_STATIC | RTF_PROTO1 |
	    RTF_PROTO2 | RTF_PROTO3 | RTF_BLACKHOLE | RTF_BROADCAST |
	    RTF_LLINFO | RTF_DONE | RTF_XRESOLVE, 1500);
	add_route(&s, "0.0.0.0/0", "10.0.0.1", 1, RTF_UP | RTF_GATEWAY |
	    RTF_STATIC, 1500);
	add_route(&s, "2001:db8:1111:2222:3333:4444:5555:0/112",
	    "2001:db8::9", 9, RTF_UP | RTF_GATEWAY, 1500);
	fake_set_stream(FAKE_ROUTES, &s);
}

static void
a_jail_has_its_own_addresses_and_host_routes(void **state)
{
	struct view v = { .interfaces = true, NUMERIC, .one_jail = true };

	(void)state;
	set_one_jail();
	set_interfaces();
	set_routes();
	assert_int_equal(jail_select(&fake_mib, "www", &v.jails), 0);
	golden("in-j", v);
	v.interfaces = false;
	v.routes = true;
	golden("rn-j", v);
	jailset_free(&v.jails);
}

/* ---- rates ---- */

static unsigned waited, waits;

static bool
wait_once(unsigned seconds)
{
	struct stream s = { .len = 0 };
	struct if_data more = em0;

	waited += seconds;
	if (waits-- == 0)
		return false;
	more.ifi_ipackets += waited;
	more.ifi_ierrors += waited + 1;
	more.ifi_iqdrops += waited + 2;
	more.ifi_ibytes += 1000000 * (uint64_t)waited;
	more.ifi_opackets += waited + 3;
	more.ifi_oerrors += waited + 4;
	more.ifi_obytes += waited + 5;
	more.ifi_collisions += waited + 6;
	more.ifi_oqdrops += waited + 7;
	add_interface(&s, 1, "em0", NULL, XIFF_UP, &more);
	add_address(&s, 1, "10.0.0.5/24", &more);
	add_interface(&s, 2, "lo0", NULL, XIFF_UP, &lo0);
	fake_set_stream(FAKE_IFLIST, &s);
	return true;
}

/* One form at a time: the counters go on. */
static void
rates_golden(const char *name, const char *form,
    const struct xo_style *style, struct view v, unsigned times)
{
	char *text;
	int status;

	waited = 0;
	waits = times;
	set_interfaces();
	v.wait = wait_once;
	v.interfaces = true;
	text = shown_as(style, &v, NULL, &status);
	assert_int_equal(status, 0);
	if (style->json)
		check_json(text);
	compare(name, form, text);
	free(text);
}

static void
rates_are_differences_between_two_looks(void **state)
{
	static const struct xo_style json = { .json = true, .pretty = true };
	struct view v = { .interval = 2, .howmany = 2 };

	(void)state;
	rates_golden("w2q2", "txt", &text_style, v, 100);
	assert_int_equal(waited, 4);
	rates_golden("w2q2", "json", &json, v, 100);
	v.drops = true;
	v.interface = "em0";
	rates_golden("w2q2d-em0", "txt", &text_style, v, 100);
	rates_golden("w2q2d-em0", "json", &json, v, 100);
	v.human = true;
	rates_golden("w2q2dh-em0", "txt", &text_style, v, 100);
	rates_golden("w2q2d-em0", "json", &json, v, 100);
}

static void
rates_have_a_head_every_21_rows(void **state)
{
	struct view v = { .interval = 1 };

	(void)state;
	rates_golden("w1", "txt", &text_style, v, 43);
}

static void
rates_of_no_interface_are_refused(void **state)
{
	struct view v = { .interfaces = true, .interface = "em1",
		.interval = 1, .wait = wait_once };
	char *text;
	int status;

	(void)state;
	set_interfaces();
	text = shown(&v, NULL, &status);
	assert_int_equal(status, 65);
	assert_string_equal(text, "");
	free(text);
}

/* ---- routes ---- */

static void
routes_in_the_order_of_their_destinations(void **state)
{
	static const struct rtstat some = { 1, 2, 0, 4, 5 };

	(void)state;
	set_interfaces();
	set_routes();
	golden("rn", (struct view) { .routes = true, NUMERIC });
	golden("r", (struct view) { .routes = true });
	golden("rnW", (struct view) { .routes = true, .wide = true, NUMERIC });
	golden("rn6", (struct view) { .routes = true, .af = AF_INET6,
	    NUMERIC });
	fake_set(ROUTE_STATS, &some, sizeof(some));
	golden("rs", (struct view) { .routes = true, .stats = 1 });
	golden("rss", (struct view) { .routes = true, .stats = 2 });
}

/* ---- the rest ---- */

static void
set_uint(const char *name, unsigned value)
{
	fake_set(name, &value, sizeof(value));
}

static void
set_netisr(void)
{
	static const struct sysctl_netisr_proto proto[] = {
		{ .snp_version = sizeof(proto[0]), .snp_name = "ip",
		    .snp_proto = NETISR_IP, .snp_qlimit = 256,
		    .snp_policy = NETISR_POLICY_FLOW,
		    .snp_flags = NETISR_SNP_FLAGS_M2FLOW },
		{ .snp_version = sizeof(proto[0]), .snp_name = "a_long_name",
		    .snp_proto = 99, .snp_qlimit = 1000000,
		    .snp_policy = 7, .snp_dispatch = 9,
		    .snp_flags = NETISR_SNP_FLAGS_M2CPUID |
			NETISR_SNP_FLAGS_DRAINEDCPU },
	};
	static const struct sysctl_netisr_workstream ws[] = {
		{ .snws_version = sizeof(ws[0]), .snws_wsid = 0 },
		{ .snws_version = sizeof(ws[0]), .snws_wsid = 1,
		    .snws_cpu = 3 },
	};
	static const struct sysctl_netisr_work work[] = {
		{ .snw_version = sizeof(work[0]), .snw_wsid = 1,
		    .snw_proto = 99, .snw_len = 1, .snw_watermark = 2,
		    .snw_dispatched = 3, .snw_hybrid_dispatched = 4,
		    .snw_qdrops = 5, .snw_queued = 6, .snw_handled = 7 },
		{ .snw_version = sizeof(work[0]), .snw_wsid = 0,
		    .snw_proto = NETISR_IP, .snw_handled = 1234567890 },
		{ .snw_version = sizeof(work[0]), .snw_wsid = 0,
		    .snw_proto = 5 },
	};

	set_uint("net.isr.numthreads", 2);
	set_uint("net.isr.maxthreads", 4);
	set_uint("net.isr.defaultqlimit", 256);
	set_uint("net.isr.maxqlimit", 10240);
	set_uint("net.isr.bindthreads", 1);
	fake_set("net.isr.dispatch", "direct", sizeof("direct"));
	fake_set("net.isr.proto", proto, sizeof(proto));
	fake_set("net.isr.workstream", ws, sizeof(ws));
	fake_set("net.isr.work", work, sizeof(work));
}

static void
the_queue_of_input_packets(void **state)
{
	(void)state;
	set_netisr();
	golden("Q", (struct view) { .netisr = true });
}

static void
watchers_of_packets(void **state)
{
	static const struct xbpf_d d[] = {
		{ .bd_structsize = sizeof(d[0]), .bd_pid = 999999999,
		    .bd_ifname = "em0", .bd_direction = BPF_D_INOUT,
		    .bd_hdrcmplt = 1, .bd_rcount = 10, .bd_dcount = 2,
		    .bd_fcount = 8, .bd_slen = 100, .bd_hlen = 200 },
		{ .bd_structsize = sizeof(d[0]), .bd_pid = 999999998,
		    .bd_ifname = "lo0", .bd_direction = BPF_D_OUT,
		    .bd_promisc = 1, .bd_immediate = 1, .bd_feedback = 1,
		    .bd_async = 1, .bd_locked = 1 },
		{ .bd_structsize = sizeof(d[0]), .bd_pid = -1,
		    .bd_ifname = "lo0", .bd_direction = BPF_D_IN },
	};
	struct view v = { .bpf = true, .zero = true };
	char *text;
	int status;

	(void)state;
	fake_set(BPF_VALUE, d, sizeof(d));
	golden("B", (struct view) { .bpf = true });
	golden("B-em0", (struct view) { .bpf = true, .interface = "em0" });
	fake_set(BPF_VALUE, d, sizeof(d[0]));
	text = shown(&v, NULL, &status);
	assert_string_equal(text, "");
	assert_true(fake_was_zeroed(BPF_VALUE));
	free(text);
}

static void
multicast_routing_is_not_there(void **state)
{
	(void)state;
	golden("g", (struct view) { .multicast = true });
	golden("g6", (struct view) { .multicast = true, .stats = 1,
	    .af = AF_INET6 });
}

static void
of_several_displays_the_first_in_order_is_shown(void **state)
{
	struct view v = { .bpf = true, .netisr = true, .interfaces = true,
		.routes = true, .multicast = true, NUMERIC };

	(void)state;
	set_interfaces();
	set_routes();
	set_netisr();
	fake_set(BPF_VALUE, "", 0);
	golden("B-none", v);
	v.bpf = false;
	golden("Q", v);
	v.netisr = false;
	golden("in", v);
	v.interfaces = false;
	golden("rn", v);
	v.routes = false;
	golden("g", v);
}

static void
interfaces_have_no_statistics_by_protocol(void **state)
{
	struct view v = { .interfaces = true, .stats = 1 };
	char *text;
	int status;

	(void)state;
	set_interfaces();
	text = shown(&v, NULL, &status);
	assert_string_equal(text, "");
	assert_int_equal(status, 0);
	free(text);
}

/* ---- what cannot be had, and what makes no sense ---- */

/* show() must fail and, as text, show nothing. */
static void
refused(struct view v)
{
	char *text;
	int status;

	text = shown(&v, NULL, &status);
	assert_int_equal(status, 1);
	assert_string_equal(text, "");
	free(text);
}

static void
what_cannot_be_read_is_an_error(void **state)
{
	static const struct xo_style json = { .json = true };
	struct view v = { .interfaces = true };
	char *text;
	int status;

	(void)state;
	refused((struct view) { .interfaces = true });
	refused((struct view) { .interfaces = true, .interval = 1 });
	refused((struct view) { .routes = true });
	refused((struct view) { .routes = true, .stats = 1 });
	refused((struct view) { .netisr = true });
	refused((struct view) { .bpf = true });
	refused((struct view) { .bpf = true, .zero = true });
	fake_set(BPF_VALUE, "half a record", 13);
	refused((struct view) { .bpf = true });
	set_netisr();
	fake_set("net.isr.work", "\x01", 1);
	refused((struct view) { .netisr = true });
	text = shown_as(&json, &v, NULL, &status);
	assert_int_equal(status, 1);
	check_json(text);
	free(text);
}

/* Thousands of lines about damage would hide all else: to nowhere with them,
 * until unmute() of what this returns. */
static int
mute(void)
{
	int told = dup(STDERR_FILENO);

	assert_int_not_equal(told, -1);
	assert_non_null(freopen("/dev/null", "w", stderr));
	return told;
}

static void
unmute(int told)
{
	fflush(stderr);
	dup2(told, STDERR_FILENO);
	close(told);
}

/* What a display makes of these bytes as both listings; true: it shows it. */
static bool
accepted(const uint8_t *buf, size_t len, struct view v)
{
	char *text;
	int status;

	fake_set(FAKE_IFLIST, buf, len);
	fake_set(FAKE_ROUTES, buf, len);
	text = shown(&v, NULL, &status);
	free(text);
	return status == 0;
}

static void
damaged_messages_never_lead_out_of_the_buffer(void **state)
{
	static const struct view views[] = {
		{ .interfaces = true, NUMERIC }, { .routes = true, NUMERIC },
	};
	struct stream s = { .len = 0 };
	uint64_t x = UINT64_C(0x2545f4914f6cdd1d);
	uint8_t *copy;
	int round, told, i;

	(void)state;
	told = mute();
	add_interface(&s, 1, "em0", "\x08\x00\x27\x8d\xc0\x4d", XIFF_UP, &em0);
	add_address(&s, 1, "10.0.0.5/24", &lo0);
	add_address(&s, 1, "2001:db8::9/64", &lo0);
	add_route(&s, "10.0.0.0/8", "10.0.0.9", 1, RTF_UP, 1500);
	add_route(&s, "::1", NULL, 2, RTF_UP | RTF_HOST, 16384);
	assert_true(accepted(s.buf, s.len, views[0]));
	assert_true(accepted(s.buf, s.len, views[1]));
	for (round = 0; round < 6000; round++) {
		size_t len = s.len - (round % 3 ? 0 : (size_t)x % s.len);

		copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, s.buf, len);
		for (i = 0; i < round % 6; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			copy[x % len] = (uint8_t)(x >> 32);
		}
		accepted(copy, len, views[round % 2]);
		free(copy);
	}
	unmute(told);
	stream_free(&s);
}

static void
messages_cut_off_are_refused(void **state)
{
	struct view v = { .interfaces = true, NUMERIC };
	struct stream s = { .len = 0 };
	size_t len, ends[] = { 0, 0, 0 };
	int told;

	(void)state;
	told = mute();
	add_interface(&s, 1, "em0", NULL, XIFF_UP, &em0);
	ends[1] = s.len;
	add_address(&s, 1, "10.0.0.5/24", &lo0);
	ends[2] = s.len;
	for (len = 0; len <= s.len; len++)
		assert_int_equal(accepted(s.buf, len, v),
		    len == ends[0] || len == ends[1] || len == ends[2]);
	unmute(told);
	stream_free(&s);
}

#define TEST(f) cmocka_unit_test_teardown(f, golden_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(interfaces_with_a_line_per_address),
		TEST(interfaces_of_one_name_or_family),
		TEST(a_jail_has_its_own_addresses_and_host_routes),
		TEST(rates_are_differences_between_two_looks),
		TEST(rates_have_a_head_every_21_rows),
		TEST(rates_of_no_interface_are_refused),
		TEST(routes_in_the_order_of_their_destinations),
		TEST(the_queue_of_input_packets),
		TEST(watchers_of_packets),
		TEST(multicast_routing_is_not_there),
		TEST(of_several_displays_the_first_in_order_is_shown),
		TEST(interfaces_have_no_statistics_by_protocol),
		TEST(what_cannot_be_read_is_an_error),
		TEST(damaged_messages_never_lead_out_of_the_buffer),
		TEST(messages_cut_off_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
