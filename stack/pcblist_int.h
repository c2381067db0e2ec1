/*
 * What the listings (stack/pcblist*.c) share.
 */
#ifndef STACK_PCBLIST_INT_H
#define STACK_PCBLIST_INT_H

#include "stack/socket.h"
#include "sysctl/xport.h"

#define PCBLIST_SLICE	64	/* PCBs that a slice visits at most: 50 KB */

/* Kinds of PCB in handles, which are kind << 56 | generation count. */
enum {
	HANDLE_TCP = 1, HANDLE_UDP, HANDLE_RAW, HANDLE_UNIX, HANDLE_UNIXNAME
	/* 6: UNP_FOREIGN() */
};

/* The socket's part of a record, which is zero but for xso_len, so_pcb and
 * xso_protocol. */
void	xsocket_fill(struct xsocket *xso, const struct socket *so);

#endif
