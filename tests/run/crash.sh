#!/bin/sh
# crash: the daemon is killed under running jails.
. "$(dirname "$0")/lib.sh"

serve a 10.0.16.1 "$R/static" echo 0.0.0.0 7
a=$pid
up 10.0.16.1 7
serve b 10.0.16.2 "$R/hold" send 10.0.16.1 7 10
b=$pid
until_ok 5 test -s "$T/b.log"
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
ended()	{ ! kill -0 "$a" 2>/dev/null && ! kill -0 "$b" 2>/dev/null; }
until_ok 5 ended
check "kill -9 of the daemon ends its jails" ended
wait "$a" 2>/dev/null
check "with a status that is not 0" test $? -ne 0
pids=
start_daemon
warm_up
is "$(jail a 10.0.16.1 echo works)" works \
    "a new daemon takes over the same socket"
finish
