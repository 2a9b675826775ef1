# shellcheck shell=bash
# shellcheck disable=SC2154 # what use_loader sets
# SPDX-License-Identifier: GPL-2.0-or-later
# pinning/load, in its four ways. What is foreign is replaced when it is told so.

load_options()
{
	case $place:$hook in
	link:xdp) echo --link --mode skb ;;
	link:tc) echo --link ;;
	load:xdp) echo --mode skb ;;
	*) echo --tc "$place" ;;
	esac
}

load_load()
{
	local options

	read -ra options < <(load_options)
	load "${options[@]}" "$1" "$(object "$2")"
}
load_over()
{
	# What another loader put there is replaced once it is adopted.
	pin_maps "$1" && load_load "$@"
}
load_off() { unload --hook "$hook_name" "$1"; }
load_version() { load --version; }
load_how() { echo "load $(load_options) v0 $objects/NAME.o"; }
