/*
 * launch_caps.c - which of the kernel's capabilities root of a jail has.
 *
 * Theory of operation
 *
 * In its user namespace a jail's root would have all of them.  FreeBSD names
 * what a jail's root may do and refuses all else; so does the table below.
 * Each program of a jail starts with no other capability in its bounding set,
 * so no set-user-ID program and no file capability brings one back.
 *
 * A user namespace that a program makes for itself starts with all again, over
 * what is made in it: not over the jail's mounts, network and host name.
 * Whether anything can be mounted there, the daemon says (daemon/sockcall.c).
 *
 * The jail's init keeps all: it changes lo and the host name.
 */
#include <err.h>
#include <stdint.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "netjail/launch.h"

/* With what FreeBSD calls it, or why it does no harm. */
static const uint8_t kept[] = {
	CAP_CHOWN,		/* PRIV_VFS_CHOWN */
	CAP_DAC_OVERRIDE,	/* PRIV_VFS_WRITE, _EXEC */
	CAP_DAC_READ_SEARCH,	/* PRIV_VFS_READ */
	CAP_FOWNER,		/* PRIV_VFS_ADMIN, _STICKYFILE */
	CAP_FSETID,		/* PRIV_VFS_RETAINSUGID */
	CAP_KILL,		/* PRIV_SIGNAL_DIFFCRED */
	CAP_SETGID,		/* PRIV_CRED_SETGID and the like */
	CAP_SETUID,		/* PRIV_CRED_SETUID and the like */
	CAP_SETPCAP,		/* to give up more */
	CAP_NET_BIND_SERVICE,	/* PRIV_NETINET_RESERVEDPORT: the daemon's */
	CAP_NET_RAW,		/* PRIV_NETINET_RAW: the daemon's; ping(8) has
				 * it as a file capability, and could not be
				 * executed */
	CAP_IPC_LOCK,		/* without effect below the first namespace */
	CAP_IPC_OWNER,		/* PRIV_IPC_READ, _WRITE, _ADMIN */
	CAP_SYS_CHROOT,		/* PRIV_VFS_CHROOT */
	CAP_SYS_PTRACE,		/* PRIV_DEBUG_DIFFCRED */
	CAP_SYS_NICE,		/* PRIV_SCHED_DIFFCRED, _CPUSET */
	CAP_AUDIT_WRITE,	/* without effect below the first namespace */
	CAP_SETFCAP,		/* jails below need it to have a root */
};

static uint64_t
keep(void)
{
	uint64_t mask = 0;
	unsigned i;

	for (i = 0; i < sizeof(kept); i++)
		mask |= UINT64_C(1) << kept[i];
	return mask;
}

int
launch_caps_drop(void)
{
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct d[2];
	uint64_t mask = keep();
	unsigned cap, i;

	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if ((mask >> cap & 1) == 0 &&
		    prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			goto bad;
	if (syscall(SYS_capget, &h, d) != 0)
		goto bad;
	for (i = 0; i < 2; i++) {
		d[i].effective &= (uint32_t)(mask >> 32 * i);
		d[i].permitted &= (uint32_t)(mask >> 32 * i);
		d[i].inheritable &= (uint32_t)(mask >> 32 * i);
	}
	if (syscall(SYS_capset, &h, d) == 0)
		return 0;
bad:
	warn("giving up capabilities");
	return -1;
}
