/*
 * scene: sockets in many states, and what /proc/net says of them; to be run on
 * the kernel and in a jail, and compared.
 *
 *	scene show ADDRESS	make them, print the files, sorted.  What cannot
 *				be the same is left out or named otherwise: an
 *				inode becomes the number of the descriptor (for
 *				datagrams: whether there is one), the last
 *				columns and pointers are only counted.  A FIN
 *				that is not read is a byte to the kernel alone
 *	scene churn ADDRESS PORT N	8 connections to it and close them, N
 *				times
 *	scene serve PORT	accept and close, for ever
 */
#include <sys/stat.h>
#include <time.h>

#include "tests/run/t.h"

#define MAXLINES 64
#define CLOSE_WAIT 8

static char lines[MAXLINES][400];
static unsigned nlines;

/* The descriptor of ours with this inode, or -1. */
static int
fd_of(unsigned long ino)
{
	struct stat st;
	int fd;

	for (fd = 3; ino != 0 && fd < 1024; fd++)
		if (fstat(fd, &st) == 0 && st.st_ino == ino)
			return fd;
	return -1;
}

static unsigned
words(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += *s != ' ' && *s != '\n' && (s[1] == ' ' || s[1] == '\n');
	return n;
}

static void
show_line(const char *file, const char *line)
{
	bool tcp = *file == 't';
	char local[32], peer[32], rest[160];
	unsigned state, tr, uid, timeout;
	int used;
	unsigned long tx, rx, when, retr, ino;

	if (sscanf(line, " %*u: %31s %31s %x %lx:%lx %x:%lx %lx %u %u %lu%n",
	    local, peer, &state, &tx, &rx, &tr, &when, &retr, &uid, &timeout,
	    &ino, &used) != 11)
		snprintf(rest, sizeof rest, "not understood: %.100s", line);
	else
		/* Datagrams' queues are memory to the kernel. */
		snprintf(rest, sizeof rest,
		    "%s %s %02X %08lX:%08lX %u %u %lu uid %u fd %d +%u "
		    "width %zu", local, peer, state, tx,
		    tcp && state != CLOSE_WAIT ? rx : 0, tr, tr != 0, retr,
		    uid, tcp ? fd_of(ino) : fd_of(ino) >= 0,
		    words(line + used), *file == 'r' ? 0 : strlen(line));
	if (nlines < MAXLINES)
		snprintf(lines[nlines++], sizeof lines[0], "%s %s", file,
		    rest);
}

static void
show(const char *file)
{
	char path[64], line[512];
	FILE *fp;

	snprintf(path, sizeof path, "/proc/net/%s", file);
	if ((fp = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	if (fgets(line, sizeof line, fp) != NULL)
		printf("%s[%s]\n", file, line);
	while (fgets(line, sizeof line, fp) != NULL)
		show_line(file, line);
	fclose(fp);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* A connection from port `from' to the listener l; *other is accepted. */
static int
join(int l, const char *addr, int from, int *other)
{
	int one = 1, s = xsocket(SOCK_STREAM);

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bindto(s, addr, from) != 0 ||
	    connectto(s, addr, port_of(l)) != 0)
		err(1, "connect from %d", from);
	if (other != NULL && (*other = accept(l, NULL, NULL)) < 0)
		err(1, "accept");
	return s;
}

static void
scene(const char *addr)
{
	int l = listener(addr, 7001), idle, a, b, u;

	(void)listener(addr, 7002);
	/* Unread bytes. */
	a = join(l, addr, 7101, &b);
	write_all(a, "hello", 5);
	/* Half closed: FIN_WAIT2 and CLOSE_WAIT. */
	a = join(l, addr, 7102, &b);
	shutdown(a, SHUT_WR);
	/* Closed on both sides: TIME_WAIT. */
	a = join(l, addr, 7103, &b);
	shutdown(a, SHUT_WR);
	read_all(b, &idle, 1);
	close(b);
	read_all(a, &idle, 1);
	close(a);
	/* One that nobody accepts. */
	(void)join(l, addr, 7104, NULL);
	u = xsocket(SOCK_DGRAM);
	if (bindto(u, addr, 7201) != 0)
		err(1, "bind");
	u = xsocket(SOCK_DGRAM);
	if (bindto(u, addr, 7202) != 0 || connectto(u, addr, 7201) != 0)
		err(1, "connect");
	if (socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0)
		err(1, "raw socket");
	/* Acknowledgments that are delayed are sent. */
	usleep(300000);
}

static void
churn(const char *addr, int port, int n)
{
	int s[8];

	while (n-- > 0)
		for (unsigned i = 0; i < 8; i++) {
			s[i] = xsocket(SOCK_STREAM);
			if (connectto(s[i], addr, port) != 0)
				err(1, "connect");
			if (i < 7)
				continue;
			for (i = 0; i < 8; i++)
				close(s[i]);
		}
}

static void __attribute__((noreturn))
serve(int port)
{
	int l = listener("0.0.0.0", port), c;

	for (;;)
		if ((c = accept(l, NULL, NULL)) >= 0)
			close(c);
}

int
main(int argc, char **argv)
{
	unsigned i;

	if (argc == 3 && strcmp(argv[1], "show") == 0) {
		scene(argv[2]);
		show("tcp");
		show("udp");
		show("raw");
		qsort(lines, nlines, sizeof lines[0], compare);
		for (i = 0; i < nlines; i++)
			printf("%s\n", lines[i]);
	} else if (argc == 5 && strcmp(argv[1], "churn") == 0)
		churn(argv[2], atoi(argv[3]), atoi(argv[4]));
	else if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(atoi(argv[2]));
	else
		errx(2, "usage: scene show|churn|serve ...");
	return 0;
}
