/*
 * if.c - the list of interfaces, and the tap.
 *
 * Theory of operation
 *
 * An interface is a struct ifnet in its driver's state; here is only the list,
 * in order of attachment and so of if_index, which is never given twice.
 * Drivers count their own packets and call if_tap() once for each, so that a
 * capture shows what a wire would; errors, collisions and drops on the way out
 * are the driver's to count, too.
 *
 * Packets that stay in the machine travel without a transport checksum; the
 * tap must not see that (it would look like an error in every analyser), so it
 * gets a copy whose first bytes are new and whose payload is shared.
 */
#include <stddef.h>

#include "stack/ip_int.h"

VNET_MODULE(if_module, struct ifstate, VNET_IF, NULL, NULL);

struct ifnet *
if_first(const struct vnet *v)
{
	return V_ifstate(v)->first;
}

void
if_attach(struct vnet *v, struct ifnet *ifp)
{
	struct ifstate *is = V_ifstate(v);
	struct ifnet **p = &is->first;

	while (*p != NULL)
		p = &(*p)->if_next;
	ifp->if_next = NULL;
	ifp->if_index = ++is->lastindex;
	is->count++;
	*p = ifp;
}

void
if_detach(struct vnet *v, struct ifnet *ifp)
{
	struct ifnet **p = &V_ifstate(v)->first;

	while (*p != ifp)
		p = &(*p)->if_next;
	*p = ifp->if_next;
	V_ifstate(v)->count--;
}

void
if_settap(struct vnet *v, if_tapfn *fn, void *arg)
{
	struct ifstate *is = V_ifstate(v);

	is->tap = fn;
	is->taparg = arg;
	is->tapped = is->tapdrops = 0;
}

void
if_settapowner(struct vnet *v, int32_t pid)
{
	V_ifstate(v)->tappid = pid;
}

struct mbuf *
m_csum_complete(struct vnet *v, const struct mbuf *m)
{
	size_t head = (size_t)m->m_csum_off + 2, hl;
	struct mbuf *n = m_get(v, 0, head);
	uint16_t sum;

	if (n == NULL)
		return NULL;
	m_copydata(m, 0, head, n->m_data);
	n->m_len = (uint32_t)head;
	n->m_pktlen = m->m_pktlen;
	n->m_next = m_copym(v, m, head, m->m_pktlen - head);
	if (n->m_next == NULL) {
		m_freem(v, n);
		return NULL;
	}
	hl = ip_hdrlen(n->m_data);
	sum = in_cksum_fold(m_sum(n, hl, m->m_pktlen - hl, 0));
	/* 0 would say "none" in UDP; both values are the same to a sum. */
	put16n(n->m_data + m->m_csum_off, sum != 0 ? sum : 0xffff);
	return n;
}

void
if_tap(struct vnet *v, const struct ifnet *ifp, const struct mbuf *m)
{
	struct ifstate *is = V_ifstate(v);
	struct mbuf *copy;

	if (is->tap == NULL)
		return;
	is->tapped++;
	if (!(m->m_flags & M_CSUM_LATER)) {
		is->tap(is->taparg, v, ifp, m);
		return;
	}
	if ((copy = m_csum_complete(v, m)) == NULL) {
		is->tapdrops++;
		return;
	}
	is->tap(is->taparg, v, ifp, copy);
	m_freem(v, copy);
}
