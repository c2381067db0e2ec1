/*
 * capacity: a stack in a program of its own, filled until it hurts.
 *
 *	capacity_main	what was asked for, in which order
 *	capacity_world	sockets by the hundred thousand, over the socket layer
 *	capacity_table	the PCB layer alone: in, found, out, at each size
 *	capacity_fill	bind() and connect() in a port range that fills up
 *	capacity_hold	what packets have to wait for
 *	capacity_serve	the MIB on a control socket, for netstat and sysctl
 *	capacity_util	clock, memory, figures, the bar
 *
 * Whatever fails ends the program with one line: half a measurement is none.
 */
#ifndef BENCH_CAPACITY_H
#define BENCH_CAPACITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cred.h"
#include "base/inaddr.h"
#include "base/vnet.h"

#define MAXSIZES	16

struct socket;

struct options {
	uint64_t aliases, listeners, connections, timewait, jails;
	uint16_t port;		/* host byte order */
	bool	 fill, listing, ticks, serve;
	const char *tables;	/* kinds, separated by commas */
	uint64_t sizes[MAXSIZES];
	unsigned nsizes;
	uint64_t growth;	/* PCBs */
	uint64_t removal;	/* sockets of one jail */
	uint64_t memory;	/* bytes that may be used */
	uint64_t noise;		/* seconds */
};

/* A stack with sockets in it. */
struct world {
	struct vnet	*v;
	struct cred	 cred;		/* of the stack's superuser */
	struct prison	**jail;
	uint64_t	 njails;
	struct socket	**so;		/* all that are owned */
	uint64_t	 nso, socap;
};

/* ---- capacity_util.c ---- */

/* One line, `name value unit', the name put together as by printf(3). */
void	figure(double value, const char *unit, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* End with a line if error is not 0. */
void	must(int error, const char *what);
void	*must_alloc(size_t n, size_t size);

uint64_t wall_ns(void);
/* What this thread has worked: others on this machine do not count. */
uint64_t cpu_ns(void);

uint64_t rss_bytes(void);
uint64_t free_bytes(void);	/* of the machine */

/* A bar on a terminal for what takes longer than a second. */
struct progress {
	const char	*what;
	uint64_t	 total, start, next;
	bool		 shown;
};
void	progress_begin(struct progress *p, const char *what, uint64_t total);
void	progress(struct progress *p, uint64_t done);	/* costs a few ns */
void	progress_end(struct progress *p);

/* How long packets waited, each time; printed as NAME.longest and, what a busy
 * machine says less about, NAME.over1ms: how often it was more than 1 ms. */
struct delays {
	uint64_t	longest;	/* ns */
	uint64_t	over1ms;
};
void	delay_since(struct delays *d, uint64_t start);	/* of cpu_ns() */
void	delay_figures(const struct delays *d, const char *name);

/* The i-th address of 10/8 from 10.0.0.1 on. */
struct inaddr alias(uint64_t i);

/* "1k", "10M": for names of figures. */
const char *short_size(uint64_t n, char buf[24]);

/* Visit 0 to n - 1 in an order that no cache foresees. */
struct shuffle {
	uint64_t n, at, step;
};
struct shuffle shuffle_begin(uint64_t n);
static inline uint64_t
shuffle_next(struct shuffle *s)
{
	s->at += s->step;
	if (s->at >= s->n)
		s->at -= s->n;
	return s->at;
}

/* A new stack, the same at each run, with memory made ready for it as netjaild
 * does.  One at a time. */
struct vnet *bench_vnet(void);
void	bench_vnet_free(struct vnet *v);
bool	has_value(struct vnet *v, const char *name);
void	set_value(struct vnet *v, const char *name, int value);

/* ---- the others ---- */

void	world_make(struct world *w, const struct options *o);
void	world_free(struct world *w);
void	world_listen(struct world *w, const struct endpoint *name,
	    const struct cred *cred);
/* n connections within the stack, both ends of all in w. */
void	world_connect(struct world *w, uint64_t n, in_port_t port);

void	run_tables(const struct options *o);
void	run_fill(void);
void	run_growth(uint64_t n);
void	run_removal(uint64_t n);
void	run_noise(uint64_t seconds);
void	run_listing(struct world *w);
void	run_ticks(struct world *w);
void	run_serve(struct world *w);

#endif
