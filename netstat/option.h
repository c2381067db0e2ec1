/*
 * The options of a program as a table: one row, one letter.
 */
#ifndef NETSTAT_OPTION_H
#define NETSTAT_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct command;		/* each program's own */

struct option {
	char		 letter;
	bool		 argument;
	/* one of these three */
	void		(*set)(struct command *, const char *arg);
	size_t		 flag;		/* offset of a bool in the view */
	const char	*missing;	/* what it would show */
};

/* getopt(3)'s description of n rows, for messages of our own and operands that
 * stay where they are. */
#define OPTION_STRLEN(n)	(2 + 2 * (n) + 1)
void	option_string(const struct option *o, size_t n, char *s);

/* Do what was given; what is missing is told, and ends the program. */
void	option_apply(const struct option *o, struct command *c, void *view,
	    const char *arg);

#endif
