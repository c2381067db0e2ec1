/*
 * option.c - a table of options, for getopt(3) and after it.
 */
#include <err.h>

#include "netstat/option.h"

void
option_string(const struct option *o, size_t n, char *s)
{
	*s++ = '+';	/* glibc: leave operands where they are */
	*s++ = ':';	/* the messages are ours */
	for (size_t i = 0; i < n; i++) {
		*s++ = o[i].letter;
		if (o[i].argument)
			*s++ = ':';
	}
	*s = '\0';
}

void
option_apply(const struct option *o, struct command *c, void *view,
    const char *arg)
{
	if (o->missing != NULL)
		errx(1, "-%c (%s) is not supported by this stack", o->letter,
		    o->missing);
	if (o->set != NULL)
		o->set(c, arg);
	else
		*(bool *)((char *)view + o->flag) = true;
}
