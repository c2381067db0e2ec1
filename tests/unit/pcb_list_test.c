/*
 * PCBs as objects: generation counts, lists, limits, and what is left when
 * memory runs out.
 */
#include "tests/unit/pcb_fixture.h"

static void
lists_are_in_order_of_age_and_per_jail(void **state)
{
	struct fixture *f = *state;
	struct prison *pr[3] = { f->p0, f->one, f->two };
	struct inpcb *inp[9];

	for (unsigned i = 0; i < 9; i++)
		inp[i] = pcb(f->tcp, pr[i % 3], 0, 0);
	assert_int_equal(in_pcbinfo_count(f->tcp), 9);
	assert_int_equal(in_pcbinfo_count(f->udp), 0);
	assert_int_equal(in_pcbinfo_gencnt(f->tcp), inp[8]->inp_gencnt);
	assert_ptr_equal(in_pcbfirst(f->tcp, NULL), inp[0]);
	for (unsigned i = 0; i < 9; i++) {
		assert_ptr_equal(in_pcbnext(inp[i], false),
		    i < 8 ? inp[i + 1] : NULL);
		assert_ptr_equal(in_pcbnext(inp[i], true),
		    i < 6 ? inp[i + 3] : NULL);
		assert_ptr_equal(in_pcbafter(f->tcp, NULL,
		    inp[i]->inp_gencnt), i < 8 ? inp[i + 1] : NULL);
	}
	assert_ptr_equal(in_pcbfirst(f->tcp, f->two), inp[2]);
	assert_ptr_equal(in_pcbfirst(f->tcp, f->inner), NULL);
	assert_ptr_equal(in_pcbafter(f->tcp, f->inner, 0), NULL);
	in_pcbfree(inp[2]);
	assert_ptr_equal(in_pcbfirst(f->tcp, f->two), inp[5]);
	assert_int_equal(in_pcbinfo_count(f->tcp), 8);
}

static void
generation_counts_are_never_used_twice(void **state)
{
	struct fixture *f = *state;
	uint64_t last = 0;

	for (unsigned i = 0; i < 1000; i++) {
		struct inpcb *a = pcb(f->tcp, f->p0, 0, 0);
		struct inpcb *b = pcb(f->udp, f->p0, 0, 0);

		assert_true(a->inp_gencnt > last);
		assert_true(b->inp_gencnt > a->inp_gencnt);
		in_pcbfree(a);
		assert_true(in_pcbinfo_gencnt(f->tcp) > b->inp_gencnt);
		in_pcbfree(b);
		last = in_pcbinfo_gencnt(f->udp);
	}
}

/* The first PCB above gen, by walking. */
static struct inpcb *
walk(const struct inpcbinfo *pi, const struct prison *pr, uint64_t gen)
{
	struct inpcb *inp = in_pcbfirst(pi, pr);

	while (inp != NULL && inp->inp_gencnt <= gen)
		inp = in_pcbnext(inp, pr != NULL);
	return inp;
}

static void
a_place_in_a_list_is_found_again_whatever_was_freed(void **state)
{
	struct fixture *f = *state;
	struct prison *pr[3] = { f->p0, f->one, f->two };
	enum { N = 3000 };
	struct inpcb *inp[N] = { NULL };
	uint64_t r = 1;

	for (unsigned op = 0; op < 20000; op++) {
		unsigned i;

		r = r * UINT64_C(6364136223846793005) + 1442695040888963407;
		i = (unsigned)(r >> 33) % N;
		if (inp[i] == NULL)
			inp[i] = pcb(f->tcp, pr[i % 3], 0, 0);
		/* Whole stretches of age go at times. */
		else if (op % 8000 < 4000 || i % 64 != 0) {
			in_pcbfree(inp[i]);
			inp[i] = NULL;
		}
		if (op % 50 == 0) {
			uint64_t gen = (r >> 20) %
			    (in_pcbinfo_gencnt(f->tcp) + 10);

			assert_ptr_equal(in_pcbafter(f->tcp, NULL, gen),
			    walk(f->tcp, NULL, gen));
			assert_ptr_equal(in_pcbafter(f->tcp, f->one, gen),
			    walk(f->tcp, f->one, gen));
		}
	}
}

static void
a_pcb_holds_its_jail(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp = pcb(f->tcp, f->inner, 0, 0);

	prison_remove(f->v, f->two);
	assert_int_equal(prison_state(inp->inp_cred.prison), PRISON_DYING);
	assert_int_equal(prison_jid(prison_parent(inp->inp_cred.prison)), 2);
	assert_int_equal(bindto(inp, "0.0.0.0", 80), 0);
	assert_addr(inp->inp_laddr, "10.0.0.2");
	in_pcbfree(inp);
}

static void
the_limit_is_enobufs(void **state)
{
	struct fixture *f = *state;
	struct cred cred = { 0, f->p0 };
	struct inpcb *inp;

	in_pcbinfo_limit(f->tcp, 2);
	pcb(f->tcp, f->p0, 0, 0);
	pcb(f->tcp, f->p0, 0, 0);
	assert_int_equal(in_pcballoc(f->tcp, NULL, &cred, INP_IPV4, &inp),
	    ENOBUFS);
	assert_null(inp);
	assert_int_equal(in_pcbinfo_count(f->tcp), 2);
	in_pcbinfo_limit(f->tcp, 3);
	pcb(f->tcp, f->p0, 0, 0);
}

/* ---- running out of memory ---- */

/* Objects handed out by all zones of v. */
static uint64_t
zones_used(struct vnet *v)
{
	struct zone_stats st;
	uint64_t n = 0;

	for (struct zone *z = znext(v, NULL); z != NULL; z = znext(v, z)) {
		zstats(z, &st);
		n += st.used;
	}
	return n;
}

/*
 * A call that needs memory.  prepare() gives the PCB it is about (or NULL), in
 * an empty inpcbinfo.
 */
struct scene {
	struct inpcb	*(*prepare)(struct fixture *);
	int		 (*act)(struct fixture *, struct inpcb *);
};

static struct inpcb *
nothing(struct fixture *f)
{
	(void)f;
	return NULL;
}

static int
alloc(struct fixture *f, struct inpcb *inp)
{
	struct cred cred = { 0, f->inner };
	int error = in_pcballoc(f->udp, NULL, &cred, INP_IPV4, &inp);

	return error == ENOBUFS ? EAGAIN : error;
}

static struct inpcb *
fresh(struct fixture *f)
{
	return pcb(f->udp, f->two, 0, INP_REUSEPORT_LB);
}

static int
bind_it(struct fixture *f, struct inpcb *inp)
{
	(void)f;
	return bindto(inp, "0.0.0.0", 53);
}

/* Beside another user's, so that users must be told apart. */
static struct inpcb *
beside(struct fixture *f)
{
	struct inpcb *inp = fresh(f);

	inp->inp_cred.uid = 7;
	assert_int_equal(bindto(inp, "0.0.0.0", 553), EACCES);
	inp->inp_cred.uid = 0;
	assert_int_equal(bindto(inp, "0.0.0.0", 53), 0);
	inp = fresh(f);
	inp->inp_cred.uid = 7;
	return inp;
}

static int
root_binds_it(struct fixture *f, struct inpcb *inp)
{
	struct cred root = { 0, f->two };
	struct endpoint e = at("0.0.0.0", 53);

	return in_pcbbind(inp, &e, &root);
}

static int
connect_it(struct fixture *f, struct inpcb *inp)
{
	(void)f;
	return connectto(inp, "10.0.0.9", 99);
}

static struct inpcb *
bound(struct fixture *f)
{
	struct inpcb *inp = fresh(f);

	assert_int_equal(bind_it(f, inp), 0);
	return inp;
}

/* Beside one that balances load, so that both become a group. */
static struct inpcb *
sharing(struct fixture *f)
{
	bound(f);
	return fresh(f);
}

static int
accept_on_it(struct fixture *f, struct inpcb *inp)
{
	struct endpoint local = at("10.0.0.2", 53), peer = at("10.0.0.9", 1);
	struct inpcb *a;
	int error = in_pcbaccept(inp, NULL, &local, &peer, &a);

	(void)f;
	return error == ENOBUFS ? EAGAIN : error;
}

static void
refuse(struct fixture *f, struct zone *z, int n)
{
	if (z != NULL)
		zfail(z, n);
	else
		zfail_any(f->v, n);
}

/* Fail the n-th allocation from zone z, or of all (NULL).  Returns what act()
 * did. */
static int
act_without(struct fixture *f, const struct scene *s, struct zone *z, int n)
{
	struct inpcb *inp = s->prepare(f), copy;
	uint64_t used = zones_used(f->v);
	int error;

	if (inp != NULL)
		copy = *inp;
	refuse(f, z, n);
	error = s->act(f, inp);
	refuse(f, z, -1);
	if (error != 0) {
		assert_int_equal(error, EAGAIN);
		assert_int_equal(zones_used(f->v), used);
		if (inp != NULL)
			assert_memory_equal(inp, &copy, sizeof(copy));
		assert_int_equal(s->act(f, inp), 0);
	}
	free_all(f->udp);
	return error;
}

static void
without_memory_nothing_is_left_half_done(void **state)
{
	struct fixture *f = *state;
	const struct scene scene[] = {
		{ nothing, alloc }, { fresh, bind_it },
		{ beside, root_binds_it }, { fresh, connect_it },
		{ bound, connect_it }, { bound, accept_on_it },
	};
	const int want[] = { 3, 3, 5, 5, 1, 4 };	/* at least */
	uint64_t used = zones_used(f->v);

	for (unsigned i = 0; i < sizeof(scene) / sizeof(scene[0]); i++) {
		int failures = 0;

		for (struct zone *z = znext(f->v, NULL); z != NULL;
		    z = znext(f->v, z))
			for (int n = 0;
			    act_without(f, &scene[i], z, n) != 0; n++)
				failures++;
		assert_in_range(failures, want[i], 20);
		assert_int_equal(zones_used(f->v), used);
	}
}

/* Arrays and tables too; those that need not grow at once may do without. */
static void
no_allocation_that_fails_leaves_anything_half_done(void **state)
{
	struct fixture *f = *state;
	const struct scene scene[] = {
		{ nothing, alloc }, { fresh, bind_it }, { sharing, bind_it },
		{ beside, root_binds_it }, { fresh, connect_it },
		{ bound, connect_it }, { bound, accept_on_it },
	};
	const int want[] = { 3, 3, 3, 5, 5, 1, 4 };	/* at least */
	uint64_t used = zones_used(f->v);

	for (unsigned i = 0; i < sizeof(scene) / sizeof(scene[0]); i++) {
		int failures = 0;

		for (int n = 0; n < 30; n++)
			failures += act_without(f, &scene[i], NULL, n) != 0;
		assert_in_range(failures, want[i], 20);
		assert_int_equal(zones_used(f->v), used);
	}
}

/* Lists, tables and load-balance group know the PCB by its new address. */
static void
a_pcb_that_shrinks_keeps_its_place(void **state)
{
	struct fixture *f = *state;
	struct inpcb *a = pcb(f->tcp, f->p0, 0, INP_REUSEPORT_LB);
	struct inpcb *b = pcb(f->tcp, f->p0, 0, INP_REUSEPORT_LB);
	struct inpcb *c = pcb(f->tcp, f->p0, 0, 0), *old = b;
	uint64_t gen = b->inp_gencnt;

	assert_int_equal(bindto(a, "10.0.0.9", 80), 0);
	assert_int_equal(bindto(b, "10.0.0.9", 80), 0);
	in_pcbeligible(a, true);
	in_pcbeligible(b, true);
	b = in_pcbshrink(b);
	assert_ptr_not_equal(b, old);
	assert_int_equal(b->inp_gencnt, gen);
	assert_ptr_equal(in_pcbshrink(b), b);
	assert_ptr_equal(in_pcbnext(a, false), b);
	assert_ptr_equal(in_pcbnext(b, true), c);
	assert_ptr_equal(in_pcbafter(f->tcp, NULL, gen - 1), b);
	in_pcbfree(a);
	assert_ptr_equal(lookup(f->tcp, "10.0.0.8", 1, "10.0.0.9", 80), b);
	assert_ptr_equal(in_pcbfirst(f->tcp, f->p0), b);
	zfail_any(f->v, 0);
	assert_ptr_equal(in_pcbshrink(c), c);
	zfail_any(f->v, -1);
	in_pcbfree(b);
	assert_null(lookup(f->tcp, "10.0.0.8", 1, "10.0.0.9", 80));
}

static uint64_t
entries(const struct fixture *f)
{
	struct zone_stats st;

	zstats(V_pcb(f->v)->addrs, &st);
	return st.used;
}

/* Only what two share costs memory beside them. */
static void
a_pcb_alone_with_its_address_and_port_is_its_own_entry(void **state)
{
	struct fixture *f = *state;
	const struct endpoint local = at("10.0.0.9", 80);
	const struct endpoint peer = at("10.0.0.8", 1024);
	struct inpcb *a = pcb(f->tcp, f->p0, 0, INP_REUSEPORT);
	struct inpcb *b = pcb(f->tcp, f->p0, 0, INP_REUSEPORT), *c;

	assert_int_equal(bindto(a, "10.0.0.9", 80), 0);
	in_pcbeligible(a, true);
	assert_int_equal(entries(f), 0);
	assert_int_equal(in_pcbaccept(a, NULL, &local, &peer, &c), 0);
	assert_int_equal(entries(f), 1);
	assert_ptr_equal(lookup(f->tcp, "10.0.0.8", 1, "10.0.0.9", 80), a);
	assert_int_equal(bindto(b, "10.0.0.9", 80), 0);
	in_pcbfree(c);
	assert_int_equal(entries(f), 1);
	in_pcbfree(a);
	assert_int_equal(entries(f), 0);
	assert_ptr_equal(lookup(f->tcp, "10.0.0.8", 1, "10.0.0.9", 80), b);
	b = in_pcbshrink(b);
	assert_ptr_equal(lookup(f->tcp, "10.0.0.8", 1, "10.0.0.9", 80), b);
	assert_int_equal(connectto(b, "10.0.0.8", 1024), 0);
	assert_int_equal(entries(f), 1);
	in_pcbdisconnect(b);
	assert_int_equal(entries(f), 0);
	in_pcbremhash(b);
	assert_null(lookup(f->tcp, "10.0.0.8", 1, "10.0.0.9", 80));
}

static void
without_memory_disconnect_unbinds(void **state)
{
	struct fixture *f = *state;
	struct inpcb *inp = pcb(f->udp, f->p0, 0, 0);

	assert_int_equal(bindto(inp, "0.0.0.0", 53), 0);
	assert_int_equal(connectto(inp, "10.0.0.9", 99), 0);
	zfail(V_pcb(f->v)->ports, 0);
	in_pcbdisconnect(inp);
	assert_int_equal(inp->inp_table, INP_NOWHERE);
	assert_int_equal(inp->inp_lport, 0);
	assert_int_equal(bindto(inp, "0.0.0.0", 53), 0);
}

struct small {
	struct inpcb	inp;	/* must be first */
	uint64_t	own;
};

/* Where is it by its four values, and by age? */
static void
check_place(struct inpcbinfo *pi, struct inpcb *inp)
{
	struct endpoint local = { inp->inp_laddr, inp->inp_lport };
	struct endpoint foreign = { inp->inp_faddr, inp->inp_fport };

	assert_ptr_equal(in_pcblookup_connected(pi, &foreign, &local), inp);
	assert_ptr_equal(in_pcbafter(pi, inp->inp_cred.prison,
	    inp->inp_gencnt - 1), inp);
	assert_ptr_equal(in_pcbafter(pi, NULL, inp->inp_gencnt - 1), inp);
}

static void
a_compacted_pcb_stays_where_it_was(void **state)
{
	struct fixture *f = *state;
	struct prison *pr[3] = { f->p0, f->one, f->two };
	enum { N = 600 };
	struct inpcb *inp[N];

	assert_int_equal(in_pcbinfo_compact(f->tcp, "small",
	    sizeof(struct small), N / 2), 0);
	for (unsigned i = 0; i < N; i++) {
		inp[i] = pcb(f->tcp, pr[i % 3], 0, 0);
		assert_int_equal(connectto(inp[i], "127.0.0.1", 9000), 0);
	}
	for (unsigned i = 0; i < N; i += 2) {
		uint64_t gen = inp[i]->inp_gencnt;

		inp[i] = in_pcbcompact(inp[i]);
		assert_non_null(inp[i]);
		assert_int_equal(((struct small *)inp[i])->own, 0);
		assert_int_equal(inp[i]->inp_gencnt, gen);
	}
	/* Full: nothing has happened. */
	assert_null(in_pcbcompact(inp[1]));
	assert_false(inp[1]->inp_compact);
	assert_int_equal(in_pcbinfo_count(f->tcp), N);
	for (unsigned i = 0; i < N; i++) {
		check_place(f->tcp, inp[i]);
		assert_ptr_equal(in_pcbnext(inp[i], false),
		    i < N - 1 ? inp[i + 1] : NULL);
		assert_ptr_equal(in_pcbnext(inp[i], true),
		    i < N - 3 ? inp[i + 3] : NULL);
	}
	/* Small and large ones go in any order. */
	for (unsigned i = 0; i < N; i++)
		in_pcbfree(inp[i * 7 % N]);
	assert_int_equal(in_pcbinfo_count(f->tcp), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(lists_are_in_order_of_age_and_per_jail),
		T(generation_counts_are_never_used_twice),
		T(a_place_in_a_list_is_found_again_whatever_was_freed),
		T(a_pcb_holds_its_jail),
		T(the_limit_is_enobufs),
		T(without_memory_nothing_is_left_half_done),
		T(no_allocation_that_fails_leaves_anything_half_done),
		T(a_pcb_that_shrinks_keeps_its_place),
		T(a_pcb_alone_with_its_address_and_port_is_its_own_entry),
		T(without_memory_disconnect_unbinds),
		T(a_compacted_pcb_stays_where_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
