#!/bin/sh
# limits: descriptors and sockets used up.
. "$(dirname "$0")/lib.sh"

serve srv 10.0.14.1 "$R/static" echo 0.0.0.0 7
up 10.0.14.1 7
report jail a 10.0.14.2 "$R/limits" files 10.0.14.1 7

max=$(netjail sysctl -n kern.ipc.maxsockets)
open=$(netjail sysctl -n kern.ipc.numopensockets)
netjail sysctl "kern.ipc.maxsockets=$((open + 20))" >/dev/null
report jail a 10.0.14.2 "$R/limits" sockets 40
netjail sysctl "kern.ipc.maxsockets=$max" >/dev/null
is "$(jail a 10.0.14.2 sh -c 'echo again | nc -N 10.0.14.1 7')" again \
    "other jails are served as before"
finish
