/*
 * A file of jails: its grammar, merging, variables and order, and what is said
 * of mistakes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netjail/conf.h"

static char said[CONF_ERRLEN];

/* Files that may be included; "*" means all whose names begin with "d", and
 * "deep", "deepx" and so on each include another. */
static const struct {
	const char *file, *text;
} files[] = {
	{ "d1", "k { x = in1; }\nx = out1;" },
	{ "d2", "\n\nl { x = in2; }" },
	{ "wrong", "a = 1;\nb" },
	{ "unknown", "\nm { x = $none; }" },
	{ "loop", "\n.include loop2;" },
	{ "loop2", ".include \"loop\";" },
	{ "self", ".include self;" },
	{ "ill", "\nn { exec.timeout = x; }" },
	{ "lonely", "\no { depend = nobody; }" },
};

static int
find(const char *from, const char *pattern, struct conf_text **texts)
{
	int n = 0;

	assert_non_null(from);
	*texts = calloc(sizeof(files) / sizeof(files[0]), sizeof(**texts));
	assert_non_null(*texts);
	if (strncmp(pattern, "deep", 4) == 0) {
		(*texts)->file = strdup(pattern);
		assert_true(asprintf(&(*texts)->text, ".include %sx;",
		    pattern) > 0);
		(*texts)->len = strlen((*texts)->text);
		return 1;
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(pattern, "*") == 0 ? files[i].file[0] != 'd' :
		    strcmp(pattern, files[i].file) != 0)
			continue;
		(*texts)[n].file = strdup(files[i].file);
		(*texts)[n].text = strdup(files[i].text);
		(*texts)[n++].len = strlen(files[i].text);
	}
	if (n > 0)
		return n;
	free(*texts);
	errno = ENOENT;
	return -1;
}

static struct conf
good(const char *text)
{
	struct conf c;

	if (conf_parse(&c, "f", text, strlen(text), find, said) != 0)
		fail_msg("%s", said);
	return c;
}

/* What is said of a file that is wrong. */
static const char *
bad(const char *text)
{
	struct conf c;

	said[0] = '\0';
	assert_int_equal(conf_parse(&c, "f", text, strlen(text), find, said),
	    -1);
	conf_free(&c);
	return said;
}

/* The values of a parameter with "|" between; "-": not there. */
static const char *
values(const struct conf *c, const char *jail, const char *name)
{
	static char buf[4096];
	const struct conf_jail *j = conf_jail(c, jail);
	const struct conf_param *p;
	unsigned i;
	size_t n = 0;

	assert_non_null(j);
	p = conf_get(j, name);
	if (p == NULL)
		return "-";
	buf[0] = '\0';
	for (i = 0; i < p->nval; i++)
		n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s%s",
		    i > 0 ? "|" : "", p->val[i]);
	return buf;
}

/* x's value in a file that says so. */
static const char *
value(const char *text)
{
	static char buf[4096];
	char file[4096];
	struct conf c;

	snprintf(file, sizeof(file), "j { x = %s; }", text);
	c = good(file);
	snprintf(buf, sizeof(buf), "%s", values(&c, "j", "x"));
	conf_free(&c);
	return buf;
}

static void
a_file_of_freebsd_is_read(void **state)
{
	struct conf c = good(
	    "# the example of jail.conf(5), in essence\n"
	    "exec.start = \"/bin/sh /etc/rc\";\n"
	    "exec.clean;\n"
	    "path = \"/var/jail/$name\";\n"
	    "foo {\n"
	    "\thost.hostname = \"foo.com\";	// a comment\n"
	    "\tip4.addr = 10.1.1.1, 10.1.1.2, 10.1.1.3;\n"
	    "}\n"
	    "bar {\n"
	    "\thost.hostname \"bar.com\"; /* without = */\n"
	    "\tip4.addr = 10.1.1.5;\n"
	    "\tpath = \"/\";\n"
	    "\texec.clean = false;\n"
	    "\tpersist;;\n"
	    "}\n");

	(void)state;
	assert_int_equal(c.njail, 2);
	assert_string_equal(values(&c, "foo", "path"), "/var/jail/foo");
	assert_string_equal(values(&c, "foo", "ip4.addr"),
	    "10.1.1.1|10.1.1.2|10.1.1.3");
	assert_string_equal(values(&c, "foo", "exec.start"),
	    "/bin/sh /etc/rc");
	assert_true(conf_bool(conf_jail(&c, "foo"), "exec.clean"));
	assert_string_equal(values(&c, "foo", "persist"), "-");
	assert_string_equal(values(&c, "bar", "path"), "/");
	assert_string_equal(values(&c, "bar", "host.hostname"), "bar.com");
	assert_false(conf_bool(conf_jail(&c, "bar"), "exec.clean"));
	assert_true(conf_bool(conf_jail(&c, "bar"), "persist"));
	conf_free(&c);
}

static void
strings_end_where_freebsd_ends_them(void **state)
{
	(void)state;
	assert_string_equal(value("a/b.c:d-e_f"), "a/b.c:d-e_f");
	assert_string_equal(value("a'b c'\"d e\"f"), "ab cd ef");
	assert_string_equal(value("a , 'b' ,\n\"c\" "), "a|b|c");
	assert_string_equal(bad("j { x = a b; }"),
	    "f line 1: syntax error near \"b\": \";\" expected");
}

static void
a_word_ends_at_a_comment(void **state)
{
	(void)state;
	assert_string_equal(value("a//b\n"), "a");
	assert_string_equal(value("a#b\n"), "a");
	assert_string_equal(value("a/*b;*/"), "a");
	assert_string_equal(value("\"http://a#b\""), "http://a#b");
	assert_string_equal(value("a+b"), "a+b");
}

static void
backslashes_mean_what_they_mean_in_c(void **state)
{
	(void)state;
	assert_string_equal(value("\"\\101\\x42\\t\\\"\\\\\""), "AB\t\"\\");
	assert_string_equal(value("'\\101\\''"), "A'");
	assert_string_equal(value("\\;\\ \\{"), "; {");
	assert_string_equal(value("\"a\\\nb\""), "ab");
	assert_string_equal(value("a, \\\n"), "a|");
	assert_string_equal(value("''"), "");
	assert_string_equal(value("\"\", a"), "|a");
}

static void
variables_are_replaced(void **state)
{
	struct conf c = good(
	    "$base = /jails;\n"
	    "path = \"$base/${name}\";\n"
	    "host.hostname = ${name}.$domain;\n"
	    "www { $domain = example; $base = /srv;\n"
	    "exec.start = 'echo $name', \"echo \\$name ${host.hostname}\","
	    " \"cost: $ 5$\"; }\n"
	    "7 { $domain = seven; exec.start = \"$jid\"; path = /;\n"
	    "host.hostname = seven; }");

	(void)state;
	assert_false(strcmp(values(&c, "www", "path"), "/srv/www"));
	assert_string_equal(values(&c, "www", "host.hostname"), "www.example");
	assert_string_equal(values(&c, "www", "exec.start"),
	    "echo $name|echo $name www.example|cost: $ 5$");
	assert_string_equal(values(&c, "www", "domain"), "-");
	assert_string_equal(values(&c, "7", "exec.start"), "7");
	assert_string_equal(values(&c, "7", "name"), "-");
	conf_free(&c);
}

static void
a_variable_alone_stands_for_all_its_values(void **state)
{
	struct conf c = good("j { $a = 1, 2; b = 0, $a, 3; c = ${b}; }");

	(void)state;
	assert_string_equal(values(&c, "j", "b"), "0|1|2|3");
	assert_string_equal(values(&c, "j", "c"), "0|1|2|3");
	conf_free(&c);
	assert_string_equal(bad("j { $a = 1, 2;\n b = x$a; }"),
	    "f line 2: jail j: b: array cannot be substituted inline");
}

static void
what_stands_later_overrides(void **state)
{
	struct conf c = good(
	    "a = 1; l = x;\n"
	    "j { a = 2; b = 2; l += y; nopersist; }\n"
	    "* { b = 3; l += z; }\n"
	    "k { l = only; }\n"
	    "persist;\n");

	(void)state;
	assert_string_equal(values(&c, "j", "a"), "2");
	assert_string_equal(values(&c, "j", "b"), "3");
	assert_string_equal(values(&c, "j", "l"), "x|y|z");
	assert_string_equal(values(&c, "k", "l"), "only");
	assert_true(conf_bool(conf_jail(&c, "j"), "persist"));
	conf_free(&c);
}

static void
an_opposite_is_the_same_parameter(void **state)
{
	struct conf c = good("allow.raw_sockets;\n"
	    "j { allow.noraw_sockets; nopersist; noexec.clean; }\n"
	    "k { persist = false; exec.noclean = false; }\n");
	const struct conf_jail *j = conf_jail(&c, "j");

	(void)state;
	assert_string_equal(conf_get(j, "allow.raw_sockets")->name,
	    "allow.noraw_sockets");
	assert_false(conf_bool(j, "persist"));
	assert_true(conf_bool(j, "nopersist"));
	assert_false(conf_bool(conf_jail(&c, "k"), "persist"));
	assert_true(conf_bool(conf_jail(&c, "k"), "exec.clean"));
	assert_true(conf_same("a.b", "a.nob"));
	assert_false(conf_same("a.b", "noa.b"));
	conf_free(&c);
}

static void
wildcards_match_by_component(void **state)
{
	struct conf c = good(
	    "web.* { a = 1; }\n"
	    "\"*.test\" { b = 1; }\n"
	    "web { } web.a { } web.a.b { } db.test { }\n");

	(void)state;
	assert_int_equal(c.njail, 4);
	assert_string_equal(values(&c, "web", "a"), "-");
	assert_string_equal(values(&c, "web.a", "a"), "1");
	assert_string_equal(values(&c, "web.a.b", "a"), "-");
	assert_string_equal(values(&c, "db.test", "b"), "1");
	conf_free(&c);
}

static void
mistakes_are_told_with_their_line(void **state)
{
	(void)state;
	assert_string_equal(bad("j {\n a = ;\n}"),
	    "f line 2: syntax error near \";\": a value expected");
	assert_string_equal(bad("j {\n a = 1\n b = 2;\n}"),
	    "f line 3: syntax error near \"b\": \";\" expected");
	assert_string_equal(bad("\n\nj {\n a;\n"),
	    "f line 3: \"}\" of jail \"j\" is missing");
	assert_string_equal(bad("a;\nb"),
	    "f line 2: syntax error near the end of the file: \";\" expected");
	assert_string_equal(bad("}"),
	    "f line 1: syntax error near \"}\": a name expected");
	assert_string_equal(bad("a = 'b\n\n"),
	    "f line 1: unterminated string");
	assert_string_equal(bad("\n/* a"), "f line 2: unterminated comment");
	assert_string_equal(bad("a = \"${b\";"),
	    "f line 1: unterminated variable");
	assert_string_equal(bad("a = ${};"),
	    "f line 1: variable without a name");
	assert_string_equal(bad("a = \001;"), "f line 1: a control character");
	assert_string_equal(bad("a = \"\\0\";"), "f line 1: NUL in a string");
	assert_string_equal(bad("a$b = 1;"),
	    "f line 1: syntax error near \"a\": a name expected");
	assert_string_equal(bad("\"\" { }"),
	    "f line 1: syntax error near \"\": a name expected");
}

static void
mistakes_in_meaning_are_told_with_jail_and_line(void **state)
{
	(void)state;
	assert_string_equal(bad("j { }\nj { }"),
	    "f line 2: jail j: it is there already");
	assert_string_equal(bad("j {\n name = k; }"),
	    "f line 2: jail j: cannot redefine parameter \"name\"");
	assert_string_equal(bad("path = $base;\nj { }"),
	    "f line 1: jail j: path: variable \"base\" not found");
	assert_string_equal(bad("j { a = $b;\n$b = $c;\n$c = x$a; }"),
	    "f line 3: jail j: a: variable loop");
	assert_string_equal(bad("j { $a = \"$a\"; }"),
	    "f line 1: jail j: a: variable loop");
	assert_string_equal(bad("j { persist;\n b = $persist; }"),
	    "f line 2: jail j: b: variable \"persist\" not found");
	assert_string_equal(bad("j { x = 1;\n$x = 2; }"), "f line 2: jail j: "
	    "variable \"$x\" cannot have the same name as a parameter");
	assert_string_equal(bad("j { $depend = 2; }"), "f line 1: jail j: "
	    "variable \"$depend\" cannot have the same name as a parameter");
}

static void
variables_do_not_grow_without_bound(void **state)
{
	char text[8192], *p = text;
	unsigned i;

	(void)state;
	p += sprintf(p, "j { $v0 = aaaaaaaaaaaaaaaa; ");
	for (i = 1; i < 40; i++)
		p += sprintf(p, "$v%u = \"$v%u$v%u\"; ", i, i - 1, i - 1);
	sprintf(p, "}");
	assert_non_null(strstr(bad(text), "value too long"));
	p = text;
	p += sprintf(p, "j { $v0 = a, b; ");
	for (i = 1; i < 40; i++)
		p += sprintf(p, "$v%u = $v%u, $v%u; ", i, i - 1, i - 1);
	sprintf(p, "}");
	assert_non_null(strstr(bad(text), "too many values"));
	p = text;
	p += sprintf(p, "j { ");
	for (i = 0; i < 100; i++)
		p += sprintf(p, "$v%u = $v%u; ", i, i + 1);
	sprintf(p, "$v100 = x; }");
	assert_non_null(strstr(bad(text), "nested too deeply"));
}

static void
our_parameters_are_checked(void **state)
{
	static const struct { const char *text, *said; } wrong[] = {
		{ "j {\n exec.timeout = soon; }", "f line 2: jail j: "
		    "exec.timeout: not a number from 0 to 1000000: \"soon\"" },
		{ "j { exec.clean = maybe; }", "f line 1: jail j: exec.clean: "
		    "unknown boolean value \"maybe\"" },
		{ "j { exec.consolelog = a, b; }", "f line 1: jail j: "
		    "exec.consolelog: not one value: \"b\"" },
		{ "j { stop.timeout; }", "f line 1: jail j: stop.timeout: not "
		    "a number from 0 to 1000000: \"\"" },
	};
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		c = good(wrong[i].text);
		assert_int_equal(conf_check(&c.jail[0], said), -1);
		assert_string_equal(said, wrong[i].said);
		conf_free(&c);
	}
	c = good("j { exec.timeout = 5; exec.noclean; mount = a, b; z = q; }");
	assert_int_equal(conf_check(&c.jail[0], said), 0);
	assert_int_equal(conf_int(&c.jail[0], "exec.timeout", 1), 5);
	assert_int_equal(conf_int(&c.jail[0], "stop.timeout", 10), 10);
	assert_int_equal(conf_kind("allow.raw_sockets"), CONF_JAIL);
	assert_int_equal(conf_kind("mount.nofdescfs"), CONF_IGNORED);
	conf_free(&c);
}

static void
what_is_included_stands_in_the_place_of_its_sentence(void **state)
{
	struct conf c = good("x = first; j { }\n.include \"*\";\n"
	    "p { }\ny = last;");

	(void)state;
	assert_int_equal(c.njail, 4);
	assert_string_equal(c.jail[0].name, "j");
	assert_string_equal(c.jail[1].name, "k");
	assert_string_equal(c.jail[2].name, "l");
	assert_string_equal(c.jail[3].name, "p");
	/* d1's own parameter stands behind j and k, and before l. */
	assert_string_equal(values(&c, "j", "x"), "out1");
	assert_string_equal(values(&c, "k", "x"), "out1");
	assert_string_equal(values(&c, "l", "x"), "in2");
	assert_string_equal(values(&c, "l", "y"), "last");
	assert_string_equal(c.jail[1].at.file, "d1");
	assert_int_equal(c.jail[2].at.line, 3);
	assert_string_equal(c.jail[3].at.file, "f");
	conf_free(&c);
	c = good(".include = d1, 'd'2;");
	assert_int_equal(c.njail, 2);
	conf_free(&c);
}

static void
mistakes_in_included_files_are_told_with_the_file(void **state)
{
	struct conf c;

	(void)state;
	assert_string_equal(bad("j { }\n.include wrong;"), "wrong line 2: "
	    "syntax error near the end of the file: \";\" expected");
	assert_string_equal(bad(".include unknown;"), "unknown line 2: "
	    "jail m: x: variable \"none\" not found");
	assert_string_equal(bad("k { }\n.include d1;"),
	    "d1 line 1: jail k: it is there already");
	c = good("\n.include ill, lonely;");
	assert_int_equal(conf_check(&c.jail[0], said), -1);
	assert_non_null(strstr(said, "ill line 2: jail n: exec.timeout"));
	assert_null(conf_order(&c, NULL, 0, false, &(unsigned){ 0 }, said));
	assert_string_equal(said, "lonely line 2: jail o: depends on "
	    "undefined jail \"nobody\"");
	conf_free(&c);
}

static void
a_file_that_cannot_be_included_is_told(void **state)
{
	(void)state;
	assert_string_equal(bad("\n.include nosuch;"), "f line 2: .include "
	    "\"nosuch\": No such file or directory");
	assert_string_equal(bad(".include self;"),
	    "self line 1: .include \"self\": it would include itself");
	assert_string_equal(bad("\n.include loop;"),
	    "loop2 line 1: .include \"loop\": it would include itself");
	assert_non_null(strstr(bad(".include deep;"), "x line 1: .include"));
	assert_non_null(strstr(said, "x\": files are nested too deeply"));
	assert_string_equal(bad("j {\n.include d1; }"),
	    "f line 2: .include must stand outside of all jails");
	assert_string_equal(bad(".include;"), "f line 1: .include of no file");
	assert_string_equal(bad("$d = d1; .include \"$d\";"), "f line 1: "
	    "variables not permitted in \".include\" filename");
	assert_string_equal(bad(".include a { }"), "f line 1: syntax error "
	    "near \"{\": \";\" expected");
}

/* The order as names. */
static const char *
order(const struct conf *c, bool stop, unsigned n, const unsigned *want)
{
	static char buf[256];
	unsigned i, count, *o;

	buf[0] = '\0';
	o = conf_order(c, want, n, stop, &count, said);
	if (o == NULL)
		return said;
	for (i = 0; i < count; i++) {
		strcat(buf, c->jail[o[i]].name);
		strcat(buf, " ");
	}
	free(o);
	return buf;
}

static void
a_jail_comes_after_those_it_depends_on(void **state)
{
	struct conf c = good("web { depend = app; } app { depend = db, dns; }\n"
	    "db { } dns { } other { }");
	const unsigned web = 0, db = 2, app_and_other[] = { 1, 4 };

	(void)state;
	assert_string_equal(order(&c, false, 0, NULL), "db dns app web other ");
	assert_string_equal(order(&c, true, 0, NULL), "other web app dns db ");
	assert_string_equal(order(&c, false, 1, &web), "db dns app web ");
	assert_string_equal(order(&c, true, 1, &web), "web ");
	assert_string_equal(order(&c, true, 1, &db), "web app db ");
	assert_string_equal(order(&c, false, 2, app_and_other),
	    "db dns app other ");
	conf_free(&c);
}

static void
jails_that_depend_in_a_circle_are_refused(void **state)
{
	struct conf c = good("a { depend = b; }\nb {\n depend = c; }\n"
	    "c { depend = a; }\n d { }");
	const unsigned d = 3;

	(void)state;
	assert_string_equal(order(&c, false, 0, NULL),
	    "f line 4: jail c: dependency loop with \"a\"");
	assert_non_null(strstr(order(&c, true, 0, NULL), "dependency loop"));
	assert_string_equal(order(&c, false, 1, &d), "d ");
	conf_free(&c);
	c = good("a { depend = a; }");
	assert_non_null(strstr(order(&c, false, 0, NULL), "dependency loop"));
	conf_free(&c);
	c = good("a {\n depend = b; }");
	assert_string_equal(order(&c, false, 0, NULL),
	    "f line 2: jail a: depends on undefined jail \"b\"");
	conf_free(&c);
	c = good("");
	assert_string_equal(order(&c, false, 0, NULL), "");
	conf_free(&c);
}

static void
a_message_is_one_line_whatever_it_quotes(void **state)
{
	(void)state;
	assert_string_equal(bad("a\\nb {"),
	    "f line 1: \"}\" of jail \"a?b\" is missing");
	assert_string_equal(bad("'a\\033\\nb' { c = $x; }"),
	    "f line 1: jail a??b: c: variable \"x\" not found");
}

/* Pieces of files put together at random are read or refused, no more. */
static void
any_text_is_read_or_refused(void **state)
{
	static const char *const piece[] = {
		"j", "*", "a.b", " { ", " } ", ";", " = ", " += ", ",", "\n",
		"$a", "${a}", "${", "\"", "'", "\\", "\\\n", "/*", "*/", "//",
		"#", "persist", "depend", "$", "+", "/", "\\x4", "\\777", "\t",
		"\xc3\xa9", "k", "1",
	};
	uint32_t x = 1;
	char text[512];
	struct conf c;
	unsigned i, n, k, ok = 0;

	(void)state;
	for (i = 0; i < 200000; i++) {
		text[0] = '\0';
		n = i % 24;
		for (k = 0; k < n; k++) {
			x = x * 1664525 + 1013904223;
			strcat(text, piece[(x >> 16) %
			    (sizeof(piece) / sizeof(piece[0]))]);
		}
		said[0] = '\0';
		if (conf_parse(&c, "f", text, strlen(text), find, said) == 0) {
			ok++;
			free(conf_order(&c, NULL, 0, false, &k, said));
		} else
			assert_int_equal(strncmp(said, "f line ", 7), 0);
		conf_free(&c);
	}
	assert_true(ok > 1000 && ok < 199000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_of_freebsd_is_read),
		cmocka_unit_test(strings_end_where_freebsd_ends_them),
		cmocka_unit_test(a_word_ends_at_a_comment),
		cmocka_unit_test(backslashes_mean_what_they_mean_in_c),
		cmocka_unit_test(variables_are_replaced),
		cmocka_unit_test(a_variable_alone_stands_for_all_its_values),
		cmocka_unit_test(what_stands_later_overrides),
		cmocka_unit_test(an_opposite_is_the_same_parameter),
		cmocka_unit_test(wildcards_match_by_component),
		cmocka_unit_test(mistakes_are_told_with_their_line),
		cmocka_unit_test(
		    mistakes_in_meaning_are_told_with_jail_and_line),
		cmocka_unit_test(variables_do_not_grow_without_bound),
		cmocka_unit_test(our_parameters_are_checked),
		cmocka_unit_test(
		    what_is_included_stands_in_the_place_of_its_sentence),
		cmocka_unit_test(
		    mistakes_in_included_files_are_told_with_the_file),
		cmocka_unit_test(a_file_that_cannot_be_included_is_told),
		cmocka_unit_test(a_jail_comes_after_those_it_depends_on),
		cmocka_unit_test(jails_that_depend_in_a_circle_are_refused),
		cmocka_unit_test(a_message_is_one_line_whatever_it_quotes),
		cmocka_unit_test(any_text_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
