/*
 * What sockstat shows, gathered: sockets, and the descriptors they are held by.
 */
#ifndef NETSTAT_SOCKS_H
#define NETSTAT_SOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netstat/fetch.h"
#include "netstat/sockview.h"
#include "include/bsd/sys/xfile.h"

struct sock {
	kvaddr_t	 so;		/* 0: none */
	kvaddr_t	 pcb;
	uint64_t	 gencnt;
	const char	*proto;		/* "tcp", "udp", "toe"; "stream", ... */
	bool		 tcp;
	bool		 local;		/* AF_UNIX */
	bool		 shown;		/* for sockstat_print() */
	uint8_t		 vflag;		/* INP_IPV4 | INP_IPV6 */
	int32_t		 state;		/* TCP's */
	struct inaddr	 laddr, faddr;
	in_port_t	 lport, fport;	/* network byte order */
	char		 stack[TCP_FUNCTION_NAME_LEN_MAX + 1];
	char		 cc[TCP_CA_NAME_MAX + 1];
	char		*path;		/* AF_UNIX: malloc()ed, NULL: no name */
	kvaddr_t	 conn, firstref, nextref;	/* pcbs */
};

/* Numbers in order of a key. */
struct sockindex {
	struct sockindex_entry {
		uint64_t	 key;
		size_t		 i;
	} *entry;
	size_t		 n;
};

struct socks {
	struct sock	*sock;
	size_t		 n, cap;
	struct xfile	*file;		/* as the stack lists them */
	size_t		 nfiles;
	struct sockindex byso;		/* sock[].so, those without left out */
	struct sockindex bypcb;		/* sock[].pcb, AF_UNIX only */
	struct sockindex bydata;	/* file[].xf_data */
};

/*
 * Read what v asks for.  A list that changed while it was read is read again,
 * up to five times.  0, or an errno with the name of the value it is about in
 * *namep (NULL: memory); EPROTO: the value is damaged.  *s is good for
 * socks_free() in any case.
 */
int	socks_gather(struct socks *s, const struct sockview *v,
	    const struct mib *mib, const char **namep);
void	socks_free(struct socks *s);

/* The socket of that name; NULL: not among those gathered. */
struct sock *socks_find(const struct socks *s, kvaddr_t so);
const struct sock *socks_find_pcb(const struct socks *s, kvaddr_t pcb);

/* The first file that is this socket, or NULL. */
const struct xfile *socks_file(const struct socks *s, kvaddr_t so);

#endif
