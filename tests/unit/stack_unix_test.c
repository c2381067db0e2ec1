/*
 * PF_LOCAL sockets: names, connections, bytes and records, and listings that
 * show each jail its own.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "netjail/prison.h"
#include "stack/pcblist_int.h"
#include "stack/purge.h"
#include "stack/uipc.h"
#include "sysctl/sysctl.h"
#include "sysctl/xport.h"

#define MAXSOCK	2000

struct fixture {
	struct vnet	*v;
	struct prison	*p0, *jail, *inner;	/* inner: below jail */
	struct socket	*so[MAXSOCK];		/* closed by teardown */
	unsigned	 n;
	unsigned	 events;
};

static int
setup(void **state)
{
	static const uint8_t seed[VNET_SEEDLEN] = { 5 };
	struct fixture *f = calloc(1, sizeof(*f));
	struct prison_params pp = { .allow = PR_ALLOW_DEFAULT };
	char msg[100];

	if (f == NULL || vnet_new(seed, 0, &f->v) != 0)
		return -1;
	f->p0 = prison0(f->v);
	assert_int_equal(prison_create(f->v, f->p0, &pp, &f->jail, msg,
	    sizeof(msg)), 0);
	assert_int_equal(prison_create(f->v, f->jail, &pp, &f->inner, msg,
	    sizeof(msg)), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < f->n; i++)
		if (f->so[i] != NULL)
			soclose(f->so[i]);
	assert_int_equal(sonumopen(f->v), 0);
	prison_put(f->v, f->inner);
	prison_put(f->v, f->jail);
	vnet_free(f->v);
	free(f);
	return 0;
}

static struct socket *
keep(struct fixture *f, struct socket *so)
{
	assert_true(f->n < MAXSOCK);
	return f->so[f->n++] = so;
}

static void
close_now(struct fixture *f, struct socket *so)
{
	for (unsigned i = 0; i < f->n; i++)
		if (f->so[i] == so)
			f->so[i] = NULL;
	soclose(so);
}

static struct socket *
make(struct fixture *f, struct prison *pr, int type)
{
	const struct cred cred = { .prison = pr };
	struct socket *so;

	assert_int_equal(socreate(f->v, AF_UNIX, type, 0, &cred, &so), 0);
	return keep(f, so);
}

static struct socket *
bound(struct fixture *f, struct prison *pr, int type, const char *name)
{
	struct socket *so = make(f, pr, type);

	assert_int_equal(sobindun(so, name, strlen(name)), 0);
	return so;
}

static struct socket *
listening(struct fixture *f, struct prison *pr, int type, const char *name)
{
	struct socket *so = bound(f, pr, type, name);

	assert_int_equal(solisten(so, 5, &so->so_cred), 0);
	return so;
}

static int
connectto(struct socket *so, const char *name)
{
	return soconnectun(so, name, strlen(name));
}

static struct socket *
accepted(struct fixture *f, struct socket *head)
{
	struct endpoint peer;
	struct socket *so;

	assert_int_equal(soaccept(head, &so, &peer), 0);
	return keep(f, so);
}

static int
put(struct socket *so, const void *p, size_t len, size_t *sent)
{
	struct iovec iov = { (void *)(uintptr_t)p, len };

	return sosend(so, &iov, 1, NULL, &so->so_cred, sent);
}

static void
put_all(struct socket *so, const char *text)
{
	size_t sent;

	assert_int_equal(put(so, text, strlen(text), &sent), 0);
	assert_int_equal(sent, strlen(text));
}

static int
get(struct socket *so, void *p, size_t len, size_t *got)
{
	struct iovec iov = { p, len };

	return soreceive(so, &iov, 1, NULL, 0, got);
}

static void
expect(struct socket *so, const char *text)
{
	char buf[256];
	size_t got;

	assert_int_equal(get(so, buf, sizeof(buf), &got), 0);
	assert_int_equal(got, strlen(text));
	assert_memory_equal(buf, text, got);
}

static void
expect_error(struct socket *so, int error)
{
	char c;
	size_t got;

	assert_int_equal(get(so, &c, 1, &got), error);
	assert_int_equal(got, 0);
}

/* ---- names ---- */

static void
a_name_is_one_sockets_and_goes_with_it(void **state)
{
	struct fixture *f = *state;
	struct socket *a = bound(f, f->p0, SOCK_STREAM, "/tmp/x");
	struct socket *b = make(f, f->p0, SOCK_STREAM);
	char name[UNP_MAXNAME], longname[UNP_MAXNAME + 1];
	size_t len;

	memset(longname, 'l', sizeof(longname));
	assert_int_equal(sobindun(b, "/tmp/x", 6), EADDRINUSE);
	assert_int_equal(sobindun(a, "/tmp/y", 6), EINVAL);
	assert_int_equal(sobindun(b, "", 0), EINVAL);
	assert_int_equal(sobindun(b, longname, sizeof(longname)),
	    ENAMETOOLONG);
	/* Bytes, not strings. */
	assert_int_equal(sobindun(b, "/tmp/x\0", 7), 0);
	assert_int_equal(sonameun(b, false, name, &len), 0);
	assert_int_equal(len, 7);
	assert_memory_equal(name, "/tmp/x\0", 7);
	assert_int_equal(sonameun(b, true, name, &len), ENOTCONN);
	close_now(f, a);
	bound(f, f->p0, SOCK_DGRAM, "/tmp/x");
}

static void
each_jail_has_names_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct socket *c = make(f, f->jail, SOCK_STREAM);
	struct socket *l;

	listening(f, f->p0, SOCK_STREAM, "s");
	assert_int_equal(connectto(c, "s"), ENOENT);
	l = listening(f, f->jail, SOCK_STREAM, "s");
	assert_int_equal(connectto(c, "s"), 0);
	assert_int_equal(l->so_qlen, 1);
	assert_ptr_equal(accepted(f, l)->so_cred.prison, f->jail);
}

static void
what_cannot_be_connected_to_says_why(void **state)
{
	struct fixture *f = *state;
	struct socket *c = make(f, f->p0, SOCK_STREAM), *l;
	struct endpoint ep = { .port = 1 };

	assert_int_equal(connectto(c, "s"), ENOENT);
	bound(f, f->p0, SOCK_STREAM, "s");
	assert_int_equal(connectto(c, "s"), ECONNREFUSED);
	bound(f, f->p0, SOCK_DGRAM, "d");
	assert_int_equal(connectto(c, "d"), EPROTOTYPE);
	assert_int_equal(solisten(c, 1, &c->so_cred), EDESTADDRREQ);
	assert_int_equal(solisten(make(f, f->p0, SOCK_DGRAM), 1, &c->so_cred),
	    EOPNOTSUPP);
	ep.addr = inaddr_v4(0);
	assert_int_equal(sobind(c, &ep, &c->so_cred), EAFNOSUPPORT);
	assert_int_equal(soconnect(c, &ep, &c->so_cred), EAFNOSUPPORT);
	l = listening(f, f->p0, SOCK_STREAM, "l");
	assert_int_equal(connectto(l, "s"), EOPNOTSUPP);
	for (int i = 0; i < 8; i++)
		assert_int_equal(connectto(make(f, f->p0, SOCK_STREAM), "l"),
		    0);
	/* 3/2 of the backlog of 5, and one. */
	assert_int_equal(connectto(c, "l"), ECONNREFUSED);
	assert_int_equal(l->so_qdrops, 1);
	assert_int_equal(sosetopt(c, OPT_IP_TTL, 3, &c->so_cred),
	    ENOPROTOOPT);
	assert_int_equal(sosetopt(c, OPT_REUSEADDR, 1, &c->so_cred), 0);
	assert_int_equal(connectto(f->so[f->n - 1], "l"), EISCONN);
}

/* ---- streams ---- */

static void
a_stream_carries_bytes_both_ways_and_ends(void **state)
{
	struct fixture *f = *state;
	struct socket *l = listening(f, f->p0, SOCK_STREAM, "l");
	struct socket *c = make(f, f->p0, SOCK_STREAM), *s;
	char name[UNP_MAXNAME];
	size_t len;

	assert_int_equal(connectto(c, "l"), 0);
	put_all(c, "before accept");
	s = accepted(f, l);
	expect(s, "before accept");
	expect_error(s, EWOULDBLOCK);
	put_all(s, "one ");
	put_all(s, "two");
	expect(c, "one two");
	assert_int_equal(sonameun(c, true, name, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(sonameun(s, false, name, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(sonameun(s, true, name, &len), 0);
	assert_int_equal(len, 0);
	/* The name outlives the listener for who was accepted there. */
	close_now(f, l);
	assert_int_equal(sonameun(s, false, name, &len), 0);
	assert_memory_equal(name, "l", 1);
	bound(f, f->p0, SOCK_STREAM, "l");
	put_all(c, "last");
	assert_int_equal(soshutdown(c, SHUT_WR), 0);
	expect(s, "last");
	expect(s, "");
	put_all(s, "answer");
	expect(c, "answer");
	assert_int_equal(put(c, "x", 1, &len), EPIPE);
	close_now(f, s);
	expect(c, "");
}

static void
a_stream_holds_the_writer_back_and_loses_nothing(void **state)
{
	struct fixture *f = *state;
	struct socket *a = make(f, f->p0, SOCK_STREAM);
	struct socket *b = make(f, f->p0, SOCK_STREAM);
	static uint8_t out[500000], in[500000];
	size_t sent = 0, got = 0, n;
	int blocked = 0;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (uint8_t)(i * i >> 7);
	assert_int_equal(soconnect2(a, b), 0);
	while (sent < sizeof(out)) {
		if (put(a, out + sent, sizeof(out) - sent, &n) ==
		    EWOULDBLOCK) {
			blocked++;
			assert_int_equal(get(b, in + got, 30000, &n), 0);
			got += n;
		} else
			sent += n;
		assert_true(sent - got <= 65536 * 2);
	}
	assert_true(blocked > 3);
	assert_true(a->so_snd.sb_cc > 0);
	/* What the peer had no room for was accepted all the same. */
	close_now(f, a);
	while (got < sizeof(out)) {
		assert_int_equal(get(b, in + got, sizeof(in) - got, &n), 0);
		assert_true(n > 0);
		got += n;
	}
	expect(b, "");
	assert_memory_equal(in, out, sizeof(out));
}

static void
upcall(struct socket *so, void *arg, unsigned events)
{
	struct fixture *f = arg;

	(void)so;
	f->events |= events;
}

static void
owners_hear_of_what_happens_at_the_other_end(void **state)
{
	struct fixture *f = *state;
	struct socket *a = make(f, f->p0, SOCK_SEQPACKET);
	struct socket *b = make(f, f->p0, SOCK_SEQPACKET);
	char big[5000] = { 0 };
	size_t n;

	assert_int_equal(soconnect2(a, b), 0);
	assert_int_equal(soconnect2(a, b), EISCONN);
	a->so_upcall = b->so_upcall = upcall;
	a->so_upcallarg = b->so_upcallarg = f;
	put_all(a, "x");
	assert_true(f->events & SO_UP_READ);
	assert_int_equal(put(a, big, sizeof(big), &n), 0);
	assert_int_equal(put(a, big, sizeof(big), &n), EWOULDBLOCK);
	f->events = 0;
	expect(b, "x");
	assert_true(f->events & SO_UP_WRITE);
	f->events = 0;
	close_now(f, b);
	assert_true(f->events & SO_UP_READ);
	expect(a, "");
}

static void
connections_not_accepted_are_aborted_with_their_listener(void **state)
{
	struct fixture *f = *state;
	struct socket *l = listening(f, f->p0, SOCK_SEQPACKET, "l");
	struct socket *c = make(f, f->p0, SOCK_SEQPACKET);

	assert_int_equal(connectto(c, "l"), 0);
	close_now(f, l);
	expect_error(c, ECONNABORTED);
	expect(c, "");
	assert_int_equal(sonumopen(f->v), 1);
}

/* ---- records ---- */

static void
records_stay_apart(void **state)
{
	struct fixture *f = *state;
	struct socket *a, *b;
	char big[9000] = { 0 }, small[2];
	size_t n;

	for (int i = 0; i < 2; i++) {
		int type = i == 0 ? SOCK_DGRAM : SOCK_SEQPACKET;

		a = make(f, f->p0, type);
		b = make(f, f->p0, type);
		assert_int_equal(soconnect2(a, b), 0);
		put_all(a, "first");
		put_all(b, "back");
		put_all(a, "second");
		expect(b, "first");
		assert_int_equal(get(b, small, sizeof(small), &n), 0);
		assert_int_equal(n, 6);		/* its length: cut to 2 */
		assert_memory_equal(small, "se", 2);
		expect_error(b, EWOULDBLOCK);
		expect(a, "back");
		assert_int_equal(put(a, big, sizeof(big), &n), EMSGSIZE);
	}
}

static void
many_may_send_to_one_and_hear_of_its_end(void **state)
{
	struct fixture *f = *state;
	struct socket *d = bound(f, f->p0, SOCK_DGRAM, "log"), *c[100];
	struct socket *other = bound(f, f->p0, SOCK_DGRAM, "other");
	char big[8000] = { 0 };
	size_t n;

	for (int i = 0; i < 100; i++) {
		c[i] = make(f, f->p0, SOCK_DGRAM);
		assert_int_equal(put(c[i], "x", 1, &n), EDESTADDRREQ);
		assert_int_equal(connectto(c[i], "log"), 0);
	}
	put_all(c[7], "hello");
	expect(d, "hello");
	/* Nobody waits for a slow reader: it loses. */
	assert_int_equal(put(c[0], big, sizeof(big), &n), 0);
	assert_int_equal(put(c[1], big, sizeof(big), &n), 0);
	assert_int_equal(put(c[2], big, sizeof(big), &n), ENOBUFS);
	assert_int_equal(connectto(c[0], "other"), 0);
	assert_int_equal(sodisconnect(c[1]), 0);
	close_now(f, c[3]);
	close_now(f, d);
	for (int i = 4; i < 100; i++) {
		assert_int_equal(put(c[i], "x", 1, &n), ECONNRESET);
		assert_int_equal(put(c[i], "x", 1, &n), EDESTADDRREQ);
	}
	put_all(c[0], "still");
	expect(other, "still");
	assert_int_equal(connectto(other, "other"), 0);
	put_all(other, "to myself");
	expect(other, "to myself");
}

/* ---- memory ---- */

static struct zone *
zone_named(struct vnet *v, const char *name)
{
	struct zone_stats zs;
	struct zone *z = NULL;

	do {
		z = znext(v, z);
		assert_non_null(z);
		zstats(z, &zs);
	} while (strcmp(zs.name, name) != 0);
	return z;
}

static void
without_memory_nothing_is_left_half_done(void **state)
{
	struct fixture *f = *state;
	const struct cred cred = { .prison = f->p0 };
	struct socket *l = listening(f, f->p0, SOCK_STREAM, "l"), *so;
	struct socket *c = make(f, f->p0, SOCK_STREAM);

	zfail(zone_named(f->v, "unpcb"), 0);
	assert_int_equal(socreate(f->v, AF_UNIX, SOCK_STREAM, 0, &cred, &so),
	    ENOBUFS);
	zfail(zone_named(f->v, "unpname"), 0);
	assert_int_equal(sobindun(c, "c", 1), ENOBUFS);
	assert_int_equal(sobindun(c, "c", 1), 0);
	zfail(zone_named(f->v, "unpcb"), 0);
	assert_int_equal(connectto(c, "l"), ENOBUFS);
	zfail(zone_named(f->v, "socket"), 0);
	assert_int_equal(connectto(c, "l"), ECONNREFUSED);
	assert_int_equal(l->so_qlen + l->so_incqlen, 0);
	assert_int_equal(unp_count(f->v, SOCK_STREAM), 2);
	assert_int_equal(connectto(c, "l"), 0);
}

static void
a_jail_with_local_sockets_is_not_gone(void **state)
{
	struct fixture *f = *state;
	struct socket *so;

	assert_false(prison_has_pcbs(f->v, f->jail));
	so = make(f, f->jail, SOCK_DGRAM);
	assert_true(prison_has_pcbs(f->v, f->jail));
	assert_false(prison_has_pcbs(f->v, f->inner));
	close_now(f, so);
	assert_false(prison_has_pcbs(f->v, f->jail));
}

static void
other_protocols_of_the_domain_do_not_exist(void **state)
{
	struct fixture *f = *state;
	const struct cred cred = { .prison = f->p0 };
	struct socket *so;

	assert_int_equal(socreate(f->v, AF_UNIX, SOCK_STREAM, IPPROTO_TCP,
	    &cred, &so), EPROTONOSUPPORT);
	assert_int_equal(socreate(f->v, AF_UNIX, SOCK_RAW, 0, &cred, &so),
	    EPROTOTYPE);
	assert_int_equal(socreate(f->v, AF_INET, SOCK_SEQPACKET, 0, &cred,
	    &so), EPROTOTYPE);
}

/* ---- listings ---- */

struct listing {
	uint8_t		*data;
	size_t		 len;
	unsigned	 steps, n;
	struct xunpgen	 head, tail;
	const struct xunpcb *rec[MAXSOCK];
};

static void
read_listing(struct fixture *f, struct listing *l, const char *name,
    struct prison *viewer)
{
	const struct cred cred = { .prison = viewer };
	struct sysctl_req req = { .vnet = f->v, .cred = &cred,
		.jailed = viewer != f->p0 };
	unsigned len = CTL_MAXNAME;
	int mib[CTL_MAXNAME], error;
	size_t off;

	memset(l, 0, sizeof(*l));
	assert_int_equal(sysctl_lookup(f->v, name, mib, &len), 0);
	while ((error = sysctl_step(mib, len, &req)) == SYSCTL_MORE)
		l->steps++;
	assert_int_equal(error, 0);
	l->data = req.out;
	l->len = req.outlen;
	memcpy(&l->head, l->data, sizeof(l->head));
	for (off = sizeof(l->head); off + sizeof(l->tail) < l->len;
	    off += sizeof(struct xunpcb)) {
		l->rec[l->n] = (const void *)(l->data + off);
		assert_int_equal(l->rec[l->n++]->xu_len,
		    sizeof(struct xunpcb));
	}
	assert_int_equal(off + sizeof(l->tail), l->len);
	memcpy(&l->tail, l->data + off, sizeof(l->tail));
}

static const struct xunpcb *
record_of(const struct listing *l, const struct socket *so)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->rec[i]->xu_socket.xso_so == so->so_gencnt)
			return l->rec[i];
	return NULL;
}

static void
a_listing_shows_names_peers_and_queues(void **state)
{
	struct fixture *f = *state;
	struct socket *so = listening(f, f->p0, SOCK_STREAM, "/run/s");
	struct socket *c = make(f, f->p0, SOCK_STREAM), *s;
	const struct xunpcb *xl, *xc, *xs;
	struct listing l;

	make(f, f->p0, SOCK_DGRAM);
	assert_int_equal(connectto(c, "/run/s"), 0);
	put_all(c, "waiting");
	s = TAILQ_FIRST(&so->so_comp);
	read_listing(f, &l, "net.local.stream.pcblist", f->p0);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.head.xug_count, 3);
	assert_int_equal(l.head.xug_gen, l.tail.xug_gen);
	xl = record_of(&l, so);
	xc = record_of(&l, c);
	xs = record_of(&l, s);
	assert_int_equal(xl->xu_socket.so_qlen, 1);
	assert_int_equal(xl->xu_socket.so_qlimit, 5);
	assert_int_equal(xl->xu_socket.xso_family, AF_UNIX);
	assert_int_equal(xl->xu_addr.sun_len, 2 + 6);
	assert_memory_equal(xl->xu_addr.sun_path, "/run/s", 7);
	assert_true(xl->unp_vnode != 0 && xs->unp_vnode == 0);
	assert_int_equal(xc->xu_addr.sun_len, 0);
	assert_int_equal(xc->xu_caddr.sun_len, 2 + 6);
	assert_int_equal(xc->unp_conn, xs->xu_unpp);
	assert_int_equal(xs->unp_conn, xc->xu_unpp);
	assert_int_equal(xs->xu_socket.so_pcb, xs->xu_unpp);
	assert_int_equal(xs->xu_socket.so_rcv.sb_cc, 7);
	free(l.data);
	read_listing(f, &l, "net.local.seqpacket.pcblist", f->p0);
	assert_int_equal(l.n, 0);
	free(l.data);
}

static void
references_to_a_datagram_socket_can_be_followed(void **state)
{
	struct fixture *f = *state;
	struct socket *d = bound(f, f->p0, SOCK_DGRAM, "log");
	struct listing l;
	const struct xunpcb *xu;
	unsigned n = 0;
	kvaddr_t ref;

	for (int i = 0; i < 20; i++)
		assert_int_equal(connectto(make(f, f->p0, SOCK_DGRAM), "log"),
		    0);
	read_listing(f, &l, "net.local.dgram.pcblist", f->p0);
	ref = record_of(&l, d)->xu_firstref;
	while (ref != 0) {
		xu = NULL;
		for (unsigned i = 0; i < l.n && xu == NULL; i++)
			if (l.rec[i]->xu_unpp == ref)
				xu = l.rec[i];
		assert_non_null(xu);
		assert_int_equal(xu->unp_conn, record_of(&l, d)->xu_unpp);
		ref = xu->xu_nextref;
		n++;
	}
	assert_int_equal(n, 20);
	free(l.data);
}

static void
a_long_listing_comes_in_slices_and_jails_see_their_own(void **state)
{
	struct fixture *f = *state;
	struct prison *const pr[] = { f->p0, f->jail, f->inner };
	static const unsigned want[] = { 1500, 1000, 500 };
	struct listing l;
	uint64_t last;

	for (unsigned i = 0; i < 1500; i++)
		make(f, pr[i % 3], SOCK_STREAM);
	for (unsigned k = 0; k < 3; k++) {
		read_listing(f, &l, "net.local.stream.pcblist", pr[k]);
		assert_int_equal(l.n, want[k]);
		assert_int_equal(l.head.xug_count, 1500);
		/* Only who has no jail below pays for its own alone. */
		assert_int_equal(l.steps, (k < 2 ? 1500 : 500) /
		    PCBLIST_SLICE);
		last = 0;
		for (unsigned i = 0; i < l.n; i++) {
			assert_true(l.rec[i]->unp_gencnt > last);
			last = l.rec[i]->unp_gencnt;
		}
		for (unsigned i = 0; i < 1500; i++)
			assert_int_equal(record_of(&l, f->so[i]) != NULL,
			    prison_check(pr[k], pr[i % 3]));
		free(l.data);
	}
}

static void
generation_counts_tell_a_new_pcb_from_an_old_one(void **state)
{
	struct fixture *f = *state;
	struct socket *so;
	uint64_t last = 0;

	for (int i = 0; i < 1000; i++) {
		so = make(f, f->p0, SOCK_STREAM);
		assert_true(so->so_unpcb->unp_gencnt > last);
		last = so->so_unpcb->unp_gencnt;
		assert_int_equal(unp_gencnt(f->v, SOCK_STREAM), last);
		close_now(f, so);
		assert_true(unp_gencnt(f->v, SOCK_STREAM) > last);
		f->n--;
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_name_is_one_sockets_and_goes_with_it),
		T(each_jail_has_names_of_its_own),
		T(what_cannot_be_connected_to_says_why),
		T(a_stream_carries_bytes_both_ways_and_ends),
		T(a_stream_holds_the_writer_back_and_loses_nothing),
		T(owners_hear_of_what_happens_at_the_other_end),
		T(connections_not_accepted_are_aborted_with_their_listener),
		T(records_stay_apart),
		T(many_may_send_to_one_and_hear_of_its_end),
		T(without_memory_nothing_is_left_half_done),
		T(a_jail_with_local_sockets_is_not_gone),
		T(other_protocols_of_the_domain_do_not_exist),
		T(a_listing_shows_names_peers_and_queues),
		T(references_to_a_datagram_socket_can_be_followed),
		T(a_long_listing_comes_in_slices_and_jails_see_their_own),
		T(generation_counts_tell_a_new_pcb_from_an_old_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
