/*
 * signals: socket calls under a storm of signals, and single signals that land
 * in a call which waits.
 *
 * A timer fires every 0.5 ms throughout the storm.  With SA_RESTART no call may
 * report EINTR where Linux restarts it; without, EINTR is the only other
 * outcome, and doing the call again must work.
 */
#include <sys/time.h>
#include <sys/wait.h>
#include <pthread.h>
#include <signal.h>

#include "tests/run/t.h"

#define ROUNDS 300

static volatile sig_atomic_t hits;
static long interrupted;	/* calls that said EINTR */

static void
on_signal(int sig)
{
	(void)sig;
	hits++;
}

static void
handle(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

static void
timer(int usec)
{
	struct itimerval it = { { 0, usec }, { 0, usec } };

	setitimer(ITIMER_REAL, &it, NULL);
}

/* An echo server in a child: one connection after another. */
static pid_t
echo_server(int l, bool storm)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (storm)
		timer(500);
	for (;;) {
		char buf[64];
		ssize_t n;
		int c;

		while ((c = accept(l, NULL, NULL)) < 0)
			if (errno != EINTR)
				_exit(1);
		for (;;) {
			n = read(c, buf, sizeof buf);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0 || write_all(c, buf, (size_t)n) != 1)
				break;
		}
		close(c);
	}
}

static int
retry_socket(void)
{
	int s;

	while ((s = socket(AF_INET, SOCK_STREAM, 0)) < 0 && errno == EINTR)
		interrupted++;
	return s;
}

/* connect() that a signal broke off is called again, which waits for it. */
static int
patient_connect(int s, int port)
{
	while (connectto(s, "127.0.0.1", port) != 0) {
		if (errno == EISCONN)
			return 0;
		if (errno != EINTR)
			return -1;
		interrupted++;
	}
	return 0;
}

static void
storm(const char *kind, int flags)
{
	int l = listener("0.0.0.0", 7201), i, good = 0, why = 0;
	char buf[16];
	pid_t pid;

	handle(SIGALRM, flags);
	hits = 0;
	interrupted = 0;
	pid = echo_server(l, true);
	timer(500);
	for (i = 0; i < ROUNDS; i++) {
		int s = retry_socket();

		if (s < 0 || patient_connect(s, 7201) != 0 ||
		    write_all(s, "0123456789abcdef", 16) != 1 ||
		    read_all(s, buf, 16) != 1 ||
		    memcmp(buf, "0123456789abcdef", 16) != 0)
			why = errno;
		else
			good++;
		close(s);
	}
	timer(0);
	errno = why;
	ok(good == ROUNDS, "%s: %d of %d connections echo under signals", kind,
	    good, ROUNDS);
	ok(hits > 0, "%s: signals did arrive (%d)", kind, (int)hits);
	printf("# %s: %ld calls reported EINTR\n", kind, interrupted);
	if (flags & SA_RESTART)
		ok(interrupted == 0, "%s: none of them saw EINTR", kind);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(l);
}

/* After 100 ms a child signals us, after 300 ms it acts on port. */
static pid_t
nudge(int port)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	usleep(100000);
	kill(parent, SIGUSR1);
	usleep(200000);
	if (port != 0) {
		int s = xsocket(SOCK_STREAM);

		if (connectto(s, "127.0.0.1", port) != 0)
			_exit(1);
		usleep(50000);
	}
	_exit(0);
}

static void
accept_waits(void)
{
	int l = listener("0.0.0.0", 7202), c;
	pid_t pid;

	handle(SIGUSR1, 0);
	pid = nudge(0);
	alarm(10);
	fails(accept(l, NULL, NULL), EINTR,
	    "a signal ends a waiting accept with EINTR");
	waitpid(pid, NULL, 0);

	handle(SIGUSR1, SA_RESTART);
	hits = 0;
	pid = nudge(7202);
	c = accept(l, NULL, NULL);
	ok(c >= 0 && hits == 1,
	    "with SA_RESTART the handler runs and accept goes on waiting");
	alarm(0);
	waitpid(pid, NULL, 0);
	close(c);
	close(l);
}

static void
recvfrom_waits(void)
{
	int s = xsocket(SOCK_DGRAM);
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	char c;
	pid_t pid;

	if (bindto(s, "0.0.0.0", 0) != 0)
		err(2, "bind");
	handle(SIGUSR1, 0);
	pid = nudge(0);
	alarm(10);
	fails(recvfrom(s, &c, 1, 0, (struct sockaddr *)&from, &len), EINTR,
	    "a signal ends a waiting recvfrom with EINTR");
	alarm(0);
	waitpid(pid, NULL, 0);
	close(s);
}

static void *
accepter(void *arg)
{
	intptr_t r = accept(*(int *)arg, NULL, NULL);

	return (void *)(r < 0 ? (intptr_t)-errno : r);
}

/* SIGTERM to a process whose threads all wait in accept must be handled. */
static void
threads_wait(void)
{
	int l = listener("0.0.0.0", 7203), s;
	struct timespec ts = { 0, 10000000 };
	pthread_t t;
	void *ret;
	int i;

	handle(SIGTERM, SA_RESTART);
	hits = 0;
	if (pthread_create(&t, NULL, accepter, &l) != 0)
		errx(2, "pthread_create");
	nanosleep(&ts, NULL);
	kill(getpid(), SIGTERM);
	for (i = 0; i < 200 && hits == 0; i++)
		nanosleep(&ts, NULL);
	ok(hits == 1, "a signal to the process is handled while a thread "
	    "waits in accept");
	s = xsocket(SOCK_STREAM);
	ok(connectto(s, "127.0.0.1", 7203) == 0, "and the thread still accepts");
	pthread_join(t, &ret);
	ok((intptr_t)ret >= 0, "its connection");
	close((int)(intptr_t)ret);
	close(s);
	close(l);
}

/* A waiting program dies of a signal it does not handle; if it did not, the topic
 * would not end. */
static void
fatal(int sig, const char *what)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int l = listener("0.0.0.0", 0);

		signal(sig, SIG_DFL);
		accept(l, NULL, NULL);
		_exit(1);
	}
	usleep(100000);
	kill(pid, sig);
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == sig,
	    "%s ends a program that waits in accept", what);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	storm("without SA_RESTART", 0);
	storm("with SA_RESTART", SA_RESTART);
	accept_waits();
	recvfrom_waits();
	threads_wait();
	fatal(SIGTERM, "SIGTERM");
	fatal(SIGKILL, "SIGKILL");
	return t_failures > 0;
}
