/*
 * sysctl_mib_test.c - the MIB: numbers, names, rights, values, meta requests.
 *
 * Theory of operation
 *
 * The test declares values of its own below debug.t, in a module of its own,
 * and asks for them through sysctl_step(), as the daemon does.  The tree walk
 * is compared with a sorted list of all names made from the linker set.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/version.h"
#include "base/zone.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

LINKERSET_DECLARE(sysctl, const struct sysctl_oid);

struct tstate {
	int	 rw, ro, any, prison, hidden;
	unsigned u;
	uint64_t u64;
	int64_t	 s64;
	uint8_t	 u8;
	char	 name[8];
	struct { uint32_t a, b; } pair;
	int	 even;
};

static int
tstate_init(struct vnet *v);

static VNET_MODULE(tmod, struct tstate, VNET_PROTO, tstate_init, NULL);

static int
tstate_init(struct vnet *v)
{
	struct tstate *t = vnet_data(v, &tmod);

	t->rw = 1;
	t->ro = 2;
	t->u64 = UINT64_MAX;
	t->s64 = INT64_MIN;
	strcpy(t->name, "abc");
	t->pair.a = 7;
	t->pair.b = 8;
	return 0;
}

/* Refuses odd numbers. */
static int
handle_even(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	int val = *(int *)sysctl_var(oid, req), error;

	error = sysctl_handle_value(oid, req, &val, sizeof(val));
	if (error != 0 || req->newptr == NULL)
		return error;
	if (val % 2 != 0)
		return ERANGE;
	*(int *)sysctl_var(oid, req) = val;
	return 0;
}

/* The sum of the components below it. */
static int
handle_sum(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	int sum = (int)oid->arg;
	unsigned i;

	for (i = 0; i < req->namelen; i++)
		sum += req->name[i];
	return SYSCTL_OUT(req, &sum, sizeof(sum));
}

/* Counts to ten in slices of three. */
static int
handle_slices(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	uint32_t n;
	int i;

	(void)oid;
	for (i = 0; i < 3 && req->cursor[0] < 10; i++) {
		n = (uint32_t)req->cursor[0]++;
		assert_int_equal(SYSCTL_OUT(req, &n, sizeof(n)), 0);
	}
	return req->cursor[0] < 10 ? SYSCTL_MORE : 0;
}

static int
handle_wo(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	(void)oid;
	return req->newptr != NULL ? 0 : EIO;
}

SYSCTL_NODE(t_empty, "debug.t.empty", OID_AUTO, "Nothing below");
SYSCTL_NODE(t_skipped, "debug.t.skipped", 9, NULL);
SYSCTL_INT(t_skipped_rw, "debug.t.skipped.rw", 1, CTLFLAG_RW | CTLFLAG_SKIP,
    tmod, struct tstate, hidden, NULL, "not listed");
SYSCTL_INT(t_rw, "debug.t.rw", OID_AUTO, CTLFLAG_RW, tmod, struct tstate, rw,
    NULL, "read and write");
SYSCTL_INT(t_ro, "debug.t.ro", OID_AUTO, CTLFLAG_RD, tmod, struct tstate, ro,
    NULL, "read only");
SYSCTL_INT(t_any, "debug.t.any", OID_AUTO, CTLFLAG_RW | CTLFLAG_ANYBODY, tmod,
    struct tstate, any, NULL, "");
SYSCTL_INT(t_prison, "debug.t.prison", OID_AUTO, CTLFLAG_RW | CTLFLAG_PRISON,
    tmod, struct tstate, prison, NULL, "");
SYSCTL_UINT(t_u, "debug.t.u", 3, CTLFLAG_RW, tmod, struct tstate, u, NULL,
    NULL);
SYSCTL_U64(t_u64, "debug.t.u64", OID_AUTO, CTLFLAG_RW, tmod, struct tstate,
    u64, NULL, "");
SYSCTL_FIELD_(t_s64, "debug.t.s64", OID_AUTO, CTLTYPE_S64 | CTLFLAG_RW, tmod,
    struct tstate, s64, NULL, "Q", "");
SYSCTL_FIELD_(t_u8, "debug.t.u8", OID_AUTO, CTLTYPE_U8 | CTLFLAG_RW, tmod,
    struct tstate, u8, NULL, "CU", "");
SYSCTL_STRING(t_name, "debug.t.name", OID_AUTO, CTLFLAG_RW, tmod,
    struct tstate, name, NULL, "a name");
SYSCTL_STRUCT(t_pair, "debug.t.pair", OID_AUTO, CTLFLAG_RW, tmod,
    struct tstate, pair, NULL, "S,pair", "two");
SYSCTL_INT(t_even, "debug.t.even", OID_AUTO, CTLFLAG_RW, tmod, struct tstate,
    even, handle_even, "");
SYSCTL_PROC(t_sum, "debug.t.sum", OID_AUTO, CTLTYPE_NODE | CTLFLAG_RD,
    handle_sum, 100, "N", "");
SYSCTL_PROC(t_slices, "debug.t.slices", OID_AUTO, CTLTYPE_OPAQUE | CTLFLAG_RD,
    handle_slices, 0, "S,u32", "");
SYSCTL_PROC(t_wo, "debug.t.wo", OID_AUTO, CTLTYPE_OPAQUE | CTLFLAG_WR,
    handle_wo, 0, "S", "");
SYSCTL_INT(t_ab, "debug.t-b.x", OID_AUTO, CTLFLAG_RD, tmod, struct tstate, rw,
    NULL, "a name that is the prefix of another's sibling");

/* A row that a test changes before it makes a vnet. */
static int bad_handler(const struct sysctl_oid *, struct sysctl_req *);
static struct sysctl_oid bad_row = { .name = "debug.bad", .number = OID_AUTO,
	.kind = CTLTYPE_INT | CTLFLAG_RD, .handler = bad_handler };
LINKERSET_ADD(sysctl, bad_row);

static int
bad_handler(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	(void)oid;
	return SYSCTL_OUT(req, &req->vnet->now, sizeof(int));
}

static struct vnet *v;

static int
setup(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = { 1 };

	(void)state;
	return vnet_new(seed, 1, &v);
}

static int
teardown(void **state)
{
	(void)state;
	vnet_free(v);
	return 0;
}

static struct tstate *
tstate(void)
{
	return vnet_data(v, &tmod);
}

static const struct cred root = { .uid = 0 }, user = { .uid = 1000 };

struct answer {
	int	error;
	size_t	len;
	uint8_t	data[8192];
};

/* One request to its end. */
static struct answer
ask_as(const struct cred *cred, bool jailed, const int *mib, unsigned len,
    const void *newp, size_t newlen)
{
	struct sysctl_req req = { .vnet = v, .cred = cred, .jailed = jailed,
		.newptr = newp, .newlen = newlen };
	struct answer a;

	memset(&a, 0, sizeof(a));
	do {
		a.error = sysctl_step(mib, len, &req);
		assert_true(a.len + req.outlen <= sizeof(a.data));
		if (req.outlen != 0)
			memcpy(a.data + a.len, req.out, req.outlen);
		a.len += req.outlen;
		req.outlen = 0;
	} while (a.error == SYSCTL_MORE);
	assert_int_equal(req.total, a.len);
	free(req.out);
	return a;
}

static struct answer
ask(const int *mib, unsigned len)
{
	return ask_as(&user, false, mib, len, NULL, 0);
}

static struct answer
ask_name(const struct cred *cred, bool jailed, const char *name,
    const void *newp, size_t newlen)
{
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;

	assert_int_equal(sysctl_lookup(v, name, mib, &len), 0);
	return ask_as(cred, jailed, mib, len, newp, newlen);
}

static int
set(const char *name, const void *newp, size_t newlen)
{
	return ask_name(&root, false, name, newp, newlen).error;
}

/* A meta request {0, op, mib...}. */
static struct answer
meta(int op, const int *mib, unsigned len)
{
	int full[CTL_MAXNAME + 2] = { 0, op };

	memcpy(full + 2, mib, len * sizeof(int));
	return ask(full, len + 2);
}

static void
fixed_numbers_are_freebsds(void **state)
{
	static const int want[] = { 4, 2, 6 };
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;
	struct answer a;

	(void)state;
	assert_int_equal(sysctl_lookup(v, "net.inet.tcp", mib, &len), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(mib, want, sizeof(want));
	a = ask((const int[]) { CTL_KERN, 1 }, 2);
	assert_int_equal(a.error, 0);
	assert_string_equal((char *)a.data, NETJAIL_OSTYPE);
}

static void
auto_numbers_start_at_256_in_order_of_name(void **state)
{
	static const char *const names[] = { "debug.t.any", "debug.t.empty",
		"debug.t.even", "debug.t.name", "debug.t.pair" };
	int mib[CTL_MAXNAME];
	unsigned i, len;

	(void)state;
	for (i = 0; i < 5; i++) {
		len = CTL_MAXNAME;
		assert_int_equal(sysctl_lookup(v, names[i], mib, &len), 0);
		assert_int_equal(len, 3);
		assert_int_equal(mib[2], 0x100 + (int)i);
	}
}

static void
lookup_refuses_what_is_not_there(void **state)
{
	static const char *const bad[] = { "", ".", "nothing", "debug.t.nothing",
		"debug.t.r", "debug.t.rww", "debug.t.rw.x", "debug..t", ".debug",
		"debug.t.sum.1" };
	int mib[CTL_MAXNAME];
	unsigned i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		len = CTL_MAXNAME;
		assert_int_equal(sysctl_lookup(v, bad[i], mib, &len), ENOENT);
	}
	len = 2;
	assert_int_equal(sysctl_lookup(v, "debug.t.rw", mib, &len), ENOMEM);
	len = 3;
	assert_int_equal(sysctl_lookup(v, "debug.t.rw.", mib, &len), 0);
}

static void
errors_of_names_are_sysctl3s(void **state)
{
	int mib[CTL_MAXNAME + 1] = { 5 };
	unsigned len = CTL_MAXNAME;

	(void)state;
	assert_int_equal(ask(mib, 0).error, EINVAL);
	assert_int_equal(ask(mib, 1).error, EINVAL);
	assert_int_equal(ask(mib, CTL_MAXNAME + 1).error, EINVAL);
	assert_int_equal(ask((const int[]) { 4, 2 }, 2).error, EISDIR);
	assert_int_equal(ask((const int[]) { 4, 77 }, 2).error, ENOENT);
	assert_int_equal(ask((const int[]) { -1, 0 }, 2).error, ENOENT);
	assert_int_equal(sysctl_lookup(v, "debug.t.rw", mib, &len), 0);
	assert_int_equal(ask(mib, 3).error, 0);
	assert_int_equal(ask(mib, 4).error, ENOTDIR);
	len = CTL_MAXNAME;
	assert_int_equal(sysctl_lookup(v, "debug.t.empty", mib, &len), 0);
	assert_int_equal(ask(mib, 3).error, EISDIR);
	assert_int_equal(ask(mib, 4).error, ENOENT);
}

static void
a_node_with_a_handler_gets_the_rest_of_the_name(void **state)
{
	int mib[CTL_MAXNAME] = { 0 };
	unsigned len = CTL_MAXNAME;
	struct answer a;
	int sum;

	(void)state;
	assert_int_equal(sysctl_lookup(v, "debug.t.sum", mib, &len), 0);
	mib[3] = 20;
	mib[4] = 3;
	a = ask(mib, 5);
	assert_int_equal(a.error, 0);
	memcpy(&sum, a.data, sizeof(sum));
	assert_int_equal(sum, 123);
}

static void
only_root_writes_and_jails_only_what_is_marked(void **state)
{
	static const struct {
		const char *name;
		int user, jroot, juser, root;
	} want[] = {
		{ "debug.t.rw", EPERM, EPERM, EPERM, 0 },
		{ "debug.t.ro", EPERM, EPERM, EPERM, EPERM },
		{ "debug.t.any", 0, 0, 0, 0 },
		{ "debug.t.prison", EPERM, 0, EPERM, 0 },
	};
	int val = 9;
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++) {
		assert_int_equal(ask_name(&user, false, want[i].name, &val,
		    sizeof(val)).error, want[i].user);
		assert_int_equal(ask_name(&root, true, want[i].name, &val,
		    sizeof(val)).error, want[i].jroot);
		assert_int_equal(ask_name(&user, true, want[i].name, &val,
		    sizeof(val)).error, want[i].juser);
		assert_int_equal(ask_name(&root, false, want[i].name, &val,
		    sizeof(val)).error, want[i].root);
		assert_int_equal(ask_name(&user, true, want[i].name, NULL,
		    0).error, 0);
	}
	assert_int_equal(tstate()->rw, 9);
	assert_int_equal(tstate()->ro, 2);
}

static void
a_write_gives_back_the_old_value(void **state)
{
	struct answer a;
	int val = 5, old;

	(void)state;
	a = ask_name(&root, false, "debug.t.rw", &val, sizeof(val));
	assert_int_equal(a.error, 0);
	memcpy(&old, a.data, sizeof(old));
	assert_int_equal(old, 1);
	assert_int_equal(tstate()->rw, 5);
}

static void
integers_of_each_width_are_replaced_whole(void **state)
{
	uint64_t u64 = UINT64_C(0x123456789abcdef0);
	int64_t s64 = -2;
	uint8_t u8 = 200;
	unsigned u = 4000000000u;

	(void)state;
	assert_int_equal(set("debug.t.u64", &u64, 8), 0);
	assert_int_equal(set("debug.t.s64", &s64, 8), 0);
	assert_int_equal(set("debug.t.u8", &u8, 1), 0);
	assert_int_equal(set("debug.t.u", &u, 4), 0);
	assert_true(tstate()->u64 == u64 && tstate()->s64 == s64);
	assert_true(tstate()->u8 == u8 && tstate()->u == u);
}

static void
a_new_value_may_be_longer_but_not_shorter(void **state)
{
	uint64_t wide = 3;

	(void)state;
	assert_int_equal(set("debug.t.rw", &wide, 3), EINVAL);
	assert_int_equal(set("debug.t.rw", &wide, 0), EINVAL);
	assert_int_equal(tstate()->rw, 1);
	assert_int_equal(set("debug.t.rw", &wide, 8), 0);
	assert_int_equal(tstate()->rw, 3);
	assert_int_equal(set("debug.t.pair", &wide, 7), EINVAL);
	assert_int_equal(tstate()->pair.a, 7);
	assert_int_equal(set("debug.t.pair", &wide, 8), 0);
	assert_int_equal(tstate()->pair.a, 3);
	assert_int_equal(tstate()->pair.b, 0);
}

static void
strings_end_in_nul_and_must_fit(void **state)
{
	struct answer a;

	(void)state;
	a = ask_name(&user, false, "debug.t.name", NULL, 0);
	assert_int_equal(a.len, 4);
	assert_memory_equal(a.data, "abc", 4);
	assert_int_equal(set("debug.t.name", "1234567", 7), 0);
	assert_string_equal(tstate()->name, "1234567");
	assert_int_equal(set("debug.t.name", "12345678", 8), EINVAL);
	assert_string_equal(tstate()->name, "1234567");
	assert_int_equal(set("debug.t.name", "", 0), 0);
	assert_string_equal(tstate()->name, "");
}

static void
a_handler_may_refuse_a_value(void **state)
{
	int val = 3;

	(void)state;
	assert_int_equal(set("debug.t.even", &val, sizeof(val)), ERANGE);
	assert_int_equal(tstate()->even, 0);
	val = 4;
	assert_int_equal(set("debug.t.even", &val, sizeof(val)), 0);
	assert_int_equal(tstate()->even, 4);
}

static void
what_is_write_only_cannot_be_read(void **state)
{
	(void)state;
	assert_int_equal(ask_name(&root, false, "debug.t.wo", NULL, 0).error,
	    EPERM);
	assert_int_equal(set("debug.t.wo", "", 0), 0);
}

static void
slices_are_put_together(void **state)
{
	struct answer a;
	uint32_t i, n;

	(void)state;
	a = ask_name(&user, false, "debug.t.slices", NULL, 0);
	assert_int_equal(a.error, 0);
	assert_int_equal(a.len, 40);
	for (i = 0; i < 10; i++) {
		memcpy(&n, a.data + 4 * i, 4);
		assert_int_equal(n, i);
	}
}

static void
sizeonly_counts_and_copies_nothing(void **state)
{
	struct sysctl_req req = { .vnet = v, .cred = &user, .sizeonly = true };
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;

	(void)state;
	assert_int_equal(sysctl_lookup(v, "debug.t.name", mib, &len), 0);
	assert_int_equal(sysctl_step(mib, len, &req), 0);
	assert_int_equal(req.total, 4);
	assert_int_equal(req.outlen, 0);
	assert_null(req.out);
}

static void
output_of_any_length_keeps_its_bytes(void **state)
{
	struct sysctl_req req = { .vnet = v, .cred = &user };
	uint8_t chunk[97];
	unsigned i, j;

	(void)state;
	for (i = 0; i < 500; i++) {
		memset(chunk, (int)i, sizeof(chunk));
		assert_int_equal(SYSCTL_OUT(&req, chunk, i % 98), 0);
	}
	for (i = 0, j = 0; i < 500; j += i++ % 98)
		if (i % 98 != 0)
			assert_int_equal(req.out[j], (uint8_t)i);
	assert_int_equal(j, req.outlen);
	assert_int_equal(req.total, j);
	free(req.out);
}

static void
meta_tells_name_kind_format_and_description(void **state)
{
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;
	struct answer a;
	uint32_t kind;

	(void)state;
	assert_int_equal(sysctl_lookup(v, "debug.t.name", mib, &len), 0);
	assert_string_equal((char *)meta(1, mib, len).data, "debug.t.name");
	a = meta(4, mib, len);
	memcpy(&kind, a.data, sizeof(kind));
	assert_int_equal(kind, CTLTYPE_STRING | CTLFLAG_RWTUN);
	assert_string_equal((char *)a.data + 4, "A");
	assert_string_equal((char *)meta(5, mib, len).data, "a name");
	a = meta(4, mib, 2);
	memcpy(&kind, a.data, sizeof(kind));
	assert_int_equal(kind, CTLTYPE_NODE | CTLFLAG_RD);
	assert_int_equal(meta(5, mib, 2).error, ENOENT);
	assert_int_equal(meta(4, mib, len + 1).error, ENOENT);
	assert_int_equal(meta(4, mib, 0).error, ENOENT);
}

static void
meta_shows_unknown_components_as_numbers(void **state)
{
	(void)state;
	assert_string_equal((char *)meta(1, (const int[]) { 4, 2, 999 }, 3).data,
	    "net.inet.999");
	assert_string_equal((char *)meta(1, (const int[]) { 77, 1 }, 2).data,
	    "77.1");
}

static void
meta_finds_the_number_of_a_name(void **state)
{
	static const int name2oid[] = { 0, 3 }, want[] = { 1, 2 };
	struct answer a;
	char longname[2000];

	(void)state;
	a = ask_as(&user, true, name2oid, 2, "kern.osrelease", 14);
	assert_int_equal(a.error, 0);
	assert_int_equal(a.len, sizeof(want));
	assert_memory_equal(a.data, want, sizeof(want));
	assert_int_equal(ask_as(&user, false, name2oid, 2, "kern.no", 7).error,
	    ENOENT);
	memset(longname, 'x', sizeof(longname));
	assert_int_equal(ask_as(&user, false, name2oid, 2, longname,
	    sizeof(longname)).error, ENAMETOOLONG);
}

struct entry {
	int		mib[CTL_MAXNAME];
	unsigned	len;
};

/* Lexicographic, a prefix first. */
static int
entry_cmp(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	unsigned i;

	for (i = 0; i < a->len && i < b->len; i++)
		if (a->mib[i] != b->mib[i])
			return a->mib[i] < b->mib[i] ? -1 : 1;
	return (a->len > b->len) - (a->len < b->len);
}

/* All values (with a handler of sub-names too) of the linker set, sorted. */
static unsigned
all_values(struct entry *e, bool skip)
{
	const struct sysctl_oid *const *pp;
	unsigned n = 0;

	LINKERSET_FOREACH (pp, sysctl) {
		if (((*pp)->kind & CTLTYPE) == CTLTYPE_NODE &&
		    (*pp)->handler == NULL)
			continue;
		if (skip && ((*pp)->kind & CTLFLAG_SKIP) != 0)
			continue;
		e[n].len = CTL_MAXNAME;
		assert_int_equal(sysctl_lookup(v, (*pp)->name, e[n].mib,
		    &e[n].len), 0);
		n++;
	}
	qsort(e, n, sizeof(*e), entry_cmp);
	return n;
}

static void
check_walk(int op, bool skip)
{
	static struct entry e[1000];
	unsigned n = all_values(e, skip), i;
	struct answer a;

	a = meta(op, e[0].mib, 0);
	for (i = 0; i < n; i++) {
		assert_int_equal(a.error, 0);
		assert_int_equal(a.len, e[i].len * sizeof(int));
		assert_memory_equal(a.data, e[i].mib, a.len);
		a = meta(op, e[i].mib, e[i].len);
	}
	assert_int_equal(a.error, ENOENT);
}

static void
next_visits_every_value_once_in_order(void **state)
{
	(void)state;
	check_walk(2, true);
	check_walk(7, false);
}

static void
next_after_a_number_that_is_not_there_is_the_one_behind(void **state)
{
	struct answer a;
	int mib[3];

	(void)state;
	a = meta(2, (const int[]) { 4, 1000000 }, 2);
	memcpy(mib, a.data, sizeof(mib));
	assert_int_equal(mib[0], 5);
	a = meta(2, (const int[]) { -5 }, 1);
	memcpy(mib, a.data, sizeof(mib));
	assert_int_equal(mib[0], 1);
	assert_int_equal(meta(2, (const int[]) { 1000000 }, 1).error, ENOENT);
}

static void
vm_zone_lists_every_zone(void **state)
{
	struct zone *a, *b;
	struct answer text, bin;
	struct xzone xz;
	void *p;

	(void)state;
	a = zinit(v, "apple", 40, 0, 3);
	b = zinit(v, "a name of more than thirty-one characters", 8, 0, 0);
	assert_non_null(a);
	assert_non_null(b);
	p = zalloc(a);
	assert_non_null(p);
	text = ask_name(&user, false, "vm.zone", NULL, 0);
	assert_int_equal(text.error, 0);
	assert_int_equal(text.data[text.len - 1], '\0');
	assert_non_null(strstr((char *)text.data,
	    "\napple:                     40,        3,        1, "));
	bin = ask_name(&user, false, "vm.zones", NULL, 0);
	assert_int_equal(bin.len % sizeof(xz), 0);
	memcpy(&xz, bin.data + bin.len - 2 * sizeof(xz), sizeof(xz));
	assert_string_equal(xz.xz_name, "apple");
	assert_int_equal(xz.xz_len, sizeof(xz));
	assert_int_equal(xz.xz_used, 1);
	assert_int_equal(xz.xz_limit, 3);
	memcpy(&xz, bin.data + bin.len - sizeof(xz), sizeof(xz));
	assert_int_equal(strlen(xz.xz_name), 31);
	zfree(a, p);
	zdestroy(a);
	zdestroy(b);
}

static void
rows_that_contradict_others_are_refused(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = { 1 };
	static const struct sysctl_oid rows[] = {
		{ "debug.t.rw", OID_AUTO, CTLTYPE_INT, .handler = bad_handler },
		{ "debug.t", OID_AUTO, CTLTYPE_INT, .handler = bad_handler },
		{ "debug.t.rw.x", OID_AUTO, CTLTYPE_INT,
		    .handler = bad_handler },
		{ "debug.t.sum.x", OID_AUTO, CTLTYPE_INT,
		    .handler = bad_handler },
		{ "debug.t.x", 3, CTLTYPE_INT, .handler = bad_handler },
		{ "debug.t.x", 0x100, CTLTYPE_INT, .handler = bad_handler },
		{ "debug.t.x", -2, CTLTYPE_INT, .handler = bad_handler },
		{ "debug.t.x", OID_AUTO, 0, .handler = bad_handler },
		{ "debug.t.x", OID_AUTO, CTLTYPE_INT, .handler = NULL },
		{ "debug.t.x", OID_AUTO, CTLTYPE_U64, .module = &tmod,
		    .size = 4 },
		{ "", OID_AUTO, CTLTYPE_INT, .handler = bad_handler },
		{ "debug..x", OID_AUTO, CTLTYPE_INT, .handler = bad_handler },
		{ "debug..", OID_AUTO, CTLTYPE_INT, .handler = bad_handler },
		{ "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a", OID_AUTO,
		    CTLTYPE_INT, .handler = bad_handler },
	};
	struct sysctl_oid good = bad_row;
	struct vnet *other;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(&bad_row, &rows[i], sizeof(bad_row));
		assert_int_equal(vnet_new(seed, 1, &other), EINVAL);
		assert_null(other);
	}
	memcpy(&bad_row, &good, sizeof(bad_row));
	assert_int_equal(vnet_new(seed, 1, &other), 0);
	vnet_free(other);
}

static void
two_vnets_have_values_of_their_own(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = { 2 };
	struct vnet *first = v, *second;
	int val = 77;

	(void)state;
	assert_int_equal(vnet_new(seed, 1, &second), 0);
	v = second;
	assert_int_equal(set("debug.t.rw", &val, sizeof(val)), 0);
	v = first;
	assert_int_equal(tstate()->rw, 1);
	vnet_free(second);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(fixed_numbers_are_freebsds),
		T(auto_numbers_start_at_256_in_order_of_name),
		T(lookup_refuses_what_is_not_there),
		T(errors_of_names_are_sysctl3s),
		T(a_node_with_a_handler_gets_the_rest_of_the_name),
		T(only_root_writes_and_jails_only_what_is_marked),
		T(a_write_gives_back_the_old_value),
		T(integers_of_each_width_are_replaced_whole),
		T(a_new_value_may_be_longer_but_not_shorter),
		T(strings_end_in_nul_and_must_fit),
		T(a_handler_may_refuse_a_value),
		T(what_is_write_only_cannot_be_read),
		T(slices_are_put_together),
		T(sizeonly_counts_and_copies_nothing),
		T(output_of_any_length_keeps_its_bytes),
		T(meta_tells_name_kind_format_and_description),
		T(meta_shows_unknown_components_as_numbers),
		T(meta_finds_the_number_of_a_name),
		T(next_visits_every_value_once_in_order),
		T(next_after_a_number_that_is_not_there_is_the_one_behind),
		T(vm_zone_lists_every_zone),
		T(rows_that_contradict_others_are_refused),
		T(two_vnets_have_values_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
