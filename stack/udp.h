/* UDP (RFC 768): what other files may know of it. */
#ifndef STACK_UDP_H
#define STACK_UDP_H

#include "base/vnet.h"

struct inpcbinfo;

struct inpcbinfo *udp_pcbinfo(const struct vnet *v);
struct inpcbinfo *raw_pcbinfo(const struct vnet *v);

#endif
