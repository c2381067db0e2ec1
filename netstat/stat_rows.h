/* The sentences that counters stand in, as data. */
#ifndef NETSTAT_STAT_ROWS_H
#define NETSTAT_STAT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "sysctl/stats.h"

/*
 * A line of output, or a piece of one.  In the text `#' is the next counter;
 * after it `~' is the plural "s", `^' the ending "y" or "ies", `&' "" or "es",
 * each by the counter last shown.
 */
struct stat_row {
	const char	*text;
	uint16_t	 at[2];		/* offsets of the counters */
	const char	*name[2];	/* their fields in JSON */
};

/* Rows that JSON has in a container; NULL: in none of their own. */
struct stat_group {
	const char	*container;
	const struct stat_row *row;	/* NULL ends an array of groups */
	size_t		 n;
};

/* What netstat adds to the counters of UDP. */
struct udpview {
	struct udpstat	stat;
	uint64_t	delivered;
};

/* Of struct tcpstat, struct udpview, struct ipstat, struct icmpstat. */
extern const struct stat_group tcp_groups[], udp_groups[], ip_groups[],
    icmp_made[], icmp_refused[], icmp_answered[];

extern const char *const icmp_names[ICMP_MAXTYPE + 1];	/* NULL: none */

#endif
