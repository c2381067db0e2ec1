#!/bin/sh
# jailcalls: jail_set(2), jail_get(2), jail_attach(2), jail_remove(2) and jail(2)
# of libnetjail, from programs written as for FreeBSD.
. "$(dirname "$0")/lib.sh"
C=$B/consumer

# says WANTED COMMAND...: its output (both kinds) and, last, its status
says()
{
	says_w=$1
	shift
	is "$("$@" 2>&1 </dev/null; echo "$?")" "$says_w" "$*"
}

says "0" "$C/jailed" list
jid=$("$C/jailed" make name=a path=/ host.hostname=a.test \
    ip4.addr=10.0.22.1,10.0.22.2 persist)
like "$jid" "[1-9]*" "jail_set makes a jail that persists, and says its jid"
says "$jid a
0" "$C/jailed" list
says "name=a
path=/
host.hostname=a.test
ip4.addr=10.0.22.1 10.0.22.2 
persist=1
dying=0
0" "$C/jailed" get a name path host.hostname ip4.addr persist dying
says "name=a
0" "$C/jailed" get "$jid" name
says "jailed: jail_get: unknown parameter: nothing (Invalid argument)
1" "$C/jailed" get a nothing
says "jailed: jail_getid: jail \"nobody\" not found
1" "$C/jailed" get nobody name
says "jailed: jail_set: jail \"a\" already exists (File exists)
1" "$C/jailed" make name=a path=/ persist
like "$("$C/jailed" make name=b path=/ 2>&1)" \
    "jailed: jail_set: new jail must persist or attach (Invalid argument)" \
    "a jail must persist or be attached to"
says "jailed: jail_set: unknown parameter: colour (Invalid argument)
1" "$C/jailed" make name=b colour=red
like "$("$C/jailed" make name=b path=/nowhere persist 2>&1)" \
    "jailed: jail_set: path /nowhere: * (No such file or directory)" \
    "the path must be there"
says "0" "$C/jailed" update a host.hostname=other.test portrange.first=20000 \
    portrange.last=20000
says "host.hostname=other.test
0" "$C/jailed" get a host.hostname

# Init of the jail hears of it when it does.
until_ok 5 sh -c '"$0" attach a hostname </dev/null | grep -qx other.test' \
    "$C/jailed"

# Attaching: the program goes on inside, all of it.
is "$("$C/jailed" attach a sh -c 'hostname; "$0"' "$C/range" </dev/null)" \
    "other.test
20000" "a program that attaches has the jail's host name and ports"
is "$(PATH=/usr/bin:/bin "$C/jailed" attach a inetstat_in_jail=1 env 2>&1 |
    tail -n 1)" \
    "jailed: inetstat_in_jail=1: No such file or directory" \
    "it goes on after jail_attach() as it was"
says "outside: jailed 0
inside: 0 descriptors more, kept 17, uid 0
inside: jailed 1
0" "$C/jailed" inside a
check "it sees no process outside" "$C/jailed" attach a \
    sh -c '! kill -0 '"$daemon"' 2>/dev/null'
says "7" "$C/jailed" attach a sh -c 'exit 7'
"$C/jailed" attach a sh -c 'echo $$ >'"$T/pid"'; exec sleep 60' &
shadow=$!
pids="$pids $shadow"
until_ok 5 test -s "$T/pid"
check "its pid is one of the jail's" test "$(cat "$T/pid")" -lt 100
is "$(ls "/proc/$shadow/fd" | wc -l)" 3 "its shadow outside has no descriptor"
kill -TERM "$shadow"
wait "$shadow" 2>/dev/null
is $? 143 "a signal to the shadow ends both"
says "jailed: jail_attach: already on a netjail stack: Operation not permitted
1" on_host "$C/jailed" attach a true
says "0" "$C/jailed" remove a
says "0" "$C/jailed" list
says "inside
0" "$C/jailed" set name=c path=/ host.hostname=c.test ip4.addr=10.0.22.3 -- \
    sh -c '[ "$(hostname)" = c.test ] && echo inside'
until_ok 5 no_jails
is "$(jls -N | sed 1d)" "" "a jail attached to goes with its last process"
says "d.test
0" "$C/jailed" old / d.test 10.0.22.4 hostname
until_ok 5 no_jails
finish
