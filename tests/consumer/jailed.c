/*
 * The jail(2) family as programs for FreeBSD use it.
 *
 *	jailed set name=value ... -- command	create and attach, run a command
 *	jailed make name=value ...		create, persistent
 *	jailed update jail name=value ...	change
 *	jailed get jail name ...		print parameters
 *	jailed list				jid and name of every jail
 *	jailed attach jail command		attach, run a command
 *	jailed inside jail			attach, tell what it is like there
 *	jailed remove jail
 *	jailed old path hostname addr command	jail(2) of old
 *
 * Values of ip4.addr are addresses separated by commas; those of persist and
 * portrange.* are numbers; all else is text.
 */
#include <sys/param.h>
#include <sys/jail.h>
#include <sys/sysctl.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <jail.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAXPARAMS	16

static struct iovec	iov[2 * MAXPARAMS];
static unsigned		niov;
static char		errmsg[256];

static void
param(const char *name, const void *val, size_t len)
{
	if (niov + 2 > 2 * MAXPARAMS)
		errx(1, "too many parameters");
	iov[niov].iov_base = strdup(name);
	iov[niov++].iov_len = strlen(name) + 1;
	iov[niov].iov_base = len > 0 ? memcpy(malloc(len), val, len) : NULL;
	iov[niov++].iov_len = len;
}

static void
param_text(char *text)
{
	struct in_addr addr[16];
	char *val = strchr(text, '='), *word;
	size_t n = 0;
	int num;

	if (val == NULL) {
		param(text, NULL, 0);
		return;
	}
	*val++ = '\0';
	if (strcmp(text, "ip4.addr") == 0) {
		while ((word = strsep(&val, ",")) != NULL && n < 16)
			if (inet_pton(AF_INET, word, &addr[n++]) != 1)
				errx(1, "%s: not an address", word);
		param(text, addr, n * sizeof(addr[0]));
	} else if (strcmp(text, "persist") == 0 || strcmp(text, "jid") == 0 ||
	    strncmp(text, "portrange.", 10) == 0) {
		num = atoi(val);
		param(text, &num, sizeof(num));
	} else
		param(text, val, strlen(val) + 1);
}

static int
params(int argc, char **argv)
{
	int i;

	for (i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		param_text(argv[i]);
	param("errmsg", errmsg, sizeof(errmsg));
	return i + 1;
}

static void
fail(const char *what)
{
	char *msg = iov[niov - 1].iov_base;

	if (msg != NULL && *msg != '\0')
		errx(1, "%s: %s (%s)", what, msg, strerror(errno));
	err(1, "%s", what);
}

static void
run(char **argv)
{
	execvp(argv[0], argv);
	err(1, "%s", argv[0]);
}

static int
id_of(const char *name)
{
	int jid = jail_getid(name);

	if (jid == -1)
		errx(1, "jail_getid: %s", jail_errmsg);
	return jid;
}

static void
print(const char *name, const struct iovec *v)
{
	char text[INET_ADDRSTRLEN];
	const char *p = v->iov_base;
	int num;

	printf("%s=", name);
	if (strcmp(name, "ip4.addr") == 0)
		for (; p < (char *)v->iov_base + v->iov_len;
		    p += sizeof(struct in_addr))
			printf("%s ", inet_ntop(AF_INET, p, text,
			    sizeof(text)));
	else if (v->iov_len == sizeof(num) && p[3] == '\0' && p[0] < ' ') {
		memcpy(&num, p, sizeof(num));
		printf("%d", num);
	} else
		printf("%s", p);
	putchar('\n');
}

/* As FreeBSD's jls: sizes first, then values. */
static void
get(const char *jail, int argc, char **argv)
{
	int jid = id_of(jail), i;

	param("jid", &jid, sizeof(jid));
	for (i = 0; i < argc; i++)
		param(argv[i], NULL, 0);
	param("errmsg", errmsg, sizeof(errmsg));
	if (jail_get(iov, niov, 0) == -1)
		fail("jail_get");
	for (i = 3; i < (int)niov - 2; i += 2)
		iov[i].iov_base = calloc(1, iov[i].iov_len + 1);
	if (jail_get(iov, niov, 0) != jid)
		fail("jail_get");
	for (i = 3; i < (int)niov - 2; i += 2)
		print(iov[i - 1].iov_base, &iov[i]);
}

static void
list(void)
{
	char name[256], *again;
	int jid = 0;

	for (;;) {
		struct iovec v[] = {
			{ "lastjid", 8 }, { &jid, sizeof(jid) },
			{ "name", 5 }, { name, sizeof(name) },
		};

		if ((jid = jail_get(v, 4, 0)) == -1)
			break;
		if ((again = jail_getname(jid)) == NULL ||
		    strcmp(name, again) != 0)
			errx(1, "jail %d is %s or %s", jid, name, again);
		printf("%d %s\n", jid, name);
		free(again);
	}
	if (errno != ENOENT)
		err(1, "jail_get");
}

static int
is_jailed(void)
{
	size_t len = sizeof(int);
	int val = -1;

	if (sysctlbyname("security.jail.jailed", &val, &len, NULL, 0) == -1)
		err(1, "security.jail.jailed");
	return val;
}

static int
descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* The descriptor that sysctl(3) keeps must not lead out of the jail. */
static void
inside(const char *jail)
{
	int jid = id_of(jail), before, kept = 17;

	before = descriptors();
	printf("outside: jailed %d\n", is_jailed());
	fflush(stdout);
	if (jail_attach(jid) == -1)
		err(1, "jail_attach: %s", jail_errmsg);
	printf("inside: %d descriptors more, kept %d, uid %u\n",
	    descriptors() - before, kept, (unsigned)getuid());
	printf("inside: jailed %d\n", is_jailed());
}

static void
old(char **argv)
{
	struct in_addr addr;
	struct jail j = { .version = JAIL_API_VERSION, .path = argv[0],
		.hostname = argv[1], .ip4s = 1, .ip4 = &addr };

	if (inet_pton(AF_INET, argv[2], &addr) != 1)
		errx(1, "Could not make sense of ip-number: %s", argv[2]);
	if (jail(&j) == -1)
		err(1, "jail: %s", jail_errmsg);
	run(argv + 3);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int jid, n;

	argc -= 2;
	argv += 2;
	if (strcmp(what, "list") == 0)
		list();
	else if (argc < 1)
		errx(1, "usage: jailed set|make|update|get|list|attach|remove");
	else if (strcmp(what, "inside") == 0)
		inside(argv[0]);
	else if (strcmp(what, "set") == 0) {
		n = params(argc, argv);
		if (jail_set(iov, niov, JAIL_CREATE | JAIL_ATTACH) == -1)
			fail("jail_set");
		run(argv + n);
	} else if (strcmp(what, "make") == 0) {
		params(argc, argv);
		if ((jid = jail_set(iov, niov, JAIL_CREATE)) == -1)
			fail("jail_set");
		printf("%d\n", jid);
	} else if (strcmp(what, "update") == 0) {
		jid = id_of(argv[0]);
		param("jid", &jid, sizeof(jid));
		params(argc - 1, argv + 1);
		if (jail_set(iov, niov, JAIL_UPDATE) == -1)
			fail("jail_set");
	} else if (strcmp(what, "get") == 0)
		get(argv[0], argc - 1, argv + 1);
	else if (strcmp(what, "attach") == 0) {
		if (jail_attach(id_of(argv[0])) == -1)
			err(1, "jail_attach: %s", jail_errmsg);
		run(argv + 1);
	} else if (strcmp(what, "remove") == 0) {
		if (jail_remove(id_of(argv[0])) == -1)
			err(1, "jail_remove: %s", jail_errmsg);
	} else if (strcmp(what, "old") == 0 && argc > 3)
		old(argv);
	else
		errx(1, "%s?", what);
	return 0;
}
