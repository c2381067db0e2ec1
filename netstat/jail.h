/* Which jids -j means. */
#ifndef NETSTAT_JAIL_H
#define NETSTAT_JAIL_H

#include "netstat/fetch.h"
#include "netstat/view.h"

/*
 * Find a jail by jid or name, the jails below it, which it sees as its own, and
 * its addresses.  "0" is the stack itself without any jail.  0, or ESRCH (none
 * such), ENOMEM, EPROTO (damaged list), or what reading security.jail.list fails
 * with; *set is then unchanged.  set->jid and set->addr are the caller's to free().
 */
int	jail_select(const struct mib *mib, const char *jail,
	    struct jailset *set);

#endif
