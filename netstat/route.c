/*
 * route.c - the table of routes.
 *
 * Routes come in no particular order and are shown in that of their
 * destinations, a net before what is in it, family by family.  Text is
 * FreeBSD 14's: with -n a destination or gateway too long for its column
 * pushes the rest aside, without it is cut.  No route of this stack expires, so
 * there is nothing in the last column.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/addr.h"
#include "netstat/route.h"
#include "netstat/rtmsg.h"

#define FLAGS_WIDTH	6
#define NETIF_WIDTH	8
#define NETIF_WIDE	10
#define EXPIRE_WIDTH	6
#define NHOP_WIDTH	6
#define MTU_WIDTH	6

struct rtentry {
	const struct rt_msghdr	*rtm;
	const struct xsockaddr	*gateway;
	struct inaddr		 dst;
	unsigned		 plen;
};

struct rttable {
	struct rtentry	*entry;		/* malloc()ed */
	size_t		 n;
	void		*names;		/* NET_RT_IFLISTL, for if_name() */
	size_t		 namelen;
};

/* ---- reading ---- */

static bool
is_entry(const struct rtmsg *m, struct rtentry *e)
{
	if (m->type != RTM_GET ||
	    !rtmsg_inaddr(m->addr[RTAX_DST], &e->dst))
		return false;
	e->rtm = m->rtm;
	e->gateway = m->addr[RTAX_GATEWAY];
	e->plen = rtmsg_plen(m->addr[RTAX_NETMASK], &e->dst);
	return true;
}

static bool
wanted(const struct view *v, const struct rtentry *e)
{
	int af = inaddr_is_v4(&e->dst) ? AF_INET : AF_INET6;

	if (v->af != AF_UNSPEC && v->af != af)
		return false;
	if (v->jails.naddr > 0 && (e->rtm->rtm_flags & RTF_HOST) == 0)
		return false;
	return addr_in_jail(v, &e->dst);
}

static int
compare(const void *pa, const void *pb)
{
	const struct rtentry *a = pa, *b = pb;
	bool v4a = inaddr_is_v4(&a->dst), v4b = inaddr_is_v4(&b->dst);
	int c;

	if (v4a != v4b)
		return v4a ? -1 : 1;
	if ((c = memcmp(&a->dst, &b->dst, sizeof(a->dst))) != 0)
		return c;
	return (a->plen > b->plen) - (a->plen < b->plen);
}

/* The routes that v asks for, from len bytes at buf.  0, ENOMEM or EPROTO. */
static int
read_table(struct rttable *t, const struct view *v, const void *buf,
    size_t len)
{
	struct rtwalk w;
	struct rtmsg m;
	size_t most = len / sizeof(struct rt_msghdr);

	if (most > 0 && (t->entry = calloc(most, sizeof(*t->entry))) == NULL)
		return ENOMEM;
	rtwalk_init(&w, buf, len);
	while (rtmsg_next(&w, &m))
		if (is_entry(&m, &t->entry[t->n]) &&
		    wanted(v, &t->entry[t->n]))
			t->n++;
	if (w.bad)
		return EPROTO;
	if (t->n > 0)
		qsort(t->entry, t->n, sizeof(*t->entry), compare);
	return 0;
}

/* The name of an interface; its number where it has gone meanwhile. */
static const char *
if_name(const struct rttable *t, unsigned index, char buf[XIFNAMSIZ + 1])
{
	const struct xsockaddr_dl *sdl;
	struct rtwalk w;
	struct rtmsg m;

	rtwalk_init(&w, t->names, t->namelen);
	while (rtmsg_next(&w, &m)) {
		sdl = (const void *)m.addr[RTAX_IFP];
		if (m.type != RTM_IFINFO || m.index != index || sdl == NULL ||
		    sdl->sdl_family != XAF_LINK || sdl->sdl_nlen > XIFNAMSIZ)
			continue;
		memcpy(buf, sdl->sdl_data, sdl->sdl_nlen);
		buf[sdl->sdl_nlen] = '\0';
		return buf;
	}
	snprintf(buf, XIFNAMSIZ + 1, "link#%u", index);
	return buf;
}

/* ---- printing ---- */

static const char *
gateway(const struct view *v, const struct xsockaddr *sa,
    char buf[ADDR_STRLEN])
{
	struct inaddr a;

	if (rtmsg_inaddr(sa, &a))
		return addr_host(v, &a, buf);
	if (sa != NULL && sa->sa_family == XAF_LINK)
		snprintf(buf, ADDR_STRLEN, "link#%u",
		    ((const struct xsockaddr_dl *)(const void *)sa)->sdl_index);
	else
		buf[0] = '\0';
	return buf;
}

static const char *
flags_text(int32_t flags, char buf[33])
{
	static const struct {
		int32_t	flag;
		char	letter;
	} letters[] = {
		{ RTF_UP, 'U' }, { RTF_GATEWAY, 'G' }, { RTF_HOST, 'H' },
		{ RTF_REJECT, 'R' }, { RTF_DYNAMIC, 'D' },
		{ RTF_MODIFIED, 'M' }, { RTF_DONE, 'd' },
		{ RTF_XRESOLVE, 'X' }, { RTF_STATIC, 'S' },
		{ RTF_PROTO1, '1' }, { RTF_PROTO2, '2' },
		{ RTF_PROTO3, '3' }, { RTF_BLACKHOLE, 'B' },
		{ RTF_BROADCAST, 'b' }, { RTF_LLINFO, 'L' },
	};
	char *p = buf;
	size_t i;

	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if ((flags & letters[i].flag) != 0)
			*p++ = letters[i].letter;
	*p = '\0';
	return buf;
}

static size_t
dst_width(const struct view *v, bool v4)
{
	return !v4 && v->numeric_addr ? 33 : 18;
}

static size_t
gateway_width(const struct view *v, bool v4)
{
	return !v4 && v->numeric_addr ? 29 : 18;
}

static void
print_title(struct out *o, const struct view *v, bool v4)
{
	out_left(o, "Destination", dst_width(v, v4));
	out_mem(o, " ", 1);
	out_left(o, "Gateway", gateway_width(v, v4));
	out_mem(o, " ", 1);
	out_left(o, "Flags", FLAGS_WIDTH);
	out_mem(o, " ", 1);
	if (v->wide) {
		out_right(o, "Nhop#", NHOP_WIDTH);
		out_mem(o, " ", 1);
		out_right(o, "Mtu", MTU_WIDTH);
		out_mem(o, " ", 1);
	}
	out_right(o, "Netif", v->wide ? NETIF_WIDE : NETIF_WIDTH);
	out_mem(o, " ", 1);
	out_right(o, "Expire", EXPIRE_WIDTH);
	out_mem(o, "\n", 1);
}

static void
column(struct xo *x, const char *key, const char *text, size_t width,
    bool cut)
{
	size_t len = strlen(text);

	xo_left(x, key, text, len > width && !cut ? len : width);
	out_mem(&x->text, " ", 1);
}

static void
print_entry(struct xo *x, const struct view *v, const struct rttable *t,
    const struct rtentry *e)
{
	const struct rt_metrics *rmx = &e->rtm->rtm_rmx;
	bool v4 = inaddr_is_v4(&e->dst);
	bool host = (e->rtm->rtm_flags & RTF_HOST) != 0;
	bool cut = !v->numeric_addr;
	char buf[ADDR_STRLEN], flags[33], name[XIFNAMSIZ + 1];

	xo_open_instance(x);
	column(x, "destination", host ? addr_host(v, &e->dst, buf) :
	    addr_net(v, &e->dst, e->plen, buf), dst_width(v, v4), cut);
	column(x, "gateway", gateway(v, e->gateway, buf),
	    gateway_width(v, v4), cut);
	column(x, "flags", flags_text(e->rtm->rtm_flags, flags), FLAGS_WIDTH,
	    false);
	xo_e_uint(x, "weight", rmx->rmx_weight);
	if (v->wide) {
		xo_uint(x, "nhop", rmx->rmx_nhidx, NHOP_WIDTH);
		out_mem(&x->text, " ", 1);
		xo_uint(x, "mtu", rmx->rmx_mtu, MTU_WIDTH);
		out_mem(&x->text, " ", 1);
	}
	xo_right(x, "interface-name", if_name(t, e->rtm->rtm_index, name),
	    v->wide ? NETIF_WIDE : NETIF_WIDTH);
	out_mem(&x->text, "\n", 1);
	xo_close(x);
}

/* The routes from the i-th on that are of its family.  Returns the first that
 * is not. */
static size_t
print_family(struct xo *x, const struct view *v, const struct rttable *t,
    size_t i)
{
	bool v4 = inaddr_is_v4(&t->entry[i].dst);

	xo_open_instance(x);
	out_mem(&x->text, "\n", 1);
	xo_str(x, "address-family", v4 ? "Internet" : "Internet6");
	out_str(&x->text, ":\n");
	xo_open_list(x, "rt-entry");
	print_title(&x->text, v, v4);
	for (; i < t->n && inaddr_is_v4(&t->entry[i].dst) == v4; i++)
		print_entry(x, v, t, &t->entry[i]);
	xo_close(x);
	xo_close(x);
	return i;
}

static void
print_table(struct xo *x, const struct view *v, const struct rttable *t)
{
	size_t i;

	xo_open_container(x, "route-information");
	out_str(&x->text, "Routing tables\n");
	xo_open_container(x, "route-table");
	xo_open_list(x, "rt-family");
	for (i = 0; i < t->n; )
		i = print_family(x, v, t, i);
	xo_close(x);
	xo_close(x);
	xo_close(x);
}

int
route_print(struct xo *x, const struct view *v, const struct mib *mib)
{
	struct rttable t = { .n = 0 };
	void *routes = NULL;
	size_t len;
	int error;

	t.names = mib->route(XAF_LINK, NET_RT_IFLISTL, &t.namelen);
	if (t.names != NULL)
		routes = mib->route(AF_UNSPEC, NET_RT_DUMP, &len);
	if (routes == NULL)
		error = errno;
	else if ((error = read_table(&t, v, routes, len)) == 0)
		print_table(x, v, &t);
	free(t.entry);
	free(routes);
	free(t.names);
	return error;
}

/* ---- counters ---- */

static void
print_count(struct xo *x, const struct view *v, const char *key, uint64_t n,
    const char *before, const char *behind)
{
	if (v->stats > 1 && n == 0)
		return;
	out_mem(&x->text, "\t", 1);
	xo_uint(x, key, n, 0);
	out_str(&x->text, before);
	out_str(&x->text, n == 1 ? "" : "s");
	out_str(&x->text, behind);
	out_mem(&x->text, "\n", 1);
}

int
route_stats(struct xo *x, const struct view *v, const struct mib *mib)
{
	struct rtstat st;
	size_t len = sizeof(st);

	if (mib->swap(ROUTE_STATS, &st, &len, NULL, 0) == -1)
		return errno;
	if (len != sizeof(st))
		return EPROTO;
	out_str(&x->text, "routing:\n");
	print_count(x, v, "bad-redirects", st.rts_badredirect,
	    " bad routing redirect", "");
	print_count(x, v, "dynamically-created-routes", st.rts_dynamic,
	    " dynamically created route", "");
	print_count(x, v, "new-gateways-due-to-redirects", st.rts_newgateway,
	    " new gateway", " due to redirects");
	print_count(x, v, "unreachable-destination", st.rts_unreach,
	    " destination", " found unreachable");
	print_count(x, v, "wildcard-uses", st.rts_wildcard, " use",
	    " of a wildcard route");
	return 0;
}
