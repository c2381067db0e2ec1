#!/bin/sh
# web: Python's http.server in one jail, curl in another.
. "$(dirname "$0")/lib.sh"
needs curl python3

brief_time_wait
mkdir "$T/www"
head -c 1000000 /dev/urandom >"$T/www/big"
echo hello >"$T/www/index.html"
serve www 10.0.0.80 python3 -u -m http.server -d "$T/www" 80
up 10.0.0.80 80

is "$(jail client 10.0.0.7 curl -sS http://10.0.0.80/ 2>&1)" hello \
    "curl fetches a page from another jail"
check "the server saw the client's own address" \
    grep -q '^10\.0\.0\.7 ' "$T/www.log"
jail client 10.0.0.7 curl -sS -o "$T/big" http://10.0.0.80/big
check "a megabyte arrives unchanged" cmp "$T/www/big" "$T/big"
is "$(jail client 10.0.0.7 curl -s -o /dev/null -w '%{http_code}' \
    http://10.0.0.80/none)" 404 "a missing page is 404"
is "$(on_host curl -sS http://10.0.0.80/ 2>&1)" hello \
    "and from the stack outside jails"
is "$(jexec www curl -sS http://127.0.0.1/ 2>&1)" hello \
    "inside the server's jail 127.0.0.1 is the server"
is "$(jail client 10.0.0.7 sh -c '
	for i in 1 2 3 4 5 6 7 8 9 10; do curl -sS http://10.0.0.80/; done |
	    sort | uniq -c | tr -s " "' 2>&1)" " 10 hello" \
    "ten fetches one after another"
jail client 10.0.0.7 curl -sS http://10.0.0.81/ >/dev/null 2>&1
is $? 7 "an address that nobody has cannot be connected to"
finish
