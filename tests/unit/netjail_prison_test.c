/*
 * Jails as objects: numbers, names, addresses, clashes, life and death.
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
#include <arpa/inet.h>
#include <sys/socket.h>

#include "netjail/prison_int.h"

static char errmsg[256];

static int
setup(void **state)
{
	uint8_t seed[VNET_SEEDLEN] = { 1 };

	return vnet_new(seed, 0, (struct vnet **)state);
}

static int
teardown(void **state)
{
	vnet_free(*state);
	return 0;
}

static struct inaddr
ip(const char *s)
{
	struct inaddr a;

	assert_true(inaddr_pton(s, &a));
	return a;
}

/* Addresses by text, blank-separated. */
static int
make(struct vnet *v, struct prison *parent, const char *name,
    const char *addrs, struct prison **prp)
{
	struct inaddr a[16];
	struct prison_params pp = { .name = name, .hostname = "h",
	    .ip4_restricted = true, .ip6_restricted = true, .addr = a,
	    .allow = PR_ALLOW_DEFAULT };
	char buf[512], *p, *last;

	snprintf(buf, sizeof(buf), "%s", addrs);
	for (p = strtok_r(buf, " ", &last); p != NULL;
	    p = strtok_r(NULL, " ", &last))
		a[pp.naddr++] = ip(p);
	return prison_create(v, parent, &pp, prp, errmsg, sizeof(errmsg));
}

/* One that need not be held: it lives until it is removed. */
static struct prison *
jail(struct vnet *v, struct prison *parent, const char *name,
    const char *addrs)
{
	struct prison *pr;

	assert_int_equal(make(v, parent, name, addrs, &pr), 0);
	prison_put(v, pr);
	return pr;
}

static void
refused(struct vnet *v, struct prison *parent, const char *name,
    const char *addrs, int error)
{
	struct prison *pr;
	uint64_t n = prison_count(v);

	assert_int_equal(make(v, parent, name, addrs, &pr), error);
	assert_null(pr);
	assert_true(errmsg[0] != '\0');
	assert_int_equal(prison_count(v), n);
}

static void
jids_count_up_and_a_freed_one_is_not_given_again_soon(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), NULL, "10.0.0.1");
	struct prison *b = jail(v, prison0(v), NULL, "10.0.0.2");

	assert_int_equal(prison_jid(a), 1);
	assert_int_equal(prison_jid(b), 2);
	prison_remove(v, b);
	assert_null(prison_find(v, 2));
	b = jail(v, prison0(v), NULL, "10.0.0.2");
	assert_int_equal(prison_jid(b), 3);
	assert_ptr_equal(prison_find(v, 3), b);
	assert_ptr_equal(prison_find(v, 0), prison0(v));
}

static void
jids_wrap_and_skip_those_in_use_even_by_the_dying(void **state)
{
	struct vnet *v = *state;
	struct prison *held, *b;

	assert_int_equal(make(v, prison0(v), NULL, "10.0.0.1", &held), 0);
	jail(v, prison0(v), NULL, "10.0.0.2");
	prison_remove(v, held);
	assert_int_equal(prison_state(held), PRISON_DYING);
	V_prisons(v)->lastid = JAIL_MAX - 1;
	assert_int_equal(prison_jid(jail(v, prison0(v), NULL, "10.0.0.3")),
	    JAIL_MAX);
	b = jail(v, prison0(v), NULL, "10.0.0.4");
	assert_int_equal(prison_jid(b), 3);
	prison_put(v, held);
}

static void
names_are_unique_and_numbers_only_as_the_jid(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "www", "10.0.0.1");
	struct prison *b = jail(v, prison0(v), "2", "10.0.0.2");
	char longname[PRISON_NAMELEN + 1];

	assert_ptr_equal(prison_find_name(v, "www"), a);
	assert_ptr_equal(prison_find_name(v, "2"), b);
	assert_string_equal(prison_name(jail(v, prison0(v), "", "10.0.0.3")),
	    "3");
	refused(v, prison0(v), "www", "10.0.0.9", EEXIST);
	refused(v, prison0(v), "7", "10.0.0.9", EINVAL);
	refused(v, prison0(v), "04", "10.0.0.9", EINVAL);
	refused(v, prison0(v), "a.b", "10.0.0.9", EINVAL);
	refused(v, prison0(v), "a\nb", "10.0.0.9", EINVAL);
	memset(longname, 'x', PRISON_NAMELEN);
	longname[PRISON_NAMELEN] = '\0';
	refused(v, prison0(v), longname, "10.0.0.9", ENAMETOOLONG);
	prison_remove(v, a);
	assert_null(prison_find_name(v, "www"));
	jail(v, prison0(v), "www", "10.0.0.1");
}

static void
a_childs_name_begins_with_its_parents(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1 10.0.0.2");
	struct prison *b = jail(v, a, "b", "10.0.0.1");
	struct prison *c = jail(v, a, "a.c", "10.0.0.2");
	struct prison *d = jail(v, b, NULL, "10.0.0.1");

	assert_string_equal(prison_name(b), "a.b");
	assert_string_equal(prison_name(c), "a.c");
	assert_string_equal(prison_name(d), "a.b.4");
	assert_string_equal(prison_name_in(a, d), "b.4");
	assert_string_equal(prison_name_in(prison0(v), d), "a.b.4");
	assert_ptr_equal(prison_find_name(v, "a.b"), b);
	refused(v, a, "b", "10.0.0.1", EEXIST);
	refused(v, a, "x.b", "10.0.0.1", EINVAL);
}

static void
first_address_is_primary_and_the_rest_are_sorted(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), NULL,
	    "10.0.0.9 fd00::2 10.0.0.200 10.0.0.3 fd00::1 9.255.0.0");
	const char *want[] = { "10.0.0.9", "9.255.0.0", "10.0.0.3",
	    "10.0.0.200", "fd00::2", "fd00::1" };
	char text[INADDR_STRLEN];

	assert_int_equal(prison_naddr(a), 6);
	for (unsigned i = 0; i < 6; i++)
		assert_string_equal(inaddr_ntop(prison_addr(a, i), text),
		    want[i]);
}

static void
bad_address_lists_are_refused(void **state)
{
	struct vnet *v = *state;

	refused(v, prison0(v), NULL, "0.0.0.0", EINVAL);
	refused(v, prison0(v), NULL, "255.255.255.255", EINVAL);
	refused(v, prison0(v), NULL, "::", EINVAL);
	refused(v, prison0(v), NULL, "10.0.0.1 10.0.0.1", EINVAL);
	refused(v, prison0(v), NULL, "10.0.0.1 10.0.0.2 10.0.0.1", EINVAL);
	refused(v, prison0(v), NULL, "10.0.0.1 10.0.0.2 10.0.0.2", EINVAL);
	refused(v, prison0(v), NULL, "fd00::1 fd00::1", EINVAL);
	V_prisons(v)->max_af_ips = 2;
	refused(v, prison0(v), NULL, "10.0.0.1 10.0.0.2 10.0.0.3", EINVAL);
	assert_string_equal(errmsg, "too many IPv4 addresses");
	jail(v, prison0(v), NULL, "10.0.0.1 10.0.0.2 fd00::1 fd00::2");
}

static void
one_address_in_two_jails_only_if_both_have_just_one(void **state)
{
	struct vnet *v = *state;
	struct prison *a;

	jail(v, prison0(v), NULL, "10.0.0.1 fd00::1");
	jail(v, prison0(v), NULL, "10.0.0.1");
	refused(v, prison0(v), NULL, "10.0.0.1 10.0.0.2", EADDRINUSE);
	assert_string_equal(errmsg, "IPv4 addresses clash");
	jail(v, prison0(v), NULL, "10.0.1.1 10.0.1.2");
	refused(v, prison0(v), NULL, "10.0.1.2", EADDRINUSE);
	/* The families do not count together. */
	a = jail(v, prison0(v), NULL, "fd00::1 10.0.2.1 10.0.2.2");
	refused(v, prison0(v), NULL, "10.0.2.1", EADDRINUSE);
	prison_remove(v, a);
	jail(v, prison0(v), NULL, "10.0.2.1");
}

static void
a_child_has_some_of_its_parents_addresses(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), NULL, "10.0.0.1 10.0.0.2");
	struct prison *b = jail(v, a, NULL, "10.0.0.2");
	struct prison *c = jail(v, a, NULL, "10.0.0.1");

	refused(v, a, NULL, "10.0.0.3", EPERM);
	refused(v, b, NULL, "10.0.0.1", EPERM);
	refused(v, a, NULL, "10.0.0.1 10.0.0.2", EADDRINUSE);
	assert_ptr_equal(prison_ip_owner(c), c);
	refused(v, jail(v, prison0(v), NULL, ""), NULL, "10.9.9.9", EPERM);
}

static void
addresses_may_be_inherited_by_family(void **state)
{
	struct vnet *v = *state;
	struct inaddr own = ip("10.0.0.1"), six = ip("fd00::9");
	struct prison_params pp = { .addr = &own, .naddr = 1 };
	struct prison *a, *b;
	struct cred cred;

	assert_int_equal(prison_create(v, prison0(v), &pp, &a, errmsg,
	    sizeof(errmsg)), 0);
	pp.naddr = 0;
	assert_int_equal(prison_create(v, a, &pp, &b, errmsg,
	    sizeof(errmsg)), 0);
	assert_true(prison_restricted_v4(a));
	assert_false(prison_restricted_v6(a));
	assert_true(prison_restricted_v4(b));
	assert_ptr_equal(prison_ip_owner(b), a);
	assert_ptr_equal(prison_ip_owner_of(b, &own), a);
	assert_ptr_equal(prison_ip_owner_of(b, &six), prison0(v));
	assert_int_equal(prison_naddr(b), 1);
	cred = (struct cred){ 0, b };
	assert_int_equal(prison_check_ip(&cred, &six), 0);
	assert_int_equal(prison_check_ip(&cred, &own), 0);
	/* Only an owner is found by its address. */
	assert_ptr_equal(prison_by_addr(v, &own, NULL), a);
	assert_null(prison_by_addr(v, &own, a));
	assert_string_equal(prison_path(b), "/");
	prison_put(v, b);
	prison_put(v, a);
}

static void
removal_takes_the_whole_subtree(void **state)
{
	struct vnet *v = *state;
	struct inaddr a1 = ip("10.0.0.1");
	struct prison *a = jail(v, prison0(v), "a", "10.0.0.1 10.0.0.2");
	struct prison *b = jail(v, a, "b", "10.0.0.1");
	struct prison *c, *other = jail(v, prison0(v), "o", "10.1.0.1");
	struct prison *p, *x;

	assert_int_equal(make(v, b, "c", "10.0.0.1", &c), 0);
	jail(v, a, "d", "10.0.0.2");
	assert_int_equal(prison_count(v), 5);
	prison_remove(v, a);
	assert_int_equal(prison_count(v), 1);
	assert_int_equal(prison_state(c), PRISON_DYING);
	assert_null(prison_by_addr(v, &a1, NULL));
	assert_null(prison_find_name(v, "a"));
	assert_null(prison_find_name(v, "a.b.c"));
	assert_null(prison_find(v, prison_jid(c)));
	/* c holds b, which holds a. */
	assert_string_equal(prison_name(prison_parent(prison_parent(c))), "a");
	assert_int_equal(make(v, c, NULL, "10.0.0.1", &x), EINVAL);
	p = prison_next(v, NULL);
	assert_ptr_equal(p, prison0(v));
	p = prison_next(v, p);
	assert_ptr_equal(p, other);
	assert_null(prison_next(v, p));
	prison_remove(v, c);	/* again: nothing */
	prison_put(v, c);
}

static void
a_jail_sees_itself_and_what_is_below(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), NULL, "10.0.0.1 10.0.0.2");
	struct prison *b = jail(v, a, NULL, "10.0.0.1");
	struct prison *c = jail(v, prison0(v), NULL, "10.0.0.3");

	assert_true(prison_check(prison0(v), b));
	assert_true(prison_check(a, b));
	assert_true(prison_check(a, a));
	assert_false(prison_check(b, a));
	assert_false(prison_check(c, b));
	assert_false(prison_check(a, prison0(v)));
}

static void
a_child_has_no_right_its_parent_lacks(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), NULL, "10.0.0.1"), *b;
	struct prison_params pp = { .allow = PR_ALLOW_RAW_SOCKETS };

	assert_int_equal(prison_create(v, a, &pp, &b, errmsg, sizeof(errmsg)),
	    EPERM);
	pp.allow = PR_ALLOW_RESERVED_PORTS;
	assert_int_equal(prison_create(v, a, &pp, &b, errmsg, sizeof(errmsg)),
	    0);
	prison_put(v, b);
}

/* A jail in its parent's addresses, with these ranges of ports. */
static int
make_ranged(struct vnet *v, struct prison *parent, const uint16_t port[4],
    struct prison **prp)
{
	struct prison_params pp = {
		.portrange_first = port[0], .portrange_last = port[1],
		.portrange_hifirst = port[2], .portrange_hilast = port[3],
	};

	return prison_create(v, parent, &pp, prp, errmsg, sizeof(errmsg));
}

static void
a_range_of_ports_is_two_ports_in_order_above_the_reserved(void **state)
{
	struct vnet *v = *state;
	const struct {
		uint16_t port[4];
		const char *text;	/* NULL: fine */
	} row[] = {
		{ { 0, 0, 0, 0 }, NULL },
		{ { 1024, 65535, 0, 0 }, NULL },
		{ { 5000, 5000, 0, 0 }, NULL },
		{ { 0, 0, 1024, 1025 }, NULL },
		{ { 0, 5000, 0, 0 }, "portrange.first and portrange.last "
		    "must be given together" },
		{ { 5000, 0, 0, 0 }, "portrange.first and portrange.last "
		    "must be given together" },
		{ { 1023, 5000, 0, 0 }, "portrange.first and portrange.last "
		    "must be at least 1024" },
		{ { 5000, 1023, 0, 0 }, "portrange.first and portrange.last "
		    "must be at least 1024" },
		{ { 5001, 5000, 0, 0 },
		    "portrange.first is larger than portrange.last" },
		{ { 5000, 5001, 1, 2 }, "portrange.hifirst and "
		    "portrange.hilast must be at least 1024" },
		{ { 5000, 5001, 3000, 2000 },
		    "portrange.hifirst is larger than portrange.hilast" },
	};
	struct prison *pr;

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t n = prison_count(v);
		bool fine = row[i].text == NULL;

		assert_int_equal(make_ranged(v, prison0(v), row[i].port, &pr),
		    fine ? 0 : EINVAL);
		assert_string_equal(errmsg, fine ? "" : row[i].text);
		assert_int_equal(prison_count(v), fine ? n + 1 : n);
		if (fine)
			prison_put(v, pr);
	}
}

static void
assert_range(const struct prison *pr, bool high, uint16_t first, uint16_t last)
{
	uint16_t a = 0, b = 0;

	assert_int_equal(prison_portrange(pr, high, &a, &b), first != 0);
	assert_int_equal(a, first);
	assert_int_equal(b, last);
}

static void
ranges_of_ports_come_from_the_nearest_jail_that_has_one(void **state)
{
	static const uint16_t none[4] = { 0 }, low[4] = { 2000, 2999 },
	    high[4] = { 0, 0, 3000, 3999 }, both[4] = { 9, 9, 9, 9 },
	    other[4] = { 4000, 4999, 5000, 5999 };
	struct vnet *v = *state;
	struct prison *a, *b, *c, *d, *e;

	assert_int_equal(make_ranged(v, prison0(v), low, &a), 0);
	assert_int_equal(make_ranged(v, a, none, &b), 0);
	assert_int_equal(make_ranged(v, b, high, &c), 0);
	assert_int_equal(make_ranged(v, c, other, &d), 0);
	assert_int_equal(make_ranged(v, prison0(v), none, &e), 0);
	prison_remove(v, a);	/* and those below: what they say stays */
	assert_range(prison0(v), false, 0, 0);
	assert_range(a, false, 2000, 2999);
	assert_range(a, true, 0, 0);
	assert_range(b, false, 2000, 2999);
	assert_range(c, false, 2000, 2999);
	assert_range(c, true, 3000, 3999);
	assert_range(d, false, 4000, 4999);
	assert_range(d, true, 5000, 5999);
	assert_range(e, false, 0, 0);
	assert_range(e, true, 0, 0);
	prison_put(v, d);
	prison_put(v, c);
	prison_put(v, b);
	prison_put(v, a);
	assert_int_equal(make_ranged(v, e, both, &d), EINVAL);
	prison_put(v, e);
}

static void
privileges_in_a_jail_are_those_it_is_allowed(void **state)
{
	struct vnet *v = *state;
	struct prison *a = jail(v, prison0(v), NULL, "10.0.0.1");
	struct prison_params pp = { .allow = PR_ALLOW_RAW_SOCKETS |
	    PR_ALLOW_SUSER };
	struct cred host = { 0, prison0(v) }, user = { 1000, prison0(v) };
	struct cred root = { 0, a }, raw = { 0, NULL }, juser = { 1000, a };
	const struct {
		enum prison_priv priv;
		int root, raw;
	} row[PRIV_NPRIVS] = {
		{ PRIV_NETINET_RAW, EPERM, 0 },
		{ PRIV_NETINET_RESERVEDPORT, 0, EPERM },
		{ PRIV_NETINET_REUSEPORT, 0, 0 },
		{ PRIV_NETINET_BINDANY, EPERM, EPERM },
		{ PRIV_SYSCTL_WRITE, EPERM, EPERM },
		{ PRIV_SYSCTL_WRITEJAIL, 0, 0 },
		{ PRIV_JAIL_SET, 0, 0 },
	};

	assert_int_equal(prison_create(v, prison0(v), &pp, &raw.prison,
	    errmsg, sizeof(errmsg)), 0);
	for (unsigned i = 0; i < PRIV_NPRIVS; i++) {
		assert_int_equal(priv_check(v, &host, row[i].priv), 0);
		assert_int_equal(priv_check(v, &user, row[i].priv), EPERM);
		assert_int_equal(priv_check(v, &juser, row[i].priv), EPERM);
		assert_int_equal(priv_check(v, &root, row[i].priv),
		    row[i].root);
		assert_int_equal(priv_check(v, &raw, row[i].priv), row[i].raw);
	}
	/* Without allow.suser there is no superuser. */
	assert_int_equal(prison_update(v, raw.prison, &pp, 0, PR_ALLOW_SUSER,
	    errmsg, sizeof(errmsg)), 0);
	pp.allow = 0;
	assert_int_equal(prison_update(v, raw.prison, &pp, 0, PR_ALLOW_SUSER,
	    errmsg, sizeof(errmsg)), 0);
	for (unsigned i = 0; i < PRIV_NPRIVS; i++)
		assert_int_equal(priv_check(v, &raw, row[i].priv), EPERM);
	prison_put(v, raw.prison);
}

/* One row per address given: the four questions in one kind of jail. */
struct coercion {
	const char *in;
	int local_error;
	const char *local;
	int remote_error;
	const char *remote;
	int check_error;
};

static void
coerce(const struct cred *cred, const struct coercion *row, unsigned n)
{
	for (; n-- > 0; row++) {
		struct inaddr a = ip(row->in), b = a;
		char text[INADDR_STRLEN];

		assert_int_equal(prison_check_ip(cred, &a), row->check_error);
		assert_int_equal(prison_local_ip(cred, &a), row->local_error);
		assert_string_equal(inaddr_ntop(&a, text), row->local);
		assert_int_equal(prison_remote_ip(cred, &b),
		    row->remote_error);
		assert_string_equal(inaddr_ntop(&b, text), row->remote);
	}
}

static void
addresses_are_coerced_as_in_freebsd(void **state)
{
	struct vnet *v = *state;
	struct cred cred = { 0, prison0(v) };
	struct inaddr a = ip("1.2.3.4");
	const struct coercion host[] = {
		{ "0.0.0.0", 0, "0.0.0.0", 0, "0.0.0.0", 0 },
		{ "127.0.0.1", 0, "127.0.0.1", 0, "127.0.0.1", 0 },
		{ "1.2.3.4", 0, "1.2.3.4", 0, "1.2.3.4", 0 },
	}, one[] = {
		{ "0.0.0.0", 0, "10.0.0.1", 0, "0.0.0.0", EADDRNOTAVAIL },
		{ "127.0.0.1", 0, "10.0.0.1", 0, "10.0.0.1", EADDRNOTAVAIL },
		{ "127.0.0.2", EADDRNOTAVAIL, "127.0.0.2", 0, "127.0.0.2",
		    EADDRNOTAVAIL },
		{ "10.0.0.1", 0, "10.0.0.1", 0, "10.0.0.1", 0 },
		{ "10.0.0.2", EADDRNOTAVAIL, "10.0.0.2", 0, "10.0.0.2",
		    EADDRNOTAVAIL },
		{ "224.0.0.1", EADDRNOTAVAIL, "224.0.0.1", 0, "224.0.0.1",
		    EADDRNOTAVAIL },
		{ "::1", EAFNOSUPPORT, "::1", EAFNOSUPPORT, "::1",
		    EAFNOSUPPORT },
	}, two[] = {
		{ "0.0.0.0", 0, "0.0.0.0", 0, "0.0.0.0", EADDRNOTAVAIL },
		{ "127.0.0.1", 0, "10.1.0.9", 0, "10.1.0.9", EADDRNOTAVAIL },
		{ "10.1.0.2", 0, "10.1.0.2", 0, "10.1.0.2", 0 },
		{ "::", 0, "fd00::1", 0, "::", EADDRNOTAVAIL },
		{ "::1", 0, "fd00::1", 0, "fd00::1", EADDRNOTAVAIL },
	}, loop[] = {
		{ "127.0.0.1", 0, "127.0.0.1", 0, "127.0.0.1", 0 },
		{ "10.2.0.1", 0, "10.2.0.1", 0, "10.2.0.1", 0 },
	};

	coerce(&cred, host, 3);
	assert_int_equal(prison_get_ip(&cred, &a), 0);
	assert_int_equal(inaddr_to_v4(&a), inet_addr("1.2.3.4"));
	cred.prison = jail(v, prison0(v), NULL, "10.0.0.1");
	coerce(&cred, one, 7);
	cred.prison = jail(v, prison0(v), NULL, "10.1.0.9 10.1.0.2 fd00::1");
	coerce(&cred, two, 5);
	assert_int_equal(prison_get_ip(&cred, &a), 0);
	assert_int_equal(inaddr_to_v4(&a), inet_addr("10.1.0.9"));
	cred.prison = jail(v, prison0(v), NULL, "10.2.0.1 127.0.0.1");
	coerce(&cred, loop, 2);
	cred.prison = jail(v, prison0(v), NULL, "");
	assert_int_equal(prison_get_ip(&cred, &a), EAFNOSUPPORT);
	assert_int_equal(prison_local_ip(&cred, &a), EAFNOSUPPORT);
}

static void
socket_domains_follow_the_addresses(void **state)
{
	struct vnet *v = *state;
	struct prison_params pp = { .ip4_restricted = true,
	    .allow = PR_ALLOW_SOCKET_AF };
	struct cred cred = { 0, prison0(v) };
	struct prison *b;

	assert_int_equal(prison_check_af(v, &cred, AF_PACKET), 0);
	cred.prison = jail(v, prison0(v), NULL, "10.0.0.1");
	assert_int_equal(prison_check_af(v, &cred, AF_UNIX), 0);
	assert_int_equal(prison_check_af(v, &cred, AF_NETLINK), 0);
	assert_int_equal(prison_check_af(v, &cred, AF_INET), 0);
	assert_int_equal(prison_check_af(v, &cred, AF_INET6), EPROTONOSUPPORT);
	assert_int_equal(prison_check_af(v, &cred, AF_PACKET),
	    EPROTONOSUPPORT);
	assert_int_equal(prison_create(v, prison0(v), &pp, &b, errmsg,
	    sizeof(errmsg)), 0);
	cred.prison = b;
	assert_int_equal(prison_check_af(v, &cred, AF_INET), EPROTONOSUPPORT);
	assert_int_equal(prison_check_af(v, &cred, AF_INET6), 0);
	assert_int_equal(prison_check_af(v, &cred, AF_PACKET), 0);
	prison_put(v, b);
}

static void
every_jail_that_lists_an_address_is_found_by_it_once(void **state)
{
	struct vnet *v = *state;
	struct inaddr a = ip("10.0.0.1");
	struct prison *pr = NULL;
	unsigned n = 0;
	bool seen[64] = { false };

	for (unsigned i = 0; i < 40; i++)
		jail(v, prison0(v), NULL, "10.0.0.1");
	prison_remove(v, prison_find(v, 17));
	while ((pr = prison_by_addr(v, &a, pr)) != NULL) {
		assert_false(seen[prison_jid(pr)]);
		seen[prison_jid(pr)] = true;
		n++;
	}
	assert_int_equal(n, 39);
	assert_false(seen[17]);
}

/* A jail with n addresses in no order out of SPREAD; in: which. */
#define SPREAD 100003

static struct prison *
large_jail(struct vnet *v, unsigned n, bool in[SPREAD])
{
	struct inaddr *list = calloc(n, sizeof(*list));
	struct prison_params pp = { .addr = list, .naddr = n };
	struct prison *pr;

	assert_non_null(list);
	memset(in, 0, SPREAD);
	for (unsigned i = 0; i < n; i++) {
		uint32_t x = i * 7919 % SPREAD;

		in[x] = true;
		list[i] = inaddr_v4(htonl(0x0a000000 + x));
	}
	list[0] = inaddr_v4(htonl(0x0a000000));
	assert_int_equal(prison_create(v, prison0(v), &pp, &pr, errmsg,
	    sizeof(errmsg)), 0);
	free(list);
	return pr;
}

static void
a_list_of_64k_addresses_answers_membership(void **state)
{
	static bool in[SPREAD];
	struct vnet *v = *state;
	struct cred cred = { 0, large_jail(v, JAIL_MAXAFIPS, in) };

	assert_int_equal(JAIL_MAXAFIPS, 65536);
	assert_int_equal(prison_naddr(cred.prison), JAIL_MAXAFIPS);
	for (uint32_t x = 0; x < SPREAD; x++) {
		struct inaddr a = inaddr_v4(htonl(0x0a000000 + x));

		assert_int_equal(prison_check_ip(&cred, &a),
		    in[x] ? 0 : EADDRNOTAVAIL);
		assert_ptr_equal(prison_by_addr(v, &a, NULL),
		    in[x] ? cred.prison : NULL);
	}
	prison_put(v, cred.prison);
}

static void
a_dead_jails_addresses_are_forgotten_in_steps(void **state)
{
	static bool in[SPREAD];
	struct vnet *v = *state;
	struct prison *old = large_jail(v, 10000, in), *new;
	unsigned steps = 1, budget = 128;

	prison_remove(v, old);
	for (uint32_t x = 0; x < SPREAD; x += 7) {
		struct inaddr a = inaddr_v4(htonl(0x0a000000 + x));

		assert_null(prison_by_addr(v, &a, NULL));
	}
	/* They may be another's while that goes on. */
	new = large_jail(v, 10000, in);
	for (; prison_forget(v, old, &budget); steps++) {
		assert_int_equal(budget, 0);
		budget = 128;
	}
	assert_int_equal(steps, (10000 + 127) / 128);
	assert_int_equal(budget, 128 - 10000 % 128);
	assert_int_equal(V_prisons(v)->by_addr.n, 10000);
	for (uint32_t x = 0; x < SPREAD; x++) {
		struct inaddr a = inaddr_v4(htonl(0x0a000000 + x));

		assert_ptr_equal(prison_by_addr(v, &a, NULL),
		    in[x] ? new : NULL);
	}
	prison_put(v, old);
	/* And all at once, if nobody cares. */
	prison_remove(v, new);
	prison_put(v, new);
	assert_int_equal(V_prisons(v)->by_addr.n, 0);
}

static void
a_refused_creation_leaves_nothing(void **state)
{
	struct vnet *v = *state;
	struct prison *pr;

	zfail(V_prisons(v)->zone, 0);
	assert_int_equal(make(v, prison0(v), "x", "10.0.0.1", &pr), ENOMEM);
	assert_null(prison_find_name(v, "x"));
	assert_int_equal(prison_jid(jail(v, prison0(v), "x", "10.0.0.1")), 1);
}

static void
ten_thousand_jails_come_and_go(void **state)
{
	struct vnet *v = *state;
	struct inaddr a;
	struct prison_params pp = { .addr = &a, .naddr = 1 };
	struct prison *pr;
	uint64_t n = 0;

	for (uint32_t i = 0; i < 10000; i++) {
		a = inaddr_v4(htonl(0x0a000001 + i));
		assert_int_equal(prison_create(v, prison0(v), &pp, &pr,
		    errmsg, sizeof(errmsg)), 0);
		prison_put(v, pr);
	}
	for (uint32_t i = 0; i < 10000; i += 2) {
		a = inaddr_v4(htonl(0x0a000001 + i));
		pr = prison_by_addr(v, &a, NULL);
		assert_int_equal(prison_jid(pr), i + 1);
		prison_remove(v, pr);
		assert_null(prison_by_addr(v, &a, NULL));
	}
	for (pr = prison_next(v, prison0(v)); pr != NULL;
	    pr = prison_next(v, pr)) {
		n++;
		assert_int_equal(prison_jid(pr), 2 * n);
	}
	assert_int_equal(n, 5000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(jids_count_up_and_a_freed_one_is_not_given_again_soon),
		T(jids_wrap_and_skip_those_in_use_even_by_the_dying),
		T(names_are_unique_and_numbers_only_as_the_jid),
		T(a_childs_name_begins_with_its_parents),
		T(first_address_is_primary_and_the_rest_are_sorted),
		T(bad_address_lists_are_refused),
		T(one_address_in_two_jails_only_if_both_have_just_one),
		T(a_child_has_some_of_its_parents_addresses),
		T(addresses_may_be_inherited_by_family),
		T(removal_takes_the_whole_subtree),
		T(a_jail_sees_itself_and_what_is_below),
		T(a_child_has_no_right_its_parent_lacks),
		T(a_range_of_ports_is_two_ports_in_order_above_the_reserved),
		T(ranges_of_ports_come_from_the_nearest_jail_that_has_one),
		T(privileges_in_a_jail_are_those_it_is_allowed),
		T(addresses_are_coerced_as_in_freebsd),
		T(socket_domains_follow_the_addresses),
		T(every_jail_that_lists_an_address_is_found_by_it_once),
		T(a_list_of_64k_addresses_answers_membership),
		T(a_dead_jails_addresses_are_forgotten_in_steps),
		T(a_refused_creation_leaves_nothing),
		T(ten_thousand_jails_come_and_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
