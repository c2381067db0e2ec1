#!/bin/sh
# equal: a listing taken inside a jail is, line by line, the outside's of that
# jail: our netstat and sockstat, ss and /proc/net, while sockets come and go.
#
# Listings are not taken at the same moment.  So three jails hold sockets that
# stay, and others come and go beside them; what was listed before these began
# is what must be found, in the same order, in every listing afterwards, and
# nothing of another jail beside it.
. "$(dirname "$0")/lib.sh"
needs python3 ss
brief_time_wait

# ---- programs ----

# Sockets that stay.  Jails connect to one another in a ring.
cat >"$T/stay.py" <<'PY'
import os, socket, sys, time
folder, me, peer = sys.argv[1:]

def named(kind, what):
    s = socket.socket(socket.AF_UNIX, kind)
    s.bind('\0eq-%s-%s' % (me, what))
    return s

def tcp(port):
    s = socket.socket()
    s.bind(('0.0.0.0', port))
    s.listen(8)
    return s

def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(('0.0.0.0', port))
    return s

def said(who):
    while not os.path.exists('%s/%s.up' % (folder, who)):
        time.sleep(0.05)

def say(what):
    open('%s/%s.%s' % (folder, me, what), 'w').close()

with open('/proc/self/comm', 'w') as f:
    f.write('eq-' + me)
kept = [tcp(9000), tcp(9001), udp(5300), udp(5301)]
say('up')
said(peer)
address = '10.0.50.%d' % ('abc'.index(peer) + 1)
for to in '127.0.0.1', address:
    c = socket.create_connection((to, 9000))
    c.send(bytes(1000))
    a, _ = kept[0].accept()
    a.recv(100, socket.MSG_WAITALL)
    kept += [c, a]
kept[2].connect((address, 5300))
u = named(socket.SOCK_STREAM, 'stream')
u.listen(4)
c = socket.socket(socket.AF_UNIX)
c.connect('\0eq-%s-stream' % me)
kept += [u, c, u.accept()[0], named(socket.SOCK_DGRAM, 'dgram'),
    *socket.socketpair()]
say('ready')
while True:
    time.sleep(100)
PY

# Datagram and AF_UNIX sockets that come and go, ten of each at a time.
cat >"$T/pass.py" <<'PY'
import collections, itertools, socket, sys
me, address = sys.argv[1:]
kept = collections.deque(maxlen=10)
for n in itertools.count():
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    u.connect((address, 9100))
    s = socket.socket(socket.AF_UNIX)
    s.bind('\0eq-%s-%d' % (me, n))
    kept.append((u, s, socket.socketpair()))
PY

# A jail's program: what stays, then, when told to, what does not.
cat >"$T/jail.sh" <<'SH'
me=$1 address=$2 peer=$3 to=$4
/usr/bin/python3 "$T/stay.py" "$T" "$me" "$peer" &
until [ -e "$T/go" ]; do sleep 0.1; done
"$R/scene" serve 9100 &
/usr/bin/python3 "$T/pass.py" "$me" "$to" &
until "$R/scene" churn "$to" 9100 100000000 2>/dev/null; do :; done
SH

# What is seen in a jail, into files $1.*.
cat >"$T/look.sh" <<'SH'
netstat -anW >"$1.netstat"
sockstat -nqw >"$1.sockstat"
ss -Htuan >"$1.ss"
ss -Hxa >"$1.ssx"
sed 's/^/tcp /' /proc/net/tcp >"$1.proc"
sed 's/^/udp /' /proc/net/udp >>"$1.proc"
SH

# ---- looking ----

jails="a b c"
address()
{
	case $1 in
	a)	echo 10.0.50.1 ;;
	b)	echo 10.0.50.2 ;;
	c)	echo 10.0.50.3 ;;
	esac
}

# inside JAIL, outside JAIL|all: listings into $T/JAIL.in.* and $T/JAIL.out.*,
# those of the Internet also in one form
inside()
{
	jexec "$1" sh "$T/look.sh" "$T/$1.in" || return
	for inside_f in netstat ss proc; do
		in_one_form $inside_f <"$T/$1.in.$inside_f" \
		    >"$T/$1.in.form.$inside_f"
	done
}
outside()
{
	outside_j="-j $1"
	[ "$1" != all ] || outside_j=
	netjail netstat -anW $outside_j >"$T/$1.out.netstat" &&
	    netjail sockstat -nqw $outside_j | python3 "$here/inside.py" \
		>"$T/$1.out.sockstat" &&
	    in_one_form netstat <"$T/$1.out.netstat" >"$T/$1.out.form"
}

# same JAIL LISTING: what stays in it, inside and outside, is what was there at
# first
same()
{
	grep -Fxf "$T/$1.first.$2" "$T/$1.in.$2" >"$T/in"
	grep -Fxf "$T/$1.first.$2" "$T/$1.out.$2" >"$T/out"
	cmp "$T/in" "$T/out" && cmp "$T/in" "$T/$1.first.$2"
}
same_form()	# JAIL ss|proc
{
	grep -Fxf "$T/$1.first.form" "$T/$1.in.form.$2" >"$T/in"
	grep -Fxf "$T/$1.first.form" "$T/$1.out.form" >"$T/out"
	cmp "$T/in" "$T/out" && cmp "$T/in" "$T/$1.first.form"
}

# foreign JAIL FILE...: lines of listings that name a socket that is not the
# jail's own: its address, its AF_UNIX names, its programs
foreign()
{
	foreign_j=$1
	shift
	awk -v jail="$foreign_j" -v own="$(address "$foreign_j")" '
	function mine(a) {
		return index(a, own ".") == 1 || index(a, own ":") == 1 ||
		    a ~ /^\*[.:]/
	}
	/eq-[a-c]/ && $0 !~ "eq-" jail { print; next }
	FILENAME ~ /form/ && !mine($2) ||
	    /^(tcp|udp)/ && FILENAME ~ /netstat$/ && FILENAME !~ /form/ &&
	    !mine($4) || FILENAME ~ /sockstat$/ && $5 ~ /^(tcp|udp)/ &&
	    !mine($6)' "$@"
}
strangers()	# JAIL
{
	foreign "$1" "$T/$1".in.netstat "$T/$1".in.sockstat "$T/$1".in.ssx \
	    "$T/$1".in.form.ss "$T/$1".in.form.proc
}

# ---- at rest ----

for j in $jails; do
	case $j in
	a)	peer=b ;;
	b)	peer=c ;;
	c)	peer=a ;;
	esac
	serve $j "$(address $j)" sh "$T/jail.sh" $j "$(address $j)" $peer \
	    "$(address $peer)"
done
for j in $jails; do
	until_ok 20 test -e "$T/$j.ready" ||
	    not_ok "jail $j is up" "$(cat "$T/$j.log")"
done
forms="netstat ss"
if has_procnet a; then
	forms="$forms proc"
else
	skip "/proc/net" "this user may not open /dev/fuse"
fi

settled()	# JAIL: no bytes are on their way
{
	inside "$1" && outside "$1" && cmp "$T/$1.in.netstat" "$T/$1.out.netstat"
}
for j in $jails; do
	until_ok 10 settled $j
	for l in netstat sockstat; do
		check "$j at rest: $l is the same inside and outside" \
		    diff "$T/$j.in.$l" "$T/$j.out.$l"
		mv "$T/$j.in.$l" "$T/$j.first.$l"
	done
	for f in $forms; do
		check "$j at rest: $f inside is what netstat is outside" \
		    diff "$T/$j.in.form.$f" "$T/$j.out.form"
	done
	mv "$T/$j.out.form" "$T/$j.first.form"
	is "$(awk '{ print $1 }' "$T/$j.first.form" | sort | uniq -c |
	    tr -s ' ' | tr '\n' ';')" " 6 tcp; 2 udp;" \
	    "$j holds six TCP and two UDP sockets"
	is "$(grep -c "@eq-$j" "$T/$j.first.netstat")" 3 \
	    "and has names in AF_UNIX"
done
outside all
check "outside without -j: the lines of all three, and no other" eval '
    sort "$T"/[abc].first.form | diff - "$T/all.out.form"'

# ---- under load ----

connections()
{
	netjail netstat -s -p tcp |
	    awk '/connections? established/ { print $1 }'
}
before=$(connections)
touch "$T/go"
for j in $jails; do
	up "$(address $j)" 9100
done
until_ok 20 eval '[ $(($(connections) - before)) -ge 100 ]'

# Each of these counts repetitions; a difference is kept to be shown.
: >"$T/differ"
: >"$T/strange"
n=20 still=0
[ -z "$short" ] || n=3
for i in $(seq $n); do
	for j in $jails; do
		inside $j && outside $j
		for l in netstat sockstat; do
			same $j $l >>"$T/differ" 2>&1 ||
			    echo "$i: $j: $l" >>"$T/differ"
		done
		for f in $forms; do
			same_form $j $f >>"$T/differ" 2>&1 ||
			    echo "$i: $j: $f" >>"$T/differ"
		done
		strangers $j >>"$T/strange"
		grep -q '^udp.*\.9100 ' "$T/$j.in.netstat" &&
		    grep -q "@eq-$j-[0-9]" "$T/$j.in.netstat" ||
		    still=$((still + 1))
	done
	outside all
	sort "$T"/[abc].first.form >"$T/three"
	grep -Fxf "$T/three" "$T/all.out.form" | diff "$T/three" - \
	    >>"$T/differ"
done
is "$(head -n 20 "$T/differ")" "" \
    "under load, $n times: inside and outside the same lines in the same order"
is "$(head -n 20 "$T/strange")" "" "and inside never anything of another jail"
is $still 0 "while sockets came and went in each of these listings"
check "and connections" [ $(($(connections) - before)) -ge 200 ]
check "(what is another jail's is found where it is)" eval '
    cp "$T/all.out.netstat" "$T/x.in.netstat" &&
    cp "$T/all.out.sockstat" "$T/x.in.sockstat" &&
    cp "$T/all.out.form" "$T/x.in.form" &&
    for f in netstat sockstat form; do
	[ -n "$(foreign b "$T/x.in.$f")" ] || exit 1
    done'
netjail -qr a b c
finish
