/* The packets of all interfaces into a file that tshark and tcpdump read. */
#ifndef DAEMON_CAPTURE_H
#define DAEMON_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

struct capture;
struct daemon;

/* Start writing to path ("-": standard output).  0, or errno with a sentence
 * in errmsg. */
int	capture_start(struct daemon *d, const char *path, char *errmsg,
	    size_t errlen);

/* Is there something to flush?  Hand it to the system, when idle. */
bool	capture_dirty(const struct daemon *d);
void	capture_flush(struct daemon *d);

void	capture_stop(struct daemon *d);

#endif
