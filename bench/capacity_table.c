/*
 * capacity_table.c - the PCB layer alone: in, found, out, at each size.
 *
 * Theory of operation
 *
 * A kind says what PCB i is and where a packet for it goes.  PCBs go in in
 * order of their number, are looked up and go out in an order that no cache
 * foresees (two million of each; the rest goes out untimed).  Small tables are
 * made again and again until a quarter of a million operations are timed.  A
 * size that would need more memory than there is, as the one before it tells,
 * is left out with a word on stderr.
 *
 * The PCBs are TCP's, of TCP's size, without the protocol: bytes are those of
 * the zones and tables of this layer.
 */
#include <err.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/capacity.h"
#include "netjail/prison.h"
#include "pcb/in_pcb.h"
#include "stack/tcp_int.h"

#define ENOUGH	250000		/* operations of each sort */
#define PLENTY	2000000
#define BATCH	32		/* packets looked up together */
#define PORT	80
#define OTHERS	8000000		/* second addresses of jails from here on */

struct table {
	struct vnet	*v;
	struct cred	 cred;
	struct inpcbinfo *pi;
	struct inpcb	*server;	/* whose connections are accepted */
	struct prison	**jail;
	struct inpcb	**inp;
	uint64_t	 n;
};

struct kind {
	const char *name;
	uint64_t max;
	/* Make what PCB i needs, outside the time taken.  May be NULL. */
	void	(*prepare)(struct table *t);
	int	(*insert)(struct table *t, uint64_t i);
	void	(*packet)(uint64_t i, struct endpoint *src,
		    struct endpoint *dst);
};

static bool
any_is_local(const struct vnet *v, const struct inaddr *a)
{
	(void)v;
	(void)a;
	return true;
}

static int
listen_on(struct table *t, const struct cred *cred, struct endpoint name,
    struct inpcb **inpp)
{
	int error;

	error = in_pcballoc(t->pi, NULL, cred, INP_IPV4, inpp);
	if (error != 0)
		return error;
	if ((error = in_pcbbind(*inpp, &name, cred)) != 0)
		return error;
	in_pcbeligible(*inpp, true);
	return 0;
}

/* ---- the kinds ---- */

/* A server's connections, from 1000 hosts' and then as many ports. */
static void
established_packet(uint64_t i, struct endpoint *src, struct endpoint *dst)
{
	*src = (struct endpoint) { alias(1000000 + i % 1000000),
	    htons((uint16_t)(1024 + i / 1000000)) };
	*dst = (struct endpoint) { alias(0), htons(PORT) };
}

static void
established_prepare(struct table *t)
{
	const struct endpoint name = { alias(0), htons(PORT) };

	must(listen_on(t, &t->cred, name, &t->server), "listen");
}

static int
established_insert(struct table *t, uint64_t i)
{
	struct endpoint src, dst;

	established_packet(i, &src, &dst);
	return in_pcbaccept(t->server, NULL, &dst, &src, &t->inp[i]);
}

static void
ports_packet(uint64_t i, struct endpoint *src, struct endpoint *dst)
{
	*src = (struct endpoint) { alias(5000000), htons(1024) };
	*dst = (struct endpoint) { alias(i / 65535),
	    htons((uint16_t)(1 + i % 65535)) };
}

static int
ports_insert(struct table *t, uint64_t i)
{
	struct endpoint src, dst;

	ports_packet(i, &src, &dst);
	return listen_on(t, &t->cred, dst, &t->inp[i]);
}

static void
aliases_packet(uint64_t i, struct endpoint *src, struct endpoint *dst)
{
	*src = (struct endpoint) { alias(5000000), htons(1024) };
	*dst = (struct endpoint) { alias(i), htons(PORT) };
}

static int
aliases_insert(struct table *t, uint64_t i)
{
	struct endpoint src, dst;

	aliases_packet(i, &src, &dst);
	return listen_on(t, &t->cred, dst, &t->inp[i]);
}

/* With one address a wildcard would become that. */
static void
jails_prepare(struct table *t)
{
	struct inaddr a[2];
	const struct prison_params pp = {
		.addr = a, .naddr = 2, .ip4_restricted = true,
		.ip6_restricted = true, .allow = PR_ALLOW_DEFAULT,
	};
	struct progress bar;
	char msg[256];
	uint64_t i;

	t->jail = must_alloc(t->n, sizeof(*t->jail));
	progress_begin(&bar, "jails", t->n);
	for (i = 0; i < t->n; i++) {
		a[0] = alias(i);
		a[1] = alias(i + OTHERS);
		must(prison_create(t->v, prison0(t->v), &pp, &t->jail[i], msg,
		    sizeof(msg)), "jail");
		progress(&bar, i);
	}
	progress_end(&bar);
}

static int
jails_insert(struct table *t, uint64_t i)
{
	const struct cred cred = { .prison = t->jail[i] };
	const struct endpoint name = { inaddr_v4(INADDR_ANY), htons(PORT) };

	return listen_on(t, &cred, name, &t->inp[i]);
}

static const struct kind kinds[] = {
	{ "established", 100000000, established_prepare, established_insert,
	    established_packet },
	{ "ports", 100000000, NULL, ports_insert, ports_packet },
	{ "aliases", 16000000, NULL, aliases_insert, aliases_packet },
	{ "jails", JAIL_MAX, jails_prepare, jails_insert, aliases_packet },
};

/* ---- in, found, out ---- */

struct times {
	double	 insert, lookup, batch, remove;	/* ns, of all rounds */
	double	 bytes;			/* of one PCB */
	uint64_t nins, nbatch, nops;	/* nops: of look-ups and removals */
};

static void
table_init(struct table *t, const struct kind *k, uint64_t n)
{
	memset(t, 0, sizeof(*t));
	t->v = bench_vnet();
	t->cred.prison = prison0(t->v);
	t->n = n;
	must(in_pcbinfo_init(t->v, &t->pi, "bench", IPPROTO_TCP,
	    sizeof(struct tcpcb), 0, any_is_local), "tables");
	t->inp = malloc(n * sizeof(*t->inp));
	if (t->inp == NULL)
		err(1, "memory");
	memset(t->inp, 0xff, n * sizeof(*t->inp));
	if (k->prepare != NULL)
		k->prepare(t);
}

static void
table_fini(struct table *t)
{
	uint64_t i;

	if (t->server != NULL)
		in_pcbfree(t->server);
	for (i = 0; t->jail != NULL && i < t->n; i++) {
		prison_remove(t->v, t->jail[i]);
		prison_put(t->v, t->jail[i]);
	}
	free(t->jail);
	free(t->inp);
	in_pcbinfo_destroy(t->v, t->pi);
	bench_vnet_free(t->v);
	/* Or what the next one takes would not all be seen. */
	malloc_trim(0);
}

static void
insert_all(struct table *t, const struct kind *k, struct times *sum)
{
	struct progress bar;
	uint64_t i, start;

	progress_begin(&bar, k->name, t->n);
	start = wall_ns();
	for (i = 0; i < t->n; i++) {
		must(k->insert(t, i), k->name);
		progress(&bar, i);
	}
	sum->insert += (double)(wall_ns() - start);
	progress_end(&bar);
}

/* Looks at no memory that the look-up has not brought. */
static bool
meant_for(const struct inpcb *inp, const struct endpoint *dst)
{
	return inp->inp_lport == dst->port &&
	    (inaddr_eq(&inp->inp_laddr, &dst->addr) ||
	    inaddr_is_any(&inp->inp_laddr));
}

static void
lookup_all(struct table *t, const struct kind *k, struct times *sum)
{
	struct shuffle s = shuffle_begin(t->n);
	struct endpoint src, dst;
	const struct inpcb *inp;
	uint64_t i, n, start = wall_ns();

	for (i = 0; i < t->n && i < PLENTY; i++) {
		n = shuffle_next(&s);
		k->packet(n, &src, &dst);
		inp = in_pcblookup(t->pi, &src, &dst);
		if (inp == NULL || !meant_for(inp, &dst))
			errx(1, "%s: not found", k->name);
	}
	sum->lookup += (double)(wall_ns() - start);
}

/* As lookup_all(), a burst of packets at a time. */
static void
batch_all(struct table *t, const struct kind *k, struct times *sum)
{
	struct endpoint src[BATCH], dst[BATCH];
	struct shuffle s = shuffle_begin(t->n);
	struct inpcb *inp[BATCH];
	uint64_t i, start = wall_ns();
	unsigned j;

	for (i = 0; i < t->n && i < PLENTY; i += BATCH) {
		for (j = 0; j < BATCH; j++)
			k->packet(shuffle_next(&s), &src[j], &dst[j]);
		in_pcblookup_batch(t->pi, src, dst, inp, BATCH);
		for (j = 0; j < BATCH; j++)
			if (inp[j] == NULL || !meant_for(inp[j], &dst[j]))
				errx(1, "%s: not found", k->name);
	}
	sum->batch += (double)(wall_ns() - start);
	sum->nbatch += i;
}

static void
remove_all(struct table *t, struct times *sum)
{
	struct shuffle s = shuffle_begin(t->n);
	uint64_t i, n, start = wall_ns();

	for (i = 0; i < t->n && i < PLENTY; i++) {
		n = shuffle_next(&s);
		in_pcbfree(t->inp[n]);
		t->inp[n] = NULL;
	}
	sum->remove += (double)(wall_ns() - start);
	sum->nops += i;
	for (i = 0; i < t->n; i++)
		if (t->inp[i] != NULL)
			in_pcbfree(t->inp[i]);
}

static void
round_trip(const struct kind *k, uint64_t n, struct times *sum)
{
	struct table t;
	uint64_t before;

	table_init(&t, k, n);
	before = rss_bytes();
	insert_all(&t, k, sum);
	sum->bytes = ((double)rss_bytes() - (double)before) / (double)n;
	lookup_all(&t, k, sum);
	batch_all(&t, k, sum);
	remove_all(&t, sum);
	table_fini(&t);
	sum->nins += n;
}

/* asked: what the figures are named after. */
static void
run_size(const struct kind *k, uint64_t n, uint64_t asked, struct times *sum)
{
	char size[24];

	memset(sum, 0, sizeof(*sum));
	while (sum->nops < ENOUGH)
		round_trip(k, n, sum);
	short_size(asked, size);
	figure(sum->insert / (double)sum->nins, "ns", "table.%s.%s.insert",
	    k->name, size);
	figure(sum->lookup / (double)sum->nops, "ns", "table.%s.%s.lookup",
	    k->name, size);
	figure(sum->batch / (double)sum->nbatch, "ns", "table.%s.%s.batch",
	    k->name, size);
	figure(sum->remove / (double)sum->nops, "ns", "table.%s.%s.remove",
	    k->name, size);
	if (n >= ENOUGH)
		figure(sum->bytes, "B", "table.%s.%s.memory", k->name, size);
}

static double
room(const struct options *o)
{
	uint64_t n = free_bytes();

	return (double)(n < o->memory ? n : o->memory);
}

static void
run_kind(const struct kind *k, const struct options *o)
{
	struct times sum = { .bytes = 0 };
	unsigned i;

	for (i = 0; i < o->nsizes; i++) {
		uint64_t asked = o->sizes[i], n = asked;

		if (n == k->max + 1)
			n--;	/* a million jails are one too many */
		if (n > k->max || sum.bytes * (double)n * 1.1 > room(o)) {
			warnx("%s: %lu left out", k->name, asked);
			continue;
		}
		run_size(k, n, asked, &sum);
	}
}

static bool
wanted(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *p;

	for (p = list; (p = strstr(p, name)) != NULL; p += len)
		if ((p == list || p[-1] == ',') &&
		    (p[len] == ',' || p[len] == '\0'))
			return true;
	return strcmp(list, "all") == 0;
}

void
run_tables(const struct options *o)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (wanted(o->tables, kinds[i].name))
			run_kind(&kinds[i], o);
}
