# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What --help, the man pages, the completion and README.md promise, against each other.

# Everything a user can run, one a line: scripts and what was built.
commands() { find configure pinning scripts compat -maxdepth 1 -type f -perm -u+x ! -name '*.so' | sort; }

# Those with a man page: all but the scripts that only serve the source tree.
documented()
{
	local command

	for command in $(commands); do
		[[ ! -e $command.c && $command != scripts/ifbpf ]] || echo "$command"
	done
}

# Those that know options besides --help: --version, for one.
versioned()
{
	documented
	echo scripts/testenv
}

# The verb of 'ifbpf' that runs a tool; nothing for ifbpf itself.
verb_of() { sed -n "s|^\(verbs='\)\?\([a-z0-9_]*\) *$1 .*|\2|p" scripts/ifbpf; }

# The options that begin a line of --help, one a line, short ones as well.
help_options()
{
	"$1" --help | sed -nE 's/^ +(-[A-Za-z0-9]), (--[a-z0-9-]+).*/\1\n\2/p; s/^ +(--[a-z0-9-]+).*/\1/p' |
		sort
}

# The options that a man page explains, from its '.It Fl' lines.
page_options()
{
	sed -nE '/^\.It Fl /{s/^\.It //; s/Fl -([a-z0-9-]+)/\n--\1\n/g; s/Fl ([A-Za-z0-9])/\n-\1\n/g; p}' "$1" |
		grep -xE -e '-[A-Za-z0-9]|--[a-z0-9-]+' | sort
}

# completed WORD...: what completion offers for the last word.
completed()
{
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_ifbpf "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}" | sort
}

# same WHAT EXPECTED FOUND
same() { [[ $2 == "$3" ]] || fail "$1:" "$(diff <(echo "$2") <(echo "$3") || true)"; }

test_help_goes_to_stdout_and_ends_with_an_example()
{
	local command

	[[ $(commands | wc -l) -ge 9 ]] || fail "commands: $(commands)"
	for command in $(commands); do
		expect_status 0 "./$command" --help
		[[ -z $errors ]] || fail "$command --help on stderr: $errors"
		[[ $(head -n 1 <<<"$output") == "Usage: "* ]] || fail "$command --help begins otherwise"
		[[ $(tail -n 1 <<<"$output") == "Example: "* ]] || fail "$command --help ends otherwise"
		[[ $(wc -L <<<"$output") -le 80 ]] || fail "$command --help is wider than 80 columns"
		[[ $output != *$'\t'* ]] || fail "$command --help has a tab"
		same "$command -h" "$output" "$("./$command" -h)"
	done
}

test_each_short_option_has_a_long_one()
{
	local command

	for command in $(commands); do
		! "./$command" --help | grep -E '^ +-[A-Za-z0-9]([^,]|$)' ||
			fail "$command --help shows a short option alone"
	done
}

test_the_version_is_that_of_the_tree()
{
	local command

	for command in $(versioned); do
		expect_status 0 "$command" --version
		[[ $output == "${command##*/} $(<VERSION)" ]] || fail "$command --version: $output"
		[[ -z $errors ]] || fail "$command --version on stderr: $errors"
		same "$command -V" "$output" "$("$command" -V)"
	done
}

test_an_unknown_option_is_named_and_nothing_is_done()
{
	local command

	for command in $(commands); do
		expect_status 1 "./$command" --no-such-option
		[[ -z $output ]] || fail "$command --no-such-option on stdout: $output"
		[[ $errors == *Usage:* || $errors == *--no-such-option*hint:* ]] ||
			fail "$command --no-such-option: $errors"
	done
	for command in $(documented); do
		expect_status 1 "$command" --no-such-option
		[[ $errors == *--no-such-option*$'\n  hint: see '*' --help' ]] ||
			fail "$command --no-such-option: $errors"
		expect_status 1 "$command" -0
		[[ $errors == *"0'"$'\n  hint: see '*' --help' ]] || fail "$command -0: $errors"
	done
}

# hinted_by WORD...: the command that the hint of a use of it that is wrong names.
hinted_by()
{
	run "$@" --no-such-option
	sed -n 's/^  hint: see \(.*\) --help$/\1/p' <<<"$errors"
}

# A tool that was called by a path names the others so as well: what it says to type is there.
test_hints_name_tools_as_they_were_called()
{
	local folder
	same "by PATH" "load" "$(hinted_by load)"
	same "the front command by PATH" "ifbpf pin" "$(hinted_by ifbpf pin)"
	for folder in pinning ./pinning "$PWD/pinning" scripts/../pinning; do
		same "$folder" "$folder/load" "$(hinted_by "$folder/load")"
		expect_fail "hint: pin what runs there first: ${folder%pinning}pinning/pin_maps v0" \
			"${folder%pinning}scripts/stats" v0
	done
	for folder in scripts ./scripts "$PWD/scripts"; do
		[[ $folder == "$PWD"/* ]] || same "$folder" "$folder/ifbpf pin" "$(hinted_by "$folder/ifbpf" pin)"
		expect_fail "ifbpf pin: unrecognized option" "$folder/ifbpf" pin --no-such-option
		expect_fail "ifbpf pin: cannot find interface nope" "$folder/ifbpf" pin nope
	done
	# So are the objects of the tree.
	expect_fail "hint: load it first: load v0 objects/xdp_ratelimit.o" ratelimit v0
	expect_fail "hint: load it first: ./pinning/load v0 ./objects/xdp_ratelimit.o" ./scripts/ratelimit v0
	folder=$PWD
	cd /
	# By PATH, it would be called by its name.
	expect_fail "hint: load it first: " env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$folder/scripts/ifbpf" ratelimit v0
	[[ $errors == *": $folder/scripts/ifbpf load v0 $folder/objects/xdp_ratelimit.o" ]] || fail "$errors"
	cd "$folder" || fail "no such directory"
	# From inside a folder there is a step up first.
	expect_fail "hint: pin what runs there first: ./../pinning/pin_maps v0" env -C scripts ./stats v0
}

test_help_and_man_page_have_the_same_options()
{
	local command

	for command in $(documented); do
		[[ -e $command.8 ]] || fail "$command has no man page"
		[[ -n $(help_options "$command") ]] || fail "$command --help has no options"
		same "$command: --help, then $command.8" "$(help_options "$command")" \
			"$(page_options "$command.8")"
	done
}

test_completion_offers_each_option()
{
	local command verb

	. scripts/completion.bash
	for command in $(documented); do
		if [[ $command == scripts/ifbpf ]]; then
			same "ifbpf, then its completion" "$(help_options "$command")" \
				"$(completed "$command" -)"
			continue
		fi
		verb=$(verb_of "$command")
		[[ -n $verb ]] || fail "ifbpf has no verb for $command"
		same "$command, then completion of ifbpf $verb" "$(help_options "$command")" \
			"$(completed scripts/ifbpf "$verb" -)"
	done
}

test_completion_offers_verbs_interfaces_and_namespaces()
{
	. scripts/completion.bash
	ip link add "a'b;\$c" type veth peer name q1
	same "verbs" "$(scripts/ifbpf --help | sed -n 's/^  \([a-z][a-z0-9_]*\) .*/\1/p' | sort)" \
		"$(completed scripts/ifbpf '')"
	[[ $(completed scripts/ifbpf '') == *pin*stats* ]] || fail "it offers: $(completed scripts/ifbpf '')"
	[[ $(completed scripts/ifbpf pin v) == v0 ]] || fail "it offers: $(completed scripts/ifbpf pin v)"
	[[ $(eval "printf '%s' $(completed scripts/ifbpf pin a)") == "a'b;\$c" ]] ||
		fail "not quoted: $(completed scripts/ifbpf pin a)"
	[[ $(completed scripts/ifbpf pin --netns p) == peer ]] ||
		fail "it offers: $(completed scripts/ifbpf pin --netns p)"
}

test_completion_offers_programs_and_namespaces_that_are_there()
{
	# shellcheck source=scripts/completion.bash
	. scripts/completion.bash
	scripts/ifbpf load v0 objects/xdp_pass.o >/dev/null
	scripts/ifbpf load v0 objects/tc_pass.o >/dev/null
	same "programs" "$(printf '%s\n' tc_pass xdp_pass)" "$(completed scripts/ifbpf unload v0 -n '')"
	same "their ids" "$(bpftool -j prog show pinned "$BPFFS/v0/%progs/tc_ingress/tc_pass" |
		sed 's/^{"id":\([0-9]*\),.*/\1/'; prog_id v0)" "$(completed scripts/ifbpf unload --id '' | sort -rn)"
	mkdir "$BPFFS/%ifbpf/ns/4476"
	same "namespaces" 4476 "$(completed scripts/ifbpf gc --netns '')"
	same "no interface behind --class" "" "$(completed scripts/ifbpf load --class '')"
	same "nothing behind a tool without arguments" "" "$(completed scripts/ifbpf gc '')"
}

test_completion_offers_what_an_option_takes()
{
	local option

	. scripts/completion.bash
	[[ $(completed scripts/ifbpf pin --group roo) == root ]] ||
		fail "it offers: $(completed scripts/ifbpf pin --group roo)"
	[[ $(completed scripts/ifbpf pin -g roo) == root ]] ||
		fail "it offers: $(completed scripts/ifbpf pin -g roo)"
	[[ $(completed scripts/ifbpf load --netns '') == peer ]] ||
		fail "it offers: $(completed scripts/ifbpf load --netns '')"
	[[ $(completed scripts/ifbpf load -m n) == native && $(completed scripts/ifbpf load --mode s) == skb ]] ||
		fail "it offers: $(completed scripts/ifbpf load -m '')"
	[[ $(completed scripts/ifbpf load --tc t) == tcx ]] || fail "it offers: $(completed scripts/ifbpf load --tc t)"
	[[ $(completed scripts/ifbpf load --on-mismatch m) == migrate ]] ||
		fail "it offers: $(completed scripts/ifbpf load --on-mismatch m)"
	[[ $(IFBPF_OBJECT_PATH=objects completed scripts/ifbpf load v0 xdp_pa) == *xdp_pass.o* ]] ||
		fail "it offers: $(IFBPF_OBJECT_PATH=objects completed scripts/ifbpf load v0 xdp_pa)"
	[[ $(IFBPF_OBJECT_PATH=objects completed scripts/ifbpf inspect xdp_pa) == *xdp_pass.o* ]] ||
		fail "it offers: $(IFBPF_OBJECT_PATH=objects completed scripts/ifbpf inspect xdp_pa)"
	[[ -z $(completed scripts/ifbpf objects v) ]] || fail "it offers: $(completed scripts/ifbpf objects v)"
	for option in -i --interval; do
		[[ -z $(completed scripts/ifbpf stats "$option" '') ]] ||
			fail "it offers: $(completed scripts/ifbpf stats "$option" '')"
	done
	[[ -z $(completed scripts/ifbpf load --section v) ]] ||
		fail "it offers: $(completed scripts/ifbpf load --section v)"
}

test_completion_offers_as_many_interfaces_as_a_verb_takes()
{
	local words

	. scripts/completion.bash
	for words in "pin v" "pin --dry-run v" "pin --group root v" "pin -g root -j v" "pin lo v" \
		"pin --netns peer lo v" "stats -i 2 v" "stats lo v" "stats lo -j v" "load lo v" "status lo v" "redirect v" \
		"redirect --both lo v"; do
		# shellcheck disable=SC2086 # words
		[[ $(completed scripts/ifbpf $words) == v0 ]] ||
			fail "after $words: $(completed scripts/ifbpf $words)"
	done
	for words in "unload lo v" "unload --netns peer lo v" "iproute2_env lo v" "doctor lo -j v" \
		"redirect lo lo v"; do
		# shellcheck disable=SC2086 # words
		[[ -z $(completed scripts/ifbpf $words) ]] ||
			fail "after $words: $(completed scripts/ifbpf $words)"
	done
}

# words_of COMMAND WORD...: what completion offers for the last word, in one line.
words_of() { completed scripts/ifbpf "$@" | paste -sd ' '; }

test_completion_offers_what_a_tool_can_do_with_an_interface()
{
	. scripts/completion.bash
	ip link add listing type veth peer name q1
	same "acl" "add del flush list load policy save test" "$(words_of acl v0 '')"
	same "acl with options" "add" "$(words_of acl --list bad -j v0 ad)"
	same "ratelimit" "add del dropped flush list load save" "$(words_of ratelimit v0 '')"
	same "rewrite" "add del flush list load replace save" "$(words_of rewrite v0 '')"
	same "forward" "cache exclude flush include list status" "$(words_of forward v0 '')"
	same "chain" "del insert list move set" "$(words_of chain --tc v0 '')"
	same "redirect" "list listing lo off q1 v0" "$(words_of redirect v0 '')"
	same "acl policy" "drop drop-ip pass" "$(words_of acl v0 policy '')"
	same "acl add" "allow both deny dst src" "$(words_of acl v0 add '')"
	same "acl add, further on" "src" "$(words_of acl v0 add 192.0.2.1 s)"
	same "forward cache" "off on" "$(words_of forward v0 cache '')"
	same "chain del" "" "$(words_of chain v0 del '')"
	same "top" "" "$(words_of top v0 '')"
	same "doctor" "" "$(words_of doctor v0 '')"
}

# What a tool knows is offered: none is forgotten.
test_completion_offers_all_that_config_tools_know()
{
	local tool task

	. scripts/completion.bash
	for tool in acl ratelimit rewrite forward chain; do
		for task in $(words_of "$tool" v0 ''); do
			run "scripts/$tool" nope "$task" 1 2 3 4 5 6 7 8 9
			[[ $errors != *"unknown verb"* ]] || fail "$tool $task: $errors"
		done
		for task in $(sed -nE 's/^\.It Cm ([a-z]+).*/\1/p' "scripts/$tool.8"); do
			run "scripts/$tool" nope "$task"
			[[ $errors == *"unknown verb"* || " $(words_of "$tool" v0 '') " == *" $task "* ]] ||
				fail "$tool $task is not offered"
		done
	done
}

test_completion_offers_the_lists_of_an_interface()
{
	. scripts/completion.bash
	load v0 objects/xdp_acl.o >/dev/null
	acl v0 add --list bad 192.0.2.1
	acl v0 add --list worse 192.0.2.2 dst
	same "lists" "bad worse" "$(words_of acl v0 del --list '')"
	same "lists, short option" "worse" "$(words_of acl v0 flush -l w)"
	same "lists of no interface" "" "$(words_of acl --list '')"
}

test_the_page_of_ifbpf_has_its_verbs()
{
	same "verbs of ifbpf --help, then of ifbpf.8" \
		"$(scripts/ifbpf --help | sed -n 's/^  \([a-z][a-z0-9_]*\) .*/\1/p' | sort)" \
		"$(sed -n 's/^\.It Cm \([a-z0-9_]*\).*/\1/p' scripts/ifbpf.8 | sort)"
}

test_help_shows_the_pages_of_no_verb_as_well()
{
	local page name
	need man
	for page in */*.[78]; do
		name=${page##*/} name=${name%.*}
		[[ $name != @(objects|pin_maps|ifbpf) ]] || continue
		expect_status 0 env MANPAGER=cat scripts/ifbpf help "$name"
		[[ ${output,,} == *"ifbpf-$name(${page##*.})"* ]] || fail "$page: $output$errors"
	done
	expect_fail "unknown verb 'nope'" scripts/ifbpf help nope
}

test_man_pages_have_no_warnings()
{
	local page

	need mandoc
	for page in */*.[78]; do
		expect_status 0 mandoc -T lint -W warning "$page"
		[[ -z $output$errors ]] || fail "$output$errors"
		[[ $(head -n 1 "$page") == '.\" SPDX-License-Identifier: '* ]] || fail "$page: no licence"
	done
}

# As Debian's man shows them; mandoc accepts what this one cannot break into lines.
test_man_pages_have_no_warnings_under_groff()
{
	local page

	need groff
	for page in */*.[78]; do
		expect_status 0 groff -mandoc -Tutf8 -rLL=80n -wbreak -wmac -wchar -wfont "$page"
		[[ -z $errors ]] || fail "$errors"
		! grep -E '^ {60}' <<<"$output" || fail "$page: a column of single words"
	done
}

# An enclosing macro goes up to the end of its line: a second one of its kind there stands within
# the first, and both close at the end.
test_quotes_of_man_pages_close_where_they_should()
{
	! grep -nE '^\..*\<(Qq|Ql|Pq|Sq|Dq|Brq)\>.*\<\1\>' */*.[78] || fail "one within the other"
	! grep -nE '^\.It \.' */*.[78] || fail "a macro that is shown as text"
}

# What is wider than its column runs into the next one under groff.
test_cells_of_man_pages_fit_their_columns()
{
	local wide

	wide=$(awk '
		/^\.Bl .*-column/ {
			rest = $0
			for (columns = 0; match(rest, /"[^"]*"/); rest = substr(rest, RSTART + RLENGTH))
				width[++columns] = RLENGTH - 2
			next
		}
		/^\.El/ { columns = 0 }
		columns && /^\.It / {
			cells = split(substr($0, 5), cell, / Ta /)
			for (i = 1; i <= columns && i < cells; i++) {
				gsub(/(^| )(Em|Li|Pa|Cm|Ar|Va|Ql|Xr|Fl|No) /, " ", cell[i])
				gsub(/ Ns /, "", cell[i])
				gsub(/ ,/, ",", cell[i])
				gsub(/^ +| +$/, "", cell[i])
				gsub(/\\\(..|\\./, "x", cell[i])
				if (length(cell[i]) > width[i])
					print FILENAME ": " cell[i] " in a column of " width[i]
				seen++
			}
		}
		END { if (seen < 50) print "only " seen + 0 " cells were seen" }' */*.[78])
	[[ -z $wide ]] || fail "$wide"
}

# page_of NAME SECTION: the file of one of our pages, which 'make install' renames.
page_of()
{
	case $1 in
	ifbpf) echo scripts/ifbpf.8 ;;
	ifbpf-pin) echo pinning/pin_maps.8 ;;
	*) find bpffs objects pinning scripts compat -name "${1#ifbpf-}.$2" ;;
	esac
}

test_man_pages_refer_to_pages_that_exist()
{
	local page name section

	for page in */*.[78]; do
		while read -r name section; do
			[[ -e $(page_of "$name" "$section") ]] || fail "$page refers to $name($section)"
		done < <(sed -nE 's/.*\.?Xr (ifbpf[a-z0-9_-]*) ([78]).*/\1 \2/p' "$page")
	done
}

test_man_pages_of_tools_have_the_usual_sections()
{
	local command section

	for command in $(documented); do
		for section in "NAME" "SYNOPSIS" "DESCRIPTION" "ENVIRONMENT" "EXIT STATUS" "EXAMPLES" \
			"SEE ALSO"; do
			[[ $command:$section != compat/btf2legacy:ENVIRONMENT ]] || continue # files alone
			grep -qx "\.Sh $section" "$command.8" || fail "$command.8 lacks $section"
		done
	done
}

# The rows of a list in bpffs.7: SUBSECTION, then its cells as they are shown, '|' in between.
rows()
{
	sed -n "/^\.Ss $1\$/,/^\.El/p" bpffs/bpffs.7 | sed -n '/Em name/d; s/^\.It //p' |
		sed "s/ Ta /|/g; s/ Ta\$/|/; s/\\\\(aq/'/g; s/\\\\(dq/\"/g; s/\\\\(ga/\`/g; s/\\\\e/\\\\/g
			s/\\\\&//g; s/\\\\('e/é/g; s/ (UTF-8)//"
}

test_man_pages_of_tools_say_the_same_of_the_environment()
{
	local command

	for command in $(documented); do
		case $command in
		compat/btf2legacy | pinning/inspect | pinning/objects) continue ;; # files alone
		esac
		same "$command.8: IFBPF_BPFFS" ".It Ev IFBPF_BPFFS
A mounted BPF filesystem, or a directory in one, to use instead of
.Pa /sys/fs/bpf ." "$(grep -A 2 'It Ev IFBPF_BPFFS' "$command.8")"
	done
	mkdir "$BPFFS/a_directory"
	link_xdp v0 "$OBJECT"
	IFBPF_BPFFS=$BPFFS/a_directory pin_maps v0
	[[ -e $BPFFS/a_directory/v0/xdp_stats_map ]] || fail "$(find "$BPFFS")"
}

# Without it, ip looks for a section that our objects do not have.
test_examples_that_load_an_object_name_the_section()
{
	local command examples

	examples=$({
		for command in $(commands); do
			"./$command" --help
		done
		cat ./*.md docs/*.md */*.[78]
	} | grep -E '\<(xdp[a-z]*|da) obj ')
	(($(wc -l <<<"$examples") >= 10)) || fail "examples: $examples"
	# Our plugin finds the section by itself.
	! grep -v -e ' sec ' -e ' ifbpf ' <<<"$examples" || fail "without a section"
}

# The dispatcher of libxdp is another matter: see NOTES in pin_maps.8.
test_counters_of_xdp_filter_can_be_read_once_its_maps_are_pinned_here()
{
	need xdp-filter
	LIBXDP_SKIP_DISPATCHER=1 xdp-filter load -m skb v0
	expect_status 0 pin_maps v0
	[[ $output == *"foreign  xdp "*" xdp_stats_map "* && ! -e $BPFFS/v0/xdp_stats_map ]] ||
		fail "$output"
	pin_maps --foreign v0
	send 5
	expect_status 0 stats v0
	[[ $output == "v0  xdp  XDP_PASS  5 packets  500 bytes" ]] || fail "$output"
}

test_the_names_in_the_layout_page_are_the_names_in_use()
{
	local name directory tried=0

	while IFS='|' read -r name directory _; do
		# The kernel takes neither a lone dot nor a percent sign.
		[[ $name != . && $name != *%* ]] || continue
		ip link add name "$name" type veth peer name q1
		run iproute2_env -- "$name"
		[[ $output == "export TC_BPF_MNT='$BPFFS/$directory';" ]] ||
			fail "$name is $directory in bpffs.7, but: $output $errors"
		[[ -L $BPFFS/$directory/%meta ]] || fail "$BPFFS/$directory was not made"
		ip link del dev "$name"
		((++tried))
	done < <(rows "Test vectors: interfaces")
	((tried >= 20)) || fail "only $tried names were tried"
}

test_what_readme_names_is_there()
{
	local path

	while read -r path; do
		[[ -e $path ]] || fail "README.md names $path"
	done < <(grep -oE '\./[A-Za-z0-9_./-]+' README.md | sort -u)
	while read -r path; do
		[[ -e $path ]] || fail "README.md links to $path"
	done < <(sed -nE 's/\]\(/\n(/g; p' README.md | sed -nE 's/^\(([^)#:]+)\).*/\1/p' | sort -u)
	while read -r path; do
		[[ -e $path ]] || fail "README.md names $path"
	done < <(grep -ohE '\b(objects|pinning|scripts|compat|bpffs|tests)/[A-Za-z0-9_./-]*' README.md \
		docs/COMING_FROM.md | sort -u)
	while read -r path; do
		[[ -e docs/$path ]] || fail "docs/COMING_FROM.md links to $path"
	done < <(sed -nE 's/\]\(/\n(/g; p' docs/COMING_FROM.md | sed -nE 's/^\(([^)#:]+)\).*/\1/p' | sort -u)
}

# Ids, what was counted, and the cookie of a namespace are others each time.
mask()
{
	sed -E 's/(^|[ (])(id|map) [0-9]+/\1\2 N/g; s/%old-[0-9]+/%old-N/; s|/ns/[0-9]+/|/ns/N/|
		s/ +[0-9]+ (packets|bytes)/ N \1/g'
}

# Whose sessions are typed.
DOCUMENT=README.md

# compare_session COMMAND SHOWN: with what the command printed last.
compare_session()
{
	[[ -z $1 ]] || same "$DOCUMENT: $1" "$(mask <<<"$2")" "$(mask <"$TMPDIR/session")"
}

# play HEADING [N]: type the sessions (or the first N) of a section of $DOCUMENT. A session is a
# block that begins with a command after '# '; one goes on where the one before it ended.
play()
{
	local line last='' inside='' command='' shown='' sessions=0

	while IFS= read -r line; do
		if [[ $line == '```'* ]]; then
			[[ -z $inside ]] || compare_session "$command" "$shown"
			[[ -z $inside || $sessions != "${2-}" ]] || return 0
			inside='' command='' shown=''
		elif [[ $line == '# '* && ($last == '```' || -n $inside) ]]; then
			compare_session "$command" "$shown"
			[[ -n $inside ]] || ((++sessions))
			inside=yes command=${line#'# '} shown=''
			send 3
			[[ ! -e /run/netns/v1 ]] || testenv ping v1 -q -c 3 -i 0.01 >/dev/null
			eval "$command" >"$TMPDIR/session" 2>&1 ||
				fail "$DOCUMENT: $command: $(<"$TMPDIR/session")"
		elif [[ -n $inside ]]; then
			shown+=${shown:+$'\n'}$line
		fi
		last=$line
	done < <(awk -v wanted="$1" '/^## / { heading = substr($0, 4) } heading == wanted' "$DOCUMENT")
	((sessions > 0)) || fail "$DOCUMENT: no session under '$1'"
}

test_the_sessions_of_readme_print_what_it_shows()
{
	play ''
	play 'Replacing a program'
	testenv setup v1 >/dev/null
	play 'ip and tc that pin by themselves'
	play 'Network namespaces'
}

test_the_store_in_readme_prints_what_it_shows()
{
	play 'The store'
}

test_readme_lists_each_man_page()
{
	local page

	for page in */*.[78]; do
		grep -qF "]($page)" README.md || fail "README.md has no link to $page"
	done
}

# The objects that are there, one a line: NAME, without hook.
store() { find objects -name '*.bpf.c' | sed -E 's|objects/(xdp\|tc)_(.*)\.bpf\.c|\2|' | sort -u; }

test_the_page_of_the_store_has_each_object_and_its_hooks()
{
	same "objects/, then objects.7" "$(for name in $(store); do
		echo "$name$([[ ! -e objects/xdp_$name.o ]] || echo ' XDP')$([[ ! -e objects/tc_$name.o ]] || echo ' tc')"
	done)" "$(sed -n '/^\.Ss The objects/,/^\.El/s/^\.It Li \([a-z]*\) Ta \(XDP\)\?,\?\( tc\)\? Ta .*/\1 \2\3/p' \
		objects/objects.7 | sort)"
}

# maps_of OBJECT: their names, but for statistics and links.
maps_of()
{
	readelf -sW "$1" | awk '$4 == "OBJECT" { print $8 }' |
		grep -vE '^(LICENSE|xdp_stats_map|tc_stats_map|.*_[xt](next|went))$' || true
}

test_the_page_of_the_store_has_each_map()
{
	local object

	need readelf
	same "maps of the objects, then of objects.7" \
		"$(for object in objects/*.o; do maps_of "$object"; done | sort -u)" \
		"$(sed -n '/^\.Ss Maps/,/^\.El/s/^\.It .* Ta Pa //p' objects/objects.7 | tr -d ',' |
			tr ' ' '\n' | grep . | sort -u)"
}

test_the_page_of_the_store_says_who_hands_on()
{
	local name page hands_on named

	need readelf
	page=$(sed -n '/^\.Li chain :/,/^hand a packet/p' objects/objects.7)
	[[ $page == *parse* ]] || fail "the page says it otherwise: $page"
	for name in $(store); do
		hands_on=no named=no
		! readelf -sW "objects/xdp_$name.o" | grep -q "${name}_xnext" || hands_on=yes
		! grep -qw "$name" <<<"$page" || named=yes
		[[ $hands_on == "$named" ]] || fail "$name hands on: $hands_on; objects.7 says: $named"
	done
}

# The other sessions there need objects that are not in the tree.
test_the_upgrade_in_readme_prints_what_it_shows()
{
	play 'Upgrading without losing anything' 1
}

test_the_session_with_plugins_in_readme_prints_what_it_shows()
{
	play 'Plugins for tc and ip'
}

# What is in the tables there is typed by test_coming_from.sh.
test_the_sessions_for_users_of_other_tools_print_what_they_show()
{
	DOCUMENT=docs/COMING_FROM.md
	play 'Plain ip and tc'
	unload v0 >/dev/null
	umount "$BPFFS"
	mount -t bpf bpf "$BPFFS"
	play 'xdp-tutorial'
}

# A new one is not forgotten there: it runs in a VM, or the head says why not.
test_the_list_for_the_virtual_machines_names_every_file_of_tests()
{
	local file pattern left
	for file in tests/test_*.sh tests/matrix/test_*.sh tests/vm/test_*.sh; do
		left=$file
		while read -r pattern; do
			# shellcheck disable=SC2053 # a pattern
			[[ $file != $pattern ]] || left=''
		done < <(grep -o 'tests/[a-z0-9_/*]*\.sh' tests/vm/tests)
		[[ -z $left ]] || echo "$left is not in tests/vm/tests"
	done >"$TMPDIR/left"
	[[ ! -s $TMPDIR/left ]] || fail "$(<"$TMPDIR/left")"
	while read -r file; do
		[[ -e $file ]] || fail "tests/vm/tests has $file, which is not there"
	done < <(grep -v '^#' tests/vm/tests | grep -o 'tests/[a-z0-9_/]*\.sh')
}

# A test that got another name would be in the quick set again.
test_the_list_of_slow_tests_names_what_is_there()
{
	local line file name

	while read -r line; do
		file=${line%%:*} name=${line#"${line%%:*}"}
		if [[ $file == build/* ]]; then
			file=${file#build/}.c
		fi
		[[ -e $file ]] || fail "tests/slow has $line: there is no $file"
		[[ -z $name ]] || grep -q "^${name#:}()" "$file" || fail "tests/slow has $line: there is no such test"
	done < <(grep -v -e '^#' -e '^$' tests/slow)
}
