/*
 * proto.c - the table of protocols.
 *
 * tcp and udp serve both families with one list of sockets, and so stand here
 * once.  The sockets of all raw protocols are in one list, too; ip and icmp
 * pick theirs from it by number, ip6 and icmp6 likewise.
 */
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "netstat/proto.h"

#define RAW "net.inet.raw.pcblist"

const struct protox protox[] = {
	{ "tcp", IPPROTO_TCP, AF_UNSPEC, "net.inet.tcp.pcblist", stats_tcp },
	{ "udp", IPPROTO_UDP, AF_UNSPEC, "net.inet.udp.pcblist", stats_udp },
	{ "ip", IPPROTO_RAW, AF_INET, RAW, stats_ip },
	{ "icmp", IPPROTO_ICMP, AF_INET, RAW, stats_icmp },
	{ "igmp", IPPROTO_IGMP, AF_INET, RAW, NULL },
	{ "ip6", IPPROTO_RAW, AF_INET6, RAW, NULL },
	{ "icmp6", IPPROTO_ICMPV6, AF_INET6, RAW, NULL },
	{ .name = NULL },
};

static const struct protox *
find_known(const char *name)
{
	const struct protox *p;

	for (p = protox; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

const struct protox *
proto_find(const char *name)
{
	const struct protox *p = find_known(name);
	const struct protoent *pe;

	if (p != NULL)
		return p;
	pe = getprotobyname(name);
	return pe == NULL ? NULL : find_known(pe->p_name);
}

bool
proto_wanted(const struct protox *p, int af)
{
	if (af == AF_UNSPEC)
		return true;
	return p->af == af ||
	    (p->af == AF_UNSPEC && (af == AF_INET || af == AF_INET6));
}
