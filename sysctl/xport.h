/*
 * Records of the listings: those of net.inet.*.pcblist and net.local.*.pcblist
 * from include/bsd, where programs have them from, and our own of vm.zones.
 */
#ifndef SYSCTL_XPORT_H
#define SYSCTL_XPORT_H

#include "include/bsd/netinet/in_pcb.h"
#include "include/bsd/netinet/tcp_var.h"
#include "include/bsd/sys/unpcb.h"

/* vm.zones: an array of these, in order of creation. */
struct xzone {
	ksize_t		xz_len;
	char		xz_name[32];	/* NUL-terminated, perhaps cut */
	uint64_t	xz_size;	/* bytes of an object */
	uint64_t	xz_limit;	/* objects; 0: none */
	uint64_t	xz_used;
	uint64_t	xz_free;
	uint64_t	xz_requests;
	uint64_t	xz_failures;
	uint64_t	xz_high;	/* largest xz_used so far */
	uint64_t	xz_bytes;	/* memory held from the system */
};

_ABI_SIZE(xzone, 104);

#endif
