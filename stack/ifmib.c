/*
 * ifmib.c - net.link.generic and net.bpf.stats: interfaces for programs.
 *
 * net.link.generic.system.ifcount is how many there are;
 * net.link.generic.ifdata.INDEX.1 tells of one.  net.bpf.stats tells who
 * watches the packets of all of them, and is nothing for jails.
 */
#include <errno.h>
#include <string.h>

#include "netjail/prison.h"
#include "stack/ip_int.h"
#include "sysctl/sysctl.h"

#define IFDATA_GENERAL	1

SYSCTL_NODE(net_link_generic_system, "net.link.generic.system", 1,
    "Variables global to all interfaces");
SYSCTL_UINT(ifcount, "net.link.generic.system.ifcount", 1, CTLFLAG_RD,
    if_module, struct ifstate, count, NULL, "Number of interfaces");

void
if_data_fill(struct if_data *ifd, const struct ifnet *ifp)
{
	memset(ifd, 0, sizeof(*ifd));
	if ((ifp->if_flags & IFF_LOOPBACK) != 0)
		ifd->ifi_type = IFT_LOOP;
	ifd->ifi_datalen = sizeof(*ifd);
	ifd->ifi_mtu = ifp->if_mtu;
	ifd->ifi_ipackets = ifp->if_ipackets;
	ifd->ifi_ierrors = ifp->if_ierrors;
	ifd->ifi_opackets = ifp->if_opackets;
	ifd->ifi_oerrors = ifp->if_oerrors;
	ifd->ifi_collisions = ifp->if_collisions;
	ifd->ifi_ibytes = ifp->if_ibytes;
	ifd->ifi_obytes = ifp->if_obytes;
	ifd->ifi_iqdrops = ifp->if_iqdrops;
	ifd->ifi_oqdrops = ifp->if_oqdrops;
}

static int
sysctl_ifdata(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct ifnet *ifp = if_first(req->vnet);
	struct ifmibdata ifmd;

	(void)oid;
	if (req->newptr != NULL)
		return EPERM;
	if (req->namelen != 2 || req->name[1] != IFDATA_GENERAL)
		return ENOENT;
	while (ifp != NULL && ifp->if_index != req->name[0])
		ifp = ifp->if_next;
	if (ifp == NULL)
		return ENOENT;
	memset(&ifmd, 0, sizeof(ifmd));
	memcpy(ifmd.ifmd_name, ifp->if_name, sizeof(ifmd.ifmd_name));
	ifmd.ifmd_flags = (int32_t)ifp->if_flags | XIFF_RUNNING;
	ifmd.ifmd_snd_drops = (int32_t)ifp->if_oqdrops;
	if_data_fill(&ifmd.ifmd_data, ifp);
	return SYSCTL_OUT(req, &ifmd, sizeof(ifmd));
}

SYSCTL_PROC(ifdata, "net.link.generic.ifdata", 2,
    CTLTYPE_NODE | CTLFLAG_RD | CTLFLAG_SKIP, sysctl_ifdata, 0, "S,ifmibdata",
    "Interface table");

/* The one watcher.  "any": of all interfaces, where there are several. */
static void
fill_watcher(struct xbpf_d *d, const struct ifstate *is)
{
	memset(d, 0, sizeof(*d));
	d->bd_structsize = sizeof(*d);
	d->bd_hdrcmplt = 1;
	d->bd_direction = BPF_D_INOUT;
	d->bd_rcount = d->bd_fcount = is->tapped;
	d->bd_dcount = is->tapdrops;
	d->bd_pid = is->tappid;
	if (is->count == 1)
		memcpy(d->bd_ifname, is->first->if_name, sizeof(d->bd_ifname));
	else
		memcpy(d->bd_ifname, "any", sizeof("any"));
}

/* Any new value sets the counters back (netstat -Bz). */
static int
sysctl_bpf_stats(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct ifstate *is = V_ifstate(req->vnet);
	struct xbpf_d d;
	int error = 0;

	(void)oid;
	if (req->jailed)
		return EPERM;
	if (is->tap != NULL) {
		fill_watcher(&d, is);
		error = SYSCTL_OUT(req, &d, sizeof(d));
	}
	if (error == 0 && req->newptr != NULL)
		is->tapped = is->tapdrops = 0;
	return error;
}

SYSCTL_NODE(net_bpf, "net.bpf", OID_AUTO, "Watchers of packets");
SYSCTL_PROC(bpf_stats, "net.bpf.stats", OID_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RW | CTLFLAG_STATS, sysctl_bpf_stats, 0,
    "S,xbpf_d", "bpf statistics portal");
