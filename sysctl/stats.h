/*
 * Counters of the protocols, as net.inet.*.stats carries them.
 *
 * Field names and order are FreeBSD 14's and are ABI: a reader indexes the
 * structs by offset.  Fields of events that cannot happen here stay zero.  A
 * counter never wraps in practice and is only set back by writing its sysctl.
 */
#ifndef SYSCTL_STATS_H
#define SYSCTL_STATS_H

#include <stdint.h>

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

/* net.inet.tcp.stats */
struct tcpstat {
	uint64_t tcps_connattempt;	/* connections initiated */
	uint64_t tcps_accepts;		/* connections accepted */
	uint64_t tcps_connects;		/* connections established */
	uint64_t tcps_drops;		/* connections dropped */
	uint64_t tcps_conndrops;	/* embryonic ones dropped */
	uint64_t tcps_minmssdrops;
	uint64_t tcps_closed;		/* closed, drops included */
	uint64_t tcps_segstimed;	/* round trips attempted to time */
	uint64_t tcps_rttupdated;	/* ... and timed */
	uint64_t tcps_delack;		/* delayed ACKs sent */
	uint64_t tcps_timeoutdrop;	/* dropped by retransmit timeout */
	uint64_t tcps_rexmttimeo;	/* retransmit timeouts */
	uint64_t tcps_persisttimeo;	/* persist timeouts */
	uint64_t tcps_keeptimeo;	/* keepalive timeouts */
	uint64_t tcps_keepprobe;	/* keepalive probes sent */
	uint64_t tcps_keepdrops;	/* dropped by keepalive */
	uint64_t tcps_progdrops;	/* dropped for lack of progress */

	uint64_t tcps_sndtotal;		/* packets sent */
	uint64_t tcps_sndpack;		/* with data */
	uint64_t tcps_sndbyte;
	uint64_t tcps_sndrexmitpack;	/* with data sent before */
	uint64_t tcps_sndrexmitbyte;
	uint64_t tcps_sndrexmitbad;	/* needlessly so */
	uint64_t tcps_sndacks;		/* ACK only */
	uint64_t tcps_sndprobe;		/* window probes */
	uint64_t tcps_sndurg;		/* URG only */
	uint64_t tcps_sndwinup;		/* window updates only */
	uint64_t tcps_sndctrl;		/* SYN, FIN, RST */

	uint64_t tcps_rcvtotal;		/* packets received */
	uint64_t tcps_rcvpack;		/* in sequence */
	uint64_t tcps_rcvbyte;
	uint64_t tcps_rcvbadsum;
	uint64_t tcps_rcvbadoff;	/* bad header length */
	uint64_t tcps_rcvreassfull;	/* reassembly queue full */
	uint64_t tcps_rcvshort;
	uint64_t tcps_rcvduppack;	/* all data had before */
	uint64_t tcps_rcvdupbyte;
	uint64_t tcps_rcvpartduppack;	/* some data had before */
	uint64_t tcps_rcvpartdupbyte;
	uint64_t tcps_rcvoopack;	/* out of order */
	uint64_t tcps_rcvoobyte;
	uint64_t tcps_rcvpackafterwin;	/* data beyond the window */
	uint64_t tcps_rcvbyteafterwin;
	uint64_t tcps_rcvafterclose;
	uint64_t tcps_rcvwinprobe;
	uint64_t tcps_rcvdupack;
	uint64_t tcps_rcvacktoomuch;	/* ACKs for data not sent */
	uint64_t tcps_rcvackpack;	/* ACKs */
	uint64_t tcps_rcvackbyte;	/* bytes they acknowledged */
	uint64_t tcps_rcvwinupd;	/* window updates */
	uint64_t tcps_pawsdrop;		/* RFC 7323, 5 */
	uint64_t tcps_predack;		/* header prediction: ACKs */
	uint64_t tcps_preddat;		/* header prediction: data */
	uint64_t tcps_pcbcachemiss;
	uint64_t tcps_cachedrtt;
	uint64_t tcps_cachedrttvar;
	uint64_t tcps_cachedssthresh;
	uint64_t tcps_usedrtt;
	uint64_t tcps_usedrttvar;
	uint64_t tcps_usedssthresh;
	uint64_t tcps_persistdrop;	/* dropped in persist state */
	uint64_t tcps_badsyn;		/* bogus SYN */
	uint64_t tcps_mturesent;	/* resent after a smaller MTU */
	uint64_t tcps_listendrop;	/* listen queue overflows */
	uint64_t tcps_badrst;		/* ignored RSTs in the window */

	uint64_t tcps_sc_added;		/* embryonic connections */
	uint64_t tcps_sc_retransmitted;
	uint64_t tcps_sc_dupsyn;
	uint64_t tcps_sc_dropped;
	uint64_t tcps_sc_completed;
	uint64_t tcps_sc_bucketoverflow;
	uint64_t tcps_sc_cacheoverflow;
	uint64_t tcps_sc_reset;
	uint64_t tcps_sc_stale;
	uint64_t tcps_sc_aborted;
	uint64_t tcps_sc_badack;
	uint64_t tcps_sc_unreach;
	uint64_t tcps_sc_zonefail;
	uint64_t tcps_sc_sendcookie;
	uint64_t tcps_sc_recvcookie;

	uint64_t tcps_hc_added;
	uint64_t tcps_hc_bucketoverflow;

	uint64_t tcps_finwait2_drops;	/* FIN_WAIT_2 timeouts */

	uint64_t tcps_sack_recovery_episode;
	uint64_t tcps_sack_rexmits;
	uint64_t tcps_sack_rexmit_bytes;
	uint64_t tcps_sack_rcv_blocks;
	uint64_t tcps_sack_send_blocks;
	uint64_t tcps_sack_lostrexmt;
	uint64_t tcps_sack_sboverflow;

	uint64_t tcps_ecn_rcvce;
	uint64_t tcps_ecn_rcvect0;
	uint64_t tcps_ecn_rcvect1;
	uint64_t tcps_ecn_shs;
	uint64_t tcps_ecn_rcwnd;

	uint64_t tcps_sig_rcvgoodsig;
	uint64_t tcps_sig_rcvbadsig;
	uint64_t tcps_sig_err_buildsig;
	uint64_t tcps_sig_err_sigopt;
	uint64_t tcps_sig_err_nosigopt;

	uint64_t tcps_pmtud_blackhole_activated;
	uint64_t tcps_pmtud_blackhole_activated_min_mss;
	uint64_t tcps_pmtud_blackhole_failed;

	uint64_t tcps_tunneled_pkts;
	uint64_t tcps_tunneled_errs;

	uint64_t tcps_dsack_count;
	uint64_t tcps_dsack_bytes;
	uint64_t tcps_dsack_tlp_bytes;

	uint64_t tcps_tw_recycles;
	uint64_t tcps_tw_resets;
	uint64_t tcps_tw_responds;

	uint64_t tcps_ace_nect;
	uint64_t tcps_ace_ect1;
	uint64_t tcps_ace_ect0;
	uint64_t tcps_ace_ce;

	uint64_t tcps_ecn_sndect0;
	uint64_t tcps_ecn_sndect1;

	uint64_t tcps_tlpresends;
	uint64_t tcps_tlpresend_bytes;

	uint64_t tcps_pad[4];
};

#endif
