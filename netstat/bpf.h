/* Who captures packets (-B). */
#ifndef NETSTAT_BPF_H
#define NETSTAT_BPF_H

#include "netstat/fetch.h"
#include "netstat/view.h"
#include "netstat/xo.h"

#define BPF_VALUE "net.bpf.stats"

/* With v->zero set the counters back instead.  0 or errno; EPROTO: damaged. */
int	bpf_print(struct xo *x, const struct view *v, const struct mib *mib);

#endif
