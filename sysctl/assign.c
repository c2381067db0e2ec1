/*
 * assign.c - set values of a stack that nobody serves yet (netjaild -o).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysctl/mib_int.h"
#include "sysctl/sysctl.h"
#include "sysctl/text.h"

#define NAME_MAXLEN	1024

/* The binary form of text becomes the new value of (mib, len). */
static int
assign(struct sysctl_req *req, const int *mib, unsigned len, uint32_t kind,
    const char *text, char *msg, size_t msglen)
{
	char bad[128];
	void *val;
	int error;

	error = sysctl_encode(kind, text, &val, &req->newlen, bad,
	    sizeof(bad));
	if (error == EINVAL)
		snprintf(msg, msglen, "invalid %s '%s'",
		    sysctl_type(kind)->name, bad);
	if (error != 0)
		return error;
	req->newptr = val;
	error = sysctl_step(mib, len, req);
	free(req->out);
	free(val);
	return error;
}

int
sysctl_assign(struct vnet *v, const struct cred *cred, const char *text,
    char *msg, size_t len)
{
	struct sysctl_req req = { .vnet = v, .cred = cred };
	const struct mib_node *n;
	const char *eq = strchr(text, '=');
	char name[NAME_MAXLEN];
	int mib[CTL_MAXNAME], error;
	unsigned miblen = CTL_MAXNAME, used;

	if (eq == NULL || (size_t)(eq - text) >= sizeof(name)) {
		snprintf(msg, len, "%s: not name=value", text);
		return EINVAL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(eq - text), text);
	if (sysctl_lookup(v, name, mib, &miblen) != 0 ||
	    mib_find(v, mib, miblen, &n, &used) != 0) {
		snprintf(msg, len, "unknown oid '%s'", name);
		return ENOENT;
	}
	if ((mib_kind(n) & CTLFLAG_TUN) == 0) {
		snprintf(msg, len, "oid '%s' cannot be set at the start", name);
		return EPERM;
	}
	*msg = '\0';
	error = assign(&req, mib, miblen, mib_kind(n), eq + 1, msg, len);
	if (error != 0 && *msg == '\0')
		snprintf(msg, len, "%s: %s", name, strerror(error));
	return error;
}
