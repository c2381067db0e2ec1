/*
 * socket_opt.c - options of sockets.
 *
 * Theory of operation
 *
 * Three kinds, told apart by number: those of struct socket, those of IP, which
 * live in the PCB and are alike for all protocols, and the rest, which the
 * protocol answers.  The protocol also hears of the first kind after the fact,
 * so that SO_KEEPALIVE can start a timer.
 *
 * bind() sees SO_REUSE* through inp_reuse; it is kept in step here.
 *
 * A buffer limit above kern.ipc.maxsockbuf is cut to it without an error, as
 * Linux does (FreeBSD: ENOBUFS): the programs do not expect to be refused.
 */
#include <errno.h>
#include <stdbool.h>

#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/ip.h"
#include "stack/socket_int.h"

/* The so_options bit of a flag option, 0 if it is none. */
static uint32_t
flag_of(enum sockopt opt)
{
	static const uint32_t flags[OPT_NOPTS] = {
		[OPT_REUSEADDR] = SOPT_REUSEADDR,
		[OPT_REUSEPORT] = SOPT_REUSEPORT,
		[OPT_REUSEPORT_LB] = SOPT_REUSEPORT_LB,
		[OPT_KEEPALIVE] = SOPT_KEEPALIVE,
		[OPT_DONTROUTE] = SOPT_DONTROUTE,
		[OPT_BROADCAST] = SOPT_BROADCAST,
		[OPT_OOBINLINE] = SOPT_OOBINLINE,
	};

	return flags[opt];
}

static void
sync_reuse(struct socket *so)
{
	struct inpcb *inp = sotoinpcb(so);
	uint32_t o = so->so_options;

	if (inp == NULL)
		return;
	inp->inp_reuse = (uint8_t)(
	    (o & SOPT_REUSEADDR ? INP_REUSEADDR : 0) |
	    (o & SOPT_REUSEPORT ? INP_REUSEPORT : 0) |
	    (o & SOPT_REUSEPORT_LB ? INP_REUSEPORT_LB : 0));
}

static void
set_bits(uint32_t *word, uint32_t bits, bool on)
{
	if (on)
		*word |= bits;
	else
		*word &= ~bits;
}

static int
set_bufsize(struct socket *so, struct sockbuf *sb, int val)
{
	uint32_t max = V_sockstate(so->so_vnet)->maxsockbuf;

	if (val < 1)
		return EINVAL;
	sbreserve(sb, (uint32_t)val < max ? (uint32_t)val : max);
	return 0;
}

static int
set_lowat(struct sockbuf *sb, int val)
{
	if (val < 1)
		return EINVAL;
	sb->sb_lowat = (uint32_t)val < sb->sb_hiwat ? (uint32_t)val :
	    sb->sb_hiwat;
	return 0;
}

static int
set_linger(struct socket *so, int val)
{
	if (val < -1)
		return EINVAL;
	so->so_linger = val;
	set_bits(&so->so_options, SOPT_LINGER, val >= 0);
	return 0;
}

/* ENOPROTOOPT: not one of struct socket. */
static int
set_socket(struct socket *so, enum sockopt opt, int val)
{
	uint32_t flag = flag_of(opt);

	if (flag != 0) {
		set_bits(&so->so_options, flag, val != 0);
		sync_reuse(so);
		return 0;
	}
	if (opt == OPT_LINGER)
		return set_linger(so, val);
	if (opt == OPT_SNDBUF)
		return set_bufsize(so, &so->so_snd, val);
	if (opt == OPT_RCVBUF)
		return set_bufsize(so, &so->so_rcv, val);
	if (opt == OPT_SNDLOWAT)
		return set_lowat(&so->so_snd, val);
	if (opt == OPT_RCVLOWAT)
		return set_lowat(&so->so_rcv, val);
	return ENOPROTOOPT;
}

static int
set_portrange(struct inpcb *inp, int val)
{
	if (val != IP_PORTRANGE_DEFAULT && val != IP_PORTRANGE_HIGH &&
	    val != IP_PORTRANGE_LOW)
		return EINVAL;
	set_bits(&inp->inp_flags, INP_HIGHPORT, val == IP_PORTRANGE_HIGH);
	set_bits(&inp->inp_flags, INP_LOWPORT, val == IP_PORTRANGE_LOW);
	return 0;
}

/* IP_LOCAL_PORT_RANGE; a bound of 0 is unset. */
static int
set_localports(struct inpcb *inp, int val)
{
	uint16_t lo = (uint32_t)val & 0xffff, hi = (uint32_t)val >> 16;

	if (lo != 0 && hi != 0 && lo > hi)
		return EINVAL;
	inp->inp_portlo = lo;
	inp->inp_porthi = hi;
	return 0;
}

static int
set_bindany(struct socket *so, int val, const struct cred *cred)
{
	int error = priv_check(so->so_vnet, cred, PRIV_NETINET_BINDANY);

	if (error != 0)
		return error;
	set_bits(&so->so_pcb->inp_flags, INP_BINDANY, val != 0);
	return 0;
}

/* -1 stands for net.inet.ip.ttl, as on Linux. */
static int
set_ttl(struct inpcb *inp, int val)
{
	if (val != -1 && (val < 1 || val > 255))
		return EINVAL;
	inp->inp_ip_ttl = val == -1 ? 0 : (uint8_t)val;
	return 0;
}

static int
set_hdrincl(struct socket *so, int val)
{
	if (so->so_type != SOCK_RAW)
		return ENOPROTOOPT;
	set_bits(&so->so_pcb->inp_flags, INP_HDRINCL, val != 0);
	return 0;
}

static int
set_ip(struct socket *so, enum sockopt opt, int val, const struct cred *cred)
{
	struct inpcb *inp = so->so_pcb;

	if (opt == OPT_IP_PORTRANGE)
		return set_portrange(inp, val);
	if (opt == OPT_IP_LOCALPORTS)
		return set_localports(inp, val);
	if (opt == OPT_IP_BINDANY)
		return set_bindany(so, val, cred);
	if (opt == OPT_IP_TTL)
		return set_ttl(inp, val);
	if (opt == OPT_IP_HDRINCL)
		return set_hdrincl(so, val);
	if (opt == OPT_IP_NOPORT) {
		set_bits(&inp->inp_flags, INP_NOPORTYET, val != 0);
		return 0;
	}
	if (val < 0 || val > 255)	/* OPT_IP_TOS */
		return EINVAL;
	inp->inp_ip_tos = (uint8_t)val;
	return 0;
}

static bool
is_ip(const struct socket *so, enum sockopt opt)
{
	return so->so_domain != AF_UNIX && opt >= OPT_IP_PORTRANGE &&
	    opt <= OPT_IP_HDRINCL;
}

int
sosetopt(struct socket *so, enum sockopt opt, int val,
    const struct cred *cred)
{
	const struct protosw *pr = so->so_proto;
	int error = set_socket(so, opt, val);

	if (error == 0 && so->so_pcb != NULL && pr->pr_setopt != NULL)
		pr->pr_setopt(so, opt, val, cred);
	if (error != ENOPROTOOPT)
		return error;
	if (opt == OPT_ERROR || opt == OPT_ACCEPTCONN)
		return ENOPROTOOPT;
	if (so->so_pcb == NULL)
		return ECONNRESET;
	if (is_ip(so, opt))
		return set_ip(so, opt, val, cred);
	return pr->pr_setopt != NULL ? pr->pr_setopt(so, opt, val, cred) :
	    ENOPROTOOPT;
}

/* ENOPROTOOPT: not one of struct socket. */
static int
get_socket(struct socket *so, enum sockopt opt, int *val)
{
	uint32_t flag = flag_of(opt);

	if (flag != 0)
		*val = (so->so_options & flag) != 0;
	else if (opt == OPT_LINGER)
		*val = so->so_options & SOPT_LINGER ? so->so_linger : -1;
	else if (opt == OPT_SNDBUF)
		*val = (int)so->so_snd.sb_hiwat;
	else if (opt == OPT_RCVBUF)
		*val = (int)so->so_rcv.sb_hiwat;
	else if (opt == OPT_SNDLOWAT)
		*val = (int)so->so_snd.sb_lowat;
	else if (opt == OPT_RCVLOWAT)
		*val = (int)so->so_rcv.sb_lowat;
	else if (opt == OPT_ERROR)
		*val = sotakeerror(so);
	else if (opt == OPT_ACCEPTCONN)
		*val = (so->so_state & SS_LISTENING) != 0;
	else
		return ENOPROTOOPT;
	return 0;
}

static int
get_portrange(const struct inpcb *inp)
{
	if (inp->inp_flags & INP_HIGHPORT)
		return IP_PORTRANGE_HIGH;
	return inp->inp_flags & INP_LOWPORT ? IP_PORTRANGE_LOW :
	    IP_PORTRANGE_DEFAULT;
}

static int
get_ip(const struct socket *so, enum sockopt opt, int *val)
{
	const struct inpcb *inp = so->so_pcb;

	if (opt == OPT_IP_HDRINCL && so->so_type != SOCK_RAW)
		return ENOPROTOOPT;
	if (opt == OPT_IP_PORTRANGE)
		*val = get_portrange(inp);
	else if (opt == OPT_IP_LOCALPORTS)
		*val = (int)((uint32_t)inp->inp_porthi << 16 |
		    inp->inp_portlo);
	else if (opt == OPT_IP_BINDANY)
		*val = (inp->inp_flags & INP_BINDANY) != 0;
	else if (opt == OPT_IP_TTL)
		*val = inp->inp_ip_ttl != 0 ? inp->inp_ip_ttl :
		    ip_defttl(so->so_vnet);
	else if (opt == OPT_IP_HDRINCL)
		*val = (inp->inp_flags & INP_HDRINCL) != 0;
	else if (opt == OPT_IP_NOPORT)
		*val = (inp->inp_flags & INP_NOPORTYET) != 0;
	else
		*val = inp->inp_ip_tos;
	return 0;
}

int
sogetopt(struct socket *so, enum sockopt opt, int *val)
{
	const struct protosw *pr = so->so_proto;
	int error = get_socket(so, opt, val);

	if (error != ENOPROTOOPT)
		return error;
	if (so->so_pcb == NULL)
		return ECONNRESET;
	if (is_ip(so, opt))
		return get_ip(so, opt, val);
	return pr->pr_getopt != NULL ? pr->pr_getopt(so, opt, val) :
	    ENOPROTOOPT;
}
