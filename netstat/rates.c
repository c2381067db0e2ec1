/*
 * rates.c - what passes the interfaces while somebody looks on (-w).
 *
 * The counters are read again and again, and what has been added is shown; the
 * first look shows nothing.  Text is FreeBSD 14's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/if.h"
#include "netstat/ifrow.h"

#define BANNER_ROWS	21	/* rates between two heads */

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

/* Read and add up the counters, column by column.  0 or errno. */
static int
totals(uint64_t total[NRATES], const struct view *v, const struct mib *mib)
{
	size_t len, i;
	void *buf = mib->route(XAF_LINK, NET_RT_IFLISTL, &len);
	struct ifrow r = { .index = 0 };
	struct rtwalk w;
	bool found = v->interface == NULL;

	if (buf == NULL)
		return errno;
	memset(total, 0, NRATES * sizeof(total[0]));
	rtwalk_init(&w, buf, len);
	while (ifrow_next(&w, &r)) {
		if (r.link == NULL || (v->interface != NULL &&
		    strcmp(v->interface, r.name) != 0))
			continue;
		found = true;
		for (i = 0; i < NRATES; i++)
			total[i] += ifrow_value(&r, rates[i].at);
	}
	free(buf);
	if (w.bad)
		return EPROTO;
	return found ? 0 : ENXIO;
}

/* Padded on the left, never cut: "idrops" is wider than its column. */
static void
title(struct out *o, const char *s, size_t width)
{
	size_t len = strlen(s);

	out_right(o, s, len > width ? len : width);
}

static void
print_banner(struct out *o, const struct view *v)
{
	size_t i;

	title(o, "input", 17);
	out_mem(o, " ", 1);
	title(o, v->interface != NULL ? v->interface : "(Total)", 14);
	out_mem(o, " ", 1);
	title(o, "output", 16);
	out_mem(o, "\n", 1);
	for (i = 0; i < NRATES; i++) {
		if (!ifrow_when(v, rates[i].when))
			continue;
		if (i > 0)
			out_mem(o, " ", 1);
		title(o, rates[i].title, rates[i].width);
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
		if (!ifrow_when(v, rates[i].when))
			continue;
		if (rates[i].when != 0)
			out_mem(&x->text, " ", 1);
		ifrow_counter(x, v, rates[i].key, increase(now[i], before[i]),
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
