/*
 * conf_order.c - which jails of a file, and in what order.
 *
 * A jail stands behind those it depends on when jails are started, and behind
 * those that depend on it when they are removed; what it stands behind is
 * started, or removed, with it.  Both are one walk: a jail is put down after
 * its neighbours, which are looked at first.  A jail met again while its
 * neighbours are looked at is in a circle.
 *
 * Jails that do not concern each other stay in the order of the file, or of the
 * command line; for a removal of all, in the opposite one.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/conf_int.h"

struct walk {
	const struct conf *c;
	bool	 stop;
	enum { UNSEEN, BUSY, PLACED } *state;	/* by jail */
	unsigned *order;
	unsigned n;
	char	*errmsg;
};

static bool	place(struct walk *w, unsigned i);

bool
conf_depends(const struct conf_jail *j, const struct conf_jail *other)
{
	const struct conf_param *p = conf_get(j, "depend");
	unsigned i;

	for (i = 0; p != NULL && i < p->nval; i++)
		if (strcmp(p->val[i], other->name) == 0)
			return true;
	return false;
}

/* False, always. */
static bool
complain(struct walk *w, const struct conf_jail *j, const char *what,
    const char *which)
{
	const struct conf_param *p = conf_get(j, "depend");
	struct conf_place at = p != NULL ? p->at : j->at;

	snprintf(w->errmsg, CONF_ERRLEN, "%s line %u: jail %.64s: %s \"%.64s\"",
	    at.file, at.line, j->name, what, which);
	cf_legible(w->errmsg);
	return false;
}

static bool
place_needed(struct walk *w, const struct conf_jail *j)
{
	const struct conf_param *p = conf_get(j, "depend");
	const struct conf_jail *other;
	unsigned i;

	for (i = 0; p != NULL && i < p->nval; i++) {
		other = conf_jail(w->c, p->val[i]);
		if (other == NULL)
			return complain(w, j, "depends on undefined jail",
			    p->val[i]);
		if (w->state[other - w->c->jail] == BUSY)
			return complain(w, j, "dependency loop with",
			    p->val[i]);
		if (!place(w, (unsigned)(other - w->c->jail)))
			return false;
	}
	return true;
}

static bool
place_dependent(struct walk *w, const struct conf_jail *j)
{
	const struct conf_jail *other;
	unsigned i;

	for (i = w->c->njail; i-- > 0; ) {
		other = &w->c->jail[i];
		if (!conf_depends(other, j))
			continue;
		if (w->state[i] == BUSY)
			return complain(w, other, "dependency loop with",
			    j->name);
		if (!place(w, i))
			return false;
	}
	return true;
}

static bool
place(struct walk *w, unsigned i)
{
	const struct conf_jail *j = &w->c->jail[i];

	if (w->state[i] == PLACED)
		return true;
	w->state[i] = BUSY;
	if (!(w->stop ? place_dependent(w, j) : place_needed(w, j)))
		return false;
	w->state[i] = PLACED;
	w->order[w->n++] = i;
	return true;
}

unsigned *
conf_order(const struct conf *c, const unsigned *want, unsigned n, bool stop,
    unsigned *count, char *errmsg)
{
	struct walk w = { .c = c, .stop = stop, .errmsg = errmsg };
	bool ok = true;
	unsigned i;

	*count = 0;
	*errmsg = '\0';
	if (c->njail == 0)
		return NULL;
	w.state = calloc(c->njail, sizeof(*w.state));
	w.order = calloc(c->njail, sizeof(*w.order));
	if (w.state == NULL || w.order == NULL)
		err(1, NULL);
	for (i = 0; i < n && ok; i++)
		ok = place(&w, want[i]);
	for (i = 0; n == 0 && i < c->njail && ok; i++)
		ok = place(&w, stop ? c->njail - 1 - i : i);
	free(w.state);
	if (!ok) {
		free(w.order);
		return NULL;
	}
	*count = w.n;
	return w.order;
}
