/*
 * jailparam_fuzz.c - jails made, changed, asked about and removed by lists of
 * "name=value".
 *
 * The stack's owner and the root of a jail send requests on the control socket:
 * names from the table of parameters or of bytes, values that are near to what
 * there is or bytes.  Each request is answered once, and one that is refused
 * says why.  A new jail gets a leash, whose other end is read, so that it can be
 * changed.  After each request nobody has more than the jail above it gives.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ctlmsg.h"
#include "daemon/djail.h"
#include "netjail/jailparam.h"
#include "netjail/prison.h"
#include "tests/fuzz/daemon.h"
#include "tests/fuzz/input.h"

#define NASKERS	2
#define MAXLEASH 64
#define MAXREQ	4096		/* bytes */
#define MAXSTEPS 48

struct world {
	struct daemon	*d;
	int		 fd[NASKERS];
	int		 leash[MAXLEASH];	/* far ends */
	unsigned	 nleash;
	struct input	*in;
	struct {
		struct ctlmsg	m;
		char		s[MAXREQ];
	} rq;
	size_t		 len;			/* of s */
};

/* ---- what is asked ---- */

static void
put(struct world *w, const void *p, size_t len)
{
	if (len > sizeof(w->rq.s) - w->len)
		len = sizeof(w->rq.s) - w->len;
	memcpy(w->rq.s + w->len, p, len);
	w->len += len;
}

static void
put_text(struct world *w, const char *s)
{
	put(w, s, strlen(s));
}

static void
put_bytes(struct world *w)
{
	uint8_t buf[255];
	size_t len = take_bytes(w->in, buf, take(w->in) % sizeof(buf));

	put(w, buf, len);
}

static void
put_name(struct world *w)
{
	const struct jp_def *jp = &jailparams[take(w->in) % JP_NPARAMS];
	const char *dot = strrchr(jp->name, '.');

	switch (take(w->in) % 16) {
	case 0:
		put_bytes(w);
		return;
	case 1:		/* the opposite */
		if (dot != NULL)
			put(w, jp->name, (size_t)(dot + 1 - jp->name));
		put_text(w, "no");
		put_text(w, dot != NULL ? dot + 1 : jp->name);
		return;
	}
	put_text(w, jp->name);
}

static void
put_value(struct world *w)
{
	static const char *const near[] = { "", "0", "1", "2", "3", "4",
		"true", "false", "disable", "new", "inherit", "a", "j", "j.a",
		"j.b", "j.a.b", "a.b", "10.0.0.1", "10.0.0.2", "10.0.0.3",
		"10.0.0.3,10.0.0.4", "10.0.0.2,10.0.0.1", "127.0.0.1",
		"0.0.0.0", "255.255.255.255", "::1", "/", "/tmp", "-1",
		"2147483647", "49152", "65535" };

	if (take(w->in) % 8 == 0)
		put_bytes(w);
	else
		put_text(w, near[take(w->in) % 32]);
}

static void
put_params(struct world *w, unsigned n, bool values)
{
	while (n-- > 0) {
		put_name(w);
		if (values && take(w->in) % 16 != 0) {
			put_text(w, "=");
			put_value(w);
		}
		put(w, "", 1);
	}
}

static void
make_request(struct world *w)
{
	w->len = 0;
	w->rq.m = (struct ctlmsg) { .op = CTL_JAIL_SET };
	switch (take(w->in) % 8) {
	case 0:
		w->rq.m.op = CTL_JAIL_REMOVE;
		w->rq.m.arg = take(w->in) % 8;
		break;
	case 1:
		w->rq.m.op = CTL_JAIL_GET;
		w->rq.m.arg = take(w->in) % 2 ? JAIL_DYING : 0;
		put_text(w, "lastjid=");
		put_value(w);
		put(w, "", 1);
		put_params(w, take(w->in) % 40, false);
		break;
	case 2:
		w->rq.m.arg = take(w->in);
		put_bytes(w);
		break;
	default:
		w->rq.m.arg = take(w->in) % 8;
		if (take(w->in) % 4 != 0) {
			put_text(w, "persist");
			put(w, "", 1);
		}
		put_params(w, take(w->in) % 12, true);
		break;
	}
	w->rq.m.len = (uint32_t)(sizeof(w->rq.m) + w->len);
}

/* ---- what comes back ---- */

/* Reads and turns until an answer has ended; the last message in *m. */
static void
read_answer(struct world *w, int fd, struct ctlmsg *m)
{
	static uint8_t buf[1 << 20];
	size_t at = 0, len = 0;
	ssize_t n;

	do {
		fuzz_daemon_turns(w->d);
		n = recv(fd, buf + len, sizeof(buf) - len, MSG_DONTWAIT);
		assert(n > 0);
		for (len += (size_t)n; len - at >= sizeof(*m); at += m->len) {
			memcpy(m, buf + at, sizeof(*m));
			assert(m->len >= sizeof(*m));
			if (m->len > len - at)
				break;
			if (m->op == CTL_END) {
				assert(at + m->len == len);
				return;
			}
			assert(m->op == CTL_DATA);
		}
	} while (true);
}

/* What init would do: read.  A leash that is let go is forgotten. */
static void
read_leashes(struct world *w)
{
	static uint8_t sink[65536];
	ssize_t n;

	for (unsigned i = 0; i < w->nleash;) {
		while ((n = recv(w->leash[i], sink, sizeof(sink),
		    MSG_DONTWAIT)) > 0)
			continue;
		if (n < 0) {
			i++;
			continue;
		}
		close(w->leash[i]);
		w->leash[i] = w->leash[--w->nleash];
	}
}

static void
put_leashes(struct world *w)
{
	struct djail *j;

	TAILQ_FOREACH(j, &w->d->djails, link) {
		if (prison_jid(j->prison) == 0 || j->leash != NULL ||
		    w->nleash == MAXLEASH)
			continue;
		w->leash[w->nleash++] = fuzz_daemon_connect(w->d, j,
		    &j->leash);
		j->leash->leash = j;
	}
}

/* ---- what must hold ---- */

static void
check_jail(const struct prison *pr)
{
	const struct inaddr any = inaddr_v4(0);
	const struct prison *up = prison_parent(pr);
	const struct prison *owner = prison_ip_owner_of(up, &any);

	assert(strchr(prison_name(pr), '\n') == NULL);
	assert((prison_allow(pr) & ~prison_allow(up)) == 0);
	if (prison_jid(owner) == 0)
		return;
	for (unsigned i = 0; i < prison_naddr(pr); i++) {
		unsigned k = 0;

		while (k < prison_naddr(owner) && inaddr_cmp(
		    prison_addr(pr, i), prison_addr(owner, k)) != 0)
			k++;
		assert(k < prison_naddr(owner));
	}
}

static void
step(struct world *w)
{
	int fd = w->fd[take(w->in) % NASKERS];
	struct ctlmsg m;
	struct djail *j;
	ssize_t n;

	make_request(w);
	n = send(fd, &w->rq, w->rq.m.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	/* The jail of the asker has been removed. */
	if (n < 0)
		return;
	assert(n == (ssize_t)w->rq.m.len);
	read_answer(w, fd, &m);
	assert(m.error >= 0);
	if (m.error > 0 && w->rq.m.op == CTL_JAIL_SET && m.error != EPERM)
		assert(m.len > sizeof(m));
	put_leashes(w);
	read_leashes(w);
	TAILQ_FOREACH(j, &w->d->djails, link)
		if (prison_jid(j->prison) != 0)
			check_jail(j->prison);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	struct input in = { data, len };
	struct world *w = calloc(1, sizeof(*w));

	assert(w != NULL);
	w->in = &in;
	w->d = fuzz_daemon_new();
	w->fd[0] = fuzz_daemon_connect(w->d, NULL, NULL);
	w->fd[1] = fuzz_daemon_connect(w->d, fuzz_daemon_jail(w->d), NULL);
	put_leashes(w);
	for (unsigned n = 0; n < MAXSTEPS && in.left > 0; n++)
		step(w);
	for (unsigned i = 0; i < NASKERS; i++)
		close(w->fd[i]);
	for (unsigned i = 0; i < w->nleash; i++)
		close(w->leash[i]);
	fuzz_daemon_free(w->d);
	free(w);
}
