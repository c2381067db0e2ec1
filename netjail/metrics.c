/*
 * metrics.c - a census as OpenMetrics.
 *
 * Theory of operation
 *
 * A metric family is one row of a table or one function: its name without a
 * suffix, its type, its unit, its help.  Everything about one family stands
 * together, as the format wants it.  Protocols' counters are named after what
 * netstat -s says of them, not after FreeBSD's fields.
 *
 * The older format differs in three places, all in family(): a counter is
 * called by its full name in the comments too, units have no line of their own,
 * and there is no end mark.
 *
 * Names of jails and host names are a jail's choice: metrics_label().  A name
 * may be that of two jails while one of them is dying, so a jail's samples bear
 * its jid as well.  States and listen queues that are empty have no sample: a
 * host with ten thousand jails would have a quarter of a million lines of zero.
 */
#include <inttypes.h>
#include <string.h>

#include "netjail/metrics.h"

struct text {
	FILE	*f;
	const struct census *c;
	bool	 classic;
};

enum type { COUNTER, GAUGE };

/* ---- the format ---- */

/* Bytes of the UTF-8 character at s, or 0: it is none. */
static unsigned
utf8_length(const unsigned char *s)
{
	/* By the first byte: how many follow, and the range of the second. */
	static const struct {
		unsigned char lo, hi, more, min2, max2;
	} form[] = {
		{ 0x01, 0x7f, 0, 0x00, 0xff },
		{ 0xc2, 0xdf, 1, 0x80, 0xbf },
		{ 0xe0, 0xe0, 2, 0xa0, 0xbf },
		{ 0xe1, 0xec, 2, 0x80, 0xbf },
		{ 0xed, 0xed, 2, 0x80, 0x9f },
		{ 0xee, 0xef, 2, 0x80, 0xbf },
		{ 0xf0, 0xf0, 3, 0x90, 0xbf },
		{ 0xf1, 0xf3, 3, 0x80, 0xbf },
		{ 0xf4, 0xf4, 3, 0x80, 0x8f },
	};
	unsigned i, k;

	for (i = 0; i < sizeof(form) / sizeof(form[0]); i++) {
		if (*s < form[i].lo || *s > form[i].hi)
			continue;
		if (form[i].more > 0 &&
		    (s[1] < form[i].min2 || s[1] > form[i].max2))
			return 0;
		for (k = 2; k <= form[i].more; k++)
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		return form[i].more + 1U;
	}
	return 0;
}

void
metrics_label(FILE *f, const char *s)
{
	unsigned n;

	for (; *s != '\0'; s += n) {
		n = utf8_length((const unsigned char *)s);
		if (n == 0) {
			fputs("\xef\xbf\xbd", f);
			n = 1;
		} else if (*s == '\n')
			fputs("\\n", f);
		else if (*s == '\\' || *s == '"')
			fprintf(f, "\\%c", *s);
		else
			fwrite(s, 1, n, f);
	}
}

/* The head of a family.  unit: what its name ends with, or NULL. */
static void
family(const struct text *t, const char *name, enum type type,
    const char *unit, const char *help)
{
	const char *total = t->classic && type == COUNTER ? "_total" : "";

	fprintf(t->f, "# HELP netjail_%s%s %s\n", name, total, help);
	fprintf(t->f, "# TYPE netjail_%s%s %s\n", name, total,
	    type == COUNTER ? "counter" : "gauge");
	if (unit != NULL && !t->classic)
		fprintf(t->f, "# UNIT netjail_%s %s\n", name, unit);
}

/* A sample whose labels need no escapes; labels NULL: none. */
static void
sample(const struct text *t, const char *name, enum type type,
    const char *labels, uint64_t v)
{
	fprintf(t->f, "netjail_%s%s", name, type == COUNTER ? "_total" : "");
	if (labels != NULL)
		fprintf(t->f, "{%s}", labels);
	fprintf(t->f, " %" PRIu64 "\n", v);
}

/* The same for a value with one label. */
static void
labelled(const struct text *t, const char *name, enum type type,
    const char *key, const char *value, uint64_t v)
{
	fprintf(t->f, "netjail_%s%s{%s=\"", name,
	    type == COUNTER ? "_total" : "", key);
	metrics_label(t->f, value);
	fprintf(t->f, "\"} %" PRIu64 "\n", v);
}

/* The same for a jail; key NULL: no further label. */
static void
jail_sample(const struct text *t, const char *name,
    const struct census_jail *j, const char *key, const char *value, uint64_t v)
{
	fprintf(t->f, "netjail_%s{jid=\"%d\",jail=\"", name, j->jid);
	metrics_label(t->f, j->name);
	if (key != NULL)
		fprintf(t->f, "\",%s=\"%s", key, value);
	fprintf(t->f, "\"} %" PRIu64 "\n", v);
}

/* ---- counters of the protocols ---- */

struct counter {
	const char *name;
	const char *unit;	/* or NULL */
	size_t	 offset;	/* in the protocol's struct */
	const char *help;
};

#define TCP(nm, field, help) \
	{ "tcp_" nm, NULL, offsetof(struct tcpstat, field), help }
#define TCP_BYTES(nm, field, help) \
	{ "tcp_" nm "_bytes", "bytes", offsetof(struct tcpstat, field), help }
static const struct counter tcp_counters[] = {
	TCP("connect_requests", tcps_connattempt, "Connections begun here"),
	TCP("accepts", tcps_accepts, "Connections accepted"),
	TCP("connections_established", tcps_connects,
	    "Connections that were established"),
	TCP("connections_closed", tcps_closed,
	    "Connections closed, dropped ones included"),
	TCP("connections_dropped", tcps_drops,
	    "Connections dropped after they were established"),
	TCP("embryonic_dropped", tcps_conndrops,
	    "Connections dropped before they were established"),
	TCP("listen_queue_overflows", tcps_listendrop,
	    "Connections refused because a listen queue was full"),
	TCP("retransmit_timeouts", tcps_rexmttimeo, "Retransmit timeouts"),
	TCP("retransmit_drops", tcps_timeoutdrop,
	    "Connections dropped by retransmit timeout"),
	TCP("keepalive_probes", tcps_keepprobe, "Keepalive probes sent"),
	TCP("keepalive_drops", tcps_keepdrops,
	    "Connections dropped by keepalive"),
	TCP("persist_timeouts", tcps_persisttimeo, "Persist timeouts"),
	TCP("fin_wait_2_drops", tcps_finwait2_drops,
	    "Connections dropped by the FIN_WAIT_2 timeout"),
	TCP("packets_sent", tcps_sndtotal, "TCP packets sent"),
	TCP("data_packets_sent", tcps_sndpack, "TCP packets sent with data"),
	TCP_BYTES("sent", tcps_sndbyte, "Bytes of data sent"),
	TCP("packets_retransmitted", tcps_sndrexmitpack,
	    "Data packets sent again"),
	TCP_BYTES("retransmitted", tcps_sndrexmitbyte,
	    "Bytes of data sent again"),
	TCP("acks_sent", tcps_sndacks, "Packets sent with an ACK only"),
	TCP("control_packets_sent", tcps_sndctrl,
	    "Packets sent with SYN, FIN or RST"),
	TCP("packets_received", tcps_rcvtotal, "TCP packets received"),
	TCP("data_packets_received", tcps_rcvpack,
	    "Packets received in sequence"),
	TCP_BYTES("received", tcps_rcvbyte,
	    "Bytes of data received in sequence"),
	TCP("bad_checksums", tcps_rcvbadsum,
	    "Packets discarded for a bad checksum"),
	TCP("short_packets", tcps_rcvshort, "Packets discarded as too short"),
	TCP("duplicate_packets", tcps_rcvduppack,
	    "Packets received that had been received before"),
	TCP("out_of_order_packets", tcps_rcvoopack,
	    "Packets received out of order"),
	TCP("after_window_packets", tcps_rcvpackafterwin,
	    "Packets received with data beyond the window"),
	TCP("paws_drops", tcps_pawsdrop,
	    "Packets discarded for an old timestamp"),
	TCP("reassembly_overflows", tcps_rcvreassfull,
	    "Packets discarded because a reassembly queue was full"),
	TCP("sack_recoveries", tcps_sack_recovery_episode,
	    "SACK recovery episodes"),
};

#define UDP(nm, field, help) \
	{ "udp_" nm, NULL, offsetof(struct udpstat, field), help }
static const struct counter udp_counters[] = {
	UDP("datagrams_received", udps_ipackets, "Datagrams received"),
	UDP("datagrams_sent", udps_opackets, "Datagrams sent"),
	UDP("bad_checksums", udps_badsum,
	    "Datagrams discarded for a bad checksum"),
	UDP("short_datagrams", udps_hdrops, "Datagrams with a short header"),
	UDP("bad_lengths", udps_badlen, "Datagrams with a bad length field"),
	UDP("no_port", udps_noport, "Datagrams to a port without a socket"),
	UDP("full_sockets", udps_fullsock,
	    "Datagrams dropped because a socket's buffer was full"),
};

#define IP(nm, field, help) \
	{ "ip_" nm, NULL, offsetof(struct ipstat, field), help }
static const struct counter ip_counters[] = {
	IP("packets_received", ips_total, "IP packets received"),
	IP("packets_delivered", ips_delivered,
	    "IP packets handed to a protocol"),
	IP("packets_sent", ips_localout, "IP packets sent from here"),
	IP("bad_checksums", ips_badsum, "IP packets with a bad checksum"),
	IP("short_packets", ips_tooshort, "IP packets without a header"),
	IP("no_protocol", ips_noproto, "IP packets of an unknown protocol"),
	IP("not_deliverable", ips_cantforward,
	    "IP packets to an address that is nobody's"),
	IP("output_drops", ips_odropped,
	    "IP packets not sent for lack of memory"),
	IP("no_route", ips_noroute, "IP packets not sent for lack of a route"),
	IP("fragments_received", ips_fragments, "Fragments received"),
	IP("packets_reassembled", ips_reassembled,
	    "IP packets put together from fragments"),
};

#define ICMP(nm, field, help) \
	{ "icmp_" nm, NULL, offsetof(struct icmpstat, field), help }
static const struct counter icmp_counters[] = {
	ICMP("errors", icps_error, "Occasions for an ICMP error"),
	ICMP("replies", icps_reflect, "ICMP replies made"),
	ICMP("bad_checksums", icps_checksum,
	    "ICMP messages with a bad checksum"),
	ICMP("short_messages", icps_tooshort, "ICMP messages too short"),
};

static void
counters(const struct text *t, const struct counter *k, size_t n,
    const void *stats)
{
	uint64_t v;
	size_t i;

	for (i = 0; i < n; i++) {
		memcpy(&v, (const char *)stats + k[i].offset, sizeof(v));
		family(t, k[i].name, COUNTER, k[i].unit, k[i].help);
		sample(t, k[i].name, COUNTER, NULL, v);
	}
}

#define COUNTERS(t, table, stats) \
	counters(t, table, sizeof(table) / sizeof(table[0]), stats)

/* ---- jails and their sockets ---- */

#define FOREACH_JAIL(j, c) \
	for ((j) = (c)->jails; (j) < (c)->jails + (c)->njails; (j)++)

static void
jails(const struct text *t)
{
	const struct census_jail *j;
	char addr[INADDR_STRLEN];
	uint64_t alive = 0, dying = 0;

	FOREACH_JAIL(j, t->c) {
		alive += j->listed && !j->dying;
		dying += j->dying;
	}
	family(t, "jails", GAUGE, NULL, "Jails");
	sample(t, "jails", GAUGE, "state=\"active\"", alive);
	sample(t, "jails", GAUGE, "state=\"dying\"", dying);

	family(t, "jail_info", GAUGE, NULL, "What a jail is, always 1");
	FOREACH_JAIL(j, t->c) {
		if (!j->listed)
			continue;
		fprintf(t->f, "netjail_jail_info{jid=\"%d\",jail=\"", j->jid);
		metrics_label(t->f, j->name);
		fputs("\",hostname=\"", t->f);
		metrics_label(t->f, j->host);
		fputs("\",path=\"", t->f);
		metrics_label(t->f, j->path);
		fprintf(t->f, "\",address=\"%s\"} 1\n",
		    j->naddr > 0 ? inaddr_ntop(&j->addr, addr) : "");
	}
}

static void
sockets(const struct text *t)
{
	const struct census_jail *j;
	unsigned i;

	family(t, "sockets", GAUGE, NULL, "Sockets of a jail");
	FOREACH_JAIL(j, t->c)
		for (i = 0; i < CENSUS_NPROTO; i++)
			jail_sample(t, "sockets", j, "protocol",
			    census_proto_name[i], j->sockets[i]);

	family(t, "tcp_sockets", GAUGE, NULL,
	    "TCP sockets of a jail by state; states it has none in are left "
	    "out");
	FOREACH_JAIL(j, t->c)
		for (i = 0; i < TCP_NSTATES; i++)
			if (j->states[i] > 0)
				jail_sample(t, "tcp_sockets", j, "state",
				    tcp_state_name[i], j->states[i]);
}

static void
queues(const struct text *t)
{
	const struct census_jail *j;

	family(t, "queue_bytes", GAUGE, "bytes",
	    "Bytes waiting in the sockets of a jail");
	FOREACH_JAIL(j, t->c) {
		jail_sample(t, "queue_bytes", j, "queue", "receive", j->recvq);
		jail_sample(t, "queue_bytes", j, "queue", "send", j->sendq);
	}
	family(t, "listen_queue", GAUGE, NULL,
	    "Connections waiting at the listeners of a jail, and how many may");
	FOREACH_JAIL(j, t->c) {
		if (j->qlimit == 0)
			continue;
		jail_sample(t, "listen_queue", j, "kind", "complete", j->qlen);
		jail_sample(t, "listen_queue", j, "kind", "incomplete",
		    j->incqlen);
		jail_sample(t, "listen_queue", j, "kind", "limit", j->qlimit);
	}
}

static void
ports(const struct text *t)
{
	const struct census_jail *j;
	unsigned r;

	family(t, "port_range_size", GAUGE, NULL, "Ports of a range");
	for (r = 0; r < RANGE_N; r++)
		labelled(t, "port_range_size", GAUGE, "range",
		    census_range_name[r],
		    (uint64_t)census_range_size(t->c, r));
	family(t, "ports_used", GAUGE, NULL,
	    "Ports of the default range in use on the address of a jail that "
	    "uses most");
	FOREACH_JAIL(j, t->c)
		jail_sample(t, "ports_used", j, NULL, NULL, j->ports);
	family(t, "port_picks", COUNTER, NULL, "Ports chosen by the stack");
	sample(t, "port_picks", COUNTER, NULL, t->c->ports.picks);
	family(t, "port_refusals", COUNTER, NULL, "Ports refused");
	sample(t, "port_refusals", COUNTER, "reason=\"exhausted\"",
	    t->c->ports.exhausted);
	sample(t, "port_refusals", COUNTER, "reason=\"conflict\"",
	    t->c->ports.conflicts);
	sample(t, "port_refusals", COUNTER, "reason=\"denied\"",
	    t->c->ports.denied);
}

/* ---- the daemon's loop ---- */

static void
turns(const struct text *t)
{
	if (!t->c->turns.measured)
		return;
	family(t, "turns", COUNTER, NULL, "Turns of the daemon's loop");
	sample(t, "turns", COUNTER, NULL, t->c->turns.count);
	family(t, "turns_over_1ms", COUNTER, NULL,
	    "Turns of more than a millisecond of CPU time");
	sample(t, "turns_over_1ms", COUNTER, NULL, t->c->turns.over1ms);
	family(t, "longest_turn_seconds", GAUGE, "seconds",
	    "CPU time of the longest turn");
	fprintf(t->f, "netjail_longest_turn_seconds %" PRIu64 ".%09u\n",
	    t->c->turns.longest / 1000000000,
	    (unsigned)(t->c->turns.longest % 1000000000));
}

/* ---- zones ---- */

static const struct zone_family {
	const char *name;
	enum type type;
	const char *unit;
	size_t	 offset;	/* in struct xzone */
	const char *help;
} zone_families[] = {
	{ "zone_objects", GAUGE, NULL, offsetof(struct xzone, xz_used),
	    "Objects of a zone in use" },
	{ "zone_free_objects", GAUGE, NULL, offsetof(struct xzone, xz_free),
	    "Objects of a zone that are kept and free" },
	{ "zone_limit", GAUGE, NULL, offsetof(struct xzone, xz_limit),
	    "Objects a zone may have; 0: any number" },
	{ "zone_high_water", GAUGE, NULL, offsetof(struct xzone, xz_high),
	    "Most objects of a zone ever in use" },
	{ "zone_memory_bytes", GAUGE, "bytes", offsetof(struct xzone, xz_bytes),
	    "Memory a zone holds" },
	{ "zone_requests", COUNTER, NULL, offsetof(struct xzone, xz_requests),
	    "Objects asked of a zone" },
	{ "zone_failures", COUNTER, NULL, offsetof(struct xzone, xz_failures),
	    "Objects a zone has refused" },
};

static void
zones(const struct text *t)
{
	const struct zone_family *k;
	size_t i, n;
	uint64_t v;

	for (i = 0; i < sizeof(zone_families) / sizeof(zone_families[0]); i++) {
		k = &zone_families[i];
		family(t, k->name, k->type, k->unit, k->help);
		for (n = 0; n < t->c->nzones; n++) {
			memcpy(&v, (const char *)&t->c->zones[n] + k->offset,
			    sizeof(v));
			labelled(t, k->name, k->type, "zone",
			    t->c->zones[n].xz_name, v);
		}
	}
}

void
metrics_write(FILE *f, const struct census *c, bool classic)
{
	const struct text t = { .f = f, .c = c, .classic = classic };

	family(&t, "build_info", GAUGE, NULL, "The stack's version, always 1");
	labelled(&t, "build_info", GAUGE, "version", c->version, 1);
	jails(&t);
	sockets(&t);
	queues(&t);
	ports(&t);
	COUNTERS(&t, ip_counters, &c->ip);
	family(&t, "ip_input_queue_drops", COUNTER, NULL,
	    "Packets for which the input queue had no room");
	sample(&t, "ip_input_queue_drops", COUNTER, NULL, c->intr_drops);
	COUNTERS(&t, icmp_counters, &c->icmp);
	COUNTERS(&t, udp_counters, &c->udp);
	COUNTERS(&t, tcp_counters, &c->tcp);
	turns(&t);
	zones(&t);
	if (!classic)
		fputs("# EOF\n", f);
}
