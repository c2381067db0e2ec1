/*
 * out.c - buffered output with hand-made conversions.
 *
 * A listing of a million sockets is a hundred million characters; what counts
 * is how little is done for each.  Every call copies into one buffer, and only
 * a full buffer reaches stdio.  Failures of the stream are remembered and told
 * once, at the end, by out_flush().
 */
#include <string.h>

#include "netstat/out.h"

void
out_init(struct out *o, FILE *fp)
{
	o->fp = fp;
	o->n = 0;
	o->failed = false;
}

static void
drain(struct out *o)
{
	if (fwrite(o->buf, 1, o->n, o->fp) != o->n)
		o->failed = true;
	o->n = 0;
}

bool
out_flush(struct out *o)
{
	drain(o);
	if (fflush(o->fp) != 0)
		o->failed = true;
	return !o->failed;
}

void
out_mem(struct out *o, const char *s, size_t len)
{
	size_t room;

	while (len > (room = OUT_SIZE - o->n)) {
		memcpy(o->buf + o->n, s, room);
		o->n += room;
		s += room;
		len -= room;
		drain(o);
	}
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
