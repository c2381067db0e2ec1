/*
 * show.c - fetch, then print.
 */
#include <err.h>
#include <errno.h>
#include <stdlib.h>

#include "netstat/inet.h"
#include "netstat/show.h"
#include "netstat/unix.h"

/*
 * A listing, malloc()ed.  NULL: there is none; if that is a failure *status
 * becomes 1.
 */
static void *
fetch_list(struct out *o, const struct mib *mib, const char *name,
    size_t *lenp, int *status)
{
	void *buf = mib->read(name, lenp);

	if (buf == NULL && errno != ENOENT) {
		out_flush(o);
		warn("sysctl: %s", name);
		*status = 1;
	}
	return buf;
}

static void
damaged(struct out *o, const char *name, int *status)
{
	out_flush(o);
	warnx("%s: malformed listing", name);
	*status = 1;
}

static void
show_inet(struct inet_table *t, const struct mib *mib, const struct protox *p,
    int *status)
{
	const struct inet_part part = {
		.name = p->name, .protocol = p->protocol,
		.af = t->v->af != AF_UNSPEC ? t->v->af : p->af,
	};
	size_t len;
	void *buf = fetch_list(t->o, mib, p->pcblist, &len, status);

	if (buf == NULL)
		return;
	if (!inet_table_print(t, &part, buf, len))
		damaged(t->o, p->pcblist, status);
	free(buf);
}

static void
show_unix(struct out *o, const struct view *v, const struct mib *mib,
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
	size_t i, len;
	void *buf;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		buf = fetch_list(o, mib, kinds[i].pcblist, &len, status);
		if (buf == NULL)
			continue;
		if (!unix_table_print(o, v, kinds[i].type, &titled, buf, len))
			damaged(o, kinds[i].pcblist, status);
		free(buf);
	}
}

static void
show_stats(struct out *o, const struct view *v, const struct mib *mib,
    const struct protox *p, int *status)
{
	if (p->stats(o, v, mib, p->name) == 0 || errno == ENOENT)
		return;
	out_flush(o);
	warn("sysctl: counters of %s", p->name);
	*status = 1;
}

/* Worth a word only where the protocol was asked for by name. */
static void
no_stats(const struct protox *p, const struct protox *only)
{
	if (p == only)
		warnx("%s: no stats routine", p->name);
}

int
show(struct out *o, const struct view *v, const struct mib *mib,
    const struct protox *only)
{
	const struct protox *p;
	struct inet_table t;
	int status = 0;

	inet_table_init(&t, o, v);
	for (p = protox; p->name != NULL; p++) {
		if (only != NULL ? p != only : !proto_wanted(p, v->af))
			continue;
		if (v->stats > 0 && p->stats == NULL)
			no_stats(p, only);
		else if (v->stats > 0)
			show_stats(o, v, mib, p, &status);
		else
			show_inet(&t, mib, p, &status);
	}
	if (only == NULL && v->stats == 0 &&
	    (v->af == AF_UNSPEC || v->af == AF_UNIX))
		show_unix(o, v, mib, &status);
	return status;
}
