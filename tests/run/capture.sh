#!/bin/sh
# capture: the packets of a run, as tshark reads them.
own_daemon=yes
. "$(dirname "$0")/lib.sh"
needs tshark python3 curl
start_daemon --pcap "$T/packets"
warm_up

mkdir "$T/www"
head -c 100000 /dev/urandom >"$T/www/file"
serve www 10.0.19.1 python3 -u -m http.server -d "$T/www" 80
up 10.0.19.1 80
jail client 10.0.19.2 curl -sS -o "$T/got" http://10.0.19.1/file
check "a file is fetched with capture on" cmp "$T/www/file" "$T/got"
jail client 10.0.19.2 curl -s http://10.0.19.1:81/
jail client 10.0.19.2 sh -c 'echo x | nc -u -w 1 10.0.19.1 9'
stop $pids
pids=
sleep 0.5

# Root's tshark tells that it is root; nothing of that is about packets.
sums='-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE
    -o udp.check_checksum:TRUE'
shark()
{
	tshark -n -r "$T/packets" $sums "$@" 2>"$T/shark.err"
}
n=$(shark | wc -l)
check "tshark reads the capture ($n packets)" test "$n" -ge 12
is "$(shark -Y '_ws.malformed || ip.checksum.status==0 ||
    tcp.checksum.status==0 || udp.checksum.status==0')" "" \
    "no packet is malformed, no checksum is wrong"
is "$(shark -Y 'tcp.flags.syn==1 && tcp.flags.ack==0 && tcp.dstport==80' |
    wc -l)" 1 "the connection opens with one SYN"
is "$(shark -Y 'tcp.dstport==81 || tcp.srcport==81' -T fields -e tcp.flags |
    tr '\n' ' ')" "0x0002 0x0014 " \
    "the refused one is a SYN and a RST"
is "$(shark -Y 'tcp.analysis.retransmission || tcp.analysis.lost_segment' |
    wc -l)" 0 "nothing is retransmitted on lo0"
is "$(shark -Y 'icmp.type==3 && icmp.code==3' | wc -l | awk '{ print ($1 > 0) }')" \
    1 "a datagram to a closed port is answered by port unreachable"
finish
