/*
 * netstat - show the sockets and counters of a netjail stack.
 *
 * The command line, and nothing else: an option is a row of `options', what
 * it asks for a field of struct view, and show() does the work.  Options of
 * FreeBSD's netstat whose data this stack does not have are refused by name.
 */
#include <sys/socket.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "netstat/jail.h"
#include "netstat/name.h"
#include "netstat/option.h"
#include "netstat/show.h"
#include "netstat/source.h"
#include "sysctl/client.h"
#include "sysctl/xroute.h"

/* All that the command line says. */
struct command {
	struct view		 view;
	const struct protox	*proto;		/* -p */
	const char		*jail;		/* -j */
	unsigned		 fib;		/* -F */
};

static void	usage(int status) __attribute__((noreturn));

/* --help asks for it: status 0; or the words make no sense: 1. */
static void
usage(int status)
{
	fputs("usage: netstat [-j jail] [-46AaCcLlnPRSTuWx] "
	    "[-f protocol_family | -p protocol]\n"
	    "       netstat -i | -I interface [-46abdhnW] [-f address_family]\n"
	    "       netstat -w wait [-I interface] [-dh] [-q howmany]\n"
	    "       netstat -s [-46sz] [-f protocol_family | -p protocol]\n"
	    "       netstat -m\n"
	    "       netstat -B [-z] [-I interface]\n"
	    "       netstat -r [-46nW] [-F fibnum] [-f address_family]\n"
	    "       netstat -rs [-s]\n"
	    "       netstat -g [-46s] [-f address_family]\n"
	    "       netstat -Q\n",
	    status == 0 ? stdout : stderr);
	exit(status);
}

static void
set_inet(struct command *c, const char *arg)
{
	(void)arg;
	c->view.af = AF_INET;
}

static void
set_inet6(struct command *c, const char *arg)
{
	(void)arg;
	c->view.af = AF_INET6;
}

static void
set_unix(struct command *c, const char *arg)
{
	(void)arg;
	c->view.af = AF_UNIX;
}

static void
set_family(struct command *c, const char *arg)
{
	static const struct {
		const char *name;
		int	 af;		/* AF_UNSPEC: not in this stack */
	} families[] = {
		{ "inet", AF_INET }, { "inet6", AF_INET6 },
		{ "unix", AF_UNIX }, { "local", AF_UNIX },
		{ "pfkey", AF_UNSPEC }, { "ng", AF_UNSPEC },
		{ "netgraph", AF_UNSPEC }, { "link", XAF_LINK },
	};
	size_t i;

	for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (strcmp(families[i].name, arg) != 0)
			continue;
		if (families[i].af == AF_UNSPEC)
			errx(1, "-f %s is not supported by this stack", arg);
		c->view.af = families[i].af;
		return;
	}
	errx(1, "%s: unknown address family", arg);
}

/* A number of at least `least', in any base of C; else says so of `what'. */
static unsigned
number(const char *arg, unsigned long least, const char *what)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(arg, &end, 0);
	if (!isdigit((unsigned char)*arg) || *end != '\0' || errno != 0 ||
	    n < least || n > INT_MAX)
		errx(1, "%s: invalid %s", arg, what);
	return (unsigned)n;
}

static void
set_fib(struct command *c, const char *arg)
{
	c->fib = number(arg, 0, "fib");
}

static void
set_interface(struct command *c, const char *arg)
{
	c->view.interface = arg;
	c->view.interfaces = true;
}

static void
set_interval(struct command *c, const char *arg)
{
	c->view.interval = number(arg, 1, "wait");
	c->view.interfaces = true;
}

static void
set_howmany(struct command *c, const char *arg)
{
	c->view.howmany = number(arg, 0, "howmany");
}

static void
set_jail(struct command *c, const char *arg)
{
	c->jail = arg;
}

static void
set_numeric(struct command *c, const char *arg)
{
	(void)arg;
	c->view.numeric_addr = c->view.numeric_port = true;
}

static void
set_protocol(struct command *c, const char *arg)
{
	if ((c->proto = proto_find(arg)) == NULL)
		errx(1, "%s: unknown or uninstrumented protocol", arg);
}

static void
set_stats(struct command *c, const char *arg)
{
	(void)arg;
	c->view.stats++;
}

#define SET(ch, arg, fn)	{ .letter = (ch), .argument = (arg),	\
	.set = (fn) }
#define FLAG(ch, field)		{ .letter = (ch),			\
	.flag = offsetof(struct view, field) }
#define MISSING(ch, arg, what)	{ .letter = (ch), .argument = (arg),	\
	.missing = (what) }

static const struct option options[] = {
	SET('4', false, set_inet),
	SET('6', false, set_inet6),
	FLAG('A', pcb),
	FLAG('a', all),
	FLAG('B', bpf),
	FLAG('b', bytes),
	FLAG('C', congestion),
	FLAG('c', stacks),
	FLAG('d', drops),
	SET('F', true, set_fib),
	SET('f', true, set_family),
	FLAG('g', multicast),
	FLAG('h', human),
	SET('I', true, set_interface),
	FLAG('i', interfaces),
	SET('j', true, set_jail),
	FLAG('L', queues),
	FLAG('l', wide),
	MISSING('M', true, "core files"),
	FLAG('m', mbufs),
	MISSING('N', true, "core files"),
	SET('n', false, set_numeric),
	MISSING('O', false, "nexthop groups"),
	MISSING('o', false, "nexthops"),
	FLAG('P', logids),
	SET('p', true, set_protocol),
	FLAG('Q', netisr),
	SET('q', true, set_howmany),
	FLAG('R', flows),
	FLAG('r', routes),
	FLAG('S', numeric_addr),
	SET('s', false, set_stats),
	FLAG('T', losses),
	SET('u', false, set_unix),
	FLAG('W', wide),
	SET('w', true, set_interval),
	FLAG('x', buffers),
	FLAG('z', zero),
};
#define NOPTIONS (sizeof(options) / sizeof(options[0]))

static void
parse(struct command *c, int argc, char **argv)
{
	char spec[OPTION_STRLEN(NOPTIONS)];
	size_t i;
	int ch;

	option_string(options, NOPTIONS, spec);
	while ((ch = getopt(argc, argv, spec)) != -1) {
		if (ch == '?' || ch == ':') {
			warnx(ch == ':' ? "option requires an argument -- %c" :
			    "illegal option -- %c", optopt);
			usage(1);
		}
		for (i = 0; options[i].letter != ch; i++)
			continue;
		option_apply(&options[i], c, &c->view, optarg);
	}
	if (optind < argc && isdigit((unsigned char)*argv[optind]))
		set_interval(c, argv[optind++]);
	if (optind < argc)
		usage(1);
	if (c->view.buffers && c->view.losses)
		errx(1, "-x and -T are incompatible, pick one.");
}

/* Turn -j into jids. */
static void
choose_jail(struct command *c)
{
	int error;

	if (c->jail == NULL)
		return;
	error = jail_select(&stack_mib, c->jail, &c->view.jails);
	if (error == ESRCH || error == ENOENT)
		errx(1, "Jail not found");
	if (error != 0)
		errx(1, "sysctl: security.jail.list: %s", strerror(error));
	c->view.one_jail = true;
}

/* There is no FIB but the first; the stack knows. */
static void
check_fib(const struct command *c)
{
	unsigned fibs;
	size_t len = sizeof(fibs);

	if (stack_mib.swap("net.fibs", &fibs, &len, NULL, 0) == -1)
		err(1, "sysctl: net.fibs");
	if (c->fib >= fibs)
		errx(EX_USAGE, "%u: invalid fib", c->fib);
}

static volatile sig_atomic_t interrupted;

static void
interrupt(int signo)
{
	(void)signo;
	interrupted = 1;
}

/* Rates that go on until they are interrupted are still to be whole JSON. */
static void
catch_interrupts(void)
{
	struct sigaction sa = { .sa_handler = interrupt };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

/* Until `seconds' after the last return, so that what is done between takes no
 * time from the next. */
static bool
wait_seconds(unsigned seconds)
{
	static struct timespec due;

	if (due.tv_sec == 0)
		clock_gettime(CLOCK_MONOTONIC, &due);
	due.tv_sec += (time_t)seconds;
	while (!interrupted && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
	    &due, NULL) == EINTR)
		continue;
	return !interrupted;
}

int
main(int argc, char **argv)
{
	struct command c = { .view.names = &system_names,
		.view.wait = wait_seconds };
	struct xo_style style;
	struct xo xo;
	int status;

	if ((argc = xo_parse_args(argc, argv, &style)) == -1)
		return 1;
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		usage(0);
	parse(&c, argc, argv);
	/* Or the absence of a daemon would look like that of a value. */
	if (source_connect() == -1)
		errx(1, "cannot reach netjaild: %s", ctl_strerror(errno));
	choose_jail(&c);
	if (c.view.routes)
		check_fib(&c);
	if (style.json && c.view.interval > 0)
		catch_interrupts();
	xo_init(&xo, stdout, &style);
	status = show(&xo, &c.view, &stack_mib, c.proto);
	if (!xo_finish(&xo))
		err(1, "stdout");
	jailset_free(&c.view.jails);
	return status;
}
