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

# Nobody there.
says "sysctl: cannot reach netjaild: No such file or directory
1" env NETJAIL_SOCK="$T/none" sysctl -a
finish
