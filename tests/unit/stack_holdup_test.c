/*
 * What takes long goes in steps, so that packets do not wait for it: steps are
 * counted, not timed.
 */
#include "tests/unit/stack_tcp_fixture.h"

#include "pcb/in_pcb.h"

#define MANY	3000	/* connections that wait in a listener */
#define BATCH	256	/* as stack/socket_listen.c has it */

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		net_test(a_listener_that_closes_resets_thousands_in_batches),
		net_test(listeners_that_close_together_share_a_batch),
		net_test(connections_may_end_while_their_listener_closes),
		net_test(handshakes_may_end_while_their_listener_closes),
		net_test(a_stack_may_end_while_listeners_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
