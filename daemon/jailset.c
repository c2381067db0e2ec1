/*
 * jailset.c - CTL_JAIL_SET: from text to what a jail is to be.
 *
 * Theory of operation
 *
 * All parameters are read first, into one struct: which of them were given, and
 * their values.  Then the jail they are about is looked for, as jail_set(2)
 * does, among those below the asker's own; then it is made or changed, which
 * may go on in slices (jailwork.c).  Rights and places that a jail cannot have
 * are the business of netjail/prison.h.
 *
 * There is no IPv6 in the stack yet: a jail may be without it, or inherit that
 * its parent has none, but cannot be given addresses.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "daemon/daemon.h"
#include "daemon/djail.h"
#include "daemon/jailset.h"
#include "daemon/jailwork.h"
#include "netjail/jailparam.h"
#include "netjail/prison.h"

#define LINUX_HOSTMAX	64	/* of a UTS namespace */
#define NOTGIVEN	(-1)

/* How many addresses a jail may give to one below it: more would hold packets
 * up.  FreeBSD's limit for all jails. */
#define MAXINSIDE	255

struct request {
	struct daemon	*d;
	struct prison	*viewer;	/* whose jail asks */
	unsigned	 flags;		/* JAIL_* */
	struct prison_params pp;
	uint32_t	 what;		/* PRC_*, for an update */
	uint32_t	 mask;		/* rights given */
	struct inaddr	*addr;
	unsigned	 naddr, room;
	int		 jid;		/* 0: not given */
	const char	*name;		/* NULL: not given */
	const char	*path;
	int		 host, ip4, ip6;	/* JAIL_SYS_* or NOTGIVEN */
	struct djupdate	*update;	/* that has been begun */
	char		 fullpath[PRISON_PATHLEN];
	char		 fullname[2 * PRISON_NAMELEN];
	char		 errmsg[512];
};

__attribute__((format(printf, 3, 4))) static int
refuse(struct request *rq, int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rq->errmsg, sizeof(rq->errmsg), fmt, ap);
	va_end(ap);
	return error;
}

/* ---- reading ---- */

/* One address of the list, [s, end). */
static int
add_address(struct request *rq, const char *s, const char *end)
{
	size_t len = (size_t)(end - s);
	char text[INADDR_STRLEN];
	struct inaddr a, *n;

	/* Not strlcpy(3), which looks for the end of the whole list. */
	snprintf(text, sizeof(text), "%.*s", (int)len, s);
	if (len >= sizeof(text) || !inaddr_pton(text, &a) || !inaddr_is_v4(&a))
		return refuse(rq, EINVAL, "not an IPv4 address: %s", text);
	if (rq->naddr == MAXINSIDE && prison_jid(rq->viewer) != 0)
		return refuse(rq, EINVAL, "too many IPv4 addresses");
	if (rq->naddr == rq->room) {
		rq->room = rq->room == 0 ? 16 : 2 * rq->room;
		n = realloc(rq->addr, rq->room * sizeof(*n));
		if (n == NULL)
			return refuse(rq, ENOMEM, "out of memory");
		rq->addr = n;
	}
	rq->addr[rq->naddr++] = a;
	return 0;
}

static int
read_addresses(struct request *rq, const char *list)
{
	const char *end;
	int error;

	rq->what |= PRC_IP4;
	for (; *list != '\0'; list = *end == ',' ? end + 1 : end) {
		end = strchrnul(list, ',');
		if ((error = add_address(rq, list, end)) != 0)
			return error;
	}
	return 0;
}

static int
read_port(struct request *rq, const struct jp_def *jp, int n, uint16_t *port,
    uint32_t what)
{
	if (n < 0 || n > UINT16_MAX)
		return refuse(rq, EINVAL, "%s: not a port: %d", jp->name, n);
	*port = (uint16_t)n;
	rq->what |= what;
	return 0;
}

static int
read_count(struct request *rq, const struct jp_def *jp, int n, unsigned *count,
    uint32_t what)
{
	if (n < 0)
		return refuse(rq, EINVAL, "%s: negative", jp->name);
	*count = (unsigned)n;
	rq->what |= what;
	return 0;
}

static int
read_int(struct request *rq, const struct jp_def *jp, const char *val)
{
	struct prison_params *pp = &rq->pp;
	int n;

	if (!jp_int(val, &n))
		return refuse(rq, EINVAL, "%s: non-integer value \"%s\"",
		    jp->name, val != NULL ? val : "");
	switch ((enum jp_id)(jp - jailparams)) {
	case JP_CHILDREN_MAX:
		return read_count(rq, jp, n, &pp->children_max, PRC_CHILDREN);
	case JP_MAXSOCKETS:
		return read_count(rq, jp, n, &pp->maxsockets, PRC_MAXSOCKETS);
	case JP_PORTRANGE_FIRST:
		return read_port(rq, jp, n, &pp->portrange_first, PRC_PORTS);
	case JP_PORTRANGE_LAST:
		return read_port(rq, jp, n, &pp->portrange_last, PRC_PORTS);
	case JP_PORTRANGE_HIFIRST:
		return read_port(rq, jp, n, &pp->portrange_hifirst,
		    PRC_HIPORTS);
	case JP_PORTRANGE_HILAST:
		return read_port(rq, jp, n, &pp->portrange_hilast,
		    PRC_HIPORTS);
	default:
		if (n < 0)
			return refuse(rq, EINVAL, "negative jid");
		rq->jid = n;
		return 0;
	}
}

static void
set_allow(struct request *rq, uint32_t bit, bool on)
{
	rq->mask |= bit;
	if (on)
		rq->pp.allow |= bit;
	else
		rq->pp.allow &= ~bit;
}

static int
read_bool(struct request *rq, const struct jp_def *jp, const char *val,
    bool no)
{
	static const uint32_t allow[JP_NPARAMS] = {
		[JP_ALLOW_SET_HOSTNAME] = PR_ALLOW_SET_HOSTNAME,
		[JP_ALLOW_SYSVIPC] = PR_ALLOW_SYSVIPC,
		[JP_ALLOW_RAW_SOCKETS] = PR_ALLOW_RAW_SOCKETS,
		[JP_ALLOW_SOCKET_AF] = PR_ALLOW_SOCKET_AF,
		[JP_ALLOW_RESERVED_PORTS] = PR_ALLOW_RESERVED_PORTS,
		[JP_ALLOW_SUSER] = PR_ALLOW_SUSER,
	};
	enum jp_id id = (enum jp_id)(jp - jailparams);
	bool on;

	if (!jp_bool(val, &on))
		return refuse(rq, EINVAL, "%s: unknown boolean value \"%s\"",
		    jp->name, val);
	on = on != no;
	switch (id) {
	case JP_PERSIST:
		rq->pp.persist = on;
		rq->what |= PRC_PERSIST;
		break;
	case JP_IP4_SADDRSEL:
		rq->pp.no_ip4_saddrsel = !on;
		rq->what |= PRC_SADDRSEL4;
		break;
	case JP_IP6_SADDRSEL:
		rq->pp.no_ip6_saddrsel = !on;
		rq->what |= PRC_SADDRSEL6;
		break;
	default:
		set_allow(rq, allow[id], on);
	}
	return 0;
}

static int
read_jailsys(struct request *rq, const struct jp_def *jp, const char *val)
{
	int sys;

	if (!jp_jailsys(val, &sys))
		return refuse(rq, EINVAL, "%s: unknown value \"%s\"", jp->name,
		    val != NULL ? val : "");
	if (jp == &jailparams[JP_HOST]) {
		if (sys == JAIL_SYS_DISABLE)
			return refuse(rq, EINVAL,
			    "host: a jail always has a host name");
		rq->host = sys;
	} else if (jp == &jailparams[JP_IP4])
		rq->ip4 = sys;
	else if (sys == JAIL_SYS_NEW)
		return refuse(rq, EAFNOSUPPORT,
		    "ip6: the stack has no IPv6 yet");
	else
		rq->ip6 = sys;
	return 0;
}

static int
read_string(struct request *rq, const struct jp_def *jp, const char *val)
{
	if (val == NULL)
		return refuse(rq, EINVAL, "%s: no value", jp->name);
	if (strlen(val) >= jp->size)
		return refuse(rq, ENAMETOOLONG, "%s: longer than %zu bytes",
		    jp->name, jp->size - 1);
	if (strchr(val, '\n') != NULL)
		return refuse(rq, EINVAL, "%s: a newline in it", jp->name);
	if (jp == &jailparams[JP_NAME])
		rq->name = val;
	else if (jp == &jailparams[JP_PATH])
		rq->path = val;
	else {
		if (strlen(val) > LINUX_HOSTMAX)
			return refuse(rq, ENAMETOOLONG,
			    "%s: longer than %d bytes", jp->name,
			    LINUX_HOSTMAX);
		rq->pp.hostname = val;
		rq->what |= PRC_HOSTNAME;
	}
	return 0;
}

/* "name=value" or "name". */
static int
read_param(struct request *rq, const char *s)
{
	const char *val = strchrnul(s, '=');
	size_t len = (size_t)(val - s);
	const struct jp_def *jp;
	bool no;

	val = *val == '=' ? val + 1 : NULL;
	if ((jp = jp_find(s, len, &no)) == NULL)
		return refuse(rq, EINVAL, "unknown parameter: %.*s", (int)len,
		    s);
	if (jp->flags & JP_RDONLY)
		return refuse(rq, EINVAL, "%s: read-only parameter", jp->name);
	switch (jp->type) {
	case JPT_STRING:
		return read_string(rq, jp, val);
	case JPT_INT:
		return read_int(rq, jp, val);
	case JPT_BOOL:
		return read_bool(rq, jp, val, no);
	case JPT_JAILSYS:
		return read_jailsys(rq, jp, val);
	case JPT_IP4:
		return read_addresses(rq, val != NULL ? val : "");
	case JPT_IP6:
		break;
	}
	if (val == NULL || *val == '\0')
		return 0;
	return refuse(rq, EAFNOSUPPORT, "ip6.addr: the stack has no IPv6 yet");
}

static int
read_params(struct request *rq, const char *s, size_t len)
{
	const char *end = s + len;
	int error = 0;

	if (len > 0 && end[-1] != '\0')
		return refuse(rq, EINVAL, "parameters without an end");
	for (; error == 0 && s < end; s += strlen(s) + 1)
		error = read_param(rq, s);
	if (error != 0)
		return error;
	rq->pp.addr = rq->addr;
	rq->pp.naddr = rq->naddr;
	if (rq->ip4 == JAIL_SYS_DISABLE && rq->naddr > 0)
		return refuse(rq, EINVAL, "ip4.addr: ip4 is disabled");
	if (rq->host == JAIL_SYS_INHERIT && rq->pp.hostname != NULL)
		return refuse(rq, EINVAL, "host.hostname: host is inherited");
	return 0;
}

/* ---- which jail ---- */

/* A jail below the asker's, by its name for him; NULL: none. */
static struct prison *
find_by_name(struct request *rq, const char *name)
{
	struct prison *pr;

	if (prison_jid(rq->viewer) == 0)
		strlcpy(rq->fullname, name, sizeof(rq->fullname));
	else
		snprintf(rq->fullname, sizeof(rq->fullname), "%s.%s",
		    prison_name(rq->viewer), name);
	pr = prison_find_name(rq->d->vnet, rq->fullname);
	return pr != NULL && prison_jid(pr) != 0 ? pr : NULL;
}

static int
find_by_jid(struct request *rq, struct prison **prp)
{
	struct prison *pr = prison_find(rq->d->vnet, rq->jid);

	*prp = NULL;
	if (pr != NULL && (rq->flags & JAIL_UPDATE) == 0)
		return refuse(rq, EEXIST, "jail %d already exists", rq->jid);
	if (pr != NULL && pr != rq->viewer && prison_check(rq->viewer, pr))
		*prp = pr;
	else if ((rq->flags & JAIL_CREATE) == 0)
		return refuse(rq, ENOENT, "jail %d not found", rq->jid);
	return 0;
}

/* The jail a new one with this name is to be below. */
static int
find_parent(struct request *rq, struct prison **parentp)
{
	const char *dot = rq->name != NULL ? strrchr(rq->name, '.') : NULL;
	char above[PRISON_NAMELEN];

	*parentp = rq->viewer;
	rq->pp.name = rq->name;
	if (dot == NULL)
		return 0;
	rq->pp.name = dot + 1;
	strlcpy(above, rq->name, (size_t)(dot - rq->name) + 1);
	if ((*parentp = find_by_name(rq, above)) == NULL)
		return refuse(rq, ENOENT, "jail \"%s\" not found", above);
	return 0;
}

/* The new name of a jail that is known by its jid. */
static int
find_newname(struct request *rq, const struct prison *pr)
{
	const char *dot = strrchr(rq->name, '.');
	const char *old = prison_name_in(rq->viewer, pr);
	const char *olddot = strrchr(old, '.');
	size_t len = dot != NULL ? (size_t)(dot - rq->name) : 0;

	rq->pp.name = dot != NULL ? dot + 1 : rq->name;
	rq->what |= PRC_NAME;
	if (dot != NULL && (olddot == NULL ||
	    (size_t)(olddot - old) != len || memcmp(old, rq->name, len) != 0))
		return refuse(rq, EINVAL, "cannot change jail's parent");
	return 0;
}

/* The jail to change, in *prp, or NULL: one is to be made. */
static int
find_target(struct request *rq, struct prison **prp)
{
	int error;

	*prp = NULL;
	if (rq->jid != 0) {
		if ((error = find_by_jid(rq, prp)) != 0)
			return error;
		if (*prp != NULL)
			return rq->name == NULL ? 0 : find_newname(rq, *prp);
	}
	if (rq->name == NULL || *rq->name == '\0') {
		if ((rq->flags & JAIL_CREATE) == 0)
			return refuse(rq, ENOENT, "update specified no jail");
		return 0;
	}
	*prp = find_by_name(rq, rq->name);
	if (*prp != NULL && (rq->flags & JAIL_UPDATE) == 0)
		return refuse(rq, EEXIST, "jail \"%s\" already exists",
		    rq->name);
	if (*prp == NULL && (rq->flags & JAIL_CREATE) == 0)
		return refuse(rq, ENOENT, "jail \"%s\" not found", rq->name);
	return 0;
}

/* ---- doing it ---- */

/* The path as the stack's own sees it. */
static int
full_path(struct request *rq)
{
	const char *top = prison_path(rq->viewer);
	const char *path = rq->path != NULL ? rq->path : "/";
	bool whole = strcmp(top, "/") == 0;

	if (*path != '/')
		return refuse(rq, EINVAL, "path %s: not an absolute pathname",
		    path);
	if (snprintf(rq->fullpath, sizeof(rq->fullpath), "%s%s",
	    whole ? "" : top, !whole && strcmp(path, "/") == 0 ? "" : path) >=
	    (int)sizeof(rq->fullpath))
		return refuse(rq, ENAMETOOLONG, "path: too long");
	rq->pp.path = rq->fullpath;
	return 0;
}

/* FreeBSD: a name that is a number asks for this jid. */
static void
number_name(struct request *rq)
{
	const char *leaf = rq->pp.name;
	int jid;

	if (rq->jid == 0 && leaf != NULL && *leaf >= '1' && *leaf <= '9' &&
	    strspn(leaf, "0123456789") == strlen(leaf) && jp_int(leaf, &jid))
		rq->jid = jid;
}

static int
create(struct request *rq, struct djail **jp)
{
	struct prison *parent;
	uint32_t fine;
	int error;

	if ((rq->flags & JAIL_ATTACH) == 0 && !rq->pp.persist)
		return refuse(rq, EINVAL, "new jail must persist or attach");
	if ((error = find_parent(rq, &parent)) != 0 ||
	    (error = full_path(rq)) != 0)
		return error;
	number_name(rq);
	fine = PR_ALLOW_DEFAULT & prison_allow(parent) & ~rq->mask;
	rq->pp.allow = (rq->pp.allow & rq->mask) | fine;
	rq->pp.jid = rq->jid;
	rq->pp.creator = rq->viewer;
	rq->pp.ip4_restricted = rq->ip4 != JAIL_SYS_INHERIT;
	rq->pp.ip6_restricted = rq->ip6 != JAIL_SYS_INHERIT;
	if (rq->pp.hostname == NULL && rq->host != JAIL_SYS_INHERIT)
		rq->pp.hostname = "";
	error = djail_create(rq->d, parent, &rq->pp, jp, rq->errmsg,
	    sizeof(rq->errmsg));
	return error != 0 ? error : EINPROGRESS;
}

/* What is fixed may be said again, but not be another. */
static int
check_fixed(struct request *rq, const struct prison *pr)
{
	const struct inaddr v4 = inaddr_v4(0);
	bool own = prison_ip_owner_of(pr, &v4) == pr;

	if (rq->path != NULL &&
	    strcmp(rq->path, prison_path_in(rq->viewer, pr)) != 0)
		return refuse(rq, EINVAL,
		    "path cannot be changed after creation");
	if ((rq->ip4 != NOTGIVEN && own == (rq->ip4 == JAIL_SYS_INHERIT)) ||
	    (rq->what & PRC_IP4 && !own))
		return refuse(rq, EINVAL,
		    "ip4 cannot be changed after creation");
	own = !prison_ip6_inherited(pr);
	if (rq->ip6 != NOTGIVEN && own == (rq->ip6 == JAIL_SYS_INHERIT))
		return refuse(rq, EINVAL,
		    "ip6 cannot be changed after creation");
	return 0;
}

static int
update(struct request *rq, struct prison *pr, struct djail **jp)
{
	int error;

	if ((error = check_fixed(rq, pr)) != 0)
		return error;
	if (rq->ip4 == JAIL_SYS_DISABLE)
		rq->what |= PRC_IP4;
	if (rq->host == JAIL_SYS_INHERIT)
		rq->what |= PRC_HOSTNAME;
	else if (rq->host == JAIL_SYS_NEW && rq->pp.hostname == NULL) {
		rq->pp.hostname = prison_hostname(pr);
		rq->what |= PRC_HOSTNAME;
	}
	if ((*jp = djail_find(rq->d, prison_jid(pr))) == NULL)
		return ENOENT;
	return djupdate_begin(*jp, &rq->pp, rq->what, rq->mask, &rq->update,
	    rq->errmsg, sizeof(rq->errmsg));
}

/* EINPROGRESS: it has been begun. */
static int
work(struct request *rq, const char *params, size_t len, struct djail **jp)
{
	struct prison *pr;
	int error;

	if ((rq->flags & (JAIL_CREATE | JAIL_UPDATE)) == 0)
		return refuse(rq, EINVAL,
		    "no valid operation (create or update)");
	if ((error = read_params(rq, params, len)) != 0 ||
	    (error = find_target(rq, &pr)) != 0)
		return error;
	return pr == NULL ? create(rq, jp) : update(rq, pr, jp);
}

/* ---- the request ---- */

/* Without memory for what is to be done. */
static void
give_up(struct request *rq, struct djail *j)
{
	unsigned all = UINT_MAX;

	if (rq->update == NULL) {
		djail_remove(j);
		return;
	}
	djupdate_cancel(rq->update);
	(void)djupdate_step(rq->update, &all, rq->errmsg, sizeof(rq->errmsg));
}

/* What has been begun goes on in slices, with the parameters' addresses. */
static int
go_on(struct conn *cn, struct request *rq, struct djail *j)
{
	int error;

	assert(j != NULL);
	if (j->state == DJAIL_MAKING && (error = djail_hold(j, cn)) != 0)
		return error;
	error = jailwork_begin(cn, j, rq->update, rq->addr, rq->flags);
	if (error == 0)
		rq->addr = NULL;
	return error;
}

int
jailset(struct daemon *d, struct conn *cn, const struct ctlmsg *m)
{
	struct request rq = {
		.d = d, .viewer = cn->cred.prison, .flags = m->arg,
		.host = NOTGIVEN, .ip4 = NOTGIVEN, .ip6 = NOTGIVEN,
	};
	struct djail *j = NULL;
	int error;

	error = work(&rq, (const char *)cn->in + sizeof(*m),
	    m->len - sizeof(*m), &j);
	if (error == EINPROGRESS && (error = go_on(cn, &rq, j)) != 0)
		give_up(&rq, j);
	free(rq.addr);
	if (cn->waits)
		return 0;
	return jailwork_answer(cn, j, rq.flags, error, rq.errmsg,
	    sizeof(rq.errmsg));
}
