/*
 * djail.c - jails from the daemon's side.  djail.h has the states.
 *
 * A jail brings its addresses to lo0 when it is made and takes them away when
 * its last PCB is gone, not before: what its programs sent last may still be on
 * its way.  Only connections in TIME_WAIT are not waited for.
 *
 * A jail below another has addresses that are on lo0 already, and programs that
 * may have been started inside the other one, under its filter: nest.c.
 *
 * What concerns a jail's namespaces is told to its init over the leash, for
 * nobody else is in them.
 *
 * Dying jails stand in a list of their own, and each time the stack has run a
 * bounded piece of their removal is done, whatever they hold and however many
 * are below them: djail_reap().  Nothing new comes below a dying jail; what is
 * there lives until its turn comes, leaves first.  Who asked for the removal is
 * answered when none is left.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <bsd/string.h>

#include "daemon/ctljail.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/files.h"
#include "daemon/nest.h"
#include "daemon/notify.h"
#include "daemon/turn.h"
#include "daemon/unixdiag.h"
#include "netjail/prison.h"
#include "stack/ip.h"

#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1ul
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	   SECCOMP_IOW(4, __u64)
#endif

/*
 * How much of removing jails is done between packets, in things of some 100 ns
 * each (a face is some more), and when jails are looked at for which there was
 * no time.
 */
#define REAP_BUDGET	512
#define FACE_COST	8
#define REMOVE_COST	16	/* a leash, and a signal to init */
#define FREE_COST	16
#define LOOK_COST	4	/* at one that waits */
#define REAP_DELAY	(10 * NSEC_PER_MSEC)

/* Parked calls that are dropped between packets when a listener hangs up. */
#define HANGUP_BUDGET	256

/* A listener hangs up a moment before its last thread has ended. */
#define SWEEP_DELAY (50 * NSEC_PER_MSEC)

/* ---- making ---- */

bool
djail_has_own(const struct prison *pr)
{
	const struct inaddr v4 = inaddr_v4(0);
	const struct prison *parent = prison_parent(pr);

	return prison_jid(pr) != 0 && prison_ip_owner_of(pr, &v4) == pr &&
	    prison_jid(prison_ip_owner_of(parent, &v4)) == 0;
}

static uint64_t
jid_hash(int jid)
{
	return face_hash((uint64_t)jid);
}

static struct djail *
djail_new(struct daemon *d, struct prison *pr, struct djail *up)
{
	struct djail *j;

	if ((j = calloc(1, sizeof(*j))) == NULL)
		return NULL;
	j->d = d;
	j->prison = pr;
	j->state = DJAIL_MAKING;
	j->init.fd = j->nest.fd = -1;
	j->up = up;
	for (; up != NULL; up = up->up)
		up->nbelow++;
	TAILQ_INIT(&j->listeners);
	TAILQ_INIT(&j->faces);
	LIST_INIT(&j->conns);
	LIST_INIT(&j->holds);
	LIST_INIT(&j->waiting);
	TAILQ_INSERT_TAIL(&d->djails, j, link);
	htable_insert(&d->jids, &j->jidlink, jid_hash(prison_jid(pr)));
	return j;
}

int
djail_init(struct daemon *d)
{
	struct djail *j;

	if ((j = djail_new(d, prison_get(prison0(d->vnet)), NULL)) == NULL)
		return ENOMEM;
	j->state = DJAIL_LIVE;
	return 0;
}

/* Its programs may come under the listener of a jail above: that none of them
 * is left is seen by its init alone. */
static bool
nested(const struct djail *j)
{
	return prison_depth(j->prison) > 1;
}

int
djail_create(struct daemon *d, struct prison *parent,
    const struct prison_params *pp, struct djail **jp, char *errmsg,
    size_t errlen)
{
	struct prison *pr;
	int error;

	error = prison_create_begin(d->vnet, parent, pp, &pr, errmsg, errlen);
	if (error != 0)
		return error;
	*jp = djail_new(d, pr, djail_find(d, prison_jid(parent)));
	if (*jp != NULL)
		return 0;
	prison_remove(d->vnet, pr);
	prison_put(d->vnet, pr);
	return ENOMEM;
}

/* Its addresses come to lo0. */
static int
add_addrs(struct djail *j, unsigned *budget)
{
	struct vnet *v = j->d->vnet;
	int error;

	for (; j->naddr < prison_naddr(j->prison); j->naddr++, (*budget)--) {
		if (*budget == 0)
			return EINPROGRESS;
		error = in_ifaddr_add(v, lo0(v),
		    prison_addr(j->prison, j->naddr));
		if (error != 0)
			return error;
	}
	return 0;
}

/* EINPROGRESS: the budget did not suffice. */
static int
create_some(struct djail *j, unsigned *budget, char *errmsg, size_t errlen)
{
	struct vnet *v = j->d->vnet;
	int error;

	error = prison_create_step(v, j->prison, budget, errmsg, errlen);
	if (error == 0 && djail_has_own(j->prison))
		error = add_addrs(j, budget);
	return error != 0 ? error :
	    prison_create_end(v, j->prison, errmsg, errlen);
}

int
djail_create_step(struct djail *j, unsigned *budget, char *errmsg,
    size_t errlen)
{
	int error = create_some(j, budget, errmsg, errlen);

	if (error == 0)
		j->state = DJAIL_MADE;
	else if (error != EINPROGRESS)
		djail_remove(j);
	return error;
}

struct djail *
djail_find(const struct daemon *d, int jid)
{
	uint64_t h = jid_hash(jid);
	struct hlink *l;

	HTABLE_FOREACH(l, &d->jids, h) {
		struct djail *j = HT_OBJECT(l, struct djail, jidlink);

		if (prison_jid(j->prison) == jid && j->state != DJAIL_MAKING)
			return j;
	}
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
djail_mapuid(const struct djail *j, uint32_t uid)
{
	const struct idmap *m;

	for (m = j->uids; m < j->uids + DJAIL_IDMAPS; m++)
		if (uid - m->outside < m->count)
			return uid - m->outside + m->inside;
	return DJAIL_NOBODY;
}

uint32_t
djail_uid(const struct djail *j, uint32_t uid)
{
	if (prison_jid(j->prison) == 0)
		return uid == 0 ? j->d->owner : uid;
	return uid == 0 ? 0 : djail_mapuid(j, uid);
}

/* ---- listeners ---- */

static struct hold *
find_hold(const struct djail *j, const struct holdset *holdset)
{
	struct hold *h;

	LIST_FOREACH(h, &j->holds, jlink)
		if (h->holdset == holdset)
			break;
	return h;
}

static struct holdset *
conn_holdset(struct conn *cn)
{
	if (cn->holdset == NULL &&
	    (cn->holdset = calloc(1, sizeof(*cn->holdset))) != NULL)
		TAILQ_INIT(&cn->holdset->holds);
	return cn->holdset;
}

int
djail_hold(struct djail *j, struct conn *cn)
{
	struct holdset *holdset = conn_holdset(cn);
	struct hold *h;

	if (holdset == NULL)
		return ENOMEM;
	if (find_hold(j, holdset) == NULL) {
		if ((h = calloc(1, sizeof(*h))) == NULL)
			return ENOMEM;
		h->jail = j;
		h->holdset = holdset;
		LIST_INSERT_HEAD(&j->holds, h, jlink);
		TAILQ_INSERT_TAIL(&holdset->holds, h, link);
	}
	djail_tell(j, LEASH_STAY, NULL, 0);
	j->ending = false;
	return 0;
}

static void
hold_free(struct hold *h)
{
	LIST_REMOVE(h, jlink);
	TAILQ_REMOVE(&h->holdset->holds, h, link);
	free(h);
}

void
djail_release(struct djail *j, struct conn *cn)
{
	struct hold *h = find_hold(j, cn->holdset);

	if (h != NULL)
		hold_free(h);
}

void
djail_release_all(struct daemon *d, struct conn *cn)
{
	if (cn->holdset == NULL)
		return;
	TAILQ_INSERT_TAIL(&d->leaving, cn->holdset, link);
	cn->holdset = NULL;
	d->busy = true;
}

/* Those whose connection is gone.  True: the budget did not suffice. */
static bool
release_some(struct daemon *d, unsigned *budget)
{
	struct holdset *holdset;
	struct djail *j;
	struct hold *h;

	while ((holdset = TAILQ_FIRST(&d->leaving)) != NULL) {
		while ((h = TAILQ_FIRST(&holdset->holds)) != NULL) {
			if (*budget < REMOVE_COST)
				return true;
			*budget -= REMOVE_COST;
			j = h->jail;
			hold_free(h);
			djail_check(j);
		}
		TAILQ_REMOVE(&d->leaving, holdset, link);
		free(holdset);
	}
	return false;
}

void
djail_check(struct djail *j)
{
	if (prison_jid(j->prison) == 0 || j->state == DJAIL_DYING ||
	    !LIST_EMPTY(&j->holds) || !TAILQ_EMPTY(&j->listeners) ||
	    prison_haschildren(j->prison))
		return;
	if (j->state > DJAIL_MADE && prison_persist(j->prison))
		return;
	if (j->state <= DJAIL_MADE || !nested(j)) {
		djail_remove(j);
	} else if (!j->ending) {
		j->ending = true;
		djail_tell(j, LEASH_EXITEMPTY, NULL, 0);
	}
}

/* Its parked calls go first.  True: the budget did not suffice for them. */
static bool
listener_free(struct listener *l, unsigned *budget)
{
	struct daemon *d = l->d;

	if (notify_drop(&l->calls, budget))
		return true;
	if (l->hungup)
		TAILQ_REMOVE(&d->hungup, l, hlink);
	else
		loop_del(&d->loop, &l->src);
	close(l->src.fd);
	TAILQ_REMOVE(&l->jail->listeners, l, link);
	free(l);
	return false;
}

bool
djail_hungup(struct daemon *d)
{
	unsigned budget = HANGUP_BUDGET;
	struct listener *l;
	struct djail *j;

	while ((l = TAILQ_FIRST(&d->hungup)) != NULL) {
		j = l->jail;
		if (listener_free(l, &budget)) {
			turn_putoff(d->vnet);
			return true;
		}
		d->sweep_at = d->vnet->now + SWEEP_DELAY;
		djail_check(j);
	}
	return false;
}

static void
listener_event(struct source *src, uint32_t events)
{
	struct listener *l = (struct listener *)(void *)src;
	struct daemon *d = l->d;

	if (events & EPOLLIN) {
		notify_event(d, l->jail, src->fd, &l->calls);
		return;
	}
	loop_del(&d->loop, src);
	l->hungup = true;
	TAILQ_INSERT_TAIL(&d->hungup, l, hlink);
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
		TAILQ_INIT(&l->calls);
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

/* Init is dead, and so is all in its pid namespace. */
static void
djail_unwatch(struct djail *j)
{
	if (j->init.fd < 0)
		return;
	loop_del(&j->d->loop, &j->init);
	close(j->init.fd);
	j->init.fd = -1;
	nest_leave(j);
}

static void
init_event(struct source *src, uint32_t events)
{
	struct djail *j = (struct djail *)(void *)((char *)src -
	    offsetof(struct djail, init));

	(void)events;
	djail_remove(j);
	djail_unwatch(j);
}

int
djail_watch(struct djail *j, int fd)
{
	int error;

	if ((error = nest_enter(j, fd)) != 0) {
		close(fd);
		return error;
	}
	j->init.fd = fd;
	j->init.fn = init_event;
	target_uidmap(fd, j->uids, DJAIL_IDMAPS);
	unixdiag_init(j, fd);
	if ((error = loop_add(&j->d->loop, &j->init, EPOLLIN)) != 0) {
		unixdiag_fini(j);
		nest_leave(j);
		close(fd);
		j->init.fd = -1;
		return error;
	}
	files_jail(j);
	if (prison_persist(j->prison) || nested(j))
		j->state = DJAIL_LIVE;
	return 0;
}

/* ---- the end ---- */

/* Dying ones with none below them leave the tree, from j upwards. */
static void
djail_bury(struct djail *j)
{
	struct conn *cn;

	for (; j != NULL && j->state == DJAIL_DYING &&
	    !prison_haschildren(j->prison); j = j->up) {
		prison_remove(j->d->vnet, j->prison);
		/* Behind those below it, which are to be freed before. */
		TAILQ_REMOVE(&j->d->dying, j, link);
		TAILQ_INSERT_TAIL(&j->d->dying, j, link);
		while ((cn = LIST_FIRST(&j->waiting)) != NULL) {
			djail_unwait(cn);
			conn_answered(cn, conn_end(cn, 0, 0));
		}
	}
	if (j != NULL)
		djail_check(j);
}

void
djail_remove(struct djail *j)
{
	struct daemon *d = j->d;
	struct conn *leash = j->leash;
	struct hold *h;

	if (j->state == DJAIL_DYING)
		return;
	j->state = DJAIL_DYING;
	htable_remove(&d->jids, &j->jidlink);
	TAILQ_REMOVE(&d->djails, j, link);
	TAILQ_INSERT_TAIL(&d->dying, j, link);
	d->ndying++;
	d->busy = true;
	prison_condemn(d->vnet, j->prison);
	while ((h = LIST_FIRST(&j->holds)) != NULL)
		hold_free(h);
	j->leash = NULL;
	if (leash != NULL)
		conn_free(leash);
	/* Whoever has stopped it from reading its leash. */
	if (j->init.fd >= 0)
		(void)syscall(SYS_pidfd_send_signal, j->init.fd, SIGKILL, NULL,
		    0);
	djail_bury(j);
}

int
djail_await(struct djail *j, struct conn *cn)
{
	if (!prison_haschildren(j->prison))
		return conn_end(cn, 0, 0);
	cn->removed = j;
	LIST_INSERT_HEAD(&j->waiting, cn, rlink);
	conn_wait(cn);
	return 0;
}

void
djail_unwait(struct conn *cn)
{
	if (cn->removed == NULL)
		return;
	LIST_REMOVE(cn, rlink);
	cn->removed = NULL;
}

/* Jails below it; the last one takes it out of the tree.  True: there were
 * some, which come before it in the list now. */
static bool
djail_remove_below(struct djail *j, unsigned *budget)
{
	struct prison *leaf;

	if (!prison_haschildren(j->prison))
		return false;
	while (prison_haschildren(j->prison) && *budget >= REMOVE_COST) {
		*budget -= REMOVE_COST;
		leaf = prison_leaf(j->prison);
		djail_remove(djail_find(j->d, prison_jid(leaf)));
	}
	return true;
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
	struct djail *up;
	struct listener *l;
	unsigned all = UINT_MAX;

	while ((l = TAILQ_FIRST(&j->listeners)) != NULL)
		(void)listener_free(l, &all);
	(void)control_drop(j, &all);
	unixdiag_fini(j);
	djail_unwatch(j);
	nest_leave(j);
	for (up = j->up; up != NULL; up = up->up)
		up->nbelow--;
	if (j->state == DJAIL_DYING) {
		TAILQ_REMOVE(&d->dying, j, link);
		d->ndying--;
	} else {
		htable_remove(&d->jids, &j->jidlink);
		TAILQ_REMOVE(&d->djails, j, link);
	}
	prison_put(d->vnet, j->prison);
	free(j);
}

/* Go on removing a jail; may free it.  True: the budget did not suffice. */
static bool
djail_step(struct djail *j, unsigned *budget)
{
	struct vnet *v = j->d->vnet;

	if (djail_remove_below(j, budget) ||
	    prison_purge_step(v, j->prison, &j->purge, budget))
		return true;
	/* Its programs, the jails below it and changes come to their end. */
	if (!TAILQ_EMPTY(&j->listeners) || j->init.fd >= 0 ||
	    j->nbelow > 0 || j->update != NULL)
		return false;
	if (djail_free_gone(j, budget))
		return true;
	if (!TAILQ_EMPTY(&j->faces) || prison_has_pcbs(v, j->prison))
		return false;
	if (djail_free_addrs(j, budget) || control_drop(j, budget) ||
	    *budget < FREE_COST)
		return true;
	*budget -= FREE_COST;
	djail_free(j);
	return false;
}

void
djail_reap(struct daemon *d)
{
	unsigned budget = REAP_BUDGET, n;
	struct djail *j;

	d->reap_at = 0;
	if (release_some(d, &budget)) {
		d->busy = true;
		return;
	}
	for (n = d->ndying; n > 0 && budget >= LOOK_COST; n--) {
		budget -= LOOK_COST;
		/* Others come first next time. */
		j = TAILQ_FIRST(&d->dying);
		TAILQ_REMOVE(&d->dying, j, link);
		TAILQ_INSERT_TAIL(&d->dying, j, link);
		if (djail_step(j, &budget)) {
			d->busy = true;
			turn_putoff(d->vnet);
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
	j->nbelow = 0;
	djail_free(j);
}

void
djail_fini(struct daemon *d)
{
	unsigned none = 0;	/* is held any more */
	struct djail *j;

	TAILQ_FOREACH(j, &d->djails, link)
		j->up = NULL;
	TAILQ_FOREACH(j, &d->dying, link)
		j->up = NULL;
	while ((j = TAILQ_LAST(&d->djails, djails)) != NULL)
		djail_end(j);
	while ((j = TAILQ_FIRST(&d->dying)) != NULL)
		djail_end(j);
	(void)release_some(d, &none);
}
