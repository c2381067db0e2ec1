/*
 * capacity_hold.c - what packets have to wait for.
 *
 * Theory of operation
 *
 * One thread owns the stack, so a packet that arrives waits for the call that
 * is under way.  Each call of a long piece of work is timed by itself, in CPU
 * time of this thread, so that other programs on the machine do not count; the
 * longest is the figure.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/callout.h"
#include "base/hash.h"
#include "bench/capacity.h"
#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/ip.h"
#include "stack/purge.h"
#include "stack/socket.h"
#include "stack/tcp.h"
#include "stack/tcp_int.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

#define TICKS	10000		/* ms */
#define SETTLE	(5 * NSEC_PER_SEC)
#define HOURS	(7100 * NSEC_PER_SEC)
#define PURGE_BUDGET	512	/* as the daemon's */

/* ---- a listing ---- */

/* All of it, slice by slice; bytes. */
static uint64_t
list(struct sysctl_req *req, const int *mib, unsigned len, struct delays *d)
{
	uint64_t start;
	int r;

	do {
		start = cpu_ns();
		r = sysctl_step(mib, len, req);
		delay_since(d, start);
		req->outlen = 0;
	} while (r == SYSCTL_MORE);
	must(r, "pcblist");
	return req->total;
}

void
run_listing(struct world *w)
{
	struct sysctl_req req = { .vnet = w->v, .cred = &w->cred };
	uint64_t t = wall_ns(), n;
	unsigned len = CTL_MAXNAME;
	struct delays d = { 0 };
	int mib[CTL_MAXNAME];
	char name[64], size[24];

	must(sysctl_lookup(w->v, "net.inet.tcp.pcblist", mib, &len),
	    "pcblist");
	n = list(&req, mib, len, &d) / sizeof(struct xtcpcb);
	t = wall_ns() - t;
	free(req.out);
	if (n != in_pcbinfo_count(tcp_pcbinfo(w->v)))
		errx(1, "the listing is not complete");
	snprintf(name, sizeof(name), "listing.%s", short_size(n, size));
	figure((double)n * 1e9 / (double)t, "records/s", "%s.rate", name);
	delay_figures(&d, name);
}

/* ---- tables that grow ---- */

static bool
any_is_local(const struct vnet *v, const struct inaddr *a)
{
	(void)v;
	(void)a;
	return true;
}

static int
grow(struct inpcbinfo *pi, const struct cred *cred, uint64_t i,
    struct inpcb **inpp)
{
	const struct endpoint name = { alias(i), htons(80) };
	int error;

	error = in_pcballoc(pi, NULL, cred, INP_IPV4, inpp);
	return error != 0 ? error : in_pcbbind(*inpp, &name, cred);
}

/* The longest insertion and removal while n PCBs come and go. */
void
run_growth(uint64_t n)
{
	struct vnet *v = bench_vnet();
	const struct cred cred = { .prison = prison0(v) };
	struct inpcb **inp = must_alloc(n, sizeof(*inp));
	struct delays in = { 0 }, out = { 0 };
	struct inpcbinfo *pi;
	char name[64], size[24];
	uint64_t i, start;

	/* Pages of ours are not to be waited for. */
	memset(inp, 0xff, n * sizeof(*inp));
	must(in_pcbinfo_init(v, &pi, "bench", IPPROTO_TCP,
	    sizeof(struct tcpcb), 0, any_is_local), "tables");
	for (i = 0; i < n; i++) {
		start = cpu_ns();
		must(grow(pi, &cred, i, &inp[i]), "bind");
		delay_since(&in, start);
	}
	for (i = 0; i < n; i++) {
		start = cpu_ns();
		in_pcbfree(inp[i]);
		delay_since(&out, start);
	}
	in_pcbinfo_destroy(v, pi);
	bench_vnet_free(v);
	free(inp);
	short_size(n, size);
	snprintf(name, sizeof(name), "growth.%s", size);
	delay_figures(&in, name);
	snprintf(name, sizeof(name), "shrinking.%s", size);
	delay_figures(&out, name);
}

/* ---- a jail that goes ---- */

/* Half of them listeners, the rest connections' two ends. */
static void
populate(struct world *w, struct prison *pr, uint64_t n)
{
	struct endpoint name;
	uint64_t i;

	w->cred.prison = pr;
	world_connect(w, n / 4, htons(7));
	for (i = 0; i < n / 2; i++) {
		name.port = htons((uint16_t)(1024 + i % 8192));
		name.addr = alias(i / 8192);
		world_listen(w, &name, &w->cred);
	}
}

static struct prison *
big_jail(struct vnet *v, uint64_t naddr)
{
	struct inaddr *a = must_alloc(naddr, sizeof(*a));
	const struct prison_params pp = {
		.addr = a, .naddr = (unsigned)naddr, .ip4_restricted = true,
		.persist = true, .allow = PR_ALLOW_DEFAULT,
	};
	struct prison *pr;
	char msg[256];
	uint64_t i;

	for (i = 0; i < naddr; i++) {
		a[i] = alias(i);
		must(in_ifaddr_add(v, lo0(v), &a[i]), "alias");
	}
	must(prison_create(v, prison0(v), &pp, &pr, msg, sizeof(msg)), "jail");
	free(a);
	return pr;
}

void
run_removal(uint64_t n)
{
	const struct options none = { .jails = 0 };
	struct world w;
	struct prison *pr;
	struct prison_purge pp = { .reset = true };
	struct delays d = { 0 };
	char name[64], size[24];
	uint64_t start, t;
	unsigned budget;
	bool more;

	world_make(&w, &none);
	set_value(w.v, "kern.ipc.maxsockets", (int)n + 16);
	pr = big_jail(w.v, 16);
	populate(&w, pr, n);
	t = wall_ns();
	start = cpu_ns();
	prison_remove(w.v, pr);
	delay_since(&d, start);
	while (w.nso > 0) {
		start = cpu_ns();
		soabort(w.so[--w.nso]);
		delay_since(&d, start);
	}
	do {
		budget = PURGE_BUDGET;
		start = cpu_ns();
		more = prison_purge_step(w.v, pr, &pp, &budget);
		delay_since(&d, start);
	} while (more);
	t = wall_ns() - t;
	prison_put(w.v, pr);
	world_free(&w);
	snprintf(name, sizeof(name), "removal.%s", short_size(n, size));
	delay_figures(&d, name);
	figure((double)t / 1e6, "ms", "%s.all", name);
}

/* ---- ticks ---- */

/* One tick. */
static uint64_t
tick(struct vnet *v, uint64_t when, struct delays *d)
{
	uint64_t start;

	vnet_settime(v, when);
	start = cpu_ns();
	(void)callout_run(v);
	delay_since(d, start);
	return cpu_ns() - start;
}

/*
 * Nothing is due, once what set-up armed is over: the first keepalive is two
 * hours away.  What these hours take beside single ticks is that timers are
 * moved from the wheel's wide slots to narrower ones.
 */
void
run_ticks(struct world *w)
{
	struct delays d = { 0 }, hours = { 0 };
	uint64_t i, sum = 0, next, end;
	char name[64], size[24];

	vnet_settime(w->v, w->v->now + SETTLE);
	while (callout_run(w->v))
		continue;
	for (i = 0; i < TICKS; i++)
		sum += tick(w->v, w->v->now + NSEC_PER_MSEC, &d);
	end = w->v->now + HOURS;
	while ((next = callout_next(w->v)) < end)
		tick(w->v, next, &hours);
	snprintf(name, sizeof(name), "tick.%s", short_size(
	    in_pcbinfo_count(tcp_pcbinfo(w->v)) / 10 * 10, size));
	figure((double)sum / TICKS, "ns", "%s.mean", name);
	delay_figures(&d, name);
	strcat(name, ".hours");
	delay_figures(&hours, name);
}

/* ---- the machine ---- */

#define HASHES	4000		/* some 100 us */
#define FRESH	(UINT64_C(1) << 30)	/* bytes */
#define PIECE	(64 * 1024)

/* Work that touches no memory. */
static void
noise_cpu(uint64_t seconds)
{
	const uint64_t key[2] = { 1, 2 };
	uint64_t end = wall_ns() + seconds * NSEC_PER_SEC, start, h = 0;
	struct delays d = { 0 };

	while (wall_ns() < end) {
		start = cpu_ns();
		for (int i = 0; i < HASHES; i++)
			h = siphash13_words(key, &h, 1);
		delay_since(&d, start);
	}
	if (h == 0)
		errx(1, "a hash of zero");
	delay_figures(&d, "noise");
}

/* The first touch of memory, which a hypervisor may have to find. */
static void
noise_memory(void)
{
	char *p = mmap(NULL, FRESH, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct delays d = { 0 };
	uint64_t start;

	if (p == MAP_FAILED)
		err(1, "memory");
	madvise(p, FRESH, MADV_NOHUGEPAGE);
	for (uint64_t i = 0; i < FRESH; i += PIECE) {
		start = cpu_ns();
		memset(p + i, 1, PIECE);
		delay_since(&d, start);
	}
	munmap(p, FRESH);
	delay_figures(&d, "noise.memory");
}

/* What the longest of many equal pieces of work took: so much is the machine's,
 * in all other figures of this file, too. */
void
run_noise(uint64_t seconds)
{
	noise_cpu(seconds);
	noise_memory();
}
