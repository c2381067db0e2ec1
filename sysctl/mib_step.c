/*
 * mib_step.c - one request: find the value, check the right, run its handler.
 *
 * Theory of operation
 *
 * A request is stateless here: each step finds its value anew, since a handler
 * that answers in slices (SYSCTL_MORE) may be asked again much later.  What
 * goes from step to step is in the request, and the caller's.
 *
 * Rights: a value without CTLFLAG_WR is nobody's to write; others are root's,
 * or with CTLFLAG_ANYBODY everybody's; a jail's root writes only what is
 * marked CTLFLAG_PRISON.  Everything may be read by all: what a jail must not
 * see, its handler leaves out.
 *
 * The old value goes out before the new one comes in, so a request that fails
 * for lack of memory changes nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sysctl/mib_int.h"

#define OUT_MIN	256		/* bytes of a first buffer */

int
SYSCTL_OUT(struct sysctl_req *req, const void *p, size_t len)
{
	size_t cap = req->outcap != 0 ? req->outcap : OUT_MIN;
	uint8_t *out;

	if (req->sizeonly) {
		req->total += len;
		return 0;
	}
	if (len > SIZE_MAX / 2 - req->outlen)
		return ENOMEM;
	while (cap < req->outlen + len)
		cap *= 2;
	if (cap != req->outcap) {
		if ((out = realloc(req->out, cap)) == NULL)
			return ENOMEM;
		req->out = out;
		req->outcap = cap;
	}
	memcpy(req->out + req->outlen, p, len);
	req->outlen += len;
	req->total += len;
	return 0;
}

int
SYSCTL_IN(struct sysctl_req *req, void *p, size_t len)
{
	if (len > req->newlen - req->newidx)
		return EINVAL;
	memcpy(p, (const char *)req->newptr + req->newidx, len);
	req->newidx += len;
	return 0;
}

/* A string in a buffer of `size' bytes, always NUL-terminated. */
static int
handle_string(struct sysctl_req *req, char *s, size_t size)
{
	size_t len = strnlen(s, size - 1);
	int error;

	if ((error = SYSCTL_OUT(req, s, len)) != 0 ||
	    (error = SYSCTL_OUT(req, "", 1)) != 0)
		return error;
	if (req->newptr == NULL)
		return 0;
	len = req->newlen - req->newidx;
	if (len >= size)
		return EINVAL;
	if ((error = SYSCTL_IN(req, s, len)) == 0)
		s[len] = '\0';
	return error;
}

int
sysctl_handle_value(const struct sysctl_oid *oid, struct sysctl_req *req,
    void *p, size_t size)
{
	int error;

	if ((oid->kind & CTLTYPE) == CTLTYPE_STRING)
		return handle_string(req, p, size);
	if ((error = SYSCTL_OUT(req, p, size)) != 0 || req->newptr == NULL)
		return error;
	if ((oid->kind & CTLFLAG_STATS) == 0)
		return SYSCTL_IN(req, p, size);
	memset(p, 0, size);
	return 0;
}

int
sysctl_handle_constant(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	int value = (int)oid->arg;

	return SYSCTL_OUT(req, &value, sizeof(value));
}

/* 0 or EPERM: may this request do with a value of this kind what it wants? */
static int
access_check(uint32_t kind, const struct sysctl_req *req)
{
	if (req->newptr == NULL)
		return (kind & CTLFLAG_RD) != 0 ? 0 : EPERM;
	if ((kind & CTLFLAG_WR) == 0)
		return EPERM;
	if ((kind & CTLFLAG_ANYBODY) != 0)
		return 0;
	if (req->jailed && (kind & CTLFLAG_PRISON) == 0)
		return EPERM;
	return req->cred->uid == 0 ? 0 : EPERM;
}

int
sysctl_step(const int *name, unsigned namelen, struct sysctl_req *req)
{
	const struct mib_node *n;
	const struct sysctl_oid *oid;
	unsigned used;
	int error;

	if (namelen < 2 || namelen > CTL_MAXNAME)
		return EINVAL;
	if ((error = mib_find(req->vnet, name, namelen, &n, &used)) != 0)
		return error;
	if (mib_isdir(n))
		return EISDIR;
	oid = n->oid;
	if (used < namelen && (oid->kind & CTLTYPE) != CTLTYPE_NODE)
		return ENOTDIR;
	if ((error = access_check(oid->kind, req)) != 0)
		return error;
	req->name = name + used;
	req->namelen = namelen - used;
	req->newidx = 0;
	if (oid->handler != NULL)
		return oid->handler(oid, req);
	return sysctl_handle_value(oid, req, sysctl_var(oid, req), oid->size);
}
