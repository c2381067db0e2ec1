/*
 * out.c - buffered output with hand-made conversions.
 *
 * A listing of a million sockets is a hundred million characters; what counts
 * is how little is done for each.  Every call copies into one buffer, which
 * doubles when it is full, or is flushed early where memory is short.  Failures
 * of the stream are remembered and told by out_flush().
 */
#include <stdlib.h>
#include <string.h>

#include "netstat/out.h"

#define OUT_SIZE 65536		/* to begin with */

void
out_init(struct out *o, FILE *fp)
{
	*o = (struct out) { .fp = fp };
}

void
out_fini(struct out *o)
{
	free(o->buf);
	o->buf = NULL;
	o->n = o->size = 0;
}

static void
put(struct out *o, const char *s, size_t len)
{
	if (len > 0 && fwrite(s, 1, len, o->fp) != len)
		o->failed = true;
}

bool
out_flush(struct out *o)
{
	if (o->fp == NULL)
		return true;
	put(o, o->buf, o->n);
	o->n = 0;
	if (fflush(o->fp) != 0)
		o->failed = true;
	return !o->failed;
}

/* Make room for len more; false: there is no memory for them. */
static bool
reserve(struct out *o, size_t len)
{
	size_t size = o->size > 0 ? o->size : OUT_SIZE;
	char *buf;

	while (size - o->n < len)
		size *= 2;
	if ((buf = realloc(o->buf, size)) == NULL)
		return false;
	o->buf = buf;
	o->size = size;
	return true;
}

void
out_mem(struct out *o, const char *s, size_t len)
{
	if (o->fp == NULL)
		return;
	if (o->size - o->n < len && !reserve(o, len)) {
		out_flush(o);
		put(o, s, len);
		return;
	}
	if (len > 0)
		memcpy(o->buf + o->n, s, len);
	o->n += len;
}

void
out_str(struct out *o, const char *s)
{
	out_mem(o, s, strlen(s));
}

void
out_blanks(struct out *o, size_t n)
{
	static const char blanks[] = "                                ";

	for (; n > sizeof(blanks) - 1; n -= sizeof(blanks) - 1)
		out_mem(o, blanks, sizeof(blanks) - 1);
	out_mem(o, blanks, n);
}

void
out_left(struct out *o, const char *s, size_t width)
{
	size_t len = strnlen(s, width);

	out_mem(o, s, len);
	out_blanks(o, width - len);
}

void
out_right(struct out *o, const char *s, size_t width)
{
	size_t len = strnlen(s, width);

	out_blanks(o, width - len);
	out_mem(o, s, len);
}

char *
out_digits(char *end, uint64_t v)
{
	do {
		*--end = (char)('0' + v % 10);
		v /= 10;
	} while (v != 0);
	return end;
}

/* What is between p and end, padded on the left. */
static void
out_number(struct out *o, const char *p, const char *end, size_t width)
{
	size_t len = (size_t)(end - p);

	if (len < width)
		out_blanks(o, width - len);
	out_mem(o, p, len);
}

void
out_uint(struct out *o, uint64_t v, size_t width)
{
	char buf[OUT_DIGITS];
	char *end = buf + sizeof(buf);

	out_number(o, out_digits(end, v), end, width);
}

void
out_int(struct out *o, int64_t v, size_t width)
{
	char buf[OUT_DIGITS + 1];
	char *end = buf + sizeof(buf), *p;

	p = out_digits(end, v < 0 ? -(uint64_t)v : (uint64_t)v);
	if (v < 0)
		*--p = '-';
	out_number(o, p, end, width);
}

void
out_hex(struct out *o, uint64_t v, size_t width, char pad)
{
	char buf[16];
	char *end = buf + sizeof(buf), *p = end;

	do {
		*--p = "0123456789abcdef"[v & 0xf];
		v >>= 4;
	} while (v != 0);
	while (pad == '0' && p > buf && (size_t)(end - p) < width)
		*--p = '0';
	out_number(o, p, end, width);
}
