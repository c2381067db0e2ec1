/*
 * A reader of the lists as sockstat(1) is: knows the numbers of the lists,
 * doubles its buffer while it is too small, insists on the record sizes it was
 * compiled with and reads again while sockets come and go.  One line a socket.
 */
#define NETJAIL_BSD_SOCKADDR_UN	/* it only reads names of local sockets */
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/socketvar.h>
#include <sys/sysctl.h>
#include <sys/un.h>
#include <sys/unpcb.h>
#include <netinet/in.h>
#include <netinet/in_pcb.h>
#include <netinet/tcp.h>
#include <netinet/tcp_fsm.h>
#include <netinet/tcp_var.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES	5

static void *
grow(void *buf, size_t size)
{
	if ((buf = realloc(buf, size)) == NULL)
		err(1, "realloc");
	return buf;
}

/* The whole value, and its length, whatever that is. */
static char *
slurp(const int *mib, u_int miblen, char *buf, size_t *sizep, size_t *lenp)
{
	for (;;) {
		*lenp = *sizep;
		if (sysctl(mib, miblen, buf, lenp, NULL, 0) == 0)
			return buf;
		if (errno != ENOMEM || *lenp != *sizep)
			err(1, "sysctl");
		*sizep *= 2;
		buf = grow(buf, *sizep);
	}
}

static void
gather_inet(int proto)
{
	const int tcp[] = { CTL_NET, PF_INET, IPPROTO_TCP, TCPCTL_PCBLIST };
	const int udp[] = { CTL_NET, PF_INET, IPPROTO_UDP, UDPCTL_PCBLIST };
	struct xinpgen *xig, *exig;
	struct xinpcb *xip;
	struct xtcpcb *xtp;
	char *buf;
	size_t size = 8, len;
	int tries = TRIES;

	buf = grow(NULL, size);
	do {
		buf = slurp(proto == IPPROTO_TCP ? tcp : udp, 4, buf, &size,
		    &len);
		xig = (struct xinpgen *)buf;
		exig = (struct xinpgen *)(buf + len - sizeof(*exig));
		if (xig->xig_len != sizeof(*xig) ||
		    exig->xig_len != sizeof(*exig))
			errx(1, "struct xinpgen size mismatch");
	} while (xig->xig_gen != exig->xig_gen && --tries > 0);

	for (;;) {
		xig = (struct xinpgen *)((char *)xig + xig->xig_len);
		if (xig >= exig)
			break;
		xip = (struct xinpcb *)xig;
		xtp = (struct xtcpcb *)xig;
		if (proto == IPPROTO_TCP) {
			xip = &xtp->xt_inp;
			if (xtp->xt_len != sizeof(*xtp))
				errx(1, "struct xtcpcb size mismatch");
		} else if (xip->xi_len != sizeof(*xip))
			errx(1, "struct xinpcb size mismatch");
		printf("%s so %#jx %s:%u\n", proto == IPPROTO_TCP ?
		    xtp->t_state == TCPS_LISTEN ? "tcp listen" : "tcp" : "udp",
		    (uintmax_t)xip->xi_socket.xso_so,
		    inet_ntoa(xip->inp_inc.inc_laddr),
		    ntohs(xip->inp_inc.inc_lport));
	}
	free(buf);
}

static void
gather_unix(const char *varname)
{
	struct xunpgen *xug, *exug;
	struct xunpcb *xup;
	const struct sockaddr_un *sun;
	int mib[CTL_MAXNAME];
	size_t miblen = CTL_MAXNAME, size = 1024, len;
	char *buf;

	if (sysctlnametomib(varname, mib, &miblen) == -1)
		err(1, "%s", varname);
	buf = slurp(mib, (u_int)miblen, grow(NULL, size), &size, &len);
	xug = (struct xunpgen *)buf;
	exug = (struct xunpgen *)(buf + len - sizeof(*exug));
	if (xug->xug_len != sizeof(*xug) || exug->xug_len != sizeof(*exug))
		errx(1, "struct xunpgen size mismatch");
	while ((xug = (struct xunpgen *)((char *)xug + xug->xug_len)) < exug) {
		xup = (struct xunpcb *)xug;
		if (xup->xu_len != sizeof(*xup))
			errx(1, "struct xunpcb size mismatch");
		sun = &xup->xu_addr;
		printf("%s so %#jx %.*s\n", varname,
		    (uintmax_t)xup->xu_socket.xso_so, sun->sun_len == 0 ? 0 :
		    (int)(sun->sun_len - offsetof(struct sockaddr_un,
		    sun_path)), sun->sun_path);
	}
	free(buf);
}

int
main(void)
{
	gather_inet(IPPROTO_TCP);
	gather_inet(IPPROTO_UDP);
	gather_unix("net.local.stream.pcblist");
	gather_unix("net.local.dgram.pcblist");
	gather_unix("net.local.seqpacket.pcblist");
	return 0;
}
