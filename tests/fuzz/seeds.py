#!/usr/bin/env python3
"""seeds.py DIR: scripts for the fuzzers to begin with.

A search that begins with nothing takes long to find that a connection is made
of seven calls in one order.  Each file written to DIR/TARGET is one course of
events, in the bytes of tests/fuzz/TARGET_fuzz.c: change both together.
"""
import os
import re
import struct
import sys
from glob import glob

STREAM, DGRAM, RAW = 0, 2, 3
ONE, TWO, BOTH = 2, 3, 4        # 10.0.0.1 to 10.0.0.3
RUN = bytes([12, 3])            # four packets
DROP, LAST = bytes([11]), bytes([10])


def number(n):
    return bytes([n >> 8, n & 255])


def endpoint(addr, port):
    return bytes([addr, port])


def socket(slot, kind=STREAM, proto=0, cred=0):
    extra = bytes([proto]) if kind == RAW else b""
    return bytes([0]) + number(slot) + bytes([kind]) + extra + number(cred)


def call(slot, what, rest=b""):
    return bytes([2]) + number(slot) + bytes([what]) + rest


def bind(slot, addr, port):
    return call(slot, 0, endpoint(addr, port))


def listen(slot, backlog=6):
    return call(slot, 1, bytes([backlog]))


def connect(slot, addr, port):
    return call(slot, 2, endpoint(addr, port))


def accept(slot, into):
    return call(slot, 3, number(into) + bytes([1]))


def send(slot, n, to=None):
    return call(slot, 4, number(n) + endpoint(*(to or (0, 0))) +
                bytes([1 if to else 0]))


def receive(slot, n=30000):
    return call(slot, 5, number(n) + number(0) + bytes([1]))


def shutdown(slot, how):
    return call(slot, 6, bytes([how]))


def option(slot, opt, val):
    return call(slot, 8, bytes([opt, 1, val + 1, 1]))


def abort(slot):
    return call(slot, 10)


def close(slot):
    return call(slot, 11)


def elapse(exponent):
    return bytes([13, exponent])


def jail(which):
    return bytes([14, which])


def listing(which):
    return bytes([15]) + number(0) + bytes([which])


def change(at, value):
    return bytes([8, 0]) + number(at) + bytes([value])


def forge(payload, src, dst, proto):
    return (bytes([7]) + number(len(payload)) + payload + endpoint(*src) +
            endpoint(*dst) + bytes([proto]))


def segment(flags, seq):
    ports = (1021).to_bytes(2, "big") * 2
    return (ports + bytes([0, 0, 0, seq, 0, 0, 0, 0, 0x50, flags, 16, 0]) +
            bytes(8))


def stack_seeds():
    opened = (socket(0) + bind(0, ONE, 1) + listen(0) + socket(1) +
              connect(1, ONE, 1) + RUN * 2 + accept(0, 2))
    repeat = lambda n, s: b"".join([s] * n)
    return {
        "handshake": opened + send(1, 1000) + RUN + receive(2) +
        send(2, 5000) + RUN * 2 + receive(1) + listing(0) + close(1) + RUN +
        close(2) + RUN + close(0),
        "stream": opened +
        repeat(6, send(1, 60000) + RUN + receive(2) + RUN) +
        shutdown(1, 1) + RUN + receive(2) + send(2, 400) + RUN + close(2) +
        RUN + receive(1) + close(1) + elapse(17),
        "loss": opened +
        repeat(4, send(1, 30000) + DROP + RUN * 2 + elapse(9) + receive(2)) +
        close(1) + elapse(14) + close(2) + elapse(17),
        "reorder": opened +
        repeat(4, send(1, 65000) + LAST * 3 + RUN * 2 + receive(2)) +
        abort(2) + RUN + receive(1) + close(1),
        "change": opened +
        b"".join(send(1, 2000) + change(at, 200 + at) + RUN + receive(2)
                 for at in range(20, 50)) +
        close(1) + close(2) + elapse(17),
        "simultaneous": socket(0) + bind(0, ONE, 1) + socket(1) +
        bind(1, TWO, 2) + connect(0, TWO, 2) + connect(1, ONE, 1) + RUN * 3 +
        send(0, 300) + RUN + receive(1) + close(0) + close(1) + RUN * 2 +
        elapse(17),
        "udp": socket(0, DGRAM) + bind(0, 1, 1) + socket(1, DGRAM) +
        send(1, 700, (1, 1)) + RUN + receive(0) + connect(1, 1, 2) +
        send(1, 10) + RUN + receive(1) + listing(1) +
        send(1, 65000, (1, 1)) + RUN + receive(0),
        "raw": socket(0, RAW, 1) + connect(0, 1, 0) + send(0, 200) + RUN +
        receive(0) + listing(2) + socket(3, RAW, 17, 1) +
        send(3, 40, (ONE, 1)) + RUN,
        "jail": socket(0, cred=1) + bind(0, 0, 1) + listen(0) +
        socket(1, cred=2) + connect(1, ONE, 1) + RUN * 2 + accept(0, 2) +
        send(1, 100) + RUN + jail(0) + RUN + receive(1) + close(1) + jail(0) +
        elapse(10),
        "keepalive": opened + option(1, 3, 1) + option(1, 22, 5) +
        option(1, 23, 2) + elapse(16) + DROP + elapse(17) + close(1) +
        elapse(17) + close(2) + elapse(17),
        "closed_window": opened + option(2, 9, 40) +
        repeat(8, send(1, 60000) + RUN) + elapse(15) + receive(2) + RUN +
        elapse(12) + receive(2) + RUN + close(1) + RUN + close(2) +
        elapse(16),
        "linger": opened + option(1, 7, 0) + send(1, 100) + close(1) + RUN +
        receive(2) + close(2) + elapse(5),
        "backlog": socket(0) + bind(0, ONE, 1) + listen(0, 1) +
        b"".join(socket(i) + connect(i, ONE, 1) + RUN for i in range(1, 8)) +
        close(0) + RUN * 3 + b"".join(receive(i) for i in range(1, 8)),
        "forged": socket(0) + bind(0, ONE, 1) + listen(0) +
        b"".join(forge(segment(flags, seq), (BOTH, 1), (ONE, 1), 6) + RUN
                 for seq, flags in enumerate([2, 18, 4, 1, 16, 17, 0, 63])),
    }


def mib_seeds():
    """Every name in the sources, read, and written as one byte."""
    top = os.path.join(os.path.dirname(__file__), "..", "..")
    name = re.compile(r'"((?:net|kern|vm|security|hw|jail)\.[a-z0-9_.]+)"')
    names = sorted({m for f in glob(top + "/*/*.c")
                    for m in name.findall(open(f).read())})
    read = lambda n: (bytes([0, len(n)]) + n.encode() + bytes([0, 0, 1]) +
                      bytes([0, len(n)]) + n.encode() + bytes([1, 1, 0, 1]))
    return {"names%d" % (i // 16): b"".join(map(read, names[i:i + 16]))
            for i in range(0, len(names), 16)}


def diag_seeds():
    """Steps of diag_fuzz.c: who, how, and one message."""
    def step(messages, how=1, who=0):
        return (bytes([who, how, len(messages) - 1]) + b"".join(messages))

    def message(kind=0, body=bytes([3, 0, 0, 1, 1, 1]), flags=None, bc=None):
        how = bytes([1]) if flags is None else bytes([0]) + number(flags)
        return (bytes([kind]) + how + body +
                (bytes([1]) if bc is None else bytes([0]) + bc) + bytes([1]))

    inet = lambda proto, ext=0: bytes([3, proto, ext, 0, 1, 1])
    op = lambda code, yes, no, rest=b"": (
        bytes([code, yes // 4, no // 4]) +
        bytes([len(rest) // 4]) + rest)
    port = op(1, 8, 12, bytes([0, 0, 80, 0]))
    bc = lambda *ops: bytes([len(ops)]) + b"".join(ops) + bytes([1, 1])
    return {
        "listings": b"".join(step([message(body=inet(p, 255))], who=w)
                             for p in range(4) for w in (0, 1)),
        "filters": step([message(bc=bc(port))]) +
        step([message(bc=bc(op(0, 4, 0), port))]) +
        step([message(bc=bc(op(2, 8, 12, bytes(4)), op(11, 4, 4)))]),
        "one": step([message(flags=5)]) + step([message(flags=1)]),
        "kinds": b"".join(step([message(kind)]) for kind in range(8)),
        "unix": step([message(body=bytes([2, 24]) + bytes(24))]),
        "several": step([message(), message(body=inet(1)), message(5)]),
        "unread": step([message()], how=0) * 20,
        "shut": step([message()]) + step([message()], how=31) +
        step([message()]),
    }


def conf_seeds():
    """Texts of netjail.conf(5): all the grammar, and what is wrong with it."""
    texts = {
        "plain": "exec.clean;\npath = \"/jail/$name\";\n"
        "www { ip4.addr = 10.0.0.1, 10.0.0.2; depend = db;"
        " exec.start = 'a b'; }\n"
        "db { ip4.addr += 10.0.0.3; mount.devfs; exec.timeout = 5; }\n",
        "variables": "$a = 1; $b = \"x${a}y\"; * { host.hostname = $name.$b; }"
        " j { path = $b; ip4.addr = $list; $list = 1, 2; k = ${path}; }",
        "loop": "$a = $b; $b = ${a}; j { path = $a; }",
        "circle": "a { depend = b; } b { depend = c; } c { depend = a; }",
        "wildcards": "* { persist; } a.* { nopersist; } a.b { } a { }"
        " 7 { jid = 7; } *.b { children.max = 3; }",
        "words": "j { a = 'x' \"y\"z; b = \\x41\\101\\n; // c\n # d\n"
        " /* e */ f = a\\\nb; }",
        "wrong": "j { a = ; }", "open": "j { /* ", "string": "j { a = \"",
        "include": ".include 'j { }', \"k { $a = 1; }\"; a; b { }",
        "nested": ".include \"a; .include 'j { }'; .include 'b = 1;'\";",
        "itself": ".include a;", "nofile": ".include none;",
        "inside": "j { .include a; }", "which": ".include $x; .include;",
        "twice": "j { } j { }", "values": "j { exec.timeout = x; depend; }",
    }
    return {name: text.encode() for name, text in texts.items()}


def jailparam_seeds():
    """Requests of jailparam_fuzz.c.  Numbers are of the table of parameters
    (netjail/jailparam.h) and of the values in put_value()."""
    jid, name, path, persist, child_max, ip4, ip4_addr = 0, 2, 3, 5, 7, 10, 11

    def param(which, value=None):
        return bytes([which, 2]) + (
            bytes([0]) if value is None else bytes([1, 1, value]))

    def ask(flags, *params, who=0):
        return (bytes([who, 7, flags, 1, len(params)]) + b"".join(params))

    remove = lambda n, who=0: bytes([who, 0, n])
    get = lambda after, *names, who=0: (
        bytes([who, 1, 0, 1, after, len(names)]) +
        b"".join(bytes([n, 2]) for n in names))
    make = lambda n, *params, who=0: ask(1, param(name, n), *params, who=who)
    change = lambda n, *params, who=0: ask(2, param(name, n), *params, who=who)
    return {
        "make": make(11, param(ip4_addr, 19), param(path, 26)) +
        get(1, *range(30)) + remove(2),
        "below": make(11, param(ip4_addr, 17), param(child_max, 2), who=1) +
        make(15, param(ip4, 10)) + get(2, *range(30), who=1) +
        change(12, param(ip4_addr, 18)) + change(13, param(ip4_addr, 17)) +
        remove(1),
        "change": make(11, param(ip4_addr, 20)) +
        change(11, param(ip4_addr, 19), param(name, 16)) +
        change(11, *(param(n, 7) for n in range(12, 24))) +
        change(11, *(param(n, 2) for n in range(22, 29))),
        "refused": b"".join(ask(3, param(n, v)) for n in range(30)
                            for v in (0, 28, 29)),
        "by_jid": ask(1, param(jid, 5), param(ip4_addr, 19)) +
        ask(2, param(jid, 5), param(name, 11)) + remove(5),
        # Only the jail below keeps it: removing the one removes the other.
        "kept": ask(5, param(name, 11), param(child_max, 2)) +
        make(16) + change(11, bytes([persist, 1, 0])) + remove(2),
    }


def rtmsg_seeds():
    """Lists as net.routetable has them."""
    pad = lambda b: b + bytes(-len(b) % 8)
    sin = lambda *a: pad(bytes([16]) + bytes([2, 0, 0]) + bytes(a) + bytes(8))
    sin6 = lambda last: pad(bytes([28, 10]) + bytes(21) + bytes([last]) +
                            bytes(4))
    link = pad(bytes([54, 18, 1, 0, 6, 3, 6, 0]) + b"em0" + bytes(range(6)) +
               bytes(37))

    def interface(kind, addrs, *sas):
        rest = bytes(DATALEN) + b"".join(sas)
        return struct.pack("<HBBiiHHHHi", 24 + len(rest), 5, kind, addrs, 1,
                           1, 0, 24 + DATALEN, 24, 0) + rest

    def route(addrs, *sas):
        rest = bytes(RTLEN - 16) + b"".join(sas)
        return struct.pack("<HBBHHii", 16 + len(rest), 5, 4, 1, 0, 1,
                           addrs) + rest

    DATALEN, RTLEN = 152, 152       # if_data, rt_msghdr
    return {
        "interfaces": interface(14, 0x10, link) +
        interface(12, 0x24, sin(255, 0, 0, 0), sin(10, 0, 0, 1)) +
        interface(12, 0x24, sin6(0), sin6(9)),
        "routes": route(7, sin(10, 0, 0, 0), sin(10, 0, 0, 1),
                        sin(255, 255, 0, 0)) +
        route(3, sin6(1), link),
        "short": bytes([8, 0, 5, 99, 0, 0, 0, 0]) * 3,
    }


def records_seeds():
    """Displays of records_fuzz.c: all of them, of a stack that does not lie,
    and some of one that does."""
    truth, little = bytes([1, 0, 2, 1]), bytes([1, 2, 0, 7, 9, 0, 90, 3, 2])
    out = {"census": bytes([0, 1]) + truth * 40,
           "census_lie": bytes([0, 1]) + little * 40}
    for i in range(7):
        for key, lies in (("true", truth), ("lie", little)):
            for json in (0, 1):
                out["show%d%s%d" % (i, key, json)] = (
                    bytes([1, json, 1]) + number(0x55aa >> (i % 2)) +
                    bytes([i, 0, i % 2, 1]) + lies * 40)
    return out


for target, seeds in (("stack", stack_seeds()), ("mib", mib_seeds()),
                      ("diag", diag_seeds()), ("conf", conf_seeds()),
                      ("jailparam", jailparam_seeds()),
                      ("rtmsg", rtmsg_seeds()), ("records", records_seeds())):
    where = os.path.join(sys.argv[1], target)
    os.makedirs(where, exist_ok=True)
    for key, data in seeds.items():
        with open(os.path.join(where, key), "wb") as f:
            f.write(data)
