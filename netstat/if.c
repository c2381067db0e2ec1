/*
 * if.c - the table of interfaces, and their rates.
 *
 * Theory of operation
 *
 * The list of interfaces and addresses is one value.  It is walked twice: once
 * for the widths of the columns, once for the rows.  A row is an interface
 * itself (its link address) or one of its addresses; errors, drops and
 * collisions are counted for the first kind only, and the second has dashes
 * there.
 *
 * Texts and widths are FreeBSD 14's, with the blank it leaves behind the
 * column of -d.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/libutil.h>

#include "netstat/addr.h"
#include "netstat/if.h"
#include "netstat/rtmsg.h"

#define BANNER_ROWS	21	/* rates between two heads */

/* ---- rows of the list ---- */

struct ifrow {
	char		 name[XIFNAMSIZ + 1];
	unsigned	 index;
	int32_t		 flags;
	uint32_t	 mtu;
	const struct xsockaddr_dl *link;	/* NULL: an address's row */
	struct inaddr	 addr;
	unsigned	 plen;
	const struct if_data *data;
};

/* The interface that begins here: rows of addresses keep what is set. */
static bool
set_link(struct ifrow *r, const struct rtmsg *m)
{
	const struct xsockaddr_dl *sdl = (const void *)m->addr[RTAX_IFP];
	size_t len;

	if (sdl == NULL || sdl->sdl_family != XAF_LINK)
		return false;
	r->link = sdl;
	r->index = m->index;
	r->flags = m->flags;
	r->mtu = m->data->ifi_mtu;
	r->data = m->data;
	len = sdl->sdl_nlen < XIFNAMSIZ ? sdl->sdl_nlen : XIFNAMSIZ;
	memcpy(r->name, sdl->sdl_data, len);
	r->name[len] = '\0';
	return true;
}

static bool
set_addr(struct ifrow *r, const struct rtmsg *m)
{
	if (m->index != r->index ||
	    !rtmsg_inaddr(m->addr[RTAX_IFA], &r->addr))
		return false;
	r->link = NULL;
	r->plen = rtmsg_plen(m->addr[RTAX_NETMASK], &r->addr);
	r->data = m->data;
	return true;
}

/* The next row; r keeps the interface from row to row. */
static bool
next_row(struct rtwalk *w, struct ifrow *r)
{
	struct rtmsg m;

	while (rtmsg_next(w, &m)) {
		if (m.type == RTM_IFINFO && set_link(r, &m))
			return true;
		if (m.type == RTM_NEWADDR && set_addr(r, &m))
			return true;
	}
	return false;
}

static int
row_family(const struct ifrow *r)
{
	if (r->link != NULL)
		return XAF_LINK;
	return inaddr_is_v4(&r->addr) ? AF_INET : AF_INET6;
}

static bool
row_wanted(const struct view *v, const struct ifrow *r)
{
	if (v->interface != NULL && strcmp(v->interface, r->name) != 0)
		return false;
	if (v->af != AF_UNSPEC && v->af != row_family(r))
		return false;
	return r->link != NULL || addr_in_jail(v, &r->addr);
}

/* ---- cells ---- */

/* A link's address: digits and colons, or where it has none its name. */
static const char *
link_ntoa(const struct xsockaddr_dl *sdl, char buf[ADDR_STRLEN])
{
	const char *lla = sdl->sdl_data + sdl->sdl_nlen;
	size_t n = 0, i;

	if (sdl->sdl_alen == 0) {
		memcpy(buf, sdl->sdl_data, sdl->sdl_nlen);
		buf[sdl->sdl_nlen] = '\0';
		return buf;
	}
	for (i = 0; i < sdl->sdl_alen; i++)
		n += (size_t)snprintf(buf + n, ADDR_STRLEN - n, "%s%02x",
		    i > 0 ? ":" : "", (uint8_t)lla[i]);
	return buf;
}

static const char *
network(const struct view *v, const struct ifrow *r, char buf[ADDR_STRLEN])
{
	if (r->link == NULL)
		return addr_net(v, &r->addr, r->plen, buf);
	snprintf(buf, ADDR_STRLEN, "<Link#%u>", r->index);
	return buf;
}

static const char *
address(const struct view *v, const struct ifrow *r, char buf[ADDR_STRLEN])
{
	if (r->link == NULL)
		return addr_host(v, &r->addr, buf);
	return link_ntoa(r->link, buf);
}

/* A counter, in few characters with -h; JSON has all its digits. */
static void
counter(struct xo *x, const struct view *v, const char *key, uint64_t value,
    size_t width)
{
	char text[5];

	if (!v->human || x->style.json) {
		xo_uint(x, key, value, width);
		return;
	}
	humanize_number(text, sizeof(text), (int64_t)value, "", HN_AUTOSCALE,
	    HN_NOSPACE | HN_DECIMAL);
	out_right(&x->text, text, width);
}

/* ---- the table ---- */

struct widths {
	size_t	name, network, address, packets, errors, bytes;
};

/* A column of counters; other rows than a link's may have a dash there. */
struct ifcolumn {
	const char	*title, *key;
	bool		 link_only;
	size_t		 at;		/* in struct if_data */
	size_t		 width;		/* offset in struct widths */
	size_t		 when;		/* offset in struct view; 0: always */
	const char	*behind;	/* the cell */
};

#define DATA(field)	offsetof(struct if_data, ifi_##field)
#define WIDTH(field)	offsetof(struct widths, field)
#define WHEN(field)	offsetof(struct view, field)

static const struct ifcolumn columns[] = {
	{ "Ipkts", "received-packets", false, DATA(ipackets), WIDTH(packets),
	    0, "" },
	{ "Ierrs", "received-errors", true, DATA(ierrors), WIDTH(errors), 0,
	    "" },
	{ "Idrop", "dropped-packets", true, DATA(iqdrops), WIDTH(errors), 0,
	    "" },
	{ "Ibytes", "received-bytes", false, DATA(ibytes), WIDTH(bytes),
	    WHEN(bytes), "" },
	{ "Opkts", "sent-packets", false, DATA(opackets), WIDTH(packets), 0,
	    "" },
	{ "Oerrs", "send-errors", true, DATA(oerrors), WIDTH(errors), 0,
	    "" },
	{ "Obytes", "sent-bytes", false, DATA(obytes), WIDTH(bytes),
	    WHEN(bytes), "" },
	{ "Coll", "collisions", true, DATA(collisions), WIDTH(errors), 0,
	    "" },
	{ "Drop", "send-drops", true, DATA(oqdrops), WIDTH(errors),
	    WHEN(drops), " " },
};
#define NCOLUMNS (sizeof(columns) / sizeof(columns[0]))

static bool
column_shown(const struct ifcolumn *col, const struct view *v)
{
	return col->when == 0 || *(const bool *)((const char *)v + col->when);
}

static size_t *
column_width(const struct ifcolumn *col, struct widths *w)
{
	return (size_t *)(void *)((char *)w + col->width);
}

static uint64_t
column_value(const struct ifcolumn *col, const struct if_data *data)
{
	uint64_t value;

	memcpy(&value, (const char *)data + col->at, sizeof(value));
	return value;
}

static void
widen(size_t *width, size_t len)
{
	if (*width < len)
		*width = len;
}

/* Characters of a counter and a blank; 10 counts as one digit there. */
static size_t
number_width(uint64_t n)
{
	size_t len = 2;

	for (; n > 10; n /= 10)
		len++;
	return len;
}

static void
measure_row(struct widths *w, const struct view *v, const struct ifrow *r)
{
	char buf[ADDR_STRLEN];
	size_t i;

	widen(&w->name, strlen(r->name) + ((r->flags & XIFF_UP) == 0));
	widen(&w->network, strlen(network(v, r, buf)));
	widen(&w->address, strlen(address(v, r, buf)));
	for (i = 0; i < NCOLUMNS && !v->human; i++)
		if (column_shown(&columns[i], v))
			widen(column_width(&columns[i], w),
			    number_width(column_value(&columns[i], r->data)));
}

static void
print_title(struct out *o, const struct view *v, struct widths *w)
{
	size_t i;

	out_left(o, "Name", w->name);
	out_right(o, "Mtu", 6);
	out_mem(o, " ", 1);
	out_left(o, "Network", w->network);
	out_mem(o, "  ", 2);
	out_left(o, "Address", w->address);
	for (i = 0; i < NCOLUMNS; i++) {
		if (!column_shown(&columns[i], v))
			continue;
		out_mem(o, " ", 1);
		out_right(o, columns[i].title, *column_width(&columns[i], w));
	}
	out_mem(o, "\n", 1);
}

static void
print_counter(struct xo *x, const struct view *v, struct widths *w,
    const struct ifcolumn *col, const struct ifrow *r)
{
	size_t width = *column_width(col, w);

	out_mem(&x->text, " ", 1);
	if (col->link_only && r->link == NULL)
		out_right(&x->text, "-", width);
	else
		counter(x, v, col->key, column_value(col, r->data), width);
	out_str(&x->text, col->behind);
}

static void
print_row(struct xo *x, const struct view *v, struct widths *w,
    const struct ifrow *r)
{
	char name[XIFNAMSIZ + 2], buf[ADDR_STRLEN], flags[16];
	size_t i;

	snprintf(name, sizeof(name), "%s%s", r->name,
	    (r->flags & XIFF_UP) == 0 ? "*" : "");
	snprintf(flags, sizeof(flags), "0x%x", (unsigned)r->flags);
	xo_open_instance(x);
	xo_e_str(x, "name", r->name);
	xo_e_str(x, "flags", flags);
	out_left(&x->text, name, w->name);
	if (r->link != NULL)
		counter(x, v, "mtu", r->mtu, 6);
	else
		out_right(&x->text, "-", 6);
	out_mem(&x->text, " ", 1);
	xo_left(x, "network", network(v, r, buf), w->network);
	out_mem(&x->text, "  ", 2);
	xo_left(x, "address", address(v, r, buf), w->address);
	for (i = 0; i < NCOLUMNS; i++)
		if (column_shown(&columns[i], v))
			print_counter(x, v, w, &columns[i], r);
	out_mem(&x->text, "\n", 1);
	xo_close(x);
}

static void
print_table(struct xo *x, const struct view *v, const void *buf, size_t len)
{
	struct widths width = { .name = 5, .network = strlen("Network"),
		.address = strlen("Address"), .packets = 8, .errors = 5,
		.bytes = 10 };
	struct rtwalk w;
	struct ifrow r = { .index = 0 };

	rtwalk_init(&w, buf, len);
	while (next_row(&w, &r))
		if (row_wanted(v, &r))
			measure_row(&width, v, &r);
	xo_open_list(x, "interface");
	print_title(&x->text, v, &width);
	rtwalk_init(&w, buf, len);
	r.index = 0;
	while (next_row(&w, &r))
		if (row_wanted(v, &r))
			print_row(x, v, &width, &r);
	xo_close(x);
}

/* Is all of it sound?  0 or EPROTO. */
static int
check(const void *buf, size_t len)
{
	struct rtwalk w;
	struct rtmsg m;

	rtwalk_init(&w, buf, len);
	while (rtmsg_next(&w, &m))
		continue;
	return w.bad ? EPROTO : 0;
}

int
if_print(struct xo *x, const struct view *v, const struct mib *mib)
{
	size_t len;
	void *buf = mib->route(AF_UNSPEC, NET_RT_IFLISTL, &len);
	int error;

	if (buf == NULL)
		return errno;
	if ((error = check(buf, len)) == 0)
		print_table(x, v, buf, len);
	free(buf);
	return error;
}

/* ---- rates ---- */

static const struct {
	const char	*title, *key;
	size_t		 width, at;
	size_t		 when;		/* offset in struct view; 0: always */
	const char	*behind;
} rates[] = {
	{ "packets", "received-packets", 10, DATA(ipackets), 0, " " },
	{ "errs", "received-errors", 5, DATA(ierrors), 0, " " },
	{ "idrops", "dropped-packets", 5, DATA(iqdrops), 0, " " },
	{ "bytes", "received-bytes", 10, DATA(ibytes), 0, " " },
	{ "packets", "sent-packets", 10, DATA(opackets), 0, " " },
	{ "errs", "send-errors", 5, DATA(oerrors), 0, " " },
	{ "bytes", "sent-bytes", 10, DATA(obytes), 0, " " },
	{ "colls", "collisions", 5, DATA(collisions), 0, "" },
	{ "drops", "send-drops", 5, DATA(oqdrops), WHEN(drops), " " },
};
#define NRATES (sizeof(rates) / sizeof(rates[0]))

static bool
rate_shown(size_t i, const struct view *v)
{
	return rates[i].when == 0 ||
	    *(const bool *)((const char *)v + rates[i].when);
}

/* Read and add up the counters, column by column.  0 or errno. */
static int
totals(uint64_t total[NRATES], const struct view *v, const struct mib *mib)
{
	size_t len, i;
	void *buf = mib->route(AF_UNSPEC, NET_RT_IFLISTL, &len);
	struct ifrow r = { .index = 0 };
	struct rtwalk w;
	uint64_t value;
	bool found = v->interface == NULL;

	if (buf == NULL)
		return errno;
	memset(total, 0, NRATES * sizeof(total[0]));
	rtwalk_init(&w, buf, len);
	while (next_row(&w, &r)) {
		if (r.link == NULL || (v->interface != NULL &&
		    strcmp(v->interface, r.name) != 0))
			continue;
		found = true;
		for (i = 0; i < NRATES; i++) {
			memcpy(&value, (const char *)r.data + rates[i].at,
			    sizeof(value));
			total[i] += value;
		}
	}
	free(buf);
	if (w.bad)
		return EPROTO;
	return found ? 0 : ENXIO;
}

/* Padded on the left, never cut. */
static void
right(struct out *o, const char *s, size_t width)
{
	size_t len = strlen(s);

	out_right(o, s, len > width ? len : width);
}

static void
print_banner(struct out *o, const struct view *v)
{
	size_t i;

	out_right(o, "input", 17);
	out_mem(o, " ", 1);
	right(o, v->interface != NULL ? v->interface : "(Total)", 14);
	out_mem(o, " ", 1);
	out_right(o, "output", 16);
	out_mem(o, "\n", 1);
	for (i = 0; i < NRATES; i++) {
		if (!rate_shown(i, v))
			continue;
		if (i > 0)
			out_mem(o, " ", 1);
		right(o, rates[i].title, rates[i].width);
	}
	out_mem(o, "\n", 1);
}

/* An interface that went away takes what it counted with it. */
static uint64_t
increase(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

static void
print_rates(struct xo *x, const struct view *v, const uint64_t now[NRATES],
    const uint64_t before[NRATES])
{
	size_t i;

	xo_open_instance(x);
	for (i = 0; i < NRATES; i++) {
		if (!rate_shown(i, v))
			continue;
		if (rates[i].when != 0)
			out_mem(&x->text, " ", 1);
		counter(x, v, rates[i].key, increase(now[i], before[i]),
		    rates[i].width);
		out_str(&x->text, rates[i].behind);
	}
	out_mem(&x->text, "\n", 1);
	xo_close(x);
}

int
if_rates(struct xo *x, const struct view *v, const struct mib *mib)
{
	uint64_t total[2][NRATES];
	unsigned row;
	int error = totals(total[0], v, mib);

	if (error != 0)
		return error;
	xo_open_list(x, "interface-statistics");
	for (row = 0; v->howmany == 0 || row < v->howmany; row++) {
		if (row % BANNER_ROWS == 0)
			print_banner(&x->text, v);
		if (!xo_flush(x) || !v->wait(v->interval))
			break;
		error = totals(total[(row + 1) % 2], v, mib);
		if (error != 0)
			break;
		print_rates(x, v, total[(row + 1) % 2], total[row % 2]);
	}
	xo_close(x);
	return error;
}
