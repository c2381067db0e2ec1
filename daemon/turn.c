/*
 * turn.c - debug.turn.*: the longest time for which packets had to wait.
 *
 * Theory of operation.  A turn is what is done from one look at the packets to
 * the next, or from the end of a sleep to the first: a bounded number of
 * packets, timers, events, faces and pieces of long work.  It is measured in
 * CPU time of the thread, for what other programs take away from it is not the
 * daemon's doing; interrupts, and what a hypervisor takes, are still in it, so
 * it is a figure and no proof.  What is put off is counted, and that is the
 * same on any machine.
 */
#include <time.h>

#include "daemon/turn.h"
#include "sysctl/sysctl.h"

struct turns {
	int		 measure;
	uint64_t	 start;		/* ns of CPU time; 0: none has begun */
	uint64_t	 count;
	uint64_t	 longest;	/* ns */
	uint64_t	 over1ms;
	uint64_t	 putoff;
};

static VNET_MODULE(turn_module, struct turns, VNET_LATE, NULL, NULL);
#define V_turns(v) ((struct turns *)vnet_data((v), &turn_module))

/* Switching it on begins anew. */
static int
sysctl_measure(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct turns *t = V_turns(req->vnet);
	int on = t->measure;
	int error = sysctl_handle_value(oid, req, &on, sizeof(on));

	if (error == 0 && req->newptr != NULL)
		*t = (struct turns) {
			.measure = on != 0, .putoff = t->putoff,
		};
	return error;
}

SYSCTL_NODE(debug_turn, "debug.turn", OID_AUTO,
    "What packets wait for while netjaild does other things");
SYSCTL_INT(turn_measure, "debug.turn.measure", OID_AUTO, CTLFLAG_RWTUN,
    turn_module, struct turns, measure, sysctl_measure,
    "Measure turns; writing it begins anew");
SYSCTL_U64(turn_count, "debug.turn.count", OID_AUTO,
    CTLFLAG_RD | CTLFLAG_STATS, turn_module, struct turns, count, NULL,
    "Turns measured");
SYSCTL_U64(turn_longest, "debug.turn.longest", OID_AUTO,
    CTLFLAG_RD | CTLFLAG_STATS, turn_module, struct turns, longest, NULL,
    "The longest turn in ns of CPU time");
SYSCTL_U64(turn_over1ms, "debug.turn.over1ms", OID_AUTO,
    CTLFLAG_RD | CTLFLAG_STATS, turn_module, struct turns, over1ms, NULL,
    "Turns of more than 1 ms of CPU time");
SYSCTL_U64(turn_putoff, "debug.turn.putoff", OID_AUTO,
    CTLFLAG_RD | CTLFLAG_STATS, turn_module, struct turns, putoff, NULL,
    "Times that work was too long for a turn and went on in a later one");

static uint64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

void
turn_begin(struct vnet *v)
{
	if (V_turns(v)->measure)
		V_turns(v)->start = cpu_ns();
}

void
turn_end(struct vnet *v)
{
	struct turns *t = V_turns(v);
	uint64_t now, took;

	if (!t->measure)
		return;
	now = cpu_ns();
	took = t->start == 0 ? 0 : now - t->start;
	t->start = now;
	t->count++;
	t->over1ms += took > NSEC_PER_MSEC;
	if (took > t->longest)
		t->longest = took;
}

void
turn_putoff(struct vnet *v)
{
	V_turns(v)->putoff++;
}
