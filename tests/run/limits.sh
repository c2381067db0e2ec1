#!/bin/sh
# limits: descriptors and sockets used up.
. "$(dirname "$0")/lib.sh"
needs python3

serve srv 10.0.14.1 "$R/static" echo 0.0.0.0 7
up 10.0.14.1 7
report jail a 10.0.14.2 "$R/limits" files 10.0.14.1 7

max=$(netjail sysctl -n kern.ipc.maxsockets)
open=$(netjail sysctl -n kern.ipc.numopensockets)
netjail sysctl "kern.ipc.maxsockets=$((open + 20))" >/dev/null
report jail a 10.0.14.2 "$R/limits" sockets 40
netjail sysctl "kern.ipc.maxsockets=$max" >/dev/null
is "$(jail a 10.0.14.2 sh -c 'echo again | nc -N 10.0.14.1 7')" again \
    "other jails are served as before"

# The sources of datagrams are kept for who asks for them.
cat >"$T/native" <<'X'
import os, socket, sys
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
a.bind((sys.argv[1], 0))
b.connect(a.getsockname())
for i in range(int(sys.argv[2])):
    b.send(b"%d" % i)
    assert os.read(a.fileno(), 9) == b"%d" % i
b.send(b"last")
print(a.recvfrom(9)[1] == b.getsockname())
X
most()	{ awk '/^VmHWM/ { print $2 }' /proc/"$daemon"/status; }
jail udp 10.0.14.3 python3 "$T/native" 10.0.14.3 100 >/dev/null
before=$(most)
is "$(jail udp 10.0.14.3 python3 "$T/native" 10.0.14.3 60000)" True \
    "a program that reads datagrams without asking may ask"
# KB; each is some 70 bytes.  A sanitizer keeps what was freed.
[ -n "$short" ] || check "and nobody remembers whose the others were" \
    test $(($(most) - before)) -lt 1000

# A process is looked at by its status, where all its groups are.
cat >"$T/groups" <<'X'
import errno, os, sys
for n in sys.argv[1:]:
    try:
        os.setgroups([0] * int(n))
        print(len(os.getgroups()))
    except OSError as e:
        print(errno.errorcode[e.errno])
X
if [ "$(jail g 10.0.14.3 cat /proc/self/setgroups)" = deny ]; then
	skip "a process has at most 1023 groups" "setgroups is denied here"
else
	is "$(jail g 10.0.14.3 python3 "$T/groups" 1023 1024 65536 |
	    tr '\n' ' ')" "1023 EINVAL EINVAL " \
	    "a process has at most 1023 groups, as in FreeBSD"
fi
finish
