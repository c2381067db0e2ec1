/*
 * netjail(8): make, change and remove jails, and start commands in them.
 *
 * The command line becomes a list of parameters, whichever form it has: the old
 * one, by position, or that of -c and -m.  What is wrong with the arguments is
 * told before anything is touched; the rest is launch_jail.c's.
 *
 * With names of jails instead of parameters, what they are is in a file, and
 * conf_run.c sees to it.
 *
 * The program then waits for its command.  The jail does not wait for the
 * program: it lives as long as a process of its own, or as it `persist's.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include <bsd/stdlib.h>
#include <bsd/unistd.h>

#include "base/inaddr.h"
#include "base/version.h"
#include "netjail/conf_file.h"
#include "netjail/conf_run.h"
#include "netjail/launch.h"
#include "netjail/launch_jail.h"
#include "sysctl/client.h"

struct options {
	struct jail_options o;
	bool	 resolve;	/* -h */
	bool	 remove;	/* -r, -R */
	unsigned flags;		/* JAIL_*, of -c, -m and -d */
	bool	 plain;		/* -R */
	const char *jidfile;	/* -J */
	const char *file;	/* -f */
	unsigned limit;		/* -p */
	char	**mounts;	/* mount= and mount.fstab=, NULL-terminated */
	unsigned nmounts;
	struct jail_params p;
	char	**command;	/* NULL: none */
};

static const char usages[] =
    "usage: netjail [-dhilqv] [-J jid_file] [-u username | -U username] [-cm]\n"
    "               param=value ... [command=command ...]\n"
    "       netjail [-qv] -[rR] ['*' | jail ...]\n"
    "       netjail [-qv] [-f conf_file] [-p limit] -[cmrR] [jail ...]\n"
    "       netjail [-dhilqv] [-J jid_file] [-u username | -U username]\n"
    "               [-n jailname] [-o param=value]... path hostname\n"
    "               [ip[,...]] command [arg ...]\n"
    "       netjail [-v] host command [arg ...]\n"
    "       netjail netstat | sockstat | sysctl | jls | jexec [arg ...]\n"
    "       netjail top | metrics | doctor [arg ...]\n"
    "       netjail -V\n";

static const char first_steps[] =
    "\n"
    "A server in a jail of the file tree /, with a host name and an address:\n"
    "    netjail -n www / www.example 10.0.0.80 python3 -m http.server 80 &\n"
    "A program with another address, which fetches its page:\n"
    "    netjail / client.example 10.0.0.7 curl 10.0.0.80\n"
    "Jails, and their sockets:\n"
    "    jls; netjail sockstat; netjail netstat -an\n"
    "A shell in a jail, and its end:\n"
    "    jexec www; netjail -r www\n"
    "What this machine lacks, if anything:\n"
    "    netjail doctor\n"
    "netjail(8), netjail.conf(5) and netjail-sysctl(7) have the rest.\n";

/* --help asks for it: status 0; or the words make no sense: 1. */
static void __attribute__((noreturn))
usage(int status)
{
	fputs(usages, status == 0 ? stdout : stderr);
	if (status == 0)
		fputs(first_steps, stdout);
	exit(status);
}

static void __attribute__((noreturn))
print_version(void)
{
	printf("netjail %s\n", NETJAIL_VERSION);
	exit(0);
}

/* What programs of Linux answer to. */
static void
parse_long(const char *word)
{
	if (strcmp(word, "--help") == 0)
		usage(0);
	if (strcmp(word, "--version") == 0)
		print_version();
}

/* ---- arguments ---- */

static unsigned
read_limit(const char *text)
{
	const char *why;
	long long n = strtonum(text, 0, INT_MAX, &why);

	if (why != NULL)
		errx(1, "-p %s: %s", text, why);
	return (unsigned)n;
}

/* Returns how many words were options. */
static int
parse_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+cdf:hiJ:lmn:o:p:qrRu:U:vV")) != -1)
		switch (c) {
		case 'c':
			o->flags |= JAIL_CREATE;
			break;
		case 'd':
			o->flags |= JAIL_DYING;
			break;
		case 'f':
			o->file = optarg;
			break;
		case 'h':
			o->resolve = true;
			break;
		case 'i':
			o->o.print_jid = true;
			break;
		case 'J':
			o->jidfile = optarg;
			break;
		case 'l':
			o->o.clean = true;
			break;
		case 'm':
			o->flags |= JAIL_UPDATE;
			break;
		case 'n':
			jail_param_setval(&o->p, "name", optarg);
			break;
		case 'o':
			jail_param_set(&o->p, optarg);
			break;
		case 'p':
			o->limit = read_limit(optarg);
			break;
		case 'q':
			o->o.quiet = true;
			break;
		case 'R':
			o->plain = true;
			o->remove = true;
			break;
		case 'r':
			o->remove = true;
			break;
		case 'u':
			o->o.user = optarg;
			break;
		case 'U':
			o->o.user_inside = optarg;
			break;
		case 'v':
			o->o.verbose = true;
			break;
		case 'V':
			print_version();
		default:
			usage(1);
		}
	if ((o->o.user != NULL && o->o.user_inside != NULL) ||
	    (o->remove && (o->flags & (JAIL_CREATE | JAIL_UPDATE)) != 0))
		usage(1);
	return optind;
}

/* One more address of ip4.addr or ip6.addr, unless it is there. */
static void
add_address(struct jail_params *p, const struct inaddr *a)
{
	const char *name = inaddr_is_v4(a) ? "ip4.addr" : "ip6.addr", *old, *s;
	char text[INADDR_STRLEN], *list;
	size_t len;

	inaddr_ntop(a, text);
	len = strlen(text);
	old = jail_param_get(p, name);
	for (s = old; s != NULL && *s != '\0';
	    s += strcspn(s, ","), s += *s != '\0')
		if (strcspn(s, ",") == len && memcmp(s, text, len) == 0)
			return;
	if (asprintf(&list, "%s%s%s", old != NULL ? old : "",
	    old != NULL && *old != '\0' ? "," : "", text) < 0)
		err(1, NULL);
	jail_param_setval(p, name, list);
	free(list);
}

/* ip,ip,... or nothing.  NULL, or the item that is not an address. */
static const char *
parse_addresses(struct jail_params *p, const char *list)
{
	char ip[INADDR_STRLEN];
	struct inaddr a;
	size_t len;

	while (*list != '\0') {
		len = strcspn(list, ",");
		if (len >= sizeof(ip))
			return list;
		memcpy(ip, list, len);
		ip[len] = '\0';
		if (!inaddr_pton(ip, &a))
			return list;
		add_address(p, &a);
		list += len;
		if (*list == ',' && *++list == '\0')
			return list;
	}
	return NULL;
}

/* The stack speaks IPv4, so that is what is asked for. */
static void
resolve_addresses(struct jail_params *p)
{
	const char *hostname = jail_param_get(p, "host.hostname");
	struct addrinfo hints = {
		.ai_family = AF_INET, .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *ai, *res;
	struct sockaddr_in sin;
	struct inaddr a;
	int error;

	if (hostname == NULL)
		return;
	error = getaddrinfo(hostname, NULL, &hints, &res);
	if (error != 0)
		errx(1, "hostname %s: %s", hostname, gai_strerror(error));
	for (ai = res; ai != NULL; ai = ai->ai_next) {
		memcpy(&sin, ai->ai_addr, sizeof(sin));
		a = inaddr_v4(sin.sin_addr.s_addr);
		add_address(p, &a);
	}
	freeaddrinfo(res);
}

/* What the sysctls allow a jail that is made in the old form; the options may
 * say otherwise. */
static void
old_defaults(struct jail_params *p)
{
	static const struct {
		const char *sysctl, *param;
		bool inverse;
	} rule[] = {
		{ "security.jail.set_hostname_allowed", "allow.set_hostname",
		    false },
		{ "security.jail.sysvipc_allowed", "allow.sysvipc", false },
		{ "security.jail.allow_raw_sockets", "allow.raw_sockets",
		    false },
		{ "security.jail.socket_unixiproute_only", "allow.socket_af",
		    true },
	};
	struct jail_params given = *p;
	size_t i, len;
	unsigned k;
	int val;

	if (launch_inside())
		return;
	p->v = NULL;
	p->n = 0;
	for (i = 0; i < sizeof(rule) / sizeof(rule[0]); i++) {
		len = sizeof(val);
		if (nj_sysctlbyname(rule[i].sysctl, &val, &len, NULL, 0) == 0)
			jail_param_setval(p, rule[i].param,
			    (val != 0) != rule[i].inverse ? "1" : "0");
	}
	for (k = 0; k < given.n; k++)
		jail_param_set(p, given.v[k]);
	jail_params_free(&given);
}

static bool
persists(const struct jail_params *p)
{
	const char *val = jail_param_get(p, "persist");

	return val != NULL && strcmp(val, "0") != 0 &&
	    strcmp(val, "false") != 0;
}

/* path hostname ip[,ip...] command [arg ...] */
static void
parse_old(struct options *o, int argc, char **argv)
{
	const char *bad = NULL;
	bool listed;

	if (argc < 2)
		usage(1);
	jail_param_setval(&o->p, "path", argv[0]);
	jail_param_setval(&o->p, "host.hostname", argv[1]);
	argc -= 2;
	argv += 2;
	if (argc > 0)
		bad = parse_addresses(&o->p, argv[0]);
	listed = argc > 0 && bad == NULL;
	/* With -h the addresses may be the host name's alone. */
	if (o->resolve)
		resolve_addresses(&o->p);
	else if (bad != NULL)
		errx(1, "Could not make sense of ip-number: %.*s",
		    (int)strcspn(bad, ","), bad);
	else if (!listed)
		usage(1);
	argc -= listed;
	argv += listed;
	if (argc == 0 && !persists(&o->p))
		usage(1);
	o->command = argc > 0 ? argv : NULL;
	o->flags |= JAIL_CREATE;
	o->o.old = true;
}

static void
add_mount(struct options *o, const char *line)
{
	/* And a NULL behind it. */
	o->mounts = reallocarray(o->mounts, o->nmounts + 2,
	    sizeof(*o->mounts));
	if (o->mounts == NULL || (o->mounts[o->nmounts++] = strdup(line)) ==
	    NULL)
		err(1, NULL);
	o->mounts[o->nmounts] = NULL;
}

static void
add_fstab(struct options *o, const char *file)
{
	char *line = NULL;
	size_t cap = 0;
	FILE *f;

	if ((f = fopen(file, "re")) == NULL)
		err(1, "mount.fstab: %s", file);
	while (getline(&line, &cap, f) > 0)
		add_mount(o, line);
	if (ferror(f))
		err(1, "mount.fstab: %s", file);
	free(line);
	fclose(f);
}

/* param=value ... [command=command [arg ...]] */
static void
parse_params(struct options *o, char **argv)
{
	if (*argv == NULL && o->p.n == 0)
		usage(1);
	for (; *argv != NULL; argv++) {
		if (strncmp(*argv, "command=", 8) == 0) {
			*argv += 8;
			o->command = argv;
			break;
		}
		if (strncmp(*argv, "mount=", 6) == 0)
			add_mount(o, *argv + 6);
		else if (strncmp(*argv, "mount.fstab=", 12) == 0)
			add_fstab(o, *argv + 12);
		else
			jail_param_set(&o->p, *argv);
	}
	if (o->resolve)
		resolve_addresses(&o->p);
}

/* ---- jails ---- */

static int
make(struct options *o)
{
	int status;

	if (o->jidfile != NULL &&
	    (o->o.jidfile = fopen(o->jidfile, "we")) == NULL)
		errx(1, "Could not create JidFile: %s", o->jidfile);
	o->o.mounts = o->mounts;
	status = jail_apply(&o->o, &o->p, o->flags, o->command, true);
	while (o->nmounts > 0)
		free(o->mounts[--o->nmounts]);
	free(o->mounts);
	if (o->o.jidfile != NULL)
		fclose(o->o.jidfile);
	jail_params_free(&o->p);
	return status;
}

static int
remove_jails(const struct options *o, char **names)
{
	int status = 0;

	if (*names == NULL)
		usage(1);
	for (; *names != NULL; names++)
		status |= launch_jail_remove(&o->o, *names,
		    strcmp(*names, "*") == 0);
	return status;
}

/* ---- jails of a file ---- */

/* Are the words names of jails in a file, and not parameters? */
static bool
are_names(const struct options *o, char **words)
{
	if (o->p.n > 0)
		return false;
	for (; *words != NULL; words++)
		if (strchr(*words, '=') != NULL)
			return false;
	return true;
}

/*
 * The file that says what is to be done, NULL if none does; buf has PATH_MAX
 * bytes.  What is removed may be in it; what is made or changed by name must.
 */
static const char *
which_file(const struct options *o, char **words, char *buf)
{
	bool make = (o->flags & (JAIL_CREATE | JAIL_UPDATE)) != 0;

	if (o->file != NULL) {
		if ((!make && !o->remove) || !are_names(o, words))
			usage(1);
		return o->file;
	}
	if ((make && are_names(o, words)) || (o->remove && !o->plain &&
	    *words != NULL)) {
		if (conf_default(buf, PATH_MAX))
			return buf;
		if (make && *words == NULL)
			usage(1);
		if (make)
			errx(1, "\"%s\" not found: there is no file of jails",
			    *words);
	}
	return NULL;
}

static int
run_file(const struct options *o, const char *file, char **names)
{
	const struct conf_options co = {
		.create = (o->flags & JAIL_CREATE) != 0,
		.modify = (o->flags & JAIL_UPDATE) != 0,
		.remove = o->remove, .plain = o->plain,
		.quiet = o->o.quiet, .verbose = o->o.verbose && !o->o.quiet,
		.limit = o->limit,
	};

	return conf_run(&co, file, names);
}

/* ---- the other forms ---- */

/* On the stack, in no jail. */
static int
run_on_stack(const struct options *o, char **command)
{
	struct launch_cmd c = {
		.argv = command, .clean = o->o.clean, .pidfd = -1,
		.verbose = o->o.verbose && !o->o.quiet,
	};
	pid_t pid;

	if (*command == NULL)
		usage(1);
	if (launch_inside())
		errx(1, "host: we are in a jail");
	if ((c.sock = launch_connect()) < 0 || (pid = launch_start(&c)) < 0)
		return 1;
	return launch_wait(&c, pid, NULL);
}

/*
 * Our clones of system tools are not in PATH, and programs of our own are not
 * called by names such as top; this is how to call them.  NULL: not one.
 */
static const char *
tool_program(const char *name)
{
	static const struct { const char *name, *program; } tools[] = {
		{ "netstat", "netstat" }, { "sockstat", "sockstat" },
		{ "sysctl", "sysctl" },
		{ "jls", "jls" }, { "jexec", "jexec" },
		{ "top", "netjail-top" }, { "metrics", "netjail-metrics" },
		{ "doctor", "netjail-doctor" },
	};
	size_t i;

	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strcmp(tools[i].name, name) == 0)
			return tools[i].program;
	return NULL;
}

static void __attribute__((noreturn))
exec_tool(const char *program, char **argv)
{
	char path[PATH_MAX];

	if (!launch_program(program, path, sizeof(path)))
		errx(127, "%s: not installed beside netjail", program);
	execv(path, argv);
	err(126, "%s", path);
}

int
main(int argc, char **argv, char **envp)
{
	struct options o = { .flags = 0 };
	char path[PATH_MAX];
	const char *program, *file;
	int used;

	launch_stdio();
	setproctitle_init(argc, argv, envp);
	if (argc > 1)
		parse_long(argv[1]);
	used = parse_options(&o, argc, argv);
	argc -= used;
	argv += used;
	if ((file = which_file(&o, argv, path)) != NULL)
		return run_file(&o, file, argv);
	if (o.remove)
		return remove_jails(&o, argv);
	if ((o.flags & (JAIL_CREATE | JAIL_UPDATE)) != 0) {
		parse_params(&o, argv);
		return make(&o);
	}
	if (argc == 0)
		usage(1);
	if ((program = tool_program(argv[0])) != NULL)
		exec_tool(program, argv);
	if (strcmp(argv[0], "host") == 0)
		return run_on_stack(&o, argv + 1);
	parse_old(&o, argc, argv);
	old_defaults(&o.p);
	return make(&o);
}
