/*
 * sysctl_nodes.c - the frame of the MIB: interior nodes whose numbers are
 * fixed, and what this system calls itself.
 *
 * Theory of operation
 *
 * A node that several files hang values under belongs to none of them, so its
 * number and description stand here.  The numbers are FreeBSD's (net.inet.*:
 * those of the protocols), for programs that spell a name in numbers.
 *
 * Nothing here depends on the layers above; a node without values is harmless.
 */
#include <string.h>
#include <netinet/in.h>

#include "base/version.h"
#include "sysctl/sysctl.h"
#include "sysctl/xroute.h"

#define BSD_PF_LOCAL	1
#define BSD_PF_INET	2
#define BSD_KERN_IPC	30

SYSCTL_NODE(kern, "kern", CTL_KERN, "High kernel, proc, limits &c");
SYSCTL_NODE(kern_ipc, "kern.ipc", BSD_KERN_IPC, "IPC");
SYSCTL_NODE(vm, "vm", CTL_VM, "Virtual memory");
SYSCTL_NODE(net, "net", CTL_NET, "Network, (see socket.h)");
SYSCTL_NODE(net_local, "net.local", BSD_PF_LOCAL, "Local domain");
SYSCTL_NODE(net_local_stream, "net.local.stream", 1, "SOCK_STREAM");
SYSCTL_NODE(net_local_dgram, "net.local.dgram", 2, "SOCK_DGRAM");
SYSCTL_NODE(net_local_seqpacket, "net.local.seqpacket", 5, "SOCK_SEQPACKET");
SYSCTL_NODE(net_inet, "net.inet", BSD_PF_INET, "Internet Family");
SYSCTL_NODE(net_inet_ip, "net.inet.ip", IPPROTO_IP, "IP");
SYSCTL_NODE(net_inet_icmp, "net.inet.icmp", IPPROTO_ICMP, "ICMP");
SYSCTL_NODE(net_inet_tcp, "net.inet.tcp", IPPROTO_TCP, "TCP");
SYSCTL_NODE(net_inet_udp, "net.inet.udp", IPPROTO_UDP, "UDP");
SYSCTL_NODE(net_inet_raw, "net.inet.raw", IPPROTO_RAW, "RAW");
SYSCTL_NODE(debug, "debug", CTL_DEBUG, "Debugging");
SYSCTL_NODE(net_link, "net.link", NET_PF_LINK, "Link layers");
SYSCTL_NODE(net_link_generic, "net.link.generic", 0,
    "Variables global to all interfaces");
SYSCTL_NODE(hw, "hw", CTL_HW, "hardware");
SYSCTL_NODE(security, "security", OID_AUTO, "Security");
SYSCTL_NODE(security_jail, "security.jail", OID_AUTO, "Jails");

/* oid->arg: the string. */
static int
constant_string(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const char *s = (const char *)oid->arg;

	return SYSCTL_OUT(req, s, strlen(s) + 1);
}

SYSCTL_PROC(kern_ostype, "kern.ostype", 1, CTLTYPE_STRING | CTLFLAG_RD,
    constant_string, (intptr_t)NETJAIL_OSTYPE, "A", "Operating system type");
SYSCTL_PROC(kern_osrelease, "kern.osrelease", 2, CTLTYPE_STRING | CTLFLAG_RD,
    constant_string, (intptr_t)NETJAIL_VERSION, "A",
    "Operating system release");
SYSCTL_PROC(kern_version, "kern.version", 4, CTLTYPE_STRING | CTLFLAG_RD,
    constant_string, (intptr_t)(NETJAIL_OSTYPE " " NETJAIL_VERSION), "A",
    "Kernel version");
