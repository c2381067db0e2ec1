/*
 * jailget.c - CTL_JAIL_GET: a jail's parameters as text, in slices.
 *
 * The names asked for are kept; each slice writes values until it has done
 * ADDRESSES of them and addresses in them, for a jail may have tens of
 * thousands of these.  If the jail goes meanwhile, so does the answer; a list
 * that changes meanwhile comes half old, half new.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "daemon/daemon.h"
#include "daemon/djail.h"
#include "daemon/jailset.h"
#include "netjail/jailparam.h"
#include "netjail/prison.h"

#define ADDRESSES	256

struct jailget {
	int		 jid;
	bool		 dying;
	const char	*next;		/* name to go on with */
	const char	*end;
	unsigned	 naddr;		/* of its addresses, written so far */
	char		 names[];
};

/* ---- which jail ---- */

/* Alive ones, and with JAIL_DYING those that wait for their end. */
static struct prison *
find(const struct daemon *d, int jid, bool dying)
{
	struct prison *pr = prison_find(d->vnet, jid);
	struct djail *j;

	if (pr != NULL || !dying)
		return pr;
	TAILQ_FOREACH(j, &d->dying, link)
		if (prison_jid(j->prison) == jid)
			return j->prison;
	return NULL;
}

static struct prison *
find_after(const struct daemon *d, const struct prison *viewer, int jid,
    bool dying)
{
	struct prison *best = NULL, *pr;
	struct djail *j;

	if (prison_jid(viewer) == 0)
		best = prison_after(d->vnet, jid);
	else	/* Of all jails a jail may go through its own only. */
		for (pr = prison_descend(viewer, viewer); pr != NULL;
		    pr = prison_descend(viewer, pr))
			if (prison_jid(pr) > jid && (best == NULL ||
			    prison_jid(pr) < prison_jid(best)))
				best = pr;
	if (!dying)
		return best;
	TAILQ_FOREACH(j, &d->dying, link)
		if (prison_jid(j->prison) > jid && j->prison != viewer &&
		    prison_check(viewer, j->prison) && (best == NULL ||
		    prison_jid(j->prison) < prison_jid(best)))
			best = j->prison;
	return best;
}

static struct prison *
find_name(const struct daemon *d, const struct prison *viewer,
    const char *name)
{
	char full[2 * PRISON_NAMELEN];

	if (prison_jid(viewer) == 0)
		strlcpy(full, name, sizeof(full));
	else
		snprintf(full, sizeof(full), "%s.%s", prison_name(viewer),
		    name);
	return prison_find_name(d->vnet, full);
}

/* "jid=N", "name=X" or "lastjid=N".  NULL with a sentence. */
static struct prison *
selected(const struct daemon *d, const struct prison *viewer, const char *sel,
    bool dying, char *errmsg, size_t errlen)
{
	struct prison *pr = NULL;
	int jid;

	if (strncmp(sel, "name=", 5) == 0) {
		pr = find_name(d, viewer, sel + 5);
		snprintf(errmsg, errlen, "jail \"%s\" not found", sel + 5);
	} else if (strncmp(sel, "jid=", 4) == 0 && jp_int(sel + 4, &jid)) {
		pr = find(d, jid, dying);
		snprintf(errmsg, errlen, "jail %d not found", jid);
	} else if (strncmp(sel, "lastjid=", 8) == 0 && jp_int(sel + 8, &jid)) {
		pr = find_after(d, viewer, jid, dying);
		snprintf(errmsg, errlen, "no jail after %d", jid);
	} else
		strlcpy(errmsg, "no jail specified", errlen);
	if (pr == NULL || pr == viewer || prison_jid(pr) == 0 ||
	    !prison_check(viewer, pr))
		return NULL;
	return pr;
}

/* ---- values ---- */

static unsigned
value_port(const struct prison *pr, enum jp_id id)
{
	bool high = id == JP_PORTRANGE_HIFIRST || id == JP_PORTRANGE_HILAST;
	uint16_t first, last;

	prison_own_portrange(pr, high, &first, &last);
	return id == JP_PORTRANGE_FIRST || id == JP_PORTRANGE_HIFIRST ? first :
									last;
}

static unsigned
value_int(const struct prison *viewer, const struct prison *pr, enum jp_id id)
{
	const struct prison *parent = prison_parent(pr);

	switch (id) {
	case JP_JID:
		return (unsigned)prison_jid(pr);
	case JP_PARENT:		/* one's own jail is 0 to oneself */
		return parent == viewer ? 0 : (unsigned)prison_jid(parent);
	case JP_CHILDREN_CUR:
		return prison_children_cur(pr);
	case JP_CHILDREN_MAX:
		return prison_children_max(pr);
	case JP_MAXSOCKETS:
		return prison_maxsockets(pr);
	case JP_SOCKETS_CUR:
		return prison_sockets(pr);
	default:
		return value_port(pr, id);
	}
}

static bool
value_bool(const struct prison *pr, enum jp_id id)
{
	const struct inaddr v4 = inaddr_v4(0), v6 = { .w = { 0 } };
	uint32_t allow = prison_allow(pr);

	switch (id) {
	case JP_DYING:
		return prison_state(pr) == PRISON_DYING;
	case JP_PERSIST:
		return prison_persist(pr);
	case JP_IP4_SADDRSEL:
		return prison_saddrsel(pr, &v4);
	case JP_IP6_SADDRSEL:
		return prison_saddrsel(pr, &v6);
	case JP_ALLOW_SET_HOSTNAME:
		return (allow & PR_ALLOW_SET_HOSTNAME) != 0;
	case JP_ALLOW_SYSVIPC:
		return (allow & PR_ALLOW_SYSVIPC) != 0;
	case JP_ALLOW_RAW_SOCKETS:
		return (allow & PR_ALLOW_RAW_SOCKETS) != 0;
	case JP_ALLOW_SOCKET_AF:
		return (allow & PR_ALLOW_SOCKET_AF) != 0;
	case JP_ALLOW_RESERVED_PORTS:
		return (allow & PR_ALLOW_RESERVED_PORTS) != 0;
	default:
		return (allow & PR_ALLOW_SUSER) != 0;
	}
}

static int
value_jailsys(const struct prison *pr, enum jp_id id)
{
	const struct inaddr v4 = inaddr_v4(0);

	if (id == JP_HOST)
		return prison_host_inherited(pr) ? JAIL_SYS_INHERIT :
						   JAIL_SYS_NEW;
	if (id == JP_IP6)
		return prison_ip6_inherited(pr) ? JAIL_SYS_INHERIT :
						  JAIL_SYS_DISABLE;
	if (prison_ip_owner_of(pr, &v4) != pr)
		return JAIL_SYS_INHERIT;
	return prison_naddr(pr) > 0 ? JAIL_SYS_NEW : JAIL_SYS_DISABLE;
}

static const char *
value_string(const struct prison *viewer, const struct prison *pr,
    enum jp_id id)
{
	switch (id) {
	case JP_NAME:
		return prison_name_in(viewer, pr);
	case JP_PATH:
		return prison_path_in(viewer, pr);
	default:
		return prison_hostname(pr);
	}
}

/* ---- text ---- */

static int
put_text(struct conn *cn, const char *s, size_t len)
{
	return conn_reply(cn, CTL_DATA, 0, 0, s, len);
}

/* Up to *budget of them; *done: all. */
static int
put_addresses(struct conn *cn, struct jailget *g, const struct prison *pr,
    unsigned *budget, bool *done)
{
	char text[ADDRESSES * (INADDR_STRLEN + 1)], *p = text;
	unsigned n = prison_naddr(pr);

	for (; g->naddr < n && *budget > 0; g->naddr++, (*budget)--) {
		const struct inaddr *a = prison_addr(pr, g->naddr);

		if (!inaddr_is_v4(a))
			continue;
		if (g->naddr > 0)
			*p++ = ',';
		inaddr_ntop(a, p);
		p += strlen(p);
	}
	*done = g->naddr >= n;
	if (*done)
		*p++ = '\0';
	return put_text(cn, text, (size_t)(p - text));
}

/* All but addresses. */
static void
format(const struct prison *viewer, const struct prison *pr,
    const struct jp_def *jp, bool no, char *buf, size_t len)
{
	enum jp_id id = (enum jp_id)(jp - jailparams);

	switch (jp->type) {
	case JPT_STRING:
		strlcpy(buf, value_string(viewer, pr, id), len);
		break;
	case JPT_INT:
		snprintf(buf, len, "%u", value_int(viewer, pr, id));
		break;
	case JPT_BOOL:
		strlcpy(buf, value_bool(pr, id) != no ? "true" : "false", len);
		break;
	case JPT_JAILSYS:
		strlcpy(buf, jp_jailsys_name(value_jailsys(pr, id)), len);
		break;
	case JPT_IP4:
	case JPT_IP6:		/* the stack has none */
		*buf = '\0';
		break;
	}
}

/* The parameter at g->next, or a piece of it.  *done: all of it. */
static int
put_param(struct conn *cn, struct jailget *g, const struct prison *pr,
    unsigned *budget, bool *done)
{
	size_t len = strlen(g->next);
	const struct jp_def *jp;
	char text[256 + PRISON_PATHLEN];
	bool no;
	int n;

	if ((jp = jp_find(g->next, len, &no)) == NULL)
		return EINVAL;	/* was seen to be one */
	n = snprintf(text, 256, "%s=", g->next);
	if (jp->type == JPT_IP4) {
		if (g->naddr == 0 && put_text(cn, text, (size_t)n) != 0)
			return ENOMEM;
		return put_addresses(cn, g, pr, budget, done);
	}
	format(cn->cred.prison, pr, jp, no, text + n, sizeof(text) - 256);
	*done = true;
	--*budget;
	return put_text(cn, text, strlen(text) + 1);
}

/* ---- requests ---- */

void
jailget_free(struct conn *cn)
{
	free(cn->answer);
	cn->answer = NULL;
	cn->busy = false;
}

static int
finish(struct conn *cn, int error, int jid)
{
	jailget_free(cn);
	return conn_end(cn, error, (uint32_t)jid);
}

int
jailget_slice(struct daemon *d, struct conn *cn)
{
	struct jailget *g = cn->answer;
	const struct prison *pr = find(d, g->jid, g->dying);
	unsigned budget = ADDRESSES;
	bool done = true;
	int error;

	/* Another may have the jid by now, that the asker does not see. */
	if (pr == NULL || !prison_check(cn->cred.prison, pr))
		return finish(cn, ENOENT, 0);
	while (budget > 0) {
		if (g->next == g->end)
			return finish(cn, 0, g->jid);
		error = put_param(cn, g, pr, &budget, &done);
		if (error != 0)
			return error;
		if (done) {
			g->naddr = 0;
			g->next += strlen(g->next) + 1;
		}
	}
	return 0;
}

static int
complain(struct conn *cn, int error, const char *errmsg)
{
	return conn_reply(cn, CTL_END, error, 0, errmsg, strlen(errmsg));
}

int
jailget(struct daemon *d, struct conn *cn, const struct ctlmsg *m)
{
	const char *sel = (const char *)cn->in + sizeof(*m), *s;
	size_t len = m->len - sizeof(*m);
	bool no, dying = (m->arg & JAIL_DYING) != 0;
	const struct prison *pr;
	char errmsg[1024];

	if (len == 0 || sel[len - 1] != '\0')
		return complain(cn, EINVAL, "no jail specified");
	pr = selected(d, cn->cred.prison, sel, dying, errmsg, sizeof(errmsg));
	if (pr == NULL)
		return complain(cn, ENOENT, errmsg);
	for (s = sel + strlen(sel) + 1; s < sel + len; s += strlen(s) + 1) {
		if (jp_find(s, strlen(s), &no) != NULL)
			continue;
		snprintf(errmsg, sizeof(errmsg), "unknown parameter: %s", s);
		return complain(cn, EINVAL, errmsg);
	}
	s = sel + strlen(sel) + 1;
	len = (size_t)(sel + len - s);
	if ((cn->answer = calloc(1, sizeof(*cn->answer) + len)) == NULL)
		return complain(cn, ENOMEM, "out of memory");
	memcpy(cn->answer->names, s, len);
	cn->answer->next = cn->answer->names;
	cn->answer->end = cn->answer->names + len;
	cn->answer->jid = prison_jid(pr);
	cn->answer->dying = dying;
	cn->busy = true;
	return 0;
}
