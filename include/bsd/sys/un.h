/*
 * The system's own header, for programs that read listings (sys/unpcb.h).
 *
 * FreeBSD's struct sockaddr_un begins with its length, Linux's does not.  What
 * is passed to bind(2) and the like must be Linux's, what listings hold is
 * FreeBSD's, struct xsockaddr_un.  A source file written for FreeBSD that only
 * reads listings defines NETJAIL_BSD_SOCKADDR_UN before any header; in it the
 * name sockaddr_un means the latter.
 */
#ifndef _NETJAIL_SYS_UN_H_
#define _NETJAIL_SYS_UN_H_

#include_next <sys/un.h>

#include "xsockaddr_un.h"

#ifdef NETJAIL_BSD_SOCKADDR_UN
#define sockaddr_un	xsockaddr_un
#endif

#endif
