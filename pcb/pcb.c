/*
 * pcb.c - the PCBs of a protocol: how they come, live and go.
 *
 * Theory of operation
 *
 * An inpcbinfo is made by each protocol.  Its PCBs come from a zone of its
 * own, as large as the protocol's control block that begins with the inpcb;
 * what the tables are made of comes from zones that all protocols share.
 *
 * A listener needs little of what a connection does; the control block of a
 * protocol has that part first, and in_pcbshrink() leaves the rest behind.
 *
 * A PCB belongs to the jail of the credential it was made with, for as long as
 * it lives, and holds a reference to it.  The generation count is drawn from
 * one counter of the vnet, at birth and at death, so a listing that remembers
 * the count of its last record knows where to go on, and a pointer with the
 * count it was seen with tells whether it still is the same PCB.
 */
#include <stdlib.h>
#include <netinet/in.h>

#include "pcb/pcb_int.h"

static void
pcbs_fini(struct vnet *v)
{
	struct pcbs *p = V_pcb(v);
	struct zone *zone[] = { p->ports, p->addrs, p->shares, p->uids,
	    p->jails, p->blocks };

	for (size_t i = 0; i < sizeof(zone) / sizeof(zone[0]); i++)
		if (zone[i] != NULL)
			zdestroy(zone[i]);
}

static int
pcbs_init(struct vnet *v)
{
	struct pcbs *p = V_pcb(v);

	portrange_jails(v, prison_portrange);
	p->ports = zinit(v, "inpport", sizeof(struct inpport), 0, 0);
	p->addrs = zinit(v, "inpaddr", sizeof(struct inpaddr), 0, 0);
	p->shares = inpshare_zone(v);
	p->uids = zinit(v, "inpuid", sizeof(struct inpuid), 0, 0);
	p->jails = zinit(v, "inpjail", sizeof(struct inpjail), 0, 0);
	p->blocks = zinit(v, "inpblock", sizeof(struct inpblock), 0, 0);
	if (p->ports != NULL && p->addrs != NULL && p->shares != NULL &&
	    p->uids != NULL && p->jails != NULL && p->blocks != NULL)
		return 0;
	pcbs_fini(v);
	return ENOMEM;
}

VNET_MODULE(pcb_module, struct pcbs, VNET_PCB, pcbs_init, pcbs_fini);

static void
tables_fini(struct inpcbinfo *pi)
{
	htable_fini(&pi->pi_connected);
	htable_fini(&pi->pi_ends);
	htable_fini(&pi->pi_ports);
	htable_fini(&pi->pi_uids);
	htable_fini(&pi->pi_jails);
}

static int
tables_init(struct inpcbinfo *pi)
{
	if (htable_init(pi->pi_vnet, &pi->pi_connected) == 0 &&
	    htable_init(pi->pi_vnet, &pi->pi_ends) == 0 &&
	    htable_init(pi->pi_vnet, &pi->pi_ports) == 0 &&
	    htable_init(pi->pi_vnet, &pi->pi_uids) == 0 &&
	    htable_init(pi->pi_vnet, &pi->pi_jails) == 0)
		return 0;
	tables_fini(pi);
	return ENOMEM;
}

int
in_pcbinfo_init(struct vnet *v, struct inpcbinfo **ip, const char *name,
    uint8_t proto, size_t size, uint64_t limit,
    bool (*islocal)(const struct vnet *, const struct inaddr *))
{
	struct inpcbinfo *pi;

	*ip = NULL;
	if ((pi = calloc(1, sizeof(*pi))) == NULL)
		return ENOMEM;
	pi->pi_vnet = v;
	pi->pi_proto = proto;
	pi->pi_stream = proto == IPPROTO_TCP;
	pi->pi_islocal = islocal;
	pi->pi_gencnt = V_pcb(v)->gencnt;
	inplist_init(&pi->pi_list);
	if (tables_init(pi) != 0)
		goto noinfo;
	pi->pi_zone = zinit(v, name, size, sizeof(uint64_t), limit);
	if (pi->pi_zone == NULL)
		goto notables;
	*ip = pi;
	return 0;

notables:
	tables_fini(pi);
noinfo:
	free(pi);
	return ENOMEM;
}

void
in_pcbinfo_destroy(struct vnet *v, struct inpcbinfo *pi)
{
	(void)v;
	assert(pi->pi_count == 0);
	tables_fini(pi);
	if (pi->pi_smallzone != NULL)
		zdestroy(pi->pi_smallzone);
	zdestroy(pi->pi_zone);
	if (pi->pi_compact != NULL)
		zdestroy(pi->pi_compact);
	free(pi);
}

int
in_pcbinfo_small(struct inpcbinfo *pi, const char *name, size_t size)
{
	assert(pi->pi_smallzone == NULL && size >= sizeof(struct inpcb));
	pi->pi_smallsize = size;
	pi->pi_smallzone = zinit(pi->pi_vnet, name, size, sizeof(uint64_t), 0);
	return pi->pi_smallzone == NULL ? ENOMEM : 0;
}

struct vnet *
in_pcbinfo_vnet(const struct inpcbinfo *pi)
{
	return pi->pi_vnet;
}

uint64_t
in_pcbinfo_count(const struct inpcbinfo *pi)
{
	return pi->pi_count;
}

uint64_t
in_pcbinfo_gencnt(const struct inpcbinfo *pi)
{
	return pi->pi_gencnt;
}

void
in_pcbinfo_limit(struct inpcbinfo *pi, uint64_t limit)
{
	zlimit(pi->pi_zone, limit);
}

static void
newgen(struct inpcbinfo *pi, struct inpcb *inp)
{
	pi->pi_gencnt = ++V_pcb(pi->pi_vnet)->gencnt;
	inp->inp_gencnt = pi->pi_gencnt;
}

int
in_pcballoc(struct inpcbinfo *pi, struct socket *so, const struct cred *cred,
    uint8_t vflag, struct inpcb **inpp)
{
	struct inaddr any;	/* or it is read back from fresh memory */
	struct inpcb *inp;

	*inpp = NULL;
	if ((inp = zalloc(pi->pi_zone)) == NULL)
		return ENOBUFS;
	newgen(pi, inp);
	inp->inp_pcbinfo = pi;
	inp->inp_socket = so;
	inp->inp_cred = *cred;
	inp->inp_vflag = vflag;
	any = inp_any(inp);
	inp->inp_ip_p = pi->pi_proto;
	inp->inp_laddr = inp->inp_faddr = any;
	inp->inp_eligible = pi->pi_proto != IPPROTO_TCP;
	if (inplist_insert(pi->pi_vnet, &pi->pi_list, INP_ALLLIST, inp) != 0)
		goto nolist;
	if (inpjail_insert(pi, inp) != 0)
		goto nojail;
	prison_get(inp->inp_cred.prison);
	pi->pi_count++;
	*inpp = inp;
	return 0;

nojail:
	inplist_remove(pi->pi_vnet, &pi->pi_list, INP_ALLLIST, inp);
nolist:
	zfree(pi->pi_zone, inp);
	return ENOBUFS;
}

struct inpcb *
in_pcbshrink(struct inpcb *inp)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	struct inpjail *ij = inpjail_find(pi, inp->inp_cred.prison);
	struct inpcb *new;

	assert(inp->inp_table != INP_CONNECTED);
	if (inp->inp_small || pi->pi_smallzone == NULL ||
	    (new = zalloc(pi->pi_smallzone)) == NULL)
		return inp;
	in_pcbreplace(inp, new, pi->pi_smallsize);
	new->inp_small = true;
	inplist_replace(&pi->pi_list, INP_ALLLIST, inp, new);
	inplist_replace(&ij->ij_list, INP_JAILLIST, inp, new);
	newgen(pi, inp);
	zfree(pi->pi_zone, inp);
	return new;
}

static struct zone *
zone_of(const struct inpcb *inp)
{
	const struct inpcbinfo *pi = inp->inp_pcbinfo;

	if (inp->inp_compact)
		return pi->pi_compact;
	return inp->inp_small ? pi->pi_smallzone : pi->pi_zone;
}

void
in_pcbfree(struct inpcb *inp)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;

	in_pcbremhash(inp);
	in_pcbputport(inp);
	inpjail_remove(pi, inp);
	inplist_remove(pi->pi_vnet, &pi->pi_list, INP_ALLLIST, inp);
	prison_put(pi->pi_vnet, inp->inp_cred.prison);
	newgen(pi, inp);
	pi->pi_count--;
	zfree(zone_of(inp), inp);
}

/* ---- PCBs that wait alone ---- */

int
in_pcbinfo_compact(struct inpcbinfo *pi, const char *name, size_t size,
    uint64_t limit)
{
	assert(pi->pi_compact == NULL && size >= sizeof(struct inpcb));
	pi->pi_compact = zinit(pi->pi_vnet, name, size, sizeof(uint64_t),
	    limit);
	return pi->pi_compact == NULL ? ENOMEM : 0;
}

void
in_pcbinfo_compact_limit(struct inpcbinfo *pi, uint64_t limit)
{
	zlimit(pi->pi_compact, limit);
}

struct inpcb *
in_pcbcompact(struct inpcb *inp)
{
	struct inpcbinfo *pi = inp->inp_pcbinfo;
	struct inpjail *ij = inpjail_find(pi, inp->inp_cred.prison);
	struct inpcb *to;

	assert(inp->inp_socket == NULL);
	assert(!inp->inp_compact && !inp->inp_small);
	if ((to = zalloc(pi->pi_compact)) == NULL)
		return NULL;
	in_pcbreplace(inp, to, sizeof(*to));
	inplist_replace(&pi->pi_list, INP_ALLLIST, inp, to);
	inplist_replace(&ij->ij_list, INP_JAILLIST, inp, to);
	to->inp_compact = true;
	/* Not the listing's business: the PCB is the same. */
	inp->inp_gencnt = ++V_pcb(pi->pi_vnet)->gencnt;
	zfree(pi->pi_zone, inp);
	return to;
}
