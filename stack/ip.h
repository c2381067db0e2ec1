/*
 * IPv4 (RFC 791, 1122): input, output, interfaces and routes.
 *
 * ip_output() gives a packet to an interface; lo0's puts it into the vnet's
 * input queue; vnet_run() takes it out and calls ip_input().  So no call into
 * the stack recurses through the network, and a test can hold, drop or reorder
 * what is in the queue.
 */
#ifndef STACK_IP_H
#define STACK_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/inaddr.h"
#include "base/vnet.h"
#include "stack/mbuf.h"
#include "sysctl/stats.h"

/* ---- interfaces ---- */
#define IFF_UP		0x1
#define IFF_LOOPBACK	0x8
#define IFNAMELEN	16

struct ifnet {
	char		 if_name[IFNAMELEN];
	uint32_t	 if_mtu;
	uint32_t	 if_flags;
	uint16_t	 if_index;	/* from 1 on; given by if_attach() */
	uint64_t	 if_ipackets, if_opackets, if_ibytes, if_obytes,
			 if_ierrors, if_oerrors, if_iqdrops, if_oqdrops,
			 if_collisions;
	/* Consumes m, an IP packet with m_pktlen set.  ENOBUFS, ENETDOWN. */
	int		(*if_output)(struct vnet *, struct ifnet *,
			    struct mbuf *);
	struct ifnet	*if_next;
};

struct ifnet *if_first(const struct vnet *v);	/* then if_next */
struct ifnet *lo0(const struct vnet *v);

/* Make an interface known; it must live until it is detached or v ends. */
void	if_attach(struct vnet *v, struct ifnet *ifp);
void	if_detach(struct vnet *v, struct ifnet *ifp);

/*
 * Watch the packets of all interfaces, as bpf does: fn gets each packet once,
 * with complete checksums, before it is queued or sent.  One at a time; NULL
 * ends it.
 */
typedef void if_tapfn(void *arg, const struct vnet *v, const struct ifnet *ifp,
    const struct mbuf *m);
void	if_settap(struct vnet *v, if_tapfn *fn, void *arg);
/* The process that watches, for net.bpf.stats. */
void	if_settapowner(struct vnet *v, int32_t pid);

/* For interfaces: show m to the tap, if there is one.  Where its transport
 * checksum is still to be made (M_CSUM_LATER) the tap sees a copy with it. */
void	if_tap(struct vnet *v, const struct ifnet *ifp, const struct mbuf *m);

/* A copy of m, which has M_CSUM_LATER, with its checksum made.  NULL: no
 * memory. */
struct mbuf *m_csum_complete(struct vnet *v, const struct mbuf *m);

/* Give an interface an address, or take one away; counted, so that two jails
 * may bring the same.  EINVAL, ENOMEM; EADDRNOTAVAIL (remove: not there). */
int	in_ifaddr_add(struct vnet *v, struct ifnet *ifp,
	    const struct inaddr *a);
int	in_ifaddr_remove(struct vnet *v, const struct inaddr *a);
/* Is it ours?  All of 127.0.0.0/8 is. */
bool	in_localaddr(const struct vnet *v, const struct inaddr *a);

/* ---- packets ---- */

/*
 * Send a transport payload: m starts at the transport header, whose checksum
 * field holds what m_flags say (M_CSUM_LATER: with m_csum_off counted from the
 * transport header; adjusted here).  Consumes m.  src may not be a wildcard.
 * ttl 0: net.inet.ip.ttl.  ENETUNREACH, EHOSTUNREACH, EMSGSIZE, ENOBUFS.
 */
int	ip_output(struct vnet *v, struct mbuf *m, const struct inaddr *src,
	    const struct inaddr *dst, uint8_t proto, uint8_t ttl, uint8_t tos);

/* The same for a packet that has an IP header already; version, length, source
 * and checksum are filled in.  EINVAL: the header makes no sense. */
int	ip_output_hdrincl(struct vnet *v, struct mbuf *m,
	    const struct inaddr *src, const struct inaddr *dst);

/* net.inet.ip.ttl */
uint8_t	ip_defttl(const struct vnet *v);

/* May a program name dst as its peer?  ENETUNREACH: it is 0.0.0.0, which
 * net.inet.ip.connect_inaddr_wild does not let stand for this host. */
int	ip_checkpeer(const struct vnet *v, const struct inaddr *dst);

/* The largest transport payload (header included) towards dst. */
uint32_t ip_maxpayload(const struct vnet *v, const struct inaddr *dst);

/* A packet from an interface, starting at the IP header.  Consumes m. */
void	ip_input(struct vnet *v, struct mbuf *m);

/*
 * Who takes a protocol's packets.  m starts at the transport header; the IP
 * header was checked and is gone; src and dst are its addresses.  m_pktlen is
 * the length of the rest.  Consumes m.
 */
struct ipproto {
	uint8_t	proto;
	void	(*input)(struct vnet *, struct mbuf *m,
		    const struct inaddr *src, const struct inaddr *dst,
		    uint8_t ttl, uint8_t tos);
	/*
	 * An ICMP error came back for a packet of ours: error is the errno it
	 * means (ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EMSGSIZE), src/dst
	 * those of our packet, hdr the first 8 bytes of its transport header.
	 */
	void	(*ctlinput)(struct vnet *, int error, const struct inaddr *src,
		    const struct inaddr *dst, const uint8_t hdr[8]);
	/*
	 * n packets with these ends, not checked yet, are about to be input:
	 * a hint to fetch what they will look up.  NULL: not interested.
	 */
	void	(*prefetch)(struct vnet *, const struct endpoint *src,
		    const struct endpoint *dst, unsigned n);
};
#define IPPROTO_ADD(var) LINKERSET_ADD(ipproto, var)

/* ---- icmp ---- */
#define ICMP_UNREACH_PORT_CODE	3
#define ICMP_UNREACH_PROTO_CODE	2
/*
 * Send "destination unreachable, code" about a packet we got: m is its
 * transport part (not consumed), the rest as its protocol's input got it.
 * Rate limited (net.inet.icmp.icmplim), never about errors or multicast.
 */
void	icmp_unreach(struct vnet *v, const struct mbuf *m,
	    const struct inaddr *src, const struct inaddr *dst, uint8_t proto,
	    uint8_t code);

/* ---- the pump ---- */

/* Process queued input packets, at most `budget' of them, then due callouts.
 * Returns true if packets or due callouts are left. */
bool	vnet_run(struct vnet *v, unsigned budget);

/* Take the next packet out of the input queue (NULL: empty); put one in, with
 * m_pktlen set: dropped and counted if the queue is full. */
struct mbuf *netisr_dequeue(struct vnet *v);
void	netisr_enqueue(struct vnet *v, struct mbuf *m);
/* A packet has cost as much as sending n others: vnet_run() does less then. */
void	netisr_charge(struct vnet *v, unsigned n);

#endif
