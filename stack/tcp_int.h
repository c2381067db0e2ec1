/*
 * TCP, for stack/tcp_*.c alone.
 *
 *	tcp_subr.c	the module: PCBs from birth to death, errors, ISN, MSS
 *	tcp_knobs.c	net.inet.tcp.* and their defaults
 *	tcp_fsm.c	the eleven states as data, and the only setter
 *	tcp_usrreq.c	calls of the socket layer
 *	tcp_input.c	a segment arrives, in the order of RFC 9293, 3.10.7
 *	tcp_ack.c	its acknowledgment: una, window, duplicate ACKs
 *	tcp_listen.c	LISTEN and SYN_SENT: how a connection comes to be
 *	tcp_timewait.c	TIME_WAIT
 *	tcp_reass.c	segments that came too early
 *	tcp_output.c	what to send, and its bookkeeping
 *	tcp_respond.c	segments on the wire: header, checksum, RST, bare ACK
 *	tcp_options.c	option bytes, in and out
 *	tcp_cc.c	congestion control: NewReno
 *	tcp_rtt.c	round trip time and RTO
 *	tcp_timer.c	time-outs
 *	tcp_info.c	what listings and getsockopt() show
 *
 * Ports and addresses are in network order, all else in host order.  Inside
 * the machine a function that may free the control block says so by its return
 * value (enum verdict, or a bool named in its comment).
 */
#ifndef STACK_TCP_INT_H
#define STACK_TCP_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/callout.h"
#include "base/inaddr.h"
#include "base/vnet.h"
#include "pcb/in_pcb.h"
#include "stack/mbuf.h"
#include "stack/tcp.h"
#include "stack/tcp_seq.h"
#include "sysctl/stats.h"

/* ---- the wire ---- */

#define TCP_HDRLEN	20
#define TCP_MAXOLEN	40	/* of all options */
#define TCP_MAXWIN	65535	/* without scaling */
#define TCP_MAXWINSHIFT	14	/* RFC 7323, 2.3 */
#define TCP_TSOLEN	12	/* timestamps, with padding */
#define TCP_MAXRXTSHIFT	12	/* backoffs: of probes, then no more */

/* Offsets in the header. */
enum {
	THO_SPORT = 0, THO_DPORT = 2, THO_SEQ = 4, THO_ACK = 8, THO_OFF = 12,
	THO_FLAGS = 13, THO_WIN = 14, THO_SUM = 16, THO_URP = 18
};

#define TH_FIN	0x01
#define TH_SYN	0x02
#define TH_RST	0x04
#define TH_PUSH	0x08
#define TH_ACK	0x10
#define TH_URG	0x20
#define TH_CTL	(TH_FIN | TH_SYN | TH_RST)

/* to_flags */
#define TOF_MSS		0x01
#define TOF_SCALE	0x02
#define TOF_TS		0x04
#define TOF_SACKPERM	0x08
#define TOF_SACK	0x10

struct tcpopt {
	uint32_t to_flags;	/* which of the rest are there */
	uint32_t to_tsval, to_tsecr;
	uint16_t to_mss;
	uint8_t	 to_wscale;
	uint8_t	 to_nsacks;	/* blocks at to_sacks, 8 bytes each */
	const uint8_t *to_sacks;
};

/*
 * A segment that arrived.  Payload and control bits are trimmed as they are
 * found outside the window.  m holds exactly len bytes (NULL or empty mbufs if
 * len is 0) and is freed by tcp_input() unless someone takes it (m = NULL).
 */
struct tcpseg {
	struct mbuf	*m;
	struct endpoint	 src, dst;
	tcp_seq		 seq, ack;
	uint32_t	 len;
	uint32_t	 wnd;	/* as in the header: not scaled */
	uint8_t		 flags;	/* TH_ */
	struct tcpopt	 opt;
};

/* Sequence numbers a segment takes. */
static inline uint32_t
tcpseg_span(const struct tcpseg *s)
{
	return s->len + ((s->flags & TH_SYN) != 0) + ((s->flags & TH_FIN) != 0);
}

/* ---- the control block ---- */

enum tcp_timer {
	TT_DELACK,	/* send the acknowledgment now */
	TT_REXMT,	/* retransmit; never together with TT_PERSIST */
	TT_PERSIST,	/* probe a closed window */
	TT_KEEP,	/* connection set-up, then keepalive */
	TT_2MSL,	/* TIME_WAIT, and FIN_WAIT_2 of a closed socket */
	TT_N
};

/* t_flags; FreeBSD's values, as listings show them */
#define TF_RXWIN0SENT	0x00080000	/* we announced a window of 0 */
#define TF_FASTRECOVERY	0x00100000
#define TF_FORCEDATA	0x00800000	/* window probe under way */
/* ours, not exported */
#define TF_TIMING	0x10000000	/* t_rtseq is being timed */
#define TF_DROPPED	0x20000000	/* over, but its socket is there */
#define TF_PASSIVE	0x40000000	/* made by LISTEN */
#define TF_EXPORTED	0x00ffffff

struct tseg;

/*
 * One connection.  A listener uses the first part only.  No member holds data:
 * that is in the socket's buffers and, out of order, in t_segq.
 */
struct tcpcb {
	_Alignas(64) struct inpcb t_inpcb;	/* must be first */

	uint32_t	 t_flags;
	uint8_t		 t_state;	/* tcp_state_change() only */
	uint8_t		 t_keepcnt;	/* 0: the knob */
	uint16_t	 t_usermss;	/* TCP_MAXSEG; 0: none */
	uint32_t	 t_maxunacktime; /* ms; 0: no limit */
	uint32_t	 t_keepinit;	/* ms; 0: the knob */
	uint32_t	 t_keepidle;
	uint32_t	 t_keepintvl;

	/* A listener's (inp_small) ends here: TCPCB_SMALL. */

	/* Send (RFC 9293, 3.3.1).  snd_nxt falls back on a time-out. */
	tcp_seq		 snd_una, snd_nxt, snd_max;
	tcp_seq		 snd_wl1, snd_wl2;
	tcp_seq		 iss;
	uint32_t	 snd_wnd;
	uint32_t	 max_sndwnd;	/* largest the peer ever offered */
	tcp_seq		 snd_sml;	/* end of the last small segment */
	tcp_seq		 snd_full;	/* end of the last that filled cwnd */
	uint16_t	 t_maxseg;	/* MSS, without options */
	uint8_t		 t_rxtshift;	/* log2 of the RTO backoff */
	uint8_t		 t_dupacks;	/* in a row, saturates */

	/* Receive. */
	tcp_seq		 rcv_nxt;
	tcp_seq		 rcv_adv;	/* right edge we announced */
	tcp_seq		 irs;
	tcp_seq		 last_ack_sent;
	uint32_t	 rcv_wnd;
	uint8_t		 snd_scale, rcv_scale;
	uint8_t		 request_r_scale;
	uint8_t		 t_warcnt;	/* challenge ACKs in this period */
	uint16_t	 t_softerror;	/* errno an ICMP error stood for */
	uint16_t	 t_segqlen;	/* segments in t_segq */
	struct tseg	*t_segq;	/* by sequence number, disjoint */

	/* Congestion control. */
	uint32_t	 snd_cwnd, snd_ssthresh;
	uint32_t	 t_bytesacked;	/* towards the next cwnd increase */
	tcp_seq		 snd_recover;	/* snd_max when recovery began */

	/* Round trip time, in us; RFC 6298's SRTT and RTTVAR. */
	uint32_t	 t_srtt, t_rttvar;
	uint32_t	 t_rxtcur;	/* RTO with backoff, ms */
	tcp_seq		 t_rtseq;	/* with TF_TIMING: its ACK is awaited */
	uint32_t	 t_rtttime;	/* us, when it was sent */

	/* Timestamps (RFC 7323). */
	uint32_t	 ts_recent;
	uint32_t	 ts_recent_age;	/* ms */
	uint32_t	 ts_offset;	/* our clock starts somewhere */

	uint32_t	 t_rcvtime;	/* ms, last segment */
	uint32_t	 t_wartime;	/* ms, period of t_warcnt began */
	uint32_t	 t_sndrexmitpack, t_rcvoopack, t_sndzerowin;
	uint32_t	 t_timers[TT_N]; /* tcp_timer.c; 0: off */
	uint64_t	 t_rxtstart;	/* ns: data unacknowledged since */
	uint64_t	 t_bytes_acked, t_bytes_received;
	uint64_t	 t_segs_in, t_segs_out;
	struct callout	 t_callout;	/* fires at or before all timers */
};

#define TCPCB_SMALL	offsetof(struct tcpcb, snd_una)

/* A million of them are a plan, not an accident; both are whole cache lines, so
 * that each begins with one. */
_Static_assert(sizeof(struct tcpcb) == 448, "tcpcb has outgrown its place");
_Static_assert(TCPCB_SMALL == 192, "a listener's has outgrown its place");

/*
 * A connection in TIME_WAIT that nobody owns: all that is left of it.
 */
struct tcptw {
	struct inpcb	 tw_inpcb;	/* must be first; inp_compact is set */
	TAILQ_ENTRY(tcptw) tw_link;	/* in twq */
	uint64_t	 tw_start;	/* ns: the wait began */
	tcp_seq		 tw_snd_nxt, tw_rcv_nxt;
	uint32_t	 tw_ts_recent, tw_ts_offset;
	uint32_t	 tw_wartime;	/* as t_wartime */
	uint16_t	 tw_win;	/* window field of our ACKs */
	uint8_t		 tw_warcnt;
	bool		 tw_tstmp;	/* timestamps are in use */
};

_Static_assert(sizeof(struct tcptw) <= 224, "tcptw has outgrown its place");

static inline struct tcptw *
intotcptw(struct inpcb *inp)
{
	return (struct tcptw *)inp;
}

/* Of a PCB that is not compact. */
static inline struct tcpcb *
intotcpcb(struct inpcb *inp)
{
	return (struct tcpcb *)inp;
}

static inline struct vnet *
tcp_vnetof(const struct tcpcb *tp)
{
	return in_pcbinfo_vnet(tp->t_inpcb.inp_pcbinfo);
}

/* ---- the module ---- */

struct tcp_vnet {
	struct inpcbinfo *pcbinfo;
	struct zone	*reasszone;
	TAILQ_HEAD(, tcptw) twq;		/* oldest first */
	struct callout	 twcallout;		/* when the first is due */
	uint32_t	 ntw;			/* in twq */
	uint32_t	 twlimit;		/* of the zone, as last set */
	uint32_t	 maxtcptw;		/* knob; 0: from maxsockets */
	struct tcpstat	 stat;
	uint64_t	 states[TCP_NSTATES];	/* PCBs in each */
	uint64_t	 key[2];		/* of ISNs and timestamps */

	/* Knobs; times in ms. */
	int	 rfc1323, mssdflt, minmss, initcwnd_segments;
	int	 sendspace, recvspace;
	int	 keepidle, keepintvl, keepinit, keepcnt, always_keepalive;
	int	 delayed_ack, delacktime;
	int	 msl, finwait2_timeout, fast_finwait2_recycle;
	int	 nolocaltimewait;
	int	 maxunacktime, syncache_rexmtlimit;
	int	 retries, rexmit_initial, rexmit_min, rexmit_slop;
	int	 persmin, persmax;
	int	 ack_war_timewindow, ack_war_cnt;
	int	 reass_maxqueuelen;
	int	 blackhole, blackhole_local, log_in_vain;
	int	 drop_synfin, icmp_may_rst, rfc3042;
	int	 insecure_rst, insecure_syn;
	int	 rfc3390, rfc3465, abc_l_var, syncache_see_other;
};

extern struct vnet_module tcp_module;

static inline struct tcp_vnet *
V_tcp(const struct vnet *v)
{
	return vnet_data(v, &tcp_module);
}

static inline struct tcpstat *
TCPSTAT(const struct vnet *v)
{
	return &V_tcp(v)->stat;
}

void	tcp_knobs_default(struct tcp_vnet *t);

static inline uint32_t
tcp_ms(const struct vnet *v)
{
	return (uint32_t)(v->now / NSEC_PER_MSEC);
}

static inline uint32_t
tcp_us(const struct vnet *v)
{
	return (uint32_t)(v->now / 1000);
}

/* What to do after a step of segment processing. */
enum verdict {
	TV_GO,		/* on to the next step */
	TV_DROP,	/* done with the segment; tp lives */
	TV_GONE		/* tp is (or may be) freed: do not touch it */
};

/* ---- tcp_fsm.c ---- */

void	tcp_state_change(struct tcpcb *tp, enum tcp_state to);
/* A PCB begins as CLOSED, and ends as that: counted here. */
void	tcp_state_enter(struct tcpcb *tp);
void	tcp_state_leave(struct tcpcb *tp);
/* Control bits a segment of this state carries. */
uint8_t	tcp_state_outflags(enum tcp_state st);

static inline bool
TCPS_HAVERCVDSYN(enum tcp_state st)
{
	return st >= TCPS_SYN_RECEIVED;
}

static inline bool
TCPS_HAVEESTABLISHED(enum tcp_state st)
{
	return st >= TCPS_ESTABLISHED;
}

/* The peer's FIN is in: CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT. */
bool	TCPS_HAVERCVDFIN(enum tcp_state st);
/* The user may still send: ESTABLISHED, CLOSE_WAIT. */
bool	TCPS_CANSEND(enum tcp_state st);

/* A peer's SYN and no more yet: FreeBSD's syncache has these, and counts them
 * as its own (tcps_sc_*), not as connections. */
static inline bool
tcp_embryonic(const struct tcpcb *tp)
{
	return tp->t_state == TCPS_SYN_RECEIVED &&
	    (tp->t_flags & TF_PASSIVE) != 0;
}

/* ---- tcp_subr.c ---- */

/* Set up a fresh control block (zeroed but for its inpcb). */
void	tcp_newtcpcb(struct tcpcb *tp);
/* The way back, for one that never left CLOSED or has been shut down: frees. */
void	tcp_discard(struct tcpcb *tp);

/*
 * The connection is over.  The socket, if one is there, hears of it; where
 * nobody owns it any more, it and tp are freed: false.  True: tp stays, CLOSED
 * and out of all tables, until the owner lets go.
 */
bool	tcp_close(struct tcpcb *tp);

/* Send RST if the peer knows us, set error, tcp_close(). */
bool	tcp_drop(struct tcpcb *tp, int error);

/* Take tp from its socket; the socket layer's callers free what is left. */
struct socket *tcp_unlink_socket(struct tcpcb *tp);

/* Set iss and the send variables that follow from it (RFC 6528). */
void	tcp_sendseqinit(struct tcpcb *tp);
/* The peer's SYN is at irs. */
void	tcp_rcvseqinit(struct tcpcb *tp, tcp_seq irs);

/* MSS we announce to tp's peer. */
uint16_t tcp_mss_offer(const struct tcpcb *tp);
/* Take the peer's offer (0: none) into account: sets t_maxseg. */
void	tcp_mss_set(struct tcpcb *tp, uint16_t offer);
/* Bytes of data in a full segment: t_maxseg less options. */
uint32_t tcp_maxseg(const struct tcpcb *tp);

/* Smallest shift that lets `space' bytes be announced. */
uint8_t	tcp_wscale(uint32_t space);
uint32_t tcp_ts_now(const struct tcpcb *tp);

void	tcp_ctlinput(struct vnet *v, int error, const struct inaddr *src,
	    const struct inaddr *dst, const uint8_t hdr[8]);

/* ---- tcp_input.c ---- */

void	tcp_input(struct vnet *v, struct mbuf *m, const struct inaddr *src,
	    const struct inaddr *dst, uint8_t ttl, uint8_t tos);
/* Steps 7 and 8 of 3.10.7.4, also for what came with a SYN. */
enum verdict tcp_segment_text(struct tcpcb *tp, struct tcpseg *s);
enum verdict tcp_segment_fin(struct tcpcb *tp, struct tcpseg *s);
/* Give in-order bytes to the socket.  m is consumed. */
void	tcp_deliver(struct tcpcb *tp, struct mbuf *m, uint32_t len);

/* ---- tcp_listen.c ---- */

void	tcp_listen_input(struct tcpcb *lp, struct tcpseg *s);
enum verdict tcp_synsent_input(struct tcpcb *tp, struct tcpseg *s);
/* Common to both ends: the three-way handshake is complete. */
void	tcp_established(struct tcpcb *tp);
/* ... and if the user closed before it was, send the FIN now. */
void	tcp_closed_early(struct tcpcb *tp);
/* The window scale to offer; tp has a socket. */
void	tcp_choose_scale(struct tcpcb *tp);

/* ---- tcp_ack.c ---- */

enum verdict tcp_segment_ack(struct tcpcb *tp, struct tcpseg *s);
/* snd_una moves to ack: buffers, timers, RTT, cwnd.  True: our FIN is acked. */
bool	tcp_ack_advance(struct tcpcb *tp, const struct tcpseg *s);
void	tcp_window_update(struct tcpcb *tp, const struct tcpseg *s);

/* ---- tcp_timewait.c ---- */

int	tcp_tw_init(struct vnet *v);		/* ENOMEM */

/* Enter TIME_WAIT; sends the ACK that is owed.  The socket goes if it can, and
 * tp with it. */
void	tcp_twstart(struct tcpcb *tp);
/* tp, in TIME_WAIT, has no socket (any more).  It goes: what must be kept is
 * kept in a tcptw. */
void	tcp_twdetach(struct tcpcb *tp);
/* True: the connection made way for a new one, look up again. */
bool	tcp_timewait_input(struct tcpcb *tp, struct tcpseg *s);
bool	tcp_tw_input(struct tcptw *tw, struct tcpseg *s);
/* The wait is over. */
void	tcp_tw_close(struct tcptw *tw);
/* ms left, at least 1. */
uint32_t tcp_tw_left(const struct vnet *v, const struct tcptw *tw);
/* How many there may be: net.inet.tcp.maxtcptw. */
uint32_t tcp_tw_limit(const struct vnet *v);

/* ---- tcp_reass.c ---- */

/*
 * Keep s (taking its mbufs), then give the socket what has become contiguous.
 * s->flags loses TH_FIN unless the peer's FIN is now in order.
 */
void	tcp_reass(struct tcpcb *tp, struct tcpseg *s);
void	tcp_reass_flush(struct tcpcb *tp);
int	tcp_reass_init(struct vnet *v);
void	tcp_reass_fini(struct vnet *v);

/* ---- tcp_output.c ---- */

/* Send whatever is due.  0, or what ip_output() said. */
int	tcp_output(struct tcpcb *tp);
/* The segment at snd_una once more; snd_nxt stays. */
void	tcp_retransmit_first(struct tcpcb *tp);
void	tcp_setpersist(struct tcpcb *tp);

/* ---- tcp_respond.c ---- */

/* A segment to be put together.  data is consumed. */
struct tcpemit {
	const struct endpoint *src, *dst;
	tcp_seq		 seq, ack;
	uint16_t	 wnd;
	uint8_t		 flags;
	uint8_t		 ttl, tos;
	uint8_t		 optlen;
	uint8_t		 opt[TCP_MAXOLEN];
	struct mbuf	*data;
	uint32_t	 datalen;
};
int	tcp_emit(struct vnet *v, struct tcpemit *e);

/* RFC 9293, 3.5.2: answer s with a reset (no answer to a reset). */
void	tcp_respond_reset(struct vnet *v, const struct tcpseg *s);
/* A bare segment of tp's, outside the stream's order: ACK, RST, probe. */
void	tcp_respond(struct tcpcb *tp, tcp_seq seq, uint8_t flags);
/* Sequence number of a bare ACK: at the end of what was sent, but inside the
 * window when a probe reaches beyond it. */
tcp_seq	tcp_ackseq(const struct tcpcb *tp);
/* RFC 5961: an ACK that asks "did you mean this?", rate limited (section 7). */
void	tcp_challenge_ack(struct tcpcb *tp);
/* The rate: may one more be sent?  *start (ms), *cnt: the connection's. */
bool	tcp_challenge_ok(const struct vnet *v, uint32_t *start, uint8_t *cnt);
/* The window field that says wnd; an ACK is on its way: rcv_adv,
 * last_ack_sent, flags and the delayed ACK's timer follow. */
uint16_t tcp_announce(struct tcpcb *tp, uint32_t wnd, uint8_t flags);
/* The window we would announce: silly-window avoidance, never shrinking. */
uint32_t tcp_rcvwindow(const struct tcpcb *tp);

/* ---- tcp_options.c ---- */

/* Read cnt bytes of options; stops at the first malformed one. */
void	tcp_dooptions(struct tcpopt *to, const uint8_t *cp, size_t cnt,
	    bool syn);
/* Write those in to_flags; the length, a multiple of 4. */
uint8_t	tcp_addoptions(const struct tcpopt *to, uint8_t buf[TCP_MAXOLEN]);

/* ---- tcp_cc.c ---- */

/* As listings and the MIB have them: the one algorithm and the one stack. */
#define TCP_CC_NAME	"newreno"
#define TCP_STACK_NAME	"netjail"

uint32_t tcp_initcwnd(const struct tcpcb *tp);
void	tcp_cc_init(struct tcpcb *tp);
void	tcp_cc_acked(struct tcpcb *tp, uint32_t acked);
void	tcp_cc_timeout(struct tcpcb *tp);
void	tcp_cc_idle(struct tcpcb *tp);
void	tcp_cc_dupack(struct tcpcb *tp);
/* An ACK of new data while in fast recovery. */
void	tcp_cc_recovery_ack(struct tcpcb *tp, tcp_seq ack, uint32_t acked);

/* ---- tcp_rtt.c ---- */

void	tcp_rtt_sample(struct tcpcb *tp, uint32_t us);
/* RTO without backoff, ms. */
uint32_t tcp_rto(const struct tcpcb *tp);
/* Take a sample from an ACK, if one is to be had (Karn). */
void	tcp_rtt_ack(struct tcpcb *tp, const struct tcpseg *s);

/* ---- tcp_timer.c ---- */

void	tcp_timer_init(struct tcpcb *tp);
void	tcp_timer_start(struct tcpcb *tp, enum tcp_timer which, uint32_t ms);
void	tcp_timer_stop(struct tcpcb *tp, enum tcp_timer which);
void	tcp_timer_stopall(struct tcpcb *tp);
/* ms left, 0: off (a due one has 1). */
uint32_t tcp_timer_left(const struct tcpcb *tp, enum tcp_timer which);

static inline bool
tcp_timer_active(const struct tcpcb *tp, enum tcp_timer which)
{
	return tp->t_timers[which] != 0;
}

/* ms * 2^shift, at most 64 s. */
uint32_t tcp_backoff(uint32_t ms, unsigned shift);
uint32_t tcp_keepinit(const struct tcpcb *tp);
uint32_t tcp_keepidle(const struct tcpcb *tp);
/* ESTABLISHED: keepalive from now on, where it is wanted. */
void	tcp_keepalive_start(struct tcpcb *tp);
/* FIN_WAIT_2 with nobody left to read: do not wait for ever. */
void	tcp_finwait2_start(struct tcpcb *tp);

#endif
