#!/bin/sh
# jails: every parameter of a jail does what it says, at creation and when it is
# changed, and reads back as it was written.
. "$(dirname "$0")/lib.sh"
needs python3 ip

# What python3 says of a line, run in a jail: its output, or the errno's name.
cat >"$T/try" <<'X'
import sys, errno, socket, ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
S = socket
def call(name, *args):
    if getattr(libc, name)(*args) < 0:
        raise OSError(ctypes.get_errno(), "")
def bind(addr, port=0, type=S.SOCK_STREAM):
    s = S.socket(S.AF_INET, type)
    s.bind((addr, port))
    return s
try:
    r = eval(sys.argv[1])
    print("ok" if r is None else r)
except OSError as e:
    print(errno.errorcode.get(e.errno, e.errno))
X
try()	{ jexec "$1" python3 "$T/try" "$2" 2>&1; }
told()	# SENTENCE TEXT COMMAND...: fails with just this line
{
	told_s=$1 told_t=$2
	shift 2
	told_o=$("$@" 2>&1 </dev/null)
	is "$? $told_o" "1 netjail: $told_t" "$told_s"
}
set_p()	{ netjail -m name=p "$@"; }
get_p()	{ jls -j p "$1"; }

# ---- forms ----

is "$(netjail -c name=p path=/ host.hostname=p.test \
    ip4.addr=10.0.40.1,10.0.40.2 persist)" "p: created" "-c makes a jail"
is "$(netjail -qc name=q persist; jls -j q name)" q "quietly, with -q"
is "$(netjail -ic path=/ persist | head -n 1)" "$(jls jid | tail -n 1)" \
    "-i says the jid"
nameless=$(jls jid | tail -n 1)
is "$(netjail -r "$nameless" q | tr '\n' ' ')" \
    "$nameless: removed q: removed " "-r removes several, by jid and name"
is "$(netjail -c name=c ip4.addr=10.0.40.5 command=sh -c 'echo $0 $1' a b)" \
    "c: created
a b" "command= takes the rest of the line"
netjail -c name=c command=sh -c 'exit 6' >/dev/null
is $? 6 "and its status is ours"
until_ok 5 eval '[ "$(jls name)" = p ]'
is "$(jls name)" p "and the jail is gone with it"
is "$(netjail -cm name=p command=hostname)" p.test "-cm enters one that exists"
is "$(netjail -cm name=n persist)" "n: created" "-cm makes one that does not"
netjail -qr n
netjail -qJ "$T/jid" -c name=j 'host.hostname=a b' persist
is "$(cat "$T/jid")" "jid=$(jls -j j jid) name=j host.hostname=\"a b\" persist" \
    "-J writes what it was"
is "$(jls -s -j j | tr ' ' '\n' | grep -c '^name=j$')" 1 "jls -s says so, too"
netjail -qr j
netjail -J "$T/jid" -n o / o.test 10.0.40.5 true
is "$(cut -f 2- "$T/jid")" "/	o.test	10.0.40.5	true" \
    "-J of the old form writes the old line"
if [ "$(id -u)" = 0 ]; then
	is "$(netjail -qc -U nobody command=id -un)" nobody "-U: a user of the jail"
	is "$(netjail -qlc -u nobody command=sh -c 'id -un; echo ${T-none}')" \
	    "nobody
none" "-l -u: a user of the system, nothing else in the environment"
else
	skip "-U: a user of the jail" "needs root"
fi

told "a jail that is there already" '"p" already exists' \
    netjail -c name=p persist
told "a jail that is not there" '"x" not found' netjail -m name=x persist
told "and is to be removed" '"x" not found' netjail -r x
told "one that would not live" 'y: new jail must persist or attach' \
    netjail -c name=y
told "an unknown parameter" 'y: unknown parameter: foo' \
    netjail -c name=y foo=1 persist
told "a path that is not absolute" 'path tmp: not an absolute pathname' \
    netjail -c path=tmp persist
told "a number that is not the jid" \
    '77: name cannot be numeric (unless it is the jid)' \
    netjail -c name=77 jid=78 persist
told "the path of a jail" 'p: path cannot be changed after creation' \
    set_p path=/tmp
told "whose addresses it has" 'p: ip4 cannot be changed after creation' \
    set_p ip4=inherit
told "somebody else's address" 'y: IPv4 addresses clash' \
    netjail -c name=y ip4.addr=10.0.40.1,10.0.40.3 persist
told "IPv6" 'y: ip6.addr: the stack has no IPv6 yet' \
    netjail -c name=y ip6.addr=fd00::1 persist
is "$(netjail -m name=p persist ip6=disable ip4=new path=/ 2>&1)" "" \
    "what is fixed may be said again"

# ---- written and read ----

for p in persist=false children.max=3 host.hostname=x.test allow.sysvipc=true \
    allow.raw_sockets=true allow.reserved_ports=false allow.socket_af=true \
    allow.set_hostname=false allow.suser=false ip4.saddrsel=false \
    ip4.addr=10.0.40.2,10.0.40.1 maxsockets=9; do
	old=$(get_p "${p%%=*}")
	set_p "$p" persist=true 2>"$T/err"
	[ "${p%%=*}" != persist ] || set_p persist=true
	got=$(get_p "${p%%=*}")
	[ "$p" != persist=false ] || got=false
	is "$got $(cat "$T/err")" "${p#*=} " "$p reads back"
	set_p "${p%%=*}=$old"
done
set_p portrange.first=2000 portrange.last=2009
is "$(get_p portrange.first)-$(get_p portrange.last)" 2000-2009 \
    "so does a range of ports"
is "$(jls -j p ip4 ip6 host dying parent)" "new disable new false 0" \
    "and what is not set"
is "$(netjail sysctl -n security.jail.param.ip4. ; netjail sysctl -N \
    security.jail.param | wc -l)" "0
$(jls -h | head -n 1 | wc -w)" "security.jail.param has them all"

# ---- as JSON ----

json_too()
{
	json()	{ jls --libxo json "$@" | jq -c '."jail-information".jail'; }
	is "$(json -j p name ip4.addr persist children.max)" \
	    "[{\"name\":\"p\",\"ip4.addr\":\"$(get_p ip4.addr)\",\"persist\":true,\"children.max\":0}]" \
	    "parameters as JSON are text, numbers and booleans"
	is "$(json | jq -r '.[] | "\(.jid) \(.ipv4) \(.hostname) \(.path)"')" \
	    "$(jls jid ip4.addr host.hostname path | sed 's/,[^ ]*//')" \
	    "and so is the list of jails"
	is "$(json -v | jq -r '.[] | select(.name == "p").state')" ACTIVE \
	    "which says with -v that a jail is alive"
	is "$(json -j nobody 2>"$T/err") $(cat "$T/err")" \
	    '[] jls: jail "nobody" not found' "nobody is whole JSON, and an error"
}
if command -v jq >/dev/null; then
	json_too
else
	skip "JSON of jls" "jq is not installed"
fi

# ---- and felt ----

like "$(try p 'bind("0.0.0.0").getsockname()[1]')" '200[0-9]' \
    "ports come from a range set later"
set_p portrange.first=0 portrange.last=0
is "$(try p 'bind("10.0.40.1", 80).getsockname()')" "('10.0.40.1', 80)" \
    "port 80"
set_p allow.noreserved_ports
is "$(try p 'bind("10.0.40.1", 80)')" EACCES "not with allow.noreserved_ports"
set_p allow.reserved_ports allow.nosuser
is "$(try p 'bind("10.0.40.1", 80)')" EACCES "nor with allow.nosuser"
set_p allow.suser
is "$(try p 'S.socket(S.AF_INET, S.SOCK_RAW, 1)')" EPERM "no raw socket"
set_p allow.raw_sockets
is "$(try p 'S.socket(S.AF_INET, S.SOCK_RAW, 1).close()')" ok \
    "but with allow.raw_sockets"
is "$(try p 'call("shmget", 0, 4096, 0o1600)')" ENOSYS "no System V memory"
is "$(try p 'call("semget", 0, 1, 0o1600)')" ENOSYS "no semaphores"
is "$(try p 'call("msgget", 0, 0o1600)')" ENOSYS "no queues"
set_p allow.sysvipc
is "$(try p 'call("shmget", 0, 4096, 0o1600)')" ok "but with allow.sysvipc"
is "$(try p 'S.socket(S.AF_PACKET, S.SOCK_RAW, 0).close()')" EAFNOSUPPORT \
    "no packet socket"
set_p allow.socket_af
is "$(try p 'S.socket(S.AF_PACKET, S.SOCK_RAW, 0).bind(("lo", 0))')" ok \
    "but with allow.socket_af"

jexec p hostname one.test
is "$(get_p host.hostname)" one.test "a jail may name itself"
jexec p sysctl -q kern.hostname=two.test >/dev/null
until_ok 5 eval '[ "$(jexec p hostname)" = two.test ]'
is "$(jexec p hostname)" two.test "by kern.hostname, too"
set_p host.hostname=three.test
until_ok 5 eval '[ "$(jexec p hostname)" = three.test ]'
is "$(jexec p hostname)" three.test "and be named from outside"
set_p allow.noset_hostname
is "$(try p 'call("sethostname", b"four", 4)')" EPERM \
    "not by itself with allow.noset_hostname"
is "$(jexec p unshare -Uru hostname five 2>&1 | wc -l) $(get_p host.hostname)" \
    "1 three.test" "not by a namespace of its own"
set_p allow.set_hostname
jexec p unshare -Uru hostname five
is "$(get_p host.hostname)" three.test \
    "what it calls itself in another namespace is its own business"

set_p maxsockets=3
is "$(try p '[S.socket(S.AF_INET) for i in range(3)] and None')" ok \
    "three sockets with maxsockets=3"
is "$(try p '[S.socket(S.AF_INET) for i in range(4)] and None')" ENOBUFS \
    "but not four"
set_p maxsockets=0

cat >"$T/src" <<'X'
import socket
l = socket.socket(); l.bind(("10.0.40.2", 0)); l.listen()
c = socket.socket(); c.connect(l.getsockname()); print(c.getsockname()[0])
X
is "$(jexec p python3 "$T/src")" 10.0.40.2 "the source is the address next to it"
set_p ip4.nosaddrsel
is "$(jexec p python3 "$T/src")" 10.0.40.1 "the primary with ip4.nosaddrsel"
set_p ip4.saddrsel

# ---- other addresses ----

addrs()	{ jexec "$1" ip -o -4 addr show lo | awk '{ print $4 }' | sort | tr '\n' ' '; }
jexec p "$R/static" serve 10.0.40.2 80 old >/dev/null 2>&1 &
old=$!
pids="$pids $old"
up 10.0.40.2 80
set_p ip4.addr=10.0.40.1,10.0.40.3
until_ok 5 eval '[ "$(addrs p)" = "10.0.40.1/32 10.0.40.3/32 127.0.0.1/8 " ]'
is "$(addrs p)" "10.0.40.1/32 10.0.40.3/32 127.0.0.1/8 " \
    "lo follows the jail's addresses"
is "$(try p 'bind("10.0.40.3").getsockname()[0]')" 10.0.40.3 "the new one is there"
is "$(try p 'bind("10.0.40.2")')" EADDRNOTAVAIL "the old one is not"
is "$(listening 10.0.40.2 80 && echo there)" there "who was bound to it still is"
serve heir 10.0.40.2 "$R/static" serve 0.0.0.0 80 new
until_ok 10 eval '[ "$(on_host "$R/static" fetch 10.0.40.2 80)" = new ]'
is "$(on_host "$R/static" fetch 10.0.40.2 80)" new \
    "but what comes for it goes to whose it is now"
stop "$pid"
until_ok 5 eval '[ "$(jls name)" = p ]'
set_p ip4.addr=10.0.40.1,10.0.40.2
until_ok 5 eval '[ "$(on_host "$R/static" fetch 10.0.40.2 80)" = old ]'
is "$(on_host "$R/static" fetch 10.0.40.2 80)" old "until it comes back"
set_p ip4=disable
is "$(try p 'S.socket(S.AF_INET)')" EAFNOSUPPORT "no address, no socket"
set_p ip4.addr=10.0.40.1

# ---- life ----

stop "$old"
netjail -m jid="$(get_p jid)" name=q
is "$(jls name)" q "a jail by another name"
check "is entered by that" jexec q true
jexec q sh -c 'echo >"$0"; sleep 0.5' "$T/asleep" &
sleeper=$!
until_ok 5 test -e "$T/asleep"
netjail -m name=q nopersist
is "$(jls name)" q "it lives while a program does"
wait $sleeper
until_ok 5 no_jails
check "and no longer, if it does not persist" no_jails
netjail -qc name=q persist
netjail -m name=q nopersist
check "nor without any" until_ok 5 no_jails
netjail -qc name=a persist
netjail -qc name=b persist
is "$(netjail -r '*' | sort | tr '\n' ' ')" "a: removed b: removed " \
    "-r '*' removes all"

# ---- how they are used ----

for prog in netjail netjaild jls jexec sysctl netstat sockstat "netjail top" \
    "netjail metrics" "netjail doctor"; do
	said=$($prog --help 2>"$T/err")
	like "$? $(cat "$T/err")$said" "0 usage: $prog *" "$prog --help"
	$prog --nonsense >"$T/out" 2>"$T/err"
	like "$? $(cat "$T/out" "$T/err")" "[12] *usage: $prog *" \
	    "$prog --nonsense is not help"
done
is "$(netjail --version)" "$(netjail -V)" "netjail --version is -V"

# ---- nobody there ----

why="cannot reach netjaild: no stack runs; the first netjail starts one"
echo 'j { path = /; }' >"$T/conf"
alone()	# COMMAND...
{
	is "$(NETJAIL_SOCK=$T/none "$@" 2>&1; echo "$?")" "$1: $why
1" "no stack: $*"
}
alone jls
alone jls -j web
alone jexec web true
alone netjail -r web
alone netjail -f "$T/conf" -r
brief_time_wait
finish
