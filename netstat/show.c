/*
 * show.c - fetch, then print.
 *
 * Text is flushed after each listing: before, a slow reader of it would keep
 * the listing open; later, memory would be held for nothing.
 */
#include <err.h>
#include <errno.h>
#include <string.h>

#include "netstat/inet.h"
#include "netstat/mbuf.h"
#include "netstat/show.h"
#include "netstat/unix.h"

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

static int
show_mbufs(struct xo *x, const struct mib *mib)
{
	int error = mbuf_print(x, mib), status = 0;

	if (error != 0)
		failed(x, MBUF_VALUE, error, &status);
	return status;
}

/* Worth a word only where the protocol was asked for by name. */
static void
no_stats(const struct protox *p, const struct protox *only)
{
	if (p == only)
		warnx("%s: no stats routine", p->name);
}

int
show(struct xo *x, const struct view *v, const struct mib *mib,
    const struct protox *only)
{
	const struct protox *p;
	struct inet_table t;
	int status = 0;

	if (v->mbufs)
		return show_mbufs(x, mib);
	xo_open_container(x, "statistics");
	if (v->stats == 0)
		xo_open_list(x, "socket");
	inet_table_init(&t, x, v);
	for (p = protox; p->name != NULL; p++) {
		if (only != NULL ? p != only : !proto_wanted(p, v->af))
			continue;
		if (v->stats > 0 && p->stats == NULL)
			no_stats(p, only);
		else if (v->stats > 0)
			show_stats(x, v, mib, p, &status);
		else
			show_inet(&t, mib, p, &status);
	}
	if (only == NULL && v->stats == 0 &&
	    (v->af == AF_UNSPEC || v->af == AF_UNIX))
		show_unix(x, v, mib, &status);
	if (v->stats == 0)
		xo_close(x);
	xo_close(x);
	return status;
}
