#!/bin/sh
# control: requests about one jail that overlap, on several connections.
. "$(dirname "$0")/lib.sh"
needs python3

# Messages of base/ctlmsg.h.  In a jail the connection is an injected one.
cat >"$T/ctl.py" <<'X'
import errno, os, socket, struct, sys, time
SET, JAIL_REMOVE, PING, VIEW = 2, 7, 8, 11
CREATE, UPDATE, ATTACH = 1, 2, 4

def conn():
    s = socket.socket(socket.AF_UNIX)
    s.connect(os.environ["NETJAIL_SOCK"])
    return s

def inside():
    return socket.socket(0x4e4a, socket.SOCK_STREAM, 0)

def send(s, op, arg=0, *params):
    data = b"".join(p.encode() + b"\0" for p in params)
    s.sendall(struct.pack("=IHHiI", 16 + len(data), op, 0, 0, arg) + data)

def answer(s):
    "errno's name or 0, and the sentence or the jid"
    n, _, _, error, arg = struct.unpack("=IHHiI",
        s.recv(16, socket.MSG_WAITALL))
    text = s.recv(n - 16, socket.MSG_WAITALL).decode() if n > 16 else arg
    return errno.errorcode.get(error, error), text

def ask(s, op, arg=0, *params):
    send(s, op, arg, *params)
    return answer(s)
X
ctl()	{ PYTHONPATH=$T PYTHONDONTWRITEBYTECODE=1 python3 "$@"; }

# ---- who is about to start a program ----

cat >"$T/hold" <<'X'
from ctl import *
a, b, c = conn(), conn(), conn()
print(ask(a, SET, CREATE | ATTACH, "name=held", "ip4.addr=10.0.43.1")[0])
print(ask(b, SET, UPDATE | ATTACH, "name=held")[0])
print(ask(b, SET, UPDATE | ATTACH, "name=held")[0])
a.close()
time.sleep(0.1)
print(ask(c, SET, UPDATE, "name=held")[0])
b.close()
time.sleep(0.1)
print(ask(c, SET, UPDATE, "name=held")[0])
X
is "$(ctl "$T/hold" | tr '\n' ' ')" "0 0 0 0 ENOENT " \
    "a jail waits for each who has said he will start a program in it"

# ---- how many may ask ----

cat >"$T/many" <<'X'
from ctl import *
kept = []
try:
    while len(kept) < 2000:
        kept.append(inside())
except OSError as e:
    print(len(kept), errno.errorcode[e.errno])
del kept[::2]
time.sleep(0.1)
print(ask(inside(), PING)[0])
X
# One is that of its /proc/net, where it has one.
like "$(PYTHONPATH=$T jail many 10.0.43.2 python3 "$T/many" | tr '\n' ' ')" \
    "25[56] ENOBUFS 0 " \
    "a jail has 256 control connections, and another when some are closed"
finish
