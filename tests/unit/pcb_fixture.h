/*
 * What the tests of pcb/ share: a vnet with jails, and PCBs by few words.
 *
 * On this stack 127/8, 10.0/16, fd00::/16 and ::1 are local.
 */
#ifndef TESTS_PCB_FIXTURE_H
#define TESTS_PCB_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/prison.h"
#include "pcb/pcb_int.h"

struct fixture {
	struct vnet	*v;
	struct inpcbinfo *tcp, *udp;
	struct prison	*p0;
	struct prison	*one;		/* 10.0.0.1 */
	struct prison	*two;		/* 10.0.0.2, 10.0.0.3 */
	struct prison	*inner;		/* below two: 10.0.0.2 */
	struct prison	*open;		/* unrestricted */
	struct prison	*none;		/* no address */
};

static inline struct inaddr
ip(const char *s)
{
	struct inaddr a;

	assert_true(inaddr_pton(s, &a));
	return a;
}

static inline struct endpoint
at(const char *s, uint16_t port)
{
	return (struct endpoint){ ip(s), htons(port) };
}

static inline bool
fixture_islocal(const struct vnet *v, const struct inaddr *a)
{
	uint32_t h;

	(void)v;
	if (!inaddr_is_v4(a))
		return (a->b[0] == 0xfd && a->b[1] == 0) ||
		    inaddr_is_loopback(a);
	h = ntohl(inaddr_to_v4(a));
	return h >> 24 == 127 || h >> 16 == 0x0a00;
}

/* Blank-separated addresses; NULL: unrestricted. */
static inline struct prison *
fixture_jail(struct vnet *v, struct prison *parent, const char *addrs)
{
	struct inaddr a[8];
	struct prison_params pp = { .addr = a, .allow = PR_ALLOW_DEFAULT,
	    .ip4_restricted = addrs != NULL, .ip6_restricted = addrs != NULL };
	char buf[256] = "", msg[128], *p, *last;
	struct prison *pr;

	if (addrs != NULL)
		strncpy(buf, addrs, sizeof(buf) - 1);
	for (p = strtok_r(buf, " ", &last); p != NULL;
	    p = strtok_r(NULL, " ", &last))
		a[pp.naddr++] = ip(p);
	assert_int_equal(prison_create(v, parent, &pp, &pr, msg, sizeof(msg)),
	    0);
	prison_put(v, pr);
	return pr;
}

static inline int
fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint8_t seed[VNET_SEEDLEN] = { 3 };

	if (f == NULL || vnet_new(seed, 0, &f->v) != 0)
		return -1;
	f->p0 = prison0(f->v);
	f->one = fixture_jail(f->v, f->p0, "10.0.0.1");
	f->two = fixture_jail(f->v, f->p0, "10.0.0.2 10.0.0.3");
	f->inner = fixture_jail(f->v, f->two, "10.0.0.2");
	f->open = fixture_jail(f->v, f->p0, NULL);
	f->none = fixture_jail(f->v, f->p0, "");
	*state = f;
	return in_pcbinfo_init(f->v, &f->tcp, "tcp_inpcb", IPPROTO_TCP,
	    sizeof(struct inpcb), 0, fixture_islocal) != 0 ||
	    in_pcbinfo_init(f->v, &f->udp, "udp_inpcb", IPPROTO_UDP,
	    sizeof(struct inpcb), 0, fixture_islocal) != 0 ||
	    in_pcbinfo_small(f->tcp, "tcp_small", sizeof(struct inpcb)) != 0;
}

static inline void
free_all(struct inpcbinfo *pi)
{
	struct inpcb *inp;

	while ((inp = in_pcbfirst(pi, NULL)) != NULL)
		in_pcbfree(inp);
}

static inline int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	free_all(f->tcp);
	free_all(f->udp);
	in_pcbinfo_destroy(f->v, f->tcp);
	in_pcbinfo_destroy(f->v, f->udp);
	vnet_free(f->v);
	free(f);
	return 0;
}

static inline struct inpcb *
pcb(struct inpcbinfo *pi, struct prison *pr, uint32_t uid, unsigned reuse)
{
	struct cred cred = { uid, pr };
	struct inpcb *inp;

	assert_int_equal(in_pcballoc(pi, NULL, &cred, INP_IPV4, &inp), 0);
	inp->inp_reuse = (uint8_t)reuse;
	return inp;
}

static inline int
bindto(struct inpcb *inp, const char *addr, uint16_t port)
{
	struct endpoint e = at(addr, port);

	return in_pcbbind(inp, &e, &inp->inp_cred);
}

static inline int
connectto(struct inpcb *inp, const char *addr, uint16_t port)
{
	struct endpoint e = at(addr, port);

	return in_pcbconnect(inp, &e, &inp->inp_cred);
}

static inline struct inpcb *
lookup(const struct inpcbinfo *pi, const char *src, uint16_t sport,
    const char *dst, uint16_t dport)
{
	struct endpoint s = at(src, sport), d = at(dst, dport);

	return in_pcblookup(pi, &s, &d);
}

#define assert_addr(a, s)                                                  \
	do {                                                               \
		char assert_addr_text[INADDR_STRLEN];                      \
		assert_string_equal(inaddr_ntop(&(a), assert_addr_text),   \
		    (s));                                                  \
	} while (0)

#define T(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

#endif
