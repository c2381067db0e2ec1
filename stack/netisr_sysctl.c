/*
 * netisr_sysctl.c - net.isr.*: how input packets are queued, for netstat -Q.
 *
 * In FreeBSD's words: one thread, one workstream, one protocol, whose packets
 * are always queued and never handled on the spot ("deferred").  The limit of
 * the queue is net.inet.ip.intr_queue_maxlen.
 */
#include <string.h>

#include "stack/ip_int.h"
#include "sysctl/sysctl.h"
#include "sysctl/xnetisr.h"

static int
sysctl_proto(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct sysctl_netisr_proto snp = {
		.snp_version = sizeof(snp), .snp_name = "ip",
		.snp_proto = NETISR_IP,
		.snp_qlimit = V_netisr(req->vnet)->maxlen,
		.snp_policy = NETISR_POLICY_SOURCE,
		.snp_dispatch = NETISR_DISPATCH_DEFERRED,
	};

	(void)oid;
	return SYSCTL_OUT(req, &snp, sizeof(snp));
}

static int
sysctl_workstream(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct sysctl_netisr_workstream snws = {
		.snws_version = sizeof(snws),
	};

	(void)oid;
	return SYSCTL_OUT(req, &snws, sizeof(snws));
}

static int
sysctl_work(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct netisr *q = V_netisr(req->vnet);
	const struct sysctl_netisr_work snw = {
		.snw_version = sizeof(snw), .snw_proto = NETISR_IP,
		.snw_len = q->len, .snw_watermark = q->watermark,
		.snw_qdrops = q->drops, .snw_queued = q->queued,
		.snw_handled = q->handled,
	};

	(void)oid;
	return SYSCTL_OUT(req, &snw, sizeof(snw));
}

SYSCTL_NODE(net_isr, "net.isr", OID_AUTO, "netisr");
SYSCTL_PROC(isr_proto, "net.isr.proto", OID_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, sysctl_proto, 0, "S,sysctl_netisr_proto",
    "Return list of protocols registered with netisr");
SYSCTL_PROC(isr_workstream, "net.isr.workstream", OID_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, sysctl_workstream, 0,
    "S,sysctl_netisr_workstream",
    "Return list of workstreams implemented by netisr");
SYSCTL_PROC(isr_work, "net.isr.work", OID_AUTO, CTLTYPE_OPAQUE | CTLFLAG_RD,
    sysctl_work, 0, "S,sysctl_netisr_work",
    "Return list of per-workstream, per-protocol work in netisr");

static int
sysctl_dispatch(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	static const char policy[] = "deferred";

	(void)oid;
	return SYSCTL_OUT(req, policy, sizeof(policy));
}

SYSCTL_PROC(isr_dispatch, "net.isr.dispatch", OID_AUTO,
    CTLTYPE_STRING | CTLFLAG_RD, sysctl_dispatch, 0, "A",
    "netisr dispatch policy");
SYSCTL_CONST(isr_numthreads, "net.isr.numthreads", OID_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, 1, "IU",
    "Number of extant netisr threads");
SYSCTL_CONST(isr_maxthreads, "net.isr.maxthreads", OID_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, 1, "IU",
    "Use at most this many CPUs for netisr processing");
SYSCTL_CONST(isr_bindthreads, "net.isr.bindthreads", OID_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, 0, "I",
    "Bind netisr threads to CPUs");
SYSCTL_CONST(isr_defaultqlimit, "net.isr.defaultqlimit", OID_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, NETISR_MAXLEN, "IU",
    "Default netisr per-protocol, per-CPU queue limit if not set by protocol");
SYSCTL_CONST(isr_maxqlimit, "net.isr.maxqlimit", OID_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, INT32_MAX, "IU",
    "Maximum netisr per-protocol, per-CPU queue depth");
