/*
 * change.c - the remark on sockets that came or went during a listing.
 *
 * A listing is not a snapshot: it is made in slices between packets.  Header
 * and trailer tell the generation of the table, which every birth and death
 * raises, and its size.
 */
#include "netstat/change.h"

void
print_change(struct out *o, const char *name, const struct walk *w)
{
	if (w->gen == w->last_gen)
		return;
	out_str(o, "Some ");
	out_str(o, name);
	out_str(o, " sockets may have been ");
	if (w->count > w->last_count)
		out_str(o, "deleted.\n");
	else if (w->count < w->last_count)
		out_str(o, "created.\n");
	else
		out_str(o, "created or deleted.\n");
}
