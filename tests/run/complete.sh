#!/bin/sh
# complete: what bash and zsh offer after TAB.
. "$(dirname "$0")/lib.sh"
top=$(cd "$here/../.." && pwd)
needs bash zsh tmux
lib=/usr/share/bash-completion/bash_completion

# What bash would offer at the end of a line, sorted, on one line: the function
# is called as readline does, with words ended by $COMP_WORDBREAKS.
cat >"$T/offer" <<'EOT'
[ "$2" = bare ] || . "$2"
. "$1/completion/bash/netjail"
COMP_LINE=$3 COMP_POINT=${#3} COMP_TYPE=9 COMP_KEY=9
IFS=' ' read -ra all <<<"${3//=/ = }"
[[ $3 == *' ' || $3 == *= ]] && all+=("")
[[ $3 == *= ]] && unset 'all[-1]' && all+=("")
COMP_WORDS=("${all[@]}") COMP_CWORD=$((${#all[@]} - 1))
_netjail "${all[0]}" "${all[-1]}" "${all[-2]}" 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
EOT
offer() { bash --norc "$T/offer" "$top" "$lib" "$1" 2>&1; }

is "$(offer "jexec ")" " " "without jails, no jail is offered"
netjail -c name=web ip4.addr=10.0.25.1 persist >/dev/null
netjail -c name=db ip4.addr=10.0.25.2 persist >/dev/null

# offers LINE WORDS: exactly these
offers() { is "$(offer "$1")" "$2 " "bash: $1<TAB>"; }
# among LINE WORD: this one is there
among()
{
	among_got=$(offer "$1")
	like " $among_got" "* $2 *" "bash: $1<TAB> offers $2"
}
if [ -r $lib ]; then
	offers "netjail s" "sockstat sysctl"
	offers "netjail h" "host"
	among "netjail /us" /usr
	among "netjail -c path=/us" /usr
	offers "jexec " "db web"
	offers "jexec w" "web"
	offers "jexec -l w" "web"
	among "jexec -u ro" root
	among "jexec web netst" netstat
	offers "netjail jexec d" "db"
	offers "netjail -r " "db web"
	offers "netjail -c ip4.a" "ip4.addr="
	offers "netjail -m name=w" "web"
	offers "netjail -c ip4=" "disable inherit new"
	offers "netjail -c persist=t" "true"
	offers "jls -j " "db web"
	offers "jls child" "children.cur children.max"
	offers "netjail netstat -j w" "web"
	offers "netjail sysctl net.inet.ip.portrange.hif" \
	    "net.inet.ip.portrange.hifirst"
	offers "netjail doctor " "-q"
	among "netjail / name 10.0.0.1 ca" cat
	among "netjail host ca" cat
else
	skip "bash's lines" "bash-completion is not installed"
fi
lib=bare
offers "jexec w" "web"
offers "netjail sy" "sysctl"
is "$(netjail sysctl -aN | sed -n 's/^security\.jail\.param\.//p' |
    sed 's/\.$//' | sort | tr '\n' ' ')" \
    "$(bash -c '. "$1"; printf "%s\n" $__netjail_settable $__netjail_readonly' \
	sh "$top/completion/bash/netjail" | sort | tr '\n' ' ')" \
    "all parameters are offered, and no others"
sed -n '/^__settable=/,/^__readonly/p' "$top/completion/zsh/_netjail" |
    tr -s ' \n()=' '\n' | sed '/^__/d;/^$/d' | sort >"$T/zsh"
is "$(tr '\n' ' ' <"$T/zsh")" \
    "$(netjail sysctl -aN | sed -n 's/^security\.jail\.param\.//p' |
	sed 's/\.$//' | sort | tr '\n' ' ')" "zsh knows the same"

# zsh completes in a terminal only.
mux() { tmux -S "$T/tmux" -f /dev/null "$@"; }
screen() { mux capture-pane -p -t z; }
shows() { screen | grep -qF -- "$1"; }
mkdir "$T/z"
cat >"$T/z/.zshrc" <<EOT
fpath=($top/completion/zsh \$fpath)
autoload -Uz compinit && compinit -u -d $T/z/dump
PS1='ready> ' PATH=$PATH
EOT
mux new-session -d -s z -x 100 -y 30 "ZDOTDIR=$T/z zsh -d -i"
until_ok 20 shows "ready>" || not_ok "zsh starts" "$(screen)"
# types KEYS WANTED: what the line has become
types()
{
	mux send-keys -t z C-u
	mux send-keys -t z -l "$1"
	mux send-keys -t z Tab
	if until_ok 20 shows "$2"; then
		ok "zsh: $1<TAB> becomes $2"
	else
		not_ok "zsh: $1<TAB> becomes $2" "$(screen)"
	fi
	mux send-keys -t z C-u
	mux send-keys -t z C-l
}
types "jexec w" "jexec web"
types "netjail sys" "netjail sysctl"
types "netjail -r d" "netjail -r db"
types "netjail -c ip4.ad" "netjail -c ip4.addr="
types "netjail -m name=w" "netjail -m name=web"
types "jls -j d" "jls -j db"
types "netjail sysctl net.inet.ip.portrange.hif" \
    "netjail sysctl net.inet.ip.portrange.hifirst"
types "netjail / name 10.0.0.1 netsta" "10.0.0.1 netstat"
mux kill-server
netjail -r '*' >/dev/null
finish
