/*
 * tcp_subr.c - the module, and control blocks from birth to death.
 *
 * Theory of operation.  A control block is made with its socket (tcp_usrreq.c)
 * or for a connection that arrives (tcp_listen.c), always by the PCB layer,
 * whose inpcb is its first part.  It ends in one of three ways:
 *
 *	the owner closes an unconnected socket		tcp_discard()
 *	the connection ends, its socket is still owned	tcp_close(): TF_DROPPED,
 *							later tcp_discard()
 *	the connection ends, nobody owns it any more	tcp_close() frees both
 *
 * A connection without a socket is in TIME_WAIT and in no other state, and is a
 * struct tcptw, unless there was no memory for that.  While a closed socket's
 * data is still to be delivered, the socket stays (SS_NOFDREF).
 *
 * Initial sequence numbers follow RFC 6528: a clock of 4 us plus a keyed hash
 * of the four-tuple.  Timestamps begin at the hash's other half, so they
 * say nothing about the age of the stack, and grow from one incarnation of a
 * connection to the next, as RFC 6191 wants for the reuse of TIME_WAIT.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/tcp_int.h"
#include "stack/wire.h"

static int tcp_init(struct vnet *v);
static void tcp_fini(struct vnet *v);

VNET_MODULE(tcp_module, struct tcp_vnet, VNET_PROTO, tcp_init, tcp_fini);

static void
tcp_prefetch(struct vnet *v, const struct endpoint *src,
    const struct endpoint *dst, unsigned n)
{
	in_pcbprefetch(V_tcp(v)->pcbinfo, src, dst, n);
}

static const struct ipproto tcp_ipproto = {
	.proto = IPPROTO_TCP,
	.input = tcp_input,
	.ctlinput = tcp_ctlinput,
	.prefetch = tcp_prefetch,
};
IPPROTO_ADD(tcp_ipproto);

static int
tcp_init(struct vnet *v)
{
	struct tcp_vnet *t = V_tcp(v);
	int error;

	tcp_knobs_default(t);
	t->key[0] = vnet_random(v);
	t->key[1] = vnet_random(v);
	error = in_pcbinfo_init(v, &t->pcbinfo, "tcp_inpcb", IPPROTO_TCP,
	    sizeof(struct tcpcb), 0, in_localaddr);
	if (error != 0)
		return error;
	error = in_pcbinfo_small(t->pcbinfo, "tcp_inpcb_listen", TCPCB_SMALL);
	if (error != 0)
		goto noreass;
	if ((error = tcp_reass_init(v)) != 0)
		goto noreass;
	if ((error = tcp_tw_init(v)) != 0)
		goto notw;
	return 0;

notw:
	tcp_reass_fini(v);
noreass:
	in_pcbinfo_destroy(v, t->pcbinfo);
	return error;
}

/* What nobody owns, nobody else can free. */
static void
tcp_fini(struct vnet *v)
{
	struct tcp_vnet *t = V_tcp(v);
	struct inpcb *inp, *next;

	for (inp = in_pcbfirst(t->pcbinfo, NULL); inp != NULL; inp = next) {
		const struct socket *so = inp->inp_socket;

		next = in_pcbnext(inp, false);
		if (inp->inp_compact)
			tcp_tw_close(intotcptw(inp));
		else if (so == NULL || (so->so_state & SS_NOFDREF) != 0)
			(void)tcp_close(intotcpcb(inp));
	}
	tcp_reass_fini(v);
	in_pcbinfo_destroy(v, t->pcbinfo);
}

struct inpcbinfo *
tcp_pcbinfo(const struct vnet *v)
{
	return V_tcp(v)->pcbinfo;
}

void
tcp_newtcpcb(struct tcpcb *tp)
{
	const struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));

	tcp_timer_init(tp);
	tcp_state_enter(tp);
	if (t->rfc1323 != 0)
		tp->t_flags |= TF_REQ_SCALE | TF_REQ_TSTMP;
	tp->t_maxseg = (uint16_t)t->mssdflt;
	tp->t_rxtcur = (uint32_t)t->rexmit_initial;
	tp->t_rcvtime = tcp_ms(tcp_vnetof(tp));
	tp->snd_cwnd = tp->t_maxseg;
	tp->snd_ssthresh = (uint32_t)TCP_MAXWIN << TCP_MAXWINSHIFT;
}

/* A listener has neither timers nor segments. */
static void
stop(struct tcpcb *tp)
{
	if (tp->t_inpcb.inp_small)
		return;
	tcp_timer_stopall(tp);
	tcp_reass_flush(tp);
}

void
tcp_discard(struct tcpcb *tp)
{
	assert(tp->t_inpcb.inp_socket == NULL);
	stop(tp);
	tcp_state_change(tp, TCPS_CLOSED);
	tcp_state_leave(tp);
	in_pcbfree(&tp->t_inpcb);
}

struct socket *
tcp_unlink_socket(struct tcpcb *tp)
{
	struct socket *so = tp->t_inpcb.inp_socket;

	if (so != NULL) {
		so->so_pcb = NULL;
		tp->t_inpcb.inp_socket = NULL;
	}
	return so;
}

/* Nobody who could let go of so's PCB. */
static bool
socket_unowned(const struct socket *so)
{
	return (so->so_state & (SS_NOFDREF | SS_INCOMP | SS_COMP)) != 0;
}

bool
tcp_close(struct tcpcb *tp)
{
	struct socket *so = tp->t_inpcb.inp_socket;

	if (tp->t_state > TCPS_LISTEN && !tcp_embryonic(tp))
		TCPSTAT(tcp_vnetof(tp))->tcps_closed++;
	stop(tp);
	tcp_state_change(tp, TCPS_CLOSED);
	tp->t_flags |= TF_DROPPED;
	if (so != NULL) {
		in_pcbremhash(&tp->t_inpcb);
		soisdisconnected(so);
		if (!socket_unowned(so))
			return true;
		(void)tcp_unlink_socket(tp);
	}
	tcp_discard(tp);
	if (so != NULL)
		sofree(so);
	return false;
}

bool
tcp_drop(struct tcpcb *tp, int error)
{
	struct tcpstat *st = TCPSTAT(tcp_vnetof(tp));

	if (TCPS_HAVERCVDSYN(tp->t_state)) {
		tcp_respond(tp, tcp_ackseq(tp), TH_RST | TH_ACK);
		st->tcps_drops += !tcp_embryonic(tp);
	} else
		st->tcps_conndrops++;
	if (error == ETIMEDOUT && tp->t_softerror != 0)
		error = tp->t_softerror;
	if (tp->t_inpcb.inp_socket != NULL)
		soseterror(tp->t_inpcb.inp_socket, error);
	return tcp_close(tp);
}

static uint64_t
hash_tuple(const struct tcpcb *tp)
{
	const struct inpcb *inp = &tp->t_inpcb;
	uint8_t b[2 * sizeof(struct inaddr) + 2 * sizeof(in_port_t)];
	uint8_t *p = b;

	memcpy(p, &inp->inp_laddr, sizeof(struct inaddr));
	p += sizeof(struct inaddr);
	memcpy(p, &inp->inp_faddr, sizeof(struct inaddr));
	p += sizeof(struct inaddr);
	put16n(p, inp->inp_lport);
	put16n(p + 2, inp->inp_fport);
	return siphash24(V_tcp(tcp_vnetof(tp))->key, b, sizeof(b));
}

void
tcp_sendseqinit(struct tcpcb *tp)
{
	uint64_t hash = hash_tuple(tp);

	tp->iss = (tcp_seq)(tcp_vnetof(tp)->now / 4000 + hash);
	tp->ts_offset = (uint32_t)(hash >> 32);
	tp->snd_una = tp->snd_nxt = tp->snd_max = tp->iss;
	tp->snd_sml = tp->snd_full = tp->snd_recover = tp->iss;
}

void
tcp_rcvseqinit(struct tcpcb *tp, tcp_seq irs)
{
	/* Our SYN, if one is out, announced this much without a base. */
	uint32_t announced = tp->rcv_adv - tp->rcv_nxt;

	tp->irs = irs;
	tp->rcv_nxt = irs + 1;
	tp->rcv_adv = tp->rcv_nxt + announced;
	tp->last_ack_sent = tp->rcv_nxt;
}

/* The largest MSS that makes sense for the path. */
static uint16_t
path_mss(const struct tcpcb *tp)
{
	uint32_t max = ip_maxpayload(tcp_vnetof(tp), &tp->t_inpcb.inp_faddr);

	max = max > TCP_HDRLEN + 64 ? max - TCP_HDRLEN : 64;
	return (uint16_t)(max < TCP_MAXWIN ? max : TCP_MAXWIN);
}

uint16_t
tcp_mss_offer(const struct tcpcb *tp)
{
	uint16_t mss = path_mss(tp);

	return tp->t_usermss != 0 && tp->t_usermss < mss ? tp->t_usermss : mss;
}

void
tcp_mss_set(struct tcpcb *tp, uint16_t offer)
{
	const struct tcp_vnet *t = V_tcp(tcp_vnetof(tp));
	uint16_t mss = offer != 0 ? offer : (uint16_t)t->mssdflt;
	uint16_t own = tcp_mss_offer(tp);

	/* A few bytes per packet would be an attack on both sides. */
	if (mss < t->minmss)
		mss = (uint16_t)t->minmss;
	tp->t_maxseg = mss < own ? mss : own;
}

uint32_t
tcp_maxseg(const struct tcpcb *tp)
{
	return tp->t_maxseg - (tp->t_flags & TF_RCVD_TSTMP ? TCP_TSOLEN : 0);
}

uint8_t
tcp_wscale(uint32_t space)
{
	uint8_t shift = 0;

	while (shift < TCP_MAXWINSHIFT &&
	    (uint64_t)TCP_MAXWIN << shift < space)
		shift++;
	return shift;
}

uint32_t
tcp_ts_now(const struct tcpcb *tp)
{
	return tcp_ms(tcp_vnetof(tp)) + tp->ts_offset;
}

/*
 * RFC 1122, 4.2.3.9 and RFC 5461: unreachable hosts and nets are soft errors,
 * remembered in case the connection times out; "port unreachable" ends the
 * set-up of one.  RFC 5927: the sequence number must be of what is in flight.
 */
void
tcp_ctlinput(struct vnet *v, int error, const struct inaddr *src,
    const struct inaddr *dst, const uint8_t hdr[8])
{
	struct endpoint local = { *src, get16n(hdr + THO_SPORT) };
	struct endpoint foreign = { *dst, get16n(hdr + THO_DPORT) };
	tcp_seq seq = get32(hdr + THO_SEQ);
	struct inpcb *inp = in_pcblookup_connected(V_tcp(v)->pcbinfo,
	    &foreign, &local);
	struct tcpcb *tp;

	if (inp == NULL || inp->inp_socket == NULL)
		return;
	tp = intotcpcb(inp);
	if (SEQ_LT(seq, tp->snd_una) || SEQ_GEQ(seq, tp->snd_max))
		return;
	if (error == EMSGSIZE) {
		V_tcp(v)->stat.tcps_mturesent++;
		tcp_mss_set(tp, tp->t_maxseg);
		tcp_retransmit_first(tp);
	} else if (error == ECONNREFUSED) {
		if (tp->t_state == TCPS_SYN_SENT && V_tcp(v)->icmp_may_rst)
			(void)tcp_drop(tp, error);
	} else
		tp->t_softerror = (uint16_t)error;
}
