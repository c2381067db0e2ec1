/*
 * show.c - which display there is to be; fetch, then print.
 *
 * Text is flushed after each listing: before, a slow reader of it would keep
 * the listing open; later, memory would be held for nothing.
 */
#include <err.h>
#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "netstat/bpf.h"
#include "netstat/if.h"
#include "netstat/inet.h"
#include "netstat/mbuf.h"
#include "netstat/netisr.h"
#include "netstat/route.h"
#include "netstat/show.h"
#include "netstat/unix.h"
#include "sysctl/xroute.h"

/* Tell what went wrong with a value, behind the text so far. */
static void
failed(struct xo *x, const char *name, int error, int *status)
{
	xo_flush(x);
	if (error == EPROTO)
		warnx("%s: malformed listing", name);
	else
		warnx("sysctl: %s: %s", name, strerror(error));
	*status = 1;
}

/* Start on a listing.  NULL: there is none, perhaps for a failure. */
static struct feed *
open_list(struct xo *x, const struct mib *mib, const char *name, int *status)
{
	struct feed *f = mib->open(name);

	if (f == NULL && errno != ENOENT)
		failed(x, name, errno, status);
	return f;
}

/* End a listing that was shown with `error'. */
static void
close_list(struct xo *x, const struct mib *mib, struct feed *f,
    const char *name, int error, int *status)
{
	mib->close(f);
	xo_flush(x);
	if (error != 0)
		failed(x, name, error, status);
}

static void
show_inet(struct inet_table *t, const struct mib *mib, const struct protox *p,
    int *status)
{
	const struct inet_part part = {
		.name = p->name, .protocol = p->protocol,
		.af = t->v->af != AF_UNSPEC ? t->v->af : p->af,
	};
	struct feed *f;
	int error;

	if (p->protocol == IPPROTO_TCP && inet_table_measures(t) &&
	    (f = mib->open(p->pcblist)) != NULL) {
		inet_table_measure(t, f);
		mib->close(f);
	}
	if ((f = open_list(t->x, mib, p->pcblist, status)) == NULL)
		return;
	error = inet_table_print(t, &part, f);
	close_list(t->x, mib, f, p->pcblist, error, status);
}

static void
show_unix(struct xo *x, const struct view *v, const struct mib *mib,
    int *status)
{
	static const struct {
		const char *type, *pcblist;
	} kinds[] = {
		{ "stream", "net.local.stream.pcblist" },
		{ "dgram", "net.local.dgram.pcblist" },
		{ "seqpacket", "net.local.seqpacket.pcblist" },
	};
	bool titled = false;
	struct feed *f;
	size_t i;
	int error;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		f = open_list(x, mib, kinds[i].pcblist, status);
		if (f == NULL)
			continue;
		error = unix_table_print(x, v, kinds[i].type, &titled, f);
		close_list(x, mib, f, kinds[i].pcblist, error, status);
	}
}

static void
show_stats(struct xo *x, const struct view *v, const struct mib *mib,
    const struct protox *p, int *status)
{
	if (p->stats(x, v, mib, p->name) == 0 || errno == ENOENT)
		return;
	xo_flush(x);
	warn("sysctl: net.inet.%s.stats", p->name);
	*status = 1;
}

/* Worth a word only where the protocol was asked for by name. */
static void
no_stats(const struct protox *p, const struct protox *only, const char *what)
{
	if (p == only)
		warnx("%s: no %s routine", p->name, what);
}

static void
show_protocol(struct inet_table *t, const struct mib *mib,
    const struct protox *p, const struct protox *only, int *status)
{
	const struct view *v = t->v;

	if (v->stats == 0)
		show_inet(t, mib, p, status);
	else if (v->interfaces)
		no_stats(p, only, "per-interface stats");
	else if (p->stats == NULL)
		no_stats(p, only, "stats");
	else
		show_stats(t->x, v, mib, p, status);
}

/* Sockets, or with -s what is counted of their protocols. */
static void
show_protocols(struct xo *x, const struct view *v, const struct mib *mib,
    const struct protox *only, int *status)
{
	const struct protox *p;
	struct inet_table t;

	xo_open_container(x, "statistics");
	if (v->stats == 0)
		xo_open_list(x, "socket");
	inet_table_init(&t, x, v);
	for (p = protox; p->name != NULL; p++)
		if (only != NULL ? p == only : proto_wanted(p, v->af))
			show_protocol(&t, mib, p, only, status);
	if (only == NULL && v->stats == 0 &&
	    (v->af == AF_UNSPEC || v->af == AF_UNIX))
		show_unix(x, v, mib, status);
	if (v->stats == 0)
		xo_close(x);
	xo_close(x);
}

/* ---- all else: each says which value it could not have, and why ---- */

static int
show_bpf(struct xo *x, const struct view *v, const struct mib *mib,
    const char **namep)
{
	*namep = BPF_VALUE;
	return bpf_print(x, v, mib);
}

static int
show_mbufs(struct xo *x, const struct view *v, const struct mib *mib,
    const char **namep)
{
	(void)v;
	*namep = MBUF_VALUE;
	return mbuf_print(x, mib);
}

static int
show_netisr(struct xo *x, const struct view *v, const struct mib *mib,
    const char **namep)
{
	(void)v;
	return netisr_print(x, mib, namep);
}

static int
show_interfaces(struct xo *x, const struct view *v, const struct mib *mib,
    const char **namep)
{
	int error;

	*namep = ROUTE_MIB;
	xo_open_container(x, "statistics");
	error = v->interval > 0 ? if_rates(x, v, mib) : if_print(x, v, mib);
	xo_close(x);
	return error;
}

static int
show_routes(struct xo *x, const struct view *v, const struct mib *mib,
    const char **namep)
{
	int error;

	*namep = v->stats > 0 ? ROUTE_STATS : ROUTE_MIB;
	xo_open_container(x, "statistics");
	error = v->stats > 0 ? route_stats(x, v, mib) : route_print(x, v, mib);
	xo_close(x);
	return error;
}

/* FreeBSD's words where its kernel has no such thing. */
static int
show_multicast(struct xo *x, const struct view *v, const struct mib *mib,
    const char **namep)
{
	(void)mib;
	(void)namep;
	xo_open_container(x, "statistics");
	if (v->af == AF_UNSPEC || v->af == AF_INET)
		out_str(&x->text, "No IPv4 MROUTING kernel support.\n");
	if (v->af == AF_UNSPEC || v->af == AF_INET6)
		out_str(&x->text, "No IPv6 MROUTING kernel support.\n");
	xo_close(x);
	return 0;
}

/* In the order in which one goes before the other. */
static const struct display {
	size_t	asked;		/* offset of a bool in struct view */
	int	(*show)(struct xo *, const struct view *, const struct mib *,
		    const char **namep);
	bool	or_stats;	/* -s asks for something else */
} displays[] = {
	{ offsetof(struct view, bpf), show_bpf, false },
	{ offsetof(struct view, mbufs), show_mbufs, false },
	{ offsetof(struct view, netisr), show_netisr, false },
	{ offsetof(struct view, interfaces), show_interfaces, true },
	{ offsetof(struct view, routes), show_routes, false },
	{ offsetof(struct view, multicast), show_multicast, false },
};

/* The one that v asks for; NULL: protocols. */
static const struct display *
choose(const struct view *v)
{
	const struct display *d;
	const size_t n = sizeof(displays) / sizeof(displays[0]);

	for (d = displays; d < displays + n; d++)
		if (*(const bool *)((const char *)v + d->asked) &&
		    !(d->or_stats && v->stats > 0))
			return d;
	return NULL;
}

int
show(struct xo *x, const struct view *v, const struct mib *mib,
    const struct protox *only)
{
	const struct display *d = choose(v);
	const char *name = NULL;
	int error, status = 0;

	if (d == NULL) {
		show_protocols(x, v, mib, only, &status);
		return status;
	}
	if ((error = d->show(x, v, mib, &name)) == 0)
		return 0;
	if (error != ENXIO || v->interval == 0) {
		failed(x, name, error, &status);
		return status;
	}
	xo_flush(x);
	warnx("interface %s not found", v->interface);
	return EX_DATAERR;
}
