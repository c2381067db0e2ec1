/*
 * The control socket (base/ctlmsg.h) and its connections.
 */
#ifndef DAEMON_CONTROL_H
#define DAEMON_CONTROL_H

struct call;
struct conn;
struct daemon;
struct djail;

/*
 * Listen at path, making its directory (0700) if that is missing.  0 or errno;
 * EADDRINUSE: another daemon is there.
 */
int	control_init(struct daemon *d, const char *path);
void	control_fini(struct daemon *d);

/* socket(AF_NETJAIL) in a jail: a connection that knows whose it is. */
int	control_inject(struct call *c);

/* End a connection. */
void	conn_free(struct conn *cn);

/* End all connections that see the stack as j. */
void	control_drop(struct daemon *d, struct djail *j);

#endif
