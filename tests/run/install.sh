#!/bin/sh
# install: make install puts everything where pkg-config says that it is, and
# programs written for FreeBSD build and run against that; make uninstall takes it
# away, and nothing else.
. "$(dirname "$0")/lib.sh"
needs make gcc pkg-config socat
top=$(cd "$here/../.." && pwd)
D=$T/root P=/opt/nj

check "make install works" make -s -C "$top" B="$B" DESTDIR="$D" PREFIX=$P \
    install
N=$D$P
for f in sbin/netjaild sbin/netjail sbin/jls sbin/jexec libexec/netjail/netstat \
    libexec/netjail/sockstat libexec/netjail/sysctl \
    lib/libnetjail.so.0 lib/libnetjail.so \
    lib/pkgconfig/netjail.pc lib/pkgconfig/netjail-stack.pc \
    include/netjail/ip_portrange.h include/netjail/bsd/sys/sysctl.h \
    include/netjail/bsd/netinet/in_pcb.h include/netjail/stack/stack/socket.h \
    share/man/man2/jail.2 share/man/man3/sysctl.3 \
    share/man/man7/netjail-sysctl.7 share/man/man8/netjaild.8 \
    share/man/man1/netstat.1 share/man/man1/sockstat.1; do
	[ -e "$N/$f" ] || not_ok "$f is installed"
done

# As a user would, but for the root that it is under.
export PKG_CONFIG_PATH="$N/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$D"
export LD_LIBRARY_PATH="$N/lib"
flags()	{ pkg-config --cflags --libs "$1"; }
like "$(pkg-config --modversion netjail)" "[0-9]*.[0-9]*" \
    "pkg-config knows netjail"
check "... by its prefix" grep -qx "prefix=$P" "$N/lib/pkgconfig/netjail.pc"
for c in "$top"/tests/consumer/*.c; do
	p=${c##*/} p=${p%.c}
	check "$p builds against what is installed" \
	    gcc -Wall -Wextra -Werror -o "$T/$p" "$c" $(flags netjail) -pthread
done
serve www 10.0.23.1 socat TCP-LISTEN:80,fork PIPE
up 10.0.23.1 80
is "$("$T/inetstat" | grep -c '^tcp 10.0.23.1.80 .* LISTEN')" 1 \
    "it runs, and sees a socket"
# Each header alone, in C and as C++.
for h in $(cd "$N/include/netjail/bsd" && find . -name '*.h' | sed 's,^\./,,'); do
	for lang in c c++; do
		[ $lang = c ] || command -v g++ >/dev/null || continue
		echo "#include <$h>" |
		    gcc -Wall -Wextra -Werror -fsyntax-only -x $lang \
		    $(pkg-config --cflags netjail) - >"$T/out" 2>&1 ||
		    not_ok "$h can be included alone ($lang)" "$(cat "$T/out")"
	done
done
ok "every header can be included alone"
is "$(nm -D --defined-only "$N/lib/libnetjail.so" | sed 's/.* //;s/@.*//' |
    grep -v '^NETJAIL_' | grep -vE '^(sysctl|jail)' )" "" \
    "libnetjail shows nothing but its calls"

# A program with a stack of its own.
check "a program that embeds the stack builds" gcc -Wall -Wextra -Werror \
    -o "$T/embed" "$top/tests/consumer/embed/embed.c" $(flags netjail-stack)
is "$("$T/embed")" "through a stack of its own" "... and runs"
mkfifo "$T/in"
"$T/embed" "$T/e" <"$T/in" >"$T/embed.log" 2>&1 &
embed=$!
exec 9>"$T/in"
export NETJAIL_SOCK="$T/e"
until_ok 5 sysctl -n kern.ostype
is "$(netstat -an -f inet | grep -c '^tcp4 .* 127.0.0.1.80 .* LISTEN')" 1 \
    "netstat looks at it"
is "$("$T/sockwalk" | grep -c '^net.local.stream.pcblist so 0x[0-9a-f]* /of/its/own$')" \
    1 "a reader of local sockets finds its name"
exec 9>&-
wait $embed
is "$? $(cat "$T/embed.log")" "0 through a stack of its own" \
    "it ends with nothing left"
export NETJAIL_SOCK="$T/sock"

echo mine >"$N/include/netjail/mine.h"
check "make uninstall works" make -s -C "$top" B="$B" DESTDIR="$D" PREFIX=$P \
    uninstall
is "$(cd "$D" && find . ! -type d)" ".$P/include/netjail/mine.h" \
    "it leaves what it has not installed, and nothing else"
is "$(cd "$D" && find . -name netjail)" ".$P/include/netjail" \
    "directories of netjail go when they are empty"
finish
