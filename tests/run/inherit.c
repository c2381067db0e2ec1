/*
 * inherit: sockets that change hands, against an echo server.
 *
 *	inherit ADDRESS PORT
 *
 * fork, exec, dup, dup2 onto 0, SCM_RIGHTS, threads, a prefork listener,
 * close-on-exec, and the order of close: the connection lives as long as
 * anybody holds it, and no longer.
 */
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "tests/run/t.h"

#define NTHREADS 8
#define NROUNDS 25

static const char *addr;
static int port;

static int
dial(void)
{
	int s = xsocket(SOCK_STREAM);

	if (connectto(s, addr, port) != 0)
		err(2, "connect");
	return s;
}

/* One message there and back. */
static bool
echoes(int s, const char *text)
{
	char buf[256] = "";
	size_t n = strlen(text);

	return write_all(s, text, n) == 1 && read_all(s, buf, n) == 1 &&
	    memcmp(buf, text, n) == 0;
}

static bool
child_ok(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0;
}

static void
over_fork(void)
{
	int s = dial();
	pid_t pid = fork();

	if (pid == 0)
		_exit(!echoes(s, "from the child"));
	ok(child_ok(pid), "a child uses its parent's connection");
	ok(echoes(s, "from the parent"), "which the parent still has");
	close(s);
}

static void
over_exec(const char *self)
{
	int s = dial(), n = fcntl(s, F_DUPFD_CLOEXEC, 100);
	char fd[16], fd2[16];
	pid_t pid;

	snprintf(fd, sizeof fd, "%d", s);
	snprintf(fd2, sizeof fd2, "%d", n);
	if ((pid = fork()) == 0) {
		execl(self, self, "use", fd, fd2, NULL);
		_exit(9);
	}
	ok(child_ok(pid), "exec keeps it, and drops what is close-on-exec");
	ok(echoes(s, "after exec"), "and the parent's works on");
	close(s);
	close(n);
}

/* The other side of over_exec(). */
static int
used_by_exec(int fd, int closed)
{
	if (fcntl(closed, F_GETFD) != -1)
		return 2;
	return is_addr(peer_of(fd), addr) && echoes(fd, "from exec") ? 0 : 1;
}

static void
over_dup(void)
{
	int s = dial(), d = dup(s), in = dup(0);
	struct sockaddr_in a = name_of(s), b = name_of(d);

	ok(memcmp(&a, &b, sizeof a) == 0, "dup is the same socket");
	close(s);
	ok(echoes(d, "dup"), "and outlives the original");
	dup2(d, 0);
	close(d);
	ok(is_addr(peer_of(0), addr) && echoes(0, "stdin"),
	    "dup2 onto 0 works as stdin");
	dup2(in, 0);
	close(in);
}

static void
send_fd(int u, int fd)
{
	char c = 'f', ctl[CMSG_SPACE(sizeof fd)] = { 0 };
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = ctl, .msg_controllen = sizeof ctl };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(h), &fd, sizeof fd);
	if (sendmsg(u, &m, 0) != 1)
		err(2, "sendmsg");
}

static int
recv_fd(int u)
{
	char c, ctl[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &c, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = ctl, .msg_controllen = sizeof ctl };
	int fd = -1;

	if (recvmsg(u, &m, 0) == 1 && CMSG_FIRSTHDR(&m) != NULL)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
	return fd;
}

static void
over_scm_rights(void)
{
	int u[2], s, l, fd, c;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, u) != 0)
		err(2, "socketpair");
	if ((pid = fork()) == 0) {
		fd = recv_fd(u[1]);		/* a connection */
		if (fd < 0 || !is_addr(peer_of(fd), addr) ||
		    !echoes(fd, "passed on"))
			_exit(1);
		fd = recv_fd(u[1]);		/* a listener */
		if (fd < 0 || (c = accept(fd, NULL, NULL)) < 0)
			_exit(2);
		_exit(write_all(c, "accepted", 8) != 1);
	}
	s = dial();
	send_fd(u[0], s);
	close(s);
	l = listener("0.0.0.0", 7101);
	send_fd(u[0], l);
	close(l);
	s = xsocket(SOCK_STREAM);
	ok(connectto(s, "127.0.0.1", 7101) == 0,
	    "a listener passed by SCM_RIGHTS and closed still listens");
	{
		char buf[8];

		ok(read_all(s, buf, 8) == 1 && memcmp(buf, "accepted", 8) == 0,
		    "its new holder accepts");
	}
	close(s);
	ok(child_ok(pid), "a connection passed by SCM_RIGHTS works there");
	close(u[0]);
	close(u[1]);
	s = xsocket(SOCK_STREAM);
	fails(connectto(s, "127.0.0.1", 7101), ECONNREFUSED,
	    "with the last holder gone the listener is gone");
	close(s);
}

static void *
thread_main(void *arg)
{
	char text[32];
	intptr_t id = (intptr_t)arg, i, bad = 0;

	for (i = 0; i < NROUNDS; i++) {
		int s = dial();

		snprintf(text, sizeof text, "thread %d round %d", (int)id,
		    (int)i);
		bad += !echoes(s, text);
		close(s);
	}
	return (void *)bad;
}

static void
threads(void)
{
	pthread_t t[NTHREADS];
	void *bad;
	intptr_t i, sum = 0;

	for (i = 0; i < NTHREADS; i++)
		if (pthread_create(&t[i], NULL, thread_main, (void *)i) != 0)
			errx(2, "pthread_create");
	for (i = 0; i < NTHREADS; i++) {
		pthread_join(t[i], &bad);
		sum += (intptr_t)bad;
	}
	ok(sum == 0, "%d threads make %d connections each", NTHREADS, NROUNDS);
}

/* One thread reads, another shuts down. */
static void *
shutter(void *arg)
{
	usleep(50000);
	shutdown(*(int *)arg, SHUT_RDWR);
	return NULL;
}

static void
shutdown_wakes_reader(void)
{
	int s = dial();
	pthread_t t;
	char c;

	if (pthread_create(&t, NULL, shutter, &s) != 0)
		errx(2, "pthread_create");
	alarm(10);
	ok(read(s, &c, 1) == 0, "shutdown in one thread ends another's read");
	alarm(0);
	pthread_join(t, NULL);
	close(s);
}

static bool
first_thread_has_ended(void)
{
	char text[256] = "";
	int fd = open("/proc/self/stat", O_RDONLY);
	bool ended = read(fd, text, sizeof text - 1) > 0 &&
	    strstr(text, ") Z ") != NULL;

	close(fd);
	return ended;
}

/* Reset the one end, read the other. */
static void *
outlives_first(void *arg)
{
	struct linger now = { .l_onoff = 1 };
	const int *s = arg;
	char c;

	while (!first_thread_has_ended())
		usleep(1000);
	setsockopt(s[1], SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(s[1]);
	_exit(read(s[0], &c, 1) == -1 && errno == ECONNRESET ? 0 : 1);
}

static void
reset_without_first_thread(void)
{
	static int s[2];
	pthread_t t;
	pid_t pid;
	int l;

	if ((pid = fork()) == 0) {
		alarm(10);
		l = listener("0.0.0.0", 7105);
		s[0] = xsocket(SOCK_STREAM);
		if (connectto(s[0], "127.0.0.1", 7105) != 0 ||
		    (s[1] = accept(l, NULL, NULL)) < 0 ||
		    pthread_create(&t, NULL, outlives_first, s) != 0)
			_exit(2);
		pthread_exit(NULL);
	}
	ok(child_ok(pid),
	    "a reset is seen after the thread that connected, the first, ended");
}

static void
prefork(void)
{
	int l = listener("0.0.0.0", 7102), i, s, served = 0;
	pid_t pid[4];
	char c;

	for (i = 0; i < 4; i++)
		if ((pid[i] = fork()) == 0)
			for (;;) {
				s = accept(l, NULL, NULL);
				if (s < 0 || write_all(s, "k", 1) != 1)
					_exit(1);
				close(s);
			}
	for (i = 0; i < 40; i++) {
		s = xsocket(SOCK_STREAM);
		served += connectto(s, "127.0.0.1", 7102) == 0 &&
		    read(s, &c, 1) == 1 && c == 'k' && read(s, &c, 1) == 0;
		close(s);
	}
	ok(served == 40, "four children accept from one listener (%d of 40)",
	    served);
	for (i = 0; i < 4; i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	close(l);
}

static void
last_close_is_fin(void)
{
	int l = listener("0.0.0.0", 7103), s = xsocket(SOCK_STREAM), c;
	struct pollfd p;
	pid_t pid;
	char ch;

	ok(connectto(s, "127.0.0.1", 7103) == 0, "connect to oneself");
	c = accept(l, NULL, NULL);
	if ((pid = fork()) == 0) {
		pause();
		_exit(0);
	}
	close(c);
	p = (struct pollfd){ .fd = s, .events = POLLIN };
	ok(poll(&p, 1, 200) == 0, "close sends no FIN while a child holds on");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(poll(&p, 1, 2000) == 1 && read(s, &ch, 1) == 0,
	    "kill -9 of the last holder does");
	close(s);
	close(l);
}

static void
sendfile_and_splice(void)
{
	int s = dial(), fd = open("/proc/self/exe", O_RDONLY), p[2];
	char want[4096], got[4096];

	ok(fd >= 0 && read_all(fd, want, sizeof want) == 1 &&
	    lseek(fd, 0, SEEK_SET) == 0 &&
	    sendfile(s, fd, NULL, sizeof want) == (ssize_t)sizeof want &&
	    read_all(s, got, sizeof got) == 1 &&
	    memcmp(want, got, sizeof got) == 0, "sendfile");
	if (pipe(p) != 0)
		err(2, "pipe");
	ok(write_all(p[1], "spliced", 7) == 1 &&
	    splice(p[0], NULL, s, NULL, 7, 0) == 7 &&
	    read_all(s, got, 7) == 1 && memcmp(got, "spliced", 7) == 0,
	    "splice");
	close(p[0]);
	close(p[1]);
	close(fd);
	close(s);
}

static void
nested_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int s = dial(), in = epoll_create1(0), out = epoll_create1(0);

	epoll_ctl(in, EPOLL_CTL_ADD, s, &ev);
	ev.events = EPOLLIN;
	epoll_ctl(out, EPOLL_CTL_ADD, in, &ev);
	ok(epoll_wait(out, &ev, 1, 0) == 0 && write_all(s, "x", 1) == 1 &&
	    epoll_wait(out, &ev, 1, 2000) == 1, "an epoll inside an epoll");
	close(in);
	close(out);
	close(s);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "use") == 0) {
		addr = getenv("ECHO_ADDRESS");
		return used_by_exec(atoi(argv[2]), atoi(argv[3]));
	}
	if (argc != 3)
		errx(2, "usage: inherit ADDRESS PORT");
	addr = argv[1];
	port = atoi(argv[2]);
	setenv("ECHO_ADDRESS", addr, 1);
	signal(SIGPIPE, SIG_IGN);
	over_fork();
	over_exec(argv[0]);
	over_dup();
	over_scm_rights();
	threads();
	shutdown_wakes_reader();
	reset_without_first_thread();
	prefork();
	last_close_is_fin();
	sendfile_and_splice();
	nested_epoll();
	return t_failures > 0;
}
