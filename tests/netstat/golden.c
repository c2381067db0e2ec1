/*
 * golden.c - comparing with stored text; what show() prints.
 *
 * After a wanted change, NETSTAT_GOLDEN=write makes the files anew; then read
 * the difference.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/show.h"
#include "tests/netstat/fake.h"
#include "tests/netstat/golden.h"

const struct xo_style text_style = { .json = false };

char *
shown_as(const struct xo_style *style, const struct view *v,
    const struct protox *only, int *statusp)
{
	struct xo xo;
	char *text = NULL;
	size_t len;
	FILE *fp = open_memstream(&text, &len);

	assert_non_null(fp);
	xo_init(&xo, fp, style);
	*statusp = show(&xo, v, &fake_mib, only);
	assert_true(xo_finish(&xo));
	fclose(fp);
	return text;
}

char *
shown(const struct view *v, const struct protox *only, int *statusp)
{
	return shown_as(&text_style, v, only, statusp);
}

static char *
slurp(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *fp = fopen(path, "r");

	assert_non_null(text);
	if (fp == NULL) {
		fail_msg("%s: %s", path, strerror(errno));
		return text;
	}
	assert_true(fread(text, 1, 65535, fp) < 65535);
	fclose(fp);
	return text;
}

static void
write_file(const char *path, const char *text)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	fputs(text, fp);
	assert_int_equal(fclose(fp), 0);
}

void
compare(const char *name, const char *form, const char *text)
{
	char path[128], *want;

	snprintf(path, sizeof(path), "tests/netstat/golden/%s.%s", name, form);
	if (getenv("NETSTAT_GOLDEN") != NULL)
		write_file(path, text);
	want = slurp(path);
	assert_string_equal(text, want);
	free(want);
}

void
check_json(const char *text)
{
	json_error_t error;
	json_t *j = json_loads(text, JSON_REJECT_DUPLICATES |
	    JSON_DECODE_INT_AS_REAL, &error);

	if (j == NULL)
		fail_msg("line %d: %s", error.line, error.text);
	json_decref(j);
}

void
golden(const char *name, struct view v)
{
	static const struct xo_style json = { .json = true, .pretty = true };
	char *text;
	int status;

	v.names = &fake_names;
	text = shown(&v, NULL, &status);
	assert_int_equal(status, 0);
	compare(name, "txt", text);
	free(text);
	text = shown_as(&json, &v, NULL, &status);
	assert_int_equal(status, 0);
	check_json(text);
	compare(name, "json", text);
	free(text);
}

int
golden_teardown(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}
