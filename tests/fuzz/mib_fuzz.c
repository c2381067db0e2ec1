/*
 * mib_fuzz.c - sysctl(3) by anybody: numbers, names and new values of bytes.
 *
 * Requests come from the stack's root, from a jail's root and from a user in a
 * jail, in turns, so that a value which one of them has set meets the other's
 * reading.  An answer may be what it likes, but it ends, and is of a size that
 * a stack with one socket can have.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "netjail/prison.h"
#include "stack/socket.h"
#include "sysctl/sysctl.h"
#include "tests/fuzz/input.h"

#define MAXVALUE 256		/* bytes of a new value */
#define MAXOUT	(1 << 20)	/* of an old one: nobody has many sockets */
#define MAXSLICES 100000

struct caller {
	struct vnet	*v;
	struct cred	 cred[3];
	struct input	*in;
};

/* One request to its end. */
static void
request(struct caller *c, const int *mib, unsigned miblen, const void *newval,
    size_t newlen)
{
	const struct cred *cred = &c->cred[take(c->in) % 3];
	struct sysctl_req req = { .vnet = c->v, .cred = cred,
		.jailed = jailed(c->v, cred), .newptr = newval,
		.newlen = newlen, .sizeonly = take(c->in) % 4 == 0 };
	unsigned slices = 0;
	size_t total = 0;
	int error;

	do {
		req.outlen = 0;
		error = sysctl_step(mib, miblen, &req);
		assert(req.outlen <= req.outcap);
		total += req.outlen;
		slices++;
		assert(total <= MAXOUT && slices <= MAXSLICES);
	} while (error == SYSCTL_MORE);
	assert(error >= 0);
	free(req.out);
}

/* A number: near to what there is, since most numbers are nothing. */
static unsigned
any_mib(struct input *in, int mib[CTL_MAXNAME])
{
	unsigned n = take(in) % (CTL_MAXNAME + 1);

	for (unsigned i = 0; i < n; i++) {
		unsigned b = take(in);

		mib[i] = b < 0xc0 ? (int)b % 20 :
		    b < 0xf0 ? 0x100 + (int)b % 48 :
		    (int)(take_below(in, 65536) << 16 | b);
	}
	return n;
}

static void
by_number(struct caller *c)
{
	uint8_t newval[MAXVALUE];
	int mib[CTL_MAXNAME] = { 0 };
	unsigned n = any_mib(c->in, mib);
	size_t len = take_bytes(c->in, newval, take(c->in) % MAXVALUE);

	request(c, mib, n, len > 0 ? newval : NULL, len);
}

static void
by_name(struct caller *c)
{
	char name[MAXVALUE];
	uint8_t newval[MAXVALUE];
	int mib[CTL_MAXNAME];
	unsigned miblen = CTL_MAXNAME;
	size_t len;

	len = take_bytes(c->in, name, take(c->in) % (sizeof(name) - 1));
	name[len] = '\0';
	if (sysctl_lookup(c->v, name, mib, &miblen) != 0)
		return;
	len = take_bytes(c->in, newval, take(c->in) % MAXVALUE);
	request(c, mib, miblen, len > 0 ? newval : NULL, len);
}

/* {0, 3} with a name as new value, as sysctlnametomib(3) asks. */
static void
name_to_number(struct caller *c)
{
	static const int mib[2] = { 0, 3 };
	char name[MAXVALUE];
	size_t len = take_bytes(c->in, name, take(c->in) % MAXVALUE);

	request(c, mib, 2, name, len);
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	static const uint8_t seed[VNET_SEEDLEN] = "mib";
	struct inaddr addr = inaddr_v4(htonl(0x0a000001));
	struct prison_params pp = { .name = "j", .addr = &addr, .naddr = 1,
		.ip4_restricted = true, .allow = PR_ALLOW_DEFAULT };
	struct input in = { data, len };
	struct caller c = { .in = &in };
	struct prison *pr;
	struct socket *so;
	char why[128];
	int error = vnet_new(seed, 0, &c.v);

	assert(error == 0);
	error = prison_create(c.v, prison0(c.v), &pp, &pr, why, sizeof(why));
	assert(error == 0);
	c.cred[0].prison = prison0(c.v);
	c.cred[1].prison = c.cred[2].prison = pr;
	c.cred[2].uid = 1000;
	error = socreate(c.v, AF_INET, SOCK_STREAM, 0, &c.cred[1], &so);
	assert(error == 0);
	for (unsigned n = 0; n < 64 && in.left > 0; n++)
		switch (take(&in) % 4) {
		case 0:
			by_name(&c);
			break;
		case 1:
			name_to_number(&c);
			break;
		default:
			by_number(&c);
			break;
		}
	soclose(so);
	prison_remove(c.v, pr);
	prison_put(c.v, pr);
	vnet_free(c.v);
}
