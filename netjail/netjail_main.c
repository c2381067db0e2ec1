/*
 * netjail(8): start a jail and a command in it.
 *
 * In order: what is wrong with the arguments is told before anything is
 * touched; the daemon makes the jail; the jail gets its namespaces and an init
 * that stays in them; the command is started in it as jexec(8) would start one
 * (launch.c).  If a step fails the jail is removed and nothing is left of it.
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
#include <sys/stat.h>

#include <bsd/unistd.h>

#include "base/version.h"
#include "netjail/launch.h"
#include "netjail/launch_list.h"
#include "sysctl/client.h"

#define HOSTNAME_MAX	64	/* Linux's limit */

struct options {
	bool	 resolve;	/* -h */
	bool	 print_jid;	/* -i */
	bool	 clean;		/* -l */
	bool	 quiet;		/* -q */
	bool	 remove;	/* -r */
	bool	 verbose;	/* -v */
	bool	 persist;	/* among the -o */
	const char *name;	/* -n */
	char	**set;		/* -o, each as name=value, malloc()ed */
	unsigned nset;
};

/* The jail asked for. */
struct jail {
	char	 path[PATH_MAX];
	const char *hostname;
	struct inaddr *addr;
	unsigned naddr;
	char	**command;	/* NULL: none, a persistent jail */
	uint32_t jid;
};

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr, "%s", "usage: "
	    "netjail [-dhilqv] [-n name] [-o param=value]... path hostname\n"
	    "               ip[,ip...] command [arg ...]\n"
	    "       netjail [-v] host command [arg ...]\n"
	    "       netjail netstat | sysctl | jls | jexec "
	    "[arg ...]\n"
	    "       netjail [-q] -r jail ...\n"
	    "       netjail -V\n");
	exit(1);
}

/* ---- arguments ---- */

/* `persist' and `nopersist' are short for persist=1 and persist=0. */
static char *
full_setting(const char *arg)
{
	bool no = strncmp(arg, "no", 2) == 0;
	char *full;

	if (strchr(arg, '=') != NULL)
		full = strdup(arg);
	else if (asprintf(&full, "%s=%d", no ? arg + 2 : arg, !no) < 0)
		full = NULL;
	if (full == NULL)
		err(1, NULL);
	return full;
}

static void
add_setting(struct options *o, const char *arg)
{
	char **more;

	more = reallocarray(o->set, o->nset + 1, sizeof(*more));
	if (more == NULL)
		err(1, NULL);
	o->set = more;
	arg = o->set[o->nset++] = full_setting(arg);
	if (strncmp(arg, "persist=", 8) == 0)
		o->persist = strcmp(arg + 8, "0") != 0;
}

static void
free_settings(struct options *o)
{
	while (o->nset > 0)
		free(o->set[--o->nset]);
	free(o->set);
}

/* Returns how many words were options. */
static int
parse_options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+dhiln:o:qrvV")) != -1)
		switch (c) {
		case 'd':	/* dying jails are never in the way here */
			break;
		case 'h':
			o->resolve = true;
			break;
		case 'i':
			o->print_jid = true;
			break;
		case 'l':
			o->clean = true;
			break;
		case 'n':
			o->name = optarg;
			break;
		case 'o':
			add_setting(o, optarg);
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'r':
			o->remove = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		case 'V':
			printf("netjail %s\n", NETJAIL_VERSION);
			exit(0);
		default:
			usage();
		}
	return optind;
}

static void
add_address(struct jail *j, const struct inaddr *a)
{
	struct inaddr *more;
	unsigned i;

	for (i = 0; i < j->naddr; i++)
		if (inaddr_eq(&j->addr[i], a))
			return;
	more = reallocarray(j->addr, j->naddr + 1, sizeof(*more));
	if (more == NULL)
		err(1, NULL);
	j->addr = more;
	j->addr[j->naddr++] = *a;
}

/* ip,ip,... or nothing.  NULL, or the item that is not an address. */
static const char *
parse_addresses(struct jail *j, const char *list)
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
		add_address(j, &a);
		list += len;
		if (*list == ',' && *++list == '\0')
			return list;
	}
	return NULL;
}

/* The stack speaks IPv4, so that is what is asked for. */
static void
resolve_addresses(struct jail *j)
{
	struct addrinfo hints = {
		.ai_family = AF_INET, .ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *ai, *res;
	struct sockaddr_in sin;
	struct inaddr a;
	int error;

	error = getaddrinfo(j->hostname, NULL, &hints, &res);
	if (error != 0)
		errx(1, "hostname %s: %s", j->hostname, gai_strerror(error));
	for (ai = res; ai != NULL; ai = ai->ai_next) {
		memcpy(&sin, ai->ai_addr, sizeof(sin));
		a = inaddr_v4(sin.sin_addr.s_addr);
		add_address(j, &a);
	}
	freeaddrinfo(res);
}

static void
parse_path(struct jail *j, const char *path)
{
	struct stat st;

	if (*path != '/')
		errx(1, "path %s: not an absolute pathname", path);
	if (realpath(path, j->path) == NULL || stat(j->path, &st) != 0)
		err(1, "path %s", path);
	if (!S_ISDIR(st.st_mode))
		errx(1, "path %s: %s", path, strerror(ENOTDIR));
}

/* path hostname ip[,ip...] command [arg ...] */
static void
parse_jail(const struct options *o, struct jail *j, int argc, char **argv)
{
	const char *bad = NULL;
	bool listed;

	if (argc < 2)
		usage();
	parse_path(j, argv[0]);
	j->hostname = argv[1];
	if (strlen(j->hostname) > HOSTNAME_MAX)
		errx(1, "hostname %s: longer than %d bytes", j->hostname,
		    HOSTNAME_MAX);
	argc -= 2;
	argv += 2;
	if (argc > 0)
		bad = parse_addresses(j, argv[0]);
	listed = argc > 0 && bad == NULL;
	/* With -h the addresses may be the host name's alone. */
	if (o->resolve)
		resolve_addresses(j);
	else if (bad != NULL)
		errx(1, "Could not make sense of ip-number: %.*s",
		    (int)strcspn(bad, ","), bad);
	else if (!listed)
		usage();
	argc -= listed;
	argv += listed;
	if (argc == 0 && !o->persist)
		usage();
	j->command = argc > 0 ? argv : NULL;
}

/* ---- a jail ---- */

static void
write_addresses(FILE *f, const struct jail *j, const char *name, bool v4)
{
	char text[INADDR_STRLEN];
	unsigned i, n = 0;

	for (i = 0; i < j->naddr; i++)
		if (inaddr_is_v4(&j->addr[i]) == v4)
			fprintf(f, "%s%s", n++ > 0 ? "," : name,
			    inaddr_ntop(&j->addr[i], text));
	if (n > 0)
		fputc('\0', f);
}

/* Parameters as CTL_JAIL_SET wants them; malloc()ed. */
static char *
make_params(const struct options *o, const struct jail *j, size_t *lenp)
{
	char *buf;
	unsigned i;
	FILE *f;

	if ((f = open_memstream(&buf, lenp)) == NULL)
		err(1, NULL);
	fprintf(f, "path=%s%c", j->path, 0);
	fprintf(f, "host.hostname=%s%c", j->hostname, 0);
	if (o->name != NULL)
		fprintf(f, "name=%s%c", o->name, 0);
	write_addresses(f, j, "ip4.addr=", true);
	write_addresses(f, j, "ip6.addr=", false);
	for (i = 0; i < o->nset; i++)
		fprintf(f, "%s%c", o->set[i], 0);
	if (fclose(f) != 0)
		err(1, NULL);
	return buf;
}

/* Ask the daemon for the jail.  0 or -1. */
static int
jail_set(const struct options *o, struct jail *j, int sock)
{
	char msg[512] = "", *params;
	size_t len;
	int error;

	params = make_params(o, j, &len);
	error = ctl_call(sock, CTL_JAIL_SET, 0, params, len, -1, NULL, NULL,
	    &j->jid, NULL, msg, sizeof(msg));
	if (error != 0)
		warnx("%s", *msg != '\0' ? msg : strerror(errno));
	free(params);
	return error;
}

static int
jail_remove(int sock, uint32_t jid, const char *what)
{
	char msg[512] = "";

	if (ctl_call(sock, CTL_JAIL_REMOVE, jid, NULL, 0, -1, NULL, NULL, NULL,
	    NULL, msg, sizeof(msg)) == 0)
		return 0;
	/* Asked for by a person; otherwise another error was told. */
	if (what != NULL)
		warnx("%s: %s", what, *msg != '\0' ? msg : strerror(errno));
	return -1;
}

static int
jail_populate(const struct options *o, const struct jail *j, int *pidfdp)
{
	const struct launch_jail lj = {
		.jid = j->jid, .path = j->path, .hostname = j->hostname,
		.addr = j->addr, .naddr = j->naddr,
		.verbose = o->verbose && !o->quiet,
	};

	return launch_init(&lj, pidfdp);
}

static void
jail_announce(const struct options *o, const struct jail *j)
{
	if (o->print_jid)
		printf("%u\n", j->jid);
	if (o->verbose && !o->quiet) {
		if (o->name != NULL)
			printf("%s: created\n", o->name);
		else
			printf("%u: created\n", j->jid);
	}
	fflush(stdout);
}

static int
run_in_jail(const struct options *o, struct jail *j)
{
	struct launch_cmd c = {
		.argv = j->command, .clean = o->clean, .pidfd = -1,
		.verbose = o->verbose && !o->quiet,
	};
	char what[32];
	pid_t pid;

	if ((c.sock = launch_connect()) < 0 || jail_set(o, j, c.sock) != 0)
		return 1;
	c.jid = j->jid;
	if (jail_populate(o, j, &c.pidfd) != 0) {
		jail_remove(c.sock, j->jid, NULL);
		return 1;
	}
	jail_announce(o, j);
	if (j->command == NULL)
		return 0;
	if ((pid = launch_start(&c)) < 0) {
		jail_remove(c.sock, j->jid, NULL);
		return 1;
	}
	snprintf(what, sizeof(what), "%u", j->jid);
	return launch_wait(&c, pid, o->name != NULL ? o->name : what);
}

/* ---- the other forms ---- */

/* On the stack, in no jail. */
static int
run_on_stack(const struct options *o, char **command)
{
	struct launch_cmd c = {
		.argv = command, .clean = o->clean, .pidfd = -1,
		.verbose = o->verbose && !o->quiet,
	};
	pid_t pid;

	if (*command == NULL)
		usage();
	if ((c.sock = launch_connect()) < 0 || (pid = launch_start(&c)) < 0)
		return 1;
	return launch_wait(&c, pid, NULL);
}

static int
remove_jails(const struct options *o, char **names)
{
	const struct xprison *x;
	struct jail_list l;
	int sock, status = 0;

	if (*names == NULL)
		usage();
	if (jail_list_read(&l) != 0)
		return 1;
	if ((sock = ctl_connect()) < 0)
		err(1, "cannot reach netjaild");
	for (; *names != NULL; names++) {
		if ((x = jail_list_find(&l, *names)) == NULL) {
			warnx("\"%s\" not found", *names);
			status = 1;
		} else if (jail_remove(sock, (uint32_t)x->pr_id, *names) != 0)
			status = 1;
		else if (!o->quiet)
			printf("%s: removed\n", x->pr_name);
	}
	free(l.buf);
	close(sock);
	return status;
}

/* Our clones of system tools are not in PATH; this is how to call them. */
static bool
is_tool(const char *name)
{
	static const char *const tools[] = {
		"netstat", "sysctl", "jls", "jexec",
	};
	size_t i;

	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strcmp(tools[i], name) == 0)
			return true;
	return false;
}

static void __attribute__((noreturn))
exec_tool(char **argv)
{
	char path[PATH_MAX];

	if (!launch_program(argv[0], path, sizeof(path)))
		errx(127, "%s: not installed beside netjail", argv[0]);
	execv(path, argv);
	err(126, "%s", path);
}

int
main(int argc, char **argv, char **envp)
{
	struct options o = { .name = NULL };
	struct jail j = { .naddr = 0 };
	int status, used;

	launch_stdio();
	setproctitle_init(argc, argv, envp);
	used = parse_options(&o, argc, argv);
	argc -= used;
	argv += used;
	if (o.remove)
		return remove_jails(&o, argv);
	if (argc == 0)
		usage();
	if (is_tool(argv[0]))
		exec_tool(argv);
	if (strcmp(argv[0], "host") == 0)
		return run_on_stack(&o, argv + 1);
	parse_jail(&o, &j, argc, argv);
	status = run_in_jail(&o, &j);
	free(j.addr);
	free_settings(&o);
	return status;
}
