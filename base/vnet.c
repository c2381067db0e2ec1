/*
 * Theory of operation
 *
 * The linker has gathered a row per module (base/linkerset.h) in whatever
 * order the objects were named.  Sorting the rows by level and then by name
 * gives every program the same order, and the place in it is the module's
 * index.  The sort is repeated by each vnet_new() and vnet_free(): it always
 * gives the same indexes, so vnets come and go without a shared counter.
 *
 * A module's state is allocated just before its init function is called, so
 * init may use every module before it and none behind it.  If one fails, those
 * that are up are taken down in reverse, as vnet_free() does.
 *
 * Randomness is SipHash-2-4 of a counter under one half of the seed; the other
 * half is the key of the hash tables.  Neither half can be computed from the
 * other, nor from what the functions return.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vnet.h"

LINKERSET_DECLARE(vnet, struct vnet_module);

struct modules {
	struct vnet_module *m[VNET_MAXMODULES];
	unsigned n;
};

static bool
module_before(const struct vnet_module *a, const struct vnet_module *b)
{
	if (a->level != b->level)
		return a->level < b->level;
	return strcmp(a->name, b->name) < 0;
}

/* All modules linked in, in order of initialisation. */
static void
modules_sort(struct modules *ms)
{
	struct vnet_module *const *pp;
	unsigned i;

	ms->n = 0;
	LINKERSET_FOREACH(pp, vnet) {
		assert(ms->n < VNET_MAXMODULES);
		i = ms->n++;
		for (; i > 0 && module_before(*pp, ms->m[i - 1]); i--)
			ms->m[i] = ms->m[i - 1];
		ms->m[i] = *pp;
	}
}

static int
module_up(struct vnet *v, const struct vnet_module *m)
{
	void *state;
	int error;

	/* On cache lines of its own, as what comes from a zone. */
	if (posix_memalign(&state, 64, m->size) != 0)
		return ENOMEM;
	v->mod[m->index] = memset(state, 0, m->size);
	error = m->init == NULL ? 0 : m->init(v);
	if (error != 0) {
		free(v->mod[m->index]);
		v->mod[m->index] = NULL;
		return error;
	}
	v->ninit = m->index + 1;
	return 0;
}

int
vnet_new(const uint8_t seed[VNET_SEEDLEN], uint64_t now, struct vnet **vp)
{
	struct modules ms;
	struct vnet *v;
	unsigned i;
	int error;

	*vp = NULL;
	if ((v = calloc(1, sizeof(*v))) == NULL)
		return ENOMEM;
	v->now = now;
	memcpy(v->rndkey, seed, sizeof(v->rndkey));
	memcpy(v->hashkey, seed + sizeof(v->rndkey), sizeof(v->hashkey));
	modules_sort(&ms);
	for (i = 0; i < ms.n; i++) {
		/* Another thread's vnet may be reading: write it once only. */
		if (ms.m[i]->index != i)
			ms.m[i]->index = i;
		if ((error = module_up(v, ms.m[i])) != 0) {
			vnet_free(v);
			return error;
		}
	}
	*vp = v;
	return 0;
}

void
vnet_free(struct vnet *v)
{
	struct modules ms;

	modules_sort(&ms);
	while (v->ninit > 0) {
		const struct vnet_module *m = ms.m[--v->ninit];

		if (m->fini != NULL)
			m->fini(v);
		free(v->mod[m->index]);
		v->mod[m->index] = NULL;
	}
	free(v);
}

uint64_t
vnet_random(struct vnet *v)
{
	v->rndctr++;
	return siphash24(v->rndkey, &v->rndctr, sizeof(v->rndctr));
}

/*
 * The high half of a 32 x 32 bit product maps a random word onto [0, n); words
 * whose low half falls short of 2^32 mod n would make some results likelier.
 */
uint32_t
vnet_random_below(struct vnet *v, uint32_t n)
{
	uint32_t unfair;
	uint64_t x;

	assert(n > 0);
	unfair = -n % n;
	do
		x = (vnet_random(v) >> 32) * n;
	while ((uint32_t)x < unfair);
	return x >> 32;
}
