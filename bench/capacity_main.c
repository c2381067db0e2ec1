/*
 * capacity - a stack in a program of its own, filled until it hurts.
 *
 *	capacity [--aliases N] [--jails N] [--listeners N] [--connections N]
 *	    [--timewait N] [--port P] [--listing] [--ticks] [--serve]
 *	capacity [--fill] [--tables KIND,...|all [--sizes N,...]]
 *	    [--growth N] [--removal N] [--memory BYTES] [--noise SECONDS]
 *
 * The first form makes sockets in one stack and says what they cost; --serve
 * then shows them to netstat and sysctl on $NETJAIL_SOCK until it is told to
 * end.  The second form measures parts of the stack by themselves.  Numbers may
 * end in k, M or G.  One line a figure: `name value unit'.
 */
#include <ctype.h>
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/capacity.h"

enum kind { NUMBER, PORT, FLAG, TABLES, SIZES };

static const struct {
	const char *name;
	enum kind kind;
	size_t	 offset;	/* in struct options */
} options[] = {
#define OPT(name, kind, field) { name, kind, offsetof(struct options, field) }
	OPT("aliases", NUMBER, aliases),
	OPT("jails", NUMBER, jails),
	OPT("listeners", NUMBER, listeners),
	OPT("connections", NUMBER, connections),
	OPT("timewait", NUMBER, timewait),
	OPT("growth", NUMBER, growth),
	OPT("removal", NUMBER, removal),
	OPT("memory", NUMBER, memory),
	OPT("noise", NUMBER, noise),
	OPT("port", PORT, port),
	OPT("fill", FLAG, fill),
	OPT("listing", FLAG, listing),
	OPT("ticks", FLAG, ticks),
	OPT("serve", FLAG, serve),
	OPT("tables", TABLES, tables),
	OPT("sizes", SIZES, sizes),
};
#define NOPTIONS (sizeof(options) / sizeof(options[0]))

static void	usage(void) __attribute__((noreturn));

static void
usage(void)
{
	fputs("usage: capacity [--aliases N] [--jails N] [--listeners N] "
	    "[--connections N]\n"
	    "           [--timewait N] [--port P] [--listing] [--ticks] "
	    "[--serve]\n"
	    "       capacity [--fill] [--tables KIND,...|all "
	    "[--sizes N,...]]\n"
	    "           [--growth N] [--removal N] [--memory BYTES] "
	    "[--noise SECONDS]\n",
	    stderr);
	exit(2);
}

static uint64_t
number(const char *s, const char **end)
{
	static const char units[] = "kMG";
	const char *unit;
	char *p;
	uint64_t n;

	if (!isdigit((unsigned char)*s))
		usage();
	n = strtoull(s, &p, 10);
	unit = *p != '\0' ? strchr(units, *p) : NULL;
	if (unit != NULL)
		p++;
	for (; unit != NULL && unit >= units; unit--)
		n *= 1000;
	*end = p;
	return n;
}

static uint64_t
whole_number(const char *s)
{
	const char *end;
	uint64_t n = number(s, &end);

	if (*end != '\0')
		usage();
	return n;
}

static void
parse_sizes(struct options *o, const char *s)
{
	o->nsizes = 0;
	do {
		if (o->nsizes == MAXSIZES)
			usage();
		o->sizes[o->nsizes++] = number(s, &s);
	} while (*s++ == ',');
	if (s[-1] != '\0')
		usage();
}

static void
apply(struct options *o, size_t i, const char *arg)
{
	void *field = (char *)o + options[i].offset;

	switch (options[i].kind) {
	case NUMBER:
		*(uint64_t *)field = whole_number(arg);
		break;
	case PORT:
		*(uint16_t *)field = (uint16_t)whole_number(arg);
		break;
	case FLAG:
		*(bool *)field = true;
		break;
	case TABLES:
		o->tables = arg;
		break;
	case SIZES:
		parse_sizes(o, arg);
		break;
	}
}

static void
parse(struct options *o, int argc, char **argv)
{
	struct option longs[NOPTIONS + 1];
	int ch, which = 0;
	size_t i;

	memset(longs, 0, sizeof(longs));
	for (i = 0; i < NOPTIONS; i++) {
		longs[i].name = options[i].name;
		longs[i].has_arg = options[i].kind != FLAG;
	}
	while ((ch = getopt_long(argc, argv, "", longs, &which)) != -1) {
		if (ch != 0)
			usage();
		apply(o, (size_t)which, optarg);
	}
	if (optind != argc || argc == 1)
		usage();
}

static void
run_world(const struct options *o)
{
	struct world w;

	world_make(&w, o);
	if (o->listing)
		run_listing(&w);
	if (o->ticks)
		run_ticks(&w);
	if (o->serve)
		run_serve(&w);
	world_free(&w);
}

int
main(int argc, char **argv)
{
	struct options o = {
		.port = 1, .memory = UINT64_C(12000000000),
		.sizes = { 1000, 10000, 100000, 1000000 }, .nsizes = 4,
	};

	parse(&o, argc, argv);
	if (o.fill)
		run_fill();
	if (o.tables != NULL)
		run_tables(&o);
	if (o.growth > 0)
		run_growth(o.growth);
	if (o.removal > 0)
		run_removal(o.removal);
	if (o.noise > 0)
		run_noise(o.noise);
	if (o.aliases + o.jails + o.listeners + o.connections + o.timewait >
	    0 || o.serve || o.ticks || o.listing)
		run_world(&o);
	return 0;
}
