#!/bin/sh
# sysctl: what it prints, what it refuses, and what a jail may do.
. "$(dirname "$0")/lib.sh"

# says WANTED COMMAND...: its output (both kinds) and, last, its status
says()
{
	says_w=$1
	shift
	is "$("$@" 2>&1; echo "$?")" "$says_w" "$*"
}

first=net.inet.ip.portrange.first

says "kern.ostype: netjail
0" sysctl kern.ostype
says "netjail
0" sysctl -n kern.ostype
says "kern.ostype=netjail
0" sysctl -e kern.ostype
says "kern.ostype
0" sysctl -N kern.ostype
says "kern.ostype: string
0" sysctl -t kern.ostype
says "kern.ostype: Operating system type
0" sysctl -d kern.ostype
says "kern.ostype: string: Operating system type
0" sysctl -t -d kern.ostype
says "string: Operating system type
0" sysctl -n -t -d kern.ostype
says "0x0000ffff
0" sysctl -nx net.inet.ip.portrange.last
says "sysctl: unknown oid 'net.nothing'
1" sysctl net.nothing
says "sysctl: unknown oid 'a'
sysctl: unknown oid 'b'
kern.ostype: netjail
2" sysctl a b kern.ostype
says "1" sysctl -q net.nothing
says "0" sysctl -i net.nothing
says "sysctl: oid 'net.inet' isn't a leaf node
1" sysctl net.inet=1
says "sysctl: oid 'kern.ostype' is read only
1" sysctl kern.ostype=x
says "sysctl: oid 'net.inet.tcp.stats' is type 5, cannot set that
1" sysctl net.inet.tcp.stats=1
says "sysctl: empty numeric value
1" sysctl $first=
says "sysctl: invalid integer 'ten'
1" sysctl $first=ten
says "$first: 10000 -> 12000
0" sysctl $first=12000
says "12000 -> 12001
0" sysctl -n $first=0x2ee1
printf '%s\n' "# comment" "" " $first : 10000 # back" "net.nothing=1" \
    >"$T/conf"
says "$first: 12001 -> 10000
sysctl: unknown oid 'net.nothing' at line 4
1" sysctl -f "$T/conf"
like "$(sysctl 2>&1)" "usage: sysctl *" "sysctl alone shows how it is used"

usage="usage: sysctl [-bdeFhilNnoqTtWwx] [-B bufsize] [-f filename] \
name[=value] ...
       sysctl [-bdeFhlNnoqTtWwx] [-B bufsize] -a"
says "$usage
1" sysctl -N -n kern.ostype
says "$usage
1" sysctl -N -l kern.ostype
says "$usage
1" sysctl -T $first=1
says "$usage
1" sysctl -W $first=1
says "kern.ostype: 8: netjail
0" sysctl -l kern.ostype
says "kern.ostype: A
0" sysctl -F kern.ostype
says "kern.ipc.maxsockbuf: unsigned integer
kern.ipc.maxsockets: integer
0" sysctl -t kern.ipc.maxsockbuf kern.ipc.maxsockets
says "$first=10000 -> 10001
0" sysctl -e $first=10001
says "$first: 10001 -> 10000
0" sysctl -w "$first : '10000'"
says "$first: 10000
0" sysctl -h $first
says "net.inet.ip.portrange.first: 10000
net.inet.ip.portrange.hifirst: 49152
net.inet.ip.portrange.hilast: 65535
net.inet.ip.portrange.last: 65535
net.inet.ip.portrange.lowfirst: 1023
net.inet.ip.portrange.lowlast: 600
net.inet.ip.portrange.randomized: 1
net.inet.ip.portrange.reservedhigh: 1023
net.inet.ip.portrange.reservedlow: 0
0" sysctl -W net.inet.ip.portrange
says "sysctl: invalid integer '99999999999'
1" sysctl $first=99999999999
says "sysctl: invalid integer '-0x'
1" sysctl $first=-0x
says "sysctl: net.inet.tcp.sendspace: Invalid argument
net.inet.tcp.sendspace: 262144
1" sh -c 'sysctl net.inet.tcp.sendspace=1 2>&1 | sort -r; exit 1'
says "0" sysctl vm.zones
like "$(sysctl -o vm.zones)" "vm.zones: Format:S,xzone Length:* Dump:0x68*..." \
    "-o shows the first bytes of opaque values"
check "-x shows them all" sh -c \
    '[ "$(sysctl -nx vm.zones | sed s/.*0x// | tr -d "\n" | wc -c)" = \
    $(($(sysctl -b vm.zones | wc -c) * 2)) ]'
is "$(sysctl -AN)" "$(sysctl -oaN)" "-A is -oa"
says "kern.clockrate: { hz = 1000, tick = 1000, profhz = 1000, stathz = 1000 }
0" sysctl kern.clockrate
begun=$(sysctl -n kern.boottime |
    sed -n 's/^{ sec = \([0-9]*\), usec = [0-9]* } [A-Z][a-z][a-z] .* 20[0-9][0-9]$/\1/p')
check "kern.boottime is when this stack began, as a date, too" \
    test "${begun:-0}" -le "$(date +%s)" -a "${begun:-0}" -gt $(($(date +%s) - 600))
is "$(sysctl -XN)" "$(sysctl -xaN)" "-X is -xa"
says "0" sysctl -B 4 kern.ostype
says "kern.ostype: netjail
0" sysctl -B 64 kern.ostype
settings()	{ sysctl -aN "$1" | grep -v '^security\.jail\.param\.'; }
is "$(settings -T)" "$(settings -W)" "every setting may be given at the start"
printf '%s\n' 'net.nothing' >"$T/conf"
says "0" sysctl -i -f "$T/conf"
says "sysctl: $T/none: No such file or directory
66" sysctl -f "$T/none"

# Every value, and every node above one, says what it is.
sysctl -AN >"$T/names"
while read -r name; do
	while :; do
		echo "$name"
		case $name in *.*) name=${name%.*} ;; *) break ;; esac
	done
done <"$T/names" | sort -u >"$T/leaves"
is "$(while read -r name; do
	[ -n "$(sysctl -nd "$name" | tr -d ' ')" ] || echo "$name"
done <"$T/leaves")" "" "every value has a description"
sh "$here/../../sysctl/names.sh" "$B" >"$T/list"
is "$(sed -e '1,/^\.\\" names: begin/d' -e '/^\.\\" names: end/,$d' \
    "$here/../../sysctl/netjail-sysctl.7" | diff - "$T/list")" "" \
    "netjail-sysctl(7) lists every value (else: make names)"
is "$(sysctl -ANF | wc -l)" "$(sysctl -AF | grep -c ': .')" \
    "every value has a format"

sysctl -aN >"$T/names"
is "$(grep -c '^kern.ostype$' "$T/names")" 1 "-a shows kern.ostype once"
is "$(grep -c '^sysctl\.' "$T/names")" 0 "-a leaves out what is about names"
is "$(sort "$T/names" | uniq -d)" "" "-a shows nothing twice"
missing=""
while read -r name; do
	[ "$(sysctl -N "$name")" = "$name" ] || missing="$missing $name"
done <"$T/names"
is "$missing" "" "every name that -a shows can be asked for"
is "$(sysctl -b vm.zones | wc -c)" \
    "$(sysctl -o vm.zones | sed 's/.*Length:\([0-9]*\).*/\1/')" \
    "-b writes as many bytes as -o says"
like "$(sysctl -n vm.zone)" "*tcp_inpcb: *" "vm.zone has the PCBs' zone"

# netstat -s says of this one that it is set.
is "$(netjail netstat -s -p icmp | tail -1)" \
    "	ICMP address mask responses are disabled" \
    "address mask requests are not answered at first"
sysctl -q net.inet.icmp.maskrepl=1 >"$T/out"
is "$(netjail netstat -s -p icmp | tail -1)" \
    "	ICMP address mask responses are enabled" "... but if that is set"

# Inside a jail: to be read by all, to be written by nobody.
says "$first: 10000
0" jail a 10.0.20.1 sysctl $first
says "$first: 10000
sysctl: $first: Operation not permitted
1" jail a 10.0.20.1 sysctl $first=1
is "$(sysctl -n $first)" 10000 "what a jail wrote has not changed anything"
is "$(jail a 10.0.20.1 sysctl -n security.jail.jailed)" 1 \
    "security.jail.jailed is 1 inside"
is "$(sysctl -n security.jail.jailed)" 0 "... and 0 outside"
is "$(jail a 10.0.20.1 sysctl -n kern.hostname)" a.test \
    "kern.hostname is the jail's"
says "kern.hostname: a.test -> b.test
0" jail a 10.0.20.1 sysctl kern.hostname=b.test

is "$(netjail -n r -o portrange.first=20000 -o portrange.last=20010 / r.test \
    10.0.20.2 sysctl -n net.inet.ip.portrange.first \
    net.inet.ip.portrange.last net.inet.ip.portrange.hifirst)" "20000
20010
49152" "a jail reads the range of ports that is its own"

# Nobody there.
says "sysctl: cannot reach netjaild: no stack runs; the first \
netjail starts one
1" env NETJAIL_SOCK="$T/none" sysctl -a

# At the start of the stack.
says "netjaild: -o unknown oid 'net.nothing'
1" netjaild -f -s "$T/n" -o net.nothing=1
says "netjaild: -o oid 'kern.ostype' cannot be set at the start
1" netjaild -f -s "$T/n" -o kern.ostype=x
says "netjaild: -o invalid integer 'x'
1" netjaild -f -s "$T/n" -o $first=x
says "netjaild: -o net.inet.tcp.msl: Invalid argument
1" netjaild -f -s "$T/n" -o net.inet.tcp.msl=0
says "netjaild: -o net.inet: not name=value
1" netjaild -f -s "$T/n" -o net.inet
env -u JOURNAL_STREAM netjaild -f -s "$T/n" -o $first=11111 \
    -o kern.hostname=early -o net.inet.tcp.log_in_vain=1 \
    -o net.inet.udp.log_in_vain=1 2>"$T/early" &
early=$!
until_ok 5 env NETJAIL_SOCK="$T/n" sysctl -q $first
says "$first: 11111
kern.hostname: early
0" env NETJAIL_SOCK="$T/n" sysctl $first kern.hostname

# What log_in_vain is for: the daemon says who knocked where.
NETJAIL_SOCK="$T/n" netjail host bash -c \
    'echo >/dev/udp/127.0.0.1/82; </dev/tcp/127.0.0.1/81' 2>"$T/out"
until_ok 5 grep -q 'TCP' "$T/early"
is "$(sed -n 's/.*]: \(.*127\.0\.0\.1.*\)/\1/p' "$T/early" |
    sed 's/\(from 127.0.0.1:\|TCP: .127.0.0.1.:\)[0-9]*/\1N/' | sort -u)" \
    "Connection attempt to UDP 127.0.0.1:82 from 127.0.0.1:N
TCP: [127.0.0.1]:N to [127.0.0.1]:81 tcpflags 0x2<SYN>; tcp_input: Connection \
attempt to closed port" "log_in_vain: attempts at closed ports are in the log"
stop $early
finish
