/*
 * show_struct.c - structs of the MIB as FreeBSD's sysctl(8) prints them.
 *
 * A row for each format; a value whose length is not that of its format is left
 * to the dump of opaque values, which is right for any.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "include/bsd/sys/clockinfo.h"
#include "sysctl/show_struct.h"

static void
show_clockinfo(const void *p, bool human)
{
	struct clockinfo ci;

	memcpy(&ci, p, sizeof(ci));
	printf(human ? "{ hz = %'d, tick = %'d, profhz = %'d, stathz = %'d }" :
	    "{ hz = %d, tick = %d, profhz = %d, stathz = %d }", ci.hz, ci.tick,
	    ci.profhz, ci.stathz);
}

static void
show_timeval(const void *p, bool human)
{
	struct timeval tv;
	char date[32];

	memcpy(&tv, p, sizeof(tv));
	printf(human ? "{ sec = %'jd, usec = %'ld } " :
	    "{ sec = %jd, usec = %ld } ", (intmax_t)tv.tv_sec,
	    (long)tv.tv_usec);
	if (ctime_r(&tv.tv_sec, date) != NULL)
		printf("%.*s", (int)strcspn(date, "\n"), date);
}

static const struct {
	const char *fmt;
	size_t	 size;
	void	(*show)(const void *p, bool human);
} rows[] = {
	{ "S,clockinfo", sizeof(struct clockinfo), show_clockinfo },
	{ "S,timeval", sizeof(struct timeval), show_timeval },
};
#define NROWS	(sizeof(rows) / sizeof(rows[0]))

bool
show_struct_knows(const char *fmt)
{
	for (size_t i = 0; i < NROWS; i++)
		if (strcmp(rows[i].fmt, fmt) == 0)
			return true;
	return false;
}

bool
show_struct(const char *fmt, const void *p, size_t len, bool human)
{
	for (size_t i = 0; i < NROWS; i++)
		if (strcmp(rows[i].fmt, fmt) == 0 && rows[i].size == len) {
			rows[i].show(p, human);
			return true;
		}
	return false;
}
