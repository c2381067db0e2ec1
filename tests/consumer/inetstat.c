/*
 * A reader of net.inet.*.pcblist and net.local.*.pcblist as programs for
 * FreeBSD are: asks for the size, reads once, steps by the records' lengths,
 * leaves out what is younger than the header and looks whether the trailer
 * agrees.  One line a socket: protocol, local and foreign address, state.
 */
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/socketvar.h>
#include <sys/sysctl.h>
#include <netinet/in.h>
#include <netinet/in_pcb.h>
#define TCPSTATES
#include <netinet/tcp_fsm.h>
#include <netinet/tcp_var.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *
fetch(const char *name, size_t *lenp)
{
	char *buf;

	*lenp = 0;
	if (sysctlbyname(name, NULL, lenp, NULL, 0) == -1)
		err(1, "sysctl: %s", name);
	if ((buf = malloc(*lenp)) == NULL)
		err(1, "malloc %zu bytes", *lenp);
	if (sysctlbyname(name, buf, lenp, NULL, 0) == -1)
		err(1, "sysctl: %s", name);
	return buf;
}

static void
endpoint(const struct xinpcb *inp, const struct in_addr *in4,
    const struct in6_addr *in6, u_short port)
{
	char text[INET6_ADDRSTRLEN];

	if (inp->inp_vflag & INP_IPV6)
		inet_ntop(AF_INET6, in6, text, sizeof(text));
	else if (in4->s_addr == INADDR_ANY)
		strcpy(text, "*");
	else
		inet_ntop(AF_INET, in4, text, sizeof(text));
	printf(" %s.", text);
	if (port == 0)
		putchar('*');
	else
		printf("%u", ntohs(port));
}

static void
show(const char *proto, const struct xinpcb *inp, const struct xtcpcb *tp)
{
	const struct xsocket *so = &inp->xi_socket;

	printf("%s", proto);
	endpoint(inp, &inp->inp_laddr, &inp->in6p_laddr, inp->inp_lport);
	endpoint(inp, &inp->inp_faddr, &inp->in6p_faddr, inp->inp_fport);
	if (tp != NULL)
		printf(" %s", tp->t_state >= 0 && tp->t_state < TCP_NSTATES ?
		    tcpstates[tp->t_state] : "?");
	if (so->so_qlimit != 0)
		printf(" %u/%u/%u", so->so_qlen, so->so_incqlen, so->so_qlimit);
	printf(" uid %u", so->so_uid);
	putchar('\n');
}

static void
protopr(const char *proto, const char *name, int istcp)
{
	struct xinpgen *xig, *oxig;
	struct xinpcb *inp;
	struct xtcpcb *tp = NULL;
	char *buf;
	size_t len;

	buf = fetch(name, &len);
	oxig = xig = (struct xinpgen *)buf;
	for (xig = (struct xinpgen *)((char *)xig + xig->xig_len);
	    xig->xig_len > sizeof(struct xinpgen);
	    xig = (struct xinpgen *)((char *)xig + xig->xig_len)) {
		if (istcp) {
			tp = (struct xtcpcb *)xig;
			inp = &tp->xt_inp;
		} else
			inp = (struct xinpcb *)xig;
		if (inp->inp_gencnt > oxig->xig_gen)
			continue;
		if (inp->xi_socket.xso_protocol !=
		    (istcp ? IPPROTO_TCP : IPPROTO_UDP))
			errx(1, "%s: a socket of protocol %d", name,
			    inp->xi_socket.xso_protocol);
		show(proto, inp, tp);
	}
	if (xig != oxig && xig->xig_gen != oxig->xig_gen) {
		if (oxig->xig_count > xig->xig_count)
			printf("Some %s sockets may have been deleted.\n",
			    proto);
		else if (oxig->xig_count < xig->xig_count)
			printf("Some %s sockets may have been created.\n",
			    proto);
		else
			printf("Some %s sockets may have been created or "
			    "deleted.\n", proto);
	}
	free(buf);
}

int
main(void)
{
	protopr("tcp", "net.inet.tcp.pcblist", 1);
	protopr("udp", "net.inet.udp.pcblist", 0);
	return 0;
}
