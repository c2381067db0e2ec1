/*
 * sysctl_client_test.c - the tools' end of the control socket, honest daemons
 * and others.
 *
 * Theory of operation
 *
 * client.c is no part of the core, so it is included here, which also gives
 * the test its kept connection: one end of a socket pair.  Replies are written
 * to the other end beforehand (they fit its buffer) and requests read from it
 * afterwards, so everything happens in one thread and in order.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/un.h>

#include "sysctl/client.c"

static int daemon_end;

static int
setup(void **state)
{
	int sv[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return -1;
	kept_sock = sv[0];
	kept_pid = getpid();
	daemon_end = sv[1];
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (kept_sock != -1)
		close(kept_sock);
	kept_sock = -1;
	if (daemon_end != -1)
		close(daemon_end);
	return 0;
}

static void
reply_raw(uint32_t len, unsigned op, int error, uint32_t arg, const void *p,
    size_t plen)
{
	struct ctlmsg hdr = { .len = len, .op = (uint16_t)op, .error = error,
		.arg = arg };

	assert_int_equal(write(daemon_end, &hdr, sizeof(hdr)), sizeof(hdr));
	assert_int_equal(write(daemon_end, p, plen), plen);
}

static void
reply(unsigned op, int error, uint32_t arg, const void *p, size_t plen)
{
	reply_raw((uint32_t)(sizeof(struct ctlmsg) + plen), op, error, arg, p,
	    plen);
}

/* Read the request the client has sent; returns its length. */
static size_t
request(uint8_t *buf, size_t cap)
{
	struct ctlmsg hdr;
	ssize_t n = read(daemon_end, buf, cap);

	assert_true(n >= (ssize_t)sizeof(hdr));
	memcpy(&hdr, buf, sizeof(hdr));
	assert_int_equal(hdr.len, n);
	return (size_t)n;
}

static const int mib[] = { 4, 2, 6 };

static void
a_request_carries_name_and_new_value(void **state)
{
	uint8_t buf[256];
	struct ctl_sysctl cs;
	char old[10];
	size_t oldlen = sizeof(old), n;

	(void)state;
	reply(CTL_END, 0, 0, "", 0);
	assert_int_equal(nj_sysctl(mib, 3, old, &oldlen, "newval", 6), 0);
	assert_int_equal(oldlen, 0);
	n = request(buf, sizeof(buf));
	assert_int_equal(n, sizeof(struct ctlmsg) + sizeof(cs) + 12 + 6);
	memcpy(&cs, buf + sizeof(struct ctlmsg), sizeof(cs));
	assert_int_equal(cs.oldlen, 10);
	assert_int_equal(cs.flags, CTL_NEW);
	assert_int_equal(cs.namelen, 3);
	assert_int_equal(cs.newlen, 6);
	assert_memory_equal(buf + sizeof(struct ctlmsg) + sizeof(cs), mib, 12);
	assert_memory_equal(buf + n - 6, "newval", 6);
}

static void
data_replies_are_put_together(void **state)
{
	char old[10];
	size_t oldlen = sizeof(old);

	(void)state;
	reply(CTL_DATA, 0, 0, "abc", 3);
	reply(CTL_DATA, 0, 0, "", 0);
	reply(CTL_DATA, 0, 0, "defg", 4);
	reply(CTL_END, 0, 7, "", 0);
	assert_int_equal(nj_sysctl(mib, 3, old, &oldlen, NULL, 0), 0);
	assert_int_equal(oldlen, 7);
	assert_memory_equal(old, "abcdefg", 7);
}

static void
without_a_buffer_the_length_is_told(void **state)
{
	uint8_t buf[256];
	struct ctl_sysctl cs;
	size_t oldlen = 99;

	(void)state;
	reply(CTL_END, 0, 744000, "", 0);
	assert_int_equal(nj_sysctl(mib, 3, NULL, &oldlen, NULL, 0), 0);
	assert_int_equal(oldlen, 744000);
	request(buf, sizeof(buf));
	memcpy(&cs, buf + sizeof(struct ctlmsg), sizeof(cs));
	assert_int_equal(cs.flags, CTL_SIZEONLY);
}

static void
what_does_not_fit_is_cut_and_the_connection_stays_good(void **state)
{
	char old[5];
	size_t oldlen = sizeof(old);

	(void)state;
	reply(CTL_DATA, 0, 0, "abc", 3);
	reply(CTL_DATA, 0, 0, "defghi", 6);
	reply(CTL_END, 0, 9, "", 0);
	errno = 0;
	assert_int_equal(nj_sysctl(mib, 3, old, &oldlen, NULL, 0), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(oldlen, 5);
	assert_memory_equal(old, "abcde", 5);
	reply(CTL_DATA, 0, 0, "x", 1);
	reply(CTL_END, ENOMEM, 9, "", 0);
	oldlen = sizeof(old);
	assert_int_equal(nj_sysctl(mib, 3, old, &oldlen, NULL, 0), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(oldlen, 1);
}

static void
byname_asks_for_the_number_and_keeps_oldlen_when_cut(void **state)
{
	char old[2];
	size_t oldlen = sizeof(old);

	(void)state;
	reply(CTL_DATA, 0, 0, mib, sizeof(mib));
	reply(CTL_END, 0, sizeof(mib), "", 0);
	reply(CTL_DATA, 0, 0, "abc", 3);
	reply(CTL_END, 0, 3, "", 0);
	assert_int_equal(nj_sysctlbyname("net.inet.tcp", old, &oldlen, NULL,
	    0), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(oldlen, 2);
}

static void
read_returns_a_value_of_any_length(void **state)
{
	static char big[30000];
	size_t len;
	char *val;

	(void)state;
	memset(big, 'b', sizeof(big));
	reply(CTL_DATA, 0, 0, big, sizeof(big));
	reply(CTL_DATA, 0, 0, big, sizeof(big));
	reply(CTL_END, 0, 2 * sizeof(big), "", 0);
	val = nj_sysctl_readmib(mib, 3, &len);
	assert_non_null(val);
	assert_int_equal(len, 2 * sizeof(big));
	assert_memory_equal(val + sizeof(big), big, sizeof(big));
	free(val);
	reply(CTL_END, 0, 0, "", 0);
	val = nj_sysctl_readmib(mib, 3, &len);
	assert_non_null(val);
	assert_int_equal(len, 0);
	free(val);
	reply(CTL_END, ENOENT, 0, "", 0);
	assert_null(nj_sysctl_readmib(mib, 3, &len));
	assert_int_equal(errno, ENOENT);
}

static void
the_daemons_errno_arrives_and_the_connection_stays(void **state)
{
	char old[4];
	size_t oldlen = sizeof(old);

	(void)state;
	reply(CTL_END, EPERM, 0, "", 0);
	assert_int_equal(nj_sysctl(mib, 3, old, &oldlen, "x", 1), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(oldlen, 4);
	assert_true(kept_sock != -1);
}

static void
expect_given_up(int error)
{
	char old[4];
	size_t oldlen = sizeof(old);

	assert_int_equal(nj_sysctl(mib, 3, old, &oldlen, NULL, 0), -1);
	assert_int_equal(errno, error);
	assert_int_equal(kept_sock, -1);
}

static void
a_length_below_the_header_is_refused(void **state)
{
	(void)state;
	reply_raw(3, CTL_DATA, 0, 0, "", 0);
	expect_given_up(EBADMSG);
}

static void
a_giant_length_is_refused(void **state)
{
	(void)state;
	reply_raw(UINT32_MAX, CTL_DATA, 0, 0, "", 0);
	expect_given_up(EBADMSG);
}

static void
an_unknown_reply_is_refused(void **state)
{
	(void)state;
	reply(CTL_MIB, 0, 0, "", 0);
	expect_given_up(EBADMSG);
}

static void
a_negative_error_is_refused(void **state)
{
	(void)state;
	reply(CTL_END, -1, 0, "", 0);
	expect_given_up(EBADMSG);
}

static void
a_daemon_that_goes_away_is_econnreset(void **state)
{
	(void)state;
	reply_raw(100, CTL_DATA, 0, 0, "abc", 3);
	close(daemon_end);
	daemon_end = -1;
	/* The request cannot be sent any more: EPIPE, and no signal. */
	expect_given_up(EPIPE);
}

static void
a_reply_that_breaks_off_is_econnreset(void **state)
{
	(void)state;
	reply_raw(100, CTL_DATA, 0, 0, "abc", 3);
	assert_int_equal(shutdown(daemon_end, SHUT_WR), 0);
	expect_given_up(ECONNRESET);
}

static void
names_and_requests_have_a_limit(void **state)
{
	static char name[2000], big[CTL_MAXREQUEST];
	int out[CTL_MAXNAME];
	size_t len = CTL_MAXNAME;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	assert_int_equal(nj_sysctlnametomib(name, out, &len), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(nj_sysctl(out, CTL_MAXNAME + 1, NULL, NULL, NULL, 0),
	    -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(ctl_send(kept_sock, CTL_PING, 0, big, sizeof(big),
	    -1), -1);
	assert_int_equal(errno, EMSGSIZE);
}

/* A CTL_END with nfds copies of fd. */
static void
reply_with_fds(int fd, size_t nfds)
{
	struct ctlmsg hdr = { .len = sizeof(hdr), .op = CTL_END };
	struct iovec iov = { &hdr, sizeof(hdr) };
	union fdroom ctl = { .room = { 0 } };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl.room,
		.msg_controllen = CMSG_SPACE(nfds * sizeof(int)) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
	for (size_t i = 0; i < nfds; i++)
		memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &fd, sizeof(fd));
	assert_int_equal(sendmsg(daemon_end, &msg, 0), sizeof(hdr));
}

/* The lowest free descriptor: unchanged if nothing leaks. */
static int
lowest_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static void
a_descriptor_comes_over_and_surplus_ones_do_not_leak(void **state)
{
	int fd, before = lowest_fd();

	(void)state;
	reply_with_fds(0, 3);
	assert_int_equal(ctl_call(kept_sock, CTL_ENTER, 1, NULL, 0, -1, NULL,
	    NULL, NULL, &fd, NULL, 0), 0);
	assert_int_equal(fd, before);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	reply_with_fds(0, 1);
	assert_int_equal(ctl_call(kept_sock, CTL_PING, 0, NULL, 0, -1, NULL,
	    NULL, NULL, NULL, NULL, 0), 0);
	assert_int_equal(lowest_fd(), before);
}

static void
a_descriptor_goes_over_with_the_request(void **state)
{
	struct ctlmsg hdr;
	int fd = -1;

	(void)state;
	assert_int_equal(ctl_send(kept_sock, CTL_NOTIFY, 5, NULL, 0, 0), 0);
	assert_int_equal(recv_all(daemon_end, &hdr, sizeof(hdr), &fd), 0);
	assert_int_equal(hdr.op, CTL_NOTIFY);
	assert_int_equal(hdr.arg, 5);
	assert_true(fd > 0);
	close(fd);
}

static void
a_refusal_brings_its_sentence(void **state)
{
	char msg[8];

	(void)state;
	reply(CTL_END, EEXIST, 0, "jail exists", 11);
	assert_int_equal(ctl_call(kept_sock, CTL_JAIL_SET, 0, "name=x", 7, -1,
	    NULL, NULL, NULL, NULL, msg, sizeof(msg)), -1);
	assert_int_equal(errno, EEXIST);
	assert_string_equal(msg, "jail ex");
	reply(CTL_END, 0, 42, "", 0);
	uint32_t jid;
	assert_int_equal(ctl_call(kept_sock, CTL_JAIL_SET, 0, "name=x", 7, -1,
	    NULL, NULL, &jid, NULL, msg, sizeof(msg)), 0);
	assert_int_equal(jid, 42);
	assert_string_equal(msg, "");
}

static void
call_appends_data_and_recv_gives_it_piece_by_piece(void **state)
{
	struct ctlmsg hdr;
	void *buf = NULL;
	size_t len = 0, cap = 0;

	(void)state;
	reply(CTL_DATA, 0, 0, "abc", 3);
	reply(CTL_DATA, 0, 0, "de", 2);
	reply(CTL_END, 0, 0, "", 0);
	assert_int_equal(ctl_call(kept_sock, CTL_FILTER, 0, NULL, 0, -1, &buf,
	    &len, NULL, NULL, NULL, 0), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(buf, "abcde", 5);
	free(buf);
	buf = NULL;
	reply(CTL_DATA, 0, 0, "xyz", 3);
	assert_int_equal(ctl_recv(kept_sock, &hdr, &buf, &cap, NULL), 0);
	assert_int_equal(hdr.op, CTL_DATA);
	assert_memory_equal(buf, "xyz", 3);
	free(buf);
}

static void
the_path_follows_the_environment(void **state)
{
	char path[100], want[100];

	(void)state;
	setenv("NETJAIL_SOCK", "/x/y", 1);
	setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
	assert_int_equal(ctl_path(path, sizeof(path)), 0);
	assert_string_equal(path, "/x/y");
	assert_int_equal(ctl_path(path, 4), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	unsetenv("NETJAIL_SOCK");
	assert_int_equal(ctl_path(path, sizeof(path)), 0);
	assert_string_equal(path, "/run/user/7/netjail/stack.sock");
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(ctl_path(path, sizeof(path)), 0);
	if (geteuid() == 0)
		strcpy(want, "/run/netjail/stack.sock");
	else
		snprintf(want, sizeof(want), "/tmp/netjail-%u/stack.sock",
		    (unsigned)geteuid());
	assert_string_equal(path, want);
}

static void
a_directory_others_may_write_to_is_refused(void **state)
{
	char dir[] = "/tmp/nj-client-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/stack.sock", dir);
	assert_int_equal(check_directory(path), 0);
	assert_int_equal(chmod(dir, 0777), 0);
	assert_int_equal(check_directory(path), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(symlink("/tmp", dir), 0);
	assert_int_equal(check_directory(path), -1);
	assert_int_equal(errno, EACCES);
	assert_int_equal(unlink(dir), 0);
	assert_int_equal(check_directory(path), -1);
	assert_int_equal(errno, ENOENT);
}

static void
connect_reaches_a_listening_socket(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/nj-client-XXXXXX";
	int listener, sock;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/s", dir);
	setenv("NETJAIL_SOCK", sun.sun_path, 1);
	assert_int_equal(ctl_connect(), -1);
	assert_int_equal(errno, ENOENT);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&sun, sizeof(sun)),
	    0);
	assert_int_equal(ctl_connect(), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(listen(listener, 1), 0);
	sock = ctl_connect();
	assert_true(sock >= 0);
	assert_int_equal(fcntl(sock, F_GETFD), FD_CLOEXEC);
	close(sock);
	close(listener);
	unlink(sun.sun_path);
	rmdir(dir);
	unsetenv("NETJAIL_SOCK");
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_carries_name_and_new_value),
		T(data_replies_are_put_together),
		T(without_a_buffer_the_length_is_told),
		T(what_does_not_fit_is_cut_and_the_connection_stays_good),
		T(byname_asks_for_the_number_and_keeps_oldlen_when_cut),
		T(read_returns_a_value_of_any_length),
		T(the_daemons_errno_arrives_and_the_connection_stays),
		T(a_length_below_the_header_is_refused),
		T(a_giant_length_is_refused),
		T(an_unknown_reply_is_refused),
		T(a_negative_error_is_refused),
		T(a_daemon_that_goes_away_is_econnreset),
		T(a_reply_that_breaks_off_is_econnreset),
		T(names_and_requests_have_a_limit),
		T(a_descriptor_comes_over_and_surplus_ones_do_not_leak),
		T(a_descriptor_goes_over_with_the_request),
		T(a_refusal_brings_its_sentence),
		T(call_appends_data_and_recv_gives_it_piece_by_piece),
		T(the_path_follows_the_environment),
		T(a_directory_others_may_write_to_is_refused),
		T(connect_reaches_a_listening_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
