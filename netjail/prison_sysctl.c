/*
 * prison_sysctl.c - what the MIB says about jails: security.jail.*, the names
 * of 1999 (jail.*), kern.hostname.
 *
 * Theory of operation
 *
 * Most values here are the reader's own: a jail reads its own rights, its own
 * hostname, the list of the jails below it.  Outside jails the *_allowed
 * values are what a new jail gets if it does not say otherwise, and may be
 * written; prison0 itself is always allowed everything.
 *
 * security.jail.list comes in slices of LIST_SLICE records, or fewer if they are
 * long, in order of jid; a jail made or removed meanwhile is in it or not, but
 * none is in it twice.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "netjail/jailparam.h"
#include "netjail/prison_int.h"
#include "sysctl/sysctl.h"
#include "sysctl/xprison.h"

#define LIST_SLICE	64
#define LIST_BYTES	262144	/* enough for a slice */
#define KERN_HOSTNAME	10	/* FreeBSD's number */

static_assert(sizeof(struct xprison) == 1560, "layout of struct xprison");

SYSCTL_UINT(jail_max_af_ips, "security.jail.jail_max_af_ips", OID_AUTO,
    CTLFLAG_RW, prison_module, struct prisons, max_af_ips, NULL,
    "Number of IP addresses a jail may have at most per address family");

static int
sysctl_jailed(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	int val = jailed(req->vnet, req->cred);

	return sysctl_handle_value(oid, req, &val, sizeof(val));
}

SYSCTL_PROC(jailed, "security.jail.jailed", OID_AUTO,
    CTLTYPE_INT | CTLFLAG_RD, sysctl_jailed, 0, "I", "Process in jail?");

/* oid->arg: the right; negative: the value is its opposite. */
static int
sysctl_allow(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	bool inverse = oid->arg < 0;
	uint32_t bit = (uint32_t)(inverse ? -oid->arg : oid->arg);
	uint32_t *defaults = &V_prisons(req->vnet)->default_allow;
	bool own = jailed(req->vnet, req->cred);
	uint32_t allow = own ? prison_allow(req->cred->prison) : *defaults;
	int val = ((allow & bit) != 0) != inverse;
	int error;

	if (own && req->newptr != NULL)
		return EPERM;
	error = sysctl_handle_value(oid, req, &val, sizeof(val));
	if (error != 0 || req->newptr == NULL)
		return error;
	if ((val != 0) != inverse)
		*defaults |= bit;
	else
		*defaults &= ~bit;
	return 0;
}

#define JAIL_ALLOW(id, nm, ar, des)                                        \
	SYSCTL_PROC(id, nm, OID_AUTO, CTLTYPE_INT | CTLFLAG_RW,            \
	    sysctl_allow, ar, "I", des)

JAIL_ALLOW(set_hostname_allowed, "security.jail.set_hostname_allowed",
    PR_ALLOW_SET_HOSTNAME, "Processes in jail can set their hostnames");
JAIL_ALLOW(socket_unixiproute_only, "security.jail.socket_unixiproute_only",
    -PR_ALLOW_SOCKET_AF,
    "Processes in jail are limited to creating UNIX/IP/route sockets only");
JAIL_ALLOW(sysvipc_allowed, "security.jail.sysvipc_allowed",
    PR_ALLOW_SYSVIPC, "Processes in jail can use System V IPC primitives");
JAIL_ALLOW(allow_raw_sockets, "security.jail.allow_raw_sockets",
    PR_ALLOW_RAW_SOCKETS, "Prison root can create raw sockets");
SYSCTL_NODE(jail, "jail", OID_AUTO, "Jail rules, by their names of 1999");
JAIL_ALLOW(old_set_hostname_allowed, "jail.set_hostname_allowed",
    PR_ALLOW_SET_HOSTNAME, "Processes in jail can set their hostnames");
JAIL_ALLOW(old_socket_unixiproute_only, "jail.socket_unixiproute_only",
    -PR_ALLOW_SOCKET_AF,
    "Processes in jail are limited to creating UNIX/IP/route sockets only");
JAIL_ALLOW(old_sysvipc_allowed, "jail.sysvipc_allowed",
    PR_ALLOW_SYSVIPC, "Processes in jail can use System V IPC primitives");

static int
sysctl_hostname(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	struct prison *pr = req->cred->prison;
	char host[PRISON_NAMELEN];
	int error;

	strlcpy(host, pr->pr_host, sizeof(host));
	if (req->newptr != NULL && (pr->pr_allow & PR_ALLOW_SET_HOSTNAME) == 0)
		return EPERM;
	error = sysctl_handle_value(oid, req, host, sizeof(host));
	if (error != 0 || req->newptr == NULL)
		return error;
	return prison_set_hostname(pr, host);
}

SYSCTL_PROC(kern_hostname, "kern.hostname", KERN_HOSTNAME,
    CTLTYPE_STRING | CTLFLAG_RW | CTLFLAG_PRISON, sysctl_hostname, 0, "A",
    "Hostname");

/* ---- security.jail.children, security.jail.param ---- */

/* oid->arg: 0 for max, 1 for cur. */
static int
sysctl_children(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct prison *pr = req->cred->prison;
	unsigned val = oid->arg == 0 ? prison_children_max(pr) :
	    prison_children_cur(pr);

	return sysctl_handle_value(oid, req, &val, sizeof(val));
}

SYSCTL_NODE(children, "security.jail.children", OID_AUTO,
    "Limits and stats of child jails");
SYSCTL_PROC(children_max, "security.jail.children.max", OID_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, sysctl_children, 0, "IU",
    "Maximum number of child jails");
SYSCTL_PROC(children_cur, "security.jail.children.cur", OID_AUTO,
    CTLTYPE_UINT | CTLFLAG_RD, sysctl_children, 1, "IU",
    "Current number of child jails");

/*
 * What kind of parameter it is; oid->arg is its row in jailparams.  FreeBSD:
 * the value of a string, and of addresses, is the size, in decimal.
 */
static int
sysctl_param(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct jp_def *jp = &jailparams[oid->arg];
	char size[24];
	int zero = 0;

	if (req->newptr != NULL)
		return EPERM;
	if ((oid->kind & CTLTYPE) == CTLTYPE_INT)
		return sysctl_handle_value(oid, req, &zero, sizeof(zero));
	snprintf(size, sizeof(size), "%zu", jp->size);
	return SYSCTL_OUT(req, size, strlen(size) + 1);
}

#define KIND_STRING	CTLTYPE_STRING
#define KIND_INT	CTLTYPE_INT
#define KIND_BOOL	CTLTYPE_INT
#define KIND_JAILSYS	CTLTYPE_INT
#define KIND_IP4	CTLTYPE_OPAQUE
#define KIND_IP6	CTLTYPE_OPAQUE
#define FMT_STRING	"A"
#define FMT_INT		"I"
#define FMT_BOOL	"B"
#define FMT_JAILSYS	"E,jailsys"
#define FMT_IP4		"S,in_addr,a"
#define FMT_IP6		"S,in6_addr,a"
/* What has others below it, like ip4, is named "ip4.". */
#define DOT_STRING	""
#define DOT_INT		""
#define DOT_BOOL	""
#define DOT_JAILSYS	"."
#define DOT_IP4		""
#define DOT_IP6		""
#define ACCESS(flags)	(((flags) & JP_RDONLY) != 0 ? CTLFLAG_RD :          \
			((flags) & JP_CREATE) != 0 ?                        \
			CTLFLAG_RD | CTLFLAG_TUN : CTLFLAG_RW)

#define PARAM(id, nm, type, fl, sz, des)                                    \
	SYSCTL_PROC(param_##id, "security.jail.param." nm DOT_##type,       \
	    OID_AUTO, KIND_##type | ACCESS(fl), sysctl_param, JP_##id,      \
	    FMT_##type, des);
JAILPARAMS(PARAM)

SYSCTL_NODE(param, "security.jail.param", OID_AUTO, "Jail parameters");
SYSCTL_NODE(param_allow, "security.jail.param.allow", OID_AUTO,
    "Jail permission flags");
SYSCTL_NODE(param_children, "security.jail.param.children", OID_AUTO,
    "Limits and stats of child jails");
SYSCTL_NODE(param_host, "security.jail.param.host", OID_AUTO,
    "Jail host info");
SYSCTL_NODE(param_ip4, "security.jail.param.ip4", OID_AUTO,
    "Jail IPv4 address virtualization");
SYSCTL_NODE(param_ip6, "security.jail.param.ip6", OID_AUTO,
    "Jail IPv6 address virtualization");
SYSCTL_NODE(param_portrange, "security.jail.param.portrange", OID_AUTO,
    "Jail ephemeral ports");
SYSCTL_NODE(param_sockets, "security.jail.param.sockets", OID_AUTO,
    "Jail sockets");

/* ---- security.jail.list ---- */

static int
put_addresses(struct sysctl_req *req, const struct prison *pr, int f)
{
	const struct prison *owner = pr->pr_owner[f];
	size_t size = f == PR_INET ? 4 : 16, len = 0;
	uint8_t buf[4096];
	int error;

	for (unsigned i = 0; i < owner->pr_list[f].n; i++) {
		const struct inaddr *a = &owner->pr_list[f].ip[i].ip_addr;

		memcpy(buf + len, a->b + sizeof(a->b) - size, size);
		if ((len += size) < sizeof(buf))
			continue;
		if ((error = SYSCTL_OUT(req, buf, len)) != 0)
			return error;
		len = 0;
	}
	return SYSCTL_OUT(req, buf, len);
}

static int
put_prison(struct sysctl_req *req, const struct prison *pr)
{
	struct xprison xp;
	int error;

	memset(&xp, 0, sizeof(xp));
	xp.pr_version = XPRISON_VERSION;
	xp.pr_id = pr->pr_id;
	xp.pr_state = pr->pr_state == PRISON_ALIVE ? XPRISON_ALIVE :
	    XPRISON_DYING;
	strlcpy(xp.pr_path, prison_path_in(req->cred->prison, pr),
	    sizeof(xp.pr_path));
	strlcpy(xp.pr_host, pr->pr_host, sizeof(xp.pr_host));
	strlcpy(xp.pr_name, prison_name_in(req->cred->prison, pr),
	    sizeof(xp.pr_name));
	xp.pr_ip4s = pr->pr_owner[PR_INET]->pr_list[PR_INET].n;
	xp.pr_ip6s = pr->pr_owner[PR_INET6]->pr_list[PR_INET6].n;
	error = SYSCTL_OUT(req, &xp, sizeof(xp));
	if (error == 0)
		error = put_addresses(req, pr, PR_INET);
	if (error == 0)
		error = put_addresses(req, pr, PR_INET6);
	return error;
}

/* cursor[0]: the last jid looked at. */
static int
sysctl_list(const struct sysctl_oid *oid, struct sysctl_req *req)
{
	const struct prison *viewer = req->cred->prison;
	struct prison *pr;
	size_t before = req->outlen;
	int error = 0;

	(void)oid;
	for (int i = 0; i < LIST_SLICE && req->outlen - before < LIST_BYTES;
	    i++) {
		pr = prison_after(req->vnet, (int)req->cursor[0]);
		if (pr == NULL)
			return 0;
		req->cursor[0] = (uint64_t)pr->pr_id;
		if (pr != viewer && prison_check(viewer, pr))
			error = put_prison(req, pr);
		if (error != 0)
			return error;
	}
	return SYSCTL_MORE;
}

SYSCTL_PROC(jail_list, "security.jail.list", OID_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, sysctl_list, 0, "S,xprison",
    "List of active jails");
