/*
 * rtsock.c - net.routetable: interfaces, their addresses, and routes.
 *
 * Theory of operation
 *
 * The records are those of sysctl/xroute.h.  There is no table of routes: an
 * address of ours is reached through the interface that has it, and so is all
 * of 127.0.0.0/8 through lo0.  What ip_route() does is told here as a host
 * route per address, and one route for that net.
 *
 * Everybody sees every interface and its counters; a jail sees its own
 * addresses and the host routes to them, and no route to a net, as in FreeBSD
 * (prison_if()).  A jail that has addresses of its own in both families is
 * walked by its list of them, any other through all there are.
 *
 * A listing may be long: it is made in slices of RTSOCK_SLICE addresses, shown
 * or not.  An address that stays is in it once, one that comes or goes
 * meanwhile is or is not; where a jail's list changes in the middle, its
 * addresses may be told twice or not at all.
 */
#include <errno.h>
#include <string.h>

#include "netjail/prison.h"
#include "stack/ip_int.h"
#include "sysctl/sysctl.h"

#define RTSOCK_SLICE	256	/* addresses visited before packets are */
#define MSG_MAXLEN	512	/* bytes of a message, addresses included */

/* What goes from slice to slice, in req->cursor. */
enum {
	CUR_INDEX,		/* the interface that is being told */
	CUR_BEGUN,		/* 1: its own record is out */
	CUR_ADDR,		/* how far its addresses are */
};

struct message {
	uint8_t		buf[MSG_MAXLEN];
	size_t		len;
};

/* ---- messages ---- */

static void
msg_addr(struct message *m, const void *sa, size_t len)
{
	memcpy(m->buf + m->len, sa, len);
	m->len += SA_SIZE(len);
}

static void
msg_inaddr(struct message *m, const struct inaddr *a)
{
	struct xsockaddr_in sin = { .sin_len = sizeof(sin),
		.sin_family = AF_INET };
	struct xsockaddr_in6 sin6 = { .sin6_len = sizeof(sin6),
		.sin6_family = AF_INET6 };

	if (inaddr_is_v4(a)) {
		sin.sin_addr.s_addr = inaddr_to_v4(a);
		msg_addr(m, &sin, sizeof(sin));
	} else {
		memcpy(&sin6.sin6_addr, a->b, sizeof(sin6.sin6_addr));
		msg_addr(m, &sin6, sizeof(sin6));
	}
}

/* The netmask of `plen' bits, in the family of a. */
static void
msg_mask(struct message *m, const struct inaddr *a, unsigned plen)
{
	struct inaddr mask = *a;
	unsigned i, first = inaddr_is_v4(a) ? 12 : 0;

	for (i = first; i < sizeof(mask.b); i++) {
		mask.b[i] = plen >= 8 ? 0xff : (uint8_t)(0xff00 >> plen);
		plen -= plen >= 8 ? 8 : plen;
	}
	msg_inaddr(m, &mask);
}

/* An interface by its number and, with `named', its name. */
static void
msg_link(struct message *m, const struct ifnet *ifp, bool named)
{
	struct xsockaddr_dl sdl = { .sdl_len = sizeof(sdl),
		.sdl_family = XAF_LINK, .sdl_index = ifp->if_index };

	if ((ifp->if_flags & IFF_LOOPBACK) != 0)
		sdl.sdl_type = IFT_LOOP;
	if (named) {
		sdl.sdl_nlen = (uint8_t)strnlen(ifp->if_name, IFNAMELEN);
		memcpy(sdl.sdl_data, ifp->if_name, sdl.sdl_nlen);
	}
	msg_addr(m, &sdl, sizeof(sdl));
}

/* Begin with a header, which is written last: its length is not known yet. */
static void
msg_begin(struct message *m, size_t header)
{
	memset(m, 0, sizeof(*m));
	m->len = header;
}

static int
msg_out(struct sysctl_req *req, struct message *m, const void *header,
    size_t len)
{
	memcpy(m->buf, header, len);
	return SYSCTL_OUT(req, m->buf, m->len);
}

/* ---- interfaces and addresses ---- */

static int
ifinfo_out(struct sysctl_req *req, const struct ifnet *ifp)
{
	struct if_msghdrl ifm = { .ifm_version = RTM_VERSION,
		.ifm_type = RTM_IFINFO, .ifm_addrs = RTA_IFP,
		.ifm_flags = (int32_t)ifp->if_flags | XIFF_RUNNING,
		.ifm_index = ifp->if_index, .ifm_len = sizeof(ifm),
		.ifm_data_off = offsetof(struct if_msghdrl, ifm_data) };
	struct message m;

	msg_begin(&m, sizeof(ifm));
	msg_link(&m, ifp, true);
	if_data_fill(&ifm.ifm_data, ifp);
	ifm.ifm_msglen = (uint16_t)m.len;
	return msg_out(req, &m, &ifm, sizeof(ifm));
}

static int
newaddr_out(struct sysctl_req *req, const struct in_ifaddr *ia)
{
	struct ifa_msghdrl ifam = { .ifam_version = RTM_VERSION,
		.ifam_type = RTM_NEWADDR,
		.ifam_addrs = RTA_NETMASK | RTA_IFA,
		.ifam_index = ia->ia_ifp->if_index, .ifam_len = sizeof(ifam),
		.ifam_data_off = offsetof(struct ifa_msghdrl, ifam_data) };
	struct message m;

	msg_begin(&m, sizeof(ifam));
	msg_mask(&m, &ia->ia_addr, in_ifaddr_plen(ia));
	msg_inaddr(&m, &ia->ia_addr);
	ifam.ifam_data.ifi_datalen = sizeof(ifam.ifam_data);
	ifam.ifam_data.ifi_ipackets = ia->ia_ipackets;
	ifam.ifam_data.ifi_ibytes = ia->ia_ibytes;
	ifam.ifam_data.ifi_opackets = ia->ia_opackets;
	ifam.ifam_data.ifi_obytes = ia->ia_obytes;
	ifam.ifam_msglen = (uint16_t)m.len;
	return msg_out(req, &m, &ifam, sizeof(ifam));
}

/* ---- routes ---- */

/* dst is a host's address, or with plen < 32 that of a net. */
static int
route_out(struct sysctl_req *req, const struct inaddr *dst, unsigned plen,
    const struct ifnet *ifp)
{
	bool host = plen == 32;
	struct rt_msghdr rtm = { .rtm_version = RTM_VERSION,
		.rtm_type = RTM_GET, .rtm_index = ifp->if_index,
		.rtm_flags = host ? RTF_UP | RTF_HOST : RTF_UP,
		.rtm_addrs = host ? RTA_DST | RTA_GATEWAY :
		    RTA_DST | RTA_GATEWAY | RTA_NETMASK };
	struct message m;

	msg_begin(&m, sizeof(rtm));
	msg_inaddr(&m, dst);
	msg_link(&m, ifp, false);
	if (!host)
		msg_mask(&m, dst, plen);
	rtm.rtm_rmx.rmx_mtu = ifp->if_mtu;
	rtm.rtm_rmx.rmx_weight = 1;
	rtm.rtm_rmx.rmx_nhidx = ifp->if_index;
	rtm.rtm_msglen = (uint16_t)m.len;
	return msg_out(req, &m, &rtm, sizeof(rtm));
}

static int
loopnet_out(struct sysctl_req *req, const struct ifnet *ifp)
{
	const struct inaddr net = inaddr_v4(htonl(INADDR_LOOPBACK &
	    IN_CLASSA_NET));

	if (ifp != lo0(req->vnet) || req->jailed)
		return 0;
	return route_out(req, &net, 8, ifp);
}

/* Packets are IPv4 so far: no route leads to other addresses. */
static int
hostroute_out(struct sysctl_req *req, const struct in_ifaddr *ia)
{
	if (!inaddr_is_v4(&ia->ia_addr))
		return 0;
	return route_out(req, &ia->ia_addr, 32, ia->ia_ifp);
}

/* ---- the walk ---- */

/* What a listing says of an interface, and of an address of it. */
struct listing {
	int	(*interface)(struct sysctl_req *, const struct ifnet *);
	int	(*address)(struct sysctl_req *, const struct in_ifaddr *);
};

static const struct listing iflist = { ifinfo_out, newaddr_out };
static const struct listing dump = { loopnet_out, hostroute_out };

static bool
in_family(const struct in_ifaddr *ia, int af)
{
	return af == AF_UNSPEC ||
	    af == (inaddr_is_v4(&ia->ia_addr) ? AF_INET : AF_INET6);
}

/* Has an address of ours that family?  AF_UNSPEC: any. */
static bool
is_ip(int af)
{
	return af == AF_UNSPEC || af == AF_INET || af == AF_INET6;
}

/* The next address that may be of interest; NULL: no more. */
static struct in_ifaddr *
next_addr(struct sysctl_req *req, bool own)
{
	const struct prison *pr = req->cred->prison;
	struct in_ifaddr *ia = NULL;

	if (!own) {
		ia = in_ifaddr_after(req->vnet, req->cursor[CUR_ADDR]);
		if (ia != NULL)
			req->cursor[CUR_ADDR] = ia->ia_seq;
		return ia;
	}
	while (ia == NULL && req->cursor[CUR_ADDR] < prison_naddr(pr))
		ia = in_ifaddr_find(req->vnet, prison_addr(pr,
		    (unsigned)req->cursor[CUR_ADDR]++));
	return ia;
}

static int
addrs_out(struct sysctl_req *req, const struct listing *l,
    const struct ifnet *ifp, int af)
{
	const struct prison *pr = req->cred->prison;
	bool own = prison_restricted_v4(pr) && prison_restricted_v6(pr);
	const struct in_ifaddr *ia;
	unsigned n;
	int error;

	for (n = 0; n < RTSOCK_SLICE; n++) {
		if ((ia = next_addr(req, own)) == NULL)
			return 0;
		if (ia->ia_ifp != ifp || !in_family(ia, af) ||
		    prison_check_ip(req->cred, &ia->ia_addr) != 0)
			continue;
		if ((error = l->address(req, ia)) != 0)
			return error;
	}
	return SYSCTL_MORE;
}

/* The rest of an interface, or a slice of it. */
static int
interface_out(struct sysctl_req *req, const struct listing *l,
    const struct ifnet *ifp, int af)
{
	int error;

	if (req->cursor[CUR_BEGUN] == 0) {
		if ((error = l->interface(req, ifp)) != 0)
			return error;
		req->cursor[CUR_BEGUN] = 1;
	}
	return is_ip(af) ? addrs_out(req, l, ifp, af) : 0;
}

static int
listing_out(struct sysctl_req *req, const struct listing *l, int af)
{
	const struct ifnet *ifp = if_first(req->vnet);
	int error;

	for (; ifp != NULL; ifp = ifp->if_next) {
		if (ifp->if_index < req->cursor[CUR_INDEX])
			continue;
		if (ifp->if_index > req->cursor[CUR_INDEX]) {
			req->cursor[CUR_INDEX] = ifp->if_index;
			req->cursor[CUR_BEGUN] = req->cursor[CUR_ADDR] = 0;
		}
		if ((error = interface_out(req, l, ifp, af)) != 0)
			return error;
	}
	return 0;
}

/* Only count, with room for what is added until the reader comes back. */
static int
estimate(struct sysctl_req *req)
{
	uint64_t n = in_ifaddr_count(req->vnet) + V_ifstate(req->vnet)->count;

	req->total = (n + n / 8 + 10) * sizeof(struct if_msghdrl) * 2;
	return 0;
}

/* Below the oid: 0, address family, NET_RT_, 0 and perhaps a FIB. */
static int
sysctl_rtsock(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const int *name = req->name;

	(void)oid;
	if (req->newptr != NULL)
		return EPERM;
	if (req->namelen < 4)
		return EISDIR;
	if (req->namelen > 5)
		return ENOTDIR;
	if (name[0] != 0 || name[3] != 0 ||
	    (req->namelen == 5 && name[4] != 0) ||
	    (name[2] != NET_RT_IFLISTL && name[2] != NET_RT_DUMP))
		return EINVAL;
	if (req->sizeonly)
		return estimate(req);
	return listing_out(req, name[2] == NET_RT_DUMP ? &dump : &iflist,
	    name[1]);
}

SYSCTL_PROC(routetable, ROUTE_MIB, NET_PF_ROUTE,
    CTLTYPE_NODE | CTLFLAG_RD | CTLFLAG_SKIP, sysctl_rtsock, 0, "N",
    "Return route tables and interface/address lists");

/* ---- beside it ---- */

static int
sysctl_rtstat(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct rtstat st = { .rts_unreach = IPSTAT(req->vnet)->ips_noroute };

	return sysctl_handle_value(oid, req, &st, sizeof(st));
}

SYSCTL_NODE(net_route, "net.route", OID_AUTO, "Routing");
SYSCTL_PROC(rtstat, "net.route.stats", OID_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD | CTLFLAG_STATS, sysctl_rtstat, 0, "S,rtstat",
    "Route statistics (struct rtstat, sysctl/xroute.h)");

SYSCTL_CONST(net_fibs, "net.fibs", OID_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, 1, "IU", "set number of fibs");
SYSCTL_CONST(my_fibnum, "net.my_fibnum", OID_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, 0, "I", "default FIB of caller");
