#!/bin/sh
# demo.sh [BUILD]: two jails on a stack of their own, in under a minute.
#
# Each line is explained before it runs.  Nothing outside a temporary folder is
# touched, and neither root nor any setting of the host's network is needed.

set -u
B=$(cd "${1:-build}" && pwd) || exit 1
PATH=$B/bin:/usr/bin:/usr/sbin:/bin:/sbin:$PATH
T=$(mktemp -d "${TMPDIR:-/tmp}/netjail-demo.XXXXXX") || exit 1
export PATH NETJAIL_SOCK="$T/stack.sock"

# A web server and its client, whatever is installed.
server="python3 -m http.server -d $T/www 80"
client="curl -s http://10.0.0.80/"
command -v python3 >/dev/null || server="$B/run/static serve 0.0.0.0 80 hello"
command -v curl >/dev/null || client="$B/run/static fetch 10.0.0.80 80"

daemon="" www="" failed=""
end()
{
	trap - EXIT
	[ -z "$www" ] || { kill "$www"; wait "$www"; } 2>/dev/null
	[ -z "$daemon" ] || { kill "$daemon"; wait "$daemon"; } 2>/dev/null
	rm -rf "$T"
}
trap end EXIT
trap 'exit 143' HUP INT TERM

say()
{
	printf '\n'
	printf '# %s\n' "$@"
}

# Show a line, then do what it says.
run()
{
	printf '$ %s\n' "$1"
	eval "$1" || { failed=yes; echo "(status $?)"; }
}

# The same for what must fail, and says why itself.
refused()
{
	printf '$ %s\n' "$1"
	if eval "$1" 2>&1; then
		failed=yes
	fi
}

# The same for a server, whose output goes to $T/$2; its pid in $pid.
start()
{
	printf '$ %s &\n' "$1"
	eval "exec $1" >"$T/$2" 2>&1 </dev/null &
	pid=$!
}

until_ok()
{
	n=200
	while ! "$@" >/dev/null 2>&1; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.05
	done
}

listening()	{ netjail netstat -an | grep -q '10\.0\.0\.80\.80 .*LISTEN'; }

mkdir "$T/www"
echo "Hello from the jail www." >"$T/www/index.html"

netjaild -f >"$T/netjaild.log" 2>&1 </dev/null &
daemon=$!
until_ok test -S "$NETJAIL_SOCK" || { cat "$T/netjaild.log"; exit 1; }

say "The stack runs: one process, netjaild, and so far no jail." \
    "Start an unmodified web server in a jail that has the file tree /, the" \
    "host name www.example and one address. It listens on port 80 of what it" \
    "takes for every address of the machine."
start "netjail -n www / www.example 10.0.0.80 $server" www.log
www=$pid
until_ok listening || { cat "$T/www.log" "$T/netjaild.log"; exit 1; }

say "A second jail, with another address, fetches the page."
run "netjail -n client / client.example 10.0.0.7 $client"

say "The server asked for 0.0.0.0 and got 10.0.0.80, its jail's address; it" \
    "heard from 10.0.0.7. Another jail is to leave a connection open for us to" \
    "look at."
cat >"$T/keep" <<'EOF'
exec 3<>/dev/tcp/10.0.0.80/80 && echo connected && exec sleep 60
EOF
start "netjail -n idle / idle.example 10.0.0.9 bash $T/keep" idle.log
idle=$pid
until_ok grep -q connected "$T/idle.log"

say "Which jails there are:"
run 'jls'

say "From outside, netstat shows every socket of the stack:"
run 'netjail netstat -an -f inet'

say "The same command inside the jail idle shows its own socket, and nothing" \
    "of anybody else's:"
run 'jexec idle netstat -an -f inet'

say "A jail cannot have what is another's. This one asks for the server's" \
    "address and is told, in the words of bind(2), that it has not got it:"
taker="$B/run/static serve 10.0.0.80 81 mine"
refused "netjail -n thief / thief.example 10.0.0.66 $taker"

say "Ports that connect() and bind(0) pick from are ruled by sysctl:"
run 'netjail sysctl net.inet.ip.portrange.hifirst=50000'

kill "$idle"
wait "$idle" 2>/dev/null
say "A jail goes with its last process, and its sockets go with it:"
run 'jls'
run 'netjail netstat -an -f inet'
[ -z "$failed" ]
