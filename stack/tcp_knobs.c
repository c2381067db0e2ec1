/*
 * tcp_knobs.c - net.inet.tcp.*: defaults and who may set them to what.
 *
 * Names, numbers and units (milliseconds) are FreeBSD's, and so are the
 * defaults but for these: sendspace and recvspace are 262144, where FreeBSD has
 * 32768 and 65536 and grows them as a connection needs it, which is not done
 * here; reass.maxqueuelen is 512, since SACK does not yet keep the queue short;
 * fast_finwait2_recycle is 1, as FreeBSD's ten minutes are long for what nobody
 * will read.  Since all peers are local, blackhole_local is 1, without which
 * blackhole would mean nothing; and nolocaltimewait, which FreeBSD 14 has no
 * more, counts here.
 * A knob that nothing obeys is not there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "stack/tcp_int.h"
#include "sysctl/sysctl.h"

#define SPACE_MAX	(64 << 20)	/* bytes of a socket buffer */

void
tcp_knobs_default(struct tcp_vnet *t)
{
	t->rfc1323 = 1;
	t->mssdflt = 536;
	t->minmss = 216;
	t->initcwnd_segments = 10;
	t->sendspace = 262144;
	t->recvspace = 262144;
	t->keepidle = 7200000;
	t->keepintvl = 75000;
	t->keepinit = 75000;
	t->keepcnt = 8;
	t->always_keepalive = 1;
	t->delayed_ack = 1;
	t->delacktime = 40;
	t->msl = 30000;
	t->finwait2_timeout = 60000;
	t->fast_finwait2_recycle = 1;
	t->syncache_rexmtlimit = 3;
	t->retries = 12;
	t->rexmit_initial = 1000;
	t->rexmit_min = 30;
	t->rexmit_slop = 200;
	t->persmin = 5000;
	t->persmax = 60000;
	t->ack_war_timewindow = 1000;
	t->ack_war_cnt = 5;
	t->reass_maxqueuelen = 512;
	t->blackhole_local = 1;
	t->icmp_may_rst = 1;
	t->rfc3042 = 1;
	t->rfc3390 = 1;
	t->rfc3465 = 1;
	t->abc_l_var = 2;
}

/* What a knob may be set to, ends included: EINVAL otherwise. */
static int
knob(const struct sysctl_oid *oid, struct sysctl_req *req, int lo, int hi)
{
	int *var = sysctl_var(oid, req), val = *var;
	int error = sysctl_handle_value(oid, req, &val, sizeof(val));

	if (error != 0)
		return error;
	if (req->newptr != NULL && (val < lo || val > hi))
		return EINVAL;
	*var = val;
	return 0;
}

static int
knob_bool(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 0, 1);
}

/* A day at most: a timer is no calendar. */
static int
knob_ms(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 1, 86400000);
}

/* The same, and 0: none. */
static int
knob_ms0(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 0, 86400000);
}

static int
knob_space(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 2048, SPACE_MAX);
}

static int
knob_mss(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 64, TCP_MAXWIN);
}

/* Counts that go into a byte. */
static int
knob_count(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 1, 100);
}

/* The same, and 0: another rule's. */
static int
knob_segments(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 0, 100);
}

static int
knob_rexmtlimit(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 0, TCP_MAXRXTSHIFT);
}

static int
knob_queue(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 0, UINT16_MAX);
}

/* 0; 1: for a SYN; 2: for anything. */
static int
knob_which(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	return knob(oid, req, 0, 2);
}

#define TCP_KNOB(field, nm, num, fn, des)				\
	SYSCTL_INT(tcp_##field, "net.inet.tcp." nm, num, CTLFLAG_RW,	\
	    tcp_module, struct tcp_vnet, field, fn, des)

SYSCTL_NODE(tcp_syncache, "net.inet.tcp.syncache", OID_AUTO,
    "Connections half open: a SYN has come");
SYSCTL_NODE(tcp_reass, "net.inet.tcp.reass", OID_AUTO,
    "TCP Segment Reassembly Queue");
TCP_KNOB(rfc1323, "rfc1323", 1, knob_bool,
    "Offer window scaling and timestamps (RFC 7323)");
TCP_KNOB(mssdflt, "mssdflt", 3, knob_mss,
    "MSS where the peer names none (RFC 9293)");
TCP_KNOB(keepidle, "keepidle", 6, knob_ms,
    "ms of silence before keepalive probes");
TCP_KNOB(keepintvl, "keepintvl", 7, knob_ms, "ms between keepalive probes");
TCP_KNOB(sendspace, "sendspace", 8, knob_space,
    "Send buffer of a new socket, bytes");
TCP_KNOB(recvspace, "recvspace", 9, knob_space,
    "Receive buffer of a new socket, bytes");
TCP_KNOB(keepinit, "keepinit", 10, knob_ms,
    "ms until connection set-up is given up");
TCP_KNOB(delacktime, "delacktime", 12, knob_ms, "ms an ACK may be delayed");
TCP_KNOB(minmss, "minmss", OID_AUTO, knob_mss, "Smallest MSS accepted");
TCP_KNOB(initcwnd_segments, "initcwnd_segments", OID_AUTO, knob_segments,
    "Initial congestion window, segments (RFC 6928); 0: see rfc3390");
TCP_KNOB(rfc3390, "rfc3390", OID_AUTO, knob_bool,
    "Initial congestion window of RFC 3390, not RFC 5681, where "
    "initcwnd_segments is 0");
TCP_KNOB(keepcnt, "keepcnt", OID_AUTO, knob_count,
    "Keepalive probes without answer that end a connection");
TCP_KNOB(always_keepalive, "always_keepalive", OID_AUTO, knob_bool,
    "Keepalive on all connections, asked for or not");
TCP_KNOB(delayed_ack, "delayed_ack", OID_AUTO, knob_bool,
    "Delay ACKs in the hope of data to send them with");
TCP_KNOB(msl, "msl", OID_AUTO, knob_ms,
    "ms a segment may live in the network; TIME_WAIT lasts two of it");
TCP_KNOB(finwait2_timeout, "finwait2_timeout", OID_AUTO, knob_ms,
    "ms in FIN_WAIT_2 after the socket is closed");
TCP_KNOB(fast_finwait2_recycle, "fast_finwait2_recycle", OID_AUTO, knob_bool,
    "Recycle closed FIN_WAIT_2 connections faster: after finwait2_timeout, "
    "else after keepcnt keepintvl");
TCP_KNOB(nolocaltimewait, "nolocaltimewait", OID_AUTO, knob_bool,
    "Do not create TIME_WAIT state for local connections");
TCP_KNOB(maxunacktime, "maxunacktime", OID_AUTO, knob_ms0,
    "ms that data may stay unacknowledged, 0 for any time");
TCP_KNOB(syncache_rexmtlimit, "syncache.rexmtlimit", OID_AUTO,
    knob_rexmtlimit, "Limit on SYN/ACK retransmissions");
TCP_KNOB(syncache_see_other, "syncache.see_other", OID_AUTO, knob_bool,
    "All half-open connections are visible, whosever they are");
TCP_KNOB(retries, "retries", OID_AUTO, knob_count,
    "Retransmissions of one segment before the connection is dropped");
TCP_KNOB(rexmit_initial, "rexmit_initial", OID_AUTO, knob_ms,
    "RTO before the first measurement, ms");
TCP_KNOB(rexmit_min, "rexmit_min", OID_AUTO, knob_ms, "Smallest RTO, ms");
TCP_KNOB(rexmit_slop, "rexmit_slop", OID_AUTO, knob_ms,
    "ms added to the RTO for the peer's delayed ACK");
TCP_KNOB(persmin, "persmin", OID_AUTO, knob_ms,
    "Shortest interval of window probes, ms");
TCP_KNOB(persmax, "persmax", OID_AUTO, knob_ms,
    "Longest interval of window probes, ms");
TCP_KNOB(ack_war_timewindow, "ack_war_timewindow", OID_AUTO, knob_ms,
    "ms in which ack_war_cnt challenge ACKs may be sent");
TCP_KNOB(ack_war_cnt, "ack_war_cnt", OID_AUTO, knob_count,
    "Challenge ACKs of a connection in ack_war_timewindow");
TCP_KNOB(reass_maxqueuelen, "reass.maxqueuelen", OID_AUTO, knob_queue,
    "Segments kept out of order, per connection");
TCP_KNOB(blackhole, "blackhole", OID_AUTO, knob_which,
    "No reset for closed ports: 1 for a SYN, 2 for anything");
TCP_KNOB(blackhole_local, "blackhole_local", OID_AUTO, knob_bool,
    "Enforce net.inet.tcp.blackhole for locally originated packets");
TCP_KNOB(log_in_vain, "log_in_vain", OID_AUTO, knob_which,
    "Log attempts at closed ports: 1 for a SYN, 2 for anything");
TCP_KNOB(drop_synfin, "drop_synfin", OID_AUTO, knob_bool,
    "Drop segments with SYN and FIN set");
TCP_KNOB(icmp_may_rst, "icmp_may_rst", OID_AUTO, knob_bool,
    "ICMP port and protocol unreachable end a connection in SYN_SENT");
TCP_KNOB(rfc3042, "rfc3042", OID_AUTO, knob_bool,
    "Limited transmit on the first two duplicate ACKs");
TCP_KNOB(insecure_rst, "insecure_rst", OID_AUTO, knob_bool,
    "Follow RFC793 instead of RFC5961 criteria for accepting RST packets");
TCP_KNOB(insecure_syn, "insecure_syn", OID_AUTO, knob_bool,
    "Follow RFC793 instead of RFC5961 criteria for accepting SYN packets");
TCP_KNOB(rfc3465, "rfc3465", OID_AUTO, knob_bool,
    "Enable RFC 3465 (Appropriate Byte Counting)");
TCP_KNOB(abc_l_var, "abc_l_var", OID_AUTO, knob_count,
    "Cap the max cwnd increment during slow-start to this number of segments");

SYSCTL_STRUCT(tcp_stats, "net.inet.tcp.stats", 4, CTLFLAG_RW | CTLFLAG_STATS,
    tcp_module, struct tcp_vnet, stat, NULL, "S,tcpstat",
    "TCP statistics (struct tcpstat)");
SYSCTL_STRUCT(tcp_states, "net.inet.tcp.states", 16,
    CTLFLAG_RD | CTLFLAG_STATS, tcp_module, struct tcp_vnet, states, NULL,
    "QU", "Connections in each state");

/* As in FreeBSD, a fifth of kern.ipc.maxsockets unless set; 32 or more. */
static int
sysctl_maxtcptw(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	int value = (int)tcp_tw_limit(req->vnet);
	int error = sysctl_handle_value(oid, req, &value, sizeof(value));

	if (error != 0 || req->newptr == NULL)
		return error;
	if (value < 32)
		return EINVAL;
	V_tcp(req->vnet)->maxtcptw = (uint32_t)value;
	return 0;
}

SYSCTL_PROC(tcp_maxtcptw, "net.inet.tcp.maxtcptw", OID_AUTO,
    CTLTYPE_INT | CTLFLAG_RW, sysctl_maxtcptw, 0, "I",
    "Connections in TIME_WAIT that are kept; above it the oldest ends");

/* There is one. */
static int
sysctl_cc(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	(void)oid;
	return SYSCTL_OUT(req, TCP_CC_NAME, sizeof(TCP_CC_NAME));
}

SYSCTL_NODE(tcp_cc, "net.inet.tcp.cc", OID_AUTO,
    "Congestion control related settings");
SYSCTL_PROC(tcp_cc_algorithm, "net.inet.tcp.cc.algorithm", OID_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, sysctl_cc, 0, "A",
    "Default congestion control algorithm");
SYSCTL_PROC(tcp_cc_available, "net.inet.tcp.cc.available", OID_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, sysctl_cc, 0, "A",
    "List available congestion control algorithms");

/* There is one of these, too. */
static int
sysctl_functions_default(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	(void)oid;
	return SYSCTL_OUT(req, TCP_STACK_NAME, sizeof(TCP_STACK_NAME));
}

static int
sysctl_functions(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	char text[256];
	int len;

	(void)oid;
	len = snprintf(text, sizeof(text), "\n%-32s%c %-32s %s\n"
	    "%-32s%c %-32s %" PRIu64 "\n", "Stack", 'D', "Alias", "PCB count",
	    TCP_STACK_NAME, '*', "-",
	    in_pcbinfo_count(V_tcp(req->vnet)->pcbinfo));
	return SYSCTL_OUT(req, text, (size_t)len + 1);
}

SYSCTL_PROC(tcp_functions_default, "net.inet.tcp.functions_default", OID_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, sysctl_functions_default, 0, "A",
    "The default TCP function block");
SYSCTL_PROC(tcp_functions, "net.inet.tcp.functions_available", OID_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, sysctl_functions, 0, "A",
    "List available TCP function sets");

static int
sysctl_pcbcount(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	uint64_t n = in_pcbinfo_count(V_tcp(req->vnet)->pcbinfo);
	uint32_t count = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;

	(void)oid;
	return SYSCTL_OUT(req, &count, sizeof(count));
}

SYSCTL_PROC(tcp_pcbcount, "net.inet.tcp.pcbcount", OID_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, sysctl_pcbcount, 0, "IU",
    "Number of protocol control blocks");
