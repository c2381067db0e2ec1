#!/bin/sh
# path: a jail with a file tree of its own.
. "$(dirname "$0")/lib.sh"

root=$T/root
mkdir -p "$root/proc" "$root/bin"
cp "$R/static" "$root/bin/static"
: >"$root/inside"
: >"$T/outside"

# in_root ADDRESS ARGUMENT...: our program, in a jail with that tree
in_root()
{
	in_root_a=$1
	shift
	netjail -n rooted "$root" rooted.test "$in_root_a" /bin/static "$@"
}

in_root 10.0.21.1 exists /inside
is $? 0 "a jail sees the tree under its path as /"
in_root 10.0.21.1 exists "$T/outside"
is $? 1 "and nothing beside it"
in_root 10.0.21.1 exists /proc/self/status
is $? 0 "its /proc is there"
in_root 10.0.21.1 exists "/proc/$$"
is $? 1 "and shows no process outside"
in_root 10.0.21.1 escape "$T/outside"
is $? 1 "a second chroot is no way out"

netjail -n rooted "$root" rooted.test 10.0.21.1 /bin/static \
    serve 0.0.0.0 80 "rooted" >"$T/server" 2>&1 &
pids="$pids $!"
up 10.0.21.1 80
is "$(jail c 10.0.21.2 "$R/static" fetch 10.0.21.1 80)" rooted \
    "it is a server to others"
is "$(jexec rooted /bin/static fetch 127.0.0.1 80)" rooted \
    "jexec enters its tree"
finish
