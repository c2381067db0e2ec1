/*
 * rtmsg_fuzz.c - net.routetable's messages, from a stack that means harm.
 *
 * The bytes are walked twice, as messages and as rows of interfaces.  They lie
 * in memory of exactly their length, so that a sanitizer sees the first one
 * read beyond; whatever a row or message points to is read.
 */
#include <assert.h>
#include <stdlib.h>

#include "netstat/ifrow.h"
#include "netstat/rtmsg.h"
#include "tests/fuzz/input.h"

static unsigned sink;

static void
look(const void *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sink += ((const uint8_t *)p)[i];
}

/* An address is as long as it says. */
static void
address(const struct xsockaddr *sa, const struct xsockaddr *mask)
{
	struct inaddr a, net;
	unsigned plen;

	if (sa == NULL)
		return;
	look(sa, sa->sa_len);
	if (!rtmsg_inaddr(sa, &a))
		return;
	plen = rtmsg_plen(mask, &a);
	assert(plen <= 128);
	net = rtmsg_net(&a, plen);
	look(&net, sizeof(net));
}

static void
messages(const void *buf, size_t len)
{
	struct rtwalk w;
	struct rtmsg m;
	size_t n = 0;

	rtwalk_init(&w, buf, len);
	while (rtmsg_next(&w, &m)) {
		n++;
		assert(n <= len / 8);
		if (m.rtm != NULL)
			look(m.rtm, sizeof(*m.rtm));
		if (m.data != NULL)
			look(m.data, sizeof(*m.data));
		for (unsigned i = 0; i < RTAX_MAX; i++)
			address(m.addr[i], m.addr[RTAX_NETMASK]);
	}
	assert(w.bad || w.p == w.end);
}

static void
rows(const void *buf, size_t len)
{
	struct ifrow r = { .index = 0 };
	struct rtwalk w;
	size_t n = 0;

	rtwalk_init(&w, buf, len);
	while (ifrow_next(&w, &r)) {
		n++;
		assert(n <= len / 8);
		assert(r.plen <= 128 && strlen(r.name) < sizeof(r.name));
		look(r.data, sizeof(*r.data));
		if (r.link != NULL)
			look(r.link, sizeof(*r.link));
	}
}

void
fuzz_one(const uint8_t *data, size_t len)
{
	void *buf = malloc(len > 0 ? len : 1);

	assert(buf != NULL);
	if (len > 0)
		memcpy(buf, data, len);
	messages(buf, len);
	rows(buf, len);
	free(buf);
}
