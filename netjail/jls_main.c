/*
 * jls(8): list jails.
 *
 * Everything printed is a parameter, one row of a table below: how it is
 * called, and how to write its value.  The default and the verbose form are
 * fixed layouts, FreeBSD's to the byte.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "netjail/launch_list.h"

#define MAXPARAMS	64

struct param {
	const char *name;
	void	(*write)(FILE *, const struct xprison *);
	enum { P_STRING, P_LIST, P_BOOL, P_INT } kind;
	bool	  readonly;	/* left out by -s */
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
	const struct param *param[MAXPARAMS];
	unsigned nparams;
};

static void
write_jid(FILE *f, const struct xprison *x)
{
	fprintf(f, "%d", x->pr_id);
}

static void
write_name(FILE *f, const struct xprison *x)
{
	fputs(x->pr_name, f);
}

static void
write_path(FILE *f, const struct xprison *x)
{
	fputs(x->pr_path, f);
}

static void
write_host(FILE *f, const struct xprison *x)
{
	fputs(x->pr_host, f);
}

static void
write_dying(FILE *f, const struct xprison *x)
{
	fputs(x->pr_state == XPRISON_DYING ? "true" : "false", f);
}

static void
write_cpuset(FILE *f, const struct xprison *x)
{
	fprintf(f, "%d", x->pr_cpusetid);
}

static void
write_ip4(FILE *f, const struct xprison *x)
{
	const struct in_addr *a = jail_list_ip4(x);
	char text[INET_ADDRSTRLEN];
	unsigned i;

	for (i = 0; i < x->pr_ip4s; i++)
		fprintf(f, "%s%s", i > 0 ? "," : "",
		    inet_ntop(AF_INET, &a[i], text, sizeof(text)));
}

static void
write_ip6(FILE *f, const struct xprison *x)
{
	const struct in6_addr *a = jail_list_ip6(x);
	char text[INET6_ADDRSTRLEN];
	unsigned i;

	for (i = 0; i < x->pr_ip6s; i++)
		fprintf(f, "%s%s", i > 0 ? "," : "",
		    inet_ntop(AF_INET6, &a[i], text, sizeof(text)));
}

/* In the order of "all": those without a dot first. */
static const struct param params[] = {
	{ "dying", write_dying, P_BOOL, true },
	{ "jid", write_jid, P_INT, false },
	{ "name", write_name, P_STRING, false },
	{ "path", write_path, P_STRING, false },
	{ "cpuset.id", write_cpuset, P_INT, true },
	{ "host.hostname", write_host, P_STRING, false },
	{ "ip4.addr", write_ip4, P_LIST, false },
	{ "ip6.addr", write_ip6, P_LIST, false },
};
#define NPARAMS (sizeof(params) / sizeof(params[0]))

static void
add_param(struct options *o, const char *name)
{
	bool all = strcmp(name, "all") == 0, found = false;
	size_t i;

	for (i = 0; i < NPARAMS; i++) {
		if (!all && strcmp(params[i].name, name) != 0)
			continue;
		if (o->nparams == MAXPARAMS)
			errx(1, "too many parameters");
		o->param[o->nparams++] = &params[i];
		found = true;
	}
	if (!found)
		errx(1, "unknown parameter: %s", name);
}

/* Surrounded by quotes if there are spaces or quotes in it, and -q. */
static void
print_quoted(const struct options *o, const char *value)
{
	const char *quote = "";

	if (*value == '\0') {
		fputs("\"\"", stdout);
		return;
	}
	if (o->quoted && strpbrk(value, " \t'\"") != NULL)
		quote = strchr(value, '"') != NULL &&
		    strchr(value, '\'') == NULL ? "'" : "\"";
	printf("%s%s%s", quote, value, quote);
}

/* no-name of a boolean: the "no" goes before the last component. */
static void
print_bool(const char *name, bool value)
{
	const char *dot = strrchr(name, '.');
	int n = dot != NULL ? (int)(dot + 1 - name) : 0;

	printf("%.*s%s%s", n, name, value ? "" : "no", name + n);
}

static void
print_value(const struct options *o, const struct param *p, const char *value)
{
	if (o->nameval && p->kind == P_BOOL) {
		print_bool(p->name, strcmp(value, "true") == 0);
		return;
	}
	if (o->nameval)
		printf("%s=", p->name);
	if (p->kind == P_LIST && *value == '\0') {
		if (o->quoted)
			fputs("\"\"", stdout);
		else if (!o->nameval)
			putchar('-');
		return;
	}
	print_quoted(o, value);
}

/* The chosen parameters in one line. */
static void
print_params(const struct options *o, const struct xprison *x)
{
	const struct param *p;
	const char *space = "";
	size_t len;
	char *value;
	unsigned i;
	FILE *f;

	for (i = 0; i < o->nparams; i++) {
		p = o->param[i];
		if ((f = open_memstream(&value, &len)) == NULL)
			err(1, NULL);
		p->write(f, x);
		if (fclose(f) != 0)
			err(1, NULL);
		if (!o->skip || !(p->readonly ||
		    (p->kind == P_LIST && *value == '\0'))) {
			fputs(space, stdout);
			print_value(o, p, value);
			space = " ";
		}
		free(value);
	}
	putchar('\n');
}

static void
print_verbose(const struct xprison *x)
{
	char text[INET6_ADDRSTRLEN];
	uint32_t i;

	printf("%6d  %-29.29s %.74s\n", x->pr_id, x->pr_host, x->pr_path);
	printf("        %-29.29s %.74s\n", x->pr_name,
	    x->pr_state == XPRISON_DYING ? "DYING" : "ACTIVE");
	printf("        %d\n", x->pr_cpusetid);
	for (i = 0; i < x->pr_ip4s; i++)
		printf("        %s\n", inet_ntop(AF_INET,
		    &jail_list_ip4(x)[i], text, sizeof(text)));
	for (i = 0; i < x->pr_ip6s; i++)
		printf("        %s\n", inet_ntop(AF_INET6,
		    &jail_list_ip6(x)[i], text, sizeof(text)));
}

static void
print_default(const struct options *o, const struct xprison *x)
{
	char text[INET_ADDRSTRLEN] = "";

	if (x->pr_ip4s > 0)
		inet_ntop(AF_INET, jail_list_ip4(x), text, sizeof(text));
	if (o->byname)
		printf(" %-15s ", x->pr_name);
	else
		printf("%6d  ", x->pr_id);
	printf("%-15.15s %-29.29s %.74s\n", text, x->pr_host, x->pr_path);
}

static void
print_jail(const struct options *o, const struct xprison *x)
{
	if (o->nparams > 0)
		print_params(o, x);
	else if (o->verbose)
		print_verbose(x);
	else
		print_default(o, x);
}

static void
print_header(const struct options *o)
{
	unsigned i;

	if (o->nparams > 0) {
		for (i = 0; o->header && i < o->nparams; i++)
			printf("%s%s", i > 0 ? " " : "", o->param[i]->name);
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

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr,
	    "usage: jls [-dhNnqsv] [-j jail] [parameter ...]\n");
	exit(1);
}

static void
parse(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "adj:hNnqsv")) != -1)
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
			usage();
		}
	for (; optind < argc; optind++)
		add_param(o, argv[optind]);
	if (o->nparams == 0 && (o->header || o->nameval))
		add_param(o, "all");
}

int
main(int argc, char **argv)
{
	struct options o = { .nparams = 0 };
	const struct xprison *x = NULL;
	struct jail_list l;

	parse(&o, argc, argv);
	if (jail_list_read(&l) != 0)
		return 1;
	if (o.jail != NULL && ((x = jail_list_find(&l, o.jail)) == NULL ||
	    (x->pr_state != XPRISON_ALIVE && !o.dying)))
		errx(1, "jail \"%s\" not found", o.jail);
	print_header(&o);
	if (o.jail != NULL)
		print_jail(&o, x);
	else
		while ((x = jail_list_next(&l, x)) != NULL)
			if (x->pr_state == XPRISON_ALIVE || o.dying)
				print_jail(&o, x);
	free(l.buf);
	if (fflush(stdout) != 0 || ferror(stdout))
		err(1, "stdout");
	return 0;
}
