/*
 * Counters of the protocols, as net.inet.*.stats carries them: those of
 * include/bsd, where programs have them from.
 *
 * A counter never wraps in practice and is only set back by writing its sysctl.
 */
#ifndef SYSCTL_STATS_H
#define SYSCTL_STATS_H

#include "include/bsd/netinet/icmp_var.h"
#include "include/bsd/netinet/ip_var.h"
#include "include/bsd/netinet/tcp_var.h"
#include "include/bsd/netinet/udp_var.h"

#endif
