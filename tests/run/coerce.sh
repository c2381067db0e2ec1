#!/bin/sh
# coerce: the addresses a jail gets, and what lies outside its reach.
. "$(dirname "$0")/lib.sh"

brief_time_wait

# A listener on the host's own loopback, and an abstract name outside.
hostport=$((20000 + $$ % 10000))
"$R/static" loopback $hostport &
pids="$pids $!"
if command -v socat >/dev/null; then
	socat ABSTRACT-LISTEN:netjail-test-outside,fork PIPE 2>/dev/null &
	pids="$pids $!"
fi
until_ok 5 "$R/static" fetch 127.0.0.1 $hostport
is "$("$R/static" fetch 127.0.0.1 $hostport)" "the host" \
    "the host's listener does listen"

serve other 10.0.8.2 "$R/static" serve 0.0.0.0 80 "other"
up 10.0.8.2 80
report jail self 10.0.8.1 "$R/coerce" 10.0.8.1 10.0.8.2 $hostport \
    "$NETJAIL_SOCK" $$

is "$(jail thief 10.0.8.9 "$R/coerce" leash 2>&1 | grep -c answered)" 0 \
    "the daemon takes no request on init's connection"

# The stack outside jails has users too.
if [ "$(id -u)" = 0 ]; then
	cp "$B/bin/netjail" "$T/netjail"
	on_host setpriv --reuid=65534 --regid=65534 --clear-groups \
	    "$T/netjail" -r other 2>"$T/err"
	like "$? $(cat "$T/err")" '1 netjail: *ermitted*' \
	    "only the stack's superuser removes a jail"
	is "$(jls -j other name)" other "and the jail is still there"
else
	skip "only the stack's superuser removes a jail" "needs root"
fi

# One port, three owners.
serve self 10.0.8.1 "$R/static" serve 0.0.0.0 80 "self"
netjail host "$R/static" serve 0.0.0.0 80 "stack" >"$T/host.log" 2>&1 &
pids="$pids $!"
up 10.0.8.1 80
until_ok 5 eval '[ "$(on_host "$R/static" fetch 127.0.0.1 80)" = stack ]'
is "$(jail c 10.0.8.3 "$R/static" fetch 10.0.8.1 80)" self \
    "two jails and the host listen on port 80: the first answers"
is "$(jail c 10.0.8.3 "$R/static" fetch 10.0.8.2 80)" other \
    "the second answers"
is "$(on_host "$R/static" fetch 127.0.0.1 80)" stack "the host answers"
is "$(on_host "$R/static" fetch 10.0.8.1 80)" self \
    "and the host reaches a jail by its address"
is "$(sockets -p tcp | grep -c 'LISTEN')" 3 "three listeners are listed"

# Two addresses: ANY stays ANY, and serves both.
serve two 10.0.8.4,10.0.8.5 "$R/static" serve 0.0.0.0 80 "two"
until_ok 5 eval '[ "$(jexec two "$R/static" fetch 10.0.8.4 80)" = two ]'
is "$(jail c 10.0.8.3 "$R/static" fetch 10.0.8.4 80)" two \
    "a jail of two addresses listens on the first"
is "$(jail c 10.0.8.3 "$R/static" fetch 10.0.8.5 80)" two \
    "and on the second"

# What a program learns of its jail.
if command -v ip >/dev/null; then
	like "$(jexec two ip -o -4 addr show 2>&1)" '*10.0.8.4*10.0.8.5*' \
	    "ip addr shows the jail's addresses"
fi
is "$(jexec two hostname 2>/dev/null || jexec two uname -n)" two.test \
    "the host name is the jail's"
is "$(jexec two sh -c 'cat /proc/[0-9]*/comm | grep -cx netjaild')" 0 \
    "/proc shows the jail's processes only"
finish
