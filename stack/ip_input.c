/*
 * ip_input.c - IPv4 packets that arrive (RFC 791; RFC 1122, 3.2).
 *
 * Theory of operation
 *
 * A packet is checked from its first byte on and dropped, with a counter, at
 * the first thing that is wrong; past that, its header can be trusted.  Raw
 * sockets get their copies, then the protocol gets the payload.
 *
 * Not done: forwarding, and reassembly: no interface here splits packets, so a
 * fragment is counted (ips_fragments, ips_fragdropped) and dropped.  Options
 * are checked for their form and ignored, but for source routes, which are
 * refused.
 */
#include <errno.h>

#include "stack/ip_int.h"
#include "sysctl/sysctl.h"

#define IP_DEFTTL	64	/* RFC 1700 */

/* Options (RFC 791, 3.1) */
#define IPOPT_KIND_EOL	0
#define IPOPT_KIND_NOP	1
#define IPOPT_KIND_LSRR	131
#define IPOPT_KIND_SSRR	137

LINKERSET_DECLARE(ipproto, const struct ipproto);

static int
ip_init(struct vnet *v)
{
	struct ipstate *is = V_ipstate(v);
	const struct ipproto *const *pp;

	is->defttl = IP_DEFTTL;
	is->connect_wild = 1;	/* as on Linux; FreeBSD 15: 0 */
	LINKERSET_FOREACH(pp, ipproto)
		is->proto[(*pp)->proto] = *pp;
	return 0;
}

VNET_MODULE(ip_module, struct ipstate, VNET_IP, ip_init, NULL);

/* 1 to 255: a packet with 0 may not be sent. */
static int
sysctl_ttl(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	int *defttl = sysctl_var(oid, req), value = *defttl;
	int error = sysctl_handle_value(oid, req, &value, sizeof(value));

	if (error != 0 || req->newptr == NULL)
		return error;
	if (value < 1 || value > UINT8_MAX)
		return EINVAL;
	*defttl = value;
	return 0;
}

SYSCTL_INT(ip_ttl, "net.inet.ip.ttl", 3, CTLFLAG_RW, ip_module,
    struct ipstate, defttl, sysctl_ttl, "Maximum TTL on IP packets");
SYSCTL_STRUCT(ip_stats, "net.inet.ip.stats", 12, CTLFLAG_RW | CTLFLAG_STATS,
    ip_module, struct ipstate, stat, NULL, "S,ipstat",
    "IP statistics (struct ipstat, netinet/ip_var.h)");

SYSCTL_INT(ip_connect_wild, "net.inet.ip.connect_inaddr_wild", OID_AUTO,
    CTLFLAG_RW, ip_module, struct ipstate, connect_wild, NULL,
    "Allow connecting to INADDR_ANY for connect(2) and sendto(2)");

int
ip_checkpeer(const struct vnet *v, const struct inaddr *dst)
{
	return V_ipstate(v)->connect_wild == 0 && inaddr_is_any(dst) ?
	    ENETUNREACH : 0;
}

uint8_t
ip_defttl(const struct vnet *v)
{
	return (uint8_t)V_ipstate(v)->defttl;
}

/* The counter of what is wrong with the first 20 bytes; NULL: nothing. */
static uint64_t *
ip_checkfixed(struct ipstat *st, const struct mbuf *m)
{
	size_t hl = ip_hdrlen(m->m_data);

	if (m->m_data[IPO_VHL] >> 4 != 4)
		return &st->ips_badvers;
	return hl < IP_HDRLEN || hl > m->m_pktlen ? &st->ips_badhlen : NULL;
}

/* The counter of what is wrong with the header's sum or the packet's length;
 * NULL: nothing. */
static uint64_t *
ip_checklen(struct ipstat *st, const struct mbuf *m)
{
	size_t hl = ip_hdrlen(m->m_data), len = get16(m->m_data + IPO_LEN);

	if (in_cksum_fold(m_sum(m, 0, hl, 0)) != 0)
		return &st->ips_badsum;
	if (len < hl)
		return &st->ips_badlen;
	return len > m->m_pktlen ? &st->ips_tooshort : NULL;
}

/* Makes the header contiguous and checks it, and cuts off what is behind the
 * packet.  NULL: dropped. */
static struct mbuf *
ip_checkheader(struct vnet *v, struct mbuf *m)
{
	struct ipstat *st = IPSTAT(v);
	uint64_t *why = &st->ips_toosmall;
	size_t len;

	if (m->m_pktlen < IP_HDRLEN)
		goto drop;
	if ((m = m_pullup(v, m, IP_HDRLEN)) == NULL)
		goto drop;
	if ((why = ip_checkfixed(st, m)) != NULL)
		goto drop;
	why = &st->ips_badhlen;
	if ((m = m_pullup(v, m, ip_hdrlen(m->m_data))) == NULL)
		goto drop;
	if ((why = ip_checklen(st, m)) != NULL)
		goto drop;
	len = get16(m->m_data + IPO_LEN);
	if (len < m->m_pktlen) {
		m_adj(m, -(ssize_t)(m->m_pktlen - len));
		m->m_pktlen = (uint32_t)len;
	}
	return m;
drop:
	(*why)++;
	m_freem(v, m);
	return NULL;
}

/* The counter of what is wrong with the options; NULL: nothing. */
static uint64_t *
ip_checkoptions(struct ipstat *st, const uint8_t *h)
{
	size_t hl = ip_hdrlen(h), i = IP_HDRLEN;

	while (i < hl && h[i] != IPOPT_KIND_EOL) {
		if (h[i] == IPOPT_KIND_NOP) {
			i++;
			continue;
		}
		if (i + 1 >= hl || h[i + 1] < 2 || h[i + 1] > hl - i)
			return &st->ips_badoptions;
		if (h[i] == IPOPT_KIND_LSRR || h[i] == IPOPT_KIND_SSRR)
			return &st->ips_cantforward;
		i += h[i + 1];
	}
	return NULL;
}

static bool
is_loopnet(const struct inaddr *a)
{
	return ntohl(inaddr_to_v4(a)) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;
}

/* The counter of what is wrong with the addresses; NULL: nothing. */
static uint64_t *
ip_checkaddrs(struct vnet *v, const struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst)
{
	struct ipstat *st = IPSTAT(v);
	bool loopback = m->m_rcvif == NULL ||
	    (m->m_rcvif->if_flags & IFF_LOOPBACK);

	if (inaddr_is_multicast(src) || inaddr_is_any(src) ||
	    inaddr_to_v4(src) == INADDR_BROADCAST)
		return &st->ips_badaddr;
	if (!loopback && (is_loopnet(src) || is_loopnet(dst)))
		return &st->ips_badaddr;
	if (inaddr_is_multicast(dst))
		return &st->ips_notmember;
	if (!in_ifaddr_input(v, dst, m->m_pktlen))
		return &st->ips_cantforward;
	return NULL;
}

/* A good packet for us: hand out what it holds. */
static void
ip_deliver(struct vnet *v, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst)
{
	const uint8_t *h = m->m_data;
	uint8_t hl = ip_hdrlen(h), proto = h[IPO_PROTO];
	uint8_t ttl = h[IPO_TTL], tos = h[IPO_TOS];
	const struct ipproto *pr = V_ipstate(v)->proto[proto];
	bool wanted = rip_input(v, m, proto, src, dst);

	m_adj(m, hl);
	m->m_pktlen -= hl;
	if (pr != NULL) {
		IPSTAT(v)->ips_delivered++;
		pr->input(v, m, src, dst, ttl, tos);
		return;
	}
	if (wanted)
		IPSTAT(v)->ips_delivered++;
	else {
		IPSTAT(v)->ips_noproto++;
		icmp_unreach(v, m, src, dst, proto, ICMP_UNREACH_PROTO_CODE);
	}
	m_freem(v, m);
}

void
ip_input(struct vnet *v, struct mbuf *m)
{
	struct ipstat *st = IPSTAT(v);
	struct inaddr src, dst;
	uint64_t *why;

	st->ips_total++;
	if ((m = ip_checkheader(v, m)) == NULL)
		return;
	src = getaddr(m->m_data + IPO_SRC);
	dst = getaddr(m->m_data + IPO_DST);
	if ((why = ip_checkoptions(st, m->m_data)) == NULL)
		why = ip_checkaddrs(v, m, &src, &dst);
	if (why == NULL && (get16(m->m_data + IPO_OFF) &
	    (IP_OFF_MF | IP_OFF_MASK)) != 0) {
		st->ips_fragments++;
		why = &st->ips_fragdropped;
	}
	if (why != NULL) {
		(*why)++;
		m_freem(v, m);
		return;
	}
	ip_deliver(v, m, &src, &dst);
}
