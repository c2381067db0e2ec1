/*
 * capture.c - the stack's tap, written by libpcap as raw IP (DLT_RAW).
 *
 * Packets are stamped with wall-clock time.  A write error ends the capture,
 * not the daemon.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <pcap/pcap.h>
#include <sys/time.h>
#include <bsd/string.h>

#include "daemon/capture.h"
#include "daemon/daemon.h"
#include "stack/ip.h"
#include "stack/mbuf.h"

#define SNAPLEN 65535

struct capture {
	pcap_t		*pc;
	pcap_dumper_t	*dump;
	bool		 dirty;
	u_char		 buf[SNAPLEN];
};

static void
capture_packet(void *arg, const struct vnet *v, const struct ifnet *ifp,
    const struct mbuf *m)
{
	struct capture *cap = arg;
	struct pcap_pkthdr h;
	size_t len = m_length(m);

	(void)v;
	(void)ifp;
	gettimeofday(&h.ts, NULL);
	h.len = (bpf_u_int32)len;
	h.caplen = len > SNAPLEN ? SNAPLEN : (bpf_u_int32)len;
	m_copydata(m, 0, h.caplen, cap->buf);
	pcap_dump((u_char *)cap->dump, &h, cap->buf);
	cap->dirty = true;
}

int
capture_start(struct daemon *d, const char *path, char *errmsg, size_t errlen)
{
	struct capture *cap;

	if ((cap = calloc(1, sizeof(*cap))) == NULL)
		return ENOMEM;
	cap->pc = pcap_open_dead(DLT_RAW, SNAPLEN);
	if (cap->pc != NULL)
		cap->dump = pcap_dump_open(cap->pc, path);
	if (cap->dump == NULL) {
		strlcpy(errmsg, cap->pc != NULL ? pcap_geterr(cap->pc) :
						  strerror(ENOMEM), errlen);
		if (cap->pc != NULL)
			pcap_close(cap->pc);
		free(cap);
		return EIO;
	}
	d->capture = cap;
	if_settap(d->vnet, capture_packet, cap);
	return 0;
}

bool
capture_dirty(const struct daemon *d)
{
	return d->capture != NULL && d->capture->dirty;
}

void
capture_flush(struct daemon *d)
{
	struct capture *cap = d->capture;

	cap->dirty = false;
	if (pcap_dump_flush(cap->dump) == 0)
		return;
	syslog(LOG_ERR, "capture ended: %s", strerror(errno));
	capture_stop(d);
}

void
capture_stop(struct daemon *d)
{
	struct capture *cap = d->capture;

	if (cap == NULL)
		return;
	d->capture = NULL;
	if_settap(d->vnet, NULL, NULL);
	pcap_dump_close(cap->dump);
	pcap_close(cap->pc);
	free(cap);
}
