/*
 * Record of net.bpf.stats: who captures packets (FreeBSD's net/bpfdesc.h).
 */
#ifndef SYSCTL_XBPF_H
#define SYSCTL_XBPF_H

#include <assert.h>
#include <stdint.h>

#define BPF_D_IN	0
#define BPF_D_INOUT	1
#define BPF_D_OUT	2

struct xbpf_d {
	uint32_t	bd_structsize;
	uint8_t		bd_promisc;
	uint8_t		bd_immediate;
	uint8_t		__bd_pad[6];
	int32_t		bd_hdrcmplt;
	int32_t		bd_direction;
	int32_t		bd_feedback;
	int32_t		bd_async;
	uint64_t	bd_rcount;	/* packets seen */
	uint64_t	bd_dcount;	/* packets lost */
	uint64_t	bd_fcount;	/* packets the filter let through */
	int32_t		bd_sig;
	int32_t		bd_slen;	/* bytes in the store buffer */
	int32_t		bd_hlen;	/* bytes in the hold buffer */
	int32_t		bd_bufsize;
	int32_t		bd_pid;
	char		bd_ifname[16];
	int32_t		bd_locked;
	uint64_t	bd_wcount;
	uint64_t	bd_wfcount;
	uint64_t	bd_wdcount;
	uint64_t	bd_zcopy;
	int32_t		bd_bufmode;
	uint64_t	bd_spare[4];
};

static_assert(sizeof(struct xbpf_d) == 168, "ABI: size of xbpf_d");

#endif
