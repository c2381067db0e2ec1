/* The table of Internet sockets. */
#ifndef NETSTAT_INET_H
#define NETSTAT_INET_H

#include "netstat/fetch.h"
#include "netstat/out.h"
#include "netstat/view.h"

struct column;

#define INET_MAXCOL 40

struct inet_table {
	struct out		*o;	/* borrowed, as v is */
	const struct view	*v;
	const struct column	*col[INET_MAXCOL];
	size_t			 ncol;
	size_t			 ccwidth;
	bool			 titled;	/* title and head are out */
};

/* A protocol's part of the table. */
struct inet_part {
	const char	*name;		/* "tcp", as it is shown */
	int		 protocol;	/* IPPROTO_ */
	int		 af;		/* as filter_conn() */
};

/* Choose the columns that v asks for. */
void	inet_table_init(struct inet_table *t, struct out *o,
	    const struct view *v);

/*
 * Show what of a listing (net.inet.*.pcblist) belongs to part.  Title and head
 * precede the first row ever shown.  False: the listing is damaged; the rows
 * before the damage are out.
 */
bool	inet_table_print(struct inet_table *t, const struct inet_part *part,
	    const void *buf, size_t len);

#endif
