/*
 * fake.c - listings and a MIB for the tests of netstat.
 *
 * Every value is handed out in a buffer of exactly its length, so that a
 * sanitizer sees the first byte read beyond it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/netstat/fake.h"

/* ---- listings ---- */

/* Append len zero bytes that begin with that length. */
static void *
append(struct stream *s, size_t len)
{
	uint64_t n = len;
	uint8_t *p;

	s->buf = realloc(s->buf, s->len + len);
	if (s->buf == NULL)
		abort();
	p = s->buf + s->len;
	s->len += len;
	memset(p, 0, len);
	memcpy(p, &n, sizeof(n));
	return p;
}

void
add_gen(struct stream *s, uint32_t count, uint64_t gen)
{
	struct xinpgen *g = append(s, sizeof(*g));

	g->xig_count = count;
	g->xig_gen = gen;
}

void
add_ungen(struct stream *s, uint32_t count, uint64_t gen)
{
	struct xunpgen *g = append(s, sizeof(*g));

	g->xug_count = count;
	g->xug_gen = gen;
}

/* Take "host:port" apart.  Returns the family, AF_UNSPEC for "*". */
static int
parse(const char *text, struct in_addr *a4, struct in6_addr *a6,
    in_port_t *port)
{
	char addr[64];
	const char *colon = strrchr(text, ':');
	size_t len = (size_t)(colon - text);

	*port = htons((uint16_t)atoi(colon + 1));
	if (*text == '*')
		return AF_UNSPEC;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if (inet_pton(AF_INET, addr, a4) == 1)
		return AF_INET;
	addr[len - 1] = '\0';
	if (inet_pton(AF_INET6, addr + 1, a6) != 1)
		abort();
	return AF_INET6;
}

static void
fill(struct xinpcb *inp, int protocol, const char *local, const char *foreign)
{
	int af;

	inp->xi_socket.xso_len = sizeof(inp->xi_socket);
	inp->xi_socket.xso_protocol = protocol;
	inp->inp_gencnt = 1;
	inp->xi_socket.so_pcb = 0xfffff80003c4a000;
	af = parse(local, &inp->inp_laddr, &inp->in6p_laddr, &inp->inp_lport);
	parse(foreign, &inp->inp_faddr, &inp->in6p_faddr, &inp->inp_fport);
	inp->inp_vflag = af == AF_INET6 ? INP_IPV6 : INP_IPV4;
}

struct xtcpcb *
add_tcp(struct stream *s, const char *local, const char *foreign, int state)
{
	struct xtcpcb *tp = append(s, sizeof(*tp));

	tp->xt_inp.xi_len = sizeof(tp->xt_inp);
	fill(&tp->xt_inp, IPPROTO_TCP, local, foreign);
	tp->t_state = state;
	return tp;
}

struct xinpcb *
add_inp(struct stream *s, int protocol, const char *local,
    const char *foreign)
{
	struct xinpcb *inp = append(s, sizeof(*inp));

	fill(inp, protocol, local, foreign);
	return inp;
}

struct xunpcb *
add_unix(struct stream *s, int type, const char *path)
{
	struct xunpcb *xu = append(s, sizeof(*xu));

	xu->unp_gencnt = 1;
	xu->xu_socket.so_type = (int16_t)type;
	xu->xu_socket.so_pcb = 0xfffff80003c4b100;
	if (path == NULL)
		return xu;
	xu->xu_addr.sun_family = AF_UNIX;
	xu->xu_addr.sun_len = (uint8_t)(2 + strlen(path));
	memcpy(xu->xu_addr.sun_path, path, strlen(path));
	return xu;
}

struct xfile *
add_file(struct stream *s, int pid, int fd, uint64_t so, const char *comm)
{
	struct xfile *xf = append(s, sizeof(*xf));

	xf->xf_pid = pid;
	xf->xf_fd = fd;
	xf->xf_type = DTYPE_SOCKET;
	xf->xf_data = so;
	memcpy(xf->xf_comm, comm, strnlen(comm, sizeof(xf->xf_comm)));
	return xf;
}

void
stream_free(struct stream *s)
{
	free(s->buf);
	*s = (struct stream) { .buf = NULL };
}

/* ---- pieces ---- */

size_t fake_piece;

struct bytes {
	struct feed	 feed;
	uint8_t		*buf;
	size_t		 len, pos;
	void		*piece;		/* the one handed out last */
};

static void *
copy(const void *buf, size_t len)
{
	void *p = malloc(len > 0 ? len : 1);

	if (p == NULL)
		abort();
	if (len > 0)
		memcpy(p, buf, len);
	return p;
}

static int
bytes_next(struct feed *f, const void **bufp, size_t *lenp)
{
	struct bytes *b = (struct bytes *)f;
	size_t n = b->len - b->pos;

	free(b->piece);
	b->piece = NULL;
	if (n == 0)
		return 0;
	if (fake_piece > 0 && n > fake_piece)
		n = fake_piece;
	*bufp = b->piece = copy(b->buf + b->pos, n);
	*lenp = n;
	b->pos += n;
	return 1;
}

struct feed *
feed_new(const void *buf, size_t len)
{
	struct bytes *b = calloc(1, sizeof(*b));

	if (b == NULL)
		abort();
	b->feed.next = bytes_next;
	b->buf = copy(buf, len);
	b->len = len;
	return &b->feed;
}

void
feed_free(struct feed *f)
{
	struct bytes *b = (struct bytes *)f;

	free(b->piece);
	free(b->buf);
	free(b);
}

/* ---- the MIB ---- */

#define NVALUES 24

static struct value {
	const char	*name;
	void		*buf;
	size_t		 len;
	int		 error;
	bool		 zeroed;
} values[NVALUES];

static struct value *
find(const char *name)
{
	size_t i;

	for (i = 0; i < NVALUES; i++)
		if (values[i].name != NULL && strcmp(values[i].name, name) == 0)
			return &values[i];
	return NULL;
}

static struct value *
make(const char *name)
{
	struct value *v = find(name);
	size_t i;

	for (i = 0; v == NULL; i++)
		if (values[i].name == NULL)
			v = &values[i];
	free(v->buf);
	*v = (struct value) { .name = name };
	return v;
}

void
fake_set(const char *name, const void *buf, size_t len)
{
	struct value *v = make(name);

	v->buf = copy(buf, len);
	v->len = len;
}

void
fake_set_stream(const char *name, struct stream *s)
{
	fake_set(name, s->buf, s->len);
	stream_free(s);
}

void
fake_fail(const char *name, int error)
{
	make(name)->error = error;
}

bool
fake_was_zeroed(const char *name)
{
	return find(name) != NULL && find(name)->zeroed;
}

void
fake_reset(void)
{
	size_t i;

	for (i = 0; i < NVALUES; i++)
		free(values[i].buf);
	fake_piece = 0;
	memset(values, 0, sizeof(values));
}

static struct value *
look(const char *name)
{
	struct value *v = find(name);

	errno = v == NULL ? ENOENT : v->error;
	return errno == 0 ? v : NULL;
}

static void *
fake_read(const char *name, size_t *lenp)
{
	const struct value *v = look(name);

	if (v == NULL)
		return NULL;
	*lenp = v->len;
	return copy(v->buf, v->len);
}

static void *
fake_route(int af, int op, size_t *lenp)
{
	(void)af;
	return fake_read(op == NET_RT_DUMP ? FAKE_ROUTES : FAKE_IFLIST, lenp);
}

static int
fake_swap(const char *name, void *oldp, size_t *oldlenp, const void *newp,
    size_t newlen)
{
	struct value *v = look(name);

	if (v == NULL)
		return -1;
	if (*oldlenp < v->len) {
		errno = ENOMEM;
		return -1;
	}
	*oldlenp = v->len;
	memcpy(oldp, v->buf, v->len);
	if (newp != NULL) {
		v->zeroed = true;
		memcpy(v->buf, newp, newlen < v->len ? newlen : v->len);
	}
	return 0;
}

static struct feed *
fake_open(const char *name)
{
	const struct value *v = look(name);

	return v == NULL ? NULL : feed_new(v->buf, v->len);
}

const struct mib fake_mib = { .open = fake_open, .close = feed_free,
	.read = fake_read, .route = fake_route, .swap = fake_swap };

/* ---- names ---- */

static const char *
host(const struct inaddr *a)
{
	char text[INADDR_STRLEN];

	inaddr_ntop(a, text);
	if (strcmp(text, "10.0.0.9") == 0)
		return "client.example.org";
	if (strcmp(text, "10.0.0.5") == 0)
		return "www";
	if (strcmp(text, "2001:db8::9") == 0)
		return "client6";
	return NULL;
}

static const char *
service(in_port_t port, const char *proto)
{
	static const struct {
		int	 port;
		const char *proto, *name;
	} known[] = {
		{ 22, "tcp", "ssh" }, { 80, "tcp", "http" },
		{ 53, "udp", "domain" }, { 7777, "tcp", "a-very-long-service" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].port == ntohs(port) &&
		    strcmp(known[i].proto, proto) == 0)
			return known[i].name;
	return NULL;
}

static const char *
net(const struct inaddr *a)
{
	return inaddr_to_v4(a) == htonl(0x0a000000) ? "inner-net" : NULL;
}

const struct names fake_names = { .host = host, .service = service,
	.net = net };
