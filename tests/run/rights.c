/*
 * rights PATH PID: try what root may do somewhere, and say of each action what
 * came of it: ok, or the name of the errno.
 *
 * To be run in a jail only: where an action is refused it does no harm, and
 * where it is not it does as little as can be, but some of it is felt.
 *
 * PATH is a folder to write in; PID a process outside of the jail.
 */
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>

#include "tests/run/t.h"

#define OTHER	1		/* a user who is not root */

static const char *self, *dir;
static pid_t outside;

/* 0 or errno of a call that returns -1 on failure. */
#define TRY(call)	((call) < 0 ? errno : 0)

static const char *
in_dir(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* A new file of ours. */
static const char *
file(void)
{
	const char *path = in_dir("file");
	int fd;

	unlink(path);
	if ((fd = open(path, O_CREAT | O_RDWR, 0600)) < 0)
		err(2, "%s", path);
	close(fd);
	return path;
}

static int
opens(const char *path, int flags)
{
	return TRY(open(path, flags | O_NOCTTY | O_NONBLOCK));
}

/* ---- file systems and devices ---- */

static int
do_mount(void)
{
	return TRY(mount("none", dir, "tmpfs", 0, NULL));
}

static int
do_mount_in_ns(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return errno;
	return TRY(mount("none", dir, "tmpfs", 0, NULL));
}

static int
do_fsopen(void)
{
	return TRY(syscall(SYS_fsopen, "tmpfs", 0));
}

static int
do_remount(void)
{
	return TRY(mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL));
}

static int
do_umount(void)
{
	return TRY(umount2("/proc", MNT_DETACH));
}

static int
do_umount_sys(void)
{
	return TRY(umount2("/proc/sys", MNT_DETACH));
}

static int
do_pivot_root(void)
{
	return TRY(syscall(SYS_pivot_root, "/", "/"));
}

static int
make_node(mode_t mode, dev_t dev)
{
	unlink(in_dir("node"));
	return TRY(mknod(in_dir("node"), mode | 0600, dev));
}

static int
do_mknod_char(void)
{
	return make_node(S_IFCHR, makedev(1, 3));
}

static int
do_mknod_block(void)
{
	return make_node(S_IFBLK, makedev(7, 0));
}

static int
do_mkfifo(void)
{
	return make_node(S_IFIFO, 0);
}

static int
do_dev_mem(void)
{
	return opens("/dev/mem", O_RDONLY);
}

static int
do_dev_kmem(void)
{
	return opens("/dev/kmem", O_RDONLY);
}

static int
do_dev_kmsg(void)
{
	return opens("/dev/kmsg", O_RDONLY);
}

static int
do_dev_disk(void)
{
	return opens("/dev/disk", O_RDONLY);
}

static int
do_dev_null(void)
{
	return opens("/dev/null", O_RDWR);
}

static int
do_dev_ptmx(void)
{
	return opens("/dev/ptmx", O_RDWR);
}

static int
do_swapon(void)
{
	return TRY(swapon(file(), 0));
}

static int
do_swapoff(void)
{
	return TRY(swapoff(file()));
}

static int
do_acct(void)
{
	return TRY(acct(file()));
}

static int
do_quotactl(void)
{
	char buf[256];

	return TRY(syscall(SYS_quotactl, 0x80000700 /* Q_GETQUOTA, users */,
	    "/dev/disk", 0, buf));
}

static int
do_open_by_handle(void)
{
	struct {
		struct file_handle h;
		char	room[128];
	} fh = { .h.handle_bytes = 128 };
	int at = open("/", O_RDONLY | O_DIRECTORY), id;

	if (name_to_handle_at(AT_FDCWD, file(), &fh.h, &id, 0) != 0)
		return errno;
	return TRY(open_by_handle_at(at, &fh.h, O_RDONLY));
}

static int
do_immutable(void)
{
	int fd = open(file(), O_RDONLY), flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
		return errno;
	flags |= FS_IMMUTABLE_FL;
	return TRY(ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

/* ---- the network ---- */

static int
do_packet(void)
{
	return TRY(socket(AF_PACKET, SOCK_RAW, 0));
}

static int
do_raw(void)
{
	return TRY(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int
do_bpf(void)
{
	struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uintptr_t)code, .insn_cnt = 2,
		.license = (uintptr_t)"BSD",
	};

	return TRY(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

/* What rtnetlink says to a request. */
static int
route_ask(struct nlmsghdr *h)
{
	union {
		struct nlmsghdr	h;
		char		room[4096];
	} answer;
	const struct nlmsgerr *e = NLMSG_DATA(&answer.h);
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	if (s < 0 || send(s, h, h->nlmsg_len, 0) < 0 ||
	    recv(s, &answer, sizeof(answer), 0) < 0)
		return errno;
	return -e->error;
}

static int
do_address(void)
{
	struct {
		struct nlmsghdr	 h;
		struct ifaddrmsg ifa;
		struct rtattr	 a;
		struct in_addr	 addr;
	} rq = {
		.h = { .nlmsg_len = sizeof(rq), .nlmsg_type = RTM_NEWADDR },
		.ifa = { .ifa_family = AF_INET, .ifa_prefixlen = 32,
		    .ifa_index = 1 },
		.a = { RTA_LENGTH(4), IFA_LOCAL },
	};

	rq.addr.s_addr = htonl(0x0a636363);
	return route_ask(&rq.h);
}

static int
do_route(void)
{
	struct {
		struct nlmsghdr	h;
		struct rtmsg	rt;
		struct rtattr	a;
		int		oif;
	} rq = {
		.h = { .nlmsg_len = sizeof(rq), .nlmsg_type = RTM_NEWROUTE },
		.rt = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN,
		    .rtm_scope = RT_SCOPE_LINK, .rtm_type = RTN_UNICAST,
		    .rtm_protocol = RTPROT_STATIC },
		.a = { RTA_LENGTH(4), RTA_OIF }, .oif = 1,
	};

	return route_ask(&rq.h);
}

static int
configure(unsigned long cmd)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (s < 0 || ioctl(s, SIOCGIFFLAGS, &ifr) != 0)
		return errno;
	return TRY(ioctl(s, cmd, &ifr));
}

static int
do_if_flags(void)
{
	return configure(SIOCSIFFLAGS);
}

static int
do_if_mtu(void)
{
	return configure(SIOCSIFMTU);
}

static int
do_iptables(void)
{
	char buf[128] = "";
	int s = socket(AF_INET, SOCK_STREAM, 0);

	return TRY(setsockopt(s, IPPROTO_IP, 64 /* IPT_SO_SET_REPLACE */, buf,
	    sizeof(buf)));
}

static int
do_bind_low(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	sin.sin_port = htons(80);
	return TRY(bind(s, (struct sockaddr *)&sin, sizeof(sin)));
}

/* ---- the machine ---- */

static int
do_init_module(void)
{
	return TRY(syscall(SYS_init_module, "", 0L, ""));
}

static int
do_finit_module(void)
{
	return TRY(syscall(SYS_finit_module, open(self, O_RDONLY), "", 0));
}

static int
do_delete_module(void)
{
	return TRY(syscall(SYS_delete_module, "none", O_NONBLOCK));
}

static int
do_kexec(void)
{
	return TRY(syscall(SYS_kexec_load, 0L, 0L, NULL, 0L));
}

static int
do_reboot(void)
{
	return TRY(reboot(RB_AUTOBOOT));
}

static int
do_clock_settime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return TRY(clock_settime(CLOCK_REALTIME, &ts));
}

static int
do_settimeofday(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	return TRY(settimeofday(&tv, NULL));
}

static int
do_adjtimex(void)
{
	struct timex t = { .modes = 0 };

	if (adjtimex(&t) < 0)
		return errno;
	t.modes = ADJ_TICK;
	return TRY(adjtimex(&t));
}

static int
do_syslog(void)
{
	char buf[256];

	return TRY(syscall(SYS_syslog, 3, buf, sizeof(buf)));
}

static int
sysctl_write(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/%s", name);
	return opens(path, O_WRONLY);
}

static int
do_core_pattern(void)
{
	return sysctl_write("sys/kernel/core_pattern");
}

static int
do_sysctl_host(void)
{
	return sysctl_write("sys/kernel/hostname");
}

static int
do_sysctl_vm(void)
{
	return sysctl_write("sys/vm/overcommit_memory");
}

static int
do_sysctl_net(void)
{
	return sysctl_write("sys/net/ipv4/ip_forward");
}

static int
do_sysrq(void)
{
	return sysctl_write("sysrq-trigger");
}

static int
do_irq(void)
{
	return sysctl_write("irq/default_smp_affinity");
}

/* Another proc, in which nothing is covered. */
static int
do_proc_anew(void)
{
	pid_t pid;
	int status;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) != 0)
		return errno;
	if ((pid = fork()) == 0)
		_exit(TRY(mount("proc", "/proc", "proc", 0, NULL)));
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* The file that is written to as if it could be: the time of /sys. */
static int
do_sysfs(void)
{
	return TRY(utimensat(AT_FDCWD, "/sys", NULL, 0));
}

static int
do_perf_system(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};

	return TRY(syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0));
}

static int
do_userfaultfd(void)
{
	return TRY(syscall(SYS_userfaultfd, 0));
}

static int
do_io_uring(void)
{
	char params[256] = "";

	return TRY(syscall(SYS_io_uring_setup, 4, params));
}

static int
do_add_key(void)
{
	return TRY(syscall(SYS_add_key, "user", "rights", "x", 1L, -2));
}

static int
do_keyctl(void)
{
	return TRY(syscall(SYS_keyctl, 0, -3, 0));
}

static int
do_sysvipc(void)
{
	return TRY(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
}

static int
do_tiocsti(void)
{
	int master, slave;

	if (openpty(&master, &slave, NULL, NULL, NULL) != 0)
		return errno;
	setsid();
	if (ioctl(slave, TIOCSCTTY, 0) != 0)
		return errno;
	return TRY(ioctl(slave, TIOCSTI, "x"));
}

/* ---- processes outside ---- */

static int
do_kill_out(void)
{
	return TRY(kill(outside, 0));
}

static int
do_ptrace_out(void)
{
	return TRY(ptrace(PTRACE_ATTACH, outside, NULL, NULL));
}

static int
do_priority_out(void)
{
	return TRY(setpriority(PRIO_PROCESS, (id_t)outside, 19));
}

static int
do_affinity_out(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return TRY(sched_setaffinity(outside, sizeof(set), &set));
}

static int
do_rlimit_out(void)
{
	struct rlimit rl;

	return TRY(prlimit(outside, RLIMIT_CORE, NULL, &rl));
}

static int
do_setns_out(void)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)outside);
	if ((fd = open(path, O_RDONLY)) < 0)
		return errno;
	return TRY(setns(fd, 0));
}

/* The old way out of a chroot. */
static int
do_chroot_escape(void)
{
	int i, fd = open("/", O_RDONLY | O_DIRECTORY);

	if (chroot(dir) != 0 || fchdir(fd) != 0)
		return errno;
	for (i = 0; i < 64; i++)
		if (chdir("..") != 0)
			return errno;
	if (chroot(".") != 0)
		return errno;
	return TRY(access("/outside-of-the-jail", F_OK));
}

/* ---- ids, files and processes of the jail ---- */

static int
do_setuid(void)
{
	return TRY(setuid(OTHER));
}

static int
do_setgid(void)
{
	return TRY(setgid(OTHER));
}

static int
do_setresuid(void)
{
	return TRY(setresuid(OTHER, OTHER, 0));
}

static int
do_seteuid(void)
{
	return TRY(seteuid(OTHER));
}

static int
do_setgroups(void)
{
	const gid_t g = OTHER;

	return TRY(setgroups(1, &g));
}

static int
do_rlimit_lower(void)
{
	const struct rlimit rl = { 64, 128 };

	return TRY(setrlimit(RLIMIT_NOFILE, &rl));
}

static int
do_rlimit_raise(void)
{
	struct rlimit rl = { 64, 128 };

	if (setrlimit(RLIMIT_NOFILE, &rl) != 0)
		return errno;
	rl.rlim_max++;
	return TRY(setrlimit(RLIMIT_NOFILE, &rl));
}

static int
do_chroot(void)
{
	return TRY(chroot(dir));
}

static int
do_chown(void)
{
	return TRY(chown(file(), OTHER, OTHER));
}

static int
do_chmod(void)
{
	return TRY(chmod(file(), 06755));
}

static int
do_dac_own(void)
{
	return chmod(file(), 0) != 0 ? errno : opens(in_dir("file"), O_RDWR);
}

static int
do_dac_other(void)
{
	if (chown(file(), OTHER, OTHER) != 0 || chmod(in_dir("file"), 0) != 0)
		return errno;
	return opens(in_dir("file"), O_RDWR);
}

static int
do_link(void)
{
	char from[PATH_MAX];

	snprintf(from, sizeof(from), "%s", file());
	unlink(in_dir("linked"));
	return TRY(link(from, in_dir("linked")));
}

/* `setid' is a copy of this program, root's and set-user-ID. */
static int
do_exec_setid(void)
{
	if (setuid(OTHER) != 0)
		return errno;
	execl(in_dir("setid"), "setid", "-is-root", NULL);
	return errno;
}

static int
do_sethostname(void)
{
	char name[] = "renamed.test", now[128] = "";
	int tries;

	if (sethostname(name, strlen(name)) != 0)
		return errno;
	for (tries = 0; tries < 1000 && strcmp(now, name) != 0; tries++) {
		usleep(1000);
		gethostname(now, sizeof(now));
	}
	return strcmp(now, name) == 0 ? 0 : ETIME;
}

static int
do_setdomainname(void)
{
	return TRY(setdomainname("x", 1));
}

static int
do_rtprio(void)
{
	const struct sched_param p = { .sched_priority = 1 };

	return TRY(sched_setscheduler(0, SCHED_FIFO, &p));
}

static int
do_nice_up(void)
{
	return TRY(setpriority(PRIO_PROCESS, 0, -5));
}

/* A process beside us in the jail, of another user if that can be. */
static pid_t
neighbour(void)
{
	int ready[2];
	pid_t pid;
	char c;

	if (pipe(ready) != 0 || (pid = fork()) < 0)
		err(2, "fork");
	if (pid == 0) {
		if (setuid(OTHER) != 0 && errno != EINVAL)
			_exit(1);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	if (read(ready[0], &c, 1) != 1)
		errx(2, "no neighbour");
	return pid;
}

static int
end_neighbour(pid_t pid, int error)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return error;
}

static int
do_kill(void)
{
	pid_t pid = neighbour();

	return end_neighbour(pid, TRY(kill(pid, SIGUSR1)));
}

static int
do_ptrace(void)
{
	pid_t pid = neighbour();

	return end_neighbour(pid, TRY(ptrace(PTRACE_SEIZE, pid, NULL, NULL)));
}

static int
do_reschedule(void)
{
	pid_t pid = neighbour();
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	return end_neighbour(pid, setpriority(PRIO_PROCESS, (id_t)pid, 5) != 0 ?
	    errno : TRY(sched_setaffinity(pid, sizeof(set), &set)));
}

static int
do_userns(void)
{
	return TRY(unshare(CLONE_NEWUSER));
}

static const struct {
	const char *name;
	int	(*fn)(void);
} actions[] = {
	{ "mount", do_mount }, { "mount-in-ns", do_mount_in_ns },
	{ "fsopen", do_fsopen }, { "remount", do_remount },
	{ "umount", do_umount }, { "umount-sys", do_umount_sys },
	{ "pivot_root", do_pivot_root }, { "mknod-char", do_mknod_char },
	{ "mknod-block", do_mknod_block }, { "dev-mem", do_dev_mem },
	{ "dev-kmem", do_dev_kmem }, { "dev-kmsg", do_dev_kmsg },
	{ "dev-disk", do_dev_disk }, { "swapon", do_swapon },
	{ "swapoff", do_swapoff }, { "acct", do_acct },
	{ "quotactl", do_quotactl }, { "open-by-handle", do_open_by_handle },
	{ "immutable", do_immutable }, { "packet-socket", do_packet },
	{ "raw-socket", do_raw }, { "bpf", do_bpf },
	{ "add-address", do_address }, { "add-route", do_route },
	{ "if-flags", do_if_flags }, { "if-mtu", do_if_mtu },
	{ "iptables", do_iptables }, { "init_module", do_init_module },
	{ "finit_module", do_finit_module },
	{ "delete_module", do_delete_module }, { "kexec", do_kexec },
	{ "reboot", do_reboot }, { "clock_settime", do_clock_settime },
	{ "settimeofday", do_settimeofday }, { "adjtimex", do_adjtimex },
	{ "read-messages", do_syslog }, { "core_pattern", do_core_pattern },
	{ "sysctl-hostname", do_sysctl_host }, { "sysctl-vm", do_sysctl_vm },
	{ "sysctl-net", do_sysctl_net }, { "sysrq-trigger", do_sysrq },
	{ "irq", do_irq }, { "proc-anew", do_proc_anew }, { "sysfs", do_sysfs },
	{ "perf-system", do_perf_system }, { "userfaultfd", do_userfaultfd },
	{ "io_uring", do_io_uring }, { "add_key", do_add_key },
	{ "keyctl", do_keyctl }, { "sysvipc", do_sysvipc },
	{ "tiocsti", do_tiocsti }, { "kill-outside", do_kill_out },
	{ "debug-outside", do_ptrace_out },
	{ "setpriority-outside", do_priority_out },
	{ "affinity-outside", do_affinity_out },
	{ "prlimit-outside", do_rlimit_out }, { "setns-outside", do_setns_out },
	{ "chroot-escape", do_chroot_escape },
	{ "setdomainname", do_setdomainname }, { "rtprio", do_rtprio },
	{ "nice-up", do_nice_up }, { "rlimit-raise", do_rlimit_raise },

	{ "rlimit-lower", do_rlimit_lower }, { "setuid", do_setuid },
	{ "seteuid", do_seteuid }, { "setresuid", do_setresuid },
	{ "setgid", do_setgid }, { "setgroups", do_setgroups },
	{ "chroot", do_chroot }, { "chown", do_chown }, { "chmod", do_chmod },
	{ "dac-own", do_dac_own }, { "dac-other", do_dac_other },
	{ "link", do_link }, { "mkfifo", do_mkfifo },
	{ "exec-setid", do_exec_setid }, { "bind-low", do_bind_low },
	{ "sethostname", do_sethostname }, { "kill", do_kill },
	{ "debug", do_ptrace }, { "reschedule", do_reschedule },
	{ "dev-null", do_dev_null }, { "dev-ptmx", do_dev_ptmx },
	{ "user-namespace", do_userns },
};

/* In a process of its own, which it may spoil. */
static void
attempt(unsigned i)
{
	int status;
	pid_t pid;

	if ((pid = fork()) < 0)
		err(2, "fork");
	if (pid == 0)
		_exit(actions[i].fn());
	if (waitpid(pid, &status, 0) != pid)
		err(2, "wait");
	if (WIFSIGNALED(status))
		printf("%s signal %d\n", actions[i].name, WTERMSIG(status));
	else
		printf("%s %s\n", actions[i].name, WEXITSTATUS(status) == 0 ?
		    "ok" : strerrorname_np(WEXITSTATUS(status)));
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	unsigned i;

	if (argc == 2 && strcmp(argv[1], "-is-root") == 0)
		return geteuid() == 0 ? 0 : EPERM;
	if (argc != 3)
		errx(2, "usage: rights path pid");
	self = argv[0];
	dir = argv[1];
	outside = atoi(argv[2]);
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		attempt(i);
	return 0;
}
