/*
 * stack_fuzz.c - programs and packets, in any order.
 *
 * Theory of operation
 *
 * The bytes are a script of calls by several programs, in the stack's own eyes
 * and in those of two jails, and of what happens to the packets between them:
 * delivered, dropped, held back, changed, or made from nothing.  Packets
 * that the stack made and somebody changed reach states that bytes alone never
 * would.  Checksums are declared right, so that what is behind them is reached.
 *
 * At the end all sockets are closed, the jails go, and a day passes; then
 * vnet_free() insists that no object is left in any zone.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/callout.h"
#include "netjail/prison.h"
#include "stack/ip.h"
#include "stack/purge.h"
#include "stack/socket.h"
#include "stack/wire.h"
#include "sysctl/sysctl.h"
#include "tests/fuzz/input.h"

#define NSOCKETS 12
#define NJAILS	2
#define MAXSTEPS 400		/* of one script */
#define MAXPKT	2048		/* bytes of one made from nothing */

struct world {
	struct vnet	*v;
	struct cred	 cred[1 + NJAILS];	/* the stack's own first */
	struct socket	*so[NSOCKETS];
	struct input	*in;
};

/* ---- choices ---- */

static struct socket **
any_slot(struct world *w)
{
	return &w->so[take_below(w->in, NSOCKETS)];
}

static const struct cred *
any_cred(struct world *w)
{
	const struct cred *c = &w->cred[take_below(w->in, 1 + NJAILS)];

	return c->prison != NULL ? c : &w->cred[0];
}

/* Few addresses and few ports, so that they meet. */
static struct endpoint
any_endpoint(struct world *w)
{
	static const uint32_t addr[] = { INADDR_ANY, INADDR_LOOPBACK,
		0x0a000001, 0x0a000002, 0x0a000003, INADDR_BROADCAST,
		0xe0000001, 0xc0a80001 };
	struct endpoint e;

	e.addr = inaddr_v4(htonl(addr[take(w->in) % 8]));
	e.port = htons((uint16_t)(take(w->in) % 4 * 1021));
	return e;
}

/* ---- calls ---- */

static void
do_socket(struct world *w)
{
	static const uint8_t type[] = { SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM,
		SOCK_RAW };
	struct socket **so = any_slot(w);
	int ty = type[take(w->in) % 4];
	int proto = ty == SOCK_RAW ? (int)take(w->in) : 0;
	const struct cred *cred = any_cred(w);

	if (*so == NULL)
		(void)socreate(w->v, AF_INET, ty, proto, cred, so);
}

static void
do_send(struct world *w, struct socket *so)
{
	static uint8_t buf[65535];
	struct iovec iov = { buf, take_below(w->in, sizeof(buf)) };
	struct endpoint to = any_endpoint(w);
	size_t sent;

	(void)sosend(so, &iov, 1, take(w->in) % 2 ? &to : NULL, &so->so_cred,
	    &sent);
}

static void
do_receive(struct world *w, struct socket *so)
{
	static uint8_t buf[65536];
	struct iovec iov[2] = { { buf, take_below(w->in, 32768) },
		{ buf + 32768, take_below(w->in, 32768) } };
	struct endpoint from;
	size_t got;

	(void)soreceive(so, iov, 2, &from, take(w->in) % 4 ? 0 : MSG_PEEK,
	    &got);
}

static void
do_accept(struct world *w, struct socket *so)
{
	struct socket **slot = any_slot(w);
	struct endpoint peer;
	struct socket *nso;

	if (*slot != NULL || soaccept(so, &nso, &peer) != 0)
		return;
	if (take(w->in) % 8 == 0)
		sounaccept(so, nso);
	else
		*slot = nso;
}

static void
do_option(struct world *w, struct socket *so)
{
	enum sockopt opt = take(w->in) % OPT_NOPTS;
	int val = take(w->in) % 4 ? (int)take(w->in) - 1 :
	    (int)(take_below(w->in, 65536) << 8);

	if (take(w->in) % 4)
		(void)sosetopt(so, opt, val, &so->so_cred);
	else
		(void)sogetopt(so, opt, &val);
}

/* A call on a socket. */
static void
do_call(struct world *w)
{
	struct socket **slot = any_slot(w), *so = *slot;
	struct endpoint e;

	if (so == NULL)
		return;
	switch (take(w->in) % 12) {
	case 0:
		e = any_endpoint(w);
		(void)sobind(so, &e, &so->so_cred);
		break;
	case 1:
		(void)solisten(so, (int)take(w->in) % 8 - 1, &so->so_cred);
		break;
	case 2:
		e = any_endpoint(w);
		(void)soconnect(so, &e, &so->so_cred);
		break;
	case 3:
		do_accept(w, so);
		break;
	case 4:
		do_send(w, so);
		break;
	case 5:
		do_receive(w, so);
		break;
	case 6:
		(void)soshutdown(so, (int)(take(w->in) % 4));
		break;
	case 7:
		(void)sodisconnect(so);
		break;
	case 8:
		do_option(w, so);
		break;
	case 9:
		(void)sogeterror(so);
		sosockaddr(so, &e);
		(void)sopeeraddr(so, &e);
		break;
	case 10:
		*slot = NULL;
		soabort(so);
		break;
	case 11:
		*slot = NULL;
		soclose(so);
		break;
	}
}

/* ---- packets ---- */

static void
arrive(struct world *w, const uint8_t *pkt, size_t len)
{
	struct mbuf *m = m_frombuf(w->v, pkt, len, 0);

	if (m == NULL)
		return;
	m->m_pktlen = (uint32_t)len;
	m->m_rcvif = lo0(w->v);
	m->m_flags |= M_CSUM_VALID;
	netisr_enqueue(w->v, m);
}

/* A packet from nowhere: a header that will pass, and bytes. */
static void
do_forge(struct world *w)
{
	uint8_t pkt[MAXPKT] = { 0 };
	size_t len = 20 + take_bytes(w->in, pkt + 20,
	    take_below(w->in, MAXPKT - 20));
	struct endpoint src = any_endpoint(w), dst = any_endpoint(w);

	pkt[0] = 0x45;
	put16(pkt + 2, (uint16_t)len);
	pkt[8] = 64;
	pkt[9] = (uint8_t)take(w->in);
	memcpy(pkt + 12, src.addr.b + 12, 4);
	memcpy(pkt + 16, dst.addr.b + 12, 4);
	arrive(w, pkt, len);
}

/* The next packet of the queue, with some bytes changed, or cut. */
static void
do_change(struct world *w)
{
	static uint8_t pkt[65536];
	struct mbuf *m = netisr_dequeue(w->v);
	size_t len;

	if (m == NULL)
		return;
	len = m->m_pktlen;
	assert(len <= sizeof(pkt) && len == m_length(m));
	m_copydata(m, 0, len, pkt);
	m_freem(w->v, m);
	for (unsigned n = 1 + take(w->in) % 4; n > 0; n--) {
		size_t at = take_below(w->in, 64) % len;

		pkt[at] = (uint8_t)take(w->in);
	}
	if (take(w->in) % 8 == 0)
		len = 1 + take_below(w->in, (unsigned)len);
	arrive(w, pkt, len);
	if (take(w->in) % 8 == 0)
		arrive(w, pkt, len);
}

/* The queue's first packet becomes its last. */
static void
do_reorder(struct world *w)
{
	struct mbuf *m = netisr_dequeue(w->v);

	if (m != NULL)
		netisr_enqueue(w->v, m);
}

static void
do_drop(struct world *w)
{
	struct mbuf *m = netisr_dequeue(w->v);

	if (m != NULL)
		m_freem(w->v, m);
}

/* ---- time and jails ---- */

static void
run_out(struct world *w)
{
	while (vnet_run(w->v, 64))
		;
}

static void
pass(struct world *w, uint64_t ms)
{
	uint64_t end = w->v->now + ms * NSEC_PER_MSEC, next;

	run_out(w);
	while ((next = callout_next(w->v)) <= end) {
		vnet_settime(w->v, next);
		run_out(w);
	}
	vnet_settime(w->v, end);
	run_out(w);
}

static void
do_pass(struct world *w)
{
	pass(w, UINT64_C(1) << take(w->in) % 18);
}

static void
make_jail(struct world *w, unsigned i)
{
	static const char *const name[] = { "one", "two" };
	struct inaddr addr[2] = { inaddr_v4(htonl(0x0a000001 + i)),
		inaddr_v4(htonl(0x0a000003)) };
	struct prison_params pp = { .name = name[i], .addr = addr,
		.naddr = 1 + i, .ip4_restricted = true,
		.allow = PR_ALLOW_DEFAULT | PR_ALLOW_RAW_SOCKETS };
	char why[128];

	for (unsigned a = 0; a < pp.naddr; a++)
		(void)in_ifaddr_add(w->v, lo0(w->v), &addr[a]);
	if (prison_create(w->v, w->cred[0].prison, &pp, &w->cred[i + 1].prison,
	    why, sizeof(why)) != 0)
		w->cred[i + 1].prison = NULL;
}

/* A jail goes as the daemon lets it go: its programs' sockets first. */
static void
end_jail(struct world *w, unsigned i)
{
	struct prison *pr = w->cred[i + 1].prison;
	struct prison_purge pp = { .reset = true };
	unsigned budget;

	if (pr == NULL)
		return;
	w->cred[i + 1].prison = NULL;
	prison_remove(w->v, pr);
	for (unsigned s = 0; s < NSOCKETS; s++)
		if (w->so[s] != NULL && w->so[s]->so_cred.prison == pr) {
			soclose(w->so[s]);
			w->so[s] = NULL;
		}
	do {
		budget = 16;
	} while (prison_purge_step(w->v, pr, &pp, &budget));
	for (unsigned a = 0; a < 1 + i; a++) {
		struct inaddr addr = inaddr_v4(htonl(a == 0 ? 0x0a000001 + i :
		    0x0a000003));

		(void)in_ifaddr_remove(w->v, &addr);
	}
	prison_put(w->v, pr);
}

static void
do_jail(struct world *w)
{
	unsigned i = take(w->in) % NJAILS;

	if (w->cred[i + 1].prison == NULL)
		make_jail(w, i);
	else
		end_jail(w, i);
}

/* ---- listings ---- */

static void
do_list(struct world *w)
{
	static const char *const name[] = { "net.inet.tcp.pcblist",
		"net.inet.udp.pcblist", "net.inet.raw.pcblist",
		"net.inet.tcp.stats" };
	const struct cred *cred = any_cred(w);
	struct sysctl_req req = { .vnet = w->v, .cred = cred,
		.jailed = jailed(w->v, cred) };
	unsigned miblen = CTL_MAXNAME;
	int mib[CTL_MAXNAME], error;

	error = sysctl_lookup(w->v, name[take(w->in) % 4], mib, &miblen);
	assert(error == 0);
	do {
		req.outlen = 0;
		error = sysctl_step(mib, miblen, &req);
	} while (error == SYSCTL_MORE);
	assert(error == 0 || error == ENOMEM);
	free(req.out);
}

/* ---- all of it ---- */

static void
step(struct world *w)
{
	switch (take(w->in) % 16) {
	case 0: case 1:
		do_socket(w);
		break;
	case 2: case 3: case 4: case 5: case 6:
		do_call(w);
		break;
	case 7:
		do_forge(w);
		break;
	case 8: case 9:
		do_change(w);
		break;
	case 10:
		do_reorder(w);
		break;
	case 11:
		do_drop(w);
		break;
	case 12:
		(void)vnet_run(w->v, 1 + take(w->in) % 4);
		break;
	case 13:
		do_pass(w);
		break;
	case 14:
		do_jail(w);
		break;
	case 15:
		do_list(w);
		break;
	}
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static const uint8_t seed[VNET_SEEDLEN] = "fuzz";
	struct input in = { data, len };
	struct world w = { .in = &in };
	int error = vnet_new(seed, 0, &w.v);

	assert(error == 0);
	w.cred[0].prison = prison0(w.v);
	for (unsigned i = 0; i < NJAILS; i++)
		make_jail(&w, i);
	for (unsigned n = 0; n < MAXSTEPS && in.left > 0; n++)
		step(&w);
	for (unsigned i = 0; i < NSOCKETS; i++)
		if (w.so[i] != NULL)
			soclose(w.so[i]);
	memset(w.so, 0, sizeof(w.so));
	for (unsigned i = 0; i < NJAILS; i++)
		end_jail(&w, i);
	pass(&w, 24 * 3600 * 1000);
	vnet_free(w.v);
}
