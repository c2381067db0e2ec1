/*
 * connect, accept, disconnect: which source address and port, and what stays.
 */
#include "tests/unit/pcb_fixture.h"

#define ANY	"0.0.0.0"

static void
source_address_follows_jail_and_destination(void **state)
{
	struct fixture *f = *state;
	const struct {
		struct prison *pr;
		const char *dst, *laddr, *faddr;
		int error;
	} row[] = {
		{ f->p0, "127.0.0.1", "127.0.0.1", "127.0.0.1", 0 },
		{ f->p0, "10.0.0.1", "10.0.0.1", "10.0.0.1", 0 },
		{ f->p0, ANY, "127.0.0.1", "127.0.0.1", 0 },
		{ f->p0, "192.0.2.1", NULL, NULL, ENETUNREACH },
		{ f->one, "127.0.0.1", "10.0.0.1", "10.0.0.1", 0 },
		{ f->one, "10.0.0.1", "10.0.0.1", "10.0.0.1", 0 },
		{ f->one, "10.0.0.2", "10.0.0.1", "10.0.0.2", 0 },
		{ f->one, "127.0.0.2", "10.0.0.1", "127.0.0.2", 0 },
		{ f->one, ANY, "10.0.0.1", "10.0.0.1", 0 },
		{ f->one, "192.0.2.1", NULL, NULL, ENETUNREACH },
		{ f->two, "10.0.0.3", "10.0.0.3", "10.0.0.3", 0 },
		{ f->two, "10.0.0.1", "10.0.0.2", "10.0.0.1", 0 },
		{ f->two, ANY, "10.0.0.2", "10.0.0.2", 0 },
		{ f->inner, "10.0.0.3", "10.0.0.2", "10.0.0.3", 0 },
		{ f->open, "127.0.0.1", "127.0.0.1", "127.0.0.1", 0 },
		{ f->none, "10.0.0.1", NULL, NULL, EAFNOSUPPORT },
	};

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct inpcb *inp = pcb(f->tcp, row[i].pr, 0, 0);

		assert_int_equal(connectto(inp, row[i].dst, 80), row[i].error);
		if (row[i].error != 0) {
			assert_int_equal(inp->inp_table, INP_NOWHERE);
			assert_int_equal(inp->inp_lport, 0);
			assert_true(inaddr_is_any(&inp->inp_laddr));
			continue;
		}
		assert_int_equal(inp->inp_table, INP_CONNECTED);
		assert_addr(inp->inp_laddr, row[i].laddr);
		assert_addr(inp->inp_faddr, row[i].faddr);
		assert_in_range(ntohs(inp->inp_lport), 10000, 65535);
		assert_true(inp->inp_flags & INP_ANONPORT);
	}
}

static void
other_refusals(void **state)
{
	struct fixture *f = *state;
	struct inpcb *a = pcb(f->tcp, f->p0, 0, INP_REUSEPORT);
	struct inpcb *b = pcb(f->tcp, f->p0, 0, INP_REUSEPORT);
	struct inpcb *low = pcb(f->tcp, f->p0, 1000, 0);

	assert_int_equal(connectto(a, "10.0.0.1", 0), EADDRNOTAVAIL);
	assert_int_equal(connectto(a, "fd00::1", 80), EAFNOSUPPORT);
	assert_int_equal(bindto(a, "10.0.0.9", 5000), 0);
	assert_int_equal(bindto(b, "10.0.0.9", 5000), 0);
	assert_int_equal(connectto(a, "10.0.0.1", 80), 0);
	assert_int_equal(connectto(a, "10.0.0.2", 80), EISCONN);
	assert_int_equal(connectto(b, "10.0.0.1", 80), EADDRINUSE);
	assert_int_equal(b->inp_table, INP_BOUND);
	assert_int_equal(connectto(b, "10.0.0.1", 81), 0);
	low->inp_flags |= INP_LOWPORT;
	assert_int_equal(connectto(low, "10.0.0.1", 80), EPERM);
	low->inp_cred.uid = 0;
	assert_int_equal(connectto(low, "10.0.0.1", 80), 0);
	assert_in_range(ntohs(low->inp_lport), 600, 1023);
}

static struct inpcb *
from_range(struct inpcbinfo *pi, struct prison *pr, uint16_t lo, uint16_t hi)
{
	struct inpcb *inp = pcb(pi, pr, 0, 0);

	inp->inp_portlo = lo;
	inp->inp_porthi = hi;
	return inp;
}

static void
a_port_serves_many_destinations_but_each_once(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp;

	for (uint16_t port = 1; port <= 5; port++) {
		for (unsigned i = 0; i < 8; i++)
			assert_int_equal(connectto(from_range(f->tcp, f->one,
			    20000, 20007), "10.0.0.2", port), 0);
		inp = from_range(f->tcp, f->one, 20000, 20007);
		assert_int_equal(connectto(inp, "10.0.0.2", port),
		    EADDRNOTAVAIL);
		/* One goes, its port is the only one again. */
		in_pcbfree(in_pcbafter(f->tcp, f->one,
		    in_pcbinfo_gencnt(f->tcp) - 4));
		assert_int_equal(connectto(inp, "10.0.0.2", port), 0);
	}
}

static void
a_listeners_port_is_never_picked(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(bindto(pcb(f->tcp, f->two, 0, 0), ANY, 20000), 0);
	assert_int_equal(bindto(pcb(f->tcp, f->two, 0, 0), "10.0.0.2", 20001),
	    0);
	assert_int_equal(bindto(pcb(f->tcp, f->two, 0, 0), "10.0.0.3", 20002),
	    0);
	assert_int_equal(connectto(from_range(f->tcp, f->two, 20000, 20001),
	    "10.0.0.9", 80), EADDRNOTAVAIL);
	assert_int_equal(connectto(from_range(f->tcp, f->two, 20000, 20002),
	    "10.0.0.9", 80), 0);
}

static void
no_port_is_picked_that_connects_with_itself(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp;

	for (unsigned i = 0; i < 3; i++) {
		inp = from_range(f->tcp, f->one, 20000, 20003);
		assert_int_equal(connectto(inp, "127.0.0.1", 20001), 0);
		assert_int_not_equal(ntohs(inp->inp_lport), 20001);
	}
	assert_int_equal(connectto(from_range(f->tcp, f->one, 20000, 20003),
	    "127.0.0.1", 20001), EADDRNOTAVAIL);
	assert_int_equal(connectto(from_range(f->tcp, f->one, 20003, 20003),
	    "127.0.0.1", 20003), EADDRNOTAVAIL);
	/* Bound to it by hand, it may. */
	inp = pcb(f->tcp, f->one, 0, 0);
	assert_int_equal(bindto(inp, ANY, 5000), 0);
	assert_int_equal(connectto(inp, "10.0.0.1", 5000), 0);
}

static void
port_spaces_that_share_an_address_do_not_share_a_connection(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp;

	/* The host, as 10.0.0.1, has 7 of 8; the jail finds the eighth. */
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(connectto(from_range(f->tcp, f->p0, 20000,
		    20007), "10.0.0.1", 80), 0);
	inp = from_range(f->tcp, f->one, 20000, 20007);
	assert_int_equal(connectto(inp, "10.0.0.1", 80), 0);
	inp = from_range(f->tcp, f->one, 20000, 20007);
	assert_int_equal(connectto(inp, "10.0.0.1", 80), EADDRNOTAVAIL);
	assert_int_equal(connectto(inp, "10.0.0.1", 81), 0);
}

static void
disconnect_keeps_what_bind_set(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp = pcb(f->udp, f->two, 0, 0);

	assert_int_equal(bindto(inp, ANY, 5000), 0);
	assert_int_equal(connectto(inp, "10.0.0.3", 53), 0);
	assert_addr(inp->inp_laddr, "10.0.0.3");
	assert_null(lookup(f->udp, "10.0.0.9", 1, "10.0.0.3", 5000));
	assert_ptr_equal(lookup(f->udp, "10.0.0.3", 53, "10.0.0.3", 5000),
	    inp);
	in_pcbdisconnect(inp);
	assert_addr(inp->inp_laddr, ANY);
	assert_int_equal(inp->inp_table, INP_WILD);
	assert_ptr_equal(lookup(f->udp, "10.0.0.9", 1, "10.0.0.2", 5000), inp);
	assert_int_equal(connectto(inp, "10.0.0.1", 53), 0);
	assert_addr(inp->inp_laddr, "10.0.0.2");
	assert_int_equal(ntohs(inp->inp_lport), 5000);
}

static void
disconnect_forgets_what_connect_chose(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp = pcb(f->udp, f->two, 0, 0);
	struct portkey k = { .space = (uint32_t)prison_jid(f->two),
	    .proto = IPPROTO_UDP, .laddr = ip("10.0.0.3") };
	uint16_t port;

	assert_int_equal(connectto(inp, "10.0.0.3", 53), 0);
	port = ntohs(inp->inp_lport);
	assert_true(portrange_used(f->v, &k, port, PORT_CONN));
	in_pcbdisconnect(inp);
	assert_false(portrange_used(f->v, &k, port, PORT_CONN));
	assert_addr(inp->inp_laddr, ANY);
	assert_int_equal(inp->inp_lport, 0);
	assert_int_equal(inp->inp_table, INP_NOWHERE);
	assert_false(inp->inp_flags & INP_ANONPORT);
	in_pcbdisconnect(inp);
	assert_int_equal(connectto(inp, "10.0.0.1", 53), 0);
	assert_addr(inp->inp_laddr, "10.0.0.2");
}

static void
accepted_pcbs_have_the_listeners_cred_and_port(void **state)
{
	struct fixture *f = *state;
	struct inpcb *l = pcb(f->tcp, f->two, 0, INP_REUSEADDR), *a, *b;
	struct endpoint local = at("10.0.0.3", 80), peer = at("10.0.0.9", 99);

	l->inp_ip_ttl = 9;
	assert_int_equal(bindto(l, ANY, 80), 0);
	in_pcbeligible(l, true);
	assert_int_equal(in_pcbaccept(l, NULL, &local, &peer, &a), 0);
	assert_ptr_equal(a->inp_cred.prison, f->two);
	assert_int_equal(a->inp_ip_ttl, 9);
	assert_ptr_equal(lookup(f->tcp, "10.0.0.9", 99, "10.0.0.3", 80), a);
	assert_ptr_equal(in_pcblookup_connected(f->tcp, &peer, &local), a);
	assert_ptr_equal(lookup(f->tcp, "10.0.0.9", 98, "10.0.0.3", 80), l);
	assert_int_equal(in_pcbaccept(l, NULL, &local, &peer, &b), EADDRINUSE);
	assert_null(b);
	/* The connection outlives its listener and keeps the port from
	 * binds without options, not from others. */
	in_pcbfree(l);
	assert_int_equal(bindto(pcb(f->tcp, f->two, 0, 0), ANY, 80),
	    EADDRINUSE);
	assert_int_equal(bindto(pcb(f->tcp, f->two, 0, INP_REUSEADDR), ANY,
	    80), 0);
}

static void
a_bound_pcb_is_in_one_table_only_after_connect(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp = pcb(f->tcp, f->p0, 0, 0);

	assert_int_equal(bindto(inp, "10.0.0.9", 80), 0);
	in_pcbeligible(inp, true);
	assert_ptr_equal(lookup(f->tcp, "10.0.0.8", 1, "10.0.0.9", 80), inp);
	assert_int_equal(connectto(inp, "10.0.0.8", 1), 0);
	assert_ptr_equal(lookup(f->tcp, "10.0.0.8", 1, "10.0.0.9", 80), inp);
	assert_null(lookup(f->tcp, "10.0.0.8", 2, "10.0.0.9", 80));
	in_pcbremhash(inp);
	assert_null(lookup(f->tcp, "10.0.0.8", 1, "10.0.0.9", 80));
	in_pcbremhash(inp);
	in_pcbfree(inp);
}

static void
sendto_finds_its_source_without_connecting(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp = pcb(f->udp, f->two, 0, 0);
	struct inaddr dst = ip("127.0.0.1"), src;

	assert_int_equal(in_pcbbind(inp, NULL, &inp->inp_cred), 0);
	assert_addr(inp->inp_laddr, ANY);
	assert_int_not_equal(inp->inp_lport, 0);
	assert_int_equal(in_pcbfaddr(&inp->inp_cred, &dst), 0);
	assert_addr(dst, "10.0.0.2");
	dst = ip("10.0.0.3");
	assert_int_equal(in_pcbladdr(inp, &dst, &inp->inp_cred, &src), 0);
	assert_addr(src, "10.0.0.3");
	dst = ip("192.0.2.1");
	assert_int_equal(in_pcbladdr(inp, &dst, &inp->inp_cred, &src),
	    ENETUNREACH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(source_address_follows_jail_and_destination),
		T(other_refusals),
		T(a_port_serves_many_destinations_but_each_once),
		T(a_listeners_port_is_never_picked),
		T(no_port_is_picked_that_connects_with_itself),
		T(port_spaces_that_share_an_address_do_not_share_a_connection),
		T(disconnect_keeps_what_bind_set),
		T(disconnect_forgets_what_connect_chose),
		T(accepted_pcbs_have_the_listeners_cred_and_port),
		T(a_bound_pcb_is_in_one_table_only_after_connect),
		T(sendto_finds_its_source_without_connecting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
