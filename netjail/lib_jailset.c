/*
 * lib_jailset.c - jail_set(2) and jail_get(2) of libnetjail, and what is made
 * of them: jail(2), jail_getid(3), jail_getname(3).
 *
 * Theory of operation
 *
 * FreeBSD's calls take parameters as pairs of struct iovec, a name and a value
 * in binary; the daemon takes and gives text (CTL_JAIL_SET, CTL_JAIL_GET).  The
 * table of jailparam.h has the type of each parameter, and what is here goes
 * from one form to the other.  Values:
 *
 *	string		with its NUL
 *	int, jailsys	int
 *	boolean		int, or nothing: the name alone says it ("nopersist")
 *	addresses	array of struct in_addr or in6_addr
 *
 * "errmsg" is where a sentence goes if something is refused.  jail_get() with
 * no room for a value (iov_base NULL) says how much it wants.
 *
 * The daemon knows jails; the namespaces of a new one are made here, after it
 * has agreed.  Where that fails the jail is removed again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "base/ctlmsg.h"
#include "base/inaddr.h"
#include "include/bsd/sys/jail.h"
#include "netjail/jailparam.h"
#include "netjail/lib_jail.h"
#include "sysctl/client.h"

#define MAXPAIRS	256

/* A call: its pairs, and where a sentence goes. */
struct call {
	struct iovec	*iov;
	unsigned	 n;		/* of iov, even */
	struct iovec	*errmsg;	/* or NULL */
};

/* ---- pairs ---- */

/* The string in v, or NULL: it has no NUL at its end. */
static const char *
text_of(const struct iovec *v)
{
	const char *s = v->iov_base;

	if (s == NULL || v->iov_len == 0 || s[v->iov_len - 1] != '\0' ||
	    strlen(s) != v->iov_len - 1)
		return NULL;
	return s;
}

static int
call_check(struct call *c, struct iovec *iov, unsigned n)
{
	unsigned i;

	*c = (struct call) { .iov = iov, .n = n };
	if (n % 2 != 0 || n / 2 > MAXPAIRS)
		return lib_refuse(EINVAL, "not pairs of names and values");
	for (i = 0; i < n; i += 2) {
		if (text_of(&iov[i]) == NULL)
			return lib_refuse(EINVAL, "a name without its end");
		if (strcmp(iov[i].iov_base, "errmsg") == 0)
			c->errmsg = &iov[i + 1];
	}
	return 0;
}

/* Pass on what r says, and why. */
static int
call_end(const struct call *c, int r)
{
	if (r == -1 && c->errmsg != NULL && c->errmsg->iov_base != NULL &&
	    c->errmsg->iov_len > 0)
		snprintf(c->errmsg->iov_base, c->errmsg->iov_len, "%s",
		    jail_errmsg);
	return r;
}

/* The value called name, or NULL. */
static struct iovec *
call_find(const struct call *c, const char *name)
{
	unsigned i;

	for (i = 0; i < c->n; i += 2)
		if (strcmp(c->iov[i].iov_base, name) == 0)
			return &c->iov[i + 1];
	return NULL;
}

static int
int_of(const struct iovec *v, int *val)
{
	if (v->iov_base == NULL || v->iov_len != sizeof(*val))
		return -1;
	memcpy(val, v->iov_base, sizeof(*val));
	return 0;
}

/* ---- the daemon ---- */

/* Ask for something about jails.  The answer's arg in *argp (may be NULL). */
static int
ask(int sock, unsigned op, unsigned arg, const char *text, size_t len,
    char **answerp, size_t *alenp, uint32_t *argp)
{
	void *answer = NULL;
	char msg[512] = "";
	size_t alen = 0;

	if (ctl_call(sock, op, arg, text, len, -1, &answer, &alen, argp, NULL,
	    msg, sizeof(msg)) == -1) {
		free(answer);
		return lib_refuse(errno, "%s", *msg != '\0' ? msg :
		    strerror(errno));
	}
	if (answerp != NULL) {
		*answerp = answer;
		*alenp = alen;
	} else
		free(answer);
	return 0;
}

/* ---- from binary to text ---- */

static int
put_addresses(FILE *f, const char *name, const struct iovec *v, int af,
    size_t size)
{
	char buf[INET6_ADDRSTRLEN];
	const char *addr = v->iov_base;
	size_t i;

	if (v->iov_len % size != 0)
		return lib_refuse(EINVAL, "%s: not whole addresses", name);
	fprintf(f, "%s=", name);
	for (i = 0; addr != NULL && i < v->iov_len; i += size)
		fprintf(f, "%s%s", i != 0 ? "," : "",
		    inet_ntop(af, addr + i, buf, sizeof(buf)));
	return 0;
}

/* A path as the kernel would find it. */
static int
put_path(FILE *f, const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (realpath(path, real) == NULL || stat(real, &st) == -1)
		return lib_refuse(errno, "path %s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return lib_refuse(ENOTDIR, "path %s: %s", path,
		    strerror(ENOTDIR));
	fprintf(f, "path=%s", real);
	return 0;
}

/* One whose value is an int: name, or name=value. */
static int
put_number(FILE *f, const char *name, const struct jp_def *jp,
    const struct iovec *v)
{
	int val;

	if (jp->type == JPT_BOOL && v->iov_len == 0) {
		fputs(name, f);
		return 0;
	}
	if (int_of(v, &val) == -1)
		return lib_refuse(EINVAL, "%s: not an int", name);
	if (jp->type == JPT_BOOL)
		fprintf(f, "%s=%s", name, val != 0 ? "true" : "false");
	else if (jp->type == JPT_INT)
		fprintf(f, "%s=%d", name, val);
	else if (val < JAIL_SYS_DISABLE || val > JAIL_SYS_INHERIT)
		return lib_refuse(EINVAL, "%s: invalid value %d", name, val);
	else
		fprintf(f, "%s=%s", name, jp_jailsys_name(val));
	return 0;
}

static int
put_param(FILE *f, const char *name, const struct iovec *v)
{
	const struct jp_def *jp;
	const char *text;
	bool no;

	if ((jp = jp_find(name, strlen(name), &no)) == NULL)
		return lib_refuse(EINVAL, "unknown parameter: %s", name);
	switch (jp->type) {
	case JPT_IP4:
		return put_addresses(f, name, v, AF_INET,
		    sizeof(struct in_addr));
	case JPT_IP6:
		return put_addresses(f, name, v, AF_INET6,
		    sizeof(struct in6_addr));
	case JPT_STRING:
		if ((text = text_of(v)) == NULL)
			return lib_refuse(EINVAL, "%s: not a string", name);
		if (strcmp(name, "path") == 0)
			return put_path(f, text);
		fprintf(f, "%s=%s", name, text);
		return 0;
	default:
		return put_number(f, name, jp, v);
	}
}

/* All of c as CTL_JAIL_SET wants it; malloc()ed.  NULL: refused. */
static char *
params_of(const struct call *c, size_t *lenp)
{
	char *text = NULL;
	unsigned i;
	int r = 0;
	FILE *f;

	if ((f = open_memstream(&text, lenp)) == NULL) {
		lib_refuse(errno, "%s", strerror(errno));
		return NULL;
	}
	for (i = 0; i < c->n && r == 0; i += 2) {
		if (&c->iov[i + 1] == c->errmsg)
			continue;
		r = put_param(f, c->iov[i].iov_base, &c->iov[i + 1]);
		fputc('\0', f);
	}
	if (fclose(f) != 0 && r == 0)
		r = lib_refuse(ENOMEM, "%s", strerror(ENOMEM));
	if (r == 0)
		return text;
	free(text);
	return NULL;
}

/* ---- from text to binary ---- */

/* Put len bytes of value where there is room for them. */
static int
give(struct iovec *v, const char *name, const void *val, size_t len, bool part)
{
	if (v->iov_base == NULL) {
		v->iov_len = len;
		return 0;
	}
	if (part ? v->iov_len < len : v->iov_len != len)
		return lib_refuse(EINVAL, "%s: a value of %zu bytes", name, len);
	memcpy(v->iov_base, val, len);
	v->iov_len = len;
	return 0;
}

static int
give_addresses(struct iovec *v, const char *name, char *text, int af,
    size_t size)
{
	size_t n = 0, max = (strlen(text) + 1) / 2 + 1;
	char *buf, *word;
	int r;

	if ((buf = calloc(max, size)) == NULL)
		return lib_refuse(ENOMEM, "%s", strerror(ENOMEM));
	while ((word = strsep(&text, ",")) != NULL)
		if (*word != '\0' && inet_pton(af, word, buf + n * size) == 1)
			n++;
	r = give(v, name, buf, n * size, true);
	free(buf);
	return r;
}

static int
give_param(struct iovec *v, const char *name, char *text)
{
	const struct jp_def *jp;
	bool no, on;
	int val = 0;

	if ((jp = jp_find(name, strlen(name), &no)) == NULL)
		return lib_refuse(EINVAL, "unknown parameter: %s", name);
	switch (jp->type) {
	case JPT_STRING:
		return give(v, name, text, strlen(text) + 1, true);
	case JPT_IP4:
		return give_addresses(v, name, text, AF_INET,
		    sizeof(struct in_addr));
	case JPT_IP6:
		return give_addresses(v, name, text, AF_INET6,
		    sizeof(struct in6_addr));
	case JPT_BOOL:
		(void)jp_bool(text, &on);
		val = on;
		break;
	case JPT_JAILSYS:
		(void)jp_jailsys(text, &val);
		break;
	case JPT_INT:
		(void)jp_int(text, &val);
		break;
	}
	return give(v, name, &val, sizeof(val), false);
}

/* Spread an answer, "name=value" after "name=value", over the pairs. */
static int
give_all(const struct call *c, char *text, size_t len)
{
	char *end = text + len, *eq, *next;
	struct iovec *v;

	if (len > 0 && end[-1] != '\0')
		return lib_refuse(EBADMSG, "%s", strerror(EBADMSG));
	for (; text < end; text = next) {
		next = text + strlen(text) + 1;
		if ((eq = strchr(text, '=')) == NULL)
			continue;
		*eq = '\0';
		if ((v = call_find(c, text)) != NULL &&
		    give_param(v, text, eq + 1) == -1)
			return -1;
	}
	return 0;
}

/* Which jail: "jid=N", "name=X", "lastjid=N".  -1: none is said. */
static int
put_selector(const struct call *c, FILE *f)
{
	const struct iovec *last = call_find(c, "lastjid");
	const struct iovec *jid = call_find(c, "jid");
	const struct iovec *name = call_find(c, "name");
	int val;

	if (last != NULL && int_of(last, &val) == 0)
		fprintf(f, "lastjid=%d", val);
	else if (jid != NULL && int_of(jid, &val) == 0 && val != 0)
		fprintf(f, "jid=%d", val);
	else if (name != NULL && text_of(name) != NULL)
		fprintf(f, "name=%s", text_of(name));
	else
		return lib_refuse(ENOENT, "no jail specified");
	fputc('\0', f);
	return 0;
}

/* What CTL_JAIL_GET is asked; malloc()ed.  NULL: refused. */
static char *
question_of(const struct call *c, size_t *lenp)
{
	char *text = NULL;
	unsigned i;
	FILE *f;
	int r;

	if ((f = open_memstream(&text, lenp)) == NULL) {
		lib_refuse(errno, "%s", strerror(errno));
		return NULL;
	}
	r = put_selector(c, f);
	for (i = 0; i < c->n; i += 2)
		if (&c->iov[i + 1] != c->errmsg &&
		    strcmp(c->iov[i].iov_base, "lastjid") != 0)
			fprintf(f, "%s%c", (char *)c->iov[i].iov_base, 0);
	if (fclose(f) != 0 && r == 0)
		r = lib_refuse(ENOMEM, "%s", strerror(ENOMEM));
	if (r == 0)
		return text;
	free(text);
	return NULL;
}

static int
get_over(int sock, const struct call *c, int flags)
{
	char *question, *answer = NULL;
	size_t len, alen = 0;
	uint32_t jid;
	int r;

	if ((question = question_of(c, &len)) == NULL)
		return -1;
	r = ask(sock, CTL_JAIL_GET, (unsigned)flags, question, len, &answer,
	    &alen, &jid);
	free(question);
	if (r == -1)
		return -1;
	r = give_all(c, answer, alen);
	free(answer);
	return r == 0 ? (int)jid : -1;
}

int
jail_get(struct iovec *iov, unsigned int niov, int flags)
{
	struct call c;
	int r, sock;

	if (call_check(&c, iov, niov) == -1)
		return -1;
	if ((flags & ~JAIL_GET_MASK) != 0)
		return call_end(&c, lib_refuse(EINVAL, "unknown flags"));
	if ((sock = ctl_connect()) == -1)
		return call_end(&c, lib_refuse(errno,
		    "cannot reach netjaild: %s", ctl_strerror(errno)));
	r = get_over(sock, &c, flags);
	close(sock);
	return call_end(&c, r);
}

/* ---- making ---- */

/* A pair of a string constant and a value. */
#define PAIR(name, val, len)						\
	{ (void *)(uintptr_t)(name), sizeof(name) },			\
	{ (void *)(uintptr_t)(val), (len) }

/* What the namespaces of a new jail are made from, as the daemon sees it. */
static int
furnish(int sock, int jid)
{
	char path[PATH_MAX], hostname[256];
	struct iovec iov[] = {
		PAIR("jid", &jid, sizeof(jid)),
		PAIR("path", path, sizeof(path)),
		PAIR("host.hostname", hostname, sizeof(hostname)),
		PAIR("ip4.addr", NULL, 0),
	};
	struct call c = { .iov = iov, .n = sizeof(iov) / sizeof(iov[0]) };
	struct launch_jail lj = { .jid = (uint32_t)jid, .path = path,
		.hostname = hostname, .parent = -1 };
	struct in_addr *ip4 = NULL;
	struct inaddr *addr = NULL;
	int r = -1;

	if (get_over(sock, &c, 0) == -1)
		return -1;
	lj.naddr = (unsigned)(iov[7].iov_len / sizeof(*ip4));
	ip4 = calloc(lj.naddr + 1, sizeof(*ip4));
	addr = calloc(lj.naddr + 1, sizeof(*addr));
	iov[7].iov_base = ip4;
	if (ip4 == NULL || addr == NULL)
		lib_refuse(ENOMEM, "%s", strerror(ENOMEM));
	else if (get_over(sock, &c, 0) != -1) {
		for (unsigned i = 0; i < lj.naddr; i++)
			addr[i] = inaddr_v4(ip4[i].s_addr);
		lj.addr = addr;
		r = lib_populate(&lj);
	}
	free(ip4);
	free(addr);
	return r;
}

/* Is there the jail that c is about? */
static bool
exists(int sock, const struct call *c)
{
	char *text = NULL;
	size_t len;
	FILE *f;
	int r;

	if ((f = open_memstream(&text, &len)) == NULL)
		return false;
	r = put_selector(c, f);
	if (fclose(f) == 0 && r == 0)
		r = ask(sock, CTL_JAIL_GET, 0, text, len, NULL, NULL, NULL);
	else
		r = -1;
	free(text);
	return r == 0;
}

/* Over a connection that lives as long as a new jail is in the making. */
static int
set_over(int sock, const struct call *c, int flags)
{
	char *params;
	uint32_t jid;
	bool create;
	size_t len;
	int error;

	if ((params = params_of(c, &len)) == NULL)
		return -1;
	create = (flags & JAIL_CREATE) != 0 &&
	    ((flags & JAIL_UPDATE) == 0 || !exists(sock, c));
	error = ask(sock, CTL_JAIL_SET, (unsigned)((flags & JAIL_ATTACH) |
	    (create ? JAIL_CREATE : JAIL_UPDATE)), params, len, NULL, NULL,
	    &jid);
	free(params);
	if (error == -1)
		return -1;
	if (create && furnish(sock, (int)jid) == -1) {
		error = errno;
		(void)ctl_call(sock, CTL_JAIL_REMOVE, jid, NULL, 0, -1, NULL,
		    NULL, NULL, NULL, NULL, 0);
		errno = error;
		return -1;
	}
	return (int)jid;
}

int
jail_set(struct iovec *iov, unsigned int niov, int flags)
{
	struct call c;
	int jid, sock;

	if (call_check(&c, iov, niov) == -1)
		return -1;
	if ((flags & ~JAIL_SET_MASK) != 0)
		return call_end(&c, lib_refuse(EINVAL, "unknown flags"));
	if ((flags & (JAIL_CREATE | JAIL_UPDATE)) == 0)
		return call_end(&c, lib_refuse(EINVAL,
		    "no valid operation (create or update)"));
	if ((sock = lib_connect()) == -1)
		return call_end(&c, -1);
	if ((jid = set_over(sock, &c, flags)) == -1 ||
	    (flags & JAIL_ATTACH) == 0) {
		close(sock);
		return call_end(&c, jid);
	}
	/* Closes sock; in the jail when it returns 0. */
	return call_end(&c, lib_attach(sock, (uint32_t)jid) == 0 ? jid : -1);
}

int
jail(struct jail *j)
{
	struct iovec iov[10] = {
		PAIR("path", j->path, 0), PAIR("host.hostname", j->hostname, 0),
		PAIR("ip4.addr", j->ip4, j->ip4s * sizeof(*j->ip4)),
	};
	unsigned n = 6;

	if (j->version != JAIL_API_VERSION)
		return lib_refuse(EINVAL, "struct jail of version %u",
		    j->version);
	if (j->path == NULL || j->hostname == NULL)
		return lib_refuse(EFAULT, "no path or no host name");
	iov[1].iov_len = strlen(j->path) + 1;
	iov[3].iov_len = strlen(j->hostname) + 1;
	if (j->ip6s > 0) {
		const struct iovec ip6[2] = { PAIR("ip6.addr", j->ip6,
		    j->ip6s * sizeof(*j->ip6)) };

		memcpy(&iov[n], ip6, sizeof(ip6));
		n += 2;
	}
	if (j->jailname != NULL) {
		const struct iovec name[2] = { PAIR("name", j->jailname,
		    strlen(j->jailname) + 1) };

		memcpy(&iov[n], name, sizeof(name));
		n += 2;
	}
	return jail_set(iov, n, JAIL_CREATE | JAIL_ATTACH);
}

/* ---- names ---- */

int
jail_getid(const char *name)
{
	struct iovec byid[2], byname[2] = { PAIR("name", name,
	    strlen(name) + 1) };
	char *end;
	long jid = strtol(name, &end, 10);
	int id = (int)jid;

	if (*name != '\0' && *end == '\0' && jid > 0 && jid == id) {
		const struct iovec pair[2] = { PAIR("jid", &id, sizeof(id)) };

		memcpy(byid, pair, sizeof(pair));
		return jail_get(byid, 2, 0);
	}
	return jail_get(byname, 2, 0);
}

char *
jail_getname(int jid)
{
	struct iovec iov[] = {
		PAIR("jid", &jid, sizeof(jid)), PAIR("name", NULL, 0),
	};
	char *name;

	if (jail_get(iov, 4, 0) == -1)
		return NULL;
	if ((name = malloc(iov[3].iov_len + 1)) == NULL)
		return NULL;
	iov[3].iov_base = name;
	if (jail_get(iov, 4, 0) != -1)
		return name;
	free(name);
	return NULL;
}
