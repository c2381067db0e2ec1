/*
 * netjaild - the kernel of this system, as an ordinary process.
 *
 *	netjaild [-fV] [-s socket] [--pcap file]
 *
 * Without -f it returns when the control socket can be connected to, and goes
 * on in the background.  It ends on SIGTERM or SIGINT, and takes its jails with
 * it.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <bsd/err.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <syslog.h>
#include <unistd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "base/version.h"
#include "base/callout.h"
#include "daemon/activate.h"
#include "daemon/capture.h"
#include "daemon/ctljail.h"
#include "daemon/daemon.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/jailwork.h"
#include "daemon/notify.h"
#include "daemon/sockdiag.h"
#include "daemon/turn.h"
#include "netjail/prison.h"
#include "stack/ip.h"
#include "stack/mbuf.h"
#include "stack/vlog.h"
#include "sysctl/client.h"
#include "sysctl/text.h"

#define PACKET_BUDGET	256	/* packets between looks at the faces */
/*
 * For how long faces are served between looks at the packets, and events
 * handled between looks at the stack (ns): one may take a microsecond, or move
 * a megabyte.
 */
#define FACE_TIME	150000
#define EVENT_TIME	150000
#define SETTLE_ROUNDS	64	/* before descriptors are looked at again */

/* ---- the loop ---- */

static void
serve_dirty(struct daemon *d)
{
	uint64_t start = 0, now = 0;
	struct face *f;

	while (now - start < FACE_TIME &&
	    (f = TAILQ_FIRST(&d->dirty)) != NULL) {
		if (start == 0)
			start = loop_now();
		TAILQ_REMOVE(&d->dirty, f, dlink);
		f->isdirty = false;
		face_serve(f);
		now = loop_now();
	}
}

/* Run the stack and serve dirty faces until both rest. */
static void
daemon_settle(struct daemon *d)
{
	unsigned rounds = SETTLE_ROUNDS;
	bool more;

	do {
		turn_end(d->vnet);
		more = vnet_run(d->vnet, PACKET_BUDGET);
		serve_dirty(d);
		d->busy = more || !TAILQ_EMPTY(&d->dirty);
	} while (d->busy && --rounds > 0);
	sockdiag_run(d);
	d->busy |= !TAILQ_EMPTY(&d->later);
	d->busy |= djail_hungup(d);
	d->busy |= notify_cancelled(d);
	d->busy |= jailwork_run(d);
	djail_reap(d);
}

/* ms until something is due; -1: nothing is. */
static int
daemon_timeout(const struct daemon *d)
{
	uint64_t next = callout_next(d->vnet), now = d->vnet->now;

	if (d->busy)
		return 0;
	if (d->probe_at != 0 && d->probe_at < next)
		next = d->probe_at;
	if (d->sweep_at != 0 && d->sweep_at < next)
		next = d->sweep_at;
	if (d->reap_at != 0 && d->reap_at < next)
		next = d->reap_at;
	if (next == UINT64_MAX)
		return -1;
	if (next <= now)
		return 0;
	next = (next - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	return next > 60000 ? 60000 : (int)next;
}

/* Something that can wait until nothing else is to be done.  False: no such
 * thing is left. */
static bool
daemon_chore(struct daemon *d)
{
	if (capture_dirty(d)) {
		capture_flush(d);
		return true;
	}
	return pairs_low(&d->pairs) && pairs_refill(&d->pairs);
}

static void
sweep(struct daemon *d)
{
	if (d->sweep_at == 0 || d->vnet->now < d->sweep_at)
		return;
	d->sweep_at = 0;
	targets_sweep(&d->targets);
}

/* A turn's events, a few at a time: each may be the end of a connection. */
static void
daemon_dispatch(struct daemon *d, bool late)
{
	bool more;

	do {
		more = loop_dispatch(&d->loop, late, EVENT_TIME);
		daemon_settle(d);
	} while (more);
}

static void
daemon_run(struct daemon *d)
{
	bool chores = true;
	int n;

	while (!d->ending) {
		n = loop_wait(&d->loop, chores ? 0 : daemon_timeout(d));
		turn_begin(d->vnet);
		vnet_settime(d->vnet, loop_now());
		face_turn(d);
		daemon_dispatch(d, false);
		daemon_dispatch(d, true);
		notify_probe(d);
		sweep(d);
		chores = n > 0 || d->busy || daemon_chore(d);
		turn_end(d->vnet);
	}
}

/* ---- start-up and end ---- */

static void
signal_event(struct source *src, uint32_t events)
{
	struct daemon *d = (struct daemon *)(void *)((char *)src -
	    offsetof(struct daemon, signals));

	(void)events;
	d->ending = true;
}

static int
signals_init(struct daemon *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->signals.fn = signal_event;
	d->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (d->signals.fd < 0)
		return errno;
	return loop_add(&d->loop, &d->signals, EPOLLIN);
}

/* One descriptor a socket: take all the system grants. */
static void
raise_limits(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) < 0)
		return;
	rl.rlim_cur = rl.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &rl);
}

/* ns since 1970. */
static uint64_t
wall_time(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* free(3) keeps small blocks apart until a large one is freed, and then merges
 * all of them: a millisecond for ten thousand. */
static void
merge_at_once(void)
{
	(void)mallopt(M_MXFAST, 0);
}

static int
stack_init(struct daemon *d)
{
	uint8_t seed[VNET_SEEDLEN];
	char name[256] = "";
	int error;

	if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return EIO;
	if ((error = vnet_new(seed, loop_now(), &d->vnet)) != 0)
		return error;
	reserve_init(&d->reserve);
	zreserve(d->vnet, &d->reserve.zr);
	d->vnet->boottime = wall_time();
	(void)gethostname(name, sizeof(name) - 1);
	return prison_set_hostname(prison0(d->vnet), name);
}

static int
daemon_init(struct daemon *d)
{
	int error;

	d->owner = geteuid();
	raise_limits();
	merge_at_once();
	while (pairs_low(&d->pairs) && pairs_refill(&d->pairs))
		continue;
	if ((error = loop_init(&d->loop)) != 0 ||
	    (error = stack_init(d)) != 0)
		return error;
	return daemon_tables_init(d);
}

static void
daemon_fini(struct daemon *d)
{
	control_fini(&d->control);
	daemon_tables_fini(d);
	capture_stop(d);
	if (d->spare != NULL)
		m_freem(d->vnet, d->spare);
	vnet_free(d->vnet);
	reserve_fini(&d->reserve);
}

struct options {
	bool	    foreground;
	const char *socket;
	int	    listener;	/* listens there already; -1: none does */
	const char *pcap;
	const char **set;	/* name=value, for the MIB */
	unsigned    nset;
};

/* --help asks for it: status 0; or the words make no sense: 1. */
static void __attribute__((noreturn))
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr, "usage: netjaild [-fV] "
	    "[-o name=value] [-s socket] [--pcap file]\n");
	exit(status);
}

static void
add_setting(struct options *o, const char *text)
{
	o->set = reallocarray(o->set, o->nset + 1, sizeof(*o->set));
	if (o->set == NULL)
		err(1, NULL);
	o->set[o->nset++] = text;
}

/* Before anybody is served. */
static void
apply_settings(struct daemon *d, const struct options *o)
{
	const struct cred root = { .uid = 0, .prison = prison0(d->vnet) };
	char msg[1280];
	unsigned i;

	for (i = 0; i < o->nset; i++)
		if (sysctl_assign(d->vnet, &root, o->set[i], msg,
		    sizeof(msg)) != 0)
			errx(1, "-o %s", msg);
}

static void
parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "pcap", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int ch;

	while ((ch = getopt_long(argc, argv, "fo:s:V", longs, NULL)) != -1)
		switch (ch) {
		case 'f':
			o->foreground = true;
			break;
		case 'o':
			add_setting(o, optarg);
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'p':
			o->pcap = optarg;
			break;
		case 'V':
			printf("netjaild %s\n", NETJAIL_VERSION);
			exit(0);
		case 'h':
			usage(0);
		default:
			usage(1);
		}
	if (optind != argc)
		usage(1);
}

/* Where to listen: what was passed to us, if it is what was asked for, too. */
static void
find_socket(struct options *o)
{
	static char path[4096], passed[4096];
	int error;

	error = activate_listener(&o->listener, passed, sizeof(passed));
	if (error != 0)
		errc(1, error, "the socket that was passed");
	if (o->listener >= 0 && o->socket == NULL)
		o->socket = passed;
	if (o->listener >= 0 && strcmp(o->socket, passed) != 0)
		errx(1, "%s: the socket that was passed is %s", o->socket,
		    passed);
	if (o->socket != NULL)
		return;
	if (ctl_path(path, sizeof(path)) < 0)
		err(1, "control socket");
	o->socket = path;
}

static void
listen_there(struct daemon *d, const struct options *o)
{
	int error;

	if (o->listener >= 0)
		error = control_adopt(&d->control, &d->loop, d->vnet,
		    &ctljail_ops, o->socket, o->listener);
	else
		error = control_init(&d->control, &d->loop, d->vnet,
		    &ctljail_ops, o->socket);
	if (error == EADDRINUSE)
		errx(1, "%s: another netjaild is running", o->socket);
	if (error != 0)
		errc(1, error, "%s", o->socket);
}

/* Once is enough where standard error goes where syslog(3) does. */
static void
open_log(const struct options *o)
{
	bool tell = o->foreground && getenv("JOURNAL_STREAM") == NULL;

	openlog("netjaild", LOG_PID | (tell ? LOG_PERROR : 0), LOG_DAEMON);
}

/* net.inet.tcp.log_in_vain and its like, as the kernel's own lines. */
static void
say(void *arg, const char *line)
{
	(void)arg;
	syslog(LOG_INFO, "%s", line);
}

int
main(int argc, char **argv)
{
	struct options o = { .foreground = false };
	static struct daemon d;
	char msg[256];
	int error;

	parse(argc, argv, &o);
	find_socket(&o);
	if ((error = daemon_init(&d)) != 0)
		errc(1, error, "cannot start");
	apply_settings(&d, &o);
	free(o.set);
	if (o.pcap != NULL &&
	    capture_start(&d, o.pcap, msg, sizeof(msg)) != 0)
		errx(1, "%s: %s", o.pcap, msg);
	listen_there(&d, &o);
	open_log(&o);
	vlog_set(d.vnet, say, NULL);
	if (!o.foreground && daemon(0, 0) < 0)
		err(1, "daemon");
	if_settapowner(d.vnet, getpid());
	/* An epoll set hears a signalfd only for the process that adds it. */
	if ((error = signals_init(&d)) != 0)
		errc(1, error, "signals");
	activate_ready();
	daemon_run(&d);
	daemon_fini(&d);
	return 0;
}
