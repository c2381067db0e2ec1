/*
 * top_table.c - the tables of netjail top.
 *
 * A column is one row of a table here: its title, its width, and how a cell is
 * had from a jail or a socket.  Drawing, sorting, filtering and the form for
 * programs need nothing else.
 *
 * Names are a jail's choice and a terminal takes orders from text, so that all
 * text passes through top_clean().
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which strnvis() is meant; none is used. */
#define LIBBSD_OPENBSD_VIS
#include <bsd/vis.h>

#include "netjail/top.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

void
top_clean(char *buf, const char *s)
{
	char part[(TOP_CELL - 1) / 4 + 1];

	snprintf(part, sizeof(part), "%s", s);
	strvis(buf, part, VIS_OCTAL | VIS_WHITE);
}

const char *
top_number(char buf[TOP_NUMBER], uint64_t v)
{
	static const char unit[] = " kMGTPE";
	unsigned i = 0;

	while (v > (i == 0 ? 99999U : 9999U)) {
		v /= 1000;
		i++;
	}
	snprintf(buf, TOP_NUMBER, i == 0 ? "%" PRIu64 : "%" PRIu64 "%c", v,
	    unit[i]);
	return buf;
}

/* ---- jails ---- */

#define JAIL_NUMBER(name, expr)						\
	static uint64_t							\
	jail_##name(const void *row, const struct census *c)		\
	{								\
		const struct census_jail *j = row;			\
									\
		(void)c;						\
		return expr;						\
	}

static uint64_t
sum(const uint64_t *v, unsigned n)
{
	uint64_t total = 0;

	while (n > 0)
		total += v[--n];
	return total;
}

JAIL_NUMBER(jid, (uint64_t)j->jid)
JAIL_NUMBER(sockets, sum(j->sockets, CENSUS_NPROTO))
JAIL_NUMBER(listen, j->states[CENSUS_LISTEN])
JAIL_NUMBER(established, j->states[CENSUS_ESTABLISHED])
JAIL_NUMBER(time_wait, j->states[CENSUS_TIME_WAIT])
JAIL_NUMBER(other, sum(j->states, TCP_NSTATES) - j->states[CENSUS_LISTEN] -
    j->states[CENSUS_ESTABLISHED] - j->states[CENSUS_TIME_WAIT])
JAIL_NUMBER(udp, j->sockets[CENSUS_UDP])
JAIL_NUMBER(recvq, j->recvq)
JAIL_NUMBER(sendq, j->sendq)
JAIL_NUMBER(accepts, j->qlen + j->incqlen)
JAIL_NUMBER(ports, j->ports)

static void
jail_name(const void *row, const struct census *c, char *buf)
{
	const struct census_jail *j = row;

	(void)c;
	top_clean(buf, j->name);
	if (j->dying)
		strcat(buf, "!");
}

static void
jail_host(const void *row, const struct census *c, char *buf)
{
	(void)c;
	top_clean(buf, ((const struct census_jail *)row)->host);
}

static void
jail_address(const void *row, const struct census *c, char *buf)
{
	const struct census_jail *j = row;

	(void)c;
	*buf = '\0';
	if (j->naddr > 0)
		inaddr_ntop(&j->addr, buf);
}

/* In per cent of the range, with a tenth. */
static void
jail_fill(const void *row, const struct census *c, char *buf)
{
	const struct census_jail *j = row;
	unsigned tenths = (unsigned)(j->ports * UINT64_C(1000) /
	    (unsigned)census_range_size(c, RANGE_DEFAULT));

	if (tenths >= 1000)
		snprintf(buf, TOP_CELL, "full");
	else
		snprintf(buf, TOP_CELL, "%u.%u", tenths / 10, tenths % 10);
}

static const struct top_column jail_columns[] = {
	{ "JID", "jid", 6, jail_jid, NULL },
	{ "JAIL", "name", -14, NULL, jail_name },
	{ "SOCK", "sockets", 5, jail_sockets, NULL },
	{ "LISTN", "listen", 5, jail_listen, NULL },
	{ "ESTAB", "established", 5, jail_established, NULL },
	{ "TWAIT", "time_wait", 5, jail_time_wait, NULL },
	{ "OTHER", "other", 5, jail_other, NULL },
	{ "UDP", "udp", 5, jail_udp, NULL },
	{ "RECVQ", "recvq", 5, jail_recvq, NULL },
	{ "SENDQ", "sendq", 5, jail_sendq, NULL },
	{ "ACCQ", "acceptq", 4, jail_accepts, NULL },
	{ "PORT%", "ports", 5, jail_ports, jail_fill },
	{ "ADDRESS", "address", -15, NULL, jail_address },
	{ "HOSTNAME", "hostname", -20, NULL, jail_host },
};

const struct top_kind top_jails = {
	.col = jail_columns, .ncols = NITEMS(jail_columns), .sort = 2,
};

/* ---- sockets ---- */

static void
socket_proto(const void *row, const struct census *c, char *buf)
{
	const struct census_socket *s = row;

	(void)c;
	snprintf(buf, TOP_CELL, "%s%s", census_proto_name[s->proto],
	    inaddr_is_v4(&s->laddr) ? "4" : "6");
}

static void
endpoint(const struct inaddr *a, in_port_t port, char *buf)
{
	char addr[INADDR_STRLEN], number[8] = "*";

	if (port != 0)
		snprintf(number, sizeof(number), "%u", port);
	snprintf(buf, TOP_CELL, "%s.%s",
	    inaddr_is_any(a) ? "*" : inaddr_ntop(a, addr), number);
}

static void
socket_local(const void *row, const struct census *c, char *buf)
{
	const struct census_socket *s = row;

	(void)c;
	endpoint(&s->laddr, s->lport, buf);
}

static void
socket_foreign(const void *row, const struct census *c, char *buf)
{
	const struct census_socket *s = row;

	(void)c;
	endpoint(&s->faddr, s->fport, buf);
}

static void
socket_state(const void *row, const struct census *c, char *buf)
{
	const struct census_socket *s = row;

	(void)c;
	snprintf(buf, TOP_CELL, "%s", s->state >= 0 && s->state < TCP_NSTATES ?
	    tcp_state_name[s->state] : "-");
}

static uint64_t
socket_recvq(const void *row, const struct census *c)
{
	(void)c;
	return ((const struct census_socket *)row)->recvq;
}

static uint64_t
socket_sendq(const void *row, const struct census *c)
{
	(void)c;
	return ((const struct census_socket *)row)->sendq;
}

static const struct top_column socket_columns[] = {
	{ "PROTO", "proto", -5, NULL, socket_proto },
	{ "RECVQ", "recvq", 6, socket_recvq, NULL },
	{ "SENDQ", "sendq", 6, socket_sendq, NULL },
	{ "LOCAL", "local", -22, NULL, socket_local },
	{ "FOREIGN", "foreign", -22, NULL, socket_foreign },
	{ "STATE", "state", -11, NULL, socket_state },
};

const struct top_kind top_sockets = {
	.col = socket_columns, .ncols = NITEMS(socket_columns), .sort = 1,
};

/* ---- order ---- */

int
top_column_find(const struct top_kind *k, const char *name)
{
	unsigned i;

	for (i = 0; i < k->ncols; i++)
		if (strcasecmp(k->col[i].key, name) == 0 ||
		    strcasecmp(k->col[i].title, name) == 0)
			return (int)i;
	return -1;
}

static bool
has_text(const struct top_order *o, const struct census *c, const void *row)
{
	char buf[TOP_CELL];
	unsigned i;

	if (*o->filter == '\0')
		return true;
	for (i = 0; i < o->kind->ncols; i++) {
		if (o->kind->col[i].text == NULL)
			continue;
		o->kind->col[i].text(row, c, buf);
		if (strcasestr(buf, o->filter) != NULL)
			return true;
	}
	return false;
}

/* The order and the census, for qsort_r(3). */
struct sorting {
	const struct top_order *o;
	const struct census *c;
};

static int
compare(const void *a, const void *b, void *arg)
{
	const struct sorting *s = arg;
	const struct top_column *col = &s->o->kind->col[s->o->sort];
	const void *x = *(const void *const *)a, *y = *(const void *const *)b;
	char xt[TOP_CELL], yt[TOP_CELL];
	uint64_t xn, yn;
	int order;

	if (col->number != NULL) {
		xn = col->number(x, s->c);
		yn = col->number(y, s->c);
		order = (xn < yn) - (xn > yn);
	} else {
		col->text(x, s->c, xt);
		col->text(y, s->c, yt);
		order = strcmp(xt, yt);
	}
	if (s->o->reverse)
		order = -order;
	/* Rows that are alike stay where they were. */
	return order != 0 ? order : (x > y) - (x < y);
}

const void **
top_rows(const struct top_order *o, const struct census *c, size_t *n)
{
	bool jails = o->kind == &top_jails;
	size_t size = jails ? sizeof(*c->jails) : sizeof(*c->look);
	size_t i, count = jails ? c->njails : c->nlook;
	const char *first = jails ? (const char *)c->jails :
	    (const char *)c->look;
	struct sorting s = { o, c };
	const void **rows;

	*n = 0;
	if (count == 0 || (rows = calloc(count, sizeof(*rows))) == NULL)
		return NULL;
	for (i = 0; i < count; i++)
		if (has_text(o, c, first + i * size))
			rows[(*n)++] = first + i * size;
	qsort_r(rows, *n, sizeof(*rows), compare, &s);
	return rows;
}

/* ---- the lines above ---- */

void
top_rates(struct top_rates *r, const struct census *before,
    const struct census *now, double seconds)
{
#define RATE(f)	((now->f) < (before->f) || seconds <= 0 ? 0 :		\
	(uint64_t)((double)((now->f) - (before->f)) / seconds + 0.5))
	*r = (struct top_rates){
		.packets_in = RATE(ip.ips_total),
		.packets_out = RATE(ip.ips_localout),
		.bytes_in = RATE(tcp.tcps_rcvbyte),
		.bytes_out = RATE(tcp.tcps_sndbyte),
		.datagrams_in = RATE(udp.udps_ipackets),
		.datagrams_out = RATE(udp.udps_opackets),
		.connects = RATE(tcp.tcps_connattempt),
		.accepts = RATE(tcp.tcps_accepts),
		.drops = RATE(tcp.tcps_drops),
		.retransmits = RATE(tcp.tcps_sndrexmitpack),
		.picks = RATE(ports.picks),
	};
#undef RATE
}

static uint64_t
in_state(const struct census *c, unsigned state)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < c->njails; i++)
		n += c->jails[i].states[state];
	return n;
}

static size_t
listed_jails(const struct census *c)
{
	size_t i, n = 0;

	for (i = 0; i < c->njails; i++)
		n += c->jails[i].listed;
	return n;
}

void
top_summary(char line[TOP_LINES][TOP_WIDTH + 1], const struct census *c,
    const struct top_rates *r)
{
	char n[8][TOP_NUMBER];

#define N(i, v) top_number(n[i], v)
	snprintf(line[0], TOP_WIDTH + 1, "netjail %.16s: %zu jails, "
	    "%s sockets: %s listen, %s established, %s time-wait", c->version,
	    listed_jails(c), N(0, c->total), N(1, in_state(c, CENSUS_LISTEN)),
	    N(2, in_state(c, CENSUS_ESTABLISHED)),
	    N(3, in_state(c, CENSUS_TIME_WAIT)));
	snprintf(line[1], TOP_WIDTH + 1, "packets/s: %s in, %s out; "
	    "TCP bytes/s: %s in, %s out; UDP/s: %s in, %s out",
	    N(0, r->packets_in), N(1, r->packets_out), N(2, r->bytes_in),
	    N(3, r->bytes_out), N(4, r->datagrams_in),
	    N(5, r->datagrams_out));
	snprintf(line[2], TOP_WIDTH + 1, "TCP/s: %s connects, %s accepts, "
	    "%s drops, %s retransmits; queue overflows: %s", N(0, r->connects),
	    N(1, r->accepts), N(2, r->drops), N(3, r->retransmits),
	    N(4, c->tcp.tcps_listendrop));
	snprintf(line[3], TOP_WIDTH + 1, "ports: %d-%d, %s picks/s; refused: "
	    "%s exhausted, %s in use, %s denied", c->range[RANGE_DEFAULT].first,
	    c->range[RANGE_DEFAULT].last, N(0, r->picks),
	    N(1, c->ports.exhausted), N(2, c->ports.conflicts),
	    N(3, c->ports.denied));
#undef N
}

/* ---- rows as text ---- */

static void
cell(char *buf, const struct top_column *col, const struct census *c,
    const void *row)
{
	char number[TOP_NUMBER];

	if (row == NULL)
		snprintf(buf, TOP_CELL, "%s", col->title);
	else if (col->text != NULL)
		col->text(row, c, buf);
	else
		snprintf(buf, TOP_CELL, "%s",
		    top_number(number, col->number(row, c)));
}

void
top_line(char *buf, size_t size, int width, const struct top_kind *k,
    const struct census *c, const void *row)
{
	const struct top_column *col;
	char text[TOP_CELL];
	int used = 0, w;
	unsigned i;

	*buf = '\0';
	for (i = 0; i < k->ncols; i++) {
		col = &k->col[i];
		w = abs(col->width);
		if (i > 0 && used + 1 + w > width)
			break;
		cell(text, col, c, row);
		used += snprintf(buf + used, size - (size_t)used, "%s%*.*s",
		    i > 0 ? " " : "", col->width, w, text);
		if ((size_t)used >= size)
			break;
	}
}

void
top_print(const char *what, const struct top_kind *k, const struct census *c,
    const void *row)
{
	char text[TOP_CELL];
	unsigned i;

	fputs(what, stdout);
	for (i = 0; i < k->ncols; i++) {
		printf(" %s=", k->col[i].key);
		if (k->col[i].number != NULL)
			printf("%" PRIu64, k->col[i].number(row, c));
		else {
			k->col[i].text(row, c, text);
			fputs(text, stdout);
		}
	}
	putchar('\n');
}
