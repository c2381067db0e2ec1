#!/bin/sh
# rights: what root of a jail may do, and what not, a sentence for each; in a
# jail that root made, and in one of an ordinary user.
. "$(dirname "$0")/lib.sh"
needs setpriv

# What FreeBSD's jails do comes last: ok, refused, or - where it has no such
# thing.  `any' is any refusal, where it depends on what the kernel has.  An
# ordinary user's jail has the one id 0 here.
cat >"$T/table" <<'X2'
# action		root's		user's		FreeBSD
mount			EPERM		EPERM		refused
mount-in-ns		EPERM		EPERM		refused
fsopen			EPERM		EPERM		refused
remount			EPERM		EPERM		refused
umount			EPERM		EPERM		refused
umount-sys		EPERM		EPERM		refused
pivot_root		EPERM		EPERM		-
mknod-char		EPERM		EPERM		refused
mknod-block		EPERM		EPERM		refused
dev-mem			EACCES		EACCES		refused
dev-kmem		ENOENT		ENOENT		refused
dev-kmsg		EACCES		EACCES		refused
dev-disk		EACCES		EACCES		refused
swapon			EPERM		EPERM		refused
swapoff			EPERM		EPERM		refused
acct			EPERM		EPERM		refused
quotactl		EPERM		EPERM		refused
open-by-handle		EPERM		EPERM		refused
immutable		any		any		refused
packet-socket		EAFNOSUPPORT	EAFNOSUPPORT	refused
raw-socket		EPERM		EPERM		refused
bpf			EPERM		EPERM		refused
add-address		EPERM		EPERM		refused
add-route		EPERM		EPERM		refused
if-flags		EPERM		EPERM		refused
if-mtu			EPERM		EPERM		refused
iptables		ENOPROTOOPT	ENOPROTOOPT	refused
init_module		any		any		refused
finit_module		any		any		refused
delete_module		any		any		refused
kexec			any		any		-
reboot			EPERM		EPERM		refused
clock_settime		EPERM		EPERM		refused
settimeofday		EPERM		EPERM		refused
adjtimex		EPERM		EPERM		refused
read-messages		EPERM		EPERM		refused
core_pattern		EROFS		EACCES		refused
sysctl-hostname		EROFS		any		refused
sysctl-vm		EROFS		EACCES		refused
sysctl-net		EROFS		EACCES		refused
sysrq-trigger		any		any		-
irq			any		any		-
proc-anew		EPERM		EPERM		refused
sysfs			EROFS		EROFS		-
perf-system		EPERM		EPERM		refused
userfaultfd		EPERM		EPERM		-
io_uring		ENOSYS		ENOSYS		-
add_key			ENOSYS		ENOSYS		-
keyctl			ENOSYS		ENOSYS		-
sysvipc			ENOSYS		ENOSYS		refused
tiocsti			EPERM		any		refused
kill-outside		ESRCH		ESRCH		refused
debug-outside		ESRCH		ESRCH		refused
setpriority-outside	ESRCH		ESRCH		refused
affinity-outside	ESRCH		ESRCH		refused
prlimit-outside		ESRCH		ESRCH		refused
setns-outside		ENOENT		ENOENT		-
chroot-escape		ENOENT		ENOENT		refused
setdomainname		EPERM		EPERM		ok
rtprio			EPERM		EPERM		refused
nice-up			EACCES		EACCES		refused
rlimit-raise		EPERM		EPERM		ok
rlimit-lower		ok		ok		ok
setuid			ok		EINVAL		ok
seteuid			ok		EINVAL		ok
setresuid		ok		EINVAL		ok
setgid			ok		EINVAL		ok
setgroups		ok		EPERM		ok
chroot			ok		ok		ok
chown			ok		EINVAL		ok
chmod			ok		ok		ok
dac-own			ok		ok		ok
dac-other		ok		EINVAL		ok
link			ok		ok		ok
mkfifo			ok		ok		ok
exec-setid		ok		EINVAL		ok
bind-low		ok		ok		ok
sethostname		ok		ok		ok
kill			ok		ok		ok
debug			ok		ok		ok
reschedule		ok		ok		ok
dev-null		ok		ok		ok
dev-ptmx		ok		any-or-ok	ok
user-namespace		ok		ok		-
X2

# Each line of what was found, against column COLUMN of the table.
compare()	# FOUND COLUMN WHOSE
{
	while read -r compare_a compare_r compare_u compare_f; do
		case $compare_a in '#') continue ;; esac
		[ "$2" = 2 ] && compare_w=$compare_r || compare_w=$compare_u
		compare_g=$(sed -n "s/^$compare_a //p" "$1")
		compare_s="$3: $compare_a: $compare_g"
		[ "$compare_f" = - ] || compare_s="$compare_s (FreeBSD: $compare_f)"
		case $compare_w:$compare_g in
		*:|any:ok)	not_ok "$compare_s" "wanted: $compare_w" ;;
		any:E*|any-or-ok:*)	ok "$compare_s" ;;
		*)	is "$compare_g" "$compare_w" "$compare_s" ;;
		esac
	done <"$T/table"
	is "$(wc -l <"$1")" "$(grep -vc '^#' "$T/table")" "$3: no action is left out"
}

# A tree with devices that somebody made in it.
make_tree()
{
	mkdir -p "$T/tree/dev/pts" "$T/tree/proc" "$T/tree/sys" \
	    "$T/tree/root" "$T/tree/user"
	chmod 777 "$T/tree/user"
	cp "$R/rights" "$T/tree/rights"
	: >"$T/outside-of-the-jail"
	[ "$(id -u)" = 0 ] || return 0
	cp "$R/rights" "$T/tree/root/setid"
	chmod 4755 "$T/tree/root/setid"
	make_node null 1 3
	make_node disk 1 3	# what it is called does not help it
	make_node mem 1 1
	make_node kmsg 1 11
	make_node ptmx 5 2
}
make_node()	{ mknod -m 666 "$T/tree/dev/$1" c "$2" "$3"; }

# rights_in FOLDER [COMMAND...]: in a jail with that tree
rights_in()
{
	rights_d=$1
	shift
	timeout -k 5 60 "$@" netjail -c path="$T/tree" ip4.addr=10.0.71.1 \
	    host.hostname=rights.test mount="/sys sys nullfs" \
	    mount="/dev/pts dev/pts nullfs" \
	    command=/rights "/$rights_d" "$$" </dev/null
}

make_tree
if [ "$(id -u)" = 0 ]; then
	rights_in root >"$T/root" 2>"$T/err"
	is "$? $(cat "$T/err")" "0 " "root's jail runs"
	compare "$T/root" 2 "root's jail"
	# Opened, and nothing written.
	like "$(jail x 10.0.71.2 sh -c ': >/proc/sys/kernel/core_pattern' 2>&1)" \
	    "*Read-only*" "nor may one of / write /proc/sys"
	netjail -qc name=p ip4.addr=10.0.71.3 children.max=1 persist
	like "$(jexec p netjail -qc name=c command=sh -c \
	    ': >/proc/sys/kernel/core_pattern' 2>&1)" "*Read-only*" \
	    "nor a jail below one"
	is "$(jexec p umount /proc/sys 2>&1 | wc -l)" 1 "nor lay it bare"
	check "with children.max it mounts in namespaces of its own" \
	    jexec p unshare -Urm mount -t tmpfs none /mnt
	netjail -qr p
	mkdir -m 777 "$T/u"
	as_user="setpriv --reuid=54321 --regid=54321 --clear-groups"
	theirs="$T/u/sock"
	NETJAIL_SOCK=$theirs $as_user netjaild -f >"$T/u.log" 2>&1 </dev/null &
	pid=$!
	pids="$pids $pid"
	until_ok 5 env NETJAIL_SOCK="$theirs" jls
	rights_in user $as_user env NETJAIL_SOCK="$theirs" >"$T/user" \
	    2>"$T/err"
	is "$? $(cat "$T/err")" "0 " "an ordinary user's jail runs"
	compare "$T/user" 3 "user's jail"
	stop "$pid"
else
	skip "what root of a jail may do" "needs root to make devices"
fi
finish
