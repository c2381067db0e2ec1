/*
 * records_fuzz.c - netstat and the census, told lies by the stack.
 *
 * Theory of operation
 *
 * There is a stack with sockets of every kind and a jail.  Each value that a
 * display asks for is that stack's, in which the bytes have changed something:
 * a few bytes, its length, or all of it; a value that the stack has not got is
 * made of bytes.  So records are nearly right, which is where a reader goes
 * wrong.  A listing comes in pieces of any size, and a display of rates goes on
 * for a few rows.
 *
 * Whatever comes, a display ends, and JSON is JSON.
 */
#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/callout.h"
#include "netjail/census.h"
#include "netjail/prison.h"
#include "netstat/jail.h"
#include "netstat/show.h"
#include "stack/ip.h"
#include "stack/socket.h"
#include "sysctl/sysctl.h"
#include "tests/fuzz/input.h"
#include "tests/netstat/fake.h"

#define MAXROWS	8		/* of a display of rates */
#define MAXADD	512		/* bytes put behind a value */
#define MAXREADS 200		/* of one run */
#define MAXSOCK	8

static struct vnet *stack;
static struct prison *jail;
static struct socket *sock[MAXSOCK];
static unsigned nsock;
static struct input *in;
static unsigned reads, rows;

/* ---- the stack ---- */

static void
open_socket(const struct cred *cred, int type, int proto, in_port_t port)
{
	const struct endpoint here = { inaddr_v4(0), htons(port) };
	struct socket *so;
	int error = socreate(stack, AF_INET, type, proto, cred, &so);

	assert(error == 0 && nsock < MAXSOCK);
	sock[nsock++] = so;
	if (type != SOCK_RAW && (error = sobind(so, &here, cred)) == 0 &&
	    type == SOCK_STREAM)
		error = solisten(so, 5, cred);
	assert(error == 0);
}

static void
make_stack(void)
{
	static const uint8_t seed[VNET_SEEDLEN] = "records";
	struct inaddr addr = inaddr_v4(htonl(0x0a000001));
	struct prison_params pp = { .name = "j", .addr = &addr, .naddr = 1,
		.ip4_restricted = true, .allow = PR_ALLOW_DEFAULT };
	struct cred cred = { .uid = 0 };
	struct endpoint to = { addr, htons(80) };
	char why[128];
	int error = vnet_new(seed, 0, &stack);

	assert(error == 0);
	error = prison_create(stack, prison0(stack), &pp, &jail, why,
	    sizeof(why));
	assert(error == 0);
	error = in_ifaddr_add(stack, lo0(stack), &addr);
	assert(error == 0);
	nsock = 0;
	for (unsigned i = 0; i < 2; i++) {
		cred.prison = i == 0 ? prison0(stack) : jail;
		open_socket(&cred, SOCK_STREAM, 0, 80);
		open_socket(&cred, SOCK_DGRAM, 0, 53);
	}
	error = socreate(stack, AF_INET, SOCK_STREAM, 0, &cred, &sock[nsock++]);
	assert(error == 0);
	error = soconnect(sock[nsock - 1], &to, &cred);
	assert(error == EINPROGRESS);
	cred.prison = prison0(stack);
	open_socket(&cred, SOCK_RAW, IPPROTO_ICMP, 0);
	while (vnet_run(stack, 64))
		continue;
}

static void
free_stack(void)
{
	while (nsock > 0)
		soabort(sock[--nsock]);
	while (vnet_run(stack, 64))
		continue;
	prison_remove(stack, jail);
	prison_put(stack, jail);
	vnet_free(stack);
}

/* All of a value of the stack's. */
static void *
genuine(const int *mib, unsigned miblen, size_t *lenp)
{
	const struct cred root = { .prison = prison0(stack) };
	struct sysctl_req req = { .vnet = stack, .cred = &root };
	struct stream s = { .buf = NULL };
	uint8_t *more;
	int error;

	do {
		req.outlen = 0;
		error = sysctl_step(mib, miblen, &req);
		more = realloc(s.buf, s.len + req.outlen + MAXADD);
		assert(more != NULL);
		s.buf = more;
		if (req.outlen > 0)
			memcpy(s.buf + s.len, req.out, req.outlen);
		s.len += req.outlen;
	} while (error == SYSCTL_MORE);
	free(req.out);
	*lenp = s.len;
	return s.buf;
}

/* ---- the MIB, as netstat gets it ---- */

/* Change a value, with MAXADD bytes of room behind it. */
static void
change(uint8_t *buf, size_t *lenp)
{
	for (unsigned n = take(in) % 8; n > 0; n--)
		if (*lenp > 0) {
			size_t at = take_below(in, (unsigned)*lenp);

			buf[at] = (uint8_t)take(in);
		}
	switch (take(in) % 16) {
	case 0:
		*lenp = take_below(in, (unsigned)*lenp + 1);
		break;
	case 1:
		*lenp += take_bytes(in, buf + *lenp, take_below(in, MAXADD));
		break;
	}
}

/* A value, malloc()ed; NULL with errno. */
static void *
value(const int *mib, unsigned miblen, size_t *lenp)
{
	uint8_t *buf;

	*lenp = 0;
	if (++reads > MAXREADS || take(in) % 32 == 31) {
		errno = (int)take(in) % 128 + 1;
		return NULL;
	}
	if (miblen > 0)
		buf = genuine(mib, miblen, lenp);
	else {
		buf = malloc(2 * MAXADD);
		assert(buf != NULL);
		*lenp = take_bytes(in, buf, take_below(in, MAXADD));
	}
	change(buf, lenp);
	return buf;
}

static void *
by_name(const char *name, size_t *lenp)
{
	int mib[CTL_MAXNAME];
	unsigned n = CTL_MAXNAME;

	if (sysctl_lookup(stack, name, mib, &n) != 0)
		n = 0;
	return value(mib, n, lenp);
}

static struct feed *
lie_open(const char *name)
{
	struct feed *f;
	size_t len;
	void *buf = by_name(name, &len);

	if (buf == NULL)
		return NULL;
	fake_piece = take(in) % 4 == 0 ? 1 + take(in) * 8 : 0;
	f = feed_new(buf, len);
	free(buf);
	return f;
}

/* The same in memory of exactly its length. */
static void *
exact(void *buf, size_t len)
{
	if (buf != NULL)
		buf = realloc(buf, len > 0 ? len : 1);
	return buf;
}

static void *
lie_read(const char *name, size_t *lenp)
{
	void *buf = by_name(name, lenp);

	return exact(buf, *lenp);
}

static void *
lie_route(int af, int op, size_t *lenp)
{
	const int mib[] = { CTL_NET, NET_PF_ROUTE, 0, af, op, 0 };
	void *buf = value(mib, sizeof(mib) / sizeof(mib[0]), lenp);

	return exact(buf, *lenp);
}

static int
lie_swap(const char *name, void *oldp, size_t *oldlenp, const void *newp,
    size_t newlen)
{
	size_t len;
	void *buf = by_name(name, &len);

	(void)newp;
	(void)newlen;
	if (buf == NULL)
		return -1;
	if (len > *oldlenp) {
		free(buf);
		errno = ENOMEM;
		return -1;
	}
	if (len > 0)
		memcpy(oldp, buf, len);
	*oldlenp = len;
	free(buf);
	return 0;
}

static const struct mib lies = { .open = lie_open, .close = feed_free,
	.read = lie_read, .route = lie_route, .swap = lie_swap };

/* ---- who is told ---- */

static bool
wait_rows(unsigned seconds)
{
	(void)seconds;
	return ++rows < MAXROWS;
}

static void
any_view(struct view *v)
{
	static const int af[] = { AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX };
	static const size_t flag[] = {
		offsetof(struct view, all), offsetof(struct view, pcb),
		offsetof(struct view, queues), offsetof(struct view, flows),
		offsetof(struct view, losses), offsetof(struct view, buffers),
		offsetof(struct view, congestion),
		offsetof(struct view, stacks), offsetof(struct view, logids),
		offsetof(struct view, wide),
		offsetof(struct view, numeric_addr),
		offsetof(struct view, numeric_port),
		offsetof(struct view, zero), offsetof(struct view, bytes),
		offsetof(struct view, drops), offsetof(struct view, human),
	};
	static const size_t display[] = {
		offsetof(struct view, mbufs),
		offsetof(struct view, interfaces),
		offsetof(struct view, routes),
		offsetof(struct view, multicast),
		offsetof(struct view, netisr), offsetof(struct view, bpf),
	};
	unsigned bits = take(in) << 8 | take(in), d = take(in) % 12;

	*v = (struct view) { .names = &fake_names, .wait = wait_rows };
	for (unsigned i = 0; i < 16; i++)
		*(bool *)((char *)v + flag[i]) = (bits >> i & 1) != 0;
	if (d < 6)
		*(bool *)((char *)v + display[d]) = true;
	v->af = af[take(in) % 4];
	v->stats = take(in) % 4 == 0 ? 1 + take(in) % 2 : 0;
	v->interface = take(in) % 8 == 0 ? "lo0" : NULL;
	v->interval = v->interfaces ? take(in) % 3 : 0;
	v->howmany = v->interval > 0 ? take(in) % 4 : 0;
	if (take(in) % 4 == 0)
		v->one_jail = jail_select(&lies, take(in) % 2 == 0 ? "1" : "j",
		    &v->jails) == 0;
}

static void
display(void)
{
	const struct xo_style style = { .json = take(in) % 2 == 0,
		.pretty = take(in) % 2 == 0 };
	struct view v;
	struct xo xo;
	char *text = NULL;
	size_t len;
	FILE *fp = open_memstream(&text, &len);
	bool whole;

	assert(fp != NULL);
	any_view(&v);
	xo_init(&xo, fp, &style);
	(void)show(&xo, &v, &lies, NULL);
	whole = xo_finish(&xo);
	assert(whole);
	fclose(fp);
	if (style.json) {
		json_t *j = json_loads(text, JSON_DECODE_INT_AS_REAL, NULL);

		assert(j != NULL);
		json_decref(j);
	}
	free(text);
	jailset_free(&v.jails);
}

static void
census(void)
{
	struct census c;
	const char *what;

	(void)census_take(&c, &lies, take(in) % 2 == 0 ? CENSUS_NOBODY : 1,
	    &what);
	census_free(&c);
}

/* What is told on standard error is not looked at; what a failed assertion
 * says is. */
void
fuzz_one(const uint8_t *data, size_t len)
{
	static FILE *nowhere;
	struct input bytes = { data, len };
	FILE *err = stderr;

	if (nowhere == NULL)
		nowhere = fopen("/dev/null", "w");
	assert(nowhere != NULL);
	make_stack();
	in = &bytes;
	reads = rows = 0;
	stderr = nowhere;
	if (take(in) % 4 == 0)
		census();
	else
		display();
	stderr = err;
	fake_reset();
	free_stack();
}
