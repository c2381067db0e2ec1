/*
 * sockstat.c - the table of sockets and their holders.
 *
 * Text is FreeBSD 14's: columns begin at fixed places, and what is too long for
 * its own pushes those behind it, with one blank between, but for the command,
 * of which ten characters are shown.  With -w addresses have room for any.
 * First come descriptors, in the order the stack lists them (by process, then
 * by number), then with "?" for the first four columns the sockets that nobody
 * in sight holds: those that are only a connection's remains, the last first,
 * and the others by age.
 *
 * JSON has the names that FreeBSD 15 gives the fields and, unlike netstat's, a
 * version before them, as there; what has no value is left out.  A port is a
 * number, 0 where text has an asterisk.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "netstat/sockstat.h"

/* Where columns begin. */
#define COL_COMMAND	9
#define COL_PID		20
#define COL_FD		26
#define COL_PROTO	30
#define COL_LOCAL	37

#define COMMLEN		10	/* characters shown */
#define ADDRLEN		21	/* of an address column, without -w */
#define WIDEADDRLEN	45
#define PCBLEN		18
#define GENCNTLEN	8
#define STATELEN	12

/* A line of text being made. */
struct line {
	struct out	*o;
	size_t		 start;		/* of the line, in o */
	size_t		 column;	/* where the next one begins */
};

static size_t
addr_width(const struct sockview *v)
{
	return v->wide ? WIDEADDRLEN : ADDRLEN;
}

/* ---- text ---- */

static size_t
position(const struct line *l)
{
	return l->o->n - l->start;
}

/* A blank, and more until the column is reached. */
static void
blanks_to(const struct line *l, size_t column)
{
	size_t at = position(l);

	out_blanks(l->o, at < column ? column - at : 1);
}

/* What stands in an address column. */
static const char *
addr_text(char *buf, size_t len, const struct inaddr *a, in_port_t port)
{
	char text[INADDR_STRLEN];
	const char *host = inaddr_is_any(a) ? "*" : inaddr_ntop(a, text);

	if (port == 0)
		snprintf(buf, len, "%s:*", host);
	else
		snprintf(buf, len, "%s:%u", host, ntohs(port));
	return buf;
}

static void
text_inet(struct line *l, const struct sockview *v, const struct sock *k)
{
	char buf[INADDR_STRLEN + 8];

	out_str(l->o, addr_text(buf, sizeof(buf), &k->laddr, k->lport));
	l->column += addr_width(v) + 1;
	blanks_to(l, l->column);
	out_str(l->o, addr_text(buf, sizeof(buf), &k->faddr, k->fport));
	l->column += addr_width(v) + 1;
}

static void
text_file(struct out *o, const struct xfile *f)
{
	out_mem(o, "[", 1);
	out_int(o, f->xf_pid, 0);
	out_mem(o, " ", 1);
	out_int(o, f->xf_fd, 0);
	out_mem(o, "]", 1);
}

/* Whom it has connected to. */
static void
text_peer(struct out *o, const struct socks *s, const struct sock *k)
{
	const struct sock *peer = socks_find_pcb(s, k->conn);
	const struct xfile *f;

	out_str(o, k->path != NULL ? " -> " : "-> ");
	if (peer == NULL)
		out_str(o, "??");
	else if (peer->path != NULL)
		out_str(o, peer->path);
	else if ((f = socks_file(s, peer->so)) != NULL)
		text_file(o, f);
}

/* Who has connected to it.  A damaged list does not go on for ever. */
static void
text_refs(struct out *o, const struct socks *s, const struct sock *k)
{
	const struct sock *peer;
	const struct xfile *f;
	kvaddr_t ref = k->firstref;
	size_t n;

	out_str(o, " <- ");
	for (n = 0; n < s->n; n++, ref = peer->nextref) {
		if ((peer = socks_find_pcb(s, ref)) == NULL)
			return;
		if ((f = socks_file(s, peer->so)) == NULL)
			continue;
		if (n > 0)
			out_mem(o, ",", 1);
		text_file(o, f);
	}
}

static void
text_local(struct line *l, const struct sockview *v, const struct socks *s,
    const struct sock *k)
{
	l->column += 2 * (addr_width(v) + 1);
	if (k->path == NULL && k->conn == 0) {
		out_str(l->o, "(not connected)");
		return;
	}
	if (k->path != NULL)
		out_str(l->o, k->path);
	if (k->conn != 0)
		text_peer(l->o, s, k);
	if (k->firstref != 0)
		text_refs(l->o, s, k);
}

/* A further column of `width'; NULL leaves it blank. */
static void
text_more(struct line *l, const char *text, size_t width)
{
	if (text != NULL) {
		blanks_to(l, l->column);
		out_str(l->o, text);
	}
	l->column += width + 1;
}

static const char *
state_name(const struct sock *k)
{
	return k->state >= 0 && k->state < TCP_NSTATES ?
	    tcp_state_name[k->state] : "?";
}

static void
text_options(struct line *l, const struct sockview *v, const struct sock *k)
{
	char buf[32];

	if (v->pcb) {
		snprintf(buf, sizeof(buf), "%#*" PRIx64, PCBLEN, k->pcb);
		text_more(l, buf, PCBLEN);
	}
	if (v->gencnt) {
		snprintf(buf, sizeof(buf), "%" PRIu64, k->gencnt);
		text_more(l, k->local ? NULL : buf, GENCNTLEN);
	}
	if (v->state) {
		text_more(l, NULL, STATELEN);	/* SCTP's path */
		text_more(l, k->tcp ? state_name(k) : NULL, STATELEN);
	}
	if (v->stack)
		text_more(l, k->tcp ? k->stack : NULL,
		    TCP_FUNCTION_NAME_LEN_MAX);
	if (v->congestion)
		text_more(l, k->tcp ? k->cc : NULL, TCP_CA_NAME_MAX);
}

static void
text_holder(const struct line *l, const struct sockview *v,
    const struct xfile *f)
{
	const char *user = v->numeric ? NULL : v->user(f->xf_uid);

	if (user == NULL)
		out_uint(l->o, f->xf_uid, 0);
	else
		out_str(l->o, user);
	blanks_to(l, COL_COMMAND);
	out_mem(l->o, f->xf_comm, strnlen(f->xf_comm, COMMLEN));
	blanks_to(l, COL_PID);
	out_int(l->o, f->xf_pid, 5);
	blanks_to(l, COL_FD);
	out_int(l->o, f->xf_fd, 0);
}

/* A line; f NULL: nobody holds it. */
static void
text_row(struct out *o, const struct sockview *v, const struct socks *s,
    const struct sock *k, const struct xfile *f)
{
	struct line l = { .o = o, .start = o->n, .column = COL_LOCAL };

	if (f != NULL)
		text_holder(&l, v, f);
	else
		out_str(o, "?        ?          ?     ?");
	blanks_to(&l, COL_PROTO);
	/* "seqpac", as wide as the column */
	out_mem(o, k->proto, strnlen(k->proto, 6));
	if ((k->vflag & INP_IPV4) != 0)
		out_mem(o, "4", 1);
	if ((k->vflag & INP_IPV6) != 0)
		out_mem(o, "6", 1);
	blanks_to(&l, COL_LOCAL);
	if (k->local)
		text_local(&l, v, s, k);
	else
		text_inet(&l, v, k);
	text_options(&l, v, k);
	out_mem(o, "\n", 1);
}

/* ---- JSON ---- */

static void
json_addr(struct xo *x, const char *name, const struct inaddr *a,
    in_port_t port)
{
	char text[INADDR_STRLEN];

	xo_open_container(x, name);
	xo_e_str(x, "address", inaddr_is_any(a) ? "*" : inaddr_ntop(a, text));
	xo_e_uint(x, "port", ntohs(port));
	xo_close(x);
}

static void
json_path(struct xo *x, const char *name, const char *path)
{
	xo_open_container(x, name);
	xo_e_str(x, "path", path);
	xo_close(x);
}

/* A member of a list: who holds the socket at the other end. */
static void
json_file(struct xo *x, const struct xfile *f)
{
	if (f == NULL)
		return;
	xo_open_instance(x);
	xo_e_int(x, "pid", f->xf_pid);
	xo_e_int(x, "fd", f->xf_fd);
	xo_close(x);
}

static void
json_connections(struct xo *x, const struct socks *s, const struct sock *k)
{
	bool many = k->conn == 0;
	kvaddr_t ref = many ? k->firstref : k->conn;
	const struct sock *peer;
	size_t n = 0;

	xo_open_container(x, "foreign");
	xo_open_list(x, "connections");
	do {
		if ((peer = socks_find_pcb(s, ref)) == NULL)
			break;
		json_file(x, socks_file(s, peer->so));
		ref = peer->nextref;
	} while (many && ++n < s->n);
	xo_close(x);
	xo_close(x);
}

static void
json_local(struct xo *x, const struct socks *s, const struct sock *k)
{
	const struct sock *peer = NULL;

	if (k->path != NULL)
		json_path(x, "local", k->path);
	if (k->conn != 0)
		peer = socks_find_pcb(s, k->conn);
	if (peer != NULL && peer->path != NULL)
		json_path(x, "foreign", peer->path);
	else if (k->conn != 0 || k->firstref != 0)
		json_connections(x, s, k);
}

static void
json_options(struct xo *x, const struct sockview *v, const struct sock *k)
{
	char buf[32];

	if (v->pcb) {
		snprintf(buf, sizeof(buf), "%#" PRIx64, k->pcb);
		xo_e_str(x, "pcb-kva", buf);
	}
	if (v->gencnt && !k->local) {
		snprintf(buf, sizeof(buf), "%" PRIu64, k->gencnt);
		xo_e_str(x, "id", buf);
	}
	if (!k->tcp)
		return;
	if (v->state)
		xo_e_str(x, "conn-state", state_name(k));
	if (v->stack)
		xo_e_str(x, "stack", k->stack);
	if (v->congestion)
		xo_e_str(x, "cc", k->cc);
}

static void
json_holder(struct xo *x, const struct sockview *v, const struct xfile *f)
{
	const char *user = v->numeric ? NULL : v->user(f->xf_uid);
	char comm[XF_COMMLEN + 1] = "";

	memcpy(comm, f->xf_comm, XF_COMMLEN);
	if (user == NULL)
		xo_e_uint(x, "user", f->xf_uid);
	else
		xo_e_str(x, "user", user);
	xo_e_str(x, "command", comm);
	xo_e_int(x, "pid", f->xf_pid);
	xo_e_int(x, "fd", f->xf_fd);
}

static void
json_row(struct xo *x, const struct sockview *v, const struct socks *s,
    const struct sock *k, const struct xfile *f)
{
	char proto[16];

	xo_open_instance(x);
	if (f != NULL)
		json_holder(x, v, f);
	snprintf(proto, sizeof(proto), "%s%s%s", k->proto,
	    (k->vflag & INP_IPV4) != 0 ? "4" : "",
	    (k->vflag & INP_IPV6) != 0 ? "6" : "");
	xo_e_str(x, "proto", proto);
	if (k->local)
		json_local(x, s, k);
	else {
		json_addr(x, "local", &k->laddr, k->lport);
		json_addr(x, "foreign", &k->faddr, k->fport);
	}
	json_options(x, v, k);
	xo_close(x);
}

/* ---- the table ---- */

static void
title(struct out *o, const struct sockview *v)
{
	out_str(o, "USER     COMMAND    PID   FD  PROTO  ");
	out_left(o, "LOCAL ADDRESS", addr_width(v) + 1);
	out_left(o, "FOREIGN ADDRESS", addr_width(v));
	if (v->pcb) {
		out_mem(o, " ", 1);
		out_left(o, "PCB KVA", PCBLEN);
	}
	if (v->gencnt) {
		out_mem(o, " ", 1);
		out_left(o, "ID", GENCNTLEN);
	}
	if (v->state)
		out_str(o, " PATH STATE   CONN STATE  ");
	if (v->stack) {
		out_mem(o, " ", 1);
		out_left(o, "STACK", TCP_FUNCTION_NAME_LEN_MAX);
	}
	if (v->congestion)
		out_str(o, " CC");
	out_mem(o, "\n", 1);
}

static bool
port_wanted(const struct sockview *v, const struct sock *k)
{
	return v->ports == NULL || k->local ||
	    portset_has(v->ports, ntohs(k->lport)) ||
	    portset_has(v->ports, ntohs(k->fport));
}

static void
row(struct xo *x, const struct sockview *v, const struct socks *s,
    const struct sock *k, const struct xfile *f)
{
	if (!port_wanted(v, k))
		return;
	if (x->style.json)
		json_row(x, v, s, k, f);
	else
		text_row(&x->text, v, s, k, f);
}

/* Sockets that no file is. */
static void
unheld(struct xo *x, const struct sockview *v, const struct socks *s)
{
	const struct sock *k;
	size_t i;

	for (i = s->n; i-- > 0;)
		if (s->sock[i].so == 0)
			row(x, v, s, &s->sock[i], NULL);
	for (i = 0; i < s->byso.n; i++) {
		k = &s->sock[s->byso.entry[i].i];
		if (!k->shown)
			row(x, v, s, k, NULL);
	}
}

void
sockstat_print(struct xo *x, const struct sockview *v, const struct socks *s)
{
	struct sock *k;
	size_t i;

	xo_e_str(x, "__version", "1");
	xo_open_container(x, "sockstat");
	xo_open_list(x, "socket");
	if (!v->quiet)
		title(&x->text, v);
	for (i = 0; i < s->nfiles; i++) {
		k = socks_find(s, s->file[i].xf_data);
		if (k == NULL)
			continue;
		k->shown = true;
		row(x, v, s, k, &s->file[i]);
	}
	unheld(x, v, s);
	xo_close(x);
	xo_close(x);
}
