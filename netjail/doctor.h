/*
 * Checks of netjail-doctor(8): does this machine do what netjail needs?
 *
 * A check tries the thing itself, in a child process where it would change this
 * one, and leaves nothing behind.  It fills in what was found: what holds, or
 * what is missing and what to do about it, as one line of text.
 */
#ifndef NETJAIL_DOCTOR_H
#define NETJAIL_DOCTOR_H

#include <stddef.h>
#include <sys/types.h>

/* WARNING: netjail works, but less well than it could. */
enum verdict { OK, WARNING, MISSING, NVERDICTS };

struct finding {
	enum verdict verdict;
	char	text[512];
};

/* Fill in a finding. */
void	found(struct finding *f, enum verdict v, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* The number in a file of /proc, or missing where it cannot be read. */
long	proc_number(const char *path, long missing);

typedef void check_fn(struct finding *f);

/* doctor_jail.c: what a jail is made of. */
check_fn check_namespaces, check_mounts, check_procfs, check_hostname,
	 check_lo, check_ids;

/* doctor_notify.c: how socket calls reach the daemon. */
check_fn check_filter, check_killable, check_pidfd, check_memory, check_addfd;

/* doctor_stack.c: the daemon and what it runs with. */
check_fn check_program, check_socket, check_daemon, check_descriptors,
	 check_hugepages;

#endif
