#!/bin/sh
# holdup: what takes long goes in turns, and is right all the same.
#
# How long turns are is measured in the daemon's own CPU time; the system's
# interrupts are in it, so what is too long by itself is so three times.
. "$(dirname "$0")/lib.sh"

said()	{ grep -q "$2" "$T/$1.log"; }
line()	{ sed -n "$2p" "$T/$1.log"; }

# turns_of SCENE SENTENCE: no turn of the scene, which prints sentences, is long
turns_of()
{
	for turns_run in 1 2 3; do
		netjail sysctl debug.turn.measure=1 >/dev/null
		"$1" $turns_run
		turns_over=$(netjail sysctl -n debug.turn.over1ms)
		[ "$turns_over" -gt 0 ] || break
	done
	is "$turns_over" 0 "$2"
}

# held NAME ADDRESS COMMAND...: a jail that waits for bytes in fifo NAME
held()
{
	held_n=$1 held_a=$2
	shift 2
	[ -p "$T/$held_n" ] || mkfifo "$T/$held_n"
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
	    "run $1: a listing finds in a crowd who holds a socket"
	echo >&8
	echo >&9
	until_ok 20 said crowd reset
	is "$(line crowd 2)" "50000 Connection reset by peer" \
	    "run $1: so does a reset, and all is read before"
	exec 8>&- 9>&-
	until_ok 20 no_jails
}
turns_of search "searching for holders takes no millisecond at once"

# Thousands of requests come in one piece.
pings()
{
	is "$("$R/crowd" ping "$NETJAIL_SOCK" 4000)" "4000 answers" \
	    "run $1: each of 4000 requests that come together is answered"
}
turns_of pings "answering them takes no millisecond at once"

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
	    "run $1: $threads threads in accept() take what comes, then the end"
	exec 8>&-
	until_ok 20 no_jails
}
turns_of waiting "thousands of waiting threads take no millisecond at once"

killed()
{
	held srv 10.0.21.1 "$R/crowd" accept 7 $threads
	exec 8>"$T/srv"
	until_ok 20 said srv "in accept"
	killed_init=$(pgrep -f "^$R/crowd accept 7 $threads" | head -n 1)
	kill -9 "$killed_init"
	check "run $1: a jail of $threads waiting threads is killed" \
	    until_ok 20 no_jails
	exec 8>&-
}
turns_of killed "nor does their end"

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
	check "run $1: a jail has $many sockets" until_ok 60 said many there
	until_ok 5 said talk begun
	exec 8>&-
	gone() { ! jls -N | grep -q many; }
	until_ok 60 gone
	echo >&9
	until_ok 5 said talk times
	check "run $1: two others have talked all the time until it was gone" \
	    said talk '[0-9][0-9] times'
	exec 9>&-
}
turns_of removal "the end of so many takes no millisecond at once"
finish
