/*
 * Theory of operation
 *
 * The questions about addresses as tables of text and answer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "base/inaddr.h"

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

static struct inaddr
addr(const char *s)
{
	struct inaddr a;

	assert_true(inaddr_pton(s, &a));
	return a;
}

static void
kinds_of_addresses_are_told_apart(void **unused)
{
	static const struct {
		const char *s;
		bool v4, any, loopback, multicast;
	} row[] = {
		{ "0.0.0.0", true, true, false, false },
		{ "::", false, true, false, false },
		{ "127.0.0.1", true, false, true, false },
		{ "127.0.0.2", true, false, false, false },
		{ "::1", false, false, true, false },
		{ "::2", false, false, false, false },
		{ "1::", false, false, false, false },
		{ "::1:0:0", false, false, false, false },
		{ "223.255.255.255", true, false, false, false },
		{ "224.0.0.0", true, false, false, true },
		{ "239.255.255.255", true, false, false, true },
		{ "240.0.0.0", true, false, false, false },
		{ "ff02::1", false, false, false, true },
		{ "fe80::1", false, false, false, false },
		{ "2001:db8::1", false, false, false, false },
		{ "10.0.0.1", true, false, false, false },
	};

	(void)unused;
	for (size_t i = 0; i < NITEMS(row); i++) {
		struct inaddr a = addr(row[i].s);

		assert_int_equal(inaddr_is_v4(&a), row[i].v4);
		assert_int_equal(inaddr_is_any(&a), row[i].any);
		assert_int_equal(inaddr_is_loopback(&a), row[i].loopback);
		assert_int_equal(inaddr_is_multicast(&a), row[i].multicast);
	}
}

static void
text_goes_in_and_out_unchanged(void **unused)
{
	static const char *const text[] = {
		"0.0.0.0", "10.0.0.7", "255.255.255.255", "::", "::1",
		"2001:db8::ff00:42:8329", "fe80::1",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	};
	char buf[INADDR_STRLEN];

	(void)unused;
	for (size_t i = 0; i < NITEMS(text); i++) {
		struct inaddr a = addr(text[i]);

		assert_ptr_equal(inaddr_ntop(&a, buf), buf);
		assert_string_equal(buf, text[i]);
	}
}

static void
a_mapped_address_is_the_ipv4_one(void **unused)
{
	struct inaddr a = addr("::ffff:10.1.2.3");
	struct inaddr b = inaddr_v4(htonl(0x0a010203));
	char buf[INADDR_STRLEN];

	(void)unused;
	assert_true(inaddr_eq(&a, &b));
	assert_int_equal(inaddr_to_v4(&a), htonl(0x0a010203));
	assert_string_equal(inaddr_ntop(&a, buf), "10.1.2.3");
}

static void
what_is_no_address_is_refused_and_changes_nothing(void **unused)
{
	static const char *const text[] = {
		"", "localhost", "10.0.0", "10.0.0.256", "10.0.0.1 ", ":::",
		"1:2:3", "fe80::1%lo0", "10.0.0.1/8",
	};
	struct inaddr a = addr("192.0.2.1"), b = a;

	(void)unused;
	for (size_t i = 0; i < NITEMS(text); i++) {
		assert_false(inaddr_pton(text[i], &a));
		assert_true(inaddr_eq(&a, &b));
	}
}

static void
order_is_by_value_within_each_family(void **unused)
{
	static const char *const text[] = {
		"::", "::1", "0.0.0.0", "1.0.0.0", "9.255.255.255", "10.0.0.0",
		"127.0.0.1", "128.0.0.1", "255.0.0.1", "2001:db8::1",
		"2001:db8::1:0", "fe80::1",
	};

	(void)unused;
	for (size_t i = 0; i < NITEMS(text); i++)
		for (size_t j = 0; j < NITEMS(text); j++) {
			struct inaddr a = addr(text[i]), b = addr(text[j]);
			int cmp = inaddr_cmp(&a, &b);

			assert_int_equal(cmp < 0, i < j);
			assert_int_equal(cmp == 0, i == j);
			assert_int_equal(inaddr_eq(&a, &b), i == j);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_of_addresses_are_told_apart),
		cmocka_unit_test(text_goes_in_and_out_unchanged),
		cmocka_unit_test(a_mapped_address_is_the_ipv4_one),
		cmocka_unit_test(
		    what_is_no_address_is_refused_and_changes_nothing),
		cmocka_unit_test(order_is_by_value_within_each_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
