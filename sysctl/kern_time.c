/*
 * kern_time.c - kern.boottime and kern.clockrate.
 *
 * A stack began when its owner says (struct vnet's boottime); what counts in it
 * is that clock and the one that vnet_settime() sets, of which a tick is the
 * resolution of callouts.
 */
#include <errno.h>
#include <sys/time.h>

#include "include/bsd/sys/clockinfo.h"
#include "include/bsd/sys/sysctl.h"
#include "sysctl/sysctl.h"

#define HZ	1000	/* base/callout.h */

static int
sysctl_boottime(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	uint64_t ns = req->vnet->boottime;
	struct timeval tv = {
		.tv_sec = (time_t)(ns / NSEC_PER_SEC),
		.tv_usec = (suseconds_t)(ns % NSEC_PER_SEC / 1000),
	};

	(void)oid;
	return ns == 0 ? EOPNOTSUPP : SYSCTL_OUT(req, &tv, sizeof(tv));
}

SYSCTL_PROC(kern_boottime, "kern.boottime", KERN_BOOTTIME,
    CTLTYPE_OPAQUE | CTLFLAG_RD, sysctl_boottime, 0, "S,timeval",
    "Time at which the stack began");

static int
sysctl_clockrate(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct clockinfo ci = {
		.hz = HZ, .tick = 1000000 / HZ, .stathz = HZ, .profhz = HZ,
	};

	(void)oid;
	return SYSCTL_OUT(req, &ci, sizeof(ci));
}

SYSCTL_PROC(kern_clockrate, "kern.clockrate", KERN_CLOCKRATE,
    CTLTYPE_OPAQUE | CTLFLAG_RD, sysctl_clockrate, 0, "S,clockinfo",
    "Rate and period of the clock that callouts are armed by");
