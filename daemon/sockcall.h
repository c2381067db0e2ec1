/*
 * The table of trapped calls: which are trapped, when, and who answers.
 * filter.c makes the seccomp program from the same rows.
 */
#ifndef DAEMON_SOCKCALL_H
#define DAEMON_SOCKCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/inaddr.h"
#include "stack/tcp.h"

struct call;
struct tcp_info;

/* A condition on one argument.  Arguments that are an int to the kernel are
 * compared in their low 32 bits, whatever stands above them. */
enum argtest {
	ARG_ALWAYS,
	ARG_INT_EQ,
	ARG_NOT,	/* != value in all 64 bits */
	ARG_GE,		/* unsigned, all 64 bits */
	ARG_DGRAM_FD,	/* a number that dgram.h sets apart */
};

struct trap {
	uint8_t	 arg;
	uint8_t	 test;		/* enum argtest */
	uint64_t value;
	uint8_t	 arg2;		/* and, where test2 is not ARG_ALWAYS */
	uint8_t	 test2;
	uint64_t value2;
};

struct sockcall {
	int		 nr;
	const char	*name;
	int		(*fn)(struct call *);	/* see notify.h; NULL: ENOSYS */
	int		(*diag)(struct call *);	/* on a FACE_DIAG instead; NULL:
						 * EOPNOTSUPP */
	bool		 wantfd;	/* args[0] is a descriptor */
	bool		 harmless;	/* cannot reach a network by itself */
	int		 timedout;	/* errno when a parked one times out */
	const struct trap *traps;	/* or-ed; NULL: always */
	unsigned	 ntraps;
};

/* NULL: no row. */
/* A family whose sockets the kernel makes for the caller: allow.socket_af. */
bool	kernel_family(const struct call *c, int domain);

const struct sockcall *sockcall_find(int nr);

/* The i-th row; NULL ends. */
const struct sockcall *sockcall_row(unsigned i);

/* ---- shared by the files that hold the handlers ---- */

/* Socket address from the caller's memory.  *family as given; for AF_INET *ep
 * is filled.  EINVAL (too short), EFAULT, ENOENT (caller died). */
int	sockaddr_in(struct call *c, uint64_t addr, uint32_t len,
	    int *family, struct endpoint *ep);

/* Value-result socket address to the caller's memory; addr 0: nothing. */
int	sockaddr_out(struct call *c, uint64_t addr, uint64_t lenaddr,
	    const struct endpoint *ep);

/* Does the call (its descriptor, and MSG_DONTWAIT in flags) not wait? */
bool	call_nonblock(const struct call *c, int flags);

/* SO_RCVTIMEO or SO_SNDTIMEO of the descriptor in ns; 0: none. */
uint64_t call_timeout(const struct call *c, int optname);

/* The caller's uid, in the jail of the socket the call is on (else in its own). */
struct cred call_cred(const struct call *c);

/* sockopt.c */
/* The value of getsockopt(), as long as the caller has room for. */
int	opt_out_int(struct call *c, int val);
void	linux_tcp_info(const struct socket *so, struct tcp_info *ti);
/* Linux numbers the states another way. */
uint8_t	linux_tcp_state(enum tcp_state st);
int	sys_getsockopt(struct call *c);
int	sys_setsockopt(struct call *c);
/* sockmsg.c */
int	sys_sendto(struct call *c);
int	sys_recvfrom(struct call *c);
int	sys_sendmsg(struct call *c);
int	sys_recvmsg(struct call *c);
int	sys_sendmmsg(struct call *c);
int	sys_recvmmsg(struct call *c);

#endif
