/*
 * IP: the counters of net.inet.ip.stats.
 *
 * Names and order are FreeBSD's (netinet/ip_var.h, 14) and are ABI: a reader
 * may index them.  Counters of events that cannot happen here stay zero.
 */
#ifndef _NETINET_IP_VAR_H_
#define _NETINET_IP_VAR_H_

#include "../sys/_abi.h"

/* net.inet.ip.stats */
struct ipstat {
	uint64_t ips_total;		/* packets received */
	uint64_t ips_badsum;		/* bad header checksum */
	uint64_t ips_tooshort;		/* no room for a header */
	uint64_t ips_toosmall;		/* not enough data */
	uint64_t ips_badhlen;		/* ip_hl < 5 */
	uint64_t ips_badlen;		/* ip_len < header length */
	uint64_t ips_fragments;
	uint64_t ips_fragdropped;	/* duplicates, no space */
	uint64_t ips_fragtimeout;
	uint64_t ips_forward;
	uint64_t ips_fastforward;
	uint64_t ips_cantforward;	/* destination not reachable */
	uint64_t ips_redirectsent;
	uint64_t ips_noproto;		/* unknown protocol */
	uint64_t ips_delivered;		/* to the layer above */
	uint64_t ips_localout;		/* made here */
	uint64_t ips_odropped;		/* not sent for lack of memory */
	uint64_t ips_reassembled;
	uint64_t ips_fragmented;
	uint64_t ips_ofragments;	/* fragments made */
	uint64_t ips_cantfrag;		/* DF set */
	uint64_t ips_badoptions;
	uint64_t ips_noroute;
	uint64_t ips_badvers;		/* ip_v != 4 */
	uint64_t ips_rawout;		/* with a header of the sender's */
	uint64_t ips_toolong;		/* longer than a packet may be */
	uint64_t ips_notmember;		/* group that nobody joined */
	uint64_t ips_nogif;
	uint64_t ips_badaddr;
};

_ABI_SIZE(ipstat, 232);

#endif
