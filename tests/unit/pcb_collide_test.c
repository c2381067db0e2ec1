/*
 * Theory of operation
 *
 * An attacker who knows the key of the tables collects addresses and ports that
 * fall into one bucket, and sends them to a stack with that key and to one with
 * a key he does not know.  The first shows that the attack is one; in the
 * second no search may look at more entries than when the values are random.
 */
#include "tests/unit/pcb_fixture.h"

#define NCHOSEN	250	/* fewer than make a table grow */
#define BUCKETS	HT_MINBUCKETS

/* A stack whose key all know, or one with another. */
static struct fixture *
stack_new(uint8_t secret)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint8_t seed[VNET_SEEDLEN];

	memset(seed, secret, sizeof(seed));
	assert_non_null(f);
	assert_int_equal(vnet_new(seed, 0, &f->v), 0);
	f->p0 = prison0(f->v);
	assert_int_equal(in_pcbinfo_init(f->v, &f->tcp, "tcp_inpcb",
	    IPPROTO_TCP, sizeof(struct inpcb), 0, fixture_islocal), 0);
	return f;
}

static void
stack_free(struct fixture *f)
{
	free_all(f->tcp);
	in_pcbinfo_destroy(f->v, f->tcp);
	vnet_free(f->v);
	free(f);
}

static const struct endpoint server = {
	.addr = { .b = { [10] = 0xff, 0xff, 10, 0, 0, 1 } }, .port = 0x5000,
};

/* What an attacker may choose: the peer of a connection, or what to bind. */
typedef struct inpcb *(*make_fn)(struct fixture *, const struct endpoint *);

static struct inpcb *
connection(struct fixture *f, const struct endpoint *e)
{
	struct inpcb *l = in_pcbfirst(f->tcp, NULL), *inp;

	if (l == NULL) {
		l = pcb(f->tcp, f->p0, 0, 0);
		assert_int_equal(in_pcbbind(l, &server, &l->inp_cred), 0);
	}
	assert_int_equal(in_pcbaccept(l, NULL, &server, e, &inp), 0);
	return inp;
}

static struct inpcb *
listener(struct fixture *f, const struct endpoint *e)
{
	struct inpcb *inp = pcb(f->tcp, f->p0, 0, 0);

	assert_int_equal(in_pcbbind(inp, e, &inp->inp_cred), 0);
	return inp;
}

static const struct hlink *
link_of(const struct inpcb *inp)
{
	return inp->inp_table == INP_CONNECTED || inp->inp_alone ?
	    &inp->inp_hash : &inp->inp_addr->ia_end.inp_hash;
}

/* The i-th value anybody would try: addresses of 127/8, ports above 1023. */
static struct endpoint
value(uint64_t i)
{
	return (struct endpoint){ inaddr_v4(htonl(0x7f000002 + i / 60000)),
	    htons(1024 + i % 60000) };
}

static void
collect(make_fn make, struct endpoint chosen[NCHOSEN])
{
	struct fixture *f = stack_new(0);
	struct inpcb *inp;
	unsigned n = 0;

	for (uint64_t i = 0; n < NCHOSEN; i++) {
		struct endpoint e = value(i);

		inp = make(f, &e);
		if (link_of(inp)->hash % BUCKETS == 0)
			chosen[n++] = e;
		in_pcbfree(inp);
	}
	stack_free(f);
}

/* The most entries that a search for one of these looks at. */
static unsigned
longest(make_fn make, uint8_t secret, const struct endpoint *e)
{
	struct fixture *f = stack_new(secret);
	unsigned most = 0, n;
	struct inpcb *inp;

	for (unsigned i = 0; i < NCHOSEN; i++)
		make(f, &e[i]);
	for (inp = in_pcbfirst(f->tcp, NULL); inp != NULL;
	    inp = in_pcbnext(inp, false)) {
		if (make == connection && inp->inp_table != INP_CONNECTED)
			continue;
		n = htable_probes(make == connection ? &f->tcp->pi_connected :
		    &f->tcp->pi_ends, link_of(inp)->hash);
		if (n > most)
			most = n;
	}
	stack_free(f);
	return most;
}

static void
attack(make_fn make)
{
	static struct endpoint chosen[NCHOSEN], any[NCHOSEN];
	unsigned random = 0, n;

	collect(make, chosen);
	for (unsigned i = 0; i < NCHOSEN; i++)
		any[i] = value(i * 7919);
	assert_in_range(longest(make, 0, chosen), NCHOSEN - HT_SLOTS, NCHOSEN);
	for (uint8_t secret = 1; secret < 20; secret++) {
		n = longest(make, secret, any);
		if (n > random)
			random = n;
	}
	assert_in_range(random, 1, 2 * HT_SLOTS);
	for (uint8_t secret = 1; secret < 20; secret++)
		assert_in_range(longest(make, secret, chosen), 1, random + 4);
}

static void
a_peer_that_chooses_its_ends_makes_no_chain_longer(void **state)
{
	(void)state;
	attack(connection);
}

static void
a_program_that_chooses_what_it_binds_makes_no_chain_longer(void **state)
{
	(void)state;
	attack(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_peer_that_chooses_its_ends_makes_no_chain_longer),
		cmocka_unit_test(
		    a_program_that_chooses_what_it_binds_makes_no_chain_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
