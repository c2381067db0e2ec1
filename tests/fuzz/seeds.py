#!/usr/bin/env python3
"""seeds.py DIR: scripts for the fuzzers to begin with.

A search that begins with nothing takes long to find that a connection is made
of seven calls in one order.  Each file written to DIR/TARGET is one course of
events, in the bytes of tests/fuzz/TARGET_fuzz.c: change both together.
"""
import os
import re
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


for target, seeds in (("stack", stack_seeds()), ("mib", mib_seeds())):
    where = os.path.join(sys.argv[1], target)
    os.makedirs(where, exist_ok=True)
    for key, data in seeds.items():
        with open(os.path.join(where, key), "wb") as f:
            f.write(data)
