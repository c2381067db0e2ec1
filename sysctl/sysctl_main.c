/*
 * sysctl_main.c - sysctl(8): show and set the values of the stack.
 *
 * Theory of operation
 *
 * Each operand becomes a struct var (number, name, kind, format) by the meta
 * requests of the MIB; a node stands for the values below it, found by asking
 * for the next number until that is no longer below the node.  Values are then
 * shown by their kind and set by the same kind's text form.
 *
 * Output, messages and exit status (the number of errors) are FreeBSD's.  One
 * thing is not: "..." after a dump means that there is more, and only that.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "sysctl/client.h"
#include "sysctl/show_struct.h"
#include "sysctl/sysctl.h"
#include "sysctl/text.h"

#define META_NAME	1
#define META_NEXT	2
#define META_OIDFMT	4
#define META_DESCR	5

#define MAXTEXT		1024	/* of a name, a format, a description */
#define DUMP_SHORT	16	/* bytes of an opaque value without -x */

/* The command line; constant after main() has read it. */
static struct {
	bool	 all, binary, descr, equals, fmt, human, ignore, length, names,
		 values, opaque, quiet, type, tunable, writable, hex;
	size_t	 bufsize;	/* 0: as long as the value */
	const char *file;
} opt;

struct var {
	int		 mib[CTL_MAXNAME];
	unsigned	 len;
	char		 name[MAXTEXT];
	uint32_t	 kind;
	char		 fmt[MAXTEXT];
};

static const struct sysctl_type *
kind_of(const struct var *v)
{
	return sysctl_type(v->kind);
}

static bool
is_node(const struct var *v)
{
	return (v->kind & CTLTYPE) == CTLTYPE_NODE;
}

static bool
is_string(const struct var *v)
{
	return (v->kind & CTLTYPE) == CTLTYPE_STRING;
}

/* Is there no text form of its value, but a dump? */
static bool
is_opaque(const struct var *v)
{
	return kind_of(v)->size == 0 && !is_string(v) &&
	    !show_struct_knows(v->fmt);
}

/* --help asks for it: status 0; or the words make no sense: 1. */
static _Noreturn void
usage(int status)
{
	fputs("usage: sysctl [-bdeFhilNnoqTtWwx] [-B bufsize] [-f filename] "
	    "name[=value] ...\n"
	    "       sysctl [-bdeFhlNnoqTtWwx] [-B bufsize] -a\n",
	    status == 0 ? stdout : stderr);
	exit(status);
}

/* ---- asking ---- */

/* The meta request `op' about (mib, len); *sizep in and out.  -1 with errno. */
static int
meta(int op, const int *mib, unsigned len, void *buf, size_t *sizep)
{
	int full[CTL_MAXNAME] = { 0, op };

	if (len > CTL_MAXNAME - 2) {
		errno = EINVAL;
		return -1;
	}
	memcpy(full + 2, mib, len * sizeof(int));
	return nj_sysctl(full, len + 2, buf, sizep, NULL, 0);
}

/* A text answer, always NUL-terminated; "" where there is none. */
static void
meta_text(int op, const struct var *v, char buf[MAXTEXT])
{
	size_t size = MAXTEXT - 1;

	if (meta(op, v->mib, v->len, buf, &size) == -1)
		size = 0;
	buf[size] = '\0';
}

/* Fill in name, kind and format of v->mib. */
static int
var_describe(struct var *v)
{
	char buf[sizeof(v->kind) + MAXTEXT];
	size_t size = sizeof(buf) - 1;

	meta_text(META_NAME, v, v->name);
	if (meta(META_OIDFMT, v->mib, v->len, buf, &size) == -1)
		return -1;
	if (size <= sizeof(v->kind)) {
		errno = EBADMSG;
		return -1;
	}
	buf[size] = '\0';
	memcpy(&v->kind, buf, sizeof(v->kind));
	snprintf(v->fmt, sizeof(v->fmt), "%s", buf + sizeof(v->kind));
	return 0;
}

/* The value, with a NUL after it.  NULL: cannot be had, or is empty. */
static char *
var_read(const struct var *v, size_t *lenp)
{
	char *val, *grown;

	if (opt.bufsize != 0) {
		*lenp = opt.bufsize;
		if ((val = malloc(opt.bufsize)) != NULL &&
		    nj_sysctl(v->mib, v->len, val, lenp, NULL, 0) == -1)
			*lenp = 0;
	} else {
		val = nj_sysctl_readmib(v->mib, v->len, lenp);
	}
	if (val == NULL || *lenp == 0 ||
	    (grown = realloc(val, *lenp + 1)) == NULL) {
		free(val);
		return NULL;
	}
	grown[*lenp] = '\0';
	return grown;
}

/* ---- showing ---- */

static void
show_integer(const struct sysctl_type *k, const char *p)
{
	union { uint64_t u; uint8_t b[8]; } raw = { 0 };
	uint64_t u;
	int64_t s;

	memcpy(raw.b, p, k->size);
	u = k->size == 8 ? raw.u : k->size == 4 ? (uint32_t)raw.u :
	    k->size == 2 ? (uint16_t)raw.u : raw.b[0];
	s = k->size == 8 ? (int64_t)u : k->size == 4 ? (int32_t)u :
	    k->size == 2 ? (int16_t)u : (int8_t)u;
	if (opt.hex)
		printf("%#0*jx", (int)(2 + 2 * k->size), (uintmax_t)u);
	else if (k->sign)
		printf(opt.human ? "%'jd" : "%jd", (intmax_t)s);
	else
		printf(opt.human ? "%'ju" : "%ju", (uintmax_t)u);
}

static void
show_dump(const struct var *v, const char *val, size_t len)
{
	size_t i, n = opt.hex || len < DUMP_SHORT ? len : DUMP_SHORT;

	printf("Format:%s Length:%zu Dump:0x", v->fmt, len);
	for (i = 0; i < n; i++)
		printf("%02x", (uint8_t)val[i]);
	if (n < len)
		fputs("...", stdout);
}

static void
show_value(const struct var *v, const char *val, size_t len)
{
	const struct sysctl_type *k = kind_of(v);
	size_t i;

	if (is_string(v)) {
		fputs(val, stdout);
		return;
	}
	if (k->size == 0) {
		if (opt.hex || !show_struct(v->fmt, val, len, opt.human))
			show_dump(v, val, len);
		return;
	}
	for (i = 0; i + k->size <= len; i += k->size) {
		if (i != 0)
			putchar(' ');
		show_integer(k, val + i);
	}
}

static const char *
separator(void)
{
	return opt.equals ? "=" : ": ";
}

/* What is known of v beside its value: -F, -t, -d. */
static void
show_about(const struct var *v)
{
	char descr[MAXTEXT];
	const char *sep = "";

	if (opt.fmt) {
		fputs(v->fmt, stdout);
		sep = ": ";
	}
	if (opt.type) {
		printf("%s%s", sep, kind_of(v)->name);
		sep = ": ";
	}
	if (opt.descr) {
		meta_text(META_DESCR, v, descr);
		printf("%s%s", sep, descr);
	}
}

/* Is v of the sort that -T, -W and the lack of -o leave over? */
static bool
is_shown(const struct var *v)
{
	if (opt.tunable && (v->kind & CTLFLAG_TUN) == 0)
		return false;
	if (opt.writable && ((v->kind & CTLFLAG_WR) == 0 ||
	    (v->kind & CTLFLAG_STATS) != 0))
		return false;
	return true;
}

/* False if there is nothing to show; no newline either way. */
static bool
show_var(const struct var *v, bool withname)
{
	bool about = opt.fmt || opt.type || opt.descr;
	char *val = NULL;
	size_t len;

	if (!is_shown(v))
		return false;
	if (opt.names) {
		fputs(v->name, stdout);
		return true;
	}
	if (!about) {
		if (is_opaque(v) && !opt.opaque && !opt.hex && !opt.binary)
			return false;
		if ((val = var_read(v, &len)) == NULL)
			return false;
		if (opt.binary) {
			fwrite(val, 1, len, stdout);
			free(val);
			return true;
		}
	}
	if (withname)
		printf("%s%s", v->name, separator());
	if (about) {
		show_about(v);
		return true;
	}
	if (opt.length)
		printf("%zu%s", len, separator());
	show_value(v, val, len);
	free(val);
	return true;
}

static void
show_line(const struct var *v)
{
	if (show_var(v, !opt.values) && !opt.binary)
		putchar('\n');
}

/* Show all values below (mib, len); len 0: all there are. */
static void
show_all(const int *mib, unsigned len)
{
	struct var v;
	int after[CTL_MAXNAME] = { CTL_KERN };
	unsigned afterlen = len != 0 ? len : 1;
	size_t size;

	if (len != 0)
		memcpy(after, mib, len * sizeof(int));
	for (;;) {
		size = sizeof(v.mib);
		if (meta(META_NEXT, after, afterlen, v.mib, &size) == -1) {
			if (errno == ENOENT)
				return;
			err(1, "sysctl(getnext)");
		}
		v.len = (unsigned)(size / sizeof(int));
		if (v.len < len || (len != 0 &&
		    memcmp(v.mib, mib, len * sizeof(int)) != 0))
			return;
		if (var_describe(&v) == 0)
			show_line(&v);
		memcpy(after, v.mib, size);
		afterlen = v.len;
	}
}

/* ---- setting ---- */

/* 0, or 1 with a message: can v be set at all? */
static int
check_settable(const struct var *v, const char *name, const char *value,
    const char *where)
{
	if (is_node(v)) {
		warnx("oid '%s' isn't a leaf node%s", name, where);
		return 1;
	}
	if ((v->kind & CTLFLAG_WR) == 0 && (v->kind & CTLFLAG_TUN) != 0) {
		warnx("oid '%s' is a read only tunable%s", name, where);
		warnx("Tunable values are set by netjaild -o");
		return 1;
	}
	if ((v->kind & CTLFLAG_WR) == 0) {
		warnx("oid '%s' is read only%s", name, where);
		return 1;
	}
	if (kind_of(v)->size == 0 && !is_string(v)) {
		warnx("oid '%s' is type %u, cannot set that%s", name,
		    v->kind & CTLTYPE, where);
		return 1;
	}
	if (kind_of(v)->size != 0 && value[strspn(value, " \t,")] == '\0') {
		warnx("empty numeric value");
		return 1;
	}
	return 0;
}

static void
warn_set(const char *name, const char *where)
{
	switch (errno) {
	case EOPNOTSUPP:
		warnx("%s: value is not available%s", name, where);
		break;
	case ENOTDIR:
		warnx("%s: specification is incomplete%s", name, where);
		break;
	case ENOMEM:
		warnx("%s: type is unknown to this program%s", name, where);
		break;
	default:
		warn("%s%s", name, where);
		break;
	}
}

/* Set v and show both values.  Returns the number of errors. */
static int
set_var(const struct var *v, const char *name, const char *value,
    const char *where)
{
	void *new;
	char bad[MAXTEXT];
	size_t len;
	bool shown;
	int error;

	if (check_settable(v, name, value, where) != 0)
		return 1;
	error = sysctl_encode(v->kind, value, &new, &len, bad, sizeof(bad));
	if (error == ENOMEM)
		err(1, NULL);
	if (error != 0) {
		warnx("invalid %s '%s'%s", kind_of(v)->name, bad, where);
		return 1;
	}
	shown = show_var(v, !opt.values);
	error = nj_sysctl(v->mib, v->len, NULL, NULL, new, len) == -1 ?
	    errno : 0;
	free(new);
	if (error != 0) {
		if (shown && !opt.binary)
			putchar('\n');
		errno = error;
		warn_set(name, where);
		return 1;
	}
	if (!opt.binary)
		fputs(" -> ", stdout);
	if (show_var(v, false) && !opt.binary)
		putchar('\n');
	return 0;
}

/* ---- operands ---- */

/* Cut blanks off both ends, in place. */
static char *
trim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*s))
		s++;
	return s;
}

/* Split at the first "=" or ":".  NULL: there is no value. */
static char *
split_value(char *operand, char **namep)
{
	char *value = operand + strcspn(operand, "=:");
	size_t len;

	if (*value == '\0')
		value = NULL;
	else
		*value++ = '\0';
	*namep = trim(operand);
	if (value == NULL)
		return NULL;
	value = trim(value);
	len = strlen(value);
	if (len >= 2 && (*value == '"' || *value == '\'') &&
	    value[len - 1] == *value) {
		value[len - 1] = '\0';
		value++;
	}
	return value;
}

/* The var of that name.  False: there is none, *errors says if that counts. */
static bool
find_var(struct var *v, const char *name, const char *where, int *errors)
{
	size_t len = CTL_MAXNAME;

	*errors = opt.ignore ? 0 : 1;
	if (nj_sysctlnametomib(name, v->mib, &len) == -1) {
		if (opt.ignore || opt.quiet)
			return false;
		if (errno == ENOENT)
			warnx("unknown oid '%s'%s", name, where);
		else
			warn("unknown oid '%s'%s", name, where);
		return false;
	}
	v->len = (unsigned)len;
	if (var_describe(v) == -1) {
		warn("couldn't find format of oid '%s'%s", name, where);
		return false;
	}
	return true;
}

/* Show or set one operand (which is changed).  Returns the number of errors. */
static int
operand(char *text, const char *where)
{
	struct var v;
	char *name, *value = split_value(text, &name);
	int errors;

	if (value != NULL && (opt.tunable || opt.writable))
		usage(1);
	if (!find_var(&v, name, where, &errors))
		return errors;
	if (value != NULL && !opt.descr)
		return set_var(&v, name, value, where);
	if (!is_node(&v)) {
		show_line(&v);
		return 0;
	}
	if (opt.descr)
		show_line(&v);
	show_all(v.mib, v.len);
	return 0;
}

/* One assignment or name a line, "#" to the end of it is a comment. */
static int
operands_file(const char *path)
{
	FILE *fp = fopen(path, "r");
	char *line = NULL, *text, where[32];
	size_t cap = 0;
	unsigned lineno = 0;
	int errors = 0;

	if (fp == NULL) {
		warn("%s", path);
		return EX_NOINPUT;
	}
	while (getline(&line, &cap, fp) != -1) {
		lineno++;
		line[strcspn(line, "#\n")] = '\0';
		if (*(text = trim(line)) == '\0')
			continue;
		snprintf(where, sizeof(where), " at line %u", lineno);
		errors += operand(text, where);
	}
	free(line);
	fclose(fp);
	return errors;
}

/* ---- the command line ---- */

static size_t
parse_bufsize(const char *s)
{
	char *end;
	unsigned long n = strtoul(s, &end, 0);

	if (end == s || *end != '\0' || n == 0 || *s == '-')
		usage(1);
	return n;
}

static void
parse_options(int argc, char **argv)
{
	int ch;

	while ((ch = getopt(argc, argv, "AabB:def:FhilNnoqTtWwxX")) != -1) {
		switch (ch) {
		case 'A': opt.all = opt.opaque = true; break;
		case 'a': opt.all = true; break;
		case 'b': opt.binary = true; break;
		case 'B': opt.bufsize = parse_bufsize(optarg); break;
		case 'd': opt.descr = true; break;
		case 'e': opt.equals = true; break;
		case 'f': opt.file = optarg; break;
		case 'F': opt.fmt = true; break;
		case 'h': opt.human = true; break;
		case 'i': opt.ignore = true; break;
		case 'l': opt.length = true; break;
		case 'N': opt.names = true; break;
		case 'n': opt.values = true; break;
		case 'o': opt.opaque = true; break;
		case 'q': opt.quiet = true; break;
		case 'T': opt.tunable = true; break;
		case 't': opt.type = true; break;
		case 'W': opt.writable = true; break;
		case 'w': break;	/* said by old scripts; not needed */
		case 'x': opt.hex = true; break;
		case 'X': opt.all = opt.hex = true; break;
		default: usage(1);
		}
	}
	if (opt.names && (opt.values || opt.length))
		usage(1);
}

int
main(int argc, char **argv)
{
	int errors = 0;

	setlocale(LC_NUMERIC, "");
	setlinebuf(stdout);
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		usage(0);
	parse_options(argc, argv);
	argc -= optind;
	argv += optind;
	if (argc == 0 && !opt.all && opt.file == NULL)
		usage(1);
	if (nj_sysctl_open() == -1)
		errx(1, "cannot reach netjaild: %s", ctl_strerror(errno));
	if (argc == 0 && opt.all)
		show_all(NULL, 0);
	if (opt.file != NULL)
		errors += operands_file(opt.file);
	for (; *argv != NULL; argv++)
		errors += operand(*argv, "");
	return errors;
}
