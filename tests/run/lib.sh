# shellcheck shell=sh
# lib.sh - what every topic of tests/run starts with.
#
#	. "$(dirname "$0")/lib.sh"
#	needs curl python3
#	...
#	finish
#
# Starts a netjaild of its own, on a socket in a new folder $T, and puts the
# programs of the build first in PATH.  finish stops what was started and then
# asserts what must hold after any topic: the daemon is alive, no PCB is left,
# no descriptor leaked, and the daemon ends in order.
#
# Sentences go to stdout; see tests/check for their form.  $R holds the test
# programs of this folder, $B/bin netjail's.

set -u
export LC_ALL=C
topic=${0##*/} topic=${topic%.sh}
here=$(cd "$(dirname "$0")" && pwd)
B=$(cd "${1:-build}" && pwd) || exit 2
T=$(mktemp -d "${TMPDIR:-/tmp}/njt.XXXXXX") || exit 2
chmod 755 "$T"
# Some topics run programs as an ordinary user, who cannot reach those of a
# checkout in /root.
from=$B
if [ "$(id -u)" = 0 ] && ! setpriv --reuid=54321 --regid=54321 \
    --clear-groups test -x "$B/bin/netjail"; then
	cp -r "$B/bin" "$B/run" "$T" || exit 2
	from=$T
fi
R=$from/run
# Debian's own programs first: what is tested is what users have.
PATH=$from/bin:/usr/bin:/usr/sbin:/bin:/sbin:$PATH
export PATH T B R NETJAIL_SOCK="$T/sock"
limit="" pids="" failed="" finished="" daemon=""
short=${NETJAIL_TEST_SHORT:-}

ok()	{ echo "ok - $topic: $1"; }
not_ok()
{
	failed=yes
	echo "not ok - $topic: $1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/#   /'
}
skip()	{ echo "skip - $topic: $1: $2"; }

# is GOT WANTED SENTENCE
is()
{
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3" "got:    $1
wanted: $2"
	fi
}

# like GOT PATTERN SENTENCE: a shell pattern
like()
{
	case $1 in
	$2)	ok "$3" ;;
	*)	not_ok "$3" "got:    $1
wanted: $2" ;;
	esac
}

# check SENTENCE COMMAND...: ok if the command succeeds
check()
{
	check_s=$1
	shift
	if check_out=$("$@" 2>&1); then
		ok "$check_s"
	else
		check_rc=$?
		not_ok "$check_s" "status $check_rc: $*
$check_out"
	fi
}

# needs PROGRAM...: end the topic as skipped where one is not installed
needs()
{
	for needs_p; do
		command -v "$needs_p" >/dev/null && continue
		finished=yes
		skip "all of it" "$needs_p is not installed"
		exit 0
	done
}

# report COMMAND...: run a program that prints sentences itself
report()
{
	"$@" >"$T/report" 2>&1
	report_rc=$?
	sed -e "s/^ok - /&$topic: /" -e "s/^not ok - /&$topic: /" \
	    -e "s/^skip - /&$topic: /" \
	    -e '/^ok - /!{/^not ok - /!{/^skip - /!s/^/# /;};}' "$T/report"
	grep -q '^not ok' "$T/report" && failed=yes
	[ $report_rc -eq 0 ] || grep -q '^not ok' "$T/report" ||
	    not_ok "ends in order: $*" "status $report_rc"
}

# until_ok SECONDS COMMAND...: repeat until it succeeds
until_ok()
{
	until_n=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		until_n=$((until_n - 1))
		[ $until_n -gt 0 ] || return 1
		sleep 0.05
	done
}

# within SECONDS jail|on_host ...: another limit than 60 s
within()
{
	limit=$1
	shift
	"$@"
	within_rc=$?
	limit=
	return $within_rc
}

# jail NAME ADDRESS COMMAND...: run a command in a new jail, at most 60 s
jail()
{
	jail_n=$1 jail_a=$2
	shift 2
	timeout -k 5 "${limit:-60}" netjail -n "$jail_n" / "$jail_n.test" \
	    "$jail_a" "$@" </dev/null
}

# serve NAME ADDRESS COMMAND...: the same in the background, output in
# $T/NAME.log.  Its pid in $pid.
serve()
{
	serve_n=$1 serve_a=$2
	shift 2
	netjail -n "$serve_n" / "$serve_n.test" "$serve_a" "$@" \
	    >"$T/$serve_n.log" 2>&1 </dev/null &
	pid=$!
	pids="$pids $pid"
}

# on_host COMMAND...: on the stack, but in no jail
on_host()
{
	timeout -k 5 "${limit:-60}" netjail host "$@" </dev/null
}

# What programs on the stack but in no jail leave in TIME_WAIT is not ended by
# any jail's end: for topics with on_host, a short one.
brief_time_wait()
{
	netjail sysctl net.inet.tcp.msl=100 >/dev/null
}

# netstat's lines about inet sockets, seen from outside
sockets()
{
	netjail netstat -anW "$@" | grep -E '^(tcp|udp|raw|ip|icm)'
}

# in_one_form netstat|ss|debian|proc: a listing of Internet sockets, ours, of
# `ss -Htuan', of Debian's `netstat -Wtuan' or of /proc/net/tcp and udp with
# these names before each line, as lines of
#	tcp|udp LOCAL FOREIGN [STATE] [RECV-Q SEND-Q]
# sorted, in the words of our netstat; no queues of listeners, whose meaning
# differs.
in_one_form()
{
	awk -v form="$1" '
	function number(hex, i, n) {
		for (i = 1; i <= length(hex); i++)
			n = n * 16 + index("123456789ABCDEF", substr(hex, i, 1))
		return n + 0
	}
	function dotted(a, i, text) {
		for (i = 7; i > 0; i -= 2)
			text = text number(substr(a, i, 2)) (i > 1 ? "." : "")
		return text "." number(substr(a, 10))
	}
	function ours(a) {
		if (form == "proc")
			a = dotted(a)
		sub(/:/, ".", a)
		sub(/^0\.0\.0\.0\./, "*.", a)
		sub(/^\*\.0$/, "*.*", a)
		return a
	}
	function row(proto, l, f, state, rq, sq) {
		proto = substr(proto, 1, 3)
		gsub(/-/, "_", state)
		if (state in word)
			state = word[state]
		if (proto == "udp")
			state = ""
		print proto, ours(l), ours(f) (state == "" ? "" : " " state) \
		    (state == "LISTEN" ? "" : " " rq " " sq)
	}
	BEGIN {
		word["ESTAB"] = "ESTABLISHED"
		word["FIN_WAIT1"] = "FIN_WAIT_1"
		word["FIN_WAIT2"] = "FIN_WAIT_2"
		split("ESTABLISHED SYN_SENT SYN_RCVD FIN_WAIT_1 FIN_WAIT_2 " \
		    "TIME_WAIT CLOSED CLOSE_WAIT LAST_ACK LISTEN CLOSING", name)
	}
	!/^(tcp|udp)/ { next }
	form == "ss" { row($1, $5, $6, $2, $3, $4) }
	form == "proc" && $2 != "sl" { split($6, q, ":")
		row($1, $3, $4, name[number($5)], number(q[2]), number(q[1])) }
	form == "netstat" || form == "debian" { row($1, $4, $5, $6, $2, $3) }
	' | sort
}

# Has the jail a /proc/net of its own?  Where this user may not use FUSE it has
# not.
has_procnet()	# JAIL
{
	[ "$(jexec "$1" readlink /proc/net)" != self/net ]
}

listening()	# ADDRESS PORT [tcp|udp]
{
	sockets | awk -v a="$1" -v port="$2" -v p="${3:-tcp}" '
	    index($1, p) == 1 && ($4 == a "." port || $4 == "*." port) &&
	    (p == "udp" || $6 == "LISTEN") { found = 1 }
	    END { exit !found }'
}

# up ADDRESS PORT [tcp|udp]: wait until somebody listens there
up()
{
	until_ok 10 listening "$@" && return
	not_ok "${3:-tcp} server on $1:$2 comes up" \
	    "$(tail -n 5 "$T"/*.log 2>/dev/null)"
	exit 1
}

# stop PID...: end servers and wait for them
stop()
{
	for stop_p; do
		kill "$stop_p" 2>/dev/null
	done
	for stop_p; do
		stop_n=100
		while kill -0 "$stop_p" 2>/dev/null; do
			stop_n=$((stop_n - 1))
			[ $stop_n -gt 0 ] || { kill -9 "$stop_p"; break; }
			sleep 0.05
		done
		wait "$stop_p" 2>/dev/null
	done
}

no_sockets()	{ ! sockets; }
no_jails()	{ [ -z "$(jls -N 2>/dev/null | sed 1d)" ]; }
daemon_fds()	# how many of which kind
{
	ls -l /proc/"$daemon"/fd | sed -n 's/.* -> //p' |
	    sed 's/:\[[0-9]*\]$//' | sort | uniq -c
}
count()		{ awk '{ n += $1 } END { print n }'; }
fds_back()
{
	[ "$(daemon_fds | count)" -le "$(echo "$base_fds" | count)" ]
}

start_daemon()	# [OPTION...]
{
	netjaild -f "$@" >"$T/netjaild.log" 2>&1 </dev/null &
	daemon=$!
	until_ok 5 jls && return
	not_ok "netjaild starts" "$(cat "$T/netjaild.log")"
	exit 1
}

# Once a jail has come and gone, what the daemon holds is its base.
warm_up()
{
	jail warm 10.255.255.1 true >"$T/warm.log" 2>&1 || {
		not_ok "a jail starts" "$(cat "$T/warm.log" "$T/netjaild.log")"
		exit 1
	}
	until_ok 5 no_jails
	base_fds=$(daemon_fds)
}

stop_daemon()
{
	kill "$daemon"
	wait "$daemon"
	stop_rc=$?
	daemon=
	[ $stop_rc -eq 0 ] || [ $stop_rc -eq 143 ]
}

finish()
{
	stop $pids
	pids=
	finished=yes
	if ! kill -0 "$daemon" 2>/dev/null; then
		wait "$daemon"
		not_ok "the daemon is still alive" \
		    "status $?: $(tail -n 30 "$T/netjaild.log")"
		daemon=
		exit 1
	fi
	until_ok 5 no_jails || not_ok "no jail is left" "$(jls)"
	if until_ok 5 no_sockets; then
		ok "no PCB is left"
	else
		not_ok "no PCB is left" "$(sockets)"
	fi
	if until_ok 3 fds_back; then
		ok "the daemon has leaked no descriptor"
	else
		not_ok "the daemon has leaked no descriptor" \
		    "at first:
$base_fds
now:
$(daemon_fds)"
	fi
	if stop_daemon; then
		ok "the daemon ends in order"
	else
		not_ok "the daemon ends in order" \
		    "status $stop_rc: $(tail -n 30 "$T/netjaild.log")"
	fi
	[ -z "$failed" ]
	exit
}

clean_up()
{
	trap - EXIT
	[ -n "$finished" ] || not_ok "the topic runs to its end"
	stop $pids
	[ -z "$daemon" ] || stop "$daemon"
	if [ -n "${NETJAIL_TEST_KEEP:-}" ]; then
		echo "# kept: $T"
	else
		rm -rf "$T"
	fi
}
trap clean_up EXIT
trap 'exit 143' HUP INT TERM

# A topic that starts its daemon itself says so before it reads this file.
if [ -z "${own_daemon:-}" ]; then
	start_daemon
	warm_up
fi
