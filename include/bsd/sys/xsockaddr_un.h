/*
 * The name of a local socket in a listing: FreeBSD's struct sockaddr_un.
 */
#ifndef _NETJAIL_SYS_XSOCKADDR_UN_H_
#define _NETJAIL_SYS_XSOCKADDR_UN_H_

#include <stdint.h>

struct xsockaddr_un {
	uint8_t		sun_len;	/* of all, the path's NUL left out */
	uint8_t		sun_family;
	char		sun_path[104];
};

#endif
