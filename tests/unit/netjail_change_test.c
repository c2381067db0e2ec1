/*
 * Lists of thousands of addresses are changed, and trees of jails removed, in
 * steps; what is seen between them, and what happens then.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "netjail/prison_int.h"

#define MANY	2000
#define SLICE	100

static char errmsg[256];
static struct inaddr *old, *next;	/* MANY each, with half in common */

/* ---- calloc(3), wrapped by the linker for this program ---- */

static unsigned refuse_at;	/* this call from now on; 0: none */

void	*__real_calloc(size_t, size_t);
void	*__wrap_calloc(size_t, size_t);

void *
__wrap_calloc(size_t n, size_t size)
{
	if (refuse_at > 0 && --refuse_at == 0)
		return NULL;
	return __real_calloc(n, size);
}

/* ---- jails ---- */

static struct inaddr
ip(uint32_t host)
{
	return inaddr_v4(htonl(host));
}

/* MANY from `from' on, the first of them last. */
static struct inaddr *
addresses(uint32_t from)
{
	struct inaddr *a = calloc(MANY, sizeof(*a));

	assert_non_null(a);
	for (unsigned i = 0; i < MANY; i++)
		a[i] = ip(from + (i + 1) * 17 % MANY);
	return a;
}

static int
setup(void **state)
{
	const uint8_t seed[VNET_SEEDLEN] = { 9 };

	old = addresses(0x0a000000);
	next = addresses(0x0a000000 + MANY / 2);
	return vnet_new(seed, 0, (struct vnet **)state);
}

static int
teardown(void **state)
{
	vnet_free(*state);
	free(old);
	free(next);
	return 0;
}

/* One that lives until it is removed; children may be made below it. */
static struct prison *
jail(struct vnet *v, struct prison *parent, const char *name,
    const struct inaddr *a, unsigned n)
{
	const struct prison_params pp = { .name = name, .addr = a, .naddr = n,
	    .ip4_restricted = a != NULL, .ip6_restricted = true,
	    .children_max = prison_depth(parent) < 4 ?
		100000 - prison_depth(parent) : 0 };
	struct prison *pr;

	if (prison_create(v, parent, &pp, &pr, errmsg, sizeof(errmsg)) != 0)
		return NULL;
	prison_put(v, pr);
	return pr;
}

static int
begin(struct vnet *v, struct prison *pr, const struct inaddr *a, unsigned n,
    struct prison_update **up)
{
	const struct prison_params pp = { .addr = a, .naddr = n };

	return prison_update_begin(v, pr, &pp, PRC_IP4, 0, up, errmsg,
	    sizeof(errmsg));
}

static int
step(struct vnet *v, struct prison_update *u, unsigned budget)
{
	unsigned left = budget;
	int error = prison_update_step(v, u, &left, errmsg, sizeof(errmsg));

	/* It stops for lack of budget alone. */
	assert_true(left <= budget);
	if (error == EINPROGRESS)
		assert_int_equal(left, 0);
	return error;
}

static bool
spread(struct prison_update *u, unsigned budget)
{
	bool more = prison_update_spread(u, &budget);

	if (more)
		assert_int_equal(budget, 0);
	return more;
}

static bool
end(struct vnet *v, struct prison_update *u, unsigned budget)
{
	bool more = prison_update_end(v, u, &budget);

	if (more)
		assert_int_equal(budget, 0);
	return more;
}

/* All that is left, from any of its steps. */
static void
finish(struct vnet *v, struct prison_update *u, bool committed)
{
	while (committed && spread(u, SLICE))
		continue;
	while (end(v, u, SLICE))
		continue;
}

/* Steps, and what is to follow on success. */
static int
change_all(struct vnet *v, struct prison_update *u)
{
	int error;

	while ((error = step(v, u, SLICE)) == EINPROGRESS)
		continue;
	if (error == 0)
		error = prison_update_commit(v, u, errmsg, sizeof(errmsg));
	finish(v, u, error == 0);
	return error;
}

static bool
has(const struct prison *pr, const struct inaddr *a)
{
	const struct cred cred = { .prison = (struct prison *)(uintptr_t)pr };

	return prison_check_ip(&cred, a) == 0;
}

/* The whole list of a jail is a[0] and the rest of a, and who asks by address
 * is told so. */
static bool
is_list(const struct vnet *v, struct prison *pr, const struct inaddr *a)
{
	if (prison_naddr(pr) != MANY ||
	    !inaddr_eq(prison_addr(pr, 0), &a[0]))
		return false;
	for (unsigned i = 0; i < MANY; i++)
		if (!has(pr, &a[i]) || prison_by_addr(v, &a[i], NULL) != pr ||
		    prison_by_addr(v, &a[i], pr) != NULL)
			return false;
	return true;
}

static uint64_t
linked(const struct vnet *v)
{
	return V_prisons(v)->by_addr.n;
}

/* ---- changes ---- */

static void
a_jail_has_its_old_list_until_it_has_the_new_one(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, MANY);
	struct prison_update *u;
	unsigned steps = 0;

	assert_int_equal(begin(v, pr, next, MANY, &u), EINPROGRESS);
	while (step(v, u, SLICE) == EINPROGRESS) {
		if (steps++ % 10 == 0)
			assert_true(is_list(v, pr, old));
	}
	/* Copy, heap, sort, table; and at once it is seen that one is lost. */
	assert_in_range(steps, 3 * MANY / SLICE, 4 * MANY / SLICE);
	assert_true(is_list(v, pr, old));
	assert_int_equal(prison_update_commit(v, u, errmsg, sizeof(errmsg)),
	    0);
	assert_true(is_list(v, pr, next));
	assert_true(prison_lost(pr, &old[MANY - 1]));
	assert_false(spread(u, SLICE));
	for (steps = 1; end(v, u, SLICE); steps++)
		assert_true(is_list(v, pr, next));
	assert_in_range(steps, MANY / SLICE, MANY / SLICE + 1);
	assert_true(is_list(v, pr, next));
	assert_int_equal(linked(v), MANY);
}

static void
one_that_is_given_up_leaves_the_old_list_and_nothing_else(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, MANY);
	struct prison *c = jail(v, pr, "c", old + 5, MANY / 4);
	uint64_t were = linked(v);
	struct prison_update *u;

	for (unsigned n = 0; n < 6 * MANY; n += 577) {
		assert_int_equal(begin(v, pr, next, MANY, &u), EINPROGRESS);
		(void)step(v, u, n);
		finish(v, u, false);
		assert_int_equal(prison_naddr(pr), MANY);
		assert_int_equal(prison_naddr(c), MANY / 4);
		assert_true(has(pr, &old[MANY - 1]));
		assert_int_equal(linked(v), were);
		assert_false(prison_lost(pr, &old[0]));
	}
	assert_int_equal(begin(v, pr, next, MANY, &u), EINPROGRESS);
	assert_int_equal(change_all(v, u), 0);
}

static void
an_update_that_fails_at_its_last_address_changes_nothing(void **state)
{
	struct vnet *v = *state;
	struct inaddr all = ip(0xffffffff), keep = next[MANY - 1], other;
	struct prison *pr = jail(v, prison0(v), "a", old, MANY);
	struct prison_update *u;

	other = ip(0x0b000000);
	assert_non_null(jail(v, prison0(v), "b", &other, 1));
	for (unsigned i = 0; i < 3; i++) {
		static const int want[] = { EADDRINUSE, EINVAL, EINVAL };

		next[MANY - 1] = i == 0 ? other : i == 1 ? all : next[0];
		assert_int_equal(begin(v, pr, next, MANY, &u), EINPROGRESS);
		assert_int_equal(change_all(v, u), want[i]);
		assert_true(is_list(v, pr, old));
		assert_int_equal(linked(v), MANY + 1);
	}
	next[MANY - 1] = keep;
	pr = jail(v, pr, "c", old, MANY / 2);
	assert_int_equal(begin(v, pr, next, MANY, &u), EINPROGRESS);
	assert_int_equal(change_all(v, u), EPERM);
	assert_int_equal(prison_naddr(pr), MANY / 2);
}

static void
both_lists_are_nobody_elses_until_it_is_over(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, 3), *b;
	struct prison_update *u, *w;

	b = jail(v, prison0(v), "b", &old[100], 1);
	assert_int_equal(begin(v, pr, &old[3], 2, &u), EINPROGRESS);
	assert_int_equal(step(v, u, UINT_MAX), 0);
	assert_null(jail(v, prison0(v), "x", &old[3], 1));
	assert_null(jail(v, prison0(v), "x", &old[0], 1));
	assert_int_equal(begin(v, b, &old[4], 1, &w), EINPROGRESS);
	assert_int_equal(change_all(v, w), EADDRINUSE);
	assert_int_equal(prison_update_commit(v, u, errmsg, sizeof(errmsg)),
	    0);
	assert_null(jail(v, prison0(v), "x", &old[0], 1));
	finish(v, u, true);
	assert_non_null(jail(v, prison0(v), "x", &old[0], 1));
	/* One address is shared by two that have no other. */
	assert_int_equal(begin(v, b, &old[0], 1, &w), EINPROGRESS);
	assert_int_equal(step(v, w, UINT_MAX), 0);
	assert_ptr_not_equal(prison_by_addr(v, &old[0], NULL), b);
	assert_null(jail(v, prison0(v), "y", old, 2));
	assert_int_equal(prison_update_commit(v, w, errmsg, sizeof(errmsg)),
	    0);
	finish(v, w, true);
	assert_true(has(b, &old[0]));
	assert_int_equal(linked(v), 4);
}

static void
jails_below_follow_each_from_its_old_list_to_its_new_one(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, MANY), *c[4];
	struct prison_update *u;
	unsigned done, was = 0;

	c[0] = jail(v, pr, "c", old, MANY / 2);
	c[1] = jail(v, c[0], "d", old, MANY / 2);
	c[2] = jail(v, c[1], "e", NULL, 0);
	c[3] = jail(v, c[2], "f", old, MANY / 4);
	assert_int_equal(begin(v, pr, old + 1, MANY - 1, &u), EINPROGRESS);
	while (step(v, u, SLICE) == EINPROGRESS)
		for (unsigned i = 0; i < 4; i++)
			assert_true(has(c[i], &old[0]));
	assert_int_equal(prison_update_commit(v, u, errmsg, sizeof(errmsg)),
	    0);
	do {
		for (unsigned i = done = 0; i < 4; i++) {
			unsigned n = i < 3 ? MANY / 2 : MANY / 4;

			done += !has(c[i], &old[0]);
			assert_int_equal(prison_naddr(c[i]),
			    n - !has(c[i], &old[0]));
			assert_true(has(c[i], &old[1]));
		}
		assert_in_range(done, was, 4);
		was = done;
	} while (spread(u, 1));
	while (end(v, u, 1))
		continue;
	for (unsigned i = 0; i < 4; i++) {
		assert_false(has(c[i], &old[0]));
		assert_true(prison_lost(c[i], &old[0]) || i == 2);
	}
	assert_int_equal(linked(v), MANY - 1 + 2 * (MANY / 2 - 1) + MANY / 4 -
	    1);
}

/* One of a, c, d is removed after n steps of one thing each. */
static void
remove_meanwhile(struct vnet *v, unsigned which, unsigned n)
{
	struct prison *p[3], *alive;
	struct prison_update *u;
	bool committed = false;
	int error;

	p[0] = jail(v, prison0(v), "a", old, 12);
	p[1] = jail(v, p[0], "c", old, 7);
	p[2] = jail(v, p[1], "d", old, 3);
	assert_non_null(jail(v, p[1], "e", old + 3, 3));
	assert_int_equal(begin(v, p[0], old + 1, 12, &u), EINPROGRESS);
	while ((error = n == 0 ? EINPROGRESS : step(v, u, 1)) == EINPROGRESS &&
	    n > 0)
		n--;
	if (error == 0) {
		committed = prison_update_commit(v, u, errmsg,
		    sizeof(errmsg)) == 0;
		while (n > 0 && spread(u, 1))
			n--;
	}
	prison_remove(v, p[which]);
	if (!committed)
		while ((error = step(v, u, SLICE)) == EINPROGRESS)
			continue;
	assert_int_equal(error, which == 0 && !committed ? EINVAL : 0);
	if (!committed && error == 0)
		committed = prison_update_commit(v, u, errmsg,
		    sizeof(errmsg)) == 0;
	finish(v, u, committed);
	alive = prison_find_name(v, "a.c.d");
	assert_true((alive != NULL) == (which > 2));
	alive = prison_find_name(v, "a.c.e");
	assert_true((alive != NULL) == (which > 1));
	if (which > 0) {
		assert_true(has(p[0], &old[12]));
		assert_false(has(p[0], &old[0]));
		assert_int_equal(linked(v), which == 1 ? 12 : 12 + 6 + 3);
		prison_remove(v, p[0]);
	}
	assert_int_equal(linked(v), 0);
	assert_int_equal(prison_count(v), 0);
}

static void
a_jail_may_be_removed_at_any_step(void **state)
{
	for (unsigned which = 0; which < 3; which++)
		for (unsigned n = 0; n < 90; n++)
			remove_meanwhile(*state, which, n);
}

static void
a_second_update_and_a_new_jail_below_wait_until_it_is_over(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, MANY);
	struct prison *c = jail(v, pr, "c", old, 2);
	struct prison_params pp = { .persist = true };
	struct prison_update *u, *w;

	assert_int_equal(begin(v, c, old, 1, &u), EINPROGRESS);
	assert_int_equal(begin(v, pr, next, MANY, &w), EAGAIN);
	assert_string_equal(errmsg,
	    "a jail below \"a\" is being made or changed");
	finish(v, u, false);
	assert_int_equal(begin(v, pr, next, MANY, &u), EINPROGRESS);
	assert_int_equal(begin(v, pr, next, MANY, &w), EAGAIN);
	assert_string_equal(errmsg, "jail \"a\" is being changed");
	assert_int_equal(begin(v, c, old, 1, &w), EAGAIN);
	assert_int_equal(prison_update(v, pr, &pp, PRC_PERSIST, 0, errmsg,
	    sizeof(errmsg)), EAGAIN);
	assert_false(prison_persist(pr));
	assert_null(jail(v, c, "d", NULL, 0));
	assert_string_equal(errmsg, "jail \"a\" is being changed");
	assert_int_equal(change_all(v, u), 0);
	assert_non_null(jail(v, c, "d", NULL, 0));
	assert_int_equal(begin(v, c, next, 1, &w), EINPROGRESS);
	assert_int_equal(change_all(v, w), 0);
}

static void
a_name_that_is_taken_meanwhile_makes_it_fail(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, MANY);
	char name[] = "b", host[] = "b.test";
	struct prison_params pp = { .name = name, .hostname = host,
	    .addr = next, .naddr = MANY, .persist = true };
	const uint32_t what = PRC_NAME | PRC_HOSTNAME | PRC_IP4 | PRC_PERSIST;
	struct prison_update *u;

	assert_int_equal(prison_update_begin(v, pr, &pp, what, 0, &u, errmsg,
	    sizeof(errmsg)), EINPROGRESS);
	/* The texts are the caller's again. */
	name[0] = host[0] = '!';
	assert_int_equal(step(v, u, UINT_MAX), 0);
	assert_non_null(jail(v, prison0(v), "b", NULL, 0));
	assert_int_equal(prison_update_commit(v, u, errmsg, sizeof(errmsg)),
	    EEXIST);
	finish(v, u, false);
	assert_true(is_list(v, pr, old));
	assert_string_equal(prison_name(pr), "a");
	assert_false(prison_persist(pr));
	prison_remove(v, prison_find_name(v, "b"));
	pp.name = "b";
	pp.hostname = "b.test";
	assert_int_equal(prison_update(v, pr, &pp, what, 0, errmsg,
	    sizeof(errmsg)), 0);
	assert_true(is_list(v, pr, next));
	assert_string_equal(prison_name(pr), "b");
	assert_string_equal(prison_hostname(pr), "b.test");
}

static void
without_memory_nothing_changes(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, 9), *c, *d;
	struct prison_params pp = { .addr = old + 1, .naddr = 8 };

	c = jail(v, pr, "c", old, 5);
	d = jail(v, c, "d", old, 2);
	/* The update, its list, and those of the two below. */
	for (unsigned n = 1; n <= 4; n++) {
		refuse_at = n;
		assert_int_equal(prison_update(v, pr, &pp, PRC_IP4, 0, errmsg,
		    sizeof(errmsg)), ENOMEM);
		assert_string_equal(errmsg, "out of memory");
		assert_int_equal(prison_naddr(pr), 9);
		assert_int_equal(prison_naddr(c), 5);
		assert_int_equal(prison_naddr(d), 2);
		assert_int_equal(linked(v), 16);
	}
	refuse_at = 0;
	assert_int_equal(prison_update(v, pr, &pp, PRC_IP4, 0, errmsg,
	    sizeof(errmsg)), 0);
	assert_int_equal(linked(v), 8 + 4 + 1);
}

/* How many of pr's addresses came, went and stayed. */
static void
count(const struct prison *pr, unsigned *came, unsigned *went, unsigned *both)
{
	struct prison_change ch;

	*came = *went = *both = 0;
	for (unsigned i = 0; prison_change(pr, i, &ch); i++) {
		*both += ch.both && ch.old;
		*came += !ch.both && !ch.old;
		*went += !ch.both && ch.old;
	}
}

static void
what_came_and_went_can_be_asked_for_each_jail(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, 9), *p;
	unsigned came, went, both, n = 0;
	struct prison_update *u;

	assert_non_null(jail(v, jail(v, pr, "c", old, 5), "d", NULL, 0));
	assert_int_equal(begin(v, pr, old + 2, 12, &u), EINPROGRESS);
	assert_int_equal(step(v, u, UINT_MAX), 0);
	assert_int_equal(prison_update_commit(v, u, errmsg, sizeof(errmsg)),
	    0);
	assert_false(spread(u, UINT_MAX));
	for (; (p = prison_update_at(u)) != NULL; prison_update_next(u)) {
		count(p, &came, &went, &both);
		assert_int_equal(came, p == pr ? 5 : 0);
		assert_int_equal(went, 2);
		assert_int_equal(both, p == pr ? 7 : 3);
		n++;
	}
	assert_int_equal(n, 3);
	finish(v, u, false);
	count(pr, &came, &went, &both);
	assert_int_equal(came + went + both, 0);
}

/* ---- removal ---- */

static void
a_condemned_jail_is_dying_while_those_below_go_leaf_by_leaf(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, 2), *b, *c, *half;
	const struct prison_params pp = { .name = "n" };
	struct prison *out;
	int jid = prison_jid(pr);

	b = jail(v, pr, "b", NULL, 0);
	c = jail(v, b, "c", NULL, 0);
	assert_int_equal(prison_create_begin(v, c, &pp, &half, errmsg,
	    sizeof(errmsg)), 0);
	prison_condemn(v, pr);
	assert_int_equal(prison_state(pr), PRISON_DYING);
	assert_null(prison_find(v, jid));
	assert_null(prison_find_name(v, "a"));
	assert_null(prison_by_addr(v, &old[0], NULL));
	assert_int_equal(prison_jid(prison_after(v, 0)), prison_jid(b));
	assert_ptr_equal(prison_descend(prison0(v), prison0(v)), b);
	assert_int_equal(prison_count(v), 2);
	/* Nothing new, however deep; the name is taken until they are gone. */
	assert_int_equal(prison_create(v, c, &pp, &out, errmsg,
	    sizeof(errmsg)), EINVAL);
	assert_string_equal(errmsg, "jail \"a\" is dying");
	assert_int_equal(prison_create_step(v, half, &(unsigned){ 9 }, errmsg,
	    sizeof(errmsg)), 0);
	assert_int_equal(prison_create_end(v, half, errmsg, sizeof(errmsg)),
	    EINVAL);
	prison_remove(v, half);
	prison_put(v, half);
	assert_null(jail(v, prison0(v), "a", NULL, 0));
	assert_ptr_equal(prison_leaf(pr), c);
	prison_remove(v, c);
	assert_int_equal(prison_state(b), PRISON_ALIVE);
	prison_remove(v, b);
	assert_false(prison_haschildren(pr));
	assert_true(prison_haschildren(prison0(v)));
	prison_remove(v, pr);
	assert_false(prison_haschildren(prison0(v)));
	assert_int_equal(prison_children_cur(prison0(v)), 0);
	assert_non_null(jail(v, prison0(v), "a", NULL, 0));
}

static void
one_above_a_condemned_jail_takes_it_along(void **state)
{
	struct vnet *v = *state;
	struct prison *pr = jail(v, prison0(v), "a", old, 2), *b;

	b = jail(v, pr, "b", NULL, 0);
	assert_non_null(jail(v, b, "c", NULL, 0));
	prison_condemn(v, b);
	prison_condemn(v, b);
	prison_remove(v, pr);
	assert_int_equal(prison_count(v), 0);
	assert_int_equal(prison_children_cur(prison0(v)), 0);
	assert_int_equal(linked(v), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_jail_has_its_old_list_until_it_has_the_new_one),
		T(one_that_is_given_up_leaves_the_old_list_and_nothing_else),
		T(an_update_that_fails_at_its_last_address_changes_nothing),
		T(both_lists_are_nobody_elses_until_it_is_over),
		T(jails_below_follow_each_from_its_old_list_to_its_new_one),
		T(a_jail_may_be_removed_at_any_step),
		T(a_second_update_and_a_new_jail_below_wait_until_it_is_over),
		T(a_name_that_is_taken_meanwhile_makes_it_fail),
		T(without_memory_nothing_changes),
		T(what_came_and_went_can_be_asked_for_each_jail),
		T(a_condemned_jail_is_dying_while_those_below_go_leaf_by_leaf),
		T(one_above_a_condemned_jail_takes_it_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
