#!/bin/sh
# deb: the package installs, works and goes again without a trace, on a copy of
# this machine that is thrown away: an overlay whose changes are in memory.
. "$(dirname "$0")/lib.sh"
top=$(cd "$here/../.." && pwd)
needs dpkg-deb dpkg-shlibdeps unshare strip readelf

check "make deb works" make -s -C "$top" B="$B" deb
deb=$(echo "$B"/netjail_*.deb)
is "$(dpkg-deb -f "$deb" Package) $(dpkg-deb -f "$deb" Architecture)" \
    "netjail $(dpkg --print-architecture)" "it is what it says that it is"
like "$(dpkg-deb -f "$deb" Depends)" "*libbsd0 *libc6 *" \
    "it depends on the libraries that its programs load"
is "$(dpkg-deb -c "$deb" | awk '$2 != "root/root"')" "" "all is root's"
is "$(dpkg-deb -c "$deb" | awk '{ print $6 }' |
    grep -vE '^\./(usr/|lib/(systemd/.*)?)?$|^\./usr/|\.service$|\.socket$')" "" \
    "nothing is outside of /usr and the system's units"
dpkg-deb -e "$deb" "$T/control"
dpkg-deb -x "$deb" "$T/tree"
check "its sums are right" sh -c \
    'cd "$1/tree" && md5sum --quiet -c ../control/md5sums' sh "$T"

version=$(dpkg-deb -f "$deb" Version)
is "$(cut -d ' ' -f 1,2 "$T/control/shlibs")" "libnetjail 0
libnetjail-stack $version" "it says which libraries it has"
is "$(find "$T/tree" -type f \( -perm -100 -o -name '*.so.*' \) |
    while read -r f; do
	readelf -d "$f" | grep -q ' NOW\|BIND_NOW' || echo "$f"
    done)" "" "programs and libraries bind their calls at the start"
check "what lintian is not to say is where it looks" \
    test -s "$T/tree/usr/share/lintian/overrides/netjail"

# inside DIR DEB, in a mount namespace: whatever is changed is in DIR/up.  Its root
# is made by pivot_root, since in a chroot there are no user namespaces.
cat >"$T/inside" <<'EOT'
dir=$1
mount -t tmpfs none "$dir" && mkdir "$dir/up" "$dir/work" "$dir/all" &&
    mount -t overlay -o "lowerdir=/,upperdir=$dir/up,workdir=$dir/work" none \
    "$dir/all" && cp "$2" "$dir/all/netjail.deb" && cd "$dir/all" &&
    mount --rbind /proc proc && mount --rbind /dev dev &&
    mkdir njt.old && pivot_root . njt.old && cd / &&
    mount -t tmpfs none /tmp && mount -t tmpfs none /run &&
    mkdir /run/lock || exit 1
go() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
left() { (cd "/njt.old$dir/up" && find . -name '*netjail*' ! -path ./netjail.deb); }
go dpkg -i /netjail.deb
echo "installed: $(go dpkg-query -W -f '${Status}' netjail)"
[ -n "$(left)" ] && echo "files: yes"
# Not by go: its number is to be the daemon's.
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin netjaild -f &
daemon=$!
n=100
until go jls >/dev/null 2>&1 || [ $((n -= 1)) = 0 ]; do sleep 0.05; done
echo jail: $(go netjail -n web / web.example 10.0.0.1 sh -c \
    'hostname; sysctl -n security.jail.jailed')
echo "tools: $(go netjail netstat -m | head -n 1)"
echo "doctor: $(go netjail doctor -q | grep ^missing)"
echo "library: $(go ldconfig -p | grep -c 'libnetjail\.so\.0 ')"
kill $daemon
wait $daemon
echo "daemon: $?"
go dpkg -P netjail
echo "left: $(left)"
EOT
mkdir "$T/copy"
if [ "$(id -u)" -ne 0 ]; then
	skip "it is installed and removed" "only root can, on a copy of the machine"
elif ! unshare -m sh -c 'mount -t tmpfs none "$1" && mkdir "$1/u" "$1/w" "$1/m" &&
    mount -t overlay -o "lowerdir=/,upperdir=$1/u,workdir=$1/w" none "$1/m"' \
    sh "$T/copy" 2>/dev/null; then
	skip "it is installed and removed" "no overlay can be mounted here"
else
	timeout 100 unshare -m sh "$T/inside" "$T/copy" "$deb" >"$T/said" 2>&1
	said() { sed -n "s/^$1: *//p" "$T/said"; }
	is "$(said installed) $(said files)" "install ok installed yes" \
	    "it installs"
	is "$(said jail)" "web.example 1" "a jail starts from it"
	like "$(said tools)" "*/*/* mbufs in use*" "netstat is found in libexec"
	is "$(said doctor)" "" "netjail doctor misses nothing"
	is "$(said daemon)" 0 "the daemon ends in order"
	is "$(said library)" 1 "its library is known to the linker"
	is "$(grep -c '^left: *$' "$T/said")" 1 "removed, it leaves nothing behind"
	[ -z "$failed" ] || sed 's/^/#   /' "$T/said"
fi
finish
