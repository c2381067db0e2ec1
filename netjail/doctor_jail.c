/*
 * doctor_jail.c - can a jail be made here?
 *
 * One child does what a jail's init does (launch_init.c), on a file tree of its
 * own that is only a mount point: it gets its namespaces, waits for its ids,
 * and then takes step after step, writing down how each ended.  The checks look
 * at what it wrote.  A step does not keep the next from being tried.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "netjail/doctor.h"
#include "netjail/launch.h"

#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS |	\
	CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWPID)

enum step {
	STEP_SETIDS, STEP_SLAVE, STEP_BIND, STEP_PROC, STEP_PIVOT,
	STEP_HOSTNAME, STEP_LO, NSTEPS
};

/* What the child found: an errno for each step. */
struct probe {
	bool	 done;		/* it has been tried */
	int	 clone_error;
	bool	 answered;	/* error[] is the child's word */
	int	 error[NSTEPS];
	bool	 many_users, many_groups;
};

static struct probe probe;

static int
tried(long result)
{
	return result == 0 ? 0 : errno;
}

/* ---- in the child ---- */

/* Sentences of launch_lo() are not ours: the check says it. */
static int
quiet_lo(void)
{
	if (freopen("/dev/null", "w", stderr) == NULL)
		return errno;
	errno = EIO;
	return tried(launch_lo(NULL, 0));
}

static void
take_steps(int *error)
{
	error[STEP_SETIDS] = tried(setresgid(0, 0, 0));
	if (error[STEP_SETIDS] == 0)
		error[STEP_SETIDS] = tried(setresuid(0, 0, 0));
	error[STEP_SLAVE] = tried(mount(NULL, "/", NULL, MS_REC | MS_SLAVE,
	    NULL));
	/* /proc is a directory that every system has, and we hide it only
	 * from ourselves. */
	error[STEP_PROC] = tried(mount("proc", "/proc", "proc",
	    MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
	error[STEP_HOSTNAME] = tried(sethostname("doctor", 6));
	error[STEP_LO] = quiet_lo();
	error[STEP_BIND] = tried(mount("/", "/", NULL, MS_BIND | MS_REC, NULL));
	if (error[STEP_BIND] == 0)
		error[STEP_BIND] = tried(chdir("/.."));
	error[STEP_PIVOT] = tried(syscall(SYS_pivot_root, ".", "."));
	if (error[STEP_PIVOT] == 0)
		error[STEP_PIVOT] = tried(umount2(".", MNT_DETACH));
}

static void __attribute__((noreturn))
child_main(int chan)
{
	int error[NSTEPS] = { 0 };
	char c;

	if (read(chan, &c, 1) != 1)
		_exit(1);
	take_steps(error);
	(void)!write(chan, error, sizeof(error));
	_exit(0);
}

/* ---- outside ---- */

/* Has a map of this process more than the one id? */
static bool
has_many(pid_t pid, const char *map)
{
	unsigned long first, outside, count;
	unsigned lines = 0;
	char path[64];
	bool many = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, map);
	if ((f = fopen(path, "re")) == NULL)
		return false;
	while (fscanf(f, "%lu %lu %lu", &first, &outside, &count) == 3)
		many |= ++lines > 1 || count > 1;
	fclose(f);
	return many;
}

static pid_t
clone_apart(uint64_t flags)
{
	struct clone_args ca = { .flags = flags, .exit_signal = SIGCHLD };

	return (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));
}

/* Give the child its ids, and hear from it. */
static void
examine(pid_t pid, int chan)
{
	char c = 0;

	if (launch_map_ids(pid, false) != 0)
		return;
	probe.many_users = has_many(pid, "uid_map");
	probe.many_groups = has_many(pid, "gid_map");
	probe.answered = write(chan, &c, 1) == 1 &&
	    read(chan, probe.error, sizeof(probe.error)) ==
	    (ssize_t)sizeof(probe.error);
}

static void
run_probe(void)
{
	int chan[2];
	pid_t pid;

	if (probe.done)
		return;
	probe.done = true;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, chan) != 0) {
		probe.clone_error = errno;
		return;
	}
	fflush(NULL);
	if ((pid = clone_apart(NAMESPACES)) == 0) {
		close(chan[0]);
		child_main(chan[1]);
	}
	probe.clone_error = pid == -1 ? errno : 0;
	close(chan[1]);
	if (pid > 0) {
		examine(pid, chan[0]);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	close(chan[0]);
}

/* ---- why there are no namespaces ---- */

static const struct {
	uint64_t flag;
	const char *name;
	const char *limit;
} kinds[] = {
	{ CLONE_NEWUSER, "user", "/proc/sys/user/max_user_namespaces" },
	{ CLONE_NEWNS, "mount", "/proc/sys/user/max_mnt_namespaces" },
	{ CLONE_NEWUTS, "UTS", "/proc/sys/user/max_uts_namespaces" },
	{ CLONE_NEWIPC, "IPC", "/proc/sys/user/max_ipc_namespaces" },
	{ CLONE_NEWNET, "network", "/proc/sys/user/max_net_namespaces" },
	{ CLONE_NEWPID, "pid", "/proc/sys/user/max_pid_namespaces" },
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The first kind that cannot be had, alone with a user namespace. */
static size_t
first_refused(void)
{
	pid_t pid;
	size_t i;

	for (i = 0; i < NKINDS; i++) {
		if ((pid = clone_apart(CLONE_NEWUSER | kinds[i].flag)) == 0)
			_exit(0);
		if (pid == -1)
			break;
		waitpid(pid, NULL, 0);
	}
	return i < NKINDS ? i : 0;
}

static void
explain_refusal(struct finding *f)
{
	int error = probe.clone_error;
	size_t i;

	if (error == ENOSYS) {
		found(f, MISSING, "clone3: %s: the kernel is older than 5.3, "
		    "or a container's seccomp profile forbids it: allow clone3 "
		    "there", strerror(error));
		return;
	}
	i = first_refused();
	if (proc_number("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0)
		found(f, MISSING, "%s: only root may make user namespaces: "
		    "sysctl -w kernel.unprivileged_userns_clone=1",
		    strerror(error));
	else if (error == ENOSPC || error == EUSERS)
		found(f, MISSING, "no more %s namespaces: %s is %ld: write a "
		    "larger number to it", kinds[i].name, kinds[i].limit,
		    proc_number(kinds[i].limit, -1));
	else
		found(f, MISSING, "%s namespace: %s: a container or security "
		    "module forbids it; let it through there, or run netjail "
		    "as root", kinds[i].name, strerror(error));
}

/* ---- the checks ---- */

void
check_namespaces(struct finding *f)
{
	run_probe();
	if (probe.clone_error != 0)
		explain_refusal(f);
	else if (!probe.answered)
		found(f, MISSING, "a user namespace could be made, but its ids "
		    "could not be set: see /proc/self/setgroups and the "
		    "container's settings");
	else if (probe.error[STEP_SETIDS] != 0)
		found(f, MISSING, "becoming root of a user namespace: %s",
		    strerror(probe.error[STEP_SETIDS]));
	else
		found(f, OK, "user, mount, UTS, IPC, network and pid");
}

/* False: there is no child that could have tried; says so. */
static bool
probed(struct finding *f)
{
	run_probe();
	if (probe.answered)
		return true;
	found(f, MISSING, "not tried, for want of namespaces");
	return false;
}

/* What to do where the root of a namespace may not do what it should. */
static const char *
confined(void)
{
	if (proc_number("/proc/sys/kernel/"
	    "apparmor_restrict_unprivileged_userns", 0) != 0)
		return "AppArmor takes the rights away: give netjail a profile "
		    "with `userns,' or sysctl -w "
		    "kernel.apparmor_restrict_unprivileged_userns=0";
	return "a container or security module forbids it: allow it there";
}

void
check_mounts(struct finding *f)
{
	static const struct { enum step step; const char *what; } steps[] = {
		{ STEP_SLAVE, "mounts that nobody outside sees" },
		{ STEP_BIND, "bind mount" }, { STEP_PIVOT, "pivot_root" },
	};
	int error;
	size_t i;

	if (!probed(f))
		return;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if ((error = probe.error[steps[i].step]) == 0)
			continue;
		found(f, MISSING, "%s: %s: %s", steps[i].what, strerror(error),
		    confined());
		return;
	}
	found(f, OK, "a jail can have a root of its own, unseen from outside");
}

void
check_procfs(struct finding *f)
{
	if (!probed(f))
		return;
	if (probe.error[STEP_PROC] != 0)
		found(f, WARNING, "mount of /proc: %s: jails will see none, "
		    "as where parts of this /proc are hidden; run the "
		    "container with an unmasked /proc",
		    strerror(probe.error[STEP_PROC]));
	else
		found(f, OK, "a jail can have a /proc of its own");
}

void
check_hostname(struct finding *f)
{
	if (!probed(f))
		return;
	if (probe.error[STEP_HOSTNAME] != 0)
		found(f, MISSING, "sethostname: %s: %s",
		    strerror(probe.error[STEP_HOSTNAME]), confined());
	else
		found(f, OK, "a jail can have a name of its own");
}

void
check_lo(struct finding *f)
{
	if (!probed(f))
		return;
	if (probe.error[STEP_LO] != 0)
		found(f, MISSING, "lo of a network namespace cannot be brought "
		    "up: %s", confined());
	else
		found(f, OK, "lo of a network namespace comes up");
}

void
check_ids(struct finding *f)
{
	if (!probed(f))
		return;
	if (probe.many_users && probe.many_groups)
		found(f, OK, "a jail can have more users than its root");
	else
		found(f, WARNING, "jails have root and no other %s: install "
		    "newuidmap (package uidmap) and add a line %u:100000:65536 "
		    "to %s", probe.many_users ? "group" : "user",
		    (unsigned)getuid(),
		    probe.many_users ? "/etc/subgid" : "/etc/subuid");
}
