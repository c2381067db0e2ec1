/*
 * One description of what is shown, two forms of it: text or JSON.
 *
 * A display says what it has to say once, as libxo has it: containers, lists
 * and their instances, which only JSON shows; fields, with a name for JSON and
 * a form for text; and text that is nothing but text (titles, blanks, a value
 * whose form for people is another than that for programs), which goes to
 * x->text by the calls of out.h and is dropped where JSON is written.
 *
 * In text a field costs one test more than the out_ call below it.  JSON is
 * written as it is told, not gathered, so its length does not matter.
 */
#ifndef NETSTAT_XO_H
#define NETSTAT_XO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "netstat/out.h"

#define XO_MAXDEPTH 12		/* containers, lists and instances */

struct xo_style {
	bool	json;		/* else text */
	bool	pretty;		/* a field a line, indented */
};

struct xo {
	struct out	 text;		/* for out_ calls; drops all if json */
	struct out	 json;
	struct xo_style	 style;
	unsigned	 depth;
	struct {
		bool	 list;		/* members have no names */
		bool	 filled;	/* has a member */
	} level[XO_MAXDEPTH];		/* [0]: the document */
};

/*
 * Take --libxo and its options (json, pretty, text, or after a colon J, P, T)
 * out of the arguments.  Returns how many are left, or -1: a form that is not
 * known, told on stderr in one line.
 */
int	xo_parse_args(int argc, char **argv, struct xo_style *style);

/* fp is borrowed. */
void	xo_init(struct xo *x, FILE *fp, const struct xo_style *style);
/* Hand over what was said so far.  False: something never arrived, ever. */
bool	xo_flush(struct xo *x);
/* Close what is open, flush, and end.  False as above; errno says why. */
bool	xo_finish(struct xo *x);

/* ---- structure; names are ours: letters, digits, blanks, `-' and `_' ---- */

void	xo_open_container(struct xo *x, const char *name);
void	xo_open_list(struct xo *x, const char *name);
void	xo_open_instance(struct xo *x);		/* a member of the list */
void	xo_close(struct xo *x);			/* the innermost of these */

/* ---- fields of JSON alone ---- */

void	xo_e_uint(struct xo *x, const char *name, uint64_t v);
void	xo_e_int(struct xo *x, const char *name, int64_t v);
void	xo_e_bool(struct xo *x, const char *name, bool v);
/* Bytes that are no UTF-8 become U+FFFD. */
void	xo_e_str(struct xo *x, const char *name, const char *s);
/* A string of hexadecimal digits. */
void	xo_e_hex(struct xo *x, const char *name, uint64_t v);
/* Seconds and hundredths, as a number. */
void	xo_e_hundredths(struct xo *x, const char *name, int64_t v);

/* ---- fields; the text is that of the out_ call of the same name ---- */

static inline void
xo_uint(struct xo *x, const char *name, uint64_t v, size_t width)
{
	if (x->style.json)
		xo_e_uint(x, name, v);
	else
		out_uint(&x->text, v, width);
}

static inline void
xo_int(struct xo *x, const char *name, int64_t v, size_t width)
{
	if (x->style.json)
		xo_e_int(x, name, v);
	else
		out_int(&x->text, v, width);
}

static inline void
xo_hex(struct xo *x, const char *name, uint64_t v, size_t width, char pad)
{
	if (x->style.json)
		xo_e_hex(x, name, v);
	else
		out_hex(&x->text, v, width, pad);
}

/* Text is cut to width; JSON has all of s. */
static inline void
xo_left(struct xo *x, const char *name, const char *s, size_t width)
{
	if (x->style.json)
		xo_e_str(x, name, s);
	else
		out_left(&x->text, s, width);
}

static inline void
xo_right(struct xo *x, const char *name, const char *s, size_t width)
{
	if (x->style.json)
		xo_e_str(x, name, s);
	else
		out_right(&x->text, s, width);
}

static inline void
xo_str(struct xo *x, const char *name, const char *s)
{
	if (x->style.json)
		xo_e_str(x, name, s);
	else
		out_str(&x->text, s);
}

#endif
