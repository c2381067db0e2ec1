/*
 * Theory of operation
 *
 * What the MIB says of interfaces, addresses, routes, the input queue and the
 * tap, read as a program reads it, message by message; with packets sent by
 * hand that move each counter.  Who sees what is tried for the host, for jails
 * with addresses of their own, and for one that inherits.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/prison.h"
#include "stack/ip_int.h"
#include "sysctl/sysctl.h"
#include "sysctl/xnetisr.h"

#define MAXROWS	70000

static struct vnet *v;
static struct cred host;

/* What was read last: rows in order, text for the eye of a test. */
static struct row {
	uint8_t		type;		/* RTM_ */
	uint16_t	index;
	struct inaddr	addr;		/* RTM_NEWADDR, RTM_GET */
	int32_t		flags;
	bool		net;		/* RTM_GET with a netmask */
	struct if_data	data;
} rows[MAXROWS];
static unsigned nrows, nslices;

static struct inaddr
addr(const char *text)
{
	struct inaddr a;

	if (!inaddr_pton(text, &a))
		fail_msg("%s is no address", text);
	return a;
}

static int
setup(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = "rtsock";

	(void)state;
	assert_int_equal(vnet_new(seed, 0, &v), 0);
	host.prison = prison0(v);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	vnet_free(v);
	return 0;
}

static struct prison *
make_jail(const char *name, const struct inaddr *a, unsigned n, bool own4,
    bool own6)
{
	struct prison_params pp = { .name = name, .addr = a, .naddr = n,
		.ip4_restricted = own4, .ip6_restricted = own6,
		.persist = true, .allow = PR_ALLOW_DEFAULT };
	struct prison *pr;
	char msg[100] = "";

	if (prison_create(v, prison0(v), &pp, &pr, msg, sizeof(msg)) != 0)
		fail_msg("jail %s: %s", name, msg);
	return pr;
}

static void
end_jail(struct prison *pr)
{
	prison_remove(v, pr);
	prison_put(v, pr);
}

static void
add(const char *text)
{
	struct inaddr a = addr(text);

	assert_int_equal(in_ifaddr_add(v, lo0(v), &a), 0);
}

/* ---- reading ---- */

static struct inaddr
inaddr_of(const uint8_t *sa)
{
	struct inaddr a;

	if (sa[1] == AF_INET)
		return inaddr_v4(((const struct xsockaddr_in *)
		    (const void *)sa)->sin_addr.s_addr);
	assert_int_equal(sa[1], AF_INET6);
	memcpy(a.b, &((const struct xsockaddr_in6 *)
	    (const void *)sa)->sin6_addr, sizeof(a.b));
	return a;
}

/* The addresses of a message end where it does. */
static void
check_addrs(int32_t addrs, const uint8_t *p, const uint8_t *end)
{
	for (unsigned i = 0; i < RTAX_MAX; i++)
		if ((addrs & 1 << i) != 0)
			p += SA_SIZE(*p);
	assert_ptr_equal(p, end);
}

static void
note(const uint8_t *p, size_t len)
{
	const struct if_msghdrl *ifm = (const void *)p;
	const struct ifa_msghdrl *ifam = (const void *)p;
	const struct rt_msghdr *rtm = (const void *)p;
	struct row *r = &rows[nrows++];

	assert_true(nrows < MAXROWS);
	r->type = p[3];
	switch (r->type) {
	case RTM_IFINFO:
		r->index = ifm->ifm_index;
		r->flags = ifm->ifm_flags;
		r->data = ifm->ifm_data;
		check_addrs(ifm->ifm_addrs, p + sizeof(*ifm), p + len);
		break;
	case RTM_NEWADDR:
		r->index = ifam->ifam_index;
		r->data = ifam->ifam_data;
		r->addr = inaddr_of(p + sizeof(*ifam) +
		    SA_SIZE(p[sizeof(*ifam)]));
		check_addrs(ifam->ifam_addrs, p + sizeof(*ifam), p + len);
		break;
	case RTM_GET:
		r->index = rtm->rtm_index;
		r->flags = rtm->rtm_flags;
		r->net = (rtm->rtm_addrs & RTA_NETMASK) != 0;
		r->addr = inaddr_of(p + sizeof(*rtm));
		check_addrs(rtm->rtm_addrs, p + sizeof(*rtm), p + len);
		break;
	default:
		fail_msg("type %d", r->type);
	}
}

static void
note_all(const uint8_t *p, size_t len)
{
	uint16_t n;

	for (; len > 0; p += n, len -= n) {
		memcpy(&n, p, sizeof(n));
		assert_true(n >= 8 && n <= len && n % 8 == 0);
		assert_int_equal(p[2], RTM_VERSION);
		note(p, n);
	}
}

/* One step of a request; what it said is noted. */
static int
step(struct sysctl_req *req, const int *name, unsigned len)
{
	int error = sysctl_step(name, len, req);

	nslices++;
	note_all(req->out, req->outlen);
	req->outlen = 0;
	return error;
}

static struct sysctl_req
request(const struct cred *cred)
{
	return (struct sysctl_req) { .vnet = v, .cred = cred,
		.jailed = cred->prison != prison0(v) };
}

static void
list(const struct cred *cred, int af, int op)
{
	const int name[] = { CTL_NET, NET_PF_ROUTE, 0, af, op, 0 };
	struct sysctl_req req = request(cred);
	int error;

	nrows = nslices = 0;
	do
		error = step(&req, name, 6);
	while (error == SYSCTL_MORE);
	assert_int_equal(error, 0);
	free(req.out);
}

/* All of a value by its name. */
static void
value(const char *name, void *p, size_t len)
{
	struct sysctl_req req = request(&host);
	int mib[CTL_MAXNAME];
	unsigned n = CTL_MAXNAME;

	assert_int_equal(sysctl_lookup(v, name, mib, &n), 0);
	assert_int_equal(sysctl_step(mib, n, &req), 0);
	assert_int_equal(req.outlen, len);
	memcpy(p, req.out, len);
	free(req.out);
}

static const struct row *
row_of(uint8_t type, const char *text)
{
	struct inaddr a = addr(text);

	for (unsigned i = 0; i < nrows; i++)
		if (rows[i].type == type && inaddr_eq(&rows[i].addr, &a))
			return &rows[i];
	return NULL;
}

/* ---- packets ---- */

/* len bytes of payload of an experimental protocol. */
static int
send_packet(const char *from, const char *to, size_t len)
{
	struct inaddr src = addr(from), dst = addr(to);
	struct mbuf *m = m_get(v, IP_MAXHDRLEN, len);

	assert_non_null(m);
	memset(m->m_data, 0, len);
	m->m_len = (uint32_t)len;
	return ip_output(v, m, &src, &dst, 253, 0, 0);
}

static void
run(void)
{
	while (vnet_run(v, 1000))
		continue;
}

/* ---- tests ---- */

static void
a_new_stack_has_lo0_and_its_address(void **state)
{
	(void)state;
	list(&host, AF_UNSPEC, NET_RT_IFLISTL);
	assert_int_equal(nrows, 2);
	assert_int_equal(rows[0].type, RTM_IFINFO);
	assert_int_equal(rows[0].flags,
	    XIFF_UP | XIFF_LOOPBACK | XIFF_RUNNING);
	assert_int_equal(rows[0].data.ifi_mtu, 65535);
	assert_int_equal(rows[0].data.ifi_type, IFT_LOOP);
	assert_non_null(row_of(RTM_NEWADDR, "127.0.0.1"));
	list(&host, AF_UNSPEC, NET_RT_DUMP);
	assert_int_equal(nrows, 2);
	assert_true(row_of(RTM_GET, "127.0.0.0")->net);
	assert_int_equal(row_of(RTM_GET, "127.0.0.0")->flags, RTF_UP);
	assert_int_equal(row_of(RTM_GET, "127.0.0.1")->flags,
	    RTF_UP | RTF_HOST);
}

static void
a_family_is_told_alone_and_no_route_leads_to_ipv6(void **state)
{
	(void)state;
	add("10.0.0.1");
	add("fd00::1");
	list(&host, AF_INET6, NET_RT_IFLISTL);
	assert_int_equal(nrows, 2);
	assert_non_null(row_of(RTM_NEWADDR, "fd00::1"));
	list(&host, AF_INET, NET_RT_IFLISTL);
	assert_int_equal(nrows, 3);
	list(&host, XAF_LINK, NET_RT_IFLISTL);
	assert_int_equal(nrows, 1);
	list(&host, AF_UNSPEC, NET_RT_DUMP);
	assert_int_equal(nrows, 3);
	assert_non_null(row_of(RTM_GET, "10.0.0.1"));
}

static void
a_jail_sees_its_own_addresses_and_all_interfaces(void **state)
{
	struct inaddr a[] = { addr("10.0.0.1"), addr("fd00::1"),
		addr("10.0.0.2") };
	struct prison *own, *half;
	struct cred cred = { .uid = 0 };

	(void)state;
	add("10.0.0.1");
	add("fd00::1");
	add("10.0.0.2");
	add("10.0.0.3");
	add("fd00::3");
	own = make_jail("own", a, 2, true, true);
	half = make_jail("half", &a[2], 1, true, false);
	cred.prison = own;
	list(&cred, AF_UNSPEC, NET_RT_IFLISTL);
	assert_int_equal(nrows, 3);
	assert_int_equal(rows[0].type, RTM_IFINFO);
	assert_non_null(row_of(RTM_NEWADDR, "10.0.0.1"));
	assert_non_null(row_of(RTM_NEWADDR, "fd00::1"));
	list(&cred, AF_UNSPEC, NET_RT_DUMP);
	assert_int_equal(nrows, 1);
	assert_non_null(row_of(RTM_GET, "10.0.0.1"));
	/* It has but one IPv4 address, and those of IPv6 that the host has. */
	cred.prison = half;
	list(&cred, AF_UNSPEC, NET_RT_IFLISTL);
	assert_int_equal(nrows, 4);
	assert_non_null(row_of(RTM_NEWADDR, "10.0.0.2"));
	assert_non_null(row_of(RTM_NEWADDR, "fd00::1"));
	assert_non_null(row_of(RTM_NEWADDR, "fd00::3"));
	end_jail(own);
	end_jail(half);
}

static void
a_packet_counts_at_interface_source_and_destination(void **state)
{
	const struct row *r;

	(void)state;
	add("10.0.0.1");
	add("10.0.0.2");
	assert_int_equal(send_packet("10.0.0.1", "10.0.0.2", 80), 0);
	list(&host, AF_UNSPEC, NET_RT_IFLISTL);
	assert_int_equal(rows[0].data.ifi_opackets, 1);
	assert_int_equal(rows[0].data.ifi_obytes, 100);
	assert_int_equal(rows[0].data.ifi_ipackets, 0);
	r = row_of(RTM_NEWADDR, "10.0.0.1");
	assert_int_equal(r->data.ifi_opackets, 1);
	assert_int_equal(r->data.ifi_obytes, 100);
	/* It arrives, and icmp answers that nobody takes the protocol. */
	vnet_run(v, 1);
	list(&host, AF_UNSPEC, NET_RT_IFLISTL);
	assert_int_equal(rows[0].data.ifi_ipackets, 1);
	assert_int_equal(rows[0].data.ifi_ibytes, 100);
	assert_int_equal(rows[0].data.ifi_opackets, 2);
	r = row_of(RTM_NEWADDR, "10.0.0.2");
	assert_int_equal(r->data.ifi_ipackets, 1);
	assert_int_equal(r->data.ifi_ibytes, 100);
	assert_int_equal(r->data.ifi_opackets, 1);
	run();
}

static void
errors_and_drops_of_an_interface_are_told(void **state)
{
	struct ifnet em0 = { .if_name = "em0", .if_mtu = 1500,
		.if_ierrors = 5, .if_oqdrops = 6, .if_collisions = 7 };
	struct ifmibdata ifmd;
	const int name[] = { CTL_NET, NET_PF_LINK, 0, 2, 2, 1 };
	struct sysctl_req req = request(&host);
	unsigned n;

	(void)state;
	lo0(v)->if_flags &= ~(uint32_t)IFF_UP;
	assert_int_equal(send_packet("127.0.0.1", "127.0.0.1", 1), ENETDOWN);
	lo0(v)->if_flags |= IFF_UP;
	for (n = 0; n <= NETISR_MAXLEN; n++)
		assert_int_equal(send_packet("127.0.0.1", "127.0.0.1", 1), 0);
	if_attach(v, &em0);
	list(&host, AF_UNSPEC, NET_RT_IFLISTL);
	assert_int_equal(nrows, 3);
	assert_int_equal(rows[0].data.ifi_oerrors, 1);
	assert_int_equal(rows[0].data.ifi_iqdrops, 1);
	assert_int_equal(rows[2].index, 2);
	assert_int_equal(rows[2].data.ifi_ierrors, 5);
	assert_int_equal(rows[2].data.ifi_oqdrops, 6);
	assert_int_equal(rows[2].data.ifi_collisions, 7);
	value("net.link.generic.system.ifcount", &n, sizeof(n));
	assert_int_equal(n, 2);
	assert_int_equal(sysctl_step(name, 6, &req), 0);
	assert_int_equal(req.outlen, sizeof(ifmd));
	memcpy(&ifmd, req.out, sizeof(ifmd));
	free(req.out);
	assert_string_equal(ifmd.ifmd_name, "em0");
	assert_memory_equal(&ifmd.ifmd_data, &rows[2].data,
	    sizeof(ifmd.ifmd_data));
	if_detach(v, &em0);
	value("net.link.generic.system.ifcount", &n, sizeof(n));
	assert_int_equal(n, 1);
	run();
}

static void
the_queue_counts_what_comes_and_goes(void **state)
{
	struct sysctl_netisr_work w;
	struct sysctl_netisr_proto p;
	unsigned i;

	(void)state;
	for (i = 0; i < NETISR_MAXLEN + 3; i++)
		send_packet("127.0.0.1", "127.0.0.1", 1);
	value("net.isr.work", &w, sizeof(w));
	assert_int_equal(w.snw_version, sizeof(w));
	assert_int_equal(w.snw_len, NETISR_MAXLEN);
	assert_int_equal(w.snw_queued, NETISR_MAXLEN);
	assert_int_equal(w.snw_qdrops, 3);
	assert_int_equal(w.snw_handled, 0);
	vnet_run(v, 10);
	value("net.isr.work", &w, sizeof(w));
	assert_in_range(w.snw_handled, 1, 10);	/* answers count, too */
	assert_int_equal(w.snw_handled + w.snw_len, w.snw_queued);
	run();
	value("net.isr.work", &w, sizeof(w));
	assert_int_equal(w.snw_len, 0);
	assert_int_equal(w.snw_watermark, NETISR_MAXLEN);
	assert_int_equal(w.snw_handled, w.snw_queued);
	value("net.isr.proto", &p, sizeof(p));
	assert_int_equal(p.snp_qlimit, NETISR_MAXLEN);
	assert_string_equal(p.snp_name, "ip");
}

static void
a_destination_without_a_route_is_counted(void **state)
{
	struct rtstat st;

	(void)state;
	value("net.route.stats", &st, sizeof(st));
	assert_int_equal(st.rts_unreach, 0);
	assert_int_equal(send_packet("127.0.0.1", "192.0.2.1", 1),
	    ENETUNREACH);
	value("net.route.stats", &st, sizeof(st));
	assert_int_equal(st.rts_unreach, 1);
}

static unsigned tapped;

static void
tap(void *arg, const struct vnet *vp, const struct ifnet *ifp,
    const struct mbuf *m)
{
	(void)arg;
	(void)vp;
	(void)ifp;
	(void)m;
	tapped++;
}

/* net.bpf.stats for cred, set back if so asked. */
static int
bpf(const struct cred *cred, bool zero, struct xbpf_d *d, size_t *lenp)
{
	struct sysctl_req req = request(cred);
	int mib[CTL_MAXNAME], error;
	unsigned n = CTL_MAXNAME;

	req.newptr = zero ? "" : NULL;
	assert_int_equal(sysctl_lookup(v, "net.bpf.stats", mib, &n), 0);
	error = sysctl_step(mib, n, &req);
	*lenp = req.outlen;
	if (req.outlen == sizeof(*d))
		memcpy(d, req.out, sizeof(*d));
	free(req.out);
	return error;
}

static void
who_watches_is_told_to_the_host_alone(void **state)
{
	struct inaddr a = addr("10.0.0.1");
	struct prison *pr = make_jail("pr", &a, 1, true, true);
	const struct cred jailed_root = { .prison = pr };
	struct xbpf_d d;
	size_t len;

	(void)state;
	assert_int_equal(bpf(&host, false, &d, &len), 0);
	assert_int_equal(len, 0);
	if_settap(v, tap, NULL);
	if_settapowner(v, 4711);
	tapped = 0;
	send_packet("127.0.0.1", "127.0.0.1", 1);
	run();
	assert_true(tapped > 0);
	assert_int_equal(bpf(&host, false, &d, &len), 0);
	assert_int_equal(len, sizeof(d));
	assert_int_equal(d.bd_pid, 4711);
	assert_int_equal(d.bd_rcount, tapped);
	assert_int_equal(d.bd_dcount, 0);
	assert_string_equal(d.bd_ifname, "lo0");
	assert_int_equal(bpf(&jailed_root, false, &d, &len), EPERM);
	assert_int_equal(bpf(&host, true, &d, &len), 0);
	assert_int_equal(bpf(&host, false, &d, &len), 0);
	assert_int_equal(d.bd_rcount, 0);
	if_settap(v, NULL, NULL);
	assert_int_equal(bpf(&host, false, &d, &len), 0);
	assert_int_equal(len, 0);
	end_jail(pr);
}

static void
a_long_listing_comes_in_slices_and_stays_whole(void **state)
{
	const int name[] = { CTL_NET, NET_PF_ROUTE, 0, 0, NET_RT_IFLISTL, 0 };
	struct sysctl_req req = request(&host);
	struct inaddr a;
	unsigned i, seen = 0;
	uint32_t last = 0, this;
	int error;

	(void)state;
	for (i = 1; i <= 60000; i++) {
		a = inaddr_v4(htonl(0x0a000000 + i));
		assert_int_equal(in_ifaddr_add(v, lo0(v), &a), 0);
	}
	nrows = nslices = 0;
	do {
		error = step(&req, name, 6);
		/* What comes and goes meanwhile does no harm to the rest. */
		a = inaddr_v4(htonl(0x0a000000 + 2 * nslices));
		(void)in_ifaddr_remove(v, &a);
		a = inaddr_v4(htonl(0x0b000000 + nslices));
		(void)in_ifaddr_add(v, lo0(v), &a);
	} while (error == SYSCTL_MORE);
	assert_int_equal(error, 0);
	assert_true(nslices > 60000 / 300);
	free(req.out);
	for (i = 0; i < nrows; i++) {
		if (rows[i].type != RTM_NEWADDR ||
		    rows[i].addr.b[12] != 10)
			continue;
		this = ntohl(inaddr_to_v4(&rows[i].addr));
		assert_true(this > last);
		last = this;
		seen += this % 2;
	}
	assert_int_equal(seen, 30000);
}

static void
a_jail_of_many_addresses_walks_its_own(void **state)
{
	static struct inaddr a[5000];
	struct cred cred = { .uid = 0 };
	unsigned i;

	(void)state;
	for (i = 0; i < 60000; i++) {
		struct inaddr one = inaddr_v4(htonl(0x0a000000 + i + 1));

		assert_int_equal(in_ifaddr_add(v, lo0(v), &one), 0);
		if (i % 12 == 0)
			a[i / 12] = one;
	}
	cred.prison = make_jail("many", a, 5000, true, true);
	list(&cred, AF_UNSPEC, NET_RT_IFLISTL);
	assert_int_equal(nrows, 5001);
	assert_true(nslices < 5000 / 200);
	for (i = 0; i < 5000; i++)
		assert_true(inaddr_eq(&rows[i + 1].addr, &a[i]));
	end_jail(cred.prison);
}

static void
names_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		unsigned len;
		int name[8], error;
	} cases[] = {
		{ 2, { CTL_NET, NET_PF_ROUTE }, EISDIR },
		{ 5, { CTL_NET, NET_PF_ROUTE, 0, 0, NET_RT_DUMP }, EISDIR },
		{ 8, { CTL_NET, NET_PF_ROUTE, 0, 0, NET_RT_DUMP, 0, 0, 0 },
		    ENOTDIR },
		{ 6, { CTL_NET, NET_PF_ROUTE, 0, 0, 99, 0 }, EINVAL },
		{ 6, { CTL_NET, NET_PF_ROUTE, 1, 0, NET_RT_DUMP, 0 }, EINVAL },
		{ 7, { CTL_NET, NET_PF_ROUTE, 0, 0, NET_RT_DUMP, 0, 1 },
		    EINVAL },
		{ 7, { CTL_NET, NET_PF_ROUTE, 0, 0, NET_RT_DUMP, 0, 0 }, 0 },
		{ 6, { CTL_NET, NET_PF_LINK, 0, 2, 2, 1 }, ENOENT },
		{ 6, { CTL_NET, NET_PF_LINK, 0, 2, 1, 2 }, ENOENT },
		{ 4, { CTL_NET, NET_PF_LINK, 0, 2 }, ENOENT },
	};
	struct sysctl_req req;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		req = request(&host);
		assert_int_equal(sysctl_step(cases[i].name, cases[i].len,
		    &req), cases[i].error);
		free(req.out);
	}
	req = request(&host);
	req.newptr = "";
	assert_int_equal(sysctl_step(cases[6].name, 6, &req), EPERM);
	req = request(&host);
	req.sizeonly = true;
	assert_int_equal(sysctl_step(cases[6].name, 6, &req), 0);
	assert_true(req.total > 0);
	assert_null(req.out);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_stack_has_lo0_and_its_address),
		TEST(a_family_is_told_alone_and_no_route_leads_to_ipv6),
		TEST(a_jail_sees_its_own_addresses_and_all_interfaces),
		TEST(a_packet_counts_at_interface_source_and_destination),
		TEST(errors_and_drops_of_an_interface_are_told),
		TEST(the_queue_counts_what_comes_and_goes),
		TEST(a_destination_without_a_route_is_counted),
		TEST(who_watches_is_told_to_the_host_alone),
		TEST(a_long_listing_comes_in_slices_and_stays_whole),
		TEST(a_jail_of_many_addresses_walks_its_own),
		TEST(names_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
