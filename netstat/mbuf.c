/*
 * mbuf.c - netstat -m.
 *
 * The numbers are those of four of the stack's zones: one of mbufs and one for
 * each size of cluster.  FreeBSD's lines are kept in their order and wording;
 * left out are those about what is not here: a secondary zone of mbufs that
 * come with a cluster, 4k and 9k clusters, requests that were delayed (nobody
 * ever waits for memory here), sfbufs and sendfile.  The largest clusters hold
 * 64k, which FreeBSD has none of.
 *
 * Bytes in the cache are all that the zones hold from the system and nobody
 * uses, the slabs' own headers included.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/mbuf.h"

enum { MBUFS, CLUSTERS, JUMBO16, JUMBO64, NPOOLS };
enum { MAXNAMES = 4 };		/* of numbers in one line */

static const struct {
	const char	*zone;
	const char	*label;
	const char	*name[MAXNAMES];
	bool		 max;		/* the line ends with the limit */
} pools[NPOOLS] = {
	[MBUFS] = { "mbuf", "mbufs",
	    { "mbuf-current", "mbuf-cache", "mbuf-total", NULL }, false },
	[CLUSTERS] = { "mbuf_cluster_2k", "mbuf clusters",
	    { "cluster-current", "cluster-cache", "cluster-total",
	    "cluster-max" }, true },
	[JUMBO16] = { "mbuf_cluster_16k", "16k jumbo clusters",
	    { "jumbo16-count", "jumbo16-cache", "jumbo16-total",
	    "jumbo16-limit" }, true },
	[JUMBO64] = { "mbuf_cluster_64k", "64k jumbo clusters",
	    { "jumbo64-count", "jumbo64-cache", "jumbo64-total",
	    "jumbo64-limit" }, true },
};

/* Note a zone if it is one of ours. */
static void
keep(struct xzone pool[NPOOLS], const struct xzone *xz)
{
	size_t i;

	for (i = 0; i < NPOOLS; i++)
		if (strncmp(pools[i].zone, xz->xz_name,
		    sizeof(xz->xz_name)) == 0)
			pool[i] = *xz;
}

/* The zones among `len' bytes at p.  0 or EPROTO. */
static int
parse(struct xzone pool[NPOOLS], const char *p, size_t len)
{
	struct xzone xz;
	size_t i;

	memset(pool, 0, NPOOLS * sizeof(pool[0]));
	for (; len > 0; p += xz.xz_len, len -= xz.xz_len) {
		if (len < sizeof(xz))
			return EPROTO;
		memcpy(&xz, p, sizeof(xz));
		if (xz.xz_len < sizeof(xz) || xz.xz_len > len)
			return EPROTO;
		keep(pool, &xz);
	}
	for (i = 0; i < NPOOLS; i++)
		if (pool[i].xz_len == 0)
			return EPROTO;
	return 0;
}

/* Numbers with slashes between, each followed by `unit', and a text; as many
 * as have a name. */
static void
print_line(struct xo *x, const uint64_t *v, const char *const name[MAXNAMES],
    const char *unit, const char *text)
{
	size_t i;

	for (i = 0; i < MAXNAMES && name[i] != NULL; i++) {
		if (i > 0)
			out_mem(&x->text, "/", 1);
		xo_uint(x, name[i], v[i], 0);
		out_str(&x->text, unit);
	}
	out_mem(&x->text, " ", 1);
	out_str(&x->text, text);
}

static void
print_pool(struct xo *x, const struct xzone *z, size_t i)
{
	const uint64_t v[] = { z->xz_used, z->xz_free, z->xz_used + z->xz_free,
		z->xz_limit };

	print_line(x, v, pools[i].name, "", pools[i].label);
	out_str(&x->text, " in use (current/cache/total");
	out_str(&x->text, pools[i].max ? "/max)\n" : ")\n");
}

static void
print_bytes(struct xo *x, const struct xzone pool[NPOOLS])
{
	static const char *const name[MAXNAMES] = { "bytes-in-use",
		"bytes-in-cache", "bytes-total" };
	uint64_t used = 0, held = 0, v[3];
	size_t i;

	for (i = 0; i < NPOOLS; i++) {
		used += pool[i].xz_used * pool[i].xz_size;
		held += pool[i].xz_bytes;
	}
	v[0] = used / 1024;
	v[2] = held / 1024;
	v[1] = v[2] - v[0];
	print_line(x, v, name, "K",
	    "bytes allocated to network (current/cache/total)\n");
}

static void
print_denied(struct xo *x, const struct xzone pool[NPOOLS])
{
	static const char *const small[MAXNAMES] = { "mbuf-failures",
		"cluster-failures" };
	static const char *const jumbo[MAXNAMES] = { "jumbo16-failures",
		"jumbo64-failures" };
	uint64_t denied[NPOOLS];
	size_t i;

	for (i = 0; i < NPOOLS; i++)
		denied[i] = pool[i].xz_failures;
	print_line(x, &denied[MBUFS], small, "",
	    "requests for mbufs denied (mbufs/clusters)\n");
	print_line(x, &denied[JUMBO16], jumbo, "",
	    "requests for jumbo clusters denied (16k/64k)\n");
}

int
mbuf_print(struct xo *x, const struct mib *mib)
{
	struct xzone pool[NPOOLS];
	size_t len, i;
	char *zones;
	int error;

	if ((zones = mib->read(MBUF_VALUE, &len)) == NULL)
		return errno;
	error = parse(pool, zones, len);
	free(zones);
	if (error != 0)
		return error;
	xo_open_container(x, "mbuf-statistics");
	for (i = 0; i < NPOOLS; i++)
		print_pool(x, &pool[i], i);
	print_bytes(x, pool);
	print_denied(x, pool);
	xo_close(x);
	return 0;
}
