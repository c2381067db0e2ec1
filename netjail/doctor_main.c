/*
 * doctor_main.c - netjail doctor: what this machine lacks, and what to do.
 *
 * The checks are a table.  They are independent of each other, but in an order
 * in which the first that fails is likely to be the cause of the next.
 */
#include <err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "base/ctlmsg.h"
#include "netjail/doctor.h"
#include "netjail/launch.h"

static const struct {
	const char *name;
	check_fn *fn;
} checks[] = {
	{ "namespaces", check_namespaces },
	{ "mounts", check_mounts },
	{ "procfs", check_procfs },
	{ "host name", check_hostname },
	{ "loopback", check_lo },
	{ "users", check_ids },
	{ "seccomp filter", check_filter },
	{ "fatal signals only", check_killable },
	{ "descriptors of others", check_pidfd },
	{ "memory of others", check_memory },
	{ "descriptors given", check_addfd },
	{ "open files", check_descriptors },
	{ "huge pages", check_hugepages },
	{ "netjaild", check_program },
	{ "control socket", check_socket },
	{ "running stack", check_daemon },
};

static const char *const verdict_name[NVERDICTS] = {
	[OK] = "ok", [WARNING] = "warning", [MISSING] = "missing",
};

void
found(struct finding *f, enum verdict v, const char *fmt, ...)
{
	va_list ap;

	f->verdict = v;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

long
proc_number(const char *path, long missing)
{
	long v = missing;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL)
		return missing;
	if (fscanf(f, "%ld", &v) != 1)
		v = missing;
	fclose(f);
	return v;
}

/* From inside a jail everything would be asked of the wrong machine. */
static void
must_be_outside(void)
{
	int s = socket(AF_NETJAIL, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s == -1)
		return;
	close(s);
	errx(2, "this is on a netjail stack; run it outside");
}

/* --help asks for it: status 0; or the words make no sense: 2. */
static void __attribute__((noreturn))
usage(int status)
{
	fprintf(status == 0 ? stdout : stderr, "usage: netjail doctor [-q]\n");
	exit(status);
}

int
main(int argc, char **argv)
{
	struct finding f;
	bool quiet = false, missing = false;
	size_t i;
	int c;

	launch_stdio();
	if (argc > 1 && strcmp(argv[1], "--help") == 0)
		usage(0);
	while ((c = getopt(argc, argv, "q")) != -1) {
		if (c != 'q')
			usage(2);
		quiet = true;
	}
	if (optind < argc)
		usage(2);
	must_be_outside();
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		f = (struct finding){ .verdict = MISSING };
		checks[i].fn(&f);
		missing |= f.verdict == MISSING;
		if (!quiet || f.verdict != OK)
			printf("%-8s %s: %s\n", verdict_name[f.verdict],
			    checks[i].name, f.text);
	}
	if (fflush(stdout) != 0)
		err(2, "stdout");
	return missing;
}
