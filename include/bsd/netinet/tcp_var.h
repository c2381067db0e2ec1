/*
 * TCP: the records of net.inet.tcp.pcblist, and the counters of
 * net.inet.tcp.stats.
 *
 * Names and layout are FreeBSD's (netinet/tcp_var.h, 14) and are ABI.  Counters
 * of events that cannot happen here stay zero.
 */
#ifndef _NETINET_TCP_VAR_H_
#define _NETINET_TCP_VAR_H_

#include "in_pcb.h"

#define TCP_FUNCTION_NAME_LEN_MAX 32
#define TCP_LOG_ID_LEN		64
#define TCP_CA_NAME_MAX		16

/* t_flags */
#define TF_ACKNOW	0x00000001	/* ACK at the next chance */
#define TF_DELACK	0x00000002	/* ACK owed, tt_delack runs */
#define TF_NODELAY	0x00000004	/* no Nagle */
#define TF_SENTFIN	0x00000010
#define TF_REQ_SCALE	0x00000020	/* window scaling offered */
#define TF_RCVD_SCALE	0x00000040	/* ... by the peer */
#define TF_REQ_TSTMP	0x00000080
#define TF_RCVD_TSTMP	0x00000100
#define TF_SACK_PERMIT	0x00000200
#define TF_NEEDSYN	0x00000400	/* half-synchronised: "*" after state */
#define TF_NEEDFIN	0x00000800	/* closed before ESTABLISHED */
#define TF_NOPUSH	0x00001000	/* full segments only */
#define TF_TOE		0x10000000	/* never set here */

struct xtcpcb {
	ksize_t		xt_len;
	struct xinpcb	xt_inp;
	char		xt_stack[TCP_FUNCTION_NAME_LEN_MAX];
	char		xt_logid[TCP_LOG_ID_LEN];
	char		xt_cc[TCP_CA_NAME_MAX];
	int64_t		spare64[6];
	int32_t		t_state;
	uint32_t	t_flags;
	int32_t		t_sndzerowin;
	int32_t		t_sndrexmitpack;
	int32_t		t_rcvoopack;
	int32_t		t_rcvtime;	/* ms since something came */
	int32_t		tt_rexmt;	/* ms to go; 0: not running */
	int32_t		tt_persist;
	int32_t		tt_keep;
	int32_t		tt_2msl;
	int32_t		tt_delack;
	int32_t		t_logstate;
	uint32_t	t_snd_cwnd;
	uint32_t	t_snd_ssthresh;
	uint32_t	t_maxseg;
	uint32_t	t_rcv_wnd;
	uint32_t	t_snd_wnd;
	uint32_t	xt_ecn;		/* 0 none, 1 ECN, 2 ACE */
	uint32_t	t_dsack_bytes;
	uint32_t	t_dsack_tlp_bytes;
	uint32_t	t_dsack_pack;
	uint16_t	xt_encaps_port;
	int16_t		spare16;
	int32_t		spare32[22];
};

_ABI_SIZE(xtcpcb, 744);
_ABI_AT(xtcpcb, xt_inp, 8);
_ABI_AT(xtcpcb, xt_stack, 408);
_ABI_AT(xtcpcb, t_state, 568);

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

_ABI_SIZE(tcpstat, 123 * 8);

#endif
