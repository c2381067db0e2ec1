/*
 * jailwork.c - requests about jails that take more than one turn.
 *
 * Theory of operation
 *
 * A jail with thousands of addresses is made, or given others, in slices: each
 * time the stack has run, some of what is to be done is done for the first in
 * the row of works, who then goes to its end.  So it does not matter to packets
 * how many there are.
 *
 * The connection that asked waits, and asks nothing else, until its work is
 * over and answered.  If it ends before, a jail that was being made goes; a
 * change is given up, or gone on with to its end if the jail has been changed
 * already.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "daemon/daemon.h"
#include "daemon/djail.h"
#include "daemon/jailwork.h"
#include "daemon/turn.h"

/* How much is done between packets, in things of some 100 ns each. */
#define WORK_BUDGET	256

struct jailwork {
	TAILQ_ENTRY(jailwork) link;	/* in d->works */
	struct conn	*conn;		/* who asked; NULL: is gone */
	struct djail	*jail;
	struct djupdate	*update;	/* NULL: it is being made */
	struct inaddr	*addr;		/* of its parameters */
	unsigned	 flags;		/* of the request */
};

int
jailwork_answer(struct conn *cn, struct djail *j, unsigned flags, int error,
    char *errmsg, size_t errlen)
{
	if (error != 0 && errmsg[0] == '\0')
		strlcpy(errmsg, strerror(error), errlen);
	if (error != 0)
		return conn_reply(cn, CTL_END, error, 0, errmsg,
		    strlen(errmsg));
	if (flags & JAIL_ATTACH && (error = djail_hold(j, cn)) != 0)
		return error;
	/* It may not persist any more. */
	djail_check(j);
	return conn_end(cn, 0, (uint32_t)prison_jid(j->prison));
}

int
jailwork_begin(struct conn *cn, struct djail *j, struct djupdate *update,
    struct inaddr *addr, unsigned flags)
{
	struct jailwork *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return ENOMEM;
	*w = (struct jailwork){ .conn = cn, .jail = j, .update = update,
		.addr = addr, .flags = flags };
	TAILQ_INSERT_TAIL(&j->d->works, w, link);
	cn->work = w;
	conn_wait(cn);
	return 0;
}

static void
work_free(struct jailwork *w)
{
	TAILQ_REMOVE(&w->jail->d->works, w, link);
	if (w->conn != NULL)
		w->conn->work = NULL;
	free(w->addr);
	free(w);
}

/* True: it is over, answered and freed. */
static bool
work_step(struct jailwork *w, unsigned *budget)
{
	struct conn *cn = w->conn;
	struct djail *j = w->jail;
	unsigned flags = w->flags;
	char errmsg[512] = "";
	int error;

	error = w->update != NULL ?
	    djupdate_step(w->update, budget, errmsg, sizeof(errmsg)) :
	    djail_create_step(j, budget, errmsg, sizeof(errmsg));
	if (error == EINPROGRESS)
		return false;
	work_free(w);
	if (cn != NULL)
		conn_answered(cn, jailwork_answer(cn, j, flags, error, errmsg,
		    sizeof(errmsg)));
	else
		djail_check(j);
	return true;
}

bool
jailwork_run(struct daemon *d)
{
	unsigned budget = WORK_BUDGET;
	struct jailwork *w;

	while ((w = TAILQ_FIRST(&d->works)) != NULL)
		if (!work_step(w, &budget)) {
			TAILQ_REMOVE(&d->works, w, link);
			TAILQ_INSERT_TAIL(&d->works, w, link);
			turn_putoff(d->vnet);
			return true;
		}
	return false;
}

void
jailwork_gone(struct conn *cn)
{
	struct jailwork *w = cn->work;

	if (w == NULL)
		return;
	if (w->update == NULL) {
		work_free(w);
		return;
	}
	djupdate_cancel(w->update);
	w->conn = NULL;
	cn->work = NULL;
}

void
jailwork_fini(struct daemon *d)
{
	struct jailwork *w;
	unsigned all = UINT_MAX;

	while ((w = TAILQ_FIRST(&d->works)) != NULL)
		(void)work_step(w, &all);
}
