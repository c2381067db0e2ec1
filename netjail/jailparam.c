/*
 * jailparam.c - the table of jailparam.h and the reading of its types.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "netjail/jailparam.h"

#define ROW(id, nm, tp, fl, sz, des)                                        \
	[JP_##id] = { .name = (nm), .type = JPT_##tp, .flags = (fl),         \
	    .size = (sz), .descr = (des) },

const struct jp_def jailparams[JP_NPARAMS] = { JAILPARAMS(ROW) };

static const char *const jailsys[] = {
	[JAIL_SYS_DISABLE] = "disable",
	[JAIL_SYS_NEW] = "new",
	[JAIL_SYS_INHERIT] = "inherit",
};

/* Is name (len bytes) full with "no" before its last component? */
static bool
is_opposite(const char *full, const char *name, size_t len)
{
	const char *dot = strrchr(full, '.');
	size_t head = dot != NULL ? (size_t)(dot + 1 - full) : 0;

	return len == strlen(full) + 2 && memcmp(name, full, head) == 0 &&
	    memcmp(name + head, "no", 2) == 0 &&
	    memcmp(name + head + 2, full + head, len - head - 2) == 0;
}

const struct jp_def *
jp_find(const char *name, size_t len, bool *no)
{
	const struct jp_def *p;

	for (p = jailparams; p < jailparams + JP_NPARAMS; p++) {
		*no = p->type == JPT_BOOL && is_opposite(p->name, name, len);
		if (*no || (strlen(p->name) == len &&
		    memcmp(p->name, name, len) == 0))
			return p;
	}
	return NULL;
}

bool
jp_bool(const char *value, bool *on)
{
	*on = value == NULL || strcmp(value, "1") == 0 ||
	    strcmp(value, "true") == 0;
	return *on || strcmp(value, "0") == 0 || strcmp(value, "false") == 0;
}

bool
jp_jailsys(const char *value, int *sys)
{
	if (value == NULL)
		return false;
	for (*sys = JAIL_SYS_DISABLE; *sys <= JAIL_SYS_INHERIT; (*sys)++)
		if (strcmp(value, jailsys[*sys]) == 0)
			return true;
	return false;
}

bool
jp_int(const char *value, int *n)
{
	char *end;
	long l;

	if (value == NULL || *value == '\0' || strlen(value) > 11 ||
	    value[strspn(value, "-0123456789")] != '\0')
		return false;
	l = strtol(value, &end, 10);
	*n = (int)l;
	return *end == '\0' && l >= INT_MIN && l <= INT_MAX;
}

const char *
jp_jailsys_name(int sys)
{
	return jailsys[sys];
}
