/*
 * Theory of operation
 *
 * net.inet.ip.portrange.*: names, defaults and clamps of FreeBSD 14.  A limit
 * out of its bounds is moved to the nearest bound without complaint; limits in
 * the wrong order are taken in the right one (portrange_limits()).  New values
 * hold from the next choice on; ports taken before stay taken.  A jail that has
 * a range of its own reads that one; it writes none.
 *
 * The sequential fall-back of old (randomcps, randomtime) is not here: a
 * random choice costs the same at any rate.
 */
#include "portrange/portrange_int.h"
#include "sysctl/sysctl.h"

#define IPPORT_MAX	65535

static int
clamped(int val, int least, int most)
{
	if (val < least)
		return least;
	return val > most ? most : val;
}

static int
sysctl_limit(const struct sysctl_oid *oid, struct sysctl_req *req, int least,
    int most)
{
	int *var = sysctl_var(oid, req);
	int val = *var;
	int error;

	if ((error = sysctl_handle_value(oid, req, &val, sizeof(val))) != 0)
		return error;
	*var = clamped(val, least, most);
	return 0;
}

static int
sysctl_lowlimit(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return sysctl_limit(oid, req, 1, IPPORT_RESERVED - 1);
}

/* True: *val is the limit of the reader's jail that stands for var. */
static bool
own_limit(const struct portrange *r, const struct sysctl_req *req,
    const int *var, int *val)
{
	bool high = var == &r->hifirst || var == &r->hilast;
	uint16_t first, last;

	if (r->own == NULL || !req->jailed ||
	    !r->own(req->cred->prison, high, &first, &last))
		return false;
	*val = var == &r->first || var == &r->hifirst ? first : last;
	return true;
}

static int
sysctl_highlimit(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	int val;

	if (own_limit(V_portrange(req->vnet), req, sysctl_var(oid, req), &val))
		return sysctl_handle_value(oid, req, &val, sizeof(val));
	return sysctl_limit(oid, req, IPPORT_RESERVED, IPPORT_MAX);
}

void
portrange_jails(struct vnet *v, portrange_own *own)
{
	V_portrange(v)->own = own;
}

SYSCTL_NODE(portrange, "net.inet.ip.portrange", OID_AUTO, "IP Ports");
SYSCTL_NODE(portrange_stats, "net.inet.ip.portrange.stats", OID_AUTO,
    "Port choices and refusals");

#define PORTRANGE_INT(nm, flags, fn, descr)                                \
	SYSCTL_INT(portrange_##nm, "net.inet.ip.portrange." #nm, OID_AUTO, \
	    CTLFLAG_RW | (flags), portrange_module, struct portrange, nm,  \
	    fn, descr)

PORTRANGE_INT(lowfirst, 0, sysctl_lowlimit,
    "First port of IP_PORTRANGE_LOW");
PORTRANGE_INT(lowlast, 0, sysctl_lowlimit,
    "Last port of IP_PORTRANGE_LOW");
PORTRANGE_INT(first, 0, sysctl_highlimit,
    "First port of IP_PORTRANGE_DEFAULT");
PORTRANGE_INT(last, 0, sysctl_highlimit,
    "Last port of IP_PORTRANGE_DEFAULT");
PORTRANGE_INT(hifirst, 0, sysctl_highlimit,
    "First port of IP_PORTRANGE_HIGH");
PORTRANGE_INT(hilast, 0, sysctl_highlimit,
    "Last port of IP_PORTRANGE_HIGH");
PORTRANGE_INT(reservedhigh, CTLFLAG_SECURE, NULL,
    "Highest port that only the superuser may bind");
PORTRANGE_INT(reservedlow, CTLFLAG_SECURE, NULL,
    "Lowest port that only the superuser may bind");
PORTRANGE_INT(randomized, 0, NULL,
    "Choose ports at random");

#define PORTRANGE_STAT(nm, descr)                                          \
	SYSCTL_U64(portrange_##nm, "net.inet.ip.portrange.stats." #nm,     \
	    OID_AUTO, CTLFLAG_RD | CTLFLAG_STATS, portrange_module,        \
	    struct portrange, stats.nm, NULL, descr)

PORTRANGE_STAT(picks, "Ports chosen");
PORTRANGE_STAT(exhausted, "Choices refused: no port left");
PORTRANGE_STAT(conflicts, "Explicit ports refused: in use");
PORTRANGE_STAT(denied, "Ports refused for lack of privilege");
