/*
 * /proc/net of a jail: the files that net-tools, lsof and psutil read, with the
 * sockets of the stack instead of the kernel's.  For launch_init.c alone.
 */
#ifndef NETJAIL_LAUNCH_PROCNET_H
#define NETJAIL_LAUNCH_PROCNET_H

#include <poll.h>
#include <stdbool.h>

struct procnet;

/*
 * Mount it on ./proc, which is a proc of the jail's own and of which nothing
 * else is mounted on top yet.  *fdp is the descriptor that requests come from.
 * NULL: it cannot be had on
 * this machine, told if verbose, and ./proc is as it was.
 */
struct procnet *procnet_mount(bool verbose, int *fdp);

/* Before it is served: the descriptors are now these; diag: a netlink socket for
 * what the jail has (CTL_DIAG), view: a connection to the daemon that asks for
 * the jail (CTL_VIEW). */
void	procnet_place(struct procnet *pn, int fuse, int diag, int view);

/* What to wait for, and do what poll() then reports, without waiting. */
#define PROCNET_FDS	2
void	procnet_poll(const struct procnet *pn, struct pollfd p[PROCNET_FDS]);
void	procnet_work(struct procnet *pn, const struct pollfd p[PROCNET_FDS]);

#endif
