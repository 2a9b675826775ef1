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
	sed -nE '/^\.It .*Fl /{s/^\.It //; s/Fl -([a-z0-9-]+)/\n--\1\n/g; s/Fl ([A-Za-z0-9])/\n-\1\n/g; p}' "$1" |
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
		[[ $errors == *--no-such-option*Usage:* ]] || fail "$command --no-such-option: $errors"
		expect_status 1 "$command" -0
		[[ $errors == *Usage:* ]] || fail "$command -0: $errors"
	done
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

test_the_page_of_ifbpf_has_its_verbs()
{
	same "verbs of ifbpf --help, then of ifbpf.8" \
		"$(scripts/ifbpf --help | sed -n 's/^  \([a-z][a-z0-9_]*\) .*/\1/p' | sort)" \
		"$(sed -n 's/^\.It Cm \([a-z0-9_]*\).*/\1/p' scripts/ifbpf.8 | sort)"
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

# page_of NAME SECTION: the file of one of our pages, which 'make install' renames.
page_of()
{
	case $1 in
	ifbpf) echo scripts/ifbpf.8 ;;
	ifbpf-pin) echo pinning/pin_maps.8 ;;
	*) find bpffs pinning scripts compat -name "${1#ifbpf-}.$2" ;;
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
	done < <(grep -oE '\b(objects|pinning|scripts|compat|bpffs|tests)/[A-Za-z0-9_./-]*' README.md |
		sort -u)
}
