/*
 * launch_procnet_snmp.c - /proc/net/snmp: the counters of the stack under the
 * names Linux has for them.
 *
 * They count what the stack has done for all jails, as those of netstat -s do;
 * CurrEstab alone is the jail's own.  What the stack does not count is 0, and
 * what it has no notion of: there is no forwarding, and no fragment is made or
 * put together.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "netjail/launch_procnet_snmp.h"
#include "sysctl/client.h"
#include "sysctl/stats.h"

struct stats {
	struct ipstat	ip;
	struct icmpstat	icmp;
	struct tcpstat	tcp;
	struct udpstat	udp;
	uint64_t	icmp_in, icmp_out;	/* of all types */
	uint64_t	estab;
	uint64_t	ttl, rto_min;
};

/* A column: a counter, the sum of two, or a constant. */
struct column {
	const char *name;
	size_t	    at, plus;	/* offsets in stats + 1; 0: none */
	int	    constant;
};

#define RTO_MAX	64000		/* stack/tcp_rtt.c, ms */

#define AT(m)		(offsetof(struct stats, m) + 1)
#define IN(type)	AT(icmp.icps_inhist[type])
#define OUT(type)	AT(icmp.icps_outhist[type])
static const struct column ip[] = {
	{ "Forwarding", 0, 0, 2 }, { "DefaultTTL", AT(ttl), 0, 0 },
	{ "InReceives", AT(ip.ips_total), 0, 0 },
	{ "InHdrErrors", AT(ip.ips_badsum), AT(ip.ips_badlen), 0 },
	{ "InAddrErrors", AT(ip.ips_badaddr), AT(ip.ips_cantforward), 0 },
	{ "ForwDatagrams", AT(ip.ips_forward), 0, 0 },
	{ "InUnknownProtos", AT(ip.ips_noproto), 0, 0 },
	{ "InDiscards", 0, 0, 0 },
	{ "InDelivers", AT(ip.ips_delivered), 0, 0 },
	{ "OutRequests", AT(ip.ips_localout), 0, 0 },
	{ "OutDiscards", AT(ip.ips_odropped), 0, 0 },
	{ "OutNoRoutes", AT(ip.ips_noroute), 0, 0 },
	{ "ReasmTimeout", AT(ip.ips_fragtimeout), 0, 0 },
	{ "ReasmReqds", AT(ip.ips_fragments), 0, 0 },
	{ "ReasmOKs", AT(ip.ips_reassembled), 0, 0 },
	{ "ReasmFails", AT(ip.ips_fragdropped), 0, 0 },
	{ "FragOKs", AT(ip.ips_fragmented), 0, 0 },
	{ "FragFails", AT(ip.ips_cantfrag), 0, 0 },
	{ "FragCreates", AT(ip.ips_ofragments), 0, 0 },
};

static const struct column icmp[] = {
	{ "InMsgs", AT(icmp_in), 0, 0 },
	{ "InErrors", AT(icmp.icps_tooshort), AT(icmp.icps_badlen), 0 },
	{ "InCsumErrors", AT(icmp.icps_checksum), 0, 0 },
	{ "InDestUnreachs", IN(3), 0, 0 }, { "InTimeExcds", IN(11), 0, 0 },
	{ "InParmProbs", IN(12), 0, 0 }, { "InSrcQuenchs", IN(4), 0, 0 },
	{ "InRedirects", IN(5), 0, 0 }, { "InEchos", IN(8), 0, 0 },
	{ "InEchoReps", IN(0), 0, 0 }, { "InTimestamps", IN(13), 0, 0 },
	{ "InTimestampReps", IN(14), 0, 0 }, { "InAddrMasks", IN(17), 0, 0 },
	{ "InAddrMaskReps", IN(18), 0, 0 },
	{ "OutMsgs", AT(icmp_out), 0, 0 },
	{ "OutErrors", 0, 0, 0 },
	{ "OutDestUnreachs", OUT(3), 0, 0 }, { "OutTimeExcds", OUT(11), 0, 0 },
	{ "OutParmProbs", OUT(12), 0, 0 }, { "OutSrcQuenchs", OUT(4), 0, 0 },
	{ "OutRedirects", OUT(5), 0, 0 }, { "OutEchos", OUT(8), 0, 0 },
	{ "OutEchoReps", OUT(0), 0, 0 }, { "OutTimestamps", OUT(13), 0, 0 },
	{ "OutTimestampReps", OUT(14), 0, 0 },
	{ "OutAddrMasks", OUT(17), 0, 0 }, { "OutAddrMaskReps", OUT(18), 0, 0 },
};

static const struct column tcp[] = {
	{ "RtoAlgorithm", 0, 0, 4 },	/* Van Jacobson's, in RFC 1213 */
	{ "RtoMin", AT(rto_min), 0, 0 }, { "RtoMax", 0, 0, RTO_MAX },
	{ "MaxConn", 0, 0, -1 },
	{ "ActiveOpens", AT(tcp.tcps_connattempt), 0, 0 },
	{ "PassiveOpens", AT(tcp.tcps_accepts), 0, 0 },
	{ "AttemptFails", AT(tcp.tcps_conndrops), 0, 0 },
	{ "EstabResets", AT(tcp.tcps_drops), 0, 0 },
	{ "CurrEstab", AT(estab), 0, 0 },
	{ "InSegs", AT(tcp.tcps_rcvtotal), 0, 0 },
	{ "OutSegs", AT(tcp.tcps_sndtotal), 0, 0 },
	{ "RetransSegs", AT(tcp.tcps_sndrexmitpack), 0, 0 },
	{ "InErrs", AT(tcp.tcps_rcvbadoff), AT(tcp.tcps_rcvshort), 0 },
	{ "OutRsts", 0, 0, 0 },
	{ "InCsumErrors", AT(tcp.tcps_rcvbadsum), 0, 0 },
};

static const struct column udp[] = {
	{ "InDatagrams", AT(udp.udps_ipackets), 0, 0 },
	{ "NoPorts", AT(udp.udps_noport), 0, 0 },
	{ "InErrors", AT(udp.udps_hdrops), AT(udp.udps_badlen), 0 },
	{ "OutDatagrams", AT(udp.udps_opackets), 0, 0 },
	{ "RcvbufErrors", AT(udp.udps_fullsock), 0, 0 },
	{ "SndbufErrors", 0, 0, 0 },
	{ "InCsumErrors", AT(udp.udps_badsum), 0, 0 },
	{ "IgnoredMulti", AT(udp.udps_noportmcast), 0, 0 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	const struct column *column;
	size_t	n;
} tables[] = {
	{ "Ip", ip, COUNT(ip) }, { "Icmp", icmp, COUNT(icmp) },
	{ "Tcp", tcp, COUNT(tcp) }, { "Udp", udp, COUNT(udp) },
};

static uint64_t
counter(const struct stats *st, size_t at)
{
	uint64_t n;

	if (at == 0)
		return 0;
	memcpy(&n, (const char *)st + at - 1, sizeof(n));
	return n;
}

/* A counter from the daemon; one that cannot be had stays 0. */
static void
fetch(const char *name, void *p, size_t len)
{
	if (nj_sysctlbyname(name, p, &len, NULL, 0) != 0)
		memset(p, 0, len);
}

static uint64_t
fetch_int(const char *name)
{
	uint32_t n = 0;

	fetch(name, &n, sizeof(n));
	return n;
}

static void
fetch_all(struct stats *st, uint64_t estab)
{
	unsigned i;

	memset(st, 0, sizeof(*st));
	fetch("net.inet.ip.stats", &st->ip, sizeof(st->ip));
	fetch("net.inet.icmp.stats", &st->icmp, sizeof(st->icmp));
	fetch("net.inet.tcp.stats", &st->tcp, sizeof(st->tcp));
	fetch("net.inet.udp.stats", &st->udp, sizeof(st->udp));
	for (i = 0; i <= ICMP_MAXTYPE; i++) {
		st->icmp_in += st->icmp.icps_inhist[i];
		st->icmp_out += st->icmp.icps_outhist[i];
	}
	st->estab = estab;
	st->ttl = fetch_int("net.inet.ip.ttl");
	st->rto_min = fetch_int("net.inet.tcp.rexmit_min");
}

void
procnet_snmp(FILE *out, uint64_t estab)
{
	const struct column *c, *end;
	struct stats st;
	unsigned i;

	fetch_all(&st, estab);
	for (i = 0; i < COUNT(tables); i++) {
		end = tables[i].column + tables[i].n;
		fprintf(out, "%s:", tables[i].name);
		for (c = tables[i].column; c < end; c++)
			fprintf(out, " %s", c->name);
		fprintf(out, "\n%s:", tables[i].name);
		for (c = tables[i].column; c < end; c++)
			fprintf(out, " %lld", (long long)(counter(&st, c->at) +
			    counter(&st, c->plus)) + c->constant);
		fprintf(out, "\n");
	}
}
