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
	sed -nE 's/^ *((-[A-Za-z]), )?(--[a-z0-9-]+) +<([a-z=]+)>.*/\2 \3 \4/p' <<<"$1" |
		awk -v option="$2" '$1 == option || $(NF - 1) == option { print $NF }'
}

# _ifbpf_said HELP: the words that are no options before the one that is completed: interfaces, and
# what a tool is to do. Sets said.
_ifbpf_said()
{
	local i

	said=()
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-*) [[ -z $(_ifbpf_argument "$1" "${COMP_WORDS[i]}") ]] || ((i++)) ;;
		*) said+=("${COMP_WORDS[i]}") ;;
		esac
	done
}

# _ifbpf_tasks HELP: what can stand behind the one interface of a tool: in its usage, or, where that
# says <verb>, at the beginning of lines.
_ifbpf_tasks()
{
	{
		sed -nE '/ <ifname> /{s/.* <ifname> //; s/<[^>]*>//g; s/[^a-z]+/\n/g; p}' <<<"$1" |
			sed '/^$/d'
		[[ $1 != *'<ifname> '*'<verb>'* ]] || sed -nE 's/^  ([a-z]+) .*/\1/p' <<<"$1"
	} | sort -u
}

# _ifbpf_choices HELP TASK: the words that can stand behind it, if it takes one of several.
_ifbpf_choices()
{
	sed -nE "s/^  $2 ([a-z][a-z-]*(\\|[a-z<>-]+)+) .*/\\1/p" <<<"$1" | tr '|' '\n' | sed '/</d'
	[[ ! $1 =~ "  $2 ENTRY"[^$'\n']*WORD || ! $1 =~ WORD:\ ([a-z ]+) ]] ||
		tr ' ' '\n' <<<"${BASH_REMATCH[1]}"
}

# The access lists of an interface, for whoever may read them.
_ifbpf_lists() { "$1" acl "$2" 2>/dev/null | sed -nE 's/.* list ([^ ]+)  .*/\1/p'; }

# _ifbpf_programs COMMAND WHAT: names or ids of the programs on all interfaces, for whoever may see
# them.
_ifbpf_programs()
{
	"$1" status 2>/dev/null |
		sed -nE "s/^  (xdp|tc_ingress|tc_egress)? +([^ ]+) +id ([0-9]+)  tag .*/name \2\nid \3/p" |
		sed -n "s/^$2 //p" | sort -u
}

# What stands behind options: interfaces and objects, then what is to be done with them.
_ifbpf_words()
{
	local command=$1 help=$2
	local -a said

	_ifbpf_said "$help"
	words=()
	if [[ $help == *'<name>...'* || $help == *'] <object>'* ]]; then
		mapfile -t words < <(_ifbpf_objects "$command") # and files
		return
	fi
	if [[ $help == *'<ifname>...'* || $help == *'<ifname>'* && ${#said[@]} == 0 ||
		$help == *'<ifname> [<to> '* && ${#said[@]} == 1 ]]; then
		mapfile -t words < <(_ifbpf_interfaces)
	fi
	if [[ $help == *'<object>'* && ${#said[@]} != 0 ]]; then
		mapfile -t -O "${#words[@]}" words < <(_ifbpf_objects "$command")
	elif ((${#said[@]} == 1)); then
		mapfile -t -O "${#words[@]}" words < <(_ifbpf_tasks "$help")
	elif ((${#said[@]} > 1)); then
		mapfile -t words < <(_ifbpf_choices "$help" "${said[1]}")
		[[ $help != *" ${said[1]} FILE"* && $help != *" ${said[1]} <file>"* ]] || return 0
	fi
	((${#words[@]})) || compopt +o default 2>/dev/null || true
}

_ifbpf()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word help='' argument=''
	local -a words=() said

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
		mode:*) words=(native skb auto) ;;
		way:*) words=(clsact tcx auto) ;;
		do:*) words=(fail fresh migrate) ;;
		name:*)
			_ifbpf_said "$help"
			if [[ $prev == @(-l|--list) && ${said[0]-} ]]; then
				mapfile -t words < <(_ifbpf_lists "$1" "${said[0]}")
			elif [[ ${COMP_WORDS[1]}:$prev == unload:@(-n|--prog-name) ]]; then
				mapfile -t words < <(_ifbpf_programs "$1" name)
			fi
			compopt +o default 2>/dev/null || true
			;;
		id:*)
			[[ ${COMP_WORDS[1]}:$prev != unload:--id ]] ||
				mapfile -t words < <(_ifbpf_programs "$1" id)
			compopt +o default 2>/dev/null || true
			;;
		cookie:*) mapfile -t words < <(ls -- "${IFBPF_BPFFS:-/sys/fs/bpf}/%ifbpf/ns" 2>/dev/null) ;;
		file:* | object:*) ;;
		?*:*) compopt +o default 2>/dev/null || true ;; # no file either
		:-*) mapfile -t words < <(_ifbpf_options "$1" "${COMP_WORDS[1]}") ;;
		*) _ifbpf_words "$1" "$help" ;;
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
