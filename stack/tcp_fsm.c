/*
 * tcp_fsm.c - the eleven states of RFC 9293, 3.3.2, as data.
 *
 * Theory of operation.  What depends on the state alone stands in one row per
 * state: the states it may turn into, the control bits its segments carry, and
 * what is true in it.  tcp_state_change() is the only writer of t_state, so
 * that no transition happens which is not in the table and
 * net.inet.tcp.states always adds up to the number of PCBs.
 *
 * CLOSED may follow any state: resets, time-outs and aborts come when they
 * like.  SYN_RECEIVED does not return to LISTEN (RFC 9293 speaks of one TCB):
 * the listener is a PCB of its own and never left that state.
 */
#include <assert.h>

#include "stack/tcp_int.h"

#define TO(st)	(1u << TCPS_##st)

/* What is true in a state. */
#define FIN_RECEIVED	0x1	/* the peer's FIN has been taken */
#define MAY_SEND	0x2	/* the user may queue more data */

struct tcp_state_row {
	uint16_t next;
	uint8_t	 outflags;
	uint8_t	 is;
};

static const struct tcp_state_row rows[TCP_NSTATES] = {
	[TCPS_CLOSED] = { TO(LISTEN) | TO(SYN_SENT) | TO(SYN_RECEIVED),
	    TH_RST | TH_ACK, 0 },
	[TCPS_LISTEN] = { TO(CLOSED), 0, 0 },
	[TCPS_SYN_SENT] = { TO(CLOSED) | TO(SYN_RECEIVED) | TO(ESTABLISHED),
	    TH_SYN, 0 },
	[TCPS_SYN_RECEIVED] = { TO(CLOSED) | TO(ESTABLISHED) | TO(FIN_WAIT_1),
	    TH_SYN | TH_ACK, 0 },
	[TCPS_ESTABLISHED] = { TO(CLOSED) | TO(CLOSE_WAIT) | TO(FIN_WAIT_1),
	    TH_ACK, MAY_SEND },
	[TCPS_CLOSE_WAIT] = { TO(CLOSED) | TO(LAST_ACK),
	    TH_ACK, FIN_RECEIVED | MAY_SEND },
	[TCPS_FIN_WAIT_1] = { TO(CLOSED) | TO(FIN_WAIT_2) | TO(CLOSING),
	    TH_FIN | TH_ACK, 0 },
	[TCPS_CLOSING] = { TO(CLOSED) | TO(TIME_WAIT),
	    TH_FIN | TH_ACK, FIN_RECEIVED },
	[TCPS_LAST_ACK] = { TO(CLOSED), TH_FIN | TH_ACK, FIN_RECEIVED },
	[TCPS_FIN_WAIT_2] = { TO(CLOSED) | TO(TIME_WAIT), TH_ACK, 0 },
	[TCPS_TIME_WAIT] = { TO(CLOSED), TH_ACK, FIN_RECEIVED },
};

/* The numbers are FreeBSD's: comparisons by < and >= rely on this order. */
_Static_assert(TCPS_SYN_RECEIVED < TCPS_ESTABLISHED &&
    TCPS_ESTABLISHED < TCPS_CLOSE_WAIT && TCPS_TIME_WAIT == 10,
    "order of states");

void
tcp_state_change(struct tcpcb *tp, enum tcp_state to)
{
	uint64_t *states = V_tcp(tcp_vnetof(tp))->states;

	assert(tp->t_state < TCP_NSTATES && to < TCP_NSTATES);
	if (tp->t_state == to)
		return;
	assert((rows[tp->t_state].next & 1u << to) != 0);
	states[tp->t_state]--;
	states[to]++;
	tp->t_state = to;
}

void
tcp_state_enter(struct tcpcb *tp)
{
	assert(tp->t_state == TCPS_CLOSED);
	V_tcp(tcp_vnetof(tp))->states[TCPS_CLOSED]++;
}

void
tcp_state_leave(struct tcpcb *tp)
{
	assert(tp->t_state == TCPS_CLOSED);
	V_tcp(tcp_vnetof(tp))->states[TCPS_CLOSED]--;
}

uint8_t
tcp_state_outflags(enum tcp_state st)
{
	return rows[st].outflags;
}

bool
TCPS_HAVERCVDFIN(enum tcp_state st)
{
	return (rows[st].is & FIN_RECEIVED) != 0;
}

bool
TCPS_CANSEND(enum tcp_state st)
{
	return (rows[st].is & MAY_SEND) != 0;
}
