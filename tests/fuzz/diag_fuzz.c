/*
 * diag_fuzz.c - NETLINK_SOCK_DIAG, asked by somebody who means harm.
 *
 * Two descriptors such as programs have, the stack's own and a jail's, get
 * datagrams of messages: the header, the request and the filter are made well
 * or badly, field by field, or bytes stand in their place.  There are sockets
 * of every kind to list.  What comes back is netlink: whole messages, as long
 * as they say, none of them longer than there was room for.  A program may say
 * that it will ask no more, or let answers lie; the daemon comes to rest all the
 * same.
 */
#include <assert.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/nlmsg.h"
#include "daemon/diagbc.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/sockdiag.h"
#include "stack/socket.h"
#include "tests/fuzz/daemon.h"
#include "tests/fuzz/input.h"

#define MAXGRAM	(DIAGBC_MAX + 1024)	/* bytes of a datagram */
#define MAXSTEPS 32
#define NPROGRAMS 2
#define MAXSOCK	16

struct world {
	struct daemon	*d;
	int		 fd[NPROGRAMS];
	struct socket	*so[MAXSOCK];
	unsigned	 nso;
	struct input	*in;
	uint8_t		 gram[MAXGRAM];
	size_t		 len;
};

/* ---- what is listed ---- */

static void
make_socket(struct world *w, const struct cred *cred, int type, int proto,
    in_port_t port)
{
	const struct endpoint here = { inaddr_v4(0), htons(port) };
	struct socket *so;
	int error;

	if (w->nso == MAXSOCK ||
	    socreate(w->d->vnet, AF_INET, type, proto, cred, &so) != 0)
		return;
	w->so[w->nso++] = so;
	if (type == SOCK_RAW)
		return;
	error = sobind(so, &here, cred);
	if (error == 0 && type == SOCK_STREAM)
		(void)solisten(so, 5, cred);
}

static void
make_sockets(struct world *w)
{
	const struct endpoint to = { inaddr_v4(htonl(0x0a000001)), htons(80) };
	struct djail *j;
	struct cred cred;
	int error;

	TAILQ_FOREACH(j, &w->d->djails, link) {
		cred = (struct cred) { .prison = j->prison };
		make_socket(w, &cred, SOCK_STREAM, 0, 80);
		make_socket(w, &cred, SOCK_DGRAM, 0, 53);
		make_socket(w, &cred, SOCK_RAW, IPPROTO_ICMP, 0);
	}
	error = socreate(w->d->vnet, AF_INET, SOCK_STREAM, 0, &cred,
	    &w->so[w->nso]);
	assert(error == 0);
	(void)soconnect(w->so[w->nso++], &to, &cred);
}

/* ---- what is asked ---- */

static void *
put(struct world *w, const void *p, size_t len)
{
	uint8_t *at = w->gram + w->len;

	assert(len <= sizeof(w->gram) - w->len);
	memcpy(at, p, len);
	w->len += len;
	return at;
}

/* Operations, most of them of a length that goes with their kind. */
static void
put_filter(struct world *w)
{
	struct nlattr a = { .nla_type = INET_DIAG_REQ_BYTECODE };
	size_t start = w->len, n = take(w->in) % 32, len;

	put(w, &a, sizeof(a));
	while (n-- > 0) {
		uint8_t op[4] = { (uint8_t)(take(w->in) % 12), 4, 8, 0 };
		uint8_t more[24];

		op[1] = (uint8_t)(take(w->in) % 8 * 4);
		op[2] = (uint8_t)(take(w->in) % 16 * 4);
		put(w, op, sizeof(op));
		len = take_bytes(w->in, more, take(w->in) % 7 * 4);
		put(w, more, len);
	}
	if (take(w->in) % 16 == 0)
		w->len -= w->len > start + 5 ? take(w->in) % 4 : 0;
	a.nla_len = (uint16_t)(w->len - start);
	if (take(w->in) % 16 == 0)
		a.nla_len = (uint16_t)take_below(w->in, 65536);
	memcpy(w->gram + start, &a, sizeof(a));
}

static void
put_inet(struct world *w)
{
	static const uint8_t proto[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_RAW,
		IPPROTO_ICMP };
	struct inet_diag_req_v2 rq = { .sdiag_family = AF_INET };

	rq.sdiag_protocol = proto[take(w->in) % 4];
	rq.idiag_ext = (uint8_t)take(w->in);
	rq.idiag_states = take(w->in) % 4 ? ~0u : take(w->in);
	if (take(w->in) % 8 == 0)
		rq.sdiag_family = (uint8_t)take(w->in);
	if (take(w->in) % 4 == 0)
		(void)take_bytes(w->in, &rq.id, sizeof(rq.id));
	put(w, &rq, sizeof(rq));
}

static void
put_old(struct world *w)
{
	struct inet_diag_req rq = { .idiag_states = ~0u };

	(void)take_bytes(w->in, &rq, take(w->in) % (sizeof(rq) + 1));
	put(w, &rq, sizeof(rq));
}

static void
put_unix(struct world *w)
{
	struct unix_diag_req rq = { .udiag_states = ~0u };

	(void)take_bytes(w->in, &rq, take(w->in) % (sizeof(rq) + 1));
	rq.sdiag_family = AF_UNIX;
	put(w, &rq, sizeof(rq));
}

static void
put_bytes(struct world *w)
{
	uint8_t buf[256];
	size_t len = take_bytes(w->in, buf, take(w->in));

	put(w, buf, len);
}

static void
put_message(struct world *w)
{
	static const uint16_t type[] = { SOCK_DIAG_BY_FAMILY,
		SOCK_DIAG_BY_FAMILY, SOCK_DIAG_BY_FAMILY, TCPDIAG_GETSOCK,
		DCCPDIAG_GETSOCK, SOCK_DESTROY, NLMSG_NOOP, NLMSG_DONE };
	struct nlmsghdr h = { .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP };
	size_t start = w->len;
	static const uint8_t zero[4];

	h.nlmsg_type = type[take(w->in) % 8];
	if (take(w->in) % 2 == 0)
		h.nlmsg_flags = (uint16_t)take_below(w->in, 0x800);
	put(w, &h, sizeof(h));
	switch (take(w->in) % 8) {
	case 0:
		put_bytes(w);
		break;
	case 1:
		put_old(w);
		break;
	case 2:
		put_unix(w);
		break;
	default:
		put_inet(w);
		break;
	}
	if (take(w->in) % 2 == 0)
		put_filter(w);
	h.nlmsg_len = (uint32_t)(w->len - start);
	if (take(w->in) % 32 == 0)
		h.nlmsg_len = take_below(w->in, 65536);
	memcpy(w->gram + start, &h, sizeof(h));
	put(w, zero, (4 - w->len % 4) % 4);
}

/* ---- what comes back ---- */

static void
read_answers(int fd)
{
	static uint32_t buf[65536 / sizeof(uint32_t)];
	const uint8_t *p;
	ssize_t n;
	size_t len;

	while ((n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		p = (const uint8_t *)buf;
		for (len = (size_t)n; len > 0;)
			assert(nl_message(&p, &len) != NULL);
	}
}

static void
step(struct world *w)
{
	unsigned which = take(w->in) % NPROGRAMS, what = take(w->in) % 32;

	w->len = 0;
	for (unsigned n = 1 + take(w->in) % 3; n > 0; n--)
		put_message(w);
	if (what == 31)
		(void)shutdown(w->fd[which], SHUT_WR);
	else
		(void)send(w->fd[which], w->gram, w->len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	do
		fuzz_daemon_turns(w->d);
	while (what % 4 != 0 && recv(w->fd[which], w->gram, 1,
	    MSG_PEEK | MSG_DONTWAIT) > 0 && (read_answers(w->fd[which]), true));
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	struct world *w = calloc(1, sizeof(*w));
	struct face *f;
	struct djail *j;
	int error;

	assert(w != NULL);
	w->in = &in;
	w->d = fuzz_daemon_new();
	for (unsigned i = 0; i < NPROGRAMS; i++) {
		j = i == 0 ? TAILQ_FIRST(&w->d->djails) :
		    fuzz_daemon_jail(w->d);
		error = sockdiag_open(j, SOCK_RAW, &w->fd[i], &f);
		assert(error == 0);
	}
	make_sockets(w);
	for (unsigned n = 0; n < MAXSTEPS && in.left > 0; n++)
		step(w);
	for (unsigned i = 0; i < w->nso; i++)
		soabort(w->so[i]);
	for (unsigned i = 0; i < NPROGRAMS; i++)
		close(w->fd[i]);
	fuzz_daemon_turns(w->d);
	assert(TAILQ_EMPTY(&w->d->diags));
	fuzz_daemon_free(w->d);
	free(w);
}
