#!/bin/sh
# holdup: what takes long goes in turns, and is right all the same.
#
# What is asserted is that work is put off, as often as it must be if no turn is
# to have more than its share of it.  How long turns are depends on the machine:
# that is said in lines `# FIGURE value unit', which bench/bench prints.
. "$(dirname "$0")/lib.sh"
needs python3

said()	{ grep -q "$2" "$T/$1.log"; }
gone()	{ ! jls -N | grep -q "$1"; }
line()	{ sed -n "$2p" "$T/$1.log"; }

turn()	{ netjail sysctl -n debug.turn."$1"; }

# put_off SCENE LEAST SENTENCE: the scene, which prints sentences, takes so many
# more turns than one
put_off()
{
	netjail sysctl debug.turn.measure=1 >/dev/null
	put_off_was=$(turn putoff)
	"$1"
	put_off_n=$(($(turn putoff) - put_off_was))
	if [ $put_off_n -ge "$2" ]; then
		ok "$3"
	else
		not_ok "$3" "put off $put_off_n times, must be $2"
	fi
	echo "# holdup.$1.longest $(($(turn longest) / 1000)) us"
	echo "# holdup.$1.over1ms $(turn over1ms) times"
	echo "# $1 was put off $put_off_n times"
}

# held NAME ADDRESS COMMAND...: a jail that waits for bytes in fifo NAME
held()
{
	held_n=$1 held_a=$2
	shift 2
	[ -p "$T/$held_n" ] || mkfifo "$T/$held_n"
	: >"$T/$held_n.log"	# what the last run of the scene said
	netjail -n "$held_n" / "$held_n.test" "$held_a" "$@" \
	    <"$T/$held_n" >"$T/$held_n.log" 2>&1 &
	pids="$pids $!"
}

# A socket that its user has left to a child is looked for among 400 processes
# when it is listed, and when it is reset.
received() { sockets -p tcp | awk '$4 ~ /^10\.0\.21\.2\./ { print $2 }'; }
search()
{
	held srv 10.0.21.1 "$R/crowd" reset 7 50000
	exec 8>"$T/srv"
	up 10.0.21.1 7
	held crowd 10.0.21.2 "$R/crowd" 400 10.0.21.1 7
	exec 9>"$T/crowd"
	until_ok 20 said crowd held
	until_ok 20 said srv sent
	is "$(received)" 50000 \
	    "a listing finds in a crowd who holds a socket"
	echo >&8
	echo >&9
	until_ok 20 said crowd reset
	is "$(line crowd 2)" "50000 Connection reset by peer" \
	    "so does a reset, and all is read before"
	exec 8>&- 9>&-
	until_ok 20 no_jails
}
put_off search 1 "searching for holders goes on from turn to turn"

# Thousands of requests come in one piece.
pings()
{
	is "$("$R/crowd" ping "$NETJAIL_SOCK" 4000)" "4000 answers" \
	    "each of 4000 requests that come together is answered"
}
put_off pings 1 "and not all of them in one turn"

# Thousands of threads wait in one accept().
threads=2000
waiting()
{
	held srv 10.0.21.1 "$R/crowd" accept 7 $threads
	exec 8>"$T/srv"
	until_ok 20 said srv "in accept"
	for waiting_i in 1 2 3; do
		jail c$waiting_i 10.0.21.2 nc -N 10.0.21.1 7
	done
	echo >&8
	until_ok 20 said srv refused
	is "$(line srv 2) $(line srv 3)" "accepted 3 refused $threads" \
	    "$threads threads in accept() take what comes, then the end"
	exec 8>&-
	until_ok 20 no_jails
}
# 48 a turn
put_off waiting $((threads / 48 - 2)) "nor are thousands of waiting threads answered in one"

killed()
{
	held srv 10.0.21.1 "$R/crowd" accept 7 $threads
	exec 8>"$T/srv"
	until_ok 20 said srv "in accept"
	killed_init=$(pgrep -f "^$R/crowd accept 7 $threads" | head -n 1)
	kill -9 "$killed_init"
	check "a jail of $threads waiting threads is killed" \
	    until_ok 20 no_jails
	exec 8>&-
}
# 256 a turn
put_off killed $((threads / 256 - 2)) "or forgotten, when they end"

# A jail of thousands of addresses comes and goes.
list=$(awk 'BEGIN { for (i = 0; i < 4500; i++)
    printf "%s10.22.%d.%d", i ? "," : "", i % 60, 1 + i / 60 }')
addresses()
{
	held wide "$list" sh -c 'echo there; read -r line'
	exec 9>"$T/wide"
	until_ok 20 said wide there
	is "$(jls -j wide ip4.addr | tr , '\n' | sort)" \
	    "$(echo "$list" | tr , '\n' | sort)" \
	    "a jail has 4500 addresses"
	exec 9>&-
	until_ok 20 gone wide
}
# Each is looked at four times when they come, 256 looks a turn.
put_off addresses $((4 * 4500 / 256 - 2)) "they come and go a part at a time"

# Its parent goes while it is being made, or who asks for it.  Nobody waits for
# another's request to be done, so at times the removal comes between two slices.
cat >"$T/making" <<'X'
import errno, os, socket, struct, sys, time
SET, REMOVE, CREATE, ATTACH = 2, 7, 1, 4
said = {}
def conn():
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.environ["NETJAIL_SOCK"])
    return s
def ask(s, op, arg, params=()):
    data = b"".join(p.encode() + b"\0" for p in params)
    s.sendall(struct.pack("=IHHiI", 16 + len(data), op, 0, 0, arg) + data)
def answer(s):
    n, _, _, error, jid = struct.unpack("=IHHiI", s.recv(16, socket.MSG_WAITALL))
    s.recv(n - 16, socket.MSG_WAITALL) if n > 16 else None
    return error, jid
wide = "ip4.addr=" + sys.argv[1]
i = 0
while (0 not in said or errno.EINVAL not in said or i < 200) and i < 4000:
    i += 1
    a, b = conn(), conn()
    ask(a, SET, CREATE | ATTACH, ["name=over", "ip4=inherit", "children.max=1"])
    error, over = answer(a)
    assert error == 0, error
    ask(b, SET, CREATE | ATTACH, ["name=over.wide", wide])
    until = time.monotonic() + i % 60 * 5e-5
    while time.monotonic() < until:
        pass
    if i % 2:
        ask(a, REMOVE, over)
        assert answer(a)[0] == 0
        error = answer(b)[0]
        said[error] = said.get(error, 0) + 1
    a.close()
    b.close()
print(0 in said, errno.EINVAL in said)
X
is "$(python3 "$T/making" "$list")" "True True" \
    "a jail's parent may go while it is made, and when it is"
check "it goes, too; or with who asked for it" until_ok 10 no_jails

# A jail of thousands of sockets goes while two others talk.
many=${NETJAIL_TEST_SOCKETS:-6000}
serve echo 10.0.21.3 "$R/static" echo 0.0.0.0 7
up 10.0.21.3 7
removal()
{
	held talk 10.0.21.4 "$R/crowd" pingpong 10.0.21.3 7
	exec 9>"$T/talk"
	held many 10.0.21.5 "$R/crowd" sockets "$many" 10.0.21.5 99
	exec 8>"$T/many"
	check "a jail has $many sockets" until_ok 60 said many there
	until_ok 5 said talk begun
	exec 8>&-
	until_ok 60 gone many
	echo >&9
	until_ok 5 said talk times
	check "two others have talked all the time until it was gone" \
	    said talk '[0-9][0-9] times'
	exec 9>&-
}
# 512 a turn, those not counted that their holder has closed by then
put_off removal $((many / 512 / 2)) "which takes many turns"
finish
