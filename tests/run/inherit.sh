#!/bin/sh
# inherit: sockets over fork, exec, dup, SCM_RIGHTS and threads.
. "$(dirname "$0")/lib.sh"

serve echo 10.0.11.1 "$R/static" echo 0.0.0.0 7
up 10.0.11.1 7
report jail a 10.0.11.2 "$R/inherit" 10.0.11.1 7
finish
