#!/bin/sh
# netstat: it tells the truth, inside a jail and outside.
. "$(dirname "$0")/lib.sh"

inet()	{ grep -E '^(tcp|udp|raw|icm|ip)' | sort; }
queues()	# LOCAL FOREIGN: Recv-Q and Send-Q of the connection
{
	sockets -p tcp | awk -v l="$1" -v f="$2" \
	    'index($4, l) == 1 && index($5, f) == 1 { print $2, $3 }'
}
said()	{ [ -s "$T/$1.log" ]; }

serve rdr 10.0.10.1 "$R/hold" accept 9000 100
rdr=$pid
up 10.0.10.1 9000
serve wr 10.0.10.2 "$R/hold" send 10.0.10.1 9000 1100
until_ok 10 said wr
is "$(cat "$T/wr.log")" 1100 "1100 bytes are written"
until_ok 5 eval '[ "$(queues 10.0.10.1.9000 10.0.10.2)" = "1000 0" ]'
is "$(queues 10.0.10.1.9000 10.0.10.2)" "1000 0" \
    "the reader took 100: Recv-Q is 1000"
is "$(queues 10.0.10.2. 10.0.10.1.9000)" "0 0" \
    "the writer's end has empty queues"

# A reader that is stopped; a writer that writes until nothing fits.
jexec rdr sh -c 'kill -STOP -1; kill -CONT $$' 2>/dev/null
serve full 10.0.10.3 "$R/hold" send 10.0.10.1 9000 0
until_ok 20 said full
total=$(cat "$T/full.log")
sum()
{
	set -- $(queues 10.0.10.1.9000 10.0.10.3) $(queues 10.0.10.3. 10.0.10.1)
	echo $(($1 + $4))
}
is "$(sum)" "$total" \
    "reader stopped: Recv-Q here and Send-Q there are the $total bytes written"
# What does not fit into the programs' own ends waits in mbufs.
mbufs()	{ "$@" netstat -m | sed -n 's|^\([0-9]*\)/.* mbufs in use .*|\1|p'; }
waiting=$(mbufs netjail)
check "and -m counts the mbufs that they wait in" \
    test "$waiting" -gt 1
is "$(mbufs jexec full)" "$waiting" "inside a jail -m counts the same"
jexec rdr sh -c 'kill -CONT -1'
until_ok 5 eval '[ "$(sum)" = $((total - 100)) ]'
is "$(sum)" $((total - 100)) "reader goes on: they are 100 less"

serve many 10.0.10.4 "$R/hold" many 50
serve udp 10.0.10.5 "$R/hold" udp 5353
until_ok 10 said many
up 10.0.10.5 5353 udp
is "$(sockets | grep -c '10\.0\.10\.4\..*LISTEN')" 50 \
    "50 listeners of a jail are 50 lines"

# Inside and outside.
for j in rdr wr full many udp; do
	jexec $j netstat -anW | inet >"$T/in.$j"
	netjail netstat -anW -j $j | inet >"$T/out.$j"
	check "inside $j and outside by -j $j: the same lines" \
	    diff "$T/in.$j" "$T/out.$j"
done
sockets | inet >"$T/all"
sort "$T"/in.* >"$T/union"
check "the jails' own listings together are the listing outside" \
    diff "$T/all" "$T/union"
is "$(jexec udp netstat -anW | inet | grep -c .)" 1 \
    "a jail sees its own socket and no other"
like "$(jexec rdr netstat -Lan 2>/dev/null | tr -s ' ')" \
    '*0/0/128 10.0.10.1.9000*' "-L shows the listen queue"

# The end: nothing outlives its owner.
jexec wr sh -c 'kill -9 -1' 2>/dev/null
jexec many sh -c 'kill -9 -1' 2>/dev/null
gone()	# no socket has this local address
{
	! sockets | awk -v l="$1" 'index($4, l) == 1' | grep -q .
}
until_ok 5 gone 10.0.10.4.
check "kill -9: its 50 listeners are gone" gone 10.0.10.4.
state()
{
	sockets | awk '$4 == "10.0.10.1.9000" &&
	    index($5, "10.0.10.2.") == 1 { print $6 }'
}
until_ok 5 eval '[ "$(state)" = CLOSE_WAIT ]'
is "$(state)" CLOSE_WAIT \
    "kill -9 of the writer: the reader's end is in CLOSE_WAIT"
jexec rdr sh -c 'kill -9 -1' 2>/dev/null
until_ok 5 gone 10.0.10.1.
check "kill -9 of the reader: all of it is gone" gone 10.0.10.1.
jexec full sh -c 'kill -9 -1' 2>/dev/null
until_ok 5 gone 10.0.10.3.
# The daemon keeps one to read into.
check "with their sockets the mbufs are gone" test "$(mbufs netjail)" -le 1
finish
