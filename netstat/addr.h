/* Addresses as words: of hosts, of nets. */
#ifndef NETSTAT_ADDR_H
#define NETSTAT_ADDR_H

#include "netstat/view.h"

#define ADDR_STRLEN 256

/* A host's name, or with v->numeric_addr or where it has none its address. */
const char *addr_host(const struct view *v, const struct inaddr *a,
	    char buf[ADDR_STRLEN]);

/* "default" for all addresses, else the net's name, or a/plen. */
const char *addr_net(const struct view *v, const struct inaddr *a,
	    unsigned plen, char buf[ADDR_STRLEN]);

/* Is a visible in the jail that -j names?  True without -j. */
bool	addr_in_jail(const struct view *v, const struct inaddr *a);

#endif
