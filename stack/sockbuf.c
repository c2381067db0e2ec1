/*
 * sockbuf.c - what waits in a socket.
 *
 * Theory of operation.  A buffer of a stream is one chain of mbufs; one of
 * datagrams is a queue of records, linked by m_nextpkt, each of which may be
 * empty of data.  sb_cc counts bytes, sb_mbcnt the memory they hold, which is
 * what a sender of many tiny pieces would otherwise run up.  Invariants, for
 * an empty buffer too: sb_lastrecord is the last record and sb_tail the last
 * mbuf of that; sb_mb, sb_tail and sb_lastrecord are NULL together.
 *
 * A stream's appends may exceed the limits: TCP promised a window in bytes and
 * keeps it.  Records may not.
 */
#include <assert.h>
#include <string.h>

#include "stack/socket.h"

/* Memory a buffer may hold per byte of its limit: FreeBSD's sb_efficiency. */
#define SB_EFFICIENCY 8

/* Copying up to this much beats keeping a further mbuf. */
#define SB_MERGEMAX (MCL_SMALL / 2)

uint32_t
sb_mbmax(const struct sockbuf *sb)
{
	uint64_t max = (uint64_t)sb->sb_hiwat * SB_EFFICIENCY;

	return max < INT32_MAX ? (uint32_t)max : INT32_MAX;
}

void
sbreserve(struct sockbuf *sb, uint32_t hiwat)
{
	sb->sb_hiwat = hiwat;
	if (sb->sb_lowat > hiwat)
		sb->sb_lowat = hiwat;
}

void
soreserve(struct socket *so, uint32_t snd, uint32_t rcv)
{
	sbreserve(&so->so_snd, snd);
	sbreserve(&so->so_rcv, rcv);
}

long
sbspace(const struct sockbuf *sb)
{
	long bytes = (long)sb->sb_hiwat - sb->sb_cc;
	long memory = (long)sb_mbmax(sb) - sb->sb_mbcnt;

	return bytes < memory ? bytes : memory;
}

static void
sbaccount(struct sockbuf *sb, const struct mbuf *m)
{
	sb->sb_cc += m->m_len;
	sb->sb_mbcnt += (uint32_t)m_storage(m);
}

static struct mbuf *
sbfree(struct vnet *v, struct sockbuf *sb, struct mbuf *m)
{
	sb->sb_cc -= m->m_len;
	sb->sb_mbcnt -= (uint32_t)m_storage(m);
	return m_free(v, m);
}

/* Copy m's bytes behind the last ones if that saves an mbuf. */
static bool
sbmerge(struct sockbuf *sb, const struct mbuf *m)
{
	struct mbuf *tail = sb->sb_tail;

	if (m->m_len > SB_MERGEMAX || tail == NULL ||
	    m_trailing(tail) < m->m_len)
		return false;
	memcpy(tail->m_data + tail->m_len, m->m_data, m->m_len);
	tail->m_len += m->m_len;
	sb->sb_cc += m->m_len;
	return true;
}

void
sbappendstream(struct vnet *v, struct sockbuf *sb, struct mbuf *m)
{
	while (m != NULL) {
		struct mbuf *next = m->m_next;

		if (m->m_len == 0 || sbmerge(sb, m)) {
			m = m_free(v, m);
			continue;
		}
		m->m_next = m->m_nextpkt = NULL;
		sbaccount(sb, m);
		if (sb->sb_tail != NULL)
			sb->sb_tail->m_next = m;
		else
			sb->sb_mb = sb->sb_lastrecord = m;
		sb->sb_tail = m;
		m = next;
	}
}

bool
sbappendrecord(struct sockbuf *sb, struct mbuf *m)
{
	uint64_t len = 0, storage = 0;
	struct mbuf *last = m;

	assert(m != NULL);
	for (struct mbuf *n = m; n != NULL; n = n->m_next) {
		len += n->m_len;
		storage += m_storage(n);
		last = n;
	}
	if (sb->sb_cc + len > sb->sb_hiwat ||
	    sb->sb_mbcnt + storage > sb_mbmax(sb))
		return false;
	m->m_pktlen = (uint32_t)len;
	m->m_nextpkt = NULL;
	if (sb->sb_lastrecord != NULL)
		sb->sb_lastrecord->m_nextpkt = m;
	else
		sb->sb_mb = m;
	sb->sb_lastrecord = m;
	sb->sb_tail = last;
	sb->sb_cc += (uint32_t)len;
	sb->sb_mbcnt += (uint32_t)storage;
	return true;
}

void
sbdrop(struct vnet *v, struct sockbuf *sb, size_t len)
{
	struct mbuf *m = sb->sb_mb;

	assert(len <= sb->sb_cc);
	if (len == sb->sb_cc) {
		sbflush(v, sb);
		return;
	}
	while (m != NULL && len >= m->m_len) {
		len -= m->m_len;
		m = sbfree(v, sb, m);
	}
	if (len > 0) {
		assert(m != NULL);
		m->m_data += len;
		m->m_len -= (uint32_t)len;
		sb->sb_cc -= (uint32_t)len;
	}
	sb->sb_mb = sb->sb_lastrecord = m;
	if (m == NULL)
		sb->sb_tail = NULL;
}

void
sbdroprecord(struct vnet *v, struct sockbuf *sb)
{
	struct mbuf *m = sb->sb_mb, *next = m->m_nextpkt;

	while (m != NULL)
		m = sbfree(v, sb, m);
	sb->sb_mb = next;
	if (next == NULL)
		sb->sb_lastrecord = sb->sb_tail = NULL;
}

void
sbflush(struct vnet *v, struct sockbuf *sb)
{
	struct mbuf *last = sb->sb_lastrecord;

	m_discard(v, sbtake(sb), last);
}

struct mbuf *
sbtake(struct sockbuf *sb)
{
	struct mbuf *m = sb->sb_mb;

	sb->sb_mb = sb->sb_tail = sb->sb_lastrecord = NULL;
	sb->sb_cc = sb->sb_mbcnt = 0;
	return m;
}

struct mbuf *
sbcopynext(struct vnet *v, const struct sockbuf *sb, size_t off, size_t len,
    struct sbcursor *cur)
{
	assert(off + len <= sb->sb_cc);
	if (cur->mb == NULL || off < cur->off)
		*cur = (struct sbcursor) { sb->sb_mb, 0 };
	while (cur->mb != NULL && off - cur->off >= cur->mb->m_len &&
	    off > cur->off) {
		cur->off += cur->mb->m_len;
		cur->mb = cur->mb->m_next;
	}
	return m_copym(v, cur->mb, off - cur->off, len);
}

struct mbuf *
sbcopy(struct vnet *v, const struct sockbuf *sb, size_t off, size_t len)
{
	struct sbcursor cur = { NULL, 0 };

	return sbcopynext(v, sb, off, len, &cur);
}
