/*
 * mib_meta.c - what the MIB says about itself: the values below "sysctl" (0).
 *
 * Theory of operation
 *
 * These are what sysctl(3) and sysctl(8) are made of.  Each is a node that
 * handles the components below it, the number it is asked about:
 *
 *	{0, 1, ...}	the name of a number
 *	{0, 2, ...}	the number of the value after it, CTLFLAG_SKIP left out
 *	{0, 3}		the number of a name, which is passed as a new value
 *	{0, 4, ...}	its kind (unsigned int) and format (string)
 *	{0, 5, ...}	its description
 *	{0, 7, ...}	as 2, nothing left out
 *
 * The numbers are FreeBSD's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sysctl/mib_int.h"

#define NAME_MAXLEN	1024	/* bytes of a name to look up, NUL included */

/* Put "name", or ".name" if it is not the first, into the old value. */
static int
name_out(struct sysctl_req *req, bool first, const char *name, size_t len)
{
	int error = first ? 0 : SYSCTL_OUT(req, ".", 1);

	return error != 0 ? error : SYSCTL_OUT(req, name, len);
}

/* Components that have no name are shown as numbers, as FreeBSD does. */
static int
meta_name(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct mib_node *n = mib_root(req->vnet);
	char digits[16];
	unsigned i;
	int error, len;

	(void)oid;
	for (i = 0; i < req->namelen; i++) {
		if (n != NULL)
			n = mib_isdir(n) ? mib_child(n, req->name[i]) : NULL;
		if (n != NULL) {
			error = name_out(req, i == 0, n->name, n->namelen);
		} else {
			len = snprintf(digits, sizeof(digits), "%d",
			    req->name[i]);
			error = name_out(req, i == 0, digits, (size_t)len);
		}
		if (error != 0)
			return error;
	}
	return SYSCTL_OUT(req, "", 1);
}

/* The number of n, from the root down. */
static int
number_out(struct sysctl_req *req, const struct mib_node *n)
{
	int mib[CTL_MAXNAME];
	unsigned i = CTL_MAXNAME;

	for (; n->parent != NULL; n = n->parent)
		mib[--i] = n->number;
	return SYSCTL_OUT(req, &mib[i], (CTL_MAXNAME - i) * sizeof(int));
}

/* oid->arg: leave out what is marked CTLFLAG_SKIP. */
static int
meta_next(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct mib_node *n;

	n = mib_next(req->vnet, req->name, req->namelen, oid->arg != 0);
	return n != NULL ? number_out(req, n) : ENOENT;
}

static int
meta_name2oid(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	char name[NAME_MAXLEN];
	int mib[CTL_MAXNAME];
	unsigned len = CTL_MAXNAME;
	int error;

	(void)oid;
	if (req->newlen == 0)
		return ENOENT;
	if (req->newlen >= sizeof(name))
		return ENAMETOOLONG;
	memcpy(name, req->newptr, req->newlen);
	name[req->newlen] = '\0';
	if ((error = sysctl_lookup(req->vnet, name, mib, &len)) != 0)
		return error;
	return SYSCTL_OUT(req, mib, len * sizeof(int));
}

/* The node that a meta request is about: all components must lead to it. */
static int
subject(const struct sysctl_req *req, const struct mib_node **np)
{
	unsigned used;
	int error;

	error = mib_find(req->vnet, req->name, req->namelen, np, &used);
	if (error != 0 || used == 0)
		return ENOENT;
	if (used < req->namelen &&
	    (mib_kind(*np) & CTLTYPE) != CTLTYPE_NODE)
		return ENOENT;
	return 0;
}

static int
meta_oidfmt(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct mib_node *n;
	const char *fmt;
	uint32_t kind;
	int error;

	(void)oid;
	if ((error = subject(req, &n)) != 0)
		return error;
	kind = mib_kind(n);
	fmt = n->oid != NULL && n->oid->fmt != NULL ? n->oid->fmt : "N";
	if ((error = SYSCTL_OUT(req, &kind, sizeof(kind))) != 0)
		return error;
	return SYSCTL_OUT(req, fmt, strlen(fmt) + 1);
}

static int
meta_descr(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct mib_node *n;
	int error;

	(void)oid;
	if ((error = subject(req, &n)) != 0)
		return error;
	if (n->oid == NULL || n->oid->descr == NULL)
		return ENOENT;
	return SYSCTL_OUT(req, n->oid->descr, strlen(n->oid->descr) + 1);
}

#define META	(CTLTYPE_NODE | CTLFLAG_RD | CTLFLAG_SKIP)

SYSCTL_NODE(meta, "sysctl", 0, "Sysctl internal magic");
SYSCTL_PROC(meta_name, "sysctl.name", 1, META, meta_name, 0, "N",
    "Name of a number");
SYSCTL_PROC(meta_next, "sysctl.next", 2, META, meta_next, 1, "N",
    "Number of the next value that is shown");
SYSCTL_PROC(meta_name2oid, "sysctl.name2oid", 3, CTLTYPE_INT | CTLFLAG_RW |
    CTLFLAG_ANYBODY | CTLFLAG_SKIP, meta_name2oid, 0, "I",
    "Number of a name");
SYSCTL_PROC(meta_oidfmt, "sysctl.oidfmt", 4, META, meta_oidfmt, 0, "N",
    "Kind and format of a number");
SYSCTL_PROC(meta_descr, "sysctl.oiddescr", 5, META, meta_descr, 0, "N",
    "Description of a number");
SYSCTL_PROC(meta_nextall, "sysctl.nextnoskip", 7, META, meta_next, 0, "N",
    "Number of the next value");
