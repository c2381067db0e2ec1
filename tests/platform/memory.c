/*
 * memory: a process reads and writes the memory of one that lives in a user
 * namespace of its child's making, without privilege.
 */
#include <sys/uio.h>
#include <sys/wait.h>
#include <sched.h>
#include <signal.h>

#include "tests/run/t.h"

static char buffer[16] = "before";

int
main(void)
{
	char got[16] = "";
	struct iovec l = { got, sizeof got }, r = { buffer, sizeof buffer };
	struct iovec bad = { NULL, sizeof got };
	int p[2], q[2], status;
	pid_t pid;
	char c;

	if (pipe(p) != 0 || pipe(q) != 0)
		err(2, "pipe");
	if ((pid = fork()) == 0) {
		strcpy(buffer, "in the child");
		c = unshare(CLONE_NEWUSER) == 0 ? 'k' : 'x';
		if (write(p[1], &c, 1) != 1 || read(q[0], &c, 1) != 1)
			_exit(2);
		_exit(strcmp(buffer, "from outside") != 0);
	}
	if (read(p[0], &c, 1) != 1 || c != 'k') {
		printf("skip - memory of a user namespace: this kernel lets "
		    "nobody make one\n");
		return 77;
	}
	ok(process_vm_readv(pid, &l, 1, &r, 1, 0) == (ssize_t)sizeof got &&
	    strcmp(got, "in the child") == 0, "process_vm_readv reads it");
	strcpy(got, "from outside");
	ok(process_vm_writev(pid, &l, 1, &r, 1, 0) == (ssize_t)sizeof got,
	    "process_vm_writev writes it");
	fails(process_vm_readv(pid, &l, 1, &bad, 1, 0), EFAULT,
	    "a bad address is EFAULT");
	ok(write(q[1], "k", 1) == 1 && waitpid(pid, &status, 0) == pid &&
	    WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "the process sees what was written");
	return t_failures > 0;
}
