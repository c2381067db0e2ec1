/*
 * What the files of the socket layer (stack/socket*.c) share.
 */
#ifndef STACK_SOCKET_INT_H
#define STACK_SOCKET_INT_H

#include <stdint.h>

#include "base/vnet.h"
#include "base/zone.h"
#include "stack/socket.h"
#include "stack/uipc.h"

struct sockstate {
	struct zone	*zone;
	uint64_t	 gencnt;	/* last so_gencnt given */
	uint64_t	 numopen;
	uint32_t	 maxsockets;	/* kern.ipc.maxsockets */
	uint32_t	 maxsockbuf;	/* kern.ipc.maxsockbuf, bytes */
	uint32_t	 acceptqueue;	/* kern.ipc.soacceptqueue */
	soparkedfn	*parked;	/* NULL: nobody's sockets park bytes */
	unforeignfn	*foreign;	/* stack/uipc.h; NULL: there are none */
	void		*foreignarg;
};

extern struct vnet_module socket_module;
#define V_sockstate(v) \
	((struct sockstate *)vnet_data((v), &socket_module))

/* A socket without a PCB; it takes a prison reference.  NULL: ENOBUFS. */
struct socket *soalloc(struct vnet *v, const struct protosw *pr,
	    const struct cred *cred);
void	sodealloc(struct socket *so);

/* Take so out of its listener's queue. */
void	soqueue_leave(struct socket *so);
/* From so_incomp to so_comp, and tell the listener. */
void	soqueue_complete(struct socket *so);
/*
 * The owner of a listener goes: reset the connections that wait in its queues.
 * Of many some are left for later; head, which sofree() then spares, is freed
 * with the last of them.
 */
void	soqueue_abort(struct socket *head);
/* Is head a listener in whose queues a connection waits? */
bool	soqueue_waiting(const struct socket *head);

/* Tell the owner, if there is one who listens. */
void	soupcall(struct socket *so, unsigned events);

/* Take so_error. */
int	sotakeerror(struct socket *so);

#endif
