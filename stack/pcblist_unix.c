/*
 * pcblist_unix.c - net.local.{stream,dgram,seqpacket}.pcblist: the PF_LOCAL
 * sockets of this stack, a listing for each type.
 *
 * Theory of operation.  As stack/pcblist.c has it: slices, in order of age,
 * between two generation counts.  A record shows the name a socket is bound to
 * (or was accepted at) and its peer's.  Nothing is shown of what another jail
 * has, and peers are always of the same jail, as names are.
 *
 * Behind the stack's own come those that the system keeps for programs, where
 * somebody knows of them (unp_setforeign()); the counts and generations of
 * header and trailer do not cover them.
 */
#include <errno.h>
#include <string.h>

#include "netjail/prison.h"
#include "pcb/unpcb.h"
#include "stack/pcblist_int.h"
#include "stack/socket_int.h"
#include "stack/uipc.h"
#include "sysctl/sysctl.h"

/* What goes from slice to slice, in req->cursor. */
enum {
	CUR_BEGUN,		/* 1: the header is out; 2: the stack's too */
	CUR_GEN,		/* the header's generation */
	CUR_LAST,		/* generation count of the last PCB visited */
	CUR_OWNLIST,		/* 1: only the jail's own */
};
#define CUR_FOREIGN	CUR_GEN	/* from there on, when these are out */

static kvaddr_t
handle(uint64_t kind, const struct unpcb *unp)
{
	return unp == NULL ? 0 : kind << 56 | unp->unp_gencnt;
}

static void
fill_name(struct xsockaddr_un *sun, const struct unpname *un)
{
	if (un == NULL)
		return;
	sun->sun_len = (uint8_t)(offsetof(struct xsockaddr_un, sun_path) +
	    un->un_len);
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, un->un_name, un->un_len);
}

static void
fill_unpcb(struct xunpcb *xu, const struct unpcb *unp)
{
	const struct unpname *un = unp->unp_name;
	struct xsocket *xso = &xu->xu_socket;

	xu->xu_len = sizeof(*xu);
	xu->xu_unpp = handle(HANDLE_UNIX, unp);
	if (un != NULL && un->un_owner == unp)
		xu->unp_vnode = handle(HANDLE_UNIXNAME, unp);
	xu->unp_conn = handle(HANDLE_UNIX, unp->unp_conn);
	xu->xu_firstref = handle(HANDLE_UNIX, LIST_FIRST(&unp->unp_refs));
	if (unp->unp_type == SOCK_DGRAM && unp->unp_conn != NULL)
		xu->xu_nextref = handle(HANDLE_UNIX,
		    LIST_NEXT(unp, unp_reflink));
	xu->unp_gencnt = unp->unp_gencnt;
	fill_name(&xu->xu_addr, un);
	if (unp->unp_conn != NULL)
		fill_name(&xu->xu_caddr, unp->unp_conn->unp_name);
	xso->xso_len = sizeof(*xso);
	xso->so_pcb = xu->xu_unpp;
	xsocket_fill(xso, unp->unp_socket);
}

static int
xunpgen_out(struct sysctl_req *req, int type, uint64_t *genp)
{
	struct xunpgen xug;

	memset(&xug, 0, sizeof(xug));
	xug.xug_len = sizeof(xug);
	xug.xug_count = (uint32_t)unp_count(req->vnet, type);
	xug.xug_gen = *genp = unp_gencnt(req->vnet, type);
	xug.xug_sogen = sogencnt(req->vnet);
	return SYSCTL_OUT(req, &xug, sizeof(xug));
}

static int
records_out(struct sysctl_req *req, int type)
{
	const struct prison *viewer = req->cred->prison;
	bool own = req->cursor[CUR_OWNLIST] != 0;
	struct unpcb *unp;
	struct xunpcb xu;
	int error;

	for (unsigned n = 0; n < PCBLIST_SLICE; n++) {
		unp = unp_after(req->vnet, type, own ? viewer : NULL,
		    req->cursor[CUR_LAST]);
		if (unp == NULL || unp->unp_gencnt > req->cursor[CUR_GEN])
			return 0;
		req->cursor[CUR_LAST] = unp->unp_gencnt;
		if (!cr_cansee(req->vnet, req->cred, &unp->unp_cred))
			continue;
		memset(&xu, 0, sizeof(xu));
		fill_unpcb(&xu, unp);
		if ((error = SYSCTL_OUT(req, &xu, sizeof(xu))) != 0)
			return error;
	}
	return SYSCTL_MORE;
}

void
unp_setforeign(struct vnet *v, unforeignfn *fn, void *arg)
{
	V_sockstate(v)->foreign = fn;
	V_sockstate(v)->foreignarg = arg;
}

static int
foreign_out(struct sysctl_req *req, int type)
{
	const struct sockstate *ss = V_sockstate(req->vnet);
	struct xunpcb xu;
	int error;

	for (unsigned n = 0; ss->foreign != NULL && n < PCBLIST_SLICE; n++) {
		error = ss->foreign(ss->foreignarg, req->cred->prison, type,
		    &req->cursor[CUR_FOREIGN], &xu);
		if (error == ENOENT)
			return 0;
		if (error == EAGAIN)
			break;
		if (error == 0 &&
		    (error = SYSCTL_OUT(req, &xu, sizeof(xu))) != 0 &&
		    error != EINTR)
			return error;
	}
	return ss->foreign != NULL ? SYSCTL_MORE : 0;
}

/* Only count, with room for what is made until the reader comes back. */
static int
estimate(struct sysctl_req *req, int type)
{
	uint64_t n = unp_count(req->vnet, type);

	n += n / 8 > 10 ? n / 8 : 10;
	req->total = 2 * sizeof(struct xunpgen) + n * sizeof(struct xunpcb);
	return 0;
}

/* oid->arg: the type. */
static int
sysctl_unpcblist(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	int type = (int)oid->arg;
	uint64_t gen;
	int error;

	if (req->sizeonly)
		return estimate(req, type);
	if (req->cursor[CUR_BEGUN] == 0) {
		error = xunpgen_out(req, type, &req->cursor[CUR_GEN]);
		if (error != 0)
			return error;
		req->cursor[CUR_OWNLIST] = req->jailed &&
		    !prison_haschildren(req->cred->prison);
		req->cursor[CUR_BEGUN] = 1;
	}
	if (req->cursor[CUR_BEGUN] == 1) {
		if ((error = records_out(req, type)) != 0)
			return error;
		memset(req->cursor, 0, sizeof(req->cursor));
		req->cursor[CUR_BEGUN] = 2;
	}
	if ((error = foreign_out(req, type)) != 0)
		return error;
	return xunpgen_out(req, type, &gen);
}

#define UNPCBLIST(id, nm, type)						\
	SYSCTL_PROC(id, "net.local." nm ".pcblist", OID_AUTO,		\
	    CTLTYPE_OPAQUE | CTLFLAG_RD, sysctl_unpcblist, type,	\
	    "S,xunpcb", "List of active local " nm " sockets")

UNPCBLIST(unix_stream, "stream", SOCK_STREAM);
UNPCBLIST(unix_dgram, "dgram", SOCK_DGRAM);
UNPCBLIST(unix_seqpacket, "seqpacket", SOCK_SEQPACKET);
