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

_ifbpf()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word
	local -a command=("$1") words

	if [ "$COMP_CWORD" -gt 1 ]; then
		command+=("${COMP_WORDS[1]}")
	fi
	case $COMP_CWORD:$prev:$cur in
	1:*:-*) mapfile -t words < <(_ifbpf_options "$1") ;;
	1:* | 2:help:*) mapfile -t words < <(_ifbpf_verbs "$1") ;;
	*:--netns:*) mapfile -t words < <(ls -- /run/netns 2>/dev/null) ;;
	*:*:-*) mapfile -t words < <(_ifbpf_options "${command[@]}") ;;
	*) mapfile -t words < <(_ifbpf_interfaces) ;;
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
