/*
 * conf.c - from a file of jails as it is written to jails with parameters.
 *
 * Theory of operation
 *
 * A jail's parameters are collected in the order of the file: those of every
 * wildcard that matches its name, and its own where it stands; so what stands
 * behind a jail overrides it, as in FreeBSD.  "=" replaces what there is, "+="
 * adds values to it.  A boolean and its opposite are one parameter; the last
 * name given holds.  The jail's name is its parameter "name", or "jid" if it is
 * a number, and cannot be changed.
 *
 * Then variables are replaced.  Every parameter is a variable as well.  A value
 * that is nothing but a variable becomes all of its values; within other text a
 * variable must have one.  Each parameter is resolved once, those it needs
 * before it; one that is met again while that goes on is a loop.  How deep this
 * goes, and how long a value becomes, is bounded.
 */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/conf_int.h"

#define MAXDEPTH	64	/* variables in variables */
#define MAXVALUE	32768	/* bytes of one value */
#define MAXVALUES	4096	/* of one parameter */

/* A parameter being collected and resolved. */
struct work {
	const char *name;	/* borrowed from the file, as are the values */
	bool	 var;
	bool	 fixed;		/* name and jid */
	struct conf_place at;
	const struct cf_string **from;
	unsigned nfrom;
	enum { NEW, BUSY, DONE } state;
	char	**val;
	unsigned nval;
};

struct job {
	const struct cf_block *block;	/* the jail */
	struct work *work;
	unsigned n;
	char	*errmsg;
};

static const struct {
	const char *name;
	enum conf_kind kind;
} kinds[] = {
	{ "allow.dying", CONF_IGNORED },
	{ "command", CONF_LIST },
	{ "depend", CONF_LIST },
	{ "devfs_ruleset", CONF_IGNORED },
	{ "exec.clean", CONF_BOOL },
	{ "exec.consolelog", CONF_TEXT },
	{ "exec.created", CONF_LIST },
	{ "exec.fib", CONF_IGNORED },
	{ "exec.jail_user", CONF_TEXT },
	{ "exec.poststart", CONF_LIST },
	{ "exec.poststop", CONF_LIST },
	{ "exec.prepare", CONF_LIST },
	{ "exec.prestart", CONF_LIST },
	{ "exec.prestop", CONF_LIST },
	{ "exec.release", CONF_LIST },
	{ "exec.start", CONF_LIST },
	{ "exec.stop", CONF_LIST },
	{ "exec.system_jail_user", CONF_BOOL },
	{ "exec.system_user", CONF_TEXT },
	{ "exec.timeout", CONF_INT },
	{ "interface", CONF_IGNORED },
	{ "ip_hostname", CONF_BOOL },
	{ "mount", CONF_LIST },
	{ "mount.devfs", CONF_BOOL },
	{ "mount.fdescfs", CONF_IGNORED },
	{ "mount.fstab", CONF_TEXT },
	{ "mount.procfs", CONF_IGNORED },
	{ "persist", CONF_BOOL },
	{ "stop.timeout", CONF_INT },
};

enum conf_kind
conf_kind(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0 ||
		    (kinds[i].kind == CONF_BOOL &&
		    conf_same(kinds[i].name, name)) ||
		    (kinds[i].kind == CONF_IGNORED &&
		    conf_same(kinds[i].name, name)))
			return kinds[i].kind;
	return CONF_JAIL;
}

/* ---- names ---- */

static const char *
last_component(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL ? dot + 1 : name;
}

/* Is b the opposite of a: a with "no" before its last component? */
static bool
is_opposite(const char *a, const char *b)
{
	size_t len = (size_t)(last_component(a) - a);

	return strncmp(a, b, len) == 0 && strncmp(b + len, "no", 2) == 0 &&
	    strcmp(a + len, b + len + 2) == 0;
}

bool
conf_same(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || is_opposite(a, b) || is_opposite(b, a);
}

static bool
is_wild(const char *name)
{
	size_t len;

	for (; *name != '\0'; name += len, name += *name == '.') {
		len = strcspn(name, ".");
		if (len == 1 && *name == '*')
			return true;
		if (len == 0 && *name != '.')
			break;
	}
	return false;
}

/* Does the wildcard match?  A component "*" matches one of any name, and alone
 * every name. */
static bool
matches(const char *name, const char *wild)
{
	size_t len, wlen;

	if (strcmp(wild, "*") == 0)
		return true;
	for (;;) {
		len = strcspn(name, ".");
		wlen = strcspn(wild, ".");
		if (!(wlen == 1 && *wild == '*') &&
		    (len != wlen || strncmp(name, wild, len) != 0))
			return false;
		name += len;
		wild += wlen;
		if (*name == '\0' || *wild == '\0')
			return *name == *wild;
		name++;
		wild++;
	}
}

static bool
is_number(const char *s)
{
	return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* ---- collecting ---- */

/* False, always. */
static bool __attribute__((format(printf, 3, 4)))
complain(const struct job *job, struct conf_place at, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(job->errmsg, CONF_ERRLEN, "%s line %u: jail %.64s: ",
	    at.file, at.line, job->block->name);
	if (n < 0 || n >= CONF_ERRLEN)
		return false;
	va_start(ap, fmt);
	vsnprintf(job->errmsg + n, (size_t)(CONF_ERRLEN - n), fmt, ap);
	va_end(ap);
	cf_legible(job->errmsg);
	return false;
}

static struct work *
find_work(const struct job *job, const char *name)
{
	unsigned i;

	for (i = 0; i < job->n; i++)
		if (conf_same(job->work[i].name, name))
			return &job->work[i];
	return NULL;
}

static struct work *
add_work(struct job *job, const char *name, bool var, struct conf_place at)
{
	struct work *w;

	job->work = cf_grow(job->work, job->n, sizeof(*job->work));
	w = &job->work[job->n++];
	w->name = name;
	w->var = var;
	w->at = at;
	return w;
}

/* A variable may not be called as a parameter is. */
static bool
name_fits(const struct job *job, const struct work *w,
    const struct cf_param *p)
{
	bool ours = conf_kind(p->name) != CONF_JAIL;

	if ((w != NULL && w->var != p->var) || (p->var && ours))
		return complain(job, p->at, "variable \"$%s\" cannot have "
		    "the same name as a parameter", p->name);
	if (w != NULL && w->fixed)
		return complain(job, p->at, "cannot redefine parameter "
		    "\"%s\"", p->name);
	return true;
}

static bool
collect(struct job *job, const struct cf_param *p)
{
	struct work *w = find_work(job, p->name);
	unsigned i;

	if (!name_fits(job, w, p))
		return false;
	if (w == NULL)
		w = add_work(job, p->name, p->var, p->at);
	w->name = p->name;
	w->at = p->at;
	if (!p->append || p->nval == 0)
		w->nfrom = 0;
	if (w->nfrom + p->nval > MAXVALUES)
		return complain(job, p->at, "%s: too many values", p->name);
	for (i = 0; i < p->nval; i++) {
		w->from = reallocarray(w->from, w->nfrom + 1,
		    sizeof(*w->from));
		if (w->from == NULL)
			err(1, NULL);
		w->from[w->nfrom++] = &p->val[i];
	}
	return true;
}

static bool
collect_block(struct job *job, const struct cf_block *b)
{
	unsigned i;

	for (i = 0; i < b->nparam; i++)
		if (!collect(job, &b->param[i]))
			return false;
	return true;
}

static bool
collect_all(struct job *job, const struct cf_file *f)
{
	const struct cf_block *b, *own = job->block;
	struct work *w;

	w = add_work(job, is_number(own->name) ? "jid" : "name", false,
	    own->at);
	w->fixed = true;
	w->state = DONE;
	w->val = cf_grow(NULL, 0, sizeof(*w->val));
	w->val[w->nval++] = cf_strdup(own->name);
	for (b = f->block; b < f->block + f->n; b++)
		if ((b == own || (is_wild(b->name) &&
		    matches(own->name, b->name))) && !collect_block(job, b))
			return false;
	return true;
}

/* ---- variables ---- */

static bool	resolve(struct job *job, struct work *w, unsigned depth);

/* The values of a variable that w needs, resolved.  NULL: told. */
static const struct work *
variable(struct job *job, const struct work *w, const char *name,
    unsigned depth)
{
	struct work *v = find_work(job, name);

	if (v != NULL && v->state == BUSY)
		complain(job, w->at, "%s: variable loop", name);
	else if (v != NULL && !resolve(job, v, depth + 1))
		return NULL;
	else if (v == NULL || v->nval == 0)
		complain(job, w->at, "%s: variable \"%s\" not found", w->name,
		    name);
	else
		return v;
	return NULL;
}

static bool
add_value(const struct job *job, struct work *w, char *value)
{
	if (w->nval == MAXVALUES) {
		free(value);
		return complain(job, w->at, "%s: too many values", w->name);
	}
	w->val = cf_grow(w->val, w->nval, sizeof(*w->val));
	w->val[w->nval++] = value;
	return true;
}

/* A value that is nothing but a variable. */
static bool
take_all(struct job *job, struct work *w, const char *name, unsigned depth)
{
	const struct work *v = variable(job, w, name, depth);
	unsigned i;

	if (v == NULL)
		return false;
	for (i = 0; i < v->nval; i++)
		if (!add_value(job, w, cf_strdup(v->val[i])))
			return false;
	return true;
}

/* The text of a piece, or NULL: told. */
static const char *
piece_text(struct job *job, struct work *w, const struct cf_piece *piece,
    unsigned depth)
{
	const struct work *v;

	if (!piece->var)
		return piece->text;
	if ((v = variable(job, w, piece->text, depth)) == NULL)
		return NULL;
	if (v->nval > 1) {
		complain(job, w->at, "%s: array cannot be substituted inline",
		    w->name);
		return NULL;
	}
	return v->val[0];
}

static bool
take_string(struct job *job, struct work *w, const struct cf_string *s,
    unsigned depth)
{
	char *value = cf_strdup(""), *longer;
	size_t len = 0, more;
	const char *text;
	unsigned i;

	for (i = 0; i < s->n; i++) {
		if ((text = piece_text(job, w, &s->piece[i], depth)) == NULL) {
			free(value);
			return false;
		}
		more = strlen(text);
		if (len + more > MAXVALUE) {
			free(value);
			return complain(job, w->at, "%s: value too long",
			    w->name);
		}
		if ((longer = realloc(value, len + more + 1)) == NULL)
			err(1, NULL);
		value = longer;
		memcpy(value + len, text, more + 1);
		len += more;
	}
	return add_value(job, w, value);
}

/* Make w's values from what is written. */
static bool
resolve(struct job *job, struct work *w, unsigned depth)
{
	const struct cf_string *s;
	unsigned i;
	bool ok = true;

	if (w->state == DONE)
		return true;
	if (depth > MAXDEPTH)
		return complain(job, w->at, "%s: variables are nested too "
		    "deeply", w->name);
	w->state = BUSY;
	for (i = 0; i < w->nfrom && ok; i++) {
		s = w->from[i];
		if (s->n == 1 && s->piece[0].var)
			ok = take_all(job, w, s->piece[0].text, depth);
		else
			ok = take_string(job, w, s, depth);
	}
	w->state = DONE;
	return ok;
}

/* ---- the result ---- */

static void
job_free(struct job *job)
{
	struct work *w;

	while (job->n > 0) {
		w = &job->work[--job->n];
		while (w->nval > 0)
			free(w->val[--w->nval]);
		free(w->val);
		free(w->from);
	}
	free(job->work);
}

/* Hand what was collected over to the jail, but for variables. */
static void
deliver(struct job *job, struct conf_jail *j)
{
	struct conf_param *p;
	struct work *w;
	unsigned i;

	for (i = 0; i < job->n; i++) {
		w = &job->work[i];
		if (w->var)
			continue;
		j->param = cf_grow(j->param, j->nparam, sizeof(*j->param));
		p = &j->param[j->nparam++];
		p->name = cf_strdup(w->name);
		p->at = w->at;
		p->val = w->val;
		p->nval = w->nval;
		w->val = NULL;
		w->nval = 0;
	}
}

static bool
make_jail(struct conf *c, const struct cf_file *f, const struct cf_block *b,
    char *errmsg)
{
	struct job job = { .block = b };
	struct conf_jail *j;
	unsigned i;
	bool ok;

	job.errmsg = errmsg;
	if (conf_jail(c, b->name) != NULL)
		return complain(&job, b->at, "it is there already");
	c->jail = cf_grow(c->jail, c->njail, sizeof(*c->jail));
	j = &c->jail[c->njail++];
	j->name = cf_strdup(b->name);
	j->at = b->at;
	ok = collect_all(&job, f);
	for (i = 0; i < job.n && ok; i++)
		ok = resolve(&job, &job.work[i], 0);
	if (ok)
		deliver(&job, j);
	job_free(&job);
	return ok;
}

int
conf_parse(struct conf *c, const char *file, const char *text, size_t len,
    conf_findfn *find, char *errmsg)
{
	struct cf_file f;
	unsigned i;
	int error;

	*c = (struct conf){ NULL, 0, NULL, 0 };
	error = cf_read(&f, c, file, text, len, find, errmsg);
	for (i = 0; i < f.n && error == 0; i++)
		if (!is_wild(f.block[i].name) &&
		    !make_jail(c, &f, &f.block[i], errmsg))
			error = -1;
	cf_free(&f);
	return error;
}

void
conf_free(struct conf *c)
{
	struct conf_param *p;
	struct conf_jail *j;

	while (c->njail > 0) {
		j = &c->jail[--c->njail];
		while (j->nparam > 0) {
			p = &j->param[--j->nparam];
			while (p->nval > 0)
				free(p->val[--p->nval]);
			free(p->val);
			free(p->name);
		}
		free(j->param);
		free(j->name);
	}
	free(c->jail);
	c->jail = NULL;
	while (c->nincluded > 0)
		free(c->included[--c->nincluded]);
	free(c->included);
	c->included = NULL;
}

const struct conf_jail *
conf_jail(const struct conf *c, const char *name)
{
	unsigned i;

	for (i = 0; i < c->njail; i++)
		if (strcmp(c->jail[i].name, name) == 0)
			return &c->jail[i];
	return NULL;
}

const struct conf_param *
conf_get(const struct conf_jail *j, const char *name)
{
	unsigned i;

	for (i = 0; i < j->nparam; i++)
		if (conf_same(j->param[i].name, name))
			return &j->param[i];
	return NULL;
}

const char *
conf_string(const struct conf_jail *j, const char *name)
{
	const struct conf_param *p = conf_get(j, name);

	return p != NULL && p->nval > 0 ? p->val[p->nval - 1] : NULL;
}

static bool
read_bool(const char *s, bool *on)
{
	char *end;
	long v;

	*on = strcasecmp(s, "true") == 0;
	if (*on || strcasecmp(s, "false") == 0)
		return true;
	v = strtol(s, &end, 10);
	*on = v != 0;
	return end != s && *end == '\0';
}

bool
conf_bool(const struct conf_jail *j, const char *name)
{
	const struct conf_param *p = conf_get(j, name);
	bool on = true;

	if (p == NULL)
		return false;
	if (p->nval > 0)
		(void)read_bool(p->val[p->nval - 1], &on);
	return on == (strcmp(p->name, name) == 0);
}

static bool
read_int(const char *s, long *v)
{
	char *end;

	*v = strtol(s, &end, 10);
	return end != s && *end == '\0' && *v >= 0 && *v <= 1000000;
}

long
conf_int(const struct conf_jail *j, const char *name, long missing)
{
	const char *s = conf_string(j, name);
	long v;

	return s != NULL && read_int(s, &v) ? v : missing;
}

int
conf_check(const struct conf_jail *j, char *errmsg)
{
	const struct conf_param *p;
	const char *last, *wrong;
	unsigned i;
	bool on;
	long v;

	for (i = 0; i < j->nparam; i++) {
		p = &j->param[i];
		last = p->nval > 0 ? p->val[p->nval - 1] : "";
		wrong = NULL;
		switch (conf_kind(p->name)) {
		case CONF_BOOL:
			if (p->nval > 0 && !read_bool(last, &on))
				wrong = "unknown boolean value";
			break;
		case CONF_INT:
			if (!read_int(last, &v))
				wrong = "not a number from 0 to 1000000:";
			break;
		case CONF_TEXT:
			if (p->nval != 1)
				wrong = "not one value:";
			break;
		default:
			break;
		}
		if (wrong == NULL)
			continue;
		snprintf(errmsg, CONF_ERRLEN, "%s line %u: jail %.64s: %.64s: "
		    "%s \"%.64s\"", p->at.file, p->at.line, j->name, p->name,
		    wrong, last);
		cf_legible(errmsg);
		return -1;
	}
	return 0;
}
