/*
 * daemon.c - a daemon's tables and lists, around a stack that its owner made.
 *
 * What a program with a clock, signals and a listening socket adds to it is in
 * netjaild_main.c; a test can do without these.
 */
#include "daemon/daemon.h"
#include "daemon/djail.h"
#include "daemon/face.h"
#include "daemon/files.h"
#include "daemon/jailwork.h"
#include "daemon/notify.h"
#include "daemon/sockdiag.h"
#include "daemon/unixdiag.h"

static int
tables_init(struct daemon *d)
{
	struct htable *const table[] = { &d->faces, &d->inos, &d->nests,
		&d->jids };
	int error = 0;

	for (unsigned i = 0; error == 0 && i < sizeof(table) /
	    sizeof(table[0]); i++)
		error = htable_init(d->vnet, table[i]);
	return error;
}

int
daemon_tables_init(struct daemon *d)
{
	int error;

	TAILQ_INIT(&d->dirty);
	TAILQ_INIT(&d->later);
	TAILQ_INIT(&d->gone);
	TAILQ_INIT(&d->parked);
	TAILQ_INIT(&d->diags);
	TAILQ_INIT(&d->cancelled);
	TAILQ_INIT(&d->hungup);
	TAILQ_INIT(&d->djails);
	TAILQ_INIT(&d->dying);
	TAILQ_INIT(&d->leaving);
	TAILQ_INIT(&d->works);
	targets_init(&d->targets);
	if ((error = tables_init(d)) != 0 || (error = djail_init(d)) != 0)
		return error;
	files_init(d);
	sosetparked(d->vnet, face_parked);
	unixdiag_list(d);
	return 0;
}

void
daemon_tables_fini(struct daemon *d)
{
	jailwork_fini(d);
	djail_fini(d);
	pairs_fini(&d->pairs);
	targets_fini(&d->targets);
	htable_fini(&d->faces);
	htable_fini(&d->inos);
	htable_fini(&d->nests);
	htable_fini(&d->jids);
}
