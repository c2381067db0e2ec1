/*
 * What takes long goes in steps, so that packets do not wait for it: steps are
 * counted, not timed.
 */
#include "tests/unit/stack_tcp_fixture.h"

#include "base/zone.h"
#include "pcb/in_pcb.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

#define MANY	3000	/* connections that wait in a listener */
#define BATCH	256	/* as stack/socket_listen.c has it */
#define BURST	64	/* as stack/tcp_output.c has it */
#define DISCARD	512	/* as stack/mbuf.c has it */
#define SPACE	(2 << 20)

static struct socket *con[2][MANY];

/* A listener with MANY connections from c that nobody accepts. */
static struct socket *
busy_listener(struct net *n, const char *addr, struct socket **c)
{
	struct socket *l = listener_on(n, addr, PORT, MANY);

	for (unsigned i = 0; i < MANY; i++) {
		c[i] = newsock(n);
		assert_int_equal(connect_to(n, c[i], addr, PORT), EINPROGRESS);
		if (i % 100 == 99)
			run(n);
	}
	run(n);
	assert_int_equal(l->so_qlen, MANY);
	return l;
}

static void
close_clients(struct net *n, struct socket **c, int error)
{
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(sogeterror(c[i]), error);
		soclose(c[i]);
	}
	run(n);
}

/* PCBs that a millisecond takes away from *left; the clients' own stay until
 * they are closed. */
static uint64_t
gone_in_a_ms(struct net *n, uint64_t *left)
{
	uint64_t was = *left;

	pass(n, 1);
	*left = in_pcbinfo_count(tcp_pcbinfo(n->v));
	return was - *left;
}

static void
a_listener_that_closes_resets_thousands_in_batches(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = busy_listener(n, "127.0.0.2", con[0]), *x;
	uint64_t left, gone;
	unsigned ms = 0;

	soclose(l);
	run(n);
	left = in_pcbinfo_count(tcp_pcbinfo(n->v));
	assert_int_equal(left, MANY + MANY - BATCH);
	/* It takes no more. */
	x = newsock(n);
	assert_int_equal(connect_to(n, x, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	assert_int_equal(sogeterror(x), ECONNREFUSED);
	soclose(x);
	while ((gone = gone_in_a_ms(n, &left)) > 0) {
		assert_in_range(gone, 1, BATCH);
		ms++;
	}
	assert_in_range(ms, (MANY - BATCH) / BATCH, MANY / BATCH + 1);
	assert_int_equal(left, MANY);
	close_clients(n, con[0], ECONNRESET);
	expect_no_pcbs(n);
	assert_int_equal(sonumopen(n->v), 0);
}

static void
listeners_that_close_together_share_a_batch(void **state)
{
	struct net *n = net_of(state);
	struct socket *a = busy_listener(n, "127.0.0.2", con[0]);
	struct socket *b = busy_listener(n, "127.0.0.3", con[1]);
	uint64_t left, gone;

	soclose(a);
	soclose(b);
	run(n);
	left = in_pcbinfo_count(tcp_pcbinfo(n->v));
	while ((gone = gone_in_a_ms(n, &left)) > 0)
		assert_in_range(gone, 1, BATCH);
	assert_int_equal(left, 2 * MANY);
	close_clients(n, con[0], ECONNRESET);
	close_clients(n, con[1], ECONNRESET);
	expect_no_pcbs(n);
}

static void
connections_may_end_while_their_listener_closes(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = busy_listener(n, "127.0.0.2", con[0]);

	soclose(l);
	/* Orderly, reset, and with data. */
	for (unsigned i = 0; i < MANY; i++) {
		if (i % 3 == 0)
			(void)put(n, con[0][i], "late", 4);
		if (i % 3 == 1)
			soabort(con[0][i]);
		else
			soclose(con[0][i]);
	}
	run(n);
	pass(n, 300000);
	expect_no_pcbs(n);
	assert_int_equal(sonumopen(n->v), 0);
}

static void
handshakes_may_end_while_their_listener_closes(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = listener_on(n, "127.0.0.2", PORT, MANY);

	for (unsigned i = 0; i < MANY; i++) {
		con[0][i] = newsock(n);
		assert_int_equal(connect_to(n, con[0][i], "127.0.0.2", PORT),
		    EINPROGRESS);
	}
	/* The SYNs have arrived, the rest is on the way. */
	for (unsigned i = 0; i < MANY; i++)
		ip_input(n->v, netisr_dequeue(n->v));
	assert_int_equal(l->so_incqlen, MANY);
	soclose(l);
	run(n);
	assert_int_equal(l->so_qlen, MANY - BATCH);
	pass(n, 100);
	close_clients(n, con[0], ECONNRESET);
	expect_no_pcbs(n);
}

static void
a_stack_may_end_while_listeners_close(void **state)
{
	struct net *n = net_of(state);
	struct socket *l = busy_listener(n, "127.0.0.2", con[0]);

	for (unsigned i = 0; i < MANY; i++)
		soabort(con[0][i]);
	soclose(l);
	/* What the resets do not reach any more, teardown frees. */
	assert_true(in_pcbinfo_count(tcp_pcbinfo(n->v)) > BATCH);
}

/* ---- bytes ---- */

static char data[2 * SPACE];

/* A connection with large buffers and small segments, whose congestion window
 * is wide open. */
static void
wide_pair(struct net *n, struct socket **c, struct socket **s)
{
	struct socket *l = newsock(n);
	struct endpoint name = ep("127.0.0.2", PORT);

	if_settap(n->v, NULL, NULL);
	*c = newsock(n);
	assert_int_equal(sosetopt(l, OPT_RCVBUF, SPACE, &n->cred), 0);
	assert_int_equal(sosetopt(*c, OPT_SNDBUF, SPACE, &n->cred), 0);
	assert_int_equal(sosetopt(*c, OPT_TCP_MAXSEG, 216, &n->cred), 0);
	assert_int_equal(sobind(l, &name, &n->cred), 0);
	assert_int_equal(solisten(l, 5, &n->cred), 0);
	assert_int_equal(connect_to(n, *c, "127.0.0.2", PORT), EINPROGRESS);
	run(n);
	*s = accept_one(l);
	soclose(l);
	tcb(*c)->snd_cwnd = SPACE;
}

/* As many bytes as both ends hold. */
static size_t
fill_up(struct net *n, struct socket *c)
{
	size_t sum = 0, k;

	for (int idle = 0; idle < 10; idle++) {
		while ((k = put(n, c, data, 2000)) > 0) {
			sum += k;
			idle = 0;
		}
		pass(n, 50);
	}
	return sum;
}

static uint64_t
mbufs_used(struct net *n)
{
	struct zone_stats zs;
	struct zone *z = NULL;

	while ((z = znext(n->v, z)) != NULL) {
		zstats(z, &zs);
		if (strcmp(zs.name, "mbuf") == 0)
			return zs.used;
	}
	fail();
	return 0;
}

static void
a_window_that_opens_wide_sends_bursts(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	struct mbuf *m;
	uint64_t before;
	size_t sum, got;
	ssize_t k;

	wide_pair(n, &c, &s);
	sum = fill_up(n, c);
	assert_true(sum > 2 * SPACE - 100000);
	got = (size_t)get(s, data, sizeof(data));
	assert_true(got > SPACE / 2);
	/* What one packet causes. */
	while ((m = netisr_dequeue(n->v)) != NULL) {
		before = st(n)->tcps_sndtotal;
		ip_input(n->v, m);
		assert_in_range(st(n)->tcps_sndtotal - before, 0, BURST + 1);
	}
	for (int i = 0; i < 1000 && got < sum; i++) {
		if ((k = get(s, data, sizeof(data))) > 0)
			got += (size_t)k;
		pass(n, 20);
	}
	assert_int_equal(got, sum);
	assert_int_equal(st(n)->tcps_sndrexmitpack, 0);
	soabort(c);
	soabort(s);
}

static void
what_a_socket_leaves_is_freed_in_batches(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;
	uint64_t before, left;

	wide_pair(n, &c, &s);
	(void)fill_up(n, c);
	before = mbufs_used(n);
	assert_true(before > 20 * DISCARD);
	soabort(s);
	left = mbufs_used(n);
	assert_in_range(before - left, DISCARD - 2, DISCARD);
	while (left > 0) {
		before = left;
		if (c != NULL)
			soabort(c);
		c = NULL;
		pass(n, 1);
		left = mbufs_used(n);
		assert_in_range(before - left, 1, 2 * DISCARD + 2);
	}
	expect_no_pcbs(n);
}

static void
a_stack_may_end_with_much_to_free(void **state)
{
	struct net *n = net_of(state);
	struct socket *c, *s;

	wide_pair(n, &c, &s);
	(void)fill_up(n, c);
	soabort(s);
	soabort(c);
	assert_true(mbufs_used(n) > DISCARD);
}

/* ---- raw sockets ---- */

static void
raw_sockets_are_few_and_a_packet_for_all_is_a_turn(void **state)
{
	struct net *n = net_of(state);
	struct endpoint to = ep("127.0.0.2", 0);
	struct iovec iov = { data, 10 };
	unsigned k = 0, runs = 0;
	size_t sent;
	int error;

	if_settap(n->v, NULL, NULL);
	while ((error = socreate(n->v, AF_INET, SOCK_RAW, 253, &n->cred,
	    &con[0][k])) == 0)
		k++;
	assert_int_equal(error, ENOBUFS);
	assert_int_equal(k, 1024);
	for (int i = 0; i < 10; i++)
		assert_int_equal(sosend(con[0][0], &iov, 1, &to, &n->cred,
		    &sent), 0);
	while (vnet_run(n->v, 256))
		runs++;
	assert_in_range(runs, 8, 10);
	for (unsigned i = 0; i < k; i++) {
		assert_int_equal(con[0][i]->so_rcv.sb_cc, 10 * 30);
		soclose(con[0][i]);
	}
}

/* ---- listings ---- */

static unsigned asked;

/* Every third time it cannot say. */
static unsigned
sometimes_later(struct socket *so, void *arg)
{
	(void)arg;
	if (++asked % 3 == 0)
		return SOPARKED_LATER;
	so->so_rcv.sb_parked = 7;
	return 0;
}

static void
an_owner_who_cannot_say_yet_is_asked_again(void **state)
{
	struct net *n = net_of(state);
	struct sysctl_req req = { .vnet = n->v, .cred = &n->cred };
	const struct xtcpcb *xt;
	unsigned len = CTL_MAXNAME, slices = 0;
	struct socket *so[10];
	int mib[CTL_MAXNAME], r;

	for (int i = 0; i < 10; i++) {
		so[i] = newsock(n);
		so[i]->so_upcall = upcall;
		so[i]->so_upcallarg = n;
	}
	sosetparked(n->v, sometimes_later);
	assert_int_equal(sysctl_lookup(n->v, "net.inet.tcp.pcblist", mib,
	    &len), 0);
	do {
		slices++;
		r = sysctl_step(mib, len, &req);
	} while (r == SYSCTL_MORE);
	assert_int_equal(r, 0);
	assert_true(slices >= 5);
	assert_int_equal(req.outlen, 2 * sizeof(struct xinpgen) +
	    10 * sizeof(*xt));
	xt = (const void *)(req.out + sizeof(struct xinpgen));
	for (int i = 0; i < 10; i++) {
		assert_int_equal(xt[i].xt_inp.xi_socket.so_rcv.sb_cc, 7);
		assert_int_equal(xt[i].xt_inp.inp_gencnt,
		    so[i]->so_pcb->inp_gencnt);
		soclose(so[i]);
	}
	free(req.out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(a_listener_that_closes_resets_thousands_in_batches),
		net_test(listeners_that_close_together_share_a_batch),
		net_test(connections_may_end_while_their_listener_closes),
		net_test(handshakes_may_end_while_their_listener_closes),
		net_test(a_stack_may_end_while_listeners_close),
		net_test(a_window_that_opens_wide_sends_bursts),
		net_test(what_a_socket_leaves_is_freed_in_batches),
		net_test(a_stack_may_end_with_much_to_free),
		net_test(raw_sockets_are_few_and_a_packet_for_all_is_a_turn),
		net_test(an_owner_who_cannot_say_yet_is_asked_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
