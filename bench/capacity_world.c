/*
 * capacity_world.c - sockets by the hundred thousand, as a program would make
 * them: socreate(), sobind(), solisten(), soconnect(), soaccept().
 *
 * Theory of operation
 *
 * Listener i is at alias i modulo --aliases, at --port and, once all aliases
 * have one there, the ports above it.  With jails it is in jail i modulo their
 * number, on the wildcard; jail j has two addresses, aliases 2j and 2j + 1
 * (with one the wildcard would become that).  A connection runs over lo0 and
 * both its ends are here; 32768 go to each address, about half of what the
 * default port range would carry.
 *
 * The stack's time goes on by 10 us for each connection, whatever it takes: so
 * timers are spread as they would be, and up to 6 million connections in
 * TIME_WAIT are there together.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/capacity.h"
#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/ip.h"
#include "stack/socket.h"
#include "stack/tcp.h"

#define PER_ADDRESS	32768	/* connections to each address */
#define LOOKUPS		1000000
#define GAP		10000	/* ns between connections */

/* What a kind of object costs. */
struct cost {
	struct progress	 bar;
	uint64_t	 n, t, rss;
};

static struct cost
cost_begin(const char *what, uint64_t n)
{
	struct cost c = { .n = n };

	progress_begin(&c.bar, what, n);
	c.rss = rss_bytes();
	c.t = wall_ns();
	return c;
}

/* each: objects of a kind that one step makes. */
static void
cost_end(struct cost *c, const char *name, unsigned each)
{
	double ns = (double)(wall_ns() - c->t);
	double bytes = (double)rss_bytes() - (double)c->rss;
	char size[24];

	progress_end(&c->bar);
	short_size(c->n, size);
	figure(ns / (double)c->n / 1e3, "us", "%s.%s.make", name, size);
	figure(bytes / (double)c->n / each, "B", "%s.%s.memory", name, size);
}

static void
keep(struct world *w, struct socket *so)
{
	if (w->nso == w->socap) {
		w->socap = w->socap == 0 ? 1024 : 2 * w->socap;
		w->so = realloc(w->so, w->socap * sizeof(*w->so));
		if (w->so == NULL)
			err(1, "memory");
	}
	w->so[w->nso++] = so;
}

/* The array is ours and no part of what a socket costs. */
static void
keep_room(struct world *w, uint64_t n)
{
	w->socap = w->nso + n;
	w->so = realloc(w->so, (w->socap + 1) * sizeof(*w->so));
	if (w->so == NULL)
		err(1, "memory");
	memset(w->so + w->nso, 0, n * sizeof(*w->so));
}

/* ---- addresses and jails ---- */

static void
make_aliases(struct world *w, uint64_t n)
{
	struct cost c = cost_begin("aliases", n);
	struct inaddr a;
	uint64_t i;

	for (i = 0; i < n; i++) {
		a = alias(i);
		must(in_ifaddr_add(w->v, lo0(w->v), &a), "alias");
		progress(&c.bar, i);
	}
	cost_end(&c, "alias", 1);
}

static void
make_jails(struct world *w, uint64_t n)
{
	struct cost c;
	struct inaddr a[2];
	const struct prison_params pp = {
		.hostname = "jail", .addr = a, .naddr = 2,
		.ip4_restricted = true, .ip6_restricted = true,
		.persist = true, .allow = PR_ALLOW_DEFAULT,
	};
	char msg[256];
	uint64_t i;

	w->jail = must_alloc(n, sizeof(*w->jail));
	w->njails = n;
	c = cost_begin("jails", n);
	for (i = 0; i < n; i++) {
		a[0] = alias(2 * i);
		a[1] = alias(2 * i + 1);
		must(prison_create(w->v, prison0(w->v), &pp, &w->jail[i], msg,
		    sizeof(msg)), "jail");
		progress(&c.bar, i);
	}
	cost_end(&c, "jail", 1);
}

/* ---- listeners ---- */

static struct endpoint
listener_name(const struct world *w, const struct options *o, uint64_t i)
{
	uint64_t naddr = o->aliases > 0 ? o->aliases : 1;
	uint64_t port = o->port + i / (w->njails > 0 ? w->njails : naddr);

	if (port > UINT16_MAX)
		errx(1, "no port left: more --aliases, or a lower --port");
	return (struct endpoint) {
		.addr = w->njails > 0 ? inaddr_v4(INADDR_ANY) :
		    alias(i % naddr),
		.port = htons((uint16_t)port),
	};
}

void
world_listen(struct world *w, const struct endpoint *name,
    const struct cred *cred)
{
	struct socket *so;

	must(socreate(w->v, AF_INET, SOCK_STREAM, 0, cred, &so), "socket");
	keep(w, so);
	must(sobind(so, name, cred), "bind");
	must(solisten(so, 128, cred), "listen");
}

/* Look all of them up, as packets from many hosts would. */
static void
find_listeners(const struct world *w, const struct options *o)
{
	const struct inpcbinfo *pi = tcp_pcbinfo(w->v);
	struct shuffle s = shuffle_begin(o->listeners);
	struct endpoint src = { .port = htons(1024) }, dst;
	uint64_t i, n, t = wall_ns();
	char size[24];

	for (i = 0; i < LOOKUPS; i++) {
		n = shuffle_next(&s);
		dst = listener_name(w, o, n);
		if (w->njails > 0)
			dst.addr = alias(n % w->njails * 2);
		src.addr = alias(n);
		if (in_pcblookup(pi, &src, &dst) == NULL)
			errx(1, "a listener is not found");
	}
	figure((double)(wall_ns() - t) / LOOKUPS, "ns", "listener.%s.lookup",
	    short_size(o->listeners, size));
}

static void
make_listeners(struct world *w, const struct options *o)
{
	struct cred cred = w->cred;
	struct endpoint name;
	struct cost c;
	uint64_t i;

	keep_room(w, o->listeners);
	c = cost_begin("listeners", o->listeners);
	for (i = 0; i < o->listeners; i++) {
		if (w->njails > 0)
			cred.prison = w->jail[i % w->njails];
		name = listener_name(w, o, i);
		world_listen(w, &name, &cred);
		progress(&c.bar, i);
	}
	cost_end(&c, "listener", 1);
	find_listeners(w, o);
}

/* ---- connections ---- */

/* A listener for them, on any address. */
static struct socket *
make_server(struct world *w, in_port_t port)
{
	const struct endpoint name = { inaddr_v4(INADDR_ANY), port };

	world_listen(w, &name, &w->cred);
	return w->so[w->nso - 1];
}

/* i: which one; it says where to. */
static void
dial(struct world *w, uint64_t i, in_port_t port, struct socket **sop)
{
	const struct endpoint dst = {
		.addr = inaddr_v4(htonl(INADDR_LOOPBACK +
		    (uint32_t)(i / PER_ADDRESS))),
		.port = port,
	};
	int error;

	vnet_settime(w->v, w->v->now + GAP);
	must(socreate(w->v, AF_INET, SOCK_STREAM, 0, &w->cred, sop), "socket");
	must(sosetopt(*sop, OPT_KEEPALIVE, 1, &w->cred), "keepalive");
	error = soconnect(*sop, &dst, &w->cred);
	must(error == EINPROGRESS ? 0 : error, "connect");
	while (vnet_run(w->v, UINT32_MAX))
		continue;
}

static void
make_pair(struct world *w, struct socket *server, uint64_t i, in_port_t port,
    struct socket *end[2])
{
	struct endpoint peer;

	dial(w, i, port, &end[0]);
	must(soaccept(server, &end[1], &peer), "accept");
	must(sosetopt(end[1], OPT_KEEPALIVE, 1, &w->cred), "keepalive");
}

void
world_connect(struct world *w, uint64_t n, in_port_t port)
{
	struct socket *end[2], *server;
	struct cost c;
	uint64_t i;

	keep_room(w, 2 * n + 1);
	server = make_server(w, port);
	c = cost_begin("connections", n);
	for (i = 0; i < n; i++) {
		make_pair(w, server, i, port, end);
		keep(w, end[0]);
		keep(w, end[1]);
		progress(&c.bar, i);
	}
	cost_end(&c, "connection", 2);
}

static void
make_timewait(struct world *w, uint64_t n, in_port_t port)
{
	struct socket *end[2], *server;
	struct cost c;
	uint64_t i;

	if (has_value(w->v, "net.inet.tcp.maxtcptw"))
		set_value(w->v, "net.inet.tcp.maxtcptw", (int)n + 32);
	keep_room(w, 1);
	server = make_server(w, port);
	c = cost_begin("TIME_WAIT", n);
	for (i = 0; i < n; i++) {
		make_pair(w, server, i, port, end);
		soclose(end[0]);
		while (vnet_run(w->v, UINT32_MAX))
			continue;
		soclose(end[1]);
		while (vnet_run(w->v, UINT32_MAX))
			continue;
		progress(&c.bar, i);
	}
	cost_end(&c, "timewait", 1);
}

/* ---- all of it ---- */

void
world_make(struct world *w, const struct options *o)
{
	uint64_t sockets = o->listeners + 2 * o->connections + 16;

	memset(w, 0, sizeof(*w));
	w->v = bench_vnet();
	w->cred.prison = prison0(w->v);
	if (sockets > 100000)
		set_value(w->v, "kern.ipc.maxsockets", (int)sockets);
	if (o->aliases > 2 * o->jails)
		make_aliases(w, o->aliases);
	else if (o->jails > 0)
		make_aliases(w, 2 * o->jails);
	if (o->jails > 0)
		make_jails(w, o->jails);
	if (o->listeners > 0)
		make_listeners(w, o);
	if (o->connections > 0)
		world_connect(w, o->connections, htons(7));
	if (o->timewait > 0)
		make_timewait(w, o->timewait, htons(9));
}

void
world_free(struct world *w)
{
	uint64_t i;

	for (i = 0; i < w->nso; i++)
		soabort(w->so[i]);
	while (vnet_run(w->v, UINT32_MAX))
		continue;
	for (i = 0; i < w->njails; i++) {
		prison_remove(w->v, w->jail[i]);
		prison_put(w->v, w->jail[i]);
	}
	bench_vnet_free(w->v);
	free(w->so);
	free(w->jail);
}
