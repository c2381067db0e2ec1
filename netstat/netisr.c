/*
 * netisr.c - the configuration and the counters of the input queue.
 *
 * Everything is read before anything is shown.  Texts are FreeBSD 14's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/netisr.h"
#include "sysctl/xnetisr.h"

enum { DEFAULTQLIMIT, MAXQLIMIT, NUMTHREADS, MAXTHREADS, BINDTHREADS, NUINTS };

static const char *const uint_names[NUINTS] = {
	[DEFAULTQLIMIT] = "net.isr.defaultqlimit",
	[MAXQLIMIT] = "net.isr.maxqlimit",
	[NUMTHREADS] = "net.isr.numthreads",
	[MAXTHREADS] = "net.isr.maxthreads",
	[BINDTHREADS] = "net.isr.bindthreads",
};

struct isr {
	uint32_t	 number[NUINTS];
	char		 dispatch[32];
	/* malloc()ed arrays */
	struct sysctl_netisr_proto *proto;
	size_t		 nproto;
	struct sysctl_netisr_workstream *stream;
	size_t		 nstream;
	struct sysctl_netisr_work *work;
	size_t		 nwork;
};

/* ---- reading ---- */

/* An array of records of `size' bytes, each beginning with that. */
static int
read_array(const struct mib *mib, const char *name, size_t size, void *arrayp,
    size_t *np)
{
	size_t len, i;
	uint32_t version;
	char *buf = mib->read(name, &len);

	if (buf == NULL)
		return errno;
	memcpy(arrayp, &buf, sizeof(buf));
	*np = len / size;
	if (len % size != 0)
		return EPROTO;
	for (i = 0; i < *np; i++) {
		memcpy(&version, buf + i * size, sizeof(version));
		if (version != size)
			return EPROTO;
	}
	return 0;
}

static int
read_numbers(const struct mib *mib, struct isr *isr, const char **namep)
{
	size_t len, i;

	for (i = 0; i < NUINTS; i++) {
		*namep = uint_names[i];
		len = sizeof(isr->number[i]);
		if (mib->swap(*namep, &isr->number[i], &len, NULL, 0) == -1)
			return errno;
		if (len != sizeof(isr->number[i]))
			return EPROTO;
	}
	*namep = "net.isr.dispatch";
	len = sizeof(isr->dispatch) - 1;
	return mib->swap(*namep, isr->dispatch, &len, NULL, 0) == -1 ? errno :
	    0;
}

static int
read_all(const struct mib *mib, struct isr *isr, const char **namep)
{
	int error = read_numbers(mib, isr, namep);

	if (error != 0)
		return error;
	*namep = "net.isr.proto";
	error = read_array(mib, *namep, sizeof(*isr->proto), &isr->proto,
	    &isr->nproto);
	if (error != 0)
		return error;
	*namep = "net.isr.workstream";
	error = read_array(mib, *namep, sizeof(*isr->stream), &isr->stream,
	    &isr->nstream);
	if (error != 0)
		return error;
	*namep = "net.isr.work";
	return read_array(mib, *namep, sizeof(*isr->work), &isr->work,
	    &isr->nwork);
}

/* ---- printing ---- */

/* A number with its limit; no key for the limit: there is none. */
static void
print_setting(struct xo *x, const char *title, const char *key,
    const char *limitkey, uint32_t value, uint32_t limit)
{
	out_left(&x->text, title, 25);
	out_mem(&x->text, " ", 1);
	xo_uint(x, key, value, 12);
	out_mem(&x->text, " ", 1);
	xo_uint(x, limitkey, limit, 12);
	out_mem(&x->text, "\n", 1);
}

static void
print_choice(struct xo *x, const char *title, const char *key,
    const char *value)
{
	out_left(&x->text, title, 25);
	out_mem(&x->text, " ", 1);
	xo_right(x, key, value, 12);
	out_str(&x->text, "          n/a\n");
}

static void
print_configuration(struct xo *x, const struct isr *isr)
{
	out_str(&x->text, "Configuration:\n");
	out_left(&x->text, "Setting", 25);
	out_str(&x->text, "      Current        Limit\n");
	print_setting(x, "Thread count", "threads", "max-threads",
	    isr->number[NUMTHREADS], isr->number[MAXTHREADS]);
	print_setting(x, "Default queue limit", "default-queue-limit",
	    "max-queue-limit", isr->number[DEFAULTQLIMIT],
	    isr->number[MAXQLIMIT]);
	print_choice(x, "Dispatch policy", "dispatch-policy", isr->dispatch);
	print_choice(x, "Threads bound to CPUs", "bind-threads",
	    isr->number[BINDTHREADS] ? "enabled" : "disabled");
	out_mem(&x->text, "\n", 1);
}

/* The word for a number that indexes `words'; "-": none. */
static const char *
word(const char *const *words, size_t n, uint32_t i)
{
	return i < n && words[i] != NULL ? words[i] : "-";
}

#define WORD(words, i) word(words, sizeof(words) / sizeof((words)[0]), i)

static void
print_proto(struct xo *x, const struct sysctl_netisr_proto *p)
{
	static const char *const policy[] = { NULL, "source", "flow", "cpu" };
	static const char *const dispatch[] = { "default", "deferred",
		"hybrid", "direct" };
	char name[NETISR_NAMEMAXLEN + 1], flags[4];

	snprintf(name, sizeof(name), "%.*s", NETISR_NAMEMAXLEN, p->snp_name);
	snprintf(flags, sizeof(flags), "%c%c%c",
	    p->snp_flags & NETISR_SNP_FLAGS_M2CPUID ? 'C' : '-',
	    p->snp_flags & NETISR_SNP_FLAGS_DRAINEDCPU ? 'D' : '-',
	    p->snp_flags & NETISR_SNP_FLAGS_M2FLOW ? 'F' : '-');
	xo_open_instance(x);
	xo_left(x, "name", name, 6);
	out_mem(&x->text, " ", 1);
	xo_uint(x, "protocol", p->snp_proto, 5);
	out_mem(&x->text, " ", 1);
	xo_uint(x, "queue-limit", p->snp_qlimit, 6);
	out_mem(&x->text, " ", 1);
	xo_right(x, "policy-type", WORD(policy, p->snp_policy), 6);
	out_mem(&x->text, " ", 1);
	xo_right(x, "policy", WORD(dispatch, p->snp_dispatch), 8);
	out_mem(&x->text, " ", 1);
	xo_right(x, "flags", flags, 5);
	out_mem(&x->text, "\n", 1);
	xo_close(x);
}

static void
print_protos(struct xo *x, const struct isr *isr)
{
	size_t i;

	xo_open_list(x, "protocol");
	out_str(&x->text, "Protocols:\n"
	    "Name   Proto QLimit Policy Dispatch Flags\n");
	for (i = 0; i < isr->nproto; i++)
		print_proto(x, &isr->proto[i]);
	out_mem(&x->text, "\n", 1);
	xo_close(x);
}

static const char *
proto_name(const struct isr *isr, uint32_t proto,
    char buf[NETISR_NAMEMAXLEN + 1])
{
	size_t i;

	for (i = 0; i < isr->nproto; i++)
		if (isr->proto[i].snp_proto == proto) {
			snprintf(buf, NETISR_NAMEMAXLEN + 1, "%.*s",
			    NETISR_NAMEMAXLEN, isr->proto[i].snp_name);
			return buf;
		}
	return "unknown";
}

static void
print_work(struct xo *x, const struct isr *isr,
    const struct sysctl_netisr_workstream *ws,
    const struct sysctl_netisr_work *w)
{
	const struct {
		const char	*key;
		uint64_t	 value;
		size_t		 width;
	} cells[] = {
		{ "length", w->snw_len, 5 },
		{ "watermark", w->snw_watermark, 5 },
		{ "dispatched", w->snw_dispatched, 8 },
		{ "hybrid-dispatched", w->snw_hybrid_dispatched, 8 },
		{ "queue-drops", w->snw_qdrops, 8 },
		{ "queued", w->snw_queued, 8 },
		{ "handled", w->snw_handled, 8 },
	};
	char name[NETISR_NAMEMAXLEN + 1];
	size_t i;

	xo_open_instance(x);
	xo_uint(x, "workstream", ws->snws_wsid, 4);
	out_mem(&x->text, " ", 1);
	xo_uint(x, "cpu", ws->snws_cpu, 3);
	out_mem(&x->text, "   ", 3);
	xo_left(x, "name", proto_name(isr, w->snw_proto, name), 6);
	for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		out_mem(&x->text, " ", 1);
		xo_uint(x, cells[i].key, cells[i].value, cells[i].width);
	}
	out_mem(&x->text, "\n", 1);
	xo_close(x);
}

static void
print_streams(struct xo *x, const struct isr *isr)
{
	size_t i, j;

	xo_open_list(x, "workstream");
	out_str(&x->text, "Workstreams:\n"
	    "WSID CPU   Name     Len WMark   Disp'd  HDisp'd   QDrops   Queued"
	    "  Handled\n");
	for (i = 0; i < isr->nstream; i++)
		for (j = 0; j < isr->nwork; j++)
			if (isr->work[j].snw_wsid == isr->stream[i].snws_wsid)
				print_work(x, isr, &isr->stream[i],
				    &isr->work[j]);
	xo_close(x);
}

int
netisr_print(struct xo *x, const struct mib *mib, const char **namep)
{
	struct isr isr = { .nproto = 0 };
	int error = read_all(mib, &isr, namep);

	if (error == 0) {
		xo_open_container(x, "netisr");
		print_configuration(x, &isr);
		print_protos(x, &isr);
		print_streams(x, &isr);
		xo_close(x);
	}
	free(isr.proto);
	free(isr.stream);
	free(isr.work);
	return error;
}
