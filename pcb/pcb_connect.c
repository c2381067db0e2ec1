/*
 * pcb_connect.c - connect: which local end a PCB gets towards a peer.
 *
 * Theory of operation
 *
 * The destination is coerced first (in_pcbfaddr()), then a source address is
 * found for it, then a port, then the PCB moves to the connected table, where
 * no two may have the same four values.
 *
 * A port that is chosen here serves any number of destinations (PORT_CONN),
 * one connection each: portrange/ knows which ports are in use towards this
 * destination and which are bound by others, listeners among them.  It counts
 * per port space, while the four values must be unique in all; where the host
 * and a jail, or two jails, use one address, a port that is free in the one
 * space may be taken in the other.  Then another is picked, PICK_TRIES times at
 * most, and after that the next PICK_SCAN ports are looked at one by one: with
 * a larger range than that, nearly all of it used by the other space towards
 * one destination, the last ports may not be found.  An address never gets a
 * port that would connect it with itself.
 *
 * Nothing is routed here yet: a destination is on this stack or unreachable.
 * Connecting to 0.0.0.0 means this host, as on Linux; FreeBSD 14's "first
 * interface address" is the same thing inside a jail.
 */
#include "pcb/pcb_int.h"

#define PICK_TRIES	16
#define PICK_SCAN	4096

int
in_pcbfaddr(const struct cred *cred, struct inaddr *faddr)
{
	const struct inaddr loopback6 = { .b = { [15] = 1 } };
	struct inaddr a = *faddr;
	int error;

	if (!inaddr_is_any(&a))
		return prison_remote_ip(cred, faddr);
	if ((error = prison_get_ip(cred, &a)) != 0)
		return error;
	if (inaddr_is_any(&a))
		a = inaddr_is_v4(&a) ? inaddr_v4(htonl(INADDR_LOOPBACK)) :
		    loopback6;
	*faddr = a;
	return 0;
}

int
in_pcbladdr(const struct inpcb *inp, const struct inaddr *faddr,
    const struct cred *cred, struct inaddr *laddr)
{
	struct inaddr primary = *faddr;
	int error;

	if (!inaddr_is_any(&inp->inp_laddr)) {
		*laddr = inp->inp_laddr;
		return 0;
	}
	/* Unrestricted credentials find *faddr unchanged. */
	if ((error = prison_get_ip(cred, &primary)) != 0)
		return error;
	if (!inp->inp_pcbinfo->pi_islocal(inp->inp_pcbinfo->pi_vnet, faddr))
		return ENETUNREACH;
	*laddr = prison_saddrsel(cred->prison, faddr) &&
	    prison_check_ip(cred, faddr) == 0 ? *faddr : primary;
	return 0;
}

/* ---- the port ---- */

/* As portrange_pick(), but never port `avoid' (host byte order; 0: none). */
static int
pick_other(struct vnet *v, const struct portkey *k, struct portlimits lim,
    const struct endpoint *dst, uint16_t avoid, uint16_t *port)
{
	struct portlimits below = { lim.lo, avoid - 1 };
	struct portlimits above = { avoid + 1, lim.hi };
	int error = portrange_pick(v, k, lim, dst, port);

	if (error != 0 || *port != avoid)
		return error;
	error = EADDRNOTAVAIL;
	if (avoid > lim.lo)
		error = portrange_pick(v, k, below, dst, port);
	if (error != 0 && avoid < lim.hi)
		error = portrange_pick(v, k, above, dst, port);
	return error;
}

/* What a port is chosen for. */
struct wanted {
	const struct inpcb *inp;
	struct inaddr	laddr;
	const struct endpoint *dst;
	struct portlimits lim;
	uint16_t	avoid;
};

static bool
tuple_free(const struct wanted *w, uint16_t port)
{
	const struct endpoint local = { w->laddr, htons(port) };

	return in_pcblookup_connected(w->inp->inp_pcbinfo, w->dst, &local) ==
	    NULL;
}

/* The first good port of PICK_SCAN, from `port' on and around. */
static int
scan_ports(const struct wanted *w, uint16_t port, in_port_t *found)
{
	const struct vnet *v = w->inp->inp_pcbinfo->pi_vnet;
	const struct inaddr any = inp_any(w->inp);
	struct portkey k = in_pcbportkey(w->inp, &w->laddr);
	struct portkey wild = in_pcbportkey(w->inp, &any);
	unsigned n = w->lim.hi - w->lim.lo + 1u;

	for (unsigned i = 0; i < n && i < PICK_SCAN; i++) {
		port = port >= w->lim.hi ? w->lim.lo : port + 1;
		if (port != w->avoid && tuple_free(w, port) &&
		    !portrange_used(v, &k, port, PORT_BOUND) &&
		    !portrange_used(v, &wild, port, PORT_BOUND)) {
			*found = htons(port);
			return 0;
		}
	}
	return EADDRNOTAVAIL;
}

static int
choose_port(const struct inpcb *inp, const struct inaddr *laddr,
    const struct endpoint *dst, const struct cred *cred, in_port_t *port)
{
	struct wanted w = { .inp = inp, .laddr = *laddr, .dst = dst };
	struct portkey k = in_pcbportkey(inp, laddr);
	uint16_t p = 0;
	int error;

	if ((error = in_pcblimits(inp, cred, &w.lim)) != 0)
		return error;
	if (inaddr_eq(laddr, &dst->addr))
		w.avoid = ntohs(dst->port);
	for (int i = 0; i < PICK_TRIES; i++) {
		error = pick_other(inp->inp_pcbinfo->pi_vnet, &k, w.lim, dst,
		    w.avoid, &p);
		if (error != 0)
			return error;
		*port = htons(p);
		if (tuple_free(&w, p))
			return 0;
	}
	return scan_ports(&w, p, port);
}

/* ---- connect ---- */

/* Both ends of the connection to name; nothing is changed. */
static int
connect_setup(const struct inpcb *inp, const struct endpoint *name,
    const struct cred *cred, struct endpoint *local, struct endpoint *foreign)
{
	int error;

	if (inp->inp_fport != 0)
		return EISCONN;
	if (!inp_family_ok(inp, &name->addr))
		return EAFNOSUPPORT;
	if (name->port == 0)
		return EADDRNOTAVAIL;
	*foreign = *name;
	if ((error = in_pcbfaddr(cred, &foreign->addr)) != 0)
		return error;
	error = in_pcbladdr(inp, &foreign->addr, cred, &local->addr);
	if (error != 0)
		return error;
	local->port = inp->inp_lport;
	if (local->port == 0)
		return choose_port(inp, &local->addr, foreign, cred,
		    &local->port);
	return in_pcblookup_connected(inp->inp_pcbinfo, foreign, local) ==
	    NULL ? 0 : EADDRINUSE;
}

/* The values inp had before, for a step that failed. */
struct before {
	struct inaddr	laddr;
	in_port_t	lport;
	uint32_t	flags;
};

static void
set_ends(struct inpcb *inp, const struct endpoint *local,
    const struct endpoint *foreign)
{
	if (inaddr_is_any(&inp->inp_laddr))
		inp->inp_flags |= INP_CONNADDR;
	if (inp->inp_lport == 0)
		inp->inp_flags |= INP_ANONPORT;
	inp->inp_laddr = local->addr;
	inp->inp_lport = local->port;
	inp->inp_faddr = foreign->addr;
	inp->inp_fport = foreign->port;
}

int
in_pcbconnect(struct inpcb *inp, const struct endpoint *name,
    const struct cred *cred)
{
	const struct before was = { inp->inp_laddr, inp->inp_lport,
	    inp->inp_flags };
	struct endpoint local, foreign;
	struct inpplace pl;
	int error;

	error = connect_setup(inp, name, cred, &local, &foreign);
	if (error != 0)
		return error;
	if (inpend_reserve(inp, &local.addr, local.port, true, &pl) != 0)
		return EAGAIN;
	if (was.lport != 0)
		in_pcbremhash(inp);
	set_ends(inp, &local, &foreign);
	if (was.lport == 0 && in_pcbtakeport(inp, PORT_CONN, true) != 0)
		goto noport;
	in_pcbinshash(inp, &pl);
	return 0;

noport:
	inp->inp_laddr = was.laddr;
	inp->inp_lport = was.lport;
	inp->inp_flags = was.flags;
	inp->inp_faddr = inp_any(inp);
	inp->inp_fport = 0;
	inpend_release(inp, &pl, true);
	return EAGAIN;
}

int
in_pcbaccept(const struct inpcb *listener, struct socket *so,
    const struct endpoint *local, const struct endpoint *foreign,
    struct inpcb **inpp)
{
	struct inpcbinfo *pi = listener->inp_pcbinfo;
	struct inpplace pl;
	struct inpcb *inp;
	int error;

	*inpp = NULL;
	if (in_pcblookup_connected(pi, foreign, local) != NULL)
		return EADDRINUSE;
	error = in_pcballoc(pi, so, &listener->inp_cred, listener->inp_vflag,
	    &inp);
	if (error != 0)
		return error;
	inp->inp_flags = listener->inp_flags;
	inp->inp_reuse = listener->inp_reuse;
	inp->inp_ip_ttl = listener->inp_ip_ttl;
	inp->inp_ip_tos = listener->inp_ip_tos;
	if (inpend_reserve(inp, &local->addr, local->port, true, &pl) != 0)
		goto noaddr;
	inp->inp_laddr = local->addr;
	inp->inp_lport = local->port;
	inp->inp_faddr = foreign->addr;
	inp->inp_fport = foreign->port;
	/* No peer: it is the listener that keeps the port from others. */
	if (in_pcbtakeport(inp, PORT_CONN, false) != 0)
		goto noport;
	in_pcbinshash(inp, &pl);
	*inpp = inp;
	return 0;

noport:
	inpend_release(inp, &pl, true);
noaddr:
	in_pcbfree(inp);
	return ENOBUFS;
}

/* Unset what connect() chose. */
static void
forget_local(struct inpcb *inp)
{
	bool anonport = inp->inp_portuse == PORT_CONN + 1;

	if (anonport) {
		in_pcbputport(inp);
		inp->inp_lport = 0;
		inp->inp_flags &= ~INP_ANONPORT;
	}
	if ((inp->inp_flags & INP_CONNADDR) != 0) {
		inp->inp_laddr = inp_any(inp);
		inp->inp_flags &= ~INP_CONNADDR;
	}
}

void
in_pcbdisconnect(struct inpcb *inp)
{
	struct inpplace pl;

	if (inp->inp_table != INP_CONNECTED)
		return;
	in_pcbremhash(inp);
	forget_local(inp);
	inp->inp_faddr = inp_any(inp);
	inp->inp_fport = 0;
	if (inp->inp_lport == 0)
		return;
	if (inpend_reserve(inp, &inp->inp_laddr, inp->inp_lport, false,
	    &pl) == 0) {
		in_pcbinshash(inp, &pl);
		return;
	}
	/* No memory to stay bound with: as if it had never been. */
	in_pcbputport(inp);
	inp->inp_laddr = inp_any(inp);
	inp->inp_lport = 0;
	inp->inp_flags &= ~INP_ANONPORT;
}
