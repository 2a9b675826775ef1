# shellcheck shell=bash
# shellcheck disable=SC2154 # what run.sh sets
# SPDX-License-Identifier: GPL-2.0-or-later
# The tables of a run, as text and as Markdown, from what run.sh has in got[TABLE.ROW.COLUMN].

# The sign of a word in a cell; a word without one stands for itself.
declare -A signs=(
	[yes]=+ [later]=p [load]=x [absent]=- [kept]== [carried]=c [off,kept]=o= [off,carried]=oc [skipped]='?'
)
legend='
+   loads, all maps are in the directory under their full names, counters are exact
p   the same, but one of the maps is only there after pin_maps
x   is not loaded: the kernel refuses it
-   there is no such build of the object
=   the second loader put its program in the place of the first one'"'"'s, with the same map, which
    counted on
c   in its place, but with another map; what the old one had counted was brought over by
    pin_maps --carry, and the sum is exact
o   the program of the first loader had to be taken off before
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
			esac
			cells+=("${signs[$word]-$word}")
		done < <(shown "$3")
		print_line "$1" "$row" "${cells[@]}"
	done
}

# print_loaders FORMAT HOOK: which is which, their versions, and what is typed.
print_loaders()
{
	local number name

	[[ $1 == text ]] || printf '%s\n' '|no|loader|version|what is typed|maps get there|' '|---|---|---|---|---|'
	while read -r number name; do
		use_loader "$name" 2>/dev/null
		case $1 in
		text) printf '%-4s%-17s%s\n' "$number" "$name" "${lacking[$name]:-$(loader version)}" ;;
		markdown)
			printf '|%s|%s|%s|`%s`|%s|\n' "$number" "$name" "$(loader version)" \
				"$(loader how)" "$([[ -n $place ]] && echo directly || echo 'by pin_maps')"
			;;
		esac
	done < <(shown "$2")
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
		frames and compares the counters: not to be edited. What a line with a variable or with two commands
		means is in [ifbpf-iproute2_env(8)](../compat/iproute2_env.8), [ifbpf-plugins(8)](../compat/plugins.8) and
		[COMING_FROM.md](COMING_FROM.md).

		This run: ifbpf $(<VERSION) on $(print_kernel).

		$(print_alone)

		\`\`\`${legend}
		\`\`\`

		Signs can stand together. Each row has its reasons in [the last table](#what-is-not-so-and-why).
	END
	for hook in xdp tc; do
		printf '\n## %s: loaders\n\n' "$hook"
		print_loaders markdown "$hook"
		printf '\n## %s: every object of the store\n\n' "$hook"
		print_table markdown store "$hook"
		printf '\n## %s: one loader, then another\n\n' "$hook"
		printf '%s\n\n' "Frames, the second loader with the same program, frames: rows are the first, columns the second."
		print_table markdown handover "$hook"
	done
	printf '\n## What is not so, and why\n\n'
	print_exceptions
}
