/*
 * census.c - count what a stack holds.
 *
 * Theory of operation
 *
 * All of it comes from the MIB, value after value; between two of them sockets
 * may come and go, so the sums are of about one moment and not of one.  The
 * listings are counted record by record while they arrive and not kept, but for
 * the sockets of one jail, of which there are at most CENSUS_LOOK.
 *
 * How full a port range is cannot be read off a number of sockets: connections
 * share a local port.  So the ports of the default range are collected with
 * their owner, protocol and address, sorted, and each counted once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <bsd/string.h>

#include "netjail/census.h"

const char *const census_proto_name[CENSUS_NPROTO] = {
	[CENSUS_TCP] = "tcp", [CENSUS_UDP] = "udp", [CENSUS_RAW] = "raw",
};
const char *const census_range_name[RANGE_N] = {
	[RANGE_DEFAULT] = "default", [RANGE_HIGH] = "high", [RANGE_LOW] = "low",
};

static const char *const listing[CENSUS_NPROTO] = {
	[CENSUS_TCP] = "net.inet.tcp.pcblist",
	[CENSUS_UDP] = "net.inet.udp.pcblist",
	[CENSUS_RAW] = "net.inet.raw.pcblist",
};

#define FAMILY "net.inet.ip.portrange."
static const struct { const char *first, *last; } range_name[RANGE_N] = {
	[RANGE_DEFAULT] = { FAMILY "first", FAMILY "last" },
	[RANGE_HIGH] = { FAMILY "hifirst", FAMILY "hilast" },
	[RANGE_LOW] = { FAMILY "lowfirst", FAMILY "lowlast" },
};

/* A port taken.  Compared as bytes, so that there is no padding. */
struct taken {
	int32_t	 jid;
	uint16_t proto;
	uint16_t port;
	struct inaddr addr;
};
static_assert(sizeof(struct taken) == 24, "no padding");

/* What is only needed while counting. */
struct counting {
	struct census *c;
	struct taken *taken;
	size_t	 ntaken, cap;
	int	 look;
};

/* ---- values ---- */

static int
read_exactly(const struct mib *mib, const char *name, void *p, size_t size)
{
	size_t len = size;

	if (mib->swap(name, p, &len, NULL, 0) != 0)
		return errno == ENOMEM ? EPROTO : errno;
	return len == size ? 0 : EPROTO;
}

struct value {
	const char *name;
	void	*p;
	size_t	 size;
};

static int
read_values(const struct mib *mib, const struct value *v, size_t n,
    const char **what)
{
	int error = 0;
	size_t i;

	for (i = 0; i < n && error == 0; i++) {
		*what = v[i].name;
		error = read_exactly(mib, v[i].name, v[i].p, v[i].size);
	}
	return error;
}

static int
read_counters(struct census *c, const struct mib *mib, const char **what)
{
	const struct value values[] = {
		{ "net.inet.tcp.stats", &c->tcp, sizeof(c->tcp) },
		{ "net.inet.udp.stats", &c->udp, sizeof(c->udp) },
		{ "net.inet.ip.stats", &c->ip, sizeof(c->ip) },
		{ "net.inet.icmp.stats", &c->icmp, sizeof(c->icmp) },
		{ FAMILY "stats.picks", &c->ports.picks, sizeof(uint64_t) },
		{ FAMILY "stats.exhausted", &c->ports.exhausted,
		    sizeof(uint64_t) },
		{ FAMILY "stats.conflicts", &c->ports.conflicts,
		    sizeof(uint64_t) },
		{ FAMILY "stats.denied", &c->ports.denied, sizeof(uint64_t) },
		{ "net.inet.ip.intr_queue_drops", &c->intr_drops,
		    sizeof(uint64_t) },
	};

	return read_values(mib, values, sizeof(values) / sizeof(values[0]),
	    what);
}

static int
read_ranges(struct census *c, const struct mib *mib, const char **what)
{
	int error = 0, swap;
	unsigned r;

	for (r = 0; r < RANGE_N && error == 0; r++) {
		const struct value values[] = {
			{ range_name[r].first, &c->range[r].first,
			    sizeof(int) },
			{ range_name[r].last, &c->range[r].last, sizeof(int) },
		};

		error = read_values(mib, values, 2, what);
		if (c->range[r].first > c->range[r].last) {
			swap = c->range[r].first;
			c->range[r].first = c->range[r].last;
			c->range[r].last = swap;
		}
	}
	return error;
}

static int
read_version(struct census *c, const struct mib *mib, const char **what)
{
	size_t len = sizeof(c->version);

	*what = "kern.osrelease";
	if (mib->swap(*what, c->version, &len, NULL, 0) != 0)
		return errno == ENOMEM ? EPROTO : errno;
	c->version[sizeof(c->version) - 1] = '\0';
	return 0;
}

/* A stack that is embedded in another program has no such loop. */
static int
read_turns(struct census *c, const struct mib *mib, const char **what)
{
	const struct value values[] = {
		{ "debug.turn.measure", &c->turns.measured,
		    sizeof(c->turns.measured) },
		{ "debug.turn.count", &c->turns.count, sizeof(uint64_t) },
		{ "debug.turn.longest", &c->turns.longest, sizeof(uint64_t) },
		{ "debug.turn.over1ms", &c->turns.over1ms, sizeof(uint64_t) },
	};
	int error;

	error = read_values(mib, values, sizeof(values) / sizeof(values[0]),
	    what);
	if (error != ENOENT)
		return error;
	c->turns.measured = 0;
	return 0;
}

/* Records may be longer than ours; what is behind our fields is passed over. */
static int
read_zones(struct census *c, const struct mib *mib, const char **what)
{
	struct xzone xz;
	size_t len, left;
	char *buf, *p;

	*what = "vm.zones";
	if ((buf = mib->read(*what, &len)) == NULL)
		return errno;
	if ((c->zones = malloc(len)) == NULL && len > 0) {
		free(buf);
		return ENOMEM;
	}
	for (p = buf, left = len; left >= sizeof(xz); ) {
		memcpy(&xz, p, sizeof(xz));
		if (xz.xz_len < sizeof(xz) || xz.xz_len > left)
			break;
		xz.xz_name[sizeof(xz.xz_name) - 1] = '\0';
		c->zones[c->nzones++] = xz;
		p += xz.xz_len;
		left -= xz.xz_len;
	}
	free(buf);
	return left == 0 ? 0 : EPROTO;
}

/* ---- jails ---- */

static int
by_jid(const void *a, const void *b)
{
	const struct census_jail *x = a, *y = b;

	return (x->jid > y->jid) - (x->jid < y->jid);
}

static struct census_jail *
find(const struct census *c, int jid)
{
	const struct census_jail key = { .jid = jid };

	if (c->njails == 0)
		return NULL;
	return bsearch(&key, c->jails, c->njails, sizeof(key), by_jid);
}

const struct census_jail *
census_find(const struct census *c, int jid)
{
	return find(c, jid);
}

/* A new jail, in its place.  NULL: no memory. */
static struct census_jail *
add_jail(struct census *c, int jid)
{
	struct census_jail *j;
	size_t i = c->njails;

	/* By powers of two. */
	if ((i & (i - 1)) == 0) {
		j = reallocarray(c->jails, i == 0 ? 1 : 2 * i, sizeof(*j));
		if (j == NULL)
			return NULL;
		c->jails = j;
	}
	/* They come in order of jid, so that this is nearly always the end. */
	while (i > 0 && c->jails[i - 1].jid > jid)
		i--;
	j = &c->jails[i];
	memmove(j + 1, j, (c->njails - i) * sizeof(*j));
	c->njails++;
	memset(j, 0, sizeof(*j));
	j->jid = jid;
	snprintf(j->name, sizeof(j->name), "%d", jid);
	return j;
}

static void
first_address(struct census_jail *j, const struct xprison *xp, const void *p)
{
	in_addr_t a4;

	j->naddr = xp->pr_ip4s + xp->pr_ip6s;
	if (xp->pr_ip4s > 0) {
		memcpy(&a4, p, sizeof(a4));
		j->addr = inaddr_v4(a4);
	} else if (xp->pr_ip6s > 0)
		memcpy(&j->addr, p, sizeof(j->addr));
}

/* Bytes of a record, or 0: damaged. */
static size_t
prison_length(const struct xprison *xp, size_t left)
{
	uint64_t len = sizeof(*xp) + xp->pr_ip4s * UINT64_C(4) +
	    xp->pr_ip6s * UINT64_C(16);

	return xp->pr_version == XPRISON_VERSION && len <= left ? len : 0;
}

static int
add_prison(struct census *c, const struct xprison *xp, const void *addresses)
{
	struct census_jail *j = find(c, xp->pr_id);

	if (j == NULL && (j = add_jail(c, xp->pr_id)) == NULL)
		return ENOMEM;
	j->listed = true;
	j->dying = xp->pr_state == XPRISON_DYING;
	snprintf(j->name, sizeof(j->name), "%.*s", (int)sizeof(xp->pr_name) - 1,
	    xp->pr_name);
	snprintf(j->host, sizeof(j->host), "%.*s", (int)sizeof(xp->pr_host) - 1,
	    xp->pr_host);
	snprintf(j->path, sizeof(j->path), "%.*s", (int)sizeof(xp->pr_path) - 1,
	    xp->pr_path);
	first_address(j, xp, addresses);
	return 0;
}

static int
read_jails(struct census *c, const struct mib *mib, const char **what)
{
	struct xprison xp;
	size_t left, len;
	char *buf, *p;
	int error = 0;

	*what = "security.jail.list";
	if ((buf = mib->read(*what, &left)) == NULL)
		return errno;
	for (p = buf; left > 0 && error == 0; p += len, left -= len) {
		len = 0;
		if (left >= sizeof(xp)) {
			memcpy(&xp, p, sizeof(xp));
			len = prison_length(&xp, left);
		}
		error = len == 0 ? EPROTO : add_prison(c, &xp, p + sizeof(xp));
	}
	free(buf);
	return error;
}

/* ---- sockets ---- */

static int
note_port(struct counting *n, const struct conn *conn, int jid, unsigned proto)
{
	const struct census *c = n->c;
	int port = ntohs(conn->inp->inp_lport);
	struct taken *more;
	size_t cap;

	if (port < c->range[RANGE_DEFAULT].first ||
	    port > c->range[RANGE_DEFAULT].last)
		return 0;
	if (n->ntaken == n->cap) {
		cap = n->cap == 0 ? 256 : 2 * n->cap;
		more = reallocarray(n->taken, cap, sizeof(*more));
		if (more == NULL)
			return ENOMEM;
		n->taken = more;
		n->cap = cap;
	}
	n->taken[n->ntaken++] = (struct taken){ .jid = jid,
		.proto = (uint16_t)proto, .port = (uint16_t)port,
		.addr = conn->laddr };
	return 0;
}

static void
count_queues(struct census_jail *j, const struct xsocket *so)
{
	if (so->so_qlimit > 0) {
		j->qlen += so->so_qlen;
		j->incqlen += so->so_incqlen;
		j->qlimit += so->so_qlimit;
		return;
	}
	j->recvq += so->so_rcv.sb_cc;
	j->sendq += so->so_snd.sb_cc;
}

static int
keep_socket(struct census *c, const struct conn *conn, unsigned proto)
{
	const struct xsocket *so = conn->so;
	struct census_socket *s;

	if (c->found++ >= CENSUS_LOOK)
		return 0;
	if (c->look == NULL &&
	    (c->look = calloc(CENSUS_LOOK, sizeof(*c->look))) == NULL)
		return ENOMEM;
	s = &c->look[c->nlook++];
	*s = (struct census_socket){ .proto = proto, .state = -1,
		.laddr = conn->laddr, .faddr = conn->faddr,
		.lport = ntohs(conn->inp->inp_lport),
		.fport = ntohs(conn->inp->inp_fport) };
	if (conn->tp != NULL)
		s->state = conn->tp->t_state;
	s->recvq = so->so_qlimit > 0 ? so->so_qlen : so->so_rcv.sb_cc;
	s->sendq = so->so_qlimit > 0 ? so->so_qlimit : so->so_snd.sb_cc;
	return 0;
}

static int
count_socket(struct counting *n, const struct conn *conn, unsigned proto)
{
	struct census *c = n->c;
	int jid = (int)conn->inp->inp_spare64[0], error;
	struct census_jail *j = find(c, jid);

	if (j == NULL && (j = add_jail(c, jid)) == NULL)
		return ENOMEM;
	c->total++;
	j->sockets[proto]++;
	if (conn->tp != NULL && conn->tp->t_state >= 0 &&
	    conn->tp->t_state < TCP_NSTATES)
		j->states[conn->tp->t_state]++;
	count_queues(j, conn->so);
	if ((error = note_port(n, conn, jid, proto)) != 0 || jid != n->look)
		return error;
	return keep_socket(c, conn, proto);
}

static int
count_listing(struct counting *n, const struct mib *mib, unsigned proto,
    const char **what)
{
	struct feed *f;
	struct conn conn;
	struct walk w;
	int error = 0;

	*what = listing[proto];
	if ((f = mib->open(*what)) == NULL)
		return errno;
	walk_inet(&w, f, proto == CENSUS_TCP);
	while (error == 0 && walk_conn(&w, &conn))
		error = count_socket(n, &conn, proto);
	if (error == 0 && w.state == WALK_BAD)
		error = w.error != 0 ? w.error : EPROTO;
	walk_end(&w);
	mib->close(f);
	return error;
}

/* ---- ports ---- */

static int
compare_taken(const void *a, const void *b)
{
	const struct taken *x = a, *y = b;
	int order;

	if (x->jid != y->jid)
		return x->jid < y->jid ? -1 : 1;
	if (x->proto != y->proto)
		return x->proto < y->proto ? -1 : 1;
	if ((order = memcmp(&x->addr, &y->addr, sizeof(x->addr))) != 0)
		return order;
	return (x->port > y->port) - (x->port < y->port);
}

static bool
same_place(const struct taken *a, const struct taken *b)
{
	return a->jid == b->jid && a->proto == b->proto &&
	    inaddr_eq(&a->addr, &b->addr);
}

static void
count_ports(struct counting *n)
{
	struct census_jail *j = NULL;
	const struct taken *t;
	uint32_t ports = 0;
	size_t i;

	if (n->ntaken > 0)
		qsort(n->taken, n->ntaken, sizeof(*n->taken), compare_taken);
	for (i = 0; i < n->ntaken; i++) {
		t = &n->taken[i];
		if (i == 0 || !same_place(t - 1, t))
			ports = 1;
		else if (t->port != (t - 1)->port)
			ports++;
		if (i == 0 || t->jid != (t - 1)->jid)
			j = find(n->c, t->jid);
		if (j->ports < ports)
			j->ports = ports;
	}
}

int
census_range_size(const struct census *c, enum census_range r)
{
	return c->range[r].last - c->range[r].first + 1;
}

/* ---- all of it ---- */

int
census_take(struct census *c, const struct mib *mib, int look,
    const char **what)
{
	struct counting n = { .c = c, .look = look };
	unsigned proto;
	int error;

	memset(c, 0, sizeof(*c));
	if ((error = read_version(c, mib, what)) != 0 ||
	    (error = read_counters(c, mib, what)) != 0 ||
	    (error = read_ranges(c, mib, what)) != 0 ||
	    (error = read_turns(c, mib, what)) != 0 ||
	    (error = read_zones(c, mib, what)) != 0 ||
	    (error = read_jails(c, mib, what)) != 0)
		return error;
	for (proto = 0; proto < CENSUS_NPROTO && error == 0; proto++)
		error = count_listing(&n, mib, proto, what);
	if (error == 0)
		count_ports(&n);
	free(n.taken);
	return error;
}

void
census_free(struct census *c)
{
	free(c->jails);
	free(c->zones);
	free(c->look);
	memset(c, 0, sizeof(*c));
}
