/*
 * A file of jails, netjail.conf(5).
 *
 * The file is FreeBSD's jail.conf(5).  Reading it yields jails in the order of
 * the file, each with its parameters: those of its own, of the wildcards and
 * those outside of all jails, merged, and with variables replaced.  Where it
 * includes other files, they are found by a function of the caller's.
 */
#ifndef NETJAIL_CONF_H
#define NETJAIL_CONF_H

#include <stdbool.h>
#include <stddef.h>

/* Where something was said. */
struct conf_place {
	const char *file;	/* the caller's, or the conf's */
	unsigned line;
};

struct conf_param {
	char	*name;
	char	**val;
	unsigned nval;		/* 0: the name alone */
	struct conf_place at;	/* where it was set last */
};

struct conf_jail {
	char	*name;
	struct conf_place at;
	struct conf_param *param;	/* "name" or "jid" is the first */
	unsigned nparam;
};

struct conf {
	struct conf_jail *jail;
	unsigned njail;
	char	**included;	/* names of files */
	unsigned nincluded;
};

/* A file as it is read; in *texts of a conf_findfn, malloc()ed. */
struct conf_text {
	char	*file;
	char	*text;
	size_t	 len;
};

/*
 * The files that `.include' with that pattern means in the file `from', in the
 * order in which they are to be read: *texts, malloc()ed.  Returns how many;
 * -1 with errno: they cannot be read.
 */
typedef int conf_findfn(const char *from, const char *pattern,
	    struct conf_text **texts);

/* A sentence about what is wrong, "FILE line N: ...". */
#define CONF_ERRLEN	512

/*
 * Read the text of a file, len bytes.  The file's name must live as long as *c.
 * 0, or -1 with a sentence in errmsg (CONF_ERRLEN bytes); *c is to be freed in
 * both cases.
 */
int	conf_parse(struct conf *c, const char *file, const char *text,
	    size_t len, conf_findfn *find, char *errmsg);
void	conf_free(struct conf *c);

/* The jail called so, or NULL. */
const struct conf_jail *conf_jail(const struct conf *c, const char *name);

/* The parameter called so, or its opposite, or NULL. */
const struct conf_param *conf_get(const struct conf_jail *j,
	    const char *name);

/* Are these the names of one parameter, or of a boolean and its opposite
 * ("a.b" and "a.nob")? */
bool	conf_same(const char *a, const char *b);

/* Values of parameters that conf_check() has found good; the last of several.
 * NULL or what is given as missing where there is none. */
const char *conf_string(const struct conf_jail *j, const char *name);
bool	conf_bool(const struct conf_jail *j, const char *name);
long	conf_int(const struct conf_jail *j, const char *name, long missing);

/* What a parameter is to us; anything else is the jail's own. */
enum conf_kind {
	CONF_JAIL,	/* a parameter of the jail */
	CONF_BOOL, CONF_INT, CONF_TEXT, CONF_LIST,	/* ours */
	CONF_IGNORED	/* FreeBSD's, with no meaning here */
};
enum conf_kind conf_kind(const char *name);

/* Are the values of our own parameters such?  0, or -1 with a sentence. */
int	conf_check(const struct conf_jail *j, char *errmsg);

/* Does j say that it depends on the other? */
bool	conf_depends(const struct conf_jail *j, const struct conf_jail *other);

/*
 * The jails to start, or with stop to remove, in order, as indexes: the n that
 * are wanted (n 0: all), and those that they depend on before them; with stop
 * those that depend on them before them.  malloc()ed.  NULL: a sentence in
 * errmsg, or *count is 0.
 */
unsigned *conf_order(const struct conf *c, const unsigned *want, unsigned n,
	    bool stop, unsigned *count, char *errmsg);

#endif
