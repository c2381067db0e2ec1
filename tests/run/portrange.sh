#!/bin/sh
# portrange: IP_PORTRANGE and net.inet.ip.portrange.*
. "$(dirname "$0")/lib.sh"
needs python3

v=net.inet.ip.portrange
value()	{ netjail sysctl -n "$v.$1"; }
set_to()	{ netjail sysctl "$v.$1=$2" >/dev/null; }

report jail a 10.0.9.1 "$R/portrange" ranges "$(value first)" \
    "$(value last)" "$(value hifirst)" "$(value hilast)" \
    "$(value lowfirst)" "$(value lowlast)"
report jail a 10.0.9.1 "$R/portrange" unprivileged

set_to first 20000
set_to last 20000
is "$(jail a 10.0.9.1 "$R/portrange" pick)" 20000 \
    "a range set by sysctl rules the next bind"

# The servers' own ports lie outside the range that is used up.
set_to first 20000
set_to last 20063
serve srv 10.0.9.2 sh -c "$R/static echo 0.0.0.0 7000 &
    exec $R/static echo 0.0.0.0 7001"
up 10.0.9.2 7000
up 10.0.9.2 7001
report jail a 10.0.9.1 "$R/portrange" full 20000 20063 10.0.9.2 7000
netjail sysctl $v.stats >"$T/stats" 2>/dev/null &&
    check "refusals are counted" \
    sh -c "grep -E 'exhausted: [1-9]' $T/stats"

# A jail with a range of its own; the others and the stack keep theirs.
ranged()	# FIRST LAST HIFIRST HILAST COMMAND...
{
	first=$1 last=$2 hifirst=$3 hilast=$4
	shift 4
	timeout -k 5 60 netjail -n r -o portrange.first="$first" \
	    -o portrange.last="$last" -o portrange.hifirst="$hifirst" \
	    -o portrange.hilast="$hilast" / r.test 10.0.9.3 "$@" </dev/null
}
report ranged 21000 21015 22000 22031 "$R/portrange" full 21000 21015 \
    10.0.9.2 7000
report ranged 21000 21999 22000 22031 "$R/portrange" ranges 21000 21999 \
    22000 22031 "$(value lowfirst)" "$(value lowlast)"
ranged 21000 21000 0 0 "$R/static" echo 0.0.0.0 21000 >"$T/r.log" 2>&1 &
pids="$pids $!"
up 10.0.9.3 21000
is "$(jexec r "$R/portrange" pick 2>&1)" \
    "portrange: bind: Address already in use" \
    "the one port of its range is used: the jail is refused another"
like "$(jail a 10.0.9.1 "$R/portrange" pick)" '20[0-9][0-9][0-9]' \
    "a jail without one gets a port of the stack's range meanwhile"
jexec r sh -c 'kill -9 -1' 2>/dev/null

# refused SENTENCE TEXT PARAMETER...
refused()
{
	refused_s=$1 refused_t=$2
	shift 2
	netjail "$@" / x 10.0.9.4 echo ran >"$T/out" 2>&1
	is "$? $(cat "$T/out")" "1 netjail: $refused_t" "$refused_s"
}
refused "half a range is refused" \
    "portrange.first and portrange.last must be given together" \
    -o portrange.first=20000
refused "a range the wrong way round is refused" \
    "portrange.hifirst is larger than portrange.hilast" \
    -o portrange.hifirst=20001 -o portrange.hilast=20000
refused "reserved ports in a range are refused" \
    "portrange.first and portrange.last must be at least 1024" \
    -o portrange.first=80 -o portrange.last=20000
refused "a port beyond 65535 is refused" \
    "portrange.last: not a port: 65536" \
    -o portrange.first=20000 -o portrange.last=65536
refused "and so is a word" 'portrange.first: non-integer value "http"' \
    -o portrange.first=http

netjail sysctl "$v.first=70000" >/dev/null 2>&1
is "$(value first | awk '{ print ($1 >= 1 && $1 <= 65535) }')" 1 \
    "a limit beyond 65535 is clamped or refused"
jail a 10.0.9.1 sysctl "$v.first=30000" >"$T/out" 2>&1
is $? 1 "a jail cannot set the stack's range"

cat >"$T/conflict" <<'X'
import socket, sys
a, b = socket.socket(), socket.socket()
a.bind((sys.argv[1], 0))
try:
    b.bind(a.getsockname())
except OSError as e:
    print(e.errno)
X
before=$(netjail sysctl -n "$v.stats.conflicts")
is "$(jail a 10.0.9.1 python3 "$T/conflict" 10.0.9.1) $(netjail sysctl -n \
    "$v.stats.conflicts")" "98 $((before + 1))" "a refusal is counted once"
jexec srv sh -c 'kill -9 -1' 2>/dev/null
finish
