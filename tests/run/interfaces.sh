#!/bin/sh
# interfaces: what netstat says of interfaces, addresses, routes, the input
# queue and the capture, inside a jail and outside; and all of it as JSON.
own_daemon=yes
. "$(dirname "$0")/lib.sh"
needs jq
start_daemon --pcap "$T/packets"
warm_up

# One number of a line of -inb: of the address, or with lo0 of the interface.
field()	# ADDRESS COLUMN
{
	netjail netstat -inb | awk -v a="$1" -v c="$2" '$4 == a { print $c }'
}
handled()
{
	netjail netstat -Q | awk '$3 == "ip" && $1 == 0 { print $NF }'
}
captured()
{
	netjail netstat -B | awk '$NF == "netjaild" { print $4 }'
}

serve rcv 10.0.20.1 "$R/hold" udp 5353
up 10.0.20.1 5353 udp
netjail -n two / two.test 10.0.20.3,10.0.20.4 sleep 60 >"$T/two.log" 2>&1 &
pids="$pids $!"
until_ok 10 jls -j two

is "$(field 10.0.20.1 5)" 0 "an address that nothing was sent to has no packets"
packets=$(field lo0 9) queue=$(handled) capture=$(captured)
jail snd 10.0.20.2 bash -c '
    for i in 1 2 3 4 5; do printf 1234567890 >/dev/udp/10.0.20.1/5353; done'
is "$(field 10.0.20.1 5)" 5 "five datagrams came for the address"
is "$(field 10.0.20.1 8)" 190 "and 190 bytes: 10, 8 and 20 each"
is "$(field 10.0.20.1 9)" 0 "none was sent from it"
is "$(($(field lo0 9) - packets))" 5 "lo0 has sent five packets more"
is "$(($(handled) - queue))" 5 "the input queue has handled five more"
is "$(($(captured) - capture))" 5 "the capture has seen five more"
check "the watcher's counters are set back" netjail netstat -Bz
is "$(captured)" 0 "and begin at 0"
netjail netstat -w 1 >"$T/rates" &
pids="$pids $!"
rates()	# the rows so far, added up
{
	awk '$1 ~ /^[0-9]/ { for (i = 1; i <= NF; i++) n[i] += $i }
	    END { for (i = 1; i <= 8; i++) printf "%d ", n[i] }' "$T/rates"
}
until_ok 10 grep -q packets "$T/rates"
jail snd 10.0.20.2 bash -c 'printf x >/dev/udp/10.0.20.1/5353'
until_ok 20 eval '[ "$(rates)" = "1 0 0 29 1 0 29 0 " ]'
is "$(rates)" "1 0 0 29 1 0 29 0 " "-w shows a packet as it passes, once"

netjail netstat -w 1 --libxo json >"$T/endless" &
endless=$!
until_ok 20 grep -q collisions "$T/endless"
stop $endless
check "rates that are interrupted are whole JSON" jq -e \
    '.statistics."interface-statistics" | length > 0' "$T/endless"

# Inside and outside.
addresses()	{ "$@" netstat -in | awk '$3 !~ /^<Link/ { print $4 }' | sort; }
is "$(addresses jexec two | tr '\n' ' ')" "10.0.20.3 10.0.20.4 Address " \
    "a jail sees its own addresses and no other"
is "$(jexec two netstat -rn | awk '/link#/ { print $1, $3 }' | tr '\n' ' ')" \
    "10.0.20.3 UH 10.0.20.4 UH " "and the routes to them"
for what in -in -rn; do
	jexec two netstat $what | sed 's/^\(.*Link.*lo0\).*/\1/' >"$T/in"
	netjail netstat $what -j two | sed 's/^\(.*Link.*lo0\).*/\1/' >"$T/out"
	check "$what inside and outside by -j: the same lines" \
	    diff "$T/in" "$T/out"
done
like "$(jexec two netstat -B 2>&1)" '*Operation not permitted' \
    "a jail may not ask who captures"
like "$(netjail netstat -rn)" \
    '*10.0.20.1 *10.0.20.3 *10.0.20.4 *127.0.0.0/8 *127.0.0.1 *' \
    "outside there are routes to the addresses of all jails, in order"

# What is asked for wrongly, by what only the stack knows.
netjail netstat -I em0 -w 1 >"$T/em0" 2>&1
is "$? $(cat "$T/em0")" "65 netstat: interface em0 not found" \
    "the rates of an interface that is not there are refused"
netjail netstat -r -F 7 >"$T/fib" 2>&1
is "$? $(cat "$T/fib")" "64 netstat: 7: invalid fib" \
    "a FIB that is not there is refused"

# Every display is JSON that jq reads, with what text has.
json()	{ netjail netstat --libxo json "$@" | jq -r "$query"; }
for flags in -a -aA -aT -ax -aC -ac -aR -aP -aL -i -ibd -r -rW -rs -s -ss -m \
    -Q -B -g -gs "-w 1 -q 1"; do
	# shellcheck disable=SC2086	# two words
	netjail netstat -n $flags --libxo json >"$T/json" 2>"$T/err"
	check "netstat $flags is JSON" jq -e 'type == "object"' "$T/json"
done
query='.statistics.socket[] | select(.protocol == "udp4") |
    .local.address + "." + .local.port'
is "$(json -an)" 10.0.20.1.5353 "-an: the socket in JSON"
query='.statistics.interface[] | select(.address == "10.0.20.1") |
    ."received-packets"'
is "$(json -in)" 6 "-in: the address's packets in JSON"
query='.statistics."route-information"."route-table"."rt-family"[] |
    select(."address-family" == "Internet")."rt-entry"[] |
    select(.destination == "10.0.20.4").gateway'
is "$(json -rn)" 'link#1' "-rn: the route in JSON"
query='.netisr.workstream[0].handled'
is "$(json -Q)" "$(handled)" "-Q: the queue's counter in JSON"
query='."bpf-statistics"."bpf-entry"[0].process'
is "$(json -B)" netjaild "-B: the watcher in JSON"
query='."mbuf-statistics"."mbuf-current"'
is "$(json -m)" "$(netjail netstat -m | sed -n 's|^\([0-9]*\)/.* mbufs in.*|\1|p')" \
    "-m: the mbufs in JSON"
query='.statistics.udp."received-datagrams"'
is "$(json -sp udp)" \
    "$(netjail netstat -sp udp | sed -n 's/^.\([0-9]*\) datagrams\{0,1\} rec.*/\1/p')" \
    "-s: a protocol's counter in JSON"
finish
