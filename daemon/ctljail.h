/*
 * Jails on the control socket.
 */
#ifndef DAEMON_CTLJAIL_H
#define DAEMON_CTLJAIL_H

#include "daemon/control.h"

struct call;
struct daemon;
struct djail;

/* For connections of a daemon's control socket. */
extern const struct control_ops ctljail_ops;

/* socket(AF_NETJAIL) in a jail: a connection that knows whose it is. */
int	control_inject(struct call *c);

/* cn sees the stack as j, and ends with it.  Once, when cn is new. */
void	conn_inside(struct conn *cn, struct djail *j);

/* End the connections that see the stack as j, as *budget allows, which is
 * lowered.  True: some are left. */
bool	control_drop(struct djail *j, unsigned *budget);

#endif
