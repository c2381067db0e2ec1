/* The table of Internet sockets. */
#ifndef NETSTAT_INET_H
#define NETSTAT_INET_H

#include "netstat/fetch.h"
#include "netstat/view.h"
#include "netstat/xo.h"

struct column;

#define INET_MAXCOL 40

struct inet_table {
	struct xo		*x;	/* borrowed, as v is */
	const struct view	*v;
	const struct column	*col[INET_MAXCOL];
	size_t			 ncol;
	size_t			 ccwidth, stackwidth;
	bool			 titled;	/* title and head are out */
};

/* A protocol's part of the table. */
struct inet_part {
	const char	*name;		/* "tcp", as it is shown */
	int		 protocol;	/* IPPROTO_ */
	int		 af;		/* as filter_conn() */
};

/* Choose the columns that v asks for. */
void	inet_table_init(struct inet_table *t, struct xo *x,
	    const struct view *v);

/*
 * Columns as wide as the longest value in them need a look at the values
 * beforehand: true if v asks for such, which inet_table_measure() then takes.
 */
bool	inet_table_measures(const struct inet_table *t);
void	inet_table_measure(struct inet_table *t, struct feed *f);

/*
 * Show what of a listing (net.inet.*.pcblist) belongs to part, into a list of
 * x.  Title and head precede the first row ever shown.  0, or errno (EPROTO: the listing is
 * damaged); the rows before the damage are out.
 */
int	inet_table_print(struct inet_table *t, const struct inet_part *part,
	    struct feed *f);

#endif
