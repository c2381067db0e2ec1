/*
 * stat_rows.c - what is printed of each counter: its sentence and its name.
 *
 * Sentences are FreeBSD 14's, names those of its --libxo, both byte for byte
 * (one of them misspelt).
 */
#include "netstat/stat_rows.h"

#define ROW1(type, f, name, text) { text,				\
	{ offsetof(struct type, f), offsetof(struct type, f) },		\
	{ name, NULL } }
#define ROW2(type, f, g, name, other, text) { text,			\
	{ offsetof(struct type, f), offsetof(struct type, g) },		\
	{ name, other } }
#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

#define TCP(f, name, text) ROW1(tcpstat, tcps_##f, name, text)
#define TCP2(f, g, name, other, text)					\
	ROW2(tcpstat, tcps_##f, tcps_##g, name, other, text)
#define UDP(f, name, text) ROW1(udpview, stat.f, name, text)
#define IP(f, name, text) ROW1(ipstat, ips_##f, name, text)
#define ICMP(f, name, text) ROW1(icmpstat, icps_##f, name, text)

static const struct stat_row tcp_rows[] = {
	TCP(sndtotal, "sent-packets", "\t# packet~ sent\n"),
	TCP2(sndpack, sndbyte, "sent-data-packets", "sent-data-bytes",
	    "\t\t# data packet~ (# byte~)\n"),
	TCP2(sndrexmitpack, sndrexmitbyte,
	    "sent-retransmitted-packets", "sent-retransmitted-bytes",
	    "\t\t# data packet~ (# byte~) retransmitted\n"),
	TCP(sndrexmitbad, "sent-unnecessary-retransmitted-packets",
	    "\t\t# data packet~ unnecessarily retransmitted\n"),
	TCP(mturesent, "sent-resends-by-mtu-discovery",
	    "\t\t# resend~ initiated by MTU discovery\n"),
	TCP2(sndacks, delack, "sent-ack-only-packets", "sent-packets-delayed",
	    "\t\t# ack-only packet~ (# delayed)\n"),
	TCP(sndurg, "sent-urg-only-packets", "\t\t# URG only packet~\n"),
	TCP(sndprobe, "sent-window-probe-packets",
	    "\t\t# window probe packet~\n"),
	TCP(sndwinup, "sent-window-update-packets",
	    "\t\t# window update packet~\n"),
	TCP(sndctrl, "sent-control-packets", "\t\t# control packet~\n"),

	TCP(rcvtotal, "received-packets", "\t# packet~ received\n"),
	TCP2(rcvackpack, rcvackbyte,
	    "received-ack-packets", "received-ack-bytes",
	    "\t\t# ack~ (for # byte~)\n"),
	TCP(rcvdupack, "received-duplicate-acks", "\t\t# duplicate ack~\n"),
	TCP(tunneled_pkts, "received-udp-tunneled-pkts",
	    "\t\t# UDP tunneled pkt~\n"),
	TCP(tunneled_errs, "received-bad-udp-tunneled-pkts",
	    "\t\t# UDP tunneled pkt cnt with error~\n"),
	TCP(rcvacktoomuch, "received-acks-for-unsent-data",
	    "\t\t# ack~ for unsent data\n"),
	TCP2(rcvpack, rcvbyte,
	    "received-in-sequence-packets", "received-in-sequence-bytes",
	    "\t\t# packet~ (# byte~) received in-sequence\n"),
	TCP2(rcvduppack, rcvdupbyte,
	    "received-completely-duplicate-packets",
	    "received-completely-duplicate-bytes",
	    "\t\t# completely duplicate packet~ (# byte~)\n"),
	TCP(pawsdrop, "received-old-duplicate-packets",
	    "\t\t# old duplicate packet~\n"),
	TCP2(rcvpartduppack, rcvpartdupbyte,
	    "received-some-duplicate-packets", "received-some-duplicate-bytes",
	    "\t\t# packet~ with some dup. data (# byte~ duped)\n"),
	TCP2(rcvoopack, rcvoobyte,
	    "received-out-of-order", "received-out-of-order-bytes",
	    "\t\t# out-of-order packet~ (# byte~)\n"),
	TCP2(rcvpackafterwin, rcvbyteafterwin,
	    "received-after-window-packets", "received-after-window-bytes",
	    "\t\t# packet~ (# byte~) of data after window\n"),
	TCP(rcvwinprobe, "received-window-probes", "\t\t# window probe~\n"),
	TCP(rcvwinupd, "receive-window-update-packets",
	    "\t\t# window update packet~\n"),
	TCP(dsack_count, "received-with-dsack-packets",
	    "\t\t# packet~ received with dsack\n"),
	TCP(dsack_bytes, "received-dsack-bytes",
	    "\t\t# dsack byte~ received (no TLP involved)\n"),
	TCP(dsack_tlp_bytes, "received-dsack-tlp-bytes",
	    "\t\t# dsack byte~ received (TLP responsible)\n"),
	TCP(rcvafterclose, "received-after-close-packets",
	    "\t\t# packet~ received after close\n"),
	TCP(rcvbadsum, "discard-bad-checksum",
	    "\t\t# discarded for bad checksum~\n"),
	TCP(rcvbadoff, "discard-bad-header-offset",
	    "\t\t# discarded for bad header offset field~\n"),
	TCP(rcvshort, "discard-too-short",
	    "\t\t# discarded because packet too short\n"),
	TCP(rcvreassfull, "discard-reassembly-queue-full",
	    "\t\t# discarded due to full reassembly queue\n"),

	TCP(connattempt, "connection-requests", "\t# connection request~\n"),
	TCP(accepts, "connections-accepts", "\t# connection accept~\n"),
	TCP(badsyn, "bad-connection-attempts", "\t# bad connection attempt~\n"),
	TCP(listendrop, "listen-queue-overflows",
	    "\t# listen queue overflow~\n"),
	TCP(badrst, "ignored-in-window-resets",
	    "\t# ignored RSTs in the window~\n"),
	TCP(connects, "connections-established",
	    "\t# connection~ established (including accepts)\n"),
	TCP(usedrtt, "connections-hostcache-rtt",
	    "\t\t# time~ used RTT from hostcache\n"),
	TCP(usedrttvar, "connections-hostcache-rttvar",
	    "\t\t# time~ used RTT variance from hostcache\n"),
	TCP(usedssthresh, "connections-hostcache-ssthresh",
	    "\t\t# time~ used slow-start threshold from hostcache\n"),
	TCP2(closed, drops, "connections-closed", "connection-drops",
	    "\t# connection~ closed (including # drop~)\n"),
	TCP(cachedrtt, "connections-updated-rtt-on-close",
	    "\t\t# connection~ updated cached RTT on close\n"),
	TCP(cachedrttvar, "connections-updated-variance-on-close",
	    "\t\t# connection~ updated cached RTT variance on close\n"),
	TCP(cachedssthresh, "connections-updated-ssthresh-on-close",
	    "\t\t# connection~ updated cached ssthresh on close\n"),
	TCP(conndrops, "embryonic-connections-dropped",
	    "\t# embryonic connection~ dropped\n"),
	TCP2(rttupdated, segstimed,
	    "segments-updated-rtt", "segment-update-attempts",
	    "\t# segment~ updated rtt (of # attempt~)\n"),

	TCP(rexmttimeo, "retransmit-timeouts", "\t# retransmit timeout~\n"),
	TCP(timeoutdrop, "connections-dropped-by-retransmit-timeout",
	    "\t\t# connection~ dropped by rexmit timeout\n"),
	TCP(persisttimeo, "persist-timeout", "\t# persist timeout~\n"),
	TCP(persistdrop, "connections-dropped-by-persist-timeout",
	    "\t\t# connection~ dropped by persist timeout\n"),
	TCP(finwait2_drops, "connections-dropped-by-finwait2-timeout",
	    "\t# Connection~ (fin_wait_2) dropped because of timeout\n"),
	TCP(keeptimeo, "keepalive-timeout", "\t# keepalive timeout~\n"),
	TCP(keepprobe, "keepalive-probes", "\t\t# keepalive probe~ sent\n"),
	TCP(keepdrops, "connections-dropped-by-keepalives",
	    "\t\t# connection~ dropped by keepalive\n"),
	TCP(progdrops, "connections-dropped-due-to-progress-time",
	    "\t# connection~ dropped due to exceeding progress time\n"),
	TCP(predack, "ack-header-predictions",
	    "\t# correct ACK header prediction~\n"),
	TCP(preddat, "data-packet-header-predictions",
	    "\t# correct data packet header prediction~\n"),
};
static const struct stat_row syncache_rows[] = {
	TCP(sc_added, "entries-added", "\t# syncache entr^ added\n"),
	TCP(sc_retransmitted, "retransmitted", "\t\t# retransmitted\n"),
	TCP(sc_dupsyn, "duplicates", "\t\t# dupsyn\n"),
	TCP(sc_dropped, "dropped", "\t\t# dropped\n"),
	TCP(sc_completed, "completed", "\t\t# completed\n"),
	TCP(sc_bucketoverflow, "bucket-overflow", "\t\t# bucket overflow\n"),
	TCP(sc_cacheoverflow, "cache-overflow", "\t\t# cache overflow\n"),
	TCP(sc_reset, "reset", "\t\t# reset\n"),
	TCP(sc_stale, "stale", "\t\t# stale\n"),
	TCP(sc_aborted, "aborted", "\t\t# aborted\n"),
	TCP(sc_badack, "bad-ack", "\t\t# badack\n"),
	TCP(sc_unreach, "unreachable", "\t\t# unreach\n"),
	TCP(sc_zonefail, "zone-failures", "\t\t# zone failure~\n"),
	TCP(sc_sendcookie, "sent-cookies", "\t# cookie~ sent\n"),
	TCP(sc_recvcookie, "receivd-cookies", "\t# cookie~ received\n"),
};
static const struct stat_row hostcache_rows[] = {
	TCP(hc_added, "entries-added", "\t# hostcache entr^ added\n"),
	TCP(hc_bucketoverflow, "buffer-overflows", "\t\t# bucket overflow\n"),
};
static const struct stat_row sack_rows[] = {
	TCP(sack_recovery_episode, "recovery-episodes",
	    "\t# SACK recovery episode~\n"),
	TCP(sack_rexmits, "segment-retransmits",
	    "\t# segment rexmit~ in SACK recovery episodes\n"),
	TCP(sack_rexmit_bytes, "byte-retransmits",
	    "\t# byte rexmit~ in SACK recovery episodes\n"),
	TCP(sack_rcv_blocks, "received-blocks",
	    "\t# SACK option~ (SACK blocks) received\n"),
	TCP(sack_send_blocks, "sent-option-blocks",
	    "\t# SACK option~ (SACK blocks) sent\n"),
	TCP(sack_lostrexmt, "lost-retransmissions",
	    "\t# SACK retransmission~ lost\n"),
	TCP(sack_sboverflow, "scoreboard-overflows",
	    "\t# SACK scoreboard overflow\n"),
};
static const struct stat_row ecn_rows[] = {
	TCP(ecn_rcvce, "ce-packets",
	    "\t# packet~ received with ECN CE bit set\n"),
	TCP(ecn_rcvect0, "ect0-packets",
	    "\t# packet~ received with ECN ECT(0) bit set\n"),
	TCP(ecn_rcvect1, "ect1-packets",
	    "\t# packet~ received with ECN ECT(1) bit set\n"),
	TCP(ecn_sndect0, "sent-ect0-packets",
	    "\t# packet~ sent with ECN ECT(0) bit set\n"),
	TCP(ecn_sndect1, "sent-ect1-packets",
	    "\t# packet~ sent with ECN ECT(1) bit set\n"),
	TCP(ecn_shs, "handshakes", "\t# successful ECN handshake~\n"),
	TCP(ecn_rcwnd, "congestion-reductions",
	    "\t# time~ ECN reduced the congestion window\n"),
	TCP(ace_nect, "ace-nonect-syn", "\t# ACE SYN packet~ with Non-ECT\n"),
	TCP(ace_ect0, "ace-ect0-syn", "\t# ACE SYN packet~ with ECT0\n"),
	TCP(ace_ect1, "ace-ect1-syn", "\t# ACE SYN packet~ with ECT1\n"),
	TCP(ace_ce, "ace-ce-syn", "\t# ACE SYN packet~ with CE\n"),
};
static const struct stat_row signature_rows[] = {
	TCP(sig_rcvgoodsig, "received-good-signature",
	    "\t# packet~ with matching signature received\n"),
	TCP(sig_rcvbadsig, "received-bad-signature",
	    "\t# packet~ with bad signature received\n"),
	TCP(sig_err_buildsig, "failed-make-signature",
	    "\t# time~ failed to make signature due to no SA\n"),
	TCP(sig_err_sigopt, "no-signature-expected",
	    "\t# time~ unexpected signature received\n"),
	TCP(sig_err_nosigopt, "no-signature-provided",
	    "\t# time~ no signature provided by segment\n"),
};
static const struct stat_row pmtud_rows[] = {
	TCP(pmtud_blackhole_activated, "pmtud-activated",
	    "\t# Path MTU discovery black hole detection activation~\n"),
	TCP(pmtud_blackhole_activated_min_mss, "pmtud-activated-min-mss",
	    "\t# Path MTU discovery black hole detection min MSS "
	    "activation~\n"),
	TCP(pmtud_blackhole_failed, "pmtud-failed",
	    "\t# Path MTU discovery black hole detection failure~\n"),
};
static const struct stat_row tw_rows[] = {
	TCP(tw_responds, "tw_responds",
	    "\t# time~ connection in TIME-WAIT responded with ACK\n"),
	TCP(tw_recycles, "tw_recycles",
	    "\t# time~ connection in TIME-WAIT was actively recycled\n"),
	TCP(tw_resets, "tw_resets",
	    "\t# time~ connection in TIME-WAIT responded with RST\n"),
};

static const struct stat_row udp_rows[] = {
	UDP(udps_ipackets, "received-datagrams", "\t# datagram~ received\n"),
	UDP(udps_hdrops, "dropped-incomplete-headers",
	    "\t# with incomplete header\n"),
	UDP(udps_badlen, "dropped-bad-data-length",
	    "\t# with bad data length field\n"),
	UDP(udps_badsum, "dropped-bad-checksum", "\t# with bad checksum\n"),
	UDP(udps_nosum, "received-no-checksum", "\t# with no checksum\n"),
	UDP(udps_noport, "dropped-no-socket", "\t# dropped due to no socket\n"),
	UDP(udps_noportbcast, "dropped-broadcast-multicast",
	    "\t# broadcast/multicast datagram~ undelivered\n"),
	UDP(udps_fullsock, "dropped-full-socket-buffer",
	    "\t# dropped due to full socket buffers\n"),
	UDP(udpps_pcbhashmiss, "not-for-hashed-pcb",
	    "\t# not for hashed pcb\n"),
	ROW1(udpview, delivered, "delivered-packets", "\t# delivered\n"),
	UDP(udps_opackets, "output-packets", "\t# datagram~ output\n"),
	UDP(udps_filtermcast, "multicast-source-filter-matches",
	    "\t# time~ multicast source filter matched\n"),
};

static const struct stat_row ip_rows[] = {
	IP(total, "received-packets", "\t# total packet~ received\n"),
	IP(badsum, "dropped-bad-checksum", "\t# bad header checksum~\n"),
	IP(toosmall, "dropped-below-minimum-size",
	    "\t# with size smaller than minimum\n"),
	IP(tooshort, "dropped-short-packets",
	    "\t# with data size < data length\n"),
	IP(toolong, "dropped-too-long",
	    "\t# with ip length > max ip packet size\n"),
	IP(badhlen, "dropped-short-header-length",
	    "\t# with header length < data size\n"),
	IP(badlen, "dropped-short-data",
	    "\t# with data length < header length\n"),
	IP(badoptions, "dropped-bad-options", "\t# with bad options\n"),
	IP(badvers, "dropped-bad-version",
	    "\t# with incorrect version number\n"),
	IP(fragments, "received-fragments", "\t# fragment~ received\n"),
	IP(fragdropped, "dropped-fragments",
	    "\t# fragment~ dropped (dup or out of space)\n"),
	IP(fragtimeout, "dropped-fragments-after-timeout",
	    "\t# fragment~ dropped after timeout\n"),
	IP(reassembled, "reassembled-packets", "\t# packet~ reassembled ok\n"),
	IP(delivered, "received-local-packets", "\t# packet~ for this host\n"),
	IP(noproto, "dropped-unknown-protocol",
	    "\t# packet~ for unknown/unsupported protocol\n"),
	/* one line, in pieces that -ss leaves out one by one */
	IP(forward, "forwarded-packets", "\t# packet~ forwarded"),
	IP(fastforward, "fast-forwarded-packets",
	    " (# packet~ fast forwarded)"),
	IP(forward, NULL, "\n"),
	IP(cantforward, "packets-cannot-forward",
	    "\t# packet~ not forwardable\n"),
	IP(notmember, "received-unknown-multicast-group",
	    "\t# packet~ received for unknown multicast group\n"),
	IP(redirectsent, "redirects-sent", "\t# redirect~ sent\n"),
	IP(localout, "sent-packets", "\t# packet~ sent from this host\n"),
	IP(rawout, "send-packets-fabricated-header",
	    "\t# packet~ sent with fabricated ip header\n"),
	IP(odropped, "discard-no-mbufs",
	    "\t# output packet~ dropped due to no bufs, etc.\n"),
	IP(noroute, "discard-no-route",
	    "\t# output packet~ discarded due to no route\n"),
	IP(fragmented, "sent-fragments", "\t# output datagram~ fragmented\n"),
	IP(ofragments, "fragments-created", "\t# fragment~ created\n"),
	IP(cantfrag, "discard-cannot-fragment",
	    "\t# datagram~ that can't be fragmented\n"),
	IP(nogif, "discard-tunnel-no-gif",
	    "\t# tunneling packet~ that can't find gif\n"),
	IP(badaddr, "discard-bad-address",
	    "\t# datagram~ with bad address in header\n"),
};

static const struct stat_row icmp_made_rows[] = {
	ICMP(error, "icmp-calls", "\t# call~ to icmp_error\n"),
	ICMP(oldicmp, "errors-not-from-message",
	    "\t# error~ not generated in response to an icmp message\n"),
};
static const struct stat_row icmp_refused_rows[] = {
	ICMP(badcode, "dropped-bad-code",
	    "\t# message~ with bad code fields\n"),
	ICMP(tooshort, "dropped-too-short",
	    "\t# message~ less than the minimum length\n"),
	ICMP(checksum, "dropped-bad-checksum",
	    "\t# message~ with bad checksum\n"),
	ICMP(badlen, "dropped-bad-length", "\t# message~ with bad length\n"),
	ICMP(bmcastecho, "dropped-multicast-echo",
	    "\t# multicast echo requests ignored\n"),
	ICMP(bmcasttstamp, "dropped-multicast-timestamp",
	    "\t# multicast timestamp requests ignored\n"),
};
static const struct stat_row icmp_answered_rows[] = {
	ICMP(reflect, "sent-packets", "\t# message response~ generated\n"),
	ICMP(badaddr, "discard-invalid-return-address",
	    "\t# invalid return address&\n"),
	ICMP(noroute, "discard-no-route", "\t# no return route~\n"),
};

#define GROUP(container, rows) { container, rows, NROWS(rows) }
#define GROUP_END { NULL, NULL, 0 }

const struct stat_group tcp_groups[] = {
	GROUP(NULL, tcp_rows), GROUP("syncache", syncache_rows),
	GROUP("hostcache", hostcache_rows), GROUP("sack", sack_rows),
	GROUP("ecn", ecn_rows), GROUP("tcp-signature", signature_rows),
	GROUP("pmtud", pmtud_rows), GROUP("tw", tw_rows), GROUP_END
};
const struct stat_group udp_groups[] = { GROUP(NULL, udp_rows), GROUP_END };
const struct stat_group ip_groups[] = { GROUP(NULL, ip_rows), GROUP_END };
const struct stat_group icmp_made[] = {
	GROUP(NULL, icmp_made_rows), GROUP_END
};
const struct stat_group icmp_refused[] = {
	GROUP(NULL, icmp_refused_rows), GROUP_END
};
const struct stat_group icmp_answered[] = {
	GROUP(NULL, icmp_answered_rows), GROUP_END
};

const char *const icmp_names[ICMP_MAXTYPE + 1] = {
	[0] = "echo reply", [3] = "destination unreachable",
	[4] = "source quench", [5] = "routing redirect", [8] = "echo",
	[9] = "router advertisement", [10] = "router solicitation",
	[11] = "time exceeded", [12] = "parameter problem",
	[13] = "time stamp", [14] = "time stamp reply",
	[15] = "information request", [16] = "information request reply",
	[17] = "address mask request", [18] = "address mask reply",
	[30] = "icmp traceroute", [31] = "datagram conversion error",
	[32] = "mobile host redirect", [33] = "IPv6 where-are-you",
	[34] = "IPv6 i-am-here", [35] = "mobile registration req",
	[36] = "mobile registration reply", [37] = "domain name request",
	[38] = "domain name reply", [39] = "icmp SKIP",
	[40] = "icmp photuris",
};
