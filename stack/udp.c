/*
 * udp.c - UDP (RFC 768; RFC 1122, 4.1).
 *
 * Theory of operation
 *
 * A datagram that arrives goes to the one socket that in_pcblookup() names, or
 * is dropped: no port (answered by ICMP), or no room.  A datagram that is sent
 * binds its socket to a port if need be; the source address is chosen for each
 * datagram and only becomes the socket's own in a jail with addresses of its
 * own, as in FreeBSD.
 *
 * Differences from FreeBSD, for the programs are Linux's: sendto() with an
 * address works on a connected socket (FreeBSD: EISCONN), for that datagram
 * only; and the limits are Linux's: a datagram may be as large as the format
 * allows (maxdgram 65507, FreeBSD 9216) and a receive buffer holds several of
 * these (recvspace 212992, FreeBSD 42080).  All peers are local, so
 * blackhole_local is 1, without which blackhole would mean nothing.
 *
 * Multicast and broadcast are not supported.
 */
#include <errno.h>

#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/udp.h"
#include "stack/vlog.h"
#include "stack/wire.h"
#include "sysctl/sysctl.h"

#define UDP_HDRLEN	8
#define UDP_MAXDGRAM	(65535 - 20 - UDP_HDRLEN)
#define UDP_SPACE	212992

/* Offsets in the header */
#define UO_SPORT	0
#define UO_DPORT	2
#define UO_LEN		4
#define UO_SUM		6

struct udpstate {
	struct udpstat	 stat;
	struct inpcbinfo *pcbinfo;
	int		 checksum, blackhole, blackhole_local, log_in_vain;
	uint32_t	 maxdgram, recvspace;	/* bytes */
};

static int udp_init(struct vnet *v);
static void udp_fini(struct vnet *v);

static VNET_MODULE(udp_module, struct udpstate, VNET_PROTO, udp_init,
    udp_fini);
#define V_udpstate(v)	((struct udpstate *)vnet_data((v), &udp_module))
#define UDPSTAT(v)	(&V_udpstate(v)->stat)

SYSCTL_INT(udp_checksum, "net.inet.udp.checksum", 1, CTLFLAG_RW, udp_module,
    struct udpstate, checksum, NULL, "compute udp checksum");
SYSCTL_STRUCT(udp_stats, "net.inet.udp.stats", 2, CTLFLAG_RW | CTLFLAG_STATS,
    udp_module, struct udpstate, stat, NULL, "S,udpstat",
    "UDP statistics (struct udpstat, netinet/udp_var.h)");
SYSCTL_UINT(udp_maxdgram, "net.inet.udp.maxdgram", 3, CTLFLAG_RW, udp_module,
    struct udpstate, maxdgram, NULL, "Maximum outgoing UDP datagram size");
SYSCTL_UINT(udp_recvspace, "net.inet.udp.recvspace", 4, CTLFLAG_RW, udp_module,
    struct udpstate, recvspace, NULL,
    "Maximum space for incoming UDP datagrams");

SYSCTL_INT(udp_blackhole, "net.inet.udp.blackhole", OID_AUTO, CTLFLAG_RW,
    udp_module, struct udpstate, blackhole, NULL,
    "Do not send port unreachables for refused connects");
SYSCTL_INT(udp_blackhole_local, "net.inet.udp.blackhole_local", OID_AUTO,
    CTLFLAG_RW, udp_module, struct udpstate, blackhole_local, NULL,
    "Enforce net.inet.udp.blackhole for locally originated packets");
SYSCTL_INT(udp_log_in_vain, "net.inet.udp.log_in_vain", OID_AUTO, CTLFLAG_RW,
    udp_module, struct udpstate, log_in_vain, NULL,
    "Log datagrams for closed ports");

static int
udp_init(struct vnet *v)
{
	struct udpstate *us = V_udpstate(v);

	us->checksum = us->blackhole_local = 1;
	us->maxdgram = UDP_MAXDGRAM;
	us->recvspace = UDP_SPACE;
	return in_pcbinfo_init(v, &us->pcbinfo, "udp_inpcb", IPPROTO_UDP,
	    sizeof(struct inpcb), 0, in_localaddr);
}

static void
udp_fini(struct vnet *v)
{
	in_pcbinfo_destroy(v, V_udpstate(v)->pcbinfo);
}

struct inpcbinfo *
udp_pcbinfo(const struct vnet *v)
{
	return V_udpstate(v)->pcbinfo;
}

/* ---- input ---- */

/* Length and checksum; NULL: dropped.  The header is then contiguous, and the
 * mbufs hold what it says. */
static struct mbuf *
udp_check(struct vnet *v, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst)
{
	uint32_t pktlen = m->m_pktlen;
	uint16_t len;

	if (pktlen < UDP_HDRLEN || (m = m_pullup(v, m, UDP_HDRLEN)) == NULL) {
		UDPSTAT(v)->udps_hdrops++;
		m_freem(v, m);
		return NULL;
	}
	len = get16(m->m_data + UO_LEN);
	if (len < UDP_HDRLEN || len > pktlen) {
		UDPSTAT(v)->udps_badlen++;
		m_freem(v, m);
		return NULL;
	}
	if (len < pktlen)
		m_adj(m, -(ssize_t)(pktlen - len));
	if (get16n(m->m_data + UO_SUM) == 0)
		UDPSTAT(v)->udps_nosum++;
	else if (!(m->m_flags & M_CSUM_VALID) && in_cksum_fold(m_sum(m, 0, len,
	    pseudo_sum(src, dst, IPPROTO_UDP, len))) != 0) {
		UDPSTAT(v)->udps_badsum++;
		m_freem(v, m);
		return NULL;
	}
	return m;
}

static void
udp_append(struct socket *so, struct mbuf *m, const struct endpoint *from)
{
	struct vnet *v = so->so_vnet;

	m_adj(m, UDP_HDRLEN);
	m->m_from = *from;
	if (so->so_rcv.sb_state & SBS_CANTRCVMORE)
		m_freem(v, m);
	else if (!sbappendrecord(&so->so_rcv, m)) {
		UDPSTAT(v)->udps_fullsock++;
		m_freem(v, m);
	} else
		sorwakeup(so);
}

/* Nobody is there for m, which is not consumed. */
static void
udp_noport(struct vnet *v, const struct mbuf *m, const struct endpoint *from,
    const struct endpoint *to)
{
	const struct udpstate *us = V_udpstate(v);
	char src[INADDR_STRLEN], dst[INADDR_STRLEN];

	UDPSTAT(v)->udps_noport++;
	if (us->log_in_vain != 0)
		vlog(v, "Connection attempt to UDP %s:%u from %s:%u",
		    inaddr_ntop(&to->addr, dst), ntohs(to->port),
		    inaddr_ntop(&from->addr, src), ntohs(from->port));
	if (us->blackhole == 0 || (us->blackhole_local == 0 &&
	    in_localaddr(v, &from->addr)))
		icmp_unreach(v, m, &from->addr, &to->addr, IPPROTO_UDP,
		    ICMP_UNREACH_PORT_CODE);
}

static void
udp_input(struct vnet *v, struct mbuf *m, const struct inaddr *src,
    const struct inaddr *dst, uint8_t ttl, uint8_t tos)
{
	struct endpoint from = { .addr = *src }, to = { .addr = *dst };
	struct inpcb *inp;

	(void)ttl;
	(void)tos;
	UDPSTAT(v)->udps_ipackets++;
	if ((m = udp_check(v, m, src, dst)) == NULL)
		return;
	from.port = get16n(m->m_data + UO_SPORT);
	to.port = get16n(m->m_data + UO_DPORT);
	inp = in_pcblookup(V_udpstate(v)->pcbinfo, &from, &to);
	if (inp == NULL) {
		udp_noport(v, m, &from, &to);
		m_freem(v, m);
		return;
	}
	m->m_to = *dst;
	udp_append(inp->inp_socket, m, &from);
}

/* Errors reach connected sockets only: others could not tell whose it is. */
static void
udp_ctlinput(struct vnet *v, int error, const struct inaddr *src,
    const struct inaddr *dst, const uint8_t hdr[8])
{
	struct endpoint local = { *src, get16n(hdr + UO_SPORT) };
	struct endpoint remote = { *dst, get16n(hdr + UO_DPORT) };
	struct inpcb *inp = in_pcblookup_connected(V_udpstate(v)->pcbinfo,
	    &remote, &local);

	if (inp != NULL)
		soseterror(inp->inp_socket, error);
}

static void
udp_prefetch(struct vnet *v, const struct endpoint *src,
    const struct endpoint *dst, unsigned n)
{
	in_pcbprefetch(V_udpstate(v)->pcbinfo, src, dst, n);
}

static const struct ipproto udp_ipproto = {
	.proto = IPPROTO_UDP,
	.input = udp_input,
	.ctlinput = udp_ctlinput,
	.prefetch = udp_prefetch,
};
IPPROTO_ADD(udp_ipproto);

/* ---- output ---- */

/* A port for a socket that sends without one.  The address goes with it in a
 * jail that has its own. */
static int
udp_autobind(struct inpcb *inp, const struct inaddr *src,
    const struct cred *cred)
{
	struct endpoint local = { *src, 0 };
	int error;

	if (prison_restricted_v4(inp->inp_cred.prison) &&
	    inaddr_is_any(&inp->inp_laddr)) {
		error = in_pcbbind(inp, &local, cred);
		if (error != 0 || inp->inp_lport != 0)
			return error;
		/* IP_BIND_ADDRESS_NO_PORT: that set the address alone. */
	}
	return in_pcbbind(inp, NULL, cred);
}

/* Source and destination of a datagram; binds a port where there is none. */
static int
udp_route(struct inpcb *inp, const struct endpoint *to,
    const struct cred *cred, struct inaddr *src, struct endpoint *dst)
{
	int error;

	*src = inp->inp_laddr;
	if (to == NULL) {
		dst->addr = inp->inp_faddr;
		dst->port = inp->inp_fport;
		return 0;
	}
	*dst = *to;
	if (dst->port == 0)
		return EADDRNOTAVAIL;
	if ((error = ip_checkpeer(inp->inp_socket->so_vnet, &dst->addr)) != 0 ||
	    (error = in_pcbfaddr(cred, &dst->addr)) != 0)
		return error;
	if (inaddr_is_any(src)) {
		error = in_pcbladdr(inp, &dst->addr, cred, src);
		if (error != 0)
			return error;
	}
	return inp->inp_lport != 0 ? 0 : udp_autobind(inp, src, cred);
}

/* Header in front of m; consumes it. */
static int
udp_emit(struct vnet *v, struct inpcb *inp, struct mbuf *m,
    const struct inaddr *src, const struct endpoint *dst)
{
	uint16_t len = (uint16_t)(m_length(m) + UDP_HDRLEN);
	uint16_t sum;
	uint8_t *h;

	if ((m = m_prepend(v, m, UDP_HDRLEN)) == NULL)
		return ENOBUFS;
	h = m->m_data;
	put16n(h + UO_SPORT, inp->inp_lport);
	put16n(h + UO_DPORT, dst->port);
	put16(h + UO_LEN, len);
	put16n(h + UO_SUM, 0);
	if (V_udpstate(v)->checksum != 0) {
		sum = (uint16_t)~in_cksum_fold(pseudo_sum(src, &dst->addr,
		    IPPROTO_UDP, len));
		put16n(h + UO_SUM, sum);
		m->m_flags |= M_CSUM_LATER;
		m->m_csum_off = UO_SUM;
	}
	UDPSTAT(v)->udps_opackets++;
	return ip_output(v, m, src, &dst->addr, IPPROTO_UDP, inp->inp_ip_ttl,
	    inp->inp_ip_tos);
}

static int
udp_send(struct socket *so, struct mbuf *m, const struct endpoint *to,
    const struct cred *cred)
{
	struct vnet *v = so->so_vnet;
	struct inpcb *inp = so->so_pcb;
	struct endpoint dst;
	struct inaddr src;
	int error = 0;

	if (m_length(m) > V_udpstate(v)->maxdgram ||
	    m_length(m) > UDP_MAXDGRAM)
		error = EMSGSIZE;
	if (error == 0)
		error = udp_route(inp, to, cred, &src, &dst);
	if (error != 0) {
		m_freem(v, m);
		return error;
	}
	return udp_emit(v, inp, m, &src, &dst);
}

/* ---- calls ---- */

static int
udp_attach(struct socket *so, const struct cred *cred)
{
	struct udpstate *us = V_udpstate(so->so_vnet);

	soreserve(so, UDP_SPACE, us->recvspace);
	return in_pcballoc(us->pcbinfo, so, cred, INP_IPV4, &so->so_pcb);
}

static void
udp_detach(struct socket *so)
{
	in_pcbfree(so->so_pcb);
	so->so_pcb = NULL;
}

static int
udp_bind(struct socket *so, const struct endpoint *name,
    const struct cred *cred)
{
	return in_pcbbind(so->so_pcb, name, cred);
}

static int
udp_connect(struct socket *so, const struct endpoint *name,
    const struct cred *cred)
{
	int error = in_pcbconnect(so->so_pcb, name, cred);

	if (error == 0)
		soisconnected(so);
	return error;
}

static int
udp_disconnect(struct socket *so)
{
	in_pcbdisconnect(so->so_pcb);
	so->so_state &= ~(uint32_t)SS_ISCONNECTED;
	return 0;
}

static int
udp_shutdown(struct socket *so)
{
	socantsendmore(so);
	return 0;
}

static const struct protosw udp_protosw = {
	.pr_name = "udp",
	.pr_type = SOCK_DGRAM,
	.pr_protocol = IPPROTO_UDP,
	.pr_atomic = true,
	.pr_attach = udp_attach,
	.pr_detach = udp_detach,
	.pr_bind = udp_bind,
	.pr_connect = udp_connect,
	.pr_disconnect = udp_disconnect,
	.pr_abort = udp_detach,
	.pr_shutdown = udp_shutdown,
	.pr_send = udp_send,
};
PROTOSW_ADD(udp_protosw);
