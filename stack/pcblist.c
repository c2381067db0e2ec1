/*
 * pcblist.c - net.inet.{tcp,udp,raw}.pcblist: every socket, as netstat sees it.
 *
 * Theory of operation
 *
 * A listing (sysctl/xport.h) is a header, a record per PCB, and a trailer.  It
 * is made in slices, between which packets are handled and sockets come and go.
 * PCBs are visited in order of age, which is that of their generation counts,
 * and a slice goes on after the count the one before it ended with; so
 *
 *	- a PCB that lives through the whole listing is in it once;
 *	- one that is made meanwhile is not: its count is above the header's;
 *	- one that is freed meanwhile is in it or not, and the trailer's
 *	  generation differs from the header's, as in both other cases.
 *
 * A slice visits at most PCBLIST_SLICE PCBs, shown or not, and fewer if their
 * owners take long to say what they have parked, or want to be asked again:
 * that bounds the time for which packets wait.  A jail is shown its own PCBs and
 * those of jails below it; one with none below walks its own list and does not
 * pay for the others'.
 *
 * Handles (xso_so, so_pcb, inp_ppcb) are numbers that name the objects, never
 * addresses: a jail must not learn where things lie in the daemon's memory.
 */
#include <errno.h>
#include <string.h>

#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/pcblist_int.h"
#include "stack/socket.h"
#include "stack/tcp.h"
#include "stack/udp.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

/* What goes from slice to slice, in req->cursor. */
enum {
	CUR_BEGUN,		/* 1: the header is out */
	CUR_GEN,		/* the header's generation */
	CUR_LAST,		/* generation count of the last PCB visited */
	CUR_OWNLIST,		/* 1: walk the jail's own list */
};

/* The flags of an inpcb whose values are FreeBSD's. */
#define XFLAGS	(INP_HDRINCL | INP_HIGHPORT | INP_LOWPORT | INP_ANONPORT | \
		 INP_BINDANY)

struct pcblist {
	struct inpcbinfo *(*pcbinfo)(const struct vnet *);
	size_t	recsize;
	int	(*record_out)(const struct pcblist *, struct sysctl_req *,
		    const struct inpcb *);
	bool	(*see_other)(const struct vnet *, const struct inpcb *);
	uint8_t	number;		/* in handles */
};

static void
fill_sockbuf(struct xsockbuf *xsb, const struct sockbuf *sb)
{
	xsb->sb_cc = sb->sb_cc + sb->sb_parked;
	xsb->sb_hiwat = sb->sb_hiwat;
	xsb->sb_mbcnt = sb->sb_mbcnt;
	xsb->sb_mbmax = sb_mbmax(sb);
	xsb->sb_lowat = (int32_t)sb->sb_lowat;
}

/* A name for inp that no PCB of any list has. */
static kvaddr_t
pcb_handle(const struct pcblist *l, const struct inpcb *inp)
{
	return (kvaddr_t)l->number << 56 | inp->inp_gencnt;
}

void
xsocket_fill(struct xsocket *xso, const struct socket *so)
{
	xso->xso_so = so->so_gencnt;
	xso->xso_family = so->so_domain;
	xso->so_uid = so->so_cred.uid;
	xso->so_type = (int16_t)so->so_type;
	xso->so_options = (int16_t)so->so_options;
	if ((so->so_options & SOPT_LINGER) != 0)
		xso->so_linger = (int16_t)so->so_linger;
	xso->so_state = (int16_t)so->so_state;
	xso->so_error = (uint16_t)so->so_error;
	if ((so->so_options & SOPT_ACCEPTCONN) != 0) {
		xso->so_qlen = so->so_qlen;
		xso->so_incqlen = so->so_incqlen;
		xso->so_qlimit = so->so_qlimit;
	} else {
		if ((so->so_state & SS_INCOMP) != 0)
			xso->so_state |= SQ_INCOMP;
		if ((so->so_state & SS_COMP) != 0)
			xso->so_state |= SQ_COMP;
		fill_sockbuf(&xso->so_rcv, &so->so_rcv);
		fill_sockbuf(&xso->so_snd, &so->so_snd);
	}
}

static void
fill_inpcb(const struct pcblist *l, struct xinpcb *xi,
    const struct inpcb *inp)
{
	bool v6 = (inp->inp_vflag & INP_IPV6) != 0;
	struct xsocket *xso = &xi->xi_socket;

	xi->xi_len = sizeof(*xi);
	xso->xso_len = sizeof(*xso);
	xso->so_pcb = xi->inp_ppcb = pcb_handle(l, inp);
	xso->xso_protocol = inp->inp_ip_p;
	xso->xso_family = v6 ? AF_INET6 : AF_INET;
	xso->so_uid = inp->inp_cred.uid;
	if (inp->inp_socket != NULL)
		xsocket_fill(xso, inp->inp_socket);
	xi->inp_fport = inp->inp_fport;
	xi->inp_lport = inp->inp_lport;
	if (v6) {
		xi->inp_inc.inc_flags = INC_ISIPV6;
		memcpy(&xi->in6p_faddr, &inp->inp_faddr, 16);
		memcpy(&xi->in6p_laddr, &inp->inp_laddr, 16);
		xi->in6p_hops = inp->inp_ip_ttl;
	} else {
		xi->inp_faddr.s_addr = inaddr_to_v4(&inp->inp_faddr);
		xi->inp_laddr.s_addr = inaddr_to_v4(&inp->inp_laddr);
	}
	xi->inp_gencnt = inp->inp_gencnt;
	xi->inp_spare64[0] = prison_jid(inp->inp_cred.prison);
	xi->inp_flags = (int32_t)(inp->inp_flags & XFLAGS);
	xi->inp_ip_tos = inp->inp_ip_tos;
	xi->inp_vflag = inp->inp_vflag;
	xi->inp_ip_ttl = inp->inp_ip_ttl;
	xi->inp_ip_p = inp->inp_ip_p;
}

static int
xinpcb_out(const struct pcblist *l, struct sysctl_req *req,
    const struct inpcb *inp)
{
	struct xinpcb xi;

	memset(&xi, 0, sizeof(xi));
	fill_inpcb(l, &xi, inp);
	return SYSCTL_OUT(req, &xi, sizeof(xi));
}

static int
xtcpcb_out(const struct pcblist *l, struct sysctl_req *req,
    const struct inpcb *inp)
{
	struct xtcpcb xt;

	memset(&xt, 0, sizeof(xt));
	xt.xt_len = sizeof(xt);
	fill_inpcb(l, &xt.xt_inp, inp);
	tcp_inptoxtp(inp, &xt);
	return SYSCTL_OUT(req, &xt, sizeof(xt));
}

static bool
no_see_other(const struct vnet *v, const struct inpcb *inp)
{
	(void)v;
	(void)inp;
	return false;
}

enum { LIST_TCP, LIST_UDP, LIST_RAW };

static const struct pcblist lists[] = {
	[LIST_TCP] = { tcp_pcbinfo, sizeof(struct xtcpcb), xtcpcb_out,
	    tcp_see_other, HANDLE_TCP },
	[LIST_UDP] = { udp_pcbinfo, sizeof(struct xinpcb), xinpcb_out,
	    no_see_other, HANDLE_UDP },
	[LIST_RAW] = { raw_pcbinfo, sizeof(struct xinpcb), xinpcb_out,
	    no_see_other, HANDLE_RAW },
};

/* Header or trailer.  *genp: the generation it bears. */
static int
xinpgen_out(struct sysctl_req *req, const struct inpcbinfo *pi,
    uint64_t *genp)
{
	struct xinpgen xig;

	memset(&xig, 0, sizeof(xig));
	xig.xig_len = sizeof(xig);
	xig.xig_count = (uint32_t)in_pcbinfo_count(pi);
	xig.xig_gen = *genp = in_pcbinfo_gencnt(pi);
	xig.xig_sogen = sogencnt(req->vnet);
	return SYSCTL_OUT(req, &xig, sizeof(xig));
}

/* Only count, with room for what is made until the reader comes back. */
static int
estimate(struct sysctl_req *req, const struct pcblist *l,
    const struct inpcbinfo *pi)
{
	uint64_t n = in_pcbinfo_count(pi);

	n += n / 8 > 10 ? n / 8 : 10;
	req->total = 2 * sizeof(struct xinpgen) + n * l->recsize;
	return 0;
}

/* The records of a slice. */
static int
records_out(struct sysctl_req *req, const struct pcblist *l,
    const struct inpcbinfo *pi)
{
	const struct prison *viewer = req->cred->prison;
	bool own = req->cursor[CUR_OWNLIST] != 0;
	const struct inpcb *inp;
	unsigned n = 0, cost;
	bool shown;
	int error;

	inp = in_pcbafter(pi, own ? viewer : NULL, req->cursor[CUR_LAST]);
	for (; inp != NULL && inp->inp_gencnt <= req->cursor[CUR_GEN];
	     inp = in_pcbnext(inp, own)) {
		if (n >= PCBLIST_SLICE)
			return SYSCTL_MORE;
		n++;
		shown = cr_cansee(req->vnet, req->cred, &inp->inp_cred) ||
		    l->see_other(req->vnet, inp);
		cost = shown && inp->inp_socket != NULL ?
		    soparked(inp->inp_socket) : 0;
		if (cost == SOPARKED_LATER)
			return SYSCTL_MORE;
		n += cost;
		req->cursor[CUR_LAST] = inp->inp_gencnt;
		if (shown && (error = l->record_out(l, req, inp)) != 0)
			return error;
	}
	return 0;
}

/* oid->arg: which of lists[]. */
static int
sysctl_pcblist(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct pcblist *l = &lists[oid->arg];
	const struct inpcbinfo *pi = l->pcbinfo(req->vnet);
	uint64_t gen;
	int error;

	if (req->sizeonly)
		return estimate(req, l, pi);
	if (req->cursor[CUR_BEGUN] == 0) {
		error = xinpgen_out(req, pi, &req->cursor[CUR_GEN]);
		if (error != 0)
			return error;
		req->cursor[CUR_OWNLIST] = req->jailed &&
		    !prison_haschildren(req->cred->prison) &&
		    !l->see_other(req->vnet, NULL);
		req->cursor[CUR_BEGUN] = 1;
	}
	if ((error = records_out(req, l, pi)) != 0)
		return error;
	return xinpgen_out(req, pi, &gen);
}

SYSCTL_PROC(tcp_pcblist, "net.inet.tcp.pcblist", 11,
    CTLTYPE_OPAQUE | CTLFLAG_RD, sysctl_pcblist, LIST_TCP, "S,xtcpcb",
    "List of active TCP connections");
SYSCTL_PROC(udp_pcblist, "net.inet.udp.pcblist", 5,
    CTLTYPE_OPAQUE | CTLFLAG_RD, sysctl_pcblist, LIST_UDP, "S,xinpcb",
    "List of active UDP sockets");
SYSCTL_PROC(raw_pcblist, "net.inet.raw.pcblist", OID_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, sysctl_pcblist, LIST_RAW, "S,xinpcb",
    "List of active raw IP sockets");
