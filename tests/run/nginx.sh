#!/bin/sh
# nginx: two workers, load by wrk, and a reload under load.
. "$(dirname "$0")/lib.sh"
needs nginx wrk curl

# Workers drop to www-data where the jail has more users than one: as root, or
# with a grant in /etc/subuid.
user=www-data
users=$(jail probe 10.0.1.9 awk '$3 > 1 { print "many"; exit }' \
    /proc/self/uid_map)
[ "$users" = many ] || user=root

mkdir -p "$T/www"
head -c 1024 /dev/zero | tr '\0' x >"$T/www/1k"
cat >"$T/nginx.conf" <<EOF
daemon off;
worker_processes 2;
pid $T/nginx.pid;
error_log $T/error.log info;
user $user;
events { worker_connections 512; }
http {
	access_log off;
	server { listen 80; root $T/www; }
	client_body_temp_path $T/body;
	proxy_temp_path $T/proxy;
	fastcgi_temp_path $T/fastcgi;
	uwsgi_temp_path $T/uwsgi;
	scgi_temp_path $T/scgi;
}
EOF
seconds=3
[ -z "$short" ] || seconds=1

serve www 10.0.1.80 nginx -e "$T/error.log" -c "$T/nginx.conf"
up 10.0.1.80 80

is "$(jail client 10.0.1.7 curl -sS http://10.0.1.80/1k 2>&1 | wc -c)" 1024 \
    "a page of 1 KB"
is "$(jexec www ps -eo user:20,args | awk '/worker [p]rocess/ { print $1 }' |
    sort -u)" $user "the workers are $user's"

failed_requests()
{
	grep -E 'Socket errors|Non-2xx' "$1"
}
served()
{
	sed -n 's/^ *\([0-9]*\) requests in.*/\1/p' "$1"
}

jail load 10.0.1.8 wrk -t1 -c16 -d${seconds}s http://10.0.1.80/1k \
    >"$T/wrk" 2>&1
is "$(failed_requests "$T/wrk")" "" "wrk with keep-alive: no request fails"
check "and requests were served ($(served "$T/wrk"))" \
    test "$(served "$T/wrk")" -gt 100

jail load 10.0.1.8 wrk -t1 -c16 -d${seconds}s -H 'Connection: close' \
    http://10.0.1.80/1k >"$T/wrk" 2>&1 &
wrk=$!
sleep 1
old=$(cat "$T/nginx.pid")
jexec www sh -c "kill -HUP $old"
sleep 0.5
jexec www sh -c "kill -HUP $old"
wait $wrk
is "$(failed_requests "$T/wrk")" "" \
    "two reloads under load, a connection a request: none fails"
check "and requests were served ($(served "$T/wrk"))" \
    test "$(served "$T/wrk")" -gt 100
check "nginx did reload" grep -q 'signal 1 (SIGHUP).*reconfiguring' \
    "$T/error.log"
# A jail with one user only has no supplementary groups to give up.
is "$(grep -E '\[(alert|crit|emerg)\]' "$T/error.log" |
    grep -v 'initgroups(.*not permitted')" "" \
    "nginx has logged nothing alarming"
is "$(jail client 10.0.1.7 curl -sS http://10.0.1.80/1k 2>&1 | wc -c)" 1024 \
    "and it serves on"
jexec www sh -c "kill -QUIT $old"
until_ok 10 eval '! kill -0 $pid 2>/dev/null'
wait "$pid"
is $? 0 "nginx ends in order when told to quit"
finish
