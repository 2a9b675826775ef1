# shellcheck shell=bash
# shellcheck disable=SC2154 # what run.sh sets
# SPDX-License-Identifier: GPL-2.0-or-later
# The tables of a run, as text and as Markdown, from what run.sh has in got[TABLE.ROW.COLUMN].

# The sign of a word in a cell; a word without one stands for itself.
declare -A signs=(
	[yes]=+ [later]=p [load]=x [absent]=- [kept]== [carried]=c [two,kept]=s= [two,carried]=sc
	[off,kept]=o= [off,carried]=oc [skipped]='?'
)
legend='
+   loads, all maps are in the directory under their full names, the counters of what the program
    returned are exact; and, of xdp_parse and tc_parse, those of protocols
p   the same, but one of the maps is only there after pin_maps
x   is not loaded: the kernel refuses it
-   there is no such build of the object
=   the second loader put its program in the place of the first one'"'"'s, with the same maps, which
    counted on
c   in its place, but with other maps; what the old ones had was brought over by pin_maps --carry,
    and all is exact
s   the second loader says that it takes two steps for it: between them no program is there
o   the program of the first loader had to be taken off before: no program is there for a while
?   skipped'

# shown HOOK: the loaders that were asked for, each after its number in the headings: x1, x2 …
shown()
{
	local name number=0

	for name in $(loaders_of "$1"); do
		((++number))
		! is_wanted "$name" || echo "${1:0:1}$number $name"
	done
}

# print_line FORMAT FIRST CELL...: one line of a table.
print_line()
{
	case $1 in
	text)
		printf '%-21s' "$2"
		printf '%-3s ' "${@:3}"
		echo
		;;
	markdown) printf '|%s' "${@:2}" && echo '|' ;;
	esac | sed 's/ *$//'
}

# print_heading FORMAT FIRST HOOK: the line of the numbers of the columns.
print_heading()
{
	local -a columns

	mapfile -t columns < <(shown "$3" | cut -d ' ' -f 1)
	print_line "$1" "$2" "${columns[@]}"
	[[ $1 == text ]] || print_line "$1" --- "${columns[@]/*/---}"
}

# print_table FORMAT TABLE HOOK: one row for each object, or for each first loader.
print_table()
{
	local row column word
	local -a cells rows

	case $2 in
	store)
		mapfile -t rows < <(store_objects "$3")
		print_heading "$1" object "$3"
		;;
	handover)
		mapfile -t rows < <(shown "$3")
		print_heading "$1" 'first \ second' "$3"
		;;
	esac
	for row in "${rows[@]}"; do
		cells=()
		while read -r _ column; do
			case $2 in
			store) word=${got[store.$column.$row]} ;;
			handover) word=${got[handover.${row#* }.$column]} ;;
			content) word=${got[content.${row#* }.$column]} ;;
			esac
			cells+=("${signs[$word]-$word}")
		done < <(shown "$3")
		print_line "$1" "$row" "${cells[@]}"
	done
}

# print_loaders FORMAT HOOK: which is which, their versions, and what is typed.
print_loaders()
{
	local number name what

	[[ $1 == text ]] || printf '%s\n' '|no|loader|version|maps get there|' '|---|---|---|---|'
	while read -r number name; do
		use_loader "$name" 2>/dev/null
		case $1 in
		text) printf '%-4s%-17s%s\n' "$number" "$name" "${lacking[$name]:-$("${kind}_version")}" ;;
		markdown)
			printf '|%s|%s|%s|%s|\n' "$number" "$name" "$("${kind}_version")" \
				"$([[ -n $place ]] && echo directly || echo 'by pin_maps')"
			;;
		esac
	done < <(shown "$2")
	[[ $1 != text ]] || return 0
	printf '\n%s\n\n' "What is typed to put its program there, to put it over another one, and to take it off:"
	printf '%s\n' '|no|there is none|there is another one|off|' '|---|---|---|---|'
	while read -r number name; do
		use_loader "$name" 2>/dev/null
		printf '|%s' "$number"
		for what in load over off; do
			printf '|`%s`' "$("${kind}_$what")"
		done
		echo '|'
	done < <(shown "$2")
}

# print_content FORMAT HOOK: one column.
print_content()
{
	local number name word

	[[ $1 == text ]] || printf '%s\n' "|loader|${2}_acl|" '|---|---|'
	while read -r number name; do
		word=${got[content.$name.${2}_acl]-}
		[[ -z $word ]] || print_line "$1" "$number $name" "${signs[$word]-$word}"
	done < <(shown "$2")
}

# print_vms: which loaders run on Debian's kernels, as tests/vm/tests and the files that it names have it.
print_vms()
{
	local kernels file name line

	printf '%s\n' '|kernel|loaders, each over every other one of its hook|' '|---|---|'
	sed -nE 's/^([0-9.,]+) tests\/matrix\/(test_[a-z]*\.sh)(:(test_[a-z0-9_]*))?.*/\1 \2 \4/p' tests/vm/tests |
		while read -r kernels file name; do
			if [[ -n $name ]]; then
				sed -nE "s/^$name\\(\\) \\{ expect_cells [a-z]+ (.*); \\}/\\1/p" "tests/matrix/$file"
			else
				sed -nE "s/^\texpect_cells ('[^']*'|[a-z_]+) (.*)/\\2/p" "tests/matrix/$file"
			fi | while read -r line; do
				echo "|${kernels//,/, }|${line// /, }|"
			done
		done
}

# print_exceptions: the lines of tests/matrix/expected, as a table.
print_exceptions()
{
	local table row column outcome why

	printf '%s\n' '|table|loader|object or second loader|cell|because|' '|---|---|---|---|---|'
	while read -r table row column outcome why; do
		printf '|%s|`%s`|`%s`|%s|%s|\n' "$table" "${row//|/\\|}" "${column//|/\\|}" "${signs[$outcome]-$outcome}" "$why"
	done <"$tmp/expected"
}

# print_kernel: which one, and what it has for xdp-loader.
print_kernel()
{
	echo "Linux $(uname -r), $([[ $dispatcher == direct ]] && echo 'without freplace: xdp-loader without its dispatcher' ||
		echo 'xdp-loader with its dispatcher')"
}

# print_alone: what newer kernels refuse from xdp-loader, as the objects tell.
print_alone()
{
	local names

	names=$(objects | awk '/ xdp-loader \(alone\)/ { printf "%s`%s`", before, $1; before = ", " }')
	echo "Linux 6.13 and later, and 6.12 of Debian, let no program behind a dispatcher of xdp-tools up to"
	echo "1.5.4 that may change packets: there xdp-loader loads none of $names, nor their"
	echo "builds for packets of several buffers."
}

# print_commit: on what the run was made, by what stays when a change is taken into another branch.
print_commit() { git log -1 --format='on top of "%s" of %cs' 2>/dev/null || echo "of no repository"; }

print_text()
{
	local hook

	echo "# $(print_kernel)"
	for hook in xdp tc; do
		[[ -n $(shown "$hook") ]] || continue
		echo "# $hook: each object of the store by each loader"
		print_table text store "$hook"
		echo "# $hook: each loader, in the rows, and each other one after it, in the columns"
		print_table text handover "$hook"
		echo "# $hook: each loader over itself, with a list"
		print_content text "$hook"
		print_loaders text "$hook"
	done
	echo "$legend"
}

print_markdown()
{
	local hook

	cat <<-END
		<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
		# Every loader, one layout

		Written by \`make matrix\`, which loads each object by each loader on interfaces of its own, sends
		frames and compares the counters: not to be edited. It types the lines of the tables below, no
		others. What a line with a variable or with two commands means is in
		[ifbpf-iproute2_env(8)](../compat/iproute2_env.8), [ifbpf-plugins(8)](../compat/plugins.8) and
		[COMING_FROM.md](COMING_FROM.md).

		This run: ifbpf $(<VERSION) $(print_commit), on $(print_kernel).
		XDP is in skb mode, tc on ingress.

		$(print_alone)

		\`\`\`${legend}
		\`\`\`

		Signs can stand together. Each row has its reasons in [the last table](#what-is-not-so-and-why).

		In the lines that are typed, NAME is the object, PROGRAM its program (the name, without _frags), and
		SECTION the section of that: xdp, xdp.frags or tc. PLACE is pref and handle of the filter that is there,
		as tc filter show has them. MAPS is \`pinmaps /sys/fs/bpf/v0\`, or, where maps are pinned there already,
		\`map name MAP pinned /sys/fs/bpf/v0/MAP\` for each of them. TC_LIB_DIR and IP_LIB_DIR say where the
		plugins are in the source tree, and \`tc qdisc add dev v0 clsact\` comes first of all.

		What another loader put there is replaced by load and by the plugins of ip and tc exec only after
		\`pin_maps v0\`, which is in their lines. Of loaders whose maps get there by pin_maps, \`pin_maps v0\`
		is typed afterwards; if they were the second one, with --carry, and for objects of the old dialect with
		\`--object $(printf %s objects/legacy/NAME.o)\`.
	END
	for hook in xdp tc; do
		printf '\n## %s: loaders\n\n' "$hook"
		print_loaders markdown "$hook"
		printf '\n## %s: every object of the store\n\n' "$hook"
		print_table markdown store "$hook"
		printf '\n## %s: one loader, then another\n\n' "$hook"
		printf '%s\n\n' "Frames, the second loader with the same program, frames: rows are the first, columns the second."
		print_table markdown handover "$hook"
		printf '\n## %s: a list stays\n\n' "$hook"
		printf '%s\n\n' "An entry that drops by \`acl\`, frames, the same loader over itself, frames: the entry drops and has counted on."
		print_content markdown "$hook"
	done
	printf "\n## On Debian's kernels\n\n"
	printf '%s\n' "\`make vmtest\` runs the parts of this that are here, with xdp_pass or tc_pass, on the kernels of three" \
		"Debian releases, and fails where a cell is another one than expected. The tables above are of one kernel." ''
	print_vms
	printf '\n## What is not so, and why\n\n'
	printf '%s\n\n' "Loaders, objects and second loaders are patterns of the shell; of several that fit, the first line counts."
	print_exceptions
}
