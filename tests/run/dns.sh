#!/bin/sh
# dns: dnsmasq and dig, over UDP and TCP.
. "$(dirname "$0")/lib.sh"
needs dnsmasq dig

# Where a jail has one user only, dnsmasq cannot drop groups: its debug mode
# does not, nor does it fork for TCP.
mode=-k
[ "$(jail probe 10.0.7.1 cat /proc/self/setgroups 2>/dev/null)" = deny ] &&
    mode=-d

server()	# NAME ADDRESS OPTION...
{
	server_n=$1 server_a=$2
	shift 2
	serve "$server_n" "$server_a" dnsmasq $mode -C /dev/null -p 53 -R -h -n \
	    --user=root --group=root --pid-file= --log-facility=- \
	    --address=/www.example.test/10.9.9.9 \
	    --txt-record=long.example.test,"$(printf '%0250d' 1)","$(printf '%0250d' 2)","$(printf '%0250d' 3)","$(printf '%0250d' 4)","$(printf '%0250d' 5)","$(printf '%0250d' 6)" \
	    "$@"
	up "$server_a" 53 udp
	up "$server_a" 53 tcp
}
ask()
{
	jail client 10.0.7.7 dig +short +time=2 +tries=1 "$@" 2>&1
}

server any 10.0.7.53
is "$(ask @10.0.7.53 www.example.test)" 10.9.9.9 "over UDP"
is "$(ask @10.0.7.53 +tcp www.example.test)" 10.9.9.9 "over TCP"
like "$(ask @10.0.7.53 +ignore +bufsize=512 long.example.test TXT; jail client \
    10.0.7.7 dig +ignore +noedns @10.0.7.53 long.example.test TXT)" \
    '*flags:*tc*' "an answer too long for UDP says so"
is "$(ask @10.0.7.53 +noedns long.example.test TXT | tr -d '" ' | wc -c)" \
    1501 "and is fetched over TCP instead"
is "$(ask @10.0.7.53 nobody.invalid)" "" "an unknown name has no answer"

server one 10.0.7.54 --bind-interfaces --listen-address=10.0.7.54
is "$(ask @10.0.7.54 www.example.test)" 10.9.9.9 \
    "a server bound to its address, over UDP"
is "$(ask @10.0.7.54 +tcp www.example.test)" 10.9.9.9 "and over TCP"
finish
