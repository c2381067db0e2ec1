#!/bin/sh
# embedded: nobody has started a daemon; the first netjail does.
own_daemon=yes
. "$(dirname "$0")/lib.sh"

# The daemon of this topic is known only by what runs on its socket.
owner()
{
	for o in $(pgrep -x -u "$(id -u)" netjaild); do
		grep -qszx "NETJAIL_SOCK=$NETJAIL_SOCK" "/proc/$o/environ" &&
		    echo "$o"
	done
}

is "$(jail first 10.0.20.1 echo started)" started \
    "the first netjail starts the stack"
daemon=$(owner)
is "$(echo "$daemon" | wc -w)" 1 "one daemon runs"
is "$(jail next 10.0.20.2 echo again)" again "the next netjail finds it"
is "$(owner)" "$daemon" "and starts no other"
kill "$daemon"
until_ok 5 eval '! kill -0 $daemon 2>/dev/null'
check "it ends when told to" eval '! kill -0 $daemon 2>/dev/null'
daemon=

starts=
for i in 1 2 3 4 5 6 7 8; do
	jail n$i 10.0.20.$i echo up >"$T/n$i" 2>&1 &
	starts="$starts $!"
done
wait $starts
is "$(cat "$T"/n[1-8] | sort | uniq -c | tr -s ' ')" " 8 up" \
    "eight netjails at once, and no daemon"
daemon=$(owner)
is "$(echo "$daemon" | wc -w)" 1 "start one daemon between them"
base_fds=
kill "$daemon"
until_ok 5 eval '! kill -0 $daemon 2>/dev/null'
check "which ends when told to" eval '! kill -0 $daemon 2>/dev/null'
daemon=
check "its socket is gone with it" test ! -e "$NETJAIL_SOCK"
finished=yes
[ -z "$failed" ]
