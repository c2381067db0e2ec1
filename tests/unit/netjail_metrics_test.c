/*
 * Labels of metrics: whatever a jail is called, what is written is UTF-8 and
 * one line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netjail/metrics.h"

#define REPLACED "\xef\xbf\xbd"

static const char *
label(const char *s)
{
	static char buf[256];
	FILE *f;

	buf[0] = '\0';
	f = fmemopen(buf, sizeof(buf), "w");

	assert_non_null(f);
	metrics_label(f, s);
	assert_int_equal(fclose(f), 0);
	return buf;
}

static void
what_ends_a_label_is_escaped(void **state)
{
	(void)state;
	assert_string_equal(label("plain"), "plain");
	assert_string_equal(label("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
	assert_string_equal(label("\\\""), "\\\\\\\"");
	assert_string_equal(label(""), "");
}

static void
utf8_stays_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(label("\xc3\xa9"), "\xc3\xa9");
	assert_string_equal(label("\xe2\x82\xac"), "\xe2\x82\xac");
	assert_string_equal(label("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
	assert_string_equal(label("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf");
}

static void
bytes_of_no_character_are_replaced(void **state)
{
	(void)state;
	assert_string_equal(label("a\xff" "b"), "a" REPLACED "b");
	/* cut off, also at the end of the text */
	assert_string_equal(label("\xc3"), REPLACED);
	assert_string_equal(label("\xe2\x82"), REPLACED REPLACED);
	assert_string_equal(label("\xf0\x9f\x98x"),
	    REPLACED REPLACED REPLACED "x");
	/* longer than need be, a surrogate, beyond the last */
	assert_string_equal(label("\xc0\xaf"), REPLACED REPLACED);
	assert_string_equal(label("\xe0\x80\xaf"), REPLACED REPLACED REPLACED);
	assert_string_equal(label("\xed\xa0\x80"), REPLACED REPLACED REPLACED);
	assert_string_equal(label("\xf4\x90\x80\x80"),
	    REPLACED REPLACED REPLACED REPLACED);
	/* an escape does not hide in a character that is cut off */
	assert_string_equal(label("\xc3\""), REPLACED "\\\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ends_a_label_is_escaped),
		cmocka_unit_test(utf8_stays_as_it_is),
		cmocka_unit_test(bytes_of_no_character_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
