#!/bin/sh
# sockstat: who holds which socket, inside a jail and outside.
. "$(dirname "$0")/lib.sh"
needs python3 nginx socat jq nc curl

# ---- programs ----

# What a program knows of itself: "pid fd" of its sockets, a line each.
cat >"$T/own.py" <<'PY'
import os, signal, socket, sys, time

def tcp(): return socket.socket()

def listener(port):
    s = tcp()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('0.0.0.0', port))
    s.listen(16)
    return s

def told(path, *fds):
    with open(path, 'a') as f:
        for fd in fds:
            f.write('%d %d\n' % (os.getpid(), fd))
PY

# A listener and its duplicate, a child that has inherited both and has a name
# of its own; the child's connection to it, accepted; a datagram socket.
cat >"$T/hold.py" <<'PY'
from own import *
path = sys.argv[1]
l = listener(80)
d = os.dup(l.fileno())
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(('0.0.0.0', 53))
told(path, l.fileno(), d, u.fileno())
pair = socket.socketpair()
null = open('/dev/null')
if os.fork() == 0:
    with open('/proc/self/comm', 'w') as f:
        f.write('e\x1b[31m\n\\\x9bvil')
    c = tcp()
    c.connect(('127.0.0.1', 80))
    told(path, l.fileno(), d, u.fileno(), c.fileno())
    open(path + '.up', 'w').close()
else:
    a, _ = l.accept()
    told(path, a.fileno())
while True:
    time.sleep(100)
PY

# Passes its listener to whoever comes to the path; then closes it if told so.
cat >"$T/give.py" <<'PY'
from own import *
path = sys.argv[1]
l = listener(81)
u = socket.socket(socket.AF_UNIX)
u.bind(path)
u.listen(1)
c, _ = u.accept()
socket.send_fds(c, [b'x'], [l.fileno()])
signal.signal(signal.SIGUSR1, lambda *_: l.close())
while True:
    time.sleep(100)
PY
cat >"$T/take.py" <<'PY'
from own import *
u = socket.socket(socket.AF_UNIX)
for _ in range(200):
    try:
        u.connect(sys.argv[1])
        break
    except OSError:
        time.sleep(0.05)
m, fds, _, _ = socket.recv_fds(u, 1, 1)
print(fds[0], flush=True)
while True:
    time.sleep(100)
PY

# Sockets come and go beside one that stays.
cat >"$T/churn.py" <<'PY'
from own import *
l = listener(82)
open(sys.argv[1], 'w').close()
while not os.path.exists(sys.argv[2]):
    held = []
    for _ in range(20):
        c = tcp()
        c.connect(('127.0.0.1', 82))
        held += [c, l.accept()[0]]
    for s in held[::2]:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
            b'\1\0\0\0\0\0\0\0')
    for s in held:
        s.close()
while True:
    time.sleep(100)
PY

# The first thread ends; another has what it opened.
cat >"$T/first.py" <<'PY'
import ctypes, threading
from own import *
l = listener(84)
libc = ctypes.CDLL(None)

def other():
    while open('/proc/self/stat').read().split(') ')[1][0] != 'Z':
        time.sleep(0.05)
    told(sys.argv[1], l.fileno())
    time.sleep(1000)
threading.Thread(target=other).start()
libc.pthread_exit(None)
PY

# Many processes with many descriptors.
cat >"$T/many.py" <<'PY'
from own import *
procs, fds = int(sys.argv[2]), int(sys.argv[3])
l = listener(83)
for _ in range(fds - 1):
    os.dup(l.fileno())
for _ in range(procs - 1):
    if os.fork() == 0:
        break
else:
    open(sys.argv[1], 'w').close()
while True:
    time.sleep(100)
PY

here()	# JAIL ADDRESS PROGRAM [ARGUMENT...]
{
	here_j=$1 here_a=$2 here_p=$3
	shift 3
	serve "$here_j" "$here_a" env PYTHONPATH="$T" python3 "$T/$here_p.py" "$@"
}
# Of the Internet; the kernel's sockets of these programs have tests of their own.
outside() { netjail sockstat -4nq "$@"; }
inside()	# JAIL [OPTION...]
{
	inside_j=$1
	shift
	jexec "$inside_j" sockstat -4nq "$@"
}
same()	# JAIL [OPTION...]: inside and outside agree
{
	same_j=$1
	shift
	jexec "$same_j" sockstat -nq "$@" >"$T/in" &&
	    netjail sockstat -nq -j "$same_j" "$@" | python3 "$here/inside.py" >"$T/out" &&
	    cmp -s "$T/in" "$T/out"
}
agrees()	# JAIL SENTENCE [OPTION...]
{
	agrees_j=$1 agrees_s=$2
	shift 2
	until_ok 2 same "$agrees_j" "$@"
	check "$agrees_s" diff "$T/in" "$T/out"
}
lines()	{ grep -c .; }

# ---- who holds what ----

title='USER     COMMAND    PID   FD  PROTO  LOCAL ADDRESS         FOREIGN ADDRESS      '
is "$(netjail sockstat)" "$title" "no socket: only the title"

here own 10.0.40.80 hold "$T/own"
until_ok 10 test -e "$T/own.up"
until_ok 10 eval '[ $(lines <"$T/own") -eq 8 ]'
sort "$T/own" >"$T/want"
jexec own sockstat -4 --libxo json >"$T/json"
jq -r '.sockstat.socket[] | "\(.pid) \(.fd)"' "$T/json" | sort >"$T/got"
check "inherited, duplicated, accepted: each descriptor, by the jail's own pids" \
    diff "$T/want" "$T/got"
outside -j own | awk '{ print $(NF - 4), $(NF - 3) }' | sort >"$T/outer"
is "$(while read -r p f; do
	readlink "/proc/$p/fd/$f" | grep -q '^socket:' && echo yes
    done <"$T/outer" | lines)" 8 \
    "outside they are the outside's pids, and sockets there"
set -- $(sed -n 1p "$T/own")
line=$(printf 'root     python3    %5d %-3d tcp4   10.0.40.80:80         *:*' "$1" "$2")
like "$(jexec own sockstat -4l -p 80)" "$title
$line
*" "a line, byte for byte"
like "$(jexec own sockstat)" '*root     e?\[31m?\\?? *' \
    "a name that was chosen to harm is harmless"
agrees own "inside and outside by -j: the same lines"
agrees own "and with all further columns" -4ACisSw

# A connection that nobody has accepted is nobody's.
serve wait 10.0.40.81 "$R/hold" send 10.0.40.80 80 1
until_ok 10 eval '[ -n "$(outside -c -p 80 -j own | grep "^?")" ]'
like "$(outside -c -p 80 -j own | grep '^?')" \
    '?        ?          ?     ?   tcp4   10.0.40.80:80         10.0.40.81:*' \
    "a connection that waits to be accepted is nobody's"
agrees own "nobody's sockets are seen inside and outside by -j"
is "$(outside -j wait | awk '{ print $2, $NF }')" "hold 10.0.40.80:80" \
    "its other end is the client's"

# ---- flags ----

is "$(netjail sockstat -6)" "$title" "-6: none here"
netjail sockstat -nuq -j own >"$T/unix"
is "$(awk '{ print $4, $5, $6 }' "$T/unix" | sort | uniq -c | tr -s ' ')" \
    " 2 5 stream ->
 2 6 stream ->" "-u: a pair of the kernel's, both ends, both processes"
is "$(sed -n 's/.* 5 *stream -> //p' "$T/unix" | sort -u)" \
    "[$(awk 'NR == 1 { print $3 }' "$T/unix") 6]" \
    "and who has the other end"
is "$(netjail sockstat -q -4 | lines)" \
    "$(($(netjail sockstat -q | lines) - 4))" "-4: all but these"
is "$(netjail sockstat -4 | head -n 1)" "$title" "without -q there is a title"
is "$(outside -l -j own | awk '{ print $(NF - 2) }' | sort | uniq -c |
    tr -s ' ')" " 4 tcp4
 2 udp4" "-l: the listeners and the datagram socket"
is "$(outside -c -j own | grep -c -v '10\.0\.40\.8[01]:[0-9]*$')" 0 \
    "-c: only what has a peer"
is "$(outside -cl | lines)" "$(outside | lines)" \
    "both together: all"
is "$(netjail sockstat -nq -P udp | awk '{ print $5 }' | sort -u)" udp4 "-P udp"
is "$(outside -P sctp,divert,udp | lines)" 2 "-P: protocols without sockets"
is "$(outside -p 50-53,9 | lines)" 2 "-p: a port in a range"
is "$(outside -p 54 | lines)" 0 "-p: a port that nobody has"
like "$(netjail sockstat -4s -p 80)" "$title PATH STATE   CONN STATE  
*80         \*:\*                                LISTEN
*" "-s: states"
is "$(outside -sl -p 80 | awk '{ print $NF }' | sort -u)" LISTEN \
    "-s: a listener's"
is "$(outside -SC -P tcp | awk '{ print $(NF - 1), $NF }' | sort -u)" \
    "netjail newreno" "-S and -C: TCP's name and its congestion control"
pcb=$(netjail netstat -Aan -p udp | awk '/10\.0\.40\.80\.53/ { print $1 }')
is "$(outside -A -P udp | awk '{ print $NF }' | sort -u)" "0x$pcb" \
    "-A: the PCB that netstat -A shows"
check "-i: generation counts, larger for what is younger" eval '
    outside -i -j own -P tcp | awk "
    /:80 +\*/ { old = \$NF }  /:80\$/ { young = \$NF }
    / [0-9]+\$/ && /10.0.40.80:80 / && !/\*/ { young = \$NF }
    END { exit !(old > 0 && young > old) }"'
is "$(netjail sockstat -w | head -n 1 | wc -c)" 129 \
    "-w: 45 characters for an address"
is "$(netjail sockstat -n -l -p 80 | awk 'NR == 2 { print $1 }')" \
    "$(id -u)" "-n: the user's number"
is "$(netjail sockstat -l -p 80 | awk 'NR == 2 { print $1 }')" \
    "$(id -un)" "and without it his name"
check "-L: what is not loopback stays" \
    test "$(outside -L | lines)" -eq "$(outside | lines)"
is "$(netjail sockstat -v 2>&1 >/dev/null)" "" "-v: nothing to tell"
is "$(outside -j 0)" "" "-j 0: the stack without jails has none"
check "--libxo json is JSON" eval \
    'netjail sockstat --libxo json -ACisS | jq -e ".sockstat.socket[0].pid"'

# ---- errors ----

says()	# STATUS TEXT SENTENCE ARGUMENT...
{
	says_w="$1 $2" says_s=$3
	shift 3
	says_t=$(netjail sockstat "$@" 2>&1)
	is "$? $says_t" "$says_w" "$says_s"
}
says 1 'sockstat: jail_getid: jail "none" not found' \
    "-j with no such name" -j none
says 2 'sockstat: jail_getvnet: jail 9999 not found' \
    "-j with no such jid" -j 9999
says 1 'sockstat: invalid port number' "-p out of range" -p 70000
says 1 'sockstat: syntax error in port range' "-p that is no port" -p http
netjail sockstat >/dev/full 2>"$T/full"
is "$? $(cat "$T/full")" "1 sockstat: stdout: No space left on device" \
    "output that cannot be written is an error"

# ---- a jail and the others ----

is "$(inside wait | lines)" 1 \
    "a jail sees its own socket and no other"
is "$(jexec wait sh -c 'command -v sockstat')" "$(command -v sockstat)" \
    "sockstat is first in PATH in a jail"
netjail host nc -l 99 </dev/null >"$T/host.log" 2>&1 &
host=$!
pids="$pids $host"
until_ok 10 eval '[ -n "$(outside -p 99)" ]'
like "$(outside -p 99)" '*nc * 3   tcp4   \*:99                  \*:\*' \
    "a program in no jail is seen outside, once"
is "$(outside -j 0 | lines)" 1 "and by -j 0"
is "$(inside own -p 99)" "" "and in no jail"
stop $host

# A descriptor that leaves its jail.
here giver 10.0.40.82 give "$T/path"
here taker 10.0.40.83 take "$T/path"
until_ok 10 test -s "$T/taker.log"
is "$(outside -p 81 | lines)" 2 "passed to another jail, both are listed"
is "$(inside giver | awk '{ print $2 }')" python3 \
    "the giver's jail sees only itself"
is "$(inside taker)" "" \
    "the taker's sees nothing: the socket is not of this jail"
agrees giver "and so does -j"
jexec giver pkill -USR1 -f give.py
until_ok 10 eval '[ "$(outside -p 81 | lines)" = 1 ]'
is "$(inside giver)" \
    '?        ?          ?     ?   tcp4   10.0.40.82:81         *:*' \
    "closed by the giver, it is nobody's in the giver's jail"
agrees giver "and by -j"
like "$(outside -p 81)" '*python3*10.0.40.82:81 *' \
    "and outside it is the taker's"
netjail -q -r taker giver

# /proc/PID/fd is empty once the first thread has ended.
here first 10.0.40.84 first "$T/first"
until_ok 10 test -s "$T/first"
is "$(inside first | awk '{ print $3, $4 }')" "$(cat "$T/first")" \
    "whose first thread has ended holds what another has"
agrees first "and outside"
netjail -q -r first

# ---- real programs ----

mkdir -p "$T/www"
echo page >"$T/www/page"
cat >"$T/nginx.conf" <<CONF
daemon off;
worker_processes 3;
pid $T/nginx.pid;
error_log $T/error.log info;
user root;
events { worker_connections 64; }
http {
	access_log off;
	server { listen 80; root $T/www; }
	client_body_temp_path $T/body;
	proxy_temp_path $T/proxy;
	fastcgi_temp_path $T/fastcgi;
	uwsgi_temp_path $T/uwsgi;
	scgi_temp_path $T/scgi;
}
CONF
serve www 10.0.40.90 nginx -e "$T/error.log" -c "$T/nginx.conf"
nginx=$pid
up 10.0.40.90 80
workers()
{
	outside -l -p 80 -j www | awk '$2 == "nginx" { print $3 }' | sort -u
}
until_ok 10 eval '[ "$(workers | lines)" = 4 ]'
is "$(inside www -l | awk '{ print $3 }' | sort)" \
    "$(jexec www pgrep -x nginx | sort)" \
    "nginx: master and workers share a listener, four lines"
agrees www "nginx: inside and outside agree"

serve cat 10.0.40.91 socat -u TCP-LISTEN:7,fork,reuseaddr SYSTEM:'sleep 100'
up 10.0.40.91 7
serve sock 10.0.40.92 socat -u EXEC:'sleep 100' TCP:10.0.40.91:7
until_ok 10 eval '[ "$(outside -c -j cat | grep -c socat)" -ge 1 ]'
check "socat: both ends of a connection, each with its holder" eval '
    outside -c -j cat -P tcp | grep -q "socat.*10\.0\.40\.91:7  *10\.0\.40\.92:" &&
    outside -c -j sock -P tcp | grep -q "socat.*10\.0\.40\.92:.*10\.0\.40\.91:7$"'
agrees cat "socat: inside and outside agree"
netjail -q -r cat sock

# ---- load ----

here churn 10.0.40.93 churn "$T/churn.up" "$T/churn.stop"
until_ok 10 test -e "$T/churn.up"
n=30 seen=0
[ -z "$short" ] || n=5
for i in $(seq $n); do
	[ "$(inside churn -l -p 82 | grep -c '^[0-9].*:82  *\*:\*')" = 1 ] &&
	    [ "$(outside -l -p 82 | grep -c '^[0-9].*:82  *\*:\*')" = 1 ] &&
	    seen=$((seen + 1))
done
is $seen $n "sockets come and go: one that stays is in every list, held"
agrees churn "inside and outside agree on it" -l
touch "$T/churn.stop"
agrees churn "and when they rest, on all"
netjail -q -r churn

# A jail with many processes and descriptors, while others go on.
procs=100 fds=200
[ -z "$short" ] || procs=20 fds=50
here many 10.0.40.94 many "$T/many.up" $procs $fds
until_ok 30 test -e "$T/many.up"
until_ok 20 eval '[ "$(outside -j many | lines)" = $((procs * fds)) ]'
is "$(outside -j many | lines)" $((procs * fds)) \
    "$procs processes with $fds descriptors each are as many lines"
is "$(inside many | sort -u | lines)" $((procs * fds)) \
    "in the jail as well, none twice"
readers=
for i in 1 2 3; do
	inside many >"$T/reader.$i" &
	readers="$readers $!"
done
is "$(jail client 10.0.40.95 curl -sS http://10.0.40.90/page)" page \
    "a page is served while the jail lists them three times at once"
wait $readers
is "$(cat "$T"/reader.? | lines)" $((3 * procs * fds)) \
    "and each of these lists is whole"
netjail -q -r many

# ---- a stack without processes ----

NETJAIL_SOCK=$T/cap "$B/bench/capacity" --aliases 10 --listeners 10 --port 80 \
    --connections 2 --serve >"$T/figures" 2>"$T/cap.log" &
cap=$!
pids="$pids $cap"
until_ok 30 grep -q serving "$T/cap.log"
is "$(NETJAIL_SOCK=$T/cap sockstat -q | awk '{ print $1, $2, $3, $4 }' |
    sort | uniq -c | tr -s ' ')" " 15 ? ? ? ?" \
    "an embedded stack's sockets are nobody's"
stop $cap

stop $nginx
netjail -q -r own
finish
