/*
 * bind: the table of conflicts, what jails make of addresses, privileges,
 * and ports that are chosen.
 */
#include "sysctl/sysctl.h"
#include "tests/unit/pcb_fixture.h"

#define INUSE	EADDRINUSE
#define A	"10.0.0.8"
#define B	"10.0.0.9"
#define ANY	"0.0.0.0"

enum { NONE = 0, ADDR = INP_REUSEADDR, PORT = INP_REUSEPORT,
    LB = INP_REUSEPORT_LB };
static const unsigned option[4] = { NONE, ADDR, PORT, LB };

/*
 * One existing socket and a new one, for each of the new one's options none,
 * SO_REUSEADDR, SO_REUSEPORT, SO_REUSEPORT_LB.
 */
struct row {
	const char *eaddr;
	unsigned eopt;
	bool connected;
	const char *naddr;
	int same[4];		/* errno for the same user */
	int other[4];		/* for another one, without privilege */
	int stream_other[4];	/* the same, on streams */
};

#define ALLINUSE { INUSE, INUSE, INUSE, INUSE }
#define ALLOK	{ 0, 0, 0, 0 }
#define REUSEOK	{ INUSE, 0, 0, 0 }

static const struct row table[] = {
	{ A, NONE, false, A, ALLINUSE, ALLINUSE, ALLINUSE },
	{ ANY, NONE, false, ANY, ALLINUSE, ALLINUSE, ALLINUSE },
	{ A, ADDR, false, A, ALLINUSE, ALLINUSE, ALLINUSE },
	{ ANY, ADDR, false, ANY, ALLINUSE, ALLINUSE, ALLINUSE },
	{ A, PORT, false, A, { INUSE, INUSE, 0, INUSE }, ALLINUSE, ALLINUSE },
	{ ANY, PORT, false, ANY, { INUSE, INUSE, 0, INUSE }, ALLINUSE,
	    ALLINUSE },
	{ A, LB, false, A, { INUSE, INUSE, INUSE, 0 }, ALLINUSE, ALLINUSE },
	{ ANY, LB, false, ANY, { INUSE, INUSE, INUSE, 0 }, ALLINUSE,
	    ALLINUSE },
	{ A, NONE, false, ANY, REUSEOK, ALLINUSE, ALLINUSE },
	{ A, ADDR, false, ANY, REUSEOK, ALLINUSE, ALLINUSE },
	{ A, PORT, false, ANY, REUSEOK, ALLINUSE, ALLINUSE },
	{ A, LB, false, ANY, REUSEOK, ALLINUSE, ALLINUSE },
	{ ANY, NONE, false, A, REUSEOK, ALLINUSE, ALLINUSE },
	{ ANY, ADDR, false, A, REUSEOK, ALLINUSE, ALLINUSE },
	{ ANY, PORT, false, A, REUSEOK, ALLINUSE, ALLINUSE },
	{ ANY, LB, false, A, REUSEOK, ALLINUSE, ALLINUSE },
	{ A, NONE, false, B, ALLOK, ALLOK, ALLOK },
	{ A, NONE, true, A, REUSEOK, ALLINUSE, REUSEOK },
	{ A, NONE, true, ANY, REUSEOK, ALLINUSE, REUSEOK },
	{ ANY, NONE, true, A, REUSEOK, ALLINUSE, REUSEOK },
	{ A, NONE, true, B, ALLOK, ALLOK, ALLOK },
};

static void
try_row(struct inpcbinfo *pi, struct prison *pr, const struct row *r,
    uint32_t uid, const int want[4])
{
	for (unsigned i = 0; i < 4; i++) {
		struct inpcb *e = pcb(pi, pr, 1000, r->eopt), *n;

		assert_int_equal(bindto(e, r->eaddr, 7777), 0);
		/* On the wildcard, connect() makes the address A. */
		if (r->connected)
			assert_int_equal(connectto(e, A, 9), 0);
		n = pcb(pi, pr, uid, option[i]);
		assert_int_equal(bindto(n, r->naddr, 7777), want[i]);
		in_pcbfree(n);
		in_pcbfree(e);
	}
}

static void
conflicts_are_as_in_the_table(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct row *r = &table[i];

		try_row(f->tcp, f->p0, r, 1000, r->same);
		try_row(f->udp, f->p0, r, 1000, r->same);
		try_row(f->udp, f->p0, r, 1001, r->other);
		try_row(f->tcp, f->p0, r, 1001, r->stream_other);
		/* The superuser may do what the same user may. */
		try_row(f->tcp, f->p0, r, 0, r->same);
		try_row(f->udp, f->p0, r, 0, r->same);
		/* An unrestricted jail has the host's ports. */
		try_row(f->tcp, f->open, r, 1000, r->same);
		try_row(f->udp, f->open, r, 0, r->same);
	}
}

static void
multicast_is_shared_by_reuseaddr_on_both(void **state)
{
	struct fixture *f = *state;
	const char *g = "224.1.2.3";
	const int ok[4][4] = {	/* existing: none, ADDR, PORT, LB */
		ALLINUSE,
		{ INUSE, 0, 0, 0 },
		{ INUSE, 0, 0, INUSE },
		{ INUSE, 0, INUSE, 0 },
	};

	for (unsigned e = 0; e < 4; e++)
		for (unsigned n = 0; n < 4; n++) {
			struct inpcb *x = pcb(f->udp, f->p0, 1, option[e]);
			struct inpcb *y = pcb(f->udp, f->p0, 2, option[n]);

			assert_int_equal(bindto(x, g, 5353), 0);
			assert_int_equal(bindto(y, g, 5353), ok[e][n]);
			in_pcbfree(x);
			in_pcbfree(y);
		}
	assert_int_equal(bindto(pcb(f->udp, f->two, 0, 0), g, 5353),
	    EADDRNOTAVAIL);
}

static void
a_better_match_of_ones_own_hides_no_other_user(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(bindto(pcb(f->udp, f->p0, 1000, PORT), ANY, 7777), 0);
	/* Only root may bind beside it; then 1001's is on A. */
	assert_int_equal(bindto(pcb(f->udp, f->p0, 0, PORT), A, 7777), 0);
	assert_int_equal(bindto(pcb(f->udp, f->p0, 1000, PORT), A, 7777),
	    EADDRINUSE);
	assert_int_equal(bindto(pcb(f->udp, f->p0, 1000, PORT), B, 7777), 0);
	assert_int_equal(bindto(pcb(f->udp, f->p0, 0, PORT), B, 7777), 0);
	assert_int_equal(bindto(pcb(f->udp, f->p0, 1000, PORT), B, 7777),
	    EADDRINUSE);
}

static void
users_are_told_apart_after_one_of_two_has_gone(void **state)
{
	struct fixture *f = *state;
	struct inpcb *user = pcb(f->tcp, f->p0, 1000, PORT), *root[3];

	assert_int_equal(bindto(user, A, 7777), 0);
	for (unsigned i = 0; i < 3; i++) {
		root[i] = pcb(f->tcp, f->p0, 0, PORT);
		assert_int_equal(bindto(root[i], A, 7777), 0);
	}
	assert_int_equal(bindto(pcb(f->tcp, f->p0, 1000, PORT), A, 7777),
	    EADDRINUSE);
	for (unsigned i = 0; i < 3; i++)
		in_pcbfree(root[i]);
	assert_int_equal(bindto(pcb(f->tcp, f->p0, 1000, PORT), A, 7777), 0);
}

static void
port_spaces_are_per_address_owning_jail(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(bindto(pcb(f->tcp, f->p0, 0, 0), ANY, 80), 0);
	assert_int_equal(bindto(pcb(f->tcp, f->open, 0, 0), ANY, 80),
	    EADDRINUSE);
	assert_int_equal(bindto(pcb(f->tcp, f->one, 0, 0), ANY, 80), 0);
	assert_int_equal(bindto(pcb(f->tcp, f->two, 0, 0), ANY, 80), 0);
	assert_int_equal(bindto(pcb(f->tcp, f->inner, 0, 0), ANY, 80), 0);
	assert_int_equal(bindto(pcb(f->tcp, f->one, 0, 0), "10.0.0.1", 80),
	    EADDRINUSE);
	assert_int_equal(bindto(pcb(f->tcp,
	    fixture_jail(f->v, f->two, NULL), 0, 0), "10.0.0.3", 80),
	    EADDRINUSE);
	/* Nor do the protocols contend. */
	assert_int_equal(bindto(pcb(f->udp, f->p0, 0, 0), ANY, 80), 0);
}

static void
wildcard_in_a_jail_with_one_address_becomes_it(void **state)
{
	struct fixture *f = *state;
	struct inpcb *a = pcb(f->tcp, f->one, 0, 0);
	struct inpcb *b = pcb(f->tcp, f->two, 0, 0);

	assert_int_equal(bindto(a, ANY, 80), 0);
	assert_addr(a->inp_laddr, "10.0.0.1");
	assert_int_equal(a->inp_table, INP_BOUND);
	assert_int_equal(bindto(b, ANY, 80), 0);
	assert_addr(b->inp_laddr, ANY);
	assert_int_equal(b->inp_table, INP_WILD);
}

static void
bind_to_loopback_in_jail_becomes_first_address(void **state)
{
	struct fixture *f = *state;
	struct inpcb *a = pcb(f->tcp, f->two, 0, 0);
	struct inpcb *b = pcb(f->tcp, f->p0, 0, 0);

	assert_int_equal(bindto(a, "127.0.0.1", 80), 0);
	assert_addr(a->inp_laddr, "10.0.0.2");
	assert_int_equal(bindto(b, "127.0.0.1", 80), 0);
	assert_addr(b->inp_laddr, "127.0.0.1");
}

static void
refusals_leave_the_pcb_fresh(void **state)
{
	struct fixture *f = *state;
	const struct {
		struct prison *pr;
		uint32_t uid;
		const char *addr;
		uint16_t port;
		int error;
	} row[] = {
		{ f->one, 0, "10.0.0.2", 80, EADDRNOTAVAIL },
		{ f->one, 0, "127.0.0.2", 80, EADDRNOTAVAIL },
		{ f->none, 0, ANY, 80, EAFNOSUPPORT },
		{ f->p0, 0, "10.9.0.1", 80, EADDRNOTAVAIL },
		{ f->p0, 1000, ANY, 80, EACCES },
		{ f->p0, 1000, A, 1023, EACCES },
		{ f->one, 1000, ANY, 80, EACCES },
		{ f->p0, 0, "fd00::1", 80, EAFNOSUPPORT },
		{ f->p0, 1000, A, 1024, 0 },
	};

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct inpcb *inp = pcb(f->tcp, row[i].pr, row[i].uid, 0);

		assert_int_equal(bindto(inp, row[i].addr, row[i].port),
		    row[i].error);
		assert_int_equal(inp->inp_lport != 0, row[i].error == 0);
		assert_int_equal(inaddr_is_any(&inp->inp_laddr),
		    row[i].error != 0);
	}
}

static void
a_second_bind_is_einval(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp = pcb(f->tcp, f->p0, 0, 0);

	assert_int_equal(bindto(inp, A, 80), 0);
	assert_int_equal(bindto(inp, A, 81), EINVAL);
	assert_int_equal(bindto(inp, ANY, 0), EINVAL);
	assert_int_equal(in_pcbbind(inp, NULL, &inp->inp_cred), EINVAL);
	assert_int_equal(ntohs(inp->inp_lport), 80);
}

static void
ip_bindany_takes_a_foreign_address_outside_jails(void **state)
{
	struct fixture *f = *state;
	struct inpcb *a = pcb(f->tcp, f->p0, 0, 0);
	struct inpcb *b = pcb(f->tcp, f->one, 0, 0);

	a->inp_flags |= INP_BINDANY;
	b->inp_flags |= INP_BINDANY;
	assert_int_equal(bindto(a, "192.0.2.1", 80), 0);
	assert_int_equal(bindto(b, "192.0.2.1", 80), EADDRNOTAVAIL);
}

static void
reserved_ports_need_the_jails_right_too(void **state)
{
	struct fixture *f = *state;
	struct inaddr a = ip("10.0.0.77");
	struct prison_params pp = { .addr = &a, .naddr = 1 };
	struct prison *pr;
	struct inpcb *inp;
	char msg[64];

	assert_int_equal(prison_create(f->v, f->p0, &pp, &pr, msg,
	    sizeof(msg)), 0);
	inp = pcb(f->tcp, pr, 0, 0);
	assert_int_equal(bindto(inp, ANY, 80), EACCES);
	inp->inp_flags |= INP_LOWPORT;
	assert_int_equal(in_pcbbind(inp, NULL, &inp->inp_cred), EPERM);
	prison_put(f->v, pr);
}

static void
ip_portrange_says_where_the_port_comes_from(void **state)
{
	struct fixture *f = *state;
	const struct {
		uint32_t uid, flag;
		int error;
		uint16_t lo, hi;
	} row[] = {
		{ 1000, 0, 0, 10000, 65535 },
		{ 1000, INP_HIGHPORT, 0, 49152, 65535 },
		{ 0, INP_LOWPORT, 0, 600, 1023 },
		{ 1000, INP_LOWPORT, EPERM, 0, 0 },
	};

	for (unsigned i = 0; i < 4 * 50; i++) {
		struct inpcb *inp = pcb(f->tcp, f->two, row[i % 4].uid, 0);

		inp->inp_flags |= row[i % 4].flag;
		assert_int_equal(bindto(inp, ANY, 0), row[i % 4].error);
		assert_in_range(ntohs(inp->inp_lport), row[i % 4].lo,
		    row[i % 4].hi);
		assert_int_equal((inp->inp_flags & INP_ANONPORT) != 0,
		    row[i % 4].error == 0);
	}
}

static void
ip_local_port_range_narrows_it(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp;
	bool seen[4] = { false };

	for (unsigned i = 0; i < 4; i++) {
		inp = pcb(f->udp, f->p0, 0, PORT);
		inp->inp_portlo = 20000;
		inp->inp_porthi = 20003;
		assert_int_equal(bindto(inp, A, 0), 0);
		assert_false(seen[ntohs(inp->inp_lport) - 20000]);
		seen[ntohs(inp->inp_lport) - 20000] = true;
	}
	inp = pcb(f->udp, f->p0, 0, PORT);
	inp->inp_portlo = 20000;
	inp->inp_porthi = 20003;
	assert_int_equal(bindto(inp, ANY, 0), EADDRNOTAVAIL);
	assert_int_equal(bindto(inp, B, 0), 0);
	/* Outside the range the sysctls give it says nothing. */
	inp = pcb(f->udp, f->p0, 0, 0);
	inp->inp_portlo = 900;
	inp->inp_porthi = 900;
	assert_int_equal(bindto(inp, ANY, 0), 0);
	assert_in_range(ntohs(inp->inp_lport), 10000, 65535);
}

static uint64_t
counter(const struct fixture *f, const char *name)
{
	struct cred cred = { 0, f->p0 };
	struct sysctl_req req = { .vnet = f->v, .cred = &cred };
	int mib[CTL_MAXNAME];
	unsigned n = CTL_MAXNAME;
	uint64_t val;

	assert_int_equal(sysctl_lookup(f->v, name, mib, &n), 0);
	assert_int_equal(sysctl_step(mib, n, &req), 0);
	assert_int_equal(req.outlen, sizeof(val));
	memcpy(&val, req.out, sizeof(val));
	free(req.out);
	return val;
}

/* A jail with a range of its own, or two. */
static struct prison *
ranged(struct vnet *v, struct prison *parent, const char *addr,
    const uint16_t port[4])
{
	struct inaddr a = ip(addr);
	struct prison_params pp = { .addr = &a, .naddr = 1,
		.allow = PR_ALLOW_DEFAULT,
		.portrange_first = port[0], .portrange_last = port[1],
		.portrange_hifirst = port[2], .portrange_hilast = port[3] };
	struct prison *pr;
	char msg[128];

	assert_int_equal(prison_create(v, parent, &pp, &pr, msg, sizeof(msg)),
	    0);
	prison_put(v, pr);
	return pr;
}

static uint16_t
chosen(struct inpcbinfo *pi, struct prison *pr, int flag, bool connect)
{
	struct inpcb *inp = pcb(pi, pr, 0, 0);

	inp->inp_flags |= flag;
	assert_int_equal(connect ? connectto(inp, "10.0.0.1", 80) :
	    bindto(inp, ANY, 0), 0);
	return ntohs(inp->inp_lport);
}

static void
a_jails_own_range_is_where_its_ports_come_from(void **state)
{
	static const uint16_t both[4] = { 2000, 2199, 3000, 3199 },
	    high[4] = { 0, 0, 4000, 4199 }, none[4] = { 0 };
	struct fixture *f = *state;
	struct prison *a = ranged(f->v, f->p0, "10.0.1.1", both);
	const struct {
		struct prison *pr;
		int flag;
		uint16_t lo, hi;
	} row[] = {
		{ a, 0, 2000, 2199 },
		{ a, INP_HIGHPORT, 3000, 3199 },
		{ a, INP_LOWPORT, 600, 1023 },
		{ ranged(f->v, a, "10.0.1.1", high), INP_HIGHPORT, 4000, 4199 },
		{ ranged(f->v, a, "10.0.1.1", high), 0, 2000, 2199 },
		{ ranged(f->v, a, "10.0.1.1", none), INP_HIGHPORT, 3000, 3199 },
		{ f->one, 0, 10000, 65535 },
		{ f->one, INP_HIGHPORT, 49152, 65535 },
	};

	for (unsigned i = 0; i < 8 * 40; i++) {
		struct inpcbinfo *pi = i & 8 ? f->tcp : f->udp;

		assert_in_range(chosen(pi, row[i % 8].pr, row[i % 8].flag,
		    i & 16), row[i % 8].lo, row[i % 8].hi);
	}
	/* What a program asks for by number is another matter. */
	assert_int_equal(bindto(pcb(f->tcp, a, 0, 0), ANY, 8080), 0);
}

static void
a_jail_that_has_used_its_range_up_refuses_and_others_do_not(void **state)
{
	static const uint16_t mine[4] = { 20000, 20015 };
	struct fixture *f = *state;
	struct prison *a = ranged(f->v, f->p0, "10.0.1.1", mine);
	struct prison *b = ranged(f->v, f->p0, "10.0.1.2", mine);
	const char *exhausted = "net.inet.ip.portrange.stats.exhausted";
	struct inpcb *inp;
	uint32_t seen = 0;

	for (unsigned i = 0; i < 16; i++)
		seen |= UINT32_C(1) << (chosen(f->tcp, a, 0, false) - 20000);
	assert_int_equal(seen, 0xffff);
	inp = pcb(f->tcp, a, 0, 0);
	assert_int_equal(counter(f, exhausted), 0);
	assert_int_equal(bindto(inp, ANY, 0), EADDRNOTAVAIL);
	assert_int_equal(connectto(inp, "10.0.0.1", 80), EADDRNOTAVAIL);
	assert_int_equal(counter(f, exhausted), 2);
	for (unsigned i = 0; i < 16; i++)
		assert_in_range(chosen(f->tcp, b, 0, i & 1), 20000, 20015);
	assert_in_range(chosen(f->udp, a, 0, false), 20000, 20015);
	assert_in_range(chosen(f->tcp, f->one, 0, false), 10000, 65535);
	assert_int_equal(bindto(inp, ANY, 30000), 0);
}

static void
a_jails_range_is_narrowed_by_ip_local_port_range(void **state)
{
	static const uint16_t mine[4] = { 20000, 20999 };
	struct fixture *f = *state;
	struct prison *a = ranged(f->v, f->p0, "10.0.1.1", mine);
	struct inpcb *inp = pcb(f->tcp, a, 0, 0);

	inp->inp_portlo = 20500;
	inp->inp_porthi = 20500;
	assert_int_equal(bindto(inp, ANY, 0), 0);
	assert_int_equal(ntohs(inp->inp_lport), 20500);
	inp = pcb(f->tcp, a, 0, 0);
	inp->inp_portlo = 40000;
	inp->inp_porthi = 40000;
	assert_int_equal(bindto(inp, ANY, 0), 0);
	assert_in_range(ntohs(inp->inp_lport), 20000, 20999);
}

static void
ip_bind_address_no_port_leaves_the_port_to_connect(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp = pcb(f->tcp, f->p0, 0, 0);

	inp->inp_flags |= INP_NOPORTYET;
	assert_int_equal(bindto(inp, A, 0), 0);
	assert_int_equal(inp->inp_lport, 0);
	assert_int_equal(inp->inp_table, INP_NOWHERE);
	assert_int_equal(bindto(inp, B, 0), EINVAL);
	assert_int_equal(connectto(inp, B, 80), 0);
	assert_addr(inp->inp_laddr, A);
	assert_int_not_equal(inp->inp_lport, 0);

	/* Or to listen(). */
	inp = pcb(f->tcp, f->p0, 0, 0);
	inp->inp_flags |= INP_NOPORTYET;
	assert_int_equal(bindto(inp, A, 0), 0);
	assert_int_equal(in_pcbbind(inp, NULL, &inp->inp_cred), 0);
	assert_int_equal(inp->inp_table, INP_BOUND);
	assert_int_not_equal(inp->inp_lport, 0);
}

static void
options_set_after_bind_change_nothing_for_others(void **state)
{
	struct fixture *f = *state;
	struct inpcb *a = pcb(f->tcp, f->p0, 0, PORT);

	assert_int_equal(bindto(a, A, 80), 0);
	a->inp_reuse = 0;
	assert_int_equal(bindto(pcb(f->tcp, f->p0, 0, PORT), A, 80), 0);
	in_pcbfree(a);
	assert_int_equal(bindto(pcb(f->tcp, f->p0, 0, PORT), A, 80), 0);
}

static void
ipv6_ports_are_apart_from_ipv4_ones(void **state)
{
	struct fixture *f = *state;
	struct cred cred = { 0, f->p0 };
	struct endpoint any = { .port = htons(80) }, one = at("fd00::1", 80);
	struct inpcb *a, *b;

	assert_int_equal(bindto(pcb(f->tcp, f->p0, 0, 0), ANY, 80), 0);
	assert_int_equal(in_pcballoc(f->tcp, NULL, &cred, INP_IPV6, &a), 0);
	assert_int_equal(in_pcballoc(f->tcp, NULL, &cred, INP_IPV6, &b), 0);
	assert_int_equal(in_pcbbind(a, &any, &cred), 0);
	assert_int_equal(a->inp_table, INP_WILD);
	assert_int_equal(in_pcbbind(b, &one, &cred), EADDRINUSE);
	b->inp_reuse = ADDR;
	assert_int_equal(in_pcbbind(b, &one, &cred), 0);
	in_pcbeligible(a, true);
	in_pcbeligible(b, true);
	assert_ptr_equal(lookup(f->tcp, "fd00::9", 5, "fd00::1", 80), b);
	assert_ptr_equal(lookup(f->tcp, "fd00::9", 5, "fd00::2", 80), a);
}

static void
refusals_are_counted(void **state)
{
	struct fixture *f = *state;
	const char *conflicts = "net.inet.ip.portrange.stats.conflicts";
	const char *denied = "net.inet.ip.portrange.stats.denied";

	assert_int_equal(bindto(pcb(f->tcp, f->p0, 1000, 0), A, 80), EACCES);
	assert_int_equal(counter(f, denied), 1);
	assert_int_equal(bindto(pcb(f->tcp, f->p0, 0, 0), A, 80), 0);
	assert_int_equal(counter(f, conflicts), 0);
	assert_int_equal(bindto(pcb(f->tcp, f->p0, 0, 0), A, 80), EADDRINUSE);
	assert_int_equal(counter(f, conflicts), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(conflicts_are_as_in_the_table),
		T(multicast_is_shared_by_reuseaddr_on_both),
		T(a_better_match_of_ones_own_hides_no_other_user),
		T(users_are_told_apart_after_one_of_two_has_gone),
		T(port_spaces_are_per_address_owning_jail),
		T(wildcard_in_a_jail_with_one_address_becomes_it),
		T(bind_to_loopback_in_jail_becomes_first_address),
		T(refusals_leave_the_pcb_fresh),
		T(a_second_bind_is_einval),
		T(ip_bindany_takes_a_foreign_address_outside_jails),
		T(reserved_ports_need_the_jails_right_too),
		T(ip_portrange_says_where_the_port_comes_from),
		T(ip_local_port_range_narrows_it),
		T(a_jails_own_range_is_where_its_ports_come_from),
		T(a_jail_that_has_used_its_range_up_refuses_and_others_do_not),
		T(a_jails_range_is_narrowed_by_ip_local_port_range),
		T(ip_bind_address_no_port_leaves_the_port_to_connect),
		T(options_set_after_bind_change_nothing_for_others),
		T(ipv6_ports_are_apart_from_ipv4_ones),
		T(refusals_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
