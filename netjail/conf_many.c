/*
 * conf_many.c - several jails of a file at the same time.
 *
 * Theory of operation
 *
 * Each jail is seen to by a process, which waits for one command after another
 * as if there were no other jail; so a limit on jails is one on commands, as
 * FreeBSD's -p is.  A jail knows how many others it still has to wait for.
 * When one is over, those that come after it wait for one less, and the first in
 * order that waits for none has its turn.  In any order that conf_order() gives
 * there is always such a one.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

#include "netjail/conf_many.h"

struct task {
	unsigned jail;
	enum { WAITING, AT_WORK, OVER } state;
	unsigned waits_for;	/* tasks that are not OVER */
	bool	 held;		/* one of those has failed */
	pid_t	 pid;		/* AT_WORK */
};

struct crowd {
	const struct conf_many *m;
	struct task *task;	/* in order */
	unsigned n, at_work;
	int	 status;
};

static bool
comes_after(const struct crowd *w, const struct task *a, const struct task *b)
{
	const struct conf_jail *ja = &w->m->c->jail[a->jail];
	const struct conf_jail *jb = &w->m->c->jail[b->jail];

	return w->m->stop ? conf_depends(jb, ja) : conf_depends(ja, jb);
}

static void
finish(struct crowd *w, struct task *t, enum conf_outcome outcome)
{
	struct task *other;

	t->state = OVER;
	if (outcome != CONF_WELL)
		w->status = 1;
	for (other = w->task; other < w->task + w->n; other++)
		if (other->state == WAITING && comes_after(w, other, t)) {
			other->waits_for--;
			other->held |= outcome == CONF_FAILED;
		}
}

static void
begin(struct crowd *w, struct task *t)
{
	enum conf_outcome outcome;

	fflush(NULL);
	if ((t->pid = fork()) == 0) {
		outcome = w->m->work(w->m->arg, t->jail, t->held);
		fflush(NULL);
		_exit((int)outcome);
	}
	if (t->pid < 0) {
		warn("%s: fork", w->m->c->jail[t->jail].name);
		finish(w, t, CONF_FAILED);
		return;
	}
	t->state = AT_WORK;
	w->at_work++;
}

/* All that may. */
static void
begin_some(struct crowd *w)
{
	struct task *t;

	for (t = w->task; t < w->task + w->n; t++) {
		if (w->m->limit > 0 && w->at_work >= w->m->limit)
			return;
		if (t->state == WAITING && t->waits_for == 0)
			begin(w, t);
	}
}

static void
wait_for_one(struct crowd *w)
{
	struct task *t;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) < 0)
		if (errno != EINTR)
			err(1, "wait");
	for (t = w->task; t < w->task + w->n; t++)
		if (t->state == AT_WORK && t->pid == pid) {
			w->at_work--;
			finish(w, t, WIFEXITED(status) ?
			    (enum conf_outcome)WEXITSTATUS(status) :
			    CONF_FAILED);
		}
}

int
conf_many(const struct conf_many *m, const unsigned *order, unsigned n)
{
	struct crowd w = { .m = m, .n = n };
	unsigned i, k;

	if ((w.task = calloc(n + 1, sizeof(*w.task))) == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++) {
		w.task[i].jail = order[i];
		for (k = 0; k < i; k++)
			w.task[i].waits_for += comes_after(&w, &w.task[i],
			    &w.task[k]);
	}
	for (begin_some(&w); w.at_work > 0; begin_some(&w))
		wait_for_one(&w);
	free(w.task);
	return w.status;
}
