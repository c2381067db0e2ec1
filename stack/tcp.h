/*
 * TCP (RFC 9293, with window scaling and timestamps of RFC 7323): what other
 * files may know of it.  stack/tcp_int.h is for stack/tcp_*.c alone.
 */
#ifndef STACK_TCP_H
#define STACK_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vnet.h"
#include "include/bsd/netinet/tcp_fsm.h"

struct inpcb;
struct inpcbinfo;
struct prison;
struct socket;
struct xtcpcb;

struct inpcbinfo *tcp_pcbinfo(const struct vnet *v);

/* What getsockopt(TCP_INFO) of any system can be filled from. */
struct tcp_facts {
	enum tcp_state state;
	uint32_t rto_us, srtt_us, rttvar_us;
	uint32_t snd_mss, rcv_mss, snd_cwnd, snd_ssthresh;	/* bytes */
	uint32_t snd_wnd, rcv_wnd;
	uint64_t bytes_acked, bytes_received, segs_out, segs_in;
	uint32_t retransmits, total_retrans, unacked;		/* segments */
	uint8_t	 snd_wscale, rcv_wscale;
	bool	 wscale_ok, timestamps_ok, sack_ok;
};
void	tcp_facts(const struct socket *so, struct tcp_facts *f);

/*
 * End the waits in TIME_WAIT of a jail that goes (those that get there once
 * prison_state() is PRISON_DYING are freed at once) and, with `reset', its
 * connections whose socket is closed.  Looks at *budget of its PCBs at most,
 * which is lowered, from *gen on: 0 at first.  True: there are more.
 */
bool	tcp_purge(struct vnet *v, const struct prison *pr, bool reset,
	    uint64_t *gen, unsigned *budget);

/* net.inet.tcp.syncache.see_other: may everybody see inp in a listing, whose
 * ever it is?  NULL: may there be such a one? */
bool	tcp_see_other(const struct vnet *v, const struct inpcb *inp);

/* The protocol's part of a listing record (t_state, timers, windows). */
void	tcp_inptoxtp(const struct inpcb *inp, struct xtcpcb *xt);

#endif
