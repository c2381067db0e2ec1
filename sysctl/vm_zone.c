/*
 * vm_zone.c - vm.zone and vm.zones: what the zones hold.
 *
 * Theory of operation
 *
 * vm.zone is a table for people, in the form FreeBSD 4 had it, with the columns
 * for failures that later systems' vmstat -z shows and the high-water mark.
 * vm.zones is the same for programs (struct xzone).  Both are made from the
 * zones' own counters at the time of asking; nothing is kept here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/zone.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

#define ROW_MAXLEN	256

static const char zone_title[] =
    "\nITEM                     SIZE     LIMIT      USED      FREE"
    "    REQUESTS  FAILURES      HIGH\n\n";

static int
row_out(struct sysctl_req *req, const struct zone_stats *st)
{
	char row[ROW_MAXLEN];
	int namelen = (int)strnlen(st->name, 20), len;

	len = snprintf(row, sizeof(row), "%.*s:%*s%7zu, %8" PRIu64 ", %8" PRIu64
	    ", %8" PRIu64 ", %10" PRIu64 ", %8" PRIu64 ", %8" PRIu64 "\n",
	    namelen, st->name, 21 - namelen, "", st->size, st->limit, st->used,
	    st->free, st->requests, st->failures, st->high);
	return SYSCTL_OUT(req, row, (size_t)len);
}

static int
sysctl_vm_zone(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct zone_stats st;
	struct zone *z;
	int error;

	(void)oid;
	error = SYSCTL_OUT(req, zone_title, sizeof(zone_title) - 1);
	for (z = znext(req->vnet, NULL); z != NULL && error == 0;
	     z = znext(req->vnet, z)) {
		zstats(z, &st);
		error = row_out(req, &st);
	}
	return error != 0 ? error : SYSCTL_OUT(req, "", 1);
}

static void
xzone_fill(struct xzone *xz, const struct zone_stats *st)
{
	memset(xz, 0, sizeof(*xz));
	xz->xz_len = sizeof(*xz);
	memcpy(xz->xz_name, st->name,
	    strnlen(st->name, sizeof(xz->xz_name) - 1));
	xz->xz_size = st->size;
	xz->xz_limit = st->limit;
	xz->xz_used = st->used;
	xz->xz_free = st->free;
	xz->xz_requests = st->requests;
	xz->xz_failures = st->failures;
	xz->xz_high = st->high;
	xz->xz_bytes = st->bytes;
}

static int
sysctl_vm_zones(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct zone_stats st;
	struct xzone xz;
	struct zone *z;
	int error = 0;

	(void)oid;
	for (z = znext(req->vnet, NULL); z != NULL && error == 0;
	     z = znext(req->vnet, z)) {
		zstats(z, &st);
		xzone_fill(&xz, &st);
		error = SYSCTL_OUT(req, &xz, sizeof(xz));
	}
	return error;
}

SYSCTL_PROC(vm_zone, "vm.zone", OID_AUTO, CTLTYPE_STRING | CTLFLAG_RD,
    sysctl_vm_zone, 0, "A", "Zone Info");
SYSCTL_PROC(vm_zones, "vm.zones", OID_AUTO, CTLTYPE_OPAQUE | CTLFLAG_RD,
    sysctl_vm_zones, 0, "S,xzone", "Zone counters");
