/*
 * launch_jail.c - what jail(8) does with a jail, over the control socket.
 *
 * A new jail is asked for first; what it has become is read back, and its
 * namespaces are made from that, below those of the jail it is in.  If a step
 * fails the jail is removed and nothing is left of it.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <bsd/string.h>

#include "base/inaddr.h"
#include "netjail/jailparam.h"
#include "netjail/launch.h"
#include "netjail/launch_jail.h"
#include "sysctl/client.h"

/* ---- parameters ---- */

static size_t
name_length(const char *param)
{
	return strcspn(param, "=");
}

/* Are they about the same parameter? */
static bool
same_param(const char *a, const char *b)
{
	size_t alen = name_length(a), blen = name_length(b);
	const struct jp_def *p;
	bool no;

	if (alen == blen && memcmp(a, b, alen) == 0)
		return true;
	p = jp_find(a, alen, &no);
	return p != NULL && p == jp_find(b, blen, &no);
}

void
jail_param_set(struct jail_params *p, const char *param)
{
	char **more, *copy = strdup(param);
	unsigned i;

	if (copy == NULL)
		err(1, NULL);
	for (i = 0; i < p->n; i++)
		if (same_param(p->v[i], param)) {
			free(p->v[i]);
			p->v[i] = copy;
			return;
		}
	more = reallocarray(p->v, p->n + 1, sizeof(*more));
	if (more == NULL)
		err(1, NULL);
	p->v = more;
	p->v[p->n++] = copy;
}

void
jail_param_setval(struct jail_params *p, const char *name, const char *value)
{
	char *param;

	if (asprintf(&param, "%s%s%s", name, value != NULL ? "=" : "",
	    value != NULL ? value : "") < 0)
		err(1, NULL);
	jail_param_set(p, param);
	free(param);
}

const char *
jail_param_get(const struct jail_params *p, const char *name)
{
	size_t len = strlen(name);
	unsigned i;

	for (i = 0; i < p->n; i++)
		if (name_length(p->v[i]) == len &&
		    memcmp(p->v[i], name, len) == 0)
			return p->v[i] + len + (p->v[i][len] == '=');
	return NULL;
}

void
jail_params_free(struct jail_params *p)
{
	while (p->n > 0)
		free(p->v[--p->n]);
	free(p->v);
	p->v = NULL;
}

/* ---- asking the daemon ---- */

void
jail_selector(const char *what, char *buf, size_t len)
{
	bool number = *what != '\0' &&
	    strspn(what, "0123456789") == strlen(what);

	snprintf(buf, len, "%s=%s", number ? "jid" : "name", what);
}

void
launch_jail_get_free(char **value)
{
	if (value != NULL)
		free(value[0]);
	free(value);
}

/* "name=value\0" n times, in place: pointers to the values. */
static char **
split_values(char *buf, size_t len, unsigned n)
{
	char **value = calloc(n + 1, sizeof(*value)), *p = buf;
	unsigned i;

	if (value == NULL)
		err(1, NULL);
	for (i = 0; i < n; i++) {
		size_t name = p < buf + len ? name_length(p) : 0;

		if (p >= buf + len || p[name] != '=')
			errx(1, "netjaild: a strange answer");
		value[i] = p + name + 1;
		p += strlen(p) + 1;
	}
	return value;
}

int
launch_jail_get(int sock, const char *selector, bool dying,
    const char *const *want, char ***valuep, uint32_t *jidp, char *errmsg,
    size_t errlen)
{
	void *ans = NULL;
	size_t alen = 0, len;
	char *req, **value;
	unsigned n;
	FILE *f;
	int r;

	if ((f = open_memstream(&req, &len)) == NULL)
		err(1, NULL);
	fprintf(f, "%s%c", selector, 0);
	for (n = 0; want[n] != NULL; n++)
		fprintf(f, "%s%c", want[n], 0);
	if (fclose(f) != 0)
		err(1, NULL);
	*errmsg = '\0';
	r = ctl_call(sock, CTL_JAIL_GET, dying ? JAIL_DYING : 0, req, len, -1,
	    &ans, &alen, jidp, NULL, errmsg, errlen);
	free(req);
	if (r != 0) {
		free(ans);
		if (*errmsg == '\0')
			strlcpy(errmsg, strerror(errno), errlen);
		return -1;
	}
	value = split_values(ans, alen, n);
	/* The text lies in one piece, which begins with the first name. */
	if (n > 0)
		memmove(ans, value[0], strlen(value[0]) + 1);
	if (n > 0)
		value[0] = ans;
	else
		free(ans);
	*valuep = value;
	return 0;
}

/* How people call the jail; "" for one without a name. */
static const char *
called(const struct jail_params *p)
{
	const char *name = jail_param_get(p, "name");

	if (name == NULL)
		name = jail_param_get(p, "jid");
	return name != NULL ? name : "";
}

static void
tell_refusal(const struct jail_params *p, const char *msg)
{
	const char *name = called(p);
	char exists[512], missing[512];

	snprintf(exists, sizeof(exists), "jail \"%s\" already exists", name);
	snprintf(missing, sizeof(missing), "jail \"%s\" not found", name);
	/* FreeBSD's jail(8) says these two in its own words. */
	if (strcmp(msg, exists) == 0 || strcmp(msg, missing) == 0)
		warnx("%s", msg + strlen("jail "));
	else
		warnx("%s%s%s", name, *name != '\0' ? ": " : "",
		    *msg != '\0' ? msg : strerror(errno));
}

/* CTL_JAIL_SET.  0 or -1. */
static int
jail_set(int sock, const struct jail_params *p, unsigned flags, uint32_t *jid)
{
	char msg[1024] = "", *params;
	size_t len;
	unsigned i;
	FILE *f;
	int error;

	if ((f = open_memstream(&params, &len)) == NULL)
		err(1, NULL);
	for (i = 0; i < p->n; i++)
		fprintf(f, "%s%c", p->v[i], 0);
	if (fclose(f) != 0)
		err(1, NULL);
	if (len > CTL_MAXREQUEST - sizeof(struct ctlmsg)) {
		warnx("%s: too many parameters", called(p));
		free(params);
		return -1;
	}
	error = ctl_call(sock, CTL_JAIL_SET, flags, params, len, -1, NULL, NULL,
	    jid, NULL, msg, sizeof(msg));
	if (error != 0)
		tell_refusal(p, msg);
	free(params);
	return error;
}

/* Its end.  0 or -1 with errno. */
static int
remove_jid(int sock, uint32_t jid)
{
	return ctl_call(sock, CTL_JAIL_REMOVE, jid, NULL, 0, -1, NULL, NULL,
	    NULL, NULL, NULL, 0);
}

/* The pidfd of a jail's init; -1: it has none. */
static int
init_of(int sock, uint32_t jid)
{
	char msg[256] = "";
	int fd = -1;

	if (ctl_call(sock, CTL_ENTER, jid, NULL, 0, -1, NULL, NULL, NULL, &fd,
	    msg, sizeof(msg)) != 0)
		return -1;
	return fd;
}

/* ---- namespaces ---- */

static unsigned
parse_addresses(char *list, struct inaddr **addrp)
{
	struct inaddr *a = NULL, *more;
	unsigned n = 0, room = 0;
	char *s;

	while ((s = strsep(&list, ",")) != NULL) {
		if (*s == '\0')
			continue;
		if (n == room) {
			room = room == 0 ? 16 : 2 * room;
			more = reallocarray(a, room, sizeof(*a));
			if (more == NULL)
				err(1, NULL);
			a = more;
		}
		if (inaddr_pton(s, &a[n]))
			n++;
	}
	*addrp = a;
	return n;
}

/* path as it is called in the jail whose root is `root'; NULL: it is not. */
static const char *
path_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	if (strcmp(root, "/") == 0)
		return path;
	if (strncmp(path, root, len) != 0 ||
	    (path[len] != '/' && path[len] != '\0'))
		return NULL;
	return path[len] == '\0' ? "/" : path + len;
}

/*
 * Where to make it: lj->parent becomes the pidfd of the parent's init, and
 * lj->path what the path is called there.  0, or -1 told.
 */
static int
find_place(int sock, const char *parent, struct launch_jail *lj)
{
	static const char *const want[] = { "path", "name", NULL };
	char sel[64], msg[512], **v;
	const char *path;
	uint32_t jid;

	lj->parent = -1;
	if (strcmp(parent, "0") == 0)
		return 0;
	snprintf(sel, sizeof(sel), "jid=%s", parent);
	if (launch_jail_get(sock, sel, false, want, &v, &jid, msg,
	    sizeof(msg)) != 0) {
		warnx("%s", msg);
		return -1;
	}
	if ((path = path_below(lj->path, v[0])) == NULL)
		warnx("path %s: not in %s, where jail %s is", lj->path, v[0],
		    v[1]);
	else if ((lj->parent = init_of(sock, jid)) < 0)
		warnx("jail %s has no processes to join", v[1]);
	launch_jail_get_free(v);
	lj->path = path;
	return lj->parent >= 0 ? 0 : -1;
}

/* The jail's namespaces, and init.  0, or -1 told. */
static int
populate(const struct jail_options *o, int sock, uint32_t jid, int *pidfdp)
{
	static const char *const want[] = {
		"path", "host.hostname", "ip4.addr", "parent", NULL
	};
	struct launch_jail lj = {
		.jid = jid, .verbose = o->verbose && !o->quiet,
		.mounts = o->mounts,
	};
	char sel[64], msg[512], **v;
	struct inaddr *addr;
	int error;

	snprintf(sel, sizeof(sel), "jid=%u", jid);
	if (launch_jail_get(sock, sel, false, want, &v, &jid, msg,
	    sizeof(msg)) != 0) {
		warnx("%s", msg);
		return -1;
	}
	lj.path = v[0];
	lj.hostname = v[1];
	lj.naddr = parse_addresses(v[2], &addr);
	lj.addr = addr;
	error = find_place(sock, v[3], &lj);
	if (error == 0)
		error = launch_init(&lj, pidfdp);
	if (lj.parent >= 0)
		close(lj.parent);
	free(addr);
	launch_jail_get_free(v);
	return error;
}

/* ---- making and changing ---- */

static void
print_quoted(FILE *f, const char *s)
{
	char quote = strchr(s, '\'') != NULL ? '"' :
	    strchr(s, '"') != NULL ? '\'' :
	    strpbrk(s, " \t") != NULL ? '"' : '\0';

	if (*s == '\0') {
		fputs("\"\"", f);
		return;
	}
	if (quote != '\0')
		fputc(quote, f);
	for (; *s != '\0'; s++) {
		if (*s == '\\' || (quote != '\0' && *s == quote))
			fputc('\\', f);
		fputc(*s, f);
	}
	if (quote != '\0')
		fputc(quote, f);
}

static const char *
or_nothing(const char *s)
{
	return s != NULL ? s : "";
}

/* FreeBSD's line for the old form. */
static void
write_oldline(FILE *f, const struct jail_params *p, uint32_t jid,
    char *const *command)
{
	fprintf(f, "%u\t%s\t%s\t%s\t%s\n", jid,
	    or_nothing(jail_param_get(p, "path")),
	    or_nothing(jail_param_get(p, "host.hostname")),
	    or_nothing(jail_param_get(p, "ip4.addr")),
	    command != NULL ? command[0] : "");
	fflush(f);
}

/* FreeBSD's line: jid=N and the parameters. */
static void
write_jidfile(FILE *f, const struct jail_params *p, uint32_t jid)
{
	unsigned i;

	fprintf(f, "jid=%u", jid);
	for (i = 0; i < p->n; i++) {
		size_t len = name_length(p->v[i]);

		if (len == 3 && memcmp(p->v[i], "jid", len) == 0)
			continue;
		fprintf(f, " %.*s", (int)len, p->v[i]);
		if (p->v[i][len] == '=') {
			fputc('=', f);
			print_quoted(f, p->v[i] + len + 1);
		}
	}
	fputc('\n', f);
	fflush(f);
}

static void
announce(const struct jail_options *o, const struct jail_params *p,
    const struct launch_cmd *c, bool created)
{
	const char *name = called(p);
	uint32_t jid = c->jid;

	if (o->print_jid)
		printf("%u\n", jid);
	if (created && !o->quiet && (o->verbose ||
	    (!o->old && *name != '\0'))) {
		if (*name != '\0')
			printf("%s: created\n", name);
		else
			printf("%u: created\n", jid);
	}
	fflush(stdout);
	if (o->jidfile != NULL && o->old)
		write_oldline(o->jidfile, p, jid, c->argv);
	else if (o->jidfile != NULL)
		write_jidfile(o->jidfile, p, jid);
}

/* Run the command in the jail of c.  Its status. */
static int
run(const struct jail_options *o, struct launch_cmd *c, const char *name,
    bool wait)
{
	struct launch_user u = { .name = NULL };
	char number[32];
	int status = 1;
	pid_t pid;

	snprintf(number, sizeof(number), "%u", c->jid);
	if (o->user != NULL) {
		if (launch_user_find(o->user, &u) != 0)
			return 1;
		c->user = &u;
	}
	c->user_inside = o->user_inside;
	if ((pid = launch_start(c)) > 0)
		status = wait ? launch_wait(c, pid, *name != '\0' ? name :
		    number) : 0;
	c->user = NULL;
	launch_user_free(&u);
	return status;
}

/* What was asked for, with the path as it really is.  0, or -1 told. */
static int
real_params(const struct jail_params *p, struct jail_params *real)
{
	const char *path = jail_param_get(p, "path");
	char buf[PATH_MAX];
	struct stat st;
	unsigned i;

	for (i = 0; i < p->n; i++)
		jail_param_set(real, p->v[i]);
	if (path == NULL)
		return 0;
	if (*path != '/') {
		warnx("path %s: not an absolute pathname", path);
		return -1;
	}
	if (realpath(path, buf) == NULL) {
		warn("path %s", path);
		return -1;
	}
	if (stat(buf, &st) == 0 && !S_ISDIR(st.st_mode)) {
		warnx("path %s: %s", path, strerror(ENOTDIR));
		return -1;
	}
	jail_param_setval(real, "path", buf);
	return 0;
}

/* The jail is there; with its namespaces, or without them. */
static int
settle(const struct jail_options *o, const struct jail_params *p,
    unsigned flags, struct launch_cmd *c, bool wait)
{
	bool created;

	c->pidfd = init_of(c->sock, c->jid);
	created = c->pidfd < 0 && (flags & JAIL_CREATE) != 0;
	if (created && populate(o, c->sock, c->jid, &c->pidfd) != 0) {
		(void)remove_jid(c->sock, c->jid);
		return 1;
	}
	announce(o, p, c, created);
	if (c->argv == NULL)
		return 0;
	if (c->pidfd < 0) {
		warnx("%s: has no processes to join", called(p));
		return 1;
	}
	return run(o, c, called(p), wait);
}

int
jail_apply(const struct jail_options *o, const struct jail_params *p,
    unsigned flags, char **command, bool wait)
{
	struct launch_cmd c = {
		.argv = command, .clean = o->clean, .pidfd = -1,
		.verbose = o->verbose && !o->quiet,
	};
	struct jail_params real = { .n = 0 };
	int status = 1;

	if (command != NULL)
		flags |= JAIL_ATTACH;
	if (real_params(p, &real) == 0 && (c.sock = launch_connect()) >= 0) {
		if (jail_set(c.sock, &real, flags, &c.jid) == 0)
			status = settle(o, &real, flags, &c, wait);
		if (c.pidfd >= 0)
			close(c.pidfd);
		/* Until now the jail has waited for its first program. */
		close(c.sock);
	}
	jail_params_free(&real);
	return status;
}

/* ---- removing ---- */

static int
remove_one(const struct jail_options *o, int sock, const char *sel,
    const char *what)
{
	static const char *const want[] = { "name", NULL };
	char msg[512], **v;
	uint32_t jid;
	int status = 0;

	if (launch_jail_get(sock, sel, false, want, &v, &jid, msg,
	    sizeof(msg)) != 0) {
		if (what != NULL && errno == ENOENT)
			warnx("\"%s\" not found", what);
		else if (errno != ENOENT)
			warnx("%s", msg);
		return 1;
	}
	if (remove_jid(sock, jid) != 0 && errno != ESRCH) {
		warn("%s", v[0]);
		status = 1;
	} else if (!o->quiet)
		printf("%s: removed\n", v[0]);
	fflush(stdout);
	launch_jail_get_free(v);
	return status;
}

int
launch_jail_remove(const struct jail_options *o, const char *name, bool all)
{
	char sel[512];
	int sock, status = 0;

	if ((sock = ctl_connect()) < 0) {
		warnx("cannot reach netjaild: %s", ctl_strerror(errno));
		return 1;
	}
	if (!all) {
		jail_selector(name, sel, sizeof(sel));
		status = remove_one(o, sock, sel, name);
	} else	/* Each takes those below it along. */
		while (remove_one(o, sock, "lastjid=0", NULL) == 0)
			continue;
	close(sock);
	return status;
}
