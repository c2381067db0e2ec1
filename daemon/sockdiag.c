/*
 * sockdiag.c - requests of NETLINK_SOCK_DIAG, and their answers.
 *
 * Theory of operation
 *
 * A request stays in the queue of the daemon's end until it has been answered
 * in full: each step looks at it (MSG_PEEK), sends one part of the answer and
 * notes how far it got, as stack/pcblist.c does it: by the generation count of
 * the last PCB visited, up to the count there was at the start.  So a program
 * that asks and does not read costs the daemon no memory and no time; what it
 * has asked for lies in kernel buffers that are its own.  A datagram may hold
 * several requests; they are answered in order.
 *
 * All who ask share TURN_NS a turn, one step at a time each; whoever comes
 * first has one for certain.  So who asks without waiting may be told EAGAIN
 * where the kernel has its answer ready at once.
 *
 * A jail is shown its own sockets and those of jails below it.  Its IPv6 and
 * other sockets do not exist: a listing of IPv6 is empty, one of a protocol
 * unknown here is refused with ENOENT, as by a kernel without it.  AF_UNIX
 * sockets are the kernel's, and passed on as it tells of them (unixdiag.h);
 * those of jails below are in other namespaces and not shown.
 *
 * SOCK_DESTROY is refused with EOPNOTSUPP, as by a kernel built without it, and
 * so are the groups that tell of sockets which end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <linux/sock_diag.h>

#include "base/nlmsg.h"
#include "daemon/diagbc.h"
#include "daemon/diagrec.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/notify.h"
#include "daemon/sockdiag.h"
#include "daemon/sockdiag_int.h"
#include "daemon/turn.h"
#include "daemon/unixdiag.h"
#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/tcp.h"
#include "stack/udp.h"

#define REQUEST_MAX	(DIAGBC_MAX + 512)
#define PART_LEAST	8192	/* bytes; who reads has room for as many */
#define PART_MAX	32768
#define SLICE		256	/* PCBs visited for a part, at the most */
#define BC_COST		512	/* bytes of filter that cost as much as one */
#define TURN_NS		(NSEC_PER_MSEC / 10)

/* What a step came to. */
enum step {
	STEP_MORE,	/* go on */
	STEP_REST,	/* nothing is asked, or there is no room for answers */
	STEP_FREED	/* the program is gone, and the face */
};

struct request {
	struct nlmsghdr	 hdr;
	const uint8_t	*body;
	size_t		 len;		/* of body */
};

/* ---- what is asked ---- */

static struct inpcbinfo *
protocol_pcbs(const struct face *f, unsigned protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return tcp_pcbinfo(f->d->vnet);
	case IPPROTO_UDP:
		return udp_pcbinfo(f->d->vnet);
	case IPPROTO_RAW:
		return raw_pcbinfo(f->d->vnet);
	}
	return NULL;
}

/* Attributes behind the request: the filter. */
static int
query_attrs(struct diag_query *q, const uint8_t *p, size_t len)
{
	const struct nlattr *a;

	/* The kernel minds no rubbish behind them. */
	while ((a = nl_attr(&p, &len)) != NULL)
		if ((a->nla_type & NLA_TYPE_MASK) == INET_DIAG_REQ_BYTECODE)
			q->bc = nl_value(a, &q->bclen);
	return diagbc_valid(q->bc, q->bclen) ? 0 : EINVAL;
}

/* A request of the time before SOCK_DIAG_BY_FAMILY: TCP, any family. */
static int
query_old(struct diag_query *q, const struct request *rq)
{
	struct inet_diag_req old;

	if (rq->len < sizeof(old))
		return EINVAL;
	memcpy(&old, rq->body, sizeof(old));
	q->family = AF_INET;
	q->protocol = IPPROTO_TCP;
	q->ext = old.idiag_ext;
	q->states = old.idiag_states;
	q->id = old.id;
	return query_attrs(q, rq->body + sizeof(old), rq->len - sizeof(old));
}

static int
query_inet(struct diag_query *q, const struct request *rq)
{
	struct inet_diag_req_v2 v2;

	if (rq->len < sizeof(v2))
		return EINVAL;
	memcpy(&v2, rq->body, sizeof(v2));
	q->family = v2.sdiag_family;
	q->protocol = v2.sdiag_protocol;
	q->ext = v2.idiag_ext;
	q->states = v2.idiag_states;
	q->id = v2.id;
	return query_attrs(q, rq->body + sizeof(v2), rq->len - sizeof(v2));
}

static int
query_unix(struct diag_query *q, const struct face *f,
    const struct request *rq)
{
	if (rq->len < sizeof(q->un))
		return EINVAL;
	memcpy(&q->un, rq->body, sizeof(q->un));
	q->family = AF_UNIX;
	if ((rq->hdr.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP &&
	    q->un.udiag_ino == 0)
		return EINVAL;
	return f->jail->unixdiag != NULL ? 0 : ENOENT;
}

static int
query_family(struct diag_query *q, const struct face *f,
    const struct request *rq)
{
	struct sock_diag_req any;

	if (rq->len < sizeof(any))
		return EINVAL;
	memcpy(&any, rq->body, sizeof(any));
	if (any.sdiag_family == AF_UNIX)
		return query_unix(q, f, rq);
	if (any.sdiag_family != AF_INET && any.sdiag_family != AF_INET6)
		return any.sdiag_family < AF_MAX ? ENOENT : EINVAL;
	return query_inet(q, rq);
}

/* 0, or what the request is refused with. */
static int
query_parse(struct diag_query *q, const struct face *f,
    const struct request *rq)
{
	*q = (struct diag_query) {
		.viewer = f->jail, .hdr = rq->hdr, .portid = f->diag->portid,
	};
	switch (rq->hdr.nlmsg_type) {
	case TCPDIAG_GETSOCK:
		return query_old(q, rq);
	case DCCPDIAG_GETSOCK:
		return ENOENT;
	case SOCK_DIAG_BY_FAMILY:
		return query_family(q, f, rq);
	case SOCK_DESTROY:
		return EOPNOTSUPP;
	}
	return EINVAL;
}

/* ---- answers ---- */

/* Where parts are put together: there is one thread. */
static uint8_t part_buf[PART_MAX];

/* False: it has to wait, and comes again by EPOLLOUT. */
static bool
part_send(struct face *f, const struct diag_part *p)
{
	if (p->len == 0)
		return true;
	if (send(f->src.fd, p->buf, p->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN)
			face_blocked(f);
		f->tx_ready = false;
		return false;
	}
	return true;
}

/*
 * Visit PCBs from *last on.  True: the listing is at its end.  *last is the
 * last that is in the part, or need not be.
 */
static bool
part_fill(const struct face *f, const struct diag_query *q,
    const struct inpcbinfo *pi, struct diag_part *p, uint64_t *last)
{
	const struct prison *viewer = f->jail->prison;
	bool own = prison_jid(viewer) != 0 && !prison_haschildren(viewer);
	unsigned each = 1 + (unsigned)(q->bclen / BC_COST), n = 0, cost;
	const struct inpcb *inp;

	inp = in_pcbafter(pi, own ? viewer : NULL, *last);
	for (; inp != NULL && inp->inp_gencnt <= f->diag->upto;
	     inp = in_pcbnext(inp, own)) {
		if (n >= SLICE)
			return false;
		n += each;
		if (prison_check(viewer, inp->inp_cred.prison) &&
		    diagrec_wanted(q, inp)) {
			if (!diagrec_put(p, q, inp, NLM_F_MULTI, &cost))
				return false;
			n += cost;
		}
		*last = inp->inp_gencnt;
	}
	return true;
}

/* A step of a listing.  *done: the last. */
static enum step
dump_step(struct face *f, const struct diag_query *q, bool *done)
{
	const struct inpcbinfo *pi = protocol_pcbs(f, q->protocol);
	struct sockdiag *sd = f->diag;
	struct diag_part p = { .buf = part_buf, .cap = sd->room };
	const int32_t ok = 0;
	uint64_t last;

	if (!sd->begun) {
		sd->begun = true;
		sd->upto = in_pcbinfo_gencnt(pi);
		sd->last = 0;
	}
	last = sd->last;
	*done = q->family != AF_INET || part_fill(f, q, pi, &p, &last);
	if (*done)
		*done = diagrec_message(&p, q, NLMSG_DONE, NLM_F_MULTI, &ok,
		    sizeof(ok));
	if (!part_send(f, &p)) {
		*done = false;
		return STEP_REST;
	}
	sd->last = last;
	return STEP_MORE;
}

/* A verdict: 0 or errno. */
static bool
send_verdict(struct face *f, const struct diag_query *q, int error)
{
	struct diag_part p = { .buf = part_buf, .cap = sizeof(part_buf) };
	const struct nlmsgerr e = { .error = -error, .msg = q->hdr };

	(void)diagrec_message(&p, q, NLMSG_ERROR, 0, &e, sizeof(e));
	return part_send(f, &p);
}

/* The one socket that q names, or NULL. */
static const struct inpcb *
find_one(const struct face *f, const struct diag_query *q)
{
	const struct inpcbinfo *pi = protocol_pcbs(f, q->protocol);
	const struct endpoint local = {
		inaddr_v4(q->id.idiag_src[0]), q->id.idiag_sport
	};
	const struct endpoint peer = {
		inaddr_v4(q->id.idiag_dst[0]), q->id.idiag_dport
	};
	const struct inpcb *inp;

	if (q->family != AF_INET)
		return NULL;
	inp = in_pcblookup(pi, &peer, &local);
	if (inp == NULL || diagrec_state(inp) == 0 ||
	    !prison_check(f->jail->prison, inp->inp_cred.prison) ||
	    !diagrec_cookie(&q->id, inp))
		return NULL;
	return inp;
}

static bool
send_one(struct face *f, const struct diag_query *q, int *error)
{
	struct diag_part p = { .buf = part_buf, .cap = sizeof(part_buf) };
	const struct inpcb *inp;
	unsigned cost;

	if ((inp = find_one(f, q)) == NULL) {
		*error = ENOENT;
		return true;
	}
	(void)diagrec_put(&p, q, inp, 0, &cost);
	return part_send(f, &p);
}

/* ---- AF_UNIX ---- */

/* Append what is asked for, from *last on.  True: that was all. */
static bool
unix_fill(const struct face *f, const struct diag_query *q,
    struct diag_part *p, uint64_t *last)
{
	struct unixrec rec;
	unsigned n;

	for (n = 0; n < SLICE; n++) {
		if (!unixdiag_after(f->jail, (uint32_t)*last, &rec))
			return true;
		if ((q->un.udiag_states >> rec.msg->udiag_state & 1) != 0 &&
		    !diagrec_unix(p, q, &rec, NLM_F_MULTI))
			return false;
		*last = rec.ino;
	}
	return false;
}

/* A round has to be heard first.  *ready: it has been; or an errno. */
static int
unix_hear(struct face *f, bool *ready)
{
	struct sockdiag *sd = f->diag;

	if (!sd->begun) {
		if ((sd->upto = unixdiag_begin(f->jail)) == 0)
			return ENOBUFS;
		sd->begun = true;
		sd->last = 0;
	}
	*ready = unixdiag_step(f->jail, sd->upto);
	return 0;
}

static enum step
unix_dump(struct face *f, const struct diag_query *q, bool *done)
{
	struct diag_part p = { .buf = part_buf, .cap = f->diag->room };
	uint64_t last = f->diag->last;
	const int32_t ok = 0;

	*done = unix_fill(f, q, &p, &last) && diagrec_message(&p, q,
	    NLMSG_DONE, NLM_F_MULTI, &ok, sizeof(ok));
	if (!part_send(f, &p)) {
		*done = false;
		return STEP_REST;
	}
	f->diag->last = last;
	return STEP_MORE;
}

static enum step
unix_one(struct face *f, const struct diag_query *q, bool *done)
{
	struct diag_part p = { .buf = part_buf, .cap = sizeof(part_buf) };
	struct unixrec rec;

	if (!unixdiag_find(f->jail, q->un.udiag_ino, &rec))
		*done = send_verdict(f, q, ENOENT);
	else {
		(void)diagrec_unix(&p, q, &rec, 0);
		*done = part_send(f, &p);
	}
	return *done ? STEP_MORE : STEP_REST;
}

static enum step
unix_step(struct face *f, const struct diag_query *q, bool *done)
{
	bool ready = false;
	int error = unix_hear(f, &ready);

	*done = false;
	if (error != 0) {
		*done = send_verdict(f, q, error);
		return *done ? STEP_MORE : STEP_REST;
	}
	if (!ready)
		return STEP_MORE;
	return (q->hdr.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP ?
	    unix_dump(f, q, done) : unix_one(f, q, done);
}

/* ---- steps ---- */

/* A step of one request.  *done: it has been answered. */
static enum step
request_step(struct face *f, const struct request *rq, bool *done)
{
	struct diag_query q;
	int error;

	*done = false;
	error = query_parse(&q, f, rq);
	if (error == 0 && q.family == AF_UNIX)
		return unix_step(f, &q, done);
	if (error == 0 && protocol_pcbs(f, q.protocol) == NULL)
		error = ENOENT;
	if (error == 0 && (rq->hdr.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP)
		return dump_step(f, &q, done);
	if (error == 0 && !send_one(f, &q, &error))
		return STEP_REST;
	if ((error != 0 || (rq->hdr.nlmsg_flags & NLM_F_ACK)) &&
	    !send_verdict(f, &q, error))
		return STEP_REST;
	*done = true;
	return STEP_MORE;
}

/* No request, but one that wants a receipt. */
static enum step
other_step(struct face *f, const struct request *rq, bool *done)
{
	const struct diag_query q = {
		.hdr = rq->hdr, .portid = f->diag->portid,
	};

	*done = (rq->hdr.nlmsg_flags & NLM_F_ACK) == 0 ||
	    send_verdict(f, &q, 0);
	return *done ? STEP_MORE : STEP_REST;
}

/*
 * Go on with the messages in the n bytes at buf.  *done: nothing is left of
 * them.
 */
static enum step
messages_step(struct face *f, const uint8_t *buf, size_t n, bool *done)
{
	struct sockdiag *sd = f->diag;
	struct request rq;
	enum step s;
	bool one;

	*done = true;
	if (sd->done > n || n - sd->done < sizeof(rq.hdr))
		return STEP_MORE;
	memcpy(&rq.hdr, buf + sd->done, sizeof(rq.hdr));
	if (rq.hdr.nlmsg_len < sizeof(rq.hdr) ||
	    rq.hdr.nlmsg_len > n - sd->done)
		return STEP_MORE;	/* the kernel ignores it too */
	rq.body = buf + sd->done + sizeof(rq.hdr);
	rq.len = rq.hdr.nlmsg_len - sizeof(rq.hdr);
	if ((rq.hdr.nlmsg_flags & NLM_F_REQUEST) == 0 ||
	    rq.hdr.nlmsg_type < NLMSG_MIN_TYPE)
		s = other_step(f, &rq, &one);
	else
		s = request_step(f, &rq, &one);
	if (one) {
		sd->done += NLMSG_ALIGN(rq.hdr.nlmsg_len);
		sd->begun = false;
	}
	*done = one && sd->done >= n;
	return s;
}

static enum step
face_step(struct face *f)
{
	static uint32_t buf[REQUEST_MAX / sizeof(uint32_t)];
	enum step s;
	ssize_t n;
	bool done;

	if (f->app_gone) {	/* nobody reads what is answered */
		face_free(f, false);
		return STEP_FREED;
	}
	n = recv(f->src.fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT);
	/* An empty datagram; or, where nothing comes any more, the end. */
	if (n < 0 || (n == 0 && f->app_shut)) {
		f->rx_ready = false;
		return STEP_REST;
	}
	s = messages_step(f, (const uint8_t *)buf, (size_t)n, &done);
	if (!done)
		return s;
	(void)recv(f->src.fd, buf, 0, MSG_DONTWAIT);
	f->diag->done = 0;
	f->diag->begun = false;
	return STEP_MORE;
}

/* ---- turns ---- */

/* A turn is known by its time. */
static bool
turn_over(struct daemon *d)
{
	uint64_t now = loop_now();

	if (d->diag_turn != d->vnet->now) {
		d->diag_turn = d->vnet->now;
		d->diag_end = now + TURN_NS;
		return false;
	}
	return now >= d->diag_end;
}

static void
unqueue(struct face *f)
{
	if (!f->diag->queued)
		return;
	f->diag->queued = false;
	TAILQ_REMOVE(&f->d->diags, f->diag, link);
}

static void
queue(struct face *f)
{
	if (f->diag->queued)
		return;
	f->diag->queued = true;
	TAILQ_INSERT_TAIL(&f->d->diags, f->diag, link);
}

void
sockdiag_ready(struct face *f)
{
	if (f->app_gone || (f->rx_ready && f->tx_ready))
		queue(f);
	notify_retry(f);
}

void
sockdiag_run(struct daemon *d)
{
	struct sockdiag *sd;
	struct face *f;

	while ((sd = TAILQ_FIRST(&d->diags)) != NULL) {
		if (turn_over(d)) {
			d->busy = true;
			turn_putoff(d->vnet);
			return;
		}
		f = sd->face;
		unqueue(f);
		switch (face_step(f)) {
		case STEP_MORE:
			queue(f);
			notify_retry(f);
			break;
		case STEP_REST:
			notify_retry(f);
			break;
		case STEP_FREED:
			break;
		}
	}
}

int
sockdiag_receive(struct face *f, int app, void *buf, uint32_t room, bool peek,
    uint32_t *lenp)
{
	int flags = MSG_DONTWAIT | MSG_TRUNC | (peek ? MSG_PEEK : 0);
	ssize_t n;

	if (room > f->diag->room)
		f->diag->room = room < PART_MAX ? room : PART_MAX;
	n = recv(app, buf, room, flags);
	/* The kernel has the first part ready when a request has been sent. */
	while (n < 0 && f->tx_ready && !turn_over(f->d) &&
	    face_step(f) == STEP_MORE)
		n = recv(app, buf, room, flags);
	if (n < 0) {
		if (f->tx_ready)
			queue(f);
		return EWOULDBLOCK;
	}
	*lenp = (uint32_t)n;
	return 0;
}

/* ---- birth and death ---- */

int
sockdiag_open(struct djail *j, int type, int *fdp, struct face **fp)
{
	struct daemon *d = j->d;
	struct sockdiag *sd;
	struct face *f;
	struct pair p;
	int error;

	if ((sd = calloc(1, sizeof(*sd))) == NULL)
		return ENOMEM;
	if ((error = pair_get(&d->pairs, PAIR_DGRAM, &p)) != 0) {
		free(sd);
		return error;
	}
	if ((f = face_new(d, j, NULL, &p, FACE_DIAG)) == NULL) {
		close(p.app);
		close(p.own);
		free(sd);
		return ENOMEM;
	}
	f->diag = sd;
	sd->face = f;
	sd->type = type;
	sd->room = PART_LEAST;
	/* As the kernel does where the process's id is taken. */
	sd->portid = UINT32_C(1) << 31 | (uint32_t)f->cookie;
	*fdp = p.app;
	*fp = f;
	return 0;
}

void
sockdiag_fini(struct face *f)
{
	if (f->diag == NULL)
		return;
	unqueue(f);
	free(f->diag);
	f->diag = NULL;
}
