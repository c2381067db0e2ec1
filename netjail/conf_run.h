/*
 * Jails of a file: netjail -c, -m, -r and -R with names of them.
 */
#ifndef NETJAIL_CONF_RUN_H
#define NETJAIL_CONF_RUN_H

#include <stdbool.h>

struct conf_options {
	bool	 create;	/* -c */
	bool	 modify;	/* -m */
	bool	 remove;	/* -r, -R */
	bool	 plain;		/* -R: without the file's commands */
	bool	 quiet;		/* -q */
	bool	 verbose;	/* -v */
	unsigned limit;		/* -p: jails at a time; 0: any number */
};

/*
 * Do with the jails called so (none: all) of the file ("-": standard input)
 * what the options say.  Returns an exit status; failures have been told.
 */
int	conf_run(const struct conf_options *o, const char *file, char **names);

#endif
