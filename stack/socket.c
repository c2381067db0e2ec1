/*
 * socket.c - life and state of sockets.
 *
 * Theory of operation
 *
 * A socket is freed when both its owner and its protocol are done with it:
 * SS_NOFDREF says the first, so_pcb == NULL the second, and whoever comes last
 * frees.  A socket in a listener's queue has the listener as its owner.
 *
 * The state bits are changed by the sois*() functions, which the protocol
 * calls; each tells the owner by so_upcall.  There is no sleeping and no
 * locking: one thread owns the vnet.
 *
 * AF_INET, and AF_UNIX in stack/uipc.c: EAFNOSUPPORT for every other domain.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/ip.h"
#include "stack/socket_int.h"
#include "sysctl/sysctl.h"

/*
 * soacceptqueue is Linux's somaxconn and not FreeBSD's 128: the programs that
 * listen() here were sized for it.
 */
#define MAXSOCKETS	262144
#define MAXSOCKBUF	(2 * 1024 * 1024)
#define ACCEPTQUEUE	4096

LINKERSET_DECLARE(protosw, const struct protosw);

static int
socket_init(struct vnet *v)
{
	struct sockstate *ss = V_sockstate(v);

	ss->maxsockets = MAXSOCKETS;
	ss->maxsockbuf = MAXSOCKBUF;
	ss->acceptqueue = ACCEPTQUEUE;
	ss->zone = zinit(v, "socket", sizeof(struct socket), 0,
	    ss->maxsockets);
	return ss->zone == NULL ? ENOMEM : 0;
}

static void
socket_fini(struct vnet *v)
{
	zdestroy(V_sockstate(v)->zone);
}

VNET_MODULE(socket_module, struct sockstate, VNET_SOCKET, socket_init,
    socket_fini);

/* Not below what is open.  (FreeBSD's may only grow: its zones are sized by it
 * when they are made.) */
static int
sysctl_maxsockets(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct sockstate *ss = V_sockstate(req->vnet);
	int value = (int)ss->maxsockets;
	int error = sysctl_handle_value(oid, req, &value, sizeof(value));

	if (error != 0 || req->newptr == NULL)
		return error;
	if (value < 1 || (uint64_t)value < sonumopen(req->vnet))
		return EINVAL;
	ss->maxsockets = (uint32_t)value;
	zlimit(ss->zone, ss->maxsockets);
	return 0;
}

/* Up to a third of an unsigned: solisten() and sonewconn() take 3/2 of it. */
static int
sysctl_acceptqueue(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct sockstate *ss = V_sockstate(req->vnet);
	uint32_t value = ss->acceptqueue;
	int error = sysctl_handle_value(oid, req, &value, sizeof(value));

	if (error != 0 || req->newptr == NULL)
		return error;
	if (value < 1 || value > UINT32_MAX / 3)
		return EINVAL;
	ss->acceptqueue = value;
	return 0;
}

static int
sysctl_numopen(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	int value = (int)sonumopen(req->vnet);

	return sysctl_handle_value(oid, req, &value, sizeof(value));
}

SYSCTL_INT(kern_ipc_maxsockets, "kern.ipc.maxsockets", OID_AUTO, CTLFLAG_RW,
    socket_module, struct sockstate, maxsockets, sysctl_maxsockets,
    "Maximum number of sockets available");
SYSCTL_UINT(kern_ipc_maxsockbuf, "kern.ipc.maxsockbuf", 1, CTLFLAG_RW,
    socket_module, struct sockstate, maxsockbuf, NULL,
    "Maximum socket buffer size");
SYSCTL_UINT(kern_ipc_soacceptqueue, "kern.ipc.soacceptqueue", OID_AUTO,
    CTLFLAG_RW, socket_module, struct sockstate, acceptqueue,
    sysctl_acceptqueue, "Maximum listen socket pending connection queue size");
SYSCTL_UINT(kern_ipc_somaxconn, "kern.ipc.somaxconn", 3,
    CTLFLAG_RW | CTLFLAG_SKIP, socket_module, struct sockstate, acceptqueue,
    sysctl_acceptqueue,
    "Maximum listen socket pending connection queue size (compat)");
SYSCTL_PROC(kern_ipc_numopensockets, "kern.ipc.numopensockets", OID_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, sysctl_numopen, 0, "I",
    "Number of open sockets");

uint64_t
sonumopen(const struct vnet *v)
{
	return V_sockstate(v)->numopen;
}

void
sosetparked(struct vnet *v, soparkedfn *fn)
{
	V_sockstate(v)->parked = fn;
}

unsigned
soparked(struct socket *so)
{
	const struct sockstate *ss = V_sockstate(so->so_vnet);

	if (ss->parked == NULL)
		return 0;
	if (so->so_upcall != NULL)
		return ss->parked(so, so->so_upcallarg);
	so->so_rcv.sb_parked = so->so_snd.sb_parked = 0;
	return 0;
}

uint32_t
somaxsockets(const struct vnet *v)
{
	return V_sockstate(v)->maxsockets;
}

uint64_t
sogencnt(const struct vnet *v)
{
	return V_sockstate(v)->gencnt;
}

static uint16_t
proto_domain(const struct protosw *pr)
{
	return pr->pr_domain != 0 ? pr->pr_domain : AF_INET;
}

struct socket *
soalloc(struct vnet *v, const struct protosw *pr, const struct cred *cred)
{
	struct sockstate *ss = V_sockstate(v);
	struct socket *so;

	if (!prison_socket_add(cred->prison))
		return NULL;
	if ((so = zalloc(ss->zone)) == NULL) {
		prison_socket_remove(cred->prison);
		return NULL;
	}
	so->so_vnet = v;
	so->so_proto = pr;
	so->so_type = pr->pr_type;
	so->so_domain = proto_domain(pr);
	so->so_protocol = pr->pr_protocol;
	so->so_cred = *cred;
	prison_get(so->so_cred.prison);
	so->so_linger = -1;
	so->so_gencnt = ++ss->gencnt;
	so->so_rcv.sb_lowat = 1;
	ss->numopen++;
	return so;
}

/* What waits in a buffer is of no use any more. */
static void
soflush(struct socket *so, struct sockbuf *sb)
{
	if (!(so->so_state & SS_LISTENING))
		sbflush(so->so_vnet, sb);
}

void
sodealloc(struct socket *so)
{
	struct vnet *v = so->so_vnet;
	struct sockstate *ss = V_sockstate(v);

	assert(so->so_pcb == NULL && so->so_head == NULL);
	assert(!(so->so_state & SS_LISTENING) || (so->so_qlen == 0 &&
	    so->so_incqlen == 0));
	soflush(so, &so->so_rcv);
	soflush(so, &so->so_snd);
	prison_socket_remove(so->so_cred.prison);
	prison_put(v, so->so_cred.prison);
	ss->gencnt++;
	ss->numopen--;
	zfree(ss->zone, so);
}

/* The row for these three; SOCK_RAW's serves every protocol. */
static const struct protosw *
proto_find(int domain, int type, int protocol, int *error)
{
	const struct protosw *const *pp;

	*error = protocol == 0 ? EPROTOTYPE : EPROTONOSUPPORT;
	LINKERSET_FOREACH(pp, protosw) {
		if (proto_domain(*pp) != domain || (*pp)->pr_type != type)
			continue;
		if (type == SOCK_RAW || protocol == 0 ||
		    (*pp)->pr_protocol == protocol)
			return *pp;
	}
	return NULL;
}

int
socreate(struct vnet *v, int domain, int type, int protocol,
    const struct cred *cred, struct socket **sop)
{
	const struct protosw *pr;
	struct socket *so;
	int error;

	if ((error = prison_check_af(v, cred, domain)) != 0)
		return error;
	if (domain != AF_INET && domain != AF_UNIX)
		return EAFNOSUPPORT;
	if (protocol < 0 || protocol > UINT8_MAX)
		return EPROTONOSUPPORT;
	if ((pr = proto_find(domain, type, protocol, &error)) == NULL)
		return error;
	if ((so = soalloc(v, pr, cred)) == NULL)
		return ENOBUFS;
	if (type == SOCK_RAW)
		so->so_protocol = (uint8_t)protocol;
	if ((error = pr->pr_attach(so, cred)) != 0) {
		sodealloc(so);
		return error;
	}
	*sop = so;
	return 0;
}

void
sofree(struct socket *so)
{
	assert(so->so_pcb == NULL);
	if (so->so_state & SS_COMP)
		return;
	if (so->so_state & SS_INCOMP)
		soqueue_leave(so);
	else if (!(so->so_state & SS_NOFDREF) || soqueue_waiting(so))
		return;
	sodealloc(so);
}

/* The owner goes.  See stack/socket.h for the order and why. */
static void
sorelease(struct socket *so, bool reset)
{
	so->so_upcall = NULL;
	if (so->so_state & SS_LISTENING)
		soqueue_abort(so);
	if (reset && so->so_pcb != NULL)
		so->so_proto->pr_abort(so);
	if (so->so_pcb != NULL)
		so->so_proto->pr_detach(so);
	so->so_state |= SS_NOFDREF;
	soflush(so, &so->so_rcv);
	if (so->so_pcb == NULL)
		sofree(so);
}

void
soclose(struct socket *so)
{
	bool connected = so->so_state &
	    (SS_ISCONNECTED | SS_ISCONNECTING | SS_ISDISCONNECTING);

	sorelease(so, connected && (so->so_options & SOPT_LINGER) &&
	    so->so_linger == 0);
}

void
soabort(struct socket *so)
{
	sorelease(so, true);
}

int
sobind(struct socket *so, const struct endpoint *name, const struct cred *cred)
{
	if (!inaddr_is_v4(&name->addr) || so->so_domain == AF_UNIX)
		return EAFNOSUPPORT;
	if (so->so_pcb == NULL)
		return EINVAL;
	return so->so_proto->pr_bind(so, name, cred);
}

/* May a socket in this state connect? */
static int
connect_allowed(const struct socket *so, const struct endpoint *name)
{
	if (!inaddr_is_v4(&name->addr) || so->so_domain == AF_UNIX)
		return EAFNOSUPPORT;
	if (so->so_state & SS_LISTENING)
		return EOPNOTSUPP;
	if (!so->so_proto->pr_connrequired)
		return 0;
	if (so->so_state & SS_ISCONNECTING)
		return EALREADY;
	if (so->so_state & (SS_ISCONNECTED | SS_ISDISCONNECTING))
		return EISCONN;
	return so->so_pcb == NULL ? EINVAL : 0;
}

int
soconnect(struct socket *so, const struct endpoint *name,
    const struct cred *cred)
{
	int error = connect_allowed(so, name);

	if (error == 0)
		error = ip_checkpeer(so->so_vnet, &name->addr);
	if (error != 0)
		return error;
	if (so->so_state & SS_ISCONNECTED) {
		if ((error = so->so_proto->pr_disconnect(so)) != 0)
			return error;
	}
	so->so_error = 0;	/* of an earlier connection */
	if ((error = so->so_proto->pr_connect(so, name, cred)) != 0)
		return error;
	if (so->so_error != 0)
		return sotakeerror(so);
	return so->so_state & SS_ISCONNECTING ? EINPROGRESS : 0;
}

int
sodisconnect(struct socket *so)
{
	if (!(so->so_state & SS_ISCONNECTED))
		return ENOTCONN;
	if (so->so_state & SS_ISDISCONNECTING)
		return EALREADY;
	return so->so_proto->pr_disconnect(so);
}

static void
soshutdown_listener(struct socket *so)
{
	so->so_error = ECONNABORTED;
	soupcall(so, SO_UP_ACCEPT | SO_UP_ERROR);
}

int
soshutdown(struct socket *so, int how)
{
	const uint32_t connected =
	    SS_ISCONNECTED | SS_ISCONNECTING | SS_ISDISCONNECTING;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return EINVAL;
	if ((so->so_state & SS_LISTENING) && how != SHUT_WR)
		soshutdown_listener(so);
	if (!(so->so_state & connected))
		return ENOTCONN;
	if (how != SHUT_WR) {
		socantrcvmore(so);
		soflush(so, &so->so_rcv);
	}
	if (how != SHUT_RD && so->so_pcb != NULL)
		return so->so_proto->pr_shutdown(so);
	return 0;
}

void
sosockaddr(const struct socket *so, struct endpoint *name)
{
	const struct inpcb *inp = sotoinpcb(so);

	name->addr = inp != NULL ? inp->inp_laddr : inaddr_v4(INADDR_ANY);
	name->port = inp != NULL ? inp->inp_lport : 0;
}

int
sopeeraddr(const struct socket *so, struct endpoint *name)
{
	const struct inpcb *inp = sotoinpcb(so);

	if (so->so_pcb == NULL || !(so->so_state & SS_ISCONNECTED))
		return ENOTCONN;
	name->addr = inp != NULL ? inp->inp_faddr : inaddr_v4(INADDR_ANY);
	name->port = inp != NULL ? inp->inp_fport : 0;
	return 0;
}

int
sotakeerror(struct socket *so)
{
	int error = so->so_error;

	so->so_error = 0;
	return error;
}

int
sogeterror(struct socket *so)
{
	return sotakeerror(so);
}

void
soupcall(struct socket *so, unsigned events)
{
	if (so->so_upcall != NULL)
		so->so_upcall(so, so->so_upcallarg, events);
}

void
soisconnecting(struct socket *so)
{
	so->so_state &= ~(uint32_t)(SS_ISCONNECTED | SS_ISDISCONNECTING);
	so->so_state |= SS_ISCONNECTING;
}

void
soisconnected(struct socket *so)
{
	so->so_state &= ~(uint32_t)(SS_ISCONNECTING | SS_ISDISCONNECTING);
	so->so_state |= SS_ISCONNECTED;
	if (so->so_state & SS_INCOMP)
		soqueue_complete(so);
	else
		soupcall(so, SO_UP_CONNECTED | SO_UP_WRITE);
}

static void
socantmore(struct socket *so)
{
	so->so_rcv.sb_state |= SBS_CANTRCVMORE;
	so->so_snd.sb_state |= SBS_CANTSENDMORE;
}

void
soisdisconnecting(struct socket *so)
{
	so->so_state &= ~(uint32_t)SS_ISCONNECTING;
	so->so_state |= SS_ISDISCONNECTING;
	socantmore(so);
	soupcall(so, SO_UP_READ | SO_UP_WRITE);
}

void
soisdisconnected(struct socket *so)
{
	so->so_state &= ~(uint32_t)(SS_ISCONNECTING | SS_ISCONNECTED |
	    SS_ISDISCONNECTING);
	so->so_state |= SS_ISDISCONNECTED;
	socantmore(so);
	soflush(so, &so->so_snd);
	soupcall(so, SO_UP_READ | SO_UP_WRITE | SO_UP_ERROR);
}

void
socantrcvmore(struct socket *so)
{
	so->so_rcv.sb_state |= SBS_CANTRCVMORE;
	soupcall(so, SO_UP_READ);
}

void
socantsendmore(struct socket *so)
{
	so->so_snd.sb_state |= SBS_CANTSENDMORE;
	soupcall(so, SO_UP_WRITE);
}

void
sorwakeup(struct socket *so)
{
	soupcall(so, SO_UP_READ);
}

void
sowwakeup(struct socket *so)
{
	soupcall(so, SO_UP_WRITE);
}

void
soseterror(struct socket *so, int error)
{
	so->so_error = error;
	soupcall(so, SO_UP_READ | SO_UP_WRITE | SO_UP_ERROR);
}
