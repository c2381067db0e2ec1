#!/bin/sh
# events: poll, epoll edges, errno and options as the kernel's own TCP has them.
. "$(dirname "$0")/lib.sh"

oracle()
{
	unshare -Urn sh -c 'ip link set lo up && exec "$@"' sh \
	    "$R/events" 127.0.0.1
}
if ! oracle >"$T/linux" 2>"$T/linux.err"; then
	# No namespace to be alone in; the host's loopback does as well.
	"$R/events" 127.0.0.1 >"$T/linux" 2>"$T/linux.err"
fi
is "$(cat "$T/linux.err")" "" "the program runs on the kernel's own sockets"
jail a 10.0.13.1 "$R/events" 10.0.13.1 >"$T/jail" 2>"$T/jail.err"
is "$?$(cat "$T/jail.err")" 0 "and in a jail"

# Every line of either side that the other has not must be accounted for.
diff "$T/linux" "$T/jail" | grep '^[<>]' >"$T/diff"
grep '^[<>]' "$here/events.allowed" >"$T/allowed"
while read -r l; do
	grep -qxF "$l" "$T/allowed" || echo "$l"
done <"$T/diff" >"$T/unexpected"
while read -r l; do
	grep -qxF "$l" "$T/diff" || echo "$l"
done <"$T/allowed" >"$T/stale"
same=$(($(wc -l <"$T/linux") - $(grep -c '^<' "$T/diff")))
check "$same of $(wc -l <"$T/linux") lines are the kernel's own" \
    test "$same" -gt 0
is "$(head -n 60 "$T/unexpected")" "" \
    "no deviation (< Linux, > jail) but the ones in events.allowed"
is "$(cat "$T/stale")" "" "and each of those does occur"
finish
