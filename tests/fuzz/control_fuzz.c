/*
 * control_fuzz.c - the control socket, with somebody at it who means harm.
 *
 * Three connections - the stack's owner's, a jail's root's, and one whose
 * reader is slow - get bytes in pieces of any size, with descriptors among
 * them.  The first bytes of most requests are made good, for nothing is behind
 * a wrong length.  At the end of a run every descriptor is closed again: as
 * many are open as before it.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/socket.h>

#include "daemon/control.h"
#include "netjail/prison.h"
#include "tests/fuzz/fds.h"
#include "tests/fuzz/input.h"

#define NPEERS	3
#define PIECE	2048		/* bytes of a request */
#define TURNS	64		/* of the loop, after a request */

struct world {
	struct loop	 loop;
	struct control	 ctl;
	struct vnet	*v;
	int		 peer[NPEERS];
	struct input	*in;
};

static void
turns(struct world *w)
{
	for (unsigned i = 0; i < TURNS && loop_wait(&w->loop, 0) > 0; i++) {
		(void)loop_dispatch(&w->loop, false, LOOP_BATCH);
		(void)loop_dispatch(&w->loop, true, LOOP_BATCH);
		vnet_settime(w->v, w->v->now + 1);
	}
}

/* Send len bytes, and a descriptor if so asked.  What is refused is lost. */
static void
put(struct world *w, int fd, const void *buf, size_t len, bool passing)
{
	struct iovec iov = { (void *)(uintptr_t)buf, len };
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(sizeof(int))];
	} cm = { .h = { .cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (passing) {
		memcpy(CMSG_DATA(&cm.h), &w->loop.epfd, sizeof(int));
		mh.msg_control = &cm;
		mh.msg_controllen = sizeof(cm);
	}
	(void)sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A sysctl request, of bytes but for the lengths. */
static void
do_sysctl(struct world *w, int fd)
{
	struct {
		struct ctlmsg	  m;
		struct ctl_sysctl cs;
		uint8_t		  rest[PIECE];
	} req = { .m = { .op = CTL_MIB } };
	size_t n;

	req.cs.namelen = take_below(w->in, CTL_MAXNAME + 2);
	req.cs.flags = take(w->in);
	req.cs.oldlen = take(w->in) % 4 ? UINT64_MAX : take_below(w->in, 4096);
	for (unsigned i = 0; i < req.cs.namelen && i < CTL_MAXNAME; i++) {
		int number = (int)take_below(w->in, 0x130);

		memcpy(req.rest + i * sizeof(int), &number, sizeof(int));
	}
	n = (size_t)req.cs.namelen * sizeof(int);
	req.cs.newlen = (uint32_t)take_bytes(w->in, req.rest + n,
	    take(w->in) % 64);
	req.m.len = (uint32_t)(sizeof(req.m) + sizeof(req.cs) + n +
	    req.cs.newlen);
	put(w, fd, &req, req.m.len, take(w->in) % 8 == 0);
}

/* A request of any kind whose length is right. */
static void
do_request(struct world *w, int fd)
{
	struct {
		struct ctlmsg	m;
		uint8_t		rest[PIECE];
	} req = { .m = { .op = (uint16_t)(take(w->in) % 16) } };

	req.m.arg = take(w->in);
	req.m.len = (uint32_t)(sizeof(req.m) + take_bytes(w->in, req.rest,
	    take_below(w->in, PIECE)));
	put(w, fd, &req, req.m.len, take(w->in) % 8 == 0);
}

static void
do_bytes(struct world *w, int fd)
{
	uint8_t buf[PIECE];
	size_t len = take_bytes(w->in, buf, take_below(w->in, PIECE));

	put(w, fd, buf, len, take(w->in) % 8 == 0);
}

static void
step(struct world *w)
{
	static uint8_t sink[65536];
	unsigned i = take(w->in) % NPEERS;
	int fd = w->peer[i];

	switch (take(w->in) % 4) {
	case 0:
		do_bytes(w, fd);
		break;
	case 1:
		do_request(w, fd);
		break;
	default:
		do_sysctl(w, fd);
		break;
	}
	turns(w);
	/* The last peer lets answers lie. */
	while (i != NPEERS - 1 &&
	    recv(fd, sink, sizeof(sink), MSG_DONTWAIT) > 0)
		turns(w);
}

static void
connect_peers(struct world *w, struct prison *pr)
{
	for (unsigned i = 0; i < NPEERS; i++) {
		struct cred cred = { .prison = i == 1 ? pr : prison0(w->v) };
		struct conn *cn;
		int sv[2], error;

		error = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
		    SOCK_NONBLOCK, 0, sv);
		assert(error == 0);
		w->peer[i] = sv[0];
		cn = conn_new(&w->ctl, sv[1], cred);
		assert(cn != NULL);
	}
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static const uint8_t seed[VNET_SEEDLEN] = "control";
	struct prison_params pp = { .name = "j", .allow = PR_ALLOW_DEFAULT };
	struct input in = { data, len };
	struct world w = { .in = &in };
	unsigned before = open_descriptors();
	struct prison *pr;
	struct conn *cn;
	char why[128];
	int error = vnet_new(seed, 1, &w.v);

	assert(error == 0);
	error = prison_create(w.v, prison0(w.v), &pp, &pr, why, sizeof(why));
	assert(error == 0);
	error = loop_init(&w.loop);
	assert(error == 0);
	w.ctl = (struct control) { .vnet = w.v, .loop = &w.loop };
	TAILQ_INIT(&w.ctl.conns);
	connect_peers(&w, pr);
	for (unsigned n = 0; n < 64 && in.left > 0; n++)
		step(&w);
	for (unsigned i = 0; i < NPEERS; i++)
		close(w.peer[i]);
	turns(&w);
	while ((cn = TAILQ_FIRST(&w.ctl.conns)) != NULL)
		conn_free(cn);
	close(w.loop.epfd);
	prison_remove(w.v, pr);
	prison_put(w.v, pr);
	vnet_free(w.v);
	assert(open_descriptors() == before);
}
