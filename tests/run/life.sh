#!/bin/sh
# life: jails start, are entered, and end; exit status goes through.
. "$(dirname "$0")/lib.sh"

jail a 10.0.17.1 sh -c 'exit 7'
is $? 7 "the exit status of the command"
jail a 10.0.17.1 true
is $? 0 "and 0"
(jail a 10.0.17.1 sh -c 'kill -TERM $$') 2>/dev/null
is $? 143 "a command killed by a signal"
is "$(jail a 10.0.17.1 echo "two  words" '$x')" 'two  words $x' \
    "arguments arrive as given"
is "$(echo input | netjail -n a / a.test 10.0.17.1 cat)" input "stdin"
jail a 10.0.17.1 sh -c 'echo err >&2' 2>"$T/err"
is "$(cat "$T/err")" err "stderr"
on_host sh -c 'exit 9'
is $? 9 "netjail host passes the status on"

serve a 10.0.17.1 sleep 100
a=$pid
until_ok 5 jexec a true
serve b 10.0.17.2 sleep 100
until_ok 5 jexec b true
like "$(jls)" '*10.0.17.1*a.test*10.0.17.2*b.test*' "jls lists both"
is "$(jls name | sort | tr '\n' ' ')" "a b " "jls name"
jid=$(jls -j a jid)
is "$(jexec "$jid" hostname 2>/dev/null || jexec "$jid" uname -n)" a.test \
    "jexec by jid"
jexec a sh -c 'exit 5'
is $? 5 "jexec passes the status on"
is "$(jexec a jls name)" "" "a jail sees no other"
is "$(jexec a sh -c 'cat /proc/1/comm >/dev/null && echo yes')" yes \
    "the jail has a process 1 of its own"

# Who enters a jail before its maker's command has started, and leaves again,
# does not take it along.
good=0
for i in 1 2 3 4 5 6 7 8 9 10; do
	netjail -n early / early.test 10.0.17.9 sleep 0.2 2>"$T/early" &
	early=$!
	until jexec early true 2>/dev/null; do kill -0 $early 2>/dev/null || break; done
	wait $early && good=$((good + 1))
done
is $good 10 "jexec may come before the jail's first command"

kill "$a"
wait "$a" 2>/dev/null
is $? 143 "a signal to netjail goes to its command"
until_ok 5 eval '[ "$(jls name)" = b ]'
is "$(jls name)" b "and the jail is gone with it"

netjail -n d -o persist / d.test 10.0.17.3 true 2>"$T/err"
is "$(jls -j d name 2>&1)" d "a jail with persist outlives its command"
is "$(jexec d echo inside)" inside "and can be entered"
check "netjail -r removes it" netjail -r d
until_ok 5 eval '[ "$(jls name)" = b ]'
is "$(jls name)" b "it is gone"

netjail -n bg / bg.test 10.0.17.4 sh -c 'sleep 100 & exit 0'
is "$(jls -j bg name 2>&1)" bg "a jail lives while a process does"
jexec bg sh -c 'kill -9 -1' 2>/dev/null
until_ok 5 eval '[ "$(jls name)" = b ]'
is "$(jls name)" b "and ends with the last"

n=20
[ -z "$short" ] || n=5
i=0
while [ $i -lt $n ]; do
	i=$((i + 1))
	netjail -n s$i / s$i.test 10.0.18.$i sh -c 'sleep 1; exit 0' &
	starts="${starts:-} $!"
done
bad=0
for p in $starts; do
	wait "$p" || bad=$((bad + 1))
done
is $bad 0 "$n jails start at once"
finish
