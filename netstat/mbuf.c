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

static const struct {
	const char	*zone;
	const char	*label;
	bool		 max;		/* the line ends with the limit */
} pools[NPOOLS] = {
	[MBUFS] = { "mbuf", "mbufs", false },
	[CLUSTERS] = { "mbuf_cluster_2k", "mbuf clusters", true },
	[JUMBO16] = { "mbuf_cluster_16k", "16k jumbo clusters", true },
	[JUMBO64] = { "mbuf_cluster_64k", "64k jumbo clusters", true },
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

/* n numbers with slashes between, each followed by `unit', and a text. */
static void
print_line(struct out *o, const uint64_t *v, size_t n, const char *unit,
    const char *text)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0)
			out_mem(o, "/", 1);
		out_uint(o, v[i], 0);
		out_str(o, unit);
	}
	out_mem(o, " ", 1);
	out_str(o, text);
}

static void
print_pool(struct out *o, const struct xzone *z, size_t i)
{
	const uint64_t v[] = { z->xz_used, z->xz_free, z->xz_used + z->xz_free,
		z->xz_limit };

	print_line(o, v, pools[i].max ? 4 : 3, "", pools[i].label);
	out_str(o, " in use (current/cache/total");
	out_str(o, pools[i].max ? "/max)\n" : ")\n");
}

static void
print_bytes(struct out *o, const struct xzone pool[NPOOLS])
{
	uint64_t used = 0, held = 0, v[3];
	size_t i;

	for (i = 0; i < NPOOLS; i++) {
		used += pool[i].xz_used * pool[i].xz_size;
		held += pool[i].xz_bytes;
	}
	v[0] = used / 1024;
	v[2] = held / 1024;
	v[1] = v[2] - v[0];
	print_line(o, v, 3, "K",
	    "bytes allocated to network (current/cache/total)\n");
}

int
mbuf_print(struct out *o, const struct mib *mib)
{
	struct xzone pool[NPOOLS];
	uint64_t denied[NPOOLS];
	size_t len, i;
	char *zones;
	int error;

	if ((zones = mib->read(MBUF_VALUE, &len)) == NULL)
		return errno;
	error = parse(pool, zones, len);
	free(zones);
	if (error != 0)
		return error;
	for (i = 0; i < NPOOLS; i++) {
		print_pool(o, &pool[i], i);
		denied[i] = pool[i].xz_failures;
	}
	print_bytes(o, pool);
	print_line(o, &denied[MBUFS], 2, "",
	    "requests for mbufs denied (mbufs/clusters)\n");
	print_line(o, &denied[JUMBO16], 2, "",
	    "requests for jumbo clusters denied (16k/64k)\n");
	return 0;
}
