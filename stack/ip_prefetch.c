/*
 * ip_prefetch.c - look at packets before their turn.
 *
 * Theory of operation
 *
 * With a million sockets, finding the one that a packet is for is waiting for
 * memory, three times in a row.  While packets queue up, those waits can
 * overlap: the protocols are told the ends of the next ones, and start to fetch
 * what their look-ups will read.
 *
 * It is a hint.  The packets were not checked, so nothing is read behind what
 * an mbuf holds, and nothing is remembered: whatever the packets before do to
 * the tables, a look-up has the last word.
 */
#include "stack/ip_int.h"

struct ends {
	struct endpoint	src[IP_AHEAD], dst[IP_AHEAD];
	unsigned	n;
};

/* The ports of TCP and UDP are the first thing in their headers. */
static bool
has_ports(const struct mbuf *m)
{
	const uint8_t *h = m->m_data;

	return m->m_len >= IP_HDRLEN + 4 &&
	    h[IPO_VHL] == (4 << 4 | IP_HDRLEN / 4) &&
	    (get16(h + IPO_OFF) & IP_OFF_MASK) == 0;
}

static void
add_ends(struct ends *e, const uint8_t *h)
{
	e->src[e->n] = (struct endpoint){ getaddr(h + IPO_SRC),
	    get16n(h + IP_HDRLEN) };
	e->dst[e->n] = (struct endpoint){ getaddr(h + IPO_DST),
	    get16n(h + IP_HDRLEN + 2) };
	e->n++;
}

static void
tell(struct vnet *v, const struct mbuf *m, uint8_t proto)
{
	const struct ipproto *pr = V_ipstate(v)->proto[proto];
	struct ends e;

	if (pr == NULL || pr->prefetch == NULL)
		return;
	e.n = 0;
	for (unsigned i = 0; i < IP_AHEAD && m != NULL; i++) {
		if (has_ports(m) && m->m_data[IPO_PROTO] == proto)
			add_ends(&e, m->m_data);
		m = m->m_nextpkt;
	}
	in_localaddr_prefetch(v, e.dst, e.n);
	pr->prefetch(v, e.src, e.dst, e.n);
}

void
ip_prefetch(struct vnet *v, const struct mbuf *m)
{
	tell(v, m, IPPROTO_TCP);
	tell(v, m, IPPROTO_UDP);
}
