#!/bin/sh
# iperf: iperf3 over TCP and UDP, both ways.
. "$(dirname "$0")/lib.sh"
needs iperf3 jq

serve srv 10.0.3.1 iperf3 -s
up 10.0.3.1 5201

run_iperf()	# SENTENCE FILTER OPTION...
{
	run_s=$1 run_f=$2
	shift 2
	jail client 10.0.3.7 iperf3 -c 10.0.3.1 -J -t 1 "$@" >"$T/out" 2>&1
	run_v=$(jq -r "if .error then .error else ($run_f) end" "$T/out" 2>&1)
	is "${run_v%% *}" true "$run_s (${run_v#* })"
}
gbit='.end.sum_received.bits_per_second'
tcp="(if $gbit > 1e7 then \"true\" else \"slow\" end) + \" \" + \
    ($gbit / 1e9 * 100 | round / 100 | tostring) + \" Gbit/s\""
udp='(if .end.sum.packets > 100 and .end.sum.lost_percent < 5 then "true"
    else "lossy" end) + " " + (.end.sum.lost_percent | tostring) + " % lost"'

run_iperf "TCP" "$tcp"
run_iperf "TCP, the server sends" "$tcp" -R
run_iperf "TCP, four streams" "$tcp" -P 4
run_iperf "UDP at 20 Mbit/s" "$udp" -u -b 20M -l 1200
run_iperf "UDP, the server sends" "$udp" -u -b 20M -l 1200 -R
finish
