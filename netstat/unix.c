/*
 * unix.c - the table of Unix-domain sockets, as FreeBSD 14 prints it on
 * machines with 64-bit addresses.
 */
#include <errno.h>
#include <string.h>

#include "netstat/change.h"
#include "netstat/filter.h"
#include "netstat/unix.h"

#define KVWIDTH	16	/* hex digits of a kernel address */

static const char *const socktype[] = {
	"#0", "stream", "dgram", "raw", "rdm", "seqpacket"
};
#define NTYPES ((int)(sizeof(socktype) / sizeof(socktype[0])))

static void
print_title(struct out *o)
{
	static const char *const refs[] = { "Inode", "Conn", "Refs",
		"Nextref" };
	static const char *const queues[] = { "Type", "Recv-Q", "Send-Q" };
	size_t i;

	out_str(o, "Active UNIX domain sockets\n");
	out_left(o, "Address", KVWIDTH);
	for (i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		out_mem(o, " ", 1);
		out_left(o, queues[i], 6);
	}
	for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		out_mem(o, " ", 1);
		out_right(o, refs[i], KVWIDTH);
	}
	out_str(o, " Addr\n");
}

/* The name it is bound to, after a blank; the NUL is not part of it. */
static void
print_path(struct xo *x, const struct xsockaddr_un *sun)
{
	const size_t head = offsetof(struct xsockaddr_un, sun_path);
	char path[sizeof(sun->sun_path) + 1];
	size_t len;

	if (sun->sun_len <= head)
		return;
	len = sun->sun_len - head;
	if (len > sizeof(sun->sun_path))
		len = sizeof(sun->sun_path);
	memcpy(path, sun->sun_path, len);
	path[len] = '\0';
	out_mem(&x->text, " ", 1);
	xo_str(x, "path", path);
}

static void
print_socket(struct xo *x, const struct xunpcb *xu)
{
	const struct xsocket *so = &xu->xu_socket;
	const struct {
		const char *key;
		kvaddr_t value;
	} refs[] = {
		{ "vnode", xu->unp_vnode }, { "connection", xu->unp_conn },
		{ "first-reference", xu->xu_firstref },
		{ "next-reference", xu->xu_nextref },
	};
	bool known = so->so_type >= 0 && so->so_type < NTYPES;
	size_t i;

	xo_hex(x, "address", so->so_pcb, KVWIDTH, ' ');
	out_mem(&x->text, " ", 1);
	xo_left(x, "type", known ? socktype[so->so_type] : "?", 6);
	out_mem(&x->text, " ", 1);
	xo_uint(x, "receive-bytes-waiting", so->so_rcv.sb_cc, 6);
	out_mem(&x->text, " ", 1);
	xo_uint(x, "send-bytes-waiting", so->so_snd.sb_cc, 6);
	for (i = 0; i < sizeof(refs) / sizeof(refs[0]); i++) {
		out_mem(&x->text, " ", 1);
		xo_hex(x, refs[i].key, refs[i].value, KVWIDTH, ' ');
	}
}

static void
print_queue(struct xo *x, const struct xsocket *so)
{
	char text[33];

	snprintf(text, sizeof(text), "%u/%u/%u", so->so_qlen, so->so_incqlen,
	    so->so_qlimit);
	out_str(&x->text, "unix  ");
	out_left(&x->text, text, 32);
	xo_e_uint(x, "queue-length", so->so_qlen);
	xo_e_uint(x, "incomplete-queue-length", so->so_incqlen);
	xo_e_uint(x, "queue-limit", so->so_qlimit);
}

static void
print_unpcb(struct xo *x, const struct view *v, const struct xunpcb *xu)
{
	xo_open_instance(x);
	if (v->queues)
		print_queue(x, &xu->xu_socket);
	else
		print_socket(x, xu);
	print_path(x, &xu->xu_addr);
	out_mem(&x->text, "\n", 1);
	xo_close(x);
}

int
unix_table_print(struct xo *x, const struct view *v, const char *type,
    bool *titled, struct feed *f)
{
	const struct xunpcb *xu;
	struct walk w;

	walk_unix(&w, f);
	while (walk_unpcb(&w, &xu)) {
		if (!filter_unpcb(v, xu) ||
		    (v->queues && xu->xu_socket.so_qlimit == 0))
			continue;
		if (!*titled && !v->queues)
			print_title(&x->text);
		*titled = true;
		print_unpcb(x, v, xu);
	}
	walk_end(&w);
	if (w.state == WALK_END) {
		print_change(&x->text, type, &w);
		return 0;
	}
	return w.error != 0 ? w.error : EPROTO;
}
