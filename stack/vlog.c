/*
 * vlog.c - the stack's log.
 *
 * Theory of operation
 *
 * Lines go to a function that the stack's owner names, which writes them where
 * its system keeps such things.  That takes system calls, and what is said is
 * caused by packets that anybody sends: so only so many lines a second are
 * handed over, and how many were not is told with the first of a later second.
 */
#include <stdarg.h>
#include <stdio.h>

#include "stack/vlog.h"

struct vlogstate {
	vlog_fn		*fn;
	void		*arg;
	uint64_t	 since;		/* ns: when the second began */
	uint32_t	 said;		/* in it */
	uint32_t	 left_out;	/* in it and not told yet */
};

static VNET_MODULE(vlog_module, struct vlogstate, VNET_BASE, NULL, NULL);

void
vlog_set(struct vnet *v, vlog_fn *fn, void *arg)
{
	struct vlogstate *s = vnet_data(v, &vlog_module);

	s->fn = fn;
	s->arg = arg;
}

/* A second has begun. */
static void
vlog_second(struct vlogstate *s, uint64_t now)
{
	char line[VLOG_LINE];

	if (s->left_out > 0) {
		snprintf(line, sizeof(line), "%u more lines were left out",
		    s->left_out);
		s->fn(s->arg, line);
	}
	s->since = now;
	s->said = s->left_out = 0;
}

void
vlog(struct vnet *v, const char *fmt, ...)
{
	struct vlogstate *s = vnet_data(v, &vlog_module);
	char line[VLOG_LINE];
	va_list ap;

	if (s->fn == NULL)
		return;
	if (v->now - s->since >= NSEC_PER_SEC)
		vlog_second(s, v->now);
	if (s->said >= VLOG_RATE) {
		s->left_out++;
		return;
	}
	s->said++;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	s->fn(s->arg, line);
}
