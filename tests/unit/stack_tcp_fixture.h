/*
 * What the tests of TCP share: a stack on a clock of its own, a tap that takes
 * every packet apart and fails on the first that is not well formed, the power
 * to drop, hold and reorder packets, and a bare peer without a stack.
 *
 * Both ends of a connection live in one vnet, on 127.0.0.1 and 127.0.0.2; the
 * bare peer is 127.0.0.9: what is sent to it is fetched with peer_get().
 */
#ifndef TESTS_STACK_TCP_FIXTURE_H
#define TESTS_STACK_TCP_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/callout.h"
#include "netjail/prison.h"
#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/tcp_int.h"
#include "stack/wire.h"
#include "sysctl/sysctl.h"

#define MSEC	NSEC_PER_MSEC
#define PORT	7000
#define PEERPORT 9000
#define BIG	(1 << 20)

/* A packet, taken apart. */
struct pkt {
	struct endpoint	src, dst;
	tcp_seq		seq, ack;
	uint32_t	len;
	uint16_t	wnd;
	uint8_t		flags;
	struct tcpopt	opt;
	uint8_t		data[65536];
};

struct net {
	struct vnet	*v;
	struct cred	 cred;
	uint64_t	 npkts;		/* seen by the tap */
	struct pkt	 last;		/* the last one */
	unsigned	 events;	/* upcalls of watched sockets */
	/* Say true to drop; NULL: no loss. */
	bool		(*filter)(struct net *, const struct pkt *);
	int		 count;		/* the filter's */
};

/* The state of a test that fails is still freed by its teardown. */
static inline struct net *
net_of(void **state)
{
	return *state;
}

static inline struct endpoint
ep(const char *addr, uint16_t port)
{
	struct endpoint e = { .port = htons(port) };

	assert_true(inaddr_pton(addr, &e.addr));
	return e;
}

/* ---- packets ---- */

static inline void
check_options(const uint8_t *o, size_t len)
{
	size_t i = 0;

	while (i < len && o[i] != 0) {
		if (o[i] == 1) {
			i++;
			continue;
		}
		assert_true(i + 1 < len);
		assert_true(o[i + 1] >= 2 && i + o[i + 1] <= len);
		i += o[i + 1];
	}
}

static inline void
check_flags(const struct pkt *p)
{
	assert_int_equal(p->flags & ~(TH_FIN | TH_SYN | TH_RST | TH_PUSH |
	    TH_ACK), 0);
	if (p->flags & TH_SYN) {
		assert_int_equal(p->flags & (TH_FIN | TH_RST), 0);
		assert_int_equal(p->len, 0);
		assert_true(p->opt.to_flags & TOF_MSS);
	} else
		assert_true(p->flags & (TH_ACK | TH_RST));
	if (p->flags & TH_RST)
		assert_int_equal(p->len, 0);
	if ((p->flags & TH_ACK) == 0)
		assert_int_equal(p->ack, 0);
	assert_int_not_equal(p->src.port, 0);
	assert_int_not_equal(p->dst.port, 0);
}

/* Take an IP packet apart.  sums: check that both are right. */
static inline void
dissect(const struct mbuf *m, struct pkt *p, bool sums)
{
	static uint8_t b[65536];
	size_t len = m_length(m), hlen;

	assert_int_equal(len, m->m_pktlen);
	assert_in_range(len, 40, 65535);
	m_copydata(m, 0, len, b);
	assert_int_equal(b[0], 0x45);
	assert_int_equal(get16(b + 2), len);
	assert_int_equal(b[9], IPPROTO_TCP);
	memset(p, 0, offsetof(struct pkt, data));
	p->src = (struct endpoint) { getaddr(b + 12), get16n(b + 20) };
	p->dst = (struct endpoint) { getaddr(b + 16), get16n(b + 22) };
	if (sums) {
		assert_int_equal(in_cksum_fold(m_sum(m, 0, 20, 0)), 0);
		assert_int_equal(in_cksum_fold(m_sum(m, 20, len - 20,
		    pseudo_sum(&p->src.addr, &p->dst.addr, IPPROTO_TCP,
		    (uint16_t)(len - 20)))), 0);
	}
	hlen = (size_t)(b[32] >> 4) * 4;
	assert_in_range(hlen, 20, len - 20);
	p->seq = get32(b + 24);
	p->ack = get32(b + 28);
	p->flags = b[33];
	p->wnd = get16(b + 34);
	p->len = (uint32_t)(len - 20 - hlen);
	check_options(b + 40, hlen - 20);
	tcp_dooptions(&p->opt, b + 40, hlen - 20, (p->flags & TH_SYN) != 0);
	memcpy(p->data, b + 20 + hlen, p->len);
}

static inline void
tap(void *arg, const struct vnet *v, const struct ifnet *ifp,
    const struct mbuf *m)
{
	struct net *n = arg;

	(void)v;
	(void)ifp;
	dissect(m, &n->last, true);
	check_flags(&n->last);
	n->npkts++;
}

/* ---- settings ---- */

static inline void
put_knob(struct net *n, const char *name, int val)
{
	struct sysctl_req req = { .vnet = n->v, .cred = &n->cred,
		.newptr = &val, .newlen = sizeof(val) };
	int oid[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;

	assert_int_equal(sysctl_lookup(n->v, name, oid, &len), 0);
	assert_int_equal(sysctl_step(oid, len, &req), 0);
	free(req.out);
}

/* ---- time and the queue ---- */

/* A filter: the line is cut. */
static inline bool
drop_all(struct net *n, const struct pkt *p)
{
	(void)n;
	(void)p;
	return true;
}

/* Deliver what is queued, and what that causes, through the filter. */
static inline void
run(struct net *n)
{
	static struct pkt p;
	struct mbuf *m;

	while ((m = netisr_dequeue(n->v)) != NULL) {
		if (n->filter != NULL) {
			dissect(m, &p, false);
			if (n->filter(n, &p)) {
				m_freem(n->v, m);
				continue;
			}
		}
		ip_input(n->v, m);
	}
	(void)vnet_run(n->v, 0);
}

/* Let ms pass, event by event. */
static inline void
pass(struct net *n, uint64_t ms)
{
	uint64_t end = n->v->now + ms * MSEC;

	run(n);
	while (callout_next(n->v) <= end) {
		vnet_settime(n->v, callout_next(n->v));
		callout_run(n->v);
		run(n);
	}
	vnet_settime(n->v, end);
	run(n);
}

/* ---- sockets ---- */

static inline void
upcall(struct socket *so, void *arg, unsigned events)
{
	struct net *n = arg;

	(void)so;
	n->events |= events;
}

static inline struct socket *
newsock(struct net *n)
{
	struct socket *so;

	assert_int_equal(socreate(n->v, AF_INET, SOCK_STREAM, 0, &n->cred,
	    &so), 0);
	return so;
}

static inline struct socket *
listener_on(struct net *n, const char *addr, uint16_t port, int backlog)
{
	struct socket *so = newsock(n);
	struct endpoint name = ep(addr, port);

	/* As servers do, or connections in TIME_WAIT would be in the way. */
	assert_int_equal(sosetopt(so, OPT_REUSEADDR, 1, &n->cred), 0);
	assert_int_equal(sobind(so, &name, &n->cred), 0);
	assert_int_equal(solisten(so, backlog, &n->cred), 0);
	return so;
}

static inline struct socket *
listener(struct net *n)
{
	return listener_on(n, "127.0.0.2", PORT, 10);
}

static inline int
connect_to(struct net *n, struct socket *so, const char *addr, uint16_t port)
{
	struct endpoint name = ep(addr, port);

	return soconnect(so, &name, &n->cred);
}

static inline struct tcpcb *
tcb(const struct socket *so)
{
	return intotcpcb(so->so_pcb);
}

static inline enum tcp_state
state_of(const struct socket *so)
{
	return tcb(so)->t_state;
}

static inline struct socket *
accept_one(struct socket *head)
{
	struct socket *so = NULL;
	struct endpoint peer;

	assert_int_equal(soaccept(head, &so, &peer), 0);
	return so;
}

/* A connection: c the client's end, s the server's. */
static inline void
pair(struct net *n, struct socket **c, struct socket **s)
{
	struct socket *l = listener(n);

	*c = newsock(n);
	assert_int_equal(connect_to(n, *c, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	*s = accept_one(l);
	soclose(l);
	assert_int_equal(state_of(*c), TCPS_ESTABLISHED);
	assert_int_equal(state_of(*s), TCPS_ESTABLISHED);
}

static inline size_t
put(struct net *n, struct socket *so, const void *data, size_t len)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };
	size_t sent = 0;
	int error = sosend(so, &iov, 1, NULL, &n->cred, &sent);

	assert_true(error == 0 || error == EWOULDBLOCK);
	return sent;
}

/* Up to len bytes; -1: nothing there. */
static inline ssize_t
get(struct socket *so, void *data, size_t len)
{
	struct iovec iov = { data, len };
	size_t got = 0;
	int error = soreceive(so, &iov, 1, NULL, 0, &got);

	assert_true(error == 0 || error == EWOULDBLOCK);
	return error == 0 ? (ssize_t)got : -1;
}

/* The error that a read reports. */
static inline int
read_error(struct socket *so)
{
	char c;
	struct iovec iov = { &c, 1 };
	size_t got;

	return soreceive(so, &iov, 1, NULL, 0, &got);
}

static inline void
expect_data(struct socket *so, const char *text)
{
	char buf[256];
	ssize_t len = get(so, buf, sizeof(buf));

	assert_int_equal(len, strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

/* No PCB at all is left, and no count of a state. */
static inline void
expect_no_pcbs(struct net *n)
{
	assert_int_equal(in_pcbinfo_count(tcp_pcbinfo(n->v)), 0);
	for (int i = 0; i < TCP_NSTATES; i++)
		assert_int_equal(V_tcp(n->v)->states[i], 0);
}

static inline struct tcpstat *
st(struct net *n)
{
	return TCPSTAT(n->v);
}

/* ---- the bare peer ---- */

/* The next packet for the bare peer; false: none.  Others are delivered. */
static inline bool
peer_get(struct net *n, struct pkt *p)
{
	struct endpoint peer = ep("127.0.0.9", 0);
	struct mbuf *m;

	while ((m = netisr_dequeue(n->v)) != NULL) {
		dissect(m, p, false);
		if (inaddr_eq(&p->dst.addr, &peer.addr)) {
			m_freem(n->v, m);
			return true;
		}
		ip_input(n->v, m);
	}
	return false;
}

static inline void
expect_silence(struct net *n)
{
	static struct pkt p;

	assert_false(peer_get(n, &p));
}

/* Put a packet with the given IP payload into the stack. */
static inline void
inject_raw(struct net *n, const struct inaddr *src, const struct inaddr *dst,
    const uint8_t *payload, size_t len)
{
	struct mbuf *m = m_get(n->v, 0, 20 + len);
	uint8_t *h;

	assert_non_null(m);
	h = m->m_data;
	memset(h, 0, 20);
	h[0] = 0x45;
	put16(h + 2, (uint16_t)(20 + len));
	h[8] = 64;
	h[9] = IPPROTO_TCP;
	putaddr(h + 12, src);
	putaddr(h + 16, dst);
	memcpy(h + 20, payload, len);
	m->m_len = m->m_pktlen = (uint32_t)(20 + len);
	put16n(h + 10, in_cksum_fold(m_sum(m, 0, 20, 0)));
	m->m_rcvif = lo0(n->v);
	ip_input(n->v, m);
}

/* Header, options and data with a right checksum; true addresses of p. */
static inline void
inject(struct net *n, const struct pkt *p, const uint8_t *opts, size_t optlen)
{
	static uint8_t b[65536];
	size_t hlen = 20 + optlen, len = hlen + p->len;
	struct mbuf *m;

	memset(b, 0, 20);
	put16n(b, p->src.port);
	put16n(b + 2, p->dst.port);
	put32(b + 4, p->seq);
	put32(b + 8, p->ack);
	b[12] = (uint8_t)(hlen / 4 << 4);
	b[13] = p->flags;
	put16(b + 14, p->wnd);
	if (optlen > 0)
		memcpy(b + 20, opts, optlen);
	memcpy(b + hlen, p->data, p->len);
	m = m_frombuf(n->v, b, len, 0);
	put16n(b + 16, in_cksum_fold(m_sum(m, 0, len, pseudo_sum(&p->src.addr,
	    &p->dst.addr, IPPROTO_TCP, (uint16_t)len))));
	m_freem(n->v, m);
	inject_raw(n, &p->src.addr, &p->dst.addr, b, len);
}

/* A peer's side of a connection, kept by the test. */
struct peer {
	struct endpoint	 self, other;
	tcp_seq		 nxt, rcv;	/* what it sends next, expects next */
	uint16_t	 wnd;
	bool		 ts;		/* send timestamps */
	uint32_t	 tsval, tsecr;
};

/* Send flags and len bytes from the peer, at seq; the ACK is peer->rcv. */
static inline void
peer_send_at(struct net *n, const struct peer *pe, tcp_seq seq, uint8_t flags,
    const void *data, uint32_t len)
{
	static struct pkt p;
	uint8_t opts[TCP_MAXOLEN];
	struct tcpopt to = { .to_flags = pe->ts ? TOF_TS : 0,
		.to_tsval = pe->tsval, .to_tsecr = pe->tsecr };

	p.src = pe->self;
	p.dst = pe->other;
	p.seq = seq;
	p.ack = flags & TH_ACK ? pe->rcv : 0;
	p.flags = flags;
	p.wnd = pe->wnd;
	p.len = len;
	if (flags & TH_SYN && pe->ts) {
		to.to_flags |= TOF_MSS;
		to.to_mss = 1460;
	}
	if (len > 0)
		memcpy(p.data, data, len);
	inject(n, &p, opts, tcp_addoptions(&to, opts));
}

static inline void
peer_send(struct net *n, struct peer *pe, uint8_t flags, const void *data,
    uint32_t len)
{
	peer_send_at(n, pe, pe->nxt, flags, data, len);
	pe->nxt += len + ((flags & TH_SYN) != 0) + ((flags & TH_FIN) != 0);
}

/* Fetch the next packet for the peer and follow its numbers. */
static inline void
peer_expect(struct net *n, struct peer *pe, struct pkt *p, uint8_t flags)
{
	assert_true(peer_get(n, p));
	assert_int_equal(p->flags & ~TH_PUSH, flags);
	if (p->seq == pe->rcv || (flags & TH_SYN) != 0)
		pe->rcv = p->seq + p->len + ((flags & TH_SYN) != 0) +
		    ((flags & TH_FIN) != 0);
	if (p->opt.to_flags & TOF_TS)
		pe->tsecr = p->opt.to_tsval;
}

/* A connection from the bare peer to a listener that is made and closed here:
 * the stack's end. */
static inline struct socket *
peer_connection(struct net *n, struct peer *pe, bool ts)
{
	static struct pkt p;
	struct socket *l = listener(n), *so;

	*pe = (struct peer) { .self = ep("127.0.0.9", PEERPORT),
		.other = ep("127.0.0.2", PORT), .nxt = 1000, .wnd = 65535,
		.ts = ts, .tsval = 100 };
	peer_send(n, pe, TH_SYN, NULL, 0);
	peer_expect(n, pe, &p, TH_SYN | TH_ACK);
	peer_send(n, pe, TH_ACK, NULL, 0);
	so = accept_one(l);
	soclose(l);
	assert_int_equal(state_of(so), TCPS_ESTABLISHED);
	return so;
}

/* ---- set-up ---- */

static inline int
net_setup(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = "tcp";
	struct net *n = calloc(1, sizeof(*n));

	assert_non_null(n);
	assert_int_equal(vnet_new(seed, 1000 * NSEC_PER_SEC, &n->v), 0);
	n->cred.prison = prison0(n->v);
	if_settap(n->v, tap, n);
	*state = n;
	return 0;
}

/* vnet_free() asserts that all zones are empty. */
static inline int
net_teardown(void **state)
{
	struct net *n = *state;

	vnet_free(n->v);
	free(n);
	return 0;
}

#define net_test(fn) cmocka_unit_test_setup_teardown(fn, net_setup, \
	    net_teardown)

#endif
