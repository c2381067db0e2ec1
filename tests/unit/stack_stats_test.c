/*
 * Theory of operation
 *
 * The counters that netstat -s and -m show and no other test looks at, each
 * moved by the event it is named for, and by as much as it should be.
 */
#include "tests/unit/stack_tcp_fixture.h"

#include "base/zone.h"
#include "stack/ip_int.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

static struct tcpstat before;

#define BEGIN(n)	(before = *st(n))
#define MOVED(n, f, by) \
	assert_int_equal(st(n)->tcps_##f - before.tcps_##f, (by))

/* ---- TCP ---- */

static void
data_both_ways(void **state)
{
	static struct pkt p;
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;

	BEGIN(n);
	so = peer_connection(n, &pe, false);
	MOVED(n, sc_added, 1);
	MOVED(n, sc_completed, 1);
	BEGIN(n);
	peer_send(n, &pe, TH_ACK | TH_PUSH, "12345", 5);
	MOVED(n, rcvpack, 1);
	MOVED(n, rcvbyte, 5);
	assert_int_equal(put(n, so, "0123456789", 10), 10);
	peer_expect(n, &pe, &p, TH_ACK);
	MOVED(n, sndbyte, 10);
	MOVED(n, segstimed, 1);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	MOVED(n, rcvackpack, 1);
	MOVED(n, rcvackbyte, 10);
	soabort(so);
}

static void
acks_that_say_nothing_new_or_a_larger_window(void **state)
{
	static struct pkt p;
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;

	so = peer_connection(n, &pe, false);
	assert_int_equal(put(n, so, "0123456789", 10), 10);
	assert_true(peer_get(n, &p));
	BEGIN(n);
	peer_send(n, &pe, TH_ACK, NULL, 0);
	MOVED(n, rcvdupack, 1);
	MOVED(n, rcvwinupd, 0);
	pe.wnd = 1000;
	pe.rcv = p.seq + p.len;
	peer_send(n, &pe, TH_ACK, NULL, 0);
	pe.wnd = 2000;
	peer_send(n, &pe, TH_ACK, NULL, 0);
	MOVED(n, rcvwinupd, 1);
	soabort(so);
}

static void
data_twice_half_and_out_of_order(void **state)
{
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;
	tcp_seq first;

	so = peer_connection(n, &pe, false);
	first = pe.nxt;
	peer_send(n, &pe, TH_ACK, "0123456789", 10);
	BEGIN(n);
	peer_send_at(n, &pe, first, TH_ACK, "0123456789", 10);
	MOVED(n, rcvduppack, 1);
	MOVED(n, rcvdupbyte, 10);
	peer_send_at(n, &pe, first + 6, TH_ACK, "6789ab", 6);
	MOVED(n, rcvpartduppack, 1);
	MOVED(n, rcvpartdupbyte, 4);
	peer_send_at(n, &pe, first + 20, TH_ACK, "klm", 3);
	MOVED(n, rcvoopack, 1);
	MOVED(n, rcvoobyte, 3);
	soabort(so);
}

static void
data_beyond_the_window(void **state)
{
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;

	so = peer_connection(n, &pe, false);
	BEGIN(n);
	peer_send_at(n, &pe, pe.nxt + tcb(so)->rcv_wnd + 100, TH_ACK, "xyz",
	    3);
	MOVED(n, rcvpackafterwin, 1);
	MOVED(n, rcvbyteafterwin, 3);
	soabort(so);
}

static void
data_sent_again(void **state)
{
	static struct pkt p;
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;

	so = peer_connection(n, &pe, false);
	assert_int_equal(put(n, so, "0123456789", 10), 10);
	assert_true(peer_get(n, &p));
	BEGIN(n);
	vnet_settime(n->v, n->v->now + 5000 * MSEC);
	callout_run(n->v);
	MOVED(n, rexmttimeo, 1);
	MOVED(n, sndrexmitpack, 1);
	MOVED(n, sndrexmitbyte, 10);
	soabort(so);
}

static void
sack_options_of_a_peer(void **state)
{
	static const uint8_t opts[] = { 1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 9 };
	static struct pkt p;
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;

	so = peer_connection(n, &pe, false);
	p = (struct pkt) { .src = pe.self, .dst = pe.other, .seq = pe.nxt,
		.ack = pe.rcv, .flags = TH_ACK, .wnd = 1000 };
	BEGIN(n);
	inject(n, &p, opts, sizeof(opts));
	MOVED(n, sack_rcv_blocks, 1);
	inject(n, &p, NULL, 0);
	MOVED(n, sack_rcv_blocks, 1);
	soabort(so);
}

/* Begin a connection from the bare peer, as far as our SYN and ACK. */
static void
half_open(struct net *n, struct peer *pe, struct pkt *p)
{
	*pe = (struct peer) { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 1000, .wnd = 65535 };
	peer_send(n, pe, TH_SYN, NULL, 0);
	peer_expect(n, pe, p, TH_SYN | TH_ACK);
}

static void
connections_half_open(void **state)
{
	static struct pkt p;
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe;

	BEGIN(n);
	half_open(n, &pe, &p);
	vnet_settime(n->v, n->v->now + 5000 * MSEC);
	callout_run(n->v);
	MOVED(n, sc_retransmitted, 1);
	peer_expect(n, &pe, &p, TH_SYN | TH_ACK);
	pe.rcv += 1000;
	peer_send(n, &pe, TH_ACK, NULL, 0);
	MOVED(n, sc_badack, 1);
	assert_true(peer_get(n, &p));
	assert_int_equal(p.flags, TH_RST);
	peer_send(n, &pe, TH_RST, NULL, 0);
	MOVED(n, sc_reset, 1);
	MOVED(n, sc_completed, 0);
	soclose(l);
}

/* Let s seconds pass, and what is sent in them be lost. */
static void
silence(struct net *n, int s)
{
	static struct pkt p;

	while (s-- > 0) {
		vnet_settime(n->v, n->v->now + 1000 * MSEC);
		callout_run(n->v);
		while (peer_get(n, &p))
			continue;
	}
}

/* No connection: what was never one is neither dropped nor closed. */
static void
half_open_is_given_up_as_stale(void **state)
{
	static struct pkt p;
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe;

	BEGIN(n);
	half_open(n, &pe, &p);
	silence(n, 80);
	assert_int_equal(l->so_incqlen, 0);
	MOVED(n, sc_stale, 1);
	half_open(n, &pe, &p);
	peer_send(n, &pe, TH_RST, NULL, 0);
	MOVED(n, sc_reset, 1);
	MOVED(n, sc_stale, 1);
	MOVED(n, keepdrops, 0);
	MOVED(n, keeptimeo, 0);
	MOVED(n, rexmttimeo, 0);
	MOVED(n, timeoutdrop, 0);
	MOVED(n, drops, 0);
	MOVED(n, closed, 0);
	soclose(l);
}

static void
a_peer_that_is_gone_is_found_by_keepalive(void **state)
{
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;

	so = peer_connection(n, &pe, false);
	assert_int_equal(sosetopt(so, OPT_KEEPALIVE, 1, &n->cred), 0);
	BEGIN(n);
	/* Nobody is at the other end: 2 hours, then 8 probes 75 s apart. */
	for (int s = 0; s < 3 * 3600 && !so->so_error; s += 5) {
		static struct pkt p;

		vnet_settime(n->v, n->v->now + 5000 * MSEC);
		callout_run(n->v);
		while (peer_get(n, &p))
			continue;
	}
	MOVED(n, keepprobe, 8);
	MOVED(n, keeptimeo, 9);
	MOVED(n, keepdrops, 1);
	soclose(so);
}

/* ---- packets of other protocols ---- */

static struct ipstat *
ipst(struct net *n)
{
	return IPSTAT(n->v);
}

/* A counter of a protocol whose state is its own, read as programs do. */
static void
read_stats(struct net *n, const char *name, void *p, size_t len)
{
	struct sysctl_req req = { .vnet = n->v, .cred = &n->cred };
	int mib[CTL_MAXNAME];
	unsigned used = CTL_MAXNAME;

	assert_int_equal(sysctl_lookup(n->v, name, mib, &used), 0);
	assert_int_equal(sysctl_step(mib, used, &req), 0);
	assert_int_equal(req.outlen, len);
	memcpy(p, req.out, len);
	free(req.out);
}

static struct icmpstat
icmpst(struct net *n)
{
	struct icmpstat st;

	read_stats(n, "net.inet.icmp.stats", &st, sizeof(st));
	return st;
}

static struct udpstat
udpst(struct net *n)
{
	struct udpstat st;

	read_stats(n, "net.inet.udp.stats", &st, sizeof(st));
	return st;
}

/* An IP packet of that protocol and payload comes in, from src. */
static void
arrive(struct net *n, const char *src, uint8_t proto, const uint8_t *payload,
    size_t len)
{
	struct endpoint from = ep(src, 0), to = ep("127.0.0.1", 0);
	struct mbuf *m = m_get(n->v, 0, IP_HDRLEN + len);
	uint8_t *h;

	assert_non_null(m);
	h = m->m_data;
	memset(h, 0, IP_HDRLEN);
	h[IPO_VHL] = 0x45;
	put16(h + IPO_LEN, (uint16_t)(IP_HDRLEN + len));
	h[IPO_TTL] = 64;
	h[IPO_PROTO] = proto;
	putaddr(h + IPO_SRC, &from.addr);
	putaddr(h + IPO_DST, &to.addr);
	memcpy(h + IP_HDRLEN, payload, len);
	m->m_len = m->m_pktlen = (uint32_t)(IP_HDRLEN + len);
	put16n(h + IPO_SUM, in_cksum_fold(m_sum(m, 0, IP_HDRLEN, 0)));
	m->m_rcvif = lo0(n->v);
	ip_input(n->v, m);
}

/* The same of ICMP, with its checksum made. */
static void
arrive_icmp(struct net *n, const char *src, uint8_t *payload, size_t len)
{
	struct mbuf *m;

	put16(payload + 2, 0);
	m = m_frombuf(n->v, payload, len, 0);
	assert_non_null(m);
	put16n(payload + 2, in_cksum_fold(m_sum(m, 0, len, 0)));
	m_freem(n->v, m);
	arrive(n, src, IPPROTO_ICMP, payload, len);
}

static void
drain(struct net *n)
{
	struct mbuf *m;

	while ((m = netisr_dequeue(n->v)) != NULL)
		m_freem(n->v, m);
}

static void
datagrams_that_are_broken(void **state)
{
	struct net *n = net_of(state);
	uint8_t b[] = { 0, 9, 0, 7, 0, 12, 1, 2, 'd', 'a', 't', 'a' };
	struct udpstat s;

	if_settap(n->v, NULL, NULL);
	arrive(n, "127.0.0.1", IPPROTO_UDP, b, 7);
	arrive(n, "127.0.0.1", IPPROTO_UDP, b, sizeof(b));
	b[5] = 13;
	arrive(n, "127.0.0.1", IPPROTO_UDP, b, sizeof(b));
	s = udpst(n);
	assert_int_equal(s.udps_ipackets, 3);
	assert_int_equal(s.udps_hdrops, 1);
	assert_int_equal(s.udps_badsum, 1);
	assert_int_equal(s.udps_badlen, 1);
	assert_int_equal(s.udps_noport, 0);
	b[5] = 12;
	b[6] = b[7] = 0;
	arrive(n, "127.0.0.1", IPPROTO_UDP, b, sizeof(b));
	s = udpst(n);
	assert_int_equal(s.udps_nosum, 1);
	assert_int_equal(s.udps_noport, 1);
	assert_int_equal(icmpst(n).icps_error, 1);
	assert_int_equal(icmpst(n).icps_outhist[3], 1);
	drain(n);
}

static void
icmp_messages_good_and_broken(void **state)
{
	struct net *n = net_of(state);
	uint8_t echo[12] = { 8, 0, 0, 0, 1, 2, 3, 4, 'p', 'i', 'n', 'g' };
	uint8_t unreach[36] = { 3, 99 };
	struct icmpstat s;

	if_settap(n->v, NULL, NULL);
	arrive(n, "127.0.0.1", IPPROTO_ICMP, echo, 7);
	arrive(n, "127.0.0.1", IPPROTO_ICMP, echo, sizeof(echo));
	s = icmpst(n);
	assert_int_equal(s.icps_tooshort, 1);
	assert_int_equal(s.icps_checksum, 1);
	assert_int_equal(s.icps_inhist[8], 0);
	arrive_icmp(n, "127.0.0.1", echo, sizeof(echo));
	s = icmpst(n);
	assert_int_equal(s.icps_inhist[8], 1);
	assert_int_equal(s.icps_reflect, 1);
	assert_int_equal(s.icps_outhist[0], 1);
	/* One who is not here asks: the answer finds no way. */
	arrive_icmp(n, "192.0.2.1", echo, sizeof(echo));
	assert_int_equal(icmpst(n).icps_noroute, 1);
	assert_int_equal(ipst(n)->ips_noroute, 1);
	/* Nobody can be there, or there: no answer is tried. */
	arrive_icmp(n, "0.0.0.1", echo, sizeof(echo));
	arrive_icmp(n, "240.0.0.1", echo, sizeof(echo));
	assert_int_equal(icmpst(n).icps_badaddr, 2);
	assert_int_equal(icmpst(n).icps_noroute, 1);
	arrive_icmp(n, "127.0.0.1", unreach, sizeof(unreach));
	assert_int_equal(icmpst(n).icps_badcode, 1);
	unreach[1] = 1;
	arrive_icmp(n, "127.0.0.1", unreach, 20);
	s = icmpst(n);
	assert_int_equal(s.icps_badlen, 1);
	assert_int_equal(s.icps_inhist[3], 2);
	drain(n);
}

static void
no_error_is_sent_about_icmp(void **state)
{
	struct net *n = net_of(state);
	struct endpoint e = ep("127.0.0.1", 0);
	struct mbuf *m = m_frombuf(n->v, "\3\1\0\0\0\0\0\0", 8, 0);

	assert_non_null(m);
	icmp_unreach(n->v, m, &e.addr, &e.addr, IPPROTO_ICMP, 2);
	m_freem(n->v, m);
	assert_int_equal(icmpst(n).icps_error, 1);
	assert_int_equal(icmpst(n).icps_oldicmp, 1);
	assert_int_equal(icmpst(n).icps_outhist[3], 0);
	assert_null(netisr_dequeue(n->v));
}

/* The ICMP message that is next to come in; its length. */
static size_t
next_icmp(struct net *n, uint8_t *buf, size_t size)
{
	struct mbuf *m = netisr_dequeue(n->v);
	size_t len;

	if (m == NULL)
		return 0;
	len = m_length(m) - IP_HDRLEN;
	assert_true(len <= size);
	m_copydata(m, IP_HDRLEN, len, buf);
	m_freem(n->v, m);
	return len;
}

static void
time_and_mask_are_told_where_wanted(void **state)
{
	struct net *n = net_of(state);
	uint8_t ts[20] = { 13, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 9 };
	uint8_t mask[12] = { 17, 0, 0, 0, 1, 2, 3, 4 }, got[64];
	uint32_t now = 0x80000000 | (uint32_t)(n->v->now / MSEC);

	if_settap(n->v, NULL, NULL);
	arrive_icmp(n, "127.0.0.1", ts, sizeof(ts));
	assert_int_equal(next_icmp(n, got, sizeof(got)), 20);
	assert_int_equal(got[0], 14);
	assert_memory_equal(got + 4, ts + 4, 8);
	assert_int_equal(get32(got + 12), now);
	assert_int_equal(get32(got + 16), now);
	arrive_icmp(n, "127.0.0.1", ts, 19);
	assert_int_equal(icmpst(n).icps_badlen, 1);
	put_knob(n, "net.inet.icmp.tstamprepl", 0);
	arrive_icmp(n, "127.0.0.1", ts, sizeof(ts));
	arrive_icmp(n, "127.0.0.1", mask, sizeof(mask));
	assert_int_equal(next_icmp(n, got, sizeof(got)), 0);
	put_knob(n, "net.inet.icmp.maskrepl", 1);
	arrive_icmp(n, "127.0.0.1", mask, 11);
	assert_int_equal(next_icmp(n, got, sizeof(got)), 0);
	arrive_icmp(n, "127.0.0.1", mask, sizeof(mask));
	assert_int_equal(next_icmp(n, got, sizeof(got)), 12);
	assert_int_equal(got[0], 18);
	assert_int_equal(get32(got + 8), 0xff000000);
	put_knob(n, "net.inet.icmp.maskfake", (int)htonl(0xffff0000));
	arrive_icmp(n, "127.0.0.1", mask, sizeof(mask));
	assert_int_equal(next_icmp(n, got, sizeof(got)), 12);
	assert_int_equal(get32(got + 8), 0xffff0000);
	assert_int_equal(icmpst(n).icps_reflect, 3);
	assert_int_equal(icmpst(n).icps_inhist[17], 4);
	assert_int_equal(icmpst(n).icps_outhist[18], 2);
}

static void
quotelen_is_how_much_an_error_quotes(void **state)
{
	static const struct {
		int	knob;
		size_t	sent, quoted;
	} cases[] = {
		{ 8, 100, 8 }, { 0, 100, 8 }, { -1, 100, 8 }, { 40, 100, 40 },
		{ 40, 20, 20 }, { 100000, 1000, 528 },
	};
	struct net *n = net_of(state);
	uint8_t b[1000] = { 0, 9, 0, 7 }, got[600];

	if_settap(n->v, NULL, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_knob(n, "net.inet.icmp.quotelen", cases[i].knob);
		put16(b + 4, (uint16_t)cases[i].sent);
		arrive(n, "127.0.0.1", IPPROTO_UDP, b, cases[i].sent);
		assert_int_equal(next_icmp(n, got, sizeof(got)),
		    8 + IP_HDRLEN + cases[i].quoted);
		assert_memory_equal(got + 8 + IP_HDRLEN, b, cases[i].quoted);
	}
}

/* An error comes in about the packet with that header of TCP. */
static void
arrive_unreach(struct net *n, uint8_t code, const struct pkt *p)
{
	uint8_t b[8 + IP_HDRLEN + 8] = { 3, code };
	uint8_t *q = b + 8;

	q[IPO_VHL] = 0x45;
	q[IPO_PROTO] = IPPROTO_TCP;
	putaddr(q + IPO_SRC, &p->src.addr);
	putaddr(q + IPO_DST, &p->dst.addr);
	put16n(q + IP_HDRLEN, p->src.port);
	put16n(q + IP_HDRLEN + 2, p->dst.port);
	put32(q + IP_HDRLEN + 4, p->seq);
	arrive_icmp(n, "127.0.0.9", b, sizeof(b));
}

static void
half_open_to_nowhere_is_given_up_as_unreachable(void **state)
{
	static struct pkt p;
	struct net *n = net_of(state);
	struct socket *l = listener(n);
	struct peer pe;

	BEGIN(n);
	half_open(n, &pe, &p);
	arrive_unreach(n, 1, &p);
	silence(n, 60);
	assert_int_equal(l->so_incqlen, 0);
	MOVED(n, sc_unreach, 1);
	MOVED(n, sc_stale, 0);
	MOVED(n, closed, 0);
	soclose(l);
}

static void
a_segment_too_big_for_the_path_is_sent_again(void **state)
{
	static struct pkt p;
	struct net *n = net_of(state);
	struct socket *so;
	struct peer pe;

	so = peer_connection(n, &pe, false);
	assert_int_equal(put(n, so, "0123456789", 10), 10);
	assert_true(peer_get(n, &p));
	BEGIN(n);
	arrive_unreach(n, 4, &p);
	MOVED(n, mturesent, 1);
	MOVED(n, sndrexmitbyte, 10);
	soabort(so);
}

/* ---- IP ---- */

static int
send_ip(struct net *n, size_t len)
{
	struct endpoint e = ep("127.0.0.1", 0);
	struct mbuf *m = m_get(n->v, 0, len);

	assert_non_null(m);
	memset(m->m_data, 0, len);
	m->m_len = (uint32_t)len;
	return ip_output(n->v, m, &e.addr, &e.addr, 253, 0, 0);
}

static void
packets_that_leave_or_do_not(void **state)
{
	struct net *n = net_of(state);
	uint8_t hdr[IP_HDRLEN] = { 0x45 };
	struct endpoint e = ep("127.0.0.1", 0);
	struct iovec iov = { hdr, sizeof(hdr) };
	struct socket *raw, *own;
	size_t sent;

	if_settap(n->v, NULL, NULL);
	assert_int_equal(send_ip(n, 100), 0);
	assert_int_equal(ipst(n)->ips_localout, 1);
	(void)zfail_any(n->v, 1);	/* the header's, after the packet's */
	assert_int_equal(send_ip(n, 100), ENOBUFS);
	assert_true(zfail_any(n->v, -1) < 0);
	assert_int_equal(ipst(n)->ips_odropped, 1);
	lo0(n->v)->if_mtu = 119;
	assert_int_equal(send_ip(n, 100), EMSGSIZE);
	assert_int_equal(ipst(n)->ips_cantfrag, 1);
	assert_int_equal(ipst(n)->ips_localout, 1);
	assert_int_equal(socreate(n->v, AF_INET, SOCK_RAW, 253, &n->cred,
	    &raw), 0);
	assert_int_equal(sosend(raw, &iov, 1, &e, &n->cred, &sent), 0);
	assert_int_equal(ipst(n)->ips_rawout, 0);
	assert_int_equal(ipst(n)->ips_localout, 2);
	/* A header that the sender made is "fabricated". */
	assert_int_equal(socreate(n->v, AF_INET, SOCK_RAW, IPPROTO_RAW,
	    &n->cred, &own), 0);
	putaddr(hdr + IPO_SRC, &e.addr);
	putaddr(hdr + IPO_DST, &e.addr);
	assert_int_equal(sosend(own, &iov, 1, &e, &n->cred, &sent), 0);
	assert_int_equal(ipst(n)->ips_rawout, 1);
	assert_int_equal(ipst(n)->ips_localout, 2);
	soclose(own);
	soclose(raw);
	drain(n);
}

/* ---- memory, as netstat -m has it ---- */

static struct xzone
xzone_of(struct net *n, const char *name)
{
	struct sysctl_req req = { .vnet = n->v, .cred = &n->cred };
	int mib[CTL_MAXNAME];
	unsigned used = CTL_MAXNAME;
	struct xzone xz = { .xz_len = 0 };

	assert_int_equal(sysctl_lookup(n->v, "vm.zones", mib, &used), 0);
	assert_int_equal(sysctl_step(mib, used, &req), 0);
	for (size_t at = 0; at < req.outlen; at += xz.xz_len) {
		memcpy(&xz, req.out + at, sizeof(xz));
		if (strcmp(xz.xz_name, name) == 0)
			break;
	}
	assert_string_equal(xz.xz_name, name);
	free(req.out);
	return xz;
}

static void
memory_of_packets_of_each_size(void **state)
{
	static const struct {
		size_t len;
		const char *zone;
	} sizes[] = {
		{ 100, "mbuf" }, { 2000, "mbuf_cluster_2k" },
		{ 10000, "mbuf_cluster_16k" }, { 60000, "mbuf_cluster_64k" },
	};
	struct net *n = net_of(state);
	struct xzone was, is;
	struct mbuf *m;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		was = xzone_of(n, sizes[i].zone);
		assert_non_null(m = m_get(n->v, 0, sizes[i].len));
		is = xzone_of(n, sizes[i].zone);
		assert_int_equal(is.xz_used, was.xz_used + 1);
		assert_true(is.xz_bytes >= is.xz_used * is.xz_size);
		m_freem(n->v, m);
		is = xzone_of(n, sizes[i].zone);
		assert_int_equal(is.xz_used, was.xz_used);
		/* The mbuf is there, what it is to hold is not. */
		(void)zfail_any(n->v, i == 0 ? 0 : 1);
		assert_null(m_get(n->v, 0, sizes[i].len));
		(void)zfail_any(n->v, -1);
		is = xzone_of(n, sizes[i].zone);
		assert_int_equal(is.xz_failures, was.xz_failures + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(data_both_ways),
		net_test(acks_that_say_nothing_new_or_a_larger_window),
		net_test(data_twice_half_and_out_of_order),
		net_test(data_beyond_the_window),
		net_test(data_sent_again),
		net_test(sack_options_of_a_peer),
		net_test(connections_half_open),
		net_test(half_open_is_given_up_as_stale),
		net_test(half_open_to_nowhere_is_given_up_as_unreachable),
		net_test(a_peer_that_is_gone_is_found_by_keepalive),
		net_test(datagrams_that_are_broken),
		net_test(icmp_messages_good_and_broken),
		net_test(no_error_is_sent_about_icmp),
		net_test(time_and_mask_are_told_where_wanted),
		net_test(quotelen_is_how_much_an_error_quotes),
		net_test(a_segment_too_big_for_the_path_is_sent_again),
		net_test(packets_that_leave_or_do_not),
		net_test(memory_of_packets_of_each_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
