/*
 * jexec(8): run a command in a jail that exists.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netjail/launch.h"
#include "netjail/launch_list.h"
#include "sysctl/client.h"

/* --help asks for it: status 0; or the words make no sense: 1. */
static void __attribute__((noreturn))
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr, "usage: jexec [-l] "
	    "[-u username | -U username] jail [command ...]\n");
	exit(status);
}

/* The jid of a jail by jid, name or host name. */
static uint32_t
find_jail(const char *what)
{
	const struct xprison *x;
	struct jail_list l;
	uint32_t jid;

	if (jail_list_read(&l) != 0)
		exit(1);
	x = jail_list_find(&l, what);
	if (x == NULL || x->pr_state != XPRISON_ALIVE)
		errx(1, "jail \"%s\" not found", what);
	jid = (uint32_t)x->pr_id;
	free(l.buf);
	return jid;
}

/* A connection, and the pidfd of the jail's init. */
static void
reach_jail(struct launch_cmd *c)
{
	char msg[256] = "";

	if ((c->sock = ctl_connect()) < 0)
		errx(1, "cannot reach netjaild: %s", ctl_strerror(errno));
	if (ctl_call(c->sock, CTL_ENTER, c->jid, NULL, 0, -1, NULL, NULL, NULL,
	    &c->pidfd, msg, sizeof(msg)) != 0)
		errx(1, "jail %u: %s", c->jid,
		    *msg != '\0' ? msg : strerror(errno));
	if (c->pidfd < 0)
		errx(1, "jail %u has no processes to join", c->jid);
}

/* What the words of the command line ask for. */
static void
parse(struct launch_cmd *c, const char **user, int argc, char **argv)
{
	int ch;

	while ((ch = getopt(argc, argv, "+lnu:U:")) != -1)
		switch (ch) {
		case 'l':
			c->clean = true;
			break;
		case 'n':	/* once said that the jail is given by name */
			break;
		case 'u':
			*user = optarg;
			break;
		case 'U':
			c->user_inside = optarg;
			break;
		default:
			usage(1);
		}
	if (optind == argc || (*user != NULL && c->user_inside != NULL))
		usage(1);
}

int
main(int argc, char **argv)
{
	struct launch_user u = { .name = NULL };
	struct launch_cmd c = { .pidfd = -1 };
	const char *user = NULL;
	int status = 1;
	pid_t pid;

	launch_stdio();
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		usage(0);
	parse(&c, &user, argc, argv);
	argv += optind;
	if (user != NULL) {
		if (launch_user_find(user, &u) != 0)
			return 1;
		c.user = &u;
	}
	c.jid = find_jail(argv[0]);
	reach_jail(&c);
	c.argv = argv[1] != NULL ? argv + 1 : NULL;
	if ((pid = launch_start(&c)) > 0)
		status = launch_wait(&c, pid, argv[0]);
	launch_user_free(&u);
	return status;
}
