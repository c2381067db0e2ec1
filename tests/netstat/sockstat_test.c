/*
 * sockstat_test.c - sockstat's text and JSON, byte for byte, and what it makes
 * of lists that change or are damaged.
 *
 * The stored text was checked by hand against FreeBSD 14's formats.  The cases
 * of -p's parser are those of FreeBSD's own test, by the same names.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netstat/portset.h"
#include "netstat/sockstat.h"
#include "tests/netstat/fake.h"
#include "tests/netstat/golden.h"

#define TCP_LIST "net.inet.tcp.pcblist"
#define UDP_LIST "net.inet.udp.pcblist"

enum { LISTEN = 1, ESTABLISHED = 4, TIME_WAIT = 10 };

/* ---- comparing ---- */

static const char *
fake_user(uint32_t uid)
{
	return uid == 0 ? "root" : uid == 33 ? "www-data" : NULL;
}

/* All that may be seen. */
#define ALL .inet = true, .inet6 = true, .local = true, .tcp = true,	\
	.udp = true, .connected = true, .listening = true,		\
	.user = fake_user

static char *
sock_shown(const struct xo_style *style, const struct sockview *v,
    const struct mib *mib)
{
	struct socks socks;
	struct xo xo;
	const char *name;
	char *text = NULL;
	size_t len;
	FILE *fp = open_memstream(&text, &len);

	assert_non_null(fp);
	assert_int_equal(socks_gather(&socks, v, mib, &name), 0);
	xo_init(&xo, fp, style);
	sockstat_print(&xo, v, &socks);
	assert_true(xo_finish(&xo));
	socks_free(&socks);
	fclose(fp);
	return text;
}

static void
sock_golden(const char *name, struct sockview v)
{
	static const struct xo_style as_json = { .json = true, .pretty = true };
	char *text = sock_shown(&text_style, &v, &fake_mib);

	compare(name, "txt", text);
	free(text);
	text = sock_shown(&as_json, &v, &fake_mib);
	check_json(text);
	compare(name, "json", text);
	free(text);
}

/* ---- the stack that most tests look at ---- */

static void
tcp(struct stream *s, uint64_t so, int jid, const char *local,
    const char *foreign, int state)
{
	struct xtcpcb *tp = add_tcp(s, local, foreign, state);

	tp->xt_inp.xi_socket.xso_so = so;
	tp->xt_inp.xi_socket.so_pcb = 0x100000000000000 + so;
	tp->xt_inp.inp_gencnt = so != 0 ? so : 1;
	tp->xt_inp.inp_spare64[0] = jid;
	strcpy(tp->xt_stack, "netjail");
	strcpy(tp->xt_cc, "newreno");
}

static void
set_inet(void)
{
	struct stream s = { .len = 0 };
	struct xtcpcb *dual;
	struct xinpcb *inp;

	add_gen(&s, 9, 900);
	tcp(&s, 10, 1, "10.0.0.80:80", "*:0", LISTEN);
	tcp(&s, 12, 1, "10.0.0.80:80", "10.0.0.7:40000", ESTABLISHED);
	tcp(&s, 14, 2, "10.0.0.7:40000", "10.0.0.80:80", ESTABLISHED);
	tcp(&s, 0, 2, "10.0.0.7:40001", "10.0.0.80:80", TIME_WAIT);
	tcp(&s, 0, 2, "10.0.0.7:40002", "10.0.0.80:80", TIME_WAIT);
	tcp(&s, 16, 0, "127.0.0.1:25", "*:0", LISTEN);
	tcp(&s, 17, 0, "[::1]:25", "*:0", LISTEN);
	tcp(&s, 18, 0, "[2001:db8:1111:2222:3333:4444:5555:6666]:65535",
	    "[2001:db8:7777:8888:9999:aaaa:bbbb:cccc]:65534", ESTABLISHED);
	tcp(&s, 800, 0, "*:22", "*:0", LISTEN);
	dual = (struct xtcpcb *)(void *)(s.buf + s.len - sizeof(*dual));
	dual->xt_inp.inp_vflag = INP_IPV4 | INP_IPV6;
	add_gen(&s, 9, 900);
	fake_set_stream(TCP_LIST, &s);
	add_gen(&s, 1, 30);
	inp = add_inp(&s, IPPROTO_UDP, "10.0.0.80:53", "*:0");
	inp->xi_socket.xso_so = 11;
	inp->xi_socket.so_pcb = 0x20000000000000b;
	inp->inp_gencnt = 11;
	inp->inp_spare64[0] = 1;
	add_gen(&s, 1, 30);
	fake_set_stream(UDP_LIST, &s);
}

static void
unpcb(struct stream *s, int type, uint64_t so, const char *path, uint64_t conn,
    uint64_t firstref, uint64_t nextref)
{
	struct xunpcb *xu = add_unix(s, type, path);

	xu->xu_unpp = xu->xu_socket.so_pcb = 0x400000000000000 + so;
	xu->xu_socket.xso_so = so;
	xu->unp_conn = conn == 0 ? 0 : 0x400000000000000 + conn;
	xu->xu_firstref = firstref == 0 ? 0 : 0x400000000000000 + firstref;
	xu->xu_nextref = nextref == 0 ? 0 : 0x400000000000000 + nextref;
}

static void
set_unix(void)
{
	struct stream s = { .len = 0 };

	add_ungen(&s, 5, 100);
	unpcb(&s, SOCK_STREAM, 40, "/run/ctl", 0, 0, 0);
	unpcb(&s, SOCK_STREAM, 41, "/run/ctl", 42, 0, 0);
	unpcb(&s, SOCK_STREAM, 42, NULL, 41, 0, 0);
	unpcb(&s, SOCK_STREAM, 43, NULL, 0, 0, 0);
	unpcb(&s, SOCK_STREAM, 44, NULL, 99, 0, 0);
	add_ungen(&s, 5, 100);
	fake_set_stream("net.local.stream.pcblist", &s);
	add_ungen(&s, 3, 100);
	unpcb(&s, SOCK_DGRAM, 50, "/run/log", 0, 51, 0);
	unpcb(&s, SOCK_DGRAM, 51, NULL, 50, 0, 52);
	unpcb(&s, SOCK_DGRAM, 52, NULL, 50, 0, 0);
	add_ungen(&s, 3, 100);
	fake_set_stream("net.local.dgram.pcblist", &s);
	add_ungen(&s, 1, 100);
	unpcb(&s, SOCK_SEQPACKET, 60, NULL, 60, 0, 0);
	add_ungen(&s, 1, 100);
	fake_set_stream("net.local.seqpacket.pcblist", &s);
}

static void
file(struct stream *s, int jid, uint32_t uid, int pid, int fd, uint64_t so,
    const char *comm)
{
	struct xfile *xf = add_file(s, pid, fd, so, comm);

	xf->xf_uid = uid;
	xf->xf_jid = jid;
}

static void
set_files(void)
{
	struct stream s = { .len = 0 };

	file(&s, 1, 0, 101, 3, 10, "nginx");
	file(&s, 1, 33, 102, 3, 10, "nginx");
	file(&s, 1, 33, 102, 12, 12, "nginx");
	file(&s, 1, 33, 102, 1023, 11, "nginx");
	file(&s, 1, 33, 102, 13, 777, "nginx");	/* no socket of ours */
	file(&s, 2, 4000000000, 1234567, 5, 14, "averylongcommand");
	file(&s, 0, 0, 7, 1, 800, "sh");
	file(&s, 0, 0, 7, 2, 40, "sh");
	file(&s, 0, 0, 7, 4, 41, "sh");
	file(&s, 0, 0, 8, 4, 42, "sh");
	file(&s, 0, 0, 8, 5, 50, "sh");
	file(&s, 0, 0, 9, 5, 51, "sh");
	file(&s, 0, 0, 9, 6, 52, "sh");
	file(&s, 0, 0, 9, 7, 60, "sh");
	fake_set_stream("kern.file", &s);
}

static int
setup(void **state)
{
	(void)state;
	set_inet();
	set_unix();
	set_files();
	return 0;
}

/* ---- the table ---- */

static void
everything_in_fixed_columns(void **state)
{
	(void)state;
	sock_golden("sock", (struct sockview) { ALL });
}

static void
wide_has_room_for_any_address(void **state)
{
	(void)state;
	sock_golden("sock-w", (struct sockview) { ALL, .wide = true });
}

static void
all_further_columns(void **state)
{
	(void)state;
	sock_golden("sock-ACisS", (struct sockview) { ALL, .pcb = true,
	    .congestion = true, .gencnt = true, .state = true,
	    .stack = true });
}

static void
further_columns_with_wide_numbers_and_no_title(void **state)
{
	(void)state;
	sock_golden("sock-inqsw", (struct sockview) { ALL, .gencnt = true,
	    .numeric = true, .quiet = true, .state = true, .wide = true });
}

/* One of both families is of either; v4 decides where it is for one alone. */
static void
one_family(void **state)
{
	struct sockview v = { ALL };

	(void)state;
	v.inet6 = v.local = false;
	sock_golden("sock-4", v);
	v.inet = false;
	v.inet6 = true;
	sock_golden("sock-6", v);
	v.inet6 = false;
	v.local = true;
	sock_golden("sock-u", v);
}

static void
connected_or_listening(void **state)
{
	struct sockview v = { ALL };

	(void)state;
	v.connected = false;
	sock_golden("sock-l", v);
	v.connected = true;
	v.listening = false;
	sock_golden("sock-c", v);
}

static void
loopback_left_out(void **state)
{
	(void)state;
	sock_golden("sock-L", (struct sockview) { ALL, .no_loopback = true });
}

static void
one_protocol(void **state)
{
	struct sockview v = { ALL };

	(void)state;
	v.local = v.tcp = false;
	sock_golden("sock-P-udp", v);
}

static void
ports_of_either_end(void **state)
{
	static struct portset ports;

	(void)state;
	assert_int_equal(portset_parse(&ports, "40000-40001,22"), 0);
	sock_golden("sock-p", (struct sockview) { ALL, .ports = &ports });
}

/* A holder outside the jail is not one the jail could see. */
static void
one_jail_as_it_sees_itself(void **state)
{
	static int jids[] = { 1, 2 };
	struct sockview v = { ALL, .one_jail = true,
		.jails = { .jid = jids, .n = 2 } };

	(void)state;
	v.local = false;
	sock_golden("sock-j-both", v);
	v.jails.n = 1;
	sock_golden("sock-j-www", v);
}

static void
a_stack_without_processes_shows_question_marks(void **state)
{
	(void)state;
	set_inet();
	sock_golden("sock-embedded", (struct sockview) { ALL });
}

static void
nothing_but_the_title_of_an_empty_stack(void **state)
{
	(void)state;
	sock_golden("sock-empty", (struct sockview) { ALL });
}

/* ---- lists that change ---- */

static unsigned opened, unstable;

/* The first `unstable' times a list is read it has one socket more, and a
 * trailer that tells of it. */
static struct feed *
changing_open(const char *name)
{
	struct stream s = { .len = 0 };
	struct feed *f;
	bool changed;

	if (strcmp(name, TCP_LIST) != 0) {
		errno = ENOENT;
		return NULL;
	}
	changed = opened++ < unstable;
	add_gen(&s, 2, 900);
	tcp(&s, 10, 1, "10.0.0.80:80", "*:0", LISTEN);
	if (changed)
		tcp(&s, 12, 1, "10.0.0.80:81", "*:0", LISTEN);
	add_gen(&s, 2, changed ? 901 : 900);
	f = feed_new(s.buf, s.len);
	stream_free(&s);
	return f;
}

/* What is gathered, and what is said about it on stderr. */
static size_t
gather_changing(unsigned times, bool verbose, char *said, size_t len)
{
	const struct sockview v = { ALL, .verbose = verbose };
	struct mib mib = fake_mib;
	struct socks socks;
	const char *name;
	FILE *fp = tmpfile();
	int saved = dup(2);
	size_t n;

	assert_non_null(fp);
	mib.open = changing_open;
	opened = 0;
	unstable = times;
	dup2(fileno(fp), 2);
	assert_int_equal(socks_gather(&socks, &v, &mib, &name), 0);
	dup2(saved, 2);
	close(saved);
	n = socks.n;
	socks_free(&socks);
	rewind(fp);
	said[fread(said, 1, len - 1, fp)] = '\0';
	fclose(fp);
	return n;
}

static void
a_list_that_changes_is_read_again(void **state)
{
	char said[200];

	(void)state;
	assert_int_equal(gather_changing(0, true, said, sizeof(said)), 1);
	assert_int_equal(opened, 1);
	assert_int_equal(gather_changing(5, true, said, sizeof(said)), 1);
	assert_int_equal(opened, 6);
	assert_string_equal(said, "");
}

static void
after_five_retries_the_last_list_is_taken(void **state)
{
	char said[200];

	(void)state;
	assert_int_equal(gather_changing(100, false, said, sizeof(said)), 2);
	assert_int_equal(opened, 6);
	assert_string_equal(said, "");
	assert_int_equal(gather_changing(100, true, said, sizeof(said)), 2);
	assert_non_null(strstr(said, ": warning: data may be inconsistent\n"));
}

/* ---- damage ---- */

/* What gathering fails with, and about which value. */
static int
fails(const char **namep)
{
	const struct sockview v = { ALL };
	struct socks socks;
	int error = socks_gather(&socks, &v, &fake_mib, namep);

	socks_free(&socks);
	return error;
}

static void
a_list_cut_off_is_refused(void **state)
{
	struct stream s = { .len = 0 };
	const char *name;
	size_t len;

	(void)state;
	add_gen(&s, 1, 900);
	tcp(&s, 10, 1, "10.0.0.80:80", "*:0", LISTEN);
	add_gen(&s, 1, 900);
	for (len = 0; len < s.len; len += 8) {
		fake_set(TCP_LIST, s.buf, len);
		assert_int_equal(fails(&name), EPROTO);
		assert_string_equal(name, TCP_LIST);
	}
	fake_set(TCP_LIST, s.buf, len);
	assert_int_equal(fails(&name), 0);
	stream_free(&s);
}

static void
files_of_another_size_are_refused(void **state)
{
	struct stream s = { .len = 0 };
	struct xfile *xf;
	const char *name;

	(void)state;
	add_file(&s, 1, 2, 3, "a");
	xf = add_file(&s, 1, 2, 3, "a");
	fake_set("kern.file", s.buf, s.len);
	assert_int_equal(fails(&name), 0);
	fake_set("kern.file", s.buf, s.len - 1);
	assert_int_equal(fails(&name), EPROTO);
	assert_string_equal(name, "kern.file");
	xf->xf_size--;
	fake_set_stream("kern.file", &s);
	assert_int_equal(fails(&name), EPROTO);
}

static void
values_that_cannot_be_read_are_named(void **state)
{
	const char *name;

	(void)state;
	fake_fail(UDP_LIST, EPERM);
	assert_int_equal(fails(&name), EPERM);
	assert_string_equal(name, UDP_LIST);
	fake_reset();
	fake_fail("kern.file", EIO);
	assert_int_equal(fails(&name), EIO);
	assert_string_equal(name, "kern.file");
}

/* Two that refer to each other for ever. */
static void
references_in_a_circle_end(void **state)
{
	struct stream s = { .len = 0 };
	struct sockview v = { ALL };
	static const struct xo_style styles[] = { { .json = false },
		{ .json = true } };
	size_t i;

	(void)state;
	add_ungen(&s, 2, 100);
	unpcb(&s, SOCK_DGRAM, 50, "/run/log", 0, 51, 51);
	unpcb(&s, SOCK_DGRAM, 51, NULL, 50, 0, 50);
	add_ungen(&s, 2, 100);
	fake_set_stream("net.local.dgram.pcblist", &s);
	for (i = 0; i < 2; i++)
		free(sock_shown(&styles[i], &v, &fake_mib));
}

static void
a_command_that_is_not_ended_is_not_read_beyond(void **state)
{
	struct stream s = { .len = 0 };
	struct sockview v = { ALL };
	static const struct xo_style json = { .json = true };
	char *text;

	(void)state;
	set_inet();
	add_file(&s, 1, 2, 10, "twentycharacterslong");
	fake_set_stream("kern.file", &s);
	text = sock_shown(&json, &v, &fake_mib);
	assert_non_null(strstr(text, "\"twentycharacterslong\""));
	free(text);
}

/* ---- -p: the cases of FreeBSD's usr.bin/sockstat/tests ---- */

/* Parse, and compare the whole set with what is in `want', ended by -1. */
static void
ports_are(const char *list, const int *want)
{
	static struct portset s;
	int port;

	memset(&s, 0, sizeof(s));
	assert_int_equal(portset_parse(&s, list), 0);
	for (port = 0; port < 65536; port++) {
		assert_int_equal(portset_has(&s, (uint16_t)port),
		    port == *want);
		want += port == *want;
	}
	assert_int_equal(*want, -1);
}

static int
refusal(const char *list)
{
	static struct portset s;

	return portset_parse(&s, list);
}

static void
backwards_range(void **state)
{
	(void)state;
	assert_int_equal(refusal("22-21"), ERANGE);
}

static void
erange_low(void **state)
{
	(void)state;
	assert_int_equal(refusal("-1"), ERANGE);
}

static void
erange_high(void **state)
{
	(void)state;
	assert_int_equal(refusal("65536"), ERANGE);
	assert_int_equal(refusal("99999999999999999999999"), ERANGE);
}

static void
erange_on_range_end(void **state)
{
	(void)state;
	assert_int_equal(refusal("22-65536"), ERANGE);
}

static void
multiple(void **state)
{
	(void)state;
	ports_are("80,443", (const int[]) { 80, 443, -1 });
	ports_are("443,80,", (const int[]) { 80, 443, -1 });
}

static void
multiple_plus_ranges(void **state)
{
	(void)state;
	ports_are("80,443,500-501,510,520,40000-40002", (const int[]) { 80,
	    443, 500, 501, 510, 520, 40000, 40001, 40002, -1 });
}

static void
nonnumeric(void **state)
{
	static const char *const bad[] = { "foo", "", ",", "80,,81", "80-",
		"80-81-82", "80 ", " 80", "+80", "80;81", "-", "0x50" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(refusal(bad[i]), EINVAL);
}

static void
null_range(void **state)
{
	(void)state;
	ports_are("22-22", (const int[]) { 22, -1 });
}

static void
range(void **state)
{
	(void)state;
	ports_are("22-25", (const int[]) { 22, 23, 24, 25, -1 });
	ports_are("65534-65535", (const int[]) { 65534, 65535, -1 });
}

static void
single(void **state)
{
	(void)state;
	ports_are("22", (const int[]) { 22, -1 });
}

static void
zero(void **state)
{
	(void)state;
	ports_are("0", (const int[]) { 0, -1 });
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define STACK(f) cmocka_unit_test_setup_teardown(f, setup, golden_teardown)
#define EMPTY(f) cmocka_unit_test_teardown(f, golden_teardown)
		STACK(everything_in_fixed_columns),
		STACK(wide_has_room_for_any_address),
		STACK(all_further_columns),
		STACK(further_columns_with_wide_numbers_and_no_title),
		STACK(one_family),
		STACK(connected_or_listening),
		STACK(loopback_left_out),
		STACK(one_protocol),
		STACK(ports_of_either_end),
		STACK(one_jail_as_it_sees_itself),
		EMPTY(a_stack_without_processes_shows_question_marks),
		EMPTY(nothing_but_the_title_of_an_empty_stack),
		EMPTY(a_list_that_changes_is_read_again),
		EMPTY(after_five_retries_the_last_list_is_taken),
		EMPTY(a_list_cut_off_is_refused),
		EMPTY(files_of_another_size_are_refused),
		EMPTY(values_that_cannot_be_read_are_named),
		EMPTY(references_in_a_circle_end),
		EMPTY(a_command_that_is_not_ended_is_not_read_beyond),
		EMPTY(backwards_range),
		EMPTY(erange_low),
		EMPTY(erange_high),
		EMPTY(erange_on_range_end),
		EMPTY(multiple),
		EMPTY(multiple_plus_ranges),
		EMPTY(nonnumeric),
		EMPTY(null_range),
		EMPTY(range),
		EMPTY(single),
		EMPTY(zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
