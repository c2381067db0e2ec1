/*
 * capacity_util.c - clock, memory, figures, the bar.
 *
 * Memory is what the system has given (resident pages): zones, hash tables,
 * malloc()'s own losses, all of it.
 */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/capacity.h"
#include "daemon/reserve.h"
#include "sysctl/sysctl.h"

#define BAR_WIDTH	40
#define BAR_AFTER	NSEC_PER_SEC
#define BAR_EVERY	(NSEC_PER_SEC / 10)
#define BAR_MASK	0x3ff		/* a look at the clock every 1024 */

void
figure(double value, const char *unit, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(" %.*f %s\n", value == (double)(uint64_t)value ? 0 :
	    value < 10 ? 3 : value < 1000 ? 1 : 0, value,
	    unit);
	fflush(stdout);
}

void
must(int error, const char *what)
{
	if (error != 0)
		errx(1, "%s: %s", what, strerror(error));
}

void *
must_alloc(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size);

	if (p == NULL)
		err(1, "memory");
	return p;
}

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

uint64_t
wall_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t
cpu_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

void
delay_since(struct delays *d, uint64_t start)
{
	uint64_t t = cpu_ns() - start;

	if (t > d->longest)
		d->longest = t;
	d->over1ms += t > NSEC_PER_MSEC;
}

void
delay_figures(const struct delays *d, const char *name)
{
	figure((double)d->longest / 1e3, "us", "%s.longest", name);
	figure((double)d->over1ms, "times", "%s.over1ms", name);
}

uint64_t
rss_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	uint64_t size, pages;

	if (f == NULL || fscanf(f, "%lu %lu", &size, &pages) != 2)
		err(1, "/proc/self/statm");
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t
free_bytes(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	uint64_t kb = 0;
	char line[128];

	if (f == NULL)
		err(1, "/proc/meminfo");
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "MemAvailable: %lu", &kb) == 1)
			break;
	fclose(f);
	return kb * 1024;
}

/* ---- the bar ---- */

void
progress_begin(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress) { .what = what, .total = total };
	if (!isatty(STDERR_FILENO))
		return;
	p->start = wall_ns();
	p->next = p->start + BAR_AFTER;
}

static void
draw(struct progress *p, uint64_t done)
{
	uint64_t now = wall_ns();
	int full, left;

	if (now < p->next)
		return;
	p->next = now + BAR_EVERY;
	p->shown = true;
	full = (int)(done * BAR_WIDTH / p->total);
	left = (int)((now - p->start) * (p->total - done) / done /
	    NSEC_PER_SEC);
	fprintf(stderr, "\r%-12s [%.*s%.*s] %3d%% %3d s ", p->what, full,
	    "########################################", BAR_WIDTH - full,
	    "                                        ",
	    (int)(done * 100 / p->total), left);
}

void
progress(struct progress *p, uint64_t done)
{
	if (p->next != 0 && (done & BAR_MASK) == 0 && done > 0)
		draw(p, done);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r%*s\r", BAR_WIDTH + 30, "");
}

/* ---- what is measured with ---- */

struct inaddr
alias(uint64_t i)
{
	return inaddr_v4(htonl((uint32_t)(0x0a000001 + i)));
}

const char *
short_size(uint64_t n, char buf[24])
{
	if (n >= 1000000 && n % 1000000 == 0)
		snprintf(buf, 24, "%luM", n / 1000000);
	else if (n >= 1000 && n % 1000 == 0)
		snprintf(buf, 24, "%luk", n / 1000);
	else
		snprintf(buf, 24, "%lu", n);
	return buf;
}

static uint64_t
gcd(uint64_t a, uint64_t b)
{
	return b == 0 ? a : gcd(b, a % b);
}

/* A step of about n / phi that has no factor in common with n. */
struct shuffle
shuffle_begin(uint64_t n)
{
	struct shuffle s = { .n = n, .step = (uint64_t)((double)n * 0.618) };

	while (n > 1 && (s.step == 0 || gcd(n, s.step) != 1))
		s.step++;
	return s;
}

static struct reserve reserve;

struct vnet *
bench_vnet(void)
{
	const uint8_t seed[VNET_SEEDLEN] = "measured twice, the same stack";
	struct vnet *v;

	must(vnet_new(seed, NSEC_PER_SEC, &v), "vnet");
	reserve_init(&reserve);
	zreserve(v, &reserve.zr);
	return v;
}

void
bench_vnet_free(struct vnet *v)
{
	vnet_free(v);
	reserve_fini(&reserve);
}

bool
has_value(struct vnet *v, const char *name)
{
	unsigned len = CTL_MAXNAME;
	int mib[CTL_MAXNAME];

	return sysctl_lookup(v, name, mib, &len) == 0;
}

void
set_value(struct vnet *v, const char *name, int value)
{
	const struct cred cred = { .prison = NULL };
	struct sysctl_req req = {
		.vnet = v, .cred = &cred,
		.newptr = &value, .newlen = sizeof(value),
	};
	unsigned len = CTL_MAXNAME;
	int mib[CTL_MAXNAME];

	must(sysctl_lookup(v, name, mib, &len), name);
	must(sysctl_step(mib, len, &req), name);
	free(req.out);
}
