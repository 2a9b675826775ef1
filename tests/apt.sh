# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An apt of its own, for what is fetched from a suite of Debian and never installed.

# apt_release: the code name of the release that runs here.
apt_release()
{
	local VERSION_CODENAME=''

	# shellcheck disable=SC1091 # of the system
	. /etc/os-release
	echo "$VERSION_CODENAME"
}

# apt_mirror: where apt gets that release from, its main part; nothing if that cannot be told.
apt_mirror()
{
	apt-get indextargets --format "\$(REPO_URI) \$(RELEASE)" 'Created-By: Packages' 2>/dev/null |
		awk -v release="$(apt_release)" '$2 == release { print $1; exit }'
}

# need_mirror VARIABLE: sets $uri, to that of the variable or else to apt_mirror; ends if there is none.
need_mirror()
{
	uri=${!1:-$(apt_mirror)}
	[[ -z $uri ]] || return 0
	echo "${0##*/}: cannot tell which Debian mirror apt uses here" >&2
	echo "  hint: $1=URI names one" >&2
	exit 2
}

# apt_private DIR MIRROR SUITE [deb-src]: makes DIR/apt.conf, for 'apt-get -c'. Sources, lists, cache
# and the list of what is installed, which is empty, are below DIR. The machine's own configuration
# is read first, for a proxy; its hooks are left out.
apt_private()
{
	local kind

	mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/parts"
	: >"$1/status"
	for kind in deb "${@:4}"; do
		echo "$kind [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $2 $3 main"
	done >"$1/sources.list"
	cat >"$1/apt.conf" <<-END
		Dir::Etc::SourceList "$1/sources.list";
		Dir::Etc::SourceParts "$1/parts";
		Dir::Etc::Preferences "$1/parts/none";
		Dir::Etc::PreferencesParts "$1/parts";
		Dir::State::Lists "$1/lists";
		Dir::State::Status "$1/status";
		Dir::State::extended_states "$1/extended_states";
		Dir::Cache "$1/cache";
		APT::Sandbox::User "";
		Acquire::Languages "none";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	END
}
