/*
 * pcb_bind.c - bind: which local address and port a PCB gets.
 *
 * Theory of operation
 *
 * in_pcbbind_setup() decides and changes nothing; in_pcbbind() takes the port
 * and enters the PCB in its table, or undoes both.
 *
 * The order of the tests is FreeBSD 14's, and so is the result but for what
 * follows from asking all PCBs of the port instead of the best matching one:
 * the answer never depends on the order in which they were bound.
 *
 * (1)	A socket without SO_REUSE* options wants the port unused by anyone, on
 *	the address, on the wildcard and, if it asks for the wildcard, on every
 *	address.  Connections count.
 * (2)	With any of them only unconnected PCBs on the very same address count,
 *	and each must have SO_REUSEPORT, or SO_REUSEPORT_LB, in common with it.
 *	On a multicast address SO_REUSEADDR serves as either.
 * (3)	Unless privileged, it may not join, by address or by wildcard, a port
 *	where another user has a PCB; on streams connected ones do not count.
 *	Never so on multicast addresses.
 *
 * "Anyone" are the PCBs of the same port space: those of jails that share
 * their addresses by inheritance.  What counts of another socket's options is
 * what they were when it took its port.
 *
 * A port that we choose is used by nobody in the sense of (1), whatever the
 * options of the socket it is for.
 */
#include "pcb/pcb_int.h"

struct portkey
in_pcbportkey(const struct inpcb *inp, const struct inaddr *laddr)
{
	const struct prison *owner =
	    prison_ip_owner_of(inp->inp_cred.prison, laddr);

	return (struct portkey){
		.space = (uint32_t)prison_jid(owner),
		.proto = inp->inp_pcbinfo->pi_proto,
		.laddr = *laddr,
	};
}

/* The key under which inp's port is counted. */
static struct portkey
taken_key(const struct inpcb *inp, enum port_use use)
{
	struct inaddr any = inp_any(inp);
	bool wild = use == PORT_BOUND && (inp->inp_flags & INP_CONNADDR) != 0;

	return in_pcbportkey(inp, wild ? &any : &inp->inp_laddr);
}

int
in_pcbtakeport(struct inpcb *inp, enum port_use use, bool dstused)
{
	struct endpoint dst = { inp->inp_faddr, inp->inp_fport };
	struct portkey k = taken_key(inp, use);
	int error;

	error = portrange_take(inp->inp_pcbinfo->pi_vnet, &k,
	    ntohs(inp->inp_lport), use, dstused ? &dst : NULL);
	if (error != 0)
		return error;
	inp->inp_portuse = use + 1;
	inp->inp_dstused = dstused;
	return 0;
}

void
in_pcbputport(struct inpcb *inp)
{
	struct endpoint dst = { inp->inp_faddr, inp->inp_fport };
	struct portkey k;
	enum port_use use;

	if (inp->inp_portuse == 0)
		return;
	use = (enum port_use)(inp->inp_portuse - 1);
	k = taken_key(inp, use);
	portrange_put(inp->inp_pcbinfo->pi_vnet, &k, ntohs(inp->inp_lport),
	    use, inp->inp_dstused ? &dst : NULL);
	inp->inp_portuse = 0;
	inp->inp_dstused = false;
}

/* ---- the three rules ---- */

/* The table entries that a bind to one address and port may conflict with. */
struct rivals {
	const struct inpport *port;	/* any address; for a wildcard only */
	const struct inpend *same;	/* the very address */
	const struct inpend *wild;	/* the wildcard; not for itself */
};

static void
find_rivals(const struct inpcb *inp, const struct endpoint *e,
    struct rivals *r)
{
	const struct inpcbinfo *pi = inp->inp_pcbinfo;
	const struct prison *owner =
	    prison_ip_owner_of(inp->inp_cred.prison, &e->addr);
	const struct inaddr any = inp_any(inp);

	*r = (struct rivals){ 0 };
	r->same = inpend_find(pi, owner, &e->addr, e->port);
	if (inaddr_is_any(&e->addr))
		r->port = inpport_find(pi, owner, !inaddr_is_v4(&any),
		    e->port);
	else
		r->wild = inpend_find(pi, owner, &any, e->port);
}

static bool
used(const struct rivals *r)
{
	return r->port != NULL || r->same != NULL || r->wild != NULL;
}

static bool
other_user(const struct rivals *r, uint32_t uid)
{
	if (r->port != NULL)
		return tally_has_other(&r->port->pt_tally, uid);
	return (r->same != NULL && inpend_has_other(r->same, uid)) ||
	    (r->wild != NULL && inpend_has_other(r->wild, uid));
}

static bool
not_shared(const struct rivals *r, unsigned mask)
{
	return r->same != NULL && inpend_without(r->same, mask);
}

/* The options another socket may have for inp to bind beside it. */
static unsigned
reuse_mask(const struct inpcb *inp, bool multicast)
{
	unsigned own = inp->inp_reuse, mask;

	mask = own & (INP_REUSEPORT | INP_REUSEPORT_LB);
	if (!multicast)
		return mask;
	if ((own & (INP_REUSEADDR | INP_REUSEPORT)) != 0)
		mask |= INP_REUSEADDR | INP_REUSEPORT;
	if ((own & (INP_REUSEADDR | INP_REUSEPORT_LB)) != 0)
		mask |= INP_REUSEADDR | INP_REUSEPORT_LB;
	return mask;
}

static int
check_conflict(const struct inpcb *inp, const struct endpoint *e,
    const struct cred *cred)
{
	struct vnet *v = inp->inp_pcbinfo->pi_vnet;
	bool multicast = inaddr_is_multicast(&e->addr);
	struct rivals r;
	bool conflict;

	find_rivals(inp, e, &r);
	if (!used(&r))
		return 0;
	conflict = inp->inp_reuse == 0 ||
	    not_shared(&r, reuse_mask(inp, multicast));
	if (!conflict && !multicast &&
	    priv_check(v, cred, PRIV_NETINET_REUSEPORT) != 0)
		conflict = other_user(&r, inp->inp_cred.uid);
	if (!conflict)
		return 0;
	portrange_count_conflict(v);
	return EADDRINUSE;
}

/* ---- the port we choose ---- */

int
in_pcblimits(const struct inpcb *inp, const struct cred *cred,
    struct portlimits *lim)
{
	struct vnet *v = inp->inp_pcbinfo->pi_vnet;
	int which = IP_PORTRANGE_DEFAULT;

	if ((inp->inp_flags & INP_HIGHPORT) != 0)
		which = IP_PORTRANGE_HIGH;
	if ((inp->inp_flags & INP_LOWPORT) != 0) {
		which = IP_PORTRANGE_LOW;
		if (priv_check(v, cred, PRIV_NETINET_RESERVEDPORT) != 0) {
			portrange_count_denied(v);
			return EPERM;
		}
	}
	if (which == IP_PORTRANGE_LOW ||
	    !prison_portrange(inp->inp_cred.prison,
	    which == IP_PORTRANGE_HIGH, &lim->lo, &lim->hi))
		*lim = portrange_limits(v, which);
	/* Linux: a limit of the socket counts where it is inside the range. */
	if (inp->inp_portlo >= lim->lo && inp->inp_portlo <= lim->hi)
		lim->lo = inp->inp_portlo;
	if (inp->inp_porthi >= lim->lo && inp->inp_porthi <= lim->hi)
		lim->hi = inp->inp_porthi;
	return 0;
}

static int
choose_port(const struct inpcb *inp, const struct inaddr *laddr,
    const struct cred *cred, in_port_t *port)
{
	struct portkey k = in_pcbportkey(inp, laddr);
	struct portlimits lim;
	uint16_t p;
	int error;

	if ((error = in_pcblimits(inp, cred, &lim)) != 0)
		return error;
	error = portrange_pick(inp->inp_pcbinfo->pi_vnet, &k, lim, NULL, &p);
	if (error == 0)
		*port = htons(p);
	return error;
}

/* ---- bind ---- */

/* Where there are many, have the two buckets fetched that bind() will look at
 * in turn; who they are is not known yet. */
static void
fetch_ahead(const struct inpcb *inp, const struct endpoint *e)
{
	const struct inpcbinfo *pi = inp->inp_pcbinfo;
	struct portkey k;

	if (pi->pi_count < FETCH_MIN)
		return;
	k = in_pcbportkey(inp, &e->addr);
	portrange_prefetch(pi->pi_vnet, &k);
	inpend_prefetch(inp, &e->addr, e->port);
}

/* May inp have this address and port, apart from conflicts? */
static int
check_name(const struct inpcb *inp, const struct endpoint *e,
    const struct cred *cred)
{
	struct vnet *v = inp->inp_pcbinfo->pi_vnet;

	if (!inaddr_is_any(&e->addr) && !inaddr_is_multicast(&e->addr) &&
	    (inp->inp_flags & INP_BINDANY) == 0 &&
	    !inp->inp_pcbinfo->pi_islocal(v, &e->addr))
		return EADDRNOTAVAIL;
	if (e->port != 0 && portrange_reserved(v, ntohs(e->port)) &&
	    priv_check(v, cred, PRIV_NETINET_RESERVEDPORT) != 0) {
		portrange_count_denied(v);
		return EACCES;
	}
	return 0;
}

int
in_pcbbind_setup(const struct inpcb *inp, const struct endpoint *name,
    const struct cred *cred, struct endpoint *local)
{
	struct endpoint e = { .addr = inp->inp_laddr };
	int error;

	if (inp->inp_lport != 0 || inp->inp_table != INP_NOWHERE)
		return EINVAL;
	if (name != NULL) {
		if (!inaddr_is_any(&inp->inp_laddr))
			return EINVAL;
		if (!inp_family_ok(inp, &name->addr))
			return EAFNOSUPPORT;
		e = *name;
	}
	if ((error = prison_local_ip(cred, &e.addr)) != 0)
		return error;
	fetch_ahead(inp, &e);
	if (name != NULL && (error = check_name(inp, &e, cred)) != 0)
		return error;
	if (e.port != 0)
		error = check_conflict(inp, &e, cred);
	else if (name == NULL || (inp->inp_flags & INP_NOPORTYET) == 0)
		error = choose_port(inp, &e.addr, cred, &e.port);
	if (error == 0)
		*local = e;
	return error;
}

int
in_pcbbind(struct inpcb *inp, const struct endpoint *name,
    const struct cred *cred)
{
	const struct inaddr before = inp->inp_laddr;
	struct endpoint local;
	struct inpplace pl;
	int error;

	if ((error = in_pcbbind_setup(inp, name, cred, &local)) != 0)
		return error;
	inp->inp_laddr = local.addr;
	if (local.port == 0)
		return 0;
	inp->inp_lport = local.port;
	if (in_pcbtakeport(inp, PORT_BOUND, false) != 0)
		goto noport;
	if (inpend_reserve(inp, &local.addr, local.port, false, &pl) != 0)
		goto noaddr;
	if (name == NULL || name->port == 0)
		inp->inp_flags |= INP_ANONPORT;
	in_pcbinshash(inp, &pl);
	return 0;

noaddr:
	in_pcbputport(inp);
noport:
	inp->inp_laddr = before;
	inp->inp_lport = 0;
	return EAGAIN;
}
