#!/bin/sh
# control: requests about one jail that overlap, on several connections.
. "$(dirname "$0")/lib.sh"
needs python3

# Messages of base/ctlmsg.h.  In a jail the connection is an injected one.
cat >"$T/ctl.py" <<'X'
import errno, os, socket, struct, sys, time
SET, REMOVE, PING, GET, END = 2, 7, 8, 9, 101
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

def message(s):
    n, op, _, error, arg = struct.unpack("=IHHiI",
        s.recv(16, socket.MSG_WAITALL))
    text = s.recv(n - 16, socket.MSG_WAITALL).decode() if n > 16 else ""
    return op, errno.errorcode.get(error, error), arg, text

def answer(s):
    "errno's name or 0, and the jid"
    while (m := message(s))[0] != END:
        pass
    return m[1:3]

def value(s, which, name):
    "of a jail's parameter"
    send(s, GET, 0, which, name)
    text = ""
    while (m := message(s))[0] != END:
        text += m[3]
    return text.strip("\0").split("=", 1)[1]

def wait(s):
    until = time.monotonic() + s
    while time.monotonic() < until:
        pass

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

# ---- thousands of addresses are changed ----

list()	# FIRST LAST: addresses
{
	awk -v a="$1" -v b="$2" 'BEGIN { for (i = a; i <= b; i++)
	    printf "%s10.44.%d.%d", (i > a ? "," : ""), i / 200, 1 + i % 200 }'
}
sorted() { tr , '\n' | sort | md5sum; }
has()	{ jls -j "$1" ip4.addr | sorted; }
on_lo0() { netjail netstat -in -f inet | grep -c '^lo0 .* 10\.44\.'; }
lo_of()	{ jexec "$1" ip -o -4 addr show lo | grep -c ' 10\.44\.'; }
old=$(list 0 3899) new=$(list 2000 6199)

netjail -qc name=w ip4.addr="$old" children.max=9 persist
netjail -qc name=w.own ip4.addr="$(list 0 2999)" children.max=8 persist
netjail -qc name=w.own.low ip4.addr="$(list 1990 2009)" persist
netjail -qc name=w.same ip4=inherit persist
netjail -m name=w ip4.addr="$new"
is "$(has w)" "$(echo "$new" | sorted)" "a jail gets thousands of others"
is "$(has w.own) $(has w.own.low)" "$(list 2000 2999 | sorted) $(
    list 2000 2009 | sorted)" "those below keep what it still has"
is "$(on_lo0)" 4200 "lo0 has the new ones, and no other"
for j in w:4200 w.own:1000 w.own.low:10 w.same:4200; do
	check "lo of ${j%:*} follows" \
	    until_ok 10 eval "[ \"\$(lo_of ${j%:*})\" = ${j#*:} ]"
done

netjail -qc name=other ip4.addr=10.44.9.1 persist
is "$(netjail -m name=w ip4.addr="$(list 0 3800)" 2>&1)" \
    "netjail: w: IPv4 addresses clash" "one of many is another's"
is "$(has w) $(has w.own.low) $(on_lo0)" "$(echo "$new" | sorted) $(
    list 2000 2009 | sorted) 4201" "and nothing has changed"
netjail -qr other

# Others do something at the same time: a second change, the end of the
# connection that asked, a removal.
cat >"$T/overlap" <<'X'
from ctl import *
given = ["ip4.addr=" + text for text in sys.argv[1:3]]
lists = [sorted(text.split(",")) for text in sys.argv[1:3]]
c = conn()

def has():
    "which of the lists the jail has"
    return lists.index(sorted(value(c, "name=w", "ip4.addr").split(",")))

said = set()
for i in range(30):
    a, b = conn(), conn()
    want = 1 - has()
    send(a, SET, UPDATE, "name=w", given[want])
    wait(i * 4e-4)
    if i % 2:
        a.close()
        has()
        said.add("gone")
    else:
        said.add(ask(b, SET, UPDATE, "name=w", given[want])[0])
        assert answer(a)[0] == 0 and has() == want
    while (r := ask(b, SET, UPDATE, "name=w", given[want])[0]) == "EAGAIN":
        pass
    assert r == 0 and has() == want
    a.close()
    b.close()
print(said >= {"EAGAIN", "gone"} and said <= {0, "EAGAIN", "gone"})
X
is "$(ctl "$T/overlap" "$old" "$new")" True \
    "of two changes one is put off; one that is given up is done or undone"
netjail -qr w

cat >"$T/removed" <<'X'
from ctl import *
import subprocess
said = set()
for i in range(16):
    subprocess.run(["netjail", "-qc", "name=x", "persist",
        "ip4.addr=" + sys.argv[1]], check=True)
    a, b = conn(), conn()
    jid = ask(a, SET, UPDATE, "name=x")[1]
    send(a, SET, UPDATE, "name=x", "ip4.addr=" + sys.argv[2])
    wait(i * 4e-4)
    assert ask(b, REMOVE, jid)[0] == 0
    said.add(answer(a)[0])
    a.close()
    b.close()
print("EINVAL" in said and said <= {0, "EINVAL"})
X
is "$(ctl "$T/removed" "$old" "$new")" True \
    "a jail may be removed while it is changed"
check "and takes its addresses along" until_ok 5 eval '[ "$(on_lo0)" = 0 ]'

# ---- a jail's number is another's in mid-listing ----

cat >"$T/pairs" <<'X'
import resource, socket, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
kept = [socket.socketpair() for i in range(int(sys.argv[1]))]
print("there", flush=True)
sys.stdin.read()
X
cat >"$T/listing" <<'X'
from ctl import *
import subprocess

def sysctl(s, mib, new=b"", flags=2):
    body = struct.pack("=QIIII", 1 << 40, flags, len(mib), len(new), 0)
    body += struct.pack(f"={len(mib)}i", *mib) + new
    s.sendall(struct.pack("=IHHiI", 16 + len(body), 1, 0, 0, 0) + body)

def netjail(*args):
    subprocess.run(["netjail", "-q"] + list(args), check=True)

c = conn()
sysctl(c, (0, 3), b"net.local.stream.pcblist")
n = struct.unpack("=IHHiI", c.recv(16, socket.MSG_WAITALL))[0] - 16
mib = struct.unpack(f"={n // 4}i", c.recv(n, socket.MSG_WAITALL))
assert answer(c)[0] == 0
# More than fits into the socket: it stops in the midst of the jail.
netjail("-c", "jid=77", "name=many", "persist")
p = subprocess.Popen(["jexec", "many", "python3", sys.argv[1], "8000"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
p.stdout.readline()
sysctl(c, mib, flags=0)
wait(0.5)
p.stdin.close()
p.wait()
netjail("-r", "many")
while True:
    wait(0.05)
    if subprocess.run(["netjail", "-qc", "jid=77", "name=other", "persist"],
        stderr=subprocess.DEVNULL).returncode == 0:
        break
c.settimeout(10)
size, m = 0, b""
while True:
    head = c.recv(16, socket.MSG_WAITALL)
    n, op = struct.unpack("=IH", head[:6])
    size += n
    while n > 16:
        n -= len(c.recv(n - 16))
    if op == END:
        break
print(size > 1 << 20)
X
is "$(ctl "$T/listing" "$T/pairs" 2>&1)" True \
    "a listing of UNIX sockets ends where a jail has become another"
netjail -qr other

# ---- a jail with thousands below it goes ----

cat >"$T/tree" <<'X'
from ctl import *
n = 2000
a, b, c = conn(), conn(), conn()

def make(name, below=0):
    return ask(a, SET, CREATE | ATTACH, "name=" + name, "ip4=inherit",
        f"children.max={below}")

def removal():
    "what others are told while it goes on, and then"
    jid = make("t", n)[1]
    for i in range(n):
        up = "t" if i < 2 else f"t.c{i % 2}"
        assert make(f"{up}.c{i}", n - 1 if i < 2 else 0)[0] == 0
    send(b, REMOVE, jid)
    for name in "name=t.c1.new", "name=t":
        send(c, SET, CREATE | ATTACH, name, "ip4=inherit")
    send(c, SET, UPDATE, "name=t")
    told = [answer(c)[0] for i in range(3)]
    assert answer(b)[0] == 0
    return told, ask(c, GET, 0, "lastjid=0")[0]

# It may be over before the others have asked.
tries = 0
while (r := removal())[0] != ["EINVAL", "EEXIST", "ENOENT"] and tries < 9:
    tries += 1
    if r[0][1] == 0:
        ask(a, REMOVE, ask(a, SET, UPDATE, "name=t")[1])
print(r)
for i in range(n):
    assert make(f"m{i}")[0] == 0
X
is "$(ctl "$T/tree")" "(['EINVAL', 'EEXIST', 'ENOENT'], 'ENOENT')" \
    "a dying jail takes none below it; none is left when its removal is told"
check "thousands go with the connection that has made them" \
    until_ok 5 no_jails
finish
