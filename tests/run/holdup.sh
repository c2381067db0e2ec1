#!/bin/sh
# holdup: what takes long goes in turns, and is right all the same.
. "$(dirname "$0")/lib.sh"

turn()	{ netjail sysctl -n "debug.turn.$1"; }
netjail sysctl debug.turn.measure=1 >/dev/null

# A socket that its user has left to a child is looked for among 400 processes
# when it is listed, and when it is reset.
mkfifo "$T/hold" "$T/reset"
netjail -n srv / srv.test 10.0.21.1 "$R/crowd" reset 7 50000 \
    <"$T/reset" >"$T/srv.log" 2>&1 &
pids="$pids $!"
exec 8>"$T/reset"
up 10.0.21.1 7
netjail -n crowd / crowd.test 10.0.21.2 "$R/crowd" 400 10.0.21.1 7 \
    <"$T/hold" >"$T/crowd.log" 2>&1 &
pids="$pids $!"
exec 9>"$T/hold"
said()	{ grep -q "$2" "$T/$1.log"; }
if until_ok 20 said crowd held && until_ok 20 said srv sent; then
	ok "a child holds what its parent has connected"
else
	not_ok "a child holds what its parent has connected" \
	    "$(cat "$T/crowd.log" "$T/srv.log")"
fi
received() { sockets -p tcp | awk '$4 ~ /^10\.0\.21\.2\./ { print $2 }'; }
is "$(received)" 50000 "a listing finds what waits for it in the crowd"
echo >&8
echo >&9
check "and the reset finds it, too" until_ok 20 said crowd reset
is "$(sed -n 2p "$T/crowd.log")" "50000 Connection reset by peer" \
    "all is read before the reset is told"
exec 8>&- 9>&-

is "$(turn over1ms)" 0 "no turn took a millisecond of the processor's time"
finish
