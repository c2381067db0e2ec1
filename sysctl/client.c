/*
 * client.c - the tools' end of the control socket, and sysctl(3) over it.
 *
 * Theory of operation
 *
 * A process inside a jail asks for a socket of a family that no Linux knows;
 * the jail's filter hands that call to netjaild, which answers it with a
 * connection that belongs to the jail.  Where nobody answers, the kernel says
 * EAFNOSUPPORT and the daemon's AF_UNIX socket is tried.
 *
 * Nothing the other end says about lengths is believed: a reply shorter than
 * its header, longer than CTL_MAXREPLY, or of an unknown kind, is EBADMSG, and
 * the connection is not used again.  What a transport error leaves unread could
 * be taken for the next reply, so such a connection is closed as well.
 *
 * sysctl(3) keeps one connection per process.  A child made by fork(2) makes
 * its own, since two readers would steal each other's replies.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysctl/client.h"
#include "sysctl/sysctl.h"

#define CTL_MAXREPLY	(64u << 20)	/* bytes of a reply believed */
#define NAME_MAXLEN	1024		/* of a dotted name, NUL included */

static int
failed(int error)
{
	errno = error;
	return -1;
}

/* ---- where the daemon is ---- */

/* Fill buf with the place that needs no environment. */
static int
default_path(char *buf, size_t len)
{
	uid_t uid = geteuid();

	if (uid == 0)
		return snprintf(buf, len, "/run/netjail/stack.sock");
	return snprintf(buf, len, "/tmp/netjail-%u/stack.sock", (unsigned)uid);
}

/* *shared: anybody could have made the directory. */
static int
find_path(char *buf, size_t len, bool *shared)
{
	const char *sock = getenv("NETJAIL_SOCK");
	const char *run = getenv("XDG_RUNTIME_DIR");
	int n;

	*shared = false;
	if (sock != NULL && *sock != '\0') {
		n = snprintf(buf, len, "%s", sock);
	} else if (run != NULL && *run != '\0') {
		n = snprintf(buf, len, "%s/netjail/stack.sock", run);
	} else {
		n = default_path(buf, len);
		*shared = geteuid() != 0;
	}
	return n < 0 || (size_t)n >= len ? failed(ENAMETOOLONG) : 0;
}

int
ctl_path(char *buf, size_t len)
{
	bool shared;

	return find_path(buf, len, &shared);
}

/* In /tmp only a directory that nobody else can write to is trusted. */
static int
check_directory(const char *path)
{
	char dir[PATH_MAX];
	struct stat st;
	char *slash;

	snprintf(dir, sizeof(dir), "%s", path);
	if ((slash = strrchr(dir, '/')) == NULL)
		return failed(EINVAL);
	*slash = '\0';
	if (lstat(dir, &st) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return failed(EACCES);
	return 0;
}

static int
connect_path(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int sock, error;

	if (strlen(path) >= sizeof(sun.sun_path))
		return failed(ENAMETOOLONG);
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if ((sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return -1;
	while (connect(sock, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		if (errno == EINTR)
			continue;
		error = errno;
		close(sock);
		return failed(error);
	}
	return sock;
}

int
ctl_connect(void)
{
	char path[PATH_MAX];
	bool shared;
	int sock;

	sock = socket(AF_NETJAIL, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (sock != -1)
		return sock;
	if (find_path(path, sizeof(path), &shared) == -1)
		return -1;
	if (shared && check_directory(path) == -1)
		return -1;
	return connect_path(path);
}

const char *
ctl_strerror(int error)
{
	/* No socket, or one that nobody listens on any more. */
	if (error == ENOENT || error == ECONNREFUSED)
		return "no stack runs; the first netjail starts one";
	return strerror(error);
}

/* ---- messages ---- */

/* Room for a message's descriptors: one may be wanted, more are closed. */
union fdroom {
	struct cmsghdr	align;
	char		room[CMSG_SPACE(4 * sizeof(int))];
};

/* Write all of iov; fd (>= 0) goes with the first byte. */
static int
send_all(int sock, struct iovec *iov, size_t iovcnt, int fd)
{
	union fdroom ctl = { .room = { 0 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = iovcnt };
	struct cmsghdr *cmsg;
	ssize_t n;

	if (fd >= 0) {
		msg.msg_control = ctl.room;
		msg.msg_controllen = CMSG_SPACE(sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	while (msg.msg_iovlen > 0) {
		if ((n = sendmsg(sock, &msg, MSG_NOSIGNAL)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
		while (msg.msg_iovlen > 0 && (size_t)n >= msg.msg_iov->iov_len) {
			n -= (ssize_t)msg.msg_iov->iov_len;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
		if (msg.msg_iovlen > 0) {
			msg.msg_iov->iov_base = (char *)msg.msg_iov->iov_base +
			    n;
			msg.msg_iov->iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* A request made of up to three parts. */
static int
send_request(int sock, unsigned op, uint32_t arg, const struct iovec *part,
    size_t nparts, int fd)
{
	struct ctlmsg hdr = { .op = (uint16_t)op, .arg = arg };
	struct iovec iov[4] = { { &hdr, sizeof(hdr) } };
	size_t i, len = sizeof(hdr);

	for (i = 0; i < nparts; i++) {
		if (part[i].iov_len > CTL_MAXREQUEST - len)
			return failed(EMSGSIZE);
		len += part[i].iov_len;
		iov[i + 1] = part[i];
	}
	hdr.len = (uint32_t)len;
	return send_all(sock, iov, nparts + 1, fd);
}

int
ctl_send(int sock, unsigned op, uint32_t arg, const void *payload, size_t len,
    int fd)
{
	struct iovec part = { .iov_len = len };

	memcpy(&part.iov_base, &payload, sizeof(payload));
	return send_request(sock, op, arg, &part, 1, fd);
}

/* The first descriptor goes to *fdp if that is -1; all others are closed. */
static void
take_fds(struct msghdr *msg, int *fdp)
{
	struct cmsghdr *cmsg;
	size_t i, n;
	int fd;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd),
			    sizeof(fd));
			if (fdp != NULL && *fdp == -1)
				*fdp = fd;
			else
				close(fd);
		}
	}
}

/* Read exactly len bytes.  fdp NULL: close descriptors that come with them. */
static int
recv_all(int sock, void *buf, size_t len, int *fdp)
{
	union fdroom ctl;
	struct iovec iov = { buf, len };
	struct msghdr msg;
	ssize_t n;

	while (iov.iov_len > 0) {
		msg = (struct msghdr) { .msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = ctl.room,
			.msg_controllen = sizeof(ctl.room) };
		if ((n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC)) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		take_fds(&msg, fdp);
		if (n == 0)
			return failed(ECONNRESET);
		iov.iov_base = (char *)iov.iov_base + n;
		iov.iov_len -= (size_t)n;
	}
	return 0;
}

/* Read a reply's header.  *plenp: bytes of payload that follow. */
static int
recv_header(int sock, struct ctlmsg *hdr, size_t *plenp, int *fdp)
{
	if (recv_all(sock, hdr, sizeof(*hdr), fdp) == -1)
		return -1;
	if (hdr->len < sizeof(*hdr) || hdr->len > CTL_MAXREPLY ||
	    (hdr->op != CTL_DATA && hdr->op != CTL_END) || hdr->error < 0)
		return failed(EBADMSG);
	*plenp = hdr->len - sizeof(*hdr);
	return 0;
}

/* Read len bytes of payload that nobody wants. */
static int
recv_drop(int sock, size_t len)
{
	char buf[4096];
	size_t n;

	for (; len > 0; len -= n) {
		n = len < sizeof(buf) ? len : sizeof(buf);
		if (recv_all(sock, buf, n, NULL) == -1)
			return -1;
	}
	return 0;
}

/* Make room for `need' bytes, at least doubling what there is. */
static int
reserve(void **bufp, size_t *capp, size_t need)
{
	size_t cap = *capp;
	void *buf;

	if (need <= cap)
		return 0;
	cap = cap > need / 2 ? cap * 2 : need;
	if ((buf = realloc(*bufp, cap)) == NULL)
		return failed(ENOMEM);
	*bufp = buf;
	*capp = cap;
	return 0;
}

static void
drop_fd(int *fdp)
{
	if (fdp == NULL || *fdp == -1)
		return;
	close(*fdp);
	*fdp = -1;
}

int
ctl_recv(int sock, struct ctlmsg *hdr, void **bufp, size_t *capp, int *fdp)
{
	size_t len;
	int error;

	if (fdp != NULL)
		*fdp = -1;
	if (recv_header(sock, hdr, &len, fdp) == 0 &&
	    reserve(bufp, capp, len) == 0 &&
	    recv_all(sock, *bufp, len, NULL) == 0)
		return 0;
	error = errno;
	drop_fd(fdp);
	return failed(error);
}

/* ---- whole exchanges ---- */

/* Where the data of an answer goes. */
struct sink {
	void	*buf;
	size_t	 len;		/* bytes in it */
	size_t	 cap;		/* its room */
	bool	 grow;		/* buf may be reallocated; else cap is all */
	bool	 cut;		/* there was more than room */
};

/* Read len bytes of payload into the sink, as far as they fit. */
static int
sink_recv(int sock, struct sink *s, size_t len)
{
	size_t n = len;

	if (s->grow) {
		if (reserve(&s->buf, &s->cap, s->len + len) == -1)
			return -1;
	} else if (n > s->cap - s->len) {
		n = s->cap - s->len;
		s->cut = true;
	}
	if (n > 0 && recv_all(sock, (char *)s->buf + s->len, n, NULL) == -1)
		return -1;
	s->len += n;
	return recv_drop(sock, len - n);
}

/* Read the payload of CTL_END as text into errmsg. */
static int
recv_message(int sock, size_t len, char *errmsg, size_t errlen)
{
	size_t n;

	if (errmsg == NULL || errlen == 0)
		return recv_drop(sock, len);
	n = len < errlen - 1 ? len : errlen - 1;
	if (recv_all(sock, errmsg, n, NULL) == -1)
		return -1;
	errmsg[n] = '\0';
	return recv_drop(sock, len - n);
}

/*
 * Read replies up to the last.  -1: the connection is of no more use.  0: *end
 * is the last reply, its error the daemon's answer.
 */
static int
recv_answer(int sock, struct sink *s, struct ctlmsg *end, int *fdp,
    char *errmsg, size_t errlen)
{
	size_t len;

	for (;;) {
		if (recv_header(sock, end, &len, fdp) == -1)
			return -1;
		if (end->op == CTL_END)
			return recv_message(sock, len, errmsg, errlen);
		if (sink_recv(sock, s, len) == -1)
			return -1;
	}
}

int
ctl_call(int sock, unsigned op, uint32_t arg, const void *payload, size_t len,
    int fd, void **bufp, size_t *lenp, uint32_t *argp, int *fdp, char *errmsg,
    size_t errlen)
{
	bool wanted = bufp != NULL && lenp != NULL;
	struct sink s = { .grow = wanted };
	struct ctlmsg end;
	int error;

	if (wanted) {
		s.buf = *bufp;
		s.len = s.cap = s.buf != NULL ? *lenp : 0;
	}
	if (fdp != NULL)
		*fdp = -1;
	if (errmsg != NULL && errlen > 0)
		errmsg[0] = '\0';
	if (ctl_send(sock, op, arg, payload, len, fd) == -1)
		return -1;
	error = recv_answer(sock, &s, &end, fdp, errmsg, errlen) == -1 ?
	    errno : end.error;
	if (wanted) {
		*bufp = s.buf;
		*lenp = s.len;
	}
	if (error != 0) {
		drop_fd(fdp);
		return failed(error);
	}
	if (argp != NULL)
		*argp = end.arg;
	return 0;
}

/* ---- sysctl(3) ---- */

/* The process's connection; -1: none. */
static int	kept_sock = -1;
static pid_t	kept_pid;

static int
kept_connection(void)
{
	if (kept_sock != -1 && kept_pid != getpid()) {
		close(kept_sock);
		kept_sock = -1;
	}
	if (kept_sock == -1) {
		kept_sock = ctl_connect();
		kept_pid = getpid();
	}
	return kept_sock;
}

int
nj_sysctl_open(void)
{
	return kept_connection() == -1 ? -1 : 0;
}

void
nj_sysctl_keep(int sock)
{
	kept_sock = sock;
	kept_pid = getpid();
}

void
nj_sysctl_close(void)
{
	int error = errno;

	if (kept_sock != -1)
		close(kept_sock);
	kept_sock = -1;
	errno = error;
}

/*
 * Ask for (name, namelen); the old value goes to s (NULL: only count), its
 * true length to *truelen.  -1 with errno, also the daemon's.
 */
static int
ask(const int *name, unsigned namelen, struct sink *s, const void *newp,
    size_t newlen, size_t *truelen)
{
	struct ctl_sysctl cs = { .namelen = namelen };
	struct sink nowhere = { .cap = 0 };
	struct iovec part[3] = { { .iov_base = &cs, .iov_len = sizeof(cs) } };
	struct ctlmsg end;
	int sock;

	if (namelen > CTL_MAXNAME)
		return failed(EINVAL);
	if (newlen > CTL_MAXREQUEST)
		return failed(EMSGSIZE);
	cs.flags = (s == NULL ? CTL_SIZEONLY : 0) |
	    (newp != NULL ? CTL_NEW : 0);
	cs.oldlen = s == NULL ? 0 : s->grow ? UINT64_MAX : s->cap;
	cs.newlen = newp != NULL ? (uint32_t)newlen : 0;
	memcpy(&part[1].iov_base, &name, sizeof(name));
	part[1].iov_len = namelen * sizeof(int);
	memcpy(&part[2].iov_base, &newp, sizeof(newp));
	part[2].iov_len = cs.newlen;
	if ((sock = kept_connection()) == -1)
		return -1;
	if (send_request(sock, CTL_MIB, 0, part, 3, -1) == -1 ||
	    recv_answer(sock, s != NULL ? s : &nowhere, &end, NULL, NULL, 0) ==
	    -1) {
		nj_sysctl_close();
		return -1;
	}
	*truelen = end.arg;
	return end.error != 0 ? failed(end.error) : 0;
}

int
nj_sysctl(const int *name, unsigned namelen, void *oldp, size_t *oldlenp,
    const void *newp, size_t newlen)
{
	struct sink s = { .buf = oldp };
	size_t truelen;

	if (oldp == NULL || oldlenp == NULL) {
		if (ask(name, namelen, NULL, newp, newlen, &truelen) == -1)
			return -1;
		if (oldlenp != NULL)
			*oldlenp = truelen;
		return 0;
	}
	s.cap = *oldlenp;
	if (ask(name, namelen, &s, newp, newlen, &truelen) == -1) {
		if (errno == ENOMEM)
			*oldlenp = s.len;
		return -1;
	}
	*oldlenp = s.len;
	return s.cut ? failed(ENOMEM) : 0;
}

int
nj_sysctlnametomib(const char *name, int *mib, size_t *miblen)
{
	static const int name2oid[2] = { 0, 3 };
	size_t len = *miblen * sizeof(int);

	if (strlen(name) >= NAME_MAXLEN)
		return failed(ENAMETOOLONG);
	if (nj_sysctl(name2oid, 2, mib, &len, name, strlen(name)) == -1)
		return -1;
	*miblen = len / sizeof(int);
	return 0;
}

/* As FreeBSD's, leaves *oldlenp alone where sysctl(3) says how much came. */
int
nj_sysctlbyname(const char *name, void *oldp, size_t *oldlenp,
    const void *newp, size_t newlen)
{
	int mib[CTL_MAXNAME];
	size_t miblen = CTL_MAXNAME, len = oldlenp != NULL ? *oldlenp : 0;

	if (nj_sysctlnametomib(name, mib, &miblen) == -1)
		return -1;
	if (nj_sysctl(mib, (unsigned)miblen, oldp,
	    oldlenp != NULL ? &len : NULL, newp, newlen) == -1)
		return -1;
	if (oldlenp != NULL)
		*oldlenp = len;
	return 0;
}

void *
nj_sysctl_readmib(const int *mib, unsigned miblen, size_t *lenp)
{
	struct sink s = { .grow = true };
	size_t truelen;
	int error;

	/* An empty value is a buffer too. */
	if (reserve(&s.buf, &s.cap, 4096) == -1)
		return NULL;
	if (ask(mib, miblen, &s, NULL, 0, &truelen) == -1) {
		error = errno;
		free(s.buf);
		errno = error;
		return NULL;
	}
	*lenp = s.len;
	return s.buf;
}

void *
nj_sysctl_read(const char *name, size_t *lenp)
{
	int mib[CTL_MAXNAME];
	size_t miblen = CTL_MAXNAME;

	if (nj_sysctlnametomib(name, mib, &miblen) == -1)
		return NULL;
	return nj_sysctl_readmib(mib, (unsigned)miblen, lenp);
}
