/*
 * addfd: a trapped call can be answered with a new descriptor, atomically.
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "tests/platform/target.h"

/* getppid() is trapped: what it returns must be a descriptor of a pipe. */
static int
use_it(void)
{
	long fd = syscall(SYS_getppid);
	char c = 0;

	if (fd < 0)
		return 3;
	if ((fcntl((int)fd, F_GETFD) & FD_CLOEXEC) == 0)
		return 4;
	return read((int)fd, &c, 1) == 1 && c == 'k' ? 0 : 5;
}

static int
no_room(void)
{
	struct rlimit rl = { 8, 8 };

	setrlimit(RLIMIT_NOFILE, &rl);
	while (dup(0) >= 0)
		continue;
	return syscall(SYS_getppid) == -1 && errno == EMFILE ? 0 : 3;
}

static int
add(const struct target *t, uint64_t id, int fd)
{
	struct seccomp_notif_addfd a = { .id = id, .srcfd = (uint32_t)fd,
	    .flags = SECCOMP_ADDFD_FLAG_SEND, .newfd_flags = O_CLOEXEC };

	return ioctl(t->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &a);
}

static void
sync_wake_up(const struct target *t)
{
	if (ioctl(t->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
	    SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP) == 0)
		ok(true, "the listener takes SYNC_WAKE_UP");
	else
		printf("skip - the listener takes SYNC_WAKE_UP: this kernel "
		    "has not got it (6.6), calls cost more\n");
}

int
main(void)
{
	struct seccomp_notif n;
	struct target t;
	int p[2];

	if (pipe(p) != 0 || write(p[1], "k", 1) != 1)
		err(2, "pipe");
	t = target_start(SYS_getppid, 0, use_it);
	sync_wake_up(&t);
	ok(notif_recv(&t, &n) && n.data.nr == SYS_getppid,
	    "the call is notified");
	ok(ioctl(t.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id) == 0,
	    "its id is valid");
	ok(add(&t, n.id, p[0]) >= 0, "ADDFD with SEND answers it");
	fails(ioctl(t.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &n.id), ENOENT,
	    "and with that it is over");
	ok(target_end(&t) == 0, "the program got the descriptor as the result");

	t = target_start(SYS_getppid, 0, no_room);
	ok(notif_recv(&t, &n), "a program with no descriptor free");
	fails(add(&t, n.id, p[0]), EMFILE, "ADDFD says EMFILE");
	ok(notif_send(&t, n.id, -EMFILE, 0) == 0 && target_end(&t) == 0,
	    "the call is still there to be refused with it");
	return t_failures > 0;
}
