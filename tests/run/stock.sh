#!/bin/sh
# stock: Debian's own tools in a jail see its sockets and nothing else.
. "$(dirname "$0")/lib.sh"
needs ss lsof unshare /usr/bin/netstat

ps_lines()
{
	jexec srv /usr/bin/python3 -c '
import psutil
for c in psutil.net_connections("inet"):
    print(c.laddr.port, c.raddr.ip if c.raddr else "-", c.status, c.pid, c.fd)'
}
# What is read from /proc/net.
files()
{
	is "$(jexec srv ss -s | awk '/^TCP:/ { print $2, $4 }')" "2 1," \
	    "ss -s counts two sockets, one connection"
	like "$(jexec srv lsof -nPi)" \
	    '*hold*3u*10.0.30.1:9000 (LISTEN)*hold*4u*10.0.30.1:9000->10.0.30.2:*(ESTABLISHED)*' \
	    "lsof -i shows descriptors 3 and 4"
	is "$(jexec srv lsof -nPi | grep -c hold)" 2 "and no other"
	like "$(jexec udp /usr/bin/netstat -Wuanp)" '*10.0.30.4:5353*0.0.0.0:\**/hold*' \
	    "Debian's netstat -uanp shows the UDP socket and its process"
	if /usr/bin/python3 -c 'import psutil' 2>/dev/null; then
		is "$(ps_lines | sort | tr '\n' ';')" \
		    "9000 - LISTEN 2 3;9000 10.0.30.2 ESTABLISHED 2 4;" \
		    "psutil shows the same"
		is "$(jexec srv /usr/bin/python3 -c 'import psutil
print([a.address for a in psutil.net_if_addrs()["lo"] if a.family == 2])')" \
		    "['127.0.0.1', '10.0.30.1']" \
		    "getifaddrs() gives the jail's address"
	else
		skip "psutil shows the same" "python3-psutil is not installed"
	fi

	is "$(jexec srv /usr/bin/python3 "$here/ifreq.py")" \
	    "SIOCGIFCONF | lo 127.0.0.1 | lo 10.0.30.1
SIOCGIFCONF short | lo 127.0.0.1
SIOCGIFADDR 127.0.0.1
SIOCGIFNETMASK 255.0.0.0
SIOCGIFADDR eth0 ENODEV
SIOCSIFFLAGS EPERM
SIOCETHTOOL ENOTTY
SIOCGIFNAME 1 lo
SIOCGIFNAME 2 ENODEV" "ioctl() tells of the jail's interface, and of no other"

	# The same scene on the kernel and in a jail.
	unshare -Urn sh -c 'ip link set lo up && ip addr add 10.0.30.7/32 dev lo &&
	    exec "$R/scene" show 10.0.30.7' >"$T/kernel" 2>&1
	netjail -o allow.raw_sockets=1 -n scene / scene.test 10.0.30.7 \
	    "$R/scene" show 10.0.30.7 >"$T/jail" 2>&1 </dev/null
	check "/proc/net/tcp, udp and raw are what the kernel prints for such sockets" \
	    diff "$T/kernel" "$T/jail"

	# What is read as /proc/PID/net is the kernel's, and so are other files.
	is "$(jexec srv sh -c 'sed 1d /proc/self/net/tcp')" "" \
	    "/proc/PID/net stays the kernel's"
	check "other files of /proc/net lead there" \
	    jexec srv sh -c 'cmp /proc/net/route /proc/self/net/route'
	check "ls /proc/net lists both" \
	    jexec srv sh -c 'ls /proc/net | grep -qx tcp && ls /proc/net | grep -qx dev'
	like "$(jexec srv sh -c 'echo x >/proc/net/tcp' 2>&1)" '*Read-only*' \
	    "they cannot be written"
	netjail -m name=srv children.max=1
	is "$(jexec srv unshare -Urpf --mount-proc sh -c 'echo /proc/[0-9]*')" \
	    /proc/1 "programs of a jail with children.max may mount a proc of their own"
}

serve srv 10.0.30.1 "$R/hold" accept 9000 100
up 10.0.30.1 9000
serve cli 10.0.30.2 "$R/hold" send 10.0.30.1 9000 1100
serve many 10.0.30.3 "$R/hold" many 50
serve udp 10.0.30.4 "$R/hold" udp 5353
until_ok 10 test -s "$T/cli.log"
until_ok 10 test -s "$T/many.log"
up 10.0.30.4 5353 udp

procnet=
has_procnet srv && procnet=yes

for j in srv cli many udp; do
	netjail netstat -anW -j $j | in_one_form netstat >"$T/nj.$j"
	jexec $j ss -Htuan | in_one_form ss >"$T/ss.$j"
	check "$j: ss -tuan in the jail and netjail netstat outside agree" \
	    diff "$T/nj.$j" "$T/ss.$j"
	[ -n "$procnet" ] || continue
	jexec $j /usr/bin/netstat -Wtuan | in_one_form debian >"$T/deb.$j"
	check "$j: so does Debian's netstat -tuan" \
	    diff "$T/nj.$j" "$T/deb.$j"
done
is "$(grep -c LISTEN "$T/ss.many")" 50 "50 listeners are 50 lines of ss"
is "$(jexec udp ss -Htan)" "" "a jail without TCP sockets: ss -t is empty"
like "$(jexec udp ss -Huanp)" \
    'UNCONN*10.0.30.4:5353*0.0.0.0:\* users:(("hold",pid=*,fd=*))*' \
    "ss -uanp shows the UDP socket and whose it is"
like "$(jexec srv ss -Htlnp)" 'LISTEN 0*128*10.0.30.1:9000*(("hold",pid=2,fd=3))*' \
    "ss -tlnp shows the listener's backlog and process"
like "$(jexec srv ss -Htnp)" 'ESTAB 1000*0*10.0.30.1:9000*(("hold",pid=2,fd=4))*' \
    "ss -tnp shows the connection's queue and process"
is "$(jexec srv ss -Htan 'sport = :9000 and dst 10.0.30.2' | grep -c .)" 1 \
    "ss with a filter shows what matches"
is "$(jexec srv ss -Htan 'dst 10.0.30.3 or sport < :80' | grep -c .)" 0 \
    "and nothing where nothing does"
like "$(jexec cli ss -Htni)" '*reno*bytes_acked:1100*' \
    "ss -i shows the connection's TCP_INFO"
is "$(jexec srv ip -4 -o addr | awk '{ print $4 }' | tr '\n' ' ')" \
    "127.0.0.1/8 10.0.30.1/32 " "ip addr shows the jail's address"
if [ -n "$procnet" ]; then
	files
else
	skip "what is read from /proc/net" "this user may not open /dev/fuse"
	like "$(netjail -v -n told / told.test 10.0.30.10 true 2>&1)" \
	    '*/proc/net*/dev/fuse*' "netjail -v tells why"
fi

if [ "$(id -u)" = 0 ]; then
	serve uid 10.0.30.11 /usr/bin/python3 -c '
import os, socket, time
os.setuid(7); l = socket.socket(); l.bind(("", 7070)); l.listen(); time.sleep(1000)'
	up 10.0.30.11 7070
	like "$(jexec uid ss -Htlne)" '*:7070*uid:7 *' "ss -e shows the owner"
	[ -z "$procnet" ] ||
	    like "$(jexec uid cat /proc/net/tcp)" '*:1B9E *:0000 0A *     7        0 *' \
	    "and so does /proc/net/tcp"
else
	skip "ss -e shows the owner" "not root"
fi

# AF_UNIX sockets are the kernel's, in the jail's namespace.
serve un 10.0.30.9 /usr/bin/python3 -c '
import os, socket, time
l = socket.socket(socket.AF_UNIX); l.bind("\0here"); l.listen(7)
c = socket.socket(socket.AF_UNIX); c.connect("\0here")
a, _ = l.accept(); a.send(b"12345")
d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); d.bind("\0dgram")
i = socket.socket(); i.bind(("", 7777)); i.listen()
print("ready", flush=True); time.sleep(1000)'
until_ok 10 grep -q ready "$T/un.log"
is "$(jexec un ss -Hxa | grep -c .)" 4 "ss -x shows the jail's four and no pair"
like "$(jexec un ss -Hxlp)" '*u_str LISTEN 0*7*@here*users:(("python3",pid=2,fd=*))*' \
    "ss -xlp shows name, backlog and process of the listener"
like "$(jexec un ss -Hx | grep ESTAB | tr '\n' ' ')" '*ESTAB 5 *' \
    "ss -x shows what waits to be read"
is "$(jexec udp ss -Hxa)" "" "another jail does not see them"
un_lines()
{
	"$@" netstat -anW -f unix | awk 'NR > 2 { print $2, $3, $NF }' | sort
}
is "$(un_lines jexec un | tr '\n' ';')" \
    "dgram 0 @dgram;stream 0 @here;stream 0 @here;stream 5 0;" \
    "netstat -f unix in the jail shows them"
is "$(un_lines netjail | grep @)" "$(un_lines jexec un | grep @)" \
    "and outside as well"
is "$(un_lines jexec udp)" "" "another jail's netstat does not"

# Two jails that come and go; a third with listeners that stay.
serve load 10.0.30.5 "$R/scene" serve 9100
load=$pid
up 10.0.30.5 9100
serve loader 10.0.30.6 "$R/scene" churn 10.0.30.5 9100 100000
loader=$pid
n=0 short_ss=0 short_tcp=0 foreign=0
while [ $n -lt 30 ]; do
	n=$((n + 1))
	jexec many sh -c 'ss -Htan >/tmp/ss.$$; cat /proc/net/tcp >/tmp/tcp.$$
	    grep -c "LISTEN.* 10\.0\.30\.3:" /tmp/ss.$$
	    grep -c " 031E000A:.* 0A " /tmp/tcp.$$
	    cat /tmp/ss.$$ | grep -vc "10\.0\.30\.3:"
	    rm -f /tmp/ss.$$ /tmp/tcp.$$' >"$T/load"
	[ "$(sed -n 1p "$T/load")" = 50 ] || short_ss=$((short_ss + 1))
	[ "$(sed -n 2p "$T/load")" = 50 ] || short_tcp=$((short_tcp + 1))
	[ "$(sed -n 3p "$T/load")" = 0 ] || foreign=$((foreign + 1))
done
is $short_ss 0 "under load ss shows the 50 listeners each time"
[ -z "$procnet" ] || is $short_tcp 0 "and so does /proc/net/tcp"
is $foreign 0 "and nothing of another jail"
odd=$(jexec load sh -c 'for i in 1 2 3 4 5; do ss -Htan; done' |
    awk 'index($4, "10.0.30.5:") != 1' | head -3)
is "$odd" "" "the loaded jail's ss shows its own addresses only"
stop "$loader" "$load"

report jail diag 10.0.30.8 "$R/sockdiag"

finish
