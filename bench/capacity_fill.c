/*
 * capacity_fill.c - bind() and connect() without a port, in a range of 16384
 * that fills up.
 *
 * Theory of operation
 *
 * The range is filled so far, at random as choices go, and then one PCB is
 * bound (connected) and freed again many times; only in_pcbbind() or
 * in_pcbconnect() is timed, call by call, less what the clock itself takes.
 * "full" is how long a refusal takes.
 *
 * beside is bind() on an address, beside sockets on the wildcard that take the
 * range up to 99 %; what is above that is used on the address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/capacity.h"
#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/tcp_int.h"

#define PORTS	16384
#define ROUNDS	200000

enum fill { BIND, BESIDE, CONNECT };

struct range {
	struct vnet	*v;
	struct cred	 cred;
	struct inpcbinfo *pi;
	struct inpcb	*inp[PORTS];
	unsigned	 n;
	double		 clock;		/* ns, of two looks at it */
	enum fill	 fill;
};

static const struct {
	const char *name;
	unsigned used;			/* ports */
} fills[] = {
	{ "0", 0 }, { "10", PORTS / 10 }, { "50", PORTS / 2 },
	{ "75", PORTS * 3 / 4 }, { "90", PORTS * 9 / 10 },
	{ "99", PORTS * 99 / 100 }, { "99.9", PORTS - 16 },
	{ "99.99", PORTS - 2 }, { "full", PORTS },
};

static bool
any_is_local(const struct vnet *v, const struct inaddr *a)
{
	(void)v;
	(void)a;
	return true;
}

static struct inpcb *
new_pcb(struct range *r)
{
	struct inpcb *inp;

	must(in_pcballoc(r->pi, NULL, &r->cred, INP_IPV4, &inp), "pcb");
	inp->inp_portlo = 49152;
	inp->inp_porthi = 49152 + PORTS - 1;
	return inp;
}

static int
get_port(const struct range *r, struct inpcb *inp)
{
	const struct endpoint any = { alias(0), 0 };
	const struct endpoint server = { alias(1), htons(80) };

	return r->fill == CONNECT ? in_pcbconnect(inp, &server, &r->cred) :
	    in_pcbbind(inp, &any, &r->cred);
}

/* As get_port(), for one of those that fill the range. */
static int
use_port(const struct range *r, struct inpcb *inp)
{
	const struct endpoint wild = { inaddr_v4(INADDR_ANY), 0 };

	return r->fill == BESIDE && r->n < PORTS * 99 / 100 ?
	    in_pcbbind(inp, &wild, &r->cred) : get_port(r, inp);
}

static double
clock_cost(void)
{
	uint64_t i, t = wall_ns();

	for (i = 0; i < ROUNDS; i++)
		(void)wall_ns();
	return (double)(wall_ns() - t) / ROUNDS;
}

static void
range_init(struct range *r, enum fill fill)
{
	memset(r, 0, sizeof(*r));
	r->v = bench_vnet();
	r->cred.prison = prison0(r->v);
	must(in_pcbinfo_init(r->v, &r->pi, "bench", IPPROTO_TCP,
	    sizeof(struct tcpcb), 0, any_is_local), "tables");
	r->clock = clock_cost();
	r->fill = fill;
}

static void
range_fini(struct range *r)
{
	while (r->n > 0)
		in_pcbfree(r->inp[--r->n]);
	in_pcbinfo_destroy(r->v, r->pi);
	bench_vnet_free(r->v);
}

static void
fill_to(struct range *r, unsigned used)
{
	while (r->n < used) {
		r->inp[r->n] = new_pcb(r);
		must(use_port(r, r->inp[r->n]), "fill");
		r->n++;
	}
}

/* ns of one call, on average. */
static double
one_call(struct range *r, int expected)
{
	uint64_t i, t, sum = 0;
	struct inpcb *inp;
	int error;

	for (i = 0; i < ROUNDS; i++) {
		inp = new_pcb(r);
		t = wall_ns();
		error = get_port(r, inp);
		sum += wall_ns() - t;
		must(error == expected ? 0 : EIO, "unexpected answer");
		in_pcbfree(inp);
	}
	return (double)sum / ROUNDS - r->clock;
}

static void
run_one(const char *name, enum fill fill)
{
	static struct range r;
	size_t i;

	range_init(&r, fill);
	for (i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		fill_to(&r, fills[i].used);
		figure(one_call(&r, fills[i].used == PORTS ? EADDRNOTAVAIL :
		    0) / 1e3, "us", "%s.%s", name, fills[i].name);
	}
	range_fini(&r);
}

void
run_fill(void)
{
	run_one("bind", BIND);
	run_one("beside", BESIDE);
	run_one("connect", CONNECT);
}
