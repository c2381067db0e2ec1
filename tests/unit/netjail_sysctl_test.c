/*
 * What the MIB says about jails, to a reader outside and to one inside.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/prison.h"
#include "sysctl/sysctl.h"
#include "sysctl/xprison.h"

struct fixture {
	struct vnet	*v;
	struct prison	*a, *b, *c;	/* b is below a */
	uint8_t		*out;		/* of the last call */
	size_t		 outlen;
};

static struct prison *
jail(struct vnet *v, struct prison *parent, const char *name,
    const char *host, const char *addr, uint32_t allow)
{
	struct inaddr a[2];
	struct prison_params pp = { .name = name, .hostname = host,
	    .path = "/j", .addr = a, .naddr = 2, .allow = allow };
	struct prison *pr;
	char msg[128];

	assert_true(inaddr_pton(addr, &a[0]));
	assert_true(inaddr_pton("fd00::1", &a[1]));
	assert_int_equal(prison_create(v, parent, &pp, &pr, msg, sizeof(msg)),
	    0);
	prison_put(v, pr);
	return pr;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint8_t seed[VNET_SEEDLEN] = { 2 };

	if (f == NULL || vnet_new(seed, 0, &f->v) != 0)
		return -1;
	f->a = jail(f->v, prison0(f->v), "a", "a.example", "10.0.0.1",
	    PR_ALLOW_DEFAULT | PR_ALLOW_RAW_SOCKETS);
	f->b = jail(f->v, f->a, "b", "b.example", "10.0.0.1",
	    PR_ALLOW_RESERVED_PORTS);
	f->c = jail(f->v, prison0(f->v), "c", "c.example", "10.0.0.3",
	    PR_ALLOW_DEFAULT);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	vnet_free(f->v);
	free(f->out);
	free(f);
	return 0;
}

/* All slices of one call. */
static int
call(struct fixture *f, const char *name, struct prison *pr, const void *newp,
    size_t newlen)
{
	struct cred cred = { .uid = 0, .prison = pr };
	struct sysctl_req req = { .vnet = f->v, .cred = &cred,
	    .jailed = pr != prison0(f->v), .newptr = newp, .newlen = newlen };
	int mib[CTL_MAXNAME], error;
	unsigned n = CTL_MAXNAME;

	free(f->out);
	assert_int_equal(sysctl_lookup(f->v, name, mib, &n), 0);
	while ((error = sysctl_step(mib, n, &req)) == SYSCTL_MORE)
		;
	f->out = req.out;
	f->outlen = req.outlen;
	return error;
}

static int
get(struct fixture *f, const char *name, struct prison *pr)
{
	int val;

	assert_int_equal(call(f, name, pr, NULL, 0), 0);
	assert_int_equal(f->outlen, sizeof(val));
	memcpy(&val, f->out, sizeof(val));
	return val;
}

static int
set(struct fixture *f, const char *name, struct prison *pr, int val)
{
	return call(f, name, pr, &val, sizeof(val));
}

static void
jailed_is_one_inside_only(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, "security.jail.jailed", prison0(f->v)), 0);
	assert_int_equal(get(f, "security.jail.jailed", f->a), 1);
	assert_int_equal(set(f, "security.jail.jailed", prison0(f->v), 0),
	    EPERM);
}

static void
allowed_values_are_defaults_outside_and_own_rights_inside(void **state)
{
	struct fixture *f = *state;
	struct prison *p0 = prison0(f->v);

	assert_int_equal(get(f, "security.jail.set_hostname_allowed", p0), 1);
	assert_int_equal(get(f, "security.jail.socket_unixiproute_only", p0),
	    1);
	assert_int_equal(get(f, "security.jail.sysvipc_allowed", p0), 0);
	assert_int_equal(get(f, "security.jail.allow_raw_sockets", p0), 0);
	assert_int_equal(get(f, "security.jail.allow_raw_sockets", f->a), 1);
	assert_int_equal(get(f, "security.jail.allow_raw_sockets", f->c), 0);
	assert_int_equal(get(f, "security.jail.set_hostname_allowed", f->b),
	    0);
	assert_int_equal(get(f, "security.jail.socket_unixiproute_only",
	    f->a), 1);
	assert_int_equal(set(f, "security.jail.allow_raw_sockets", f->a, 0),
	    EPERM);
	assert_int_equal(set(f, "security.jail.allow_raw_sockets", p0, 1), 0);
	assert_int_equal(get(f, "security.jail.allow_raw_sockets", p0), 1);
	assert_int_equal(get(f, "security.jail.allow_raw_sockets", f->c), 0);
	assert_int_equal(prison_default_allow(f->v),
	    PR_ALLOW_DEFAULT | PR_ALLOW_RAW_SOCKETS);
}

static void
names_of_1999_mean_the_same(void **state)
{
	struct fixture *f = *state;
	struct prison *p0 = prison0(f->v);

	assert_int_equal(set(f, "jail.socket_unixiproute_only", p0, 0), 0);
	assert_int_equal(get(f, "security.jail.socket_unixiproute_only", p0),
	    0);
	assert_int_equal(set(f, "jail.set_hostname_allowed", p0, 0), 0);
	assert_int_equal(set(f, "jail.sysvipc_allowed", p0, 7), 0);
	assert_int_equal(get(f, "jail.sysvipc_allowed", p0), 1);
	assert_int_equal(prison_default_allow(f->v), PR_ALLOW_RESERVED_PORTS |
	    PR_ALLOW_SUSER | PR_ALLOW_SYSVIPC | PR_ALLOW_SOCKET_AF);
}

static void
the_number_of_addresses_is_limited_by_a_sysctl(void **state)
{
	struct fixture *f = *state;
	struct prison *p0 = prison0(f->v), *pr;
	struct inaddr a[2];
	struct prison_params pp = { .addr = a, .naddr = 2 };
	char msg[128];

	inaddr_pton("10.9.0.1", &a[0]);
	inaddr_pton("10.9.0.2", &a[1]);
	assert_int_equal(get(f, "security.jail.jail_max_af_ips", p0), 65536);
	assert_int_equal(set(f, "security.jail.jail_max_af_ips", f->a, 9),
	    EPERM);
	assert_int_equal(set(f, "security.jail.jail_max_af_ips", p0, 1), 0);
	assert_int_equal(prison_create(f->v, p0, &pp, &pr, msg, sizeof(msg)),
	    EINVAL);
	assert_int_equal(set(f, "security.jail.jail_max_af_ips", p0, 2), 0);
	assert_int_equal(prison_create(f->v, p0, &pp, &pr, msg, sizeof(msg)),
	    0);
	prison_put(f->v, pr);
}

static void
hostname_is_the_readers_and_settable_if_allowed(void **state)
{
	struct fixture *f = *state;
	char name[300];

	assert_int_equal(prison_set_hostname(prison0(f->v), "host"), 0);
	assert_int_equal(call(f, "kern.hostname", prison0(f->v), NULL, 0), 0);
	assert_string_equal((char *)f->out, "host");
	assert_int_equal(f->outlen, 5);
	assert_int_equal(call(f, "kern.hostname", f->a, "new", 3), 0);
	assert_string_equal(prison_hostname(f->a), "new");
	assert_string_equal(prison_hostname(prison0(f->v)), "host");
	assert_int_equal(call(f, "kern.hostname", f->b, "new", 3), EPERM);
	assert_string_equal(prison_hostname(f->b), "b.example");
	memset(name, 'x', sizeof(name));
	assert_int_not_equal(call(f, "kern.hostname", f->a, name,
	    sizeof(name)), 0);
	assert_string_equal(prison_hostname(f->a), "new");
}

/* The next record of the listing, as *xp; false at the end. */
static bool
record(const struct fixture *f, size_t *off, struct xprison *xp,
    const uint8_t **addrs)
{
	if (*off == f->outlen)
		return false;
	assert_true(*off + sizeof(*xp) <= f->outlen);
	memcpy(xp, f->out + *off, sizeof(*xp));
	*addrs = f->out + *off + sizeof(*xp);
	*off += sizeof(*xp) + 4 * xp->pr_ip4s + 16 * xp->pr_ip6s;
	return true;
}

static void
list_shows_all_jails_but_prison0_outside(void **state)
{
	struct fixture *f = *state;
	const char *names[] = { "a", "a.b", "c" };
	struct xprison xp;
	const uint8_t *addrs;
	size_t off = 0;
	unsigned n = 0;

	assert_int_equal(call(f, "security.jail.list", prison0(f->v), NULL,
	    0), 0);
	while (record(f, &off, &xp, &addrs)) {
		assert_int_equal(xp.pr_version, XPRISON_VERSION);
		assert_int_equal(xp.pr_state, XPRISON_ALIVE);
		assert_int_equal(xp.pr_id, n + 1);
		assert_string_equal(xp.pr_name, names[n]);
		assert_string_equal(xp.pr_path, "/j");
		assert_int_equal(xp.pr_ip4s, 1);
		assert_int_equal(xp.pr_ip6s, 1);
		assert_memory_equal(addrs, n < 2 ? "\12\0\0\1" : "\12\0\0\3",
		    4);
		assert_memory_equal(addrs + 4, prison_addr(f->a, 1), 16);
		n++;
	}
	assert_int_equal(n, 3);
}

static void
list_shows_only_descendants_inside(void **state)
{
	struct fixture *f = *state;
	struct xprison xp;
	const uint8_t *addrs;
	size_t off = 0;

	assert_int_equal(call(f, "security.jail.list", f->a, NULL, 0), 0);
	assert_true(record(f, &off, &xp, &addrs));
	assert_string_equal(xp.pr_name, "b");
	assert_string_equal(xp.pr_host, "b.example");
	assert_false(record(f, &off, &xp, &addrs));
	assert_int_equal(call(f, "security.jail.list", f->c, NULL, 0), 0);
	assert_int_equal(f->outlen, 0);
	assert_int_equal(call(f, "security.jail.list", prison0(f->v), "x", 1),
	    EPERM);
}

static void
a_long_list_comes_in_slices_each_jail_once(void **state)
{
	struct fixture *f = *state;
	struct prison_params pp = { 0 };
	struct prison *pr;
	struct xprison xp;
	const uint8_t *addrs;
	size_t off = 0;
	char msg[128];
	int last = 0, n = 0;

	for (int i = 0; i < 500; i++) {
		assert_int_equal(prison_create(f->v, prison0(f->v), &pp, &pr,
		    msg, sizeof(msg)), 0);
		prison_put(f->v, pr);
	}
	assert_int_equal(call(f, "security.jail.list", prison0(f->v), NULL,
	    0), 0);
	while (record(f, &off, &xp, &addrs)) {
		assert_true(xp.pr_id > last);
		last = xp.pr_id;
		n++;
	}
	assert_int_equal(n, 503);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(jailed_is_one_inside_only),
		T(allowed_values_are_defaults_outside_and_own_rights_inside),
		T(names_of_1999_mean_the_same),
		T(the_number_of_addresses_is_limited_by_a_sysctl),
		T(hostname_is_the_readers_and_settable_if_allowed),
		T(list_shows_all_jails_but_prison0_outside),
		T(list_shows_only_descendants_inside),
		T(a_long_list_comes_in_slices_each_jail_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
