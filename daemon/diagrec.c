/*
 * diagrec.c - records of inet_diag.
 *
 * What a field means is what Linux puts there for a socket of its own: the
 * queues of a listener are how many wait and how many may, an inode is that of
 * the descriptor in the program's hands (the AF_UNIX end that stands for the
 * socket, as /proc/PID/fd shows it), and 0 where no program has one: a
 * connection that nobody has accepted or that its program has closed.
 *
 * Linux lists no socket that has no port, and no TCP socket that neither
 * listens nor has a peer.
 */
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#include "daemon/diagbc.h"
#include "daemon/diagrec.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/sockcall.h"
#include "daemon/unixdiag.h"
#include "pcb/in_pcb.h"
#include "stack/socket.h"
#include "stack/tcp.h"
#include "stack/udp.h"
#include "sysctl/xport.h"

#define RECORD_MAX	1024	/* no record is longer */

enum { TIMER_NONE, TIMER_REXMT, TIMER_KEEP, TIMER_TIMEWAIT, TIMER_PROBE };

#define UDP_OPEN	1	/* TCP_ESTABLISHED of Linux */
#define UDP_CLOSE	7	/* TCP_CLOSE */

static bool
is_tcp(const struct inpcb *inp)
{
	return inp->inp_pcbinfo == tcp_pcbinfo(in_pcbinfo_vnet(
	    inp->inp_pcbinfo));
}

static bool
is_raw(const struct inpcb *inp)
{
	return inp->inp_pcbinfo == raw_pcbinfo(in_pcbinfo_vnet(
	    inp->inp_pcbinfo));
}

/* Linux shows a raw socket's protocol as its port. */
static in_port_t
local_port(const struct inpcb *inp)
{
	return is_raw(inp) ? htons(inp->inp_ip_p) : inp->inp_lport;
}

static const struct face *
face_of(const struct inpcb *inp)
{
	const struct socket *so = inp->inp_socket;

	return so != NULL && so->so_upcall != NULL ? so->so_upcallarg : NULL;
}

static uint64_t
cookie_of(const struct inpcb *inp)
{
	const struct face *f = face_of(inp);

	/* The kernel counts from 1 and never gets there. */
	return f != NULL ? f->cookie : UINT64_C(1) << 63 | inp->inp_gencnt;
}

unsigned
diagrec_state(const struct inpcb *inp)
{
	struct xtcpcb xt = { .t_state = 0 };

	if (!is_tcp(inp)) {
		if (local_port(inp) == 0)
			return 0;
		return inaddr_is_any(&inp->inp_faddr) ? UDP_CLOSE : UDP_OPEN;
	}
	tcp_inptoxtp(inp, &xt);
	if (xt.t_state == TCPS_CLOSED)
		return 0;
	return linux_tcp_state((enum tcp_state)xt.t_state);
}

bool
diagrec_wanted(const struct diag_query *q, const struct inpcb *inp)
{
	const struct diag_entry e = {
		.saddr = inaddr_to_v4(&inp->inp_laddr),
		.daddr = inaddr_to_v4(&inp->inp_faddr),
		.sport = ntohs(local_port(inp)),
		.dport = ntohs(inp->inp_fport),
		.autoport = (inp->inp_flags & INP_ANONPORT) != 0,
	};
	unsigned state = diagrec_state(inp);

	if (state == 0 || (q->states >> state & 1) == 0 ||
	    (inp->inp_vflag & INP_IPV4) == 0)
		return false;
	if (q->id.idiag_sport != 0 && q->id.idiag_sport != local_port(inp))
		return false;
	if (q->id.idiag_dport != 0 && q->id.idiag_dport != inp->inp_fport)
		return false;
	return diagbc_match(q->bc, q->bclen, &e);
}

bool
diagrec_cookie(const struct inet_diag_sockid *id, const struct inpcb *inp)
{
	uint64_t cookie = cookie_of(inp);

	if (id->idiag_cookie[0] == INET_DIAG_NOCOOKIE &&
	    id->idiag_cookie[1] == INET_DIAG_NOCOOKIE)
		return true;
	return id->idiag_cookie[0] == (uint32_t)cookie &&
	    id->idiag_cookie[1] == (uint32_t)(cookie >> 32);
}

/* ---- messages ---- */

static void *
put(struct diag_part *p, const void *data, size_t len)
{
	uint8_t *at = p->buf + p->len;

	if (len > 0)
		memcpy(at, data, len);
	memset(at + len, 0, NLMSG_ALIGN(len) - len);
	p->len += NLMSG_ALIGN(len);
	return at;
}

static size_t
message_begin(struct diag_part *p, const struct diag_query *q, uint16_t type,
    uint16_t flags)
{
	const struct nlmsghdr h = {
		.nlmsg_type = type, .nlmsg_flags = flags,
		.nlmsg_seq = q->hdr.nlmsg_seq, .nlmsg_pid = q->portid,
	};
	size_t start = p->len;

	put(p, &h, sizeof(h));
	return start;
}

static void
message_end(struct diag_part *p, size_t start)
{
	uint32_t len = (uint32_t)(p->len - start);

	memcpy(p->buf + start + offsetof(struct nlmsghdr, nlmsg_len), &len,
	    sizeof(len));
}

bool
diagrec_message(struct diag_part *p, const struct diag_query *q, uint16_t type,
    uint16_t flags, const void *body, size_t len)
{
	size_t start;

	if (p->cap - p->len < NLMSG_SPACE(len))
		return false;
	start = message_begin(p, q, type, flags);
	put(p, body, len);
	message_end(p, start);
	return true;
}

static void
attr(struct diag_part *p, uint16_t type, const void *data, size_t len)
{
	const struct nlattr a = {
		.nla_len = (uint16_t)(sizeof(a) + len), .nla_type = type,
	};

	put(p, &a, sizeof(a));
	put(p, data, len);
}

static bool
asked(const struct diag_query *q, unsigned what)
{
	return (q->ext >> (what - 1) & 1) != 0;
}

/* ---- the fields ---- */

static void
fill_id(struct inet_diag_sockid *id, const struct inpcb *inp)
{
	uint64_t cookie = cookie_of(inp);

	id->idiag_sport = local_port(inp);
	id->idiag_dport = inp->inp_fport;
	id->idiag_src[0] = inaddr_to_v4(&inp->inp_laddr);
	id->idiag_dst[0] = inaddr_to_v4(&inp->inp_faddr);
	id->idiag_cookie[0] = (uint32_t)cookie;
	id->idiag_cookie[1] = (uint32_t)(cookie >> 32);
}

static void
set_timer(struct inet_diag_msg *m, uint8_t timer, int32_t ms)
{
	m->idiag_timer = timer;
	m->idiag_expires = (uint32_t)ms;
}

static void
fill_timer(struct inet_diag_msg *m, const struct inpcb *inp)
{
	const struct socket *so = inp->inp_socket;
	struct xtcpcb xt = { .t_state = 0 };

	tcp_inptoxtp(inp, &xt);
	if (xt.t_state == TCPS_TIME_WAIT)
		set_timer(m, TIMER_TIMEWAIT, xt.tt_2msl);
	else if (xt.tt_rexmt > 0)
		set_timer(m, TIMER_REXMT, xt.tt_rexmt);
	else if (xt.tt_persist > 0)
		set_timer(m, TIMER_PROBE, xt.tt_persist);
	else if (xt.tt_keep > 0 && so != NULL &&
	    (so->so_options & SOPT_KEEPALIVE) != 0)
		set_timer(m, TIMER_KEEP, xt.tt_keep);
}

static void
fill_queues(struct inet_diag_msg *m, const struct socket *so)
{
	if ((so->so_options & SOPT_ACCEPTCONN) != 0) {
		m->idiag_rqueue = so->so_qlen;
		m->idiag_wqueue = so->so_qlimit;
		return;
	}
	m->idiag_rqueue = so->so_rcv.sb_cc + so->so_rcv.sb_parked;
	m->idiag_wqueue = so->so_snd.sb_cc + so->so_snd.sb_parked;
}

static void
put_memory(struct diag_part *p, const struct diag_query *q,
    const struct socket *so, const struct inet_diag_msg *m)
{
	bool queues = (so->so_options & SOPT_ACCEPTCONN) == 0;
	uint32_t in = queues ? m->idiag_rqueue : 0;
	uint32_t out = queues ? m->idiag_wqueue : 0;
	const struct inet_diag_meminfo mem = {
		.idiag_rmem = in, .idiag_wmem = out,
	};
	const uint32_t sk[SK_MEMINFO_VARS] = {
		[SK_MEMINFO_RMEM_ALLOC] = in,
		[SK_MEMINFO_RCVBUF] = so->so_rcv.sb_hiwat,
		[SK_MEMINFO_SNDBUF] = so->so_snd.sb_hiwat,
		[SK_MEMINFO_WMEM_QUEUED] = out,
		[SK_MEMINFO_DROPS] = so->so_qdrops,
	};

	if (asked(q, INET_DIAG_MEMINFO))
		attr(p, INET_DIAG_MEMINFO, &mem, sizeof(mem));
	if (asked(q, INET_DIAG_SKMEMINFO))
		attr(p, INET_DIAG_SKMEMINFO, sk, sizeof(sk));
}

static void
put_tcp(struct diag_part *p, const struct diag_query *q,
    const struct socket *so)
{
	static const char cong[] = "reno";
	struct tcp_info ti;

	if (asked(q, INET_DIAG_INFO)) {
		linux_tcp_info(so, &ti);
		attr(p, INET_DIAG_INFO, &ti, sizeof(ti));
	}
	if (asked(q, INET_DIAG_CONG))
		attr(p, INET_DIAG_CONG, cong, sizeof(cong));
}

static void
put_attrs(struct diag_part *p, const struct diag_query *q,
    const struct inpcb *inp, const struct inet_diag_msg *m)
{
	const struct socket *so = inp->inp_socket;
	const struct inet_diag_sockopt opt = {
		.is_icsk = is_tcp(inp),
		.hdrincl = (inp->inp_flags & INP_HDRINCL) != 0,
		.transparent = (inp->inp_flags & INP_BINDANY) != 0,
		.bind_address_no_port = (inp->inp_flags & INP_NOPORTYET) != 0,
	};
	uint8_t down = 0;

	if ((so->so_rcv.sb_state & SBS_CANTRCVMORE) != 0)
		down |= 1;	/* RCV_SHUTDOWN */
	if ((so->so_snd.sb_state & SBS_CANTSENDMORE) != 0)
		down |= 2;	/* SEND_SHUTDOWN */
	attr(p, INET_DIAG_SHUTDOWN, &down, sizeof(down));
	if (asked(q, INET_DIAG_TOS))
		attr(p, INET_DIAG_TOS, &inp->inp_ip_tos, 1);
	attr(p, INET_DIAG_SOCKOPT, &opt, sizeof(opt));
	put_memory(p, q, so, m);
	if (so->so_type == SOCK_RAW)
		attr(p, INET_DIAG_PROTOCOL, &inp->inp_ip_p, 1);
	if (is_tcp(inp))
		put_tcp(p, q, so);
}

bool
diagrec_put(struct diag_part *p, const struct diag_query *q,
    const struct inpcb *inp, uint16_t flags, unsigned *cost)
{
	const struct face *f = face_of(inp);
	struct socket *so = inp->inp_socket;
	struct tcp_facts tf;
	struct inet_diag_msg m = {
		.idiag_family = AF_INET,
		.idiag_state = (uint8_t)diagrec_state(inp),
	};
	size_t start;

	if (p->cap - p->len < RECORD_MAX)
		return false;
	*cost = so != NULL ? soparked(so) : 0;
	fill_id(&m.id, inp);
	if (is_tcp(inp))
		fill_timer(&m, inp);
	if (so != NULL) {
		fill_queues(&m, so);
		m.idiag_uid = djail_uid(q->viewer, inp->inp_cred.uid);
		m.idiag_inode = f != NULL ? (uint32_t)f->ino : 0;
	}
	if (so != NULL && m.idiag_timer == TIMER_REXMT) {
		tcp_facts(so, &tf);
		m.idiag_retrans = (uint8_t)tf.retransmits;
	}
	start = message_begin(p, q, q->hdr.nlmsg_type, flags);
	put(p, &m, sizeof(m));
	if (so != NULL)
		put_attrs(p, q, inp, &m);
	message_end(p, start);
	return true;
}

/* ---- AF_UNIX ---- */

/* The attributes that a bit of udiag_show asks for. */
static const struct {
	uint32_t show;
	uint16_t type;
} unix_attrs[] = {
	{ UDIAG_SHOW_NAME, UNIX_DIAG_NAME },
	{ UDIAG_SHOW_VFS, UNIX_DIAG_VFS },
	{ UDIAG_SHOW_PEER, UNIX_DIAG_PEER },
	{ UDIAG_SHOW_RQLEN, UNIX_DIAG_RQLEN },
	{ UDIAG_SHOW_MEMINFO, UNIX_DIAG_MEMINFO },
	{ UDIAG_SHOW_UID, UNIX_DIAG_UID },
};

bool
diagrec_unix(struct diag_part *p, const struct diag_query *q,
    const struct unixrec *rec, uint16_t flags)
{
	const void *data;
	size_t start;
	unsigned i;
	size_t len;

	if (p->cap - p->len < rec->len + sizeof(struct nlmsghdr))
		return false;
	start = message_begin(p, q, q->hdr.nlmsg_type, flags);
	put(p, rec->msg, sizeof(*rec->msg));
	for (i = 0; i < sizeof(unix_attrs) / sizeof(unix_attrs[0]); i++)
		if ((q->un.udiag_show & unix_attrs[i].show) != 0 &&
		    (data = unixdiag_attr(rec, unix_attrs[i].type, &len)) !=
		    NULL)
			attr(p, unix_attrs[i].type, data, len);
	if ((data = unixdiag_attr(rec, UNIX_DIAG_SHUTDOWN, &len)) != NULL)
		attr(p, UNIX_DIAG_SHUTDOWN, data, len);
	message_end(p, start);
	return true;
}
