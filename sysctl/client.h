/*
 * sysctl(3) for programs outside the daemon, over the control socket or, in a
 * jail, over the descriptor the daemon hands out (base/ctlmsg.h).
 *
 * The first call connects; the connection is kept.  Not for threads.
 */
#ifndef SYSCTL_CLIENT_H
#define SYSCTL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctlmsg.h"

/*
 * A new connection to the stack this process belongs to: in a jail that of the
 * jail; else $NETJAIL_SOCK, else $XDG_RUNTIME_DIR/netjail/stack.sock, else
 * /run/netjail/stack.sock for root (/tmp/netjail-UID/stack.sock for others).
 * Returns a close-on-exec descriptor or -1 with errno.
 */
int	ctl_connect(void);

/* Why it failed with that errno, as a person is to be told: that there is no
 * stack, and how one comes to be, or strerror(3). */
const char *ctl_strerror(int error);

/* The path ctl_connect() uses outside jails.  -1: ENAMETOOLONG. */
int	ctl_path(char *buf, size_t len);

/*
 * Send a request, and fd with it if fd >= 0.  -1 with errno.
 */
int	ctl_send(int sock, unsigned op, uint32_t arg, const void *payload,
	    size_t len, int fd);

/*
 * Read one reply.  The payload goes to *bufp (malloc()ed or grown, *capp its
 * room), a passed descriptor to *fdp (else -1; fdp may be NULL).  0, or -1 with
 * errno (ECONNRESET where the daemon went away).
 */
int	ctl_recv(int sock, struct ctlmsg *hdr, void **bufp, size_t *capp,
	    int *fdp);

/*
 * Request and last reply in one: data replies are appended to *bufp (length
 * *lenp) if these are not NULL (malloc()ed, the caller frees, also after an
 * error).  Returns 0 or -1 with errno from the daemon; *argp (may be NULL) is the
 * last reply's arg.  On a refusal with a message the message is in errmsg (may
 * be NULL).
 */
int	ctl_call(int sock, unsigned op, uint32_t arg, const void *payload,
	    size_t len, int fd, void **bufp, size_t *lenp, uint32_t *argp,
	    int *fdp, char *errmsg, size_t errlen);

/*
 * Make the connection that the calls below use, if there is none yet: tells a
 * daemon that cannot be reached from a name that is not there.  -1 with errno.
 */
int	nj_sysctl_open(void);

/* Close that connection: the next call makes another. */
void	nj_sysctl_close(void);

/* The calls below use this connection, which is theirs from here on. */
void	nj_sysctl_keep(int sock);

/*
 * FreeBSD's sysctl(3), with its errors.  oldp NULL: *oldlenp becomes the size
 * (an estimate for what changes all the time).  A buffer too small gets what
 * fits, and ENOMEM; *oldlenp then says how much that is, but is left alone by
 * nj_sysctlbyname().  *miblen counts ints.  -1 with errno.
 */
int	nj_sysctl(const int *name, unsigned namelen, void *oldp,
	    size_t *oldlenp, const void *newp, size_t newlen);
int	nj_sysctlbyname(const char *name, void *oldp, size_t *oldlenp,
	    const void *newp, size_t newlen);
int	nj_sysctlnametomib(const char *name, int *mib, size_t *miblen);

/* The whole value, however long, in one malloc()ed buffer, read in one go
 * (no size guess, no retry).  NULL with errno. */
void	*nj_sysctl_read(const char *name, size_t *lenp);
void	*nj_sysctl_readmib(const int *mib, unsigned miblen, size_t *lenp);

#endif
