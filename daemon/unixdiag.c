/*
 * unixdiag.c - the AF_UNIX sockets of jailed programs, from the kernel.
 *
 * Theory of operation
 *
 * A jail's init leaves the daemon a NETLINK_SOCK_DIAG socket that it made in
 * the jail's network namespace.  The kernel lists there what the jail's programs
 * have made, and nothing else: the pairs that stand for sockets of the stack
 * are of the daemon's namespace.
 *
 * The kernel gives one listing at a time per socket, in an order of its own.
 * So all who want to know share a round: it is read part by part, each socket
 * is kept under its inode number, and at the end those are dropped that the
 * round did not tell of.  A reader waits for the end of a round that was not
 * over when he asked, then goes by inode number at his own pace, through later
 * rounds as it may be; he holds nothing, and what lives long enough he sees
 * once.  Rounds of all jails are counted together, so that of a jail whose jid
 * was another's none is taken for the other's.
 *
 * No more than RECS_MAX sockets of a jail are kept; those beyond are not shown.
 * Who waits at a listener is not asked for: records are short.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/sys/tree.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "base/ctlmsg.h"
#include "base/nlmsg.h"
#include "daemon/daemon.h"
#include "daemon/djail.h"
#include "daemon/unixdiag.h"
#include "netjail/prison.h"
#include "stack/uipc.h"
#include "sysctl/xport.h"

#define RECS_MAX	16384
#define SWEEP		256	/* kept ones looked at in a step */
#define PART_MAX	32768	/* the kernel's are no longer */

#define STATE_LISTEN	10	/* TCP_LISTEN of Linux */

struct kept {
	RB_ENTRY(kept)	 entry;
	uint64_t	 round;		/* the last that told of it */
	uint32_t	 ino;
	uint32_t	 len;
	uint32_t	 body[];	/* struct unix_diag_msg, attributes */
};

RB_HEAD(kepttree, kept);

enum phase { PHASE_REST, PHASE_HEAR, PHASE_SWEEP };

struct unixdiag {
	int		 fd;
	enum phase	 phase;
	uint64_t	 before;	/* the last round of another */
	uint64_t	 round;		/* begun */
	uint64_t	 over;		/* ended */
	struct kepttree	 kept;
	unsigned	 n;
	uint32_t	 swept;		/* inode number */
};

static int
kept_cmp(const struct kept *a, const struct kept *b)
{
	return (a->ino > b->ino) - (a->ino < b->ino);
}

RB_PROTOTYPE(kepttree, kept, entry, kept_cmp);
RB_GENERATE(kepttree, kept, entry, kept_cmp);

/* ---- the socket ---- */

static bool
is_sock_diag(int fd)
{
	int domain = 0, protocol = 0;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) == 0 &&
	    domain == AF_NETLINK && protocol == NETLINK_SOCK_DIAG;
}

void
unixdiag_init(struct djail *j, int pidfd)
{
	struct unixdiag *ud;
	int fd;

	fd = (int)syscall(SYS_pidfd_getfd, pidfd, INIT_UNIX_FD, 0);
	if (fd < 0)
		return;
	if (!is_sock_diag(fd) || (ud = calloc(1, sizeof(*ud))) == NULL) {
		close(fd);
		return;
	}
	ud->fd = fd;
	ud->before = j->d->unixround;
	RB_INIT(&ud->kept);
	j->unixdiag = ud;
}

static void
forget(struct unixdiag *ud, struct kept *k)
{
	RB_REMOVE(kepttree, &ud->kept, k);
	ud->n--;
	free(k);
}

void
unixdiag_fini(struct djail *j)
{
	struct unixdiag *ud = j->unixdiag;
	struct kept *k;

	if (ud == NULL)
		return;
	while ((k = RB_ROOT(&ud->kept)) != NULL)
		forget(ud, k);
	close(ud->fd);
	free(ud);
	j->unixdiag = NULL;
}

/* ---- rounds ---- */

uint64_t
unixdiag_begin(struct djail *j)
{
	struct unixdiag *ud = j->unixdiag;
	const struct {
		struct nlmsghdr hdr;
		struct unix_diag_req rq;
	} m = {
		.hdr = {
			.nlmsg_len = sizeof(m),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.rq = {
			.sdiag_family = AF_UNIX, .udiag_states = ~0u,
			.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS |
			    UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN |
			    UDIAG_SHOW_MEMINFO | UDIAG_SHOW_UID,
		},
	};

	if (ud == NULL)
		return 0;
	if (ud->phase == PHASE_HEAR)
		return ud->round;
	if (send(ud->fd, &m, sizeof(m), MSG_DONTWAIT) != (ssize_t)sizeof(m))
		return 0;
	ud->phase = PHASE_HEAR;
	return ud->round = ++j->d->unixround;
}

static void
keep(struct unixdiag *ud, const struct unix_diag_msg *msg, uint32_t len)
{
	struct kept key = { .ino = msg->udiag_ino }, *k;

	k = RB_FIND(kepttree, &ud->kept, &key);
	if (k != NULL && k->len != len) {
		forget(ud, k);
		k = NULL;
	}
	if (k == NULL) {
		if (ud->n >= RECS_MAX ||
		    (k = malloc(sizeof(*k) + len)) == NULL)
			return;
		k->ino = msg->udiag_ino;
		k->len = len;
		RB_INSERT(kepttree, &ud->kept, k);
		ud->n++;
	}
	k->round = ud->round;
	memcpy(k->body, msg, len);
}

/* Hear a part.  True: it was the last. */
static bool
hear(struct unixdiag *ud)
{
	static uint32_t buf[PART_MAX / sizeof(uint32_t)];
	const uint8_t *p = (const uint8_t *)buf;
	const struct nlmsghdr *h;
	const void *body;
	size_t len, n;
	ssize_t got;

	if ((got = recv(ud->fd, buf, sizeof(buf), MSG_DONTWAIT)) <= 0)
		return errno != EINTR;
	for (len = (size_t)got; (h = nl_message(&p, &len)) != NULL;) {
		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
			return true;
		body = nl_body(h, &n);
		if (n >= sizeof(struct unix_diag_msg))
			keep(ud, body, (uint32_t)n);
	}
	return false;
}

static struct kept *
kept_after(const struct unixdiag *ud, uint32_t ino)
{
	struct kept key = { .ino = ino + 1 };

	if (ino == UINT32_MAX)
		return NULL;
	return RB_NFIND(kepttree, (struct kepttree *)(uintptr_t)&ud->kept,
	    &key);
}

/* Drop some that the round did not tell of.  True: all have been looked at. */
static bool
sweep(struct unixdiag *ud)
{
	struct kept *k;
	unsigned n = SWEEP;

	while ((k = kept_after(ud, ud->swept)) != NULL && n-- > 0) {
		ud->swept = k->ino;
		if (k->round < ud->round)
			forget(ud, k);
	}
	return k == NULL;
}

bool
unixdiag_step(struct djail *j, uint64_t round)
{
	struct unixdiag *ud = j->unixdiag;

	if (ud->over >= round)
		return true;
	if (ud->phase == PHASE_HEAR && hear(ud)) {
		ud->phase = PHASE_SWEEP;
		ud->swept = 0;
	} else if (ud->phase == PHASE_SWEEP && sweep(ud)) {
		ud->phase = PHASE_REST;
		ud->over = ud->round;
	}
	return ud->over >= round;
}

/* ---- reading ---- */

static bool
show(const struct kept *k, struct unixrec *rec)
{
	if (k == NULL)
		return false;
	*rec = (struct unixrec) {
		.ino = k->ino, .len = k->len, .msg = (const void *)k->body,
	};
	return true;
}

bool
unixdiag_after(const struct djail *j, uint32_t ino, struct unixrec *rec)
{
	return show(kept_after(j->unixdiag, ino), rec);
}

bool
unixdiag_find(const struct djail *j, uint32_t ino, struct unixrec *rec)
{
	return j->unixdiag != NULL && ino != 0 &&
	    unixdiag_after(j, ino - 1, rec) && rec->ino == ino;
}

const void *
unixdiag_attr(const struct unixrec *rec, unsigned type, size_t *len)
{
	const uint8_t *p = (const void *)(rec->msg + 1);
	size_t left = rec->len - sizeof(*rec->msg);
	const struct nlattr *a;

	while ((a = nl_attr(&p, &left)) != NULL)
		if (a->nla_type == type)
			return nl_value(a, len);
	return NULL;
}

/* ---- net.local.*.pcblist ---- */

/* The value of an attribute that is a number; 0: it has none. */
static uint32_t
number(const struct unixrec *rec, unsigned type, unsigned index)
{
	uint32_t n = 0;
	size_t len;
	const uint8_t *p = unixdiag_attr(rec, type, &len);

	if (p != NULL && len >= (index + 1) * sizeof(n))
		memcpy(&n, p + index * sizeof(n), sizeof(n));
	return n;
}

/* An abstract name begins with @, as Linux's tools show it. */
static void
fill_name(struct xsockaddr_un *sun, const struct unixrec *rec)
{
	size_t len;
	const char *name = unixdiag_attr(rec, UNIX_DIAG_NAME, &len);

	if (name == NULL)
		return;
	if (len > sizeof(sun->sun_path))
		len = sizeof(sun->sun_path);
	sun->sun_len = (uint8_t)(offsetof(struct xsockaddr_un, sun_path) + len);
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, name, len);
	if (len > 0 && sun->sun_path[0] == '\0')
		sun->sun_path[0] = '@';
}

static void
fill_socket(struct xsocket *xso, const struct unixrec *rec)
{
	uint32_t rq = number(rec, UNIX_DIAG_RQLEN, 0);

	xso->xso_len = sizeof(*xso);
	xso->xso_so = UNP_FOREIGN(rec->ino);
	xso->so_pcb = xso->xso_so;
	xso->xso_family = AF_UNIX;
	xso->so_type = rec->msg->udiag_type;
	xso->so_uid = number(rec, UNIX_DIAG_UID, 0);
	if (rec->msg->udiag_state == STATE_LISTEN) {
		xso->so_options = SOPT_ACCEPTCONN;
		xso->so_qlen = rq;
		xso->so_qlimit = number(rec, UNIX_DIAG_RQLEN, 1);
	} else
		xso->so_rcv.sb_cc = rq;
}

static void
fill_record(struct xunpcb *xu, const struct djail *j,
    const struct unixrec *rec)
{
	uint32_t conn = number(rec, UNIX_DIAG_PEER, 0);
	uint32_t vnode = number(rec, UNIX_DIAG_VFS, 0);
	struct unixrec peer;

	xu->xu_len = sizeof(*xu);
	xu->xu_unpp = UNP_FOREIGN(rec->ino);
	xu->unp_vnode = vnode != 0 ? UNP_FOREIGN(vnode) : 0;
	xu->unp_conn = conn != 0 ? UNP_FOREIGN(conn) : 0;
	/* No generation: readers pass over what is newer than the header. */
	xu->xu_spare64[0] = prison_jid(j->prison);
	fill_name(&xu->xu_addr, rec);
	if (unixdiag_find(j, conn, &peer))
		fill_name(&xu->xu_caddr, &peer);
	fill_socket(&xu->xu_socket, rec);
}

/* The jail with the least jid above jid that viewer may see and has some. */
static struct djail *
next_jail(const struct daemon *d, const struct prison *viewer, int jid)
{
	struct djail *j, *best = NULL;

	TAILQ_FOREACH(j, &d->djails, link)
		if (j->unixdiag != NULL && prison_jid(j->prison) > jid &&
		    prison_check(viewer, j->prison) && (best == NULL ||
		    prison_jid(j->prison) < prison_jid(best->prison)))
			best = j;
	return best;
}

/* What goes from call to call: the jail, its round, the last socket. */
enum { CUR_JID, CUR_ROUND, CUR_INO };

static int
list_next(void *arg, const struct prison *viewer, int type,
    uint64_t cur[UNP_CURSOR], struct xunpcb *xu)
{
	const struct daemon *d = arg;
	struct djail *j = djail_find(d, (int)cur[CUR_JID]);
	struct unixrec rec;

	if (cur[CUR_ROUND] == 0 || j == NULL || j->unixdiag == NULL ||
	    cur[CUR_ROUND] <= j->unixdiag->before) {
		j = next_jail(d, viewer, (int)cur[CUR_JID]);
		if (j == NULL)
			return ENOENT;
		cur[CUR_JID] = (uint64_t)prison_jid(j->prison);
		cur[CUR_ROUND] = unixdiag_begin(j);
		cur[CUR_INO] = 0;
		return EAGAIN;
	}
	if (!unixdiag_step(j, cur[CUR_ROUND]))
		return EAGAIN;
	if (!unixdiag_after(j, (uint32_t)cur[CUR_INO], &rec)) {
		cur[CUR_ROUND] = 0;
		return EAGAIN;
	}
	cur[CUR_INO] = rec.ino;
	if (rec.msg->udiag_type != type)
		return EINTR;
	memset(xu, 0, sizeof(*xu));
	fill_record(xu, j, &rec);
	return 0;
}

void
unixdiag_list(struct daemon *d)
{
	unp_setforeign(d->vnet, list_next, d);
}
