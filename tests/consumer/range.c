/*
 * range default|high|low: binds to port 0 in that range of IP_PORTRANGE and
 * prints the port; constants from <netinet/in.h> as on FreeBSD.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <err.h>
#include <stdio.h>

int
main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	int s, range = IP_PORTRANGE_DEFAULT;

	if (argc > 1 && argv[1][0] == 'h')
		range = IP_PORTRANGE_HIGH;
	if (argc > 1 && argv[1][0] == 'l')
		range = IP_PORTRANGE_LOW;
	if ((s = socket(PF_INET, SOCK_DGRAM, 0)) == -1)
		err(1, "socket");
	if (setsockopt(s, IPPROTO_IP, IP_PORTRANGE, &range, sizeof(range)) == -1)
		err(1, "IP_PORTRANGE");
	if (bind(s, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		err(1, "bind");
	if (getsockname(s, (struct sockaddr *)&sin, &len) == -1)
		err(1, "getsockname");
	printf("%u\n", ntohs(sin.sin_port));
	return 0;
}
