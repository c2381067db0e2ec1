/*
 * purge.c - the end of a jail, in steps.
 *
 * Theory of operation.  A jail may leave a hundred thousand connections behind
 * and tens of thousands of addresses.  Each belongs to a table with its own
 * order; a step goes on in the first that is not done.  What comes to be behind
 * a step's back is no loss: a dead jail gets no addresses, and its connections
 * are freed as they reach TIME_WAIT (stack/tcp_timewait.c).
 */
#include <sys/socket.h>

#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "pcb/unpcb.h"
#include "stack/purge.h"
#include "stack/tcp.h"
#include "stack/udp.h"

bool
prison_purge_step(struct vnet *v, struct prison *pr, struct prison_purge *pp,
    unsigned *budget)
{
	return prison_forget(v, pr, budget) ||
	    tcp_purge(v, pr, pp->reset, &pp->tcpgen, budget);
}

bool
prison_has_pcbs(const struct vnet *v, const struct prison *pr)
{
	return in_pcbfirst(tcp_pcbinfo(v), pr) != NULL ||
	    in_pcbfirst(udp_pcbinfo(v), pr) != NULL ||
	    in_pcbfirst(raw_pcbinfo(v), pr) != NULL ||
	    unp_after(v, SOCK_STREAM, pr, 0) != NULL ||
	    unp_after(v, SOCK_DGRAM, pr, 0) != NULL ||
	    unp_after(v, SOCK_SEQPACKET, pr, 0) != NULL;
}
