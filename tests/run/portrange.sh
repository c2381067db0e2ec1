#!/bin/sh
# portrange: IP_PORTRANGE and net.inet.ip.portrange.*
. "$(dirname "$0")/lib.sh"

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

netjail sysctl "$v.first=70000" >/dev/null 2>&1
is "$(value first | awk '{ print ($1 >= 1 && $1 <= 65535) }')" 1 \
    "a limit beyond 65535 is clamped or refused"
jail a 10.0.9.1 sysctl "$v.first=30000" >"$T/out" 2>&1
is $? 1 "a jail cannot set the stack's range"
jexec srv sh -c 'kill -9 -1' 2>/dev/null
finish
