/*
 * Theory of operation
 *
 * Every use of a port is counted in two maps (portmap.h): that of its local
 * address, and one for the whole space and protocol, the union that a wildcard
 * bind asks.  A connection is marked in the set of its destination, too.
 *
 * What a caller must avoid is then the union of at most four sets of ports.  A
 * port is chosen in the first of three ways that succeeds:
 *
 * (1)	While no set has more than half as many ports as the range: any port of
 *	the range, TRIES times, until no set has it.
 * (2)	Count each set within the limits: one that leaves nothing refuses at
 *	once, and the one that leaves least is the base.  Draw the n-th port
 *	that the base leaves, n random, until no other set has it; at the first
 *	if no other has a port in the limits.  DRAWS times, and not if others
 *	have so many there that they could take more than half of these.
 * (3)	Merge the sets, as far as the limits reach, and find the n-th clear
 *	bit, n random.
 *
 * Each is uniform over the acceptable ports, whatever the others did, so the
 * choice as a whole is.  (3) is for sets that leave little only together: half
 * of the ports used on the wildcard and the other half on the address.
 *
 * With net.inet.ip.portrange.randomized=0 the choice is the lowest acceptable
 * port above the protocol's last one, from the beginning after the end.
 *
 * Not here: whether sockets on one port conflict (SO_REUSE*), privileges, and
 * which limits a socket has; pcb/ decides.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "portrange/portrange_int.h"

#define MAXSETS	4
#define TRIES	16
#define DRAWS	4	/* cost about as much as one merge of the sets */

/* Ports to choose from: lo to hi, but for the members of sets. */
struct choice {
	unsigned	 lo, hi;
	struct bitmap	 set[MAXSETS];	/* views */
	unsigned	 nsets;
	unsigned	 left;	/* in the limits, by the first */
	unsigned	 taken;	/* in the limits, by the others */
};

static int
portrange_init(struct vnet *v)
{
	struct portrange *pr = V_portrange(v);

	pr->lowfirst = 1023;
	pr->lowlast = 600;
	pr->first = 10000;
	pr->last = 65535;
	pr->hifirst = 49152;
	pr->hilast = 65535;
	pr->reservedhigh = 1023;
	pr->reservedlow = 0;
	pr->randomized = 1;
	return portmaps_init(v, &pr->maps);
}

static void
portrange_fini(struct vnet *v)
{
	portmaps_fini(&V_portrange(v)->maps);
}

VNET_MODULE(portrange_module, struct portrange, VNET_PORTRANGE, portrange_init,
    portrange_fini);

static struct portlimits
in_order(unsigned a, unsigned b)
{
	return (struct portlimits) { a < b ? a : b, a < b ? b : a };
}

struct portlimits
portrange_limits(const struct vnet *v, int which)
{
	const struct portrange *pr = V_portrange(v);

	switch (which) {
	case IP_PORTRANGE_HIGH:
		return in_order(pr->hifirst, pr->hilast);
	case IP_PORTRANGE_LOW:
		return in_order(pr->lowfirst, pr->lowlast);
	default:
		return in_order(pr->first, pr->last);
	}
}

bool
portrange_reserved(const struct vnet *v, uint16_t port)
{
	const struct portrange *pr = V_portrange(v);

	return port >= pr->reservedlow && port <= pr->reservedhigh;
}

static void
choice_avoid(struct choice *c, const struct bitmap *set)
{
	if (set != NULL && set->count > 0)
		c->set[c->nsets++] = *set;
}

static void
choice_avoid_map(struct choice *c, const struct portmap *m, bool bound)
{
	struct bitmap ports;

	if (m == NULL)
		return;
	ports = portmap_ports(m, bound ? PORT_BOUND : PORT_CONN);
	choice_avoid(c, &ports);
}

/* Avoid what k's space uses on addr. */
static void
choice_avoid_addr(const struct vnet *v, struct choice *c,
    const struct portkey *k, const struct inaddr *addr, bool bound)
{
	struct mapkey key = portmap_key(k);

	key.laddr = *addr;
	choice_avoid_map(c, portmap_find(v, &V_portrange(v)->maps, &key),
	    bound);
}

/* What sockets bound to all addresses use. */
static void
choice_avoid_wildcards(const struct vnet *v, struct choice *c,
    const struct portkey *k, bool bound)
{
	static const struct inaddr any6;
	struct inaddr any4 = inaddr_v4(INADDR_ANY);

	if (!inaddr_eq(&k->laddr, &any6))
		choice_avoid_addr(v, c, k, &any6, bound);
	if (inaddr_is_v4(&k->laddr) && !inaddr_eq(&k->laddr, &any4))
		choice_avoid_addr(v, c, k, &any4, bound);
}

static void
choice_for_bind(const struct vnet *v, struct choice *c,
    const struct portkey *k)
{
	struct mapkey all = portmap_key_all(k);

	if (inaddr_is_any(&k->laddr)) {
		choice_avoid_map(c,
		    portmap_find(v, &V_portrange(v)->maps, &all), false);
		return;
	}
	choice_avoid_addr(v, c, k, &k->laddr, false);
	choice_avoid_wildcards(v, c, k, false);
}

static void
choice_for_connect(const struct vnet *v, struct choice *c,
    const struct portkey *k, const struct endpoint *dst)
{
	const struct portmaps *pm = &V_portrange(v)->maps;
	struct mapkey key = portmap_key(k);
	const struct portmap *own = portmap_find(v, pm, &key);

	choice_avoid_map(c, own, true);
	if (own != NULL)
		choice_avoid(c, portdst_find(v, pm, own, dst));
	choice_avoid_wildcards(v, c, k, true);
}

/* How many of the ports to choose from are not in set. */
static unsigned
choice_left(const struct choice *c, const struct bitmap *set)
{
	return c->hi + 1 - c->lo - bitmap_between(set, c->lo, c->hi + 1);
}

static bool
choice_accepts(const struct choice *c, unsigned port)
{
	unsigned i;

	for (i = 0; i < c->nsets; i++)
		if (bitmap_test(&c->set[i], port))
			return false;
	return true;
}

/* Put the set that leaves least first and drop those that take nothing. */
static void
choice_sort(struct choice *c)
{
	unsigned all = c->hi + 1 - c->lo;
	unsigned n = 0, i, left;
	struct bitmap set;

	c->left = all;
	c->taken = 0;
	for (i = 0; i < c->nsets; i++) {
		set = c->set[i];
		if ((left = choice_left(c, &set)) == all)
			continue;
		c->set[n++] = set;
		c->taken += all - left;
		if (left >= c->left)
			continue;
		c->set[n - 1] = c->set[0];
		c->set[0] = set;
		c->left = left;
	}
	c->taken -= all - c->left;
	c->nsets = n;
}

/* A random port that no set has, by luck.  0: out of luck. */
static unsigned
choice_try(struct vnet *v, const struct choice *c)
{
	unsigned all = c->hi + 1 - c->lo;
	unsigned i, port;

	for (i = 0; i < c->nsets; i++)
		if (c->set[i].count > all / 2)
			return 0;
	for (i = 0; i < TRIES; i++) {
		port = c->lo + vnet_random_below(v, all);
		if (choice_accepts(c, port))
			return port;
	}
	return 0;
}

/* A random port that the first set leaves. */
static unsigned
choice_draw(struct vnet *v, const struct choice *c)
{
	unsigned n = vnet_random_below(v, c->left);

	if (c->nsets == 0)
		return c->lo + n;
	return bitmap_select_clear(&c->set[0], c->lo, n);
}

#define ROW	(BITMAP_ROW / 64)	/* words counted together */

/* Ports that are not acceptable as set bits, in the rows that have some of the
 * limits: all outside of these. */
static void
choice_merge(const struct choice *c, uint64_t words[BITMAP_WORDS])
{
	unsigned first = c->lo / BITMAP_ROW, last = c->hi / BITMAP_ROW;
	unsigned lo = c->lo / 64, hi = c->hi / 64;
	unsigned begin = first * ROW, end = (last + 1) * ROW;
	unsigned i;

	memset(words + begin, 0, (end - begin) * sizeof(words[0]));
	for (i = 0; i < c->nsets; i++)
		bitmap_or(&c->set[i], first, last, words);
	memset(words + begin, 0xff, (lo - begin) * sizeof(words[0]));
	memset(words + hi + 1, 0xff, (end - hi - 1) * sizeof(words[0]));
	words[lo] |= (UINT64_C(1) << c->lo % 64) - 1;
	words[hi] |= ~UINT64_C(1) << c->hi % 64;
}

/* Set bits of a row: those of each byte are added up before the bytes are, and
 * two words or more at a time. */
static unsigned
row_count(const uint64_t row[ROW])
{
	const uint64_t m1 = UINT64_C(0x5555555555555555);
	const uint64_t m2 = UINT64_C(0x3333333333333333);
	const uint64_t m4 = UINT64_C(0x0f0f0f0f0f0f0f0f);
	const uint64_t m8 = UINT64_C(0x00ff00ff00ff00ff);
	uint64_t sum = 0, w;
	unsigned i;

	for (i = 0; i < ROW; i++) {
		w = row[i];
		w -= w >> 1 & m1;
		w = (w & m2) + (w >> 2 & m2);
		sum += (w + (w >> 4)) & m4;
	}
	sum = (sum & m8) + (sum >> 8 & m8);
	return sum * UINT64_C(0x0001000100010001) >> 48;
}

/* A random port that no set has.  0: none. */
static unsigned
choice_draw_merged(struct vnet *v, const struct choice *c)
{
	unsigned first = c->lo / BITMAP_ROW, last = c->hi / BITMAP_ROW;
	uint64_t words[BITMAP_WORDS];
	uint16_t counts[BITMAP_WORDS / ROW] = { 0 };
	unsigned i, count, n = 0;

	choice_merge(c, words);
	for (i = first; i <= last; i++)
		n += counts[i] = BITMAP_ROW - row_count(&words[i * ROW]);
	if (n == 0)
		return 0;
	n = vnet_random_below(v, n);
	for (i = first; n >= counts[i]; i++)
		n -= counts[i];
	for (i *= ROW; n >= (count = word_count(~words[i])); i++)
		n -= count;
	return i * 64 + word_select(~words[i], n);
}

static unsigned
choose_random(struct vnet *v, struct choice *c)
{
	unsigned i, port;

	if ((port = choice_try(v, c)) != 0)
		return port;
	choice_sort(c);
	if (c->left == 0)
		return 0;
	if (c->nsets <= 1)
		return choice_draw(v, c);
	for (i = 0; i < DRAWS && c->taken <= c->left / 2; i++) {
		port = choice_draw(v, c);
		if (choice_accepts(c, port))
			return port;
	}
	return choice_draw_merged(v, c);
}

/* The lowest clear bit from `from' to the end of hi's word.  0: none. */
static unsigned
words_next(const uint64_t *words, unsigned from, unsigned hi)
{
	unsigned i = from / 64;
	uint64_t word = ~words[i] & UINT64_MAX << from % 64;

	while (word == 0 && i < hi / 64)
		word = ~words[++i];
	return word == 0 ? 0 : i * 64 + __builtin_ctzll(word);
}

static unsigned
choose_next(const struct choice *c, uint16_t *cursor)
{
	uint64_t words[BITMAP_WORDS];
	unsigned from = *cursor + 1u;
	unsigned port;

	choice_merge(c, words);
	if (from < c->lo || from > c->hi)
		from = c->lo;
	if ((port = words_next(words, from, c->hi)) == 0)
		port = words_next(words, c->lo, c->hi);
	if (port != 0)
		*cursor = port;
	return port;
}

int
portrange_pick(struct vnet *v, const struct portkey *k, struct portlimits lim,
    const struct endpoint *dst, uint16_t *port)
{
	struct portrange *pr = V_portrange(v);
	struct portlimits l = in_order(lim.lo, lim.hi);
	struct choice c = { .lo = l.lo > 0 ? l.lo : 1, .hi = l.hi };
	unsigned chosen = 0;

	if (dst == NULL)
		choice_for_bind(v, &c, k);
	else
		choice_for_connect(v, &c, k, dst);
	if (c.lo <= c.hi)
		chosen = pr->randomized ? choose_random(v, &c) :
		    choose_next(&c, &pr->cursor[k->proto]);
	if (chosen == 0) {
		pr->stats.exhausted++;
		return EADDRNOTAVAIL;
	}
	pr->stats.picks++;
	*port = chosen;
	return 0;
}

/* dst may be NULL. */
static int
take_dst(struct vnet *v, const struct mapkey *key, uint16_t port,
    const struct endpoint *dst)
{
	struct portmaps *pm = &V_portrange(v)->maps;

	if (dst == NULL)
		return 0;
	return portdst_take(v, pm, portmap_find(v, pm, key), dst, port);
}

int
portrange_take(struct vnet *v, const struct portkey *k, uint16_t port,
    enum port_use use, const struct endpoint *dst)
{
	struct portmaps *pm = &V_portrange(v)->maps;
	struct mapkey key = portmap_key(k), all = portmap_key_all(k);
	int error;

	assert(dst == NULL || use == PORT_CONN);
	if ((error = portmap_take(v, pm, &key, port, use)) != 0)
		return error;
	if ((error = portmap_take(v, pm, &all, port, PORT_CONN)) != 0)
		goto undo_key;
	if ((error = take_dst(v, &key, port, dst)) != 0)
		goto undo_all;
	return 0;

undo_all:
	portmap_put(v, pm, &all, port, PORT_CONN);
undo_key:
	portmap_put(v, pm, &key, port, use);
	return error;
}

void
portrange_put(struct vnet *v, const struct portkey *k, uint16_t port,
    enum port_use use, const struct endpoint *dst)
{
	struct portmaps *pm = &V_portrange(v)->maps;
	struct mapkey key = portmap_key(k), all = portmap_key_all(k);

	if (dst != NULL)
		portdst_put(v, pm, portmap_find(v, pm, &key), dst, port);
	portmap_put(v, pm, &all, port, PORT_CONN);
	portmap_put(v, pm, &key, port, use);
}

void
portrange_prefetch(const struct vnet *v, const struct portkey *k)
{
	struct mapkey key = portmap_key(k);

	portmap_prefetch(v, &V_portrange(v)->maps, &key);
}

bool
portrange_used(const struct vnet *v, const struct portkey *k, uint16_t port,
    enum port_use least)
{
	struct mapkey key = portmap_key(k);
	const struct portmap *m;
	struct bitmap ports;

	if ((m = portmap_find(v, &V_portrange(v)->maps, &key)) == NULL)
		return false;
	ports = portmap_ports(m, least);
	return bitmap_test(&ports, port);
}

void
portrange_count_conflict(struct vnet *v)
{
	V_portrange(v)->stats.conflicts++;
}

void
portrange_count_denied(struct vnet *v)
{
	V_portrange(v)->stats.denied++;
}
