/*
 * A file of jails as it is written, between conf_parse.c and conf.c.
 */
#ifndef NETJAIL_CONF_INT_H
#define NETJAIL_CONF_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "netjail/conf.h"

/* A string is pieces, some of which are the names of variables. */
struct cf_piece {
	bool	 var;
	char	*text;
};

struct cf_string {
	struct cf_piece *piece;
	unsigned n;
};

struct cf_param {
	char	*name;
	bool	 var;		/* $name */
	bool	 append;	/* += */
	struct conf_place at;
	struct cf_string *val;
	unsigned nval;
};

/* A jail, or (name has a component "*") a wildcard, or parameters outside. */
struct cf_block {
	char	*name;
	struct conf_place at;
	struct cf_param *param;
	unsigned nparam;
};

struct cf_file {
	struct cf_block *block;
	unsigned n;
};

/* As conf_parse(), which *c is for: it gets the names of included files. */
int	cf_read(struct cf_file *f, struct conf *c, const char *file,
	    const char *text, size_t len, conf_findfn *find, char *errmsg);
void	cf_free(struct cf_file *f);

/* Room for one more of size bytes in an array of n; ends the program where
 * there is no memory.  The new one is zeroed. */
void	*cf_grow(void *array, unsigned n, size_t size);
char	*cf_strdup(const char *s);

/* A message quotes what is in the file: its control characters become `?', so
 * that it is one line and leaves a terminal alone. */
void	cf_legible(char *errmsg);

#endif
