. "$(dirname "$0")/lib.sh"
netjail sysctl debug.turn.measure=1
(sleep 0.5; timeout 2 strace -r -o /tmp/h/mrgh/st -p $daemon) &
jail a 10.0.13.1 /tmp/h/mrgh/spin
netjail sysctl debug.turn
finish
