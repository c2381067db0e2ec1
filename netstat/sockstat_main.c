/*
 * sockstat - list the sockets of a netjail stack and who holds them.
 *
 * The command line, and nothing else: an option is a row of `options', what it
 * asks for a field of struct sockview; socks_gather() reads and
 * sockstat_print() shows.  Options of FreeBSD's sockstat whose data this stack
 * does not have are refused by name.
 */
#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netstat/jail.h"
#include "netstat/option.h"
#include "netstat/sockstat.h"
#include "netstat/source.h"
#include "sysctl/client.h"

/* All that the command line says. */
struct command {
	struct sockview	 view;
	struct portset	 ports;		/* -p */
	bool		 protocols;	/* -P */
	const char	*jail;		/* -j */
};

static void	usage(int status) __attribute__((noreturn));

/* --help asks for it: status 0; or the words make no sense: 1. */
static void
usage(int status)
{
	fputs("usage: sockstat [--libxo json] [-46ACciLlnqSsuvw] [-j jid] "
	    "[-p ports]\n"
	    "                [-P protocols]\n",
	    status == 0 ? stdout : stderr);
	exit(status);
}

static void
set_jail(struct command *c, const char *arg)
{
	c->jail = arg;
}

static void
set_ports(struct command *c, const char *arg)
{
	switch (portset_parse(&c->ports, arg)) {
	case EINVAL:
		errx(1, "syntax error in port range");
	case ERANGE:
		errx(1, "invalid port number");
	}
	c->view.ports = &c->ports;
}

/* The number of a protocol, or -1.  Those that FreeBSD's sockstat knows need no
 * protocols(5). */
static int
protocol_number(const char *name)
{
	static const struct {
		const char *name;
		int	 number;
	} known[] = {
		{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
		{ "sctp", IPPROTO_SCTP }, { "divert", 258 },
	};
	const struct protoent *pe;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].name, name) == 0)
			return known[i].number;
	pe = getprotobyname(name);
	return pe == NULL ? -1 : pe->p_proto;
}

static void
set_protocol(struct command *c, const char *name)
{
	int number = protocol_number(name);

	switch (number) {
	case -1:
		errx(1, "%s: unknown protocol", name);
	case IPPROTO_TCP:
		c->view.tcp = true;
		break;
	case IPPROTO_UDP:
		c->view.udp = true;
		break;
	case IPPROTO_SCTP:
	case 258:		/* divert */
		break;		/* none of these here */
	default:
		errx(1, "protocol %d not supported", number);
	}
}

static void
set_protocols(struct command *c, const char *arg)
{
	char *list = strdup(arg), *rest = list, *name;

	if (list == NULL)
		err(1, "strdup()");
	while ((name = strsep(&rest, ",")) != NULL)
		if (*name != '\0')
			set_protocol(c, name);
	free(list);
	c->protocols = true;
}

#define SET(ch, fn)		{ .letter = (ch), .argument = true,	\
	.set = (fn) }
#define FLAG(ch, field)		{ .letter = (ch),			\
	.flag = offsetof(struct sockview, field) }
#define MISSING(ch, what)	{ .letter = (ch), .missing = (what) }

static const struct option options[] = {
	FLAG('4', inet),
	FLAG('6', inet6),
	FLAG('A', pcb),
	FLAG('C', congestion),
	FLAG('c', connected),
	MISSING('f', "routing tables"),
	MISSING('I', "spliced sockets"),
	FLAG('i', gencnt),
	SET('j', set_jail),
	FLAG('L', no_loopback),
	FLAG('l', listening),
	FLAG('n', numeric),
	SET('P', set_protocols),
	SET('p', set_ports),
	FLAG('q', quiet),
	FLAG('S', stack),
	FLAG('s', state),
	MISSING('U', "UDP encapsulation"),
	FLAG('u', local),
	FLAG('v', verbose),
	FLAG('w', wide),
};
#define NOPTIONS (sizeof(options) / sizeof(options[0]))

/* What was not said: all families, all protocols, all states. */
static void
defaults(struct sockview *v, bool protocols)
{
	if (!v->inet && !v->inet6 && (protocols || !v->local)) {
		v->inet = v->inet6 = true;
		v->local |= !protocols;
	}
	if (!protocols)
		v->tcp = v->udp = true;
	if (!v->connected && !v->listening)
		v->connected = v->listening = true;
}

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
	if (optind < argc)
		usage(1);
	defaults(&c->view, c->protocols);
}

/* Turn -j into jids. */
static void
choose_jail(struct command *c)
{
	bool number;
	int error;

	if (c->jail == NULL)
		return;
	number = c->jail[strspn(c->jail, "0123456789")] == '\0';
	error = jail_select(&stack_mib, c->jail, &c->view.jails);
	if (error == ESRCH || error == ENOENT) {
		if (number)
			errx(2, "jail_getvnet: jail %s not found", c->jail);
		errx(1, "jail_getid: jail \"%s\" not found", c->jail);
	}
	if (error != 0)
		errx(1, "sysctl: security.jail.list: %s", strerror(error));
	c->view.one_jail = true;
}

/* Sockets of one user come in a row. */
static const char *
user_name(uint32_t uid)
{
	static const struct passwd *pw;
	static uint32_t last;
	static bool asked;

	if (!asked || last != uid)
		pw = getpwuid(uid);
	asked = true;
	last = uid;
	return pw == NULL ? NULL : pw->pw_name;
}

static void
gather(struct socks *s, const struct sockview *v)
{
	const char *name;
	int error = socks_gather(s, v, &stack_mib, &name);

	if (error == EPROTO)
		errx(1, "%s: malformed listing", name);
	if (error != 0 && name == NULL)
		errx(1, "%s", strerror(error));
	if (error != 0)
		errx(1, "sysctl: %s: %s", name, strerror(error));
}

int
main(int argc, char **argv)
{
	static struct command c = { .view.user = user_name };
	struct xo_style style;
	struct socks socks;
	struct xo xo;

	if ((argc = xo_parse_args(argc, argv, &style)) == -1)
		return 1;
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		usage(0);
	parse(&c, argc, argv);
	/* Or the absence of a daemon would look like that of a value. */
	if (source_connect() == -1)
		errx(1, "cannot reach netjaild: %s", ctl_strerror(errno));
	choose_jail(&c);
	gather(&socks, &c.view);
	xo_init(&xo, stdout, &style);
	sockstat_print(&xo, &c.view, &socks);
	if (!xo_finish(&xo))
		err(1, "stdout");
	socks_free(&socks);
	jailset_free(&c.view.jails);
	return 0;
}
