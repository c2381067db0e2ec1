"""What the ioctls of netdevice(7) say on an AF_INET socket, a line each."""
import array
import errno
import fcntl
import socket
import struct

CALLS = {
    "SIOCGIFADDR": (0x8915, b"lo"), "SIOCGIFNETMASK": (0x891B, b"lo"),
    "SIOCGIFADDR eth0": (0x8915, b"eth0"),
    "SIOCSIFFLAGS": (0x8914, b"lo"), "SIOCETHTOOL": (0x8946, b"lo"),
}
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def call(number, arg):
    try:
        return fcntl.ioctl(s, number, arg)
    except OSError as e:
        return errno.errorcode[e.errno]


def conf(room):
    buf = array.array("B", bytes(room))
    where, _ = buf.buffer_info()
    used, _ = struct.unpack("iL", call(0x8912, struct.pack("iL", room, where)))
    return [buf[i:i + 16].tobytes().strip(b"\0").decode() + " " +
            socket.inet_ntoa(buf[i + 20:i + 24].tobytes())
            for i in range(0, used, 40)]


print("SIOCGIFCONF", *conf(4096), sep=" | ")
print("SIOCGIFCONF short", *conf(79), sep=" | ")
for name, (number, device) in CALLS.items():
    got = call(number, struct.pack("40s", device))
    print(name, got if isinstance(got, str) else socket.inet_ntoa(got[20:24]))
for index in 1, 2:
    got = call(0x8910, struct.pack("16si20x", b"", index))
    print("SIOCGIFNAME", index,
          got if isinstance(got, str) else got[:16].strip(b"\0").decode())
