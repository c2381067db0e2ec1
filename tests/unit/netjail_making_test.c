/*
 * Jails with many addresses are made in steps; between them others come and go.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "netjail/prison_int.h"
#include "sysctl/sysctl.h"
#include "sysctl/xprison.h"

#define MANY	5000

static char errmsg[256];

static int
setup(void **state)
{
	uint8_t seed[VNET_SEEDLEN] = { 2 };

	return vnet_new(seed, 0, (struct vnet **)state);
}

static int
teardown(void **state)
{
	vnet_free(*state);
	return 0;
}

static struct inaddr
ip(uint32_t host)
{
	return inaddr_v4(htonl(host));
}

/* n addresses from `from' on, shuffled by a step that has no
 * factor in common with n. */
static struct inaddr *
addresses(uint32_t from, unsigned n)
{
	struct inaddr *a = calloc(n, sizeof(*a));

	assert_non_null(a);
	for (unsigned i = 0; i < n; i++)
		a[i] = ip(from + i * 4099 % n);
	return a;
}

static int
begin(struct vnet *v, struct prison *parent, const char *name,
    const struct inaddr *a, unsigned n, struct prison **prp)
{
	const struct prison_params pp = { .name = name, .addr = a, .naddr = n,
	    .ip4_restricted = true, .ip6_restricted = true };

	return prison_create_begin(v, parent, &pp, prp, errmsg,
	    sizeof(errmsg));
}

static int
step(struct vnet *v, struct prison *pr, unsigned budget)
{
	unsigned left = budget;
	int error = prison_create_step(v, pr, &left, errmsg, sizeof(errmsg));

	/* It stops for lack of budget alone. */
	assert_true(left <= budget);
	if (error == EINPROGRESS)
		assert_int_equal(left, 0);
	return error != 0 ? error :
	    prison_create_end(v, pr, errmsg, sizeof(errmsg));
}

/* All the rest, and the caller's reference. */
static int
finish(struct vnet *v, struct prison *pr)
{
	int error = step(v, pr, UINT_MAX);

	if (error != 0)
		prison_remove(v, pr);
	prison_put(v, pr);
	return error;
}

static int
cmp(const void *x, const void *y)
{
	return inaddr_cmp(x, y);
}

static void
a_list_is_sorted_in_steps_as_qsort_does_it(void **state)
{
	static const unsigned size[] = { 1, 2, 3, 4, 5, 17, 100, MANY };
	struct vnet *v = *state;
	struct prison *pr;
	struct inaddr *a;

	for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++)
		for (unsigned budget = 1; budget < 300; budget += 149) {
			unsigned n = size[i], steps = 1;

			a = addresses(0x0a000000, n);
			a[0] = ip(0x0a100000);
			assert_int_equal(begin(v, prison0(v), "x", a, n, &pr),
			    0);
			for (; step(v, pr, budget) == EINPROGRESS; steps++)
				continue;
			/* Copy, heap, sort, table. */
			assert_in_range(steps, 2 * n / budget,
			    4 * n / budget + 1);
			qsort(a + 1, n - 1, sizeof(*a), cmp);
			for (unsigned k = 0; k < n; k++)
				assert_true(inaddr_eq(prison_addr(pr, k),
				    &a[k]));
			prison_remove(v, pr);
			prison_put(v, pr);
			free(a);
		}
}

static void
a_jail_is_not_found_until_it_is_made_but_its_name_and_jid_are_taken(
    void **state)
{
	struct vnet *v = *state;
	struct inaddr *a = addresses(0x0a000000, MANY), b = ip(0x0b000000);
	struct prison *pr, *other;
	unsigned steps = 0;
	int jid;

	assert_int_equal(begin(v, prison0(v), "slow", a, MANY, &pr), 0);
	jid = prison_jid(pr);
	while (step(v, pr, 100) == EINPROGRESS) {
		assert_int_equal(prison_state(pr), PRISON_MAKING);
		assert_null(prison_find(v, jid));
		assert_null(prison_find_name(v, "slow"));
		assert_null(prison_after(v, 0));
		assert_null(prison_by_addr(v, &a[steps % MANY], NULL));
		assert_false(prison_haschildren(prison0(v)));
		assert_int_equal(prison_count(v), 0);
		steps++;
	}
	assert_true(steps > 100);
	assert_ptr_equal(prison_find(v, jid), pr);
	assert_ptr_equal(prison_find_name(v, "slow"), pr);
	assert_ptr_equal(prison_by_addr(v, &a[7], NULL), pr);
	prison_put(v, pr);

	assert_int_equal(begin(v, prison0(v), "half", a, 1, &pr), 0);
	assert_int_equal(begin(v, prison0(v), "half", &b, 1, &other), EEXIST);
	assert_int_equal(begin(v, prison0(v), "else", &b, 1, &other), 0);
	assert_int_not_equal(prison_jid(pr), prison_jid(other));
	assert_int_equal(finish(v, other), 0);
	assert_int_equal(finish(v, pr), EADDRINUSE);
	assert_null(prison_find_name(v, "half"));
	free(a);
}

static void
of_two_jails_in_the_making_the_first_at_an_address_has_it(void **state)
{
	struct vnet *v = *state;
	struct inaddr *a = addresses(0x0a000000, MANY);
	struct inaddr *b = addresses(0x0a000000 + MANY - 1, MANY);
	struct prison *x, *y;
	int xe = EINPROGRESS, ye = EINPROGRESS;

	assert_int_equal(begin(v, prison0(v), "x", a, MANY, &x), 0);
	assert_int_equal(begin(v, prison0(v), "y", b, MANY, &y), 0);
	/* They share one address, x's last and among y's first. */
	while (xe == EINPROGRESS || ye == EINPROGRESS) {
		if (xe == EINPROGRESS)
			xe = step(v, x, 10);
		if (ye == EINPROGRESS)
			ye = step(v, y, 10);
	}
	assert_int_equal(ye, 0);
	assert_int_equal(xe, EADDRINUSE);
	prison_remove(v, x);
	prison_put(v, x);
	assert_int_equal(prison_count(v), 1);
	prison_remove(v, y);
	prison_put(v, y);
	/* Nothing of either is in the way. */
	assert_int_equal(begin(v, prison0(v), "z", a, MANY, &x), 0);
	assert_int_equal(finish(v, x), 0);
	free(a);
	free(b);
}

static void
what_is_given_up_half_made_leaves_nothing(void **state)
{
	struct vnet *v = *state;
	struct inaddr *a = addresses(0x0a000000, MANY);
	struct prison *pr;

	for (unsigned budget = 0; budget < 5 * MANY; budget += 1777) {
		assert_int_equal(begin(v, prison0(v), "x", a, MANY, &pr), 0);
		(void)step(v, pr, budget);
		prison_remove(v, pr);
		assert_int_equal(prison_state(pr), PRISON_DYING);
		prison_put(v, pr);
		assert_int_equal(prison_count(v), 0);
		assert_int_equal(V_prisons(v)->by_addr.n, 0);
	}
	free(a);
}

static void
a_jail_in_the_making_dies_with_its_parent(void **state)
{
	struct vnet *v = *state;
	struct inaddr *a = addresses(0x0a000000, MANY);
	struct prison *up, *pr;

	assert_int_equal(begin(v, prison0(v), "up", a, MANY, &up), 0);
	assert_int_equal(step(v, up, UINT_MAX), 0);
	assert_int_equal(begin(v, up, "pr", a, MANY, &pr), 0);
	assert_int_equal(step(v, pr, MANY), EINPROGRESS);
	prison_remove(v, up);
	prison_put(v, up);
	assert_int_equal(finish(v, pr), EINVAL);
	assert_string_equal(errmsg, "jail \"up\" is dying");
	assert_int_equal(V_prisons(v)->by_addr.n, 0);
	free(a);
}

static void
a_bad_address_is_found_wherever_it_stands(void **state)
{
	struct vnet *v = *state;
	struct inaddr *a = addresses(0x0a000000, 200), was;
	struct prison *pr;

	for (unsigned i = 0; i < 200; i++) {
		was = a[i];
		a[i] = a[(i + 77) % 200];
		assert_int_equal(begin(v, prison0(v), "x", a, 200, &pr), 0);
		assert_int_equal(finish(v, pr), EINVAL);
		a[i] = ip(0xffffffff);
		assert_int_equal(begin(v, prison0(v), "x", a, 200, &pr), 0);
		assert_int_equal(finish(v, pr), EINVAL);
		a[i] = was;
	}
	assert_int_equal(begin(v, prison0(v), "x", a, 200, &pr), 0);
	assert_int_equal(finish(v, pr), 0);
	free(a);
}

static void
a_listing_has_few_jails_with_many_addresses_in_a_slice(void **state)
{
	struct vnet *v = *state;
	const struct cred cred = { .prison = prison0(v) };
	struct sysctl_req req = { .vnet = v, .cred = &cred };
	unsigned len = CTL_MAXNAME, slices = 0;
	int mib[CTL_MAXNAME], r;
	struct xprison xp;
	struct prison *pr;
	struct inaddr *a;
	size_t at = 0, was = 0;

	for (uint32_t i = 0; i < 5; i++) {
		a = addresses(0x0a000000 + (i << 20), 50000);
		assert_int_equal(begin(v, prison0(v), NULL, a, 50000, &pr), 0);
		assert_int_equal(finish(v, pr), 0);
		free(a);
	}
	assert_int_equal(sysctl_lookup(v, "security.jail.list", mib, &len), 0);
	do {
		r = sysctl_step(mib, len, &req);
		/* Two of 200 KB pass the limit. */
		assert_true(req.total - was < 2 * (200000 + sizeof(xp)) + 1);
		was = req.total;
		for (at = 0; at < req.outlen; at += sizeof(xp) + 200000) {
			memcpy(&xp, req.out + at, sizeof(xp));
			assert_int_equal(xp.pr_ip4s, 50000);
			pr = prison_find(v, xp.pr_id);
			for (unsigned k = 0; k < 50000; k += 999)
				assert_memory_equal(req.out + at + sizeof(xp) +
				    (size_t)4 * k, &prison_addr(pr, k)->w[3],
				    4);
		}
		req.outlen = 0;
		slices++;
	} while (r == SYSCTL_MORE);
	assert_int_equal(r, 0);
	assert_int_equal(req.total, 5 * (200000 + sizeof(xp)));
	assert_true(slices >= 3);
	free(req.out);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_list_is_sorted_in_steps_as_qsort_does_it),
		T(a_jail_is_not_found_until_it_is_made_but_its_name_and_jid_are_taken),
		T(of_two_jails_in_the_making_the_first_at_an_address_has_it),
		T(what_is_given_up_half_made_leaves_nothing),
		T(a_jail_in_the_making_dies_with_its_parent),
		T(a_bad_address_is_found_wherever_it_stands),
		T(a_listing_has_few_jails_with_many_addresses_in_a_slice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
