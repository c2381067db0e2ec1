/*
 * conf_run.c - start, change and remove the jails of a file.
 *
 * Theory of operation
 *
 * For each jail, what is done is what a person would do with netjail(8) and
 * jexec(8), and it is done with them:
 *
 *	start	exec.prepare, exec.prestart; netjail -c persist ...;
 *		exec.created; in the jail exec.start, command; exec.poststart;
 *		netjail -m nopersist, unless it shall persist
 *	remove	exec.prestop; in the jail exec.stop; the jail's processes are
 *		asked to end and waited for; netjail -r; exec.poststop,
 *		exec.release
 *
 * A jail persists until its commands have run, for exec.start may leave nothing
 * behind until exec.poststart has had its say.  Where a step of a start fails
 * the jail is removed, and those that depend on it are not started.  Where one
 * of a removal fails before the jail is gone, it stays, and so do those that it
 * depends on.  Jails that do not concern each other are seen to at the same
 * time (conf_many.c).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "netjail/conf_exec.h"
#include "netjail/conf_file.h"
#include "netjail/conf_int.h"
#include "netjail/conf_many.h"
#include "netjail/conf_run.h"
#include "netjail/launch.h"
#include "netjail/launch_list.h"
#include "sysctl/client.h"

#define STOP_TIMEOUT	10	/* s, FreeBSD's */

struct run {
	const struct conf_options *o;
	struct conf c;
	bool	*wanted;	/* by jail: named, or all are */
	int	 status;
};

/* ---- the file ---- */

static void
load(struct run *r, const char *file)
{
	char errmsg[CONF_ERRLEN], *text;
	unsigned i;
	size_t len;

	if ((text = conf_read(file, &len)) == NULL)
		err(1, "%s", file);
	if (conf_parse(&r->c, file, text, len, conf_find, errmsg) != 0)
		errx(1, "%s", errmsg);
	free(text);
	for (i = 0; i < r->c.njail; i++)
		if (conf_check(&r->c.jail[i], errmsg) != 0)
			errx(1, "%s", errmsg);
	r->wanted = calloc(r->c.njail + 1, sizeof(*r->wanted));
	if (r->wanted == NULL)
		err(1, NULL);
}

/* ---- jails that are there ---- */

/* The jid of the jail that is called so and is not dying, or 0. */
static uint32_t
find_jid(const char *name)
{
	const struct xprison *x = NULL;
	struct jail_list l;
	uint32_t jid = 0;
	char number[16];

	if (jail_list_read(&l) != 0)
		exit(1);
	while ((x = jail_list_next(&l, x)) != NULL) {
		snprintf(number, sizeof(number), "%d", x->pr_id);
		if (x->pr_state == XPRISON_ALIVE &&
		    (strcmp(x->pr_name, name) == 0 ||
		    strcmp(number, name) == 0))
			jid = (uint32_t)x->pr_id;
	}
	free(l.buf);
	return jid;
}

/* ---- netjail's own arguments ---- */

struct args {
	char	**v;		/* each malloc()ed, NULL-terminated */
	unsigned n;
};

static void __attribute__((format(printf, 2, 3)))
add(struct args *a, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		err(1, NULL);
	va_end(ap);
	a->v = cf_grow(a->v, a->n, sizeof(*a->v));
	a->v[a->n++] = s;
}

/* Run netjail with them, and free them. */
static int
call(struct args *a)
{
	int status;

	a->v = cf_grow(a->v, a->n, sizeof(*a->v));
	status = conf_tool(a->v);
	while (a->n > 0)
		free(a->v[--a->n]);
	free(a->v);
	return status;
}

/* FreeBSD's interface|address/mask is the address here. */
static const char *
bare_address(const char *s, int *len)
{
	const char *bar = strchr(s, '|');

	if (bar != NULL)
		s = bar + 1;
	*len = (int)strcspn(s, "/ \t");
	return s;
}

static void
add_param(struct args *a, const struct conf_param *p)
{
	bool address = strcmp(p->name, "ip4.addr") == 0 ||
	    strcmp(p->name, "ip6.addr") == 0;
	char *list = cf_strdup(""), *longer;
	const char *s;
	unsigned i;
	int len;

	if (p->nval == 0) {
		add(a, "%s", p->name);
		free(list);
		return;
	}
	for (i = 0; i < p->nval; i++) {
		s = p->val[i];
		len = (int)strlen(s);
		if (address)
			s = bare_address(s, &len);
		if (asprintf(&longer, "%s%s%.*s", list, i > 0 ? "," : "", len,
		    s) < 0)
			err(1, NULL);
		free(list);
		list = longer;
	}
	add(a, "%s=%s", p->name, list);
	free(list);
}

/* All that the jail itself has to know; when it is changed, but for what can
 * only be said when it is made. */
static void
add_params(struct args *a, const struct conf_jail *j, bool create)
{
	const struct conf_param *p;
	unsigned i;

	for (i = 0; i < j->nparam; i++) {
		p = &j->param[i];
		if (conf_kind(p->name) != CONF_JAIL)
			continue;
		if (create || strcmp(p->name, "path") != 0)
			add_param(a, p);
	}
}

static void
note_ignored(const struct run *r, const struct conf_jail *j)
{
	const struct conf_param *p;
	unsigned i;

	for (i = 0; i < j->nparam && r->o->verbose; i++) {
		p = &j->param[i];
		if (conf_kind(p->name) == CONF_IGNORED)
			warnx("%s line %u: jail %s: %s means nothing here",
			    p->at.file, p->at.line, j->name, p->name);
	}
}

static int
create(const struct run *r, const struct conf_jail *j)
{
	const struct conf_param *mounts = conf_get(j, "mount");
	const char *fstab = conf_string(j, "mount.fstab");
	struct args a = { NULL, 0 };
	unsigned i;

	note_ignored(r, j);
	add(&a, "netjail");
	add(&a, conf_bool(j, "ip_hostname") ? "-qhc" : "-qc");
	add_params(&a, j, true);
	add(&a, "persist=true");
	if (conf_bool(j, "mount.devfs"))
		add(&a, "mount=devfs dev devfs mode=755");
	if (fstab != NULL)
		add(&a, "mount.fstab=%s", fstab);
	for (i = 0; mounts != NULL && i < mounts->nval; i++)
		add(&a, "mount=%s", mounts->val[i]);
	return call(&a);
}

static int
change(const struct conf_jail *j, bool persist_only)
{
	struct args a = { NULL, 0 };

	add(&a, "netjail");
	add(&a, "-qm");
	if (persist_only)
		add_param(&a, &j->param[0]);	/* its name */
	else
		add_params(&a, j, false);
	add(&a, "persist=%s", conf_bool(j, "persist") ? "true" : "false");
	return call(&a);
}

static int
remove_jid(uint32_t jid)
{
	struct args a = { NULL, 0 };

	add(&a, "netjail");
	/* -R: what the file says has been done. */
	add(&a, "-qR");
	add(&a, "%u", jid);
	return call(&a);
}

static void
note(const struct run *r, const char *name, const char *what)
{
	if (!r->o->quiet)
		printf("%s: %s\n", name, what);
	fflush(stdout);
}

/* ---- one jail ---- */

static int
start_commands(const struct run *r, const struct conf_jail *j, uint32_t jid)
{
	const struct conf_exec x = { j, jid, r->o->verbose };

	if (conf_exec(&x, "exec.created", false) != 0 ||
	    conf_exec(&x, "exec.start", true) != 0 ||
	    conf_exec(&x, "command", true) != 0 ||
	    conf_exec(&x, "exec.poststart", false) != 0)
		return -1;
	return conf_bool(j, "persist") ? 0 : change(j, true);
}

static int
start(const struct run *r, const struct conf_jail *j)
{
	const struct conf_exec before = { j, 0, r->o->verbose };
	uint32_t jid;

	if (conf_exec(&before, "exec.prepare", false) != 0 ||
	    conf_exec(&before, "exec.prestart", false) != 0 ||
	    create(r, j) != 0)
		return -1;
	if ((jid = find_jid(j->name)) == 0) {
		warnx("%s: it was removed while it started", j->name);
		return -1;
	}
	note(r, j->name, "created");
	if (start_commands(r, j, jid) == 0)
		return 0;
	if (find_jid(j->name) == jid && remove_jid(jid) == 0)
		note(r, j->name, "removed");
	return -1;
}

static int
stop(const struct run *r, const struct conf_jail *j, uint32_t jid)
{
	struct conf_exec x = { j, jid, r->o->verbose };
	long patience = conf_int(j, "stop.timeout", STOP_TIMEOUT);

	if (!r->o->plain) {
		if (conf_exec(&x, "exec.prestop", false) != 0 ||
		    conf_exec(&x, "exec.stop", true) != 0)
			return -1;
		/* A jail that is gone by now, for it has no process left, has
		 * gone as it should. */
		if (patience > 0 && find_jid(j->name) == jid)
			(void)conf_end_processes(jid, patience);
	}
	if (find_jid(j->name) == jid && remove_jid(jid) != 0 &&
	    find_jid(j->name) == jid)
		return -1;
	note(r, j->name, "removed");
	x.jid = 0;
	if (!r->o->plain && (conf_exec(&x, "exec.poststop", false) != 0 ||
	    conf_exec(&x, "exec.release", false) != 0))
		return -1;
	return 0;
}

/* ---- what is wanted of a jail ---- */

static enum conf_outcome
apply(const void *run, unsigned i, bool held)
{
	const struct run *r = run;
	const struct conf_jail *j = &r->c.jail[i];
	uint32_t jid;

	if (held) {
		warnx("\"%s\" skipped", j->name);
		return CONF_FAILED;
	}
	jid = find_jid(j->name);
	/* What another depends on is only made, if it is not there. */
	if (jid == 0 && (r->o->create || !r->wanted[i]))
		return start(r, j) == 0 ? CONF_WELL : CONF_FAILED;
	if (!r->wanted[i])
		return CONF_WELL;
	if (jid != 0 && r->o->modify)
		return change(j, false) == 0 ? CONF_WELL : CONF_FAILED;
	warnx("\"%s\" %s", j->name, jid == 0 ? "not found" :
	    "already exists");
	/* It may be there for those that need it. */
	return jid == 0 ? CONF_FAILED : CONF_TOLD;
}

static enum conf_outcome
take_away(const void *run, unsigned i, bool held)
{
	const struct run *r = run;
	const struct conf_jail *j = &r->c.jail[i];
	uint32_t jid = find_jid(j->name);

	if (jid == 0 && !r->wanted[i])
		return CONF_WELL;
	if (jid == 0) {
		warnx("\"%s\" not found", j->name);
		return CONF_TOLD;
	}
	if (held) {
		warnx("\"%s\" skipped", j->name);
		return CONF_FAILED;
	}
	return stop(r, j, jid) == 0 ? CONF_WELL : CONF_FAILED;
}

/* ---- all jails ---- */

/* A jail that is not in the file may be removed. */
static void
strange(struct run *r, const char *name)
{
	uint32_t jid = r->o->remove ? find_jid(name) : 0;

	if (jid == 0)
		warnx("\"%s\" not found", name);
	else if (remove_jid(jid) == 0) {
		note(r, name, "removed");
		return;
	}
	r->status = 1;
}

/* Indexes of the jails called so; those not in the file are seen to.  The
 * caller frees them; *n is 0 if there is none. */
static unsigned *
choose(struct run *r, char **names, unsigned *n)
{
	const struct conf_jail *j;
	unsigned *want = NULL;

	*n = 0;
	for (; *names != NULL; names++) {
		if ((j = conf_jail(&r->c, *names)) == NULL) {
			strange(r, *names);
			continue;
		}
		want = cf_grow(want, *n, sizeof(*want));
		want[(*n)++] = (unsigned)(j - r->c.jail);
		r->wanted[j - r->c.jail] = true;
	}
	return want;
}

static void
want_running(struct run *r)
{
	unsigned i;

	/* Of all, those that are not there need not be removed. */
	for (i = 0; i < r->c.njail; i++)
		r->wanted[i] = !r->o->remove;
}

/* '*' means jails that are in no file as well. */
static int
remove_rest(const struct conf_options *o)
{
	struct args a = { NULL, 0 };

	add(&a, "netjail");
	add(&a, o->quiet ? "-qR" : "-R");
	add(&a, "*");
	return call(&a);
}

static void
reach_daemon(const struct conf_options *o)
{
	int sock = o->remove ? ctl_connect() : launch_connect();

	if (sock < 0 && o->remove)
		errx(1, "cannot reach netjaild: %s", ctl_strerror(errno));
	if (sock < 0)
		exit(1);
	close(sock);
}

int
conf_run(const struct conf_options *o, const char *file, char **names)
{
	bool all = *names == NULL ||
	    (strcmp(*names, "*") == 0 && names[1] == NULL);
	struct run r = { .o = o };
	const struct conf_many many = { .c = &r.c, .stop = o->remove,
		.limit = o->limit, .work = o->remove ? take_away : apply,
		.arg = &r };
	unsigned *want = NULL, *order, n = 0, count = 0;
	char errmsg[CONF_ERRLEN];

	load(&r, file);
	reach_daemon(o);
	if (all)
		want_running(&r);
	else
		want = choose(&r, names, &n);
	order = all || n > 0 ? conf_order(&r.c, want, n, o->remove, &count,
	    errmsg) : NULL;
	if (order == NULL && (all || n > 0) && r.c.njail > 0)
		errx(1, "%s", errmsg);
	if (order != NULL)
		r.status |= conf_many(&many, order, count);
	if (*names != NULL && all && o->remove)
		r.status |= remove_rest(o);
	free(order);
	free(want);
	free(r.wanted);
	conf_free(&r.c);
	return r.status;
}
