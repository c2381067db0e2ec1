/*
 * socks.c - from listings to the tables that sockstat joins.
 *
 * Sockets come from the lists of PCBs, their holders from kern.file; what
 * relates the two is the name of the socket, xso_so.  The lists are read one
 * after the other while the stack goes on: a socket may be in one of them only.
 * Then it is shown without a holder, or not at all.
 *
 * A list whose header and trailer have different generations changed while it
 * was read.  It is read again, RETRIES times at the most; the last one is
 * kept, and -v says so.
 *
 * Which sockets are kept is what FreeBSD's sockstat keeps: one that has no
 * foreign port is taken for listening, any other for connected.  -j keeps those
 * of the jail and the jails below it and the descriptors of its processes, so
 * that what is left is what the jail sees of itself.
 */
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/jail.h"
#include "netstat/socks.h"

#define RETRIES		5	/* FreeBSD's */

/* One listing. */
struct part {
	const char	*list;
	const char	*proto;
	bool		 tcp;
	bool		 local;
};

static const struct part tcp_part = { "net.inet.tcp.pcblist", "tcp", true,
	false };
static const struct part udp_part = { "net.inet.udp.pcblist", "udp", false,
	false };
static const struct part local_parts[] = {
	{ "net.local.stream.pcblist", "stream", false, true },
	{ "net.local.dgram.pcblist", "dgram", false, true },
	{ "net.local.seqpacket.pcblist", "seqpacket", false, true },
};

/* ---- sockets ---- */

static bool
in_view(const struct sockview *v, int64_t jid)
{
	return !v->one_jail || jailset_has(&v->jails, jid);
}

/* 127.0.0.0/8 or ::1 */
static bool
is_loopback(const struct inaddr *a)
{
	if (inaddr_is_v4(a))
		return ntohl(inaddr_to_v4(a)) >> 24 == 127;
	return inaddr_is_loopback(a);
}

static bool
wanted_conn(const struct sockview *v, const struct conn *c)
{
	unsigned vflag = c->inp->inp_vflag & (INP_IPV4 | INP_IPV6);
	unsigned want = (v->inet ? INP_IPV4 : 0) | (v->inet6 ? INP_IPV6 : 0);

	if (vflag == 0 && v->verbose)
		warnx("invalid vflag 0x%x", c->inp->inp_vflag);
	if ((vflag & want) == 0 || !in_view(v, c->inp->inp_spare64[0]))
		return false;
	if (c->inp->inp_fport == 0 ? !v->listening : !v->connected)
		return false;
	return !v->no_loopback ||
	    (!is_loopback(&c->faddr) && !is_loopback(&c->laddr));
}

/* Room for one more, zeroed; NULL: no memory. */
static struct sock *
add(struct socks *s)
{
	size_t cap = s->cap == 0 ? 64 : s->cap * 2;
	struct sock *p;

	if (s->n == s->cap) {
		if ((p = realloc(s->sock, cap * sizeof(*p))) == NULL)
			return NULL;
		s->sock = p;
		s->cap = cap;
	}
	p = &s->sock[s->n++];
	memset(p, 0, sizeof(*p));
	return p;
}

/* Forget all but the first n. */
static void
drop(struct socks *s, size_t n)
{
	while (s->n > n)
		free(s->sock[--s->n].path);
}

static int
add_conn(struct socks *s, const struct part *p, const struct conn *c)
{
	struct sock *k = add(s);

	if (k == NULL)
		return ENOMEM;
	k->so = c->so->xso_so;
	k->pcb = c->so->so_pcb;
	k->gencnt = c->inp->inp_gencnt;
	k->proto = p->proto;
	k->tcp = p->tcp;
	k->vflag = c->inp->inp_vflag & (INP_IPV4 | INP_IPV6);
	k->laddr = c->laddr;
	k->faddr = c->faddr;
	k->lport = c->inp->inp_lport;
	k->fport = c->inp->inp_fport;
	if (c->tp == NULL)
		return 0;
	if ((c->tp->t_flags & TF_TOE) != 0)
		k->proto = "toe";
	k->state = c->tp->t_state;
	memcpy(k->stack, c->tp->xt_stack, sizeof(c->tp->xt_stack));
	memcpy(k->cc, c->tp->xt_cc, sizeof(c->tp->xt_cc));
	return 0;
}

/* A malloc()ed path, or NULL where there is no name or (false) no memory. */
static bool
copy_path(char **path, const struct xsockaddr_un *sun)
{
	const size_t head = offsetof(struct xsockaddr_un, sun_path);
	size_t len;

	*path = NULL;
	if (sun->sun_family != AF_UNIX || sun->sun_len <= head)
		return true;
	len = sun->sun_len - head;
	if (len > sizeof(sun->sun_path))
		len = sizeof(sun->sun_path);
	*path = strndup(sun->sun_path, len);
	return *path != NULL;
}

static int
add_unpcb(struct socks *s, const struct part *p, const struct xunpcb *xu)
{
	struct sock *k = add(s);

	if (k == NULL || !copy_path(&k->path, &xu->xu_addr))
		return ENOMEM;
	k->so = xu->xu_socket.xso_so;
	k->pcb = xu->xu_unpp;
	k->proto = p->proto;
	k->local = true;
	k->conn = xu->unp_conn;
	k->firstref = xu->xu_firstref;
	k->nextref = xu->xu_nextref;
	return 0;
}

static int
read_inet(struct socks *s, const struct sockview *v, const struct part *p,
    struct walk *w, struct feed *f)
{
	struct conn c;
	int error = 0;

	walk_inet(w, f, p->tcp);
	while (error == 0 && walk_conn(w, &c))
		if (wanted_conn(v, &c))
			error = add_conn(s, p, &c);
	return error;
}

static int
read_local(struct socks *s, const struct sockview *v, const struct part *p,
    struct walk *w, struct feed *f)
{
	const struct xunpcb *xu;
	int error = 0;

	walk_unix(w, f);
	while (error == 0 && walk_unpcb(w, &xu))
		if (in_view(v, xu->xu_spare64[0]) &&
		    (xu->unp_conn == 0 ? v->listening : v->connected))
			error = add_unpcb(s, p, xu);
	return error;
}

/* Read a list once.  0, with *stable: nothing changed meanwhile; or errno. */
static int
read_once(struct socks *s, const struct sockview *v, const struct mib *mib,
    const struct part *p, bool *stable)
{
	struct feed *f = mib->open(p->list);
	struct walk w;
	int error;

	*stable = true;
	if (f == NULL)
		return errno == ENOENT ? 0 : errno;
	if (p->local)
		error = read_local(s, v, p, &w, f);
	else
		error = read_inet(s, v, p, &w, f);
	walk_end(&w);
	mib->close(f);
	if (error == 0 && w.state != WALK_END)
		error = w.error != 0 ? w.error : EPROTO;
	*stable = w.gen == w.last_gen;
	return error;
}

static int
gather_part(struct socks *s, const struct sockview *v, const struct mib *mib,
    const struct part *p, const char **namep)
{
	size_t before = s->n;
	bool stable = false;
	int error = 0, tries;

	*namep = p->list;
	for (tries = 0; error == 0 && !stable && tries <= RETRIES; tries++) {
		drop(s, before);
		error = read_once(s, v, mib, p, &stable);
	}
	if (error == 0 && !stable && v->verbose)
		warnx("warning: data may be inconsistent");
	return error;
}

static int
gather_sockets(struct socks *s, const struct sockview *v,
    const struct mib *mib, const char **namep)
{
	bool inet = v->inet || v->inet6;
	size_t i;
	int error = 0;

	if (inet && v->tcp)
		error = gather_part(s, v, mib, &tcp_part, namep);
	if (error == 0 && inet && v->udp)
		error = gather_part(s, v, mib, &udp_part, namep);
	for (i = 0; error == 0 && v->local &&
	    i < sizeof(local_parts) / sizeof(local_parts[0]); i++)
		error = gather_part(s, v, mib, &local_parts[i], namep);
	return error;
}

/* ---- files ---- */

static int
gather_files(struct socks *s, const struct sockview *v, const struct mib *mib,
    const char **namep)
{
	size_t len, i;

	*namep = "kern.file";
	if ((s->file = mib->read(*namep, &len)) == NULL)
		return errno == ENOENT ? 0 : errno;
	if (len % sizeof(*s->file) != 0)
		return EPROTO;
	for (i = 0; i < len / sizeof(*s->file); i++) {
		if (s->file[i].xf_size != sizeof(*s->file))
			return EPROTO;
		if (in_view(v, s->file[i].xf_jid))
			s->file[s->nfiles++] = s->file[i];
	}
	return 0;
}

/* ---- indices ---- */

/* By key; what has the same key is in the order it was gathered in. */
static int
compare(const void *a, const void *b)
{
	const struct sockindex_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->i > y->i) - (x->i < y->i);
}

static void
enter(struct sockindex *ix, uint64_t key, size_t i)
{
	ix->entry[ix->n++] = (struct sockindex_entry) { key, i };
}

/* The first with this key, or SIZE_MAX. */
static size_t
look_up(const struct sockindex *ix, uint64_t key)
{
	size_t low = 0, high = ix->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (ix->entry[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low < ix->n && ix->entry[low].key == key ? ix->entry[low].i :
	    SIZE_MAX;
}

static bool
make_room(struct sockindex *ix, size_t n)
{
	ix->entry = calloc(n + 1, sizeof(*ix->entry));
	return ix->entry != NULL;
}

static int
make_indices(struct socks *s)
{
	size_t i;

	if (!make_room(&s->byso, s->n) || !make_room(&s->bypcb, s->n) ||
	    !make_room(&s->bydata, s->nfiles))
		return ENOMEM;
	for (i = 0; i < s->n; i++) {
		if (s->sock[i].so != 0)
			enter(&s->byso, s->sock[i].so, i);
		if (s->sock[i].local)
			enter(&s->bypcb, s->sock[i].pcb, i);
	}
	for (i = 0; i < s->nfiles; i++)
		enter(&s->bydata, s->file[i].xf_data, i);
	qsort(s->byso.entry, s->byso.n, sizeof(*s->byso.entry), compare);
	qsort(s->bypcb.entry, s->bypcb.n, sizeof(*s->bypcb.entry), compare);
	qsort(s->bydata.entry, s->bydata.n, sizeof(*s->bydata.entry), compare);
	return 0;
}

struct sock *
socks_find(const struct socks *s, kvaddr_t so)
{
	size_t i = look_up(&s->byso, so);

	return i == SIZE_MAX ? NULL : &s->sock[i];
}

const struct sock *
socks_find_pcb(const struct socks *s, kvaddr_t pcb)
{
	size_t i = look_up(&s->bypcb, pcb);

	return i == SIZE_MAX ? NULL : &s->sock[i];
}

const struct xfile *
socks_file(const struct socks *s, kvaddr_t so)
{
	size_t i = look_up(&s->bydata, so);

	return i == SIZE_MAX ? NULL : &s->file[i];
}

/* ---- all of it ---- */

int
socks_gather(struct socks *s, const struct sockview *v,
    const struct mib *mib, const char **namep)
{
	int error;

	*s = (struct socks) { .n = 0 };
	if ((error = gather_sockets(s, v, mib, namep)) != 0 ||
	    (error = gather_files(s, v, mib, namep)) != 0)
		return error;
	*namep = NULL;
	return make_indices(s);
}

void
socks_free(struct socks *s)
{
	drop(s, 0);
	free(s->sock);
	free(s->file);
	free(s->byso.entry);
	free(s->bypcb.entry);
	free(s->bydata.entry);
	*s = (struct socks) { .n = 0 };
}
