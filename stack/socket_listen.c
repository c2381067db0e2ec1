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
 *
 * A listener that closes resets what waits in its queues.  Thousands of
 * connections may: ABORT_BATCH of them go at once and as many in each
 * millisecond after, so that packets are not held up.  Till then the listener's
 * socket, which has no PCB and no owner any more, is in the list of those that
 * close; the connections live on as before, but nobody can take them.
 */
#include <errno.h>
#include <limits.h>

#include "base/callout.h"
#include "pcb/in_pcb.h"
#include "stack/socket_int.h"

#define ABORT_BATCH	256	/* of about a microsecond each */

struct closing {
	struct soqueue	 heads;		/* listeners, oldest first */
	struct callout	 callout;	/* armed while there are some */
};

static int closing_init(struct vnet *v);
static void closing_fini(struct vnet *v);

static VNET_MODULE(closing_module, struct closing, VNET_LATE, closing_init,
    closing_fini);
#define V_closing(v) ((struct closing *)vnet_data((v), &closing_module))

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

/* ---- the end of a listener ---- */

static struct socket *
first_waiting(const struct socket *head)
{
	struct socket *so = TAILQ_FIRST(&head->so_incomp);

	return so != NULL ? so : TAILQ_FIRST(&head->so_comp);
}

bool
soqueue_waiting(const struct socket *head)
{
	return (head->so_state & SS_LISTENING) && first_waiting(head) != NULL;
}

/* Up to *budget of what waits, which is lowered.  True: there is more. */
static bool
abort_some(struct socket *head, unsigned *budget)
{
	struct socket *so;

	while ((so = first_waiting(head)) != NULL) {
		if (*budget == 0)
			return true;
		(*budget)--;
		soqueue_leave(so);
		soabort(so);
	}
	return false;
}

/* True: there is more to do. */
static bool
closing_step(struct vnet *v, unsigned budget)
{
	struct soqueue *heads = &V_closing(v)->heads;
	struct socket *head;

	while ((head = TAILQ_FIRST(heads)) != NULL) {
		if (abort_some(head, &budget))
			return true;
		TAILQ_REMOVE(heads, head, so_link);
		sodealloc(head);
	}
	return false;
}

static void
closing_run(struct vnet *v, void *arg)
{
	(void)arg;
	if (closing_step(v, ABORT_BATCH))
		callout_reset(v, &V_closing(v)->callout, 0);
}

static int
closing_init(struct vnet *v)
{
	TAILQ_INIT(&V_closing(v)->heads);
	callout_init(&V_closing(v)->callout, closing_run, NULL);
	return 0;
}

static void
closing_fini(struct vnet *v)
{
	(void)callout_stop(v, &V_closing(v)->callout);
	(void)closing_step(v, UINT_MAX);
}

void
soqueue_abort(struct socket *head)
{
	struct closing *c = V_closing(head->so_vnet);
	unsigned budget = ABORT_BATCH;

	if (!abort_some(head, &budget))
		return;
	TAILQ_INSERT_TAIL(&c->heads, head, so_link);
	if (!callout_pending(&c->callout))
		callout_reset(head->so_vnet, &c->callout, 0);
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
