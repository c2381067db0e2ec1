/*
 * lo.c - lo0, the loopback interface.
 *
 * Theory of operation
 *
 * What is sent is received: counted, shown to the tap, and put into the input
 * queue, never processed on the spot.  Its MTU is the largest IP packet, so
 * that a segment or datagram is as large as the formats allow and nothing is
 * ever fragmented.  Memory does not get damaged on the way, so transport
 * checksums are neither made nor checked; a queue that is full loses packets,
 * as any network may.
 *
 * 127.0.0.1 is here from the start; jails bring their addresses to it too.
 */
#include <errno.h>

#include "stack/ip_int.h"

struct lostate {
	struct ifnet	ifnet;
};

static int lo_init(struct vnet *v);
static void lo_fini(struct vnet *v);

/* Above VNET_IF, whose modules it needs. */
static VNET_MODULE(lo_module, struct lostate, VNET_IP, lo_init, lo_fini);
#define V_lostate(v) ((struct lostate *)vnet_data((v), &lo_module))

static int
lo_output(struct vnet *v, struct ifnet *ifp, struct mbuf *m)
{
	if (!(ifp->if_flags & IFF_UP)) {
		ifp->if_oerrors++;
		m_freem(v, m);
		return ENETDOWN;
	}
	ifp->if_opackets++;
	ifp->if_obytes += m->m_pktlen;
	if_tap(v, ifp, m);
	m->m_rcvif = ifp;
	m->m_flags |= M_CSUM_VALID;
	netisr_enqueue(v, m);
	return 0;
}

static int
lo_init(struct vnet *v)
{
	const struct inaddr loopback = inaddr_v4(htonl(INADDR_LOOPBACK));
	struct ifnet *ifp = &V_lostate(v)->ifnet;
	int error = in_ifaddr_add(v, ifp, &loopback);

	if (error != 0)
		return error;
	memcpy(ifp->if_name, "lo0", sizeof("lo0"));
	ifp->if_mtu = IP_MAXPACKET;
	ifp->if_flags = IFF_UP | IFF_LOOPBACK;
	ifp->if_output = lo_output;
	if_attach(v, ifp);
	return 0;
}

static void
lo_fini(struct vnet *v)
{
	if_detach(v, &V_lostate(v)->ifnet);
}

struct ifnet *
lo0(const struct vnet *v)
{
	return &V_lostate(v)->ifnet;
}
