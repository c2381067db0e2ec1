/*
 * if.c - the table of interfaces.
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

#include "netstat/addr.h"
#include "netstat/if.h"
#include "netstat/ifrow.h"

/* ---- which rows ---- */

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

#define WIDTH(field)	offsetof(struct widths, field)

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

static size_t *
column_width(const struct ifcolumn *col, struct widths *w)
{
	return (size_t *)(void *)((char *)w + col->width);
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
		if (ifrow_when(v, columns[i].when))
			widen(column_width(&columns[i], w),
			    number_width(ifrow_value(r, columns[i].at)));
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
		if (!ifrow_when(v, columns[i].when))
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
		ifrow_counter(x, v, col->key, ifrow_value(r, col->at), width);
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
		ifrow_counter(x, v, "mtu", r->mtu, 6);
	else
		out_right(&x->text, "-", 6);
	out_mem(&x->text, " ", 1);
	xo_left(x, "network", network(v, r, buf), w->network);
	out_mem(&x->text, "  ", 2);
	xo_left(x, "address", address(v, r, buf), w->address);
	for (i = 0; i < NCOLUMNS; i++)
		if (ifrow_when(v, columns[i].when))
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
	while (ifrow_next(&w, &r))
		if (row_wanted(v, &r))
			measure_row(&width, v, &r);
	xo_open_list(x, "interface");
	print_title(&x->text, v, &width);
	rtwalk_init(&w, buf, len);
	r.index = 0;
	while (ifrow_next(&w, &r))
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
