/*
 * Text for a terminal, a million lines of it.
 *
 * All output of netstat goes through one struct out: a buffer with the few
 * conversions that tables need, without printf's parsing of a format per line.
 * It grows until it is flushed, so that whoever reads the text slowly does not
 * stretch the time in which the stack is listed.  Widths are in characters.
 */
#ifndef NETSTAT_OUT_H
#define NETSTAT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for any 64-bit number in decimal. */
#define OUT_DIGITS 20

struct out {
	FILE	*fp;
	char	*buf;
	size_t	 n, size;	/* characters in buf, its room */
	bool	 failed;	/* fp took less than it was given */
};

/* fp is borrowed, NULL: all is dropped; o is only read and written by the
 * calls below. */
void	out_init(struct out *o, FILE *fp);
void	out_fini(struct out *o);	/* drops what was not flushed */

/* Hand over what is in the buffer.  False: something never arrived, ever. */
bool	out_flush(struct out *o);

void	out_mem(struct out *o, const char *s, size_t len);
void	out_str(struct out *o, const char *s);
void	out_blanks(struct out *o, size_t n);

/* Text cut to `width' and padded on the right (%-*.*s). */
void	out_left(struct out *o, const char *s, size_t width);
/* Text cut to `width' and padded on the left (%*.*s). */
void	out_right(struct out *o, const char *s, size_t width);

/* Decimal, padded on the left (%*ju, %*jd); never cut. */
void	out_uint(struct out *o, uint64_t v, size_t width);
void	out_int(struct out *o, int64_t v, size_t width);
/* Hexadecimal, padded on the left with `pad'; never cut. */
void	out_hex(struct out *o, uint64_t v, size_t width, char pad);

/*
 * Decimal digits of v, ending just before `end', which has OUT_DIGITS
 * characters before it.  Returns the first one.
 */
char	*out_digits(char *end, uint64_t v);

#endif
