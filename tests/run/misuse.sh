#!/bin/sh
# misuse: wrong use and failures answer in one line and a status that is not 0.
. "$(dirname "$0")/lib.sh"

# refused SENTENCE COMMAND...: status not 0, at least a line on stderr, and
# not a page
refused()
{
	refused_s=$1
	shift
	timeout -k 5 20 "$@" >"$T/out" 2>"$T/err" </dev/null
	refused_rc=$?
	refused_n=$(wc -l <"$T/err")
	if [ $refused_rc -ne 0 ] && [ $refused_rc -lt 128 ] &&
	    [ $refused_rc -ne 124 ] &&
	    [ "$refused_n" -ge 1 ] && [ "$refused_n" -le 20 ] &&
	    ! grep -q ran "$T/out"; then
		ok "$refused_s: $(head -n 1 "$T/err" | cut -c 1-60)"
	else
		not_ok "$refused_s" "status $refused_rc: $(cat "$T/out" "$T/err")"
	fi
}

refused "an unknown option" netjail -Z / x 10.0.15.1 echo ran
refused "too few operands" netjail / x
refused "an address that is none" netjail / x 10.0.15.999 echo ran
refused "a path that is not there" netjail /nowhere x 10.0.15.1 echo ran
refused "a path that is a file" netjail /etc/passwd x 10.0.15.1 echo ran
refused "a command that is not there" netjail / x 10.0.15.1 /no/such/command
refused "an unknown parameter" netjail -o nonsense=1 / x 10.0.15.1 echo ran
refused "an unknown jail for jexec" jexec nobody echo ran
refused "an unknown jail for netstat" netjail netstat -j nobody
refused "an unknown oid" netjail sysctl no.such.oid
refused "a value for what cannot be set" netjail sysctl kern.ostype=x
refused "an unknown option of netstat" netjail netstat --nonsense
refused "an unknown option of jls" jls -Z
refused "an unknown option of netjaild" netjaild --nonsense

serve two 10.0.15.2,10.0.15.3 sleep 100
until_ok 5 jexec two true
refused "an address of another jail" netjail / x 10.0.15.3,10.0.15.4 echo ran
refused "a name in use" netjail -n two / x 10.0.15.5 echo ran
refused "a second daemon on the same socket" netjaild -f

check "the daemon is none the worse" jail after 10.0.15.6 true

refused "a socket path that cannot be" \
    env NETJAIL_SOCK=/nowhere/at/all netjail / x 10.0.15.1 echo ran
refused "a socket path that is too long" \
    env NETJAIL_SOCK="$T/$(printf '%0200d' 0)" netjail / x 10.0.15.1 echo ran
refused "jls with no daemon" env NETJAIL_SOCK="$T/none" jls
finish
