#!/bin/sh
# metrics: what Prometheus reads is valid, and the truth.
. "$(dirname "$0")/lib.sh"
needs python3 curl socat
python3 -c 'import prometheus_client' 2>/dev/null || needs prometheus_client

# scrape: the text in $T/text, its samples one a line in $T/samples
scrape()
{
	netjail metrics >"$T/text" &&
	    python3 "$here/metrics.py" openmetrics "$T/text" >"$T/samples"
}
# value NAME{LABELS}: of a sample
value()	{ awk -v k="$1" 'index($0, k " ") == 1 { print $NF }' "$T/samples"; }

# Somebody who connects and says nothing is let go; looked at in the end.
(sleep 100 & echo $! >"$T/silent"; wait) | netjail metrics -i >/dev/null 2>&1 &
silent=$!

check "a stack without jails has valid metrics" scrape
is "$(value 'netjail_jails{state=active}')" 0 "and no jail"

# A name and a host name that would break a careless writer.
bad='q"\{}=,#'
host=$(printf 'h"\\\303\251\377x')
netjail -n "$bad" / "$host" 10.0.60.1 "$R/hold" accept 9000 100 \
    >"$T/bad.log" 2>&1 </dev/null &
pids="$pids $!"
up 10.0.60.1 9000
serve wr 10.0.60.2 "$R/hold" send 10.0.60.1 9000 1100
serve many 10.0.60.3 "$R/hold" many 50
serve udp 10.0.60.4 "$R/hold" udp 5353
until_ok 10 test -s "$T/wr.log"
until_ok 10 test -s "$T/many.log"
up 10.0.60.4 5353 udp

jid=$(jls -j "$bad" jid)
id="jail=$bad,jid=$jid"
check "metrics are valid with a hostile name" scrape
is "$(tail -n 1 "$T/text")" "# EOF" "the text has its end mark"
back=$(printf 'h"\\\303\251\357\277\275x')
is "$(grep "^netjail_jail_info{.*jid=$jid," "$T/samples")" \
    "netjail_jail_info{address=10.0.60.1,hostname=$back,$id,path=/} 1" \
    "a quote and a backslash come back; a byte of no character does not"
is "$(value 'netjail_jails{state=active}')" 4 "four jails"
jid=$(jls -j many jid)
is "$(value "netjail_tcp_sockets{jail=many,jid=$jid,state=LISTEN}")" 50 \
    "50 listeners of a jail"
many=$(netjail netstat -an -j many | awk '/LISTEN/ { n = split($4, p, ".")
    if (p[n] >= 10000) print p[n] }' | sort -u | wc -l)
is "$(value "netjail_ports_used{jail=many,jid=$jid}")" "$many" \
    "each is a port of its range in use"
is "$(value 'netjail_port_range_size{range=default}')" 55536 \
    "of as many as the range has"
until_ok 5 eval 'scrape && [ "$(value "netjail_queue_bytes{$id,queue=receive}")" = 1000 ]'
is "$(value "netjail_queue_bytes{$id,queue=receive}")" 1000 \
    "bytes that a program has not read are in its queue"
for state in LISTEN ESTABLISHED TIME_WAIT; do
	is "$(sed -n "s/^netjail_tcp_sockets{.*state=$state} //p" "$T/samples" |
	    count)" "$(sockets -a -p tcp | grep -c "$state" | count |
	    sed 's/^0$//')" "as many sockets in $state as netstat has"
done
is "$(sed -n 's/^netjail_sockets{.*protocol=udp} //p' "$T/samples" | count)" \
    "$(sockets -p udp | wc -l)" "as many of UDP"

# Counters and refusals.
before=$(value 'netjail_port_refusals_total{reason=conflict}')
jail two 10.0.60.5 python3 -c 'import socket
a, b = socket.socket(), socket.socket()
a.bind(("", 700))
a.listen()
try:
    b.bind(("", 700))
except OSError:
    print("refused")' >"$T/two.log" 2>&1
is "$(cat "$T/two.log")" refused "a port in use is refused"
scrape
check "and counted" test "$(value 'netjail_port_refusals_total{reason=conflict}')" -gt \
    "$before"
before=$(value 'netjail_tcp_accepts_total{}')
serve one 10.0.60.6 "$R/hold" send 10.0.60.1 9000 10
one=$pid
until_ok 5 eval 'scrape && [ "$(value "netjail_tcp_accepts_total{}")" -gt "$before" ]'
is "$(value 'netjail_tcp_accepts_total{}')" $((before + 1)) \
    "a connection accepted is counted"
stop $one
is "$(grep -c '^netjail_zone_failures_total{' "$T/samples")" \
    "$(netjail sysctl -n vm.zone | grep -c '^[a-z].*:')" \
    "every zone has its failures"

is "$(grep -c '^netjail_turns' "$T/samples")" 0 "turns are not measured"
netjail sysctl debug.turn.measure=1 >/dev/null
check "metrics are valid while they are" scrape
check "and turns are counted" test "$(value 'netjail_turns_total{}')" -gt 0
check "the longest has a time" \
    grep -q '^netjail_longest_turn_seconds 0\.[0-9]*[1-9]' "$T/text"
netjail sysctl debug.turn.measure=0 >/dev/null

# The older format, for node_exporter's text files.
netjail metrics -t >"$T/text"
check "-t is valid in Prometheus's older format" \
    python3 "$here/metrics.py" classic "$T/text"
if command -v promtool >/dev/null; then
	check "promtool finds nothing wrong with it" \
	    sh -c 'promtool check metrics <"$T/text"'
fi

# HTTP, as by inetd.
socat "UNIX-LISTEN:$T/http,fork" EXEC:'netjail metrics -i' 2>/dev/null &
pids="$pids $!"
until_ok 5 test -S "$T/http"
get()	{ curl -s --max-time 30 --unix-socket "$T/http" "$@"; }
get -D "$T/head" http://metrics/metrics >"$T/text"
check "GET /metrics answers with valid metrics" \
    python3 "$here/metrics.py" openmetrics "$T/text"
like "$(tr -d '\r' <"$T/head" | tr '\n' ' ')" \
    "HTTP/1.1 200 OK *application/openmetrics-text; version=1.0.0; charset=utf-8*" \
    "as what it is"
code()	{ get -o /dev/null -w '%{http_code}' "$@"; }
is "$(code -I http://metrics/metrics)" 200 "HEAD has no body"
is "$(code http://metrics/)" 404 "another path is not found"
is "$(code -d x http://metrics/metrics)" 405 "POST is not allowed"
is "$(code -H "X: $(printf '%09000d' 0)" http://metrics/metrics)" 431 \
    "a request of 9000 bytes is refused"
is "$(printf 'nonsense\r\n\r\n' | netjail metrics -i | head -n 1 |
    tr -d '\r')" "HTTP/1.1 400 Bad Request" "nonsense is a bad request"
is "$(NETJAIL_SOCK=$T/none code http://metrics/metrics)" 200 \
    "the server's stack is the one it was started with"
is "$(printf 'GET /metrics HTTP/1.1\r\n\r\n' |
    NETJAIL_SOCK=$T/none netjail metrics -i | head -n 1 | tr -d '\r')" \
    "HTTP/1.1 503 Service Unavailable" "no stack: unavailable"
said=$(NETJAIL_SOCK=$T/none netjail metrics 2>&1)
like "$? $said" "1 *cannot reach netjaild: no stack runs; *" \
    "and without HTTP one line and status 1"

# In a jail.
jexec many netjail metrics >"$T/text" 2>"$T/errors"
python3 "$here/metrics.py" openmetrics "$T/text" >"$T/samples"
is "$(sed -n 's/^netjail_tcp_sockets{.*state=LISTEN} //p' "$T/samples")" 50 \
    "in a jail: its own sockets, and no other's"

until_ok 30 eval '! kill -0 "$silent"'
check "who connects and says nothing is let go" \
    sh -c '! kill -0 "$1" 2>/dev/null' sh "$silent"
kill "$(cat "$T/silent")" 2>/dev/null
finish
