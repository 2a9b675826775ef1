# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Bash completion for ifbpf. Verbs and options are read from --help when they are asked for, so they
# cannot differ from what the programs know.

_ifbpf_verbs()
{
	"$1" --help 2>/dev/null | sed -n 's/^  \([a-z][a-z0-9_]*\) .*/\1/p'
}

# Options of a command, from the lines of its --help that begin with one.
_ifbpf_options()
{
	"$@" --help 2>/dev/null |
		sed -n 's/^ *\(-[A-Za-z]\), \(--[a-z0-9-]*\).*/\1\n\2/p; s/^ *\(--[a-z0-9-]*\).*/\1/p'
}

# Not from /sys/class/net: that belongs to the network namespace in which /sys was mounted.
_ifbpf_interfaces()
{
	sed -n 's/^ *\([^ :]*\):.*/\1/p' /proc/self/net/dev
}

# Objects that load finds by name: those of IFBPF_OBJECT_PATH, and those installed beside ifbpf.
_ifbpf_objects()
{
	local front dir

	front=$(type -P "$1") || return
	for dir in ${IFBPF_OBJECT_PATH//:/ } "${front%/*}/../lib/bpf"; do
		(cd -- "$dir" 2>/dev/null && printf '%s\n' *.o | sed '/^\*/d')
	done | sort -u
}

# _ifbpf_argument HELP OPTION: what an option takes, as --help has it in angle brackets.
_ifbpf_argument()
{
	sed -nE 's/^ *((-[A-Za-z]), )?(--[a-z0-9-]+) +<([a-z]+)>.*/\2 \3 \4/p' <<<"$1" |
		awk -v option="$2" '$1 == option || $(NF - 1) == option { print $NF }'
}

# _ifbpf_named HELP: how many interfaces come before the word that is completed.
_ifbpf_named()
{
	local i count=0

	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-*) [[ -z $(_ifbpf_argument "$1" "${COMP_WORDS[i]}") ]] || ((i++)) ;;
		*) ((count++)) ;;
		esac
	done
	echo "$count"
}

_ifbpf()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word help='' argument=''
	local -a words=()

	if ((COMP_CWORD > 1)); then
		help=$("$1" "${COMP_WORDS[1]}" --help 2>/dev/null)
		argument=$(_ifbpf_argument "$help" "$prev")
	fi
	case $COMP_CWORD:$prev:$cur in
	1:*:-*) mapfile -t words < <(_ifbpf_options "$1") ;;
	1:* | 2:help:*) mapfile -t words < <(_ifbpf_verbs "$1") ;;
	*)
		case $argument:$cur in
		ns:*) mapfile -t words < <(ls -- /run/netns 2>/dev/null) ;;
		group:*) mapfile -t words < <(getent group | cut -d: -f1) ;;
		hook:*) words=(xdp tc_ingress tc_egress) ;;
		mode:*) words=(native skb hw auto) ;;
		way:*) words=(clsact tcx auto) ;;
		do:*) words=(fail fresh migrate) ;;
		file:* | object:*) ;;
		?*:*) compopt +o default 2>/dev/null ;; # no file either
		:-*) mapfile -t words < <(_ifbpf_options "$1" "${COMP_WORDS[1]}") ;;
		*)
			if [[ $help == *'<ifname>...'* || $(_ifbpf_named "$help") == 0 ||
				$help == *'<ifname> [<to> '* && $(_ifbpf_named "$help") == 1 ]]; then
				mapfile -t words < <(_ifbpf_interfaces)
				if [[ $help == *'<object>'* && $(_ifbpf_named "$help") != 0 ]]; then
					mapfile -t -O "${#words[@]}" words < <(_ifbpf_objects "$1")
				fi
			else
				compopt +o default 2>/dev/null
			fi
			;;
		esac
		;;
	esac

	# Not 'compgen -W': it expands its words, and an interface name may hold a quote or a dollar.
	COMPREPLY=()
	for word in "${words[@]}"; do
		if [[ $word == "$cur"* ]]; then
			COMPREPLY+=("$(printf '%q' "$word")")
		fi
	done
}
complete -o default -F _ifbpf ifbpf
