/*
 * text.c - values as people write them, made into what sysctl(3) takes.
 *
 * Knows nothing of a stack, so that sysctl(8) can use it too; what sets values
 * of one is in assign.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/bsd/sys/sysctl.h"
#include "sysctl/text.h"

static const struct sysctl_type types[CTLTYPE + 1] = {
	[0] = { "unknown", 0, false },
	[CTLTYPE_NODE] = { "node", 0, false },
	[CTLTYPE_INT] = { "integer", sizeof(int), true },
	[CTLTYPE_STRING] = { "string", 0, false },
	[CTLTYPE_S64] = { "int64_t", 8, true },
	[CTLTYPE_OPAQUE] = { "opaque", 0, false },
	[CTLTYPE_UINT] = { "unsigned integer", sizeof(int), false },
	[CTLTYPE_LONG] = { "long integer", sizeof(long), true },
	[CTLTYPE_ULONG] = { "unsigned long", sizeof(long), false },
	[CTLTYPE_U64] = { "uint64_t", 8, false },
	[CTLTYPE_U8] = { "uint8_t", 1, false },
	[CTLTYPE_U16] = { "uint16_t", 2, false },
	[CTLTYPE_S8] = { "int8_t", 1, true },
	[CTLTYPE_S16] = { "int16_t", 2, true },
	[CTLTYPE_S32] = { "int32_t", 4, true },
	[CTLTYPE_U32] = { "uint32_t", 4, false },
};

const struct sysctl_type *
sysctl_type(uint32_t kind)
{
	return &types[kind & CTLTYPE];
}

/* One number into p.  False: it is none of this type. */
static bool
parse_integer(const struct sysctl_type *t, const char *text, void *p)
{
	unsigned bits = t->size * 8;
	uint64_t u;
	int64_t s;
	char *end;

	errno = 0;
	if (t->sign) {
		s = strtoimax(text, &end, 0);
		if (bits < 64 && (s < -(INT64_C(1) << (bits - 1)) ||
		    s >= INT64_C(1) << (bits - 1)))
			return false;
		u = (uint64_t)s;
	} else {
		u = strtoumax(text, &end, 0);
		if ((bits < 64 && u >> bits != 0) || strchr(text, '-') != NULL)
			return false;
	}
	if (errno != 0 || end == text || *end != '\0')
		return false;
	memcpy(p, &u, t->size);
	return true;
}

/* The numbers of words, which is changed, into buf. */
static int
encode_integers(const struct sysctl_type *t, char *words, char *buf,
    size_t *lenp, char *bad, size_t badlen)
{
	char *word;

	*lenp = 0;
	while ((word = strsep(&words, " \t,")) != NULL) {
		if (*word == '\0')
			continue;
		if (!parse_integer(t, word, buf + *lenp)) {
			snprintf(bad, badlen, "%s", word);
			return EINVAL;
		}
		*lenp += t->size;
	}
	return 0;
}

int
sysctl_encode(uint32_t kind, const char *text, void **bufp, size_t *lenp,
    char *bad, size_t badlen)
{
	const struct sysctl_type *t = sysctl_type(kind);
	char *words = strdup(text), *buf;
	int error;

	*bufp = NULL;
	if (t->size == 0) {
		*bufp = words;
		*lenp = strlen(text);
		return words != NULL ? 0 : ENOMEM;
	}
	/* A number is no shorter than one character and a separator. */
	buf = malloc((strlen(text) / 2 + 1) * t->size);
	error = words == NULL || buf == NULL ? ENOMEM :
	    encode_integers(t, words, buf, lenp, bad, badlen);
	free(words);
	if (error != 0)
		free(buf);
	else
		*bufp = buf;
	return error;
}
