#!/bin/sh
# static: programs without a dynamic linker, which no preloaded library reaches.
. "$(dirname "$0")/lib.sh"

like "$(ldd "$R/static" 2>&1)" '*not a dynamic executable*' \
    "the program is linked statically"
serve a 10.0.6.1 "$R/static" serve 0.0.0.0 80 "jail a"
serve b 10.0.6.2 "$R/static" serve 0.0.0.0 80 "jail b"
up 10.0.6.1 80
up 10.0.6.2 80
is "$(jail c 10.0.6.3 "$R/static" fetch 10.0.6.1 80)" "jail a" \
    "a static client reaches a static server"
is "$(jail c 10.0.6.3 "$R/static" fetch 10.0.6.2 80)" "jail b" \
    "and the other one on the same port"
is "$(jexec a "$R/static" fetch 127.0.0.1 80)" "jail a" \
    "127.0.0.1 in a jail is that jail"
finish
