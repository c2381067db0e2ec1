/*
 * daemon.c - the daemon without its main().
 *
 * As netjaild_main.c has it, but for signals, the listening socket and the
 * clock, which the vnet is given by number.
 */
#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>

#include "base/callout.h"
#include "daemon/ctljail.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/jailwork.h"
#include "daemon/notify.h"
#include "daemon/sockdiag.h"
#include "netjail/prison.h"
#include "stack/ip.h"
#include "tests/fuzz/daemon.h"
#include "tests/fuzz/fds.h"

#define TURNS	100000

static unsigned before;		/* descriptors */

static void
make_jail(struct daemon *d)
{
	struct inaddr addr[2] = { inaddr_v4(htonl(0x0a000001)),
		inaddr_v4(htonl(0x0a000002)) };
	struct prison_params pp = { .name = "j", .hostname = "j", .path = "/",
		.addr = addr, .naddr = 2, .ip4_restricted = true,
		.ip6_restricted = true, .persist = true, .children_max = 5,
		.allow = PR_ALLOW_DEFAULT };
	unsigned all = UINT_MAX;
	struct djail *j;
	char why[128];
	int error;

	error = djail_create(d, prison0(d->vnet), &pp, &j, why, sizeof(why));
	assert(error == 0);
	error = djail_create_step(j, &all, why, sizeof(why));
	assert(error == 0);
}

struct daemon *
fuzz_daemon_new(void)
{
	static const uint8_t seed[VNET_SEEDLEN] = "daemon";
	struct daemon *d = calloc(1, sizeof(*d));
	int error;

	assert(d != NULL);
	before = open_descriptors();
	TAILQ_INIT(&d->control.conns);
	if ((error = loop_init(&d->loop)) == 0 &&
	    (error = vnet_new(seed, 1, &d->vnet)) == 0)
		error = daemon_tables_init(d);
	assert(error == 0);
	d->control.vnet = d->vnet;
	d->control.loop = &d->loop;
	d->control.ops = &ctljail_ops;
	make_jail(d);
	return d;
}

void
fuzz_daemon_free(struct daemon *d)
{
	struct conn *cn;

	while ((cn = TAILQ_FIRST(&d->control.conns)) != NULL)
		conn_free(cn);
	daemon_tables_fini(d);
	vnet_free(d->vnet);
	close(d->loop.epfd);
	free(d);
	assert(open_descriptors() == before);
}

static void
settle(struct daemon *d)
{
	struct face *f;

	face_turn(d);
	d->busy = vnet_run(d->vnet, 64);
	while ((f = TAILQ_FIRST(&d->dirty)) != NULL) {
		TAILQ_REMOVE(&d->dirty, f, dlink);
		f->isdirty = false;
		face_serve(f);
	}
	sockdiag_run(d);
	d->busy |= !TAILQ_EMPTY(&d->later);
	d->busy |= jailwork_run(d);
	djail_reap(d);
}

void
fuzz_daemon_turns(struct daemon *d)
{
	unsigned n;

	for (n = 0; n < TURNS; n++) {
		if (loop_wait(&d->loop, 0) == 0 && !d->busy)
			return;
		vnet_settime(d->vnet, d->vnet->now + NSEC_PER_MSEC);
		while (loop_dispatch(&d->loop, false, NSEC_PER_MSEC))
			continue;
		while (loop_dispatch(&d->loop, true, NSEC_PER_MSEC))
			continue;
		settle(d);
	}
	assert(!"the daemon comes to rest");
}

struct djail *
fuzz_daemon_jail(struct daemon *d)
{
	return TAILQ_NEXT(TAILQ_FIRST(&d->djails), link);
}

int
fuzz_daemon_connect(struct daemon *d, struct djail *j, struct conn **cnp)
{
	const struct cred cred = { .prison = j != NULL ? j->prison :
	    prison0(d->vnet) };
	struct conn *cn;
	int sv[2], error;

	error = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, sv);
	assert(error == 0);
	cn = conn_new(&d->control, sv[1], cred);
	assert(cn != NULL);
	if (j != NULL)
		conn_inside(cn, j);
	if (cnp != NULL)
		*cnp = cn;
	return sv[0];
}
