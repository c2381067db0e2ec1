/*
 * hold: sockets that stay as they are, for netstat to look at.
 *
 *	hold accept PORT N	 accept on PORT, read N bytes of each connection
 *				 and no more
 *	hold send ADDRESS PORT N send N bytes (0: as many as the connection
 *				 takes) and keep it; prints how many
 *	hold many N		 N listeners on free ports
 *	hold udp PORT		 a bound datagram socket that nobody reads
 *	hold syn ADDRESS PORT	 a non-blocking connect
 */
#include <fcntl.h>

#include "tests/run/t.h"

static void
hold_accept(int port, size_t n)
{
	char buf[65536];
	int l = listener("0.0.0.0", port);

	for (;;) {
		int c = accept(l, NULL, NULL);

		if (c < 0)
			err(1, "accept");
		if (n > 0 && read_all(c, buf, n) != 1)
			err(1, "read");
	}
}

/* Write what fits, until nothing more fits for a while. */
static size_t
fill(int s)
{
	static char buf[65536];
	size_t total = 0;
	int idle;
	ssize_t n;

	fcntl(s, F_SETFL, O_NONBLOCK);
	for (idle = 0; idle < 5; idle++) {
		while ((n = write(s, buf, sizeof buf)) > 0) {
			total += (size_t)n;
			idle = 0;
		}
		usleep(50000);
	}
	return total;
}

static void
hold_send(const char *addr, int port, size_t n)
{
	int s = xsocket(SOCK_STREAM);
	char *buf = calloc(1, n + 1);

	if (connectto(s, addr, port) != 0)
		err(1, "connect");
	if (n == 0)
		n = fill(s);
	else if (write_all(s, buf, n) != 1)
		err(1, "write");
	free(buf);
	printf("%zu\n", n);
}

int
main(int argc, char **argv)
{
	int i, s;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 4 && strcmp(argv[1], "accept") == 0)
		hold_accept(atoi(argv[2]), (size_t)atoi(argv[3]));
	else if (argc == 5 && strcmp(argv[1], "send") == 0)
		hold_send(argv[2], atoi(argv[3]), (size_t)atoi(argv[4]));
	else if (argc == 3 && strcmp(argv[1], "many") == 0) {
		for (i = 0; i < atoi(argv[2]); i++)
			listener("0.0.0.0", 0);
		printf("%d\n", i);
	} else if (argc == 3 && strcmp(argv[1], "udp") == 0) {
		if (bindto(xsocket(SOCK_DGRAM), "0.0.0.0", atoi(argv[2])) != 0)
			err(1, "bind");
	} else if (argc == 4 && strcmp(argv[1], "syn") == 0) {
		s = xsocket(SOCK_STREAM);
		fcntl(s, F_SETFL, O_NONBLOCK);
		connectto(s, argv[2], atoi(argv[3]));
	} else
		errx(2, "usage: hold accept|send|many|udp|syn ...");
	for (;;)
		pause();
}
