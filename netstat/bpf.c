/*
 * bpf.c - the watchers of packets.
 *
 * Here that is the capture of netjaild(8), if one runs.  The text is
 * FreeBSD 14's.  The name of the process comes from /proc and not from the
 * stack; "??????" where it has none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netstat/bpf.h"
#include "sysctl/xbpf.h"

static const char *
command(int pid, char buf[32])
{
	char path[32];
	FILE *fp;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	if ((fp = fopen(path, "r")) == NULL)
		return "??????";
	if (fgets(buf, 32, fp) == NULL)
		strcpy(buf, "??????");
	buf[strcspn(buf, "\n")] = '\0';
	fclose(fp);
	return buf;
}

static char
direction(const struct xbpf_d *d)
{
	if (d->bd_direction == BPF_D_IN)
		return '-';
	return d->bd_direction == BPF_D_OUT ? 'o' : 's';
}

static void
print_flags(struct xo *x, const struct xbpf_d *d)
{
	const char flags[] = {
		d->bd_promisc ? 'p' : '-', d->bd_immediate ? 'i' : '-',
		d->bd_hdrcmplt ? '-' : 'f', direction(d),
		d->bd_feedback ? 'b' : '-', d->bd_async ? 'a' : '-',
		d->bd_locked ? 'l' : '-', '\0'
	};

	out_right(&x->text, flags, 7);
	xo_e_bool(x, "promiscuous", d->bd_promisc);
	xo_e_bool(x, "immediate", d->bd_immediate);
	xo_e_bool(x, "header-complete", d->bd_hdrcmplt);
	xo_e_str(x, "direction", d->bd_direction == BPF_D_IN ? "input" :
	    d->bd_direction == BPF_D_OUT ? "output" : "bidirectional");
	xo_e_bool(x, "feedback", d->bd_feedback);
	xo_e_bool(x, "async", d->bd_async);
	xo_e_bool(x, "locked", d->bd_locked);
}

static void
print_watcher(struct xo *x, const struct xbpf_d *d, const char *ifname)
{
	char name[32];

	xo_open_instance(x);
	xo_int(x, "pid", d->bd_pid, 5);
	out_mem(&x->text, " ", 1);
	xo_right(x, "interface-name", ifname, 6);
	out_mem(&x->text, " ", 1);
	print_flags(x, d);
	out_mem(&x->text, " ", 1);
	xo_uint(x, "received-packets", d->bd_rcount, 9);
	out_mem(&x->text, " ", 1);
	xo_uint(x, "dropped-packets", d->bd_dcount, 9);
	out_mem(&x->text, " ", 1);
	xo_uint(x, "filter-packets", d->bd_fcount, 9);
	out_mem(&x->text, " ", 1);
	xo_int(x, "store-buffer-length", d->bd_slen, 5);
	out_mem(&x->text, " ", 1);
	xo_int(x, "hold-buffer-length", d->bd_hlen, 5);
	out_mem(&x->text, " ", 1);
	xo_str(x, "process", command(d->bd_pid, name));
	out_mem(&x->text, "\n", 1);
	xo_close(x);
}

static void
print_watchers(struct xo *x, const struct view *v, const char *buf, size_t n)
{
	char ifname[sizeof(((struct xbpf_d *)0)->bd_ifname) + 1];
	struct xbpf_d d;

	xo_open_container(x, "bpf-statistics");
	xo_open_list(x, "bpf-entry");
	out_str(&x->text, "  Pid  Netif   Flags      Recv      Drop     Match"
	    " Sblen Hblen Command\n");
	for (; n > 0; n--, buf += sizeof(d)) {
		memcpy(&d, buf, sizeof(d));
		snprintf(ifname, sizeof(ifname), "%.*s",
		    (int)sizeof(d.bd_ifname), d.bd_ifname);
		if (v->interface == NULL || strcmp(v->interface, ifname) == 0)
			print_watcher(x, &d, ifname);
	}
	xo_close(x);
	xo_close(x);
}

static int
zero(const struct mib *mib)
{
	static const struct xbpf_d none;
	struct xbpf_d old;
	size_t len = sizeof(old);

	return mib->swap(BPF_VALUE, &old, &len, &none, sizeof(none)) == -1 ?
	    errno : 0;
}

int
bpf_print(struct xo *x, const struct view *v, const struct mib *mib)
{
	size_t len, i;
	struct xbpf_d d;
	char *buf;
	int error = 0;

	if (v->zero)
		return zero(mib);
	if ((buf = mib->read(BPF_VALUE, &len)) == NULL)
		return errno;
	if (len % sizeof(d) != 0)
		error = EPROTO;
	for (i = 0; i + sizeof(d) <= len && error == 0; i += sizeof(d)) {
		memcpy(&d, buf + i, sizeof(d));
		if (d.bd_structsize != sizeof(d))
			error = EPROTO;
	}
	if (error == 0)
		print_watchers(x, v, buf, len / sizeof(d));
	free(buf);
	return error;
}
