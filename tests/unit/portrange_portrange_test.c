/*
 * Theory of operation
 *
 * The oracle is an array of counters per (space, protocol, address, port), and
 * one of booleans per destination; to ask it is to read them all.  Random
 * takes, puts and choices run against it, memory is refused now and then, and
 * a choice must be acceptable, or the oracle must find no acceptable port.
 * Uniformity is judged by chi-square over the acceptable ports, with a bound of
 * five standard deviations; the seed is fixed, so a pass stays a pass.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vnet.h"
#include "base/zone.h"
#include "portrange/portrange_int.h"

#define NSPACES	2
#define NPROTOS	2
#define NADDRS	6
#define NDSTS	3
#define NPORTS	65536
#define STEPS	120000		/* or NETJAIL_TEST_STEPS */
#define NTAKES	4000
#define NODST	(-1)

enum { A1, A2, B1, ANY4, B2, ANY6 };	/* B1, B2: IPv6 */

static const char *const addr_text[NADDRS] = {
	[A1] = "10.0.0.1", [A2] = "10.0.0.2", [B1] = "2001:db8::1",
	[ANY4] = "0.0.0.0", [B2] = "2001:db8::2", [ANY6] = "::",
};

static const struct portlimits full = { 1, 65535 };
static const uint8_t seed[VNET_SEEDLEN] = { 6 };

struct take {
	unsigned space, proto, addr;
	uint16_t port;
	enum port_use use;
	int dst;
};

/* What one address uses. */
struct omap {
	uint16_t n[NPORTS][2];
	bool to[NDSTS][NPORTS];
};

struct world {
	struct vnet *v;
	struct inaddr addr[NADDRS];
	struct endpoint dst[NDSTS];
	struct omap map[NSPACES][NPROTOS][NADDRS];
	struct take take[NTAKES];
	unsigned ntakes;
	unsigned refused;
};

static struct world world;

static int
setup(void **state)
{
	struct world *w = &world;
	int i;

	*state = w;
	memset(w, 0, sizeof(*w));
	for (i = 0; i < NADDRS; i++)
		assert_true(inaddr_pton(addr_text[i], &w->addr[i]));
	for (i = 0; i < NDSTS; i++)
		w->dst[i] = (struct endpoint) {
			inaddr_v4(htonl(0xc0000200 + i / 2)), htons(80 + i)
		};
	return vnet_new(seed, 0, &w->v);
}

/* Whatever was taken has been put: no map, share or set is left. */
static int
teardown(void **state)
{
	struct world *w = *state;
	struct portmaps *pm = &V_portrange(w->v)->maps;

	assert_int_equal(pm->maps.n, 0);
	assert_int_equal(pm->shares.n, 0);
	assert_int_equal(pm->dsts.n, 0);
	vnet_free(w->v);
	return 0;
}

static struct portkey
key(const struct world *w, const struct take *t)
{
	return (struct portkey) {
		.space = t->space * 17, .proto = t->proto == 0 ? 6 : 17,
		.laddr = w->addr[t->addr],
	};
}

static const struct endpoint *
dst(const struct world *w, const struct take *t)
{
	return t->dst == NODST ? NULL : &w->dst[t->dst];
}

static struct omap *
omap(struct world *w, const struct take *t, unsigned addr)
{
	return &w->map[t->space][t->proto][addr];
}

static void
oracle_count(struct world *w, const struct take *t, int by)
{
	struct omap *m = omap(w, t, t->addr);

	m->n[t->port][t->use] += by;
	if (t->dst != NODST)
		m->to[t->dst][t->port] = by > 0;
}

static bool
blocked(struct world *w, const struct take *t, unsigned addr, unsigned port,
    bool boundonly)
{
	const uint16_t *n = omap(w, t, addr)->n[port];

	return n[PORT_BOUND] > 0 || (!boundonly && n[PORT_CONN] > 0);
}

/* May the port be chosen for t's space, protocol, address and destination? */
static bool
acceptable(struct world *w, const struct take *t, unsigned port)
{
	bool conn = t->dst != NODST;
	bool any = t->addr == ANY4 || t->addr == ANY6;
	bool v4 = t->addr == A1 || t->addr == A2 || t->addr == ANY4;
	unsigned a;

	if (conn && omap(w, t, t->addr)->to[t->dst][port])
		return false;
	for (a = 0; a < NADDRS; a++)
		if ((a == t->addr || a == ANY6 || (v4 && a == ANY4) ||
		    (any && !conn)) && blocked(w, t, a, port, conn))
			return false;
	return true;
}

static unsigned
count_acceptable(struct world *w, const struct take *t, struct portlimits lim)
{
	unsigned port, n = 0;

	for (port = lim.lo > 0 ? lim.lo : 1; port <= lim.hi; port++)
		n += acceptable(w, t, port);
	return n;
}

/* Choose, and judge the choice.  False: none was found, rightly. */
static bool
pick(struct world *w, struct take *t, struct portlimits lim)
{
	struct portrange_stats before = V_portrange(w->v)->stats;
	const struct portrange_stats *after = &V_portrange(w->v)->stats;
	struct portkey k = key(w, t);
	int error = portrange_pick(w->v, &k, lim, dst(w, t), &t->port);

	assert_int_equal(after->picks, before.picks + (error == 0));
	assert_int_equal(after->exhausted, before.exhausted + (error != 0));
	if (error != 0) {
		assert_int_equal(error, EADDRNOTAVAIL);
		assert_int_equal(count_acceptable(w, t, lim), 0);
		return false;
	}
	assert_in_range(t->port, lim.lo, lim.hi);
	assert_int_not_equal(t->port, 0);
	assert_true(acceptable(w, t, t->port));
	return true;
}

static int
take(struct world *w, const struct take *t)
{
	struct portkey k = key(w, t);
	bool twice = t->dst != NODST &&
	    omap(w, t, t->addr)->to[t->dst][t->port];
	int error = portrange_take(w->v, &k, t->port, t->use, dst(w, t));

	if (error == ENOMEM) {
		w->refused++;
		return error;
	}
	assert_int_equal(error, twice ? EADDRINUSE : 0);
	if (error == 0) {
		assert_true(w->ntakes < NTAKES);
		w->take[w->ntakes++] = *t;
		oracle_count(w, t, 1);
	}
	return error;
}

static void
put(struct world *w, unsigned i)
{
	struct take t = w->take[i];
	struct portkey k = key(w, &t);

	portrange_put(w->v, &k, t.port, t.use, dst(w, &t));
	oracle_count(w, &t, -1);
	w->take[i] = w->take[--w->ntakes];
}

static void
put_all(struct world *w)
{
	while (w->ntakes > 0)
		put(w, vnet_random_below(w->v, w->ntakes));
}

static struct take
random_take(struct world *w)
{
	struct take t = {
		.space = vnet_random_below(w->v, NSPACES),
		.proto = vnet_random_below(w->v, NPROTOS),
		.addr = vnet_random_below(w->v, NADDRS),
		.use = vnet_random_below(w->v, 2),
		.dst = NODST,
	};

	if (t.use == PORT_CONN && vnet_random_below(w->v, 4) > 0)
		t.dst = vnet_random_below(w->v, NDSTS);
	return t;
}

/* Narrow ones, around the borders of words and leaves, and wide ones. */
static struct portlimits
random_limits(struct world *w)
{
	unsigned lo = vnet_random_below(w->v, 10) * 1024;
	unsigned hi;

	switch (vnet_random_below(w->v, 4)) {
	case 0:
		return full;
	case 1:
		lo += vnet_random_below(w->v, 3);
		hi = lo + vnet_random_below(w->v, 3);
		break;
	default:
		hi = lo + vnet_random_below(w->v, 40);
		break;
	}
	return (struct portlimits) { lo, hi };
}

static void
check_used(struct world *w, const struct take *t, unsigned port)
{
	const uint16_t *n = omap(w, t, t->addr)->n[port];
	struct portkey k = key(w, t);

	assert_int_equal(portrange_used(w->v, &k, port, PORT_BOUND),
	    n[PORT_BOUND] > 0);
	assert_int_equal(portrange_used(w->v, &k, port, PORT_CONN),
	    n[PORT_BOUND] + n[PORT_CONN] > 0);
}

static void
step(struct world *w, unsigned takes_in_10)
{
	struct take t = random_take(w);
	struct portlimits lim = random_limits(w);
	bool picked = pick(w, &t, lim);

	if (!picked || vnet_random_below(w->v, 4) == 0)
		t.port = lim.lo + vnet_random_below(w->v, lim.hi - lim.lo + 1);
	check_used(w, &t, t.port);
	if (vnet_random_below(w->v, 10) < takes_in_10 && w->ntakes < NTAKES)
		take(w, &t);
	else if (w->ntakes > 0)
		put(w, vnet_random_below(w->v, w->ntakes));
}

static int
nsteps(void)
{
	const char *s = getenv("NETJAIL_TEST_STEPS");

	return s == NULL ? STEPS : atoi(s);
}

static void
random_use_agrees_with_arrays_of_counters(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < nsteps(); i++)
		step(w, i / 20000 % 2 == 0 ? 8 : 3);
	put_all(w);
}

static void
choices_in_sequence_agree_with_arrays_of_counters(void **state)
{
	struct world *w = *state;

	V_portrange(w->v)->randomized = 0;
	for (int i = 0; i < 20000; i++)
		step(w, 7);
	put_all(w);
}

static void
refused_memory_changes_nothing(void **state)
{
	struct world *w = *state;
	struct portmaps *pm = &V_portrange(w->v)->maps;
	struct zone *zone[] = {
		pm->lonezone, pm->mapzone, pm->sharezone, pm->dstzone,
		pm->pool.roots, pm->pool.leaves
	};

	for (int i = 0; i < 60000; i++) {
		struct zone *z = zone[vnet_random_below(w->v, 6)];

		zfail(z, vnet_random_below(w->v, 3));
		step(w, i / 10000 % 2 == 0 ? 8 : 3);
		zfail(z, -1);
	}
	assert_true(w->refused > 1000);
	put_all(w);
}

/* Take `port' for t without keeping books: NTAKES is small. */
static void
fill(struct world *w, struct take *t, uint16_t port)
{
	struct portkey k = key(w, t);

	t->port = port;
	assert_int_equal(portrange_take(w->v, &k, port, t->use, dst(w, t)), 0);
	oracle_count(w, t, 1);
}

static void
unfill(struct world *w, struct take *t, uint16_t port)
{
	struct portkey k = key(w, t);

	t->port = port;
	portrange_put(w->v, &k, port, t->use, dst(w, t));
	oracle_count(w, t, -1);
}

/* Empty the map of t again, of uses like t's. */
static void
unfill_all(struct world *w, struct take *t)
{
	for (unsigned p = 0; p < NPORTS; p++)
		while (omap(w, t, t->addr)->n[p][t->use] > 0)
			unfill(w, t, p);
}

/* Fill at random until `left' ports of lim are acceptable to `chooser'. */
static void
fill_until(struct world *w, struct take *filler[], unsigned nfillers,
    const struct take *chooser, struct portlimits lim, unsigned left)
{
	unsigned n = count_acceptable(w, chooser, lim);
	unsigned port;

	while (n > left) {
		port = lim.lo + vnet_random_below(w->v, lim.hi - lim.lo + 1);
		if (!acceptable(w, chooser, port))
			continue;
		fill(w, filler[vnet_random_below(w->v, nfillers)], port);
		n -= !acceptable(w, chooser, port);
	}
}

/* Choose often; chi-square over the acceptable ports must be near its mean. */
static void
check_uniform(struct world *w, struct take *chooser, struct portlimits lim)
{
	static unsigned count[NPORTS];
	unsigned left = count_acceptable(w, chooser, lim);
	unsigned draws = left < 1000 ? left * 50 : left * 8;
	double chi2 = 0, mean = (double)draws / left, df = left - 1;
	unsigned p;

	memset(count, 0, sizeof(count));
	for (unsigned i = 0; i < draws; i++) {
		struct portkey k = key(w, chooser);

		assert_int_equal(portrange_pick(w->v, &k, lim,
		    dst(w, chooser), &chooser->port), 0);
		count[chooser->port]++;
	}
	for (p = lim.lo; p <= lim.hi; p++) {
		double d = count[p] - mean;

		if (acceptable(w, chooser, p))
			chi2 += d * d / mean;
		else
			assert_int_equal(count[p], 0);
	}
	/* (chi2 - df)^2 < 5^2 * variance, which is 2 * df */
	if ((chi2 - df) * (chi2 - df) > 25 * 2 * df + 1)
		fail_msg("chi2 %g, degrees of freedom %g", chi2, df);
}

static void
uniform_at_fills(struct world *w, struct take *filler[], unsigned nfillers,
    struct take *chooser)
{
	static const struct portlimits lim = { 10000, 65535 };
	static const unsigned permille[] = { 0, 100, 900, 999 };
	unsigned size = lim.hi - lim.lo + 1;

	for (unsigned i = 0; i < 4; i++) {
		fill_until(w, filler, nfillers, chooser, lim,
		    size - size * permille[i] / 1000);
		check_uniform(w, chooser, lim);
	}
	for (unsigned i = 0; i < nfillers; i++)
		unfill_all(w, filler[i]);
}

static void
bind_chooses_uniformly_at_any_fill(void **state)
{
	struct take own = { .addr = A1, .use = PORT_BOUND, .dst = NODST };
	struct take *filler[] = { &own };
	struct take chooser = own;

	uniform_at_fills(*state, filler, 1, &chooser);
}

static void
bind_beside_a_wildcard_chooses_uniformly_at_any_fill(void **state)
{
	struct take own = { .addr = A1, .use = PORT_CONN, .dst = NODST };
	struct take any4 = { .addr = ANY4, .use = PORT_BOUND, .dst = NODST };
	struct take any6 = { .addr = ANY6, .use = PORT_BOUND, .dst = NODST };
	struct take *filler[] = { &own, &any4, &any6 };
	struct take chooser = own;

	uniform_at_fills(*state, filler, 3, &chooser);
}

static void
wildcard_bind_chooses_uniformly_at_any_fill(void **state)
{
	struct take a1 = { .addr = A1, .use = PORT_CONN, .dst = NODST };
	struct take b1 = { .addr = B1, .use = PORT_BOUND, .dst = NODST };
	struct take *filler[] = { &a1, &b1 };
	struct take chooser = { .addr = ANY4, .dst = NODST };

	uniform_at_fills(*state, filler, 2, &chooser);
}

static void
connect_chooses_uniformly_at_any_fill(void **state)
{
	struct take conn = { .addr = A2, .use = PORT_CONN, .dst = 1 };
	struct take bound = { .addr = A2, .use = PORT_BOUND, .dst = NODST };
	struct take *filler[] = { &conn, &bound };
	struct take chooser = conn;

	uniform_at_fills(*state, filler, 2, &chooser);
}

/* Odd ports on the address, even ones on the wildcard: draws cannot succeed
 * but by great luck. */
static void
last_port_between_two_half_full_maps_is_found(void **state)
{
	struct world *w = *state;
	struct take own = { .addr = A1, .use = PORT_CONN, .dst = NODST };
	struct take any = { .addr = ANY4, .use = PORT_BOUND, .dst = NODST };
	struct take chooser = own;
	unsigned p;

	for (p = 1; p < NPORTS; p++)
		fill(w, p % 2 ? &own : &any, p);
	assert_false(pick(w, &chooser, full));
	for (int i = 0; i < 200; i++) {
		p = 1 + vnet_random_below(w->v, NPORTS - 1);
		unfill(w, p % 2 ? &own : &any, p);
		assert_true(pick(w, &chooser, full));
		assert_int_equal(chooser.port, p);
		fill(w, p % 2 ? &own : &any, p);
	}
	unfill_all(w, &own);
	unfill_all(w, &any);
}

static void
find_last(struct world *w, struct take *filler, struct take *chooser)
{
	struct portlimits lim = { 2000, 9999 };
	unsigned p;

	for (p = lim.lo; p <= lim.hi; p++)
		fill(w, filler, p);
	assert_false(pick(w, chooser, lim));
	for (int i = 0; i < 200; i++) {
		p = lim.lo + vnet_random_below(w->v, lim.hi - lim.lo + 1);
		unfill(w, filler, p);
		assert_true(pick(w, chooser, lim));
		assert_int_equal(chooser->port, p);
		fill(w, filler, p);
	}
	unfill_all(w, filler);
}

static void
the_last_free_port_is_found_and_a_full_range_refused(void **state)
{
	struct take bound = { .addr = A1, .use = PORT_BOUND, .dst = NODST };
	struct take conn = { .addr = A1, .use = PORT_CONN, .dst = 2 };
	struct take any = { .addr = ANY4, .dst = NODST };
	struct take other;

	find_last(*state, &bound, &(struct take) { 0 });
	find_last(*state, &conn, &(struct take) { .dst = 2 });
	find_last(*state, &bound, &any);
	find_last(*state, &conn, &any);
	other = any;
	other.use = PORT_BOUND;
	find_last(*state, &other, &(struct take) { .addr = A2, .dst = NODST });
	find_last(*state, &other, &(struct take) { .addr = A2, .dst = 0 });
}

static void
connections_share_a_port_towards_other_destinations(void **state)
{
	struct world *w = *state;
	struct portlimits one = { 5000, 5000 };
	struct take t = { .addr = A1, .use = PORT_CONN };

	for (t.dst = 0; t.dst < NDSTS; t.dst++) {
		assert_true(pick(w, &t, one));
		assert_int_equal(take(w, &t), 0);
		assert_false(pick(w, &t, one));
		assert_int_equal(take(w, &t), EADDRINUSE);
	}
	t.dst = NODST;
	assert_false(pick(w, &t, one));
	put_all(w);
	assert_true(pick(w, &t, one));
}

static void
spaces_and_protocols_do_not_disturb_each_other(void **state)
{
	struct world *w = *state;
	struct portlimits one = { 5000, 5000 };
	struct take t = { .addr = ANY4, .use = PORT_BOUND, .dst = NODST };

	assert_true(pick(w, &t, one));
	assert_int_equal(take(w, &t), 0);
	assert_false(pick(w, &t, one));
	t.space = 1;
	assert_true(pick(w, &t, one));
	t.space = 0;
	t.proto = 1;
	assert_true(pick(w, &t, one));
	put_all(w);
}

static void
limits_may_be_swapped_equal_or_zero(void **state)
{
	struct world *w = *state;
	struct portkey k = key(w, &(struct take) { .addr = A1 });
	uint16_t port;

	for (int i = 0; i < 100; i++) {
		assert_int_equal(portrange_pick(w->v, &k,
		    (struct portlimits) { 1023, 600 }, NULL, &port), 0);
		assert_in_range(port, 600, 1023);
		assert_int_equal(portrange_pick(w->v, &k,
		    (struct portlimits) { 0, 1 }, NULL, &port), 0);
		assert_int_equal(port, 1);
		assert_int_equal(portrange_pick(w->v, &k,
		    (struct portlimits) { 65535, 65535 }, NULL, &port), 0);
		assert_int_equal(port, 65535);
	}
	assert_int_equal(portrange_pick(w->v, &k, (struct portlimits) { 0, 0 },
	    NULL, &port), EADDRNOTAVAIL);
}

static void
choices_in_sequence_go_up_and_around(void **state)
{
	struct world *w = *state;
	struct portlimits lim = { 100, 104 };
	struct take t = { .addr = A1, .use = PORT_BOUND, .dst = NODST };
	static const unsigned expected[] = { 100, 101, 103, 104, 100, 101 };

	V_portrange(w->v)->randomized = 0;
	t.port = 102;
	assert_int_equal(take(w, &t), 0);
	for (unsigned i = 0; i < 6; i++) {
		assert_true(pick(w, &t, lim));
		assert_int_equal(t.port, expected[i]);
	}
	put_all(w);
}

static void
one_bound_port_of_an_address_has_no_sets(void **state)
{
	struct world *w = *state;
	struct portmaps *pm = &V_portrange(w->v)->maps;
	struct portkey k = key(w, &(struct take) { .addr = A1 });
	struct zone_stats lone, sets;

	assert_int_equal(portrange_take(w->v, &k, 80, PORT_BOUND, NULL), 0);
	zstats(pm->lonezone, &lone);
	zstats(pm->mapzone, &sets);
	assert_int_equal(lone.used, 1);
	assert_int_equal(lone.size, 40);
	assert_int_equal(sets.used, 1);	/* of the space */
	assert_int_equal(portrange_take(w->v, &k, 81, PORT_BOUND, NULL), 0);
	zstats(pm->lonezone, &lone);
	zstats(pm->mapzone, &sets);
	assert_int_equal(lone.used, 0);
	assert_int_equal(sets.used, 2);
	assert_true(portrange_used(w->v, &k, 80, PORT_BOUND));
	portrange_put(w->v, &k, 80, PORT_BOUND, NULL);
	assert_false(portrange_used(w->v, &k, 80, PORT_CONN));
	portrange_put(w->v, &k, 81, PORT_BOUND, NULL);
}

static void
a_share_of_a_million_uses_is_one_entry(void **state)
{
	struct world *w = *state;
	struct portmaps *pm = &V_portrange(w->v)->maps;
	struct portkey k = key(w, &(struct take) { .addr = A1 });
	struct zone_stats st;

	assert_int_equal(portrange_take(w->v, &k, 80, PORT_BOUND, NULL), 0);
	for (int i = 0; i < 1000000; i++)
		assert_int_equal(
		    portrange_take(w->v, &k, 80, PORT_CONN, NULL), 0);
	zstats(pm->sharezone, &st);
	assert_int_equal(st.used, 2);
	portrange_put(w->v, &k, 80, PORT_BOUND, NULL);
	assert_false(portrange_used(w->v, &k, 80, PORT_BOUND));
	for (int i = 0; i < 1000000; i++) {
		assert_true(portrange_used(w->v, &k, 80, PORT_CONN));
		portrange_put(w->v, &k, 80, PORT_CONN, NULL);
	}
	assert_false(portrange_used(w->v, &k, 80, PORT_CONN));
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(random_use_agrees_with_arrays_of_counters),
		TEST(choices_in_sequence_agree_with_arrays_of_counters),
		TEST(refused_memory_changes_nothing),
		TEST(bind_chooses_uniformly_at_any_fill),
		TEST(bind_beside_a_wildcard_chooses_uniformly_at_any_fill),
		TEST(wildcard_bind_chooses_uniformly_at_any_fill),
		TEST(connect_chooses_uniformly_at_any_fill),
		TEST(last_port_between_two_half_full_maps_is_found),
		TEST(the_last_free_port_is_found_and_a_full_range_refused),
		TEST(connections_share_a_port_towards_other_destinations),
		TEST(spaces_and_protocols_do_not_disturb_each_other),
		TEST(limits_may_be_swapped_equal_or_zero),
		TEST(choices_in_sequence_go_up_and_around),
		TEST(one_bound_port_of_an_address_has_no_sets),
		TEST(a_share_of_a_million_uses_is_one_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
