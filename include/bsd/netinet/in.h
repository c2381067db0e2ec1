/*
 * The system's own header, and what FreeBSD's has beyond it that this stack
 * knows: the IP_PORTRANGE option.
 */
#ifndef _NETJAIL_NETINET_IN_H_
#define _NETJAIL_NETINET_IN_H_

#include_next <netinet/in.h>

#include "ip_portrange.h"

#endif
