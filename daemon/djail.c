/*
 * djail.c - jails from the daemon's side.  djail.h has the states.
 *
 * A jail brings its addresses to lo0 when it is made and takes them away when
 * its last PCB is gone, not before: what its programs sent last may still be on
 * its way.  Only connections in TIME_WAIT are not waited for.
 *
 * Dying jails stand in a list of their own, and each time the stack has run a
 * bounded piece of their removal is done, whatever they hold: djail_reap().
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <bsd/string.h>

#include "daemon/ctljail.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/files.h"
#include "daemon/notify.h"
#include "netjail/prison.h"
#include "stack/ip.h"

#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1ul
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   SECCOMP_IOW(4, __u64)
#endif

#define JAIL_MAXADDRS 65536

#define NOBODY 65534	/* whom a user namespace shows for ids it has not */

/*
 * How much of removing jails is done between packets, in things of some 100 ns
 * each (a face is some more), and when jails are looked at for which there was
 * no time.
 */
#define REAP_BUDGET	512
#define FACE_COST	8
#define REAP_DELAY	(10 * NSEC_PER_MSEC)

/* A listener hangs up a moment before its last thread has ended. */
#define SWEEP_DELAY (50 * NSEC_PER_MSEC)

/* ---- parameters ---- */

struct jail_request {
	struct prison_params pp;
	struct inaddr	*addr;
	unsigned	 naddr;
};

enum param_kind {
	PARAM_TEXT, PARAM_ADDRS, PARAM_ALLOW, PARAM_PERSIST, PARAM_PORT
};

static const struct {
	const char	*name;
	enum param_kind	 kind;
	size_t		 offset;	/* PARAM_TEXT, _PORT: in prison_params */
	uint32_t	 allow;
} params[] = {
	{ "path", PARAM_TEXT, offsetof(struct prison_params, path), 0 },
	{ "name", PARAM_TEXT, offsetof(struct prison_params, name), 0 },
	{ "host.hostname", PARAM_TEXT,
	    offsetof(struct prison_params, hostname), 0 },
	{ "ip4.addr", PARAM_ADDRS, 0, 0 },
	{ "persist", PARAM_PERSIST, 0, 0 },
	{ "portrange.first", PARAM_PORT,
	    offsetof(struct prison_params, portrange_first), 0 },
	{ "portrange.last", PARAM_PORT,
	    offsetof(struct prison_params, portrange_last), 0 },
	{ "portrange.hifirst", PARAM_PORT,
	    offsetof(struct prison_params, portrange_hifirst), 0 },
	{ "portrange.hilast", PARAM_PORT,
	    offsetof(struct prison_params, portrange_hilast), 0 },
	{ "allow.set_hostname", PARAM_ALLOW, 0, PR_ALLOW_SET_HOSTNAME },
	{ "allow.sysvipc", PARAM_ALLOW, 0, PR_ALLOW_SYSVIPC },
	{ "allow.raw_sockets", PARAM_ALLOW, 0, PR_ALLOW_RAW_SOCKETS },
	{ "allow.socket_af", PARAM_ALLOW, 0, PR_ALLOW_SOCKET_AF },
	{ "allow.reserved_ports", PARAM_ALLOW, 0, PR_ALLOW_RESERVED_PORTS },
};

/* One address of the list, [s, end). */
static int
param_addr(struct jail_request *rq, const char *s, const char *end)
{
	char text[INADDR_STRLEN];
	struct inaddr *n;

	if ((size_t)(end - s) >= sizeof(text) || rq->naddr == JAIL_MAXADDRS)
		return EINVAL;
	memcpy(text, s, (size_t)(end - s));
	text[end - s] = '\0';
	n = realloc(rq->addr, (rq->naddr + 1) * sizeof(*n));
	if (n == NULL)
		return ENOMEM;
	rq->addr = n;
	if (!inaddr_pton(text, &rq->addr[rq->naddr]))
		return EINVAL;
	if (!inaddr_is_v4(&rq->addr[rq->naddr]))
		return EAFNOSUPPORT;
	rq->naddr++;
	return 0;
}

static int
param_addrs(struct jail_request *rq, const char *list)
{
	const char *end;
	int error;

	for (;; list = end + 1) {
		end = strchrnul(list, ',');
		if ((error = param_addr(rq, list, end)) != 0)
			return error;
		if (*end == '\0')
			return 0;
	}
}

/* "1", "true" or nothing; "0", "false". */
static int
param_bool(const char *val, bool *on)
{
	if (*val == '\0' || strcmp(val, "1") == 0 || strcmp(val, "true") == 0)
		*on = true;
	else if (strcmp(val, "0") == 0 || strcmp(val, "false") == 0)
		*on = false;
	else
		return EINVAL;
	return 0;
}

/* Decimal digits, as an uint16_t at *at. */
static int
param_port(void *at, const char *val)
{
	size_t len = strspn(val, "0123456789");
	unsigned long n;
	uint16_t port;

	if (len == 0 || len > 5 || val[len] != '\0')
		return EINVAL;
	if ((n = strtoul(val, NULL, 10)) > UINT16_MAX)
		return EINVAL;
	port = (uint16_t)n;
	memcpy(at, &port, sizeof(port));
	return 0;
}

static int
param_value(struct jail_request *rq, unsigned i, const char *val)
{
	bool on;
	int error;

	switch (params[i].kind) {
	case PARAM_TEXT:
		memcpy((char *)&rq->pp + params[i].offset, &val, sizeof(val));
		return 0;
	case PARAM_ADDRS:
		return param_addrs(rq, val);
	case PARAM_PERSIST:
		return param_bool(val, &rq->pp.persist);
	case PARAM_PORT:
		return param_port((char *)&rq->pp + params[i].offset, val);
	case PARAM_ALLOW:
		break;
	}
	if ((error = param_bool(val, &on)) != 0)
		return error;
	if (on)
		rq->pp.allow |= params[i].allow;
	else
		rq->pp.allow &= ~params[i].allow;
	return 0;
}

static int
param_set(struct jail_request *rq, const char *s, char *errmsg, size_t errlen)
{
	const char *val = strchrnul(s, '=');
	size_t len = (size_t)(val - s);
	unsigned i;
	int error;

	if (*val == '=')
		val++;
	for (i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		if (strlen(params[i].name) != len ||
		    memcmp(params[i].name, s, len) != 0)
			continue;
		if ((error = param_value(rq, i, val)) != 0)
			snprintf(errmsg, errlen, "%s: bad value '%s'",
			    params[i].name, val);
		return error;
	}
	snprintf(errmsg, errlen, "unknown parameter: %.*s", (int)len, s);
	return EINVAL;
}

static int
param_all(struct jail_request *rq, const char *s, size_t len, char *errmsg,
    size_t errlen)
{
	const char *end = s + len;
	int error = 0;

	if (len > 0 && end[-1] != '\0')
		return EINVAL;
	for (; error == 0 && s < end; s += strlen(s) + 1)
		error = param_set(rq, s, errmsg, errlen);
	return error;
}

/* ---- making ---- */

static struct djail *
djail_new(struct daemon *d, struct prison *pr)
{
	struct djail *j;

	if ((j = calloc(1, sizeof(*j))) == NULL)
		return NULL;
	j->d = d;
	j->prison = pr;
	j->naddr = prison_jid(pr) == 0 ? 0 : prison_naddr(pr);
	j->state = DJAIL_MADE;
	j->init.fd = -1;
	TAILQ_INIT(&j->listeners);
	TAILQ_INIT(&j->faces);
	TAILQ_INSERT_TAIL(&d->djails, j, link);
	return j;
}

int
djail_init(struct daemon *d)
{
	struct djail *j;

	if ((j = djail_new(d, prison_get(prison0(d->vnet)))) == NULL)
		return ENOMEM;
	j->state = DJAIL_LIVE;
	return 0;
}

static void
addrs_remove(struct vnet *v, const struct prison *pr, unsigned n)
{
	while (n-- > 0)
		(void)in_ifaddr_remove(v, prison_addr(pr, n));
}

static int
addrs_add(struct vnet *v, const struct prison *pr)
{
	unsigned i;
	int error;

	for (i = 0; i < prison_naddr(pr); i++)
		if ((error = in_ifaddr_add(v, lo0(v), prison_addr(pr, i))) !=
		    0) {
			addrs_remove(v, pr, i);
			return error;
		}
	return 0;
}

static int
djail_make(struct daemon *d, const struct prison_params *pp,
    struct djail **jp, char *errmsg, size_t errlen)
{
	struct prison *pr;
	int error;

	error = prison_create(d->vnet, prison0(d->vnet), pp, &pr, errmsg,
	    errlen);
	if (error != 0)
		return error;
	if ((error = addrs_add(d->vnet, pr)) == 0) {
		if ((*jp = djail_new(d, pr)) != NULL)
			return 0;
		addrs_remove(d->vnet, pr, prison_naddr(pr));
		error = ENOMEM;
	}
	prison_remove(d->vnet, pr);
	prison_put(d->vnet, pr);
	return error;
}

int
djail_create(struct daemon *d, const char *text, size_t len,
    struct djail **jp, char *errmsg, size_t errlen)
{
	struct jail_request rq = {
		.pp = {
			.path = "/", .hostname = "", .ip4_restricted = true,
			.ip6_restricted = true, .allow = PR_ALLOW_DEFAULT,
		},
	};
	int error;

	error = param_all(&rq, text, len, errmsg, errlen);
	if (error == 0) {
		rq.pp.addr = rq.addr;
		rq.pp.naddr = rq.naddr;
		error = djail_make(d, &rq.pp, jp, errmsg, errlen);
	}
	free(rq.addr);
	if (error != 0 && errmsg[0] == '\0')
		strlcpy(errmsg, strerror(error), errlen);
	return error;
}

struct djail *
djail_find(const struct daemon *d, int jid)
{
	struct djail *j;

	TAILQ_FOREACH(j, &d->djails, link)
		if (prison_jid(j->prison) == jid)
			return j;
	return NULL;
}

/*
 * The owner of the stack is root in it, and in the jails he makes: that is who
 * uid 0 is mapped to.  Others keep their number.
 */
struct cred
djail_cred(const struct djail *j, uid_t uid)
{
	return (struct cred) {
		.uid = uid == j->d->owner ? 0 : uid,
		.prison = j->prison,
	};
}

uint32_t
djail_uid(const struct djail *j, uint32_t uid)
{
	const struct idmap *m;

	if (prison_jid(j->prison) == 0)
		return uid == 0 ? j->d->owner : uid;
	for (m = j->uids; uid != 0 && m < j->uids + DJAIL_IDMAPS; m++)
		if (uid - m->outside < m->count)
			return uid - m->outside + m->inside;
	return uid == 0 ? 0 : NOBODY;
}

/* ---- listeners ---- */

void
djail_check(struct djail *j)
{
	if (prison_jid(j->prison) == 0 || j->maker != NULL ||
	    !TAILQ_EMPTY(&j->listeners))
		return;
	if (j->state == DJAIL_MADE || !prison_persist(j->prison))
		djail_remove(j);
}

static void
listener_free(struct listener *l)
{
	struct daemon *d = l->d;

	notify_drop(d, l->src.fd);
	loop_del(&d->loop, &l->src);
	close(l->src.fd);
	TAILQ_REMOVE(&l->jail->listeners, l, link);
	free(l);
}

static void
listener_event(struct source *src, uint32_t events)
{
	struct listener *l = (struct listener *)(void *)src;
	struct djail *j = l->jail;
	struct daemon *d = l->d;

	if (events & EPOLLIN) {
		notify_event(d, j, src->fd);
		return;
	}
	listener_free(l);
	d->sweep_at = d->vnet->now + SWEEP_DELAY;
	djail_check(j);
}

int
djail_listen(struct djail *j, int fd)
{
	struct listener *l;
	int error = ENOMEM;

	if ((l = calloc(1, sizeof(*l))) != NULL) {
		l->src.fd = fd;
		l->src.fn = listener_event;
		l->src.late = true;
		l->d = j->d;
		l->jail = j;
		error = loop_add(&j->d->loop, &l->src, EPOLLIN);
	}
	if (error != 0) {
		free(l);
		close(fd);
		return error;
	}
	/* Linux 6.6: wake the caller on this CPU.  Before: do without. */
	(void)ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
	    SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	TAILQ_INSERT_TAIL(&j->listeners, l, link);
	if (j->state == DJAIL_MADE)
		j->state = DJAIL_LIVE;
	return 0;
}

/* ---- init ---- */

static void
init_event(struct source *src, uint32_t events)
{
	struct djail *j = (struct djail *)(void *)((char *)src -
	    offsetof(struct djail, init));

	(void)events;
	djail_remove(j);
}

int
djail_watch(struct djail *j, int fd)
{
	int error;

	j->init.fd = fd;
	j->init.fn = init_event;
	target_uidmap(fd, j->uids, DJAIL_IDMAPS);
	if ((error = loop_add(&j->d->loop, &j->init, EPOLLIN)) != 0) {
		close(fd);
		j->init.fd = -1;
		return error;
	}
	files_jail(j);
	if (prison_persist(j->prison))
		j->state = DJAIL_LIVE;
	return 0;
}

static void
djail_unwatch(struct djail *j)
{
	if (j->init.fd < 0)
		return;
	loop_del(&j->d->loop, &j->init);
	close(j->init.fd);
	j->init.fd = -1;
}

/* ---- the end ---- */

void
djail_remove(struct djail *j)
{
	struct daemon *d = j->d;
	struct conn *leash = j->leash;

	if (j->state == DJAIL_DYING)
		return;
	j->state = DJAIL_DYING;
	TAILQ_REMOVE(&d->djails, j, link);
	TAILQ_INSERT_TAIL(&d->dying, j, link);
	d->ndying++;
	prison_remove(d->vnet, j->prison);
	j->maker = NULL;
	j->leash = NULL;
	if (leash != NULL)
		conn_free(leash);
	djail_unwatch(j);
}

/* Faces whose end nobody holds any more: they stand in front. */
static bool
djail_free_gone(struct djail *j, unsigned *budget)
{
	struct face *f;

	while ((f = TAILQ_FIRST(&j->faces)) != NULL &&
	    f->state == FACE_GONE) {
		if (*budget < FACE_COST)
			return true;
		*budget -= FACE_COST;
		face_free(f, true);
	}
	return false;
}

/* Its addresses leave lo0. */
static bool
djail_free_addrs(struct djail *j, unsigned *budget)
{
	for (; j->naddr > 0; (*budget)--) {
		if (*budget == 0)
			return true;
		(void)in_ifaddr_remove(j->d->vnet,
		    prison_addr(j->prison, --j->naddr));
	}
	return false;
}

/* Without faces and addresses. */
static void
djail_free(struct djail *j)
{
	struct daemon *d = j->d;
	struct listener *l;

	while ((l = TAILQ_FIRST(&j->listeners)) != NULL)
		listener_free(l);
	control_drop(d, j);
	if (j->state == DJAIL_DYING) {
		TAILQ_REMOVE(&d->dying, j, link);
		d->ndying--;
	} else
		TAILQ_REMOVE(&d->djails, j, link);
	prison_put(d->vnet, j->prison);
	free(j);
}

/* Go on removing a jail; may free it.  True: the budget did not suffice. */
static bool
djail_step(struct djail *j, unsigned *budget)
{
	struct vnet *v = j->d->vnet;

	if (prison_purge_step(v, j->prison, &j->purge, budget))
		return true;
	if (!TAILQ_EMPTY(&j->listeners))
		return false;
	if (djail_free_gone(j, budget))
		return true;
	if (!TAILQ_EMPTY(&j->faces) || prison_has_pcbs(v, j->prison))
		return false;
	if (djail_free_addrs(j, budget))
		return true;
	djail_free(j);
	return false;
}

void
djail_reap(struct daemon *d)
{
	unsigned budget = REAP_BUDGET, n = d->ndying;
	struct djail *j;

	d->reap_at = 0;
	for (; n > 0 && budget > 0; n--, budget -= budget > 0) {
		/* Others come first next time. */
		j = TAILQ_FIRST(&d->dying);
		TAILQ_REMOVE(&d->dying, j, link);
		TAILQ_INSERT_TAIL(&d->dying, j, link);
		if (djail_step(j, &budget)) {
			d->busy = true;
			return;
		}
	}
	if (n > 0)
		d->reap_at = d->vnet->now + REAP_DELAY;
}

/* All at once: nobody waits any more. */
static void
djail_end(struct djail *j)
{
	unsigned all = UINT_MAX;
	struct face *f;

	if (prison_jid(j->prison) != 0)
		djail_remove(j);
	while ((f = TAILQ_FIRST(&j->faces)) != NULL)
		face_free(f, true);
	(void)djail_free_addrs(j, &all);
	djail_free(j);
}

void
djail_fini(struct daemon *d)
{
	struct djail *j;

	while ((j = TAILQ_LAST(&d->djails, djails)) != NULL)
		djail_end(j);
	while ((j = TAILQ_FIRST(&d->dying)) != NULL)
		djail_end(j);
}
