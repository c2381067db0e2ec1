/*
 * doctor_stack.c - can the daemon run here, and be reached?
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/version.h"
#include "netjail/doctor.h"
#include "netjail/launch.h"
#include "sysctl/client.h"

#define FEW_FILES	65536	/* a socket needs one in the daemon */
#define PATIENCE	5	/* s for the daemon to answer */
#define HUGE		(2UL << 20)	/* bytes */

/* The daemon raises its limit as far as it may; so do we, in a child. */
static rlim_t
highest_limit(void)
{
	struct rlimit rl = { 0, 0 };

	if (getrlimit(RLIMIT_NOFILE, &rl) != 0)
		return 0;
	rl.rlim_cur = rl.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &rl) == 0 ? rl.rlim_max : 0;
}

void
check_descriptors(struct finding *f)
{
	unsigned long n = (unsigned long)highest_limit();

	if (n < FEW_FILES)
		found(f, WARNING, "a daemon started here may open %lu files, "
		    "and a socket takes one: raise the hard limit of open "
		    "files (nofile in limits.conf, LimitNOFILE= of a unit)", n);
	else
		found(f, OK, "a daemon started here may open %lu", n);
}

/* The word in brackets in .../transparent_hugepage/enabled; buf of 64. */
static const char *
hugepage_mode(char *buf)
{
	char *word = NULL, *end;
	FILE *f;

	f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	if (f == NULL)
		return "absent";
	if (fgets(buf, 64, f) != NULL && (word = strchr(buf, '[')) != NULL &&
	    (end = strchr(word, ']')) != NULL)
		*end = '\0';
	fclose(f);
	return word != NULL ? word + 1 : "unknown";
}

void
check_hugepages(struct finding *f)
{
	char buf[64];
	const char *mode = hugepage_mode(buf);
	int error = 0;
	void *p;

	p = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED || madvise(p, 2 * HUGE, MADV_HUGEPAGE) != 0)
		error = errno;
	if (p != MAP_FAILED)
		munmap(p, 2 * HUGE);
	if (error != 0)
		found(f, WARNING, "madvise: %s: tables of many sockets are "
		    "slower without", strerror(error));
	else if (strcmp(mode, "never") == 0)
		found(f, WARNING, "switched off, tables of many sockets are "
		    "slower: echo madvise >/sys/kernel/mm/transparent_hugepage/"
		    "enabled");
	else
		found(f, OK, "%s", mode);
}

/* Run it, for a file may be there and not be of this machine. */
void
check_program(struct finding *f)
{
	char path[PATH_MAX], version[64] = "";
	char cmd[PATH_MAX + 64];
	size_t n;
	FILE *p;

	if (!launch_program("netjaild", path, sizeof(path))) {
		found(f, MISSING, "not installed beside netjail: make install");
		return;
	}
	/* Our own path; a quote in it would be somebody's trap. */
	if (strchr(path, '\'') != NULL) {
		found(f, WARNING, "%s: not tried, for its name", path);
		return;
	}
	snprintf(cmd, sizeof(cmd), "'%s' --version 2>/dev/null", path);
	if ((p = popen(cmd, "re")) == NULL) {
		found(f, MISSING, "%s: %s", path, strerror(errno));
		return;
	}
	n = fread(version, 1, sizeof(version) - 1, p);
	version[n] = '\0';
	version[strcspn(version, "\n")] = '\0';
	if (pclose(p) != 0)
		found(f, MISSING, "%s does not run: install it anew", path);
	else if (strstr(version, NETJAIL_VERSION) == NULL)
		found(f, WARNING, "%s is %s and this is %s: install both anew",
		    path, version, NETJAIL_VERSION);
	else
		found(f, OK, "%s", path);
}

/* Bind a socket beside the one to be, and take it away again. */
static int
try_bind(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int s, error = 0, n;

	n = snprintf(sun.sun_path, sizeof(sun.sun_path), "%s.%d", path,
	    (int)getpid());
	if (n < 0 || (size_t)n >= sizeof(sun.sun_path))
		return ENAMETOOLONG;
	if ((s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return errno;
	if (bind(s, (struct sockaddr *)&sun, sizeof(sun)) != 0)
		error = errno;
	else
		unlink(sun.sun_path);
	close(s);
	return error;
}

void
check_socket(struct finding *f)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char dir[sizeof(path)], *slash;
	bool made = false;
	int error;

	if (ctl_path(path, sizeof(path)) != 0) {
		found(f, MISSING, "its path is too long: set NETJAIL_SOCK to a "
		    "shorter one");
		return;
	}
	memcpy(dir, path, sizeof(dir));
	if ((slash = strrchr(dir, '/')) != NULL && slash != dir) {
		*slash = '\0';
		made = mkdir(dir, 0700) == 0;
	}
	error = try_bind(path);
	if (made)
		rmdir(dir);
	if (error != 0)
		found(f, MISSING, "%s cannot be made: %s: make its directory "
		    "writable, or set NETJAIL_SOCK", path, strerror(error));
	else
		found(f, OK, "%s", path);
}

/* An errno; EAGAIN: connected, but there was no answer in time. */
static int
ping(void)
{
	const struct timeval patience = { .tv_sec = PATIENCE };
	int s, error = 0;

	if ((s = ctl_connect()) == -1)
		return errno;
	if (setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience)) != 0 || ctl_call(s, CTL_PING, 0, NULL, 0, -1,
	    NULL, NULL, NULL, NULL, NULL, 0) != 0)
		error = errno;
	close(s);
	return error;
}

void
check_daemon(struct finding *f)
{
	char version[64] = "", path[PATH_MAX] = "";
	size_t len = sizeof(version) - 1;
	int error = ping();

	(void)ctl_path(path, sizeof(path));
	if (error == ENOENT || error == ECONNREFUSED)
		found(f, OK, "none; the first netjail starts it");
	else if (error == EACCES || error == EPERM)
		found(f, MISSING, "%s: %s: it is another user's, or its "
		    "directory is", path, strerror(error));
	else if (error == EAGAIN)
		found(f, MISSING, "%s: no answer in %d s: what is listening "
		    "there is stopped, or no netjaild", path, PATIENCE);
	else if (error != 0 || nj_sysctlbyname("kern.osrelease", version, &len,
	    NULL, 0) != 0)
		found(f, MISSING, "%s does not answer as netjaild: %s", path,
		    strerror(error != 0 ? error : errno));
	else if (strcmp(version, NETJAIL_VERSION) != 0)
		found(f, WARNING, "it is version %s and this is %s: restart it",
		    version, NETJAIL_VERSION);
	else
		found(f, OK, "version %s answers", version);
}
