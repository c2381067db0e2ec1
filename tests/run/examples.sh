#!/bin/sh
# examples: what the manual pages' EXAMPLES say is what happens.
#
# Each page of programs, files and the system has a daemon of its own, so that
# its first jail is number 1, and what is installed in PATH, so that tools that
# stay out of it do.  See examples.py for how a page is read.  Some listen on a
# port outside jails: root has a network of its own for that.
if [ "$(id -u)" = 0 ] && [ -z "${examples_net:-}" ]; then
	examples_net=own exec unshare -n sh -c \
	    'ip link set lo up && exec sh "$@"' sh "$0" "$@"
fi
own_daemon=yes
. "$(dirname "$0")/lib.sh"
needs python3 bash make curl socat jq
top=$(cd "$here/../.." && pwd)

check "all is installed" make -s -C "$top" B="$B" PREFIX="$T/usr" install
PATH=$T/usr/sbin:/usr/bin:/usr/sbin:/bin:/sbin
mkdir "$T/w"
for page in "$top"/*/*.[1578]; do
	start_daemon
	report env -C "$T/w" python3 "$here/examples.py" "$page"
	[ -z "$(jls name)" ] || netjail -r '*' >/dev/null
	until_ok 10 no_jails || not_ok "jails of $page can be removed" "$(jls)"
	stop_daemon || not_ok "the daemon ends in order" "$(cat "$T/netjaild.log")"
done

start_daemon
warm_up
finish
