/*
 * Theory of operation
 *
 * Packets made by hand, good, broken and random ones, go into the input queue;
 * a UDP socket says what comes through and net.inet.ip.stats why not.  Then
 * what ip_output() makes, and the addresses of interfaces.
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
#include "stack/socket.h"
#include "sysctl/sysctl.h"

struct fixture {
	struct vnet	*v;
	struct cred	 host;
	struct socket	*so;		/* bound to 127.0.0.1:7 */
	uint8_t		 pkt[200];	/* a good datagram to it */
	size_t		 len;
};

static uint16_t
cksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)p[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* The header's checksum again, after a change. */
static void
resum(struct fixture *f)
{
	put16(f->pkt + 10, 0);
	put16(f->pkt + 10, cksum(f->pkt, (size_t)(f->pkt[0] & 0xf) * 4));
}

/* 127.0.0.1:9 -> 127.0.0.1:7 with optlen bytes of options and 10 of data. */
static void
make_packet(struct fixture *f, size_t optlen)
{
	size_t hl = 20 + optlen;
	uint8_t *h = f->pkt;

	memset(h, 0, sizeof(f->pkt));
	f->len = hl + 8 + 10;
	h[0] = (uint8_t)(0x40 | hl / 4);
	put16(h + 2, (uint16_t)f->len);
	h[8] = 64;
	h[9] = IPPROTO_UDP;
	h[12] = h[16] = 127;
	h[15] = h[19] = 1;
	put16(h + hl, 9);
	put16(h + hl + 2, 7);
	put16(h + hl + 4, 18);
	memcpy(h + hl + 8, "0123456789", 10);
	resum(f);
}

static int
setup(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = "ip";
	struct fixture *f = calloc(1, sizeof(*f));
	struct endpoint e = { inaddr_v4(htonl(INADDR_LOOPBACK)), htons(7) };

	assert_non_null(f);
	assert_int_equal(vnet_new(seed, 0, &f->v), 0);
	f->host.prison = prison0(f->v);
	assert_int_equal(socreate(f->v, AF_INET, SOCK_DGRAM, 0, &f->host,
	    &f->so), 0);
	assert_int_equal(sobind(f->so, &e, &f->host), 0);
	make_packet(f, 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	soclose(f->so);
	vnet_free(f->v);
	free(f);
	return 0;
}

/* The first len bytes of the packet arrive, as mbufs of `piece' bytes. */
static void
arrive_cut(struct fixture *f, size_t len, size_t piece)
{
	struct mbuf *m = NULL, **tailp = &m;

	for (size_t at = 0; at < len || at == 0; at += piece) {
		size_t n = piece < len - at ? piece : len - at;

		*tailp = m_frombuf(f->v, f->pkt + at, n, 0);
		assert_non_null(*tailp);
		tailp = &(*tailp)->m_next;
	}
	m->m_pktlen = (uint32_t)len;
	m->m_rcvif = lo0(f->v);
	netisr_enqueue(f->v, m);
	vnet_run(f->v, 1);
}

static void
arrive(struct fixture *f)
{
	arrive_cut(f, f->len, sizeof(f->pkt));
}

/* Is there a datagram?  Takes it. */
static bool
received(struct fixture *f)
{
	char buf[20];
	struct iovec iov = { buf, sizeof(buf) };
	size_t got;
	int error = soreceive(f->so, &iov, 1, NULL, 0, &got);

	if (error != 0)
		return false;
	assert_int_equal(got, 10);
	assert_memory_equal(buf, "0123456789", 10);
	return true;
}

static struct ipstat
stats(struct fixture *f)
{
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;
	struct sysctl_req req = { .vnet = f->v, .cred = &f->host };
	struct ipstat st;

	assert_int_equal(sysctl_lookup(f->v, "net.inet.ip.stats", mib, &len),
	    0);
	assert_int_equal(sysctl_step(mib, len, &req), 0);
	assert_int_equal(req.outlen, sizeof(st));
	memcpy(&st, req.out, sizeof(st));
	free(req.out);
	return st;
}

/* The packet is dropped, and counted there alone. */
#define ASSERT_DROPPED(f, field) do {                                  \
	struct ipstat before = stats(f), after;                        \
	arrive(f);                                                     \
	assert_false(received(f));                                     \
	after = stats(f);                                              \
	assert_int_equal(after.field, before.field + 1);               \
	assert_int_equal(after.ips_total, before.ips_total + 1);       \
	assert_int_equal(after.ips_delivered, before.ips_delivered);   \
} while (0)

static void
a_good_packet_is_delivered_however_it_is_cut(void **state)
{
	struct fixture *f = *state;

	for (size_t piece = 1; piece <= f->len; piece++) {
		arrive_cut(f, f->len, piece);
		assert_true(received(f));
	}
	assert_int_equal(stats(f).ips_delivered, f->len);
}

static void
bytes_behind_the_packet_are_cut_off(void **state)
{
	struct fixture *f = *state;

	f->len += 6;
	arrive(f);
	assert_true(received(f));
}

static void
a_packet_cut_short_anywhere_is_dropped(void **state)
{
	struct fixture *f = *state;

	for (size_t len = 0; len < f->len; len++) {
		arrive_cut(f, len, 7);
		assert_false(received(f));
	}
	assert_int_equal(stats(f).ips_toosmall, 20);
	assert_int_equal(stats(f).ips_tooshort, f->len - 20);
}

static void
any_flipped_bit_of_the_header_is_noticed(void **state)
{
	struct fixture *f = *state;

	for (unsigned bit = 0; bit < 160; bit++) {
		make_packet(f, 0);
		f->pkt[bit / 8] ^= (uint8_t)(1 << bit % 8);
		arrive(f);
		assert_false(received(f));
	}
	assert_int_equal(stats(f).ips_delivered, 0);
	assert_true(stats(f).ips_badsum >= 150);
}

static void
broken_headers_are_counted_by_what_is_wrong(void **state)
{
	struct fixture *f = *state;

	f->pkt[0] = 0x65;
	resum(f);
	ASSERT_DROPPED(f, ips_badvers);
	make_packet(f, 0);
	f->pkt[0] = 0x44;
	ASSERT_DROPPED(f, ips_badhlen);
	make_packet(f, 0);
	put16(f->pkt + 2, 19);
	resum(f);
	ASSERT_DROPPED(f, ips_badlen);
	make_packet(f, 0);
	put16(f->pkt + 2, (uint16_t)(f->len + 1));
	resum(f);
	ASSERT_DROPPED(f, ips_tooshort);
	make_packet(f, 0);
	f->pkt[11] ^= 1;
	ASSERT_DROPPED(f, ips_badsum);
}

static void
a_header_longer_than_the_packet_is_dropped(void **state)
{
	struct fixture *f = *state;

	f->pkt[0] = 0x4f;
	f->len = 30;
	ASSERT_DROPPED(f, ips_badhlen);
}

static void
addresses_that_cannot_be_are_dropped(void **state)
{
	struct fixture *f = *state;
	static const uint8_t sources[][4] = {
		{ 0, 0, 0, 0 }, { 255, 255, 255, 255 }, { 224, 0, 0, 1 } };

	for (unsigned i = 0; i < 3; i++) {
		make_packet(f, 0);
		memcpy(f->pkt + 12, sources[i], 4);
		resum(f);
		ASSERT_DROPPED(f, ips_badaddr);
	}
	make_packet(f, 0);
	f->pkt[16] = 224;
	resum(f);
	ASSERT_DROPPED(f, ips_notmember);
	make_packet(f, 0);
	f->pkt[16] = 10;
	resum(f);
	ASSERT_DROPPED(f, ips_cantforward);
}

static void
loopback_addresses_do_not_come_from_outside(void **state)
{
	struct fixture *f = *state;
	struct ifnet outside = { .if_name = "em0" };
	struct mbuf *m = m_frombuf(f->v, f->pkt, f->len, 0);

	m->m_pktlen = (uint32_t)f->len;
	m->m_rcvif = &outside;
	ip_input(f->v, m);
	assert_false(received(f));
	assert_int_equal(stats(f).ips_badaddr, 1);
}

static void
fragments_are_counted_and_dropped(void **state)
{
	struct fixture *f = *state;

	put16(f->pkt + 6, 0x2000);	/* more follow */
	resum(f);
	ASSERT_DROPPED(f, ips_fragdropped);
	put16(f->pkt + 6, 1);		/* the rest */
	resum(f);
	ASSERT_DROPPED(f, ips_fragdropped);
	assert_int_equal(stats(f).ips_fragments, 2);
}

static void
harmless_options_are_ignored(void **state)
{
	struct fixture *f = *state;
	static const uint8_t opts[] = { 1, 1, 7, 6, 4, 0, 0, 0, 148, 4, 0, 0,
		0, 77, 77, 77 };	/* behind the end anything goes */

	make_packet(f, sizeof(opts));
	memcpy(f->pkt + 20, opts, sizeof(opts));
	resum(f);
	arrive(f);
	assert_true(received(f));
}

static void
malformed_options_and_source_routes_are_dropped(void **state)
{
	struct fixture *f = *state;
	static const uint8_t bad[][4] = { { 7, 1, 0, 0 }, { 7, 5, 0, 0 },
		{ 7, 0, 0, 0 }, { 1, 1, 1, 7 } };
	static const uint8_t routes[][4] = { { 131, 4, 4, 0 },
		{ 1, 137, 3, 4 } };

	for (unsigned i = 0; i < 4; i++) {
		make_packet(f, 4);
		memcpy(f->pkt + 20, bad[i], 4);
		resum(f);
		ASSERT_DROPPED(f, ips_badoptions);
	}
	for (unsigned i = 0; i < 2; i++) {
		make_packet(f, 4);
		memcpy(f->pkt + 20, routes[i], 4);
		resum(f);
		ASSERT_DROPPED(f, ips_cantforward);
	}
}

static void
an_unknown_protocol_is_answered_with_unreachable(void **state)
{
	struct fixture *f = *state;
	struct mbuf *m;
	uint8_t icmp[56];

	f->pkt[9] = 253;
	resum(f);
	f->len += 6;	/* padding, not part of the packet */
	arrive(f);
	f->len -= 6;
	assert_int_equal(stats(f).ips_noproto, 1);
	m = netisr_dequeue(f->v);
	assert_non_null(m);
	assert_int_equal(m->m_pktlen, sizeof(icmp));
	m_copydata(m, 0, sizeof(icmp), icmp);
	m_freem(f->v, m);
	assert_int_equal(icmp[9], IPPROTO_ICMP);
	assert_int_equal(icmp[20], 3);
	assert_int_equal(icmp[21], ICMP_UNREACH_PROTO_CODE);
	assert_int_equal(cksum(icmp + 20, 36), 0);
	assert_int_equal(cksum(icmp + 28, 20), 0);
	assert_int_equal(get16(icmp + 28 + 4), 0);
	assert_int_equal(icmp[28 + 9], 253);
	assert_int_equal(get16(icmp + 28 + 2), f->len);
	assert_memory_equal(icmp + 28 + 12, f->pkt + 12, 16);
}

static void
bad_datagrams_are_dropped(void **state)
{
	struct fixture *f = *state;

	put16(f->pkt + 24, 7);		/* shorter than its header */
	arrive(f);
	assert_false(received(f));
	put16(f->pkt + 24, 19);		/* longer than the packet */
	arrive(f);
	assert_false(received(f));
	put16(f->pkt + 24, 18);
	put16(f->pkt + 26, 0x1234);	/* a wrong sum */
	arrive(f);
	assert_false(received(f));
	put16(f->pkt + 26, 0);
	arrive(f);
	assert_true(received(f));
}

static void
a_datagram_is_as_long_as_its_own_header_says(void **state)
{
	struct fixture *f = *state;
	char buf[20];
	struct iovec iov = { buf, sizeof(buf) };
	size_t got;

	put16(f->pkt + 24, 8 + 7);
	arrive(f);
	assert_int_equal(soreceive(f->so, &iov, 1, NULL, 0, &got), 0);
	assert_int_equal(got, 7);
}

static void
icmp_errors_that_quote_nothing_useful_are_ignored(void **state)
{
	struct fixture *f = *state;

	for (size_t len = 20; len < 64; len++) {
		make_packet(f, 0);
		f->len = len;
		f->pkt[9] = IPPROTO_ICMP;
		put16(f->pkt + 2, (uint16_t)len);
		resum(f);
		memset(f->pkt + 20, 0, sizeof(f->pkt) - 20);
		f->pkt[20] = 3;
		f->pkt[21] = 3;
		f->pkt[28] = (uint8_t)(len % 2 == 0 ? 0x45 : 0x4f);
		f->pkt[28 + 9] = IPPROTO_UDP;
		put16(f->pkt + 22, cksum(f->pkt + 20, len - 20));
		arrive(f);
	}
	assert_int_equal(sogeterror(f->so), 0);
}

static void
random_packets_do_no_harm(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 20000; i++) {
		static const uint8_t protos[] = { IPPROTO_ICMP, IPPROTO_UDP,
			IPPROTO_TCP, 253 };
		uint32_t style = vnet_random_below(f->v, 3);
		size_t len = vnet_random_below(f->v, sizeof(f->pkt) + 1);

		for (size_t b = 0; b < sizeof(f->pkt); b++)
			f->pkt[b] = (uint8_t)vnet_random(f->v);
		if (style > 0) {
			size_t hl = style == 2 ? 20 : 4 *
			    (size_t)(5 + vnet_random_below(f->v, 11));

			memcpy(f->pkt + 12, "\x7f\0\0\1\x7f\0\0\1", 8);
			f->pkt[0] = (uint8_t)(0x40 | hl / 4);
			put16(f->pkt + 2, (uint16_t)len);
			put16(f->pkt + 6, 0);
			f->pkt[9] = protos[vnet_random_below(f->v, 4)];
			if (style == 2 && len >= 28) {
				put16(f->pkt + 22, 0);
				f->pkt[20] &= 15;
				put16(f->pkt + 22, cksum(f->pkt + 20,
				    len - 20));
			}
			resum(f);
		}
		arrive_cut(f, len, 1 + vnet_random_below(f->v, 60));
		vnet_settime(f->v, f->v->now + NSEC_PER_MSEC);
		while (vnet_run(f->v, 100))
			;
	}
	assert_true(stats(f).ips_delivered > 1000);
}

/* ---- output and addresses ---- */

static void
a_packet_to_nowhere_or_too_large_is_refused(void **state)
{
	struct fixture *f = *state;
	struct inaddr here = inaddr_v4(htonl(INADDR_LOOPBACK)), there;

	assert_true(inaddr_pton("192.0.2.1", &there));
	assert_int_equal(ip_output(f->v, m_frombuf(f->v, f->pkt, 10,
	    MHEADROOM), &here, &there, 253, 0, 0), ENETUNREACH);
	assert_int_equal(stats(f).ips_noroute, 1);
	assert_int_equal(ip_maxpayload(f->v, &here), 65515);
	lo0(f->v)->if_mtu = 30;
	assert_int_equal(ip_output(f->v, m_frombuf(f->v, f->pkt, 11,
	    MHEADROOM), &here, &here, 253, 0, 0), EMSGSIZE);
	assert_int_equal(ip_output(f->v, m_frombuf(f->v, f->pkt, 10,
	    MHEADROOM), &here, &here, 253, 0, 0), 0);
	lo0(f->v)->if_flags &= ~(uint32_t)IFF_UP;
	assert_int_equal(ip_output(f->v, m_frombuf(f->v, f->pkt, 10,
	    MHEADROOM), &here, &here, 253, 0, 0), ENETDOWN);
}

static void
output_makes_a_right_header(void **state)
{
	struct fixture *f = *state;
	struct inaddr here = inaddr_v4(htonl(INADDR_LOOPBACK));
	struct inaddr there = inaddr_v4(htonl(INADDR_LOOPBACK + 5));
	struct mbuf *m;

	assert_int_equal(ip_output(f->v, m_frombuf(f->v, "abc", 3, MHEADROOM),
	    &here, &there, 253, 0, 0x10), 0);
	m = netisr_dequeue(f->v);
	assert_int_equal(m->m_pktlen, 23);
	m_copydata(m, 0, 23, f->pkt);
	m_freem(f->v, m);
	assert_int_equal(f->pkt[0], 0x45);
	assert_int_equal(f->pkt[1], 0x10);
	assert_int_equal(get16(f->pkt + 2), 23);
	assert_int_equal(f->pkt[8], 64);
	assert_int_equal(f->pkt[9], 253);
	assert_int_equal(cksum(f->pkt, 20), 0);
	assert_memory_equal(f->pkt + 12, "\x7f\0\0\1\x7f\0\0\6", 8);
}

static void
an_address_lives_as_long_as_one_brings_it(void **state)
{
	struct fixture *f = *state;
	struct inaddr a, any = inaddr_v4(INADDR_ANY);
	const struct in_ifaddr *ia;

	assert_true(inaddr_pton("10.0.0.1", &a));
	assert_false(in_localaddr(f->v, &a));
	assert_int_equal(in_ifaddr_remove(f->v, &a), EADDRNOTAVAIL);
	assert_int_equal(in_ifaddr_add(f->v, lo0(f->v), &any), EINVAL);
	assert_int_equal(in_ifaddr_add(f->v, lo0(f->v), &a), 0);
	assert_int_equal(in_ifaddr_add(f->v, lo0(f->v), &a), 0);
	ia = in_ifaddr_after(f->v, in_ifaddr_after(f->v, 0)->ia_seq);
	assert_true(inaddr_eq(&ia->ia_addr, &a));
	assert_ptr_equal(ia->ia_ifp, lo0(f->v));
	assert_null(in_ifaddr_after(f->v, ia->ia_seq));
	assert_ptr_equal(in_ifaddr_find(f->v, &a), ia);
	assert_int_equal(in_ifaddr_count(f->v), 2);
	assert_int_equal(in_ifaddr_remove(f->v, &a), 0);
	assert_true(in_localaddr(f->v, &a));
	assert_int_equal(in_ifaddr_remove(f->v, &a), 0);
	assert_false(in_localaddr(f->v, &a));
	ia = in_ifaddr_after(f->v, 0);
	assert_true(inaddr_is_loopback(&ia->ia_addr));
	assert_null(in_ifaddr_after(f->v, ia->ia_seq));
	assert_int_equal(in_ifaddr_count(f->v), 1);
}

static void
many_addresses_are_walked_in_order(void **state)
{
	struct fixture *f = *state;
	const struct in_ifaddr *ia = in_ifaddr_after(f->v, 0);
	uint64_t seq;
	unsigned n = 0;

	for (uint32_t i = 0; i < 65536; i++) {
		struct inaddr a = inaddr_v4(htonl(0x0a000000 + i * 7 + 1));

		assert_int_equal(in_ifaddr_add(f->v, lo0(f->v), &a), 0);
	}
	for (uint32_t i = 0; i < 65536; i++) {
		ia = in_ifaddr_after(f->v, ia->ia_seq);
		assert_int_equal(ntohl(inaddr_to_v4(&ia->ia_addr)),
		    0x0a000000 + i * 7 + 1);
		assert_true(in_localaddr(f->v, &ia->ia_addr));
	}
	assert_null(in_ifaddr_after(f->v, ia->ia_seq));
	/* One that is removed while it is where the walk stands. */
	for (seq = 0; (ia = in_ifaddr_after(f->v, seq)) != NULL; n++) {
		struct inaddr a = ia->ia_addr;

		seq = ia->ia_seq;
		if (n % 2 == 0 || inaddr_is_loopback(&a))
			continue;
		assert_int_equal(in_ifaddr_remove(f->v, &a), 0);
		assert_false(in_localaddr(f->v, &a));
	}
	assert_int_equal(n, 65537);
	assert_int_equal(in_ifaddr_count(f->v), 32769);
}

static void
all_of_net_127_is_local(void **state)
{
	struct fixture *f = *state;
	struct inaddr a;

	assert_true(inaddr_pton("127.255.255.254", &a));
	assert_true(in_localaddr(f->v, &a));
	assert_true(inaddr_pton("128.0.0.1", &a));
	assert_false(in_localaddr(f->v, &a));
	assert_true(inaddr_pton("::1", &a));
	assert_false(in_localaddr(f->v, &a));
}

/* A vnet per test: each ends with all zones empty. */
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_good_packet_is_delivered_however_it_is_cut),
		TEST(bytes_behind_the_packet_are_cut_off),
		TEST(a_packet_cut_short_anywhere_is_dropped),
		TEST(any_flipped_bit_of_the_header_is_noticed),
		TEST(broken_headers_are_counted_by_what_is_wrong),
		TEST(a_header_longer_than_the_packet_is_dropped),
		TEST(addresses_that_cannot_be_are_dropped),
		TEST(loopback_addresses_do_not_come_from_outside),
		TEST(fragments_are_counted_and_dropped),
		TEST(harmless_options_are_ignored),
		TEST(malformed_options_and_source_routes_are_dropped),
		TEST(an_unknown_protocol_is_answered_with_unreachable),
		TEST(bad_datagrams_are_dropped),
		TEST(a_datagram_is_as_long_as_its_own_header_says),
		TEST(icmp_errors_that_quote_nothing_useful_are_ignored),
		TEST(random_packets_do_no_harm),
		TEST(a_packet_to_nowhere_or_too_large_is_refused),
		TEST(output_makes_a_right_header),
		TEST(an_address_lives_as_long_as_one_brings_it),
		TEST(many_addresses_are_walked_in_order),
		TEST(all_of_net_127_is_local),
	};

	return cmocka_run_group_tests_name("stack_ip", tests, NULL, NULL);
}
