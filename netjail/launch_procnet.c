/*
 * launch_procnet.c - /proc/net of a jail, served by its init.
 *
 * Theory of operation
 *
 * The kernel's files under /proc/net are those of the jail's network namespace,
 * in which there are no Internet sockets.  Programs that read them by that name
 * get ours: /proc/net, a symbolic link in every proc, is covered by another one
 * that leads below tty/ldisc, a directory which the kernel keeps for old
 * programs and leaves empty; there a FUSE file system is mounted.  It has the
 * files of files[] and, for every other file the kernel has, a link to it.
 * What is read as /proc/PID/net stays the kernel's.
 *
 * A file is made when it is opened, from a listing that the daemon gives over
 * a netlink socket (daemon/sockdiag.h), and does not change while it is open.
 * Listings are made one after the other; that one is on its way does not keep
 * other requests waiting.  So what is open is always answered without the
 * daemon.  The daemon in turn may come to wait for such an answer only if it
 * were made to read memory that is mapped from one of these files; but their
 * size is 0, as in proc, and no page of an empty file is ever asked for.
 *
 * Who attaches a debugger to init gains nothing by these descriptors: they show
 * the jail what is its own, and the counters of the stack.
 *
 * What a jail can make init keep is bounded: see SNAPSHOT_*.
 */
#define FUSE_USE_VERSION 35

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <fuse3/fuse_lowlevel.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <bsd/sys/queue.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#include "base/nlmsg.h"
#include "netjail/launch_procnet.h"
#include "netjail/launch_procnet_snmp.h"
#include "sysctl/client.h"

#define SNAPSHOT_MAX	1024		/* files open at a time */
#define SNAPSHOT_BYTES	(64u << 20)	/* of text in all of them */
#define LINKS_MAX	256
#define CONSTANT	86400.0		/* seconds: names never change */
/* Columns of lines. */
#define TCP_WIDTH	149
#define UDP_WIDTH	127

#define PART_MAX	32768		/* bytes of a listing read at once */

/* Linux's numbers of states. */
enum {
	ST_ESTABLISHED = 1, ST_SYN_RECV = 3, ST_FIN_WAIT1, ST_FIN_WAIT2,
	ST_TIME_WAIT, ST_CLOSE, ST_CLOSE_WAIT, ST_LAST_ACK, ST_LISTEN,
	ST_CLOSING
};

enum count {
	COUNT_USED, COUNT_TCP, COUNT_ORPHAN, COUNT_TIMEWAIT, COUNT_ESTAB,
	COUNT_TCPMEM, COUNT_UDP, COUNT_UDPMEM, COUNT_RAW, COUNTS
};

/* A file that is open, or is to be. */
struct snapshot {
	STAILQ_ENTRY(snapshot) link;	/* in procnet->waiting */
	const struct file *file;
	fuse_req_t	 req;		/* of open(), until it is answered */
	struct fuse_file_info fi;
	char		*text;
	size_t		 len, cap;
	unsigned	 step;		/* listings done */
	unsigned	 line;
	uint64_t	 count[COUNTS];
	int		 error;
};

/* A record of a listing. */
struct record {
	struct inet_diag_msg m;
	struct tcp_info	 ti;		/* zeros where there is none */
	uint32_t	 mem[SK_MEMINFO_VARS];
};

struct procnet {
	struct fuse_session *se;	/* NULL: has been unmounted */
	struct fuse_buf	 buf;
	int		 diag;
	STAILQ_HEAD(, snapshot) waiting; /* the first is being made */
	unsigned	 nopen;
	size_t		 bytes;
	char		*links[LINKS_MAX];
	unsigned	 nlinks;
};

struct file {
	const char	*name;
	const char	*head;		/* the first line, or NULL */
	int		 width;		/* of lines: blanks fill them */
	uint8_t		 protocols[4];	/* listings it is made from; 0 ends */
	uint8_t		 ext;
	void		(*record)(struct procnet *, struct snapshot *,
			    const struct record *);
	void		(*end)(struct procnet *, struct snapshot *);
};

/* ---- text ---- */

static void __attribute__((format(printf, 3, 4)))
say(struct procnet *pn, struct snapshot *s, const char *fmt, ...)
{
	char line[4096], *text;
	size_t cap;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (s->len + (size_t)n > s->cap) {
		cap = s->cap != 0 ? 2 * s->cap : sizeof(line);
		text = pn->bytes + cap - s->cap <= SNAPSHOT_BYTES ?
		    realloc(s->text, cap) : NULL;
		if (text == NULL) {
			s->error = ENOMEM;
			return;
		}
		pn->bytes += cap - s->cap;
		s->text = text;
		s->cap = cap;
	}
	memcpy(s->text + s->len, line, (size_t)n);
	s->len += (size_t)n;
}

/* What all lines begin with; their numbers are at least digits wide. */
static int
print_begin(char *line, size_t room, int digits, struct snapshot *s,
    const struct inet_diag_msg *m, uint32_t tx, uint32_t rx)
{
	/* The kernel prints addresses as they are in memory. */
	return snprintf(line, room,
	    "%*u: %08X:%04X %08X:%04X %02X %08X:%08X %02X:%08lX %08X",
	    digits, s->line++,
	    m->id.idiag_src[0], ntohs(m->id.idiag_sport),
	    m->id.idiag_dst[0], ntohs(m->id.idiag_dport), m->idiag_state,
	    tx, rx, m->idiag_timer, (unsigned long)m->idiag_expires / 10,
	    m->idiag_retrans);
}

static void
tcp_record(struct procnet *pn, struct snapshot *s, const struct record *r)
{
	const struct inet_diag_msg *m = &r->m;
	bool listens = m->idiag_state == ST_LISTEN;
	uint32_t ssthresh = r->ti.tcpi_snd_ssthresh;
	char line[256];
	int n;

	n = print_begin(line, sizeof(line), 4, s, m,
	    listens ? 0 : m->idiag_wqueue, m->idiag_rqueue);
	if (m->idiag_state == ST_TIME_WAIT || m->idiag_state == ST_SYN_RECV)
		snprintf(line + n, sizeof(line) - (size_t)n,
		    " %5u %8d %u %d %016d", m->idiag_uid, 0, 0u, 1, 0);
	else
		snprintf(line + n, sizeof(line) - (size_t)n,
		    " %5u %8d %u %d %016d %u %u %u %u %d", m->idiag_uid, 0,
		    m->idiag_inode, 1, 0, r->ti.tcpi_rto / 10000,
		    r->ti.tcpi_ato / 10000, 0u, r->ti.tcpi_snd_cwnd,
		    listens ? 0 : ssthresh >= 0x7fff ? -1 : (int)ssthresh);
	say(pn, s, "%-*s\n", TCP_WIDTH, line);
}

/* What lines of UDP and raw sockets end with. */
static void
print_datagram(char *line, size_t room, const struct record *r)
{
	snprintf(line, room, " %5u %8d %u %d %016d %u", r->m.idiag_uid, 0,
	    r->m.idiag_inode, 2, 0, r->mem[SK_MEMINFO_DROPS]);
}

static void
udp_record(struct procnet *pn, struct snapshot *s, const struct record *r)
{
	char line[256];
	int n;

	n = print_begin(line, sizeof(line), 5, s, &r->m, r->m.idiag_wqueue,
	    r->m.idiag_rqueue);
	print_datagram(line + n, sizeof(line) - (size_t)n, r);
	say(pn, s, "%-*s\n", UDP_WIDTH, line);
}

static void
raw_record(struct procnet *pn, struct snapshot *s, const struct record *r)
{
	char line[256];
	int n;

	n = print_begin(line, sizeof(line), 4, s, &r->m, r->m.idiag_wqueue,
	    r->m.idiag_rqueue);
	print_datagram(line + n, sizeof(line) - (size_t)n, r);
	say(pn, s, "%s\n", line);
}

/* ---- counts ---- */

static void
count_tcp(struct snapshot *s, const struct inet_diag_msg *m)
{
	switch (m->idiag_state) {
	case ST_TIME_WAIT:
		s->count[COUNT_TIMEWAIT]++;
		return;
	case ST_SYN_RECV:
		return;
	case ST_ESTABLISHED:
	case ST_CLOSE_WAIT:
		s->count[COUNT_ESTAB]++;
		break;
	case ST_FIN_WAIT1:
	case ST_FIN_WAIT2:
	case ST_LAST_ACK:
	case ST_CLOSING:
		if (m->idiag_inode == 0)
			s->count[COUNT_ORPHAN]++;
		break;
	}
	s->count[COUNT_TCP]++;
	if (m->idiag_state != ST_LISTEN)
		s->count[COUNT_TCPMEM] += m->idiag_rqueue + m->idiag_wqueue;
}

static void
count_record(struct procnet *pn, struct snapshot *s, const struct record *r)
{
	(void)pn;
	if (r->m.idiag_inode != 0)
		s->count[COUNT_USED]++;
	switch (s->file->protocols[s->step]) {
	case IPPROTO_TCP:
		count_tcp(s, &r->m);
		break;
	case IPPROTO_UDP:
		s->count[COUNT_UDP]++;
		s->count[COUNT_UDPMEM] += r->m.idiag_rqueue;
		break;
	case IPPROTO_RAW:
		s->count[COUNT_RAW]++;
		break;
	}
}

/* Memory in pages. */
static uint64_t
pages(const struct snapshot *s, enum count which)
{
	return (s->count[which] + 4095) / 4096;
}

static void
sockstat_end(struct procnet *pn, struct snapshot *s)
{
	const uint64_t *c = s->count;

	say(pn, s, "sockets: used %lu\n", c[COUNT_USED]);
	say(pn, s, "TCP: inuse %lu orphan %lu tw %lu alloc %lu mem %lu\n",
	    c[COUNT_TCP], c[COUNT_ORPHAN], c[COUNT_TIMEWAIT], c[COUNT_TCP],
	    pages(s, COUNT_TCPMEM));
	say(pn, s, "UDP: inuse %lu mem %lu\n", c[COUNT_UDP],
	    pages(s, COUNT_UDPMEM));
	say(pn, s, "UDPLITE: inuse 0\nRAW: inuse %lu\n", c[COUNT_RAW]);
	say(pn, s, "FRAG: inuse 0 memory 0\n");
}

static void
snmp_end(struct procnet *pn, struct snapshot *s)
{
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	if (out == NULL) {
		s->error = ENOMEM;
		return;
	}
	procnet_snmp(out, s->count[COUNT_ESTAB]);
	fclose(out);
	say(pn, s, "%s", text);
}

#define COLUMNS \
	"local_address rem_address   st tx_queue rx_queue tr tm->when " \
	"retrnsmt   uid  timeout inode"

static const struct file files[] = {
	{ "tcp", "  sl  " COLUMNS, TCP_WIDTH, { IPPROTO_TCP },
	    1 << (INET_DIAG_INFO - 1), tcp_record, NULL },
	{ "udp", "   sl  " COLUMNS " ref pointer drops", UDP_WIDTH,
	    { IPPROTO_UDP }, 1 << (INET_DIAG_SKMEMINFO - 1), udp_record,
	    NULL },
	{ "raw", "  sl  " COLUMNS " ref pointer drops", 0,
	    { IPPROTO_RAW }, 1 << (INET_DIAG_SKMEMINFO - 1), raw_record,
	    NULL },
	{ "sockstat", NULL, 0, { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_RAW }, 0,
	    count_record, sockstat_end },
	{ "snmp", NULL, 0, { IPPROTO_TCP }, 0, count_record, snmp_end },
};

#define NFILES (sizeof(files) / sizeof(files[0]))

/* ---- listings ---- */

static void
snapshot_free(struct procnet *pn, struct snapshot *s)
{
	pn->nopen--;
	pn->bytes -= s->cap;
	free(s->text);
	free(s);
}

/* Ask the daemon for the listing that is next.  0 or errno. */
static int
listing_ask(const struct procnet *pn, const struct snapshot *s)
{
	struct {
		struct nlmsghdr hdr;
		struct inet_diag_req_v2 rq;
	} m = {
		.hdr = {
			.nlmsg_len = sizeof(m),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.rq = {
			.sdiag_family = AF_INET,
			.sdiag_protocol = s->file->protocols[s->step],
			.idiag_ext = s->file->ext,
			.idiag_states = ~0u,
		},
	};

	return write(pn->diag, &m, sizeof(m)) == sizeof(m) ? 0 : EIO;
}

/* The file is ready, or cannot be had. */
static void
snapshot_answer(struct procnet *pn, struct snapshot *s)
{
	STAILQ_REMOVE_HEAD(&pn->waiting, link);
	if (s->error != 0) {
		fuse_reply_err(s->req, s->error);
		snapshot_free(pn, s);
		return;
	}
	s->fi.fh = (uintptr_t)s;
	s->fi.direct_io = 1;
	/* Whoever opened it may be gone: nobody will release it then. */
	if (fuse_reply_open(s->req, &s->fi) != 0)
		snapshot_free(pn, s);
}

/* Go on with the files that are to be made, as far as nobody is waited for. */
static void
listings_next(struct procnet *pn)
{
	struct snapshot *s;

	while ((s = STAILQ_FIRST(&pn->waiting)) != NULL) {
		if (s->error == 0 && s->file->protocols[s->step] != 0) {
			if ((s->error = listing_ask(pn, s)) == 0)
				return;
		} else if (s->error == 0 && s->file->end != NULL)
			s->file->end(pn, s);
		snapshot_answer(pn, s);
	}
}

static void
take_record(struct procnet *pn, struct snapshot *s, const struct nlmsghdr *h)
{
	const struct nlattr *a;
	const uint8_t *p;
	const void *value;
	struct record r;
	size_t len, n;

	memset(&r, 0, sizeof(r));
	p = nl_body(h, &len);
	if (len < sizeof(r.m) || s->error != 0)
		return;
	memcpy(&r.m, p, sizeof(r.m));
	nl_skip(&p, &len, sizeof(r.m));
	while ((a = nl_attr(&p, &len)) != NULL) {
		value = nl_value(a, &n);
		if (a->nla_type == INET_DIAG_INFO)
			memcpy(&r.ti, value,
			    n < sizeof(r.ti) ? n : sizeof(r.ti));
		else if (a->nla_type == INET_DIAG_SKMEMINFO)
			memcpy(r.mem, value,
			    n < sizeof(r.mem) ? n : sizeof(r.mem));
	}
	s->file->record(pn, s, &r);
}

/* The listing is at its end. */
static void
listing_done(struct procnet *pn, struct snapshot *s, int error)
{
	if (s->error == 0)
		s->error = error;
	s->step++;
	listings_next(pn);
}

/* A part of the listing is there. */
static void
listing_read(struct procnet *pn)
{
	static uint32_t buf[PART_MAX / sizeof(uint32_t)];
	struct snapshot *s = STAILQ_FIRST(&pn->waiting);
	ssize_t n = read(pn->diag, buf, sizeof(buf));
	const uint8_t *p = (const uint8_t *)buf;
	const struct nlmsghdr *h;
	size_t len = n > 0 ? (size_t)n : 0;

	if (s == NULL)
		return;
	if (n <= 0) {
		listing_done(pn, s, EIO);
		return;
	}
	while ((h = nl_message(&p, &len)) != NULL) {
		if (h->nlmsg_type == NLMSG_DONE ||
		    h->nlmsg_type == NLMSG_ERROR) {
			listing_done(pn, s,
			    h->nlmsg_type == NLMSG_DONE ? 0 : EIO);
			return;
		}
		take_record(pn, s, h);
	}
}

/* ---- the file system ---- */

/* Inode numbers: the directory, the files, the links. */
enum { INO_DIR = FUSE_ROOT_ID, INO_FILES, INO_LINKS = INO_FILES + NFILES };

static void
fill_stat(struct stat *st, fuse_ino_t ino)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = ino;
	st->st_nlink = ino == INO_DIR ? 2 : 1;
	st->st_mode = ino == INO_DIR ? S_IFDIR | 0555 :
	    ino < INO_LINKS ? S_IFREG | 0444 : S_IFLNK | 0777;
}

static const char *
ino_name(const struct procnet *pn, fuse_ino_t ino)
{
	if (ino >= INO_FILES && ino < INO_LINKS)
		return files[ino - INO_FILES].name;
	if (ino >= INO_LINKS && ino < INO_LINKS + pn->nlinks)
		return pn->links[ino - INO_LINKS];
	return NULL;
}

static void
fs_init(void *arg, struct fuse_conn_info *conn)
{
	(void)arg;
	/* They would take system calls that init has given up. */
	conn->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ |
	    FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
}

static void
fs_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	const struct procnet *pn = fuse_req_userdata(req);
	struct fuse_entry_param e = {
		.attr_timeout = CONSTANT, .entry_timeout = CONSTANT,
	};
	fuse_ino_t ino = INO_FILES;
	const char *have;

	while ((have = ino_name(pn, ino)) != NULL && strcmp(have, name) != 0)
		ino++;
	if (parent != INO_DIR || have == NULL) {
		fuse_reply_err(req, ENOENT);
		return;
	}
	e.ino = ino;
	fill_stat(&e.attr, ino);
	fuse_reply_entry(req, &e);
}

static void
fs_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct stat st;

	(void)fi;
	fill_stat(&st, ino);
	fuse_reply_attr(req, &st, CONSTANT);
}

static void
fs_readlink(fuse_req_t req, fuse_ino_t ino)
{
	const char *name = ino_name(fuse_req_userdata(req), ino);
	char to[512];

	if (name == NULL || ino < INO_LINKS) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	snprintf(to, sizeof(to), "../../../self/net/%s", name);
	fuse_reply_readlink(req, to);
}

static void
fs_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
    struct fuse_file_info *fi)
{
	const struct procnet *pn = fuse_req_userdata(req);
	char buf[4096];
	size_t n, used = 0;
	const char *name;
	struct stat st;

	(void)ino;
	(void)fi;
	if (size > sizeof(buf))
		size = sizeof(buf);
	for (; off < (off_t)(INO_LINKS + pn->nlinks + 1 - INO_DIR); off++) {
		/* At 0 and 1: . and .. */
		name = off == 0 ? "." : off == 1 ? ".." :
		    ino_name(pn, INO_FILES + (fuse_ino_t)off - 2);
		if (name == NULL)
			break;
		fill_stat(&st, off < 2 ? INO_DIR :
		    INO_FILES + (fuse_ino_t)off - 2);
		n = fuse_add_direntry(req, buf + used, size - used, name, &st,
		    off + 1);
		if (n > size - used)
			break;
		used += n;
	}
	fuse_reply_buf(req, buf, used);
}

static void
fs_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct procnet *pn = fuse_req_userdata(req);
	struct snapshot *s;
	bool first;

	if (ino < INO_FILES || ino >= INO_LINKS ||
	    (fi->flags & O_ACCMODE) != O_RDONLY) {
		fuse_reply_err(req, EACCES);
		return;
	}
	if (pn->nopen >= SNAPSHOT_MAX ||
	    (s = calloc(1, sizeof(*s))) == NULL) {
		fuse_reply_err(req, ENFILE);
		return;
	}
	pn->nopen++;
	s->file = &files[ino - INO_FILES];
	s->req = req;
	s->fi = *fi;
	if (s->file->head != NULL)
		say(pn, s, "%-*s\n", s->file->width, s->file->head);
	first = STAILQ_EMPTY(&pn->waiting);
	STAILQ_INSERT_TAIL(&pn->waiting, s, link);
	if (first)
		listings_next(pn);
}

static void
fs_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
    struct fuse_file_info *fi)
{
	const struct snapshot *s = (const void *)(uintptr_t)fi->fh;
	size_t left;

	(void)ino;
	left = (size_t)off < s->len ? s->len - (size_t)off : 0;
	fuse_reply_buf(req, s->text + (left > 0 ? off : 0),
	    size < left ? size : left);
}

static void
fs_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	snapshot_free(fuse_req_userdata(req), (void *)(uintptr_t)fi->fh);
	fuse_reply_err(req, 0);
}

static const struct fuse_lowlevel_ops fs_ops = {
	.init = fs_init, .lookup = fs_lookup, .getattr = fs_getattr,
	.readlink = fs_readlink, .readdir = fs_readdir, .open = fs_open,
	.read = fs_read, .release = fs_release,
};

/* ---- mounting ---- */

/* Note the names of the kernel's files that ours do not replace. */
static int
note_links(struct procnet *pn)
{
	const struct dirent *de;
	unsigned i;
	DIR *dir;

	if ((dir = opendir("proc/self/net")) == NULL)
		return -1;
	while (pn->nlinks < LINKS_MAX && (de = readdir(dir)) != NULL) {
		for (i = 0; i < NFILES; i++)
			if (strcmp(files[i].name, de->d_name) == 0)
				break;
		if (de->d_name[0] == '.' || i < NFILES)
			continue;
		if ((pn->links[pn->nlinks] = strdup(de->d_name)) != NULL)
			pn->nlinks++;
	}
	closedir(dir);
	return 0;
}

#define PLACE	"proc/tty/ldisc"
#define QUIET	(MS_NOSUID | MS_NODEV | MS_NOEXEC)

/* Cover the link proc/net by the one in PLACE. */
static int
cover_link(void)
{
	int from, to, error = -1;

	if (symlink("tty/ldisc/net", PLACE "/link") != 0)
		return -1;
	from = (int)syscall(SYS_open_tree, AT_FDCWD, PLACE "/link",
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	to = open("proc/net", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (from >= 0 && to >= 0)
		error = (int)syscall(SYS_move_mount, from, "", to, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return error;
}

/* The directory net, which fd serves. */
static int
fill_place(int fd)
{
	char data[128];

	snprintf(data, sizeof(data),
	    "fd=%d,rootmode=40555,user_id=0,group_id=0,allow_other", fd);
	if (mkdir(PLACE "/net", 0555) != 0 || cover_link() != 0)
		return -1;
	/* Last: from now on nothing may look at it until it is served. */
	return mount("netjail", PLACE "/net", "fuse.netjail", QUIET | MS_RDONLY,
	    data);
}

static int
mount_files(int fd)
{
	if (mount("none", PLACE, "tmpfs", QUIET, "size=4k,mode=555") != 0)
		return -1;
	if (fill_place(fd) == 0 && mount(NULL, PLACE, NULL,
	    MS_REMOUNT | MS_BIND | MS_RDONLY | QUIET, NULL) == 0)
		return 0;
	(void)umount2("proc/net", MNT_DETACH | UMOUNT_NOFOLLOW);
	(void)umount2(PLACE, MNT_DETACH);
	return -1;
}

/* On a descriptor that procnet_place() will name. */
static int
session_make(struct procnet *pn)
{
	char name[] = "netjail", *argv[] = { name, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);

	pn->se = fuse_session_new(&args, &fs_ops, sizeof(fs_ops), pn);
	fuse_opt_free_args(&args);
	return pn->se != NULL ? 0 : -1;
}

struct procnet *
procnet_mount(bool verbose, int *fdp)
{
	struct procnet *pn;
	int fd;

	if ((fd = open("/dev/fuse", O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) {
		if (verbose)
			warn("/proc/net of the jail: /dev/fuse");
		return NULL;
	}
	if ((pn = calloc(1, sizeof(*pn))) != NULL) {
		STAILQ_INIT(&pn->waiting);
		if (note_links(pn) == 0 && session_make(pn) == 0 &&
		    mount_files(fd) == 0) {
			*fdp = fd;
			return pn;
		}
	}
	if (verbose)
		warn("/proc/net of the jail");
	close(fd);
	return NULL;		/* what is left of pn goes with the process */
}

void
procnet_place(struct procnet *pn, int fuse, int diag, int view)
{
	char path[32];

	pn->diag = diag;
	nj_sysctl_keep(view);
	snprintf(path, sizeof(path), "/dev/fd/%d", fuse);
	if (fuse_session_mount(pn->se, path) != 0)
		pn->se = NULL;
}

/* ---- serving ---- */

static void
serve_request(struct procnet *pn)
{
	int n = fuse_session_receive_buf(pn->se, &pn->buf);

	if (n > 0)
		fuse_session_process_buf(pn->se, &pn->buf);
	else if (fuse_session_exited(pn->se))
		pn->se = NULL;
}

void
procnet_poll(const struct procnet *pn, struct pollfd p[PROCNET_FDS])
{
	p[0] = (struct pollfd) { .fd = pn->diag, .events = POLLIN };
	p[1] = (struct pollfd) {
		.fd = pn->se != NULL ? fuse_session_fd(pn->se) : -1,
		.events = POLLIN,
	};
}

void
procnet_work(struct procnet *pn, const struct pollfd p[PROCNET_FDS])
{
	if (p[0].revents != 0)
		listing_read(pn);
	if (p[1].revents != 0)
		serve_request(pn);
}
