/*
 * Theory of operation
 *
 * Chains of mbufs, cut at random, against the flat array of bytes they stand
 * for; sums against RFC 1071's text, byte by byte.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "stack/mbuf.h"
#include "stack/socket.h"

#define MAXBYTES 300000

struct fixture {
	struct vnet	*v;
	uint8_t		*bytes;		/* pattern, MAXBYTES of it */
	uint8_t		*out;
};

static int
setup(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = "mbuf";
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(vnet_new(seed, 0, &f->v), 0);
	f->bytes = malloc(MAXBYTES);
	f->out = malloc(MAXBYTES);
	assert_non_null(f->bytes);
	assert_non_null(f->out);
	for (size_t i = 0; i < MAXBYTES; i++)
		f->bytes[i] = (uint8_t)vnet_random(f->v);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	vnet_free(f->v);
	free(f->bytes);
	free(f->out);
	free(f);
	return 0;
}

static uint32_t
rnd(struct fixture *f, uint32_t n)
{
	return vnet_random_below(f->v, n);
}

/* A chain of `len' pattern bytes from `at', cut into pieces of random size. */
static struct mbuf *
pieces(struct fixture *f, size_t at, size_t len)
{
	struct mbuf *top = NULL, **tailp = &top;

	do {
		size_t n = 1 + rnd(f, rnd(f, 2) ? 20 : 5000);

		if (n > len)
			n = len;
		*tailp = m_frombuf(f->v, f->bytes + at, n,
		    rnd(f, MHEADROOM + 1));
		assert_non_null(*tailp);
		while (*tailp != NULL)
			tailp = &(*tailp)->m_next;
		at += n;
		len -= n;
	} while (len > 0);
	return top;
}

static void
assert_bytes(struct fixture *f, const struct mbuf *m, const uint8_t *want,
    size_t len)
{
	assert_int_equal(m_length(m), len);
	m_copydata(m, 0, len, f->out);
	assert_memory_equal(f->out, want, len);
}

/* Byte by byte, as RFC 1071 describes it. */
static uint16_t
naive_cksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++) {
		sum += (uint32_t)p[i] << (i % 2 == 0 ? 8 : 0);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void
an_mbuf_has_the_room_that_was_asked_for(void **state)
{
	static const size_t heads[] = { 0, 20, MHEADROOM };
	struct fixture *f = *state;

	for (size_t len = 0; len < 70000; len += 1 + len / 7) {
		for (unsigned i = 0; i < 3; i++) {
			size_t want = len < MCL_LARGE ? len : MCL_LARGE;
			struct mbuf *m = m_get(f->v, heads[i], len);

			assert_non_null(m);
			assert_int_equal(m->m_len, 0);
			assert_true(m_writable(m));
			assert_int_equal(m_leading(m), heads[i]);
			assert_true(m_trailing(m) >= want);
			assert_true(m_storage(m) > m_trailing(m));
			memset(m->m_data - heads[i], 0xa5,
			    heads[i] + m_trailing(m));
			assert_null(m_free(f->v, m));
		}
	}
}

static void
a_copied_range_has_the_bytes_of_the_original(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 300; i++) {
		size_t len = rnd(f, 20000), off = rnd(f, (uint32_t)len + 1);
		size_t n = rnd(f, (uint32_t)(len - off) + 1);
		struct mbuf *m = pieces(f, 0, len);
		struct mbuf *c = m_copym(f->v, m, off, n);

		assert_non_null(c);
		assert_bytes(f, c, f->bytes + off, n);
		m_freem(f->v, m);	/* the copy holds its own */
		assert_bytes(f, c, f->bytes + off, n);
		m_freem(f->v, c);
	}
}

static void
a_shared_cluster_is_not_writable_until_one_holder_is_left(void **state)
{
	struct fixture *f = *state;
	struct mbuf *m = m_frombuf(f->v, f->bytes, 5000, MHEADROOM);
	struct mbuf *c = m_copym(f->v, m, 100, 1000);

	assert_ptr_equal(c->m_data, m->m_data + 100);
	assert_false(m_writable(m));
	assert_int_equal(m_leading(m), 0);
	assert_int_equal(m_trailing(c), 0);
	m_freem(f->v, m);
	assert_true(m_writable(c));
	m_freem(f->v, c);
}

static void
prepending_leaves_what_others_share_alone(void **state)
{
	struct fixture *f = *state;
	struct mbuf *m = m_frombuf(f->v, f->bytes, 5000, MHEADROOM);
	struct mbuf *c = m_copym(f->v, m, 20, 4980);
	struct mbuf *p;

	c->m_pktlen = 77;
	c->m_flags = M_CSUM_LATER;
	p = m_prepend(f->v, c, 20);
	assert_non_null(p);
	assert_int_equal(p->m_pktlen, 77);
	assert_int_equal(p->m_flags, M_CSUM_LATER);
	memset(p->m_data, 0, 20);
	assert_bytes(f, m, f->bytes, 5000);
	assert_int_equal(m_length(p), 5000);
	m_freem(f->v, m);
	m_freem(f->v, p);
}

static void
prepending_uses_the_headroom(void **state)
{
	struct fixture *f = *state;
	struct mbuf *m = m_frombuf(f->v, f->bytes + 28, 1000, MHEADROOM);
	struct mbuf *p = m_prepend(f->v, m, 28);

	assert_ptr_equal(p, m);
	memcpy(p->m_data, f->bytes, 28);
	assert_bytes(f, p, f->bytes, 1028);
	m_freem(f->v, p);
}

static void
pulling_up_makes_contiguous_and_changes_nothing(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 300; i++) {
		size_t len = 1 + rnd(f, 9000), n = rnd(f, (uint32_t)len + 1);
		struct mbuf *m = pieces(f, 7, len);
		struct mbuf *share = m_copym(f->v, m, 0, len);

		m = m_pullup(f->v, m, n);
		assert_non_null(m);
		assert_true(m->m_len >= n);
		assert_bytes(f, m, f->bytes + 7, len);
		assert_bytes(f, share, f->bytes + 7, len);
		m_freem(f->v, m);
		m_freem(f->v, share);
	}
}

static void
pulling_up_more_than_there_is_frees_the_chain(void **state)
{
	struct fixture *f = *state;

	assert_null(m_pullup(f->v, pieces(f, 0, 100), 101));
	assert_null(m_pullup(f->v, pieces(f, 0, 70000), 66000));
}

static void
trimming_takes_bytes_off_either_end(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 300; i++) {
		size_t len = rnd(f, 9000);
		size_t front = rnd(f, (uint32_t)len + 1);
		size_t back = rnd(f, (uint32_t)(len - front) + 1);
		struct mbuf *m = pieces(f, 0, len);

		m_adj(m, (ssize_t)front);
		m_adj(m, -(ssize_t)back);
		assert_bytes(f, m, f->bytes + front, len - front - back);
		m_freem(f->v, m);
	}
}

static void
trimming_more_than_there_is_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct mbuf *m = pieces(f, 0, 100);

	m_adj(m, -101);
	assert_int_equal(m_length(m), 0);
	m_freem(f->v, m);
	m = pieces(f, 0, 100);
	m_adj(m, 101);
	assert_int_equal(m_length(m), 0);
	m_freem(f->v, m);
}

static void
a_sum_is_rfc_1071s_whatever_the_pieces(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 500; i++) {
		size_t len = rnd(f, 3000), off = rnd(f, (uint32_t)len + 1);
		size_t n = rnd(f, (uint32_t)(len - off) + 1);
		struct mbuf *m = pieces(f, 0, len);
		uint16_t sum = in_cksum_fold(m_sum(m, off, n, 0));
		uint8_t wire[2];

		memcpy(wire, &sum, 2);
		assert_int_equal(wire[0] << 8 | wire[1],
		    naive_cksum(f->bytes + off, n));
		m_freem(f->v, m);
	}
}

static void
without_memory_nothing_is_left_behind(void **state)
{
	struct fixture *f = *state;
	struct zone *zone = NULL;
	struct zone_stats st;

	do {
		zone = znext(f->v, zone);
		zstats(zone, &st);
	} while (strcmp(st.name, "mbuf") != 0);
	for (int i = 0; i < 4; i++) {
		struct mbuf *m = pieces(f, 0, 30000), *c;

		zfail(zone, i);
		c = m_copym(f->v, m, 0, 30000);
		zfail(zone, -1);
		assert_true(c == NULL || m_length(c) == 30000);
		m_freem(f->v, c);
		m_freem(f->v, m);
	}
	zfail(zone, 1);
	assert_null(m_frombuf(f->v, f->bytes, 200000, 0));
}

static void
a_stream_buffer_gives_back_what_was_appended(void **state)
{
	struct fixture *f = *state;
	struct sockbuf sb = { 0 };
	size_t in = 0, done = 0;

	sbreserve(&sb, MAXBYTES);
	while (done < MAXBYTES) {
		size_t n = rnd(f, rnd(f, 3) == 0 ? 20000 : 100);

		if (n > MAXBYTES - in)
			n = MAXBYTES - in;
		sbappendstream(f->v, &sb, pieces(f, in, n));
		in += n;
		assert_int_equal(sb.sb_cc, in - done);
		n = rnd(f, sb.sb_cc + 1);
		if (in == MAXBYTES)
			n = sb.sb_cc;
		if (n > 0) {
			struct mbuf *m = sbcopy(f->v, &sb, 0, n);

			assert_non_null(m);
			assert_bytes(f, m, f->bytes + done, n);
			if (rnd(f, 2))
				sbdrop(f->v, &sb, n);
			else
				n = 0;
			m_freem(f->v, m);
			done += n;
		}
	}
	assert_int_equal(sb.sb_cc, 0);
	assert_int_equal(sb.sb_mbcnt, 0);
	assert_null(sb.sb_mb);
	assert_null(sb.sb_tail);
}

static void
small_appends_do_not_cost_an_mbuf_each(void **state)
{
	struct fixture *f = *state;
	struct sockbuf sb = { 0 };

	sbreserve(&sb, 10000);
	for (int i = 0; i < 200; i++)
		sbappendstream(f->v, &sb, m_frombuf(f->v, f->bytes + i, 1, 0));
	assert_int_equal(sb.sb_cc, 200);
	assert_null(sb.sb_mb->m_next);
	assert_bytes(f, sb.sb_mb, f->bytes, 200);
	sbflush(f->v, &sb);
}

static void
an_append_does_not_write_to_bytes_in_flight(void **state)
{
	struct fixture *f = *state;
	struct sockbuf sb = { 0 };
	struct mbuf *flight;

	sbreserve(&sb, 10000);
	sbappendstream(f->v, &sb, m_frombuf(f->v, f->bytes, 1000, 0));
	flight = sbcopy(f->v, &sb, 0, 1000);
	sbappendstream(f->v, &sb, m_frombuf(f->v, f->bytes + 1000, 10, 0));
	assert_non_null(sb.sb_mb->m_next);
	assert_bytes(f, flight, f->bytes, 1000);
	assert_bytes(f, sb.sb_mb, f->bytes, 1010);
	m_freem(f->v, flight);
	sbflush(f->v, &sb);
}

static void
records_stay_apart_and_empty_ones_count(void **state)
{
	static const size_t lens[] = { 10, 0, 3000, 0, 1 };
	struct fixture *f = *state;
	struct sockbuf sb = { 0 };

	sbreserve(&sb, 10000);
	for (unsigned i = 0; i < 5; i++)
		assert_true(sbappendrecord(&sb, pieces(f, i, lens[i])));
	for (unsigned i = 0; i < 5; i++) {
		assert_non_null(sb.sb_mb);
		assert_int_equal(sb.sb_mb->m_pktlen, lens[i]);
		assert_bytes(f, sb.sb_mb, f->bytes + i, lens[i]);
		sbdroprecord(f->v, &sb);
	}
	assert_null(sb.sb_mb);
	assert_int_equal(sb.sb_mbcnt, 0);
}

static void
a_record_that_does_not_fit_is_refused(void **state)
{
	struct fixture *f = *state;
	struct sockbuf sb = { 0 };
	struct mbuf *m = pieces(f, 0, 600);

	sbreserve(&sb, 1000);
	assert_true(sbappendrecord(&sb, pieces(f, 0, 500)));
	assert_false(sbappendrecord(&sb, m));
	assert_int_equal(sb.sb_cc, 500);
	m_freem(f->v, m);
	sbflush(f->v, &sb);
}

static void
empty_records_are_bounded_by_the_memory_they_hold(void **state)
{
	struct fixture *f = *state;
	struct sockbuf sb = { 0 };
	struct mbuf *m;
	unsigned n = 0;

	sbreserve(&sb, 1000);
	while (sbappendrecord(&sb, m = m_get(f->v, 0, 0)))
		n++;
	m_freem(f->v, m);
	assert_in_range(n, 1, 8000 / sizeof(struct mbuf));
	sbflush(f->v, &sb);
}

/* A vnet per test: each ends with all zones empty. */
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_mbuf_has_the_room_that_was_asked_for),
		TEST(a_copied_range_has_the_bytes_of_the_original),
		TEST(a_shared_cluster_is_not_writable_until_one_holder_is_left),
		TEST(prepending_leaves_what_others_share_alone),
		TEST(prepending_uses_the_headroom),
		TEST(pulling_up_makes_contiguous_and_changes_nothing),
		TEST(pulling_up_more_than_there_is_frees_the_chain),
		TEST(trimming_takes_bytes_off_either_end),
		TEST(trimming_more_than_there_is_leaves_nothing),
		TEST(a_sum_is_rfc_1071s_whatever_the_pieces),
		TEST(without_memory_nothing_is_left_behind),
		TEST(a_stream_buffer_gives_back_what_was_appended),
		TEST(small_appends_do_not_cost_an_mbuf_each),
		TEST(an_append_does_not_write_to_bytes_in_flight),
		TEST(records_stay_apart_and_empty_ones_count),
		TEST(a_record_that_does_not_fit_is_refused),
		TEST(empty_records_are_bounded_by_the_memory_they_hold),
	};

	return cmocka_run_group_tests_name("stack_mbuf", tests, NULL, NULL);
}
