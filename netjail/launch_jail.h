/*
 * Jails as jail(8) makes, changes and removes them: what netjail(8) does on its
 * command line and for a file of jails alike.
 *
 * Functions here belong to programs, as in launch.h.
 */
#ifndef NETJAIL_LAUNCH_JAIL_H
#define NETJAIL_LAUNCH_JAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/ctlmsg.h"

/* How it is done. */
struct jail_options {
	bool	 print_jid;	/* -i */
	bool	 clean;		/* -l */
	bool	 quiet;		/* -q */
	bool	 verbose;	/* -v */
	bool	 old;		/* the form by position: a line of its own for
				 * jidfile, and silence unless verbose */
	const char *user;	/* -u: of the system, or NULL */
	const char *user_inside; /* -U: of the jail, or NULL */
	FILE	*jidfile;	/* -J: a line about the jail; or NULL */
	char *const *mounts;	/* for launch_mount(), when it is made; NULL:
				 * none */
};

/* Parameters, "name=value" or "name" each, in the order they were first given.
 * Zeroed: none. */
struct jail_params {
	char	**v;		/* each malloc()ed */
	unsigned n;
};

/* Set one; an earlier one of the same name, or of its opposite, goes. */
void	jail_param_set(struct jail_params *p, const char *param);
/* The same from name and value; value NULL: the name alone. */
void	jail_param_setval(struct jail_params *p, const char *name,
	    const char *value);
/* Its value, "" for a name alone, NULL where it was not set. */
const char *jail_param_get(const struct jail_params *p, const char *name);
void	jail_params_free(struct jail_params *p);

/*
 * Make or change (flags: JAIL_CREATE, JAIL_UPDATE or both) the jail that the
 * parameters name, and run command in it if that is not NULL.  Returns an exit
 * status: the command's, or 1 where something has failed and been told.  With
 * wait false it does not wait for the command.
 */
int	jail_apply(const struct jail_options *o, const struct jail_params *p,
	    unsigned flags, char **command, bool wait);

/* Remove the jail called so, by jid or name; with all, every jail we see.  0 or
 * 1, told. */
int	launch_jail_remove(const struct jail_options *o, const char *name,
	    bool all);

/*
 * One jail's parameters, asked for by the names in `want' (NULL-terminated), by
 * selector ("jid=N", "name=X", "lastjid=N"; dying: dying ones too).  0 and the
 * values in *valuep (each malloc()ed, so is the array), *jidp its jid; or -1
 * with errno, and a sentence in errmsg.
 */
int	launch_jail_get(int sock, const char *selector, bool dying,
	    const char *const *want, char ***valuep, uint32_t *jidp,
	    char *errmsg, size_t errlen);
void	launch_jail_get_free(char **value);

/* "jid=N" or "name=X" for what a person calls a jail. */
void	jail_selector(const char *what, char *buf, size_t len);

#endif
