#!/bin/sh
# conf: jails of a file are made, changed and removed as it says.
. "$(dirname "$0")/lib.sh"

log=$T/steps
conf()	{ netjail -f "$T/conf" "$@" >"$T/out" 2>"$T/err" </dev/null; }
steps()	{ tr '\n' ' ' <"$log"; : >"$log"; }
running() { jls -N | sed 1d | awk '{ print $1 }' | sort | tr '\n' ' '; }
: >"$log"

# ---- start and removal, with commands ----

cat >"$T/conf" <<END
# Every step of every jail leaves a word in the log.
\$log = "$log";
\$step = "echo \$name";
path = "/";
host.hostname = "\$name.test";
exec.prestart = "echo prestart-\$name >>\$log";
exec.created = 'echo created-\$JNAME-\$JID >>$log';
exec.start = "echo start-\$name-\`hostname\` >>\$log";
exec.poststart = "echo poststart-\$name >>\$log";
exec.prestop = "echo prestop-\$name >>\$log";
exec.stop = "echo stop-\$name >>\$log";
exec.poststop = "echo poststop-\$name >>\$log";
persist;
web { ip4.addr = 10.0.62.1; depend = db, dns; }
db { ip4.addr = "lo0|10.0.62.2/24"; exec.start += "echo more >>\$log"; }
dns { ip4.addr = 10.0.62.3; exec.start = ""; interface = lo0; }
* { exec.poststart += "echo last-\$name >>\$log"; }
END
conf -p 1 -c
is "$? $(cat "$T/err")" "0 " "-c: all jails of a file start"
is "$(running)" "db dns web " "and are there"
is "$(steps | sed 's/-[0-9]* / /g')" "prestart-db created-db start-db-db.test \
more poststart-db last-db prestart-dns created-dns poststart-dns last-dns \
prestart-web created-web start-web-web.test poststart-web last-web " \
    "commands run in order, inside and outside, dependencies first"
is "$(cat "$T/out")" "db: created
dns: created
web: created" "what was made is told"
is "$(jls -j db ip4.addr host.hostname)" "10.0.62.2 db.test" \
    "an address loses its interface and its mask"
conf -c web
is "$? $(cat "$T/err")" '1 netjail: "web" already exists' \
    "-c: a jail that is there is an error"
sed -i 's/^web {/web { allow.raw_sockets; /' "$T/conf"
conf -m web
is "$? $(jls -j web allow.raw_sockets)" "0 true" "-m: a jail is changed"
is "$(steps)" "" "and no command is run"
conf -q -r db
is "$? $(running)" "0 dns " "-r: what depends on a jail goes with it"
is "$(steps)" "prestop-web stop-web poststop-web prestop-db stop-db \
poststop-db " "before it, each with its commands"
is "$(cat "$T/out")" "" "-q: nothing is told"
conf -cm web
is "$? $(running)" "0 db dns web " "-cm: what is needed is made, and it"
steps >/dev/null
conf -R web
is "$? $(running)$(steps)" "0 db dns " "-R: no command is run"
netjail -n other -o persist / o.test 10.0.62.9
conf -r other nosuch
is "$? $(cat "$T/err") $(running)" '1 netjail: "nosuch" not found db dns ' \
    "-r: a jail that is in no file is removed, one that is not there told"
netjail -n other -o persist / o.test 10.0.62.9
conf -r '*'
is "$? $(running)" "0 " "-r '*' removes those that are in no file as well"
steps >/dev/null

# ---- what fails ----

cat >"$T/conf" <<END
exec.start = "false";
path = /;
first { ip4.addr = 10.0.63.1; exec.poststop = "echo poststop >>$log"; }
second { ip4.addr = 10.0.63.2; depend = first; }
third { ip4.addr = 10.0.63.3; persist; exec.start = "true"; }
fourth { ip4.addr = 10.0.63.3; persist; exec.start = "true"; exec.prestart =
    "kill -9 \\\$\\\$"; }
END
conf -p 1 -c
is "$? $(running)" "1 third " "a command that fails ends its jail, not others"
is "$(cat "$T/err")" 'netjail: first: false: failed
netjail: "second" skipped
netjail: fourth: kill -9 $$: exited on signal 9' \
    "and those that depend on it are left out"
conf -r third
cat >"$T/conf" <<END
path = /; persist;
slow { exec.timeout = 1; exec.start = "sleep 60"; }
END
conf -c
is "$? $(cat "$T/err")$(running)" "1 netjail: slow: sleep 60: timed out" \
    "a command that takes too long is ended, and its jail"
cat >"$T/conf" <<END
path = /; persist;
j { exec.prestop = "false"; exec.poststop = "echo poststop >>$log"; }
END
conf -c
conf -r
is "$? $(running)" "1 j " "a removal that fails at first leaves the jail"
conf -R
is "$?$(running)" 0 "-R removes it"

# ---- several at a time ----

# Each waits for the other to begin.
cat >"$T/conf" <<END
path = /; persist; exec.timeout = 50;
exec.prestart = "touch $T/\$name.in; until [ -e $T/\$other.in ]; do sleep .05;
    done";
exec.poststop = "touch $T/\$name.out; until [ -e $T/\$other.out ]; do
    sleep .05; done";
a { \$other = b; }
b { \$other = a; }
last { depend = a, b; \$other = a; exec.prestart = "jls name >$T/were"; }
END
conf -c
is "$? $(cat "$T/err")$(running)" "0 a b last " \
    "jails that do not need each other start at the same time"
is "$(sort "$T/were" | tr '\n' ' ')" "a b " \
    "and one that needs them when they are there"
sed -i '/^last/s/exec.prestart/exec.poststop/' "$T/conf"
conf -r
is "$? $(cat "$T/err")$(running)" "0 " "so do they go"
is "$(sort "$T/were" | tr '\n' ' ')" "a b " "and before them what needs them"
alone="mkdir $T/one; sleep .1; rmdir $T/one"
cat >"$T/conf" <<END
path = /; persist; exec.prestart = "$alone"; exec.poststop = "$alone";
a { } b { } c { }
END
conf -p 1 -c
is "$? $(cat "$T/err")$(running)" "0 a b c " "-p 1: one after another"
conf -p 1 -r
is "$? $(cat "$T/err")$(running)" "0 " "and back"
conf -p x -c
is "$? $(cat "$T/err")" "1 netjail: -p x: invalid" "-p wants a number"
{
	echo "path = /; exec.start = false;"
	for i in 1 2 3 4 5 6 7 8; do
		echo "j$i { } needs$i { depend = j$i; }"
	done
} >"$T/conf"
conf -c
is "$? $(running)$(sed -E 's/[1-8]/N/' "$T/err" | sort | uniq -c |
    tr -s ' ')" "1  8 netjail: \"needsN\" skipped
 8 netjail: jN: false: failed" "errors of many are whole lines"

# ---- what keeps a jail, and its end ----

cat >"$T/conf" <<END
path = "/"; stop.timeout = 20;
gone { exec.start = "true"; exec.poststart = "jls -j gone name >>$log"; }
stays { exec.start = "sh -c 'trap \"echo asked >>$log; exit\" TERM; echo up \
    >>$log; while :; do sleep .1; done' >/dev/null 2>&1 &"; }
END
conf -p 1 -c
is "$? $(cat "$T/err")" "0 " "a jail that leaves no process starts"
until_ok 5 eval '[ "$(running)" = "stays " ]'
is "$(running)" "stays " "and is gone when its commands are done"
until_ok 5 grep -q up "$log"
is "$(steps)" "gone up " "not before"
conf -r stays
is "$? $(running)$(steps)" "0 asked " "processes are asked to end, and do"
cat >"$T/conf" <<END
path = "/"; stop.timeout = 1; persist;
deaf { exec.start = "sh -c 'trap : TERM; while :; do sleep .1; done' \
    >/dev/null 2>&1 &"; }
END
conf -c
conf -r
is "$?$(running)" 0 "those that do not are ended with the jail"

# ---- users, environment, console ----

cat >"$T/conf" <<END
path = /; persist; exec.clean; exec.consolelog = "$T/console";
j { exec.start = "id -un; env | grep -c FROM_HERE", 'echo \$HOME'; }
END
FROM_HERE=yes conf -c
is "$? $(tr '\n' ' ' <"$T/console")" "1 root 0 " \
    "exec.consolelog, exec.clean: output in a file, nothing of our environment"
rm -f "$T/console"
sed -i 's/env | grep -c FROM_HERE/true/' "$T/conf"
conf -c
is "$? $(tr '\n' ' ' <"$T/console")" "0 root $(awk -F: '$3 == 0 { print $6;
    exit }' /etc/passwd) " "and the home of the jail's root"
conf -R
if [ "$(id -u)" = 0 ]; then
	cat >"$T/conf" <<END
path = /; persist; exec.jail_user = nobody; exec.system_user = nobody;
j { exec.start = "id -un >&2"; exec.prestart = "id -un >&2"; }
END
	conf -c
	is "$? $(tr '\n' ' ' <"$T/err")" "0 nobody nobody " \
	    "exec.jail_user, exec.system_user: commands run as they say"
	conf -R
else
	skip "exec.jail_user" "only root can be somebody else"
fi

# ---- mounts ----

tree=$T/tree
mkdir -p "$tree/usr" "$tree/bin" "$tree/lib" "$tree/lib64" "$tree/dev" \
    "$tree/in" "$tree/out" "$tree/proc" "$T/outside" "$T/secret"
echo seen >"$T/outside/file"
ln -s "$T/secret" "$tree/trap"
cat >"$T/conf" <<END
path = "$tree"; persist; mount.devfs;
mount = "/usr usr nullfs ro", "/bin bin nullfs ro", "/lib lib nullfs ro",
    "/lib64 lib64 nullfs ro";
mount += "$T/outside \${path}/in nullfs ro", "tmp out tmpfs size=1m,mode=755";
j { }
END
conf -c
is "$? $(cat "$T/err")" "0 " "a jail with file systems of its own starts"
is "$(jexec j sh -c 'ls /dev | tr "\n" " "; head -c 3 /dev/zero | wc -c
    echo x >/dev/null && echo null; cat /dev/stdin' <"$T/outside/file" |
    tr '\n' ' ')" "fd full null random shm stderr stdin stdout tty urandom \
zero 3 null seen " "mount.devfs: what programs expect in /dev"
is "$(jexec j cat /in/file)" seen "a directory from outside is there"
jexec j sh -c 'echo x >/in/file' 2>/dev/null
is "$? $(cat "$T/outside/file")" "2 seen" "ro: it cannot be written"
jexec j sh -c 'echo x >/out/file'
is "$(jexec j cat /out/file) $(ls "$tree/out")" "x " \
    "a tmpfs is the jail's, and nobody outside sees it"
is "$(grep -c "$tree" /proc/self/mounts)" 0 "nor a mount"
conf -r
is "$?" 0 "they go with the jail"
echo "$T/outside in nullfs # a comment" >"$T/fstab"
sed -i "s|^j .*|j { mount.fstab = \"$T/fstab\"; }|" "$T/conf"
conf -c
is "$? $(jexec j cat /in/file)" "0 seen" "mount.fstab is read"
conf -r
bad_mount()	# LINE PATTERN SENTENCE
{
	sed -i "s|^j .*|j { mount += \"$1\"; }|" "$T/conf"
	conf -c
	like "$? $(cat "$T/err")$(running)" "1 $2" "$3"
}
bad_mount "$T/outside trap nullfs" "*mount: trap: No such file*" \
    "a link in the tree leads nowhere outside"
bad_mount "$T/outside $T/secret nullfs" "*mount: $T/secret: Invalid cross*" \
    "a place that is not in the tree is refused"
bad_mount "proc in linprocfs" "*(linprocfs): No such device" \
    "another kind of file system is refused"
bad_mount "$T/outside in" "*missing information" "so is half a line"
bad_mount "$T/outside in nullfs bogus" '*unknown option "bogus"' \
    "and an unknown option"

# ---- a log in the tree of a jail ----

cat >"$T/conf" <<END
path = "$tree"; persist; exec.consolelog = "$tree/log/console";
mount = "/usr usr nullfs ro", "/bin bin nullfs ro", "/lib lib nullfs ro",
    "/lib64 lib64 nullfs ro";
j { exec.start = "echo said"; }
END
mkdir "$tree/log"
conf -c
is "$? $(cat "$tree/log/console")" "0 said" "exec.consolelog may be in the tree"
conf -qr
rm "$tree/log/console"
ln -s "$T/secret/log" "$tree/log/console"
conf -c
like "$? $(cat "$T/err")" "1 *exec.consolelog*: Too many levels of symbolic *" \
    "a link that a jail has put there is not followed"
is "$(cd "$T/secret" && echo log*)" "log*" "nothing is written outside"
rm -r "$tree/log"
ln -s "$T/secret" "$tree/log"
conf -c
is "$? $(cd "$T/secret" && echo console*)" "1 console*" \
    "nor one to the directory"
rm "$tree/log"
mkdir "$tree/log"
mkfifo "$tree/log/console"
conf -c
like "$? $(cat "$T/err")" "1 *exec.consolelog*: No such device*" \
    "and a pipe is not waited for"
rm "$tree/log/console"

# ---- what a jail's root sees of who comes from outside ----

cat >"$tree/thief" <<END
trap '' TERM
while :; do
	for p in /proc/[0-9]*; do
		cat \$p/root$T/secret/key >>/stolen
	done
	readlink /proc/[0-9]*/exe >>/programs
	: >/up
done
END
cat >"$tree/holder" <<END
trap '' TERM
until [ -e /go ]; do
	sleep .1
done
while :; do
	for p in /proc/[0-9]*; do
		[ \$p = /proc/\$\$ ] || kill -STOP \${p#/proc/}
	done
	: >/up
done
END
echo outside >"$T/secret/key"
cat >"$T/conf" <<END
path = "$tree"; persist; mount.devfs; stop.timeout = 2;
mount = "/usr usr nullfs ro", "/bin bin nullfs ro", "/lib lib nullfs ro",
    "/lib64 lib64 nullfs ro";
thief { exec.start = "sh /thief >/dev/null 2>&1 &"; }
holder { exec.start = "sh /holder >/dev/null 2>&1 &"; }
END
conf -c thief
until_ok 5 test -e "$tree/up"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	jexec thief /bin/true
done
is "$(grep -c '/jexec$' "$tree/programs")" 0 \
    "who comes in by jexec does not show its program before it is another"
conf -r thief
is "$? $(running)$(sort -u "$tree/stolen")" "0 " \
    "who asks a jail's processes to end brings nothing of the outside along"
rm "$tree/up"
conf -c holder
touch "$tree/go"
until_ok 5 test -e "$tree/up"
conf -r holder
is "$?$(running)" 0 "nor can he be held there"

# ---- files in files ----

mkdir -p "$T/d[1]/jails"
cat >"$T/conf" <<END
path = /; persist;
.include "$T/d[[]1]/all";
END
cat >"$T/d[1]/all" <<END
.include "jails/*.conf";	# in the folder of this file
.include "none.*", 'last';
END
echo 'a { ip4.addr = 10.0.66.1; }' >"$T/d[1]/jails/a.conf"
echo 'b { ip4.addr = 10.0.66.2; depend = a; }' >"$T/d[1]/jails/b.conf"
echo 'c { }' >"$T/d[1]/jails/c.not"
echo 'host.hostname = "$name.last";' >"$T/d[1]/last"
conf -c
is "$? $(cat "$T/err")$(jls name ip4.addr host.hostname | tr '\n' ' ')" \
    "0 a 10.0.66.1 a.last b 10.0.66.2 b.last " \
    ".include: files of a pattern, in the folder of who includes them"
conf -qr
included()	# LINE OF b.conf, MESSAGE, SENTENCE
{
	printf '\n%s\n' "$1" >"$T/d[1]/jails/b.conf"
	conf -c
	is "$? $(cat "$T/err")$(running)" \
	    "1 netjail: $T/d[1]/jails/b.conf line 2: $2" "$3"
}
included '.include "nosuch";' '.include "nosuch": No such file or directory' \
    "one that is not there is told, with where that is said"
included '.include "b.conf";' \
    ".include \"$T/d[1]/jails/b.conf\": it would include itself" \
    "so is a file that includes itself"
printf '.include "../jails/b.conf";' >"$T/d[1]/jails/b.conf"
conf -c
like "$? $(cat "$T/err")" "1 netjail: $T/*: files are nested too deeply" \
    "whatever it calls itself"
included 'b { path = $x; }' 'jail b: path: variable "x" not found' \
    "and a mistake in a file that is included"

# ---- mistakes ----

wrong()	# TEXT MESSAGE SENTENCE
{
	printf '%b' "$1" >"$T/conf"
	conf -c
	is "$? $(cat "$T/err")$(running)" "1 netjail: $T/conf line $2" "$3"
}
wrong 'j {\n path /;\n}\nk {\n' '4: "}" of jail "k" is missing' \
    "a mistake is told with its line, and nothing is done"
wrong 'j { path = /; }\nk {\n path = $p; }' \
    '3: jail k: path: variable "p" not found' "so is an unknown variable"
wrong 'j { depend = k; }\nk { depend = j; }' \
    '2: jail k: dependency loop with "j"' "and a circle"
wrong 'j { exec.timeout = x; }' \
    '1: jail j: exec.timeout: not a number from 0 to 1000000: "x"' \
    "and a value"
echo 'j { path = /; no.such = 1; }' >"$T/conf"
conf -c
like "$? $(cat "$T/err")$(running)" '1 *no.such*' "an unknown parameter"
echo 'j { path = /; persist; mount.fdescfs; }' >"$T/conf"
conf -v -c
like "$? $(cat "$T/err")" "0 *line 1: jail j: mount.fdescfs means nothing here*" \
    "what has no meaning here is told with -v"
conf -c nosuch
is "$? $(cat "$T/err")" '1 netjail: "nosuch" not found' \
    "a jail that is in no file is not made"
echo 'k { path = /; persist; }' | netjail -q -f - -c
is "$? $(running)" "0 j k " "a file may come from standard input"
netjail -q -R '*'
netjail -f "$T/none" -c >"$T/err" 2>&1
is "$? $(cat "$T/err")" "1 netjail: $T/none: No such file or directory" \
    "a file that is not there"

# The file that is read where none is named.
as_user=
[ "$(id -u)" = 0 ] && as_user="setpriv --reuid=54321 --regid=54321
    --clear-groups"
mkdir -p "$T/config/netjail"
echo 'j {' >"$T/config/netjail/jail.conf"
$as_user env XDG_CONFIG_HOME="$T/config" netjail -c j >"$T/err" 2>&1
is "$? $(cat "$T/err")" \
    "1 netjail: $T/config/netjail/jail.conf line 1: \"}\" of jail \"j\" is missing" \
    "an ordinary user's file is in XDG_CONFIG_HOME"
finish
