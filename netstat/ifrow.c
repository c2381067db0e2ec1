/*
 * ifrow.c - what the table of interfaces and their rates have in common.
 */
#include <string.h>
#include <bsd/libutil.h>

#include "netstat/ifrow.h"

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

bool
ifrow_next(struct rtwalk *w, struct ifrow *r)
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

uint64_t
ifrow_value(const struct ifrow *r, size_t at)
{
	uint64_t value;

	memcpy(&value, (const char *)r->data + at, sizeof(value));
	return value;
}

bool
ifrow_when(const struct view *v, size_t when)
{
	return when == 0 || *(const bool *)((const char *)v + when);
}

void
ifrow_counter(struct xo *x, const struct view *v, const char *key, uint64_t value,
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
