#!/bin/sh
# deb.sh BUILD PROGRAM...: make BUILD/netjail_VERSION_ARCH.deb of what make
# install installs, and say its name.
#
# It is put together by dpkg-deb, from control files in pack/debian; only the
# libraries that it depends on are looked for (dpkg-shlibdeps).  Its changelog
# has to begin with the version that is built.  It need not be root who calls.

set -eu
export LC_ALL=C
umask 022
B=${1:?usage: deb.sh build program ...}
top=$(cd "$(dirname "$0")/.." && pwd)
version=$(sed -n 's/.*NETJAIL_VERSION[^"]*"\(.*\)"/\1/p' "$top/base/version.h")
arch=$(dpkg --print-architecture)
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
deb=$B/netjail_${version}_$arch.deb
root=$(mktemp -d "${TMPDIR:-/tmp}/netjail-deb.XXXXXX")
trap 'rm -rf "$root"' EXIT
trap 'exit 1' HUP INT TERM
chmod 755 "$root"
doc=$root/usr/share/doc/netjail

DESTDIR=$root PREFIX=/usr LIBDIR=/usr/lib/$multiarch \
    UNITDIR=/lib/systemd/system ZSHDIR=/usr/share/zsh/vendor-completions \
    sh "$top/pack/install.sh" "$@"
strip --strip-unneeded -R .comment -R .note "$root"/usr/sbin/* "$root"/usr/libexec/netjail/* \
    "$root/usr/lib/$multiarch"/*.so.*
# procps has the name in its section: `man 8netjail sysctl'.
mv "$root/usr/share/man/man8/sysctl.8" \
    "$root/usr/share/man/man8/sysctl.8netjail"
find "$root/usr/share/man" -type f -exec gzip -9n {} +

head -n 1 "$top/pack/debian/changelog" | grep -qF "($version)" || {
	echo "deb.sh: pack/debian/changelog does not begin with $version" >&2
	exit 1
}
install -d "$doc" "$root/DEBIAN"
gzip -9nc "$top/pack/debian/changelog" >"$doc/changelog.gz"
install -m 644 "$top/LICENSE" "$doc/copyright"
install -m 644 "$top/README.md" "$doc"
install -D -m 644 "$top/pack/debian/lintian-overrides" \
    "$root/usr/share/lintian/overrides/netjail"

# dpkg-shlibdeps wants to be in a source package.
install -d "$root/source/debian"
printf 'Source: netjail\n\nPackage: netjail\nArchitecture: any\n' \
    >"$root/source/debian/control"
depends=$(cd "$root/source" && dpkg-shlibdeps -O --ignore-missing-info \
    "$root"/usr/sbin/* "$root"/usr/libexec/netjail/* \
    "$root/usr/lib/$multiarch"/*.so.* | sed -n 's/^shlibs:Depends=//p')
rm -r "$root/source"
[ -n "$depends" ]

for f in postinst prerm postrm; do
	install "$top/pack/debian/$f" "$root/DEBIAN"
done
echo "activate-noawait ldconfig" >"$root/DEBIAN/triggers"
printf '%s\n' "libnetjail 0 netjail (>= $version)" \
    "libnetjail-stack $version netjail (= $version)" >"$root/DEBIAN/shlibs"
size=$(du -sk "$root/usr" "$root/lib" | awk '{ n += $1 } END { print n }')
sed -e "s|@VERSION@|$version|" -e "s|@ARCH@|$arch|" -e "s|@SIZE@|$size|" \
    -e "s|@DEPENDS@|$depends|" "$top/pack/debian/control.in" \
    >"$root/DEBIAN/control"
(cd "$root" && find usr lib -type f | sort | xargs -d '\n' md5sum) \
    >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group -b "$root" "$deb" >/dev/null
echo "$deb"
