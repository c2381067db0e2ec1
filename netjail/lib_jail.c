/*
 * lib_jail.c - jail_attach(2), jail_remove(2) of libnetjail, and what its other
 * calls are made of.
 *
 * Theory of operation
 *
 * A process cannot change its own pid namespace, and one in the namespaces of a
 * jail but with a pid outside could signal and trace what is outside.  So
 * jail_attach() goes on in a new process, made in the jail by the same steps as
 * any command (launch.c), with everything the caller has: memory, descriptors,
 * signal mask.  The caller's own process stays outside as nothing but its
 * shadow: it holds no descriptor, passes signals on, and ends as the jailed one
 * does.  For whoever started the program nothing has changed; in the program
 * getpid() has.
 *
 * The functions of launch.c tell people what is wrong, on standard error.  Here
 * that goes to a memory file which the processes they make share, and becomes
 * jail_errmsg.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/ctlmsg.h"
#include "include/bsd/sys/jail.h"
#include "netjail/lib_jail.h"
#include "sysctl/client.h"

char jail_errmsg[JAIL_ERRMSGLEN];

int
lib_refuse(int error, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(jail_errmsg, sizeof(jail_errmsg), fmt, ap);
	va_end(ap);
	errno = error;
	return -1;
}

int
lib_connect(void)
{
	int sock;

	sock = socket(AF_NETJAIL, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock != -1) {
		close(sock);
		return lib_refuse(EPERM, "already on a netjail stack");
	}
	if ((sock = ctl_connect()) == -1)
		return lib_refuse(errno, "cannot reach netjaild: %s",
		    ctl_strerror(errno));
	return sock;
}

/* ---- messages of launch.c ---- */

/* The first line in fd, without the name of the program, to jail_errmsg. */
static void
take_message(int fd)
{
	const char *prog = program_invocation_short_name;
	char buf[JAIL_ERRMSGLEN], *text = buf;
	size_t plen = strlen(prog);
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (strncmp(buf, prog, plen) == 0 && strncmp(buf + plen, ": ", 2) == 0)
		text += plen + 2;
	snprintf(jail_errmsg, sizeof(jail_errmsg), "%s", text);
}

int
lib_quietly(int (*fn)(void *), void *arg)
{
	FILE *told = stderr, *file;
	int fd, r;

	fd = memfd_create("jail_errmsg", 0);
	if (fd == -1 || (file = fdopen(fd, "w")) == NULL) {
		r = lib_refuse(errno, "%s", strerror(errno));
		if (fd != -1)
			close(fd);
		return r;
	}
	setvbuf(file, NULL, _IONBF, 0);
	stderr = file;
	r = fn(arg);
	stderr = told;
	if (r == -1)
		take_message(fd);
	fclose(file);
	return r;
}

/* ---- making ---- */

/* In a process of its own, since launch_init() wants one with one thread. */
static int
populate(void *arg)
{
	int pidfd, status = -1;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0)
		_exit(launch_init(arg, &pidfd) == 0 ? 0 : 1);
	if (pid == -1) {
		warn("fork");
		return -1;
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return status == 0 ? 0 : -1;
}

int
lib_populate(struct launch_jail *lj)
{
	if (lib_quietly(populate, lj) == 0)
		return 0;
	errno = EPERM;
	return -1;
}

/* ---- attaching ---- */

static bool
one_thread(void)
{
	struct stat st;

	/* ".", ".." and one directory a thread. */
	return stat("/proc/self/task", &st) == -1 || st.st_nlink <= 3;
}

/* Be nothing but what the jailed process is seen as.  Does not return. */
static void __attribute__((noreturn))
shadow(const struct launch_cmd *c, pid_t pid)
{
	int null;

	close_range(STDERR_FILENO + 1, ~0u, 0);
	if ((null = open("/dev/null", O_RDWR)) != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	_exit(launch_wait(c, pid, NULL));
}

static int
start(void *arg)
{
	return launch_start(arg);
}

int
lib_attach(int sock, uint32_t jid)
{
	struct launch_cmd c = { .sock = sock, .jid = jid, .pidfd = -1,
		.stay = true };
	struct sigaction chld;
	sigset_t mask;
	char msg[256] = "";
	int pid;

	if (!one_thread()) {
		close(sock);
		return lib_refuse(EBUSY, "a program with threads");
	}
	if (ctl_call(sock, CTL_ENTER, jid, NULL, 0, -1, NULL, NULL, NULL,
	    &c.pidfd, msg, sizeof(msg)) == -1 || c.pidfd == -1) {
		close(sock);
		return lib_refuse(EINVAL, "jail %u not found", jid);
	}
	sigaction(SIGCHLD, NULL, &chld);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	pid = lib_quietly(start, &c);
	if (pid > 0)
		shadow(&c, pid);
	sigaction(SIGCHLD, &chld, NULL);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (pid == 0) {
		/* launch_start() has closed the descriptors of c. */
		nj_sysctl_close();
		return 0;
	}
	close(sock);
	close(c.pidfd);
	errno = EPERM;
	return -1;
}

int
jail_attach(int jid)
{
	int sock;

	if (jid <= 0)
		return lib_refuse(EINVAL, "jail %d not found", jid);
	if ((sock = lib_connect()) == -1)
		return -1;
	return lib_attach(sock, (uint32_t)jid);
}

int
jail_remove(int jid)
{
	char msg[256] = "";
	int error, sock;

	if (jid <= 0)
		return lib_refuse(EINVAL, "jail %d not found", jid);
	if ((sock = ctl_connect()) == -1)
		return lib_refuse(errno, "cannot reach netjaild: %s",
		    ctl_strerror(errno));
	error = ctl_call(sock, CTL_JAIL_REMOVE, (uint32_t)jid, NULL, 0, -1,
	    NULL, NULL, NULL, NULL, msg, sizeof(msg)) == -1 ? errno : 0;
	close(sock);
	if (error == 0)
		return 0;
	if (error == ESRCH)
		return lib_refuse(EINVAL, "jail %d not found", jid);
	return lib_refuse(error, "%s", *msg != '\0' ? msg : strerror(error));
}
