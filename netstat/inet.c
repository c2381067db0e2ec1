/*
 * inet.c - the table of Internet sockets.
 *
 * A column is one row of `columns': when it is shown, its title, its cell.  The
 * text is FreeBSD 14's byte for byte, with these of its habits:
 *
 *  - an address cell ends with a blank of its own, so what follows needs none,
 *    and the rows of protocols without a state end in that blank;
 *  - the titles that -x adds sit one character left of their values;
 *  - with -T the title of the last column is not padded;
 *  - with -L the head comes out as soon as any socket passes the filter, also
 *    one without a queue.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "netstat/change.h"
#include "netstat/filter.h"
#include "netstat/inet.h"

#define TCPS_ESTABLISHED 4	/* t_state */

#define PCBWIDTH	16	/* hex digits of a kernel address */
#define PORTLEN		15	/* a service's name is cut to that */
#define LINELEN		79	/* an address and port, at most */

/* Widths of columns that depend on the options or the data. */
enum { WIDTH_FREE = 0, WIDTH_ADDR = -1, WIDTH_STACK = -2, WIDTH_CC = -3 };

struct row {
	struct inet_table	*t;
	const struct inet_part	*part;
	const struct conn	*c;
};

struct column {
	bool		(*when)(const struct view *);
	const char	*title;
	int		 width;		/* characters or WIDTH_ */
	bool		 right;		/* title to the right */
	uint8_t		 head_gap;	/* blanks before title and cell, if */
	uint8_t		 cell_gap;	/* something stands before them */
	bool		 tcp;		/* others have no such cell */
	void		(*cell)(const struct row *);	/* text and field */
};

/* ---- addresses ---- */

/* An address and port as text; never longer than LINELEN. */
struct line {
	char	 s[LINELEN];
	size_t	 n;
};

static void
line_mem(struct line *l, const char *s, size_t len)
{
	size_t room = LINELEN - l->n;

	if (len > room)
		len = room;
	memcpy(l->s + l->n, s, len);
	l->n += len;
}

static void
line_add(struct line *l, const char *s, size_t max)
{
	line_mem(l, s, strnlen(s, max));
}

static void
line_uint(struct line *l, unsigned v)
{
	char buf[OUT_DIGITS], *end = buf + OUT_DIGITS;
	const char *p = out_digits(end, v);

	line_mem(l, p, (size_t)(end - p));
}

/* Dotted; by hand, for it is most of the work of a row. */
static void
line_v4(struct line *l, const struct inaddr *a, size_t max)
{
	struct line quad = { .n = 0 };
	int i;

	for (i = 12; i < 16; i++) {
		if (i > 12)
			line_mem(&quad, ".", 1);
		line_uint(&quad, a->b[i]);
	}
	line_mem(l, quad.s, quad.n < max ? quad.n : max);
}

static void
line_host(struct line *l, const struct view *v, const struct inaddr *a,
    size_t max)
{
	char text[INADDR_STRLEN];
	const char *name = NULL;

	if (inaddr_is_any(a)) {
		line_add(l, "*", max);
		return;
	}
	if (!v->numeric_addr)
		name = v->names->host(a);
	if (name != NULL)
		line_add(l, name, max);
	else if (inaddr_is_v4(a))
		line_v4(l, a, max);
	else
		line_add(l, inaddr_ntop(a, text), max);
}

static void
line_port(struct line *l, const struct row *r, in_port_t port, bool numeric)
{
	const struct view *v = r->t->v;
	const char *name = NULL;

	if (port == 0)
		name = "*";
	else if (!numeric)
		name = v->names->service(port, r->part->name);
	if (name != NULL)
		line_add(l, name, PORTLEN);
	else
		line_uint(l, ntohs(port));
}

static size_t
host_max(const struct view *v, bool v4, bool numeric_port)
{
	if (v->wide)
		return v4 ? LINELEN : 39;
	return v->pcb && !numeric_port ? 12 : 16;
}

static size_t
addr_width(const struct view *v)
{
	if (v->wide)
		return v->af == AF_INET ? 22 : 45;
	return v->pcb ? 18 : 22;
}

static void
text_addr(const struct row *r, const struct inaddr *a, in_port_t port,
    bool numeric_port)
{
	const struct view *v = r->t->v;
	struct line l = { .n = 0 };
	bool v4 = (r->c->inp->inp_vflag & INP_IPV4) != 0;
	size_t width = addr_width(v);

	line_host(&l, v, a, host_max(v, v4, numeric_port));
	line_mem(&l, ".", 1);
	line_port(&l, r, port, numeric_port);
	if (v4 && v->wide)
		line_mem(&l, " ", 1);	/* FreeBSD pads with this one in */
	else if (l.n > width)
		l.n = width;
	out_mem(&r->t->x->text, l.s, l.n);
	out_blanks(&r->t->x->text, l.n < width ? width - l.n + 1 : 1);
}

/* Nothing is cut here. */
static void
json_addr(const struct row *r, const char *key, const struct inaddr *a,
    in_port_t port, bool numeric_port)
{
	const struct view *v = r->t->v;
	char text[INADDR_STRLEN], digits[OUT_DIGITS];
	const char *host = NULL, *service = NULL;

	if (inaddr_is_any(a))
		host = "*";
	else if (!v->numeric_addr)
		host = v->names->host(a);
	if (port == 0)
		service = "*";
	else if (!numeric_port)
		service = v->names->service(port, r->part->name);
	snprintf(digits, sizeof(digits), "%u", ntohs(port));
	xo_open_container(r->t->x, key);
	xo_e_str(r->t->x, "address", host != NULL ? host :
	    inaddr_ntop(a, text));
	xo_e_str(r->t->x, "port", service != NULL ? service : digits);
	xo_close(r->t->x);
}

static void
cell_addr(const struct row *r, const char *key, const struct inaddr *a,
    in_port_t port, bool numeric_port)
{
	if (r->t->x->style.json)
		json_addr(r, key, a, port, numeric_port);
	else
		text_addr(r, a, port, numeric_port);
}

static void
cell_local(const struct row *r)
{
	const struct xinpcb *inp = r->c->inp;

	cell_addr(r, "local", &r->c->laddr, inp->inp_lport,
	    r->t->v->numeric_port || (inp->inp_flags & INP_ANONPORT) != 0);
}

/*
 * A peer's port has a meaning only where ours was given by the system: then we
 * are the client.
 */
static void
cell_foreign(const struct row *r)
{
	const struct xinpcb *inp = r->c->inp;
	bool client = (inp->inp_flags & INP_ANONPORT) != 0 ||
	    inp->inp_lport == inp->inp_fport;

	cell_addr(r, "remote", &r->c->faddr, inp->inp_fport,
	    r->t->v->numeric_port || !client);
}

/* ---- other cells ---- */

static void
cell_pcb(const struct row *r)
{
	xo_hex(r->t->x, "address", r->c->so->so_pcb, PCBWIDTH, ' ');
}

static void
cell_proto(const struct row *r)
{
	static const char *const family[] = { "", "4", "6", "46" };
	const struct conn *c = r->c;
	bool toe = c->tp != NULL && (c->tp->t_flags & TF_TOE) != 0;
	const char *name = toe ? "toe" : r->part->name;
	const char *fam = family[c->inp->inp_vflag & (INP_IPV4 | INP_IPV6)];
	char both[16];

	if (r->t->x->style.json) {
		snprintf(both, sizeof(both), "%s%s", name, fam);
		xo_e_str(r->t->x, "protocol", both);
		return;
	}
	out_left(&r->t->x->text, name, 3);
	out_left(&r->t->x->text, fam, 2);
}

static void
cell_listen(const struct row *r)
{
	const struct xsocket *so = r->c->so;
	char text[33];

	snprintf(text, sizeof(text), "%u/%u/%u", so->so_qlen, so->so_incqlen,
	    so->so_qlimit);
	xo_left(r->t->x, "listen-queue-sizes", text, 32);
}

/* Cells that are one field of the record, six wide. */
#define CELL_SOCKBUF(name, sb, field, key)				\
	static void							\
	cell_##name(const struct row *r)				\
	{								\
		xo_uint(r->t->x, key, (uint32_t)r->c->so->sb.field, 6);	\
	}
CELL_SOCKBUF(recvq, so_rcv, sb_cc, "receive-bytes-waiting")
CELL_SOCKBUF(sendq, so_snd, sb_cc, "send-bytes-waiting")
CELL_SOCKBUF(rhiwat, so_rcv, sb_hiwat, "receive-high-water")
CELL_SOCKBUF(shiwat, so_snd, sb_hiwat, "send-high-water")
CELL_SOCKBUF(rlowat, so_rcv, sb_lowat, "receive-low-water")
CELL_SOCKBUF(slowat, so_snd, sb_lowat, "send-low-water")
CELL_SOCKBUF(rbcnt, so_rcv, sb_mbcnt, "receive-mbuf-bytes")
CELL_SOCKBUF(sbcnt, so_snd, sb_mbcnt, "send-mbuf-bytes")
CELL_SOCKBUF(rbmax, so_rcv, sb_mbmax, "receive-mbuf-bytes-max")
CELL_SOCKBUF(sbmax, so_snd, sb_mbmax, "send-mbuf-bytes-max")

/* TCP's counters: the column is blank for others. */
#define CELL_LOSS(name, field, key)					\
	static void							\
	cell_##name(const struct row *r)				\
	{								\
		if (r->c->tp == NULL)					\
			out_blanks(&r->t->x->text, 6);			\
		else							\
			xo_uint(r->t->x, key,				\
			    (uint32_t)r->c->tp->field, 6);		\
	}
CELL_LOSS(rexmit, t_sndrexmitpack, "sent-retransmit-packets")
CELL_LOSS(ooorcv, t_rcvoopack, "received-out-of-order-packets")
CELL_LOSS(zerowin, t_sndzerowin, "sent-zero-window")

/* Milliseconds as seconds and hundredths: %4d.%02d. */
static void
timer(struct xo *x, const char *key, int32_t ms)
{
	int32_t hundredths = ms % 1000 / 10;

	xo_e_hundredths(x, key, ms / 10);
	out_int(&x->text, ms / 1000, 4);
	out_mem(&x->text, ".", 1);
	if (hundredths >= 0 && hundredths < 10)
		out_mem(&x->text, "0", 1);
	out_int(&x->text, hundredths, 0);
}

#define CELL_TIMER(name, field, key)					\
	static void							\
	cell_##name(const struct row *r)				\
	{								\
		timer(r->t->x, key, r->c->tp->field);			\
	}
CELL_TIMER(t_rexmt, tt_rexmt, "retransmit-timer")
CELL_TIMER(t_persist, tt_persist, "persist-timer")
CELL_TIMER(t_keep, tt_keep, "keepalive-timer")
CELL_TIMER(t_2msl, tt_2msl, "msl2-timer")
CELL_TIMER(t_delack, tt_delack, "delay-ack-timer")
CELL_TIMER(t_rcvtime, t_rcvtime, "inactivity-timer")

static void
cell_state(const struct row *r)
{
	const struct xtcpcb *tp = r->c->tp;
	char digits[sizeof("-2147483648")];

	if (tp->t_state < 0 || tp->t_state >= TCP_NSTATES) {
		snprintf(digits, sizeof(digits), "%d", tp->t_state);
		xo_e_int(r->t->x, "tcp-state", tp->t_state);
		out_left(&r->t->x->text, digits, 11);
		return;
	}
	xo_left(r->t->x, "tcp-state", tcp_state_name[tp->t_state], 11);
	if (tp->t_flags & (TF_NEEDSYN | TF_NEEDFIN))
		xo_str(r->t->x, "need-syn-or-fin", "*");
}

static void
cell_flowid(const struct row *r)
{
	xo_hex(r->t->x, "flow-id", r->c->inp->inp_flowid, 8, '0');
}

static void
cell_flowtype(const struct row *r)
{
	xo_int(r->t->x, "flow-type", (int32_t)r->c->inp->inp_flowtype, 5);
}

/* A field of the record that need not end with a NUL. */
static void
cell_field(const struct row *r, const char *key, const char *s, size_t size,
    size_t width)
{
	char text[TCP_LOG_ID_LEN + 1];
	size_t len = strnlen(s, size);

	memcpy(text, s, len);
	text[len] = '\0';
	xo_left(r->t->x, key, text, width);
}

static void
cell_stack(const struct row *r)
{
	const struct xtcpcb *tp = r->c->tp;

	cell_field(r, "stack", tp->xt_stack, sizeof(tp->xt_stack),
	    r->t->stackwidth);
}

static void
cell_cc(const struct row *r)
{
	const struct xtcpcb *tp = r->c->tp;

	cell_field(r, "cc", tp->xt_cc, sizeof(tp->xt_cc), r->t->ccwidth);
}

static void
cell_cwin(const struct row *r)
{
	xo_uint(r->t->x, "snd-cwnd", r->c->tp->t_snd_cwnd, 10);
}

static void
cell_ssthresh(const struct row *r)
{
	xo_uint(r->t->x, "snd-ssthresh", r->c->tp->t_snd_ssthresh, 10);
}

static void
cell_mss(const struct row *r)
{
	xo_uint(r->t->x, "t-maxseg", r->c->tp->t_maxseg, 5);
}

static void
cell_ecn(const struct row *r)
{
	const struct xtcpcb *tp = r->c->tp;
	const char *ecn = tp->xt_ecn == 1 ? "ecn" : "ace";

	if (tp->t_state < TCPS_ESTABLISHED)
		ecn = "n/a";
	else if (tp->xt_ecn == 0)
		ecn = "off";
	xo_str(r->t->x, "ecn", ecn);
}

static void
cell_logid(const struct row *r)
{
	const struct xtcpcb *tp = r->c->tp;
	size_t len = strnlen(tp->xt_logid, sizeof(tp->xt_logid));

	if (len == 0)
		xo_str(r->t->x, "log-id", "-");
	else
		cell_field(r, "log-id", tp->xt_logid, len, len);
}

/* ---- which columns there are ---- */

static bool
always(const struct view *v)
{
	(void)v;
	return true;
}

static bool
with_pcb(const struct view *v)
{
	return v->pcb;
}

static bool
with_listen(const struct view *v)
{
	return v->queues;
}

static bool
with_losses(const struct view *v)
{
	return v->losses && !v->queues;
}

static bool
with_data(const struct view *v)
{
	return !v->losses && !v->queues;
}

static bool
with_state(const struct view *v)
{
	return with_data(v) && !v->buffers && !v->flows;
}

static bool
with_buffers(const struct view *v)
{
	return v->buffers;
}

static bool
with_flows(const struct view *v)
{
	return v->flows && !v->buffers;
}

/* Beside -x they stand there without a title. */
static bool
with_untitled_flows(const struct view *v)
{
	return v->flows && v->buffers;
}

static bool
with_stacks(const struct view *v)
{
	return v->stacks;
}

static bool
with_cc(const struct view *v)
{
	return v->congestion;
}

static bool
with_logids(const struct view *v)
{
	return v->logids;
}

static const struct column columns[] = {
	/* when, title, width, right, gaps of head and cell, tcp, cell */
	{ with_pcb, "Tcpcb", PCBWIDTH, false, 1, 1, false, cell_pcb },
	{ always, "Proto", 5, false, 1, 1, false, cell_proto },
	{ with_listen, "Listen", 32, false, 1, 1, false, cell_listen },
	{ with_losses, "Rexmit", 6, false, 1, 1, false, cell_rexmit },
	{ with_losses, "OOORcv", 6, false, 1, 1, false, cell_ooorcv },
	{ with_losses, "0-win", 6, false, 1, 1, false, cell_zerowin },
	{ with_data, "Recv-Q", 6, false, 1, 1, false, cell_recvq },
	{ with_data, "Send-Q", 6, false, 1, 1, false, cell_sendq },
	{ always, "Local Address", WIDTH_ADDR, false, 1, 1, false, cell_local },
	{ with_data, "Foreign Address", WIDTH_ADDR, false, 1, 0, false,
	    cell_foreign },
	{ with_losses, "Foreign Address", WIDTH_FREE, false, 1, 0, false,
	    cell_foreign },
	{ with_state, "(state)", 11, false, 1, 0, true, cell_state },
	{ with_buffers, "R-HIWA", 6, false, 0, 0, false, cell_rhiwat },
	{ with_buffers, "S-HIWA", 6, false, 1, 1, false, cell_shiwat },
	{ with_buffers, "R-LOWA", 6, false, 1, 1, false, cell_rlowat },
	{ with_buffers, "S-LOWA", 6, false, 1, 1, false, cell_slowat },
	{ with_buffers, "R-BCNT", 6, false, 1, 1, false, cell_rbcnt },
	{ with_buffers, "S-BCNT", 6, false, 1, 1, false, cell_sbcnt },
	{ with_buffers, "R-BMAX", 6, false, 1, 1, false, cell_rbmax },
	{ with_buffers, "S-BMAX", 6, false, 1, 1, false, cell_sbmax },
	{ with_buffers, "rexmt", 7, true, 1, 1, true, cell_t_rexmt },
	{ with_buffers, "persist", 7, true, 1, 1, true, cell_t_persist },
	{ with_buffers, "keep", 7, true, 1, 1, true, cell_t_keep },
	{ with_buffers, "2msl", 7, true, 1, 1, true, cell_t_2msl },
	{ with_buffers, "delack", 7, true, 1, 1, true, cell_t_delack },
	{ with_buffers, "rcvtime", 7, true, 1, 1, true, cell_t_rcvtime },
	{ with_flows, "flowid", 8, true, 2, 1, false, cell_flowid },
	{ with_flows, "ftype", 5, true, 1, 1, false, cell_flowtype },
	{ with_untitled_flows, "", 0, true, 0, 1, false, cell_flowid },
	{ with_untitled_flows, "", 0, true, 0, 1, false, cell_flowtype },
	{ with_stacks, "Stack", WIDTH_STACK, false, 1, 1, true, cell_stack },
	{ with_cc, "CC", WIDTH_CC, false, 1, 1, true, cell_cc },
	{ with_cc, "cwin", 10, true, 1, 1, true, cell_cwin },
	{ with_cc, "ssthresh", 10, true, 1, 1, true, cell_ssthresh },
	{ with_cc, "MSS", 5, true, 1, 1, true, cell_mss },
	{ with_cc, "ECN", 3, true, 1, 1, true, cell_ecn },
	{ with_logids, "Log ID", WIDTH_FREE, false, 1, 1, true, cell_logid },
};
#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))
static_assert(NCOLUMNS <= INET_MAXCOL, "room for every column");

/* ---- the table ---- */

void
inet_table_init(struct inet_table *t, struct xo *x, const struct view *v)
{
	size_t i;

	t->x = x;
	t->v = v;
	t->titled = false;
	t->ccwidth = strlen("CC");
	t->stackwidth = strlen("Stack");
	t->ncol = 0;
	for (i = 0; i < NCOLUMNS; i++)
		if (columns[i].when(v))
			t->col[t->ncol++] = &columns[i];
}

static size_t
title_width(const struct inet_table *t, const struct column *col)
{
	switch (col->width) {
	case WIDTH_FREE:
		return strlen(col->title);
	case WIDTH_ADDR:
		return addr_width(t->v);
	case WIDTH_STACK:
		return t->stackwidth;
	case WIDTH_CC:
		return t->ccwidth;
	}
	return (size_t)col->width;
}

static void
print_title(struct inet_table *t)
{
	const struct column *col;
	struct out *o = &t->x->text;
	size_t i, width;

	if (t->v->queues)
		out_str(o, "Current listen queue sizes (qlen/incqlen/maxqlen)");
	else
		out_str(o, "Active Internet connections");
	if (t->v->all && !t->v->queues)
		out_str(o, " (including servers)");
	out_mem(o, "\n", 1);
	for (i = 0; i < t->ncol; i++) {
		col = t->col[i];
		width = title_width(t, col);
		out_blanks(o, i == 0 ? 0 : col->head_gap);
		if (col->right)
			out_right(o, col->title, width);
		else
			out_left(o, col->title, width);
	}
	out_mem(o, "\n", 1);
	t->titled = true;
}

static void
print_row(const struct row *r)
{
	const struct inet_table *t = r->t;
	const struct column *col;
	size_t i;

	xo_open_instance(t->x);
	for (i = 0; i < t->ncol; i++) {
		col = t->col[i];
		if (col->tcp && r->c->tp == NULL)
			continue;
		out_blanks(&t->x->text, i == 0 ? 0 : col->cell_gap);
		col->cell(r);
	}
	out_mem(&t->x->text, "\n", 1);
	xo_close(t->x);
}

static size_t
max(size_t a, size_t b)
{
	return a > b ? a : b;
}

bool
inet_table_measures(const struct inet_table *t)
{
	return (t->v->congestion || t->v->stacks) && !t->titled;
}

void
inet_table_measure(struct inet_table *t, struct feed *f)
{
	const struct xtcpcb *tp;
	struct walk w;
	struct conn c;

	walk_inet(&w, f, true);
	while (walk_conn(&w, &c)) {
		tp = c.tp;
		t->ccwidth = max(t->ccwidth,
		    strnlen(tp->xt_cc, sizeof(tp->xt_cc)));
		t->stackwidth = max(t->stackwidth,
		    strnlen(tp->xt_stack, sizeof(tp->xt_stack)));
	}
	walk_end(&w);
}

static void
print_conn(struct inet_table *t, const struct row *r)
{
	if (!filter_conn(t->v, r->part->protocol, r->part->af, r->c))
		return;
	if (!t->titled)
		print_title(t);
	if (!t->v->queues || r->c->so->so_qlimit != 0)
		print_row(r);
}

int
inet_table_print(struct inet_table *t, const struct inet_part *part,
    struct feed *f)
{
	struct walk w;
	struct conn c;
	const struct row r = { .t = t, .part = part, .c = &c };

	walk_inet(&w, f, part->protocol == IPPROTO_TCP);
	while (walk_conn(&w, &c))
		print_conn(t, &r);
	walk_end(&w);
	if (w.state == WALK_END) {
		print_change(&t->x->text, part->name, &w);
		return 0;
	}
	return w.error != 0 ? w.error : EPROTO;
}
