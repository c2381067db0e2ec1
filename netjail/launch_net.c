/*
 * launch_net.c - addresses on lo, by rtnetlink.
 *
 * The interface carries no traffic of the stack; it is there so that programs
 * which ask Linux for their addresses get the jail's.
 */
#include <err.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "netjail/launch.h"

struct request {
	struct nlmsghdr	hdr;
	union {
		struct ifinfomsg ifi;
		struct ifaddrmsg ifa;
	};
	char		attr[64];
};

/* Send it and wait for the verdict.  0 or errno. */
static int
ask(int s, struct request *rq)
{
	union {
		struct nlmsghdr	hdr;
		char		room[4096];
	} answer;
	const struct nlmsgerr *e;
	ssize_t n;

	rq->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK |
	    (rq->hdr.nlmsg_type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0);
	if (send(s, rq, rq->hdr.nlmsg_len, 0) < 0)
		return errno;
	do {
		n = recv(s, &answer, sizeof(answer), 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno;
	if (!NLMSG_OK(&answer.hdr, (size_t)n) ||
	    answer.hdr.nlmsg_type != NLMSG_ERROR)
		return EPROTO;
	e = NLMSG_DATA(&answer.hdr);
	return -e->error;
}

static void
attr_add(struct request *rq, unsigned short type, const void *data, size_t len)
{
	struct rtattr *a;

	a = (struct rtattr *)((char *)rq + NLMSG_ALIGN(rq->hdr.nlmsg_len));
	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	rq->hdr.nlmsg_len = NLMSG_ALIGN(rq->hdr.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static int
link_up(int s, unsigned index)
{
	struct request rq = {
		.hdr.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		.hdr.nlmsg_type = RTM_NEWLINK,
		.ifi = { .ifi_family = AF_UNSPEC, .ifi_index = (int)index,
		    .ifi_flags = IFF_UP, .ifi_change = IFF_UP },
	};

	return ask(s, &rq);
}

/* type: RTM_NEWADDR or RTM_DELADDR.  0 or errno. */
static int
address_set(int s, unsigned index, const struct inaddr *a, unsigned short type)
{
	bool v4 = inaddr_is_v4(a);
	struct request rq = {
		.hdr.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
		.hdr.nlmsg_type = type,
		.ifa = { .ifa_family = v4 ? AF_INET : AF_INET6,
		    .ifa_prefixlen = v4 ? 32 : 128,
		    .ifa_flags = v4 ? 0 : IFA_F_NODAD, .ifa_index = index },
	};
	size_t len = v4 ? 4 : 16;
	int error;

	attr_add(&rq, IFA_LOCAL, a->b + 16 - len, len);
	attr_add(&rq, IFA_ADDRESS, a->b + 16 - len, len);
	error = ask(s, &rq);
	/* 127.0.0.1 is there already, and a kernel may do without IPv6. */
	if (error == EEXIST || (!v4 && (error == EOPNOTSUPP ||
	    error == EACCES || error == EAFNOSUPPORT)))
		return 0;
	return error;
}

int
launch_lo_open(struct launch_lo *lo)
{
	lo->sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (lo->sock < 0) {
		warn("lo: netlink");
		return -1;
	}
	lo->index = if_nametoindex("lo");
	return 0;
}

void
launch_lo_change(const struct launch_lo *lo, const struct inaddr *a, bool add)
{
	/* 127.0.0.1 belongs to lo whoever the jail is. */
	if (!add && inaddr_is_loopback(a))
		return;
	(void)address_set(lo->sock, lo->index, a,
	    add ? RTM_NEWADDR : RTM_DELADDR);
}

int
launch_lo(const struct inaddr *addr, unsigned naddr)
{
	char text[INADDR_STRLEN];
	struct launch_lo lo;
	unsigned i;
	int error;

	if (launch_lo_open(&lo) != 0)
		return -1;
	if ((error = link_up(lo.sock, lo.index)) != 0)
		warnx("lo: %s", strerror(error));
	for (i = 0; i < naddr && error == 0; i++) {
		error = address_set(lo.sock, lo.index, &addr[i], RTM_NEWADDR);
		if (error != 0)
			warnx("lo: %s: %s", inaddr_ntop(&addr[i], text),
			    strerror(error));
	}
	close(lo.sock);
	return error == 0 ? 0 : -1;
}
