/*
 * name.c - symbolic names, each asked for once.
 *
 * A table of many sockets repeats few addresses and ports, and one question to
 * the resolver may take seconds.  Services are kept in an array by port,
 * hosts in a hash table; what has no name is remembered as well.  Nothing is
 * ever forgotten: the program is short-lived.  Where memory runs out an answer
 * is only not remembered.
 */
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netstat/name.h"

#define NPORTS	65536
#define NHOSTS	4096		/* hash chains; a power of two */
#define NAMELEN	256

struct host {
	struct host	*next;
	struct inaddr	 addr;
	char		*name;		/* NULL: has none */
};

/* What services(5) calls the ports of one protocol. */
struct services {
	char	 proto[8];
	char	*name[NPORTS];		/* by port, host byte order */
};

static char no_service[] = "";		/* asked for, has no name */

static const char *
ask_service(in_port_t port, const char *proto)
{
	struct servent *sp = getservbyport(port, proto);

	return sp == NULL ? NULL : sp->s_name;
}

/* The table of a protocol; NULL if it is one too many. */
static struct services *
services_of(const char *proto)
{
	static struct services *known[4];
	size_t i;

	if (strlen(proto) >= sizeof(known[0]->proto))
		return NULL;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i] == NULL) {
			known[i] = calloc(1, sizeof(*known[i]));
			if (known[i] != NULL)
				strcpy(known[i]->proto, proto);
			return known[i];
		}
		if (strcmp(known[i]->proto, proto) == 0)
			return known[i];
	}
	return NULL;
}

static const char *
service(in_port_t port, const char *proto)
{
	struct services *s = services_of(proto);
	const char *name;
	char **slot;

	if (s == NULL)
		return ask_service(port, proto);
	slot = &s->name[ntohs(port)];
	if (*slot == NULL) {
		name = ask_service(port, proto);
		*slot = name == NULL ? no_service : strdup(name);
	}
	return *slot == no_service ? NULL : *slot;
}

/* Take our own domain off a host's name. */
static void
trim_domain(char *name)
{
	char self[NAMELEN], *domain, *dot;

	if (gethostname(self, sizeof(self)) != 0)
		return;
	self[sizeof(self) - 1] = '\0';
	domain = strchr(self, '.');
	dot = strchr(name, '.');
	if (domain != NULL && dot != NULL && strcasecmp(domain, dot) == 0)
		*dot = '\0';
}

/* A malloc()ed name or NULL. */
static char *
ask_host(const struct inaddr *a)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6 };
	const void *sa = &sin6;
	socklen_t len = sizeof(sin6);
	char name[NAMELEN];

	memcpy(&sin6.sin6_addr, a->b, sizeof(a->b));
	if (inaddr_is_v4(a)) {
		sin.sin_addr.s_addr = inaddr_to_v4(a);
		sa = &sin;
		len = sizeof(sin);
	}
	if (getnameinfo(sa, len, name, sizeof(name), NULL, 0,
	    NI_NAMEREQD) != 0)
		return NULL;
	trim_domain(name);
	return strdup(name);
}

static unsigned
hash(const struct inaddr *a)
{
	uint64_t h = (a->d[0] ^ a->d[1]) * UINT64_C(0x9e3779b97f4a7c15);

	return (unsigned)(h >> 52) & (NHOSTS - 1);
}

static const char *
host(const struct inaddr *a)
{
	static struct host *hosts[NHOSTS];
	struct host *h, **chain = &hosts[hash(a)];

	for (h = *chain; h != NULL; h = h->next)
		if (inaddr_eq(&h->addr, a))
			return h->name;
	if ((h = malloc(sizeof(*h))) == NULL)
		return NULL;
	h->addr = *a;
	h->name = ask_host(a);
	h->next = *chain;
	*chain = h;
	return h->name;
}

/* networks(5) has few, and few are asked for: no memory of these. */
static const char *
net(const struct inaddr *a)
{
	const struct netent *ne = getnetbyaddr(ntohl(inaddr_to_v4(a)), AF_INET);

	return ne == NULL ? NULL : ne->n_name;
}

const struct names system_names = { .host = host, .service = service,
	.net = net };
