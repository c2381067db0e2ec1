#!/bin/sh
# nc: netcat as server and client.
. "$(dirname "$0")/lib.sh"
needs nc

head -c 200000 /dev/urandom >"$T/file"

serve a 10.0.4.1 sh -c "nc -l 9000 >$T/got"
up 10.0.4.1 9000
jail b 10.0.4.2 sh -c "nc -N 10.0.4.1 9000 <$T/file"
wait "$pid"
check "a file through nc -l arrives unchanged" cmp "$T/file" "$T/got"

serve a 10.0.4.1 sh -c "nc -N -l 9001 <$T/file"
up 10.0.4.1 9001
jail b 10.0.4.2 sh -c "nc -d 10.0.4.1 9001 >$T/got2"
check "and from the listening side" cmp "$T/file" "$T/got2"
wait "$pid"

serve a 10.0.4.1 sh -c "nc -u -l -W 1 9002 >$T/got3"
up 10.0.4.1 9002 udp
jail b 10.0.4.2 sh -c 'echo datagram | nc -u -w 1 10.0.4.1 9002'
wait "$pid"
is "$(cat "$T/got3")" datagram "a datagram by nc -u"

gone=$(jail b 10.0.4.2 nc -z -v 10.0.4.1 9003 2>&1)
is $? 1 "an address that nobody has any more is an error"
like "$gone" "*Network is unreachable*" "namely that it is unreachable"
serve a 10.0.4.1 nc -k -l 9004
up 10.0.4.1 9004
refused=$(jail b 10.0.4.2 nc -z -v 10.0.4.1 9003 2>&1)
is $? 1 "a port where nobody listens is one, too"
like "$refused" "*Connection refused*" "namely a refusal"
check "nc -z finds the open port" \
    jail b 10.0.4.2 nc -z -v 10.0.4.1 9004
finish
