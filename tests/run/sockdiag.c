/*
 * sockdiag: what a program may do with a NETLINK_SOCK_DIAG socket, and what it
 * should not do.
 *
 *	sockdiag		one listener is ours; prints sentences
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "tests/run/t.h"

struct query {
	struct nlmsghdr hdr;
	struct inet_diag_req_v2 rq;
	struct nlattr a;
	uint32_t bc[64];
};

static int
diag(int type)
{
	int s = socket(AF_NETLINK, type, NETLINK_SOCK_DIAG);

	if (s < 0)
		err(2, "socket");
	return s;
}

/* A listing of TCP with n words of filter; its length. */
static size_t
fill(struct query *q, unsigned n)
{
	memset(q, 0, sizeof *q);
	q->hdr.nlmsg_type = SOCK_DIAG_BY_FAMILY;
	q->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	q->hdr.nlmsg_seq = 77;
	q->hdr.nlmsg_len = NLMSG_LENGTH(sizeof q->rq);
	q->rq.sdiag_family = AF_INET;
	q->rq.sdiag_protocol = IPPROTO_TCP;
	q->rq.idiag_states = ~0u;
	q->rq.id.idiag_cookie[0] = q->rq.id.idiag_cookie[1] = ~0u;
	if (n > 0) {
		q->a.nla_type = INET_DIAG_REQ_BYTECODE;
		q->a.nla_len = (uint16_t)(sizeof q->a + 4 * n);
		q->hdr.nlmsg_len += q->a.nla_len;
	}
	return q->hdr.nlmsg_len;
}

/* Send it by sendmsg() as ss does. */
static void
ask(int s, const void *q, size_t len)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	struct iovec iov = { (void *)(uintptr_t)q, len };
	struct msghdr mh = {
		.msg_name = &nl, .msg_namelen = sizeof nl, .msg_iov = &iov,
		.msg_iovlen = 1,
	};

	if (sendmsg(s, &mh, 0) < 0)
		err(2, "sendmsg");
}

/* Read replies until the last.  How many records there were, or -errno. */
static int
answer(int s, struct inet_diag_msg *first)
{
	static uint32_t buf[8192];
	struct nlmsghdr *h;
	ssize_t got;
	unsigned len;
	int n = 0;

	for (;;) {
		if ((got = recv(s, buf, sizeof buf, 0)) <= 0)
			return -EIO;
		len = (unsigned)got;
		for (h = (void *)buf; NLMSG_OK(h, len);
		     h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_seq != 77)
				return -EPROTO;
			if (h->nlmsg_type == NLMSG_DONE)
				return n;
			if (h->nlmsg_type == NLMSG_ERROR)
				return *(const int *)NLMSG_DATA(h);
			if (n++ == 0 && first != NULL)
				memcpy(first, NLMSG_DATA(h), sizeof *first);
			if ((h->nlmsg_flags & NLM_F_MULTI) == 0)
				return n;
		}
	}
}

static void
names(void)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK }, from;
	struct query q;
	char buf[32768];
	struct iovec iov = { buf, 0 };
	struct msghdr mh = {
		.msg_name = &from, .msg_namelen = sizeof from,
		.msg_iov = &iov, .msg_iovlen = 1,
	};
	socklen_t len = sizeof nl;
	int s = diag(SOCK_RAW), type = 0;
	ssize_t n, m;

	ok(bind(s, (void *)&nl, sizeof nl) == 0, "bind() to any id");
	ok(getsockname(s, (void *)&nl, &len) == 0 && len == sizeof nl &&
	    nl.nl_family == AF_NETLINK && nl.nl_pid != 0, "it has an id");
	len = sizeof type;
	ok(getsockopt(s, SOL_SOCKET, SO_DOMAIN, &type, &len) == 0 &&
	    type == AF_NETLINK, "its domain is AF_NETLINK");
	ok(getsockopt(s, SOL_SOCKET, SO_PROTOCOL, &type, &len) == 0 &&
	    type == NETLINK_SOCK_DIAG, "its protocol NETLINK_SOCK_DIAG");
	fails(listen(s, 1), EOPNOTSUPP, "listen() on it is EOPNOTSUPP");
	ask(s, &q, fill(&q, 0));
	n = recvmsg(s, &mh, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	ok(n > 0 && (mh.msg_flags & MSG_TRUNC),
	    "MSG_PEEK | MSG_TRUNC tells the length at once");
	iov.iov_len = sizeof buf;
	mh.msg_namelen = sizeof from;
	m = recvmsg(s, &mh, 0);
	ok(m == n && mh.msg_namelen == sizeof from &&
	    from.nl_family == AF_NETLINK && from.nl_pid == 0,
	    "which is what then comes, from id 0");
	ok(((struct nlmsghdr *)buf)->nlmsg_pid == nl.nl_pid,
	    "addressed to our id");
	close(s);
}

static void
lookup(int l)
{
	struct inet_diag_msg got;
	struct query q;
	int s = diag(SOCK_DGRAM);
	struct sockaddr_in sin = name_of(l);

	fill(&q, 0);
	q.hdr.nlmsg_flags = NLM_F_REQUEST;
	q.rq.id.idiag_src[0] = sin.sin_addr.s_addr;
	q.rq.id.idiag_sport = sin.sin_port;
	ask(s, &q, q.hdr.nlmsg_len);
	ok(answer(s, &got) == 1 && got.id.idiag_sport == sin.sin_port,
	    "a listener is found by its address");
	q.rq.id.idiag_cookie[0] = got.id.idiag_cookie[0];
	q.rq.id.idiag_cookie[1] = got.id.idiag_cookie[1];
	ask(s, &q, q.hdr.nlmsg_len);
	ok(answer(s, NULL) == 1, "and by its cookie");
	q.rq.id.idiag_cookie[0]++;
	ask(s, &q, q.hdr.nlmsg_len);
	ok(answer(s, NULL) == -ENOENT, "with another cookie it is ENOENT");
	q.hdr.nlmsg_type = SOCK_DESTROY;
	ask(s, &q, q.hdr.nlmsg_len);
	ok(answer(s, NULL) == -EOPNOTSUPP, "SOCK_DESTROY is EOPNOTSUPP");
	fill(&q, 0);
	q.rq.sdiag_protocol = IPPROTO_SCTP;
	ask(s, &q, q.hdr.nlmsg_len);
	ok(answer(s, NULL) == -ENOENT, "SCTP is ENOENT");
	fill(&q, 0);
	q.rq.sdiag_family = AF_INET6;
	ask(s, &q, q.hdr.nlmsg_len);
	ok(answer(s, NULL) == 0, "IPv6 is an empty listing");
	close(s);
}

/* As programs asked before there was SOCK_DIAG_BY_FAMILY. */
static void
old(int l)
{
	struct {
		struct nlmsghdr hdr;
		struct inet_diag_req rq;
	} q = {
		.hdr = {
			.nlmsg_len = sizeof q, .nlmsg_seq = 77,
			.nlmsg_type = TCPDIAG_GETSOCK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.rq = { .idiag_family = AF_INET, .idiag_states = ~0u },
	};
	struct inet_diag_msg got;
	int s = diag(SOCK_RAW);

	ask(s, &q, sizeof q);
	ok(answer(s, &got) == 1 &&
	    got.id.idiag_sport == name_of(l).sin_port,
	    "TCPDIAG_GETSOCK lists the listener");
	close(s);
}

/* The daemon reads our memory; it must not wait there for /proc/net. */
static void
mapped(void)
{
	int fd = open("/proc/net/tcp", O_RDONLY), s = xsocket(SOCK_STREAM);
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	ok(p == MAP_FAILED || (bind(s, p, sizeof(struct sockaddr_in)) < 0 &&
	    errno == EFAULT),
	    "memory mapped from /proc/net/tcp is EFAULT to bind()");
	close(s);
	close(fd);
}

/* Filters that do not end, or not where they should. */
static void
filters(void)
{
	static const struct inet_diag_bc_op bad[][2] = {
		{ { INET_DIAG_BC_JMP, 4, 0 }, { INET_DIAG_BC_NOP, 4, 0 } },
		{ { INET_DIAG_BC_NOP, 0, 0 }, { INET_DIAG_BC_NOP, 4, 0 } },
		{ { INET_DIAG_BC_JMP, 4, 64 }, { INET_DIAG_BC_NOP, 4, 0 } },
		{ { INET_DIAG_BC_NOP, 4, 0 }, { 99, 4, 8 } },
		{ { INET_DIAG_BC_NOP, 4, 0 }, { INET_DIAG_BC_S_COND, 4, 8 } },
	};
	struct query q;
	unsigned i, refused = 0;
	int s = diag(SOCK_RAW);

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		fill(&q, 2);
		memcpy(q.bc, bad[i], sizeof bad[i]);
		ask(s, &q, q.hdr.nlmsg_len);
		refused += answer(s, NULL) == -EINVAL;
	}
	ok(refused == i, "filters that loop or go astray are EINVAL");
	close(s);
}

/* Whatever is sent, a listing that is asked for properly still comes. */
static void
rubbish(void)
{
	uint32_t buf[128], i, k, r = 1;
	struct nlmsghdr h;
	struct query q;
	int s, good = 0;

	for (i = 0; i < 2000; i++) {
		s = diag(SOCK_RAW);
		for (k = 0; k < 128; k++)
			buf[k] = r = r * 1103515245 + 12345;
		memcpy(&h, buf, sizeof h);
		h.nlmsg_len = r >> 8 & 511;
		h.nlmsg_type = (uint16_t)(16 + (r >> 16 & 7));
		if (i & 1)
			h.nlmsg_flags = NLM_F_REQUEST | (uint16_t)(r & 0x300);
		memcpy(buf, &h, sizeof h);
		if (i & 2)
			((uint8_t *)buf)[sizeof h] = AF_INET;
		if (i & 4)
			((uint8_t *)buf)[sizeof h + 1] = IPPROTO_TCP;
		(void)send(s, buf, r >> 4 & 511, 0);
		close(s);
	}
	s = diag(SOCK_RAW);
	fill(&q, 0);
	ask(s, &q, q.hdr.nlmsg_len);
	good = answer(s, NULL);
	ok(good == 1, "after 2000 messages of rubbish a listing is right");
	close(s);
}

/* Ask and ask, and never read. */
static void
deaf(void)
{
	int s[32], i, k;
	struct query q;

	fill(&q, 0);
	for (i = 0; i < 32; i++) {
		s[i] = diag(SOCK_RAW | SOCK_NONBLOCK);
		for (k = 0; k < 100000; k++)
			if (send(s[i], &q, q.hdr.nlmsg_len, 0) < 0 &&
			    (usleep(1000), send(s[i], &q, q.hdr.nlmsg_len,
			    0)) < 0)
				break;
		if (k == 100000)
			break;
	}
	ok(i == 32, "who asks and never reads cannot ask for ever");
	for (k = 0; k < i; k++)
		close(s[k]);
	s[0] = diag(SOCK_RAW);
	fill(&q, 0);
	ask(s[0], &q, q.hdr.nlmsg_len);
	ok(answer(s[0], NULL) == 1, "after which a listing is right");
	close(s[0]);
}

int
main(void)
{
	int l = listener("0.0.0.0", 7401);

	names();
	lookup(l);
	old(l);
	mapped();
	filters();
	rubbish();
	deaf();
	return t_failures != 0;
}
