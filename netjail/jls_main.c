/*
 * jls(8): list jails.
 *
 * Everything printed is a parameter (netjail/jailparam.h) that the daemon is
 * asked for, jail after jail by lastjid.  The default and the verbose form are
 * fixed layouts, FreeBSD's to the byte.  JSON has the same values under the
 * names of FreeBSD's --libxo, or of the parameters.
 */
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netjail/jailparam.h"
#include "netjail/launch_jail.h"
#include "netstat/xo.h"
#include "sysctl/client.h"

#define MAXCOLUMNS	(3 * JP_NPARAMS)

struct column {
	const char *name;	/* as it was asked for */
	const struct jp_def *def;
	bool	  no;		/* by its opposite */
	int	  above;	/* column of "ip4" for "ip4.addr", or -1 */
	bool	  hidden;	/* for another column's sake */
};

struct options {
	const char *jail;
	bool	 dying;
	bool	 header;	/* -h */
	bool	 byname;	/* -N */
	bool	 nameval;	/* -n */
	bool	 quoted;	/* -q */
	bool	 skip;		/* -s */
	bool	 verbose;	/* -v */
	struct xo_style style;	/* --libxo */
	struct xo *json;	/* NULL: text */
	struct column col[MAXCOLUMNS];
	unsigned ncols;
};

/* Of the two fixed layouts. */
static const char *const fixed[] = {
	"jid", "ip4.addr", "host.hostname", "path", "name", "dying"
};
enum { F_JID, F_IP4, F_HOST, F_PATH, F_NAME, F_DYING };

/* ---- columns ---- */

static int
find_column(const struct options *o, const char *name)
{
	unsigned i;

	for (i = 0; i < o->ncols; i++)
		if (strcmp(o->col[i].name, name) == 0)
			return (int)i;
	return -1;
}

static int
add_column(struct options *o, const char *name, bool hidden)
{
	struct column *c;
	int i = find_column(o, name);

	if (i >= 0) {
		o->col[i].hidden &= hidden;
		return i;
	}
	if (o->ncols == MAXCOLUMNS)
		errx(1, "too many parameters");
	c = &o->col[o->ncols];
	c->name = name;
	c->above = -1;
	c->hidden = hidden;
	if ((c->def = jp_find(name, strlen(name), &c->no)) == NULL)
		errx(1, "unknown parameter: %s", name);
	return (int)o->ncols++;
}

/* Those without a dot first, then by name. */
static int
by_name(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	bool xdot = strchr(x, '.') != NULL, ydot = strchr(y, '.') != NULL;

	return xdot != ydot ? xdot - ydot : strcmp(x, y);
}

static void
add_all(struct options *o)
{
	const char *name[JP_NPARAMS];
	int i;

	for (i = 0; i < JP_NPARAMS; i++)
		name[i] = jailparams[i].name;
	qsort(name, JP_NPARAMS, sizeof(*name), by_name);
	for (i = 0; i < JP_NPARAMS; i++)
		add_column(o, name[i], false);
}

/* -s leaves out what is inherited: "ip4.addr" where "ip4" is not "new". */
static void
add_above(struct options *o)
{
	unsigned i, k, n = o->ncols;

	for (i = 0; i < n; i++)
		for (k = 0; k < JP_NPARAMS; k++) {
			const struct jp_def *p = &jailparams[k];
			size_t len = strlen(p->name);

			if (p->type == JPT_JAILSYS &&
			    strncmp(o->col[i].name, p->name, len) == 0 &&
			    o->col[i].name[len] == '.')
				o->col[i].above = add_column(o, p->name, true);
		}
}

/* ---- values ---- */

/* In quotes where -q and what is in it ask for them. */
static void
print_quoted(const struct options *o, const char *value)
{
	char quote = strchr(value, '\'') != NULL ? '"' :
	    strchr(value, '"') != NULL ? '\'' :
	    strpbrk(value, " \t") != NULL ? '"' : '\0';

	if (*value == '\0')
		fputs("\"\"", stdout);
	else if (o->quoted && quote != '\0')
		printf("%c%s%c", quote, value, quote);
	else
		fputs(value, stdout);
}

/* no-name of a boolean: the "no" goes before the last component, or away. */
static void
print_bool(const struct column *c, bool value)
{
	const char *dot = strrchr(c->name, '.');
	int n = dot != NULL ? (int)(dot + 1 - c->name) : 0;

	if (value)
		fputs(c->name, stdout);
	else if (c->no)
		fputs(c->def->name, stdout);
	else
		printf("%.*sno%s", n, c->name, c->name + n);
}

static void
print_value(const struct options *o, const struct column *c,
    const char *value)
{
	if (o->nameval && c->def->type == JPT_BOOL) {
		print_bool(c, strcmp(value, "true") == 0);
		return;
	}
	if (o->nameval)
		printf("%s=", c->name);
	if ((c->def->type == JPT_IP4 || c->def->type == JPT_IP6) &&
	    *value == '\0') {
		if (o->quoted)
			fputs("\"\"", stdout);
		else if (!o->nameval)
			putchar('-');
		return;
	}
	print_quoted(o, value);
}

/* Of what -s leaves out. */
static bool
skipped(const struct options *o, const struct column *c, char *const *value)
{
	if (!o->skip)
		return false;
	return (c->def->flags & JP_RDONLY) != 0 ||
	    (c->above >= 0 && strcmp(value[c->above], "new") != 0);
}

/* The chosen parameters in one line. */
static void
print_columns(const struct options *o, char *const *value)
{
	const char *space = "";
	unsigned i;

	for (i = 0; i < o->ncols; i++) {
		const struct column *c = &o->col[i];

		if (c->hidden || skipped(o, c, value))
			continue;
		fputs(space, stdout);
		print_value(o, c, value[i]);
		space = " ";
	}
	putchar('\n');
}

/* There are no CPU sets here: every jail is in the first. */
static void
print_verbose(char *const *v)
{
	char *list = v[F_IP4], *ip;

	printf("%6s  %-29.29s %.74s\n", v[F_JID], v[F_HOST], v[F_PATH]);
	printf("        %-29.29s %.74s\n", v[F_NAME],
	    strcmp(v[F_DYING], "true") == 0 ? "DYING" : "ACTIVE");
	printf("        0\n");
	while ((ip = strsep(&list, ",")) != NULL)
		if (*ip != '\0')
			printf("        %s\n", ip);
}

static void
print_default(const struct options *o, char *const *v)
{
	if (o->byname)
		printf(" %-15s ", v[F_NAME]);
	else
		printf("%6s  ", v[F_JID]);
	printf("%-15.*s %-29.29s %.74s\n", (int)strcspn(v[F_IP4], ","),
	    v[F_IP4], v[F_HOST], v[F_PATH]);
}

/* ---- JSON ---- */

/* Numbers and booleans as such. */
static void
json_value(struct xo *x, const struct column *c, const char *value)
{
	if (c->def->type == JPT_INT)
		xo_e_int(x, c->name, strtoll(value, NULL, 10));
	else if (c->def->type == JPT_BOOL)
		xo_e_bool(x, c->name, strcmp(value, "true") == 0);
	else
		xo_e_str(x, c->name, value);
}

/* Addresses after a comma each: all of them with -v, else the first. */
static void
json_addresses(const struct options *o, char *list)
{
	char *ip;

	if (!o->verbose) {
		list[strcspn(list, ",")] = '\0';
		xo_e_str(o->json, "ipv4", list);
		return;
	}
	xo_open_list(o->json, "ipv4_addrs");
	while ((ip = strsep(&list, ",")) != NULL)
		if (*ip != '\0') {
			xo_open_instance(o->json);
			xo_e_str(o->json, "addr", ip);
			xo_close(o->json);
		}
	xo_close(o->json);
}

static void
json_fixed(const struct options *o, char *const *v)
{
	xo_e_int(o->json, "jid", strtoll(v[F_JID], NULL, 10));
	xo_e_str(o->json, "hostname", v[F_HOST]);
	xo_e_str(o->json, "path", v[F_PATH]);
	if (o->verbose || o->byname)
		xo_e_str(o->json, "name", v[F_NAME]);
	if (o->verbose) {
		xo_e_str(o->json, "state",
		    strcmp(v[F_DYING], "true") == 0 ? "DYING" : "ACTIVE");
		xo_e_int(o->json, "cpusetid", 0);
	}
	json_addresses(o, v[F_IP4]);
}

static void
json_begin(struct options *o, struct xo *x)
{
	if (!o->style.json)
		return;
	o->json = x;
	xo_init(x, stdout, &o->style);
	xo_open_container(x, "jail-information");
	xo_open_list(x, "jail");
}

/* Also of what breaks off: it is whole JSON then. */
static void
json_end(const struct options *o)
{
	if (o->json != NULL && !xo_finish(o->json))
		err(1, "stdout");
}

static void
json_jail(const struct options *o, char *const *value)
{
	unsigned i;

	xo_open_instance(o->json);
	if (o->ncols == 0)
		json_fixed(o, value);
	for (i = 0; i < o->ncols; i++)
		if (!o->col[i].hidden && !skipped(o, &o->col[i], value))
			json_value(o->json, &o->col[i], value[i]);
	xo_close(o->json);
}

/* ---- jails ---- */

static void
print_header(const struct options *o)
{
	const char *space = "";
	unsigned i;

	if (o->ncols > 0) {
		for (i = 0; o->header && i < o->ncols; i++)
			if (!o->col[i].hidden) {
				printf("%s%s", space, o->col[i].name);
				space = " ";
			}
		if (o->header)
			putchar('\n');
	} else if (o->verbose)
		printf("   JID  Hostname                      Path\n"
		    "        Name                          State\n"
		    "        CPUSetID\n"
		    "        IP Address(es)\n");
	else if (o->byname)
		printf(" %-15s %-15s %-29s %s\n", "JID", "IP Address",
		    "Hostname", "Path");
	else
		printf("%6s  %-15s %-29s %s\n", "JID", "IP Address",
		    "Hostname", "Path");
}

/* Print one; its jid, or -1 with errno and a sentence in msg. */
static int
print_jail(const struct options *o, int sock, const char *selector, char *msg,
    size_t len)
{
	const char *want[MAXCOLUMNS + 1];
	uint32_t jid;
	unsigned i, n = 0;
	char **value;

	if (o->ncols > 0)
		for (i = 0; i < o->ncols; i++)
			want[n++] = o->col[i].name;
	else
		for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
			want[n++] = fixed[i];
	want[n] = NULL;
	if (launch_jail_get(sock, selector, o->dying, want, &value, &jid, msg,
	    len) != 0)
		return -1;
	if (o->json != NULL)
		json_jail(o, value);
	else if (o->ncols > 0)
		print_columns(o, value);
	else if (o->verbose)
		print_verbose(value);
	else
		print_default(o, value);
	launch_jail_get_free(value);
	return (int)jid;
}

static void
print_all(const struct options *o, int sock)
{
	char selector[32], msg[512];
	int jid = 0;

	do {
		snprintf(selector, sizeof(selector), "lastjid=%d", jid);
		jid = print_jail(o, sock, selector, msg, sizeof(msg));
	} while (jid > 0);
	if (errno != ENOENT) {
		json_end(o);
		errx(1, "%s", msg);
	}
}

/* --help asks for it: status 0; or the words make no sense: 1. */
static void __attribute__((noreturn))
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr,
	    "usage: jls [--libxo json] [-dhNnqsv] [-j jail] [parameter ...]\n");
	exit(status);
}

static void
parse_option(struct options *o, int c)
{
	switch (c) {
	case 'a':
	case 'd':
		o->dying = true;
		break;
	case 'j':
		o->jail = optarg;
		break;
	case 'h':
		o->skip = o->verbose = false;
		o->header = true;
		break;
	case 'N':
		o->byname = true;
		break;
	case 'n':
		o->verbose = false;
		o->nameval = true;
		break;
	case 'q':
		o->quoted = true;
		break;
	case 's':
		o->header = o->verbose = false;
		o->nameval = o->quoted = o->skip = true;
		break;
	case 'v':
		o->header = o->nameval = o->skip = false;
		o->verbose = true;
		break;
	default:
		usage(1);
	}
}

static void
parse(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "adj:hNnqsv")) != -1)
		parse_option(o, c);
	if (optind < argc)
		o->verbose = false;
	for (; optind < argc; optind++)
		if (strcmp(argv[optind], "all") == 0)
			add_all(o);
		else
			add_column(o, argv[optind], false);
	if (o->ncols == 0 && (o->header || o->nameval))
		add_all(o);
	if (o->skip)
		add_above(o);
}

int
main(int argc, char **argv)
{
	struct options o = { .ncols = 0 };
	char selector[512], msg[512];
	struct xo x;
	int sock;

	if ((argc = xo_parse_args(argc, argv, &o.style)) < 0)
		return 1;
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		usage(0);
	parse(&o, argc, argv);
	json_begin(&o, &x);
	if ((sock = ctl_connect()) < 0)
		errx(1, "cannot reach netjaild: %s", ctl_strerror(errno));
	if (o.jail != NULL)
		jail_selector(o.jail, selector, sizeof(selector));
	if (o.json == NULL)
		print_header(&o);
	if (o.jail == NULL)
		print_all(&o, sock);
	else if (print_jail(&o, sock, selector, msg, sizeof(msg)) < 0) {
		json_end(&o);
		fflush(stdout);
		errx(1, "%s", msg);
	}
	json_end(&o);
	if (fflush(stdout) != 0 || ferror(stdout))
		err(1, "stdout");
	return 0;
}
