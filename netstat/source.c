/*
 * source.c - values of the MIB, from the daemon.
 *
 * Short values come through the sysctl client.  A listing of a million sockets
 * is most of a gigabyte; it is asked for on a connection of our own and taken
 * reply by reply, each into the same buffer, while the daemon makes the next.
 * A listing that is given up in the middle leaves replies behind, so that
 * connection is closed and the next listing makes a new one.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/ctlmsg.h"
#include "netstat/source.h"
#include "sysctl/client.h"
#include "sysctl/sysctl.h"
#include "sysctl/xroute.h"

struct stream {
	struct feed	 feed;		/* first: what others see */
	int		 sock;		/* -1: none */
	bool		 busy;		/* its last reply has not come */
	void		*buf;		/* of the last piece */
	size_t		 cap;
};

static int	stream_next(struct feed *f, const void **bufp, size_t *lenp);
static void	stream_close(struct feed *f);

/* One listing at a time. */
static struct stream stream = { .feed.next = stream_next, .sock = -1 };

int
source_connect(void)
{
	if (stream.sock == -1)
		stream.sock = ctl_connect();
	return stream.sock == -1 ? -1 : 0;
}

static int
stream_next(struct feed *f, const void **bufp, size_t *lenp)
{
	struct stream *s = (struct stream *)f;
	struct ctlmsg hdr;

	if (!s->busy)
		return 0;
	if (ctl_recv(s->sock, &hdr, &s->buf, &s->cap, NULL) == -1)
		return -1;
	if (hdr.op == CTL_END) {
		s->busy = false;
		errno = hdr.error;
		return hdr.error != 0 ? -1 : 0;
	}
	*bufp = s->buf;
	*lenp = hdr.len - sizeof(hdr);
	return 1;
}

static struct feed *
stream_open(const char *name)
{
	struct {
		struct ctl_sysctl cs;
		int	 mib[CTL_MAXNAME];
	} request = { .cs.oldlen = UINT64_MAX };
	size_t n = CTL_MAXNAME;

	if (nj_sysctlnametomib(name, request.mib, &n) == -1 ||
	    source_connect() == -1)
		return NULL;
	request.cs.namelen = (uint32_t)n;
	stream.busy = true;
	if (ctl_send(stream.sock, CTL_MIB, 0, &request,
	    sizeof(request.cs) + n * sizeof(request.mib[0]), -1) == -1) {
		stream_close(&stream.feed);
		return NULL;
	}
	return &stream.feed;
}

static void
stream_close(struct feed *f)
{
	struct stream *s = (struct stream *)f;

	if (!s->busy)
		return;
	close(s->sock);
	s->sock = -1;
	s->busy = false;
}

static void *
route_read(int af, int op, size_t *lenp)
{
	int name[CTL_MAXNAME];
	size_t n = CTL_MAXNAME - 4;

	if (nj_sysctlnametomib(ROUTE_MIB, name, &n) == -1)
		return NULL;
	name[n++] = 0;
	name[n++] = af;
	name[n++] = op;
	name[n++] = 0;
	return nj_sysctl_readmib(name, (unsigned)n, lenp);
}

const struct mib stack_mib = {
	.open = stream_open, .close = stream_close,
	.read = nj_sysctl_read, .route = route_read, .swap = nj_sysctlbyname,
};
