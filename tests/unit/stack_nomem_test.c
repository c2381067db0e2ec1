/*
 * Without memory, everywhere: a long scenario, with jails, connections, lost
 * and early segments, datagrams, raw and local sockets, listings and removal,
 * is played again and again, and each time another allocation fails: the first,
 * the second, and so on, until there is none left to fail.
 *
 * Whatever fails, the call that met it says so by the errno its header names
 * and may be made again; what the stack does by itself it makes up for; no byte
 * is lost or doubled; and in the end nothing is left.
 *
 * One sweep is through what the stack asks its zones for, another through what
 * malloc(3) and its kin are asked for from the making of the stack on.
 */
#include "tests/unit/stack_tcp_fixture.h"

#include "base/zone.h"
#include "pcb/in_pcb.h"
#include "stack/purge.h"
#include "stack/udp.h"
#include "stack/uipc.h"
#include "sysctl/sysctl.h"

/* ---- malloc(3), wrapped by the linker for this program ---- */

static long mallocs_left = -1;	/* until one fails; negative: none will */

void	*__real_malloc(size_t);
void	*__real_calloc(size_t, size_t);
void	*__real_realloc(void *, size_t);
void	*__real_aligned_alloc(size_t, size_t);
int	__real_posix_memalign(void **, size_t, size_t);
void	*__wrap_malloc(size_t);
void	*__wrap_calloc(size_t, size_t);
void	*__wrap_realloc(void *, size_t);
void	*__wrap_aligned_alloc(size_t, size_t);
int	__wrap_posix_memalign(void **, size_t, size_t);

static bool
refuses(void)
{
	return mallocs_left >= 0 && mallocs_left-- == 0;
}

void *
__wrap_malloc(size_t n)
{
	return refuses() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return refuses() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return refuses() ? NULL : __real_realloc(p, n);
}

void *
__wrap_aligned_alloc(size_t align, size_t n)
{
	return refuses() ? NULL : __real_aligned_alloc(align, n);
}

int
__wrap_posix_memalign(void **p, size_t align, size_t n)
{
	return refuses() ? ENOMEM : __real_posix_memalign(p, align, n);
}

/* ---- a run ---- */

struct run {
	struct net	 n;
	bool		 zones;		/* which sweep it is */
	struct prison	*jail;
	struct cred	 jcred;
	char		 text[256];
};

/* Has the allocation failed that is to? */
static bool
failed(struct run *r)
{
	int left;

	if (!r->zones)
		return mallocs_left < 0;
	left = zfail_any(r->n.v, -1);
	(void)zfail_any(r->n.v, left);
	return left < 0;
}

/* call is `want', or first one of what its header names for no memory and then
 * `want'. */
#define TRY2(r, call, want, nomem1, nomem2) do {			\
	int error_ = (call);						\
									\
	if (error_ == (nomem1) || error_ == (nomem2)) {			\
		assert_true(failed(r));					\
		error_ = (call);					\
	}								\
	assert_int_equal(error_, want);					\
} while (0)
#define TRY(r, call, want, nomem) TRY2(r, call, want, nomem, nomem)

static struct socket *
new_socket(struct run *r, int domain, int type, int protocol,
    const struct cred *cred)
{
	struct socket *so = NULL;

	TRY(r, socreate(r->n.v, domain, type, protocol, cred, &so), 0,
	    ENOBUFS);
	return so;
}

static void
bind_to(struct run *r, struct socket *so, const char *addr, uint16_t port)
{
	struct endpoint name = ep(addr, port);

	TRY(r, sobind(so, &name, &so->so_cred), 0, EAGAIN);
}

static struct socket *
new_listener(struct run *r, const char *addr, const struct cred *cred)
{
	struct socket *so = new_socket(r, AF_INET, SOCK_STREAM, 0, cred);

	bind_to(r, so, addr, PORT);
	TRY(r, solisten(so, 5, cred), 0, ENOBUFS);
	return so;
}

static void
start_connect(struct run *r, struct socket *so, const char *addr)
{
	struct endpoint name = ep(addr, PORT);

	TRY2(r, soconnect(so, &name, &so->so_cred), EINPROGRESS, EAGAIN,
	    ENOBUFS);
}

/* Moves len bytes from a to b, whatever it takes. */
static void
transfer(struct run *r, struct socket *a, struct socket *b, size_t len)
{
	static char out[100000], in[100000];
	size_t sent = 0, got = 0, n;
	int rounds = 0;

	assert_true(len <= sizeof(out));
	for (size_t i = 0; i < len; i++)
		out[i] = (char)(i * 7 >> 2);
	while (got < len) {
		struct iovec o = { out + sent, len - sent };
		struct iovec i = { in + got, len - got };
		int error = sent < len ?
		    sosend(a, &o, 1, NULL, &a->so_cred, &n) : EWOULDBLOCK;

		assert_true(rounds++ < 1000);
		if (error == 0)
			sent += n;
		else if (error == ENOBUFS)
			assert_true(failed(r));
		else
			assert_int_equal(error, EWOULDBLOCK);
		pass(&r->n, 50);
		error = soreceive(b, &i, 1, NULL, 0, &n);
		if (error == 0)
			got += n;
		else
			assert_int_equal(error, EWOULDBLOCK);
	}
	assert_memory_equal(in, out, len);
	assert_int_equal(b->so_rcv.sb_cc, 0);
}

/* The third segment with data is lost, so that some come early. */
static bool
lose_third(struct net *n, const struct pkt *p)
{
	return p->len > 0 && ++n->count == 3;
}

static bool
lose_none(struct net *n, const struct pkt *p)
{
	(void)n;
	(void)p;
	return false;
}

/* A datagram, and again should it have got lost on the way. */
static void
send_one(struct run *r, struct socket *from, struct socket *to,
    const struct endpoint *name, const char *text)
{
	struct iovec iov = { (void *)(uintptr_t)text, strlen(text) };
	size_t sent;

	for (int i = 0; i < 2; i++) {
		TRY2(r, sosend(from, &iov, 1, name, &from->so_cred, &sent), 0,
		    EAGAIN, ENOBUFS);
		pass(&r->n, 1);
		if (to->so_rcv.sb_mb != NULL || to->so_error != 0)
			return;
		assert_true(failed(r));
	}
	fail_msg("lost twice");
}

static void
expect_text(struct socket *so, const char *text, struct endpoint *from)
{
	char buf[256];
	struct iovec iov = { buf, sizeof(buf) };
	size_t got;

	assert_int_equal(soreceive(so, &iov, 1, from, 0, &got), 0);
	assert_int_equal(got, strlen(text));
	assert_memory_equal(buf, text, got);
}

/* ---- scenes ---- */

static void
make_jail(struct run *r)
{
	const struct inaddr a[] = { ep("10.0.0.1", 0).addr,
	    ep("10.0.0.2", 0).addr, ep("10.0.0.3", 0).addr,
	    ep("fd00::1", 0).addr };
	const struct prison_params pp = { .name = "j", .addr = a, .naddr = 4,
	    .ip4_restricted = true, .ip6_restricted = true, .persist = true,
	    .allow = PR_ALLOW_DEFAULT | PR_ALLOW_RAW_SOCKETS };
	struct vnet *v = r->n.v;

	TRY(r, prison_create(v, prison0(v), &pp, &r->jail, r->text,
	    sizeof(r->text)), 0, ENOMEM);
	r->jcred = (struct cred) { .prison = r->jail };
	for (unsigned i = 0; i < prison_naddr(r->jail); i++)
		TRY(r, in_ifaddr_add(v, lo0(v), prison_addr(r->jail, i)), 0,
		    ENOMEM);
}

static void
remove_jail(struct run *r)
{
	struct prison_purge pp = { .reset = true };
	struct vnet *v = r->n.v;
	unsigned budget;

	prison_remove(v, r->jail);
	do
		budget = 3;
	while (prison_purge_step(v, r->jail, &pp, &budget));
	pass(&r->n, 100);
	assert_false(prison_has_pcbs(v, r->jail));
	for (unsigned i = 0; i < prison_naddr(r->jail); i++)
		assert_int_equal(in_ifaddr_remove(v,
		    prison_addr(r->jail, i)), 0);
	prison_put(v, r->jail);
}

/* All records of a listing; how many bytes. */
static size_t
list(struct run *r, const char *name, const struct cred *cred)
{
	struct sysctl_req req;
	unsigned len = CTL_MAXNAME;
	int mib[CTL_MAXNAME], error, tries = 0;
	size_t total;

	assert_int_equal(sysctl_lookup(r->n.v, name, mib, &len), 0);
	do {
		memset(&req, 0, sizeof(req));
		req.vnet = r->n.v;
		req.cred = cred;
		while ((error = sysctl_step(mib, len, &req)) == SYSCTL_MORE)
			continue;
		total = req.outlen;
		free(req.out);
		if (error != 0)
			assert_true(error == ENOMEM && failed(r));
	} while (error != 0 && tries++ == 0);
	assert_int_equal(error, 0);
	return total;
}

static void
connections(struct run *r, const struct cred *cred, const char *addr)
{
	struct net *n = &r->n;
	struct socket *l = new_listener(r, addr, cred);
	struct socket *c = new_socket(r, AF_INET, SOCK_STREAM, 0, cred);
	struct socket *s, *queued[2];

	start_connect(r, c, addr);
	pass(n, 5000);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	s = accept_one(l);
	assert_int_equal(sosetopt(c, OPT_TCP_MAXSEG, 2000, cred), 0);
	n->count = 0;
	n->filter = lose_third;
	transfer(r, c, s, 20000);
	n->filter = lose_none;
	transfer(r, s, c, 3000);
	assert_true(list(r, "net.inet.tcp.pcblist", &n->cred) > 0);
	assert_true(list(r, "net.inet.tcp.pcblist", cred) > 0);
	for (int i = 0; i < 2; i++) {
		queued[i] = new_socket(r, AF_INET, SOCK_STREAM, 0, cred);
		start_connect(r, queued[i], addr);
	}
	pass(n, 5000);
	/* Into TIME_WAIT, the listener first. */
	soclose(l);
	soclose(c);
	pass(n, 5000);
	soclose(s);
	pass(n, 5000);
	for (int i = 0; i < 2; i++)
		soclose(queued[i]);
	n->filter = NULL;
}

/* A socket that was refused connects again, with a new control block. */
static void
refused_first(struct run *r, const struct cred *cred, const char *addr)
{
	struct socket *c = new_socket(r, AF_INET, SOCK_STREAM, 0, cred), *l;
	struct iovec iov = { r->text, 6 };
	size_t sent;

	start_connect(r, c, addr);
	pass(&r->n, 5000);
	assert_int_equal(sogeterror(c), ECONNREFUSED);
	l = new_listener(r, addr, cred);
	start_connect(r, c, addr);
	pass(&r->n, 5000);
	assert_int_equal(state_of(c), TCPS_ESTABLISHED);
	/* Both go with something not yet read. */
	TRY(r, sosend(c, &iov, 1, NULL, cred, &sent), 0, ENOBUFS);
	soclose(c);
	soclose(l);
	pass(&r->n, 5000);
}

/* Listeners that share a port, and connections to them. */
static void
shared_port(struct run *r, const struct cred *cred, const char *addr)
{
	struct socket *l[3], *c[6];

	for (int i = 0; i < 3; i++) {
		l[i] = new_socket(r, AF_INET, SOCK_STREAM, 0, cred);
		assert_int_equal(sosetopt(l[i], OPT_REUSEPORT_LB, 1, cred),
		    0);
		bind_to(r, l[i], addr, PORT);
		TRY(r, solisten(l[i], 5, cred), 0, ENOBUFS);
	}
	for (int i = 0; i < 6; i++) {
		c[i] = new_socket(r, AF_INET, SOCK_STREAM, 0, cred);
		start_connect(r, c[i], addr);
	}
	pass(&r->n, 5000);
	for (int i = 0; i < 6; i++)
		assert_int_equal(state_of(c[i]), TCPS_ESTABLISHED);
	for (int i = 0; i < 3; i++)
		soclose(l[i]);
	pass(&r->n, 100);
	for (int i = 0; i < 6; i++) {
		/* Nobody repeats a reset that could not be sent. */
		if (c[i]->so_error == 0)
			assert_true(failed(r));
		else
			assert_int_equal(sogeterror(c[i]), ECONNRESET);
		soclose(c[i]);
	}
}

/* Bound to no address, with several to choose from, and low. */
static void
chosen_ports(struct run *r, const struct cred *cred)
{
	static const int range[] = { 0, 1, 2 };
	struct socket *so[3];

	for (int i = 0; i < 3; i++) {
		so[i] = new_socket(r, AF_INET, SOCK_STREAM, 0, cred);
		assert_int_equal(sosetopt(so[i], OPT_IP_PORTRANGE, range[i],
		    cred), 0);
		bind_to(r, so[i], "0.0.0.0", 0);
		assert_int_not_equal(so[i]->so_pcb->inp_lport, 0);
	}
	for (int i = 0; i < 3; i++)
		soclose(so[i]);
}

static void
datagrams(struct run *r, const struct cred *cred, const char *addr)
{
	struct socket *a = new_socket(r, AF_INET, SOCK_DGRAM, 0, cred);
	struct socket *b = new_socket(r, AF_INET, SOCK_DGRAM, 0, cred);
	struct endpoint to = ep(addr, PORT), from, closed = ep(addr, 9);

	bind_to(r, b, addr, PORT);
	send_one(r, a, b, &to, "hello");
	expect_text(b, "hello", &from);
	send_one(r, b, a, &from, "to you");
	expect_text(a, "to you", NULL);
	assert_true(list(r, "net.inet.udp.pcblist", cred) > 0);
	/* The answer of a closed port. */
	TRY(r, soconnect(a, &closed, cred), 0, EAGAIN);
	send_one(r, a, a, NULL, "anybody?");
	assert_int_equal(sogeterror(a), ECONNREFUSED);
	TRY(r, soconnect(a, &to, cred), 0, EAGAIN);
	send_one(r, a, b, NULL, "again");
	expect_text(b, "again", NULL);
	soclose(a);
	soclose(b);
}

static void
raw(struct run *r, const struct cred *cred, const char *addr)
{
	struct socket *a = new_socket(r, AF_INET, SOCK_RAW, 253, cred);
	struct endpoint to = ep(addr, 0);

	send_one(r, a, a, &to, "raw");
	assert_int_equal(a->so_rcv.sb_cc, 20 + 3);
	assert_true(list(r, "net.inet.raw.pcblist", cred) > 0);
	soclose(a);
}

static void
local_stream(struct run *r, const struct cred *cred, int type)
{
	struct socket *l = new_socket(r, AF_UNIX, type, 0, cred);
	struct socket *c = new_socket(r, AF_UNIX, type, 0, cred), *s, *q;

	TRY(r, sobindun(l, "name", 4), 0, ENOBUFS);
	TRY(r, solisten(l, 3, cred), 0, ENOBUFS);
	TRY2(r, soconnectun(c, "name", 4), 0, ECONNREFUSED, ENOBUFS);
	q = new_socket(r, AF_UNIX, type, 0, cred);
	TRY2(r, soconnectun(q, "name", 4), 0, ECONNREFUSED, ENOBUFS);
	s = accept_one(l);
	if (type == SOCK_STREAM) {
		transfer(r, c, s, 100000);
		transfer(r, s, c, 10);
	} else {
		send_one(r, c, s, NULL, "record");
		expect_text(s, "record", NULL);
	}
	assert_true(list(r, "net.local.stream.pcblist", cred) > 0);
	soclose(l);
	soclose(c);
	soclose(s);
	soclose(q);
}

/* What was written before the end arrives, room or not. */
static void
local_rest(struct run *r, const struct cred *cred)
{
	struct socket *a = new_socket(r, AF_UNIX, SOCK_STREAM, 0, cred);
	struct socket *b = new_socket(r, AF_UNIX, SOCK_STREAM, 0, cred);
	static char text[100000];
	struct iovec iov = { text, sizeof(text) };
	size_t total = 0, n;
	int error;

	TRY(r, soconnect2(a, b), 0, ENOBUFS);
	while ((error = sosend(a, &iov, 1, NULL, cred, &n)) != EWOULDBLOCK) {
		if (error == 0)
			total += n;
		else
			assert_true(error == ENOBUFS && failed(r));
	}
	assert_true(total > 100000);
	soclose(a);
	while ((error = soreceive(b, &iov, 1, NULL, 0, &n)) == 0 && n > 0)
		total -= n;
	assert_int_equal(error, 0);
	assert_int_equal(total, 0);
	soclose(b);
}

static void
local_dgram(struct run *r, const struct cred *cred)
{
	struct socket *a = new_socket(r, AF_UNIX, SOCK_DGRAM, 0, cred);
	struct socket *b = new_socket(r, AF_UNIX, SOCK_DGRAM, 0, cred);

	TRY(r, sobindun(b, "dgram", 5), 0, ENOBUFS);
	TRY(r, soconnectun(a, "dgram", 5), 0, ENOBUFS);
	send_one(r, a, b, NULL, "record");
	expect_text(b, "record", NULL);
	soclose(b);
	assert_int_equal(sogeterror(a), ECONNRESET);
	soclose(a);
}

static void
play(struct run *r)
{
	const struct cred host = r->n.cred;

	make_jail(r);
	connections(r, &host, "127.0.0.2");
	connections(r, &r->jcred, "10.0.0.2");
	refused_first(r, &host, "127.0.0.3");
	shared_port(r, &r->jcred, "10.0.0.3");
	chosen_ports(r, &host);
	chosen_ports(r, &r->jcred);
	datagrams(r, &host, "127.0.0.2");
	datagrams(r, &r->jcred, "10.0.0.3");
	raw(r, &host, "127.0.0.2");
	raw(r, &r->jcred, "10.0.0.1");
	local_stream(r, &host, SOCK_STREAM);
	local_stream(r, &r->jcred, SOCK_SEQPACKET);
	local_rest(r, &host);
	local_dgram(r, &r->jcred);
	assert_true(list(r, "security.jail.list", &host) > 0);
	assert_true(list(r, "vm.zone", &host) > 0);
	remove_jail(r);
	pass(&r->n, 130000);
}

/* Nothing has an object but those that are there from the first. */
static void
expect_empty_zones(struct vnet *v)
{
	static const char *const kept[] = { "in_ifaddr", "rtentry" };
	struct zone_stats zs;
	struct zone *z = NULL;

	while ((z = znext(v, z)) != NULL) {
		bool lasting = false;

		zstats(z, &zs);
		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			lasting |= strcmp(zs.name, kept[i]) == 0;
		if (!lasting && zs.used > 0)
			fail_msg("%lu of zone %s left",
			    (unsigned long)zs.used, zs.name);
	}
}

/* Play while the n-th allocation fails.  False: there are not so many. */
static bool
run_without(bool zones, int n)
{
	static const uint8_t seed[VNET_SEEDLEN] = "no memory";
	struct run r = { .zones = zones };
	struct net *net = &r.n;
	bool did;

	mallocs_left = zones ? -1 : n;
	TRY(&r, vnet_new(seed, 1000 * NSEC_PER_SEC, &net->v), 0, ENOMEM);
	net->cred.prison = prison0(net->v);
	if (zones)
		(void)zfail_any(net->v, n);
	play(&r);
	did = failed(&r);
	mallocs_left = -1;
	(void)zfail_any(net->v, -1);
	expect_no_pcbs(net);
	assert_int_equal(sonumopen(net->v), 0);
	assert_int_equal(prison_count(net->v), 0);
	expect_empty_zones(net->v);
	vnet_free(net->v);
	return did;
}

static void
whatever_zone_object_is_missing_the_stack_goes_on(void **state)
{
	int n = 0;

	(void)state;
	while (run_without(true, n))
		n++;
	/* A scenario that hardly allocates shows nothing. */
	assert_true(n > 300);
}

static void
whatever_malloc_fails_the_stack_goes_on(void **state)
{
	int n = 0;

	(void)state;
	while (run_without(false, n))
		n++;
	assert_true(n > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    whatever_zone_object_is_missing_the_stack_goes_on),
		cmocka_unit_test(whatever_malloc_fails_the_stack_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
