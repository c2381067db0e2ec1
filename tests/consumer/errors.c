/*
 * What sysctl(3) answers, case by case: the table of FreeBSD's errors.  Says a
 * sentence for each.
 */
#include <sys/types.h>
#include <sys/sysctl.h>
#include <sys/wait.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))

static int failures;

static void
say(int good, const char *sentence)
{
	printf("%s - %s\n", good ? "ok" : "not ok", sentence);
	failures += !good;
}

/* A call that must fail so. */
#define FAILS(wanted, call, sentence)					\
	say((errno = 0, (call) == -1) && errno == (wanted), sentence)

static const int ostype[] = { CTL_KERN, KERN_OSTYPE };
static const int pcblist[] = { CTL_NET, 2, 6, TCPCTL_PCBLIST };
static const int keepidle[] = { CTL_NET, 2, 6, TCPCTL_KEEPIDLE };

static void
names(void)
{
	static char longname[2000];
	const int node[] = { CTL_NET, 2 };
	const int below[] = { CTL_KERN, KERN_OSTYPE, 1 };
	const int none[] = { CTL_KERN, 99 };
	int many[CTL_MAXNAME + 1] = { CTL_KERN }, mib[CTL_MAXNAME];
	size_t len = CTL_MAXNAME, small = 3;

	FAILS(EINVAL, sysctl(ostype, 1, NULL, NULL, NULL, 0),
	    "a number of one component is EINVAL");
	FAILS(EINVAL, sysctl(many, NITEMS(many), NULL, NULL, NULL, 0),
	    "a number of too many is EINVAL");
	FAILS(ENOENT, sysctl(none, 2, NULL, NULL, NULL, 0),
	    "a number of nothing is ENOENT");
	FAILS(EISDIR, sysctl(node, 2, NULL, NULL, NULL, 0),
	    "a node is EISDIR");
	FAILS(ENOTDIR, sysctl(below, 3, NULL, NULL, NULL, 0),
	    "a number below a value is ENOTDIR");
	FAILS(ENOENT, sysctlbyname("net.nothing", NULL, NULL, NULL, 0),
	    "a name of nothing is ENOENT");
	memset(longname, 'n', sizeof(longname) - 1);
	FAILS(ENAMETOOLONG, sysctlbyname(longname, NULL, NULL, NULL, 0),
	    "a name without end is ENAMETOOLONG");
	say(sysctlnametomib("net.inet.tcp.pcblist", mib, &len) == 0 &&
	    len == 4 && memcmp(mib, pcblist, sizeof(pcblist)) == 0,
	    "a name has FreeBSD's number");
	FAILS(ENOMEM, sysctlnametomib("net.inet.tcp.pcblist", mib, &small),
	    "room for fewer components is ENOMEM");
}

static void
room(void)
{
	char buf[64] = "";
	size_t len = 0;

	say(sysctl(ostype, 2, NULL, &len, NULL, 0) == 0 && len == 8,
	    "without a buffer the size is told");
	memset(buf, '-', sizeof(buf));
	len = 4;
	FAILS(ENOMEM, sysctl(ostype, 2, buf, &len, NULL, 0),
	    "too small a buffer is ENOMEM");
	say(len == 4 && memcmp(buf, "netj-", 5) == 0,
	    "... gets what fits, and *oldlenp says so");
	len = 5;
	FAILS(ENOMEM, sysctlbyname("kern.ostype", buf, &len, NULL, 0),
	    "... by name too");
	say(len == 5, "... but leaves *oldlenp alone then");
	len = sizeof(buf);
	say(sysctl(ostype, 2, buf, &len, NULL, 0) == 0 && len == 8 &&
	    strcmp(buf, "netjail") == 0, "a buffer large enough gets it all");
	len = 8;
	FAILS(EFAULT, sysctl(ostype, 2, (void *)8, &len, NULL, 0),
	    "a bad buffer is EFAULT");
	say(sysctl(ostype, 2, buf, &len, NULL, 0) == 0,
	    "... and the next call goes on");
}

static void
values(void)
{
	int val = 7000000, old = 0, pair[2] = { 7100000, 42 };
	size_t len = sizeof(old);
	char host[300];

	FAILS(EPERM, sysctl(ostype, 2, NULL, NULL, "x", 1),
	    "writing what is read only is EPERM");
	FAILS(EPERM, sysctl(pcblist, 4, NULL, NULL, "x", 1),
	    "writing a list is EPERM");
	FAILS(EINVAL, sysctl(keepidle, 4, NULL, NULL, &val, 2),
	    "too short a value is EINVAL");
	say(sysctl(keepidle, 4, &old, &len, &val, sizeof(val)) == 0 &&
	    old == 7200000, "a write gives the old value");
	say(sysctl(keepidle, 4, NULL, NULL, pair, sizeof(pair)) == 0 &&
	    sysctl(keepidle, 4, &val, &len, NULL, 0) == 0 && val == 7100000,
	    "of a value too long the first bytes count");
	say(sysctl(keepidle, 4, NULL, NULL, &old, sizeof(old)) == 0,
	    "the old value goes back");
	memset(host, 'h', sizeof(host));
	FAILS(EINVAL, sysctlbyname("kern.hostname", NULL, NULL, host,
	    sizeof(host)), "too long a string is EINVAL");
	FAILS(EFAULT, sysctl(keepidle, 4, NULL, NULL, (void *)8, 4),
	    "a bad new value is EFAULT");
}

static void *
reader(void *arg)
{
	char buf[16];
	size_t len;
	int i;

	for (i = 0; i < 500; i++) {
		len = sizeof(buf);
		if (sysctl(ostype, 2, buf, &len, NULL, 0) != 0 || len != 8)
			return arg;
		len = sizeof(int);
		if (sysctl(keepidle, 4, buf, &len, NULL, 0) != 0 || len != 4)
			return arg;
	}
	return NULL;
}

static void
many(void)
{
	pthread_t t[4];
	void *bad, *any = NULL;
	pid_t pid;
	int status = 1;
	size_t i;

	for (i = 0; i < NITEMS(t); i++)
		pthread_create(&t[i], NULL, reader, &failures);
	/* While others hold the connection. */
	if ((pid = fork()) == 0)
		_exit(reader(&failures) == NULL ? 0 : 1);
	any = reader(&failures);
	for (i = 0; i < NITEMS(t); i++) {
		pthread_join(t[i], &bad);
		any = any != NULL ? any : bad;
	}
	waitpid(pid, &status, 0);
	say(any == NULL, "threads get their own answers");
	say(status == 0, "so does a child");
}

static void
meta(void)
{
	int next[2 + CTL_MAXNAME] = { CTL_SYSCTL, CTL_SYSCTL_NEXT, CTL_KERN };
	const int fmt[] = { CTL_SYSCTL, CTL_SYSCTL_OIDFMT, CTL_KERN,
		KERN_OSTYPE };
	const int descr[] = { CTL_SYSCTL, CTL_SYSCTL_OIDDESCR, CTL_KERN,
		KERN_OSTYPE };
	const int name[] = { CTL_SYSCTL, CTL_SYSCTL_NAME, CTL_NET, 2, 6,
		TCPCTL_PCBLIST };
	const int label[] = { CTL_SYSCTL, CTL_SYSCTL_OIDLABEL, CTL_KERN,
		KERN_OSTYPE };
	char buf[256];
	u_int kind;
	size_t len = CTL_MAXNAME * sizeof(int);
	unsigned n = 0, used;

	say(sysctl(next, 3, next + 2, &len, NULL, 0) == 0 && len == 8 &&
	    memcmp(next + 2, ostype, 8) == 0, "{0,2} is the next value");
	do {
		used = (u_int)(len / sizeof(int));
		len = CTL_MAXNAME * sizeof(int);
		n++;
	} while (sysctl(next, 2 + used, next + 2, &len, NULL, 0) == 0);
	say(errno == ENOENT && n > 50, "... and so to the end, ENOENT");
	len = sizeof(buf);
	say(sysctl(name, NITEMS(name), buf, &len, NULL, 0) == 0 &&
	    strcmp(buf, "net.inet.tcp.pcblist") == 0, "{0,1} is a name");
	len = sizeof(buf);
	say(sysctl(fmt, NITEMS(fmt), buf, &len, NULL, 0) == 0 &&
	    (memcpy(&kind, buf, sizeof(kind)),
	    (kind & CTLTYPE) == CTLTYPE_STRING && (kind & CTLFLAG_RD) != 0) &&
	    strcmp(buf + sizeof(kind), "A") == 0, "{0,4} is kind and format");
	len = sizeof(buf);
	say(sysctl(descr, NITEMS(descr), buf, &len, NULL, 0) == 0 &&
	    strcmp(buf, "Operating system type") == 0,
	    "{0,5} is a description");
	len = sizeof(buf);
	FAILS(ENOENT, sysctl(label, NITEMS(label), buf, &len, NULL, 0),
	    "{0,6} is ENOENT: nothing has a label");
}

int
main(void)
{
	names();
	room();
	values();
	many();
	meta();
	return failures != 0;
}
