/*
 * The AF_UNIX sockets of jailed programs.  They are the kernel's, in the jail's
 * network namespace, and a netlink socket of that namespace tells of them.
 */
#ifndef DAEMON_UNIXDIAG_H
#define DAEMON_UNIXDIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/unix_diag.h>

struct daemon;
struct djail;
struct unixdiag;

/* A socket as the kernel told of it: attributes follow the message, len bytes
 * together. */
struct unixrec {
	uint32_t ino;
	uint32_t len;
	const struct unix_diag_msg *msg;
};

/* Take the netlink socket from j's init, to which pidfd leads.  Without it j
 * has none. */
void	unixdiag_init(struct djail *j, int pidfd);
void	unixdiag_fini(struct djail *j);

/*
 * Begin to hear anew what sockets there are.  The number of the round that will
 * have been heard after now, or 0: it cannot be had.
 */
uint64_t unixdiag_begin(struct djail *j);

/* Go on, for 0.1 ms or so.  True: that round is over. */
bool	unixdiag_step(struct djail *j, uint64_t round);

/* The first with an inode number above ino; false: there is none.  *rec is good
 * until the next step. */
bool	unixdiag_after(const struct djail *j, uint32_t ino,
	    struct unixrec *rec);
bool	unixdiag_find(const struct djail *j, uint32_t ino,
	    struct unixrec *rec);

/* An attribute of rec: its bytes, *len of them; or NULL. */
const void *unixdiag_attr(const struct unixrec *rec, unsigned type,
	    size_t *len);

/* Have net.local.*.pcblist show them. */
void	unixdiag_list(struct daemon *d);

#endif
