/*
 * ip_output.c - IPv4 packets that leave.
 *
 * Theory of operation
 *
 * Whatever is ours is reached through lo0; there is no other route yet, so
 * everything else is unreachable.  A packet larger than the interface takes is
 * refused (EMSGSIZE) and not fragmented; every packet says so by DF, which also
 * makes its identification meaningless (RFC 6864): it is 0.
 *
 * The header's checksum is always made; the transport's may be left to whoever
 * puts the packet on a wire (M_CSUM_LATER).
 */
#include <errno.h>

#include "stack/ip_int.h"

struct ifnet *
ip_route(const struct vnet *v, const struct inaddr *dst)
{
	return in_localaddr(v, dst) ? lo0(v) : NULL;
}

uint32_t
ip_maxpayload(const struct vnet *v, const struct inaddr *dst)
{
	const struct ifnet *ifp = ip_route(v, dst);

	return (ifp != NULL ? ifp->if_mtu : IP_MAXPACKET) - IP_HDRLEN;
}

static void
put_checksum(struct mbuf *m, size_t hl)
{
	put16n(m->m_data + IPO_SUM, 0);
	put16n(m->m_data + IPO_SUM, in_cksum_fold(m_sum(m, 0, hl, 0)));
}

/* Where a packet of len bytes (header included) goes.  0 or errno. */
static int
find_interface(struct vnet *v, const struct inaddr *dst, size_t len,
    struct ifnet **ifpp)
{
	if ((*ifpp = ip_route(v, dst)) == NULL) {
		IPSTAT(v)->ips_noroute++;
		return ENETUNREACH;
	}
	if (len > (*ifpp)->if_mtu) {
		IPSTAT(v)->ips_cantfrag++;
		return EMSGSIZE;
	}
	return 0;
}

int
ip_output(struct vnet *v, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t proto, uint8_t ttl, uint8_t tos)
{
	size_t len = m_length(m) + IP_HDRLEN;
	struct ifnet *ifp;
	uint8_t *h;
	int error = find_interface(v, dst, len, &ifp);

	if (error != 0) {
		m_freem(v, m);
		return error;
	}
	if ((m = m_prepend(v, m, IP_HDRLEN)) == NULL) {
		IPSTAT(v)->ips_odropped++;
		return ENOBUFS;
	}
	h = m->m_data;
	h[IPO_VHL] = 4 << 4 | IP_HDRLEN / 4;
	h[IPO_TOS] = tos;
	put16(h + IPO_LEN, (uint16_t)len);
	put16(h + IPO_ID, 0);
	put16(h + IPO_OFF, IP_OFF_DF);
	h[IPO_TTL] = ttl != 0 ? ttl : ip_defttl(v);
	h[IPO_PROTO] = proto;
	putaddr(h + IPO_SRC, src);
	putaddr(h + IPO_DST, dst);
	put_checksum(m, IP_HDRLEN);
	m->m_pktlen = (uint32_t)len;
	m->m_csum_off += IP_HDRLEN;
	IPSTAT(v)->ips_localout++;
	in_ifaddr_output(v, src, m->m_pktlen);
	return ifp->if_output(v, ifp, m);
}

/* Can m's header, of its sender's making, be sent? */
static bool
header_ok(const struct mbuf *m, size_t len)
{
	size_t hl = ip_hdrlen(m->m_data);

	return hl >= IP_HDRLEN && hl <= len && hl <= m->m_len &&
	    len <= IP_MAXPACKET;
}

int
ip_output_hdrincl(struct vnet *v, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst)
{
	size_t len = m_length(m);
	struct ifnet *ifp;
	uint8_t *h;
	int error;

	m = m_pullup(v, m, len < IP_MAXHDRLEN ? len : IP_MAXHDRLEN);
	if (m == NULL)
		return ENOBUFS;
	if (len < IP_HDRLEN || !header_ok(m, len)) {
		m_freem(v, m);
		return EINVAL;
	}
	if ((error = find_interface(v, dst, len, &ifp)) != 0) {
		m_freem(v, m);
		return error;
	}
	h = m->m_data;
	h[IPO_VHL] = (uint8_t)(4 << 4 | (h[IPO_VHL] & 0xf));
	put16(h + IPO_LEN, (uint16_t)len);
	putaddr(h + IPO_SRC, src);
	put_checksum(m, ip_hdrlen(h));
	m->m_pktlen = (uint32_t)len;
	IPSTAT(v)->ips_rawout++;
	in_ifaddr_output(v, src, m->m_pktlen);
	return ifp->if_output(v, ifp, m);
}
