/*
 * filter.c - predicates on records.
 *
 * FreeBSD's rules: without -a neither listeners nor sockets with a wildcard
 * local address are shown, and a socket that is of no family never is.  Where
 * FreeBSD's test would also hide an address whose class A, B or C host part is
 * zero (192.168.4.0 in a /22), ours does not: such an address is an ordinary
 * one since 1993.
 *
 * A record carries the jid of its owner in the first 64-bit spare field of its
 * PCB; 0 is the stack itself.
 */
#include "include/bsd/netinet/tcp_fsm.h"
#include "netstat/filter.h"
#include "netstat/jail.h"

static bool
in_family(const struct conn *c, int af)
{
	unsigned vflag = c->inp->inp_vflag;

	if (af == AF_INET)
		return (vflag & INP_IPV4) != 0;
	if (af == AF_INET6)
		return (vflag & INP_IPV6) != 0;
	return (vflag & (INP_IPV4 | INP_IPV6)) != 0;
}

static bool
in_jails(const struct view *v, int64_t jid)
{
	return !v->one_jail || jailset_has(&v->jails, jid);
}

/* One that waits for peers instead of having one. */
static bool
is_server(const struct conn *c)
{
	if (c->tp != NULL && c->tp->t_state == TCPS_LISTEN)
		return true;
	return inaddr_is_any(&c->laddr);
}

bool
filter_conn(const struct view *v, int protocol, int af, const struct conn *c)
{
	return c->so->xso_protocol == protocol && in_family(c, af) &&
	    (v->all || !is_server(c)) && in_jails(v, c->inp->inp_spare64[0]);
}

bool
filter_unpcb(const struct view *v, const struct xunpcb *xu)
{
	return in_jails(v, xu->xu_spare64[0]);
}
