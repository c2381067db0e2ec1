#!/bin/sh
# names.sh BUILD: the list in netjail-sysctl.7, as the values of a stack of this
# build describe themselves.  names.sh BUILD PAGE: put it into the page.

set -u
export LC_ALL=C
B=${1:?usage: names.sh BUILD [PAGE]}
page=${2:-}
T=$(mktemp -d) || exit 1
export NETJAIL_SOCK="$T/sock"
"$B/bin/netjaild" -f >"$T/log" 2>&1 &
daemon=$!
trap 'kill $daemon; wait $daemon; rm -rf "$T"' EXIT
n=100
until "$B/bin/sysctl" -n kern.ostype >"$T/up" 2>&1; do
	n=$((n - 1))
	[ $n -gt 0 ] || { cat "$T/log" >&2; exit 1; }
	sleep 0.05
done

# What is below security.jail.param says what kind a parameter is.
"$B/bin/sysctl" -ANW | grep -v "^security\.jail\.param\." >"$T/settable"
"$B/bin/sysctl" -AtN >"$T/names"
"$B/bin/sysctl" -Ant >"$T/types"
"$B/bin/sysctl" -And >"$T/descr"
list()
{
	paste "$T/names" "$T/types" "$T/descr" | sort |
	    awk -F '\t' -v settable="$T/settable" '
	BEGIN { while ((getline s < settable) > 0) w[s] = 1 }
	{
		gsub(/\\/, "\\e", $3)
		printf ".It Va %s Pq %s%s\n", $1, $2,
		    $1 in w ? ", settable" : ""
		n = split($3 (($3 ~ /[.?]$/) ? "" : "."), word, " ")
		line = ""
		for (i = 1; i <= n; i++) {
			if (length(line) + length(word[i]) > 76) {
				print line
				line = ""
			}
			line = line (line == "" ? "" : " ") word[i]
		}
		print line
	}' | sed "s/^'/\\\\\&'/; s/^\\.\\([^IB]\\)/\\\\\&.\\1/"
}

if [ -z "$page" ]; then
	list
	exit
fi
list >"$T/list"
sed -e '/^\.\\" names: begin/,/^\.\\" names: end/{/names: /!d;}' \
    -e "/^\\.\\\\\" names: begin/r $T/list" "$page" >"$T/page" &&
    cp "$T/page" "$page"
