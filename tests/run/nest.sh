#!/bin/sh
# nest: jails in jails, made from outside and from inside; what is in one cannot
# get out of it.
. "$(dirname "$0")/lib.sh"
needs python3 ip unshare

# In a jail: bind ADDRESS..., the address it got or the errno of each.
cat >"$T/bind" <<'X'
import socket, sys, errno
for a in sys.argv[1:]:
    s = socket.socket()
    try:
        s.bind((a, 0))
        print(s.getsockname()[0])
    except OSError as e:
        print(errno.errorcode[e.errno])
X
# In a jail: what the daemon says to a request about a jail.
cat >"$T/ask" <<'X'
import socket, struct, sys, errno
op, jid = int(sys.argv[1]), int(sys.argv[2])
s = socket.socket(0x4e4a, socket.SOCK_STREAM, 0)
s.sendall(struct.pack("=IHHiI", 16, op, 0, 0, jid))
e = struct.unpack("=IHHiI", s.recv(16))[3]
print(errno.errorcode.get(e, e))
X
bound()	{ python3 "$T/bind" "$@" | tr '\n' ' '; }
in_c()	{ jexec "$@" | tr '\n' ' '; }
jid_of(){ jls -j "$1" jid; }

netjail -qc name=p ip4.addr=10.0.41.1,10.0.41.2,10.0.41.3 children.max=4 persist
netjail -qc name=other ip4.addr=10.0.41.9 persist

# ---- from inside ----

is "$(jexec other netjail -c name=x persist 2>&1)" \
    "netjail: x: prison limit exceeded" "a jail makes none unless it may"
is "$(jexec p netjail -c name=c ip4.addr=10.0.41.2 host.hostname=c.test persist)" \
    "c: created" "one that may makes a jail below it"
is "$(jls -j p.c name parent)" "p.c $(jid_of p)" "outside it has its parent's name"
is "$(jexec p jls name)" c "its parent knows it by its own"
is "$(jls -j p children.cur) $(jexec p sysctl -n security.jail.children.max)" \
    "1 4" "it is counted"
is "$(jexec other jls name)" "" "a jail beside it does not see it"
is "$(jexec p netjail -c name=d ip4.addr=10.0.41.9 persist 2>&1)" \
    "netjail: d: 10.0.41.9: not an address of the parent jail" \
    "it has no address that its parent lacks"
is "$(jexec p netjail -c name=d allow.raw_sockets persist 2>&1)" \
    "netjail: d: a right that jail \"p\" lacks" "and no right"
is "$(jexec p netjail -c name=d children.max=4 persist 2>&1)" \
    "netjail: d: children.max must be below that of jail \"p\"" \
    "nor as many jails"
is "$(jexec p netjail -m name=c allow.raw_sockets 2>&1)" \
    "netjail: c: a right that jail \"p\" lacks" "not later, either"

is "$(jexec p netjail -c name=d persist ip4.addr="$(seq -s , -f 10.1.%g.1 \
    0 255)" 2>&1)" "netjail: d: too many IPv4 addresses" \
    "its parent gives it no more than 255"

for how in "jexec p.c" "jexec p jexec c"; do
	is "$(in_c ${how#jexec } python3 "$T/bind" 10.0.41.2 0.0.0.0 10.0.41.1)" \
	    "10.0.41.2 10.0.41.2 EADDRNOTAVAIL " "$how: it is held to its address"
	is "$($how jls name)" "" "$how: it sees no jail"
	is "$($how sysctl -n security.jail.jailed)" 1 "$how: it is one"
	is "$($how hostname)" c.test "$how: it has a host name"
	is "$($how ip -o -4 addr show lo | awk '{ print $4 }' | tr '\n' ' ')" \
	    "127.0.0.1/8 10.0.41.2/32 " "$how: lo is its own"
	# One shell alone: of a pipeline some may not have begun, or be gone.
	is "$($how sh -c 'set -- /proc/[0-9]*; echo $#; read -r c </proc/1/comm
	    echo "$c"' | tr '\n' ' ')" "2 netjail-init " \
	    "$how: it sees its processes only"
	is "$(in_c ${how#jexec } unshare -Urpf python3 "$T/bind" 10.0.41.2 \
	    10.0.41.1)" "10.0.41.2 EADDRNOTAVAIL " \
	    "$how: a pid namespace of its own is no way out"
done
is "$(in_c p unshare -Urpf python3 "$T/bind" 10.0.41.1 0.0.0.0)" \
    "10.0.41.1 0.0.0.0 " "nor does it make anything less of its parent"

# ---- what a jail may ask ----

ask()	{ jexec "$1" python3 "$T/ask" "$2" "$(jid_of "$3")"; }
is "$(ask p.c 7 p) $(ask p.c 7 other) $(ask p.c 7 p.c)" "ESRCH ESRCH ESRCH" \
    "a jail cannot remove its parent, a stranger, itself"
is "$(ask p.c 5 p) $(ask p.c 5 other) $(ask p.c 5 p.c)" "ESRCH ESRCH ESRCH" \
    "nor enter them"
is "$(ask p 5 other) $(ask p 7 other)" "ESRCH ESRCH" "its parent no stranger"
is "$(ask p 3 p.c) $(ask p 6 p.c)" "EPERM EPERM" \
    "nobody inside gets another filter"
is "$(ask p 4 p.c)" EINVAL "or another init"
is "$(jexec p python3 "$T/ask" 5 0)" ESRCH "or out"
is "$(jls name | tr '\n' ' ')" "p other p.c " "all are there"
if [ "$(id -u)" = 0 ]; then
	is "$(jexec -U nobody p netjail -c name=u persist 2>&1)" \
	    "netjail: u: Operation not permitted" "only a jail's root makes jails"
	is "$(jexec -U nobody p jls name)" c "but anybody sees them"
else
	skip "only a jail's root makes jails" "needs root"
fi

is "$(jexec p netjail host echo ran 2>&1)" "netjail: host: we are in a jail" \
    "nobody in a jail is on the stack without one"

# What a jail was is asked for by who does not read the answer, until another
# jail, not below his, has its jid.
deep=$T/deep/$(printf '%0200d/%0200d/%0200d/%0200d' 1 2 3 4)
mkdir -p "$deep" "$T/stranger"
cat >"$T/slow" <<'X'
import os, socket, struct, sys, time
s = socket.socket(0x4e4a, socket.SOCK_STREAM, 0)
names = b"jid=%s\0" % sys.argv[1].encode() + 13000 * b"path\0"
s.sendall(struct.pack("=IHHiI", 16 + len(names), 9, 0, 0, 0) + names)
open(sys.argv[2] + "/asked", "w").close()
while not os.path.exists(sys.argv[2] + "/go"):
    time.sleep(.05)
op = 0
seen = set()
while op != 101:
    n, op, _, error, _ = struct.unpack("=IHHiI", s.recv(16, socket.MSG_WAITALL))
    if n > 16:
        seen.add(b"stranger" in s.recv(n - 16, socket.MSG_WAITALL))
print(seen, error)
X
netjail -qc name=p.c2 path="$deep" persist
jid=$(jid_of p.c2)
jexec p python3 "$T/slow" "$jid" "$T" >"$T/seen" &
pids="$pids $!"
until_ok 5 test -e "$T/asked"
sleep 0.2
netjail -qr p.c2
until_ok 5 netjail -qc jid="$jid" name=stranger path="$T/stranger" persist
touch "$T/go"
until_ok 20 test -s "$T/seen"
is "$(cat "$T/seen")" "{False} 2" "a jid that another has by now tells nothing of it"
netjail -qr stranger

# ---- sockets ----

jexec p jexec c "$R/static" serve 0.0.0.0 80 child >/dev/null 2>&1 &
srv=$!
pids="$pids $srv"
up 10.0.41.2 80
is "$(on_host "$R/static" fetch 10.0.41.2 80)" child "a server in it is reached"
is "$(jexec p netstat -an | grep -c LISTEN)" 1 "its parent sees its sockets"
is "$(jexec p.c netstat -an | grep -c LISTEN)" 1 "so does it"
is "$(jexec other netstat -an | grep -c LISTEN)" 0 "others do not"
jexec p "$R/static" serve 10.0.41.1 80 parent >/dev/null 2>&1 &
srv2=$!
pids="$pids $srv2"
up 10.0.41.1 80
is "$(jexec p.c netstat -an | grep -c LISTEN)" 1 "it does not see its parent's"
is "$(jexec p.c "$R/static" fetch 10.0.41.1 80)" parent "but may talk to it"
stop "$srv" "$srv2"

# ---- from outside, and deeper ----

is "$(netjail -c name=p.e ip4=inherit children.max=2 persist)" "p.e: created" \
    "a jail below another may be made from outside"
is "$(jexec p jexec e sh -c 'sysctl -n security.jail.children.max')" 2 \
    "and entered from within its parent"
is "$(in_c p.e python3 "$T/bind" 10.0.41.1 10.0.41.9)" \
    "10.0.41.1 EADDRNOTAVAIL " "it inherits the addresses"
is "$(jexec p jexec e netjail -v -c name=f ip4.addr=10.0.41.3 command=sh -c \
    'jls name; hostname; python3 "$0" 10.0.41.3 10.0.41.1' "$T/bind" |
    tr '\n' ' ')" "f: created  10.0.41.3 EADDRNOTAVAIL " \
    "a jail in a jail in a jail"
until_ok 5 eval '[ "$(jexec p.e jls name)" = "" ]'
is "$(jexec p.e jls name)" "" "it goes with its last process"
is "$(jexec p netjail -c name=nope.f persist 2>&1)" \
    'netjail: nope.f: jail "nope" not found' "not below one that is not there"
jexec p netjail -c name=bg ip4.addr=10.0.41.3 command=sh -c \
    'sleep 1 & exit 0' >/dev/null
is "$(jexec p jls -j bg name)" bg "one lives while any process does"
until_ok 5 eval '! jls -j p.bg'
is "$(jls -j p.bg name 2>&1 | tail -n 1)" 'jls: jail "p.bg" not found' \
    "and no longer"
if [ "$(id -u)" = 0 ]; then
	mkdir -p "$T/root/in" "$T/else"
	is "$(netjail -qc name=r path="$T/root" children.max=1 persist &&
	    netjail -c name=r.s path="$T/else" persist 2>&1)" \
	    "netjail: path $T/else: not in $T/root, where jail r is" \
	    "its tree is within its parent's"
	netjail -qr r
fi

# ---- less for all ----

# A jail below that never gets an init.
cat >"$T/halfway" <<'X'
import socket, struct, sys, time
s = socket.socket(0x4e4a, socket.SOCK_STREAM, 0)
params = b"name=half\0persist=true\0"
s.sendall(struct.pack("=IHHiI", 16 + len(params), 2, 0, 0, 1) + params)
s.recv(16)
time.sleep(100)
X
jexec p python3 "$T/halfway" &
half=$!
pids="$pids $half"
until_ok 5 jls -j p.half name
is "$(netjail -m name=p allow.noset_hostname 2>&1; jls -j p \
    allow.set_hostname)" false "a jail half made below it keeps none from change"
netjail -m name=p allow.set_hostname
netjail -m name=p ip4.addr=10.0.41.1
stop "$half"
is "$(jls -j p.c ip4.addr) $(jls -j p.e ip4.addr)" "- 10.0.41.1" \
    "what a jail loses those below it lose"
for j in p.e p.c; do
	until_ok 5 eval '! jexec $j ip addr show lo | grep -q 10.0.41.2'
done
is "$(jexec p.e ip -o -4 addr show lo | grep -c 10.0.41.2) \
$(jexec p.c ip -o -4 addr show lo | grep -c 10.0.41.2)" "0 0" \
    "from their lo, too"
is "$(jexec p.c python3 "$T/bind" 10.0.41.2 2>&1 | tail -n 1)" \
    "OSError: [Errno 97] Address family not supported by protocol" \
    "without an address there is no socket"

# ---- ends ----

sleeps()	{ jexec "$1" ps ax | grep -q '[s]leep 100'; }
jexec p jexec c sleep 100 &
pids="$pids $!"
until_ok 5 sleeps p.c
is "$(jexec p netjail -r c)" "c: removed" "a jail removes one below it"
check "and all in it" until_ok 5 eval '! sleeps p'
jexec p netjail -qc name=stopped persist
jexec p sh -c 'kill -STOP $(pgrep -f "^netjail-init: *$" | tail -n 1)'
jexec p netjail -qr stopped
check "even where init does not hear" until_ok 5 eval '! jls -j p.stopped'
netjail -qc name=p.g persist
jexec p.g sleep 100 &
pids="$pids $!"
until_ok 5 sleeps p.g
netjail -r p >/dev/null
is "$(jls name)" other "with a jail go all below it"
netjail -qc name=q children.max=1 command=sleep 100 &
until_ok 5 sleeps q
netjail -qc name=q.k persist
kill $!
until_ok 5 eval '! sleeps q'
is "$(jls -j q.k parent)" "$(jid_of q)" "a jail outlives its programs for one below"
netjail -qr q
is "$(jls name)" other "removed, both go"
for i in 1 2 3 4 5; do
	netjail -qc name=p$i ip4.addr=10.0.42.$i children.max=3 command=sh -c '
		for k in 1 2 3; do
			netjail -qc name=k$k ip4=inherit command=true
		done' 2>>"$T/many" &
	many="${many:-} $!"
done
bad=0
for p in $many; do
	wait "$p" || bad=$((bad + 1))
done
is "$bad $(cat "$T/many")" "0 " "many at once"
netjail -qr other
brief_time_wait
finish
