/*
 * raw.c - SOCK_RAW: IP packets for programs with the privilege.
 *
 * Theory of operation
 *
 * A raw socket sends the payload of one protocol, or with IP_HDRINCL whole
 * packets, and receives a copy of every packet of its protocol with the IP
 * header, filtered by its local and foreign address if set.  TCP and UDP are
 * never copied to raw sockets (BSD's rule).  Raw PCBs have no ports and are in
 * no hash, as each packet has to look at all of them: so there are RAW_MAX at
 * most, and what a packet costs is told to vnet_run().
 *
 * In a jail (allow.raw_sockets) only packets to the jail's addresses are seen,
 * and only its addresses may be sent from.
 */
#include <errno.h>

#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/ip_int.h"
#include "stack/socket.h"
#include "stack/udp.h"
#include "sysctl/sysctl.h"

/* FreeBSD's 9216 is too little for the packets of lo0. */
#define RAW_MAXDGRAM	(IP_MAXPACKET - IP_HDRLEN)
#define RAW_RECVSPACE	212992
#define RAW_MAX		1024

struct rawstate {
	struct inpcbinfo *pcbinfo;
	uint32_t	 maxdgram, recvspace;	/* bytes */
};

static int raw_init(struct vnet *v);
static void raw_fini(struct vnet *v);

static VNET_MODULE(raw_module, struct rawstate, VNET_PROTO, raw_init,
    raw_fini);
#define V_rawstate(v)	((struct rawstate *)vnet_data((v), &raw_module))

SYSCTL_UINT(raw_maxdgram, "net.inet.raw.maxdgram", OID_AUTO, CTLFLAG_RW,
    raw_module, struct rawstate, maxdgram, NULL,
    "Maximum outgoing raw IP datagram size");
SYSCTL_UINT(raw_recvspace, "net.inet.raw.recvspace", OID_AUTO, CTLFLAG_RW,
    raw_module, struct rawstate, recvspace, NULL,
    "Maximum space for incoming raw IP datagrams");

static int
raw_init(struct vnet *v)
{
	struct rawstate *rs = V_rawstate(v);

	rs->maxdgram = RAW_MAXDGRAM;
	rs->recvspace = RAW_RECVSPACE;
	return in_pcbinfo_init(v, &rs->pcbinfo, "ripcb", IPPROTO_RAW,
	    sizeof(struct inpcb), RAW_MAX, in_localaddr);
}

static void
raw_fini(struct vnet *v)
{
	in_pcbinfo_destroy(v, V_rawstate(v)->pcbinfo);
}

struct inpcbinfo *
raw_pcbinfo(const struct vnet *v)
{
	return V_rawstate(v)->pcbinfo;
}

/* ---- input ---- */

static bool
rip_match(const struct vnet *v, const struct inpcb *inp, uint8_t proto,
    const struct inaddr *src, const struct inaddr *dst)
{
	if (inp->inp_ip_p != 0 && inp->inp_ip_p != proto)
		return false;
	if (!inaddr_is_any(&inp->inp_laddr) && !inaddr_eq(&inp->inp_laddr, dst))
		return false;
	if (!inaddr_is_any(&inp->inp_faddr) && !inaddr_eq(&inp->inp_faddr, src))
		return false;
	return !jailed(v, &inp->inp_cred) ||
	    prison_check_ip(&inp->inp_cred, dst) == 0;
}

static void
rip_append(struct vnet *v, struct socket *so, const struct mbuf *m,
    const struct inaddr *src)
{
	struct mbuf *n;

	if (so->so_rcv.sb_state & SBS_CANTRCVMORE)
		return;
	if ((n = m_copym(v, m, 0, m->m_pktlen)) == NULL)
		return;
	n->m_from.addr = *src;
	n->m_from.port = 0;
	if (sbappendrecord(&so->so_rcv, n))
		sorwakeup(so);
	else
		m_freem(v, n);
}

bool
rip_input(struct vnet *v, const struct mbuf *m, uint8_t proto,
    const struct inaddr *src, const struct inaddr *dst)
{
	struct inpcb *inp = in_pcbfirst(V_rawstate(v)->pcbinfo, NULL);
	bool wanted = false;
	unsigned n = 0;

	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP)
		return false;
	for (; inp != NULL; inp = in_pcbnext(inp, false), n++) {
		if (!rip_match(v, inp, proto, src, dst))
			continue;
		rip_append(v, inp->inp_socket, m, src);
		wanted = true;
	}
	netisr_charge(v, n);
	return wanted;
}

/* ---- output ---- */

/* The sender's own header: the jail must own its source. */
static int
rip_sendhdr(struct vnet *v, struct inpcb *inp, struct mbuf *m,
    const struct cred *cred)
{
	struct inaddr src, dst;
	int error = 0;

	if (m_length(m) < IP_HDRLEN) {
		m_freem(v, m);
		return EINVAL;
	}
	if ((m = m_pullup(v, m, IP_HDRLEN)) == NULL)
		return ENOBUFS;
	src = getaddr(m->m_data + IPO_SRC);
	dst = getaddr(m->m_data + IPO_DST);
	if (inaddr_is_any(&src))
		error = in_pcbladdr(inp, &dst, cred, &src);
	else
		error = prison_check_ip(cred, &src);
	if (error != 0) {
		m_freem(v, m);
		return error;
	}
	return ip_output_hdrincl(v, m, &src, &dst);
}

static int
rip_sendpayload(struct vnet *v, struct inpcb *inp, struct mbuf *m,
    const struct inaddr *to, const struct cred *cred)
{
	struct inaddr src = inp->inp_laddr, dst = *to;
	int error = in_pcbfaddr(cred, &dst);

	if (error == 0 && inaddr_is_any(&src))
		error = in_pcbladdr(inp, &dst, cred, &src);
	if (error != 0) {
		m_freem(v, m);
		return error;
	}
	return ip_output(v, m, &src, &dst, inp->inp_ip_p, inp->inp_ip_ttl,
	    inp->inp_ip_tos);
}

static int
rip_send(struct socket *so, struct mbuf *m, const struct endpoint *to,
    const struct cred *cred)
{
	struct vnet *v = so->so_vnet;
	struct inpcb *inp = so->so_pcb;

	if (m_length(m) > V_rawstate(v)->maxdgram) {
		m_freem(v, m);
		return EMSGSIZE;
	}
	if (inp->inp_flags & INP_HDRINCL)
		return rip_sendhdr(v, inp, m, cred);
	return rip_sendpayload(v, inp, m, to != NULL ? &to->addr :
	    &inp->inp_faddr, cred);
}

/* ---- calls ---- */

static int
rip_attach(struct socket *so, const struct cred *cred)
{
	struct vnet *v = so->so_vnet;
	struct rawstate *rs = V_rawstate(v);
	int error = priv_check(v, cred, PRIV_NETINET_RAW);

	if (error != 0)
		return error;
	soreserve(so, rs->maxdgram, rs->recvspace);
	error = in_pcballoc(rs->pcbinfo, so, cred, INP_IPV4, &so->so_pcb);
	if (error != 0)
		return error;
	so->so_pcb->inp_ip_p = so->so_protocol;
	so->so_pcb->inp_anyport = true;
	if (so->so_protocol == IPPROTO_RAW)	/* as on Linux */
		so->so_pcb->inp_flags |= INP_HDRINCL;
	return 0;
}

static void
rip_detach(struct socket *so)
{
	in_pcbfree(so->so_pcb);
	so->so_pcb = NULL;
}

static int
rip_bind(struct socket *so, const struct endpoint *name,
    const struct cred *cred)
{
	int error = prison_check_ip(cred, &name->addr);

	if (error != 0)
		return error;
	if (!inaddr_is_any(&name->addr) &&
	    !in_localaddr(so->so_vnet, &name->addr))
		return EADDRNOTAVAIL;
	so->so_pcb->inp_laddr = name->addr;
	return 0;
}

static int
rip_connect(struct socket *so, const struct endpoint *name,
    const struct cred *cred)
{
	struct inaddr dst = name->addr;
	int error = in_pcbfaddr(cred, &dst);

	if (error != 0)
		return error;
	so->so_pcb->inp_faddr = dst;
	soisconnected(so);
	return 0;
}

static int
rip_disconnect(struct socket *so)
{
	so->so_pcb->inp_faddr = inaddr_v4(INADDR_ANY);
	so->so_state &= ~(uint32_t)SS_ISCONNECTED;
	return 0;
}

static int
rip_shutdown(struct socket *so)
{
	socantsendmore(so);
	return 0;
}

static const struct protosw rip_protosw = {
	.pr_name = "raw",
	.pr_type = SOCK_RAW,
	.pr_protocol = IPPROTO_RAW,
	.pr_atomic = true,
	.pr_attach = rip_attach,
	.pr_detach = rip_detach,
	.pr_bind = rip_bind,
	.pr_connect = rip_connect,
	.pr_disconnect = rip_disconnect,
	.pr_abort = rip_detach,
	.pr_shutdown = rip_shutdown,
	.pr_send = rip_send,
};
PROTOSW_ADD(rip_protosw);
