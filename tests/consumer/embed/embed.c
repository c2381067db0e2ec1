/*
 * embed [path]: a program with a TCP/IP stack of its own, libnetjail-stack: a
 * listener takes a connection that it makes itself, and what one end says the
 * other hears.  With a path it then lets netstat and sysctl look at the stack
 * over a control socket there, until its standard input ends.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/random.h>

#include "base/callout.h"
#include "daemon/control.h"
#include "daemon/loop.h"
#include "netjail/prison.h"
#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/uipc.h"

#define MUST(call) do {							\
	int error_ = (call);						\
	if (error_ != 0 && error_ != EINPROGRESS)			\
		errx(1, "%s: %s", #call, strerror(error_));		\
} while (0)

static struct vnet	*v;
static struct cred	 root;

static struct socket *
new_socket(int domain)
{
	struct socket *so;

	MUST(socreate(v, domain, SOCK_STREAM, 0, &root, &so));
	return so;
}

/* Packets and timers, until nothing is left to do now. */
static void
settle(void)
{
	while (vnet_run(v, 1000))
		continue;
}

static void
talk(struct socket *listener, const struct endpoint *name)
{
	char said[] = "through a stack of its own", heard[64] = "";
	struct iovec out = { said, sizeof(said) };
	struct iovec in = { heard, sizeof(heard) };
	struct socket *client = new_socket(AF_INET), *server;
	struct endpoint peer;
	size_t n;

	MUST(soconnect(client, name, &root));
	settle();
	MUST(soaccept(listener, &server, &peer));
	MUST(sosend(client, &out, 1, NULL, &root, &n));
	settle();
	MUST(soreceive(server, &in, 1, NULL, 0, &n));
	puts(heard);
	fflush(stdout);
	soclose(client);
	settle();
	soclose(server);
	settle();
}

static void
stdin_event(struct source *src, uint32_t events)
{
	(void)events;
	src->fn = NULL;		/* says that it is time */
}

static void
serve(const char *path)
{
	static struct control control;
	static struct loop loop;
	struct source end = { .fd = STDIN_FILENO, .fn = stdin_event };

	MUST(loop_init(&loop));
	MUST(control_init(&control, &loop, v, NULL, path));
	MUST(loop_add(&loop, &end, EPOLLIN | EPOLLHUP));
	while (end.fn != NULL) {
		(void)loop_wait(&loop, 100);
		vnet_settime(v, loop_now());
		(void)loop_dispatch(&loop, false, ~0u);
		settle();
	}
	control_fini(&control);
	close(loop.epfd);
}

int
main(int argc, char **argv)
{
	uint8_t seed[VNET_SEEDLEN];
	struct endpoint name = { .port = htons(80) };
	struct socket *listener, *local;

	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
		err(1, "getrandom");
	MUST(vnet_new(seed, loop_now(), &v));
	root.prison = prison0(v);
	listener = new_socket(AF_INET);
	inaddr_pton("127.0.0.1", &name.addr);
	MUST(sobind(listener, &name, &root));
	MUST(solisten(listener, 8, &root));
	local = new_socket(AF_UNIX);
	MUST(sobindun(local, "/of/its/own", 11));
	MUST(solisten(local, 8, &root));
	talk(listener, &name);
	if (argc > 1)
		serve(argv[1]);
	soclose(listener);
	soclose(local);
	/* What is in TIME_WAIT ends in time. */
	vnet_settime(v, loop_now() + 300 * NSEC_PER_SEC);
	callout_run(v);
	settle();
	vnet_free(v);		/* asserts that nothing is left */
	return 0;
}
