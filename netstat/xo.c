/*
 * xo.c - the writer of JSON behind xo.h, and what --libxo says.
 *
 * Structure is written as it is told: a level knows whether it is a list,
 * whose members have no names, and whether it has a member, before which the
 * next needs a comma.  Whatever is open when a display breaks off is closed by
 * xo_finish(), so what was written is JSON in any case.
 *
 * Strings come from anywhere (paths, names, commands); jansson escapes them.
 * Numbers are written here: jansson's are signed, counters are not.
 *
 * Names are FreeBSD's libxo names, and like there a field that has no value is
 * left out.  Of libxo's styles there are text and JSON; XML, HTML and the
 * encoders are not here.
 */
#include <assert.h>
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/xo.h"

#define LIBXO "--libxo"

/* ---- the command line ---- */

static bool
refuse(const char *opt, size_t len)
{
	warnx(LIBXO ": %.*s is not supported, only json, pretty and text",
	    (int)len, opt);
	return false;
}

/* One option by its name. */
static bool
parse_word(struct xo_style *style, const char *opt, size_t len)
{
	if (len == 4 && memcmp(opt, "json", len) == 0)
		style->json = true;
	else if (len == 4 && memcmp(opt, "text", len) == 0)
		style->json = false;
	else if (len == 6 && memcmp(opt, "pretty", len) == 0)
		style->pretty = true;
	else
		return refuse(opt, len);
	return true;
}

static bool
parse_words(struct xo_style *style, const char *opts)
{
	size_t len = strcspn(opts, ",");

	for (; parse_word(style, opts, len); len = strcspn(opts, ",")) {
		if (opts[len] == '\0')
			return true;
		opts += len + 1;
	}
	return false;
}

static bool
parse_letters(struct xo_style *style, const char *opts)
{
	for (; *opts != '\0'; opts++) {
		if (*opts == 'J')
			style->json = true;
		else if (*opts == 'T')
			style->json = false;
		else if (*opts == 'P')
			style->pretty = true;
		else
			return refuse(opts, 1);
	}
	return true;
}

/* Is arg --libxo?  *optsp: behind it. */
static bool
is_libxo(const char *arg, const char **optsp)
{
	const size_t len = strlen(LIBXO);

	*optsp = arg + len;
	return strncmp(arg, LIBXO, len) == 0 &&
	    (arg[len] == '\0' || arg[len] == '=' || arg[len] == ':');
}

int
xo_parse_args(int argc, char **argv, struct xo_style *style)
{
	const char *opts;
	int from = 1, to = 1;
	bool good = true;

	*style = (struct xo_style) { .json = false };
	for (; good && from < argc && strcmp(argv[from], "--") != 0; from++) {
		if (!is_libxo(argv[from], &opts))
			argv[to++] = argv[from];
		else if (*opts == ':')
			good = parse_letters(style, opts + 1);
		else if (*opts == '=')
			good = parse_words(style, opts + 1);
		else if (++from < argc)
			good = parse_words(style, argv[from]);
		else {
			warnx("missing argument to " LIBXO);
			good = false;
		}
	}
	while (from < argc)
		argv[to++] = argv[from++];
	argv[to] = NULL;
	return good ? to : -1;
}

/* ---- the writer ---- */

static void
indent(struct xo *x)
{
	if (!x->style.pretty)
		return;
	out_mem(&x->json, "\n", 1);
	out_blanks(&x->json, 2 * ((size_t)x->depth + 1));
}

/* What stands before a member of the innermost level. */
static void
begin(struct xo *x, const char *name)
{
	if (x->level[x->depth].filled)
		out_mem(&x->json, ",", 1);
	x->level[x->depth].filled = true;
	indent(x);
	if (x->level[x->depth].list)
		return;
	out_mem(&x->json, "\"", 1);
	out_str(&x->json, name);
	out_str(&x->json, x->style.pretty ? "\": " : "\":");
}

static void
open_level(struct xo *x, const char *name, bool list)
{
	if (!x->style.json)
		return;
	assert(x->depth + 1 < XO_MAXDEPTH);
	begin(x, name);
	out_mem(&x->json, list ? "[" : "{", 1);
	x->depth++;
	x->level[x->depth].list = list;
	x->level[x->depth].filled = false;
}

void
xo_open_container(struct xo *x, const char *name)
{
	open_level(x, name, false);
}

void
xo_open_list(struct xo *x, const char *name)
{
	open_level(x, name, true);
}

void
xo_open_instance(struct xo *x)
{
	assert(!x->style.json || x->level[x->depth].list);
	open_level(x, NULL, false);
}

void
xo_close(struct xo *x)
{
	bool list = x->level[x->depth].list, filled = x->level[x->depth].filled;

	if (!x->style.json)
		return;
	assert(x->depth > 0);
	x->depth--;
	if (filled)
		indent(x);
	out_mem(&x->json, list ? "]" : "}", 1);
}

void
xo_init(struct xo *x, FILE *fp, const struct xo_style *style)
{
	*x = (struct xo) { .style = *style };
	out_init(&x->text, style->json ? NULL : fp);
	out_init(&x->json, style->json ? fp : NULL);
	if (style->json)
		out_mem(&x->json, "{", 1);
}

bool
xo_flush(struct xo *x)
{
	return out_flush(x->style.json ? &x->json : &x->text);
}

bool
xo_finish(struct xo *x)
{
	bool good;

	if (x->style.json) {
		while (x->depth > 0)
			xo_close(x);
		out_str(&x->json, x->style.pretty ? "\n}\n" : "}\n");
	}
	good = xo_flush(x);
	out_fini(&x->text);
	out_fini(&x->json);
	return good;
}

/* ---- values ---- */

void
xo_e_uint(struct xo *x, const char *name, uint64_t v)
{
	if (!x->style.json)
		return;
	begin(x, name);
	out_uint(&x->json, v, 0);
}

void
xo_e_int(struct xo *x, const char *name, int64_t v)
{
	if (!x->style.json)
		return;
	begin(x, name);
	out_int(&x->json, v, 0);
}

void
xo_e_bool(struct xo *x, const char *name, bool v)
{
	if (!x->style.json)
		return;
	begin(x, name);
	out_str(&x->json, v ? "true" : "false");
}

void
xo_e_hex(struct xo *x, const char *name, uint64_t v)
{
	if (!x->style.json)
		return;
	begin(x, name);
	out_mem(&x->json, "\"", 1);
	out_hex(&x->json, v, 0, ' ');
	out_mem(&x->json, "\"", 1);
}

void
xo_e_hundredths(struct xo *x, const char *name, int64_t v)
{
	uint64_t n = v < 0 ? -(uint64_t)v : (uint64_t)v;

	if (!x->style.json)
		return;
	begin(x, name);
	out_str(&x->json, v < 0 ? "-" : "");
	out_uint(&x->json, n / 100, 0);
	out_str(&x->json, n % 100 < 10 ? ".0" : ".");
	out_uint(&x->json, n % 100, 0);
}

/* s as a string of JSON that begins as UTF-8 and then is none. */
static json_t *
mend(const char *s)
{
	static const char mark[] = "\xef\xbf\xbd";	/* U+FFFD */
	char *good = malloc(strlen(s) * (sizeof(mark) - 1) + 1), *p = good;
	json_t *j;

	if (good == NULL)
		return NULL;
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x80) {
			*p++ = *s;
		} else {
			memcpy(p, mark, sizeof(mark) - 1);
			p += sizeof(mark) - 1;
		}
	}
	*p = '\0';
	j = json_string(good);
	free(good);
	return j;
}

static int
dump(const char *s, size_t len, void *arg)
{
	out_mem(arg, s, len);
	return 0;
}

void
xo_e_str(struct xo *x, const char *name, const char *s)
{
	json_t *j;

	if (!x->style.json)
		return;
	begin(x, name);
	if ((j = json_string(s)) == NULL)
		j = mend(s);
	if (j == NULL || json_dump_callback(j, dump, &x->json,
	    JSON_ENCODE_ANY) == -1) {
		errno = ENOMEM;
		x->json.failed = true;
	}
	json_decref(j);
}
