#!/bin/sh
# doctor: what a machine lacks is found by trying it, and told with a remedy.
. "$(dirname "$0")/lib.sh"

# line CHECK: what the last doctor said of it, in $T/said
line()	{ grep " $1: " "$T/said"; }
doctor()	# [COMMAND...]: by way of a command that takes something away
{
	timeout 60 "$@" netjail doctor >"$T/said" 2>"$T/errors" </dev/null
}

doctor env
is "$?" 0 "nothing is missing where the tests run"
is "$(grep -c '^missing' "$T/said")" 0 "and no line says so"
is "$(cat "$T/errors")" "" "nothing is written to standard error"
like "$(line 'running stack')" "ok  *version*answers" "the daemon is reached"
like "$(line netjaild)" "ok *bin/netjaild" "its program is found and runs"
is "$(netjail doctor -q | grep -c '^ok')" 0 "-q leaves out what is well"
check "every line is a verdict, a check and a text" \
    sh -c '! grep -Ev "^(ok|warning|missing) +[a-z ]+: ." "$T/said"'

# System calls that a kernel may lack or a container forbid (x86-64's numbers).
lacks()	# NUMBER ERRNO PATTERN SENTENCE
{
	doctor "$R/deny" "$1" "$2"
	lacks_rc=$?
	like "$lacks_rc $(grep '^missing' "$T/said" | head -n 1)" "1 $3" "$4"
}
lacks 435 38 'missing  namespaces: clone3: *' "no clone3: missing"
lacks 435 1 'missing  namespaces: * Operation not permitted: *' \
    "clone3 not permitted: missing"
lacks 165 1 'missing  mounts: *' "mount not permitted: missing"
lacks 155 1 'missing  mounts: pivot_root: *' "pivot_root not permitted: missing"
lacks 170 1 'missing  host name: *' "sethostname not permitted: missing"
lacks 317 38 'missing  seccomp filter: *' "no seccomp: missing"
lacks 438 1 'missing  descriptors of others: pidfd_getfd: *' \
    "no pidfd_getfd: missing"
lacks 310 38 'missing  memory of others: process_vm_readv: *' \
    "no process_vm_readv: missing"
lacks 16:0x40182103 22 'missing  descriptors given: *' "no ADDFD: missing"
doctor "$R/deny" 28 22
is "$?" 0 "no huge pages: nothing is missing"
like "$(line 'huge pages')" "warning *" "but it is told"

# Limits.
doctor sh -c 'ulimit -n 1000; exec "$@"' sh
like "$? $(line 'open files')" "0 warning *1000 files*" \
    "few open files: a warning"
none='echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
if unshare -Ur sh -c "$none" sh true 2>/dev/null; then
	doctor unshare -Ur sh -c "$none" sh
	like "$? $(line namespaces)" \
	    "1 missing *max_user_namespaces is 0*" "no user namespaces: missing"
	like "$(line mounts)" "missing *not tried*" \
	    "and what needs them is said not to have been tried"
else
	skip "no user namespaces" "a limit cannot be set here"
fi
# Without newuidmap in PATH only one id can be had; root needs no newuidmap.
as_user=
[ "$(id -u)" = 0 ] && as_user="setpriv --reuid=54321 --regid=54321
    --clear-groups"
$as_user env PATH=/nowhere "$(command -v netjail)" doctor >"$T/said" 2>&1
like "$(line users)" "warning *uidmap*subuid" \
    "an ordinary user without newuidmap: a warning, with a remedy"

# The stack.
doctor env NETJAIL_SOCK="$T/no/such/dir/sock"
like "$? $(line 'control socket')" "1 missing *No such file*" \
    "no place for the control socket: missing"
like "$(line 'running stack')" "ok *none*" "no stack: the first netjail starts it"
doctor env NETJAIL_SOCK="$T/$(printf '%0200d' 0)"
like "$? $(line 'control socket')" "1 missing *too long*" \
    "a path too long for a socket: missing"
kill -STOP "$daemon"
doctor env
like "$? $(line 'running stack')" "1 missing *no answer*" \
    "a daemon that is stopped: missing"
kill -CONT "$daemon"
is "$(find "$T" -name 'sock.[0-9]*' | wc -l)" 0 "no socket of a check is left"
is "$(pgrep -c -P $$ netjail-doctor)" 0 "no process of a check is left"

jail d1 10.0.77.1 netjail doctor >"$T/said" 2>&1
like "$? $(cat "$T/said")" "2 *run it outside" "in a jail it refuses"
netjail doctor -x >/dev/null 2>&1
is "$?" 2 "a wrong option is told apart from something missing"
finish
