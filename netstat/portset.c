/*
 * portset.c - the parser of -p's lists.
 *
 * FreeBSD's rules: a comma at the end is no error, a number below 0 is out of
 * range and not a matter of syntax.  Where FreeBSD takes an empty list for one
 * that no socket is in, it is refused here.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "netstat/portset.h"

/* A number at *pp, which is moved behind it. */
static int
parse_port(const char **pp, unsigned *port)
{
	const char *digits = **pp == '-' ? *pp + 1 : *pp;
	char *end;
	long n;

	if (!isdigit((unsigned char)*digits))
		return EINVAL;
	n = strtol(*pp, &end, 10);	/* too long: LONG_MAX */
	if (n < 0 || n > UINT16_MAX)
		return ERANGE;
	*port = (unsigned)n;
	*pp = end;
	return 0;
}

/* A port, or a range. */
static int
parse_item(const char **pp, unsigned *first, unsigned *last)
{
	int error;

	if ((error = parse_port(pp, first)) != 0)
		return error;
	*last = *first;
	if (**pp != '-')
		return 0;
	++*pp;
	if ((error = parse_port(pp, last)) != 0)
		return error;
	return *last < *first ? ERANGE : 0;
}

int
portset_parse(struct portset *s, const char *list)
{
	unsigned port, last;
	int error;

	do {
		if ((error = parse_item(&list, &port, &last)) != 0)
			return error;
		for (; port <= last; port++)
			s->bits[port / 64] |= UINT64_C(1) << port % 64;
		if (*list != ',' && *list != '\0')
			return EINVAL;
		list += *list == ',';
	} while (*list != '\0');
	return 0;
}
