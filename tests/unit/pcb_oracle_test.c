/*
 * Random bind, listen, connect, accept, disconnect and close against a model
 * that keeps an array of sockets and answers every question by looking at all
 * of them.  Look-ups are compared after every step.
 *
 * bind is judged twice: by the rules as pcb_bind.c states them, and by the one
 * best match that FreeBSD's in_pcblookup_local() would find, which may permit
 * more (a better match hides another), but never less.
 */
#include "tests/unit/pcb_fixture.h"

#define NSOCK	200
#define STEPS	150000		/* or NETJAIL_TEST_STEPS */
#define NBATCH	40
#define LO	20000		/* ports that are chosen: LO to HI */
#define HI	20006

struct sock {
	struct inpcb	*inp;		/* NULL: free */
	struct prison	*pr;
	uint32_t	 uid;
	unsigned	 reuse;		/* options now */
	unsigned	 bindreuse;	/* when the port was taken */
	struct inaddr	 laddr, faddr;
	uint16_t	 lport, fport;	/* host byte order */
	bool		 connaddr;	/* laddr was ANY before connect */
	bool		 bound;		/* the port is bind()'s */
	bool		 dst;		/* connect() chose the port */
	bool		 eligible;
	uint64_t	 since;		/* when it became what it is */
};

struct model {
	struct fixture	*f;
	struct inpcbinfo *pi;
	bool		 stream;
	struct sock	 s[NSOCK];
	uint64_t	 rnd, clock;
	struct inaddr	 any;
	struct prison	*prison[7];
	struct inaddr	 addr[8];
	unsigned	 chosen, inuse, masked, full, hits;	/* how often */
};

static unsigned
rnd(struct model *m, unsigned n)
{
	m->rnd = m->rnd * UINT64_C(6364136223846793005) +
	    1442695040888963407;
	return (unsigned)(m->rnd >> 33) % n;
}

/* ---- what jails do, naively ---- */

static struct prison *
space(const struct sock *s)
{
	struct prison *pr = s->pr;

	while (prison_jid(pr) != 0 && (!prison_restricted_v4(pr) ||
	    (prison_depth(pr) > 1 &&
	    prison_naddr(pr) == prison_naddr(prison_parent(pr)))))
		pr = prison_parent(pr);
	return pr;
}

static bool
lists(const struct prison *pr, const struct inaddr *a)
{
	for (unsigned i = 0; i < prison_naddr(pr); i++)
		if (inaddr_eq(prison_addr(pr, i), a))
			return true;
	return false;
}

static int
coerce_local(const struct prison *pr, struct inaddr *a)
{
	if (!prison_restricted_v4(pr) || lists(pr, a))
		return 0;
	if (inaddr_is_any(a)) {
		if (prison_naddr(pr) == 1)
			*a = *prison_addr(pr, 0);
		return 0;
	}
	if (!inaddr_is_loopback(a))
		return EADDRNOTAVAIL;
	*a = *prison_addr(pr, 0);
	return 0;
}

static void
coerce_remote(const struct prison *pr, struct inaddr *a)
{
	if (!prison_restricted_v4(pr)) {
		if (inaddr_is_any(a))
			*a = ip("127.0.0.1");
	} else if (inaddr_is_any(a) ||
	    (inaddr_is_loopback(a) && !lists(pr, a)))
		*a = *prison_addr(pr, 0);
}

/* ---- bind, naively ---- */

static bool
overlap(const struct inaddr *a, const struct inaddr *b)
{
	return inaddr_is_any(a) || inaddr_is_any(b) || inaddr_eq(a, b);
}

static bool
rules_forbid(const struct model *m, const struct sock *n,
    const struct inaddr *laddr, uint16_t lport)
{
	unsigned mask = n->reuse & (INP_REUSEPORT | INP_REUSEPORT_LB);

	for (const struct sock *e = m->s; e < m->s + NSOCK; e++) {
		if (e->inp == NULL || e->lport != lport ||
		    space(e) != space(n) || !overlap(&e->laddr, laddr))
			continue;
		if (n->uid != 0 && e->uid != n->uid &&
		    (!m->stream || e->fport == 0))
			return true;
		if (n->reuse == 0)
			return true;
		if (e->fport == 0 && inaddr_eq(&e->laddr, laddr) &&
		    (e->bindreuse & mask) == 0)
			return true;
	}
	return false;
}

static int
score(const struct sock *e, const struct inaddr *laddr)
{
	return (e->fport != 0) +
	    (inaddr_is_any(&e->laddr) != inaddr_is_any(laddr));
}

/* in_pcblookup_local(): the best match, or the first exact one. */
static const struct sock *
lookup_local(const struct model *m, const struct sock *n,
    const struct inaddr *laddr, uint16_t lport, bool wild)
{
	const struct sock *best = NULL;

	for (const struct sock *e = m->s; e < m->s + NSOCK; e++) {
		if (e->inp == NULL || e->lport != lport ||
		    space(e) != space(n) || !overlap(&e->laddr, laddr))
			continue;
		if (!wild && (e->fport != 0 || !inaddr_eq(&e->laddr, laddr)))
			continue;
		if (best == NULL || score(e, laddr) < score(best, laddr))
			best = e;
	}
	return best;
}

static bool
freebsd_forbids(const struct model *m, const struct sock *n,
    const struct inaddr *laddr, uint16_t lport)
{
	unsigned mask = n->reuse & (INP_REUSEPORT | INP_REUSEPORT_LB);
	const struct sock *t = lookup_local(m, n, laddr, lport, true);

	if (n->uid != 0 && t != NULL && t->uid != n->uid &&
	    (!m->stream || t->fport == 0))
		return true;
	t = lookup_local(m, n, laddr, lport, n->reuse == 0);
	return t != NULL && (t->bindreuse & mask) == 0;
}

/* Is the port counted as used on laddr, or by a wildcard, or anywhere? */
static bool
port_taken(const struct model *m, const struct sock *n,
    const struct inaddr *laddr, uint16_t port)
{
	for (const struct sock *e = m->s; e < m->s + NSOCK; e++) {
		const struct inaddr *key = e->bound && e->connaddr ? &m->any :
		    &e->laddr;

		if (e->inp != NULL && e->lport == port &&
		    space(e) == space(n) && overlap(key, laddr))
			return true;
	}
	return false;
}

static int
expect_bind(struct model *m, const struct sock *n, struct inaddr *laddr,
    uint16_t lport)
{
	int error;

	if (n->lport != 0)
		return EINVAL;
	if ((error = coerce_local(n->pr, laddr)) != 0)
		return error;
	if (!inaddr_is_any(laddr) && !fixture_islocal(m->f->v, laddr))
		return EADDRNOTAVAIL;
	if (lport != 0 && lport < 1024 && n->uid != 0)
		return EACCES;
	if (lport == 0) {
		for (uint16_t p = LO; p <= HI; p++)
			if (!port_taken(m, n, laddr, p))
				return 0;
		m->full++;
		return EADDRNOTAVAIL;
	}
	if (rules_forbid(m, n, laddr, lport)) {
		m->inuse++;
		m->masked += !freebsd_forbids(m, n, laddr, lport);
		return EADDRINUSE;
	}
	assert_false(freebsd_forbids(m, n, laddr, lport));
	return 0;
}

/* ---- connect, naively ---- */

static struct sock *
find_tuple(struct model *m, const struct endpoint *local,
    const struct endpoint *foreign)
{
	for (struct sock *e = m->s; e < m->s + NSOCK; e++)
		if (e->inp != NULL && e->fport != 0 &&
		    e->lport == ntohs(local->port) &&
		    e->fport == ntohs(foreign->port) &&
		    inaddr_eq(&e->laddr, &local->addr) &&
		    inaddr_eq(&e->faddr, &foreign->addr))
			return e;
	return NULL;
}

/* May connect() choose this port? */
static bool
choosable(struct model *m, const struct sock *n, const struct inaddr *laddr,
    const struct endpoint *foreign, uint16_t port)
{
	struct endpoint local = { *laddr, htons(port) };

	if (port == ntohs(foreign->port) && inaddr_eq(laddr, &foreign->addr))
		return false;
	if (find_tuple(m, &local, foreign) != NULL)
		return false;
	for (const struct sock *e = m->s; e < m->s + NSOCK; e++) {
		const struct inaddr *key = e->connaddr ? &m->any : &e->laddr;

		if (e->inp != NULL && e->bound && e->lport == port &&
		    space(e) == space(n) && overlap(key, laddr))
			return false;
	}
	return true;
}

static int
expect_connect(struct model *m, const struct sock *n, struct endpoint *local,
    struct endpoint *foreign)
{
	if (n->fport != 0)
		return EISCONN;
	if (foreign->port == 0)
		return EADDRNOTAVAIL;
	coerce_remote(n->pr, &foreign->addr);
	local->addr = n->laddr;
	local->port = htons(n->lport);
	if (inaddr_is_any(&n->laddr)) {
		if (!fixture_islocal(m->f->v, &foreign->addr))
			return ENETUNREACH;
		local->addr = foreign->addr;
		if (prison_restricted_v4(n->pr) &&
		    !lists(n->pr, &foreign->addr))
			local->addr = *prison_addr(n->pr, 0);
	}
	if (n->lport != 0)
		return find_tuple(m, local, foreign) == NULL ? 0 : EADDRINUSE;
	for (uint16_t p = LO; p <= HI; p++)
		if (choosable(m, n, &local->addr, foreign, p))
			return 0;
	m->full++;
	return EADDRNOTAVAIL;
}

/* ---- look-up, naively ---- */

/* Smaller is better; -1: not for it. */
static int
lookup_rank(const struct sock *e, const struct endpoint *dst)
{
	bool wild = inaddr_is_any(&e->laddr);
	struct prison *pr;
	int depth;

	if (e->inp == NULL || e->fport != 0 || e->lport != ntohs(dst->port) ||
	    e->lport == 0 || (!wild && !inaddr_eq(&e->laddr, &dst->addr)))
		return -1;
	pr = space(e);
	depth = (int)prison_depth(pr);
	if (depth > 0 && !lists(pr, &dst->addr))
		return -1;
	return depth > 0 ? (wild ? 100 : 0) - depth + 50 : wild ? 300 : 200;
}

static const struct sock *
sock_of(const struct model *m, const struct inpcb *inp)
{
	const struct sock *e = m->s;

	assert_non_null(inp);
	while (e->inp != inp)
		assert_true(++e < m->s + NSOCK);
	return e;
}

/* got is the best rank's; is it the one of its address and port space? */
static void
check_peers(const struct model *m, const struct inpcb *got,
    const struct endpoint *dst, int rank)
{
	const struct sock *s = sock_of(m, got), *last = NULL;
	bool group = false;

	assert_int_equal(lookup_rank(s, dst), rank);
	assert_true(s->eligible);
	for (const struct sock *e = m->s; e < m->s + NSOCK; e++) {
		bool lb = (e->bindreuse & INP_REUSEPORT_LB) != 0;

		if (lookup_rank(e, dst) != rank || !e->eligible ||
		    space(e) != space(s))
			continue;
		if (last == NULL || (lb && !group) ||
		    (lb == group && e->since > last->since))
			last = e;
		group |= lb;
	}
	if (group)
		assert_true(s->bindreuse & INP_REUSEPORT_LB);
	else
		assert_ptr_equal(s, last);
}

static void
check_lookup(struct model *m, const struct endpoint *src,
    const struct endpoint *dst)
{
	struct inpcb *got = in_pcblookup(m->pi, src, dst);
	const struct sock *connected = find_tuple(m, dst, src);
	int rank = 1000, r;
	bool any = false;

	if (connected != NULL) {
		assert_ptr_equal(got, connected->inp);
		return;
	}
	for (const struct sock *e = m->s; e < m->s + NSOCK; e++) {
		if ((r = lookup_rank(e, dst)) < 0)
			continue;
		any = true;
		if (e->eligible && r < rank)
			rank = r;
	}
	if (rank < 1000) {
		m->hits++;
		check_peers(m, got, dst, rank);
		return;
	}
	assert_int_equal(got != NULL, any);
	assert_false(got != NULL && sock_of(m, got)->eligible);
}

/* ---- steps ---- */

static struct endpoint
random_end(struct model *m)
{
	static const uint16_t port[] = { 80, 80, LO, LO + 1, LO + 2, LO + 3,
	    3000, 0 };
	struct endpoint e = { m->addr[rnd(m, 8)], htons(port[rnd(m, 8)]) };

	return e;
}

static void
check_sock(const struct sock *s)
{
	const struct inpcb *inp = s->inp;
	unsigned table = s->lport == 0 ? INP_NOWHERE : s->fport != 0 ?
	    INP_CONNECTED : inaddr_is_any(&s->laddr) ? INP_WILD : INP_BOUND;

	assert_int_equal(inp->inp_table, table);
	assert_true(inaddr_eq(&inp->inp_laddr, &s->laddr));
	assert_true(inaddr_eq(&inp->inp_faddr, &s->faddr));
	assert_int_equal(ntohs(inp->inp_lport), s->lport);
	assert_int_equal(ntohs(inp->inp_fport), s->fport);
}

static void
step_socket(struct model *m, struct sock *s)
{
	static const uint32_t uid[] = { 0, 1000, 1000, 1001 };

	*s = (struct sock){ .pr = m->prison[rnd(m, 7)], .uid = uid[rnd(m, 4)],
	    .reuse = rnd(m, 3) == 0 ? rnd(m, 8) : 1u << rnd(m, 4),
	    .laddr = m->any, .faddr = m->any, .eligible = !m->stream };
	s->reuse &= 7;
	s->inp = pcb(m->pi, s->pr, s->uid, s->reuse);
	s->inp->inp_portlo = LO;
	s->inp->inp_porthi = HI;
}

static void
step_bind(struct model *m, struct sock *s)
{
	struct endpoint e = random_end(m);
	struct inaddr laddr = e.addr;
	int want = expect_bind(m, s, &laddr, ntohs(e.port));

	assert_int_equal(in_pcbbind(s->inp, &e, &s->inp->inp_cred), want);
	if (want != 0)
		return;
	if (e.port == 0) {
		e.port = s->inp->inp_lport;
		assert_in_range(ntohs(e.port), LO, HI);
		assert_false(port_taken(m, s, &laddr, ntohs(e.port)));
		m->chosen++;
	}
	s->laddr = laddr;
	s->lport = ntohs(e.port);
	s->bound = true;
	s->bindreuse = s->reuse;
	s->since = ++m->clock;
}

static void
step_connect(struct model *m, struct sock *s)
{
	struct endpoint foreign = random_end(m), name = foreign, local;
	int want = expect_connect(m, s, &local, &foreign);

	assert_int_equal(in_pcbconnect(s->inp, &name, &s->inp->inp_cred),
	    want);
	if (want != 0)
		return;
	if (s->lport == 0) {
		s->dst = true;
		local.port = s->inp->inp_lport;
		assert_in_range(ntohs(local.port), LO, HI);
		assert_true(choosable(m, s, &local.addr, &foreign,
		    ntohs(local.port)));
		m->chosen++;
		s->bindreuse = s->reuse;
	}
	s->connaddr = inaddr_is_any(&s->laddr);
	s->laddr = local.addr;
	s->lport = ntohs(local.port);
	s->faddr = foreign.addr;
	s->fport = ntohs(foreign.port);
}

static void
step_disconnect(struct model *m, struct sock *s)
{
	if (m->stream || s->fport == 0)
		return;
	in_pcbdisconnect(s->inp);
	if (s->dst)
		s->lport = 0;
	if (s->connaddr)
		s->laddr = m->any;
	s->dst = s->connaddr = false;
	s->faddr = m->any;
	s->fport = 0;
	s->bindreuse = s->reuse;
	s->since = ++m->clock;
}

static void
step_listen(struct model *m, struct sock *s)
{
	bool on = rnd(m, 4) != 0;

	if (on == s->eligible)
		return;
	if (s->fport == 0)
		s->inp = in_pcbshrink(s->inp);
	in_pcbeligible(s->inp, on);
	s->eligible = on;
	s->since = ++m->clock;
}

/* A connection for listener l, in s, which is free. */
static void
step_accept(struct model *m, struct sock *l, struct sock *s)
{
	struct endpoint local = { l->laddr, htons(l->lport) };
	struct endpoint foreign = random_end(m);

	if (l->inp == NULL || l->fport != 0 || l->lport == 0 ||
	    !m->stream || inaddr_is_any(&foreign.addr) || foreign.port == 0)
		return;
	if (inaddr_is_any(&local.addr))
		local.addr = prison_restricted_v4(l->pr) ?
		    *prison_addr(l->pr, 0) : m->addr[1];
	*s = *l;
	if (find_tuple(m, &local, &foreign) != NULL) {
		s->inp = NULL;
		assert_int_equal(in_pcbaccept(l->inp, NULL, &local, &foreign,
		    &s->inp), EADDRINUSE);
		return;
	}
	assert_int_equal(in_pcbaccept(l->inp, NULL, &local, &foreign,
	    &s->inp), 0);
	s->laddr = local.addr;
	s->faddr = foreign.addr;
	s->fport = ntohs(foreign.port);
	s->bound = s->connaddr = s->dst = false;
}

static void
step(struct model *m)
{
	struct sock *s = &m->s[rnd(m, NSOCK)];
	struct endpoint src, dst;

	if (s->inp == NULL) {
		if (rnd(m, 4) == 0)
			step_accept(m, &m->s[rnd(m, NSOCK)], s);
		else
			step_socket(m, s);
	} else switch (rnd(m, 8)) {
	case 0:
	case 1:
		in_pcbfree(s->inp);
		s->inp = NULL;
		break;
	case 2:
	case 3:
	case 4:
		step_bind(m, s);
		break;
	case 5:
		step_connect(m, s);
		break;
	case 6:
		step_disconnect(m, s);
		break;
	default:
		step_listen(m, s);
	}
	if (s->inp != NULL)
		check_sock(s);
	for (unsigned i = 0; i < 2; i++) {
		src = random_end(m);
		dst = random_end(m);
		if (!inaddr_is_any(&dst.addr))
			check_lookup(m, &src, &dst);
	}
}

/* Of many packets at once, each gets what it would get alone. */
static void
check_batch(struct model *m)
{
	struct endpoint src[NBATCH] = { 0 }, dst[NBATCH] = { 0 };
	struct inpcb *to[NBATCH];
	unsigned n = 1 + rnd(m, NBATCH);

	for (unsigned i = 0; i < n; i++) {
		src[i] = random_end(m);
		dst[i] = random_end(m);
	}
	in_pcblookup_batch(m->pi, src, dst, to, n);
	for (unsigned i = 0; i < n; i++)
		assert_ptr_equal(to[i], in_pcblookup(m->pi, &src[i], &dst[i]));
}

static unsigned
nsteps(void)
{
	const char *s = getenv("NETJAIL_TEST_STEPS");

	return s == NULL ? STEPS : (unsigned)strtoul(s, NULL, 10);
}

static void
run(struct fixture *f, struct inpcbinfo *pi)
{
	static const char *const addr[] = { "0.0.0.0", "127.0.0.1",
	    "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.9", "127.0.0.1",
	    "192.0.2.1" };
	struct model *m = calloc(1, sizeof(*m));

	*m = (struct model){ .f = f, .pi = pi, .stream = pi == f->tcp,
	    .rnd = 42, .any = ip("0.0.0.0"), .prison = { f->p0, f->one,
	    f->two, f->inner, f->open, fixture_jail(f->v, f->p0, "10.0.0.1"),
	    fixture_jail(f->v, f->two, NULL) } };
	for (unsigned i = 0; i < 8; i++)
		m->addr[i] = ip(addr[i]);
	for (unsigned i = 0; i < nsteps(); i++) {
		step(m);
		if (i % 64 == 0)
			check_batch(m);
	}
	/* It was about something. */
	assert_true(m->chosen > 1000);
	assert_true(m->inuse > 1000);
	assert_true(m->full > 10);
	assert_true(m->hits > 1000);
	assert_true(m->masked > 0);
	free(m);
}

static void
streams_behave_as_the_naive_model(void **state)
{
	struct fixture *f = *state;

	run(f, f->tcp);
}

static void
datagram_sockets_behave_as_the_naive_model(void **state)
{
	struct fixture *f = *state;

	run(f, f->udp);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(streams_behave_as_the_naive_model),
		T(datagram_sockets_behave_as_the_naive_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
