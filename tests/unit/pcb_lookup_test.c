/*
 * Who gets a packet: order of preference, jails, eligibility, load-balance
 * groups; and that a million on one port cost no more than ten.
 */
#include "tests/unit/pcb_fixture.h"

#define ANY	"0.0.0.0"
#define FAR	"10.0.0.200"

static struct inpcb *
listener(struct inpcbinfo *pi, struct prison *pr, unsigned reuse,
    const char *addr, uint16_t port)
{
	struct inpcb *inp = pcb(pi, pr, 0, reuse);

	assert_int_equal(bindto(inp, addr, port), 0);
	in_pcbeligible(inp, true);
	return inp;
}

static void
a_listener_whose_jail_has_lost_the_address_hears_nothing(void **state)
{
	struct fixture *f = *state;
	struct inaddr left = ip("10.0.0.3");
	struct prison_params pp = { .addr = &left, .naddr = 1 };
	struct inpcb *js = listener(f->tcp, f->two, 1, "10.0.0.2", 80);
	struct inpcb *hs = listener(f->tcp, f->p0, 1, "10.0.0.2", 80), *new;
	struct prison *other;
	char msg[128];

	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.2", 80), js);
	assert_int_equal(prison_update(f->v, f->two, &pp, PRC_IP4, 0, msg,
	    sizeof(msg)), 0);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.2", 80), hs);
	/* Whose the address is now has the port to himself. */
	other = fixture_jail(f->v, f->p0, "10.0.0.2");
	new = listener(f->tcp, other, 1, "10.0.0.2", 80);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.2", 80), new);
	in_pcbfree(js);
	in_pcbfree(hs);
	in_pcbfree(new);
}

static void
without_saddrsel_the_primary_is_the_source(void **state)
{
	struct fixture *f = *state;
	struct prison_params pp = { .no_ip4_saddrsel = true };
	struct cred cred = { 0, f->two };
	struct inpcb *inp = pcb(f->tcp, f->two, 0, 0);
	struct inaddr to = ip("10.0.0.3"), primary = ip("10.0.0.2"), src;
	char msg[128];

	assert_int_equal(in_pcbladdr(inp, &to, &cred, &src), 0);
	assert_true(inaddr_eq(&src, &to));
	assert_int_equal(prison_update(f->v, f->two, &pp, PRC_SADDRSEL4, 0,
	    msg, sizeof(msg)), 0);
	assert_int_equal(in_pcbladdr(inp, &to, &cred, &src), 0);
	assert_true(inaddr_eq(&src, &primary));
	in_pcbfree(inp);
}

static void
jails_come_before_the_host_and_addresses_before_wildcards(void **state)
{
	struct fixture *f = *state;
	struct inpcb *hw = listener(f->tcp, f->p0, 1, ANY, 80);
	struct inpcb *hs = listener(f->tcp, f->p0, 1, "10.0.0.3", 80);
	struct inpcb *jw = listener(f->tcp, f->two, 1, ANY, 80);
	struct inpcb *js = listener(f->tcp, f->two, 1, "10.0.0.3", 80);

	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.3", 80), js);
	in_pcbfree(js);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.3", 80), jw);
	in_pcbfree(jw);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.3", 80), hs);
	in_pcbfree(hs);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.3", 80), hw);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "127.0.0.1", 80), hw);
	in_pcbfree(hw);
	assert_null(lookup(f->tcp, FAR, 1, "10.0.0.3", 80));
}

static void
a_jails_wildcard_gets_its_own_addresses_only(void **state)
{
	struct fixture *f = *state;
	struct inpcb *jw = listener(f->udp, f->two, 0, ANY, 53);

	assert_ptr_equal(lookup(f->udp, FAR, 1, "10.0.0.2", 53), jw);
	assert_ptr_equal(lookup(f->udp, FAR, 1, "10.0.0.3", 53), jw);
	assert_null(lookup(f->udp, FAR, 1, "10.0.0.1", 53));
	assert_null(lookup(f->udp, FAR, 1, "127.0.0.1", 53));
	assert_null(lookup(f->udp, FAR, 1, "10.0.0.3", 54));
}

static void
a_packet_to_the_wildcard_is_no_jails(void **state)
{
	struct fixture *f = *state;
	struct inpcb *host = listener(f->udp, f->p0, 0, ANY, 53);

	listener(f->udp, f->two, 0, ANY, 53);
	assert_ptr_equal(lookup(f->udp, FAR, 1, ANY, 53), host);
	in_pcbfree(host);
	assert_null(lookup(f->udp, FAR, 1, ANY, 53));
	assert_null(lookup(f->udp, FAR, 1, "::", 53));
}

static void
of_nested_jails_the_innermost_gets_it(void **state)
{
	struct fixture *f = *state;
	struct inpcb *outer = listener(f->tcp, f->two, 0, ANY, 80);
	struct inpcb *inner = listener(f->tcp, f->inner, 0, ANY, 80);
	struct inpcb *spec = listener(f->tcp, f->two, 1, "10.0.0.2", 80);

	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.2", 80), inner);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.3", 80), outer);
	in_pcbfree(inner);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.2", 80), spec);
}

static void
a_dying_jails_listeners_get_nothing(void **state)
{
	struct fixture *f = *state;
	struct inpcb *host = listener(f->tcp, f->p0, 0, ANY, 80);

	listener(f->tcp, f->two, 0, ANY, 80);
	listener(f->tcp, f->one, 0, ANY, 80);
	prison_remove(f->v, f->two);
	prison_remove(f->v, f->one);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.3", 80), host);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.1", 80), host);
}

static void
a_bound_tcp_that_does_not_listen_shadows_nobody(void **state)
{
	struct fixture *f = *state;
	struct inpcb *quiet = pcb(f->tcp, f->one, 0, INP_REUSEPORT);
	struct inpcb *a, *host;

	assert_int_equal(bindto(quiet, ANY, 80), 0);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.1", 80), quiet);
	host = listener(f->tcp, f->p0, 0, ANY, 80);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.1", 80), host);
	a = listener(f->tcp, f->one, INP_REUSEPORT, ANY, 80);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.1", 80), a);
	in_pcbeligible(quiet, true);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.1", 80), quiet);
	in_pcbeligible(quiet, false);
	assert_ptr_equal(lookup(f->tcp, FAR, 1, "10.0.0.1", 80), a);
}

static void
of_equal_ones_the_last_to_become_eligible_gets_it(void **state)
{
	struct fixture *f = *state;
	struct inpcb *a = listener(f->udp, f->p0, INP_REUSEPORT, ANY, 53);
	struct inpcb *b = listener(f->udp, f->p0, INP_REUSEPORT, ANY, 53);

	assert_ptr_equal(lookup(f->udp, FAR, 1, "10.0.0.1", 53), b);
	in_pcbfree(b);
	assert_ptr_equal(lookup(f->udp, FAR, 1, "10.0.0.1", 53), a);
}

static void
a_group_shares_packets_evenly_and_by_flow(void **state)
{
	struct fixture *f = *state;
	enum { MEMBERS = 10, FLOWS = 20000 };
	struct inpcb *m[MEMBERS];
	unsigned got[MEMBERS] = { 0 }, i, j;

	for (i = 0; i < MEMBERS; i++)
		m[i] = listener(f->udp, f->p0, INP_REUSEPORT_LB, ANY, 53);
	for (j = 0; j < FLOWS; j++) {
		struct inpcb *inp = lookup(f->udp, FAR, (uint16_t)(j + 1),
		    "10.0.0.1", 53);

		assert_ptr_equal(lookup(f->udp, FAR, (uint16_t)(j + 1),
		    "10.0.0.1", 53), inp);
		for (i = 0; i < MEMBERS && m[i] != inp; i++)
			;
		assert_in_range(i, 0, MEMBERS - 1);
		got[i]++;
	}
	for (i = 0; i < MEMBERS; i++)
		assert_in_range(got[i], FLOWS / MEMBERS * 9 / 10,
		    FLOWS / MEMBERS * 11 / 10);
}

static void
only_eligible_members_of_a_group_get_packets(void **state)
{
	struct fixture *f = *state;
	struct inpcb *m[300], *inp;
	unsigned i, j;

	for (i = 0; i < 300; i++) {
		m[i] = pcb(f->tcp, f->one, 0, INP_REUSEPORT_LB);
		assert_int_equal(bindto(m[i], ANY, 80), 0);
		if (i % 3 == 0)
			in_pcbeligible(m[i], true);
	}
	for (i = 0; i < 300; i += 6)
		in_pcbeligible(m[i], false);
	for (j = 1; j < 3000; j++) {
		inp = lookup(f->tcp, FAR, (uint16_t)j, "10.0.0.1", 80);
		for (i = 3; m[i] != inp; i += 6)
			assert_in_range(i, 0, 299);
	}
	for (i = 3; i < 300; i += 6)
		in_pcbfree(m[i]);
	inp = lookup(f->tcp, FAR, 1, "10.0.0.1", 80);
	assert_non_null(inp);
	assert_false(inp->inp_eligible);
}

static void
a_specific_address_comes_before_a_group_on_the_wildcard(void **state)
{
	struct fixture *f = *state;
	struct inpcb *spec;

	listener(f->udp, f->p0, INP_REUSEPORT_LB, ANY, 53);
	listener(f->udp, f->p0, INP_REUSEPORT_LB, ANY, 53);
	spec = listener(f->udp, f->p0, INP_REUSEADDR, "10.0.0.1", 53);
	assert_ptr_equal(lookup(f->udp, FAR, 1, "10.0.0.1", 53), spec);
}

static void
a_connected_member_leaves_its_group_and_may_come_back(void **state)
{
	struct fixture *f = *state;
	struct inpcb *a = listener(f->udp, f->p0, INP_REUSEPORT_LB, ANY, 53);
	struct inpcb *b = listener(f->udp, f->p0, INP_REUSEPORT_LB, ANY, 53);
	unsigned n = 0;

	assert_int_equal(connectto(a, FAR, 99), 0);
	for (uint16_t i = 1; i < 100; i++)
		if (i != 99)
			assert_ptr_equal(lookup(f->udp, "10.0.0.9", i, FAR,
			    53), b);
	assert_ptr_equal(lookup(f->udp, FAR, 99, FAR, 53), a);
	in_pcbdisconnect(a);
	for (uint16_t i = 1; i < 100; i++)
		n += lookup(f->udp, "10.0.0.9", i, FAR, 53) == a;
	assert_in_range(n, 20, 80);
}

static void
listeners_on_many_aliases_of_one_port_are_each_found(void **state)
{
	struct fixture *f = *state;
	enum { N = 20000 };
	struct inpcb **inp = calloc(N, sizeof(*inp));

	for (uint32_t i = 0; i < N; i++) {
		struct endpoint e = { inaddr_v4(htonl(0x0a000000 + i)),
		    htons(80) };

		inp[i] = pcb(f->tcp, f->p0, 0, 0);
		assert_int_equal(in_pcbbind(inp[i], &e, &inp[i]->inp_cred),
		    0);
		in_pcbeligible(inp[i], true);
	}
	for (uint32_t i = 0; i < N; i++) {
		struct endpoint e = { inaddr_v4(htonl(0x0a000000 + i)),
		    htons(80) }, s = at(FAR, 1);

		assert_ptr_equal(in_pcblookup(f->tcp, &s, &e), inp[i]);
		if (i % 2 == 0)
			in_pcbfree(inp[i]);
		assert_ptr_equal(in_pcblookup(f->tcp, &s, &e),
		    i % 2 == 0 ? NULL : inp[i]);
	}
	free(inp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_listener_whose_jail_has_lost_the_address_hears_nothing),
		T(without_saddrsel_the_primary_is_the_source),
		T(jails_come_before_the_host_and_addresses_before_wildcards),
		T(a_jails_wildcard_gets_its_own_addresses_only),
		T(a_packet_to_the_wildcard_is_no_jails),
		T(of_nested_jails_the_innermost_gets_it),
		T(a_dying_jails_listeners_get_nothing),
		T(a_bound_tcp_that_does_not_listen_shadows_nobody),
		T(of_equal_ones_the_last_to_become_eligible_gets_it),
		T(a_group_shares_packets_evenly_and_by_flow),
		T(only_eligible_members_of_a_group_get_packets),
		T(a_specific_address_comes_before_a_group_on_the_wildcard),
		T(a_connected_member_leaves_its_group_and_may_come_back),
		T(listeners_on_many_aliases_of_one_port_are_each_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
