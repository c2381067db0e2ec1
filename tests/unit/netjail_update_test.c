/*
 * Changing jails that live: what an update does, to the jail and to those below
 * it, and that a refused one does nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/jailparam.h"
#include "netjail/prison.h"

static char errmsg[256];

static int
setup(void **state)
{
	const uint8_t seed[VNET_SEEDLEN] = { 5 };
	struct vnet *v;

	if (vnet_new(seed, 0, &v) != 0)
		return -1;
	*state = v;
	return 0;
}

static int
teardown(void **state)
{
	vnet_free(*state);
	return 0;
}

/* Addresses by text, blank-separated, into a. */
static unsigned
addresses(const char *text, struct inaddr *a)
{
	char buf[512], *p, *last;
	unsigned n = 0;

	snprintf(buf, sizeof(buf), "%s", text);
	for (p = strtok_r(buf, " ", &last); p != NULL;
	    p = strtok_r(NULL, " ", &last))
		assert_true(inaddr_pton(p, &a[n++]));
	return n;
}

/* A jail that may have children; it lives until it is removed. */
static struct prison *
jail(struct vnet *v, struct prison *parent, const char *name,
    const char *addrs, unsigned children)
{
	struct inaddr a[16];
	struct prison_params pp = { .name = name, .hostname = NULL,
	    .ip4_restricted = addrs != NULL, .ip6_restricted = true,
	    .addr = a, .allow = PR_ALLOW_ALL & prison_allow(parent),
	    .children_max = children };
	struct prison *pr;

	if (addrs != NULL)
		pp.naddr = addresses(addrs, a);
	assert_int_equal(prison_create(v, parent, &pp, &pr, errmsg,
	    sizeof(errmsg)), 0);
	prison_put(v, pr);
	return pr;
}

static int
readdress(struct vnet *v, struct prison *pr, const char *addrs)
{
	struct inaddr a[16];
	struct prison_params pp = { .addr = a };

	pp.naddr = addresses(addrs, a);
	return prison_update(v, pr, &pp, PRC_IP4, 0, errmsg, sizeof(errmsg));
}

static int
change(struct vnet *v, struct prison *pr, uint32_t what,
    const struct prison_params *pp)
{
	return prison_update(v, pr, pp, what, 0, errmsg, sizeof(errmsg));
}

/* The addresses of pr, blank-separated. */
static const char *
list(const struct prison *pr)
{
	static char buf[512];
	char text[INADDR_STRLEN];

	buf[0] = '\0';
	for (unsigned i = 0; i < prison_naddr(pr); i++) {
		strcat(buf, i > 0 ? " " : "");
		strcat(buf, inaddr_ntop(prison_addr(pr, i), text));
	}
	return buf;
}

static bool
listed(const struct vnet *v, const char *addr, const struct prison *who)
{
	struct prison *pr = NULL;
	struct inaddr a;

	assert_true(inaddr_pton(addr, &a));
	while ((pr = prison_by_addr(v, &a, pr)) != NULL)
		if (pr == who)
			return true;
	return false;
}

static void
a_new_list_replaces_the_old_one_first_address_first(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1 10.0.0.2", 0);

	assert_int_equal(readdress(v, a, "10.0.0.9 10.0.0.3 10.0.0.2"), 0);
	assert_string_equal(list(a), "10.0.0.9 10.0.0.2 10.0.0.3");
	assert_false(listed(v, "10.0.0.1", a));
	assert_true(listed(v, "10.0.0.3", a));
	assert_int_equal(readdress(v, a, ""), 0);
	assert_string_equal(list(a), "");
	assert_int_equal(readdress(v, a, "10.0.0.1"), 0);
	assert_string_equal(list(a), "10.0.0.1");
}

static void
a_list_that_is_refused_leaves_the_old_one(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1 10.0.0.2", 0);
	struct prison *b = jail(v, prison0(v), "b", "10.0.0.3", 0);
	const struct {
		const char *addrs;
		int error;
		const char *text;
	} row[] = {
		{ "10.0.0.1 10.0.0.3", EADDRINUSE, "IPv4 addresses clash" },
		{ "10.0.0.1 0.0.0.0", EINVAL,
		    "0.0.0.0: not an address for a jail" },
		{ "10.0.0.7 10.0.0.8 10.0.0.7", EINVAL,
		    "10.0.0.7: given twice" },
	};

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		assert_int_equal(readdress(v, a, row[i].addrs), row[i].error);
		assert_string_equal(errmsg, row[i].text);
		assert_string_equal(list(a), "10.0.0.1 10.0.0.2");
		assert_true(listed(v, "10.0.0.1", a));
		assert_true(listed(v, "10.0.0.2", a));
		assert_false(listed(v, "10.0.0.7", a));
	}
	/* One address each may be shared. */
	assert_int_equal(readdress(v, a, "10.0.0.3"), 0);
	assert_int_equal(readdress(v, b, "10.0.0.3 10.0.0.4"), EADDRINUSE);
}

static void
children_lose_the_addresses_their_parent_loses(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a",
	    "10.0.0.1 10.0.0.2 10.0.0.3", 5);
	struct prison *b = jail(v, a, "b", "10.0.0.2 10.0.0.1", 3);
	struct prison *c = jail(v, b, "c", "10.0.0.1", 0);
	struct prison *d = jail(v, a, "d", NULL, 0);

	assert_int_equal(readdress(v, b, "10.0.0.4"), EPERM);
	assert_int_equal(readdress(v, a, "10.0.0.3 10.0.0.2 10.0.0.4"), 0);
	assert_string_equal(list(b), "10.0.0.2");
	assert_string_equal(list(c), "");
	assert_string_equal(list(d), "10.0.0.3 10.0.0.2 10.0.0.4");
	assert_false(listed(v, "10.0.0.1", b));
	assert_false(listed(v, "10.0.0.1", c));
	/* What comes back comes to the parent alone. */
	assert_int_equal(readdress(v, a, "10.0.0.1 10.0.0.2"), 0);
	assert_string_equal(list(b), "10.0.0.2");
	assert_int_equal(readdress(v, b, "10.0.0.1"), 0);
	assert_int_equal(readdress(v, d, "10.0.0.1"), EINVAL);
	assert_string_equal(errmsg, "ip4 cannot be changed after creation");
}

static void
who_has_lost_an_address_is_known(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1 10.0.0.2", 1);
	struct prison *b = jail(v, a, "b", "10.0.0.1", 0);
	struct inaddr one, two;

	assert_true(inaddr_pton("10.0.0.1", &one));
	assert_true(inaddr_pton("10.0.0.2", &two));
	assert_false(prison_lost(a, &one));
	assert_int_equal(readdress(v, a, "10.0.0.2"), 0);
	assert_true(prison_lost(a, &one));
	assert_true(prison_lost(b, &one));
	assert_false(prison_lost(a, &two));
}

static void
a_name_is_changed_in_all_names_below(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1", 5);
	struct prison *b = jail(v, a, "b", "10.0.0.1", 3);
	struct prison *c = jail(v, b, "c", NULL, 0);
	struct prison *x = jail(v, prison0(v), "x", "10.0.0.9", 0);
	struct prison_params pp = { .name = "longer" };
	char big[PRISON_NAMELEN];

	assert_int_equal(change(v, a, PRC_NAME, &pp), 0);
	assert_string_equal(prison_name(c), "longer.b.c");
	assert_ptr_equal(prison_find_name(v, "longer.b.c"), c);
	assert_null(prison_find_name(v, "a"));
	assert_null(prison_find_name(v, "a.b"));
	pp.name = "bb";
	assert_int_equal(change(v, b, PRC_NAME, &pp), 0);
	assert_string_equal(prison_name_in(a, c), "bb.c");
	pp.name = "longer";
	assert_int_equal(change(v, x, PRC_NAME, &pp), EEXIST);
	pp.name = "7";
	assert_int_equal(change(v, x, PRC_NAME, &pp), EINVAL);
	assert_string_equal(errmsg,
	    "name cannot be numeric (unless it is the jid)");
	pp.name = "x";
	assert_int_equal(change(v, x, PRC_NAME, &pp), 0);
	/* One that fits itself, but not those below. */
	memset(big, 'n', sizeof(big) - 3);
	big[sizeof(big) - 3] = '\0';
	pp.name = big;
	assert_int_equal(change(v, a, PRC_NAME, &pp), ENAMETOOLONG);
	assert_string_equal(prison_name(a), "longer");
	assert_int_equal(change(v, x, PRC_NAME, &pp), 0);
}

static void
a_right_that_goes_goes_from_all_below(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1", 5);
	struct prison *b = jail(v, a, "b", NULL, 0);
	struct prison_params pp = { .allow = 0 };

	assert_int_equal(prison_update(v, a, &pp, 0, PR_ALLOW_RAW_SOCKETS,
	    errmsg, sizeof(errmsg)), 0);
	assert_int_equal(prison_allow(b), PR_ALLOW_ALL & ~PR_ALLOW_RAW_SOCKETS);
	pp.allow = PR_ALLOW_RAW_SOCKETS;
	assert_int_equal(prison_update(v, b, &pp, 0, PR_ALLOW_RAW_SOCKETS,
	    errmsg, sizeof(errmsg)), EPERM);
	assert_int_equal(prison_update(v, a, &pp, 0, PR_ALLOW_RAW_SOCKETS,
	    errmsg, sizeof(errmsg)), 0);
	assert_int_equal(prison_allow(a), PR_ALLOW_ALL);
	assert_int_equal(prison_allow(b), PR_ALLOW_ALL & ~PR_ALLOW_RAW_SOCKETS);
}

static void
an_inherited_host_name_follows_the_parents(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1", 5);
	struct prison *b = jail(v, a, "b", NULL, 2);
	struct prison *c = jail(v, b, "c", NULL, 0);
	struct prison_params pp = { .hostname = "one" };

	assert_int_equal(change(v, a, PRC_HOSTNAME, &pp), 0);
	assert_string_equal(prison_hostname(c), "one");
	pp.hostname = "own";
	assert_int_equal(change(v, b, PRC_HOSTNAME, &pp), 0);
	assert_int_equal(prison_set_hostname(a, "two"), 0);
	assert_string_equal(prison_hostname(b), "own");
	assert_string_equal(prison_hostname(c), "own");
	pp.hostname = NULL;
	assert_int_equal(change(v, b, PRC_HOSTNAME, &pp), 0);
	assert_true(prison_host_inherited(b));
	assert_string_equal(prison_hostname(c), "two");
}

static void
as_many_jails_as_children_max_dying_ones_included(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1", 3);
	struct prison *b = jail(v, a, "b", NULL, 2), *held, *other;
	struct prison_params pp = { .creator = a, .ip6_restricted = true };

	assert_int_equal(prison_create(v, b, &pp, &held, errmsg,
	    sizeof(errmsg)), 0);
	assert_int_equal(prison_create(v, a, &pp, &other, errmsg,
	    sizeof(errmsg)), 0);
	prison_put(v, other);
	assert_int_equal(prison_children_cur(a), 3);
	assert_int_equal(prison_children_cur(b), 1);
	assert_int_equal(prison_create(v, a, &pp, &other, errmsg,
	    sizeof(errmsg)), EPERM);
	assert_string_equal(errmsg, "prison limit exceeded");
	prison_remove(v, held);
	assert_int_equal(prison_create(v, a, &pp, &other, errmsg,
	    sizeof(errmsg)), EPERM);
	prison_put(v, held);
	assert_int_equal(prison_create(v, a, &pp, &other, errmsg,
	    sizeof(errmsg)), 0);
	prison_put(v, other);
	/* The limit of those below stays below. */
	pp.children_max = 3;
	assert_int_equal(change(v, b, PRC_CHILDREN, &pp), EPERM);
	pp.children_max = 1;
	assert_int_equal(change(v, a, PRC_CHILDREN, &pp), 0);
	assert_int_equal(prison_children_max(b), 0);
}

static void
a_jid_may_be_asked_for(void **state)
{
	struct vnet *v = *state;
	struct prison_params pp = { .jid = 77 };
	struct prison *a, *b;

	assert_int_equal(prison_create(v, prison0(v), &pp, &a, errmsg,
	    sizeof(errmsg)), 0);
	assert_int_equal(prison_jid(a), 77);
	assert_string_equal(prison_name(a), "77");
	assert_int_equal(prison_create(v, prison0(v), &pp, &b, errmsg,
	    sizeof(errmsg)), EEXIST);
	assert_string_equal(errmsg, "jail 77 already exists");
	pp.jid = -1;
	assert_int_equal(prison_create(v, prison0(v), &pp, &b, errmsg,
	    sizeof(errmsg)), EINVAL);
	pp.jid = JAIL_MAX + 1;
	assert_int_equal(prison_create(v, prison0(v), &pp, &b, errmsg,
	    sizeof(errmsg)), EINVAL);
	prison_put(v, a);
}

static void
sockets_count_for_all_jails_above(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1", 5);
	struct prison *b = jail(v, a, "b", NULL, 0);
	struct prison_params pp = { .maxsockets = 2 };

	assert_int_equal(change(v, a, PRC_MAXSOCKETS, &pp), 0);
	assert_true(prison_socket_add(b));
	assert_true(prison_socket_add(a));
	assert_false(prison_socket_add(b));
	assert_false(prison_socket_add(a));
	assert_true(prison_socket_add(prison0(v)));
	assert_int_equal(prison_sockets(a), 2);
	assert_int_equal(prison_sockets(b), 1);
	prison_socket_remove(b);
	assert_true(prison_socket_add(a));
	prison_socket_remove(a);
	prison_socket_remove(a);
	prison_socket_remove(prison0(v));
	assert_int_equal(prison_sockets(prison0(v)), 0);
}

static void
a_jail_is_not_changed_while_one_below_is_made(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1 10.0.0.2", 5);
	struct inaddr addr[2];
	struct prison_params pp = { .addr = addr };
	struct prison_params persist = { .persist = true };
	unsigned budget = 1;
	struct prison *b;

	pp.naddr = addresses("10.0.0.2 10.0.0.1", addr);
	assert_int_equal(prison_create_begin(v, a, &pp, &b, errmsg,
	    sizeof(errmsg)), 0);
	assert_int_equal(prison_create_step(v, b, &budget, errmsg,
	    sizeof(errmsg)), EINPROGRESS);
	assert_int_equal(change(v, a, PRC_PERSIST, &persist), EAGAIN);
	assert_false(prison_persist(a));
	budget = 100;
	assert_int_equal(prison_create_step(v, b, &budget, errmsg,
	    sizeof(errmsg)), 0);
	assert_int_equal(change(v, a, PRC_PERSIST, &persist), EAGAIN);
	assert_int_equal(prison_create_end(v, b, errmsg, sizeof(errmsg)), 0);
	assert_int_equal(change(v, a, PRC_PERSIST, &persist), 0);
	prison_put(v, b);
	/* One that is given up is in nobody's way. */
	assert_int_equal(prison_create_begin(v, a, &pp, &b, errmsg,
	    sizeof(errmsg)), 0);
	prison_remove(v, b);
	prison_put(v, b);
	assert_int_equal(change(v, a, PRC_PERSIST, &persist), 0);
}

static void
a_path_is_shown_from_where_one_looks(void **state)
{
	struct vnet *v = *state;
	struct prison_params pp = { .path = "/j/a", .children_max = 1 };
	struct prison *a, *b;

	assert_int_equal(prison_create(v, prison0(v), &pp, &a, errmsg,
	    sizeof(errmsg)), 0);
	pp = (struct prison_params){ .path = "/j/a/b" };
	assert_int_equal(prison_create(v, a, &pp, &b, errmsg,
	    sizeof(errmsg)), 0);
	assert_string_equal(prison_path_in(prison0(v), b), "/j/a/b");
	assert_string_equal(prison_path_in(a, b), "/b");
	assert_string_equal(prison_path_in(a, a), "/");
	prison_put(v, b);
	prison_put(v, a);
}

static void
parameters_are_found_by_name_and_by_opposite(void **state)
{
	const struct jp_def *p;
	bool no;

	(void)state;
	for (int i = 0; i < JP_NPARAMS; i++) {
		const char *name = jailparams[i].name;
		const char *dot = strrchr(name, '.');
		int head = dot != NULL ? (int)(dot + 1 - name) : 0;
		char opposite[64];

		p = jp_find(name, strlen(name), &no);
		assert_ptr_equal(p, &jailparams[i]);
		assert_false(no);
		snprintf(opposite, sizeof(opposite), "%.*sno%s", head, name,
		    name + head);
		p = jp_find(opposite, strlen(opposite), &no);
		if (jailparams[i].type == JPT_BOOL)
			assert_true(p == &jailparams[i] && no);
		else
			assert_null(p);
	}
	assert_null(jp_find("allow", 5, &no));
	assert_null(jp_find("", 0, &no));
	assert_null(jp_find("nojid", 5, &no));
}

static void
values_are_what_they_look_like_or_refused(void **state)
{
	bool on;
	int n;

	(void)state;
	assert_true(jp_bool(NULL, &on) && on);
	assert_true(jp_bool("true", &on) && on);
	assert_true(jp_bool("0", &on) && !on);
	assert_false(jp_bool("", &on));
	assert_false(jp_bool("yes", &on));
	assert_true(jp_int("-5", &n) && n == -5);
	assert_true(jp_int("2147483647", &n) && n == 2147483647);
	assert_false(jp_int("2147483648", &n));
	assert_false(jp_int("99999999999999999999", &n));
	assert_false(jp_int("", &n));
	assert_false(jp_int(NULL, &n));
	assert_false(jp_int("1 ", &n));
	assert_false(jp_int("1-1", &n));
	assert_true(jp_jailsys("inherit", &n) && n == JAIL_SYS_INHERIT);
	assert_false(jp_jailsys("none", &n));
	assert_false(jp_jailsys(NULL, &n));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_new_list_replaces_the_old_one_first_address_first),
		T(a_list_that_is_refused_leaves_the_old_one),
		T(children_lose_the_addresses_their_parent_loses),
		T(who_has_lost_an_address_is_known),
		T(a_name_is_changed_in_all_names_below),
		T(a_right_that_goes_goes_from_all_below),
		T(an_inherited_host_name_follows_the_parents),
		T(as_many_jails_as_children_max_dying_ones_included),
		T(a_jid_may_be_asked_for),
		T(sockets_count_for_all_jails_above),
		T(a_jail_is_not_changed_while_one_below_is_made),
		T(a_path_is_shown_from_where_one_looks),
		cmocka_unit_test(parameters_are_found_by_name_and_by_opposite),
		cmocka_unit_test(values_are_what_they_look_like_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
