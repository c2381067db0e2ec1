/*
 * Records of net.isr.*: the queue of input packets (FreeBSD's net/netisr.h).
 *
 * Each begins with its length; each value is an array of one kind.
 */
#ifndef SYSCTL_XNETISR_H
#define SYSCTL_XNETISR_H

#include <assert.h>
#include <stdint.h>

#define NETISR_IP		1	/* snp_proto */
#define NETISR_NAMEMAXLEN	32

#define NETISR_POLICY_SOURCE	1
#define NETISR_POLICY_FLOW	2
#define NETISR_POLICY_CPU	3

#define NETISR_SNP_FLAGS_M2CPUID	0x1
#define NETISR_SNP_FLAGS_DRAINEDCPU	0x2
#define NETISR_SNP_FLAGS_M2FLOW		0x4

#define NETISR_DISPATCH_DEFAULT		0
#define NETISR_DISPATCH_DEFERRED	1
#define NETISR_DISPATCH_HYBRID		2
#define NETISR_DISPATCH_DIRECT		3

/* net.isr.proto */
struct sysctl_netisr_proto {
	uint32_t	snp_version;	/* length */
	char		snp_name[NETISR_NAMEMAXLEN];
	uint32_t	snp_proto;
	uint32_t	snp_qlimit;	/* packets */
	uint32_t	snp_policy;
	uint32_t	snp_flags;
	uint32_t	snp_dispatch;
	uint32_t	_snp_ispare[6];
};

/* net.isr.workstream */
struct sysctl_netisr_workstream {
	uint32_t	snws_version;
	uint32_t	snws_flags;
	uint32_t	snws_wsid;
	uint32_t	snws_cpu;
	uint32_t	_snws_ispare[12];
};

/* net.isr.work: what a workstream did for a protocol */
struct sysctl_netisr_work {
	uint32_t	snw_version;
	uint32_t	snw_wsid;
	uint32_t	snw_proto;
	uint32_t	snw_len;	/* packets queued */
	uint32_t	snw_watermark;	/* most that ever were */
	uint32_t	_snw_ispare[3];
	uint64_t	snw_dispatched;
	uint64_t	snw_hybrid_dispatched;
	uint64_t	snw_qdrops;
	uint64_t	snw_queued;
	uint64_t	snw_handled;
	uint64_t	_snw_llspare[7];
};

static_assert(sizeof(struct sysctl_netisr_proto) == 80, "ABI");
static_assert(sizeof(struct sysctl_netisr_workstream) == 64, "ABI");
static_assert(sizeof(struct sysctl_netisr_work) == 128, "ABI");

#endif
