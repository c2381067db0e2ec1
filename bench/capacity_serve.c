/*
 * capacity_serve.c - the MIB on a control socket, while the stack runs.
 *
 * The daemon's own loop and control socket, without jails of programs: netstat,
 * sockstat, sysctl and jls work, jexec does not.  Ends on SIGINT or SIGTERM,
 * and says how long the longest turn was: for so long a packet had to wait for
 * the readers.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/signalfd.h>

#include "base/callout.h"
#include "bench/capacity.h"
#include "daemon/control.h"
#include "daemon/loop.h"
#include "pcb/in_pcb.h"
#include "stack/ip.h"
#include "stack/tcp.h"
#include "sysctl/client.h"

#define PACKETS	256		/* between looks at descriptors */

struct server {
	struct loop	 loop;
	struct control	 control;
	struct source	 signals;
	bool		 ending;
};

static void
signal_event(struct source *src, uint32_t events)
{
	struct server *s = (struct server *)(void *)((char *)src -
	    offsetof(struct server, signals));

	(void)events;
	s->ending = true;
}

static int
signals_init(struct server *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals.fn = signal_event;
	s->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals.fd < 0)
		return errno;
	return loop_add(&s->loop, &s->signals, EPOLLIN);
}

/* ms until something is due. */
static int
timeout(struct vnet *v, bool busy)
{
	uint64_t next = callout_next(v);

	if (busy || next <= v->now)
		return 0;
	next = (next - v->now) / NSEC_PER_MSEC + 1;
	return next > 1000 ? 1000 : (int)next;
}

static void
serve(struct server *s, struct vnet *v, struct delays *d)
{
	/* Time goes on from where it stands: keepalives see no two hours. */
	uint64_t start, behind = loop_now() - v->now;
	bool busy = false;

	while (!s->ending) {
		(void)loop_wait(&s->loop, timeout(v, busy));
		start = cpu_ns();
		vnet_settime(v, loop_now() - behind);
		(void)loop_dispatch(&s->loop, false, UINT64_MAX);
		busy = vnet_run(v, PACKETS);
		delay_since(d, start);
	}
}

void
run_serve(struct world *w)
{
	static struct server s;
	char path[PATH_MAX], name[64], size[24];
	struct delays d = { 0 };
	int error;

	if (ctl_path(path, sizeof(path)) < 0)
		err(1, "control socket");
	must(loop_init(&s.loop), "epoll");
	error = control_init(&s.control, &s.loop, w->v, NULL, path);
	must(error, path);
	must(signals_init(&s), "signals");
	fprintf(stderr, "capacity: serving; NETJAIL_SOCK=%s netstat -an\n",
	    path);
	serve(&s, w->v, &d);
	control_fini(&s.control);
	close(s.signals.fd);
	close(s.loop.epfd);
	snprintf(name, sizeof(name), "listing.%s.serve",
	    short_size(in_pcbinfo_count(tcp_pcbinfo(w->v)), size));
	delay_figures(&d, name);
}
