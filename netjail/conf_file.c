/*
 * conf_file.c - find and read files of jails.
 *
 * Theory of operation
 *
 * A file is read whole, so that a mistake in it is known before anything is
 * done.  What it includes is looked for in its own folder, whose name is no
 * part of the pattern: what means something to glob(3) there is quoted.  All
 * files of a pattern are read before the first of them is looked at.
 */
#include <err.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netjail/conf_file.h"
#include "netjail/conf_int.h"

#define MAXFILE		(16u << 20)	/* bytes */

bool
conf_default(char *buf, size_t len)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n;

	if (geteuid() == 0)
		n = snprintf(buf, len, "/etc/netjail.conf");
	else if (config != NULL && *config == '/')
		n = snprintf(buf, len, "%s/netjail/jail.conf", config);
	else if (home != NULL && *home == '/')
		n = snprintf(buf, len, "%s/.config/netjail/jail.conf", home);
	else
		return false;
	return n > 0 && (size_t)n < len && access(buf, F_OK) == 0;
}

/* From where it is; *lenp is what was read. */
static char *
read_stream(FILE *f, size_t *lenp)
{
	size_t cap = 65536, len = 0, n;
	char *text = malloc(cap), *more;

	while (text != NULL && (n = fread(text + len, 1, cap - len, f)) > 0) {
		len += n;
		if (len > MAXFILE) {
			free(text);
			errno = EFBIG;
			return NULL;
		}
		if (len < cap)
			continue;
		if ((more = realloc(text, cap *= 2)) == NULL)
			free(text);
		text = more;
	}
	*lenp = len;
	return text;
}

char *
conf_read(const char *file, size_t *len)
{
	bool given = strcmp(file, "-") == 0;
	FILE *f = given ? stdin : fopen(file, "re");
	char *text;
	int error;

	if (f == NULL)
		return NULL;
	text = read_stream(f, len);
	error = errno;
	if (text != NULL && ferror(f)) {
		free(text);
		text = NULL;
	}
	if (!given)
		fclose(f);
	errno = error;
	return text;
}

/* The pattern as glob(3) is to have it, malloc()ed. */
static char *
whole_pattern(const char *from, const char *pattern)
{
	const char *slash = *pattern == '/' ? NULL : strrchr(from, '/');
	char *whole;
	size_t len;
	FILE *f;

	if ((f = open_memstream(&whole, &len)) == NULL)
		err(1, NULL);
	for (; slash != NULL && from <= slash; from++) {
		if (strchr("*?[\\", *from) != NULL)
			putc('\\', f);
		putc(*from, f);
	}
	fputs(pattern, f);
	if (fclose(f) != 0)
		err(1, NULL);
	return whole;
}

/* glob(3) of the pattern as said in a file, as an errno. */
static int
find_names(const char *from, const char *pattern, glob_t *g)
{
	char *whole = whole_pattern(from, pattern);
	int error = glob(whole, 0, NULL, g);

	free(whole);
	switch (error) {
	case 0:
		return 0;
	case GLOB_NOMATCH:
		return strpbrk(pattern, "*?[") != NULL ? 0 : ENOENT;
	case GLOB_NOSPACE:
		return ENOMEM;
	default:
		return EIO;
	}
}

int
conf_find(const char *from, const char *pattern, struct conf_text **texts)
{
	glob_t g = { .gl_pathc = 0 };
	int n = 0, error = find_names(from, pattern, &g);
	struct conf_text *t;

	*texts = NULL;
	while (error == 0 && (size_t)n < g.gl_pathc) {
		*texts = cf_grow(*texts, (unsigned)n, sizeof(**texts));
		t = &(*texts)[n];
		if ((t->text = conf_read(g.gl_pathv[n], &t->len)) == NULL) {
			error = errno;
			break;
		}
		t->file = cf_strdup(g.gl_pathv[n++]);
	}
	globfree(&g);
	if (error == 0)
		return n;
	while (n-- > 0) {
		free((*texts)[n].file);
		free((*texts)[n].text);
	}
	free(*texts);
	errno = error;
	return -1;
}
