/*
 * tcp_usrreq.c - calls of the socket layer (struct protosw).
 *
 * Theory of operation.  Each function checks the state, changes it, and lets
 * tcp_output() say it to the peer.  Nothing here frees a socket: the socket
 * layer does, when it finds so_pcb cleared (stack/socket.h has the order).
 *
 * A close is orderly (FIN behind the data) unless data would be lost that the
 * program never read: then the peer gets a reset, since a FIN would claim that
 * all is well (RFC 2525, 2.17; RFC 9293, 3.6.1).
 *
 * A socket whose connection failed may connect again, as Linux allows: it gets
 * a fresh control block with the options of the old one.
 */
#include <errno.h>

#include "stack/socket.h"
#include "stack/tcp_int.h"

#define KEEP_MAX	32767	/* seconds */
#define SND_LOWAT	2048

static struct tcpcb *
sototcpcb(const struct socket *so)
{
	return intotcpcb(so->so_pcb);
}

static bool
is_dropped(const struct tcpcb *tp)
{
	return (tp->t_flags & TF_DROPPED) != 0;
}

static int
tcp_usr_attach(struct socket *so, const struct cred *cred)
{
	const struct tcp_vnet *t = V_tcp(so->so_vnet);
	uint8_t vflag = so->so_domain == AF_INET6 ? INP_IPV6 : INP_IPV4;
	struct inpcb *inp;
	int error;

	error = in_pcballoc(t->pcbinfo, so, cred, vflag, &inp);
	if (error != 0)
		return error;
	soreserve(so, (uint32_t)t->sendspace, (uint32_t)t->recvspace);
	so->so_snd.sb_lowat = SND_LOWAT;
	tcp_newtcpcb(intotcpcb(inp));
	so->so_pcb = inp;
	return 0;
}

/* The user sends no more: on the way to a FIN. */
static void
usrclosed(struct tcpcb *tp)
{
	switch ((enum tcp_state)tp->t_state) {
	case TCPS_SYN_SENT:
	case TCPS_SYN_RECEIVED:
		tp->t_flags |= TF_NEEDFIN;
		break;
	case TCPS_ESTABLISHED:
		tcp_state_change(tp, TCPS_FIN_WAIT_1);
		break;
	case TCPS_CLOSE_WAIT:
		tcp_state_change(tp, TCPS_LAST_ACK);
		break;
	case TCPS_CLOSED:
	case TCPS_LISTEN:
	case TCPS_FIN_WAIT_1:
	case TCPS_CLOSING:
	case TCPS_LAST_ACK:
	case TCPS_FIN_WAIT_2:
	case TCPS_TIME_WAIT:
	case TCP_NSTATES:
		break;
	}
}

/* End the connection, with a reset if the peer knows of it; so is the caller's
 * to free. */
static void
reset(struct tcpcb *tp)
{
	(void)tcp_unlink_socket(tp);
	if (tp->t_state <= TCPS_LISTEN)
		tcp_discard(tp);
	else
		(void)tcp_drop(tp, ECONNABORTED);
}

static void
tcp_usr_detach(struct socket *so)
{
	struct tcpcb *tp = sototcpcb(so);

	if (tp->t_state == TCPS_TIME_WAIT) {
		(void)tcp_unlink_socket(tp);
		tcp_twdetach(tp);
		return;
	}
	if (!TCPS_HAVERCVDSYN(tp->t_state) || so->so_rcv.sb_cc > 0) {
		reset(tp);
		return;
	}
	so->so_snd.sb_state |= SBS_CANTSENDMORE;
	so->so_rcv.sb_state |= SBS_CANTRCVMORE;
	usrclosed(tp);
	if (tp->t_state == TCPS_FIN_WAIT_2)
		tcp_finwait2_start(tp);
	(void)tcp_output(tp);
}

static void
tcp_usr_abort(struct socket *so)
{
	struct tcpcb *tp = sototcpcb(so);

	if (tp->t_state == TCPS_TIME_WAIT)
		(void)tcp_unlink_socket(tp);
	else
		reset(tp);
}

static int
tcp_usr_bind(struct socket *so, const struct endpoint *name,
    const struct cred *cred)
{
	struct tcpcb *tp = sototcpcb(so);

	if (inaddr_is_multicast(&name->addr))
		return EAFNOSUPPORT;
	if (is_dropped(tp))
		return EINVAL;
	return in_pcbbind(&tp->t_inpcb, name, cred);
}

static int
tcp_usr_listen(struct socket *so, int backlog, const struct cred *cred)
{
	struct tcpcb *tp = sototcpcb(so);
	int error;

	(void)backlog;
	if (tp->t_state == TCPS_LISTEN)
		return 0;
	if (tp->t_state != TCPS_CLOSED || is_dropped(tp))
		return EINVAL;
	if (tp->t_inpcb.inp_lport == 0) {
		error = in_pcbbind(&tp->t_inpcb, NULL, cred);
		if (error != 0)
			return error;
	}
	so->so_pcb = in_pcbshrink(&tp->t_inpcb);
	tcp_state_change(sototcpcb(so), TCPS_LISTEN);
	in_pcbeligible(so->so_pcb, true);
	return 0;
}

static void
copy_options(struct tcpcb *to, const struct tcpcb *from)
{
	const uint32_t inpflags = INP_HIGHPORT | INP_LOWPORT | INP_BINDANY |
	    INP_NOPORTYET;

	to->t_flags |= from->t_flags & (TF_NODELAY | TF_NOPUSH);
	to->t_usermss = from->t_usermss;
	to->t_keepinit = from->t_keepinit;
	to->t_maxunacktime = from->t_maxunacktime;
	to->t_keepidle = from->t_keepidle;
	to->t_keepintvl = from->t_keepintvl;
	to->t_keepcnt = from->t_keepcnt;
	to->t_inpcb.inp_flags |= from->t_inpcb.inp_flags & inpflags;
	to->t_inpcb.inp_reuse = from->t_inpcb.inp_reuse;
	to->t_inpcb.inp_ip_ttl = from->t_inpcb.inp_ip_ttl;
	to->t_inpcb.inp_ip_tos = from->t_inpcb.inp_ip_tos;
	to->t_inpcb.inp_portlo = from->t_inpcb.inp_portlo;
	to->t_inpcb.inp_porthi = from->t_inpcb.inp_porthi;
}

/* A new control block for a socket whose connection failed.  A port that the
 * program chose is bound again. */
static int
renew(struct socket *so, const struct cred *cred)
{
	struct tcpcb *old = sototcpcb(so);
	const struct inpcb *oinp = &old->t_inpcb;
	struct endpoint name = { oinp->inp_laddr, oinp->inp_lport };
	bool bound = name.port != 0 && (oinp->inp_flags & INP_ANONPORT) == 0;
	struct inpcb *inp;
	int error;

	error = in_pcballoc(V_tcp(so->so_vnet)->pcbinfo, so, &so->so_cred,
	    oinp->inp_vflag, &inp);
	if (error != 0)
		return error;
	if (oinp->inp_flags & INP_CONNADDR)
		name.addr = inaddr_v4(INADDR_ANY);
	tcp_newtcpcb(intotcpcb(inp));
	copy_options(intotcpcb(inp), old);
	old->t_inpcb.inp_socket = NULL;
	tcp_discard(old);
	so->so_pcb = inp;
	so->so_state &= ~(uint32_t)SS_ISDISCONNECTED;
	so->so_rcv.sb_state &= ~(uint32_t)SBS_CANTRCVMORE;
	so->so_snd.sb_state &= ~(uint32_t)SBS_CANTSENDMORE;
	sbflush(so->so_vnet, &so->so_rcv);
	return bound ? in_pcbbind(inp, &name, cred) : 0;
}

/* Take back what connect() did before its SYN could be sent. */
static void
unconnect(struct tcpcb *tp)
{
	tcp_timer_stopall(tp);
	tcp_state_change(tp, TCPS_CLOSED);
	in_pcbdisconnect(&tp->t_inpcb);
	tp->t_inpcb.inp_socket->so_state &= ~(uint32_t)SS_ISCONNECTING;
}

/* In CLOSED: send a SYN to name. */
static int
start_connect(struct tcpcb *tp, const struct endpoint *name,
    const struct cred *cred)
{
	int error = in_pcbconnect(&tp->t_inpcb, name, cred);

	if (error != 0)
		return error;
	TCPSTAT(tcp_vnetof(tp))->tcps_connattempt++;
	soisconnecting(tp->t_inpcb.inp_socket);
	tcp_state_change(tp, TCPS_SYN_SENT);
	tcp_choose_scale(tp);
	tcp_mss_set(tp, 0);
	tcp_sendseqinit(tp);
	tcp_timer_start(tp, TT_KEEP, tcp_keepinit(tp));
	if ((error = tcp_output(tp)) != 0)
		unconnect(tp);
	return error;
}

static int
tcp_usr_connect(struct socket *so, const struct endpoint *name,
    const struct cred *cred)
{
	struct tcpcb *tp = sototcpcb(so);
	int error;

	if (inaddr_is_multicast(&name->addr))
		return EAFNOSUPPORT;
	if (inaddr_is_v4(&name->addr) &&
	    inaddr_to_v4(&name->addr) == htonl(INADDR_BROADCAST))
		return EACCES;
	if (tp->t_state == TCPS_LISTEN)
		return EOPNOTSUPP;
	if (tp->t_state != TCPS_CLOSED)
		return EISCONN;
	if (is_dropped(tp)) {
		if ((error = renew(so, cred)) != 0)
			return error;
		tp = sototcpcb(so);
	}
	return start_connect(tp, name, cred);
}

static int
tcp_usr_disconnect(struct socket *so)
{
	struct tcpcb *tp = sototcpcb(so);

	if (!TCPS_HAVEESTABLISHED(tp->t_state)) {
		(void)tcp_close(tp);
		return 0;
	}
	if (so->so_options & SOPT_LINGER && so->so_linger == 0) {
		(void)tcp_drop(tp, 0);
		return 0;
	}
	soisdisconnecting(so);
	sbflush(so->so_vnet, &so->so_rcv);
	usrclosed(tp);
	(void)tcp_output(tp);
	return 0;
}

static int
tcp_usr_shutdown(struct socket *so)
{
	struct tcpcb *tp = sototcpcb(so);

	if (is_dropped(tp))
		return ENOTCONN;
	socantsendmore(so);
	usrclosed(tp);
	(void)tcp_output(tp);
	return 0;
}

static void
tcp_usr_rcvd(struct socket *so)
{
	struct tcpcb *tp = sototcpcb(so);

	if (TCPS_HAVEESTABLISHED(tp->t_state))
		(void)tcp_output(tp);
}

static int
tcp_usr_send(struct socket *so, struct mbuf *m, const struct endpoint *to,
    const struct cred *cred)
{
	struct tcpcb *tp = sototcpcb(so);
	int error = 0;

	(void)to;
	(void)cred;
	if (is_dropped(tp))
		error = ECONNRESET;
	else if (!TCPS_CANSEND(tp->t_state))
		error = TCPS_HAVEESTABLISHED(tp->t_state) ? EPIPE : ENOTCONN;
	if (error != 0) {
		m_freem(so->so_vnet, m);
		return error;
	}
	if (m != NULL)
		sbappendstream(so->so_vnet, &so->so_snd, m);
	(void)tcp_output(tp);
	return 0;
}

static void
set_flag(struct tcpcb *tp, uint32_t flag, bool on)
{
	tp->t_flags = on ? tp->t_flags | flag : tp->t_flags & ~flag;
}

/* Seconds to ms; EINVAL: not a time. */
static int
set_seconds(uint32_t *ms, int val)
{
	if (val < 1 || val > KEEP_MAX)
		return EINVAL;
	*ms = (uint32_t)val * 1000;
	return 0;
}

static int
set_maxseg(struct tcpcb *tp, int val)
{
	if (val < V_tcp(tcp_vnetof(tp))->minmss || val > TCP_MAXWIN)
		return EINVAL;
	if (tp->t_state > TCPS_LISTEN && val > tp->t_maxseg)
		return EINVAL;
	tp->t_usermss = (uint16_t)val;
	if (tp->t_state > TCPS_LISTEN)
		tp->t_maxseg = (uint16_t)val;
	return 0;
}

/* A keepalive value has changed: count anew. */
static void
keepalive_changed(struct tcpcb *tp)
{
	if (TCPS_HAVEESTABLISHED(tp->t_state) &&
	    tp->t_state != TCPS_TIME_WAIT)
		tcp_keepalive_start(tp);
}

static int
set_keep(struct tcpcb *tp, enum sockopt opt, int val)
{
	int error = 0;

	if (opt == OPT_TCP_KEEPINIT)
		error = set_seconds(&tp->t_keepinit, val);
	else if (opt == OPT_TCP_KEEPIDLE)
		error = set_seconds(&tp->t_keepidle, val);
	else if (opt == OPT_TCP_KEEPINTVL)
		error = set_seconds(&tp->t_keepintvl, val);
	else if (opt == OPT_TCP_KEEPCNT) {
		if (val < 1 || val > 127)
			return EINVAL;
		tp->t_keepcnt = (uint8_t)val;
	}
	if (error == 0)
		keepalive_changed(tp);
	return error;
}

static int
tcp_usr_setopt(struct socket *so, enum sockopt opt, int val,
    const struct cred *cred)
{
	struct tcpcb *tp = sototcpcb(so);

	(void)cred;
	if (opt == OPT_KEEPALIVE || (opt >= OPT_TCP_KEEPINIT &&
	    opt <= OPT_TCP_KEEPCNT))
		return set_keep(tp, opt, val);
	if (opt == OPT_TCP_MAXSEG)
		return set_maxseg(tp, val);
	if (opt == OPT_TCP_MAXUNACKTIME) {
		if (val < 0)
			return EINVAL;
		tp->t_maxunacktime = (uint32_t)val;
		return 0;
	}
	if (opt == OPT_TCP_NODELAY)
		set_flag(tp, TF_NODELAY, val != 0);
	else if (opt == OPT_TCP_NOPUSH)
		set_flag(tp, TF_NOPUSH, val != 0);
	else
		return ENOPROTOOPT;
	/* What was held back may go now. */
	if (TCPS_HAVEESTABLISHED(tp->t_state))
		(void)tcp_output(tp);
	return 0;
}

static int
seconds(uint32_t ms, int knob)
{
	return (int)((ms != 0 ? ms : (uint32_t)knob) / 1000);
}

/* Before there is a connection: what was asked for (a listener has no more), or
 * what it will begin with. */
static int
shown_maxseg(const struct tcpcb *tp)
{
	if (tp->t_state > TCPS_LISTEN)
		return tp->t_maxseg;
	return tp->t_usermss != 0 ? tp->t_usermss :
	    V_tcp(tcp_vnetof(tp))->mssdflt;
}

static int
tcp_usr_getopt(struct socket *so, enum sockopt opt, int *val)
{
	const struct tcpcb *tp = sototcpcb(so);
	const struct tcp_vnet *t = V_tcp(so->so_vnet);

	if (opt == OPT_TCP_NODELAY)
		*val = (tp->t_flags & TF_NODELAY) != 0;
	else if (opt == OPT_TCP_NOPUSH)
		*val = (tp->t_flags & TF_NOPUSH) != 0;
	else if (opt == OPT_TCP_MAXSEG)
		*val = shown_maxseg(tp);
	else if (opt == OPT_TCP_KEEPINIT)
		*val = seconds(tp->t_keepinit, t->keepinit);
	else if (opt == OPT_TCP_KEEPIDLE)
		*val = seconds(tp->t_keepidle, t->keepidle);
	else if (opt == OPT_TCP_KEEPINTVL)
		*val = seconds(tp->t_keepintvl, t->keepintvl);
	else if (opt == OPT_TCP_MAXUNACKTIME)
		*val = (int)tp->t_maxunacktime;
	else if (opt == OPT_TCP_KEEPCNT)
		*val = tp->t_keepcnt != 0 ? tp->t_keepcnt : t->keepcnt;
	else
		return ENOPROTOOPT;
	return 0;
}

static const struct protosw tcp_protosw = {
	.pr_name = "tcp",
	.pr_type = SOCK_STREAM,
	.pr_protocol = IPPROTO_TCP,
	.pr_connrequired = true,
	.pr_attach = tcp_usr_attach,
	.pr_detach = tcp_usr_detach,
	.pr_bind = tcp_usr_bind,
	.pr_listen = tcp_usr_listen,
	.pr_connect = tcp_usr_connect,
	.pr_disconnect = tcp_usr_disconnect,
	.pr_abort = tcp_usr_abort,
	.pr_shutdown = tcp_usr_shutdown,
	.pr_rcvd = tcp_usr_rcvd,
	.pr_send = tcp_usr_send,
	.pr_setopt = tcp_usr_setopt,
	.pr_getopt = tcp_usr_getopt,
};
PROTOSW_ADD(tcp_protosw);
