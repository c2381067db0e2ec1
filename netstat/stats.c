/*
 * stats.c - counters and the sentences they stand in.
 *
 * A line of output is a row: a text and up to two counters.  In a text `#' is
 * the next counter; after it `~' is the plural "s", `^' the ending "y" or
 * "ies", `&' "" or "es", each by the counter last shown.  With -s given twice a
 * row whose counters are all zero is left out.
 *
 * Texts are FreeBSD 14's byte for byte.  Other than there, -z shows the
 * counters it sets back, as its manual page says.
 */
#include <errno.h>
#include <string.h>

#include "netstat/stats.h"
#include "sysctl/stats.h"

struct stat_row {
	const char	*text;
	uint16_t	 at[2];		/* offsets of the counters */
};

#define ROW1(type, f, text) { text, { offsetof(struct type, f),		\
	offsetof(struct type, f) } }
#define ROW2(type, f, g, text) { text, { offsetof(struct type, f),	\
	offsetof(struct type, g) } }
#define NROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

#define TCP(f, text) ROW1(tcpstat, tcps_##f, text)
#define TCP2(f, g, text) ROW2(tcpstat, tcps_##f, tcps_##g, text)

static const struct stat_row tcp_rows[] = {
	TCP(sndtotal, "\t# packet~ sent\n"),
	TCP2(sndpack, sndbyte, "\t\t# data packet~ (# byte~)\n"),
	TCP2(sndrexmitpack, sndrexmitbyte,
	    "\t\t# data packet~ (# byte~) retransmitted\n"),
	TCP(sndrexmitbad, "\t\t# data packet~ unnecessarily retransmitted\n"),
	TCP(mturesent, "\t\t# resend~ initiated by MTU discovery\n"),
	TCP2(sndacks, delack, "\t\t# ack-only packet~ (# delayed)\n"),
	TCP(sndurg, "\t\t# URG only packet~\n"),
	TCP(sndprobe, "\t\t# window probe packet~\n"),
	TCP(sndwinup, "\t\t# window update packet~\n"),
	TCP(sndctrl, "\t\t# control packet~\n"),

	TCP(rcvtotal, "\t# packet~ received\n"),
	TCP2(rcvackpack, rcvackbyte, "\t\t# ack~ (for # byte~)\n"),
	TCP(rcvdupack, "\t\t# duplicate ack~\n"),
	TCP(tunneled_pkts, "\t\t# UDP tunneled pkt~\n"),
	TCP(tunneled_errs, "\t\t# UDP tunneled pkt cnt with error~\n"),
	TCP(rcvacktoomuch, "\t\t# ack~ for unsent data\n"),
	TCP2(rcvpack, rcvbyte,
	    "\t\t# packet~ (# byte~) received in-sequence\n"),
	TCP2(rcvduppack, rcvdupbyte,
	    "\t\t# completely duplicate packet~ (# byte~)\n"),
	TCP(pawsdrop, "\t\t# old duplicate packet~\n"),
	TCP2(rcvpartduppack, rcvpartdupbyte,
	    "\t\t# packet~ with some dup. data (# byte~ duped)\n"),
	TCP2(rcvoopack, rcvoobyte, "\t\t# out-of-order packet~ (# byte~)\n"),
	TCP2(rcvpackafterwin, rcvbyteafterwin,
	    "\t\t# packet~ (# byte~) of data after window\n"),
	TCP(rcvwinprobe, "\t\t# window probe~\n"),
	TCP(rcvwinupd, "\t\t# window update packet~\n"),
	TCP(dsack_count, "\t\t# packet~ received with dsack\n"),
	TCP(dsack_bytes, "\t\t# dsack byte~ received (no TLP involved)\n"),
	TCP(dsack_tlp_bytes, "\t\t# dsack byte~ received (TLP responsible)\n"),
	TCP(rcvafterclose, "\t\t# packet~ received after close\n"),
	TCP(rcvbadsum, "\t\t# discarded for bad checksum~\n"),
	TCP(rcvbadoff, "\t\t# discarded for bad header offset field~\n"),
	TCP(rcvshort, "\t\t# discarded because packet too short\n"),
	TCP(rcvreassfull, "\t\t# discarded due to full reassembly queue\n"),

	TCP(connattempt, "\t# connection request~\n"),
	TCP(accepts, "\t# connection accept~\n"),
	TCP(badsyn, "\t# bad connection attempt~\n"),
	TCP(listendrop, "\t# listen queue overflow~\n"),
	TCP(badrst, "\t# ignored RSTs in the window~\n"),
	TCP(connects, "\t# connection~ established (including accepts)\n"),
	TCP(usedrtt, "\t\t# time~ used RTT from hostcache\n"),
	TCP(usedrttvar, "\t\t# time~ used RTT variance from hostcache\n"),
	TCP(usedssthresh,
	    "\t\t# time~ used slow-start threshold from hostcache\n"),
	TCP2(closed, drops, "\t# connection~ closed (including # drop~)\n"),
	TCP(cachedrtt, "\t\t# connection~ updated cached RTT on close\n"),
	TCP(cachedrttvar,
	    "\t\t# connection~ updated cached RTT variance on close\n"),
	TCP(cachedssthresh,
	    "\t\t# connection~ updated cached ssthresh on close\n"),
	TCP(conndrops, "\t# embryonic connection~ dropped\n"),
	TCP2(rttupdated, segstimed,
	    "\t# segment~ updated rtt (of # attempt~)\n"),

	TCP(rexmttimeo, "\t# retransmit timeout~\n"),
	TCP(timeoutdrop, "\t\t# connection~ dropped by rexmit timeout\n"),
	TCP(persisttimeo, "\t# persist timeout~\n"),
	TCP(persistdrop, "\t\t# connection~ dropped by persist timeout\n"),
	TCP(finwait2_drops,
	    "\t# Connection~ (fin_wait_2) dropped because of timeout\n"),
	TCP(keeptimeo, "\t# keepalive timeout~\n"),
	TCP(keepprobe, "\t\t# keepalive probe~ sent\n"),
	TCP(keepdrops, "\t\t# connection~ dropped by keepalive\n"),
	TCP(progdrops,
	    "\t# connection~ dropped due to exceeding progress time\n"),
	TCP(predack, "\t# correct ACK header prediction~\n"),
	TCP(preddat, "\t# correct data packet header prediction~\n"),

	TCP(sc_added, "\t# syncache entr^ added\n"),
	TCP(sc_retransmitted, "\t\t# retransmitted\n"),
	TCP(sc_dupsyn, "\t\t# dupsyn\n"),
	TCP(sc_dropped, "\t\t# dropped\n"),
	TCP(sc_completed, "\t\t# completed\n"),
	TCP(sc_bucketoverflow, "\t\t# bucket overflow\n"),
	TCP(sc_cacheoverflow, "\t\t# cache overflow\n"),
	TCP(sc_reset, "\t\t# reset\n"),
	TCP(sc_stale, "\t\t# stale\n"),
	TCP(sc_aborted, "\t\t# aborted\n"),
	TCP(sc_badack, "\t\t# badack\n"),
	TCP(sc_unreach, "\t\t# unreach\n"),
	TCP(sc_zonefail, "\t\t# zone failure~\n"),
	TCP(sc_sendcookie, "\t# cookie~ sent\n"),
	TCP(sc_recvcookie, "\t# cookie~ received\n"),
	TCP(hc_added, "\t# hostcache entr^ added\n"),
	TCP(hc_bucketoverflow, "\t\t# bucket overflow\n"),

	TCP(sack_recovery_episode, "\t# SACK recovery episode~\n"),
	TCP(sack_rexmits, "\t# segment rexmit~ in SACK recovery episodes\n"),
	TCP(sack_rexmit_bytes, "\t# byte rexmit~ in SACK recovery episodes\n"),
	TCP(sack_rcv_blocks, "\t# SACK option~ (SACK blocks) received\n"),
	TCP(sack_send_blocks, "\t# SACK option~ (SACK blocks) sent\n"),
	TCP(sack_lostrexmt, "\t# SACK retransmission~ lost\n"),
	TCP(sack_sboverflow, "\t# SACK scoreboard overflow\n"),

	TCP(ecn_rcvce, "\t# packet~ received with ECN CE bit set\n"),
	TCP(ecn_rcvect0, "\t# packet~ received with ECN ECT(0) bit set\n"),
	TCP(ecn_rcvect1, "\t# packet~ received with ECN ECT(1) bit set\n"),
	TCP(ecn_sndect0, "\t# packet~ sent with ECN ECT(0) bit set\n"),
	TCP(ecn_sndect1, "\t# packet~ sent with ECN ECT(1) bit set\n"),
	TCP(ecn_shs, "\t# successful ECN handshake~\n"),
	TCP(ecn_rcwnd, "\t# time~ ECN reduced the congestion window\n"),
	TCP(ace_nect, "\t# ACE SYN packet~ with Non-ECT\n"),
	TCP(ace_ect0, "\t# ACE SYN packet~ with ECT0\n"),
	TCP(ace_ect1, "\t# ACE SYN packet~ with ECT1\n"),
	TCP(ace_ce, "\t# ACE SYN packet~ with CE\n"),

	TCP(sig_rcvgoodsig, "\t# packet~ with matching signature received\n"),
	TCP(sig_rcvbadsig, "\t# packet~ with bad signature received\n"),
	TCP(sig_err_buildsig,
	    "\t# time~ failed to make signature due to no SA\n"),
	TCP(sig_err_sigopt, "\t# time~ unexpected signature received\n"),
	TCP(sig_err_nosigopt, "\t# time~ no signature provided by segment\n"),

	TCP(pmtud_blackhole_activated,
	    "\t# Path MTU discovery black hole detection activation~\n"),
	TCP(pmtud_blackhole_activated_min_mss,
	    "\t# Path MTU discovery black hole detection min MSS "
	    "activation~\n"),
	TCP(pmtud_blackhole_failed,
	    "\t# Path MTU discovery black hole detection failure~\n"),

	TCP(tw_responds,
	    "\t# time~ connection in TIME-WAIT responded with ACK\n"),
	TCP(tw_recycles,
	    "\t# time~ connection in TIME-WAIT was actively recycled\n"),
	TCP(tw_resets,
	    "\t# time~ connection in TIME-WAIT responded with RST\n"),
};

/* What netstat adds to the counters of UDP. */
struct udpview {
	struct udpstat	stat;
	uint64_t	delivered;
};

#define UDP(f, text) ROW1(udpview, stat.f, text)

static const struct stat_row udp_rows[] = {
	UDP(udps_ipackets, "\t# datagram~ received\n"),
	UDP(udps_hdrops, "\t# with incomplete header\n"),
	UDP(udps_badlen, "\t# with bad data length field\n"),
	UDP(udps_badsum, "\t# with bad checksum\n"),
	UDP(udps_nosum, "\t# with no checksum\n"),
	UDP(udps_noport, "\t# dropped due to no socket\n"),
	UDP(udps_noportbcast,
	    "\t# broadcast/multicast datagram~ undelivered\n"),
	UDP(udps_fullsock, "\t# dropped due to full socket buffers\n"),
	UDP(udpps_pcbhashmiss, "\t# not for hashed pcb\n"),
	ROW1(udpview, delivered, "\t# delivered\n"),
	UDP(udps_opackets, "\t# datagram~ output\n"),
	UDP(udps_filtermcast, "\t# time~ multicast source filter matched\n"),
};

#define IP(f, text) ROW1(ipstat, ips_##f, text)

static const struct stat_row ip_rows[] = {
	IP(total, "\t# total packet~ received\n"),
	IP(badsum, "\t# bad header checksum~\n"),
	IP(toosmall, "\t# with size smaller than minimum\n"),
	IP(tooshort, "\t# with data size < data length\n"),
	IP(toolong, "\t# with ip length > max ip packet size\n"),
	IP(badhlen, "\t# with header length < data size\n"),
	IP(badlen, "\t# with data length < header length\n"),
	IP(badoptions, "\t# with bad options\n"),
	IP(badvers, "\t# with incorrect version number\n"),
	IP(fragments, "\t# fragment~ received\n"),
	IP(fragdropped, "\t# fragment~ dropped (dup or out of space)\n"),
	IP(fragtimeout, "\t# fragment~ dropped after timeout\n"),
	IP(reassembled, "\t# packet~ reassembled ok\n"),
	IP(delivered, "\t# packet~ for this host\n"),
	IP(noproto, "\t# packet~ for unknown/unsupported protocol\n"),
	/* one line, in pieces that -ss leaves out one by one */
	IP(forward, "\t# packet~ forwarded"),
	IP(fastforward, " (# packet~ fast forwarded)"),
	IP(forward, "\n"),
	IP(cantforward, "\t# packet~ not forwardable\n"),
	IP(notmember, "\t# packet~ received for unknown multicast group\n"),
	IP(redirectsent, "\t# redirect~ sent\n"),
	IP(localout, "\t# packet~ sent from this host\n"),
	IP(rawout, "\t# packet~ sent with fabricated ip header\n"),
	IP(odropped, "\t# output packet~ dropped due to no bufs, etc.\n"),
	IP(noroute, "\t# output packet~ discarded due to no route\n"),
	IP(fragmented, "\t# output datagram~ fragmented\n"),
	IP(ofragments, "\t# fragment~ created\n"),
	IP(cantfrag, "\t# datagram~ that can't be fragmented\n"),
	IP(nogif, "\t# tunneling packet~ that can't find gif\n"),
	IP(badaddr, "\t# datagram~ with bad address in header\n"),
};

#define ICMP(f, text) ROW1(icmpstat, icps_##f, text)

static const struct stat_row icmp_made[] = {
	ICMP(error, "\t# call~ to icmp_error\n"),
	ICMP(oldicmp,
	    "\t# error~ not generated in response to an icmp message\n"),
};
static const struct stat_row icmp_refused[] = {
	ICMP(badcode, "\t# message~ with bad code fields\n"),
	ICMP(tooshort, "\t# message~ less than the minimum length\n"),
	ICMP(checksum, "\t# message~ with bad checksum\n"),
	ICMP(badlen, "\t# message~ with bad length\n"),
	ICMP(bmcastecho, "\t# multicast echo requests ignored\n"),
	ICMP(bmcasttstamp, "\t# multicast timestamp requests ignored\n"),
};
static const struct stat_row icmp_answered[] = {
	ICMP(reflect, "\t# message response~ generated\n"),
	ICMP(badaddr, "\t# invalid return address&\n"),
	ICMP(noroute, "\t# no return route~\n"),
};

static const char *const icmp_names[ICMP_MAXTYPE + 1] = {
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

static void
print_row(struct out *o, const char *text, const uint64_t value[2])
{
	uint64_t v = 0;
	const char *p;

	for (p = text; *p != '\0'; p++) {
		switch (*p) {
		case '#':
			v = *value++;
			out_uint(o, v, 0);
			break;
		case '~':
			out_str(o, v == 1 ? "" : "s");
			break;
		case '^':
			out_str(o, v == 1 ? "y" : "ies");
			break;
		case '&':
			out_str(o, v == 1 ? "" : "es");
			break;
		default:
			out_mem(o, p, 1);
		}
	}
}

static void
print_rows(struct out *o, const struct view *v, const struct stat_row *row,
    size_t n, const void *stat)
{
	uint64_t value[2];

	for (; n > 0; n--, row++) {
		memcpy(&value[0], (const char *)stat + row->at[0],
		    sizeof(value[0]));
		memcpy(&value[1], (const char *)stat + row->at[1],
		    sizeof(value[1]));
		if (v->stats > 1 && value[0] == 0 && value[1] == 0)
			continue;
		print_row(o, row->text, value);
	}
}

static void
print_name(struct out *o, const char *name)
{
	out_str(o, name);
	out_str(o, ":\n");
}

/* Read the counters and, if so asked, set them back in the same step. */
static int
fetch(const struct view *v, const struct mib *mib, const char *name,
    void *stat, size_t size)
{
	static const char zero[2048];
	size_t len = size;

	if (mib->swap(name, stat, &len, v->zero ? zero : NULL,
	    v->zero ? size : 0) == -1)
		return -1;
	if (len != size) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

static_assert(sizeof(struct tcpstat) <= 2048 &&
    sizeof(struct icmpstat) <= 2048, "room for their zeros");

static void
print_states(struct out *o, const struct view *v, const struct mib *mib)
{
	uint64_t count[TCP_NSTATES];
	size_t i, len = sizeof(count);

	if (mib->swap("net.inet.tcp.states", count, &len, NULL, 0) == -1 ||
	    len != sizeof(count))
		return;
	out_str(o, "TCP connection count by state:\n");
	for (i = 0; i < TCP_NSTATES; i++) {
		if (v->stats > 1 && count[i] == 0)
			continue;
		out_mem(o, "\t", 1);
		out_uint(o, count[i], 0);
		/* the blank instead of a plural is FreeBSD's */
		out_str(o, count[i] == 1 ? " connection " : " connections");
		out_str(o, " in ");
		out_str(o, tcp_state_name[i]);
		out_str(o, " state\n");
	}
}

int
stats_tcp(struct out *o, const struct view *v, const struct mib *mib,
    const char *name)
{
	struct tcpstat stat;

	if (fetch(v, mib, "net.inet.tcp.stats", &stat, sizeof(stat)) == -1)
		return -1;
	print_name(o, name);
	print_rows(o, v, tcp_rows, NROWS(tcp_rows), &stat);
	print_states(o, v, mib);
	return 0;
}

int
stats_udp(struct out *o, const struct view *v, const struct mib *mib,
    const char *name)
{
	struct udpview u;
	const struct udpstat *s = &u.stat;

	if (fetch(v, mib, "net.inet.udp.stats", &u.stat, sizeof(u.stat)) == -1)
		return -1;
	u.delivered = s->udps_ipackets - s->udps_hdrops - s->udps_badlen -
	    s->udps_badsum - s->udps_noport - s->udps_noportbcast -
	    s->udps_fullsock;
	print_name(o, name);
	print_rows(o, v, udp_rows, NROWS(udp_rows), &u);
	return 0;
}

int
stats_ip(struct out *o, const struct view *v, const struct mib *mib,
    const char *name)
{
	struct ipstat stat;

	if (fetch(v, mib, "net.inet.ip.stats", &stat, sizeof(stat)) == -1)
		return -1;
	print_name(o, name);
	print_rows(o, v, ip_rows, NROWS(ip_rows), &stat);
	return 0;
}

/* How many messages of each type, zero or not asked for left out. */
static void
print_histogram(struct out *o, const char *title, const uint64_t *count)
{
	bool titled = false;
	unsigned i;

	for (i = 0; i <= ICMP_MAXTYPE; i++) {
		if (count[i] == 0)
			continue;
		if (!titled)
			out_str(o, title);
		titled = true;
		out_str(o, "\t\t");
		if (icmp_names[i] != NULL) {
			out_str(o, icmp_names[i]);
		} else {
			out_mem(o, "#", 1);
			out_uint(o, i, 0);
		}
		out_str(o, ": ");
		out_uint(o, count[i], 0);
		out_mem(o, "\n", 1);
	}
}

static void
print_maskrepl(struct out *o, const struct mib *mib)
{
	int on = 0;
	size_t len = sizeof(on);

	if (mib->swap("net.inet.icmp.maskrepl", &on, &len, NULL, 0) == -1 ||
	    len != sizeof(on))
		return;
	out_str(o, "\tICMP address mask responses are ");
	out_str(o, on ? "enabled\n" : "disabled\n");
}

int
stats_icmp(struct out *o, const struct view *v, const struct mib *mib,
    const char *name)
{
	struct icmpstat stat;

	if (fetch(v, mib, "net.inet.icmp.stats", &stat, sizeof(stat)) == -1)
		return -1;
	print_name(o, name);
	print_rows(o, v, icmp_made, NROWS(icmp_made), &stat);
	print_histogram(o, "\tOutput histogram:\n", stat.icps_outhist);
	print_rows(o, v, icmp_refused, NROWS(icmp_refused), &stat);
	print_histogram(o, "\tInput histogram:\n", stat.icps_inhist);
	print_rows(o, v, icmp_answered, NROWS(icmp_answered), &stat);
	print_maskrepl(o, mib);
	return 0;
}
