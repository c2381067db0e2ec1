/*
 * /proc/net/snmp, for launch_procnet.c.
 */
#ifndef NETJAIL_LAUNCH_PROCNET_SNMP_H
#define NETJAIL_LAUNCH_PROCNET_SNMP_H

#include <stdint.h>
#include <stdio.h>

/* Write it: the counters over the connection of sysctl/client.h, and how many
 * connections the jail has. */
void	procnet_snmp(FILE *out, uint64_t estab);

#endif
