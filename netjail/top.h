/*
 * What netjail-top(8) shows, apart from where: tables of jails and sockets,
 * in an order, filtered, and the lines above them.
 */
#ifndef NETJAIL_TOP_H
#define NETJAIL_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netjail/census.h"

/*
 * A column.  Rows are struct census_jail or struct census_socket.  A cell is a
 * number, or a text, by which it is then sorted unless there is a number too.
 */
struct top_column {
	const char *title;
	const char *key;	/* for -s and -b */
	int	 width;
	uint64_t (*number)(const void *row, const struct census *c);
	/* buf has TOP_CELL bytes; what is not printable is made so. */
	void	(*text)(const void *row, const struct census *c, char *buf);
};
#define TOP_CELL	1100

struct top_kind {
	const struct top_column *col;
	unsigned ncols;
	unsigned sort;		/* at first */
};

extern const struct top_kind top_jails, top_sockets;

/* The column called `name', by key or title, or -1. */
int	top_column_find(const struct top_kind *k, const char *name);

/* How the rows of a table are chosen. */
struct top_order {
	const struct top_kind *kind;
	unsigned sort;
	bool	 reverse;	/* numbers fall and texts rise if not */
	const char *filter;	/* text that a row must have; "": any */
};

/*
 * The rows in order: pointers into the census, malloc()ed.  NULL: none (*n is
 * 0), or no memory.
 */
const void **top_rows(const struct top_order *o, const struct census *c,
	    size_t *n);

/* What happens in a second, between two censuses. */
struct top_rates {
	uint64_t packets_in, packets_out, bytes_in, bytes_out;
	uint64_t datagrams_in, datagrams_out;
	uint64_t connects, accepts, drops, retransmits, picks;
};
void	top_rates(struct top_rates *r, const struct census *before,
	    const struct census *now, double seconds);

/* Lines above a table: at most TOP_WIDTH characters and a NUL each. */
#define TOP_LINES	4
#define TOP_WIDTH	255
void	top_summary(char line[TOP_LINES][TOP_WIDTH + 1], const struct census *c,
	    const struct top_rates *r);

/* v in at most five characters: 99999, 1234k, 56M. */
#define TOP_NUMBER	24
const char *top_number(char buf[TOP_NUMBER], uint64_t v);

/*
 * A row as text: columns that fit into width characters (all of the first one),
 * separated by spaces.  row NULL: the titles.
 */
void	top_line(char *buf, size_t size, int width, const struct top_kind *k,
	    const struct census *c, const void *row);

/* The same for programs: key=value, all of them, numbers in full. */
void	top_print(const char *what, const struct top_kind *k,
	    const struct census *c, const void *row);

/* A jail's or anybody's text made fit for a terminal; buf: TOP_CELL. */
void	top_clean(char *buf, const char *s);

#endif
