/* Which jids and addresses -j means. */
#ifndef NETSTAT_JAIL_H
#define NETSTAT_JAIL_H

#include "netstat/fetch.h"
#include "netstat/view.h"

/*
 * Find a jail by jid or name, the jails below it, which it sees as its own, and
 * its addresses.  "0" is the stack itself without any jail.  0, or ESRCH (none
 * such), ENOMEM, EPROTO (damaged list), or what reading security.jail.list
 * fails with; *set is then unchanged.  End it with jailset_free().
 */
int	jail_select(const struct mib *mib, const char *jail,
	    struct jailset *set);

/* Also of a set that is all zero. */
void	jailset_free(struct jailset *set);

/* Is this jid in it? */
bool	jailset_has(const struct jailset *set, int64_t jid);

#endif
