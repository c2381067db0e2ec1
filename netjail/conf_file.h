/*
 * The files that jails are said in, and those that they include.
 */
#ifndef NETJAIL_CONF_FILE_H
#define NETJAIL_CONF_FILE_H

#include "netjail/conf.h"

/* The file to read where none is named, if it is there: in buf.  False: not
 * there. */
bool	conf_default(char *buf, size_t len);

/* All of a file ("-": standard input), malloc()ed, and its length.  NULL with
 * errno; EFBIG: it is none of ours. */
char	*conf_read(const char *file, size_t *len);

/* A conf_findfn: a pattern as of glob(7), in the folder of `from'.  Where it
 * has nothing that glob(7) replaces the file must be there. */
int	conf_find(const char *from, const char *pattern,
	    struct conf_text **texts);

#endif
