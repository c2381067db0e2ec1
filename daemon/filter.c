/*
 * filter.c - from rows of sockcall.c to BPF, by libseccomp.
 *
 * Default: allow, so that calls without a row cost the kernel one bit test.
 * Rows with a handler notify the daemon; rows without one fail with ENOSYS, as
 * do calls of any other ABI (i386, x32) the machine's kernel may speak.
 *
 * Programs in jails are refused more: what FreeBSD refuses a jail's root, where
 * Linux asks for no capability that launch_caps.c takes, or for none at all.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <asm/ioctls.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <seccomp.h>

#include "daemon/dgram.h"
#include "daemon/filter.h"
#include "daemon/sockcall.h"

#define FILTER_GROUPS	1023

#define ANY_CALL	6	/* as arg: whatever the arguments are */

/* With this value in an int argument. */
static const struct {
	int	 nr;
	int	 error;
	unsigned arg;
	uint32_t value;
} refused[] = {
	/* Keys on a terminal that we share with a shell outside. */
	{ SYS_ioctl, EPERM, 1, TIOCSTI },
	{ SYS_ioctl, EPERM, 1, TIOCLINUX },
	/* PRIV_NET_BPF; the kernel may let anybody. */
	{ SYS_bpf, EPERM, ANY_CALL, 0 },
	/* PRIV_MSGBUF: the machine's messages. */
	{ SYS_syslog, EPERM, ANY_CALL, 0 },
	/* PRIV_PMC_SYSTEM: of all processes (pid -1). */
	{ SYS_perf_event_open, EPERM, 1, UINT32_MAX },
	/* PRIV_VFS_FHOPEN: past the tree that is seen. */
	{ SYS_open_by_handle_at, EPERM, ANY_CALL, 0 },
	/* Quotas are of users, who are the same outside. */
	{ SYS_quotactl, EPERM, ANY_CALL, 0 },
#ifdef SYS_quotactl_fd
	{ SYS_quotactl_fd, EPERM, ANY_CALL, 0 },
#endif
	/* Makes who reads memory wait: the daemon. */
	{ SYS_userfaultfd, EPERM, ANY_CALL, 0 },
	/* Keyrings of users and sessions, who are the same outside. */
	{ SYS_add_key, ENOSYS, ANY_CALL, 0 },
	{ SYS_request_key, ENOSYS, ANY_CALL, 0 },
	{ SYS_keyctl, ENOSYS, ANY_CALL, 0 },
};

static struct scmp_arg_cmp
arg_cmp(unsigned arg, unsigned test, uint64_t value)
{
	switch ((enum argtest)test) {
	case ARG_INT_EQ:
		return SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, 0xffffffffu, value);
	case ARG_NOT:
		return SCMP_CMP64(arg, SCMP_CMP_NE, value, 0);
	case ARG_DGRAM_FD:
		return SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, DGRAM_FDMASK,
		    DGRAM_FDS);
	case ARG_GE:
	case ARG_ALWAYS:
		break;
	}
	return SCMP_CMP64(arg, SCMP_CMP_GE, value, 0);
}

static int
filter_row(scmp_filter_ctx ctx, const struct sockcall *row)
{
	uint32_t action = row->fn != NULL ? SCMP_ACT_NOTIFY :
					    SCMP_ACT_ERRNO(ENOSYS);
	struct scmp_arg_cmp cmp[2];
	unsigned i, n;
	int r;

	if (row->ntraps == 0)
		return seccomp_rule_add_array(ctx, action, row->nr, 0, NULL);
	for (i = 0; i < row->ntraps; i++) {
		const struct trap *t = &row->traps[i];

		n = 0;
		cmp[n++] = arg_cmp(t->arg, t->test, t->value);
		if (t->test2 != ARG_ALWAYS)
			cmp[n++] = arg_cmp(t->arg2, t->test2, t->value2);
		r = seccomp_rule_add_array(ctx, action, row->nr, n, cmp);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * No more groups than this: a process is looked at by its status, in which they
 * all are, and 65536 take milliseconds.  FreeBSD's limit is 1023.
 */
static int
filter_groups(scmp_filter_ctx ctx)
{
	return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(EINVAL), SYS_setgroups, 1,
	    SCMP_CMP64(0, SCMP_CMP_GT, FILTER_GROUPS, 0));
}

static int
filter_refused(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp cmp;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(refused) / sizeof(refused[0]); i++) {
		cmp = arg_cmp(refused[i].arg, ARG_INT_EQ, refused[i].value);
		r = seccomp_rule_add_array(ctx,
		    SCMP_ACT_ERRNO((uint32_t)refused[i].error), refused[i].nr,
		    refused[i].arg != ANY_CALL, &cmp);
	}
	return r;
}

static int
filter_rows(scmp_filter_ctx ctx)
{
	const struct sockcall *row;
	unsigned i;
	int r;

	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_ERRNO(ENOSYS));
	if (r == 0)
		r = filter_groups(ctx);
	for (i = 0; r == 0 && (row = sockcall_row(i)) != NULL; i++)
		r = filter_row(ctx, row);
	return r;
}

/* libseccomp writes to a descriptor only. */
static void *
filter_export(scmp_filter_ctx ctx, size_t *lenp)
{
	struct stat st;
	void *prog = NULL;
	int fd;

	if ((fd = memfd_create("filter", MFD_CLOEXEC)) < 0)
		return NULL;
	if (seccomp_export_bpf(ctx, fd) == 0 && fstat(fd, &st) == 0 &&
	    (prog = malloc((size_t)st.st_size)) != NULL) {
		*lenp = (size_t)st.st_size;
		if (pread(fd, prog, *lenp, 0) != (ssize_t)*lenp) {
			free(prog);
			prog = NULL;
		}
	}
	close(fd);
	return prog;
}

void *
filter_make(bool jail, size_t *lenp)
{
	scmp_filter_ctx ctx;
	void *prog = NULL;
	int r;

	if ((ctx = seccomp_init(SCMP_ACT_ALLOW)) == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	if ((r = filter_rows(ctx)) < 0 ||
	    (jail && (r = filter_refused(ctx)) < 0))
		errno = -r;
	else
		prog = filter_export(ctx, lenp);
	seccomp_release(ctx);
	return prog;
}
