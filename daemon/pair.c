/*
 * pair.c - the pool of ready socket pairs.  See pair.h for the three kinds.
 */
#include <errno.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "daemon/pair.h"

static int
pair_prefill(int app)
{
	static const char zeros[PAIR_PREFILL];
	int least = 1;

	if (setsockopt(app, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)) < 0)
		return errno;
	if (send(app, zeros, sizeof(zeros), MSG_DONTWAIT | MSG_NOSIGNAL) !=
	    (ssize_t)sizeof(zeros))
		return ENOBUFS;
	return 0;
}

/* What its app end is known by. */
static int
pair_names(struct pair *p)
{
	socklen_t len = sizeof(p->cookie);
	struct stat st;

	if (getsockopt(p->app, SOL_SOCKET, SO_COOKIE, &p->cookie, &len) < 0 ||
	    fstat(p->app, &st) < 0)
		return errno;
	p->ino = st.st_ino;
	return 0;
}

static int
pair_make(enum pair_kind kind, struct pair *p)
{
	int type = kind == PAIR_DGRAM ? SOCK_SEQPACKET : SOCK_STREAM;
	int fds[2], error = 0;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) < 0)
		return errno;
	p->app = fds[0];
	p->own = fds[1];
	if (kind == PAIR_FRESH)
		error = pair_prefill(p->app);
	if (error == 0)
		error = pair_names(p);
	if (error != 0) {
		close(p->app);
		close(p->own);
	}
	return error;
}

int
pair_get(struct pairs *ps, enum pair_kind kind, struct pair *p)
{
	if (ps->n[kind] == 0)
		return pair_make(kind, p);
	*p = ps->pool[kind][--ps->n[kind]];
	return 0;
}

bool
pairs_low(const struct pairs *ps)
{
	unsigned k;

	for (k = 0; k < PAIR_NKINDS; k++)
		if (ps->n[k] < PAIR_POOL)
			return true;
	return false;
}

bool
pairs_refill(struct pairs *ps)
{
	unsigned k = 0;

	while (k < PAIR_NKINDS - 1 && ps->n[k] == PAIR_POOL)
		k++;
	if (ps->n[k] == PAIR_POOL ||
	    pair_make(k, &ps->pool[k][ps->n[k]]) != 0)
		return false;
	ps->n[k]++;
	return true;
}

void
pairs_fini(struct pairs *ps)
{
	unsigned k;

	for (k = 0; k < PAIR_NKINDS; k++)
		while (ps->n[k] > 0) {
			ps->n[k]--;
			close(ps->pool[k][ps->n[k]].app);
			close(ps->pool[k][ps->n[k]].own);
		}
}

void
pair_open(int own, int app)
{
	char buf[PAIR_PREFILL];
	int size = PAIR_SNDBUF;

	(void)recv(own, buf, sizeof(buf), MSG_DONTWAIT);
	if (app >= 0)
		(void)setsockopt(app, SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
}
