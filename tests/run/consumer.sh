#!/bin/sh
# consumer: programs written as for FreeBSD, against include/bsd and libnetjail.
. "$(dirname "$0")/lib.sh"
needs socat
C=$B/consumer

# The sockets netstat shows, as inetstat words them.
serve www 10.0.21.1 socat TCP-LISTEN:80,fork PIPE
www=$pid
up 10.0.21.1 80
serve dns 10.0.21.2 socat UDP-RECVFROM:53,fork PIPE
up 10.0.21.2 53 udp
serve talk 10.0.21.3 socat TCP:10.0.21.1:80,bind=10.0.21.3:4000 EXEC:'sleep 60'
until_ok 5 sh -c 'netjail netstat -an | grep -q 10.0.21.3.4000.*ESTAB'

check "a reader of pcblist runs" "$C/inetstat"
"$C/inetstat" >"$T/inet"
is "$(grep -c '^tcp 10.0.21.1.80 \*\.\* LISTEN [0-9]*/[0-9]*/[1-9][0-9]* uid' \
    "$T/inet")" 1 "it shows the listener, with its queue"
is "$(grep -c '^tcp 10.0.21.3.4000 10.0.21.1.80 ESTABLISHED uid' "$T/inet")" 1 \
    "... and a connection"
is "$(grep -c '^udp 10.0.21.2.53 \*\.\* uid' "$T/inet")" 1 \
    "... and a UDP socket"
is "$(grep -c '^tcp' "$T/inet")" "$(sockets -a | grep -c ^tcp)" \
    "... as many TCP sockets as netstat"
is "$(jail see 10.0.21.4 "$C/inetstat")" "" "a jail's reader sees nothing of it"

check "a reader that insists on sizes and generations runs" "$C/sockwalk"
"$C/sockwalk" >"$T/walk"
is "$(grep -c '^tcp listen so 0x[0-9a-f]* 10.0.21.1:80$' "$T/walk")" 1 \
    "it shows the listener, and its socket's handle"
jail ping 10.0.21.6 "$C/range" >/dev/null
like "$("$C/protostat")" "ips_delivered [1-9]*tcps_connects [1-9]*
udps_ipackets *
listening 1" "counters are read by their structs"
"$C/protostat" -z >"$T/zero"
is "$("$C/protostat" | sed -n 's/^tcps_connects //p')" 0 "... and set back"
check "a jail's program cannot set them back" sh -c \
    "! netjail -n z / z.test 10.0.21.7 $C/protostat -z"

# What sysctl(3) says when it refuses.
report "$C/errors"

port=$(jail r1 10.0.21.8 "$C/range" high)
check "IP_PORTRANGE_HIGH picks from the high range" test "$port" -ge 49152
port=$(jail r2 10.0.21.8 "$C/range" low)
check "IP_PORTRANGE_LOW picks a reserved port" test "$port" -lt 1024
finish
