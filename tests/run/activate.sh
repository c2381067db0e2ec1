#!/bin/sh
# activate: a service manager listens, starts the daemon when somebody comes, and
# hears when it is ready; the units that say so to systemd are as it wants them.
own_daemon=yes
. "$(dirname "$0")/lib.sh"
top=$(cd "$here/../.." && pwd)
needs systemd-socket-activate systemd-analyze socat

# passed COUNT: netjaild, told that as many descriptors are meant for it
passed()
{
	sh -c 'LISTEN_FDS=$1 LISTEN_PID=$$ exec netjaild -f' sh "$1" \
	    3</dev/null 2>&1
}
for n in 1 2; do
	like "$(passed $n)" "netjaild: the socket that was passed: Invalid*" \
	    "what is not one listening socket is refused ($n passed)"
done

# The variables are meant for somebody else: a socket of our own.
LISTEN_FDS=1 LISTEN_PID=1 netjaild -f >"$T/netjaild.log" 2>&1 3</dev/null &
daemon=$!
check "what was passed to another process is left alone" until_ok 5 jls
stop_daemon
is "$(ls "$T/sock" 2>&1)" "ls: cannot access '$T/sock': No such file or directory" \
    "a socket of the daemon's own goes with it"

# Nobody runs until somebody connects.
socat -u "UNIX-RECV:$T/notify" "CREATE:$T/ready" 2>/dev/null &
notify=$!
pids="$pids $notify"
until_ok 5 test -S "$T/notify"
systemd-socket-activate -l "$T/sock" -E PATH -E "NOTIFY_SOCKET=$T/notify" \
    "$B/bin/netjaild" -f >"$T/netjaild.log" 2>&1 </dev/null &
daemon=$!
until_ok 5 test -S "$T/sock"
chmod 666 "$T/sock"
is "$(cat /proc/$daemon/comm)" systemd-socket- "nothing is started at once"
is "$(jls -h name)" name "the first who connects is answered"
is "$(cat /proc/$daemon/comm)" netjaild "by netjaild, which has been started"
until_ok 5 test -s "$T/ready"
is "$(cat "$T/ready")" READY=1 "it says that it is ready"
is "$(stat -c %a "$T/sock")" 600 "the socket is its owner's alone"
like "$(timeout 20 netjaild -f -s "$T/sock" 2>&1)" \
    "netjaild: $T/sock: another netjaild is running" \
    "there is only one daemon for it"
warm_up
is "$(jail a 10.0.24.1 sh -c 'env | grep -c "LISTEN_\|NOTIFY_"; echo $?')" "0
1" "a jail hears nothing of it"
[ -n "$(jail a 10.0.24.1 netstat -rn)" ] || not_ok "a jail has the stack"
stop_daemon
check "the socket stays when the daemon ends" test -S "$T/sock"
rm -f "$T/sock"

# Somebody who is asked for another path than the one that was passed.
systemd-socket-activate -l "$T/one" -E PATH "$B/bin/netjaild" -f -s "$T/two" \
    >"$T/other.log" 2>&1 </dev/null &
other=$!
pids="$pids $other"
until_ok 5 test -S "$T/one"
NETJAIL_SOCK=$T/one jls >/dev/null 2>&1
wait $other
is "$? $(tail -n 1 "$T/other.log")" \
    "1 netjaild: $T/two: the socket that was passed is $T/one" \
    "a path that is not the one that was passed is refused"

# As they are when they are installed, the program among them.
P=$T/units/usr
check "the units can be installed" make -s -C "$top" B="$B" PREFIX="$P" install
for w in system user; do
	check "systemd finds no fault with the $w units" \
	    env "XDG_RUNTIME_DIR=$T" systemd-analyze verify --man=no "--$w" \
	    "$P/lib/systemd/$w/netjaild.socket" \
	    "$P/lib/systemd/$w/netjaild.service"
done

start_daemon
warm_up
finish
