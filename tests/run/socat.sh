#!/bin/sh
# socat: a forking echo server and 200 clients.
. "$(dirname "$0")/lib.sh"
needs socat

n=200
[ -z "$short" ] || n=40
serve echo 10.0.5.1 socat -t 5 TCP-LISTEN:7,fork,backlog=64 PIPE
up 10.0.5.1 7

mkdir "$T/out"
jail many 10.0.5.2 sh -c '
	i=0
	while [ $i -lt '$n' ]; do
		for j in 1 2 3 4 5 6 7 8 9 10; do
			i=$((i + 1))
			(echo "client $i" | socat -t 5 - TCP:10.0.5.1:7) \
			    >"'"$T"'/out/$i" 2>&1 &
		done
		wait
	done'
good=0
i=1
while [ $i -le $n ]; do
	[ "$(cat "$T/out/$i" 2>/dev/null)" = "client $i" ] && good=$((good + 1))
	i=$((i + 1))
done
is $good $n "$n clients, ten at a time, each hears its own words"

# Through a process of its own: socat alone would block on a pipe that only it
# reads.
serve cat 10.0.5.5 socat -t 5 TCP-LISTEN:7,fork EXEC:cat
up 10.0.5.5 7
head -c 300000 /dev/urandom >"$T/file"
jail one 10.0.5.3 sh -c "socat -t 5 - TCP:10.0.5.5:7 <$T/file >$T/back"
check "300 KB there and back unchanged" cmp "$T/file" "$T/back"

serve up 10.0.5.4 socat UDP-RECVFROM:7,fork PIPE
up 10.0.5.4 7 udp
is "$(jail one 10.0.5.3 sh -c 'echo ping | socat -t 2 - UDP:10.0.5.4:7')" ping \
    "an echo over UDP"
finish
