/*
 * lib_sysctl.c - sysctl(3) of libnetjail, for programs.
 *
 * Theory of operation
 *
 * The client (client.h) under FreeBSD's names, and safe for threads: a
 * request and its replies belong together on the one connection, so a lock is
 * held from the first byte to the last.  A child made by fork(2) makes a
 * connection of its own; that the lock may be held by a thread which the child
 * does not have is seen to by pthread_atfork(3).
 *
 * glibc has had no sysctl() of its own to link with since 2.32.
 */
#include <pthread.h>

#include "sysctl/client.h"
#include "include/bsd/sys/sysctl.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
lock_take(void)
{
	pthread_mutex_lock(&lock);
}

static void
lock_drop(void)
{
	pthread_mutex_unlock(&lock);
}

static void __attribute__((constructor))
lock_across_fork(void)
{
	pthread_atfork(lock_take, lock_drop, lock_drop);
}

int
sysctl(const int *name, unsigned int namelen, void *oldp, size_t *oldlenp,
    const void *newp, size_t newlen)
{
	int r;

	lock_take();
	r = nj_sysctl(name, namelen, oldp, oldlenp, newp, newlen);
	lock_drop();
	return r;
}

int
sysctlbyname(const char *name, void *oldp, size_t *oldlenp, const void *newp,
    size_t newlen)
{
	int r;

	lock_take();
	r = nj_sysctlbyname(name, oldp, oldlenp, newp, newlen);
	lock_drop();
	return r;
}

int
sysctlnametomib(const char *name, int *mibp, size_t *sizep)
{
	int r;

	lock_take();
	r = nj_sysctlnametomib(name, mibp, sizep);
	lock_drop();
	return r;
}
