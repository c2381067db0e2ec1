/*
 * fetch.c - from bytes to records.
 *
 * The daemon is trusted no more than any peer: a length is believed only if it
 * holds at least the fields we know, keeps the next record aligned and is no
 * larger than any record will ever be; and a record is only looked at when all
 * of it has come.  Longer records than ours are fine, so a newer daemon may
 * append fields.
 *
 * Records are read where they arrived.  Only one that is split between two
 * pieces is copied, with the rest of the second.
 *
 * xinpgen and xunpgen begin alike (length, count, generation), which is all
 * that is read of them; hence one walk for both kinds of listing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/fetch.h"

#define RECALIGN	8	/* bytes; records hold 64-bit fields */
#define MAXRECORD	65536	/* bytes */

static_assert(offsetof(struct xinpgen, xig_gen) ==
    offsetof(struct xunpgen, xug_gen), "headers begin alike");
static_assert(offsetof(struct xinpgen, xig_count) ==
    offsetof(struct xunpgen, xug_count), "headers begin alike");

const char *const tcp_state_name[TCP_NSTATES] = {
	"CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED",
	"CLOSE_WAIT", "FIN_WAIT_1", "CLOSING", "LAST_ACK", "FIN_WAIT_2",
	"TIME_WAIT"
};

/* Put what is left, `left' bytes, where it outlives the piece it is in. */
static bool
save(struct walk *w, size_t left)
{
	uint8_t *joined = malloc(left);

	if (joined == NULL)
		return false;
	memcpy(joined, w->p, left);
	free(w->joined);
	w->joined = joined;
	return true;
}

/* Join the next piece to what was saved. */
static bool
join(struct walk *w, size_t left, const void *piece, size_t len)
{
	uint8_t *joined = realloc(w->joined, left + len);

	if (joined == NULL)
		return false;
	memcpy(joined + left, piece, len);
	w->joined = joined;
	w->p = joined;
	w->end = joined + left + len;
	return true;
}

/* Get the next piece behind what is left.  False: w->error says why. */
static bool
pull(struct walk *w)
{
	size_t left = (size_t)(w->end - w->p), len;
	const void *piece;
	int more;

	if (left > 0 && !save(w, left)) {
		w->error = ENOMEM;
		return false;
	}
	more = w->feed->next(w->feed, &piece, &len);
	if (more != 1) {
		w->error = more == -1 ? errno : 0;
		return false;
	}
	if (left > 0 && !join(w, left, piece, len)) {
		w->error = ENOMEM;
		return false;
	}
	if (left == 0) {
		w->p = piece;
		w->end = w->p + len;
	}
	return true;
}

/* The length of what begins at w->p, once all of it is there; 0: damaged. */
static size_t
next_length(struct walk *w)
{
	uint64_t len;
	size_t left;

	for (;;) {
		left = (size_t)(w->end - w->p);
		if (left >= w->genlen) {
			memcpy(&len, w->p, sizeof(len));
			if (len < w->genlen || len > MAXRECORD ||
			    len % RECALIGN != 0)
				return 0;
			if (len <= left)
				return len;
		}
		if (!pull(w))
			return 0;
	}
}

static void
walk_start(struct walk *w, struct feed *f, size_t genlen, size_t reclen)
{
	const struct xunpgen *head;
	size_t n;

	*w = (struct walk) { .feed = f, .genlen = genlen, .reclen = reclen,
		.state = WALK_BAD };
	if ((n = next_length(w)) == 0)
		return;
	head = (const void *)w->p;
	w->count = head->xug_count;
	w->gen = head->xug_gen;
	w->p += n;
	w->state = WALK_MORE;
}

/* The trailer, behind which nothing may come; an errno may, and counts. */
static void
read_trailer(struct walk *w)
{
	const struct xunpgen *tail = (const void *)w->p;

	w->last_count = tail->xug_count;
	w->last_gen = tail->xug_gen;
	w->p += w->genlen;
	if (w->p == w->end && !pull(w) && w->error == 0)
		w->state = WALK_END;
}

/* The next record or NULL; reads the trailer when it gets there. */
static const void *
walk_next(struct walk *w)
{
	const void *here;
	size_t n;

	if (w->state != WALK_MORE)
		return NULL;
	w->state = WALK_BAD;
	if ((n = next_length(w)) == 0)
		return NULL;
	if (n < w->reclen) {
		if (n == w->genlen)
			read_trailer(w);
		return NULL;
	}
	here = w->p;
	w->p += n;
	w->state = WALK_MORE;
	return here;
}

void
walk_inet(struct walk *w, struct feed *f, bool tcp)
{
	walk_start(w, f, sizeof(struct xinpgen),
	    tcp ? sizeof(struct xtcpcb) : sizeof(struct xinpcb));
	w->tcp = tcp;
}

void
walk_unix(struct walk *w, struct feed *f)
{
	walk_start(w, f, sizeof(struct xunpgen), sizeof(struct xunpcb));
}

void
walk_end(struct walk *w)
{
	free(w->joined);
	w->joined = NULL;
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
