/*
 * A server and a client without any library to hook: linked statically.
 *
 *	static serve ADDRESS PORT TEXT	  answer every connection with TEXT
 *	static fetch ADDRESS PORT	  print what comes
 *	static echo ADDRESS PORT	  send back what comes, a child for each
 *	static loopback PORT		  a listener on 127.0.0.1 (outside jails)
 *	static exists PATH		  status 0 if there is such a file
 *	static escape PATH		  the same, after breaking out of the root
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>

#include "tests/run/t.h"

static void
serve(const char *addr, int port, const char *text)
{
	int l = listener(addr, port);

	for (;;) {
		int c = accept(l, NULL, NULL);

		if (c < 0)
			err(1, "accept");
		if (write_all(c, text, strlen(text)) != 1)
			warn("write");
		close(c);
	}
}

static int
fetch(const char *addr, int port)
{
	char buf[4096];
	ssize_t n;
	int s = xsocket(SOCK_STREAM);

	if (connectto(s, addr, port) != 0)
		err(1, "connect");
	while ((n = read(s, buf, sizeof buf)) > 0)
		if (write_all(1, buf, (size_t)n) != 1)
			err(1, "stdout");
	if (n < 0)
		err(1, "read");
	return 0;
}

static void
echo_one(int c)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(c, buf, sizeof buf)) > 0)
		if (write_all(c, buf, (size_t)n) != 1)
			_exit(1);
	_exit(0);
}

static void
echo(const char *addr, int port)
{
	int l = listener(addr, port);

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		struct sockaddr_in peer;
		socklen_t len = sizeof peer;
		int c = accept(l, (struct sockaddr *)&peer, &len);

		if (c < 0)
			err(1, "accept");
		if (fork() == 0) {
			close(l);
			echo_one(c);
		}
		close(c);
	}
}

/*
 * The old way out of a chroot: a second root below the working directory, then
 * up as far as it goes.
 */
static int
escape(const char *path)
{
	int i;

	if (mkdir("/deep", 0755) != 0 || chroot("/deep") != 0)
		err(2, "chroot");
	for (i = 0; i < 64; i++)
		if (chdir("..") != 0)
			break;
	if (chroot(".") != 0)
		err(2, "chroot again");
	return access(path, F_OK) != 0;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "serve") == 0)
		serve(argv[2], atoi(argv[3]), argv[4]);
	if (argc == 4 && strcmp(argv[1], "fetch") == 0)
		return fetch(argv[2], atoi(argv[3]));
	if (argc == 4 && strcmp(argv[1], "echo") == 0)
		echo(argv[2], atoi(argv[3]));
	if (argc == 3 && strcmp(argv[1], "exists") == 0)
		return access(argv[2], F_OK) != 0;
	if (argc == 3 && strcmp(argv[1], "escape") == 0)
		return escape(argv[2]);
	if (argc == 3 && strcmp(argv[1], "loopback") == 0)
		serve("127.0.0.1", atoi(argv[2]), "the host\n");
	fprintf(stderr, "usage: static serve|fetch|echo|loopback ...\n");
	return 2;
}
