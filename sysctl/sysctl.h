/*
 * The MIB: a tree of named, numbered values, after FreeBSD's sysctl(9).
 *
 * A value is declared beside the variable it shows:
 *
 *	SYSCTL_INT(ipport_first, "net.inet.ip.portrange.first", OID_AUTO,
 *	    CTLFLAG_RW, portrange_module, struct portrange, first, NULL,
 *	    "First default ephemeral port");
 *
 * The variable is a field of a module's state in the vnet (base/vnet.h), so
 * one declaration serves every vnet.  Interior nodes come to be by being named;
 * SYSCTL_NODE() gives one a fixed number and a description.  The tree is
 * built by vnet_new().
 *
 * A handler that has much to say (a million PCBs) says it in slices: it
 * writes some, keeps its place in req->cursor, returns SYSCTL_MORE and is
 * called again when the reader has taken what was written.  Between two calls
 * anything may have changed.
 */
#ifndef SYSCTL_SYSCTL_H
#define SYSCTL_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cred.h"
#include "base/linkerset.h"
#include "base/vnet.h"
#include "include/bsd/sys/sysctl.h"

struct sysctl_oid;
struct sysctl_req;

/* 0, a positive errno, or SYSCTL_MORE. */
typedef int sysctl_handler(const struct sysctl_oid *, struct sysctl_req *);
#define SYSCTL_MORE	(-1)

/* A declared value or node.  Constant. */
struct sysctl_oid {
	const char	*name;		/* full, dotted */
	int		 number;	/* last component, or OID_AUTO */
	uint32_t	 kind;		/* CTLTYPE_ | CTLFLAG_ */
	const struct vnet_module *module;	/* NULL: no variable */
	size_t		 offset;	/* of the variable in its state */
	size_t		 size;		/* of the variable */
	sysctl_handler	*handler;	/* NULL: plain read and write */
	intptr_t	 arg;		/* the handler's */
	const char	*fmt;		/* "I", "IU", "A", "S,xinpcb", ... */
	const char	*descr;
};

struct sysctl_req {
	struct vnet	*vnet;
	const struct cred *cred;
	bool		 jailed;	/* cred is in a jail */
	bool		 sizeonly;	/* old value: count, do not copy */
	const void	*newptr;	/* NULL: a read */
	size_t		 newlen;
	size_t		 newidx;	/* taken by SYSCTL_IN() so far */
	const int	*name;		/* components below the oid */
	unsigned	 namelen;
	uint8_t		*out;		/* filled by SYSCTL_OUT(); malloc()ed */
	size_t		 outlen;
	size_t		 outcap;
	uint64_t	 total;		/* bytes of old value over all slices */
	uint64_t	 cursor[4];	/* the handler's; zero at first */
};

#define SYSCTL_OID(id, nm, num, knd, mod, off, sz, fn, ar, fm, des)        \
	static const struct sysctl_oid sysctl__##id = {                    \
		.name = (nm), .number = (num), .kind = (knd),              \
		.module = (mod), .offset = (off), .size = (sz),            \
		.handler = (fn), .arg = (ar), .fmt = (fm), .descr = (des), \
	};                                                                 \
	LINKERSET_ADD(sysctl, sysctl__##id)

#define SYSCTL_FIELD_(id, nm, num, knd, mod, type, field, fn, fm, des)     \
	SYSCTL_OID(id, nm, num, knd, &(mod), offsetof(type, field),        \
	    sizeof(((type *)0)->field), fn, 0, fm, des)

#define SYSCTL_NODE(id, nm, num, des)                                      \
	SYSCTL_OID(id, nm, num, CTLTYPE_NODE | CTLFLAG_RD, NULL, 0, 0,     \
	    NULL, 0, "N", des)
#define SYSCTL_INT(id, nm, num, fl, mod, type, field, fn, des)             \
	SYSCTL_FIELD_(id, nm, num, CTLTYPE_INT | (fl), mod, type, field,   \
	    fn, "I", des)
#define SYSCTL_UINT(id, nm, num, fl, mod, type, field, fn, des)            \
	SYSCTL_FIELD_(id, nm, num, CTLTYPE_UINT | (fl), mod, type, field,  \
	    fn, "IU", des)
#define SYSCTL_U64(id, nm, num, fl, mod, type, field, fn, des)             \
	SYSCTL_FIELD_(id, nm, num, CTLTYPE_U64 | (fl), mod, type, field,   \
	    fn, "QU", des)
#define SYSCTL_STRING(id, nm, num, fl, mod, type, field, fn, des)          \
	SYSCTL_FIELD_(id, nm, num, CTLTYPE_STRING | (fl), mod, type,       \
	    field, fn, "A", des)
/* A struct: fm is "S,name".  Counters (CTLFLAG_STATS) are set back to zero by
 * whatever is written to them, as netstat -z does. */
#define SYSCTL_STRUCT(id, nm, num, fl, mod, type, field, fn, fm, des)      \
	SYSCTL_FIELD_(id, nm, num, CTLTYPE_OPAQUE | (fl), mod, type,       \
	    field, fn, fm, des)
/* No variable: fn says it all.  knd is CTLTYPE_ | CTLFLAG_. */
#define SYSCTL_PROC(id, nm, num, knd, fn, ar, fm, des)                     \
	SYSCTL_OID(id, nm, num, knd, NULL, 0, 0, fn, ar, fm, des)

/* An int or unsigned that never changes.  knd as above. */
#define SYSCTL_CONST(id, nm, num, knd, value, fm, des)                     \
	SYSCTL_OID(id, nm, num, knd, NULL, 0, sizeof(int),                 \
	    sysctl_handle_constant, value, fm, des)

/* The variable an oid declares, in this vnet. */
static inline void *
sysctl_var(const struct sysctl_oid *oid, const struct sysctl_req *req)
{
	return (char *)vnet_data(req->vnet, oid->module) + oid->offset;
}

/* Append to the old value.  0 or ENOMEM. */
int	SYSCTL_OUT(struct sysctl_req *req, const void *p, size_t len);

/* Take the next len bytes of the new value.  0, or EINVAL: too short. */
int	SYSCTL_IN(struct sysctl_req *req, void *p, size_t len);

/*
 * Read and, if a new value was given, replace a value of the given kind at p.
 * Handlers that clamp or check call this with a copy first.  Of statistics any
 * new value makes zeros.
 * EINVAL: wrong length.
 */
int	sysctl_handle_value(const struct sysctl_oid *oid, struct sysctl_req *req,
	    void *p, size_t size);

/* The handler of a number that never changes: oid->arg as an int. */
sysctl_handler sysctl_handle_constant;

/*
 * One step of the request (name, namelen) with cred's rights: finds the oid,
 * checks that it may be read or written, runs its handler once.  The caller
 * sets vnet, cred, jailed, newptr, newlen and sizeonly in a zeroed req, takes
 * req->out away (or resets outlen) between steps, calls again while
 * SYSCTL_MORE is returned, and frees req->out at the end.
 * ENOENT, EISDIR, ENOTDIR, EPERM, EINVAL as sysctl(3); handlers add theirs.
 */
int	sysctl_step(const int *name, unsigned namelen, struct sysctl_req *req);

/* Name to number.  0 or ENOENT; *lenp: in, room; out, components. */
int	sysctl_lookup(const struct vnet *v, const char *name, int *mib,
	    unsigned *lenp);

#endif
