/*
 * ICMP: the counters of net.inet.icmp.stats.
 *
 * Names and order are FreeBSD's (netinet/icmp_var.h, 14) and are ABI: a reader
 * may index them.  Counters of events that cannot happen here stay zero.
 */
#ifndef _NETINET_ICMP_VAR_H_
#define _NETINET_ICMP_VAR_H_

#include "../sys/_abi.h"

/* net.inet.icmp.stats */
#define ICMP_MAXTYPE	40

struct icmpstat {
	uint64_t icps_error;		/* calls to icmp_error */
	uint64_t icps_oldshort;		/* none: the packet was too short */
	uint64_t icps_oldicmp;		/* none: it was an ICMP error itself */
	uint64_t icps_outhist[ICMP_MAXTYPE + 1];
	uint64_t icps_badcode;
	uint64_t icps_tooshort;
	uint64_t icps_checksum;
	uint64_t icps_badlen;
	uint64_t icps_reflect;		/* replies made */
	uint64_t icps_inhist[ICMP_MAXTYPE + 1];
	uint64_t icps_bmcastecho;	/* broadcast echo requests dropped */
	uint64_t icps_bmcasttstamp;
	uint64_t icps_badaddr;		/* no address to answer */
	uint64_t icps_noroute;
};

_ABI_SIZE(icmpstat, 752);

#endif
