/*
 * A stack made of bytes: listings built record by record, and a MIB that
 * serves them.
 */
#ifndef TESTS_NETSTAT_FAKE_H
#define TESTS_NETSTAT_FAKE_H

#include "include/bsd/sys/xfile.h"
#include "netstat/fetch.h"
#include "netstat/view.h"
#include "sysctl/xroute.h"

/* A listing that grows. */
struct stream {
	uint8_t	*buf;
	size_t	 len;
};

/* Header or trailer of an Internet or a Unix listing. */
void	add_gen(struct stream *s, uint32_t count, uint64_t gen);
void	add_ungen(struct stream *s, uint32_t count, uint64_t gen);

/*
 * A socket.  Addresses are "10.0.0.5:22", "[::1]:80" or "*:0"; a v6 pair makes
 * INP_IPV6, "46" in vflag's place a dual one.  The record is returned to be
 * adorned; it is good until the next add_.
 */
struct xtcpcb *add_tcp(struct stream *s, const char *local,
	    const char *foreign, int state);
struct xinpcb *add_inp(struct stream *s, int protocol, const char *local,
	    const char *foreign);
struct xunpcb *add_unix(struct stream *s, int type, const char *path);

/* A record of kern.file. */
struct xfile *add_file(struct stream *s, int pid, int fd, uint64_t so,
	    const char *comm);

void	stream_free(struct stream *s);

/*
 * The MIB: what has not been set is ENOENT.  Listings come in pieces of
 * fake_piece bytes; 0: whole.
 */
extern const struct mib fake_mib;
extern size_t fake_piece;
#define FAKE_IFLIST "NET_RT_IFLISTL"	/* names of what route() serves */
#define FAKE_ROUTES "NET_RT_DUMP"
void	fake_set(const char *name, const void *buf, size_t len);
void	fake_set_stream(const char *name, struct stream *s);	/* frees s */
void	fake_fail(const char *name, int error);
bool	fake_was_zeroed(const char *name);
void	fake_reset(void);

/* Bytes as they would come from the MIB; ended by closing as fake_mib does. */
struct feed *feed_new(const void *buf, size_t len);
void	feed_free(struct feed *f);

extern const struct names fake_names;

#endif
