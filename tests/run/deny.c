/*
 * deny NUMBER[:ARG] ERRNO command [arg ...]: run a command for which one system
 * call (with ARG, 32 bits, for its second argument) fails with ERRNO, as for
 * want of it in a kernel or in a container's profile.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/run/t.h"

int
main(int argc, char **argv)
{
	const char *arg = argc < 4 ? NULL : strchr(argv[1], ':');

	if (argc < 4)
		errx(2, "usage: deny number[:arg] errno command [arg ...]");

	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
		    (unsigned)atoi(argv[1]), 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arg == NULL ? 0 :
		    (unsigned)strtoul(arg + 1, NULL, 0), 0, arg != NULL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO |
		    (unsigned)atoi(argv[2])),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
		err(2, "filter");
	execvp(argv[3], argv + 3);
	err(2, "%s", argv[3]);
}
