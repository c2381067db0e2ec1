/*
 * conf_parse.c - the grammar of a file of jails.
 *
 * Theory of operation
 *
 *	file	= { jail | param ";" | include ";" | ";" }
 *	jail	= string "{" { param ";" | ";" } "}"
 *	param	= name [ [ "=" | "+=" ] string { "," string } ]
 *	name	= string | variable
 *	include	= ".include" [ "=" ] string { "," string }
 *
 * It is FreeBSD's, down to how words end: a string goes on for as long as
 * pieces of it follow each other without a space, be they words, quoted or
 * variables; "//", "#" and the start of a C comment end it.  A backslash has
 * its meaning in C in all three forms; variables have theirs but in single
 * quotes.  A "$" that begins no variable is itself.
 *
 * Parameters outside of all jails are those of a wildcard "*" at their place.
 *
 * A file that is included is read in the place of the sentence that says so, by
 * a lexer of its own, which knows the one it is for.  A file is not read while
 * it is being read, nor at a depth of more than MAXDEPTH, where it may be known
 * by another name.
 *
 * The first error ends the reading, with the number of its line.
 */
#include <assert.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/conf_int.h"

/* What is not a character is the kind of a token. */
enum { T_END = 256, T_STRING, T_APPEND, T_BAD };

#define MAXDEPTH	32	/* files in files, as in FreeBSD */

struct lexer {
	const char *file;
	const struct lexer *from;	/* reads what includes it, or NULL */
	struct conf *c;			/* keeps the names of files */
	conf_findfn *find;
	const char *p, *end;
	unsigned line;
	int	 token;			/* the one looked at */
	unsigned token_line;		/* where it begins */
	struct cf_string string;	/* T_STRING: it */
	char	*errmsg;
};

void *
cf_grow(void *array, unsigned n, size_t size)
{
	/* By powers of two. */
	if ((n & (n - 1)) == 0) {
		array = reallocarray(array, n == 0 ? 1 : 2 * (size_t)n, size);
		if (array == NULL)
			err(1, NULL);
	}
	assert(array != NULL);
	memset((char *)array + n * size, 0, size);
	return array;
}

char *
cf_strdup(const char *s)
{
	char *copy = strdup(s);

	if (copy == NULL)
		err(1, NULL);
	return copy;
}

static void
string_free(struct cf_string *s)
{
	while (s->n > 0)
		free(s->piece[--s->n].text);
	free(s->piece);
	s->piece = NULL;
}

void
cf_legible(char *errmsg)
{
	for (; *errmsg != '\0'; errmsg++)
		if (iscntrl((unsigned char)*errmsg))
			*errmsg = '?';
}

/* ---- words ---- */

/* False, always. */
static bool
complain(struct lexer *lx, unsigned line, const char *what)
{
	snprintf(lx->errmsg, CONF_ERRLEN, "%s line %u: %s", lx->file, line,
	    what);
	cf_legible(lx->errmsg);
	lx->token = T_BAD;
	return false;
}

static int
peek(const struct lexer *lx, unsigned ahead)
{
	return (size_t)(lx->end - lx->p) > ahead ?
	    (unsigned char)lx->p[ahead] : -1;
}

static int
next_char(struct lexer *lx)
{
	int c = peek(lx, 0);

	if (c == '\n')
		lx->line++;
	if (c >= 0)
		lx->p++;
	return c;
}

static bool
at_comment(const struct lexer *lx)
{
	int c = peek(lx, 0), d = peek(lx, 1);

	return c == '#' || (c == '/' && (d == '/' || d == '*'));
}

static bool
skip_comment(struct lexer *lx)
{
	unsigned line = lx->line;

	if (peek(lx, 0) == '/' && peek(lx, 1) == '*') {
		lx->p += 2;
		while (peek(lx, 0) != '*' || peek(lx, 1) != '/')
			if (next_char(lx) < 0)
				return complain(lx, line,
				    "unterminated comment");
		lx->p += 2;
		return true;
	}
	while (peek(lx, 0) >= 0 && peek(lx, 0) != '\n')
		lx->p++;
	return true;
}

static bool
skip_space(struct lexer *lx)
{
	for (;;) {
		if (at_comment(lx)) {
			if (!skip_comment(lx))
				return false;
		} else if (peek(lx, 0) >= 0 &&
		    strchr(" \t\r\n", peek(lx, 0)) != NULL &&
		    peek(lx, 0) != '\0')
			next_char(lx);
		else
			return true;
	}
}

/* ---- strings ---- */

static void
add_piece(struct cf_string *s, bool var, char *text)
{
	s->piece = cf_grow(s->piece, s->n, sizeof(*s->piece));
	s->piece[s->n].var = var;
	s->piece[s->n++].text = text;
}

/* Up to `max' digits of the base. */
static int
number(struct lexer *lx, unsigned base, unsigned max)
{
	unsigned v = 0, digit;
	int c;

	for (; max > 0; max--) {
		c = peek(lx, 0);
		if (!isxdigit(c))
			break;
		digit = isdigit(c) ? (unsigned)(c - '0') :
		    (unsigned)(tolower(c) - 'a' + 10);
		if (digit >= base)
			break;
		v = v * base + digit;
		lx->p++;
	}
	return (int)(v & 0xff);
}

/* What a backslash, which has been passed, and what follows stand for; -1:
 * nothing. */
static int
escape(struct lexer *lx)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	const char *at;
	int c = peek(lx, 0);

	if (c >= '0' && c <= '7')
		return number(lx, 8, 3);
	if (next_char(lx) == '\n')
		return -1;
	if (c == 'x')
		return number(lx, 16, 2);
	if (c > 0 && (at = strchr(from, c)) != NULL)
		return to[at - from];
	return c;
}

/* Does a variable begin here? */
static bool
at_variable(const struct lexer *lx)
{
	int c = peek(lx, 1);

	return peek(lx, 0) == '$' && (c == '{' || c == '_' || isalpha(c));
}

static bool
read_variable(struct lexer *lx)
{
	const char *first, *last;
	char *name;

	lx->p++;
	first = lx->p;
	if (peek(lx, 0) == '{') {
		first = ++lx->p;
		while (peek(lx, 0) >= 0 && strchr("\n\"{}", peek(lx, 0)) ==
		    NULL)
			lx->p++;
		last = lx->p;
		if (next_char(lx) != '}')
			return complain(lx, lx->line, "unterminated variable");
	} else {
		while (isalnum(peek(lx, 0)) || peek(lx, 0) == '_')
			lx->p++;
		last = lx->p;
	}
	if (last == first)
		return complain(lx, lx->line, "variable without a name");
	if ((name = strndup(first, (size_t)(last - first))) == NULL)
		err(1, NULL);
	add_piece(&lx->string, true, name);
	return true;
}

/* Text that is being read; at most as long as the rest of the file. */
struct text {
	char	*s;
	size_t	 len;
};

static void
put_char(struct text *t, int c)
{
	t->s = cf_grow(t->s, (unsigned)t->len, 1);
	t->s[t->len++] = (char)c;
}

/* Make a piece of what was read, if anything or if it was quoted. */
static void
end_text(struct lexer *lx, struct text *t, bool quoted)
{
	if (t->len == 0 && !quoted)
		return;
	put_char(t, '\0');
	add_piece(&lx->string, false, t->s);
	*t = (struct text){ NULL, 0 };
}

/* From behind the opening quote. */
static bool
read_quoted(struct lexer *lx, int quote)
{
	unsigned line = lx->line;
	struct text t = { NULL, 0 };
	int c;

	while ((c = peek(lx, 0)) != quote) {
		if (c < 0) {
			free(t.s);
			return complain(lx, line, "unterminated string");
		}
		if (quote == '"' && at_variable(lx)) {
			end_text(lx, &t, false);
			if (!read_variable(lx))
				return false;
			continue;
		}
		next_char(lx);
		if (c == '\\' && (c = escape(lx)) < 0)
			continue;
		if (c == '\0') {
			free(t.s);
			return complain(lx, lx->line, "NUL in a string");
		}
		put_char(&t, c);
	}
	lx->p++;
	end_text(lx, &t, lx->string.n == 0 || t.len > 0);
	return true;
}

static bool
is_word(const struct lexer *lx)
{
	int c = peek(lx, 0);

	if (c <= ' ' || c == 127 || strchr(",;={}#\"'", c) != NULL)
		return false;
	return !at_comment(lx) && !(c == '+' && peek(lx, 1) == '=');
}

static bool
read_word(struct lexer *lx)
{
	struct text t = { NULL, 0 };
	int c;

	while (is_word(lx) && !at_variable(lx)) {
		c = next_char(lx);
		if (c == '\\' && (c = escape(lx)) < 0)
			continue;
		if (c == '\0') {
			free(t.s);
			return complain(lx, lx->line, "NUL in a string");
		}
		put_char(&t, c);
	}
	end_text(lx, &t, false);
	return true;
}

static bool
read_string(struct lexer *lx)
{
	int c;

	for (;;) {
		c = peek(lx, 0);
		if (c == '\'' || c == '"') {
			lx->p++;
			if (!read_quoted(lx, c))
				return false;
		} else if (at_variable(lx)) {
			if (!read_variable(lx))
				return false;
		} else if (!is_word(lx))
			break;
		else if (!read_word(lx))
			return false;
	}
	/* A line that goes on may be all there was. */
	if (lx->string.n == 0)
		add_piece(&lx->string, false, cf_strdup(""));
	return true;
}

/* Look at the next token. */
static void
advance(struct lexer *lx)
{
	int c;

	string_free(&lx->string);
	if (!skip_space(lx))
		return;
	lx->token_line = lx->line;
	c = peek(lx, 0);
	if (c < 0)
		lx->token = T_END;
	else if (c == '+' && peek(lx, 1) == '=') {
		lx->p += 2;
		lx->token = T_APPEND;
	} else if (c != '\0' && strchr(",;={}", c) != NULL) {
		lx->p++;
		lx->token = c;
	} else if (c < ' ' || c == 127)
		complain(lx, lx->line, "a control character");
	else {
		lx->token = T_STRING;
		(void)read_string(lx);
	}
}

/* ---- sentences ---- */

static bool
syntax_error(struct lexer *lx, const char *wanted)
{
	char what[128], near[64];

	if (lx->token == T_BAD)
		return false;
	if (lx->token == T_END)
		snprintf(near, sizeof(near), "the end of the file");
	else if (lx->token == T_STRING)
		snprintf(near, sizeof(near), "\"%s%.40s\"",
		    lx->string.piece[0].var ? "$" : "",
		    lx->string.piece[0].text);
	else if (lx->token == T_APPEND)
		snprintf(near, sizeof(near), "\"+=\"");
	else
		snprintf(near, sizeof(near), "\"%c\"", lx->token);
	snprintf(what, sizeof(what), "syntax error near %s: %s expected", near,
	    wanted);
	return complain(lx, lx->token_line, what);
}

/* A string as one text, malloc()ed; NULL: variables are in it. */
static char *
plain_text(const struct cf_string *string)
{
	struct text t = { NULL, 0 };
	const char *s;
	unsigned i;

	for (i = 0; i < string->n; i++) {
		if (string->piece[i].var) {
			free(t.s);
			return NULL;
		}
		for (s = string->piece[i].text; *s != '\0'; s++)
			put_char(&t, *s);
	}
	put_char(&t, '\0');
	return t.s;
}

static bool
read_values(struct lexer *lx, struct cf_param *p)
{
	for (;;) {
		if (lx->token != T_STRING)
			return syntax_error(lx, "a value");
		p->val = cf_grow(p->val, p->nval, sizeof(*p->val));
		p->val[p->nval++] = lx->string;
		lx->string = (struct cf_string){ NULL, 0 };
		advance(lx);
		if (lx->token != ',')
			return lx->token != T_BAD;
		advance(lx);
	}
}

/* The name of a parameter, or of a block, is the string looked at. */
static bool
read_name(struct lexer *lx, struct cf_param *p)
{
	p->at = (struct conf_place){ lx->file, lx->token_line };
	if (lx->token != T_STRING)
		return syntax_error(lx, "a name");
	if (lx->string.n == 1 && lx->string.piece[0].var) {
		p->var = true;
		p->name = cf_strdup(lx->string.piece[0].text);
	} else if ((p->name = plain_text(&lx->string)) == NULL ||
	    *p->name == '\0')
		return syntax_error(lx, "a name");
	advance(lx);
	return lx->token != T_BAD;
}

/* The rest of a parameter, behind its name, and the semicolon. */
static bool
read_rest(struct lexer *lx, struct cf_param *p)
{
	p->append = lx->token == T_APPEND;
	if (lx->token == '=' || lx->token == T_APPEND) {
		advance(lx);
		if (!read_values(lx, p))
			return false;
	} else if (lx->token == T_STRING && !read_values(lx, p))
		return false;
	if (lx->token != ';')
		return syntax_error(lx, "\";\"");
	advance(lx);
	return lx->token != T_BAD;
}

static struct cf_block *
add_block(struct cf_file *f, char *name, struct conf_place at)
{
	struct cf_block *b;

	f->block = cf_grow(f->block, f->n, sizeof(*f->block));
	b = &f->block[f->n++];
	b->name = name;
	b->at = at;
	return b;
}

static struct cf_param *
add_param(struct cf_block *b)
{
	b->param = cf_grow(b->param, b->nparam, sizeof(*b->param));
	return &b->param[b->nparam++];
}

static bool
is_include(const struct cf_param *p)
{
	assert(p->name != NULL);
	return !p->var && strcmp(p->name, ".include") == 0;
}

static bool
read_block(struct lexer *lx, struct cf_block *b)
{
	struct cf_param *p;
	char what[128];

	advance(lx);
	while (lx->token != '}') {
		if (lx->token == T_BAD)
			return false;
		if (lx->token == T_END) {
			snprintf(what, sizeof(what), "\"}\" of jail \"%.64s\" "
			    "is missing", b->name);
			return complain(lx, b->at.line, what);
		}
		if (lx->token == ';') {
			advance(lx);
			continue;
		}
		p = add_param(b);
		if (!read_name(lx, p) || !read_rest(lx, p))
			return false;
		if (is_include(p))
			return complain(lx, p->at.line, ".include must stand "
			    "outside of all jails");
	}
	advance(lx);
	return lx->token != T_BAD;
}

/* ---- files in files ---- */

static void
param_free(struct cf_param *p)
{
	while (p->nval > 0)
		string_free(&p->val[--p->nval]);
	free(p->val);
	free(p->name);
}

/* False, always. */
static bool
complain_include(struct lexer *lx, const struct cf_param *p, const char *which,
    const char *why)
{
	char what[CONF_ERRLEN];

	snprintf(what, sizeof(what), ".include \"%.100s\": %s", which, why);
	return complain(lx, p->at.line, what);
}

static bool	read_sentences(struct lexer *lx, struct cf_file *f);

static bool
read_included(struct lexer *lx, struct cf_file *f, const struct cf_param *p,
    const struct conf_text *t)
{
	struct lexer in = { .from = lx, .c = lx->c, .find = lx->find,
		.p = t->text, .end = t->text + t->len, .line = 1,
		.errmsg = lx->errmsg };
	const struct lexer *l;
	unsigned depth = 0;

	for (l = lx; l != NULL; l = l->from, depth++)
		if (strcmp(l->file, t->file) == 0)
			return complain_include(lx, p, t->file,
			    "it would include itself");
	if (depth > MAXDEPTH)
		return complain_include(lx, p, t->file,
		    "files are nested too deeply");
	lx->c->included = cf_grow(lx->c->included, lx->c->nincluded,
	    sizeof(*lx->c->included));
	in.file = lx->c->included[lx->c->nincluded++] = cf_strdup(t->file);
	if (read_sentences(&in, f))
		return true;
	lx->token = T_BAD;
	return false;
}

/* All that the pattern means. */
static bool
read_pattern(struct lexer *lx, struct cf_file *f, const struct cf_param *p,
    const char *pattern)
{
	struct conf_text *texts = NULL;
	bool ok = true;
	int i, n;

	if ((n = lx->find(lx->file, pattern, &texts)) < 0)
		return complain_include(lx, p, pattern, strerror(errno));
	for (i = 0; i < n; i++) {
		ok = ok && read_included(lx, f, p, &texts[i]);
		free(texts[i].file);
		free(texts[i].text);
	}
	free(texts);
	return ok;
}

/* The rest of an `.include', and what it includes. */
static bool
read_include(struct lexer *lx, struct cf_file *f, struct cf_param *p)
{
	char *pattern;
	bool ok;
	unsigned i;

	if (!read_rest(lx, p))
		return false;
	if (p->nval == 0)
		return complain(lx, p->at.line, ".include of no file");
	for (i = 0; i < p->nval; i++) {
		if ((pattern = plain_text(&p->val[i])) == NULL)
			return complain(lx, p->at.line, "variables not "
			    "permitted in \".include\" filename");
		ok = read_pattern(lx, f, p, pattern);
		free(pattern);
		if (!ok)
			return false;
	}
	return true;
}

/* ---- a file ---- */

/* A jail, or a parameter outside, as what follows the name says. */
static bool
read_sentence(struct lexer *lx, struct cf_file *f)
{
	struct cf_param p = { .name = NULL };
	struct cf_block *b;
	bool ok;

	if (!read_name(lx, &p)) {
		free(p.name);
		return false;
	}
	if (is_include(&p)) {
		ok = read_include(lx, f, &p);
		param_free(&p);
		return ok;
	}
	if (lx->token == '{' && !p.var)
		return read_block(lx, add_block(f, p.name, p.at));
	b = f->n > 0 ? &f->block[f->n - 1] : NULL;
	if (b == NULL || strcmp(b->name, "*") != 0)
		b = add_block(f, cf_strdup("*"), p.at);
	*add_param(b) = p;
	return read_rest(lx, &b->param[b->nparam - 1]);
}

static bool
read_sentences(struct lexer *lx, struct cf_file *f)
{
	bool ok = true;

	advance(lx);
	while (ok && lx->token != T_END) {
		if (lx->token == ';')
			advance(lx);
		else
			ok = lx->token != T_BAD && read_sentence(lx, f);
	}
	string_free(&lx->string);
	return ok;
}

int
cf_read(struct cf_file *f, struct conf *c, const char *file, const char *text,
    size_t len, conf_findfn *find, char *errmsg)
{
	struct lexer lx = { .file = file, .c = c, .find = find, .p = text,
		.end = text + len, .line = 1 };

	lx.errmsg = errmsg;
	*f = (struct cf_file){ NULL, 0 };
	return read_sentences(&lx, f) ? 0 : -1;
}

void
cf_free(struct cf_file *f)
{
	struct cf_block *b;

	while (f->n > 0) {
		b = &f->block[--f->n];
		while (b->nparam > 0)
			param_free(&b->param[--b->nparam]);
		free(b->param);
		free(b->name);
	}
	free(f->block);
	f->block = NULL;
}
