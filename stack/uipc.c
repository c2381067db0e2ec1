/*
 * uipc.c - PF_LOCAL: sockets whose peer is another socket of this stack.
 *
 * Theory of operation.  pcb/unpcb.c knows who is connected with whom; here the
 * two sockets' states follow, and bytes go from one to the other.
 *
 * A stream's bytes are put into so_snd by the socket layer and moved on into
 * the peer's so_rcv as far as there is room; the rest follows when the peer has
 * read.  On shutdown and close all of it moves, room or not: it was accepted.
 * A record goes into so_rcv directly.
 *
 * A datagram socket that closes leaves those connected to it with ECONNRESET.
 */
#include <errno.h>
#include <string.h>

#include "stack/socket_int.h"
#include "stack/uipc.h"
#include "sysctl/sysctl.h"

struct uipc {
	uint32_t	st_sendspace, st_recvspace;	/* bytes */
	uint32_t	dg_maxdgram, dg_recvspace;
	uint32_t	sp_maxseqpacket, sp_recvspace;
};

static int uipc_init(struct vnet *v);

static VNET_MODULE(uipc_module, struct uipc, VNET_PROTO, uipc_init, NULL);
#define V_uipc(v) ((struct uipc *)vnet_data((v), &uipc_module))

static int
uipc_init(struct vnet *v)
{
	/* FreeBSD 14's, but that of streams, which is 8192 there. */
	*V_uipc(v) = (struct uipc) {
		.st_sendspace = 65536, .st_recvspace = 65536,
		.dg_maxdgram = 8192, .dg_recvspace = 16384,
		.sp_maxseqpacket = 8192, .sp_recvspace = 8192,
	};
	return 0;
}

#define UIPC_KNOB(field, nm, des)					\
	SYSCTL_UINT(uipc_##field, "net.local." nm, OID_AUTO,		\
	    CTLFLAG_RW, uipc_module, struct uipc, field, NULL, des)

UIPC_KNOB(st_sendspace, "stream.sendspace", "Default stream send space");
UIPC_KNOB(st_recvspace, "stream.recvspace", "Default stream receive space");
UIPC_KNOB(dg_maxdgram, "dgram.maxdgram", "Maximum datagram size");
UIPC_KNOB(dg_recvspace, "dgram.recvspace", "Default datagram receive space");
UIPC_KNOB(sp_maxseqpacket, "seqpacket.maxseqpacket",
    "Default seqpacket send space");
UIPC_KNOB(sp_recvspace, "seqpacket.recvspace",
    "Default seqpacket receive space");

/* ---- links ---- */

/* The socket at the other end; NULL: none. */
static struct socket *
peer_of(const struct socket *so)
{
	const struct unpcb *unp = so->so_unpcb;

	return unp == NULL || unp->unp_conn == NULL ? NULL :
	    unp->unp_conn->unp_socket;
}

/* Forget the peer; of a connection, both hear of it. */
static void
disconnect(struct socket *so)
{
	struct unpcb *peer = unp_disconnect(so->so_unpcb);

	if (peer == NULL)
		return;
	if (so->so_type == SOCK_DGRAM) {
		so->so_state &= ~(uint32_t)SS_ISCONNECTED;
		return;
	}
	soisdisconnected(so);
	soisdisconnected(peer->unp_socket);
}

/*
 * Move what is in so_snd to the peer; all: whether it fits or not.  Without
 * memory to take a part of it all moves, too: nobody would come back for it.
 */
static void
push(struct socket *so, struct socket *peer, bool all)
{
	struct vnet *v = so->so_vnet;
	long room = sbspace(&peer->so_rcv);
	size_t n = so->so_snd.sb_cc;
	struct mbuf *m = NULL;

	if (!all && room < (long)n)
		n = room > 0 ? (size_t)room : 0;
	if (n == 0)
		return;
	if (n < so->so_snd.sb_cc)
		m = sbcopy(v, &so->so_snd, 0, n);
	if (m != NULL)
		sbdrop(v, &so->so_snd, n);
	else
		m = sbtake(&so->so_snd);
	sbappendstream(v, &peer->so_rcv, m);
	sorwakeup(peer);
}

static void
push_all(struct socket *so)
{
	struct socket *peer = peer_of(so);

	if (peer != NULL && so->so_type == SOCK_STREAM &&
	    (peer->so_rcv.sb_state & SBS_CANTRCVMORE) == 0)
		push(so, peer, true);
}

/* ---- the calls ---- */

static int
uipc_attach(struct socket *so, const struct cred *cred)
{
	const struct uipc *u = V_uipc(so->so_vnet);
	int error;

	/* It may have been raised since the last one. */
	unp_limit(so->so_vnet, somaxsockets(so->so_vnet));
	error = unp_alloc(so->so_vnet, so->so_type, so, cred, &so->so_unpcb);
	if (error != 0)
		return error;
	if (so->so_type == SOCK_STREAM)
		soreserve(so, u->st_sendspace, u->st_recvspace);
	else if (so->so_type == SOCK_DGRAM)
		soreserve(so, u->dg_maxdgram, u->dg_recvspace);
	else
		soreserve(so, u->sp_maxseqpacket, u->sp_recvspace);
	return 0;
}

static void
uipc_detach(struct socket *so)
{
	struct unpcb *unp = so->so_unpcb, *ref;

	while ((ref = LIST_FIRST(&unp->unp_refs)) != NULL) {
		disconnect(ref->unp_socket);
		if (ref != unp)
			soseterror(ref->unp_socket, ECONNRESET);
	}
	push_all(so);
	disconnect(so);
	so->so_unpcb = NULL;
	unp_free(so->so_vnet, unp);
}

static void
uipc_abort(struct socket *so)
{
	struct socket *peer = peer_of(so);

	if (peer != NULL && so->so_type != SOCK_DGRAM)
		soseterror(peer, ECONNABORTED);
	disconnect(so);
}

static int
uipc_disconnect(struct socket *so)
{
	disconnect(so);
	return 0;
}

static int
uipc_shutdown(struct socket *so)
{
	struct socket *peer = peer_of(so);

	push_all(so);
	socantsendmore(so);
	if (peer != NULL && so->so_type != SOCK_DGRAM)
		socantrcvmore(peer);
	return 0;
}

static int
uipc_listen(struct socket *so, int backlog, const struct cred *cred)
{
	(void)backlog;
	(void)cred;
	return so->so_unpcb->unp_name == NULL ? EDESTADDRREQ : 0;
}

static void
uipc_rcvd(struct socket *so)
{
	struct socket *peer = peer_of(so);

	if (peer == NULL || so->so_type == SOCK_DGRAM)
		return;
	if (so->so_type == SOCK_STREAM)
		push(peer, so, false);
	sowwakeup(peer);
}

static int
send_record(struct socket *so, struct socket *peer, struct mbuf *m)
{
	if (m_length(m) > so->so_snd.sb_hiwat)
		return EMSGSIZE;
	memset(&m->m_from, 0, sizeof(m->m_from));
	if (!sbappendrecord(&peer->so_rcv, m))
		return so->so_type == SOCK_DGRAM ? ENOBUFS : EWOULDBLOCK;
	sorwakeup(peer);
	return 0;
}

static int
uipc_send(struct socket *so, struct mbuf *m, const struct endpoint *to,
    const struct cred *cred)
{
	struct socket *peer = peer_of(so);
	int error = 0;

	(void)cred;
	if (to != NULL)
		error = EOPNOTSUPP;
	else if (peer == NULL)
		error = ENOTCONN;
	else if (peer->so_rcv.sb_state & SBS_CANTRCVMORE)
		error = EPIPE;
	else if (m != NULL)
		error = send_record(so, peer, m);
	else
		push(so, peer, false);
	if (error == 0)
		return 0;
	if (m != NULL)
		m_freem(so->so_vnet, m);
	else
		sbflush(so->so_vnet, &so->so_snd);
	return error;
}

/* ---- names ---- */

int
sobindun(struct socket *so, const void *name, size_t len)
{
	if (so->so_domain != AF_UNIX)
		return EAFNOSUPPORT;
	return unp_bind(so->so_vnet, so->so_unpcb, name, len);
}

int
sonameun(const struct socket *so, bool peer, char name[UNP_MAXNAME],
    size_t *len)
{
	const struct unpcb *unp = so->so_unpcb;

	if (so->so_domain != AF_UNIX)
		return EAFNOSUPPORT;
	if (peer && (unp = unp->unp_conn) == NULL)
		return ENOTCONN;
	*len = unp->unp_name != NULL ? unp->unp_name->un_len : 0;
	if (*len > 0)
		memcpy(name, unp->unp_name->un_name, *len);
	return 0;
}

/* A connection to listener: the socket that it will accept. */
static int
connect_stream(struct socket *so, struct unpcb *listener)
{
	struct socket *head = listener->unp_socket, *nso;
	int error;

	if ((head->so_state & SS_LISTENING) == 0 ||
	    (nso = sonewconn(head, 0)) == NULL)
		return ECONNREFUSED;
	error = unp_alloc(so->so_vnet, so->so_type, nso, &nso->so_cred,
	    &nso->so_unpcb);
	if (error != 0) {
		sofree(nso);
		return error;
	}
	unp_share_name(nso->so_unpcb, listener);
	(void)unp_connect2(so->so_unpcb, nso->so_unpcb);
	soisconnected(nso);
	return 0;
}

int
soconnectun(struct socket *so, const void *name, size_t len)
{
	struct unpcb *unp = so->so_unpcb, *to;
	bool dgram = so->so_type == SOCK_DGRAM;
	int error;

	if (so->so_domain != AF_UNIX)
		return EAFNOSUPPORT;
	if (so->so_state & SS_LISTENING)
		return EOPNOTSUPP;
	if (!dgram && (so->so_state & (SS_ISCONNECTED | SS_ISDISCONNECTED)))
		return EISCONN;
	to = unp_lookup(so->so_vnet, unp->unp_cred.prison, name, len);
	if (to == NULL)
		return ENOENT;
	if (to->unp_type != unp->unp_type)
		return EPROTOTYPE;
	if (dgram) {
		disconnect(so);
		error = unp_connect2(unp, to);
	} else
		error = connect_stream(so, to);
	if (error == 0)
		soisconnected(so);
	return error;
}

int
soconnect2(struct socket *so, struct socket *peer)
{
	int error;

	if (so->so_domain != AF_UNIX || peer->so_domain != AF_UNIX)
		return EAFNOSUPPORT;
	error = unp_connect2(so->so_unpcb, peer->so_unpcb);
	if (error == 0 && so->so_type == SOCK_DGRAM) {
		error = unp_connect2(peer->so_unpcb, so->so_unpcb);
		if (error != 0)
			(void)unp_disconnect(so->so_unpcb);
	}
	if (error != 0)
		return error;
	soisconnected(so);
	soisconnected(peer);
	return 0;
}

#define UIPC_PROTO(var, nm, type, atomic, connected, listen)		\
	static const struct protosw var = {				\
		.pr_name = (nm),					\
		.pr_domain = AF_UNIX,					\
		.pr_type = (type),					\
		.pr_atomic = (atomic),					\
		.pr_connrequired = (connected),				\
		.pr_attach = uipc_attach,				\
		.pr_detach = uipc_detach,				\
		.pr_listen = (listen),					\
		.pr_disconnect = uipc_disconnect,			\
		.pr_abort = uipc_abort,					\
		.pr_shutdown = uipc_shutdown,				\
		.pr_rcvd = uipc_rcvd,					\
		.pr_send = uipc_send,					\
	};								\
	PROTOSW_ADD(var)

UIPC_PROTO(uipc_stream, "stream", SOCK_STREAM, false, true, uipc_listen);
UIPC_PROTO(uipc_dgram, "dgram", SOCK_DGRAM, true, false, NULL);
UIPC_PROTO(uipc_seqpacket, "seqpacket", SOCK_SEQPACKET, true, true,
    uipc_listen);
