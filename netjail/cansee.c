/*
 * cansee.c - who may see whose sockets: security.bsd.*.
 *
 * Theory of operation
 *
 * A jail sees itself and the jails below it, always.  Within that the superuser
 * (of the stack or of a jail) sees all; others see all too unless the
 * superuser of the stack has set one of these to 0:
 *
 *	security.bsd.see_other_uids	what belongs to other users
 *	security.bsd.see_jail_proc	what belongs to jails below one's own
 *
 * FreeBSD's see_other_gids is not here: the stack knows nobody's groups.
 */
#include "netjail/prison.h"
#include "sysctl/sysctl.h"

struct cansee {
	int	see_other_uids;
	int	see_jail_proc;
};

static int cansee_init(struct vnet *);

static VNET_MODULE(cansee_module, struct cansee, VNET_PRISON, cansee_init,
    NULL);

static int
cansee_init(struct vnet *v)
{
	struct cansee *cs = vnet_data(v, &cansee_module);

	cs->see_other_uids = 1;
	cs->see_jail_proc = 1;
	return 0;
}

SYSCTL_NODE(security_bsd, "security.bsd", OID_AUTO, "BSD security policy");
SYSCTL_INT(see_other_uids, "security.bsd.see_other_uids", OID_AUTO, CTLFLAG_RW,
    cansee_module, struct cansee, see_other_uids, NULL,
    "Unprivileged processes may see subjects/objects with different real uid");
SYSCTL_INT(see_jail_proc, "security.bsd.see_jail_proc", OID_AUTO, CTLFLAG_RW,
    cansee_module, struct cansee, see_jail_proc, NULL,
    "Unprivileged processes may see subjects/objects with different jail ids");

bool
cr_cansee(const struct vnet *v, const struct cred *viewer,
    const struct cred *owner)
{
	const struct cansee *cs = vnet_data(v, &cansee_module);

	if (!prison_check(viewer->prison, owner->prison))
		return false;
	if (viewer->uid == 0)
		return true;
	return (cs->see_other_uids != 0 || viewer->uid == owner->uid) &&
	    (cs->see_jail_proc != 0 || viewer->prison == owner->prison);
}
