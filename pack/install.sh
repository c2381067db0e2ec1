#!/bin/sh
# install.sh [-u] BUILD PROGRAM...: put what `make all' has built, and what goes
# with it, below $DESTDIR$PREFIX; -u takes exactly that away again.
#
# files() is the one list of what goes where, a line for each file:
#
#	MODE	SOURCE	TARGET		as install(1) does
#	fill	SOURCE	TARGET		the same, with @PREFIX@ and so on filled in
#	link	TEXT	TARGET		a symbolic link
#
# so what is installed and what is removed cannot differ.  Of PROGRAM those that
# people call go into sbin, and have links in bin, for Debian's ordinary users
# have no sbin in PATH; all others, clones of system tools and the subcommands
# of netjail, stay out of PATH: netjail finds them in libexec.
#
# PREFIX, LIBDIR, UNITDIR, USERUNITDIR and ZSHDIR can be set; DESTDIR goes before
# all of them, and is not in what is written into files.  Nothing is started,
# and no cache of the system is brought up to date.

set -u
export LC_ALL=C
umask 022
cd "$(dirname "$0")/.." || exit 1
DESTDIR=${DESTDIR:-}
PREFIX=${PREFIX:-/usr/local}
LIBDIR=${LIBDIR:-$PREFIX/lib}
UNITDIR=${UNITDIR:-$PREFIX/lib/systemd/system}
USERUNITDIR=${USERUNITDIR:-$PREFIX/lib/systemd/user}
ZSHDIR=${ZSHDIR:-$PREFIX/share/zsh/site-functions}
version=$(sed -n 's/.*NETJAIL_VERSION[^"]*"\(.*\)"/\1/p' base/version.h)

usage()
{
	echo "usage: install.sh [-u] build program ..." >&2
	exit 2
}

row()	{ printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }

# rows MODE DIR FILE...
rows()
{
	rows_m=$1 rows_d=$2
	shift 2
	for rows_f; do
		row "$rows_m" "$rows_f" "$rows_d/${rows_f##*/}"
	done
}

# tree MODE DIR STRIP FILE...: below DIR as it is below here, less STRIP
tree()
{
	tree_m=$1 tree_d=$2 tree_s=$3
	shift 3
	for tree_f; do
		row "$tree_m" "$tree_f" "$tree_d/${tree_f#"$tree_s"}"
	done
}

# library SONAME: it and the name that programs are linked by
library()
{
	row 644 "$B/lib/$1" "$LIBDIR/$1"
	row link "$1" "$LIBDIR/${1%%.so*}.so"
}

files()
{
	for p; do
		case ${p##*/} in
		netjaild)
			rows 755 "$PREFIX/sbin" "$p" ;;
		netjail|jls|jexec)
			rows 755 "$PREFIX/sbin" "$p"
			row link "../sbin/${p##*/}" "$PREFIX/bin/${p##*/}" ;;
		*)	rows 755 "$PREFIX/libexec/netjail" "$p" ;;
		esac
	done

	library libnetjail.so.0
	library "libnetjail-stack.so.$version"
	rows fill "$LIBDIR/pkgconfig" netjail/netjail.pc.in \
	    stack/netjail-stack.pc.in

	# What programs for FreeBSD include; what one with a stack of its own does.
	include=$PREFIX/include/netjail
	rows 644 "$include" include/bsd/netinet/ip_portrange.h
	tree 644 "$include/bsd" include/bsd/ include/bsd/*.h include/bsd/*/*.h
	tree 644 "$include/stack" "" include/bsd/*.h include/bsd/*/*.h \
	    base/*.h sysctl/*.h netjail/*.h portrange/*.h pcb/*.h stack/*.h \
	    daemon/control.h daemon/loop.h

	for page in */*.[1-9]; do
		rows 644 "$PREFIX/share/man/man${page##*.}" "$page"
	done
	rows fill "$UNITDIR" pack/systemd/system/*.in
	rows fill "$USERUNITDIR" pack/systemd/user/*.in

	# bash-completion(7) looks for the name of the command.
	bash=$PREFIX/share/bash-completion/completions
	rows 644 "$bash" completion/bash/netjail
	row link netjail "$bash/jexec"
	row link netjail "$bash/jls"
	rows 644 "$ZSHDIR" completion/zsh/_netjail
}

# The .in of a template is not in its target's name.
target()
{
	case $1 in
	fill)	echo "$DESTDIR${2%.in}" ;;
	*)	echo "$DESTDIR$2" ;;
	esac
}

# install_file MODE SOURCE TARGET
install_file()
{
	to=$(target "$1" "$3")
	install -d "${to%/*}" 2>/dev/null
	[ -w "${to%/*}" ] || {
		echo "install.sh: ${to%/*} cannot be written to:" \
		    'be root, or say PREFIX=$HOME/.local' >&2
		return 1
	}
	case $1 in
	link)	ln -sf "$2" "$to" ;;
	fill)	sed -e "s|@PREFIX@|$PREFIX|g" -e "s|@LIBDIR@|$LIBDIR|g" \
		    -e "s|@VERSION@|$version|g" "$2" >"$to" && chmod 644 "$to" ;;
	*)	install -m "$1" "$2" "$to" ;;
	esac
}

# The directories that are called after netjail go too, when they are empty.
uninstall_file()
{
	to=$(target "$1" "$3")
	rm -f "$to" || return
	while to=${to%/*}; do
		case ${to#"$DESTDIR$PREFIX"} in
		*/netjail|*/netjail/*)
			rmdir "$to" 2>/dev/null || break ;;
		*)	break ;;
		esac
	done
}

do=install_file
while getopts u opt; do
	case $opt in
	u)	do=uninstall_file ;;
	*)	usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || usage
B=$1
shift
tab=$(printf '\t')
files "$@" | while IFS=$tab read -r how from to; do
	$do "$how" "$from" "$to" || exit 1
done
