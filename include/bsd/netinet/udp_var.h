/*
 * UDP: the counters of net.inet.udp.stats.
 *
 * Names and order are FreeBSD's (netinet/udp_var.h, 14) and are ABI: a reader
 * may index them.  Counters of events that cannot happen here stay zero.
 */
#ifndef _NETINET_UDP_VAR_H_
#define _NETINET_UDP_VAR_H_

#include "../sys/_abi.h"

/* net.inet.udp.stats */
struct udpstat {
	uint64_t udps_ipackets;		/* datagrams received */
	uint64_t udps_hdrops;		/* shorter than a header */
	uint64_t udps_badsum;
	uint64_t udps_nosum;		/* sent without a checksum */
	uint64_t udps_badlen;		/* data length larger than packet */
	uint64_t udps_noport;		/* no socket */
	uint64_t udps_noportbcast;	/* same, broadcast */
	uint64_t udps_fullsock;		/* no room in the socket */
	uint64_t udpps_pcbcachemiss;
	uint64_t udpps_pcbhashmiss;	/* not found by full address */
	uint64_t udps_opackets;		/* datagrams sent */
	uint64_t udps_fastout;
	uint64_t udps_noportmcast;
	uint64_t udps_filtermcast;
};

_ABI_SIZE(udpstat, 112);

#endif
