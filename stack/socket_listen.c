/*
 * socket_listen.c - listeners and the connections that wait in them.
 *
 * Theory of operation
 *
 * A listener has two queues: so_incomp holds connections whose handshake goes
 * on, so_comp those that soaccept() may take.  A new connection is refused when
 * both together hold more than 3/2 of the backlog (BSD's rule; the real depth
 * is a bit more than the program asked for).  A connection that dies leaves
 * so_incomp and is freed; in so_comp it stays, without a PCB, until soaccept()
 * reports it as ECONNABORTED, so that the count of wake-ups stays right.
 *
 * Queues cost nothing: their heads are where other sockets have their data.
 */
#include <errno.h>

#include "pcb/in_pcb.h"
#include "stack/socket_int.h"

/* From now on the buffers' pointers are queues. */
static void
become_listener(struct socket *so)
{
	sbflush(so->so_vnet, &so->so_rcv);
	sbflush(so->so_vnet, &so->so_snd);
	TAILQ_INIT(&so->so_comp);
	TAILQ_INIT(&so->so_incomp);
	so->so_qlen = so->so_incqlen = so->so_qdrops = 0;
	so->so_options |= SOPT_ACCEPTCONN;
	so->so_state |= SS_LISTENING;
}

int
solisten(struct socket *so, int backlog, const struct cred *cred)
{
	uint32_t limit = V_sockstate(so->so_vnet)->acceptqueue;
	int error;

	if (so->so_proto->pr_listen == NULL)
		return EOPNOTSUPP;
	if (so->so_pcb == NULL || (so->so_state & (SS_ISCONNECTED |
	    SS_ISCONNECTING | SS_ISDISCONNECTING)) != 0)
		return EINVAL;
	if (backlog < 0 || (uint32_t)backlog > limit)
		backlog = (int)limit;
	if (backlog == 0)
		backlog = 1;
	error = so->so_proto->pr_listen(so, backlog, cred);
	if (error != 0)
		return error;
	if (!(so->so_state & SS_LISTENING))
		become_listener(so);
	so->so_qlimit = (uint32_t)backlog;
	return 0;
}

/* What an accepted socket has from its listener. */
static void
soinherit(struct socket *so, const struct socket *head)
{
	so->so_options = head->so_options & ~(uint32_t)SOPT_ACCEPTCONN;
	so->so_linger = head->so_linger;
	sbreserve(&so->so_snd, head->so_snd.sb_hiwat);
	sbreserve(&so->so_rcv, head->so_rcv.sb_hiwat);
	so->so_snd.sb_lowat = head->so_snd.sb_lowat;
	so->so_rcv.sb_lowat = head->so_rcv.sb_lowat;
}

struct socket *
sonewconn(struct socket *head, uint32_t connstatus)
{
	uint64_t waiting = (uint64_t)head->so_qlen + head->so_incqlen;
	struct socket *so;

	if (waiting > 3 * (uint64_t)head->so_qlimit / 2) {
		head->so_qdrops++;
		return NULL;
	}
	so = soalloc(head->so_vnet, head->so_proto, &head->so_cred);
	if (so == NULL)
		return NULL;
	soinherit(so, head);
	so->so_head = head;
	so->so_state = connstatus | SS_INCOMP;
	TAILQ_INSERT_TAIL(&head->so_incomp, so, so_link);
	head->so_incqlen++;
	if (connstatus != 0)
		soqueue_complete(so);
	return so;
}

void
soqueue_leave(struct socket *so)
{
	struct socket *head = so->so_head;

	if (so->so_state & SS_INCOMP) {
		TAILQ_REMOVE(&head->so_incomp, so, so_link);
		head->so_incqlen--;
	} else {
		TAILQ_REMOVE(&head->so_comp, so, so_link);
		head->so_qlen--;
	}
	so->so_state &= ~(uint32_t)(SS_INCOMP | SS_COMP);
	so->so_head = NULL;
}

void
soqueue_complete(struct socket *so)
{
	struct socket *head = so->so_head;

	soqueue_leave(so);
	so->so_head = head;
	so->so_state |= SS_COMP;
	TAILQ_INSERT_TAIL(&head->so_comp, so, so_link);
	head->so_qlen++;
	soupcall(head, SO_UP_ACCEPT);
}

void
soqueue_abort(struct socket *head)
{
	struct socket *so;

	while ((so = TAILQ_FIRST(&head->so_incomp)) != NULL ||
	    (so = TAILQ_FIRST(&head->so_comp)) != NULL) {
		soqueue_leave(so);
		soabort(so);
	}
}

int
soaccept(struct socket *head, struct socket **nsop, struct endpoint *peer)
{
	const struct inpcb *inp;
	struct socket *so;

	if (!(head->so_state & SS_LISTENING))
		return EINVAL;
	if (head->so_error != 0)
		return sotakeerror(head);
	if ((so = TAILQ_FIRST(&head->so_comp)) == NULL)
		return EWOULDBLOCK;
	soqueue_leave(so);
	if (so->so_pcb == NULL) {
		sodealloc(so);
		return ECONNABORTED;
	}
	inp = sotoinpcb(so);
	peer->addr = inp != NULL ? inp->inp_faddr : inaddr_v4(INADDR_ANY);
	peer->port = inp != NULL ? inp->inp_fport : 0;
	*nsop = so;
	return 0;
}

void
sounaccept(struct socket *head, struct socket *so)
{
	so->so_upcall = NULL;
	so->so_head = head;
	so->so_state |= SS_COMP;
	TAILQ_INSERT_HEAD(&head->so_comp, so, so_link);
	head->so_qlen++;
}
