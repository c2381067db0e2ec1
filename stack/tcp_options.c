/*
 * tcp_options.c - option bytes of a header, in and out.
 *
 * Theory of operation.  Options are kind, length, value; two kinds are a single
 * byte.  The reader never looks beyond the cnt bytes it is given: a length that
 * is too small for its own two bytes or too large for what is left ends the
 * walk, and options that were read before it count.  An option whose length is
 * not what its kind demands is skipped.  The writer pads with NOPs in front so
 * that 32-bit values are aligned, as RFC 7323 suggests.
 */
#include <assert.h>
#include <string.h>

#include "stack/tcp_int.h"
#include "stack/wire.h"

enum {
	OPT_EOL = 0, OPT_NOP = 1, OPT_MAXSEG = 2, OPT_WINDOW = 3,
	OPT_SACKPERM = 4, OPT_SACK = 5, OPT_TIMESTAMP = 8
};

/* One option of len bytes, kind and length included. */
static void
option(struct tcpopt *to, const uint8_t *p, uint8_t len, bool syn)
{
	switch (p[0]) {
	case OPT_MAXSEG:
		if (len != 4 || !syn)
			return;
		to->to_flags |= TOF_MSS;
		to->to_mss = get16(p + 2);
		return;
	case OPT_WINDOW:
		if (len != 3 || !syn)
			return;
		to->to_flags |= TOF_SCALE;
		to->to_wscale = p[2] < TCP_MAXWINSHIFT ? p[2] :
		    TCP_MAXWINSHIFT;
		return;
	case OPT_SACKPERM:
		if (len == 2 && syn)
			to->to_flags |= TOF_SACKPERM;
		return;
	case OPT_SACK:
		if (len <= 2 || (len - 2) % 8 != 0)
			return;
		to->to_flags |= TOF_SACK;
		to->to_nsacks = (uint8_t)((len - 2) / 8);
		to->to_sacks = p + 2;
		return;
	case OPT_TIMESTAMP:
		if (len != 10)
			return;
		to->to_flags |= TOF_TS;
		to->to_tsval = get32(p + 2);
		to->to_tsecr = get32(p + 6);
		return;
	default:
		return;
	}
}

void
tcp_dooptions(struct tcpopt *to, const uint8_t *cp, size_t cnt, bool syn)
{
	memset(to, 0, sizeof(*to));
	while (cnt > 0 && cp[0] != OPT_EOL) {
		size_t len = 1;

		if (cp[0] != OPT_NOP) {
			if (cnt < 2 || cp[1] < 2 || cp[1] > cnt)
				return;
			len = cp[1];
			option(to, cp, cp[1], syn);
		}
		cp += len;
		cnt -= len;
	}
}

uint8_t
tcp_addoptions(const struct tcpopt *to, uint8_t buf[TCP_MAXOLEN])
{
	uint8_t *p = buf;

	if (to->to_flags & TOF_MSS) {
		*p++ = OPT_MAXSEG;
		*p++ = 4;
		put16(p, to->to_mss);
		p += 2;
	}
	if (to->to_flags & TOF_SCALE) {
		*p++ = OPT_NOP;
		*p++ = OPT_WINDOW;
		*p++ = 3;
		*p++ = to->to_wscale;
	}
	if (to->to_flags & TOF_SACKPERM) {
		*p++ = OPT_NOP;
		*p++ = OPT_NOP;
		*p++ = OPT_SACKPERM;
		*p++ = 2;
	}
	if (to->to_flags & TOF_TS) {
		*p++ = OPT_NOP;
		*p++ = OPT_NOP;
		*p++ = OPT_TIMESTAMP;
		*p++ = 10;
		put32(p, to->to_tsval);
		put32(p + 4, to->to_tsecr);
		p += 8;
	}
	assert(p <= buf + TCP_MAXOLEN && (p - buf) % 4 == 0);
	return (uint8_t)(p - buf);
}
