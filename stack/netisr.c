/*
 * netisr.c - the input queue and the pump.
 *
 * Theory of operation
 *
 * Interfaces put packets here; vnet_run() takes them out.  So the stack never
 * re-enters itself, a caller decides how long it works in one go, and a test
 * can stand between two hosts' halves of the stack.  The queue is bounded in
 * packets and in bytes; what does not fit is dropped and counted, on the
 * interface and in net.inet.ip.intr_queue_drops.
 *
 * One packet may cause many: they count for the caller's budget, too.
 */
#include "base/callout.h"
#include "stack/ip_int.h"
#include "sysctl/sysctl.h"

/*
 * Beside NETISR_MAXLEN packets.  FreeBSD's 256 are for a queue that a thread
 * empties at once; here a burst is what an event loop's turn produces,
 * thousands of SYNs say.
 */
#define QUEUE_MAXBYTES	(UINT64_C(64) << 20)

#define SENT_PART	4	/* sending a packet costs so much of input */

static int netisr_init(struct vnet *v);
static void netisr_fini(struct vnet *v);

VNET_MODULE(netisr_module, struct netisr, VNET_IF, netisr_init,
    netisr_fini);

SYSCTL_UINT(ip_intr_queue_maxlen, "net.inet.ip.intr_queue_maxlen", 10,
    CTLFLAG_RW, netisr_module, struct netisr, maxlen, NULL,
    "Maximum size of the IP input queue");
SYSCTL_U64(ip_intr_queue_drops, "net.inet.ip.intr_queue_drops", 11,
    CTLFLAG_RD | CTLFLAG_STATS, netisr_module, struct netisr, drops, NULL,
    "Number of packets dropped from the IP input queue");

static int
netisr_init(struct vnet *v)
{
	struct netisr *q = V_netisr(v);

	q->tailp = &q->head;
	q->maxlen = NETISR_MAXLEN;
	return 0;
}

static void
netisr_fini(struct vnet *v)
{
	m_freeq(v, V_netisr(v)->head);
}

void
netisr_enqueue(struct vnet *v, struct mbuf *m)
{
	struct netisr *q = V_netisr(v);

	if (q->len >= q->maxlen || q->bytes + m->m_pktlen > QUEUE_MAXBYTES) {
		q->drops++;
		if (m->m_rcvif != NULL)
			m->m_rcvif->if_iqdrops++;
		m_freem(v, m);
		return;
	}
	m->m_nextpkt = NULL;
	*q->tailp = m;
	q->tailp = &m->m_nextpkt;
	q->len++;
	q->queued++;
	if (q->len > q->watermark)
		q->watermark = q->len;
	q->bytes += m->m_pktlen;
}

struct mbuf *
netisr_dequeue(struct vnet *v)
{
	struct netisr *q = V_netisr(v);
	struct mbuf *m = q->head;

	if (m == NULL)
		return NULL;
	if ((q->head = m->m_nextpkt) == NULL)
		q->tailp = &q->head;
	m->m_nextpkt = NULL;
	q->len--;
	q->bytes -= m->m_pktlen;
	return m;
}

void
netisr_charge(struct vnet *v, unsigned n)
{
	V_netisr(v)->charged += n;
}

bool
vnet_run(struct vnet *v, unsigned budget)
{
	struct netisr *q = V_netisr(v);
	uint64_t before = q->queued + q->charged;
	struct mbuf *m;

	for (unsigned i = 0; q->head != NULL && i + (q->queued + q->charged -
	    before) / SENT_PART < budget; i++) {
		if (i % IP_AHEAD == 0 && q->head->m_nextpkt != NULL)
			ip_prefetch(v, q->head);
		m = netisr_dequeue(v);
		q->handled++;
		if (m->m_rcvif != NULL) {
			m->m_rcvif->if_ipackets++;
			m->m_rcvif->if_ibytes += m->m_pktlen;
		}
		ip_input(v, m);
	}
	return callout_run(v) || q->head != NULL;
}
