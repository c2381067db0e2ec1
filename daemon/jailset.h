/*
 * Parameters of jails on the control socket: CTL_JAIL_SET and CTL_JAIL_GET.
 */
#ifndef DAEMON_JAILSET_H
#define DAEMON_JAILSET_H

#include "daemon/control.h"

struct daemon;

/* Answer CTL_JAIL_SET.  0, or an errno that ends the connection. */
int	jailset(struct daemon *d, struct conn *cn, const struct ctlmsg *m);

/* Begin to answer CTL_JAIL_GET; jailget_slice() goes on with it. */
int	jailget(struct daemon *d, struct conn *cn, const struct ctlmsg *m);
int	jailget_slice(struct daemon *d, struct conn *cn);
void	jailget_free(struct conn *cn);

#endif
