/*
 * The daemon without its main(): its whole state, and its loop a turn at a
 * time, for targets that talk to it as programs and tools do.
 */
#ifndef TESTS_FUZZ_DAEMON_H
#define TESTS_FUZZ_DAEMON_H

#include "daemon/daemon.h"

/* With a jail "j" (10.0.0.1, 10.0.0.2) that may have jails below it; who has
 * the superuser's number in it may make them. */
struct daemon *fuzz_daemon_new(void);

/* Frees all; insists that no descriptor is left but those open before. */
void	fuzz_daemon_free(struct daemon *d);

/* Turns until nothing is to be done, which must come to be. */
void	fuzz_daemon_turns(struct daemon *d);

struct djail *fuzz_daemon_jail(struct daemon *d);

/* A connection to the control socket from the jail (NULL: from outside): the
 * tool's end, non-blocking, the caller's; *cnp, if not NULL, the daemon's. */
int	fuzz_daemon_connect(struct daemon *d, struct djail *j,
	    struct conn **cnp);

#endif
