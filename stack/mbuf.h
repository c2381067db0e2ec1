/*
 * mbufs: chains of bytes that are packets, records and socket buffers.
 *
 * A small mbuf holds its bytes itself; a larger one points into a cluster,
 * which is counted, so that data sits once in memory while it waits in a send
 * buffer, travels in a packet and waits in a receive buffer: m_copym() shares.
 * Shared bytes are never written to (m_writable()).
 *
 * m_next links the mbufs of one packet or record, m_nextpkt the packets of a
 * queue.  m_pktlen is kept in the first mbuf of a packet by those who say so;
 * the functions below neither need nor change it, but hand it, m_flags and the
 * like on when they put another mbuf in front.
 */
#ifndef STACK_MBUF_H
#define STACK_MBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/inaddr.h"
#include "base/vnet.h"

struct ifnet;

#define MLEN		240	/* bytes held in an mbuf itself */
#define MHEADROOM	64	/* left free before a packet's data */

struct mcluster {		/* one of three sizes, a zone each */
	uint32_t refs;
	uint32_t size;		/* MCL_* + MHEADROOM */
	uint8_t	 data[];
};
#define MCL_SMALL	2048
#define MCL_MEDIUM	16384
#define MCL_LARGE	65536

/* m_flags */
#define M_CSUM_VALID	0x1	/* checksums need no check on input */
#define M_CSUM_LATER	0x2	/* transport checksum holds the pseudo header's
				 * sum; who puts it on a wire completes it */
#define M_EOR		0x4

struct mbuf {
	struct mbuf	*m_next;
	struct mbuf	*m_nextpkt;
	uint8_t		*m_data;
	uint32_t	 m_len;
	uint32_t	 m_pktlen;
	uint32_t	 m_flags;
	uint16_t	 m_csum_off;	/* M_CSUM_LATER: of the checksum field,
					 * from the start of the IP header */
	struct ifnet	*m_rcvif;
	struct mcluster	*m_ext;		/* NULL: m_dat */
	struct endpoint	 m_from;	/* source of a datagram in a sockbuf */
	struct inaddr	 m_to;		/* and its destination */
	uint8_t		 m_dat[MLEN];
};

/* An empty mbuf with room for at least min(len, MCL_LARGE) bytes after
 * `head' (up to MHEADROOM) bytes of headroom.  NULL: no memory. */
struct mbuf *m_get(struct vnet *v, size_t head, size_t len);

/* Free one mbuf, return its m_next; free a chain; free a queue of packets. */
struct mbuf *m_free(struct vnet *v, struct mbuf *m);
void	m_freem(struct vnet *v, struct mbuf *m);
/* Free a queue of packets, last its last one: of many mbufs most in the
 * milliseconds after it. */
void	m_discard(struct vnet *v, struct mbuf *m, struct mbuf *last);
void	m_freeq(struct vnet *v, struct mbuf *m);

bool	m_writable(const struct mbuf *m);
size_t	m_leading(const struct mbuf *m);	/* writable room in front */
size_t	m_trailing(const struct mbuf *m);	/* writable room behind */
size_t	m_length(const struct mbuf *m);		/* of the chain */
/* Memory this one mbuf stands for (sb_mbcnt); a shared cluster counts full. */
size_t	m_storage(const struct mbuf *m);

/* A chain that shares bytes [off, off+len) of m, which must be there; flags
 * are not copied.  len 0 gives an empty mbuf.  NULL: no memory. */
struct mbuf *m_copym(struct vnet *v, const struct mbuf *m, size_t off,
	    size_t len);

/* A new chain with a copy of len bytes, `head' bytes free in front.  NULL: no
 * memory. */
struct mbuf *m_frombuf(struct vnet *v, const void *buf, size_t len,
	    size_t head);
void	m_copydata(const struct mbuf *m, size_t off, size_t len, void *buf);

/*
 * len bytes more in front, contiguous and writable, in a new mbuf if there is
 * no room; the new first mbuf.  On NULL (no memory) m is freed.
 */
struct mbuf *m_prepend(struct vnet *v, struct mbuf *m, size_t len);

/* The first len bytes contiguous.  On NULL (too short, no memory) freed. */
struct mbuf *m_pullup(struct vnet *v, struct mbuf *m, size_t len);

/* Trim len bytes off the front (len > 0) or the end (len < 0); mbufs that
 * become empty stay in the chain. */
void	m_adj(struct mbuf *m, ssize_t len);

/* RFC 1071 sum over [off, off+len) of the chain, added to `sum', not folded.
 * 16- and 32-bit words of a pseudo header are added as they are in memory, in
 * network order. */
uint64_t m_sum(const struct mbuf *m, size_t off, size_t len, uint64_t sum);
/* Fold and complement: the value for the header field, network order. */
uint16_t in_cksum_fold(uint64_t sum);

#endif
