#!/bin/sh
# top: the screen shows what is there, and obeys; -b says the same to programs.
. "$(dirname "$0")/lib.sh"
needs tmux python3

serve many 10.0.61.3 "$R/hold" many 50
bad=$(printf 'e\033[31m vil')
serve rdr 10.0.61.1 "$R/hold" accept 9000 100
up 10.0.61.1 9000
serve wr 10.0.61.2 "$R/hold" send 10.0.61.1 9000 1100
until_ok 10 test -s "$T/many.log"
until_ok 10 test -s "$T/wr.log"
# A host name that would give the terminal orders, and a name with a space.
netjail -n 'a b' / "$bad" 10.0.61.4 "$R/hold" udp 53 >"$T/ab.log" 2>&1 \
    </dev/null &
pids="$pids $!"
up 10.0.61.4 53 udp

# ---- for programs ----

batch=$(netjail top -b -d 0.2)
field()	# JAIL KEY: of the batch
{
	printf '%s\n' "$batch" | sed -n "s/^jail .* name=$1 \\(.*\\)/ \\1/p" |
	    sed -n "s/.* $2=\\([^ ]*\\).*/\\1/p"
}
is "$(field many listen) $(field many sockets)" "50 50" \
    "-b: 50 listeners of a jail"
is "$(field many ports)" "$(netjail netstat -an -j many | awk '/LISTEN/ {
    n = split($4, p, "."); if (p[n] >= 10000) print p[n] }' | sort -u |
    wc -l)" "-b: their ports in the default range"
is "$(field rdr established) $(field rdr recvq) $(field rdr listen)" \
    "1 1000 1" "-b: a connection and what waits in it"
is "$(field 'a\\040b' udp)" 1 "-b: a space in a name is no space in the line"
is "$(printf '%s\n' "$batch" | grep -c "$(printf '\033')")" 0 \
    "-b: a host name gives no orders"
is "$(printf '%s\n' "$batch" | sed -n 's/^jail.* name=\([^ ]*\).*/\1/p' | head -n 1)" \
    many "-b: the jail with most sockets first"
is "$(netjail top -b -d 0.2 -r -s name | sed -n \
    's/^jail.* name=\([^ ]*\).*/\1/p' | tr '\n' ' ')" \
    'wr rdr many a\040b ' "-b -r -s name: names backwards"
is "$(netjail top -b -d 0.2 -f 61.2 | grep -c '^jail ')" 1 \
    "-b -f: only what has the text"
is "$(netjail top -b -d 0.1 -n 3 | grep -c '^stack ')" 3 "-b -n: so many times"
jail busy 10.0.61.9 python3 -c 'import socket, time
l = socket.create_server(("10.0.61.9", 80))
end = time.time() + 3
while time.time() < end:
    c = socket.create_connection(("10.0.61.9", 80))
    l.accept()[0].close()
    c.close()
    time.sleep(.01)' >"$T/busy.log" 2>&1 &
busy=$!
up 10.0.61.9 80
rate=$(netjail top -b -d 1 | sed -n 's/.* connects=\([0-9]*\).*/\1/p')
check "-b: connections in a second ($rate)" test "$rate" -gt 2
wait "$busy"
for wrong in '-s nothing' '-d 0' '-n 0' '-x' 'extra'; do
	netjail top -b $wrong >/dev/null 2>&1
	is "$?" 1 "-b $wrong is refused"
done
said=$(NETJAIL_SOCK=$T/none netjail top -b 2>&1)
is "$? $said" "1 top: cannot reach netjaild: no stack runs; the first \
netjail starts one" \
    "-b without a stack: one line"
said=$(netjail top </dev/null 2>&1)
is "$? $said" "1 top: not a terminal; see -b" "no terminal: one line"

# ---- the screen ----

tm()	{ tmux -S "$T/tmux" -f /dev/null "$@" 2>/dev/null; }
screen() { tm capture-pane -p -t 0; }
shows()	{ screen | grep -q -e "$1"; }
# see PATTERN SENTENCE
see()
{
	if until_ok 10 shows "$1"; then
		ok "$2"
	else
		not_ok "$2" "no $1 in:
$(screen)"
	fi
}
keys()	{ tm send-keys -t 0 "$@"; }
trap 'tm kill-server; clean_up' EXIT

tm new-session -d -x 80 -y 24 "TERM=screen netjail top -d 0.3; echo ended \$?;
    cat" || { not_ok "tmux starts"; exit 1; }
see '^ *JID JAIL  *SOCK LISTN ESTAB TWAIT OTHER   UDP RECVQ SENDQ ACCQ PORT%$' \
    "80 columns hold the counts of a jail"
see '^ *[0-9]* many  *50 *50 ' "with its numbers"
see '^netjail .* 4 jails, .* sockets: ' "the first line sums up"
is "$(screen | wc -l)" 24 "24 lines hold the screen"
first()	{ screen | sed -n '6s/^ *[0-9]* *\([^ ]*\).*/\1/p'; }
is "$(first)" many "most sockets first"
keys r
see ' by SOCK reversed' "r reverses"
until_ok 5 eval '[ "$(first)" != many ]'
check "and few are first" test "$(first)" != many
keys r
keys '<'
see ' by JAIL ' "< takes the column to the left"
until_ok 5 eval '[ "$(first)" = "a\\040b" ]'
is "$(first)" 'a\040b' "by name"
keys / ma
see '^filter: ma_' "/ asks for a text"
keys Enter
see '^1 jails by JAIL with ma' "and only what has it is left"
is "$(screen | grep -c '^ *[0-9]* rdr ')" 0 "and nothing else"
keys / BSpace BSpace rdr Enter
see '^ *[0-9]* rdr ' "another text"
keys Enter
see '^PROTO  RECVQ  SENDQ LOCAL  *FOREIGN  *STATE' "enter looks into a jail"
see '^tcp4    1000      0 10.0.61.1.9000 *10.0.61.2.[0-9]* *ESTABLISHED' \
    "at its sockets with their queues"
see '^tcp4 .*10.0.61.1.9000 *\*\.\* *LISTEN' "listeners too"
keys Escape
see ' JID JAIL ' "escape goes back"
keys / Escape
see '^4 jails by JAIL |' "escape drops the filter"
keys G
keys Enter
see '^jail [0-9]* wr: 1 of 1 sockets' "the last row can be chosen"
keys BSpace
see ' JID JAIL ' "backspace goes back too"
tm resize-window -t 0 -x 130 -y 30
see ' PORT% ADDRESS  *HOSTNAME' "a wider window has more columns"
see ' 10.0.61.4  *e\\033\[31m\\040vil' "a host name gives no orders"
until_ok 5 eval '[ "$(screen | wc -l)" = 30 ]'
tm resize-window -t 0 -x 20 -y 5
sleep 0.5
tm resize-window -t 0 -x 80 -y 24
see '^4 jails by JAIL' "and a window of 20 columns and 5 lines is lived through"
kill -STOP "$daemon"
sleep 0.5
kill -CONT "$daemon"
see '^4 jails by JAIL' "as is a daemon that stops for a while"
keys q
see '^ended 0' "q ends it"

tm kill-server
finish
