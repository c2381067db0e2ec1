/*
 * stats.c - counters and the sentences they stand in.
 *
 * The sentences are data (stat_rows.h).  With -s given twice a row whose
 * counters are all zero is left out.
 *
 * Other than in FreeBSD, -z shows the counters it sets back, as its manual page
 * says.
 */
#include <errno.h>
#include <string.h>

#include "netstat/stat_rows.h"
#include "netstat/stats.h"

static void
print_row(struct xo *x, const struct stat_row *row, const uint64_t value[2])
{
	struct out *o = &x->text;
	unsigned i = 0;
	uint64_t v = 0;
	const char *p;

	for (p = row->text; *p != '\0'; p++) {
		switch (*p) {
		case '#':
			v = value[i];
			xo_uint(x, row->name[i], v, 0);
			i++;
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
print_rows(struct xo *x, const struct view *v, const struct stat_group *g,
    const void *stat)
{
	const struct stat_row *row;
	uint64_t value[2];

	for (row = g->row; row < g->row + g->n; row++) {
		memcpy(&value[0], (const char *)stat + row->at[0],
		    sizeof(value[0]));
		memcpy(&value[1], (const char *)stat + row->at[1],
		    sizeof(value[1]));
		if (v->stats > 1 && value[0] == 0 && value[1] == 0)
			continue;
		print_row(x, row, value);
	}
}

static void
print_groups(struct xo *x, const struct view *v, const struct stat_group *g,
    const void *stat)
{
	for (; g->row != NULL; g++) {
		if (g->container != NULL)
			xo_open_container(x, g->container);
		print_rows(x, v, g, stat);
		if (g->container != NULL)
			xo_close(x);
	}
}

/* Begin a protocol; xo_close() ends it. */
static void
open_protocol(struct xo *x, const char *name)
{
	xo_open_container(x, name);
	out_str(&x->text, name);
	out_str(&x->text, ":\n");
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
print_states(struct xo *x, const struct view *v, const struct mib *mib)
{
	static const char title[] = "TCP connection count by state";
	uint64_t count[TCP_NSTATES];
	size_t i, len = sizeof(count);
	struct out *o = &x->text;

	if (mib->swap("net.inet.tcp.states", count, &len, NULL, 0) == -1 ||
	    len != sizeof(count))
		return;
	xo_open_container(x, title);
	out_str(o, title);
	out_str(o, ":\n");
	for (i = 0; i < TCP_NSTATES; i++) {
		if (v->stats > 1 && count[i] == 0)
			continue;
		out_mem(o, "\t", 1);
		xo_uint(x, tcp_state_name[i], count[i], 0);
		/* the blank instead of a plural is FreeBSD's */
		out_str(o, count[i] == 1 ? " connection " : " connections");
		out_str(o, " in ");
		out_str(o, tcp_state_name[i]);
		out_str(o, " state\n");
	}
	xo_close(x);
}

int
stats_tcp(struct xo *x, const struct view *v, const struct mib *mib,
    const char *name)
{
	struct tcpstat stat;

	if (fetch(v, mib, "net.inet.tcp.stats", &stat, sizeof(stat)) == -1)
		return -1;
	open_protocol(x, name);
	print_groups(x, v, tcp_groups, &stat);
	print_states(x, v, mib);
	xo_close(x);
	return 0;
}

int
stats_udp(struct xo *x, const struct view *v, const struct mib *mib,
    const char *name)
{
	struct udpview u;
	const struct udpstat *s = &u.stat;

	if (fetch(v, mib, "net.inet.udp.stats", &u.stat, sizeof(u.stat)) == -1)
		return -1;
	u.delivered = s->udps_ipackets - s->udps_hdrops - s->udps_badlen -
	    s->udps_badsum - s->udps_noport - s->udps_noportbcast -
	    s->udps_fullsock;
	open_protocol(x, name);
	print_groups(x, v, udp_groups, &u);
	xo_close(x);
	return 0;
}

int
stats_ip(struct xo *x, const struct view *v, const struct mib *mib,
    const char *name)
{
	struct ipstat stat;

	if (fetch(v, mib, "net.inet.ip.stats", &stat, sizeof(stat)) == -1)
		return -1;
	open_protocol(x, name);
	print_groups(x, v, ip_groups, &stat);
	xo_close(x);
	return 0;
}

static void
print_type(struct xo *x, unsigned type, uint64_t count)
{
	out_str(&x->text, "\t\t");
	xo_open_instance(x);
	if (icmp_names[type] != NULL) {
		xo_str(x, "name", icmp_names[type]);
	} else {
		out_mem(&x->text, "#", 1);
		xo_uint(x, "name", type, 0);
	}
	out_str(&x->text, ": ");
	xo_uint(x, "count", count, 0);
	out_mem(&x->text, "\n", 1);
	xo_close(x);
}

/* How many messages of each type, zero or not asked for left out. */
static void
print_histogram(struct xo *x, const char *name, const char *title,
    const uint64_t *count)
{
	bool titled = false;
	unsigned i;

	for (i = 0; i <= ICMP_MAXTYPE; i++) {
		if (count[i] == 0)
			continue;
		if (!titled) {
			xo_open_list(x, name);
			out_str(&x->text, title);
		}
		titled = true;
		print_type(x, i, count[i]);
	}
	if (titled)
		xo_close(x);
}

static void
print_maskrepl(struct xo *x, const struct mib *mib)
{
	int on = 0;
	size_t len = sizeof(on);

	if (mib->swap("net.inet.icmp.maskrepl", &on, &len, NULL, 0) == -1 ||
	    len != sizeof(on))
		return;
	out_str(&x->text, "\tICMP address mask responses are ");
	xo_str(x, "icmp-address-responses", on ? "enabled" : "disabled");
	out_str(&x->text, "\n");
}

int
stats_icmp(struct xo *x, const struct view *v, const struct mib *mib,
    const char *name)
{
	struct icmpstat stat;

	if (fetch(v, mib, "net.inet.icmp.stats", &stat, sizeof(stat)) == -1)
		return -1;
	open_protocol(x, name);
	print_groups(x, v, icmp_made, &stat);
	print_histogram(x, "output-histogram", "\tOutput histogram:\n",
	    stat.icps_outhist);
	print_groups(x, v, icmp_refused, &stat);
	print_histogram(x, "input-histogram", "\tInput histogram:\n",
	    stat.icps_inhist);
	print_groups(x, v, icmp_answered, &stat);
	print_maskrepl(x, mib);
	xo_close(x);
	return 0;
}
