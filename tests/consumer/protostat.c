/*
 * Reads and clears counters by the structs of netinet, as netstat -s and -z.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <netinet/in.h>
#include <netinet/icmp_var.h>
#include <netinet/ip_var.h>
#include <netinet/tcp_fsm.h>
#include <netinet/tcp_var.h>
#include <netinet/udp_var.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FETCH(name, var) do {						\
	size_t len = sizeof(var);					\
	if (sysctlbyname(name, &(var), &len,				\
	    zero ? &zeros : NULL, zero ? len : 0) == -1)		\
		err(1, "%s", name);					\
	if (len != sizeof(var))						\
		errx(1, "%s: %zu bytes, not %zu", name, len, sizeof(var)); \
} while (0)

int
main(int argc, char **argv)
{
	static const char zeros[4096];
	int zero = argc > 1 && strcmp(argv[1], "-z") == 0;
	struct ipstat ip;
	struct icmpstat icmp;
	struct tcpstat tcp;
	struct udpstat udp;
	uint64_t states[TCP_NSTATES];
	size_t len = sizeof(states);

	FETCH("net.inet.ip.stats", ip);
	FETCH("net.inet.icmp.stats", icmp);
	FETCH("net.inet.tcp.stats", tcp);
	FETCH("net.inet.udp.stats", udp);
	if (sysctlbyname("net.inet.tcp.states", states, &len, NULL, 0) == -1)
		err(1, "net.inet.tcp.states");
	printf("ips_delivered %ju\n", (uintmax_t)ip.ips_delivered);
	printf("icps_error %ju\n", (uintmax_t)icmp.icps_error);
	printf("tcps_connects %ju\n", (uintmax_t)tcp.tcps_connects);
	printf("udps_ipackets %ju\n", (uintmax_t)udp.udps_ipackets);
	printf("listening %ju\n", (uintmax_t)states[TCPS_LISTEN]);
	return 0;
}
