/*
 * mbuf.c - chains of bytes.
 *
 * Theory of operation.  Bytes are copied into an mbuf or cluster once, when a
 * program sends them, and from then on shared: a cluster counts the mbufs that
 * point into it, and every mbuf has its own window (m_data, m_len).  So bytes
 * in a cluster with more than one user are read-only, free room around the
 * window included: another mbuf may look at it.
 *
 * Both kinds come from zones whose whole object is `keep': a cluster of 64 KB
 * is not to be zeroed for a packet that fills it anyway.
 *
 * A socket that closes may leave tens of thousands of mbufs.  They stand in a
 * queue then, of which some go at once and some in each millisecond.
 *
 * Not done here: limits.  How much may be held is decided by socket buffers
 * and queues, in m_storage() units.
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/callout.h"
#include "base/zone.h"
#include "stack/mbuf.h"

#define NCLSIZES 3
#define DISCARD_BATCH 512

static const struct {
	const char *name;
	uint32_t size;
} clsizes[NCLSIZES] = {
	{ "mbuf_cluster_2k", MCL_SMALL + MHEADROOM },
	{ "mbuf_cluster_16k", MCL_MEDIUM + MHEADROOM },
	{ "mbuf_cluster_64k", MCL_LARGE + MHEADROOM },
};

struct mbstate {
	struct zone *mbufs;
	struct zone *clusters[NCLSIZES];
	struct mbuf *trash, **trashp;	/* packets to be freed; their end */
	struct callout callout;		/* armed while there are some */
};

static void trash_run(struct vnet *v, void *arg);
static bool trash_free(struct vnet *v, unsigned n);
static int mbuf_init(struct vnet *v);
static void mbuf_fini(struct vnet *v);

static VNET_MODULE(mbuf_module, struct mbstate, VNET_SOCKET, mbuf_init,
    mbuf_fini);
#define V_mbstate(v) ((struct mbstate *)vnet_data((v), &mbuf_module))

static int
mbuf_init(struct vnet *v)
{
	struct mbstate *ms = V_mbstate(v);

	ms->trashp = &ms->trash;
	callout_init(&ms->callout, trash_run, NULL);
	ms->mbufs = zinit(v, "mbuf", sizeof(struct mbuf), sizeof(struct mbuf),
	    0);
	if (ms->mbufs == NULL)
		return ENOMEM;
	for (int i = 0; i < NCLSIZES; i++) {
		size_t size = sizeof(struct mcluster) + clsizes[i].size;

		ms->clusters[i] = zinit(v, clsizes[i].name, size, size, 0);
		if (ms->clusters[i] == NULL) {
			mbuf_fini(v);
			return ENOMEM;
		}
	}
	return 0;
}

static void
mbuf_fini(struct vnet *v)
{
	struct mbstate *ms = V_mbstate(v);

	(void)callout_stop(v, &ms->callout);
	(void)trash_free(v, UINT_MAX);
	for (int i = 0; i < NCLSIZES; i++) {
		if (ms->clusters[i] != NULL)
			zdestroy(ms->clusters[i]);
	}
	zdestroy(ms->mbufs);
}

/* The smallest cluster that holds len bytes; the largest if none does. */
static int
clsize_for(size_t len)
{
	int i = 0;

	while (i < NCLSIZES - 1 && len > clsizes[i].size)
		i++;
	return i;
}

static struct mcluster *
mcl_get(struct vnet *v, size_t len)
{
	int i = clsize_for(len);
	struct mcluster *c = zalloc(V_mbstate(v)->clusters[i]);

	if (c != NULL) {
		c->refs = 1;
		c->size = clsizes[i].size;
	}
	return c;
}

static void
mcl_put(struct vnet *v, struct mcluster *c)
{
	if (--c->refs == 0)
		zfree(V_mbstate(v)->clusters[clsize_for(c->size)], c);
}

/* The bytes that are this mbuf's, used or not. */
static const uint8_t *
m_start(const struct mbuf *m)
{
	return m->m_ext != NULL ? m->m_ext->data : m->m_dat;
}

static size_t
m_size(const struct mbuf *m)
{
	return m->m_ext != NULL ? m->m_ext->size : MLEN;
}

static struct mbuf *
m_alloc(struct vnet *v)
{
	struct mbuf *m = zalloc(V_mbstate(v)->mbufs);

	if (m != NULL) {
		memset(m, 0, offsetof(struct mbuf, m_dat));
		m->m_data = m->m_dat;
	}
	return m;
}

struct mbuf *
m_get(struct vnet *v, size_t head, size_t len)
{
	struct mbuf *m;

	assert(head <= MHEADROOM);
	if (len > MCL_LARGE)
		len = MCL_LARGE;
	if ((m = m_alloc(v)) == NULL)
		return NULL;
	if (head + len > MLEN) {
		if ((m->m_ext = mcl_get(v, head + len)) == NULL) {
			zfree(V_mbstate(v)->mbufs, m);
			return NULL;
		}
		m->m_data = m->m_ext->data;
	}
	m->m_data += head;
	return m;
}

struct mbuf *
m_free(struct vnet *v, struct mbuf *m)
{
	struct mbuf *next = m->m_next;

	if (m->m_ext != NULL)
		mcl_put(v, m->m_ext);
	zfree(V_mbstate(v)->mbufs, m);
	return next;
}

void
m_freem(struct vnet *v, struct mbuf *m)
{
	while (m != NULL)
		m = m_free(v, m);
}

void
m_freeq(struct vnet *v, struct mbuf *m)
{
	while (m != NULL) {
		struct mbuf *next = m->m_nextpkt;

		m_freem(v, m);
		m = next;
	}
}

/* n mbufs of it.  True: there are more. */
static bool
trash_free(struct vnet *v, unsigned n)
{
	struct mbstate *ms = V_mbstate(v);
	struct mbuf *m, *pkt;

	while (n-- > 0 && (m = ms->trash) != NULL) {
		pkt = m->m_nextpkt;
		if ((m = m_free(v, m)) != NULL)
			m->m_nextpkt = pkt;
		else
			m = pkt;
		ms->trash = m;
		if (pkt == NULL)
			ms->trashp = m == NULL ? &ms->trash : &m->m_nextpkt;
	}
	return ms->trash != NULL;
}

static void
trash_run(struct vnet *v, void *arg)
{
	(void)arg;
	if (trash_free(v, DISCARD_BATCH))
		callout_reset(v, &V_mbstate(v)->callout, 0);
}

void
m_discard(struct vnet *v, struct mbuf *m, struct mbuf *last)
{
	struct mbstate *ms = V_mbstate(v);

	if (m == NULL)
		return;
	last->m_nextpkt = NULL;
	*ms->trashp = m;
	ms->trashp = &last->m_nextpkt;
	if (trash_free(v, DISCARD_BATCH) && !callout_pending(&ms->callout))
		callout_reset(v, &ms->callout, 0);
}

bool
m_writable(const struct mbuf *m)
{
	return m->m_ext == NULL || m->m_ext->refs == 1;
}

size_t
m_leading(const struct mbuf *m)
{
	return m_writable(m) ? (size_t)(m->m_data - m_start(m)) : 0;
}

size_t
m_trailing(const struct mbuf *m)
{
	if (!m_writable(m))
		return 0;
	return m_size(m) - (size_t)(m->m_data - m_start(m)) - m->m_len;
}

size_t
m_length(const struct mbuf *m)
{
	size_t len = 0;

	for (; m != NULL; m = m->m_next)
		len += m->m_len;
	return len;
}

size_t
m_storage(const struct mbuf *m)
{
	size_t size = sizeof(*m);

	if (m->m_ext != NULL)
		size += sizeof(*m->m_ext) + m->m_ext->size;
	return size;
}

/* A new mbuf for len bytes at p of m, shared if m has a cluster. */
static struct mbuf *
m_share(struct vnet *v, const struct mbuf *m, uint8_t *p, size_t len)
{
	struct mbuf *n = m_alloc(v);

	if (n == NULL)
		return NULL;
	n->m_len = (uint32_t)len;
	if (m->m_ext != NULL) {
		n->m_ext = m->m_ext;
		n->m_ext->refs++;
		n->m_data = p;
	} else
		memcpy(n->m_data, p, len);
	return n;
}

struct mbuf *
m_copym(struct vnet *v, const struct mbuf *m, size_t off, size_t len)
{
	struct mbuf *top = NULL, **tailp = &top;

	while (m != NULL && off >= m->m_len && off > 0) {
		off -= m->m_len;
		m = m->m_next;
	}
	assert(len == 0 || m != NULL);
	if (len == 0)
		return m_get(v, 0, 0);
	while (len > 0) {
		size_t n;

		assert(m != NULL);
		n = m->m_len - off < len ? m->m_len - off : len;
		if (n > 0) {
			*tailp = m_share(v, m, m->m_data + off, n);
			if (*tailp == NULL) {
				m_freem(v, top);
				return NULL;
			}
			tailp = &(*tailp)->m_next;
		}
		len -= n;
		off = 0;
		m = m->m_next;
	}
	return top;
}

struct mbuf *
m_frombuf(struct vnet *v, const void *buf, size_t len, size_t head)
{
	const uint8_t *p = buf;
	struct mbuf *top = NULL, **tailp = &top;

	do {
		struct mbuf *m = m_get(v, head, len);
		size_t n = len < MCL_LARGE ? len : MCL_LARGE;

		if (m == NULL) {
			m_freem(v, top);
			return NULL;
		}
		if (n > 0)
			memcpy(m->m_data, p, n);
		m->m_len = (uint32_t)n;
		*tailp = m;
		tailp = &m->m_next;
		p += n;
		len -= n;
		head = 0;
	} while (len > 0);
	return top;
}

void
m_copydata(const struct mbuf *m, size_t off, size_t len, void *buf)
{
	uint8_t *p = buf;

	while (len > 0) {
		size_t n;

		assert(m != NULL);
		if (off >= m->m_len) {
			off -= m->m_len;
			m = m->m_next;
			continue;
		}
		n = m->m_len - off < len ? m->m_len - off : len;
		memcpy(p, m->m_data + off, n);
		p += n;
		len -= n;
		off = 0;
		m = m->m_next;
	}
}

/* n becomes the first mbuf of m's packet: it takes what only that holds. */
static void
m_movehdr(struct mbuf *n, struct mbuf *m)
{
	n->m_nextpkt = m->m_nextpkt;
	n->m_pktlen = m->m_pktlen;
	n->m_flags = m->m_flags;
	n->m_csum_off = m->m_csum_off;
	n->m_rcvif = m->m_rcvif;
	n->m_from = m->m_from;
	m->m_nextpkt = NULL;
	m->m_flags = 0;
}

struct mbuf *
m_prepend(struct vnet *v, struct mbuf *m, size_t len)
{
	struct mbuf *n;

	if (m_leading(m) >= len) {
		m->m_data -= len;
		m->m_len += (uint32_t)len;
		return m;
	}
	/* Who prepends once tends to prepend again. */
	if ((n = m_get(v, MHEADROOM, len)) == NULL) {
		m_freem(v, m);
		return NULL;
	}
	m_movehdr(n, m);
	n->m_len = (uint32_t)len;
	n->m_next = m;
	return n;
}

/* Move bytes from the mbufs after m to its end until it holds len. */
static bool
m_gather(struct vnet *v, struct mbuf *m, size_t len)
{
	while (m->m_len < len && m->m_next != NULL) {
		struct mbuf *n = m->m_next;
		size_t want = len - m->m_len;
		size_t take = n->m_len < want ? n->m_len : want;

		memcpy(m->m_data + m->m_len, n->m_data, take);
		m->m_len += (uint32_t)take;
		n->m_data += take;
		n->m_len -= (uint32_t)take;
		if (n->m_len == 0)
			m->m_next = m_free(v, n);
	}
	return m->m_len >= len;
}

struct mbuf *
m_pullup(struct vnet *v, struct mbuf *m, size_t len)
{
	struct mbuf *n = m;

	if (m->m_len >= len)
		return m;
	if (len > MCL_LARGE)
		goto fail;
	if (m_trailing(m) < len - m->m_len) {
		if ((n = m_get(v, 0, len)) == NULL)
			goto fail;
		m_movehdr(n, m);
		n->m_next = m;
	}
	if (m_gather(v, n, len))
		return n;
	m = n;
fail:
	m_freem(v, m);
	return NULL;
}

static void
m_trimtail(struct mbuf *m, size_t len)
{
	size_t total = m_length(m);
	size_t keep = len < total ? total - len : 0;

	for (; m != NULL; m = m->m_next) {
		if (m->m_len > keep)
			m->m_len = (uint32_t)keep;
		keep -= m->m_len;
	}
}

void
m_adj(struct mbuf *m, ssize_t len)
{
	size_t left = (size_t)len;

	if (len < 0) {
		m_trimtail(m, (size_t)-len);
		return;
	}
	for (; m != NULL && left > 0; m = m->m_next) {
		size_t n = left < m->m_len ? left : m->m_len;

		m->m_data += n;
		m->m_len -= (uint32_t)n;
		left -= n;
	}
}

static uint32_t
fold16(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

/* Two 32-bit halves: 2^16 is 1 modulo 2^16 - 1, so words of any even width may
 * be added up. */
static inline uint64_t
sum8(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return (w & UINT32_MAX) + (w >> 32);
}

static uint64_t
sum_bytes(const uint8_t *p, size_t len)
{
	uint64_t sum = 0;
	uint8_t rest[8] = { 0 };

	for (; len >= 32; p += 32, len -= 32)
		sum += sum8(p) + sum8(p + 8) + sum8(p + 16) + sum8(p + 24);
	for (; len >= 8; p += 8, len -= 8)
		sum += sum8(p);
	for (size_t i = 0; i < len; i++)
		rest[i] = p[i];
	return sum + sum8(rest);
}

uint64_t
m_sum(const struct mbuf *m, size_t off, size_t len, uint64_t sum)
{
	bool odd = false;

	while (len > 0) {
		size_t n;
		uint64_t part;

		assert(m != NULL);
		if (off >= m->m_len) {
			off -= m->m_len;
			m = m->m_next;
			continue;
		}
		n = m->m_len - off < len ? m->m_len - off : len;
		part = sum_bytes(m->m_data + off, n);
		if (odd)
			part = __builtin_bswap16((uint16_t)fold16(part));
		sum = fold16(sum) + part;
		odd ^= n & 1;
		len -= n;
		off = 0;
		m = m->m_next;
	}
	return sum;
}

uint16_t
in_cksum_fold(uint64_t sum)
{
	return (uint16_t)~fold16(sum);
}
