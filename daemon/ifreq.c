/*
 * ifreq.c - netdevice(7): the interfaces of a jail, asked for by ioctl().
 *
 * Theory of operation
 *
 * The kernel answers these calls for the network namespace that the socket was
 * made in, and a program's socket was made by the daemon, outside.  So they are
 * answered here, with what the jail's own namespace has (launch_net.c): one
 * interface, lo, with 127.0.0.1 and the jail's addresses.  Nothing can be set
 * by these calls, and what is not known is ENOTTY, as for a driver without it.
 *
 * A program outside jails has the machine's interfaces, which the kernel knows.
 */
#include <errno.h>
#include <string.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

#include "daemon/djail.h"
#include "daemon/ifreq.h"
#include "daemon/notify.h"
#include "netjail/prison.h"

#define LO_NAME		"lo"
#define LO_INDEX	1
#define LO_MTU		65536
/* linux/wireless.h, which does not go with net/if.h */
#define WIRELESS_FIRST	0x8b00
#define WIRELESS_LAST	0x8bff
#define CONF_MAX	1024	/* addresses that one SIOCGIFCONF tells */

_Static_assert(IFREQ_FIRST == SIOCADDRT, "the first of them");

bool
is_ifreq(unsigned cmd)
{
	return (cmd >= IFREQ_FIRST && cmd < SIOCDEVPRIVATE + 16) ||
	    (cmd >= WIRELESS_FIRST && cmd <= WIRELESS_LAST);
}

/* The i-th IPv4 address; false: no more. */
static bool
lo_addr(const struct prison *pr, unsigned i, struct sockaddr_in *sin)
{
	const struct inaddr *a;

	*sin = (struct sockaddr_in) { .sin_family = AF_INET };
	if (i == 0) {
		sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return true;
	}
	if (i > prison_naddr(pr) || i >= CONF_MAX)
		return false;
	a = prison_addr(pr, i - 1);
	if (!inaddr_is_v4(a))
		return false;
	memcpy(&sin->sin_addr, a->b + 12, sizeof(sin->sin_addr));
	return true;
}

/* As many addresses as there is room for; without a buffer, how long it is. */
static int
get_conf(struct call *c, const struct prison *pr)
{
	struct ifreq ifr = { .ifr_name = LO_NAME };
	struct ifconf ifc;
	struct sockaddr_in sin;
	unsigned i;
	int error, room;

	if ((error = call_copyin(c, c->args[2], &ifc, sizeof(ifc))) != 0)
		return error;
	room = ifc.ifc_buf != NULL ? ifc.ifc_len : 0;
	for (i = 0; lo_addr(pr, i, &sin); i++) {
		if (ifc.ifc_buf == NULL)
			continue;
		if (room < (int)sizeof(ifr))
			break;
		memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
		error = call_copyout(c, (uintptr_t)(ifc.ifc_req + i), &ifr,
		    sizeof(ifr));
		if (error != 0)
			return error;
		room -= (int)sizeof(ifr);
	}
	ifc.ifc_len = (int)(i * sizeof(ifr));
	return call_copyout(c, c->args[2], &ifc, sizeof(ifc));
}

/* What is known of lo into ifr.  0 or errno. */
static int
get_lo(unsigned cmd, const struct prison *pr, struct ifreq *ifr)
{
	struct sockaddr_in sin;

	(void)lo_addr(pr, 0, &sin);
	switch (cmd) {
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = LO_INDEX;
		return 0;
	case SIOCGIFFLAGS:
		ifr->ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = LO_MTU;
		return 0;
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0;
		return 0;
	case SIOCGIFHWADDR:
		memset(&ifr->ifr_hwaddr, 0, sizeof(ifr->ifr_hwaddr));
		ifr->ifr_hwaddr.sa_family = ARPHRD_LOOPBACK;
		return 0;
	case SIOCGIFNETMASK:
		sin.sin_addr.s_addr = htonl(IN_CLASSA_NET);
		break;
	case SIOCGIFBRDADDR:
		sin.sin_addr.s_addr = htonl(INADDR_ANY);
		break;
	case SIOCGIFADDR:
	case SIOCGIFDSTADDR:
		break;
	default:
		return ENOTTY;
	}
	memcpy(&ifr->ifr_addr, &sin, sizeof(sin));
	return 0;
}

/* Is it a question that get_lo() answers? */
static bool
is_question(unsigned cmd)
{
	struct ifreq ifr;

	return cmd == SIOCGIFNAME || get_lo(cmd, NULL, &ifr) == 0;
}

int
ifreq_ioctl(struct call *c)
{
	const struct prison *pr = c->jail->prison;
	unsigned cmd = (unsigned)c->args[1];
	struct ifreq ifr;
	int error;

	if (prison_jid(pr) == 0)
		return CALL_CONTINUE;
	if (cmd == SIOCGIFCONF)
		return get_conf(c, pr);
	if (!is_question(cmd))
		return cmd == SIOCETHTOOL || cmd > SIOCGIFMAP ? ENOTTY : EPERM;
	if ((error = call_copyin(c, c->args[2], &ifr, sizeof(ifr))) != 0)
		return error;
	if (cmd == SIOCGIFNAME) {
		if (ifr.ifr_ifindex != LO_INDEX)
			return ENODEV;
		strcpy(ifr.ifr_name, LO_NAME);
	} else if (strncmp(ifr.ifr_name, LO_NAME, sizeof(ifr.ifr_name)) != 0)
		return ENODEV;
	else
		error = get_lo(cmd, pr, &ifr);
	return error != 0 ? error :
	    call_copyout(c, c->args[2], &ifr, sizeof(ifr));
}
