/*
 * fetch.c - from bytes to records.
 *
 * The daemon is trusted no more than any peer: a length is believed only if
 * the record it announces lies within what came, holds at least the fields we
 * know, and keeps the next one aligned.  Longer records than ours are fine,
 * so a newer daemon may append fields.
 *
 * xinpgen and xunpgen begin alike (length, count, generation), which is all
 * that is read of them; hence one walk for both kinds of listing.
 */
#include <string.h>

#include "netstat/fetch.h"

#define RECALIGN 8	/* bytes; records hold 64-bit fields */

static_assert(offsetof(struct xinpgen, xig_gen) ==
    offsetof(struct xunpgen, xug_gen), "headers begin alike");
static_assert(offsetof(struct xinpgen, xig_count) ==
    offsetof(struct xunpgen, xug_count), "headers begin alike");

const char *const tcp_state_name[TCP_NSTATES] = {
	"CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED",
	"CLOSE_WAIT", "FIN_WAIT_1", "CLOSING", "LAST_ACK", "FIN_WAIT_2",
	"TIME_WAIT"
};

/* The length at w->p, or 0 if that cannot be one. */
static size_t
length_here(const struct walk *w)
{
	size_t left = (size_t)(w->end - w->p);
	uint64_t len;

	if (left < w->genlen)
		return 0;
	memcpy(&len, w->p, sizeof(len));
	if (len < w->genlen || len > left || len % RECALIGN != 0)
		return 0;
	return len;
}

static void
walk_start(struct walk *w, const void *buf, size_t len, size_t genlen,
    size_t reclen)
{
	const struct xunpgen *head = buf;
	size_t n;

	w->p = buf;
	w->end = w->p + len;
	w->genlen = genlen;
	w->reclen = reclen;
	w->state = WALK_BAD;
	if ((n = length_here(w)) == 0)
		return;
	w->count = head->xug_count;
	w->gen = head->xug_gen;
	w->p += n;
	w->state = WALK_MORE;
}

/* The next record or NULL; reads the trailer when it gets there. */
static const void *
walk_next(struct walk *w)
{
	const void *here = w->p;
	const struct xunpgen *tail;
	size_t n;

	if (w->state != WALK_MORE)
		return NULL;
	n = length_here(w);
	if (n >= w->reclen) {
		w->p += n;
		return here;
	}
	w->state = WALK_BAD;
	if (n == w->genlen) {
		tail = here;
		w->last_count = tail->xug_count;
		w->last_gen = tail->xug_gen;
		w->state = WALK_END;
	}
	return NULL;
}

void
walk_inet(struct walk *w, const void *buf, size_t len, bool tcp)
{
	walk_start(w, buf, len, sizeof(struct xinpgen),
	    tcp ? sizeof(struct xtcpcb) : sizeof(struct xinpcb));
	w->tcp = tcp;
}

void
walk_unix(struct walk *w, const void *buf, size_t len)
{
	walk_start(w, buf, len, sizeof(struct xunpgen), sizeof(struct xunpcb));
}

static struct inaddr
address(const struct xinpcb *inp, const struct in_addr *a4,
    const struct in6_addr *a6)
{
	struct inaddr a;

	if (inp->inp_vflag & INP_IPV4)
		return inaddr_v4(a4->s_addr);
	memcpy(a.b, a6, sizeof(a.b));
	return a;
}

bool
walk_conn(struct walk *w, struct conn *c)
{
	const void *rec;

	do {
		if ((rec = walk_next(w)) == NULL)
			return false;
		c->tp = w->tcp ? rec : NULL;
		c->inp = c->tp != NULL ? &c->tp->xt_inp : rec;
	} while (c->inp->inp_gencnt > w->gen);
	c->so = &c->inp->xi_socket;
	c->laddr = address(c->inp, &c->inp->inp_laddr, &c->inp->in6p_laddr);
	c->faddr = address(c->inp, &c->inp->inp_faddr, &c->inp->in6p_faddr);
	return true;
}

bool
walk_unpcb(struct walk *w, const struct xunpcb **xup)
{
	do {
		if ((*xup = walk_next(w)) == NULL)
			return false;
	} while ((*xup)->unp_gencnt > w->gen);
	return true;
}
