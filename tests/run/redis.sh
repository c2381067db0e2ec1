#!/bin/sh
# redis: a server, its client and its benchmark.
. "$(dirname "$0")/lib.sh"
needs redis-server redis-cli redis-benchmark

serve db 10.0.2.1 redis-server --port 6379 --bind 0.0.0.0 --save '' \
    --appendonly no --protected-mode no --dir "$T"
up 10.0.2.1 6379

cli()
{
	jail client 10.0.2.7 redis-cli -h 10.0.2.1 "$@" 2>&1
}
is "$(cli ping)" PONG "ping"
is "$(cli set a b)" OK "set"
is "$(cli get a)" b "get"
like "$(cli client list)" '*addr=10.0.2.7:*laddr=10.0.2.1:6379*' \
    "the server knows both addresses of the connection"
n=5000
[ -z "$short" ] || n=500
jail load 10.0.2.8 redis-benchmark -h 10.0.2.1 -n $n -c 20 -q -t get,set \
    >"$T/bench" 2>&1
is "$?" 0 "redis-benchmark ends in order"
is "$(tr '\r' '\n' <"$T/bench" | grep -c 'requests per second, p50')" 2 \
    "and has figures for SET and GET"
jail load 10.0.2.8 redis-benchmark -h 10.0.2.1 -n $n -c 20 -P 16 -q -t get \
    >"$T/bench" 2>&1
is "$?" 0 "so does pipelining"
is "$(cli shutdown nosave)" "" "shutdown by the client"
until_ok 10 eval '! kill -0 $pid 2>/dev/null'
wait "$pid"
is $? 0 "the server ends in order"
finish
