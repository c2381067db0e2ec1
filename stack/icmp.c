/*
 * icmp.c - ICMP (RFC 792; RFC 1122, 3.2.2).
 *
 * Theory of operation
 *
 * Echo requests are answered with their own payload, which is shared and not
 * copied; so are requests for the time (net.inet.icmp.tstamprepl) and, where
 * maskrepl says so, for the address mask, with what they ask for filled in.
 * Errors that come in are translated to an errno and handed to the
 * protocol whose packet they quote; the protocol decides whether it believes
 * them.  Errors that go out quote a header which is made anew from what the
 * protocol still knows: ours never differs from it in what a receiver reads.
 *
 * Outgoing errors are limited to icmplim per second over all causes, so that a
 * scan of closed ports does not make us a traffic generator.  The limit of each
 * second is off by up to icmplim_jitter, or who counts answers could tell from
 * how many are missing which of somebody else's guesses hit a port.  That
 * answers were left out is logged when the second is over and another answer
 * is due.
 *
 * The time is that of the stack, which is not the time of day: RFC 792 has a
 * bit to say so.
 *
 * Redirects, source quench and router discovery are counted and ignored.  Raw
 * sockets have had their copies before we are called.
 */
#include <errno.h>
#include <inttypes.h>

#include "stack/ip_int.h"
#include "stack/vlog.h"
#include "sysctl/sysctl.h"

#define ICMP_HDRLEN	8
#define ICMP_QUOTELEN	8	/* bytes of the transport header, at least */
#define ICMP_QUOTEMAX	528	/* the error fits 576 bytes (RFC 1812) */
#define ICMP_TSLEN	20	/* of time stamp messages */
#define ICMP_MASKLEN	12	/* of address mask messages */
#define ICMP_LIM	200	/* errors per second */
#define ICMP_JITTER	16

enum {
	TYPE_ECHOREPLY = 0,
	TYPE_UNREACH = 3,
	TYPE_ECHO = 8,
	TYPE_TIMXCEED = 11,
	TYPE_PARAMPROB = 12,
	TYPE_TSTAMP = 13,
	TYPE_TSTAMPREPLY = 14,
	TYPE_MASKREQ = 17,
	TYPE_MASKREPLY = 18,
};

struct icmpstate {
	struct icmpstat	 stat;
	int		 lim;		/* errors per second; 0: any number */
	int		 jitter;	/* of lim, at most */
	int		 output;	/* log what was left out */
	int		 quotelen;	/* bytes behind the quoted header */
	int		 maskrepl, tstamprepl;
	uint32_t	 maskfake;	/* in network order; 0: the truth */
	uint64_t	 since;		/* ns: when the second began */
	int64_t		 off;		/* by which its limit is off */
	int64_t		 due;		/* what it would have without one */
};

static int icmp_init(struct vnet *v);

static VNET_MODULE(icmp_module, struct icmpstate, VNET_PROTO, icmp_init, NULL);
#define V_icmpstate(v)	((struct icmpstate *)vnet_data((v), &icmp_module))
#define ICMPSTAT(v)	(&V_icmpstate(v)->stat)

SYSCTL_STRUCT(icmp_stats, "net.inet.icmp.stats", 2,
    CTLFLAG_RW | CTLFLAG_STATS, icmp_module, struct icmpstate, stat, NULL,
    "S,icmpstat", "ICMP statistics (struct icmpstat, netinet/icmp_var.h)");
SYSCTL_INT(icmp_icmplim, "net.inet.icmp.icmplim", 3, CTLFLAG_RW, icmp_module,
    struct icmpstate, lim, NULL, "Maximum number of ICMP errors per second");
SYSCTL_INT(icmp_maskrepl, "net.inet.icmp.maskrepl", 1, CTLFLAG_RW, icmp_module,
    struct icmpstate, maskrepl, NULL,
    "Reply to ICMP Address Mask Request packets");
SYSCTL_INT(icmp_tstamprepl, "net.inet.icmp.tstamprepl", OID_AUTO, CTLFLAG_RW,
    icmp_module, struct icmpstate, tstamprepl, NULL,
    "Respond to ICMP Timestamp packets");
SYSCTL_INT(icmp_quotelen, "net.inet.icmp.quotelen", OID_AUTO, CTLFLAG_RW,
    icmp_module, struct icmpstate, quotelen, NULL,
    "Number of bytes from original packet to quote in ICMP reply");
SYSCTL_INT(icmp_icmplim_jitter, "net.inet.icmp.icmplim_jitter", OID_AUTO,
    CTLFLAG_RW, icmp_module, struct icmpstate, jitter, NULL,
    "Random icmplim jitter adjustment limit");
SYSCTL_INT(icmp_icmplim_output, "net.inet.icmp.icmplim_output", OID_AUTO,
    CTLFLAG_RW, icmp_module, struct icmpstate, output, NULL,
    "Enable logging of ICMP response rate limiting");
SYSCTL_UINT(icmp_maskfake, "net.inet.icmp.maskfake", OID_AUTO, CTLFLAG_RW,
    icmp_module, struct icmpstate, maskfake, NULL,
    "Fake reply to ICMP Address Mask Request packets, in network byte order");

static int
icmp_init(struct vnet *v)
{
	struct icmpstate *s = V_icmpstate(v);

	s->lim = ICMP_LIM;
	s->jitter = ICMP_JITTER;
	s->output = 1;
	s->quotelen = ICMP_QUOTELEN;
	s->tstamprepl = 1;
	return 0;
}

/* How many may go out in this second: one, whatever the jitter. */
static int64_t
icmp_may(const struct icmpstate *s)
{
	int64_t may = s->lim + s->off;

	return may > 0 ? may : 1;
}

static void
icmp_second(struct vnet *v, struct icmpstate *s)
{
	if (s->output != 0 && s->due > icmp_may(s))
		vlog(v, "Limiting icmp response from %" PRId64 " to %" PRId64
		    " packets/sec", s->due, icmp_may(s));
	s->since = v->now;
	s->due = 0;
	s->off = s->jitter <= 0 ? 0 : (int64_t)vnet_random_below(v,
	    2 * (uint32_t)s->jitter + 1) - s->jitter;
}

static bool
icmp_allowed(struct vnet *v)
{
	struct icmpstate *s = V_icmpstate(v);

	if (s->lim <= 0)
		return true;
	if (v->now - s->since >= NSEC_PER_SEC)
		icmp_second(v, s);
	return ++s->due <= icmp_may(s);
}

/* Send m, whose ICMP header (h) is complete but for its checksum. */
static void
icmp_send(struct vnet *v, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t tos)
{
	uint8_t *h = m->m_data;

	put16n(h + 2, 0);
	put16n(h + 2, in_cksum_fold(m_sum(m, 0, m_length(m), 0)));
	if (h[0] <= ICMP_MAXTYPE)
		ICMPSTAT(v)->icps_outhist[h[0]]++;
	if (ip_output(v, m, src, dst, IPPROTO_ICMP, 0, tos) == ENETUNREACH)
		ICMPSTAT(v)->icps_noroute++;
}

/* The header of the packet that m is the transport part of. */
static void
quote_header(const struct vnet *v, uint8_t *h, size_t len,
    const struct inaddr *src, const struct inaddr *dst, uint8_t proto)
{
	memset(h, 0, IP_HDRLEN);
	h[IPO_VHL] = 4 << 4 | IP_HDRLEN / 4;
	put16(h + IPO_LEN, (uint16_t)(IP_HDRLEN + len));
	put16(h + IPO_OFF, IP_OFF_DF);
	h[IPO_TTL] = ip_defttl(v);
	h[IPO_PROTO] = proto;
	putaddr(h + IPO_SRC, src);
	putaddr(h + IPO_DST, dst);
}

/* How much of a payload of len bytes to quote. */
static size_t
quote_length(const struct vnet *v, size_t len)
{
	int want = V_icmpstate(v)->quotelen;

	if (want < ICMP_QUOTELEN)
		want = ICMP_QUOTELEN;
	if (want > ICMP_QUOTEMAX)
		want = ICMP_QUOTEMAX;
	return len < (size_t)want ? len : (size_t)want;
}

void
icmp_unreach(struct vnet *v, const struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t proto, uint8_t code)
{
	size_t len = m_length(m), quoted = quote_length(v, len);
	struct mbuf *n;
	uint8_t *q;

	ICMPSTAT(v)->icps_error++;
	if (proto == IPPROTO_ICMP) {
		ICMPSTAT(v)->icps_oldicmp++;
		return;
	}
	if (inaddr_is_multicast(dst) || inaddr_is_any(src) ||
	    !icmp_allowed(v))
		return;
	n = m_get(v, MHEADROOM, ICMP_HDRLEN + IP_HDRLEN + quoted);
	if (n == NULL)
		return;
	n->m_len = (uint32_t)(ICMP_HDRLEN + IP_HDRLEN + quoted);
	memset(n->m_data, 0, ICMP_HDRLEN);
	n->m_data[0] = TYPE_UNREACH;
	n->m_data[1] = code;
	q = n->m_data + ICMP_HDRLEN;
	quote_header(v, q, len, src, dst, proto);
	put16n(q + IPO_SUM, in_cksum_fold(m_sum(n, ICMP_HDRLEN, IP_HDRLEN,
	    0)));
	m_copydata(m, 0, quoted, q + IP_HDRLEN);
	icmp_send(v, n, dst, src, 0);
}

/* m: an echo request, not consumed. */
static void
icmp_reflect(struct vnet *v, const struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t tos)
{
	struct mbuf *n = m_get(v, MHEADROOM, ICMP_HDRLEN);

	if (n == NULL)
		return;
	m_copydata(m, 0, ICMP_HDRLEN, n->m_data);
	n->m_len = ICMP_HDRLEN;
	n->m_data[0] = TYPE_ECHOREPLY;
	n->m_next = m_copym(v, m, ICMP_HDRLEN, m->m_pktlen - ICMP_HDRLEN);
	if (n->m_next == NULL) {
		m_freem(v, n);
		return;
	}
	ICMPSTAT(v)->icps_reflect++;
	icmp_send(v, n, dst, src, tos);
}

/* Send back m's first len bytes, which are contiguous, as a message of that
 * type that ends with the lastlen bytes at last. */
static void
icmp_answer(struct vnet *v, const struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t tos, uint8_t type, size_t len,
    const uint8_t *last, size_t lastlen)
{
	struct mbuf *n = m_get(v, MHEADROOM, len);

	if (n == NULL)
		return;
	m_copydata(m, 0, len, n->m_data);
	n->m_len = (uint32_t)len;
	n->m_data[0] = type;
	memcpy(n->m_data + len - lastlen, last, lastlen);
	ICMPSTAT(v)->icps_reflect++;
	icmp_send(v, n, dst, src, tos);
}

static void
icmp_tstamp(struct vnet *v, const struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t tos)
{
	uint32_t now = 0x80000000 | (uint32_t)(v->now / NSEC_PER_MSEC);
	uint8_t times[8];	/* received, sent */

	if (V_icmpstate(v)->tstamprepl == 0)
		return;
	if (m->m_pktlen < ICMP_TSLEN) {
		ICMPSTAT(v)->icps_badlen++;
		return;
	}
	if (!icmp_allowed(v))
		return;
	put32(times, now);
	put32(times + 4, now);
	icmp_answer(v, m, src, dst, tos, TYPE_TSTAMPREPLY, ICMP_TSLEN, times,
	    sizeof(times));
}

static void
icmp_mask(struct vnet *v, const struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t tos)
{
	const struct icmpstate *s = V_icmpstate(v);
	const struct in_ifaddr *ia = in_ifaddr_find(v, dst);
	uint8_t mask[4];

	if (s->maskrepl == 0 || m->m_pktlen < ICMP_MASKLEN || ia == NULL)
		return;
	put32(mask, UINT32_MAX << (32 - in_ifaddr_plen(ia)));
	if (s->maskfake != 0)
		memcpy(mask, &s->maskfake, sizeof(mask));
	icmp_answer(v, m, src, dst, tos, TYPE_MASKREPLY, ICMP_MASKLEN, mask,
	    sizeof(mask));
}

static void
icmp_request(struct vnet *v, const struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t tos)
{
	uint32_t net = ntohl(inaddr_to_v4(src)) >> 24;

	/* Nobody is there to be answered (RFC 1122, 3.2.1.3). */
	if (net == 0 || net >= 240)
		ICMPSTAT(v)->icps_badaddr++;
	else if (m->m_data[0] == TYPE_ECHO)
		icmp_reflect(v, m, src, dst, tos);
	else if (m->m_data[0] == TYPE_TSTAMP)
		icmp_tstamp(v, m, src, dst, tos);
	else
		icmp_mask(v, m, src, dst, tos);
}

/* What "destination unreachable, code" means to a program; 0: no such code. */
static int
unreach_errno(uint8_t code)
{
	static const int errnos[] = {
		ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, ECONNREFUSED,
		EMSGSIZE, EHOSTUNREACH, ENETUNREACH, EHOSTUNREACH,
		EHOSTUNREACH, ENETUNREACH, EHOSTUNREACH, ENETUNREACH,
		EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH,
	};

	return code < sizeof(errnos) / sizeof(errnos[0]) ? errnos[code] : 0;
}

/* An error about a packet of ours.  m: contiguous as far as the quotation. */
static void
icmp_ctlinput(struct vnet *v, const struct mbuf *m, int error)
{
	const uint8_t *q = m->m_data + ICMP_HDRLEN;
	size_t hl = m->m_len > ICMP_HDRLEN ? ip_hdrlen(q) : 0;
	const struct ipproto *pr;
	struct inaddr src, dst;

	if (hl < IP_HDRLEN || m->m_len < ICMP_HDRLEN + hl + ICMP_QUOTELEN) {
		ICMPSTAT(v)->icps_badlen++;
		return;
	}
	src = getaddr(q + IPO_SRC);
	dst = getaddr(q + IPO_DST);
	pr = V_ipstate(v)->proto[q[IPO_PROTO]];
	if (pr != NULL && pr->ctlinput != NULL)
		pr->ctlinput(v, error, &src, &dst, q + hl);
}

static void
icmp_dispatch(struct vnet *v, const struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t tos)
{
	uint8_t type = m->m_data[0], code = m->m_data[1];
	int error = EHOSTUNREACH;

	switch (type) {
	case TYPE_ECHO:
	case TYPE_TSTAMP:
	case TYPE_MASKREQ:
		icmp_request(v, m, src, dst, tos);
		return;
	case TYPE_UNREACH:
		error = unreach_errno(code);
		break;
	case TYPE_TIMXCEED:
	case TYPE_PARAMPROB:
		error = code <= 1 ? EHOSTUNREACH : 0;
		break;
	default:
		return;
	}
	if (error == 0)
		ICMPSTAT(v)->icps_badcode++;
	else
		icmp_ctlinput(v, m, error);
}

static void
icmp_input(struct vnet *v, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t ttl, uint8_t tos)
{
	const size_t want = ICMP_HDRLEN + IP_MAXHDRLEN + ICMP_QUOTELEN;
	uint32_t len = m->m_pktlen;

	(void)ttl;
	if (len < ICMP_HDRLEN) {
		ICMPSTAT(v)->icps_tooshort++;
		m_freem(v, m);
		return;
	}
	if (in_cksum_fold(m_sum(m, 0, len, 0)) != 0) {
		ICMPSTAT(v)->icps_checksum++;
		m_freem(v, m);
		return;
	}
	if ((m = m_pullup(v, m, len < want ? len : want)) == NULL)
		return;
	if (m->m_data[0] <= ICMP_MAXTYPE)
		ICMPSTAT(v)->icps_inhist[m->m_data[0]]++;
	icmp_dispatch(v, m, src, dst, tos);
	m_freem(v, m);
}

static const struct ipproto icmp_ipproto = {
	.proto = IPPROTO_ICMP,
	.input = icmp_input,
};
IPPROTO_ADD(icmp_ipproto);
