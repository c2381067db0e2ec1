#!/bin/sh
# capacity: a stack embedded in a program serves its MIB; readers that stop or
# die hold nobody up.
own_daemon=yes
. "$(dirname "$0")/lib.sh"

n=20000
"$B/bench/capacity" --aliases $n --listeners $n --port 80 --connections 10 \
    --serve >"$T/figures" 2>"$T/log" &
server=$!
pids="$pids $server"
serving()	{ grep -q serving "$T/log"; }
check "it serves what it has made" until_ok 30 serving

rows()		{ netstat -an | grep -c "$1"; }
is "$(rows 'tcp4 .*\.80 .*LISTEN')" $n "netstat shows every listener"
is "$(rows ESTABLISHED)" 20 "and both ends of each connection"
is "$(sysctl -n kern.ipc.numopensockets)" $((n + 21)) \
    "sysctl counts them, with the connections' listener"
like "$(netstat -s -p tcp)" "*packets sent*" "netstat -s shows counters"

# A reader whose output nobody takes is stopped by its pipe.
mkfifo "$T/fifo"
netstat -an >"$T/fifo" &
stuck=$!
exec 9<"$T/fifo"
sleep 0.3
kill -STOP $stuck
is "$(rows LISTEN)" $((n + 1)) "one that stops reading holds up no other"
kill -KILL $stuck
wait $stuck 2>/dev/null
exec 9<&-
is "$(rows LISTEN)" $((n + 1)) "nor does one that dies"

kill -TERM $server
wait $server
is $? 0 "it ends in order when told to"
check "says what its readers cost" grep -q 'serve.longest' "$T/figures"
check "and takes its socket away" test ! -e "$NETJAIL_SOCK"
server=
pids=
finished=yes
[ -z "$failed" ]
