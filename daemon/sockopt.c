/*
 * sockopt.c - getsockopt and setsockopt of Linux programs.
 *
 * Three tables: options the stack has (mapped to enum sockopt), options whose
 * answer is a constant of every socket here, and hints that may be set without
 * effect because what they ask for is already so on this stack.  Anything
 * else is ENOPROTOOPT, so that programs fall back.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <linux/tcp.h>

#include "daemon/dgram.h"
#include "daemon/face.h"
#include "daemon/notify.h"
#include "daemon/sockcall.h"
#include "portrange/portrange.h"
#include "stack/tcp.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif

/* Options that are one int, and what they are to the stack. */
static const struct {
	int level, name;
	enum sockopt opt;
} mapped[] = {
	{ SOL_SOCKET, SO_REUSEADDR, OPT_REUSEADDR },
	/* Linux's balances load among the sockets, as BSD's _LB does. */
	{ SOL_SOCKET, SO_REUSEPORT, OPT_REUSEPORT_LB },
	{ SOL_SOCKET, SO_KEEPALIVE, OPT_KEEPALIVE },
	{ SOL_SOCKET, SO_DONTROUTE, OPT_DONTROUTE },
	{ SOL_SOCKET, SO_BROADCAST, OPT_BROADCAST },
	{ SOL_SOCKET, SO_OOBINLINE, OPT_OOBINLINE },
	{ SOL_SOCKET, SO_SNDBUF, OPT_SNDBUF },
	{ SOL_SOCKET, SO_RCVBUF, OPT_RCVBUF },
	{ SOL_SOCKET, SO_SNDBUFFORCE, OPT_SNDBUF },
	{ SOL_SOCKET, SO_RCVBUFFORCE, OPT_RCVBUF },
	{ SOL_SOCKET, SO_ACCEPTCONN, OPT_ACCEPTCONN },
	{ IPPROTO_IP, IP_PORTRANGE, OPT_IP_PORTRANGE },
	{ IPPROTO_IP, IP_TTL, OPT_IP_TTL },
	{ IPPROTO_IP, IP_TOS, OPT_IP_TOS },
	{ IPPROTO_IP, IP_TRANSPARENT, OPT_IP_BINDANY },
	{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, OPT_IP_NOPORT },
	{ IPPROTO_IP, IP_LOCAL_PORT_RANGE, OPT_IP_LOCALPORTS },
	{ IPPROTO_TCP, TCP_NODELAY, OPT_TCP_NODELAY },
	{ IPPROTO_TCP, TCP_MAXSEG, OPT_TCP_MAXSEG },
	{ IPPROTO_TCP, TCP_CORK, OPT_TCP_NOPUSH },
	{ IPPROTO_TCP, TCP_KEEPIDLE, OPT_TCP_KEEPIDLE },
	{ IPPROTO_TCP, TCP_KEEPINTVL, OPT_TCP_KEEPINTVL },
	{ IPPROTO_TCP, TCP_KEEPCNT, OPT_TCP_KEEPCNT },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, OPT_TCP_MAXUNACKTIME },
};

/* Hints: accepted, and read back as `value', which is how things are. */
static const struct {
	int level, name, value;
} hints[] = {
	{ IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO }, /* never fragments */
	{ IPPROTO_TCP, TCP_QUICKACK, 1 },
	{ IPPROTO_TCP, TCP_DEFER_ACCEPT, 0 },
	{ IPPROTO_TCP, TCP_NOTSENT_LOWAT, -1 },
};

static int
find_mapped(int level, int name, enum sockopt *opt)
{
	unsigned i;

	for (i = 0; i < sizeof(mapped) / sizeof(mapped[0]); i++)
		if (mapped[i].level == level && mapped[i].name == name) {
			*opt = mapped[i].opt;
			return 0;
		}
	return ENOPROTOOPT;
}

static int
find_hint(int level, int name, int *value)
{
	unsigned i;

	for (i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (hints[i].level == level && hints[i].name == name) {
			*value = hints[i].value;
			return 0;
		}
	return ENOPROTOOPT;
}

/* IPv6's options are unknown to an AF_INET socket, not its level. */
static bool
known_level(int level)
{
	return level == SOL_SOCKET || level == IPPROTO_IP ||
	    level == IPPROTO_TCP || level == IPPROTO_UDP ||
	    level == IPPROTO_IPV6;
}

/* ---- get ---- */

/* Value-result: at most what the caller has room for. */
static int
opt_out(struct call *c, const void *val, size_t vallen)
{
	int32_t len;
	int error;

	error = call_copyin(c, c->args[4], &len, sizeof(len));
	if (error != 0)
		return error;
	if (len < 0)
		return EINVAL;
	if ((size_t)len > vallen)
		len = (int32_t)vallen;
	error = call_copyout(c, c->args[3], val, (size_t)len);
	if (error == 0)
		error = call_copyout(c, c->args[4], &len, sizeof(len));
	return error;
}

int
opt_out_int(struct call *c, int val)
{
	return opt_out(c, &val, sizeof(val));
}

/*
 * The pending error, once.  A connection that ended leaves it at the program's
 * end too, where read() may have taken it already; then there is none.
 */
static int
get_error(struct call *c)
{
	struct face *f = c->face;
	int kernel = 0, error;
	socklen_t len = sizeof(kernel);

	if (f->state != FACE_GONE) {
		error = sogeterror(f->so);
		if (error != 0 && f->state == FACE_DGRAM)
			dgram_drop_token(f, c->app);
		return opt_out_int(c, error);
	}
	(void)getsockopt(c->app, SOL_SOCKET, SO_ERROR, &kernel, &len);
	error = kernel != 0 ? f->error : 0;
	f->error = 0;
	return opt_out_int(c, error);
}

static int
get_linger(struct call *c)
{
	struct linger l = { 0, 0 };
	int val;

	if (face_getopt(c->face, OPT_LINGER, &val) == 0 && val >= 0) {
		l.l_onoff = 1;
		l.l_linger = val;
	}
	return opt_out(c, &l, sizeof(l));
}

/* What is known of every socket without asking the stack.  ENOPROTOOPT: no. */
static int
get_constant(struct call *c, int name)
{
	/* No credentials: a TCP peer has none. */
	static const struct { int32_t pid; uint32_t uid, gid; } nobody = {
		0, (uint32_t)-1, (uint32_t)-1
	};
	bool dgram = c->face->state == FACE_DGRAM;

	switch (name) {
	case SO_DOMAIN:
		return opt_out_int(c, AF_INET);
	case SO_TYPE:
		return opt_out_int(c, dgram ? SOCK_DGRAM : SOCK_STREAM);
	case SO_PROTOCOL:
		return opt_out_int(c, dgram ? IPPROTO_UDP : IPPROTO_TCP);
	case SO_PEERCRED:
		return opt_out(c, &nobody, sizeof(nobody));
	case SO_BINDTODEVICE:
		return opt_out(c, "", 0);
	}
	return ENOPROTOOPT;
}

uint8_t
linux_tcp_state(enum tcp_state st)
{
	static const uint8_t linux_state[TCP_NSTATES] = {
		[TCPS_CLOSED] = 7, [TCPS_LISTEN] = 10, [TCPS_SYN_SENT] = 2,
		[TCPS_SYN_RECEIVED] = 3, [TCPS_ESTABLISHED] = 1,
		[TCPS_CLOSE_WAIT] = 8, [TCPS_FIN_WAIT_1] = 4,
		[TCPS_CLOSING] = 11, [TCPS_LAST_ACK] = 9,
		[TCPS_FIN_WAIT_2] = 5, [TCPS_TIME_WAIT] = 6,
	};

	return linux_state[st];
}

void
linux_tcp_info(const struct socket *so, struct tcp_info *ti)
{
	struct tcp_facts tf;

	tcp_facts(so, &tf);
	memset(ti, 0, sizeof(*ti));
	ti->tcpi_state = linux_tcp_state(tf.state);
	ti->tcpi_options = (uint8_t)((tf.timestamps_ok ? 1 : 0) |
	    (tf.sack_ok ? 2 : 0) | (tf.wscale_ok ? 4 : 0));
	ti->tcpi_snd_wscale = tf.snd_wscale & 0xf;
	ti->tcpi_rcv_wscale = tf.rcv_wscale & 0xf;
	ti->tcpi_rto = tf.rto_us;
	ti->tcpi_snd_mss = tf.snd_mss;
	ti->tcpi_rcv_mss = tf.rcv_mss;
	ti->tcpi_rtt = tf.srtt_us;
	ti->tcpi_rttvar = tf.rttvar_us;
	/* Linux counts both in segments. */
	ti->tcpi_snd_cwnd = tf.snd_mss ? tf.snd_cwnd / tf.snd_mss : 0;
	ti->tcpi_snd_ssthresh = tf.snd_mss ? tf.snd_ssthresh / tf.snd_mss : 0;
	ti->tcpi_rcv_space = tf.rcv_wnd;
	ti->tcpi_retransmits = (uint8_t)tf.retransmits;
	ti->tcpi_total_retrans = tf.total_retrans;
	ti->tcpi_unacked = tf.unacked;
	ti->tcpi_bytes_acked = tf.bytes_acked;
	ti->tcpi_bytes_received = tf.bytes_received;
	ti->tcpi_segs_out = (uint32_t)tf.segs_out;
	ti->tcpi_segs_in = (uint32_t)tf.segs_in;
	ti->tcpi_reordering = 3;	/* duplicate ACKs that mean a loss */
}

static int
get_tcp(struct call *c, int name)
{
	static const char reno[16] = "reno";
	struct tcp_info ti;

	switch (name) {
	case TCP_INFO:
		memset(&ti, 0, sizeof(ti));
		ti.tcpi_state = linux_tcp_state(TCPS_CLOSED);
		if (c->face->so != NULL)
			linux_tcp_info(c->face->so, &ti);
		return opt_out(c, &ti, sizeof(ti));
	case TCP_CONGESTION:
		return opt_out(c, reno, sizeof(reno));
	}
	return ENOPROTOOPT;
}

int
sys_getsockopt(struct call *c)
{
	int level = (int)c->args[1], name = (int)c->args[2];
	struct face *f = c->face;
	enum sockopt opt;
	int val, error = ENOPROTOOPT;

	if (level == SOL_SOCKET && name == SO_ERROR)
		return get_error(c);
	if (level == SOL_SOCKET)
		error = get_constant(c, name);
	if (error != ENOPROTOOPT)
		return error;
	if (f->so == NULL && f->state != FACE_GONE)
		return EINVAL;
	if (!known_level(level))
		return EOPNOTSUPP;
	if (level == SOL_SOCKET && name == SO_LINGER)
		return get_linger(c);
	if (level == IPPROTO_IP && name == IP_PKTINFO)
		return opt_out_int(c, f->pktinfo);
	if (level == IPPROTO_TCP && f->state == FACE_DGRAM)
		return EOPNOTSUPP;
	if (level == IPPROTO_TCP && (error = get_tcp(c, name)) != ENOPROTOOPT)
		return error;
	if (find_mapped(level, name, &opt) == 0) {
		if ((error = face_getopt(f, opt, &val)) != 0)
			return error;
		return opt_out_int(c, val);
	}
	if ((error = find_hint(level, name, &val)) != 0)
		return error;
	return opt_out_int(c, val);
}

/* ---- set ---- */

/* Linux takes a single byte for the options of IP. */
static int
opt_in_int(struct call *c, int level, int *val)
{
	uint8_t byte;
	int error;

	if ((uint32_t)c->args[4] >= sizeof(*val))
		return call_copyin(c, c->args[3], val, sizeof(*val));
	if (level != IPPROTO_IP || (uint32_t)c->args[4] < 1)
		return EINVAL;
	error = call_copyin(c, c->args[3], &byte, 1);
	*val = byte;
	return error;
}

static int
set_linger(struct call *c)
{
	struct linger l;
	struct cred cred;
	int error;

	if ((uint32_t)c->args[4] < sizeof(l))
		return EINVAL;
	if ((error = call_copyin(c, c->args[3], &l, sizeof(l))) != 0)
		return error;
	cred = call_cred(c);
	return face_setopt(c->face, OPT_LINGER,
	    l.l_onoff ? l.l_linger & 0x7fffffff : -1, &cred);
}

static int
set_congestion(struct call *c)
{
	char name[16] = "";
	uint32_t len = (uint32_t)c->args[4];
	int error;

	if (len > sizeof(name) - 1)
		len = sizeof(name) - 1;
	if ((error = call_copyin(c, c->args[3], name, len)) != 0)
		return error;
	return strcmp(name, "reno") == 0 ? 0 : ENOENT;
}

static int
set_mapped(struct call *c, int level, enum sockopt opt)
{
	struct cred cred;
	int val, error;

	if ((error = opt_in_int(c, level, &val)) != 0)
		return error;
	cred = call_cred(c);
	return face_setopt(c->face, opt, val, &cred);
}

int
sys_setsockopt(struct call *c)
{
	int level = (int)c->args[1], name = (int)c->args[2];
	struct face *f = c->face;
	enum sockopt opt;
	int val, error;

	if (f->so == NULL && f->state != FACE_GONE)
		return EINVAL;
	if (!known_level(level))
		return EOPNOTSUPP;
	if (level == SOL_SOCKET && name == SO_LINGER)
		return set_linger(c);
	if (level == SOL_SOCKET && name == SO_PASSCRED)
		return 0;	/* an INET socket passes none */
	if (level == IPPROTO_TCP && f->state == FACE_DGRAM)
		return ENOPROTOOPT;
	if (level == IPPROTO_TCP && name == TCP_CONGESTION)
		return set_congestion(c);
	if (level == IPPROTO_IP && name == IP_PKTINFO) {
		if ((error = opt_in_int(c, level, &val)) == 0)
			f->pktinfo = val != 0;
		return error;
	}
	if (find_mapped(level, name, &opt) == 0)
		return set_mapped(c, level, opt);
	return find_hint(level, name, &val);
}
